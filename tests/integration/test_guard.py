"""The fork guard: never ahead of the database, one sync a commit, and an honest start is never refused."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from api.settings import Settings
from ledger.errors import LedgerFault
from ledger.log.checkpoint import open_checkpoint
from ledger.store.guard import (
    SLOT_BYTES,
    DatabaseBehind,
    DatabaseDiffers,
    GuardMissing,
    GuardUnreadable,
)
from tests.support.appender import Nursery, Order, check_all_there, numbered, nursery
from tests.support.soak import soak_seeds
from tests.support.stores import KINDS, Kind, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.store.guard import Guard, Guarded

ENDLESS = 1_000_000
#: Longer than a commit takes, so that every moment of one can be hit.
MOMENT_SECONDS = 0.05


def guarded(kind: Kind, folder: Path) -> Store:
    store = fresh_store(kind, folder / "data")
    store.guard = folder / "guard"
    return store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return guarded("sqlite", tmp_path)


def guard_of(ledger: Ledger) -> Guard:
    assert ledger.guard is not None
    return ledger.guard


def last_of(ledger: Ledger) -> Guarded:
    last = guard_of(ledger).last()
    assert last is not None
    return last


def torn(whole: bytes, slot: int) -> bytes:
    """The guard's file with some of one slot's bytes gone."""
    start = slot * SLOT_BYTES
    return whole[: start + 80] + bytes(512) + whole[start + 592 :]


def guarded_size(ledger: Ledger) -> int:
    """The size that the guard holds; its note is one that the log signed."""
    last = last_of(ledger)
    assert open_checkpoint(last.note, ledger.log_keys.all).checkpoint == last.checkpoint
    return int(last.checkpoint.size)


def say(ledger: Ledger, party: PartyId, *numbers: int) -> None:
    signer = ledger.custodial_signer(party)
    ledger.recorder.record([numbered(ledger.origin, signer, party, number) for number in numbers])


@pytest.mark.parametrize("kind", KINDS)
def test_the_guard_stands_where_the_log_stands_after_every_commit(kind: Kind, tmp_path: Path) -> None:
    store = guarded(kind, tmp_path)
    with store.create() as ledger:
        assert guarded_size(ledger) == 1
        party = trader(ledger)
        for number in range(1, 6):
            say(ledger, party, number, 100 + number)
            assert guarded_size(ledger) == ledger.size()
    with store.open() as ledger:
        ledger.check_guard()
        say(ledger, party, 200)
        assert guarded_size(ledger) == ledger.size() == 13


def test_a_commit_costs_one_sync_more_and_a_repeated_statement_none(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs: list[str] = []

    def counted(name: str, real: object) -> object:
        def call(handle: int) -> None:
            syncs.append(name)
            assert callable(real)
            real(handle)

        return call

    with store.create() as ledger:
        party = trader(ledger)
        # SQLite's own are not Python's.
        for name in ("fsync", "fdatasync"):
            monkeypatch.setattr(os, name, counted(name, getattr(os, name)))
        for number in range(1, 4):
            say(ledger, party, number)
        say(ledger, party, *range(10, 30))
        assert syncs == ["fdatasync"] * 4
        say(ledger, party, 1)
        assert syncs == ["fdatasync"] * 4


def test_a_guard_that_cannot_be_written_stops_the_answer_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between COMMIT and the guard looks the same: the entry is durable, and nobody was told."""
    with store.create() as ledger:
        party = trader(ledger)
        size, before = ledger.size(), guard_of(ledger).path.read_bytes()

        def broken(_handle: int) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", broken)
            with pytest.raises(GuardUnreadable, match="Input/output error"):
                say(ledger, party, 1)
        assert ledger.size() == size + 1
    # The slot was written and not synced: after a power cut it may or may not be there. Here it is not.
    guard_of(ledger).path.write_bytes(before)
    with store.open() as ledger:
        assert guarded_size(ledger) == size
        ledger.check_guard()
        assert guarded_size(ledger) == size + 1
        say(ledger, party, 1)
        assert ledger.size() == size + 1


def test_a_torn_slot_leaves_the_one_before_it(store: Store) -> None:
    with store.create() as ledger:
        party = trader(ledger)
        say(ledger, party, 1)
        path, size = guard_of(ledger).path, ledger.size()
        whole = path.read_bytes()
        newest = last_of(ledger).slot
    path.write_bytes(torn(whole, newest))
    with store.open() as ledger:
        assert guarded_size(ledger) == size - 1
        ledger.check_guard()
        assert guarded_size(ledger) == size


def test_a_damaged_slot_that_was_no_torn_write_stops_the_log(store: Store, tmp_path: Path) -> None:
    """A commit comes before its slot: beside a database that holds no more than the whole slot, the damaged one may have held the larger."""
    with store.create() as ledger:
        party = trader(ledger)
        say(ledger, party, 1)
    backup = shutil.copytree(store.folder, tmp_path / "backup")
    with store.open() as ledger:
        say(ledger, party, 2)
        path, size = guard_of(ledger).path, ledger.size()
        whole, newest = path.read_bytes(), last_of(ledger).slot
    older = whole[(1 - newest) * SLOT_BYTES :][:SLOT_BYTES]
    for damaged in (torn(whole, 1 - newest), bytes(2 * SLOT_BYTES), older, whole + b"x"):
        path.write_bytes(damaged)
        with store.open() as ledger:
            with pytest.raises(GuardUnreadable):
                ledger.check_guard()
            with pytest.raises(GuardUnreadable):
                say(ledger, party, 3)
            assert ledger.size() == size
    # Yesterday's database, and the slot that knows better is damaged: a second history would begin here.
    path.write_bytes(torn(whole, newest))
    shutil.rmtree(store.folder)
    shutil.copytree(backup, store.folder)
    with store.open() as ledger:
        assert guarded_size(ledger) == ledger.size() == size - 1
        with pytest.raises(GuardUnreadable):
            say(ledger, party, 3)
        assert ledger.size() == size - 1


