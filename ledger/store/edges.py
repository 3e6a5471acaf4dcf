"""The graph of all holdings in the database: written with each record, asked by a recursive query, and kept in memory beside it.

`edges` holds the steps that each record says goods may have taken (`ledger.trace.reach.ways_of`), in the transaction that records it.
One process's `Graph` holds the same in memory and follows the table, whoever writes to it. Where it is not there yet, or would take too much
room, the database walks the table itself. Both give the same reach at every size of the log; a test compares them.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, and_, bindparam, delete, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from ledger.store.tables import EdgeRow, MentionRow
from ledger.trace.reach import TOO_FAR, Adjacency, Reach, ways_of
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection
    from sqlalchemy.sql.elements import ColumnElement

    from ledger.store.book import SqlBook
    from ledger.trace.shelf import Direction
    from ledger.views.book import Record

#: A question waits while so many new entries are read into memory; more are read beside it, and the database answers meanwhile.
ENTRIES_AWAITED_MAX: Final = 2_000
#: Entries whose ways are read at once.
ENTRIES_AT_ONCE: Final = 10_000
#: Ways that one process holds, at about 40 bytes each; a longer log is asked in the database.
WAYS_HELD_MAX: Final = 25_000_000
#: Nodes named in one `IN (…)`.
NODES_AT_ONCE: Final = 500

_edges, _mentions = EdgeRow.__table__, MentionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

# What becomes of the steps of a record (`fold` writes them with it)


def end_edges(connection: Connection, log_id: str, *, seq: int, by_seq: int) -> None:
    """A record was put right: its steps count no more from the entry `by_seq` on."""
    of_record = (_edges.c.log_id == log_id) & (_edges.c.seq == seq)
    connection.execute(update(_edges).where(of_record).values(until_seq=by_seq))


def erase_edges(connection: Connection, log_id: str, *, before: Record, after: Record) -> None:
    """Items of a record were erased: the steps that only they told go."""
    for source, target in ways_of(before) - ways_of(after):
        connection.execute(
            delete(_edges).where(
                _edges.c.log_id == log_id,
                _edges.c.seq == before.seq,
                _edges.c.source == source,
                _edges.c.target == target,
            )
        )


# Asking the database

_FOLLOWED: Final = """
WITH RECURSIVE reach(node) AS (
    {starts}
    UNION
    SELECT e.{far} FROM reach CROSS JOIN edges AS e
    WHERE e.{near} = reach.node AND e.log_id = :log_id
      AND e.seq < :size AND (e.until_seq IS NULL OR e.until_seq >= :size)
)
SELECT node FROM reach LIMIT :most
"""
#: One parameter holds all starts: a list of parameters has its limit, and goods have as many holders as they have.
_STARTS: Final = {
    "sqlite": "SELECT value FROM json_each(:starts)",
    "postgresql": "SELECT unnest(CAST(:starts AS bigint[]))",
}


def reach_in(
    connection: Connection,
    log_id: str,
    starts: Collection[int],
    direction: Direction,
    *,
    size: int,
    nodes_max: int,
) -> Reach:
    """All nodes reached from these, as the log stood at `size`. The database follows the table by itself."""
    near, far = ("source", "target") if direction == "forward" else ("target", "source")
    dialect = connection.dialect.name
    question = text(_FOLLOWED.format(starts=_STARTS[dialect], near=near, far=far))
    named: str | list[int] = sorted(starts)
    if dialect == "postgresql":
        question = question.bindparams(bindparam("starts", type_=ARRAY(BigInteger)))
    else:
        named = json.dumps(named)
    # One more than wanted tells that there are more.
    rows = connection.execute(
        question, {"starts": named, "log_id": log_id, "size": size, "most": nodes_max + 1}
    )
    nodes = frozenset(node for (node,) in rows)
    return Reach(nodes) if len(nodes) <= nodes_max else TOO_FAR


def ways_in(
    connection: Connection, log_id: str, nodes: Collection[int], direction: Direction, *, size: int
) -> set[int]:
    """The records that lead from these nodes to others, as the log stood at `size`."""
    near = _edges.c.source if direction == "forward" else _edges.c.target
    named = sorted(nodes)
    found: set[int] = set()
    for first in range(0, len(named), NODES_AT_ONCE):
        rows = connection.execute(
            select(_edges.c.seq)
            .distinct()
            .where(
                near.in_(named[first : first + NODES_AT_ONCE]), _edges.c.log_id == log_id, _counting_at(size)
            )
        )
        found.update(seq for (seq,) in rows)
    return found


def _counting_at(size: int) -> ColumnElement[bool]:
    return and_(_edges.c.seq < size, or_(_edges.c.until_seq.is_(None), _edges.c.until_seq >= size))


# Keeping it in memory


class Graph:
    """One log's ways in the memory of one process. Threads share it; what they ask decides how far it has to have read."""

    def __init__(self, books: Callable[[], AbstractContextManager[SqlBook]]) -> None:
        self.adjacency = Adjacency()
        self._books = books
        self._adding = threading.Lock()
        self._closing = threading.Event()
        self._loader: threading.Thread | None = None
        self._too_large = False

    def at(self, book: SqlBook) -> Adjacency | None:
        """The ways as far as this book stands, and perhaps further; None while they are being read, and where there are too many."""
        if self.adjacency.size < book.size and not self._too_large:
            behind = book.size - self.adjacency.size
            if behind > ENTRIES_AWAITED_MAX:
                self._load_beside()
            elif self._adding.acquire(blocking=False):
                try:
                    self._catch_up(book)
                finally:
                    self._adding.release()
        return self.adjacency if self.adjacency.size >= book.size else None

    def load(self) -> None:
        """Read everything up to now, in one short reading after another: a long one would stand in an erasure's way."""
        with self._adding:
            while not (self._closing.is_set() or self._too_large):
                with self._books() as book:
                    self._catch_up(book)
                    if self.adjacency.size >= book.size:
                        return

    def close(self) -> None:
        """Stop reading; the thread that reads beside the questions has ended when this returns."""
        self._closing.set()
        if self._loader is not None:
            self._loader.join()

    def _load_beside(self) -> None:
        if self._closing.is_set() or (self._loader is not None and self._loader.is_alive()):
            return
        self._loader = threading.Thread(target=self.load, name="graph", daemon=True)
        self._loader.start()

    def _catch_up(self, book: SqlBook) -> None:
        """Read some of what the log took since."""
        known = self.adjacency.size
        stop = min(known + ENTRIES_AT_ONCE, book.size)
        if known >= stop:
            return
        if known:
            self._put_right(book, known)
            self._erase(book, known)
        self.adjacency.add(_rows(book, known, stop))
        self.adjacency.size = stop
        if self.adjacency.ways > WAYS_HELD_MAX:
            self._too_large, self.adjacency = True, Adjacency()

    def _put_right(self, book: SqlBook, known: int) -> None:
        ended = book.connection.execute(
            select(_edges.c.seq, _edges.c.until_seq)
            .distinct()
            .where(
                _edges.c.log_id == book.log_id, _edges.c.until_seq >= known, _edges.c.until_seq < book.size
            )
        )
        for seq, until in ended:
            self.adjacency.put_right(seq, by=until)

    def _erase(self, book: SqlBook, known: int) -> None:
        erasures = book.connection.execute(
            select(_mentions.c.seq).where(
                _mentions.c.key == f"type/{Erasure.TYPE}",
                _mentions.c.log_id == book.log_id,
                _mentions.c.seq >= known,
                _mentions.c.seq < book.size,
            )
        )
        for record in book.records({seq for (seq,) in erasures}).values():
            for one in record.said.erased if isinstance(record.said, Erasure) else ():
                seq = book.position(one.statement, one.issuer)
                if seq is not None:
                    left = {(source, target) for source, target, *_ in _rows(book, seq, seq + 1)}
                    self.adjacency.erase(seq, left)


def _rows(book: SqlBook, first: int, stop: int) -> Iterator[tuple[int, int, int, int | None]]:
    rows = book.connection.execute(
        select(_edges.c.source, _edges.c.target, _edges.c.seq, _edges.c.until_seq)
        .where(_edges.c.log_id == book.log_id, _edges.c.seq >= first, _edges.c.seq < stop)
        .order_by(_edges.c.seq)
    )
    yield from ((source, target, seq, until) for source, target, seq, until in rows)
