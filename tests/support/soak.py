"""How much of a soak test runs, and where it goes on after it was stopped.

SUYUAN_SOAK says how much: 1 is all of it (`make soak`), 0.1 a tenth (`make check`); unset, soak tests do not
run. A test with the marker `soak` asks for its share:

    for seed in soak_seeds("histories", 10_000):
        assert folded(history(seed)) == remembered(history(seed))

A whole soak takes hours, so each seed that passed is written down in `.soak/` and not tried again when the
soak is started again after a stop. What was written down holds for the code it was found with and no other;
`make soak` puts it into `docs/reliability.md` and throws it away when all has passed. A share of a soak writes nothing down and remembers nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROGRESS_SECONDS = 10


def soak_scale() -> float:
    """The share of a soak that runs: 0 is none of it, 1 is all."""
    named = os.environ.get("SUYUAN_SOAK", "0")
    try:
        scale = float(named)
    except ValueError:
        scale = -1.0
    if not 0 <= scale <= 1:
        raise pytest.UsageError(f"SUYUAN_SOAK is {named!r}, expected a number from 0 to 1")
    return scale


def soak_count(full: int) -> int:
    """How many of a whole soak's `full` cases run here; at least one."""
    return max(1, round(full * soak_scale()))


def soak_seeds(name: str, full: int, *, folder: Path = ROOT / ".soak") -> Iterator[int]:
    """The seeds still to be tried. A seed counts as done when the loop comes back for the next one."""
    if soak_scale() < 1:
        yield from range(soak_count(full))
        return
    book = folder / f"{name}.txt"
    done = _read(book, code=_code())
    said = time.monotonic()
    for seed in range(full):
        if seed in done:
            continue
        yield seed
        with book.open("a", encoding="ascii") as lines:
            lines.write(f"{seed}\n")
        if time.monotonic() - said >= PROGRESS_SECONDS:
            said = time.monotonic()
            sys.stderr.write(f"soak {name}: {seed + 1} of {full}\n")


def _read(book: Path, *, code: str) -> set[int]:
    """The seeds that passed with this code; the book of any other code is begun again."""
    lines = book.read_text("ascii").splitlines() if book.exists() else []
    if lines and lines[0].split(" ")[0] == code:
        sys.stderr.write(f"soak {book.stem}: {len(lines) - 1} seeds passed before\n")
        return {int(line) for line in lines[1:]}
    book.parent.mkdir(exist_ok=True)
    book.write_text(f"{code} {_commit()}\n", encoding="ascii")
    return set()


def _commit() -> str:
    """The commit that is tried, with a plus when something beside it is not committed; for people to read."""
    described = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    said = subprocess.run(described, cwd=ROOT, check=False, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def _code() -> str:
    """One name for all the code and data that a soak's outcome hangs on."""
    digest = hashlib.sha256((ROOT / "requirements-dev.lock").read_bytes())
    for package in ("api", "ledger", "scanner", "tests"):
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and "node_modules" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
