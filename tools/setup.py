"""Builds the environment that everything else runs in, from nothing but a Python.

`.uv/` gets the installer (uv, pinned by hash); `.venv/` gets what `requirements-dev.lock` says, to the last
hash, and the program itself, installed so that a change of its source counts at once. Last the script of the scan
page is built (`scan_page.py`). The Makefile starts it where the environment is missing or older than what it is made of.

It works with an empty environment and behind a company's certificate authority, and takes packages from where
this machine's pip is set up to take them.
"""

from __future__ import annotations

import ast
import filecmp
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_HOME = ROOT / ".uv"
UV = UV_HOME / "bin" / "uv"
UV_PIP = UV_HOME / "bin" / "pip"
UV_LOCK = ROOT / "requirements-uv.lock"
LOCK = ROOT / "requirements-dev.lock"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
SCAN_PAGE = ROOT / "tools" / "scan_page.py"

PYTHON_MIN = (3, 11)

#: Where Debian and Alpine, Fedora, and SUSE keep the certificate authorities that the machine trusts.
AUTHORITIES = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
)


def main() -> None:
    """Sets up what is missing, and stops with one sentence where it cannot."""
    if sys.version_info < PYTHON_MIN:
        came = ".".join(str(part) for part in sys.version_info[:2])
        sys.exit(
            f"{sys.executable} is Python {came}, expected 3.11 or newer: `make PYTHON=python3.13` picks one"
        )
    try:
        install_uv()
        install_packages()
        build_scan_page()
    except subprocess.CalledProcessError as error:
        sys.exit(f"setting up failed at: {' '.join(str(word) for word in error.cmd)}")


def install_uv() -> None:
    """The installer, unless the pinned one is there already."""
    kept = UV_HOME / UV_LOCK.name
    if UV.exists() and kept.exists() and filecmp.cmp(kept, UV_LOCK, shallow=False):
        return
    # Debian and Ubuntu keep it in a package of its own.
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"{sys.executable} cannot make an environment: `apt-get install python3-venv` gives it ensurepip"
        )
    say("1/4 the installer, into .uv/")
    run(sys.executable, "-m", "venv", "--clear", UV_HOME)
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    pinned = ("--require-hashes", "--only-binary", ":all:", "-r", UV_LOCK)
    run(UV_PIP, "install", *quiet, *pinned, env=pip_environment(pip_settings()))
    # Copied last: where it stands, the installer beside it is whole.
    shutil.copyfile(UV_LOCK, kept)


def install_packages() -> None:
    """The packages of the lock file and no others, then the program itself."""
    env = uv_environment(pip_settings())
    if not runs(VENV_PYTHON):
        run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, VENV, env=env)
    say("2/4 the packages, into .venv/")
    run(UV, "pip", "sync", "--require-hashes", "--python", VENV_PYTHON, LOCK, env=env)
    say("3/4 suyuan itself")
    # What builds it is in the lock file too, so this asks nobody.
    alone = ("--quiet", "--offline", "--no-deps", "--no-build-isolation")
    run(UV, "pip", "install", *alone, "--python", VENV_PYTHON, "--editable", ROOT, env=env)


def build_scan_page() -> None:
    """The script that scans with a camera; where it cannot be built, that is said, and the pages do without."""
    say("4/4 the scan page, into api/static/scan/")
    run(VENV_PYTHON, SCAN_PAGE)


def pip_settings() -> dict[str, str]:
    """How pip is set up here, by the last word of a setting's name; the environment goes before the files."""
    listed = subprocess.run([UV_PIP, "config", "list"], check=True, capture_output=True, text=True).stdout
    settings: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        settings.setdefault(name.rpartition(".")[2], str(ast.literal_eval(value)))
    return settings


def pip_environment(settings: dict[str, str]) -> dict[str, str]:
    """A pip before 24.2 trusts the authorities it brought along, unless told of the machine's own."""
    known = next((path for path in AUTHORITIES if path.exists()), None)
    told = "cert" in settings or any(name in os.environ for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return {} if told or known is None else {"PIP_CERT": str(known)}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Whoever set up a mirror for pip meant it for uv too, which does not read pip's settings."""
    if "index-url" not in settings or "UV_DEFAULT_INDEX" in os.environ:
        return {}
    return {"UV_DEFAULT_INDEX": settings["index-url"]}


def runs(python: Path) -> bool:
    """Whether there is an environment that starts and has this Python's version."""
    if not python.exists():
        return False
    asked = (python, "-c", "import platform; print(platform.python_version())")
    answer = subprocess.run(asked, check=False, capture_output=True, text=True)
    return answer.stdout.strip() == platform.python_version()


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """One step, in the repository, with its words on the terminal."""
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **(env or {})})


def say(words: str) -> None:
    """Tells how far we are."""
    print(f"set-up {words}", flush=True)


if __name__ == "__main__":
    main()
