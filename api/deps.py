"""Who is asking, and whether they may. Every route names one permission of `api.permissions`, and gets what it needs to know of the caller.

    dependencies=[needs("read_own")]    the permission, decided before anything else of the request is read
    Anyone                              whoever reads, known or not: what they may read is for `api.audience`
    Someone                             whoever calls, where the permission is one that nobody unknown has
    Annotated[Caller, may("read_own")]  both at once

What a party may *say* is not decided here but by the gate, for every way into the ledger alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, FastAPI, params
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Mount

from api import links
from api.permissions import A_KEY, PUBLIC, Circumstances, Permission, certified, check
from api.permissions import same_origin as same_origin_condition
from api.problems import KeyMissing
from api.settings import Settings
from ledger.accounts.callers import ACTING_BY_ROLE, Caller, Scope
from ledger.accounts.reads import OfficialReading, Reader, Shown
from ledger.errors import Refusal
from ledger.identifiers import PartyId
from ledger.register import Credential, Register, Role
from ledger.service import Ledger

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

    from ledger.store.book import SqlBook

DEMO_COOKIE: Final = "suyuan_demo_identity"
#: The cookie of a session. The prefix has browsers refuse it without https, from another host, or for a part of the site.
SECURE_SESSION_COOKIE: Final = "__Host-suyuan"
SESSION_COOKIE: Final = "suyuan_session"
_SCHEME: Final = "bearer"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever reads: the public (no party), a party, or an official under a certificate that is valid now.

    `shown` gathers what an official is shown that is not public; it is written down before the answer is sent (`api.noting`).
    """

    party: PartyId | None = None
    role: Role | None = None
    official: bool = False
    scope: Scope = field(default_factory=Scope)
    #: For whom alone a signing key is kept here; None where the party's own is used.
    holder: str | None = None
    shown: Shown = field(default_factory=Shown, compare=False, repr=False)

    @property
    def is_official(self) -> bool:
        """Whether every record within the scope of a certificate is open to this reader."""
        return self.official


async def _ledger(request: Request) -> Ledger:
    return _ledger_of(request)


async def _settings(request: Request) -> Settings:
    return _settings_of(request)


