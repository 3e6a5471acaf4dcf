"""One ledger and one client for each test, and the parties most stories need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import Clock, enrol_party, make_ledger, open_client, registrar_of

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
def registrar(ledger: Ledger) -> Enrolled:
    return registrar_of(ledger)


@pytest.fixture
def co_op(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "南通示例蔬菜专业合作社（演示）")


@pytest.fixture
def stall(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东市场十二号菜摊（演示）")


@pytest.fixture
def authority(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority")


@pytest.fixture
def market(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东农贸市场（演示）", role="operator")
