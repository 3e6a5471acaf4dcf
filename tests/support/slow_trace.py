"""The trace as one would do it by hand, with every record on the table: slow, plain to see. Quicker code is checked with it.

It reads all records again for every question, keeps no index, and adds up where the real code pairs. It knows one unit
(kilograms), and shares no code with `ledger.trace`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.vocabulary.goods import Adjustment, Batch, Transformation, Use
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Record
    from ledger.vocabulary.values import Line

Hold = tuple["PartyId", "GoodsId"]
Way = tuple[Hold, Hold]


def kilograms(lines: Iterable[Line], goods: GoodsId) -> Decimal:
    """How much of some goods lines hold."""
    return sum((line.quantity.amount for line in lines if line.goods == goods), Decimal(0))


def current(records: Sequence[Record]) -> list[Record]:
    """What was not put right by a later record."""
    return [one for one in records if one.superseded_by is None]


def all_goods(records: Sequence[Record]) -> set[GoodsId]:
    """Every kind of goods that some line or batch names."""
    found: set[GoodsId] = set()
    for one in records:
        if isinstance(one.said, Batch):
            found.add(one.said.goods)
        for name in ("lines", "inputs", "outputs"):
            found |= {line.goods for line in getattr(one.said, name, ())}
    return found


def all_parties(records: Sequence[Record]) -> set[PartyId]:
    """Everybody who speaks or is named in a trade."""
    found: set[PartyId] = set()
    for one in records:
        found.add(one.actor)
        found |= {getattr(one.said, name) for name in ("to", "supplier", "maker") if hasattr(one.said, name)}
    return found


def moved(records: Sequence[Record], sender: PartyId, receiver: PartyId, goods: GoodsId) -> Decimal | None:
    """How much of some goods went from one party to another, shipments and returns together; None if nothing went that way.

    Answered shipments count as answered. Beside them stands the larger of what else was sent and what else arrived: shipments
    without an answer on one side; on the other receipts that name no shipment, and checks beyond all receipts.
    """
    sent = [
        one
        for one in current(records)
        if isinstance(one.said, (Shipment, Return))
        and (one.actor, one.said.to) == (sender, receiver)
        and any(line.goods == goods for line in one.said.lines)
    ]
    receipts = [
        (one, one.said)
        for one in current(records)
        if isinstance(one.said, Receipt) and (one.actor, one.said.supplier) == (receiver, sender)
    ]
    answered = {said.shipment for _, said in receipts if said.shipment is not None}
    accepted = [said for _, said in receipts if said.conclusion != "refuse"]
    known = {one.header.id for one in sent}
    answers = sum((kilograms(said.lines, goods) for said in accepted if said.shipment in known), Decimal(0))
    loose = sum((kilograms(said.lines, goods) for said in accepted if said.shipment not in known), Decimal(0))
    checked = sum(
        (
            kilograms(one.said.lines, goods)
            for one in current(records)
            if isinstance(one.said, SupplierCheck)
            and (one.actor, one.said.supplier, one.said.conclusion) == (receiver, sender, "accept")
        ),
        Decimal(0),
    )
    waiting = sum(
        (
            kilograms(one.said.lines, goods)
            for one in sent
            if isinstance(one.said, (Shipment, Return)) and one.header.id not in answered
        ),
        Decimal(0),
    )
    total = answers + max(waiting, loose + max(checked - answers - loose, Decimal(0)))
    return total or None


def ways(records: Sequence[Record]) -> set[Way]:
    """Every step that goods took, from holding to holding."""
    found: set[Way] = set()
    parties, kinds = all_parties(records), all_goods(records)
    for goods in kinds:
        for sender in parties:
            for receiver in parties - {sender}:
                if moved(records, sender, receiver, goods) is not None:
                    found.add(((sender, goods), (receiver, goods)))
    for one in current(records):
        if isinstance(one.said, Transformation):
            inputs = {line.goods for line in one.said.inputs}
            outputs = {line.goods for line in one.said.outputs if line.role != "waste"}
        elif isinstance(one.said, Use):
            inputs, outputs = {line.goods for line in one.said.lines}, set(one.said.on_goods or ())
        else:
            continue
        found |= {
            ((one.actor, source), (one.actor, target))
            for source in inputs
            for target in outputs
            if source != target
        }
    return found


def closure(starts: Iterable[Hold], steps: Iterable[Way]) -> set[Hold]:
    """All that can be reached: go on until a whole round adds nothing."""
    seen = set(starts)
    while True:
        new = {target for source, target in steps if source in seen} - seen
        if not new:
            return seen
        seen |= new


def descendants(steps: set[Way], start: Hold) -> set[Hold]:
    """Every holding that goods from `start` reached, itself among them."""
    return closure([start], steps)


def origins(steps: set[Way], start: Hold) -> set[Hold]:
    """Every holding that goods in `start` came from, itself among them."""
    return closure([start], {(target, source) for source, target in steps})


def holders(records: Sequence[Record], steps: set[Way], goods: GoodsId) -> set[Hold]:
    """Everybody who ever had some goods, or goods made from them: had them by his own record, or got them."""
    had: set[Hold] = set()
    for one in current(records):
        said = one.said
        if isinstance(said, Batch) and said.goods == goods:
            had |= {(said.maker, goods), (one.actor, goods)}
        for name in ("lines", "inputs", "outputs"):
            lines = [
                line
                for line in getattr(said, name, ())
                if line.goods == goods and getattr(line, "role", "main") != "waste"
            ]
            if lines and isinstance(said, (Sale, Adjustment, Transformation, Use, Shipment, Return)):
                had.add((one.actor, goods))
    had |= {end for step in steps for end in step if end[1] == goods}
    return closure(had, steps)


def brought_back(records: Sequence[Record], party: PartyId, goods: GoodsId) -> Decimal:
    """What customers brought back of what they had bought: a shop returns it to itself."""
    own = [one for one in sorted(current(records), key=lambda one: one.order) if one.actor == party]
    sold = sum((kilograms(one.said.lines, goods) for one in own if isinstance(one.said, Sale)), Decimal(0))
    gone = sold
    for one in own:
        if isinstance(one.said, Return) and one.said.to == party:
            back = kilograms(one.said.lines, goods)
            gone -= back if back <= gone else 0
    return sold - gone


def left(records: Sequence[Record], holding: Hold) -> Decimal:
    """What should be left in a holding, every entry counted one by one."""
    party, goods = holding
    total = brought_back(records, party, goods)
    processed = False
    for one in current(records):
        said = one.said
        if isinstance(said, Transformation) and one.actor == party:
            made = kilograms([line for line in said.outputs if line.role != "waste"], goods)
            processed = processed or any(
                line.goods == goods and line.role != "waste" for line in said.outputs
            )
            total += made - kilograms(said.inputs, goods)
        elif isinstance(said, (Use, Sale)) and one.actor == party:
            total -= kilograms(said.lines, goods)
        elif isinstance(said, Adjustment) and one.actor == party:
            total += kilograms(said.lines, goods) * (
                1 if said.reason in {"opening_stock", "stock_gain"} else -1
            )
    if not processed:
        own = [
            one.said.quantity
            for one in sorted(current(records), key=lambda one: one.order)
            if isinstance(one.said, Batch)
            and (one.actor, one.said.maker, one.said.goods) == (party, party, goods)
        ]
        if own and own[-1] is not None:
            total += own[-1].amount
    for other in all_parties(records) - {party}:
        total += moved(records, other, party, goods) or 0
        total -= moved(records, party, other, goods) or 0
    return total
