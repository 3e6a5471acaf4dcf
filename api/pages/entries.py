"""One entry of the log: the statement behind it as far as its reader may read it, how it was signed, and the proof to take away."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.audience import Reading
from api.delivery import sides_of
from api.deps import needs
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk, Desk
from api.pages.names import Names
from api.pages.rendering import lag, quantity
from api.parameters import OnPaper, PathNumber
from api.words import MARKS, WORDS
from ledger.errors import Refusal, UnknownName, Words
from ledger.identifiers import GoodsId, PartyId, Quantity
from ledger.views.book import about, corrected_by, first_told_ms, statement_key
from ledger.vocabulary import said_type
from ledger.vocabulary.profiles import all_profiles

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.statement import Item
    from ledger.store.book import Stored
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

router = APIRouter(include_in_schema=False)

#: What a line is about stands at its beginning.
_FIRST: Final = frozenset({"what", "goods", "analyte", "document_kind", "name", "voucher_kind"})
#: Longer values are bytes of somebody else (EPCIS), shown in part.
VALUE_CHARACTERS_MAX: Final = 400


@router.get("/entries/{position}.tlog-proof", dependencies=[needs("prove")])
def proof(position: PathNumber) -> Response:
    """The proof lies where programs look for it."""
    return RedirectResponse(f"{links.API}/entries/{position}/proof", status_code=307)


@router.get("/entries/{position}", response_class=HTMLResponse, dependencies=[needs("look_up")])
def entry(
    position: PathNumber,
    desk: AtDesk,
    on_paper: OnPaper = None,
) -> HTMLResponse:
    """The entry. Whoever may read an item sees it, and that there are others; whoever may read none sees what the log shows to anybody.

    With `print` it is the page for a court's file: what was recorded, by whom, both times, how it was signed, and how to check it.
    """
    with desk.ledger.book() as book:
        if position >= book.size:
            expected = Words(zh=f"0 至 {book.size - 1}", en=f"a position from 0 to {book.size - 1}")
            raise UnknownName(field="position", came=position, expected=expected)
        record, stored = book.records([position])[position], book.stored(position)
        reading = Reading.of(desk.ledger, book, desk.viewer)
        # The one that signed the checkpoint of its proof, where the log's key was changed since.
        receipt = desk.ledger.furthest(position)
        vkey, level = str(receipt.vkey), receipt.level
        if not reading.may_read_heading(record, stored.opened):
            return desk.page("entry_closed.html", vkey=vkey, level=level, entry=_leaf(record, stored))
        names = Names(book, desk.viewer, desk.language, reading)
        kind, behalf = said_type(record.header.type), record.header.on_behalf_of
        role = book.register.role_of(record.header.issuer)
        parts = _items(kind, record, stored, reading, names)
        return desk.page(
            "entry.html" if on_paper is None else "entry_print.html",
            vkey=vkey,
            level=level,
            signed_in=desk.viewer.party is not None,
            paper=None if on_paper is None else _on_paper(desk, record, reading, parts, size=book.size),
            entry={
                **_leaf(record, stored),
                "delivery": sides_of(record) is not None and not desk.viewer.is_official,
                "title": kind.TITLE,
                "id": record.header.id,
                "issuer": names.party(record.header.issuer),
                "on_behalf_of": names.party(behalf) if behalf is not None else None,
                # Who enters for somebody else says as what: a market for its stall.
                "role": desk.say(f"role_{role}") if behalf is not None and role is not None else None,
                "occurred_ms": record.occurred_ms,
                "lag": lag(first_told_ms(book, position) - record.occurred_ms, desk.language),
                "custody": record.custody,
                "corrects_seq": _corrected(book, record),
                "superseded_seq": _superseding(book, record),
                "parts": parts,
            },
        )


def _on_paper(
    desk: Desk, record: Record, reading: Reading, parts: list[dict[str, object]], *, size: int
) -> dict[str, object]:
    """What only the printed page shows: its addresses, the digests of attachments, the keys, and how much is not on it."""
    address = f"{desk.settings.base_url}/entries/{record.seq}"
    return {
        "made_ms": desk.ledger.clock(),
        "size": size,
        "address": address,
        "proof": f"{address}.tlog-proof",
        "code": code_svg(address, label=address),
        "files": sorted(_digests(reading.fields(record))),
        "keys": record.keyids,
        "left": sum(not one["fields"] for one in parts),
    }


def _digests(value: Json) -> set[str]:
    """The digests of copies and photos anywhere in some fields."""
    if isinstance(value, Mapping):
        return {digest for one in value.values() for digest in _digests(one)}
    if isinstance(value, str):
        return {value} if _DIGEST.fullmatch(value) else set()
    if isinstance(value, int) or value is None:
        return set()
    return {digest for one in value for digest in _digests(one)}


_DIGEST: Final = re.compile("[0-9a-f]{64}")


def _leaf(record: Record, stored: Stored) -> dict[str, object]:
    """What the log itself shows of an entry to anybody: when it was taken, and digests."""
    return {
        "seq": record.seq,
        "at_ms": record.at_ms,
        "leaf": _base64(stored.entry.leaf_hash),
        "statement_hash": _base64(stored.entry.statement),
    }


def _items(
    kind: type[Said], record: Record, stored: Stored, reading: Reading, names: Names
) -> list[dict[str, object]]:
    items = list[dict[str, object]]()
    open_ = reading.places(record, stored.opened)
    for place, (opened, commitment) in enumerate(zip(stored.opened, record.header.items, strict=True)):
        item = opened.item if opened is not None else None
        readable = place in open_
        items.append(
            {
                "place": place,
                "audience": item.audience if item is not None and readable else None,
                "erased": opened is None,
                "commitment": _base64(commitment),
                "fields": fields_in_words(kind, item, names) if item is not None and readable else [],
            }
        )
    return items


def fields_in_words(kind: type[Said], item: Item, names: Names) -> list[tuple[str, str]]:
    """The fields of an item for people, each with its label."""
    labels = _labels(kind)
    return [(_label(name, labels, names), _value(name, value, names)) for name, value in item.fields.items()]


def _labels(kind: type[Said]) -> Mapping[str, Words]:
    return {name: place.label for name, place in kind.places().items()}


def _label(name: str, labels: Mapping[str, Words], names: Names) -> str:
    words = labels.get(name) or WORDS.get(f"field_{name}") or Words(zh=name, en=name)
    return words.in_language(names.language)


def _value(name: str, value: Json, names: Names) -> str:
    """A field for people: a party by its name, goods by theirs, an amount with its unit, a code by what it means."""
    if isinstance(value, bool):
        return "✓" if value else "—"
    if isinstance(value, str):
        meaning = _category(value) if name == "category" else WORDS.get(f"{name}_{value}")
        return _text(value, names) if meaning is None else meaning.in_language(names.language)
    if isinstance(value, int) or value is None:
        return str(value)
    if isinstance(value, Mapping):
        if value.keys() == {"amount", "unit"}:
            return quantity(Quantity.from_json(value), names.language)
        inner = sorted(value.items(), key=lambda one: (one[0] not in _FIRST, one[0]))
        return " ".join(f"{_label(key, {}, names)} {_value(key, one, names)}" for key, one in inner)
    return MARKS[names.language].semicolon.join(_value(name, one, names) for one in value)


def _category(name: str) -> Words | None:
    return next((one.name.words for one in all_profiles() if one.category == name), None)


def _text(text: str, names: Names) -> str:
    try:
        if text.startswith(PartyId.prefix):
            return f"{names.party(PartyId.parse(text))} [{text}]"
        if text.startswith(("urn:suyuan:batch:", "https://id.gs1.org/01/")):
            return f"{names.goods(GoodsId.parse(text))} [{text}]"
    except Refusal:
        return text
    return text if len(text) <= VALUE_CHARACTERS_MAX else f"{text[:VALUE_CHARACTERS_MAX]}…"


def _corrected(book: Book, record: Record) -> int | None:
    corrected = corrected_by(record)
    return None if corrected is None else book.position(*corrected)


def _superseding(book: Book, record: Record) -> int | None:
    later = record.superseded_by
    if later is None:
        return None
    return next((one.seq for one in about(book, statement_key(later)) if one.header.id == later), None)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
