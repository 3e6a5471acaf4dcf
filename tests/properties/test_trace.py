"""The trace beside a slow one that reads every record for every question, over histories nobody would think of."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.identifiers import GoodsId, Instant, Quantity, Unit
from ledger.trace import Holding, balance, recall_scope, trace
from ledger.vocabulary.goods import Adjustment, Batch, Transformation, Use
from ledger.vocabulary.oversight import Recall, RecallAnswer
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.support import slow_trace
from tests.support.books import BookWriter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.identifiers import PartyId
    from ledger.trace import Edge, Trace
    from ledger.views.book import MemoryBook, Record
    from ledger.vocabulary.said import Said

GOODS = tuple(GoodsId.parse(f"urn:demo:goods:{name}") for name in ("leek", "cabbage", "kimchi"))
PARTIES = 4
#: Amounts that nobody weighs and somebody types: none, more than fits, and units that do not go together.
ODD_AMOUNTS = tuple(
    Quantity.parse(text)
    for text in ("0 KGM", "999999999999999 TNE", "0.000001 MGM", "3 XBX", "1 LTR", "7 KGM")
)
#: Each of these histories is traced a dozen times over.
FEWER = settings(max_examples=40)
START_MS = 1_793_491_200_000

Deed = Literal["batch", "open", "ship", "return", "answer", "receive", "check", "make", "use", "sell", "lose"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened: who, with whom, which goods, how much, and two free choices."""

    deed: Deed
    who: int
    whom: int
    what: int
    other: int
    amount: int
    choice: int


TRADE: tuple[Deed, ...] = ("ship", "ship", "return", "answer", "answer", "receive", "check")
STOCK: tuple[Deed, ...] = ("batch", "open", "sell", "lose")
PROCESS: tuple[Deed, ...] = ("make", "use")


def steps(*deeds: Deed, most: int = 14) -> st.SearchStrategy[list[Step]]:
    one = st.builds(
        Step,
        deed=st.sampled_from(deeds),
        who=st.integers(0, PARTIES - 1),
        whom=st.integers(0, PARTIES - 1),
        what=st.integers(0, len(GOODS) - 1),
        other=st.integers(0, len(GOODS) - 1),
        amount=st.integers(1, 5).map(lambda tens: tens * 10),
        choice=st.integers(0, 5),
    )
    return st.lists(one, max_size=most)


def kg(amount: int) -> Quantity:
    return Quantity(Decimal(amount), Unit.KGM)


@dataclass(slots=True)
class History:
    """Steps written as records, a minute apart."""

    books: BookWriter = field(default_factory=BookWriter)
    parties: list[PartyId] = field(default_factory=list)
    sent: list[Record] = field(default_factory=list)
    odd: list[Quantity] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parties = [self.books.party_id() for _ in range(PARTIES)]

    @property
    def book(self) -> MemoryBook:
        return self.books.book

    @property
    def records(self) -> Sequence[Record]:
        # The book's own, because a correction marks the record before it.
        return [self.book.records([seq])[seq] for seq in range(self.book.size)]

    def write(self, happened: Sequence[Step]) -> History:
        for step in happened:
            self._write(step)
        return self

    def says(self, party: PartyId, said: Said) -> Record:
        self.books.says(party, said, at=str(Instant(START_MS + self.book.size * 60_000, 480)))
        return self.books.last

    def _write(self, step: Step) -> None:
        if step.deed == "answer" and self.sent:
            self._answer(self.sent[(step.who + step.amount) % len(self.sent)], step)
            return
        who, whom = self.parties[step.who], self.parties[step.whom]
        line = Line(goods=GOODS[step.what], quantity=self._amount(step))
        record = self.says(who, _traded(step, whom, line) or _kept(step, who, whom, line))
        if isinstance(record.said, (Shipment, Return)):
            self.sent.append(record)

    def _amount(self, step: Step) -> Quantity:
        return self.odd.pop() if self.odd else kg(step.amount)

    def _answer(self, sent: Record, step: Step) -> None:
        """The receiver accepts all, another amount, or nothing; once in a while he speaks of other goods only."""
        assert isinstance(sent.said, (Shipment, Return))
        (line,) = sent.said.lines
        amount = line.quantity if step.choice > 1 else self._amount(step)
        goods = GOODS[step.other] if step.choice == 5 else line.goods
        said = Receipt(
            supplier=sent.actor,
            conclusion="refuse" if step.choice == 0 else "accept",
            shipment=sent.header.id,
            lines=(ReceivedLine(goods=goods, quantity=amount),),
        )
        self.says(sent.said.to, said)


def _traded(step: Step, whom: PartyId, line: Line) -> Said | None:
    """What a step between two parties says."""
    received = ReceivedLine(goods=line.goods, quantity=line.quantity)
    match step.deed:
        case "ship":
            return Shipment(to=whom, offer=bool(step.choice % 2), lines=(line,))
        case "return":
            return Return(to=whom, lines=(line,))
        case "receive" | "answer":
            return Receipt(supplier=whom, conclusion="accept" if step.choice else "refuse", lines=(received,))
        case "check":
            day = Instant(START_MS).date_in_shanghai()
            return SupplierCheck(supplier=whom, received_on=day, conclusion="accept", lines=(line,))
        case _:
            return None


