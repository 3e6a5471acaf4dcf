"""A disk that remembers what it was asked, or refuses it: `tests/faults/disk.c` before an appender, and what a power cut may leave of it.

`Disk(folder)` compiles the library; its nursery's appenders write down each change of the database's files (`record`) or see calls fail
(`refuse`). `PowerCuts` plays a record back and gives the files as they may stand after a power cut at any place in it:

    what was synced is there; of what was written since, any 512-byte sectors, each or none;
    files appear, vanish and change their names in order, and surely so only once their folder was synced.
"""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.support.appender import Heard, Nursery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from tests.support.stores import Store

SOURCE: Final = Path(__file__).resolve().parents[1] / "faults" / "disk.c"
RECORD: Final = struct.Struct("<cxHIQ")
#: What a disk writes whole or not at all.
SECTOR: Final = 512
#: Where files may lie without a disk below them: thousands of crash states are made and thrown away.
MEMORY: Final = Path("/dev/shm")  # noqa: S108  (only to hold a folder with a name of its own)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that changed something, made it durable or failed by order; or an acknowledgement."""

    kind: str
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Failing:
    """From `ready` on, the first such call (write, sync, truncate, open) and then every so many-th fails; with error 0 it only looks done."""

    call: str
    first: int
    #: 0: no other after the first.
    every: int
    error: int

    def __str__(self) -> str:
        return f"fail {self.call} {self.first} {self.every} {self.error}"


class Disk:
    """Stands before the database files of appenders."""

    def __init__(self, folder: Path) -> None:
        library = folder / "disk.so"
        command = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(library)]
        subprocess.run([*command, str(SOURCE), "-ldl", "-lpthread"], check=True)
        self._orders, self._book = folder / "orders", folder / "book"
        self.nursery = Nursery(["env", f"LD_PRELOAD={library}", f"SUYUAN_DISK={self._orders}"])

    def record(self, store: Store) -> None:
        """Write down what the next appender does to this store's database."""
        self._book.unlink(missing_ok=True)
        self._order(store, f"log {self._book}")

    def refuse(self, store: Store, *failures: Failing) -> None:
        """Let calls of the next appender fail, and write down what it does and what failed."""
        self._book.unlink(missing_ok=True)
        self._order(store, f"log {self._book}", *map(str, failures))

    def recorded(self) -> list[Call]:
        """What the last appender did."""
        raw, at, calls = self._book.read_bytes(), 0, []
        while at < len(raw):
            kind, name_size, data_size, offset = RECORD.unpack_from(raw, at)
            name = raw[at + RECORD.size : at + RECORD.size + name_size]
            at += RECORD.size + name_size + data_size
            calls.append(Call(kind.decode(), name.decode(), offset, raw[at - data_size : at]))
        return calls

    def close(self) -> None:
        """No more appenders."""
        self.nursery.close()

    def _order(self, store: Store, *lines: str) -> None:
        self._orders.write_text("\n".join([f"watch {store.folder}/suyuan.db", *lines, ""]), encoding="utf-8")


@dataclass(slots=True)
class File:
    """What is surely on the disk of a file, and the writes (`offset`, `data`) and cuts (`size`, None) since."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """All of it is on the disk."""
        for offset, data in self.pending:
            _change(self.synced, offset, data)
        self.pending.clear()

    def left(self, random: Random, share: float) -> bytes:
        """What a power cut may leave: each unsynced sector and each cut with this probability."""
        left = bytearray(self.synced)
        for offset, data in self.pending:
            if data is None:
                if random.random() < share:
                    _change(left, offset, None)
                continue
            start = offset
            while start < offset + len(data):
                stop = min((start // SECTOR + 1) * SECTOR, offset + len(data))
                if random.random() < share:
                    _change(left, start, data[start - offset : stop - offset])
                start = stop
        return bytes(left)


def _change(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


@dataclass(frozen=True, slots=True)
class PowerCut:
    """The files as a power cut left them, and what had been acknowledged by then."""

    #: After how many calls.
    after: int
    files: dict[str, bytes]
    acks: tuple[Heard, ...]

    def write(self, folder: Path) -> None:
        """Put the files there and no others of the database."""
        for old in folder.glob("suyuan.db*"):
            old.unlink()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


class PowerCuts:
    """Plays a record back, from the files that were on the disk before it."""

    def __init__(self, before: dict[str, bytes], calls: Sequence[Call]) -> None:
        self._calls = calls
        self._files = {name: File(bytearray(content)) for name, content in before.items()}
        #: The folder as it surely is on the disk, and as it was after each change since.
        self._folders: list[dict[str, File]] = [dict(self._files)]
        self._acks: list[Heard] = []

    def at(self, places: Sequence[int], random: Random) -> Iterator[PowerCut]:
        """A power cut after so many calls, for each of these numbers, which ascend."""
        done = 0
        for place in places:
            for call in self._calls[done:place]:
                self._play(call)
            done = place
            # All that was asked reached the disk (as after a kill), or only what was synced, or some of it.
            share = random.choice((0.0, 1.0, random.random(), random.random()))
            last = len(self._folders) - 1
            folder = self._folders[{0.0: 0, 1.0: last}.get(share, random.randint(0, last))]
            files = {name: file.left(random, share) for name, file in folder.items()}
            yield PowerCut(place, files, tuple(self._acks))

    def _play(self, call: Call) -> None:
        name = Path(call.name).name
        match call.kind:
            case "a":
                self._acks.append(Heard.parse(call.data.decode()))
            case "w":
                self._files[name].pending.append((call.offset, call.data))
            case "t":
                self._files[name].pending.append((call.offset, None))
            case "s" if name in self._files:
                self._files[name].sync()
            case "s":
                self._folders = [dict(self._files)]
            case "f":
                pass
            case _:
                self._change_folder(call, name)

    def _change_folder(self, call: Call, name: str) -> None:
        if call.kind == "c":
            self._files[name] = File()
        elif call.kind == "u":
            del self._files[name]
        else:
            assert call.kind == "r"
            self._files[Path(call.data.decode()).name] = self._files.pop(name)
        self._folders.append(dict(self._files))


def database_files(folder: Path) -> dict[str, bytes]:
    """The files of the database that a crash does not make anew."""
    return {
        path.name: path.read_bytes() for path in folder.glob("suyuan.db*") if not path.name.endswith("-shm")
    }


def acknowledged(calls: Sequence[Call]) -> list[Heard]:
    """What a record says was acknowledged."""
    return [Heard.parse(call.data.decode()) for call in calls if call.kind == "a"]
