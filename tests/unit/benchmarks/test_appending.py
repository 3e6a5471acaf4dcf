from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks import appending, recording
from benchmarks.appending import (
    MANY,
    LogAlone,
    Measured,
    as_one_entry,
    build_tessera,
    measure,
    syncs_a_record,
    table,
)
from ledger.store.engine import open_engine, reading
from ledger.store.guard import check_edge
from ledger.store.log_rows import read_head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALONE = "bench.example/alone"


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "COMMITS_OF_MANY", 1)
    monkeypatch.setattr(appending, "COMMITS_OF_ONE", 2)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[recording.Bench]:
    with recording.begun(tmp_path / "recorder", parties=5) as bench:
        yield bench


def test_everything_stands_beside_its_peer(tmp_path: Path) -> None:
    rounds = measure(tmp_path, program=None, rounds=2, size=40, parties=5)
    found = Measured.of(rounds, syncs={"log, 1": 2.0}, not_run={"Tessera": "not run: no Go"})
    assert len(rounds) == 2
    assert set(found.ratios) >= {f"log, {MANY} / log rows, {MANY}", "log, 1 / pymerkle, 1"}
    assert all(cost.wall > 0 for cost in found.costs.values())
    shown = table(found)
    assert "the log alone / pymerkle, append_entry, 1 a commit" in shown
    assert "Tessera" in shown
    assert "not run: no Go" in shown


def test_the_log_alone_leaves_a_log_in_order_under_its_guard(tmp_path: Path, bench: recording.Bench) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/alone.db")
    alone = LogAlone(engine, tmp_path / "guard")
    # Over the edge of a tile, and one at a time.
    for count in (1, 254, 3, 1):
        alone.append(bench.trade.statements(count))
    with reading(engine) as connection:
        head = read_head(connection, ALONE)
        note = check_edge(connection, ALONE, head)
    engine.dispose()
    assert head.size == alone.size == 259
    assert note.startswith(f"{ALONE}\n259\n".encode())
    assert alone.guarded == 259


def test_the_log_alone_stores_of_a_statement_what_the_recorder_stores(
    tmp_path: Path, bench: recording.Bench
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/alone.db")
    alone, statements, size = (
        LogAlone(engine, tmp_path / "guard"),
        bench.trade.statements(20),
        bench.ledger.size(),
    )
    alone.append(statements)
    bench.commit(statements)
    kept = []
    for raw, start in ((engine.raw_connection(), 0), (bench.ours, size)):
        rows = recording.rows_since(raw, start, found_ms=-1)
        # Without log and position; the leaf tells the time at which it was taken.
        kept.append({table: [row[2:] for row in rows[table]] for table in ("envelopes", "items")})
        assert len(rows["entries"]) == 20
    engine.dispose()
    assert kept[0] == kept[1]
    assert all(as_one_entry(one).startswith(one.envelope.raw) for one in statements)


def test_where_there_is_no_go_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_tessera(tmp_path) == "not run: no Go"


@pytest.mark.system("gofmt")
def test_the_program_for_tessera_is_written_as_go_is() -> None:
    badly = subprocess.run(["gofmt", "-l", appending.TESSERA], check=True, capture_output=True, text=True)
    assert badly.stdout == ""


@pytest.mark.system("strace")
def test_a_commit_waits_for_the_disk_once_for_the_database_and_once_for_the_guard() -> None:
    assert syncs_a_record("log", each=1, more=10, program=None) == 2.0
