"""The days that judges count in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.findings.reading import day_at, day_of
from ledger.identifiers import Instant, LegalDate, PartyId
from ledger.vocabulary.parties import Party
from tests.support.books import START, BookWriter

FIRST, LAST = Instant.parse("1900-01-01T00:00:00Z").ms, Instant.parse("2999-12-31T15:59:59.999Z").ms


def days(ms: int) -> tuple[LegalDate, LegalDate]:
    books = BookWriter()
    party = PartyId.new(bytes(10))
    books.says(party, Party(party=party, party_kind="company"), at=START)
    header = replace(books.last.header, occurred_at=Instant(ms))
    moved = replace(books.last, header=header, at_ms=ms)
    return day_of(moved), day_at(moved.at_ms)


@given(st.integers(FIRST, LAST))
def test_a_record_lies_on_the_day_that_clocks_in_china_showed(ms: int) -> None:
    day = Instant(ms).date_in_shanghai()
    assert days(ms) == (day, day)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-08-01T23:59:59.999+08:00", "2026-08-01"),
        ("2026-08-02T00:00:00+08:00", "2026-08-02"),
        ("1969-12-31T23:59:59.999+08:00", "1969-12-31"),
        ("1970-01-01T00:00:00+08:00", "1970-01-01"),
        ("1900-01-01T00:00:00Z", "1900-01-01"),
        ("2999-12-31T23:59:59.999+08:00", "2999-12-31"),
    ],
)
def test_a_day_begins_at_midnight_in_china(moment: str, day: str) -> None:
    assert set(days(Instant.parse(moment).ms)) == {LegalDate.parse(day)}
