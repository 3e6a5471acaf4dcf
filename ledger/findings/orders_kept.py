"""Goods that were sold, shipped, processed or used while a hold, a takedown or a recall of them stood.

An order binds from the moment the log shows it, on the goods it names and on what was made of them. It never forbids what it asks for:
goods that go back to their supplier, to whoever called them back, to an authority, to another house of the same trader, to be destroyed, or
into waste.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ledger.errors import Refusal, Words
from ledger.findings.reading import (
    Facts,
    first_batch,
    found,
    headquarters_of,
    moment,
    profile_of,
    spelt,
    totals,
    traders,
)
from ledger.trace.orders import standing_orders
from ledger.views.book import about, about_many, goods_sheet_key, holding_key, of_type
from ledger.views.sheets import goods_sheet
from ledger.vocabulary.goods import Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.finding import Finding, Grade
    from ledger.identifiers import GoodsId, PartyId
    from ledger.trace.orders import Order
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

#: Goods that are looked through for an order on what they were made of, or for what was made of them.
FAMILY_MAX = 2_000


def under_order(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """Goods that went on after an order on them, or on what they were made of, had been published and before it was lifted."""
    went, what = _went_on(record)
    for goods in dict.fromkeys(line.goods for line in went):
        lines = [line for line in went if line.goods == goods]
        profile = profile_of(book, goods)
        order = _binding(record, goods, lines, book) if profile.finds("shipped_under_order") else None
        if order is None or _asked_for(record, order, lines, book):
            continue
        since, at = moment(order.shown_ms), moment(record.occurred_ms)
        zh, en = _how(order)
        # What was made of the goods may hold little of them, or none; what was processed or used is in nobody else's hands yet.
        grade: Grade = "amber" if order.inherited or isinstance(record.said, (Transformation, Use)) else "red"
        ((unit, amount), *_) = totals(line.quantity for line in lines).items()
        yield found(
            "shipped_under_order",
            grade,
            subject=subject,
            party=record.actor,
            rests_on=[order.record, record],
            facts=Facts(
                Words(
                    zh=f"{since} 起该货物{zh}，{at} 仍有{what.zh}记录。",
                    en=f"These goods were {en} from {since}; {what.en} is recorded at {at}.",
                ),
                {
                    "ordered_at": since,
                    "went_on_at": at,
                    "quantity": spelt(amount),
                    "unit": unit.name,
                    **({"made_from": str(order.goods)} if order.inherited else {}),
                },
                profile.laws.recall,
            ),
        )


def _went_on(record: Record) -> tuple[Sequence[Line], Words]:
    """Which goods a record moves on, and how; none for what only clears them away."""
    said = record.said
    if isinstance(said, (Shipment, Sale)):
        return said.lines, Words(zh="销售或发货", en="a sale or shipment")
    if isinstance(said, Return) and said.to != record.actor:
        return said.lines, Words(zh="退货", en="a return")
    if isinstance(said, Transformation) and any(line.role != "waste" for line in said.outputs):
        return said.inputs, Words(zh="加工投料", en="processing")
    if isinstance(said, Use):
        return said.lines, Words(zh="使用", en="use")
    return (), Words(zh="", en="")


def ordered_family(book: Book, goods: Iterable[GoodsId]) -> bool:
    """Whether any order ever was given on these goods or on what they may be made of."""
    return any(goods_sheet(book, one).ordered for one in family(book, goods, "back"))


def family(book: Book, goods: Iterable[GoodsId], way: Literal["back", "forward"]) -> list[GoodsId]:
    """The goods and all goods that may have been made of them, or that they may be made of, by anybody's word; level by level."""
    found_ = dict.fromkeys(goods)
    level = list(found_)
    while level and len(found_) <= FAMILY_MAX:
        level = [one for one in level if goods_sheet(book, one).turned]
        by_key = about_many(book, [goods_sheet_key(one) for one in level])
        near: set[GoodsId] = set()
        for one in level:
            for _, said in of_type(by_key.get(goods_sheet_key(one), ()), Transformation):
                ins, outs = {line.goods for line in said.inputs}, {line.goods for line in said.outputs}
                start, end = (ins, outs) if way == "forward" else (outs, ins)
                near |= end if one in start else set()
        level = sorted(near - found_.keys())
        found_.update(dict.fromkeys(level))
    return list(found_)


