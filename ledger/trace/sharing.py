"""Sideways: who shares a phone, an address, a credit code or a licence number with a party, and whose vouchers it shares.

Sharing proves nothing: a market has one address, a family one phone. It is a lead for officials, with the entries behind it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.trace.shelf import Shelf, about_party
from ledger.views.book import contact_key, party_key, voucher_key
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.trade import VoucherKind

Contact = Literal["phone", "address", "credit_code", "licence"]

#: A party's vouchers that are compared with other people's, the latest ones.
VOUCHERS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Shared:
    """One value that other parties gave as well, and the entries that say so."""

    what: Contact
    value: str
    parties: tuple[PartyId, ...]
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VoucherUse:
    """One record that rests on a voucher, or files it: between whom it says the goods were traded."""

    record: Record
    seller: PartyId
    buyer: PartyId


@dataclass(frozen=True, slots=True)
class SharedVoucher:
    """A voucher that more than one pair of seller and buyer used."""

    kind: VoucherKind
    number: str
    uses: tuple[VoucherUse, ...]


@dataclass(frozen=True, slots=True)
class Sideways:
    """What leads from one party to others. `truncated`: it has more vouchers than were compared."""

    party: PartyId
    shared: tuple[Shared, ...]
    vouchers: tuple[SharedVoucher, ...]
    truncated: bool
    size: int

    @property
    def parties(self) -> tuple[PartyId, ...]:
        """Everybody this leads to."""
        found = {one for shared in self.shared for one in shared.parties}
        found |= {one for shared in self.vouchers for use in shared.uses for one in (use.seller, use.buyer)}
        return tuple(sorted(found - {self.party}))


def sideways(book: Book, party: PartyId) -> Sideways:
    """Who shares contacts, numbers or vouchers with `party`."""
    shelf = Shelf(book)
    shelf.look([about_party(party), party_key(party)])
    own = [*shelf.about(about_party(party)), *shelf.about(party_key(party))]
    contacts = {one: None for record in own for one in _contacts(record) if _owner(record) == party}
    numbers = {one[:2]: None for record in own for one in _vouchers(record) if party in one[2:]}
    recent = list(numbers)[-VOUCHERS_MAX:]
    shelf.look([*(contact_key(*one) for one in contacts), *(voucher_key(*one) for one in recent)])
    return Sideways(
        party=party,
        shared=tuple(one for what, value in contacts if (one := _shared(shelf, party, what, value)).parties),
        vouchers=tuple(one for kind, number in recent for one in _shared_voucher(shelf, kind, number)),
        truncated=shelf.short or len(recent) < len(numbers),
        size=book.size,
    )


def _shared(shelf: Shelf, party: PartyId, what: Contact, value: str) -> Shared:
    by_party: dict[PartyId, list[int]] = defaultdict(list)
    for record in shelf.about(contact_key(what, value)):
        owner = _owner(record)
        if owner is not None and (what, value) in set(_contacts(record)):
            by_party[owner].append(record.seq)
    others = tuple(sorted(by_party.keys() - {party}))
    seqs = {seq for found in by_party.values() for seq in found}
    return Shared(what=what, value=value, parties=others, seqs=tuple(sorted(seqs)))


def _shared_voucher(shelf: Shelf, kind: VoucherKind, number: str) -> Iterator[SharedVoucher]:
    uses = tuple(
        VoucherUse(record=record, seller=seller, buyer=buyer)
        for record in shelf.about(voucher_key(kind, number))
        for its_kind, its_number, seller, buyer in _vouchers(record)
        if (its_kind, its_number) == (kind, number)
    )
    pairs = {(one.seller, one.buyer) for one in uses}
    if len(pairs) > 1:
        yield SharedVoucher(kind=kind, number=number, uses=uses)


def _owner(record: Record) -> PartyId | None:
    match record.said:
        case Party() as said:
            return said.party
        case Licence() as said:
            return said.holder
        case _:
            return None


def _contacts(record: Record) -> Iterator[tuple[Contact, str]]:
    match record.said:
        case Party() as said:
            values: Iterable[tuple[Contact, str | None]] = (
                ("phone", said.phone),
                ("address", said.address),
                ("credit_code", said.credit_code),
            )
            for what, value in values:
                if value is not None:
                    yield what, value
        case Licence() as said:
            yield "licence", said.number
        case _:
            return


def _vouchers(record: Record) -> Iterator[tuple[VoucherKind, str, PartyId, PartyId]]:
    """The voucher a record rests on or files: kind, number, seller, buyer."""
    match record.said:
        case SupplierCheck() as said if said.voucher is not None:
            yield said.voucher.voucher_kind, said.voucher.number, said.supplier, record.actor
        case Shipment() as said if said.voucher is not None:
            yield said.voucher.voucher_kind, said.voucher.number, record.actor, said.to
        case Voucher() as said if said.number is not None:
            yield said.voucher_kind, said.number, said.seller, said.buyer
        case _:
            return
