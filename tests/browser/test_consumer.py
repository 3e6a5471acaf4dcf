"""The buyer's page in a real browser: one request, no script, readable by everybody."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.integration.pages.story import CODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Request

    from tests.browser.conftest import Site

LEEK_PAGE = "/p/01/09520001000027/10/JC-1"
PATHS = (LEEK_PAGE, f"{LEEK_PAGE}/21/7", f"/p?code={CODE}", "/p?code=nonsense", "/p?code=09520001000027")
BYTES_MAX = 14 * 1024
#: In the sun, letters should stand out as WCAG 2.2 asks for its highest grade (1.4.6).
CONTRAST_MIN = 7.0

#: Every text against the first ground behind it that is not transparent; the lowest contrast on the page, and where.
PALEST = """
() => {
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
  let palest = [99, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || one.getClientRects().length === 0) continue;
    const style = getComputedStyle(one), ink = one.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(numbers(ink)), light(ground(one))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < palest[0]) palest = [ratio, text];
  }
  return palest;
}
"""


def _noted_in(asked: list[str]) -> Callable[[Request], None]:
    return lambda request: asked.append(request.url)


@contextmanager
def phone(browser: Browser, *, width: int = 360, **also: object) -> Iterator[Page]:
    """A page of a phone without script."""
    options = {"locale": "zh-CN", "java_script_enabled": False} | also
    context = browser.new_context(viewport={"width": width, "height": 740}, **options)  # type: ignore[arg-type]  # playwright's own options
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_page_is_one_request_and_fits_in_the_first_packets(
    browser: Browser, site: Site, locale: str
) -> None:
    for path in PATHS:
        with phone(browser, locale=locale) as page:
            asked: list[str] = []
            page.on("request", _noted_in(asked))
            answer = page.goto(f"{site.address}{path}", wait_until="networkidle")
            assert answer is not None
            assert asked == [f"{site.address}{path}"]
            sizes = answer.request.sizes()
            assert sizes["responseBodySize"] + sizes["responseHeadersSize"] < BYTES_MAX
            assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "24px", path


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_nothing_goes_sideways_on_a_small_phone_or_with_letters_twice_as_large(
    browser: Browser, site: Site, locale: str
) -> None:
    for path in PATHS:
        for width, size in ((320, "100%"), (360, "200%"), (1280, "100%")):
            with phone(browser, width=width, locale=locale) as page:
                page.goto(f"{site.address}{path}")
                page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
                wide = page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} at {width} px, {size}: {wide} px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_are_read_in_the_sun_and_in_the_dark(browser: Browser, site: Site, scheme: str) -> None:
    for path in PATHS:
        with phone(browser, color_scheme=scheme) as page:
            page.goto(f"{site.address}{path}")
            ratio, text = page.evaluate(PALEST)
            assert ratio >= CONTRAST_MIN, f"{path}: {text}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, site: Site, scheme: str) -> None:
    # Axe is a script of its own; the page's policy lets in none, so it is told to let the tester's pass.
    options = {
        "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]},
        "resultTypes": ["violations"],
    }
    for path in PATHS:
        with phone(browser, color_scheme=scheme, java_script_enabled=True, bypass_csp=True) as page:
            page.goto(f"{site.address}{path}")
            found = Axe().run(page, options=options)
            assert found.violations_count == 0, f"{path}: {found.generate_report()}"


def test_the_recall_is_heard_first(browser: Browser, site: Site) -> None:
    with phone(browser) as page:
        page.goto(f"{site.address}{LEEK_PAGE}")
        heard = page.locator("main").inner_text()
        assert heard.index("此批次正在召回") < heard.index("公开追溯记录") < heard.index("有记录的")
        box = page.locator(".red").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < 740, "the recall is seen without scrolling"


def test_what_a_finger_must_hit_is_large_enough(browser: Browser, site: Site) -> None:
    for path in PATHS:
        with phone(browser) as page:
            page.goto(f"{site.address}{path}")
            for one in page.locator(".button, header a, input:not([type=hidden])").all():
                box = one.bounding_box()
                assert box is not None
                assert box["height"] >= 44, f"{path}: {one.inner_text()}"


def test_a_report_is_sent_without_script_and_followed_by_its_number(browser: Browser, site: Site) -> None:
    with phone(browser) as page:
        page.goto(f"{site.address}{LEEK_PAGE}")
        page.get_by_role("link", name="举报、反映问题").click()
        page.get_by_label("发生了什么").fill("有异味")
        page.get_by_role("button", name="提交").click()
        number = page.locator(".notice .code").inner_text()
        assert page.url.endswith(number.replace("-", ""))
        page.goto(f"{site.address}/p/report")
        page.get_by_label("查询编号").fill(number.upper())
        page.get_by_role("button", name="查询").click()
        assert page.locator("h1").inner_text() == "已收到，等待监管人员查阅"


def test_on_paper_the_recall_is_black_on_white_and_nothing_is_to_be_pressed(
    browser: Browser, site: Site
) -> None:
    with phone(browser) as page:
        page.goto(f"{site.address}{LEEK_PAGE}")
        page.emulate_media(media="print")
        colour = "getComputedStyle(document.querySelector('.red')).backgroundColor"
        assert page.evaluate(colour) == "rgb(255, 255, 255)"
        assert not page.locator(".button").first.is_visible()
