"""Recalls and orders as one party meets them: which concern it, how its goods stand in them, and who in the scope has answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from api.pages.rendering import quantity
from ledger.errors import UnknownName, Words
from ledger.store.listed import goods_of, seqs_of_types
from ledger.trace import recall_scope, standing_orders
from ledger.trace.edges import Holding
from ledger.trace.reach import REACH_MAX, holding_node
from ledger.views.book import about, goods_sheet_key, holding_key, said_about, statement_key
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.measures import OrderAnswer
from ledger.vocabulary.oversight import Hold, Recall, RecallAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from api.pages.names import Names
    from ledger.errors import Language
    from ledger.identifiers import GoodsId, PartyId
    from ledger.store.book import SqlBook
    from ledger.trace import RecallHolder, RecallScope
    from ledger.views.book import Record

KINDS: Final = ("recall.v1", "hold.v1", "takedown.v1")
#: How a party stands towards an order: it answered with figures, it said that it knows of it, or nothing yet.
Answered = Literal["answered", "seen", "none"]
#: Goods of an order that a row of a list names.
GOODS_NAMED: Final = 3
_PORTION: Final = 50
#: Orders that one page looks at; a log has few, and most concern somebody else.
LOOKED_AT_MAX: Final = 500


@dataclass(slots=True)
class Concern:
    """Tells whether goods that an order names are, or went into, goods of one party."""

    book: SqlBook
    party: PartyId
    _nodes: frozenset[int] | None = field(default=None, init=False)

    def touches(self, said: Recall | Hold) -> bool:
        """Whether any of the goods may be in this party's hands, as they are or made into others."""
        if self.book.mentions([holding_key(self.party, one) for one in said.goods]):
            return True
        if self._nodes is None:
            own = goods_of(self.book, self.party)
            self._nodes = frozenset(holding_node(Holding(self.party, one)) for one in own)
        if not self._nodes:
            return False
        starts = {holding_node(one) for one in self._makers(said.goods)}
        reach = self.book.reach(starts, "forward", nodes_max=REACH_MAX)
        return reach.truncated or not self._nodes.isdisjoint(reach.nodes)

    def _makers(self, goods: Iterable[GoodsId]) -> Iterator[Holding]:
        for one in goods:
            for _, batch in said_about(self.book, goods_sheet_key(one), Batch):
                if batch.goods == one:
                    yield Holding(batch.maker, one)


def orders_for(
    names: Names, book: SqlBook, party: PartyId, *, before: int | None
) -> Iterator[tuple[int, Record | None]]:
    """Orders that concern a party, newest first, each with its position; None for one that does not, so that a page can say where it stopped."""
    concern, looked = Concern(book, party), 0
    while looked < LOOKED_AT_MAX and (seqs := seqs_of_types(book, KINDS, before=before, limit=_PORTION)):
        records = book.records(seqs)
        for seq in seqs:
            yield seq, records[seq] if _concerns(names, concern, records[seq]) else None
        looked, before = looked + len(seqs), seqs[-1]


def _concerns(names: Names, concern: Concern, record: Record) -> bool:
    said = record.said
    if not isinstance(said, (Recall, Hold)) or said.action in {"end", "release"}:
        return False
    if concern.party in {record.actor, record.header.issuer}:
        return True
    if isinstance(said, Recall):
        return concern.touches(said)
    if said.at is not None:
        return said.at == concern.party
    return concern.touches(said) and names.reading.may_read(record, "chain")


def order_at(names: Names, book: SqlBook, party: PartyId, position: int) -> Record:
    """An order that concerns this party; of others it is not said whether they exist."""
    record = book.records([position]).get(position) if position < book.size else None
    if record is None or not _concerns(names, Concern(book, party), record):
        expected = Words(zh="涉及本方的召回或控制", en="a recall or an order that concerns you")
        raise UnknownName(field="position", came=position, expected=expected)
    return record


def stands(book: SqlBook, record: Record) -> bool:
    """Whether an order still stands on any of its goods."""
    goods = record.said.goods if isinstance(record.said, (Recall, Hold)) else ()
    return record.superseded_by is None and any(
        order.record.seq == record.seq for one in goods for order in standing_orders(book, one)
    )


