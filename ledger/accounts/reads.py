"""What officials were shown that is not public: one row for each thing, reader and hour, written before the answer is sent.

Whoever holds the records learns from it who looked at them, under which certificate and when; so do the agency's supervisor and the
auditor. The rows are no part of the log: an operator who removes some can be caught only by whoever listed them before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.accounts.office import HOUR_MS
from ledger.store.tables import OfficialReadRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement

    from ledger.accounts.office import Office
    from ledger.identifiers import PartyId

#: Rows of one answer to whoever asks who read.
LIST_MAX: Final = 200
#: Rows that are written in one statement; PostgreSQL takes 65,535 values.
_TOGETHER: Final = 1_000

_reads = OfficialReadRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: the person or the API key, for which agency, under which certificate."""

    reader: str
    official: PartyId
    certificate: str


@dataclass(slots=True)
class Shown:
    """What one answer shows to an official that is not public, gathered while it is put together.

    `entries`: positions in the log. `others`: what is no entry (a finding, a balance), with the party whose it is.
    """

    entries: set[int] = field(default_factory=set)
    others: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything was shown."""
        return bool(self.entries or self.others)


@dataclass(frozen=True, slots=True)
class OfficialReading:
    """One request of an official: who reads, and what it shows."""

    reader: Reader
    shown: Shown


@dataclass(frozen=True, slots=True)
class Read:
    """One row."""

    reader: str
    official: str
    certificate: str
    what: str
    whose: str
    at_ms: int
    route: str


@dataclass(frozen=True, slots=True)
class Reads:
    """The readings of one log."""

    office: Office

    def note(self, reader: Reader, shown: Shown, *, route: str) -> None:
        """Write down what is about to be shown. Entries are told as `entry/17`, with the party that they speak for."""
        now = self.office.clock()
        whose: dict[str, str] = dict(shown.others)
        if shown.entries:
            with self.office.book() as book:
                for seq, record in book.records(shown.entries).items():
                    whose[f"entry/{seq}"] = str(record.actor)
        rows = [
            {
                "log_id": self.office.log_id,
                "reader": reader.reader,
                "hour": now // HOUR_MS,
                "what": what,
                "whose": party,
                "official": str(reader.official),
                "certificate": reader.certificate,
                "at_ms": now,
                "route": route,
            }
            for what, party in sorted(whose.items())
        ]
        self._insert(rows)

    def _insert(self, rows: Sequence[dict[str, object]]) -> None:
        with self.office.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            for start in range(0, len(rows), _TOGETHER):
                # The same thing shown again within the hour is one reading.
                connection.execute(insert(_reads).on_conflict_do_nothing(), rows[start : start + _TOGETHER])

    def first_ms(self, seq: int, *, whose: PartyId) -> int | None:
        """When an official was first shown the entry at `seq`, which speaks for that party; None where none was."""
        with self.office.reading() as connection:
            found: int | None = connection.execute(
                select(func.min(_reads.c.at_ms)).where(
                    _reads.c.log_id == self.office.log_id,
                    _reads.c.whose == str(whose),
                    _reads.c.what == f"entry/{seq}",
                )
            ).scalar_one()
            return found

    def listed(
        self,
        *,
        whose: PartyId | None = None,
        official: PartyId | None = None,
        start: int = 0,
        limit: int = LIST_MAX,
    ) -> list[Read]:
        """The readings of one party's records, of one agency, or all; the newest first."""
        which: list[ColumnElement[bool]] = [_reads.c.log_id == self.office.log_id]
        if whose is not None:
            which.append(_reads.c.whose == str(whose))
        if official is not None:
            which.append(_reads.c.official == str(official))
        with self.office.reading() as connection:
            rows: Iterable[object] = connection.execute(
                select(
                    _reads.c.reader,
                    _reads.c.official,
                    _reads.c.certificate,
                    _reads.c.what,
                    _reads.c.whose,
                    _reads.c.at_ms,
                    _reads.c.route,
                )
                .where(*which)
                .order_by(_reads.c.at_ms.desc(), _reads.c.what)
                .offset(start)
                .limit(limit)
            )
            return [Read(*row) for row in rows]  # type: ignore[misc]  # the columns in the order of the fields
