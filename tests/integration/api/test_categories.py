"""What a category asks for, as anybody may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.profiles import FINDING_KINDS, all_profiles

if TYPE_CHECKING:
    from tests.support.server import Client


def test_every_category_is_listed_for_anybody_in_both_languages(client: Client) -> None:
    answer = client.get("/api/v1/categories")
    assert answer.status_code == 200
    listed = answer.json()["categories"]
    assert [one["category"] for one in listed] == [one.category for one in all_profiles()]
    assert listed[0].keys() == {"category", "name", "aliases"}
    assert all(one["name"]["zh"] and one["name"]["en"] for one in listed)


@pytest.mark.parametrize("name", [one.category for one in all_profiles()])
def test_each_says_what_it_asks_for(client: Client, name: str) -> None:
    (profile,) = [one for one in all_profiles() if one.category == name]
    answer = client.get(f"/api/v1/categories/{name}")
    assert answer.status_code == 200
    asked = answer.json()
    assert [(one["record"], one["field"], one["missing"]) for one in asked["fields"]] == [
        (one.record, one.field, one.missing) for one in profile.fields
    ]
    assert [one["what"] for one in asked["documents"] if one["required"]] == [
        one.what for one in profile.documents if one.required
    ]
    assert asked["licences"].keys() == profile.licences.keys()
    assert (asked["retention"] is None) == (profile.retention is None)
    assert len(asked["checklist"]) == len(profile.checklist)
    assert {one["kind"] for one in asked["findings"]} == profile.findings <= set(FINDING_KINDS)
    assert all(one["name"]["zh"] and one["name"]["en"] for one in asked["findings"])


@pytest.mark.parametrize("name", ["食用农产品", "蔬菜", "edible farm produce", "farm_produce"])
def test_a_category_is_asked_for_by_any_of_its_names(client: Client, name: str) -> None:
    assert client.get(f"/api/v1/categories/{name}").json()["category"] == "farm_produce"


def test_a_form_learns_what_a_drug_must_say_and_by_which_article(client: Client) -> None:
    asked = client.get("/api/v1/categories/drug").json()
    form = next(one for one in asked["fields"] if one["field"] == "details.dosage_form")
    assert form == {
        "record": "batch",
        "field": "details.dosage_form",
        "name": {"zh": "剂型", "en": "dosage form"},
        "law": "药品管理法 57",
        "missing": "finding",
        "pattern": None,
        "not_for_parties": [],
    }
    assert asked["buyer_licence"]["law"] == "药品经营质量管理规范"
    assert asked["release"] == {"law": "药品管理法 33、47", "not_for_parties": []}
    assert asked["retention"]["words"] == {"zh": "自记录之日起 60 个月", "en": "60 months from the record"}


def test_what_is_kept_longer_is_said_for_its_record(client: Client) -> None:
    kept = client.get("/api/v1/categories/farm_produce").json()["retention"]
    assert kept["words"]["en"] == "6 months from the record"
    assert kept["records"]["use"] == {
        "law": "农产品质量安全法 27",
        "words": {"zh": "自记录之日起 24 个月", "en": "24 months from the record"},
    }


@pytest.mark.parametrize(
    ("name", "status"), [("宠物用品", 404), ("DRUG", 404), ("x" * 60, 404), ("x" * 61, 413)]
)
def test_a_category_that_is_none_is_not_found(client: Client, name: str, status: int) -> None:
    answer = client.get(f"/api/v1/categories/{name}")
    assert (answer.status_code, answer.json()["field"]) == (status, "name")
