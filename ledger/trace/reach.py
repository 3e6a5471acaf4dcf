"""How far goods can have gone: the graph of all holdings as numbers, in memory and kept up to date.

One record alone says little: that goods went from one holding to another, into a process or out of it, onto a plot or off it. These
steps (`ways_of`) are stored as the record is recorded. Following them gives the *reach* of some goods: every holding that a trace can
come to, and some that it does not. What needs two records to be seen is left to the exact walk: a delivery that the receiver
refused, an input that was used on the plot before the crop stood there. So a reach is where to look; `walk` says what is true.

A node is a number of 64 bits made of a key's text. Two keys that share one would make a reach larger and an answer never wrong.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from ledger.identifiers import Instant
from ledger.trace.edges import Claim, Holding, by_goods, moves_of
from ledger.trace.shelf import window_ms
from ledger.views.book import holding_key, site_key
from ledger.vocabulary.goods import Batch, Use

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ledger.identifiers import SiteId
    from ledger.trace.shelf import Direction
    from ledger.views.book import Record

#: Nodes that one reach holds at most, whatever is asked.
REACH_MAX: Final = 1_000_000
#: A node's number has so many bytes, and a sign: every database has a column for that.
_NODE_BYTES: Final = 8
#: The table of numbers starts with so many places, and is made twice as large when more than three fifths are taken.
_PLACES_FIRST: Final = 1 << 12
#: The row of a record that was erased: it counts at no size of the log.
_NEVER: Final = -1

_NOWHERE: Final = array("i", [-1])

#: From node to node.
Way = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reach:
    """All nodes that can be reached, the starts among them. `truncated`: there are more than were asked for, and none is named."""

    nodes: frozenset[int]
    truncated: bool = False


#: The answer when there are more nodes than were asked for: a part of them would depend on who was asked.
TOO_FAR: Final = Reach(frozenset(), truncated=True)


@runtime_checkable
class Reaching(Protocol):
    """A book that knows beforehand where a walk may lead, and keeps what it has read. The answers are those of any other book."""

    def reach(self, starts: Collection[int], direction: Direction, *, nodes_max: int) -> Reach:
        """All nodes that can be reached from these, over the records that count at this book's size."""
        ...

    def ways_from(self, nodes: Collection[int], direction: Direction) -> Collection[int]:
        """The records that lead from these nodes to others."""
        ...


