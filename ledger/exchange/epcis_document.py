"""An EPCIS 2.0 document as somebody published it: its events with their own bytes, and the master data in its header.

Reads JSON-LD (ISO/IEC 19987, 12.1), as EPCISDocument or EPCISQueryDocument. Refused by name is whatever is no such document; what is
one and says more than can be used is read, and the rest is counted by name. Nothing here touches the ledger.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from ledger.canonical import NotJson
from ledger.errors import Malformed, TooLarge, Words
from ledger.exchange.epcis_valid import check_event
from ledger.exchange.slices import elements, member, whole
from ledger.identifiers import Instant
from ledger.vocabulary.epcis import EVENT_BYTES_MAX, FOREIGN_NAME_MAX, EpcisEvent, Place
from ledger.vocabulary.epcis_reading import EventReading, read_event
from ledger.vocabulary.foreign import ForeignJson, ForeignObject, read_foreign

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.exchange.slices import Slice

DOCUMENT_BYTES_MAX: Final = 16 * 1024 * 1024
#: One document is recorded whole or not at all, in one commit for which other writers wait; larger ones are sent in parts.
EVENTS_MAX: Final = 500
#: The same for the elements of its master data.
ELEMENTS_MAX: Final = 500
#: What a name on our sheets may have; a longer one is left in the document.
NAME_CHARACTERS_MAX: Final = 100

_BOM: Final = b"\xef\xbb\xbf"
_LISTS: Final = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
#: Documents converted from EPCIS 1.2 spell it as there.
_MASTER_DATA: Final = ("epcisMasterData", "EPCISMasterData")
_OWNER: Final = "owning_party"
_NAMES: Final = {"party": "name", "location": "name", "epcclass": "descriptionShort"}


class NotEpcis(Malformed):
    """Good JSON, but no EPCIS 2.0 document."""

    title = Words(zh="不是 EPCIS 2.0 文件", en="not an EPCIS 2.0 document")


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """One event: where it stands, its bytes as they stand there, and what it says.

    `content` is the digest of the event without spelling and without recordTime, which each repository sets anew: two events of one
    content are one event.
    """

    place: str
    raw: bytes
    reading: EventReading
    content: bytes


@dataclass(frozen=True, slots=True)
class Product:
    """A class of goods in the master data."""

    name: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class MasterData:
    """Who is who and what is what, by the document's own header; by their foreign names."""

    parties: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    unused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpcisDocument:
    """One document. `created`: when it was made, else the time of its last event; None for one that holds neither."""

    events: tuple[DocumentEvent, ...]
    master: MasterData
    context: str | None
    created: Instant | None
    had_mark: bool
    unused: Mapping[str, int]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """A document from its bytes. Raises `NotJson`, `DuplicateName`, `NotEpcis`, `Malformed` or `TooLarge`."""
        text, had_mark = _text(data)
        body = read_foreign(text, field="document")
        kind = body.get("type") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(kind, str) or kind not in _LISTS:
            came = kind if isinstance(body, dict) else body
            expected = Words(zh="、".join(_LISTS), en=" or ".join(_LISTS))
            raise NotEpcis(field="type", came="" if came is None else came, expected=expected)
        path = _LISTS[kind]
        values, place = _event_list(body, path)
        slices = list(elements(text, _find(text, path)))
        events = tuple(
            _event(value, found.of(text), place=f"{place}[{number}]")
            for number, (value, found) in enumerate(zip(values, slices, strict=True))
        )
        context = member(text, whole(text), "@context")
        return cls(
            events=events,
            master=_master_data(body),
            context=None if context is None else context.of(text),
            created=_created(body, events),
            had_mark=had_mark,
            unused=_unused_header(body),
        )


def content_of(event: ForeignObject) -> bytes:
    """The digest by which two events are the same: see `DocumentEvent`."""
    said = {name: value for name, value in event.items() if name != "recordTime"}
    text = json.dumps(said, sort_keys=True, default=_decimal)
    return sha256(text.encode()).digest()


