from __future__ import annotations

import datetime as dt

import pytest

from ledger.errors import Malformed
from ledger.identifiers import Instant, LegalDate


@pytest.mark.parametrize(
    ("text", "ms", "offset"),
    [
        ("1970-01-01T00:00:00Z", 0, 0),
        ("2026-11-06T18:40:00+08:00", 1793961600000, 480),
        ("2026-11-06T10:40:00.5Z", 1793961600500, 0),
        ("2026-11-06T10:40:00.001Z", 1793961600001, 0),
        ("2026-11-06T05:10:00-05:30", 1793961600000, -330),
        ("1969-12-31T23:59:59.999Z", -1, 0),
        ("2028-02-29T00:00:00+14:00", 1835344800000, 840),
        ("1985-04-12T23:20:50.52Z", 482196050520, 0),  # RFC 3339 5.8
        ("1996-12-19T16:39:57-08:00", 851042397000, -480),  # RFC 3339 5.8
    ],
)
def test_a_time_with_offset_is_a_moment(text: str, ms: int, offset: int) -> None:
    assert Instant.parse(text) == Instant(ms, offset)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-11-06T18:40:00+08:00", "2026-11-06T18:40:00+08:00"),
        ("2026-11-06T18:40:00.000+08:00", "2026-11-06T18:40:00+08:00"),
        ("2026-11-06T18:40:00.5+08:00", "2026-11-06T18:40:00.500+08:00"),
        ("2026-11-06T18:40:00.1239999-03:30", "2026-11-06T18:40:00.123-03:30"),
        ("2026-11-06T18:40:00+00:00", "2026-11-06T18:40:00Z"),
        ("1900-01-01T00:00:00.999Z", "1900-01-01T00:00:00.999Z"),
    ],
)
def test_a_moment_keeps_its_offset_and_has_one_spelling(text: str, canonical: str) -> None:
    assert str(Instant.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-06",
        "2026-11-06T18:40:00",
        "2026-11-06T18:40+08:00",
        "2026-11-06 18:40:00+08:00",
        "2026-11-06t18:40:00z",
        "2026-11-06T18:40:00+0800",
        "2026-11-06T18:40:00+24:00",
        "2026-11-06T18:40:00+08:60",
        "2026-11-06T18:40:00-00:00",
        "2026-11-06T24:00:00Z",
        "2026-11-06T18:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-06T18:40:00.Z",
        "2026-11-06T18:40:00.1234567890Z",
        "2026-11-06T18:40:00,5Z",
        "２026-11-06T18:40:00Z",
        "2026-11-06T18:40:00Z\n",
        "1899-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        # Within the years where it was written, beyond them in China.
        "2999-12-31T16:00:00Z",
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        Instant.parse(text, field="occurred_at")
    assert caught.value.field == "occurred_at"


def test_the_first_and_the_last_moment_can_be_shown() -> None:
    first, last = Instant.parse("1900-01-01T00:00:00+08:00"), Instant.parse("2999-12-31T23:59:59.999+08:00")
    assert (first.display(), last.display()) == ("1900-01-01 00:00", "2999-12-31 23:59")
    for beyond in (first.ms - 1, last.ms + 1):
        with pytest.raises(Malformed):
            Instant(beyond, 480)


@pytest.mark.parametrize("offset", [-1440, 1440])
def test_an_offset_of_a_whole_day_is_none(offset: int) -> None:
    with pytest.raises(Malformed):
        Instant(0, offset)


def test_moments_are_ordered_by_when_they_were_and_not_by_their_clocks() -> None:
    earlier, later = Instant.parse("2026-11-06T18:40:00+08:00"), Instant.parse("2026-11-06T10:40:01Z")
    assert earlier < later


def test_a_page_shows_the_clock_in_china() -> None:
    moment = Instant.parse("2026-11-06T20:30:59Z")
    assert str(moment.at_shanghai()) == "2026-11-07T04:30:59+08:00"
    assert moment.at_shanghai().ms == moment.ms
    assert moment.display() == "2026-11-07 04:30"
    assert moment.date_in_shanghai() == LegalDate.parse("2026-11-07")


@pytest.mark.parametrize("text", ["1900-01-01", "2026-11-06", "2028-02-29", "2999-12-31"])
def test_a_day_comes_back_from_its_own_text(text: str) -> None:
    assert str(LegalDate.parse(text)) == text
    assert LegalDate.parse(text) == LegalDate(dt.date.fromisoformat(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261106",
        "2026-W45-5",
        "2026-11-6",
        "2026-11-31",
        "2026-02-29",
        "2026-00-01",
        "1899-12-31",
        "3000-01-01",
        "２026-11-06",
        "2026-11-06\n",
        "2026-11-06T00:00:00Z",
    ],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        LegalDate.parse(text, field="valid_until")
    assert (caught.value.field, caught.value.came) == ("valid_until", text.replace("\n", "\\n"))


def test_days_are_ordered_and_bounded() -> None:
    assert LegalDate.parse("2026-09-30") < LegalDate.parse("2026-11-05")
    with pytest.raises(Malformed):
        LegalDate(dt.date(1899, 12, 31))
