from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ledger.findings import contradictions
from ledger.register import Enrolment
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.parties import Licence, Party, Succession
from ledger.vocabulary.trade import FiledDocument, Receipt, Sale, Shipment, SupplierFile
from ledger.vocabulary.values import ReceivedLine
from tests.support.books import BookWriter, kg
from tests.support.signing import fixed
from tests.unit.findings.judged import batch, check, day, findings, goods, licence, line

if TYPE_CHECKING:
    from ledger.findings import Finding
    from ledger.identifiers import GoodsId, PartyId
    from ledger.vocabulary.parties import PartyKind

AT = "2026-10-02T09:00:00+08:00"
LATER = "2026-11-02T09:00:00+08:00"
GOOD, BAD = "93320682DEM0010172", "92320900DEM003995Y"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _found(books: BookWriter) -> list[Finding]:
    return findings(books.book, "source_contradicted")


def _declares(
    books: BookWriter,
    buyer: PartyId,
    name: str,
    *,
    phone: str | None = None,
    code: str | None = None,
    kind: PartyKind = "unknown",
    market: PartyId | None = None,
) -> PartyId:
    party = books.party_id()
    said = Party(party=party, party_kind=kind, name=name, phone=phone, credit_code=code, market=market)
    books.says(buyer, said, at="2026-09-01T08:00:00+08:00")
    return party


def _spray(books: BookWriter, buyer: PartyId, maker: PartyId, name: str = "spray") -> GoodsId:
    said = Batch(goods=goods(name), maker=maker, name="农药", category="pesticide")
    books.says(buyer, said, at="2026-10-01T08:00:00+08:00")
    return said.goods


