"""Signing in the browser: whoever keeps the key fills in the same forms as everybody, reads what will be signed, and signs it on a device of his own.

Nothing is signed or stored here. The browser's passkey signs the draft that stands in the page and sends it where all signed statements go. A
page comes from the operator and could show other words than it has signed; the page says so, and offers the draft for `suyuan sign`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select

from api.deps import Viewer, needs, viewer_of
from api.headers import SECURITY_HEADERS
from api.language import language_of
from api.pages.desk import AtDesk, Desk
from api.pages.names import names_in
from api.parameters import MaybeText
from api.permissions import Circumstances
from api.unsigned import AwaitsSignature, draft_json, told
from ledger.store.tables import SigningPasskeyRow

if TYPE_CHECKING:
    from starlette.requests import Request

    from api.settings import Settings
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook

router = APIRouter(include_in_schema=False)

#: Of a draft, what a signer needs; the words stand in the page.
_NEEDED: Final = ("payload", "items")

_passkeys = SigningPasskeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@router.get("/sign/enrol", response_class=HTMLResponse, dependencies=[needs("send_signed")])
def enrol(desk: AtDesk, invite: MaybeText = None) -> HTMLResponse:
    """Enrol a passkey for signing, with the registrar's invite."""
    return desk.page("enrol_key.html", invite=invite or "", rp=rp_id(desk.settings))


async def hand_over(request: Request, wanted: Exception) -> Response:
    """The page of a form whose records wait for their author's own signature."""
    assert isinstance(wanted, AwaitsSignature)
    here = getattr(request.state, "here", None)
    viewer = viewer_of(here) if isinstance(here, Circumstances) else Viewer()
    desk = Desk(
        request=request,
        viewer=viewer,
        ledger=request.app.state.ledger,
        settings=request.app.state.settings,
    )
    page = _page(desk, wanted)
    page.headers.update(SECURITY_HEADERS)
    return page


def _page(desk: Desk, wanted: AwaitsSignature) -> HTMLResponse:
    language = language_of(desk.request)
    with desk.ledger.book() as book:
        names = names_in(book, desk.viewer)
        drafts = [draft_json(one, names) for one in wanted.statements]
        lines = [[line.in_language(language) for line in told(one, names)] for one in wanted.statements]
        keys = _keys(book, wanted.party)
    return desk.page(
        "signing.html",
        drafts=[{"sha256": draft["sha256"], "lines": of} for draft, of in zip(drafts, lines, strict=True)],
        draft=json.dumps({"statements": [{name: one[name] for name in _NEEDED} for one in drafts]}),
        keys=json.dumps(keys) if keys else "",
        rp=rp_id(desk.settings),
    )


def _keys(book: SqlBook, party: PartyId) -> list[dict[str, str]]:
    """The party's signing passkeys that are good now, and under which credential its devices know them."""
    rows = book.connection.execute(
        select(_passkeys.c.keyid, _passkeys.c.credential).where(
            _passkeys.c.log_id == book.log_id, _passkeys.c.party == str(party)
        )
    )
    enrolled = book.register.keys
    return [
        {"keyid": keyid, "credential": credential}
        for keyid, credential in rows
        if keyid in enrolled and enrolled[keyid].active_at(book.size)
    ]


def rp_id(settings: Settings) -> str:
    """The site that a passkey belongs to: the host that is printed on labels."""
    return urlsplit(settings.base_url).hostname or ""
