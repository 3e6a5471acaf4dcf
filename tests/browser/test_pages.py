"""The pages in a real browser: nothing sideways, nothing foreign, nothing too small or too pale, the chain in sight, one page on paper."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desks, Site
from tests.integration.pages.story import CODE, LEEK

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.server import Enrolled

#: Who, and at which address.
Visit = tuple[str, str]

PHONE, SCREEN = 360, 1280
TRACE = f"/trace?goods={quote(str(LEEK), safe='')}"
TAP_PX_MIN = 44
CONTRAST_MIN, CONTRAST_LARGE_MIN = 4.5, 3.0
LARGE_PX = 24
#: Below this share of their size the letters of the drawing are hard to read.
SCALE_MIN = 0.75

#: Who looks at what.
VISITS = (
    ("public", "/"),
    ("public", "/inspect"),
    ("public", "/p/01/09520001000027/10/JC-1"),
    ("public", f"/p?code={CODE}"),
    ("public", "/entries/40"),
    ("farm", "/my"),
    ("farm", "/my/batches/new"),
    ("farm", "/my/shipments/new"),
    ("stall", "/my/deliveries"),
    ("stall", "/my/deliveries/new"),
    ("shop", "/my/findings"),
    ("farm", "/entries/40/disclose"),
    ("farm", "/my/grants"),
    ("authority", "/entries/40/eyes"),
    ("public", "/who-sees-what"),
    ("authority", "/inspect"),
    ("authority", TRACE),
    ("authority", f"{TRACE}&print=1"),
    ("authority", "/findings"),
    ("authority", "/entries/40"),
)

TOO_SMALL = """
least => [...document.querySelectorAll('button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), select, textarea, summary, .choice, .button, .site-nav a, .language a, .brand, .card > a')]
  .filter(one => one.offsetParent !== null)
  .map(one => [one.tagName + '.' + one.className + '#' + one.id, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)
"""

LEVELS = "[...document.querySelectorAll('h1, h2, h3, h4')].map(one => Number(one.tagName[1]))"

TOO_PALE = """
([least, leastLarge, large]) => {
  const numbers = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = one => {
    for (let at = one; at; at = at.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || one.closest('svg') || one.getClientRects().length === 0) continue;
    const style = getComputedStyle(one);
    const [a, b] = [light(numbers(style.color)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= large ? leastLarge : least))
      found.push(`${ratio.toFixed(2)} ${one.tagName}.${one.className} ${walker.currentNode.textContent.trim().slice(0, 20)}`);
  }
  return found;
}
"""

UNLABELLED = """
() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(one => one.labels.length === 0 && !one.getAttribute('aria-label')).map(one => one.outerHTML)
"""


def party(site: Site, who: str) -> Enrolled | None:
    parties = {
        "public": None,
        "farm": site.story.farm,
        "stall": site.story.stall,
        "shop": site.story.shop,
        "authority": site.story.authority,
    }
    return parties[who]


def shown(page: Page, selector: str) -> bool:
    return page.locator(selector).is_visible()


@dataclass(frozen=True, slots=True)
class Look:
    """What is to be seen of one page at one width."""

    width: int
    small: list[str]
    pale: list[str]
    headings: int
    levels: list[int]
    unlabelled: list[str]
    mains: int
    #: What went wrong, who else was asked, what popped up.
    aside: list[str]


class Looks:
    """Every page of `VISITS`, opened once at each width and in each language: several tests ask what was seen."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._desks, self._site = Desks(browser, site), site
        self._seen: dict[tuple[int, str], dict[Visit, Look]] = {}

    def at(self, width: int, language: str = "zh") -> dict[Visit, Look]:
        """What was seen, visit by visit."""
        if (width, language) not in self._seen:
            found: dict[Visit, Look] = {}
            for who, path in VISITS:
                with self._desks.at(width, party(self._site, who), language=language) as desk:
                    page = desk.open(path)
                    found[who, path] = Look(
                        width=page.evaluate("document.documentElement.scrollWidth"),
                        small=page.evaluate(TOO_SMALL, TAP_PX_MIN),
                        pale=page.evaluate(TOO_PALE, [CONTRAST_MIN, CONTRAST_LARGE_MIN, LARGE_PX]),
                        headings=page.locator("h1").count(),
                        levels=page.evaluate(LEVELS),
                        unlabelled=page.evaluate(UNLABELLED),
                        mains=page.locator("main").count(),
                        aside=[*desk.watch.errors, *desk.watch.strangers, *desk.watch.dialogs],
                    )
            self._seen[width, language] = found
        return self._seen[width, language]


@pytest.fixture(scope="module")
def looks(browser: Browser, site: Site) -> Looks:
    return Looks(browser, site)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_no_page_scrolls_sideways_or_asks_a_stranger(looks: Looks, width: int, language: str) -> None:
    seen = looks.at(width, language)
    assert {visit: one.aside for visit, one in seen.items() if one.aside} == {}
    assert [visit for visit, one in seen.items() if one.width > width] == []


def test_what_a_finger_must_hit_is_large_enough(looks: Looks) -> None:
    assert {visit: one.small for visit, one in looks.at(PHONE).items() if one.small} == {}


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_letters_stand_out_from_their_ground(looks: Looks, width: int) -> None:
    assert {visit: one.pale for visit, one in looks.at(width).items() if one.pale} == {}


def test_every_page_has_one_heading_and_every_field_a_label(looks: Looks) -> None:
    for visit, one in looks.at(SCREEN).items():
        assert one.headings == 1, visit
        # A recall stands above the name of the goods; below the first heading no level is left out.
        below = one.levels[one.levels.index(1) :]
        assert all(next_ - before <= 1 for before, next_ in itertools.pairwise(below)), visit
        assert one.unlabelled == [], visit
        assert one.mains == 1, visit


def test_the_keyboard_reaches_the_text_first(desks: Desks, site: Site) -> None:
    with desks.at(SCREEN) as desk:
        page = desk.open("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"#main$"))


def test_the_chain_is_drawn_for_a_screen_and_for_a_phone(desks: Desks, site: Site) -> None:
    for width, seen, unseen in (
        (SCREEN, ".chain-wide", ".chain-tall"),
        (PHONE, ".chain-tall", ".chain-wide"),
    ):
        with desks.at(width, site.story.authority) as desk:
            page = desk.open(TRACE)
            assert shown(page, seen)
            assert not shown(page, unseen)
            drawing = page.locator(seen)
            assert drawing.locator(".box-contradicted").count() == 1
            assert drawing.locator(".box-several").count() == 1
            assert drawing.locator(".box-recorded").count() == 1
            scale = drawing.evaluate("one => one.getBoundingClientRect().width / one.viewBox.baseVal.width")
            assert scale >= SCALE_MIN
            # The frame of the contradicted source is red and thick, that of a hand on the way neither: shape and word stand beside.
            red = drawing.locator(".box-contradicted .frame").evaluate("one => getComputedStyle(one).stroke")
            grey = drawing.locator(".box-through .frame").first.evaluate(
                "one => getComputedStyle(one).stroke"
            )
            assert red != grey


def test_a_box_leads_to_its_row(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.authority, script=False) as desk:
        page = desk.open(TRACE)
        page.locator(".chain-tall .box-through").last.click()
        expect(page.locator("tr:target")).to_be_visible()


def test_the_printout_is_one_page_of_paper(desks: Desks, site: Site) -> None:
    for language in ("zh", "en"):
        with desks.at(SCREEN, site.story.authority, language=language) as desk:
            paper = desk.open(f"{TRACE}&print=1").pdf(
                format="A4", print_background=True, prefer_css_page_size=True
            )
            assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1


def test_the_whole_trade_works_without_script(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.farm, script=False) as desk:
        page = desk.open("/my/batches/new")
        page.fill("#name", "青菜")
        page.fill("#quantity", "300")
        with page.expect_response(lambda answer: "label.png" in answer.url) as label:
            page.click("main form button")
        assert label.value.status == 200
        page.goto(f"{site.address}/my/shipments/new")
        page.check(f'input[name="customer"][value="{site.story.wholesaler.party}"]')
        page.fill("#amount_0", "80")
        page.click("main form button")
        expect(page.locator("h1")).to_have_text("销售凭证")
        expect(page.locator(".code-picture")).to_be_visible()
        desk.watch.check()
    with desks.at(PHONE, site.story.wholesaler, script=False) as desk:
        page = desk.open("/my/deliveries")
        # Three taps: the supplier, (the quantity is there), confirm.
        page.click(".card a")
        page.click("main form button")
        expect(page.locator(".notice.done")).to_be_visible()
        desk.watch.check()


def test_a_name_written_as_a_script_does_nothing(desks: Desks, site: Site) -> None:
    payload = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    with desks.at(SCREEN, site.story.shop) as desk:
        page = desk.open("/my/batches/new")
        page.fill("#name", payload)
        page.fill("#quantity", "1")
        page.fill("#plot", payload)
        page.click("main form button")
        expect(page.locator("h1")).to_contain_text(payload)
        desk.open("/my")
        desk.open("/my/shipments/new")
        desk.open(f"/p?code={quote(payload)}")
        assert desk.watch.dialogs == []
        assert desk.watch.strangers == []