def node_of(key: str) -> int:
    """The number of a node, by its key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=_NODE_BYTES).digest(), "big", signed=True)


def holding_node(holding: Holding) -> int:
    """The number of a holding."""
    return node_of(holding_key(holding.party, holding.goods))


def ways_of(record: Record) -> frozenset[Way]:
    """Every step that goods may take by the word of this record alone, put right or not.

    An erasure takes steps away and never adds one: a process has a node of its own even where one thing became one other. That also
    keeps a process with five hundred inputs and five hundred outputs at a thousand steps.
    """
    return frozenset((source, target) for source, target in _ways(record) if source != target)


def _ways(record: Record) -> Iterator[Way]:
    for number, move in enumerate(moves_of(replace(record, superseded_by=None))):
        if isinstance(move, Claim):
            yield holding_node(move.source), holding_node(move.target)
        elif move.inputs and move.outputs:
            process = node_of(f"process/{record.seq}/{number}")
            yield from ((holding_node(one), process) for one in move.inputs)
            yield from ((process, holding_node(one)) for one in move.outputs)
    said = record.said
    if isinstance(said, Use) and said.site is not None and not said.on_goods:
        plot = _plot_node(said.site, _year(record.occurred_ms))
        yield from ((holding_node(Holding(record.actor, goods)), plot) for goods in by_goods(said.lines))
    elif isinstance(said, Batch) and said.site is not None:
        first, end = window_ms(record, said)
        grown = holding_node(Holding(said.maker, said.goods))
        yield from ((_plot_node(said.site, year), grown) for year in range(_year(first), _year(end - 1) + 1))


def _plot_node(site: SiteId, year: int) -> int:
    """A plot in one year. A crop has grown in one or two; without the year every input of decades would lie behind it."""
    return node_of(f"{site_key(site)}/{year}")


def _year(ms: int) -> int:
    return Instant(ms).date_in_shanghai().date.year


class Adjacency:
    """All ways of one log up to `size`, in flat arrays. One thread at a time adds; any number of threads ask meanwhile.

    A way is written whole before the head of its node's links names it, and it counts only for questions about a size behind it. So a
    question never waits, and its answer is the one of its own size, whatever is being added. That rests on the interpreter doing one
    operation on an array at a time.
    """

    def __init__(self) -> None:
        self.size = 0
        # Nodes in the order in which they came, and where to look them up: open addressing, because a dict takes four times the room.
        self._nodes = array("q")
        self._places = _NOWHERE * _PLACES_FIRST
        # In each direction, the place of the newest link of each node; a link is two numbers beside each other: the node it leads to, and
        # the place of the next older link of the same node. A way is one link forward and one back, both at the same place.
        self._heads: dict[Direction, array[int]] = {"forward": array("i"), "back": array("i")}
        self._links: dict[Direction, array[int]] = {"forward": array("i"), "back": array("i")}
        # Which record says so, for each way.
        self._seqs = array("q")
        # The places of ways whose record was put right, with the entry from which on they do not count.
        self._until: dict[int, int] = {}

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self._nodes)

    @property
    def ways(self) -> int:
        """How many ways there are, those of records that were put right among them."""
        return len(self._seqs)

    @property
    def bytes_held(self) -> int:
        """What the arrays take in memory."""
        arrays = [self._nodes, self._places, self._seqs, *self._heads.values(), *self._links.values()]
        return sum(len(one) * one.itemsize for one in arrays)

    def add(self, rows: Iterable[tuple[int, int, int, int | None]]) -> None:
        """Add ways as (source, target, seq, until_seq), in the order of seq. They count once `size` is set behind them."""
        out, into = self._heads["forward"], self._heads["back"]
        forward, back, seqs = self._links["forward"], self._links["back"], self._seqs
        nodes, places = self._nodes, self._places
        for source, target, seq, until in rows:
            # `_find` twice over, written out: a log of years is read through here.
            mask = len(places) - 1
            place = source & mask
            while (one := places[place]) >= 0 and nodes[one] != source:
                place = (place + 1) & mask
            if one < 0:
                one = self._new(source, place)
                places = self._places
                mask = len(places) - 1
            place = target & mask
            while (other := places[place]) >= 0 and nodes[other] != target:
                place = (place + 1) & mask
            if other < 0:
                other = self._new(target, place)
                places = self._places
            link = len(forward)
            if until is not None:
                self._until[link] = until
            forward.append(other)
            forward.append(out[one])
            back.append(one)
            back.append(into[other])
            seqs.append(seq)
            out[one] = into[other] = link

    def put_right(self, seq: int, *, by: int) -> None:
        """The record at `seq` counts no more from the entry `by` on."""
        for link in self._links_of(seq):
            self._until.setdefault(link, by)

    def erase(self, seq: int, left: Collection[Way]) -> None:
        """Of the ways of the record at `seq` only those that are left ever counted."""
        nodes, forward, back = self._nodes, self._links["forward"], self._links["back"]
        for link in self._links_of(seq):
            if (nodes[back[link]], nodes[forward[link]]) not in left:
                self._until[link] = _NEVER

    def reach(
        self, starts: Collection[int], direction: Direction, *, size: int, nodes_max: int = REACH_MAX
    ) -> Reach:
        """All nodes reached from these, as the log stood at `size`."""
        wanted = set(starts)
        found = [number for one in wanted if (number := self._find(one)) is not None]
        # Goods that nobody ever moved have no number; they reach themselves.
        alone = len(wanted) - len(found)
        self._follow(found, direction, size=size, most=nodes_max - alone)
        if len(found) + alone > nodes_max:
            return TOO_FAR
        nodes = frozenset(map(self._nodes.__getitem__, found))
        return Reach(nodes | wanted if alone else nodes)

    def ways_from(self, nodes: Collection[int], direction: Direction, *, size: int) -> set[int]:
        """The records that lead from these nodes to others, as the log stood at `size`."""
        heads, links, seqs, until = self._heads[direction], self._links[direction], self._seqs, self._until
        found: set[int] = set()
        for node in nodes:
            number = self._find(node)
            link = -1 if number is None else heads[number]
            while link >= 0:
                seq = seqs[link // 2]
                if seq < size and (link not in until or until[link] >= size):
                    found.add(seq)
                link = links[link + 1]
        return found

    def _follow(self, found: list[int], direction: Direction, *, size: int, most: int) -> None:
        """Add to `found` all that can be reached from it, or so much that it is more than `most`."""
        heads, links, until = self._heads[direction], self._links[direction], self._until
        # Links stand in the order of the log: from here on they are of later entries.
        later = 2 * bisect_left(self._seqs, size)
        seen = set(found)
        see, keep = seen.add, found.append
        # The list grows while it is gone through: nearest first.
        for number in islice(found, max(most, 0)):
            link = heads[number]
            while link >= 0:
                end = links[link]
                if end not in seen and link < later and (link not in until or until[link] >= size):
                    see(end)
                    keep(end)
                link = links[link + 1]

    def _links_of(self, seq: int) -> range:
        """The places of the ways of one record."""
        return range(2 * bisect_left(self._seqs, seq), 2 * bisect_left(self._seqs, seq + 1), 2)

    def _find(self, node: int) -> int | None:
        """The number of a node, if it has one. The table is replaced whole when it grows, so it is taken once."""
        places, nodes = self._places, self._nodes
        mask = len(places) - 1
        place = node & mask
        while (number := places[place]) >= 0:
            if nodes[number] == node:
                return number
            place = (place + 1) & mask
        return None

    def _new(self, node: int, place: int) -> int:
        """A number for a node that has none, kept at this free place."""
        number = len(self._nodes)
        self._heads["forward"].append(-1)
        self._heads["back"].append(-1)
        self._nodes.append(node)
        self._places[place] = number
        if number * 5 > len(self._places) * 3:
            self._places = _placed(self._nodes, 2 * len(self._places))
        return number


def _placed(nodes: array[int], size: int) -> array[int]:
    """The table of `size` places, a power of two, that finds these nodes. A node is evenly spread bits: its last ones are its place."""
    places = _NOWHERE * size
    mask = size - 1
    for number, node in enumerate(nodes):
        place = node & mask
        while places[place] >= 0:
            place = (place + 1) & mask
        places[place] = number
    return places
