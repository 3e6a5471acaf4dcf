"""A second verifier: checks an exported log, or a disclosure, by `docs/formats.md` alone.

It shares no line with the program it checks and imports nothing of it: the standard library and Ed25519 and P-256
from `cryptography` are all it needs. It is one long file on purpose, so that it can be carried away and read in
the order in which the page stands.

    python tests/support/second_verifier.py FOLDER VKEY

It stops at the first thing that is not as the page says, names the entry (or the file) and why. What it finds
in order it counts, and it says what it did not look at.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import re
import sys
from base64 import b64decode, b64encode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PAYLOAD_TYPE = "application/vnd.suyuan.statement+json"
REGISTER_TYPES = ("genesis.v1", "key.v1", "credential.v1", "log_key.v1", "erasure.v1")
ROLES = ("registrar", "enterprise", "operator", "authority", "laboratory")
AUDIENCES = ("public", "chain", "parties", "officials")
REASONS = ("lost", "stolen", "superseded", "left")
TILE = 256

PARTY = "pty_[0-9a-hjkmnp-tv-z]{16}"
UUID7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
#: RFC 3339 with offset, capital T and Z, no leap second.
MOMENT = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
    "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)


class Bad(Exception):
    """The log is not what it must be: `where` is the position of the first bad entry, or the name of a file."""

    def __init__(self, where: int | str, why: str) -> None:
        super().__init__(f"{f'entry {where}' if isinstance(where, int) else where}: {why}")
        self.where, self.why = where, why


class Wrong(Exception):
    """Something is not as the page says; `at` adds where."""


def require(holds: bool, why: str) -> None:  # noqa: FBT001  (the one thing it is about)
    """Raise unless it holds."""
    if not holds:
        raise Wrong(why)


@contextmanager
def at(where: int | str) -> Iterator[None]:
    """Whatever is wrong in here is wrong at `where`."""
    try:
        yield
    except Wrong as wrong:
        raise Bad(where, str(wrong)) from wrong


# --- JSON and base64: one spelling each

_spelt_plain = json.JSONEncoder(ensure_ascii=False).encode
#: Letters that no text of ours holds: U+0000, and half of a pair that UTF-16 makes.
_NO_LETTER = re.compile(r"[\x00\ud800-\udfff]")


def jcs(value: object) -> bytes:
    """RFC 8785, for values without fractions."""
    return _spelt(value).encode()


def _spelt(value: object) -> str:
    if isinstance(value, dict):
        # RFC 8785 3.2.3: names in the order of their UTF-16 code units.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{_spelt(name)}:{_spelt(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_spelt, value)) + "]"
    # Strings as RFC 8785 3.2.2.2 wants them, true, false, null, and integers.
    return _spelt_plain(value)


def read_json(raw: bytes, *, most: int = 2 * 1024 * 1024) -> object:
    """A value out of canonical JSON."""
    value = read_any_json(raw, most=most)
    check_canonical(value, raw)
    return value


def read_any_json(raw: bytes, *, most: int = 2 * 1024 * 1024) -> object:
    """A value out of JSON in whatever spelling: what a browser wrote is not ours to spell."""
    require(len(raw) <= most, f"{len(raw)} bytes of JSON, at most {most}")
    try:
        value: object = json.loads(
            raw.decode(),
            object_pairs_hook=_names,
            parse_float=_refuse,
            parse_constant=_refuse,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as wrong:
        raise Wrong(f"not JSON: {wrong}") from wrong
    _check_value(value, depth=0)
    return value


def check_canonical(value: object, raw: bytes) -> None:
    """The bytes are their own RFC 8785 form."""
    require(jcs(value) == raw, "not in RFC 8785 form")


def _names(pairs: list[tuple[str, object]]) -> dict[str, object]:
    require(len({name for name, _ in pairs}) == len(pairs), "the same name twice in one object")
    return dict(pairs)


def _refuse(text: str) -> NoReturn:
    raise Wrong(f"{text} is no integer")


def _whole(text: str) -> int:
    require(len(text) <= 17 and abs(int(text)) < 2**53, f"{text[:40]} is beyond 2^53 - 1")
    return int(text)


def _check_value(value: object, *, depth: int) -> None:
    require(depth <= 32, "nested more than 32 levels deep")
    if isinstance(value, str):
        require(_NO_LETTER.search(value) is None, "a lone surrogate or U+0000")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_value(name, depth=depth)
            _check_value(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check_value(inner, depth=depth + 1)


def as_object(value: object, names: str, also: str = "") -> dict[str, object]:
    """An object with exactly these names, and perhaps some of `also`; `also="*"` takes any."""
    require(isinstance(value, dict), "no JSON object")
    assert isinstance(value, dict)
    must, may = set(names.split()), set(value) if also == "*" else {*names.split(), *also.split()}
    require(must <= set(value) <= may, f"names {sorted(value)}, expected {sorted(must)}")
    return value


def as_list(value: object, least: int, most: int) -> list[object]:
    """An array of so many members."""
    require(isinstance(value, list) and least <= len(value) <= most, f"no array of {least} to {most}")
    assert isinstance(value, list)
    return value


def as_text(value: object, pattern: str = "(?s).*") -> str:
    """Text of a given shape."""
    require(
        isinstance(value, str) and bool(re.fullmatch(pattern, value)), f"{value!r} does not fit {pattern}"
    )
    return str(value)


def as_number(value: object) -> int:
    """A number from 0 up; true and false are none."""
    require(type(value) is int and value >= 0, f"{value!r} is no number from 0 up")
    assert isinstance(value, int)
    return value


def as_bytes(value: object, length: int | None = None) -> bytes:
    """Bytes from base64 (RFC 4648 section 4, padded), in the only spelling they have."""
    text = as_text(value, "[A-Za-z0-9+/]*=*")
    try:
        raw = b64decode(text, validate=True)
    except ValueError as wrong:
        raise Wrong(f"not base64: {text[:60]}") from wrong
    require(b64encode(raw).decode() == text, f"base64 in another spelling: {text[:60]}")
    require(length is None or len(raw) == length, f"{len(raw)} bytes, expected {length}")
    return raw


# --- The tree (RFC 6962) and its head (C2SP)


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 2.1."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 2.1."""
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(row: Sequence[bytes]) -> bytes:
    """The root over leaf hashes: level by level, a last one without neighbour goes up as it is."""
    if not row:
        return hashlib.sha256().digest()
    while len(row) > 1:
        pairs = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        row = [*pairs, *row[len(pairs) * 2 :]]
    return row[0]


