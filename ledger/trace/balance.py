"""The balance of a holding: what a party should still have of some goods, figure by figure.

Every figure names the entries it rests on. Only quantities that add up exactly are added; where they do not, the answer is
None and the page says that the units differ. A negative `expected` means: more went out than ever was in.

Yield and tolerance belong to the category profiles; whether a difference is a finding is not decided here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ledger.identifiers import Quantity
from ledger.trace.amounts import added, larger, less, none_of
from ledger.trace.edges import Holding, by_goods
from ledger.trace.shelf import Shelf
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.oversight import RecallAnswer
from ledger.vocabulary.trade import Sale

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ledger.identifiers import GoodsId, PartyId, StatementId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.goods import AdjustmentReason

In = Literal["opening", "made", "received", "returned_in", "gained"]
Out = Literal["shipped", "returned_out", "sold", "used", "lost", "sampled", "seized", "destroyed"]

_REASONS: Mapping[AdjustmentReason, In | Out] = {
    "opening_stock": "opening",
    "stock_gain": "gained",
    "loss": "lost",
    "stock_loss": "lost",
    "sample": "sampled",
    "seizure": "seized",
    "destroyed": "destroyed",
}


@dataclass(frozen=True, slots=True)
class Balance:
    """One holding's figures. A figure is None where its amounts do not add up, or nothing tells in which unit to say `nothing`.

    `expected` is None also for a party that recorded nothing itself and got nothing by anybody's word: a farmer who is not on
    this ledger owes it no account of where his leeks came from.
    """

    holding: Holding
    opening: Quantity | None
    made: Quantity | None
    received: Quantity | None
    returned_in: Quantity | None
    gained: Quantity | None
    shipped: Quantity | None
    returned_out: Quantity | None
    sold: Quantity | None
    used: Quantity | None
    lost: Quantity | None
    sampled: Quantity | None
    seized: Quantity | None
    destroyed: Quantity | None
    expected: Quantity | None
    nothing: Quantity | None
    units_differ: bool
    silent: bool
    seqs: Mapping[str, tuple[int, ...]]

    @property
    def came_in(self) -> Quantity | None:
        """Everything that ever was in."""
        return self._sum(get_args(In))

    @property
    def passed_on(self) -> Quantity | None:
        """What went to other hands or into other goods."""
        names: tuple[Out, ...] = ("shipped", "returned_out", "used")
        return self._sum(names)

    @property
    def origin_unknown(self) -> bool:
        """Whether nothing tells how the goods came in, and the party never spoke of them itself."""
        return _origin_unknown(self.seqs, silent=self.silent)

    def figure(self, name: In | Out) -> Quantity | None:
        """One figure by its name."""
        value = getattr(self, name)
        return value if isinstance(value, Quantity) else None

    def _sum(self, names: Iterable[In | Out]) -> Quantity | None:
        present = [self.figure(name) for name in names if name in self.seqs]
        return added(present) if present else self.nothing

    @property
    def overdrawn(self) -> bool:
        """Whether more went out than ever was in."""
        return self.expected is not None and self.expected.amount < 0


@dataclass(slots=True)
class _Figure:
    """One figure as it is gathered."""

    amounts: list[Quantity | None]
    seqs: set[int]

    @classmethod
    def empty(cls) -> _Figure:
        return cls([], set())

    def add(self, amount: Quantity | None, *seqs: int) -> None:
        self.amounts.append(amount)
        self.seqs.update(seqs)


def balance(book: Book, party: PartyId, goods: GoodsId) -> Balance:
    """What `party` should have of `goods`, from every entry about them."""
    shelf, holding = Shelf(book), Holding(party, goods)
    shelf.bring([holding])
    return balance_of(shelf, holding)


def balance_of(shelf: Shelf, holding: Holding) -> Balance:
    """The balance of a holding that was brought to the shelf."""
    figures: dict[str, _Figure] = defaultdict(_Figure.empty)
    records = shelf.records_of(holding)
    _made(shelf, holding, figures)
    _moved(shelf, holding, figures)
    for record in records:
        if isinstance(record.said, Adjustment) and (record.said.held_by or record.actor) == holding.party:
            _add_lines(figures[_REASONS[record.said.reason]], record, record.said, holding)
        elif isinstance(record.said, Sale) and record.actor == holding.party:
            _add_lines(figures["sold"], record, record.said, holding)
    _answered(records, holding, figures)
    return _closed(holding, figures, silent=all(record.actor != holding.party for record in records))


def _made(shelf: Shelf, holding: Holding, figures: dict[str, _Figure]) -> None:
    """What processes gave; only where none is recorded, what the maker's batch record says. Never both: they tell of the same goods."""
    for turning in shelf.turnings(holding):
        if turning.kind == "transformation" and holding in turning.outputs:
            figures["made"].add(turning.outputs[holding], turning.record.seq)
        if turning.kind in {"transformation", "use"} and holding in turning.inputs:
            figures["used"].add(turning.inputs[holding], turning.record.seq)
    own = [
        (record.seq, record.said.quantity)
        for record in shelf.batches(holding.goods)
        if isinstance(record.said, Batch) and record.actor == record.said.maker == holding.party
    ]
    if "made" not in figures and own and own[-1][1] is not None:
        figures["made"].add(own[-1][1], own[-1][0])


