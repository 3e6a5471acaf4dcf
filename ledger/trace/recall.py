"""The scope of a recall: every holder of the recalled goods and of whatever may contain them, and what each has answered.

The totals account for the goods as they first came into the world: recovered, sold, destroyed, lost, taken by officials,
turned into other goods, and what nobody has accounted for add up to what was made, always. Each holder's part says who has
to be asked next.

An answer is an account of what became of the goods in one party's hands: it includes sales and losses recorded before
(the larger word counts), and `recovered` means what the holder itself keeps stopped. Several answers of one party to one recall
are parts of one account.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ledger.trace.amounts import added, less, none_of
from ledger.trace.edges import Holding
from ledger.trace.sheets import party_views
from ledger.trace.shelf import Shelf
from ledger.trace.succeeding import balance_of
from ledger.trace.tracing import forward_from
from ledger.trace.walk import TraceLimits, Walk, spread, walk, ways_of
from ledger.views.book import statement_key
from ledger.vocabulary.oversight import Recall, RecallAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.identifiers import GoodsId, Quantity
    from ledger.trace.balance import Balance, In, Out
    from ledger.views.book import Book, Record

#: A recall asks for everybody. What lies beyond even these limits is named by `truncated`.
RECALL_LIMITS = TraceLimits(depth_max=64, nodes_max=50_000, edges_max=200_000, records_max=200_000)


@dataclass(frozen=True, slots=True)
class RecallHolder:
    """One holder of recalled goods, or of goods that may contain them.

    `through_use`: the goods were used on what this holder has (a pesticide on leeks), not made into it. `contact`: the entries that
    hold the party's name, phone and address. `unaccounted` is what the holder should still have beyond what it keeps stopped.
    """

    holding: Holding
    depth: int
    may_contain: bool
    through_use: bool
    received: Quantity | None
    passed_on: Quantity | None
    recovered: Quantity | None
    sold: Quantity | None
    destroyed: Quantity | None
    lost: Quantity | None
    taken: Quantity | None
    unaccounted: Quantity | None
    answers: tuple[int, ...]
    contact: tuple[int, ...]

    @property
    def answered(self) -> bool:
        """Whether this holder has answered the recall for these goods."""
        return bool(self.answers)


@dataclass(frozen=True, slots=True)
class RecallTotals:
    """The recalled goods accounted for: all figures but the first add up to it. None where units do not add up."""

    first_hand: Quantity | None
    recovered: Quantity | None
    sold: Quantity | None
    destroyed: Quantity | None
    lost: Quantity | None
    taken: Quantity | None
    used: Quantity | None
    unaccounted: Quantity | None


@dataclass(frozen=True, slots=True)
class RecallScope:
    """Who has the recalled goods and what became of them, at one log size."""

    recall: Record
    goods: tuple[GoodsId, ...]
    holders: tuple[RecallHolder, ...]
    totals: RecallTotals
    by_goods: Mapping[GoodsId, RecallTotals]
    truncated: bool
    size: int


def recall_scope(book: Book, recall: Record, *, limits: TraceLimits = RECALL_LIMITS) -> RecallScope:
    """Every holder in the scope of a recall and the account so far. `recall` is the recall's own record."""
    goods = tuple(dict.fromkeys(recall.said.goods)) if isinstance(recall.said, Recall) else ()
    shelf = Shelf(book, records_max=limits.records_max)
    answers = _answers(shelf, recall)
    forward = _with_answerers(shelf, forward_from(shelf, goods, limits), answers, limits)
    balances = {one: balance_of(shelf, one) for one in forward.depth}
    contacts = party_views(shelf, {one.party for one in forward.depth})
    uncertain, touched = forward.may_contain(), _only_through_use(forward)
    holders = [
        _holder(
            holding,
            depth=depth,
            balance=balances[holding],
            answers=answers.get(holding, []),
            contact=contacts[holding.party].seqs,
            may_contain=holding in uncertain,
            through_use=holding in touched,
        )
        for holding, depth in forward.depth.items()
    ]
    holders.sort(key=lambda one: (one.depth, one.holding))
    by_goods = {
        one: _totals(
            [balance for holding, balance in balances.items() if holding.goods == one],
            [holder.recovered for holder in holders if holder.holding.goods == one and holder.answered],
        )
        for one in goods
    }
    return RecallScope(
        recall=recall,
        goods=goods,
        holders=tuple(holders),
        totals=_sum(list(by_goods.values())),
        by_goods=by_goods,
        truncated=forward.truncated or shelf.short,
        size=book.size,
    )


