"""Going from holding to holding, level by level, back to the sources or forward to every holder.

One level asks the book once for all its holdings. A walk visits each holding once, so goods that go round in a circle end
it like any other; it goes no deeper and no wider than its limits, and says so when something lies beyond them.

Edges are not judged by their claimed times: a delivery that was dated back or forth must not hide a source or a holder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ledger.trace.amounts import added, share
from ledger.trace.shelf import RECORDS_MAX
from ledger.trace.succeeding import going_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.identifiers import GoodsId, Quantity
    from ledger.trace.edges import Edge, Holding
    from ledger.trace.shelf import Direction, Shelf


@dataclass(frozen=True, slots=True)
class TraceLimits:
    """How far one question goes in each direction, and how much it reads."""

    depth_max: int = 32
    nodes_max: int = 5_000
    edges_max: int = 20_000
    records_max: int = RECORDS_MAX


@dataclass(frozen=True, slots=True)
class Walk:
    """What one walk found: the depth of every holding, the edges between them, and where it had to stop.

    An edge that was refused is kept beside the sender, and leads to no holding.
    """

    direction: Direction
    depth: Mapping[Holding, int]
    edges: tuple[Edge, ...]
    cut: frozenset[Holding]

    @property
    def truncated(self) -> bool:
        """Whether something lies beyond a limit."""
        return bool(self.cut)

    def may_contain(self) -> frozenset[Holding]:
        """Holdings that no way without mixing leads to: any piece of them may or may not hold the goods asked about."""
        starts = [holding for holding, depth in self.depth.items() if depth == 0]
        certain = [one for one in self.edges if one.flows and not one.may_contain]
        seen: set[Holding] = set()
        spread(ways_of(certain, self.direction), starts, seen)
        return frozenset(self.depth.keys() - seen)


def walk(shelf: Shelf, starts: Collection[Holding], direction: Direction, limits: TraceLimits) -> Walk:
    """Every holding that goods from `starts` reached, or came from."""
    depth: dict[Holding, int] = {}
    edges: dict[Edge, None] = {}
    wanted = sorted(set(starts))
    frontier = wanted[: limits.nodes_max]
    cut = set(frontier) if len(frontier) < len(wanted) else set()
    level = 0
    while frontier:
        depth.update(dict.fromkeys(frontier, level))
        shelf.bring(frontier, plots=direction)
        found = _edges_beyond(shelf, frontier, direction)
        room = limits.edges_max - len(edges)
        cut.update(near(one, direction) for one in found[room:])
        edges.update(dict.fromkeys(found[:room]))
        new = [one for one in found[:room] if one.flows and far(one, direction) not in depth]
        level += 1
        room = limits.nodes_max - len(depth) if level <= limits.depth_max else 0
        frontier = list(dict.fromkeys(far(one, direction) for one in new))[:room]
        followed = set(frontier)
        cut.update(near(one, direction) for one in new if far(one, direction) not in followed)
    kept = [one for one in edges if not one.flows or far(one, direction) in depth]
    return Walk(
        direction=direction,
        depth=depth,
        edges=tuple(sorted(_with_shares(shelf, kept), key=lambda one: one.order)),
        cut=frozenset(cut),
    )


def near(edge: Edge, direction: Direction) -> Holding:
    """The end of an edge that a walk comes from."""
    return edge.target if direction == "back" else edge.source


def far(edge: Edge, direction: Direction) -> Holding:
    """The end of an edge that a walk goes to."""
    return edge.source if direction == "back" else edge.target


def ways_of(edges: Iterable[Edge], direction: Direction) -> dict[Holding, list[Holding]]:
    """Where each holding leads to over these edges."""
    ways: dict[Holding, list[Holding]] = {}
    for one in edges:
        ways.setdefault(near(one, direction), []).append(far(one, direction))
    return ways


def spread(ways: Mapping[Holding, Sequence[Holding]], starts: Iterable[Holding], seen: set[Holding]) -> None:
    """Add to `seen` the starts and all that can be reached from them."""
    waiting = [one for one in starts if one not in seen]
    seen.update(waiting)
    while waiting:
        new = {one for one in ways.get(waiting.pop(), ()) if one not in seen}
        seen.update(new)
        waiting.extend(new)


def _edges_beyond(shelf: Shelf, frontier: Sequence[Holding], direction: Direction) -> list[Edge]:
    found = [
        one for holding in frontier for one in shelf.edges_at(holding) if near(one, direction) == holding
    ]
    found += going_on(shelf, frontier, direction)
    return sorted(found, key=lambda one: one.order)


def _with_shares(shelf: Shelf, edges: Iterable[Edge]) -> list[Edge]:
    """The same edges; those into a batch that several batches went into say so, and how large each one's part is."""
    inputs: dict[Holding, dict[GoodsId, Quantity | None]] = {}
    result = []
    for one in edges:
        if one.kind != "transformation":
            result.append(one)
            continue
        if one.target not in inputs:
            inputs[one.target] = _inputs_of(shelf, one.target)
        amounts = inputs[one.target]
        amount = amounts.get(one.source.goods)
        result.append(
            replace(
                one,
                may_contain=len(amounts) > 1,
                share=None if amount is None else share(amount, amounts.values()),
            )
        )
    return result


def _inputs_of(shelf: Shelf, target: Holding) -> dict[GoodsId, Quantity | None]:
    """How much of which goods went into a batch, over all runs that gave it."""
    parts: dict[GoodsId, list[Quantity | None]] = {}
    for turning in shelf.turnings(target):
        if turning.kind == "transformation" and target in turning.outputs:
            for source, amount in turning.inputs.items():
                if source != target:
                    parts.setdefault(source.goods, []).append(amount)
    return {goods: added(amounts) for goods, amounts in parts.items()}