def _kept(step: Step, who: PartyId, whom: PartyId, line: Line) -> Said:
    """What a step within one party's hands says."""
    other = GOODS[step.other]
    match step.deed:
        case "batch":
            maker = who if step.choice else whom
            return Batch(
                goods=line.goods,
                maker=maker,
                name="货（演示）",
                category="food_generic",
                quantity=line.quantity,
            )
        case "make":
            output = OutputLine(goods=other, quantity=line.quantity, role="main" if step.choice else "waste")
            return Transformation(process="加工（演示）", inputs=(line,), outputs=(output,))
        case "use":
            return Use(purpose="防虫（演示）", on_goods=(other,) if step.choice else None, lines=(line,))
        case "sell":
            return Sale(lines=(line,))
        case _:
            return Adjustment(reason="opening_stock" if step.deed == "open" else "loss", lines=(line,))


def reordered(records: Sequence[Record], order: Sequence[int]) -> MemoryBook:
    """The same records as another log took them: each at its own claimed time, in another order."""
    turned = BookWriter()
    for seq, place in enumerate(order):
        turned.book.add(replace(records[place], seq=seq))
    return turned.book


def flowing(edges: Sequence[Edge]) -> list[tuple[Holding, Holding, str, Quantity | None]]:
    """Edges without what depends on the place in the log."""
    return [(one.source, one.target, one.kind, one.moved) for one in edges if one.flows]


def shown(found: Trace, names: dict[int, str]) -> tuple[object, ...]:
    """All of a trace, with statements named by their ids and not by their places."""

    def edge(one: Edge) -> tuple[object, ...]:
        proof = frozenset(names[seq] for seq in one.seqs)
        return (
            one.source,
            one.target,
            one.kind,
            one.sent,
            one.received,
            one.state,
            one.may_contain,
            one.share,
            proof,
        )

    return (
        [edge(one) for one in found.back],
        [edge(one) for one in found.forward],
        [(one.holding, one.depth, one.balance.expected, one.flags) for one in found.nodes],
        [(one.kind, one.holding, one.reasons, one.missing) for one in found.sources],
        found.holders,
    )


@FEWER
@given(happened=steps(*TRADE, *STOCK, *PROCESS))
def test_from_any_holding_the_trace_finds_what_the_slow_one_finds(happened: list[Step]) -> None:
    history = History().write(happened)
    ways = slow_trace.ways(history.records)
    for party in history.parties:
        for goods in GOODS:
            found = trace(history.book, goods, at=party)
            here = (party, goods)
            forward = {(one.holding.party, one.holding.goods) for one in found.holders}
            assert forward == slow_trace.descendants(ways, here)
            nodes = {(one.holding.party, one.holding.goods) for one in found.nodes}
            assert nodes - forward == slow_trace.origins(ways, here) - forward
            assert {
                ((one.source.party, one.source.goods), (one.target.party, one.target.goods))
                for one in found.back
                if one.flows
            } == {way for way in ways if way[1] in slow_trace.origins(ways, here)}
            assert not found.truncated


@FEWER
@given(happened=steps(*TRADE, *STOCK, *PROCESS))
def test_all_holders_are_found_and_every_way_back_has_an_end(happened: list[Step]) -> None:
    history = History().write(happened)
    ways = slow_trace.ways(history.records)
    for goods in GOODS:
        found = trace(history.book, goods)
        holders = {(one.holding.party, one.holding.goods) for one in found.holders}
        assert holders == slow_trace.holders(history.records, ways, goods)
        ends = {(one.holding.party, one.holding.goods) for one in found.sources}
        declared = [
            (one.actor, one.said.maker)
            for one in history.records
            if isinstance(one.said, Batch) and one.said.goods == goods
        ]
        for start in found.nodes:
            if start.depth == 0:
                behind = slow_trace.origins(ways, (start.holding.party, goods))
                # Whoever recorded a batch for its maker points to that maker.
                makers = {(maker, goods) for actor, maker in declared if (actor, goods) in behind}
                assert ends & (behind | makers)


@given(happened=steps(*TRADE, *STOCK))
def test_between_two_parties_moves_what_the_slow_sum_says(happened: list[Step]) -> None:
    history = History().write(happened)
    for goods in GOODS:
        sums: dict[tuple[PartyId, PartyId], Decimal] = defaultdict(Decimal)
        for one in trace(history.book, goods).forward:
            if one.moved is not None:
                sums[one.source.party, one.target.party] += one.moved.amount
        slow = {
            (sender, receiver): total
            for sender in history.parties
            for receiver in history.parties
            if sender != receiver
            and (total := slow_trace.moved(history.records, sender, receiver, goods)) is not None
        }
        assert sums == slow


