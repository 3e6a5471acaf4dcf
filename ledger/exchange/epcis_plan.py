"""What an EPCIS document would add to this ledger: statements to sign, and the reasons why the rest adds nothing.

A statement's id follows from the time and the bytes of the event, so that the same file imported again adds nothing. Two events of
one content are one event, however often a document, or two exports of it, hold it. Pure: a book and a document in, a plan out.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, TooLarge, Words
from ledger.exchange.epcis_desk import Desk, goods_inside
from ledger.exchange.epcis_document import NotEpcis, content_of_record
from ledger.gate import AHEAD_MS_MAX
from ledger.identifiers import GoodsId, StatementId
from ledger.trace.edges import Turning, moves_of
from ledger.views.book import about_many, goods_key, party_sheet_key, product_key, said_about
from ledger.vocabulary.epcis import (
    CONTEXT_CHARACTERS_MAX,
    NOTHING_BESIDE,
    Beside,
    EpcisEvent,
    Load,
    party_named,
    product_named,
)
from ledger.vocabulary.parties import Party, Product
from ledger.vocabulary.profiles import GENERIC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.exchange.epcis_document import DocumentEvent, EpcisDocument
    from ledger.identifiers import Gtin, Instant, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.epcis_reading import EventLine, EventReading, Unused
    from ledger.vocabulary.said import Said

    #: An event that was recorded before, and what it says.
    _Told = tuple[Record, EventReading]

#: Objects that all events of one document name together; larger documents are sent in parts.
DOCUMENT_OBJECTS_MAX: Final = 50_000
#: How often the contents of containers lead to further containers whose records are read as well.
_ROUNDS_MAX: Final = 8
_ID_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Planned:
    """One statement to be signed."""

    said: Said
    id: StatementId
    occurred_at: Instant
    corrects: StatementId | None = None


@dataclass(slots=True)
class EventPlan:
    """The events to record, and those that are not recorded or not understood whole, by their places in the document.

    `again`: recorded before. `twice`: the document holds them twice. `same_id`: another event with the same eventID counts. `taken_back`: declared wrong before they came. `ahead`: dated in the future. `lone`: declare an event wrong that nobody has. `in_part`: one part of a transformation whose other parts are not here. `nobody`: name neither owner nor place. `unclear`: goods that turned up at a party, and
    nobody can tell from whom.
    """

    planned: list[Planned] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    same_id: list[str] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)
    ahead: list[str] = field(default_factory=list)
    lone: list[str] = field(default_factory=list)
    in_part: list[str] = field(default_factory=list)
    nobody: list[str] = field(default_factory=list)
    unclear: int = 0
    unused: Counter[Unused] = field(default_factory=Counter)


@dataclass(slots=True)
class NamePlan:
    """The sheets to record from the master data. `others`: parties whose sheet somebody else keeps, so that we may not."""

    planned: list[Planned] = field(default_factory=list)
    parties: int = 0
    products: int = 0
    again: int = 0
    others: list[str] = field(default_factory=list)
    without_owner: int = 0
    ahead: bool = False


def plan_events(book: Book, document: EpcisDocument, *, party: PartyId, now_ms: int) -> EventPlan:
    """The statements for the events of a document that are not recorded yet."""
    plan = EventPlan()
    known = _records_about(book, document)
    fresh = _fresh(plan, document, known, book=book, party=party, now_ms=now_ms)
    ids = {one.place: _event_id(party, one) for one in fresh}
    told = list(_told(known, party))
    originals, elsewhere = _originals(fresh, told, ids=ids)
    put_right = _put_right(plan, fresh, originals)
    wrong = set(put_right.values())
    back = _taken_back(fresh, told)
    plan.taken_back.extend(back)
    plan.same_id.extend(place for place in elsewhere if place not in back)
    elsewhere |= back
    counted = [one for one in fresh if ids[one.place] not in wrong and one.place not in elsewhere]
    joined = _joined(plan, counted, ids) | elsewhere
    desk = Desk(made=frozenset(_made(fresh, known)))
    waiting = sorted(
        (one for one in known if one.header.id not in wrong), key=lambda one: one.order, reverse=True
    )
    for one in sorted(fresh, key=lambda event: (_declares(event, put_right), event.reading.time.ms)):
        while waiting and waiting[-1].occurred_ms <= one.reading.time.ms:
            desk.know(waiting.pop())
        said = _said(document, one, joined.get(one.place))
        corrects = put_right.get(one.place)
        if corrects is not None and one.reading.error is not None:
            said = said.model_copy(update={"correction_reason": one.reading.error.reason})
        elif ids[one.place] not in wrong:
            said = desk.lay(said)
        if said.hands is None:
            plan.nobody.append(one.place)
        plan.unused.update(one.reading.unused)
        plan.planned.append(Planned(said, ids[one.place], one.reading.time, corrects))
    plan.unclear = len(desk.unclear)
    return plan


def _declares(event: DocumentEvent, put_right: Mapping[str, StatementId]) -> bool:
    """Whether an event puts another right: it is recorded behind all others, so that what it puts right stands before it."""
    return event.place in put_right


def plan_names(book: Book, document: EpcisDocument, *, party: PartyId, now_ms: int) -> NamePlan:
    """The sheets of the document's parties and products, declared by whoever imports it."""
    plan = NamePlan()
    master, created = document.master, document.created
    if not master.parties and not master.products:
        return plan
    if created is None:
        expected = Words(zh="文件时间 creationDate", en="creationDate, the time of the document")
        raise NotEpcis(field="creationDate", came="", expected=expected)
    if created.ms > now_ms + AHEAD_MS_MAX:
        plan.ahead = True
        return plan
    sheets = [*_party_sheets(plan, book, document, party), *_product_sheets(plan, book, document, party)]
    plan.planned.extend(Planned(one, _sheet_id(party, created, one), created) for one in sheets)
    return plan


