"""How often one paper was used, for how much, by whom; and a certificate that was used for more than it covers.

A certificate travels with its goods: the maker's buyer relies on it, and so do the buyer's buyers, for the same kilograms again. So uses
are added up at each seller alone: what one seller handed on under a certificate can be no more than the certificate covers. What went back to the
seller rests on it no more, and may go out again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.papers import covers_goods, papers_numbered
from ledger.findings.reading import Facts, base_amount, found, profile_of, sheets, spelt, traders
from ledger.trace.balance import packs_of
from ledger.views.book import about, about_many, document_key, holding_key, of_type
from ledger.vocabulary.documents import Certificate
from ledger.vocabulary.trade import Return, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, LegalDate, PartyId, Quantity
    from ledger.views.book import Book, Record

#: Two scales differ by so much; a certificate is not overused by that.
SCALES_DIFFER: Final = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class Use:
    """One reliance on a paper: by whom, for goods from whom, for how much, on which day."""

    record: Record
    by: PartyId
    supplier: PartyId
    goods: GoodsId
    quantity: Quantity
    on: LegalDate
    for_shops: frozenset[PartyId]


@dataclass(frozen=True, slots=True)
class Uses:
    """One paper number: the papers filed under it, every record that names it, and every reliance on it."""

    number: str
    papers: tuple[Record, ...]
    records: tuple[Record, ...]
    uses: tuple[Use, ...]

    @property
    def by_whom(self) -> tuple[PartyId, ...]:
        """Who relied on it, in the order of the first time."""
        return tuple(dict.fromkeys(one.by for one in self.uses))


def uses_of(book: Book, number: str) -> Uses:
    """Every use of one paper number, in the log's order."""
    records = sorted(about(book, document_key(number)), key=lambda one: one.seq)
    papers = [record for record, _ in papers_numbered(book, number)]
    uses = [use for record in records for use in _uses(record, number)]
    return Uses(number, tuple(papers), tuple(records), tuple(uses))


def overused(subject: str, number: str, book: Book) -> Iterator[Finding]:
    """A certificate with a quantity, and one seller's goods that rest on it for more than that."""
    limited = [
        (record, paper)
        for record, paper in papers_numbered(book, number)
        if isinstance(paper, Certificate) and paper.covers is not None
    ]
    if not limited:
        return
    uses = uses_of(book, number).uses
    for record, paper in limited:
        fitting = [one for one in uses if covers_goods(book, paper, one.goods)]
        names = traders(book, [one.supplier for one in fitting])
        sellers: dict[str, list[Use]] = defaultdict(list)
        for one in _counted_once(book, fitting):
            sellers[names[one.supplier]].append(one)
        for some in sellers.values():
            yield from _over(subject, record, paper, some, book)


def went_back(
    book: Book, ways: Collection[tuple[PartyId, PartyId, GoodsId]]
) -> list[tuple[GoodsId, Quantity]]:
    """What whoever received goods sent back to whoever sent them, by (taker, giver, goods). It rests on no paper any more."""
    known = about_many(book, [holding_key(taker, goods) for taker, _, goods in sorted(ways)])
    return [
        (goods, line.quantity)
        for taker, giver, goods in sorted(ways)
        for record, back in of_type(known.get(holding_key(taker, goods), ()), Return)
        if record.actor == taker and back.to == giver
        for line in back.lines
        if line.goods == goods
    ]


def _uses(record: Record, number: str) -> Iterator[Use]:
    said = record.said
    if not isinstance(said, SupplierCheck) or said.conclusion == "refuse":
        return
    shops = frozenset(said.for_shops or ())
    for entry in said.checks or ():
        if entry.reference != number or entry.result != "in_order":
            continue
        lines = [line for line in said.lines if entry.goods in {None, line.goods}]
        for line in lines:
            # A quantity of the entry's own speaks of one lot; for several lots their lines say how much of each.
            quantity = entry.quantity if entry.quantity is not None and len(lines) == 1 else line.quantity
            yield Use(record, record.actor, said.supplier, line.goods, quantity, said.received_on, shops)


def _counted_once(book: Book, uses: list[Use]) -> Iterator[Use]:
    """One delivery looked at by the headquarters and again in its shop is one delivery; what a check says twice is said once."""
    chains = {one.by: {sheet.headquarters for _, sheet in sheets(book, one.by)} - {None} for one in uses}
    seen: set[tuple[int, GoodsId]] = set()
    for one in uses:
        if (one.record.seq, one.goods) in seen:
            continue
        seen.add((one.record.seq, one.goods))
        above = any(
            other.goods == one.goods and (one.by in other.for_shops or other.by in chains[one.by])
            for other in uses
            if other.by != one.by
        )
        if not above:
            yield one


def _over(subject: str, record: Record, paper: Certificate, uses: list[Use], book: Book) -> Iterator[Finding]:
    assert paper.covers is not None  # Only such papers are asked about.
    packs = packs_of(book, paper.goods[0]) if len(paper.goods) == 1 else None
    unit, covered = base_amount((packs.opened(paper.covers) if packs is not None else None) or paper.covers)
    counted: list[tuple[Use, Decimal]] = [
        (one, amount)
        for one in uses
        for of, amount in [base_amount(packs_of(book, one.goods).opened(one.quantity) or one.quantity)]
        if of is unit
    ]
    ways = {(taker, one.supplier, one.goods) for one, _ in counted for taker in {one.by, *one.for_shops}}
    back = went_back(book, ways)
    used = sum((amount for _, amount in counted), Decimal(0)) - sum(
        (
            amount
            for goods, quantity in back
            for of, amount in [base_amount(packs_of(book, goods).opened(quantity) or quantity)]
            if of is unit
        ),
        Decimal(0),
    )
    tolerance = max(
        [
            SCALES_DIFFER,
            *(profile_of(book, goods).loss_tolerance for goods in {one.goods for one, _ in counted}),
        ]
    )
    if used <= covered * (1 + tolerance):
        return
    figures = {"covers": spelt(covered), "used": spelt(used), "unit": unit.name, "number": paper.number}
    yield found(
        "document_overused",
        "amber",
        subject=subject,
        party=counted[0][0].supplier,
        rests_on=[record, *(one.record for one, _ in counted)],
        facts=Facts(
            Words(
                zh=f"单证 {paper.number} 的证明数量为 {figures['covers']}{unit.words.zh}，同一供货者以它为依据的货物合计 {figures['used']}{unit.words.zh}。",
                en=f"The paper {paper.number} covers {figures['covers']} {unit.many.en}; one supplier's goods that rest on it come to {figures['used']}.",
            ),
            figures,
        ),
    )
