"""The inspector's tasks in a real browser: taps counted, the picture moved by keys, mouse and fingers, groups opened in place, all of it whole without script."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from api.deps import DEMO_COOKIE
from tests.integration.pages.story import CODE, LEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

    from tests.browser.conftest import Desks, Site

TRACE = f"/trace?goods={quote(str(LEEK), safe='')}"
PHONE, SCREEN = 360, 1280
#: What the tasks may take.
TAPS_TO_SOURCE, TAPS_TO_SCOPE = 2, 3
SECONDS_TO_SCOPE = 60
#: Names of stalls in the drawing that is seen.
STALLS_SEEN = """() => [...document.querySelectorAll('.picture-ground > svg')].filter(one => one.getBoundingClientRect().width > 0)
  .flatMap(one => [...one.querySelectorAll('.box')]).filter(one => one.textContent.includes('号摊')).length"""
PLACE = "() => document.querySelector('.picture-ground').style.transform"
COUNT_TAPS = "addEventListener('click', event => { if (event.isTrusted) window.name = Number(window.name || 0) + 1; }, true);"


def place(page: Page) -> tuple[float, float, float]:
    """Where the picture stands, once it has been drawn there: to the right, down, and its scale."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    x, y, scale = map(float, re.findall(r"-?[0-9.]+", page.evaluate(PLACE)))
    return x, y, scale


@pytest.fixture
def finger(browser: Browser, site: Site) -> Iterator[tuple[Page, CDPSession]]:
    """An inspector's phone: a touch screen, and somebody who asked for less motion."""
    context = browser.new_context(
        viewport={"width": PHONE, "height": 800}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    context.add_cookies(
        [{"name": DEMO_COOKIE, "value": str(site.story.authority.party), "url": site.address}]
    )
    page = context.new_page()
    page.goto(f"{site.address}{TRACE}")
    yield page, context.new_cdp_session(page)
    context.close()


def test_the_source_of_a_code_is_two_taps_away_and_the_scope_of_a_recall_three(
    desks: Desks, site: Site
) -> None:
    with desks.at(PHONE, site.story.authority) as desk:
        page = desk.page
        page.add_init_script(COUNT_TAPS)
        desk.open("/inspect")
        page.fill("#q", CODE)
        page.click(".search-field button")
        page.wait_for_url("**/trace?*")
        assert page.locator(".tag.red", has_text="矛盾来源").first.is_visible()
        assert 1 <= int(page.evaluate("window.name")) <= TAPS_TO_SOURCE
        desk.open(TRACE)
        page.evaluate("window.name = ''")
        began = time.monotonic()
        with page.expect_download() as download:
            page.click("a[download]:has-text('Excel')")
        assert download.value.suggested_filename == "recall-scope.xlsx"
        assert time.monotonic() - began < SECONDS_TO_SCOPE
        assert 1 <= int(page.evaluate("window.name")) <= TAPS_TO_SCOPE


def test_the_picture_moves_and_grows_by_keys_buttons_and_mouse(desks: Desks, site: Site) -> None:
    with desks.at(SCREEN, site.story.authority) as desk:
        page = desk.open(TRACE)
        frame = page.locator("[data-picture]")
        first = place(page)
        frame.focus()
        page.keyboard.press("ArrowRight")
        assert place(page)[0] < first[0]
        page.keyboard.press("ArrowDown")
        assert place(page)[1] < first[1]
        page.keyboard.press("+")
        assert place(page)[2] > first[2]
        page.keyboard.press("0")
        assert place(page) == first
        page.click("[data-zoom=out]")
        assert place(page)[2] < first[2]
        page.click("[data-zoom=reset]")
        assert place(page) == first
        box = frame.bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] - 20)
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 80, middle[1] - 40, steps=4)
        page.mouse.up()
        moved = place(page)
        assert moved[0] < first[0]
        assert moved[1] < first[1]
        # A wheel zooms the picture that is in use; the page stays where it is.
        scrolled = page.evaluate("scrollY")
        frame.focus()
        page.mouse.wheel(0, -200)
        page.wait_for_function(
            f"() => !document.querySelector('.picture-ground').style.transform.includes('scale({moved[2]})')"
        )
        assert place(page)[2] > moved[2]
        assert page.evaluate("scrollY") == scrolled
        desk.watch.check()


