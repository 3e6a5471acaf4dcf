"""What witnesses have signed, and which checkpoint is shown to everybody while they are asked.

A cosignature is kept beside the checkpoint it speaks of, one for each key and size, the newest. What is read here was written by this server and
may be anything by now: whoever shows a line checks it first (`cosigned`). The published size never goes back, whichever process moves it.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from ledger.log.errors import Untrue
from ledger.log.note import Note, NoteSignature
from ledger.log.witnessing import check_cosignature
from ledger.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection

    from ledger.log.note import NoteVerifier, Verified

_log = logging.getLogger(__name__)

_PUT: Final = Sql[tuple[()]].of(
    "INSERT INTO cosignatures (log_id, size, witness, line, time_s) VALUES ({}, {}, {}, {}, {}) "
    "ON CONFLICT (log_id, size, witness) DO UPDATE SET line = excluded.line, time_s = excluded.time_s "
    "WHERE excluded.time_s > cosignatures.time_s"
)
_AT: Final = Sql[tuple[str, str]].of(
    "SELECT witness, line FROM cosignatures WHERE log_id = {} AND size = {} ORDER BY witness"
)
_SEEN: Final = Sql[tuple[int]].of(
    "SELECT size FROM cosignatures WHERE log_id = {} AND witness = {} ORDER BY size DESC LIMIT 1"
)
_SIZES_OVER: Final = Sql[tuple[int]].of(
    "SELECT DISTINCT size FROM cosignatures WHERE log_id = {} AND size > {} ORDER BY size LIMIT {}"
)
_NOTE: Final = Sql[tuple[bytes]].of("SELECT note FROM checkpoints WHERE log_id = {} AND size = {}")

_PUBLISHED: Final = Sql[tuple[int, int]].of("SELECT size, asked_ms FROM publications WHERE log_id = {}")
_BEGIN: Final = Sql[tuple[()]].of(
    "INSERT INTO publications (log_id, size, asked_ms) VALUES ({}, {}, 0) ON CONFLICT (log_id) DO NOTHING"
)
_PUBLISH: Final = Sql[tuple[()]].of("UPDATE publications SET size = {} WHERE log_id = {} AND size < {}")
_ASK: Final = Sql[tuple[()]].of(
    "UPDATE publications SET asked_ms = {} WHERE log_id = {} AND (asked_ms <= {} OR asked_ms > {})"
)


def put_cosignatures(
    connection: Connection, log_id: str, *, size: int, signatures: Sequence[Verified]
) -> None:
    """Keep checked cosignatures of the checkpoint of this size; of two by one key the later one."""
    _PUT.each(
        connection,
        [(log_id, size, str(one.verifier), str(one.signature), one.time or 0) for one in signatures],
    )


def cosignature_lines(connection: Connection, log_id: str, *, size: int) -> tuple[tuple[str, str], ...]:
    """Key and line of every cosignature of the checkpoint of this size."""
    return tuple((witness, line) for witness, line in _AT.rows(connection, log_id, size))


def cosigned(
    note: bytes, lines: Sequence[tuple[str, str]], keys: Collection[NoteVerifier], *, now_seconds: int
) -> tuple[bytes, tuple[NoteVerifier, ...]]:
    """A checkpoint with those of these cosignatures that hold, and whose they are.

    One wrong line of a known witness would condemn the whole note for everybody who knows it, so what does not hold any more is left out.
    """
    text = Note.parse(note).text
    good: list[Verified] = []
    for witness, line in lines:
        try:
            one = check_cosignature(text, NoteSignature.parse(line), keys, now_seconds=now_seconds)
        except Untrue as wrong:
            _log.error("a stored cosignature of %s is not its own any more: %s", witness, wrong)
            continue
        if one is not None:
            good.append(one)
    return note + "".join(f"{one.signature}\n" for one in good).encode(), tuple(one.verifier for one in good)


def size_seen_by(connection: Connection, log_id: str, witness: str) -> int:
    """The largest size that the witness with this key has cosigned as far as we know; 0 for none."""
    return next((size for (size,) in _SEEN.rows(connection, log_id, witness)), 0)


def cosigned_sizes_over(connection: Connection, log_id: str, seq: int, *, most: int) -> list[int]:
    """The first sizes with a cosignature that cover the entry at `seq`."""
    return [size for (size,) in _SIZES_OVER.rows(connection, log_id, seq, most)]


def checkpoint_of(connection: Connection, log_id: str, *, size: int) -> bytes | None:
    """The checkpoint of exactly this size, if one was signed."""
    return next((bytes(note) for (note,) in _NOTE.rows(connection, log_id, size)), None)


def published_size(connection: Connection, log_id: str) -> int | None:
    """The size that is shown to everybody; None before the first one was published."""
    return next((size for size, _ in _PUBLISHED.rows(connection, log_id)), None)


def asked_at(connection: Connection, log_id: str) -> int:
    """When witnesses were last asked, by any process; 0 for never."""
    return next((asked for _, asked in _PUBLISHED.rows(connection, log_id)), 0)


def publish(connection: Connection, log_id: str, *, size: int) -> bool:
    """Show this size from now on; False where a larger one is shown already."""
    _BEGIN.changed(connection, log_id, 0)
    return _PUBLISH.changed(connection, size, log_id, size) == 1


def take_turn(connection: Connection, log_id: str, *, now_ms: int, since_ms: int) -> bool:
    """Whether this process may ask the witnesses: no other has done so after `since_ms`. A time ahead of the clock holds nobody up."""
    _BEGIN.changed(connection, log_id, 0)
    return _ASK.changed(connection, now_ms, log_id, since_ms, now_ms) == 1
