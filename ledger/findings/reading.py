"""Looking things up in the book for a judgement: profiles, licences, sheets, orders, amounts and days.

Every look-up here reads sheets, not trade: a batch sold to four hundred stalls is judged four hundred times.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, Words
from ledger.findings.finding import Finding, Grade
from ledger.findings.words import TEXTS
from ledger.identifiers import CreditCode, GoodsId, Instant, LegalDate, PartyId, Quantity, Unit
from ledger.identifiers.times import SHANGHAI_OFFSET_MINUTES
from ledger.views.book import product_sheet_key, said_about
from ledger.views.sheets import goods_sheet, party_sheet
from ledger.vocabulary.parties import Product
from ledger.vocabulary.profiles import FindingKind, Profile, profile_for
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.identifiers import ProductId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.goods import Batch
    from ledger.vocabulary.parties import Party, Succession
    from ledger.vocabulary.said import Said
    from ledger.vocabulary.values import Line


_DAY_MS: Final = 86_400_000
_SHANGHAI_MS: Final = SHANGHAI_OFFSET_MINUTES * 60_000

#: How many renames and mergers are followed from one party.
SUCCESSIONS_MAX: Final = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """What one finding says beyond the texts of its kind."""

    words: Words
    figures: Mapping[str, str]
    law: str | None = None


def found(
    kind: FindingKind, grade: Grade, *, subject: str, party: PartyId, rests_on: Iterable[Record], facts: Facts
) -> Finding:
    """A finding with the texts of its kind. Its entries stand in the log's order, so the later recorded is second."""
    records = {record.seq: record for record in rests_on}
    texts = TEXTS[kind]
    return Finding(
        kind=kind,
        grade=grade,
        subject=subject,
        party=party,
        seqs=tuple(sorted(records)),
        figures=facts.figures,
        causes=texts.causes,
        words=facts.words,
        law=facts.law,
        answer=texts.answer,
        since_ms=max(record.at_ms for record in records.values()),
    )


def live(records: Iterable[Record]) -> list[Record]:
    """Those that were not put right by a later one. A statement's own key keeps its whole history."""
    return [record for record in records if record.superseded_by is None]


def first_batch(book: Book, goods: GoodsId) -> tuple[Record, Batch] | None:
    """The registration of this batch that the log took first. The claimed time does not count: a stranger who registers the batch
    again must not change which rules apply to it.
    """
    return goods_sheet(book, goods).first


def batches(book: Book, goods: GoodsId) -> Sequence[tuple[Record, Batch]]:
    """Every registration of this batch, in the order of facts."""
    return goods_sheet(book, goods).batches


def profile_of(book: Book, goods: GoodsId) -> Profile:
    """The rules of trade for these goods, by the category of their first registration."""
    first = goods_sheet(book, goods).first
    return profile_for(first[1].category if first else None)


def product_of(book: Book, product: ProductId | None) -> tuple[Record, Product] | None:
    """The registration of this product that the log took first."""
    if product is None:
        return None
    known = [
        one for one in said_about(book, product_sheet_key(product), Product) if one[1].product == product
    ]
    return min(known, key=lambda one: one[0].seq, default=None)


def sheets(book: Book, party: PartyId) -> Sequence[tuple[Record, Party]]:
    """Every registration or declaration of this party."""
    return party_sheet(book, party).sheets


def successions(book: Book, party: PartyId) -> Sequence[tuple[Record, Succession]]:
    """What is recorded of this party's renames, mergers and splits, in either direction."""
    return party_sheet(book, party).successions


#: All ways in which one party goes on as another.
SUCCEEDS: Final = ("renamed", "merged", "split", "taken_over")


def kin(book: Book, party: PartyId, *, by: Collection[str] = SUCCEEDS) -> set[PartyId]:
    """The party itself and everyone it was or became in one of these ways."""
    known, waiting = {party}, [party]
    # Most parties never changed.
    for _ in range(SUCCESSIONS_MAX if successions(book, party) else 0):
        if not waiting:
            break
        for _, said in successions(book, waiting.pop(0)):
            new = {said.party, said.successor} - known if said.how in by else set()
            known |= new
            waiting += sorted(new)
    return known


