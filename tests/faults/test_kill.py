"""What was acknowledged outlives the process that acknowledged it, and the connection it was written through.

A kill tests what the kernel holds, not what the disk holds: with SQLite's `synchronous=OFF` nothing here would fail. That a commit waits
for the disk is `test_sync.py`'s.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from tests.support.appender import Nursery, Order, check_all_there, numbered, nursery
from tests.support.soak import soak_seeds
from tests.support.stores import KINDS, Kind, Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.identifiers import PartyId
    from tests.support.appender import Appender, Heard

#: More than an appender can send before it is killed.
ENDLESS = 1_000_000
KILLS_A_STORY = 5
#: Longer than a commit takes, so that every moment of one can be hit.
MOMENT_SECONDS = 0.05
FAULTS = 5
TERMINATIONS_MAX = 500


@dataclass(slots=True)
class Story:
    """A ledger whose two senders know only what was acknowledged."""

    store: Store
    #: The number that each sender's next statement will have.
    next: dict[PartyId, int]
    size: int

    @classmethod
    def begin(cls, kind: Kind, folder: Path) -> Story:
        store = fresh_store(kind, folder)
        with store.create() as ledger:
            senders = [trader(ledger), trader(ledger)]
            return cls(store, dict.fromkeys(senders, 1), ledger.size())

    def order(self, *, only: Sequence[PartyId] = (), count: int = ENDLESS) -> Order:
        senders = {str(party): number for party, number in self.next.items() if not only or party in only}
        return Order(url=self.store.url, folder=str(self.store.folder), senders=senders, count=count)

    def go_on(self, acks: Sequence[Heard]) -> None:
        """All that was acknowledged is there. Each sender sends again what it got no answer for, and then it stands once."""
        with self.store.open() as ledger:
            check_all_there(ledger, acks)
            for party, first in self.next.items():
                acked = [ack.number for ack in acks if ack.party == str(party)]
                assert acked == list(range(first, first + len(acked)))
                unanswered = numbered(
                    ledger.origin, ledger.custodial_signer(party), party, first + len(acked)
                )
                (placed,) = ledger.recorder.record([unanswered])
                (again,) = ledger.recorder.record([unanswered])
                assert (again.seq, again.again) == (placed.seq, True)
                self.next[party] += len(acked) + 1
            # What was acknowledged, one more for each sender, and nothing besides.
            self.size += len(acks) + len(self.next)
            assert check_all_there(ledger, acks).entries == self.size


def kill(story: Story, random: Random, nest: Nursery) -> None:
    """One appender killed at a random moment, some acknowledgements after its first."""
    with nest.start(story.order()) as appender:
        appender.go()
        appender.hear(random.randrange(1, 4))
        appender.hear_until(time.monotonic() + random.uniform(0, MOMENT_SECONDS))
        appender.kill()
        appender.hear_out()
    story.go_on(appender.acks)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_acknowledged_is_there_after_a_kill_and_the_log_goes_on(kind: Kind, tmp_path: Path) -> None:
    story, random = Story.begin(kind, tmp_path), Random(1)
    for _ in range(3):
        kill(story, random, nursery())


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    for seed in soak_seeds("kills", 200 // KILLS_A_STORY):
        story, random = Story.begin("sqlite", tmp_path / str(seed)), Random(seed)
        for _ in range(KILLS_A_STORY):
            kill(story, random, nursery())


@pytest.mark.soak
@pytest.mark.postgres
def test_fifty_kills_lose_nothing_on_postgresql(tmp_path: Path) -> None:
    for seed in soak_seeds("kills-postgresql", 50 // KILLS_A_STORY):
        story, random = Story.begin("postgresql", tmp_path / str(seed)), Random(seed)
        for _ in range(KILLS_A_STORY):
            kill(story, random, nursery())


@pytest.mark.soak
@pytest.mark.system("strace")
def test_a_kill_at_any_write_of_a_commit_loses_nothing(tmp_path: Path) -> None:
    """Random moments seldom fall between two writes of one commit. Here the kernel kills at the n-th."""
    for seed in soak_seeds("kills-at-a-write", 60):
        # Opening writes to the shared-memory file 8 times; a commit of one statement writes some 20 pages, each in two parts.
        # 23 and 60 have no common divisor: all places come, and the first few lie far apart.
        killing = f"inject=pwrite64:signal=KILL:when={9 + seed * 23 % 60}"
        nest = Nursery(["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", killing])
        story = Story.begin("sqlite", tmp_path / str(seed))
        with nest.start(story.order()) as appender:
            appender.go()
            appender.hear_out()
        nest.close()
        story.go_on(appender.acks)


@pytest.mark.parametrize("kind", KINDS)
def test_two_appenders_at_once_leave_no_gap_and_no_fork(kind: Kind, tmp_path: Path) -> None:
    story, count = Story.begin(kind, tmp_path), 12
    with ExitStack() as both:
        appenders = [
            both.enter_context(nursery().start(story.order(only=[party], count=count)))
            for party in story.next
        ]
        for appender in appenders:
            appender.go()
        for appender in appenders:
            appender.hear_out()
    acks = [ack for appender in appenders for ack in appender.acks]
    assert [heard for appender in appenders for heard in appender.faults] == []
    assert sorted(ack.seq for ack in acks) == list(range(story.size, story.size + 2 * count))
    story.go_on(acks)


@pytest.mark.postgres
def test_a_terminated_connection_loses_nothing_and_the_next_one_goes_on(tmp_path: Path) -> None:
    story, random = Story.begin("postgresql", tmp_path), Random(1)
    with nursery().start(story.order()) as appender:
        appender.go()
        appender.hear(1)
        terminate_until_it_hurts(appender, story.store.url, random)
        appender.kill()
        appender.hear_out()
    # A fault of the connection, not of the sender: it is told so by name, and may send the same statement again.
    assert {heard.fault for heard in appender.faults} == {"LedgerFault"}
    story.go_on(appender.acks)


def terminate_until_it_hurts(appender: Appender, url: str, random: Random) -> None:
    """Cut the appender's connections at random moments, until some cuts fell into commits."""
    engine, gone_on = create_engine(url), 0
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(TERMINATIONS_MAX):
        with engine.begin() as connection:
            connection.execute(others)
        appender.hear(1)
        appender.hear_until(time.monotonic() + random.uniform(0, MOMENT_SECONDS))
        while gone_on < len(appender.faults):
            appender.go()
            gone_on += 1
        if gone_on >= FAULTS:
            break
    engine.dispose()
    assert gone_on >= FAULTS
    appender.hear(1)
