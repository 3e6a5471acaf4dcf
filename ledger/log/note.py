r"""A note is text that one or more keys have signed. Ignore the text until a key you trust has been checked.

    The market opens at six.            the text, which ends in a newline
                                        the last blank line parts text and signatures
    — log.example/main VyXD3FzfRB5U…    em dash, key name, base64 of key id (4 bytes) and signature

Keys have names, so that a log can change its key and a witness can add its own signature without touching the
text. Signatures of keys we do not know are skipped. A signature that names a key we know and does not fit
condemns the whole note: nobody signs wrongly by accident.

Two kinds of signature are checked here: Ed25519 over the text (0x01, c2sp.org/signed-note), which logs make,
and the timestamped cosignature (0x04, c2sp.org/tlog-cosignature), which witnesses make. All other kinds count
as unknown keys.

Public keys are written `<name>+<key id>+<base64>`, secret ones begin with `PRIVATE+KEY+`, as in Go's
sumdb/note, so that nobody mistakes one for the other:

    >>> signer = NoteSigner.from_seed("log.example/main", bytes(32))
    >>> str(signer.verifier)
    'log.example/main+5725c3dc+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    >>> note = sign_note(b"hello\n", [signer])
    >>> open_note(note, [signer.verifier]).text
    b'hello\n'

Which keys to trust, and since when, is the register's business. Where a secret key is kept is the operator's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import Words
from ledger.keys import is_of_small_order
from ledger.log.errors import KeyMalformed, NoteMalformed, NoteSignatureWrong, NoteUnsigned
from ledger.log.strict import decode_base64, write_base64

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

#: Go's sumdb/note takes no larger note either.
NOTE_BYTES_MAX = 1_000_000
#: The standard asks for 16 at least; Go's sumdb/note stops at 100, so more would not open everywhere.
NOTE_SIGNATURES_MAX = 100
KEY_ID_BYTES = 4
ED25519_KEY_BYTES = 32
#: c2sp.org/tlog-cosignature: a timestamp must not exceed 2^63 - 1.
COSIGNATURE_TIME_MAX = 2**63 - 1

_TIME_BYTES = 8
_DASH = "— "
_SECRET_BEGINS = "PRIVATE+KEY+"  # noqa: S105 (how a secret begins is none)
#: What a refusal shows in the place of a secret.
_HIDDEN = "***"
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
#: `\s` is every Unicode space, as `str.isspace` knows them.
_NOT_IN_A_NAME = re.compile(r"[\s+\x00-\x1f]")


class SignatureKind(IntEnum):
    """The type byte of a key (c2sp.org/signed-note, Signature types)."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, not checked against anything yet."""

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        """A line that reads back as it was written."""
        if not _is_name(self.name) or len(self.key_id) != KEY_ID_BYTES or not self.signature:
            came = f"{self.name} {self.key_id.hex()} {len(self.signature)} B"
            expected = Words(zh="密钥名、四字节编号和签名", en="a key name, a 4-byte key id and a signature")
            raise NoteMalformed(field="signature", came=came, expected=expected)

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read what `str` writes: a line without its newline."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        raw = decode_base64(encoded)
        if raw is None or not line.startswith(_DASH):
            expected = Words(zh="— <密钥名> <base64>", en="— <key name> <base64>")
            raise NoteMalformed(field="signature", came=line, expected=expected)
        return cls(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])

    def __str__(self) -> str:
        """The line, without its newline."""
        return f"{_DASH}{self.name} {write_base64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A note as it lies in the file: well formed, not believed. `open_note` makes the text worth reading."""

    text: bytes
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        """Text that can be signed, and a number of signatures that others will read."""
        _require_text(self.text)
        if not 1 <= len(self.signatures) <= NOTE_SIGNATURES_MAX:
            expected = Words(
                zh=f"1 至 {NOTE_SIGNATURES_MAX} 个签名", en=f"1 to {NOTE_SIGNATURES_MAX} signatures"
            )
            raise NoteMalformed(field="signatures", came=str(len(self.signatures)), expected=expected)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` writes."""
        if len(raw) > NOTE_BYTES_MAX:
            expected = Words(zh=f"至多 {NOTE_BYTES_MAX} 字节", en=f"at most {NOTE_BYTES_MAX} bytes")
            raise NoteMalformed(field="", came=f"{len(raw)} B", expected=expected)
        _require_text(raw)
        # The text may hold blank lines of its own. Only U+000A ends a line: str.splitlines knows nine more.
        text, blank, lines = raw.rpartition(b"\n\n")
        if not blank or not lines:
            expected = Words(zh="空行之后的签名行", en="signature lines after a blank line")
            raise NoteMalformed(field="signatures", came="", expected=expected)
        return cls(text + b"\n", tuple(map(NoteSignature.parse, lines.decode()[:-1].split("\n"))))

    def to_bytes(self) -> bytes:
        """The note as it is stored and sent."""
        return self.text + b"\n" + "".join(f"{signature}\n" for signature in self.signatures).encode()


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A public key that somebody decided to trust, under the name it signs with."""

    name: str
    public_key: bytes
    kind: SignatureKind = SignatureKind.ED25519

    def __post_init__(self) -> None:
        """A name that can stand in a signature line, and an Ed25519 key that binds whoever signs."""
        _require_name(self.name)
        _require_key_bytes(self.public_key)
        # A log with such a key could show two histories and call either signature somebody else's.
        if is_of_small_order(self.public_key):
            expected = Words(zh="阶足够大的点", en="a point that is not of small order")
            raise KeyMalformed(field="key", came=self.public_key.hex(), expected=expected)

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart. No protection: anybody can make a key for an id."""
        # c2sp.org/signed-note: SHA-256(key name || 0x0A || signature type || public key)[:4].
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[
            :KEY_ID_BYTES
        ]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes."""
        name, key_id, kind, public_key = _read_key_text(text, came=text)
        verifier = cls(name, public_key, kind)
        _require_key_id(key_id, verifier, came=key_id)
        return verifier

    def __str__(self) -> str:
        """The key as it is published: `<name>+<key id in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{write_base64(bytes([self.kind]) + self.public_key)}"

    def check(self, text: bytes, signature: bytes) -> int | None:
        """Raise unless this key made this signature over this text. A cosignature's Unix time comes back."""
        time, proper, message = None, signature, text
        if self.kind is SignatureKind.COSIGNATURE:
            time, proper = int.from_bytes(signature[:_TIME_BYTES], "big"), signature[_TIME_BYTES:]
            message = _cosigned(text, time)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(proper, message)
        except InvalidSignature:
            fits = False
        else:
            fits = time is None or time <= COSIGNATURE_TIME_MAX
        if not fits:
            expected = Words(zh="该密钥对全文的签名", en="this key's signature over the whole text")
            raise NoteSignatureWrong(field=self.name, came=write_base64(signature), expected=expected)
        return time


