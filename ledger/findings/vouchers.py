"""Vouchers: one number with two pairs of parties, a text that does not fit its own QR code, and more goods than a voucher lists.

One invoice may cover many deliveries and may come after the goods, so several checks of one pair on one voucher are nothing, and a
later invoice date alone is nothing. Whose delivery a voucher names rests on it, whoever the check calls the supplier; a headquarters and
its shops are one house. Numbers of tax invoices are unique in the country; slips and delivery notes count from one at every seller, so
for them only one seller's own paper of one day is compared. A 收购发票 is the buyer's own paper for many farmers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, Words
from ledger.findings.reading import (
    SUCCEEDS,
    Facts,
    found,
    headquarters_of,
    lines_of,
    live,
    profile_of,
    spelt,
    totals,
    traders,
)
from ledger.findings.uses import SCALES_DIFFER, went_back
from ledger.identifiers import EInvoiceNumber, InvoiceQr, StatementId, VatInvoiceNumber
from ledger.trace.balance import packs_of
from ledger.views.book import about, about_many, statement_key
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, PartyId, Quantity, Unit
    from ledger.views.book import Book, Record

#: Kinds whose numbers the tax office gives out, each once.
TAX_KINDS: Final = frozenset({"e_invoice", "vat_invoice", "purchase_invoice"})
#: From here on no scale and no loss explains it.
CLEARLY_MORE: Final = Decimal("1.3")
#: How often a delivery may have been put right before the voucher for its first version no longer finds it.
VERSIONS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Reliance:
    """One record that files a voucher or rests on it: between whom, and on which day the paper was issued if it says so."""

    record: Record
    seller: PartyId
    buyer: PartyId
    voucher: Voucher | None = None

    @property
    def day(self) -> str:
        """The day on the paper."""
        return (
            str(self.voucher.issued_on)
            if self.voucher is not None and self.voucher.issued_on is not None
            else ""
        )

    @property
    def total(self) -> str:
        """The amount on the paper."""
        return (self.voucher.total or "") if self.voucher is not None else ""


def judge_voucher(subject: str, kind: str, number: str, book: Book) -> Iterator[Finding]:
    """Everything that is odd about the uses of one voucher number."""
    uses = sorted(_reliances(about(book, subject), kind, number, book), key=lambda one: one.record.seq)
    names = _houses(book, {party for one in uses for party in (one.seller, one.buyer)})
    pairs: dict[tuple[str, str], list[Reliance]] = defaultdict(list)
    for one in uses:
        pairs[names[one.seller], names[one.buyer]].append(one)
    if kind in TAX_KINDS and _is_tax_number(number):
        yield from _reused(subject, kind, list(pairs.items()), book)
    else:
        yield from _slip_reused(subject, list(pairs.items()), book)
    for group in pairs.values():
        yield from _two_amounts(subject, group, book)
        yield from _overused(subject, group, book)


def unnumbered(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A voucher without a number that names its deliveries: only what it lists can be compared."""
    said = record.said
    if isinstance(said, Voucher) and said.number is None:
        yield from _overused(subject, list(_of_voucher(record, said, book)), book)


def edited(subject: str, record: Record) -> Iterator[Finding]:
    """A voucher whose fields do not fit the text of its own QR code, or a text whose CRC does not fit: misread, or edited."""
    voucher = record.said
    if not isinstance(voucher, Voucher) or voucher.qr_text is None:
        return
    try:
        qr = InvoiceQr.parse(voucher.qr_text)
    except Refusal:
        return  # The QR code of some other paper: nothing to compare with.
    figures: dict[str, str] = {}
    zh: list[str] = []
    en: list[str] = []
    if not qr.intact:
        figures |= {"crc": qr.crc, "crc_expected": qr.crc_expected}
        zh.append(f"二维码校验值为 {qr.crc}，按内容应为 {qr.crc_expected}")
        en.append(f"its CRC is {qr.crc} and its text asks for {qr.crc_expected}")
    compared = [
        ("number", "号码", "number", voucher.number, str(qr.number)),
        ("date", "日期", "date", voucher.issued_on, str(qr.date)),
    ]
    if qr.amount_includes_tax:
        compared.append(("amount", "金额", "amount", voucher.total, qr.amount_text))
    for name, name_zh, name_en, said, scanned in compared:
        if said is not None and not _same(name, str(said), scanned):
            figures |= {name: str(said), f"{name}_in_qr": scanned}
            zh.append(f"登记的{name_zh}为 {said}，二维码中为 {scanned}")
            en.append(f"the recorded {name_en} is {said} and the QR code says {scanned}")
    if zh:
        yield found(
            "voucher_edited",
            "amber",
            subject=subject,
            party=record.actor,
            rests_on=[record],
            facts=Facts(Words(zh="；".join(zh) + "。", en=_sentence("; ".join(en))), figures),
        )


