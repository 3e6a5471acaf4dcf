"""What was acknowledged outlives the process that acknowledged it, and the connection it was written through.

A kill tests what the kernel holds, not what the disk holds: with SQLite's `synchronous=OFF` nothing here would fail. That a commit waits
for the disk is `test_sync.py`'s, what a power cut leaves `test_power_loss.py`'s; processes that write at once are `test_writers.py`'s.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from tests.support.appender import Heard, Nursery, Order, check_all_there, check_each_there, numbered, nursery
from tests.support.soak import soak_scale, soak_seeds
from tests.support.stores import KINDS, Kind, Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.identifiers import PartyId
    from tests.support.appender import Appender
    from tests.support.wrong import Wrong

#: More than an appender can send before it is killed.
ENDLESS = 1_000_000
#: Kills of one appender after another. In between nothing looks: what was lost stays lost.
KILLS_A_ROW = 20
#: Longer than a commit takes. How long it takes here and now is measured where that is easy (`Story.moment`).
MOMENT_SECONDS = 0.05
#: In so many rows a wrong appender is found out, however lucky it is: one kill in ten finds it.
ROWS_MAX = 10
FAULTS = 5
TERMINATIONS_MAX = 500


@dataclass(slots=True)
class Story:
    """A ledger whose two senders know only what was acknowledged."""

    store: Store
    #: The number that each sender's next statement will have.
    next: dict[PartyId, int]
    size: int
    #: How long the first commit of the last appender took. Those after a process's first take less: any moment of one can be hit.
    moment: float = MOMENT_SECONDS

    @classmethod
    def begin(cls, kind: Kind, folder: Path) -> Story:
        store = fresh_store(kind, folder)
        with store.create() as ledger:
            senders = [trader(ledger), trader(ledger)]
            return cls(store, dict.fromkeys(senders, 1), ledger.size())

    def order(self, *, only: Sequence[PartyId] = (), wrong: Wrong = "") -> Order:
        senders = {str(party): number for party, number in self.next.items() if not only or party in only}
        return Order(self.store.url, str(self.store.folder), senders, ENDLESS, wrong=wrong)

    def go_on(self, acks: Sequence[Heard]) -> None:
        """All that was acknowledged is there. Each sender sends again what it got no answer for, and then it stands once."""
        with self.store.open() as ledger:
            # The whole audit comes once, at the end: entries do not change, so what is wrong here is wrong there.
            check_each_there(ledger, acks)
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


def kill(story: Story, random: Random, order: Order, *, acks: int) -> list[Heard]:
    """What one appender acknowledged that was killed at a random moment after so many acknowledgements."""
    with nursery().start(order) as appender:
        begun = time.monotonic()
        appender.go()
        if acks:
            appender.hear(1)
            story.moment = time.monotonic() - begun
            appender.hear(acks - 1)
        appender.hear_until(time.monotonic() + random.uniform(0, story.moment))
        appender.kill()
        appender.hear_out()
    return appender.acks


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_acknowledged_is_there_after_a_kill_and_the_log_goes_on(kind: Kind, tmp_path: Path) -> None:
    story, random = Story.begin(kind, tmp_path), Random(1)
    for _ in range(3):
        story.go_on(kill(story, random, story.order(), acks=random.randrange(1, 4)))


def kill_in_a_row(story: Story, random: Random, *, only: Sequence[PartyId] = (), wrong: Wrong = "") -> None:
    """Appenders killed one after the other; each begins with what the one before got no answer for. Then all is looked at."""
    acks, begun = list[Heard](), dict(story.next)
    for _ in range(KILLS_A_ROW):
        acked = kill(story, random, story.order(only=only, wrong=wrong), acks=random.randrange(3))
        acks += acked
        for party in story.next:
            story.next[party] += sum(ack.party == str(party) for ack in acked)
    story.next = begun
    story.go_on(acks)


def kill_until_lost(story: Story, sender: PartyId) -> None:
    random = Random(1)
    for _ in range(ROWS_MAX):
        kill_in_a_row(story, random, only=[sender], wrong="early")


def test_an_appender_that_acknowledges_before_its_commit_is_found_out(tmp_path: Path) -> None:
    """The planted fault: the same kills, of a recorder that answers when all is written and nothing is committed."""
    story = Story.begin("sqlite", tmp_path)
    with pytest.raises(AssertionError, match="not where their senders were told"):
        kill_until_lost(story, next(iter(story.next)))


@pytest.mark.soak
def test_twenty_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    # A check takes a twentieth, a thousand kills.
    kills = 20_000 if soak_scale() == 1 else 10_000
    for seed in soak_seeds("kills", kills // KILLS_A_ROW):
        kill_in_a_row(Story.begin("sqlite", tmp_path / str(seed)), Random(seed))
        # A thousand logs would fill a small disk.
        shutil.rmtree(tmp_path / str(seed))


@pytest.mark.soak
@pytest.mark.postgres
def test_five_hundred_kills_lose_nothing_on_postgresql(tmp_path: Path) -> None:
    for seed in soak_seeds("kills-postgresql", 500 // KILLS_A_ROW):
        kill_in_a_row(Story.begin("postgresql", tmp_path / str(seed)), Random(seed))


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
        # The server's own workers tidy up when they like, and are nobody's to end.
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
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
