"""Which holds and recalls stand on some goods.

An order binds the goods it names and everything that was made from them, through processing only: leeks that were sprayed
with a recalled pesticide are a matter for the inspector, not for this rule. A hold at one party binds that party's goods only.

A hold ends by a release of the same goods, a recall by its end: said later, by the same party or by an authority or the
registrar. Nobody lifts an order that somebody else gave. A takedown (下架、退市) binds as a hold does; a release lifts what is of its
own type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.errors import TooLarge, Words
from ledger.trace.shelf import about_goods
from ledger.views.book import of_type, versions_before
from ledger.views.sheets import goods_sheet
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.oversight import Hold, Recall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

#: Kinds of goods one answer follows back through processing. Beyond them nobody can say that nothing stands.
ANCESTORS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Order:
    """One standing order. `goods` is what it names: the goods asked about, or goods they were made from."""

    kind: Literal["hold", "recall"]
    record: Record
    goods: GoodsId
    at: PartyId | None
    inherited: bool
    #: When the log first showed it: from then on it could be obeyed.
    shown_ms: int

    @property
    def words(self) -> Words:
        """The order for whoever is stopped by it. A hold's reason is for the parties it names, and not repeated here."""
        since = self.record.header.occurred_at.display()
        if self.kind == "recall":
            zh, en = f"{since} 起召回，未终止", f"recalled since {since}, not ended"
        elif isinstance(self.record.said, Takedown):
            gone = self.record.said.stage == "withdrawn"
            zh = f"{since} 起{'退市' if gone else '下架'}，未恢复"
            en = f"{'withdrawn from the market' if gone else 'off the shelf'} since {since}, not put back"
        else:
            zh, en = f"{since} 起控制，未解除", f"held since {since}, not released"
        if self.inherited:
            return Words(zh=f"{zh}（原料 {self.goods}）", en=f"{en} (made from {self.goods})")
        return Words(zh=zh, en=en)


def standing_orders(
    book: Book, goods: GoodsId, *, party: PartyId | None = None, shown_before_ms: int | None = None
) -> tuple[Order, ...]:
    """The orders that stand on `goods`, in anybody's hands, or for `party` those that bind it; the oldest first.

    `shown_before_ms`: only by what the log showed before that time. An order that is written up later could not be obeyed.
    """
    if party is None and shown_before_ms is None:
        return book.once(_on_anybodys, goods)
    return _standing(book, goods, party, shown_before_ms)


def _on_anybodys(book: Book, goods: GoodsId) -> tuple[Order, ...]:
    return _standing(book, goods, None, None)


def _standing(
    book: Book, goods: GoodsId, party: PartyId | None, shown_before_ms: int | None
) -> tuple[Order, ...]:
    sheet = goods_sheet(book, goods)
    if not sheet.ordered and not sheet.turned:
        return ()  # As for most goods: nobody ever gave an order, and they were made of nothing that anybody recorded.
    orders = [
        order
        for one, records in _ancestors(book, goods, party=party).items()
        for order in _standing_on(book, one, records, asked=goods, shown_before_ms=shown_before_ms)
        if order.at is None or party is None or order.at == party
    ]
    return tuple(sorted(orders, key=lambda one: (one.record.order, one.goods)))


def _ancestors(
    book: Book, goods: GoodsId, *, party: PartyId | None = None
) -> dict[GoodsId, Sequence[Record]]:
    """The goods, and all goods they were made from, level by level, each with what is recorded of them.

    Only whoever is recorded as the maker of a batch can say what went into it: a stranger's word must not stop it. A maker that
    asks about its own batch answers for itself.
    """
    found: dict[GoodsId, Sequence[Record]] = {}
    frontier = [goods]
    while frontier:
        known = book.about_many([about_goods(one) for one in frontier])
        found.update({one: known.get(about_goods(one), ()) for one in frontier})
        new = {
            line.goods: None
            for one in frontier
            for said in _makings(one, found[one], party)
            for line in said.inputs
        }
        frontier = [one for one in new if one not in found]
        if len(found) + len(frontier) > ANCESTORS_MAX:
            most = ANCESTORS_MAX
            expected = Words(zh=f"最多由 {most} 种货物制成", en=f"goods made from at most {most} others")
            raise TooLarge(field="goods", came=goods, expected=expected)
    return found


def _makings(goods: GoodsId, records: Sequence[Record], party: PartyId | None) -> Iterator[Transformation]:
    makers = {said.maker for _, said in of_type(records, Batch) if said.goods == goods}
    if party in makers:
        makers = {party}
    for record, said in of_type(records, Transformation):
        if (not makers or record.actor in makers) and any(line.goods == goods for line in said.outputs):
            yield said


def _standing_on(
    book: Book, goods: GoodsId, records: Sequence[Record], *, asked: GoodsId, shown_before_ms: int | None
) -> Iterator[Order]:
    shown = {one.seq: _shown_ms(book, one, goods) for one in records if isinstance(one.said, (Hold, Recall))}
    records = [
        one
        for one in records
        if one.seq in shown and (shown_before_ms is None or shown[one.seq] < shown_before_ms)
    ]
    holds = [(record, said) for record, said in of_type(records, Hold) if goods in said.goods]
    releases = [(record, said) for record, said in holds if said.action == "release"]
    for record, said in holds:
        if said.action == "hold" and not any(
            type(release) is type(said) and release.at in {None, said.at} and _lifts(book, one, record)
            for one, release in releases
        ):
            yield Order("hold", record, goods, said.at, inherited=goods != asked, shown_ms=shown[record.seq])
    recalls = [(record, recall) for record, recall in of_type(records, Recall) if goods in recall.goods]
    ends = [(record, recall) for record, recall in recalls if recall.action == "end"]
    for record, recall in recalls:
        if recall.action == "recall" and not any(
            _names(end, record) and _lifts(book, one, record) for one, end in ends
        ):
            yield Order("recall", record, goods, None, inherited=goods != asked, shown_ms=shown[record.seq])


def _shown_ms(book: Book, record: Record, goods: GoodsId) -> int:
    """When the log first showed what a record says of these goods: an order whose reason was put right later bound from the first."""
    shown, said = record.at_ms, record.said
    for before in versions_before(book, record):
        told = before.said
        if type(told) is not type(said) or not isinstance(told, (Hold, Recall)):
            break
        if _means(told, goods) != _means(said, goods):
            break
        shown = before.at_ms
    return shown


def _means(said: Said | None, goods: GoodsId) -> tuple[object, ...]:
    """Whom and what an order binds, as far as these goods go."""
    if isinstance(said, Hold):
        return said.action, said.at, goods in said.goods
    if isinstance(said, Recall):
        return said.action, said.codes, goods in said.goods
    return ()


def _names(end: Recall, recall: Record) -> bool:
    """Whether an end speaks of this recall: of it, of the version it put right, or of all recalls of these goods."""
    return end.ends is None or end.ends in {recall.header.id, recall.header.corrects}


def _lifts(book: Book, later: Record, order: Record) -> bool:
    if later.order <= order.order:
        return False
    return (
        later.actor == order.actor
        or later.header.issuer == book.register.registrar
        or book.register.role_of(later.header.issuer) == "authority"
    )
