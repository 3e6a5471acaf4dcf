"""The scrubber finds what a disk forgot, and says where, while the server works."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.settings import Settings
from ledger.scrub import ENTRIES_AT_ONCE, Scrubber
from ledger.store.engine import open_engine
from ledger.vocabulary.parties import Party
from tests.support.server import BASE_URL, Clock, client_of, make_ledger
from tests.support.stores import KINDS, Kind, fresh_store, trader

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from ledger.log.succession import LogKeys
    from ledger.service import Ledger

ENTRIES = 300


def grow(ledger: Ledger, until: int) -> None:
    party = trader(ledger)
    while (missing := until - ledger.size()) > 0:
        ledger.say(
            party,
            *(
                Party(party=party, party_kind="company", name=f"合作社{ledger.size()}-{one}（演示）")
                for one in range(min(missing, 50))
            ),
        )


def scrubber_of(ledger: Ledger, *, rest: float = 0.0) -> Scrubber:
    return Scrubber(ledger.engine, ledger.origin, keys=lambda: ledger.log_keys, clock=ledger.clock, rest=rest)


def whole_pass(scrubber: Scrubber) -> bool:
    """Until it has come through once, or has found something."""
    passes = scrubber.standing.passes
    while scrubber.standing.passes == passes:
        if not scrubber.step():
            return False
    return True


def rot(engine: Engine, sentence: str) -> None:
    """What a disk does: past every guard."""
    with engine.connect() as connection:
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(sentence)
        connection.commit()


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_log_is_passed_again_and_again_as_it_grows(kind: Kind, tmp_path: Path) -> None:
    with fresh_store(kind, tmp_path).create() as ledger:
        grow(ledger, ENTRIES)
        scrubber = scrubber_of(ledger)
        assert scrubber.step()
        assert (scrubber.standing.position, scrubber.standing.passes) == (ENTRIES_AT_ONCE, 0)
        # What is recorded meanwhile belongs to the next pass.
        grow(ledger, ENTRIES + 7)
        assert whole_pass(scrubber)
        assert whole_pass(scrubber)
        now = scrubber.standing
        assert (now.position, now.passes, now.faults, now.fault) == (ENTRIES + 7, 2, 0, None)
        assert now.passed_ms == ledger.clock()


DAMAGE = {
    "entries": (
        "UPDATE entries SET raw = CAST(replace(raw, x'227622', x'227722') AS BLOB) WHERE seq = 270",
        "entry 270",
    ),
    "a time": (
        "UPDATE entries SET raw = (SELECT raw FROM entries WHERE seq = 3) WHERE seq = 130",
        "entry 130",
    ),
    "an envelope": (
        "UPDATE envelopes SET raw = (SELECT raw FROM envelopes WHERE seq = 4) WHERE seq = 5",
        "entry 5",
    ),
    "items": (
        "UPDATE items SET opened = (SELECT opened FROM items WHERE seq = 9) WHERE seq = 8",
        "entry 8",
    ),
    "a leaf hash": (
        "UPDATE tiles SET hashes = CAST(substr(hashes, 1, 64) || zeroblob(32) || substr(hashes, 97) AS BLOB) WHERE level = 0 AND number = 1",
        "entry 258",
    ),
    "bytes that became text": (
        "UPDATE tiles SET hashes = CAST(hashes AS TEXT) WHERE level = 0 AND number = 1",
        "entry 256",
    ),
    "an upper tile": ("UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1", "tile/1/000"),
    "a checkpoint": (
        "UPDATE checkpoints SET note = (SELECT note FROM checkpoints ORDER BY size LIMIT 1) WHERE size = (SELECT max(size) FROM checkpoints)",
        f"checkpoint of size {ENTRIES}",
    ),
    "a row that is gone": ("DELETE FROM envelopes WHERE seq = 77", "entry 77"),
}


@dataclass(frozen=True)
class Grown:
    """A sound log in a file, and its key."""

    file: Path
    origin: str
    keys: LogKeys


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    folder = tmp_path_factory.mktemp("grown")
    with make_ledger(folder, Clock()) as ledger:
        grow(ledger, ENTRIES)
        return Grown(folder / "suyuan.db", ledger.origin, ledger.log_keys)


def engine_on(grown: Grown, file: Path) -> Engine:
    """An engine on a copy of the sound log."""
    shutil.copy(grown.file, file)
    return open_engine(f"sqlite:///{file}")


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found_said_and_counted_until_it_is_mended(what: str, grown: Grown, tmp_path: Path) -> None:
    engine = engine_on(grown, tmp_path / "log.db")
    scrubber = Scrubber(engine, grown.origin, keys=lambda: grown.keys, clock=lambda: 7, rest=0.0)
    sentence, where = DAMAGE[what]
    rot(engine, sentence)
    for faults in (1, 2):
        assert not whole_pass(scrubber)
        assert scrubber.standing.faults == faults
        assert where in str(scrubber.standing.fault)
    engine.dispose()
    # Somebody puts back what was lost.
    shutil.copy(grown.file, tmp_path / "log.db")
    assert whole_pass(scrubber)
    assert (scrubber.standing.faults, scrubber.standing.fault, scrubber.standing.passed_ms) == (2, None, 7)
    engine.dispose()


def test_it_works_by_itself_and_tells_whoever_asks_the_server(tmp_path: Path) -> None:
    with make_ledger(tmp_path, Clock()) as ledger:
        grow(ledger, 40)
        passed = Event()

        def clock() -> int:
            passed.set()
            return ledger.clock()

        scrubber = Scrubber(
            ledger.engine, ledger.origin, keys=lambda: ledger.log_keys, clock=clock, rest=0.001
        )
        app = create_app(ledger, Settings(base_url=BASE_URL, data=tmp_path))
        with client_of(app) as client:
            assert "scrub" not in client.get("/healthz").json()
            app.state.scrubber = scrubber
            scrubber.start()
            try:
                assert passed.wait(20)
                told = client.get("/healthz").json()["scrub"]
            finally:
                scrubber.close()
        assert (told["of"], told["faults"], told["fault"]) == (40, 0, None)


def test_a_small_log_is_not_looked_through_all_day_long(grown: Grown, tmp_path: Path) -> None:
    engine, again = engine_on(grown, tmp_path / "log.db"), Event()

    def clock() -> int:
        # Asked at the end of each pass.
        if scrubber.standing.passes:
            again.set()
        return 7

    scrubber = Scrubber(engine, grown.origin, keys=lambda: grown.keys, clock=clock, rest=0.01)
    scrubber.start()
    try:
        # A pass takes a fraction of this, and the rest behind it twelve seconds.
        assert not again.wait(4)
        assert scrubber.standing.passes == 1
    finally:
        scrubber.close()
        engine.dispose()
