"""A statement: what a party claims, and signs.

    items     the smallest things that can be shown or erased, each with who may read it
    header    one small object naming log, issuer, type, time and a commitment to every item
    envelope  DSSE: the header's bytes and one to four signatures over them

The header can be published and the envelope kept for ever; an item shows nothing until its 32-byte salt is given with it. The exact
bytes stand in `docs/formats.md`. Whether a signature's key may say this is decided by `ledger.register` and `ledger.gate`.
"""

from __future__ import annotations

import hmac
import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, Self, TypeVar, get_args

from ledger.canonical import Json, JsonObject, canonical, read_canonical
from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import base64_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.keys import Signer

Audience = Literal["public", "chain", "parties", "officials"]
#: From what anyone may read to what only officials may; see the table in `docs/architecture.md`.
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

PAYLOAD_TYPE = "application/vnd.suyuan.statement+json"
STATEMENT_VERSION = 1
ITEM_DOMAIN = "suyuan/item/v1"
SALT_BYTES = 32
COMMITMENT_BYTES = 32
#: One trade line, one counterparty, one fact sheet: far below this. `epcis_event` alone may hold more.
ITEM_BYTES_MAX = 64 * 1024
#: 1 MiB of foreign bytes, written as base64 inside the item.
EPCIS_ITEM_BYTES_MAX = 1_500_000
ITEMS_MAX = 1_000
SIGNATURES_MAX = 4
#: The leaf holds only a digest, so this bounds storage, not the log.
PAYLOAD_BYTES_MAX = 128 * 1024

_Value = TypeVar("_Value")

_NAMES = frozenset({"v", "log", "id", "type", "issuer", "occurred_at", "items", "on_behalf_of", "corrects"})
_TYPE = re.compile(r"[a-z][a-z_]{1,39}\.v[1-9][0-9]{0,2}", re.ASCII)
_KIND = re.compile(r"[a-z][a-z_]{0,39}", re.ASCII)
_KEYID = re.compile(r"[0-9a-f]{64}", re.ASCII)


class CommitmentWrong(Refusal):
    """An item or salt does not open the commitment that the header holds in its place."""

    title = Words(zh="内容与承诺值不符", en="item does not match its commitment")


@dataclass(frozen=True, slots=True)
class Item:
    """The smallest thing that can be disclosed or erased, as its exact bytes.

    `kind` names the fact sheet (`batch`, `line`, `contact`); `audience` names who may read it.
    """

    raw: bytes
    audience: Audience
    kind: str
    fields: JsonObject

    @classmethod
    def of(cls, kind: str, audience: Audience, fields: JsonObject) -> Self:
        """An item from its fields; the bytes are made here, once."""
        return cls.parse(item_bytes(kind, audience, fields))

    @classmethod
    def parse(cls, raw: bytes, *, field: str = "item") -> Self:
        """An item from its bytes, which must be RFC 8785 of an object with `audience` and `kind`."""
        body = read_canonical(raw, field=field, bytes_max=EPCIS_ITEM_BYTES_MAX)
        audience, kind = body.get("audience"), body.get("kind")
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            raise Malformed(
                field=f"{field}.kind",
                came=kind,
                expected=Words(zh="小写字母和下划线", en="lower-case letters and _"),
            )
        if len(raw) > ITEM_BYTES_MAX and kind != "epcis_event":
            raise TooLarge(
                field=field,
                came=f"{len(raw)} bytes",
                expected=Words(zh=f"最多 {ITEM_BYTES_MAX} 字节", en=f"at most {ITEM_BYTES_MAX} bytes"),
            )
        fields = {name: value for name, value in body.items() if name not in {"audience", "kind"}}
        for known in AUDIENCES:
            if audience == known:
                return cls(raw=raw, audience=known, kind=kind, fields=fields)
        raise Malformed(
            field=f"{field}.audience",
            came=audience,
            expected=Words(zh="、".join(AUDIENCES), en=", ".join(AUDIENCES)),
        )


