"""Through whose eyes a delivery can be looked at: those who took part, those beside them, and those who watch.

On a ledger of invented parties every pair of eyes is a real reader of that ledger. On a true one the eyes of somebody whom the one who
looks would not be told of are those of a stranger, who stands for all of them: that there is a later holder, or another customer, is as
much a secret as who it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from api.delivery import sides_of
from api.deps import Viewer
from ledger.identifiers import PartyId
from ledger.trace import party_view, trace
from ledger.views.book import about_many, goods_key, said_about
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from api.audience import Reading
    from ledger.identifiers import GoodsId
    from ledger.views.book import Book, Record

EyesOf = Literal[
    "public", "author", "named", "seller", "buyer", "later", "other", "market", "inspector", "registrar"
]

#: Nobody: no record names it, and it holds nothing.
STRANGER: Final = PartyId.new(bytes(10))


@dataclass(frozen=True, slots=True)
class Eyes:
    """One pair: whose, and as whom they read. `party` where they are a party of this ledger that may be named."""

    whose: EyesOf
    viewer: Viewer
    party: PartyId | None = None


def eyes_on(records: Sequence[Record], reading: Reading, *, invented: bool) -> list[Eyes]:
    """The pairs of eyes for the records of one delivery, the public's first."""
    book, first = reading.book, records[0]
    sides = sides_of(first)
    eyes = [Eyes("public", Viewer())]
    if sides is None:
        eyes.append(_of("author", first.actor))
        named = sorted((first.said.named_parties() if first.said is not None else set()) - {first.actor})
        eyes += [_of("named", one) for one in named[:1]]
    else:
        seller, buyer = sides
        eyes += [_of("seller", seller), _of("buyer", buyer)]
        eyes += [_of("later", one) for one in _later(records, reading, {seller, buyer}, invented=invented)]
        eyes.append(_of("other", _other(records, book, seller, buyer) if invented else STRANGER))
        eyes += [_of("market", one) for one in _market(book, [buyer, seller], invented=invented)]
    eyes.append(Eyes("inspector", Viewer(party=STRANGER, role="authority", official=True)))
    eyes.append(Eyes("registrar", Viewer(party=book.register.registrar, role="registrar")))
    return eyes


def _of(whose: EyesOf, party: PartyId) -> Eyes:
    return Eyes(whose, Viewer(party=party), party=None if party == STRANGER else party)


def _goods(records: Sequence[Record]) -> list[GoodsId]:
    """The goods that were delivered, in the order of the lines."""
    lines = (line for one in records for line in getattr(one.said, "lines", None) or ())
    return list(dict.fromkeys(goods for line in lines if (goods := getattr(line, "goods", None)) is not None))


def _later(
    records: Sequence[Record], reading: Reading, sides: set[PartyId], *, invented: bool
) -> Iterator[PartyId]:
    """Somebody who got the goods after the buyer, as far as the one who looks may know of him."""
    everything = invented or reading.sees_everything
    for goods in _goods(records)[:1]:
        found = trace(reading.book, goods)
        sight = None if everything else reading.sight(found)
        for edge in found.forward:
            seen = everything or (sight is not None and edge in sight.edges)
            if seen and edge.flows and edge.source.party in sides and edge.target.party not in sides:
                yield edge.target.party
                return


def _other(records: Sequence[Record], book: Book, seller: PartyId, buyer: PartyId) -> PartyId:
    """Another who bought the same goods from the same hands; a stranger where there is none."""
    found = about_many(book, [goods_key(one) for one in _goods(records)])
    sent = (
        one
        for some in found.values()
        for one in some
        if isinstance(one.said, Shipment) and one.actor == seller
    )
    return next(
        (one.said.to for one in sent if isinstance(one.said, Shipment) and one.said.to != buyer), STRANGER
    )


def _market(book: Book, parties: Sequence[PartyId], *, invented: bool) -> Iterator[PartyId]:
    """In whose market one of them stands, which is public; else, among invented parties, any market."""
    for party in parties:
        for _, sheet in said_about(book, f"party-sheet/{party}", Party):
            if sheet.party == party and sheet.market is not None:
                yield sheet.market
                return
    if invented:
        keys = book.register.keys.values()
        yield from [one.party for one in keys if one.role == "operator" and party_view(book, one.party).name][
            :1
        ]
