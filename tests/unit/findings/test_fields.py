from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party, Product
from ledger.vocabulary.trade import Sale, SupplierCheck
from ledger.vocabulary.values import Detail, Line
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import day, everything, findings, goods
from tests.unit.findings.papers_profile import tonic

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.identifiers import PartyId

__all__ = ["tonic"]

AT = "2026-10-02T09:00:00+08:00"
WHOLE: dict[str, Json] = {
    "specification": "500 ml",
    "batch_number": "T-1",
    "details": [{"field": "press", "value": "头道"}],
}


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _tonic(maker: PartyId, **more: Json) -> Batch:
    fixed: dict[str, Json] = {
        "goods": str(goods("lot")),
        "maker": str(maker),
        "name": "草本饮",
        "category": "herb_tonic",
    }
    return Batch.read({**fixed, **more})


def _fields(books: BookWriter) -> list[str]:
    return [one.figures["fields"] for one in findings(books.book, "field_missing")]


@pytest.mark.usefixtures("tonic")
def test_all_fields_that_a_record_leaves_empty_are_one_grey_finding(books: BookWriter) -> None:
    maker = books.party("厂（演示）")
    books.says(maker, _tonic(maker), at=AT)

    (one,) = findings(books.book, "field_missing")
    assert (one.grade, one.party, one.seqs) == ("grey", maker, (books.last.seq,))
    assert one.figures == {"fields": "specification,batch_number,details.press"}
    assert "规格、批号、榨次" in one.words.zh
    assert one.law == "草本饮办法（演示） 4"

    books.says(maker, _tonic(maker, **WHOLE), at=AT, corrects=books.last)
    assert _fields(books) == []


@pytest.mark.usefixtures("tonic")
def test_what_the_maker_or_the_product_says_need_not_be_said_again(books: BookWriter) -> None:
    maker, shop = books.party("厂（演示）"), books.party("店（演示）")
    product = books.product_id()
    books.says(shop, _tonic(maker, product=str(product)), at=AT)
    assert _fields(books) == ["specification,batch_number,details.press"]

    said = Product(
        product=product,
        owner=maker,
        name="草本饮",
        category="herb_tonic",
        specification="500 ml",
        details=(Detail(field="press", value="头道"),),
    )
    books.says(maker, said, at="2026-10-03T09:00:00+08:00")
    assert _fields(books) == ["batch_number"]
    books.says(maker, _tonic(maker, batch_number="T-1"), at="2026-10-04T09:00:00+08:00")
    # The maker's own record names no product, and is read together with the buyer's, which does.
    assert _fields(books) == []


@pytest.mark.usefixtures("tonic")
def test_the_lot_in_the_identifier_is_the_batch_number_and_goods_without_a_printed_lot_need_none(
    books: BookWriter,
) -> None:
    maker = books.party("厂（演示）")
    rest: dict[str, Json] = {name: value for name, value in WHOLE.items() if name != "batch_number"}
    link: Json = "https://id.gs1.org/01/09520001000027/10/T-1"
    books.says(maker, _tonic(maker, **{**rest, "goods": link}), at=AT)
    loose: dict[str, Json] = {"goods": str(goods("loose")), "lot_basis": "supplier_product_date"}
    books.says(maker, _tonic(maker, **{**rest, **loose}), at=AT)
    assert _fields(books) == []

    books.says(maker, _tonic(maker, **rest), at=AT)
    assert _fields(books) == ["batch_number"]


@pytest.mark.usefixtures("tonic")
def test_a_party_that_need_not_fill_a_field_in_is_not_asked(books: BookWriter) -> None:
    farmer = books.party("张某（演示）", kind="farmer")
    books.says(farmer, _tonic(farmer), at=AT)
    stall, shop = books.party("摊（演示）", kind="individual_business"), books.party("店（演示）")
    sale = Sale(lines=(Line(goods=goods("lot"), quantity=kg(1)),))
    books.says(stall, sale, at=AT)
    assert _fields(books) == ["batch_number,details.press"]

    books.says(shop, sale, at=AT)
    assert _fields(books) == ["batch_number,details.press", "buyer_name"]


@pytest.mark.usefixtures("tonic")
def test_a_field_whose_item_was_erased_is_not_missing(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    books.says(shop, _tonic(shop, **WHOLE), at=AT)
    sale = Sale(buyer_name="李某（演示）", lines=(Line(goods=goods("lot"), quantity=kg(1)),))
    books.says(shop, sale, at=AT)
    assert _fields(books) == []

    record = books.last
    kept = [item for item in sale.to_items() if item.kind != "buyer"]
    books.book.put(replace(record, said=Sale.from_remaining(kept), missing=(1,)))
    assert not any(one.kind == "field_missing" for found in everything(books.book).values() for one in found)


@pytest.mark.usefixtures("tonic")
def test_a_check_is_asked_for_the_suppliers_address_and_a_farmers_is_not_asked_for(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    stranger = books.party("外地商行（演示）", declared_by=shop)
    farmer = books.party("张某（演示）", kind="farmer", declared_by=shop)
    books.says(shop, _tonic(stranger, **WHOLE), at=AT)
    for supplier in (farmer, stranger):
        said = SupplierCheck(
            supplier=supplier,
            received_on=day("2026-10-02"),
            conclusion="accept",
            lines=(Line(goods=goods("lot"), quantity=kg(1)),),
        )
        books.says(shop, said, at=AT)
    (one,) = findings(books.book, "field_missing")
    assert one.figures == {"fields": "supplier.address"}
    assert one.seqs[-1] == books.last.seq
    assert len(one.seqs) == 2

    where = Party(party=stranger, party_kind="company", address="某路 1 号")
    books.says(shop, where, at="2026-10-09T09:00:00+08:00")
    assert _fields(books) == []
