from __future__ import annotations

import pytest

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers import CreditCode, OrganisationKind

DEMONSTRATION = [
    "93320682DEM0010172",
    "91320685DEM001025E",
    "91320612DEM001033H",
    "91320613DEM001041T",
    "91320613DEM00105XJ",
    "92320613DEM001068F",
    "92320613DEM001076A",
    "91320613DEM0010848",
    "12320613DEM0010928",
    "91321200DEM00201XJ",
    "91320600DEM002028T",
    "91320613DEM002036G",
    "92320613DEM0020448",
    "12320613DEM002052B",
    "91370783DEM003012F",
    "91320682DEM0030202",
    "92320682DEM003039U",
    "92320682DEM003047N",
    "11320613DEM009019J",
    "12320682DEM0090278",
    "11320682DEM0090356",
    "11321200DEM0090430",
]


@pytest.mark.parametrize("text", [*DEMONSTRATION, "91110000600037341L"])
def test_a_right_code_passes_both_checks(text: str) -> None:
    code = CreditCode.parse(text)
    assert str(code) == text
    assert code.organisation_check_ok


def test_the_ghost_supplier_fails_on_its_last_character() -> None:
    with pytest.raises(CheckDigitWrong) as caught:
        CreditCode.parse("92320900DEM003995Y")
    assert "末位为 F" in caught.value.expected.zh


def test_a_failing_organisation_check_warns_and_does_not_refuse() -> None:
    code = CreditCode.parse("91320613DEM001049K")
    assert not code.organisation_check_ok


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11320613DEM009019J", OrganisationKind.GOVERNMENT),
        ("12320613DEM0010928", OrganisationKind.PUBLIC_INSTITUTION),
        ("91320613DEM001041T", OrganisationKind.COMPANY),
        ("92320613DEM001068F", OrganisationKind.SOLE_TRADER),
        ("93320682DEM0010172", OrganisationKind.COOPERATIVE),
        ("51320682DEM004031H", OrganisationKind.SOCIAL_ORGANISATION),
    ],
)
def test_the_first_two_characters_say_what_it_is(text: str, kind: OrganisationKind) -> None:
    assert CreditCode.parse(text).kind is kind


def test_a_village_collective_has_a_letter_in_front_and_is_taken() -> None:
    code = CreditCode.parse("N2320682DEM0040157")
    assert code.kind is OrganisationKind.RURAL_COLLECTIVE
    assert code.kind.words.zh == "农村集体经济组织"


def test_an_unlisted_kind_is_another_organisation() -> None:
    assert CreditCode.parse("39320682DEM00404XJ").kind is OrganisationKind.OTHER


def test_the_region_is_where_it_was_registered() -> None:
    assert str(CreditCode.parse("93320682DEM0010172").region) == "320682"


def test_small_letters_are_understood_and_spaces_are_not() -> None:
    assert str(CreditCode.parse("91320613dem001041t")) == "91320613DEM001041T"
    with pytest.raises(Malformed):
        CreditCode.parse("91320613 DEM001041T")
    with pytest.raises(Malformed):
        CreditCode("91320613dem001041t")


@pytest.mark.parametrize("letter", "IOZSV")
def test_the_five_letters_that_look_like_digits_are_refused(letter: str) -> None:
    with pytest.raises(Malformed) as caught:
        CreditCode.parse(f"91320613DEM00104{letter}T")
    assert not isinstance(caught.value, CheckDigitWrong)


@pytest.mark.parametrize("text", ["91320613DEM001041", "91320613DEM001041T0", "9132061ADEM001041T", "ﬀ" * 9])
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        CreditCode.parse(text)
