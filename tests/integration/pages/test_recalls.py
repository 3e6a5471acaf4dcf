"""Recalls and orders as the parties concerned meet them: told, answered with amounts, started with their scope shown, followed, ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.goods import Transformation
from ledger.vocabulary.measures import OrderAnswer, Takedown
from ledger.vocabulary.oversight import Hold, Recall, RecallAnswer
from ledger.vocabulary.trade import Return
from tests.integration.pages.console import Console, kilos, table
from tests.support.server import Clock, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.console import Made

NEW = "/my/recalls/new"
STALL = "城东市场十二号菜摊（演示）"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    clock = Clock()
    with make_ledger(tmp_path_factory.mktemp("recalls"), clock) as ledger, open_client(ledger) as client:
        yield Console.of(ledger, client, clock)


@pytest.fixture
def made(console: Console) -> Made:
    """100 kg of leek at the co-op; 40 of them at the stall."""
    made = console.batch()
    console.delivered(made, "40")
    return made


def recalled(console: Console, made: Made) -> int:
    body: dict[str, Json] = {
        "action": "recall",
        "goods": [str(made.goods)],
        "reason": f"检出禁用农药 {made.number}",
        "grade": "1",
    }
    return console.say(console.co_op, Recall.read(body))


def started(console: Console, made: Made, **changes: str) -> Page:
    form = console.farm.open(f"{NEW}?goods={made.at}")
    return console.farm.submit(form, NEW, {"reason": "检出禁用农药"} | changes)


def test_a_recall_stands_in_the_list_of_whom_it_concerns_and_of_nobody_else(
    console: Console, made: Made
) -> None:
    seq = recalled(console, made)
    page = console.trader.open(f"/my/recalls?q={made.number}")
    assert f"#{seq}" in page.text
    assert "未反馈" in page.text
    assert "没有找到" in console.trader.open("/my/recalls?q=微生物").text
    (row,) = table(console.trader.open(f"/my/recalls.csv?q={made.number}"))
    assert (row["状态"], row["反馈"]) == ("未解除", "未反馈")
    _, stranger = console.stranger()
    assert "没有涉及本方" in stranger.open("/my/recalls").text
    assert stranger.open(f"/my/recalls/{seq}").status == 404


def test_whoever_made_nothing_is_told_so_and_shown_no_form_that_could_not_be_sent(console: Console) -> None:
    _, stranger = console.stranger()
    page = stranger.open(NEW)
    assert page.status == 200
    assert "没有本方生产的批次" in page.text
    assert f'action="{NEW}"' not in page.html
    assert 'name="reason"' not in page.html


def test_a_recall_concerns_whoever_holds_what_the_goods_were_made_into(console: Console) -> None:
    made, part = console.batch(), console.batch()
    body: dict[str, Json] = {
        "process": "分装",
        "inputs": [{"goods": str(made.goods), "quantity": kilos("100")}],
        "outputs": [{"goods": str(part.goods), "quantity": kilos("100")}],
    }
    console.say(console.co_op, Transformation.read(body))
    console.delivered(part, "30")
    seq = recalled(console, made)
    assert f"#{seq}" in console.trader.open("/my/recalls").text
    assert part.number in console.trader.open(f"/my/recalls/{seq}").text


def test_a_holder_first_says_that_he_knows_and_then_how_much(console: Console, made: Made) -> None:
    path = f"/my/recalls/{recalled(console, made)}"
    page = console.trader.open(path)
    assert "收进 40 公斤" in page.text
    seen = console.trader.submit(page, f"{path}/answer", {"step": "seen"})
    assert "已知悉，数量待报" in seen.text
    assert "已知悉，数量待报" in console.farm.open(path).text
    done = console.trader.submit(
        console.trader.open(path),
        f"{path}/answer",
        {"recovered_0": "10", "sold_0": "24", "destroyed_0": "1", "returned_0": "5"},
    )
    assert "已反馈数量" in done.text
    answers = console.said(console.stall, RecallAnswer, made.goods)
    assert [str(one.sold) for one in answers if one.sold is not None] == ["24 KGM"]
    (back,) = console.said(console.stall, Return, made.goods)
    assert back.to == console.co_op.party
    assert console.left(console.stall, made.goods) == "10 KGM"
    # Whoever called them back sees it.
    (row,) = [one for one in table(console.farm.open(f"{path}/scope.csv")) if one["主体"] == STALL]
    assert (row["追回、封存"], row["售出"], row["反馈"]) == ("10 公斤", "24 公斤", "已反馈数量")


def test_an_answer_sent_twice_is_recorded_once(console: Console, made: Made) -> None:
    path = f"/my/recalls/{recalled(console, made)}"
    page, filled = console.trader.open(path), {"recovered_0": "35", "returned_0": "5"}
    console.trader.submit(page, f"{path}/answer", filled)
    size = console.ledger.size()
    console.trader.submit(page, f"{path}/answer", filled)
    assert console.ledger.size() == size
    assert len(console.said(console.stall, RecallAnswer, made.goods)) == 1


def test_an_answer_that_says_nothing_or_no_number_comes_back_with_the_field(
    console: Console, made: Made
) -> None:
    path = f"/my/recalls/{recalled(console, made)}"
    form = console.trader.open(path)
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({}, "recovered_0"),
        ({"sold_0": "some"}, "sold_0"),
        ({"returned_0": "5", "to_0": ""}, "to_0"),
    )
    for changes, field in wrong:
        page = console.trader.submit(form, f"{path}/answer", changes | {"note": "清点中"})
        assert page.status == 422
        assert f'href="#{field}"' in page.html
        assert page.fields(f"{path}/answer")["note"] == "清点中"
    assert console.said(console.stall, RecallAnswer, made.goods) == []


def test_the_scope_is_shown_before_a_recall_is_started(console: Console, made: Made) -> None:
    size = console.ledger.size()
    shown = started(console, made, step="start")
    # Nobody starts what he has not seen, whatever he pressed.
    assert console.ledger.size() == size
    for text in (STALL, "40 公斤", "60 公斤"):
        assert text in shown.text
    # Other batches than those shown are shown again.
    other = console.batch()
    again = console.farm.submit(shown, NEW, {"step": "start", "pick_1": str(other.goods)})
    assert again.status == 200
    assert console.said(console.co_op, Recall, made.goods) == []
    page = console.farm.submit(shown, NEW, {"step": "start"})
    assert page.path.startswith("/my/recalls/")
    assert "2 项持有" in page.text
    (said,) = console.said(console.co_op, Recall, made.goods)
    assert said.goods == (made.goods,)


def test_before_a_recall_stands_its_starter_sees_no_further_than_the_chain_shows_him(
    console: Console, made: Made
) -> None:
    canteen, _ = console.stranger("示例学校食堂（演示）")
    third, _ = console.stranger()
    console.sent(made, "15", of=console.stall, to=canteen)
    # The canteen says nothing itself: what went on from there is nobody's to see who does not deal with it.
    console.sent(made, "5", of=canteen, to=third)
    shown = started(console, made)
    assert "现在看不到" in shown.text
    page = console.farm.submit(shown, NEW, {"step": "start"})
    assert "示例学校食堂（演示）" in page.text
    assert page.text.count("别的单位") >= shown.text.count("别的单位")


def test_a_recall_without_reason_goods_or_known_grade_is_not_started(console: Console, made: Made) -> None:
    for changes, field in (({"reason": ""}, "reason"), ({"pick_0": ""}, "pick"), ({"grade": "9"}, "grade")):
        page = started(console, made, **changes)
        assert page.status == 422
        assert f'href="#{field}"' in page.html
    assert console.said(console.co_op, Recall, made.goods) == []


def test_nobody_calls_a_rivals_goods_back(console: Console, made: Made) -> None:
    size = console.ledger.size()
    form = console.trader.open(f"{NEW}?goods={made.at}")
    shown = console.trader.submit(form, NEW, {"reason": "不喜欢"})
    refused = console.trader.submit(shown, NEW, {"step": "start"})
    assert refused.status == 422
    assert console.ledger.size() == size


def test_a_recall_is_ended_once_by_its_starter_with_a_reason(console: Console, made: Made) -> None:
    path = f"/my/recalls/{recalled(console, made)}"
    assert "/end" not in console.trader.open(path).html
    page = console.farm.open(path)
    assert "未解除" in page.text
    ended = console.farm.submit(page, f"{path}/end", {"reason": "全部追回"})
    assert "已解除" in ended.text
    size = console.ledger.size()
    console.farm.submit(page, f"{path}/end", {"reason": "全部追回"})
    assert console.ledger.size() == size


def test_a_hold_is_answered_with_what_was_set_aside(console: Console, made: Made) -> None:
    body: dict[str, Json] = {"action": "hold", "goods": [str(made.goods)], "reason": "待复检"}
    path = f"/my/recalls/{console.say(console.co_op, Hold.read(body))}"
    form = console.trader.open(path)
    wrong = console.trader.submit(form, f"{path}/answer", {"set_aside": "some"})
    assert wrong.status == 422
    assert 'href="#set_aside"' in wrong.html
    page = console.trader.submit(form, f"{path}/answer", {"set_aside": "38", "note": "已贴封条"})
    assert "已反馈数量" in page.text
    (said,) = console.said(console.stall, OrderAnswer, made.goods)
    assert (said.result, str(said.set_aside)) == ("done", "38 KGM")


def test_a_takedown_at_one_party_is_no_other_partys_business(console: Console, made: Made) -> None:
    body: dict[str, Json] = {"action": "hold", "goods": [str(made.goods)], "at": str(console.stall.party)}
    seq = console.say(console.stall, Takedown.read(body))
    assert f"#{seq}" in console.trader.open("/my/recalls").text
    assert f"#{seq}" not in console.farm.open("/my/recalls").text
    assert console.farm.open(f"/my/recalls/{seq}").status == 404


def test_a_holder_takes_along_no_more_of_a_scope_than_is_his(console: Console, made: Made) -> None:
    path = f"/my/recalls/{recalled(console, made)}/scope"
    assert len(table(console.farm.open(f"{path}.csv"))) == 2
    (own,) = table(console.trader.open(f"{path}.csv"))
    assert own["主体"] == STALL
    assert console.farm.open(f"{path}.xlsx").status == 200
