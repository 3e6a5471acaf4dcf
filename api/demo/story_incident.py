"""What is found in November: a complaint, a positive test, a hold, an inspection, a recall, and what every holder answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.demo.parties import OFFICER_EXPIRED, OFFICER_FARMING, OFFICER_VALID
from api.demo.story_leek import SHARES, leek
from api.demo.story_pesticide import CLONED, PESTICIDE
from api.demo.telling import REGISTRAR
from ledger.identifiers import RegionCode
from ledger.vocabulary.goods import Adjustment, Codes
from ledger.vocabulary.oversight import Analyte, Complaint, Hold, Inspection, Recall, RecallAnswer, TestResult
from ledger.vocabulary.values import Line

if TYPE_CHECKING:
    from api.demo.telling import Telling

RECALL: Final = "recall"
_PESTICIDE_FOUND: Final = "氟虫腈"
_LIMIT: Final = "0.02"


def tell_incident(story: Telling) -> None:
    """From the first scan that did not fit to the last answer."""
    _tell_complaint(story)
    _tell_quick_test(story)
    _tell_inspections(story)
    _tell_recall(story)
    _tell_workshop(story)


def _tell_complaint(story: Telling) -> None:
    """A consumer without an account reports the code. As on the public form, the operator signs for people who have no key."""
    complaint = Complaint(
        text="扫瓶身二维码显示九月已售出，瓶口封膜有重新粘贴的痕迹。",
        code=CLONED,
        region=RegionCode("320612"),
    )
    story.says("2026-11-09 16:20", REGISTRAR, complaint, name="complaint")


def _tell_quick_test(story: Telling) -> None:
    goods = leek(story.variation)
    quick = TestResult(
        goods=goods,
        taken_from=story.party("F6"),
        laboratory="市场快检室",
        stage="quick",
        overall="fail",
        sample_number="KJ-DEMO-0031",
        # 农产品质量安全法: four hours to object to a quick test.
        objection_until=story.variation.moment("2026-11-15 17:40"),
        results=(Analyte(analyte=_PESTICIDE_FOUND, value="阳性", verdict="fail", method="胶体金快检"),),
    )
    story.says("2026-11-15 13:40", "F5", quick, name="quick test")
    story.says(
        "2026-11-15 13:50",
        "F5",
        Hold(action="hold", goods=(goods,), reason="快检阳性，待实验室复检。"),
        name="hold",
    )
    laboratory = TestResult(
        goods=goods,
        taken_from=story.party("F6"),
        laboratory=story.name_of("L1"),
        stage="laboratory",
        overall="fail",
        sample_number="JC-DEMO-0417",
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
    at_shop = Inspection(
        party=story.party("P4"),
        officers=(OFFICER_FARMING,),
        conclusion="seize",
        goods=(PESTICIDE,),
        text="库存瓶身二维码均为同一码，封膜有二次粘贴痕迹。",
        case_note="联系电话与另两家供货者相同，待核。",
    )
    story.says("2026-11-17 14:10", "G2", at_shop, name="inspection of P4")
    seizure = Adjustment(
        reason="seizure",
        held_by=story.party("P4"),
        document="演如农（农药）扣（2026）17号",
        lines=(Line(goods=PESTICIDE, quantity=story.variation.bottles(161)),),
    )
    story.says("2026-11-17 14:40", "G2", seizure, name="seizure")


def _tell_recall(story: Telling) -> None:
    """1,200 kg, all accounted for: 640 recovered, 498 sold, 30 stopped at the school, 32 lost."""
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
    answer("2026-11-17 17:05", "F6", lost=10)
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
    found = Inspection(
        party=story.party("X1"),
        officers=(OFFICER_FARMING,),
        conclusion="seal",
        goods=(PESTICIDE,),
        text="按三家供货者共用的电话找到分装窝点，现场清点空瓶 2310 个。",
        case_note="空瓶瓶身码为真码，属包装再利用。",
    )
    story.says("2026-11-20 11:00", "G2", found, name="workshop")
