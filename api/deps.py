"""Who is asking. A handler that may only be used by some holds the value that proves it.

    Anyone      whoever asks, known or not: what they may read is for `api.audience`
    Someone     a party that is known by its access key (or, in the demo, by the switch on the page)
    Author      someone who may send records: known, and not lured here from another site
    Official    an authority
    Registrar   the party that registers others

What a party may *say* is not decided here but by the gate, for every way into the ledger alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends
from starlette.requests import Request

from api.problems import KeyMissing, NotFromOurPages
from api.settings import Settings
from ledger.accounts.callers import ACTING_BY_ROLE, Caller
from ledger.errors import NotAllowed, Refusal, Words
from ledger.identifiers import PartyId
from ledger.register import Role
from ledger.service import Ledger

DEMO_COOKIE: Final = "suyuan_demo_identity"
_SCHEME: Final = "bearer"
#: Roles that see every record. The registrar is none of them: it says who takes part, and has no business in their books.
OFFICIALS: Final[frozenset[Role]] = frozenset({"authority"})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever reads: the public (no party), a party, or an official."""

    party: PartyId | None = None
    role: Role | None = None

    @property
    def is_official(self) -> bool:
        """Whether every record is open to this reader."""
        return self.role in OFFICIALS


@dataclass(frozen=True, slots=True)
class Author:
    """Who sends records, for which party."""

    party: PartyId
    role: Role


@dataclass(frozen=True, slots=True)
class Official:
    """An authority."""

    party: PartyId


@dataclass(frozen=True, slots=True)
class Registrar:
    """The party that registers others."""

    party: PartyId


async def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.ledger
    return ledger


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


TheLedger = Annotated[Ledger, Depends(_ledger)]
TheSettings = Annotated[Settings, Depends(_settings)]


def _caller(request: Request, ledger: TheLedger, settings: TheSettings) -> Caller | None:
    header = request.headers.get("authorization")
    if header is not None:
        return _caller_by_key(header, ledger)
    identity = request.cookies.get(DEMO_COOKIE)
    if settings.demo and identity:
        return demo_caller(identity, ledger)
    return None


def _caller_by_key(header: str, ledger: Ledger) -> Caller:
    scheme, _, key = header.partition(" ")
    caller = ledger.caller(key.strip()) if scheme.lower() == _SCHEME else None
    # Whoever may no longer sign may no longer look either: an access key is worth what its party's keys are worth.
    if caller is None or not is_registered(caller.party, ledger):
        # The key itself is never repeated back.
        raise KeyMissing(
            field="authorization", came=scheme if scheme.lower() == _SCHEME else "…", expected=_A_KEY
        )
    return caller


def is_registered(party: PartyId, ledger: Ledger) -> bool:
    """Whether any key of this party is enrolled and not revoked."""
    with ledger.book() as book:
        return any(one.party == party and one.active_at(book.size) for one in book.register.keys.values())


def demo_caller(identity: str, ledger: Ledger) -> Caller | None:
    """The party a visitor of the demo has chosen to be; None when the demo does not know it."""
    try:
        party = PartyId.parse(identity)
    except Refusal:
        return None
    with ledger.book() as book:
        keys = [one for one in book.register.keys.values() if one.party == party and one.active_at(book.size)]
    if not keys:
        return None
    role = keys[-1].role
    return Caller(party=party, role=role, label="demo", acting=ACTING_BY_ROLE[role], method="demo")


_A_KEY = Words(
    zh="Authorization: Bearer suyuan_…（未过期的访问密钥）",
    en="Authorization: Bearer suyuan_… (a key that has not run out)",
)

MaybeCaller = Annotated[Caller | None, Depends(_caller)]


async def _viewer(caller: MaybeCaller) -> Viewer:
    return Viewer() if caller is None else Viewer(party=caller.party, role=caller.role)


async def _someone(caller: MaybeCaller) -> Caller:
    if caller is None:
        raise KeyMissing(field="authorization", came="", expected=_A_KEY)
    return caller


Anyone = Annotated[Viewer, Depends(_viewer)]
Someone = Annotated[Caller, Depends(_someone)]


async def _author(request: Request, caller: Someone, settings: TheSettings) -> Author:
    if "authorization" not in request.headers:
        # A key is put into a header on purpose; a cookie comes along by itself, also from another site's form.
        check_same_origin(request, settings)
    return Author(party=caller.party, role=caller.role)


AsAuthor = Annotated[Author, Depends(_author)]


async def _official(caller: Someone) -> Official:
    if caller.role not in OFFICIALS:
        raise _wrong_role(caller.role, "authority")
    return Official(party=caller.party)


async def _registrar(author: AsAuthor) -> Registrar:
    if author.role != "registrar":
        raise _wrong_role(author.role, "registrar")
    return Registrar(party=author.party)


AsOfficial = Annotated[Official, Depends(_official)]
AsRegistrar = Annotated[Registrar, Depends(_registrar)]


def check_same_origin(request: Request, settings: Settings) -> None:
    """Raise `NotFromOurPages` unless the browser says that one of our own pages sent this."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    # Browsers send Sec-Fetch-Site to secure addresses only; on a shop's own network Origin has to do.
    ours = {settings.base_url, f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if site != "same-origin" if site is not None else origin not in ours:
        came = site or origin or ""
        raise NotFromOurPages(
            field="origin", came=came, expected=Words(zh="本站页面", en="a page of this site")
        )


def _wrong_role(role: Role, expected: Role) -> NotAllowed:
    return NotAllowed(
        field="authorization", came=role, expected=Words(zh=f"角色 {expected}", en=f"the role {expected}")
    )
