"""Parties under every name they went by, who became whom, and licences in every version."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled


def _says(client: Client, who: Enrolled, path: str, **body: object) -> dict[str, object]:
    answer = client.post(f"/api/v1/{path}", json=body, key=who.key)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _found(client: Client, text: str, who: Enrolled | None = None) -> list[str]:
    answer = client.get(f"/api/v1/parties?q={quote(text)}", key=None if who is None else who.key)
    assert answer.status_code == 200, answer.text
    return [one["party"] for one in answer.json()["parties"]]


@pytest.fixture
def plant(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "南通濠滨肉制品有限公司（演示）")


@pytest.fixture
def old_works(client: Client, registrar: Enrolled) -> str:
    """A works that merged into the plant."""
    return str(
        _says(client, registrar, "parties", party_kind="company", name="通州老字号熏肉厂（演示）")["party"]
    )


def test_a_renamed_party_is_found_under_both_names(
    client: Client, registrar: Enrolled, plant: Enrolled
) -> None:
    _says(
        client,
        registrar,
        "parties",
        party=str(plant),
        party_kind="company",
        name="南通濠滨食品集团有限公司（演示）",
        formerly="南通濠滨肉制品有限公司（演示）",
    )
    for text in ("濠滨食品集团", "濠滨肉制品", "南通濠滨食品集团有限公司（演示）"):
        assert _found(client, text) == [str(plant)], text
    shown = client.get(f"/api/v1/parties/{plant}").json()
    assert shown["name"] == "南通濠滨食品集团有限公司（演示）"
    assert "南通濠滨肉制品有限公司（演示）" in shown["former_names"]


def test_a_merged_party_is_found_with_the_one_it_became_and_keeps_its_own_history(
    client: Client, registrar: Enrolled, plant: Enrolled, old_works: str
) -> None:
    licence = {"licence_kind": "食品生产许可证", "number": "SC10432061390016", "holder": old_works}
    _says(client, registrar, "licences", **licence)
    _says(
        client,
        registrar,
        "successions",
        party=old_works,
        successor=str(plant),
        how="merged",
        effective_on="2026-07-01",
    )
    assert set(_found(client, "老字号熏肉")) == {old_works, str(plant)}
    assert set(_found(client, "濠滨肉制品")) == {old_works, str(plant)}
    before = client.get(f"/api/v1/parties/{plant}").json()
    assert before["before"] == [old_works]
    assert before["licences"] == []
    after = client.get(f"/api/v1/parties/{old_works}").json()
    assert after["after"] == [str(plant)]
    assert after["succession"][0]["effective_on"] == "2026-07-01"
    assert [one["number"] for one in after["licences"]] == ["SC10432061390016"]


def test_a_party_is_found_by_its_numbers_and_by_phone_only_for_an_authority(
    client: Client, registrar: Enrolled, authority: Enrolled
) -> None:
    said = _says(
        client,
        registrar,
        "parties",
        party_kind="company",
        name="演示蔬菜批发部（演示）",
        credit_code="91320600DEM002028T",
        phone="13900000001",
    )
    assert _found(client, "91320600DEM002028T") == [said["party"]]
    assert _found(client, "13900000001") == []
    assert _found(client, "13900000001", authority) == [said["party"]]


def test_every_version_of_a_licence_stands_beside_the_others(
    client: Client, registrar: Enrolled, plant: Enrolled
) -> None:
    number = {"holder": str(plant), "licence_kind": "食品生产许可证", "number": "SC10432061390016"}
    _says(client, registrar, "licences", **number, valid_to="2026-09-30")
    _says(client, registrar, "licences", **number, state="renewal_filed", issued_on="2026-08-01")
    _says(client, registrar, "licences", **number, valid_from="2026-10-01", valid_to="2031-09-30")
    states = [one["state"] for one in client.get(f"/api/v1/parties/{plant}").json()["licences"]]
    assert states == ["granted", "renewal_filed", "granted"]


@pytest.mark.parametrize(("text", "status"), [("演", 422), ("演示", 200), ("演" * 60, 200), ("演" * 61, 422)])
def test_a_search_takes_two_to_sixty_characters(client: Client, text: str, status: int) -> None:
    answer = client.get(f"/api/v1/parties?q={quote(text)}")
    assert answer.status_code == status
    if status != 200:
        assert "q" in answer.text


def test_parts_that_stand_apart_in_a_name_do_not_find_it(client: Client, plant: Enrolled) -> None:
    assert _found(client, "南通肉制") == []
    assert _found(client, "濠滨肉制") == [str(plant)]


def test_an_unknown_party_is_not_found(client: Client) -> None:
    assert client.get("/api/v1/parties/pty_0123456789abcdef").status_code == 404
    assert client.get("/api/v1/parties/acme").status_code == 422
