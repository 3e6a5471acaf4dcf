"""Goods that went on after their last day, and goods that were sold or received before they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.orders_kept import goes_back
from ledger.findings.reading import Facts, day_of, first_batch, found, profile_of
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.findings.finding import Finding, Grade
    from ledger.identifiers import GoodsId, LegalDate
    from ledger.views.book import Book, Record
    from ledger.vocabulary.goods import Batch
    from ledger.vocabulary.profiles import FindingKind, Profile
    from ledger.vocabulary.values import Line

#: What is made in the night is often dated by the next day, and sold that night.
MADE_DAYS_AHEAD: Final = 1


def past_their_day(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods sold, or shipped to a buyer, after the last day that their batch record names (食品安全法 34(10))."""
    said = record.said
    if not isinstance(said, (Sale, Shipment)):
        return
    sold = day_of(record)
    for goods, profile, batch, made in _judged("sold_after_expiry", said.lines, book):
        last = made.expires_on
        if last is None or sold <= last:
            continue
        if isinstance(said, Shipment) and goes_back(record, said.to, goods, book):
            continue
        # By somebody else's word alone about what the maker made, nobody is red.
        grade: Grade = (
            "red" if isinstance(said, Sale) and batch.actor in {made.maker, record.actor} else "amber"
        )
        yield found(
            "sold_after_expiry",
            grade,
            subject=subject,
            party=record.actor,
            rests_on=[batch, record],
            facts=Facts(
                Words(
                    zh=f"批次登记的保质期（有效期）至 {last}，{sold} 仍有销售或发货记录。",
                    en=f"By the batch record the goods are good until {last}; a sale or shipment is recorded on {sold}.",
                ),
                {"good_until": str(last), "sold_at": str(sold)},
                profile.laws.expiry,
            ),
        )


def before_they_were_made(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods that one record has received, shipped or sold on a day before the one on which they were made by their batch record."""
    said = record.said
    if not isinstance(said, (SupplierCheck, Receipt, Shipment, Sale)):
        return
    if isinstance(said, (SupplierCheck, Receipt)) and said.conclusion == "refuse":
        return
    on = said.received_on if isinstance(said, SupplierCheck) else day_of(record)
    for _, profile, batch, told in _judged("traded_before_made", said.lines, book):
        made = told.produced_on
        if made is None or _days(on, made) <= MADE_DAYS_AHEAD:
            continue
        yield found(
            "traded_before_made",
            # Which of the two is wrong, nobody can tell from here.
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[batch, record],
            facts=Facts(
                Words(
                    zh=f"批次登记的生产（采收、屠宰）日期为 {made}，而 {on} 已有该批货物的交易记录。",
                    en=f"By the batch record the goods were made on {made}; a record has them traded on {on} already.",
                ),
                {"made_on": str(made), "traded_on": str(on)},
                profile.laws.record,
            ),
        )


def _judged(
    kind: FindingKind, lines: Iterable[Line], book: Book
) -> Iterator[tuple[GoodsId, Profile, Record, Batch]]:
    """The goods of a record, each once, whose profile finds such a thing and whose batch is recorded."""
    for goods in dict.fromkeys(line.goods for line in lines):
        profile, first = profile_of(book, goods), first_batch(book, goods)
        if first is not None and profile.finds(kind):
            yield goods, profile, *first


def _days(earlier: LegalDate, later: LegalDate) -> int:
    return (later.date - earlier.date).days
