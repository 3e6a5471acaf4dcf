"""Whatever somebody changes in an exported log, the second verifier finds it and names the entry.

Each lie is told twice: the verifier must find it, and a verifier without the one check that is there for it must
not. So no check stands here for show, and no test could pass by accident.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.keys import Ed25519Signer
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Hash, root_of
from ledger.log.note import NoteSignature, NoteSigner, sign_note
from ledger.log.sizes import Size
from ledger.statement import OpenedItem, Signature
from ledger.vocabulary.registering import ErasedPlace, Erasure, Key
from tests.support import second_verifier
from tests.support.memory_log import MemoryLog, Speaker, leek, statement_path
from tests.support.passkeys import USER_PRESENT, Es256Signer, PasskeySigner
from tests.support.second_verifier import Bad, as_bytes, check_inclusion, verify_export, verify_files
from tests.support.soak import soak_seeds
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Callable

SCRIPT = Path(second_verifier.__file__)

#: Files by path, and where the lie must be found.
Told = tuple[dict[str, bytes], int | str]


@dataclass
class Story:
    """An honest log of eight entries, for somebody to lie about."""

    log: MemoryLog
    farm: Speaker
    shop: Speaker
    first: int
    second: int

    @classmethod
    def honest(cls) -> Story:
        log = MemoryLog()
        farm = log.enrol("enterprise")
        shop = log.enrol("enterprise", custody="custodial")
        first = log.says(farm, leek(farm.party))
        second = log.says(shop, leek(farm.party, "JC-20261115"))
        log.erase(first, [1])
        log.revoke(shop)
        log.says(farm, leek(farm.party, "JC-20261116"))
        return cls(log, farm, shop, first, second)


@pytest.fixture
def story() -> Story:
    return Story.honest()


def expect_bad(files: dict[str, bytes], vkey: str, where: int | str) -> str:
    with pytest.raises(Bad) as caught:
        verify_files(files, vkey, complete=True)
    assert caught.value.where == where, str(caught.value)
    return caught.value.why


# --- An honest log


def test_an_honest_log_is_found_in_order(story: Story, tmp_path: Path) -> None:
    report = verify_export(story.log.export(tmp_path), story.log.vkey, complete=True)
    assert (report.origin, report.size, report.clock) == (story.log.origin, 8, "simulated")
    # The farm's key signed its own enrolment too.
    assert (report.statements, report.signatures, report.keys) == (8, 9, 3)
    assert (report.items, report.items_erased, report.items_withheld) == (11, 1, 0)
    assert (report.root, report.checkpoints) == (root_of(story.log.leaves), 3)


def test_it_says_what_it_did_not_look_at(story: Story) -> None:
    story.log.remove(story.second, [0])
    story.log.withhold(7)
    report = verify_files(story.log.files(), story.log.vkey)
    assert (report.items_withheld, report.statements_withheld) == (1, 1)
    said = str(report)
    for left_open in (
        "newest checkpoint",
        "is true",
        "1 items that are withheld",
        "1 statements that are withheld",
    ):
        assert left_open in said


def test_a_log_with_full_tiles_is_found_in_order_and_a_byte_of_its_upper_tile_is_missed_by_nobody() -> None:
    log = MemoryLog()
    farm = log.enrol("enterprise")
    for number in range(258):
        log.says(farm, leek(farm.party, f"JC-{number}"))
    files = log.files()
    assert {
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    } < set(files)
    assert verify_files(files, log.vkey, complete=True).size == 260
    for path, where in (("tile/1/000.p/1", "tile/1/000.p/1"), ("tile/0/000", 255), ("tile/0/001.p/4", 259)):
        changed = files | {path: files[path][:-1] + bytes([files[path][-1] ^ 1])}
        expect_bad(changed, log.vkey, where)


def test_a_cosignature_of_somebody_unknown_is_counted_and_passed_over(story: Story) -> None:
    files = story.log.files()
    witness = NoteSignature("witness.example/w", bytes(4), bytes(72))
    files["checkpoint"] += f"{witness}\n".encode()
    report = verify_files(files, story.log.vkey, complete=True)
    assert "1 signatures on the checkpoint by keys that were not given" in report.not_checked()


def test_a_history_that_its_keeper_rewrote_whole_needs_an_older_checkpoint_to_be_found(story: Story) -> None:
    before = verify_files(story.log.files(), story.log.vkey, complete=True)
    story.log.slots.pop()
    story.log.rechain()
    after = verify_files(story.log.files(), story.log.vkey, complete=True)
    # Nothing in the folder is wrong. That is why the report says so, and why witnesses exist.
    assert (before.size, after.size) == (8, 7)
    assert any("others were shown the same" in one for one in after.not_checked())


# --- Every byte


def where_found(path: str, offset: int, files: dict[str, bytes]) -> int | str:
    """The entry, or the file, that a change of this byte must be found in."""
    if path.startswith("statements/"):
        return int(path.removeprefix("statements/").removesuffix(".json"))
    if path.startswith("tile/0/"):
        return offset // 32
    if path.startswith("tile/entries/"):
        position, start, raw = 0, 0, files[path]
        while (start := start + 2 + int.from_bytes(raw[start : start + 2], "big")) <= offset:
            position += 1
        return position
    return path


def flip(files: dict[str, bytes], path: str, offset: int, bit: int) -> dict[str, bytes]:
    changed = bytearray(files[path])
    changed[offset] ^= 1 << bit
    return files | {path: bytes(changed)}


PATHS = sorted(Story.honest().log.files())


@pytest.mark.parametrize("path", PATHS)
def test_a_flipped_bit_is_found_in_its_entry(story: Story, path: str) -> None:
    files = story.log.files()
    # One byte in eight, its bits in turn; the soak below takes every bit of every byte.
    for offset in range(PATHS.index(path) % 8, len(files[path]), 8):
        expect_bad(
            flip(files, path, offset, offset // 8 % 8), story.log.vkey, where_found(path, offset, files)
        )


@pytest.mark.soak
def test_every_bit_of_every_file_is_missed_by_nobody(story: Story) -> None:
    files = story.log.files()
    bits = [(path, offset, bit) for path in PATHS for offset in range(len(files[path])) for bit in range(8)]
    # A share of the soak is spread over all files.
    Random(1).shuffle(bits)
    for seed in soak_seeds("second-verifier-bits", len(bits)):
        path, offset, bit = bits[seed]
        expect_bad(flip(files, path, offset, bit), story.log.vkey, where_found(path, offset, files))


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_missing_cut_or_grown_is_found(story: Story, path: str) -> None:
    files = story.log.files()
    where: int | str = where_found(path, 0, files) if path.startswith("statements/") else path
    without = {name: raw for name, raw in files.items() if name != path}
    if path.startswith("checkpoints/"):
        # Nobody knows how many there were. Whoever holds one compares.
        assert verify_files(without, story.log.vkey, complete=True).checkpoints == 2
    else:
        expect_bad(without, story.log.vkey, where)
    last = where_found(path, len(files[path]) - 1, files)
    expect_bad(files | {path: files[path][:-1]}, story.log.vkey, last)
    # Behind the last hash, the last entry or the last signature there is nothing for it to belong to.
    expect_bad(files | {path: files[path] + b"\n"}, story.log.vkey, where)


# --- Lies


def exported(story: Story, where: int | str) -> Told:
    """The log as it stands after the lie."""
    return story.log.files(), where


def swapped_in_the_bundle(story: Story) -> Told:
    """A stranger puts two entries in each other's place."""
    files, (path,) = story.log.files(), [name for name in PATHS if name.startswith("tile/entries/")]
    entries = [slot.entry.raw for slot in story.log.slots]
    entries[3], entries[4] = entries[4], entries[3]
    return files | {path: b"".join(len(one).to_bytes(2, "big") + one for one in entries)}, 3


