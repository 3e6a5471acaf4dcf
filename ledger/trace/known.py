"""What the gate asks of the book: `ledger.gate` knows no book, and here its few questions are answered from one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.gate import Earlier
from ledger.trace.cycles import goes_into
from ledger.trace.linked import makes
from ledger.trace.orders import standing_orders
from ledger.views.book import about, goods_sheet_key, of_type
from ledger.views.sheets import market_of, party_sheet
from ledger.vocabulary.goods import Batch

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.errors import Words
    from ledger.identifiers import GoodsId, PartyId, StatementId
    from ledger.views.book import Book


@dataclass(frozen=True, slots=True)
class KnownFrom:
    """See `ledger.gate.Known`."""

    book: Book

    def earlier(self, issuer: PartyId, statement: StatementId) -> Earlier | None:
        seq = self.book.position(statement, issuer)
        if seq is None:
            return None
        record = self.book.records([seq])[seq]
        return Earlier(
            type=record.header.type,
            superseded=record.superseded_by is not None,
            items=len(record.header.items),
        )

    def first_declarer(self, party: PartyId) -> PartyId | None:
        sheets = party_sheet(self.book, party).sheets
        return min((record for record, _ in sheets), key=lambda record: record.seq).actor if sheets else None

    def market_of(self, party: PartyId) -> PartyId | None:
        return market_of(self.book, party)

    def made_by(self, goods: GoodsId, party: PartyId) -> bool:
        return any(
            record.actor == party for record, _ in of_type(about(self.book, goods_sheet_key(goods)), Batch)
        )

    def makes(self, goods: GoodsId, party: PartyId) -> bool:
        link = goods.digital_link
        if link is None or link.batch is not None or link.serial is not None:
            return False
        return makes(self.book, link.gtin, party)

    def goes_into(self, goods: GoodsId, targets: Collection[GoodsId], *, without: StatementId | None) -> bool:
        return goes_into(self.book, goods, targets, without=without)

    def standing_order(self, goods: GoodsId, party: PartyId) -> Words | None:
        orders = standing_orders(self.book, goods, party=party)
        return orders[0].words if orders else None
