"""One cell as a value of a record: the text that its field takes, or a refusal that says what came and what was expected.

What a person plainly meant is taken and said so: blanks around a text, digits of full width, a comma between thousands, the number that
stands behind a date in Excel. What could mean two things is refused: 1/2/2026, a credit code that Excel has rounded, the cached value of a
formula.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from api.spreadsheets import MARK, like_a_formula
from api.words import WORDS
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, LegalDate, Unit
from ledger.identifiers.times import SHANGHAI_OFFSET_MINUTES

if TYPE_CHECKING:
    from api.sheets.columns import Column
    from scanner.sheets import RawCell

#: The only ways to write a day that nobody reads in two ways.
_DAYS: Final = (
    re.compile(r"([12][0-9]{3})-([0-9]{1,2})-([0-9]{1,2})"),
    re.compile(r"([12][0-9]{3})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([12][0-9]{3})年([0-9]{1,2})月([0-9]{1,2})日"),
)
_CLOCK: Final = re.compile(r"(.*[0-9日])[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
#: Day 1 of Excel is 1 January 1900, and 29 February 1900 is a day to it: from March 1900 on it counts from here (ECMA-376 part 1, 18.17.4).
_EPOCH: Final = dt.date(1899, 12, 30)
_EPOCH_1904: Final = dt.date(1904, 1, 1)
#: A small number under a date's format: what nobody typed as a day.
_NO_YEAR: Final = frozenset({"1899", "1900", "1904"})
#: Numbers that may be days of this century.
_SERIAL_YEARS: Final = range(2000, 2100)
#: A day of 2099 has five.
_SERIAL_DIGITS_MAX: Final = 6
_AMOUNT: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}([, ])[0-9]{3}(?:\1[0-9]{3})*(?:\.[0-9]+)?")
_SCIENTIFIC: Final = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
_RAISED: Final = re.compile(r"[\u00b2\u00b3\u00b9\u2070-\u208e\u2460-\u249b\u24ea\u2776-\u2793]")
_LISTED: Final = re.compile(r"[、;；\n]+")
#: From here on a workbook has rounded a number.
_DIGITS_KEPT: Final = 15
_TEXT_CHARACTERS_MAX: Final = 1_000
_YES: Final = frozenset({"是", "yes", "y", "true", "1", "✓", "√"})
_NO: Final = frozenset({"否", "no", "n", "false", "0", "×"})


class FormulaInCell(Malformed):
    """A formula: what it comes to changes with the machine that opens it."""

    title = Words(zh="单元格里是公式", en="a formula in a cell")


class ErrorInCell(Malformed):
    """`#REF!`, `#N/A` and their kin."""

    title = Words(zh="单元格里是错误值", en="an error value in a cell")


class AmbiguousDate(Malformed):
    """A date that could be read in two ways, or is none."""

    title = Words(zh="日期写法有歧义或不对", en="a date that is none, or could be read in two ways")


class NumberRounded(Malformed):
    """A number that the workbook does not hold as it was typed: a long one rounded, a short one made a day."""

    title = Words(zh="号码被 Excel 改动", en="a number that Excel has changed")


class NotANumber(Malformed):
    """Not a number."""

    title = Words(zh="不是数字", en="not a number")


class NotOfTheList(Malformed):
    """None of the values that this column knows."""

    title = Words(zh="不在选项里", en="none of the choices")


class Empty(Malformed):
    """A cell that must be filled in is empty."""

    title = Words(zh="没有填写", en="not filled in")


_AS_VALUE: Final = Words(zh="数值或文字：复制后“选择性粘贴—数值”", en="a value: copy, then paste as values")
_A_DAY: Final = Words(
    zh="日期，如 2026-11-20、2026/11/20 或 2026年11月20日",
    en="a date, like 2026-11-20, 2026/11/20 or 2026年11月20日",
)
_TYPED_AGAIN: Final = Words(
    zh="先把这一列设为“文本”格式，再重新输入",
    en="the column formatted as text, and the number typed again",
)
_A_NUMBER: Final = Words(zh="数字，如 12.5", en="a number, like 12.5")


def read_cell(cell: RawCell, column: Column, *, in_1904: bool = False) -> str | None:
    """The value as its field takes it; None for a blank. Refusals carry the column's name as their field."""
    if cell is None:
        return None
    kind, text = ("s", cell) if isinstance(cell, str) else (cell[0], cell[1])
    if kind == "f":
        raise FormulaInCell(field=column.name, came=text, expected=_AS_VALUE)
    if kind == "e":
        raise ErrorInCell(field=column.name, came=text, expected=_AS_VALUE)
    if kind == "s":
        text = _literal(text, column)
        if not text:
            return None
    if column.holds in {"date", "time"}:
        return _day(kind, text, column, in_1904=in_1904)
    return _plain(kind, text, column)