def swapped_by_the_keeper(story: Story) -> Told:
    """The log's keeper puts two entries in each other's place, and signs."""
    slots = story.log.slots
    slots[3], slots[4] = slots[4], slots[3]
    slots[3].entry, slots[4].entry = (
        replace(slots[3].entry, at_ms=slots[4].entry.at_ms),
        replace(slots[4].entry, at_ms=slots[3].entry.at_ms),
    )
    return exported(story, 3)


def dropped_by_the_keeper(story: Story) -> Told:
    """The log's keeper leaves an entry out, and signs."""
    story.log.slots.pop(story.second)
    return exported(story, story.second)


def a_clock_that_goes_back(story: Story) -> Told:
    """An entry says it is older than the one before it."""
    before = story.log.slots[-1].entry.at_ms
    return exported(story, story.log.says(story.farm, leek(story.farm.party), at_ms=before - 1))


def another_root(story: Story) -> Told:
    """The log's key has signed a root that these entries do not have."""
    head = Checkpoint(story.log.origin, Size(8), Hash(bytes(32)))
    return story.log.files() | {"checkpoint": head.sign([story.log.key])}, "checkpoint"


def another_root_before(story: Story) -> Told:
    """The log's key once signed a root that the log no longer has: it was rewritten since."""
    head = Checkpoint(story.log.origin, Size(5), Hash(bytes(32)))
    return story.log.files() | {"checkpoints/000000005": head.sign([story.log.key])}, "checkpoints/000000005"