def _moved(shelf: Shelf, holding: Holding, figures: dict[str, _Figure]) -> None:
    for edge in shelf.edges_at(holding):
        if not edge.flows or edge.kind not in {"shipment", "return"}:
            continue
        if edge.target == holding:
            name = "received" if edge.kind == "shipment" else "returned_in"
        else:
            name = "shipped" if edge.kind == "shipment" else "returned_out"
        figures[name].add(edge.moved, *edge.seqs)


def _answered(records: Iterable[Record], holding: Holding, figures: dict[str, _Figure]) -> None:
    """A recall answer is an account of what became of the goods, and may tell of sales and losses that were recorded before.

    So the larger word counts, and nothing twice. Answers to one recall are parts of one account and add up; answers to
    two recalls of the same goods tell the same story twice.
    """
    accounts: dict[StatementId, dict[str, _Figure]] = defaultdict(lambda: defaultdict(_Figure.empty))
    for record in records:
        said = record.said
        if isinstance(said, RecallAnswer) and record.actor == holding.party and said.goods == holding.goods:
            for name, amount in (("sold", said.sold), ("destroyed", said.destroyed), ("lost", said.lost)):
                if amount is not None:
                    accounts[said.recall][name].add(amount, record.seq)
    for account in accounts.values():
        for name, told in account.items():
            known = figures.get(name)
            if known is None:
                figures[name] = told
                continue
            one, other = added(known.amounts), added(told.amounts)
            most = None if one is None or other is None else larger(one, other)
            figures[name] = _Figure([most], known.seqs | told.seqs)


def _add_lines(figure: _Figure, record: Record, said: Adjustment | Sale, holding: Holding) -> None:
    for amount in by_goods(said.lines).get(holding.goods, ()):
        figure.add(amount, record.seq)


def _origin_unknown(figures: Collection[str], *, silent: bool) -> bool:
    # What came back was there before, and does not tell from where.
    return silent and not any(name in figures for name in ("opening", "made", "received", "gained"))


def _closed(holding: Holding, figures: Mapping[str, _Figure], *, silent: bool) -> Balance:
    sums = {name: added(figure.amounts) for name, figure in figures.items()}
    units = [one.unit for one in sums.values() if one is not None]
    zero = none_of(units[0]) if units and all(one.base is units[0].base for one in units) else None
    differ = None in sums.values() or (bool(units) and zero is None)

    def of(name: In | Out) -> Quantity | None:
        return sums.get(name, zero)

    def all_of(names: tuple[str, ...]) -> Quantity | None:
        return added([sums[name] for name in names if name in sums] or [zero])

    came_in, went_out = all_of(get_args(In)), all_of(get_args(Out))
    unknown = came_in is None or went_out is None or _origin_unknown(figures, silent=silent)
    return Balance(
        holding=holding,
        opening=of("opening"),
        made=of("made"),
        received=of("received"),
        returned_in=of("returned_in"),
        gained=of("gained"),
        shipped=of("shipped"),
        returned_out=of("returned_out"),
        sold=of("sold"),
        used=of("used"),
        lost=of("lost"),
        sampled=of("sampled"),
        seized=of("seized"),
        destroyed=of("destroyed"),
        expected=None if unknown or came_in is None or went_out is None else less(came_in, went_out),
        nothing=zero,
        units_differ=differ,
        silent=silent,
        seqs={name: tuple(sorted(figure.seqs)) for name, figure in figures.items()},
    )