def item_bytes(kind: str, audience: Audience, fields: JsonObject) -> bytes:
    """The exact bytes of an item with these fields."""
    return canonical({**fields, "audience": audience, "kind": kind})


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item with the salt that opens its commitment. Whoever holds both can show it; nobody else can guess it."""

    item: Item
    salt: bytes

    def commitment(self, *, log: str, issuer: PartyId, statement: StatementId, place: int) -> bytes:
        """HMAC-SHA256(salt, RFC 8785 of [domain, log, issuer, id, place] ‖ 0x00 ‖ item bytes).

        The context makes an opening fit this log, issuer, statement and place only.
        """
        context = canonical([ITEM_DOMAIN, log, str(issuer), str(statement), place])
        # 0x00 cannot occur in the context, so context and item cannot be cut in two ways.
        return hmac.digest(self.salt, context + b"\x00" + self.item.raw, "sha256")

    def as_json(self) -> dict[str, Json]:
        """For transport and storage: salt and item bytes in base64."""
        return {
            "item": b64encode(self.item.raw).decode("ascii"),
            "salt": b64encode(self.salt).decode("ascii"),
        }

    @classmethod
    def from_json(cls, value: Json, *, field: str) -> Self:
        """The inverse of `as_json`; salts of any length but 32 bytes are refused."""
        if not isinstance(value, Mapping) or value.keys() != {"item", "salt"}:
            came = sorted(value) if isinstance(value, Mapping) else value
            raise Malformed(
                field=field, came=came, expected=Words(zh="恰好 item 和 salt", en="exactly item and salt")
            )
        salt = base64_bytes(_text(value, "salt", field), field=f"{field}.salt")
        if len(salt) != SALT_BYTES:
            raise Malformed(
                field=f"{field}.salt",
                came=f"{len(salt)} bytes",
                expected=Words(zh="恰好 32 字节", en="exactly 32 bytes"),
            )
        raw = base64_bytes(_text(value, "item", field), field=f"{field}.item")
        return cls(item=Item.parse(raw, field=f"{field}.item"), salt=salt)


@dataclass(frozen=True, slots=True)
class Header:
    """What is signed. `occurred_at` is the issuer's claim about when it happened; the log has its own clock."""

    log: str
    id: StatementId
    type: str
    issuer: PartyId
    occurred_at: Instant
    items: tuple[bytes, ...]
    on_behalf_of: PartyId | None = None
    corrects: StatementId | None = None

    def payload(self) -> bytes:
        """RFC 8785 bytes: these are what the signatures cover."""
        body: dict[str, Json] = {
            "v": STATEMENT_VERSION,
            "log": self.log,
            "id": str(self.id),
            "type": self.type,
            "issuer": str(self.issuer),
            "occurred_at": str(self.occurred_at),
            "items": [b64encode(commitment).decode("ascii") for commitment in self.items],
        }
        if self.on_behalf_of is not None:
            body["on_behalf_of"] = str(self.on_behalf_of)
        if self.corrects is not None:
            body["corrects"] = str(self.corrects)
        return canonical(body)

    @classmethod
    def parse(cls, payload: bytes, *, field: str = "payload") -> Self:
        """A header from signed bytes; they must be their own RFC 8785 form and hold nothing unknown."""
        body = read_canonical(payload, field=field, bytes_max=PAYLOAD_BYTES_MAX)
        for name in body:
            if name not in _NAMES:
                raise Malformed(
                    field=f"{field}.{name}", came=name, expected=Words(zh="已知字段", en="a known field")
                )
        if body.get("v") != STATEMENT_VERSION or isinstance(body.get("v"), bool):
            raise Malformed(field=f"{field}.v", came=body.get("v"), expected=Words(zh="1", en="1"))
        kind = _text(body, "type", field)
        if not _TYPE.fullmatch(kind):
            raise Malformed(
                field=f"{field}.type", came=kind, expected=Words(zh="如 shipment.v1", en="like shipment.v1")
            )
        return cls(
            log=_text(body, "log", field),
            id=_at(field, "id", StatementId.parse, _text(body, "id", field)),
            type=kind,
            issuer=_at(field, "issuer", PartyId.parse, _text(body, "issuer", field)),
            occurred_at=_at(field, "occurred_at", Instant.parse, _text(body, "occurred_at", field)),
            items=_commitments(body.get("items"), field=f"{field}.items"),
            on_behalf_of=(
                _at(field, "on_behalf_of", PartyId.parse, _text(body, "on_behalf_of", field))
                if "on_behalf_of" in body
                else None
            ),
            corrects=_at(field, "corrects", StatementId.parse, _text(body, "corrects", field))
            if "corrects" in body
            else None,
        )


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope: which key, and its bytes."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """DSSE: exactly `payload`, `payloadType` and `signatures`, one to four of them sorted by key id."""

    payload: bytes
    signatures: tuple[Signature, ...]
    #: Its bytes, once somebody asked.
    _raw: bytes | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def raw(self) -> bytes:
        """RFC 8785 bytes of the envelope: what the log's leaf digests."""
        if self._raw is not None:
            return self._raw
        raw = canonical(self.as_json())
        object.__setattr__(self, "_raw", raw)
        return raw

    @property
    def digest(self) -> bytes:
        """SHA-256 of the envelope bytes: the only trace of a statement in the public log."""
        return sha256(self.raw).digest()

    def signed_bytes(self) -> bytes:
        """DSSE pre-authentication encoding: what each signature is made over."""
        return pre_authentication_encoding(self.payload)

    def as_json(self) -> dict[str, Json]:
        """As it travels."""
        return {
            "payload": b64encode(self.payload).decode("ascii"),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": s.keyid, "sig": b64encode(s.sig).decode("ascii")} for s in self.signatures
            ],
        }

    @classmethod
    def from_json(cls, value: Json, *, field: str = "envelope") -> Self:
        """An envelope as it travels; anything but its one shape is refused."""
        if not isinstance(value, Mapping) or value.keys() != {"payload", "payloadType", "signatures"}:
            came = sorted(value) if isinstance(value, Mapping) else value
            expected = "payload, payloadType, signatures"
            raise Malformed(
                field=field, came=came, expected=Words(zh=f"恰好 {expected}", en=f"exactly {expected}")
            )
        if value["payloadType"] != PAYLOAD_TYPE:
            raise Malformed(
                field=f"{field}.payloadType",
                came=value["payloadType"],
                expected=Words(zh=PAYLOAD_TYPE, en=PAYLOAD_TYPE),
            )
        signatures = _signatures(value["signatures"], field=f"{field}.signatures")
        payload = base64_bytes(_text(value, "payload", field), field=f"{field}.payload")
        return cls(payload=payload, signatures=signatures)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """An envelope from stored bytes, which must be their own RFC 8785 form."""
        return cls.from_json(read_canonical(raw, field="envelope", bytes_max=2 * PAYLOAD_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class Statement:
    """An envelope with its header read and its items opened: every commitment has been checked, no signature yet."""

    envelope: Envelope
    header: Header
    opened: tuple[OpenedItem, ...]

    @classmethod
    def open(cls, envelope: Envelope, opened: Sequence[OpenedItem]) -> Self:
        """Read the header and check that every item and salt is there and matches its commitment."""
        header = Header.parse(envelope.payload)
        if len(opened) != len(header.items):
            raise CommitmentWrong(
                field="items",
                came=f"{len(opened)} items",
                expected=Words(
                    zh=f"与签名一致的 {len(header.items)} 项",
                    en=f"the {len(header.items)} items that were signed",
                ),
            )
        for place, (one, commitment) in enumerate(zip(opened, header.items, strict=True)):
            check_commitment(one, commitment, header=header, place=place)
        return cls(envelope=envelope, header=header, opened=tuple(opened))

    @property
    def items(self) -> tuple[Item, ...]:
        """The items without their salts."""
        return tuple(one.item for one in self.opened)

    def as_json(self) -> dict[str, Json]:
        """As a client sends it: the envelope and every opened item in its place."""
        return {"envelope": self.envelope.as_json(), "items": [one.as_json() for one in self.opened]}

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """As a client sends it: `{"envelope": …, "items": [{"item": …, "salt": …}, …]}`."""
        if not isinstance(value, Mapping) or set(value) != {"envelope", "items"}:
            came = sorted(value) if isinstance(value, Mapping) else value
            raise Malformed(
                field="",
                came=came,
                expected=Words(zh="恰好 envelope 和 items", en="exactly envelope and items"),
            )
        items = value["items"]
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise Malformed(field="items", came=items, expected=Words(zh="数组", en="an array"))
        _check_count(items, field="items")
        opened = [OpenedItem.from_json(one, field=f"items[{place}]") for place, one in enumerate(items)]
        return cls.open(Envelope.from_json(value["envelope"]), opened)


def sign_statement(  # noqa: PLR0913  (each argument is one field of the header)
    items: Sequence[Item],
    *,
    log: str,
    statement_id: StatementId,
    type_name: str,
    issuer: PartyId,
    occurred_at: Instant,
    signers: Sequence[Signer],
    on_behalf_of: PartyId | None = None,
    corrects: StatementId | None = None,
    randomness: Callable[[int], bytes] = os.urandom,
) -> Statement:
    """Make a statement: draw the salts, commit to the items, sign the header."""
    opened = tuple(OpenedItem(item=item, salt=randomness(SALT_BYTES)) for item in items)
    header = Header(
        log=log,
        id=statement_id,
        type=type_name,
        issuer=issuer,
        occurred_at=occurred_at,
        items=tuple(
            one.commitment(log=log, issuer=issuer, statement=statement_id, place=place)
            for place, one in enumerate(opened)
        ),
        on_behalf_of=on_behalf_of,
        corrects=corrects,
    )
    payload = header.payload()
    message = pre_authentication_encoding(payload)
    signatures = sorted(
        (Signature(keyid=signer.public.keyid, sig=signer.sign(message)) for signer in signers),
        key=lambda s: s.keyid,
    )
    return Statement(
        envelope=Envelope(payload=payload, signatures=tuple(signatures)), header=header, opened=opened
    )


def check_commitment(one: OpenedItem, commitment: bytes, *, header: Header, place: int) -> None:
    """Raise `CommitmentWrong` unless this item and salt open the commitment at this place of this header."""
    ours = one.commitment(log=header.log, issuer=header.issuer, statement=header.id, place=place)
    if not hmac.compare_digest(ours, commitment):
        raise CommitmentWrong(
            field=f"items[{place}]",
            came=one.item.kind,
            expected=Words(zh="签名时的内容和盐值", en="the item and salt that were signed"),
        )


def pre_authentication_encoding(payload: bytes) -> bytes:
    """DSSE protocol, "PAE": lengths in front, so that no two (type, payload) pairs give the same bytes."""
    kind = PAYLOAD_TYPE.encode("ascii")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _text(value: Json, name: str, field: str) -> str:
    inner = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(inner, str):
        raise Malformed(field=f"{field}.{name}", came=inner, expected=Words(zh="文字", en="text"))
    return inner


def _at(field: str, name: str, parse: Callable[[str], _Value], text: str) -> _Value:
    try:
        return parse(text)
    except Refusal as wrong:
        raise type(wrong)(field=f"{field}.{name}", came=wrong.came, expected=wrong.expected) from wrong


def _check_count(items: Sequence[Json], *, field: str) -> None:
    check_count(items, ITEMS_MAX, Words(zh=f"1 至 {ITEMS_MAX} 项", en=f"1 to {ITEMS_MAX} items"), field=field)


def check_count(listed: Sequence[object], most: int, expected: Words, *, field: str) -> None:
    """Raise unless a list holds something, and no more than it may: `Malformed`, `TooLarge`."""
    if not listed:
        raise Malformed(field=field, came="[]", expected=expected)
    if len(listed) > most:
        raise TooLarge(field=field, came=len(listed), expected=expected)


def _commitments(value: Json, *, field: str) -> tuple[bytes, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Malformed(field=field, came=value, expected=Words(zh="数组", en="an array"))
    _check_count(value, field=field)
    commitments = []
    for place, text in enumerate(value):
        raw = base64_bytes(text if isinstance(text, str) else "?", field=f"{field}[{place}]")
        if len(raw) != COMMITMENT_BYTES:
            raise Malformed(field=f"{field}[{place}]", came=text, expected=Words(zh="32 字节", en="32 bytes"))
        commitments.append(raw)
    return tuple(commitments)


def _signatures(value: Json, *, field: str) -> tuple[Signature, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not 1 <= len(value) <= SIGNATURES_MAX:
        raise Malformed(field=field, came=value, expected=Words(zh="1 至 4 个签名", en="1 to 4 signatures"))
    signatures = []
    for place, one in enumerate(value):
        where = f"{field}[{place}]"
        if not isinstance(one, Mapping) or one.keys() != {"keyid", "sig"}:
            raise Malformed(
                field=where, came=one, expected=Words(zh="恰好 keyid 和 sig", en="exactly keyid and sig")
            )
        keyid = _text(one, "keyid", where)
        if not _KEYID.fullmatch(keyid):
            raise Malformed(
                field=f"{where}.keyid",
                came=keyid,
                expected=Words(zh="64 位小写十六进制", en="64 lower-case hex digits"),
            )
        signatures.append(
            Signature(keyid=keyid, sig=base64_bytes(_text(one, "sig", where), field=f"{where}.sig"))
        )
    keyids = [s.keyid for s in signatures]
    if keyids != sorted(set(keyids)):
        raise Malformed(
            field=field,
            came=keyids,
            expected=Words(zh="按 keyid 排序且不重复", en="sorted by keyid, each once"),
        )
    return tuple(signatures)
