"""A stall keeper with wet hands and an old telephone: taps, fields and seconds, by touch at 360 px, with script and without.

What is counted is what a person does: each tap on the glass, each field typed into. The seconds are those of the machine from the first tap to
the page that says it is recorded; a finger adds its own.
"""

from __future__ import annotations

import io
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from api.app import create_app
from api.pages.stall_code import publish
from api.settings import Settings
from ledger.accounts.callers import Caller
from ledger.identifiers import BatchCode, GoodsId
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Shipment
from tests.browser.conftest import Watch
from tests.browser.serving import free_port, serving
from tests.support.server import Clock, enrol_party, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from ledger.accounts.cards import Card
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Enrolled

_log = logging.getLogger(__name__)
WIDTH, HEIGHT = 360, 740
TAPS_MAX, SECONDS_MAX = 3, 15.0
TARGET_PX_MIN = 56
#: How an in-app browser calls itself: it has no passkeys, and nothing here asks for one.
IN_APP = "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36 Chrome/86.0 Mobile MicroMessenger/8.0"

SMALL_TARGETS = """
least => [...document.querySelectorAll('main a, main button, main summary, main .choice, main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main select')]
  .filter(one => one.offsetParent !== null && !one.classList.contains('record-link'))
  .map(one => [one.tagName + '.' + one.className + ' ' + one.textContent.trim().slice(0, 12), one.getBoundingClientRect()])
  .filter(([, box]) => box.height < least || box.width < least)
  .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)
"""


@dataclass(slots=True)
class House:
    """A served ledger, a stall, and whoever delivers to it."""

    address: str
    ledger: Ledger
    stall: Enrolled
    co_op: Enrolled
    card: Card
    goods: GoodsId

    def send(self, amount: str = "60") -> None:
        """One more delivery on its way to the stall."""
        body: dict[str, Json] = {
            "to": str(self.stall.party),
            "lines": [{"goods": str(self.goods), "quantity": {"amount": amount, "unit": "KGM"}}],
            "voucher": {"voucher_kind": "sales_slip", "number": f"XS-{self.ledger.size()}"},
        }
        self.ledger.say(self.co_op.party, Shipment.read(body))


