"""The counter in a real browser: how many taps, fields and seconds a slip takes; ten in a row; without script; on paper."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from api.app import create_app
from api.settings import Settings
from tests.browser.conftest import Site
from tests.browser.serving import free_port, serving
from tests.browser.test_pages import PHONE, SCREEN, TAP_PX_MIN, TOO_PALE, TOO_SMALL, UNLABELLED
from tests.integration.pages.story import Story
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

    from tests.browser.conftest import Desks

#: 38 slips in ten minutes.
SECONDS_A_SLIP_MAX = 600 / 38
SLIPS = 10
FIELDS_MAX = 4
#: What a hand needs beside the machine: a tap on a button in sight, and one figure typed (model of keystrokes: 1.1 s and 0.28 s a key).
TAP_SECONDS, KEY_SECONDS = 1.1, 0.28
#: Counts instead of opening the dialog, which no script can close.
COUNTING = "window.print = () => { window.printed = (window.printed || 0) + 1; dispatchEvent(new Event('afterprint')); }"
POINTS_A_MM = 72 / 25.4
POINTS_MIN = 8
SMALLEST = (
    "Math.min(...[...document.querySelectorAll('.slip tbody *, .slip dd')]"
    ".map(one => parseFloat(getComputedStyle(one).fontSize)))"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A wholesaler with stock and thirty-nine buyers, and no recall."""
    folder, port = tmp_path_factory.mktemp("counter"), free_port()
    settings = Settings(data=folder / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
    with make_ledger(folder, Clock()) as ledger:
        story = Story.cast(ledger).tell()
        with serving(create_app(ledger, settings), port) as address:
            yield Site(address, story)


def visible_fields(page: Page) -> int:
    """What a person could fill in: each field in sight, a group of buttons as one."""
    names: list[str] = page.evaluate(
        "[...document.querySelectorAll('form[data-sell] :is(input:not([type=hidden]), select, textarea)')]"
        ".filter(one => one.checkVisibility() && !one.closest('details:not([open])')).map(one => one.name)"
    )
    return len(set(names))


def sell_to(page: Page, buyer: str, kilos: str, price: str = "") -> int:
    """One slip the way a hand does it; how many taps it took. The slip's page stands open afterwards."""
    page.click(f".buyer:has-text('{buyer}')")
    # The browser puts the cursor into the kilos before our script has seen to it that what is there is typed over: nobody types that fast.
    page.wait_for_url("**/sell/to/**")
    # A function: our policy lets the page evaluate no text, and a text would be evaluated again each time that it is not so yet.
    page.wait_for_function("() => document.activeElement.id === 'amount_0'")
    page.keyboard.type(kilos)
    taps = 2
    if price:
        page.click("#price_0")
        page.keyboard.type(price)
        taps += 1
    page.click(".sell-go button")
    page.wait_for_selector(".slip[data-paper]")
    # The page itself takes off its address what says that it is new.
    page.wait_for_url(lambda url: "?" not in url)
    return taps


def test_a_slip_takes_two_taps_and_the_next_buyer_one_more(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler) as desk:
        desk.page.add_init_script(COUNTING)
        page = desk.open("/sell")
        first = sell_to(page, "王记示例菜摊", "60", price="4")
        assert first == 3
        assert page.inner_text(".slip-total .number") == "¥240.00"
        # It prints itself once it is painted; afterwards the keyboard stands on what comes next.
        expect(page.locator(".slip-next")).to_be_focused()
        assert page.evaluate("window.printed") == 1
        page.keyboard.press("Enter")
        page.wait_for_selector("#buyers")
        # From the second time on the price stands there already.
        assert sell_to(page, "王记示例菜摊", "55") == 2
        assert page.inner_text(".slip-total .number") == "¥220.00"
        page.goto(f"{site.address}/sell")
        page.click(".buyer >> nth=0")
        page.wait_for_url("**/sell/to/**")
        assert 1 <= visible_fields(page) <= FIELDS_MAX
        desk.watch.check()


def test_ten_slips_in_a_row_keep_the_pace(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler) as desk:
        desk.page.add_init_script(COUNTING)
        page = desk.open("/sell")
        began, hand = time.monotonic(), 0.0
        for number in range(SLIPS):
            taps = sell_to(page, f"示例菜场 {number + 10} 号摊", "12.5", price="3.60")
            assert page.inner_text(".slip-total .number") == "¥45.00"
            hand += (taps + 1) * TAP_SECONDS + len("12.53.60") * KEY_SECONDS
            page.click(".slip-next")
            page.wait_for_selector("#buyers")
        machine = time.monotonic() - began
        assert (machine + hand) / SLIPS <= SECONDS_A_SLIP_MAX, (machine / SLIPS, hand / SLIPS)
        expect(page.locator(".sell-latest li")).to_have_count(8)
        desk.watch.check()


def test_a_buyer_is_sifted_while_one_types_and_enter_takes_the_last_one(desks: Desks, site: Site) -> None:
    with desks.at(SCREEN, site.story.wholesaler) as desk:
        page = desk.open("/sell")
        # The cursor stands in the search.
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type("wjsl")
        expect(page.locator("#buyers > li:visible")).to_have_count(1)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/sell/to/{site.story.stall.party}?form=*")
        assert "王记示例菜摊" in page.inner_text("h1")
        desk.watch.check()


def test_the_total_and_the_warning_are_there_before_anything_is_sent(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler) as desk:
        page = desk.open(f"/sell/to/{site.story.stall.party}")
        page.fill("#amount_0", "58.5")
        page.fill("#price_0", "3.33")
        assert page.inner_text("#sum") == "¥194.81"
        assert not page.is_visible("#more-than-left")
        page.fill("#amount_0", "1,200")
        assert page.inner_text("#sum") == "¥3,996.00"
        assert page.is_visible("#more-than-left")
        desk.watch.check()


def test_a_lost_answer_and_a_double_tap_make_one_slip(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler) as desk:
        desk.page.add_init_script(COUNTING)
        size = site.story.ledger.size()
        page = desk.open(f"/sell/to/{site.story.stall.party}")
        page.fill("#amount_0", "7")
        page.fill("#price_0", "2")
        page.evaluate("const b = document.querySelector('.sell-go button'); b.click(); b.click();")
        page.wait_for_selector(".slip[data-paper]")
        page.wait_for_url(lambda url: "?" not in url)
        slip = page.url
        assert site.story.ledger.size() == size + 1
        # Back to the form, and sent again: whether the browser kept the page or asks for it, it is the same slip.
        page.go_back()
        page.wait_for_selector("form[data-sell], .slip[data-paper]")
        if page.locator("form[data-sell]").count():
            page.fill("#amount_0", "7")
            page.fill("#price_0", "2")
            page.click(".sell-go button")
            page.wait_for_selector(".slip[data-paper]")
        expect(page).to_have_url(slip)
        assert site.story.ledger.size() == size + 1


def test_after_a_lost_answer_the_form_s_address_leads_to_the_slip(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler) as desk:
        desk.page.add_init_script(COUNTING)
        page = desk.open(f"/sell/to/{site.story.stall.party}")
        form, size = page.url, site.story.ledger.size()

        def lose(route: Route) -> None:
            # The server has recorded it; the network fails on the way back.
            if route.request.method == "POST":
                route.fetch(max_redirects=0)
                route.abort()
            else:
                route.continue_()

        page.route("**/sell/to/**", lose)
        page.fill("#amount_0", "9")
        page.fill("#price_0", "2")
        with page.expect_event("requestfailed"):
            page.click(".sell-go button", no_wait_after=True)
        page.unroute_all(behavior="wait")
        assert site.story.ledger.size() == size + 1
        page.goto(form)
        assert page.inner_text(".slip-total .number") == "¥18.00"
        assert site.story.ledger.size() == size + 1


def test_it_all_works_without_script(desks: Desks, site: Site) -> None:
    with desks.at(PHONE, site.story.wholesaler, script=False) as desk:
        page = desk.open("/sell")
        page.fill("#q", "wjsl")
        page.click(".sell-search button")
        page.fill("#amount_0", "10")
        page.fill("#price_0", "4")
        page.click(".sell-go button")
        assert page.inner_text(".slip-total .number") == "¥40.00"
        page.click("text=下一位客户")
        page.click("text=应收账款")
        page.click(".owing-who >> nth=0")
        page.fill("#amount", "5")
        page.click(".owing-pay button")
        expect(page.get_by_text("收款已登记").first).to_be_visible()


def test_the_slip_is_one_piece_of_paper_of_each_width(desks: Desks, site: Site) -> None:
    with desks.at(SCREEN, site.story.wholesaler) as desk:
        desk.page.add_init_script(COUNTING)
        page = desk.open("/sell")
        sell_to(page, "示例菜场 1 号摊", "5", price="4")
        slip = page.url.removeprefix(site.address)
        for paper, width_mm in (("58", 58), ("80", 80), ("a4", 210)):
            page = desk.open(f"{slip}?paper={paper}")
            # Smaller is not read under a market's lamp.
            assert page.evaluate(SMALLEST) >= POINTS_MIN * 96 / 72
            pdf = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
            box = re.search(rb"/MediaBox\s*\[0 0 ([0-9.]+)", pdf)
            assert box is not None
            assert round(float(box[1]) / POINTS_A_MM) == width_mm


@pytest.mark.parametrize("width", [320, SCREEN])
def test_the_pages_of_the_counter_are_laid_out_for_every_hand(desks: Desks, site: Site, width: int) -> None:
    with desks.at(width, site.story.wholesaler, language="zh" if width == SCREEN else "en") as desk:
        desk.page.add_init_script(COUNTING)
        page = desk.open("/sell")
        sell_to(page, "示例菜场 2 号摊", "5", price="4")
        slip = page.url.removeprefix(site.address)
        owed = page.get_attribute(".slip-say a", "href")
        for path in (
            "/sell",
            f"/sell/to/{site.story.stall.party}",
            slip,
            f"{slip}/correct",
            "/sell/owed",
            owed,
        ):
            assert path is not None
            page = desk.open(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(TOO_SMALL, TAP_PX_MIN) == [], path
            assert page.evaluate(TOO_PALE, [4.5, 3.0, 24]) == [], path
            assert page.evaluate(UNLABELLED) == [], path
            assert page.locator("h1").count() == 1, path
        desk.watch.check()
