"""Erasing over HTTP: the registrar alone, told what went and who holds copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import StatementId
from tests.support.server import registrar_of
from tests.support.stores import audited

if TYPE_CHECKING:
    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

PHONE = "139-0000-4711"
GROUND = "个人信息保护法 47"


@pytest.fixture
def farmer(client: Client, stall: Enrolled) -> str:
    """The id of a farmer's sheet, with a name and a telephone number."""
    body = {"party_kind": "farmer", "person_name": "王大田（演示）", "phone": PHONE}
    answer = client.post("/api/v1/parties", json=body, key=stall.key)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def asks(client: Client, who: Enrolled | None, *targets: object, **more: object) -> httpx.Response:
    body = {"ground": GROUND, "erase": list(targets), **more}
    return client.post("/api/v1/erasures", json=body, key=None if who is None else who.key)


@pytest.mark.sqlite
def test_the_registrar_erases_and_is_told_what_went(
    client: Client, ledger: Ledger, clock: Clock, registrar: Enrolled, stall: Enrolled, farmer: str
) -> None:
    with ledger.book() as book:
        seq = book.position(StatementId.parse(farmer))
    assert seq is not None
    ledger.copies.remember("log", to_whom="审计师（演示）", places=None, size=seq + 1)
    clock.forward(hours=1)
    answer = asks(client, registrar, {"statement": farmer, "kinds": ["contact"]})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["type"] == "erasure.v1"
    assert told["removed"] == [
        {
            "statement": farmer,
            "issuer": str(stall),
            "position": seq,
            "items": [{"place": 1, "kind": "contact"}],
        }
    ]
    assert [one["to"] for one in told["copies"]] == ["审计师（演示）"]
    assert (told["waiting"], told["files_removed"], told["other_versions"]) == ([], [], [])
    read = client.get(f"/api/v1/statements/{farmer}", key=stall.key).json()
    assert read["items"][1] == {"place": 1, "withheld": "erased"}
    assert PHONE not in str(read)
    proof = client.get(f"/api/v1/entries/{seq}/proof")
    assert proof.status_code == 200
    assert any(
        one["position"] == told["position"] for one in client.get("/log/register").json()["statements"]
    )
    assert audited(ledger).erased == 1


def test_sent_twice_it_is_recorded_once(client: Client, registrar: Enrolled, farmer: str) -> None:
    name = "01980000-0000-7000-8000-000000000001"
    target = {"statement": farmer, "kinds": ["contact"]}
    first = asks(client, registrar, target, id=name)
    again = asks(client, registrar, target, id=name)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["position"], again.json()["again"]) == (again.json()["position"], True)
    other = asks(client, registrar, {"statement": farmer, "whole": True}, id=name, ground="别的")
    assert other.status_code == 409


def test_the_registrar_is_told_when_the_law_still_asks_to_keep(
    client: Client, ledger: Ledger, stall: Enrolled, clock: Clock
) -> None:
    batch = client.post(
        "/api/v1/batches", json={"name": "韭菜", "category": "farm_produce"}, key=stall.key
    ).json()
    line = {"goods": batch["goods"], "quantity": {"amount": "1", "unit": "KGM"}}
    body = {"lines": [line], "buyer_name": "张三（演示）"}
    # Sold on 14 November 2026: kept to 14 May 2027, that day included.
    sold = [client.post("/api/v1/sales", json=body, key=stall.key).json() for _ in range(2)]
    clock.forward(hours=(181 * 24) + 15)
    # An access key does not last that long.
    registrar = registrar_of(ledger)
    told = asks(client, registrar, {"statement": sold[0]["id"], "kinds": ["buyer"]}).json()
    assert told["still_kept"] == [
        {"position": sold[0]["position"], "kept_until": "2027-05-14", "law": "食品安全法 65"}
    ]
    clock.forward(hours=1)
    told = asks(client, registrar, {"statement": sold[1]["id"], "kinds": ["buyer"]}).json()
    assert told["still_kept"] == []


def test_nobody_else_erases(
    client: Client, stall: Enrolled, authority: Enrolled, market: Enrolled, farmer: str
) -> None:
    target = {"statement": farmer, "whole": True}
    assert asks(client, None, target).status_code == 401
    for who in (stall, authority, market):
        assert asks(client, who, target).status_code == 403
        assert client.get("/api/v1/retention", key=who.key).status_code == 403
    assert client.get("/api/v1/retention").status_code == 401


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({}, "erase[0].statement"),
        ({"statement": "x", "whole": True}, "erase[0].statement"),
        ({"places": [9]}, "erase[0].places"),
        ({"places": [-1]}, "erase[0].places"),
        ({"places": []}, "erase[0].places"),
        ({"places": ["1"]}, "erase[0].places[0]"),
        ({"kinds": ["reporter"]}, "erase[0].kinds"),
        ({"kinds": ["Contact"]}, "erase[0].kinds[0]"),
        ({"whole": "true"}, "erase[0].whole"),
        ({"whole": True, "kinds": ["contact"]}, "erase[0]"),
        ({"whole": False}, "erase[0]"),
        ({"whole": True, "why": "x"}, "erase[0].why"),
        ({"statement": "01980000-0000-7000-8000-0000000000ff", "whole": True}, "erase[0].statement"),
    ],
)
def test_what_names_nothing_is_refused_with_its_field(
    client: Client, registrar: Enrolled, farmer: str, target: dict[str, object], field: str
) -> None:
    answer = asks(client, registrar, {"statement": farmer, **target} if target else target)
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize("body", [{}, [], "x", {"ground": "x"}, {"ground": "", "erase": []}])
def test_a_body_that_asks_for_nothing_is_refused(client: Client, registrar: Enrolled, body: object) -> None:
    assert client.post("/api/v1/erasures", json=body, key=registrar.key).status_code == 422


def test_the_registrar_reads_until_when_records_are_kept(
    client: Client, ledger: Ledger, registrar: Enrolled, stall: Enrolled, farmer: str
) -> None:
    body = {"name": "韭菜", "category": "farm_produce", "batch_number": "1"}
    batch = client.post("/api/v1/batches", json=body, key=stall.key).json()
    sale = {
        "lines": [{"goods": batch["goods"], "quantity": {"amount": "1", "unit": "KGM"}}],
        "buyer_name": "张三（演示）",
    }
    sold = client.post("/api/v1/sales", json=sale, key=stall.key).json()
    pages, start = [], 0
    while True:
        page = client.get(f"/api/v1/retention?start={start}&limit=2&on=2027-05-15", key=registrar.key).json()
        pages.append(page)
        if "next" not in page:
            break
        start = page["next"]
    records = [one for page in pages for one in page["records"]]
    assert [one["position"] for one in records] == list(range(ledger.size()))
    (one,) = (record for record in records if record["statement"] == sold["id"])
    assert (one["kept_until"], one["may_go"], one["law"]) == ("2027-05-14", True, "食品安全法 65")
    assert [item["kind"] for item in one["personal"]] == ["buyer"]
    assert "张三" not in str(records)
    assert PHONE not in str(records)
    for wrong in ("on=2027-02-29", "on=today", "limit=0", "limit=201", "start=-1"):
        assert client.get(f"/api/v1/retention?{wrong}", key=registrar.key).status_code == 422
