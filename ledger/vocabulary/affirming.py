"""What a party says to its own statements once a key of it was stolen: affirmation."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import LINES_MAX, Note, StatementRef


class Affirmation(Correctable):
    """A party says again that statements signed with a key now reported stolen are its own, with a key that is not: 电子签名法 15.

    It adds no fact and changes no entry. What it does not name stays disputed; what was a thief's is withdrawn by a correction.
    """

    TYPE: ClassVar[str] = "affirmation.v1"
    TITLE: ClassVar[Words] = Words(zh="重新确认", en="affirmation")

    statements: Annotated[
        tuple[StatementRef, ...],
        Field(min_length=1, max_length=LINES_MAX),
        In("affirmation", "parties", "确认的记录", "statements affirmed"),
    ]
    note: Annotated[Note | None, In("note", "parties", "说明", "note")] = None
