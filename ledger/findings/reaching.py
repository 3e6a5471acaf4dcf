"""Which other records a record speaks to through papers, licences, names, products and places: they are judged again with it.

Each way is the way back of a look-up that some judgement makes. Papers, licences and names are few, so what is read here is read seldom;
for a sale or a shipment nothing is read but what names it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.findings.declared import DENIED_BY_MAX
from ledger.findings.disputes import touched_by_report
from ledger.findings.reading import kin, sheets, shops_of
from ledger.identifiers import PartyId
from ledger.views.book import (
    about,
    about_many,
    approval_key,
    contact_key,
    document_key,
    goods_key,
    holding_key,
    keys_of,
    of_type,
    party_key,
    product_key,
    site_key,
    statement_key,
)
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.answering import Answer
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.goods import Batch, Release, Transformation, Use
from ledger.vocabulary.oversight import TestResult
from ledger.vocabulary.parties import Licence, Party, Product, Site, Succession
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import Receipt, Return, Shipment, SupplierCheck, SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.identifiers import GoodsId, SiteId, StatementId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

#: How often a record was put right, at most, before a voucher for its first version is no longer found.
VERSIONS_MAX = 16
#: How many places within places are followed.
_WITHIN_MAX = 6


@dataclass(slots=True)
class Touched:
    """Records to judge again, and subjects that stand for no record of their own."""

    records: dict[int, Record] = field(default_factory=dict)
    subjects: set[str] = field(default_factory=set)

    def add(self, records: Iterable[Record]) -> None:
        """More records."""
        self.records.update({record.seq: record for record in records})


def touched_through(record: Record, book: Book) -> Touched:
    """What one record touches beyond the subjects of its own."""
    touched, said = Touched(), record.said
    if isinstance(said, (Answer, Affirmation, Key)):
        _of_words(said, book, touched)
    elif isinstance(said, (Party, Licence, Succession)):
        touched.add(_of_parties(said, book))
    elif isinstance(said, (Certificate, Commitment, SupplierFile)):
        touched.add(_of_paper(record, said, book))
    elif isinstance(said, (Batch, Release, TestResult, Transformation)):
        touched.add(_of_goods(said, book))
    elif isinstance(said, Product):
        touched.add(_of_product(said, book))
    elif isinstance(said, Site):
        touched.add(_of_place(said.site, book))
    elif isinstance(said, Voucher):
        touched.add(_of_voucher(said, book))
        lines = {line.goods for line in said.lines or () if line.goods is not None}
        touched.subjects |= {holding_key(one, goods) for one in (said.buyer, said.seller) for goods in lines}
    if isinstance(said, (Shipment, Receipt, Return, SupplierCheck)):
        touched.add(_vouchers_for(record, book))
    if isinstance(said, SupplierCheck):
        shops = shops_of(book, record.actor)
        touched.subjects |= {holding_key(shop, line.goods) for shop in shops for line in said.lines}
    touched.subjects |= _deniers(record, book) | _of_kin(record, book)
    return touched


def _of_words(said: Answer | Affirmation | Key, book: Book, touched: Touched) -> None:
    """What speaks of findings, of statements and of signatures."""
    if isinstance(said, Answer):
        touched.subjects.add(said.subject)
    elif isinstance(said, Affirmation):
        touched.subjects |= {statement_key(one) for one in said.statements}
    elif said.action == "compromised":
        signed, affirmed = touched_by_report(said, book)
        touched.add(signed)
        touched.subjects |= affirmed
    else:
        # With its first key a party becomes one that speaks for itself.
        touched.add(_of_parties(said, book))


def versions(record: Record, book: Book) -> set[StatementId]:
    """The statements that a record puts right, one behind the other, and itself."""
    names, one = {record.header.id}, record
    for _ in range(VERSIONS_MAX):
        before = one.header.corrects
        seq = None if before is None else book.position(before, one.header.issuer)
        if before is None or seq is None:
            break
        names.add(before)
        one = book.records([seq])[seq]
    return names


def _of_parties(said: Said, book: Book) -> Iterator[Record]:
    """Everything said by, for or about a party, under all its names; and what hangs on its papers or its telephone."""
    named = [
        one
        for one in (
            getattr(said, "party", None),
            getattr(said, "successor", None),
            getattr(said, "holder", None),
        )
        # A key's holder is a person or a device, and no party.
        if isinstance(one, PartyId)
    ]
    parties = {other for one in named for other in kin(book, one)}
    parties |= _sharing(said, parties, book) if isinstance(said, (Party, Licence)) else set()
    for records in about_many(book, [party_key(one) for one in sorted(parties)]).values():
        yield from records
        for record in records:
            yield from _followers(record.said, book)
    yield from _followers(said, book)


def _sharing(said: Said, parties: set[PartyId], book: Book) -> set[PartyId]:
    """The declared suppliers that share a telephone with these parties."""
    phones = {sheet.phone for party in parties for _, sheet in sheets(book, party)}
    phones |= {said.phone} if isinstance(said, Party) else set()
    keys = [contact_key("phone", phone) for phone in phones if phone is not None]
    return {
        sheet.party
        for records in about_many(book, keys).values()
        for record, sheet in of_type(records, Party)
        if record.actor not in {sheet.party, book.register.registrar}
    }


def _followers(said: Said | None, book: Book) -> Iterator[Record]:
    """Whatever names a paper by its number."""
    if isinstance(said, (Certificate, Commitment)) and said.number is not None:
        yield from about(book, document_key(said.number))
    elif isinstance(said, Licence):
        for records in about_many(book, [approval_key(said.number), document_key(said.number)]).values():
            yield from records


def _of_paper(record: Record, said: Certificate | Commitment | SupplierFile, book: Book) -> Iterator[Record]:
    if isinstance(said, SupplierFile):
        numbers = [paper.number for paper in said.documents if paper.number is not None]
        keys = [*(approval_key(one) for one in numbers), *(document_key(one) for one in numbers)]
        for records in about_many(book, [party_key(said.supplier), *keys]).values():
            yield from records
        return
    yield record
    yield from _followers(said, book)
    lots = said.goods if isinstance(said, Certificate) else () if said.goods is None else (said.goods,)
    made = about_many(book, [product_key(one) for one in said.products or ()])
    lots = (*lots, *(batch.goods for some in made.values() for _, batch in of_type(some, Batch)))
    yield from _trade(lots, book)


def _trade(lots: Iterable[GoodsId], book: Book) -> Iterator[Record]:
    for records in about_many(book, [goods_key(one) for one in dict.fromkeys(lots)]).values():
        yield from records


def _of_goods(said: Batch | Release | TestResult | Transformation, book: Book) -> Iterator[Record]:
    lots = [line.goods for line in said.outputs] if isinstance(said, Transformation) else [said.goods]
    records = list(_trade(lots, book))
    yield from records
    if isinstance(said, Batch):
        yield from _grown(records, book)


def _grown(records: Iterable[Record], book: Book) -> Iterator[Record]:
    """The batches that grew where something was used."""
    keys = [site_key(use.site) for _, use in of_type(records, Use) if use.site is not None]
    for some in about_many(book, keys).values():
        yield from (record for record, _ in of_type(some, Batch))


def _of_product(said: Product, book: Book) -> Iterator[Record]:
    """Its batches, which it completes; and where its ingredients, packs or fields count, their trade."""
    records = about(book, product_key(said.product))
    yield from records
    if said.active_ingredients is not None or said.packs is not None or said.details is not None:
        used = list(_trade([batch.goods for _, batch in of_type(records, Batch)], book))
        yield from used
        yield from _grown(used, book)


def _of_place(site: SiteId, book: Book) -> Iterator[Record]:
    """Whatever happened in a place and in the places within it."""
    reached, waiting = {site}, [site]
    for _ in range(_WITHIN_MAX):
        found = about_many(book, [site_key(one) for one in waiting])
        records = [record for some in found.values() for record in some]
        yield from records
        waiting = sorted({one.site for _, one in of_type(records, Site)} - reached)
        reached |= set(waiting)
        if not waiting:
            break


def _of_voucher(said: Voucher, book: Book) -> Iterator[Record]:
    """The deliveries it names, in every version of each."""
    waiting, seen = set(said.deliveries or ()), set[object]()
    for _ in range(VERSIONS_MAX):
        if not waiting:
            break
        seen |= waiting
        found = about_many(book, [statement_key(one) for one in sorted(waiting, key=str)])
        records = [record for some in found.values() for record in some]
        yield from records
        waiting = {one.header.id for one in records if one.header.corrects in waiting} - seen


def _delivered(record: Record, said: Return, book: Book) -> Iterator[Record]:
    """The deliveries of which something went back."""
    keys = [holding_key(record.actor, goods) for goods in dict.fromkeys(line.goods for line in said.lines)]
    for records in about_many(book, keys).values():
        yield from (one for one in records if isinstance(one.said, (Shipment, Receipt, SupplierCheck)))


def _vouchers_for(record: Record, book: Book) -> Iterator[Record]:
    """The vouchers that name a delivery, or what it puts right; of a return, the deliveries of which something went back."""
    if isinstance(record.said, Return):
        yield from _delivered(record, record.said, book)
    keys = [statement_key(one) for one in sorted(versions(record, book), key=str)]
    for records in about_many(book, keys).values():
        yield from (one for one, _ in of_type(records, Voucher))


def _of_kin(record: Record, book: Book) -> set[str]:
    """The same goods under the other names of the parties whose stock a record changes."""
    touched: set[str] = set()
    for key in keys_of(record):
        if not key.startswith("holding/"):
            continue
        holder, _, goods = key.removeprefix("holding/").partition("/")
        party = PartyId.parse(holder)
        touched |= {f"holding/{one}/{goods}" for one in kin(book, party) if one != party}
    return touched


def _deniers(record: Record, book: Book) -> set[str]:
    """Who named a holder as the source of these goods, while hardly anything else is known of that holder and them."""
    touched: set[str] = set()
    keys = [key for key in keys_of(record) if key.startswith("holding/")]
    for key, records in about_many(book, keys).items():
        if len(records) > DENIED_BY_MAX + 1:
            continue
        holder, _, goods = key.removeprefix("holding/").partition("/")
        for one in records:
            named = one.said
            if isinstance(named, (SupplierCheck, Receipt)) and str(named.supplier) == holder:
                touched.add(f"holding/{one.actor}/{goods}")
    return touched
