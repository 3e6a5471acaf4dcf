"""One server on a port for all tests of a module: they speak HTTP to it, and nothing stands in for a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from api.app import create_app
from api.settings import Settings
from tests.browser.serving import HOST, free_port, serving
from tests.integration.resolver.world import World, told
from tests.support.server import Clock, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, port = tmp_path_factory.mktemp("resolver"), free_port()
    settings = Settings(base_url=f"http://{HOST}:{port}", data=folder / "data", limits=False)
    with (
        make_ledger(folder, Clock()) as ledger,
        serving(create_app(ledger, settings), port) as url,
        httpx.Client() as http,
    ):
        yield told(ledger, url, http)
