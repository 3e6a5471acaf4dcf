"""Who may call: API keys for machines, and where the holder of an officer's certificate is competent.

A key is shown this once. It may do what it was given and nothing more, and gives no key a permission that it has not itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Response
from pydantic import Field

from api.answers import moment
from api.bodies import JsonBody
from api.deps import Someone, TheCircumstances, TheLedger, check_about, needs
from api.drafting import read_model
from api.parameters import MaybeText
from api.permissions import PERMISSION_NAMES, Circumstances, Permission
from api.problems import NoSuchPage
from api.schemas import model_body
from ledger.accounts.access import (
    ACCESS_DAYS,
    LIMIT_PER_MINUTE,
    LIMIT_PER_MINUTE_MAX,
    OVERLAP_DAYS_MAX,
    AccessKey,
    Terms,
)
from ledger.accounts.callers import ACTING_BY_ROLE, OFFICIAL_ROLES, ActingRole, Caller, Scope
from ledger.accounts.persons import ACTING_OF
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.identifiers import PartyId
from ledger.service import Ledger
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import Name, Number, PartyRef

if TYPE_CHECKING:
    from ledger.register import Register

router = APIRouter(tags=["access"])

_DAY_MS: Final = 86_400_000
#: Roles whose keys only the registrar gives.
_REGISTRARS_TO_GIVE: Final[frozenset[ActingRole]] = OFFICIAL_ROLES | {"registrar", "auditor"}

_RegionStart = Annotated[str, Field(pattern=r"^[0-9]{2,12}$")]
_Category = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,59}$")]


class AccessKeyRequest(Part):
    """An API key: for a party (left out: one's own), as what it acts, for which permissions (left out: all of that role), until when."""

    party: PartyRef | None = None
    label: Name = "API"
    days: Annotated[int, Field(ge=1, le=ACCESS_DAYS)] = ACCESS_DAYS
    acting: ActingRole | None = None
    #: The number of an officer's certificate in the register. Without one an official's key would do nothing.
    certificate: Number | None = None
    permissions: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=60)] | None = None
    limit_per_minute: Annotated[int, Field(ge=1, le=LIMIT_PER_MINUTE_MAX)] = LIMIT_PER_MINUTE


class RotationRequest(Part):
    """A new key on the same terms; the old one works on for the overlap."""

    days: Annotated[int, Field(ge=1, le=ACCESS_DAYS)] = ACCESS_DAYS
    overlap_days: Annotated[int, Field(ge=0, le=OVERLAP_DAYS_MAX)] = OVERLAP_DAYS_MAX


class ScopeRequest(Part):
    """Where the holder of a certificate is competent: first digits of region codes (GB/T 2260), categories. Empty means no bounds."""

    certificate: Number
    regions: Annotated[tuple[_RegionStart, ...], Field(max_length=100)] = ()
    categories: Annotated[tuple[_Category, ...], Field(max_length=100)] = ()


@router.post(
    "/access-keys",
    status_code=201,
    operation_id="post_access_key",
    dependencies=[needs("give_access_keys")],
    openapi_extra=model_body(AccessKeyRequest),
)
def give(caller: Someone, here: TheCircumstances, body: JsonBody, ledger: TheLedger) -> dict[str, object]:
    """发放访问密钥 · give a party an API key. It is shown this once; only its digest is kept."""
    asked = read_model(AccessKeyRequest, body)
    party = asked.party or caller.party
    check_about("give_access_keys", here, party)
    with ledger.book() as book:
        acting = _acting(book.register, caller, party, asked)
        _check_certificate(book.register, party, acting, asked.certificate)
    terms = Terms(
        label=asked.label,
        days=asked.days,
        acting=acting,
        certificate=asked.certificate,
        permissions=_permissions(caller, asked),
        limit_per_minute=asked.limit_per_minute,
    )
    text, key = ledger.accounts.access.give(party, terms)
    return {"access_key": text, **_facts(key)}


@router.get("/access-keys", operation_id="list_access_keys", dependencies=[needs("give_access_keys")])
def listed(
    caller: Someone, here: TheCircumstances, ledger: TheLedger, party: MaybeText = None
) -> dict[str, object]:
    """访问密钥 · a party's keys that work: what each may do, until when, and the day it was last used. Never the secret."""
    whose = caller.party if party is None else PartyId.parse(party)
    check_about("give_access_keys", here, whose)
    return {"access_keys": [_facts(one) for one in ledger.accounts.access.of(whose)]}


