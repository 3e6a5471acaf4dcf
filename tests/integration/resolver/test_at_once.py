"""The answer that is given before anything is looked up is the one that would have been given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from api.app import create_app
from api.settings import Settings
from tests.integration.resolver.world import BATCH, GTIN, NOBODYS_GTIN, PACK, PRODUCT, SLASHED, World
from tests.support.server import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from fastapi import FastAPI

    from api.resolver.at_once import Known
    from ledger.store.book import SqlBook
    from tests.support.server import Client

BASE: Final = "http://localhost:8000"
PATHS: Final = (
    PRODUCT,
    BATCH,
    PACK,
    SLASHED,
    f"{PRODUCT}/10/NONE",
    f"{PRODUCT}/21/1",
    f"{BATCH}/",
    f"{BATCH}/foo",
    f"{PRODUCT}/10/.",
    f"{PRODUCT}/10/..",
    f"{PRODUCT}/10/...",
    f"{BATCH}/21/..",
    f"{PRODUCT}/10/{'A' * 20}",
    f"{PRODUCT}/10/{'A' * 21}",
    f"{PRODUCT}/10/A_b-c.d",
    f"{PRODUCT}/10/A~b",
    f"{PRODUCT}/21/1/10/2",
    f"/01/{NOBODYS_GTIN}/10/JC-1",
    f"{PRODUCT}?linkType=linkset",
    f"{PRODUCT}?linktype=linkset",
    f"{PRODUCT}?a=1&linkType=gs1:pip",
    f"{PRODUCT}?17=261231",
    f"{PRODUCT}?17=269999",
    f"{PRODUCT}?utm_source=wechat&x=1",
    f"{PRODUCT}?x=1&",
    f"{PRODUCT}?10=A",
    "/c/CODE",
    "/c/CODE?x=1",
    "/c/CODE/",
    "/c/CODE?linkType=linkset",
    "/c/00000000000000000",
)
ACCEPTS: Final = (
    None,
    "*/*",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "application/json",
    "application/linkset+json",
    "text/html;q=0,application/json",
    "application/json, text/html",
    "text/html ;q=0.1, application/json",
    "text/html\t; q=0.1,application/linkset+json;q=0.2",
    "application/linkset+json;q=0.9, text/html;q=0.5",
    "x-text/html, application/json",
    "application/ld+json",
    "image/png",
)


@pytest.fixture(scope="module")
def apps(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, Client]]:
    settings = Settings(base_url=BASE, data=tmp_path_factory.mktemp("data"), limits=False)
    app = create_app(world.ledger, settings)
    with client_of(app) as client:
        yield app, client


@pytest.mark.parametrize("path", PATHS)
def test_it_is_the_answer_that_would_have_been_given(
    apps: tuple[FastAPI, Client], world: World, path: str
) -> None:
    app, client = apps
    path = path.replace("CODE", world.batch_code)
    known_here: Known = app.state.known_codes
    for accept in ACCEPTS:
        for host in ("localhost:8000", "192.168.1.5:8000") if accept == "*/*" else ("localhost:8000",):
            headers = {"host": host} | ({} if accept is None else {"accept": accept})
            answers = []
            for known in (False, True):
                known_here.forget()
                if known:
                    with world.ledger.book() as book:
                        known_here.learn(GTIN, book)
                answer = client.get(path, headers=headers)
                told = {
                    name: answer.headers.get(name) for name in ("location", "link", "vary", "cache-control")
                }
                answers.append((answer.status_code, told, answer.content))
            assert answers[0] == answers[1], (accept, host)


def test_a_product_that_was_found_is_answered_without_a_look_at_the_log(
    apps: tuple[FastAPI, Client], world: World
) -> None:
    app, client = apps
    app.state.known_codes.forget()
    asked = [0]
    book = world.ledger.book

    def counted(as_of: int | None = None) -> AbstractContextManager[SqlBook]:
        asked[0] += 1
        return book(as_of)

    app.state.ledger.book = counted
    try:
        counts = []
        for number in range(3):
            asked[0] = 0
            assert client.get(f"{BATCH}/21/{number}", headers={"accept": "text/html"}).status_code == 307
            counts.append(asked[0])
    finally:
        app.state.ledger.book = book
    assert counts[0] > 0
    assert counts[1:] == [0, 0]


def test_a_redirect_stays_on_the_host_that_was_asked(apps: tuple[FastAPI, Client]) -> None:
    _, client = apps
    for _ in range(2):
        elsewhere = client.get(BATCH, headers={"accept": "text/html", "host": "192.168.1.5:8000"})
        assert elsewhere.headers["location"] == f"/p{BATCH}"
        here = client.get(BATCH, headers={"accept": "text/html", "host": "localhost:8000"})
        assert here.headers["location"] == f"{BASE}/p{BATCH}"
