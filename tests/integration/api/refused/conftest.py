"""A refusal writes nothing, so all refusals of a module may meet one ledger: each asserts that the log is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.server import Clock, enrol_party, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("ledger"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def client(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger) as client:
        yield client


@pytest.fixture(scope="module")
def demo(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger, demo=True) as client:
        yield client


@pytest.fixture(scope="module")
def registrar(ledger: Ledger) -> Enrolled:
    return registrar_of(ledger)


@pytest.fixture(scope="module")
def co_op(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "南通示例蔬菜专业合作社（演示）")


@pytest.fixture(scope="module")
def stall(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城东市场十二号菜摊（演示）")


@pytest.fixture(scope="module")
def authority(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority")
