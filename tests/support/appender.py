"""Another process that records, for tests that must kill it, starve it or watch its system calls.

`python -m tests.support.appender FD` is a nursery: it loads the ledger and what a process reads only once, which takes seconds, and then
forks an appender, which takes milliseconds, for each socket that it is sent over that file descriptor. The socket is the appender's standard
input and output. No database is open in a nursery: each appender opens its own, and recovers it, as any new process would.

An appender reads an order (one line of JSON), opens the ledger, prints `ready`, waits for a line, and records numbered statements: one
sender for each party, each its own thread. After every `record()` that returned it prints

    ack PARTY NUMBER SEQ AGAIN

in one write, and when `record()` raised a `LedgerFault` it prints `fault PARTY NUMBER NAME`, waits for a line, and sends the same statement
again. An order may ask for an appender that is wrong in one way (`tests.support.wrong`), to show that a test finds it.

The rest of this module is the other end: `nursery().start(order)` gives an `Appender` to talk to.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Final

from sqlalchemy import event

from ledger.errors import LedgerFault
from ledger.identifiers import GoodsId, Instant, PartyId, StatementId
from ledger.statement import sign_statement
from ledger.store.book import stored_entries
from ledger.store.engine import reading
from ledger.vocabulary.profiles import all_profiles
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import BEGIN, Store, audited
from tests.support.wrong import recorder_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import BinaryIO

    import pysqlite3.dbapi2 as sqlite

    from ledger.audit import AuditReport
    from ledger.keys import Signer
    from ledger.service import Ledger
    from ledger.statement import Statement
    from tests.support.wrong import Records, Wrong

ROOT = Path(__file__).resolve().parents[2]
#: The longest that a test waits for a line. Reached only when something hangs.
PATIENCE_SECONDS: Final = 60


def numbered(origin: str, signer: Signer, party: PartyId, number: int) -> Statement:
    """The statement with this number: anybody with the key can make it again, and it says the same."""
    goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/N-{number}")
    return sign_statement(
        Sale(lines=(Line(goods=goods, quantity=kg(1)),)).to_items(),
        log=origin,
        statement_id=numbered_id(number),
        type_name=Sale.TYPE,
        issuer=party,
        occurred_at=Instant(BEGIN),
        signers=[signer],
    )


def numbered_id(number: int) -> StatementId:
    """The id of the statement with this number."""
    return StatementId.new(BEGIN, number.to_bytes(10, "big"))


@dataclass(frozen=True, slots=True)
class Order:
    """What an appender is to do: for each party, that many statements from its first number on."""

    url: str
    folder: str
    senders: dict[str, int]
    count: int
    #: Weakens SQLite after opening, to show what the tests would then find.
    synchronous: str = ""
    #: The folder of the fork guard, if there is one.
    guard: str = ""
    #: A planted fault, for one sender.
    wrong: Wrong = ""


# The program


def _nurse(line: socket.socket) -> None:
    """Fork an appender for each socket that comes, and wait for those that end, until nobody asks any more."""
    # Read once by every process, at its first commit: a twentieth of a second for each appender.
    all_profiles()
    # A collection in an appender would touch, and so copy, every page that it shares with this process.
    gc.freeze()
    while True:
        asked, sockets, _flags, _address = socket.recv_fds(line, 64, 1)
        match asked.split():
            case [b"start"]:
                answer = os.fork()
                if answer == 0:
                    _be_born(line, sockets[0])
                os.close(sockets[0])
            case [b"wait", pid]:
                answer = os.waitpid(int(pid), 0)[1]
            case _:
                return
        line.sendall(b"%d" % answer)


def _be_born(line: socket.socket, talk: int) -> None:
    """Be an appender with this socket as standard input and output; never come back."""
    status = 1
    try:
        line.close()
        os.dup2(talk, 0)
        os.dup2(talk, 1)
        os.close(talk)
        _append()
        status = 0
    except BaseException:  # noqa: BLE001  (whatever it was, this process must not go on as a second nursery)
        traceback.print_exc()
    finally:
        os._exit(status)


def _append() -> None:
    told = os.fdopen(0, "rb", closefd=False)
    order = Order(**json.loads(told.readline()))
    guard = Path(order.guard) if order.guard else None
    with Store(url=order.url, folder=Path(order.folder), guard=guard).open() as ledger:
        if order.synchronous:
            event.listen(ledger.engine, "checkout", partial(_weaken, order.synchronous))
        recorder, turn = recorder_of(ledger, order.wrong), Lock()
        senders = []
        for named, first in order.senders.items():
            party = PartyId.parse(named)
            signed = partial(numbered, ledger.origin, ledger.custodial_signer(party), party)
            numbers = range(first, first + order.count)
            statements = zip(numbers, map(signed, numbers), strict=True)
            senders.append(Thread(target=_send, args=(recorder, statements, told, turn)))
        _say("ready")
        told.readline()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()


def _send(recorder: Records, statements: Iterable[tuple[int, Statement]], told: BinaryIO, turn: Lock) -> None:
    try:
        for number, statement in statements:
            while (said := _record(recorder, number, statement)).startswith("fault"):
                with turn:
                    _say(said)
                    if not told.readline():
                        return
            _say(said)
    except BaseException:  # noqa: BLE001  (a thread that ends with an error would look like one that has nothing more to send)
        traceback.print_exc()
        os._exit(1)


def _record(recorder: Records, number: int, statement: Statement) -> str:
    name = f"{statement.header.issuer} {number}"
    try:
        (placed,) = recorder.record([statement])
    except LedgerFault as fault:
        return f"fault {name} {type(fault).__name__}"
    return f"ack {name} {placed.seq} {int(placed.again)}"


def _say(line: str) -> None:
    # Not `print`: the line is one system call, made when it is said.
    os.write(1, f"{line}\n".encode())


def _weaken(mode: str, connection: sqlite.Connection, *_: object) -> None:
    connection.execute(f"PRAGMA synchronous={mode}")


# The other end


@dataclass(frozen=True, slots=True)
class Heard:
    """One line an appender said."""

    kind: str
    party: str = ""
    number: int = 0
    #: Where an acknowledged statement stands.
    seq: int = 0
    #: Whether it stood there before.
    again: bool = False
    #: The name of a fault.
    fault: str = ""

    @classmethod
    def parse(cls, line: str) -> Heard:
        match line.split():
            case ["ack", party, number, seq, again]:
                return cls("ack", party, int(number), seq=int(seq), again=again == "1")
            case ["fault", party, number, name]:
                return cls("fault", party, int(number), fault=name)
            case ["ready"]:
                return cls("ready")
        raise AssertionError(f"an appender said {line!r}")


class Appender:
    """An appender that runs, and what it said."""

    def __init__(self, pid: int, talk: socket.socket, order: Order) -> None:
        self.pid = pid
        self.heard: list[Heard] = []
        self._talk = talk
        #: How many lines were given to who listens.
        self._given = 0
        self._rest = b""
        talk.sendall(json.dumps(asdict(order)).encode() + b"\n")
        assert self.hear_one() == Heard("ready")

    def go(self) -> None:
        """Let it begin; or after a fault, let it try again."""
        self._talk.sendall(b"\n")

    def hear_one(self) -> Heard:
        """Wait for the next line that was not given yet; several may have come at once."""
        given = self._given
        if given == len(self.heard):
            self.hear(1)
        self._given = given + 1
        return self.heard[given]

    def hear(self, lines: int) -> list[Heard]:
        """Wait for so many lines."""
        until = time.monotonic() + PATIENCE_SECONDS
        start = len(self.heard)
        while len(self.heard) < start + lines:
            assert self._listen(until), f"it ended, or said nothing for {PATIENCE_SECONDS} s"
        self._given = len(self.heard)
        return self.heard[start:]

    def hear_until(self, moment: float) -> None:
        """Listen until this moment of `time.monotonic`, or until it ends."""
        while self._listen(moment):
            pass

    def hear_out(self) -> None:
        """Listen until it ends, whichever way."""
        until = time.monotonic() + PATIENCE_SECONDS
        self.hear_until(until)
        assert time.monotonic() < until, f"still running after {PATIENCE_SECONDS} s"

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def acks(self) -> list[Heard]:
        """What it acknowledged."""
        return [heard for heard in self.heard if heard.kind == "ack"]

    @property
    def faults(self) -> list[Heard]:
        """What it could not record at the first try."""
        return [heard for heard in self.heard if heard.kind == "fault"]

    def _listen(self, until: float) -> bool:
        """Take in what it says next; False when it ended or the time is up."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        self._talk.settimeout(left)
        try:
            came = self._talk.recv(65_536)
        except TimeoutError:
            return False
        except ConnectionResetError:
            # It was killed before it had read all that it was told. The kernel says so once, behind all that it said: what comes next is the end.
            return True
        *lines, self._rest = (self._rest + came).split(b"\n")
        self.heard += [Heard.parse(line.decode()) for line in lines]
        return bool(came)


