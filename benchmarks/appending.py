"""What it costs to append durably: the log alone and the whole recorder, beside the database's own speed and other logs.

    python -m benchmarks.appending
    python -m benchmarks.appending --json figures.json

A round measures, one after the other and over the same statements: the log alone and the recorder, 100 statements a commit and one a
commit; `executemany` of exactly the rows that each of them left, as many a transaction, into the same schema with the same indexes and settings, and
of the bare entries; `append_entry` of pymerkle's tree in SQLite, durable as it comes; and, where Go is present, Tessera's POSIX storage.
pymerkle and Tessera keep what we keep of a statement, envelope and items, as one entry. Both leave out what the recorder does beside the log: they
check no signature, keep no register, views or findings and find no statement that stood there before. pymerkle signs no tree. Tessera's answer says
that entries are synced and in the tree; its checkpoint follows by itself, ours comes with the answer.

*The log alone* is the recorder's commit without the gate, the views and the findings: entries chained and hashed, envelopes and items
stored, leaves read back, tiles, head, checkpoint signed, COMMIT, fork guard. It is put together here of the same parts. *Unguarded* it is the same
without the fork guard, which waits for the disk a second time: none of the peers keeps such a thing.

Syncs are counted by strace where the machine has it, in a process of their own: how many more for so many more commits. The figures are medians
over the rounds, the ratios medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pymerkle import SqliteTree

from benchmarks.recording import PARTIES, Cost, begun, copy_rows, one_sync, rows_since
from benchmarks.telling import keep, parser_of
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.merkle import Edge, leaf_hash
from ledger.log.note import NoteSigner
from ledger.store.book import write_opened
from ledger.store.engine import create_tables, open_engine, writing
from ledger.store.guard import Guard
from ledger.store.log_rows import (
    HeadRow,
    lock_head,
    move_head,
    read_leaves,
    write_checkpoint,
    write_first_head,
    write_kept,
    write_tiles,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Engine, PoolProxiedConnection

    from benchmarks.recording import Bench
    from ledger.statement import Statement

ROUNDS: Final = 7
#: Entries in the recorder's log before anything is measured.
SIZE: Final = 5_000
MANY: Final = 100
COMMITS_OF_MANY: Final = 5
COMMITS_OF_ONE: Final = 20
#: Parties where syncs are counted: who they are is recorded before, and not looked at.
PARTIES_ALONE: Final = 12
#: How many commits more the second run makes whose syncs are counted: enough for SQLite to move its log into the database a few times.
MORE_COMMITS: Final = {MANY: 60, 1: 200}
GO_SECONDS_MAX: Final = 600

TESSERA: Final = Path(__file__).parent / "tessera"
_SYNC: Final = re.compile(r"\bf(?:data)?sync\(")
_NAMES: Final = {
    "log": "the log alone",
    "unguarded": "the log alone, unguarded",
    "recorder": "the recorder",
    "pymerkle": "pymerkle, append_entry",
    "tessera": "Tessera, POSIX",
    "log rows": "executemany of the log's rows",
    "all rows": "executemany of all rows",
    "entries": "executemany of bare entries",
}
#: What is compared with what, and how many times as fast it was asked to be.
_RATIOS: Final = (
    ("log", "log rows", MANY, "≥ 0.60"),
    ("unguarded", "log rows", MANY, ""),
    ("recorder", "all rows", MANY, ""),
    ("log", "entries", MANY, ""),
    ("recorder", "entries", MANY, ""),
    ("log", "pymerkle", 1, "≥ 3"),
    ("unguarded", "pymerkle", 1, ""),
    ("recorder", "pymerkle", 1, ""),
    ("log", "tessera", MANY, ""),
    ("recorder", "tessera", MANY, ""),
    ("log", "tessera", 1, ""),
    ("recorder", "tessera", 1, ""),
)


class LogAlone:
    """The log and nothing that is made of it, in a database of its own and under a guard of its own, if any."""

    def __init__(self, engine: Engine, guard: Path | None) -> None:
        self.engine = engine
        self._signer = NoteSigner.from_seed("bench.example/alone", os.urandom(32))
        self._guard = None if guard is None else Guard(guard, self._signer.name)
        self._edge, self._last = Edge.empty(), NO_ENTRY_BEFORE
        create_tables(engine)
        with writing(engine) as connection:
            write_first_head(connection, self._signer.name, self._row(at_ms=0))

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self._edge.size

    @property
    def guarded(self) -> int:
        """How many of them the guard knows."""
        last = None if self._guard is None else self._guard.last()
        return 0 if last is None else last.checkpoint.size

    def append(self, statements: Sequence[Statement]) -> None:
        """One commit, as `ledger.recorder` makes it of statements that it admitted."""
        origin, at_ms = self._signer.name, time.time_ns() // 10**6
        size, edge, last = self._edge.size, self._edge, self._last
        with writing(self.engine) as connection:
            before = lock_head(connection, origin)
            assert before == self._row(at_ms=before.at_ms), "nobody else writes here"
            entries, leaves = list[Entry](), []
            for one in statements:
                entry = Entry(at_ms=at_ms, prev=self._last, statement=one.envelope.digest)
                leaves.append(entry.leaf_hash)
                entries.append(entry)
                self._last = bytes(leaves[-1])
            kept = zip(entries, statements, strict=True)
            write_kept(
                connection,
                origin,
                [
                    (seq, entry, one.envelope, one.header, one.opened)
                    for seq, (entry, one) in enumerate(kept, size)
                ],
            )
            stored = [leaf_hash(raw) for raw in read_leaves(connection, origin, start=size)]
            write_tiles(connection, origin, old_size=size, leaves=leaves)
            self._edge = edge.extend(leaves)
            assert edge.extend(stored) == self._edge, "what was written reads back"
            moved = move_head(connection, origin, size=size, last=last, to=self._row(at_ms=at_ms))
            assert moved, "the head stood where it was left"
            checkpoint = Checkpoint(origin=origin, size=self._edge.size, root=self._edge.root())
            note = checkpoint.sign([self._signer])
            write_checkpoint(connection, origin, size=checkpoint.size, note=note)
        if self._guard is not None:
            if size:
                self._guard.advance(note)
            else:
                self._guard.begin(note)

    def _row(self, *, at_ms: int) -> HeadRow:
        return HeadRow(
            size=self._edge.size,
            root=bytes(self._edge.root()),
            edge=self._edge.to_bytes(),
            last=self._last,
            at_ms=at_ms,
        )


class Tessera:
    """Tessera in a process of its own, which is told on its standard input what to add."""

    def __init__(self, program: Path, folder: Path, *, each: int) -> None:
        # What Tessera says about itself, it says on standard error.
        self._process = subprocess.Popen(
            [program, folder, str(each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def append(self, entries: Sequence[bytes]) -> Cost:
        """What it says that it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([b64encode(one).decode() for one in entries]) + "\n")
        self._process.stdin.flush()
        took = json.loads(self._process.stdout.readline())
        return Cost(wall=took["wall"], cpu=took["cpu"])


def build_tessera(folder: Path) -> Path | str:
    """The program, built into a folder; or why it was not."""
    go = shutil.which("go")
    if go is None:
        return "not run: no Go"
    way = {"GO111MODULE": "on", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    program = folder / "tessera"
    try:
        built = subprocess.run(
            [go, "build", "-o", program, "."],
            check=False,
            cwd=TESSERA,
            env={**os.environ, **way},
            capture_output=True,
            text=True,
            timeout=GO_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return f"not run: not built within {GO_SECONDS_MAX} s"
    return "not run: " + built.stderr.strip().rpartition("\n")[2] if built.returncode else program


def as_one_entry(statement: Statement) -> bytes:
    """What we keep of a statement, for logs that keep one piece."""
    return statement.envelope.raw + write_opened(statement.opened)


@dataclass(slots=True)
class Appending:
    """Everything that appends, side by side."""

    bench: Bench
    alone: LogAlone
    unguarded: LogAlone
    ours: PoolProxiedConnection
    log_rows: PoolProxiedConnection
    bare: PoolProxiedConnection
    tree: SqliteTree
    folder: Path
    #: By how many entries a batch; empty where there is none.
    tessera: Mapping[int, Tessera]

    def round(self) -> dict[str, Cost]:
        """What a statement costs each of them, by name and statements a commit."""
        many = [self.bench.trade.statements(MANY) for _ in range(COMMITS_OF_MANY)]
        single = [[one] for one in self.bench.trade.statements(COMMITS_OF_ONE)]
        found = self._ours(many, each=MANY) | self._ours(single, each=1)
        ones = [as_one_entry(one) for (one,) in single]
        found[_key("pymerkle", 1)] = Cost.each(
            [Cost.of(partial(self.tree.append_entry, one)) for one in ones],
            len(ones),
        )
        for each, tessera in self.tessera.items():
            entries = ones if each == 1 else [as_one_entry(one) for some in many for one in some]
            found[_key("tessera", each)] = Cost.each([tessera.append(entries)], len(entries))
        found["sync"] = one_sync(self.folder / "synced")
        return found

    def _ours(self, commits: Sequence[Sequence[Statement]], *, each: int) -> dict[str, Cost]:
        """The log alone and the recorder, and the rows that they leave, commit by commit."""
        costs: dict[str, list[Cost]] = {
            name: [] for name in ("log", "unguarded", "log rows", "entries", "recorder", "all rows")
        }

        def took(
            name: str, append: Callable[[Sequence[Statement]], object], some: Sequence[Statement]
        ) -> None:
            # A statement keeps its bytes once somebody asked for them; everybody gets one that nobody asked yet.
            fresh = [replace(one, envelope=replace(one.envelope)) for one in some]
            costs[name].append(Cost.of(lambda: append(fresh)))

        for statements in commits:
            size = self.alone.size
            took("log", self.alone.append, statements)
            took("unguarded", self.unguarded.append, statements)
            left = rows_since(self.ours, size, found_ms=-1)
            costs["log rows"].append(copy_rows(self.log_rows, left))
            costs["entries"].append(copy_rows(self.bare, {"entries": left["entries"]}))
            size = self.bench.ledger.size()
            took("recorder", self.bench.commit, statements)
            left = rows_since(self.bench.ours, size, found_ms=self.bench.clock.ms)
            costs["all rows"].append(copy_rows(self.bench.peer, left))
        count = sum(map(len, commits))
        return {_key(name, each): Cost.each(some, count) for name, some in costs.items()}


@contextmanager
def appending(folder: Path, program: Path | None, *, parties: int = PARTIES) -> Iterator[Appending]:
    """A log whose parties are enrolled, the log alone, and their peers; all of them warm."""
    with ExitStack() as stack:
        bench = stack.enter_context(begun(folder, guard=folder / "guard", parties=parties))
        engines = [
            open_engine(f"sqlite:///{folder}/{name}.db")
            for name in ("alone", "log-rows", "bare", "unguarded")
        ]
        for engine in engines:
            stack.callback(engine.dispose)
        alone = LogAlone(engines[0], folder / "guard of the log alone")
        for engine in engines[1:3]:
            create_tables(engine)
        tessera = {} if program is None else {each: folder / f"tessera-{each}" for each in (MANY, 1)}
        yield Appending(
            bench=bench,
            alone=alone,
            unguarded=LogAlone(engines[3], None),
            ours=engines[0].raw_connection(),
            log_rows=engines[1].raw_connection(),
            bare=engines[2].raw_connection(),
            tree=stack.enter_context(SqliteTree(str(folder / "pymerkle.db"))),
            folder=folder,
            tessera={
                each: stack.enter_context(Tessera(program, where, each=each))
                for each, where in tessera.items()
                if program is not None
            },
        )


def append_only(name: str, *, each: int, commits: int, folder: Path, program: Path | None) -> None:
    """One of them appends so often, and nothing else: what strace looks at."""
    with appending(folder, program if name == "tessera" else None, parties=PARTIES_ALONE) as them:
        ways: dict[str, Callable[[Sequence[Statement]], object]] = {
            "log": them.alone.append,
            "unguarded": them.unguarded.append,
            "recorder": them.bench.commit,
            "pymerkle": lambda some: them.tree.append_entry(as_one_entry(some[0])),
            "tessera": lambda some: them.tessera[each].append([as_one_entry(one) for one in some]),
        }
        for _ in range(commits):
            ways[name](them.bench.trade.statements(each))


def syncs_a_record(name: str, *, each: int, more: int, program: Path | None) -> float:
    """How often the disk is waited for, for one statement, as strace sees it: between a run of one commit and a run of `more` beyond it."""
    counted = []
    for commits in (1, 1 + more):
        with tempfile.TemporaryDirectory() as folder:
            trace = Path(folder) / "trace"
            looking = [
                "strace",
                "-f",
                "-q",
                "-e",
                "trace=fsync,fdatasync",
                "-e",
                "signal=none",
                "-o",
                str(trace),
            ]
            what = [name, str(each), str(commits), folder, *([] if program is None else [str(program)])]
            subprocess.run([*looking, sys.executable, "-m", __spec__.name, "--only", *what], check=True)
            counted.append(len(_SYNC.findall(trace.read_text("ascii", "replace"))))
    return (counted[1] - counted[0]) / (more * each)


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of all rounds, the ratios of the rates by the wall clock and by processor time, and the syncs that were counted."""

    costs: Mapping[str, Cost]
    ratios: Mapping[str, tuple[float, float]]
    syncs: Mapping[str, float]
    not_run: Mapping[str, str]

    @classmethod
    def of(
        cls, rounds: Sequence[Mapping[str, Cost]], *, syncs: Mapping[str, float], not_run: Mapping[str, str]
    ) -> Measured:
        """Each ratio is the median of the rounds' ratios."""

        def ratio(ours: str, peer: str, clock: Callable[[Cost], float]) -> float:
            return statistics.median(clock(one[peer]) / clock(one[ours]) for one in rounds)

        pairs = [(_key(ours, each), _key(peer, each)) for ours, peer, each, _ in _RATIOS]
        return cls(
            costs={name: Cost.median(one[name] for one in rounds) for name in rounds[0]},
            ratios={
                f"{ours} / {peer}": (
                    ratio(ours, peer, lambda cost: cost.wall),
                    ratio(ours, peer, lambda cost: cost.cpu),
                )
                for ours, peer in pairs
                if peer in rounds[0]
            },
            syncs=syncs,
            not_run=not_run,
        )


def measure(
    folder: Path, *, program: Path | None, rounds: int, size: int, parties: int = PARTIES
) -> list[dict[str, Cost]]:
    """Grow a log, then measure round by round."""
    with appending(folder, program, parties=parties) as all_of_them:
        all_of_them.bench.grow(size)
        all_of_them.round()  # All of them warm: statements prepared, pages read.
        return [all_of_them.round() for _ in range(rounds)]


def count_syncs(*, program: Path | None, more: Mapping[int, int] = MORE_COMMITS) -> dict[str, float]:
    """The syncs a statement of everybody who waits for the disk."""
    who = [
        ("log", MANY),
        ("log", 1),
        ("unguarded", MANY),
        ("unguarded", 1),
        ("recorder", MANY),
        ("recorder", 1),
        ("pymerkle", 1),
    ]
    if program is not None:
        who += [("tessera", MANY), ("tessera", 1)]
    return {
        _key(name, each): syncs_a_record(name, each=each, more=more[each], program=program)
        for name, each in who
    }


def run(folder: Path) -> Measured:
    """Build what there is to build, measure, and count syncs."""
    built = build_tessera(folder)
    program, not_run = (built, {}) if isinstance(built, Path) else (None, {"Tessera": built})
    rounds = measure(folder, program=program, rounds=ROUNDS, size=SIZE)
    if shutil.which("strace") is None:
        return Measured.of(rounds, syncs={}, not_run={**not_run, "syncs": "not counted, no strace"})
    return Measured.of(rounds, syncs=count_syncs(program=program), not_run=not_run)


def table(found: Measured) -> str:
    """The figures for a reader: microseconds a statement by the wall clock, processor time in brackets."""
    lines = [("", "a statement", "syncs")]
    for each in (MANY, 1):
        for name, words in _NAMES.items():
            key = _key(name, each)
            if key in found.costs:
                cost, syncs = found.costs[key], found.syncs.get(key)
                said = "" if syncs is None else f"{syncs:.3f}"
                lines.append((f"{words}, {each} a commit", f"{cost.wall:,.0f} ({cost.cpu:,.0f})", said))
    sync = found.costs["sync"]
    lines += [("one sync of the disk", f"{sync.wall:,.0f} ({sync.cpu:,.0f})", ""), ("", "", "")]
    lines.append(("", "times as fast", "asked for"))
    for ours, peer, each, asked in _RATIOS:
        ratio = found.ratios.get(f"{_key(ours, each)} / {_key(peer, each)}")
        if ratio is not None:
            what = f"{_NAMES[ours]} / {_NAMES[peer]}, {each} a commit"
            lines.append((what, f"{ratio[0]:.2f} ({ratio[1]:.2f})", asked))
    lines += [(what, why, "") for what, why in found.not_run.items()]
    widths = [max(len(line[place]) for line in lines) for place in range(2)]
    return "\n".join(
        f"{what.ljust(widths[0])}  {figure.rjust(widths[1])}  {rest}".rstrip() for what, figure, rest in lines
    )


def _key(name: str, each: int) -> str:
    return f"{name}, {each}"


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    # For the runs under strace: what appends, statements a commit, commits, folder, and Tessera where it is built.
    parser.add_argument("--only", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.only is not None:
        name, each, commits, folder, *program = asked.only
        append_only(
            name,
            each=int(each),
            commits=int(commits),
            folder=Path(folder),
            program=Path(program[0]) if program else None,
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    print("Microseconds a statement, by the wall clock (and of processor time); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
