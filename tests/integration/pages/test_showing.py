"""The pages for showing: a grant from a delivery, a file from an entry, and who sees what through each pair of eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.disclosure import Disclosure
from ledger.identifiers import GoodsId
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Receipt, Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000072/10/S-1")
TERMS = "苏F·88888"


@pytest.fixture
def market_hall(ledger: Ledger) -> Enrolled:
    """Somebody who has nothing to do with the delivery."""
    return enrol_party(ledger, "城南示例超市（演示）")


@pytest.fixture
def market(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东农贸市场（演示）", role="operator")


@pytest.fixture
def sold(ledger: Ledger, co_op: Enrolled, stall: Enrolled) -> tuple[int, int]:
    """A shipment with a vehicle, and the receipt of it: their positions."""
    kg: Json = {"amount": "31", "unit": "KGM"}
    line: Json = {"goods": str(GOODS), "quantity": kg}
    batch: dict[str, Json] = {
        "goods": str(GOODS),
        "maker": str(co_op),
        "name": "韭菜",
        "category": "farm_produce",
    }
    ledger.say(co_op.party, Batch.read(batch))
    body: dict[str, Json] = {"to": str(stall), "lines": [line], "vehicle": TERMS, "offer": False}
    (sent,) = ledger.say(co_op.party, Shipment.read(body))
    name = str(ledger.stored(sent.seq).header.id)
    (got,) = ledger.say(
        stall.party, Receipt.read({"supplier": str(co_op), "shipment": name, "lines": [line]})
    )
    return sent.seq, got.seq


@pytest.fixture
def sold_on(sold: tuple[int, int], ledger: Ledger, stall: Enrolled, market_hall: Enrolled) -> tuple[int, int]:
    """The same, and some of it went on: who has it now sees what came, and not on which terms."""
    line: Json = {"goods": str(GOODS), "quantity": {"amount": "5", "unit": "KGM"}}
    ledger.say(stall.party, Shipment.read({"to": str(market_hall), "lines": [line], "offer": False}))
    return sold


def test_a_delivery_is_shown_to_a_customer_and_taken_back_without_script(
    sold: tuple[int, int], client: Client, trader: Visitor, market_hall: Enrolled
) -> None:
    shipment, receipt = sold
    customer = Visitor.of(client, market_hall)
    assert "31 公斤" not in customer.open(f"/entries/{shipment}").text
    page = trader.open(f"/entries/{receipt}")
    form = trader.open(next(link for link in page.read.links if link.endswith("/grant")))
    assert {f"record_{shipment}", f"record_{receipt}"} <= set(form.fields(f"/entries/{receipt}/grant"))
    changes = {"to": "other", "party": str(market_hall), "until": "2026-11-20"}
    given = trader.submit(form, f"/entries/{receipt}/grant", changes)
    assert given.status == 200
    assert "有效" in given.text
    assert "31 公斤" in customer.open(f"/entries/{shipment}").text
    assert "给我的授权" in customer.open("/my/grants").text
    (action,) = [one.action for one in given.read.forms if one.action.endswith("/end")]
    ended = trader.submit(given, action)
    assert "已收回" in ended.text
    assert "31 公斤" not in customer.open(f"/entries/{shipment}").text


def test_a_grant_without_a_day_or_a_record_comes_back_with_the_field_named(
    sold: tuple[int, int], trader: Visitor, market_hall: Enrolled
) -> None:
    action = f"/entries/{sold[1]}/grant"
    form = trader.open(action)
    changes = {"to": "other", "party": str(market_hall), "until": ""}
    refused = trader.submit(form, action, changes)
    assert (refused.status, "最后一天" in refused.text) == (422, True)
    none = {name: "" for name in form.fields(action) if name.startswith("record_")}
    refused = trader.submit(form, action, changes | none | {"until": "2026-11-20"})
    assert (refused.status, "请至少选一条记录" in refused.text) == (422, True)


def test_a_file_from_an_entry_shows_what_was_ticked(
    sold: tuple[int, int], ledger: Ledger, farm: Visitor, client: Client, market_hall: Enrolled
) -> None:
    shipment, _ = sold
    action = f"/entries/{shipment}/disclose"
    page = farm.open(action)
    assert TERMS in page.text
    assert farm.submit(page, action, {"to": "示例超市（演示）"}).status == 422
    made = farm.submit(page, action, {"to": "示例超市（演示）", "place_0": "1"})
    assert made.status == 200
    assert TERMS.encode() not in made.answer.content
    shown = Disclosure.parse(made.answer.content).verify([ledger.vkey])
    assert (shown.position, list(shown.items)) == (shipment, [0])
    stranger = Visitor.of(client, market_hall)
    assert stranger.open(action).status == 404


def test_of_an_entry_that_is_not_theirs_readers_see_what_the_log_shows(
    sold: tuple[int, int], public: Visitor, co_op: Enrolled
) -> None:
    page = public.open(f"/entries/{sold[0]}")
    assert page.status == 200
    for secret in ("发货", "合作社", str(co_op), TERMS, "31 公斤"):
        assert secret not in page.read.h1 + " ".join(page.text.split("日志的公钥")[0:1]).replace("演示", "")
    assert "tlog-proof" in page.html


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    ("language", "reads", "not_"), [("zh-CN", "可见", "不可见"), ("en", "sees it", "does not see it")]
)
def test_one_delivery_through_each_pair_of_eyes(
    sold_on: tuple[int, int], demo_client: Client, language: str, reads: str, not_: str
) -> None:
    page = Visitor(demo_client, language=language).open(f"/who-sees-what?entry={sold_on[1]}")
    assert page.status == 200
    # The public, seller, buyer, a later holder, another customer, the market, an inspector, the registrar.
    assert page.read.tags.count("details") == 8
    assert reads in page.text
    assert not_ in page.text
    assert "script" not in page.read.tags
    # The terms are shown through the eyes of the two sides and the inspector, and through no others.
    assert page.text.count(TERMS) == 3


def test_eyes_tell_the_one_who_looks_nothing_new(
    sold: tuple[int, int],
    client: Client,
    trader: Visitor,
    farm: Visitor,
    public: Visitor,
    market_hall: Enrolled,
) -> None:
    shipment, _ = sold
    for reader in (public, Visitor.of(client, market_hall)):
        assert reader.open(f"/entries/{shipment}/eyes").status == 404
        assert TERMS not in reader.open("/who-sees-what").text
        assert reader.open(f"/who-sees-what?entry={shipment}").status == 404
    for reader in (trader, farm):
        assert TERMS in reader.open(f"/entries/{shipment}/eyes").text
