"""The fork guard: what this log signed last, kept where no restore of the database reaches, and asked before anything more is signed.

Putting back yesterday's copy of a database and going on is the classic way to tell two histories. So the last signed checkpoint also lies in a
small file outside the data folder, and the recorder signs nothing before the database was shown to continue it:

    1  the right edge recomputed from tiles and last leaves is the one that the head row keeps, and the newest checkpoint signed it
    2  the tree is not smaller than the guard's, and begins with it: a consistency proof, made from the tiles
    3  no witness has seen a larger tree, or another one

A commit ends, then the guard moves on, then senders are answered. So the guard never holds what the database could still lose, and a crash between
the two leaves a guard that is behind: the database continues it and an honest start goes through. What somebody could have read in that moment
was not acknowledged to anybody.

The file has two slots, written in turn, in place and synced: one sync a commit, and a torn write leaves the slot before it. What was being written when
it was torn had been committed, so the database then holds more than the slot that is whole. A damaged slot beside a database that holds no more is no torn
write: what stood there may have been larger, and nothing is signed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import quote

from ledger.errors import LedgerFault, Refusal
from ledger.log.checkpoint import Checkpoint
from ledger.log.contradiction import TwoRoots
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.note import Note
from ledger.log.proof import check_consistency, prove_consistency
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_WIDTH, edge_from_tiles
from ledger.store.log_rows import StoredTiles, read_leaves
from ledger.store.log_slices import newest_checkpoint
from ledger.store.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import Connection

    from ledger.log.note import NoteVerifier
    from ledger.store.log_rows import HeadRow

SLOT_BYTES: Final = 4_096
_SLOTS: Final = (0, SLOT_BYTES)
#: What the slots of a few guards hold, and what comes next: the same bytes always say the same.
_NOTES_HELD: Final = 16
#: The longest file name that every system takes, less room for the evidence beside it.
_NAME_MAX: Final = 200

_GUARD: Final = Sql[tuple[()]].inserting("guards", "log_id", "since_ms")
_GUARDED: Final = Sql[tuple[int]].of("SELECT since_ms FROM guards WHERE log_id = {}")


class NotToBeSigned(LedgerFault):
    """Signing now could tell a second history. Nothing was written; docs/runbook.md, "Restoring from a backup"."""


class DatabaseBehind(NotToBeSigned):
    """More of this log was signed before than this database holds: it is an old copy, or lost its tail."""


class DatabaseDiffers(NotToBeSigned):
    """What this database holds is another history than the one that was signed before."""


class GuardMissing(NotToBeSigned):
    """The guard of a log that had one is gone: what was signed last cannot be told here."""


class GuardUnreadable(NotToBeSigned):
    """The guard's file is none, or cannot be written."""


class Seen(Protocol):
    """What a witness knows of this log: a size, and the signed checkpoint where it shows one."""

    @property
    def witness(self) -> str:
        """Its name."""

    @property
    def size(self) -> Size:
        """How many entries the log had."""

    @property
    def note(self) -> bytes | None:
        """The checkpoint, verified by whoever fetched it."""


class Remembers(Protocol):
    """Who is asked before the first checkpoint is signed after a start: the client of the witnesses."""

    def __call__(self, origin: str, log_keys: Collection[NoteVerifier], newest: bytes, /) -> Iterable[Seen]:
        """What each that answers has seen last; nobody's silence stops the log."""


def new_guard(connection: Connection, log_id: str, *, at_ms: int) -> None:
    """Note that this log has a guard: from here on a missing one is a fault."""
    if not has_guard(connection, log_id):
        _GUARD.each(connection, [(log_id, at_ms)])


