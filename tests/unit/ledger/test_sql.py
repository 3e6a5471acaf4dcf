"""Sentences on the short road to the driver: the same on both databases, heard by whoever listens, and told like any other when they fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from ledger.store.engine import create_tables, open_engine, reading, writing
from ledger.store.sql import Sql
from tests.support.stores import KINDS, Kind, Store, fresh_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

MENTION: Final = Sql[tuple[()]].inserting("mentions", "key", "log_id", "occurred_ms", "seq")
FOUND: Final = Sql[tuple[str, int]].of(
    "SELECT key, seq FROM mentions WHERE key {texts} AND seq {numbers} AND log_id = {} ORDER BY key, seq"
)
ENDED: Final = Sql[tuple[()]].of("UPDATE mentions SET until_seq = {} WHERE log_id = {} AND seq = {}")
LOG: Final = "log.example"
ROWS: Final = [("phone/139-0000-4711", LOG, 0, 1), ("phone/%s", LOG, 0, 1), ("phone/%s", LOG, 0, 2)]


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path)


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.url)
    create_tables(engine)
    yield engine
    engine.dispose()


def test_what_is_written_is_found_by_any_number_of_texts_and_numbers(engine: Engine) -> None:
    with writing(engine) as connection:
        MENTION.each(connection, ROWS)
        assert FOUND.rows(connection, ["phone/%s"], [1, 2, 3], LOG) == [("phone/%s", 1), ("phone/%s", 2)]
        assert FOUND.rows(connection, [], [1], LOG) == FOUND.rows(connection, ["phone/%s"], [], LOG) == []
        assert (ENDED.changed(connection, 5, LOG, 1), ENDED.changed(connection, 5, LOG, 7)) == (2, 0)
    with reading(engine) as connection:
        assert len(FOUND.rows(connection, [ROWS[0][0], "phone/%s"], [1, 2], LOG)) == len(ROWS)


def test_a_text_that_no_row_may_hold_is_not_found(engine: Engine) -> None:
    with writing(engine) as connection:
        MENTION.each(connection, ROWS)
        asked = ["phone/%s\0", "\0", "phone/%s"]
        assert FOUND.rows(connection, asked, [1], LOG) == [("phone/%s", 1)]
        assert FOUND.rows(connection, asked[:2], [1], LOG) == []


def test_nothing_is_said_for_no_rows(engine: Engine) -> None:
    with writing(engine) as connection:
        heard: list[object] = []
        event.listen(connection, "before_cursor_execute", lambda *said: heard.append(said[2]))
        MENTION.each(connection, [])
    assert heard == []


def test_outside_of_a_transaction_nothing_is_said(engine: Engine) -> None:
    """The driver would make a commit of each row."""
    with engine.connect() as connection:
        for said in (lambda: MENTION.each(connection, ROWS), lambda: FOUND.rows(connection, [], [], LOG)):
            with pytest.raises(AssertionError, match="outside"):
                said()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM mentions")).scalar_one() == 0


def test_who_listens_to_the_engine_hears_every_sentence_before_and_after(engine: Engine) -> None:
    heard: list[tuple[str, str, bool]] = []
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        event.listen(
            engine, moment, lambda *said, moment=moment: heard.append((moment[:6], said[2][:6], said[5]))
        )
    with writing(engine) as connection:
        MENTION.each(connection, ROWS)
        FOUND.rows(connection, [], [], LOG)
        ENDED.changed(connection, 5, LOG, 1)
    said = [("INSERT", True), ("SELECT", False), ("UPDATE", False)]
    wanted = [(moment, *one) for one in said for moment in ("before", "after_")]
    assert [one for one in heard if not one[1].startswith("BEGIN")] == wanted


def test_an_error_of_the_driver_is_told_in_words_that_hold_no_values(engine: Engine) -> None:
    with writing(engine) as connection:
        MENTION.each(connection, ROWS)
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        MENTION.each(connection, ROWS[:1])
    assert "mentions" in str(caught.value)
    # The database's own words name a constraint; PostgreSQL adds the key in a line of its own, as it does on every road.
    assert "4711" not in str(caught.value).partition("DETAIL")[0]
    assert not caught.value.connection_invalidated
    with pytest.raises(DBAPIError, match="nowhere"), reading(engine) as connection:
        Sql[tuple[()]].of("SELECT {} FROM nowhere").rows(connection, 1)


@pytest.mark.postgres
def test_a_connection_whose_line_broke_is_let_go_of(tmp_path: Path) -> None:
    store = fresh_store("postgresql", tmp_path)
    engine, other = (
        open_engine(store.url),
        create_engine(store.url.replace("postgresql:", "postgresql+psycopg:")),
    )
    create_tables(engine)

    def write_while_it_breaks() -> None:
        with writing(engine) as connection:
            ((mine,),) = Sql[tuple[int]].of("SELECT pg_backend_pid()").rows(connection)
            with other.begin() as beside:
                beside.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
            MENTION.each(connection, ROWS)

    with pytest.raises(OperationalError) as caught:
        write_while_it_breaks()
    assert caught.value.connection_invalidated
    with writing(engine) as connection:
        MENTION.each(connection, ROWS)
    engine.dispose()
    other.dispose()