@router.post(
    "/access-keys/{name}/rotation",
    status_code=201,
    operation_id="rotate_access_key",
    dependencies=[needs("give_access_keys")],
    openapi_extra=model_body(RotationRequest),
)
def rotate(
    name: str, caller: Someone, here: TheCircumstances, body: JsonBody, ledger: TheLedger
) -> dict[str, object]:
    """更换访问密钥 · a new key on the same terms, so that a program changes over without a pause."""
    asked = read_model(RotationRequest, body)
    old = _known(ledger, here, name)
    if caller.permissions is not None and (
        old.permissions is None or not old.permissions <= caller.permissions
    ):
        raise _beyond(sorted((old.permissions or frozenset(PERMISSION_NAMES)) - caller.permissions))
    text, key = ledger.accounts.access.rotate(
        old.party, name, days=asked.days, overlap_days=asked.overlap_days
    )
    return {"access_key": text, **_facts(key)}


@router.delete(
    "/access-keys/{name}",
    status_code=204,
    operation_id="take_access_key",
    dependencies=[needs("give_access_keys")],
)
def take(name: str, here: TheCircumstances, ledger: TheLedger) -> Response:
    """收回访问密钥 · the key stops working now."""
    ledger.accounts.access.take(_known(ledger, here, name).party, name)
    return Response(status_code=204)


@router.post(
    "/official-scopes",
    status_code=201,
    operation_id="post_official_scope",
    dependencies=[needs("certify")],
    openapi_extra=model_body(ScopeRequest),
)
def bound(body: JsonBody, ledger: TheLedger) -> dict[str, object]:
    """执法范围 · where the holder of a certificate is competent. Outside of it he reads what everybody reads."""
    asked = read_model(ScopeRequest, body)
    with ledger.book() as book:
        if asked.certificate not in book.register.credentials:
            raise _no_certificate(asked.certificate)
    scope = Scope(regions=asked.regions, categories=asked.categories)
    ledger.accounts.officials.bound(asked.certificate, scope)
    return {
        "certificate": asked.certificate,
        "regions": list(scope.regions),
        "categories": list(scope.categories),
    }


def _acting(register: Register, caller: Caller, party: PartyId, asked: AccessKeyRequest) -> ActingRole:
    """As what the key acts: what its party may, and of what only the registrar gives nothing by others."""
    role = register.role_of(party) if register.speaks(party) else None
    if role is None:
        expected = Words(zh="已登记密钥的主体", en="a party with a key in the register")
        raise UnknownName(field="party", came=party, expected=expected)
    acting = asked.acting or (caller.acting if caller.party == party else ACTING_BY_ROLE[role])
    allowed = ACTING_OF[role]
    if caller.acting != "registrar":
        allowed -= _REGISTRARS_TO_GIVE
    if acting not in allowed:
        names = ", ".join(sorted(allowed))
        raise NotAllowed(field="acting", came=acting, expected=Words(zh=names, en=names))
    return acting


def _check_certificate(
    register: Register, party: PartyId, acting: ActingRole, certificate: str | None
) -> None:
    if certificate is None and acting in OFFICIAL_ROLES:
        expected = Words(zh="执法证号（必填）", en="the number of a certificate (required)")
        raise Malformed(field="certificate", came="", expected=expected)
    if certificate is not None:
        found = register.credentials.get(certificate)
        if found is None or found.party != party:
            raise _no_certificate(certificate)


def _permissions(caller: Caller, asked: AccessKeyRequest) -> frozenset[str] | None:
    """What the key is given: nothing that the key it is given with has not."""
    wanted = None if asked.permissions is None else frozenset(asked.permissions)
    if caller.permissions is None:
        return wanted
    if wanted is None:
        return caller.permissions
    if not wanted <= caller.permissions:
        raise _beyond(sorted(wanted - caller.permissions))
    return wanted


def _known(ledger: Ledger, here: Circumstances, name: str) -> AccessKey:
    """A key by its name; of another party's one is told what one is told of none."""
    try:
        key = ledger.accounts.access.one(name)
        check_about("give_access_keys", here, key.party)
    except (UnknownName, NotAllowed) as refusal:
        expected = Words(zh="有效的访问密钥", en="an access key that works")
        raise NoSuchPage(field="name", came=name, expected=expected) from refusal
    return key


def _beyond(names: list[str]) -> NotAllowed:
    expected = Words(zh="所用密钥本身具有的权限", en="permissions that the key you call with has itself")
    return NotAllowed(field="permissions", came=", ".join(names), expected=expected)


def _no_certificate(number: str) -> UnknownName:
    expected = Words(zh="该机关登记的执法证", en="a certificate registered for this agency")
    return UnknownName(field="certificate", came=number, expected=expected)


def _facts(key: AccessKey) -> dict[str, object]:
    return {
        "name": key.name,
        "party": str(key.party),
        "label": key.label,
        "acting": key.acting,
        "certificate": key.certificate,
        "permissions": None if key.permissions is None else sorted(key.permissions),
        "limit_per_minute": key.limit_per_minute,
        "made_at": moment(key.made_ms),
        "until": moment(key.until_ms),
        # To the day: more exactly it would tell when somebody works.
        "used_on": None if key.used_day is None else _day(key.used_day),
    }


def _day(day: int) -> str:
    return moment(day * _DAY_MS)[: len("2026-11-22")]
