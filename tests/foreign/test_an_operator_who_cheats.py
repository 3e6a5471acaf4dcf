"""An operator who holds the log's key and rewrites history, before programs that we did not write.

Whatever is signed and served afterwards is a whole and true log to whoever sees it for the first time. To whoever has kept one checkpoint it
is not: the two notes, both signed by the log, are the evidence.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from ledger.log.proof import prove_consistency
from ledger.log.sizes import Size
from tests.foreign.published import Published, publish, said
from tests.support.foreign import JUDGES, Case, Older, asking
from tests.support.soak import soak_seeds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST: Final = 600


def rewritten(choose: random.Random, true: list[bytes], kept: int) -> list[bytes]:
    """A statement that was taken says something else now."""
    at = choose.randrange(kept)
    return [*true[:at], b"something else", *true[at + 1 :]]


def removed(choose: random.Random, true: list[bytes], kept: int) -> list[bytes]:
    """A statement is gone, and the later ones have moved up."""
    at = choose.randrange(kept)
    return true[:at] + true[at + 1 :]


def inserted(choose: random.Random, true: list[bytes], kept: int) -> list[bytes]:
    """A statement stands among the old ones that was never taken."""
    at = choose.randrange(kept)
    return [*true[:at], b"backdated", *true[at:]]


def forked(choose: random.Random, true: list[bytes], kept: int) -> list[bytes]:
    """From some entry on everything is different: another buyer's view, or an old backup that was written on."""
    at = choose.randrange(kept)
    return [*true[:at], *(b"other %d" % one for one in range(len(true) - at + choose.randrange(40)))]


def rolled_back(choose: random.Random, true: list[bytes], kept: int) -> list[bytes]:
    """The newest entries are gone."""
    return true[: choose.randrange(1, kept)]


ATTACKS: Final[tuple[Callable[[random.Random, list[bytes], int], list[bytes]], ...]] = (
    rewritten,
    removed,
    inserted,
    forked,
    rolled_back,
)


def attacked(choose: random.Random, attack: int, folder: Path) -> tuple[Case, Older]:
    """What is served after the attack, and the checkpoint from before it with the best proof that the cheat can make."""
    size = choose.randrange(3, MOST)
    kept = choose.randrange(2, size + 1)
    before = publish(folder / "before", (kept,))
    forged = ATTACKS[attack % len(ATTACKS)](choose, said(size), kept)
    now = publish(folder / "now", sorted({min(kept, len(forged)), len(forged)}), forged)
    case = replace(now.case(len(forged)), older=())
    return case, Older(before.notes[kept], proof_of(now, kept, len(forged)))


def proof_of(now: Published, kept: int, size: int) -> tuple[bytes, ...]:
    """That the forged tree continues itself: a good proof, of another past. A shorter tree continues nothing."""
    return prove_consistency(Size(kept), Size(size), now.rows) if kept <= size else ()


@pytest.mark.soak
@pytest.mark.parametrize(
    "program", [pytest.param(name, id=name, marks=pytest.mark.foreign(name)) for name in JUDGES]
)
def test_no_attack_passes_those_who_kept_one_checkpoint(program: str, tmp_path: Path) -> None:
    with asking(program) as ask:
        # 250 before each of the four are 1,000 verdicts.
        for seed in soak_seeds(f"attacks before {program}", 250):
            folder = tmp_path / str(seed)
            case, kept = attacked(random.Random(seed), seed, folder)
            assert ask(case).refused == "", "the forged log is true in itself"
            assert ask(replace(case, older=(kept,))).refused, ATTACKS[seed % len(ATTACKS)].__name__
            shutil.rmtree(folder)
