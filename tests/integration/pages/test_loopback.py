"""Codes that lead to this machine alone: left out of slips, refused as cards, and shown to whoever asks; what a newcomer's demo shows says so."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.pages.stall_code import publish
from api.settings import Settings
from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import Story
from tests.support.server import BASE_URL, Clock, client_of, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

QR = 'class="code-picture"'
PUBLIC = "https://suyuan.example"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with make_ledger(tmp_path_factory.mktemp("loopback"), Clock()) as ledger:
        story = Story.cast(ledger).tell()
        publish(ledger, story.stall.party, by_whom=story.stall.party)
        yield story


@contextmanager
def at(
    story: Story, address: str = BASE_URL, *, demo: bool = False, asks: bool | None = None
) -> Iterator[Visitor]:
    settings = Settings(base_url=address, demo=demo, limits=False, print_loopback=asks)
    with client_of(create_app(story.ledger, settings)) as client:
        yield Visitor.of(client, story.stall)


def test_a_slip_is_printed_without_its_code_and_with_it_for_whoever_asks(told: Story) -> None:
    with at(told) as visitor:
        farm = Visitor.of(visitor.client, told.farm)
        path = next(
            f"/my/slips/{seq}"
            for seq in range(told.ledger.size())
            if farm.open(f"/my/slips/{seq}").status == 200
        )
        bare = farm.open(path)
        assert QR not in bare.html
        assert "没有印码" in bare.text
        assert "?loopback=1" in bare.read.links
        asked = farm.open(f"{path}?loopback=1")
        assert QR in asked.html
        assert "只有这台机器打得开" in asked.text
    with at(told, PUBLIC) as visitor:
        public = Visitor.of(visitor.client, told.farm).open(path)
        assert QR in public.html
        assert "本机" not in public.text


def test_a_stall_card_of_this_machine_is_refused_with_the_way_out(told: Story) -> None:
    with at(told) as visitor:
        refused = visitor.open("/stall/card")
        assert refused.status == 409
        assert "SUYUAN_BASE_URL" in refused.text
        assert QR not in refused.html
        asked = visitor.open("/stall/card?loopback=1")
        assert asked.status == 200
        assert QR in asked.html
        assert "只有这台机器打得开" in asked.text


def test_with_the_setting_it_is_printed_and_says_so(told: Story) -> None:
    with at(told, asks=True) as visitor:
        page = visitor.open("/stall/card")
        assert (page.status, QR in page.html) == (200, True)
        assert "只有这台机器打得开" in page.text


def test_a_newcomer_s_demo_shows_its_card_unless_the_operator_says_no(told: Story) -> None:
    with at(told, demo=True) as visitor:
        page = visitor.open("/stall/card")
        assert (page.status, QR in page.html) == (200, True)
        assert "只有这台机器打得开" in page.text
    with at(told, demo=True, asks=False) as visitor:
        assert visitor.open("/stall/card").status == 409


def test_where_phones_reach_the_server_nobody_is_asked_and_nothing_is_said(told: Story) -> None:
    with at(told, PUBLIC) as visitor:
        page = visitor.open("/stall/card")
        assert (page.status, QR in page.html) == (200, True)
        assert "只有这台机器" not in page.text


def test_a_label_of_this_machine_is_refused_and_drawn_for_whoever_asks(told: Story) -> None:
    goods = "https://id.gs1.org/01/09520001000027/10/JC-1"
    path = f"/api/v1/goods-label?goods={goods}"
    with at(told) as visitor:
        refused = visitor.client.get(path, key=told.farm.key)
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("#OnlyHere")
        drawn = visitor.client.get(f"{path}&loopback=1", key=told.farm.key)
        assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/png")
