"""Which of some hundreds of addresses a request means, found by how each begins.

The framework tries one template after the other, and again at every router that another one took in. Here, in the same order, only those
are tried whose fixed words the path begins with. What none of them takes, an unknown address or another method, goes on to the framework,
which refuses it in its own way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastapi.routing import RouteContext
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    #: Each with its place in the order in which addresses are tried.
    Placed = Sequence[tuple[int, RouteContext]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of an application: those without blanks by their path, the others by what stands before the first blank."""

    whole: Mapping[str, Placed]
    begun: Mapping[str, Placed]
    #: Slashes in the longest beginning: of a path no more are looked at, however many it has.
    slashes_max: int

    @classmethod
    def of(cls, routes: Sequence[BaseRoute]) -> Addresses:
        """Of these routes and all that they hold."""
        whole = defaultdict[str, list[tuple[int, "RouteContext"]]](list)
        begun = defaultdict[str, list[tuple[int, "RouteContext"]]](list)
        for place, route in enumerate(iter_route_contexts(routes)):
            template = route.path or ""
            if isinstance(route.original_route, Mount):
                begun[f"{template}/"].append((place, route))
            elif "{" in template:
                begun[template[: template.rindex("/", 0, template.index("{")) + 1]].append((place, route))
            else:
                whole[template].append((place, route))
        return cls(dict(whole), dict(begun), max((one.count("/") for one in begun), default=0))

    def meant(self, scope: Scope) -> tuple[RouteContext, Scope] | None:
        """The first address that takes this request, with what becomes known of the request by that."""
        for _, route in sorted(self._near(scope["path"]), key=_place):
            match, known = route.matches(scope)
            if match is Match.FULL:
                # Files in a folder have no template; the journal names none.
                named = {} if isinstance(route.original_route, Mount) else {"route": route.original_route}
                return route, {**known, **named}
        return None

    def _near(self, path: str) -> Iterator[tuple[int, RouteContext]]:
        """All that this path could mean."""
        yield from self.whole.get(path, ())
        end = 0
        for _ in range(self.slashes_max):
            end = path.find("/", end) + 1
            if end == 0:
                return
            yield from self.begun.get(path[:end], ())


def _place(one: tuple[int, RouteContext]) -> int:
    return one[0]


class ByAddress:
    """ASGI middleware, the innermost: around the router."""

    def __init__(self, router: ASGIApp, addresses: Addresses) -> None:
        self._router = router
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "\n" in scope.get("path", ""):
            # A line's end behind a path is overlooked by the framework's `$`: no address of ours has one.
            raise HTTPException(404)
        # Below another application's path the framework judges alone.
        plain = scope["type"] == "http" and not scope.get("root_path")
        meant = self._addresses.meant(scope) if plain else None
        if meant is None:
            await self._router(scope, receive, send)
            return
        route, known = meant
        scope.update(known)
        await route.app(scope, receive, send)
