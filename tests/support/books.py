"""Books for tests, written a line at a time.

    books = BookWriter()
    co_op, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    leek = books.says(co_op, Batch(goods=..., ...), at="2026-11-14T08:00:00+08:00").goods
    books.says(co_op, Shipment(to=stall, lines=(...)), at="2026-11-14T10:00:00+08:00")
    trace(books.book, leek)

Every record goes through the real items and headers; only signatures and the tree are left out, because answers do not read them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from ledger.identifiers import Instant, PartyId, ProductId, Quantity, SiteId, StatementId
from ledger.register import Register
from ledger.statement import Header
from ledger.views.book import MemoryBook, Record
from ledger.vocabulary.parties import Party, PartyKind

if TYPE_CHECKING:
    from ledger.vocabulary.said import Said

    _Said = TypeVar("_Said", bound=Said)

START = "2026-08-01T08:00:00+08:00"


@dataclass(slots=True)
class BookWriter:
    """Writes records into a `MemoryBook`. `at` is the claimed time, `logged` the log's (default: the same)."""

    register: Register = field(
        default_factory=lambda: Register(
            origin="test.example/0123456789abcdef",
            registrar=PartyId.new(bytes(10)),
            clock="simulated",
            keys={},
            credentials={},
            size=0,
        )
    )
    book: MemoryBook = field(init=False)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.book = MemoryBook(self.register)

    def _random(self) -> bytes:
        return next(self._numbers).to_bytes(10, "big")

    def party_id(self) -> PartyId:
        """A party id that nobody has recorded yet."""
        return PartyId.new(self._random())

    def product_id(self) -> ProductId:
        """A new product id."""
        return ProductId.new(self._random())

    def site_id(self) -> SiteId:
        """A new site id."""
        return SiteId.new(self._random())

    def party(
        self,
        name: str,
        *,
        credit_code: str | None = None,
        kind: PartyKind = "company",
        declared_by: PartyId | None = None,
        at: str = START,
        phone: str | None = None,
    ) -> PartyId:
        """A recorded party: by the registrar, or declared by a trader."""
        party = self.party_id()
        farmer = kind == "farmer"
        self.says(
            declared_by or self.register.registrar,
            Party(
                party=party,
                party_kind=kind,
                name=None if farmer else name,
                person_name=name if farmer else None,
                credit_code=credit_code,
                phone=phone,
            ),
            at=at,
        )
        return party

    def says(
        self,
        issuer: PartyId,
        said: _Said,
        *,
        at: str,
        logged: str | None = None,
        on_behalf_of: PartyId | None = None,
        corrects: Record | None = None,
    ) -> _Said:
        """Record what a party says; returns it, so that tests can go on with its identifiers."""
        seq, number = self.book.size, next(self._numbers)
        occurred = Instant.parse(at)
        items = said.to_items()
        header = Header(
            log=self.register.origin,
            id=StatementId.new(occurred.ms, number.to_bytes(10, "big")),
            type=said.TYPE,
            issuer=issuer,
            occurred_at=occurred,
            items=tuple(bytes(32) for _ in items),
            on_behalf_of=on_behalf_of,
            corrects=corrects.header.id if corrects else None,
        )
        record = Record(
            seq=seq,
            at_ms=Instant.parse(logged or at).ms,
            header=header,
            said=type(said).from_items(items),
            custody="custodial",
        )
        self.book.add(record)
        self.records.append(record)
        return said

    @property
    def last(self) -> Record:
        """The record just written."""
        return self.records[-1]


def kg(amount: str | int) -> Quantity:
    """Kilograms."""
    return Quantity.parse(f"{amount} KGM")


def pieces(amount: str | int) -> Quantity:
    """Pieces (H87)."""
    return Quantity.parse(f"{amount} H87")
