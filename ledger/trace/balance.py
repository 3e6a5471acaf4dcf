"""The balance of a holding: what a party should still have of some goods, figure by figure.

Every figure names the entries it rests on. Only quantities that add up exactly are added: cases and kilograms where it was declared
what a case of these goods holds. Where they do not add up, the answer is None and the page says that the units differ. A negative
`expected` means: more went out than ever was in.

A sample is one sample though officials and holder both tell of it, and so is a seizure (行政强制法 24: the list is drawn up in two
copies) and a destruction. What was seized left the holder's stock with the seizure: that it is destroyed later takes nothing from the
holder again, and what came back makes the seizure smaller.

An account is of one name. What a renamed or merged party goes on with is brought over by `ledger.trace.succeeding`.

Yield and tolerance belong to the category profiles; whether a difference is a finding is not decided here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, get_args

from ledger.identifiers import Quantity
from ledger.trace.amounts import Packs, added, exact, larger, less, none_of, written
from ledger.trace.edges import Holding, by_goods
from ledger.views.book import goods_sheet_key, of_type, product_sheet_key, said_about
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import RecallAnswer, Sample
from ledger.vocabulary.parties import Product
from ledger.vocabulary.trade import Return, Sale

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ledger.identifiers import GoodsId, PartyId, StatementId, Unit
    from ledger.trace.shelf import Shelf
    from ledger.views.book import Book, Record
    from ledger.vocabulary.goods import AdjustmentReason

In = Literal["opening", "made", "received", "returned_in", "gained", "carried_in"]
Out = Literal[
    "shipped", "returned_out", "sold", "used", "lost", "sampled", "seized", "destroyed", "carried_out"
]

_REASONS: Mapping[AdjustmentReason, In | Out] = {
    "opening_stock": "opening",
    "stock_gain": "gained",
    "loss": "lost",
    "stock_loss": "lost",
    "own_use": "used",
    "sample": "sampled",
    "seizure": "seized",
    "seizure_returned": "seized",
    "destroyed": "destroyed",
}

#: What officials write down as well as the holder.
_BY_TWO_HANDS = frozenset({"sampled", "seized", "destroyed"})
#: A destruction is written up by two hands, and not always on one day.
SAME_DESTRUCTION_DAYS = 3


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
    carried_in: Quantity | None
    shipped: Quantity | None
    returned_out: Quantity | None
    sold: Quantity | None
    used: Quantity | None
    lost: Quantity | None
    sampled: Quantity | None
    seized: Quantity | None
    destroyed: Quantity | None
    carried_out: Quantity | None
    expected: Quantity | None
    nothing: Quantity | None
    units_differ: bool
    silent: bool
    seqs: Mapping[str, tuple[int, ...]]
    #: Where the amounts are in kinds of unit that nobody brought together: for each, its first entries in and out.
    apart: Mapping[Unit, tuple[int, ...]]

    @property
    def came_in(self) -> Quantity | None:
        """Everything that ever was in."""
        return self._sum(get_args(In))

    @property
    def went_out(self) -> Quantity | None:
        """Everything that ever went out."""
        return self._sum(get_args(Out))

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
    """One figure as it is gathered: each amount with the entries it rests on."""

    parts: list[tuple[Quantity | None, tuple[int, ...]]]

    @classmethod
    def empty(cls) -> _Figure:
        return cls([])

    @property
    def amounts(self) -> list[Quantity | None]:
        return [amount for amount, _ in self.parts]

    @property
    def seqs(self) -> tuple[int, ...]:
        return tuple(sorted({seq for _, seqs in self.parts for seq in seqs}))

    def add(self, amount: Quantity | None, *seqs: int) -> None:
        self.parts.append((amount, seqs))

    def opened(self, packs: Packs) -> _Figure:
        """The same with every pack counted as what it holds."""
        return _Figure([(amount and packs.opened(amount), seqs) for amount, seqs in self.parts])


_Account = dict[str, _Figure]


@dataclass(frozen=True, slots=True)
class _Told:
    """One hand's word that goods were sampled, seized, given back or destroyed."""

    record: Record
    document: str | None
    amount: Quantity
    #: Whether it is the holder's own word, and not an official's about the holder.
    own: bool
    back: bool = False
    #: How many days apart another hand may tell of the same.
    days: int = 0

    def is_of_other_hand(self, other: _Told) -> bool:
        """Whether one is the holder's word and the other an official's, or they are records of two kinds: one hand tells of a thing once."""
        return self.own != other.own or type(self.record.said) is not type(other.record.said)

    def is_same(self, other: _Told) -> bool:
        """Whether both tell of one event: by its document, or by amount and day."""
        if self.back != other.back:
            return False
        apart = abs((_day(self.record) - _day(other.record)).days)
        near = apart <= max(self.days, other.days) and self.amount == other.amount
        return near or (self.document is not None and self.document == other.document)


