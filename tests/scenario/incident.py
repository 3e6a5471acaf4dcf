"""The incident of the three demonstration chains, told record by record: a copied pesticide code, a poisoned leek, and honest neighbours.

Everything can be told again with other names, other quantities and on other days: what is found must follow the story, not its words.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.identifiers import GoodsId, LegalDate, PartyId, Quantity
from ledger.identifiers.voucher import crc16
from ledger.vocabulary.documents import Commitment, Voucher, VoucherLine
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Release, Transformation, Use
from ledger.vocabulary.oversight import Complaint, Hold, Recall, RecallAnswer
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import (
    CheckedDocument,
    Receipt,
    Sale,
    Shipment,
    SupplierCheck,
    VoucherReference,
)
from ledger.vocabulary.values import Detail, Line, OutputLine, ReceivedLine
from tests.support.books import BookWriter

if TYPE_CHECKING:
    from ledger.views.book import Record
    from ledger.vocabulary.parties import PartyKind
    from ledger.vocabulary.said import Said

#: Key, name, kind, credit code, trade.
PARTIES: tuple[tuple[str, str, PartyKind, str | None, str], ...] = (
    ("F1", "如皋市绿畦蔬菜专业合作社", "cooperative", "93320682DEM0010172", "种植"),
    ("F2", "海安市丰禾生猪养殖有限公司", "company", "91320685DEM001025E", "养殖"),
    ("F3", "南通崇福生猪定点屠宰有限公司", "company", "91320612DEM001033H", "屠宰"),
    ("F4", "南通濠滨肉制品有限公司", "company", "91320613DEM001041T", "食品生产"),
    ("F5", "南通江海农副产品批发市场管理有限公司", "company", "91320613DEM00105XJ", "市场开办者"),
    ("F6", "崇川区顺和蔬菜批发经营部", "individual_business", "92320613DEM001068F", "批发商"),
    ("F7", "崇川区王记鲜菜摊", "individual_business", "92320613DEM001076A", "零售摊"),
    ("F8", "南通通达生鲜超市有限公司", "company", "91320613DEM0010848", "零售"),
    ("F9", "演示启明实验小学食堂", "institution", "12320613DEM0010928", "单位食堂"),
    ("D1", "泰州澄心药业股份有限公司", "company", "91321200DEM00201XJ", "上市许可持有人/生产"),
    ("D2", "江苏瑞通医药有限公司", "company", "91320600DEM002028T", "药品批发"),
    ("D3", "南通济和堂大药房有限公司", "company", "91320613DEM002036G", "药品零售"),
    ("D4", "崇川区顺康药店", "individual_business", "92320613DEM0020448", "药品零售"),
    ("D5", "演示市第九人民医院", "institution", "12320613DEM002052B", "医疗机构"),
    ("P1", "山东沃野作物科学有限公司", "company", "91370783DEM003012F", "农药登记证持有人/生产"),
    ("P2", "江苏汇田农资有限公司", "company", "91320682DEM0030202", "农药批发"),
    ("P3", "如皋市庆丰农资经营部", "individual_business", "92320682DEM003039U", "农药零售"),
    ("P4", "如皋市惠农植保农资经营部", "individual_business", "92320682DEM003047N", "农药零售"),
    ("G1", "演示市崇川区市场监管局", "authority", "11320613DEM009019J", "监管"),
    ("G2", "演示市如皋农业综合执法大队", "authority", "12320682DEM0090278", "监管"),
)

#: Holder, kind, number, valid from, valid to.
LICENCES: tuple[tuple[str, str, str, str | None, str], ...] = (
    ("F3", "生猪定点屠宰证书", "A32061299", None, "2029-06-30"),
    ("F4", "食品生产许可证", "SC10432061390016", None, "2028-03-14"),
    ("F8", "食品经营许可证", "JY13206139900012", None, "2027-08-31"),
    ("F9", "食品经营许可证", "JY33206139900023", None, "2026-10-31"),
    ("D1", "药品生产许可证", "苏99990001", None, "2030-12-31"),
    ("D2", "药品经营许可证", "苏AA320699001", None, "2029-05-20"),
    ("D3", "药品经营许可证", "苏DA320699002", None, "2028-09-09"),
    ("D4", "药品经营许可证", "苏DB320699003", None, "2028-01-15"),
    ("P1", "农药生产许可证", "农药生许(鲁)9901", None, "2028-11-30"),
    ("P1", "农药登记证", "PD20269001", None, "2031-02-28"),
    ("P2", "农药经营许可证", "农药经许(苏)32068220001", None, "2027-12-31"),
    ("P3", "农药经营许可证", "农药经许(苏)32068220002", None, "2026-09-30"),
    ("P4", "农药经营许可证", "农药经许(苏)32068220003", None, "2027-05-31"),
)

#: What everybody looks at when goods come in.
PAPERS: tuple[CheckedDocument, ...] = (
    CheckedDocument(what="licence", result="in_order"),
    CheckedDocument(what="certificate", result="in_order"),
    CheckedDocument(what="quarantine", result="in_order"),
)

#: A credit code that should end in F.
GHOST_CODE = "92320900DEM003995Y"
GHOST_PHONE = "00000000995"

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
PORK, OLD_PORK = GoodsId.parse("urn:example:lot:PK-20261112"), GoodsId.parse("urn:example:lot:PK-20261110")
PIGS, SPICE = GoodsId.parse("urn:example:lot:pigs-1111"), GoodsId.parse("urn:example:lot:spice")
SAUSAGE = GoodsId.parse("https://id.gs1.org/01/09520001000010/10/SG-20261113")
MIXED = GoodsId.parse("https://id.gs1.org/01/09520001000010/10/SG-20261114")
DRUG = GoodsId.parse("https://id.gs1.org/01/09520002000019/10/A260901")
SPRAY = GoodsId.parse("https://id.gs1.org/01/09520003000018/10/WY260815")

BOX = "99999919000000000047"
COPIED = "12690011001900000000000000000217"
STALLS = (*(18,) * 22, *(19,) * 16)


def spray_codes(first: int, count: int) -> tuple[str, ...]:
    """Codes of bottles, counted on from one."""
    return tuple(f"1269001100190000000000000{first + place:07d}" for place in range(count))


@dataclass(slots=True)
class Incident:
    """The story and its cast. `factor` multiplies every quantity, `days` moves every date, `suffix` renames everybody."""

    factor: int = 1
    days: int = 0
    suffix: str = "（演示）"
    books: BookWriter = field(default_factory=BookWriter)
    who: dict[str, PartyId] = field(default_factory=dict)
    stalls: list[PartyId] = field(default_factory=list)
    marks: dict[str, Record] = field(default_factory=dict)

    def at(self, text: str) -> str:
        """A moment of the story: `11-06 18:40` of 2026, moved."""
        moment = dt.datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}:00+08:00") + dt.timedelta(
            days=self.days
        )
        return moment.isoformat()

    def day(self, text: str) -> LegalDate:
        """A day of the story, moved."""
        return LegalDate(dt.date.fromisoformat(text) + dt.timedelta(days=self.days))

    def kg(self, amount: int) -> Quantity:
        """Kilograms, multiplied."""
        return Quantity.parse(f"{amount * self.factor} KGM")

    def packs(self, amount: int, unit: str = "XBO") -> Quantity:
        """Bottles (or boxes), multiplied."""
        return Quantity.parse(f"{amount * self.factor} {unit}")

    def says(self, who: str, said: Said, *, at: str, mark: str | None = None, **more: str) -> Record:
        """One record of the story."""
        logged = self.at(more["logged"]) if "logged" in more else None
        corrects = self.marks[more["corrects"]] if "corrects" in more else None
        self.books.says(self.who[who], said, at=self.at(at), logged=logged, corrects=corrects)
        if mark is not None:
            self.marks[mark] = self.books.last
        return self.books.last

    def qr(self, kind: str, number: str, yuan: int, day: str) -> str:
        """The text of an invoice's QR code, with the CRC that fits it."""
        date = str(self.day(day)).replace("-", "")
        covered = f"01,{kind},,{number},{self.yuan(yuan)},{date},,"
        return covered + crc16(covered)

    def yuan(self, amount: int) -> str:
        """Money, multiplied."""
        return f"{amount * self.factor}.00"


