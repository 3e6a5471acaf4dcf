"""Evidence in a folder: a file for each piece, under the first two digits of its digest.

A name is there with all its bytes or not at all, whatever happens, and once `keep` or `remove` has returned a power cut changes nothing
about it. The limit and the hash are the store's business.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.identifiers import Sha256Hex

CHUNK_BYTES: Final = 256 * 1024
#: Drafts lie beside the evidence, so that a rename is enough; no digest begins like this.
DRAFTS: Final = "drafts"
#: No upload takes so long. A draft nobody has written to since was left by a crash.
DRAFT_SECONDS_MAX: Final = 3600


class Folder:
    """A shelf on a disk of this machine, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def draft(self) -> Iterator[IO[bytes]]:
        drafts = self._folder / DRAFTS
        drafts.mkdir(parents=True, exist_ok=True)
        _sweep(drafts)
        with NamedTemporaryFile(dir=drafts, delete=False) as file:
            try:
                yield file
            finally:
                # Gone already where it was kept: then it has another name.
                Path(file.name).unlink(missing_ok=True)

    def keep(self, digest: Sha256Hex, draft: IO[bytes]) -> None:
        path = self._path(digest)
        path.parent.mkdir(exist_ok=True)
        draft.flush()
        os.fsync(draft.fileno())
        Path(draft.name).replace(path)
        # A name lives in its folder, and a new folder's name in the one above. Also where somebody else has just made them.
        for folder in (path.parent, self._folder, self._folder.parent):
            _sync(folder)

    def chunks(self, digest: Sha256Hex) -> Iterator[bytes]:
        with self._path(digest).open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def remove(self, digest: Sha256Hex) -> None:
        path = self._path(digest)
        path.unlink(missing_ok=True)
        # Also where it was gone: whoever took it may have been cut off before this.
        if path.parent.exists():
            _sync(path.parent)

    def _path(self, digest: Sha256Hex) -> Path:
        return self._folder / str(digest)[:2] / str(digest)


def _sweep(drafts: Path) -> None:
    """Take away what crashes left. It may be a piece of somebody's papers, under a name no erasure would look for."""
    for draft in drafts.iterdir():
        try:
            abandoned = draft.stat().st_mtime < time.time() - DRAFT_SECONDS_MAX
        except FileNotFoundError:
            continue
        if abandoned:
            draft.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