def test_a_guard_that_is_gone_is_missed_and_a_log_that_never_had_one_gets_one(store: Store) -> None:
    folder = store.guard
    bare = replace(store, guard=None)
    with bare.create() as ledger:
        party = trader(ledger)
        assert ledger.guard is None
    with store.open() as ledger:
        say(ledger, party, 1)
        path = guard_of(ledger).path
        assert guarded_size(ledger) == ledger.size()
        path.unlink()
        # Even while the server runs.
        with pytest.raises(GuardMissing):
            say(ledger, party, 2)
        with pytest.raises(GuardMissing):
            say(ledger, party, 3)
    assert folder is not None
    shutil.rmtree(folder)
    with store.open() as ledger, pytest.raises(GuardMissing, match="suyuan recover"):
        ledger.check_guard()


def test_two_servers_of_one_log_share_a_guard(store: Store) -> None:
    with store.create() as one, store.open() as other:
        party = trader(one)
        for number in range(1, 5):
            say(one, party, number)
            say(other, party, 100 + number)
            assert guarded_size(one) == one.size() == 2 + 2 * number
        audited(one)


def test_two_databases_under_one_guard_do_not_go_on_side_by_side(store: Store, tmp_path: Path) -> None:
    with store.create() as ledger:
        party = trader(ledger)
    second = tmp_path / "second"
    shutil.copytree(store.folder, second)
    copy = replace(store, url=f"sqlite:///{second}/suyuan.db", folder=second)
    with store.open() as one, copy.open() as other:
        say(one, party, 1)
        # It signed one more before it could know; nobody is told, and it signs no second one.
        with pytest.raises(LedgerFault):
            say(other, party, 2)
        with pytest.raises((DatabaseBehind, DatabaseDiffers)):
            say(other, party, 3)
        say(one, party, 4)
        assert one.size() == 4
        assert other.size() <= 3


def test_the_guard_lies_outside_of_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUYUAN_GUARD", raising=False)
    assert Settings(data=tmp_path / "data").guard_path == tmp_path / ".suyuan-guard" / "data"
    with pytest.raises(ValueError, match="SUYUAN_GUARD"):
        Settings(data=tmp_path / "data", guard=tmp_path / "data" / "guard")
    assert Settings(data=tmp_path / "data", guard=tmp_path / "g").guard_path == tmp_path / "g"


def kill_and_go_on(
    store: Store, order: Order, acked_before: Sequence[int], nest: Nursery, random: Random
) -> int:
    """One kill; then the guard is not ahead of the database nor behind what was acknowledged, and the log goes on."""
    assert store.guard is not None
    with nest.start(order) as appender:
        appender.go()
        if acked_before:
            appender.hear(random.choice(acked_before))
            appender.hear_until(time.monotonic() + random.uniform(0, MOMENT_SECONDS))
            appender.kill()
        appender.hear_out()
    with store.open() as ledger:
        size = guarded_size(ledger)
        assert max((ack.seq for ack in appender.acks), default=-1) < size <= ledger.size()
        ledger.check_guard()
        check_all_there(ledger, appender.acks)
        (party,) = order.senders
        assert all(ack.party == party for ack in appender.acks)
        return len(appender.acks)


def order_for(store: Store, party: PartyId, first: int) -> Order:
    return Order(
        url=store.url,
        folder=str(store.folder),
        senders={str(party): first},
        count=ENDLESS,
        guard=str(store.guard),
    )


def test_a_kill_at_any_moment_leaves_a_guard_that_an_honest_start_passes(store: Store) -> None:
    random, first = Random(7), 1
    with store.create() as ledger:
        party = trader(ledger)
    for _ in range(2):
        acks = kill_and_go_on(store, order_for(store, party, first), (1, 2, 3), nursery(), random)
        # The one that was not answered may stand: the next process sends it again under the same number.
        first += acks


@pytest.mark.soak
@pytest.mark.system("strace")
def test_a_kill_at_any_sync_of_a_commit_leaves_a_guard_that_an_honest_start_passes(tmp_path: Path) -> None:
    """The kernel kills at the n-th sync: at the database's own, and at the guard's, which comes behind it."""
    for seed in soak_seeds("kills-at-a-guard", 20):
        with ExitStack() as closing:
            killing = f"inject=fdatasync:signal=KILL:when={1 + seed}"
            nest = Nursery(["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", killing])
            closing.callback(nest.close)
            store = guarded("sqlite", tmp_path / str(seed))
            with store.create() as ledger:
                party = trader(ledger)
            kill_and_go_on(store, order_for(store, party, 1), (), nest, Random(seed))
