"""What every trade record can carry: that it puts an earlier one right, and why."""

from __future__ import annotations

from typing import Annotated, ClassVar

from ledger.errors import Words
from ledger.vocabulary.said import CorrectionReason, In, Said
from ledger.vocabulary.values import Note


class Correctable(Said):
    """A record that may stand in for an earlier one of the same issuer and type.

    The header's `corrects` names the earlier one; both stay visible, and views follow the latest. After EPCIS 2.0 errorDeclaration.
    """

    correction_reason: Annotated[CorrectionReason | None, In("correction", "chain", "更正原因", "reason")] = (
        None
    )
    correction_note: Annotated[Note | None, In("correction", "chain", "更正说明", "note")] = None


class Correction(Said):
    """An earlier record of the same issuer never happened: 更正（撤销）. It stays readable and counts no more."""

    TYPE: ClassVar[str] = "correction.v1"
    TITLE: ClassVar[Words] = Words(zh="更正", en="correction")

    correction_reason: Annotated[CorrectionReason, In("correction", "chain", "更正原因", "reason")]
    correction_note: Annotated[Note | None, In("correction", "chain", "更正说明", "note")] = None
