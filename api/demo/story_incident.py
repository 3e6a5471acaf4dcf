"""What is found in November: scans that do not fit, a complaint, two tests of sealed samples, holds, inspections, a recall, and what
every holder answers.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from api.demo.parties import OFFICER_EXPIRED, OFFICER_FARMING, OFFICER_VALID
from api.demo.story_leek import SAMPLE, SHARES, WHOLESALE_LOSS, leek
from api.demo.story_pesticide import CLONED, PESTICIDE
from api.demo.telling import REGISTRAR
from ledger.identifiers import RegionCode, Sha256Hex
from ledger.views.book import statement_key
from ledger.vocabulary.answering import Answer
from ledger.vocabulary.goods import Adjustment, Codes
from ledger.vocabulary.measures import Destruction, OrderAnswer, Takedown
from ledger.vocabulary.oversight import (
    Analyte,
    Checked,
    Complaint,
    Hold,
    Inspection,
    Recall,
    RecallAnswer,
    Sample,
    Scan,
    TestResult,
)
from ledger.vocabulary.values import Line

if TYPE_CHECKING:
    from api.demo.telling import Telling

RECALL: Final = "recall"
_PESTICIDE_FOUND: Final = "氟虫腈"
_LIMIT: Final = "0.02"
#: When and where consumers' phones read the code of one bottle, all within twenty hours.
SCANS: Final = (
    ("2026-11-08 13:10", "320612"),
    ("2026-11-08 19:40", "320900"),
    ("2026-11-09 08:50", "320623"),
)
_SEIZED: Final = 161
_SEIZURE_PAPER: Final = "演如农（农药）扣（2026）17号"
_QUICK_SAMPLE: Final = "KJ-DEMO-0031"
_SEALED_SAMPLE: Final = "JC-DEMO-0417"


def tell_incident(story: Telling) -> None:
    """From the first scan that did not fit to the last answer."""
    _tell_scans(story)
    _tell_complaint(story)
    _tell_quick_test(story)
    _tell_hold(story)
    _tell_laboratory(story)
    _tell_licence_answer(story)
    _tell_inspections(story)
    _tell_shop_inspection(story)
    _tell_recall(story)
    _tell_workshop(story)


def _tell_scans(story: Telling) -> None:
    """Nobody signed in: the public page kept the county and a digest of the device, because the code was under suspicion by then."""
    for number, (at, region) in enumerate(SCANS, start=1):
        device = Sha256Hex.parse(sha256(f"suyuan demo device {number}".encode()).hexdigest())
        scan = Scan(code=CLONED, scanned_by="consumer", region=RegionCode(region), device=device)
        story.says(at, REGISTRAR, scan)


def _tell_complaint(story: Telling) -> None:
    """A consumer without an account reports the code. As on the public form, the operator signs for people who have no key."""
    complaint = Complaint(
        text="扫瓶身二维码显示九月已售出，瓶口封膜有重新粘贴的痕迹。",
        code=CLONED,
        region=RegionCode("320612"),
    )
    story.says("2026-11-09 16:20", REGISTRAR, complaint, name="complaint")


def _tell_quick_test(story: Telling) -> None:
    goods, told = leek(story.variation), story.variation
    sample = Sample(
        goods=goods,
        taken_from=story.party("F6"),
        sample_number=_QUICK_SAMPLE,
        quantity=told.kg(SAMPLE),
        purpose="market",
        base_quantity=told.kg(2 * SAMPLE),
        seal_number="KJF-DEMO-0031",
        laboratory="市场快检室",
    )
    story.says("2026-11-15 13:10", "F5", sample, name="quick sample")
    quick = TestResult(
        goods=goods,
        taken_from=story.party("F6"),
        laboratory="市场快检室",
        stage="quick",
        overall="fail",
        sample_number=_QUICK_SAMPLE,
        sample=story.id_of("quick sample"),
        # 农产品质量安全法: four hours to object to a quick test.
        objection_until=told.moment("2026-11-15 17:40"),
        results=(Analyte(analyte=_PESTICIDE_FOUND, value="阳性", verdict="fail", method="胶体金快检"),),
    )
    story.says("2026-11-15 13:40", "F5", quick, name="quick test")
    story.says(
        "2026-11-15 13:50",
        "F5",
        Hold(action="hold", goods=(goods,), at=story.party("F6"), reason="快检阳性，待实验室复检。"),
        name="market hold",
    )
    # A market stops what is sold in it; what went elsewhere is for the authority that it tells.
    story.says(
        "2026-11-15 14:05",
        "G1",
        Hold(
            action="hold",
            goods=(goods,),
            officer=OFFICER_VALID,
            reason="市场报告快检阳性，各持有者暂停销售，待实验室复检。",
        ),
        name="hold",
    )


def _tell_hold(story: Telling) -> None:
    """What each larger holder puts aside, and how much. The small stalls' goods are put aside by the market itself."""
    for at, who, kilos in (
        ("2026-11-15 14:20", "F6", SAMPLE),
        ("2026-11-15 15:05", "F7", 20),
        ("2026-11-15 15:30", "F8", 250),
        ("2026-11-15 16:10", "F9", 30),
    ):
        answer = OrderAnswer(
            order=story.id_of("hold"),
            result="done",
            goods=leek(story.variation),
            done_on=story.variation.day("2026-11-15"),
            set_aside=story.variation.kg(kilos),
        )
        story.says(at, who, answer)


