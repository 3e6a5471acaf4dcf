"""Somebody checks a copy of a log with its key alone, and finds whatever was changed in it, and where.

Each lie is told to the audit whole, which must find it; six of them, against which one check stands alone, also to an audit without that check,
which must not.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.canonical import canonical
from ledger.exchange import outside
from ledger.exchange.outside import Asked, audit_outside
from ledger.exchange.outside_report import OutsideWrong
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.entry import Entry
from ledger.log.merkle import Hash
from ledger.log.note import Cosigner, Note, NoteSigner, NoteVerifier
from ledger.log.policy import Policy
from ledger.log.sizes import Size
from ledger.log.tiles import Bundle
from ledger.register import Register
from ledger.statement import Header, OpenedItem
from tests.support.copies import MemoryPlace, copy_of, write_public
from tests.support.memory_log import MemoryLog, leek
from tests.support.soak import soak_count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.canonical import Json
    from ledger.exchange.outside_report import OutsideReport

    Files = dict[str, bytes]

FLIPS = 40
MIB = 1024 * 1024


def story(entries: int = 9) -> MemoryLog:
    """A log with enrolments, trade, a key that ended, an erasure, and trade again up to so many entries."""
    log = MemoryLog()
    farm = log.enrol("enterprise")
    shop = log.enrol("enterprise", custody="custodial")
    first = log.says(farm, leek(farm.party))
    log.says(shop, leek(farm.party, "JC-20261115"))
    log.erase(first, [1])
    log.revoke(shop)
    for number in range(len(log.slots), entries):
        log.says(farm, leek(farm.party, f"JC-{number}"))
    return log


@pytest.fixture(scope="module")
def short() -> MemoryLog:
    return story()


@pytest.fixture(scope="module")
def long() -> MemoryLog:
    """Two full bundles and a part of a third."""
    return story(600)


def check(files: Files, log: MemoryLog, asked: Asked | None = None) -> OutsideReport:
    return audit_outside(MemoryPlace(dict(files)), NoteVerifier.parse(log.vkey), asked)


def found(files: Files, log: MemoryLog, asked: Asked | None = None) -> OutsideWrong:
    with pytest.raises(OutsideWrong) as caught:
        check(files, log, asked)
    return caught.value


def test_an_honest_copy_passes_and_says_what_was_not_looked_at(long: MemoryLog) -> None:
    report = check(copy_of(long, sizes=(3, 256, 300)), long, Asked(complete=True))
    assert (report.size, report.statements, report.register) == (600, 600, 5)
    assert (report.tiles, report.checkpoints, report.items_erased) == (4, 5, 1)
    assert report.root == str(Checkpoint.parse(long.checkpoint().split(b"\n\n")[0] + b"\n").root)
    said = " ".join(one.en for one in report.not_checked())
    for left in ("--since", "--policy", "clock", "true"):
        assert left in said


def test_a_stranger_checks_the_public_part_and_is_told_that_it_is_a_part(short: MemoryLog) -> None:
    report = check(copy_of(short, members=False), short)
    assert (report.statements, report.register, report.items) == (None, 5, 0)
    assert "whether a register statement was left out" in next(report.not_checked()).en


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513])
def test_copies_pass_on_both_sides_of_every_edge(size: int) -> None:
    log = MemoryLog()
    farm = log.enrol("enterprise") if size > 1 else log.registrar
    while len(log.slots) < size:
        log.says(farm, leek(farm.party, f"JC-{len(log.slots)}"))
    assert check(copy_of(log, sizes=sorted({1, size - 1} - {0})), log, Asked(complete=True)).size == size


def flips(count: int, *, seed: int) -> float:
    """Changes one bit of a copy so many times, somewhere else each time; the share that is found where it was made."""
    log = story(262)
    files = copy_of(log, sizes=(3, 258))
    rng, located = random.Random(seed), 0
    names = sorted(files)
    for _ in range(count):
        name = rng.choice(names)
        raw = bytearray(files[name])
        at = rng.randrange(len(raw))
        raw[at] ^= 1 << rng.randrange(8)
        wrong = found(files | {name: bytes(raw)}, log)
        located += name in wrong.path or wrong.entry is not None
    return located / count


def test_every_changed_bit_of_a_copy_is_found_and_most_of_them_at_their_place() -> None:
    assert flips(FLIPS, seed=7) >= 0.97


@pytest.mark.soak
def test_every_one_of_a_thousand_changed_bits_is_found() -> None:
    assert flips(soak_count(1_000), seed=8) >= 0.99


@pytest.mark.parametrize("which", range(9))
def test_a_file_that_is_missing_is_named(long: MemoryLog, which: int) -> None:
    files = copy_of(long)
    needed = sorted(name for name in files if not name.startswith("checkpoints/"))
    name = needed[which]
    del files[name]
    if name == "statements/000":
        # Without its first bundle the copy passes for one that is not for members, and is called that.
        assert check(files, long).statements is None
    else:
        assert name in str(found(files, long))


def test_a_partial_tile_that_was_tidied_away_is_read_from_the_full_one(long: MemoryLog) -> None:
    files = copy_of(long, sizes=(300,)) | {"checkpoint": long.checkpoint(300)}
    for gone in ("checkpoints/000000600", "tile/0/001.p/44", "tile/entries/001.p/44"):
        del files[gone]
    report = check(files, long)
    assert (report.size, report.statements) == (300, 300)


# --- Lies that an operator tells who holds the log's key: everything is hashed and signed again


def forged(log: MemoryLog, position: int = 4) -> Files:
    """Somebody else's signature under the farm's envelope."""
    statement = log.statements[position]
    signatures = tuple(
        replace(one, sig=bytes([one.sig[0] ^ 1]) + one.sig[1:]) for one in statement.envelope.signatures
    )
    log.put(position, replace(statement, envelope=replace(statement.envelope, signatures=signatures)))
    return copy_of(log)


def enrolled_by_nobody(log: MemoryLog) -> Files:
    """The same under a statement of the register."""
    return forged(log, 2)


def signed_by_an_ended_key(log: MemoryLog) -> Files:
    shop = log.enrol("enterprise", custody="custodial")
    log.revoke(shop)
    log.says(shop, leek(shop.party))
    return copy_of(log)


def back_in_time(log: MemoryLog) -> Files:
    log.slots[4].entry = replace(log.slots[4].entry, at_ms=log.slots[3].entry.at_ms - 1)
    log.rechain()
    return copy_of(log)


def off_the_chain(log: MemoryLog) -> Files:
    log.slots[4].entry = replace(log.slots[4].entry, prev=bytes(32))
    return copy_of(log)


def another_envelope(log: MemoryLog) -> Files:
    log.slots[4].envelope = log.slots[3].envelope
    return copy_of(log)


def for_another_log(log: MemoryLog) -> Files:
    farm = log.enrol("enterprise")
    log.take(log.made(farm, leek(farm.party), log="log.example/fedcba9876543210"))
    return copy_of(log)


def another_salt(log: MemoryLog) -> Files:
    one = log.slots[4].items[0]
    assert one is not None
    log.slots[4].items[0] = OpenedItem(item=one.item, salt=bytes(32))
    return copy_of(log)


def gone_without_a_word(log: MemoryLog) -> Files:
    log.remove(4, [0])
    return copy_of(log)


def erased_and_still_shown(log: MemoryLog) -> Files:
    log.slots[3].items[1] = log.statements[3].opened[1]
    return copy_of(log)


def withheld(log: MemoryLog) -> Files:
    log.withhold(4)
    return copy_of(log)


def the_same_id_twice(log: MemoryLog) -> Files:
    farm = log.enrol("enterprise")
    first = log.says(farm, leek(farm.party))
    log.take(log.made(farm, leek(farm.party, "JC-2"), statement_id=log.statements[first].header.id))
    return copy_of(log)


def a_revocation_left_out(log: MemoryLog) -> Files:
    """The published register does not say that the shop's key ended."""
    files = copy_of(log)
    return files | {
        "register": _register(files, lambda listed: [one for one in listed if one["position"] != 6])
    }


