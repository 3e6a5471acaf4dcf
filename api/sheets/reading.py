"""A file's rows, gathered into documents: the lines of one slip are one shipment.

The rows of a document stand together. A number that comes back further down is refused: it is either a slip torn apart by sorting, or one
number given twice. So a sheet of any length is read row by row, and nothing of it is held but the numbers that were seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Final

from api.problems import Refusals
from api.sheets.cells import Empty, read_cell, usual
from api.sheets.columns import Column, Headings, NoHeading, letter, read_headings
from api.words import WORDS
from ledger.errors import Malformed, Refusal, Words
from scanner.sheets import SHEET_LIMITS, SheetLimits, opened

if TYPE_CHECKING:
    from api.sheets.kinds import Kind
    from scanner.sheets import RawCell

#: What `marked` adds to a file that is given back; it is no column of anybody's.
SAYS_WHAT_IS_WRONG: Final = "sheet_wrong_column"
#: Refusals about a whole file that are told at once.
HEADINGS_TOLD_MAX: Final = 20


class DocumentTwice(Malformed):
    """The same document again, further down."""

    title = Words(zh="同一单号（编号）出现在两处", en="one document in two places")


class RowsDiffer(Malformed):
    """Rows of one document say different things of the whole of it."""

    title = Words(zh="同一张单的各行不一致", en="rows of one document differ")


class RowTwice(Malformed):
    """Two rows that would be one record."""

    title = Words(zh="这一行与前面的行重复", en="this row stands there before")


@dataclass(slots=True)
class Row:
    """One row: its number in the file, what could be read, and what could not."""

    number: int
    values: dict[str, str]
    wrong: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Document:
    """The rows of one document, at least one."""

    rows: list[Row]

    @property
    def first(self) -> Row:
        """The row that says what holds for all."""
        return self.rows[0]

    @property
    def put_right(self) -> bool:
        """Whether it is to take the place of what was recorded under the same number."""
        return any(row.values.get("put_right") == "yes" for row in self.rows)

    @property
    def wrong(self) -> bool:
        """Whether anything in it could not be read."""
        return any(row.wrong for row in self.rows)

    def value(self, name: str) -> str | None:
        """What the document says in a column that stands for all its rows."""
        return next((row.values[name] for row in self.rows if name in row.values), None)

    def row_of(self, name: str) -> Row:
        """The row in which that stands."""
        return next((row for row in self.rows if name in row.values), self.first)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that is being read."""

    headings: Headings
    documents: Iterator[Document]


@contextmanager
def read_sheet(file: IO[bytes], kind: Kind, *, limits: SheetLimits = SHEET_LIMITS) -> Iterator[Sheet]:
    """The documents of a file; raises a `Refusal` where it is none, `Refusals` where its columns are not those of this sheet."""
    with opened(file, limits=limits) as open_sheet:
        first = next(open_sheet.rows, None)
        number, cells = first if first is not None else (1, [])
        headings, wrong = read_headings(number, cells, kind.every_column(), ignored=_both(SAYS_WHAT_IS_WRONG))
        if wrong:
            raise Refusals(wrong[:HEADINGS_TOLD_MAX])
        rows = _rows(open_sheet.rows, headings, in_1904=open_sheet.in_1904)
        yield Sheet(headings, _documents(rows, kind))


def _both(key: str) -> tuple[str, str]:
    return WORDS[key].zh, WORDS[key].en


def _rows(raw: Iterator[tuple[int, list[RawCell]]], headings: Headings, *, in_1904: bool) -> Iterator[Row]:
    headed = headings.headed()
    for number, cells in raw:
        row, filled = Row(number, {}), False
        for place, cell in enumerate(cells):
            if cell is None or place in headed:
                continue
            filled = True
            expected = Words(
                zh=f"空格；{letter(place)} 列没有列名，这里的内容没有地方记",
                en=f"nothing: column {letter(place)} has no heading, and what stands here would be lost",
            )
            came = cell if isinstance(cell, str) else cell[1]
            row.wrong.append(NoHeading(field=letter(place), came=came, expected=expected))
        for name, place in headings.places.items():
            cell = cells[place] if place < len(cells) else None
            if cell is None:
                continue
            filled = True
            try:
                value = read_cell(cell, headings.columns[name], in_1904=in_1904)
            except Refusal as refusal:
                row.wrong.append(refusal)
            else:
                if value is not None:
                    row.values[name] = value
        if filled and (row.values or row.wrong):
            yield row


def _documents(rows: Iterator[Row], kind: Kind) -> Iterator[Document]:
    of_document = [one for one in kind.every_column() if one.of_document]
    seen = dict[bytes, int]()
    held: Document | None = None
    held_key: tuple[str, ...] = ()
    for row in rows:
        key = tuple(usual(row.values.get(name, "")) for name in kind.document)
        if held is not None and kind.document and _goes_on(key, held_key):
            held.rows.append(row)
            continue
        if held is not None:
            yield _whole(held, kind, of_document)
        held, held_key = Document([row]), key
        if any(key):
            digest = sha256("\0".join(key).encode("utf-8", "surrogatepass")).digest()[:16]
            before = seen.setdefault(digest, row.number)
            if before != row.number:
                expected = Words(
                    zh=f"同一张单的各行放在一起（前面在第 {before} 行），每张单号码不同",
                    en=f"rows of one document together (before: row {before}), another number for each",
                )
                row.wrong.append(DocumentTwice(field=kind.document[0], came=" ".join(key), expected=expected))
    if held is not None:
        yield _whole(held, kind, of_document)


def _goes_on(key: tuple[str, ...], held: tuple[str, ...]) -> bool:
    """Whether a row belongs to the document above it: the same number, or none, as where only the first line carries it."""
    return key == held or not any(key)


def _whole(document: Document, kind: Kind, of_document: list[Column]) -> Document:
    """The document, looked over: what must be there is, and its rows agree on what holds for all of them."""
    for one in of_document:
        said = document.value(one.name)
        for row in document.rows:
            other = row.values.get(one.name)
            if other is not None and other != said:
                above = document.row_of(one.name).number
                expected = Words(zh=f"与第 {above} 行相同：{said}", en=f"as in row {above}: {said}")
                row.wrong.append(RowsDiffer(field=one.name, came=other, expected=expected))
    unread = {refusal.field for row in document.rows for refusal in row.wrong}
    for one in kind.columns:
        if one.asked != "always" or (one.of_document and one.name in unread):
            continue
        if one.of_document:
            if document.value(one.name) is None:
                document.first.wrong.append(Empty(field=one.name, came="", expected=one.label))
            continue
        for row in document.rows:
            if one.name not in row.values and all(refusal.field != one.name for refusal in row.wrong):
                row.wrong.append(Empty(field=one.name, came="", expected=one.label))
    return document
