"""A log that changes its key: both checkers follow it from any of its keys, and nothing that a retired key signs alone is believed."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from ledger.audit import AuditFailed, audit
from ledger.errors import NotAllowed
from ledger.exchange.export import export_log
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.note import Note, NoteSigner, sign_note
from ledger.log.succession import KeyChange, KeyRetired, LogKeys
from ledger.recorder import LogFrozen
from ledger.service import Ledger
from ledger.store.engine import reading, writing
from ledger.store.tables import CheckpointRow, FreezeRow
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import LogKey
from tests.support import second_verifier
from tests.support.second_verifier import Bad, verify_export, verify_files
from tests.support.stores import Store, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.log.note import NoteVerifier

DAY_MS = 86_400_000

_checkpoints, _freezes = CheckpointRow.__table__, FreezeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(slots=True)
class Kept:
    """A ledger with a clock that the test moves, and one trader who says something now and then."""

    store: Store
    ledger: Ledger

    def says(self) -> int:
        """One more entry; its position."""
        party = trader(self.ledger)
        (placed,) = self.ledger.say(party, Party(party=party, party_kind="company", name="合作社（演示）"))
        return placed.seq

    def days(self, number: int) -> None:
        self.store.clock.ms += number * DAY_MS

    def signers_of(self, size: int) -> list[NoteVerifier]:
        """The keys under the checkpoint of that size, the newest first."""
        ids = {one.key_id for one in Note.parse(self.note(size)).signatures}
        return [key for key in self.ledger.log_keys.all if key.key_id in ids]

    def note(self, size: int) -> bytes:
        with reading(self.ledger.engine) as connection:
            return bytes(
                connection.execute(
                    select(_checkpoints.c.note).where(_checkpoints.c.size == size)
                ).scalar_one()
            )

    def files(self, folder: Path) -> dict[str, bytes]:
        """The exported log, by paths."""
        vkeys = " ".join(map(str, self.ledger.log_keys.all))
        with reading(self.ledger.engine) as connection:
            export_log(connection, self.ledger.origin, folder, vkey=vkeys, everything=True)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    def audited_with(self, key: NoteVerifier) -> int:
        with reading(self.ledger.engine) as connection:
            return audit(connection, key).checkpoints


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    store = fresh_store("sqlite", tmp_path / "store")
    with store.create() as ledger:
        yield Kept(store, ledger)


@pytest.fixture
def changed(kept: Kept) -> Kept:
    """Changed twice, each overlap over, with entries in between."""
    for _ in range(2):
        kept.says()
        kept.ledger.change_log_key()
        kept.says()
        kept.days(31)
        kept.says()
    return kept


def test_both_keys_sign_until_the_overlap_ends_and_then_the_new_one_alone(kept: Kept) -> None:
    before = kept.says()
    old = kept.ledger.vkey
    placed = kept.ledger.change_log_key()
    new = kept.ledger.vkey
    assert new != old
    assert kept.signers_of(before + 1) == [old]
    assert kept.signers_of(placed.seq + 1) == [new, old]
    until = kept.ledger.log_keys.changes[0].until_ms
    kept.store.clock.ms = until
    assert kept.signers_of(kept.says() + 1) == [new, old]
    kept.store.clock.ms = until + 1
    assert kept.signers_of(kept.says() + 1) == [new]


def test_every_key_the_log_ever_had_leads_to_the_whole_of_it(changed: Kept, tmp_path: Path) -> None:
    keys = changed.ledger.log_keys.all
    assert len(keys) == 3
    changed.files(tmp_path / "out")
    for key in keys:
        assert changed.audited_with(key) == verify_export(tmp_path / "out", str(key)).checkpoints
    stranger = NoteSigner.from_seed(changed.ledger.origin, bytes(32)).verifier
    with pytest.raises(AuditFailed, match="not a key of this log"):
        changed.audited_with(stranger)
    with pytest.raises(Bad, match="not the public key that was given"):
        verify_export(tmp_path / "out", str(stranger))


def test_a_receipt_names_the_key_that_its_proof_verifies_with(changed: Kept) -> None:
    ledger = changed.ledger
    for seq in range(ledger.size()):
        receipt = ledger.receipt(seq)
        receipt.proof.verify(receipt.entry, [receipt.vkey])
    assert ledger.receipt(1).vkey == ledger.log_keys.first
    assert ledger.receipt(ledger.size() - 1).vkey == ledger.log_keys.newest


def test_a_ledger_opens_again_with_the_keys_in_force(changed: Kept) -> None:
    keys = changed.ledger.log_keys
    changed.ledger.close()
    with changed.store.open() as ledger:
        assert ledger.log_keys == keys
        assert ledger.vkey == keys.newest
        ledger.head_of(ledger.checkpoint())
        Kept(changed.store, ledger).says()


def test_a_process_that_did_not_change_the_key_signs_with_the_new_one_all_the_same(kept: Kept) -> None:
    kept.says()
    with kept.store.open() as other:
        other.change_log_key()
        said = kept.says()
        assert kept.signers_of(said + 1) == [other.vkey, other.log_keys.first]
        assert kept.ledger.receipt(said).vkey == other.vkey


def _signed_by_the_retired(kept: Kept) -> tuple[int, bytes]:
    """The newest checkpoint with nobody's signature but that of the key before."""
    ledger, size = kept.ledger, kept.ledger.size()
    checkpoint = Checkpoint.parse(Note.parse(ledger.checkpoint()).text)
    with reading(ledger.engine) as connection, ledger.book() as book:
        old = ledger._keyring.signers(connection, book.register, size=1, at_ms=0)
    assert [one.verifier for one in old] == [ledger.log_keys.first]
    return size, checkpoint.sign(old)


