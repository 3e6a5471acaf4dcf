"""Keys: who made a signature, and how private keys sleep.

A key is named by what it is: SHA-256 over its kind and its public bytes. What a key may be used for and by whom is not said here
but by its enrolment (`ledger.register`). There are two kinds, and one more way to sign with the second:

    ed25519    RFC 8032 over the message
    es256      ECDSA with P-256 and SHA-256 over the message, the signature in DER
    passkey    an es256 key whose enrolment names an `rp_id`: a WebAuthn assertion whose challenge is the message's SHA-256

An ECDSA signature can be turned into another good one by anybody ((r, s) into (r, n - s)), and authenticators do not choose the lower. We
take both: what is unique here is the statement's id, and a copy with the other signature gets the receipt of the first. One number has
one spelling all the same: DER is read strictly.

Private keys that the operator holds for people who can hold none (custodial keys) are sealed with a key from a file that lies outside the
data folder, so that a copy of the database signs nothing.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode, urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self, get_args

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.canonical import JsonObject, read_canonical, read_object
from ledger.errors import LedgerFault, Malformed, Refusal, SignatureWrong, Words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Algorithms by name. `sm2` (with SM3) has its name reserved and is not accepted yet.
KeyKind = Literal["ed25519", "es256"]
KEY_KINDS: Final[tuple[KeyKind, ...]] = get_args(KeyKind)

#: RFC 8032: 32 bytes. SEC 1, 2.3.3: a P-256 point uncompressed, 0x04 ‖ x ‖ y.
PUBLIC_BYTES: Final[dict[KeyKind, int]] = {"ed25519": 32, "es256": 65}
SEALING_KEY_BYTES = 32
NONCE_BYTES = 12

#: The order of P-256 (FIPS 186-4 D.1.2.3): both numbers of a signature lie below it.
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
#: The y of the eight Ed25519 points of small order, and of 0 and 1 written above p. Under such a "key" a signature is good for any
#: message: whoever enrolled it could deny whatever it signed.
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(one)
    for one in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)

#: The three parts of an assertion, together; a phone's has some 600 bytes.
PASSKEY_SIGNATURE_BYTES_MAX: Final = 8 * 1024
#: WebAuthn level 2, 6.1: rpIdHash ‖ flags ‖ signCount, then what extensions add.
AUTHENTICATOR_BYTES_MIN: Final = 37
#: A statement's challenge has 32 bytes; one of the length of a sign-in's is named for what it is.
SIGN_IN_CHALLENGE_BYTES: Final = 48
_ASSERTION: Final = ("authenticatorData", "clientDataJSON", "signature")
_USER_PRESENT: Final = 0x01
_USER_VERIFIED: Final = 0x04
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_RP_ID: Final = re.compile(rf"(?=.{{1,253}}\Z)(?:localhost|{_LABEL}(?:\.{_LABEL})+)", re.ASCII)
#: Browsers make assertions in secure contexts only: https, or this very machine.
_ORIGIN: Final = re.compile(r"(?:https://([a-z0-9.-]{1,253})|http://(localhost))(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One public key: its kind and its raw bytes (see `PUBLIC_BYTES`)."""

    kind: KeyKind
    raw: bytes

    @classmethod
    def parse(cls, kind: str, text: str, *, field: str = "public_key") -> Self:
        """From an enrolment's fields: kind and padded base64. A point that no private key belongs to is refused."""
        for known in KEY_KINDS:
            if kind == known:
                raw = base64_bytes(text, field=field)
                _check_point(known, raw, field=field)
                return cls(kind=known, raw=raw)
        expected = ", ".join(KEY_KINDS)
        raise Malformed(field=f"{field}.kind", came=kind, expected=Words(zh=expected, en=expected))

    @property
    def keyid(self) -> str:
        """SHA-256(kind ‖ public key), hex."""
        return sha256(self.kind.encode("ascii") + self.raw).hexdigest()

    def __str__(self) -> str:
        return b64encode(self.raw).decode("ascii")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise `SignatureWrong` unless this key made the signature over exactly these bytes."""
        try:
            if self.kind == "ed25519":
                Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
            else:
                _check_der(signature, keyid=self.keyid)
                point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.raw)
                point.verify(signature, message, ec.ECDSA(SHA256()))
        except InvalidSignature as wrong:
            raise _wrong(
                self.keyid, Words(zh="该密钥对原文的签名", en="this key's signature over these bytes")
            ) from wrong

    def verify_passkey(self, signature: bytes, message: bytes, *, rp_id: str) -> None:
        """Raise `SignatureWrong` unless the signature is an assertion of this passkey, made at `rp_id` to sign these very bytes.

        WebAuthn level 2, 7.2, without what belongs to a session. The counter is not looked at: a verifier keeps no state, and passkeys
        that a person has on several devices do not count.
        """
        told = _assertion(signature, keyid=self.keyid)
        _check_client(told.client, message, rp_id=rp_id, keyid=self.keyid)
        _check_authenticator(told.authenticator, rp_id=rp_id, keyid=self.keyid)
        self.verify(told.signature, told.authenticator + sha256(told.client).digest())


def parse_rp_id(text: str, *, field: str = "rp_id") -> str:
    """The domain that a passkey belongs to, in lower case; `localhost` for this very machine."""
    if not _RP_ID.fullmatch(text):
        expected = Words(zh="小写域名", en="a domain name in lower case")
        raise Malformed(field=field, came=text, expected=expected)
    return text


@dataclass(frozen=True, slots=True)
class _Assertion:
    """The three parts of an assertion, as their bytes."""

    authenticator: bytes
    client: bytes
    signature: bytes


def _assertion(wrapper: bytes, *, keyid: str) -> _Assertion:
    """RFC 8785 of exactly three base64 values: an assertion has one spelling."""
    names = ", ".join(_ASSERTION)
    expected = Words(
        zh=f"通行密钥签名（规范 JSON，恰好 {names}）",
        en=f"a passkey's signature (canonical JSON of exactly {names})",
    )
    try:
        body = read_canonical(wrapper, field="signatures", bytes_max=PASSKEY_SIGNATURE_BYTES_MAX)
        authenticator, client, signature = (_bytes_of(body, name) for name in _ASSERTION)
    except Refusal as wrong:
        raise _wrong(keyid, expected) from wrong
    if len(body) != len(_ASSERTION):
        raise _wrong(keyid, expected, came=sorted(body))
    return _Assertion(authenticator=authenticator, client=client, signature=signature)


def _bytes_of(body: JsonObject, name: str) -> bytes:
    value = body.get(name)
    if not isinstance(value, str):
        raise Malformed(field=name, came=value, expected=Words(zh="base64 文字", en="base64 text"))
    return base64_bytes(value, field=name)


def _check_client(raw: bytes, message: bytes, *, rp_id: str, keyid: str) -> None:
    """What the browser says it asked the authenticator for, where, and over which bytes."""
    try:
        client = read_object(raw, field="clientDataJSON", bytes_max=PASSKEY_SIGNATURE_BYTES_MAX)
    except Refusal as wrong:
        expected = Words(zh="clientDataJSON：JSON 对象", en="clientDataJSON that is a JSON object")
        raise _wrong(keyid, expected) from wrong
    if client.get("type") != "webauthn.get":
        expected = Words(zh="type 为 webauthn.get", en="type webauthn.get")
        raise _wrong(keyid, expected, came=client.get("type"))
    challenge = client.get("challenge")
    if challenge != _unpadded(sha256(message).digest()):
        # 48 bytes are 64 characters, and no statement's challenge has them.
        if isinstance(challenge, str) and len(challenge) == SIGN_IN_CHALLENGE_BYTES * 4 // 3:
            expected = Words(
                zh="对本记录的签名；收到的是登录验证", en="a signature over this statement, not a sign-in"
            )
        else:
            expected = Words(zh="挑战值为本记录的 SHA-256", en="the SHA-256 of these bytes as challenge")
        raise _wrong(keyid, expected, came=challenge)
    origin = client.get("origin")
    host = _ORIGIN.fullmatch(origin) if isinstance(origin, str) else None
    at = (host[1] or host[2]) if host else ""
    if at != rp_id and not at.endswith("." + rp_id):
        expected = Words(zh=f"来自 https://{rp_id} 的签名", en=f"a signature made at https://{rp_id}")
        raise _wrong(keyid, expected, came=origin)
    if client.get("crossOrigin", False) is not False:
        # Another site showed ours in a frame: what the person saw around it is not ours to know.
        expected = Words(
            zh="不在其他网站的框架内签名", en="a signature that was not made within another site"
        )
        raise _wrong(keyid, expected, came="crossOrigin")


def _check_authenticator(data: bytes, *, rp_id: str, keyid: str) -> None:
    """What the authenticator says itself: for whom it signed, and that a person was there and was verified."""
    if len(data) < AUTHENTICATOR_BYTES_MIN:
        expected = Words(
            zh=f"authenticatorData 至少 {AUTHENTICATOR_BYTES_MIN} 字节",
            en=f"authenticatorData of at least {AUTHENTICATOR_BYTES_MIN} bytes",
        )
        raise _wrong(keyid, expected, came=f"{len(data)} bytes")
    if data[:32] != sha256(rp_id.encode("ascii")).digest():
        expected = Words(zh=f"{rp_id} 的 rpIdHash", en=f"the rpIdHash of {rp_id}")
        raise _wrong(keyid, expected, came=data[:32].hex())
    flags = data[32]
    if not flags & _USER_PRESENT:
        expected = Words(zh="本人在场（UP）", en="the user's presence (UP)")
        raise _wrong(keyid, expected, came=f"flags {flags:#04x}")
    if not flags & _USER_VERIFIED:
        expected = Words(zh="已验证本人（UV）", en="a verified user (UV)")
        raise _wrong(keyid, expected, came=f"flags {flags:#04x}")


def _check_point(kind: KeyKind, raw: bytes, *, field: str) -> None:
    if len(raw) != PUBLIC_BYTES[kind]:
        most = PUBLIC_BYTES[kind]
        expected = Words(zh=f"{most} 字节", en=f"{most} bytes")
        raise Malformed(field=field, came=f"{len(raw)} bytes", expected=expected)
    if kind == "ed25519":
        if is_of_small_order(raw):
            expected = Words(zh="阶足够大的点", en="a point that is not of small order")
            raise Malformed(field=field, came=raw.hex(), expected=expected)
        return
    expected = Words(zh="P-256 曲线上的未压缩点", en="an uncompressed point on P-256")
    # 0x02 and 0x03 begin compressed points, which have 33 bytes; 0x06 and 0x07 hybrid ones, which SEC 1 left behind.
    if not raw.startswith(b"\x04"):
        raise Malformed(field=field, came=raw.hex(), expected=expected)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as wrong:
        raise Malformed(field=field, came=raw.hex(), expected=expected) from wrong


def is_of_small_order(raw: bytes) -> bool:
    """Whether these 32 bytes are an Ed25519 "key" under which one signature is good for many messages."""
    # The highest bit is the sign of x.
    return raw[:31] + bytes([raw[31] & 0x7F]) in _SMALL_ORDER


def _check_der(signature: bytes, *, keyid: str) -> None:
    """RFC 3279 2.2.3 in DER, in its one spelling: two integers from 1 to below the order, and nothing behind them."""
    try:
        r, s = decode_dss_signature(signature)
        strict = encode_dss_signature(r, s) == signature
    except ValueError:
        strict, r, s = False, 0, 0
    if not strict or not 0 < r < _P256_ORDER or not 0 < s < _P256_ORDER:
        raise _wrong(keyid, Words(zh="DER 编码的 ECDSA 签名", en="an ECDSA signature in DER"))


def _wrong(keyid: str, expected: Words, *, came: object = None) -> SignatureWrong:
    return SignatureWrong(field="signatures", came=keyid if came is None else came, expected=expected)


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


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
        raw = a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError as wrong:
        raise Malformed(
            field=field,
            came=text,
            expected=Words(zh="RFC 4648 §4 base64（带填充）", en="padded RFC 4648 §4 base64"),
        ) from wrong
    # Loose trailing bits would give one value two spellings.
    if b2a_base64(raw, newline=False).decode("ascii") != text:
        raise Malformed(
            field=field, came=text, expected=Words(zh="唯一写法的 base64", en="base64 in its only spelling")
        )
    return raw