def test_a_window_that_becomes_narrow_has_the_tall_drawing_whole_in_its_frame(
    desks: Desks, site: Site
) -> None:
    fits = """() => {
        const frame = document.querySelector('[data-picture]').getBoundingClientRect();
        const [seen, ...others] = [...document.querySelectorAll('.picture-ground > svg')].map(one => [one, one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
        return others.length === 0 && seen[0].classList.contains('chain-tall')
          && seen[1].left >= frame.left && seen[1].right <= frame.right && seen[1].top >= frame.top && seen[1].bottom <= frame.bottom;
    }"""
    with desks.at(SCREEN, site.story.authority) as desk:
        desk.open(TRACE)
        desk.page.set_viewport_size({"width": PHONE, "height": 800})
        place(desk.page)
        desk.page.click("[data-zoom=whole]")
        desk.page.wait_for_function(fits)


def test_a_group_is_opened_in_place_by_the_keyboard_and_closed_again(desks: Desks, site: Site) -> None:
    with desks.at(SCREEN, site.story.authority) as desk:
        page = desk.open(TRACE)
        page.evaluate("window.mark = 'the same page'")
        few = page.evaluate(STALLS_SEEN)
        link = page.locator(".chain-wide a[data-group]")
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector(".chain-wide .block-frame")
        assert page.evaluate("window.mark") == "the same page"
        assert page.evaluate(STALLS_SEEN) == few + 37
        expect(page).to_have_url(re.compile(r"open="))
        expect(page.locator("[data-picture-said]")).to_have_text("已展开")
        # The keyboard is where it was, and in sight.
        expect(link).to_be_focused()
        page.keyboard.press("Tab")
        inside = page.evaluate(
            """() => { const [one, frame] = [document.activeElement, document.querySelector('[data-picture]')].map(e => e.getBoundingClientRect());
            return one.left >= frame.left && one.right <= frame.right + 1 && one.top >= frame.top && one.bottom <= frame.bottom + 1; }"""
        )
        assert inside
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".chain-wide .block-frame", state="detached")
        assert page.evaluate(STALLS_SEEN) == few
        desk.watch.check()


def test_fingers_push_and_pinch_the_picture(finger: tuple[Page, CDPSession]) -> None:
    page, touch = finger
    assert page.evaluate(
        "getComputedStyle(document.querySelector('.picture-ground')).transitionDuration"
    ) in {"0s", ""}
    page.locator("[data-picture]").scroll_into_view_if_needed()
    box = page.locator("[data-picture]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    first = place(page)
    send(touch, "touchStart", (x, y))
    for step in range(1, 5):
        send(touch, "touchMove", (x, y - 20 * step))
    send(touch, "touchEnd")
    pushed = place(page)
    assert pushed[1] < first[1]
    send(touch, "touchStart", (x - 20, y), (x + 20, y))
    for step in range(1, 5):
        send(touch, "touchMove", (x - 20 - 10 * step, y), (x + 20 + 10 * step, y))
    send(touch, "touchEnd")
    assert place(page)[2] > pushed[2]
    page.click("[data-zoom=reset]")
    assert place(page) == first


def send(touch: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    """One moment of some fingers."""
    at = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})


def test_a_finger_that_taps_a_group_opens_it(finger: tuple[Page, CDPSession]) -> None:
    page, _ = finger
    before = page.evaluate(STALLS_SEEN)
    page.locator(".chain-tall a[data-group]").scroll_into_view_if_needed()
    page.locator(".picture-links a[data-group=all]").tap()
    page.wait_for_selector(".chain-tall .block-frame")
    assert page.evaluate(STALLS_SEEN) == before + 37


def test_all_of_it_is_there_without_script(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.authority, script=False) as desk:
        page = desk.open(TRACE)
        assert not page.locator("[data-picture-tools]").is_visible()
        page.locator(".chain-tall a[data-group]").click()
        page.wait_for_url("**open=*")
        assert page.locator(".chain-tall .block-frame").is_visible()
        assert page.locator(".chain-tall .box").count() > 37
        for view, shown in (("time", ".timeline"), ("list", ".plain-chain")):
            desk.open(f"{TRACE}&view={view}")
            assert page.locator(shown).is_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        desk.watch.check()


def test_the_evidence_of_an_entry_is_one_page_of_paper(desks: Desks, site: Site) -> None:
    for language in ("zh", "en"):
        with desks.at(SCREEN, site.story.authority, language=language) as desk:
            for path in ("/entries/20?print=1", f"{TRACE}&print=1"):
                paper = desk.open(path).pdf(format="A4", print_background=True, prefer_css_page_size=True)
                assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1, (path, language)