def content_of_record(event: EpcisEvent) -> bytes | None:
    """The same digest for an event that is recorded; None for bytes that are no event."""
    if event.reading is None:
        return None
    value = read_foreign(event.event_bytes.decode("utf-8"))
    return content_of(value) if isinstance(value, dict) else None


def _text(data: bytes) -> tuple[str, bool]:
    """The document's text, and whether a byte order mark stood before it (RFC 8259 8.1: may be ignored)."""
    if len(data) > DOCUMENT_BYTES_MAX:
        most = DOCUMENT_BYTES_MAX
        expected = Words(zh=f"最多 {most} 字节", en=f"at most {most} bytes")
        raise TooLarge(field="document", came=f"{len(data)} bytes", expected=expected)
    had_mark = data.startswith(_BOM)
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise NotJson(
            field="document", came=data[:40], expected=Words(zh="UTF-8 编码", en="UTF-8")
        ) from wrong
    start = text.lstrip()[:60]
    if not start or start.startswith("<"):
        expected = Words(
            zh="JSON-LD 形式的 EPCIS 2.0 文件（XML、网页不能导入）",
            en="an EPCIS 2.0 document in JSON-LD (XML and web pages cannot be imported)",
        )
        raise NotJson(field="document", came=start, expected=expected)
    return text, had_mark


def _event_list(body: ForeignObject, path: tuple[str, ...]) -> tuple[list[ForeignJson], str]:
    value: ForeignJson = body
    for number, name in enumerate(path):
        value = value.get(name) if isinstance(value, dict) else None
        if not isinstance(value, list if number == len(path) - 1 else dict):
            expected = Words(zh="事件列表 " + ".".join(path), en="the list of events " + ".".join(path))
            raise NotEpcis(
                field=".".join(path[: number + 1]), came="" if value is None else value, expected=expected
            )
    assert isinstance(value, list), "the loop has seen to it"
    if len(value) > EVENTS_MAX:
        expected = Words(
            zh=f"最多 {EVENTS_MAX} 个事件，请分批", en=f"at most {EVENTS_MAX} events; send parts"
        )
        raise TooLarge(field=".".join(path), came=f"{len(value)} events", expected=expected)
    return value, ".".join(path)


def _find(text: str, path: tuple[str, ...]) -> Slice:
    found = whole(text)
    for name in path:
        inner = member(text, found, name)
        assert inner is not None, f"{name} was read, so it stands in the text"
        found = inner
    return found


def _event(value: ForeignJson, text: str, *, place: str) -> DocumentEvent:
    if not isinstance(value, dict):
        raise NotEpcis(field=place, came=value, expected=Words(zh="事件对象", en="an event object"))
    raw = text.encode("utf-8")
    if len(raw) > EVENT_BYTES_MAX:
        most = EVENT_BYTES_MAX
        expected = Words(zh=f"每个事件最多 {most} 字节", en=f"at most {most} bytes an event")
        raise TooLarge(field=place, came=f"{len(raw)} bytes", expected=expected)
    reading = read_event(value, field=place)
    check_event(value, field=place)
    return DocumentEvent(place=place, raw=raw, reading=reading, content=content_of(value))


def _created(body: ForeignObject, events: tuple[DocumentEvent, ...]) -> Instant | None:
    text = body.get("creationDate")
    if text is None:
        return max((one.reading.time for one in events), default=None)
    if not isinstance(text, str):
        expected = Words(zh="时间", en="a time")
        raise Malformed(field="creationDate", came=text, expected=expected)
    return Instant.parse(text, field="creationDate")


def _unused_header(body: ForeignObject) -> Mapping[str, int]:
    header = body.get("epcisHeader")
    names = header if isinstance(header, dict) else {}
    return Counter(f"epcisHeader.{name}" for name in names if name not in _MASTER_DATA)


