"""A trader's own recent records, and what forms are filled with from them: suppliers, customers, plots, products, stock, open offers.

A trader's hand knows last week best: forms look at the newest records of the party and no further. What lies further back is found on
the pages that list records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.trace.edges import Holding
from ledger.trace.shelf import Shelf
from ledger.trace.succeeding import balance_of
from ledger.views.book import about_many, of_type, party_key, party_sheet_key, statement_key
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from ledger.vocabulary.values import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import GoodsId, PartyId, Quantity
    from ledger.views.book import Book, Record

_Said = TypeVar("_Said", bound=Said)

#: How many records of a party forms look at.
RECENT_MAX: Final = 400
#: Kinds of goods a shipping form lists.
STOCK_MAX: Final = 30
#: Suppliers, customers, products, plots that a form offers.
OFFERED_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Own:
    """A party's newest records, newest first, put-right ones left out."""

    book: Book
    party: PartyId
    records: tuple[Record, ...]

    @classmethod
    def of(cls, book: Book, party: PartyId) -> Own:
        """The newest records that mention this party."""
        seqs = sorted((one.seq for one in book.mentions([party_key(party)])), reverse=True)[:RECENT_MAX]
        found = book.records(seqs)
        records = (found[seq] for seq in seqs)
        return cls(book=book, party=party, records=tuple(one for one in records if one.superseded_by is None))

    def said(self, kind: type[_Said]) -> Iterator[tuple[Record, _Said]]:
        """The party's own records of one type."""
        return ((record, said) for record, said in of_type(self.records, kind) if record.actor == self.party)

    def offers(self) -> list[tuple[Record, Shipment]]:
        """Shipments to this party that ask for an answer and have none yet, oldest first."""
        asked = [
            (record, said)
            for record, said in of_type(self.records, Shipment)
            if said.to == self.party and said.offer
        ]
        answers = about_many(self.book, [statement_key(record.header.id) for record, _ in asked])
        return [
            (record, said)
            for record, said in reversed(asked)
            if not any(
                answer.actor == self.party
                and isinstance(answer.said, Receipt)
                and answer.superseded_by is None
                for answer in answers.get(statement_key(record.header.id), ())
            )
        ]

    def customers(self) -> list[PartyId]:
        """Whom this party shipped to, the latest first."""
        return list(dict.fromkeys(said.to for _, said in self.said(Shipment)))[:OFFERED_MAX]

    def declared_suppliers(self) -> list[PartyId]:
        """Suppliers this party declared itself, and still buys from or has just named."""
        declared = {said.party: None for _, said in self.said(Party) if said.party != self.party}
        bought = list(dict.fromkeys(said.supplier for _, said in self.said(SupplierCheck)))
        # One that is bought from every week was declared long ago.
        sheets = about_many(self.book, [party_sheet_key(one) for one in bought])
        ours = {
            one: None
            for one in bought
            if any(
                record.actor == self.party and said.party == one != self.party
                for record, said in of_type(sheets.get(party_sheet_key(one), ()), Party)
            )
        }
        return list(ours | declared)[:OFFERED_MAX]

    def plots(self) -> dict[str, Site]:
        """Its plots and workshops by name."""
        return {said.name: said for _, said in reversed(list(self.said(Site)))}

    def batches(self) -> list[Batch]:
        """Batches it registered."""
        return [said for _, said in self.said(Batch)]

    def products(self) -> list[str]:
        """Names of goods it registered."""
        return list(dict.fromkeys(one.name for one in self.batches()))[:OFFERED_MAX]

    def stock(self, *, first: GoodsId | None = None) -> list[tuple[GoodsId, Quantity]]:
        """Goods that should still be there, with how much, the latest first; `first` comes before them all."""
        goods = dict.fromkeys([first] if first is not None else [])
        for record in self.records:
            goods.update(dict.fromkeys(_goods_of(record.said)))
        holdings = [Holding(self.party, one) for one in goods]
        shelf = Shelf(self.book)
        found: list[tuple[GoodsId, Quantity]] = []
        # In portions: most of the goods that were mentioned lately have been sold.
        for start in range(0, len(holdings), STOCK_MAX):
            some = holdings[start : start + STOCK_MAX]
            shelf.bring(some)
            for holding in some:
                expected = balance_of(shelf, holding).expected
                if expected is not None and expected.amount > 0:
                    found.append((holding.goods, expected))
            if len(found) >= STOCK_MAX:
                break
        return found[:STOCK_MAX]


def _goods_of(said: Said | None) -> Iterator[GoodsId]:
    if isinstance(said, Batch):
        yield said.goods
    for name in ("lines", "outputs", "inputs"):
        for line in getattr(said, name, ()) or ():
            if isinstance(line, Line):
                yield line.goods
