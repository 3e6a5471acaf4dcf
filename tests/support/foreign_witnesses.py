"""Witnesses that we did not write, each run on a port of this machine: `aics-witness` (Python) and torchwood's litewitness (Go)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from ledger.log.note import NoteVerifier
from ledger.log.policy import Policy
from tests.browser.serving import HOST, free_port
from tests.support.foreign import LITEWITNESS, script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ledger.service import Ledger

START_SECONDS_MAX: Final = 60.0
NAME: Final = "witness.example/w1"
#: RFC 6962 2.1: the root of no entry, where a witness begins that has seen nothing of a log.
_NOTHING: Final = base64.b64encode(hashlib.sha256(b"").digest()).decode()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A running witness, its key, and where it keeps what is its own."""

    folder: Path
    vkey: NoteVerifier
    url: str

    @property
    def policy(self) -> Policy:
        """It, and nobody else."""
        return Policy.parse(f"witness w1 {self.vkey} {self.url}\nquorum w1\n".encode())


def aics(folder: Path, *words: str) -> str:
    """What a command of aics-witness prints."""
    command: list[Path | str] = [script("aics-witness"), words[0], "--config", folder / "witness.json"]
    return _said([*command, *words[1:]])


@contextmanager
def aics_witness(folder: Path, *, knows: Ledger | None) -> Iterator[Foreign]:
    """aics-witness, told of a log or of none."""
    folder.mkdir()
    listen = f"{HOST}:{free_port()}"
    vkey = aics(folder, "init", "--name", NAME, "--listen", listen).strip()
    if knows is not None:
        aics(folder, "add-log", "--origin", knows.origin, "--vkey", str(knows.vkey))
    command: list[Path | str] = [script("aics-witness"), "serve", "--config", folder / "witness.json"]
    with _running(command, folder / "log", listen):
        yield Foreign(folder, NoteVerifier.parse(vkey), f"http://{listen}/")


@contextmanager
def litewitness(folder: Path, *, knows: Ledger | None) -> Iterator[Foreign]:
    """litewitness, told of a log or of none. An agent of OpenSSH holds its key, as its handbook asks."""
    folder.mkdir()
    listen, database = f"{HOST}:{free_port()}", folder / "witness.db"
    with TemporaryDirectory() as short:  # The name of a socket has 107 bytes at most.
        agent, key = Path(short) / "agent", folder / "key"
        _said(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key])
        fingerprint = _said(["ssh-keygen", "-l", "-E", "sha256", "-f", key]).split()[1]
        with _running(["ssh-agent", "-D", "-a", agent], folder / "agent.log", agent):
            _said(["ssh-add", "-q", key], SSH_AUTH_SOCK=str(agent))
            told: list[Path | str] = ["-db", database, "-ssh-agent", agent, "-listen", listen]
            log = folder / "log"
            with _running([LITEWITNESS, *told, "-name", NAME, "-key", fingerprint], log, listen):
                if knows is not None:
                    # What its own `witnessctl` writes, which needs a library that cannot be had everywhere.
                    with closing(sqlite3.connect(database, isolation_level=None)) as rows:
                        rows.execute("INSERT INTO log VALUES (?, 0, ?)", (knows.origin, _NOTHING))
                        rows.execute("INSERT INTO key VALUES (?, ?)", (knows.origin, str(knows.vkey)))
                vkey = re.search(r"vkey=(\S+)", log.read_text())
                assert vkey is not None
                yield Foreign(folder, NoteVerifier.parse(vkey[1]), f"http://{listen}/")


#: How each of them is started.
WITNESSES: Final[Mapping[str, Callable[..., AbstractContextManager[Foreign]]]] = {
    "aics-witness": aics_witness,
    "litewitness": litewitness,
}


def _said(command: Sequence[Path | str], **environment: str) -> str:
    around = {**os.environ, **environment}
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=around).stdout


@contextmanager
def _running(command: Sequence[Path | str], log: Path, listens: str | Path) -> Iterator[None]:
    """A program, from when it listens on an address of this machine or on a socket in the file system."""
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
        try:
            until, waiting = time.monotonic() + START_SECONDS_MAX, threading.Event()
            while not _listens(listens):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < until, f"{command[0]} does not answer"
                waiting.wait(0.1)
            yield
        finally:
            process.terminate()
            process.wait(20)


def _listens(at: str | Path) -> bool:
    if isinstance(at, Path):
        with socket.socket(socket.AF_UNIX) as one:
            return one.connect_ex(str(at)) == 0
    host, _, port = at.partition(":")
    with socket.socket() as one:
        return one.connect_ex((host, int(port))) == 0
