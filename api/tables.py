"""A list as a file for spreadsheets: CSV or a workbook (.xlsx), the one way out for every list of the console.

    table_answer(Table("licences", "许可证", (Column("证号"), Column("有效期至", kind="date")), rows), form)

No text becomes a formula (`api.spreadsheets`): in CSV it gets an apostrophe in front, in a workbook it is a text cell that shows one when it
is edited. Dates are dates and times stand in Chinese time, so that a clerk can sort and filter. Rows are written as they come, into a
temporary file: a list may be as long as it likes, and is read to its end before the answer begins.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final, Literal

from xlsxwriter import Workbook

from api.files import FileAnswer
from api.spreadsheets import BYTE_ORDER_MARK, cell, like_a_formula
from ledger.identifiers import Instant
from ledger.identifiers.times import SHANGHAI_OFFSET_MINUTES

if TYPE_CHECKING:
    from starlette.responses import Response
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

Kind = Literal["text", "date", "number", "time"]
#: A time is given in milliseconds since 1970, in a column of that kind.
Cell = str | int | Decimal | date | None
FileForm = Literal["csv", "xlsx"]

MEDIA_TYPES: Final[dict[FileForm, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What one sheet of a workbook can hold (ECMA-376 part 1, 18.3.1.73), the headings with it; what is more goes to a further sheet.
SHEET_ROWS_MAX: Final = 1_048_576
#: And one of its cells; the programs refuse to open a file with a longer text.
CELL_CHARACTERS_MAX: Final = 32_767
#: A workbook counts in binary floating point; longer numbers are given as text, whole.
NUMBER_DIGITS_MAX: Final = 15
_SHEET_NAME_CHARACTERS_MAX: Final = 31
_NOT_IN_SHEET_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_STEM: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)

_HEADING: Final[dict[str, str | int | bool]] = {
    "bold": True,
    "bg_color": "#E3EEEC",
    "text_wrap": True,
    "valign": "top",
    "border": 1,
}
_FORMATS: Final[dict[Kind, dict[str, str]]] = {
    "text": {},
    "number": {},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm"},
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, how wide it is in characters, and what stands in it."""

    title: str
    width: int = 16
    kind: Kind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A list. `name` is the file's name without its ending, in ASCII; `title` names the sheet."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Sequence[Cell]]


def table_answer(table: Table, form: FileForm) -> Response:
    """The list as a file to be saved. Its rows are read to the end before this returns, so they may come from an open book."""
    assert _STEM.fullmatch(table.name), f"{table.name} is no name for a file"
    file = TemporaryFile()  # noqa: SIM115  (closed when it was sent, or on failure)
    try:
        write_table(table, form, file)
        return FileAnswer(file, name=f"{table.name}.{form}", media_type=MEDIA_TYPES[form])
    except BaseException:
        file.close()
        raise


def write_table(table: Table, form: FileForm, file: IO[bytes]) -> None:
    """The list, written to a file that stands at its end afterwards."""
    if form == "csv":
        _write_csv(table, file)
    else:
        _write_workbook(table, file)
    file.seek(0, io.SEEK_END)


def _write_csv(table: Table, file: IO[bytes]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="")
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([cell(column.title) for column in table.columns])
    writer.writerows(
        [_csv_text(value, column.kind) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    )
    text.flush()
    text.detach()


def _csv_text(value: Cell, kind: Kind) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return cell(value)
    if isinstance(value, date):
        return value.isoformat()
    if kind == "time":
        return Instant(int(value)).display()
    # A number is no formula, a minus in front of it no sign of one.
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _write_workbook(table: Table, file: IO[bytes]) -> None:
    # constant_memory: a row is written out as soon as the next begins.
    workbook = Workbook(file, {"constant_memory": True})
    looks, rows, number, more = Looks(workbook), iter(table.rows), 0, True
    while more:
        number += 1
        sheet, more = _headed(workbook, table, looks, number=number), False
        for row_number, row in enumerate(islice(rows, SHEET_ROWS_MAX - 1), start=1):
            for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
                write_cell(sheet, row_number, place, value, column.kind, looks)
            # A full sheet is followed by one more, be it without rows.
            more = row_number == SHEET_ROWS_MAX - 1
    workbook.close()


def _headed(workbook: Workbook, table: Table, looks: Looks, *, number: int) -> Worksheet:
    sheet = workbook.add_worksheet(sheet_name(table.title, number=number))
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.title, looks.heading)
    sheet.freeze_panes(1, 0)
    # Lists are printed for the file, too: on A4, lying, with the headings on each page.
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer("&L&A&R&P / &N")
    return sheet


class Looks:
    """The formats of one workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self.heading: Final = workbook.add_format(_HEADING)
        #: A text that begins like a formula: shown as it is, and with an apostrophe in front once somebody edits the cell.
        self.literal: Final = workbook.add_format({"quote_prefix": True})
        self.of_kind: Final[dict[Kind, Format | None]] = {
            kind: workbook.add_format(look) if look else None for kind, look in _FORMATS.items()
        }


def write_cell(sheet: Worksheet, row: int, place: int, value: Cell, kind: Kind, looks: Looks) -> None:
    """One value into its cell; nothing where there is none."""
    if value is None or value == "":
        return
    if isinstance(value, str):
        sheet.write_string(row, place, text_for_cell(value), looks.literal if like_a_formula(value) else None)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, looks.of_kind["date"])
    elif kind == "time":
        sheet.write_datetime(row, place, _on_the_wall(int(value)), looks.of_kind["time"])
    elif len(Decimal(value).as_tuple().digits) > NUMBER_DIGITS_MAX:
        sheet.write_string(row, place, format(value, "f") if isinstance(value, Decimal) else str(value))
    else:
        sheet.write_number(row, place, float(value), looks.of_kind[kind])


def _on_the_wall(ms: int) -> datetime:
    """A moment as a Chinese clock shows it. Workbooks know no time zones."""
    zone = timezone(timedelta(minutes=SHANGHAI_OFFSET_MINUTES))
    return datetime.fromtimestamp(ms / 1000, zone).replace(tzinfo=None)


def text_for_cell(text: str) -> str:
    """The text as a cell can hold it: cut where it is too long, and with what no XML can hold written out."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= CELL_CHARACTERS_MAX else f"{text[: CELL_CHARACTERS_MAX - 1]}…"


def sheet_name(title: str, *, number: int = 1) -> str:
    """A name that the programs allow for a sheet (ECMA-376 part 1, 18.2.19)."""
    ending = f" {number}" if number > 1 else ""
    name = _NOT_IN_SHEET_NAMES.sub(" ", title).strip(" '")[: _SHEET_NAME_CHARACTERS_MAX - len(ending)]
    return f"{name.strip(' ') or 'Sheet'}{ending}"
