"""The market operator's desk: who sells here, what is missing, entry on behalf, goods off sale; and nothing of anybody else's trade."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Instant
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Shipment
from tests.integration.pages.browsing import Page, Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

LEEK = "https://id.gs1.org/01/09520001000027/10/JC-7"


def in_market(ledger: Ledger, stall: Enrolled, market: Enrolled, number: str) -> None:
    sheet = {
        "party": str(stall.party),
        "party_kind": "individual_business",
        "market": str(market.party),
        "stall_number": number,
    }
    ledger.say(stall.party, Party.read(sheet))


def sent(ledger: Ledger, sender: Enrolled, to: Enrolled, kilos: str = "60") -> None:
    line: dict[str, Json] = {"goods": LEEK, "quantity": {"amount": kilos, "unit": "KGM"}}
    ledger.say(sender.party, Shipment.read({"to": str(to.party), "lines": [line], "total": "431.70"}))


@pytest.fixture
def market(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东农贸市场（演示）", role="operator")


@pytest.fixture
def other(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城西市场九号菜摊（演示）", kind="individual_business")


@pytest.fixture
def told(ledger: Ledger, co_op: Enrolled, stall: Enrolled, other: Enrolled, market: Enrolled) -> None:
    in_market(ledger, stall, market, "12")
    leek: dict[str, Json] = {
        "goods": LEEK,
        "maker": str(co_op.party),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "JC-7",
        "quantity": {"amount": "400", "unit": "KGM"},
    }
    ledger.say(co_op.party, Batch.read(leek))
    for to in (stall, other):
        sent(ledger, co_op, to)


@pytest.fixture
def manager(client: Client, market: Enrolled, told: None) -> Visitor:
    return Visitor.of(client, market)


def page_of(manager: Visitor, stall: Enrolled) -> Page:
    return manager.open(f"/market/stalls/{stall.party}")


def row_of(manager: Visitor, show: str = "all") -> list[dict[str, str]]:
    text = manager.open(f"/market/stalls.csv?show={show}").answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_market_sees_who_sells_in_it_and_nobody_else(
    manager: Visitor, stall: Enrolled, other: Enrolled
) -> None:
    page = manager.open("/market")
    assert "城东市场十二号菜摊" in page.text
    assert "城西市场" not in page.text
    assert page_of(manager, other).status == 404
    [row] = row_of(manager)
    assert (row["摊位"], row["未查验"], row["待确认"]) == ("12", "0", "1")


def test_a_delivery_is_confirmed_for_the_stall_once_and_under_both_names(
    manager: Visitor, stall: Enrolled, market: Enrolled, ledger: Ledger
) -> None:
    page = page_of(manager, stall)
    action = f"/market/stalls/{stall.party}/take"
    for _ in range(2):
        done = manager.submit(page, action, {"papers": "in_order"})
        assert done.status == 200
        assert "已查验" in done.text
    [row] = row_of(manager)
    assert (row["未查验"], row["待确认"]) == ("0", "0")
    with ledger.book() as book:
        entered = [
            record
            for record in book.records(range(book.size)).values()
            if record.header.on_behalf_of == stall.party
        ]
    assert {one.header.type for one in entered} == {"receipt.v1", "supplier_check.v1"}
    assert {one.header.issuer for one in entered} == {market.party}


def test_prices_are_none_of_the_markets_business(manager: Visitor, stall: Enrolled, ledger: Ledger) -> None:
    assert "431.70" not in page_of(manager, stall).html
    with ledger.book() as book:
        seqs = [one.seq for one in book.mentions([f"type/{Shipment.TYPE}"])]
        mine = [seq for seq in seqs if str(stall.party) in str(book.records([seq])[seq].said)]
    for seq in mine:
        shown = manager.open(f"/entries/{seq}").text
        assert "431.70" not in shown
        assert "韭菜" in shown
    for seq in set(seqs) - set(mine):
        assert "60 公斤" not in manager.open(f"/entries/{seq}").text


def test_a_delivery_from_a_farmer_is_entered_for_the_stall(manager: Visitor, stall: Enrolled) -> None:
    form = manager.open(f"/market/stalls/{stall.party}/deliveries/new")
    action = f"/market/stalls/{stall.party}/deliveries"
    wrong = manager.submit(form, action, {"name": "青菜", "quantity": ""})
    assert wrong.status == 422
    assert wrong.fields(action)["name"] == "青菜"
    done = manager.submit(wrong, action, {"party_name": "陈大伯（演示）", "quantity": "35"})
    assert done.status == 200, done.text
    assert "本市场代录" in done.text
    assert "青菜" in done.text
    assert "陈大伯" not in manager.open("/market").text


def test_goods_are_taken_off_sale_at_one_stall_and_put_back(
    manager: Visitor, trader: Visitor, stall: Enrolled
) -> None:
    action = f"/market/stalls/{stall.party}/stop"
    manager.submit(page_of(manager, stall), f"/market/stalls/{stall.party}/take", {"papers": "in_order"})
    page = page_of(manager, stall)
    nothing = manager.submit(page, action, {"reason": "快检不合格"})
    assert (nothing.status, "至少选一种货物" in nothing.text) == (422, True)
    stopped = manager.submit(page, action, {"goods_0": "1", "reason": "快检不合格，待复检"})
    assert "正在停售" in stopped.text
    assert row_of(manager, "stopped")[0]["停售"] == "1"
    again = [form for form in stopped.read.forms if "release" in form.fields]
    assert len(again) == 1
    fields = again[0].fields | {"reason": "复检合格"}
    assert (
        manager.client.send("POST", action, data=fields, headers=manager_headers(manager)).status_code == 303
    )
    assert "正在停售" not in page_of(manager, stall).text


def manager_headers(manager: Visitor) -> dict[str, str]:
    return {"authorization": f"Bearer {manager.key}", "accept": "text/html"}


def test_a_new_seller_is_the_markets_word(manager: Visitor) -> None:
    form = manager.open("/market/stalls/new")
    wrong = manager.submit(form, "/market/stalls", {"name": "", "stall_number": "31"})
    assert wrong.status == 422
    assert wrong.fields("/market/stalls")["stall_number"] == "31"
    page = manager.submit(wrong, "/market/stalls", {"name": "城东市场三十一号（演示）"})
    assert page.status == 200
    assert page.read.h1 == "31 城东市场三十一号（演示）"
    assert manager.open("/market").text.count("三十一号") == 1


@pytest.mark.parametrize(
    ("days", "words"),
    [(-1, "已于"), (0, "到期"), (30, "到期"), (31, None)],
    ids=["over", "last day", "a month", "longer"],
)
def test_a_licence_is_named_in_time(
    manager: Visitor, stall: Enrolled, ledger: Ledger, clock: Clock, days: int, words: str | None
) -> None:
    until = Instant(clock()).date_in_shanghai().date + timedelta(days=days)
    licence = {
        "holder": str(stall.party),
        "licence_kind": "食品经营许可证",
        "number": "JY33206000000001",
        "valid_from": "2023-01-01",
        "valid_to": date.isoformat(until),
    }
    ledger.say(stall.party, Licence.read(licence))
    found = row_of(manager, "licence")
    if words is None:
        assert found == []
    else:
        assert words in found[0]["证照"]
        assert str(until) in manager.open("/market").text


def test_the_cards_of_all_stalls_are_opened_with_consent_and_printed_together(
    manager: Visitor, public: Visitor, stall: Enrolled
) -> None:
    form = manager.open("/market/cards")
    refused = manager.submit(form, "/market/cards", {"agreed": ""})
    assert refused.status == 422
    for _ in range(2):
        page = manager.submit(form, "/market/cards", {"agreed": "1"})
        assert page.html.count("stall-card a6") == 1
        assert "城东市场十二号菜摊" in page.text
    printed = re.search(r"card-code\">([0-9A-Za-z-]+)<", page.html)
    assert printed is not None
    assert public.open(f"/s/{printed.group(1)}").status == 200


def test_nobody_else_has_such_a_desk(
    trader: Visitor, public: Visitor, farm: Visitor, stall: Enrolled
) -> None:
    for visitor, status in ((trader, 403), (farm, 403), (public, 401)):
        for path in ("/market", "/market/stalls.xlsx", f"/market/stalls/{stall.party}"):
            assert visitor.open(path).status == status
