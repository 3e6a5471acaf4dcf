"""What an inclusion proof costs, beside pymerkle's from a tree of the same entries.

    python -m benchmarks.proving                                       at 10,000 and 100,000 entries
    python -m benchmarks.proving --entries 1000000 --folder LOGS       at 1,000,000 as well; logs lie in LOGS, built where they do not yet
    python -m benchmarks.proving --json figures.json

Both lie in SQLite files and hold the same entries: our log with its tiles, and pymerkle's `SqliteTree` with its leaves, as it comes, with the
cache that it brings (1 GiB). That they have one root is checked. A round opens both anew, with nothing held in memory on either side, and asks
each in turn for the same random positions, none twice: first the one of which nothing is known, then the others; afterwards the same positions
once more, when whatever either of them holds is held. Ours is measured as a bare proof to the root of the whole log, read in a transaction of
its own as every proof is, and as the receipt that a client gets, with the entry and the signed checkpoint. Figures are the middle proof of a
round, and of those the median over the rounds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from pymerkle import SqliteTree

from benchmarks.big_log import big_log, copy_of
from benchmarks.recording import SEED, Cost
from benchmarks.telling import columns, keep, parser_of
from ledger.exchange.mirror import Mirror
from ledger.exchange.places import Folder
from ledger.log.merkle import levels_over, root_of_perfect
from ledger.log.proof import prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.store.engine import reading
from ledger.store.log_rows import StoredTiles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.service import Ledger

ROUNDS: Final = 5
#: Sizes of the log; larger ones are asked for.
SIZES: Final = (10_000, 100_000)
#: Positions asked for in one round.
PROOFS: Final = 200


@dataclass(frozen=True, slots=True)
class Round:
    """One round: the first proof after opening, and the middle one of those that followed, new and asked for again."""

    opening: Cost
    first: Cost
    new: Cost
    again: Cost
    receipt: Cost
    peer_first: Cost
    peer_new: Cost
    peer_again: Cost


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians at one size of the log."""

    size: int
    round: Round
    ratio: float
    ratio_cpu: float
    ratio_again_cpu: float


def measure(folder: Path, size: int, *, rounds: int, proofs: int) -> Measured:
    """Proofs from one log and from its peer, round by round."""
    tree = _tree_of(folder, size)
    chance = Random(SEED)
    found = [_round(folder, size, tree, positions=chance.sample(range(size), proofs)) for _ in range(rounds)]
    names = Round.__dataclass_fields__
    return Measured(
        size=size,
        round=Round(**{name: Cost.median(getattr(one, name) for one in found) for name in names}),
        ratio=statistics.median(one.peer_new.wall / one.new.wall for one in found),
        ratio_cpu=statistics.median(one.peer_new.cpu / one.new.cpu for one in found),
        ratio_again_cpu=statistics.median(one.peer_again.cpu / one.again.cpu for one in found),
    )


def _tree_of(folder: Path, size: int) -> Path:
    """The peer's tree, over the entries of our log; made where it does not lie there yet."""
    with big_log(folder, size) as ledger:
        mirror = Mirror.at(Folder(copy_of(folder, size)), [ledger.vkey])
    assert mirror is not None, "it was just built"
    path = copy_of(folder, size).parent / "pymerkle.db"
    if not path.exists():
        begun = path.with_suffix(".part")
        begun.unlink(missing_ok=True)
        with SqliteTree(str(begun)) as tree:
            tree.append_entries(list(mirror.entries(0, size)))
            assert tree.get_root() == mirror.checkpoint.root, "both hold the same entries"
        begun.rename(path)
    return path


def _round(folder: Path, size: int, peer: Path, *, positions: Sequence[int]) -> Round:
    levels_over.cache_clear()
    root_of_perfect.cache_clear()
    opened = big_log(folder, size)
    ledgers: list[Ledger] = []
    opening = Cost.of(lambda: ledgers.append(opened.__enter__()))
    (ledger,) = ledgers
    try:
        with SqliteTree(str(peer)) as tree:
            new, peer_new = _in_turn(
                positions, lambda at: _prove(ledger, at, size), lambda at: tree.prove_inclusion(at + 1)
            )
            again, peer_again = _in_turn(
                positions, lambda at: _prove(ledger, at, size), lambda at: tree.prove_inclusion(at + 1)
            )
        receipts = [Cost.of(partial(ledger.receipt, at)) for at in positions]
    finally:
        opened.__exit__(None, None, None)
    return Round(
        opening=opening,
        first=new[0],
        new=Cost.median(new[1:]),
        again=Cost.median(again),
        receipt=Cost.median(receipts),
        peer_first=peer_new[0],
        peer_new=Cost.median(peer_new[1:]),
        peer_again=Cost.median(peer_again),
    )


def _in_turn(
    positions: Sequence[int], ours: Callable[[int], object], theirs: Callable[[int], object]
) -> tuple[list[Cost], list[Cost]]:
    found: tuple[list[Cost], list[Cost]] = [], []
    for at in positions:
        for costs, prove in zip(found, (ours, theirs), strict=True):
            costs.append(Cost.of(partial(prove, at)))
    return found


def _prove(ledger: Ledger, at: int, size: int) -> object:
    with reading(ledger.engine) as connection:
        return prove_inclusion(Position(at), Size(size), StoredTiles(connection, ledger.origin))


def run(sizes: Sequence[int], folder: Path, *, rounds: int = ROUNDS, proofs: int = PROOFS) -> list[Measured]:
    """Measure at each size, smallest first."""
    found = []
    for size in sizes:
        if sys.stderr.isatty():
            print(f"{size:>9,} entries", file=sys.stderr)
        found.append(measure(folder, size, rounds=rounds, proofs=proofs))
    return found


def table(found: Sequence[Measured]) -> str:
    """The figures for a reader. Costs are microseconds of wall time, processor time in brackets."""

    def shown(cost: Cost) -> str:
        return f"{cost.wall:,.0f} ({cost.cpu:,.0f})"

    def shown_ratio(cost: Cost, other: Cost) -> str:
        return f"{cost.wall / other.wall:.2f} ({cost.cpu / other.cpu:.2f})"

    heads = (
        "entries",
        "opened",
        "first",
        "pymerkle's first",
        "new",
        "pymerkle's new",
        "ratio",
        "again",
        "pymerkle's again",
        "receipt",
        "beside the first",
    )
    lines = [
        (
            f"{one.size:,}",
            shown(one.round.opening),
            shown(one.round.first),
            shown(one.round.peer_first),
            shown(one.round.new),
            shown(one.round.peer_new),
            f"{one.ratio:.1f} ({one.ratio_cpu:.1f})",
            shown(one.round.again),
            shown(one.round.peer_again),
            shown(one.round.receipt),
            shown_ratio(one.round.new, found[0].round.new),
        )
        for one in found
    ]
    return columns([heads, *lines], right=True)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--entries", type=int, default=SIZES[-1], help="the largest size of the log")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often both are opened")
    parser.add_argument("--folder", type=Path, help="where the logs lie, or are to lie and stay")
    asked = parser.parse_args()
    sizes = [one for one in SIZES if one < asked.entries] + [asked.entries]
    with tempfile.TemporaryDirectory() as temporary:
        found = run(sizes, (asked.folder or Path(temporary)) / "plain", rounds=asked.rounds)
    print("Microseconds a proof, by the wall clock (and of processor time); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