@dataclass(slots=True)
class Hands:
    """What a person does at the glass, counted."""

    page: Page
    taps: int = 0
    fields: int = 0
    began: float = field(default_factory=time.perf_counter)

    def tap(self, selector: str) -> None:
        """One tap."""
        self.taps += 1
        self.page.locator(selector).first.tap()

    def fill(self, selector: str, text: str) -> None:
        """A field that is tapped and typed into."""
        self.taps += 1
        self.fields += 1
        self.page.fill(selector, text)

    def photograph(self, selector: str) -> None:
        """Open the camera, take the picture, keep it: three taps on any telephone."""
        self.taps += 3
        picture = io.BytesIO()
        Image.new("RGB", (900, 1200), (235, 233, 224)).save(picture, "JPEG")
        self.page.set_input_files(
            selector, {"name": "slip.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
        )

    def tell(self) -> None:
        """How long it took since the first page was open, for docs/ux.md; and that it was not too long."""
        seconds = time.perf_counter() - self.began
        _log.info("%s taps, %s fields, %.1f s", self.taps, self.fields, seconds)
        assert seconds <= SECONDS_MAX


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("stall"), free_port()
    address = f"http://127.0.0.1:{port}"
    # The stall's phone is this machine: its card leads here.
    settings = Settings(data=folder / "data", base_url=address, print_loopback=True)
    with make_ledger(folder, Clock()) as ledger:
        stall = enrol_party(ledger, "王记示例菜摊（演示）", kind="individual_business")
        co_op = enrol_party(ledger, "绿畦示例合作社（演示）", kind="cooperative")
        goods = GoodsId.of_batch(BatchCode.new(b"leek-batch"))
        body: dict[str, Json] = {
            "goods": str(goods),
            "maker": str(co_op.party),
            "name": "韭菜",
            "category": "farm_produce",
            "origin": "江苏如皋",
        }
        ledger.say(co_op.party, Batch.read(body))
        registrar = Caller(
            party=ledger.registrar, role="registrar", label="test", acting="registrar", method="api_key"
        )
        card = ledger.accounts.issue_card(registrar, stall.party, "王示例")
        with serving(create_app(ledger, settings), port):
            yield House(address, ledger, stall, co_op, card, goods)


@contextmanager
def phone(browser: Browser, house: House, *, script: bool) -> Iterator[tuple[Page, Watch]]:
    """A telephone with an in-app browser, somebody signed in by card and PIN, and the page that this leads to."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        locale="zh-CN",
        has_touch=True,
        is_mobile=True,
        user_agent=IN_APP,
        java_script_enabled=script,
    )
    watch, page = Watch(house.address), context.new_page()
    watch.on(page)
    try:
        page.goto(f"{house.address}/sign-in")
        page.fill("#number", house.card.number)
        page.fill("#pin", house.card.pin)
        page.locator('form[action="/sign-in/card"] button').tap()
        page.wait_for_url("**/stall")
        yield page, watch
    finally:
        context.close()


def recorded(page: Page) -> bool:
    page.wait_for_url("**/stall?done=*")
    return page.locator(".notice.done").is_visible()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_declared_delivery_takes_three_taps_and_no_typing(
    browser: Browser, house: House, *, script: bool
) -> None:
    house.send()
    with phone(browser, house, script=script) as (page, watch):
        hands = Hands(page)
        hands.tap('.hand-card[href^="/stall/deliveries/"]')
        hands.tap('label:has(input[value="in_order"])')
        hands.tap("main form button")
        assert recorded(page)
        assert (hands.taps, hands.fields) == (TAPS_MAX, 0)
        hands.tell()
        watch.check()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_photographed_slip_takes_three_taps_more(browser: Browser, house: House, *, script: bool) -> None:
    house.send()
    with phone(browser, house, script=script) as (page, watch):
        hands = Hands(page)
        hands.tap('.hand-card[href^="/stall/deliveries/"]')
        hands.tap('label:has(input[value="in_order"])')
        hands.photograph("#voucher_photo")
        hands.tap("main form button")
        assert recorded(page)
        assert (hands.taps, hands.fields) == (2 * TAPS_MAX, 0)
        hands.tell()
        watch.check()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_same_as_last_time_takes_three_taps_and_one_field(
    browser: Browser, house: House, *, script: bool
) -> None:
    with phone(browser, house, script=script) as (page, watch):
        if page.locator('.hand-card[href*="last="]').count() == 0:
            page.goto(f"{house.address}/stall/new")
            page.fill("#party_name", "张桂兰")
            page.fill("#name", "小青菜")
            page.fill("#quantity", "20")
            page.locator('label:has(input[value="in_order"])').tap()
            page.locator("main form button").tap()
            assert recorded(page)
        hands = Hands(page)
        hands.tap('.hand-card[href*="last="]')
        hands.fill("#quantity", "25")
        hands.tap("main form button")
        assert recorded(page)
        assert (hands.taps, hands.fields) == (TAPS_MAX, 1)
        hands.tell()
        watch.check()


def test_lines_open_only_for_whoever_has_something_to_say_of_one(browser: Browser, house: House) -> None:
    house.send()
    with phone(browser, house, script=False) as (page, _):
        hands = Hands(page)
        hands.tap('.hand-card[href^="/stall/deliveries/"]')
        assert not page.locator(".by-line").is_visible()
        hands.tap('label:has(input[value="differs"])')
        expect(page.locator(".by-line")).to_be_visible()
        hands.fill("#amount_0", "58.5")
        hands.tap('#papers label:has(input[value="in_order"])')
        hands.tap("main form button")
        assert recorded(page)


def test_targets_are_large_and_nothing_scrolls_sideways(browser: Browser, house: House) -> None:
    house.send()
    publish(house.ledger, house.stall.party, by_whom=house.stall.party)
    with phone(browser, house, script=True) as (page, watch):
        offer = page.locator('.hand-card[href^="/stall/deliveries/"]').first.get_attribute("href")
        paths = ["/stall", str(offer), "/stall/new", "/stall/code", "/my/duty", "/stall/card"]
        same = page.locator('.hand-card[href*="last="]')
        if same.count():
            paths.append(str(same.first.get_attribute("href")))
        faults = list[str]()
        for path in paths:
            page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
            page.goto(house.address + path)
            if path not in {"/my/duty", "/stall/card"}:
                faults += (f"{path}: {one}" for one in page.evaluate(SMALL_TARGETS, TARGET_PX_MIN))
            page.set_viewport_size({"width": 320, "height": HEIGHT})
            if page.evaluate("document.documentElement.scrollWidth") > 320 and path != "/stall/card":
                faults.append(f"{path} scrolls sideways")
        assert faults == []
        watch.check()


def test_the_card_is_one_sheet_of_paper(browser: Browser, house: House) -> None:
    publish(house.ledger, house.stall.party, by_whom=house.stall.party)
    with phone(browser, house, script=True) as (page, _):
        for size in ("a6", "a5"):
            page.goto(f"{house.address}/stall/card?size={size}")
            paper = page.pdf(print_background=True, prefer_css_page_size=True)
            assert paper.count(b"/Type /Page\n") == 1
