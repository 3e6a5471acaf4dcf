"""Recalls and orders as the parties concerned meet them: told, answered with amounts, started with their scope shown, followed, ended."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ledger.identifiers import GoodsId
from ledger.trace import balance
from ledger.views.book import about, party_key
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.measures import OrderAnswer, Takedown
from ledger.vocabulary.oversight import Hold, Recall, RecallAnswer
from ledger.vocabulary.trade import Receipt, Return, Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.integration.pages.browsing import Page
    from tests.support.server import Client, Enrolled

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")


def kilos(amount: str) -> dict[str, Json]:
    return {"amount": amount, "unit": "KGM"}


def told(ledger: Ledger, who: Enrolled, said: Said) -> int:
    (placed,) = ledger.say(who.party, said)
    return placed.seq


def a_batch(ledger: Ledger, who: Enrolled, goods: GoodsId = GOODS, number: str = "JC-1") -> None:
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(who.party),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": number,
        "quantity": kilos("100"),
    }
    told(ledger, who, Batch.read(body))


def delivered(
    ledger: Ledger, sender: Enrolled, to: Enrolled, amount: str, *, goods: GoodsId = GOODS, confirmed: bool = True
) -> None:
    line: dict[str, Json] = {"goods": str(goods), "quantity": kilos(amount)}
    seq = told(ledger, sender, Shipment.read({"to": str(to.party), "lines": [line]}))
    if confirmed:
        shipment = str(ledger.stored(seq).header.id)
        body: dict[str, Json] = {"supplier": str(sender.party), "shipment": shipment, "lines": [line]}
        told(ledger, to, Receipt.read(body))


def recalled(ledger: Ledger, who: Enrolled, goods: GoodsId = GOODS) -> int:
    body: dict[str, Json] = {"action": "recall", "goods": [str(goods)], "reason": "检出禁用农药", "grade": "1"}
    return told(ledger, who, Recall.read(body))


def said_by(ledger: Ledger, who: Enrolled, kind: type[Said]) -> list[Said]:
    with ledger.book() as book:
        return [
            one.said
            for one in about(book, party_key(who.party))
            if isinstance(one.said, kind) and one.actor == who.party
        ]


def table(page: Page) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(page.answer.content.decode("utf-8-sig"))))


def start(farm: Visitor, *, goods: GoodsId = GOODS, **changes: str) -> Page:
    blank = farm.open(f"/my/recalls/new?goods={quote(str(goods), safe='')}")
    return farm.submit(blank, "/my/recalls/new", {"reason": "检出禁用农药"} | changes)


@pytest.fixture
def chain(ledger: Ledger, co_op: Enrolled, stall: Enrolled) -> Enrolled:
    """100 kg of leek at the co-op; 40 of them at the stall."""
    a_batch(ledger, co_op)
    delivered(ledger, co_op, stall, "40")
    return stall


def test_a_recall_stands_in_the_list_of_whom_it_concerns_and_of_nobody_else(
    ledger: Ledger, client: Client, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    page = trader.open("/my/recalls")
    assert f"#{seq}" in page.text
    assert "检出禁用农药" in page.text
    assert "未反馈" in page.text
    stranger = Visitor.of(client, enrol_party(ledger, "别的单位（演示）"))
    assert f"#{seq}" not in stranger.open("/my/recalls").text
    assert stranger.open(f"/my/recalls/{seq}").status == 404
    assert chain.party != co_op.party


def test_a_recall_concerns_whoever_holds_what_the_goods_were_made_into(
    ledger: Ledger, trader: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    a_batch(ledger, co_op)
    washed = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1-1")
    a_batch(ledger, co_op, washed, "JC-1-1")
    body: dict[str, Json] = {
        "process": "分装",
        "inputs": [{"goods": str(GOODS), "quantity": kilos("100")}],
        "outputs": [{"goods": str(washed), "quantity": kilos("100")}],
    }
    told(ledger, co_op, Transformation.read(body))
    delivered(ledger, co_op, stall, "30", goods=washed)
    seq = recalled(ledger, co_op)
    assert f"#{seq}" in trader.open("/my/recalls").text
    assert "JC-1-1" in trader.open(f"/my/recalls/{seq}").text


def test_a_holder_first_says_that_he_knows_and_then_how_much(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    path = f"/my/recalls/{seq}"
    page = trader.open(path)
    assert "收进 40 公斤" in page.text
    seen = trader.submit(page, f"{path}/answer", {"step": "seen"})
    assert "已知悉，数量待报" in seen.text
    assert "已知悉，数量待报" in farm.open(path).text
    done = trader.submit(
        trader.open(path),
        f"{path}/answer",
        {"recovered_0": "10", "sold_0": "24", "destroyed_0": "1", "returned_0": "5", "to_0": str(co_op.party)},
    )
    assert "已反馈数量" in done.text
    answers = [one for one in said_by(ledger, chain, RecallAnswer) if isinstance(one, RecallAnswer)]
    assert [str(one.sold) for one in answers if one.sold is not None] == ["24 KGM"]
    (back,) = said_by(ledger, chain, Return)
    assert isinstance(back, Return)
    assert back.to == co_op.party
    with ledger.book() as book:
        assert str(balance(book, chain.party, GOODS).expected) == "10 KGM"
    # Whoever called them back sees it.
    (row,) = [one for one in table(farm.open(f"{path}/scope.csv")) if "菜摊" in one["主体"]]
    assert (row["追回、封存"], row["售出"], row["反馈"]) == ("10 公斤", "24 公斤", "已反馈数量")


def test_an_answer_sent_twice_is_recorded_once(
    ledger: Ledger, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    page = trader.open(f"/my/recalls/{seq}")
    filled = {"recovered_0": "40", "returned_0": "5", "to_0": str(co_op.party)}
    trader.submit(page, f"/my/recalls/{seq}/answer", filled)
    size = ledger.size()
    trader.submit(page, f"/my/recalls/{seq}/answer", filled)
    assert ledger.size() == size
    assert len(said_by(ledger, chain, RecallAnswer)) == 1


@pytest.mark.parametrize(
    ("changes", "field"), [({}, "recovered_0"), ({"sold_0": "some"}, "sold_0"), ({"returned_0": "5", "to_0": ""}, "to_0")]
)
def test_an_answer_that_says_nothing_or_no_number_comes_back_with_the_field(
    ledger: Ledger,
    trader: Visitor,
    co_op: Enrolled,
    chain: Enrolled,
    changes: dict[str, str],
    field: str,
) -> None:
    seq = recalled(ledger, co_op)
    page = trader.submit(trader.open(f"/my/recalls/{seq}"), f"/my/recalls/{seq}/answer", changes | {"note": "清点中"})
    assert page.status == 422
    assert f'href="#{field}"' in page.html
    assert page.fields(f"/my/recalls/{seq}/answer")["note"] == "清点中"
    assert said_by(ledger, chain, RecallAnswer) == []


def test_the_scope_is_shown_before_a_recall_is_started(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    size = ledger.size()
    shown = start(farm, step="start")
    # Nobody starts what he has not seen, whatever he pressed.
    assert ledger.size() == size
    assert "城东市场十二号菜摊（演示）" in shown.text
    assert "40 公斤" in shown.text
    assert "60 公斤" in shown.text
    started = farm.submit(shown, "/my/recalls/new", {"step": "start"})
    assert started.path.startswith("/my/recalls/")
    assert "2 项持有" in started.text
    (said,) = said_by(ledger, co_op, Recall)
    assert isinstance(said, Recall)
    assert said.goods == (GOODS,)
    assert chain.party != co_op.party


def test_other_batches_than_those_shown_are_shown_again(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    other = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-2")
    a_batch(ledger, co_op, other, "JC-2")
    shown = start(farm)
    size = ledger.size()
    again = farm.submit(shown, "/my/recalls/new", {"step": "start", "pick_1": str(other)})
    assert ledger.size() == size
    assert again.status == 200
    assert chain.party != co_op.party


def test_before_a_recall_stands_its_starter_sees_no_further_than_the_chain_shows_him(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    canteen = enrol_party(ledger, "示例学校食堂（演示）", kind="institution")
    # The stall's own word is that it sold on; the canteen's name is the stall's trade.
    delivered(ledger, chain, canteen, "15", confirmed=False)
    with ledger.book() as book:
        before = book.size
    shown = start(farm)
    started = farm.submit(shown, "/my/recalls/new", {"step": "start"})
    assert "示例学校食堂（演示）" in started.text
    assert "现在看不到" in shown.text
    assert before < ledger.size()
    assert co_op.party != canteen.party


@pytest.mark.parametrize(
    ("changes", "field"), [({"reason": ""}, "reason"), ({"pick_0": ""}, "pick"), ({"grade": "9"}, "grade")]
)
def test_a_recall_without_reason_goods_or_known_grade_is_not_started(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, chain: Enrolled, changes: dict[str, str], field: str
) -> None:
    size = ledger.size()
    page = start(farm, **changes)
    assert page.status == 422
    assert f'href="#{field}"' in page.html
    assert ledger.size() == size
    assert chain.party != co_op.party


def test_nobody_calls_a_rivals_goods_back(ledger: Ledger, trader: Visitor, co_op: Enrolled, chain: Enrolled) -> None:
    size = ledger.size()
    page = trader.open(f"/my/recalls/new?goods={quote(str(GOODS), safe='')}")
    shown = trader.submit(page, "/my/recalls/new", {"reason": "不喜欢"})
    refused = trader.submit(shown, "/my/recalls/new", {"step": "start"})
    assert refused.status == 422
    assert ledger.size() == size
    assert chain.party != co_op.party


def test_a_recall_is_ended_by_its_starter_with_a_reason(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    assert "/end" not in trader.open(f"/my/recalls/{seq}").html
    page = farm.open(f"/my/recalls/{seq}")
    assert "未解除" in page.text
    ended = farm.submit(page, f"/my/recalls/{seq}/end", {"reason": "全部追回"})
    assert "已解除" in ended.text
    size = ledger.size()
    farm.submit(page, f"/my/recalls/{seq}/end", {"reason": "全部追回"})
    assert ledger.size() == size
    assert chain.party != co_op.party


def test_a_hold_is_answered_with_what_was_set_aside(
    ledger: Ledger, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    body: dict[str, Json] = {"action": "hold", "goods": [str(GOODS)], "reason": "待复检"}
    seq = told(ledger, co_op, Hold.read(body))
    assert "控制" in trader.open("/my/recalls").text
    page = trader.submit(
        trader.open(f"/my/recalls/{seq}"), f"/my/recalls/{seq}/answer", {"set_aside": "38", "note": "已贴封条"}
    )
    assert "已反馈数量" in page.text
    (said,) = said_by(ledger, chain, OrderAnswer)
    assert isinstance(said, OrderAnswer)
    assert (said.result, str(said.set_aside)) == ("done", "38 KGM")


def test_a_hold_at_one_party_is_no_other_partys_business(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = told(ledger, chain, Takedown.read({"action": "hold", "goods": [str(GOODS)], "at": str(chain.party)}))
    assert f"#{seq}" in trader.open("/my/recalls").text
    assert f"#{seq}" not in farm.open("/my/recalls").text
    assert farm.open(f"/my/recalls/{seq}").status == 404
    assert co_op.party != chain.party


def test_a_holder_takes_along_no_more_of_a_scope_than_is_his(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    assert len(table(farm.open(f"/my/recalls/{seq}/scope.csv"))) == 2
    (own,) = table(trader.open(f"/my/recalls/{seq}/scope.csv"))
    assert "菜摊" in own["主体"]
    assert farm.open(f"/my/recalls/{seq}/scope.xlsx").status == 200
    assert chain.party != co_op.party


def test_recalls_are_found_by_reason_and_goods(
    ledger: Ledger, trader: Visitor, co_op: Enrolled, chain: Enrolled
) -> None:
    seq = recalled(ledger, co_op)
    assert f"#{seq}" in trader.open("/my/recalls?q=农药").text
    assert f"#{seq}" not in trader.open("/my/recalls?q=微生物").text
    assert chain.party != co_op.party
