from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Quantity
from ledger.identifiers.voucher import crc16
from ledger.vocabulary.documents import Voucher, VoucherLine
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Return, Shipment, VoucherKind, VoucherReference
from ledger.vocabulary.values import PackFactor
from tests.support.books import BookWriter, kg, pieces
from tests.unit.findings.judged import batch, check, day, findings, goods, kinds, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId, StatementId

NUMBER = "26322999999900000302"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _voucher(
    seller: PartyId,
    buyer: PartyId,
    *,
    kind: VoucherKind = "e_invoice",
    number: str | None = NUMBER,
    total: str | None = None,
    on: str | None = None,
    qr: str | None = None,
    amounts: tuple[tuple[GoodsId | None, Quantity | None], ...] = (),
) -> Voucher:
    return Voucher(
        voucher_kind=kind,
        seller=seller,
        buyer=buyer,
        number=number,
        total=total,
        issued_on=day(on) if on else None,
        qr_text=qr,
        lines=tuple(VoucherLine(name="货物", goods=one, quantity=amount) for one, amount in amounts) or None,
    )


def _qr(total: str = "9600.00", date: str = "20261102", number: str = NUMBER) -> str:
    covered = f"01,32,,{number},{total},{date},,"
    return covered + crc16(covered)


def _three(books: BookWriter) -> tuple[PartyId, PartyId, PartyId]:
    return books.party("甲（演示）"), books.party("乙（演示）"), books.party("丙（演示）")