def tell(*, factor: int = 1, days: int = 0, suffix: str = "（演示）") -> Incident:
    """The whole story up to 20 November, or moved and multiplied."""
    story = Incident(factor=factor, days=days, suffix=suffix)
    _cast(story)
    chain_b(story)
    chain_c(story)
    chain_a(story)
    aftermath(story)
    return story


def _cast(story: Incident) -> None:
    for key, name, kind, code, trade in PARTIES:
        party = story.who[key] = story.books.party_id()
        said = Party(
            party=party, party_kind=kind, name=f"{name}{story.suffix}", credit_code=code, trade=trade
        )
        story.books.says(story.books.register.registrar, said, at=story.at("08-01 08:00"))
    for place in range(len(STALLS)):
        story.stalls.append(
            story.books.party(
                f"菜摊 {place + 1} 号{story.suffix}", kind="individual_business", at=story.at("08-01 09:00")
            )
        )
    for holder, what, number, since, until in LICENCES:
        licence(story, holder, what, number, since, until, at="08-01 10:00")


def licence(
    story: Incident, key: str, kind: str, number: str, since: str | None, until: str, *, at: str
) -> None:
    """A licence as the registrar records it."""
    said = Licence(
        holder=story.who[key],
        licence_kind=kind,
        number=number,
        valid_from=story.day(since) if since else None,
        valid_to=story.day(until),
    )
    story.books.says(story.books.register.registrar, said, at=story.at(at))


