"""No vector of a transparency log lies in its folder unread: each file is named by a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = Path(__file__).resolve().parents[1]
#: It says where the others come from.
LISTS = frozenset({"SOURCES.txt"})


def unread(files: Iterable[str], sources: str) -> list[str]:
    """The files that no test names by folder and name."""
    return [path for path in files if path not in sources]


def test_every_vector_of_a_log_is_named_by_a_test(vectors_dir: Path) -> None:
    folder = vectors_dir / "tlog"
    files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    sources = "\n".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    assert len(files) > 20
    assert unread(set(files) - LISTS, sources) == []
    assert unread(["note/no-such-vectors" + ".json"], sources) != []
