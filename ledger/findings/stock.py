"""Goods in one party's hands: more out than in, and checks that were written up late or not at all."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.findings.declared import contradicted_sources
from ledger.findings.papers import missing_papers
from ledger.findings.reading import (
    Facts,
    day_at,
    day_of,
    first_batch,
    found,
    headquarters_of,
    kin,
    kinds_of_party,
    moment,
    profile_of,
    spelt,
)
from ledger.findings.releases import uncommitted, unreleased
from ledger.findings.told_twice import Repeated, may_have_left_once, repeated
from ledger.trace import balance
from ledger.trace.edges import Holding
from ledger.trace.enough import surely_enough
from ledger.trace.shelf import Shelf
from ledger.views.book import about, about_many, holding_key, versions_before
from ledger.vocabulary.goods import Adjustment, Batch, Transformation
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding, Grade
    from ledger.identifiers import GoodsId, PartyId, Quantity, Unit
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile


#: Versions of one check that are looked back through.


def judge_holding(subject: str, party: PartyId, goods: GoodsId, book: Book) -> Iterator[Finding]:
    """Everything that is odd about these goods in this party's hands."""
    records = about(book, subject)
    if not records:
        return
    profile = profile_of(book, goods)
    # Most holdings are plain, and need no account to show that nothing is missing.
    if profile.finds("oversold") and not surely_enough(records, party, goods):
        yield from _oversold(subject, party, goods, book, profile)
    if profile.finds("backdated_check"):
        yield from _late_checks(subject, party, goods, records, book, profile)
    if profile.finds("missing_check"):
        yield from _missing_check(subject, party, goods, records, book, profile)
    for judging in (contradicted_sources, missing_papers, unreleased, uncommitted):
        yield from judging(subject, party, goods, records, book, profile)


def _oversold(
    subject: str, party: PartyId, goods: GoodsId, book: Book, profile: Profile
) -> Iterator[Finding]:
    """More went out than ever was in, opening stock and returns counted, beyond what scales and water explain.

    What came in under the name that a party had before, or for one that it took over, is its own (民法典 67).
    """
    figures = balance(book, party, goods)
    came_in, expected = figures.came_in, figures.expected
    if came_in is None or expected is None:
        return  # Units that do not add up, or a party that keeps no account here.
    # `expected` may be written in a finer unit than `came_in` (grams beside kilograms).
    base_in, base_left = _in_base(came_in), _in_base(expected)
    unit, short = came_in.unit.base, base_left + base_in * profile.loss_tolerance
    if base_left >= 0 or short >= 0:
        return
    short += _carried_over(book, party, goods, unit) + may_have_left_once(book, party, goods, unit)
    if short >= 0:
        return
    numbers = {
        "in": spelt(base_in),
        "out": spelt(base_in - base_left),
        "difference": spelt(base_left),
        "unit": unit.name,
    }
    rests_on = book.records({seq for seqs in figures.seqs.values() for seq in seqs})
    twice = repeated(book, party, goods, unit)
    if twice and short + sum(one.amount for one in twice) >= 0:
        grade, why = _tapped_twice(twice)
    else:
        grade, why = _as_told(book, Holding(party, goods), unit, short)
    yield found(
        "oversold",
        grade,
        subject=subject,
        party=party,
        rests_on=rests_on.values(),
        facts=Facts(
            Words(
                zh=f"记录的收入合计 {numbers['in']} {unit.words.zh}，支出合计 {numbers['out']} {unit.words.zh}，相差 {numbers['difference']}。{why.zh}",
                en=f"Recorded in: {numbers['in']} {unit.many.en}; out: {numbers['out']} {unit.many.en}; "
                f"difference: {numbers['difference']}.{why.en}",
            ),
            numbers,
            profile.laws.record,
        ),
    )


def _carried_over(book: Book, party: PartyId, goods: GoodsId, unit: Unit) -> Decimal:
    """What should be left of these goods under the other names of this house."""
    left = (balance(book, one, goods).expected for one in sorted(kin(book, party) - {party}))
    return sum(
        (_in_base(one) for one in left if one is not None and one.unit.base is unit and one.amount > 0),
        Decimal(0),
    )


