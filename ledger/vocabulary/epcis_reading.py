"""What one EPCIS 2.0 event says, in the values of this ledger (ISO/IEC 19987; CBV is ISO/IEC 19988).

An event is read by itself here. What it leaves to the rest of its document (who owns a place, what a pallet holds) is not guessed:
`ledger.vocabulary.epcis` keeps that beside the event. Whatever is said and cannot be used yet is *named* in `unused`, never dropped
in silence; the bytes hold it in any case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import GoodsId, Instant, Quantity, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.vocabulary.foreign import ForeignJson, ForeignObject

#: Objects of one event that stand in the graph. A container of more is read up to here, and says so.
OBJECTS_MAX = 2_000

#: Far outside what a quantity holds; scaling more would only cost time.
_EXPONENT_MAX: Final = 30
#: Wider than the longest number that is read: scaling moves the point and rounds nothing.
_WIDE: Final = Context(prec=200)

#: CBV 7.1 and the GDST standard: the steps whose meaning for hands is known. The goods leave the sender's hands,
SENDING: Final = frozenset({"shipping", "departing", "consigning"})
#: or come into the receiver's,
RECEIVING: Final = frozenset({"receiving", "arriving", "accepting", "unloading"})
#: or stay where they are. Not here: steps that end or undo something (destroying, retail_selling, void_shipping and their
#: kin). The graph does not count what they take away yet, so they are reported by name.
_STAYING: Final = frozenset(
    """
    assembling collecting commissioning creating_class_instance cycle_counting disassembling encoding entering_exiting
    holding inspecting installing loading other packing picking removing repackaging repairing replacing reserving
    sensor_reporting staging_outbound stock_taking stocking storing transporting unpacking
    commingling farmHarvest fishingEvent hatching landing transshipment
    """.split()  # noqa: SIM905  (a column of forty quoted words hides the words)
)

_STEP_NAMES: Final = re.compile(
    r"urn:epcglobal:cbv:bizstep:|https?://(?:ns|ref)\.gs1\.org/cbv/BizStep-|cbv:BizStep-|urn:gdst:bizStep:"
)
_PARTY_ROLES: Final = re.compile(r"urn:epcglobal:cbv:sdt:|https?://(?:ns|ref)\.gs1\.org/cbv/SDT-|cbv:SDT-")
_OFFSET: Final = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")

_LINES: Final = ("epcList", "quantityList")
_INPUTS: Final = ("inputEPCList", "inputQuantityList")
_OUTPUTS: Final = ("outputEPCList", "outputQuantityList")
_CHILDREN: Final = ("childEPCs", "childQuantityList")
_OWNER: Final = "gdst:productOwner"
_PROVIDER: Final = "cbvmda:informationProvider"
_READ: Final = frozenset(
    {
        *(
            "@context",
            "type",
            "eventID",
            "eventTime",
            "eventTimeZoneOffset",
            "action",
            "bizStep",
            "disposition",
        ),
        *("parentID", "sourceList", "destinationList", "bizLocation", "readPoint", "transformationID"),
        *("errorDeclaration", "baseExtension", _OWNER, _PROVIDER),
        *_LINES,
        *_INPUTS,
        *_OUTPUTS,
        *_CHILDREN,
    }
)
#: The event types whose movement is understood. The others are kept, and named.
UNDERSTOOD: Final = frozenset({"ObjectEvent", "AggregationEvent", "TransformationEvent"})

UnusedKind = Literal[
    "property", "event_type", "biz_step", "unit", "no_unit", "amount", "goods_name", "objects", "place"
]


class EventLine(NamedTuple):
    """Some goods of an event. The quantity is None where the event gives none that can be counted here."""

    goods: GoodsId
    quantity: Quantity | None


class Unused(NamedTuple):
    """One thing an event says that cannot be used yet: what kind of thing, and its own name."""

    kind: UnusedKind
    name: str


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """That the event with this id was wrong (EPCIS 2.0 7.4.1.2), why, and which events stand in for it."""

    reason: Literal["did_not_occur", "incorrect_data"]
    corrective: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventReading:
    """One event. Parties and places are the names it uses; `step` and the roles in `sources` are the bare words of the CBV."""

    kind: str
    time: Instant
    event_id: str | None
    action: str | None
    step: str | None
    disposition: str | None
    lines: tuple[EventLine, ...]
    inputs: tuple[EventLine, ...]
    outputs: tuple[EventLine, ...]
    parent: GoodsId | None
    children: tuple[EventLine, ...]
    sources: Mapping[str, str]
    destinations: Mapping[str, str]
    location: str | None
    read_point: str | None
    transformation: str | None
    owner: str | None
    provider: str | None
    error: ErrorDeclaration | None
    unused: tuple[Unused, ...]

    @property
    def goods(self) -> tuple[GoodsId, ...]:
        """Everything the event is about, each once."""
        said = (*self.lines, *self.inputs, *self.outputs, *self.children)
        return tuple(dict.fromkeys([*([self.parent] if self.parent else []), *(one.goods for one in said)]))


def read_event(event: ForeignObject, *, field: str = "event") -> EventReading:
    """What an event says. Raises `Malformed` where its shape is not that of an event; odd content is named in `unused`."""
    reader = _Reader(event, field)
    kind, step = reader.needed("type"), _bare(reader.text("bizStep"), _STEP_NAMES)
    reader.judge(kind, step)
    return EventReading(
        kind=kind,
        time=reader.time(),
        event_id=reader.text("eventID") or _inner(event, "baseExtension", "eventID"),
        action=reader.text("action"),
        step=step,
        disposition=reader.text("disposition"),
        lines=reader.lines(*_LINES),
        inputs=reader.lines(*_INPUTS),
        outputs=reader.lines(*_OUTPUTS),
        parent=reader.parent(),
        children=reader.lines(*_CHILDREN),
        sources=reader.roles("sourceList", "source"),
        destinations=reader.roles("destinationList", "destination"),
        location=reader.place("bizLocation"),
        read_point=reader.place("readPoint"),
        transformation=reader.text("transformationID"),
        owner=reader.text(_OWNER),
        provider=reader.text(_PROVIDER),
        error=reader.error(),
        unused=tuple(reader.unused),
    )


class _Reader:
    """Reads the properties of one event and notes what could not be used."""

    def __init__(self, event: ForeignObject, field: str) -> None:
        self.event = event
        self.field = field
        self.unused = [Unused("property", name) for name in event if name not in _READ]
        self._room = OBJECTS_MAX

    def judge(self, kind: str, step: str | None) -> None:
        """Note a type or a step whose meaning for the graph is not known."""
        if kind not in UNDERSTOOD:
            self.unused.append(Unused("event_type", kind))
        if step is not None and step not in SENDING | RECEIVING | _STAYING:
            self.unused.append(Unused("biz_step", step))

    def needed(self, name: str) -> str:
        """A text that every event has."""
        found = self.text(name)
        if found is None:
            raise self._malformed(name, "", Words(zh=f"必填的 {name}", en=f"{name}, which every event has"))
        return found

    def text(self, name: str) -> str | None:
        """A text, or None where it is absent or empty."""
        value = self.event.get(name)
        if value is not None and not isinstance(value, str):
            raise self._malformed(name, value, Words(zh="文字", en="a text"))
        return value or None

    def time(self) -> Instant:
        """When it happened, on the clock of the place where it did (EPCIS 2.0 7.4.1: eventTimeZoneOffset)."""
        moment = Instant.parse(self.needed("eventTime"), field=f"{self.field}.eventTime")
        offset = _OFFSET.fullmatch(self.text("eventTimeZoneOffset") or "")
        if offset is None:
            return moment
        minutes = int(offset[2]) * 60 + int(offset[3])
        return Instant(moment.ms, -minutes if offset[1] == "-" else minutes)

    def parent(self) -> GoodsId | None:
        """The container, where its name can name goods here."""
        text = self.text("parentID")
        return None if text is None else self._goods(text)

    def lines(self, epcs: str, quantities: str) -> tuple[EventLine, ...]:
        """The objects of two lists: instances, each one piece, and classes with their amounts."""
        found = [*self._instances(epcs), *self._classes(quantities)]
        if len(found) > self._room:
            self.unused.append(Unused("objects", f"> {OBJECTS_MAX}"))
        found, self._room = found[: self._room], max(0, self._room - len(found))
        return tuple(found)

    def roles(self, name: str, value_name: str) -> dict[str, str]:
        """Who or where, by role: owning_party, possessing_party, location."""
        found: dict[str, str] = {}
        for number, one in enumerate(self._list(name)):
            role, value = _member(one, "type"), _member(one, value_name)
            if not isinstance(role, str) or not isinstance(value, str):
                expected = Words(
                    zh=f"含 type 和 {value_name} 的对象", en=f"an object with type and {value_name}"
                )
                raise self._malformed(f"{name}[{number}]", one, expected)
            found.setdefault(_bare(role, _PARTY_ROLES) or "", value)
        return found

    def place(self, name: str) -> str | None:
        """The name of a place. A point on the map names no place that anybody runs."""
        value = self.event.get(name)
        value = _member(value, "id") if not isinstance(value, str) else value
        if self.event.get(name) is not None and not isinstance(value, str):
            raise self._malformed(
                name, self.event.get(name), Words(zh="含 id 的对象", en="an object with id")
            )
        if isinstance(value, str) and value.startswith("geo:"):
            self.unused.append(Unused("place", "geo:"))
            return None
        return value if isinstance(value, str) and value else None

    def error(self) -> ErrorDeclaration | None:
        """The declaration that the event was wrong. Documents converted from EPCIS 1.2 carry it in `baseExtension`."""
        value = self.event.get("errorDeclaration")
        if value is None:
            value = _member(self.event.get("baseExtension"), "errorDeclaration")
        if value is None:
            return None
        ids = _member(value, "correctiveEventIDs")
        corrective = tuple(one for one in _listed(ids) if isinstance(one, str))
        reason = _member(value, "reason")
        never = isinstance(reason, str) and reason.endswith("did_not_occur")
        return ErrorDeclaration("did_not_occur" if never else "incorrect_data", corrective)

    def _instances(self, name: str) -> Iterator[EventLine]:
        for number, one in enumerate(self._list(name)):
            if not isinstance(one, str):
                raise self._malformed(f"{name}[{number}]", one, Words(zh="文字", en="a text"))
            goods = self._goods(one)
            if goods is not None:
                yield EventLine(goods, Quantity(Decimal(1), Unit.H87))

    def _classes(self, name: str) -> Iterator[EventLine]:
        for number, one in enumerate(self._list(name)):
            text = _member(one, "epcClass")
            if not isinstance(text, str):
                raise self._malformed(
                    f"{name}[{number}]", one, Words(zh="含 epcClass 的对象", en="an object with epcClass")
                )
            goods, amount = self._goods(text), self._amount(_member(one, "quantity"), _member(one, "uom"))
            if goods is not None:
                yield EventLine(goods, amount)

    def _goods(self, text: str) -> GoodsId | None:
        try:
            return GoodsId.parse(text)
        except Refusal:
            self.unused.append(Unused("goods_name", text))
            return None

    def _amount(self, number: ForeignJson, unit: ForeignJson) -> Quantity | None:
        if isinstance(number, bool) or not isinstance(number, (int, Decimal)) or number <= 0:
            self.unused.append(Unused("amount", "" if number is None else str(number)))
            return None
        if unit is None:
            # EPCIS 2.0 7.3.3.3: without a unit it is a count of objects.
            self.unused.append(Unused("no_unit", ""))
            unit = Unit.H87.name
        if not isinstance(unit, str) or unit not in Unit.__members__:
            self.unused.append(Unused("unit", str(unit)))
            return None
        found = _quantity(Decimal(number), Unit.parse(unit))
        if found is None:
            self.unused.append(Unused("amount", str(number)))
        return found

    def _list(self, name: str) -> Sequence[ForeignJson]:
        value = self.event.get(name)
        if value is not None and not isinstance(value, list):
            raise self._malformed(name, value, Words(zh="数组", en="a list"))
        return _listed(value)

    def _malformed(self, name: str, came: object, expected: Words) -> Malformed:
        return Malformed(field=f"{self.field}.{name}", came=came, expected=expected)


def _quantity(amount: Decimal, unit: Unit) -> Quantity | None:
    """The quantity, in a finer unit where only that writes it exactly (55.7918652 kg are 55791.8652 g); None if none does."""
    if abs(amount.adjusted()) > _EXPONENT_MAX:
        return None
    finer = (one for one in Unit if one.base is unit.base and one.power < unit.power)
    for one in (unit, *sorted(finer, key=lambda other: -other.power)):
        try:
            return Quantity(amount.scaleb(unit.power - one.power, context=_WIDE), one)
        except Refusal:
            continue
    return None


def _bare(text: str | None, names: re.Pattern[str]) -> str | None:
    """A CBV word without the name space it may stand in; words of other name spaces are left whole."""
    return None if text is None else names.sub("", text, count=1) if names.match(text) else text


def _member(value: ForeignJson, name: str) -> ForeignJson:
    return value.get(name) if isinstance(value, dict) else None


def _inner(event: ForeignObject, outer: str, name: str) -> str | None:
    value = _member(event.get(outer), name)
    return value if isinstance(value, str) and value else None


def _listed(value: ForeignJson) -> Sequence[ForeignJson]:
    return value if isinstance(value, list) else ()
