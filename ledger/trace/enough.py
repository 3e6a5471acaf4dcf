"""A quick look at one holding: can more have gone out than came in at all?

The full account (`balance`) pairs every word about a delivery with every other. Most holdings are plain: made or received once, sent and
sold in parts, all in one unit. For these a few sums settle it: whatever the pairing will count as moved between two parties lies between
what the receiver says and what either of them says. `surely_enough` is only ever true where the account cannot be overdrawn; where it
is not plain it is false, and the account decides. A test holds the one against the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.identifiers import GoodsId, PartyId, StatementId, Unit
    from ledger.views.book import Record
    from ledger.vocabulary.values import Line

#: A sum that no quantity can hold is counted otherwise than by adding.
_SUM_END: Final = Decimal(10) ** 15
_NOTHING: Final = Decimal(0)


class _NotPlain(Exception):
    """Something here needs the full account."""


@dataclass(slots=True)
class _Way:
    """What is said about goods that went from one party to another."""

    sent: dict[StatementId, Decimal] = field(default_factory=dict)
    answered: set[StatementId] = field(default_factory=set)
    received: Decimal = _NOTHING
    checked: Decimal = _NOTHING

    @property
    def least(self) -> Decimal:
        """What moved at least: every receipt counts, and a check beyond them. A sending may have been refused."""
        return max(self.received, self.checked)

    @property
    def most(self) -> Decimal:
        """What moved at most: besides, every sending that no receipt here answers. Of an answered one only the receipt counts."""
        return self.least + sum(
            (amount for name, amount in self.sent.items() if name not in self.answered), _NOTHING
        )


def surely_enough(records: Iterable[Record], party: PartyId, goods: GoodsId) -> bool:
    """Whether these records, all that touch the holding and in their order, leave no room for more going out than came in."""
    sums = _Sums(party, goods)
    try:
        for record in records:
            sums.add(record)
    except _NotPlain:
        return False
    return len(sums.units) <= 1 and sums.most_out <= sums.least_in < _SUM_END


@dataclass(slots=True)
class _Sums:
    """What the records say about one holding, as it is gathered."""

    party: PartyId
    goods: GoodsId
    made: Decimal = _NOTHING
    sold: Decimal = _NOTHING
    into: dict[PartyId, _Way] = field(default_factory=lambda: defaultdict(_Way))
    out: dict[PartyId, _Way] = field(default_factory=lambda: defaultdict(_Way))
    units: set[Unit] = field(default_factory=set)

    @property
    def least_in(self) -> Decimal:
        return self.made + sum((way.least for way in self.into.values()), _NOTHING)

    @property
    def most_out(self) -> Decimal:
        return self.sold + sum((way.most for way in self.out.values()), _NOTHING)

    def add(self, record: Record) -> None:
        """Count one record; a kind of record that needs the account, or a version of another one, is not plain."""
        said, actor = record.said, record.actor
        if record.header.corrects is not None or record.superseded_by is not None:
            raise _NotPlain
        if isinstance(said, Shipment):
            way = self._way(actor, said.to)
            if way is not None:
                if (
                    record.header.id in way.sent
                ):  # Two issuers chose one id: whose receipt it is, the account knows.
                    raise _NotPlain
                way.sent[record.header.id] = self._amount(said.lines)
        elif isinstance(said, (Receipt, SupplierCheck)):
            way = self._way(said.supplier, actor)
            if way is not None:
                self._arrive(way, said)
        elif isinstance(said, Sale):
            self.sold += self._amount(said.lines) if actor == self.party else _NOTHING
        elif isinstance(said, Batch):
            if actor == said.maker == self.party and said.goods == self.goods:
                # Of several registrations the latest counts.
                self.made = _NOTHING if said.quantity is None else said.quantity.amount
                self.units.update([] if said.quantity is None else [said.quantity.unit])
        else:
            raise _NotPlain

    def _way(self, source: PartyId, target: PartyId) -> _Way | None:
        """The way between the party and another; None for goods moved about one house, or past this one."""
        if source == target:
            return None
        if source == self.party:
            return self.out[target]
        return self.into[source] if target == self.party else None

    def _arrive(self, way: _Way, said: Receipt | SupplierCheck) -> None:
        if isinstance(said, Receipt) and said.shipment is not None:
            way.answered.add(said.shipment)
        if said.conclusion != "refuse":
            amount = self._amount(said.lines)
            if isinstance(said, Receipt):
                way.received += amount
            else:
                way.checked += amount

    def _amount(self, lines: Iterable[Line]) -> Decimal:
        total = _NOTHING
        for line in lines:
            if line.goods == self.goods:
                total += line.quantity.amount
                self.units.add(line.quantity.unit)
        return total
