"""The child process that opens one spreadsheet: `python -I -m scanner._sheet`.

The file comes on standard input. The first line of the answer says what it is, or why it is refused; each further line is one row that is
not blank: its number and its cells. Before the first byte is looked at the process gives up what it does not need (`_confined`). What the
cells mean is left to whoever asked.

A cell is `null`, a text, or a pair of what it is and how it reads: `n` number, `d` day, `m` day of which a part is shown, `t` day and time,
`x` time or length of time, `b` yes or no, `f` formula, `e` error value.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from scanner._confined import confine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Merged places, and sheets, that are named.
MERGED_SHOWN = 5
SHEETS_SHOWN = 5
#: Members of a workbook: a template has a dozen.
MEMBERS_MAX = 2_000
SMALL_PART_BYTES_MAX = 1024 * 1024
CHUNK_BYTES = 256 * 1024
CELL_CHARACTERS_MAX = 4_000
#: Excel itself shows no more of a number.
DIGITS = 15
#: OLE: old workbooks, and new ones with a password.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
#: Formats that every program knows by number alone, of a day without its year or a month without its day (ECMA-376 part 1, 18.8.30).
PARTS_OF_DAYS = ("16", "17", "27", "28", "29", "57", "58")
UNSHOWN = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|[_*].')
ZEROS = re.compile("0{2,40}")
REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
ENCODINGS = (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff"))
SEPARATORS = (",", "\t", ";")

Position = tuple[int, int]
Cell = str | list[str] | None


class Refused(Exception):
    """The file is not taken: why, where in it, what came."""

    def __init__(self, why: str, *, at: str = "", came: object = "") -> None:
        super().__init__(why)
        self.why, self.at, self.came = why, at, str(came)


def main(arguments: list[str]) -> None:
    """Read one sheet. The arguments limit rows, columns, unfolded bytes, bytes of memory and seconds of processor time."""
    rows_max, columns_max, unfolded_max, memory_bytes_max, cpu_seconds_max = (int(text) for text in arguments)
    warm_up()
    confine(memory_bytes_max=memory_bytes_max, cpu_seconds_max=cpu_seconds_max)
    out = sys.stdout.buffer
    try:
        sheet = read(
            sys.stdin.buffer.read(), rows_max=rows_max, columns_max=columns_max, unfolded_max=unfolded_max
        )
        for line in sheet:
            out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    except Refused as no:
        out.write(json.dumps({"refused": no.why, "at": no.at, "came": no.came}).encode() + b"\n")
    except MemoryError:
        out.write(json.dumps({"refused": "memory", "at": "", "came": ""}).encode() + b"\n")


def warm_up() -> None:
    """Load what is loaded when it is needed: later nothing can be opened."""
    for encoding in ("utf-8-sig", "utf-16", "gb18030", "cp437"):
        "表".encode(encoding, "replace")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "a")
    with zipfile.ZipFile(file) as archive:
        archive.read("a")


def read(content: bytes, *, rows_max: int, columns_max: int, unfolded_max: int) -> Iterator[object]:
    """The head of the answer and its rows, or `Refused`: before the first of them, never in between."""
    if content.startswith(ZIP):
        return workbook(content, rows_max=rows_max, columns_max=columns_max, unfolded_max=unfolded_max)
    if content.startswith(OLE):
        raise Refused("locked" if ENCRYPTED in content else "old_format", came=".xls")
    return table_of_text(content, rows_max=rows_max, columns_max=columns_max)


def workbook(content: bytes, *, rows_max: int, columns_max: int, unfolded_max: int) -> Iterator[object]:
    """The first sheet that shows of an .xlsx. Another one with the same headings would be passed over: it is told of."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (part, number, _), *others = _sheets(archive, unfolded_max=unfolded_max)
            looked = Look(rows_max=rows_max, columns_max=columns_max, shows=_shows(archive))
            looked.through(archive, part, unfolded_max=unfolded_max)
            in_1904 = _in_1904(archive)
            heads = _first_row(archive, part)
            alike = [name for one, _, name in others if heads and _first_row(archive, one) == heads]
    except (zipfile.BadZipFile, expat.ExpatError, KeyError, NotImplementedError, EOFError, OSError) as wrong:
        raise Refused("broken", came=type(wrong).__name__) from wrong
    except RuntimeError as wrong:
        # An archive with a password says so by this.
        raise Refused("locked", came=".xlsx") from wrong
    if alike:
        raise Refused(
            "several", came=", ".join(alike[:SHEETS_SHOWN]) + ("…" if len(alike) > SHEETS_SHOWN else "")
        )
    if looked.merged:
        raise Refused(
            "merged",
            at=looked.merged[0],
            came=", ".join(looked.merged[:MERGED_SHOWN]) + ("…" if len(looked.merged) > MERGED_SHOWN else ""),
        )
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(number)
    except (CalamineError, OSError) as wrong:
        raise Refused("broken", came=type(wrong).__name__) from wrong
    # Rows come from the first of the sheet on, columns from the first that is used.
    left = sheet.start[1] if sheet.start else 0
    rows = (
        (number, [None] * left + [_cell(value) for value in row])
        for number, row in enumerate(sheet.iter_rows(), start=1)
    )
    return _answer("xlsx", sheet.name, looked.put_into(rows), in_1904=in_1904)


