"""A delivery that both sides record, one that only one side records, one that a market or a headquarters records for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Instant
from tests.scenario.hard.town import Town, line
from tests.support.server import Clock, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import Enrolled

FOOD = ["食品生产许可证", "食品经营许可证"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock = Clock(Instant.parse("2026-08-21T08:00:00+08:00").ms)
    with make_ledger(tmp_path, clock) as ledger, open_client(ledger) as client:
        town = Town(client, clock, registrar_of(ledger), authority=registrar_of(ledger))
        town.authority = town.trader("演示市市场监督管理局（演示）", role="authority", kind="authority")
        yield town


@pytest.fixture
def co_op(town: Town) -> Enrolled:
    return town.trader("演示绿畦合作社（演示）", kind="cooperative")


@pytest.fixture
def stall(town: Town) -> Enrolled:
    return town.trader("演示王记菜摊（演示）", kind="individual_business")


@pytest.fixture
def leeks(town: Town, co_op: Enrolled) -> str:
    goods = town.batch(co_op, "韭菜", "食用农产品", "100 KGM", produced_on="2026-08-21", origin="江苏如皋")
    town.says(co_op, "commitments", producer=str(co_op), basis="self_test", goods=goods)
    return goods


def _left(town: Town, who: Enrolled, goods: str) -> str:
    answer = town.client.get(f"/api/v1/balance?goods={goods}", key=who.key)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["expected"]["amount"])


def test_one_step_confirms_the_delivery_and_is_the_supplier_check(
    town: Town, co_op: Enrolled, stall: Enrolled, leeks: str
) -> None:
    town.sends(co_op, stall, line(leeks, "60 KGM"))
    assert _left(town, stall, leeks) == "60"
    assert _left(town, co_op, leeks) == "40"
    assert town.found() == set()


def test_a_correction_of_the_receiver_stays_visible_beside_what_was_sent(
    town: Town, co_op: Enrolled, stall: Enrolled, leeks: str
) -> None:
    sent = town.says(co_op, "shipments", mark="sent", to=str(stall), lines=[line(leeks, "60 KGM")])
    town.says(
        stall,
        "receipts",
        mark="received",
        supplier=str(co_op),
        shipment=sent,
        conclusion="accept_part",
        reason="少了一筐",
        lines=[line(leeks, "45 KGM", declared={"amount": "60", "unit": "KGM"})],
        check={},
    )
    assert _left(town, stall, leeks) == "45"
    found = {(kind, rests_on) for kind, _, _, rests_on in town.found()}
    assert ("sender_receiver_differ", frozenset({"sent", "received"})) in found
    assert town.kinds() == {"sender_receiver_differ"}


def test_what_was_refused_never_arrived(town: Town, co_op: Enrolled, stall: Enrolled, leeks: str) -> None:
    sent = town.says(co_op, "shipments", to=str(stall), lines=[line(leeks, "60 KGM")])
    town.says(
        stall,
        "receipts",
        supplier=str(co_op),
        shipment=sent,
        conclusion="refuse",
        reason="叶子发黄",
        lines=[line(leeks, "60 KGM")],
    )
    assert _left(town, co_op, leeks) == "100"
    assert [one for one in town.traced(leeks, "holders") if one["party"] == str(stall)] == []


def test_the_sender_alone_is_enough(town: Town, co_op: Enrolled, leeks: str) -> None:
    buyer = town.declares(co_op, "城西面馆（演示）", party_kind="individual_business", phone="13900000077")
    town.says(co_op, "shipments", to=buyer, offer=False, lines=[line(leeks, "30 KGM")])
    assert _left(town, co_op, leeks) == "70"
    assert buyer in {one["party"] for one in town.traced(leeks, "holders")}
    assert town.found() == set()


def test_the_receiver_alone_is_enough(town: Town, stall: Enrolled) -> None:
    farm = town.declares(stall, "外地蔬菜基地（演示）", phone="13900000078", address="演示县演示乡")
    goods = town.batch(
        stall,
        "白菜",
        "食用农产品",
        "80 KGM",
        gtin=None,
        maker=farm,
        lot_basis="supplier_product_date",
        produced_on="2026-08-21",
        origin="山东寿光",
    )
    town.says(
        stall,
        "receipts",
        supplier=farm,
        lines=[line(goods, "80 KGM")],
        check={"checks": [{"what": "commitment", "result": "in_order", "reference": "DEMO-HGZ-9"}]},
        voucher={"voucher_kind": "sales_slip", "number": "17"},
    )
    assert _left(town, stall, goods) == "80"
    assert town.found() == set()
    assert [one["kind"] for one in town.traced(goods, "sources")] == ["declared"]


def test_a_market_enters_for_its_stall_and_both_names_are_shown(
    town: Town, co_op: Enrolled, stall: Enrolled, leeks: str
) -> None:
    market = town.trader("演示百姓菜场（演示）", role="operator")
    town.says(stall, "parties", party=str(stall), party_kind="individual_business", market=str(market))
    sent = town.says(co_op, "shipments", to=str(stall), lines=[line(leeks, "60 KGM")])
    receipt = town.says(
        market,
        "receipts",
        on_behalf_of=str(stall),
        supplier=str(co_op),
        shipment=sent,
        lines=[line(leeks, "60 KGM")],
        check={"checked_by": "市场管理员（演示）"},
    )
    assert _left(town, stall, leeks) == "60"
    assert town.found() == set()
    shown = town.client.get(f"/api/v1/statements/{receipt}", key=stall.key).json()
    assert (shown["issuer"], shown["on_behalf_of"]) == (str(market), str(stall))
    page = town.client.get(f"/entries/{shown['position']}", key=stall.key).text
    assert "演示百姓菜场（演示）" in page
    assert "演示王记菜摊（演示）" in page
    assert "市场开办者" in page


def test_one_check_of_the_headquarters_serves_its_shops(town: Town) -> None:
    """食品安全法 53(3)."""
    maker = town.trader("演示罐头厂（演示）", licences=FOOD)
    head = town.trader("演示连锁超市总部（演示）", licences=FOOD)
    shops = [
        town.trader(f"演示连锁超市 {number} 店（演示）", licences=FOOD, headquarters=str(head))
        for number in (1, 2)
    ]
    cans = town.batch(
        maker,
        "午餐肉罐头（演示）",
        "食品",
        "1000 H87",
        produced_on="2026-08-01",
        expires_on="2028-07-31",
        specification="400 克",
    )
    town.says(
        maker, "releases", goods=cans, result="released", basis="own_test", certificate_number="DEMO-R-1"
    )
    for shop in shops:
        town.says(maker, "shipments", to=str(shop), lines=[line(cans, "100 H87")])
    town.at("2026-08-22 09:00")
    for shop in shops:
        town.says(shop, "sales", lines=[line(cans, "10 H87")])
    assert "missing_check" in town.kinds()
    town.says(
        head,
        "supplier-checks",
        supplier=str(maker),
        received_on="2026-08-21",
        conclusion="accept",
        for_shops=[str(one) for one in shops],
        checks=[{"what": one, "result": "in_order"} for one in ("licence", "certificate", "voucher")],
        lines=[line(cans, "200 H87")],
    )
    assert town.found() == set()
    for shop in shops:
        assert _left(town, shop, cans) == "90"


def test_the_uses_of_a_paper_are_counted_for_those_who_may_know(
    town: Town, co_op: Enrolled, stall: Enrolled, leeks: str
) -> None:
    other = town.trader("演示李记菜摊（演示）", kind="individual_business")
    for who in (stall, other):
        sent = town.says(co_op, "shipments", to=str(who), lines=[line(leeks, "30 KGM")])
        town.says(
            who,
            "receipts",
            supplier=str(co_op),
            shipment=sent,
            lines=[line(leeks, "30 KGM")],
            check={"checks": [{"what": "commitment", "result": "in_order", "reference": "DEMO-HGZ-0114"}]},
        )
    path = "/api/v1/documents/DEMO-HGZ-0114/uses"
    for who, count in ((town.authority, 2), (stall, 1), (co_op, 0)):
        uses = town.client.get(path, key=who.key).json()["uses"]
        assert len(uses) == count
    assert town.client.get("/api/v1/documents/DEMO-NONE/uses", key=stall.key).status_code == 404
    assert town.client.get(path).status_code == 401
