"""People: signing in by passkey, one's own account, and who else may come in. The other ways in are forms (`api.pages.signing_in`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import moment
from api.bodies import JsonBody
from api.deps import Someone, TheLedger, TheSettings, needs
from api.drafting import read_model
from api.parameters import MaybeText
from api.people import Changing, OwnToken, TheAccounts, TheSite, let_in, let_out
from api.schemas import json_body, model_body
from ledger.accounts.callers import ActingRole, Caller
from ledger.accounts.persons import PersonId
from ledger.canonical import Json, JsonObject
from ledger.errors import Malformed, NotAllowed, Words
from ledger.identifiers import PartyId
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import Name, Number, PartyRef

router = APIRouter(tags=["people"])

Secret = Annotated[str, Field(min_length=1, max_length=200)]
_CREDENTIAL: Final[JsonObject] = {
    "type": "object",
    "description": "PublicKeyCredential.toJSON()",
    "required": ["id", "rawId", "response", "type"],
}
_ANSWER: Final = json_body(
    {"type": "object", "properties": {"credential": dict(_CREDENTIAL)}, "required": ["credential"]}
)
_INVITED_ANSWER: Final = json_body(
    {
        "type": "object",
        "properties": {"invite": {"type": "string"}, "credential": dict(_CREDENTIAL)},
        "required": ["invite", "credential"],
    }
)


class InviteToken(Part):
    """The secret of an invite, from its link."""

    invite: Secret


class InviteRequest(Part):
    """Invite somebody to act for a party: one's own, or, for the registrar, one that has no owner yet."""

    name: Name
    acting: ActingRole
    party: PartyRef | None = None
    certificate: Number | None = None


class CardRequest(Part):
    """A card for a small trader who is new here."""

    name: Name
    party: PartyRef | None = None
    #: A telephone that sign-in links may go to.
    contact: Number | None = None


class AgencyRequest(Part):
    """Somebody whom the agency's own sign-in service lets in."""

    name: Name
    acting: ActingRole
    subject: Secret
    certificate: Number | None = None


@router.post(
    "/sign-in/passkey/options", operation_id="sign_in_passkey_options", dependencies=[needs("sign_in")]
)
def sign_in_options(accounts: TheAccounts, site: TheSite) -> dict[str, object]:
    """通行密钥登录：取得请求 · what the browser is asked for signing in by passkey."""
    return dict(accounts.sign_in_options(site))


@router.post(
    "/sign-in/passkey",
    operation_id="sign_in_passkey",
    dependencies=[needs("sign_in")],
    openapi_extra=_ANSWER,
)
def sign_in(
    body: JsonBody, accounts: TheAccounts, site: TheSite, settings: TheSettings, response: Response
) -> dict[str, object]:
    """通行密钥登录 · sign in by passkey."""
    signed_in = accounts.sign_in_by_passkey(site, _credential(body))
    let_in(response, signed_in, settings)
    return _who(signed_in.caller)


@router.post(
    "/invites/passkey/options",
    operation_id="invite_passkey_options",
    dependencies=[needs("sign_in")],
    openapi_extra=model_body(InviteToken),
)
def accept_options(body: JsonBody, accounts: TheAccounts, site: TheSite) -> dict[str, object]:
    """接受邀请：取得请求 · what the browser is asked for taking up an invite."""
    return dict(accounts.accept_options(site, read_model(InviteToken, body).invite))


@router.post(
    "/invites/passkey",
    operation_id="invite_passkey",
    dependencies=[needs("sign_in")],
    openapi_extra=_INVITED_ANSWER,
)
def accept(
    body: JsonBody, accounts: TheAccounts, site: TheSite, settings: TheSettings, response: Response
) -> dict[str, object]:
    """用通行密钥接受邀请 · take up an invite with a new passkey."""
    credential = _credential(body)
    rest = {name: value for name, value in _object(body).items() if name != "credential"}
    accepted = accounts.accept_invite(read_model(InviteToken, rest).invite, site=site, answer=credential)
    let_in(response, accepted.signed_in, settings)
    return _who(accepted.signed_in.caller)


