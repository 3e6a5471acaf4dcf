"""Stretches of the log as a copy of it is made, or as it is looked through: a few rows at a time, so that its length does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.store.book import StoreBroken
from ledger.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_LEAVES: Final = Sql[tuple[int, bytes]].of(
    "SELECT seq, raw FROM entries WHERE log_id = {} AND seq >= {} AND seq < {} ORDER BY seq"
)
_ROWS: Final = Sql[tuple[int, bytes, bytes, bytes]].of(
    "SELECT entries.seq, entries.raw, envelopes.raw, items.opened FROM entries "
    "JOIN envelopes ON envelopes.log_id = entries.log_id AND envelopes.seq = entries.seq "
    "JOIN items ON items.log_id = entries.log_id AND items.seq = entries.seq "
    "WHERE entries.log_id = {} AND entries.seq >= {} AND entries.seq < {} ORDER BY entries.seq"
)
_NEWEST: Final = Sql[tuple[int, bytes]].of(
    "SELECT size, note FROM checkpoints WHERE log_id = {} ORDER BY size DESC LIMIT 1"
)
_REACHING: Final = Sql[tuple[int, bytes]].of(
    "SELECT size, note FROM checkpoints WHERE log_id = {} AND size >= {} ORDER BY size LIMIT 1"
)
_BETWEEN: Final = Sql[tuple[int, bytes]].of(
    "SELECT size, note FROM checkpoints WHERE log_id = {} AND size > {} AND size <= {} ORDER BY size"
)
_OF_TYPES: Final = Sql[tuple[int]].of(
    "SELECT seq FROM mentions WHERE key {texts} AND log_id = {} AND seq >= {} AND seq < {}"
)
_POSITION: Final = Sql[tuple[int]].of(
    "SELECT seq FROM entries WHERE log_id = {} AND issuer = {} AND statement_id = {}"
)


def read_entries(connection: Connection, log_id: str, start: int, stop: int) -> list[bytes]:
    """The bytes of the entries from `start` to before `stop`, every one of them."""
    rows = _LEAVES.rows(connection, log_id, start, stop)
    _check_whole([seq for seq, _ in rows], start, stop)
    return [bytes(raw) for _, raw in rows]


def read_rows(connection: Connection, log_id: str, start: int, stop: int) -> list[tuple[bytes, bytes, bytes]]:
    """The bytes of entry, envelope and items of the positions from `start` to before `stop`, every one of them, as they are stored."""
    rows = _ROWS.rows(connection, log_id, start, stop)
    _check_whole([seq for seq, *_ in rows], start, stop)
    return [(_bytes(raw), _bytes(envelope), _bytes(opened)) for _, raw, envelope, opened in rows]


def _bytes(value: object) -> bytes:
    """What stands in a column of bytes. Where it turned into text or a number, it is found wrong in its place and does not stop the reading."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    return str(value).encode("utf-8", "surrogateescape")


def newest_checkpoint(connection: Connection, log_id: str) -> tuple[int, bytes]:
    """Size and note of the newest checkpoint."""
    ((size, note),) = _NEWEST.rows(connection, log_id)
    return size, bytes(note)


def checkpoint_reaching(connection: Connection, log_id: str, size: int) -> tuple[int, bytes] | None:
    """Size and note of the first checkpoint of at least this size."""
    for found, note in _REACHING.rows(connection, log_id, size):
        return found, bytes(note)
    return None


def checkpoints_between(
    connection: Connection, log_id: str, over: int, until: int
) -> list[tuple[int, bytes]]:
    """Size and note of each checkpoint above one size and up to another."""
    return [(size, bytes(note)) for size, note in _BETWEEN.rows(connection, log_id, over, until)]


def positions_of_types(
    connection: Connection, log_id: str, types: Sequence[str], *, start: int, stop: int
) -> list[int]:
    """Where statements of these types stand, from `start` to before `stop`."""
    rows = _OF_TYPES.rows(connection, [f"type/{one}" for one in types], log_id, start, stop)
    return sorted({seq for (seq,) in rows})


def position_of(connection: Connection, log_id: str, *, issuer: str, statement: str) -> int | None:
    """Where a statement stands."""
    for (seq,) in _POSITION.rows(connection, log_id, issuer, statement):
        return seq
    return None


def _check_whole(seqs: list[int], start: int, stop: int) -> None:
    if seqs != list(range(start, stop)):
        came = next(
            (want for want, seq in zip(range(start, stop), [*seqs, -1], strict=False) if want != seq), stop
        )
        raise StoreBroken(
            f"entry {came} is missing between {start} and {stop}; `suyuan audit` says what else is"
        )