def has_guard(connection: Connection, log_id: str) -> bool:
    """Whether this log ever had one."""
    return bool(_GUARDED.rows(connection, log_id))


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a guard says was signed last, and in which of its slots that stands."""

    checkpoint: Checkpoint
    note: bytes
    slot: int
    #: The other slot holds something that is no checkpoint: a torn write, or what stood there was lost.
    beside_damaged: bool = False


class Guard:
    """The guard of one log in a folder of its own."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.folder, self.origin = folder, origin
        name = quote(origin, safe="")
        if len(name) > _NAME_MAX:
            name = hashlib.sha256(origin.encode()).hexdigest()
        self.path = folder / name

    def last(self) -> Guarded | None:
        """What was signed last, as far as the file says; None where there is no guard yet."""
        try:
            with self._locked() as handle:
                return self._read(handle)
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise self._trouble(wrong) from wrong

    def begin(self, note: bytes) -> None:
        """Make the guard where there is none. The file appears whole or not at all."""
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(_slot(note))
                file.write(bytes(SLOT_BYTES))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self.path)
            _sync_folder(self.folder)
            _sync_folder(self.folder.parent)
        except OSError as wrong:
            raise self._trouble(wrong) from wrong

    def advance(self, note: bytes) -> bool:
        """Remember that this was signed. False when more was signed by somebody else meanwhile: compare the database again."""
        came = _checkpoint_in(note)
        try:
            with self._locked() as handle:
                last = self._read(handle)
                if last.checkpoint.size > came.size:
                    return False
                if last.checkpoint.size == came.size:
                    if last.checkpoint.root != came.root:
                        raise self._differs(last.checkpoint, TwoRoots(last.note, note, came.root, ()), came)
                    return True
                os.pwrite(handle, _slot(note), _SLOTS[1 - last.slot])
                os.fdatasync(handle)
        except FileNotFoundError as gone:
            raise self._missing() from gone
        except OSError as wrong:
            raise self._trouble(wrong) from wrong
        return True

    def check(self, connection: Connection, head: HeadRow, *, at_ms: int, seen: Iterable[Seen] = ()) -> None:
        """Raise unless this database continues what was signed before; then move the guard on to it.

        A ledger that never had a guard gets one here, if what it holds fits what others have seen.
        """
        tiles = StoredTiles(connection, self.origin)
        note = check_edge(connection, self.origin, head)
        last = self.last()
        if last is None and has_guard(connection, self.origin):
            raise self._missing()
        if last is not None:
            if last.beside_damaged and last.checkpoint.size >= head.size:
                raise self._unreadable()
            who = f"the guard {self.path}"
            self._check_continues(tiles, head, who, last.checkpoint, last.note, ours=note)
        for one in seen:
            self._check_seen(tiles, head, one, ours=note)
        if last is None:
            self.begin(note)
            new_guard(connection, self.origin, at_ms=at_ms)
        elif last.checkpoint.size < head.size:
            self.advance(note)

    def _check_seen(self, tiles: StoredTiles, head: HeadRow, one: Seen, *, ours: bytes) -> None:
        if one.note is not None:
            checkpoint = Checkpoint.parse(Note.parse(one.note).text)
            # What an unsigned line says could stop a log that is in order; whoever passes a note on has verified it.
            if checkpoint.origin == self.origin and checkpoint.size:
                self._check_continues(
                    tiles, head, f"the witness {one.witness}", checkpoint, one.note, ours=ours
                )
        elif one.size > head.size:
            raise _behind(head, f"the witness {one.witness}", one.size)

    def _check_continues(
        self, tiles: StoredTiles, head: HeadRow, who: str, before: Checkpoint, note: bytes, *, ours: bytes
    ) -> None:
        if before.size > head.size:
            raise _behind(head, who, before.size)
        now = Checkpoint.parse(Note.parse(ours).text)
        try:
            check_consistency(
                old=before.size,
                new=now.size,
                proof=prove_consistency(before.size, now.size, tiles),
                old_root=before.root,
                new_root=now.root,
            )
        except Refusal as wrong:
            raise self._differs(before, TwoRoots.between(note, ours, tiles), now, who=who) from wrong

    def _differs(
        self, before: Checkpoint, found: TwoRoots, now: Checkpoint, *, who: str | None = None
    ) -> DatabaseDiffers:
        return DatabaseDiffers(
            f"{who or f'the guard {self.path}'} holds root {before.root} at {before.size} entries, and this database another history of "
            f"{now.size} entries. Both are signed: the evidence is kept in {self._keep_evidence(found)} (suyuan verify-evidence). "
            f'See docs/runbook.md, "Restoring from a backup"'
        )

    def _keep_evidence(self, found: TwoRoots) -> Path:
        raw = found.to_bytes()
        path = self.folder / f"{self.path.name}.evidence-{hashlib.sha256(raw).hexdigest()[:16]}.json"
        try:
            path.write_bytes(raw)
        except OSError as wrong:
            raise self._trouble(wrong) from wrong
        return path

    @contextmanager
    def _locked(self) -> Iterator[int]:
        handle = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _read(self, handle: int) -> Guarded:
        """The larger of the two slots that are whole."""
        raw = os.pread(handle, len(_SLOTS) * SLOT_BYTES + 1, 0)
        if len(raw) != len(_SLOTS) * SLOT_BYTES:
            raise self._unreadable()
        found, damaged = list[Guarded](), False
        for slot, start in enumerate(_SLOTS):
            written = raw[start : start + SLOT_BYTES]
            note = _note_in(written)
            if note is None:
                damaged |= any(written)
                continue
            checkpoint = _checkpoint_in(note)
            if checkpoint.origin == self.origin:
                found.append(Guarded(checkpoint, note, slot))
        if not found:
            raise self._unreadable()
        return replace(max(found, key=lambda one: one.checkpoint.size), beside_damaged=damaged)

    def _unreadable(self) -> GuardUnreadable:
        return GuardUnreadable(
            f"the guard {self.path} cannot be read: remove nothing, and make it again with suyuan recover"
        )

    def _missing(self) -> GuardMissing:
        return GuardMissing(
            f"the guard {self.path} of this log is gone: bring it back, or make it again with suyuan recover from a copy of the log "
            'that was published. See docs/runbook.md, "Restoring from a backup"'
        )

    def _trouble(self, wrong: OSError) -> GuardUnreadable:
        return GuardUnreadable(
            f"the guard {self.path} cannot be used ({wrong.strerror}); SUYUAN_GUARD names its folder"
        )


