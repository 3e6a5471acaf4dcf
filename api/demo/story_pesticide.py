"""Chain C, a pesticide: from its maker to the field, and beside it 200 bottles whose papers cannot be true.

The bottle with code …0217 was sold to a walk-in farmer in September. Two months later forty bottles carry that one code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.demo.parties import PESTICIDE_APPROVAL, product_id, site_id
from api.demo.parties import PESTICIDE_NAME as NAME
from api.demo.story_opening import LEEK_PLOT, PESTICIDE_GTIN, party_sheet
from ledger.identifiers import BatchNumber, DigitalLink, GoodsId, Gtin, Quantity, RegionCode
from ledger.vocabulary.documents import Certificate, Voucher, VoucherLine
from ledger.vocabulary.goods import Batch, Codes, Release, Use
from ledger.vocabulary.parties import Licence
from ledger.vocabulary.trade import (
    CheckedDocument,
    FiledDocument,
    Receipt,
    Sale,
    Shipment,
    SupplierCheck,
    SupplierFile,
    VoucherReference,
)
from ledger.vocabulary.values import Line, ReceivedLine

if TYPE_CHECKING:
    from api.demo.telling import Telling

LOT: Final = "WY260815"
PESTICIDE: Final = GoodsId.of_link(DigitalLink(Gtin.parse(PESTICIDE_GTIN), LOT))


def codes(first: int, last: int) -> tuple[str, ...]:
    """The unit codes of a run of bottles."""
    return tuple(f"1269001100190000000000000000{number:04}" for number in range(first, last + 1))


#: The bottle sold in September, whose code stands on forty others in November.
(CLONED,) = codes(217, 217)
#: The bottles of this lot that the story follows one by one.
FOLLOWED: Final = codes(301, 324)
ISSUED: Final = (CLONED, *FOLLOWED)

INVOICE_P1_P2: Final = "26372999999900000301"
INVOICE_P2_P3: Final = "26322999999900000302"
PHONE_OF_THREE: Final = "139-0000-0991"
#: Told by the label; invented, like the registration.
WAIT_DAYS: Final = 10


def tell_pesticide(story: Telling) -> None:
    """The honest branch first, then the other one, then both meet on plot 3."""
    _tell_maker(story)
    _deliver(
        story,
        "P1",
        "P2",
        "2026-08-20",
        bottles=4800,
        some=ISSUED,
        invoice=(INVOICE_P1_P2, "31", 96000),
        licence=PESTICIDE_APPROVAL,
    )
    _deliver(
        story,
        "P2",
        "P3",
        "2026-09-01",
        bottles=100,
        some=(CLONED,),
        invoice=None,
        licence="农药经许(苏)32068220001",
    )
    _tell_sold_in_september(story)
    _deliver(
        story,
        "P2",
        "P3",
        "2026-11-02",
        bottles=300,
        some=FOLLOWED,
        invoice=(INVOICE_P2_P3, "32", 7200),
        licence="农药经许(苏)32068220001",
    )
    _tell_renewal(story)
    _tell_bottles_without_papers(story)
    _tell_spraying(story)
    _tell_late_check(story)


def _tell_maker(story: Telling) -> None:
    told = story.variation
    story.says(
        "2026-08-15 16:00",
        "P1",
        Batch(
            goods=PESTICIDE,
            maker=story.party("P1"),
            name=NAME,
            category="农药",
            product=product_id(NAME),
            batch_number=BatchNumber(LOT),
            specification="100 g/瓶",
            produced_on=told.day("2026-08-15"),
            expires_on=told.day("2028-08-14"),
            quantity=told.bottles(10000),
        ),
    )
    story.says(
        "2026-08-15 16:20", "P1", Codes(action="issue", goods=PESTICIDE, codes=ISSUED, code_kind="pesticide")
    )
    story.says(
        "2026-08-16 09:00",
        "P1",
        Certificate(
            certificate_kind="factory_inspection",
            number="DEMO-NY-260815",
            issued_by=story.name_of("P1"),
            goods=(PESTICIDE,),
            issued_on=told.day("2026-08-16"),
        ),
    )
    release = Release(
        goods=PESTICIDE,
        result="released",
        basis="own_test",
        certificate_number="DEMO-NY-260815",
        tested_on=told.day("2026-08-16"),
    )
    story.says("2026-08-16 09:30", "P1", release)


def _deliver(
    story: Telling,
    seller: str,
    buyer: str,
    day: str,
    *,
    bottles: int,
    some: tuple[str, ...],
    invoice: tuple[str, str, int] | None,
    licence: str,
) -> None:
    """Voucher, goods and check of one delivery: 农药管理条例 26."""
    told = story.variation
    line = Line(goods=PESTICIDE, quantity=told.bottles(bottles), codes=some)
    if invoice is None:
        voucher = VoucherReference(voucher_kind="delivery_note", number=told.dated(f"{seller}{buyer}", day))
    else:
        number, kind, amount = invoice
        voucher = VoucherReference(voucher_kind="e_invoice", number=number)
        story.says(
            f"{day} 07:50",
            seller,
            Voucher(
                voucher_kind="e_invoice",
                seller=story.party(seller),
                buyer=story.party(buyer),
                number=number,
                issued_on=told.day(day),
                total=told.yuan(amount),
                qr_text=told.invoice_qr(kind, number, amount, day),
                lines=(
                    VoucherLine(name=NAME, goods=PESTICIDE, quantity=line.quantity, amount=told.yuan(amount)),
                ),
            ),
        )
    story.says(f"{day} 08:10", seller, Shipment(to=story.party(buyer), voucher=voucher, lines=(line,)))
    story.says(
        f"{day} 09:00",
        buyer,
        SupplierFile(
            supplier=story.party(seller),
            documents=(
                FiledDocument(document_kind="许可证明文件", number=licence, holder=story.party(seller)),
            ),
        ),
    )
    story.says(
        f"{day} 09:20",
        buyer,
        SupplierCheck(
            supplier=story.party(seller),
            received_on=told.day(day),
            conclusion="accept",
            voucher=voucher,
            checks=(
                CheckedDocument(what="licence", result="in_order", reference=licence),
                CheckedDocument(what="certificate", result="in_order", reference="DEMO-NY-260815"),
                CheckedDocument(what="label", result="in_order", note="旧规标签（农业部公告第 2579 号）"),
                CheckedDocument(what="voucher", result="in_order"),
            ),
            lines=(line,),
        ),
    )


def _tell_sold_in_september(story: Telling) -> None:
    """One bottle over the counter, with the buyer's name as 农药管理条例 27 asks."""
    line = Line(goods=PESTICIDE, quantity=one_bottle(), codes=(CLONED,))
    sale = Sale(
        region=RegionCode("320682"), buyer_name="李建国（演示）", buyer_phone="138-0000-0217", lines=(line,)
    )
    story.says("2026-09-05 15:10", "P3", sale, name="the bottle of September")


