"""What an erasure removes besides the rows: free pages, the write-ahead log, files of evidence.

The recorder's transaction rewrites the items and takes away what the views said of them. It cannot do the rest, and notes it in the
table `removals` instead; `finish` does it after COMMIT, again when the ledger is opened, and whenever it is asked. A crash anywhere
leaves the note.

    pages      SQLite's `secure_delete` writes zeros over what is deleted where it stands. When a b-tree page was split before, a stale copy of
               a cell can lie in the unused middle of its old page, and no deletion finds that one. VACUUM writes the whole file anew.
               On PostgreSQL a dead row stays in its page until the table is written anew: VACUUM FULL, which the tables' owner may do.
    wal        SQLite's write-ahead log holds the rows as they were written first. It is cut off as soon as no reader needs it.
    evidence   a file goes when no readable record names it any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import LedgerFault
from ledger.identifiers import Sha256Hex
from ledger.store.book import forget_contents
from ledger.store.engine import BUSY_SECONDS, reading, writing
from ledger.store.tables import DERIVED, HeadRow, MentionRow, RemovalRow

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

What = Literal["pages", "wal", "evidence"]

#: How long the one writer waits for readers before it leaves the write-ahead log for later.
READERS_WAIT_MS: Final = 1_000
#: The tables that can hold a piece of what was erased.
REWRITTEN: Final = ("items", *DERIVED, "removals")

_EVIDENCE: Final = "evidence/"
_heads, _mentions = HeadRow.__table__, MentionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_removals = RemovalRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that the erasure at `by_seq` still has to remove; `name` is a file's digest."""

    by_seq: int
    what: str
    name: str


def note_removals(connection: Connection, log_id: str, *, by_seq: int, keys: Collection[str]) -> None:
    """In the erasure's own transaction: what is to be removed once it is durable. `keys` are the mentions that it took away."""
    freed = sorted(key for key in keys if key.startswith(_EVIDENCE) and not is_named(connection, log_id, key))
    what: list[tuple[What, str]] = [
        ("pages", ""),
        *(("evidence", key.removeprefix(_EVIDENCE)) for key in freed),
    ]
    if connection.dialect.name == "sqlite":
        what.append(("wal", ""))
    connection.execute(
        insert(_removals),
        [{"log_id": log_id, "by_seq": by_seq, "what": kind, "name": name} for kind, name in what],
    )


def due_in(connection: Connection, log_id: str, *, by_seq: int | None = None) -> list[Due]:
    """What is still to be removed, by all erasures or by one."""
    wanted = select(_removals.c.by_seq, _removals.c.what, _removals.c.name).where(
        _removals.c.log_id == log_id
    )
    if by_seq is not None:
        wanted = wanted.where(_removals.c.by_seq == by_seq)
    rows = connection.execute(wanted.order_by(_removals.c.by_seq, _removals.c.what, _removals.c.name))
    return [Due(*row) for row in rows]


def finish(engine: Engine, log_id: str, *, remove: Callable[[Sha256Hex], None]) -> list[Due]:
    """Do what is due, as far as it can be done now; returns what is left. It never raises for what can be tried again."""
    # As long as the database does not answer, anything may be due.
    due = [Due(by_seq=-1, what="pages", name="")]
    with _tried_again():
        due = _still_due(engine, log_id)
        if due:
            forget_contents()
            _work_off(engine, log_id, due, remove)
            due = _still_due(engine, log_id)
    return due


def _work_off(engine: Engine, log_id: str, due: Collection[Due], remove: Callable[[Sha256Hex], None]) -> None:
    """First what writes, then the pages with all that was written, and the log of both last."""
    for one in due:
        if one.what == "evidence":
            with _tried_again():
                _remove_file(engine, log_id, one, remove)
    with _tried_again():
        if any(one.what == "pages" for one in due) and _rewrite(engine):
            _done(engine, log_id, due, "pages")
    with _tried_again():
        waits = any(one.what == "pages" for one in _still_due(engine, log_id))
        if engine.dialect.name == "sqlite" and not waits and _cut_wal(engine):
            _done(engine, log_id, due, "wal")


@contextmanager
def _tried_again() -> Iterator[None]:
    """The erasure itself is durable. What fails here keeps its note, and the next `finish` tries again."""
    try:
        yield
    except (SQLAlchemyError, sqlite.Error, LedgerFault, OSError) as fault:
        _log.warning("an erasure is not finished yet: %s: %s", type(fault).__name__, fault)


def _still_due(engine: Engine, log_id: str) -> list[Due]:
    with reading(engine) as connection:
        return due_in(connection, log_id)


def _done(engine: Engine, log_id: str, due: Collection[Due], what: What) -> None:
    """Forget the notes that were there when the work began; what an erasure noted since is still due."""
    with writing(engine) as connection:
        connection.execute(
            delete(_removals).where(
                _removals.c.log_id == log_id,
                _removals.c.what == what,
                _removals.c.by_seq <= max(one.by_seq for one in due),
            )
        )


def is_named(connection: Connection, log_id: str, key: str) -> bool:
    """Whether any readable record mentions this, one that was put right since included."""
    wanted = select(_mentions.c.seq).where(_mentions.c.key == key, _mentions.c.log_id == log_id).limit(1)
    return connection.execute(wanted).first() is not None


def _remove_file(engine: Engine, log_id: str, due: Due, remove: Callable[[Sha256Hex], None]) -> None:
    # With the writer's place ours, no record that names the file can be taken between the question and the answer.
    with writing(engine) as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(select(_heads.c.size).where(_heads.c.log_id == log_id).with_for_update())
        if not is_named(connection, log_id, _EVIDENCE + due.name):
            remove(Sha256Hex.parse(due.name))
        connection.execute(
            delete(_removals).where(
                _removals.c.log_id == log_id,
                _removals.c.by_seq == due.by_seq,
                _removals.c.what == "evidence",
                _removals.c.name == due.name,
            )
        )


def _rewrite(engine: Engine) -> bool:
    """Write anew what can hold stale bytes; False where this role may not."""
    if engine.dialect.name == "sqlite":
        with _driver(engine) as driver:
            driver.execute("VACUUM")
        return True
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        before = _file_nodes(connection)
        connection.execute(text(f"SET lock_timeout = {READERS_WAIT_MS}"))
        try:
            for table in REWRITTEN:
                connection.execute(text(f"VACUUM (FULL) {table}"))
        finally:
            connection.execute(text("RESET lock_timeout"))
        # PostgreSQL warns a role without the right, passes the table over and reports success: only a new file shows that it was done.
        after = _file_nodes(connection)
    passed_over = sorted(table for table in REWRITTEN if before[table] == after[table])
    if passed_over:
        _log.warning("the owner of %s must write them anew: suyuan erase --resume", ", ".join(passed_over))
    return not passed_over


def _file_nodes(connection: Connection) -> dict[str, int]:
    return {
        table: int(connection.execute(text(f"SELECT pg_relation_filenode('{table}')")).scalar_one())
        for table in REWRITTEN
    }


def _cut_wal(engine: Engine) -> bool:
    """Cut the write-ahead log off; False while a reader still needs it."""
    with _driver(engine) as driver:
        driver.execute(f"PRAGMA busy_timeout={READERS_WAIT_MS}")
        try:
            (busy, _frames, _moved) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    return bool(busy == 0)


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite.Connection]:
    """SQLite's own connection, outside of any transaction: neither of the two works inside one."""
    pooled = engine.raw_connection()
    try:
        driver = pooled.driver_connection
        assert isinstance(driver, sqlite.Connection)
        yield driver
    finally:
        pooled.close()
