"""Walks through the pages as somebody would: from the door, by every link, one page of each kind.

What is a kind is the application's own word: the address as it declares it. So a page that is added is visited as soon as a link leads to it.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from fastapi import FastAPI
    from playwright.sync_api import Page

#: More pages than a role has; a walk that is longer goes in circles.
PAGES_MAX = 150
#: Kinds whose links are not followed: what they lead to depends on a query, and one of each is enough.
QUERIES_MAX = 2


def kinds(app: FastAPI) -> list[tuple[re.Pattern[str], str]]:
    """The addresses that answer a GET, in the order in which they are tried."""
    return [
        (compile_path(route.path)[0], route.path)
        for route in iter_route_contexts(app.routes)
        if route.path is not None and "GET" in (route.methods or ())
    ]


@dataclass
class Walk:
    """One walk. Without slots: a test may hang its findings on it."""

    app: InitVar[FastAPI]
    address: str
    kinds: list[tuple[re.Pattern[str], str]] = field(init=False)
    seen: dict[str, int] = field(default_factory=dict)
    #: The kinds of pages that were opened, each with the first address of it.
    opened: dict[str, str] = field(default_factory=dict)

    def __post_init__(self, app: FastAPI) -> None:
        self.kinds = kinds(app)

    def pages(self, page: Page, starts: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Open pages one by one; each is in `page` when its kind and its path are given."""
        waiting = list(starts)
        while waiting and len(self.opened) < PAGES_MAX:
            path = waiting.pop(0)
            kind = self._wanted(path)
            if kind is None:
                continue
            answer = page.goto(f"{self.address}{path}", wait_until="load")
            if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            self.opened.setdefault(kind, path)
            yield kind, path
            waiting += self._links(page)

    def _wanted(self, path: str) -> str | None:
        at = urlsplit(path)
        kind = next((path for pattern, path in self.kinds if pattern.match(at.path)), None)
        if kind is None or kind.startswith(("/api/", "/log/", "/static", "/docs", "/redoc", "/openapi")):
            return None
        if "{form}" in kind or kind.endswith((".pdf", ".xlsx", ".csv", ".svg", ".png", ".json")):
            return None
        count = self.seen.get(kind, 0)
        most = QUERIES_MAX if at.query else 1
        if count >= most:
            return None
        self.seen[kind] = count + 1
        return kind

    def _links(self, page: Page) -> list[str]:
        hrefs: list[str] = page.eval_on_selector_all(
            "a[href]:not([download])", "all => all.map(one => one.getAttribute('href'))"
        )
        found = list[str]()
        for href in hrefs:
            to = urlsplit(urljoin(page.url, href))
            if f"{to.scheme}://{to.netloc}" != self.address or "look=" in to.query or "lang=" in to.query:
                continue
            found.append(to.path + (f"?{to.query}" if to.query else ""))
        return list(dict.fromkeys(found))
