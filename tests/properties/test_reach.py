"""How far goods can have gone: in memory, by the database and by a slow reference, over histories nobody would think of."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Refusal
from ledger.identifiers import GoodsId, LegalDate, SiteId, StatementId
from ledger.store.edges import reach_in, ways_in
from ledger.trace import Holding, trace
from ledger.trace.reach import TOO_FAR, Adjacency, Reach, holding_node, ways_of
from ledger.vocabulary.correctable import Correctable, Correction
from ledger.vocabulary.goods import Batch, Transformation, Use
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Receipt, Return, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.properties.test_trace import GOODS, PROCESS, STOCK, TRADE, History, Step, steps
from tests.support.books import kg
from tests.support.soak import soak_count
from tests.support.stores import KINDS, Kind, fresh_store, trader
from tests.unit.trace.stories import CountingBook

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.store.book import SqlBook
    from ledger.trace.reach import Way
    from ledger.views.book import Record

Direction = Literal["back", "forward"]
DIRECTIONS: tuple[Direction, ...] = ("back", "forward")
NODES = range(-3, 5)


def slow_reach(ways: Iterable[Way], starts: Collection[int], direction: Direction) -> frozenset[int]:
    """Go on until a whole round adds nothing."""
    steps = [way if direction == "forward" else way[::-1] for way in ways]
    seen = set(starts)
    while True:
        new = {far for near, far in steps if near in seen} - seen
        if not new:
            return frozenset(seen)
        seen |= new


# The adjacency alone


@dataclass(slots=True)
class Entry:
    """What an entry did: said ways, put an entry right, erased some ways of one."""

    ways: set[Way] = field(default_factory=set)
    puts_right: int | None = None
    erases: int | None = None
    left: int = 0


@dataclass(slots=True)
class Remembered:
    """The same in plain lists."""

    ways: list[set[Way]] = field(default_factory=list)
    until: dict[int, int] = field(default_factory=dict)

    def at(self, size: int) -> list[Way]:
        return [way for seq in range(size) if self.until.get(seq, size) >= size for way in self.ways[seq]]


_ways = st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=4)
_entries = st.lists(
    st.builds(
        Entry,
        ways=_ways,
        puts_right=st.none() | st.integers(0, 9),
        erases=st.none() | st.integers(0, 9),
        left=st.integers(0, 2),
    ),
    max_size=10,
)


def told(entries: Collection[Entry]) -> tuple[Adjacency, Remembered]:
    """What both have after these entries, taken one by one as a server takes them."""
    adjacency, remembered = Adjacency(), Remembered()
    for seq, entry in enumerate(entries):
        remembered.ways.append(entry.ways)
        if entry.puts_right is not None and entry.puts_right < seq:
            remembered.until.setdefault(entry.puts_right, seq)
            adjacency.put_right(entry.puts_right, by=seq)
        if entry.erases is not None and entry.erases < seq:
            left = set(sorted(remembered.ways[entry.erases])[: entry.left])
            remembered.ways[entry.erases] = left
            adjacency.erase(entry.erases, left)
        adjacency.add((source, target, seq, None) for source, target in sorted(entry.ways))
        adjacency.size = seq + 1
    return adjacency, remembered


@given(entries=_entries)
def test_at_every_size_the_adjacency_finds_what_the_slow_one_finds(entries: list[Entry]) -> None:
    adjacency, remembered = told(entries)
    for size in range(len(entries) + 1):
        for direction in DIRECTIONS:
            for start in NODES:
                expected = slow_reach(remembered.at(size), [start], direction)
                assert adjacency.reach([start], direction, size=size) == Reach(expected)
                near = 0 if direction == "forward" else 1
                assert adjacency.ways_from([start], direction, size=size) == {
                    seq
                    for seq in range(size)
                    if remembered.until.get(seq, size) >= size
                    and any(way[near] == start for way in remembered.ways[seq])
                }


@given(entries=_entries, starts=st.sets(st.sampled_from(NODES), min_size=1))
def test_as_many_nodes_as_the_limit_are_whole_and_one_more_is_too_far(
    entries: list[Entry], starts: set[int]
) -> None:
    adjacency, remembered = told(entries)
    for direction in DIRECTIONS:
        expected = slow_reach(remembered.at(len(entries)), starts, direction)
        most = len(expected)
        assert adjacency.reach(starts, direction, size=len(entries), nodes_max=most).nodes == expected
        assert adjacency.reach(starts, direction, size=len(entries), nodes_max=most - 1) == TOO_FAR


@given(entries=_entries)
def test_ways_read_at_once_are_those_that_came_one_by_one(entries: list[Entry]) -> None:
    _, remembered = told(entries)
    at_once = Adjacency()
    at_once.add(
        (source, target, seq, remembered.until.get(seq))
        for seq, ways in enumerate(remembered.ways)
        for source, target in sorted(ways)
    )
    at_once.size = len(entries)
    for size in range(len(entries) + 1):
        for direction in DIRECTIONS:
            expected = slow_reach(remembered.at(size), [0], direction)
            assert at_once.reach([0], direction, size=size).nodes == expected


def test_a_table_that_grew_many_times_still_finds_every_node() -> None:
    adjacency, many = Adjacency(), 20_000
    # Some numbers end in the same bits and want the same place.
    chain = [number << 40 if number < 200 else number * 0x9E3779B97F4A7C15 % 2**63 for number in range(many)]
    adjacency.add((one, other, seq, None) for seq, (one, other) in enumerate(pairwise(chain)))
    adjacency.size = many
    assert adjacency.reach([chain[0]], "forward", size=many).nodes == set(chain)
    assert adjacency.reach([chain[-1]], "back", size=many).nodes == set(chain)
    assert adjacency.reach([chain[100]], "back", size=many).nodes == set(chain[:101])
    assert (adjacency.nodes, adjacency.ways) == (many, many - 1)


# A reach beside the exact trace


@given(happened=steps(*TRADE, *STOCK, *PROCESS))
def test_a_trace_never_leaves_the_reach(happened: list[Step]) -> None:
    history = History().write(happened)
    ways = [way for one in history.records for way in ways_of(one) if one.superseded_by is None]
    for party in history.parties:
        for goods in GOODS:
            here = holding_node(Holding(party, goods))
            found = trace(history.book, goods, at=party)
            both = slow_reach(ways, [here], "forward") | slow_reach(ways, [here], "back")
            assert {holding_node(one.holding) for one in found.nodes} <= both


@given(
    used_on=st.dates(LegalDate.parse("2024-12-29").date, LegalDate.parse("2027-01-03").date),
    planted_on=st.none() | st.dates(LegalDate.parse("2024-12-29").date, LegalDate.parse("2026-08-01").date),
    produced_on=st.dates(LegalDate.parse("2025-12-30").date, LegalDate.parse("2026-08-01").date),
)
def test_what_grew_with_an_input_lies_in_its_reach(
    used_on: object, planted_on: object, produced_on: object
) -> None:
    history = History()
    farm, books = history.parties[0], history.books
    plot, (pesticide, leek, _) = books.site_id(), GOODS
    use = Use(purpose="防虫（演示）", site=plot, lines=(Line(goods=pesticide, quantity=kg(1)),))
    books.says(farm, use, at=f"{used_on}T23:59:59+08:00")
    batch = Batch(
        goods=leek,
        maker=farm,
        name="韭菜（演示）",
        category="farm_produce",
        site=plot,
        planted_on=None if planted_on is None else LegalDate.parse(str(planted_on)),
        produced_on=LegalDate.parse(str(produced_on)),
    )
    books.says(farm, batch, at="2027-02-01T08:00:00+08:00")
    ways = [way for one in history.records for way in ways_of(one)]
    from_leek = slow_reach(ways, [holding_node(Holding(farm, leek))], "back")
    assert {holding_node(one.holding) for one in trace(history.book, leek, at=farm).nodes} <= from_leek


# A whole ledger

Op = tuple[Literal["say", "put_right", "withdraw", "erase"], int, int, int]
_ops: st.SearchStrategy[list[Op]] = st.lists(
    st.tuples(
        st.sampled_from(("say", "say", "say", "put_right", "withdraw", "erase")),
        st.integers(0, 8),
        st.integers(0, 8),
        st.integers(0, 8),
    ),
    min_size=4,
    max_size=12,
)
#: Each of them is a ledger of its own.
EXAMPLES_MIN = 4
LOTS = tuple(GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/L{number}") for number in range(4))
PLOT = SiteId.new(bytes(10))


@dataclass(slots=True)
class Told:
    """A ledger, and what was said in it."""

    ledger: Ledger
    parties: list[PartyId]
    said: list[tuple[Statement, Correctable]] = field(default_factory=list)
    serial: int = 0

    def take(self, op: Op) -> None:
        """Do one thing; what the gate refuses did not happen."""
        what, one, two, three = op
        with suppress(Refusal):
            if what == "say":
                party = self.parties[one % 2]
                self._send(party, self._content(what=two, me=one % 2, lot=three), corrects=None)
            elif self.said:
                self._again(what, one, two)

    def _again(self, what: str, one: int, places: int) -> None:
        statement, content = self.said[one % len(self.said)]
        header = statement.header
        if what == "erase":
            left = tuple(place for place in range(len(header.items)) if places >> place & 1)
            gone = ErasedPlace(issuer=header.issuer, statement=header.id, places=left or (0,))
            self.ledger.say(self.ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
        elif what == "withdraw":
            draft = self.ledger.draft(
                header.issuer, Correction(correction_reason="did_not_occur"), corrects=header.id
            )
            self.ledger.recorder.record([draft])
        else:
            again = content.model_copy(update={"correction_reason": "incorrect_data"})
            self._send(header.issuer, again, corrects=header.id)

    def _send(self, party: PartyId, content: Correctable, *, corrects: StatementId | None) -> None:
        self.serial += 1
        name = StatementId.new(self.ledger.clock(), self.serial.to_bytes(10, "big"))
        statement = self.ledger.draft(party, content, statement_id=name, corrects=corrects)
        self.ledger.recorder.record([statement])
        self.said.append((statement, content))

    def _content(self, *, what: int, me: int, lot: int) -> Correctable:
        mine, other = self.parties[me], self.parties[1 - me]
        goods, more, made = (LOTS[(lot + step) % len(LOTS)] for step in range(3))
        lines = (Line(goods=goods, quantity=kg(10)), Line(goods=more, quantity=kg(5)))
        arrived = tuple(ReceivedLine(goods=one.goods, quantity=one.quantity) for one in lines)
        outputs = (OutputLine(goods=made, quantity=kg(9)),)
        kinds: tuple[Correctable, ...] = (
            Shipment(to=other, lines=lines),
            Receipt(supplier=other, conclusion="refuse" if lot % 2 else "accept", lines=arrived),
            SupplierCheck(
                supplier=other,
                received_on=LegalDate.parse("2026-07-20"),
                conclusion="accept",
                checked_by="甲（演示）",
                lines=lines,
            ),
            Return(to=other, lines=lines),
            Transformation(process="加工（演示）", inputs=lines, outputs=outputs),
            Use(purpose="防虫（演示）", on_goods=(made,), lines=lines),
            Use(purpose="防虫（演示）", site=PLOT, lines=lines[:1]),
            Batch(goods=made, maker=mine, name="韭菜（演示）", category="farm_produce", site=PLOT),
            Batch(goods=goods, maker=other, name="韭菜（演示）", category="farm_produce"),
        )
        return kinds[what % len(kinds)]


def all_records(book: SqlBook) -> list[Record]:
    return list(book.records(range(book.size)).values())


def same_reach(ledger: Ledger, *, as_of: int | None = None) -> None:
    """In memory, by the database and by the slow reference."""
    with ledger.book(as_of) as book:
        near = ledger.graph.at(book)
        assert near is not None
        assert near.size >= book.size
        ways = {(one.seq, *way) for one in all_records(book) if not one.superseded_by for way in ways_of(one)}
        steps = [(source, target) for _, source, target in ways]
        nodes = sorted({node for way in steps for node in way} | {0})
        for direction in DIRECTIONS:
            for starts in (nodes[:1], nodes[-1:], nodes[::3]):
                expected = slow_reach(steps, starts, direction)
                asked = {"size": book.size, "nodes_max": len(expected)}
                assert near.reach(starts, direction, **asked) == Reach(expected)
                assert reach_in(book.connection, book.log_id, starts, direction, **asked) == Reach(expected)
                asked["nodes_max"] -= 1
                assert near.reach(starts, direction, **asked) == TOO_FAR
                assert reach_in(book.connection, book.log_id, starts, direction, **asked) == TOO_FAR
            here = 1 if direction == "forward" else 2
            leading = {way[0] for way in ways if way[here] in nodes}
            assert near.ways_from(nodes, direction, size=book.size) == leading
            assert ways_in(book.connection, book.log_id, nodes, direction, size=book.size) == leading


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=max(EXAMPLES_MIN, soak_count(300)), deadline=None)
@given(ops=_ops)
def test_memory_database_and_slow_reference_agree_at_every_size(kind: Kind, ops: list[Op]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = fresh_store(kind, Path(folder))
        with store.create() as ledger, store.open() as elsewhere:
            told = Told(ledger, [trader(ledger), trader(ledger)])
            for op in ops:
                told.take(op)
                same_reach(ledger)
            # A process that saw nothing of it until now, and one that was asked about the past first.
            for size in range(1, ledger.size() + 1):
                same_reach(elsewhere, as_of=size)
            same_reach(elsewhere)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=max(EXAMPLES_MIN, soak_count(300)), deadline=None)
@given(ops=_ops)
def test_reading_ahead_changes_no_trace(kind: Kind, ops: list[Op]) -> None:
    with tempfile.TemporaryDirectory() as folder, fresh_store(kind, Path(folder)).create() as ledger:
        told = Told(ledger, [trader(ledger), trader(ledger)])
        for op in ops:
            told.take(op)
        with ledger.book() as book:
            for goods in LOTS:
                for at in (None, *told.parties):
                    # The counting book knows of no reach: its trace goes level by level.
                    plain = trace(CountingBook(book), goods, at=at)
                    assert trace(book, goods, at=at) == plain
                    assert trace(replace(book, graph=None), goods, at=at) == plain
