"""The log's own tables: the head that every append locks, entries with their envelopes and items, tiles, checkpoints.

What is written here is decided by `ledger.recorder`, and in the order that it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.log.tiles import grow_tiles
from ledger.store.book import write_opened
from ledger.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import TypeAlias

    from sqlalchemy import Connection

    from ledger.log.entry import Entry
    from ledger.log.merkle import Hash
    from ledger.log.sizes import Size
    from ledger.log.tiles import RowKey
    from ledger.statement import Envelope, Header, OpenedItem
    from ledger.store.page import Waiting

    #: One entry as it is stored: position, leaf, envelope with its header, and the items that are left.
    Kept: TypeAlias = tuple[int, Entry, Envelope, Header, Sequence[OpenedItem | None]]

_ENTRY: Final = Sql[tuple[()]].inserting("entries", "log_id", "seq", "raw", "prev", "issuer", "statement_id")
_ENVELOPE: Final = Sql[tuple[()]].inserting("envelopes", "log_id", "seq", "raw")
_ITEMS: Final = Sql[tuple[()]].inserting("items", "log_id", "seq", "opened")
_LEAVES: Final = Sql[tuple[bytes]].of("SELECT raw FROM entries WHERE log_id = {} AND seq >= {} ORDER BY seq")

_TILE: Final = Sql[tuple[()]].of(
    "INSERT INTO tiles (log_id, level, number, hashes) VALUES ({}, {}, {}, {}) "
    "ON CONFLICT (log_id, level, number) DO UPDATE SET hashes = excluded.hashes"
)
_TILE_STOOD: Final = Sql[tuple[bytes]].of(
    "SELECT hashes FROM tiles WHERE log_id = {} AND level = {} AND number = {}"
)
_CHECKPOINT_OVER: Final = Sql[tuple[int, bytes]].of(
    "SELECT size, note FROM checkpoints WHERE log_id = {} AND size > {} ORDER BY size LIMIT 1"
)
_PLACE: Final = Sql[tuple[int, bytes, str, str]].of(
    "SELECT seq, raw, issuer, statement_id FROM entries WHERE log_id = {} AND seq {numbers} ORDER BY seq"
)
_CHECKPOINT: Final = Sql[tuple[()]].inserting("checkpoints", "log_id", "size", "note")

_HEAD: Final = Sql[tuple[()]].inserting("heads", "log_id", "size", "root", "edge", "last", "at_ms")
_HEAD_STANDS: Final = Sql[tuple[int, bytes, bytes, bytes, int]].of(
    "SELECT size, root, edge, last, at_ms FROM heads WHERE log_id = {}"
)
_SIZE: Final = Sql[tuple[int]].of("SELECT size FROM heads WHERE log_id = {}")
#: On PostgreSQL the row is locked until the transaction ends; on SQLite only one may write at all.
_HEAD_LOCKED: Final = Sql[tuple[int, bytes, bytes, bytes, int]].of(
    "SELECT size, root, edge, last, at_ms FROM heads WHERE log_id = {}", on_postgresql=" FOR UPDATE"
)
_HEAD_MOVED: Final = Sql[tuple[()]].of(
    "UPDATE heads SET size = {}, root = {}, edge = {}, last = {}, at_ms = {} "
    "WHERE log_id = {} AND size = {} AND last = {}"
)


@dataclass(frozen=True, slots=True)
class HeadRow:
    """Where a log stands, as its row says."""

    size: int
    root: bytes
    edge: bytes
    last: bytes
    at_ms: int


def read_size(connection: Connection, log_id: str) -> int:
    """How many entries the log has."""
    ((size,),) = _SIZE.rows(connection, log_id)
    return size


def lock_head(connection: Connection, log_id: str) -> HeadRow:
    """The head, which nobody else can move before this transaction ends."""
    ((size, root, edge, last, at_ms),) = _HEAD_LOCKED.rows(connection, log_id)
    return HeadRow(size=size, root=bytes(root), edge=bytes(edge), last=bytes(last), at_ms=at_ms)


def read_head(connection: Connection, log_id: str) -> HeadRow:
    """The head as it stands now; by the next moment somebody may have moved it."""
    ((size, root, edge, last, at_ms),) = _HEAD_STANDS.rows(connection, log_id)
    return HeadRow(size=size, root=bytes(root), edge=bytes(edge), last=bytes(last), at_ms=at_ms)


def write_first_head(connection: Connection, log_id: str, head: HeadRow) -> None:
    """Begin a log. A second time the database refuses."""
    _HEAD.each(connection, [(log_id, head.size, head.root, head.edge, head.last, head.at_ms)])


def move_head(connection: Connection, log_id: str, *, size: int, last: bytes, to: HeadRow) -> bool:
    """Compare and swap; False when the head does not stand where it was left."""
    values = (to.size, to.root, to.edge, to.last, to.at_ms, log_id, size, last)
    return _HEAD_MOVED.changed(connection, *values) == 1


def write_entries(connection: Connection, log_id: str, waiting: Sequence[Waiting]) -> None:
    """Leaves, envelopes and items of new entries."""
    kept: list[Kept] = [
        (one.record.seq, one.entry, one.statement.envelope, one.record.header, one.statement.opened)
        for one in waiting
    ]
    write_kept(connection, log_id, kept)


def write_kept(connection: Connection, log_id: str, kept: Sequence[Kept]) -> None:
    """The same of entries as they are kept, such as those that stood in this log before."""
    _ENTRY.each(
        connection,
        [
            (log_id, seq, entry.raw, entry.prev, str(header.issuer), str(header.id))
            for seq, entry, _, header, _ in kept
        ],
    )
    _ENVELOPE.each(connection, [(log_id, seq, envelope.raw) for seq, _, envelope, _, _ in kept])
    _ITEMS.each(connection, [(log_id, seq, write_opened(opened)) for seq, _, _, _, opened in kept])


def read_leaves(connection: Connection, log_id: str, *, start: int) -> list[bytes]:
    """The bytes of all entries from `start` on, as the database gives them back."""
    return [bytes(raw) for (raw,) in _LEAVES.rows(connection, log_id, start)]


def read_places(
    connection: Connection, log_id: str, seqs: Collection[int]
) -> list[tuple[int, bytes, str, str]]:
    """Position, leaf, issuer and statement of these entries, in order."""
    rows = _PLACE.rows(connection, log_id, sorted(set(seqs)))
    return [(seq, bytes(raw), issuer, statement) for seq, raw, issuer, statement in rows]


def read_tile_row(connection: Connection, log_id: str, level: int, number: int) -> bytes:
    """The hashes of one tile as far as it has grown; nothing where it has not begun."""
    return b"".join(bytes(raw) for (raw,) in _TILE_STOOD.rows(connection, log_id, level, number))


@dataclass(frozen=True, slots=True)
class StoredTiles:
    """The stored tiles as proofs want to read them, each of them once: for one reading, in which no tile is written."""

    connection: Connection
    log_id: str
    _read: dict[RowKey, bytes] = field(default_factory=dict)

    def read_tile(self, level: int, index: int, /) -> bytes:
        """The row as far as it has grown."""
        if (level, index) not in self._read:
            self._read[level, index] = read_tile_row(self.connection, self.log_id, level, index)
        return self._read[level, index]


def first_checkpoint_over(connection: Connection, log_id: str, seq: int) -> tuple[int, bytes]:
    """Size and note of the first checkpoint that covers the entry at `seq`."""
    ((size, note),) = _CHECKPOINT_OVER.rows(connection, log_id, seq)
    return size, bytes(note)


def write_tiles(connection: Connection, log_id: str, *, old_size: Size, leaves: Sequence[Hash]) -> None:
    """Write the tiles that new leaves change: the right edge and what is new. Old tiles are not read."""

    def read_tile(level: int, number: int) -> bytes:
        return read_tile_row(connection, log_id, level, number)

    rows = grow_tiles(old_size, leaves, read_tile)
    _TILE.each(connection, [(log_id, level, number, hashes) for (level, number), hashes in rows.items()])


def write_checkpoint(connection: Connection, log_id: str, *, size: int, note: bytes) -> None:
    """One more signed checkpoint."""
    _CHECKPOINT.each(connection, [(log_id, size, note)])
