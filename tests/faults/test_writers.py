"""Several processes record in one log at once, as several servers on one database do: one line of entries, no fork, no gap, no error.

Nothing outside of the database keeps them apart.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.support.appender import Heard, Order, check_all_there, nursery
from tests.support.soak import soak_seeds
from tests.support.stores import KINDS, Kind, Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.identifiers import PartyId
    from tests.support.wrong import Wrong

WRITERS = 8
#: Of each writer.
STATEMENTS = 100


@dataclass(frozen=True, slots=True)
class Heads:
    """A log and those who write in it."""

    store: Store
    writers: list[PartyId]
    size: int

    @classmethod
    def begin(cls, kind: Kind, folder: Path, *, writers: int) -> Heads:
        store = fresh_store(kind, folder)
        with store.create() as ledger:
            parties = [trader(ledger) for _ in range(writers)]
            return cls(store, parties, ledger.size())

    def orders(self, *, count: int, wrong: Wrong = "") -> list[Order]:
        url, folder = self.store.url, str(self.store.folder)
        return [Order(url, folder, {str(party): 1}, count, wrong=wrong) for party in self.writers]

    def check(self, heard: Sequence[Heard]) -> None:
        """Nobody met an error, the places that were told are one line, and the log is that line."""
        faults = [one for one in heard if one.kind == "fault"]
        assert faults == [], f"{len(faults)} faults"
        told = sorted(one.seq for one in heard)
        assert told == list(range(self.size, self.size + len(told))), "a fork or a gap"
        with self.store.open() as ledger:
            assert check_all_there(ledger, heard).entries == self.size + len(told)


def write_at_once(orders: Sequence[Order]) -> list[Heard]:
    """What the appenders of these orders said, each until it was through or met an error."""
    with ExitStack() as closing:
        appenders = [closing.enter_context(nursery().start(order)) for order in orders]
        for appender in appenders:
            appender.go()
        for appender, order in zip(appenders, orders, strict=True):
            while len(appender.acks) < order.count and not appender.faults:
                appender.hear_one()
        return [one for appender in appenders for one in (*appender.acks, *appender.faults)]


@pytest.mark.parametrize("kind", KINDS)
def test_writers_at_once_leave_no_gap_and_no_fork(kind: Kind, tmp_path: Path) -> None:
    log = Heads.begin(kind, tmp_path, writers=3)
    log.check(write_at_once(log.orders(count=12)))


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_eight_thousand_statements_of_eight_writers_leave_no_gap_and_no_fork(
    kind: Kind, tmp_path: Path
) -> None:
    for seed in soak_seeds(f"writers on {kind}", 8_000 // (WRITERS * STATEMENTS)):
        log = Heads.begin(kind, tmp_path / str(seed), writers=WRITERS)
        log.check(write_at_once(log.orders(count=STATEMENTS)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_of_the_database_that_goes_on_beside_it_is_found_out(kind: Kind, tmp_path: Path) -> None:
    """The planted fault: no lock and no key stands between two writers, as after a failover that did not stop the first server."""
    log = Heads.begin(kind, tmp_path / "one", writers=2)
    copy = copy_of(log.store, tmp_path / "other")
    mine, theirs = log.orders(count=12)
    heard = write_at_once([mine, replace(theirs, url=copy.url, folder=str(copy.folder))])
    with pytest.raises(AssertionError, match="a fork or a gap"):
        log.check(heard)


def copy_of(store: Store, folder: Path) -> Store:
    """The same log once more, with the same keys."""
    shutil.copytree(store.folder, folder)
    url = make_url(store.url)
    if url.get_backend_name() == "sqlite":
        return Store(url=f"sqlite:///{folder}/suyuan.db", folder=folder)
    name = f"{url.database}_copy"
    owner = url.set(database="postgres", username="postgres")
    engine = create_engine(owner, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {url.database}"))
    engine.dispose()
    return Store(url=url.set(database=name).render_as_string(hide_password=False), folder=folder)


@pytest.mark.parametrize("kind", KINDS)
def test_writers_without_the_lock_are_found_out_and_even_they_fork_nothing(
    kind: Kind, tmp_path: Path
) -> None:
    """The other planted fault: without the lock they get into each other's way, and the keys of the tables keep the log whole."""
    log = Heads.begin(kind, tmp_path, writers=2)
    heard = write_at_once(log.orders(count=25, wrong="unlocked"))
    with pytest.raises(AssertionError, match="faults"):
        log.check(heard)
    log.check([one for one in heard if one.kind == "ack"])