def _plain(kind: str, text: str, column: Column) -> str:
    match column.holds:
        case "amount" | "whole":
            return _number(kind, text, column)
        case "choice" | "unit":
            return _chosen(text, column)
        case "yes_no":
            return _yes_no(kind, text, column)
        case "digits":
            _check_not_rounded(kind, text, column)
            return narrow(text).replace(" ", "").upper()
        case _ if kind == "b":
            return WORDS["sheet_yes" if text == "1" else "sheet_no"].zh
        case _:
            _check_not_rounded(kind, text, column)
            return text


def _literal(text: str, column: Column) -> str:
    """A text cell without blanks around it; what our own exports marked as literal, without the mark."""
    text = text.replace("\r\n", "\n").strip()
    if text.startswith(MARK) and like_a_formula(text[1:]):
        return text[1:]
    if text.startswith("=") and len(text) > 1:
        raise FormulaInCell(field=column.name, came=text, expected=_AS_VALUE)
    if len(text) > _TEXT_CHARACTERS_MAX:
        expected = Words(
            zh=f"最多 {_TEXT_CHARACTERS_MAX} 个字", en=f"at most {_TEXT_CHARACTERS_MAX} characters"
        )
        raise Malformed(field=column.name, came=text, expected=expected)
    return text


def narrow(text: str) -> str:
    """Digits, letters and signs of full width as narrow ones."""
    return unicodedata.normalize("NFKC", text)


def usual(number: str) -> str:
    """A number as everybody would write it: the same slip is S-1, s-1, and either of them in wide letters."""
    return narrow(number).upper()


def listed(text: str) -> list[str]:
    """Several texts that stand in one cell: 甲、乙；丙."""
    return [one for part in _LISTED.split(text) if (one := part.strip())]


def _day(kind: str, text: str, column: Column, *, in_1904: bool) -> str:
    if kind in {"d", "t", "m"} and text[:4] not in _NO_YEAR:
        return _moment(text) if column.holds == "time" else text[:10]
    if kind == "n":
        found = _of_serial(text, in_1904=in_1904)
        if found is not None:
            return _moment(found) if column.holds == "time" else found
    if kind == "s":
        plain = narrow(text)
        clock = _CLOCK.fullmatch(plain) if column.holds == "time" else None
        day = _written(clock[1] if clock else plain)
        if day is not None and clock is not None:
            if (at := _of_clock(*(int(one or 0) for one in clock.groups()[1:]))) is not None:
                return _moment(f"{day}T{at}")
        elif day is not None:
            return _moment(day) if column.holds == "time" else day
    raise AmbiguousDate(field=column.name, came=text, expected=_A_DAY)


def _written(text: str) -> str | None:
    match = next((found for form in _DAYS if (found := form.fullmatch(text))), None)
    if match is None:
        return None
    year, month, day = (int(one) for one in match.groups())
    try:
        return str(LegalDate(dt.date(year, month, day)))
    except ValueError:
        return None


def _of_clock(hours: int, minutes: int, seconds: int) -> dt.time | None:
    try:
        return dt.time(hours, minutes, seconds)
    except ValueError:
        return None


