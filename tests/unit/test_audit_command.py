"""`suyuan audit` of an operator's own data: against what an auditor kept, and over cells that SQLite took and nobody can read."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from ledger.keys import Vault
from ledger.service import Ledger
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from pathlib import Path

GOOD, WRONG, MISUSED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class House:
    """A ledger's data folder, an older copy of it, and what was kept of each."""

    data: Path
    old: Path
    vkey: str
    #: Files with the checkpoint of the older copy, and with the newest.
    before: Path
    newest: Path
    sizes: tuple[int, int]

    def audit(self, *words: str, data: Path | None = None) -> int:
        """Status of one audit."""
        return main(["--lang", "en", "audit", "--vkey", self.vkey, "--data", str(data or self.data), *words])


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> House:
    data = tmp_path / "data"
    monkeypatch.setenv("SUYUAN_DATA", str(data))
    for name in ("SUYUAN_KEY_FILE", "SUYUAN_DATABASE_URL", "SUYUAN_GUARD", "SUYUAN_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with Ledger.create(
        f"sqlite:///{_made(data) / 'suyuan.db'}",
        host="zs.example",
        registrar_name="登记处（演示）",
        vault=Vault.create_file(tmp_path / "a.key"),
        evidence=data / "evidence",
    ) as ledger:
        enrol_party(ledger, "甲商户（演示）")
        before, old_size = ledger.checkpoint(), ledger.size()
        vkey = str(ledger.vkey)
    old = shutil.copytree(data, tmp_path / "old")
    with Ledger.open(
        f"sqlite:///{data / 'suyuan.db'}",
        vault=Vault.open_file(tmp_path / "a.key"),
        evidence=data / "evidence",
    ) as ledger:
        enrol_party(ledger, "乙商户（演示）")
        newest, size = ledger.checkpoint(), ledger.size()
    kept = tmp_path / "before.note", tmp_path / "newest.note"
    for path, note in zip(kept, (before, newest), strict=True):
        path.write_bytes(note)
    capsys.readouterr()
    return House(data, old, vkey, *kept, sizes=(old_size, size))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_log_that_was_rolled_back_does_not_continue_what_was_kept(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = house.sizes
    assert house.audit("--since", str(house.before)) == GOOD
    assert f"goes on from the checkpoint of last time ({old} entries)" in capsys.readouterr().out
    assert house.audit("--since", str(house.newest)) == GOOD
    assert house.audit(data=house.old) == GOOD
    assert house.audit("--since", str(house.newest), data=house.old) == WRONG
    assert f"came '{old}', expected {new} or more, which --since signed before" in capsys.readouterr().out


def test_another_history_does_not_continue_what_was_kept(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(
        f"sqlite:///{house.old / 'suyuan.db'}",
        vault=Vault.open_file(tmp_path / "a.key"),
        evidence=house.old / "evidence",
    ) as forked:
        enrol_party(forked, "丙商户（演示）")
        enrol_party(forked, "丁商户（演示）")
    assert house.audit("--since", str(house.before), data=house.old) == GOOD
    assert house.audit("--since", str(house.newest), data=house.old) == WRONG
    said = capsys.readouterr().out
    assert "audit FAILED: heads" in said
    assert "which --since signed before" in said


def test_what_is_no_checkpoint_of_this_log_is_compared_with_nothing(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = tmp_path / "strange"
    strange.write_bytes(house.newest.read_bytes().replace(b"zs.example", b"ys.example"))
    assert house.audit("--since", str(strange)) == WRONG
    assert "--since" in capsys.readouterr().out


def test_keep_makes_the_file_moves_it_on_and_never_back(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    assert house.audit("--keep", str(kept), data=house.old) == GOOD
    assert kept.read_bytes() == house.before.read_bytes()
    assert house.audit("--keep", str(kept)) == GOOD
    assert kept.read_bytes() == house.newest.read_bytes()
    assert house.audit("--keep", str(kept), data=house.old) == WRONG
    assert "which --keep signed before" in capsys.readouterr().out
    assert kept.read_bytes() == house.newest.read_bytes()


def test_keep_writes_over_no_other_file(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in (("key.pem", b"-----BEGIN PRIVATE KEY-----\n"), ("empty", b"")):
        path = tmp_path / name
        path.write_bytes(content)
        assert house.audit("--keep", str(path)) == MISUSED
        assert "not overwritten" in capsys.readouterr().err
        assert path.read_bytes() == content
    assert house.audit("--keep", str(tmp_path / "nowhere" / "kept")) == MISUSED
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "words", [("--policy", "x"), ("--api-key", "x"), ("--public",), ("--complete",)], ids=" ".join
)
def test_what_only_a_log_from_outside_can_be_asked_is_refused(
    house: House, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert house.audit(*words) == MISUSED
    said = capsys.readouterr()
    assert (said.out, said.err.startswith(words[0])) == ("", True)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE entries SET raw = CAST(raw AS TEXT) WHERE seq = 1", "entry 1: entries"),
        ("UPDATE entries SET seq = 'one' WHERE seq = 1", "entry 1: entries"),
        ("UPDATE heads SET size = 'abc'", "heads"),
        ("UPDATE heads SET at_ms = 1.5", "heads"),
        ("UPDATE checkpoints SET size = 'abc' WHERE size = 1", "checkpoints"),
        ("UPDATE checkpoints SET note = CAST(note AS TEXT) WHERE size = 1", "checkpoints"),
        ("UPDATE tiles SET hashes = CAST(hashes AS TEXT)", "tiles"),
        ("UPDATE mentions SET key = CAST(key AS BLOB)", "mentions"),
    ],
)
def test_a_cell_of_another_type_is_named_and_not_read_over(
    house: House, capsys: pytest.CaptureFixture[str], change: str, named: str
) -> None:
    with closing(sqlite3.connect(house.data / "suyuan.db")) as database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        assert database.execute(change).rowcount > 0
        database.commit()
    assert house.audit() == WRONG
    said = capsys.readouterr().out
    assert said.startswith(f"audit FAILED: {named}")
    assert "audit passed" not in said


def test_an_audit_makes_no_database(tmp_path: Path, house: House) -> None:
    none = tmp_path / "none.db"
    assert main(["audit", "--vkey", house.vkey, "--url", f"sqlite:///{none}"]) == MISUSED
    assert not none.exists()
