"""The stall code: opened by the stall and nobody else, small, and telling nobody whose customer the stall is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest

from api.pages.stall_code import codes_of, publish
from ledger.identifiers import BatchCode, GoodsId, Instant, LegalDate, PartyId, StallCode
from ledger.store.stall_codes import StallCodes
from ledger.vocabulary.documents import Certificate, Commitment
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.oversight import Hold, Recall, TestResult
from ledger.vocabulary.parties import Licence, Party, Succession
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import (
    MORNING_MS,
    Clock,
    Enrolled,
    copied_ledger,
    enrol_party,
    make_ledger,
    open_client,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.integration.pages.browsing import Page
    from tests.support.server import Client

LEEK = GoodsId.of_batch(BatchCode.new(b"leek-batch"))
EGGS = GoodsId.of_batch(BatchCode.new(b"eggs-batch"))
ELSEWHERE = GoodsId.of_batch(BatchCode.new(b"elsewhere-"))
#: Whole, with the style that travels in it: one answer over a bad network.
BYTES_MAX = 14_000
SUPPLIER, MARKET = "顺和示例批发部（演示）", "城东示例农贸市场（演示）"
#: Stands in everything that is for somebody and not for everybody.
SECRETS = (
    "顺和示例",
    "绿畦示例",
    "张桂兰",
    "示例村",
    "139-0000",
    "138-0000",
    "XS-0009",
    "HGZ-77",
    "BG-2026",
    "公斤",
    " kg",
    "KGM",
    "240",
    "37.5",
    "¥",
)


def line(goods: GoodsId, amount: str = "37.5") -> dict[str, Json]:
    return {"goods": str(goods), "quantity": {"amount": amount, "unit": "KGM"}}


class Cast(NamedTuple):
    """Who is in it."""

    market: Enrolled
    supplier: Enrolled
    grower: Enrolled
    stall: Enrolled
    farmer: PartyId


@dataclass(slots=True)
class Market:
    """A co-operative's leeks through a wholesaler, a farmer's eggs, and a stall that has both."""

    ledger: Ledger
    client: Client
    clock: Clock
    market: Enrolled
    supplier: Enrolled
    grower: Enrolled
    stall: Enrolled
    farmer: PartyId

    def say(self, who: PartyId, said: object) -> None:
        self.ledger.say(who, said)  # type: ignore[arg-type]  # one of the records named above

    def publish(self) -> StallCode:
        return publish(self.ledger, self.stall.party, by_whom=self.stall.party).code

    def seen(self, path: str = "", language: str = "zh-CN") -> Page:
        """The stall's page as everybody sees it."""
        code = codes_of(self.ledger).of(self.stall.party)
        assert code is not None
        return Visitor(self.client, language=language).open(f"/s/{code.code}{path}")

    def keeper(self) -> Visitor:
        return Visitor.of(self.client, self.stall)


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Cast]:
    """What happened, in a folder that nobody writes to any more."""
    folder = tmp_path_factory.mktemp("market")
    with make_ledger(folder, Clock()) as ledger:
        return folder, tell(ledger)


@pytest.fixture
def market(told_once: tuple[Path, Cast], tmp_path: Path, clock: Clock) -> Iterator[Market]:
    folder, cast = told_once
    with copied_ledger(folder, tmp_path, clock) as ledger, open_client(ledger) as client:
        yield Market(ledger, client, clock, *cast)


