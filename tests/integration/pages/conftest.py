"""A ledger, a client, and the parties that most pages are about.

A test that asks for the `story` gets a copy of a ledger in which it was told once; the others begin with an empty one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.pages.browsing import Visitor
from tests.integration.pages.story import Story
from tests.support.server import Clock, copied_ledger, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    """The story in a folder that nobody writes to any more."""
    folder = tmp_path_factory.mktemp("told")
    with make_ledger(folder, Clock()) as ledger:
        return folder, Story.cast(ledger).tell()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    if "story" not in request.fixturenames:
        with make_ledger(tmp_path, clock) as ledger:
            yield ledger
        return
    folder, _ = request.getfixturevalue("told")
    with copied_ledger(folder, tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def story(told: tuple[Path, Story], ledger: Ledger) -> Story:
    return told[1].on(ledger)


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
def farm(client: Client, co_op: Enrolled) -> Visitor:
    return Visitor.of(client, co_op)


@pytest.fixture
def trader(client: Client, stall: Enrolled) -> Visitor:
    return Visitor.of(client, stall)


@pytest.fixture
def public(client: Client) -> Visitor:
    return Visitor(client)
