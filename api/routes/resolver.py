"""Where the code on a pack leads (GS1 Digital Link URI Syntax 1.6): people to the page, programs to the public facts.

One refusal for everything that is not known, so that trying codes teaches nobody which ones exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api import links
from api.audience import Reading
from api.deps import TheLedger, TheSettings, Viewer, needs
from api.facts import public_facts
from api.problems import BadAddress
from api.scanning import Named, named_by_batch, named_by_link, require_known
from ledger.errors import Refusal
from ledger.identifiers import BatchCode, DigitalLink, GoodsId

if TYPE_CHECKING:
    from ledger.service import Ledger

router = APIRouter(tags=["codes"])

_JSON: Final = ("application/json", "application/ld+json")
#: The answer depends on who asks for what; and any page may ask, for these are the public's facts.
_HEADERS: Final = {"Vary": "Accept", "Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}


@router.head("/01/{rest:path}", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/01/{rest:path}", operation_id="resolve_link", dependencies=[needs("read_public")])
def of_link(rest: str, request: Request, ledger: TheLedger, settings: TheSettings) -> Response:  # noqa: ARG001  (read as it came)
    """GS1 数字链接 · `/01/{gtin}[/10/{batch}][/21/{serial}]`."""
    # The path as it came: a batch number may hold an escaped slash, which is no slash of the path.
    path = bytes(request.scope.get("raw_path") or quote(request.url.path).encode()).decode("latin-1")
    try:
        link = DigitalLink.parse(settings.base_url + path)
    except Refusal as refusal:
        raise BadAddress(field=refusal.field, came=refusal.came, expected=refusal.expected) from refusal
    with ledger.book() as book:
        named = named_by_link(link, settings.base_url, book, Reading(book, Viewer()).knows)
    return _answer(request, ledger, named, path=link.path())


@router.head("/c/{code}", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/c/{code}", operation_id="resolve_code", dependencies=[needs("read_public")])
def of_code(code: str, request: Request, ledger: TheLedger) -> Response:
    """批次码 · the code of a batch."""
    try:
        goods = GoodsId.of_batch(BatchCode.parse(code))
    except Refusal as refusal:
        raise BadAddress(field=refusal.field, came=refusal.came, expected=refusal.expected) from refusal
    with ledger.book() as book:
        named = named_by_batch(goods, Reading(book, Viewer()).knows)
    return _answer(request, ledger, named, path=f"/c/{goods.batch_code}")


def _answer(request: Request, ledger: Ledger, named: Named, *, path: str) -> Response:
    goods = require_known(named, path)
    accept = request.headers.get("accept", "")
    if any(kind in accept for kind in _JSON) and "text/html" not in accept:
        with ledger.book() as book:
            return JSONResponse(public_facts(book, goods, code=named.code), headers=_HEADERS)
    query = request.url.query
    address = f"{links.PAGE}{path}" + (f"?{query}" if query else "")
    return RedirectResponse(address, status_code=307, headers=_HEADERS)