def a_register_in_another_order(log: MemoryLog) -> Files:
    files = copy_of(log)
    return files | {"register": _register(files, lambda listed: [listed[1], listed[0], *listed[2:]])}


def a_register_without_genesis(log: MemoryLog) -> Files:
    files = copy_of(log)
    return files | {"register": _register(files, lambda listed: listed[1:])}


def a_register_with_another_time(log: MemoryLog) -> Files:
    files = copy_of(log)
    other = "2026-11-14T08:00:09+08:00"
    return files | {
        "register": _register(
            files, lambda listed: [listed[0], {**listed[1], "recorded_at": other}, *listed[2:]]
        )
    }


def a_line_too_many(log: MemoryLog) -> Files:
    files = copy_of(log)
    name = f"statements/000.p/{len(log.slots)}"
    return files | {name: files[name] + b"{}\n"}


def a_line_too_few(log: MemoryLog) -> Files:
    files = copy_of(log)
    name = f"statements/000.p/{len(log.slots)}"
    return files | {name: b"".join(files[name].splitlines(keepends=True)[:-1])}


def a_cut_line(log: MemoryLog) -> Files:
    files = copy_of(log)
    name = f"statements/000.p/{len(log.slots)}"
    return files | {name: files[name][:-1]}


def a_byte_behind_the_last_entry(log: MemoryLog) -> Files:
    files = copy_of(log)
    name = Bundle(0, len(log.slots)).path
    return files | {name: files[name] + b"\0"}


