"""Slow clients hold no place for long, and none that an honest one needs (slowloris; slow bodies; answers that nobody reads).

slow heads     the server's own timer            (`api.commands.serving.HEADERS`)
slow bodies    patience that is used up, 408     (`api.door`)
slow readers   the answer stops, the connection ends
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.parties import Licence
from tests.browser.serving import HOST
from tests.support.server import enrol_party
from tests.support.serving import Served, founded, served
from tests.support.soak import soak_scale, soak_seeds

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ledger.service import Ledger

CLOSED_SECONDS_MAX = 15.0
PROBE_SECONDS_MAX = 1.0
#: The test waits this long for the last one to be closed before it gives up on it.
WAIT_SECONDS_MAX = 18.0
#: Of each kind.
CLIENTS = 84
#: So many connections a second begin, as slowhttptest lets them; who comes all at once is `test_overload.py`'s.
NEW_A_SECOND = 50
#: Each asks for nine megabytes, which are read and hashed before the first of them goes out.
READERS_A_SECOND = 14
#: Longer than all buffers between the server and a client that does not read: a few megabytes.
LONG_BYTES = 9_000_000
#: As small as the kernel allows: whoever reads slowly tells the other side so at once.
WINDOW_BYTES = 4_096

SLOW_HEAD = b"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nX-Slow: "
SLOW_BODY = b"POST /api/v1/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"
SLOW_CHUNKS = b"POST /api/v1/statements HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
SLOW_FORM = b"POST /api/v1/scans/photo HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000\r\n\r\n--B\r\n"
REFUSED_BODY = b"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"


#: What is sent at the beginning, and then again and again.
SLOWLY = (
    (SLOW_HEAD, b"a"),
    (b"", b""),
    (SLOW_BODY, b" "),
    (SLOW_CHUNKS, b"1\r\n \r\n"),
    (SLOW_FORM, b"x"),
    (REFUSED_BODY, b" "),
)


@dataclass(slots=True)
class Seen:
    """How long each slow client was endured, and how long each honest one waited."""

    closed: list[float] = field(default_factory=list)
    probes: list[float] = field(default_factory=list)
    answers: set[bytes] = field(default_factory=set)


async def send_slowly(port: int, beginning: bytes, drip: bytes, seen: Seen) -> None:
    """Sends a byte now and then until the other side has had enough."""
    reader, writer = await asyncio.open_connection(HOST, port)
    began = time.monotonic()
    try:
        writer.write(beginning)
        while time.monotonic() - began < WAIT_SECONDS_MAX:
            try:
                async with asyncio.timeout(0.5):
                    came = await reader.read(4_096)
            except TimeoutError:
                writer.write(drip)
                continue
            if not came:
                break
            seen.answers.add(came.split(b"\r\n", 1)[0])
    except ConnectionError:
        pass
    finally:
        writer.close()
    seen.closed.append(time.monotonic() - began)


async def read_slowly(port: int, path: str, key: str, began: dict[int, float], done: asyncio.Event) -> None:
    """Asks for much and reads a little of it now and then; notes under its own port when it came."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    one.setblocking(False)
    loop = asyncio.get_running_loop()
    with one, suppress(ConnectionError):
        await loop.sock_connect(one, (HOST, port))
        began[one.getsockname()[1]] = time.monotonic()
        asked = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n"
        await loop.sock_sendall(one, asked.encode())
        while not done.is_set():
            await loop.sock_recv(one, 5)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await done.wait()


async def besiege_by_readers(server: Served, count: int, path: str, key: str) -> Seen:
    """How long the server keeps connections to clients that read slowly.

    The server is asked, not the clients: what it had sent before waits in the kernel for them, and the news of the end behind it.
    """
    seen, done, began, held = Seen(), asyncio.Event(), dict[int, float](), set[int]()
    honest = asyncio.create_task(probe(server.port, seen, done))

    async def read(place: int) -> None:
        await asyncio.sleep(place / READERS_A_SECOND)
        await read_slowly(server.port, path, key, began, done)

    readers = [asyncio.create_task(read(place)) for place in range(count)]
    never = asyncio.Event()
    until = time.monotonic() + count / READERS_A_SECOND + WAIT_SECONDS_MAX
    while len(seen.closed) < count and time.monotonic() < until:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.25):
                await never.wait()
        now_held = server.callers
        seen.closed += [time.monotonic() - began[port] for port in held - now_held if port in began]
        held = now_held
    done.set()
    await asyncio.gather(honest, *readers)
    return seen


