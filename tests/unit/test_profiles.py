from __future__ import annotations

import re
from decimal import Decimal

import pytest

from ledger.vocabulary.profiles import (
    FINDING_KINDS,
    GENERIC,
    Profile,
    ProfileBroken,
    all_profiles,
    by_name,
    profile_for,
    read_profile,
)

SMALL = """
category = "tea"
backdating_days = 3
loss_tolerance = "0.02"
safety_interval = true
receipt_is_check = true
findings = ["oversold", "missing_check"]

[name]
zh = "茶叶（演示）"
en = "tea"

[laws]
record = "食品安全法 65"
"""


def test_there_is_a_profile_for_every_kind_of_goods_of_the_three_chains_and_one_for_the_rest() -> None:
    assert [one.category for one in all_profiles()] == [
        "drug",
        "farm_produce",
        "generic",
        "packaged_food",
        "pesticide",
        "pork",
    ]


def test_a_category_is_found_by_its_name_in_either_language_and_by_its_aliases() -> None:
    for profile in all_profiles():
        for name in (profile.category, profile.name.zh, profile.name.en, *profile.aliases):
            assert profile_for(name) is profile


@pytest.mark.parametrize("category", [None, "", "宠物用品", "DRUG"])
def test_goods_of_an_unknown_category_are_generic_and_need_no_licence(category: str | None) -> None:
    profile = profile_for(category)

    assert profile.category == GENERIC
    assert profile.licences == {}
    assert not profile.finds("licence_never_held")


def test_every_duty_cites_an_article() -> None:
    for profile in all_profiles():
        for duty in profile.licences.values():
            assert re.search(r"法 |条例 |办法 ", duty.law), duty.law
        for document in profile.documents:
            assert document.law


def test_sellers_of_farm_produce_need_no_licence_and_who_cooks_it_does() -> None:
    profile = profile_for("farm_produce")

    assert [profile.needs(role) for role in ("maker", "wholesaler", "retailer")] == [None, None, None]
    cooks = profile.needs("caterer")
    assert cooks is not None
    assert cooks.law == "食品安全法 35"


def test_a_pesticide_dealers_own_licence_is_article_55_of_the_regulation() -> None:
    duty = profile_for("pesticide").needs("retailer")
    assert duty is not None
    assert (duty.kinds, duty.law) == (("农药经营许可证",), "农药管理条例 55(1)")


def test_only_drug_sellers_check_their_buyers() -> None:
    assert [one.category for one in all_profiles() if one.seller_checks_buyer] == ["drug"]


def test_a_duty_to_find_something_comes_with_the_finding() -> None:
    for profile in all_profiles():
        assert profile.finds("safety_interval_short") == profile.safety_interval
        assert profile.finds("buyer_licence_not_valid") == profile.seller_checks_buyer
        assert profile.finds("licence_never_held") == bool(profile.licences)
        assert profile.finds("yield_out_of_range") == bool(profile.yields)
        assert profile.findings <= set(FINDING_KINDS)


def test_the_first_yield_whose_words_occur_in_the_process_counts() -> None:
    profile = profile_for("packaged_food")

    sausage, anything = profile.yield_of("灌肠工序"), profile.yield_of("蒸煮")
    assert sausage is not None
    assert anything is not None
    assert (sausage.least, sausage.most) == (Decimal("0.45"), Decimal("1.05"))
    assert anything.process == ()
    assert profile_for("drug").yield_of("压片") is None


def test_a_small_profile_can_be_read() -> None:
    profile = read_profile(SMALL, source="tea.toml")

    assert profile.category == "tea"
    assert profile.loss_tolerance == Decimal("0.02")
    assert profile.name.words.zh == "茶叶（演示）"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('category = "tea"', 'category = "Tea"', "category"),
        ('loss_tolerance = "0.02"', 'loss_tolerance = "1.01"', "loss_tolerance"),
        ('loss_tolerance = "0.02"', 'loss_tolerance = "-0.01"', "loss_tolerance"),
        ("backdating_days = 3", "backdating_days = 366", "backdating_days"),
        ("backdating_days = 3", "", "backdating_days"),
        ('"oversold"', '"fraud"', "findings"),
        ("[laws]", "[laws]\nmystery = 'x'", "laws.mystery"),
        ("[laws]", "[licences.smuggler]\nkinds = ['x']\nlaw = 'y'\n[laws]", "licences.smuggler"),
        ("[laws]", "[licences.maker]\nkinds = []\nlaw = 'y'\n[laws]", "licences.maker.kinds"),
        ("[laws]", "[[yields]]\nprocess = []\nleast = '2'\nmost = '1'\n[laws]", "yields"),
        ('zh = "茶叶（演示）"', "", "name.zh"),
        ("[name]", "[name", "TOML"),
    ],
)
def test_a_broken_profile_is_refused_with_file_and_field(old: str, new: str, named: str) -> None:
    assert old in SMALL
    with pytest.raises(ProfileBroken, match=r"^tea\.toml: ") as caught:
        read_profile(SMALL.replace(old, new, 1), source="tea.toml")
    assert named in str(caught.value)


def test_two_profiles_cannot_share_a_name_and_one_must_be_generic() -> None:
    tea = read_profile(SMALL, source="tea.toml")
    generic = profile_for(GENERIC)
    assert set(by_name([tea, generic])) >= {"tea", "茶叶（演示）", "generic"}

    with pytest.raises(ProfileBroken, match="generic"):
        by_name([tea])
    twin = Profile.model_validate({**tea.model_dump(), "category": "tea_two"})
    with pytest.raises(ProfileBroken, match="names both"):
        by_name([generic, tea, twin])