@given(happened=steps(*TRADE, *STOCK, *PROCESS))
def test_what_is_left_is_what_counting_one_by_one_leaves(happened: list[Step]) -> None:
    history = History().write(happened)
    for party in history.parties:
        for goods in GOODS:
            figures = balance(history.book, party, goods)
            left = slow_trace.left(history.records, (party, goods))
            if figures.expected is None:
                assert figures.origin_unknown or not figures.seqs
            else:
                assert figures.expected.amount == left


@FEWER
@given(happened=steps(*TRADE, *STOCK, *PROCESS), data=st.data())
def test_another_order_of_arrival_gives_the_same_trace(happened: list[Step], data: st.DataObject) -> None:
    history = History().write(happened)
    order = data.draw(st.permutations(range(len(history.records))))
    turned = reordered(history.records, order)
    here = {one.seq: str(one.header.id) for one in history.records}
    there = {seq: here[place] for seq, place in enumerate(order)}
    for goods in GOODS:
        assert shown(trace(history.book, goods), here) == shown(trace(turned, goods), there)


@given(
    happened=steps(*TRADE, "sell", "lose"),
    stocks=st.lists(st.integers(0, 9), min_size=PARTIES, max_size=PARTIES),
)
def test_nothing_is_lost_between_hands_and_nothing_is_born_there(
    happened: list[Step], stocks: list[int]
) -> None:
    history = History()
    leek, farm = GOODS[0], history.parties[0]
    history.says(
        farm, Batch(goods=leek, maker=farm, name="韭菜（演示）", category="food_generic", quantity=kg(1200))
    )
    for party, amount in zip(history.parties, stocks, strict=True):
        # Everybody has counted his shelves, so nobody is silent about where his goods come from.
        history.says(
            party, Adjustment(reason="opening_stock", lines=(Line(goods=leek, quantity=kg(amount)),))
        )
    history.write([replace(step, what=0) for step in happened])
    accounted = Decimal(0)
    for one in trace(history.book, leek).nodes:
        if one.holding.goods == leek:
            figures = one.balance
            assert figures.expected is not None
            assert figures.sold is not None
            assert figures.lost is not None
            accounted += figures.expected.amount + figures.sold.amount + figures.lost.amount
    assert accounted == 1200 + sum(stocks)


@FEWER
@given(
    happened=steps(*TRADE, "sell", "lose", "make"),
    answers=st.lists(st.tuples(st.integers(0, PARTIES - 1), *[st.integers(0, 300)] * 3), max_size=5),
)
def test_the_totals_of_a_recall_add_up_to_what_was_made(
    happened: list[Step], answers: list[tuple[int, int, int, int]]
) -> None:
    history = History()
    leek, farm = GOODS[0], history.parties[0]
    history.says(
        farm, Batch(goods=leek, maker=farm, name="韭菜（演示）", category="food_generic", quantity=kg(1200))
    )
    history.write([replace(step, what=0, other=1) for step in happened])
    recall = history.says(farm, Recall(action="recall", goods=(leek,), reason="检出农药残留（演示）"))
    for who, recovered, sold, lost in answers:
        history.says(
            history.parties[who],
            RecallAnswer(
                recall=recall.header.id, goods=leek, recovered=kg(recovered), sold=kg(sold), lost=kg(lost)
            ),
        )
    totals = recall_scope(history.book, recall).totals
    parts = (
        totals.recovered,
        totals.sold,
        totals.destroyed,
        totals.lost,
        totals.taken,
        totals.used,
        totals.unaccounted,
    )
    amounts = [one.amount for one in parts if one is not None]
    assert len(amounts) == len(parts)
    assert totals.first_hand is not None
    assert sum(amounts) == totals.first_hand.amount >= 1200


@FEWER
@given(
    happened=steps(*TRADE, *STOCK, *PROCESS, most=20),
    amounts=st.lists(st.sampled_from(ODD_AMOUNTS), min_size=20, max_size=20),
)
def test_no_amount_however_odd_leaves_a_question_without_an_answer(
    happened: list[Step], amounts: list[Quantity]
) -> None:
    history = History(odd=amounts).write(happened)
    for goods in GOODS:
        recall = history.says(history.parties[0], Recall(action="recall", goods=(goods,), reason="演示"))
        found = trace(history.book, goods)
        scope = recall_scope(history.book, recall)
        assert {one.holding for one in scope.holders} == {one.holding for one in found.holders}


@FEWER
@given(happened=steps(*TRADE, *STOCK, most=30))
def test_no_edge_is_found_twice(happened: list[Step]) -> None:
    history = History().write(happened)
    for goods in GOODS:
        found = trace(history.book, goods)
        for edges in (found.back, found.forward):
            assert max(Counter(edges).values(), default=1) == 1
            assert list(edges) == sorted(edges, key=lambda one: one.order)
