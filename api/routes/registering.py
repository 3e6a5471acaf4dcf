"""The registrar's desk: who may sign, and who may call."""

from __future__ import annotations

import os
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import Recorded, moment, recorded, status
from api.bodies import JsonBody
from api.deps import AsRegistrar, TheLedger, TheSettings, is_registered
from api.drafting import RANDOM_BYTES, read_model
from api.schemas import model_body
from ledger.errors import Malformed, UnknownName, Words
from ledger.identifiers import PartyId
from ledger.keys import PublicKey
from ledger.recorder import Placed
from ledger.service import Ledger
from ledger.statement import Statement
from ledger.vocabulary.registering import Key
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import Name, Number, PartyRef

router = APIRouter(tags=["registrar"])

ACCESS_DAYS_MAX: Final = 90
_MILLISECONDS_A_DAY: Final = 86_400_000


class KeyRequest(Part):
    """Enrol a key for a party (its own, or without one a new key that this server keeps for it), or revoke a key."""

    action: Literal["enrol", "revoke"] = "enrol"
    #: Left out for a party that is new here: it gets its id now.
    party: PartyRef | None = None
    role: Literal["enterprise", "operator", "authority", "laboratory"] | None = None
    #: Ed25519, base64: the party keeps the private half.
    public_key: Number | None = None
    keyid: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    reason: Literal["lost", "stolen", "superseded", "left"] | None = None


class AccessKeyRequest(Part):
    """An API key for a party."""

    party: PartyRef
    label: Name = "API"
    days: Annotated[int, Field(ge=1, le=ACCESS_DAYS_MAX)] = ACCESS_DAYS_MAX


@router.post(
    "/keys",
    status_code=201,
    operation_id="post_key",
    response_model_exclude_none=True,
    openapi_extra=model_body(KeyRequest),
)
def post_key(
    body: JsonBody, registrar: AsRegistrar, ledger: TheLedger, settings: TheSettings, response: Response
) -> Recorded:
    """登记密钥 · enrol a party's key, or revoke one."""
    asked = read_model(KeyRequest, body)
    statement, placed = (
        _revoked(ledger, registrar.party, asked)
        if asked.action == "revoke"
        else _enrolled(ledger, registrar.party, asked)
    )
    response.status_code = status([placed])
    said = Key.from_items(statement.items)
    return recorded(ledger, settings.base_url, statement, placed, said)


@router.post(
    "/access-keys",
    status_code=201,
    operation_id="post_access_key",
    openapi_extra=model_body(AccessKeyRequest),
)
def post_access_key(body: JsonBody, registrar: AsRegistrar, ledger: TheLedger) -> dict[str, object]:  # noqa: ARG001  (the right to give)
    """发放访问密钥 · give a party an API key. It is shown this once; only its digest is kept."""
    asked = read_model(AccessKeyRequest, body)
    if not is_registered(asked.party, ledger):
        expected = Words(zh="已登记密钥的主体", en="a party with a key in the register")
        raise UnknownName(field="party", came=asked.party, expected=expected)
    key = ledger.give_access_key(asked.party, label=asked.label, days=asked.days)
    until = moment(ledger.clock() + asked.days * _MILLISECONDS_A_DAY)
    return {"access_key": key, "party": str(asked.party), "label": asked.label, "until": until}


def _enrolled(ledger: Ledger, registrar: PartyId, asked: KeyRequest) -> tuple[Statement, Placed]:
    if asked.role is None:
        raise Malformed(field="role", came="", expected=Words(zh="必填", en="a value (required)"))
    party = asked.party or PartyId.new(os.urandom(RANDOM_BYTES))
    if asked.public_key is None:
        placed = ledger.enrol(party, role=asked.role)
        stored = ledger.stored(placed.seq)
        return Statement.open(stored.envelope, [one for one in stored.opened if one is not None]), placed
    key = PublicKey.parse("ed25519", asked.public_key)
    said = Key(
        action="enrol", party=party, role=asked.role, custody="own", kind_of_key=key.kind, public_key=str(key)
    )
    return _recorded(ledger, registrar, said)


def _revoked(ledger: Ledger, registrar: PartyId, asked: KeyRequest) -> tuple[Statement, Placed]:
    if asked.keyid is None or asked.reason is None:
        raise Malformed(
            field="keyid", came=asked.keyid or "", expected=Words(zh="keyid 和 reason", en="keyid and reason")
        )
    return _recorded(ledger, registrar, Key(action="revoke", keyid=asked.keyid, reason=asked.reason))


def _recorded(ledger: Ledger, registrar: PartyId, said: Key) -> tuple[Statement, Placed]:
    statement = ledger.draft(registrar, said)
    (placed,) = ledger.recorder.record([statement])
    return statement, placed
