"""The clerk's console, goods: batches with what became of them, splitting and merging, stock, shipments, labels, people and keys."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ledger.identifiers import GoodsId
from ledger.trace import balance
from ledger.views.book import about, goods_sheet_key, party_key
from ledger.vocabulary.goods import Adjustment, Batch, Release, Transformation
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.trade import Receipt, Return, Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.integration.pages.browsing import Page
    from tests.support.server import Client, Clock, Enrolled

PROCESS = "/my/batches/process"


def kilos(amount: str) -> dict[str, Json]:
    return {"amount": amount, "unit": "KGM"}


def a_batch(
    ledger: Ledger, who: Enrolled, number: str, amount: str = "100", **more: Json
) -> tuple[GoodsId, int]:
    goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/{number}")
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(who.party),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": number,
        "produced_on": "2026-11-14",
        "origin": "江苏如皋",
        "quantity": kilos(amount),
        **more,
    }
    (placed,) = ledger.say(who.party, Batch.read(body))
    return goods, placed.seq


def sent(ledger: Ledger, who: Enrolled, to: Enrolled, goods: GoodsId, amount: str) -> int:
    body: dict[str, Json] = {
        "to": str(to.party),
        "lines": [{"goods": str(goods), "quantity": kilos(amount)}],
        "voucher": {"voucher_kind": "sales_slip", "number": f"XS-{ledger.size()}"},
    }
    (placed,) = ledger.say(who.party, Shipment.read(body))
    return placed.seq


def taken(ledger: Ledger, who: Enrolled, of: Enrolled, shipment: int, goods: GoodsId, amount: str) -> None:
    body: dict[str, Json] = {
        "supplier": str(of.party),
        "shipment": str(ledger.stored(shipment).header.id),
        "lines": [{"goods": str(goods), "quantity": kilos(amount)}],
    }
    ledger.say(who.party, Receipt.read(body))


def said_by(ledger: Ledger, who: Enrolled, kind: type[Said]) -> list[Said]:
    with ledger.book() as book:
        return [
            one.said
            for one in about(book, party_key(who.party))
            if isinstance(one.said, kind) and one.actor == who.party
        ]


def left(ledger: Ledger, who: Enrolled, goods: GoodsId) -> str:
    with ledger.book() as book:
        return str(balance(book, who.party, goods).expected)


def table(page: Page) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.answer.content.decode("utf-8-sig"))))


def at(goods: GoodsId) -> str:
    return quote(str(goods), safe="")


# Batches and stock


def test_a_batch_stands_in_the_list_with_what_was_made_sent_and_left(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    shipment = sent(ledger, co_op, stall, goods, "30")
    taken(ledger, stall, co_op, shipment, goods, "28")
    page = farm.open("/my/batches")
    assert "韭菜" in page.text
    assert "100 公斤" in page.text
    assert "28 公斤" in page.text
    assert "72 公斤" in page.text


def test_the_page_of_a_batch_shows_its_way_and_what_can_be_done(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, seq = a_batch(ledger, co_op, "JC-1")
    sent(ledger, co_op, stall, goods, "30")
    page = farm.open(f"/my/batches/{seq}")
    assert "城东市场十二号菜摊（演示）" in page.text
    assert "未答复" in page.text
    for link in (f"{PROCESS}?kind=split&goods=", "/my/stock/adjust?goods=", "/my/recalls/new?goods="):
        assert any(one.startswith(link) for one in page.read.links)


def test_an_amount_that_does_not_add_up_is_named_unknown_with_the_reason(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    body: dict[str, Json] = {
        "to": str(stall.party),
        "lines": [{"goods": str(goods), "quantity": {"amount": "4", "unit": "XBX"}}],
    }
    ledger.say(co_op.party, Shipment.read(body))
    assert "未知：单位不能相加" in farm.open("/my/batches").text
    assert "未知：单位不能相加" in farm.open("/my/stock").text


def test_stock_lists_what_should_be_there_and_leaves_out_what_is_gone(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    other, _ = a_batch(ledger, co_op, "JC-2", "10")
    taken(ledger, stall, co_op, sent(ledger, co_op, stall, goods, "40"), goods, "40")
    taken(ledger, stall, co_op, sent(ledger, co_op, stall, other, "10"), other, "10")
    mine = farm.open("/my/stock").text
    assert "JC-1" in mine
    assert "60 公斤" in mine
    assert "JC-2" not in mine
    assert "40 公斤" in trader.open("/my/stock").text


def test_lists_are_read_on_from_a_position_and_show_nothing_twice(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    numbers = [f"JC-{number}" for number in range(60)]
    for number in numbers:
        a_batch(ledger, co_op, number, "1")
    for path in ("/my/batches", "/my/stock"):
        seen: list[str] = []
        to: str | None = path
        while to is not None:
            page = farm.open(to)
            found = [one.removesuffix("·") for one in page.text.split() if one.startswith("JC-")]
            seen += list(dict.fromkeys(found))
            to = next((one for one in page.read.links if f"{path}?before=" in one), None)
        assert sorted(seen) == sorted(numbers), path


@pytest.mark.parametrize(("typed", "found"), [("jc-7", True), ("韭菜 如皋", True), ("白菜", False)])
def test_batches_are_found_by_any_words_of_theirs(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, typed: str, found: bool
) -> None:
    a_batch(ledger, co_op, "JC-7")
    page = farm.open(f"/my/batches?q={quote(typed)}")
    assert ("JC-7" in page.text) is found
    assert ("没有找到" in page.text) is not found


def test_nobody_sees_another_partys_batches_in_a_list(
    ledger: Ledger, trader: Visitor, co_op: Enrolled
) -> None:
    goods, seq = a_batch(ledger, co_op, "JC-1")
    assert "JC-1" not in trader.open("/my/batches").text
    assert trader.open(f"/my/batches/{seq}").status == 404
    assert trader.open(f"/my/stock/account?goods={at(goods)}").status == 404
    assert trader.open(f"/my/stock/adjust?goods={at(goods)}").status == 404


@pytest.mark.parametrize("path", ["/my/batches", "/my/stock", "/my/shipments", "/my/labels", "/my/recalls"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_list_leaves_as_a_file(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled, path: str, form: str
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    sent(ledger, co_op, stall, goods, "30")
    page = farm.open(f"{path}.{form}")
    assert page.status == 200
    assert f".{form}" in page.answer.headers["content-disposition"]
    assert any(link.startswith(f"{path}.{form}") for link in farm.open(path).read.links)


def test_the_file_of_batches_holds_numbers_and_their_unit(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    a_batch(ledger, co_op, "JC-1", name="=1+1")
    head, row = table(farm.open("/my/batches.csv"))
    cells = dict(zip(head, row, strict=True))
    assert cells["应结存"] == "100"
    assert cells["单位"] == "公斤"
    assert cells["品名"] == "'=1+1"


# Splitting, merging, transforming


def split(farm: Visitor, goods: GoodsId, amount: str, *parts: str, **more: str) -> Page:
    form = {"amount_0": amount} | {f"out_{place}": part for place, part in enumerate(parts)} | more
    return farm.submit(farm.open(f"{PROCESS}?kind=split&goods={at(goods)}"), PROCESS, form)


def test_a_batch_is_split_into_new_batches_with_codes_and_numbers_of_their_own(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    page = split(farm, goods, "100", "60", "40")
    assert page.path.startswith(f"{PROCESS}/")
    made = [one for one in said_by(ledger, co_op, Batch) if isinstance(one, Batch) and one.goods != goods]
    assert [str(one.batch_number) for one in made] == ["JC-1-1", "JC-1-2"]
    assert {one.origin for one in made} == {"江苏如皋"}
    assert {str(one.produced_on) for one in made} == {"2026-11-14"}
    assert all(one.goods.batch_code is not None and one.maker == co_op.party for one in made)
    assert left(ledger, co_op, goods) == "0 KGM"
    assert [left(ledger, co_op, one.goods) for one in made] == ["60 KGM", "40 KGM"]


def test_a_form_that_splits_sent_twice_records_once(ledger: Ledger, farm: Visitor, co_op: Enrolled) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    blank = farm.open(f"{PROCESS}?kind=split&goods={at(goods)}")
    filled = {"amount_0": "100", "out_0": "60", "out_1": "40"}
    first = farm.submit(blank, PROCESS, filled)
    size = ledger.size()
    again = farm.submit(blank, PROCESS, filled)
    assert ledger.size() == size
    assert again.path == first.path


def test_a_recall_of_a_batch_stands_on_the_parts_it_was_split_into(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    split(farm, goods, "100", "100")
    hold: dict[str, Json] = {"action": "hold", "goods": [str(goods)], "reason": "自查"}
    ledger.say(co_op.party, Hold.read(hold))
    (part,) = [one for one in said_by(ledger, co_op, Batch) if isinstance(one, Batch) and one.goods != goods]
    page = farm.open(f"/my/labels/new?goods={at(part.goods)}")
    assert page.status == 422
    assert "起控制，未解除" in page.text


def test_batches_are_merged_and_keep_what_they_have_in_common(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    a_batch(ledger, co_op, "JC-1")
    goods, _ = a_batch(ledger, co_op, "JC-2", "50", origin="江苏海门")
    page = farm.submit(
        farm.open(f"{PROCESS}?kind=merge&goods={at(goods)}"),
        PROCESS,
        {"amount_0": "50", "amount_1": "100", "out_0": "150"},
    )
    assert page.path.startswith(f"{PROCESS}/")
    with ledger.book() as book:
        made = said_by(ledger, co_op, Transformation)[0]
        assert isinstance(made, Transformation)
        (batch,) = [
            one.said
            for one in about(book, goods_sheet_key(made.outputs[0].goods))
            if isinstance(one.said, Batch)
        ]
    assert batch.name == "韭菜"
    assert batch.origin is None


def test_a_transformation_shows_its_yield_beside_the_usual_one_before_it_is_recorded(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "SR-1", name="猪肉", category="packaged_food")
    blank = farm.open(f"{PROCESS}?kind=transform&goods={at(goods)}")
    filled = {
        "process": "灌制香肠",
        "amount_0": "100",
        "name_0": "香肠",
        "category_0": "packaged_food",
        "out_0": "80",
        "number_0": "XC-1",
    }
    size = ledger.size()
    shown = farm.submit(blank, PROCESS, filled | {"step": "look"})
    assert shown.status == 200
    assert ledger.size() == size
    assert "0.800" in shown.text
    assert "0.45 至 1.05" in shown.text
    assert farm.submit(shown, PROCESS).path.startswith(f"{PROCESS}/")
    assert left(ledger, co_op, goods) == "0 KGM"


def test_an_unusual_yield_and_more_than_there_is_are_told_before_and_recorded_all_the_same(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "SR-1", name="猪肉", category="packaged_food")
    filled = {
        "process": "分装",
        "amount_0": "120",
        "name_0": "香肠",
        "category_0": "packaged_food",
        "out_0": "60",
        "number_0": "XC-1",
    }
    size = ledger.size()
    told = farm.submit(farm.open(f"{PROCESS}?kind=transform&goods={at(goods)}"), PROCESS, filled)
    assert ledger.size() == size
    assert "应有 100 公斤，投入 120 公斤" in told.text
    assert "产出比 0.500，不在常见范围" in told.text
    done = farm.submit(told, PROCESS)
    assert done.path.startswith(f"{PROCESS}/")
    assert "产出" in done.text
    # The findings of the gate's other side: what does not fit is said there, beside its causes.
    assert any(one.kind == "yield_out_of_range" for one in ledger.findings(party=co_op.party))


def test_who_changes_the_amounts_after_he_was_told_is_told_again(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    told = split(farm, goods, "120", "120")
    size = ledger.size()
    again = farm.submit(told, PROCESS, {"amount_0": "130", "out_0": "130"})
    assert "投入 130 公斤" in again.text
    assert ledger.size() == size


def test_a_batch_as_its_own_input_is_refused_beside_its_row_and_nothing_is_lost(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    blank = farm.open(f"{PROCESS}?kind=transform&goods={at(goods)}")
    filled = {
        "process": "清洗",
        "amount_0": "40",
        "out_0": "40",
        "into_0": str(goods),
        "name_1": "净菜",
        "category_1": "farm_produce",
        "out_1": "5",
    }
    size = ledger.size()
    page = farm.submit(blank, PROCESS, filled)
    page = farm.submit(page, PROCESS) if "已核对" in page.text else page
    assert page.status == 422
    assert "自身循环" in page.text
    assert 'id="into_0-why"' in page.html
    assert page.fields(PROCESS)["name_1"] == "净菜"
    assert ledger.size() == size


def test_goods_that_turn_in_a_circle_are_refused(ledger: Ledger, farm: Visitor, co_op: Enrolled) -> None:
    first, _ = a_batch(ledger, co_op, "JC-1")
    second, _ = a_batch(ledger, co_op, "JC-2")
    line: dict[str, Json] = {"quantity": kilos("10")}
    body: dict[str, Json] = {
        "process": "清洗",
        "inputs": [{**line, "goods": str(first)}],
        "outputs": [{**line, "goods": str(second)}],
    }
    ledger.say(co_op.party, Transformation.read(body))
    page = farm.submit(
        farm.open(f"{PROCESS}?kind=merge&goods={at(second)}"),
        PROCESS,
        {"amount_0": "5", "out_0": "5", "into_0": str(first)},
    )
    assert page.status == 422
    assert "自身循环" in page.text


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
    ledger: Ledger, farm: Visitor, co_op: Enrolled, changes: dict[str, str], field: str
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    size = ledger.size()
    page = farm.submit(farm.open(f"{PROCESS}?kind=split&goods={at(goods)}"), PROCESS, changes)
    assert page.status == 422
    assert ledger.size() == size
    assert f'href="#{field}"' in page.html
    for name, value in changes.items():
        assert page.fields(PROCESS)[name] == value


def test_an_unknown_kind_of_process_is_refused(farm: Visitor) -> None:
    assert farm.open(f"{PROCESS}?kind=guess").status == 422


# Release


def test_a_release_stands_on_the_page_of_its_batch(ledger: Ledger, farm: Visitor, co_op: Enrolled) -> None:
    goods, seq = a_batch(ledger, co_op, "XC-1", name="香肠", category="packaged_food")
    assert "食品安全法 51、52" not in farm.open(f"/my/batches/{seq}").text.partition("出厂放行")[0]
    blank = farm.open(f"/my/batches/{seq}/release")
    assert "食品安全法 51、52" in blank.text
    page = farm.submit(blank, f"/my/batches/{seq}/release", {"certificate_number": "HG-1", "person_name": "某某"})
    assert "HG-1" in page.text
    (release,) = said_by(ledger, co_op, Release)
    assert isinstance(release, Release)
    assert release.goods == goods
    wrong = farm.submit(blank, f"/my/batches/{seq}/release", {"tested_on": "14.11.2026"})
    assert wrong.status == 422
    assert 'id="tested_on-why"' in wrong.html


# Counting, destroying, returning


def test_a_loss_is_recorded_with_its_reason_and_leaves_the_stock(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    blank = farm.open(f"/my/stock/adjust?goods={at(goods)}")
    page = farm.submit(blank, "/my/stock/adjust", {"amount": "3.5", "note": "运输挤压腐烂"})
    assert page.status == 200
    assert "96.5 公斤" in page.text
    (told,) = said_by(ledger, co_op, Adjustment)
    assert isinstance(told, Adjustment)
    assert told.reason == "loss"
    size = ledger.size()
    farm.submit(blank, "/my/stock/adjust", {"amount": "3.5", "note": "运输挤压腐烂"})
    assert ledger.size() == size


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"amount": "3"}, "note"), ({"note": "x"}, "amount"), ({"amount": "3", "note": "x", "reason": "sample"}, "reason")],
)
def test_a_count_without_reason_or_amount_is_refused_beside_its_field(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, changes: dict[str, str], field: str
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    page = farm.submit(farm.open(f"/my/stock/adjust?goods={at(goods)}"), "/my/stock/adjust", changes)
    assert page.status == 422
    assert f'href="#{field}"' in page.html


def test_what_was_destroyed_names_how_and_who_saw_it(ledger: Ledger, farm: Visitor, co_op: Enrolled) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    page = farm.submit(
        farm.open(f"/my/stock/destroy?goods={at(goods)}"),
        "/my/stock/destroy",
        {"amount": "10", "method": "深埋", "witnesses": "张某、李某"},
    )
    assert "90 公斤" in page.text
    (told,) = said_by(ledger, co_op, Destruction)
    assert isinstance(told, Destruction)
    assert told.witnesses == ("张某", "李某")


def test_goods_go_back_to_whom_they_came_from(
    ledger: Ledger, trader: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    taken(ledger, stall, co_op, sent(ledger, co_op, stall, goods, "30"), goods, "30")
    page = trader.submit(trader.open(f"/my/returns/new?goods={at(goods)}"), "/my/returns", {"amount": "5", "reason": "发黄"})
    assert page.path.startswith("/my/shipments/")
    assert "发黄" in page.text
    (told,) = said_by(ledger, stall, Return)
    assert isinstance(told, Return)
    assert told.to == co_op.party
    assert left(ledger, stall, goods) == "25 KGM"


# Shipments


def test_shipments_show_what_was_answered_what_differs_and_for_how_long_one_waits(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled, clock: Clock
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    differs = sent(ledger, co_op, stall, goods, "30")
    waits = sent(ledger, co_op, stall, goods, "20")
    taken(ledger, stall, co_op, differs, goods, "28")
    clock.forward(50)
    page = farm.open("/my/shipments")
    assert "已等 2 天" in page.text
    assert "有差异" in farm.open(f"/my/shipments/{differs}").text
    assert "28 公斤" in farm.open(f"/my/shipments/{differs}").text
    only = farm.open("/my/shipments?state=unanswered")
    assert f"#{waits}" in only.text
    assert f"#{differs}" not in only.text
    rows = table(farm.open("/my/shipments.csv?state=corrected"))
    assert [row[0] for row in rows[1:]] == [str(differs)]
    assert dict(zip(rows[0], rows[1], strict=True))["实收"] == "28"


def test_a_shipment_is_shown_to_its_sender_alone(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled, stall: Enrolled
) -> None:
    goods, batch = a_batch(ledger, co_op, "JC-1")
    seq = sent(ledger, co_op, stall, goods, "30")
    assert farm.open(f"/my/shipments/{seq}").status == 200
    assert trader.open(f"/my/shipments/{seq}").status == 404
    assert farm.open(f"/my/shipments/{batch}").status == 404
    assert farm.open("/my/shipments/999999").status == 404


# Labels


def test_labels_are_written_down_and_printed_again_only_with_a_reason(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, clock: Clock
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    first = farm.open(f"/my/labels/new?goods={at(goods)}")
    assert "reason" not in first.fields("/my/labels")
    sheet = farm.submit(first, "/my/labels", {"count": "3"})
    assert sheet.html.count("<img class=\"goods-label-50\"") == 3
    picture = sheet.html.partition('src="/api/v1/')[2].partition('"')[0].replace("&amp;", "&")
    assert farm.open(f"/api/v1/{picture}").answer.headers["content-type"] == "image/png"
    # The same form again is the same run.
    assert farm.submit(first, "/my/labels", {"count": "3"}).path == sheet.path
    clock.forward(1)
    again = farm.open(f"/my/labels/new?goods={at(goods)}")
    assert "已打印 1 次，共 3 张" in again.text
    refused = farm.submit(again, "/my/labels", {"count": "2"})
    assert refused.status == 422
    assert 'id="reason-why"' in refused.html
    farm.submit(refused, "/my/labels", {"count": "2", "reason": "卡纸"})
    page = farm.open("/my/labels")
    assert "卡纸" in page.text
    assert "首次打印" in page.text
    assert [row[3] for row in table(farm.open("/my/labels.csv"))[1:]] == ["2", "3"]
    assert farm.open("/my/labels?q=卡纸").text.count("50 × 30 mm") == 1


@pytest.mark.parametrize(("count", "status"), [("0", 422), ("1", 200), ("500", 200), ("501", 422), ("二", 422)])
def test_a_run_has_one_label_at_least_and_five_hundred_at_most(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, count: str, status: int
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    page = farm.submit(farm.open(f"/my/labels/new?goods={at(goods)}"), "/my/labels", {"count": count})
    assert page.status == status


def test_no_label_is_printed_while_an_order_stands_not_even_from_a_sheet_of_yesterday(
    ledger: Ledger, farm: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    form = farm.open(f"/my/labels/new?goods={at(goods)}")
    sheet = farm.submit(form, "/my/labels")
    ledger.say(co_op.party, Hold.read({"action": "hold", "goods": [str(goods)], "at": str(co_op.party)}))
    assert farm.open(sheet.path).status == 409
    assert farm.open(f"/my/labels/new?goods={at(goods)}").status == 422
    ledger.say(co_op.party, Hold.read({"action": "release", "goods": [str(goods)], "at": str(co_op.party)}))
    assert farm.open(sheet.path).status == 200


def test_nobody_prints_labels_for_goods_that_are_none_of_his(
    ledger: Ledger, farm: Visitor, trader: Visitor, co_op: Enrolled
) -> None:
    goods, _ = a_batch(ledger, co_op, "JC-1")
    form = farm.open(f"/my/labels/new?goods={at(goods)}")
    assert trader.open(f"/my/labels/new?goods={at(goods)}").status == 403
    sheet = farm.submit(form, "/my/labels")
    assert trader.open(sheet.path).status == 404


# People and keys


def test_an_owner_gives_a_key_that_is_shown_once_and_takes_it_back(
    client: Client, farm: Visitor, co_op: Enrolled
) -> None:
    made = farm.submit(
        farm.open("/people/keys"), "/people/keys", {"label": "仓库系统", "days": "30", "may_read_own": "1"}
    )
    assert made.answer.headers["cache-control"] == "no-store"
    key = made.html.partition('<p class="goods-key">')[2].partition("<")[0]
    assert client.get("/api/v1/me", key=key).status_code == 403
    assert client.get("/my/batches", key=key).status_code == 200
    listed = farm.open("/people/keys")
    assert key not in listed.html
    assert "仓库系统" in listed.text
    assert "查看本方资料" in listed.text
    name = next(
        form.fields["name"]
        for form in listed.read.forms
        if form.action == "/people/keys/take" and f'{form.fields["name"]}' in listed.html.partition("仓库系统")[2]
    )
    rotated = Visitor(client, key=co_op.key)._send("POST", "/people/keys/rotate", data={"name": name})  # noqa: SLF001  (one of several forms alike)
    assert rotated.status_code == 200
    gone = farm._send("POST", "/people/keys/take", data={"name": name})  # noqa: SLF001  (one of several forms alike)
    assert gone.status_code == 303
    assert client.get("/my/batches", key=key).status_code == 401


@pytest.mark.parametrize(("days", "status"), [("1", 200), ("90", 200), ("91", 422), ("", 200), ("x", 422)])
def test_a_key_is_good_for_ninety_days_at_most(farm: Visitor, days: str, status: int) -> None:
    page = farm.submit(farm.open("/people/keys"), "/people/keys", {"label": "ERP", "days": days})
    assert page.status == status
    if status == 422:
        assert page.fields("/people/keys")["label"] == "ERP"
        assert 'href="#days"' in page.html


def test_another_partys_keys_are_not_there_for_an_owner(
    ledger: Ledger, client: Client, farm: Visitor
) -> None:
    other = enrol_party(ledger, "别的单位（演示）")
    name = ledger.accounts.access.of(other.party)[0].name
    assert farm._send("POST", "/people/keys/take", data={"name": name}).status_code == 404  # noqa: SLF001  (no form of ours names it)
    assert client.get("/my", key=other.key).status_code == 200
