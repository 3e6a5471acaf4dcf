"""Our log before programs that we did not write: whole, they find it true; with one byte changed anywhere, each of them says no."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.settings import Settings
from ledger.exchange.mirror import make_copy
from ledger.exchange.places import place_at
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.proof import prove_consistency, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.tiles import Bundle, tiles_touched
from tests.browser.serving import free_port, serving
from tests.foreign.published import LOG, SIZES, Published
from tests.support.foreign import JUDGES, READS_TILES, Case, Older, Receipt, Verdict, asking
from tests.support.server import Clock, enrol_party, make_ledger
from tests.support.soak import soak_seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ledger.log.merkle import Hash
    from ledger.service import Ledger

    Ask = Callable[[Case], Verdict]

#: The log whose bytes are changed: two full tiles, one partial, and a level above them.
SIZE = 513


def asked(*programs: str) -> pytest.MarkDecorator:
    """The test once for each of these programs, where it is there."""
    cases = [pytest.param(name, id=name, marks=pytest.mark.foreign(name)) for name in programs]
    return pytest.mark.parametrize("ask", cases, indirect=True)


def flipped(raw: bytes, at: int, bit: int = 0) -> bytes:
    """The same bytes with one bit of one byte turned over."""
    return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]


def ends(raw: bytes) -> Iterable[int]:
    """The first byte, one in the middle, and the last."""
    return sorted({0, len(raw) // 2, len(raw) - 1})


@asked(*JUDGES)
def test_our_log_is_true_to_them_at_sizes_on_both_sides_of_every_tile(ask: Ask, log: Published) -> None:
    for size in SIZES:
        head = open_checkpoint(log.notes[size], [LOG.verifier]).checkpoint
        assert ask(log.case(size)) == Verdict(size=size, root=str(head.root))


# Go's library has no hash for a tree without entries (docs/decisions/0041).
@asked("aics-tlog", "tlog-scales", "metamorphic-log")
def test_the_head_of_a_log_without_entries_is_true_to_them(ask: Ask, log: Published) -> None:
    empty = Checkpoint(LOG.name, Size(0), EMPTY_ROOT).sign([LOG])
    case = Case(vkey=str(LOG.verifier), log=str(log.folder), note=empty)
    assert ask(case) == Verdict(size=0, root=str(EMPTY_ROOT))


@asked(*JUDGES)
def test_a_checkpoint_of_another_key_is_none_to_them(ask: Ask, log: Published) -> None:
    other = type(LOG).from_seed(LOG.name, bytes([1]) * 32)
    case = log.case(SIZE)
    assert ask(replace(case, vkey=str(other.verifier))).refused
    head = open_checkpoint(case.note, [LOG.verifier]).checkpoint
    assert ask(replace(case, note=head.sign([other]))).refused
    assert ask(replace(case, note=head.sign([LOG]))).size == SIZE


@asked(*JUDGES)
def test_they_catch_a_flipped_bit_in_the_size_the_root_and_the_signature(ask: Ask, log: Published) -> None:
    case = log.case(SIZE)
    lines = case.note.split(b"\n")
    starts = [case.note.index(line) for line in (lines[1], lines[2], lines[4].rpartition(b" ")[2])]
    for start, length in zip(starts, (len(lines[1]), len(lines[2]) - 2, 80), strict=True):
        for at in range(start, start + length):
            assert ask(replace(case, note=flipped(case.note, at))).refused, at
    assert ask(case).size == SIZE


@asked(*JUDGES)
def test_they_catch_a_flipped_byte_in_a_receipt(ask: Ask, log: Published) -> None:
    case = replace(log.case(SIZE), older=())
    for shown in case.receipts:
        broken = [replace(shown, entry=flipped(shown.entry, at)) for at in ends(shown.entry)]
        for at, node in enumerate(shown.proof):
            changed = [*shown.proof[:at], flipped(node, at % 32, at % 8), *shown.proof[at + 1 :]]
            broken.append(replace(shown, proof=changed))
        broken += [
            replace(shown, position=shown.position + 1),
            replace(shown, proof=[*shown.proof, bytes(32)]),
        ]
        for one in broken:
            assert ask(replace(case, receipts=(one,))).refused, one
    assert ask(case).size == SIZE


@asked(*JUDGES)
def test_they_catch_a_flipped_byte_in_a_proof_that_the_log_only_grew(ask: Ask, log: Published) -> None:
    case = replace(log.case(SIZE), receipts=())
    for older in case.older:
        if not older.proof:
            continue
        for at, node in enumerate(older.proof):
            changed = [*older.proof[:at], flipped(node, at % 32, at % 8), *older.proof[at + 1 :]]
            assert ask(replace(case, older=(replace(older, proof=changed),))).refused, older
        assert ask(replace(case, older=(replace(older, proof=older.proof[1:]),))).refused, older
    assert ask(case).size == SIZE


@asked(*JUDGES)
def test_a_log_that_was_rewritten_and_signed_again_does_not_continue_what_they_kept(
    ask: Ask, log: Published
) -> None:
    kept = log.older(256, SIZE)
    rewritten = Checkpoint(LOG.name, Size(256), log_root(log, 255)).sign([LOG])
    case = replace(log.case(SIZE), receipts=())
    assert ask(replace(case, older=(kept,))).size == SIZE
    assert ask(replace(case, older=(replace(kept, note=rewritten),))).refused


@asked(*READS_TILES)
def test_they_catch_a_flipped_byte_in_any_tile_and_any_bundle(
    ask: Ask, log: Published, tmp_path: Path
) -> None:
    case = copied(log, SIZE, tmp_path)
    for path in whole_files(SIZE):
        good = (tmp_path / path).read_bytes()
        for at in ends(good):
            (tmp_path / path).write_bytes(flipped(good, at))
            assert ask(case).refused, (path, at)
        (tmp_path / path).write_bytes(good)
        assert ask(case).size == SIZE


@pytest.mark.soak
@pytest.mark.parametrize(
    "program", [pytest.param(name, id=name, marks=pytest.mark.foreign(name)) for name in READS_TILES]
)
def test_no_flipped_bit_of_a_thousand_in_tiles_and_bundles_passes_them(
    program: str, log: Published, tmp_path: Path
) -> None:
    case, files = copied(log, SIZE, tmp_path), whole_files(SIZE)
    with asking(program) as ask:
        for seed in soak_seeds(f"flips before {program}", 1_000):
            choose = random.Random(seed)
            path = tmp_path / choose.choice(files)
            good = path.read_bytes()
            at, bit = choose.randrange(len(good)), choose.randrange(8)
            path.write_bytes(flipped(good, at, bit))
            assert ask(case).refused, (path, at, bit)
            path.write_bytes(good)
        assert ask(case).size == SIZE


@asked(*READS_TILES)
def test_the_log_that_we_serve_and_the_copy_that_we_export_are_true_to_them(ask: Ask, tmp_path: Path) -> None:
    with make_ledger(tmp_path, Clock()) as ledger:
        kept = [ledger.checkpoint()]
        copy = tmp_path / "copy"
        for name in ("甲（演示）", "乙（演示）", "丙（演示）"):
            enrol_party(ledger, name)
            kept.append(ledger.checkpoint())
            make_copy(ledger, place_at(str(copy)))
        port = free_port()
        settings = Settings(data=tmp_path / "data", base_url=f"http://127.0.0.1:{port}", demo=True)
        with serving(create_app(ledger, settings), port) as address:
            case = followed(ledger, f"{address}/log", kept)
            whole = Verdict(size=ledger.size(), root=str(ledger.head_of(case.note).checkpoint.root))
            assert ask(case) == whole
            assert ask(replace(case, log=str(copy))) == whole
            broken = flipped(case.receipts[0].entry, 9)
            assert ask(replace(case, receipts=(replace(case.receipts[0], entry=broken),))).refused
        bundle = copy / Bundle(0, ledger.size()).path
        bundle.write_bytes(flipped(bundle.read_bytes(), 400))
        assert ask(replace(case, log=str(copy))).refused


def followed(ledger: Ledger, address: str, kept: list[bytes]) -> Case:
    """What a stranger who has followed this ledger's log from its first checkpoint has in hand."""
    note = ledger.checkpoint()
    size = ledger.head_of(note).checkpoint.size

    class Rows:
        """Tiles as they are served."""

        def read_tile(self, level: int, index: int) -> bytes:
            return ledger.tile(level, index)

    def older(raw: bytes) -> Older:
        return Older(raw, prove_consistency(ledger.head_of(raw).checkpoint.size, size, Rows()))

    return Case(
        vkey=str(ledger.vkey),
        log=address,
        note=note,
        receipts=tuple(
            Receipt(at, entry, prove_inclusion(Position(at), size, Rows()))
            for at, entry in enumerate(ledger.entries(0, size))
        ),
        older=tuple(map(older, kept)),
    )


def log_root(log: Published, size: int) -> Hash:
    """The root of the log at one of its sizes."""
    return open_checkpoint(log.notes[size], [LOG.verifier]).checkpoint.root


def whole_files(size: int) -> list[str]:
    """The tiles and bundles of a log of this size."""
    tiles = tiles_touched(Size(0), Size(size))
    bundles = (Bundle(tile.index, tile.width) for tile in tiles if tile.level == 0)
    return [*(tile.path for tile in tiles), *(bundle.path for bundle in bundles)]


def copied(log: Published, size: int, folder: Path) -> Case:
    """The log at one size in a folder of the test's own, which it may break."""
    for path in whole_files(size):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(log.folder / path, folder / path)
    return replace(log.case(size), log=str(folder))
