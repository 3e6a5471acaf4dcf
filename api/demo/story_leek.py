"""Chain A, leeks: one plot, one harvest, and within a morning forty-one buyers. Beside it a stall that buys from a farmer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.demo.parties import STALL_KEYS, own_batch, product_id, site_id
from api.demo.story_opening import LEEK_GTIN, LEEK_PLOT, party_sheet
from ledger.identifiers import BatchNumber, DigitalLink, GoodsId, Gtin, RegionCode
from ledger.vocabulary.documents import Commitment, Voucher, VoucherLine
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.trade import Receipt, Sale, Shipment, VoucherReference
from ledger.vocabulary.values import Line, ReceivedLine

if TYPE_CHECKING:
    from api.demo.telling import Telling
    from api.demo.variation import Variation

HARVEST: Final = "2026-11-14"
INVOICE_F1_F6: Final = "26322999999900000101"
#: The farmer's cabbage at stall 22.
CABBAGE: Final = own_batch("cabbage of stall 22")
#: Harvested the day before the demo opens.
SPINACH: Final = own_batch("spinach of the twentieth")


@dataclass(frozen=True, slots=True)
class Share:
    """What became of one stall's share of the leeks, in kilograms: bought, sold, lost. The rest was there when the recall came."""

    stall: str
    bought: int
    sold: int
    lost: int

    @property
    def recovered(self) -> int:
        """Still there."""
        return self.bought - self.sold - self.lost


_ROUND: Final = ((12, 5), (15, 7), (18, 8), (20, 9), (22, 10), (25, 12))
#: So many of them lose one kilogram each.
STALLS_WITH_LOSS: Final = 10
#: 38 stalls: 700 kg bought, of which 320 sold and 10 lost.
SHARES: Final = tuple(
    Share(stall, bought, sold, lost=int(place < STALLS_WITH_LOSS))
    for place, (stall, (bought, sold)) in enumerate(
        zip(STALL_KEYS, (*_ROUND * 6, (14, 7), (14, 7)), strict=True)
    )
)
#: Lost at the wholesaler, in kilograms. Two more stay behind, and become samples.
WHOLESALE_LOSS: Final = 8
SAMPLE: Final = 1
#: What stall 15 sold while its phone had no signal: when, and how many kilograms.
SOLD_OFFLINE: Final = (("06:50", 8), ("07:15", 6), ("07:40", 7), ("08:20", 5), ("09:05", 6), ("09:50", 6))


def leek(told: Variation) -> GoodsId:
    """The leeks of the harvest day."""
    return GoodsId.of_link(DigitalLink(Gtin.parse(LEEK_GTIN), told.dated("JC", HARVEST)))


def tell_leeks(story: Telling) -> None:
    """Harvest, wholesale, and a stall without signal."""
    _tell_harvest(story)
    _tell_wholesale(story)
    _tell_retail(story)


def tell_farmer(story: Telling) -> None:
    """A stall buys from a farmer who has neither credit code nor licence: lawful, and grey at the end of the trace, never red."""
    told = story.variation
    farmer, day = story.party("W1"), "2026-11-13"
    story.says(
        f"{day} 05:20",
        "F10",
        party_sheet(story, "W1", phone="138-0000-0022", address="如皋市演示镇桃园村 6 组"),
    )
    story.says(
        f"{day} 05:25",
        "F10",
        Batch(
            goods=CABBAGE,
            maker=farmer,
            name="青菜",
            category="蔬菜",
            lot_basis="supplier_product_date",
            produced_on=told.day(day),
            origin="如皋市",
        ),
    )
    bought = ReceivedLine(goods=CABBAGE, quantity=told.kg(20))
    story.says(f"{day} 05:30", "F10", Receipt(supplier=farmer, lines=(bought,)))
    sold = Line(goods=CABBAGE, quantity=told.kg(18))
    story.says(f"{day} 17:30", "F10", Sale(region=RegionCode("320613"), lines=(sold,)))


def tell_today(story: Telling) -> None:
    """The morning the demo opens: two deliveries wait to be accepted by whoever visits."""
    told = story.variation
    story.says(
        "2026-11-20 15:30",
        "F1",
        Batch(
            goods=SPINACH,
            maker=story.party("F1"),
            name="菠菜",
            category="蔬菜",
            batch_number=BatchNumber(told.dated("BC", "2026-11-20")),
            produced_on=told.day("2026-11-20"),
            origin="江苏如皋",
            quantity=told.kg(300),
            site=site_id("2号地块"),
            planted_on=told.day("2026-09-28"),
        ),
    )

    def offered(to: str, kilos: int) -> Shipment:
        return Shipment(to=story.party(to), lines=(Line(goods=SPINACH, quantity=told.kg(kilos)),))

    story.says("2026-11-21 05:10", "F1", offered("F6", 200), name="spinach to F6")
    arrived = ReceivedLine(goods=SPINACH, quantity=told.kg(200), declared=told.kg(200))
    receipt = Receipt(supplier=story.party("F1"), shipment=story.id_of("spinach to F6"), lines=(arrived,))
    story.says("2026-11-21 05:55", "F6", receipt)
    story.says("2026-11-21 06:20", "F1", offered("F8", 80))
    story.says("2026-11-21 06:30", "F6", offered("F7", 25))