def _master_data(body: ForeignObject) -> MasterData:
    parties: dict[str, str] = {}
    products: dict[str, Product] = {}
    places: dict[str, Place] = {}
    unused: Counter[str] = Counter()
    for number, (kind, name, said) in enumerate(_elements(body)):
        if number >= ELEMENTS_MAX:
            raise TooLarge(
                field="epcisHeader.epcisMasterData",
                came=f"> {ELEMENTS_MAX}",
                expected=Words(zh=f"最多 {ELEMENTS_MAX} 项主数据", en=f"at most {ELEMENTS_MAX} elements"),
            )
        used = {_NAMES.get(kind), *([_OWNER] if kind in {"location", "epcclass"} else [])}
        unused.update(f"{kind} {attribute}" for attribute in said if attribute not in used)
        title = _title(said.get(_NAMES.get(kind, "")))
        owner = said.get(_OWNER)
        if not _can_be_kept(name, owner):
            unused[kind] += 1
        elif kind == "location":
            places[name] = Place(place=name, name=title, owner=owner)
        elif (
            title is None
        ):  # A vocabulary we do not know, or an element without a name: nothing to put on a sheet.
            unused[kind] += 1
        elif kind == "party":
            parties[name] = title
        else:
            products[name] = Product(title, owner)
    return MasterData(parties=parties, products=products, places=places, unused=unused)


def _elements(body: ForeignObject) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every element: its vocabulary by its last word, its name, and its attributes that are texts, by their last words."""
    header = body.get("epcisHeader")
    path = "epcisHeader"
    for name in _MASTER_DATA:
        master = header.get(name) if isinstance(header, dict) else None
        if master is None:
            continue
        for vocabulary in _members(master, "vocabularyList", f"{path}.{name}"):
            kind = _last_word(_needed(vocabulary, "type", f"{path}.{name}.vocabularyList")).lower()
            for element in _members(vocabulary, "vocabularyElementList", f"{path}.{name}"):
                attributes = _members(element, "attributes", f"{path}.{name}", needed=False)
                said = dict(pair for one in attributes if (pair := _attribute(one)) is not None)
                yield kind, _needed(element, "id", f"{path}.{name}"), said


def _attribute(attribute: dict[str, ForeignJson]) -> tuple[str, str] | None:
    name, value = attribute.get("id"), attribute.get("attribute")
    return (_last_word(name), value) if isinstance(name, str) and isinstance(value, str) else None


def _members(
    container: ForeignJson, name: str, place: str, *, needed: bool = True
) -> Iterator[dict[str, ForeignJson]]:
    value = container.get(name) if isinstance(container, dict) else None
    if value is None and not needed:
        return
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        expected = Words(zh=f"对象的数组 {name}", en=f"{name}, a list of objects")
        raise NotEpcis(field=f"{place}.{name}", came="" if value is None else value, expected=expected)
    yield from value


def _needed(container: Mapping[str, ForeignJson], name: str, place: str) -> str:
    value = container.get(name)
    if not isinstance(value, str) or not value:
        raise NotEpcis(
            field=f"{place}.{name}",
            came="" if value is None else value,
            expected=Words(zh="文字", en="a text"),
        )
    return value


def _last_word(name: str) -> str:
    """`urn:epcglobal:cbv:mda#name` and `urn:epcglobal:epcis:vtype:Location` by their last words."""
    return name.replace("#", ":").rpartition(":")[2]


def _title(text: str | None) -> str | None:
    """A name that can stand on a sheet of ours, or None."""
    name = " ".join((text or "").split())
    return name if 0 < len(name) <= NAME_CHARACTERS_MAX and name.isprintable() else None


def _can_be_kept(*names: str | None) -> bool:
    return all(one is None or len(one) <= FOREIGN_NAME_MAX for one in names)


def _decimal(value: object) -> str:
    assert isinstance(value, Decimal), f"{value!r} came out of JSON"
    return str(value)