def _binding(record: Record, goods: GoodsId, lines: Sequence[Line], book: Book) -> Order | None:
    """The order that stood on these goods in this party's hands when they went: on the goods themselves first, a recall before a hold."""
    try:
        orders = standing_orders(book, goods, party=record.actor, shown_before_ms=record.occurred_ms)
    except Refusal:
        return None  # Made from more goods than anybody can follow.
    binding = [one for one in orders if not _other_packs(lines, one)]
    return min(binding, key=lambda one: (one.inherited, one.kind != "recall", one.record.seq), default=None)


def _other_packs(lines: Sequence[Line], order: Order) -> bool:
    """Whether a recall of certain packs leaves all packs of these lines out."""
    said = order.record.said
    if not isinstance(said, Recall) or not said.codes or not all(line.codes for line in lines):
        return False
    return not set(said.codes) & {code for line in lines for code in line.codes or ()}


def _asked_for(record: Record, order: Order, lines: Sequence[Line], book: Book) -> bool:
    """Whether it is what the order asks for: back to where the goods came from, to officials, put away in another house, or to be destroyed."""
    said, goods, party = record.said, lines[0].goods, record.actor
    if not isinstance(said, (Shipment, Return)):
        return False
    if said.to == order.record.actor:
        return True
    # What came back under the order makes nobody a supplier.
    if goes_back(record, said.to, goods, book, supplied_before_ms=order.record.at_ms):
        return True
    sent = totals(line.quantity for line in lines)
    for other in about(book, holding_key(party, goods)):
        if isinstance(other.said, Destruction) and (other.said.held_by or other.actor) == party:
            gone = totals(line.quantity for line in other.said.lines if line.goods == goods)
            if all(gone.get(unit, 0) >= amount for unit, amount in sent.items()):
                return True
    return False


def goes_back(
    record: Record, to: PartyId, goods: GoodsId, book: Book, *, supplied_before_ms: int | None = None
) -> bool:
    """Whether goods went where goods that may not be sold may go: to their maker, to whoever had supplied them, to officials, to another house of
    the same trader.
    """
    first, party = first_batch(book, goods), record.actor
    if first is not None and to == first[1].maker:
        return True
    if book.register.role_of(to) == "authority" or within_one_house(to, party, book):
        return True
    return any(
        supplies(other, giver=to, taker=party)
        for other in about(book, holding_key(party, goods))
        if other.order < record.order
        and (supplied_before_ms is None or other.occurred_ms < supplied_before_ms)
    )


def within_one_house(one: PartyId, other: PartyId, book: Book) -> bool:
    """Whether two are one trader, a shop and its headquarters, or shops of one headquarters: a store to put goods away in."""
    if one == other or len(set(traders(book, [one, other]).values())) == 1:
        return True
    mine, theirs = {one, *headquarters_of(book, one)}, {other, *headquarters_of(book, other)}
    return bool(mine & theirs)


def supplies(record: Record, *, giver: PartyId, taker: PartyId) -> bool:
    """Whether a record says that one party got goods from the other."""
    said = record.said
    if isinstance(said, Shipment):
        return record.actor == giver and said.to == taker
    if isinstance(said, (Receipt, SupplierCheck)):
        return record.actor == taker and said.supplier == giver and said.conclusion != "refuse"
    return False


def _how(order: Order) -> tuple[str, str]:
    said = order.record.said
    if isinstance(said, Recall):
        zh, en = "召回", "recalled"
    elif isinstance(said, Hold) and said.TYPE == Hold.TYPE:
        zh, en = "暂停销售", "on hold"
    else:
        zh, en = "下架或退市", "off the shelf"
    return (f"的原料已{zh}", f"made of goods that were {en}") if order.inherited else (zh, en)
