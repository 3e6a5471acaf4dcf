"""Moments and days.

An `Instant` is a moment with the offset its author wrote: two clocks may then be compared, and the page can
still show the time that was on the wall. A `LegalDate` is a day as a law or a licence means it (valid
until, date of issue), without clock or zone.

>>> moment = Instant.parse("2026-11-06T10:40:00Z")
>>> moment.ms, str(moment.at_shanghai()), moment.display()
(1793961600000, '2026-11-06T18:40:00+08:00', '2026-11-06 18:40')

Source: RFC 3339. Narrower than the RFC: capital T and Z, no leap second (a 60th second has no millisecond
of its own), no `-00:00` (it says that the offset is unknown), years 1900 to 2999.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Self

from ledger.errors import Malformed, Words

YEARS = range(1900, 3000)

#: China keeps one time, without summer time since 1991; a fixed offset needs no time zone files.
SHANGHAI_OFFSET_MINUTES = 8 * 60

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_MINUTES_OF_A_DAY = 24 * 60

_FIRST_MS = (dt.datetime(YEARS.start, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MILLISECOND
_END_MS = (dt.datetime(YEARS.stop, 1, 1, tzinfo=dt.UTC) - _EPOCH) // _MILLISECOND

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment to the millisecond, and the offset in which it was written. Compare `ms` when only the
    moment matters.
    """

    ms: int
    offset_minutes: int = 0

    def __post_init__(self) -> None:
        # Checked on both clocks that show it, so that showing never fails.
        for offset in (self.offset_minutes, SHANGHAI_OFFSET_MINUTES):
            if abs(offset) >= _MINUTES_OF_A_DAY or not _FIRST_MS <= self.ms + offset * 60_000 < _END_MS:
                raise _not_a_time(f"{self.ms} ms, {self.offset_minutes:+d} min", field="time")

    @classmethod
    def parse(cls, text: str, *, field: str = "time") -> Self:
        """A moment in RFC 3339 with offset. Decimals of a second beyond the third are cut off."""
        match = _RFC3339.fullmatch(text)
        if not match or text.endswith("-00:00"):
            raise _not_a_time(text, field=field)
        clock, decimals, sign, hours, minutes = match.groups(default="0")
        offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)
        try:
            since_epoch = dt.datetime.fromisoformat(clock).replace(tzinfo=dt.UTC) - _EPOCH
            ms = since_epoch // _MILLISECOND + int(decimals.ljust(3, "0")[:3])
            return cls(ms - offset * 60_000, offset)
        except ValueError:
            # The calendar has no such day, or the year is out of range (a refusal is a ValueError too).
            raise _not_a_time(text, field=field) from None

    def __str__(self) -> str:
        wall = _wall(self)
        spec = "milliseconds" if wall.microsecond else "seconds"
        sign, (hours, minutes) = "-" if self.offset_minutes < 0 else "+", divmod(abs(self.offset_minutes), 60)
        offset = f"{sign}{hours:02d}:{minutes:02d}" if self.offset_minutes else "Z"
        return f"{wall.isoformat(timespec=spec)}{offset}"

    def at_shanghai(self) -> Self:
        """The same moment on a Chinese clock."""
        return type(self)(self.ms, SHANGHAI_OFFSET_MINUTES)

    def display(self) -> str:
        """Day, hour and minute on a Chinese clock, for a page."""
        return _wall(self.at_shanghai()).strftime("%Y-%m-%d %H:%M")

    def date_in_shanghai(self) -> LegalDate:
        """The day it was in China: the day that a licence must have been valid on."""
        return LegalDate(_wall(self.at_shanghai()).date())


@dataclass(frozen=True, slots=True, order=True)
class LegalDate:
    """A calendar day, written YYYY-MM-DD."""

    date: dt.date

    def __post_init__(self) -> None:
        if self.date.year not in YEARS:
            raise _not_a_day(self.date.isoformat(), field="date")

    @classmethod
    def parse(cls, text: str, *, field: str = "date") -> Self:
        """A day that the calendar has."""
        # `fromisoformat` alone would also take 20261106 and 2026-W45-5.
        if not _DAY.fullmatch(text):
            raise _not_a_day(text, field=field)
        try:
            return cls(dt.date.fromisoformat(text))
        except ValueError:
            raise _not_a_day(text, field=field) from None

    def __str__(self) -> str:
        return self.date.isoformat()


def _wall(moment: Instant) -> dt.datetime:
    """What a clock on the wall showed, where the moment was written."""
    shown = _EPOCH + (moment.ms + moment.offset_minutes * 60_000) * _MILLISECOND
    return shown.replace(tzinfo=None)


def _not_a_time(came: str, *, field: str) -> Malformed:
    expected = Words(
        zh="带时区的时间（1900 至 2999 年，秒 00 至 59），如 2026-11-06T18:40:00+08:00",
        en="a time with offset (years 1900 to 2999, seconds 00 to 59), like 2026-11-06T18:40:00+08:00",
    )
    return Malformed(field=field, came=came, expected=expected)


def _not_a_day(came: str, *, field: str) -> Malformed:
    expected = Words(
        zh="日历上有的日期（1900 至 2999 年），如 2026-11-06",
        en="a date that the calendar has (years 1900 to 2999), like 2026-11-06",
    )
    return Malformed(field=field, came=came, expected=expected)