def another_key(story: Story) -> Told:
    """Somebody else has signed the checkpoint under the log's name and key id."""
    text = Checkpoint(story.log.origin, Size(8), root_of(story.log.leaves)).to_bytes()
    thief = NoteSigner.from_seed(story.log.origin, bytes(32))
    line = NoteSignature(thief.name, story.log.key.key_id, thief.sign(text))
    return story.log.files() | {"checkpoint": text + f"\n{line}\n".encode()}, "checkpoint"


def another_origin(story: Story) -> Told:
    """A whole log of another name, its checkpoint signed with this log's key."""
    other = MemoryLog(origin="log.example/fedcba9876543210")
    head = Checkpoint(other.origin, Size(1), root_of(other.leaves)).to_bytes()
    signed = {"checkpoint": sign_note(head, [story.log.key]), "vkey": f"{story.log.vkey}\n".encode()}
    files = {path: raw for path, raw in other.files().items() if not path.startswith("checkpoints/")}
    return files | signed, "checkpoint"


def a_checkpoint_of_a_size_to_come(story: Story) -> Told:
    """A checkpoint of more entries than there are is laid beside the log."""
    head = Checkpoint(story.log.origin, Size(9), Hash(bytes(32)))
    path = "checkpoints/000000009"
    return story.log.files() | {path: head.sign([story.log.key])}, path


def a_file_more(story: Story) -> Told:
    """A statement is laid beside the log, as if it were in it."""
    path = statement_path(8)
    return story.log.files() | {path: story.log.files()[statement_path(7)]}, path


def an_upper_tile(story: Story) -> Told:
    """A hash of level 1 is not the root of its tile."""
    for number in range(250):
        story.log.says(story.farm, leek(story.farm.party, f"JC-{number}"))
    return story.log.files() | {"tile/1/000.p/1": bytes(32)}, "tile/1/000.p/1"


def another_spelling(story: Story) -> Told:
    """A file says the same in other bytes."""
    path = statement_path(story.first)
    files = story.log.files()
    return files | {path: files[path].replace(b'"v":1}', b'"v": 1}')}, story.first


def another_envelope(story: Story) -> Told:
    """The farm signs something else under the same id, and it is laid in the old one's place."""
    old = story.log.statements[story.first]
    new = story.log.made(story.farm, leek(story.farm.party, "JC-X"), statement_id=old.header.id)
    story.log.slots[story.first].envelope = new.envelope
    story.log.slots[story.first].items = [new.opened[0], None]
    return exported(story, story.first)


def a_changed_salt(story: Story) -> Told:
    """An item is shown with another salt."""
    one = story.log.statements[story.second].opened[0]
    story.log.slots[story.second].items[0] = OpenedItem(item=one.item, salt=bytes(32))
    return exported(story, story.second)


def a_changed_item(story: Story) -> Told:
    """A batch number is changed."""
    one = story.log.statements[story.second].opened[0]
    item = leek(story.farm.party, "JC-20260101").to_items()[0]
    story.log.slots[story.second].items[0] = OpenedItem(item=item, salt=one.salt)
    return exported(story, story.second)


def items_in_another_order(story: Story) -> Told:
    """Two items of one statement change places."""
    story.log.slots[story.second].items.reverse()
    return exported(story, story.second)


def an_item_of_another_statement(story: Story) -> Told:
    """An item and its salt are laid into a statement they were not made for."""
    story.log.slots[7].items[0] = story.log.statements[story.second].opened[0]
    return exported(story, 7)


def erased_without_a_word(story: Story) -> Told:
    """An item is gone and no erasure says why."""
    story.log.remove(story.second, [1])
    return exported(story, story.second)


