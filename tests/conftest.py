"""How tests run here: what each needs, which machine they may reach, how Hypothesis looks for trouble."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.needs import FIXTURES, chromium_path, missing, not_run_report
from tests.support.soak import soak_scale
from tests.support.vectors import vectors_folder

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Protocol

    class _Worker(Protocol):
        """One of the processes that run tests for this one."""

        config: pytest.Config


NOT_RUN = pytest.StashKey[list[tuple[str, str]]]()

# No deadline: a slow machine is no fault of the code. No database: the code and its seed decide alone.
settings.register_profile("dev", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
# In CI the same examples each time, so that a red run is the change's doing.
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def _stay_on_this_machine(event: str, arguments: tuple[object, ...]) -> None:
    """Refuses to connect to any other machine: a test that needs one would pass on some days only."""
    if event not in {"socket.connect", "socket.sendto"}:
        return
    address = arguments[1]
    if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "::1", "localhost")):
        raise PermissionError(f"a test tried to reach {address!r}; tests stay on this machine")


def pytest_configure(config: pytest.Config) -> None:
    """Refuses a mistaken environment before the first test, and shuts the network."""
    vectors_folder()
    soak_scale()
    config.stash[NOT_RUN] = []
    # Tests ask for more in a second than people in an hour. What budgets do is tested where they are switched on.
    os.environ.setdefault("SUYUAN_LIMITS", "false")
    sys.addaudithook(_stay_on_this_machine)


# Last, so that what was not asked for (-m, -k) is not reported as left out.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what cannot run here."""
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in FIXTURES:
                item.add_marker(FIXTURES[fixture])
        reason = missing(item.iter_markers())
        if reason is None:
            kept.append(item)
        else:
            left_out.append(item)
            config.stash[NOT_RUN].append((reason, item.nodeid))
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish() -> None:
    """Ten thousand tests stay as long as the run does: whoever looks for garbage need not look at them again and again."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the run that started it what it left out: it alone has collected."""
    # At the end all of it goes, or libraries complain of what they think is lost.
    gc.unfreeze()
    output: dict[str, object] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["not_run"] = session.config.stash[NOT_RUN]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: _Worker) -> None:
    """Every worker has collected the same; one of them is enough."""
    told = getattr(node, "workeroutput", {}).get("not_run", ())
    node.config.stash[NOT_RUN] = [(str(reason), str(test)) for reason, test in told]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Names what was left out, and why."""
    not_run = config.stash[NOT_RUN]
    if not_run:
        terminalreporter.section(f"not run: {len(not_run)} tests", sep="-")
        for line in not_run_report(not_run):
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def vectors_dir() -> Path:
    """The folder of other people's test vectors."""
    folder = vectors_folder()
    assert folder is not None, "a test that asks for this fixture runs only where there is a folder"
    return folder


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser of this machine."""
    path = chromium_path()
    assert path is not None, "a test that asks for this fixture runs only where there is a browser"
    return path