def _tell_laboratory(story: Telling) -> None:
    """The last kilogram at A-07, drawn by an officer under a seal; the laboratory compares the seal's number with the record."""
    goods, told = leek(story.variation), story.variation
    sample = Sample(
        goods=goods,
        taken_from=story.party("F6"),
        sample_number=_SEALED_SAMPLE,
        quantity=told.kg(SAMPLE),
        purpose="supervision",
        base_quantity=told.kg(SAMPLE),
        seal_number="FY-DEMO-0417",
        laboratory=story.name_of("L1"),
        officers=(OFFICER_VALID,),
    )
    story.says("2026-11-15 16:40", "G1", sample, name="sealed sample")
    laboratory = TestResult(
        goods=goods,
        taken_from=story.party("F6"),
        laboratory=story.name_of("L1"),
        stage="laboratory",
        overall="fail",
        sample_number=_SEALED_SAMPLE,
        sample=story.id_of("sealed sample"),
        standard="GB 2763",
        notified_on=told.day("2026-11-17"),
        results=(
            Analyte(
                analyte=_PESTICIDE_FOUND,
                value="0.09",
                unit="mg/kg",
                limit=_LIMIT,
                verdict="fail",
                method="GB 23200.121",
            ),
            Analyte(
                analyte="噻虫嗪",
                value="0.31",
                unit="mg/kg",
                limit="10",
                verdict="pass",
                method="GB 23200.121",
            ),
        ),
    )
    story.says("2026-11-17 08:50", "L1", laboratory, name="laboratory test")


def _tell_licence_answer(story: Telling) -> None:
    """The school is told that its licence had ended on the day it took the leeks, and says how that stands. The finding stays."""
    receipt = story.id_of("F9 receives leek")
    filed, mended = story.variation.day("2026-10-28"), story.variation.day("2026-11-16")
    answer = Answer(
        finding="licence_expired_on_day",
        subject=statement_key(receipt),
        cause="renewal_filed",
        text=f"{filed} 在网上提交延续申请，窗口要求补正场所平面图，{mended} 补齐并取得受理通知书，新证尚未核发。",
        about=(receipt,),
    )
    story.says("2026-11-16 10:20", "F9", answer, name="answer about the licence")


def _tell_inspections(story: Telling) -> None:
    goods = leek(story.variation)

    def at_stall(officer: str) -> Inspection:
        return Inspection(
            party=story.party("F7"),
            officers=(officer,),
            conclusion="seal",
            goods=(goods,),
            text="扫摊位 15 号韭菜，追溯至如皋 3 号地块；剩余韭菜就地封存。",
        )

    story.says(
        "2026-11-17 09:30",
        "G1",
        at_stall(OFFICER_EXPIRED),
        name="officer Wang",
        refused="CertificateNotValid",
    )
    story.says("2026-11-17 09:40", "G1", at_stall(OFFICER_VALID), name="officer Li")


