"""A GS1 EPCIS event that somebody else made, kept byte for byte, with what is needed to understand it alone.

The event's own bytes decide what it says (`epcis_reading`). Beside them stands only what its document said elsewhere and the event
leaves out: who runs a place, whose hands the goods came from, what lay on a pallet. Whoever imports the document signs for that.

Foreign names of parties become ids of ours, the same on every import: nobody has to keep a table, and two documents about one firm
meet. Such an id can be found again by whoever knows the foreign name; it is a public name in the first place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, StringConstraints

from ledger.errors import Refusal, TooLarge, Words
from ledger.identifiers import PartyId, ProductId
from ledger.keys import base64_bytes
from ledger.vocabulary.correctable import Correctable
from ledger.vocabulary.epcis_reading import RECEIVING, SENDING, EventReading, read_event
from ledger.vocabulary.foreign import read_foreign
from ledger.vocabulary.said import In, Part
from ledger.vocabulary.values import Amount, GoodsRef, Name, PartyRef, StatementRef

#: 1 MiB of foreign bytes, as base64.
EVENT_BYTES_MAX = 1_048_576
EVENT_TEXT_MAX = 1_398_104
#: A document's @context is a few lines; a longer one is left out, and said to be.
CONTEXT_CHARACTERS_MAX = 16_384
#: Names of parties and places elsewhere are URNs and links.
FOREIGN_NAME_MAX = 500
#: An id of 80 bits, as for every other party.
_ID_BYTES = 10


def party_named(urn: str) -> PartyId:
    """The party that foreign documents call by this name."""
    return PartyId.new(_ten_bytes("party", urn))


def party_at(place: str) -> PartyId:
    """Whoever runs the place of this name, as long as no document says who that is."""
    return PartyId.new(_ten_bytes("party-at", place))


def product_named(urn: str) -> ProductId:
    """The product that foreign documents call by this name."""
    return ProductId.new(_ten_bytes("product", urn))


def _ten_bytes(what: str, urn: str) -> bytes:
    return sha256(f"suyuan/epcis/{what}\x00{urn}".encode()).digest()[:_ID_BYTES]


def _is_base64(text: str) -> str:
    raw = base64_bytes(text, field="")
    if len(raw) > EVENT_BYTES_MAX:  # The last letters of base64 hold two bytes more or less.
        most = EVENT_BYTES_MAX
        raise TooLarge(
            field="",
            came=f"{len(raw)} bytes",
            expected=Words(zh=f"最多 {most} 字节", en=f"at most {most} bytes"),
        )
    return text


#: The foreign name of a party or a place, to the letter.
ForeignName = Annotated[str, StringConstraints(min_length=1, max_length=FOREIGN_NAME_MAX)]


class Place(Part):
    """What the document's master data says of one place the event names: its name, and who runs it."""

    place: ForeignName
    name: Name | None = None
    owner: ForeignName | None = None


class CameFrom(Part):
    """Whose hands goods came from, where the event itself does not say."""

    goods: GoodsRef
    party: PartyRef


class Load(Part):
    """Some goods; no quantity where none could be read."""

    goods: GoodsRef
    quantity: Amount | None = None


class Inside(Load):
    """What lay in a container when the event happened, by what was packed before."""

    parent: GoodsRef


class Beside(Part):
    """What the document said elsewhere: each field holds only what this one event needs and leaves out.

    `stands_in`: what this event says stands in that other statement, and counts there. It is a part of a transformation that several
    events tell (one transformationID): there `joined_inputs` and `joined_outputs` hold what the other parts say; or it bears the
    eventID of an event that was recorded before it. `made_already`: goods that a transformation made, so that an
    event which gives them their code adds nothing. `context`: the document's @context, to the letter.
    """

    context: Annotated[str, StringConstraints(max_length=CONTEXT_CHARACTERS_MAX)] | None = None
    places: tuple[Place, ...] | None = None
    came_from: tuple[CameFrom, ...] | None = None
    inside: tuple[Inside, ...] | None = None
    stands_in: StatementRef | None = None
    joined_inputs: tuple[Load, ...] | None = None
    joined_outputs: tuple[Load, ...] | None = None
    made_already: tuple[GoodsRef, ...] | None = None


