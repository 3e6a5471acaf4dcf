"""What all printed codes share: one spelling, a constructor that judges, refusals that speak."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import pkgutil
from typing import TYPE_CHECKING

import pytest

import ledger.identifiers
from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge, Words
from ledger.identifiers import (
    BatchCode,
    BatchNumber,
    CreditCode,
    DrugTraceCode,
    EarTag,
    EInvoiceNumber,
    FoodLicence,
    GoodsId,
    Gtin,
    LicenceNumber,
    PartyId,
    PesticideUnitCode,
    ProductId,
    RegionCode,
    Sha256Hex,
    SiteId,
    StatementId,
    VatInvoiceNumber,
)

if TYPE_CHECKING:
    from ledger.identifiers._code import Code

ONE_OF_EACH: list[Code] = [
    BatchCode.new(bytes(range(10))),
    BatchNumber("PK-20261112"),
    CreditCode("91320613DEM001041T"),
    DrugTraceCode("99999919000000000047"),
    EarTag("132068590000001"),
    EInvoiceNumber("26322999999900000101"),
    FoodLicence("SC10432061390016"),
    GoodsId("urn:uuid:0198c0de"),
    Gtin("09520001000010"),
    LicenceNumber("苏AA320699001"),
    PartyId("pty_0123456789abcdef"),
    PesticideUnitCode("12690011001900000000000000000217"),
    ProductId("prd_0123456789abcdef"),
    RegionCode("320613"),
    Sha256Hex("0f" * 32),
    SiteId("site_0123456789abcdef"),
    StatementId("0199a7c3-4e1b-7000-8000-000000000000"),
    VatInvoiceNumber("0110017001-10113872"),
]

each_code = pytest.mark.parametrize("code", ONE_OF_EACH, ids=lambda code: type(code).__name__)


@each_code
def test_a_code_comes_back_from_its_own_text(code: Code) -> None:
    assert type(code).parse(str(code)) == code


@each_code
def test_a_code_cannot_be_changed(code: Code) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        code.text = "other"  # type: ignore[misc] # That it cannot be done is what is tested.
    assert not hasattr(code, "__dict__")


@each_code
@pytest.mark.parametrize("text", ["", " ", "\n", "\x00", "\ud800"])
def test_what_is_no_code_at_all_is_refused_in_both_ways_of_making_one(code: Code, text: str) -> None:
    with pytest.raises(Refusal):
        type(code).parse(text)
    with pytest.raises(Refusal):
        type(code)(text)


@each_code
def test_a_line_end_after_a_code_is_not_part_of_it(code: Code) -> None:
    # `$` in a regular expression would let it through. A licence number loses it like any other space.
    if isinstance(code, LicenceNumber):
        assert LicenceNumber.parse(f"{code}\n") == code
    else:
        with pytest.raises(Refusal):
            type(code).parse(f"{code}\n")


@pytest.mark.parametrize("zero", ["０", "٠", "०"], ids=["full-width", "Arabic", "Devanagari"])
@pytest.mark.parametrize(
    "code",
    [code for code in ONE_OF_EACH if not isinstance(code, BatchNumber | LicenceNumber)],
    ids=lambda code: type(code).__name__,
)
def test_digits_of_other_scripts_are_not_digits(code: Code, zero: str) -> None:
    elsewhere = {ord("0") + digit: chr(ord(zero) + digit) for digit in range(10)}
    with pytest.raises(Malformed):
        type(code).parse(code.text.translate(elsewhere))


@pytest.mark.parametrize("text", ["⁰⁰⁰⁰⁰⁰⁰⁰", "⁰" * 14, "9520001000010²"])
def test_superscripts_are_not_digits(text: str) -> None:
    with pytest.raises(Malformed):
        Gtin.parse(text)


@pytest.mark.parametrize("number", ["⁰⁰⁰", "１２３"])
def test_what_is_only_kept_as_printed_may_hold_any_digits(number: str) -> None:
    assert str(BatchNumber.parse(number)) == number
    assert LicenceNumber.parse(number).kind_guess is None


@each_code
def test_codes_of_one_kind_have_an_order_and_of_two_kinds_have_none(code: Code) -> None:
    assert sorted([code, code]) == [code, code]
    other = next(other for other in ONE_OF_EACH if type(other) is not type(code))
    with pytest.raises(TypeError):
        sorted([code, other])


def test_a_refusal_shows_a_code_as_it_is_printed_and_other_values_as_they_are_written() -> None:
    gtin = Gtin.parse("09520001000010")
    refused = [
        Malformed(field="", came=one, expected=Words(zh="", en="")).came
        for one in (gtin, 7, b"a", None, ["a"])
    ]
    assert refused == ["09520001000010", "7", "b'a'", "None", "['a']"]


def test_a_refusal_names_the_field_shows_what_came_and_says_what_was_expected() -> None:
    with pytest.raises(CheckDigitWrong) as caught:
        Gtin.parse("9520001000011", field="lines[2].gtin")
    refusal = caught.value
    assert (refusal.field, refusal.came) == ("lines[2].gtin", "9520001000011")
    assert "a last character 0" in refusal.in_language("en")
    assert "末位为 0" in refusal.in_language("zh")


def test_a_refusal_without_a_field_from_the_caller_has_that_of_the_code() -> None:
    with pytest.raises(Malformed) as caught:
        CreditCode.parse("12345")
    assert caught.value.field == "credit_code"


def test_too_much_text_is_named_as_too_much() -> None:
    assert len(BatchNumber.parse("批" * 40).text) == 40
    with pytest.raises(TooLarge):
        BatchNumber.parse("批" * 41)
    assert len(LicenceNumber.parse("证" * 60).text) == 60
    with pytest.raises(TooLarge):
        LicenceNumber.parse("证" * 61)


MODULES = [
    f"ledger.identifiers.{module.name}" for module in pkgutil.iter_modules(ledger.identifiers.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_the_docstrings_are_true(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


def test_everything_that_is_exported_exists() -> None:
    assert all(hasattr(ledger.identifiers, name) for name in ledger.identifiers.__all__)
