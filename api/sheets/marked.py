"""The same file back, with what is wrong in its cells: coloured, with a comment, and in words in a column of its own at the end.

Headings and values stand as they came, so that the file can be mended and sent again; the added column is passed over then.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

from xlsxwriter import Workbook

from api.sheets.reading import SAYS_WHAT_IS_WRONG
from api.spreadsheets import like_a_formula
from api.tables import text_for_cell
from api.words import MARKS, say
from scanner.sheets import opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from api.sheets.checking import Fault
    from api.sheets.columns import Column, Headings
    from ledger.errors import Language, Refusal
    from scanner.sheets import RawCell

#: Comments are held in memory until the file is closed; cells beyond these are coloured and told in the last column.
COMMENTS_MAX: Final = 2_000
_WIDTH: Final = 16
_WIDE: Final = 60
_LOOKS: Final[dict[str, dict[str, str | int | bool]]] = {
    "heading": {"bold": True, "bg_color": "#E3EEEC", "text_wrap": True, "border": 1},
    "wrong": {"bg_color": "#F8C9C4", "border": 1, "border_color": "#A4262C"},
    "gap": {"bg_color": "#FBE7B8"},
    "wrong_literal": {"bg_color": "#F8C9C4", "border": 1, "border_color": "#A4262C", "quote_prefix": True},
    "date": {"num_format": "yyyy-mm-dd"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "words": {"text_wrap": True, "font_color": "#A4262C"},
    "literal": {"quote_prefix": True},
}


def marked(
    file: IO[bytes], faults: Iterable[Fault], headings: Headings, *, title: str, language: Language
) -> IO[bytes]:
    """The file with what is wrong, in a file that stands at its end; the caller closes it."""
    by_row: dict[int, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_row[fault.row].append(fault)
    out = TemporaryFile()  # noqa: SIM115  (handed to the caller)
    comments = 0
    with opened(file) as came:
        # Bare numbers may be days: they count from where they counted.
        workbook = Workbook(out, {"constant_memory": True, "date_1904": came.in_1904})
        looks = {name: workbook.add_format(look) for name, look in _LOOKS.items()}
        sheet, last = workbook.add_worksheet(title), len(headings.texts)
        sheet.set_column(0, last - 1, _WIDTH)
        sheet.set_column(last, last, _WIDE)
        for number, cells in came.rows:
            if number == headings.row:
                _headings(sheet, headings, looks, say(SAYS_WHAT_IS_WRONG, language))
                continue
            wrong = {_place(headings, one, last): one for one in reversed(by_row.get(number, []))}
            for place in range(max(len(cells), last)):
                cell = cells[place] if place < len(cells) else None
                look = None if place not in wrong else "gap" if wrong[place].gap else "wrong"
                if place != last:
                    _write(sheet, number - 1, place, cell, look, looks)
                if place in wrong and place != last and comments < COMMENTS_MAX:
                    sheet.write_comment(number - 1, place, sentence(wrong[place].refusal, language))
                    comments += 1
            if number in by_row:
                text = "\n".join(told(one, headings, language) for one in by_row[number])
                sheet.write_string(number - 1, last, text_for_cell(text), looks["words"])
        workbook.close()
    return out


def _headings(sheet: Worksheet, headings: Headings, looks: dict[str, Format], added: str) -> None:
    for place, text in enumerate((*headings.texts, added)):
        sheet.write_string(headings.row - 1, place, text_for_cell(text), looks["heading"])
    sheet.freeze_panes(headings.row, 0)


def told(fault: Fault, headings: Headings, language: Language) -> str:
    """One fault in a sentence that names its column: `单位：不在选项里，收到“斤”，应为公斤……`"""
    column: Column | None = headings.columns.get(fault.column)
    mark = MARKS[language]
    where = "" if column is None else f"{column.label.in_language(language)}{mark.colon}"
    return f"{where}{sentence(fault.refusal, language)}"


def sentence(refusal: Refusal, language: Language) -> str:
    """What is wrong, what came, and what was expected."""
    return say(
        "sheet_sentence" if refusal.came else "sheet_sentence_empty",
        language,
        title=refusal.title.in_language(language),
        came=refusal.came,
        expected=refusal.expected.in_language(language),
    )


def cell_of(fault: Fault, headings: Headings) -> str:
    """Where it is, as a spreadsheet says it: `C7`, or the row alone."""
    return headings.at(fault.column, fault.row)


def _place(headings: Headings, fault: Fault, last: int) -> int:
    place = headings.place(fault.column)
    return last if place is None else place


def _write(
    sheet: Worksheet, row: int, place: int, cell: RawCell, look: str | None, looks: dict[str, Format]
) -> None:
    """A cell as it came: a formula as its text, so that nothing is worked out on the way."""
    plain = None if look is None else looks[look]
    if cell is None:
        if plain is not None:
            sheet.write_blank(row, place, None, plain)
        return
    kind, text = ("s", cell) if isinstance(cell, str) else (cell[0], cell[1])
    if kind == "n":
        sheet.write_number(row, place, float(text), plain)
    elif kind == "b":
        sheet.write_boolean(row, place, text == "1", plain)
    elif kind == "d" and plain is None:
        sheet.write_datetime(row, place, date.fromisoformat(text), looks["date"])
    elif kind == "t" and plain is None:
        sheet.write_datetime(row, place, datetime.fromisoformat(text), looks["time"])
    elif kind == "t":
        sheet.write_string(row, place, text.replace("T", " ").partition(".")[0], plain)
    elif like_a_formula(text):
        literal = looks["literal" if plain is None else "wrong_literal"]
        sheet.write_string(row, place, text_for_cell(text), literal)
    else:
        sheet.write_string(row, place, text_for_cell(text), plain)
