"""The registrar's desk: who may sign. Who may call is given out by `api.routes.access`, and who brings a key with an invite by `api.routes.enrolling`.

A key that a party keeps comes in two steps: `/keys/drafts` makes the enrolment, the new key signs it where it lives, and `/keys` takes it
back with the registrar's signature added. Without the new key's own signature nobody's own key is enrolled.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StrictInt

from api.answers import Recorded, recorded, status, stood_before
from api.bodies import JsonBody
from api.deps import Someone, TheLedger, TheSettings, Viewer, needs
from api.drafting import RANDOM_BYTES, Draft, read_model
from api.pages.names import names_in
from api.routes.statements import SIGNED
from api.schemas import json_body, model_body
from api.unsigned import draft_json, unsigned
from ledger.errors import Malformed, Words
from ledger.identifiers import PartyId, StatementId
from ledger.keys import PublicKey
from ledger.recorder import Placed
from ledger.service import Ledger
from ledger.statement import Statement
from ledger.vocabulary.registering import Domain, Holder, Key
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import PartyRef

if TYPE_CHECKING:
    from ledger.canonical import Json

router = APIRouter(tags=["registrar"])

_Role = Literal["enterprise", "operator", "authority", "laboratory"]


class KeyRequest(Part):
    """A new key that this server keeps for a party, or for one person or device there; or the end of a key, lost or stolen."""

    action: Literal["enrol", "revoke", "compromised"] = "enrol"
    #: Left out for a party that is new here: it gets its id now.
    party: PartyRef | None = None
    role: _Role | None = None
    holder: Holder | None = None
    keyid: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    reason: Literal["lost", "stolen", "superseded", "left"] | None = None
    #: Of a stolen key: since when somebody else may have had it. What it signed since then waits for the party's word.
    since_ms: Annotated[StrictInt, Field(ge=0, le=2**52)] | None = None


class OwnKeyRequest(Part):
    """A key that the party keeps: the enrolment to be signed with it. Ed25519, or P-256 with `rp_id` for a passkey."""

    party: PartyRef | None = None
    role: _Role
    kind_of_key: Literal["ed25519", "es256"] = "ed25519"
    public_key: Annotated[str, Field(max_length=200)]
    rp_id: Domain | None = None
    holder: Holder | None = None


@router.post(
    "/keys/drafts",
    operation_id="post_key_draft",
    dependencies=[needs("enrol_keys")],
    openapi_extra=model_body(OwnKeyRequest),
)
def post_key_draft(body: JsonBody, registrar: Someone, ledger: TheLedger) -> dict[str, object]:
    """起草自持密钥的登记 · the enrolment of a party's own key, to be signed with it. Nothing is stored."""
    asked = read_model(OwnKeyRequest, body)
    key = PublicKey.parse(asked.kind_of_key, asked.public_key)
    party = asked.party or PartyId.new(os.urandom(RANDOM_BYTES))
    said = Key(
        action="enrol",
        party=party,
        role=asked.role,
        custody="own",
        kind_of_key=key.kind,
        public_key=str(key),
        rp_id=asked.rp_id,
        holder=asked.holder,
    )
    now = ledger.clock()
    draft = Draft(said=said, id=StatementId.new(now, os.urandom(RANDOM_BYTES)))
    statement = unsigned(draft, log=ledger.origin, issuer=registrar.party, now_ms=now)
    with ledger.book() as book:
        shown = draft_json(statement, names_in(book, Viewer(party=registrar.party)))
    return {**shown, "party": str(party), "keyid": key.keyid}


@router.post(
    "/keys",
    status_code=201,
    operation_id="post_key",
    dependencies=[needs("enrol_keys")],
    response_model_exclude_none=True,
    responses=stood_before(Recorded),
    openapi_extra=json_body({"oneOf": [KeyRequest.model_json_schema(), SIGNED]}),
)
def post_key(
    body: JsonBody, registrar: Someone, ledger: TheLedger, settings: TheSettings, response: Response
) -> Recorded:
    """登记密钥 · enrol a key, end one, or report one stolen."""
    if isinstance(body, Mapping) and "envelope" in body:
        statement, placed = ledger.enrol_signed(Statement.from_json(body))
    else:
        statement, placed = _done(ledger, registrar.party, read_model(KeyRequest, body))
    response.status_code = status([placed])
    said = Key.from_items(statement.items)
    return recorded(ledger, settings.base_url, statement, placed, said)


def _done(ledger: Ledger, registrar: PartyId, asked: KeyRequest) -> tuple[Statement, Placed]:
    if asked.action == "enrol":
        if asked.role is None:
            raise _needed("role")
        party = asked.party or PartyId.new(os.urandom(RANDOM_BYTES))
        placed = ledger.enrol(party, role=asked.role, holder=asked.holder)
        stored = ledger.stored(placed.seq)
        return Statement.open(stored.envelope, [one for one in stored.opened if one is not None]), placed
    needed: dict[str, Json] = (
        {"keyid": asked.keyid, "reason": asked.reason}
        if asked.action == "revoke"
        else {"keyid": asked.keyid, "party": str(asked.party or "") or None, "since_ms": asked.since_ms}
    )
    for name, value in needed.items():
        if value is None:
            raise _needed(name)
    statement = ledger.draft(registrar, Key.read({"action": asked.action, **needed}))
    (placed,) = ledger.recorder.record([statement])
    return statement, placed


def _needed(field: str) -> Malformed:
    return Malformed(field=field, came="", expected=Words(zh="必填", en="a value (required)"))