def packs_of(book: Book, goods: GoodsId, *, for_: PartyId | None = None) -> Packs:
    """What one pack of these goods holds, as declared with the batch, or else with its product.

    The maker's own word counts before anybody else's, and the first before the later: a stranger who declares another factor changes
    nobody's books. In the account of the maker itself (`for_`) only its own word counts: a buyer does not say what left the maker.
    """
    batches = [one for one in said_about(book, goods_sheet_key(goods), Batch) if one[1].goods == goods]
    if any(batch.maker == for_ for _, batch in batches):
        batches = [one for one in batches if one[0].actor == one[1].maker == for_]
    batches.sort(key=lambda one: (one[0].actor != one[1].maker, one[0].seq))
    for _, batch in batches:
        if batch.packs:
            return Packs.of(batch.packs)
    for product in dict.fromkeys(batch.product for _, batch in batches if batch.product is not None):
        sheets = [
            one for one in said_about(book, product_sheet_key(product), Product) if one[1].product == product
        ]
        sheets.sort(key=lambda one: (one[0].actor != one[1].owner, one[0].seq))
        for _, sheet in sheets:
            if sheet.packs:
                return Packs.of(sheet.packs)
    return Packs({})


def own_balance_of(shelf: Shelf, holding: Holding) -> Balance:
    """The balance of a holding that was brought to the shelf, by what was recorded under this name alone."""
    figures: _Account = defaultdict(_Figure.empty)
    records = shelf.records_of(holding)
    _made(shelf, holding, figures)
    _moved(shelf, holding, figures)
    _adjusted(records, holding, figures)
    accounts = _accounts(records, holding)
    if len(_units([figures, *accounts.values()])) > 1:
        packs = packs_of(shelf.book, holding.goods, for_=holding.party)
        figures = {name: figure.opened(packs) for name, figure in figures.items()}
        accounts = {
            recall: {name: told.opened(packs) for name, told in account.items()}
            for recall, account in accounts.items()
        }
    for account in accounts.values():
        _answered(account, figures)
    return _closed(holding, figures, silent=all(record.actor != holding.party for record in records))


def _made(shelf: Shelf, holding: Holding, figures: _Account) -> None:
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


def _moved(shelf: Shelf, holding: Holding, figures: _Account) -> None:
    for edge in shelf.edges_at(holding):
        if not edge.flows or edge.kind not in {"shipment", "return"}:
            continue
        if edge.target == holding:
            name = "received" if edge.kind == "shipment" else "returned_in"
        else:
            name = "shipped" if edge.kind == "shipment" else "returned_out"
        figures[name].add(edge.moved, *edge.seqs)


def _adjusted(records: Sequence[Record], holding: Holding, figures: _Account) -> None:
    """What the holder, or an authority for it, wrote down without trade, and what was sold to those who use it."""
    told: dict[In | Out, list[_Told]] = defaultdict(list)
    for record, adjusted in of_type(records, Adjustment):
        if (adjusted.held_by or record.actor) != holding.party:
            continue
        back, own = adjusted.reason == "seizure_returned", record.actor == holding.party
        for amount in by_goods(adjusted.lines).get(holding.goods, ()):
            told[_REASONS[adjusted.reason]].append(_Told(record, adjusted.document, amount, own, back))
    _sold(records, holding, figures)
    for what, one in _by_officials(records, holding):
        told[what].append(one)
    for name, words in told.items():
        _counted(figures[name], words, by_two_hands=name in _BY_TWO_HANDS)


def _sold(records: Sequence[Record], holding: Holding, figures: _Account) -> None:
    """What went to those who use it, less what they brought back.

    A customer has no account here: what it brings back, the shop returns to itself. No more can come back than had gone.
    """
    for record, sale in of_type(records, Sale):
        if record.actor == holding.party:
            for amount in by_goods(sale.lines).get(holding.goods, ()):
                figures["sold"].add(amount, record.seq)
    for record, back in of_type(records, Return):
        if "sold" in figures and record.actor == back.to == holding.party:
            for amount in by_goods(back.lines).get(holding.goods, ()):
                gone = added(figures["sold"].amounts)
                if gone is not None and larger(gone, amount) == gone:
                    figures["sold"].add(Quantity(amount.amount.copy_negate(), amount.unit), record.seq)


def _by_officials(records: Sequence[Record], holding: Holding) -> Iterator[tuple[Out, _Told]]:
    """Samples and destructions as records of their own."""
    for record, sample in of_type(records, Sample):
        if sample.taken_from == holding.party and sample.goods == holding.goods:
            own = record.actor == holding.party
            yield "sampled", _Told(record, sample.sample_number, sample.quantity, own)
    for record, destroyed in of_type(records, Destruction):
        if leaves_stock(destroyed) and (destroyed.held_by or record.actor) == holding.party:
            own = record.actor == holding.party
            for amount in by_goods(destroyed.lines).get(holding.goods, ()):
                told = _Told(record, destroyed.document, amount, own, days=SAME_DESTRUCTION_DAYS)
                yield "destroyed", told


def leaves_stock(destroyed: Destruction) -> bool:
    """Whether goods left a trader's stock by it: seized goods had left it before, and a plan moves nothing."""
    return destroyed.stage == "done" and destroyed.stock != "seized"


