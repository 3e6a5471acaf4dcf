"""Makes a log of tens of thousands of entries in a moment, by `ledger.log` alone, and writes it as the files under `/log/`."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.growing import GrowingTiles
from ledger.log.merkle import HASH_BYTES, Hash
from ledger.log.note import NoteSigner
from ledger.log.proof import prove_consistency, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.tiles import TILE_WIDTH, Bundle, HeldRows, Tile, encode_bundle
from tests.support.foreign import Case, Older, Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.log.tiles import RowKey

LOG: Final = NoteSigner.from_seed("log.example/strangers", bytes(32))
START_MS: Final = 1_794_614_400_000
#: Both sides of a tile, both sides of the second, and one with a third level of tiles.
SIZES: Final = (1, 2, 3, 255, 256, 257, 511, 512, 513, 65_793)


@dataclass(frozen=True, slots=True)
class Published:
    """The log, and what a stranger who followed it has kept."""

    folder: Path
    entries: list[bytes]
    notes: dict[int, bytes]
    rows: HeldRows

    def case(self, size: int) -> Case:
        """All of the log as it stood at one size: receipts from both ends and from the edges of tiles, every older checkpoint."""
        positions = {0, 1, 254, 255, 256, 511, 512, 65_535, 65_536, size // 2, size - 2, size - 1}
        return Case(
            vkey=str(LOG.verifier),
            log=str(self.folder),
            note=self.notes[size],
            receipts=tuple(self.receipt(at, size) for at in sorted(positions) if 0 <= at < size),
            older=tuple(self.older(old, size) for old in self.notes if old <= size),
        )

    def receipt(self, position: int, size: int) -> Receipt:
        """An entry with our proof."""
        proof = prove_inclusion(Position(position), Size(size), self.rows)
        return Receipt(position, self.entries[position], proof)

    def older(self, old: int, new: int) -> Older:
        """A checkpoint kept from earlier, with our proof."""
        return Older(self.notes[old], prove_consistency(Size(old), Size(new), self.rows))


def said(count: int) -> list[bytes]:
    """So many statements."""
    return [b"statement %d" % at for at in range(count)]


def chain(statements: Sequence[bytes]) -> tuple[list[bytes], list[Hash]]:
    """Their entries, each naming the one before it, and the leaf hashes."""
    entries: list[bytes] = []
    leaves: list[Hash] = []
    before: bytes = NO_ENTRY_BEFORE
    for at, statement in enumerate(statements):
        entry = Entry(at_ms=START_MS + at, prev=before, statement=sha256(statement).digest())
        before = entry.leaf_hash
        entries.append(entry.raw)
        leaves.append(entry.leaf_hash)
    return entries, leaves


def publish(
    folder: Path, sizes: Sequence[int] = SIZES, statements: Sequence[bytes] | None = None
) -> Published:
    """The log at each of these sizes, one grown from the other; every partial tile of every size stays."""
    entries, leaves = chain(said(sizes[-1]) if statements is None else statements)
    notes: dict[int, bytes] = {}
    rows: dict[RowKey, bytes] = {}
    tiles = GrowingTiles.empty()
    for size in sizes:
        full = tiles.extend(leaves[tiles.size : size])
        for tile, row in [*full, *tiles.partial()]:
            rows[tile.level, tile.index] = row
            put(folder, tile.path, row)
            if tile.level == 0:
                put(folder, Bundle(tile.index, tile.width).path, bundle(entries, tile))
        notes[size] = Checkpoint(LOG.name, Size(size), tiles.root()).sign([LOG])
    put(folder, "checkpoint", notes[sizes[-1]])
    assert all(len(row) % HASH_BYTES == 0 for row in rows.values())
    return Published(folder, entries, notes, HeldRows(rows))


def bundle(entries: list[bytes], tile: Tile) -> bytes:
    """The entries under a tile of level 0."""
    start = tile.index * TILE_WIDTH
    return encode_bundle(entries[start : start + tile.width])


def put(folder: Path, path: str, raw: bytes) -> None:
    """One file of the log."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(raw)
