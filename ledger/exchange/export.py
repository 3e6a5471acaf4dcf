"""A log as a folder that other people's tools can check: checkpoints, tiles, entry bundles, and the statements one may see.

The layout is written down in `docs/formats.md`. `everything` exports all items (for the operator's own archive and for an auditor under
contract); without it only register statements are opened, and the rest is withheld: tiles and entries tell a stranger nothing but how many
statements the log took and when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ledger.canonical import Json, canonical
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_WIDTH, Bundle, encode_bundle, tiles_touched
from ledger.register import REGISTER_TYPES
from ledger.store.book import StoreBroken, stored_entries
from ledger.store.tables import CheckpointRow, EntryRow, TileRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.store.book import Stored

EXPORT_VERSION = 1
HASH_BYTES = 32

_entries = EntryRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_tiles, _checkpoints = TileRow.__table__, CheckpointRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Exported:
    """A folder that was written: how many entries, and SHA-256 over its files as `sha256sum` lists them, by path."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class _Folder:
    """Where the files go, and what went there."""

    path: Path
    files: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, content: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[name] = sha256(content).hexdigest()

    @property
    def digest(self) -> str:
        """Over the list of its files, in the order of their paths, in the form that `sha256sum` prints."""
        lines = (f"{digest}  {name}\n" for name, digest in sorted(self.files.items()))
        return sha256("".join(lines).encode()).hexdigest()


def export_log(
    connection: Connection, origin: str, into: Path, *, vkey: str, everything: bool = False
) -> Exported:
    """Write the log as it stands into an empty folder. `vkey`: the log's keys, the newest first, with spaces between them. Whoever hands it out remembers it first (`ledger.store.copies`)."""
    folder = _Folder(into)
    notes = connection.execute(
        select(_checkpoints.c.size, _checkpoints.c.note)
        .where(_checkpoints.c.log_id == origin)
        .order_by(_checkpoints.c.size)
    ).all()
    for size, note in notes:
        folder.write(f"checkpoints/{size:09d}", bytes(note))
    size, newest = notes[-1]
    held = connection.execute(
        select(func.count()).select_from(_entries).where(_entries.c.log_id == origin)
    ).scalar_one()
    if size > held:
        message = f"the newest checkpoint is of size {size}, and {held} entries are stored"
        raise StoreBroken(message)
    folder.write("checkpoint", bytes(newest))
    folder.write("vkey", "".join(f"{one}\n" for one in vkey.split()).encode())
    rows = {
        (level, number): bytes(hashes)
        for level, number, hashes in connection.execute(
            select(_tiles.c.level, _tiles.c.number, _tiles.c.hashes).where(_tiles.c.log_id == origin)
        )
    }
    for tile in tiles_touched(Size(0), Size(size)):
        folder.write(tile.path, rows.get((tile.level, tile.index), b"")[: tile.width * HASH_BYTES])
    for index in range(-(-size // TILE_WIDTH)):
        start, stop = index * TILE_WIDTH, min(size, (index + 1) * TILE_WIDTH)
        stored = list(stored_entries(connection, origin, range(start, stop)))
        folder.write(Bundle(index, stop - start).path, encode_bundle([one.entry.raw for one in stored]))
        for one in stored:
            folder.write(f"statements/{one.seq:09d}.json", statement_file(one, everything=everything))
    return Exported(size=int(size), digest=folder.digest)


def statement_file(stored: Stored, *, everything: bool) -> bytes:
    """One statement as it stands in an exported folder: a withheld or erased item is null."""
    return statement_as(stored, places=range(len(stored.opened)) if everything else None)


def statement_as(stored: Stored, *, places: Collection[int] | None) -> bytes:
    """One statement with the items at these places; None where all of it is withheld, which a register statement never is."""
    if stored.header.type in REGISTER_TYPES:
        places = range(len(stored.opened))
    # Of what is withheld not even the number of items is told.
    opened = () if places is None else enumerate(stored.opened)
    items: list[Json] = [
        one.as_json() if one is not None and places is not None and place in places else None
        for place, one in opened
    ]
    return canonical(
        {
            "v": EXPORT_VERSION,
            "position": stored.seq,
            "envelope": None if places is None else stored.envelope.as_json(),
            "items": items,
        }
    )
