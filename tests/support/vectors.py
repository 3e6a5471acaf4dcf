"""Where the test vectors lie that other people made.

They are not ours to copy, so the repository has none of them: the environment's SUYUAN_VECTORS names the
folder. Where it is unset, or says `none`, the tests that need it are left out and named at the end of the run
(`needs.py`).

A test on one file, and a test on each file of a kind:

    @pytest.mark.vectors
    def test_the_context_is_the_published_one() -> None:
        text = vectors("gs1/epcis-gs1/epcis-context.jsonld").read_text("utf-8")

    @each_vector("tlog/**/*.json")
    def test_every_proof_is_judged_as_its_maker_judged_it(vector: Path) -> None: ...

The fixture `vectors_dir` is the folder itself; a test that asks for it needs no marker.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

Test = TypeVar("Test", bound="Callable[..., None]")

#: Stands in for the files where there are none, so that the test can be named as not run.
NOWHERE = Path("SUYUAN_VECTORS")


def vectors_folder() -> Path | None:
    """The folder, or None where the environment names none."""
    named = os.environ.get("SUYUAN_VECTORS", "none")
    if named in {"", "none"}:
        return None
    folder = Path(named).resolve()
    if not folder.is_dir():
        raise pytest.UsageError(f"SUYUAN_VECTORS is {named!r}, expected a folder, or `none`")
    return folder


def vectors(path: str) -> Path:
    """One file or folder of the vectors, by its path from theirs. The caller's test is marked `vectors`."""
    folder = vectors_folder()
    if folder is None:
        raise pytest.UsageError(
            f"the test of {path} wants the marker `vectors`: SUYUAN_VECTORS names no folder"
        )
    found = folder / path
    if not found.exists():
        raise FileNotFoundError(f"there is no {path} in the folder of test vectors, {folder}")
    return found


def vector_files(pattern: str) -> list[Path]:
    """Every file that fits the pattern, sorted; at least one, or the folder is not the one we know."""
    folder = vectors_folder()
    if folder is None:
        return [NOWHERE]
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if not found:
        raise pytest.UsageError(f"no {pattern} in the folder of test vectors, {folder}")
    return found


def each_vector(pattern: str) -> Callable[[Test], Test]:
    """Runs the test once for each file that fits the pattern, as its argument `vector`."""
    folder = vectors_folder() or NOWHERE.parent
    files = [pytest.param(path, id=path.relative_to(folder).as_posix()) for path in vector_files(pattern)]

    def decorated(test: Test) -> Test:
        marked: Test = pytest.mark.vectors(pytest.mark.parametrize("vector", files)(test))
        return marked

    return decorated
