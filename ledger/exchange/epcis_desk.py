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
from ledger.vocabulary.epcis import NOTHING_BESIDE, CameFrom, EpcisEvent, Inside
from ledger.vocabulary.epcis_reading import OBJECTS_MAX, RECEIVING, SENDING, UNDERSTOOD
from ledger.vocabulary.goods import Adjustment, Batch

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
    _on_way: dict[tuple[GoodsId, PartyId], Counter[PartyId]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    _inside: dict[GoodsId, dict[GoodsId, Quantity | None]] = field(default_factory=lambda: defaultdict(dict))

    def know(self, record: Record) -> None:
        """Read what this ledger has recorded."""
        if isinstance(record.said, EpcisEvent):
            if record.superseded_by is None:
                self._read(record.said, event_moves(record.said))
            return
        for goods, party, amount in _begun(record):
            if goods not in self.made:
                self._give(goods, party, amount)
        for holding in stock_of(record):
            self._see(holding.goods, holding.party)
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
        if said is None or said.kind not in UNDERSTOOD or said.error is not None:
            return event
        if hands is None or event.told.stands_in is not None:
            return event
        inside, made_already = tuple(self._contents(said)), self._made_already(said)
        event = _with(event, {"inside": inside or None, "made_already": made_already or None})
        event = _with(event, {"came_from": tuple(self._came_from(event, said, *hands)) or None})
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
        senders = [giver for giver, count in self._on_way[goods, party].items() if count]
        if expects and len(senders) == 1:
            return senders[0]
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
        new = {one.goods for one in said.outputs}
        if said.action == "ADD" and said.parent is not None and said.step not in SENDING | RECEIVING:
            new.add(said.parent)
        containers = [one for one in said.goods if one not in new]
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
            if turned.kind == "aggregation":  # Packing changes nobody's amounts.
                for goods in (*turned.inputs, *turned.outputs):
                    self._see(goods, turned.party)
                continue
            for goods, amount in turned.inputs.items():
                self._take(goods, turned.party, amount)
            for goods, amount in turned.outputs.items():
                self._give(goods, turned.party, amount)
        for party, goods in moves.seen:
            self._see(goods, party)
        said = event.reading
        if said is not None and said.error is None and event.told.stands_in is None:
            self._pack(said)

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
        on_way = self._on_way[goods, taker]
        if not sent and on_way[giver]:
            on_way[giver] -= 1  # It has moved when it was sent.
            return
        if sent:
            on_way[giver] += 1
        self._take(goods, giver, quantity)
        self._give(goods, taker, quantity)

    def _see(self, goods: GoodsId, party: PartyId) -> None:
        self._left[goods].setdefault(party, None)

    def _take(self, goods: GoodsId, party: PartyId, amount: Quantity | None) -> None:
        before = self._left[goods].get(party)
        self._left[goods][party] = None if before is None or amount is None else less(before, amount)

    def _give(self, goods: GoodsId, party: PartyId, amount: Quantity | None) -> None:
        known = self._left[goods]
        before = known.get(party)
        if party not in known:
            known[party] = amount
        else:
            known[party] = None if before is None or amount is None else plus(before, amount)


def _with(event: EpcisEvent, told: Mapping[str, object]) -> EpcisEvent:
    # What an event's own bytes say was worked out once; the copy keeps it, and nothing that is told here changes it.
    beside = event.told.model_copy(update=told)
    return event.model_copy(update={"beside": None if beside == NOTHING_BESIDE else beside})


def _begun(record: Record) -> Iterator[tuple[GoodsId, PartyId, Quantity | None]]:
    """Goods that a record of our own finds in somebody's hands for the first time, with their amount."""
    match record.said:
        case Batch() as said:
            yield said.goods, said.maker, said.quantity
        case Adjustment(reason="opening_stock") as said:
            for line in said.lines:
                yield line.goods, said.held_by or record.actor, line.quantity
        case _:
            return


def goods_inside(records: Iterable[Record]) -> set[GoodsId]:
    """What was packed into the containers that some records are about: its own records matter too."""
    return {
        one.goods
        for record in records
        if isinstance(record.said, EpcisEvent) and record.said.reading is not None
        for one in record.said.reading.children
    }
