"""Goods of imported events in the graph: traced, packed, put right, recalled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.exchange.epcis import import_document
from ledger.identifiers import GoodsId, Instant, LegalDate, PartyId, Quantity
from ledger.trace import Holding, balance, recall_scope, trace
from ledger.vocabulary.epcis import party_at
from ledger.vocabulary.goods import Adjustment, Batch, Transformation
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.trade import Receipt, Shipment
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.support.epcis_documents import (
    CANNED,
    CATCH,
    CHAIN,
    PALLET,
    SENT,
    amount,
    document,
    ends,
    event,
    firm,
    follow,
    goods,
    left,
    made,
    packed,
    received,
    shipped,
    turned,
    unpacked,
    urn,
    ways,
)
from tests.support.stores import audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger

#: When an event was declared wrong; EPCIS 2.0 asks for it.
WRONG = {"declarationTime": "2023-07-01T08:00:00Z"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        yield ledger


@pytest.fixture
def clerk(ledger: Ledger) -> PartyId:
    return trader(ledger)


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


@pytest.mark.parametrize(("shipped_on", "source"), [("10 KGM", "stall"), ("4 KGM", None)])
def test_trade_recorded_here_tells_whose_hands_goods_elsewhere_came_from(
    ledger: Ledger, clerk: PartyId, shipped_on: str, source: str | None
) -> None:
    stall, lot = trader(ledger), goods("lot:a")
    first, second, third = (Instant.parse(f"2026-07-0{day}T08:00:00+08:00") for day in (1, 2, 3))
    stock, line = (Line(goods=lot, quantity=Quantity.parse(one)) for one in ("10 KGM", shipped_on))
    ledger.say(clerk, Adjustment(reason="opening_stock", lines=(stock,)), occurred_at=first)
    ledger.say(clerk, Shipment(to=stall, lines=(line,)), occurred_at=second)
    confirmed = ReceivedLine(goods=lot, quantity=line.quantity)
    ledger.say(stall, Receipt(supplier=clerk, lines=(confirmed,)), occurred_at=third)
    report = import_document(ledger, document(received("lot:a", by="shop", at=100, kilograms=3)), party=clerk)
    senders = [giver for _, giver, taker in ways(follow(ledger, "lot:a")) if taker == firm("shop")]
    assert senders == ([stall] if source else [])
    assert any("nothing was inferred" in one.en for one in report.notes) is (source is None)


def test_goods_made_here_are_met_by_a_receipt_elsewhere_and_by_processing_elsewhere(
    ledger: Ledger, clerk: PartyId
) -> None:
    process = Transformation(
        process="分装",
        inputs=(Line(goods=goods("lot:bulk"), quantity=Quantity.parse("10 KGM")),),
        outputs=(OutputLine(goods=goods("lot:packs"), quantity=Quantity.parse("9 KGM")),),
    )
    ledger.say(clerk, process, occurred_at=Instant.parse("2026-07-01T08:00:00+08:00"))
    coded = made("lot:packs", by="shop", at=40, kilograms=9)
    import_document(
        ledger, document(coded, received("lot:packs", by="plant", at=50, kilograms=9)), party=clerk
    )
    assert left(ledger, "shop", "lot:packs") == "0 KGM"
    assert ends(follow(ledger, "lot:packs", at=firm("plant"))) == {(clerk, goods("lot:bulk"))}


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
    declared = sent | {
        "errorDeclaration": {**WRONG, "reason": "incorrect_data", "correctiveEventIDs": ["urn:uuid:2"]}
    }
    import_document(ledger, document(CATCH, sent), party=clerk)
    assert left(ledger, "plant", "lot:catch") == "100 KGM"
    report = import_document(ledger, document(declared, right), party=clerk)
    assert (len(report.recorded), report.put_right) == (2, 1)
    assert any("error declarations" in line for line in report.lines("en"))
    assert ways(follow(ledger, "lot:catch")) == {("shipment", firm("boat"), firm("shop"))}
    assert left(ledger, "shop", "lot:catch") == "100 KGM"
    assert import_document(ledger, document(declared, right), party=clerk).nothing_new
    audited(ledger)


def test_an_event_and_its_error_declaration_may_stand_in_one_document_in_any_order(
    ledger: Ledger, clerk: PartyId
) -> None:
    sent = SENT | {"eventID": "urn:uuid:1"}
    declared = sent | {"errorDeclaration": {**WRONG, "reason": "did_not_occur"}}
    report = import_document(ledger, document(declared, CATCH, sent), party=clerk)
    assert (len(report.recorded), report.put_right) == (3, 1)
    assert ways(follow(ledger, "lot:catch")) == set()
    assert left(ledger, "boat", "lot:catch") == "100 KGM"


def test_an_error_declaration_of_an_event_that_nobody_has_is_kept_and_moves_nothing(
    ledger: Ledger, clerk: PartyId
) -> None:
    declared = SENT | {"eventID": "urn:uuid:1", "errorDeclaration": WRONG}
    report = import_document(ledger, document(CATCH, declared), party=clerk)
    assert (len(report.recorded), report.put_right) == (2, 0)
    assert any("epcisBody.eventList[1]" in one.en for one in report.notes)
    assert ways(follow(ledger, "lot:catch")) == set()


def test_an_event_that_was_declared_wrong_before_it_came_does_not_count(
    ledger: Ledger, clerk: PartyId
) -> None:
    sent = SENT | {"eventID": "urn:uuid:1"}
    declared = sent | {"errorDeclaration": {**WRONG, "reason": "did_not_occur"}}
    import_document(ledger, document(CATCH, declared), party=clerk)
    right = shipped("lot:catch", by="boat", to="shop", at=2, kilograms=40) | {"eventID": "urn:uuid:2"}
    report = import_document(ledger, document(sent, right), party=clerk)
    assert (len(report.recorded), report.put_right) == (2, 0)
    (note,) = (one for one in report.lines("en") if one.startswith("events that were declared wrong"))
    assert note.endswith("epcisBody.eventList[0]")
    assert not any(one.startswith("same eventID") for one in report.lines("en"))
    assert ways(follow(ledger, "lot:catch")) == {("shipment", firm("boat"), firm("shop"))}
    assert left(ledger, "boat", "lot:catch") == "60 KGM"
    assert import_document(ledger, document(sent, right), party=clerk).nothing_new
    audited(ledger)


def test_what_somebody_else_declares_wrong_of_his_own_copy_takes_nothing_back(
    ledger: Ledger, clerk: PartyId
) -> None:
    other = trader(ledger)
    sent = SENT | {"eventID": "urn:uuid:1"}
    import_document(ledger, document(CATCH, sent | {"errorDeclaration": WRONG}), party=other)
    assert import_document(ledger, document(sent), party=clerk).put_right == 0
    assert ways(follow(ledger, "lot:catch")) == {("shipment", firm("boat"), firm("plant"))}


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


def test_events_that_name_nobody_or_are_of_another_type_are_kept_and_move_nothing(
    ledger: Ledger, clerk: PartyId
) -> None:
    lines = [amount("lot:catch", 100)]
    nobody = event("ObjectEvent", at=3, action="OBSERVE", bizStep="storing", quantityList=lines)
    invoice = event("TransactionEvent", at=4, by="shop", action="ADD", quantityList=lines)
    report = import_document(ledger, document(CATCH, nobody, invoice), party=clerk)
    assert len(report.recorded) == 3
    (note,) = [one.en for one in report.notes if "neither owner nor place" in one.en]
    assert note.endswith(": epcisBody.eventList[1]")
    assert {one.holding.party for one in follow(ledger, "lot:catch").holders} == {firm("boat")}