class Nursery:
    """Starts appenders in milliseconds. `wrapped` goes before the command: `strace` and its arguments, say."""

    def __init__(self, wrapped: Sequence[str] = ()) -> None:
        self._line, theirs = socket.socketpair()
        self._line.settimeout(PATIENCE_SECONDS)
        fd = theirs.fileno()
        command = [*wrapped, sys.executable, "-m", "tests.support.appender", str(fd)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[fd])
        theirs.close()

    @contextmanager
    def start(self, order: Order) -> Iterator[Appender]:
        """An appender that is ready and waits for `go`. At the end of the block it is killed if it still runs."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                socket.send_fds(self._line, [b"start"], [theirs.fileno()])
            pid = int(self._line.recv(64))
            try:
                yield Appender(pid, ours, order)
            finally:
                os.kill(pid, signal.SIGKILL)
                # Until it is gone, and its locks with it.
                self._line.sendall(b"wait %d" % pid)
                ended = os.waitstatus_to_exitcode(int(self._line.recv(64)))
        assert ended in {0, -signal.SIGKILL}, f"the appender ended with {ended}"

    def close(self) -> None:
        """No more appenders."""
        self._line.close()
        self._process.wait(PATIENCE_SECONDS)


def check_each_there(ledger: Ledger, acks: Collection[Heard]) -> None:
    """Every acknowledged statement stands where its sender was told."""
    with reading(ledger.engine) as connection:
        stored = stored_entries(connection, ledger.origin, [ack.seq for ack in acks])
        there = {one.seq: (str(one.header.issuer), one.header.id) for one in stored}
    lost = [ack for ack in acks if there.get(ack.seq) != (ack.party, numbered_id(ack.number))]
    assert lost == [], f"{len(lost)} of {len(acks)} are not where their senders were told: {lost[0]}"


def check_all_there(ledger: Ledger, acks: Collection[Heard]) -> AuditReport:
    """Every acknowledged statement stands where its sender was told, and the audit finds nothing wrong."""
    check_each_there(ledger, acks)
    return audited(ledger)


@cache
def nursery() -> Nursery:
    """One nursery for the whole run; it ends when the run does."""
    one = Nursery()
    atexit.register(one.close)
    return one


if __name__ == "__main__":
    _nurse(socket.socket(fileno=int(sys.argv[1])))