def delivery(
    story: Incident,
    sender: str,
    receiver: str,
    goods: GoodsId,
    quantity: Quantity,
    *,
    at: str,
    invoice: str | None = None,
    codes: tuple[str, ...] | None = None,
) -> None:
    """Goods sent, and looked over on arrival by a receiver who keeps its records."""
    voucher = VoucherReference(voucher_kind="e_invoice", number=invoice) if invoice else None
    line = Line(goods=goods, quantity=quantity, codes=codes)
    story.says(sender, Shipment(to=story.who[receiver], lines=(line,), voucher=voucher), at=at)
    check = SupplierCheck(
        supplier=story.who[sender],
        received_on=story.day(f"2026-{at[:5]}"),
        conclusion="accept",
        voucher=voucher,
        checks=PAPERS,
        lines=(line,),
    )
    story.says(receiver, check, at=f"{at[:6]}21:00")


def released(story: Incident, maker: str, goods: GoodsId, *, at: str) -> None:
    """A batch that its maker tested and let out."""
    story.says(maker, Release(goods=goods, result="released", basis="own_test"), at=at)


def invoice(
    story: Incident,
    number: str,
    pair: tuple[str, str],
    goods: GoodsId,
    quantity: Quantity,
    yuan: int,
    day: str,
    kind: str = "31",
) -> None:
    """An honest invoice, filed by its buyer on the day after."""
    said = Voucher(
        voucher_kind="e_invoice",
        seller=story.who[pair[0]],
        buyer=story.who[pair[1]],
        number=number,
        issued_on=story.day(day),
        total=story.yuan(yuan),
        qr_text=story.qr(kind, number, yuan, day),
        lines=(VoucherLine(name="货物", goods=goods, quantity=quantity),),
    )
    story.says(pair[1], said, at=f"{day[5:]} 22:00")


def chain_b(story: Incident) -> None:
    """The drug: a box that D3 sold is sold again by D4."""
    drug = Batch(
        goods=DRUG, maker=story.who["D1"], name="阿莫西林胶囊", category="drug", quantity=story.packs(3000, "XBX"),
        produced_on=story.day("2026-09-01"), expires_on=story.day("2028-08-31"), specification="0.25 g×24 粒",
        approval_holder="泰州澄心药业股份有限公司（演示）", details=(Detail(field="dosage_form", value="胶囊剂"),),
    )  # fmt: skip
    story.says("D1", drug, at="09-02 09:00")
    released(story, "D1", DRUG, at="09-08 14:00")
    story.says("D1", Codes(action="issue", goods=DRUG, codes=(BOX,), code_kind="drug"), at="09-02 10:00")
    delivery(
        story, "D1", "D2", DRUG, story.packs(3000, "XBX"), at="09-15 09:00", invoice="26322999999900000201"
    )
    invoice(story, "26322999999900000201", ("D1", "D2"), DRUG, story.packs(3000, "XBX"), 36000, "2026-09-15")
    delivery(
        story, "D2", "D3", DRUG, story.packs(420, "XBX"), at="10-10 09:00", invoice="26322999999900000202"
    )
    invoice(story, "26322999999900000202", ("D2", "D3"), DRUG, story.packs(420, "XBX"), 7560, "2026-10-10")
    delivery(story, "D2", "D5", DRUG, story.packs(1000, "XBX"), at="10-11 09:00")
    box = Line(goods=DRUG, quantity=Quantity.parse("1 XBX"), codes=(BOX,))
    story.says("D3", Sale(lines=(box,)), at="10-20 15:00", mark="D3 sells the box")
    story.says("D4", Sale(lines=(box,)), at="11-12 10:00", mark="D4 sells the box")