def deliveries_of(book: Book, voucher: Voucher) -> list[Record]:
    """The deliveries that a voucher names, each in the version that counts."""
    waiting, seen = set(voucher.deliveries or ()), set[StatementId]()
    records: dict[int, Record] = {}
    for _ in range(VERSIONS_MAX):
        if not waiting:
            break
        seen |= waiting
        near = about_many(book, [statement_key(one) for one in sorted(waiting, key=str)])
        told = [
            one for some in near.values() for one in some if {one.header.id, one.header.corrects} & waiting
        ]
        records |= {one.seq: one for one in told}
        waiting = {one.header.id for one in told} - seen
    kinds = (Shipment, Receipt, SupplierCheck)
    return [
        one for _, one in sorted(records.items()) if one.superseded_by is None and isinstance(one.said, kinds)
    ]


def _houses(book: Book, parties: set[PartyId]) -> dict[PartyId, str]:
    """One name for each house: a headquarters files for its shops, and a company for the one that it took over (民法典 67)."""
    if len(parties) <= 2:  # noqa: PLR2004  (one pair: nobody to compare it with)
        return {one: str(one) for one in parties}
    above = {one: min(headquarters_of(book, one), default=one) for one in parties}
    names = traders(book, set(above.values()), by=SUCCEEDS)
    return {one: names[house] for one, house in above.items()}


def _reliances(records: Sequence[Record], kind: str, number: str, book: Book) -> Iterator[Reliance]:
    named: set[int] = set()
    for record in live(records):
        said = record.said
        if isinstance(said, Voucher) and (said.voucher_kind, said.number) == (kind, number):
            for one in _of_voucher(record, said, book):
                if one.record.seq not in named:
                    named.add(one.record.seq)
                    yield one
    for record in records:
        said = record.said
        if not isinstance(said, (SupplierCheck, Shipment)) or said.voucher is None or record.seq in named:
            continue
        if (said.voucher.voucher_kind, said.voucher.number) != (kind, number):
            continue
        if isinstance(said, Shipment):
            yield Reliance(record, record.actor, said.to)
        elif said.conclusion != "refuse":
            yield Reliance(record, said.supplier, record.actor)


def _of_voucher(record: Record, said: Voucher, book: Book) -> Iterator[Reliance]:
    """The voucher itself, and the deliveries it names: between its own seller and buyer, whoever brought the goods."""
    yield Reliance(record, said.seller, said.buyer, said)
    for one in deliveries_of(book, said):
        if isinstance(one.said, (SupplierCheck, Receipt)) and one.said.conclusion == "refuse":
            continue
        yield Reliance(one, said.seller, said.buyer)


def _is_tax_number(number: str) -> bool:
    """Whether the number is written in full. Eight digits without their code are not unique."""
    for reader in (EInvoiceNumber, VatInvoiceNumber):
        try:
            reader.parse(number)
        except Refusal:
            continue
        return True
    return False


def _reused(
    subject: str, kind: str, pairs: Sequence[tuple[tuple[str, str], list[Reliance]]], book: Book
) -> Iterator[Finding]:
    """The number stands between one pair of parties and again between another."""
    for (_, buyer), group in pairs[1:]:
        (_, first_buyer), first_group = pairs[0]
        if buyer != first_buyer:
            yield _reuse(subject, first_group, group, "red", book)
        elif kind != "purchase_invoice":
            # A delivery may come from a company of the seller's group. Two papers with one number and two sellers cannot both be.
            papers = all(any(one.voucher is not None for one in some) for some in (first_group, group))
            yield _reuse(subject, first_group, group, "red" if papers else "amber", book)


def _slip_reused(
    subject: str, pairs: Sequence[tuple[tuple[str, str], list[Reliance]]], book: Book
) -> Iterator[Finding]:
    """One seller's slip of one day, filed by two buyers."""
    filed: dict[tuple[str, str], list[Reliance]] = {}
    for (seller, _), group in pairs:
        dated = [one for one in group if one.day]
        for day in dict.fromkeys(one.day for one in dated):
            same = [one for one in dated if one.day == day]
            if (seller, day) in filed:
                yield _reuse(subject, filed[seller, day], same, "amber", book)
            else:
                filed[seller, day] = same