def tell(ledger: Ledger) -> Cast:
    """A morning at the stall."""
    town = Cast(
        market=enrol_party(ledger, MARKET, role="operator"),
        supplier=enrol_party(ledger, SUPPLIER, kind="individual_business"),
        grower=enrol_party(ledger, "绿畦示例合作社（演示）", kind="cooperative"),
        stall=enrol_party(ledger, "王记示例菜摊（演示）", kind="individual_business"),
        farmer=PartyId.new(b"farmer-egg"),
    )
    say, stall, supplier = ledger.say, town.stall.party, town.supplier.party
    sheet: dict[str, Json] = {
        "party": str(stall),
        "party_kind": "individual_business",
        "name": "王记示例菜摊（演示）",
        "market": str(town.market.party),
        "stall_number": "A-15",
        "phone": "138-0000-0001",
    }
    say(ledger.registrar, Party.read(sheet))
    leek: dict[str, Json] = {
        "goods": str(LEEK),
        "maker": str(town.grower.party),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": "JC-1",
        "origin": "江苏如皋",
        "produced_on": "2026-11-13",
    }
    say(town.grower.party, Batch.read(leek))
    promise: dict[str, Json] = {
        "producer": str(town.grower.party),
        "basis": "self_test",
        "goods": str(LEEK),
        "number": "HGZ-77",
        "issued_on": "2026-11-13",
    }
    say(town.grower.party, Commitment.read(promise))
    paper: dict[str, Json] = {
        "certificate_kind": "third_party_test",
        "number": "BG-2026",
        "issued_by": "绿畦示例检验室",
        "goods": [str(LEEK)],
    }
    say(town.grower.party, Certificate.read(paper))
    sent: dict[str, Json] = {
        "to": str(stall),
        "lines": [line(LEEK)],
        "voucher": {"voucher_kind": "sales_slip", "number": "XS-0009"},
        "total": "240.00",
    }
    (placed,) = ledger.say(supplier, Shipment.read(sent))
    shipment = ledger.stored(placed.seq).header.id
    received: dict[str, Json] = {"supplier": str(supplier), "shipment": str(shipment), "lines": [line(LEEK)]}
    say(stall, Receipt.read(received))
    farmer: dict[str, Json] = {
        "party": str(town.farmer),
        "party_kind": "farmer",
        "person_name": "张桂兰",
        "phone": "139-0000-0777",
        "address": "如皋市示例村",
    }
    say(stall, Party.read(farmer))
    eggs: dict[str, Json] = {
        "goods": str(EGGS),
        "maker": str(town.farmer),
        "name": "张桂兰家的土鸡蛋",
        "category": "farm_produce",
        "origin": "如皋市示例村",
        "lot_basis": "supplier_product_date",
    }
    say(stall, Batch.read(eggs))
    say(stall, Receipt.read({"supplier": str(town.farmer), "lines": [line(EGGS)]}))
    licence: dict[str, Json] = {
        "holder": str(stall),
        "licence_kind": "营业执照",
        "number": "92320600DEM0015",
        "valid_to": "2028-01-01",
    }
    say(stall, Licence.read(licence))
    return town


def recall(goods: GoodsId = LEEK, **more: Json) -> Recall:
    body: dict[str, Json] = {"action": "recall", "goods": [str(goods)], "reason": "检出禁用农药", **more}
    return Recall.read(body)


def sampled(market: Market, overall: str, **more: Json) -> None:
    body: dict[str, Json] = {
        "goods": str(LEEK),
        "taken_from": str(market.stall.party),
        "laboratory": "城东市场快检室（演示）",
        "stage": "quick",
        "overall": overall,
        **more,
    }
    market.say(market.market.party, TestResult.read(body))


# What it shows


def test_the_page_shows_todays_goods_their_day_origin_sort_of_source_and_promise(market: Market) -> None:
    market.publish()
    page = market.seen()
    assert page.status == 200
    assert page.read.h1 == "王记示例菜摊（演示）"
    for words in (
        "A-15 号摊",
        MARKET,
        "韭菜",
        "2026-11-14 进货",
        "产地 江苏如皋",
        "来自个体工商户，对方和本摊都有记录",
        "来自个人农户，只有本摊的记录",
        "承诺达标合格证，2026-11-13",
        "营业执照",
        "有效期至 2028-01-01",
        "没有公开记录",
        "散装货没有码",
    ):
        assert words in page.text
    assert "/p/report?code=" in page.html


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_is_one_small_answer_without_script(market: Market, language: str) -> None:
    for number in range(12):
        goods = GoodsId.of_batch(BatchCode.new(b"more-%05d" % number))
        body: dict[str, Json] = {
            "goods": str(goods),
            "maker": str(market.farmer),
            "name": f"时令蔬菜 {number}",
            "category": "farm_produce",
        }
        market.say(market.stall.party, Batch.read(body))
        market.say(market.stall.party, Receipt.read({"supplier": str(market.farmer), "lines": [line(goods)]}))
    market.publish()
    page = market.seen(language=language)
    assert len(page.answer.content) <= BYTES_MAX
    assert "script" not in page.read.tags
    assert not [one for one in page.read.links if one.startswith(("http://", "https://", "//"))]


def test_the_page_names_no_supplier_price_quantity_or_telephone(market: Market) -> None:
    sampled(market, "pass")
    market.publish()
    ids = {str(one) for one in (market.supplier, market.grower, market.farmer, market.stall, LEEK, EGGS)}
    codes = {str(one.batch_code) for one in (LEEK, EGGS)} | {
        one.batch_code.printed for one in (LEEK, EGGS) if one.batch_code is not None
    }
    for language in ("zh-CN", "en"):
        for path in ("", f"?batch={LEEK.batch_code}", f"?batch={ELSEWHERE.batch_code}"):
            page = market.seen(path, language=language)
            shown = page.html if not path else page.text.replace(str(LEEK.batch_code), "")
            assert [one for one in (*SECRETS, *ids, *(codes if not path else ())) if one in shown] == []