def _tell_harvest(story: Telling) -> None:
    told, goods = story.variation, leek(story.variation)
    story.says(
        f"{HARVEST} 04:30",
        "F1",
        Batch(
            goods=goods,
            maker=story.party("F1"),
            name="韭菜",
            category="蔬菜",
            product=product_id("韭菜"),
            batch_number=BatchNumber(told.dated("JC", HARVEST)),
            produced_on=told.day(HARVEST),
            origin="江苏如皋",
            quantity=told.kg(1200),
            site=site_id(LEEK_PLOT),
            planted_on=told.day("2026-09-20"),
        ),
    )
    story.says(
        f"{HARVEST} 04:40",
        "F1",
        Commitment(
            producer=story.party("F1"),
            basis="internal_control",
            goods=goods,
            number="DEMO-HGZ-0114",
            issued_on=told.day(HARVEST),
            text="不使用禁用农药，常规农药残留不超标，对承诺的真实性负责。",
            quantity=told.kg(1200),
        ),
    )
    invoice = VoucherReference(voucher_kind="e_invoice", number=INVOICE_F1_F6)
    story.says(
        f"{HARVEST} 05:00",
        "F1",
        Voucher(
            voucher_kind="e_invoice",
            seller=story.party("F1"),
            buyer=story.party("F6"),
            number=INVOICE_F1_F6,
            issued_on=told.day(HARVEST),
            total=told.yuan(3200),
            qr_text=told.invoice_qr("32", INVOICE_F1_F6, 3200, HARVEST),
            lines=(VoucherLine(name="韭菜", goods=goods, quantity=told.kg(800), amount=told.yuan(3200)),),
        ),
    )
    for buyer, kilos, voucher, arrival in (("F6", 800, invoice, "05:50"), ("F8", 400, None, "06:20")):
        line = Line(goods=goods, quantity=told.kg(kilos))
        name = f"leek to {buyer}"
        story.says(
            f"{HARVEST} 05:10",
            "F1",
            Shipment(to=story.party(buyer), voucher=voucher, lines=(line,)),
            name=name,
        )
        _receive(story, f"{HARVEST} {arrival}", buyer, supplier="F1", shipment=name, kilos=kilos)


def _tell_wholesale(story: Telling) -> None:
    """F6 at A-07. Its clerk types 600 for 60; next morning the record is put right, and both stay visible."""
    told, goods = story.variation, leek(story.variation)

    def sold(buyer: str, kilos: int, *, slip: int, offer: bool = True) -> Shipment:
        number = f"{told.dated('A07', HARVEST)}-{slip:02}"
        return Shipment(
            to=story.party(buyer),
            offer=offer,
            voucher=VoucherReference(voucher_kind="sales_slip", number=number),
            lines=(Line(goods=goods, quantity=told.kg(kilos)),),
        )

    story.says(f"{HARVEST} 06:05", "F6", sold("F7", 600, slip=1), name="600 for 60")
    story.says(f"{HARVEST} 06:10", "F6", sold("F9", 30, slip=2), name="leek to F9")
    for place, share in enumerate(SHARES, start=3):
        # A stall that does not use the ledger gets the printed slip and is asked for nothing.
        story.says(
            f"{HARVEST} 06:15",
            "F6",
            sold(share.stall, share.bought, slip=place, offer=False),
            name=f"leek to {share.stall}",
        )
    _receive(story, f"{HARVEST} 06:25", "F7", supplier="F6", shipment="600 for 60", kilos=60)
    _receive(story, f"{HARVEST} 06:40", "F9", supplier="F6", shipment="leek to F9", kilos=30)
    loss = Adjustment(
        reason="loss", note="失水、黄叶", lines=(Line(goods=goods, quantity=told.kg(WHOLESALE_LOSS)),)
    )
    story.says(f"{HARVEST} 18:00", "F6", loss)
    right = sold("F7", 60, slip=1).model_copy(
        update={"correction_reason": "incorrect_data", "correction_note": "多录一个 0，实为 60 公斤"}
    )
    story.says("2026-11-15 05:40", "F6", right, occurred=f"{HARVEST} 06:05", corrects="600 for 60")


def _tell_retail(story: Telling) -> None:
    told, goods = story.variation, leek(story.variation)
    region = RegionCode("320613")
    # The phone of stall 15 had no signal: its morning arrives at once, each sale with its own time.
    for time, kilos in SOLD_OFFLINE:
        line = Line(goods=goods, quantity=told.kg(kilos))
        story.says(
            "2026-11-15 11:30", "F7", Sale(region=region, lines=(line,)), occurred=f"2026-11-15 {time}"
        )
    story.says(
        "2026-11-15 12:30", "F8", Sale(region=region, lines=(Line(goods=goods, quantity=told.kg(140)),))
    )


def _receive(story: Telling, at: str, who: str, *, supplier: str, shipment: str, kilos: int) -> None:
    told = story.variation
    line = ReceivedLine(goods=leek(told), quantity=told.kg(kilos))
    receipt = Receipt(supplier=story.party(supplier), shipment=story.id_of(shipment), lines=(line,))
    story.says(at, who, receipt, name=f"{who} receives leek")