@router.post(
    "/sign-out",
    operation_id="sign_out",
    status_code=204,
    response_class=Response,
    dependencies=[needs("own_account")],
)
def sign_out(
    caller: Changing,  # noqa: ARG001  (that it was asked for on a page of ours)
    accounts: TheAccounts,
    token: OwnToken,
    settings: TheSettings,
) -> Response:
    """退出登录 · end this session."""
    accounts.end_session(token)
    answer = Response(status_code=204)
    let_out(answer, settings)
    return answer


@router.get("/account", operation_id="get_account", dependencies=[needs("own_account")])
def account(caller: Someone, accounts: TheAccounts, token: OwnToken) -> dict[str, object]:
    """我的账户 · who one is here, by what one can come in, and where one is signed in."""
    me = accounts.me(caller)
    doors = accounts.doors(me.id)
    return {
        **_who(caller),
        "name": me.name,
        "passkeys": [
            {
                "credential": one.credential,
                "made_at": moment(one.made_ms),
                "used_at": None if one.used_ms is None else moment(one.used_ms),
                "suspended": one.suspended_ms is not None,
            }
            for one in doors.passkeys
        ],
        "recovery_codes_left": doors.codes_left,
        "sessions": [
            {
                "name": one.name,
                "method": one.method,
                "made_at": moment(one.made_ms),
                "used_at": moment(one.used_ms),
                "this": one.is_this,
            }
            for one in accounts.own_sessions(caller, token)
        ],
    }


@router.post(
    "/account/passkeys/options", operation_id="account_passkey_options", dependencies=[needs("own_account")]
)
def passkey_options(caller: Changing, accounts: TheAccounts, site: TheSite) -> dict[str, object]:
    """添加通行密钥：取得请求 · what the browser is asked for one more passkey."""
    return dict(accounts.passkey_options(site, caller))


@router.post(
    "/account/passkeys",
    operation_id="post_account_passkey",
    status_code=204,
    response_class=Response,
    openapi_extra=_ANSWER,
    dependencies=[needs("own_account")],
)
def add_passkey(caller: Changing, body: JsonBody, accounts: TheAccounts, site: TheSite) -> Response:
    """添加通行密钥 · one more passkey of one's own."""
    accounts.add_passkey(site, caller, _credential(body))
    return Response(status_code=204)


@router.delete(
    "/account/passkeys/{credential}",
    operation_id="delete_account_passkey",
    status_code=204,
    response_class=Response,
    dependencies=[needs("own_account")],
)
def remove_passkey(caller: Changing, credential: str, accounts: TheAccounts) -> Response:
    """移除通行密钥 · remove one of one's own passkeys."""
    accounts.remove_passkey(caller, credential)
    return Response(status_code=204)


@router.delete(
    "/account/sessions/{name}",
    operation_id="delete_account_session",
    status_code=204,
    response_class=Response,
    dependencies=[needs("own_account")],
)
def end_session(caller: Changing, name: str, accounts: TheAccounts) -> Response:
    """结束一处登录 · end one of one's own sessions."""
    accounts.end_own_session(caller, name)
    return Response(status_code=204)


@router.post(
    "/account/recovery-codes",
    operation_id="post_recovery_codes",
    status_code=201,
    dependencies=[needs("own_account")],
)
def recovery_codes(caller: Changing, accounts: TheAccounts) -> dict[str, object]:
    """新的恢复码 · a new sheet of recovery codes, shown this once; the old one is void."""
    return {"codes": list(accounts.new_recovery_codes(caller))}


@router.get("/people", operation_id="get_people", dependencies=[needs("manage_people")])
def people(caller: Someone, accounts: TheAccounts, party: MaybeText = None) -> dict[str, object]:
    """人员 · who may come in for a party: one's own, or, for the registrar, any."""
    whose = _whose(caller, party)
    return {
        "party": str(whose),
        "people": [
            {
                "person": str(one.id),
                "name": one.name,
                "acting": one.acting,
                "certificate": one.certificate,
                "made_at": moment(one.made_ms),
            }
            for one in accounts.persons(whose)
        ],
    }


