"""Codes at the clerk's console in a browser, without script, on a telephone: issued by count, printed again, packed into a case."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from ledger.identifiers import GoodsId
from ledger.vocabulary.goods import Batch
from tests.browser.test_goods import fits

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.browser.conftest import Desks, Site

LETTUCE = GoodsId.parse("https://id.gs1.org/01/09520001000034/10/SC-20261114")
WORDS = {"zh": ("赋码入账", "入账", "补打"), "en": ("Record", "Record", "Printed again")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_clerk_issues_codes_prints_one_again_and_packs_two(site: Site, desks: Desks, language: str) -> None:
    body: dict[str, Json] = {
        "goods": str(LETTUCE),
        "maker": str(site.story.farm.party),
        "name": "生菜",
        "category": "farm_produce",
        "batch_number": "SC-20261114",
    }
    site.story.ledger.say(site.story.farm.party, Batch.read(body))
    go, then, again = WORDS[language]
    with desks.at(360, site.story.farm, script=False) as desk:
        page = desk.open(f"/my/codes/new?goods={quote(str(LETTUCE), safe='')}&lang={language}")
        page.locator("#count").fill("12")
        fits(desk)
        page.get_by_role("button", name=go, exact=True).click()
        expect(page.locator(".panel-facts .code").nth(1)).to_be_visible()
        code, other = page.locator(".panel-facts .code").all_inner_texts()[:2]
        fits(desk)
        page.locator("#action").select_option("reprint")
        page.locator("#codes").fill(code)
        page.locator("#reason").fill("卡纸（演示）")
        page.get_by_role("button", name=then, exact=True).click()
        expect(page.locator(".panel-facts").get_by_text(again, exact=True)).to_have_count(1)
        desk.open("/my/codes/pack")
        page.locator("#parent_code").fill("00095200010000001234")
        page.locator("#codes").fill(f"{code}\n{other}")
        fits(desk)
        page.get_by_role("button", name=then, exact=True).click()
        expect(page.locator("table.rows a").filter(has_text=code)).to_have_count(1)
        fits(desk)
        desk.open("/my/codes")
        fits(desk)
        desk.watch.check()
