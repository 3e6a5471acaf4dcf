"""Whatever is asked for, the index of addresses finds what trying all of them in turn finds."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from api.addresses import Addresses, ByAddress
from api.app import all_routes
from tests.support.server import client_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fastapi.routing import RouteContext
    from starlette.types import Scope

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")


@cache
def every() -> tuple[RouteContext, ...]:
    return tuple(iter_route_contexts(all_routes()[0]))


def scope_of(method: str, path: str) -> Scope:
    return {"type": "http", "method": method, "path": path, "headers": [], "root_path": ""}


def tried_in_turn(method: str, path: str) -> object:
    """What the framework takes: the first template that fits path and method."""
    scope = scope_of(method, path)
    return next((one.original_route for one in every() if one.matches(scope)[0] is Match.FULL), None)


def found(addresses: Addresses, method: str, path: str) -> object:
    meant = addresses.meant(scope_of(method, path))
    return None if meant is None else meant[0].original_route


def templates() -> Sequence[str]:
    return sorted({one.path for one in every() if one.path})


#: What may stand in a blank, or beside a fixed word.
words = st.sampled_from(
    ["01", "7", "06901234567892", "x", "a b", "码", "", "..", "cards", "new", "statements"]
)


@st.composite
def paths(draw: st.DrawFn) -> str:
    """A template with its blanks filled, and now and then something put behind it, before it, or left out."""
    parts = draw(st.sampled_from(templates())).split("/")
    filled = [draw(words) if "{" in part else part for part in parts]
    if draw(st.booleans()):
        place = draw(st.integers(0, len(filled)))
        filled[place:place] = draw(st.lists(words, max_size=2))
    if draw(st.booleans()):
        del filled[draw(st.integers(0, len(filled) - 1))]
    return "/" + "/".join(filled).removeprefix("/")


@given(st.sampled_from(METHODS), paths())
def test_the_index_finds_what_trying_all_in_turn_finds(method: str, path: str) -> None:
    assert found(all_routes()[1], method, path) is tried_in_turn(method, path)


@pytest.mark.parametrize("template", templates())
def test_every_address_is_in_the_index(template: str) -> None:
    parts = ["1" if "{" in part else part for part in template.split("/")]
    path = "/".join(parts)
    for method in METHODS:
        assert found(all_routes()[1], method, path) is tried_in_turn(method, path)


def says(word: str) -> Callable[[], Awaitable[str]]:
    """A handler that always says the same."""

    async def say() -> str:
        return word

    return say


def small(*templates: str) -> FastAPI:
    """An application that answers with the template it took."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    router = APIRouter()
    for template in templates:
        router.add_api_route(template, says(template), methods=["GET"])
    app.include_router(router)
    app.router.middleware_stack = ByAddress(app.router.middleware_stack, Addresses.of(app.router.routes))
    return app


@pytest.mark.parametrize(
    "templates", [("/people/cards", "/people/{one}"), ("/people/{one}", "/people/cards")], ids=str
)
def test_the_first_of_two_that_fit_is_taken(templates: tuple[str, str]) -> None:
    with client_of(small(*templates)) as client:
        assert client.get("/people/cards").json() == templates[0]
        assert client.get("/people/one").json() == "/people/{one}"


def test_what_no_address_takes_is_refused_by_the_framework() -> None:
    with client_of(small("/people/{one}")) as client:
        unknown, refused = client.get("/nobody"), client.post("/people/one")
    assert unknown.status_code == 404
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_a_line_end_belongs_to_no_address() -> None:
    with client_of(small("/people", "/people/{one}")) as client:
        assert client.get("/people/one").status_code == 200
        for path in ("/people%0A", "/people/one%0A", "/people/%0A", "/people/one%0Atwo"):
            assert client.get(path).status_code == 404, path


def test_an_application_below_anothers_path_is_found() -> None:
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    outer.mount("/inner", small("/people/{one}"))
    with client_of(outer) as client:
        assert client.get("/inner/people/one").json() == "/people/{one}"


def test_a_path_of_slashes_is_not_looked_at_to_its_end() -> None:
    addresses = all_routes()[1]
    assert addresses.slashes_max < 10
    assert addresses.meant(scope_of("GET", "/" * 10_000)) is None