def test_what_only_a_retired_key_signed_is_refused_by_everybody(kept: Kept, tmp_path: Path) -> None:
    kept.ledger.change_log_key()
    kept.days(31)
    kept.says()
    size, note = _signed_by_the_retired(kept)
    with pytest.raises(KeyRetired):
        kept.ledger.head_of(note)
    files = kept.files(tmp_path / "out")
    for path in ("checkpoint", f"checkpoints/{size:09d}"):
        with pytest.raises(Bad, match="in force"):
            verify_files({**files, path: note}, str(kept.ledger.vkey))
    with writing(kept.ledger.engine) as connection:
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'checkpoints'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.execute(update(_checkpoints).where(_checkpoints.c.size == size).values(note=note))
    for key in kept.ledger.log_keys.all:
        with pytest.raises(AuditFailed, match="retired key only") as failed:
            kept.audited_with(key)
        assert failed.value.table == "checkpoints"


def test_within_the_overlap_neither_key_is_enough_alone(kept: Kept) -> None:
    kept.ledger.change_log_key()
    note = Note.parse(kept.ledger.checkpoint())
    assert len(note.signatures) == 2
    for one in note.signatures:
        with pytest.raises(KeyRetired):
            kept.ledger.head_of(Note(note.text, (one,)).to_bytes())
    kept.ledger.head_of(note.to_bytes())


def test_a_key_this_server_does_not_hold_follows_nobody(kept: Kept) -> None:
    ledger = kept.ledger
    with reading(ledger.engine) as connection, ledger.book() as book:
        (old,) = ledger._keyring.signers(connection, book.register, size=1, at_ms=0)
    thief = NoteSigner.from_seed(ledger.origin, b"\x07" * 32)
    change = KeyChange(position=0, old=old.verifier, new=thief.verifier, until_ms=0)
    said = LogKey(
        old_vkey=str(change.old),
        new_vkey=str(change.new),
        until_ms=0,
        old_signature=b64encode(old.sign(change.text())).decode(),
        new_signature=b64encode(thief.sign(change.text())).decode(),
    )
    size = ledger.size()
    with pytest.raises(NotAllowed, match="a key that this server holds"):
        ledger.say(ledger.registrar, said)
    assert ledger.size() == size


def test_nobody_but_the_old_key_names_its_heir(kept: Kept) -> None:
    ledger = kept.ledger
    thief, heir = (NoteSigner.from_seed(ledger.origin, bytes([n]) * 32) for n in (7, 8))
    change = KeyChange(position=1, old=ledger.vkey, new=heir.verifier, until_ms=0)
    forged, own = (b64encode(one.sign(change.text())).decode() for one in (thief, heir))
    with pytest.raises(ValueError, match="signature"):
        change.check(old_signature=forged, new_signature=own)
    # Another time in the text makes it another text.
    later = KeyChange(position=1, old=thief.verifier, new=heir.verifier, until_ms=1)
    sooner = KeyChange(position=1, old=thief.verifier, new=heir.verifier, until_ms=0)
    signed = b64encode(thief.sign(sooner.text())).decode()
    with pytest.raises(ValueError, match="signature"):
        later.check(old_signature=signed, new_signature=b64encode(heir.sign(later.text())).decode())