def test_a_supplier_who_is_the_maker_too_is_not_named_either(market: Market) -> None:
    """A farm that sells straight to stalls has customers as well."""
    goods = GoodsId.of_batch(BatchCode.new(b"straight--"))
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(market.grower.party),
        "name": "绿畦示例合作社的菠菜",
        "category": "farm_produce",
        "origin": "绿畦示例合作社三号棚",
    }
    market.say(market.grower.party, Batch.read(body))
    received: dict[str, Json] = {"supplier": str(market.grower.party), "lines": [line(goods)]}
    market.say(market.stall.party, Receipt.read(received))
    market.publish()
    page = market.seen()
    assert "来自合作社" in page.text
    assert "食用农产品" in page.text
    assert "绿畦" not in page.html


def test_what_was_sold_removed_or_sent_back_is_not_shown(market: Market) -> None:
    market.publish()
    market.say(market.stall.party, Sale.read({"lines": [line(LEEK, "30")]}))
    assert "韭菜" in market.seen().text
    market.say(market.stall.party, Adjustment.read({"reason": "loss", "lines": [line(LEEK, "7.5")]}))
    assert "韭菜" not in market.seen().text
    market.say(market.stall.party, Return.read({"to": str(market.farmer), "lines": [line(EGGS)]}))
    assert "近几天没有进货记录" in market.seen().text


def test_produce_is_shown_for_three_days_and_no_longer(market: Market) -> None:
    market.publish()
    market.clock.forward(48)
    assert "韭菜" in market.seen().text
    # Midnight of the third day: sixteen hours after eight in the morning.
    market.clock.forward(16)
    assert "韭菜" not in market.seen().text


def test_packed_food_is_shown_for_as_long_as_its_category_says(market: Market) -> None:
    water = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/W-1")
    body: dict[str, Json] = {
        "goods": str(water),
        "maker": str(market.grower.party),
        "name": "矿泉水",
        "category": "packaged_food",
    }
    market.say(market.grower.party, Batch.read(body))
    received: dict[str, Json] = {"supplier": str(market.supplier.party), "lines": [line(water)]}
    market.say(market.stall.party, Receipt.read(received))
    market.publish()
    market.clock.forward(29 * 24)
    assert "矿泉水" in market.seen().text
    market.clock.forward(24)
    assert "矿泉水" not in market.seen().text


def test_refused_goods_never_came(market: Market) -> None:
    goods = GoodsId.of_batch(BatchCode.new(b"refused---"))
    body: dict[str, Json] = {"supplier": str(market.farmer), "conclusion": "refuse", "lines": [line(goods)]}
    market.say(market.stall.party, Receipt.read(body))
    market.publish()
    assert "没有这一批次" in market.seen(f"?batch={goods.batch_code}").text


def test_goods_on_hold_are_not_shown_and_nobody_is_told_of_the_hold(market: Market) -> None:
    market.publish()
    market.say(market.stall.party, Hold.read({"action": "hold", "goods": [str(EGGS)],
                                              "at": str(market.stall.party), "reason": "气味异常"}))  # fmt: skip
    page = market.seen()
    assert "来自个人农户" not in page.text
    assert "气味异常" not in page.html
    assert "控制" not in page.text


# Problems first


def test_a_recall_stands_first_though_all_was_sold(market: Market) -> None:
    market.publish()
    market.say(market.stall.party, Sale.read({"lines": [line(LEEK)]}))
    market.say(market.grower.party, recall(advice="请退回购买处。"))
    text = market.seen().text.partition("2026-11-14")[2]
    assert text.index("正在召回：韭菜") < text.index("王记示例菜摊")
    assert "检出禁用农药" in text
    assert "请退回购买处" in text
    assert "绿畦" not in text
    asked = market.seen(f"?batch={LEEK.batch_code}")
    assert asked.text.index("这一批次正在召回") < asked.text.index("本摊有这一批次")


def test_a_recall_of_goods_that_never_came_here_is_not_shown(market: Market) -> None:
    body: dict[str, Json] = {
        "goods": str(ELSEWHERE),
        "maker": str(market.grower.party),
        "name": "芹菜",
        "category": "farm_produce",
    }
    market.say(market.grower.party, Batch.read(body))
    market.say(market.grower.party, recall(ELSEWHERE))
    market.publish()
    assert "召回：" not in market.seen().text


