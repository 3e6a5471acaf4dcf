"""The trace: where goods came from, and who else has them.

`trace(book, goods)` starts where the goods began and follows them to every holder; with `at` it starts from the goods in one
party's hands: back to their sources, forward to whoever got them from there. The answer is a pure function of the book, so
the same log size always gives the same trace, in whatever order its entries arrived.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.trace.ahead import read_ahead
from ledger.trace.edges import Edge, Holding
from ledger.trace.shelf import Direction, Shelf
from ledger.trace.sources import Source, nothing_against, sources_of
from ledger.trace.succeeding import balance_of, going_on, overdrawn
from ledger.trace.walk import TraceLimits, Walk, walk
from ledger.views.book import goods_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.trace.balance import Balance
    from ledger.trace.sources import Contradictions
    from ledger.views.book import Book, Record

#: `not_followed`: something lies beyond a limit here. `silent`: known only by what others say.
NodeFlag = Literal["may_contain", "not_followed", "overdrawn", "silent", "units_differ", "no_batch_record"]

_FORWARD: Final[tuple[Direction, ...]] = ("forward",)
_BOTH_WAYS: Final[tuple[Direction, ...]] = ("forward", "back")


@dataclass(frozen=True, slots=True)
class Node:
    """One holding of a trace. `depth` counts steps from the start: negative towards the sources."""

    holding: Holding
    batch: Record | None
    depth: int
    balance: Balance
    flags: tuple[NodeFlag, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has or had the goods, or goods made from them: all that came in, what went on, and what should be left."""

    holding: Holding
    depth: int
    received: Quantity | None
    passed_on: Quantity | None
    sold: Quantity | None
    left: Quantity | None
    may_contain: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """One answer. `truncated`: it goes on beyond the limits, at the nodes that say `not_followed`. `size`: the log size it stands at.

    A refused edge is listed beside its sender and leads to no node.
    """

    goods: GoodsId
    at: PartyId | None
    back: tuple[Edge, ...]
    forward: tuple[Edge, ...]
    nodes: tuple[Node, ...]
    sources: tuple[Source, ...]
    holders: tuple[Holder, ...]
    truncated: bool
    size: int


def trace(
    book: Book,
    start: GoodsId,
    *,
    at: PartyId | None = None,
    limits: TraceLimits | None = None,
    contradictions: Contradictions = nothing_against,
) -> Trace:
    """Follow `start` back and forward: all of it, or what is in the hands of `at`."""
    limits = limits or TraceLimits()
    shelf = Shelf(book, records_max=limits.records_max)
    if at is None:
        forward = forward_from(shelf, [start], limits, also_back=True)
    else:
        read_ahead(shelf, [Holding(at, start)], _BOTH_WAYS, nodes_max=limits.nodes_max)
        forward = walk(shelf, [Holding(at, start)], "forward", limits)
    back = walk(shelf, [holding for holding, depth in forward.depth.items() if depth == 0], "back", limits)
    sources = sources_of(shelf, back, contradictions)
    balances = {one: balance_of(shelf, one) for one in {**back.depth, **forward.depth}}
    return Trace(
        goods=start,
        at=at,
        back=back.edges,
        forward=forward.edges,
        nodes=_nodes(shelf, back, forward, balances),
        sources=sources,
        holders=_holders(forward, balances),
        truncated=back.truncated or forward.truncated or shelf.short,
        size=book.size,
    )


def forward_from(
    shelf: Shelf,
    goods: Collection[GoodsId],
    limits: TraceLimits,
    *,
    also_back: bool = False,
) -> Walk:
    """All holdings of some goods and of what was made from them, from where the goods began.

    They began with holders who got them from nobody. Holders whom those do not reach (goods that went round in a circle, a
    sale by someone who refused the delivery) are starts of their own: nobody who ever had the goods is left out. `also_back`: the
    caller will walk back from there as well.
    """
    shelf.look(goods_key(one) for one in goods)
    held: set[Holding] = set()
    got: set[Holding] = set()
    for one in goods:
        known, from_others = shelf.holdings_of(one)
        held |= known
        got |= from_others
    got |= {one.target for one in going_on(shelf, held, "back")}
    read_ahead(shelf, held, _BOTH_WAYS if also_back else _FORWARD, nodes_max=limits.nodes_max)
    first = walk(shelf, held - got, "forward", limits)
    unreached = held - first.depth.keys()
    if not unreached or first.truncated:
        return first
    return walk(shelf, (held - got) | unreached, "forward", limits)


def _holders(forward: Walk, balances: Mapping[Holding, Balance]) -> tuple[Holder, ...]:
    uncertain = forward.may_contain()
    holders = [
        Holder(
            holding=holding,
            depth=depth,
            received=balances[holding].came_in,
            passed_on=balances[holding].passed_on,
            sold=balances[holding].sold,
            left=balances[holding].expected,
            may_contain=holding in uncertain,
        )
        for holding, depth in forward.depth.items()
    ]
    return tuple(sorted(holders, key=lambda one: (one.depth, one.holding)))


def _nodes(shelf: Shelf, back: Walk, forward: Walk, balances: Mapping[Holding, Balance]) -> tuple[Node, ...]:
    depths = {holding: -depth for holding, depth in back.depth.items()} | dict(forward.depth)
    uncertain = back.may_contain() | forward.may_contain()
    cut = back.cut | forward.cut
    ways = [one for one in (*back.edges, *forward.edges) if one.kind == "succession"]
    nodes = []
    for holding, depth in depths.items():
        balance, batch = balances[holding], shelf.batch(holding.goods)
        flags: dict[NodeFlag, bool] = {
            "may_contain": holding in uncertain,
            "not_followed": holding in cut,
            "overdrawn": overdrawn(balance, ways),
            "silent": balance.silent,
            "units_differ": balance.units_differ,
            "no_batch_record": batch is None,
        }
        flagged: tuple[NodeFlag, ...] = tuple(flag for flag, set_ in flags.items() if set_)
        nodes.append(Node(holding=holding, batch=batch, depth=depth, balance=balance, flags=flagged))
    return tuple(sorted(nodes, key=lambda one: (one.depth, one.holding)))
