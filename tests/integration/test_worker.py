"""A server's worker process as `granian` makes it: what stands for good is nothing that the collector walks through."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tests.support.serving import environment_of, founded

if TYPE_CHECKING:
    from pathlib import Path

#: What the application leaves for the collector, and what it has it leave alone.
COUNTED: Final = """
import gc
from api.commands.serving import application
made = application()
print(len(gc.get_objects()), gc.get_freeze_count())
"""
WAIT_SECONDS: Final = 90


def test_what_stands_until_the_process_ends_is_not_walked_through_again(tmp_path: Path) -> None:
    with founded(tmp_path):
        pass
    told = subprocess.run(
        [sys.executable, "-c", COUNTED],
        env=environment_of(tmp_path, port=8000),
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=True,
    )
    collected, frozen = map(int, told.stdout.split())
    # Nor does anything complain of it at the end.
    assert "leaked" not in told.stderr
    assert frozen > 100_000
    assert collected < frozen // 50