def _answer(
    form: str, title: str, rows: Iterable[tuple[int, list[Cell]]], *, in_1904: bool
) -> Iterator[object]:
    yield {"form": form, "title": title, "in_1904": in_1904}
    for number, cells in rows:
        if any(cell is not None for cell in cells):
            yield [number, cells]


def _sheets(archive: zipfile.ZipFile, *, unfolded_max: int) -> list[tuple[str, int, str]]:
    """The sheets that show: part, number and name; the archive is looked over before anything of it is unfolded."""
    members = archive.infolist()
    unfolded = sum(one.file_size for one in members)
    if len(members) > MEMBERS_MAX or unfolded > unfolded_max:
        raise Refused("bomb", came=f"{len(members)} / {unfolded} bytes")
    names = {one.filename for one in members}
    if "xl/workbook.xml" not in names:
        raise Refused(
            "old_format" if names & {"content.xml", "xl/workbook.bin"} else "not_a_sheet", came="zip"
        )
    sheets = _elements(archive, "xl/workbook.xml", "sheet")
    targets = {
        one.get("Id", ""): one.get("Target", "")
        for one in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    found = []
    for number, one in enumerate(sheets):
        target = targets.get(
            next((one[key] for key in one if key.endswith("id") and key != "sheetId"), ""), ""
        )
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if one.get("state", "visible") == "visible" and SHEET_PART.fullmatch(part):
            found.append((part, number, one.get("name", "")))
    if not found:
        raise Refused("not_a_sheet", came="xlsx")
    return found


def _first_row(archive: zipfile.ZipFile, part: str) -> list[str]:
    """The first row of a sheet that holds anything, each cell as it is stored: in one workbook the same headings are stored alike."""
    cells: list[str] = []
    kind, inside, done = "", False, False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal kind, inside
        name = tag.rpartition(":")[2]
        if name == "c":
            kind = attributes.get("t", "n")
        elif name in {"v", "t"} and not done:
            inside = True
            cells.append(f"{kind} ")

    def end(tag: str) -> None:
        nonlocal inside, done
        inside = False
        done = done or (bool(cells) and tag.rpartition(":")[2] == "row")

    def characters(text: str) -> None:
        if inside:
            cells[-1] += text

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    left = SMALL_PART_BYTES_MAX
    with archive.open(part) as file:
        while not done and left > 0 and (chunk := file.read(CHUNK_BYTES)):
            left -= len(chunk)
            parser.Parse(chunk, False)  # noqa: FBT003  (as above)
    return cells


def _shows(archive: zipfile.ZipFile) -> dict[str, int]:
    """The looks (by the number that cells name them by) that show zeros before a number, with how many digits; 0 where they show a part of a day."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    codes = dict.fromkeys(PARTS_OF_DAYS, "m/d")
    for one in _elements(archive, "xl/styles.xml", "numFmt", whole=False):
        codes[one.get("numFmtId", "")] = one.get("formatCode", "")
    found = dict[str, int]()
    # Of a workbook with more looks than anybody needs the first are known.
    looks = _elements(archive, "xl/styles.xml", "xf", within="cellXfs", whole=False)
    for number, look in enumerate(looks):
        # Without quoted words, colours, languages.
        code = codes.get(look.get("numFmtId", ""), "")
        plain = UNSHOWN.sub("", code.partition(";")[0]).lower()
        if ZEROS.fullmatch(plain):
            found[str(number)] = len(plain)
        elif "m" in plain and ("d" in plain) != ("y" in plain) and "h" not in plain and "s" not in plain:
            found[str(number)] = 0
    return found


def _in_1904(archive: zipfile.ZipFile) -> bool:
    """Whether days are counted from 1904, as Excel for Macintosh once did (ECMA-376 part 1, 18.17.4.1)."""
    found = _elements(archive, "xl/workbook.xml", "workbookPr")
    return any(one.get("date1904") in {"1", "true"} for one in found)


def _elements(
    archive: zipfile.ZipFile, part: str, name: str, *, within: str = "", whole: bool = True
) -> list[dict[str, str]]:
    """The attributes of every element of one name in a small part, or `within` one element of it. Not `whole`: of a part too large its beginning will do."""
    found: list[dict[str, str]] = []
    inside = not within

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        this = tag.rpartition(":")[2]
        inside = inside or this == within
        if inside and this == name:
            found.append(attributes)

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and tag.rpartition(":")[2] != within

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    with archive.open(part) as file:
        # Expat's own way to say whether this is the end.
        parser.Parse(file.read(SMALL_PART_BYTES_MAX), whole)
    return found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def no_doctype(*_: object) -> None:
        # A workbook has none; entities that unfold into others need one.
        raise Refused("bomb", came="DOCTYPE")

    parser.StartDoctypeDeclHandler = no_doctype
    return parser


class Look:
    """What the reader of values does not tell: formulas, error values, merged cells, and how far the sheet goes."""

    def __init__(self, *, rows_max: int, columns_max: int, shows: dict[str, int]) -> None:
        self.rows_max, self.columns_max = rows_max, columns_max
        self.shows = shows
        #: Cells that show something else than what they hold.
        self.shown: dict[int, list[tuple[int, int]]] = {}
        self.merged: list[str] = []
        self.found: dict[Position, list[str]] = {}
        #: Numbers below nothing: under a day's format they are no day, and come as midnight.
        self.negative: dict[int, list[tuple[int, str]]] = {}
        self._dimension = ""
        self._at = ""
        self._where: Position = (0, -1)
        self._kind = ""
        self._style = ""
        self._inside = ""
        self._text: list[str] = []

    def through(self, archive: zipfile.ZipFile, part: str, *, unfolded_max: int) -> None:
        """Look through one part, a piece at a time."""
        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        left = unfolded_max
        with archive.open(part) as file:
            while chunk := file.read(CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise Refused("bomb", came=f"> {unfolded_max} bytes")
                parser.Parse(chunk, False)  # noqa: FBT003  (as above)
            parser.Parse(b"", True)  # noqa: FBT003  (as above)

    def put_into(self, rows: Iterable[tuple[int, list[Cell]]]) -> Iterator[tuple[int, list[Cell]]]:
        """The rows with formulas and error values where they stand."""
        by_row: dict[int, list[tuple[int, list[str]]]] = {}
        for (row, column), what in self.found.items():
            by_row.setdefault(row, []).append((column, what))
        for number, cells in rows:
            for column, digits in self.shown.get(number, ()):
                if column < len(cells):
                    cells[column] = as_shown(cells[column], digits)
            for column, text in self.negative.get(number, ()):
                cell = cells[column] if column < len(cells) else None
                if isinstance(cell, list) and cell[0] in {"d", "t", "x"}:
                    cells[column] = ["x", text]
            _put(cells, by_row.pop(number, ()))
            yield number, cells
        # Below the last value: formulas that nobody has worked out yet, as programs write them.
        for number in sorted(by_row):
            cells = list[Cell]()
            _put(cells, by_row[number])
            yield number, cells

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            row = attributes.get("r", "")
            self._where = (int(row) if row.isdigit() else self._where[0] + 1, -1)
        elif name == "c":
            # A place that is not named is the next one (ECMA-376 part 1, 18.3.1.4 and 18.3.1.73).
            self._at, self._kind = attributes.get("r", ""), attributes.get("t", "")
            self._style = attributes.get("s", "0")
            self._where = position(self._at) if self._at else (self._where[0], self._where[1] + 1)
        elif name in {"v", "is"}:
            self._has_value()
            if self._kind in {"e", "", "n"}:
                self._inside, self._text = self._kind or "n", []
        elif name == "f":
            self._has_value()
            self._inside, self._text = "f", []
        elif name == "mergeCell":
            self.merged.append(attributes.get("ref", "")[:40])
        elif name == "dimension":
            self._dimension = attributes.get("ref", "")[:40]

    def _has_value(self) -> None:
        row, column = self._where
        # One more for the headings.
        if row > self.rows_max + 1:
            _, _, end = self._dimension.partition(":")
            last = max(position(end)[0], row)
            raise Refused("rows", at=self._at or f"{row}", came=last - 1)
        if column >= self.columns_max:
            raise Refused("columns", at=self._at or f"{row}", came=column + 1)

    def _characters(self, text: str) -> None:
        if self._inside:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "v" and self._style in self.shows:
            row, column = self._where
            self.shown.setdefault(row, []).append((column, self.shows[self._style]))
        if self._inside and name in {"f", "v"}:
            text = "".join(self._text)[:CELL_CHARACTERS_MAX]
            where = self._where
            if self._inside == "n":
                if text.startswith("-"):
                    self.negative.setdefault(where[0], []).append((where[1], text))
            elif self._inside == "f":
                self.found[where] = ["f", f"={text or '…'}"]
            else:
                self.found.setdefault(where, ["e", text])
            self._inside = ""


def as_shown(cell: Cell, digits: int) -> Cell:
    """A number with the zeros before it that its format shows; a day that shows no year, or no day, said to be one."""
    if not isinstance(cell, list):
        return cell
    kind, text = cell
    if digits and kind == "n" and text.isdigit():
        return ["n", text.zfill(digits)]
    return ["m", text] if not digits and kind == "d" else cell


def _put(cells: list[Cell], found: Iterable[tuple[int, list[str]]]) -> None:
    for column, what in found:
        cells.extend([None] * (column + 1 - len(cells)))
        cells[column] = list(what)


def position(reference: str) -> Position:
    """Row, counted from 1 as it is shown, and column, counted from 0, of a cell: `B3` is (3, 1)."""
    match = REFERENCE.fullmatch(reference)
    if match is None:
        return 0, 0
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column - 1


def _cell(value: object) -> Cell:  # noqa: PLR0911  (one line for each kind of value)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value[: CELL_CHARACTERS_MAX + 1]
    if isinstance(value, bool):
        return ["b", "1" if value else "0"]
    if isinstance(value, (int, float)):
        return ["n", number_text(value)]
    if isinstance(value, dt.datetime):
        return ["d", value.date().isoformat()] if value.time() == dt.time() else ["t", value.isoformat()]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    return ["x", str(value)]


def number_text(value: float) -> str:
    """A number as the program that made the file shows it: 15 digits, no exponent."""
    return format(Decimal(f"{value:.{DIGITS}g}"), "f")


def table_of_text(content: bytes, *, rows_max: int, columns_max: int) -> Iterator[object]:
    """A CSV: UTF-8 or GB 18030, with commas, tabs or semicolons."""
    text = _decoded(content)
    head = text.partition("\n")[0]
    separator = max(SEPARATORS, key=head.count)
    rows: list[tuple[int, list[Cell]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > columns_max and any(row[columns_max:]):
                raise Refused("columns", at=f"{number}", came=len(row))
            cells: list[Cell] = [one[: CELL_CHARACTERS_MAX + 1] if one.strip() else None for one in row]
            if any(cell is not None for cell in cells):
                rows.append((number, cells[:columns_max]))
            if len(rows) > rows_max + 1:
                came = sum(1 for one in reader if any(one)) + len(rows) - 1
                raise Refused("rows", at=f"{number}", came=came)
    except csv.Error as wrong:
        raise Refused("broken", at=f"{reader.line_num}", came=str(wrong)) from wrong
    return _answer("csv", "", rows, in_1904=False)


def _decoded(content: bytes) -> str:
    if not content.strip():
        raise Refused("empty")
    for encoding, mark in ENCODINGS:
        if content.startswith(mark):
            return _text(content, encoding)
    if b"\0" in content:
        raise Refused("not_a_sheet", came=repr(content[:16]))
    try:
        return _text(content, "utf-8")
    except Refused:
        # What Chinese Excel writes when it is asked for CSV (GB 18030-2022).
        return _text(content, "gb18030")


def _text(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise Refused("encoding", came=repr(content[wrong.start : wrong.start + 8])) from wrong


if __name__ == "__main__":
    main(sys.argv[1:])
