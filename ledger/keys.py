"""Keys: who made a signature, and how private keys sleep.

A key is named by what it is: SHA-256 over its kind and its public bytes. What a key may be used for and by whom is not said here
but by its enrolment (`ledger.register`). Private keys that the operator holds for people who can hold none (custodial keys) are
sealed with a key from a file that lies outside the data folder, so that a copy of the database signs nothing.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, Protocol, Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import LedgerFault, Malformed, SignatureWrong, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Algorithms by name. `es256` (passkeys) and `sm2` (with SM3) have their names reserved and are not accepted yet.
KeyKind = Literal["ed25519"]

ED25519_PUBLIC_BYTES = 32
ED25519_SIGNATURE_BYTES = 64
SEALING_KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key: its kind and its raw bytes (32 for Ed25519)."""

    kind: KeyKind
    raw: bytes

    @classmethod
    def parse(cls, kind: str, text: str, *, field: str = "public_key") -> Self:
        """From an enrolment's fields: kind and padded base64."""
        if kind != "ed25519":
            raise Malformed(field=f"{field}.kind", came=kind, expected=Words(zh="ed25519", en="ed25519"))
        raw = base64_bytes(text, field=field)
        if len(raw) != ED25519_PUBLIC_BYTES:
            raise Malformed(
                field=field, came=f"{len(raw)} bytes", expected=Words(zh="32 字节", en="32 bytes")
            )
        return cls(kind="ed25519", raw=raw)

    @property
    def keyid(self) -> str:
        """SHA-256(kind ‖ public key), hex."""
        return sha256(self.kind.encode("ascii") + self.raw).hexdigest()

    def __str__(self) -> str:
        return b64encode(self.raw).decode("ascii")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `SignatureWrong` unless this key made the signature over exactly these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature as wrong:
            raise SignatureWrong(
                field="signatures",
                came=self.keyid,
                expected=Words(zh="该密钥对原文的签名", en="this key's signature over these bytes"),
            ) from wrong


class Signer(Protocol):
    """Something that signs: a key in memory, later a token or a signing service."""

    @property
    def public(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature over the message."""
        ...


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """An Ed25519 private key in memory. Its 32 secret bytes never appear in `repr`."""

    _secret: Ed25519PrivateKey

    @classmethod
    def from_secret(cls, secret: bytes) -> Self:
        """From the 32 secret bytes."""
        return cls(Ed25519PrivateKey.from_private_bytes(secret))

    @classmethod
    def generate(cls, randomness: Callable[[int], bytes] = os.urandom) -> Self:
        """A new key."""
        return cls.from_secret(randomness(32))

    @property
    def secret(self) -> bytes:
        """The 32 secret bytes, for sealing only."""
        return self._secret.private_bytes_raw()

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(kind="ed25519", raw=self._secret.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """RFC 8032 signature, 64 bytes."""
        return self._secret.sign(message)

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.public.keyid[:16]}…)"


class KeyFileWrong(LedgerFault):
    """The key file is missing, too short, readable by others, or not the one the keys were sealed with."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens private keys (AES-256-GCM) with the key of one key file.

    `purpose` (for example `custodial:<keyid>`) is bound into the seal: a sealed key moved to another row does not open.
    """

    _key: bytes

    @classmethod
    def open_file(cls, path: Path) -> Self:
        """Read the key file: one line of base64, 32 bytes, mode 0600."""
        try:
            mode, text = path.stat().st_mode, path.read_text("ascii")
        except OSError as wrong:
            message = f"key file {path}: {wrong.strerror}; without it no private key can be opened"
            raise KeyFileWrong(message) from wrong
        if mode & 0o077:
            message = f"key file {path} has mode {mode & 0o777:o}, expected 600: others can read it"
            raise KeyFileWrong(message)
        return cls(base64_bytes(text.strip(), field="key file"))

    @classmethod
    def create_file(cls, path: Path, randomness: Callable[[int], bytes] = os.urandom) -> Self:
        """Make the key file; an existing one is never overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = randomness(SEALING_KEY_BYTES)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(b64encode(key).decode("ascii") + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(key)

    def seal(self, secret: bytes, *, purpose: str, randomness: Callable[[int], bytes] = os.urandom) -> bytes:
        """Nonce ‖ AES-256-GCM of the secret, bound to its purpose."""
        nonce = randomness(NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret, purpose.encode())

    def unseal(self, sealed: bytes, *, purpose: str) -> bytes:
        """The secret again, or `KeyFileWrong`."""
        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as wrong:
            message = f"the sealed key for {purpose} does not open with this key file"
            raise KeyFileWrong(message) from wrong

    def __repr__(self) -> str:
        return "Vault(…)"


def base64_bytes(text: str, *, field: str) -> bytes:
    """Bytes from RFC 4648 §4 base64, padded and in its only spelling."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except ValueError as wrong:
        raise Malformed(
            field=field,
            came=text,
            expected=Words(zh="RFC 4648 §4 base64（带填充）", en="padded RFC 4648 §4 base64"),
        ) from wrong
    if b64encode(raw).decode("ascii") != text:  # Loose trailing bits would give one value two spellings.
        raise Malformed(
            field=field, came=text, expected=Words(zh="唯一写法的 base64", en="base64 in its only spelling")
        )
    return raw
