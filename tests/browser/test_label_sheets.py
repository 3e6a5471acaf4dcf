"""Labels in a browser: the page of a run without script, its files, and the drawing of a label as Chromium sets it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from urllib.parse import quote

from PIL import Image

from ledger.identifiers import GoodsId
from ledger.vocabulary.goods import Batch, Codes
from tests.support.prints import pdf_pages, read, zpl_labels

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.browser.conftest import Desk, Desks, Site

KALE = GoodsId.parse("https://id.gs1.org/01/09520001000034/10/GL-1")


def fits(desk: Desk) -> None:
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        page.url
    )


def an_issue(site: Site, goods: GoodsId, number: int) -> tuple[str, list[str]]:
    ledger, farm = site.story.ledger, site.story.farm.party
    body: dict[str, Json] = {
        "goods": str(goods),
        "maker": str(farm),
        "name": "羽衣甘蓝",
        "category": "farm_produce",
        "batch_number": "GL-1",
        "quantity": {"amount": "20", "unit": "KGM"},
    }
    ledger.say(farm, Batch.read(body))
    codes = [f"{goods}/21/7k2q9m4xw8t3p{place:03}" for place in range(number)]
    (placed,) = ledger.say(farm, Codes.read({"action": "issue", "goods": str(goods), "codes": [*codes]}))
    return str(ledger.stored(placed.seq).header.id), codes


def test_labels_of_an_issue_are_asked_for_on_a_phone_and_fetched_for_paper_and_for_a_label_printer(
    site: Site, desks: Desks
) -> None:
    issue, codes = an_issue(site, KALE, 5)
    with desks.at(360, site.story.farm, script=False) as desk:
        page = desk.open(f"/my/labels/new?issue={issue}")
        fits(desk)
        page.locator("#first").fill("2")
        page.locator("#count").fill("3")
        page.locator("input[name=signed]").check()
        page.get_by_role("button", name="登记并打印").click()
        fits(desk)
        assert codes[1] in page.locator(".goods-codes").inner_text()
        for name in ("PDF", "ZPL"):
            box = page.get_by_role("button", name=name, exact=True).bounding_box()
            assert box is not None
            assert box["height"] >= 44
        at = page.url.rpartition("/")[2]
        sheet = page.context.request.get(
            f"{page.url.partition('/my/')[0]}/api/v1/label-sheets/{at}.pdf?template=a4-24&skip=0"
        )
        (paper,) = pdf_pages(sheet.body(), dpi=300)
        assert [text.partition("?")[0].rpartition("/")[2] for text in sorted(read(paper))] == [
            code.rpartition("/")[2] for code in codes[1:4]
        ]
        with page.expect_download() as download:
            page.get_by_role("button", name="ZPL", exact=True).click()
        assert len(zpl_labels(download.value.path().read_bytes())) == 3
        # The drawing, as Chromium sets it on a page three hundred dots to the inch.
        label = f"/api/v1/goods-label?goods={quote(codes[0], safe='')}&form=svg&width_mm=50&height_mm=30"
        desk.open(label)
        shown = Image.open(io.BytesIO(page.screenshot())).convert("L")
        assert [text.rpartition("/")[2] for text in read(shown)] == [codes[0].rpartition("/")[2]]
