"""The clerk's console in a real browser: a licence that runs out is recorded, told of on the front, and renewed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.conftest import Desks, Site

pytestmark = pytest.mark.browser

PHONE, SCREEN = 320, 1280
NUMBER = "JY13206820005678"


def test_a_licence_that_runs_out_is_told_of_and_renewed(desks: Desks, site: Site) -> None:
    # The demo's day is 14 November 2026.
    with desks.at(SCREEN, site.story.stall) as desk:
        page = desk.open("/my/licences")
        page.get_by_role("link", name="登记许可证照").click()
        page.get_by_label("证件类型").fill("食品经营许可证")
        page.get_by_label("证号").fill(NUMBER)
        page.get_by_label("有效期至").fill("2026-11-21")
        page.get_by_role("button", name="入账").click()
        page.get_by_text("还有 7 天").wait_for()

        reminder = desk.open("/my").get_by_role("link", name=re.compile(NUMBER))
        assert "还有 7 天" in reminder.first.inner_text()
        reminder.first.click()
        page.get_by_role("link", name="登记换发的新证").click()
        assert page.get_by_label("证号").input_value() == NUMBER
        page.get_by_label("有效期起").fill("2026-11-22")
        page.get_by_label("有效期至").fill("2031-11-21")
        page.get_by_role("button", name="入账").click()
        page.get_by_role("status").wait_for()

        waiting = desk.open("/my").locator("#papers ~ *").all_inner_texts()
        assert all("还有 7 天" not in one for one in waiting)
        desk.watch.check()


@pytest.mark.parametrize("path", ["/my", "/my/files/new"])
def test_the_console_fits_the_narrowest_screen_without_script(desks: Desks, site: Site, path: str) -> None:
    with desks.at(PHONE, site.story.wholesaler, language="en", script=False) as desk:
        page = desk.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
        small = page.locator(".areas a, .tabs a, .waiting a, .papers a, .home-areas a").all()
        boxes = [box for one in small if (box := one.bounding_box()) is not None]
        assert all(box["height"] >= 44 for box in boxes)