def check_inclusion(position: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 2.1.3.2."""
    require(position < size, f"position {position} in a tree of {size}")
    here, last, node = position, size - 1, leaf
    for hashed in proof:
        require(last > 0, "the proof is too long")
        if here & 1 or here == last:
            node = node_hash(hashed, node)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            node = node_hash(node, hashed)
        here, last = here >> 1, last >> 1
    require(last == 0 and node == root, "the proof does not lead to the root")


@dataclass(frozen=True)
class LogKey:
    """The log's public key as its `vkey` writes it."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> LogKey:
        """`<name>+<key id>+<base64 of 0x01 and the key>`."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = as_bytes(encoded, 33)
        expected = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        require(raw[0] == 1 and key_id == expected.hex(), "the vkey is no Ed25519 note key, or was mistyped")
        return cls(name, expected, raw[1:])


@dataclass(frozen=True)
class Head:
    """A checkpoint whose signature has been checked."""

    origin: str
    size: int
    root: bytes
    other_signatures: int
    signed_by: tuple[LogKey, ...]


def open_checkpoint(raw: bytes, keys: Sequence[LogKey]) -> Head:
    """The checkpoint in a note that one of these keys signed; which of them had to is asked by `check_keys_in_force`."""
    text, blank, lines = raw.rpartition(b"\n\n")
    require(bool(blank) and lines.endswith(b"\n"), "no signed note")
    require(all(byte >= 32 or byte == 10 for byte in raw), "a control character in the note")
    require(len(raw) <= 1_000_000, "a note of more than 1,000,000 bytes")
    text += b"\n"
    ours: list[LogKey] = []
    signatures = _utf8(lines)[:-1].split("\n")
    require(len(signatures) <= 100, "more than 100 signatures on a note")
    for line in signatures:
        found = as_text(line, "— [^ +\\s]+ [A-Za-z0-9+/=]+").split(" ")
        signature = as_bytes(found[2])
        require(len(signature) > 4, "a signature line without signature")
        for key in keys:
            if (found[1], signature[:4]) == (key.name, key.key_id):
                check_note_signature(key, text, signature[4:])
                ours.append(key)
    require(bool(ours), f"not signed by {keys[0].name}")
    checkpoint = _utf8(text)[:-1].split("\n")
    require(len(checkpoint) == 3, "a checkpoint has three lines")
    origin, size, root = checkpoint
    for key in ours:
        check_origin(origin, key)
    # A log has at least its genesis: its size is never 0.
    others = len(signatures) - len(ours)
    return Head(
        origin, int(as_text(size, "[1-9][0-9]{0,18}")), as_bytes(root, 32), others, signed_by=tuple(ours)
    )


def check_note_signature(key: LogKey, text: bytes, signature: bytes) -> None:
    """The log's signature over the text of its note."""
    check_ed25519(key.public, signature, text)


def check_origin(origin: str, key: LogKey) -> None:
    """A log's key is named like the log."""
    require(origin == key.name, f"a checkpoint of {origin}, expected {key.name}")


def check_ed25519(public: bytes, signature: bytes, message: bytes) -> None:
    """RFC 8032."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as wrong:
        raise Wrong("a signature does not fit") from wrong


def _utf8(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as wrong:
        raise Wrong("not UTF-8") from wrong


@dataclass(frozen=True)
class KeyChange:
    """A `log_key.v1`: from its entry on the new key signs, and the old one beside it until its time."""

    position: int
    old: LogKey
    new: LogKey
    until: int


def read_key_change(position: int, sheet: dict[str, object], origin: str) -> KeyChange:
    """Both keys are of this log and have signed the text that names them."""
    as_object(sheet, "old_vkey new_vkey until_ms old_signature new_signature")
    vkeys = as_text(sheet["old_vkey"]), as_text(sheet["new_vkey"])
    change = KeyChange(position, LogKey.parse(vkeys[0]), LogKey.parse(vkeys[1]), as_number(sheet["until_ms"]))
    require(change.old.name == change.new.name == origin, "a key of another log")
    text = f"suyuan/log-key/v1\n{origin}\n{vkeys[0]}\n{vkeys[1]}\n{change.until}\n".encode()
    check_note_signature(change.old, text, as_bytes(sheet["old_signature"]))
    check_note_signature(change.new, text, as_bytes(sheet["new_signature"]))
    return change


def check_keys_in_force(head: Head, at: int, changes: Sequence[KeyChange]) -> None:
    """Of the log's keys, those have signed that sign a tree of this size, whose last entry is of this time."""
    past = [one for one in changes if one.position < head.size]
    if changes:
        needed = [past[-1].new if past else changes[0].old, *(one.old for one in past if at <= one.until)]
        for key in needed:
            require(
                key in head.signed_by, f"not signed by the key {key.key_id.hex()}, which is in force there"
            )


def check_log_keys(listed: Sequence[LogKey], changes: Sequence[KeyChange]) -> None:
    """The keys that go with an export are all that the log had, the newest first."""
    if changes:
        chain = [*(one.new for one in reversed(changes)), changes[0].old]
        require(list(listed) == chain, "not the keys that the log's own statements name")
    else:
        require(len(listed) == 1, "more keys than the log ever had")


# --- Entries and statements


@dataclass(frozen=True)
class Entry:
    """One leaf."""

    at: int
    prev: bytes
    statement: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Entry:
        """RFC 8785 of {v, at, prev, statement}."""
        body = as_object(read_json(raw, most=1024), "v at prev statement")
        require(as_number(body["v"]) == 1, "entry version 1 expected")
        return cls(as_number(body["at"]), as_bytes(body["prev"], 32), as_bytes(body["statement"], 32))


def check_chain(entry: Entry, leaf_before: bytes) -> None:
    """The entry names the leaf hash before it."""
    require(entry.prev == leaf_before, "prev is not the leaf hash of the entry before")


def check_time(entry: Entry, at_before: int) -> None:
    """The log's clock never goes back."""
    require(entry.at >= at_before, f"at {entry.at} is less than {at_before} before it")


@dataclass(frozen=True)
class Statement:
    """An envelope with its header read. `items` are those that were shown, by their place."""

    digest: bytes
    payload: bytes
    signatures: list[tuple[str, bytes]]
    log: str
    id: str
    type: str
    issuer: str
    commitments: list[bytes]
    items: dict[int, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def parse(cls, envelope: object) -> Statement:
        """From DSSE; no signature has been checked yet."""
        body = as_object(envelope, "payload payloadType signatures")
        require(body["payloadType"] == PAYLOAD_TYPE, f"payloadType {body['payloadType']!r}")
        signatures = []
        for one in as_list(body["signatures"], 1, 4):
            line = as_object(one, "keyid sig")
            signatures.append((as_text(line["keyid"], "[0-9a-f]{64}"), as_bytes(line["sig"])))
        keyids = [keyid for keyid, _ in signatures]
        require(keyids == sorted(set(keyids)), "signatures not sorted by keyid, or one key twice")
        raw, payload = jcs(envelope), as_bytes(body["payload"])
        require(len(raw) <= 256 * 1024, f"an envelope of {len(raw)} bytes")
        header = as_object(
            read_json(payload, most=128 * 1024),
            "v log id type issuer occurred_at items",
            "on_behalf_of corrects",
        )
        require(as_number(header["v"]) == 1, "statement version 1 expected")
        _check_moment(as_text(header["occurred_at"], MOMENT))
        as_text(header.get("on_behalf_of", header["issuer"]), PARTY)
        as_text(header.get("corrects", header["id"]), UUID7)
        return cls(
            digest=hashlib.sha256(raw).digest(),
            payload=payload,
            signatures=signatures,
            log=as_text(header["log"]),
            id=as_text(header["id"], UUID7),
            type=as_text(header["type"], r"[a-z][a-z_]{1,39}\.v[1-9][0-9]{0,2}"),
            issuer=as_text(header["issuer"], PARTY),
            commitments=[as_bytes(one, 32) for one in as_list(header["items"], 1, 1000)],
        )

    def open(self, place: int, shown: object) -> None:
        """Take an item that was shown with its salt, if the two open the commitment in its place."""
        require(place < len(self.commitments), f"an item at place {place} of {len(self.commitments)}")
        one = as_object(shown, "item salt")
        raw, salt = as_bytes(one["item"]), as_bytes(one["salt"], 32)
        body = as_object(read_json(raw), "audience kind", "*")
        kind = as_text(body["kind"], "[a-z][a-z_]{0,39}")
        require(body["audience"] in AUDIENCES, f"audience {body['audience']!r}")
        require(len(raw) <= (1_500_000 if kind == "epcis_event" else 65_536), f"an item of {len(raw)} bytes")
        context = jcs(["suyuan/item/v1", self.log, self.issuer, self.id, place])
        check_commitment(hmac.digest(salt, context + b"\0" + raw, "sha256"), self.commitments[place])
        self.items[place] = body

    def sheet(self, kind: str) -> dict[str, object]:
        """The one item of a register statement."""
        require(len(self.commitments) == 1 and set(self.items) == {0}, "register statements are whole")
        sheet = {**self.items[0]}
        require((sheet.pop("kind"), sheet.pop("audience")) == (kind, "public"), f"no public item {kind}")
        return sheet


def check_commitment(opened: bytes, commitment: bytes) -> None:
    """HMAC-SHA256(salt, context || 0x00 || item) is what the header holds in this place."""
    require(hmac.compare_digest(opened, commitment), "an item does not open its commitment")


def check_digest(statement: Statement, entry: Entry) -> None:
    """The leaf digests these very envelope bytes."""
    require(statement.digest == entry.statement, "the envelope is not the one the entry digests")


def check_log(statement: Statement, origin: str) -> None:
    """A statement made for another log proves nothing here."""
    require(statement.log == origin, f"made for {statement.log}, not for {origin}")


def check_unique(statement: Statement, seen: Mapping[tuple[str, str], int]) -> None:
    """An issuer uses an id once."""
    before = seen.get((statement.issuer, statement.id))
    require(before is None, f"its issuer used this id before, in entry {before}")


def _check_moment(text: str) -> None:
    try:
        date.fromisoformat(text[:10])
    except ValueError as wrong:
        raise Wrong(f"no such day: {text}") from wrong
    require("1900" <= text[:4] <= "2999" and not text.endswith("-00:00"), f"no moment we know: {text}")


# --- The register: who may sign what, since when


KEY_NAMES = {
    "enrol": ("party role custody kind_of_key public_key", "rp_id use holder"),
    "rotate": ("replaces kind_of_key public_key", "rp_id use holder"),
    "revoke": ("keyid reason", ""),
    "compromised": ("party keyid since_ms", ""),
}
PUBLIC_BYTES = {"ed25519": 32, "es256": 65}
#: The field of Ed25519, and the heights of its eight points of small order.
P25519 = 2**255 - 19
Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = {0, 1, P25519 - 1, Y8, P25519 - Y8}
DOMAIN = "(?=.{1,253}$)(localhost|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+)"


@dataclass
class Key:
    """One key, from the entry that enrolled it to the one that ended it."""

    public: bytes
    party: str
    role: str
    custody: str
    since: int
    kind: str = "ed25519"
    rp_id: str | None = None
    until: int | None = None
    stolen_since: int | None = None
    use: str = "statement"

    @property
    def keyid(self) -> str:
        """What it is called in signatures."""
        return hashlib.sha256(self.kind.encode() + self.public).hexdigest()


@dataclass
class Register:
    """What the register statements say so far; whether they may say it is asked of their signatures, later."""

    origin: str
    clock: str = ""
    keys: dict[str, Key] = field(default_factory=dict)
    erased: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)
    log_keys: list[KeyChange] = field(default_factory=list)

    def read(self, position: int, statement: Statement) -> None:
        """Take in one statement; those of the trade change nothing."""
        check_genesis(position, statement)
        if statement.type == "genesis.v1":
            self._found(statement)
        elif statement.type == "key.v1":
            self._key(position, statement.sheet("key"))
        elif statement.type == "credential.v1":
            sheet = as_object(statement.sheet("credential"), "number party valid_from_ms valid_to_ms")
            as_text(sheet["party"], PARTY)
            require(
                as_number(sheet["valid_from_ms"]) <= as_number(sheet["valid_to_ms"]), "ends before it begins"
            )
        elif statement.type == "log_key.v1":
            self._log_key(read_key_change(position, statement.sheet("log_key"), self.origin))
        elif statement.type == "erasure.v1":
            self._erasure(position, statement)

    def _found(self, statement: Statement) -> None:
        names = "origin registrar_name clock kind_of_key public_key"
        followed = "follows_origin follows_size follows_root"
        sheet = as_object(statement.sheet("genesis"), names, followed)
        if "follows_origin" in sheet:
            as_text(as_object(sheet, f"{names} {followed}")["follows_origin"], "[^\\s]+")
            as_bytes(sheet["follows_root"], 32)
            require(as_number(sheet["follows_size"]) > 0, "follows a log that has no entry")
        else:
            as_object(sheet, names)
        require(sheet["origin"] == self.origin, f"the genesis of {sheet['origin']}, not of {self.origin}")
        self.clock = as_text(sheet["clock"], "real|simulated")
        # It signs its own enrolment, once, here: the only key that is used before entry 1.
        require(sheet["kind_of_key"] == "ed25519", "a log is founded with an Ed25519 key")
        self._enrol(self._new_key(sheet, statement.issuer, "registrar", "own", since=-1))

    def _key(self, position: int, sheet: dict[str, object]) -> None:
        action = as_text(sheet.get("action"), "|".join(KEY_NAMES))
        needed, others = KEY_NAMES[action]
        as_object(sheet, f"action {needed}", others)
        if action == "enrol":
            party, custody = as_text(sheet["party"], PARTY), as_text(sheet["custody"], "own|custodial")
            role = as_text(sheet["role"], "|".join(ROLES))
            self._enrol(self._new_key(sheet, party, role, custody, since=position))
        elif action == "rotate":
            old = self._active(sheet["replaces"])
            require(old.use == "statement" and sheet.get("use") != "label", "replaces a label key, or by one")
            self._enrol(self._new_key(sheet, old.party, old.role, "own", since=position))
            old.until = position
        elif action == "revoke":
            as_text(sheet["reason"], "|".join(REASONS))
            self._active(sheet["keyid"]).until = position
        else:
            self._stolen(position, sheet)

    def _stolen(self, position: int, sheet: dict[str, object]) -> None:
        key, since = self.keys.get(as_text(sheet["keyid"])), as_number(sheet["since_ms"])
        require(key is not None and key.party == sheet["party"], "reports a key that the party never had")
        assert key is not None
        before = key.stolen_since
        require(before is None or since < before, "reports a stolen key again, and not from earlier on")
        key.stolen_since = since
        key.until = position if key.until is None else key.until

    def _active(self, keyid: object) -> Key:
        key = self.keys.get(as_text(keyid))
        require(key is not None and key.until is None, "ends a key that is not active")
        assert key is not None
        return key

    def _new_key(self, sheet: dict[str, object], party: str, role: str, custody: str, *, since: int) -> Key:
        kind = as_text(sheet["kind_of_key"], "|".join(PUBLIC_BYTES))
        public = as_bytes(sheet["public_key"], PUBLIC_BYTES[kind])
        rp_id = as_text(sheet["rp_id"], DOMAIN) if "rp_id" in sheet else None
        require(rp_id is None or kind == "es256", "a passkey of another kind than es256")
        use = as_text(sheet.get("use", "statement"), "statement|label")
        require(use == "statement" or kind == "ed25519", "a label key of another kind than ed25519")
        if "holder" in sheet:
            as_text(sheet["holder"], "(per|dev)_[0-9a-hjkmnp-tv-z]{16}")
        if kind == "es256":
            read_point(public)
        else:
            y = int.from_bytes(public, "little") % 2**255 % P25519
            require(y not in SMALL_ORDER, "a point of small order, under which anything is signed")
        return Key(public, party, role, custody, since, kind=kind, rp_id=rp_id, use=use)

    def _enrol(self, key: Key) -> None:
        require(key.keyid not in self.keys, "enrols a key that was enrolled before")
        self.keys[key.keyid] = key

    def _log_key(self, change: KeyChange) -> None:
        before = [key for one in self.log_keys for key in (one.old, one.new)]
        require(not before or change.old == before[-1], "changes a key that is not the newest")
        require(change.new not in [*before, change.old], "brings a key that the log had before")
        self.log_keys.append(change)

    def _erasure(self, position: int, statement: Statement) -> None:
        require(
            set(statement.items) == set(range(len(statement.commitments))), "register statements are whole"
        )
        kinds = [item["kind"] for item in statement.items.values()]
        require(kinds == ["erasure"] + ["erased"] * (len(kinds) - 1), f"an erasure of items {kinds}")
        as_text(as_object(statement.items[0], "audience kind ground")["ground"])
        for place in range(1, len(kinds)):
            one = as_object(statement.items[place], "audience kind issuer statement places")
            target = as_text(one["issuer"], PARTY), as_text(one["statement"], UUID7)
            for gone in as_list(one["places"], 1, 1000):
                self.erased.setdefault(target, {})[as_number(gone)] = position


def check_genesis(position: int, statement: Statement) -> None:
    """Entry 0 founds the log, and no other does."""
    require((position == 0) == (statement.type == "genesis.v1"), f"{statement.type} at entry {position}")


def check_signatures(statement: Statement, position: int, register: Register, *, rights: bool = True) -> None:
    """Every signature is good, and the issuer's own is among them. `rights`: and it may say what it says of keys."""
    kind, payload = PAYLOAD_TYPE.encode(), statement.payload
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    signers = []
    for keyid, signature in statement.signatures:
        key = register.keys.get(keyid)
        require(key is not None, f"signed by a key that nobody enrolled, {keyid}")
        assert key is not None
        if statement.type == "key.v1" and key.since == position:
            # The key that this entry enrols proves that somebody holds it. It speaks for nobody.
            check_possession(key, signature, message)
            continue
        check_active(key, position)
        check_signature(key, signature, message)
        signers.append(key)
    check_issuer(statement, signers)
    if statement.type != "key.v1":
        check_registrar(statement, signers)
    elif rights:
        check_key_right(statement, position, signers, register)


def check_active(key: Key, position: int) -> None:
    """No key is used in or before its own enrolment, nor after the entry that revoked it."""
    require(key.since < position, f"signed by a key that was enrolled later, in entry {key.since}")
    require(key.until is None or position <= key.until, f"signed by a key revoked in entry {key.until}")
    require(key.use == "statement", "signed by a key that signs codes only")


def check_signature(key: Key, signature: bytes, message: bytes) -> None:
    """The signature is this key's, over the DSSE encoding of the payload, in the way it was enrolled for."""
    if key.kind == "ed25519":
        check_ed25519(key.public, signature, message)
    elif key.rp_id is None:
        check_es256(key.public, signature, message)
    else:
        check_passkey(key.public, key.rp_id, signature, message)


def check_possession(key: Key, signature: bytes, message: bytes) -> None:
    """A key that proves that somebody holds it does so by a good signature."""
    check_signature(key, signature, message)


def check_es256(public: bytes, signature: bytes, message: bytes) -> None:
    """ECDSA over P-256 and SHA-256; the two integers in DER, in its one spelling."""
    try:
        r, s = decode_dss_signature(signature)
    except ValueError as wrong:
        raise Wrong("not an ECDSA signature in DER") from wrong
    require(encode_dss_signature(r, s) == signature and r > 0 and s > 0, "not an ECDSA signature in DER")
    try:
        read_point(public).verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature as wrong:
        raise Wrong("the signature does not verify") from wrong


def read_point(public: bytes) -> EllipticCurvePublicKey:
    """A point on P-256, uncompressed."""
    require(public[0] == 4, "a point in another form than uncompressed")
    try:
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), public)
    except ValueError as wrong:
        raise Wrong("no point on P-256") from wrong