def a_key_nobody_named(log: MemoryLog) -> Files:
    files = copy_of(log)
    other = NoteSigner.from_seed(log.origin, bytes(31) + b"\1").verifier
    return files | {"vkey": f"{other}\n".encode() + files["vkey"]}


def signed_by_somebody_else(log: MemoryLog) -> Files:
    files = copy_of(log)
    head = open_checkpoint(files["checkpoint"], [log.key.verifier]).checkpoint
    return files | {"checkpoint": head.sign([NoteSigner.from_seed(log.origin, bytes(31) + b"\1")])}


def another_root(log: MemoryLog) -> Files:
    note = Checkpoint(log.origin, Size(len(log.slots)), Hash(bytes(32))).sign([log.key])
    return copy_of(log) | {"checkpoint": note}


def an_earlier_root(log: MemoryLog) -> Files:
    note = Checkpoint(log.origin, Size(5), Hash(bytes(32))).sign([log.key])
    return copy_of(log) | {"checkpoints/000000005": note}


def an_older_partial_tile(log: MemoryLog) -> Files:
    files = copy_of(log, sizes=(5,))
    return files | {"tile/0/000.p/5": bytes(32) + files["tile/0/000.p/5"][32:]}


def a_file_of_no_width(log: MemoryLog) -> Files:
    return copy_of(log) | {"tile/0/000.p/05": b"anything"}


LIES: dict[Callable[[MemoryLog], Files], tuple[int | None, str]] = {
    forged: (4, "statements/"),
    enrolled_by_nobody: (2, "register"),
    signed_by_an_ended_key: (11, "statements/"),
    back_in_time: (4, "tile/entries/"),
    off_the_chain: (4, "tile/entries/"),
    another_envelope: (4, "statements/"),
    for_another_log: (10, "statements/"),
    another_salt: (4, "statements/"),
    gone_without_a_word: (4, "statements/"),
    erased_and_still_shown: (3, "statements/"),
    withheld: (4, "statements/"),
    the_same_id_twice: (11, "statements/"),
    a_revocation_left_out: (6, "register"),
    a_register_in_another_order: (None, "register"),
    a_register_without_genesis: (0, "register"),
    a_register_with_another_time: (1, "register"),
    a_line_too_many: (None, "statements/"),
    a_line_too_few: (8, "statements/"),
    a_cut_line: (8, "statements/"),
    a_byte_behind_the_last_entry: (None, "tile/entries/"),
    a_key_nobody_named: (None, "vkey"),
    signed_by_somebody_else: (None, "checkpoint"),
    another_root: (None, "checkpoint"),
    an_earlier_root: (None, "checkpoints/000000005"),
    an_older_partial_tile: (None, "tile/0/000.p/5"),
    a_file_of_no_width: (None, "tile/0/000.p/05"),
}


@pytest.mark.parametrize("lie", LIES, ids=lambda one: one.__name__)
def test_a_lie_is_found_in_its_place(lie: Callable[[MemoryLog], Files]) -> None:
    log = story()
    wrong = found(lie(log), log, Asked(complete=True))
    entry, path = LIES[lie]
    assert wrong.path.startswith(path), str(wrong)
    assert wrong.entry == entry or (entry is None and wrong.path.startswith("tile/0")), str(wrong)


