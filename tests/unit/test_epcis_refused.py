"""EPCIS documents that are refused whole, and the limits up to which they are taken."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from ledger.canonical import DuplicateName, NotJson
from ledger.errors import Malformed, NotAllowed, Refusal, TooLarge
from ledger.exchange.epcis import import_document
from ledger.exchange.epcis_document import (
    DOCUMENT_BYTES_MAX,
    ELEMENTS_MAX,
    EVENTS_MAX,
    EpcisDocument,
    NotEpcis,
)
from ledger.exchange.epcis_plan import DOCUMENT_OBJECTS_MAX
from ledger.vocabulary.epcis import EVENT_BYTES_MAX
from ledger.vocabulary.epcis_reading import OBJECTS_MAX
from tests.support.epcis_documents import (
    CATCH,
    CHAIN,
    SENT,
    document,
    element,
    event,
    events_in,
    firm,
    names,
    urn,
    vocabulary,
)
from tests.support.stores import fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        yield ledger


@pytest.fixture
def clerk(ledger: Ledger) -> PartyId:
    return trader(ledger)


def _wrong(**fields: object) -> bytes:
    return document(CATCH, {**SENT, **fields})


def _named(count: int) -> bytes:
    return document(
        master=(vocabulary("party", *(element(f"party:{number}", name="甲") for number in range(count))),)
    )


def _packed(events: int, items: int) -> bytes:
    """Containers of many items each."""
    return document(
        *(
            event(
                "ObjectEvent",
                at=number,
                action="OBSERVE",
                epcList=[urn(f"item:{number}:{one}") for one in range(items)],
            )
            for number in range(events)
        )
    )


def _listed(count: int) -> bytes:
    return document(*(CATCH | {"eventID": f"urn:uuid:{number}"} for number in range(count)))


MALFORMED: dict[str, tuple[bytes, type[Refusal], str]] = {
    "empty": (b"", NotJson, "document"),
    "truncated": (document(*CHAIN)[:-40], NotJson, "document"),
    "not-utf-8": (document(CATCH).replace(b"2.0", b"\xff"), NotJson, "document"),
    "compressed": (gzip.compress(document(CATCH)), NotJson, "document"),
    "xml": (b'<?xml version="1.0"?><epcis:EPCISDocument/>', NotJson, "document"),
    "html": (b"\n <!doctype html><title>404</title>", NotJson, "document"),
    "a-list": (b"[]", NotEpcis, "type"),
    "another-type": (document(CATCH, type="Collection"), NotEpcis, "type"),
    "type-is-a-list": (document(CATCH, type=["EPCISDocument"]), NotEpcis, "type"),
    "an-event-alone": (json.dumps(CATCH).encode(), NotEpcis, "type"),
    "no-body": (document(epcisBody=None), NotEpcis, "epcisBody"),
    "no-event-list": (document(epcisBody={}), NotEpcis, "epcisBody.eventList"),
    "query-without-results": (document(type="EPCISQueryDocument"), NotEpcis, "epcisBody.queryResults"),
    "events-are-no-list": (document(epcisBody={"eventList": {}}), NotEpcis, "epcisBody.eventList"),
    "an-event-is-a-text": (document(epcisBody={"eventList": ["x"]}), NotEpcis, "epcisBody.eventList[0]"),
    "a-name-twice": (document(CATCH).replace(b'"action"', b'"bizStep"'), DuplicateName, "document.bizStep"),
    "no-time": (_wrong(eventTime=None), Malformed, "epcisBody.eventList[1].eventTime"),
    "time-without-offset": (
        _wrong(eventTime="2023-06-29T12:04:13.013"),
        Malformed,
        "epcisBody.eventList[1].eventTime",
    ),
    "no-type": (_wrong(type=None), Malformed, "epcisBody.eventList[1].type"),
    "wrong-type": (_wrong(epcList="x"), Malformed, "epcisBody.eventList[1].epcList"),
    "an-unknown-action": (_wrong(action="MOVE"), Malformed, "epcisBody.eventList[1].action"),
    "an-action-in-small-letters": (_wrong(action="observe"), Malformed, "epcisBody.eventList[1].action"),
    "no-action": (_wrong(action=None), Malformed, "epcisBody.eventList[1].action"),
    **{
        f"offset {offset}": (
            _wrong(eventTimeZoneOffset=offset),
            Malformed,
            "epcisBody.eventList[1].eventTimeZoneOffset",
        )
        for offset in (None, "", "Z", "+25:00", "+14:30", "08:00", 8)
    },
    "no-objects": (
        _wrong(type="ObjectEvent", epcList=[], quantityList=None),
        Malformed,
        "epcisBody.eventList[1].epcList",
    ),
    "an-error-declaration-that-is-a-text": (
        _wrong(errorDeclaration="oops"),
        Malformed,
        "epcisBody.eventList[1].errorDeclaration",
    ),
    "an-error-declaration-without-its-time": (
        _wrong(errorDeclaration={"reason": "incorrect_data"}),
        Malformed,
        "epcisBody.eventList[1].errorDeclaration.declarationTime",
    ),
    "an-error-declaration-of-no-time": (
        _wrong(errorDeclaration={"declarationTime": "yesterday"}),
        Malformed,
        "epcisBody.eventList[1].errorDeclaration.declarationTime",
    ),
    "corrective-events-that-are-a-text": (
        _wrong(
            errorDeclaration={"declarationTime": "2023-07-01T08:00:00Z", "correctiveEventIDs": "urn:uuid:1"}
        ),
        Malformed,
        "epcisBody.eventList[1].errorDeclaration.correctiveEventIDs",
    ),
    "an-event-too-large": (_wrong(note="x" * EVENT_BYTES_MAX), TooLarge, "epcisBody.eventList[1]"),
    "too-large": (document(CATCH) + b" " * DOCUMENT_BYTES_MAX, TooLarge, "document"),
    "too-many": (_listed(EVENTS_MAX + 1), TooLarge, "epcisBody.eventList"),
    "too-many-names": (_named(ELEMENTS_MAX + 1), TooLarge, "epcisHeader.epcisMasterData"),
    "too-many-objects": (
        _packed(DOCUMENT_OBJECTS_MAX // OBJECTS_MAX + 1, OBJECTS_MAX),
        TooLarge,
        "epcisBody",
    ),
    "a-place-without-utf-8": (
        _wrong(bizLocation={"id": "HERE"}).replace(b"HERE", b"\\ud800"),
        NotJson,
        "document.epcisBody.eventList[1].bizLocation.id",
    ),
    "created-is-no-time": (document(CATCH, creationDate="today"), Malformed, "creationDate"),
    "created-is-a-number": (document(CATCH, creationDate=5), Malformed, "creationDate"),
    "names-without-a-time": (document(master=names(), creationDate=None), NotEpcis, "creationDate"),
    "vocabularies-are-no-list": (
        document(CATCH, epcisHeader={"epcisMasterData": {"vocabularyList": {}}}),
        NotEpcis,
        "epcisHeader.epcisMasterData.vocabularyList",
    ),
    "an-element-without-id": (
        document(CATCH, master=({**vocabulary("party"), "vocabularyElementList": [{}]},)),
        NotEpcis,
        "epcisHeader.epcisMasterData.id",
    ),
    "a-vocabulary-without-type": (
        document(CATCH, master=({"vocabularyElementList": []},)),
        NotEpcis,
        "epcisHeader.epcisMasterData.vocabularyList.type",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_document_is_refused_by_name_and_nothing_is_written(
    ledger: Ledger, clerk: PartyId, name: str
) -> None:
    data, refusal, field = MALFORMED[name]
    size = ledger.size()
    with pytest.raises(refusal) as caught:
        import_document(ledger, data, party=clerk)
    assert type(caught.value) is refusal
    assert caught.value.field == field
    assert ledger.size() == size


def test_a_document_is_taken_up_to_its_limits() -> None:
    assert len(EpcisDocument.parse(_listed(EVENTS_MAX)).events) == EVENTS_MAX
    assert len(EpcisDocument.parse(_named(ELEMENTS_MAX)).master.parties) == ELEMENTS_MAX
    whole = document(CATCH)
    padded = whole + b" " * (DOCUMENT_BYTES_MAX - len(whole))
    assert len(EpcisDocument.parse(padded).events) == 1
    room = EVENT_BYTES_MAX - len(json.dumps(CATCH | {"note": ""}).encode())
    largest = json.dumps(CATCH | {"note": "x" * room}).encode()
    body = document().replace(b'"eventList": []', b'"eventList": [' + largest + b"]")
    assert EpcisDocument.parse(body).events[0].raw == largest


def test_the_largest_event_is_recorded_and_comes_out_unchanged(ledger: Ledger, clerk: PartyId) -> None:
    room = EVENT_BYTES_MAX - len(json.dumps(CATCH | {"note": ""}).encode())
    largest = json.dumps(CATCH | {"note": "x" * room}).encode()
    body = document().replace(b'"eventList": []', b'"eventList": [' + largest + b"]")
    import_document(ledger, body, party=clerk)
    (said,) = events_in(ledger)
    assert said.event_bytes == largest


def test_only_a_party_whose_key_is_here_and_may_trade_imports(ledger: Ledger) -> None:
    size = ledger.size()
    with pytest.raises(NotAllowed):
        import_document(ledger, document(CATCH), party=firm("boat"))
    assert ledger.size() == size
    laboratory = trader(ledger, role="laboratory")
    size = ledger.size()
    with pytest.raises(NotAllowed):
        import_document(ledger, document(CATCH, master=names()), party=laboratory)
    assert ledger.size() == size
