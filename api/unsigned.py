"""What is going to be signed: the bytes, and the same in plain words. For those who keep their key and sign for themselves.

The words are read back from the very items that the payload commits to, never from what somebody typed: whoever shows them shows what is
signed. A page is served by the operator all the same, and could show other words; who must not rely on it signs with `suyuan sign` on a
machine of his own.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from api.words import MARKS, WORDS
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, Quantity
from ledger.keys import base64_bytes
from ledger.statement import PAYLOAD_TYPE, Envelope, OpenedItem, Statement, sign_statement
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from api.drafting import Draft
    from ledger.canonical import Json
    from ledger.errors import Language
    from ledger.identifiers import PartyId

SHANGHAI_MINUTES: Final = 480
#: What a line is about stands at its beginning.
_FIRST: Final = frozenset({"what", "goods", "analyte", "document_kind", "name", "voucher_kind"})
#: Longer values are bytes of somebody else (EPCIS), shown in part.
VALUE_CHARACTERS_MAX: Final = 400
#: Fields of a draft that the server gives back for whoever signs.
_DRAFT: Final = frozenset(
    {"id", "type", "issuer", "payload", "payload_type", "items", "to_sign", "sha256", "words"}
)

#: The name of a party or of goods, where whoever shows the words knows one.
Names = Callable[[str], Words | None]


class AwaitsSignature(Exception):
    """Records of a party that signs for itself: they are handed to its person, and nothing is signed here."""

    def __init__(self, party: PartyId, statements: Sequence[Statement]) -> None:
        self.party, self.statements = party, tuple(statements)
        super().__init__(f"{party} signs for itself")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what is signed."""

    label: Words
    value: Words

    def in_language(self, language: Language) -> tuple[str, str]:
        """For one reader."""
        return self.label.in_language(language), self.value.in_language(language)


def unsigned(draft: Draft, *, log: str, issuer: PartyId, now_ms: int) -> Statement:
    """A record with its salts drawn and its header made, and no signature yet."""
    return sign_statement(
        draft.said.to_items(),
        log=log,
        statement_id=draft.id,
        type_name=draft.said.TYPE,
        issuer=issuer,
        occurred_at=draft.occurred_at or Instant(now_ms, SHANGHAI_MINUTES),
        signers=(),
        on_behalf_of=draft.on_behalf_of,
        corrects=draft.corrects,
        randomness=os.urandom,
    )


def draft_json(statement: Statement, names: Names) -> dict[str, object]:
    """What a person who signs is given: nothing in it was stored."""
    header, message = statement.header, statement.envelope.signed_bytes()
    return {
        "id": str(header.id),
        "type": header.type,
        "issuer": str(header.issuer),
        "payload": _base64(statement.envelope.payload),
        "payload_type": PAYLOAD_TYPE,
        "items": [one.as_json() for one in statement.opened],
        "to_sign": _base64(message),
        "sha256": _base64(sha256(message).digest()),
        "words": [
            {"label": _both(line.label), "value": _both(line.value)} for line in told(statement, names)
        ],
    }


def read_draft(body: Json, *, field: str = "draft") -> Statement:
    """A draft as it was given out, every item held against its commitment. What it says of itself beside that is not read."""
    if not isinstance(body, Mapping) or not {"payload", "items"} <= body.keys() <= _DRAFT:
        came = sorted(body) if isinstance(body, Mapping) else body
        raise Malformed(
            field=field, came=came, expected=Words(zh="草稿（payload、items）", en="a draft (payload, items)")
        )
    payload, items = body["payload"], body["items"]
    if not isinstance(payload, str) or not isinstance(items, Sequence) or isinstance(items, str):
        raise Malformed(
            field=field, came=payload, expected=Words(zh="base64 和数组", en="base64 and an array")
        )
    opened = [OpenedItem.from_json(one, field=f"{field}.items[{place}]") for place, one in enumerate(items)]
    envelope = Envelope(payload=base64_bytes(payload, field=f"{field}.payload"), signatures=())
    return Statement.open(envelope, opened)


def no_names(_text: str) -> None:
    """For whoever has no register of names at hand: identifiers are shown as they are."""


def told(statement: Statement, names: Names = no_names) -> list[Line]:
    """What a statement says, line by line, in the order in which it is cut into items."""
    header, kind = statement.header, said_type(statement.header.type)
    said = kind.from_items(statement.items)
    lines = [
        Line(WORDS["sign_type"], kind.TITLE),
        Line(WORDS["sign_issuer"], _text(str(header.issuer), names)),
        Line(WORDS["sign_occurred"], Words(*(header.occurred_at.display(),) * 2)),
    ]
    if header.on_behalf_of is not None:
        lines.append(Line(WORDS["sign_on_behalf_of"], _text(str(header.on_behalf_of), names)))
    if header.corrects is not None:
        lines.append(Line(WORDS["sign_corrects"], Words(str(header.corrects), str(header.corrects))))
    values = said.model_dump(mode="json", exclude_none=True)
    lines += [
        Line(place.label, _value(name, values[name], names))
        for name, place in kind.places().items()
        if name in values
    ]
    return [*lines, Line(WORDS["sign_log"], Words(header.log, header.log))]


def _value(name: str, value: Json, names: Names) -> Words:
    """A field for people: a party by its name, an amount with its unit, a code by what it means."""
    if isinstance(value, bool):
        return Words("✓", "✓") if value else Words("—", "—")
    if isinstance(value, str):
        return WORDS.get(f"{name}_{value}") or _text(value, names)
    if isinstance(value, int) or value is None:
        return (
            _moment(value)
            if isinstance(value, int) and name.endswith("_ms")
            else Words(str(value), str(value))
        )
    if isinstance(value, Mapping):
        if value.keys() == {"amount", "unit"}:
            amount = Quantity.from_json(value)
            return Words(amount.display("zh"), amount.display("en"))
        inner = sorted(value.items(), key=lambda one: (one[0] not in _FIRST, one[0]))
        return _joined([_beside(key, _value(key, one, names)) for key, one in inner], " ", " ")
    parts = [_value(name, one, names) for one in value]
    return _joined(parts, MARKS["zh"].semicolon, MARKS["en"].semicolon)


def _beside(name: str, value: Words) -> Words:
    label = WORDS.get(f"field_{name}") or Words(name, name)
    return Words(f"{label.zh} {value.zh}", f"{label.en} {value.en}")


def _joined(parts: Sequence[Words], zh: str, en: str) -> Words:
    return Words(zh.join(one.zh for one in parts), en.join(one.en for one in parts))


def _moment(ms: int) -> Words:
    try:
        text = Instant(ms).display()
    except Refusal:
        text = str(ms)
    return Words(text, text)


def _text(text: str, names: Names) -> Words:
    name = names(text)
    shown = text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[:VALUE_CHARACTERS_MAX]}…"
    # The identifier is what is signed; the name stands beside it.
    return Words(shown, shown) if name is None else Words(f"{name.zh} [{shown}]", f"{name.en} [{shown}]")


def _both(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
