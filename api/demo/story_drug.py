"""Chain B, a drug: every box has its own code, and lies in a middle pack in a case. One box is sold twice, by two pharmacies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.demo.parties import DRUG_APPROVAL, DRUG_NAME, product_id
from api.demo.story_opening import DRUG_GTIN
from ledger.identifiers import BatchNumber, DigitalLink, GoodsId, Gtin, Quantity, RegionCode
from ledger.vocabulary.documents import Certificate, Voucher, VoucherLine
from ledger.vocabulary.goods import Batch, Codes, Packing, Release
from ledger.vocabulary.trade import (
    CheckedDocument,
    FiledDocument,
    Sale,
    Shipment,
    SupplierCheck,
    SupplierFile,
    VoucherReference,
)
from ledger.vocabulary.values import Line

if TYPE_CHECKING:
    from api.demo.telling import Telling

LOT: Final = "A260901"
DRUG: Final = GoodsId.of_link(DigitalLink(Gtin.parse(DRUG_GTIN), LOT))
#: One case of the lot, followed to the box: five middle packs of ten boxes each.
CASE: Final = "99999939000000000001"
MIDDLES: Final = tuple(f"99999929{number:012}" for number in range(1, 6))
BOXES: Final = tuple(f"99999919{number:012}" for number in range(1, 51))
BOXES_IN_MIDDLE: Final = 10
#: The middle pack that the pharmacy gets.
MIDDLE: Final = MIDDLES[4]
#: The box that is sold twice.
BOX: Final = "99999919000000000047"

#: Who may sell for them, as their authorisations say.
_SALESPEOPLE: Final = {"D1": "周立（演示）", "D2": "蒋敏（演示）"}
INVOICE_D1_D2: Final = "26322999999900000201"
INVOICE_D2_D3: Final = "26322999999900000202"


def tell_drug(story: Telling) -> None:
    """From the maker to two pharmacies and a hospital, and once more from a third pharmacy that never bought it."""
    told = story.variation
    story.says(
        "2026-09-01 16:00",
        "D1",
        Batch(
            goods=DRUG,
            maker=story.party("D1"),
            name=DRUG_NAME,
            category="药品",
            product=product_id(DRUG_NAME),
            batch_number=BatchNumber(LOT),
            specification="0.25 g×24 粒",
            produced_on=told.day("2026-09-01"),
            expires_on=told.day("2028-08-31"),
            approval_holder=story.name_of("D1"),
            storage="密封保存",
            quantity=told.boxes(5000),
        ),
    )
    issued = Codes(action="issue", goods=DRUG, codes=(CASE, *MIDDLES, *BOXES), code_kind="drug")
    story.says("2026-09-01 16:10", "D1", issued)
    _tell_packing(story)
    story.says(
        "2026-09-08 11:00",
        "D1",
        Certificate(
            certificate_kind="batch_release",
            number="DEMO-YP-260901",
            issued_by=story.name_of("D1"),
            goods=(DRUG,),
            issued_on=told.day("2026-09-08"),
        ),
    )
    release = Release(
        goods=DRUG,
        result="released",
        basis="own_test",
        certificate_number="DEMO-YP-260901",
        tested_on=told.day("2026-09-08"),
        person_name="质量受权人 沈若兰（演示）",
    )
    story.says("2026-09-08 14:00", "D1", release)
    _deliver(story, "D1", "D2", "2026-09-15", boxes=3000, codes=(CASE,), invoice=(INVOICE_D1_D2, 36000))
    # A case moves with everything in it; what is to go on alone is taken out first.
    story.says(
        "2026-10-09 16:00", "D2", Packing(action="unpack", parent_code=CASE, codes=MIDDLES, goods=DRUG)
    )
    _deliver(story, "D2", "D3", "2026-10-10", boxes=420, codes=(MIDDLE,), invoice=(INVOICE_D2_D3, 7560))
    opened = Packing(action="unpack", parent_code=MIDDLE, codes=_boxes_in(MIDDLE), goods=DRUG)
    story.says("2026-10-11 09:10", "D3", opened)
    _deliver(story, "D2", "D5", "2026-10-12", boxes=1000, codes=None, invoice=None)
    _sell_box(story, "D3", "2026-10-20 15:20")
    _sell_box(story, "D4", "2026-11-12 11:05")


def _boxes_in(middle: str) -> tuple[str, ...]:
    start = MIDDLES.index(middle) * BOXES_IN_MIDDLE
    return BOXES[start : start + BOXES_IN_MIDDLE]


def _tell_packing(story: Telling) -> None:
    """Boxes into middle packs, middle packs into the case, as the packing line reports them."""
    for middle in MIDDLES:
        inside = _boxes_in(middle)
        story.says(
            "2026-09-01 16:20", "D1", Packing(action="pack", parent_code=middle, codes=inside, goods=DRUG)
        )
    story.says("2026-09-01 16:25", "D1", Packing(action="pack", parent_code=CASE, codes=MIDDLES, goods=DRUG))


def _sell_box(story: Telling, pharmacy: str, at: str) -> None:
    line = Line(goods=DRUG, quantity=one_box(), codes=(BOX,))
    story.says(
        at, pharmacy, Sale(region=RegionCode("320613"), lines=(line,)), name=f"{pharmacy} sells the box"
    )


def one_box() -> Quantity:
    """One pack with a code of its own."""
    return Quantity.parse("1 XBX")


def _deliver(
    story: Telling,
    seller: str,
    buyer: str,
    day: str,
    *,
    boxes: int,
    codes: tuple[str, ...] | None,
    invoice: tuple[str, int] | None,
) -> None:
    """Papers, delivery note, goods and check: 药品管理法 56, 57."""
    told = story.variation
    line = Line(goods=DRUG, quantity=told.boxes(boxes), codes=codes)
    note = VoucherReference(voucher_kind="delivery_note", number=told.dated(f"{seller}{buyer}", day))
    story.says(
        f"{day} 08:00",
        buyer,
        SupplierFile(
            supplier=story.party(seller),
            documents=(
                FiledDocument(document_kind="首营企业资料", holder=story.party(seller)),
                FiledDocument(
                    document_kind="首营品种资料",
                    number=DRUG_APPROVAL,
                    holder=story.party("D1"),
                    scope=DRUG_NAME,
                ),
                FiledDocument(document_kind="质量保证协议", holder=story.party(seller)),
            ),
            salesperson=_SALESPEOPLE[seller],
            authorised_until=told.day("2027-06-30"),
        ),
    )
    if invoice is not None:
        number, amount = invoice
        story.says(
            f"{day} 08:30",
            seller,
            Voucher(
                voucher_kind="e_invoice",
                seller=story.party(seller),
                buyer=story.party(buyer),
                number=number,
                issued_on=told.day(day),
                total=told.yuan(amount),
                qr_text=told.invoice_qr("31", number, amount, day),
                lines=(
                    VoucherLine(name=DRUG_NAME, goods=DRUG, quantity=line.quantity, amount=told.yuan(amount)),
                ),
            ),
        )
    story.says(f"{day} 09:00", seller, Shipment(to=story.party(buyer), voucher=note, lines=(line,)))
    story.says(
        f"{day} 14:00",
        buyer,
        SupplierCheck(
            supplier=story.party(seller),
            received_on=told.day(day),
            conclusion="accept",
            voucher=note,
            checks=(
                CheckedDocument(what="licence", result="in_order"),
                CheckedDocument(what="voucher", result="in_order"),
                CheckedDocument(what="certificate", result="in_order", reference="DEMO-YP-260901"),
            ),
            lines=(line,),
        ),
    )
