"""Judging a whole book for tests: every finding there is, and the same kept up record by record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from api.words import WORDS
from ledger.findings import Finding, judge, judge_many, subjects_of, subjects_touched
from ledger.identifiers import GoodsId, LegalDate
from ledger.views.book import MemoryBook
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence
from ledger.vocabulary.trade import SupplierCheck, VoucherReference
from ledger.vocabulary.values import Line
from tests.support.books import kg

if TYPE_CHECKING:
    from ledger.identifiers import PartyId, Quantity
    from ledger.views.book import Book
    from ledger.vocabulary.profiles import FindingKind
    from tests.support.books import BookWriter


#: What only says that a record is not whole. Stories about trade leave papers out; the tests of papers ask for these by name.
INCOMPLETE: frozenset[FindingKind] = frozenset(
    {"field_missing", "document_missing", "release_missing", "approval_not_recorded"}
)


def everything(book: Book) -> dict[str, tuple[Finding, ...]]:
    """All subjects of all records, judged from scratch."""
    records = book.records(range(book.size))
    return judge_many({subject for record in records.values() for subject in subjects_of(record)}, book)


def kept_up(book: MemoryBook) -> dict[str, tuple[Finding, ...]]:
    """The same book read again record by record, judging after each only what it touches."""
    again = MemoryBook(book.register)
    kept: dict[str, tuple[Finding, ...]] = {}
    for _, record in sorted(book.records(range(book.size)).items()):
        new = replace(record, superseded_by=None)
        again.add(new)
        kept.update({subject: judge(subject, again) for subject in subjects_touched(new, again)})
    return {subject: found for subject, found in kept.items() if found}


def findings(
    book: MemoryBook, kind: FindingKind | None = None, *, party: PartyId | None = None
) -> list[Finding]:
    """The findings of a book, of one kind or of one party; without a kind, all but those that call a record incomplete.

    Every book that is tested is also kept up record by record.
    """
    scratch = everything(book)
    assert kept_up(book) == scratch
    judged = [finding for found in scratch.values() for finding in found]
    # Whatever a finding counts has a name in both languages on the page that shows it.
    assert {name for one in judged for name in one.figures if f"figure_{name}" not in WORDS} == set()
    wanted = [one for one in judged if one.kind == kind or (kind is None and one.kind not in INCOMPLETE)]
    return [one for one in wanted if party in {None, one.party}]


def kinds(book: MemoryBook, *, party: PartyId | None = None) -> list[str]:
    """The kinds that were found, sorted."""
    return sorted(one.kind for one in findings(book, party=party))


def day(text: str) -> LegalDate:
    """A day, for fields that want the value."""
    return LegalDate.parse(text)


def goods(name: str) -> GoodsId:
    """Goods with a name from elsewhere."""
    return GoodsId.parse(f"urn:example:lot:{name}")


def batch(
    books: BookWriter, maker: PartyId, name: str, category: str, amount: Quantity | None = None, **more: str
) -> GoodsId:
    """A batch that its maker registered on 1 October."""
    one = Batch(
        goods=goods(name), maker=maker, name=more.get("called", "货物"), category=category, quantity=amount
    )
    books.says(maker, one, at=more.get("at", "2026-10-01T08:00:00+08:00"))
    return one.goods


def licence(
    books: BookWriter,
    holder: PartyId,
    kind: str,
    number: str = "许-1",
    *,
    since: str | None = None,
    until: str | None = None,
    at: str = "",
) -> None:
    """A granted licence, as the registrar records it."""
    said = Licence(
        holder=holder,
        licence_kind=kind,
        number=number,
        valid_from=day(since) if since else None,
        valid_to=day(until) if until else None,
    )
    books.says(books.register.registrar, said, at=at or "2026-08-02T08:00:00+08:00")


def check(
    supplier: PartyId,
    one: GoodsId,
    on: str,
    amount: Quantity | None = None,
    *,
    voucher: str | None = None,
    late: str | None = None,
) -> SupplierCheck:
    """An accepted delivery of one kind of goods."""
    return SupplierCheck(
        supplier=supplier,
        received_on=day(on),
        conclusion="accept",
        voucher=VoucherReference(voucher_kind="e_invoice", number=voucher) if voucher else None,
        late_reason=late,
        lines=(Line(goods=one, quantity=amount or kg(10)),),
    )


def line(one: GoodsId, amount: Quantity | None = None, codes: tuple[str, ...] | None = None) -> Line:
    """One trade line."""
    return Line(goods=one, quantity=amount or kg(10), codes=codes)