class SignsNotes(Protocol):
    """Whatever can sign a note: a `NoteSigner`, or a key that lives in another process or in hardware."""

    @property
    def name(self) -> str:
        """The key's name."""

    @property
    def key_id(self) -> bytes:
        """The key's four-byte id."""

    def sign(self, text: bytes) -> bytes:
        """The signature over the text."""


@dataclass(frozen=True, slots=True)
class _SecretKey:
    """An Ed25519 secret with its name. `repr` and `str` never show it; `secret_text` is the only way out."""

    kind: ClassVar[SignatureKind]

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)
    verifier: NoteVerifier = field(init=False, repr=False, compare=False)
    """The public half."""

    def __post_init__(self) -> None:
        """A name that can stand in a signature line. The public half is worked out once: each checkpoint names its key."""
        public_key = self.private_key.public_key().public_bytes_raw()
        object.__setattr__(self, "verifier", NoteVerifier(self.name, public_key, self.kind))

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """A key from 32 random bytes, which the caller draws."""
        _require_key_bytes(seed)
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def key_id(self) -> bytes:
        """The key's four-byte id."""
        return self.verifier.key_id

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `secret_text` writes. A refusal repeats none of it."""
        if not text.startswith(_SECRET_BEGINS):
            expected = Words(zh=f"以 {_SECRET_BEGINS} 开头", en=f"a text that begins with {_SECRET_BEGINS}")
            raise KeyMalformed(field="key", came=_HIDDEN, expected=expected)
        name, key_id, kind, seed = _read_key_text(text.removeprefix(_SECRET_BEGINS), came=_HIDDEN)
        if kind is not cls.kind:
            expected = Words(zh=f"类型 {cls.kind:#04x}", en=f"type {cls.kind:#04x}")
            raise KeyMalformed(field="key", came=f"{kind:#04x}", expected=expected)
        signer = cls.from_seed(name, seed)
        _require_key_id(key_id, signer.verifier, came=_HIDDEN)
        return signer

    def secret_text(self) -> str:
        """The secret key as it is kept in a file that only its owner may read."""
        secret = write_base64(bytes([self.kind]) + self.private_key.private_bytes_raw())
        return f"{_SECRET_BEGINS}{self.name}+{self.key_id.hex()}+{secret}"


@dataclass(frozen=True, slots=True)
class NoteSigner(_SecretKey):
    """A log's key (0x01): signs the text itself."""

    kind: ClassVar[SignatureKind] = SignatureKind.ED25519

    def sign(self, text: bytes) -> bytes:
        """The Ed25519 signature over the text."""
        return self.private_key.sign(text)


@dataclass(frozen=True, slots=True)
class Cosigner(_SecretKey):
    """A witness's key (0x04): signs the text together with the time at which it saw it."""

    kind: ClassVar[SignatureKind] = SignatureKind.COSIGNATURE

    def cosign(self, text: bytes, *, time: int) -> NoteSignature:
        """The line a witness adds to a checkpoint. `time` is in Unix seconds."""
        _require_text(text)
        signature = time.to_bytes(_TIME_BYTES, "big") + self.private_key.sign(_cosigned(text, time))
        return NoteSignature(self.name, self.key_id, signature)


