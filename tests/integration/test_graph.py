"""The graph of all holdings as one process keeps it: when it is read, when the database is asked instead, and what a trace costs."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from ledger.identifiers import GoodsId, StatementId
from ledger.store import edges
from ledger.store.edges import Graph
from ledger.trace import Holding, trace
from ledger.trace.reach import Reaching, holding_node
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Receipt, Shipment
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg
from tests.support.stores import KINDS, Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
CABBAGE = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/BC-20261114")


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return fresh_store(request.param, tmp_path / "store")


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


def sends(ledger: Ledger, giver: PartyId, taker: PartyId, goods: GoodsId = LEEK) -> StatementId:
    """A delivery by the word of both; the shipment's id."""
    (placed,) = ledger.say(giver, Shipment(to=taker, lines=(Line(goods=goods, quantity=kg(10)),)))
    sent = ledger.stored(placed.seq).header.id
    arrived = (ReceivedLine(goods=goods, quantity=kg(10)),)
    ledger.say(taker, Receipt(supplier=giver, shipment=sent, conclusion="accept", lines=arrived))
    return sent


def hands_of(ledger: Ledger, *parties: PartyId, goods: GoodsId = LEEK) -> int:
    """How many of these parties the goods can have reached from the first of them."""
    nodes = [holding_node(Holding(party, goods)) for party in parties]
    with ledger.book() as book:
        return len(book.reach(nodes[:1], "forward", nodes_max=100).nodes & set(nodes))


def test_what_is_recorded_after_a_question_is_in_the_next_answer(ledger: Ledger) -> None:
    farm, market, stall = (trader(ledger) for _ in range(3))
    sends(ledger, farm, market)
    assert hands_of(ledger, farm, market, stall) == 2
    sends(ledger, market, stall)
    assert hands_of(ledger, farm, market, stall) == 3
    assert ledger.graph.adjacency.size == ledger.size()


def test_what_another_process_records_is_seen(store: Store, ledger: Ledger) -> None:
    farm, market, stall = (trader(ledger) for _ in range(3))
    with store.open() as elsewhere:
        sends(ledger, farm, market)
        assert hands_of(elsewhere, farm, market, stall) == 2
        sent = sends(ledger, market, stall)
        assert hands_of(elsewhere, farm, market, stall) == 3
        ledger.say(market, Correction(correction_reason="did_not_occur"), corrects=sent)
        # The receiver still says that it arrived.
        assert hands_of(elsewhere, farm, market, stall) == 3


def test_a_delivery_that_both_sides_take_back_leads_nowhere_any_more_but_did_before(ledger: Ledger) -> None:
    farm, stall = trader(ledger), trader(ledger)
    (placed,) = ledger.say(farm, Shipment(to=stall, lines=(Line(goods=LEEK, quantity=kg(10)),)))
    sent = ledger.stored(placed.seq).header.id
    assert hands_of(ledger, farm, stall) == 2
    before = ledger.size()
    ledger.say(farm, Correction(correction_reason="did_not_occur"), corrects=sent)
    assert hands_of(ledger, farm, stall) == 1
    start = [holding_node(Holding(farm, LEEK))]
    with ledger.book(as_of=before) as book:
        assert len(book.reach(start, "forward", nodes_max=100).nodes) == 2
    with ledger.book(as_of=before + 1) as book:
        assert len(book.reach(start, "forward", nodes_max=100).nodes) == 1


def test_an_erased_line_leads_nowhere_at_any_size(ledger: Ledger) -> None:
    farm, stall = trader(ledger), trader(ledger)
    lines = (Line(goods=LEEK, quantity=kg(10)), Line(goods=CABBAGE, quantity=kg(10)))
    (placed,) = ledger.say(farm, Shipment(to=stall, lines=lines))
    header, before = ledger.stored(placed.seq).header, ledger.size()
    assert hands_of(ledger, farm, stall) == hands_of(ledger, farm, stall, goods=CABBAGE) == 2
    last = len(header.items) - 1
    gone = ErasedPlace(issuer=farm, statement=header.id, places=(last,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    assert hands_of(ledger, farm, stall) == 2
    assert hands_of(ledger, farm, stall, goods=CABBAGE) == 1
    with ledger.book(as_of=before) as book:
        assert len(book.reach([holding_node(Holding(farm, CABBAGE))], "forward", nodes_max=9).nodes) == 1


def test_while_a_long_log_is_read_the_database_answers(
    store: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, stall = trader(ledger), trader(ledger)
    sends(ledger, farm, stall)
    monkeypatch.setattr(edges, "ENTRIES_AWAITED_MAX", ledger.size() - 1)
    monkeypatch.setattr(edges, "ENTRIES_AT_ONCE", 2)
    with store.open() as elsewhere:
        graph = elsewhere.graph
        with graph._adding:  # As long as this is held, the loader waits.
            assert hands_of(elsewhere, farm, stall) == 2
            assert graph.adjacency.size == 0
        assert graph._loader is not None
        graph._loader.join()
        assert graph.adjacency.size == ledger.size()
        assert hands_of(elsewhere, farm, stall) == 2
    for name in ("ENTRIES_AWAITED_MAX", "ENTRIES_AT_ONCE"):
        monkeypatch.setattr(edges, name, ledger.size())
    with store.open() as elsewhere:
        # One entry less to be read, and the question waits for it.
        assert hands_of(elsewhere, farm, stall) == 2
        assert (elsewhere.graph._loader, elsewhere.graph.adjacency.size) == (None, ledger.size())


def test_a_ledger_that_closes_does_not_wait_for_a_long_log(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    trader(ledger)
    monkeypatch.setattr(edges, "ENTRIES_AT_ONCE", 1)
    read = []

    @contextmanager
    def books() -> Iterator[object]:
        with ledger.book() as book:
            yield book
        read.append(graph.adjacency.size)
        graph._closing.set()

    graph = Graph(books)  # type: ignore[arg-type]  # the ledger's own book, and a look at how far it went
    graph.load()
    assert read == [1] != [ledger.size()]
    graph.close()
    assert graph._loader is None


def test_a_log_with_more_ways_than_a_process_holds_is_asked_in_the_database(
    store: Store, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    farm, stall = trader(ledger), trader(ledger)
    sends(ledger, farm, stall)
    ways = 2  # The sender's word and the receiver's.
    for most, held in ((ways, ways), (ways - 1, 0)):
        monkeypatch.setattr(edges, "WAYS_HELD_MAX", most)
        with store.open() as elsewhere:
            assert hands_of(elsewhere, farm, stall) == 2
            assert hands_of(elsewhere, farm, stall) == 2
            assert elsewhere.graph.adjacency.ways == held


def test_a_trace_of_twelve_hands_asks_as_often_as_one_of_four(ledger: Ledger) -> None:
    asked = []
    for length, goods in ((4, LEEK), (12, CABBAGE)):
        hands = [trader(ledger) for _ in range(length)]
        batch = Batch(goods=goods, maker=hands[0], name="货（演示）", category="farm_produce")
        ledger.say(hands[0], batch)
        for giver, taker in pairwise(hands):
            sends(ledger, giver, taker, goods)
        ledger.graph.load()
        with ledger.book() as book:
            assert isinstance(book, Reaching)
            seen: list[object] = []
            event.listen(ledger.engine, "before_cursor_execute", lambda *said, to=seen: to.append(said[2]))
            assert len(trace(book, goods, at=hands[-1]).back) == length - 1
            asked.append(len(seen))
    assert asked[0] == asked[1] <= 16