def _answers(shelf: Shelf, recall: Record) -> dict[Holding, list[Record]]:
    """The answers to this recall in any of its versions, by the holding they account for."""
    found: dict[Holding, list[Record]] = defaultdict(list)
    for name in shelf.versions(recall):
        for record in shelf.about(statement_key(name)):
            said = record.said
            if record.superseded_by is None and isinstance(said, RecallAnswer) and said.recall == name:
                found[Holding(record.actor, said.goods)].append(record)
    return found


def _with_answerers(shelf: Shelf, forward: Walk, answers: Iterable[Holding], limits: TraceLimits) -> Walk:
    """Whoever answers has the goods, even if no entry told how he got them."""
    goods = {one.goods for one in forward.depth}
    missing = {one for one in answers if one.goods in goods} - forward.depth.keys()
    if not missing or forward.truncated:
        return forward
    starts = {one for one, depth in forward.depth.items() if depth == 0}
    return walk(shelf, starts | missing, "forward", limits)


def _only_through_use(forward: Walk) -> set[Holding]:
    starts = [holding for holding, depth in forward.depth.items() if depth == 0]
    seen: set[Holding] = set()
    spread(
        ways_of([one for one in forward.edges if one.flows and one.kind != "use"], "forward"), starts, seen
    )
    return forward.depth.keys() - seen


def _holder(
    holding: Holding,
    *,
    depth: int,
    balance: Balance,
    answers: Sequence[Record],
    contact: tuple[int, ...],
    may_contain: bool,
    through_use: bool,
) -> RecallHolder:
    stopped = [
        record.said.recovered
        for record in answers
        if isinstance(record.said, RecallAnswer) and record.said.recovered is not None
    ]
    recovered = added(stopped) if stopped else balance.nothing
    unknown = balance.expected is None or recovered is None
    return RecallHolder(
        holding=holding,
        depth=depth,
        may_contain=may_contain,
        through_use=through_use,
        received=balance.came_in,
        passed_on=balance.passed_on,
        recovered=recovered,
        sold=balance.sold,
        destroyed=balance.destroyed,
        lost=balance.lost,
        taken=added([balance.sampled, balance.seized]),
        unaccounted=None
        if unknown or balance.expected is None or recovered is None
        else less(balance.expected, recovered),
        answers=tuple(record.seq for record in answers),
        contact=contact,
    )


def _totals(balances: Sequence[Balance], recovered: Iterable[Quantity | None]) -> RecallTotals:
    """The account of one kind of goods over all hands. What got lost between two hands counts as not accounted for."""
    zero = _zero([figure for one in balances for figure in (one.came_in, one.passed_on)])

    def over_all(*names: Out) -> Quantity | None:
        return added([zero, *(one.figure(name) for one in balances for name in names if name in one.seqs)])

    first_hand = added([zero, *(one for balance in balances for one in _first_hand(balance))])
    stopped = added([zero, *recovered])
    sold, destroyed, lost = over_all("sold"), over_all("destroyed"), over_all("lost")
    taken, used = over_all("sampled", "seized"), over_all("used")
    accounted = added([stopped, sold, destroyed, lost, taken, used])
    return RecallTotals(
        first_hand=first_hand,
        recovered=stopped,
        sold=sold,
        destroyed=destroyed,
        lost=lost,
        taken=taken,
        used=used,
        unaccounted=None if first_hand is None or accounted is None else less(first_hand, accounted),
    )


def _first_hand(balance: Balance) -> list[Quantity | None]:
    """What came into the world in this holding: made, found in stock, or let go by somebody who keeps no records here."""
    if not balance.origin_unknown:
        names: tuple[In, ...] = ("opening", "made", "gained")
        return [balance.figure(name) for name in names if name in balance.seqs]
    if not balance.seqs:
        return []
    let_go, back = balance.passed_on, balance.returned_in
    if let_go is None or back is None:
        return [None]
    net = less(let_go, back)
    # Who got more back than he let go has the rest of somebody else's goods: they are counted where they came from.
    return [net if net is None or net.amount > 0 else none_of(net.unit)]


def _zero(figures: Iterable[Quantity | None]) -> Quantity | None:
    return next((none_of(one.unit) for one in figures if one is not None), None)


def _sum(parts: Sequence[RecallTotals]) -> RecallTotals:
    return RecallTotals(
        **{one.name: added(getattr(part, one.name) for part in parts) for one in fields(RecallTotals)}
    )
