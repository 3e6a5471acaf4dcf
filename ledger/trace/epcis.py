"""What one EPCIS event says about movement: hand to hand, from goods to goods, and who has what.

An event knows nothing of our statement types; this module translates. `ledger.trace.edges` puts the result into the graph, where it
stands beside what parties recorded here themselves. Whatever goes with a container goes with it: shipping a pallet moves what was
packed on it, as far as anybody said what that was.

An event that was declared wrong moves nothing, nor does one whose words count in another statement.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from ledger.identifiers import Quantity, Unit
from ledger.trace.amounts import added
from ledger.vocabulary.epcis_reading import RECEIVING, SENDING, UNDERSTOOD, EventLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.identifiers import GoodsId, PartyId
    from ledger.vocabulary.epcis import EpcisEvent, Load
    from ledger.vocabulary.epcis_reading import EventReading

_ONE = Quantity(Decimal(1), Unit.H87)


@dataclass(frozen=True, slots=True)
class Handover:
    """Goods from one party to another, by the word of the sending or of the receiving side. No quantity: nobody said how much."""

    says: Literal["sent", "received"]
    giver: PartyId
    taker: PartyId
    line: EventLine


@dataclass(frozen=True, slots=True)
class Turned:
    """Goods that went into other goods in one party's hands. Without inputs they came into the world here: catch, harvest, hatching."""

    kind: Literal["transformation", "aggregation"]
    party: PartyId
    inputs: Mapping[GoodsId, Quantity | None]
    outputs: Mapping[GoodsId, Quantity | None]


@dataclass(frozen=True, slots=True)
class EventMoves:
    """Everything one event says about movement. `seen`: what it saw in whose hands without moving it."""

    handovers: tuple[Handover, ...] = ()
    turned: tuple[Turned, ...] = ()
    seen: tuple[tuple[PartyId, GoodsId], ...] = ()


def event_moves(event: EpcisEvent) -> EventMoves:
    """What an event says about movement; nothing if it cannot be read, was declared wrong, counts elsewhere, or names nobody's hands."""
    said, hands = event.reading, event.hands
    if said is None or said.kind not in UNDERSTOOD or said.error is not None:
        return EventMoves()
    if hands is None or event.told.stands_in is not None:
        return EventMoves()
    giver, taker = hands
    lines = moved_lines(event, said)
    return EventMoves(
        handovers=tuple(_handovers(event, said, lines, giver=giver, taker=taker)),
        turned=tuple(_turned(event, said, taker)),
        seen=tuple((giver if said.step in SENDING else taker, one.goods) for one in lines),
    )


def moved_lines(event: EpcisEvent, said: EventReading) -> tuple[EventLine, ...]:
    """The goods an event finds in somebody's hands, with what lay inside them."""
    if said.kind == "TransformationEvent":
        own = (*said.inputs, *_lines(event.told.joined_inputs))
    elif said.kind == "AggregationEvent":
        # What is packed into becomes a container only now; it goes nowhere unless the event itself sends it.
        moves = said.parent is not None and (said.action != "ADD" or said.step in SENDING | RECEIVING)
        own = (*([EventLine(said.parent, _ONE)] if said.parent and moves else []), *said.children)
    else:
        own = said.lines
    # What was unpacked or shipped out of a container is in the same hands as the container.
    named = {one.goods for one in own}
    return (*own, *(one for one in _lines(event.told.inside) if one.goods not in named))


def _handovers(
    event: EpcisEvent, said: EventReading, lines: Iterable[EventLine], *, giver: PartyId, taker: PartyId
) -> Iterator[Handover]:
    came_from = {one.goods: one.party for one in event.told.came_from or ()}
    for line in lines:
        before = came_from.get(line.goods, giver)
        if before != giver:
            yield Handover("received", before, giver, line)
        if giver != taker:
            yield Handover("sent" if said.step in SENDING else "received", giver, taker, line)


def _turned(event: EpcisEvent, said: EventReading, party: PartyId) -> Iterator[Turned]:
    if said.kind == "TransformationEvent":
        inputs = _sums((*said.inputs, *_lines(event.told.joined_inputs)))
        yield Turned(
            "transformation", party, inputs, _sums((*said.outputs, *_lines(event.told.joined_outputs)))
        )
    elif said.kind == "AggregationEvent" and said.parent is not None:
        if said.action == "ADD":
            yield Turned("aggregation", party, _sums(said.children), {said.parent: None})
        elif said.action == "DELETE":
            out = said.children or [
                EventLine(one.goods, one.quantity)
                for one in event.told.inside or ()
                if one.parent == said.parent
            ]
            yield Turned("aggregation", party, {said.parent: None}, _sums(out))
    elif said.kind == "ObjectEvent" and said.action == "ADD":
        known = set(event.told.made_already or ())
        made = _sums(one for one in said.lines if one.goods not in known)
        if made:
            yield Turned("transformation", party, {}, made)


def _lines(loads: Iterable[Load] | None) -> tuple[EventLine, ...]:
    return tuple(EventLine(one.goods, one.quantity) for one in loads or ())


def _sums(lines: Iterable[EventLine]) -> dict[GoodsId, Quantity | None]:
    parts: dict[GoodsId, list[Quantity | None]] = defaultdict(list)
    for one in lines:
        parts[one.goods].append(one.quantity)
    return {goods: added(quantities) for goods, quantities in parts.items()}
