"""Chain A, meat: pigs to pork to sausage. The second sausage batch is mixed from two slaughter days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from api.demo.parties import own_batch, product_id, site_id
from api.demo.story_opening import OWN_RECORDS, SAUSAGE_GTIN, party_sheet
from ledger.identifiers import BatchNumber, DigitalLink, EarTag, GoodsId, Gtin
from ledger.vocabulary.documents import Certificate, Voucher, VoucherLine
from ledger.vocabulary.goods import Adjustment, Batch, Release, Transformation
from ledger.vocabulary.trade import (
    CheckedDocument,
    FiledDocument,
    Receipt,
    Shipment,
    SupplierCheck,
    SupplierFile,
    VoucherReference,
)
from ledger.vocabulary.values import Detail, Line, OutputLine, ReceivedLine

if TYPE_CHECKING:
    from api.demo.telling import Telling
    from api.demo.variation import Variation

PIGS_FIRST: Final = own_batch("pigs of the ninth")
PIGS: Final = own_batch("pigs of the eleventh")
PORK_FIRST: Final = own_batch("pork of the tenth")
PORK: Final = own_batch("pork of the twelfth")
SPICES: Final = own_batch("spices")
#: The certificate of the pigs travels with their meat.
QUARANTINE: Final = {PORK_FIRST: "DEMO-3206-0000", PORK: "DEMO-3206-0001"}
#: First and last ear tag of the 120 pigs.
EAR_TAGS: Final = (EarTag("132068590000001"), EarTag("132068590000120"))

INVOICE_F3_F4: Final = "26322999999900000102"


def sausage(told: Variation, day: str) -> GoodsId:
    """The sausage batch of a day: its printed number holds the day."""
    return GoodsId.of_link(DigitalLink(Gtin.parse(SAUSAGE_GTIN), told.dated("SG", day)))


def tell_pork(story: Telling) -> None:
    """From the farm to the supermarket."""
    _tell_spices(story)
    _tell_pigs(story, PIGS_FIRST, farm_day="2026-11-09", heads=20, quarantine=QUARANTINE[PORK_FIRST])
    _tell_slaughter(story, PIGS_FIRST, PORK_FIRST, day="2026-11-10", heads=20, kilos=1570)
    _tell_pigs(story, PIGS, farm_day="2026-11-11", heads=120, quarantine=QUARANTINE[PORK])
    _tell_slaughter(story, PIGS, PORK, day="2026-11-12", heads=120, kilos=9420)
    _tell_pork_sold(story, PORK_FIRST, day="2026-11-10", kilos=400, yuan=8360, invoice=None)
    _tell_pork_sold(story, PORK, day="2026-11-12", kilos=2000, yuan=41800, invoice=INVOICE_F3_F4)
    _tell_sausages(story)
    _tell_supermarket(story)


def _tell_spices(story: Telling) -> None:
    """Stock that is older than the ledger: counted once, when the factory joins."""
    told = story.variation
    story.says(OWN_RECORDS, "F4", party_sheet(story, "W2"))
    story.says(
        OWN_RECORDS,
        "F4",
        Batch(
            goods=SPICES,
            maker=story.party("W2"),
            name="复合调味料",
            category="调味品",
            lot_basis="supplier_product_date",
            specification="25 kg/袋",
            produced_on=told.day("2026-06-18"),
        ),
    )
    story.says(
        OWN_RECORDS,
        "F4",
        Adjustment(reason="opening_stock", lines=(Line(goods=SPICES, quantity=told.kg(500)),)),
    )


def _tell_pigs(
    story: Telling,
    pigs: GoodsId,
    *,
    farm_day: str,
    heads: int,
    quarantine: str,
) -> None:
    """Live pigs with their ear tags and quarantine certificate, from the farm to the slaughterhouse."""
    told = story.variation
    some = told.much(heads, "HEA")
    tags = "耳标 {} 至 {}".format(*EAR_TAGS) if pigs == PIGS else None
    story.says(
        f"{farm_day} 14:00",
        "F2",
        Batch(
            goods=pigs,
            maker=story.party("F2"),
            name="生猪",
            category="生猪",
            batch_number=BatchNumber(told.dated("ZH", farm_day)),
            specification=tags,
            produced_on=told.day(farm_day),
            planted_on=told.day("2026-05-20"),
            quantity=some,
        ),
    )
    story.says(
        f"{farm_day} 15:00",
        "F2",
        Certificate(
            certificate_kind="quarantine",
            number=quarantine,
            issued_by="演示市海安动物卫生监督所（演示）",
            goods=(pigs,),
            issued_on=told.day(farm_day),
        ),
    )
    story.says(
        f"{farm_day} 16:00",
        "F2",
        Shipment(to=story.party("F3"), lines=(Line(goods=pigs, quantity=some),)),
        name=f"pigs of {farm_day}",
    )
    story.says(
        f"{farm_day} 19:30",
        "F3",
        Receipt(
            supplier=story.party("F2"),
            shipment=story.id_of(f"pigs of {farm_day}"),
            lines=(ReceivedLine(goods=pigs, quantity=some, declared=some),),
        ),
    )


def _tell_slaughter(
    story: Telling, pigs: GoodsId, pork: GoodsId, *, day: str, heads: int, kilos: int
) -> None:
    """Carcasses, with their meat inspection."""
    told = story.variation
    story.says(
        f"{day} 03:40",
        "F3",
        Batch(
            goods=pork,
            maker=story.party("F3"),
            name="白条猪肉",
            category="猪肉",
            product=product_id("白条猪肉"),
            batch_number=BatchNumber(told.dated("PK", day)),
            produced_on=told.day(day),
            quantity=told.kg(kilos),
        ),
    )
    story.says(
        f"{day} 03:45",
        "F3",
        Transformation(
            process="屠宰",
            inputs=(Line(goods=pigs, quantity=told.much(heads, "HEA")),),
            outputs=(OutputLine(goods=pork, quantity=told.kg(kilos)),),
        ),
    )
    story.says(
        f"{day} 04:30",
        "F3",
        Certificate(
            certificate_kind="meat_inspection",
            number=told.dated("DEMO-RP", day),
            issued_by=story.name_of("F3"),
            goods=(pork,),
            issued_on=told.day(day),
        ),
    )
    _let_out(story, f"{day} 04:40", "F3", pork, basis="inspection", certificate=told.dated("DEMO-RP", day))


def _let_out(
    story: Telling,
    at: str,
    maker: str,
    goods: GoodsId,
    *,
    basis: Literal["own_test", "inspection"],
    certificate: str,
) -> None:
    """Nothing leaves a slaughterhouse or a factory before somebody let it: 生猪屠宰管理条例 15, 食品安全法 52."""
    release = Release(
        goods=goods,
        result="released",
        basis=basis,
        certificate_number=certificate,
        tested_on=story.variation.day(at.partition(" ")[0]),
    )
    story.says(at, maker, release)


def _tell_pork_sold(
    story: Telling, pork: GoodsId, *, day: str, kilos: int, yuan: int, invoice: str | None
) -> None:
    told, quarantine = story.variation, QUARANTINE[pork]
    line = Line(goods=pork, quantity=told.kg(kilos))
    if invoice is None:
        voucher = VoucherReference(voucher_kind="delivery_note", number=told.dated("CF", day))
    else:
        voucher = VoucherReference(voucher_kind="e_invoice", number=invoice)
        _tell_invoice(story, pork, day=day, line=line, yuan=yuan, invoice=invoice)
    story.says(
        f"{day} 06:00",
        "F3",
        Shipment(
            to=story.party("F4"),
            voucher=voucher,
            total=told.yuan(yuan),
            vehicle="苏F·演01（冷藏）",
            details=(
                Detail(field="quarantine_number", value=quarantine),
                Detail(field="inspection_number", value=told.dated("DEMO-RP", day)),
            ),
            lines=(line,),
        ),
    )
    story.says(
        f"{day} 07:20",
        "F4",
        SupplierCheck(
            supplier=story.party("F3"),
            received_on=told.day(day),
            conclusion="accept",
            voucher=voucher,
            checks=(
                CheckedDocument(what="quarantine", result="in_order", reference=quarantine),
                CheckedDocument(
                    what="meat_inspection", result="in_order", reference=told.dated("DEMO-RP", day)
                ),
                CheckedDocument(what="voucher", result="in_order"),
                CheckedDocument(what="temperature", result="in_order", note="3.2 ℃"),
            ),
            lines=(line,),
        ),
    )


def _tell_invoice(story: Telling, pork: GoodsId, *, day: str, line: Line, yuan: int, invoice: str) -> None:
    """The invoice, and the slaughterhouse's certificate in the buyer's file."""
    told = story.variation
    story.says(
        f"{day} 05:30",
        "F3",
        Voucher(
            voucher_kind="e_invoice",
            seller=story.party("F3"),
            buyer=story.party("F4"),
            number=invoice,
            issued_on=told.day(day),
            total=told.yuan(yuan),
            qr_text=told.invoice_qr("31", invoice, yuan, day),
            lines=(VoucherLine(name="白条猪肉", goods=pork, quantity=line.quantity, amount=told.yuan(yuan)),),
        ),
    )
    story.says(
        f"{day} 05:35",
        "F4",
        SupplierFile(
            supplier=story.party("F3"),
            documents=(
                FiledDocument(
                    document_kind="生猪定点屠宰证书",
                    number="A32061299",
                    holder=story.party("F3"),
                    valid_to=told.day("2029-06-30"),
                ),
            ),
        ),
    )


def _tell_sausages(story: Telling) -> None:
    told = story.variation
    plain = (Line(goods=PORK, quantity=told.kg(1500)), Line(goods=SPICES, quantity=told.kg(90)))
    mixed = (Line(goods=PORK, quantity=told.kg(500)), Line(goods=PORK_FIRST, quantity=told.kg(300)))
    for day, inputs, kilos in (("2026-11-13", plain, 1230), ("2026-11-14", mixed, 619)):
        goods = sausage(told, day)
        story.says(
            f"{day} 15:00",
            "F4",
            Batch(
                goods=goods,
                maker=story.party("F4"),
                name="如意香肠",
                category="肉制品",
                product=product_id("如意香肠"),
                batch_number=BatchNumber(told.dated("SG", day)),
                specification="500 g/袋",
                produced_on=told.day(day),
                expires_on=told.day("2027-02-10"),
                quantity=told.kg(kilos),
                site=site_id("灌肠车间"),
            ),
        )
        story.says(
            f"{day} 15:05",
            "F4",
            Transformation(
                process="灌肠、烘制",
                site=site_id("灌肠车间"),
                inputs=inputs,
                outputs=(OutputLine(goods=goods, quantity=told.kg(kilos)),),
            ),
        )
        story.says(
            f"{day} 17:00",
            "F4",
            Certificate(
                certificate_kind="factory_inspection",
                number=told.dated("DEMO-CJ", day),
                issued_by=story.name_of("F4"),
                goods=(goods,),
                issued_on=told.day(day),
                standard="GB/T 23493",
            ),
        )
        certificate = told.dated("DEMO-CJ", day)
        _let_out(story, f"{day} 17:10", "F4", goods, basis="own_test", certificate=certificate)


def _tell_supermarket(story: Telling) -> None:
    """Both batches go to the supermarket; most of them stays in the factory's store."""
    told = story.variation
    for day, kilos in (("2026-11-13", 200), ("2026-11-14", 150)):
        line = Line(goods=sausage(told, day), quantity=told.kg(kilos))
        note = VoucherReference(voucher_kind="delivery_note", number=told.dated("HB", day))
        story.says("2026-11-16 09:00", "F4", Shipment(to=story.party("F8"), voucher=note, lines=(line,)))
        story.says(
            "2026-11-16 13:30",
            "F8",
            SupplierCheck(
                supplier=story.party("F4"),
                received_on=told.day("2026-11-16"),
                conclusion="accept",
                voucher=note,
                checks=(
                    CheckedDocument(what="licence", result="in_order", reference="SC10432061390016"),
                    CheckedDocument(
                        what="certificate", result="in_order", reference=told.dated("DEMO-CJ", day)
                    ),
                    CheckedDocument(what="voucher", result="in_order"),
                ),
                lines=(line,),
            ),
        )
