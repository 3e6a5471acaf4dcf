"""One day in the market, in a browser, each person at a screen of his own: co-op, wholesaler, stall, school canteen, market operator, inspector, buyer.

From a batch in the morning to its recall in the evening; then the whole log is audited. Nothing is recorded but by the forms that people use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from api.app import create_app
from api.settings import Settings
from tests.browser.cast import Cast
from tests.browser.conftest import Desks, Site
from tests.browser.serving import free_port, serving
from tests.integration.pages.story import Story
from tests.support.server import Clock, make_ledger
from tests.support.stores import audited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, FilePayload, Page


PHONE, SCREEN = 360, 1280


@pytest.fixture
def market_day(tmp_path: Path, browser: Browser) -> Iterator[tuple[Desks, Cast]]:
    port = free_port()
    settings = Settings(data=tmp_path / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
    with make_ledger(tmp_path, Clock()) as ledger:
        cast = Cast(ledger)
        with serving(create_app(ledger, settings), port) as address:
            yield Desks(browser, Site(address, Story.cast(ledger))), cast


def press(page: Page, button: str) -> None:
    """Press a button of the page itself, and wait for the answer."""
    with page.expect_navigation():
        page.locator(f"main button:has-text('{button}')").first.click()


def follow(page: Page, link: str) -> None:
    with page.expect_navigation():
        page.locator(f"main a:has-text('{link}')").first.click()


def recorded(page: Page) -> None:
    """Something was recorded, and nothing on the page says otherwise."""
    assert page.locator("[role=alert]").count() == 0, page.locator("[role=alert]").first.inner_text()
    assert "已入账" in page.inner_text("main")


def registers(page: Page) -> tuple[str, bytes]:
    """The co-op registers this morning's leeks; the address on the label, and its picture."""
    page.fill("#name", "韭菜")
    page.select_option("#category", "farm_produce")
    page.fill("#quantity", "60")
    page.select_option("#quantity_unit", "KGM")
    page.fill("#origin", "江苏如皋")
    press(page, "登记并生成标签")
    recorded(page)
    path = page.locator("dd a.code[href^='/p/']").get_attribute("href")
    label = page.locator("img.label-picture").get_attribute("src")
    assert path is not None
    assert label is not None
    at = urlsplit(page.url)
    return path, page.request.get(f"{at.scheme}://{at.netloc}{label}").body()


def ships(page: Page, kilos: str) -> None:
    page.locator("label.choice", has_text="顺和示例批发部").click()
    page.fill("#amount_0", kilos)
    press(page, page.locator("main form[action='/my/shipments'] .buttons button").inner_text())
    assert "/my/slips/" in page.url


def sells(page: Page, buyer: str, kilos: str, price: str) -> None:
    """The wholesaler writes a slip: the buyer, kilos, price, print."""
    follow(page, buyer)
    page.fill("#amount_0", kilos)
    page.fill("#price_0", price)
    press(page, page.locator(".sell-go button").inner_text())
    assert "/my/slips/" in page.url
    assert buyer in page.inner_text("main")


def takes_in(page: Page, supplier: str) -> int:
    """A stall accepts what was declared, in as few taps as the page lets it; how many."""
    page.locator("a.hand-card", has_text=supplier).first.click()
    page.wait_for_load_state()
    page.locator("#whole label.choice").first.click()
    press(page, page.locator("button.big").inner_text())
    recorded(page)
    return 3


def before_dawn(desks: Desks, cast: Cast) -> tuple[str, bytes]:
    with desks.at(SCREEN, cast.co_op) as desk:
        address, label = registers(desk.open("/my/batches/new"))
        ships(desk.open("/my/shipments/new"), "50")
        desk.watch.check()
    return address, label


def at_the_counter(desks: Desks, cast: Cast) -> None:
    with desks.at(PHONE, cast.wholesaler) as desk:
        takes_in(desk.open("/stall"), "绿畦")
        for buyer, kilos in (("王记示例菜摊", "30"), ("示例小学食堂", "15")):
            sells(desk.open("/sell"), buyer, kilos, "7.20")
        assert "324.00" in desk.open("/sell/owed").inner_text("main").replace(",", "")
        desk.watch.check()