def _as_told(book: Book, holding: Holding, unit: Unit, short: Decimal) -> tuple[Grade, Words]:
    """How much weight it has that more went out than was in, by whose word it went out.

    What a party sent is its own to say. Beyond that a receiver's word speaks for the receiver: one of them alone, mistaken or not, makes nobody
    red; several who do not know of each other are a reason to ask.
    """
    shelf = Shelf(book)
    shelf.bring([holding])
    beyond: dict[PartyId, Decimal] = defaultdict(Decimal)
    for edge in shelf.edges_at(holding):
        moved = edge.moved
        if edge.source != holding or edge.kind != "shipment" or moved is None or moved.unit.base is not unit:
            continue
        own = Decimal(0)
        if edge.sent is not None and edge.sent.unit.base is unit:
            own = _in_base(edge.sent)
        if (more := _in_base(moved) - own) > 0:
            beyond[edge.target.party] += more
    if not beyond or short + sum(beyond.values()) < 0:
        return "red", Words("", "")
    grade: Grade = "grey" if short + max(beyond.values()) >= 0 else "amber"
    return grade, Words(
        zh="超出部分只有收货方的记录，发货方没有记录。",
        en=" The excess stands in records of receivers alone, and in none of the sender.",
    )


def _tapped_twice(twice: Sequence[Repeated]) -> tuple[Grade, Words]:
    """A sale that is there twice within seconds is most likely one: its seller is told which, and nobody suspects him."""
    pairs = [(one.first.seq, one.again.seq) for one in twice]
    zh = "、".join(f"第 {first} 条和第 {again} 条" for first, again in pairs)
    en = "; ".join(f"entries {first} and {again}" for first, again in pairs)
    return "grey", Words(
        zh=f"{zh}内容相同、相隔不到几秒，可能是同一笔录了两次；如是，请撤销一条。",
        en=f" The same was recorded twice within seconds ({en}), probably of one sale: if so, annul one of the two.",
    )


def _in_base(quantity: Quantity) -> Decimal:
    return quantity.amount.scaleb(quantity.unit.power)