@pytest.mark.parametrize(
    ("lie", "check_left_out"),
    [
        (forged, "check_signed"),
        (enrolled_by_nobody, "admitted"),
        (another_salt, "check_items"),
        (back_in_time, "check_entry"),
        (an_older_partial_tile, "_same_hashes"),
        (for_another_log, "check_envelope"),
    ],
)
def test_an_audit_without_the_one_check_misses_the_lie(
    lie: Callable[[MemoryLog], Files], check_left_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault."""
    log = story()
    files = lie(log)
    blind: dict[str, object] = {
        "check_signed": lambda *_, **__: None,
        "admitted": lambda register, statement, *, at: (
            Register.found(statement) if register is None else register.after(statement, at=at)
        ),
        "check_items": lambda *_: None,
        "check_entry": lambda raw, **_: Entry.parse(raw),
        "_same_hashes": lambda *_: None,
        "check_envelope": lambda envelope, *_, **__: Header.parse(envelope.payload),
    }
    monkeypatch.setattr(outside, check_left_out, blind[check_left_out])
    check(files, log)


def test_what_is_withheld_is_counted_and_said(short: MemoryLog) -> None:
    log = story()
    log.withhold(4)
    log.remove(7, [0])
    report = check(copy_of(log), log)
    assert (report.statements_withheld, report.items_withheld) == (1, 1)
    assert "1 statements and 1 items" in " ".join(one.en for one in report.not_checked())


# --- Against what the auditor kept


def test_a_log_that_grew_goes_on_from_the_checkpoint_of_last_time(long: MemoryLog) -> None:
    for kept in (1, 255, 256, 257, 599, 600):
        assert check(copy_of(long), long, Asked(since={"last": long.checkpoint(kept)})).since == kept


def test_a_rewritten_history_does_not() -> None:
    log = story()
    kept = log.checkpoint()
    # The operator takes the last delivery back and writes another one, all of it signed.
    other = story(8)
    farm = other.enrol("enterprise")
    other.says(farm, leek(farm.party))
    wrong = found(copy_of(other), other, Asked(since={"last": kept}))
    assert wrong.path == "last"
    check(copy_of(other), other)


def test_a_log_that_was_rolled_back_does_not() -> None:
    log = story()
    kept = log.checkpoint()
    wrong = found(copy_of(story(8)), log, Asked(since={"last": kept}))
    assert (wrong.path, wrong.expected) == ("checkpoint", "9 or more, which last signed before")


def test_a_checkpoint_of_another_log_is_none_of_last_time(short: MemoryLog) -> None:
    other = MemoryLog(origin="log.example/fedcba9876543210")
    assert found(copy_of(short), short, Asked(since={"last": other.checkpoint()})).path.startswith("last")


def test_a_policy_that_is_missed_is_said_of_the_checkpoint(short: MemoryLog) -> None:
    witness = Cosigner.from_seed("witness.example/w1", bytes(32))
    policy = Policy.parse(f"log {short.vkey}\nwitness w1 {witness.verifier}\nquorum w1\n".encode())

    def cosigned(note: bytes) -> list[str]:
        return [one.verifier.name for one in policy.check(note).cosignatures]

    assert found(copy_of(short), short, Asked(cosigned=cosigned)).path.startswith("checkpoint")
    note = Note.parse(short.checkpoint())
    both = replace(note, signatures=(*note.signatures, witness.cosign(note.text, time=1_794_614_400)))
    files = copy_of(short) | {"checkpoint": both.to_bytes()}
    assert check(files, short, Asked(cosigned=cosigned)).cosigned == ("witness.example/w1",)


# --- Any length


@pytest.mark.soak
def test_memory_stays_flat_at_a_million_entries(tmp_path: Path) -> None:
    most = {}
    for entries in (5_000, soak_count(1_000_000)):
        folder = tmp_path / str(entries)
        vkey = write_public(folder, entries)
        most[entries] = _peak_bytes(folder, vkey)
    small, large = most.values()
    assert large - small < 16 * MIB, most


def test_an_audit_that_kept_every_leaf_would_be_seen_to_grow() -> None:
    """The planted fault: what a list of the hashes of a tenth of those entries takes alone."""
    script = f"from hashlib import sha256; kept = [sha256(b'%d' % n).digest() for n in range(int(sys.argv[1]))]; {_SAY_PEAK}"
    few, many = (
        int(
            subprocess.run(
                [sys.executable, "-c", f"import sys; {script}", str(count)], capture_output=True, check=True
            ).stdout
        )
        for count in (500, 500_000)
    )
    assert (many - few) * 1024 > 16 * MIB


#: The most memory that this program ever held, in KiB. Not `getrusage`: there a child inherits its parent's.
_SAY_PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def _peak_bytes(folder: Path, vkey: str) -> int:
    script = (
        f"import sys; from api.cli import main; status = main(sys.argv[1:]); {_SAY_PEAK}; sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "audit", str(folder), "--vkey", vkey],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return int(done.stdout.split()[-1]) * 1024


def _register(files: Files, change: Callable[[list[dict[str, Json]]], list[dict[str, Json]]]) -> bytes:
    body: dict[str, Json] = json.loads(files["register"])
    listed: list[dict[str, Json]] = json.loads(files["register"])["statements"]
    return canonical({**body, "statements": change(listed)})
