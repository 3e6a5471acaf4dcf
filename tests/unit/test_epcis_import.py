"""EPCIS documents into a real ledger: what is recorded, what is not, and where the goods then stand."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from ledger.canonical import DuplicateName, NotJson
from ledger.errors import Malformed, NotAllowed, Refusal, TooLarge
from ledger.exchange.epcis import import_document
from ledger.exchange.epcis_document import DOCUMENT_BYTES_MAX, EVENTS_MAX, EpcisDocument, NotEpcis
from ledger.gate import AHEAD_MS_MAX
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, Quantity
from ledger.trace import Holding, Trace, balance, party_view, recall_scope, trace
from ledger.views.book import about
from ledger.vocabulary.epcis import EVENT_BYTES_MAX, EpcisEvent, party_at, product_named
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.parties import Product
from tests.support.epcis_documents import (
    CREATED,
    amount,
    document,
    element,
    event,
    firm,
    goods,
    made,
    names,
    packed,
    received,
    shipped,
    turned,
    unpacked,
    urn,
    vocabulary,
)
from tests.support.stores import BEGIN, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger

PALLET = "urn:epc:id:sscc:08600031303.0004"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return fresh_store("sqlite", tmp_path)


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


@pytest.fixture
def clerk(ledger: Ledger) -> PartyId:
    return trader(ledger)


def follow(ledger: Ledger, name: str, *, at: PartyId | None = None) -> Trace:
    with ledger.book() as book:
        return trace(book, goods(name), at=at)


def ends(found: Trace) -> set[tuple[PartyId, GoodsId]]:
    return {(one.holding.party, one.holding.goods) for one in found.sources}


def ways(found: Trace) -> set[tuple[str, PartyId, PartyId]]:
    """Every step between two pairs of hands, both ways."""
    return {
        (one.kind, one.source.party, one.target.party)
        for one in (*found.back, *found.forward)
        if one.source.party != one.target.party
    }


def events_in(ledger: Ledger) -> list[EpcisEvent]:
    with ledger.book() as book:
        return [
            record.said
            for record in about(book, "type/epcis_event.v1")
            if isinstance(record.said, EpcisEvent)
        ]


def left(ledger: Ledger, who: str, name: str) -> str | None:
    with ledger.book() as book:
        found = balance(book, firm(who), goods(name)).expected
    return None if found is None else str(found)


CATCH = made("lot:catch", by="boat", at=1, kilograms=100)
SENT = shipped("lot:catch", by="boat", to="plant", at=2, kilograms=100)
CAME = received("lot:catch", by="plant", at=3, kilograms=100)
CANNED = turned({"lot:catch": 100}, {"lot:cans": 60}, by="plant", at=4)
CHAIN = (CATCH, SENT, CAME, CANNED)


def test_every_event_is_recorded_with_its_bytes_as_they_stand(ledger: Ledger, clerk: PartyId) -> None:
    data = document(*CHAIN, master=names())
    report = import_document(ledger, data, party=clerk)
    assert (report.events, len(report.recorded), report.parties, report.products) == (4, 4, 3, 1)
    parsed = EpcisDocument.parse(data)
    assert [one.event_bytes for one in events_in(ledger)] == [one.raw for one in parsed.events]
    assert all(one.raw in data for one in parsed.events)
    assert b'"eventTime": "2026-07-01T01:00:00.0000000+00:00"' in parsed.events[0].raw
    with ledger.book() as book:
        record = book.records([report.recorded[0].seq])[report.recorded[0].seq]
    assert record.header.occurred_at == Instant.parse("2026-07-01T09:00:00+08:00")
    assert record.header.issuer == clerk
    assert audited(ledger).entries == ledger.size()


def test_a_finished_lot_is_traced_back_to_its_catch_and_the_catch_forward(
    ledger: Ledger, clerk: PartyId
) -> None:
    import_document(ledger, document(*CHAIN, master=names()), party=clerk)
    found = follow(ledger, "lot:cans")
    assert ends(found) == {(firm("boat"), goods("lot:catch"))}
    assert {one.kind for one in found.sources} == {"declared"}
    assert ways(found) == {("shipment", firm("boat"), firm("plant"))}
    (delivery,) = [one for one in found.back if one.kind == "shipment"]
    assert (delivery.state, delivery.sent, delivery.received) == (
        "confirmed",
        Quantity.parse("100 KGM"),
        Quantity.parse("100 KGM"),
    )
    forward = follow(ledger, "lot:catch")
    assert Holding(firm("plant"), goods("lot:cans")) in {one.holding for one in forward.holders}
    assert left(ledger, "boat", "lot:catch") == "0 KGM"
    assert left(ledger, "plant", "lot:catch") == "0 KGM"
    assert left(ledger, "plant", "lot:cans") == "60 KGM"


def test_names_of_the_master_data_stand_on_sheets_that_the_importer_declares(
    ledger: Ledger, clerk: PartyId
) -> None:
    import_document(ledger, document(*CHAIN, master=names()), party=clerk)
    with ledger.book() as book:
        sheet = party_view(book, firm("plant"))
        (product,) = [one.said for one in about(book, f"product/{product_named(urn('product:fish'))}")]
    assert (sheet.name, sheet.kind, sheet.declared) == ("加工厂（演示）", "unknown", True)
    assert sheet.record is not None
    assert sheet.record.header.occurred_at == Instant.parse(CREATED)
    assert isinstance(product, Product)
    assert (product.name, product.owner, product.category) == ("鲜鱼", firm("boat"), "generic")


def test_what_is_needed_to_read_an_event_alone_stands_beside_it(ledger: Ledger, clerk: PartyId) -> None:
    observed = event("ObjectEvent", at=3, action="OBSERVE", bizStep="storing", epcList=[urn("item:1")])
    observed |= {"bizLocation": {"id": urn("place:plant")}}
    import_document(ledger, document(observed, master=names()), party=clerk)
    (said,) = events_in(ledger)
    assert said.hands == (firm("plant"), firm("plant"))
    assert [(one.place, one.name, one.owner) for one in said.told.places or ()] == [
        (urn("place:plant"), "加工厂（演示）码头", urn("party:plant"))
    ]
    assert json.loads(said.told.context or "") == [
        "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
        {"gdst": "https://traceability-dialogue.org/epcis"},
    ]


# Again, twice, in the future


def test_importing_a_document_again_records_nothing(store: Store, ledger: Ledger, clerk: PartyId) -> None:
    data = document(*CHAIN, master=names())
    import_document(ledger, data, party=clerk)
    size = ledger.size()
    store.clock.forward(86_400_000)
    again = import_document(ledger, data, party=clerk)
    assert again.nothing_new
    assert len(again.again) == 4
    assert "没有新内容" in "\n".join(again.lines("zh"))
    assert "nothing new" in "\n".join(again.lines("en"))
    assert ledger.size() == size


def test_another_export_of_the_same_events_records_only_what_is_new(ledger: Ledger, clerk: PartyId) -> None:
    import_document(ledger, document(*CHAIN[:2], master=names()), party=clerk)
    # Another spelling, another repository's recordTime, another document around them, and two more events.
    body = json.loads(document(*CHAIN, master=names(), query=True))
    for one in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
        one["recordTime"] = "2026-07-30T00:00:00Z"
    data = json.dumps({**body, "creationDate": "2026-07-21T00:00:00Z"}, sort_keys=True).encode()
    report = import_document(ledger, data, party=clerk)
    assert (len(report.recorded), len(report.again), report.parties, report.products) == (2, 2, 0, 0)
    assert ends(follow(ledger, "lot:cans")) == {(firm("boat"), goods("lot:catch"))}
    assert left(ledger, "plant", "lot:catch") == "0 KGM"


def test_an_event_that_stands_twice_is_recorded_once_and_reported(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(ledger, document(CATCH, SENT, CATCH), party=clerk)
    assert (len(report.recorded), report.twice) == (2, ("epcisBody.eventList[2]",))
    assert any("epcisBody.eventList[2]" in line for line in report.lines("en"))
    assert left(ledger, "boat", "lot:catch") == "0 KGM"


def test_an_event_is_taken_up_to_five_minutes_ahead_and_kept_out_beyond(
    ledger: Ledger, clerk: PartyId
) -> None:
    near, far = (str(Instant(BEGIN + AHEAD_MS_MAX + ms)) for ms in (0, 1))
    report = import_document(
        ledger, document(CATCH, {**SENT, "eventTime": near}, {**SENT, "eventTime": far}), party=clerk
    )
    assert (len(report.recorded), report.ahead) == (2, ("epcisBody.eventList[2]",))
    assert any("未来" in line and "eventList[2]" in line for line in report.lines("zh"))


def test_master_data_dated_in_the_future_is_kept_out_and_reported(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(
        ledger, document(CATCH, master=names(), creationDate="2027-01-01T00:00:00Z"), party=clerk
    )
    assert (len(report.recorded), report.parties, report.products) == (1, 0, 0)
    assert any("dated in the future" in one.en for one in report.notes)


def test_a_new_name_in_a_later_document_is_recorded_and_the_old_one_is_not_lost(
    ledger: Ledger, clerk: PartyId
) -> None:
    import_document(ledger, document(CATCH, master=names()), party=clerk)
    renamed = vocabulary("party", element("party:boat", name="远洋渔船（演示）"))
    report = import_document(
        ledger, document(master=(renamed,), creationDate="2026-07-22T00:00:00Z"), party=clerk
    )
    assert (report.parties, report.nothing_new) == (1, False)
    with ledger.book() as book:
        sheet = party_view(book, firm("boat"))
    assert (sheet.name, sheet.former_names) == ("远洋渔船（演示）", ("渔船（演示）",))


def test_two_importers_of_one_document_declare_their_own_events_and_one_set_of_sheets(
    ledger: Ledger, clerk: PartyId
) -> None:
    data, other = document(*CHAIN, master=names()), trader(ledger)
    import_document(ledger, data, party=clerk)
    report = import_document(ledger, data, party=other)
    assert (len(report.recorded), report.parties) == (4, 0)
    assert any(urn("party:boat") in one.en for one in report.notes)


# Goods in the graph


def test_shipping_a_pallet_moves_what_was_packed_on_it(ledger: Ledger, clerk: PartyId) -> None:
    sent = shipped(PALLET, by="plant", to="shop", at=6) | {"quantityList": [], "epcList": [PALLET]}
    came = received(PALLET, by="shop", at=7) | {"quantityList": [], "epcList": [PALLET]}
    import_document(
        ledger,
        document(*CHAIN, packed(PALLET, {"lot:cans": 60}, by="plant", at=5), sent, came),
        party=clerk,
    )
    assert left(ledger, "plant", "lot:cans") == "0 KGM"
    assert left(ledger, "shop", "lot:cans") == "60 KGM"
    (delivery,) = [
        one
        for one in follow(ledger, "lot:cans").forward
        if one.kind == "shipment" and one.source.goods == goods("lot:cans")
    ]
    assert (delivery.state, delivery.moved) == ("confirmed", Quantity.parse("60 KGM"))
    # From the pallet's own label, and from the cans in the shop, the way back ends at the catch.
    assert ends(follow(ledger, PALLET)) == {(firm("boat"), goods("lot:catch"))}
    assert ends(follow(ledger, "lot:cans", at=firm("shop"))) == {(firm("boat"), goods("lot:catch"))}


def test_a_pallet_is_emptied_by_unpacking_and_may_be_used_again(ledger: Ledger, clerk: PartyId) -> None:
    there = shipped(PALLET, by="plant", to="shop", at=6) | {"quantityList": [], "epcList": [PALLET]}
    import_document(
        ledger,
        document(
            made("lot:a", by="plant", at=1, kilograms=6),
            made("lot:b", by="plant", at=2, kilograms=7),
            packed(PALLET, {"lot:a": 6}, by="plant", at=3),
            unpacked(PALLET, by="plant", at=4),
            packed(PALLET, {"lot:b": 7}, by="plant", at=5),
            there,
        ),
        party=clerk,
    )
    assert (left(ledger, "plant", "lot:a"), left(ledger, "plant", "lot:b")) == ("6 KGM", "0 KGM")
    assert left(ledger, "shop", "lot:b") == "7 KGM"


def test_a_box_on_a_pallet_goes_with_the_pallet(ledger: Ledger, clerk: PartyId) -> None:
    box = urn("item:box")
    load = packed(PALLET, {}, by="plant", at=3) | {"childEPCs": [box]}
    sent = shipped(PALLET, by="plant", to="shop", at=4) | {"quantityList": [], "epcList": [PALLET]}
    fill = packed(box, {"lot:a": 6}, by="plant", at=2)
    report = import_document(
        ledger, document(made("lot:a", by="plant", at=1, kilograms=6), fill, load, sent), party=clerk
    )
    assert len(report.recorded) == 4
    assert left(ledger, "shop", "lot:a") == "6 KGM"


def test_an_unpacked_pallet_is_understood_though_it_was_packed_in_an_earlier_document(
    ledger: Ledger, clerk: PartyId
) -> None:
    first = (made("lot:a", by="plant", at=1, kilograms=6), packed(PALLET, {"lot:a": 6}, by="plant", at=2))
    import_document(ledger, document(*first), party=clerk)
    sent = shipped(PALLET, by="plant", to="shop", at=3) | {"quantityList": [], "epcList": [PALLET]}
    import_document(ledger, document(sent, unpacked(PALLET, by="shop", at=4)), party=clerk)
    assert left(ledger, "shop", "lot:a") == "6 KGM"
    assert ends(follow(ledger, "lot:a", at=firm("shop"))) == {(firm("plant"), goods("lot:a"))}


def test_a_delivery_that_nobody_wrote_down_is_found_where_only_one_party_can_have_made_it(
    ledger: Ledger, clerk: PartyId
) -> None:
    report = import_document(ledger, document(CATCH, CANNED), party=clerk)
    assert ends(follow(ledger, "lot:cans")) == {(firm("boat"), goods("lot:catch"))}
    assert [one.state for one in follow(ledger, "lot:cans").back if one.kind == "shipment"] == ["one_sided"]
    assert not any("nothing was inferred" in one.en for one in report.notes)


def test_nothing_is_inferred_where_two_parties_could_have_made_a_delivery(
    ledger: Ledger, clerk: PartyId
) -> None:
    part = shipped("lot:catch", by="boat", to="shop", at=2, kilograms=40)
    report = import_document(ledger, document(CATCH, part, CANNED), party=clerk)
    assert any("nothing was inferred" in one.en for one in report.notes)
    assert (firm("plant"), goods("lot:catch")) in ends(follow(ledger, "lot:cans"))
    # Once everything went to the shop, the shop alone can have had it.
    rest = shipped("lot:other", by="boat", to="shop", at=2, kilograms=10)
    import_document(
        ledger,
        document(
            made("lot:other", by="boat", at=1),
            rest,
            turned({"lot:other": 10}, {"lot:x": 5}, by="plant", at=5),
        ),
        party=clerk,
    )
    assert ("shipment", firm("shop"), firm("plant")) in ways(follow(ledger, "lot:x"))


def test_goods_of_unknown_amount_move_all_the_same(ledger: Ledger, clerk: PartyId) -> None:
    import_document(
        ledger,
        document(
            made("lot:a", by="boat", at=1, kilograms=None),
            shipped("lot:a", by="boat", to="plant", at=2, kilograms=None),
            turned({"lot:a": 5}, {"lot:b": 4}, by="plant", at=3),
        ),
        party=clerk,
    )
    assert ends(follow(ledger, "lot:b")) == {(firm("boat"), goods("lot:a"))}
    with ledger.book() as book:
        figures = balance(book, firm("plant"), goods("lot:a"))
    assert (figures.received, figures.used, figures.expected) == (None, Quantity.parse("5 KGM"), None)


def test_the_parts_of_one_transformation_are_one(ledger: Ledger, clerk: PartyId) -> None:
    parts = (
        turned({"lot:a": 5}, {}, by="plant", at=3, joined="run-1"),
        turned({"lot:b": 7}, {"lot:x": 4}, by="plant", at=4, joined="run-1"),
        turned({}, {"lot:y": 6}, by="plant", at=5, joined="run-1"),
    )
    import_document(
        ledger,
        document(
            made("lot:a", by="plant", at=1, kilograms=5), made("lot:b", by="plant", at=2, kilograms=7), *parts
        ),
        party=clerk,
    )
    for output in ("lot:x", "lot:y"):
        assert ends(follow(ledger, output)) == {
            (firm("plant"), goods("lot:a")),
            (firm("plant"), goods("lot:b")),
        }
    assert [left(ledger, "plant", f"lot:{one}") for one in "abxy"] == ["0 KGM", "0 KGM", "4 KGM", "6 KGM"]


def test_a_lone_part_of_a_transformation_is_reported(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(
        ledger, document(turned({"lot:a": 5}, {}, by="plant", at=3, joined="run-1")), party=clerk
    )
    assert any("only inputs or only outputs" in one.en for one in report.notes)


def test_goods_that_get_their_code_after_they_were_made_are_not_made_twice(
    ledger: Ledger, clerk: PartyId
) -> None:
    coded = made("lot:cans", by="plant", at=5, kilograms=60) | {"bizStep": "creating_class_instance"}
    import_document(ledger, document(*CHAIN, coded), party=clerk)
    assert left(ledger, "plant", "lot:cans") == "60 KGM"


def test_goods_registered_here_are_met_by_events_from_elsewhere(ledger: Ledger, clerk: PartyId) -> None:
    lot = "https://id.gs1.org/01/09520001000010/10/SG-1"
    ledger.say(
        clerk,
        Batch(
            goods=GoodsId.parse(lot),
            maker=clerk,
            name="鱼丸",
            category="packaged_food",
            quantity=Quantity.parse("10 KGM"),
            produced_on=LegalDate.parse("2026-07-01"),
        ),
        occurred_at=Instant.parse("2026-07-01T08:00:00+08:00"),
    )
    import_document(
        ledger, document(received("urn:epc:class:lgtin:9520001.000001.SG-1", by="shop", at=10)), party=clerk
    )
    with ledger.book() as book:
        found = trace(book, GoodsId.parse(lot), at=firm("shop"))
    (source,) = found.sources
    assert (source.kind, source.holding.party) == ("recorded", clerk)


def test_a_recall_of_the_catch_finds_every_holder_of_what_was_made_of_it(
    ledger: Ledger, clerk: PartyId
) -> None:
    sold = shipped("lot:cans", by="plant", to="shop", at=5, kilograms=20)
    import_document(ledger, document(*CHAIN, sold), party=clerk)
    # A trader calls back what it made, or what a supplier made whom it declared.
    ledger.say(clerk, Batch(goods=goods("lot:catch"), maker=firm("boat"), name="鲜鱼", category="generic"))
    (placed,) = ledger.say(
        clerk,
        Recall(action="recall", goods=(goods("lot:catch"),), grade="1", reason="组胺超标（演示）"),
    )
    with ledger.book() as book:
        scope = recall_scope(book, book.records([placed.seq])[placed.seq])
    assert {one.holding for one in scope.holders} >= {
        Holding(firm("boat"), goods("lot:catch")),
        Holding(firm("plant"), goods("lot:cans")),
        Holding(firm("shop"), goods("lot:cans")),
    }


def test_a_place_whose_owner_nobody_names_stands_for_somebody_unknown(ledger: Ledger, clerk: PartyId) -> None:
    stored = event(
        "ObjectEvent", at=3, action="OBSERVE", bizStep="receiving", quantityList=[amount("lot:catch", 100)]
    )
    stored |= {"bizLocation": {"id": "urn:epc:id:sgln:0614141.00888.0"}}
    import_document(ledger, document(CATCH, stored), party=clerk)
    somebody = party_at("urn:epc:id:sgln:0614141.00888.0")
    assert ("shipment", firm("boat"), somebody) in ways(follow(ledger, "lot:catch"))


# Error declarations


def test_an_event_that_is_declared_wrong_counts_no_more(ledger: Ledger, clerk: PartyId) -> None:
    sent = SENT | {"eventID": "urn:uuid:1"}
    right = shipped("lot:catch", by="boat", to="shop", at=2, kilograms=100) | {"eventID": "urn:uuid:2"}
    declared = sent | {"errorDeclaration": {"reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:2"]}}
    import_document(ledger, document(CATCH, sent), party=clerk)
    assert left(ledger, "plant", "lot:catch") == "100 KGM"
    report = import_document(ledger, document(declared, right), party=clerk)
    assert (len(report.recorded), report.put_right) == (2, 1)
    assert ways(follow(ledger, "lot:catch")) == {("shipment", firm("boat"), firm("shop"))}
    assert left(ledger, "shop", "lot:catch") == "100 KGM"
    assert import_document(ledger, document(declared, right), party=clerk).nothing_new
    audited(ledger)


def test_an_event_and_its_error_declaration_may_stand_in_one_document_in_any_order(
    ledger: Ledger, clerk: PartyId
) -> None:
    sent = SENT | {"eventID": "urn:uuid:1"}
    declared = sent | {"errorDeclaration": {"reason": "did_not_occur"}}
    report = import_document(ledger, document(declared, CATCH, sent), party=clerk)
    assert (len(report.recorded), report.put_right) == (3, 1)
    assert ways(follow(ledger, "lot:catch")) == set()
    assert left(ledger, "boat", "lot:catch") == "100 KGM"


def test_an_error_declaration_of_an_event_that_nobody_has_is_kept_and_moves_nothing(
    ledger: Ledger, clerk: PartyId
) -> None:
    declared = SENT | {"eventID": "urn:uuid:1", "errorDeclaration": {}}
    report = import_document(ledger, document(CATCH, declared), party=clerk)
    assert (len(report.recorded), report.put_right) == (2, 0)
    assert any("epcisBody.eventList[1]" in one.en for one in report.notes)
    assert ways(follow(ledger, "lot:catch")) == set()


def test_of_two_events_of_one_id_both_are_kept_and_the_first_one_counts(
    ledger: Ledger, clerk: PartyId
) -> None:
    sent = SENT | {"eventID": "urn:uuid:1"}
    other = shipped("lot:catch", by="boat", to="shop", at=2, kilograms=50) | {"eventID": "urn:uuid:1"}
    report = import_document(ledger, document(CATCH, sent, other), party=clerk)
    assert len(report.recorded) == 3
    assert any(one.en.startswith("same eventID") and "eventList[2]" in one.en for one in report.notes)
    assert left(ledger, "boat", "lot:catch") == "0 KGM"
    # The same in a later document.
    again = other | {"bizStep": "departing"}
    assert len(import_document(ledger, document(again), party=clerk).recorded) == 1
    assert ways(follow(ledger, "lot:catch")) == {("shipment", firm("boat"), firm("plant"))}


# The report


def test_what_was_not_used_is_reported_by_name_and_number(ledger: Ledger, clerk: PartyId) -> None:
    odd = {
        "sensorElementList": [{}],
        "certificationInfo": ["https://example.com/c"],
        "bizStep": "urn:x:juggling",
    }
    pounds = [
        {"epcClass": urn("lot:a"), "quantity": 1, "uom": "LBR"},
        {"epcClass": urn("lot:b"), "quantity": 2},
    ]
    data = document(
        CATCH | odd,
        SENT | odd | {"quantityList": pounds},
        event("TransactionEvent", at=5, action="ADD"),
        master=(
            vocabulary("party", element("party:boat", city="上海")),
            vocabulary("epcclass", element("product:fish", descriptionShort="鱼")),
            vocabulary("readpoint", element("gate:1", name="门")),
        ),
    )
    body = json.loads(data)
    body["epcisHeader"] = {
        "sender": "x",
        **json.loads(document(master=(vocabulary("party", element("party:boat", city="上海")),)))[
            "epcisHeader"
        ],
    }
    report = import_document(ledger, json.dumps(body).encode(), party=clerk)
    kept = {(one.what.en, one.name): one.count for one in report.kept}
    assert kept == {
        ("event property", "sensorElementList"): 2,
        ("event property", "certificationInfo"): 2,
        ("event type", "TransactionEvent"): 1,
        ("business step", "urn:x:juggling"): 2,
        ("unit", "LBR"): 1,
        ("quantity without a unit (read as a count of pieces)", ""): 1,
        ("header", "epcisHeader.sender"): 1,
        ("master data", "party"): 1,
        ("master data", "party city"): 1,
    }
    for language in ("zh", "en"):
        lines = "\n".join(report.lines(language))
        assert all(name in lines for _, name in kept)


def test_products_without_an_owner_and_unknown_vocabularies_get_no_sheet_and_are_reported(
    ledger: Ledger, clerk: PartyId
) -> None:
    data = document(
        CATCH,
        master=(
            vocabulary("epcclass", element("product:fish", descriptionShort="鱼")),
            vocabulary("readpoint", element("gate:1", name="门")),
        ),
    )
    report = import_document(ledger, data, party=clerk)
    assert report.products == 0
    assert any("name no owner" in one.en for one in report.notes)
    assert {(one.name, one.count) for one in report.kept} == {("readpoint", 1), ("readpoint name", 1)}


def test_a_report_shows_foreign_text_without_its_control_characters(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(ledger, document(CATCH | {"\x1b[2Jred": 1}), party=clerk)
    assert "\x1b" not in "".join(report.lines("en"))
    assert any("\\x1b[2Jred" in line for line in report.lines("en"))


def test_a_byte_order_mark_is_passed_over_and_noted(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(ledger, b"\xef\xbb\xbf" + document(CATCH), party=clerk)
    assert len(report.recorded) == 1
    assert any("byte order mark" in one.en for one in report.notes)


# Refused whole


def _wrong(**fields: object) -> bytes:
    return document(CATCH, {**SENT, **fields})


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
    "an-event-too-large": (_wrong(note="x" * EVENT_BYTES_MAX), TooLarge, "epcisBody.eventList[1]"),
    "too-large": (document(CATCH) + b" " * DOCUMENT_BYTES_MAX, TooLarge, "document"),
    "too-many": (_listed(EVENTS_MAX + 1), TooLarge, "epcisBody.eventList"),
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
