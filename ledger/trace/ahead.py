"""Reading ahead: what a walk will ask for level by level, asked for all levels at once.

A book that knows how far goods can have gone (`ledger.trace.reach`) and keeps what it has read is asked for all of that in a few
questions, however deep the walk goes. The walk then asks as ever and finds its answers read. So reading ahead changes no
answer: what it reads too much is not looked at, and what it misses is asked for when it is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.trace.edges import Claim, Holding
from ledger.trace.reach import Reaching, holding_node
from ledger.views.book import holding_key, site_key, statement_key, succession_key
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.trade import Receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ledger.trace.shelf import Direction, Shelf
    from ledger.views.book import Record

#: A reach holds processes and plots beside holdings, and what a walk would not follow: so many nodes for each that may be walked to.
NODES_FOR_EACH: Final = 4


def read_ahead(
    shelf: Shelf, starts: Collection[Holding], directions: Collection[Direction], *, nodes_max: int
) -> None:
    """Have the book read what walks from these holdings will ask for. More than they may read is left to them: they say where they stop."""
    book = shelf.book
    if not isinstance(book, Reaching):
        return
    from_here = {holding_node(one) for one in starts}
    nodes, seqs = set(from_here), set[int]()
    for direction in directions:
        found = book.reach(from_here, direction, nodes_max=NODES_FOR_EACH * nodes_max)
        if found.truncated:
            return
        nodes |= found.nodes
        seqs.update(book.ways_from(found.nodes, direction))
    if len(seqs) > shelf.records_max:
        return
    records = book.records(seqs)
    ends = {*starts, *(end for record in records.values() for end in _ends(shelf, record))}
    found_here = [one for one in ends if holding_node(one) in nodes]
    keys = [holding_key(one.party, one.goods) for one in found_here]
    keys += [succession_key(party) for party in sorted({one.party for one in found_here})]
    seqs = {mention.seq for mention in book.mentions(keys)}
    if len(seqs) > shelf.records_max:
        return
    records = book.records(seqs)
    book.records({mention.seq for mention in book.mentions(_answers(shelf, records.values()))})
    book.mentions([*_plots(records.values())])


def _ends(shelf: Shelf, record: Record) -> Iterator[Holding]:
    """The holdings between which a record says that goods went."""
    for move in shelf.moves(record):
        if isinstance(move, Claim):
            yield move.source
            yield move.target
        else:
            yield from move.inputs
            yield from move.outputs
    if isinstance(record.said, Batch):
        yield Holding(record.said.maker, record.said.goods)


def _answers(shelf: Shelf, records: Collection[Record]) -> list[str]:
    """Where to look for the answers to sendings that none of these records answers, and to what they put right."""
    answered = {record.said.shipment for record in records if isinstance(record.said, Receipt)}
    return [
        statement_key(name)
        for record in records
        if any(isinstance(move, Claim) and move.is_sending for move in shelf.moves(record))
        for name in (record.header.id, record.header.corrects)
        if name is not None and name not in answered
    ]


def _plots(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        if isinstance(record.said, (Batch, Use)) and record.said.site is not None:
            yield site_key(record.said.site)