def same_party(book: Book, party: PartyId) -> set[PartyId]:
    """The party under all its names: a rename alone keeps a party what it is."""
    return kin(book, party, by=("renamed",))


def shops_of(book: Book, headquarters: PartyId) -> frozenset[PartyId]:
    """The shops whose sheets name this headquarters: one check of it may serve them all (食品安全法 53(3))."""
    return party_sheet(book, headquarters).shops


def headquarters_of(book: Book, party: PartyId) -> frozenset[PartyId]:
    """The headquarters that a party's sheets name."""
    return party_sheet(book, party).headquarters


@lru_cache(maxsize=4096)  # The same few hundred suppliers are compared again and again.
def credit_code(text: str | None) -> CreditCode | None:
    """The code if it is one; None for no text and for a text that fails."""
    if text is None:
        return None
    try:
        return CreditCode.parse(text)
    except Refusal:
        return None


def traders(
    book: Book, parties: Iterable[PartyId], *, by: Collection[str] = ("renamed",)
) -> dict[PartyId, str]:
    """One name for each trader: parties that several people declared are the same where they share a good credit code, and a party that
    went on as another in one of these ways is the same under both names.
    """
    names: dict[PartyId, str] = {}
    for party in set(parties):
        itself = sorted(kin(book, party, by=by))
        codes = sorted(
            str(code)
            for one in itself
            for _, sheet in sheets(book, one)
            if (code := credit_code(sheet.credit_code)) is not None
        )
        names[party] = codes[0] if codes else str(itself[0])
    return names


def registered(book: Book, party: PartyId, known: Iterable[tuple[Record, Party]]) -> bool:
    """Whether the registrar or the party itself recorded who it is: everybody else only declares it."""
    registrar = book.register.registrar
    return any(record.header.issuer == registrar or record.actor == party for record, _ in known)


def kinds_of_party(book: Book, party: PartyId) -> frozenset[str]:
    """What kind of party it is, in everybody's words."""
    return party_sheet(book, party).kinds


def day_of(record: Record) -> LegalDate:
    """The day in China on which the record says it happened."""
    return day_at(record.occurred_ms)


def day_at(ms: int) -> LegalDate:
    """The day in China at a moment of the log."""
    return _day_numbered((ms + _SHANGHAI_MS) // _DAY_MS)


@lru_cache(maxsize=4096)  # Eleven years of days; each is asked for a thousand times.
def _day_numbered(number: int) -> LegalDate:
    """The day in China by its number since 1970: the one on which its noon lies."""
    return Instant(number * _DAY_MS + _DAY_MS // 2 - _SHANGHAI_MS).date_in_shanghai()


def moment(ms: int) -> str:
    """A moment of the log, for a sentence."""
    return Instant(ms).display()


def lines_of(said: Said | None) -> tuple[Line, ...]:
    """The lines of a delivery, as its sender or its receiver wrote them down."""
    if isinstance(said, (SupplierCheck, Shipment, Receipt)):
        return said.lines
    return ()


def base_amount(quantity: Quantity) -> tuple[Unit, Decimal]:
    """The amount in the unit that like units are brought to (kilograms, litres). Plain decimals: sums of odd data must not raise."""
    return quantity.unit.base, quantity.amount.scaleb(quantity.unit.power)


def totals(quantities: Iterable[Quantity]) -> dict[Unit, Decimal]:
    """The sums, one for each unit that does not convert."""
    sums: dict[Unit, Decimal] = {}
    for quantity in quantities:
        unit, amount = base_amount(quantity)
        sums[unit] = sums.get(unit, Decimal(0)) + amount
    return sums


def spelt(amount: Decimal) -> str:
    """A decimal as text, without exponent and trailing zeros."""
    text = f"{amount:f}"
    text = text.rstrip("0").removesuffix(".") if "." in text else text
    return "0" if text == "-0" else text


ZERO: Final = Decimal(0)
