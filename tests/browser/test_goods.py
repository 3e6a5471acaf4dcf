"""The clerk's console in a browser, without script: a batch is split, its labels are printed twice, a recall is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from playwright.sync_api import expect

from ledger.identifiers import GoodsId
from ledger.vocabulary.goods import Batch

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.browser.conftest import Desk, Desks, Site

CELERY = GoodsId.parse("https://id.gs1.org/01/09520001000034/10/QC-1")


def fits(desk: Desk) -> None:
    """Nothing is cut off, and nobody has to push the page sideways."""
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        page.url
    )


def a_batch(site: Site) -> None:
    body: dict[str, Json] = {
        "goods": str(CELERY),
        "maker": str(site.story.farm.party),
        "name": "芹菜",
        "category": "farm_produce",
        "batch_number": "QC-1",
        "quantity": {"amount": "20", "unit": "KGM"},
    }
    site.story.ledger.say(site.story.farm.party, Batch.read(body))


def newest_part(site: Site) -> GoodsId:
    with site.story.ledger.book() as book:
        records = book.records(range(book.size - 3, book.size))
    return next(one.said.goods for _, one in sorted(records.items()) if isinstance(one.said, Batch))


def test_a_clerk_splits_a_batch_prints_labels_twice_and_answers_a_recall(site: Site, desks: Desks) -> None:
    a_batch(site)
    with desks.at(360, site.story.farm, script=False) as desk:
        page = desk.open(f"/my/batches/process?kind=split&goods={quote(str(CELERY), safe='')}")
        page.locator("#amount_0").fill("20")
        page.locator("#out_0").fill("12")
        page.locator("#out_1").fill("8")
        fits(desk)
        page.get_by_role("button", name="入账", exact=True).click()
        expect(page.locator("h1")).to_have_text("分装")
        expect(page.get_by_text("芹菜 QC-1-2")).to_have_count(1)
        fits(desk)
        for reason in ("", "卡纸"):
            desk.open(f"/my/labels/new?goods={quote(str(newest_part(site)), safe='')}")
            page.locator("#count").fill("4")
            if reason:
                page.locator("#reason").fill(reason)
            page.get_by_role("button", name="登记并打印").click()
            pictures = page.locator(".goods-sheet img")
            expect(pictures).to_have_count(4)
            # A page is there before its pictures are.
            pictures.first.evaluate("one => one.decode()")
            assert pictures.first.evaluate("one => one.complete && one.naturalWidth > 0")
            fits(desk)
        desk.open("/my/labels")
        assert page.get_by_role("row").filter(has_text="卡纸").count() == 1
        fits(desk)
        desk.open("/my/recalls")
        page.get_by_role("link", name="召回 #").first.click()
        fits(desk)
        page.locator("#recovered_0").fill("5")
        page.get_by_role("button", name="提交反馈").click()
        expect(page.locator("#answer + p")).to_have_text("已反馈数量")
        desk.watch.check()