def check_passkey(public: bytes, rp_id: str, signature: bytes, message: bytes) -> None:
    """A WebAuthn assertion at this site, by a verified person, over these bytes and no others."""
    body = as_object(read_json(signature, most=8192), "authenticatorData clientDataJSON signature")
    data, client = as_bytes(body["authenticatorData"]), as_bytes(body["clientDataJSON"])
    told = as_object(read_any_json(client, most=8192), "type challenge origin", "*")
    require(told.get("type") == "webauthn.get", "an assertion of another type")
    challenge = urlsafe_b64encode(hashlib.sha256(message).digest()).rstrip(b"=").decode()
    require(told.get("challenge") == challenge, "an assertion over something else")
    origin = as_text(told.get("origin"), "(https://[a-z0-9.-]{1,253}|http://localhost)(:[0-9]{1,5})?")
    host = origin.split("//")[1].split(":")[0]
    require(host == rp_id or host.endswith(f".{rp_id}"), f"an assertion made at {host}")
    require(told.get("crossOrigin", False) is False, "an assertion made within another site")
    require(len(data) >= 37, "authenticator data of less than 37 bytes")
    require(data[:32] == hashlib.sha256(rp_id.encode()).digest(), "an assertion for another site")
    require(data[32] & 1 == 1, "nobody was there")
    require(data[32] & 4 == 4, "the person was not verified")
    check_es256(public, as_bytes(body["signature"]), data + hashlib.sha256(client).digest())