def _records_about(book: Book, document: EpcisDocument) -> list[Record]:
    """What the ledger has recorded of the document's goods, and of what lay in their containers."""
    wanted = {goods for one in document.events for goods in one.reading.goods}
    if len(wanted) > DOCUMENT_OBJECTS_MAX:
        most = DOCUMENT_OBJECTS_MAX
        expected = Words(zh=f"最多 {most} 个货物标识，请分批", en=f"at most {most} objects; send parts")
        raise TooLarge(field="epcisBody", came=f"{len(wanted)} objects", expected=expected)
    found: dict[int, Record] = {}
    seen: set[GoodsId] = set()
    for _ in range(_ROUNDS_MAX):
        new = wanted - seen
        if not new:
            break
        seen |= new
        for records in about_many(book, sorted(goods_key(one) for one in new)).values():
            found.update((one.seq, one) for one in records)
        wanted = goods_inside(found.values())
    return [one for one in found.values() if one.superseded_by is None]


def _fresh(
    plan: EventPlan,
    document: EpcisDocument,
    known: Iterable[Record],
    *,
    book: Book,
    party: PartyId,
    now_ms: int,
) -> list[DocumentEvent]:
    recorded = {
        content_of_record(one.said)
        for one in known
        if isinstance(one.said, EpcisEvent) and one.header.issuer == party
    }
    fresh: list[DocumentEvent] = []
    seen: set[bytes] = set()
    for one in document.events:
        if one.content in seen:
            plan.twice.append(one.place)
        elif one.content in recorded or book.position(_event_id(party, one), party) is not None:
            plan.again.append(one.place)
        elif one.reading.time.ms > now_ms + AHEAD_MS_MAX:
            plan.ahead.append(one.place)
        else:
            fresh.append(one)
        seen.add(one.content)
    return fresh


def _originals(
    fresh: Iterable[DocumentEvent], told: Iterable[_Told], *, ids: Mapping[str, StatementId]
) -> tuple[dict[str, StatementId], dict[str, _Joined]]:
    """The statement that stands for each eventID, and the events that bear an id which another stands for.

    EPCIS knows no second event of one id but an error declaration. Both are kept, and the first one counts.
    """
    originals: dict[str, StatementId] = {}
    for record, said in told:
        if said.event_id is not None and said.error is None:
            originals.setdefault(said.event_id, record.header.id)
    elsewhere: dict[str, _Joined] = {}
    for one in fresh:
        if one.reading.event_id is None or one.reading.error is not None:
            continue
        first = originals.setdefault(one.reading.event_id, ids[one.place])
        if first != ids[one.place]:
            elsewhere[one.place] = _Joined(within=first)
    return originals, elsewhere


def _taken_back(fresh: Iterable[DocumentEvent], told: Iterable[_Told]) -> dict[str, _Joined]:
    """Events that this party declared wrong in a document that came before theirs: what is so of them stands in the declaration, and moves nothing."""
    declared = {
        said.event_id: record.header.id
        for record, said in told
        if said.event_id is not None and said.error is not None and record.header.corrects is None
    }
    return {
        one.place: _Joined(within=declared[one.reading.event_id])
        for one in fresh
        if one.reading.error is None and one.reading.event_id in declared
    }


def _put_right(
    plan: EventPlan, fresh: Iterable[DocumentEvent], originals: Mapping[str, StatementId]
) -> dict[str, StatementId]:
    """Which statement each error declaration puts right: the event that bears its eventID (EPCIS 2.0 7.4.1.2)."""
    standing = dict(originals)
    found: dict[str, StatementId] = {}
    for one in fresh:
        if one.reading.error is None:
            continue
        # The first declaration takes the event back; a second one finds it taken back.
        original = standing.pop(one.reading.event_id or "", None)
        if original is None:
            plan.lone.append(one.place)
        else:
            found[one.place] = original
    return found


def _told(known: Iterable[Record], party: PartyId) -> Iterator[_Told]:
    """The events this party recorded before, as far as they can be read; the first recorded first."""
    for record in sorted(known, key=lambda one: one.seq):
        said = record.said
        if isinstance(said, EpcisEvent) and record.header.issuer == party and said.reading is not None:
            yield record, said.reading


