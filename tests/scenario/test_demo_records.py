"""What the story records beside the goods: packs in packs, seals, readings, orders and their answers, a public list. Who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from api.demo.answers import doubts
from api.demo.client import API, objects
from api.demo.parties import EVERYONE, party_id
from api.demo.story_drug import BOX, CASE, MIDDLE
from api.demo.story_incident import SCANS
from api.demo.story_pesticide import PESTICIDE
from ledger.vocabulary.answering import Answer
from ledger.vocabulary.goods import Packing, Release
from ledger.vocabulary.measures import Destruction, ListEntry, OrderAnswer
from ledger.vocabulary.oversight import Sample, Scan, TestResult
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from api.demo.telling import Event
    from ledger.canonical import JsonObject
    from ledger.vocabulary.said import Said
    from tests.scenario.demo import Telling

NOT_FOUND = 404


def events_of(telling: Telling, kind: type[Said]) -> list[Event]:
    """The story's events of one type, in order."""
    return [event for event in telling.story.events if isinstance(event.said, kind)]


def fields_of(telling: Telling, event: Event, *, by: str) -> JsonObject:
    """A record as one reader gets it."""
    fields = telling.api.get(f"{API}/statements/{event.id}", by=by)["fields"]
    assert isinstance(fields, dict)
    return fields


def status_of(telling: Telling, event: Event, *, by: str | None) -> int:
    """Whether a reader is told of a record at all."""
    return telling.api.status(f"{API}/statements/{event.id}", by=by)


def test_the_box_travelled_in_its_case_and_only_its_second_sale_stands_out(telling: Telling) -> None:
    named = {
        code
        for event in events_of(telling, Shipment)
        if isinstance(event.said, Shipment)
        for line in event.said.lines
        for code in line.codes or ()
    }
    assert {CASE, MIDDLE} <= named
    assert BOX not in named
    found = [one for key in ("D1", "D2", "D3") for one in doubts(telling.api, by=key)]
    assert found == []
    assert "aggregation_broken" not in {one.kind for one in doubts(telling.api, by="G4")}


def test_every_case_that_is_opened_was_packed_with_the_same_packs(telling: Telling) -> None:
    packed = {}
    for event in events_of(telling, Packing):
        assert isinstance(event.said, Packing)
        if event.said.action == "pack":
            packed[event.said.parent_code] = event.said.codes
        else:
            assert packed[event.said.parent_code] == event.said.codes


def test_every_maker_that_the_law_asks_let_its_batch_out_before_the_first_of_it_left(
    telling: Telling,
) -> None:
    out: dict[object, int] = {}
    for event in events_of(telling, Shipment):
        assert isinstance(event.said, Shipment)
        for line in event.said.lines:
            out.setdefault(line.goods, event.at.ms)
    released = events_of(telling, Release)
    assert {event.who for event in released} == {"P1", "D1", "F3", "F4"}
    for event in released:
        assert isinstance(event.said, Release)
        assert event.at.ms < out[event.said.goods]


def test_both_samples_bear_a_seal_and_each_result_names_its_sample(telling: Telling) -> None:
    samples = {event.id: event for event in events_of(telling, Sample)}
    for event in events_of(telling, TestResult):
        assert isinstance(event.said, TestResult)
        assert event.said.sample is not None
        sample = samples.pop(event.said.sample)
        fields = fields_of(telling, sample, by="F6")
        assert fields["seal_number"]
        assert fields["sample_number"] == event.said.sample_number
        assert sample.at.ms < event.at.ms
    assert samples == {}


def test_the_readings_of_the_copied_code_are_for_officials_alone(telling: Telling) -> None:
    scans = events_of(telling, Scan)
    assert len(scans) == len(SCANS)
    first, last = scans[0].at.ms, scans[-1].at.ms
    assert last - first <= 20 * 3_600_000
    for event in scans:
        assert fields_of(telling, event, by="G2")["scanned_by"] == "consumer"
        for reader in ("P1", "P3", "P4", "F1", None):
            assert status_of(telling, event, by=reader) == NOT_FOUND


@pytest.mark.parametrize("office", ["G1", "G2"])
def test_the_schools_answer_stands_beside_its_finding_and_the_finding_stays(
    telling: Telling, office: str
) -> None:
    (answer,) = events_of(telling, Answer)
    position = telling.api.get(f"{API}/statements/{answer.id}", by=office)["position"]
    found = telling.api.get(f"{API}/findings?party={party_id('F9')}", by=office)
    (finding,) = objects(found["findings"])
    assert (finding["kind"], finding["grade"]) == ("licence_expired_on_day", "amber")
    assert finding["answers"] == [position]
    assert status_of(telling, answer, by="F6") == NOT_FOUND


def test_what_is_put_aside_is_what_is_recovered_when_the_recall_comes(telling: Telling) -> None:
    aside = {
        event.who: event.said.set_aside
        for event in events_of(telling, OrderAnswer)
        if isinstance(event.said, OrderAnswer) and event.said.result == "done"
    }
    scope = telling.api.get(f"{API}/recalls/{telling.story.recall}/scope", by="G1")
    recovered = {str(one["party"]): one["recovered"] for one in objects(scope["holders"])}
    for key in ("F7", "F8", "F9"):
        quantity = aside[key]
        assert quantity is not None
        assert recovered[str(party_id(key))] == quantity.as_json()


def test_what_is_to_be_destroyed_next_week_is_still_held(telling: Telling) -> None:
    (planned,) = events_of(telling, Destruction)
    fields = fields_of(telling, planned, by="G2")
    assert fields["on"] == str(telling.variation.day("2026-11-25"))
    assert isinstance(fields["witnesses"], list)
    assert len(fields["witnesses"]) == 2
    balance = telling.api.get(f"{API}/balance?goods={quote(str(PESTICIDE), safe='')}", by="P4")
    figures = balance["figures"]
    assert isinstance(figures, dict)
    assert figures["seized"] == telling.variation.bottles(161).as_json()
    assert figures["destroyed"] == telling.variation.bottles(0).as_json()


def test_the_public_list_names_whom_a_decision_named_and_not_the_shop_under_suspicion(
    telling: Telling,
) -> None:
    (entry,) = events_of(telling, ListEntry)
    (listed,) = objects(telling.api.get(f"{API}/parties/{party_id('Y1')}")["lists"])
    assert listed["id"] == str(entry.id)
    for key in ("P4", "D4", "F6", "F9"):
        assert telling.api.get(f"{API}/parties/{party_id(key)}")["lists"] == []


def test_the_factory_is_found_by_the_name_it_had(telling: Telling) -> None:
    factory = EVERYONE["F4"]
    assert factory.formerly is not None
    former = telling.variation.rename(factory.formerly)
    (found,) = objects(telling.api.get(f"{API}/parties?q={quote(former)}")["parties"])
    assert found["party"] == str(party_id("F4"))
    assert found["name"] == telling.variation.rename(factory.name)
    assert found["former_names"] == [former]


def test_a_made_product_names_an_approval_that_anybody_may_look_up(telling: Telling) -> None:
    for key in ("D1", "P1"):
        approvals = [
            one
            for one in objects(telling.api.get(f"{API}/parties/{party_id(key)}")["licences"])
            if one["type"] == "approval.v1"
        ]
        assert len(approvals) == 1
        assert approvals[0]["holder"] == str(party_id(key))