def check_key_right(statement: Statement, position: int, signers: Sequence[Key], register: Register) -> None:
    """The registrar keeps the register; a party with a key of its own has a say in its own keys."""
    sheet = statement.sheet("key")
    action, signed = sheet["action"], {keyid for keyid, _ in statement.signatures}
    new = [key for key in register.keys.values() if key.since == position]
    if any(key.custody == "own" for key in new):
        require(new[0].keyid in signed, "nobody shows that he holds the new key")
    role = next(key.role for key in signers if key.party == statement.issuer)
    if role == "registrar" and action in {"enrol", "revoke"}:
        return
    mine = [key for key in signers if key.party == statement.issuer and key.custody == "own"]
    if action == "rotate":
        may = sheet["replaces"] in {key.keyid for key in mine} and new[0].party == statement.issuer
    elif action == "enrol":
        may = (new[0].party, new[0].custody) == (statement.issuer, "own")
        may = may and new[0].role in {key.role for key in mine}
    else:
        about = register.keys[as_text(sheet["keyid"])]
        may = bool({key.keyid for key in mine} - {about.keyid})
        may = may and (about.party == statement.issuer or role == "registrar")
    require(may, f"{statement.issuer} may not say this of that key")


def check_issuer(statement: Statement, signers: Sequence[Key]) -> None:
    """Nobody else's signature speaks for the issuer."""
    require(any(key.party == statement.issuer for key in signers), f"{statement.issuer} has not signed")


