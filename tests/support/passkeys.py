"""Keys of the P-256 kind for tests: a plain one, and a software authenticator that makes real assertions.

    passkey = PasskeySigner.make("localhost", number=1)
    passkey.sign(message)                                   # what a browser would hand over
    replace(passkey, flags=USER_PRESENT).sign(message)      # the same without the person verified

Every part of an assertion that a verifier looks at can be made wrong; the signature under it is always the key's own.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.canonical import canonical
from ledger.keys import PublicKey

if TYPE_CHECKING:
    from ledger.canonical import Json

USER_PRESENT = 0x01
USER_VERIFIED = 0x04


@dataclass(frozen=True, slots=True)
class Es256Signer:
    """A plain P-256 key: signatures in DER."""

    secret: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls, number: int) -> Self:
        """The same key every time."""
        return cls(secret_of(number))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(kind="es256", raw=point_of(self.secret))

    def sign(self, message: bytes) -> bytes:
        """ECDSA with SHA-256."""
        return self.secret.sign(message, ec.ECDSA(SHA256()))


@dataclass(frozen=True, slots=True)
class PasskeySigner:
    """An authenticator with one passkey, in a browser that shows `origin`."""

    rp_id: str
    origin: str
    secret: ec.EllipticCurvePrivateKey = field(repr=False)
    flags: int = USER_PRESENT | USER_VERIFIED
    type: str = "webauthn.get"
    #: What it is asked to sign instead of the message's digest, as a sign-in would ask.
    challenge: bytes | None = None
    #: What the browser adds to or changes in the client data.
    client: dict[str, Json] = field(default_factory=dict)
    #: For whom it signs, where that is another.
    hashed_rp_id: str | None = None
    #: Extension data behind the counter.
    more: bytes = b""

    @classmethod
    def make(cls, rp_id: str, *, number: int, origin: str | None = None) -> Self:
        """The same passkey every time."""
        here = "http://localhost:8000" if rp_id == "localhost" else f"https://{rp_id}"
        return cls(rp_id=rp_id, origin=origin or here, secret=secret_of(number))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(kind="es256", raw=point_of(self.secret))

    def parts(self, message: bytes) -> tuple[bytes, bytes, bytes]:
        """Authenticator data, client data and the signature over both, as WebAuthn level 2 makes them (6.1, 5.8.1, 6.3.3)."""
        challenge = sha256(message).digest() if self.challenge is None else self.challenge
        told: dict[str, Json] = {
            "type": self.type,
            "challenge": urlsafe_b64encode(challenge).rstrip(b"=").decode("ascii"),
            "origin": self.origin,
            "crossOrigin": False,
        }
        client = json.dumps({**told, **self.client}, separators=(",", ":")).encode()
        authenticator = sha256((self.hashed_rp_id or self.rp_id).encode()).digest()
        authenticator += bytes([self.flags]) + (7).to_bytes(4, "big") + self.more
        signed = authenticator + sha256(client).digest()
        return authenticator, client, self.secret.sign(signed, ec.ECDSA(SHA256()))

    def sign(self, message: bytes) -> bytes:
        """The assertion, wrapped as the signature of a statement."""
        return wrapped(*self.parts(message))


def wrapped(authenticator: bytes, client: bytes, signature: bytes) -> bytes:
    """The three parts as one signature."""
    return canonical(
        {
            "authenticatorData": b64encode(authenticator).decode("ascii"),
            "clientDataJSON": b64encode(client).decode("ascii"),
            "signature": b64encode(signature).decode("ascii"),
        }
    )


def secret_of(number: int) -> ec.EllipticCurvePrivateKey:
    """A P-256 key that is the same every time."""
    return ec.derive_private_key(1_000_003 + number, ec.SECP256R1())


def point_of(secret: ec.EllipticCurvePrivateKey) -> bytes:
    """SEC 1: the uncompressed point."""
    return secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