def _tell_shop_inspection(story: Telling) -> None:
    """The shop: what the check list of its trade asks, what is taken off sale, and what is seized."""
    told = story.variation

    def seen(what: str, result: Literal["in_order", "not_in_order"], note: str | None = None) -> Checked:
        return Checked(what=what, result=result, note=note)

    at_shop = Inspection(
        party=story.party("P4"),
        officers=(OFFICER_FARMING,),
        conclusion="seize",
        goods=(PESTICIDE,),
        checklist=(
            seen("经营许可证有效，限制使用农药定点经营", "in_order"),
            seen(
                "采购台账与查验（包装、标签、合格证、许可证明）",
                "not_in_order",
                "供货者查无此户，发票与票面二维码不一致",
            ),
            seen("销售台账（购买人、日期）", "not_in_order", "三笔零售未记购买人"),
            seen("标签与可追溯电子信息码", "not_in_order", "在售各瓶为同一码"),
        ),
        due_on=told.day("2026-11-27"),
        text="库存瓶身二维码均为同一码，封膜有二次粘贴痕迹。",
        case_note="联系电话与另两家供货者相同，待核。",
    )
    story.says("2026-11-17 14:10", "G2", at_shop, name="inspection of P4")
    # At this shop only: the lot itself is its maker's, and good.
    off_sale = Takedown(
        action="hold",
        goods=(PESTICIDE,),
        at=story.party("P4"),
        officer=OFFICER_FARMING,
        stage="withdrawn",
        due_on=told.day("2026-11-17"),
        reason="瓶身码重复，来源无法核实。",
    )
    story.says("2026-11-17 14:20", "G2", off_sale, name="takedown")
    seizure = Adjustment(
        reason="seizure",
        held_by=story.party("P4"),
        document=_SEIZURE_PAPER,
        lines=(Line(goods=PESTICIDE, quantity=told.bottles(_SEIZED)),),
    )
    story.says("2026-11-17 14:40", "G2", seizure, name="seizure")
    gone = OrderAnswer(
        order=story.id_of("takedown"),
        result="nothing_left",
        goods=PESTICIDE,
        done_on=told.day("2026-11-17"),
        note="货架已清空，剩余全部被扣押。",
    )
    story.says("2026-11-17 17:20", "P4", gone)


def _tell_recall(story: Telling) -> None:
    """1,200 kg, all accounted for: 640 recovered, 30 stopped at the school, 498 sold, 30 lost, 2 taken as samples."""
    told, goods = story.variation, leek(story.variation)
    recall = Recall(
        action="recall",
        goods=(goods,),
        reason="检出禁用农药氟虫腈（0.09 mg/kg，限量 0.02 mg/kg）。",
        grade="1",
        advice="请停止食用，退回购买处或丢弃。",
        officer=OFFICER_VALID,
    )
    story.says("2026-11-17 15:00", "G1", recall, name=RECALL)

    def answer(
        at: str, who: str, *, recovered: int = 0, sold: int = 0, lost: int = 0, for_whom: str | None = None
    ) -> None:
        said = RecallAnswer(
            recall=story.id_of(RECALL),
            goods=goods,
            answered_on=told.day(at.partition(" ")[0]),
            recovered=told.kg(recovered),
            sold=told.kg(sold),
            lost=told.kg(lost),
        )
        story.says(at, who, said, for_whom=for_whom, name=f"answer of {for_whom or who}")

    answer("2026-11-17 16:20", "F9", recovered=30)
    answer("2026-11-17 17:05", "F6", lost=WHOLESALE_LOSS)
    answer("2026-11-17 18:30", "F7", recovered=20, sold=38, lost=2)
    answer("2026-11-18 10:00", "F8", recovered=250, sold=140, lost=10)
    for share in SHARES:
        # The market's operator goes from stall to stall and answers for those who use no phone.
        answer(
            "2026-11-19 16:00",
            "F5",
            recovered=share.recovered,
            sold=share.sold,
            lost=share.lost,
            for_whom=share.stall,
        )
    answer("2026-11-20 09:00", "F1")
    story.says(
        "2026-11-18 09:30",
        "P1",
        Codes(action="void", goods=PESTICIDE, codes=(CLONED,), code_kind="pesticide"),
        name="code void",
    )


def _tell_workshop(story: Telling) -> None:
    told = story.variation
    found = Inspection(
        party=story.party("X1"),
        officers=(OFFICER_FARMING,),
        conclusion="seal",
        goods=(PESTICIDE,),
        text="按三家供货者共用的电话找到分装窝点，现场清点空瓶 2310 个。",
        case_note="空瓶瓶身码为真码，属包装再利用。",
    )
    story.says("2026-11-20 11:00", "G2", found, name="workshop")
    # Planned, not done: until then what was seized is still held.
    planned = Destruction(
        stage="planned",
        stock="seized",
        method="送危险废物处置单位焚烧",
        held_by=story.party("P4"),
        on=told.day("2026-11-25"),
        place="如皋市演示镇固废处置中心",
        contractor="南通演示固废处置有限公司（演示）",
        seizure=story.id_of("seizure"),
        document=_SEIZURE_PAPER,
        witnesses=("吴建中（演示）", "钱晓燕（演示）"),
        lines=(Line(goods=PESTICIDE, quantity=told.bottles(_SEIZED)),),
    )
    story.says("2026-11-20 15:00", "G2", planned, name="destruction planned")
