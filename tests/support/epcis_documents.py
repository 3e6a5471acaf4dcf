"""Small EPCIS 2.0 documents about an invented fishery, written an event at a time.

    document(made("lot:1", by="boat", at=1), shipped("lot:1", by="boat", to="plant", at=2))

Names are short: `lot:1` stands for `urn:example:lot:1` (RFC 6963 keeps that name space for examples), `boat` for the party
`urn:example:party:boat` and its place. `at` counts hours from the first of July 2026.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ledger.identifiers import GoodsId, PartyId
from ledger.trace import balance, trace
from ledger.views.book import about
from ledger.vocabulary.epcis import EpcisEvent, party_named

if TYPE_CHECKING:
    from ledger.service import Ledger
    from ledger.trace import Trace

Event = dict[str, object]

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    {"gdst": "https://traceability-dialogue.org/epcis"},
]
CREATED = "2026-07-20T00:00:00Z"
NAMES = {"boat": "渔船（演示）", "plant": "加工厂（演示）", "shop": "商店（演示）"}


def urn(name: str) -> str:
    """The full name that a short one stands for."""
    return name if name.startswith("urn:") else f"urn:example:{name}"


def goods(name: str) -> GoodsId:
    """The goods that a short name stands for."""
    return GoodsId.parse(urn(name))


def firm(name: str) -> PartyId:
    """The party that a short name stands for."""
    return party_named(urn(f"party:{name}"))


def amount(name: str, kilograms: float | None = 10) -> Event:
    """Some goods of an event."""
    return {"epcClass": urn(name)} | ({} if kilograms is None else {"quantity": kilograms, "uom": "KGM"})


def event(kind: str, *, at: int, by: str | None = None, **fields: object) -> Event:
    """Any event, at the place of one party."""
    day, hour = divmod(at, 24)
    body: Event = {"type": kind, "eventTime": f"2026-07-{day + 1:02d}T{hour:02d}:00:00.0000000+00:00"}
    body["eventTimeZoneOffset"] = "+08:00"
    if by is not None:
        body["bizLocation"] = {"id": urn(f"place:{by}")}
        body["gdst:productOwner"] = urn(f"party:{by}")
    return body | fields


def made(name: str, *, by: str, at: int, kilograms: float | None = 10) -> Event:
    """Goods that came into the world."""
    step = "urn:gdst:bizStep:fishingEvent"
    return event(
        "ObjectEvent", at=at, by=by, action="ADD", bizStep=step, quantityList=[amount(name, kilograms)]
    )


def shipped(name: str, *, by: str, to: str, at: int, kilograms: float | None = 10) -> Event:
    """Goods sent, from owner to owner."""
    return event(
        "ObjectEvent",
        at=at,
        action="OBSERVE",
        bizStep="shipping",
        quantityList=[amount(name, kilograms)],
        sourceList=[{"type": "owning_party", "source": urn(f"party:{by}")}],
        destinationList=[{"type": "owning_party", "destination": urn(f"party:{to}")}],
    )


def received(name: str, *, by: str, at: int, kilograms: float | None = 10) -> Event:
    """Goods that arrived; the event does not say from whom."""
    lines = [amount(name, kilograms)]
    return event("ObjectEvent", at=at, by=by, action="OBSERVE", bizStep="receiving", quantityList=lines)


def turned(
    inputs: dict[str, float], outputs: dict[str, float], *, by: str, at: int, joined: str | None = None
) -> Event:
    """Goods made from other goods."""
    body = event(
        "TransformationEvent",
        at=at,
        by=by,
        bizStep="commissioning",
        inputQuantityList=[amount(*one) for one in inputs.items()],
        outputQuantityList=[amount(*one) for one in outputs.items()],
    )
    return body if joined is None else body | {"transformationID": joined}


def packed(parent: str, children: dict[str, float], *, by: str, at: int) -> Event:
    """Goods put into a container."""
    lines = [amount(*one) for one in children.items()]
    return event(
        "AggregationEvent",
        at=at,
        by=by,
        action="ADD",
        bizStep="packing",
        parentID=urn(parent),
        childQuantityList=lines,
    )


def unpacked(parent: str, *, by: str, at: int) -> Event:
    """Everything taken out of a container, without saying what that was."""
    return event("AggregationEvent", at=at, by=by, action="DELETE", bizStep="unpacking", parentID=urn(parent))


def element(name: str, /, **attributes: str) -> Event:
    """One element of the master data."""
    listed = [{"id": f"urn:epcglobal:cbv:mda#{key}", "attribute": value} for key, value in attributes.items()]
    return {"id": urn(name), "attributes": listed}


def vocabulary(kind: str, *elements: Event) -> Event:
    """One vocabulary of the master data."""
    return {"type": f"urn:epcglobal:epcis:vtype:{kind}", "vocabularyElementList": list(elements)}


def names() -> tuple[Event, ...]:
    """Master data that names the invented parties, their places, and one product."""
    owners = {name: urn(f"party:{name}") for name in NAMES}
    return (
        vocabulary("party", *(element(f"party:{name}", name=title) for name, title in NAMES.items())),
        vocabulary(
            "location",
            *(
                element(f"place:{name}", name=f"{NAMES[name]}码头", owning_party=owners[name])
                for name in NAMES
            ),
        ),
        vocabulary("epcclass", element("product:fish", descriptionShort="鲜鱼", owning_party=owners["boat"])),
    )


def document(*events: Event, master: tuple[Event, ...] = (), query: bool = False, **fields: object) -> bytes:
    """The document that holds these events."""
    body: Event = {"eventList": list(events)}
    whole: Event = {
        "@context": CONTEXT,
        "type": "EPCISQueryDocument" if query else "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": CREATED,
        "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": body}}
        if query
        else body,
    }
    if master:
        whole["epcisHeader"] = {"epcisMasterData": {"vocabularyList": list(master)}}
    return json.dumps(whole | fields, ensure_ascii=False, indent=2).encode()


PALLET = "urn:epc:id:sscc:08600031303.0004"

CATCH = made("lot:catch", by="boat", at=1, kilograms=100)
SENT = shipped("lot:catch", by="boat", to="plant", at=2, kilograms=100)
CAME = received("lot:catch", by="plant", at=3, kilograms=100)
CANNED = turned({"lot:catch": 100}, {"lot:cans": 60}, by="plant", at=4)
CHAIN = (CATCH, SENT, CAME, CANNED)


def follow(ledger: Ledger, name: str, *, at: PartyId | None = None) -> Trace:
    """The trace of some goods, from wherever they are or from one party's hands."""
    with ledger.book() as book:
        return trace(book, goods(name), at=at)


def ends(found: Trace) -> set[tuple[PartyId, GoodsId]]:
    """Where the way back ends."""
    return {(one.holding.party, one.holding.goods) for one in found.sources}


def ways(found: Trace) -> set[tuple[str, PartyId, PartyId]]:
    """Every step between two pairs of hands, both ways."""
    return {
        (one.kind, one.source.party, one.target.party)
        for one in (*found.back, *found.forward)
        if one.source.party != one.target.party
    }


def events_in(ledger: Ledger) -> list[EpcisEvent]:
    """Every event that is recorded and counts, in the order in which they happened."""
    with ledger.book() as book:
        return [
            record.said
            for record in about(book, "type/epcis_event.v1")
            if isinstance(record.said, EpcisEvent)
        ]


def left(ledger: Ledger, who: str, name: str) -> str | None:
    """What a party should have left of some goods."""
    with ledger.book() as book:
        found = balance(book, firm(who), goods(name)).expected
    return None if found is None else str(found)
