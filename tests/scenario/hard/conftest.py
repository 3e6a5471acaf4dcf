"""One empty town for each hard case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Instant
from tests.scenario.hard.town import Town
from tests.support.server import Clock, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    # Access keys last ninety days: a story that ends in November begins in August.
    clock = Clock(Instant.parse("2026-08-21T08:00:00+08:00").ms)
    with make_ledger(tmp_path, clock) as ledger, open_client(ledger) as client:
        town = Town(client, clock, registrar_of(ledger), authority=registrar_of(ledger))
        town.authority = town.trader("演示市农业农村局（演示）", role="authority", kind="authority")
        yield town
