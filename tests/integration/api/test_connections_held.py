"""The everyday requests hold one connection to the database at a time: a crowd of them needs no more connections than it has threads."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from ledger.identifiers import GoodsId
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

GOODS = "https://id.gs1.org/01/09520001000027/10/N-1"


@contextmanager
def most_held(engine: Engine) -> Iterator[list[int]]:
    """How many connections a thread held, each time that one took one."""
    here, seen = threading.local(), list[int]()

    def taken(_connection: object, _record: object, _proxy: object) -> None:
        here.held = getattr(here, "held", 0) + 1
        seen.append(here.held)

    def given_back(_connection: object, _record: object) -> None:
        here.held = getattr(here, "held", 0) - 1

    event.listen(engine, "checkout", taken)
    event.listen(engine, "checkin", given_back)
    try:
        yield seen
    finally:
        event.remove(engine, "checkout", taken)
        event.remove(engine, "checkin", given_back)


@pytest.fixture
def sold(ledger: Ledger, co_op: Enrolled) -> str:
    """Where a sale stands that the co-operative recorded."""
    (placed,) = ledger.say(co_op.party, Sale(lines=(Line(goods=GoodsId.parse(GOODS), quantity=kg(1)),)))
    with ledger.book() as book:
        return str(book.records([placed.seq])[placed.seq].header.id)


def test_an_everyday_request_holds_one_connection_at_a_time(
    client: Client, ledger: Ledger, clock: Clock, co_op: Enrolled, sold: str
) -> None:
    for path in ("/api/v1/statements?limit=5", f"/api/v1/statements/{sold}", "/api/v1/findings"):
        # The first request of a day is written down with the key.
        clock.forward(24)
        with most_held(ledger.engine) as held:
            assert client.get(path, key=co_op.key).status_code == 200
        assert max(held) == 1, (path, held)


def test_the_day_of_the_last_use_is_written_down_once_a_day(
    client: Client, ledger: Ledger, clock: Clock, co_op: Enrolled
) -> None:
    before = clock() // 86_400_000
    for day in range(3):
        clock.forward(24)
        for _ in range(2):
            client.get("/api/v1/findings", key=co_op.key)
        (key,) = ledger.accounts.access.of(co_op.party)
        assert key.used_day == before + day + 1


def test_two_readings_within_each_other_would_be_seen(ledger: Ledger) -> None:
    """The planted fault."""
    with most_held(ledger.engine) as held, ledger.book(), ledger.book():
        pass
    assert max(held) == 2
