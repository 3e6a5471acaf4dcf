"""Who may read what: the four audiences of an item, for one reader.

    public      anyone
    chain       parties whose goods descend from, or lead to, the goods of the record
    parties     the parties the record names
    officials   authorities

An authority reads everything, a record's author its own. On the chain nobody sees further by his own word alone: whoever claims to have
received goods does not thereby see whence his supplier has them, nor whoever claims to have sent some what became of them. One
looks through another party's hands only where that party has recorded the step itself. Others who bought from the same supplier
are on neither way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.deps import Viewer
from ledger.identifiers import GoodsId
from ledger.trace import trace
from ledger.trace.edges import Holding
from ledger.views.book import STOCK_TYPES, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.identifiers import PartyId
    from ledger.statement import Audience
    from ledger.trace.edges import Edge
    from ledger.trace.tracing import Trace
    from ledger.views.book import Book, Record

_GOODS: Final = "goods/"

#: Seen only on the way they went: who holds the goods has other customers, and other stock to account for.
ON_THEIR_WAY_ONLY: Final = frozenset(
    {
        "shipment.v1",
        "receipt.v1",
        "return.v1",
        "supplier_check.v1",
        "sale.v1",
        "adjustment.v1",
        "recall_answer.v1",
        "order_answer.v1",
        "sample.v1",
        "destruction.v1",
    }
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one party sees of a trace: the holdings and the steps before and behind its own."""

    holdings: frozenset[Holding]
    edges: frozenset[Edge]

    def sees(self, record: Record) -> bool:
        """Whether a record about these goods lies within sight."""
        if any(record.seq in edge.seqs for edge in self.edges):
            return True
        if record.header.type in ON_THEIR_WAY_ONLY:
            return False
        if record.header.type in STOCK_TYPES:
            return any(Holding(record.actor, goods) in self.holdings for goods in _goods_of(record))
        return not {holding.goods for holding in self.holdings}.isdisjoint(_goods_of(record))


@dataclass(frozen=True, slots=True)
class Reading:
    """One viewer in front of one book."""

    book: Book
    viewer: Viewer

    def may_read(self, record: Record, audience: Audience) -> bool:
        """Whether this viewer may read the record's items for that audience."""
        if audience == "public" or self.viewer.is_official:
            return True
        party = self.viewer.party
        if party is None:
            return False
        if party in {record.header.issuer, record.actor}:
            return True
        if audience == "officials" or record.said is None:
            return False
        if party in record.said.named_parties():
            return True
        return audience == "chain" and self._on_chain(record, party)

    def _on_chain(self, record: Record, party: PartyId) -> bool:
        for goods in _goods_of(record):
            sight = sight_of(trace(self.book, goods), party, self.book)
            if sight is not None and sight.sees(record):
                return True
        return False


def sight_of(found: Trace, party: PartyId, book: Book) -> Sight | None:
    """The part of a trace that is open to a party; None when it has no goods of this chain."""
    own = frozenset(node.holding for node in found.nodes if node.holding.party == party)
    if not own:
        return None
    edges = dict.fromkeys((*found.back, *found.forward))
    spoke = _speakers(edges, book)
    before = _seen(own, {edge: (edge.target, edge.source) for edge in edges}, spoke)
    behind = _seen(own, {edge: (edge.source, edge.target) for edge in edges}, spoke)
    returned = {
        edge for edge in edges if edge.kind == "return" and not own.isdisjoint({edge.source, edge.target})
    }
    seen = frozenset(before | behind | returned)
    ends = (holding for edge in seen for holding in (edge.source, edge.target))
    return Sight(holdings=own | frozenset(ends), edges=seen)


def _seen(
    own: Iterable[Holding],
    ways: Mapping[Edge, tuple[Holding, Holding]],
    spoke: Mapping[Edge, frozenset[PartyId]],
) -> set[Edge]:
    """The steps one sees in one direction: up to the first hands that did not record the step themselves."""
    at: defaultdict[Holding, list[tuple[Edge, Holding]]] = defaultdict(list)
    for edge, (near, far) in ways.items():
        # Goods that were sent back do not make the sender a supplier of all his supplier's other customers.
        if edge.flows and edge.kind != "return":
            at[near].append((edge, far))
    seen: set[Edge] = set()
    visited, waiting = set(own), list(own)
    while waiting:
        for edge, far in at[waiting.pop()]:
            seen.add(edge)
            if far not in visited and far.party in spoke[edge]:
                visited.add(far)
                waiting.append(far)
    return seen


def _speakers(edges: Iterable[Edge], book: Book) -> dict[Edge, frozenset[PartyId]]:
    """Whose records each step rests on."""
    records = book.records({seq for edge in edges for seq in edge.seqs})
    return {edge: frozenset(records[seq].actor for seq in edge.seqs) for edge in edges}


def _goods_of(record: Record) -> list[GoodsId]:
    return [
        GoodsId.parse(key.removeprefix(_GOODS)) for key in sorted(keys_of(record)) if key.startswith(_GOODS)
    ]
