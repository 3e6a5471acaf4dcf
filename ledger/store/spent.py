"""What callers have spent of their budgets, counted for all processes together, and the day's key that hides who they are.

A count belongs to a name that a server process has made from a budget, a caller and a stretch of time. What a budget is, and when it is
used up, is decided by whoever counts; here numbers are added up in the one place that all processes share.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from ledger.store.engine import writing
from ledger.store.tables import SpentRow, VisitorKeyRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine
    from sqlalchemy.dialects.postgresql.dml import Insert as PostgresqlInsert
    from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert

#: Rows in one statement; SQLite takes 32,766 values in one, four to a row.
ROWS_MAX: Final = 2_000
KEY_BYTES: Final = 32
#: The day before is still needed by a process whose clock is behind.
DAYS_KEPT: Final = 2

_spent = SpentRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_keys = VisitorKeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def settle(engine: Engine, log_id: str, counts: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """Add each count (and until when it matters, in milliseconds) to what all processes counted; the sums."""
    sums = dict[str, int]()
    # Always in one order: two processes that settle the same names at once do not wait for each other in a ring.
    names = sorted(counts)
    with writing(engine) as connection:
        for start in range(0, len(names), ROWS_MAX):
            rows = [
                {"key": name, "log_id": log_id, "count": counts[name][0], "until_ms": counts[name][1]}
                for name in names[start : start + ROWS_MAX]
            ]
            put = _insert(connection, _spent).values(rows)
            added = put.on_conflict_do_update(
                index_elements=["key", "log_id"], set_={"count": _spent.c.count + put.excluded["count"]}
            )
            sums |= {
                row.key: row[1] for row in connection.execute(added.returning(_spent.c.key, _spent.c.count))
            }
    return sums


def forget(engine: Engine, log_id: str, *, before_ms: int) -> None:
    """Remove the counts of stretches that have passed."""
    with writing(engine) as connection:
        connection.execute(delete(_spent).where(_spent.c.log_id == log_id, _spent.c.until_ms < before_ms))


def key_of_day(
    engine: Engine, log_id: str, day: int, randomness: Callable[[int], bytes] = os.urandom
) -> bytes:
    """The key of one day, the same for all processes. Keys of days before yesterday are gone for ever."""
    with writing(engine) as connection:
        put = _insert(connection, _keys).values(log_id=log_id, day=day, key=randomness(KEY_BYTES))
        connection.execute(put.on_conflict_do_nothing())
        connection.execute(delete(_keys).where(_keys.c.log_id == log_id, _keys.c.day <= day - DAYS_KEPT))
        key = connection.execute(
            select(_keys.c.key).where(_keys.c.log_id == log_id, _keys.c.day == day)
        ).scalar_one()
        return bytes(key)


def _insert(connection: Connection, table: object) -> SqliteInsert | PostgresqlInsert:
    insert = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    return insert(table)  # type: ignore[arg-type]  # a table that SQLModel made
