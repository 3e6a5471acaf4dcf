"""The demo, played once for all tests that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.scenario.demo import open_copy, play_varied, suyuan

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scenario.demo import Telling


@dataclass(frozen=True, slots=True)
class DemoRun:
    """`suyuan demo` as it ran: its data folder and what it printed."""

    data: Path
    done: subprocess.CompletedProcess[str]

    @property
    def folder(self) -> Path:
        """Where the demo's own ledger lies."""
        return self.data / "demo"


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """The command, run once."""
    data = tmp_path_factory.mktemp("demo")
    return DemoRun(data=data, done=suyuan("demo", data=data))


@pytest.fixture(scope="session")
def plain(demo_run: DemoRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    """The plain story, to be asked and not written to."""
    with open_copy(demo_run.folder, tmp_path_factory.mktemp("plain")) as telling:
        yield telling


@pytest.fixture
def own(demo_run: DemoRun, tmp_path: Path) -> Iterator[Telling]:
    """The plain story in a copy of the test's own."""
    with open_copy(demo_run.folder, tmp_path) as telling:
        yield telling


@pytest.fixture(scope="session")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Telling]:
    """The story with other names, amounts and days."""
    with play_varied(tmp_path_factory.mktemp("varied")) as telling:
        yield telling


@pytest.fixture(params=["plain", "varied"])
def telling(request: pytest.FixtureRequest) -> Telling:
    """Each telling in turn: what is true of the story is true however it is told."""
    found: Telling = request.getfixturevalue(request.param)
    return found
