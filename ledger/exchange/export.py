"""A log as a folder that other people's tools can check: checkpoint, tiles, entry bundles, and the statements one may see.

The layout is written down in `docs/formats.md`. `everything` exports all items (for the operator's own archive and for an auditor under
contract); without it only register statements are opened, and the rest is withheld: tiles and entries tell a stranger nothing but how many
statements the log took and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.canonical import Json, canonical
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_WIDTH, Bundle, encode_bundle, tiles_touched
from ledger.register import REGISTER_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from ledger.store.book import Stored

EXPORT_VERSION = 1


def export_log(ledger: Ledger, folder: Path, *, everything: bool = False) -> int:
    """Write the log as it stands into an empty folder; returns how many entries it has."""
    checkpoint = ledger.checkpoint()
    size = ledger.head_of(checkpoint).checkpoint.size
    _write(folder, "checkpoint", checkpoint)
    _write(folder, "vkey", f"{ledger.vkey}\n".encode())
    for tile in tiles_touched(Size(0), size):
        _write(folder, tile.path, ledger.tile(tile.level, tile.index)[: tile.width * 32])
    for index in range(0, -(-size // TILE_WIDTH)):
        start, stop = index * TILE_WIDTH, min(size, (index + 1) * TILE_WIDTH)
        entries = ledger.entries(start, stop)
        _write(folder, Bundle(index, stop - start).path, encode_bundle(entries))
        for stored in ledger.stored_range(start, stop):
            _write(folder, f"statements/{stored.seq:09d}.json", statement_file(stored, everything=everything))
    return size


def statement_file(stored: Stored, *, everything: bool) -> bytes:
    """One statement as it stands in an exported folder: a withheld or erased item is null."""
    public = everything or stored.header.type in REGISTER_TYPES
    items: list[Json] = [one.as_json() if one is not None and public else None for one in stored.opened]
    return canonical(
        {"v": EXPORT_VERSION, "position": stored.seq, "envelope": stored.envelope.as_json() if public else None, "items": items}
    )


def register_statements(stored: Iterator[Stored]) -> Json:
    """The register statements whole, each with its position: what `/log/register` serves."""
    return [
        {
            "position": one.seq,
            "entry": one.entry.raw.decode("ascii"),
            "envelope": one.envelope.as_json(),
            "items": [None if item is None else item.as_json() for item in one.opened],
        }
        for one in stored
        if one.header.type in REGISTER_TYPES
    ]


def _write(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
