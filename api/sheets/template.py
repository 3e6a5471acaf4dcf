"""The empty sheet a clerk fills in: headings, lists to choose from, dates that are dates; and a second sheet that explains each column.

Cells of text are formatted as text: otherwise a spreadsheet takes the zeros from the front of a batch number and rounds a credit code.
"""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Final

from xlsxwriter import Workbook

from api.sheets.cells import UNITS, narrow
from api.sheets.columns import letter
from api.tables import sheet_name
from api.words import WORDS, say
from ledger.identifiers import Unit
from ledger.vocabulary.profiles import all_profiles, profile_for

if TYPE_CHECKING:
    from typing import IO

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from api.sheets.columns import Column
    from api.sheets.kinds import Kind
    from ledger.errors import Language

#: Rows that are prepared with formats and lists: as many as one upload takes.
ROWS_PREPARED: Final = 20_001
#: A list that is written into the sheet itself may be so long (Excel's own limit).
LIST_CHARACTERS_MAX: Final = 255
_UNITS_FIRST: Final = ("KGM", "XBX", "XBO", "XBG", "XCT", "H87", "HEA", "TNE", "GRM", "LTR")
_LOOKS: Final[dict[str, dict[str, str | int | bool]]] = {
    "always": {"bold": True, "bg_color": "#0B564F", "font_color": "#FFFFFF", "text_wrap": True, "border": 1},
    "by_law": {"bold": True, "bg_color": "#F3D9A4", "text_wrap": True, "border": 1},
    "if_any": {"bold": True, "bg_color": "#E3EEEC", "text_wrap": True, "border": 1},
    # 49 is text (ECMA-376 part 1, 18.8.30): a number that is a name keeps its zeros.
    "text": {"num_format": 49},
    "date": {"num_format": "yyyy-mm-dd"},
    "wrapped": {"text_wrap": True, "valign": "top"},
}


def template(kind: Kind, *, category: str | None, language: Language) -> IO[bytes]:
    """The empty sheet of one kind, in a file that stands at its end; the caller closes it."""
    file = TemporaryFile()  # noqa: SIM115  (handed to the caller)
    workbook = Workbook(file)
    looks = {name: workbook.add_format(look) for name, look in _LOOKS.items()}
    columns = kind.template_columns(category)
    sheet = workbook.add_worksheet(sheet_name(kind.title.in_language(language)))
    for place, one in enumerate(columns):
        _column(sheet, place, one, looks, language)
    sheet.freeze_panes(1, 0)
    _lists(
        workbook.add_worksheet(sheet_name(say("sheet_lists", language))), sheet, columns, category, language
    )
    explained = workbook.add_worksheet(sheet_name(say("sheet_explained", language)))
    _explain(explained, kind, columns, looks, category=category, language=language)
    workbook.close()
    return file


def _column(
    sheet: Worksheet, place: int, column: Column, looks: dict[str, Format], language: Language
) -> None:
    held = {"date": "date", "time": "date", "amount": None, "whole": None}.get(column.holds, "text")
    sheet.set_column(place, place, column.width, looks[held] if held else None)
    mark = " *" if column.asked == "always" else ""
    sheet.write_string(0, place, f"{column.label.in_language(language)}{mark}", looks[column.asked])
    if column.holds == "yes_no":
        _offer(sheet, place, [say("sheet_yes", language), say("sheet_no", language)])
    elif column.holds == "choice":
        _offer(sheet, place, [words.in_language(language) for _, words in column.choices])
    elif column.holds in {"date", "time"}:
        # Text in an unambiguous form is taken as well, so this warns and does not stop.
        options = {
            "validate": "date",
            "criteria": ">",
            "value": "=DATE(1990,1,1)",
            "error_type": "warning",
            "error_title": say("sheet_date_title", language),
            "error_message": say("sheet_date_message", language),
        }
        sheet.data_validation(1, place, ROWS_PREPARED - 1, place, options)


def _offer(sheet: Worksheet, place: int, values: list[str]) -> None:
    assert len(",".join(values)) <= LIST_CHARACTERS_MAX, f"{values} do not fit a list"
    sheet.data_validation(1, place, ROWS_PREPARED - 1, place, {"validate": "list", "source": values})


def _lists(
    lists: Worksheet, sheet: Worksheet, columns: tuple[Column, ...], category: str | None, language: Language
) -> None:
    """Long lists stand in a sheet of their own, which is hidden; the cells point to it."""
    units = [*_UNITS_FIRST, *(one.name for one in Unit if one.name not in _UNITS_FIRST)]
    some = [profile_for(category)] if category is not None else list(all_profiles())
    values = {
        "unit": [Unit[one].words.in_language(language) for one in units],
        "category": [one.name.words.in_language(language) for one in some],
    }
    assert all(narrow(one).casefold() in UNITS for one in values["unit"])
    for number, (name, texts) in enumerate(values.items()):
        for row, text in enumerate(texts):
            lists.write_string(row, number, text)
        source = f"='{sheet_name(say('sheet_lists', language))}'!${letter(number)}$1:${letter(number)}${len(texts)}"
        for place, one in enumerate(columns):
            if one.name == name:
                options = {"validate": "list", "source": source, "error_type": "warning"}
                sheet.data_validation(1, place, ROWS_PREPARED - 1, place, options)
    lists.hide()


def _explain(
    sheet: Worksheet,
    kind: Kind,
    columns: tuple[Column, ...],
    looks: dict[str, Format],
    *,
    category: str | None,
    language: Language,
) -> None:
    """What each column means, in both languages, with its article and an example."""
    what = kind.what.in_language(language)
    name = "" if category is None else f" · {profile_for(category).name.words.in_language(language)}"
    sheet.write_string(0, 0, f"{kind.title.in_language(language)}{name}", looks["if_any"])
    for row, text in enumerate(
        (what, say("sheet_law_of", language, law=kind.law), *_rules(language)), start=1
    ):
        sheet.write_string(row, 0, text)
    top = 8
    headings = ("zh", "en", "asked", "held", "example", "law", "hint", "field")
    for place, (heading, width) in enumerate(zip(headings, (22, 28, 20, 34, 24, 24, 48, 20), strict=True)):
        sheet.set_column(place, place, width, looks["wrapped"])
        sheet.write_string(top, place, say(f"sheet_explained_{heading}", language), looks["if_any"])
    for row, one in enumerate(columns, start=top + 1):
        texts = (
            one.label.zh,
            one.label.en,
            say(f"sheet_asked_{one.asked}", language),
            _held(one, language),
            one.example,
            one.law or "—",
            one.hint.in_language(language),
            one.name,
        )
        for place, text in enumerate(texts):
            sheet.write_string(row, place, text, looks["wrapped"])


def _rules(language: Language) -> tuple[str, ...]:
    return tuple(say(f"sheet_rule_{number}", language) for number in range(1, 5))


def _held(column: Column, language: Language) -> str:
    if column.holds == "choice":
        return " / ".join(words.in_language(language) for _, words in column.choices)
    return WORDS[f"sheet_holds_{column.holds}"].in_language(language)