def erased_before_it_was_said(story: Story) -> Told:
    """An erasure names a statement yet to come: it covers nothing of it."""
    coming = story.log.made(story.farm, leek(story.farm.party, "JC-20261117"))
    gone = ErasedPlace(issuer=story.farm.party, statement=coming.header.id, places=(1,))
    story.log.says(story.log.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    position = story.log.take(coming)
    story.log.remove(position, [1])
    return exported(story, position)


def a_statement_held_back(story: Story) -> Told:
    """A whole statement is missing."""
    story.log.withhold(story.second)
    return exported(story, story.second)


def erased_and_still_there(story: Story) -> Told:
    """An erasure names an item that is shown all the same."""
    story.log.slots[story.first].items[1] = story.log.statements[story.first].opened[1]
    return exported(story, story.first)


def the_same_id_twice(story: Story) -> Told:
    """One statement is recorded two times."""
    return exported(story, story.log.take(story.log.statements[7]))


def for_another_log(story: Story) -> Told:
    """A statement made for another log is replayed here, its signature good."""
    made = story.log.made(story.farm, leek(story.farm.party), log="log.example/fedcba9876543210")
    return exported(story, story.log.take(made))


def a_wrong_signature(story: Story) -> Told:
    """A signature by another key under the farm's keyid."""
    made = story.log.made(story.farm, leek(story.farm.party), signers=[story.shop.signer])
    (signature,) = made.envelope.signatures
    forged = Signature(keyid=story.farm.signer.public.keyid, sig=signature.sig)
    return exported(
        story, story.log.take(replace(made, envelope=replace(made.envelope, signatures=(forged,))))
    )


def signed_by_somebody_else(story: Story) -> Told:
    """Another trader signs with his own good key in the farm's name."""
    other = story.log.enrol("enterprise")
    made = story.log.made(story.farm, leek(story.farm.party), signers=[other.signer])
    return exported(story, story.log.take(made))


def a_revoked_key(story: Story) -> Told:
    """A key is used in the entry after its revocation."""
    return exported(story, story.log.says(story.shop, leek(story.shop.party)))


def before_its_enrolment(story: Story) -> Told:
    """A key is used in the entry before its enrolment."""
    early = story.log.speaker()
    position = story.log.says(early, leek(early.party))
    story.log.enrol("enterprise", speaker=early)
    return exported(story, position)


def a_key_that_enrols_itself(story: Story) -> Told:
    """A stranger enrols his key as the registrar's, and signs that with this very key."""
    stranger = story.log.speaker()
    story.log.enrol("registrar", speaker=stranger, by=stranger)
    return exported(story, 8)


def enrolled_by_a_trader(story: Story) -> Told:
    """A trader enrols a key."""
    story.log.enrol("enterprise", by=story.farm)
    return exported(story, 8)


def revoked_by_a_trader(story: Story) -> Told:
    """A trader revokes the registrar's key."""
    return exported(story, story.log.revoke(story.log.registrar, by=story.farm))


def erased_by_a_trader(story: Story) -> Told:
    """A trader has an item of another's erased."""
    header = story.log.statements[story.second].header
    gone = ErasedPlace(issuer=header.issuer, statement=header.id, places=(1,))
    story.log.remove(story.second, [1])
    return exported(story, story.log.says(story.farm, Erasure(ground="个人信息保护法 47", erased=(gone,))))


def enrolment_of(speaker: Speaker, *, rp_id: str | None = None) -> Key:
    public = speaker.signer.public
    return Key(
        action="enrol",
        party=speaker.party,
        role="enterprise",
        custody="own",
        kind_of_key=public.kind,
        public_key=str(public),
        rp_id=rp_id,
    )


def a_key_that_nobody_showed(story: Story) -> Told:
    """The registrar enrols a key as somebody's own, and nobody proves that he has it."""
    return exported(story, story.log.says(story.log.registrar, enrolment_of(story.log.speaker())))


def a_key_that_another_showed(story: Story) -> Told:
    """The new key's signature under its own enrolment was made by another key."""
    new, other = story.log.speaker(), story.log.speaker()
    made = story.log.made(
        story.log.registrar, enrolment_of(new), signers=[story.log.registrar.signer, new.signer]
    )
    forged = tuple(
        replace(one, sig=other.signer.sign(made.envelope.signed_bytes()))
        if one.keyid == new.signer.public.keyid
        else one
        for one in made.envelope.signatures
    )
    return exported(story, story.log.take(replace(made, envelope=replace(made.envelope, signatures=forged))))


def rotated_by_another_key(story: Story) -> Told:
    """The farm's key is replaced by one of the party's others, which was not asked for."""
    second, new = Speaker(story.farm.party, Ed25519Signer.generate()), Ed25519Signer.generate()
    story.log.enrol("enterprise", speaker=second)
    rotation = Key(
        action="rotate",
        replaces=story.farm.signer.public.keyid,
        kind_of_key="ed25519",
        public_key=str(new.public),
    )
    return exported(story, story.log.says(second, rotation, also=[new]))


def reported_by_the_thief(story: Story) -> Told:
    """A key reports itself stolen, as its thief might to call all its owner's work in question."""
    report = Key(
        action="compromised", party=story.farm.party, keyid=story.farm.signer.public.keyid, since_ms=0
    )
    return exported(story, story.log.says(story.farm, report))


def a_passkey_without_its_person(story: Story) -> Told:
    """An assertion that was made without anybody being verified."""
    passkey = PasskeySigner.make("farm.example", number=1)
    speaker = story.log.enrol("enterprise", speaker=Speaker(story.farm.party, passkey), rp_id="farm.example")
    lazy = Speaker(speaker.party, replace(passkey, flags=USER_PRESENT))
    return exported(story, story.log.says(lazy, leek(story.farm.party)))


def a_signature_of_another_p256_key(story: Story) -> Told:
    """A plain P-256 key's signature was made by another one."""
    speaker = story.log.enrol("enterprise", speaker=Speaker(story.farm.party, Es256Signer.make(1)))
    made = story.log.made(speaker, leek(story.farm.party))
    sig = Es256Signer.make(2).sign(made.envelope.signed_bytes())
    forged = Signature(keyid=speaker.signer.public.keyid, sig=sig)
    return exported(
        story, story.log.take(replace(made, envelope=replace(made.envelope, signatures=(forged,))))
    )


def a_second_genesis(story: Story) -> Told:
    """Somebody founds the log again, with a key of his own."""
    usurper = story.log.speaker()
    return exported(story, story.log.says(usurper, story.log.genesis(usurper)))


@dataclass(frozen=True)
class Lie:
    """A lie, and the checks without which nobody would find it."""

    tell: Callable[[Story], Told]
    checks: tuple[str, ...]


LIES = [
    Lie(
        swapped_in_the_bundle,
        ("check_hash", "check_chain", "check_time", "check_tile", "check_root", "check_digest"),
    ),
    Lie(swapped_by_the_keeper, ("check_chain",)),
    Lie(dropped_by_the_keeper, ("check_chain",)),
    Lie(a_clock_that_goes_back, ("check_time",)),
    Lie(another_root, ("check_root",)),
    Lie(another_root_before, ("check_root",)),
    Lie(another_key, ("check_note_signature",)),
    Lie(another_origin, ("check_origin",)),
    Lie(a_checkpoint_of_a_size_to_come, ("check_files",)),
    Lie(a_file_more, ("check_files",)),
    Lie(an_upper_tile, ("check_tile",)),
    Lie(another_spelling, ("check_canonical",)),
    Lie(another_envelope, ("check_digest",)),
    Lie(a_changed_salt, ("check_commitment",)),
    Lie(a_changed_item, ("check_commitment",)),
    Lie(items_in_another_order, ("check_commitment",)),
    Lie(an_item_of_another_statement, ("check_commitment",)),
    Lie(erased_without_a_word, ("check_nothing_withheld",)),
    Lie(erased_before_it_was_said, ("check_nothing_withheld",)),
    Lie(a_statement_held_back, ("check_nothing_withheld",)),
    Lie(erased_and_still_there, ("check_gone",)),
    Lie(the_same_id_twice, ("check_unique",)),
    Lie(for_another_log, ("check_log",)),
    Lie(a_wrong_signature, ("check_signature",)),
    Lie(signed_by_somebody_else, ("check_issuer",)),
    Lie(a_revoked_key, ("check_active",)),
    Lie(before_its_enrolment, ("check_active",)),
    Lie(a_key_that_enrols_itself, ("check_issuer", "check_key_right")),
    Lie(enrolled_by_a_trader, ("check_key_right",)),
    Lie(revoked_by_a_trader, ("check_key_right",)),
    Lie(a_key_that_nobody_showed, ("check_key_right",)),
    Lie(a_key_that_another_showed, ("check_possession",)),
    Lie(rotated_by_another_key, ("check_key_right",)),
    Lie(reported_by_the_thief, ("check_key_right",)),
    Lie(erased_by_a_trader, ("check_registrar",)),
    Lie(a_passkey_without_its_person, ("check_passkey",)),
    Lie(a_signature_of_another_p256_key, ("check_es256",)),
    Lie(a_second_genesis, ("check_genesis",)),
]

each_lie = pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.tell.__name__)


