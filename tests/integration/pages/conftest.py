"""A ledger, a client, and the parties that most pages are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import Story
from tests.support.server import Clock, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with make_ledger(tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def client(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger) as client:
        yield client


@pytest.fixture
def demo_client(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger, demo=True) as client:
        yield client


@pytest.fixture
def co_op(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "南通示例蔬菜专业合作社（演示）", kind="cooperative")


@pytest.fixture
def stall(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东市场十二号菜摊（演示）", kind="individual_business")


@pytest.fixture
def authority(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority", kind="authority")


@pytest.fixture
def farm(client: Client, co_op: Enrolled) -> Visitor:
    return Visitor.of(client, co_op)


@pytest.fixture
def trader(client: Client, stall: Enrolled) -> Visitor:
    return Visitor.of(client, stall)


@pytest.fixture
def inspector(client: Client, authority: Enrolled) -> Visitor:
    return Visitor.of(client, authority)


@pytest.fixture
def public(client: Client) -> Visitor:
    return Visitor(client)


@pytest.fixture
def story(ledger: Ledger) -> Story:
    return Story(ledger).tell()
