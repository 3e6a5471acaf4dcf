"""Codes on one pack or one animal: drugs, pesticides, ear tags."""

from __future__ import annotations

import pytest

from ledger.errors import Malformed
from ledger.identifiers import DrugTraceCode, EarTag, PesticideUnitCode


def test_a_drug_code_has_a_product_mark_and_a_serial() -> None:
    box = DrugTraceCode.parse("99999919000000000047")
    assert (box.product_mark, box.serial) == ("9999991", "9000000000047")
    case = DrugTraceCode.parse("99999939000000000001")
    assert case.product_mark != box.product_mark  # Each packing level has a mark of its own.


@pytest.mark.parametrize("length", [19, 21])
def test_a_drug_code_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(Malformed):
        DrugTraceCode.parse("9" * length)


def test_a_pesticide_code_says_registration_maker_and_specification() -> None:
    code = PesticideUnitCode.parse("12690011001900000000000000000217")
    assert (code.registration_prefix, code.registration_last_six) == ("PD", "269001")
    assert (code.made, code.specification) == ("by_holder", "001")
    assert code.random_part == "900000000000000000217"
    assert len(code.random_part) == 21


@pytest.mark.parametrize(("first", "prefix"), [("1", "PD"), ("2", "WP"), ("3", "LS")])
def test_the_first_digit_is_the_kind_of_registration(first: str, prefix: str) -> None:
    assert PesticideUnitCode.parse(f"{first}26900110019{'0' * 20}").registration_prefix == prefix


@pytest.mark.parametrize(
    ("eighth", "made"), [("1", "by_holder"), ("2", "under_contract"), ("3", "packed_under_contract")]
)
def test_the_eighth_digit_says_who_made_it(eighth: str, made: str) -> None:
    assert PesticideUnitCode.parse(f"1269001{eighth}0019{'0' * 20}").made == made


@pytest.mark.parametrize(
    "text",
    [
        "12690014001900000000000000000218",  # no maker of kind 4
        "12690010001900000000000000000218",
        "02690011001900000000000000000217",
        "42690011001900000000000000000217",
        "1269001100190000000000000000021",
        "126900110019000000000000000002170",
    ],
)
def test_a_pesticide_code_of_no_known_layout_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PesticideUnitCode.parse(text)


@pytest.mark.parametrize(
    ("text", "species"), [("132068590000001", "猪"), ("232068590000001", "牛"), ("332068590000001", "羊")]
)
def test_an_ear_tag_says_species_county_and_animal(text: str, species: str) -> None:
    tag = EarTag.parse(text)
    assert (tag.species.zh, str(tag.region), tag.serial) == (species, "320685", "90000001")


@pytest.mark.parametrize("text", ["032068590000001", "432068590000001", "13206859000000", "1320685900000010"])
def test_an_ear_tag_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        EarTag.parse(text)
