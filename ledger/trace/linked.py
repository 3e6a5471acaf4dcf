"""Where a maker says that more about its goods can be read: the links that stand, of one batch or of a whole product.

Several may record the same goods, a maker and whoever declared them for it; several may even claim the same GTIN. Only one is listened to: of
a batch whoever's record describes it (`ledger.trace.sheets`), of a product whoever recorded the first batch of it as its own make, or else
the product itself as its own.
What the others say is a matter for the findings, and leads nobody anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.trace.sheets import what_it_was
from ledger.views.book import gtin_key, links_key, said_about
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.linking import Link
from ledger.vocabulary.parties import Product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import GoodsId, Gtin, PartyId
    from ledger.views.book import Book, Record

#: Batches of a product that are looked at together.
_PORTION: Final = 50


@dataclass(frozen=True, slots=True)
class Linked:
    """One link that stands, and the record that says so."""

    record: Record
    said: Link


def links_of(book: Book, goods: GoodsId) -> tuple[Linked, ...]:
    """The links of goods that stand, in the order in which they were told first."""
    told = said_about(book, links_key(goods), Link)
    speaker = speaks_for(book, goods) if told else None
    standing: dict[tuple[str, str], Linked | None] = {}
    for record, said in told:
        if record.actor == speaker:
            standing[said.link_type, said.href] = Linked(record, said) if said.action == "publish" else None
    return tuple(one for one in standing.values() if one is not None)


def speaks_for(book: Book, goods: GoodsId) -> PartyId | None:
    """Whose links of these goods are handed out."""
    link = goods.digital_link
    if link is None or link.batch is not None or link.serial is not None:
        record = what_it_was(book, goods).record
        return None if record is None else record.actor
    owner: PartyId | None = None
    first: PartyId | None = None
    for record, said in _recorded_under(book, link.gtin):
        if isinstance(said, Product):
            owner = owner or (record.actor if record.actor == said.owner else None)
        elif record.actor == said.maker:
            return record.actor
        else:
            first = first or record.actor
    return owner or first


def makes(book: Book, gtin: Gtin, party: PartyId) -> bool:
    """Whether a party recorded a batch of this product, or the product as its own."""
    return any(
        record.actor == party and (isinstance(said, Batch) or said.owner == party)
        for record, said in _recorded_under(book, gtin)
    )


@dataclass(frozen=True, slots=True)
class Called:
    """What a product is called here: by the first batch of it, or where there is none (`by_batch`) by the first sheet that names its GTIN."""

    name: str
    record: Record
    by_batch: bool


def called(book: Book, gtin: Gtin) -> Called | None:
    """What this product is called; None where nobody recorded it or a batch of it."""
    sheet: Called | None = None
    for record, said in _recorded_under(book, gtin):
        if isinstance(said, Batch):
            return Called(said.name, record, by_batch=True)
        sheet = sheet or Called(said.name, record, by_batch=False)
    return sheet


def batches_of(book: Book, gtin: Gtin) -> Iterator[tuple[Record, Batch]]:
    """The batches that were recorded under a GTIN, in the order of the log."""
    return ((record, said) for record, said in _recorded_under(book, gtin) if isinstance(said, Batch))


def _recorded_under(book: Book, gtin: Gtin) -> Iterator[tuple[Record, Batch | Product]]:
    """Batches and products under a GTIN, in the order of the log: read a few at a time, for mostly the first few tell enough."""
    places = sorted({one.seq for one in book.mentions([gtin_key(str(gtin))])})
    for start in range(0, len(places), _PORTION):
        for _, record in sorted(book.records(places[start : start + _PORTION]).items()):
            said = record.said
            if isinstance(said, (Batch, Product)):
                yield record, said
