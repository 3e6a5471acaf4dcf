"""Reading events in the light of each other: whose hands goods came from, what a container held, which parts belong together.

One event often says less than its document. A pallet is unpacked without saying what lay on it; a lot turns up at a fish farm and
nobody wrote that the hatchery sent it. Here the events are laid in the order in which they happened, together with what this ledger
knows of the same goods, and each gets beside it what the others say. Nothing is guessed: where two parties could have been the
one before, none is named, and the report says so.

Pure: a book and a document in, statements' contents out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.trace.amounts import less, plus
from ledger.trace.edges import Claim, moves_of, stock_of
from ledger.trace.epcis import event_moves, moved_lines
from ledger.vocabulary.epcis import CameFrom, EpcisEvent, Inside
from ledger.vocabulary.epcis_reading import OBJECTS_MAX, RECEIVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.trace.epcis import EventMoves
    from ledger.views.book import Record
    from ledger.vocabulary.epcis_reading import EventReading

#: Pallets of boxes of packs: nobody packs deeper.
_NESTING_MAX: Final = 8


@dataclass(slots=True)
class Desk:
    """What has been read so far, in the order of time. `unclear`: goods that turned up at a party and nobody can tell from whom."""

    made: frozenset[GoodsId] = frozenset()
    unclear: list[GoodsId] = field(default_factory=list)
    _left: dict[GoodsId, dict[PartyId, Quantity | None]] = field(default_factory=lambda: defaultdict(dict))
    _on_way: Counter[tuple[GoodsId, PartyId, PartyId]] = field(default_factory=Counter)
    _inside: dict[GoodsId, dict[GoodsId, Quantity | None]] = field(default_factory=lambda: defaultdict(dict))

    def know(self, record: Record) -> None:
        """Read what this ledger has recorded."""
        if isinstance(record.said, EpcisEvent):
            if record.superseded_by is None:
                self._read(record.said, event_moves(record.said))
            return
        for holding in stock_of(record):
            self._left[holding.goods].setdefault(holding.party, None)
        for move in moves_of(record):
            if isinstance(move, Claim):
                self._hand(
                    move.target.goods,
                    giver=move.source.party,
                    taker=move.target.party,
                    quantity=move.quantity,
                    sent=move.is_sending,
                )
            else:
                for holding, amount in move.inputs.items():
                    self._take(holding.goods, holding.party, amount)
                for holding, amount in move.outputs.items():
                    self._give(holding.goods, holding.party, amount)

    def lay(self, event: EpcisEvent) -> EpcisEvent:
        """The event with what the events before it say beside it; then it is read like them."""
        said, hands = event.reading, event.hands
        if said is None or said.error is not None or hands is None:
            return event
        inside = tuple(self._contents(said))
        event = _with(event, inside=inside or None, made_already=self._made_already(said) or None)
        came_from = tuple(self._came_from(event, said, *hands))
        event = _with(event, came_from=came_from or None)
        self._read(event, event_moves(event))
        return event

    def _came_from(
        self, event: EpcisEvent, said: EventReading, giver: PartyId, taker: PartyId
    ) -> Iterator[CameFrom]:
        expects = giver == taker and said.step in RECEIVING
        for goods in dict.fromkeys(one.goods for one in moved_lines(event, said)):
            before = self._before(goods, giver, expects=expects)
            if before is not None:
                yield CameFrom(goods=goods, party=before)

    def _before(self, goods: GoodsId, party: PartyId, *, expects: bool) -> PartyId | None:
        """Who had goods before they turned up with a party: whoever sent them there, else the only one who can have had them."""
        senders = {
            giver for (one, giver, taker), n in self._on_way.items() if (one, taker) == (goods, party) and n
        }
        if expects and len(senders) == 1:
            return senders.pop()
        known = self._left.get(goods, {})
        if party in known or not known:
            return None
        others = [one for one, left in known.items() if left is None or left.amount > 0]
        if len(others) != 1:
            self.unclear.append(goods)
            return None
        return others[0]

    def _contents(self, said: EventReading) -> Iterator[Inside]:
        """What lies in the containers that an event is about."""
        if said.kind == "AggregationEvent" and said.action == "ADD":
            containers = [one.goods for one in said.children]
        else:
            containers = [one for one in said.goods if one not in {output.goods for output in said.outputs}]
        found: dict[tuple[GoodsId, GoodsId], Quantity | None] = {}
        for _ in range(_NESTING_MAX):
            more = {
                (parent, goods): amount
                for parent in containers
                for goods, amount in self._inside.get(parent, {}).items()
                if (parent, goods) not in found
            }
            found |= more
            containers = [goods for _, goods in more]
        for (parent, goods), amount in list(found.items())[:OBJECTS_MAX]:
            yield Inside(parent=parent, goods=goods, quantity=amount)

    def _made_already(self, said: EventReading) -> tuple[GoodsId, ...]:
        if said.kind != "ObjectEvent" or said.action != "ADD":
            return ()
        return tuple(one.goods for one in said.lines if one.goods in self.made)

    def _read(self, event: EpcisEvent, moves: EventMoves) -> None:
        for one in moves.handovers:
            self._hand(
                one.line.goods,
                giver=one.giver,
                taker=one.taker,
                quantity=one.line.quantity,
                sent=one.says == "sent",
            )
        for turned in moves.turned:
            counted = turned.kind == "transformation"
            for goods, amount in turned.inputs.items():
                self._take(goods, turned.party, amount if counted else None, only_seen=not counted)
            for goods, amount in turned.outputs.items():
                self._give(goods, turned.party, amount if counted else None, only_seen=not counted)
        for party, goods in moves.seen:
            self._left[goods].setdefault(party, None)
        if event.reading is not None and event.reading.error is None:
            self._pack(event.reading)

    def _pack(self, said: EventReading) -> None:
        if said.kind != "AggregationEvent" or said.parent is None:
            return
        held = self._inside[said.parent]
        if said.action == "DELETE":
            for goods in [one.goods for one in said.children] or list(held):
                held.pop(goods, None)
        else:
            held.update({one.goods: one.quantity for one in said.children})

    def _hand(
        self, goods: GoodsId, *, giver: PartyId, taker: PartyId, quantity: Quantity | None, sent: bool
    ) -> None:
        way = (goods, giver, taker)
        if not sent and self._on_way[way]:
            self._on_way[way] -= 1  # It has moved when it was sent.
            return
        if sent:
            self._on_way[way] += 1
        self._take(goods, giver, quantity)
        self._give(goods, taker, quantity)

    def _take(
        self, goods: GoodsId, party: PartyId, amount: Quantity | None, *, only_seen: bool = False
    ) -> None:
        known = self._left[goods]
        before = known.setdefault(party, None)
        if not only_seen:
            known[party] = None if before is None or amount is None else less(before, amount)

    def _give(
        self, goods: GoodsId, party: PartyId, amount: Quantity | None, *, only_seen: bool = False
    ) -> None:
        known = self._left[goods]
        if only_seen:
            known.setdefault(party, None)
        elif party not in known:
            known[party] = amount
        else:
            before = known[party]
            known[party] = None if before is None or amount is None else plus(before, amount)


def _with(event: EpcisEvent, **fields: object) -> EpcisEvent:
    """The event with more beside it. (`model_copy` would keep what was worked out from fewer fields.)"""
    given: Mapping[str, object] = {name: getattr(event, name) for name in type(event).model_fields}
    return EpcisEvent.model_validate({**given, **fields})


def goods_inside(records: Iterable[Record]) -> set[GoodsId]:
    """What was packed into the containers that some records are about: its own records matter too."""
    return {
        one.goods
        for record in records
        if isinstance(record.said, EpcisEvent) and record.said.reading is not None
        for one in record.said.reading.children
    }