#: Beside most events stands nothing.
NOTHING_BESIDE: Final = Beside()


class EpcisEvent(Correctable):
    """One EPCIS 2.0 event (ISO/IEC 19987) as it came, in base64: what came in this way goes out unchanged."""

    TYPE: ClassVar[str] = "epcis_event.v1"
    TITLE: ClassVar[Words] = Words(zh="EPCIS 事件", en="EPCIS event")

    event: Annotated[
        Annotated[
            str,
            StringConstraints(min_length=4, max_length=EVENT_TEXT_MAX),
            AfterValidator(_is_base64),
        ],
        In("epcis_event", "chain", "事件原文（base64）", "event bytes (base64)"),
    ]
    media_type: Annotated[Name, In("epcis_event", "chain", "格式", "media type")] = "application/ld+json"
    beside: Annotated[
        Beside | None, In("epcis_event", "chain", "文件其他部分的说明", "what its document says elsewhere")
    ] = None

    @property
    def event_bytes(self) -> bytes:
        """The event as it came."""
        return base64_bytes(self.event, field="event")

    @property
    def told(self) -> Beside:
        """What stands beside the event."""
        return self.beside or NOTHING_BESIDE

    @cached_property
    def reading(self) -> EventReading | None:
        """What the event says; None where its bytes are no event that can be read here (they are kept all the same)."""
        try:
            value = read_foreign(self.event_bytes.decode("utf-8"))
            return read_event(value) if isinstance(value, dict) else None
        except (Refusal, UnicodeDecodeError):
            return None

    @cached_property
    def hands(self) -> tuple[PartyId, PartyId] | None:
        """In whose hands the goods were before and after the event; twice the same party where it hands nothing over.

        Who *owns* the goods counts, as in a purchase record; then who holds them; then who runs the place. None: nobody is named.
        """
        said = self.reading
        if said is None:
            return None
        giver, taker = self._role(said.sources), self._role(said.destinations)
        owner = None if said.owner is None else party_named(said.owner)
        here = self._runs(said.location or said.read_point)
        provider = None if said.provider is None else party_named(said.provider)
        if not _hands_over(said, both_named=giver is not None and taker is not None):
            holder = owner or here or provider
            return None if holder is None else (holder, holder)
        if said.step in SENDING:
            # GDST names as owner of goods on the way whoever gets them.
            giver = giver or (owner if owner != taker else None) or here or provider
            return None if giver is None else (giver, taker or giver)
        taker = taker or owner or here or provider
        return None if taker is None else (giver or taker, taker)

    def also_mentions(self) -> tuple[object, ...]:
        """The goods and parties that stand inside the event's bytes."""
        return () if self.reading is None else (*self.reading.goods, *(self.hands or ()))

    def _role(self, roles: Mapping[str, str]) -> PartyId | None:
        for role in ("owning_party", "possessing_party"):
            if role in roles:
                return party_named(roles[role])
        return self._runs(roles.get("location"))

    def _runs(self, place: str | None) -> PartyId | None:
        """Who runs a place: by the master data, or somebody of whom only the place is known."""
        if place is None:
            return None
        owners = (one.owner for one in self.told.places or () if one.place == place and one.owner is not None)
        owner = next(owners, None)
        return party_at(place) if owner is None else party_named(owner)


def _hands_over(said: EventReading, *, both_named: bool) -> bool:
    """Whether an event is about goods going from hand to hand. Making, packing and processing happen in one pair of hands."""
    if said.kind == "AggregationEvent":
        return said.step in SENDING | RECEIVING
    return (
        said.kind == "ObjectEvent"
        and said.action not in {"ADD", "DELETE"}
        and (both_named or said.step in SENDING | RECEIVING)
    )
