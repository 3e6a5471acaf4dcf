"""The answer that most people wait for, given before anything else is done; and what any page anywhere may ask of the resolver.

Whoever scans a code is led to its page (307). Where that page lies follows from the address alone once the product is known here, and every
level of a known product has its page, which looks at the log anew and says what is recorded of this very batch and pack. So a redirect
holds nothing that could go stale: the codes of recorded products, and of batches by their codes, are answered from here, by their bytes,
without a look at the log. Which are recorded is a list that is at most a minute old; the first who asks after that minute goes the whole
way and brings it up to date. So does everybody whose code is not on it, and what is not plain (escaped characters, attributes, a link type, a
program that asks).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api import links
from api.headers import add_missing, raw
from ledger.store.recorded import Recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ledger.store.book import SqlBook

#: What may be done at these addresses.
_METHODS: Final = "GET, HEAD, OPTIONS"
#: Any page may ask: these are the public's facts.
OPEN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Expose-Headers": "Link, Location, Content-Language",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-cache",
}
_PREFLIGHT: Final = {
    **OPEN,
    "Allow": _METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, X-Requested-With",
    "Access-Control-Max-Age": "86400",
    "Content-Length": "0",
}
_OPEN: Final = raw(OPEN)
_ALLOWED: Final = raw({"Allow": _METHODS})
_NOT_ALLOWED: Final = 405
#: For so long the list of what is recorded is taken as it was found.
KNOWN_SECONDS: Final = 60.0

#: Where the resolver answers: below an application identifier, and at the addresses of its own.
_HERE: Final = re.compile(
    r"/(?:[0-9]{2,4}/|c/|verify/|gs1/|checkConnectivity$|\.well-known/gs1resolver$)", re.ASCII
)
#: Links that need no reading: characters that stand for themselves, each key once and in its order (GS1 Digital Link URI Syntax 4.2).
_PLAIN: Final = re.compile(
    rb"/01/([0-9]{14})(?:/10/(?!\.{1,2}(?:/|$))[A-Za-z0-9._-]{1,20})?(?:/21/(?!\.{1,2}$)[A-Za-z0-9._-]{1,20})?"
)
#: A batch code as labels of ours carry it.
_PLAIN_CODE: Final = re.compile(rb"/c/([0-9a-hjkmnp-tv-z]{16}[0-9a-hjkmnp-tv-z*~$=])")
#: A page without a weight of its own: nothing is wanted more.
_PAGE_TAKEN: Final = re.compile(rb"(?:^|,)[ \t]*text/html[ \t]*(?:,|$)")
#: Additions of whoever sent the address along (`utm_source=…`): no attribute of GS1's, nothing of ours.
_PLAIN_QUERY: Final = re.compile(
    rb"(?:(?!linkType=|linktype=)[A-Za-z_][A-Za-z0-9_-]{0,39}=[A-Za-z0-9._~-]{0,100}(?:&|$))*"
)
_PAGE: Final = links.PAGE.encode()
_LINKSET: Final = b'rel="linkset"; type="application/linkset+json"'
_NO_BODY: Final[Message] = {"type": "http.response.body", "body": b""}


class Known:
    """The products, by their GTINs, and the batches, by their codes, that were recorded here a moment ago."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._recorded = Recorded()
        self._until = 0.0

    def knows(self, name: bytes) -> bool:
        """Whether it was recorded here a moment ago."""
        return self._until > self._now() and name.decode("ascii") in self._recorded

    def learn(self, name: str, book: SqlBook) -> None:
        """It was found in this book. Where the list is old, the others are looked up as well."""
        began = self._now()
        if self._until > began:
            self._recorded.add(name, book)
        elif self._recorded.follow(book):
            self._until = began + KNOWN_SECONDS

    def forget(self) -> None:
        """Know of none."""
        self._until = 0.0
        self._recorded.forget()


@dataclass(frozen=True, slots=True)
class _Way:
    """What stands in the journal as the route of such an answer: the one that would have given it."""

    path: str
    name: str
    operation_id: str


_LINK: Final = _Way("/{key:int}/{rest:path}", "of_link", "resolve_link")
_CODE: Final = _Way("/c/{code}", "of_code", "resolve_code")


class AtOnce:
    """ASGI middleware, inside of the budgets: plain links to known products; and CORS for all that the resolver answers."""

    def __init__(self, app: ASGIApp, *, known: Known, base_url: str) -> None:
        self._app = app
        self._known = known
        self._base = base_url.encode()
        self._host = base_url.partition("://")[2].encode()
        fixed = {**OPEN, "Vary": "Accept", "Content-Length": "0"}
        self._headers = raw(fixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _HERE.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            # RFC 9110 9.3.7; the Fetch standard's preflight asks the same way.
            await send({"type": "http.response.start", "status": 204, "headers": raw(_PREFLIGHT)})
            await send(_NO_BODY)
            return
        start = self._redirect(scope)
        if start is not None:
            scope["route"] = _CODE if scope["path"].startswith("/c/") else _LINK
            await send(start)
            await send(_NO_BODY)
            return

        async def send_open(message: Message) -> None:
            # A refusal, too, is for whoever asked: a page that may not read it would see nothing but a failure.
            if message["type"] == "http.response.start":
                if message["status"] == _NOT_ALLOWED:
                    # RFC 9110 15.5.6: all that may be done here, also what is answered before any route is asked.
                    message["headers"] = [one for one in message["headers"] if one[0] != b"allow"]
                    add_missing(message, _ALLOWED)
                add_missing(message, _OPEN)
            await send(message)

        await self._app(scope, receive, send_open)

    def _redirect(self, scope: Scope) -> Message | None:
        """The answer, where nothing has to be read to give it."""
        if scope["method"] not in {"GET", "HEAD"}:
            return None
        path: bytes = scope.get("raw_path") or b""
        match = _PLAIN.fullmatch(path) or _PLAIN_CODE.fullmatch(path)
        if match is None or not self._known.knows(match[1]):
            return None
        query: bytes = scope["query_string"]
        if query and not _PLAIN_QUERY.fullmatch(query):
            return None
        host = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"accept" and not _takes_page(value):
                return None
        address = (self._base if host == self._host else b"") + _PAGE + path
        headers = [
            *self._headers,
            (b"location", address + b"?" + query if query else address),
            (b"link", b"<%s%s?linkType=linkset>; %s" % (self._base, path, _LINKSET)),
        ]
        return {"type": "http.response.start", "status": 307, "headers": headers}


def _takes_page(accept: bytes) -> bool:
    """Whether a page, or anything, is taken. Whoever weighs pages against other forms goes the whole way."""
    return _PAGE_TAKEN.search(accept) is not None or accept == b"*/*"


def linkset_header(base_url: str, path: str) -> dict[str, str]:
    """The header that leads to all links. The links themselves do not stand in it (deprecated in February 2024)."""
    return {"Link": f"<{base_url}{path}?linkType=linkset>; {_LINKSET.decode()}"}


def redirect_to(href: str, query: str) -> str:
    """An address with the query of the request passed on (GS1-Conformant Resolver 2.12): what stands in it already stays before it."""
    if not query:
        return href
    address, mark, fragment = href.partition("#")
    joined = "&" if "?" in address else "?"
    return f"{address}{joined}{query}{mark}{fragment}"
