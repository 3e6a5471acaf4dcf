"""The counter: a regular buyer, kilos, price, print; who owes what; without script, and once however often it is sent.

One market for all tests: each sells goods of its own to a buyer of its own.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import GoodsId, PartyId
from ledger.trace import balance
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import Clock, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.views.book import Record
    from tests.integration.pages.browsing import Page
    from tests.support.server import Client, Enrolled


@dataclass
class Market:
    """A wholesaler with a clock, and as many buyers and goods as tests ask for."""

    ledger: Ledger
    client: Client
    clock: Clock
    wholesaler: Enrolled
    stall: Enrolled
    count: int = 0

    @property
    def seller(self) -> Visitor:
        """The wholesaler in front of a browser."""
        return Visitor.of(self.client, self.wholesaler)

    def buyer(self, name: str = "") -> PartyId:
        """Somebody whom the wholesaler has written down."""
        self.count += 1
        party = PartyId.new(self.count.to_bytes(10, "big"))
        sheet = Party(party=party, party_kind="unknown", name=name or f"{self.count} 号摊（演示）")
        self.ledger.say(self.wholesaler.party, sheet)
        return party

    def goods(self, kilos: int = 800, *, name: str = "", seller: Enrolled | None = None) -> str:
        """A batch in the wholesaler's hands, as the form names it."""
        self.count += 1
        goods = f"https://id.gs1.org/01/09520001000027/10/SL-{self.count}"
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": str((seller or self.wholesaler).party),
            "name": name or f"韭菜 {self.count}",
            "category": "farm_produce",
            "batch_number": f"SL-{self.count}",
            "origin": "江苏如皋",
            "quantity": {"amount": str(kilos), "unit": "KGM"},
        }
        self.ledger.say((seller or self.wholesaler).party, Batch.read(batch))
        return f"KGM {goods}"

    def sell(self, buyer: PartyId, goods: str, **fields: str) -> Page:
        """One slip: 60 kg at 4 yuan, on credit, unless said otherwise."""
        typed = {"goods_0": goods, "amount_0": "60", "price_0": "4", "terms": "credit"} | fields
        return self.seller.submit(self.seller.open(f"/sell/to/{buyer}"), f"/sell/to/{buyer}", typed)

    def slip(self, page: Page) -> tuple[Record, Shipment]:
        """The record behind a slip's page."""
        with self.ledger.book() as book:
            record = book.records([at(page)])[at(page)]
        assert isinstance(record.said, Shipment)
        return record, record.said

    def left(self, goods: str) -> str:
        """What the wholesaler should still have."""
        with self.ledger.book() as book:
            return str(balance(book, self.wholesaler.party, goods_of(goods)).expected)


def at(page: Page) -> int:
    """The entry that a slip's address names."""
    return int(page.path.partition("?")[0].split("/")[3])


def goods_of(choice: str) -> GoodsId:
    return GoodsId.parse(choice.partition(" ")[2])


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    clock = Clock()
    with make_ledger(tmp_path_factory.mktemp("market"), clock) as ledger, open_client(ledger) as client:
        wholesaler = enrol_party(ledger, "顺和示例批发部（演示）", kind="individual_business")
        stall = enrol_party(ledger, "王记示例菜摊（演示）", kind="individual_business")
        yield Market(ledger, client, clock, wholesaler, stall)


def test_the_counter_shows_whom_it_sells_to_the_most_frequent_of_late_first(market: Market) -> None:
    often, seldom, goods = market.buyer("甲记面馆（演示）"), market.buyer("乙记面馆（演示）"), market.goods()
    for buyer in (often, often, often, often, often, seldom):
        market.sell(buyer, goods)
    page = market.seller.open("/sell")
    links = [link for link in page.read.links if link.startswith("/sell/to/")]
    assert links.index(f"/sell/to/{often}") < links.index(f"/sell/to/{seldom}")
    assert "今日已开" in page.text
    # A month later the one who came lately stands first.
    market.clock.forward(24 * 30)
    market.sell(seldom, goods)
    links = [link for link in market.seller.open("/sell").read.links if link.startswith("/sell/to/")]
    assert links.index(f"/sell/to/{seldom}") < links.index(f"/sell/to/{often}")


