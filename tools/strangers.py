"""Gets the programs of other people that check our log in tests, into `.strangers/`, apart from everything that we run.

Four packages for Python, pinned with hashes in `requirements-strangers.lock`, in an environment of their own; a small checker in Go
(`tests/foreign/checker.go`) over the library that most public logs are built on: from Debian's golang-golang-x-mod-dev where that is
installed, else as a module, pinned by `tests/foreign/go.sum`; and torchwood's litewitness, a module pinned by `tests/foreign/witness/go.sum`,
which wants a Go of 1.24 or newer.

What cannot be had here is named; the tests that need it are then named as not run.
"""

from __future__ import annotations

import filecmp
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools.setup import pip_environment

ROOT: Final = Path(__file__).resolve().parent.parent
HOME: Final = ROOT / ".strangers"
LOCK: Final = ROOT / "requirements-strangers.lock"
VENV: Final = HOME / "venv"
CHECKER: Final = HOME / "bin" / "checker"
WITNESS: Final = HOME / "bin" / "litewitness"
SOURCES: Final = ROOT / "tests" / "foreign"

#: Where Debian's packages of Go libraries lie.
DEBIAN_GO: Final = Path("/usr/share/gocode")
GO_SECONDS_MAX: Final = 300


def main() -> None:
    """Get what can be had, and say what cannot."""
    HOME.mkdir(exist_ok=True)
    absent = [words for words in (get_packages(), get_checker(), get_witness()) if words]
    for words in absent:
        print(f"not here: {words}", flush=True)
    if not absent:
        print(
            "strangers: aics-tlog, aics-witness, metamorphic-log, tlog-scales, Go's x/mod, litewitness",
            flush=True,
        )


def get_packages() -> str | None:
    """The packages for Python; why not, where they cannot be had."""
    kept = HOME / LOCK.name
    if (VENV / "bin" / "python").exists() and kept.exists() and filecmp.cmp(kept, LOCK, shallow=False):
        return None
    names = "aics-tlog, aics-witness, metamorphic-log, tlog-scales"
    if importlib.util.find_spec("ensurepip") is None:
        return f"{names} ({sys.executable} cannot make an environment: python3-venv is missing)"
    kept.unlink(missing_ok=True)
    # Two of them ask for a newer Python than they need, so pip is told to believe the lock file alone.
    alone = ("--no-deps", "--ignore-requires-python", "--only-binary", ":all:", "--require-hashes")
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        subprocess.run(
            [VENV / "bin" / "pip", "install", *quiet, *alone, "-r", LOCK],
            check=True,
            env={**os.environ, **pip_environment({})},
        )
    except subprocess.CalledProcessError as error:
        # Half an environment would look like a whole one.
        shutil.rmtree(VENV, ignore_errors=True)
        return f"{names} (failed at: {' '.join(map(str, error.cmd[:4]))} …)"
    shutil.copyfile(LOCK, kept)
    return None


def get_checker() -> str | None:
    """The checker in Go; why not, where it cannot be built."""
    name = "the Go checker"
    go = shutil.which("go")
    if go is None:
        return f"{name} (no Go: golang-go and golang-golang-x-mod-dev of Debian are enough)"
    sources = sorted(path for path in SOURCES.iterdir() if path.suffix in {".go", ".mod", ".sum"})
    if CHECKER.exists() and all(path.stat().st_mtime < CHECKER.stat().st_mtime for path in sources):
        return None
    ways = [{"GO111MODULE": "on", "GOFLAGS": "-mod=readonly -buildvcs=false"}]
    if (DEBIAN_GO / "src" / "golang.org" / "x" / "mod" / "sumdb").exists():
        # Debian's needs no network, so it goes first.
        ways.insert(0, {"GO111MODULE": "off", "GOPATH": str(DEBIAN_GO), "GOFLAGS": ""})
    why = ""
    for way in ways:
        why = _built(go, CHECKER, "checker.go", SOURCES, way)
        if not why:
            return None
    return f"{name} ({why})"


def get_witness() -> str | None:
    """The witness in Go; why not, where it cannot be built."""
    name, sources = "litewitness", SOURCES / "witness"
    go = shutil.which("go")
    if go is None:
        return f"{name} (no Go)"
    if WITNESS.exists() and (sources / "go.sum").stat().st_mtime < WITNESS.stat().st_mtime:
        return None
    # `local`: a Go that is too old says so, and fetches no newer one.
    way = {"GO111MODULE": "on", "GOFLAGS": "-mod=readonly -buildvcs=false", "GOTOOLCHAIN": "local"}
    why = _built(go, WITNESS, "tool", sources, way)
    return f"{name} ({why})" if why else None


def _built(go: str, to: Path, what: str, sources: Path, way: dict[str, str]) -> str:
    """Build a program of Go; why not, where it cannot be."""
    to.parent.mkdir(exist_ok=True)
    try:
        built = subprocess.run(
            [go, "build", "-o", to, what],
            check=False,
            cwd=sources,
            env={**os.environ, **way},
            capture_output=True,
            text=True,
            timeout=GO_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return f"not built within {GO_SECONDS_MAX} s"
    return built.stderr.strip().rpartition("\n")[2] if built.returncode else ""


if __name__ == "__main__":
    main()
