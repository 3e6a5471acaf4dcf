"""Where a copy of the log lies: a folder, or a bucket of S3 or of what speaks like it. What lies there, and whether it is true, is not known here.

    keep       for what never changes: the same bytes again are fine, others are refused, nothing is ever rewritten
    replace    for the few files that say how far the copy has come, and for what an erasure took something away from
    settle     after it, all that was kept so far is on the disk: whoever replaces the checkpoint calls it first

Each object in a bucket carries the headers that the log's own server gives it, so that a bucket can stand behind a name and be read as the log.
"""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final, Protocol, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from ledger.errors import LedgerFault, TooLarge, Words
from ledger.evidence.bucket import RETRIES_MAX, RETRY_TIME_MAX, SCHEME, BucketAway, check_address
from ledger.log.serving import headers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What is written goes here first, in the folder itself: a file under its own name is whole.
_PART: Final = ".part-"
#: What a bucket is given stays in memory up to here.
_SPOOLED_BYTES: Final = 8 * 1024 * 1024


class KeptOtherwise(LedgerFault):
    """Something else lies where a file that never changes should be: this is no copy of this log, or somebody changed it."""


class Reads(Protocol):
    """A place that is read: a folder, a bucket, a server."""

    @property
    def shown(self) -> str:
        """How it is called to people."""

    def read(self, path: str, *, bytes_max: int) -> bytes | None:
        """What lies there; None where nothing does. More than `bytes_max` is refused."""

    def lines(self, path: str, *, bytes_max: int) -> Iterator[bytes] | None:
        """The same line by line, without their newlines; `bytes_max` for one of them. A last line without newline is none."""

    def names(self, path: str) -> list[str]:
        """What lies right below a path; nothing where that cannot be told."""

    @property
    def near(self) -> bool:
        """Whether looking costs next to nothing."""


class Keeps(Reads, Protocol):
    """A place where a copy is made."""

    def begin(self) -> None:
        """Make it ready, if need be."""

    def has(self, path: str) -> bool:
        """Whether something lies there."""

    def keep(self, path: str, content: bytes) -> None:
        """Put what never changes."""

    def replace(self, path: str, content: Iterable[bytes]) -> None:
        """Put something in the place of what may lie there."""

    def remove(self, path: str) -> None:
        """Take away what may lie there."""

    def settle(self) -> None:
        """Come back when all of it would outlast a power cut."""


def place_at(address: str) -> Keeps:
    """The folder or bucket of an address; nothing is read yet. A bucket's address that is none raises `ValueError`."""
    return BucketPlace.at(address) if address.startswith(SCHEME) else Folder(Path(address))