# Tests


def test_a_test_at_this_stall_is_shown_with_who_and_when(market: Market) -> None:
    market.publish()
    assert "在本摊抽样的检测" in market.seen().text
    sampled(market, "pass")
    assert "快速检测合格，城东市场快检室（演示），2026-11-14" in market.seen().text


@pytest.mark.parametrize(("hours", "shown"), [(0, False), (3.9, False), (4.1, True)])
def test_a_failed_test_is_shown_when_nobody_may_object_any_more_and_until_then_no_test_is(
    market: Market, hours: float, *, shown: bool
) -> None:
    sampled(market, "pass")
    until = str(Instant(MORNING_MS + 4 * 3_600_000, 480))
    sampled(market, "fail", objection_until=until)
    market.publish()
    market.clock.forward(hours)
    page = market.seen()
    assert ("快速检测不合格" in page.text) == shown
    assert "快速检测合格" not in page.text


def test_a_test_at_somebody_elses_stall_is_nobodys_business_here(market: Market) -> None:
    sampled(market, "pass", taken_from=str(market.supplier.party))
    market.publish()
    assert "快检室" not in market.seen().html


# Licences


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"valid_to": "2026-11-14"}, "有效期至 2026-11-14"),
        ({"valid_to": "2026-11-13"}, "已于 2026-11-13 到期"),
        ({"valid_to": "2026-11-13", "state": "renewal_filed"}, "已申请延续"),
        ({"valid_to": "2028-01-01", "state": "suspended"}, "已暂停"),
        ({"valid_to": None}, "没有写有效期"),
    ],
)
def test_a_licence_is_shown_with_how_it_stands_today(
    market: Market, change: dict[str, Json], words: str
) -> None:
    body: dict[str, Json] = {
        "holder": str(market.stall.party),
        "licence_kind": "营业执照",
        "number": "92320600DEM0015",
        **{name: value for name, value in change.items() if value is not None},
    }
    market.say(market.stall.party, Licence.read(body))
    market.publish()
    assert words in market.seen().text


# A batch and a stall together


def test_a_batch_is_answered_by_recorded_here_or_not_and_nothing_more(market: Market) -> None:
    market.publish()
    assert LEEK.batch_code is not None
    for spelt in (
        str(LEEK.batch_code),
        LEEK.batch_code.printed,
        f"http://localhost:8000/c/{LEEK.batch_code}",
    ):
        here = market.seen(f"?batch={spelt}")
        assert here.status == 200
        assert "本摊有这一批次的进货记录" in here.text
        assert "江苏" not in here.text