def _late_checks(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    for record in records:
        said = record.said
        if not isinstance(said, SupplierCheck) or record.actor != party:
            continue
        told_ms = _first_told_ms(book, record, said, goods)
        if _days_late(said, told_ms) <= profile.backdating_days:
            continue
        resale = _resale_before(record, party, goods, records, told_ms=told_ms)
        # A check of many lines is one late check: it is found where its first line lies. What was resold is found for those goods.
        if resale is None and said.lines[0].goods != goods:
            continue
        came = any(_same_delivery(one, record) for one in records)
        yield _late_check(subject, record, said, profile, told_ms=told_ms, resale=resale, came=came)


def _days_late(said: SupplierCheck, told_ms: int) -> int:
    return (day_at(told_ms).date - said.received_on.date).days


def _first_told_ms(book: Book, record: Record, said: SupplierCheck, goods: GoodsId) -> int:
    """When the log first took what a check says, amounts apart: one that was put right later was not made later."""
    at_ms = record.at_ms
    for before in versions_before(book, record):
        told = before.said
        if not isinstance(told, SupplierCheck) or told.supplier != said.supplier:
            break
        if all(line.goods != goods for line in told.lines):
            break
        at_ms = before.at_ms
    return at_ms


def _late_check(
    subject: str,
    record: Record,
    said: SupplierCheck,
    profile: Profile,
    *,
    told_ms: int,
    resale: Record | None,
    came: bool,
) -> Finding:
    """A check that was recorded late. Where nothing else shows that the goods had come, a sale before it speaks against its date."""
    lag, at = _days_late(said, told_ms), moment(told_ms)
    zh = f"所填进货日期 {said.received_on}，系统记录时间 {at}，相隔 {lag} 天"
    en = f"Dated {said.received_on} and recorded at {at}, {lag} days later"
    figures = {
        "received_on": str(said.received_on),
        "recorded_at": at,
        "days": str(lag),
        "days_allowed": str(profile.backdating_days),
    }
    if resale is not None:
        sold = moment(resale.occurred_ms)
        figures["first_resale"] = sold
        zh += f"；记录之前，{sold} 已有同一货物的销售记录"
        en += f"; the same goods had been sold at {sold} before it was recorded"
        if not came:
            zh += "，按所填日期不能成立"
            en += ", so it cannot be true as dated"
    if said.late_reason:
        zh += f"。当事人说明：{said.late_reason}"
        en += f". The party's reason: {said.late_reason}"
    return found(
        "backdated_check",
        "amber" if resale is None or came else "red",
        subject=subject,
        party=record.actor,
        rests_on=[record, *([resale] if resale is not None else [])],
        facts=Facts(Words(zh=f"{zh}。", en=f"{en}."), figures, profile.laws.record),
    )


def _resale_before(
    check: Record, party: PartyId, goods: GoodsId, records: Sequence[Record], *, told_ms: int
) -> Record | None:
    """The party's first sale of these goods, if it happened before the check was recorded and nothing but this delivery had come in.

    A second delivery of goods that are already on sale is recorded after the first resale by everybody.
    """
    sales = [
        record for record in records if isinstance(record.said, (Sale, Shipment)) and record.actor == party
    ]
    first = next((record for record in sales if _has(record, goods)), None)
    if first is None or first.occurred_ms >= told_ms:
        return None
    before = (record for record in records if record.seq < first.seq and record.seq != check.seq)
    others = (record for record in before if not _same_delivery(record, check))
    return None if any(_comes_in(record, party, goods) for record in others) else first


def _same_delivery(record: Record, check: Record) -> bool:
    """Whether a receipt or the sender's own record tells of the delivery that was checked: from the same supplier, about the same day."""
    said, checked = record.said, check.said
    if not isinstance(checked, SupplierCheck):
        return False
    if isinstance(said, Receipt):
        sender = said.supplier
    elif isinstance(said, Shipment):
        sender = record.actor
    else:
        return False
    return sender == checked.supplier and abs((day_of(record).date - checked.received_on.date).days) <= 1


def _comes_in(record: Record, party: PartyId, goods: GoodsId) -> bool:
    said = record.said
    if isinstance(said, (SupplierCheck, Receipt)):
        return record.actor == party and said.conclusion != "refuse"
    if isinstance(said, (Shipment, Return)):
        return said.to == party
    if isinstance(said, Batch):
        return said.maker == party
    if isinstance(said, Adjustment):
        return said.reason in {"opening_stock", "stock_gain"} and (said.held_by or record.actor) == party
    made = said.outputs if isinstance(said, Transformation) and record.actor == party else ()
    return any(line.goods == goods for line in made)


def _missing_check(
    subject: str, party: PartyId, goods: GoodsId, records: Sequence[Record], book: Book, profile: Profile
) -> Iterator[Finding]:
    """Goods that came from a supplier and were sold on, and nobody wrote down that they were looked at.

    A check that somebody entered for the party is the party's; one of its headquarters serves all its shops (食品安全法 53(3)).
    """
    first = first_batch(book, goods)
    if first is not None and first[1].maker == party:
        return  # Its own make came back.
    came, went = None, None
    for record in records:
        said = record.said
        if isinstance(said, SupplierCheck) and (record.actor == party or party in (said.for_shops or ())):
            return
        if isinstance(said, Receipt) and record.actor == party:
            if profile.receipt_is_check:
                return
            came = came or (record if said.conclusion != "refuse" else None)
        elif isinstance(said, Shipment) and said.to == party and record.actor not in kin(book, party):
            came = came or record
        elif isinstance(said, (Sale, Shipment)) and record.actor == party and _has(record, goods):
            went = went or record
    if came is None or went is None:
        return
    kinds = kinds_of_party(book, party)
    if "farmer" in kinds or _checked_above(book, party, goods):
        return
    # 食品安全法 53 puts the record on enterprises; a stall looks, and need not write it down. Other laws make no such difference.
    softer = "individual_business" in kinds and (profile.laws.record or "").startswith("食品安全法")
    came_at, went_at = moment(came.occurred_ms), moment(went.occurred_ms)
    yield found(
        "missing_check",
        "grey" if softer or profile.laws.record is None else "amber",
        subject=subject,
        party=party,
        rests_on=[came, went],
        facts=Facts(
            Words(
                zh=f"{came_at} 收到、{went_at} 售出的货物，暂无进货查验记录。",
                en=f"Goods that came at {came_at} and were sold at {went_at} have no supplier check on record.",
            ),
            {},
            profile.laws.record,
        ),
    )


def _checked_above(book: Book, party: PartyId, goods: GoodsId) -> bool:
    """Whether the party's headquarters looked at these goods, or delivered them itself: within one house nobody checks twice."""
    above = headquarters_of(book, party)
    found_above = about_many(book, [holding_key(one, goods) for one in above])
    return any(
        isinstance(record.said, SupplierCheck)
        and record.actor in above
        and record.said.conclusion != "refuse"
        for records in found_above.values()
        for record in records
    )


def _has(record: Record, goods: GoodsId) -> bool:
    return isinstance(record.said, (Sale, Shipment)) and any(
        line.goods == goods for line in record.said.lines
    )