def _ledger_of(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


def _settings_of(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


TheLedger = Annotated[Ledger, Depends(_ledger)]
TheSettings = Annotated[Settings, Depends(_settings)]


def session_cookie(settings: Settings) -> str:
    """The name of the cookie that holds a session. Without https (a machine of one's own) no browser takes the prefix."""
    return SECURE_SESSION_COOKIE if settings.base_url.startswith("https://") else SESSION_COOKIE


def _brings_something(request: Request) -> bool:
    """Whether there is anything to know a caller by. Whoever brings nothing is nobody, and no table is asked."""
    return "authorization" in request.headers or bool(request.cookies)


def _caller(request: Request, ledger: Ledger, settings: Settings, book: SqlBook) -> Caller | None:
    header = request.headers.get("authorization")
    if header is not None:
        return _caller_by_key(header, ledger, book)
    token = request.cookies.get(session_cookie(settings))
    if token:
        caller = ledger.accounts.caller_by_session(token, book)
        if caller is not None:
            return caller
    identity = request.cookies.get(DEMO_COOKIE)
    if settings.demo and identity:
        return demo_caller(identity, book.register)
    return None


def _caller_by_key(header: str, ledger: Ledger, book: SqlBook) -> Caller:
    scheme, _, key = header.partition(" ")
    caller = ledger.accounts.caller_by_key(key.strip(), book) if scheme.lower() == _SCHEME else None
    if caller is None:
        # The key itself is never repeated back.
        raise KeyMissing(
            field="authorization", came=scheme if scheme.lower() == _SCHEME else "…", expected=A_KEY
        )
    return caller


def demo_caller(identity: str, register: Register) -> Caller | None:
    """The party a visitor of the demo has chosen to be; None when the demo does not know it."""
    try:
        party = PartyId.parse(identity)
    except Refusal:
        return None
    role = register.role_of(party) if register.speaks(party) else None
    if role is None:
        return None
    # Of an agency the visitor is the officer whose certificate lasts longest.
    held = [one for one in register.credentials.values() if one.party == party]
    certificate = max(held, key=lambda one: one.valid_to_ms).number if held else None
    return Caller(
        party=party,
        role=role,
        label="demo",
        acting=ACTING_BY_ROLE[role],
        method="demo",
        certificate=certificate,
    )


async def _circumstances(request: Request) -> Circumstances:
    ledger, settings = _ledger_of(request), _settings_of(request)
    caller, credential, own = None, None, False
    if _brings_something(request):
        # Only who has to be looked up is worth a thread.
        caller, credential, own = await run_in_threadpool(_look_up, request, ledger, settings)
    ours, came = _origin(request, settings)
    here = Circumstances(
        caller=caller,
        now_ms=ledger.clock(),
        certificate=credential,
        keeps_own_key=own,
        changes=request.method not in {"GET", "HEAD"},
        to_page=not request.url.path.startswith(f"{links.API}/"),
        same_origin=ours,
        came_from=came,
    )
    request.state.here = here
    return here


def _look_up(
    request: Request, ledger: Ledger, settings: Settings
) -> tuple[Caller | None, Credential | None, bool]:
    """Who it is, whether his key is kept here and whether his certificate is valid: all by one state of the log."""
    with ledger.book() as book:
        caller = _caller(request, ledger, settings, book)
        known = (None, None, False) if caller is None else _known_of(caller, request, ledger, book)
    ledger.accounts.note_uses()
    return known


def _known_of(
    caller: Caller, request: Request, ledger: Ledger, book: SqlBook
) -> tuple[Caller, Credential | None, bool]:
    """The caller with his scope and the key kept for him alone; his certificate; and whether his party signs for itself."""
    register, credential = book.register, None
    if caller.person is not None and register.keeps_key_for(caller.party, caller.person):
        caller = replace(caller, holder=caller.person)
    own = caller.holder is None and register.signs_for_itself(caller.party)
    # What a form of ours asks for is handed to its person to be signed (`api.pages.signing`): nothing is signed here.
    own = own and not request.url.path.startswith("/my/")
    if caller.role == "authority" and caller.certificate is not None:
        credential = _certificate(register, caller)
        scope = ledger.accounts.officials.scope_of(book.connection, caller.certificate)
        caller = replace(caller, scope=scope)
    return caller, credential, own


def _certificate(register: Register, caller: Caller) -> Credential | None:
    found = register.credentials.get(caller.certificate or "")
    return found if found is not None and found.party == caller.party else None


def _origin(request: Request, settings: Settings) -> tuple[bool, str]:
    """Whether the browser says that one of our own pages sent this, and what it says."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    # Browsers send Sec-Fetch-Site to secure addresses only; on a shop's own network Origin has to do.
    ours = {settings.base_url, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    return (site == "same-origin" if site is not None else origin in ours), site or origin or ""


TheCircumstances = Annotated[Circumstances, Depends(_circumstances)]


async def _viewer(request: Request, here: TheCircumstances) -> Viewer:
    viewer = viewer_of(here)
    if viewer.is_official and here.caller is not None and here.caller.certificate is not None:
        caller = here.caller
        reader = Reader(caller.person or caller.key or caller.label, caller.party, here.caller.certificate)
        request.state.official = OfficialReading(reader, viewer.shown)
    return viewer


def viewer_of(here: Circumstances) -> Viewer:
    """As whom a caller reads. The auditor proves what is recorded and reads what is public; so does an agency without a certificate."""
    caller = here.caller
    if caller is None or caller.acting == "auditor" or certified(here) is not None:
        return Viewer()
    return Viewer(
        party=caller.party,
        role=caller.role,
        official=caller.is_official,
        scope=caller.scope,
        holder=caller.holder,
    )


async def _someone(here: TheCircumstances) -> Caller:
    if here.caller is None:
        raise KeyMissing(field="authorization", came="", expected=A_KEY)
    return here.caller


Anyone = Annotated[Viewer, Depends(_viewer)]
Someone = Annotated[Caller, Depends(_someone)]

_asked: Final[dict[Callable[..., object], Permission]] = {}


@cache
def _asking(permission: Permission) -> Callable[..., object]:
    """The dependency that asks for one permission: one for each, so that a request decides once."""
    if permission in PUBLIC:

        async def anybody() -> None:
            """Nobody is asked who they are."""

        _asked[anybody] = permission
        return anybody

    async def ask(here: TheCircumstances) -> Caller | None:
        check(permission, here)
        return here.caller

    _asked[ask] = permission
    return ask


def needs(permission: Permission) -> params.Depends:
    """In a route's `dependencies`: whoever asks has this permission."""
    return params.Depends(_asking(permission))


def may(permission: Permission) -> params.Depends:
    """Beside a parameter: the caller who has this permission. For permissions that nobody unknown has."""
    return params.Depends(_asking(permission))


def permissions_asked(dependant: Dependant) -> list[Permission]:
    """The permissions that a route's dependencies ask for."""
    return [permission for call in _calls(dependant) if (permission := _asked.get(call)) is not None]


#: What FastAPI serves by itself and is the same for all: the API's own description.
PUBLIC_BY_NAME: Final = frozenset({"openapi"})


def asked_by_routes(app: FastAPI) -> dict[str, list[Permission]]:
    """The permissions that each address asks for, by method and path; static files lie in a mount of their own."""
    asked: dict[str, list[Permission]] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        if isinstance(route.original_route, Mount) or route.name in PUBLIC_BY_NAME:
            continue
        found = [] if dependant is None else permissions_asked(dependant)
        asked |= {f"{method} {route.path}": found for method in sorted(route.methods or {"*"})}
    return asked


def check_routes(app: FastAPI) -> None:
    """Raise `Unguarded` unless each address asks for exactly one permission: nothing is served that is not in the table."""
    wrong = [address for address, found in asked_by_routes(app).items() if len(found) != 1]
    if wrong:
        raise Unguarded(", ".join(wrong))


class Unguarded(Exception):
    """Addresses that ask for no permission, or for more than one."""


def _calls(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for one in dependant.dependencies:
        if one.call is not None:
            yield one.call
        yield from _calls(one)


def check_about(permission: Permission, here: Circumstances, party: PartyId) -> None:
    """Raise unless the permission holds for this party's matter, too."""
    check(permission, replace(here, about=party))


def check_same_origin(request: Request, settings: Settings) -> None:
    """Raise `NotFromOurPages` unless the browser says that one of our own pages sent this."""
    ours, came = _origin(request, settings)
    refused = same_origin_condition(Circumstances(caller=None, now_ms=0, same_origin=ours, came_from=came))
    if refused is not None:
        raise refused
