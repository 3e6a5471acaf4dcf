"""The disk fills up in the middle of a commit, and later there is room again.

Nobody is told that something was recorded which was not, nothing half-written shows, what was acknowledged can still be read, and with
room the same statement is recorded, once.
"""

from __future__ import annotations

import re
import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import event, text

from ledger.errors import LedgerFault
from tests.support.appender import Order, check_all_there, numbered, nursery
from tests.support.stores import audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pysqlite3.dbapi2 as sqlite
    from sqlalchemy import Engine

#: Bytes that the write-ahead log may still grow: not one, a page's head, some pages, nearly a commit.
ROOMS: Final = (0, 24, 6_000, 60_000)
GROUP: Final = 8


def test_a_commit_that_outgrows_the_disk_is_refused_and_recorded_when_there_is_room(tmp_path: Path) -> None:
    store = fresh_store("sqlite", tmp_path)
    with store.create() as ledger:
        party, size = trader(ledger), ledger.size()
    wal = Path(f"{store.folder}/suyuan.db-wal")
    order = Order(url=store.url, folder=str(store.folder), senders={str(party): 1}, count=1_000_000)
    with nursery().start(order) as appender:
        appender.go()
        for room in ROOMS:
            appender.hear(1)
            limit_files(appender.pid, wal.stat().st_size + room)
            while (full := appender.hear_one()).kind == "ack":
                pass
            assert full.fault == "LedgerFault"
            # Others read on while the disk is full, and see no part of what failed.
            with store.open() as ledger:
                assert check_all_there(ledger, appender.acks).entries == size + len(appender.acks)
            limit_files(appender.pid, resource.RLIM_INFINITY)
            appender.go()
            mended = appender.hear_one()
            assert (mended.kind, mended.number, mended.again) == ("ack", full.number, False)
        appender.kill()
        appender.hear_out()
    with store.open() as ledger:
        check_all_there(ledger, appender.acks)


def limit_files(pid: int, size_max: int) -> None:
    """No file that this process writes may grow beyond so many bytes: to it, the disk is full."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_max, resource.RLIM_INFINITY))


def test_a_database_without_room_for_a_group_takes_none_of_it(tmp_path: Path) -> None:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        party, failed_at = trader(ledger), set()
        signer = ledger.custodial_signer(party)
        for room in range(0, 6, 2):
            size, checkpoint = ledger.size(), ledger.checkpoint()
            group = [numbered(ledger.origin, signer, party, room * GROUP + n) for n in range(GROUP)]
            with (
                room_for_pages(ledger.engine, room),
                pytest.raises(LedgerFault, match="database or disk is full") as caught,
            ):
                ledger.recorder.record(group)
            failed_at.add("".join(re.findall(r"INSERT INTO (\w+)", str(caught.value))))
            assert (ledger.size(), ledger.checkpoint()) == (size, checkpoint)
            audited(ledger)
            placed = ledger.recorder.record(group)
            assert [(one.seq, one.again) for one in placed] == [(size + n, False) for n in range(GROUP)]
        audited(ledger)
    assert len(failed_at) > 1, "it always failed at the same place"


@contextmanager
def room_for_pages(engine: Engine, pages: int) -> Iterator[None]:
    """The database may grow by so many pages and no more."""
    with engine.connect() as connection:
        pages_max = pages + int(connection.execute(text("PRAGMA page_count")).scalar_one())

    def limit(connection: sqlite.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages_max}")

    event.listen(engine, "checkout", limit)
    try:
        yield
    finally:
        event.remove(engine, "checkout", limit)
        # A connection keeps its limit; new ones have none.
        engine.dispose()