def test_a_batch_that_others_have_and_one_that_nobody_knows_are_answered_alike(market: Market) -> None:
    body: dict[str, Json] = {
        "goods": str(ELSEWHERE),
        "maker": str(market.grower.party),
        "name": "芹菜",
        "category": "farm_produce",
    }
    market.say(market.grower.party, Batch.read(body))
    market.publish()
    unknown = GoodsId.of_batch(BatchCode.new(b"nobody----"))
    answers = []
    for goods in (ELSEWHERE, unknown):
        page = market.seen(f"?batch={goods.batch_code}")
        answers.append((page.status, page.html.replace(str(goods.batch_code), "…")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert "没有这一批次的记录" in answers[0][1]


@pytest.mark.parametrize(
    "typed", ["", "   ", "%00", "x" * 1_900, "<script>alert(1)</script>", "9520001000027"]
)
def test_whatever_is_typed_for_a_batch_is_answered(market: Market, typed: str) -> None:
    market.publish()
    page = market.seen(f"?batch={typed}")
    assert page.status == 404
    assert "<script" not in page.html


# Opening and closing


def test_nothing_is_public_before_the_stall_opens_its_page(market: Market) -> None:
    assert codes_of(market.ledger).of(market.stall.party) is None
    keeper = market.keeper()
    page = keeper.open("/stall/code")
    assert "我同意把以上内容向所有人公开" in page.text
    refused = keeper.submit(page, "/stall/code")
    assert refused.status == 422
    assert codes_of(market.ledger).of(market.stall.party) is None
    done = keeper.submit(page, "/stall/code", {"agreed": "1"})
    assert done.path == "/stall/code?done=open"
    opened = codes_of(market.ledger).of(market.stall.party)
    assert opened is not None
    assert opened.by_whom == market.stall.party
    # The same form once more changes nothing.
    keeper.submit(page, "/stall/code", {"agreed": "1"})
    assert codes_of(market.ledger).of(market.stall.party) == opened


def test_a_new_code_ends_the_old_card_and_a_closed_page_opens_nothing(market: Market) -> None:
    old = market.publish()
    keeper = market.keeper()
    page = keeper.open("/stall/code")
    form = {"act": "renew", "code": str(old), "agreed": "1"}
    keeper.submit(page, "/stall/code", form)
    opened = codes_of(market.ledger).of(market.stall.party)
    assert opened is not None
    assert opened.code != old
    gone = Visitor(market.client).open(f"/s/{old}")
    assert gone.status == 410
    assert "这张卡已经停用" in gone.text
    assert "王记" not in gone.html
    # Sent again, the form speaks of a code that is no more: the new one stays.
    keeper.submit(page, "/stall/code", form)
    assert codes_of(market.ledger).of(market.stall.party) == opened
    keeper.submit(page, "/stall/code", {"act": "end", "code": str(opened.code)})
    assert codes_of(market.ledger).of(market.stall.party) is None
    assert Visitor(market.client).open(f"/s/{opened.code}").status == 410


@pytest.mark.parametrize(("how", "day", "status"), [
    ("taken_over", "2026-11-14", 410),
    ("taken_over", "2026-11-15", 200),
    ("renamed", "2026-11-14", 200),
])  # fmt: skip
def test_a_stall_that_changed_hands_has_no_page_under_the_old_card(
    market: Market, how: str, day: str, status: int
) -> None:
    code = market.publish()
    body: dict[str, Json] = {
        "party": str(market.stall.party),
        "successor": str(PartyId.new(b"new-keeper")),
        "how": how,
        "effective_on": day,
    }
    market.say(market.ledger.registrar, Succession.read(body))
    assert Visitor(market.client).open(f"/s/{code}").status == status


def test_a_code_is_read_as_people_write_it_and_a_wrong_letter_opens_nothing(market: Market) -> None:
    code = market.publish()
    visitor = Visitor(market.client)
    assert visitor.open(f"/s/{code.printed.upper()}").status == 200
    wrong = ("1" if code.text[0] != "1" else "2") + code.text[1:]
    for text in (wrong, "x", str(StallCode.new(b"unpublish!")), "0" * 200):
        page = visitor.open(f"/s/{text}")
        assert page.status == 404
        assert "没有这个摊位码" in page.text


def test_nobody_opens_a_page_for_somebody_else(market: Market) -> None:
    page = market.keeper().open("/stall/code")
    other = Visitor.of(market.client, market.supplier)
    other.submit(page, "/stall/code", {"agreed": "1"})
    assert codes_of(market.ledger).of(market.stall.party) is None
    assert codes_of(market.ledger).of(market.supplier.party) is not None


def test_the_market_may_open_it_and_the_stall_sees_who_did(market: Market) -> None:
    opened = publish(market.ledger, market.stall.party, by_whom=market.market.party)
    assert publish(market.ledger, market.stall.party, by_whom=market.market.party) == opened
    assert MARKET in market.keeper().open("/stall/code").text


def test_an_act_that_is_none_is_refused(market: Market) -> None:
    page = market.keeper().open("/stall/code")
    assert market.keeper().submit(page, "/stall/code", {"act": "publish", "agreed": "1"}).status == 422


def test_the_card_shows_name_number_code_and_address(market: Market) -> None:
    assert market.keeper().open("/stall/card").path == "/stall/code"
    code = market.publish()
    for size in ("a6", "a5"):
        page = market.keeper().open(f"/stall/card?size={size}")
        for words in ("王记示例菜摊（演示）", "A-15 号摊", code.printed, "localhost:8000", MARKET, "12315"):
            assert words in page.text
        assert f"stall-card {size}" in page.html
        assert re.search(rf'aria-label="http://localhost:8000/s/{code}"', page.html)
    assert "stall-card a6" in market.keeper().open("/stall/card?size=x").html


def test_codes_of_two_stalls_are_kept_apart(market: Market) -> None:
    codes = StallCodes(market.ledger.engine, market.ledger.origin, market.clock)
    mine = codes.open(market.stall.party, by_whom=market.stall.party)
    others = codes.open(market.supplier.party, by_whom=market.supplier.party)
    codes.end(market.supplier.party)
    assert codes.of(market.stall.party) == mine
    assert codes.find(others.code) is not None
    assert codes.of(market.supplier.party) is None
    assert LegalDate.parse("2026-11-14") == Instant(mine.made_ms).date_in_shanghai()
