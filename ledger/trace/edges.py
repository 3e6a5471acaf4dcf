"""How goods move: the values of the trace, and what one record by itself says about movement.

A *holding* is goods in one party's hands. An *edge* leads from one holding to another and carries the entries that prove
it. Two hands speak about most edges (who sent, who received), so a record gives only *claims* here; `pairing` brings the
two sides together. What happens within one party's hands (processing, use) is a *turning* and needs no second word.

`moves_of` is the one place that knows how each statement type moves goods: a new type gets its case there.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.trace.amounts import joined
from ledger.trace.epcis import event_moves
from ledger.vocabulary.epcis import EpcisEvent
from ledger.vocabulary.goods import Adjustment, Batch, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import RecallAnswer, Sample
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from fractions import Fraction

    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.views.book import Record
    from ledger.vocabulary.values import Line

EdgeKind = Literal["shipment", "return", "transformation", "use", "aggregation", "succession"]
EdgeState = Literal["confirmed", "corrected", "refused", "unanswered", "one_sided"]


@dataclass(frozen=True, slots=True, order=True)
class Holding:
    """Goods in one party's hands."""

    party: PartyId
    goods: GoodsId

    def __hash__(self) -> int:
        # A trace looks holdings up many times each: their two names at once, not one inside the other.
        return hash((self.party.text, self.goods.text))


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of goods from holding to holding, with the entries that prove it.

    `state`: *confirmed* (both say the same; or it happened within one party's hands), *corrected* (the receiver says another
    amount), *refused* (the goods did not move), *unanswered* (offered, no answer yet), *one_sided* (one side says so and
    the other was not asked or is not on this ledger).

    For a transformation `sent` is what went in and `received` what came out of that run. `may_contain`: the target was made
    from several batches, so any piece of it may or may not hold the source; `share` is then the source's part of all input.
    """

    source: Holding
    target: Holding
    kind: EdgeKind
    sent: Quantity | None
    received: Quantity | None
    state: EdgeState
    occurred_ms: int
    #: The entry that tells when it happened.
    told_by: int
    seqs: tuple[int, ...]
    may_contain: bool = False
    share: Fraction | None = None

    @property
    def flows(self) -> bool:
        """Whether goods went this way."""
        return self.state != "refused"

    @property
    def moved(self) -> Quantity | None:
        """What changed hands, for both sides alike: what the receiver counted, else what the sender says. None if refused."""
        if not self.flows:
            return None
        return self.sent if self.received is None else self.received

    @property
    def share_percent(self) -> str | None:
        """The share for a page, to a tenth: `62.5`."""
        return None if self.share is None else f"{float(self.share * 100):.1f}"

    @property
    def order(self) -> tuple[int, tuple[int, ...], Holding, Holding]:
        """Where it stands among other edges."""
        return (self.occurred_ms, self.seqs, self.source, self.target)


@dataclass(frozen=True, slots=True)
class Claim:
    """One record's word about goods between two parties: that they were sent, sent back, received, looked over, or not taken."""

    record: Record
    says: Literal["sent", "returned", "received", "checked", "refused"]
    source: Holding
    target: Holding
    quantity: Quantity

    @property
    def is_sending(self) -> bool:
        """Whether it is the sender's word."""
        return self.says in {"sent", "returned"}


@dataclass(frozen=True, slots=True)
class Turning:
    """Goods that went into other goods. An amount is None where its lines do not add up, or were not said.

    A use that names a plot has no outputs here: what grew there is found through the plot. A shipment stands here only where nobody
    said how much was shipped: the way is known, and no amount can be compared.
    """

    record: Record
    kind: Literal["transformation", "use", "aggregation", "shipment"]
    inputs: Mapping[Holding, Quantity | None]
    outputs: Mapping[Holding, Quantity | None]