async def probe(port: int, seen: Seen, done: asyncio.Event) -> None:
    """An honest client that comes anew each time."""
    while not done.is_set():
        began = time.monotonic()
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /log/checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read(-1)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
        seen.probes.append(time.monotonic() - began)
        try:
            async with asyncio.timeout(0.2):
                await done.wait()
        except TimeoutError:
            continue


def long_evidence(ledger: Ledger) -> tuple[str, str, str]:
    """A file that takes long to read: its digest, the record that names it, and the key of its holder."""
    co_op = enrol_party(ledger, "慢慢读取的合作社（演示）")
    digest = ledger.evidence.put(b"%PDF-1.7\n" + bytes(LONG_BYTES))
    licence = Licence(holder=co_op.party, licence_kind="营业执照", number="1", evidence=digest)
    (placed,) = ledger.say(co_op.party, licence)
    with ledger.book() as book:
        return str(digest), str(book.records([placed.seq])[placed.seq].header.id), co_op.key


async def besiege(
    server: Served, count: int, slow: Callable[[Seen], Awaitable[None]], *, each: int = 1
) -> Seen:
    """So many of `slow` one after the other, with `each` connections."""
    seen, done = Seen(), asyncio.Event()

    async def one(place: int) -> None:
        await asyncio.sleep(place * each / NEW_A_SECOND)
        await slow(seen)

    honest = asyncio.create_task(probe(server.port, seen, done))
    await asyncio.gather(*(one(place) for place in range(count)))
    done.set()
    await honest
    return seen


def check(seen: Seen, count: int) -> None:
    assert len(seen.closed) == count
    assert max(seen.closed) <= CLOSED_SECONDS_MAX, f"one was endured for {max(seen.closed):.1f} s"
    ordered = sorted(seen.probes)
    assert len(ordered) > 20
    assert ordered[int(len(ordered) * 0.99) - 1] < PROBE_SECONDS_MAX, ordered[-5:]


def clients() -> int:
    """A share of the besiegers, and enough of them for a siege."""
    return max(12, round(CLIENTS * soak_scale()))


@pytest.mark.soak
def test_slow_senders_are_sent_away_and_hold_nobody_up(tmp_path: Path) -> None:
    # A share of it is a smaller crowd.
    for _ in soak_seeds("slow-senders", 1):
        besieged_by_senders(tmp_path)


def besieged_by_senders(tmp_path: Path) -> None:
    with founded(tmp_path):
        pass
    each = clients()
    # Besiegers have many addresses; ours have one, which would have used up its budget.
    with served(tmp_path, limits="false") as server:

        async def slow(seen: Seen) -> None:
            kinds = (send_slowly(server.port, start, drip, seen) for start, drip in SLOWLY)
            await asyncio.gather(*kinds)

        seen = asyncio.run(besiege(server, each, slow, each=len(SLOWLY)))
    check(seen, each * len(SLOWLY))
    # Whose body was waited for is told why he was sent away; whose key was missing is told that, at once.
    assert seen.answers == {b"HTTP/1.1 408 Request Timeout", b"HTTP/1.1 401 Unauthorized"}


@pytest.mark.soak
def test_slow_readers_are_left_and_hold_nobody_up(tmp_path: Path) -> None:
    for _ in soak_seeds("slow-readers", 1):
        besieged_by_readers(tmp_path)


def besieged_by_readers(tmp_path: Path) -> None:
    with founded(tmp_path) as ledger:
        digest, statement, key = long_evidence(ledger)
    count = clients()
    with served(tmp_path, limits="false") as server:
        path = f"/api/v1/evidence/{digest}?statement={statement}"
        check(asyncio.run(besiege_by_readers(server, count, path, key)), count)
        assert server.log.read_text("utf-8").count('"act":"left_slow_reader"') == count


@pytest.mark.soak
def test_without_patience_running_out_the_siege_would_be_seen(tmp_path: Path) -> None:
    """The planted fault: a door whose patience is an hour."""
    with founded(tmp_path):
        pass
    impatient = tmp_path / "begin.py"
    impatient.write_text(
        "import sys\nimport api.door\napi.door.Door.__init__.__kwdefaults__['patience_seconds'] = 3600.0\n"
        "from api.cli import main\nsys.exit(main())\n"
    )
    with served(tmp_path, begin=[sys.executable, str(impatient)]) as server:

        async def slow(seen: Seen) -> None:
            await send_slowly(server.port, SLOW_BODY, b" ", seen)

        seen = asyncio.run(besiege(server, 3, slow))
    with pytest.raises(AssertionError, match="endured"):
        check(seen, 3)
