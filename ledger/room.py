"""Whether the disk below a folder still has room to write.

A log once filled its disk to the last byte, its database broke, and it had to be given up. So nothing is recorded any more while there is
still room: for reading, for tidying up, for the operator. Once there is more again, recording goes on by itself. A PostgreSQL server and a
bucket look after their own disks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import LedgerFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The largest commit needs less in the write-ahead log, and moving that log into the database as much again.
FREE_BYTES_MIN: Final = 64 * 1024 * 1024


class DiskNearlyFull(LedgerFault):
    """Too little room is left on the disk. Nothing was written; the sender may come again when the operator has made some."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much is free, and how much must be; nothing is asked of a disk that is not ours to know."""

    free_bytes: Callable[[], int] | None
    free_bytes_min: int = FREE_BYTES_MIN

    @classmethod
    def under(cls, folder: Path | None) -> Self:
        """The room on the disk of this folder, which may be made later."""
        return cls(None if folder is None else lambda: _free_bytes(folder))

    def check(self) -> None:
        """Raise `DiskNearlyFull` unless enough is free."""
        if self.free_bytes is None or (free := self.free_bytes()) >= self.free_bytes_min:
            return
        message = f"{free} bytes are free on the disk, expected at least {self.free_bytes_min}"
        raise DiskNearlyFull(message)


def _free_bytes(folder: Path) -> int:
    standing = folder.absolute()
    while not standing.exists():
        standing = standing.parent
    disk = os.statvfs(standing)
    return disk.f_bavail * disk.f_frsize
