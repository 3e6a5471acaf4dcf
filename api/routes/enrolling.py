"""A party's own key comes into the log: an invite from the registrar, a draft of the enrolment, the new key's signature under it.

    1  the registrar makes an invite for a party and a role; it opens once, within fifteen minutes
    2  whoever has it says which key; back comes the enrolment as it would be recorded, in bytes and in words
    3  the new key signs it: the proof that its private half is there. The registrar's signature is added, and it is recorded

Between 2 and 3 nothing is stored. What comes in 3 is held against the invite again: that very party, that role, a key of its own. For a
passkey the credential's id comes along, so that a page can ask the right device later; it is public and signs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import delete, insert

from api.answers import Recorded, moment, recorded, stood_before
from api.bodies import JsonBody
from api.deps import Someone, TheLedger, TheSettings, Viewer, needs
from api.drafting import RANDOM_BYTES, Draft, read_model
from api.pages.names import names_in
from api.schemas import model_body
from api.unsigned import draft_json, unsigned
from ledger.accounts.office import OnceOver
from ledger.canonical import Json
from ledger.errors import Malformed, NotAllowed, Words
from ledger.identifiers import PartyId, StatementId
from ledger.keys import PublicKey
from ledger.service import Ledger
from ledger.statement import Statement
from ledger.store.engine import writing
from ledger.store.tables import SigningPasskeyRow
from ledger.vocabulary.registering import Domain, Key
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import PartyRef

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.accounts.once import Kept

router = APIRouter(tags=["registrar"])

INVITE_MS: Final = 15 * 60_000
_CREDENTIAL: Final = r"^[A-Za-z0-9_-]{16,1400}$"

_passkeys = SigningPasskeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

_Invite = Annotated[str, Field(min_length=20, max_length=200)]


class KeyInviteRequest(Part):
    """For whom: a party that is here, or, with none named, one that is new and gets its id now."""

    party: PartyRef | None = None
    role: Literal["enterprise", "operator", "authority", "laboratory"]


class KeyDraftRequest(Part):
    """Which key: 32 bytes (ed25519) or 65 bytes (es256) in base64. `rp_id` is said of a passkey."""

    invite: _Invite
    kind_of_key: Literal["ed25519", "es256"]
    public_key: Annotated[str, Field(max_length=200)]
    rp_id: Domain | None = None


class KeyEnrolmentRequest(Part):
    """The enrolment as it was drafted, signed by the new key."""

    invite: _Invite
    #: `{"envelope": …, "items": […]}`, as for `/api/v1/statements`.
    statement: dict[str, object]
    #: base64url, of a passkey alone.
    credential: Annotated[str, Field(pattern=_CREDENTIAL)] | None = None


@router.post(
    "/key-invites",
    status_code=201,
    operation_id="post_key_invite",
    dependencies=[needs("enrol_keys")],
    openapi_extra=model_body(KeyInviteRequest),
)
def post_invite(body: JsonBody, caller: Someone, ledger: TheLedger) -> dict[str, object]:  # noqa: ARG001  (known to the table)
    """邀请登记密钥 · let a party enrol a key of its own. The invite is shown this once, and opens once."""
    asked = read_model(KeyInviteRequest, body)
    party = asked.party or PartyId.new(os.urandom(RANDOM_BYTES))
    with ledger.book() as book:
        before = book.register.role_of(party)
    if before not in {None, asked.role}:
        expected = Words(zh=f"已登记的角色 {before}", en=f"the role it has, {before}")
        raise NotAllowed(field="role", came=asked.role, expected=expected)
    office, code = ledger.accounts.office, ledger.accounts.office.token()
    with office.writing() as connection:
        until = ledger.accounts.once.put(
            connection, "key_invite", code, about=str(party), lasts_ms=INVITE_MS, fields={"role": asked.role}
        )
    return {"invite": code, "party": str(party), "role": asked.role, "until": moment(until)}


@router.post(
    "/key-enrolments/draft",
    operation_id="post_key_enrolment_draft",
    dependencies=[needs("send_signed")],
    openapi_extra=model_body(KeyDraftRequest),
)
def post_draft(body: JsonBody, ledger: TheLedger) -> dict[str, object]:
    """起草密钥登记 · the enrolment that this key would have, to be signed with it. The invite stays good."""
    asked = read_model(KeyDraftRequest, body)
    with ledger.accounts.office.reading() as connection:
        kept = ledger.accounts.once.look(connection, "key_invite", asked.invite)
    if kept is None:
        raise _no_invite()
    key = PublicKey.parse(asked.kind_of_key, asked.public_key)
    said = Key(
        action="enrol",
        party=PartyId.parse(kept.about),
        role=_role(kept),
        custody="own",
        kind_of_key=asked.kind_of_key,
        public_key=str(key),
        rp_id=asked.rp_id,
    )
    now = ledger.clock()
    draft = Draft(said=said, id=StatementId.new(now, os.urandom(RANDOM_BYTES)))
    statement = unsigned(draft, log=ledger.origin, issuer=ledger.registrar, now_ms=now)
    with ledger.book() as book:
        body_of = draft_json(statement, names_in(book, Viewer()))
    return {**body_of, "keyid": key.keyid}


@router.post(
    "/key-enrolments",
    status_code=201,
    operation_id="post_key_enrolment",
    dependencies=[needs("send_signed")],
    response_model_exclude_none=True,
    responses=stood_before(Recorded),
    openapi_extra=model_body(KeyEnrolmentRequest),
)
def post_enrolment(body: JsonBody, ledger: TheLedger, settings: TheSettings, response: Response) -> Recorded:
    """登记自持密钥 · the enrolment, signed by the new key: the invite is used up, the registrar's signature is added."""
    asked = read_model(KeyEnrolmentRequest, body)
    statement = Statement.from_json(_json(asked.statement))
    said = Key.from_items(statement.items) if statement.header.type == Key.TYPE else None
    with ledger.accounts.office.reading() as connection:
        kept = ledger.accounts.once.look(connection, "key_invite", asked.invite)
    if kept is None:
        raise _no_invite()
    if said is None or (said.action, str(said.party), said.role, said.custody) != (
        "enrol",
        kept.about,
        _role(kept),
        "own",
    ):
        expected = Words(
            zh=f"邀请所说的登记：{kept.about}，{_role(kept)}",
            en=f"the enrolment that the invite is for: {kept.about}, {_role(kept)}",
        )
        raise NotAllowed(field="statement", came=statement.header.type, expected=expected)
    # Used up before it is recorded: of two who come with one invite, one finds nothing.
    with ledger.accounts.office.writing() as connection:
        if ledger.accounts.once.take(connection, "key_invite", asked.invite) is None:
            raise _no_invite()
    try:
        both, placed = ledger.enrol_signed(statement)
    except Exception:
        _give_back(ledger, asked.invite, kept)
        raise
    if asked.credential is not None and said.kind_of_key is not None and said.public_key is not None:
        keyid = PublicKey.parse(said.kind_of_key, said.public_key).keyid
        with writing(ledger.engine) as connection:
            _remember(connection, ledger, keyid=keyid, party=kept.about, credential=asked.credential)
    response.status_code = 200 if placed.again else 201
    return recorded(ledger, settings.base_url, both, placed, said)


