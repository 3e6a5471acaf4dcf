"""What an audit costs, beside hashing every entry and verifying every signature alone.

    python -m benchmarks.auditing                                       at 10,000 and 100,000 entries
    python -m benchmarks.auditing --entries 1000000 --folder LOGS       at 1,000,000 as well; logs lie in LOGS, built where they do not yet
    python -m benchmarks.auditing --json figures.json

Measured are `suyuan audit DIR` over a copy for members (every envelope, signature, commitment and item), the same over what everybody may
see (entries, tiles, register), and `suyuan audit` of a database, which also folds all views again and compares them row by row.

The peer does in the same process what no audit can do without: SHA-256 of every entry and of every node of the tree, and `verify` of
`cryptography` for every signature that the audit verified, its keys made once and everything at hand in memory, with no file read, nothing parsed
and nothing else compared. Ours and the peer take turns, 256 entries each, so other work on the machine moves both. Figures are medians over the
rounds. Memory is looked at in a process of its own that only audits: how much more it held at its peak than before it began.
"""

from __future__ import annotations

import json
import multiprocessing
import re
import statistics
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Final, Literal, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from benchmarks.big_log import big_log, copy_of
from benchmarks.recording import Cost
from benchmarks.telling import columns, keep, parser_of
from ledger.audit import audit
from ledger.exchange.mirror import Mirror
from ledger.exchange.outside import Asked, audit_outside
from ledger.exchange.places import Folder
from ledger.log.note import NoteVerifier
from ledger.store.engine import open_engine, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.register import Register
    from ledger.statement import Envelope

ROUNDS: Final = 5
#: Sizes of the log; larger ones are asked for.
SIZES: Final = (10_000, 100_000)
#: The audit of a database holds the whole book in memory while it compares the views.
DATABASE_ENTRIES_MAX: Final = 100_000
#: Ours and the peer take turns after so many.
ENTRIES_A_TURN: Final = 256

What = Literal["members", "public", "database"]
WHATS: Final[tuple[What, ...]] = get_args(What)


@dataclass(slots=True)
class Peer:
    """Hashing and verifying alone. What it needs is fetched while no clock runs."""

    mirror: Mirror
    keys: dict[str, Ed25519PublicKey]
    #: In the public part these positions are the only ones with a signature to verify.
    only: frozenset[int] | None
    signatures: int = 0
    root: bytes = b""
    #: The roots of the tiles of 256.
    _tiles: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, mirror: Mirror, register: Register, *, only: frozenset[int] | None) -> Peer:
        """With the keys of this register."""
        keys = {name: Ed25519PublicKey.from_public_bytes(one.key.raw) for name, one in register.keys.items()}
        return cls(mirror, keys, only)

    def turn(self, start: int, stop: int) -> Cost:
        """The entries from `start` to before `stop`; `start` stands at the beginning of a tile."""
        entries = list(self.mirror.entries(start, stop))
        shown = self.mirror.statements(start, stop)
        envelopes = [one.envelope for one in shown if self.only is None or one.position in self.only]
        signed = list(self._signed(envelopes))
        self.signatures += len(signed)

        def work() -> None:
            self._hash(entries)
            for key, signature, message in signed:
                key.verify(signature, message)

        return Cost.of(work)

    def finish(self) -> Cost:
        """What is left of the tree: what stands above the tiles of 256."""

        def work() -> None:
            self.root = _up(self._tiles)

        return Cost.of(work)

    def _signed(
        self, envelopes: Sequence[Envelope | None]
    ) -> Iterator[tuple[Ed25519PublicKey, bytes, bytes]]:
        for one in envelopes:
            if one is not None:
                for signature in one.signatures:
                    yield self.keys[signature.keyid], signature.sig, one.signed_bytes()

    def _hash(self, entries: Sequence[bytes]) -> None:
        self._tiles.append(_up([sha256(b"\x00" + raw).digest() for raw in entries]))


def _up(row: list[bytes]) -> bytes:
    """The root over a row; an odd one at its end goes up as it is (RFC 6962 2.1, from below)."""
    while len(row) > 1:
        above = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)
        ]
        row = above + row[len(above) * 2 :]
    return row[0]


