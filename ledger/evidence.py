"""The evidence store: certificates, vouchers, photos, named by the SHA-256 of their bytes.

An item holds the digest; the bytes lie here, in one folder, and can be removed without touching the log. Every read hashes again: what
is not what its name says is not handed out. What the bytes show is decided elsewhere; nothing here parses them.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ledger.errors import LedgerFault, TooLarge, UnknownName, Words
from ledger.identifiers import Sha256Hex

EVIDENCE_BYTES_MAX = 10 * 1024 * 1024


class EvidenceChanged(LedgerFault):
    """Stored evidence no longer hashes to its name."""


class EvidenceStore:
    """A folder of files, each named by its own digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes, *, field: str = "evidence") -> Sha256Hex:
        """Keep these bytes and give their name. The same bytes are kept once."""
        if len(content) > EVIDENCE_BYTES_MAX:
            expected = Words(zh=f"最多 {EVIDENCE_BYTES_MAX} 字节", en=f"at most {EVIDENCE_BYTES_MAX} bytes")
            raise TooLarge(field=field, came=f"{len(content)} bytes", expected=expected)
        digest = Sha256Hex.of(content)
        path = self._path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_durably(path, content)
        # A name lives in its folder, and a new folder's name in the one above. Also where somebody else has just made them.
        for folder in (path.parent, self._folder, self._folder.parent):
            _sync(folder)
        return digest

    def get(self, digest: Sha256Hex) -> bytes:
        """The bytes of that name, hashed again."""
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError as missing:
            raise UnknownName(
                field="evidence", came=digest, expected=Words(zh="已存的附件", en="stored evidence")
            ) from missing
        if Sha256Hex.of(content) != digest:
            message = f"evidence {digest} hashes to {Sha256Hex.of(content)}"
            raise EvidenceChanged(message)
        return content

    def _path(self, digest: Sha256Hex) -> Path:
        return self._folder / str(digest)[:2] / str(digest)


def _write_durably(path: Path, content: bytes) -> None:
    """Temporary file, fsync, rename: whatever happens, the name is there with all its bytes, or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