def test_one_invoice_between_two_pairs_is_red_and_rests_on_both_records(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    books.says(buyer, _voucher(seller, buyer, total="7200.00"), at="2026-11-02T10:00:00+08:00")
    first = books.last.seq
    books.says(
        other,
        _voucher(buyer, other, total="9600.00"),
        at="2026-11-01T10:00:00+08:00",
        logged="2026-11-06T10:00:00+08:00",
    )

    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("voucher_reused", "red", other)
    assert one.seqs == (first, books.last.seq)
    assert one.figures == {"first_total": "7200.00", "second_total": "9600.00"}


def test_one_buyer_who_names_two_sellers_is_amber(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    books.says(buyer, check(seller, leek, "2026-10-02", voucher=NUMBER), at="2026-10-02T10:00:00+08:00")
    books.says(buyer, _voucher(other, buyer), at="2026-10-03T10:00:00+08:00")

    (one,) = findings(books.book)
    assert (one.kind, one.grade) == ("voucher_reused", "amber")


def test_many_deliveries_of_one_pair_on_one_invoice_are_nothing_even_when_it_comes_later(
    books: BookWriter,
) -> None:
    seller, buyer, _ = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    for place in range(3):
        on = f"2026-10-0{place + 2}"
        reference = VoucherReference(voucher_kind="e_invoice", number=NUMBER)
        books.says(
            seller,
            Shipment(to=buyer, voucher=reference, lines=(line(leek, kg(10)),)),
            at=f"{on}T05:00:00+08:00",
        )
        books.says(buyer, check(seller, leek, on, kg(10), voucher=NUMBER), at=f"{on}T06:00:00+08:00")
    books.says(
        buyer,
        _voucher(seller, buyer, on="2026-10-31", amounts=((leek, kg(30)),)),
        at="2026-10-31T10:00:00+08:00",
    )

    assert kinds(books.book) == []


def test_a_seller_declared_again_under_another_id_is_the_same_seller(books: BookWriter) -> None:
    seller = books.party("批发商（演示）", credit_code="91320682DEM0030202")
    buyer = books.party("店（演示）")
    declared = books.party("批发商（演示）", credit_code="91320682DEM0030202", declared_by=buyer)
    books.says(seller, _voucher(seller, buyer), at="2026-10-02T10:00:00+08:00")
    books.says(buyer, _voucher(declared, buyer), at="2026-10-03T10:00:00+08:00")

    assert kinds(books.book) == []


def test_one_pair_with_two_totals_is_amber(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    books.says(seller, _voucher(seller, buyer, total="7200.00"), at="2026-11-02T10:00:00+08:00")
    books.says(buyer, _voucher(seller, buyer, total="7200"), at="2026-11-02T11:00:00+08:00")
    assert kinds(books.book) == []

    books.says(buyer, _voucher(seller, buyer, total="7201.00"), at="2026-11-02T12:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.figures["second_total"]) == ("voucher_reused", "amber", "7201.00")


@pytest.mark.parametrize("kind", ["sales_slip", "delivery_note", "receipt"])
def test_slips_of_two_sellers_may_carry_one_number(books: BookWriter, kind: VoucherKind) -> None:
    seller, buyer, other = _three(books)
    books.says(
        buyer,
        _voucher(seller, buyer, kind=kind, number="000000012", on="2026-11-02"),
        at="2026-11-02T10:00:00+08:00",
    )
    books.says(
        buyer,
        _voucher(other, buyer, kind=kind, number="000000012", on="2026-11-02"),
        at="2026-11-02T11:00:00+08:00",
    )
    books.says(
        other,
        _voucher(seller, other, kind=kind, number="000000012", on="2026-11-03"),
        at="2026-11-03T11:00:00+08:00",
    )
    assert kinds(books.book) == []

    books.says(
        other,
        _voucher(seller, other, kind=kind, number="000000012", on="2026-11-02"),
        at="2026-11-04T11:00:00+08:00",
    )
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("voucher_reused", "amber", other)


def test_eight_digits_of_an_older_invoice_are_not_unique_without_their_code(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    for who, number in ((buyer, "12345678"), (other, "12345678")):
        books.says(
            who,
            _voucher(seller if who == buyer else buyer, who, kind="vat_invoice", number=number),
            at="2026-11-02T10:00:00+08:00",
        )
    assert kinds(books.book) == []

    for who in (buyer, other):
        full = _voucher(
            seller if who == buyer else buyer, who, kind="vat_invoice", number="3200194130-12345678"
        )
        books.says(who, full, at="2026-11-03T10:00:00+08:00")
    assert kinds(books.book) == ["voucher_reused"]


def test_a_voucher_that_fits_its_own_qr_code_is_nothing(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    books.says(
        buyer,
        _voucher(seller, buyer, total="9600.00", on="2026-11-02", qr=_qr()),
        at="2026-11-02T10:00:00+08:00",
    )
    books.says(
        buyer, _voucher(seller, buyer, total="9600.00", qr=_qr().lower()), at="2026-11-02T11:00:00+08:00"
    )

    assert kinds(books.book) == []


@pytest.mark.parametrize(
    ("total", "on", "number", "qr", "figure"),
    [
        ("9600.00", "2026-11-02", NUMBER, _qr()[:-4] + "7ACD", "crc"),
        ("9600.01", "2026-11-02", NUMBER, _qr(), "amount"),
        ("9600.00", "2026-11-03", NUMBER, _qr(), "date"),
        ("9600.00", "2026-11-02", "26322999999900000303", _qr(), "number"),
    ],
)
def test_a_voucher_that_differs_from_its_own_qr_code_was_edited_or_misread(
    books: BookWriter, total: str, on: str, number: str, qr: str, figure: str
) -> None:
    seller, buyer, _ = _three(books)
    books.says(
        buyer,
        _voucher(seller, buyer, number=number, total=total, on=on, qr=qr),
        at="2026-11-02T10:00:00+08:00",
    )

    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("voucher_edited", "amber", buyer)
    assert figure in one.figures


def test_the_amount_of_an_older_invoice_is_without_tax_and_not_compared(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    covered = "01,10,032001900104,12345678,100.00,20261102,12345678901234567890,"
    qr = covered + crc16(covered) + ","
    books.says(
        buyer,
        _voucher(seller, buyer, kind="vat_invoice", number="12345678", total="109.00", qr=qr),
        at="2026-11-02T10:00:00+08:00",
    )

    assert kinds(books.book) == []


def test_the_qr_code_of_another_paper_is_nothing(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    books.says(
        buyer, _voucher(seller, buyer, qr="https://example.com/slip/1"), at="2026-11-02T10:00:00+08:00"
    )

    assert kinds(books.book) == []


def test_goods_beyond_the_voucher_and_two_scales_are_amber_and_far_beyond_it_red(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    books.says(
        buyer,
        _voucher(seller, buyer, amounts=((leek, kg(20)), (leek, kg(10)))),
        at="2026-10-02T04:00:00+08:00",
    )
    for amount, expected in (("29", []), ("2.5", []), ("0.001", ["amber"]), ("7.499", ["red"])):
        one = check(seller, leek, "2026-10-02", kg(amount), voucher=NUMBER)
        books.says(buyer, one, at="2026-10-02T05:00:00+08:00")
        assert [one.grade for one in findings(books.book, "voucher_overused")] == expected

    (found,) = findings(books.book)
    assert (found.kind, found.party) == ("voucher_overused", buyer)
    assert (found.figures["listed"], found.figures["used"]) == ("30", "39")
    assert len(found.seqs) == 5


def test_the_two_sides_of_one_delivery_use_a_voucher_once(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    reference = VoucherReference(voucher_kind="e_invoice", number=NUMBER)
    books.says(seller, _voucher(seller, buyer, amounts=((leek, kg(30)),)), at="2026-10-02T04:00:00+08:00")
    books.says(
        seller,
        Shipment(to=buyer, voucher=reference, lines=(line(leek, kg(30)),)),
        at="2026-10-02T05:00:00+08:00",
    )
    books.says(
        buyer, check(seller, leek, "2026-10-02", kg(30), voucher=NUMBER), at="2026-10-02T06:00:00+08:00"
    )
    assert kinds(books.book) == []

    books.says(
        seller,
        Shipment(to=buyer, voucher=reference, lines=(line(leek, kg(2)),)),
        at="2026-10-03T05:00:00+08:00",
    )
    assert kinds(books.book) == ["voucher_overused"]


def test_a_voucher_without_quantities_or_in_other_units_cannot_be_exceeded(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    books.says(
        buyer, _voucher(seller, buyer, amounts=((leek, kg(1)), (None, None))), at="2026-10-02T04:00:00+08:00"
    )
    books.says(buyer, _voucher(seller, buyer, amounts=((None, pieces(1)),)), at="2026-10-02T04:30:00+08:00")
    books.says(
        buyer, check(seller, leek, "2026-10-02", kg(30), voucher=NUMBER), at="2026-10-02T05:00:00+08:00"
    )

    assert kinds(books.book) == []


def test_lines_that_name_goods_are_compared_goods_by_goods(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    leek, cabbage = (
        batch(books, seller, "leek", "farm_produce", kg(100)),
        batch(books, seller, "cabbage", "farm_produce", kg(100)),
    )
    listed = _voucher(seller, buyer, amounts=((leek, kg(10)), (cabbage, kg(50))))
    books.says(buyer, listed, at="2026-10-02T04:00:00+08:00")
    books.says(
        buyer, check(seller, leek, "2026-10-02", kg(11), voucher=NUMBER), at="2026-10-02T05:00:00+08:00"
    )

    assert kinds(books.book) == ["voucher_overused"]


def test_goods_exchanged_under_the_same_paper_rest_on_it_once(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(200))
    books.says(buyer, _voucher(seller, buyer, amounts=((leek, kg(100)),)), at="2026-10-02T04:00:00+08:00")
    for on, amount in (("2026-10-02", kg(100)), ("2026-10-04", kg(30))):
        books.says(buyer, check(seller, leek, on, amount, voucher=NUMBER), at=f"{on}T05:00:00+08:00")
    assert kinds(books.book) == ["voucher_overused"]
    # What went to somebody else is no exchange.
    for to, left in ((other, ["voucher_overused"]), (seller, [])):
        books.says(buyer, Return(to=to, lines=(line(leek, kg(30)),)), at="2026-10-03T05:00:00+08:00")
        assert [one for one in kinds(books.book) if one.startswith("voucher")] == left


def test_a_lot_that_the_paper_does_not_list_is_on_another_paper(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    leek, cabbage = (batch(books, seller, name, "farm_produce", kg(100)) for name in ("leek", "cabbage"))
    books.says(buyer, _voucher(seller, buyer, amounts=((leek, kg(10)),)), at="2026-10-02T04:00:00+08:00")
    both = check(seller, leek, "2026-10-02", kg(10), voucher=NUMBER).model_copy(
        update={"lines": (line(leek, kg(10)), line(cabbage, kg(50)))}
    )
    books.says(buyer, both, at="2026-10-02T05:00:00+08:00")
    assert kinds(books.book) == []


def test_lines_without_goods_are_compared_in_the_units_of_the_paper_and_in_no_others(
    books: BookWriter,
) -> None:
    seller, buyer, _ = _three(books)
    apples = Batch(
        goods=goods("apples"),
        maker=seller,
        name="苹果",
        category="farm_produce",
        quantity=Quantity.parse("50 XCS"),
        packs=(PackFactor(unit="XCS", holds=kg(10)),),
    )
    books.says(seller, apples, at="2026-10-01T08:00:00+08:00")
    slip = _voucher(seller, buyer, amounts=((None, Quantity.parse("10 XCS")), (None, kg(5))))
    books.says(buyer, slip, at="2026-10-02T04:00:00+08:00")
    coriander = batch(books, seller, "coriander", "farm_produce", kg(50))
    taken = check(seller, coriander, "2026-10-02", kg(5), voucher=NUMBER).model_copy(
        update={"lines": (line(apples.goods, Quantity.parse("10 XCS")), line(coriander, kg(5)))}
    )
    books.says(buyer, taken, at="2026-10-02T05:00:00+08:00")
    assert [one for one in kinds(books.book) if one.startswith("voucher")] == []
    more = check(seller, coriander, "2026-10-02", kg(9), voucher=NUMBER).model_copy(
        update={"lines": (line(apples.goods, Quantity.parse("10 XCS")), line(coriander, kg(9)))}
    )
    books.says(buyer, more, at="2026-10-02T06:00:00+08:00")
    assert [one for one in kinds(books.book) if one.startswith("voucher")] == ["voucher_overused"]


def test_a_shops_own_look_at_what_its_headquarters_checked_rests_on_the_paper_once(
    books: BookWriter,
) -> None:
    seller, head, shop = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(200))
    books.says(head, _voucher(seller, head, amounts=((leek, kg(100)),)), at="2026-10-02T04:00:00+08:00")
    own = check(seller, leek, "2026-10-02", kg(100), voucher=NUMBER)
    books.says(head, own.model_copy(update={"for_shops": (shop,)}), at="2026-10-02T05:00:00+08:00")
    books.says(shop, own, at="2026-10-02T06:00:00+08:00")
    assert [one for one in kinds(books.book) if one == "voucher_overused"] == []


def test_a_refused_delivery_rests_on_no_voucher(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(100))
    books.says(
        buyer, check(seller, leek, "2026-10-02", kg(10), voucher=NUMBER), at="2026-10-02T05:00:00+08:00"
    )
    refused = check(seller, leek, "2026-10-02", kg(10), voucher=NUMBER).model_copy(
        update={"conclusion": "refuse"}
    )
    books.says(other, refused, at="2026-10-02T06:00:00+08:00")

    assert kinds(books.book) == []


def test_putting_a_wrong_number_right_takes_the_finding_away(books: BookWriter) -> None:
    seller, buyer, other = _three(books)
    books.says(buyer, _voucher(seller, buyer), at="2026-11-02T10:00:00+08:00")
    books.says(other, _voucher(buyer, other), at="2026-11-06T10:00:00+08:00")
    assert kinds(books.book) == ["voucher_reused"]

    corrected = _voucher(buyer, other, number="26322999999900000999").model_copy(
        update={"correction_reason": "incorrect_data"}
    )
    books.says(other, corrected, at="2026-11-06T10:00:00+08:00", corrects=books.last)
    assert kinds(books.book) == []


def _delivered(
    books: BookWriter, seller: PartyId, buyer: PartyId, leek: GoodsId, *amounts: str
) -> list[StatementId]:
    """Deliveries whose records name no voucher."""
    sent = []
    for place, amount in enumerate(amounts):
        said = Shipment(to=buyer, lines=(line(leek, kg(amount)),))
        books.says(seller, said, at=f"2026-10-0{place + 1}T05:00:00+08:00")
        sent.append(books.last.header.id)
    return sent


@pytest.mark.parametrize("number", [NUMBER, None])
def test_the_deliveries_that_a_voucher_names_rest_on_it_with_and_without_a_number(
    books: BookWriter, number: str | None
) -> None:
    seller, buyer, _ = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(5000))
    sent = _delivered(books, seller, buyer, leek, "600", "400", "600")
    invoice = _voucher(seller, buyer, amounts=((leek, kg(1000)),)).model_copy(update={"number": number})
    books.says(
        buyer, invoice.model_copy(update={"deliveries": tuple(sent[:2])}), at="2026-11-02T10:00:00+08:00"
    )
    paper = books.last
    assert kinds(books.book) == []

    books.says(
        buyer,
        invoice.model_copy(update={"deliveries": tuple(sent), "correction_reason": "incorrect_data"}),
        at="2026-11-03T10:00:00+08:00",
        corrects=paper,
    )
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.figures["used"]) == ("voucher_overused", "red", "1600")
    assert len(one.seqs) == 4

    # The last delivery was typed with the wrong weight; the voucher follows it to its right version.
    last = next(record for record in books.records if record.header.id == sent[2])
    right = Shipment(to=buyer, correction_reason="incorrect_data", lines=(line(leek, kg("0.6")),))
    books.says(seller, right, at="2026-10-03T05:00:00+08:00", corrects=last)
    assert kinds(books.book) == []


def test_one_invoice_to_the_headquarters_for_deliveries_to_its_shops_is_one_buyer(books: BookWriter) -> None:
    seller, house, shop = _three(books)
    leek = batch(books, seller, "leek", "farm_produce", kg(5000))
    said = Party(party=shop, party_kind="company", name="分店（演示）", headquarters=house)
    books.says(books.register.registrar, said, at="2026-09-01T08:00:00+08:00")
    books.says(house, _voucher(seller, house), at="2026-10-01T10:00:00+08:00")
    books.says(shop, check(seller, leek, "2026-10-02", voucher=NUMBER), at="2026-10-02T10:00:00+08:00")

    assert kinds(books.book) == []


def test_a_delivery_by_another_company_that_the_voucher_names_is_the_vouchers_own(books: BookWriter) -> None:
    seller, buyer, carrier = _three(books)
    leek = batch(books, carrier, "leek", "farm_produce", kg(5000))
    books.says(buyer, check(carrier, leek, "2026-10-02", voucher=NUMBER), at="2026-10-02T10:00:00+08:00")
    checked = books.last.header.id
    books.says(buyer, _voucher(seller, buyer), at="2026-10-05T10:00:00+08:00")
    assert [one.grade for one in findings(books.book, "voucher_reused")] == ["amber"]

    named = _voucher(seller, buyer).model_copy(update={"deliveries": (checked,)})
    books.says(
        buyer,
        named.model_copy(update={"correction_reason": "incorrect_data"}),
        at="2026-10-06T10:00:00+08:00",
        corrects=books.last,
    )
    assert findings(books.book, "voucher_reused") == []


@pytest.mark.parametrize(("kind", "expected"), [("e_invoice", ["red"]), ("purchase_invoice", [])])
def test_two_papers_of_one_number_with_two_sellers_are_red_and_a_buyers_own_paper_for_farmers_is_nothing(
    books: BookWriter, kind: VoucherKind, expected: list[str]
) -> None:
    seller, buyer, other = _three(books)
    for who in (seller, other):
        said = _voucher(who, buyer).model_copy(update={"voucher_kind": kind})
        books.says(buyer, said, at="2026-10-02T10:00:00+08:00")

    assert [one.grade for one in findings(books.book, "voucher_reused")] == expected


def test_cases_are_opened_where_somebody_declared_what_one_holds(books: BookWriter) -> None:
    seller, buyer, _ = _three(books)
    said = Batch(
        goods=goods("cases"),
        maker=seller,
        name="韭菜",
        category="farm_produce",
        quantity=kg(500),
        packs=(PackFactor(unit="XCS", holds=kg(10)),),
    )
    books.says(seller, said, at="2026-10-01T08:00:00+08:00")
    books.says(
        buyer, _voucher(seller, buyer, amounts=((said.goods, kg(100)),)), at="2026-10-02T04:00:00+08:00"
    )
    for amount, expected in (("10 XCS", []), ("1 XCS", ["amber"])):
        one = check(seller, said.goods, "2026-10-02", Quantity.parse(amount), voucher=NUMBER)
        books.says(buyer, one, at="2026-10-02T05:00:00+08:00")
        assert [one.grade for one in findings(books.book, "voucher_overused")] == expected