def moves_of(record: Record) -> Iterator[Claim | Turning]:
    """What this record says about movement. A record that was put right says nothing any more."""
    if record.superseded_by is not None:
        return
    match record.said:
        case Shipment() as said:
            yield from _claims(record, "sent", source=record.actor, target=said.to, lines=said.lines)
        case Return() as said:
            yield from _claims(record, "returned", source=record.actor, target=said.to, lines=said.lines)
        case Receipt() as said if said.conclusion != "refuse":
            yield from _claims(
                record, "received", source=said.supplier, target=record.actor, lines=said.lines
            )
        case SupplierCheck() as said if said.conclusion != "refuse":
            # A headquarters that checks for its shops gets no goods; of several shops nobody said which got how much.
            shops = said.for_shops or (record.actor,)
            if len(shops) == 1:
                yield from _claims(record, "checked", source=said.supplier, target=shops[0], lines=said.lines)
        case Transformation() as said:
            # A waste output is accounted for and goes nowhere.
            going_on = [line for line in said.outputs if line.role != "waste"]
            yield Turning(
                record, "transformation", _held(record.actor, said.inputs), _held(record.actor, going_on)
            )
        case Use() as said:
            targets = dict.fromkeys(Holding(record.actor, goods) for goods in said.on_goods or ())
            yield Turning(record, "use", _held(record.actor, said.lines), targets)
        case EpcisEvent() as said:
            yield from _told_elsewhere(record, said)
        case _:
            return


def refusals_of(record: Record) -> Iterator[Claim]:
    """What a receiver did not take (拒收): it moves nothing, and ends an offer of as much that nobody answered."""
    said = record.said
    if (
        record.superseded_by is None
        and isinstance(said, (Receipt, SupplierCheck))
        and said.conclusion == "refuse"
    ):
        yield from _claims(record, "refused", source=said.supplier, target=record.actor, lines=said.lines)


def stock_of(record: Record) -> Iterator[Holding]:  # noqa: C901  (one case for each type, none of them deep)
    """Whoever made, counted, lost, sold or sent goods has or had them; where to they went is for `moves_of` to say."""
    if record.superseded_by is not None:
        return
    match record.said:
        case Batch() as said:
            yield Holding(said.maker, said.goods)
            yield Holding(record.actor, said.goods)
        case Adjustment() as said:
            for line in said.lines:
                yield Holding(said.held_by or record.actor, line.goods)
        case Sale() | Shipment() | Return() as said:
            for line in said.lines:
                yield Holding(record.actor, line.goods)
        case Sample() as said:
            yield Holding(said.taken_from, said.goods)
        case Destruction() as said if said.stock != "seized":
            for line in said.lines:
                yield Holding(said.held_by or record.actor, line.goods)
        case RecallAnswer() as said:
            yield Holding(record.actor, said.goods)
        case EpcisEvent() as said:
            yield from (Holding(party, goods) for party, goods in event_moves(said).seen)
        case _:
            return


def by_goods(lines: Iterable[Line]) -> dict[GoodsId, list[Quantity]]:
    """How much of which goods some lines hold, one amount for each kind of unit."""
    found: dict[GoodsId, list[Quantity]] = defaultdict(list)
    for line in lines:
        found[line.goods].append(line.quantity)
    return {goods: joined(quantities) for goods, quantities in found.items()}


def _claims(
    record: Record,
    says: Literal["sent", "returned", "received", "checked", "refused"],
    *,
    source: PartyId,
    target: PartyId,
    lines: Iterable[Line],
) -> Iterator[Claim]:
    if source == target:  # Moving goods about one's own house moves nothing between hands.
        return
    for goods, quantities in by_goods(lines).items():
        for quantity in quantities:
            yield Claim(record, says, Holding(source, goods), Holding(target, goods), quantity)


def _told_elsewhere(record: Record, said: EpcisEvent) -> Iterator[Claim | Turning]:
    """What an event from another system says about movement. Whose hands they were is the event's word, not the importer's."""
    moves = event_moves(said)
    for one in moves.handovers:
        source, target = Holding(one.giver, one.line.goods), Holding(one.taker, one.line.goods)
        if one.line.quantity is None:
            yield Turning(record, "shipment", {source: None}, {target: None})
        else:
            yield Claim(record, one.says, source, target, one.line.quantity)
    for turned in moves.turned:
        inputs = {Holding(turned.party, goods): amount for goods, amount in turned.inputs.items()}
        outputs = {Holding(turned.party, goods): amount for goods, amount in turned.outputs.items()}
        yield Turning(record, turned.kind, inputs, outputs)


def _held(party: PartyId, lines: Iterable[Line]) -> dict[Holding, Quantity | None]:
    return {
        Holding(party, goods): quantities[0] if len(quantities) == 1 else None
        for goods, quantities in by_goods(lines).items()
    }