@each_lie
def test_a_lie_is_found_where_it_was_told(story: Story, lie: Lie) -> None:
    files, where = lie.tell(story)
    expect_bad(files, story.log.vkey, where)


@each_lie
def test_without_its_check_the_lie_would_pass(
    story: Story, lie: Lie, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _ = lie.tell(story)
    for check in lie.checks:
        monkeypatch.setattr(second_verifier, check, lambda *_, **__: None)
    verify_files(files, story.log.vkey, complete=True)


def test_no_check_is_without_its_lie() -> None:
    checks = {name for name in vars(second_verifier) if name.startswith("check_")}
    # These are made of others, or belong to disclosures; lies about the log's own keys are told in `test_log_keys`.
    assert checks - {check for lie in LIES for check in lie.checks} == {
        "check_ed25519",
        "check_genesis_is_shown",
        "check_inclusion",
        "check_keys_in_force",
        "check_log_keys",
        "check_missing",
        "check_nothing_else",
        "check_signatures",
    }


# --- Borders


def test_the_entry_that_revokes_a_key_may_be_signed_by_it_and_the_next_may_not(story: Story) -> None:
    second = story.log.enrol("registrar")
    story.log.revoke(second, by=second)
    verify_files(story.log.files(), story.log.vkey, complete=True)
    story.log.enrol("enterprise", by=second)
    expect_bad(story.log.files(), story.log.vkey, 10)


def test_a_key_is_good_from_the_entry_after_its_enrolment(story: Story) -> None:
    late = story.log.enrol("enterprise")
    story.log.says(late, leek(late.party))
    assert verify_files(story.log.files(), story.log.vkey, complete=True).size == 10


def test_a_co_signature_does_not_harm_and_a_bad_one_condemns(story: Story) -> None:
    other = story.log.enrol("enterprise")
    made = story.log.made(story.farm, leek(story.farm.party), signers=[story.farm.signer, other.signer])
    position = story.log.take(made)
    verify_files(story.log.files(), story.log.vkey, complete=True)
    spoilt = tuple(
        replace(one, sig=bytes(64)) if one.keyid == other.signer.public.keyid else one
        for one in made.envelope.signatures
    )
    story.log.slots[position].envelope = replace(made.envelope, signatures=spoilt)
    story.log.rechain()
    expect_bad(story.log.files(), story.log.vkey, position)


def test_two_entries_may_have_the_same_millisecond(story: Story) -> None:
    story.log.says(story.farm, leek(story.farm.party), at_ms=story.log.slots[-1].entry.at_ms)
    verify_files(story.log.files(), story.log.vkey, complete=True)


def test_a_checkpoint_of_before_is_of_the_size_it_is_filed_under(story: Story) -> None:
    files = story.log.files()
    expect_bad(
        files | {"checkpoints/000000004": files["checkpoints/000000005"]},
        story.log.vkey,
        "checkpoints/000000004",
    )
    report = verify_files(
        files | {"checkpoints/000000004": story.log.checkpoint(4)}, story.log.vkey, complete=True
    )
    assert report.checkpoints == 4


@pytest.mark.parametrize("again", ["enrol", "revoke", "revoke a stranger"])
def test_the_register_takes_no_key_twice_and_revokes_none_twice(story: Story, again: str) -> None:
    if again == "enrol":
        story.log.enrol("enterprise", speaker=story.farm)
    else:
        story.log.revoke(story.shop if again == "revoke" else story.log.speaker())
    expect_bad(story.log.files(), story.log.vkey, 8)


def test_no_enrolment_may_be_held_back_even_where_other_things_may(story: Story) -> None:
    story.log.remove(1, [0])
    with pytest.raises(Bad, match="entry 1: register statements are whole"):
        verify_files(story.log.files(), story.log.vkey)
    story.log.withhold(1)
    # Nobody can tell that it was an enrolment, but the first statement that rests on it shows that one is missing.
    with pytest.raises(Bad, match="entry 3: signed by a key that nobody enrolled"):
        verify_files(story.log.files(), story.log.vkey)


def test_the_genesis_may_not_be_held_back(story: Story) -> None:
    story.log.withhold(0)
    with pytest.raises(Bad, match="entry 0: the genesis is withheld"):
        verify_files(story.log.files(), story.log.vkey)


def test_the_genesis_founds_the_log_that_the_checkpoint_is_of(story: Story) -> None:
    foreign = story.log.genesis(story.log.registrar, origin="log.example/fedcba9876543210")
    story.log.put(0, story.log.made(story.log.registrar, foreign))
    why = expect_bad(story.log.files(), story.log.vkey, 0)
    assert why.startswith("the genesis of log.example/fedcba9876543210")


def test_no_erasure_covers_a_register_statement(story: Story) -> None:
    story.log.erase(1, [0])
    expect_bad(story.log.files(), story.log.vkey, 1)


def test_the_vkey_is_the_one_that_was_given_and_not_the_one_in_the_folder(story: Story) -> None:
    files = story.log.files()
    stranger = NoteSigner.from_seed(story.log.origin, bytes(32))
    expect_bad(files, str(stranger.verifier), "vkey")
    head = Checkpoint(story.log.origin, Size(8), root_of(story.log.leaves)).sign([stranger])
    expect_bad(
        files | {"vkey": f"{stranger.verifier}\n".encode(), "checkpoint": head}, story.log.vkey, "vkey"
    )


@pytest.mark.parametrize(
    ("occurred_at", "good"),
    [
        ("2026-02-28T23:59:59.999999999-11:30", True),
        ("2026-02-29T00:00:00Z", False),
        ("2026-02-28T24:00:00Z", False),
        ("2026-02-28T23:59:60Z", False),
        ("2026-02-28T00:00:00-00:00", False),
        ("2026-02-28t00:00:00Z", False),
        ("2026-02-28T00:00:00", False),
        ("1899-12-31T00:00:00Z", False),
    ],
)
def test_a_moment_has_one_shape(occurred_at: str, good: bool) -> None:  # noqa: FBT001  (a column of the table)
    story = Story.honest()
    honest = story.log.made(story.farm, leek(story.farm.party))
    header = json.loads(honest.envelope.payload)
    payload = second_verifier.jcs({**header, "occurred_at": occurred_at})
    message = b"DSSEv1 37 application/vnd.suyuan.statement+json %d %s" % (len(payload), payload)
    signature = Signature(keyid=story.farm.signer.public.keyid, sig=story.farm.signer.sign(message))
    envelope = replace(honest.envelope, payload=payload, signatures=(signature,))
    position = story.log.take(replace(honest, envelope=envelope))
    if good:
        verify_files(story.log.files(), story.log.vkey, complete=True)
    else:
        expect_bad(story.log.files(), story.log.vkey, position)


# --- The program


def test_it_runs_alone_from_anywhere(story: Story, tmp_path: Path) -> None:
    folder = story.log.export(tmp_path / "log")

    def run(vkey: str) -> subprocess.CompletedProcess[str]:
        # -I: neither this folder nor the environment lends it anything.
        command = [sys.executable, "-I", str(SCRIPT), str(folder), vkey, "--complete"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run(story.log.vkey)
    assert (good.returncode, good.stderr) == (0, "")
    assert "8 entries" in good.stdout
    path = folder / statement_path(4)
    path.write_bytes(path.read_bytes()[:-2] + b"2}")
    bad = run(story.log.vkey)
    assert bad.returncode == 1
    assert "BAD entry 4" in bad.stderr


def test_it_imports_nothing_of_the_program_it_checks() -> None:
    imported = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(SCRIPT.read_text("utf-8")))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
        )
    }
    assert imported - set(sys.stdlib_module_names) == {"cryptography"}


@pytest.mark.vectors
def test_it_judges_inclusion_proofs_as_their_makers_did() -> None:
    cases = json.loads(vectors("tlog/merkle/inclusion.json").read_text("utf-8"))
    judged = {}
    for name, case in cases.items():
        try:
            proof = [as_bytes(one, 32) for one in case["proof"] or []]
            leaf, root = as_bytes(case["leafHash"], 32), as_bytes(case["root"], 32)
            check_inclusion(case["leafIdx"], case["treeSize"], leaf, proof, root)
        except second_verifier.Wrong:
            judged[name] = True
        else:
            judged[name] = False
    assert judged == {name: case["wantErr"] for name, case in cases.items()}