def _reuse(
    subject: str, first: Sequence[Reliance], again: Sequence[Reliance], grade: str, book: Book
) -> Finding:
    one, other = first[0], again[0]
    figures = {}
    for name, group in (("first_total", first), ("second_total", again)):
        amounts = [use.total for use in group if use.total]
        if amounts:
            figures[name] = amounts[0]
    words = Words(
        zh=f"第 {one.record.seq} 条与第 {other.record.seq} 条记录使用同一凭证号，买卖双方不同。",
        en=f"Entries {one.record.seq} and {other.record.seq} use one voucher number between different parties.",
    )
    return found(
        "voucher_reused",
        "red" if grade == "red" else "amber",
        subject=subject,
        party=other.record.actor,
        rests_on=[one.record, other.record],
        facts=Facts(words, figures, _law(again, book)),
    )


def _two_amounts(subject: str, group: Sequence[Reliance], book: Book) -> Iterator[Finding]:
    """One pair filed the voucher with two totals."""
    priced = [one for one in group if one.total]
    for other in priced[1:]:
        if Decimal(other.total) != Decimal(priced[0].total):
            yield found(
                "voucher_reused",
                "amber",
                subject=subject,
                party=other.record.actor,
                rests_on=[priced[0].record, other.record],
                facts=Facts(
                    Words(
                        zh=f"同一凭证号登记了两个金额：{priced[0].total} 元和 {other.total} 元。",
                        en=f"One voucher number is recorded with two totals: {priced[0].total} and {other.total} yuan.",
                    ),
                    {"first_total": priced[0].total, "second_total": other.total},
                    _law([other], book),
                ),
            )
            return


def _overused(subject: str, group: Sequence[Reliance], book: Book) -> Iterator[Finding]:
    """What rests on the voucher beside what it lists. The two sides of one delivery both rest on it, so each side is summed alone.

    What went back no longer rests on it: goods are exchanged under the same paper.
    """
    listed = max(
        (one for one in group if one.voucher is not None and _listed(one.voucher)),
        key=lambda one: sum(totals(_listed(one.voucher)).values()) if one.voucher is not None else 0,
        default=None,
    )
    if listed is None or listed.voucher is None:
        return
    for kind in (SupplierCheck, Shipment, Receipt):
        uses = sorted(
            (one for one in group if isinstance(one.record.said, kind)), key=lambda one: one.record.seq
        )
        uses = _without_shops(uses, book)
        by_goods = _by_goods(listed.voucher, uses)
        lines = [
            (line.goods, line.quantity) for line in listed.voucher.lines or () if line.quantity is not None
        ]
        allowed = _sums(lines, book, by_goods=by_goods)
        carried = [(line.goods, line.quantity) for one in uses for line in lines_of(one.record.said)]
        if not by_goods and _units(carried) != _units(lines):
            continue  # Boxes on the paper and kilograms in the records, and nothing says which line is which.
        used = _sums(carried, book, by_goods=by_goods)
        back = _returned(uses, book)
        for key, amount in _sums(back, book, by_goods=by_goods).items():
            if key in used:
                used[key] -= amount
        over = next((key for key in used if _exceeds(key, used, allowed, book, uses)), None)
        if over is not None:
            yield _too_much(subject, listed, uses, (allowed[over], used[over]), over[1], book)


def _without_shops(uses: Sequence[Reliance], book: Book) -> list[Reliance]:
    """The uses without a shop's own look at what its headquarters checked for it: one delivery (食品安全法 53(3))."""
    return [one for one in uses if not any(_looked_for(other, one, book) for other in uses)]


def _looked_for(above: Reliance, one: Reliance, book: Book) -> bool:
    said, shop = above.record.said, one.record.actor
    if not isinstance(said, SupplierCheck) or above.record.actor == shop:
        return False
    its_own = shop in (said.for_shops or ()) or above.record.actor in headquarters_of(book, shop)
    lots = {line.goods for line in lines_of(one.record.said)}
    return its_own and not lots.isdisjoint(line.goods for line in said.lines)


def _returned(uses: Sequence[Reliance], book: Book) -> list[tuple[GoodsId | None, Quantity]]:
    """What whoever received these goods sent back to whoever sent them."""
    ways = {
        (taker, giver, line.goods)
        for one in uses
        for giver, taker in [_hands(one.record)]
        for line in lines_of(one.record.said)
    }
    return [*went_back(book, ways)]


