"""Which statements were met before, on disk: an auditor of a million statements remembers each of them without holding them in memory."""

from __future__ import annotations

from contextlib import closing
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Self

import pysqlite3.dbapi2 as sqlite

if TYPE_CHECKING:
    from types import TracebackType

#: Pages held in memory, in KiB.
_CACHE_KIB: Final = 8 * 1024


class Seen:
    """Where each statement was met: a file that goes when the work is done. Nothing in it must outlast a power cut."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="suyuan-audit-")
        self._database = sqlite.connect(f"{self._folder.name}/seen.db")
        for pragma in ("journal_mode=off", "synchronous=off", f"cache_size=-{_CACHE_KIB}"):
            with closing(self._database.execute(f"PRAGMA {pragma}")):
                pass
        # Ids begin with a time: by id first, what comes next is written beside what came last.
        self._database.execute(
            "CREATE TABLE seen (statement TEXT, issuer TEXT, seq INTEGER, PRIMARY KEY (statement, issuer)) WITHOUT ROWID"
        )
        self._met = self._database.cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def before(self, issuer: str, statement: str, *, at: int) -> int | None:
        """Where it was met before; None where this is the first time, and from now on it was met here."""
        self._met.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (statement, issuer, at))
        if self._met.rowcount:
            return None
        row = self._database.execute(
            "SELECT seq FROM seen WHERE statement = ? AND issuer = ?", (statement, issuer)
        ).fetchone()
        return int(row[0])