def chain_c(story: Incident) -> None:
    """The pesticide: a genuine bottle's code is copied."""
    spray = Batch(
        goods=SPRAY, maker=story.who["P1"], name="25%噻虫嗪水分散粒剂", category="pesticide", quantity=story.packs(4800),
        produced_on=story.day("2026-08-15"), specification="100 g/瓶",
    )  # fmt: skip
    story.says("P1", spray, at="08-15 09:00")
    released(story, "P1", SPRAY, at="08-16 09:00")
    genuine = spray_codes(301, 24 * story.factor)
    for start in range(0, len(genuine), 1000):
        codes = genuine[start : start + 1000]
        story.says(
            "P1", Codes(action="issue", goods=SPRAY, codes=codes, code_kind="pesticide"), at="08-15 10:00"
        )
    story.says(
        "P1", Codes(action="issue", goods=SPRAY, codes=(COPIED,), code_kind="pesticide"), at="08-15 10:00"
    )
    delivery(story, "P1", "P2", SPRAY, story.packs(4800), at="08-20 09:00", invoice="26372999999900000301")
    invoice(story, "26372999999900000301", ("P1", "P2"), SPRAY, story.packs(4800), 96000, "2026-08-20")
    delivery(story, "P2", "P3", SPRAY, story.packs(100), at="09-01 09:00")
    bottle = Line(goods=SPRAY, quantity=Quantity.parse("1 XBO"), codes=(COPIED,))
    story.says(
        "P3", Sale(lines=(bottle,), buyer_name="钱某（演示）"), at="09-05 10:00", mark="P3 sells the bottle"
    )
    copies = Line(goods=SPRAY, quantity=story.packs(40), codes=(COPIED,))
    story.says(
        "P4",
        Shipment(to=story.who["F1"], lines=(copies,), offer=False),
        at="11-01 09:12",
        mark="P4 sells copies",
    )
    delivery(story, "P2", "P3", SPRAY, story.packs(300), at="11-02 08:00", invoice="26322999999900000302")
    story.marks["P3 checks in the gap"] = story.books.last
    invoice(
        story, "26322999999900000302", ("P2", "P3"), SPRAY, story.packs(300), 7200, "2026-11-02", kind="32"
    )
    bottles = Line(goods=SPRAY, quantity=story.packs(24), codes=genuine)
    story.says(
        "P3",
        Shipment(to=story.who["F1"], lines=(bottles,), offer=False),
        at="11-02 10:00",
        mark="P3 sells in the gap",
    )
    licence(
        story, "P3", "农药经营许可证", "农药经许(苏)32068220002", "2026-11-05", "2031-11-04", at="11-05 09:00"
    )
    after = Line(goods=SPRAY, quantity=story.packs(2))
    story.says(
        "P3", Sale(lines=(after,), buyer_name="孙某（演示）"), at="11-05 16:00", mark="P3 sells after renewal"
    )
    forged_check(story)
    walk_in = Line(goods=SPRAY, quantity=story.packs(196))
    story.says("P4", Sale(lines=(walk_in,)), at="11-10 10:00")


def forged_check(story: Incident) -> None:
    """6 November: P4 writes up a supplier, a voucher and a check that cannot all be true."""
    ghost = story.who["X1"] = story.books.party_id()
    declared = Party(
        party=ghost,
        party_kind="unknown",
        name=f"盐城绿盾农资贸易部{story.suffix}",
        credit_code=GHOST_CODE,
        phone=GHOST_PHONE,
    )
    story.says("P4", declared, at="11-06 18:35", mark="P4 declares X1")
    number = "26322999999900000302"
    genuine = story.qr("32", number, 7200, "2026-11-02")
    edited = genuine.replace(story.yuan(7200), story.yuan(9600))
    voucher = Voucher(
        voucher_kind="e_invoice", seller=ghost, buyer=story.who["P4"], number=number, issued_on=story.day("2026-11-02"),
        total=story.yuan(9600), qr_text=edited, lines=(VoucherLine(name="农药", goods=SPRAY, quantity=story.packs(200)),),
    )  # fmt: skip
    story.says("P4", voucher, at="11-06 18:38", mark="P4 files the voucher")
    check = SupplierCheck(
        supplier=ghost, received_on=story.day("2026-10-28"), conclusion="accept",
        voucher=VoucherReference(voucher_kind="e_invoice", number=number), checks=PAPERS[:1],
        lines=(Line(goods=SPRAY, quantity=story.packs(200)),),
    )  # fmt: skip
    story.says("P4", check, at="11-06 18:40", mark="P4 checks late")


