"""A power cut at any moment takes nothing that was acknowledged, and leaves a database that opens.

A killed process leaves its writes with the kernel, so no kill shows this. Here an appender's calls to the disk are written down by a
preloaded library (`disk.c`) and played back up to any place, with any part of what was not synced yet.
"""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ledger.log.merkle import Edge, Hash, leaf_hash
from ledger.store.engine import open_engine, reading
from ledger.store.log_rows import read_head, read_leaves, read_places
from tests.support.appender import Order, check_all_there, numbered, numbered_id
from tests.support.disk import MEMORY, Call, Disk, File, PowerCut, PowerCuts, acknowledged, database_files
from tests.support.soak import soak_seeds
from tests.support.stores import Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import PartyId

pytestmark = pytest.mark.system("gcc")

CUTS_A_STORY = 500
#: Of so many cuts one is looked at whole: opened, audited, and gone on with.
WHOLE_EACH = 100
#: SQLite moves its log into the database at 1,000 pages: some 50 commits. Twice in a story, and once more at its end.
STATEMENTS_A_SENDER = 60


class Lost(AssertionError):
    """Something acknowledged is gone."""


class Corrupt(AssertionError):
    """What is there does not hold together."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    one = Disk(tmp_path_factory.mktemp("disk"))
    yield one
    one.close()


@contextmanager
def folder_in_memory(otherwise: Path) -> Iterator[Path]:
    folder = Path(mkdtemp(prefix="suyuan-cuts-", dir=MEMORY if MEMORY.is_dir() else otherwise))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class Story:
    """Two senders record through one appender, and every change of the disk is known."""

    def __init__(self, disk: Disk, folder: Path, *, count: int, synchronous: str = "") -> None:
        self.store = fresh_store("sqlite", folder)
        with self.store.create() as ledger:
            self.senders = [trader(ledger), trader(ledger)]
            self.origin = ledger.origin
        self.before = database_files(folder)
        disk.record(self.store)
        senders = {str(party): 1 for party in self.senders}
        order = Order(self.store.url, str(folder), senders, count, synchronous)
        with disk.nursery.start(order) as appender:
            appender.go()
            appender.hear_out()
        self.calls = disk.recorded()
        # The library saw what the appender's sockets saw: nothing was said that it missed.
        assert sorted(map(str, acknowledged(self.calls))) == sorted(map(str, appender.acks))
        assert len(appender.acks) == 2 * count

    def cuts(self, count: int, random: Random) -> Iterator[PowerCut]:
        places = sorted(random.randint(0, len(self.calls)) for _ in range(count))
        return PowerCuts(self.before, self.calls).at(places, random)

    def left_by(self, cut: PowerCut, folder: Path) -> Store:
        """The ledger as it is found after the cut, in this folder."""
        cut.write(folder)
        if not (folder / "keys").exists():
            shutil.copytree(self.store.folder / "keys", folder / "keys")
        return Store(f"sqlite:///{folder}/suyuan.db", folder)


def check_cut(store: Store, origin: str, cut: PowerCut) -> None:
    """The database holds together, the tree of its entries is the one its head names, and every acknowledged statement is one of them."""
    engine = open_engine(store.url)
    try:
        with reading(engine) as connection:
            if (said := connection.execute(text("PRAGMA quick_check")).scalar_one()) != "ok":
                raise Corrupt(str(said))
            head = read_head(connection, origin)
            leaves = [Hash(leaf_hash(raw)) for raw in read_leaves(connection, origin, start=0)]
            if Edge.empty().extend(leaves).root() != head.root:
                raise Corrupt(f"{len(leaves)} entries are not the tree of the head at {head.size}")
            stand = {
                (seq, issuer, statement)
                for seq, _, issuer, statement in read_places(connection, origin, range(len(leaves)))
            }
    except SQLAlchemyError as fault:
        raise Corrupt(str(fault)) from fault
    finally:
        engine.dispose()
    for ack in cut.acks:
        if (ack.seq, ack.party, str(numbered_id(ack.number))) not in stand:
            raise Lost(f"{ack} after {cut.after} calls: {len(leaves)} entries are left")


def go_on(store: Store, cut: PowerCut, senders: list[PartyId]) -> None:
    """Each sender sends again what it got no answer for, it stands once, and the audit is content with all of it."""
    with store.open() as ledger:
        for party in senders:
            answered = sum(ack.party == str(party) for ack in cut.acks)
            unanswered = numbered(ledger.origin, ledger.custodial_signer(party), party, answered + 1)
            (placed,) = ledger.recorder.record([unanswered])
            (again,) = ledger.recorder.record([unanswered])
            assert (again.seq, again.again) == (placed.seq, True)
        check_all_there(ledger, cut.acks)


def check_story(story: Story, folder: Path, random: Random, cuts: int) -> None:
    for number, cut in enumerate(story.cuts(cuts, random)):
        store = story.left_by(cut, folder)
        check_cut(store, story.origin, cut)
        if number % WHOLE_EACH == 0:
            go_on(store, cut, story.senders)


@pytest.mark.soak
def test_ten_thousand_power_cuts_lose_nothing_and_corrupt_nothing(disk: Disk, tmp_path: Path) -> None:
    for seed in soak_seeds("power-cuts", 10_000 // CUTS_A_STORY):
        random = Random(seed)
        story = Story(disk, tmp_path / str(seed), count=STATEMENTS_A_SENDER)
        with folder_in_memory(tmp_path) as folder:
            check_story(story, folder, random, CUTS_A_STORY)


def found(story: Story, folder: Path, cuts: int) -> Counter[str]:
    """How many of so many power cuts lose something, and how many corrupt."""
    counted = Counter[str]()
    for cut in story.cuts(cuts, Random(1)):
        try:
            check_cut(story.left_by(cut, folder), story.origin, cut)
        except AssertionError as wrong:
            counted[type(wrong).__name__] += 1
        else:
            counted["fine"] += 1
    return counted


def test_a_power_cut_takes_what_an_engine_acknowledged_before_it_was_synced(
    disk: Disk, tmp_path: Path
) -> None:
    """The planted faults: SQLite as most use it (NORMAL keeps the database whole and forgets commits), and not waiting at all."""
    with folder_in_memory(tmp_path) as folder:
        as_it_is = found(Story(disk, tmp_path / "as it is", count=5), folder, 40)
        normal = found(Story(disk, tmp_path / "normal", count=5, synchronous="NORMAL"), folder, 40)
        off = found(Story(disk, tmp_path / "off", count=5, synchronous="OFF"), folder, 40)
    assert as_it_is == {"fine": 40}
    assert (normal["Lost"] > 4, normal["Corrupt"]) == (True, 0)
    assert off["Lost"] + off["Corrupt"] > 4


def a_file(*pending: tuple[int, bytes | None]) -> File:
    return File(bytearray(b"a" * 1024), list(pending))


def test_what_was_not_synced_is_left_by_sectors_and_what_was_synced_is_left() -> None:
    written = a_file((500, b"b" * 20))
    assert written.left(Random(1), 0.0) == b"a" * 1024
    assert written.left(Random(1), 1.0) == b"a" * 500 + b"b" * 20 + b"a" * 504
    torn = {written.left(Random(seed), 0.5) for seed in range(40)}
    # The write crosses one border of sectors: both, either or neither of its parts.
    assert len(torn) == 4
    written.sync()
    assert written.left(Random(1), 0.0) == b"a" * 500 + b"b" * 20 + b"a" * 504


def test_a_cut_file_may_be_as_long_as_before_until_it_is_synced() -> None:
    cut = a_file((100, None))
    assert {len(cut.left(Random(seed), 0.5)) for seed in range(20)} == {100, 1024}
    cut.sync()
    assert len(cut.left(Random(1), 0.0)) == 100


def test_a_file_is_surely_there_once_its_folder_was_synced() -> None:
    made = [Call("c", "/x/new", 0, b""), Call("w", "/x/new", 2, b"ab"), Call("s", "/x/new", 0, b"")]
    left = [cut.files for seed in range(40) for cut in PowerCuts({}, made).at([3], Random(seed))]
    assert {} in left
    assert {"new": b"\0\0ab"} in left
    made.append(Call("s", "/x", 0, b""))
    left = [cut.files for seed in range(40) for cut in PowerCuts({}, made).at([4], Random(seed))]
    assert left == [{"new": b"\0\0ab"}] * 40


def test_a_changed_name_comes_back_until_the_folder_was_synced() -> None:
    renamed = [Call("r", "/x/old", 0, b"/x/new"), Call("u", "/x/new", 0, b"")]
    left = [
        sorted(cut.files)
        for seed in range(60)
        for cut in PowerCuts({"old": b"a"}, renamed).at([2], Random(seed))
    ]
    assert {tuple(names) for names in left} == {("old",), ("new",), ()}