@router.post(
    "/people/invites",
    operation_id="post_invite",
    status_code=201,
    openapi_extra=model_body(InviteRequest),
    dependencies=[needs("invite_people")],
)
def invite(
    caller: Someone, body: JsonBody, accounts: TheAccounts, settings: TheSettings
) -> dict[str, object]:
    """邀请 · invite somebody; the link is shown this once and opens once, within 15 minutes."""
    asked = read_model(InviteRequest, body)
    made = accounts.invite(
        caller, asked.party or caller.party, asked.acting, asked.name, certificate=asked.certificate
    )
    return {"link": f"{settings.base_url}/invite?token={made.token}", "until": moment(made.until_ms)}


@router.delete(
    "/people/{person}",
    operation_id="delete_person",
    status_code=204,
    response_class=Response,
    dependencies=[needs("manage_people")],
)
def remove(caller: Someone, person: str, accounts: TheAccounts) -> Response:
    """移除人员 · remove somebody; every session of theirs ends."""
    accounts.remove_person(caller, PersonId.parse(person))
    return Response(status_code=204)


@router.post(
    "/people/cards",
    operation_id="post_card",
    status_code=201,
    openapi_extra=model_body(CardRequest),
    dependencies=[needs("manage_people")],
)
def issue_card(caller: Someone, body: JsonBody, accounts: TheAccounts) -> dict[str, object]:
    """发卡 · a card and a PIN for a small trader, shown this once."""
    asked = read_model(CardRequest, body)
    card = accounts.issue_card(caller, asked.party or caller.party, asked.name, contact=asked.contact)
    return {"person": str(card.person), "card": card.printed, "pin": card.pin}


@router.post(
    "/people/{person}/card",
    operation_id="replace_card",
    status_code=201,
    dependencies=[needs("manage_people")],
)
def replace_card(caller: Someone, person: str, accounts: TheAccounts) -> dict[str, object]:
    """换卡 · a new card and PIN; the old card is void."""
    card = accounts.replace_card(caller, PersonId.parse(person))
    return {"person": str(card.person), "card": card.printed, "pin": card.pin}


@router.post(
    "/people/{person}/unlock",
    operation_id="unlock_card",
    status_code=204,
    response_class=Response,
    dependencies=[needs("manage_people")],
)
def unlock(caller: Someone, person: str, accounts: TheAccounts) -> Response:
    """解锁卡片 · let a card that was tried too often be tried again."""
    accounts.unlock_card(caller, PersonId.parse(person))
    return Response(status_code=204)


@router.post(
    "/people/agency",
    operation_id="post_agency_person",
    status_code=201,
    openapi_extra=model_body(AgencyRequest),
    dependencies=[needs("manage_people")],
)
def prepare(caller: Someone, body: JsonBody, ledger: TheLedger, settings: TheSettings) -> dict[str, object]:
    """登记本单位账号 · enter somebody whom the agency's own sign-in service lets in."""
    asked = read_model(AgencyRequest, body)
    if settings.oidc_issuer is None:
        expected = Words(zh="已配置本单位登录服务的服务器", en="a server with an agency's sign-in service")
        raise NotAllowed(field="subject", came="…", expected=expected)
    person = ledger.accounts.prepare_agency_person(
        caller,
        acting=asked.acting,
        name=asked.name,
        issuer=settings.oidc_issuer,
        subject=asked.subject,
        certificate=asked.certificate,
    )
    return {"person": str(person.id), "acting": person.acting}


def _who(caller: Caller) -> dict[str, object]:
    return {
        "person": caller.person,
        "party": str(caller.party),
        "role": caller.role,
        "acting": caller.acting,
        "method": caller.method,
    }


def _whose(caller: Caller, party: str | None) -> PartyId:
    whose = caller.party if party is None else PartyId.parse(party)
    if whose != caller.party and caller.acting != "registrar":
        raise NotAllowed(field="party", came=whose, expected=Words(zh="本方", en="your own party"))
    return whose


def _object(body: Json) -> JsonObject:
    if not isinstance(body, Mapping):
        raise Malformed(field="", came=body, expected=Words(zh="JSON 对象", en="a JSON object"))
    return body


def _credential(body: Json) -> JsonObject:
    credential = _object(body).get("credential")
    if not isinstance(credential, Mapping):
        expected = Words(zh="浏览器给出的凭据（JSON 对象）", en="the browser's credential (a JSON object)")
        raise Malformed(field="credential", came="…", expected=expected)
    return credential
