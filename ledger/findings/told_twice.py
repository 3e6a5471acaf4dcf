"""Goods that two records may tell of though they left once: a sample that was paid for, what was seized and later destroyed, a sale entered twice.

An account counts every record. Before it says that more went out than came in, this asks how much of that the same goods may be.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.findings.reading import ZERO, base_amount, day_of
from ledger.trace.succeeding import balance
from ledger.views.book import about, holding_key, of_type
from ledger.vocabulary.goods import Adjustment
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Sample
from ledger.vocabulary.trade import Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ledger.identifiers import GoodsId, LegalDate, PartyId, Quantity, Unit
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

#: Two taps on one button: the same sale again within so many milliseconds of its claimed time.
TAPPED_TWICE_MS: Final = 3_000


@dataclass(frozen=True, slots=True)
class Repeated:
    """A sale or delivery that came twice within seconds, with the same content: the one, and the one that may be its echo."""

    first: Record
    again: Record
    amount: Decimal


def may_have_left_once(book: Book, party: PartyId, goods: GoodsId, unit: Unit) -> Decimal:
    """How much of what the account of a holding counts as gone two kinds of record tell of, as the law has it done."""
    records = about(book, holding_key(party, goods))
    return _paid_for(records, party, goods, unit) + _seized_and_destroyed(book, records, party, goods, unit)


def repeated(book: Book, party: PartyId, goods: GoodsId, unit: Unit) -> list[Repeated]:
    """The sales and deliveries of these goods that may be there twice because somebody tapped twice."""
    sold = [
        record
        for record in about(book, holding_key(party, goods))
        if record.actor == party
        and record.superseded_by is None
        and isinstance(record.said, (Sale, Shipment))
    ]
    sold.sort(key=lambda one: one.order)
    found, echoes = [], set[int]()
    for place, first in enumerate(sold):
        if first.seq in echoes:
            continue
        for again in sold[place + 1 :]:
            if again.occurred_ms - first.occurred_ms > TAPPED_TWICE_MS:
                break
            if again.said == first.said and again.seq not in echoes:
                echoes.add(again.seq)
                found.append(Repeated(first, again, _amount(_lines(again), goods, unit)))
    return found


def _paid_for(records: Sequence[Record], party: PartyId, goods: GoodsId, unit: Unit) -> Decimal:
    """Samples that officials took and paid for (食品安全法 87: 购买抽取的样品): the till counts them among the day's sales."""
    taken: dict[LegalDate, Decimal] = defaultdict(lambda: ZERO)
    sold: dict[LegalDate, Decimal] = defaultdict(lambda: ZERO)
    for record, sample in of_type(records, Sample):
        if sample.taken_from == party and sample.goods == goods and record.actor != party:
            taken[day_of(record)] += _sum([sample.quantity], unit)
    for record, adjusted in of_type(records, Adjustment):
        if adjusted.reason == "sample" and adjusted.held_by == party != record.actor:
            taken[day_of(record)] += _amount(adjusted.lines, goods, unit)
    for record, sale in of_type(records, Sale):
        if record.actor == party:
            sold[day_of(record)] += _amount(sale.lines, goods, unit)
    return sum((min(amount, sold[day]) for day, amount in taken.items() if day in sold), ZERO)


def _seized_and_destroyed(
    book: Book, records: Sequence[Record], party: PartyId, goods: GoodsId, unit: Unit
) -> Decimal:
    """What was seized, and what the holder wrote down as destroyed from that day on: he may mean the same goods."""
    seizures = [
        record
        for record, adjusted in of_type(records, Adjustment)
        if adjusted.reason == "seizure" and (adjusted.held_by or record.actor) == party
    ]
    if not seizures:
        return ZERO
    since = min(day_of(one) for one in seizures)
    destroyed = ZERO
    for record in records:
        said = record.said
        if record.actor != party or day_of(record) < since:
            continue
        if (isinstance(said, Destruction) and said.stage == "done" and said.stock != "seized") or (
            isinstance(said, Adjustment) and said.reason == "destroyed"
        ):
            destroyed += _amount(said.lines, goods, unit)
    taken = balance(book, party, goods).seized
    return min(destroyed, _sum([taken], unit)) if taken is not None else ZERO


def _lines(record: Record) -> Sequence[Line]:
    assert isinstance(record.said, (Sale, Shipment))
    return record.said.lines


def _amount(lines: Iterable[Line], goods: GoodsId, unit: Unit) -> Decimal:
    return _sum([line.quantity for line in lines if line.goods == goods], unit)


def _sum(quantities: Iterable[Quantity], unit: Unit) -> Decimal:
    return sum((amount for of, amount in map(base_amount, quantities) if of is unit), ZERO)