def _of_serial(text: str, *, in_1904: bool) -> str | None:
    """The day behind a number, as it shows where the cell's format was lost."""
    if not text.isdigit() or len(text) > _SERIAL_DIGITS_MAX:
        return None
    try:
        day = (_EPOCH_1904 if in_1904 else _EPOCH) + dt.timedelta(days=int(text))
    except OverflowError:
        return None
    return day.isoformat() if day.year in _SERIAL_YEARS else None


def _moment(text: str) -> str:
    """A day, or a day and time on a Chinese clock, as an instant. A day alone is its beginning: that has come wherever the day has."""
    day, _, clock = text.partition("T")
    hours, minutes = divmod(SHANGHAI_OFFSET_MINUTES, 60)
    return str(Instant.parse(f"{day}T{clock[:8] or '00:00:00'}+{hours:02}:{minutes:02}"))


def _number(kind: str, text: str, column: Column) -> str:
    # Signs that are a digit to nobody's eye become one by name alone: ², ①.
    plain = narrow(text).strip() if kind == "s" and not _RAISED.search(text) else text
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "").replace(" ", "")
    if kind not in {"s", "n"} or not _AMOUNT.fullmatch(plain):
        raise NotANumber(field=column.name, came=text, expected=_A_NUMBER)
    whole, _, decimals = plain.partition(".")
    decimals = decimals.rstrip("0")
    whole = whole.lstrip("0") or "0"
    if column.holds == "whole" and decimals:
        raise NotANumber(
            field=column.name, came=text, expected=Words(zh="整数，如 12", en="a whole number, like 12")
        )
    return f"{whole}.{decimals}" if decimals else whole


def _check_not_rounded(kind: str, text: str, column: Column) -> None:
    if kind == "m":
        raise NumberRounded(field=column.name, came=text, expected=_TYPED_AGAIN)
    # A file of text that went through a spreadsheet holds what was shown: 2.02611E+11.
    rounded = kind == "n" and len(text.replace(".", "").strip("-")) > _DIGITS_KEPT
    if rounded or (kind == "s" and _SCIENTIFIC.fullmatch(text)):
        raise NumberRounded(field=column.name, came=text, expected=_TYPED_AGAIN)


def _chosen(text: str, column: Column) -> str:
    wanted = narrow(text).casefold().strip()
    if column.holds == "unit":
        found = UNITS.get(wanted)
        expected = Words(zh="计量单位，如公斤、箱、KGM", en="a unit, like kg, case, KGM")
    else:
        names = {
            narrow(name).casefold(): value
            for value, words in column.choices
            for name in (value, words.zh, words.en)
        }
        found = names.get(wanted)
        expected = Words(
            zh="、".join(words.zh for _, words in column.choices),
            en=", ".join(words.en for _, words in column.choices),
        )
    if found is None:
        raise NotOfTheList(field=column.name, came=text, expected=expected)
    return found


def _yes_no(kind: str, text: str, column: Column) -> str:
    wanted = narrow(text).casefold()
    if wanted in _YES or (kind == "b" and text == "1"):
        return "yes"
    if wanted in _NO or kind == "b":
        return "no"
    raise NotOfTheList(field=column.name, came=text, expected=Words(zh="是、否", en="yes, no"))


def _units() -> dict[str, str]:
    """Every name a unit goes by: its code and its words; the market's own names with it."""
    named = {
        narrow(name).casefold(): unit.name
        for unit in reversed(Unit)
        for name in (unit.name, unit.words.zh, unit.words.en, unit.many.en)
    }
    return {"千克": "KGM", "㎏".casefold(): "KGM", "kgs": "KGM", "ml": "MLT", "只": "H87"} | named


UNITS: Final = _units()


def refused(column: Column, refusal: Refusal) -> Refusal:
    """The refusal of a record's field as one of its column."""
    return type(refusal)(field=column.name, came=refusal.came, expected=refusal.expected)
