"""The registrar's duty to forget: erasing what the law wants gone, and how long the rest must be kept.

The registrar names records by their ids and items by their kinds or places; what they say it need not know, and is not told.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field, StrictBool, StrictInt

from api.answers import ANSWER, Recorded, moment, recorded, status, stood_before
from api.bodies import JsonBody
from api.deps import TheLedger, TheSettings, needs
from api.drafting import read_model
from api.parameters import LIST_LIMIT, Limit, MaybeText, QueryNumber
from api.schemas import Schema, json_body
from ledger.erasing import STATEMENTS_MAX, Outcome, Wanted, erase
from ledger.identifiers import LegalDate
from ledger.retention_plan import Line, report
from ledger.statement import Statement
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import Name, PartyRef, StatementRef

router = APIRouter(tags=["registrar"])

_PLACES_MAX: Final = 1_000
_KINDS_MAX: Final = 40


class ErasureTarget(Part):
    """Items of one record: by `places`, by `kinds`, or the `whole` of it. One of the three."""

    statement: StatementRef
    #: Where two parties chose one id.
    issuer: PartyRef | None = None
    places: Annotated[tuple[StrictInt, ...], Field(min_length=1, max_length=_PLACES_MAX)] | None = None
    kinds: (
        Annotated[
            tuple[Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")], ...],
            Field(min_length=1, max_length=_KINDS_MAX),
        ]
        | None
    ) = None
    whole: StrictBool = False

    @property
    def wanted(self) -> Wanted:
        """As `ledger.erasing` takes it."""
        return Wanted(
            statement=self.statement,
            issuer=self.issuer,
            places=self.places or (),
            kinds=self.kinds or (),
            whole=self.whole,
        )


class ErasureRequest(Part):
    """Erase items everywhere on this server, on a ground that the log shows for ever."""

    id: StatementRef | None = None
    ground: Name
    erase: Annotated[tuple[ErasureTarget, ...], Field(min_length=1, max_length=STATEMENTS_MAX)]


def _request_schema() -> Schema:
    """The body in one piece: the document has components for the records of the trade alone."""
    schema = ErasureRequest.model_json_schema()
    del schema["$defs"]
    schema["properties"]["erase"]["items"] = ErasureTarget.model_json_schema()
    return json_body(schema)


class ErasedItem(Part):
    """One item that was removed. Its `kind` is left out when the erasure is asked about again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: int
    kind: str | None = None


class ErasedFrom(Part):
    """What was removed from one record."""

    statement: str
    issuer: str
    position: int
    items: list[ErasedItem]


class CopyMade(Part):
    """A copy that left the server before, and still holds something of what was erased: ask its holder for it."""

    id: str
    kind: str
    to: str
    made_at: str
    digest: str


class StillKept(Part):
    """A record that the law asked to keep longer when this was erased from it."""

    position: int
    kept_until: str
    law: str | None = None


class OtherVersion(Part):
    """Another version of the same record that still has items of these kinds."""

    statement: str
    position: int
    kinds: list[str]


class Erased(Recorded):
    """An erasure as the log took it, what went with it, and what is beyond its reach."""

    model_config = ANSWER

    ground: str
    removed: list[ErasedFrom] = Field(description="What is gone. 已删除的项")
    files_removed: list[str] = Field(
        description="Files no readable record names any more, by SHA-256. 已删除的附件"
    )
    files_kept: list[str] = Field(description="Files that other records still name. 其他记录仍引用的附件")
    waiting: list[str] = Field(
        description="What could not be removed yet: `pages`, `wal`, or a file; `suyuan erase --resume` tries again. 尚待清除"
    )
    copies: list[CopyMade] = Field(description="Copies handed out before. 此前交出的副本，请收回")
    still_kept: list[StillKept] = Field(description="尚在最低保存期限内的记录，请核对依据")
    other_versions: list[OtherVersion] = Field(description="更正前后的其他版本中仍有同类项")


@router.post(
    "/erasures",
    status_code=201,
    operation_id="post_erasure",
    dependencies=[needs("erase")],
    response_model_exclude_none=True,
    responses=stood_before(Erased),
    openapi_extra=_request_schema(),
)
def post_erasure(
    body: JsonBody,
    ledger: TheLedger,
    settings: TheSettings,
    response: Response,
) -> Erased:
    """删除 · erase items because the law asks. Hashes, chain and proofs stay; the log shows what is missing and why."""
    asked = read_model(ErasureRequest, body)
    outcome = erase(ledger, [one.wanted for one in asked.erase], ground=asked.ground, statement_id=asked.id)
    response.status_code = status([outcome.placed])
    return _answer(ledger, settings.base_url, outcome)


@router.get("/retention", operation_id="get_retention", dependencies=[needs("erase")])
def get_retention(
    ledger: TheLedger,
    on: MaybeText = None,
    start: QueryNumber = None,
    limit: Limit = LIST_LIMIT,
) -> dict[str, object]:
    """保存期限 · until when each record must be kept by law, in log order; nothing is removed by asking."""
    day = None if on is None else LegalDate.parse(on, field="on")
    found = report(ledger, day, start=start or 0, count=limit)
    page: dict[str, object] = {
        "on": str(found.on),
        "size": found.size,
        "records": [_kept(one, may_go=one.kept.may_go(found.on)) for one in found.lines],
    }
    if found.lines and found.lines[-1].kept.seq + 1 < found.size:
        page["next"] = found.lines[-1].kept.seq + 1
    return page


def _kept(line: Line, *, may_go: bool) -> dict[str, object]:
    return {**line.as_json(), "may_go": may_go}


def _answer(ledger: TheLedger, base_url: str, outcome: Outcome) -> Erased:
    stored = ledger.stored(outcome.placed.seq)
    statement = Statement.open(stored.envelope, [one for one in stored.opened if one is not None])
    receipt = recorded(ledger, base_url, statement, outcome.placed, outcome.said)
    return Erased(
        **dict(receipt),
        ground=outcome.said.ground,
        removed=[
            ErasedFrom(
                statement=str(one.statement),
                issuer=str(one.issuer),
                position=one.seq,
                items=[
                    ErasedItem(place=place, kind=kind or None) for place, kind in sorted(one.places.items())
                ],
            )
            for one in outcome.removed
        ],
        files_removed=[str(one) for one in outcome.files_removed],
        files_kept=[str(one) for one in outcome.files_kept],
        waiting=[one.name or one.what for one in outcome.waiting],
        copies=[
            CopyMade(
                id=one.name, kind=one.kind, to=one.to_whom, made_at=moment(one.made_ms), digest=one.digest
            )
            for one in outcome.copies
        ],
        still_kept=[
            StillKept(position=one.seq, kept_until=str(one.until), law=one.law) for one in outcome.early
        ],
        other_versions=[
            OtherVersion(statement=str(one.statement), position=one.seq, kinds=list(one.kinds))
            for one in outcome.elsewhere
        ],
    )