@dataclass(slots=True)
class Turns:
    """Two clocks of which one runs: while the peer has its turn, ours stands."""

    peer: Peer
    done: int = 0
    ours: list[Cost] = field(default_factory=list)
    theirs: list[Cost] = field(default_factory=list)
    _wall: float = field(default_factory=perf_counter)
    _cpu: float = field(default_factory=process_time)

    def progress(self, done: int, of: int) -> None:
        """Called by the audit as it goes."""
        if done - self.done >= ENTRIES_A_TURN or done == of > self.done:
            self.stop()
            self.theirs.append(self.peer.turn(self.done, done))
            self.done = done
            self._wall, self._cpu = perf_counter(), process_time()

    def stop(self) -> None:
        """Our clock stands until the next turn begins."""
        self.ours.append(Cost((perf_counter() - self._wall) * 1e6, (process_time() - self._cpu) * 1e6))


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of one audit at one size of the log, in microseconds an entry; memory in bytes."""

    what: What
    size: int
    signatures: int
    ours: Cost
    peer: Cost
    ratio: float
    ratio_cpu: float
    #: Of ours, what was spent on reading through the log; the rest stands behind it.
    reading_ratio_cpu: float
    memory: int


def measure(what: What, folder: Path, size: int, *, rounds: int) -> Measured:
    """One audit of one log, as often as asked for."""
    place = Path(folder)
    with big_log(place, size, views=what == "database") as ledger:
        key, url = ledger.vkey, str(ledger.engine.url)
        with ledger.book() as book:
            register = book.register
    costs = []
    for _ in range(rounds):
        copy = Folder(copy_of(place, size))
        mirror = Mirror.at(copy, [key])
        assert mirror is not None, "it was just built"
        only = _register_positions(copy) if what == "public" else None
        turns = Turns(Peer.of(mirror, register, only=only))
        checked = _audit(what, copy, url, key, turns.progress)
        turns.stop()
        turns.theirs.append(turns.peer.finish())
        # Else one of the two had done less than the other.
        assert checked == turns.peer.signatures, (checked, turns.peer.signatures)
        costs.append((turns, checked))
    ours = [Cost.each(turns.ours, size) for turns, _ in costs]
    theirs = [Cost.each(turns.theirs, size) for turns, _ in costs]
    through = [Cost.each(turns.ours[:-1], size) for turns, _ in costs]
    return Measured(
        what=what,
        size=size,
        signatures=costs[0][1],
        ours=Cost.median(ours),
        peer=Cost.median(theirs),
        ratio=statistics.median(one.wall / other.wall for one, other in zip(ours, theirs, strict=True)),
        ratio_cpu=statistics.median(one.cpu / other.cpu for one, other in zip(ours, theirs, strict=True)),
        reading_ratio_cpu=statistics.median(
            one.cpu / other.cpu for one, other in zip(through, theirs, strict=True)
        ),
        memory=_memory(what, copy_of(place, size), url, str(key)),
    )


def _audit(
    what: What, copy: Folder, url: str, key: NoteVerifier, progress: Callable[[int, int], None]
) -> int:
    """The audit; how many signatures it verified."""
    if what == "database":
        engine = open_engine(url)
        try:
            with reading(engine) as connection:
                return audit(connection, key, progress=progress).signatures
        finally:
            engine.dispose()
    return audit_outside(copy, key, Asked(statements=what == "members"), progress=progress).signatures


def _register_positions(copy: Folder) -> frozenset[int]:
    """Where register statements stand, as the copy says."""
    raw = copy.read("register", bytes_max=2**30)
    assert raw is not None, "every copy has one"
    return frozenset(one["position"] for one in json.loads(raw)["statements"])


def _memory(what: What, copy: Path, url: str, vkey: str) -> int:
    """How much more a process holds at its peak than before the audit begins."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown, (what, copy, url, vkey))


def _grown(what: What, copy: Path, url: str, vkey: str) -> int:
    before = _bytes_held("VmRSS")
    _audit(what, Folder(copy), url, NoteVerifier.parse(vkey), lambda _done, _of: None)
    return _bytes_held("VmHWM") - before


def _bytes_held(name: str) -> int:
    """What this process holds now (`VmRSS`), or held at its peak (`VmHWM`)."""
    found = re.search(rf"{name}:\s+([0-9]+) kB", Path("/proc/self/status").read_text("ascii"))
    assert found is not None, "Linux says so of every process"
    return int(found[1]) * 1024


def run(sizes: Sequence[int], folder: Path, *, rounds: int = ROUNDS) -> list[Measured]:
    """Measure each audit at each size, smallest first."""
    return [
        measure(what, folder / ("views" if what == "database" else "plain"), size, rounds=rounds)
        for size in sizes
        for what in WHATS
        if what != "database" or size <= DATABASE_ENTRIES_MAX
    ]


def table(found: Sequence[Measured]) -> str:
    """The figures for a reader. Costs are microseconds of wall time, processor time in brackets."""
    heads = ("audit", "entries", "signatures", "ours", "alone", "ratio", "reading through", "memory, MB")
    lines = [
        (
            one.what,
            f"{one.size:,}",
            f"{one.signatures:,}",
            f"{one.ours.wall:.1f} ({one.ours.cpu:.1f})",
            f"{one.peer.wall:.1f} ({one.peer.cpu:.1f})",
            f"{one.ratio:.2f} ({one.ratio_cpu:.2f})",
            f"({one.reading_ratio_cpu:.2f})",
            f"{one.memory / 1e6:.1f}",
        )
        for one in found
    ]
    return columns([heads, *lines], right=True)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument("--entries", type=int, default=SIZES[-1], help="the largest size of the log")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured")
    parser.add_argument("--folder", type=Path, help="where the logs lie, or are to lie and stay")
    asked = parser.parse_args()
    sizes = [one for one in SIZES if one < asked.entries] + [asked.entries]
    with tempfile.TemporaryDirectory() as temporary:
        found = run(sizes, asked.folder or Path(temporary), rounds=asked.rounds)
    print("Microseconds an entry, by the wall clock (and of processor time); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
