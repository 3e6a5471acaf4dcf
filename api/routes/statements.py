"""Statements as they were signed: sent by those who keep their own key, read by those who may.

Sending asks for no access key: the signature says who speaks, and without a good one nothing is recorded. A reader who may open no
item of a statement is told what everybody is told of one that does not exist.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Query, Response

from api.answers import Recorded, RecordedAll, recorded_all, said_in, sent, stood_before
from api.asking import MANY, STATEMENTS_MAX
from api.audience import Reading
from api.bodies import JsonBody
from api.deps import Anyone, Someone, TheLedger, TheSettings, needs
from api.facts import heading
from api.parameters import LIST_LIMIT, Limit, MaybeText
from api.problems import Refusals
from api.schemas import json_body
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import PartyId, StatementId
from ledger.statement import Statement, check_count
from ledger.store.book import Stored
from ledger.views.book import Book, Record, party_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json

router = APIRouter(prefix="/statements", tags=["statements"])

#: Records looked at in one go while a page of a list is filled.
_PORTION: Final = 500
_CURSOR: Final = re.compile(r"before:(0|[1-9][0-9]{0,15})", re.ASCII)

SIGNED: Final[dict[str, object]] = {
    "type": "object",
    "required": ["envelope", "items"],
    "additionalProperties": False,
    "properties": {
        "envelope": {
            "type": "object",
            "required": ["payload", "payloadType", "signatures"],
            "additionalProperties": False,
            "properties": {
                "payload": {"type": "string", "contentEncoding": "base64"},
                "payloadType": {"const": "application/vnd.suyuan.statement+json"},
                "signatures": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 4,
                    "items": {
                        "type": "object",
                        "required": ["keyid", "sig"],
                        "additionalProperties": False,
                        "properties": {
                            "keyid": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                            "sig": {"type": "string", "contentEncoding": "base64"},
                        },
                    },
                },
            },
        },
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": {
                "type": "object",
                "required": ["item", "salt"],
                "properties": {
                    "item": {"type": "string", "contentEncoding": "base64"},
                    "salt": {"type": "string", "contentEncoding": "base64"},
                },
            },
        },
    },
}
_MANY_SIGNED: Final[dict[str, object]] = {
    "type": "array",
    "items": SIGNED,
    "minItems": 1,
    "maxItems": STATEMENTS_MAX,
}


@router.post(
    "",
    status_code=201,
    operation_id="post_statements",
    dependencies=[needs("send_signed")],
    response_model=Recorded | RecordedAll,
    responses=stood_before(Recorded | RecordedAll),
    response_model_exclude_none=True,
    openapi_extra=json_body({"oneOf": [SIGNED, _MANY_SIGNED]}),
)
def post(body: JsonBody, ledger: TheLedger, settings: TheSettings) -> Response:
    """提交已签名的记录 · record statements that were signed elsewhere: one, or a list that is recorded whole or not at all."""
    many = not isinstance(body, Mapping) or MANY in body
    statements = _read_many(body) if many else [Statement.from_json(body)]
    placed = ledger.recorder.record(statements)
    said = [said_in(one) for one in statements]
    answers = recorded_all(ledger, settings.base_url, list(zip(statements, placed, said, strict=True)))
    return sent(RecordedAll(statements=answers) if many else answers[0], placed)


@router.get("", operation_id="list_statements", dependencies=[needs("read_own")])
def own(
    caller: Someone, ledger: TheLedger, cursor: MaybeText = None, limit: Limit = LIST_LIMIT
) -> dict[str, object]:
    """本方记录 · the caller's own records as they stand, newest first."""
    before = _read_cursor(cursor)
    with ledger.book() as book:
        found = list(_own(book, caller.party, before=before, count=limit + 1))
    page: dict[str, object] = {"statements": [heading(record) for record in found[:limit]]}
    if len(found) > limit:
        page["next"] = _cursor(found[limit - 1].seq)
    return page


@router.get("/{statement}", operation_id="get_statement", dependencies=[needs("look_up")])
def read(
    statement: str,
    viewer: Anyone,
    ledger: TheLedger,
    issuer: Annotated[
        str | None, Query(description="Whose statement, where two parties chose one id.")
    ] = None,
) -> dict[str, object]:
    """一条记录 · one statement: its envelope, and the items this reader may open; the others are marked."""
    name = StatementId.parse(statement)
    with ledger.book() as book:
        seq = book.position(name, None if issuer is None else PartyId.parse(issuer, field="issuer"))
        if seq is None:
            raise unknown(statement)
        record = book.records([seq])[seq]
        return statement_facts(Reading.of(ledger, book, viewer), record, book.stored(seq))


def statement_facts(reading: Reading, record: Record, stored: Stored) -> dict[str, object]:
    """A statement as one reader may see it, or the refusal that everybody gets for one that does not exist."""
    items = list[dict[str, object]]()
    for place, one in enumerate(stored.opened):
        if one is None:
            items.append({"place": place, "withheld": "erased"})
        elif reading.may_read_item(record, one.item):
            opened = {
                "kind": one.item.kind,
                "audience": one.item.audience,
                "fields": one.item.fields,
                **one.as_json(),
            }
            items.append({"place": place, **opened})
        else:
            items.append({"place": place, "withheld": one.item.audience})
    if not any("salt" in item for item in items):
        raise unknown(str(record.header.id))
    return {
        **heading(record),
        "fields": reading.fields(record),
        "envelope": stored.envelope.as_json(),
        "items": items,
    }


def unknown(came: object) -> UnknownName:
    """Nothing of that name, or nothing for this reader."""
    return UnknownName(
        field="statement",
        came=came,
        expected=Words(zh="可以查看的记录编号", en="the id of a record you may read"),
    )


def _read_many(body: Json) -> list[Statement]:
    bodies = body[MANY] if isinstance(body, Mapping) and set(body) == {MANY} else body
    if not isinstance(bodies, Sequence) or isinstance(bodies, str):
        expected = Words(zh="一条已签名的记录，或其数组", en="a signed statement, or an array of them")
        raise Malformed(field=MANY, came=bodies, expected=expected)
    most = Words(zh=f"1 至 {STATEMENTS_MAX} 条", en=f"1 to {STATEMENTS_MAX}")
    check_count(bodies, STATEMENTS_MAX, most, field=MANY)
    statements, wrong = list[Statement](), list[Refusal]()
    for number, one in enumerate(bodies):
        try:
            statements.append(Statement.from_json(one))
        except Refusal as refusal:
            wrong.append(refusal.at(f"{MANY}[{number}]"))
    if wrong:
        raise Refusals(wrong)
    return statements


def _own(book: Book, party: PartyId, *, before: int | None, count: int) -> Iterator[Record]:
    seqs = sorted({mention.seq for mention in book.mentions([party_key(party)])}, reverse=True)
    wanted = [seq for seq in seqs if before is None or seq < before]
    for start in range(0, len(wanted), _PORTION):
        records = book.records(wanted[start : start + _PORTION])
        for seq in wanted[start : start + _PORTION]:
            if party in {records[seq].header.issuer, records[seq].actor}:
                yield records[seq]
                count -= 1
                if count == 0:
                    return


def _cursor(seq: int) -> str:
    return urlsafe_b64encode(f"before:{seq}".encode()).decode("ascii").rstrip("=")


def _read_cursor(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        raw = ""
    match = _CURSOR.fullmatch(raw)
    if match is None:
        raise Malformed(
            field="cursor",
            came=text,
            expected=Words(zh="上一页给出的 next", en="the `next` of the page before"),
        )
    return int(match[1])
