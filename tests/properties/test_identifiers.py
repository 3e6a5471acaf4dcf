"""Whatever text comes: a value comes back from its own text, and everything else is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
from decimal import Decimal
from typing import Protocol, Self

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Refusal
from ledger.identifiers import (
    BatchCode,
    BatchNumber,
    CreditCode,
    DigitalLink,
    DrugTraceCode,
    EarTag,
    EInvoiceNumber,
    FoodLicence,
    GoodsId,
    Gtin,
    Instant,
    InvoiceQr,
    LegalDate,
    LicenceNumber,
    PartyId,
    PesticideUnitCode,
    Quantity,
    RegionCode,
    SeedLabel,
    SeedUnitCode,
    Sha256Hex,
    StatementId,
    Unit,
    VatInvoiceNumber,
    VetDrugCode,
)
from ledger.identifiers.digital_link import AI_CHARACTERS
from ledger.identifiers.gtin import check_digit

DIGITS = "0123456789"


class Parsed(Protocol):
    @classmethod
    def parse(cls, text: str) -> Self: ...


EVERY_KIND: list[type[Parsed]] = [
    BatchCode,
    BatchNumber,
    CreditCode,
    DigitalLink,
    DrugTraceCode,
    EarTag,
    EInvoiceNumber,
    FoodLicence,
    GoodsId,
    Gtin,
    Instant,
    InvoiceQr,
    LegalDate,
    LicenceNumber,
    PartyId,
    PesticideUnitCode,
    Quantity,
    RegionCode,
    SeedLabel,
    SeedUnitCode,
    Sha256Hex,
    StatementId,
    VatInvoiceNumber,
    VetDrugCode,
]

digits = st.text(DIGITS, min_size=13, max_size=13)
gtins = digits.map(lambda body: Gtin(body + check_digit(body)))
ai_values = st.text(sorted(AI_CHARACTERS), min_size=1, max_size=20).filter(
    lambda value: value not in {".", ".."}
)
links = st.builds(DigitalLink, gtins, st.none() | ai_values, st.none() | ai_values)
random_bytes = st.binary(min_size=10, max_size=10)
amounts = st.integers(-(10**21) + 1, 10**21 - 1).map(lambda micro: Decimal(micro).scaleb(-6))
quantities = st.builds(Quantity, amounts, st.sampled_from(Unit))
small_amounts = st.integers(-(10**6), 10**6).map(lambda milli: Decimal(milli).scaleb(-3))
masses = st.builds(Quantity, small_amounts, st.sampled_from([Unit.TNE, Unit.KGM, Unit.GRM, Unit.MGM]))
instants = st.builds(Instant, st.integers(-2_208_900_000_000, 32_503_600_000_000), st.integers(-720, 840))
codes_of_batches = random_bytes.map(BatchCode.new)
values = st.one_of(
    gtins,
    links,
    quantities,
    instants,
    codes_of_batches,
    random_bytes.map(PartyId.new),
    links.map(GoodsId.of_link),
    codes_of_batches.map(GoodsId.of_batch),
    st.builds(StatementId.new, st.integers(0, 2**48 - 1), random_bytes),
    st.dates(dt.date(1900, 1, 1), dt.date(2999, 12, 31)).map(LegalDate),
    st.binary().map(Sha256Hex.of),
)

#: Text that looks as if it might be one of ours, beside any text at all.
lookalikes = st.text() | st.text("0123456789ABCDEFXabcdefx-+.:/,% TZKGMJYSC?=", max_size=40)


@given(values)
def test_every_value_comes_back_from_its_own_text(value: Parsed) -> None:
    assert type(value).parse(str(value)) == value
    assert str(type(value).parse(str(value))) == str(value)


@pytest.mark.parametrize("kind", EVERY_KIND, ids=lambda kind: kind.__name__)
@given(text=lookalikes)
def test_any_text_is_taken_in_one_spelling_or_refused(kind: type[Parsed], text: str) -> None:
    # Anything but a refusal, a `UnicodeError` say, would be our fault and fails the test.
    with contextlib.suppress(Refusal):
        value = kind.parse(text)
        assert str(kind.parse(str(value))) == str(value)


def _with_one_digit_changed(code: str, place: int, by: int) -> str:
    place %= len(code)
    return code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]


@given(gtins, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_of_a_gtin_is_always_found(gtin: Gtin, place: int, by: int) -> None:
    with pytest.raises(CheckDigitWrong):
        Gtin(_with_one_digit_changed(str(gtin), place, by))


@given(st.integers(2, 15), st.integers(1, 9))
def test_one_wrong_digit_of_a_food_licence_is_always_found(place: int, by: int) -> None:
    digits_only = _with_one_digit_changed("10432061390016", place - 2, by)
    with pytest.raises(CheckDigitWrong):
        FoodLicence(f"SC{digits_only}")


@given(
    links,
    st.sampled_from(["https://a.example", "http://b.example/shop"]),
    st.sampled_from(["", "/", "?a=b", "#c"]),
)
def test_a_link_is_the_same_at_every_address(link: DigitalLink, address: str, tail: str) -> None:
    assert DigitalLink.parse(link.at(address) + tail) == link


@given(masses, masses, masses)
def test_sums_of_masses_do_not_depend_on_their_order(a: Quantity, b: Quantity, c: Quantity) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert (a + b) - b == a
    assert (a - a).is_zero


@given(masses, masses)
def test_of_two_masses_one_is_less_or_both_are_the_same(a: Quantity, b: Quantity) -> None:
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a <= b) == (not a > b)
    assert (a >= b) == (not a < b)
    assert a != b or hash(a) == hash(b)


@given(instants, instants)
def test_moments_are_ordered_by_their_milliseconds(a: Instant, b: Instant) -> None:
    assume(a.ms != b.ms)
    assert (a < b) == (a.ms < b.ms)


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), random_bytes, random_bytes)
def test_ids_sort_by_the_moment_they_were_chosen(first: int, second: int, a: bytes, b: bytes) -> None:
    assume(first != second)
    assert (StatementId.new(first, a) < StatementId.new(second, b)) == (first < second)
