"""What a party says to what was found, and whom it lets read: answer, grant."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ledger.errors import Words
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.said import In
from ledger.vocabulary.values import (
    LINES_MAX,
    Date,
    Digest,
    FindingSubject,
    GoodsRef,
    Note,
    PartyRef,
    StatementRef,
)


class Answer(Correctable):
    """A party's answer to a finding: 情况说明. It changes no entry and no finding; whoever reads the one reads the other beside it.

    `subject` and `finding` are those of the finding answered, `about` the records it speaks of.
    """

    TYPE: ClassVar[str] = "answer.v1"
    TITLE: ClassVar[Words] = Words(zh="情况说明", en="answer to a finding")

    finding: Annotated[
        str, Field(pattern=r"^[a-z][a-z_]{1,39}$"), In("answer", "parties", "所答提示", "finding answered")
    ]
    subject: Annotated[FindingSubject, In("answer", "parties", "提示对象", "subject of the finding")]
    cause: Annotated[
        Literal[
            "typing", "scanning", "network", "paper_late", "renewal_filed", "agreed", "disputed", "other"
        ],
        In("answer", "parties", "原因", "cause"),
    ]
    text: Annotated[Note, In("answer", "parties", "说明", "explanation")]
    about: Annotated[
        tuple[StatementRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("answer", "parties", "涉及记录", "records it speaks of"),
    ] = None
    evidence: Annotated[
        tuple[Digest, ...] | None,
        Field(min_length=1, max_length=50),
        In("answer_file", "parties", "附件", "copies"),
    ] = None


class Grant(Correctable):
    """One party lets another read certain records of its own until a date, or takes that back: 授权查看."""

    TYPE: ClassVar[str] = "grant.v1"
    TITLE: ClassVar[Words] = Words(zh="授权查看", en="grant")

    action: Annotated[Literal["grant", "revoke"], In("grant", "parties", "动作", "action")]
    to: Annotated[PartyRef, In("grant", "parties", "被授权人", "who may read")]
    statements: Annotated[
        tuple[StatementRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("grant", "parties", "记录", "records"),
    ] = None
    goods: Annotated[
        tuple[GoodsRef, ...] | None,
        Field(min_length=1, max_length=LINES_MAX),
        In("grant", "parties", "货物", "goods"),
    ] = None
    until: Annotated[Date | None, In("grant", "parties", "截止日期", "until")] = None
    ends: Annotated[StatementRef | None, In("grant", "parties", "撤回的授权", "grant that ends")] = None