def test_a_declared_supplier_whose_code_fails_makes_the_goods_source_red(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    supplier = _declares(books, shop, "外地商行（演示）", code=BAD)
    sheet = books.last
    lot = _spray(books, shop, supplier)
    declared = books.last.seq
    books.says(shop, check(supplier, lot, "2026-10-02"), at=AT)

    (one,) = _found(books)
    assert (one.grade, one.party, one.seqs) == ("red", shop, (sheet.seq, declared, books.last.seq))
    assert one.figures["credit_code"] == BAD
    assert one.law == "农药管理条例 26"

    # A slip of the keyboard is put right the next day.
    right = Party(party=supplier, party_kind="unknown", name="外地商行（演示）", credit_code=GOOD)
    books.says(shop, right, at="2026-10-03T08:00:00+08:00", corrects=sheet)
    assert _found(books) == []


def test_a_refused_delivery_a_farmer_and_another_buyers_slip_contradict_nobody(books: BookWriter) -> None:
    shop, other = books.party("店（演示）"), books.party("另一店（演示）")
    supplier = _declares(books, shop, "外地商行（演示）", code=GOOD)
    slip = Party(party=supplier, party_kind="unknown", name="外地商行（演示）", credit_code=BAD)
    books.says(other, slip, at="2026-09-02T08:00:00+08:00")
    farmer = _declares(books, shop, "张某（演示）", kind="farmer")
    for source, name in ((supplier, "one"), (farmer, "two")):
        books.says(shop, check(source, _spray(books, shop, source, name), "2026-10-02"), at=AT)
    assert _found(books) == []

    third = BookWriter()
    buyer = third.party("店（演示）")
    bad = _declares(third, buyer, "外地商行（演示）", code=BAD)
    lot = _spray(third, third.party_id(), third.party_id())
    refused = check(bad, lot, "2026-10-02").model_copy(update={"conclusion": "refuse"})
    third.says(buyer, refused, at=AT)
    assert _found(third) == []


@pytest.mark.parametrize(("since", "expected"), [("2026-10-02", 1), ("2026-10-03", 0)])
def test_a_supplier_whose_licence_had_been_revoked_by_the_day_is_contradicted(
    books: BookWriter, since: str, expected: int
) -> None:
    shop = books.party("店（演示）")
    supplier = _declares(books, shop, "外地商行（演示）")
    gone = Licence(
        holder=supplier,
        licence_kind="农药经营许可证",
        number="许-1",
        state="revoked",
        valid_from=day(since),
    )
    books.says(books.register.registrar, gone, at=LATER)
    lot = _spray(books, shop, supplier)
    books.says(shop, check(supplier, lot, "2026-10-02"), at=AT)

    assert [one.grade for one in _found(books)] == ["red"] * expected


def _three(books: BookWriter, shop: PartyId, *, phone: str = "00000000001") -> list[PartyId]:
    return [_declares(books, shop, f"{name}商行（演示）", phone=phone) for name in ("甲", "乙", "丙")]


def test_three_suppliers_of_licensed_goods_behind_one_telephone_are_red(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    first, *_ = suppliers = _three(books, shop)
    sheets = tuple(range(books.last.seq - 2, books.last.seq + 1))
    lot = _spray(books, shop, first)
    books.says(shop, check(first, lot, "2026-10-02"), at=AT)

    (one,) = _found(books)
    assert (one.grade, one.party) == ("red", shop)
    assert {*sheets, books.last.seq} <= set(one.seqs)
    assert contradictions(books.book, first, "pesticide") != ()

    # One of them turns out to hold the licence: what is left is two.
    licence(books, suppliers[2], "农药经营许可证")
    assert _found(books) == []
    assert contradictions(books.book, first, "pesticide") == ()


@pytest.mark.parametrize(
    "how", ["two", "farm produce", "farmers", "registered", "market", "file", "same name"]
)
def test_honest_suppliers_that_share_a_telephone_are_nothing(books: BookWriter, how: str) -> None:
    shop, phone = books.party("店（演示）"), "00000000001"
    names = ["甲商行（演示）", "乙商行（演示）", "丙商行（演示）"]
    if how == "two":
        names.pop()
    if how == "same name":
        names = ["甲商行（演示）"] * 3
    kind: PartyKind = "farmer" if how == "farmers" else "unknown"
    market = books.party("市场（演示）") if how == "market" else None
    suppliers = [_declares(books, shop, name, phone=phone, kind=kind, market=market) for name in names]
    if how == "registered":
        books.party("市场办（演示）", phone=phone)
    if how == "file":
        paper = FiledDocument(document_kind="农药经营许可证", number="外-1")
        books.says(shop, SupplierFile(supplier=suppliers[0], documents=(paper,)), at=AT)
    if how == "farm produce":
        lot = goods("leek")
        said = Batch(goods=lot, maker=suppliers[0], name="韭菜", category="farm_produce")
        books.says(shop, said, at=AT)
    else:
        lot = _spray(books, shop, suppliers[0])
    books.says(shop, check(suppliers[0], lot, "2026-10-02"), at=AT)

    assert _found(books) == []


@dataclass(frozen=True, slots=True)
class _Denied:
    """A wholesaler that keeps its books here, a buyer who names it, and a lot that only its maker has in its books."""

    books: BookWriter
    wholesaler: PartyId
    buyer: PartyId
    lot: GoodsId
    checked: int


def _denied(books: BookWriter, *, kind: PartyKind = "company", own_lot: bool = False) -> _Denied:
    maker, wholesaler = books.party("厂（演示）"), books.party("批发（演示）", kind=kind)
    buyer = books.party("店（演示）")
    key = fixed(1).public
    books.register.keys[key.keyid] = Enrolment(  # type: ignore[index]  # the test's own register
        key=key, party=wholesaler, role="enterprise", custody="own", since=0
    )
    lot = batch(books, buyer if own_lot else maker, "lot", "packaged_food", kg(500))
    books.says(buyer, check(wholesaler, lot, "2026-10-02"), at=AT)
    return _Denied(books, wholesaler, buyer, lot, books.last.seq)


def test_a_supplier_that_keeps_its_books_here_and_never_had_the_lot_is_amber(books: BookWriter) -> None:
    story = _denied(books)
    (one,) = _found(books)
    assert (one.grade, one.party, one.seqs) == ("amber", story.buyer, (story.checked,))

    # Its shipment is entered a day late.
    books.says(
        story.wholesaler,
        Shipment(to=story.buyer, lines=(line(story.lot),)),
        at="2026-10-02T06:00:00+08:00",
        logged="2026-10-03T06:00:00+08:00",
    )
    assert _found(books) == []


def test_a_supplier_that_had_the_lot_before_this_ledger_or_from_somebody_else_is_not_denied(
    books: BookWriter,
) -> None:
    story = _denied(books)
    stock = Adjustment(reason="opening_stock", lines=(line(story.lot),))
    books.says(story.wholesaler, stock, at="2026-09-01T08:00:00+08:00")
    assert _found(books) == []

    other = _denied(BookWriter())
    other.books.says(
        other.books.records[0].said.party,  # type: ignore[union-attr]  # the maker's own sheet
        Shipment(to=other.wholesaler, lines=(line(other.lot),)),
        at="2026-10-01T09:00:00+08:00",
    )
    assert _found(other.books) == []


def test_farmers_strangers_and_a_buyers_own_name_for_loose_goods_are_not_denied(books: BookWriter) -> None:
    assert _found(_denied(books, kind="farmer").books) == []
    assert _found(_denied(BookWriter(), own_lot=True).books) == []

    third = BookWriter()
    maker, buyer, silent = third.party("厂（演示）"), third.party("店（演示）"), third.party("商行（演示）")
    lot = batch(third, maker, "lot", "packaged_food", kg(500))
    third.says(buyer, check(silent, lot, "2026-10-02"), at=AT)
    assert _found(third) == []


def test_a_receipt_alone_names_its_supplier_as_well(books: BookWriter) -> None:
    story = _denied(books)
    said = Receipt(supplier=story.wholesaler, lines=(ReceivedLine(goods=story.lot, quantity=kg(5)),))
    other = books.party("另一店（演示）")
    books.says(other, said, at=AT)

    assert {one.party for one in _found(books)} == {story.buyer, other}


def _permit(
    books: BookWriter, holder: PartyId, number: str = "苏DB320699003", kind: str = "药品经营许可证"
) -> int:
    licence(books, holder, kind, number)
    return books.last.seq


def test_one_licence_number_of_two_traders_is_red_for_the_second(books: BookWriter) -> None:
    one, other = books.party("甲（演示）"), books.party("乙（演示）")
    first, second = _permit(books, one), _permit(books, other)

    (found,) = findings(books.book, "licence_shared")
    assert (found.grade, found.party, found.seqs) == ("red", other, (first, second))
    assert found.law == "行政许可法 9"


@pytest.mark.parametrize(
    "how",
    ["renewed", "renamed", "merged", "chain", "same name", "same code", "unknown", "short", "other kind"],
)
def test_honest_ways_to_record_one_number_twice_are_nothing(books: BookWriter, how: str) -> None:
    code = GOOD if how == "same code" else None
    one = books.party("甲（演示）", credit_code=code)
    other = books.party("甲（演示）" if how == "same name" else "乙（演示）", credit_code=code)
    if how == "renewed":
        other = one
    elif how == "unknown":
        other = books.party_id()
    elif how in {"renamed", "merged"}:
        said = Succession.read(
            {"party": str(one), "successor": str(other), "how": how, "effective_on": "2026-09-01"}
        )
        books.says(books.register.registrar, said, at=AT)
    elif how == "chain":
        said_of = Party(party=other, party_kind="company", name="乙（演示）", headquarters=one)
        books.says(books.register.registrar, said_of, at=AT)
    number = "备-1" if how == "short" else "苏DB320699003"
    _permit(books, one, number)
    _permit(books, other, number, "食品经营许可证" if how == "other kind" else "药品经营许可证")

    assert findings(books.book, "licence_shared") == []


LOT = "https://id.gs1.org/01/09520001000027/10/JC-1"


def _makes(books: BookWriter, who: PartyId, maker: PartyId, **more: str) -> None:
    body = {"goods": LOT, "maker": str(maker), "name": "韭菜", "category": "farm_produce", **more}
    books.says(who, Batch.read(body), at=AT)


def test_two_who_each_made_one_gtin_and_lot_are_red_and_one_maker_declared_by_many_is_nothing(
    books: BookWriter,
) -> None:
    for number in range(3):
        buyer = books.party(f"店 {number}（演示）")
        declared = books.party("外厂（演示）", declared_by=buyer)
        _makes(books, buyer, declared)
    assert findings(books.book, "two_declarers") == []

    own = BookWriter()
    _makes(own, own.party("甲（演示）"), own.records[-1].said.party)  # type: ignore[union-attr]  # the sheet just written
    second = own.party("乙（演示）")
    _makes(own, second, second)
    assert [(one.grade, one.party) for one in findings(own.book, "two_declarers")] == [("red", second)]

    contract = BookWriter()
    holder, maker = contract.party("甲（演示）"), contract.party("乙（演示）")
    _makes(contract, holder, holder, approval_holder="甲（演示）")
    _makes(contract, maker, maker)
    assert [one.grade for one in findings(contract.book, "two_declarers")] == ["amber"]


def test_goods_sold_by_the_buyer_keep_their_contradicted_source(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    supplier = _declares(books, shop, "外地商行（演示）", code=BAD)
    lot = _spray(books, shop, supplier)
    books.says(shop, check(supplier, lot, "2026-10-02"), at=AT)
    for number in range(3):
        books.says(shop, Sale(lines=(line(lot),)), at=f"2026-10-0{number + 3}T09:00:00+08:00")

    assert len(_found(books)) == 1
