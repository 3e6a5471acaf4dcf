"""An authenticator in hand: makes passkeys and answers challenges as a phone does, and, told to, as no phone should.

Written from the W3C's text (WebAuthn level 2, 6.1 and 6.5), not from the package that checks it.
"""

from __future__ import annotations

import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.canonical import Json

ORIGIN = "http://localhost:8000"
RP_ID = "localhost"
UP, UV, AT = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes again."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey."""

    credential: bytes = b"credential-of-a-test-0000000001!"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    counter: int = 0
    user: bytes = b""
    counts: bool = True

    def create(
        self,
        options: Mapping[str, object],
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        flags: int = UP | UV,
        kind: str = "webauthn.create",
        challenge: str | None = None,
        cross_origin: bool = False,
    ) -> dict[str, Json]:
        """The answer to `navigator.credentials.create`."""
        user = options["user"]
        assert isinstance(user, dict)
        self.user = decoded(str(user["id"]))
        numbers = self.key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        data = self._data(rp_id, flags | AT) + bytes(16)
        data += struct.pack(">H", len(self.credential)) + self.credential + cose
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client(kind, challenge or str(options["challenge"]), origin, cross_origin=cross_origin)
        return self._credential({"clientDataJSON": encoded(client), "attestationObject": encoded(attested)})

    def get(
        self,
        options: Mapping[str, object],
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        flags: int = UP | UV,
        kind: str = "webauthn.get",
        challenge: str | None = None,
        user: bytes | None = None,
        cross_origin: bool = False,
    ) -> dict[str, Json]:
        """The answer to `navigator.credentials.get`."""
        if self.counts:
            self.counter += 1
        data = self._data(rp_id, flags)
        client = self._client(kind, challenge or str(options["challenge"]), origin, cross_origin=cross_origin)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._credential(
            {
                "clientDataJSON": encoded(client),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": encoded(self.user if user is None else user),
            }
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    @staticmethod
    def _client(kind: str, challenge: str, origin: str, *, cross_origin: bool) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": cross_origin}
        return json.dumps(said).encode()

    def _credential(self, response: dict[str, str]) -> dict[str, Json]:
        name = encoded(self.credential)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}