class Folder:
    """A folder."""

    near: Final = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made: set[Path] = set()
        self._touched: set[Path] = set()

    @property
    def shown(self) -> str:
        return str(self._path)

    def begin(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        for left in self._path.glob(f"{_PART}*"):
            left.unlink(missing_ok=True)

    def has(self, path: str) -> bool:
        return (self._path / path).is_file()

    def read(self, path: str, *, bytes_max: int) -> bytes | None:
        with self._opened(path) as file:
            if file is None:
                return None
            content = file.read(bytes_max + 1)
        return _within(path, content, bytes_max)

    def lines(self, path: str, *, bytes_max: int) -> Iterator[bytes] | None:
        return self._lines(path, bytes_max) if self.has(path) else None

    def _lines(self, path: str, bytes_max: int) -> Iterator[bytes]:
        with (self._path / path).open("rb") as file:
            yield from split_lines(iter(lambda: file.read(65_536), b""), path=path, bytes_max=bytes_max)

    def names(self, path: str) -> list[str]:
        try:
            return sorted(one.name for one in (self._path / path).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []

    def keep(self, path: str, content: bytes) -> None:
        if not _lies_there(self, path, content):
            self._put(path, [content])

    def replace(self, path: str, content: Iterable[bytes]) -> None:
        self._put(path, content)

    def remove(self, path: str) -> None:
        file = self._path / path
        file.unlink(missing_ok=True)
        if file.parent.is_dir():
            self._touched.add(file.parent)
            if file.parent.name.endswith(".p") and not any(file.parent.iterdir()):
                file.parent.rmdir()
                self._touched.discard(file.parent)
                self._touched.add(file.parent.parent)

    def settle(self) -> None:
        # A new name outlasts a power cut only when its folder, and the folder of that folder, have been synced.
        for folder in sorted(self._touched):
            _sync(folder)
        self._touched.clear()

    def _put(self, path: str, content: Iterable[bytes]) -> None:
        target = self._path / path
        self._make(target.parent)
        part = self._path / f"{_PART}{secrets.token_hex(8)}"
        try:
            with part.open("xb") as file:
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        self._touched.add(target.parent)

    def _make(self, folder: Path) -> None:
        if folder in self._made:
            return
        if folder != self._path:
            self._make(folder.parent)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            self._touched.add(folder.parent)
        self._made.add(folder)

    @contextmanager
    def _opened(self, path: str) -> Iterator[IO[bytes] | None]:
        try:
            file = (self._path / path).open("rb")
        except (FileNotFoundError, NotADirectoryError):
            yield None
            return
        with file:
            yield file


class BucketPlace:
    """A place in a bucket. Each object is on disks when the request is answered: there is nothing to settle."""

    near: Final = False

    def __init__(self, store: S3Store, *, shown: str) -> None:
        self._store = store
        self.shown = shown

    @classmethod
    def at(cls, address: str) -> Self:
        """The bucket of an address, with the credentials of the environment. Nothing is sent yet."""
        bucket, _, prefix = check_address(address).removeprefix(SCHEME).partition("/")
        store = S3Store(
            bucket,
            prefix=prefix.strip("/") or None,
            # No client options: they would take the place of the environment's. Each request may take 30 s (obstore's own limit).
            retry_config={"max_retries": RETRIES_MAX, "retry_timeout": RETRY_TIME_MAX},
        )
        return cls(store, shown=address)

    def begin(self) -> None:
        """A bucket is there or not: the first request says so."""

    def has(self, path: str) -> bool:
        with self._answered(path):
            try:
                obstore.head(self._store, path)
            except FileNotFoundError:
                return False
        return True

    def read(self, path: str, *, bytes_max: int) -> bytes | None:
        chunks = self._chunks(path)
        if chunks is None:
            return None
        content = bytearray()
        for chunk in chunks:
            content += chunk
            if len(content) > bytes_max:
                break
        return _within(path, bytes(content), bytes_max)

    def lines(self, path: str, *, bytes_max: int) -> Iterator[bytes] | None:
        chunks = self._chunks(path)
        return None if chunks is None else split_lines(chunks, path=path, bytes_max=bytes_max)

    def _chunks(self, path: str) -> Iterator[bytes] | None:
        with self._answered(path):
            try:
                answer = obstore.get(self._store, path)
            except FileNotFoundError:
                return None
        return self._streamed(answer, path)

    def _streamed(self, answer: obstore.GetResult, path: str) -> Iterator[bytes]:
        with self._answered(path):
            for chunk in answer:
                yield bytes(chunk)

    def names(self, path: str) -> list[str]:
        with self._answered(path):
            found = obstore.list_with_delimiter(self._store, f"{path}/")
        return sorted(one["path"].rpartition("/")[2] for one in found["objects"])

    def keep(self, path: str, content: bytes) -> None:
        if not _lies_there(self, path, content):
            self._put(path, [content])

    def replace(self, path: str, content: Iterable[bytes]) -> None:
        self._put(path, content)

    def remove(self, path: str) -> None:
        with self._answered(path):
            obstore.delete(self._store, path)

    def settle(self) -> None:
        """See the class."""

    def _put(self, path: str, content: Iterable[bytes]) -> None:
        kind, cache = headers_of(path)
        with SpooledTemporaryFile(_SPOOLED_BYTES) as file, self._answered(path):
            file.writelines(content)
            file.seek(0)
            # In one request: an upload in parts that breaks off leaves parts behind.
            obstore.put(
                self._store,
                path,
                file.read(),
                attributes={"Content-Type": kind, "Cache-Control": cache},
                use_multipart=False,
            )

    @contextmanager
    def _answered(self, path: str) -> Iterator[None]:
        try:
            yield
        except BaseError as wrong:
            why = str(wrong).partition("Debug source")[0]
            raise BucketAway(f"{self.shown}, {path}: {type(wrong).__name__}: {why}") from wrong


def split_lines(chunks: Iterable[bytes], *, path: str, bytes_max: int) -> Iterator[bytes]:
    """Lines out of pieces of any length. What stands behind the last newline is refused: the file was cut."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield _within(path, line, bytes_max)
        _within(path, rest, bytes_max)
    if rest:
        expected = Words(zh="以换行结尾", en="a newline at the end")
        raise Cut(field=path, came=f"…{rest[-20:]!r}", expected=expected)


class Cut(TooLarge):
    """A file ends within a line."""

    title = Words(zh="文件不完整", en="cut off")


def _within(path: str, content: bytes, bytes_max: int) -> bytes:
    if len(content) > bytes_max:
        expected = Words(zh=f"至多 {bytes_max} 字节", en=f"at most {bytes_max} bytes")
        raise TooLarge(field=path, came=f"> {bytes_max} B", expected=expected)
    return content


def _lies_there(place: Keeps, path: str, content: bytes) -> bool:
    """Whether these very bytes lie there; others raise `KeptOtherwise`."""
    try:
        before = place.read(path, bytes_max=len(content))
    except TooLarge:
        before = b"more"
    if before not in {None, content}:
        raise KeptOtherwise(
            f"{place.shown}, {path}: other bytes lie there than this log has. It is no copy of this log, or was changed; nothing was overwritten"
        )
    return before is not None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
