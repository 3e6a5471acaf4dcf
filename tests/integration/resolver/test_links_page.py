"""The page on which a maker keeps the links behind its codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.trace.linked import links_of
from tests.integration.pages.console import Console
from tests.support.server import Clock, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.pages.browsing import Page
    from tests.integration.pages.console import Made

GTIN = "09520001000027"
ADDRESS = "https://maker.example/leek"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    clock = Clock()
    with make_ledger(tmp_path_factory.mktemp("links"), clock) as ledger, open_client(ledger) as client:
        yield Console.of(ledger, client, clock)


@pytest.fixture
def made(console: Console) -> Made:
    return console.batch()


def give(console: Console, **filled: str) -> Page:
    return console.farm.submit(console.farm.open("/my/links"), "/my/links", filled)


def standing(console: Console, made: Made) -> list[str]:
    with console.ledger.book() as book:
        return [one.said.href for one in links_of(book, made.goods)]


def test_a_link_is_given_shown_handed_out_and_ended(console: Console, made: Made) -> None:
    page = give(
        console,
        goods=str(made.goods),
        link_type="instructions",
        href=f"{ADDRESS}/{made.number}",
        link_title="使用说明书（演示）",
        languages="zh，en",
    )
    assert (page.status, page.path) == (200, "/my/links")
    assert f"{ADDRESS}/{made.number}" in page.text
    assert "zh、en" in page.text
    path = f"/01/{GTIN}/10/{made.number}?linkType=gs1:instructions"
    answer = console.client.get(path, headers={"accept": "text/html"})
    assert answer.headers["location"].startswith(f"{ADDRESS}/{made.number}")
    (end,) = {
        one.action
        for one in page.read.forms
        if one.action.endswith("/end") and _about(console, one.action, made)
    }
    for _ in range(2):
        # However often the button is pressed, it is ended once.
        after = console.farm.submit(page, end, {})
        assert (after.status, after.path) == (200, "/my/links")
    assert standing(console, made) == []
    assert console.client.get(path).status_code == 404


def _about(console: Console, action: str, made: Made) -> bool:
    position = int(action.split("/")[3])
    with console.ledger.book() as book:
        return getattr(book.records([position])[position].said, "goods", None) == made.goods


def test_a_gtin_names_the_whole_product(console: Console, made: Made) -> None:
    page = give(
        console, goods=GTIN[1:], link_type="pip", href=f"{ADDRESS}/product", link_title="产品介绍（演示）"
    )
    assert page.status == 200
    answer = console.client.get(f"/01/{GTIN}?linkType=gs1:pip", headers={"accept": "text/html"})
    assert answer.headers["location"].startswith(f"{ADDRESS}/product")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("goods", "09520001000028", "校验"),
        ("goods", "09520001000010", "本方生产"),
        ("goods", "leek", "urn:"),
        ("href", "http://maker.example/", "https://"),
        ("href", "javascript:alert(1)", "网址"),
        ("link_title", "", "链接标题"),
        ("languages", "zh-Hans", "zh-CN"),
        ("contexts", "<b>", "CN"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    console: Console, made: Made, field: str, value: str, words: str
) -> None:
    good = {
        "goods": str(made.goods),
        "link_type": "faqs",
        "href": f"{ADDRESS}/faq",
        "link_title": "常见问题（演示）",
    }
    page = give(console, **{**good, field: value})
    assert page.status == 422
    assert words in page.text
    (form,) = (one for one in page.read.forms if one.action == "/my/links")
    assert form.fields[field] == value
    assert standing(console, made) == []


def test_nobody_ends_the_links_of_others(console: Console, made: Made) -> None:
    give(console, goods=str(made.goods), link_type="faqs", href=f"{ADDRESS}/f", link_title="常见问题（演示）")
    with console.ledger.book() as book:
        (one,) = links_of(book, made.goods)
    page = console.trader.open("/my/links")
    assert ADDRESS not in page.text
    answer = console.client.post(f"/my/links/{one.record.seq}/end", key=console.stall.key)
    assert answer.status_code in {403, 404, 415, 422}
    assert standing(console, made) == [f"{ADDRESS}/f"]


def test_a_link_that_another_maker_of_the_product_keeps_back_is_shown_as_such(console: Console) -> None:
    console.batch()
    rival, visitor = console.stranger()
    body = {
        "maker": str(rival),
        "name": "韭菜",
        "category": "farm_produce",
        "gtin": GTIN,
        "batch_number": "R-1",
    }
    assert console.client.post("/api/v1/batches", json=body, key=rival.key).status_code == 201
    filled = {
        "goods": GTIN,
        "link_type": "pip",
        "href": "https://rival.example/",
        "link_title": "别家（演示）",
    }
    page = visitor.submit(visitor.open("/my/links"), "/my/links", filled)
    assert "此链接没有对外提供" in page.text
    listed = console.client.get(f"/01/{GTIN}?linkType=linkset").text
    assert "rival.example" not in listed
