"""Copies of a log for tests, laid out by hand as `docs/formats.md` says, and a place in memory that holds one.

`copy_of(log)` gives the files of a `MemoryLog`, which takes any lie; `write_public` a public log of any length on disk, for those who count
seconds and bytes.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.canonical import canonical
from ledger.exchange.places import KeptOtherwise, split_lines
from ledger.identifiers import Instant
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.growing import GrowingTiles
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_WIDTH, Bundle, encode_bundle, tiles_touched
from ledger.register import REGISTER_TYPES
from tests.support.memory_log import MemoryLog, statement_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ledger.canonical import Json


class MemoryPlace:
    """Files in a dictionary."""

    shown = "memory"
    near = True

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = {} if files is None else files
        #: In which order things came.
        self.written: list[str] = []

    def begin(self) -> None: ...

    def settle(self) -> None: ...

    def has(self, path: str) -> bool:
        return path in self.files

    def read(self, path: str, *, bytes_max: int) -> bytes | None:
        assert len(self.files.get(path, b"")) <= bytes_max
        return self.files.get(path)

    def lines(self, path: str, *, bytes_max: int) -> Iterator[bytes] | None:
        return split_lines([self.files[path]], path=path, bytes_max=bytes_max) if path in self.files else None

    def names(self, path: str) -> list[str]:
        below = [name.removeprefix(f"{path}/") for name in self.files if name.startswith(f"{path}/")]
        return sorted(name for name in below if "/" not in name)

    def keep(self, path: str, content: bytes) -> None:
        if self.files.get(path, content) != content:
            raise KeptOtherwise(path)
        if path not in self.files:
            self._put(path, content)

    def replace(self, path: str, content: Iterable[bytes]) -> None:
        self._put(path, b"".join(content))

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def _put(self, path: str, content: bytes) -> None:
        self.files[path] = content
        self.written.append(path)


def copy_of(log: MemoryLog, *, sizes: Sequence[int] = (), members: bool = True) -> dict[str, bytes]:
    """The files of a copy that stood at these sizes, and at the log's own, when it was brought up to date."""
    size = len(log.slots)
    rows = log.rows()
    files = {"checkpoint": log.checkpoint(), "vkey": f"{log.vkey}\n".encode(), "register": register_file(log)}
    for stood in (*sizes, size):
        files[f"checkpoints/{stood:09d}"] = log.checkpoint(stood)
        for tile in tiles_touched(Size(0), Size(stood)):
            files[tile.path] = rows[tile.level, tile.index][: 32 * tile.width]
        for bundle in bundles(stood):
            files[bundle.path] = encode_bundle(
                [slot.entry.raw for slot in log.slots[bundle.index * TILE_WIDTH :][: bundle.width]]
            )
    for bundle in bundles(size) if members else ():
        places = range(bundle.index * TILE_WIDTH, bundle.index * TILE_WIDTH + bundle.width)
        lines = [statement_file(at, log.slots[at]) + b"\n" for at in places]
        files[bundle.path.replace("tile/entries", "statements")] = b"".join(lines)
    return files


def register_file(log: MemoryLog) -> bytes:
    """The published register of a log."""
    statements: list[Json] = []
    for position, (slot, statement) in enumerate(zip(log.slots, log.statements, strict=True)):
        if statement.header.type in REGISTER_TYPES and slot.envelope is not None:
            statements.append(
                {
                    "position": position,
                    "recorded_at": str(Instant(slot.entry.at_ms).at_shanghai()),
                    "type": statement.header.type,
                    "envelope": slot.envelope.as_json(),
                    "items": [None if one is None else one.as_json() for one in slot.items],
                }
            )
    return canonical(
        {
            "origin": log.origin,
            "size": len(log.slots),
            "vkey": log.vkey,
            "vkeys": [log.vkey],
            "statements": statements,
        }
    )


def bundles(size: int) -> list[Bundle]:
    """The bundles of a log of this size."""
    starts = range(0, size, TILE_WIDTH)
    return [Bundle(start // TILE_WIDTH, min(TILE_WIDTH, size - start)) for start in starts]


def write_public(folder: Path, size: int) -> str:
    """A public log of so many entries, of which only the genesis is shown; its key."""
    log = MemoryLog()
    genesis = log.slots[0].entry
    tiles, last = GrowingTiles.empty(), NO_ENTRY_BEFORE
    for bundle in bundles(size):
        entries = []
        for position in range(bundle.index * TILE_WIDTH, bundle.index * TILE_WIDTH + bundle.width):
            digest = sha256(b"%d" % position).digest()
            entry = genesis if position == 0 else Entry(genesis.at_ms + position, last, digest)
            entries.append(entry)
            last = entry.leaf_hash
        _write(folder / bundle.path, encode_bundle([one.raw for one in entries]))
        for tile, row in tiles.extend([one.leaf_hash for one in entries]):
            _write(folder / tile.path, row)
    for tile, row in tiles.partial():
        _write(folder / tile.path, row)
    note = Checkpoint(log.origin, Size(size), tiles.root()).sign([log.key])
    sheet = register_file(log).replace(b'"size":1,', b'"size":%d,' % size)
    for path, content in (("register", sheet), ("vkey", f"{log.vkey}\n".encode()), ("checkpoint", note)):
        _write(folder / path, content)
    return log.vkey


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