def answered_by(book: SqlBook, record: Record, party: PartyId) -> Answered:
    """How a party stands towards an order."""
    said = [one.said for one in about(book, statement_key(record.header.id)) if one.actor == party]
    if any(
        isinstance(one, OrderAnswer) or (isinstance(one, RecallAnswer) and has_figures(one)) for one in said
    ):
        return "answered"
    return "seen" if any(isinstance(one, RecallAnswer) for one in said) else "none"


def has_figures(said: RecallAnswer) -> bool:
    """Whether an answer tells what became of the goods, and not only that its author knows of the recall."""
    return any(one is not None for one in (said.recovered, said.sold, said.destroyed, said.lost))


def row_of(names: Names, book: SqlBook, record: Record, party: PartyId) -> dict[str, object]:
    """One order in a list."""
    said = record.said
    assert isinstance(said, (Recall, Hold))  # What the list is of.
    public = isinstance(said, Recall) or names.reading.may_read(record, "parties")
    return {
        "seq": record.seq,
        "kind": record.header.type.partition(".")[0],
        "own": party in {record.actor, record.header.issuer},
        "by": names.party(record.actor),
        "goods": [names.goods(one) for one in said.goods[:GOODS_NAMED]],
        "more": max(0, len(said.goods) - GOODS_NAMED),
        "reason": (said.reason or "") if public else "",
        "grade": said.grade if isinstance(said, Recall) else None,
        "advice": said.advice if isinstance(said, Recall) else None,
        "occurred_ms": record.occurred_ms,
        "at_ms": record.at_ms,
        "stands": stands(book, record),
        "answered": answered_by(book, record, party),
    }


def scope_rows(names: Names, holders: Iterable[RecallHolder]) -> list[dict[str, object]]:
    """The holders of a scope, whoever has not answered first."""
    chosen = list(holders)
    names.know({one.holding.party for one in chosen})
    answers = names.book.records({seq for one in chosen for seq in one.answers})
    rows: list[dict[str, object]] = [
        {
            "party": names.party(one.holding.party),
            "contact": names.contact(one.holding.party),
            "goods": one.holding.goods,
            "name": names.goods(one.holding.goods),
            "may_contain": one.may_contain,
            "received": one.received,
            "passed_on": one.passed_on,
            "recovered": one.recovered if one.answers else None,
            "sold": one.sold,
            "destroyed": one.destroyed,
            "lost": one.lost,
            "unaccounted": one.unaccounted,
            "answered": _answered(answers, one),
            "answers": one.answers,
            "depth": one.depth,
        }
        for one in chosen
    ]
    order = {"none": 0, "seen": 1, "answered": 2}
    return sorted(rows, key=lambda one: order[str(one["answered"])])


def _answered(records: Mapping[int, Record], holder: RecallHolder) -> Answered:
    said = [records[seq].said for seq in holder.answers if seq in records]
    if any(isinstance(one, RecallAnswer) and has_figures(one) for one in said):
        return "answered"
    return "seen" if said else "none"


def totals_of(scope: RecallScope, language: Language) -> list[tuple[str, str]]:
    """The account of the recalled goods over all hands, as keys of words and figures."""
    return [
        (f"goods_total_{name}", quantity(value, language))
        for name in (
            "first_hand",
            "recovered",
            "sold",
            "destroyed",
            "lost",
            "taken",
            "used",
            "unaccounted",
        )
        if (value := getattr(scope.totals, name)) is not None
    ]


def scope_for(names: Names, record: Record, party: PartyId) -> tuple[RecallScope, bool, list[RecallHolder]]:
    """The scope of a recall, whether this party may see all of it (whoever called back may), and the holders it sees."""
    scope = recall_scope(names.book, record)
    whole = party in {record.actor, record.header.issuer} or names.reading.sees_everything
    holders = [one for one in scope.holders if whole or one.holding.party == party]
    for one in holders:
        names.reading.shows_figures(one.holding)
    return scope, whole, holders
