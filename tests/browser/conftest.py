"""A served ledger with a short story in it, and a browser in front of it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.deps import DEMO_COOKIE
from api.settings import Settings
from tests.browser.serving import free_port, serving
from tests.integration.pages.story import Story
from tests.support.server import Clock, copied_ledger, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page, Request

    from tests.support.server import Enrolled

#: No camera is needed here; the rest keeps a headless browser from talking to its maker.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass(slots=True)
class Site:
    """Where the pages are, and who is in the story."""

    address: str
    story: Story


@dataclass
class Watch:
    """What a page said and asked for beside itself. Without slots: playwright notes on a listener what it wraps."""

    address: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def on(self, page: Page) -> None:
        """Listen to a page."""
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)
        page.on("dialog", self._popped_up)

    def _failed(self, request: Request) -> None:
        # Whoever goes on to the next page no longer waits for the picture of this one.
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"failed: {request.url}: {request.failure}")

    def _popped_up(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.strangers.append(request.url)

    def check(self) -> None:
        """Nothing went wrong, nobody else was asked, nothing popped up."""
        assert self.errors == []
        assert self.strangers == []
        assert self.dialogs == []


@dataclass(slots=True)
class Desk:
    """One person at a screen of some width."""

    site: Site
    page: Page
    watch: Watch

    def open(self, path: str) -> Page:
        """A page, loaded whole."""
        self.page.goto(f"{self.site.address}{path}", wait_until="load")
        return self.page


class Desks:
    """Makes desks, and clears them away."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site

    @contextmanager
    def at(
        self, width: int, who: Enrolled | None = None, *, language: str = "zh", script: bool = True
    ) -> Iterator[Desk]:
        """A desk of that width for this party, or for the public."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 800}, locale="zh-CN", java_script_enabled=script
        )
        cookies = [{"name": "lang", "value": language, "url": self._site.address}]
        if who is not None:
            cookies.append({"name": DEMO_COOKIE, "value": str(who.party), "url": self._site.address})
        context.add_cookies(cookies)  # type: ignore[arg-type]  # the shape playwright asks for
        watch = Watch(self._site.address)
        page = context.new_page()
        watch.on(page)
        try:
            yield Desk(self._site, page, watch)
        finally:
            context.close()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """The story in a folder that nobody writes to any more."""
    folder = tmp_path_factory.mktemp("told")
    with make_ledger(folder, Clock()) as ledger:
        return folder, Story.cast(ledger).tell().recall()


@contextmanager
def told_in(folder: Path, told: tuple[Path, Story]) -> Iterator[Story]:
    """The story on a ledger of its own."""
    origin, story = told
    with copied_ledger(origin, folder, Clock()) as ledger:
        yield story.on(ledger)


@pytest.fixture(scope="module")
def site(told: tuple[Path, Story], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    settings = Settings(data=folder / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
    with told_in(folder, told) as story, serving(create_app(story.ledger, settings), port) as address:
        yield Site(address, story)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=[*FLAGS])
        yield browser
        browser.close()


@pytest.fixture
def desks(browser: Browser, site: Site) -> Desks:
    return Desks(browser, site)
