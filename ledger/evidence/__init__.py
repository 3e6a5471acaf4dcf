"""The evidence store: certificates, vouchers, photos, named by the SHA-256 of their bytes.

An item holds the digest; the bytes lie here, apart from the log, and can be removed without touching it. Where they lie is a `Shelf`: a
folder (`folder.py`) or an S3 bucket (`bucket.py`). What must hold for both stands here: a limit that is met while the bytes come, a name
that is their digest, and no byte handed out that was not hashed again. What the bytes show is decided elsewhere; nothing here parses them.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final, Protocol

from ledger.errors import LedgerFault, TooLarge, UnknownName, Words
from ledger.evidence.folder import CHUNK_BYTES, Folder
from ledger.identifiers import Sha256Hex
from ledger.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

EVIDENCE_BYTES_MAX: Final = 10 * 1024 * 1024
#: Evidence that is longer waits in a temporary file, not in memory, while it is checked.
MEMORY_BYTES_MAX: Final = 1024 * 1024


class EvidenceChanged(LedgerFault):
    """Stored evidence no longer hashes to its name."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store took in."""

    digest: Sha256Hex
    size_bytes: int


class Shelf(Protocol):
    """Where the bytes lie. It looks after names and durability; what the bytes are, the store checks."""

    def draft(self) -> AbstractContextManager[IO[bytes]]:
        """An empty file for what comes. Nobody can read it by a name, and it goes away unless it is kept."""

    def keep(self, digest: Sha256Hex, draft: IO[bytes]) -> None:
        """Give the draft its name, durably, in place of whatever had that name."""

    def chunks(self, digest: Sha256Hex) -> Iterator[bytes]:
        """What lies under that name; `FileNotFoundError` when nothing does."""

    def remove(self, digest: Sha256Hex) -> None:
        """Take the name and its bytes away, durably; nothing happens where they are gone already."""


class EvidenceStore:
    """Evidence in a folder or a bucket, each piece named by its own digest."""

    def __init__(self, shelf: Shelf | Path) -> None:
        self._shelf: Shelf = Folder(shelf) if isinstance(shelf, Path) else shelf
        #: Nothing is taken in that might fill the disk.
        self.room = Room.under(shelf if isinstance(shelf, Path) else None)

    def put(self, content: bytes, *, field: str = "evidence") -> Sha256Hex:
        """Keep these bytes and give their name."""
        return self.put_stream([content], field=field).digest

    def put_stream(self, chunks: Iterable[bytes], *, field: str = "evidence") -> Kept:
        """Keep what comes, hashed as it comes; refused as soon as it is seen to be too long.

        The same bytes are kept once. Those that come again take the place of the old ones, so that a piece which the disk has spoilt is
        mended by sending it again. Bytes that were removed may come again, too: the store remembers no names. Whoever removed them for
        good refuses the record that would name them.
        """
        self.room.check()
        hasher, size_bytes = sha256(), 0
        with self._shelf.draft() as draft:
            for chunk in chunks:
                size_bytes += len(chunk)
                if size_bytes > EVIDENCE_BYTES_MAX:
                    expected = Words(
                        zh=f"最多 {EVIDENCE_BYTES_MAX} 字节", en=f"at most {EVIDENCE_BYTES_MAX} bytes"
                    )
                    raise TooLarge(field=field, came=f"{size_bytes} bytes", expected=expected)
                hasher.update(chunk)
                draft.write(chunk)
            digest = Sha256Hex(hasher.hexdigest())
            self._shelf.keep(digest, draft)
        return Kept(digest=digest, size_bytes=size_bytes)

    def get(self, digest: Sha256Hex) -> bytes:
        """The bytes of that name, hashed again."""
        with self.read(digest) as file:
            return file.read()

    def read(self, digest: Sha256Hex) -> IO[bytes]:
        """The bytes of that name in a file that the caller closes.

        What was sent cannot be called back. So all of it is hashed first, on the way into a file that only this process sees, and it is
        that file which is handed out: what changes on the shelf meanwhile is not.
        """
        hasher, size_bytes = sha256(), 0
        with ExitStack() as on_failure:
            file = on_failure.enter_context(SpooledTemporaryFile(max_size=MEMORY_BYTES_MAX))
            try:
                for chunk in self._shelf.chunks(digest):
                    size_bytes += len(chunk)
                    if size_bytes > EVIDENCE_BYTES_MAX:
                        # Nothing that long was ever kept. Whatever it is, it shall not fill our disk.
                        raise EvidenceChanged(
                            f"evidence {digest} is longer than anything kept, {EVIDENCE_BYTES_MAX} bytes"
                        )
                    hasher.update(chunk)
                    file.write(chunk)
            except FileNotFoundError as missing:
                raise UnknownName(
                    field="evidence", came=digest, expected=Words(zh="已存的附件", en="stored evidence")
                ) from missing
            if hasher.hexdigest() != str(digest):
                raise EvidenceChanged(f"evidence {digest} hashes to {hasher.hexdigest()}")
            file.seek(0)
            on_failure.pop_all()
        return file

    def remove(self, digest: Sha256Hex) -> None:
        """Take those bytes away for good; nothing happens where they are gone already.

        Backups, and what a disk or a storage service keeps of deleted files, are the operator's to look after.
        """
        self._shelf.remove(digest)


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """What is left of a file, piece by piece."""
    return iter(partial(file.read, CHUNK_BYTES), b"")
