"""How often a page was opened: counted by day, shown a day later, and nothing about who opened it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from starlette.requests import Request

from api import openings as counting
from api.app import create_app
from api.openings import Openings, day_of
from api.pages.lean import Kept
from api.scans_noted import NotedScans
from api.settings import Settings
from ledger.store import openings as stored
from ledger.store.engine import reading
from tests.integration.pages.story import CODE
from tests.support.server import BASE_URL, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from ledger.service import Ledger
    from tests.integration.pages.story import Story
    from tests.support.server import Client, Clock

LEEK_PAGE = "/p/01/09520001000027/10/JC-1"
PHONE = {"user-agent": "Mozilla/5.0 (Linux; Android 9) Chrome/90 Mobile Safari/537.36"}


@pytest.fixture(scope="module")
def made() -> list[FastAPI]:
    """The application, once somebody has asked for it: its three hundred addresses take a second to put together."""
    return []


@pytest.fixture
def client(made: list[FastAPI], ledger: Ledger, tmp_path: Path) -> Iterator[Client]:
    """A client of the application over this test's ledger, with nothing counted or kept."""
    if not made:
        made.append(create_app(ledger, Settings(base_url=BASE_URL, limits=False)))
    (app,) = made
    app.state.ledger, app.state.openings, app.state.kept = ledger, Openings(ledger), Kept()
    app.state.scans = NotedScans(ledger, folder=tmp_path / "scans", minutes=60, days=90)
    with client_of(app) as client:
        yield client


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "SETTLE_SECONDS", 0.0)


def rows(ledger: Ledger) -> list[tuple[object, ...]]:
    with reading(ledger.engine) as connection:
        return [tuple(one) for one in connection.execute(text("SELECT subject, day, opened FROM openings"))]


def test_an_opening_is_counted_once_and_told_the_day_after(
    story: Story, client: Client, ledger: Ledger, clock: Clock
) -> None:
    today = day_of(clock())
    for _ in range(3):
        assert "到昨天为止没有记下打开" in client.get(LEEK_PAGE, headers=PHONE).text
    assert rows(ledger) == [("goods/https://id.gs1.org/01/09520001000027/10/JC-1", today, 1)]
    clock.forward(24)
    page = client.get(LEEK_PAGE).text
    assert "从 2026-11-14 到 2026-11-14 记下 1 次打开" in page
    assert "打开次数不能说明您手中的这一件" in page


def test_of_a_pack_its_own_code_is_counted(story: Story, client: Client, ledger: Ledger) -> None:
    page = client.get(f"/p?code={CODE}", headers=PHONE).text
    assert "次数多少都不能说明您手中的这一件" in page
    assert [one[0] for one in rows(ledger)] == [f"code/{CODE}"]


@pytest.mark.parametrize(
    "path",
    [f"{LEEK_PAGE}/21/7", "/p?code=nonsense", "/p/01/09520001000027/10/NO", "/p/report"],
    ids=["a made-up serial", "no code", "unknown goods", "another page"],
)
def test_what_nobody_recorded_is_not_counted(story: Story, client: Client, ledger: Ledger, path: str) -> None:
    page = client.get(path, headers=PHONE).text
    assert rows(ledger) == []
    assert "次打开" not in page


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Mozilla/5.0 (compatible; ExampleBot/2.1; +http://bot.example)"},
        {"user-agent": "curl/8.4.0"},
        PHONE | {"sec-purpose": "prefetch;prerender"},
        PHONE | {"purpose": "preview"},
    ],
    ids=["a robot", "a program", "fetched ahead", "a preview"],
)
def test_what_opens_a_page_by_itself_is_not_counted(
    story: Story, client: Client, ledger: Ledger, headers: dict[str, str]
) -> None:
    assert client.get(LEEK_PAGE, headers=headers).status_code == 200
    assert client.send("HEAD", LEEK_PAGE, headers=PHONE).status_code == 200
    assert rows(ledger) == []


def test_a_page_that_is_still_the_same_was_opened_all_the_same(
    story: Story, client: Client, ledger: Ledger
) -> None:
    mark = client.get(LEEK_PAGE).headers["etag"]
    assert client.get(LEEK_PAGE, headers=PHONE | {"if-none-match": mark}).status_code == 304
    assert [one[2] for one in rows(ledger)] == [1]


def test_an_opening_half_an_hour_later_is_another_one(story: Story, ledger: Ledger, clock: Clock) -> None:
    now = 0.0
    openings = Openings(ledger, now=lambda: now)
    request = phone()
    for now in (0.0, 1_799.0, 1_800.0, 1_801.0):  # noqa: B007  (the clock that is read)
        openings.note(request, "goods/x")
    openings.settle()
    assert [one[2] for one in rows(ledger)] == [2]


def rename(ledger: Ledger, table: str, name: str) -> None:
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.sqlite
def test_what_cannot_be_told_the_database_now_is_told_the_next_time(story: Story, ledger: Ledger) -> None:
    openings = Openings(ledger)
    openings.note(phone(), "goods/x")
    rename(ledger, "openings", "elsewhere")
    openings.settle()
    rename(ledger, "elsewhere", "openings")
    assert rows(ledger) == []
    openings.settle()
    assert [one[2] for one in rows(ledger)] == [1]


def test_counts_go_after_two_years(story: Story, ledger: Ledger) -> None:
    stored.add(ledger.engine, ledger.origin, {("goods/x", 1_000): 3}, today=1_000)
    stored.add(ledger.engine, ledger.origin, {("goods/y", 1_731): 1}, today=1_731)
    assert len(rows(ledger)) == 2
    stored.add(ledger.engine, ledger.origin, {("goods/x", 1_732): 2}, today=1_732)
    assert sorted(rows(ledger)) == [("goods/x", 1_732, 2), ("goods/y", 1_731, 1)]
    with ledger.book() as book:
        assert stored.counted(book.connection, ledger.origin, "goods/x", before=1_732) is None
        assert stored.counted(book.connection, ledger.origin, "goods/x", before=1_733) == (2, 1_732)


@pytest.mark.sqlite
def test_the_table_says_nothing_about_who_opened_a_page(ledger: Ledger) -> None:
    with reading(ledger.engine) as connection:
        columns = [one[1] for one in connection.exec_driver_sql("PRAGMA table_info(openings)")]
    assert columns == ["log_id", "subject", "day", "opened"]


def phone() -> Request:
    """A phone's request."""
    headers = [(name.encode(), value.encode()) for name, value in PHONE.items()]
    return Request({"type": "http", "method": "GET", "headers": headers, "client": ("203.0.113.7", 1)})