def check_registrar(statement: Statement, signers: Sequence[Key]) -> None:
    """The register is kept by the registrar alone."""
    role = next((key.role for key in signers if key.party == statement.issuer), "nobody")
    require(statement.type not in REGISTER_TYPES or role == "registrar", f"{statement.type} by {role}")


# --- An exported log


@dataclass
class Report:
    """What was checked, and what was not."""

    origin: str
    size: int
    root: bytes
    clock: str = ""
    checkpoints: int = 0
    statements: int = 0
    items: int = 0
    signatures: int = 0
    keys: int = 0
    items_erased: int = 0
    items_withheld: int = 0
    statements_withheld: int = 0
    other_signatures: int = 0

    def not_checked(self) -> list[str]:
        """In words, for whoever relies on this."""
        said = [
            "whether this is the newest checkpoint, and whether others were shown the same one",
            "whether what the statements say is true, and whether it fits their types",
        ]
        if self.other_signatures:
            said.append(f"{self.other_signatures} signatures on the checkpoint by keys that were not given")
        if self.items_withheld:
            said.append(f"{self.items_withheld} items that are withheld")
        if self.statements_withheld:
            said.append(
                f"{self.statements_withheld} statements that are withheld: a revocation, an erasure or an id used"
                " twice may be among them"
            )
        return said

    def __str__(self) -> str:
        root = b64encode(self.root).decode()
        lines = [f"log {self.origin}: {self.size} entries, root {root}, {self.clock} clock"]
        lines.append(
            f"checked: {self.statements} statements, {self.items} items, {self.signatures} signatures"
        )
        lines.append(f"checked: {self.keys} keys enrolled; {self.items_erased} items missing by an erasure")
        lines.append(f"checked: {self.checkpoints} earlier checkpoints")
        return "\n".join(lines + [f"not checked: {one}" for one in self.not_checked()])


