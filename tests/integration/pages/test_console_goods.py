"""The clerk's console, goods: batches with what became of them, splitting and merging, stock, shipments, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ledger.vocabulary.goods import Adjustment, Batch, Release, Transformation
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.trade import Return, Shipment
from tests.integration.pages.console import Console, kilos, table
from tests.support.server import Clock, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from tests.integration.pages.browsing import Page
    from tests.integration.pages.console import Made

PROCESS = "/my/batches/process"
SAUSAGE = {
    "process": "灌制香肠",
    "amount_0": "100",
    "name_0": "香肠",
    "category_0": "packaged_food",
    "out_0": "80",
}


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    clock = Clock()
    with (
        make_ledger(tmp_path_factory.mktemp("console"), clock) as ledger,
        open_client(ledger) as client,
    ):
        yield Console.of(ledger, client, clock)


def blank(console: Console, kind: str, made: Made) -> Page:
    return console.farm.open(f"{PROCESS}?kind={kind}&goods={made.at}")


def split(console: Console, made: Made, amount: str, *parts: str) -> Page:
    filled = {"amount_0": amount} | {f"out_{place}": part for place, part in enumerate(parts)}
    return console.farm.submit(blank(console, "split", made), PROCESS, filled)


def parts_of(console: Console, made: Made) -> list[Batch]:
    (process,) = console.said(console.co_op, Transformation, made.goods)
    goods = [line.goods for line in process.outputs]
    return [batch for one in goods for batch in console.said(console.co_op, Batch, one)]


# Batches and stock


def test_a_batch_stands_in_the_list_with_what_was_made_sent_and_left(console: Console) -> None:
    made = console.batch("101")
    console.taken(console.sent(made, "30"), made, "28")
    page = console.farm.open(f"/my/batches?q={made.number}")
    assert "101 公斤" in page.text
    assert "28 公斤" in page.text
    assert "73 公斤" in page.text
    (row,) = table(console.farm.open(f"/my/batches.csv?q={made.number}"))
    assert (row["生产"], row["应结存"], row["单位"]) == ("101", "73", "公斤")


def test_the_page_of_a_batch_shows_its_way_and_what_can_be_done(console: Console) -> None:
    made = console.batch()
    console.sent(made, "30")
    page = console.farm.open(f"/my/batches/{made.seq}")
    assert "城东市场十二号菜摊（演示）" in page.text
    assert "未答复" in page.text
    for link in (f"{PROCESS}?kind=split&goods=", "/my/stock/adjust?goods=", "/my/recalls/new?goods="):
        assert any(one.startswith(link) for one in page.read.links)


def test_an_amount_that_does_not_add_up_is_named_unknown_with_the_reason(console: Console) -> None:
    made = console.batch()
    boxes: dict[str, Json] = {"goods": str(made.goods), "quantity": {"amount": "4", "unit": "XBX"}}
    console.say(console.co_op, Shipment.read({"to": str(console.stall.party), "lines": [boxes]}))
    for path in ("/my/batches", "/my/stock"):
        assert "未知：单位不能相加" in console.farm.open(f"{path}?q={made.number}").text


def test_stock_lists_what_should_be_there_and_leaves_out_what_is_gone(console: Console) -> None:
    some, gone = console.batch("97"), console.batch("10")
    console.delivered(some, "40")
    console.delivered(gone, "10")
    assert "57 公斤" in console.farm.open(f"/my/stock?q={some.number}").text
    assert "没有找到" in console.farm.open(f"/my/stock?q={gone.number}").text
    assert "40 公斤" in console.trader.open(f"/my/stock?q={some.number}").text


@pytest.mark.parametrize("path", ["/my/batches", "/my/stock"])
def test_a_list_is_read_on_from_a_position_and_shows_nothing_twice(console: Console, path: str) -> None:
    made = {console.batch("1").number for _ in range(30)}
    seen: list[str] = []
    to: str | None = path
    while to is not None and not made <= set(seen):
        page = console.farm.open(to)
        seen += dict.fromkeys(one.strip("·") for one in page.text.split() if one.startswith("JC"))
        to = next((one for one in page.read.links if f"{path}?before=" in one), None)
    assert made <= set(seen)
    assert len(seen) == len(set(seen))


def test_batches_are_found_by_any_words_of_theirs(console: Console) -> None:
    made = console.batch(name="=荠菜+1", origin="江苏海门")
    for typed in (made.number.lower(), f"荠菜 {made.number}", f"海门 {made.number}"):
        assert made.number in console.farm.open(f"/my/batches?q={quote(typed)}").text
    assert "没有找到" in console.farm.open(f"/my/batches?q={quote('白菜')}").text
    # A name that begins like a formula stays a name.
    assert table(console.farm.open(f"/my/batches.csv?q={made.number}"))[0]["品名"] == "'=荠菜+1"


def test_nobody_sees_another_partys_goods(console: Console) -> None:
    made = console.batch()
    assert "没有找到" in console.trader.open(f"/my/batches?q={made.number}").text
    for path in (
        f"/my/batches/{made.seq}",
        f"/my/stock/account?goods={made.at}",
        f"/my/stock/adjust?goods={made.at}",
        f"/my/returns/new?goods={made.at}",
    ):
        assert console.trader.open(path).status == 404, path


def test_every_list_leaves_as_a_file(console: Console) -> None:
    for path in ("/my/batches", "/my/stock", "/my/shipments", "/my/labels", "/my/recalls"):
        page = console.farm.open(path)
        for form in ("csv", "xlsx"):
            assert any(link.startswith(f"{path}.{form}") for link in page.read.links), path
            answer = console.farm.open(f"{path}.{form}").answer
            assert answer.status_code == 200
            assert f".{form}" in answer.headers["content-disposition"]


# Splitting, merging, transforming


def test_a_batch_is_split_into_new_batches_with_codes_and_numbers_of_their_own(console: Console) -> None:
    made = console.batch()
    page = split(console, made, "100", "60", "40")
    assert page.path.startswith(f"{PROCESS}/")
    parts = parts_of(console, made)
    assert [str(one.batch_number) for one in parts] == [f"{made.number}-1", f"{made.number}-2"]
    assert {(one.origin, str(one.produced_on)) for one in parts} == {("江苏如皋", "2026-11-14")}
    assert all(one.goods.batch_code is not None and one.maker == console.co_op.party for one in parts)
    assert console.left(console.co_op, made.goods) == "0 KGM"
    assert [console.left(console.co_op, one.goods) for one in parts] == ["60 KGM", "40 KGM"]


def test_a_form_that_splits_sent_twice_records_once(console: Console) -> None:
    form = blank(console, "split", console.batch())
    filled = {"amount_0": "100", "out_0": "60", "out_1": "40"}
    first = console.farm.submit(form, PROCESS, filled)
    size = console.ledger.size()
    assert console.farm.submit(form, PROCESS, filled).path == first.path
    assert console.ledger.size() == size


def test_a_hold_of_a_batch_stands_on_the_parts_it_was_split_into(console: Console) -> None:
    made = console.batch()
    split(console, made, "100", "100")
    console.say(console.co_op, Hold.read({"action": "hold", "goods": [str(made.goods)], "reason": "自查"}))
    (part,) = parts_of(console, made)
    page = console.farm.open(f"/my/labels/new?goods={quote(str(part.goods), safe='')}")
    assert page.status == 422
    assert "起控制，未解除" in page.text


def test_batches_are_merged_and_keep_what_they_have_in_common(console: Console) -> None:
    other, made = console.batch(), console.batch("50", origin="江苏海门")
    page = console.farm.submit(
        blank(console, "merge", made),
        PROCESS,
        {"amount_0": "50", "goods_1": str(other.goods), "unit_1": "KGM", "amount_1": "100", "out_0": "150"},
    )
    assert page.path.startswith(f"{PROCESS}/")
    (batch,) = parts_of(console, made)
    assert batch.name == "韭菜"
    assert batch.origin is None


def test_a_transformation_shows_its_yield_beside_the_usual_one_before_it_is_recorded(
    console: Console,
) -> None:
    made = console.batch(name="猪肉", category="packaged_food")
    size = console.ledger.size()
    shown = console.farm.submit(blank(console, "transform", made), PROCESS, SAUSAGE | {"step": "look"})
    assert shown.status == 200
    assert console.ledger.size() == size
    assert "0.800" in shown.text
    assert "0.45 至 1.05" in shown.text
    done = console.farm.submit(shown, PROCESS)
    assert done.path.startswith(f"{PROCESS}/")
    assert console.left(console.co_op, made.goods) == "0 KGM"


def test_an_unusual_yield_and_more_than_there_is_are_told_first_and_recorded_all_the_same(
    console: Console,
) -> None:
    made = console.batch(name="猪肉", category="packaged_food")
    size = console.ledger.size()
    filled = SAUSAGE | {"process": "分装", "amount_0": "120", "out_0": "60", "name_0": "鲜肉"}
    told = console.farm.submit(blank(console, "transform", made), PROCESS, filled)
    assert "应有 100 公斤，投入 120 公斤" in told.text
    assert "产出比 0.500，不在常见范围" in told.text
    # Whoever changes the amounts after he was told is told again.
    again = console.farm.submit(told, PROCESS, {"amount_0": "130"})
    assert "投入 130 公斤" in again.text
    assert console.ledger.size() == size
    done = console.farm.submit(again, PROCESS)
    assert done.path.startswith(f"{PROCESS}/")
    found = {
        one.kind
        for one in console.ledger.findings(party=console.co_op.party)
        if int(done.path.split("/")[-1].partition("?")[0]) in one.seqs
    }
    assert {"yield_out_of_range", "oversold"} <= found
    assert "产出比" in done.text


def test_goods_that_turn_in_a_circle_are_refused_beside_their_row_and_nothing_is_lost(
    console: Console,
) -> None:
    first, second = console.batch(), console.batch()
    body: dict[str, Json] = {
        "process": "清洗",
        "inputs": [{"quantity": kilos("10"), "goods": str(first.goods)}],
        "outputs": [{"quantity": kilos("10"), "goods": str(second.goods)}],
    }
    console.say(console.co_op, Transformation.read(body))
    size = console.ledger.size()
    for made, into in ((second, first), (first, first)):
        filled = {
            "process": "清洗",
            "amount_0": "5",
            "out_0": "5",
            "into_0": str(into.goods),
            "group": "RW-1",
        }
        page = console.farm.submit(blank(console, "transform", made), PROCESS, filled)
        assert page.status == 422
        assert 'id="into_0-why"' in page.html
        assert page.fields(PROCESS)["group"] == "RW-1"
    assert console.ledger.size() == size


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_0": "", "out_0": "5"}, "inputs"),
        ({"amount_0": "x", "out_0": "5"}, "amount_0"),
        ({"amount_0": "5"}, "out_0"),
        ({"amount_0": "5", "out_0": "x"}, "out_0"),
        ({"amount_0": "5", "out_0": "5", "process": ""}, "process"),
        ({"amount_0": "5", "out_0": "5", "number_0": "a" * 60}, "number_0"),
        ({"amount_0": "5", "out_0": "5", "expires_on": "2026-13-01"}, "expires_on"),
    ],
)
def test_what_is_wrong_with_a_process_stands_beside_its_field(
    console: Console, changes: dict[str, str], field: str
) -> None:
    form = blank(console, "split", console.batch())
    size = console.ledger.size()
    page = console.farm.submit(form, PROCESS, changes)
    assert page.status == 422
    assert console.ledger.size() == size
    assert f'href="#{field}"' in page.html
    assert {name: page.fields(PROCESS)[name] for name in changes} == changes


# What the law asks before goods go out


def test_a_release_stands_on_the_page_of_its_batch(console: Console) -> None:
    made = console.batch(name="香肠", category="packaged_food")
    path = f"/my/batches/{made.seq}/release"
    form = console.farm.open(path)
    assert "食品安全法 51、52" in form.text
    wrong = console.farm.submit(form, path, {"tested_on": "14.11.2026"})
    assert wrong.status == 422
    assert 'id="tested_on-why"' in wrong.html
    page = console.farm.submit(form, path, {"certificate_number": "HG-1", "person_name": "某某"})
    assert "HG-1" in page.text
    (release,) = console.said(console.co_op, Release, made.goods)
    assert release.result == "released"


# What is counted, what is destroyed, what goes back


def test_a_loss_is_recorded_once_with_its_reason_and_leaves_the_stock(console: Console) -> None:
    made = console.batch()
    form = console.farm.open(f"/my/stock/adjust?goods={made.at}")
    page = console.farm.submit(form, "/my/stock/adjust", {"amount": "3.5", "note": "运输挤压腐烂"})
    assert "96.5 公斤" in page.text
    console.farm.submit(form, "/my/stock/adjust", {"amount": "3.5", "note": "运输挤压腐烂"})
    (told,) = console.said(console.co_op, Adjustment, made.goods)
    assert told.reason == "loss"
    for changes, field in (
        ({"amount": "3"}, "note"),
        ({"note": "x"}, "amount"),
        ({"amount": "3", "note": "x", "reason": "sample"}, "reason"),
    ):
        wrong = console.farm.submit(form, "/my/stock/adjust", changes)
        assert wrong.status == 422
        assert f'href="#{field}"' in wrong.html


def test_what_was_destroyed_names_how_and_who_saw_it(console: Console) -> None:
    made = console.batch()
    page = console.farm.submit(
        console.farm.open(f"/my/stock/destroy?goods={made.at}"),
        "/my/stock/destroy",
        {"amount": "10", "method": "深埋", "witnesses": "张某、李某"},
    )
    assert "90 公斤" in page.text
    (told,) = console.said(console.co_op, Destruction, made.goods)
    assert told.witnesses == ("张某", "李某")


def test_goods_go_back_to_whom_they_came_from(console: Console) -> None:
    made = console.batch()
    console.delivered(made, "30")
    form = console.trader.open(f"/my/returns/new?goods={made.at}")
    page = console.trader.submit(form, "/my/returns", {"amount": "5", "reason": "发黄"})
    assert page.path.startswith("/my/shipments/")
    assert "发黄" in page.text
    (told,) = console.said(console.stall, Return, made.goods)
    assert told.to == console.co_op.party
    assert console.left(console.stall, made.goods) == "25 KGM"


# What was sent, and what was answered


def test_shipments_show_what_was_answered_what_differs_and_for_how_long_one_waits(console: Console) -> None:
    made = console.batch()
    differs, waits = console.sent(made, "30"), console.sent(made, "20")
    console.taken(differs, made, "28")
    console.clock.forward(50)
    page = console.farm.open(f"/my/shipments?q={made.number}")
    assert "已等 2 天" in page.text
    assert "28 公斤" in console.farm.open(f"/my/shipments/{differs}").text
    only = console.farm.open(f"/my/shipments?state=unanswered&q={made.number}")
    assert f"#{waits}" in only.text
    assert f"#{differs}" not in only.text
    (row,) = table(console.farm.open(f"/my/shipments.csv?state=corrected&q={made.number}"))
    assert (row["发出"], row["实收"], row["对方答复"]) == ("30", "28", "有差异")
    # It is its sender's, and a batch is no shipment.
    assert console.trader.open(f"/my/shipments/{differs}").status == 404
    assert console.farm.open(f"/my/shipments/{made.seq}").status == 404


# Labels


def test_labels_are_written_down_and_printed_again_only_with_a_reason(console: Console) -> None:
    made, farm = console.batch(), console.farm
    form = farm.open(f"/my/labels/new?goods={made.at}")
    assert "reason" not in form.fields("/my/labels")
    sheet = farm.submit(form, "/my/labels", {"count": "3"})
    assert sheet.html.count('<img class="goods-label-50"') == 3
    picture = sheet.html.partition('src="/api/v1/')[2].partition('"')[0].replace("&amp;", "&")
    assert farm.open(f"/api/v1/{picture}").answer.headers["content-type"] == "image/png"
    # The same form again is the same run.
    assert farm.submit(form, "/my/labels", {"count": "3"}).path == sheet.path
    console.clock.forward(1)
    again = farm.open(f"/my/labels/new?goods={made.at}")
    assert "已打印 1 次，共 3 张" in again.text
    refused = farm.submit(again, "/my/labels", {"count": "2"})
    assert refused.status == 422
    assert 'id="reason-why"' in refused.html
    farm.submit(refused, "/my/labels", {"count": "2", "reason": "卡纸"})
    rows = table(farm.open(f"/my/labels.csv?q={made.number}"))
    assert [(row["张数"], row["补打原因"]) for row in rows] == [("2", "卡纸"), ("3", "")]
    assert farm.open(f"/my/labels?q={quote('卡纸')}+{made.number}").text.count("50 × 30 mm") == 1


def test_a_run_has_one_label_at_least_and_five_hundred_at_most(console: Console) -> None:
    for count, status in (("0", 422), ("1", 200), ("500", 200), ("501", 422), ("二", 422)):
        form = console.farm.open(f"/my/labels/new?goods={console.batch().at}")
        assert console.farm.submit(form, "/my/labels", {"count": count}).status == status, count


def test_no_label_is_printed_while_an_order_stands_not_even_from_a_sheet_of_before(console: Console) -> None:
    made = console.batch()
    sheet = console.farm.submit(console.farm.open(f"/my/labels/new?goods={made.at}"), "/my/labels")
    here: dict[str, Json] = {"goods": [str(made.goods)], "at": str(console.co_op.party)}
    console.say(console.co_op, Hold.read({**here, "action": "hold"}))
    assert console.farm.open(sheet.path).status == 409
    assert console.farm.open(f"/my/labels/new?goods={made.at}").status == 422
    console.say(console.co_op, Hold.read({**here, "action": "release"}))
    assert console.farm.open(sheet.path).status == 200
    # And none for goods that are none of one's business.
    assert console.trader.open(f"/my/labels/new?goods={made.at}").status == 403
    assert console.trader.open(sheet.path).status == 404