def _give_back(ledger: Ledger, invite: str, kept: Kept) -> None:
    """Nothing was recorded: whoever mistyped may try again until the invite runs out."""
    left = kept.until_ms - ledger.clock()
    if left > 0:
        with ledger.accounts.office.writing() as connection:
            ledger.accounts.once.put(
                connection, "key_invite", invite, about=kept.about, lasts_ms=left, fields=kept.fields
            )


def _remember(connection: Connection, ledger: Ledger, *, keyid: str, party: str, credential: str) -> None:
    connection.execute(
        delete(_passkeys).where(_passkeys.c.log_id == ledger.origin, _passkeys.c.keyid == keyid)
    )
    row = {"log_id": ledger.origin, "keyid": keyid, "party": party, "credential": credential}
    connection.execute(insert(_passkeys), row)


def _role(kept: Kept) -> Literal["enterprise", "operator", "authority", "laboratory"]:
    return KeyInviteRequest.model_validate({"role": kept.text("role")}).role


def _json(value: object) -> Json:
    """What was read as JSON is JSON."""
    if isinstance(value, dict):
        return {str(name): _json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(one) for one in value]
    if value is None or isinstance(value, (str, int, bool)):
        return value
    raise Malformed(field="statement", came=value, expected=Words(zh="JSON", en="JSON"))


def _no_invite() -> OnceOver:
    expected = Words(zh="15 分钟内、未用过的邀请码", en="an invite that was not used, within 15 minutes")
    return OnceOver(field="invite", came="…", expected=expected)