def verify_export(folder: Path, vkey: str, *, complete: bool = False) -> Report:
    """Check an exported log in a folder. With `complete`, nothing may be withheld."""
    found = sorted(path for path in folder.rglob("*") if not path.is_dir())
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return verify_files(files, vkey, complete=complete)


def verify_files(files: Mapping[str, bytes], vkey: str, *, complete: bool = False) -> Report:
    """As `verify_export`, for the files by their paths."""
    with at("vkey"):
        listed = _utf8(files.get("vkey", b"")).split("\n")
        require(vkey in listed[:-1] and listed[-1] == "", "not the public key that was given")
        keys = [LogKey.parse(one) for one in listed[:-1]]
    with at("checkpoint"):
        head = open_checkpoint(files.get("checkpoint", b""), keys)
    check_files(files, head.size)
    entries, leaves = read_tree(files, head)
    earlier = read_checkpoints(files, keys, leaves)
    register = Register(head.origin)
    statements = read_statements(files, entries, register)
    with at("vkey"):
        check_log_keys(keys, register.log_keys)
    for path, one in {**earlier, "checkpoint": head}.items():
        with at(path):
            check_keys_in_force(one, entries[one.size - 1].at, register.log_keys)
    report = Report(
        head.origin, head.size, head.root, checkpoints=len(earlier), other_signatures=head.other_signatures
    )
    for position, statement in enumerate(statements):
        with at(position):
            if statement is None:
                check_nothing_withheld(complete, "its statement")
                report.statements_withheld += 1
                continue
            check_signatures(statement, position, register)
            check_missing(statement, position, register, report, complete=complete)
            report.statements += 1
            report.signatures += len(statement.signatures)
            report.items += len(statement.items)
    report.keys, report.clock = len(register.keys), register.clock
    return report


