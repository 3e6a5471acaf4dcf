"""The disk fills up in the middle of a commit, or is nearly full before one, and later there is room again.

Nobody is told that something was recorded which was not, nothing half-written shows, what was acknowledged can still be read, and with
room the same statement is recorded, once.
"""

from __future__ import annotations

import os
import re
import resource
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import create_engine, event, text

from ledger import recorder as recording
from ledger.audit import AuditFailed
from ledger.errors import LedgerFault
from ledger.room import FREE_BYTES_MIN, DiskNearlyFull, Room
from ledger.store.engine import folder_of
from ledger.store.log_rows import write_entries
from tests.support.appender import Order, check_all_there, numbered, nursery
from tests.support.pdfs import pdf
from tests.support.server import Clock, enrol_party, make_ledger, open_client
from tests.support.stores import audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import httpx
    from sqlalchemy import Connection, Engine

    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.store.page import Waiting
    from tests.support.appender import Appender, Heard
    from tests.support.stores import Store

#: Bytes that the write-ahead log may still grow: not one, a page's head, some pages, nearly a commit.
ROOMS: Final = (0, 24, 6_000, 60_000)
GROUP: Final = 8


def test_a_commit_that_outgrows_the_disk_is_refused_and_recorded_when_there_is_room(tmp_path: Path) -> None:
    store, order, size = begun(tmp_path)
    with nursery().start(order) as appender:
        appender.go()
        for room in ROOMS:
            full = fill_up(appender, store, room)
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


def test_a_recorder_that_acknowledges_on_a_full_disk_is_found_out(tmp_path: Path) -> None:
    """The planted fault: it goes on as if nothing were, and is believed until somebody looks."""
    store, order, _size = begun(tmp_path)
    with nursery().start(replace(order, count=60, wrong="deaf")) as appender:
        appender.go()
        appender.hear(1)
        limit_files(appender.pid, wal_of(store).stat().st_size + ROOMS[-1])
        appender.hear_out()
    assert (len(appender.acks), appender.faults) == (60, [])
    with store.open() as ledger, pytest.raises(AssertionError, match="not where their senders were told"):
        check_all_there(ledger, appender.acks)


def begun(folder: Path) -> tuple[Store, Order, int]:
    """A log, an order for one sender who goes on and on, and its size."""
    store = fresh_store("sqlite", folder)
    with store.create() as ledger:
        party, size = trader(ledger), ledger.size()
    return store, Order(store.url, str(store.folder), {str(party): 1}, 1_000_000), size


def fill_up(appender: Appender, store: Store, room: int) -> Heard:
    """Leave so much room for the appender's write-ahead log, and wait until it is used up; what is said then."""
    appender.hear(1)
    limit_files(appender.pid, wal_of(store).stat().st_size + room)
    while (full := appender.hear_one()).kind == "ack":
        pass
    return full


def wal_of(store: Store) -> Path:
    return store.folder / "suyuan.db-wal"


def limit_files(pid: int, size_max: int) -> None:
    """No file that this process writes may grow beyond so many bytes: to it, the disk is full."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_max, resource.RLIM_INFINITY))


def test_a_database_without_room_for_a_group_takes_none_of_it(tmp_path: Path) -> None:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        party, failed_at = trader(ledger), set()
        signer = ledger.custodial_signer(party)
        for room in range(0, 6, 2):
            size = ledger.size()
            group = [numbered(ledger.origin, signer, party, room * GROUP + n) for n in range(GROUP)]
            failed_at.add(fill_database(ledger, group, room))
            placed = ledger.recorder.record(group)
            assert [(one.seq, one.again) for one in placed] == [(size + n, False) for n in range(GROUP)]
        audited(ledger)
    assert len(failed_at) > 1, "it always failed at the same place"


def fill_database(ledger: Ledger, group: list[Statement], room: int) -> str:
    """A group for which there is no room in the database leaves the log as it was. At which table it failed."""
    size, checkpoint = ledger.size(), ledger.checkpoint()
    with (
        room_for_pages(ledger.engine, room),
        pytest.raises(LedgerFault, match="database or disk is full") as caught,
    ):
        ledger.recorder.record(group)
    assert (ledger.size(), ledger.checkpoint()) == (size, checkpoint)
    audited(ledger)
    return "".join(re.findall(r"INSERT INTO (\w+)", str(caught.value)))


def test_a_recorder_that_commits_by_halves_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: entries are committed before all that belongs to them is written."""

    def halves(connection: Connection, log_id: str, waiting: Sequence[Waiting]) -> None:
        write_entries(connection, log_id, waiting)
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    monkeypatch.setattr(recording, "write_entries", halves)
    with fresh_store("sqlite", tmp_path).create() as ledger:
        party = trader(ledger)
        signer = ledger.custodial_signer(party)
        group = [numbered(ledger.origin, signer, party, number) for number in range(GROUP)]
        with pytest.raises(AuditFailed):
            fill_database(ledger, group, 4)


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


def test_a_server_whose_disk_is_nearly_full_reads_on_and_records_again_when_there_is_room(
    tmp_path: Path,
) -> None:
    free = FREE_BYTES_MIN
    with make_ledger(tmp_path, Clock()) as ledger, open_client(ledger) as client:
        ledger.recorder.room = ledger.evidence.room = Room(lambda: free)
        co_op = enrol_party(ledger, "合作社（演示）")

        def sent(number: str) -> httpx.Response:
            body = {"holder": str(co_op), "licence_kind": "营业执照", "number": number}
            return client.post("/api/v1/licences", json=body, key=co_op.key)

        def uploaded() -> httpx.Response:
            headers = {"content-type": "application/pdf"}
            return client.send("POST", "/api/v1/evidence", content=pdf(), key=co_op.key, headers=headers)

        assert sent("1").status_code == uploaded().status_code == 201
        checkpoint = client.get("/log/checkpoint").content
        free = FREE_BYTES_MIN - 1
        for refused in (sent("2"), uploaded()):
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "60")
            assert refused.json()["type"].endswith("#DiskNearlyFull")
        assert client.get("/log/checkpoint").content == checkpoint
        assert client.get("/healthz").status_code == 200
        audited(ledger)
        free = FREE_BYTES_MIN
        assert sent("2").status_code == uploaded().status_code == 201
        assert client.get("/log/checkpoint").content != checkpoint


def test_the_disk_that_is_asked_is_the_one_below_the_database(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    with fresh_store("sqlite", tmp_path).create() as ledger:
        for room in (ledger.recorder.room, Room.under(tmp_path / "not" / "yet" / "made")):
            assert room.free_bytes is not None
            # Others write to it at the same time.
            assert room.free_bytes() == pytest.approx(disk.f_bavail * disk.f_frsize, rel=0.5)
            room.check()
            with pytest.raises(DiskNearlyFull, match="are free on the disk, expected at least"):
                replace(room, free_bytes_min=disk.f_blocks * disk.f_frsize + 1).check()


def test_a_disk_that_is_not_ours_to_know_is_not_asked() -> None:
    Room.under(None).check()
    assert folder_of(create_engine("postgresql+psycopg://db.example/suyuan")) is None
    assert folder_of(create_engine("sqlite://", module=sqlite)) is None