def chain_a(story: Incident) -> None:
    """The food: pork and sausage, and the leek from the sprayed plot."""
    who = story.who
    story.says(
        "F2",
        Batch(
            goods=PIGS,
            maker=who["F2"],
            name="生猪",
            category="生猪",
            produced_on=story.day("2026-11-11"),
            quantity=story.packs(120, "HEA"),
        ),
        at="11-11 06:00",
    )
    delivery(story, "F2", "F3", PIGS, story.packs(120, "HEA"), at="11-11 08:00")
    for goods, day, amount in ((OLD_PORK, "11-10", 1000), (PORK, "11-12", 9420)):
        pork = Batch(
            goods=goods,
            maker=who["F3"],
            name="白条猪肉",
            category="pork",
            produced_on=story.day(f"2026-{day}"),
            quantity=story.kg(amount),
        )
        story.says("F3", pork, at=f"{day} 05:00")
        released(story, "F3", goods, at=f"{day} 05:45")
    slaughter = Transformation(
        process="屠宰",
        inputs=(Line(goods=PIGS, quantity=story.packs(120, "HEA")),),
        outputs=(OutputLine(goods=PORK, quantity=story.kg(9420)),),
    )
    story.says("F3", slaughter, at="11-12 05:30")
    delivery(story, "F3", "F4", PORK, story.kg(2000), at="11-12 07:00", invoice="26322999999900000102")
    delivery(story, "F3", "F4", OLD_PORK, story.kg(300), at="11-12 07:10")
    invoice(story, "26322999999900000102", ("F3", "F4"), PORK, story.kg(2000), 41800, "2026-11-12")
    opening = Adjustment(reason="opening_stock", lines=(Line(goods=SPICE, quantity=story.kg(90)),))
    story.says("F4", opening, at="11-12 08:00")
    for goods, inputs, out, day in (
        (SAUSAGE, ((PORK, 1500), (SPICE, 90)), 1230, "11-13"),
        (MIXED, ((PORK, 500), (OLD_PORK, 300)), 619, "11-14"),
    ):
        said = Batch(
            goods=goods,
            maker=who["F4"],
            name="香肠",
            category="packaged_food",
            specification="500 g/袋",
            produced_on=story.day(f"2026-{day}"),
        )
        story.says("F4", said, at=f"{day} 16:00")
        made = Transformation(
            process="灌肠",
            inputs=tuple(Line(goods=one, quantity=story.kg(amount)) for one, amount in inputs),
            outputs=(OutputLine(goods=goods, quantity=story.kg(out)),),
        )
        story.says("F4", made, at=f"{day} 17:00")
        released(story, "F4", goods, at=f"{day} 17:30")
    delivery(story, "F4", "F8", SAUSAGE, story.kg(200), at="11-14 07:00")
    story.says("F8", Sale(lines=(Line(goods=SAUSAGE, quantity=story.kg(150)),)), at="11-15 18:00")
    leek(story)


