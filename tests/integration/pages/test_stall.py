"""The stall's own page, without script: three taps, the same as last time, a slip photographed later, and a delivery corrected meanwhile."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from pypdf import PdfReader

from ledger.identifiers import GoodsId
from ledger.trace import balance
from ledger.views.book import about, party_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.identifiers import StatementId
    from ledger.service import Ledger
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said
    from tests.integration.pages.browsing import Page, Visitor
    from tests.support.server import Clock, Enrolled

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1")
CABBAGE = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/BC-1")
FARMER = {
    "supplier": "",
    "party_kind": "farmer",
    "party_name": "张桂兰",
    "address": "如皋市示例村（演示）",
    "phone": "139-0000-0777",
    "name": "小青菜",
    "quantity": "20",
    "papers": "in_order",
}


def shipment(stall: Enrolled, amount: str = "60", goods: GoodsId = LEEK, **more: Json) -> Shipment:
    body: dict[str, Json] = {
        "to": str(stall.party),
        "lines": [{"goods": str(goods), "quantity": {"amount": amount, "unit": "KGM"}}],
        "voucher": {"voucher_kind": "sales_slip", "number": "XS-0001"},
        "total": "240.00",
        **more,
    }
    return Shipment.read(body)


def less(stall: Enrolled) -> Shipment:
    """Ten kilos fewer, put right by the sender."""
    return shipment(stall, "50", correction_reason="incorrect_data")


def grown(ledger: Ledger, co_op: Enrolled, goods: GoodsId = LEEK) -> None:
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(co_op.party),
        "name": "韭菜",
        "category": "farm_produce",
        "batch_number": str(goods).rpartition("/")[2],
        "quantity": {"amount": "1200", "unit": "KGM"},
        "origin": "江苏如皋",
    }
    ledger.say(co_op.party, Batch.read(body))


@pytest.fixture
def offer(ledger: Ledger, co_op: Enrolled, stall: Enrolled) -> StatementId:
    """Sixty kilos of leek, on their way to the stall."""
    grown(ledger, co_op)
    (placed,) = ledger.say(co_op.party, shipment(stall))
    return ledger.stored(placed.seq).header.id


def said_by(ledger: Ledger, who: Enrolled, kind: type[Said]) -> list[Record]:
    with ledger.book() as book:
        return [
            one
            for one in about(book, party_key(who.party))
            if isinstance(one.said, kind) and one.actor == who.party
        ]


def photo() -> tuple[str, bytes, str]:
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), (230, 230, 220)).save(picture, "JPEG")
    return ("单据.jpg", picture.getvalue(), "image/jpeg")


def opened(trader: Visitor, offer: StatementId) -> tuple[Page, str]:
    path = f"/stall/deliveries/{offer}"
    assert path in trader.open("/stall").read.links
    return trader.open(path), path


def test_all_as_declared_is_one_answer_for_the_whole_delivery(
    trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    done = trader.submit(page, path, {"whole": "in_order"})
    assert done.path.startswith("/stall?done=")
    assert "没有等您确认的发货" in done.text
    (receipt,) = said_by(ledger, stall, Receipt)
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert isinstance(receipt.said, Receipt)
    assert isinstance(check.said, SupplierCheck)
    assert str(receipt.said.lines[0].quantity) == "60 KGM"
    assert {one.result for one in check.said.checks or ()} == {"in_order"}
    assert str(check.said.received_on) == "2026-11-14"
    assert "已查验" in done.text
    assert "还缺" not in done.text


def test_nothing_is_answered_before_somebody_chooses(
    trader: Visitor, ledger: Ledger, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    assert "whole" not in page.fields(path)
    size = ledger.size()
    again = trader.submit(page, path)
    assert again.status == 422
    assert 'id="whole-why"' in again.html
    assert ledger.size() == size


def test_papers_that_are_missing_are_said_and_shown(
    trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    done = trader.submit(page, path, {"whole": "missing"})
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert isinstance(check.said, SupplierCheck)
    assert {one.result for one in check.said.checks or ()} == {"missing"}
    assert "还缺" in done.text
    assert "承诺达标合格证" in done.text


def test_another_quantity_and_a_refusal_are_one_tap_more(
    trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    answer = {"whole": "differs", "answer_0": "correct", "amount_0": "58.5", "papers": "in_order"}
    trader.submit(page, path, answer)
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(receipt.said, Receipt)
    assert [(str(one.quantity), str(one.declared)) for one in receipt.said.lines] == [("58.5 KGM", "60 KGM")]


def test_goods_that_were_all_refused_need_no_papers(
    trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    done = trader.submit(page, path, {"whole": "differs", "answer_0": "refuse", "reason": "发黄"})
    assert "已拒收" in done.text
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert isinstance(check.said, SupplierCheck)
    assert (check.said.conclusion, check.said.checks) == ("refuse", None)


def test_whoever_chose_line_by_line_is_asked_about_papers_too(
    trader: Visitor, ledger: Ledger, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    size = ledger.size()
    again = trader.submit(page, path, {"whole": "differs", "answer_0": "correct"})
    assert again.status == 422
    assert 'id="papers-why"' in again.html
    assert ledger.size() == size


def test_the_same_answer_sent_twice_is_recorded_once_and_another_page_does_not_record_it_again(
    trader: Visitor, ledger: Ledger, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    other = trader.open(path)
    trader.submit(page, path, {"whole": "in_order"})
    size = ledger.size()
    # The answer got lost on its way, or the back button was used: sent once more.
    assert trader.submit(page, path, {"whole": "in_order"}).path.startswith("/stall?done=")
    assert trader.submit(other, path, {"whole": "in_order"}).status == 409
    assert ledger.size() == size


def test_a_receipt_for_a_shipment_corrected_meanwhile_is_asked_again(
    trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    (placed,) = ledger.say(co_op.party, less(stall), corrects=offer)
    new, size = ledger.stored(placed.seq).header.id, ledger.size()
    typed = {
        "whole": "differs",
        "answer_0": "correct",
        "amount_0": "58",
        "reason": "途中失水",
        "papers": "missing",
    }
    both = trader.submit(page, path, typed)
    assert both.status == 409
    assert ledger.size() == size
    # Side by side: what was declared, what is declared now, what was answered. Nothing typed is lost.
    assert both.read.h1 == "对方改了这笔发货"
    for words in ("60 公斤", "50 公斤", "58", "数量不同"):
        assert words in both.text
    again = both.fields(f"/stall/deliveries/{new}")
    assert (again["amount_0"], again["reason"]) == ("58", "途中失水")
    # And no answer to the new one is taken for given.
    assert "answer_0" not in again
    assert "papers" not in again
    asked = trader.submit(both, f"/stall/deliveries/{new}")
    assert asked.status == 422
    assert ledger.size() == size
    done = trader.submit(asked, f"/stall/deliveries/{new}", {"answer_0": "confirm", "papers": "in_order"})
    assert done.path.startswith("/stall?done=")
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(receipt.said, Receipt)
    assert receipt.said.shipment == new
    with ledger.book() as book:
        assert str(balance(book, stall.party, LEEK).expected) == "50 KGM"


def test_an_answer_that_was_recorded_before_the_correction_is_asked_again_and_counted_once(
    trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    trader.submit(page, path, {"whole": "in_order"})
    (placed,) = ledger.say(co_op.party, less(stall), corrects=offer)
    new, size = ledger.stored(placed.seq).header.id, ledger.size()
    # The answer to the old one, sent once more, is still the answer to the old one.
    assert trader.submit(page, path, {"whole": "in_order"}).path.startswith("/stall?done=")
    assert ledger.size() == size
    assert "对方已更正" in trader.open("/stall").text
    both = trader.open(f"/stall/deliveries/{new}")
    assert "您已对更正前的发货作过答复" in both.text
    trader.submit(both, f"/stall/deliveries/{new}", {"answer_0": "confirm", "papers": "in_order"})
    (receipt,) = said_by(ledger, stall, Receipt)
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert isinstance(receipt.said, Receipt)
    assert isinstance(check.said, SupplierCheck)
    assert receipt.said.shipment == new
    assert [str(one.quantity) for one in check.said.lines] == ["50 KGM"]
    with ledger.book() as book:
        assert str(balance(book, stall.party, LEEK).expected) == "50 KGM"


def test_a_delivery_that_was_taken_back_is_not_received(
    trader: Visitor, ledger: Ledger, co_op: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    ledger.say(co_op.party, Correction(correction_reason="did_not_occur"), corrects=offer)
    size = ledger.size()
    shown = trader.submit(page, path, {"whole": "in_order"})
    assert shown.status == 409
    assert shown.read.h1 == "对方撤销了这笔发货"
    assert ledger.size() == size
    assert "/stall/new" in shown.read.links


def test_the_same_side_by_side_stands_on_the_longer_form(
    trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled, offer: StatementId
) -> None:
    page = trader.open(f"/my/deliveries/{offer}")
    (placed,) = ledger.say(co_op.party, less(stall), corrects=offer)
    new, size = ledger.stored(placed.seq).header.id, ledger.size()
    both = trader.submit(page, f"/my/deliveries/{offer}")
    assert both.status == 409
    assert ledger.size() == size
    trader.submit(both, f"/my/deliveries/{new}", {"answer_0": "confirm", "papers": "in_order"})
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(receipt.said, Receipt)
    assert receipt.said.shipment == new


def test_a_supplier_who_is_not_here_is_the_same_as_last_time_by_one_tap(
    trader: Visitor, ledger: Ledger, stall: Enrolled, clock: Clock
) -> None:
    first = trader.submit(trader.open("/stall/new"), "/stall/new", FARMER)
    assert first.path.startswith("/stall?done="), first.text
    clock.forward(24)
    path = next(one for one in trader.open("/stall").read.links if "last=" in one)
    form = trader.open(path)
    # Supplier, goods and papers are there; the quantity is what changes.
    done = trader.submit(form, "/stall/new", {"quantity": "25"})
    assert done.path.startswith("/stall?done=")
    checks = [one.said for one in said_by(ledger, stall, SupplierCheck)]
    assert len({one.supplier for one in checks if isinstance(one, SupplierCheck)}) == 1
    latest = checks[-1]
    assert isinstance(latest, SupplierCheck)
    assert [str(one.quantity) for one in latest.lines] == ["25 KGM"]
    assert str(latest.received_on) == "2026-11-15"
    assert {one.result for one in latest.checks or ()} == {"in_order"}
    assert [one.said.name for one in said_by(ledger, stall, Batch) if isinstance(one.said, Batch)] == [
        "小青菜",
        "小青菜",
    ]


def test_nobody_starts_from_a_check_of_somebody_else(
    trader: Visitor, farm: Visitor, ledger: Ledger, stall: Enrolled
) -> None:
    trader.submit(trader.open("/stall/new"), "/stall/new", FARMER)
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert farm.open(f"/stall/new?last={check.seq}").status == 404


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": ""}, "quantity"),
        ({"quantity": "很多"}, "quantity"),
        ({"party_name": ""}, "party_name"),
        ({"papers": ""}, "papers"),
        ({"received_on": "2026-11-15"}, "received_on"),
        ({"received_on": "昨天"}, "received_on"),
    ],
)
def test_a_wrong_field_is_named_and_what_was_typed_stays(
    trader: Visitor, ledger: Ledger, changes: dict[str, str], field: str
) -> None:
    size = ledger.size()
    shown = trader.submit(trader.open("/stall/new"), "/stall/new", FARMER | changes)
    assert shown.status == 422
    assert f'id="{field}-why"' in shown.html
    assert shown.fields("/stall/new")["address"] == FARMER["address"]
    assert ledger.size() == size


@pytest.mark.parametrize(("day", "status"), [("2026-11-14", 200), ("2026-11-15", 422), ("2036-11-14", 422)])
def test_a_day_that_has_not_come_by_our_clock_is_refused_with_todays_named(
    trader: Visitor, offer: StatementId, day: str, status: int
) -> None:
    page, path = opened(trader, offer)
    shown = trader.submit(page, path, {"whole": "in_order", "received_on": day})
    assert shown.status == status
    assert ("不晚于今天（2026-11-14）" in shown.text) == (status == 422)


def test_an_empty_day_is_today(trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId) -> None:
    page, path = opened(trader, offer)
    trader.submit(page, path, {"whole": "in_order", "received_on": ""})
    (check,) = said_by(ledger, stall, SupplierCheck)
    assert isinstance(check.said, SupplierCheck)
    assert str(check.said.received_on) == "2026-11-14"


def test_a_slip_can_be_photographed_after_the_delivery(
    trader: Visitor, ledger: Ledger, stall: Enrolled
) -> None:
    done = trader.submit(trader.open("/stall/new"), "/stall/new", FARMER)
    assert "还缺" in done.text
    path = next(one for one in done.read.links if one.startswith("/stall/slips/"))
    form = trader.open(path)
    nothing = trader.submit(form, path)
    assert nothing.status == 422
    assert 'id="voucher_photo-why"' in nothing.html
    kept = trader.submit(form, path, files={"voucher_photo": photo()})
    assert kept.path.startswith("/stall?done=")
    (voucher,) = said_by(ledger, stall, Voucher)
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(voucher.said, Voucher)
    assert voucher.said.evidence is not None
    assert voucher.said.deliveries == (receipt.header.id,)
    assert "还缺" not in kept.text
    size = ledger.size()
    trader.submit(form, path, files={"voucher_photo": photo()})
    assert ledger.size() == size


def test_a_file_that_is_no_picture_is_refused_at_its_field(
    trader: Visitor, ledger: Ledger, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    size = ledger.size()
    script = {"voucher_photo": ("a.html", b"<script>alert(1)</script>", "text/html")}
    shown = trader.submit(page, path, {"whole": "in_order"}, files=script)
    assert shown.status == 422
    assert 'id="voucher_photo-why"' in shown.html
    assert ledger.size() == size


def test_another_day_shows_its_own_list(trader: Visitor, offer: StatementId, clock: Clock) -> None:
    page, path = opened(trader, offer)
    trader.submit(page, path, {"whole": "in_order"})
    clock.forward(24)
    assert "这一天没有进货记录" in trader.open("/stall").text
    assert "已查验" in trader.open("/stall?day=2026-11-14").text
    # A day that has not come is today.
    assert "这一天没有进货记录" in trader.open("/stall?day=2027-01-01").text
    assert trader.open("/stall?day=gestern").status == 422


def test_the_report_of_a_period_lists_prints_and_exports(
    trader: Visitor, ledger: Ledger, stall: Enrolled, offer: StatementId
) -> None:
    page, path = opened(trader, offer)
    trader.submit(page, path, {"whole": "in_order"})
    trader.submit(trader.open("/stall/new"), "/stall/new", FARMER)
    days = "?from=2026-11-08&to=2026-11-14"
    listed = trader.open(f"/my/duty{days}")
    assert "共 2 笔" in listed.text
    assert "张桂兰" in listed.text
    printed = trader.open(f"/my/duty/period.pdf{days}").answer
    assert printed.headers["content-type"] == "application/pdf"
    text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(printed.content)).pages)
    seqs = [one.seq for one in said_by(ledger, stall, SupplierCheck)]
    for words in ("进货查验履行情况汇总", "张桂兰", str(ledger.vkey)[:20], *(f"#{seq}" for seq in seqs)):
        assert words in text.replace("\n", "")
    sheet = trader.open(f"/my/duty.csv{days}").answer
    assert sheet.headers["content-disposition"] == 'attachment; filename="checks.csv"'
    assert "小青菜" in sheet.text
    assert trader.open(f"/my/duty.xlsx{days}").answer.content.startswith(b"PK")
    # Whoever must erase one of these records is told of the printed report.
    held = ledger.copies.holding({seqs[0]: [0]}, until_ms=ledger.clock())
    assert [one.kind for one in held] == ["sheet"]


@pytest.mark.parametrize(
    "days", ["from=2026-11-15", "from=2026-01-01&to=2026-11-14", "from=x", "to=2026-02-30"]
)
def test_a_period_that_is_none_is_refused(trader: Visitor, days: str) -> None:
    for path in ("/my/duty", "/my/duty.csv", "/my/duty/period.pdf"):
        assert trader.open(f"{path}?{days}").status == 422


def test_a_day_without_deliveries_prints_too(trader: Visitor) -> None:
    printed = trader.open("/my/duty/period.pdf?from=2026-11-01&to=2026-11-02").answer
    assert printed.status_code == 200
