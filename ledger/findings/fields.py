"""Fields that the law asks for and that a record leaves empty: one grey finding for each record, with the names of all of them.

The category's profile says which they are, by which article, and who need not fill them in. Nobody writes a thing twice: what the maker's
own record or the product says of the goods is said, and the lot that stands in the goods' identifier is their batch number. Of a supplier
is asked, at the check, what a purchase record holds of it. A field whose item was erased is not missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.findings.reading import Facts, batches, found, kinds_of_party, product_of, profile_of, sheets
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.findings.finding import Finding
    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import LegalField, Profile
    from ledger.vocabulary.said import Said


def missing_fields(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """The fields that the law asks for in this record and that nobody filled in."""
    lacking = dict(_lacking(record, book))
    if not lacking:
        return
    fields = [field for field, _ in lacking.values()]
    zh, en = "、".join(one.name.zh for one in fields), ", ".join(one.name.en for one in fields)
    yield found(
        "field_missing",
        "grey",
        subject=subject,
        party=record.actor,
        rests_on=[record, *(one for _, some in lacking.values() for one in some)],
        facts=Facts(
            Words(zh=f"以下项目暂无记录：{zh}。", en=f"Not on record: {en}."),
            {"fields": ",".join(lacking)},
            fields[0].law,
        ),
    )


def _lacking(record: Record, book: Book) -> Iterator[tuple[str, tuple[LegalField, list[Record]]]]:
    """Each field that is empty, with the records of the supplier that leave it so."""
    said = record.said
    if said is None or record.missing:
        return
    kinds = kinds_of_party(book, record.actor)
    for profile in _profiles(said, book):
        wanted = profile.fields if profile.finds("field_missing") else ()
        for field in wanted:
            if field.missing != "finding" or kinds & set(field.not_for_parties):
                continue
            if field.record == said.TYPE.partition(".")[0] and not _said_anywhere(field, said, book):
                yield field.field, (field, [])
            elif field.record == "party" and isinstance(said, SupplierCheck) and said.conclusion != "refuse":
                asked = _lacks(field, said.supplier, book)
                if asked is not None:
                    yield f"supplier.{field.field}", (field, asked)


def _profiles(said: Said, book: Book) -> Iterable[Profile]:
    """The profiles whose fields a record has to hold: its own category's, or those of its goods."""
    if isinstance(said, (Batch, Product)):
        return [profile_for(said.category)]
    if isinstance(said, (Shipment, SupplierCheck, Sale, Use)):
        profiles = (profile_of(book, goods) for goods in dict.fromkeys(line.goods for line in said.lines))
        return {one.category: one for one in profiles}.values()
    return []


def _said_anywhere(field: LegalField, said: Said, book: Book) -> bool:
    """Whether the record says it, or another record of the same goods or product does."""
    if field.detail is not None and not hasattr(said, "details"):
        return True  # Such a record has no place for it.
    if field.value_in(said) is not None:
        return True
    if not isinstance(said, Batch):
        return False
    if field.field == "batch_number" and _has_lot(said):
        return True
    known = batches(book, said.goods)
    if any(field.value_in(batch) is not None for _, batch in known):
        return True
    products = {product: product_of(book, product) for product in {batch.product for _, batch in known}}
    return any(one is not None and field.value_in(one[1]) is not None for one in products.values())


def _has_lot(batch: Batch) -> bool:
    """Whether the identifier of the goods names a lot; goods without a printed one need none (食品安全法 65)."""
    return batch.goods.digital_link is not None or batch.lot_basis == "supplier_product_date"


def _lacks(field: LegalField, party: PartyId, book: Book) -> list[Record] | None:
    """The supplier's sheets if none of them says it; None where it is said, not asked of such a party, or erased."""
    known = sheets(book, party)
    if any(record.missing for record, _ in known) or kinds_of_party(book, party) & set(field.not_for_parties):
        return None
    for _, sheet in known:
        if field.value_in(sheet) is not None or (field.field == "name" and sheet.person_name is not None):
            return None
    return [record for record, _ in known[:1]]