def leek(story: Incident) -> None:
    """Sprayed on 2 November with two kinds of bottles, harvested on the 14th, at the school the same day."""
    who, plot = story.who, story.books.site_id()
    copies = Line(goods=SPRAY, quantity=story.packs(40), codes=(COPIED,))
    genuine = Line(goods=SPRAY, quantity=story.packs(24), codes=spray_codes(301, 24 * story.factor))
    story.says(
        "F1",
        Use(purpose="韭菜", dose="每亩 80 克", site=plot, wait_days=10, lines=(genuine, copies)),
        at="11-02 15:00",
        mark="F1 sprays",
    )
    batch = Batch(
        goods=LEEK, maker=who["F1"], name="韭菜", category="farm_produce", produced_on=story.day("2026-11-14"),
        quantity=story.kg(1200), site=plot, origin="如皋（演示）",
    )  # fmt: skip
    story.says("F1", batch, at="11-14 04:00", mark="harvest")
    story.says(
        "F1",
        Commitment(producer=who["F1"], basis="self_promise", goods=LEEK, number="DEMO-HGZ-0114"),
        at="11-14 04:10",
    )
    delivery(story, "F1", "F6", LEEK, story.kg(800), at="11-14 05:00", invoice="26322999999900000101")
    invoice(story, "26322999999900000101", ("F1", "F6"), LEEK, story.kg(800), 3200, "2026-11-14", kind="32")
    delivery(story, "F1", "F8", LEEK, story.kg(400), at="11-14 05:30")
    to_stall = [(story.stalls[place], share) for place, share in enumerate(STALLS)]
    for stall, share in to_stall:
        story.says(
            "F6",
            Shipment(to=stall, lines=(Line(goods=LEEK, quantity=story.kg(share)),), offer=False),
            at="11-14 06:30",
        )
    wrong = Shipment(to=who["F7"], lines=(Line(goods=LEEK, quantity=story.kg(600)),))
    story.says("F6", wrong, at="11-14 06:40", mark="F6 types 600")
    story.says(
        "F6", Shipment(to=who["F9"], lines=(Line(goods=LEEK, quantity=story.kg(30)),)), at="11-14 06:45"
    )
    school = Receipt(
        supplier=who["F6"],
        shipment=story.books.last.header.id,
        lines=(ReceivedLine(goods=LEEK, quantity=story.kg(30)),),
    )
    story.says("F9", school, at="11-14 07:30", mark="F9 receives")
    right = Shipment(
        to=who["F7"],
        lines=(Line(goods=LEEK, quantity=story.kg(60)),),
        correction_reason="incorrect_data",
        correction_note="多打了一个 0",
    )
    story.says("F6", right, at="11-14 06:40", logged="11-15 08:00", corrects="F6 types 600")
    at_stall = Receipt(
        supplier=who["F6"],
        shipment=story.books.last.header.id,
        lines=(ReceivedLine(goods=LEEK, quantity=story.kg(60)),),
    )
    story.says("F7", at_stall, at="11-14 07:00", logged="11-15 12:00")
    for hour in range(8, 14):
        sold = Sale(lines=(Line(goods=LEEK, quantity=story.kg(5)),))
        story.says("F7", sold, at=f"11-14 {hour:02d}:00", logged="11-15 12:05")
    story.says("F8", Sale(lines=(Line(goods=LEEK, quantity=story.kg(300)),)), at="11-14 19:00")
    story.says(
        "F6", Adjustment(reason="loss", lines=(Line(goods=LEEK, quantity=story.kg(10)),)), at="11-15 06:00"
    )


def aftermath(story: Incident) -> None:
    """Hold, recall and its answers; the seizure at P4; the phone that three suppliers share."""
    who, registrar = story.who, story.books.register.registrar
    story.books.says(registrar, Complaint(text="瓶身与以往不同", code=COPIED), at=story.at("11-09 20:00"))
    story.says("F5", Hold(action="hold", goods=(LEEK,), at=who["F6"], reason="快检阳性"), at="11-15 10:00")
    recall = Recall(action="recall", goods=(LEEK,), reason="氟虫腈超标", grade="2")
    order = story.says("G1", recall, at="11-17 09:00", mark="recall")
    for key, recovered, sold in (("F8", 100, 300), ("F7", 30, 30), ("F9", 30, 0)):
        answer = RecallAnswer(
            recall=order.header.id, goods=LEEK, recovered=story.kg(recovered), sold=story.kg(sold)
        )
        story.says(key, answer, at="11-18 16:00")
    seized = Adjustment(
        reason="seizure",
        held_by=who["P4"],
        document="演-扣-0001",
        lines=(Line(goods=SPRAY, quantity=story.packs(161)),),
    )
    story.says("G2", seized, at="11-17 15:00", mark="seizure")
    for place, name in enumerate(("东台金穗农资", "大丰丰收农药店")):
        party = story.who[f"X{place + 2}"] = story.books.party_id()
        said = Party(party=party, party_kind="unknown", name=f"{name}{story.suffix}", phone=GHOST_PHONE)
        story.says("P4", said, at=f"11-1{place + 8} 10:00")