def _hands(record: Record) -> tuple[PartyId, PartyId]:
    """Giver and taker of one delivery."""
    said = record.said
    if isinstance(said, Shipment):
        return record.actor, said.to
    assert isinstance(said, (SupplierCheck, Receipt)), "nothing else rests on a voucher's lines"
    return said.supplier, record.actor


def _units(amounts: Iterable[tuple[GoodsId | None, Quantity]]) -> set[Unit]:
    return {quantity.unit.base for _, quantity in amounts}


def _exceeds(
    key: tuple[GoodsId | None, Unit],
    used: dict[tuple[GoodsId | None, Unit], Decimal],
    allowed: dict[tuple[GoodsId | None, Unit], Decimal],
    book: Book,
    uses: Sequence[Reliance],
) -> bool:
    """Whether more rests on a line than it has, beyond what two scales explain."""
    if key not in allowed or used[key] <= allowed[key]:
        return False
    lots = [line.goods for one in uses for line in lines_of(one.record.said) if key[0] in {None, line.goods}]
    tolerance = max([SCALES_DIFFER, *(profile_of(book, one).loss_tolerance for one in dict.fromkeys(lots))])
    return used[key] > allowed[key] * (1 + tolerance)


def _too_much(
    subject: str,
    listed: Reliance,
    uses: Sequence[Reliance],
    amounts: tuple[Decimal, Decimal],
    unit: Unit,
    book: Book,
) -> Finding:
    allowed, used = amounts
    figures = {"listed": spelt(allowed), "used": spelt(used), "unit": unit.name}
    return found(
        "voucher_overused",
        "red" if used >= allowed * CLEARLY_MORE else "amber",
        subject=subject,
        party=uses[-1].record.actor,
        rests_on=[listed.record, *(one.record for one in uses)],
        facts=Facts(
            Words(
                zh=f"票面数量 {figures['listed']}，以它为凭证的货物合计 {figures['used']}（{unit.words.zh}）。",
                en=f"The voucher lists {figures['listed']}; goods that rest on it come to {figures['used']} ({unit.many.en}).",
            ),
            figures,
            _law(uses, book),
        ),
    )


def _listed(voucher: Voucher | None) -> list[Quantity]:
    """The quantities of all lines; nothing unless every line has one, because what is not listed cannot be exceeded."""
    quantities = [line.quantity for line in (voucher.lines if voucher is not None else None) or ()]
    known = [one for one in quantities if one is not None]
    return known if len(known) == len(quantities) else []


def _by_goods(voucher: Voucher, uses: Sequence[Reliance]) -> bool:
    """Whether lines can be compared goods by goods; otherwise only the sums of each unit are.

    A delivery may rest on two papers, and a record names one: a lot that this one does not list is on the other.
    """
    named = {line.goods for line in voucher.lines or ()}
    return None not in named and any(
        line.goods in named for one in uses for line in lines_of(one.record.said)
    )


def _sums(
    amounts: Iterable[tuple[GoodsId | None, Quantity]], book: Book, *, by_goods: bool
) -> dict[tuple[GoodsId | None, Unit], Decimal]:
    """The sums of each unit, for each lot or for all; a lot's cases are opened where somebody declared what one holds."""
    groups: dict[GoodsId | None, list[Quantity]] = defaultdict(list)
    for goods, quantity in amounts:
        opened = packs_of(book, goods).opened(quantity) if goods is not None and by_goods else None
        groups[goods if by_goods else None].append(opened or quantity)
    return {(goods, unit): amount for goods, some in groups.items() for unit, amount in totals(some).items()}


def _law(uses: Sequence[Reliance], book: Book) -> str | None:
    """The article that asks for the voucher, by the goods that rest on it."""
    for one in uses:
        if one.voucher is not None:
            goods = [line.goods for line in one.voucher.lines or () if line.goods is not None]
        else:
            goods = [line.goods for line in lines_of(one.record.said)]
        for each in goods:
            law = profile_of(book, each).laws.record
            if law is not None:
                return law
    return None


def _same(name: str, said: str, scanned: str) -> bool:
    if name == "amount":
        return Decimal(said) == Decimal(scanned)
    # An older invoice is often filed by its eight digits alone, without the code before them.
    return said == scanned or (name == "number" and scanned.endswith(f"-{said}"))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