@dataclass(frozen=True, slots=True)
class Verified:
    """A key we trust, and its good signature."""

    verifier: NoteVerifier
    signature: NoteSignature
    time: int | None
    """When a witness says it saw the text (Unix seconds); None for a plain signature."""


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A text that at least one trusted key has signed, with all whom we know to have signed it."""

    text: bytes
    verified: tuple[Verified, ...]
    unknown: tuple[NoteSignature, ...]


def open_note(raw: bytes, verifiers: Collection[NoteVerifier]) -> OpenedNote:
    """The text of a note, if a known key signed it and no known key's signature is wrong."""
    note = Note.parse(raw)
    known = _by_name_and_id(verifiers)
    verified: dict[NoteVerifier, Verified] = {}
    unknown: list[NoteSignature] = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
            continue
        # Every one is checked, and a key that signed twice still counts once.
        seen = Verified(verifier, signature, verifier.check(note.text, signature.signature))
        verified.setdefault(verifier, seen)
    if not verified:
        came = ", ".join(signature.name for signature in note.signatures)
        raise NoteUnsigned(field="signatures", came=came, expected=one_of(verifiers))
    return OpenedNote(note.text, tuple(verified.values()), tuple(unknown))


def sign_note(text: bytes, signers: Sequence[SignsNotes]) -> bytes:
    """The text with one signature line for each signer, in their order."""
    # Before anybody signs: a text that makes no note must get no signature either.
    _require_text(text)
    signatures = tuple(NoteSignature(signer.name, signer.key_id, signer.sign(text)) for signer in signers)
    return Note(text, signatures).to_bytes()


def one_of(verifiers: Iterable[NoteVerifier]) -> Words:
    """The keys that would have been believed, for a refusal."""
    names = ", ".join(map(str, verifiers)) or "-"
    return Words(zh=f"以下之一的签名：{names}", en=f"a signature of one of: {names}")


def _cosigned(text: bytes, time: int) -> bytes:
    """What a cosignature covers: two lines that no other signed text begins with, then the text itself."""
    return f"cosignature/v1\ntime {time}\n".encode("ascii") + text


def _by_name_and_id(verifiers: Iterable[NoteVerifier]) -> dict[tuple[str, bytes], NoteVerifier]:
    known: dict[tuple[str, bytes], NoteVerifier] = {}
    for verifier in verifiers:
        # Two keys with one name and id are made on purpose only, and which is meant cannot be known.
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            expected = Words(zh="同名同编号只有一把密钥", en="one key for each name and key id")
            raise KeyMalformed(field="verifiers", came=str(verifier), expected=expected)
    return known


def _is_name(name: str) -> bool:
    """A key name: not empty, no Unicode space, no plus, nothing a note may not hold."""
    if not name or _NOT_IN_A_NAME.search(name):
        return False
    # A lone surrogate has no UTF-8.
    return name == name.encode("utf-8", "replace").decode()


def _require_name(name: str) -> None:
    if not _is_name(name):
        expected = Words(zh="不含空格和加号的密钥名", en="a key name without spaces and plus signs")
        raise KeyMalformed(field="name", came=name, expected=expected)


def _require_key_bytes(raw: bytes) -> None:
    if len(raw) != ED25519_KEY_BYTES:
        expected = Words(zh="32 字节的 Ed25519 密钥", en="an Ed25519 key of 32 bytes")
        raise KeyMalformed(field="key", came=f"{len(raw)} B", expected=expected)


def _require_key_id(key_id: str, verifier: NoteVerifier, *, came: str) -> None:
    right = verifier.key_id.hex()
    if key_id != right:
        raise KeyMalformed(field="key id", came=came, expected=Words(zh=right, en=right))


def _read_key_text(text: str, *, came: str) -> tuple[str, str, SignatureKind, bytes]:
    """Name, key id as written, kind and key bytes. `came` is what a refusal may show of the text."""
    # Base64 has plus signs of its own; the name and the id have none.
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = decode_base64(encoded)
    if not raw or raw[0] not in set(SignatureKind):
        shape = "<name>+<key id>+<base64>, 0x01 / 0x04"
        raise KeyMalformed(field="key", came=came, expected=Words(zh=shape, en=shape))
    return name, key_id, SignatureKind(raw[0]), raw[1:]


def _require_text(text: bytes) -> None:
    """c2sp.org/signed-note: UTF-8, no control characters below U+0020 but newlines, ends in a newline."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        came = f"0x{text[error.start]:02x} @ {error.start}"
        raise NoteMalformed(field="text", came=came, expected=Words(zh="UTF-8", en="UTF-8")) from None
    control = _CONTROL.search(text)
    if control is not None:
        came = f"0x{control[0].hex()} @ {control.start()}"
        expected = Words(zh="除换行外没有控制字符", en="no control character but newline")
        raise NoteMalformed(field="text", came=came, expected=expected)
    if not text.endswith(b"\n"):
        expected = Words(zh="以换行结尾", en="a newline at the end")
        raise NoteMalformed(field="text", came=text[-1:].decode("latin-1"), expected=expected)
