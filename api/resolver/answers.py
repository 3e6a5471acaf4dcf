"""The answers of the resolver: people are led to the page, programs get the facts, and whoever asks for links gets the links.

One refusal for everything that is not known, so that trying codes teaches nobody which ones exist.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from api import links
from api.audience import Reading
from api.deps import TheLedger, TheSettings, Viewer, needs
from api.facts import public_facts
from api.language import TAGS, language_of
from api.resolver.asked import Place, Wish, code_asked, link_asked, no_such_link, place_of, place_of_batch
from api.resolver.at_once import OPEN, Known, linkset_header, redirect_to
from api.resolver.choosing import chosen
from api.resolver.levels import Gathered, linkset
from api.resolver.terms import (
    CONTEXT_PATH,
    CONTEXT_RELATION,
    DEFAULT,
    EPCIS,
    JSON_LD_TYPE,
    JSON_TYPE,
    LINKSET_TYPE,
    PREFIX,
)
from api.scanning import Named, named_by_batch, named_by_link, require_known
from ledger.store.recorded import product_stands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api.resolver.levels import Level, Target
    from api.settings import Settings
    from ledger.service import Ledger
    from ledger.store.book import SqlBook

router = APIRouter()

_CHOICES: Final = 300
#: What a program is told of the answers; a browser is always led to a page, and told on one why not.
_ANSWERS: Final[dict[int | str, dict[str, object]]] = {
    200: {
        "description": "公开事实，或链接集 · public facts, or the link set",
        "content": {JSON_TYPE: {}, LINKSET_TYPE: {}, JSON_LD_TYPE: {}},
    },
    _CHOICES: {"description": "同类链接不止一个 · several links of that type", "content": {LINKSET_TYPE: {}}},
    307: {"description": "转到页面或所要的链接 · to the page, or the link that was asked for"},
}


@router.head("/{key:int}/{rest:path}", include_in_schema=False, dependencies=[needs("read_public")])
@router.get(
    "/{key:int}/{rest:path}",
    operation_id="resolve_link",
    responses=_ANSWERS,
    dependencies=[needs("read_public")],
)
def of_link(key: int, rest: str, request: Request, ledger: TheLedger, settings: TheSettings) -> Response:  # noqa: ARG001  (the path is read as it came)
    """GS1 数字链接 · `/01/{gtin}[/10/{batch}][/21/{serial}]`; `linkType=linkset` lists what is linked, `linkType=gs1:…` leads to one of them."""
    link = link_asked(request, settings.base_url)
    place = place_of(link)

    def named(book: SqlBook) -> Named:
        return named_by_link(link, settings.base_url, book, Reading(book, Viewer()).knows)

    def levels(book: SqlBook) -> tuple[Level, ...]:
        return Gathered(book, settings.base_url, language_of(request)).of_link(link)

    def above(book: SqlBook) -> bool:
        """Walking up: a batch that nobody recorded may be of a product that somebody did."""
        if not product_stands(book, link.gtin):
            return False
        known: Known = request.app.state.known_codes
        known.learn(str(link.gtin), book)
        return True

    return _Answer(request, ledger, settings, place).give(named, above, levels)


@router.head("/c/{code}", include_in_schema=False, dependencies=[needs("read_public")])
@router.get("/c/{code}", operation_id="resolve_code", responses=_ANSWERS, dependencies=[needs("read_public")])
def of_code(code: str, request: Request, ledger: TheLedger, settings: TheSettings) -> Response:
    """批次码 · the code of a batch."""
    place = place_of_batch(code_asked(code))

    def levels(book: SqlBook) -> tuple[Level, ...]:
        return Gathered(book, settings.base_url, language_of(request)).of_batch(place)

    def named(book: SqlBook) -> Named:
        found = named_by_batch(place.goods, Reading(book, Viewer()).knows)
        if found.known:
            known: Known = request.app.state.known_codes
            known.learn(place.path.removeprefix("/c/"), book)
        return found

    return _Answer(request, ledger, settings, place).give(named, lambda _: False, levels)


class _Answer:
    """One request, answered in the form it asks for."""

    def __init__(self, request: Request, ledger: Ledger, settings: Settings, place: Place) -> None:
        self._request = request
        self._ledger = ledger
        self._base_url = settings.base_url
        self._place = place
        self._wish = Wish.of(request)

    def give(
        self,
        name: Callable[[SqlBook], Named],
        above: Callable[[SqlBook], bool],
        gather: Callable[[SqlBook], tuple[Level, ...]],
    ) -> Response:
        """What these goods are asked for."""
        wish = self._wish
        with self._ledger.book() as book:
            if wish.facts:
                named = name(book)
                if named.known or not (self._place.is_product and above(book)):
                    return self._facts(book, named)
                # Of a product of which only batches are recorded there are no facts, but its links.
                return self._linkset(gather(book), form=JSON_TYPE)
            if not above(book):
                require_known(name(book), self._place.path)
            if wish.linkset:
                return self._linkset(gather(book))
            if wish.link_type and wish.link_type != DEFAULT:
                return self._linked(gather(book))
        return self._redirect(f"{links.PAGE}{self._place.path}", vary="Accept")

    def _facts(self, book: SqlBook, named: Named) -> Response:
        """What is public of these very goods. Nobody is told of others instead."""
        goods = require_known(named, self._place.path)
        headers = {**OPEN, "Vary": "Accept", **linkset_header(self._base_url, self._place.path)}
        return JSONResponse(public_facts(book, goods, code=named.code), headers=headers)

    def _linkset(self, levels: Sequence[Level], *, form: str | None = None) -> Response:
        """All links. As JSON-LD they name their context themselves (JSON-LD 1.1, 3.1): a reader of that form does not look for the header."""
        body = linkset(levels)
        if form is None and self._wish.linked_data:
            form, body = JSON_LD_TYPE, {"@context": f"{self._base_url}{CONTEXT_PATH}", **body}
        return self._links(body, form=form or LINKSET_TYPE)

    def _links(self, body: object, *, status: int = 200, form: str = LINKSET_TYPE) -> Response:
        context = f'<{self._base_url}{CONTEXT_PATH}>; rel="{CONTEXT_RELATION}"; type="{JSON_LD_TYPE}"'
        headers = {
            **OPEN,
            "Vary": "Accept, Accept-Language, Cookie",
            "Content-Language": TAGS[language_of(self._request)],
            "Link": context,
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return Response(text, status_code=status, headers=headers, media_type=form)

    def _linked(self, levels: Sequence[Level]) -> Response:
        """The links of the type that was asked for, from the nearest level that has any."""
        wish = self._wish
        near = next((one for one in levels if one.of_type(wish.link_type)), None)
        if near is None:
            raise no_such_link(wish.link_type)
        if wish.link_type == EPCIS and wish.as_list:
            return self._gdst([target for one in levels for target in one.of_type(EPCIS)])
        left = chosen(near.of_type(wish.link_type), wish)
        if len(left) > 1:
            # RFC 9110 15.4.1: the choice is the reader's.
            return self._links({"linkset": [near.as_json(left)]}, status=_CHOICES)
        return self._redirect(left[0].href, vary="Accept, Accept-Language")

    def _gdst(self, targets: Sequence[Target]) -> Response:
        """GDST 1.2, "Digital Link Resolver": a list of the EPCIS interfaces that know of these goods."""
        body = [
            {"link": one.href, "linkType": f"{PREFIX}{EPCIS}", "title": one.title}
            | ({"mimetype": one.media_type} if one.media_type is not None else {})
            for one in targets
        ]
        return JSONResponse(body, headers={**OPEN, "Vary": "Accept"})

    def _redirect(self, href: str, *, vary: str) -> Response:
        address = redirect_to(href, self._request.url.query)
        if address.startswith("/"):
            # The address that the linkset names, wherever the request came to the host that it names.
            host = self._request.headers.get("host", "")
            address = f"{self._base_url}{address}" if host == self._base_url.partition("://")[2] else address
        headers = {**OPEN, "Vary": vary, **linkset_header(self._base_url, self._place.path)}
        response = RedirectResponse(address, status_code=307, headers=headers)
        # Starlette writes an address anew; what was recorded goes out as it was recorded.
        response.headers["location"] = address
        return response
