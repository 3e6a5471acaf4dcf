"""Time stamps over checkpoints, by their size: the answers of an authority as it gave them (RFC 3161), kept only after they were verified.

What is read here is served as it lies; whoever fetches it checks it with the authority's certificate (`openssl ts -verify`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.store.sql import Sql

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PUT: Final = Sql[tuple[()]].of(
    "INSERT INTO timestamps (log_id, size, token, at_ms) VALUES ({}, {}, {}, {}) "
    "ON CONFLICT (log_id, size) DO NOTHING"
)
_OVER: Final = Sql[tuple[int, int]].of(
    "SELECT size, at_ms FROM timestamps WHERE log_id = {} AND size > {} ORDER BY size LIMIT 1"
)
_TOKEN: Final = Sql[tuple[bytes]].of("SELECT token FROM timestamps WHERE log_id = {} AND size = {}")
_NEWEST: Final = Sql[tuple[int, int]].of(
    "SELECT size, at_ms FROM timestamps WHERE log_id = {} ORDER BY size DESC LIMIT {}"
)


def put_timestamp(connection: Connection, log_id: str, *, size: int, token: bytes, at_ms: int) -> None:
    """Keep a verified token over the checkpoint of this size, and the time that it names."""
    _PUT.each(connection, [(log_id, size, token, at_ms)])


def timestamp_over(connection: Connection, log_id: str, seq: int) -> tuple[int, int] | None:
    """Size and time of the first stamped checkpoint that covers the entry at `seq`."""
    return next(iter(_OVER.rows(connection, log_id, seq)), None)


def timestamp_at(connection: Connection, log_id: str, *, size: int) -> bytes | None:
    """The token over the checkpoint of exactly this size."""
    return next((bytes(token) for (token,) in _TOKEN.rows(connection, log_id, size)), None)


def newest_timestamps(connection: Connection, log_id: str, *, most: int) -> list[tuple[int, int]]:
    """Size and time of the newest tokens, the newest first."""
    return list(_NEWEST.rows(connection, log_id, most))
