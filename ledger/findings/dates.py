"""Goods that went on after their last day, and goods that were sold or received before they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.orders_kept import supplies, within_one_house
from ledger.findings.reading import Facts, day_of, first_batch, found, profile_of
from ledger.views.book import about, holding_key
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.findings.finding import Finding, Grade
    from ledger.identifiers import GoodsId, LegalDate
    from ledger.views.book import Book, Record

#: What is made in the night is often dated by the next day, and sold that night.
MADE_DAYS_AHEAD: Final = 1


def past_their_day(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods sold, or shipped to a buyer, after the last day that their batch record names (食品安全法 34(10))."""
    said = record.said
    if not isinstance(said, (Sale, Shipment)):
        return
    for goods in dict.fromkeys(line.goods for line in said.lines):
        profile, first = profile_of(book, goods), first_batch(book, goods)
        if first is None or not profile.finds("sold_after_expiry"):
            continue
        batch, last = first[0], first[1].expires_on
        sold = day_of(record)
        if last is None or sold <= last:
            continue
        if isinstance(said, Shipment) and _is_cleared_away(record, said, goods, book):
            continue
        # By somebody else's word alone about what the maker made, nobody is red.
        grade: Grade = (
            "red" if isinstance(said, Sale) and batch.actor in {first[1].maker, record.actor} else "amber"
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


def _is_cleared_away(record: Record, said: Shipment, goods: GoodsId, book: Book) -> bool:
    """Whether goods past their day went where they may go: back, to officials, or to another house of the same trader."""
    first = first_batch(book, goods)
    if first is not None and said.to == first[1].maker:
        return True
    if book.register.role_of(said.to) == "authority" or within_one_house(said.to, record.actor, book):
        return True
    return any(
        supplies(other, giver=said.to, taker=record.actor)
        for other in about(book, holding_key(record.actor, goods))
        if other.order < record.order
    )


def before_they_were_made(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods that one record has received, shipped or sold on a day before the one on which they were made by their batch record."""
    said = record.said
    if not isinstance(said, (SupplierCheck, Receipt, Shipment, Sale)):
        return
    if isinstance(said, (SupplierCheck, Receipt)) and said.conclusion == "refuse":
        return
    on = said.received_on if isinstance(said, SupplierCheck) else day_of(record)
    for goods in dict.fromkeys(line.goods for line in said.lines):
        profile, first = profile_of(book, goods), first_batch(book, goods)
        if first is None or not profile.finds("traded_before_made"):
            continue
        batch, made = first[0], first[1].produced_on
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


def _days(earlier: LegalDate, later: LegalDate) -> int:
    return (later.date - earlier.date).days
