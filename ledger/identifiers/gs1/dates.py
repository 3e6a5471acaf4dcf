"""Dates inside GS1 values: six digits YYMMDD, or eight YYYYMMDD."""

from __future__ import annotations

from calendar import monthrange
from typing import Final

from ledger.identifiers.gs1.faults import wrong

_MONTHS: Final = range(1, 13)
_SHORT: Final = len("YYMMDD")


def _check(value: str, *, without_day: bool) -> None:
    month, day = int(value[-4:-2]), int(value[-2:])
    if month not in _MONTHS:
        raise wrong(
            value,
            zh=f"年月日（YYMMDD），月份不能是 {value[-4:-2]}",
            en=f"a date (YYMMDD), in a month other than {value[-4:-2]}",
        )
    # Which century two digits mean changes no leap year: 2000 was one, and no other turn of a century lies so near.
    year = 2000 + int(value[:2]) if len(value) == _SHORT else int(value[:-4]) or 2000
    if not (day == 0 and without_day) and not 1 <= day <= monthrange(year, month)[1]:
        raise wrong(
            value,
            zh=f"年月日（YYMMDD），该月没有 {value[-2:]} 日",
            en=f"a date (YYMMDD), on a day other than {value[-2:]}",
        )


def day(value: str) -> None:
    """Raise unless it is a day."""
    _check(value, without_day=False)


def day_or_month(value: str) -> None:
    """Raise unless it is a day, or a month: 3.4.7 of the General Specifications, day 00 means its end."""
    _check(value, without_day=True)