def _counted(figure: _Figure, told: Sequence[_Told], *, by_two_hands: bool) -> None:
    """Count each event once, however many hands tell of it."""
    events: list[list[_Told]] = []
    for one in told:
        known = next((event for event in events if by_two_hands and _tells_of(one, event)), None)
        amount = one.amount
        if known is not None:
            known.append(one)
            figure.add(none_of(amount.unit), one.record.seq)
            continue
        events.append([one])
        counted = Quantity(amount.amount.copy_negate(), amount.unit) if one.back else amount
        figure.add(counted, one.record.seq)


def _tells_of(one: _Told, event: Sequence[_Told]) -> bool:
    return all(map(one.is_of_other_hand, event)) and any(map(one.is_same, event))


def _day(record: Record) -> dt.date:
    return record.header.occurred_at.date_in_shanghai().date


def _accounts(records: Iterable[Record], holding: Holding) -> dict[StatementId, _Account]:
    """What the holder answered to each recall. Answers to one recall are parts of one account and add up."""
    accounts: dict[StatementId, _Account] = defaultdict(lambda: defaultdict(_Figure.empty))
    for record, said in of_type(records, RecallAnswer):
        if record.actor == holding.party and said.goods == holding.goods:
            for name, amount in (("sold", said.sold), ("destroyed", said.destroyed), ("lost", said.lost)):
                if amount is not None:
                    accounts[said.recall][name].add(amount, record.seq)
    return accounts


def _answered(account: _Account, figures: _Account) -> None:
    """A recall answer is an account of what became of the goods, and may tell of sales and losses that were recorded before.

    So the larger word counts, and nothing twice; answers to two recalls of the same goods tell the same story twice. `sold` may tell of
    shipments too: a wholesaler calls them so. What is left decides: only more than that is taken for shipments already counted.
    """
    for name in ("destroyed", "lost", "sold"):
        if name not in account:
            continue
        told, known = account[name], figures.get(name, _Figure.empty())
        other = added(told.amounts)
        one = added(known.amounts) if known.parts or other is None else none_of(other.unit)
        most = None if one is None or other is None else larger(one, other)
        if name == "sold" and one is not None and most is not None:
            most = _without_shipped(one, most, figures)
        figures[name] = _Figure([(most, (*known.seqs, *told.seqs))])


def _without_shipped(known: Quantity, told: Quantity, figures: Mapping[str, _Figure]) -> Quantity:
    """What was sold, by the records or by an answer that may count the shipments among its sales."""
    came, went = _sum_of(get_args(In), figures), _sum_of(get_args(Out), figures)
    shipped = _sum_of(("shipped",), figures)
    if came is None or went is None or shipped is None or _units([figures]) - {told.unit.base}:
        return told
    more, left = exact(told) - exact(known), max(came - went, Fraction(0))
    return told if more <= left else written(exact(known) + max(left, more - shipped), told.unit) or told


def _sum_of(names: Iterable[str], figures: Mapping[str, _Figure]) -> Fraction | None:
    amounts = [amount for name in names if name in figures for amount in figures[name].amounts]
    total = Fraction(0)
    for one in amounts:
        if one is None:
            return None
        total += exact(one)
    return total


def _units(accounts: Iterable[Mapping[str, _Figure]]) -> set[Unit]:
    return {
        amount.unit.base
        for account in accounts
        for figure in account.values()
        for amount in figure.amounts
        if amount is not None
    }


def _apart(figures: Mapping[str, _Figure]) -> dict[Unit, tuple[int, ...]]:
    """For each kind of unit its first entries in and its first entries out; nothing where everything adds up."""
    units = _units([figures])
    if len(units) < 2:  # noqa: PLR2004  (one kind of unit adds up)
        return {}
    found: dict[Unit, tuple[int, ...]] = {}
    for unit in sorted(units, key=lambda one: one.name):
        seqs: list[int] = []
        for names in (get_args(In), get_args(Out)):
            parts = [
                part
                for name in names
                if name in figures
                for part in figures[name].parts
                if part[0] is not None
            ]
            mine = [entries for amount, entries in parts if amount is not None and amount.unit.base is unit]
            seqs.extend(min(mine, default=()))
        found[unit] = tuple(sorted(set(seqs)))
    return found


def _origin_unknown(figures: Collection[str], *, silent: bool) -> bool:
    # What came back was there before, and does not tell from where.
    return silent and not any(
        name in figures for name in ("opening", "made", "received", "gained", "carried_in")
    )


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
        carried_in=zero,
        shipped=of("shipped"),
        returned_out=of("returned_out"),
        sold=of("sold"),
        used=of("used"),
        lost=of("lost"),
        sampled=of("sampled"),
        seized=of("seized"),
        destroyed=of("destroyed"),
        carried_out=zero,
        expected=None if unknown or came_in is None or went_out is None else less(came_in, went_out),
        nothing=zero,
        units_differ=differ,
        silent=silent,
        seqs={name: figure.seqs for name, figure in figures.items()},
        apart=_apart(figures),
    )