def at_the_stalls(desks: Desks, cast: Cast, address: str) -> None:
    for buyer in (cast.stall, cast.school):
        with desks.at(PHONE, buyer, script=False) as desk:
            assert takes_in(desk.open("/stall"), "顺和") <= 3

    with desks.at(PHONE, None) as desk:
        page = desk.open(address)
        assert "韭菜" in page.inner_text("h1")
        assert "召回" not in page.inner_text("h1")


def the_market_looks_round(desks: Desks, cast: Cast) -> None:
    with desks.at(SCREEN, cast.market) as desk:
        page = desk.open("/market")
        assert "示例小学食堂" not in page.inner_text("main")
        follow(page, "王记示例菜摊")
        assert "已查验" in page.inner_text("main")
        page.locator("form[action$='/stop'] label.choice").first.click()
        page.fill("#reason", "快检阳性，待复检")
        press(page, "停止销售")
        assert "正在停售" in page.inner_text("main")
        desk.watch.check()


def an_inspector_comes(desks: Desks, cast: Cast, label: bytes) -> None:
    with desks.at(PHONE, cast.office) as desk:
        page = desk.open("/inspect")
        photo: FilePayload = {"name": "label.png", "mimeType": "image/png", "buffer": label}
        page.set_input_files("#photo", files=photo)
        press(page, page.locator("form[action='/inspect'][method=post] button").inner_text())
        if "/trace" not in page.url:
            page.locator(".cards a[href^='/trace']").first.click()
            page.wait_for_load_state()
        text = page.inner_text("main")
        for party in ("绿畦示例合作社", "顺和示例批发部", "王记示例菜摊", "示例小学食堂"):
            assert party in text
        with page.expect_download() as download:
            page.locator("a[download][href*='recall.xlsx']").first.click()
        assert download.value.path().stat().st_size > 1_000
        desk.watch.check()


def goods_are_called_back(desks: Desks, cast: Cast) -> str:
    with desks.at(SCREEN, cast.co_op) as desk:
        page = desk.open("/my/recalls/new")
        page.locator(".goods-ticks label").first.click()
        page.fill("#reason", "农药残留超标")
        page.fill("#advice", "请停止食用，到购买处退货")
        press(page, page.locator("button[name=step][value=look]").inner_text())
        assert "顺和示例批发部" in page.inner_text("main")
        press(page, page.locator("button[name=step][value=start]").inner_text())
        assert "/my/recalls/" in page.url
        recall = urlsplit(page.url).path
        desk.watch.check()
    return recall


def a_buyer_looks(desks: Desks, address: str) -> None:
    with desks.at(PHONE, None) as desk:
        page = desk.open(address)
        words = page.inner_text("main")
        assert words.index("召回") < words.index("韭菜") or "召回" in page.inner_text(".recall")
        assert "请停止食用" in words
        page.goto(f"{desk.site.address}/p/report?goods=")
        page.fill("#text", "昨天在菜场买的韭菜有异味")
        page.fill("#place", "示例农贸市场15号摊")
        press(page, page.locator("form[action='/p/report'][method=post] button").inner_text())
        assert "/p/report/" in page.url
        number = page.url
        page.goto(number)
        assert page.locator("[role=status] .code").inner_text()
        desk.watch.check()


def the_stall_answers(desks: Desks, cast: Cast, recall: str) -> None:
    with desks.at(PHONE, cast.stall) as desk:
        page = desk.open(recall)
        page.fill("#recovered_0", "10")
        page.fill("#sold_0", "20")
        press(page, page.locator("button[name=step][value=answer]").inner_text())
        recorded(page)

    with desks.at(SCREEN, cast.co_op) as desk:
        assert "王记示例菜摊" in desk.open(recall).inner_text("main")


def test_a_day_in_the_market_from_batch_to_recall(market_day: tuple[Desks, Cast]) -> None:
    desks, cast = market_day
    address, label = before_dawn(desks, cast)
    at_the_counter(desks, cast)
    at_the_stalls(desks, cast, address)
    the_market_looks_round(desks, cast)
    an_inspector_comes(desks, cast, label)
    recall = goods_are_called_back(desks, cast)
    a_buyer_looks(desks, address)
    the_stall_answers(desks, cast, recall)
    assert audited(cast.ledger).entries == cast.ledger.size()
