"""No acknowledgement before the disk has the commit: seen from the kernel's side, system call by system call.

Only this tells a durable commit from a fast one. A killed process leaves its writes with the kernel; a power cut takes them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.appender import Nursery, Order, check_all_there
from tests.support.stores import fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

STATEMENTS: Final = 5
#: `PID write(1<socket:[7]>, "ack …"…) = 9`, or its two halves where another thread's call came between.
CALL: Final = re.compile(r'(?P<thread>\d+) +(?P<name>\w+)\(\d+<(?P<file>[^>]*)>(, "(?P<text>[^"]*)")?')
RESUMED: Final = re.compile(r"(?P<thread>\d+) +<\.\.\. (?P<name>\w+) resumed>")
RESULT: Final = re.compile(r"= (?P<result>-?\d+)[^=]*$")


class NotYetOnDisk(AssertionError):
    """Something was acknowledged that a power cut would have taken."""


@dataclass(frozen=True, slots=True)
class Step:
    """A system call begins, or it has returned."""

    name: str
    file: str
    text: str
    #: What it returned; None where it only begins.
    result: int | None


def steps(trace: Iterable[str]) -> Iterator[Step]:
    """The beginnings and ends of the calls in a trace, in the order in which they happened."""
    open_calls: dict[str, Step] = {}
    for line in trace:
        if call := CALL.match(line):
            begun = Step(call["name"], call["file"], call["text"] or "", None)
            open_calls[call["thread"]] = begun
            yield begun
        elif resumed := RESUMED.match(line):
            begun = open_calls[resumed["thread"]]
            assert begun.name == resumed["name"]
        else:
            continue
        if returned := RESULT.search(line):
            yield Step(begun.name, begun.file, begun.text, int(returned["result"]))


def check_synced_before_acknowledged(trace: Iterable[str], *, wal: str, party: str) -> int:
    """Each acknowledgement to this party comes after a commit was written and synced. Gives how many there were."""
    acknowledged, written, unsynced = 0, False, False
    for step in steps(trace):
        if step.file == wal and step.name == "pwrite64":
            written = unsynced = True
        elif step.file == wal and step.name in {"fsync", "fdatasync"} and step.result == 0:
            unsynced = False
        elif step.name == "write" and step.text.startswith(f"ack {party} ") and step.result is None:
            if not written or unsynced:
                raise NotYetOnDisk(f"{step.text}: written {written}, since then synced {not unsynced}")
            acknowledged, written = acknowledged + 1, False
    return acknowledged


@dataclass(frozen=True, slots=True)
class Traced:
    """What the kernel was asked to do, by appenders of different settings."""

    lines: list[str]
    #: The write-ahead log and the sender of each setting.
    of: dict[str, tuple[str, str]]

    def check(self, synchronous: str) -> int:
        wal, party = self.of[synchronous]
        return check_synced_before_acknowledged(self.lines, wal=wal, party=party)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    folder = tmp_path_factory.mktemp("traced").resolve()
    calls = "trace=write,pwrite64,fsync,fdatasync"
    nest = Nursery(["strace", "-f", "-y", "-q", "-e", calls, "-o", str(folder / "trace")])
    of = {}
    for synchronous in ("", "NORMAL", "OFF"):
        store = fresh_store("sqlite", folder / (synchronous or "as it is"))
        with store.create() as ledger:
            party = str(trader(ledger))
        order = Order(
            url=store.url,
            folder=str(store.folder),
            senders={party: 1},
            count=STATEMENTS,
            synchronous=synchronous,
        )
        with nest.start(order) as appender:
            appender.go()
            appender.hear_out()
            assert len(appender.acks) == STATEMENTS
        of[synchronous] = (f"{store.folder}/suyuan.db-wal", party)
    nest.close()
    return Traced((folder / "trace").read_text("ascii").splitlines(), of)


@pytest.mark.system("strace")
def test_an_acknowledgement_waits_until_the_commit_is_on_disk(traced: Traced) -> None:
    assert traced.check("") == STATEMENTS


@pytest.mark.system("strace")
@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_an_engine_that_does_not_wait_for_the_disk_is_found_out(traced: Traced, synchronous: str) -> None:
    with pytest.raises(NotYetOnDisk, match="written True, since then synced False"):
        traced.check(synchronous)


WAL: Final = "/data/suyuan.db-wal"
WROTE: Final = f'7 pwrite64(4<{WAL}>, "page"..., 4096, 0) = 4096'
SYNCED: Final = f"7 fsync(4<{WAL}>) = 0"
ACKED: Final = '8 write(1<socket:[9]>, "ack pty_1 1 2 0\\n", 16) = 16'


def test_a_trace_is_read_in_the_order_in_which_calls_returned() -> None:
    assert check_synced_before_acknowledged([WROTE, SYNCED, ACKED], wal=WAL, party="pty_1") == 1


@pytest.mark.parametrize(
    "trace",
    [
        pytest.param([ACKED], id="nothing-written"),
        pytest.param([WROTE, ACKED, SYNCED], id="synced-after"),
        pytest.param([SYNCED, WROTE, ACKED], id="synced-before-the-write"),
        pytest.param([WROTE, SYNCED, WROTE, ACKED], id="the-last-page-not-synced"),
        pytest.param([WROTE, SYNCED, ACKED, ACKED], id="one-sync-for-two"),
        pytest.param(
            [WROTE, f"7 fsync(4<{WAL}>) = -1 EIO (Input/output error)", ACKED], id="the-sync-failed"
        ),
        pytest.param(
            [WROTE, f"7 fsync(4<{WAL}> <unfinished ...>", ACKED, "7 <... fsync resumed>) = 0"],
            id="the-sync-still-runs",
        ),
        pytest.param([WROTE, "7 fsync(4</data/suyuan.db>) = 0", ACKED], id="another-file-synced"),
    ],
)
def test_a_trace_with_an_early_acknowledgement_is_found_out(trace: list[str]) -> None:
    with pytest.raises(NotYetOnDisk):
        check_synced_before_acknowledged(trace, wal=WAL, party="pty_1")


@pytest.mark.system("strace")
def test_a_commit_that_the_disk_did_not_take_is_not_acknowledged(tmp_path: Path) -> None:
    """Every fourth sync of the recorder's thread fails. What a failed sync left in memory may never reach the disk: it is written anew."""
    store = fresh_store("sqlite", tmp_path)
    with store.create() as ledger:
        party, size = trader(ledger), ledger.size()
    failing = "inject=fsync,fdatasync:error=EIO:when=4+4"
    nest = Nursery(["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", failing])
    order = Order(url=store.url, folder=str(store.folder), senders={str(party): 1}, count=12)
    with nest.start(order) as appender:
        appender.go()
        while len(appender.acks) < order.count:
            if appender.hear_one().kind == "fault":
                appender.go()
        appender.hear_out()
    nest.close()
    assert len(appender.faults) >= 3
    # Each is told so by name, was not there when it was sent again, and stands once.
    assert {heard.fault for heard in appender.faults} == {"LedgerFault"}
    assert [(ack.number, ack.seq, ack.again) for ack in appender.acks] == [
        (number, size + number - 1, False) for number in range(1, order.count + 1)
    ]
    with store.open() as ledger:
        assert check_all_there(ledger, appender.acks).entries == size + order.count