def check_edge(connection: Connection, origin: str, head: HeadRow) -> bytes:
    """The newest checkpoint's note, if tiles and last leaves lead to the very root that it and the head row say."""
    tiles = StoredTiles(connection, origin)
    size, note = newest_checkpoint(connection, origin)
    signed = Checkpoint.parse(Note.parse(note).text)
    try:
        edge = edge_from_tiles(Size(head.size), tiles.read_tile)
    except Refusal as wrong:
        raise DatabaseDiffers(
            f"the tiles of this database do not hold {head.size} entries: {wrong}"
        ) from wrong
    start = (head.size - 1) // TILE_WIDTH * TILE_WIDTH
    leaves = b"".join(map(leaf_hash, read_leaves(connection, origin, start=start)))
    row = tiles.read_tile(0, start // TILE_WIDTH)
    for name, ours, theirs in (
        ("edge", edge.to_bytes(), head.edge),
        ("root", bytes(edge.root()), head.root),
        ("newest checkpoint", bytes(edge.root()) + b"%d" % head.size, bytes(signed.root) + b"%d" % size),
        ("last leaves", leaves, row[: (head.size - start) * HASH_BYTES]),
        ("last leaf", leaves[-HASH_BYTES:], head.last),
    ):
        if ours != theirs:
            message = f"{name}: what this database's tiles and leaves lead to is not what it says; suyuan audit says where"
            raise DatabaseDiffers(message)
    return note


def _behind(head: HeadRow, who: str, size: int) -> DatabaseBehind:
    return DatabaseBehind(
        f"{who} knows {size} entries of this log, and this database has {head.size}: it is an old copy, or lost its tail. "
        "Nothing is signed over it. Fetch the rest with suyuan recover from a copy of the log; "
        'see docs/runbook.md, "Restoring from a backup"'
    )


def _slot(note: bytes) -> bytes:
    """One slot: the SHA-256 of the note in hex, a newline, the note, and nothing behind it."""
    raw = hashlib.sha256(note).hexdigest().encode() + b"\n" + note
    # An origin of 255 bytes, two signatures of the log: some 700 bytes.
    assert len(raw) <= SLOT_BYTES, "a checkpoint that we signed is longer than a slot of the guard"
    return raw.ljust(SLOT_BYTES, b"\0")


def _note_in(slot: bytes) -> bytes | None:
    """The note in a slot; None where it is empty or was torn."""
    digest, _, note = slot.rstrip(b"\0").partition(b"\n")
    return note if hashlib.sha256(note).hexdigest().encode() == digest else None


@lru_cache(maxsize=_NOTES_HELD)
def _checkpoint_in(note: bytes) -> Checkpoint:
    """The checkpoint in a note: each is asked for when it is written, and twice more until its slot is written over."""
    return Checkpoint.parse(Note.parse(note).text)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
