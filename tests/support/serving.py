"""A server of its own process, as an operator runs it, for tests that wear it down: `suyuan serve` on a port of this machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.keys import Vault
from ledger.service import Ledger
from tests.browser.serving import HOST, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS_MAX = 90.0
STOP_SECONDS_MAX = 20.0
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """One running server."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def resident_bytes(self) -> int:
        """The memory of the server: of the process that was started, and of the one that it has serve."""
        return sum(_resident(pid) for pid in [self.process.pid, *children(self.process.pid)])

    @property
    def cpu_seconds(self) -> float:
        """Time of a processor that the server has taken, that of its children which have ended with it."""
        ticks = 0
        for pid in [self.process.pid, *children(self.process.pid)]:
            # After the name, which may hold blanks: the 14th to 17th field are the times, its own and its children's.
            fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
            ticks += sum(int(one) for one in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")

    @property
    def callers(self) -> set[int]:
        """The ports of those who call: one for each connection that the server still holds."""
        found = set[int]()
        for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
            _, ours, theirs, *rest = line.split()
            # A connection that no process holds any more has no inode.
            if int(ours.partition(":")[2], 16) == self.port and rest[6] != "0":
                found.add(int(theirs.partition(":")[2], 16))
        return found


def environment_of(folder: Path, *, port: int, **settings: str) -> dict[str, str]:
    """What a server over the ledger in this folder is told; `settings` are SUYUAN_… variables."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SUYUAN_")},
        "SUYUAN_DATA": str(folder / "data"),
        "SUYUAN_KEY_FILE": str(folder / "keys" / "ledger.key"),
        "SUYUAN_BASE_URL": f"http://{HOST}:{port}",
        "SUYUAN_PORT": str(port),
        "SUYUAN_HOST": HOST,
        **{f"SUYUAN_{name.upper()}": value for name, value in settings.items()},
    }


@contextmanager
def served(folder: Path, *, begin: list[str] | None = None, **settings: str) -> Iterator[Served]:
    """A server over the ledger in this folder. `begin` is put before its command line; `settings` are SUYUAN_… variables."""
    port = free_port()
    environment = environment_of(folder, port=port, **settings)
    log = folder / f"server-{port}.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [*(begin or [sys.executable, "-m", "api.cli"]), "serve"],
            env=environment,
            stdout=out,
            stderr=out,
            cwd=Path(__file__).resolve().parents[2],
        ) as process,
    ):
        try:
            _wait_for(port, process, log)
            yield Served(port=port, process=process, log=log)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def founded(folder: Path) -> Iterator[Ledger]:
    """A new ledger in the place where `served` looks for it, on the machine's clock. Close it before it is served."""
    (folder / "data").mkdir(parents=True)
    with Ledger.create(
        f"sqlite:///{folder / 'data' / 'suyuan.db'}",
        host="suyuan.example",
        registrar_name="登记处（演示）",
        vault=Vault.create_file(folder / "keys" / "ledger.key"),
        evidence=folder / "data" / "evidence",
    ) as ledger:
        yield ledger


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until, waiting = time.monotonic() + START_SECONDS_MAX, threading.Event()
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        with socket.socket() as one:
            if one.connect_ex((HOST, port)) == 0:
                return
        waiting.wait(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8', 'replace')[-2_000:]}")


def children(pid: int) -> list[int]:
    """The processes that this one started, and theirs."""
    found = list[int]()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text("ascii").split()):
            found += [child, *children(child)]
    return found


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
