"""From the field to the stall, without script: register, label, ship, accept with the check."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from PIL import Image

from api.pages import own
from ledger.identifiers import GoodsId
from ledger.trace import balance
from ledger.views.book import about, party_key
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from scanner.labels import LabelText, label_png
from scanner.photo import read_photo
from tests.support.server import BASE_URL

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said
    from tests.integration.pages.browsing import Page, Visitor
    from tests.support.server import Client, Clock, Enrolled

LEEK = {
    "name": "韭菜",
    "category": "farm_produce",
    "quantity": "1200",
    "produced_on": "2026-11-14",
    "plot": "三号地",
    "origin": "江苏如皋",
}
#: 3200.00 yuan on an invented invoice; its CRC fits.
INVOICE = "01,32,,26322999999900000101,3200.00,20261114,,9441"


def register(farm: Visitor, **changes: str) -> Page:
    return farm.submit(farm.open("/my/batches/new"), "/my/batches", LEEK | changes)


def goods_on(page: Page) -> GoodsId:
    """The batch whose label a page shows."""
    label = next(link for link in page.read.links if "/label.png" in link)
    return GoodsId.parse(f"urn:suyuan:batch:{label.split('/')[-2]}")


def ship(farm: Visitor, customer: str, quantity: str = "60") -> Page:
    return farm.submit(
        farm.open("/my/shipments/new"),
        "/my/shipments",
        {"customer": "", "party_name": customer, "amount_0": quantity, "total": "240.00"},
    )


def said_by(ledger: Ledger, who: Enrolled, kind: type[Said]) -> list[Said]:
    with ledger.book() as book:
        return [
            one.said
            for one in about(book, party_key(who.party))
            if isinstance(one.said, kind) and one.actor == who.party
        ]


def offer_to(
    ledger: Ledger, farm: Visitor, co_op: Enrolled, stall: Enrolled, quantity: str = "60"
) -> GoodsId:
    goods = goods_on(register(farm))
    body: dict[str, Json] = {
        "to": str(stall.party),
        "lines": [{"goods": str(goods), "quantity": {"amount": quantity, "unit": "KGM"}}],
        "voucher": {"voucher_kind": "sales_slip", "number": "XS-0001"},
    }
    ledger.say(co_op.party, Shipment.read(body))
    return goods


def open_offer(trader: Visitor) -> tuple[Page, str]:
    page = trader.open("/my/deliveries")
    path = next(
        link for link in page.read.links if link.startswith("/my/deliveries/") and not link.endswith("/new")
    )
    return trader.open(path), path


def photo() -> tuple[str, bytes, str]:
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), (230, 230, 220)).save(picture, "JPEG")
    return ("单据.jpg", picture.getvalue(), "image/jpeg")


def test_a_registered_batch_ends_in_a_label_that_opens_its_page(farm: Visitor, public: Visitor) -> None:
    page = register(farm)
    assert page.status == 200
    assert page.path.startswith("/my/batches/")
    assert "韭菜" in page.read.h1
    label = next(link for link in page.read.links if "/label.png" in link)
    picture = farm.open(label).answer
    assert picture.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(picture.content)).size == (591, 354)
    code = goods_on(page).batch_code
    assert code is not None
    assert code.printed in page.text
    opened = public.open(f"/c/{code}")
    assert opened.path == f"/p/c/{code}"
    assert opened.read.h1 == "韭菜"


def test_a_batch_with_gtin_and_number_gets_a_digital_link(farm: Visitor) -> None:
    page = register(farm, gtin="9520001000027", batch_number="JC-20261114")
    assert "/01/09520001000027/10/JC-20261114" in page.text


def test_a_form_sent_twice_records_once(farm: Visitor, ledger: Ledger) -> None:
    blank = farm.open("/my/batches/new")
    first = farm.submit(blank, "/my/batches", LEEK)
    size = ledger.size()
    again = farm.submit(blank, "/my/batches", LEEK)
    assert again.path == first.path
    assert ledger.size() == size


def test_a_used_form_with_other_content_says_so_and_records_nothing(farm: Visitor, ledger: Ledger) -> None:
    blank = farm.open("/my/batches/new")
    farm.submit(blank, "/my/batches", LEEK)
    size = ledger.size()
    page = farm.submit(blank, "/my/batches", LEEK | {"quantity": "1300"})
    assert page.status == 422
    assert "已经入账" in page.text
    assert ledger.size() == size


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("quantity", ""),
        ("quantity", "很多"),
        ("quantity", "1,5"),
        ("quantity", "１，５"),
        ("quantity", "0"),
        ("quantity", "0.00"),
        ("produced_on", "2026-02-30"),
        ("produced_on", "2026-11-15"),
        ("gtin", "9520001000028"),
        ("category", "x" * 101),
        ("batch_number", "x" * 61),
    ],
)
def test_a_wrong_field_is_marked_and_what_was_typed_stays(
    farm: Visitor, ledger: Ledger, field: str, typed: str
) -> None:
    size = ledger.size()
    page = farm.submit(
        farm.open("/my/batches/new"), "/my/batches", LEEK | {"batch_number": "A-1", field: typed}
    )
    assert page.status == 422
    assert f'id="{field}-why"' in page.html
    sent = page.fields("/my/batches")
    # A choice that is not on the list cannot be shown as chosen; every text comes back as it was.
    assert field == "category" or sent[field] == typed
    assert sent["plot"] == "三号地"
    assert ledger.size() == size


@pytest.mark.parametrize(
    ("added", "field"),
    [("&name=%E9%9F%AD%E8%8A%B1", "name"), ("&origin=a%ED%A0%80b", "origin"), ("&origin=%FF%FE", "origin")],
)
def test_a_field_that_comes_twice_or_with_letters_lost_is_refused(
    farm: Visitor, ledger: Ledger, client: Client, co_op: Enrolled, added: str, field: str
) -> None:
    fields = farm.open("/my/batches/new").fields("/my/batches") | LEEK | {"batch_number": "A-2"}
    fields.pop("origin", None)
    size, typed = ledger.size(), urlencode(fields)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "origin": BASE_URL,
        "accept-language": "zh-CN",
    }

    def answered(body: str) -> int:
        answer = client.send("POST", "/my/batches", content=body.encode(), key=co_op.key, headers=headers)
        assert answer.status_code == 303 or f"“{field}”" in answer.text or field in answer.text
        return answer.status_code

    assert answered(typed + added) == 422
    assert ledger.size() == size
    # The same text twice is one text.
    assert answered(f"{typed}&batch_number=A-2") == 303


def test_wide_digits_and_thousands_are_understood(farm: Visitor, ledger: Ledger, co_op: Enrolled) -> None:
    goods = goods_on(register(farm, quantity="１,２００．５"))
    with ledger.book() as book:
        assert str(balance(book, co_op.party, goods).expected) == "1200.5 KGM"


def test_the_same_plot_is_recorded_once(farm: Visitor, ledger: Ledger, co_op: Enrolled) -> None:
    register(farm)
    register(farm, name="青菜")
    first, second = [one.site for one in said_by(ledger, co_op, Batch) if isinstance(one, Batch)]
    assert first == second


def test_from_field_to_stall_without_script(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    goods = offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    assert page.fields(path)["amount_0"] == "60"
    done = trader.submit(page, path, {"voucher_number": "XS-0001", "checked_by": "王芳"})
    assert done.status == 200
    assert "已入账" in done.text
    (receipt,), (check,), (voucher,) = (
        said_by(ledger, stall, kind) for kind in (Receipt, SupplierCheck, Voucher)
    )
    assert isinstance(receipt, Receipt)
    assert isinstance(check, SupplierCheck)
    assert isinstance(voucher, Voucher)
    assert receipt.conclusion == "accept"
    assert check.supplier == co_op.party
    assert check.voucher is not None
    assert check.voucher.number == voucher.number == "XS-0001"
    assert {one.what: one.result for one in check.checks or ()} == {
        "commitment": "in_order",
        "voucher": "in_order",
    }
    with ledger.book() as book:
        assert str(balance(book, stall.party, goods).expected) == "60 KGM"
        assert str(balance(book, co_op.party, goods).expected) == "1140 KGM"
    assert "没有等您确认的发货" in trader.open("/my/deliveries").text


def test_an_answer_sent_twice_records_once(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    trader.submit(page, path)
    size = ledger.size()
    again = trader.submit(page, path)
    assert again.status == 200
    assert ledger.size() == size


def test_another_quantity_is_recorded_beside_the_declared_one(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    trader.submit(page, path, {"answer_0": "correct", "amount_0": "58.5", "reason": "途中失水"})
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(receipt, Receipt)
    assert [(str(line.quantity), str(line.declared)) for line in receipt.lines] == [("58.5 KGM", "60 KGM")]
    assert receipt.reason == "途中失水"


def test_refused_goods_stay_with_the_sender(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    goods = offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    trader.submit(page, path, {"answer_0": "refuse", "reason": "发黄"})
    (receipt,) = said_by(ledger, stall, Receipt)
    assert isinstance(receipt, Receipt)
    assert receipt.conclusion == "refuse"
    with ledger.book() as book:
        assert str(balance(book, co_op.party, goods).expected) == "1200 KGM"


def test_an_invoice_text_fills_number_date_and_amount(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    trader.submit(page, path, {"voucher_kind": "e_invoice", "voucher_number": "", "voucher_qr": INVOICE})
    (voucher,) = said_by(ledger, stall, Voucher)
    assert isinstance(voucher, Voucher)
    assert (voucher.number, voucher.total, str(voucher.issued_on)) == (
        "26322999999900000101",
        "3200.00",
        "2026-11-14",
    )


def test_the_code_on_a_photographed_voucher_is_read(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    picture = label_png(
        LabelText(code=INVOICE, product="发票", batch="1", maker="示例（演示）", domain="localhost:8000")
    )
    trader.submit(
        page,
        path,
        {"voucher_kind": "e_invoice", "voucher_number": ""},
        files={"voucher_photo": ("发票.png", picture, "image/png")},
    )
    (voucher,) = said_by(ledger, stall, Voucher)
    assert isinstance(voucher, Voucher)
    assert voucher.number == "26322999999900000101"
    assert voucher.evidence is not None
    kept = ledger.evidence.get(voucher.evidence)
    assert [reading.text for reading in read_photo(kept)] == [INVOICE]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"voucher_qr": "01,32,胡写"}, "voucher_qr"),
        ({"received_on": "昨天"}, "received_on"),
        ({"answer_0": "correct", "amount_0": "六十"}, "amount_0"),
    ],
)
def test_a_wrong_answer_records_nothing(
    farm: Visitor,
    trader: Visitor,
    ledger: Ledger,
    co_op: Enrolled,
    stall: Enrolled,
    changes: dict[str, str],
    field: str,
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    size = ledger.size()
    shown = trader.submit(page, path, changes)
    assert shown.status == 422
    assert f'id="{field}-why"' in shown.html
    assert ledger.size() == size


def test_a_file_that_is_no_picture_is_refused_at_its_field(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    shown = trader.submit(
        page, path, files={"voucher_photo": ("a.html", b"<script>alert(1)</script>", "text/html")}
    )
    assert shown.status == 422
    assert 'id="voucher_photo-why"' in shown.html


def test_nobody_answers_an_offer_made_to_somebody_else(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    offer_to(ledger, farm, co_op, stall)
    _, path = open_offer(trader)
    assert farm.open(path).status == 404


FARMER = {
    "supplier": "",
    "party_kind": "farmer",
    "party_name": "张桂兰",
    "address": "如皋市示例村（演示）",
    "phone": "13900000000",
    "name": "大白菜",
    "category": "farm_produce",
    "quantity": "35",
    "voucher_number": "SG-7",
    "total": "70.00",
}


def test_a_farmer_is_declared_with_the_first_delivery(
    trader: Visitor, ledger: Ledger, stall: Enrolled
) -> None:
    page = trader.open("/my/deliveries/new")
    size = ledger.size()
    done = trader.submit(page, "/my/deliveries", FARMER, files={"voucher_photo": photo()})
    assert done.status == 200
    assert ledger.size() == size + 5
    (farmer,), (batch,), (check,) = (said_by(ledger, stall, kind) for kind in (Party, Batch, SupplierCheck))
    assert isinstance(farmer, Party)
    assert isinstance(batch, Batch)
    assert isinstance(check, SupplierCheck)
    assert farmer.name is None
    assert farmer.person_name == "张桂兰"
    assert batch.maker == farmer.party
    assert batch.lot_basis == "supplier_product_date"
    with ledger.book() as book:
        assert str(balance(book, stall.party, batch.goods).expected) == "35 KGM"
    again = trader.submit(page, "/my/deliveries", FARMER, files={"voucher_photo": photo()})
    assert again.status == 200
    assert ledger.size() == size + 5


def test_the_second_delivery_of_a_farmer_is_filled_in_already(
    trader: Visitor, ledger: Ledger, stall: Enrolled
) -> None:
    trader.submit(trader.open("/my/deliveries/new"), "/my/deliveries", FARMER)
    page = trader.open("/my/deliveries/new")
    fields = page.fields("/my/deliveries")
    assert fields["name"] == "大白菜"
    assert fields["supplier"].startswith("pty_")
    size = ledger.size()
    trader.submit(page, "/my/deliveries", {"quantity": "20", "voucher_number": ""})
    assert ledger.size() == size + 3
    assert len(said_by(ledger, stall, Party)) == 1


def test_whoever_is_still_bought_from_is_offered_however_long_ago_he_was_declared(
    trader: Visitor, ledger: Ledger, stall: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    trader.submit(trader.open("/my/deliveries/new"), "/my/deliveries", FARMER)
    # So few that his own sheet is among them no more.
    monkeypatch.setattr(own, "RECENT_MAX", 2)
    assert FARMER["party_name"] in trader.open("/my/deliveries/new").text


@pytest.mark.parametrize(
    ("at", "chosen", "typed"),
    [
        ("/my/deliveries", "supplier", {"party_name": "另一户（演示）"}),
        ("/my/shipments", "customer", {"phone": "139-0000-0009"}),
    ],
)
def test_a_new_party_typed_in_beside_one_that_is_chosen_is_asked_about(
    at: str, chosen: str, typed: dict[str, str], farm: Visitor, trader: Visitor, ledger: Ledger
) -> None:
    """A slip made out to whoever the radio button happened to stand on is a slip to the wrong party."""
    visitor = trader if at == "/my/deliveries" else farm
    if visitor is farm:
        register(farm)
        ship(farm, "海安老客户（演示）")
    else:
        trader.submit(trader.open(f"{at}/new"), at, FARMER)
    page = visitor.open(f"{at}/new")
    assert page.fields(at)[chosen]
    size = ledger.size()
    rest = {"amount_0": "10"} if visitor is farm else {"quantity": "20", "voucher_number": ""}
    told = visitor.submit(page, at, rest | typed)
    assert (told.status, ledger.size()) == (422, size)
    (name,) = typed
    assert f'id="{name}-why"' in told.html
    assert typed[name] in told.html
    # Either of the two alone is taken.
    assert visitor.submit(told, at, rest | {name: ""}).status == 200
    assert ledger.size() > size


def test_everything_wrong_with_a_delivery_is_said_at_once(trader: Visitor) -> None:
    page = trader.submit(
        trader.open("/my/deliveries/new"),
        "/my/deliveries",
        FARMER | {"party_name": "", "name": "", "quantity": "三筐"},
    )
    assert page.status == 422
    for name in ("party_name", "name"):
        assert f'id="{name}-why"' in page.html


def test_the_slip_is_the_sales_voucher(farm: Visitor, ledger: Ledger, co_op: Enrolled) -> None:
    register(farm)
    slip = ship(farm, "城西面馆（演示）")
    assert slip.status == 200
    assert slip.read.h1 == "销售凭证"
    for words in ("韭菜", "60 公斤", "城西面馆（演示）", "¥240.00", "江苏如皋"):
        assert words in slip.text
    assert 'class="code-picture"' in slip.html
    (shipment,) = said_by(ledger, co_op, Shipment)
    assert isinstance(shipment, Shipment)
    assert shipment.voucher is not None
    assert shipment.voucher.voucher_kind == "sales_slip"


def test_a_shipment_sent_twice_records_once(farm: Visitor, ledger: Ledger) -> None:
    register(farm)
    page = farm.open("/my/shipments/new")
    changes = {"customer": "", "party_name": "城西面馆（演示）", "amount_0": "60"}
    first = farm.submit(page, "/my/shipments", changes)
    size = ledger.size()
    assert farm.submit(page, "/my/shipments", changes).path == first.path
    assert ledger.size() == size


def test_a_customer_is_found_by_its_credit_code(
    farm: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    ledger.say(
        ledger.registrar,
        Party(
            party=stall.party,
            party_kind="individual_business",
            name="城东市场十二号菜摊（演示）",
            credit_code="92320613DEM001076A",
        ),
    )
    register(farm)
    page = farm.open("/my/shipments/new")
    farm.submit(
        page, "/my/shipments", {"customer": "", "credit_code": "92320613dem001076a", "amount_0": "60"}
    )
    (shipment,) = said_by(ledger, co_op, Shipment)
    assert isinstance(shipment, Shipment)
    assert shipment.to == stall.party


def test_a_credit_code_that_fails_is_not_written_down(farm: Visitor, ledger: Ledger) -> None:
    register(farm)
    size = ledger.size()
    page = farm.submit(
        farm.open("/my/shipments/new"),
        "/my/shipments",
        {"customer": "", "credit_code": "92320613DEM001076B", "party_name": "面馆（演示）", "amount_0": "60"},
    )
    assert page.status == 422
    assert 'id="credit_code-why"' in page.html
    assert ledger.size() == size


def test_a_shipment_of_nothing_is_refused(farm: Visitor) -> None:
    register(farm)
    page = farm.submit(
        farm.open("/my/shipments/new"), "/my/shipments", {"customer": "", "party_name": "面馆（演示）"}
    )
    assert page.status == 422
    assert 'id="lines-why"' in page.html


def test_a_delivery_of_nothing_is_refused(trader: Visitor, ledger: Ledger) -> None:
    size = ledger.size()
    page = trader.submit(trader.open("/my/deliveries/new"), "/my/deliveries", FARMER | {"quantity": "0"})
    assert (page.status, ledger.size()) == (422, size)
    assert "大于 0" in page.text


def test_goods_under_a_hold_cannot_be_offered_and_the_page_says_why(
    farm: Visitor, ledger: Ledger, co_op: Enrolled
) -> None:
    goods = goods_on(register(farm))
    ledger.say(co_op.party, Hold(action="hold", goods=(goods,), reason="快检阳性"))
    page = ship(farm, "城西面馆（演示）")
    assert page.status == 422
    assert "控制" in page.text
    assert not said_by(ledger, co_op, Shipment)


def test_the_duty_page_shows_what_was_checked_and_when_it_was_taken(
    farm: Visitor, trader: Visitor, ledger: Ledger, co_op: Enrolled, stall: Enrolled, clock: Clock
) -> None:
    offer_to(ledger, farm, co_op, stall)
    page, path = open_offer(trader)
    clock.forward(5)
    trader.submit(page, path, {"checked_by": "王芳"})
    listed = trader.open("/my/deliveries")
    duty = trader.open(next(link for link in listed.read.links if link.startswith("/my/duty/")))
    assert duty.status == 200
    for words in (
        "进货查验履行情况",
        "南通示例蔬菜专业合作社（演示）",
        "王芳",
        "60 公斤",
        "相符",
        "代管密钥",
    ):
        assert words in duty.text
    assert "免责" not in duty.text
    proof = next(link for link in duty.read.links if link.endswith("/proof"))
    assert trader.open(proof).answer.text.startswith("c2sp.org/tlog-proof@v1")


def test_pages_of_one_party_are_nobody_elses(farm: Visitor, trader: Visitor, public: Visitor) -> None:
    page = register(farm)
    assert trader.open(page.path).status == 404
    assert public.open(page.path).status == 401


def test_a_form_sent_from_another_site_is_refused(
    demo_client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    answer = demo_client.send(
        "POST",
        "/my/batches",
        data={"id": "x"},
        headers={
            "cookie": f"suyuan_demo_identity={co_op.party}",
            "origin": "https://evil.example",
            "accept": "text/html",
        },
    )
    assert answer.status_code == 403
    assert ledger.size() == size
