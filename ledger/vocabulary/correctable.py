"""What every trade record can carry: that it puts an earlier one right, and why."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ledger.errors import Words
from ledger.vocabulary.said import CorrectionReason, In, Said
from ledger.vocabulary.values import Note, Number, PartyRef


class Correctable(Said):
    """A record that may stand in for an earlier one of the same issuer and type.

    The header's `corrects` names the earlier one; both stay visible, and views follow the latest. After EPCIS 2.0 errorDeclaration.
    """

    correction_reason: Annotated[CorrectionReason | None, In("correction", "chain", "更正原因", "reason")] = (
        None
    )
    correction_note: Annotated[Note | None, In("correction", "chain", "更正说明", "note")] = None


class Correction(Said):
    """An earlier record never happened: 更正（撤销）. It stays readable and counts no more.

    The author takes back what it wrote. An authority may annul another's record (`of`, the issuer; with the decision and an officer's
    certificate): a listing published by mistake is withdrawn within three days (行政处罚法 48).
    """

    TYPE: ClassVar[str] = "correction.v1"
    TITLE: ClassVar[Words] = Words(zh="更正", en="correction")

    correction_reason: Annotated[CorrectionReason, In("correction", "chain", "更正原因", "reason")]
    correction_note: Annotated[Note | None, In("correction", "chain", "更正说明", "note")] = None
    of: Annotated[
        PartyRef | None, In("correction", "chain", "被撤销记录的登记人", "issuer of the record annulled")
    ] = None
    decision: Annotated[Number | None, In("correction", "chain", "决定文书号", "decision number")] = None
    officer: Annotated[Number | None, In("correction", "chain", "执法证号", "officer's certificate")] = None
