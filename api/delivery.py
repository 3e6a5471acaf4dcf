"""The records of one delivery: what the seller sent, what the buyer received and checked, and the voucher of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.identifiers import StatementId
from ledger.views.book import about_many, goods_key, of_type, statement_key, voucher_key
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.trade import Receipt, Return, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record

_STATEMENT: Final = "statement/"
#: What a delivery is made of.
KINDS: Final = (Shipment, Receipt, SupplierCheck, Voucher, Return)
#: One delivery is a handful of records; a shipment that hundreds refer to is shown in part.
RECORDS_MAX: Final = 40


def sides_of(record: Record) -> tuple[PartyId, PartyId] | None:
    """Who sold and who bought, as one record of a delivery tells it; None for other records."""
    match record.said:
        case Shipment(to=to):
            return record.actor, to
        case Return(to=to):
            return to, record.actor
        case Receipt(supplier=supplier) | SupplierCheck(supplier=supplier):
            return supplier, record.actor
        case Voucher(seller=seller, buyer=buyer):
            return seller, buyer
        case _:
            return None


def delivery_of(book: Book, record: Record) -> list[Record]:
    """The record and those that belong to the same delivery, in the log's order; the record alone where it is none of a delivery."""
    sides = sides_of(record)
    if sides is None:
        return [record]
    found = {record.seq: record}
    waiting = [record]
    while waiting and len(found) < RECORDS_MAX:
        for one in _beside(book, waiting.pop()):
            if one.seq not in found and isinstance(one.said, KINDS) and sides_of(one) == sides:
                found[one.seq] = one
                waiting.append(one)
    return [one for _, one in sorted(found.items())][:RECORDS_MAX]


def _beside(book: Book, record: Record) -> Iterator[Record]:
    """Records that refer to this one or that it refers to; a check, and the receipt of the same goods from the same supplier."""
    ids = [
        StatementId.parse(key.removeprefix(_STATEMENT)) for key in record.keys if key.startswith(_STATEMENT)
    ]
    for records in about_many(book, [statement_key(one) for one in ids]).values():
        yield from records
    said = record.said
    if isinstance(said, SupplierCheck) and said.voucher is not None:
        key = voucher_key(said.voucher.voucher_kind, said.voucher.number)
        yield from (one for one, _ in of_type(about_many(book, [key]).get(key, ()), Voucher))
    if isinstance(said, (Receipt, SupplierCheck)):
        goods = {line.goods for line in said.lines}
        for records in about_many(book, [goods_key(one) for one in goods]).values():
            for one in records:
                # Another delivery of the same goods lies on another day, or names other goods along with them.
                if (
                    isinstance(one.said, (Receipt, SupplierCheck))
                    and type(one.said) is not type(said)
                    and one.actor == record.actor
                    and {line.goods for line in one.said.lines} == goods
                    and _same_day(one, record)
                ):
                    yield one


def _same_day(one: Record, other: Record) -> bool:
    return one.header.occurred_at.date_in_shanghai() == other.header.occurred_at.date_in_shanghai()
