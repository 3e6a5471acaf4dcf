"""Readings of codes in files beside the database: one Parquet file for each batch, named by its SHA-256.

The digest is an entry of the log (`scan_batch.v1`); the file is removed when its time has run out, and then the digest says only that there was
one. Rows are sorted by code, so that whoever asks about a few codes reads a few pages of a file. What does not digest to its name is not read.
"""

from __future__ import annotations

import time
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.errors import LedgerFault, Refusal
from ledger.evidence.folder import Folder
from ledger.findings.scans import READERS, Reading
from ledger.identifiers import RegionCode, Sha256Hex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from ledger.findings.scans import Reader

#: The columns of a file; what is not said is empty.
COLUMNS: Final = ("code", "at_ms", "reader", "region", "device")
#: Rows that are read together at the least.
GROUP_ROWS: Final = 8_192
#: A file that no row or entry speaks of so long after it was written was left by a crash.
ORPHAN_SECONDS: Final = 3_600
#: Sorts behind everything that begins with the same text.
_LAST: Final = "\U0010ffff"


class ScanFileWrong(LedgerFault):
    """A file of readings is there, and is not the one that the log speaks of."""

    def __init__(self, digest: Sha256Hex, came: str) -> None:
        self.digest, self.came = digest, came
        super().__init__(f"scan file {digest}: its bytes have the SHA-256 {came}")


class Noted(NamedTuple):
    """One reading as it is written down; without a place, `region` is empty."""

    code: str
    at_ms: int
    reader: str
    region: str
    device: str


class ScanFiles:
    """The files of one log, in a folder of this server."""

    def __init__(self, folder: Path) -> None:
        self._path = folder
        self._folder = Folder(folder)

    def write(self, readings: Iterable[Noted]) -> Sha256Hex:
        """Write a file, durably. The same readings give the same bytes."""
        content = _parquet(sorted(readings))
        digest = Sha256Hex.parse(sha256(content).hexdigest())
        with self._folder.draft() as draft:
            draft.write(content)
            self._folder.keep(digest, draft)
        return digest

    def has(self, digest: Sha256Hex) -> bool:
        """Whether the file is there."""
        try:
            next(self._folder.chunks(digest), b"")
        except FileNotFoundError:
            return False
        return True

    def check(self, digest: Sha256Hex) -> bool:
        """Whether the file is there; one that is there and is another raises `ScanFileWrong`."""
        return self._bytes(digest) is not None

    def codes(self, digest: Sha256Hex) -> set[str]:
        """The codes that a file holds readings of; none where it is not there."""
        content = self._bytes(digest)
        return set() if content is None else {str(one) for one in _columns(content, ("code",), None)["code"]}

    def readings(
        self,
        digest: Sha256Hex,
        *,
        batch: int,
        codes: Collection[str] | None = None,
        lots: Collection[str] = (),
    ) -> Iterator[Reading]:
        """The readings in a file, of these codes and of those that begin with one of `lots`; of all codes, where none are named."""
        content = self._bytes(digest)
        if content is None:
            return
        wanted: list[list[tuple[str, str, object]]] | None = None
        if codes is not None:
            wanted = [[("code", "in", sorted(codes))]] if codes else []
            wanted += [[("code", ">=", lot), ("code", "<", lot + _LAST)] for lot in sorted(lots)]
            if not wanted:
                return
        columns = _columns(content, COLUMNS, wanted)
        for row in zip(*(columns[name] for name in COLUMNS), strict=True):
            code, at_ms, reader, region, device = row
            yield Reading(str(code), _whole(at_ms), _reader(reader), _region(region), str(device), batch)

    def remove(self, digest: Sha256Hex) -> None:
        """Remove a file whose time has run out, or that was never spoken of."""
        self._folder.remove(digest)

    def sweep(self, named: Collection[str]) -> None:
        """Remove files that nobody speaks of: left by a crash before any row was marked. A young one may be another process's own."""
        for path in self._path.glob("[0-9a-f][0-9a-f]/*"):
            if path.name not in named and path.stat().st_mtime < time.time() - ORPHAN_SECONDS:
                self.remove(Sha256Hex.parse(path.name))

    def _bytes(self, digest: Sha256Hex) -> bytes | None:
        try:
            content = b"".join(self._folder.chunks(digest))
        except FileNotFoundError:
            return None
        came = sha256(content).hexdigest()
        if came != str(digest):
            raise ScanFileWrong(digest, came)
        return content


def _parquet(readings: list[Noted]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  (large: only who writes a batch loads it)
    from pyarrow import parquet  # noqa: PLC0415

    types = {"at_ms": pa.int64()}
    columns = dict(zip(COLUMNS, map(list, zip(*readings, strict=True)), strict=True))
    table = pa.Table.from_pydict(
        columns, schema=pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    )
    stream = pa.BufferOutputStream()
    parquet.write_table(table, stream, row_group_size=GROUP_ROWS, compression="zstd", version="2.6")
    return stream.getvalue().to_pybytes()


def _columns(
    content: bytes, names: Collection[str], wanted: list[list[tuple[str, str, object]]] | None
) -> dict[str, list[object]]:
    import pyarrow as pa  # noqa: PLC0415  (large: only who reads a batch loads it)
    from pyarrow import parquet  # noqa: PLC0415

    table = parquet.read_table(pa.BufferReader(content), columns=list(names), filters=wanted)
    return table.to_pydict()


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _reader(value: object) -> Reader:
    for one in READERS:
        if value == one:
            return one
    return "consumer"


def _region(value: object) -> RegionCode | None:
    try:
        return RegionCode.parse(str(value)) if value else None
    except Refusal:
        return None


def by_code(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """The readings of each code."""
    found: dict[str, list[Reading]] = defaultdict(list)
    for one in readings:
        found[one.code].append(one)
    return dict(found)
