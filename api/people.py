"""What the ways of signing in share, JSON and pages alike: where the site is, the cookie, and a session's own secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import Request

from api.deps import Someone, TheLedger, TheSettings, check_same_origin, session_cookie
from api.settings import Settings
from ledger.accounts.accounts import Accounts
from ledger.accounts.callers import Caller
from ledger.accounts.passkeys import Site
from ledger.accounts.sessions import WHOLE_MS, SignedIn

if TYPE_CHECKING:
    from starlette.responses import Response


async def _accounts(ledger: TheLedger) -> Accounts:
    return ledger.accounts


async def _site(settings: TheSettings) -> Site:
    return Site.at(settings.base_url)


async def _token(request: Request, settings: TheSettings) -> str:
    return request.cookies.get(session_cookie(settings), "")


async def _own_sent(request: Request, caller: Someone, settings: TheSettings) -> Caller:
    # Looking at one's own account needs no more than the session; changing it must have been asked for on a page of ours.
    check_same_origin(request, settings)
    return caller


TheAccounts = Annotated[Accounts, Depends(_accounts)]
TheSite = Annotated[Site, Depends(_site)]
#: The secret in this browser's cookie; empty where there is none.
OwnToken = Annotated[str, Depends(_token)]
#: Whoever changes the account that is theirs.
Changing = Annotated[Caller, Depends(_own_sent)]


def let_in(answer: Response, signed_in: SignedIn, settings: Settings) -> None:
    """Give the browser its session. A script cannot read it, and no other site's form brings it along."""
    answer.set_cookie(
        session_cookie(settings),
        signed_in.token,
        max_age=WHOLE_MS // 1000,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )
    answer.headers["Cache-Control"] = "no-store"


def let_out(answer: Response, settings: Settings) -> None:
    """Take the session out of the browser."""
    answer.delete_cookie(
        session_cookie(settings),
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )
