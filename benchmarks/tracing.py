"""What a trace costs, beside a database that follows the same edges by itself.

    python -m benchmarks.tracing                        100,000 batches, about 300,000 edges
    python -m benchmarks.tracing --batches 1000000      the full size: some minutes, most of them for writing the edges
    python -m benchmarks.tracing --json figures.json

First the reach of some goods, over a table of `edges` as the recorder leaves it: through the adjacency in memory, and by two recursive
queries in SQLite. *peer* asks the same table by its own two indexes, which hold all columns it needs; *bare* asks two tables that
hold nothing but pairs of small integers, each sorted for one direction, and knows nothing of logs, sizes and corrections. Questions are put to all three one after
the other, in one process; each must give the same set. Figures are milliseconds of processor time; medians over the rounds.

Then whole traces: a chain of twelve hands that ends at four hundred stalls, and four hundred chains side by side.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from bisect import bisect
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import event, insert, update

from benchmarks.telling import keep, parser_of
from ledger.identifiers import GoodsId, Instant, PartyId, Quantity, StatementId
from ledger.keys import Ed25519Signer, Vault
from ledger.log.entry import Entry
from ledger.register import Register
from ledger.service import Ledger
from ledger.statement import sign_statement
from ledger.store.book import SqlBook, forget_contents, write_opened
from ledger.store.edges import Graph
from ledger.store.engine import create_tables, open_engine, reading, writing
from ledger.store.tables import EdgeRow, EntryRow, EnvelopeRow, HeadRow, ItemsRow, MentionRow
from ledger.trace import trace
from ledger.trace.reach import ways_of
from ledger.views.book import Record, keys_of
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Receipt, Shipment
from ledger.vocabulary.values import Line, ReceivedLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pysqlite3.dbapi2 import Connection as Driver
    from sqlalchemy import Engine

    from ledger.trace.reach import Adjacency
    from ledger.vocabulary.said import Said

SEED: Final = 20261122
LOG: Final = "log.example/0123456789abcdef"
ROUNDS: Final = 7
QUESTIONS: Final = 400
#: Six stages of processing; each may be followed by a delivery: a chain has at most twelve holdings.
STAGES: Final = 6
#: A town makes so many lots of each stage in a week or two, and a process takes one to four of them, the popular ones most often.
LOTS: Final = 3_000
INPUTS_MAX: Final = 4
#: A tenth of all batches is sold on, to so many buyers as Zipf's law says, at most four hundred.
SOLD_ON: Final = 0.1
BUYERS_MAX: Final = 400
ZIPF: Final = 2.0
_SOLD_TO: Final = list(accumulate(1 / number**ZIPF for number in range(1, BUYERS_MAX + 1)))
WIDTH: Final = 400
DEPTH: Final = 12
BEGIN_MS: Final = Instant.parse("2026-08-01T08:00:00+08:00").ms

_ALL: Final = (1 << 64) - 1

Way = Literal["back", "forward"]
_Row = tuple[int, int, int]


@dataclass(slots=True)
class Town:
    """Batches on their way from farm to stall, the same ones for each seed. Rows are (seq, source, target), nodes counted from 1."""

    batches: int
    chance: Random = field(default_factory=lambda: Random(SEED))
    size: int = 0
    nodes: int = 0
    lots: list[list[int]] = field(default_factory=lambda: [[] for _ in range(STAGES)])

    def rows(self) -> Iterator[_Row]:
        """All edges in the order of the log."""
        for _ in range(max(1, self.batches // (STAGES * LOTS))):
            before: list[int] = []
            for stage in range(STAGES):
                here: list[int] = []
                for _ in range(LOTS):
                    made = self._node()
                    yield from self._process(made, before)
                    hands = [made]
                    if self.chance.random() < SOLD_ON:
                        for _ in range(bisect(_SOLD_TO, self.chance.random() * _SOLD_TO[-1]) + 1):
                            hands.append(self._node())
                            yield from self._delivery(made, hands[-1])
                    here.append(self.chance.choice(hands))
                self.lots[stage] += here
                before = here

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes

    def _process(self, made: int, before: Sequence[int]) -> Iterator[_Row]:
        if not before:
            return
        inputs = {
            before[int(self.chance.random() ** 3 * len(before))]
            for _ in range(1 + int(self.chance.random() ** 1.5 * INPUTS_MAX))
        }
        process = self._node()
        yield from ((self.size, one, process) for one in sorted(inputs))
        yield self.size, process, made
        self.size += 1

    def _delivery(self, source: int, target: int) -> Iterator[_Row]:
        """Half of all buyers use the ledger themselves and say that the goods arrived."""
        for _ in range(self.chance.choice((1, 2))):
            yield self.size, source, target
            self.size += 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One direction: milliseconds of processor time at the median and at the 99th of a hundred questions; nodes found likewise."""

    way: Way
    who: str
    p50: float
    p99: float
    nodes_p50: int
    nodes_p99: int


@dataclass(frozen=True, slots=True)
class Traced:
    """One whole trace."""

    shape: str
    holdings: int
    records: int
    questions: int
    cold_s: float
    warm_s: float


@dataclass(slots=True)
class Figures:
    """Everything that was measured."""

    batches: int
    edges: int = 0
    nodes: int = 0
    load_s: float = 0.0
    held_mb: float = 0.0
    grown_mb: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    traced: list[Traced] = field(default_factory=list)


_PEER: Final = """
WITH RECURSIVE reach(node) AS (
    VALUES (?) UNION
    SELECT e.{far} FROM reach CROSS JOIN edges AS e
    WHERE e.{near} = reach.node AND e.log_id = ? AND e.seq < ? AND (e.until_seq IS NULL OR e.until_seq >= ?)
) SELECT node FROM reach"""
_BARE: Final = """
WITH RECURSIVE reach(node) AS (
    VALUES (?) UNION SELECT p.far FROM reach CROSS JOIN pairs_{way} AS p WHERE p.near = reach.node
) SELECT node FROM reach"""


def written(engine: Engine, town: Town) -> int:
    """Write the town's edges; how many there are."""
    with writing(engine) as connection:
        driver = _driver(connection.connection.driver_connection)
        driver.execute("PRAGMA cache_size = -1000000")
        driver.execute("CREATE TABLE pairs (seq, source, target)")
        driver.executemany("INSERT INTO pairs VALUES (?, ?, ?)", town.rows())
        driver.create_function("node", 1, node, deterministic=True)
        driver.execute(
            "INSERT INTO edges (log_id, seq, source, target) SELECT ?, seq, node(source), node(target) FROM pairs",
            (LOG,),
        )
        for way, near, far in (("forward", "source", "target"), ("back", "target", "source")):
            driver.execute(
                f"CREATE TABLE pairs_{way} (near INTEGER, far INTEGER, PRIMARY KEY (near, far)) WITHOUT ROWID"
            )
            driver.execute(f"INSERT INTO pairs_{way} SELECT DISTINCT {near}, {far} FROM pairs ORDER BY 1, 2")  # noqa: S608  (our own names)
        driver.execute("DROP TABLE pairs")
        driver.execute("ANALYZE")
        return int(driver.execute("SELECT count(*) FROM edges").fetchone()[0])


def node(number: int) -> int:
    """The number of a node as the ledger has it: 64 bits spread evenly (the finisher of SplitMix64), no two the same."""
    mixed = number * 0x9E3779B97F4A7C15 & _ALL
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _ALL
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _ALL
    return (mixed ^ mixed >> 31) - (1 << 63)


def _driver(connection: object) -> Driver:
    return connection  # type: ignore[return-value]  # the engine was opened on this very driver


def loaded(engine: Engine, town: Town, figures: Figures) -> Adjacency:
    """The adjacency, read from the table as a server reads it."""
    register = Register(
        origin=LOG, registrar=PartyId.new(bytes(10)), clock="simulated", keys={}, credentials={}, size=0
    )

    @contextmanager
    def books() -> Iterator[SqlBook]:
        with reading(engine) as connection:
            yield SqlBook(connection=connection, log_id=LOG, register=register, size=town.size).held()

    graph = Graph(books)
    gc.collect()
    before, began = _resident_mb(), time.process_time()
    graph.load()
    figures.load_s = time.process_time() - began
    figures.grown_mb = _resident_mb() - before
    figures.held_mb = graph.adjacency.bytes_held / 1e6
    figures.nodes = graph.adjacency.nodes
    return graph.adjacency


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text("utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def ask(engine: Engine, town: Town, adjacency: Adjacency, way: Way) -> list[Asked]:
    """The same questions to all three, in turn; the sets must be the same."""
    near, far = ("source", "target") if way == "forward" else ("target", "source")
    starts = Random(SEED + 1).sample(town.lots[0 if way == "forward" else -1], QUESTIONS)
    peer, bare, size = _PEER.format(near=near, far=far), _BARE.format(way=way), town.size
    costs: dict[str, list[list[float]]] = {"adjacency": [], "peer": [], "bare": []}
    found: list[int] = []
    with reading(engine) as connection:
        driver = _driver(connection.connection.driver_connection)
        driver.execute("PRAGMA cache_size = -1000000")
        who: dict[str, Callable[[int], frozenset[int]]] = {
            "adjacency": lambda start: adjacency.reach([node(start)], way, size=size).nodes,
            "peer": lambda start: _all(driver, peer, node(start), LOG, size, size),
            "bare": lambda start: _all(driver, bare, start),
        }
        for number in range(ROUNDS + 1):
            costs_now: dict[str, list[float]] = {name: [] for name in who}
            for start in starts:
                sets = {}
                for name, asks in who.items():
                    began = time.thread_time_ns()
                    sets[name] = asks(start)
                    costs_now[name].append((time.thread_time_ns() - began) / 1e6)
                assert sets["adjacency"] == sets["peer"] == {node(one) for one in sets["bare"]}
                if number == 0:
                    found.append(len(sets["bare"]))
            # The first round only warms the caches.
            for name in who if number else ():
                costs[name].append(costs_now[name])
    found.sort()
    return [
        Asked(
            way=way,
            who=name,
            p50=statistics.median(_at(one, 0.5) for one in rounds),
            p99=statistics.median(_at(one, 0.99) for one in rounds),
            nodes_p50=found[len(found) // 2],
            nodes_p99=found[int(len(found) * 0.99)],
        )
        for name, rounds in costs.items()
    ]


def _all(driver: Driver, question: str, *values: object) -> frozenset[int]:
    return frozenset(node for (node,) in driver.execute(question, values))


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


@dataclass(slots=True)
class Writer:
    """Writes a trade straight into the tables, as the recorder leaves them: a whole log of this width takes it minutes to judge."""

    ledger: Ledger
    signer: Ed25519Signer = field(default_factory=Ed25519Signer.generate)
    serial: int = 0
    seq: int = 0
    rows: dict[type, list[dict[str, object]]] = field(default_factory=dict)

    def party(self) -> PartyId:
        """Somebody new."""
        self.serial += 1
        return PartyId.new(self.serial.to_bytes(10, "big"))

    def says(self, party: PartyId, said: Said) -> StatementId:
        """One statement and everything that follows from it; its id."""
        self.serial += 1
        at, log_id = BEGIN_MS + self.serial * 1000, self.ledger.origin
        name = StatementId.new(at, self.serial.to_bytes(10, "big"))
        statement = sign_statement(
            said.to_items(),
            log=log_id,
            statement_id=name,
            type_name=said.TYPE,
            issuer=party,
            occurred_at=Instant(at, 480),
            signers=[self.signer],
        )
        prev = sha256(self.seq.to_bytes(8, "big")).digest()
        entry = Entry(at_ms=at, prev=prev, statement=statement.envelope.digest)
        here: dict[str, object] = {"log_id": log_id, "seq": self.seq}
        self._keep(EntryRow, here, raw=entry.raw, prev=entry.prev, issuer=str(party), statement_id=str(name))
        self._keep(EnvelopeRow, here, raw=statement.envelope.raw)
        self._keep(ItemsRow, here, opened=write_opened(statement.opened))
        record = Record(seq=self.seq, at_ms=at, header=statement.header, said=said, custody="own")
        for key in keys_of(record):
            self._keep(MentionRow, here, key=key, occurred_ms=at)
        for source, target in sorted(ways_of(record)):
            self._keep(EdgeRow, here, source=source, target=target)
        self.seq += 1
        return name

    def _keep(self, table: type, here: dict[str, object], **columns: object) -> None:
        self.rows.setdefault(table, []).append({**here, **columns})

    def flush(self) -> None:
        """Write it all."""
        with writing(self.ledger.engine) as connection:
            for table, rows in self.rows.items():
                connection.execute(insert(table), rows)
            connection.execute(update(HeadRow).values(size=self.seq))


def whole_trace(folder: Path, *, chains: int) -> Traced:
    """So many chains of twelve hands; a single one ends at four hundred stalls."""
    goods = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
    with Ledger.create(
        f"sqlite:///{folder}/trace{chains}.db",
        host="log.example",
        registrar_name="演示登记处（演示）",
        vault=Vault.create_file(folder / f"{chains}.key"),
        evidence=folder / "evidence",
        clock=lambda: BEGIN_MS,
        simulated=True,
    ) as ledger:
        writer = Writer(ledger, seq=ledger.size())
        _trade(writer, goods, chains)
        questions = [0]
        event.listen(
            ledger.engine,
            "before_cursor_execute",
            lambda *_: questions.__setitem__(0, questions[0] + 1),
        )
        cold: list[float] = []
        warm: list[float] = []
        for _ in range(ROUNDS):
            forget_contents()
            for costs in (cold, warm):
                with ledger.book() as book:
                    questions[0] = 0
                    began = time.process_time()
                    found = trace(book, goods)
                    costs.append(time.process_time() - began)
        assert not found.truncated
        return Traced(
            shape=f"{chains} × {DEPTH}" if chains > 1 else f"{DEPTH - 1}, then {WIDTH}",
            holdings=len(found.nodes),
            records=writer.seq,
            questions=questions[0],
            cold_s=statistics.median(cold),
            warm_s=statistics.median(warm),
        )


def _trade(writer: Writer, goods: GoodsId, chains: int) -> None:
    amount = Quantity.parse("10 KGM")
    farm = writer.party()
    writer.says(farm, Batch(goods=goods, maker=farm, name="韭菜（演示）", category="farm_produce"))
    hands = [farm] * chains
    for level in range(DEPTH):
        if level == DEPTH - 1:
            hands = (hands * WIDTH)[:WIDTH]
        takers = [writer.party() for _ in hands]
        for giver, taker in zip(hands, takers, strict=True):
            sent = writer.says(giver, Shipment(to=taker, lines=(Line(goods=goods, quantity=amount),)))
            lines = (ReceivedLine(goods=goods, quantity=amount),)
            writer.says(taker, Receipt(supplier=giver, shipment=sent, conclusion="accept", lines=lines))
        hands = takers
    writer.flush()


def run(batches: int, folder: Path) -> Figures:
    """Everything, at this size."""
    figures, town = Figures(batches), Town(batches)
    engine = open_engine(f"sqlite:///{folder}/edges.db")
    create_tables(engine)
    figures.edges = written(engine, town)
    adjacency = loaded(engine, town, figures)
    for way in ("back", "forward"):
        figures.asked += ask(engine, town, adjacency, way)
    engine.dispose()
    figures.traced = [whole_trace(folder, chains=chains) for chains in (1, WIDTH)]
    return figures


def table(found: Figures) -> str:
    """The figures for people."""
    lines = [
        f"{found.batches} batches, {found.edges} edges, {found.nodes} nodes",
        f"adjacency: {found.held_mb:.0f} MB in arrays, process grown by {found.grown_mb:.0f} MB, read in {found.load_s:.1f} s of processor time",
        "",
        "way       nodes p50    p99   who         p50 ms    p99 ms   times ours: p50    p99",
    ]
    for one in found.asked:
        ours = next(other for other in found.asked if other.way == one.way)
        lines.append(
            f"{one.way:9} {one.nodes_p50:9} {one.nodes_p99:6}   {one.who:10} {one.p50:7.3f} {one.p99:9.3f}"
            f"   {one.p50 / ours.p50:15.1f} {one.p99 / ours.p99:6.1f}"
        )
    lines += ["", "whole trace      holdings  records  questions   cold s   warm s"]
    lines += [
        f"{one.shape:15} {one.holdings:9} {one.records:8} {one.questions:10} {one.cold_s:8.2f} {one.warm_s:8.2f}"
        for one in found.traced
    ]
    return "\n".join(lines)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    parser.add_argument(
        "--batches", type=int, default=100_000, help="how many batches; about three edges each"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(asked.batches, Path(folder))
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