def number_path(number: int, width: int) -> str:
    """C2SP tlog-tiles: three digits a group, all but the last behind an x; a partial tile says how wide it is."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups) + (f".p/{width}" if width < TILE else "")


def level_paths(level: str, count: int) -> list[str]:
    """The files that hold `count` hashes, or entries, of one level."""
    return [f"tile/{level}/{number_path(i // TILE, min(TILE, count - i))}" for i in range(0, count, TILE)]


def statement_path(position: int) -> str:
    """Where an exported statement lies."""
    return f"statements/{position:09d}.json"


def checkpoint_path(size: int) -> str:
    """Where a checkpoint that was signed before lies."""
    return f"checkpoints/{size:09d}"


def check_files(files: Mapping[str, bytes], size: int) -> None:
    """Everything is there, and nothing else: what nobody reads could say anything."""
    expected = {"vkey", "checkpoint", *level_paths("entries", size)}
    level = 0
    while size >> 8 * level:
        expected.update(level_paths(str(level), size >> 8 * level))
        level += 1
    for position in range(size):
        if statement_path(position) not in files:
            raise Bad(position, "its statement's file is missing")
        expected.add(statement_path(position))
    # Of the checkpoints that were signed before, as many as one likes.
    expected |= {checkpoint_path(before) for before in range(1, size + 1)} & set(files)
    for path in sorted(expected - set(files)):
        raise Bad(path, "missing")
    for path in sorted(set(files) - expected):
        raise Bad(path, "no part of an export of this size")


def read_tree(files: Mapping[str, bytes], head: Head) -> tuple[list[Entry], list[bytes]]:
    """The entries and their leaf hashes, if the tiles at every level and the signed root are theirs."""
    entries: list[Entry] = []
    leaves: list[bytes] = []
    for position, raw, hashed in _leaves(files, head.size):
        with at(position):
            check_hash(leaf_hash(raw), hashed)
            entry = Entry.parse(raw)
            check_chain(entry, leaves[-1] if leaves else bytes(32))
            check_time(entry, entries[-1].at if entries else 0)
        entries.append(entry)
        leaves.append(leaf_hash(raw))
    row, level = leaves, 0
    while row:
        for number, path in enumerate(level_paths(str(level), len(row))):
            with at(path):
                check_tile(files[path], row[number * TILE : (number + 1) * TILE])
        row = [tree_root(row[i : i + TILE]) for i in range(0, len(row) - TILE + 1, TILE)]
        level += 1
    with at("checkpoint"):
        check_root(tree_root(leaves), head.root)
    return entries, leaves


def read_checkpoints(
    files: Mapping[str, bytes], keys: Sequence[LogKey], leaves: Sequence[bytes]
) -> dict[str, Head]:
    """The checkpoints that were signed before, if the log has only grown since each of them."""
    found: dict[str, Head] = {}
    for size, root in growing_roots(leaves):
        path = checkpoint_path(size)
        if path in files:
            with at(path):
                before = open_checkpoint(files[path], keys)
                require(before.size == size, f"a checkpoint of {before.size} entries")
                check_root(root, before.root)
            found[path] = before
    return found


def growing_roots(leaves: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    """The root of the tree at each size. Kept are its perfect subtrees, as (width, hash), the largest first."""
    subtrees: list[tuple[int, bytes]] = []
    for size, leaf in enumerate(leaves, start=1):
        width, node = 1, leaf
        while subtrees and subtrees[-1][0] == width:
            width, node = 2 * width, node_hash(subtrees.pop()[1], node)
        subtrees.append((width, node))
        for _, left in reversed(subtrees[:-1]):
            node = node_hash(left, node)
        yield size, node


def _leaves(files: Mapping[str, bytes], size: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Each entry's position, its bytes, and what the tiles of level 0 say is their hash."""
    bundles, tiles = level_paths("entries", size), level_paths("0", size)
    for number, (bundle, tile) in enumerate(zip(bundles, tiles, strict=True)):
        raw, start, first = files[bundle], 0, number * TILE
        for position in range(first, min(first + TILE, size)):
            stop = start + 2 + int.from_bytes(raw[start : start + 2], "big")
            with at(position):
                require(start + 2 <= len(raw) >= stop, f"{bundle} ends within this entry")
            yield position, raw[start + 2 : stop], files[tile][(position - first) * 32 :][:32]
            start = stop
        with at(bundle):
            require(start == len(raw), "bytes behind the last entry")


def check_hash(computed: bytes, stored: bytes) -> None:
    """The tile of level 0 has the leaf hash of the entry."""
    require(computed == stored, "the entry and its leaf hash in tile/0 differ")


def check_tile(stored: bytes, row: Sequence[bytes]) -> None:
    """A tile is the hashes of its row in sequence."""
    require(stored == b"".join(row), "not the hashes of the tree")


def check_root(computed: bytes, signed: bytes) -> None:
    """The root over all entries is the one the log signed."""
    require(computed == signed, "the entries do not lead to the signed root")


def read_statements(
    files: Mapping[str, bytes], entries: Sequence[Entry], register: Register
) -> list[Statement | None]:
    """The statements with their items, and the register they make; None for one that is withheld."""
    statements: list[Statement | None] = []
    seen: dict[tuple[str, str], int] = {}
    for position, entry in enumerate(entries):
        with at(position):
            raw = files[statement_path(position)]
            body = as_object(read_json(raw, most=2**30), "v position envelope items")
            require(
                (as_number(body["v"]), as_number(body["position"])) == (1, position), "v 1 and its position"
            )
            if body["envelope"] is None:
                check_genesis_is_shown(position)
                as_list(body["items"], 0, 0)
                statements.append(None)
                continue
            statement = Statement.parse(body["envelope"])
            check_digest(statement, entry)
            check_log(statement, register.origin)
            check_unique(statement, seen)
            seen[statement.issuer, statement.id] = position
            count = len(statement.commitments)
            for place, shown in enumerate(as_list(body["items"], count, count)):
                if shown is not None:
                    statement.open(place, shown)
            register.read(position, statement)
        statements.append(statement)
    return statements


