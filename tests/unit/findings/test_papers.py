from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.findings.uses import uses_of
from ledger.vocabulary.documents import Certificate, Voucher, VoucherLine
from ledger.vocabulary.goods import Batch, Release
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import (
    CheckedDocument,
    FiledDocument,
    Return,
    Shipment,
    SupplierCheck,
    SupplierFile,
    VoucherReference,
)
from ledger.vocabulary.values import Line
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import day, findings, goods, licence, line
from tests.unit.findings.papers_profile import tonic

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId, Quantity

__all__ = ["tonic"]

DELIVERED = "2026-10-02"
AT = f"{DELIVERED}T09:00:00+08:00"
REFERENCE = VoucherReference(voucher_kind="sales_slip", number="1")


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _lot(books: BookWriter, maker: PartyId, name: str = "lot") -> GoodsId:
    said = Batch(goods=goods(name), maker=maker, name="草本饮", category="herb_tonic")
    books.says(maker, said, at="2026-10-01T08:00:00+08:00")
    return said.goods


def _check(
    supplier: PartyId,
    lot: GoodsId,
    *papers: CheckedDocument,
    voucher: bool = True,
    amount: Quantity | None = None,
    on: str = DELIVERED,
    for_shops: tuple[PartyId, ...] | None = None,
) -> SupplierCheck:
    return SupplierCheck(
        supplier=supplier,
        received_on=day(on),
        conclusion="accept",
        checks=papers or None,
        voucher=REFERENCE if voucher else None,
        for_shops=for_shops,
        lines=(Line(goods=lot, quantity=amount or kg(10)),),
    )


def _seen(number: str, amount: Quantity | None = None, lot: GoodsId | None = None) -> CheckedDocument:
    return CheckedDocument(
        what="certificate", result="in_order", reference=number, quantity=amount, goods=lot
    )


def _certificate(
    number: str, *lots: GoodsId, covers: Quantity | None = None, until: str | None = None
) -> Certificate:
    return Certificate(
        certificate_kind="factory_inspection",
        number=number,
        issued_by="检测（演示）",
        goods=lots,
        covers=covers,
        valid_to=day(until) if until else None,
    )


def _shop(books: BookWriter) -> tuple[PartyId, PartyId, GoodsId]:
    """A licensed maker, a shop, and a lot."""
    maker, shop = books.party("厂（演示）"), books.party("店（演示）")
    licence(books, maker, "草本饮生产证（演示）")
    return maker, shop, _lot(books, maker)


@pytest.mark.usefixtures("tonic")
def test_papers_that_are_nowhere_are_one_grey_finding_and_one_said_to_be_missing_is_amber(
    books: BookWriter,
) -> None:
    maker, shop, lot = _shop(books)
    books.says(shop, _check(maker, lot, voucher=False), at=AT)

    (one,) = findings(books.book, "document_missing")
    assert (one.grade, one.party, one.seqs) == ("grey", shop, (books.last.seq,))
    assert one.figures == {"documents": "certificate,voucher"}
    assert "合格证明、进货凭证" in one.words.zh
    assert one.law == "草本饮办法（演示） 3"

    gone = CheckedDocument(what="certificate", result="missing")
    books.says(shop, _check(maker, lot, gone), at=AT)
    (one,) = findings(books.book, "document_missing")
    assert (one.grade, one.seqs, one.figures) == (
        "amber",
        (books.last.seq,),
        {"documents": "certificate"},
    )


