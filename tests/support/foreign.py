"""Programs that we did not write, asked whether a log of ours is true.

`tools/strangers.py` puts them into `.strangers/`; a test that needs them is marked `foreign("go", "aics-tlog")`, and where they are not it
is named as not run (`needs.py`). Each is a process that takes cases and gives verdicts, one line each:

    with asking("go") as ask:
        verdict = ask(case)               # Verdict(size=…, root=…), or Verdict(refused="why")

A `Case` is all that a stranger has in hand: the key, a checkpoint, where the tiles lie, receipts, and checkpoints kept from earlier.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from ledger.log.strict import write_base64

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / ".strangers"
PYTHON: Final = HOME / "venv" / "bin" / "python"
JUDGE: Final = ROOT / "tests" / "foreign" / "judge.py"
CHECKER: Final = HOME / "bin" / "checker"
LITEWITNESS: Final = HOME / "bin" / "litewitness"

#: What each of them reads: all of it, or notes and proofs alone.
READS_TILES: Final = ("go", "aics-tlog", "tlog-scales")
JUDGES: Final = (*READS_TILES, "metamorphic-log")


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entry, and our proof that the tree has it."""

    position: int
    entry: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Older:
    """A checkpoint kept from earlier, and our proof that the tree continues it."""

    note: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Case:
    """What a stranger has in hand. `log` is a folder, or an address that begins with http://."""

    vkey: str
    log: str
    note: bytes
    receipts: tuple[Receipt, ...] = ()
    older: tuple[Older, ...] = ()

    def to_json(self) -> str:
        """As the judges read it."""
        return json.dumps(
            {
                "vkey": self.vkey,
                "log": self.log,
                "note": write_base64(self.note),
                "receipts": [
                    {
                        "position": one.position,
                        "entry": write_base64(one.entry),
                        "proof": [write_base64(bytes(node)) for node in one.proof],
                    }
                    for one in self.receipts
                ],
                "older": [
                    {
                        "note": write_base64(one.note),
                        "proof": [write_base64(bytes(node)) for node in one.proof],
                    }
                    for one in self.older
                ],
            }
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The tree that was found true, or why it was not."""

    size: int = 0
    root: str = ""
    refused: str = ""


def is_there(program: str) -> bool:
    """Whether `tools/strangers.py` could get it."""
    built = {"go": CHECKER, "litewitness": LITEWITNESS}.get(program)
    if built is not None:
        return os.access(built, os.X_OK)
    folder = program.replace("-", "_")
    return PYTHON.exists() and any(HOME.glob(f"venv/lib/python3*/site-packages/{folder}/__init__.py"))


def script(name: str) -> Path:
    """A command that one of the packages brings, `aics-witness` for one."""
    return PYTHON.parent / name


@contextmanager
def asking(program: str) -> Iterator[Callable[[Case], Verdict]]:
    """One of the judges, for as many cases as it is asked about."""
    command = [str(CHECKER)] if program == "go" else [str(PYTHON), "-I", str(JUDGE), program]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers, path = process.stdin, process.stdout, Path(folder) / "case.json"

        def ask(case: Case) -> Verdict:
            path.write_text(case.to_json(), encoding="utf-8")
            asked.write(f"{path}\n")
            asked.flush()
            return Verdict(**json.loads(answers.readline()))

        yield ask
        asked.close()
        process.wait(timeout=10)