@dataclass(frozen=True, slots=True)
class _Joined:
    """How one part of a transformation is told: within another statement, or with the other parts beside it."""

    within: StatementId | None = None
    inputs: tuple[Load, ...] = ()
    outputs: tuple[Load, ...] = ()


def _joined(
    plan: EventPlan, events: Iterable[DocumentEvent], ids: Mapping[str, StatementId]
) -> dict[str, _Joined]:
    """Parts with one transformationID are one transformation (EPCIS 2.0 7.4.6); the last of them tells it whole."""
    groups: dict[str, list[DocumentEvent]] = defaultdict(list)
    for one in events:
        if one.reading.kind == "TransformationEvent" and one.reading.error is None:
            groups[one.reading.transformation or one.place].append(one)
    found: dict[str, _Joined] = {}
    for group in groups.values():
        *others, last = sorted(group, key=lambda one: one.reading.time.ms)
        if not any(one.reading.inputs for one in group) or not any(one.reading.outputs for one in group):
            plan.in_part.extend(one.place for one in group)
        found.update({one.place: _Joined(within=ids[last.place]) for one in others})
        found[last.place] = _Joined(
            inputs=tuple(_loads(line for one in others for line in one.reading.inputs)),
            outputs=tuple(_loads(line for one in others for line in one.reading.outputs)),
        )
    return found


def _loads(lines: Iterable[EventLine]) -> Iterator[Load]:
    return (Load(goods=one.goods, quantity=one.quantity) for one in lines)


def _made(fresh: Iterable[DocumentEvent], known: Iterable[Record]) -> Iterator[GoodsId]:
    """Goods that a transformation made. (A harvest by itself has no inputs: that is how goods come into the world.)"""
    for one in fresh:
        yield from (line.goods for line in one.reading.outputs)
    for record in known:
        for move in moves_of(record):
            if isinstance(move, Turning) and move.kind == "transformation" and move.inputs:
                yield from (holding.goods for holding in move.outputs)


def _said(document: EpcisDocument, event: DocumentEvent, joined: _Joined | None) -> EpcisEvent:
    context, said, joined = document.context, event.reading, joined or _Joined()
    named = (said.location, said.read_point, said.sources.get("location"), said.destinations.get("location"))
    places = tuple(
        document.master.places[one]
        for one in dict.fromkeys(named)
        if one is not None and one in document.master.places
    )
    beside = Beside(
        context=context if context is not None and len(context) <= CONTEXT_CHARACTERS_MAX else None,
        places=places or None,
        stands_in=joined.within,
        joined_inputs=joined.inputs or None,
        joined_outputs=joined.outputs or None,
    )
    return EpcisEvent(
        event=b64encode(event.raw).decode("ascii"), beside=None if beside == NOTHING_BESIDE else beside
    )


def _party_sheets(plan: NamePlan, book: Book, document: EpcisDocument, party: PartyId) -> Iterator[Party]:
    for urn, name in document.master.parties.items():
        subject = party_named(urn)
        sheets = sorted(
            (one for one in said_about(book, party_sheet_key(subject), Party) if one[1].party == subject),
            key=lambda one: one[0].seq,
        )
        if sheets and sheets[0][0].actor != party:
            plan.others.append(urn)
        elif sheets and sheets[-1][1].name == name:
            plan.again += 1
        else:
            plan.parties += 1
            yield Party(party=subject, party_kind="unknown", name=name)


def _product_sheets(plan: NamePlan, book: Book, document: EpcisDocument, party: PartyId) -> Iterator[Product]:
    for urn, product in document.master.products.items():
        if product.owner is None:
            plan.without_owner += 1
            continue
        sheet = Product(
            product=product_named(urn),
            owner=party_named(product.owner),
            name=product.name,
            category=GENERIC,
            gtin=_gtin(urn),
        )
        known = said_about(book, product_key(sheet.product), Product)
        if any(record.actor == party and said == sheet for record, said in known):
            plan.again += 1
        else:
            plan.products += 1
            yield sheet


def _gtin(urn: str) -> Gtin | None:
    try:
        link = GoodsId.parse(urn).digital_link
    except Refusal:
        return None
    return None if link is None else link.gtin


def _event_id(party: PartyId, event: DocumentEvent) -> StatementId:
    return _statement_id(event.reading.time.ms, "event", str(party).encode(), event.raw)


def _sheet_id(party: PartyId, created: Instant, said: Said) -> StatementId:
    return _statement_id(created.ms, said.TYPE, str(party).encode(), *(one.raw for one in said.to_items()))


def _statement_id(ms: int, what: str, *parts: bytes) -> StatementId:
    """RFC 9562 5.7 asks for a time and random bits; these bits follow from the content instead, so that again means the same id."""
    digest = sha256(f"suyuan/epcis/{what}".encode())
    for one in parts:
        digest.update(len(one).to_bytes(8, "big") + one)
    # Before 1970 there is no such time.
    return StatementId.new(max(0, ms), digest.digest()[:_ID_BYTES])
