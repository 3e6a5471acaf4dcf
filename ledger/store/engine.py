"""Opening the database so that what it says is stored is stored.

SQLite: write-ahead log, `synchronous=FULL`, `BEGIN IMMEDIATE` for writers, and a library without the WAL-reset bug.
PostgreSQL: READ COMMITTED with the head row locked, and the settings that make a commit durable; anything less is refused at start.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool
from sqlmodel import SQLModel

from ledger.errors import LedgerFault
from ledger.store import tables
from ledger.store.sql import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

#: sqlite.org: two connections could corrupt a write-ahead log in 3.7.0 to 3.51.2. Before 3.7.0 there was none to use.
SQLITE_MIN: Final = (3, 51, 3)
BUSY_SECONDS: Final = 30
#: Connections kept open for whoever comes next; the one that was used last comes first, for it remembers most. One more is made whenever all
#: are in use: whoever reads one thing and asks for another holds two, and if he had to wait for the second, a crowd of such could wait for
#: each other. The server's forty threads are the bound. A connection of SQLite costs a file handle and what it remembers, one of PostgreSQL
#: a process of the database server.
CONNECTIONS_KEPT: Final = {"sqlite": 40, "postgresql": 20}
#: Each connection is told these and asked again: SQLite does not refuse a setting, it keeps the one it has.
PRAGMAS: Final = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "secure_delete": 1,
    "recursive_triggers": 1,
}

#: Rows of these tables are never changed or removed. The database refuses too, in case we forget.
NEVER_CHANGED: Final = ("entries", "checkpoints")
#: Rows of these may change (the right edge, an erasure), never go.
NEVER_REMOVED: Final = ("envelopes", "items", "tiles", "heads")


class UnsafeStore(LedgerFault):
    """The database would lose or corrupt what it acknowledged. Nothing was opened."""


def open_engine(url: str) -> Engine:
    """An engine whose commits are durable, or `UnsafeStore`."""
    return _open_sqlite(url) if make_url(url).get_backend_name() == "sqlite" else _open_postgresql(url)


def folder_of(engine: Engine) -> Path | None:
    """Where a SQLite database lies; None for a server that looks after its own disk, and for a database in memory."""
    named = engine.url.database
    return Path(named).absolute().parent if engine.dialect.name == "sqlite" and named else None


def create_tables(engine: Engine, *, app_role: str | None = None) -> None:
    """Make the tables and their guards where they do not exist yet. On PostgreSQL `app_role` is granted what the recorder needs."""
    # One question for all of them: a ledger that is opened nearly always has every one.
    standing = set(inspect(engine).get_table_names())
    missing = [SQLModel.metadata.tables[name] for name in _NAMES if name not in standing]
    if missing:
        SQLModel.metadata.create_all(engine, tables=missing)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            _guard_sqlite(connection)
        elif app_role is not None:
            _guard_postgresql(connection, app_role)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write. It takes the writer's place at once, so it never fails half-way for want of it."""
    with engine.connect().execution_options(suyuan_writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One transaction that only reads and sees one state of the log throughout."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


_NAMES: Final = tables.BOUND + tables.DERIVED + tables.MUTABLE


def check_sqlite_version(version: tuple[int, ...]) -> None:
    """Refuse a library whose write-ahead log can corrupt itself, or that has none."""
    if version < SQLITE_MIN:
        shown = ".".join(map(str, version))
        message = (
            f"SQLite {shown} has the WAL-reset bug (3.7.0 to 3.51.2) or no WAL, expected 3.51.3 or later"
        )
        raise UnsafeStore(message)


def _open_sqlite(url: str) -> Engine:
    check_sqlite_version(sqlite.sqlite_version_info)
    engine = create_engine(
        url,
        module=sqlite,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=CONNECTIONS_KEPT["sqlite"],
        max_overflow=-1,
        pool_use_lifo=True,
        # Errors end in logs; what people recorded does not belong there.
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite.Connection, _record: object) -> None:
        # The driver must not open transactions of its own: `BEGIN IMMEDIATE` is ours to say.
        connection.isolation_level = None
        for name, wanted in PRAGMAS.items():
            connection.execute(f"PRAGMA {name}={wanted}")
            (came,) = connection.execute(f"PRAGMA {name}").fetchone()
            if came != wanted:
                connection.close()
                message = f"SQLite {name} is {came}, expected {wanted}"
                raise UnsafeStore(message)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("suyuan_writes", False)
        say(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _open_postgresql(url: str) -> Engine:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_size=CONNECTIONS_KEPT["postgresql"],
        max_overflow=-1,
        pool_use_lifo=True,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            _check_postgresql(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _check_postgresql(connection: Connection) -> None:
    """Refuse a server whose commits a power cut or a failover could take back."""
    replicas = _replicas(connection)
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        value = connection.execute(text(f"SHOW {setting}")).scalar_one()
        # Only `synchronous_commit` can be `local`: on this server's disk and no other. Without others that is all.
        if value == "off" or (value == "local" and replicas):
            message = f"PostgreSQL {setting} is {value}, expected on: acknowledged entries could be lost"
            raise UnsafeStore(message)
    if replicas and not connection.execute(text("SHOW synchronous_standby_names")).scalar_one():
        message = "PostgreSQL has asynchronous replicas only, expected synchronous_standby_names: a failover would fork the log"
        raise UnsafeStore(message)


def _replicas(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM pg_stat_replication")).scalar_one())


def _guard_sqlite(connection: Connection) -> None:
    for table in NEVER_CHANGED:
        say(
            connection,
            f"CREATE TRIGGER IF NOT EXISTS {table}_never_changed BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END",
        )
    for table in NEVER_CHANGED + NEVER_REMOVED:
        say(
            connection,
            f"CREATE TRIGGER IF NOT EXISTS {table}_never_removed BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are never removed'); END",
        )


def _guard_postgresql(connection: Connection, app_role: str) -> None:
    role = connection.dialect.identifier_preparer.quote(app_role)
    for table in _NAMES:
        connection.execute(text(f"REVOKE ALL ON {table} FROM PUBLIC"))
        connection.execute(text(f"REVOKE ALL ON {table} FROM {role}"))
        rights = "SELECT, INSERT"
        if table not in NEVER_CHANGED:
            rights += ", UPDATE"
        if table in tables.DERIVED + tables.MUTABLE:
            rights += ", DELETE"
        connection.execute(text(f"GRANT {rights} ON {table} TO {role}"))