@pytest.mark.usefixtures("tonic")
@pytest.mark.parametrize("how", ["certificate", "release", "file", "headquarters", "check", "voucher lines"])
def test_a_paper_that_is_filed_anywhere_counts_also_when_it_comes_late(books: BookWriter, how: str) -> None:
    maker, shop, lot = _shop(books)
    books.says(shop, _check(maker, lot, voucher=how != "voucher lines"), at=AT)
    assert findings(books.book, "document_missing") != []

    late = "2026-12-01T08:00:00+08:00"
    report = FiledDocument(document_kind="产品检验报告", valid_to=day("2026-10-02"))
    if how == "release":
        books.says(maker, Release(goods=lot, result="released", basis="own_test"), at=late)
    elif how == "file":
        books.says(shop, SupplierFile(supplier=maker, documents=(report,)), at=late)
    elif how == "headquarters":
        house = books.party("总部（演示）")
        books.says(house, SupplierFile(supplier=maker, for_shops=(shop,), documents=(report,)), at=late)
    elif how == "check":
        books.says(shop, _check(maker, lot, _seen("证-9")), at=late)
    else:
        books.says(maker, _certificate("证-1", lot), at=late)
    if how == "voucher lines":
        lines = (VoucherLine(name="草本饮", goods=lot),)
        said = Voucher(voucher_kind="delivery_note", seller=maker, buyer=shop, lines=lines)
        books.says(maker, said, at=late)

    assert findings(books.book, "document_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_filed_paper_that_had_ended_on_the_day_is_amber_until_one_that_had_not_is_filed(
    books: BookWriter,
) -> None:
    maker, shop, lot = _shop(books)
    for until in ("2026-10-01", "2026-10-02"):
        report = FiledDocument(document_kind="产品检验报告", valid_to=day(until))
        books.says(shop, SupplierFile(supplier=maker, documents=(report,)), at="2026-09-01T08:00:00+08:00")
        if until == "2026-10-01":
            file = books.last.seq
            books.says(shop, _check(maker, lot), at=AT)
            (one,) = findings(books.book, "document_expired")
            assert (one.grade, one.party, one.seqs) == ("amber", shop, (file, books.last.seq))
            assert (one.figures["document"], one.figures["valid_to"]) == ("certificate", until)

    assert findings(books.book, "document_expired") == []
    assert findings(books.book, "document_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_voucher_that_names_the_senders_record_is_the_voucher_of_the_delivery(books: BookWriter) -> None:
    maker, shop, lot = _shop(books)
    books.says(maker, _certificate("证-1", lot), at="2026-10-01T09:00:00+08:00")
    books.says(maker, Shipment(to=shop, lines=(line(lot),)), at="2026-10-02T06:00:00+08:00")
    sent = books.last.header.id
    books.says(shop, _check(maker, lot, voucher=False), at=AT)
    assert len(findings(books.book, "document_missing")) == 1

    said = Voucher(voucher_kind="e_invoice", seller=maker, buyer=shop, deliveries=(sent,))
    books.says(shop, said, at="2026-11-20T09:00:00+08:00")
    assert findings(books.book, "document_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_farmer_needs_no_licence_and_an_unlicensed_stranger_is_asked_about(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    farmer = books.party("张某（演示）", kind="farmer", declared_by=shop)
    stranger = books.party("外地商行（演示）", declared_by=shop)
    for supplier, name in ((farmer, "one"), (stranger, "two")):
        lot = _lot(books, supplier, name)
        books.says(shop, _check(supplier, lot, _seen("证-1")), at=AT)

    (one,) = findings(books.book, "document_missing")
    assert one.figures == {"documents": "licence"}
    books.says(
        shop,
        Licence(holder=stranger, licence_kind="草本饮经营证（演示）", number="外-1"),
        at="2026-10-05T08:00:00+08:00",
    )
    assert findings(books.book, "document_missing") == []


@pytest.mark.parametrize(("until", "expected"), [("2026-10-01", 1), ("2026-10-02", 0), (None, 0)])
def test_a_certificate_that_had_ended_on_the_day_of_delivery_is_amber(
    books: BookWriter, until: str | None, expected: int
) -> None:
    maker, shop, lot = _shop(books)
    books.says(maker, _certificate("证-1", lot, until=until), at="2026-09-01T08:00:00+08:00")
    paper = books.last.seq
    books.says(shop, _check(maker, lot, _seen("证-1")), at=AT)

    found = findings(books.book, "document_expired")
    assert [(one.grade, one.party, one.seqs) for one in found] == [
        ("amber", shop, (paper, books.last.seq))
    ] * expected


def test_a_certificate_of_another_lot_is_amber_unless_one_of_its_number_names_this_lot(
    books: BookWriter,
) -> None:
    maker, shop, lot = _shop(books)
    other = _lot(books, maker, "other")
    books.says(maker, _certificate("证-1", other), at="2026-10-01T09:00:00+08:00")
    paper = books.last.seq
    books.says(shop, _check(maker, lot, _seen("证-1")), at=AT)
    checked = books.last.seq

    (one,) = findings(books.book, "document_out_of_scope")
    assert (one.grade, one.party, one.seqs) == ("amber", shop, (paper, checked))

    # Another laboratory counts from one as well.
    books.says(maker, _certificate("证-1", lot, other), at="2026-10-09T09:00:00+08:00")
    assert findings(books.book, "document_out_of_scope") == []


def test_a_number_that_nobody_filed_and_a_paper_without_goods_contradict_nothing(books: BookWriter) -> None:
    maker, shop, lot = _shop(books)
    books.says(maker, _certificate("证-2"), at="2026-10-01T09:00:00+08:00")
    books.says(shop, _check(maker, lot, _seen("证-1"), _seen("证-2")), at=AT)

    assert [one for one in findings(books.book) if one.kind.startswith("document_")] == []


def test_a_check_that_calls_a_paper_expired_and_takes_the_goods_is_amber(books: BookWriter) -> None:
    maker, shop, lot = _shop(books)
    old = CheckedDocument(what="certificate", result="expired")
    wrong = CheckedDocument(what="quarantine", result="does_not_match")
    books.says(shop, _check(maker, lot, old, wrong), at=AT)
    found = {one.kind for one in findings(books.book) if one.kind.startswith("document_")}
    assert found == {"document_expired", "document_out_of_scope"}

    refused = _check(maker, lot, old, wrong).model_copy(update={"conclusion": "refuse"})
    other = BookWriter()
    other.says(shop, refused, at=AT)
    assert findings(other.book) == []


@pytest.mark.usefixtures("tonic")
@pytest.mark.parametrize(("last", "expected"), [("110", 0), ("110.001", 1)])
def test_one_seller_cannot_hand_on_more_than_a_certificate_covers(
    books: BookWriter, last: str, expected: int
) -> None:
    maker, shop, lot = _shop(books)
    another = books.party("另一店（演示）")
    books.says(maker, _certificate("证-1", lot, covers=kg(500)), at="2026-10-01T09:00:00+08:00")
    paper = books.last.seq
    books.says(shop, _check(maker, lot, _seen("证-1"), amount=kg(400)), at=AT)
    books.says(another, _check(maker, lot, _seen("证-1", kg(last)), amount=kg(900)), at=AT)

    found = findings(books.book, "document_overused")
    rests_on = (paper, books.last.seq - 1, books.last.seq)
    assert [(one.grade, one.party, one.seqs) for one in found] == [("amber", maker, rests_on)] * expected


def test_a_certificate_travels_with_its_goods_down_the_chain(books: BookWriter) -> None:
    maker, wholesaler, lot = _shop(books)
    books.says(maker, _certificate("证-1", lot, covers=kg(500)), at="2026-10-01T09:00:00+08:00")
    books.says(wholesaler, _check(maker, lot, _seen("证-1"), amount=kg(500)), at=AT)
    stalls = [books.party(f"摊位 {number}（演示）") for number in range(5)]
    for stall in stalls:
        books.says(stall, _check(wholesaler, lot, _seen("证-1"), amount=kg(100)), at=AT)
    assert findings(books.book, "document_overused") == []

    uses = uses_of(books.book, "证-1")
    assert [len(uses.papers), len(uses.records), len(uses.uses)] == [1, 7, 6]
    assert uses.by_whom == (wholesaler, *stalls)
    assert {one.supplier for one in uses.uses} == {maker, wholesaler}

    books.says(stalls[0], _check(wholesaler, lot, _seen("证-1"), amount=kg(100)), at=AT)
    (one,) = findings(books.book, "document_overused")
    assert (one.party, one.figures["used"]) == (wholesaler, "600")


def test_what_went_back_rests_on_no_paper_and_may_go_out_again_under_it(books: BookWriter) -> None:
    maker, shop, lot = _shop(books)
    books.says(maker, _certificate("证-1", lot, covers=kg(500)), at="2026-10-01T09:00:00+08:00")
    books.says(shop, _check(maker, lot, _seen("证-1"), amount=kg(500)), at=AT)
    books.says(shop, _check(maker, lot, _seen("证-1"), amount=kg(200)), at=AT)
    assert [one.figures["used"] for one in findings(books.book, "document_overused")] == ["700"]
    # Back to somebody else, or by somebody else: that is another delivery's.
    stranger = books.party("路人（演示）")
    lines = (Line(goods=lot, quantity=kg(200)),)
    books.says(shop, Return(to=stranger, lines=lines), at=AT)
    books.says(stranger, Return(to=maker, lines=lines), at=AT)
    assert [one.figures["used"] for one in findings(books.book, "document_overused")] == ["700"]
    books.says(shop, Return(to=maker, lines=lines), at=AT)
    assert findings(books.book, "document_overused") == []


def test_a_headquarters_and_its_shop_that_both_look_at_one_delivery_use_the_paper_once(
    books: BookWriter,
) -> None:
    maker, shop, lot = _shop(books)
    house = books.party("总部（演示）")
    books.says(maker, _certificate("证-1", lot, covers=kg(500)), at="2026-10-01T09:00:00+08:00")
    books.says(
        books.register.registrar,
        Party(party=shop, party_kind="company", headquarters=house),
        at="2026-09-01T08:00:00+08:00",
    )
    for who, shops in ((house, (shop,)), (shop, None)):
        books.says(who, _check(maker, lot, _seen("证-1"), amount=kg(500), for_shops=shops), at=AT)

    assert findings(books.book, "document_overused") == []
