"""How often the public page of one code was opened, by day: a number, and nothing about who opened it.

A row holds a code or a batch, a day on a Chinese clock and a count. No address, device, hour or account stands beside it, so it cannot be
told who looked, nor whether two openings were one person's. What is counted as an opening is `api.openings`' to say; a count is no evidence
of anything by itself (docs/decisions/0031).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from ledger.store.engine import writing
from ledger.store.sql import Sql
from ledger.store.tables import OpeningRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine

#: Two years and a day: as long as the records of goods are kept at the least (食品安全法 50).
DAYS_KEPT: Final = 731
#: Rows in one statement.
_TOGETHER: Final = 1_000

_openings = OpeningRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_COUNTED: Final = Sql[tuple[int | None, int | None]].of(
    "SELECT SUM(opened), MIN(day) FROM openings WHERE log_id = {} AND subject = {} AND day < {}"
)


def add(engine: Engine, log_id: str, counts: Mapping[tuple[str, int], int], *, today: int) -> None:
    """Add to what was counted for each subject and day; what is older than two years goes."""
    # Always in one order: two processes that add the same rows at once do not wait for each other in a ring.
    rows = [
        {"log_id": log_id, "subject": subject, "day": day, "opened": counts[subject, day]}
        for subject, day in sorted(counts)
    ]
    with writing(engine) as connection:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        for start in range(0, len(rows), _TOGETHER):
            put = insert(_openings).values(rows[start : start + _TOGETHER])
            added = {"opened": _openings.c.opened + put.excluded["opened"]}
            connection.execute(
                put.on_conflict_do_update(index_elements=["log_id", "subject", "day"], set_=added)
            )
        connection.execute(
            delete(_openings).where(_openings.c.log_id == log_id, _openings.c.day < today - DAYS_KEPT)
        )


def counted(connection: Connection, log_id: str, subject: str, *, before: int) -> tuple[int, int] | None:
    """How often a page was opened on the days before one, and the first of them; None where it was not."""
    ((count, first),) = _COUNTED.rows(connection, log_id, subject, before)
    return None if count is None or first is None else (int(count), int(first))
