"""How far the work on each sheet has come, as the table `jobs` holds it. Who works on it, and what it does, is `jobs`' business.

Files and reports are sealed with the server's key file: they hold names and telephones. They go when the sheet is recorded, and after a week.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from sqlalchemy import delete, insert, select, update

from api.sheets.report import Report
from ledger.identifiers import PartyId
from ledger.store.engine import reading, writing
from ledger.store.tables import JobRow

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy import Row as SqlRow

    from ledger.service import Ledger

State = Literal["checking", "checked", "recording", "recorded", "stopped"]
STATES: Final[tuple[State, ...]] = get_args(State)
#: Somebody is at work in these states, or should be.
AT_WORK: Final = frozenset({"checking", "recording"})
#: Whoever has not said so for so long does not work any more.
QUIET_MS: Final = 30_000
#: Sheets that are kept for a party, and for how long.
KEPT_MAX: Final = 20
KEPT_MS: Final = 7 * 86_400_000

_jobs = JobRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_Changed = str | int | bytes | None


@dataclass(frozen=True, slots=True)
class Job:
    """One sheet and how far the work on it has come."""

    id: str
    party: PartyId
    holder: str | None
    kind: str
    state: State
    made_ms: int
    #: Rows that were checked, or records that were made.
    done: int
    planned: int
    report: Report
    has_marked: bool

    @property
    def at_work(self) -> bool:
        """Whether it is worth looking again in a moment."""
        return self.state in AT_WORK


class JobLost(Exception):
    """Another process has taken the work over, or the sheet was removed."""


@dataclass(frozen=True, slots=True)
class JobRows:
    """The rows of one ledger, for one process at work. `clock` is the machine's, whatever the log's clock says."""

    ledger: Ledger
    worker: str
    clock: Callable[[], int]

    def add(self, party: PartyId, name: str, kind: str, content: bytes, *, holder: str | None) -> None:
        """A sheet that was sent, to be checked."""
        now = self.ledger.clock()
        row = {
            "log_id": self.ledger.origin,
            "id": name,
            "party": str(party),
            "holder": holder,
            "kind": kind,
            "state": "checking",
            "made_ms": now,
            "worker": self.worker,
            "beat_ms": self.clock(),
            "attempts": 1,
            "done": 0,
            "planned": 0,
            "report": self.seal(name, "report", Report().dump()),
            "file": self.seal(name, "file", content),
            "marked": b"",
        }
        with writing(self.ledger.engine) as connection:
            self._make_room(connection, party, now)
            connection.execute(insert(_jobs), row)

    def of(self, party: PartyId) -> list[Job]:
        """A party's sheets, the newest first."""
        with reading(self.ledger.engine) as connection:
            rows = connection.execute(
                select(_jobs)
                .where(_jobs.c.log_id == self.ledger.origin, _jobs.c.party == str(party))
                .order_by(_jobs.c.made_ms.desc(), _jobs.c.id)
                .limit(KEPT_MAX)
            ).all()
        return [self.job(row) for row in rows]

    def left(self) -> Sequence[SqlRow[tuple[object, ...]]]:
        """Those that somebody should be at work on."""
        with reading(self.ledger.engine) as connection:
            return connection.execute(
                select(_jobs).where(_jobs.c.log_id == self.ledger.origin, _jobs.c.state.in_(AT_WORK))
            ).all()

    def row(self, name: str) -> SqlRow[tuple[object, ...]] | None:
        """As it stands."""
        with reading(self.ledger.engine) as connection:
            return connection.execute(
                select(_jobs).where(_jobs.c.log_id == self.ledger.origin, _jobs.c.id == name)
            ).one_or_none()

    def job(self, row: SqlRow[tuple[object, ...]]) -> Job:
        """What pages show of it."""
        return Job(
            id=row.id,
            party=PartyId.parse(row.party),
            holder=row.holder,
            kind=row.kind,
            state=next(one for one in STATES if one == row.state),
            made_ms=int(row.made_ms),
            done=int(row.done),
            planned=int(row.planned),
            report=Report.load(self.unseal(row.id, "report", bytes(row.report))),
            has_marked=bool(row.marked),
        )

    def take_over(self, row: SqlRow[tuple[object, ...]]) -> bool:
        """Take up work that nobody does: it was this process's own and broke off, or its process has been quiet for long."""
        now = self.clock()
        if row.worker != self.worker and now - int(row.beat_ms) < QUIET_MS:
            return False
        with writing(self.ledger.engine) as connection:
            # Compare and swap: of two who look at the same moment one gets it.
            taken = connection.execute(
                update(_jobs)
                .where(
                    _jobs.c.log_id == self.ledger.origin,
                    _jobs.c.id == row.id,
                    _jobs.c.attempts == row.attempts,
                    _jobs.c.beat_ms == row.beat_ms,
                )
                .values(worker=self.worker, beat_ms=now, attempts=int(row.attempts) + 1)
            )
        return bool(taken.rowcount == 1)

    def beat(self, name: str, **changed: int) -> None:
        """Say that the work goes on, and how far it is; `JobLost` where it goes on elsewhere."""
        self._own(name, {"beat_ms": self.clock(), **changed})

    def save(self, name: str, report: Report, **changed: str | int | bytes) -> None:
        """What the work came to."""
        self._own(name, {"report": self.seal(name, "report", report.dump()), **changed})

    def keep_marked(self, name: str, content: bytes) -> None:
        """The file with what is wrong in its cells."""
        self._own(name, {"marked": self.seal(name, "marked", content)})

    def begin(self, name: str, *, from_states: Sequence[State], holder: str | None) -> bool:
        """Let the recording begin; False where it has begun already."""
        values: dict[str, _Changed] = {
            "state": "recording",
            "holder": holder,
            "done": 0,
            "planned": 0,
            "attempts": 1,
            "worker": self.worker,
            "beat_ms": self.clock(),
        }
        mine = (_jobs.c.log_id == self.ledger.origin) & (_jobs.c.id == name)
        with writing(self.ledger.engine) as connection:
            begun = connection.execute(
                update(_jobs).where(mine, _jobs.c.state.in_(from_states)).values(**values)
            )
        return bool(begun.rowcount == 1)

    def _own(self, name: str, values: dict[str, _Changed]) -> None:
        mine = (_jobs.c.log_id == self.ledger.origin) & (_jobs.c.id == name)
        with writing(self.ledger.engine) as connection:
            done = connection.execute(
                update(_jobs).where(mine, _jobs.c.worker == self.worker).values(**values)
            )
        if done.rowcount != 1:
            raise JobLost

    def _make_room(self, connection: Connection, party: PartyId, now: int) -> None:
        """Let go of what is old, and of a party's oldest sheets beyond a number."""
        connection.execute(
            delete(_jobs).where(_jobs.c.log_id == self.ledger.origin, _jobs.c.made_ms < now - KEPT_MS)
        )
        mine = (_jobs.c.log_id == self.ledger.origin) & (_jobs.c.party == str(party))
        names = connection.execute(
            select(_jobs.c.id).where(mine).order_by(_jobs.c.made_ms.desc(), _jobs.c.id).offset(KEPT_MAX - 1)
        )
        old = [name for (name,) in names]
        connection.execute(delete(_jobs).where(mine, _jobs.c.id.in_(old)))

    def seal(self, name: str, what: str, content: bytes) -> bytes:
        """Bytes that nobody reads without the key file, bound to their row."""
        return self.ledger.accounts.office.vault.seal(content, purpose=self._purpose(name, what))

    def unseal(self, name: str, what: str, sealed: bytes) -> bytes:
        """The bytes again."""
        return self.ledger.accounts.office.vault.unseal(sealed, purpose=self._purpose(name, what))

    def _purpose(self, name: str, what: str) -> str:
        return f"{self.ledger.origin} sheet {name} {what}"
