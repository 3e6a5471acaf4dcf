"""Every page that a link leads to, for everybody: axe finds nothing, nothing scrolls sideways on the smallest phone or at twice the size of letters, the keyboard
reaches everything, no text is missing, and it is whole without script. WCAG 2.2 AA.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe

from api.app import create_app
from api.settings import Settings
from ledger.vocabulary.parties import Party
from tests.browser.conftest import Desks, Site, told_in
from tests.browser.crawl import Walk
from tests.browser.serving import free_port, serving
from tests.integration.pages.story import CODE, LEEK
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

    from tests.integration.pages.story import Story
    from tests.support.server import Enrolled

SMALLEST = 320
#: What a browser begins with.
LETTER_PX = 16
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: A text that was not filled in, or whose key nobody translated.
UNFILLED = re.compile(r"\{[a-z_]+\}|None\b|<[A-Z]\w+ ")
START = {
    "public": ("/", f"/p?code={CODE}", "/p/01/09520001000027/10/JC-1", "/p?code=nothing", "/p/report"),
    "farm": ("/my",),
    "stall": ("/stall",),
    "wholesaler": ("/sell",),
    "market": ("/market",),
    "authority": ("/inspect", f"/trace?goods={quote(str(LEEK), safe='')}"),
}
#: Which a walk from the front page must have come by, so that a page nobody links to is noticed.
EXPECTED = {
    "public": {"/", "/p", "/p/01/{rest:path}", "/p/report", "/scan", "/sign-in", "/who-sees-what"},
    "farm": {"/my", "/my/batches/new", "/my/findings"},
    "stall": {"/stall"},
    "wholesaler": {"/sell"},
    "market": {"/market", "/market/stalls/new", "/market/stalls/{party}"},
    "authority": {"/inspect", "/inspect/new", "/trace", "/findings", "/entries/{position}"},
}

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
#: What takes part when somebody presses Tab, can be seen, and is left out.
FORMS = """
() => [...document.querySelectorAll('main form')].map(one => `${one.method} ${one.getAttribute('action')}`)
"""
UNREACHED = """
() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex < 0 && !one.closest('[aria-hidden=true]')).map(one => one.outerHTML.slice(0, 120))
"""


#: A page's heading and the forms that can be sent from it.
Face = tuple[str, list[str]]


@dataclass(frozen=True)
class Walked:
    """What one role came by, with script: each kind of page with its face, and everything that was wrong."""

    faces: dict[str, Face]
    wrong: list[str]
    strangers: list[str]


@dataclass
class House:
    """The served pages with everybody in them."""

    app: FastAPI
    site: Site
    who: dict[str, Enrolled | None]
    #: Kinds of pages that were looked at already: they are the same for the next role, and a look takes a second.
    looked_at: set[str] = field(default_factory=set)
    #: A walk takes half a minute, and two tests ask what came of it.
    walked: dict[str, Walked] = field(default_factory=dict)


@pytest.fixture(scope="module")
def house(told: tuple[Path, Story], tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    settings = Settings(data=folder / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
    with told_in(folder, told) as story:
        ledger = story.ledger
        market = enrol_party(ledger, "示例农贸市场（演示）", role="operator")
        for number, seller in enumerate((story.stall, story.wholesaler), start=12):
            sheet = {
                "party": str(seller.party),
                "party_kind": "individual_business",
                "market": str(market.party),
                "stall_number": str(number),
            }
            ledger.say(seller.party, Party.read(sheet))
        app = create_app(ledger, settings)
        with serving(app, port) as address:
            yield House(
                app,
                Site(address, story),
                {
                    "public": None,
                    "farm": story.farm,
                    "stall": story.stall,
                    "wholesaler": story.wholesaler,
                    "market": market,
                    "authority": story.authority,
                },
            )


@pytest.fixture
def rooms(browser: Browser, house: House) -> Desks:
    return Desks(browser, house.site)


def violations(page: Page) -> list[str]:
    # Asked for nothing else, axe does not list everything that is right: that takes as long again as to look.
    asked = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = Axe().run(page, options=asked).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0].get('failureSummary', '')[:200]}"
        for one in found
    ]


def wrong_with(page: Page) -> list[str]:
    """Everything that keeps somebody from using this page."""
    found = violations(page)
    # WCAG 1.4.4: letters twice as large, as a browser's own setting makes them; the page's policy lets in no style of ours.
    letters = page.context.new_cdp_session(page)
    letters.send("Page.setFontSizes", {"fontSizes": {"standard": 2 * LETTER_PX, "fixed": 2 * LETTER_PX}})
    if (pixels := page.evaluate(SIDEWAYS)) > 0:
        found.append(f"scrolls {pixels} px sideways at {SMALLEST} px with letters of twice their size")
    letters.send("Page.setFontSizes", {"fontSizes": {"standard": LETTER_PX, "fixed": LETTER_PX}})
    letters.detach()
    if (pixels := page.evaluate(SIDEWAYS)) > 0:
        found.append(f"scrolls {pixels} px sideways at {SMALLEST} px")
    found += [f"Tab does not reach {one}" for one in page.evaluate(UNREACHED)]
    return found + [one.group() for one in UNFILLED.finditer(page.inner_text("main"))]


def face(page: Page) -> Face:
    return page.inner_text("h1"), page.evaluate(FORMS)


def walked(rooms: Desks, house: House, role: str) -> Walked:
    """One walk with script, once for each role: every page is looked at while it is open."""
    if role not in house.walked:
        came = Walked({}, [], [])
        with rooms.at(SMALLEST, house.who[role]) as desk:
            for kind, path in Walk(house.app, house.site.address).pages(desk.page, START[role]):
                came.faces.setdefault(kind, face(desk.page))
                if kind not in house.looked_at or path in START[role]:
                    house.looked_at.add(kind)
                    came.wrong.extend(f"{path}: {one}" for one in wrong_with(desk.page))
            came.strangers.extend(desk.watch.strangers)
        house.walked[role] = came
    return house.walked[role]


@pytest.mark.parametrize("role", START)
def test_every_page_can_be_used_by_anybody(rooms: Desks, house: House, role: str) -> None:
    came = walked(rooms, house, role)
    assert EXPECTED[role] <= came.faces.keys()
    assert came.strangers == []
    assert came.wrong == []


@pytest.mark.parametrize("role", START)
def test_every_page_is_there_without_script(rooms: Desks, house: House, role: str) -> None:
    """The same walk without script: the same kinds of pages, each with the same heading and the same forms to send."""
    seen: dict[str, Face] = {}
    with rooms.at(SMALLEST, house.who[role], script=False) as desk:
        for kind, _ in Walk(house.app, house.site.address).pages(desk.page, START[role]):
            seen.setdefault(kind, face(desk.page))
    assert seen == walked(rooms, house, role).faces