def test_a_buyer_is_found_by_first_letters_by_number_and_by_name(market: Market) -> None:
    buyer, goods = market.buyer("许记豆腐坊 8801 号（演示）"), market.goods()
    market.sell(buyer, goods)
    for text in ("xj", "XJDF", "8801", "豆腐"):
        assert market.seller.open(f"/sell?q={text}").path.startswith(f"/sell/to/{buyer}?form=")
    assert "没有找到" in market.seller.open("/sell?q=zzz").text


def test_the_slip_is_filled_in_with_what_the_buyer_took_last(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    market.sell(buyer, goods, amount_0="45.5", price_0="3.8", terms="paid")
    market.clock.forward(24)
    fields = market.seller.open(f"/sell/to/{buyer}").fields(f"/sell/to/{buyer}")
    asked = ("goods_0", "amount_0", "price_0", "terms")
    assert [fields[name] for name in asked] == [goods, "45.5", "3.80", "paid"]


def test_of_the_same_goods_those_of_today_are_filled_in(market: Market) -> None:
    buyer, old = market.buyer(), market.goods(name="空心菜")
    market.sell(buyer, old)
    market.clock.forward(24)
    fresh = market.goods(name="空心菜")
    page = market.seller.open(f"/sell/to/{buyer}")
    assert page.fields(f"/sell/to/{buyer}")["goods_0"] == fresh
    assert page.html.index(fresh) < page.html.index(old)


def test_one_slip_is_voucher_shipment_offer_and_price(market: Market) -> None:
    goods = market.goods()
    promise: dict[str, Json] = {
        "producer": str(market.wholesaler.party),
        "basis": "self_test",
        "goods": str(goods_of(goods)),
        "number": "HGZ-1",
    }
    market.ledger.say(market.wholesaler.party, Commitment.read(promise))
    page = market.sell(market.stall.party, goods)
    assert page.status == 200
    for words in (
        "销售凭证",
        "韭菜",
        "60 公斤",
        "¥4.00",
        "¥240.00",
        "王记示例菜摊（演示）",
        "江苏如皋",
        "HGZ-1",
        "赊账",
    ):
        assert words in page.text
    assert 'class="code-picture"' in page.html
    record, said = market.slip(page)
    assert said.offer
    assert said.voucher is not None
    assert said.voucher.voucher_kind == "sales_slip"
    assert [(one.unit_price, one.amount) for one in said.prices or ()] == [("4.00", "240.00")]
    waiting = Visitor.of(market.client, market.stall).open("/my/deliveries")
    assert f"/my/deliveries/{record.header.id}" in waiting.read.links


@pytest.mark.parametrize(
    ("amount", "price", "total"),
    [
        ("58.5", "3.33", "194.81"),
        ("0.5", "0.01", "0.01"),
        ("0.4", "0.01", "0.00"),
        ("６０", "４．５", "270.00"),
    ],
)
def test_the_total_is_reckoned_to_the_fen(market: Market, amount: str, price: str, total: str) -> None:
    page = market.sell(market.buyer(), market.goods(), amount_0=amount, price_0=price)
    assert market.slip(page)[1].total == total


def test_a_total_that_was_agreed_stands_beside_what_the_prices_come_to(market: Market) -> None:
    page = market.sell(market.buyer(), market.goods(), price_0="3.33", total="199")
    assert "按单价合计 ¥199.80" in page.text
    assert "金额（元） ¥199.00" in page.text
    assert market.slip(page)[1].total == "199.00"


def test_several_lines_go_on_one_slip(market: Market) -> None:
    goods = market.goods()
    page = market.sell(market.buyer(), goods, goods_1=goods, amount_1="10", price_1="5")
    said = market.slip(page)[1]
    assert [str(line.quantity) for line in said.lines] == ["60 KGM", "10 KGM"]
    assert said.total == "290.00"
    assert "¥50.00" in page.text


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount_0": ""}, "amount_0"),
        ({"amount_0": "0"}, "amount_0"),
        ({"amount_0": "-3"}, "amount_0"),
        ({"amount_0": "六十"}, "amount_0"),
        ({"amount_0": "1000001"}, "amount_0"),
        ({"price_0": "0"}, "price_0"),
        ({"price_0": "-4"}, "price_0"),
        ({"price_0": "4.005"}, "price_0"),
        ({"price_0": "100000.01"}, "price_0"),
        ({"price_0": "四块"}, "price_0"),
        # On credit without a price nobody would know what is owed.
        ({"price_0": ""}, "price_0"),
        ({"total": "1e3"}, "total"),
        ({"amount_0": "900000", "price_0": "90000"}, "total"),
        ({"terms": "later"}, "terms"),
        ({"goods_0": "KGM"}, "goods_0"),
        ({"goods_0": "XXX https://id.gs1.org/01/09520001000027/10/SL-1"}, "goods_0"),
        ({"amount_1": "5", "goods_1": ""}, "goods_1"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field_and_records_nothing(
    market: Market, fields: dict[str, str], wrong: str
) -> None:
    # The stall has bought before or not; nothing is recorded either way.
    if not market.count:
        market.goods()
    size = market.ledger.size()
    goods = f"KGM https://id.gs1.org/01/09520001000027/10/SL-{market.count}"
    typed = {"goods_0": goods, "amount_0": "60", "price_0": "4", "terms": "credit"} | fields
    address = f"/sell/to/{market.stall.party}"
    page = market.seller.submit(market.seller.open(address), address, typed)
    assert page.status == 422
    assert f'id="{wrong}-why"' in page.html
    sent = page.fields(address)
    # What was typed stays; a choice that is none cannot be shown as chosen.
    assert all(sent[name] == value for name, value in fields.items() if name[:5] not in {"goods", "terms"})
    assert market.ledger.size() == size


def test_a_slip_sent_twice_is_one_slip_and_one_debt(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    address = f"/sell/to/{buyer}"
    typed = {"goods_0": goods, "amount_0": "60", "price_0": "4", "terms": "credit"}
    page = market.seller.open(address)
    first = market.seller.submit(page, address, typed)
    size = market.ledger.size()
    assert market.seller.submit(page, address, typed).path == first.path
    assert market.ledger.size() == size
    assert "应收 ¥240.00" in market.seller.open(f"/sell/owed/{buyer}").text
    # Whoever goes back to the form finds the slip.
    assert at(market.seller.open(page.path)) == at(first)
    # A form that a browser kept, and that was changed, was recorded already.
    changed = market.seller.submit(page, address, typed | {"amount_0": "70"})
    assert changed.status == 422
    assert "已经入账" in changed.text
    assert f"/my/slips/{at(first)}" in changed.read.links
    assert market.ledger.size() == size


def test_goods_under_a_hold_or_recall_are_refused_with_the_order_named(market: Market) -> None:
    buyer, held, recalled = market.buyer(), market.goods(), market.goods()
    me = market.wholesaler.party
    market.ledger.say(me, Hold(action="hold", goods=(goods_of(held),), at=me, reason="快检阳性"))
    market.ledger.say(me, Recall(action="recall", goods=(goods_of(recalled),), reason="自查（演示）"))
    size = market.ledger.size()
    for goods, order in ((held, "起控制，未解除"), (recalled, "起召回，未终止")):
        page = market.sell(buyer, goods)
        assert page.status == 422
        assert order in page.text
    assert market.ledger.size() == size
    fresh = market.seller.open(f"/sell/to/{buyer}")
    assert fresh.fields(f"/sell/to/{buyer}")["goods_0"] not in {held, recalled}


@pytest.mark.parametrize(("amount", "doubted"), [("800", False), ("800.5", True)])
def test_more_than_the_stock_is_sold_and_said_before_printing(
    market: Market, amount: str, *, doubted: bool
) -> None:
    page = market.sell(market.buyer(), market.goods(800), amount_0=amount)
    assert page.status == 200
    assert ("打印前请核对" in page.text) is doubted
    assert ("卖出的比账面多 0.5 公斤" in page.text) is doubted
    # No print dialog before it was read.
    assert ("data-now" in page.html) is not doubted


def test_a_price_far_from_the_last_one_is_looked_at_again(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    for price, doubted in (("4", False), ("11.99", False), ("35.97", True), ("12", False), ("4", True)):
        page = market.sell(buyer, goods, price_0=price, amount_0="1")
        assert ("打印前请核对" in page.text) is doubted, price


def test_a_slip_printed_again_says_so_and_counts(market: Market) -> None:
    page = market.sell(market.buyer(), market.goods())
    assert "补打" not in page.text
    address = f"/my/slips/{at(page)}"
    later = market.seller.open(address)
    assert "副本" in later.text
    assert "补打 第 1 次" in market.seller.submit(later, f"{address}/print").text
    # The same page's button a second time: one print.
    assert "补打 第 1 次" in market.seller.submit(later, f"{address}/print").text
    assert "补打 第 2 次" in market.seller.submit(market.seller.open(address), f"{address}/print").text


def test_the_paper_is_remembered_by_the_browser(market: Market) -> None:
    address = f"/my/slips/{at(market.sell(market.buyer(), market.goods()))}"
    seller = market.seller
    assert "paper-80" in seller.open(address).html
    chosen = seller.open(f"{address}?paper=58")
    assert "paper-58" in chosen.html
    assert "slip_paper=58" in chosen.answer.headers["set-cookie"]
    seller.cookies = {"slip_paper": "58"}
    assert "paper-58" in seller.open(address).html
    assert seller.open(f"{address}?paper=66").status == 422


def test_wrong_kilos_are_put_right_in_one_step_and_the_old_slip_is_crossed_out(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    first = market.sell(buyer, goods, amount_0="600", terms="paid")
    market.clock.forward(1)
    address = f"/my/slips/{at(first)}/correct"
    form, other = market.seller.open(address), market.seller.open(address)
    assert form.fields(address)["amount_0"] == "600"
    done = market.seller.submit(form, address, {"amount_0": "60", "terms": "credit"})
    assert f"代替第 {at(first)} 条" in done.text
    assert "¥240.00" in done.text
    # Sent again it is the same slip; another that puts the same slip right is none.
    size = market.ledger.size()
    assert market.seller.submit(form, address, {"amount_0": "60", "terms": "credit"}).path == done.path
    assert market.seller.submit(other, address, {"amount_0": "61"}).status == 422
    assert market.ledger.size() == size
    crossed = market.seller.open(f"/my/slips/{at(first)}")
    assert "本凭证已更正" in crossed.text
    assert f"/my/slips/{at(done)}" in crossed.read.links
    (earlier, wrong), (later, right) = market.slip(first), market.slip(done)
    assert wrong.voucher == right.voucher
    assert later.header.corrects == earlier.header.id
    assert later.occurred_ms == earlier.occurred_ms
    assert market.left(goods) == "740 KGM"
    # What was paid at once went with the wrong slip.
    assert "应收 ¥240.00" in market.seller.open(f"/sell/owed/{buyer}").text


def test_a_sale_that_did_not_happen_is_taken_back(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    address = f"/my/slips/{at(market.sell(buyer, goods))}"
    page = market.seller.open(address)
    assert "本凭证已作废" in market.seller.submit(page, f"{address}/void").text
    size = market.ledger.size()
    assert market.seller.submit(page, f"{address}/void").status == 200
    assert market.ledger.size() == size
    assert market.left(goods) == "800 KGM"
    assert "应收 ¥0.00" in market.seller.open(f"/sell/owed/{buyer}").text


def test_a_slip_from_elsewhere_is_put_on_the_account_by_its_page(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    body: dict[str, Json] = {
        "to": str(buyer),
        "total": "99.00",
        "lines": [{"goods": str(goods_of(goods)), "quantity": {"amount": "9", "unit": "KGM"}}],
    }
    (placed,) = market.ledger.say(market.wholesaler.party, Shipment.read(body))
    address = f"/my/slips/{placed.seq}"
    page = market.seller.open(address)
    assert "未注明付款" in page.text
    market.seller.submit(page, f"{address}/terms", {"terms": "credit"})
    assert "应收 ¥99.00" in market.seller.open(f"/sell/owed/{buyer}").text


def test_payments_go_against_the_oldest_slip_first(market: Market) -> None:
    buyer, goods = market.buyer(), market.goods()
    first = market.sell(buyer, goods)
    market.clock.forward(24)
    second = market.sell(buyer, goods, amount_0="10")
    address = f"/sell/owed/{buyer}"
    page = market.seller.open(address)
    pays = f"{address}/payments"
    assert page.fields(pays)["amount"] == "280.00"
    market.seller.submit(page, pays, {"amount": "250.5", "method": "wechat", "note": "老板娘付"})
    # Sent twice it is one payment; with another amount it is refused.
    assert (
        "应收 ¥29.50"
        in market.seller.submit(page, pays, {"amount": "250.5", "method": "wechat", "note": "老板娘付"}).text
    )
    assert market.seller.submit(page, pays, {"amount": "1"}).status == 422
    text = market.seller.open(address).text
    assert f"#{at(second)} 尚欠 ¥29.50" in text
    assert f"#{at(first)} 尚欠" not in text
    assert "微信" in text
    assert "老板娘付" in text


def test_a_payment_taken_back_stays_crossed_out_and_counts_no_more(market: Market) -> None:
    buyer = market.buyer()
    market.sell(buyer, market.goods())
    address = f"/sell/owed/{buyer}"
    paid = market.seller.submit(market.seller.open(address), f"{address}/payments", {"amount": "300"})
    assert "预收 ¥60.00" in paid.text
    takes_back = next(form.action for form in paid.read.forms if form.action.endswith("/withdraw"))
    back = market.seller.submit(paid, takes_back)
    assert "应收 ¥240.00" in back.text
    assert "不计" in back.text
    # Another buyer's page does not reach it.
    other = market.buyer()
    market.sell(other, market.goods())
    stranger = takes_back.replace(str(buyer), str(other))
    paid.read.forms[0].action = stranger
    assert market.seller.submit(paid, stranger).status == 422


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("amount", "0"),
        ("amount", "-5"),
        ("amount", "10000000.01"),
        ("amount", "很多"),
        ("paid_on", "2999-01-01"),
        ("paid_on", "昨天"),
        ("method", "shells"),
        ("note", "注" * 101),
    ],
)
def test_a_payment_that_cannot_be_is_refused_at_its_field(market: Market, name: str, typed: str) -> None:
    address = f"/sell/owed/{market.stall.party}"
    if market.seller.open(address).status != 200:
        market.sell(market.stall.party, market.goods())
    page = market.seller.submit(market.seller.open(address), f"{address}/payments", {name: typed})
    assert page.status == 422
    assert f'id="{name}-why"' in page.html


def test_what_is_owed_goes_to_a_spreadsheet(market: Market) -> None:
    buyer = market.buyer("=HYPERLINK(1)（演示）")
    market.sell(buyer, market.goods())
    answer = market.seller.open("/sell/owed.csv").answer
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    (mine,) = (row for row in rows if "HYPERLINK" in row[0])
    assert mine[0].startswith("'=")
    assert mine[2] == "240.00"
    account = market.seller.open(f"/sell/owed/{buyer}.csv").answer.text
    assert "240.00" in account
    assert market.seller.open(f"/sell/owed/{buyer}.xlsx").answer.content.startswith(b"PK")


def test_what_is_owed_is_read_by_the_seller_alone_and_prices_by_the_two_sides(market: Market) -> None:
    client, goods = market.client, market.goods()
    slip = market.sell(market.stall.party, goods)
    entry = f"/entries/{at(slip)}"
    stranger = Visitor.of(client, enrol_party(market.ledger, "旁人示例商行（演示）"))
    official = Visitor.of(client, enrol_party(market.ledger, "示例市场监管局（演示）", role="authority"))
    stall = Visitor.of(client, market.stall)
    for reader in (stall, official):
        assert "单价（元）" in reader.open(entry).text
    for reader in (stranger, Visitor(client)):
        assert "单价（元）" not in reader.open(entry).text
        assert "240.00" not in reader.open(entry).text
    for reader in (stall, official, stranger):
        assert reader.open(f"/sell/owed/{market.stall.party}").status == 404
        assert reader.open(f"/my/slips/{at(slip)}").status == 404
    assert "没有未收的款" in official.open("/sell/owed").text


def test_nobody_sells_to_himself_or_to_whom_nobody_recorded(market: Market) -> None:
    assert market.seller.open(f"/sell/to/{market.wholesaler.party}").status == 404
    assert market.seller.open(f"/sell/to/{PartyId.new(b'nobody-at!')}").status == 404


def test_whoever_has_nothing_is_told_where_goods_come_from(market: Market) -> None:
    nobody = Visitor.of(market.client, enrol_party(market.ledger, "空手示例商行（演示）"))
    assert "账上没有可卖的货" in nobody.open(f"/sell/to/{market.stall.party}").text
    assert "还没有卖过货" in nobody.open("/sell").text


def test_a_buyer_named_like_a_script_stays_a_name(market: Market) -> None:
    name = '<script>alert("甲")</script>'
    page = market.sell(market.buyer(name), market.goods())
    assert name in page.text
    assert "<script>alert" not in page.html
