"""Three times more than the server can do: what it takes it still does at its pace, and the rest is told at once when to come again.

Capacity is what a crowd within the door's limit gets; overload is three times as many callers who begin anew the moment they are answered,
so that they also come faster than anybody can be served.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import HOST
from tests.support.server import enrol_party
from tests.support.serving import MIB, Served, founded, served
from tests.support.soak import soak_scale, soak_seeds

if TYPE_CHECKING:
    from pathlib import Path

AT_ONCE = 16
OVER = 3
#: Of what the server does when it is not overrun.
GOODPUT_MIN = 0.8
ACCEPTED_SECONDS_MAX = 2.0
GROWTH_BYTES_MAX = 32 * MIB
#: The whole takes a minute of each; a share of it a few seconds.
SECONDS = 60.0
SECONDS_MIN = 3.0
#: On a machine that others use as well one pair of measurements may be theirs.
TRIES = 3
#: What a caller who was sent away waits before the next try: far less than he was asked to.
IMPATIENCE_SECONDS = 0.05


@dataclass(slots=True)
class Tally:
    """What a crowd was told."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[float] = field(default_factory=list)
    without_retry: int = 0
    seconds: float = 0.0

    @property
    def goodput(self) -> float:
        return self.statuses[200] / self.seconds


async def call(port: int, request: bytes, tally: Tally, until: float) -> None:
    """One caller on one connection, asking again and again."""
    reader, writer = await asyncio.open_connection(HOST, port)
    while time.monotonic() < until:
        began = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lines = {
            name.strip().lower(): value
            for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
        }
        await reader.readexactly(int(lines[b"content-length"]))
        tally.statuses[status] += 1
        if status == 200:
            tally.accepted.append(time.monotonic() - began)
            continue
        tally.without_retry += status in {429, 503} and b"retry-after" not in lines
        await asyncio.sleep(IMPATIENCE_SECONDS)
    writer.close()


async def crowd(server: Served, callers: int, request: bytes, seconds: float) -> Tally:
    tally, began = Tally(), time.monotonic()
    await asyncio.gather(*(call(server.port, request, tally, began + seconds) for _ in range(callers)))
    tally.seconds = time.monotonic() - began
    return tally


def asked(key: str) -> bytes:
    """A page of one's own records: the key is looked up, the database is read."""
    return (
        f"GET /api/v1/statements?limit=5 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
    )


def seconds() -> float:
    return max(SECONDS_MIN, SECONDS * soak_scale() if soak_scale() == 1 else SECONDS_MIN)


def check(peak: Tally, over: Tally) -> None:
    assert set(over.statuses) <= {200, 429, 503}, over.statuses
    assert over.without_retry == 0
    assert over.statuses[503] > 0, "nobody was sent away: that was no overload"
    slowest = sorted(over.accepted)[int(len(over.accepted) * 0.99) - 1]
    assert slowest < ACCEPTED_SECONDS_MAX
    share = over.goodput / peak.goodput
    assert share >= GOODPUT_MIN, f"{over.goodput:.0f}/s of {peak.goodput:.0f}/s"


@pytest.mark.soak
def test_three_times_too_many_do_not_drown_the_server(tmp_path: Path) -> None:
    # A share of it is a shorter minute.
    for _ in soak_seeds("overload", 1):
        overrun(tmp_path)


def overrun(tmp_path: Path) -> None:
    """As many as the server takes, then three times as many, and then one alone."""
    with founded(tmp_path) as ledger:
        request = asked(enrol_party(ledger, "很忙的合作社（演示）").key)
    with served(tmp_path, limits="false", at_once_max=str(AT_ONCE)) as server:
        asyncio.run(crowd(server, AT_ONCE, request, SECONDS_MIN))
        before, failed = server.resident_bytes, ""
        for _ in range(TRIES):
            peak = asyncio.run(crowd(server, AT_ONCE, request, seconds()))
            assert set(peak.statuses) == {200}
            over = asyncio.run(crowd(server, AT_ONCE * OVER, request, seconds()))
            # Afterwards it is as it was before.
            after = asyncio.run(crowd(server, 1, request, 0.5))
            assert set(after.statuses) == {200}
            try:
                check(peak, over)
            except AssertionError as slow:
                failed = str(slow)
                continue
            failed = ""
            break
        assert failed == ""
        assert server.resident_bytes - before <= GROWTH_BYTES_MAX


@pytest.mark.soak
def test_a_server_without_a_door_would_be_seen(tmp_path: Path) -> None:
    """The planted fault: everybody is let in."""
    with founded(tmp_path) as ledger:
        request = asked(enrol_party(ledger, "很忙的合作社（演示）").key)
    with served(tmp_path, limits="false", at_once_max="10000") as server:
        peak = asyncio.run(crowd(server, AT_ONCE, request, 1.0))
        over = asyncio.run(crowd(server, AT_ONCE * OVER, request, 1.0))
    with pytest.raises(AssertionError, match="nobody was sent away"):
        check(peak, over)


@pytest.mark.soak
def test_who_is_over_budget_is_told_so_and_costs_little(tmp_path: Path) -> None:
    """The same crowd from one address, with budgets: 429 for almost all of it, and other callers do not notice."""
    with founded(tmp_path) as ledger:
        request = asked(enrol_party(ledger, "很忙的合作社（演示）").key)
    with served(tmp_path, limits="true", limit_reading="100/day") as server:
        over = asyncio.run(crowd(server, AT_ONCE * OVER, request, SECONDS_MIN))
    assert set(over.statuses) == {200, 429}
    # The account's own hundred, and the address's until the account was known.
    assert 100 <= over.statuses[200] <= 200
    assert over.without_retry == 0
