"""Recorders that are wrong in one way each: the planted faults of the crash tests. `tests.support.appender` uses one where its order says so.

`early` answers when all is written and COMMIT has not been said; `deaf` takes a failure for a success; `unlocked` takes no lock before it asks
where the head stands.
"""

from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Literal, Protocol

import pytest
from sqlalchemy import event, text

from ledger import recorder as recording
from ledger.errors import LedgerFault
from ledger.recorder import Placed
from ledger.store.log_rows import read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from ledger.service import Ledger
    from ledger.statement import Statement

Wrong = Literal["", "early", "deaf", "unlocked"]


class Records(Protocol):
    """What a sender needs of a recorder."""

    def record(self, statements: Sequence[Statement], /) -> tuple[Placed, ...]: ...


def recorder_of(ledger: Ledger, wrong: Wrong) -> Records:
    """The ledger's recorder, or one that is wrong in this way. One sender may use it."""
    match wrong:
        case "early":
            return Early(ledger)
        case "deaf":
            return Deaf(ledger)
        case "unlocked":
            take_no_lock()
    return ledger.recorder


class Early:
    """Answers before COMMIT. Only the commit itself is left to be cut short, and not even an honest one would fail."""

    def __init__(self, ledger: Ledger) -> None:
        self._recorder = ledger.recorder
        self._written = SimpleQueue[int]()
        self._last = Thread()
        event.listen(ledger.engine, "commit", self._tell)

    def record(self, statements: Sequence[Statement], /) -> tuple[Placed, ...]:
        """Begin to record one statement; where it will stand if nothing comes between."""
        if self._last.ident is not None:
            self._last.join()
        self._last = Thread(target=self._recorder.record, args=(statements,))
        self._last.start()
        return (Placed(seq=self._written.get(), at_ms=0),)

    def _tell(self, connection: Connection) -> None:
        if connection.get_execution_options().get("suyuan_writes", False):
            self._written.put(int(connection.execute(text("SELECT max(seq) FROM entries")).scalar_one()))


class Deaf:
    """Answers as if there had been no failure."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def record(self, statements: Sequence[Statement], /) -> tuple[Placed, ...]:
        """Record one statement; where it stands, or would have stood."""
        try:
            return self._ledger.recorder.record(statements)
        except LedgerFault:
            return (Placed(seq=self._ledger.size(), at_ms=0),)


def take_no_lock() -> None:
    """From now on this process's recorder begins as a reader does, and writes as soon as it has something to write."""
    # Never undone: an appender ends with its order.
    patched = pytest.MonkeyPatch()
    patched.setattr(recording, "writing", _begun)
    patched.setattr(recording, "lock_head", read_head)


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    # On SQLite BEGIN, not BEGIN IMMEDIATE; on PostgreSQL the head row is read without FOR UPDATE.
    with engine.begin() as connection:
        yield connection
