"""The disk fails at any one call, or again and again: nothing is acknowledged that is not there, and what failed can be sent again.

A preloaded library (`disk.c`) fails the n-th write, sync or opening of the database's files. SQLite takes back what it had begun; where
nobody can tell whether a commit took hold, the sender is told of a fault and sends again, and the statement stands once.
"""

from __future__ import annotations

import errno
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.support.appender import Heard, Order, check_all_there
from tests.support.disk import Disk, Failing
from tests.support.soak import soak_seeds
from tests.support.stores import fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.stores import Store

pytestmark = pytest.mark.system("gcc")

STATEMENTS = 10
RUNS_A_STORY = 8
#: Ten commits make some 400 writes and 11 syncs.
PLACES = {"write": 400, "sync": 11, "open": 4}
#: What fails more often than one commit needs it never lets one through. These have no divisor in common with what a commit needs.
EVERY = {"write": 131, "sync": 7, "open": 7}
FAULTS_MAX = 100


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    one = Disk(tmp_path_factory.mktemp("disk"))
    yield one
    one.close()


def failing(random: Random) -> list[Failing]:
    """One kind of call that fails once, or again and again."""
    call = random.choice(sorted(PLACES))
    every, error = random.choice((0, EVERY[call])), random.choice((errno.EIO, errno.ENOSPC, errno.EDQUOT))
    chosen = Failing(call, random.randint(1, PLACES[call]), every, error)
    if call != "open":
        return [chosen]
    # Files are opened again after something failed, and not before.
    return [Failing("sync", 2, EVERY["sync"], errno.EIO), chosen]


def one_sender(store: Store) -> Order:
    """Ten statements of a sender who is new."""
    with store.open() as ledger:
        return Order(store.url, str(store.folder), {str(trader(ledger)): 1}, STATEMENTS)


def append(disk: Disk, store: Store, failures: list[Failing]) -> tuple[list[Heard], Counter[str]]:
    """Ten statements of one new sender, each sent again until it is acknowledged; gives acknowledgements, and what failed."""
    order = one_sender(store)
    disk.refuse(store, *failures)
    with disk.nursery.start(order) as appender:
        appender.go()
        while len(appender.acks) < STATEMENTS:
            if appender.hear_one().kind == "fault":
                appender.go()
            assert len(appender.faults) <= FAULTS_MAX
        appender.kill()
        appender.hear_out()
    assert [ack.number for ack in appender.acks] == list(range(1, STATEMENTS + 1))
    assert {heard.fault for heard in appender.faults} <= {"LedgerFault"}
    return appender.acks, Counter(call.name for call in disk.recorded() if call.kind == "f")


def check_story(disk: Disk, folder: Path, random: Random) -> Counter[str]:
    """One ledger, one appender after another, each on a disk that fails otherwise."""
    store, acks, failed = fresh_store("sqlite", folder), list[Heard](), Counter[str]()
    with store.create() as ledger:
        size = ledger.size()
    for _ in range(RUNS_A_STORY):
        acked, came = append(disk, store, failing(random))
        acks += acked
        failed += came
    with store.open() as ledger:
        # Each sender was enrolled by one entry more. Nothing stands twice.
        assert check_all_there(ledger, acks).entries == size + len(acks) + RUNS_A_STORY
    return failed


@pytest.mark.soak
def test_three_thousand_statements_outlive_a_disk_that_fails(disk: Disk, tmp_path: Path) -> None:
    for seed in soak_seeds("io-errors", 3_200 // (STATEMENTS * RUNS_A_STORY)):
        failed = check_story(disk, tmp_path / str(seed), Random(seed))
        assert failed.total() >= RUNS_A_STORY // 2


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_disk_that_fails_on_and_on_stops_no_sender_who_tries_again(
    disk: Disk, tmp_path: Path, call: str
) -> None:
    store = fresh_store("sqlite", tmp_path)
    with store.create() as ledger:
        size = ledger.size()
    acks, failed = append(disk, store, [Failing(call, 3, EVERY[call], errno.EIO)])
    assert failed[call] >= 2
    with store.open() as ledger:
        assert check_all_there(ledger, acks).entries == size + len(acks) + 1


def test_a_disk_that_says_it_wrote_and_did_not_is_found_out(disk: Disk, tmp_path: Path) -> None:
    """The planted fault: then something acknowledged is not there, and this test sees it."""
    store = fresh_store("sqlite", tmp_path)
    with store.create():
        pass
    order = one_sender(store)
    # The sender is stopped before the last: an appender that ends by itself puts its log into the database, and that may heal the lie.
    disk.refuse(store, Failing("write", 150, 0, 0), Failing("sync", 9, 1, errno.EIO))
    with disk.nursery.start(order) as appender:
        appender.go()
        while appender.hear_one().kind == "ack":
            pass
        appender.kill()
        appender.hear_out()
    assert 5 <= len(appender.acks) < STATEMENTS
    assert [call.name for call in disk.recorded() if call.kind == "f"] == ["write", "sync"]
    with pytest.raises(AssertionError, match="not where their senders were told"), store.open() as ledger:
        check_all_there(ledger, appender.acks)
