from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import auditing, big_log, proving
from benchmarks.auditing import Peer
from ledger.audit import audit
from ledger.exchange.mirror import Mirror
from ledger.exchange.outside import Asked, audit_outside
from ledger.exchange.places import Folder
from ledger.log.note import NoteVerifier
from ledger.store.engine import open_engine, reading

if TYPE_CHECKING:
    from pathlib import Path

#: Over the edge of a tile, and no more.
ENTRIES = 300


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    with big_log.big_log(folder / "views", ENTRIES, views=True) as ledger:
        assert ledger.size() == ENTRIES
    return folder


def test_a_log_built_below_the_recorder_passes_every_audit(logs: Path) -> None:
    folder = logs / "views"
    with big_log.big_log(folder, ENTRIES) as ledger:
        vkey, url = str(ledger.vkey), str(ledger.engine.url)
    key = NoteVerifier.parse(vkey)
    copy = Folder(big_log.copy_of(folder, ENTRIES))
    outside = audit_outside(copy, key, Asked(complete=True))
    engine = open_engine(url)
    with reading(engine) as connection:
        inside = audit(connection, key)
    engine.dispose()
    assert outside.statements == inside.entries == ENTRIES
    assert outside.signatures == inside.signatures > ENTRIES
    assert outside.root == inside.root


def test_a_log_that_lies_there_is_used_as_it_is(logs: Path) -> None:
    database = big_log.database_of(logs / "views", ENTRIES)
    before = database.read_bytes()
    with big_log.big_log(logs / "views", ENTRIES) as ledger:
        assert ledger.size() == ENTRIES
    assert database.read_bytes() == before


def test_a_log_half_built_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / f"log-{ENTRIES}").mkdir()
    with pytest.raises(FileExistsError, match="is not finished"), big_log.big_log(tmp_path, ENTRIES):
        """Never opened."""


def test_the_audits_stand_beside_hashing_and_verifying_alone(
    logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_memory", lambda *_: 1_000_000)
    one = auditing.measure("database", logs / "views", ENTRIES, rounds=1)
    found = [
        one,
        *(auditing.measure(what, logs / "views", ENTRIES, rounds=1) for what in ("members", "public")),
    ]
    assert [one.what for one in found] == ["database", "members", "public"]
    assert found[0].signatures == found[1].signatures > found[2].signatures > 0
    assert all(one.ours.cpu > 0 and one.peer.cpu > 0 and one.ratio_cpu > 0 for one in found)
    assert "1.0" in auditing.table(found)


def test_the_peer_hashes_the_tree_whole(logs: Path) -> None:
    folder = logs / "views"
    with big_log.big_log(folder, ENTRIES) as ledger, ledger.book() as book:
        mirror = Mirror.at(Folder(big_log.copy_of(folder, ENTRIES)), [ledger.vkey])
        assert mirror is not None
        peer = Peer.of(mirror, book.register, only=frozenset())
    peer.turn(0, 256)
    peer.turn(256, ENTRIES)
    peer.finish()
    assert peer.root == mirror.checkpoint.root


def test_a_proof_stands_beside_pymerkles_from_the_same_entries(logs: Path) -> None:
    one = proving.measure(logs / "views", ENTRIES, rounds=1, proofs=5)
    assert one.round.first.wall > 0
    assert one.round.peer_first.wall > 0
    assert "pymerkle's first" in proving.table([one])
