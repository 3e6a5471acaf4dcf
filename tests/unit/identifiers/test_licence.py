from __future__ import annotations

import pytest

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers import FoodLicence, LicenceKind, LicenceNumber


def test_a_production_licence_says_class_and_region() -> None:
    licence = FoodLicence.parse("SC10432061390016")
    assert (licence.activity, licence.class_code, licence.class_words.zh) == ("production", "104", "肉制品")
    assert str(licence.region) == "320613"


@pytest.mark.parametrize(
    ("text", "form", "words"),
    [("JY13206139900012", "1", "食品销售"), ("JY33206139900023", "3", "单位食堂")],
)
def test_an_operation_licence_says_form_and_region(text: str, form: str, words: str) -> None:
    licence = FoodLicence.parse(text)
    assert (licence.activity, licence.class_code, licence.class_words.zh) == ("operation", form, words)
    assert str(licence.region) == "320613"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SC20132061390015", "食品添加剂"),
        ("SC19932061390012", "未列明的类别"),
        ("JY93206139900013", "未列明的类别"),
    ],
)
def test_a_class_without_a_name_is_not_refused(text: str, words: str) -> None:
    assert FoodLicence.parse(text).class_words.zh == words


def test_every_wrong_last_digit_is_found() -> None:
    for digit in "012345789":
        with pytest.raises(CheckDigitWrong):
            FoodLicence.parse(f"SC1043206139001{digit}")
    assert FoodLicence.parse("sc10432061390016") == FoodLicence("SC10432061390016")


@pytest.mark.parametrize(
    "text", ["SC1043206139001", "SC104320613900160", "QS10432061390016", "SC 10432061390016"]
)
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        FoodLicence.parse(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SC10432061390016", LicenceKind.FOOD_PRODUCTION),
        ("JY13206139900012", LicenceKind.FOOD_OPERATION),
        ("SC10432061390017", None),  # Its check digit is wrong, so it is not what it looks like.
        ("苏99990001", LicenceKind.DRUG_PRODUCTION),
        ("苏AA320699001", LicenceKind.DRUG_OPERATION),
        ("苏DA320699002", LicenceKind.DRUG_OPERATION),
        ("苏EA320699002", None),
        ("农药生许(鲁)9901", LicenceKind.PESTICIDE_PRODUCTION),
        ("农药经许(苏)32068220001", LicenceKind.PESTICIDE_OPERATION),
        ("PD20269001", LicenceKind.PESTICIDE_REGISTRATION),
        ("PD91109-10", LicenceKind.PESTICIDE_REGISTRATION),
        ("WP20110001", LicenceKind.PESTICIDE_REGISTRATION),
        ("LS20110001", LicenceKind.PESTICIDE_REGISTRATION),
        ("A32061299", LicenceKind.SLAUGHTER),
        ("A320612990", None),
        ("演-0001", None),  # An inspector's certificate has no structure that we know.
    ],
)
def test_a_format_leads_to_a_guess_and_no_more(text: str, kind: LicenceKind | None) -> None:
    number = LicenceNumber.parse(text)
    assert number.kind_guess is kind
    assert str(number) == text


def test_spaces_parentheses_and_small_letters_have_one_spelling() -> None:
    assert str(LicenceNumber.parse(" 农药经许（苏） 3206 8220001 ")) == "农药经许(苏)32068220001"
    assert str(LicenceNumber.parse("苏aa320699001")) == "苏AA320699001"
    assert str(LicenceNumber.parse("Straße 1")) == "STRAßE1"


@pytest.mark.parametrize("text", ["A\u200b1", "A\x001", "\u3000"])
def test_what_cannot_be_seen_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        LicenceNumber.parse(text)


@pytest.mark.parametrize("text", ["苏aa1", "农药经许（苏）1234", "A 1"])
def test_the_constructor_takes_only_the_one_spelling(text: str) -> None:
    with pytest.raises(Malformed):
        LicenceNumber(text)