def one_bottle() -> Quantity:
    """One pack with a code of its own."""
    return Quantity.parse("1 XBO")


def _tell_renewal(story: Telling) -> None:
    """P3's licence ended in September; the new one begins in November. What was traded in between stays amber."""
    told = story.variation
    renewed = Licence(
        holder=story.party("P3"),
        licence_kind="农药经营许可证",
        number="农药经许(苏)32068220102",
        valid_from=told.day("2026-11-05"),
        valid_to=told.day("2031-11-04"),
    )
    story.says("2026-11-05 10:30", "P3", renewed)


def _tell_bottles_without_papers(story: Telling) -> None:
    """P4 sells before it has recorded any purchase: forty bottles to the farm, the rest over the counter."""
    told = story.variation
    for at, key in (("2026-08-12 11:00", "X2"), ("2026-09-20 17:40", "X3")):
        story.says(at, "P4", party_sheet(story, key, phone=PHONE_OF_THREE))
    doubtful = Line(goods=PESTICIDE, quantity=told.bottles(40), codes=(CLONED,))
    story.says(
        "2026-11-01 09:12", "P4", Shipment(to=story.party("F1"), lines=(doubtful,)), name="forty bottles"
    )
    _receive(story, "2026-11-01 09:50", supplier="P4", shipment="forty bottles", bottles=40)
    for at, bottles in (("2026-11-03 10:20", 70), ("2026-11-05 16:45", 66), ("2026-11-12 09:30", 60)):
        line = Line(goods=PESTICIDE, quantity=told.bottles(bottles))
        story.says(at, "P4", Sale(region=RegionCode("320682"), lines=(line,)))


def _tell_spraying(story: Telling) -> None:
    told = story.variation
    line = Line(goods=PESTICIDE, quantity=told.bottles(24), codes=FOLLOWED)
    story.says(
        "2026-11-02 10:00",
        "P3",
        Shipment(to=story.party("F1"), lines=(line,)),
        name="bottles with codes of their own",
    )
    _receive(story, "2026-11-02 10:40", supplier="P3", shipment="bottles with codes of their own", bottles=24)
    use = Use(
        purpose="韭菜，防治韭蛆、蓟马",
        dose="每亩 80 克，兑水 45 公斤",
        started_on=told.day("2026-11-02"),
        ended_on=told.day("2026-11-02"),
        site=site_id(LEEK_PLOT),
        wait_days=WAIT_DAYS,
        lines=(line, Line(goods=PESTICIDE, quantity=told.bottles(40))),
    )
    story.says("2026-11-02 15:00", "F1", use, name="spraying")


def _receive(story: Telling, at: str, *, supplier: str, shipment: str, bottles: int) -> None:
    line = ReceivedLine(goods=PESTICIDE, quantity=story.variation.bottles(bottles))
    story.says(
        at, "F1", Receipt(supplier=story.party(supplier), shipment=story.id_of(shipment), lines=(line,))
    )


def _tell_late_check(story: Telling) -> None:
    """11-06: P4 writes up a delivery of 10-28 from a supplier that does not exist, on an invoice that was somebody else's."""
    told = story.variation
    line = Line(goods=PESTICIDE, quantity=told.bottles(200))
    story.says("2026-11-06 18:30", "P4", party_sheet(story, "X1", phone=PHONE_OF_THREE))
    edited = Voucher(
        voucher_kind="e_invoice",
        seller=story.party("X1"),
        buyer=story.party("P4"),
        number=INVOICE_P2_P3,
        issued_on=told.day("2026-11-02"),
        total=told.yuan(9600),
        # The amount was changed and the CRC left as it was for 7,200.
        qr_text=told.invoice_qr("32", INVOICE_P2_P3, 9600, "2026-11-02", crc_of=7200),
        lines=(VoucherLine(name=NAME, goods=PESTICIDE, quantity=line.quantity, amount=told.yuan(9600)),),
    )
    story.says("2026-11-06 18:35", "P4", edited, name="edited voucher")
    check = SupplierCheck(
        supplier=story.party("X1"),
        received_on=told.day("2026-10-28"),
        conclusion="accept",
        voucher=VoucherReference(voucher_kind="e_invoice", number=INVOICE_P2_P3),
        checks=(
            CheckedDocument(what="licence", result="in_order"),
            CheckedDocument(what="voucher", result="in_order"),
        ),
        lines=(line,),
    )
    story.says("2026-11-06 18:40", "P4", check, occurred="2026-10-28 10:00", name="late check")
