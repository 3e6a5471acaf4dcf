"""What is known of some goods, and of a party: the small sheets that pages and traces show.

A name or a phone on a sheet is what somebody recorded, latest first; `record` and `declared` say who. Nothing here judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ledger.trace.shelf import about_goods, about_party, best_batch
from ledger.views.book import of_type
from ledger.vocabulary.documents import Certificate, Commitment
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence, Party

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ledger.identifiers import BatchNumber, GoodsId, LegalDate, PartyId, ProductId, Quantity, RegionCode
    from ledger.trace.shelf import Shelf
    from ledger.views.book import Book, Record
    from ledger.vocabulary.parties import PartyKind

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class BatchView:
    """Some goods as their batch record describes them: the maker's own record if there is one, else the latest declared.

    `declarers`: everybody who recorded a batch under this identifier. Two makers among them is a matter for the findings.
    """

    goods: GoodsId
    record: Record | None
    name: str | None
    category: str | None
    product: ProductId | None
    maker: PartyId | None
    batch_number: BatchNumber | None
    specification: str | None
    produced_on: LegalDate | None
    expires_on: LegalDate | None
    origin: str | None
    quantity: Quantity | None
    declarers: tuple[PartyId, ...]
    certificates: tuple[Record, ...]
    commitments: tuple[Record, ...]

    @property
    def declared(self) -> bool:
        """Whether somebody else than the maker recorded it."""
        return self.record is not None and self.record.actor != self.maker


@dataclass(frozen=True, slots=True)
class PartyView:
    """A party as recorded: by the registrar or itself, or only *declared* by somebody who trades with it.

    `person_name`, `phone` and `address` are for the parties named and officials; pages look at the audience of the item.
    """

    party: PartyId
    record: Record | None
    kind: PartyKind | None
    name: str | None
    former_names: tuple[str, ...]
    person_name: str | None
    credit_code: str | None
    region: RegionCode | None
    trade: str | None
    phone: str | None
    address: str | None
    declared: bool
    licences: tuple[Record, ...]
    seqs: tuple[int, ...]


def what_it_was(book: Book, goods: GoodsId) -> BatchView:
    """The sheet of some goods."""
    return book.sheet(_batch_view, goods, about_goods)


def batch_view(shelf: Shelf, goods: GoodsId) -> BatchView:
    """The sheet of goods whose key was looked up."""
    return _batch_view(goods, shelf.about(about_goods(goods)))


def _batch_view(goods: GoodsId, records: Sequence[Record]) -> BatchView:
    batches = [(record, said) for record, said in of_type(records, Batch) if said.goods == goods]
    record = best_batch(one for one, _ in batches)
    said = next((said for one, said in batches if one is record), None)
    return BatchView(
        goods=goods,
        record=record,
        name=said.name if said else None,
        category=said.category if said else None,
        product=said.product if said else None,
        maker=said.maker if said else None,
        batch_number=said.batch_number if said else None,
        specification=said.specification if said else None,
        produced_on=said.produced_on if said else None,
        expires_on=said.expires_on if said else None,
        origin=said.origin if said else None,
        quantity=said.quantity if said else None,
        declarers=tuple(dict.fromkeys(one.actor for one, _ in batches)),
        certificates=tuple(one for one, paper in of_type(records, Certificate) if goods in paper.goods),
        commitments=tuple(one for one, paper in of_type(records, Commitment) if paper.goods == goods),
    )


def party_view(book: Book, party: PartyId) -> PartyView:
    """The sheet of a party."""
    return party_views_in(book, [party])[party]


def party_views_in(book: Book, parties: Collection[PartyId]) -> dict[PartyId, PartyView]:
    """The sheets of many parties, with one look."""
    records = book.about_many([about_party(one) for one in parties])
    return {one: _party_view(book, one, records.get(about_party(one), ())) for one in parties}


def party_views(shelf: Shelf, parties: Collection[PartyId]) -> dict[PartyId, PartyView]:
    """The same off a shelf, which has read some of it and counts what it reads."""
    shelf.look(about_party(one) for one in parties)
    return {one: _party_view(shelf.book, one, shelf.about(about_party(one))) for one in parties}


def _party_view(book: Book, party: PartyId, records: Sequence[Record]) -> PartyView:
    sheets = [(record, said) for record, said in of_type(records, Party) if said.party == party]
    # The registrar's word and the party's own come before what a trading partner declares.
    registered = [(record, said) for record, said in sheets if _is_registered(book, record, party)]
    sheets = registered or sheets
    latest = [said for _, said in reversed(sheets)]
    names = [name for said in reversed(latest) for name in (said.formerly, said.name) if name is not None]
    name = _first(said.name for said in latest)
    return PartyView(
        party=party,
        record=sheets[-1][0] if sheets else None,
        kind=_first(said.party_kind for said in latest),
        name=name,
        former_names=tuple(dict.fromkeys(one for one in names if one != name)),
        person_name=_first(said.person_name for said in latest),
        credit_code=_first(said.credit_code for said in latest),
        region=_first(said.region for said in latest),
        trade=_first(said.trade for said in latest),
        phone=_first(said.phone for said in latest),
        address=_first(said.address for said in latest),
        declared=not registered,
        licences=tuple(record for record, said in of_type(records, Licence) if said.holder == party),
        seqs=tuple(record.seq for record, _ in sheets),
    )


def _is_registered(book: Book, record: Record, party: PartyId) -> bool:
    return record.header.issuer == book.register.registrar or record.actor == party


def _first(values: Iterable[_Value | None]) -> _Value | None:
    return next((one for one in values if one is not None), None)
