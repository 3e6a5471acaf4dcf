"""Key files of those who sign for themselves: an Ed25519 private key as PKCS#8 PEM, for its owner's eyes only, with a passphrase or without.

Beside a key that was enrolled lies `KEYFILE.enrolment.json`: which log, which party, which role. It saves typing and proves nothing.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.commands.console import misuse
from api.commands.opening import read_file
from ledger.keys import Ed25519Signer

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from ledger.errors import Language

#: Where the file lies that holds the passphrase, for programs that sign unattended.
PASSPHRASE_FILE: Final = "SUYUAN_KEY_PASSPHRASE_FILE"  # noqa: S105  (where it is, not what it is)
KEY_BYTES_MAX: Final = 10_000
_PASSPHRASE_BYTES_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What is known of a key since it was enrolled."""

    log: str
    party: str
    role: str
    keyid: str
    vkey: str

    @classmethod
    def beside(cls, key: Path) -> Self | None:
        """The note beside a key file; None where there is none."""
        path = _beside(key)
        if not path.is_file():
            return None
        try:
            body = json.loads(read_file(path, bytes_max=KEY_BYTES_MAX))
            return cls(**{name: str(body[name]) for name in cls.__dataclass_fields__})
        except (ValueError, KeyError, TypeError):
            misuse(
                f"{path} 读不懂，请删掉后用 --party 和 --log",
                f"{path} cannot be read: remove it and give --party and --log",
            )

    def write(self, key: Path) -> Path:
        """Put it beside the key."""
        path = _beside(key)
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path


def _beside(key: Path) -> Path:
    return key.with_name(key.name + ".enrolment.json")


def passphrase_argument(parser: ArgumentParser, language: Language) -> None:
    """Where the passphrase comes from."""
    zh = language == "zh"
    parser.add_argument(
        "--passphrase-file",
        type=Path,
        help=f"口令所在文件（或环境变量 {PASSPHRASE_FILE}）；否则在需要时询问"
        if zh
        else f"file with the passphrase (or {PASSPHRASE_FILE}); else it is asked for where it is needed",
    )


def new_key_file(path: Path, passphrase: bytes | None) -> Ed25519Signer:
    """Draw a key and write it; an existing file is never overwritten."""
    private = Ed25519PrivateKey.generate()
    encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        misuse(f"{path} 已存在，不会覆盖", f"{path} is there already and is not overwritten")
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return Ed25519Signer.from_secret(private.private_bytes_raw())


def open_key_file(path: Path, passphrase_file: Path | None) -> Ed25519Signer:
    """The key in a file that nobody else can read."""
    pem = read_file(path, bytes_max=KEY_BYTES_MAX)
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        misuse(
            f"私钥文件 {path} 的权限是 {mode:o}，应为 600：别人也能读（chmod 600 {path}）",
            f"key file {path} has mode {mode:o}, expected 600: others can read it (chmod 600 {path})",
        )
    passphrase = _passphrase(passphrase_file) if b"ENCRYPTED" in pem else None
    try:
        private = load_pem_private_key(pem, password=passphrase)
    except (ValueError, TypeError):
        misuse(
            f"{path} 打不开：口令不对，或不是私钥文件",
            f"{path} does not open: a wrong passphrase, or no key file",
        )
    if not isinstance(private, Ed25519PrivateKey):
        misuse(f"{path} 里不是 Ed25519 私钥", f"{path} holds no Ed25519 key")
    return Ed25519Signer.from_secret(private.private_bytes_raw())


def wanted_passphrase(passphrase_file: Path | None, *, ask: bool) -> bytes | None:
    """The passphrase for a new key: from a file, or typed twice; None for a key without."""
    if passphrase_file is not None or PASSPHRASE_FILE in os.environ:
        return _passphrase(passphrase_file)
    if not ask:
        return None
    typed = getpass.getpass("口令 passphrase: ")
    if not typed or typed != getpass.getpass("再输一次 again: "):
        misuse("两次口令不同，或没有口令", "no passphrase, or the two differ")
    return typed.encode()


def _passphrase(passphrase_file: Path | None) -> bytes:
    path = passphrase_file or (Path(os.environ[PASSPHRASE_FILE]) if PASSPHRASE_FILE in os.environ else None)
    if path is not None:
        return read_file(path, bytes_max=_PASSPHRASE_BYTES_MAX).rstrip(b"\r\n")
    if not sys.stdin.isatty():
        misuse(
            f"私钥有口令；请用 --passphrase-file 或 {PASSPHRASE_FILE}",
            f"the key has a passphrase: give --passphrase-file or {PASSPHRASE_FILE}",
        )
    return getpass.getpass("口令 passphrase: ").encode()
