"""What a lot is and who a party is, by everybody's records: read once, for as long as nothing is added to it.

Every judgement asks these things, of the same few hundred parties and lots, far more often than anything is said of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.views.book import goods_sheet_key, of_type, party_sheet_key, said_about
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.parties import Licence, Party, Succession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record


@dataclass(frozen=True, slots=True)
class GoodsSheet:
    """What is said of one lot apart from the trade in it.

    `ordered`: whether a hold, a takedown or a recall of it was ever recorded, lifted or not. `turned`: whether a process made it or used it.
    """

    batches: tuple[tuple[Record, Batch], ...]
    first: tuple[Record, Batch] | None
    ordered: bool
    turned: bool


def goods_sheet(book: Book, goods: GoodsId) -> GoodsSheet:
    """What is said of this lot apart from the trade in it."""
    return book.sheet(_goods_sheet, goods, goods_sheet_key)


def _goods_sheet(goods: GoodsId, records: Sequence[Record]) -> GoodsSheet:
    known = tuple(one for one in of_type(records, Batch) if one[1].goods == goods)
    return GoodsSheet(
        batches=known,
        first=min(known, key=lambda one: one[0].seq, default=None),
        ordered=any(isinstance(one.said, (Hold, Recall)) for one in records),
        turned=any(isinstance(one.said, Transformation) for one in records),
    )


@dataclass(frozen=True, slots=True)
class PartySheet:
    """Who one party is, by everybody's records."""

    sheets: tuple[tuple[Record, Party], ...]
    kinds: frozenset[str]
    headquarters: frozenset[PartyId]
    shops: frozenset[PartyId]
    successions: tuple[tuple[Record, Succession], ...]
    licences: tuple[tuple[Record, Licence], ...]


def party_sheet(book: Book, party: PartyId) -> PartySheet:
    """Who this party is, by everybody's records."""
    return book.sheet(_party_sheet, party, party_sheet_key)


def market_of(book: Book, party: PartyId) -> PartyId | None:
    """In whose market this party stands (食品安全法 61), by the latest standing sheet that names one."""
    named = [
        (record.seq, said.market)
        for record, said in party_sheet(book, party).sheets
        if said.market is not None and record.superseded_by is None
    ]
    return max(named)[1] if named else None


def sellers_in(book: Book, market: PartyId) -> list[PartyId]:
    """Who sells in this market, in the order in which they came."""
    named = dict.fromkeys(
        said.party
        for _, said in said_about(book, party_sheet_key(market), Party)
        if said.market == market and said.party != market
    )
    return [one for one in named if market_of(book, one) == market]


def _party_sheet(party: PartyId, records: Sequence[Record]) -> PartySheet:
    known = of_type(records, Party)
    mine = tuple(one for one in known if one[1].party == party)
    return PartySheet(
        sheets=mine,
        kinds=frozenset(sheet.party_kind for _, sheet in mine),
        headquarters=frozenset(sheet.headquarters for _, sheet in mine if sheet.headquarters is not None),
        shops=frozenset(sheet.party for _, sheet in known if sheet.headquarters == party),
        successions=tuple(
            one for one in of_type(records, Succession) if party in {one[1].party, one[1].successor}
        ),
        licences=tuple(one for one in of_type(records, Licence) if one[1].holder == party),
    )