def test_the_text_of_a_change_is_no_checkpoint(kept: Kept) -> None:
    ledger = kept.ledger
    heir = NoteSigner.from_seed(ledger.origin, bytes([8]) * 32)
    change = KeyChange(position=1, old=ledger.vkey, new=heir.verifier, until_ms=0)
    with pytest.raises(ValueError, match=r"size|origin|text"):
        open_checkpoint(sign_note(change.text(), [heir]), [heir.verifier])


def test_keys_that_the_log_does_not_name_are_found(
    changed: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = changed.files(tmp_path / "out")
    stranger = NoteSigner.from_seed(changed.ledger.origin, bytes(32)).verifier
    more = {**files, "vkey": f"{stranger}\n".encode() + files["vkey"]}
    with pytest.raises(Bad, match="not the keys that the log's own statements name"):
        verify_files(more, str(changed.ledger.vkey))
    monkeypatch.setattr(second_verifier, "check_log_keys", lambda *_, **__: None)
    verify_files(more, str(changed.ledger.vkey))


def test_without_its_check_a_retired_key_would_pass(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.ledger.change_log_key()
    kept.days(31)
    kept.says()
    files = {**kept.files(tmp_path / "out"), "checkpoint": _signed_by_the_retired(kept)[1]}
    monkeypatch.setattr(second_verifier, "check_keys_in_force", lambda *_, **__: None)
    verify_files(files, str(kept.ledger.vkey))


def test_a_frozen_log_takes_nothing_and_can_still_be_read_and_checked(kept: Kept) -> None:
    said = kept.says()
    final = kept.ledger.freeze()
    size = kept.ledger.size()
    with pytest.raises(LogFrozen):
        kept.says()
    with pytest.raises(LogFrozen):
        kept.ledger.change_log_key()
    with kept.store.open() as other, pytest.raises(LogFrozen):
        Kept(kept.store, other).says()
    assert (kept.ledger.size(), kept.ledger.checkpoint(), kept.ledger.freeze()) == (size, final, final)
    receipt = kept.ledger.receipt(said)
    receipt.proof.verify(receipt.entry, [kept.ledger.vkey])
    kept.audited_with(kept.ledger.vkey)
    # Only the row stands in the way: it is what stops the pen.
    with writing(kept.ledger.engine) as connection:
        connection.execute(delete(_freezes))
    kept.says()


def test_a_new_log_says_in_its_genesis_how_the_old_one_ended(kept: Kept, tmp_path: Path) -> None:
    kept.says()
    final = Checkpoint.parse(Note.parse(kept.ledger.freeze()).text)
    store = fresh_store("sqlite", tmp_path / "new")
    with Ledger.create(
        store.url,
        host="log.example",
        registrar_name="演示登记处（演示）",
        vault=store.vault,
        evidence=store.folder / "evidence",
        clock=store.clock,
        follows=final,
    ) as ledger:
        genesis = Kept(store, ledger)
        genesis.says()
        fields = ledger.stored(0).opened[0]
        assert fields is not None
        told = fields.item.fields
        assert told["follows_origin"] == kept.ledger.origin
        assert told["follows_size"] == kept.ledger.size()
        assert told["follows_root"] == str(final.root)
        genesis.files(tmp_path / "out")
        verify_export(tmp_path / "out", str(ledger.vkey), complete=True)
        genesis.audited_with(ledger.vkey)


def test_which_keys_sign_is_told_by_size_and_time() -> None:
    first, second, third = (
        NoteSigner.from_seed("log.example/0", bytes([n]) * 32).verifier for n in (1, 2, 3)
    )
    changes = (
        KeyChange(position=4, old=first, new=second, until_ms=100),
        KeyChange(position=8, old=second, new=third, until_ms=90),
    )
    keys = LogKeys.around(second, changes)
    assert (keys.first, keys.newest, keys.all) == (first, third, (third, second, first))
    assert keys.in_force(size=4, at_ms=50) == (first,)
    assert keys.in_force(size=5, at_ms=50) == (second, first)
    assert keys.in_force(size=8, at_ms=100) == (second, first)
    assert keys.in_force(size=8, at_ms=101) == (second,)
    assert keys.in_force(size=9, at_ms=90) == (third, second, first)
    assert keys.in_force(size=9, at_ms=91) == (third, first)
    assert keys.in_force(size=9, at_ms=101) == (third,)