def check_genesis_is_shown(position: int) -> None:
    """Without entry 0 nobody is known to sign anything."""
    require(position > 0, "the genesis is withheld")


def check_nothing_withheld(complete: bool, what: str) -> None:  # noqa: FBT001  (a question, not a switch)
    """A complete export shows whatever was not erased."""
    require(not complete, f"{what} is withheld, and no erasure says why")


def check_missing(
    statement: Statement, position: int, register: Register, report: Report, *, complete: bool
) -> None:
    """Each item is either shown, or named by a later erasure, or withheld."""
    erased = register.erased.get((statement.issuer, statement.id), {})
    for place in range(len(statement.commitments)):
        gone = erased.get(place, -1) > position and statement.type not in REGISTER_TYPES
        if place in statement.items:
            check_gone(gone, place)
        elif gone:
            report.items_erased += 1
        else:
            check_nothing_withheld(complete, f"item {place}")
            report.items_withheld += 1


def check_gone(erased: bool, place: int) -> None:  # noqa: FBT001  (as above)
    """What an erasure names is gone."""
    require(not erased, f"item {place} is shown, and an erasure says it was erased")


# --- A disclosure


@dataclass(frozen=True)
class Disclosed:
    """What a disclosure has been found to show."""

    origin: str
    clock: str
    position: int
    at: int
    type: str
    issuer: str
    items: dict[int, dict[str, object]]
    signers: list[Key]


def verify_disclosure(data: bytes, vkey: str) -> Disclosed:
    """Check one disclosure file with the log's public key, or with several of its keys, one a line."""
    with at("disclosure"):
        names = "v kind position entry envelope items proof register"
        body = as_object(read_json(data, most=16 * 1024 * 1024), names)
        require(
            (as_number(body["v"]), body["kind"]) == (1, "suyuan/disclosure/v1"), "of another version or kind"
        )
        note = as_text(body["proof"]).partition("\n\n")[2].encode()
        head = open_checkpoint(note, [LogKey.parse(one) for one in vkey.split()])
        listed = [
            as_object(one, "position entry envelope items proof") for one in as_list(body["register"], 1, 256)
        ]
    register = Register(head.origin)
    shown: dict[int, Statement] = {}
    for number, one in enumerate(listed):
        with at(f"register[{number}]"):
            position, _, statement = _read_shown(one, head, note)
            require(position > max(shown, default=-1), "the register stands in the order of the log")
            require(
                position == 0 or statement.sheet("key").get("action") in {"enrol", "rotate"}, "no enrolment"
            )
            register.read(position, statement)
            check_signatures(statement, position, register)
            shown[position] = statement
    with at("disclosure"):
        position, entry, statement = _read_shown(body, head, note)
        require(position > 0, "the genesis is in every disclosure and needs none")
        # What it says of a key it says of one that need not be in this file.
        check_signatures(statement, position, register, rights=False)
        check_nothing_else(statement, register, shown)
    signers = [register.keys[keyid] for keyid, _ in statement.signatures]
    return Disclosed(
        head.origin,
        register.clock,
        position,
        entry.at,
        statement.type,
        statement.issuer,
        statement.items,
        signers,
    )


def _read_shown(one: dict[str, object], head: Head, note: bytes) -> tuple[int, Entry, Statement]:
    """One statement of a disclosure, if its entry is in the tree and digests it."""
    position, raw = as_number(one["position"]), as_bytes(one["entry"])
    above, _, checkpoint = as_text(one["proof"]).partition("\n\n")
    first, index, *hashes = [*above.split("\n"), ""]
    require(checkpoint.encode() == note, "proved against another checkpoint")
    require((first, index) == ("c2sp.org/tlog-proof@v1", f"index {position}"), "no proof of its position")
    proof = [as_bytes(line, 32) for line in hashes[:-1]]
    check_inclusion(position, head.size, leaf_hash(raw), proof, head.root)
    entry, statement = Entry.parse(raw), Statement.parse(one["envelope"])
    check_digest(statement, entry)
    check_log(statement, head.origin)
    last = -1
    for item in as_list(one["items"], 0, 1000):
        body = as_object(item, "place item salt")
        place = as_number(body["place"])
        require(place > last, "items stand in the order of their places")
        statement.open(place, {"item": body["item"], "salt": body["salt"]})
        last = place
    return position, entry, statement


def check_nothing_else(statement: Statement, register: Register, shown: Mapping[int, Statement]) -> None:
    """Every enrolment that is shown is there for a signature that is shown."""
    needed, waiting = {0}, [statement]
    while waiting:
        for keyid, _ in waiting.pop().signatures:
            since = max(register.keys[keyid].since, 0)
            if since not in needed:
                needed.add(since)
                waiting.append(shown[since])
    require(set(shown) == needed, f"shows entries {sorted(set(shown) - needed)}, which nothing rests on")


def main() -> None:
    """Check one folder and say what was found."""
    parser = argparse.ArgumentParser(description="Checks an exported log by docs/formats.md alone.")
    parser.add_argument("folder", type=Path, help="the exported log")
    parser.add_argument("vkey", help="the log's public key, from somebody you trust")
    parser.add_argument("--complete", action="store_true", help="nothing may be withheld")
    wanted = parser.parse_args()
    try:
        report = verify_export(wanted.folder, wanted.vkey, complete=wanted.complete)
    except Bad as bad:
        sys.exit(f"BAD {bad}")
    sys.stdout.write(f"{report}\n")


if __name__ == "__main__":
    main()
