"""A lost tail comes back from a copy of the log, whole and as it was signed, or nothing of it does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from api.settings import Settings
from ledger.erasing import Wanted, erase
from ledger.exchange.mirror import make_copy
from ledger.exchange.places import Folder
from ledger.exchange.recovering import NothingToRecoverFrom, NotOurTail, recover
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.store.guard import DatabaseBehind, GuardMissing
from ledger.vocabulary.parties import Party
from tests.browser.serving import free_port
from tests.support.appender import numbered
from tests.support.stores import Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.identifiers import PartyId, StatementId

GROUND = "个人请求（演示）"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = fresh_store("sqlite", tmp_path / "data")
    store.guard = tmp_path / "guard"
    return store


def say(ledger: Ledger, party: PartyId, number: int) -> None:
    signer = ledger.custodial_signer(party)
    ledger.recorder.record([numbered(ledger.origin, signer, party, number)])


def sheet(ledger: Ledger, party: PartyId, name: str) -> StatementId:
    said = Party(party=party, party_kind="farmer", person_name=name, phone="139-0000-4711")
    (placed,) = ledger.say(party, said)
    return ledger.stored(placed.seq).header.id


def lose_the_tail(store: Store, backup: Path) -> None:
    """Put the backup in the place of the database."""
    for path in store.folder.glob("suyuan.db*"):
        path.unlink()
    shutil.copy(backup, store.folder / "suyuan.db")


def back_up(store: Store, path: Path) -> Path:
    """A copy of a database that nobody has open."""
    shutil.copy(store.folder / "suyuan.db", path)
    return path


def test_a_lost_tail_comes_back_with_its_register_and_its_erasures(store: Store, tmp_path: Path) -> None:
    with store.create() as ledger:
        party = trader(ledger)
        erased = sheet(ledger, party, "旧名（演示）")
    backup = back_up(store, tmp_path / "backup.db")
    copy = Folder(tmp_path / "copy")
    with store.open() as ledger:
        late = trader(ledger)
        sheet(ledger, late, "后来者（演示）")
        make_copy(ledger, copy, members=True)
        between = ledger.size()
        for number in range(1, 8):
            say(ledger, late if number % 2 else party, number)
        ended = sheet(ledger, late, "又一（演示）")
        erase(ledger, [Wanted(erased, kinds=("contact",)), Wanted(ended, whole=True)], ground=GROUND)
        say(ledger, party, 8)
        make_copy(ledger, copy, members=True)
        checkpoint, size = ledger.checkpoint(), ledger.size()
        receipts = [ledger.receipt(seq).proof for seq in (between - 1, size - 1)]
        report = audited(ledger)
    lose_the_tail(store, backup)
    with store.open() as ledger:
        with pytest.raises(DatabaseBehind, match="suyuan recover"):
            say(ledger, party, 9)
        done = recover(ledger, copy, ledger.log_keys.all)
        assert (done.before, done.size) == (3, size)
        ledger.check_guard()
        assert ledger.checkpoint() == checkpoint
        # Where a copy was made the checkpoint is there again, and so is the very receipt.
        assert [ledger.receipt(seq).proof for seq in (between - 1, size - 1)] == receipts
        came = audited(ledger)
        assert (came.root, came.entries, came.erased, came.views) == (
            report.root,
            report.entries,
            report.erased,
            report.views,
        )
        # Sent again, it stands where it stood; and the log goes on.
        (again,) = ledger.recorder.record([numbered(ledger.origin, ledger.custodial_signer(party), party, 8)])
        assert again.again
        say(ledger, party, 9)
        assert ledger.size() == size + 1
        # A second time there is nothing to do.
        assert recover(ledger, copy, ledger.log_keys.all).size == size + 1
        audited(ledger)
    with store.open() as ledger:
        assert None in ledger.stored(2).opened


def test_a_tail_longer_than_a_tile_comes_back(store: Store, tmp_path: Path) -> None:
    with store.create() as ledger:
        party = trader(ledger)
        ledger.recorder.record(
            [numbered(ledger.origin, ledger.custodial_signer(party), party, one) for one in range(240)]
        )
    backup = back_up(store, tmp_path / "backup.db")
    copy = Folder(tmp_path / "copy")
    with store.open() as ledger:
        signer = ledger.custodial_signer(party)
        for start in (1_000, 2_000):
            ledger.recorder.record([numbered(ledger.origin, signer, party, start + one) for one in range(20)])
        make_copy(ledger, copy, members=True)
    lose_the_tail(store, backup)
    with store.open() as ledger:
        recover(ledger, copy, ledger.log_keys.all)
        ledger.check_guard()
        assert audited(ledger).entries == 282


def test_a_copy_that_shows_less_or_something_else_writes_nothing(store: Store, tmp_path: Path) -> None:
    with store.create() as ledger:
        party = trader(ledger)
    backup = back_up(store, tmp_path / "backup.db")
    with store.open() as ledger:
        say(ledger, party, 1)
        say(ledger, party, 2)
        make_copy(ledger, Folder(tmp_path / "public"), members=False)
        make_copy(ledger, Folder(tmp_path / "members"), members=True)
        keys = ledger.log_keys.all
    (statements,) = (tmp_path / "members" / "statements").rglob("4")
    lose_the_tail(store, backup)
    # The operator's own second history, with the same key.
    forked = replace(store, guard=None)
    with store.open() as ledger:
        with pytest.raises(NothingToRecoverFrom):
            recover(ledger, Folder(tmp_path / "nowhere"), keys)
        with pytest.raises(Exception, match="statements/"):
            recover(ledger, Folder(tmp_path / "public"), keys)
        lines = statements.read_bytes().splitlines()
        withheld = b'{"envelope":null,"items":[],"position":3,"v":1}'
        statements.write_bytes(b"\n".join([*lines[:3], withheld, b""]))
        with pytest.raises(NothingToRecoverFrom, match="withholds statement 3"):
            recover(ledger, Folder(tmp_path / "members"), keys)
        moved = lines[2].replace(b'"position":2', b'"position":3')
        statements.write_bytes(b"\n".join([*lines[:3], moved, b""]))
        with pytest.raises(NotOurTail, match="entry 3"):
            recover(ledger, Folder(tmp_path / "members"), keys)
        gap = lines[3].partition(b'"items":')
        statements.write_bytes(b"\n".join([*lines[:3], gap[0] + b'"items":[null],"position":3,"v":1}', b""]))
        with pytest.raises(NotOurTail, match="no erasure took it away"):
            recover(ledger, Folder(tmp_path / "members"), keys)
        assert ledger.size() == 2
        audited(ledger)
        statements.write_bytes(b"\n".join([*lines, b""]))
    with forked.open() as ledger:
        say(ledger, party, 77)
        with pytest.raises(NotOurTail):
            recover(ledger, Folder(tmp_path / "members"), keys)
        for number in (78, 79, 80):
            say(ledger, party, number)
        with pytest.raises(NotOurTail, match="another history"):
            recover(ledger, Folder(tmp_path / "members"), keys)
        assert ledger.size() == 6


def test_by_the_command_line_a_guard_that_is_gone_is_made_from_the_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    for name in ("SUYUAN_GUARD", "SUYUAN_KEY_FILE", "SUYUAN_DATABASE_URL", "SUYUAN_WITNESS_POLICY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--lang", "en", "init", "--host", "zs.example.cn", "--registrar", "登记处（演示）"]) == 0
    settings = Settings()
    copy, database = tmp_path / "copy", tmp_path / "data" / "suyuan.db"

    def grow() -> int:
        vault = Vault.open_file(settings.key_path)
        with Ledger.open(
            settings.database, vault=vault, evidence=settings.evidence, guard=settings.guard_path
        ) as ledger:
            trader(ledger)
            return ledger.size()

    grow()
    shutil.copy(database, tmp_path / "backup.db")
    grow()
    assert main(["--lang", "en", "log", "export", str(copy), "--members"]) == 0
    grow()
    for path in (tmp_path / "data").glob("suyuan.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", database)
    capsys.readouterr()
    # The copy is one entry behind what the guard saw: what it has comes back, and nothing is signed.
    assert main(["--lang", "en", "recover", str(copy)]) == 1
    said = capsys.readouterr().out
    assert "entries 2 to 2 were put back" in said
    assert "still not to be signed" in said
    with pytest.raises(DatabaseBehind):
        grow()
    # Nor is it served: one line, and no traceback.
    assert main(["--lang", "en", "serve", "--port", str(free_port())]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "knows 4 entries of this log, and this database has 3" in line
    shutil.rmtree(settings.guard_path)
    with pytest.raises(GuardMissing):
        grow()
    assert main(["--lang", "en", "recover", str(copy)]) == 0
    assert "was made anew from the copy's checkpoint (3 entries)" in capsys.readouterr().out
    assert grow() == 4
    assert main(["--lang", "en", "audit", "--vkey", str(tmp_path / "data" / "vkey")]) == 0
