"""EPCIS documents into a real ledger: what is recorded, what is not, and what the report says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.exchange.epcis import NAMES_SHOWN_MAX, import_document
from ledger.exchange.epcis_document import NAME_CHARACTERS_MAX, EpcisDocument, content_of_record
from ledger.gate import AHEAD_MS_MAX
from ledger.identifiers import Instant, PartyId, Quantity
from ledger.trace import Holding, party_view
from ledger.views.book import about
from ledger.vocabulary.epcis import (
    CONTEXT_CHARACTERS_MAX,
    FOREIGN_NAME_MAX,
    EpcisEvent,
    party_at,
    product_named,
)
from ledger.vocabulary.parties import Product
from tests.support.epcis_documents import (
    CATCH,
    CHAIN,
    CREATED,
    SENT,
    amount,
    document,
    element,
    ends,
    event,
    events_in,
    firm,
    follow,
    goods,
    left,
    made,
    names,
    urn,
    vocabulary,
    ways,
)
from tests.support.stores import BEGIN, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.errors import Language
    from ledger.service import Ledger


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
    }
    # Beside the events nothing of a document is recorded, and nobody is told that it is.
    left = {(one.what.en, one.name): one.count for one in report.left}
    assert left == {
        ("header", "epcisHeader.sender"): 1,
        ("master data", "party"): 1,
        ("master data", "party city"): 1,
    }
    spoken: tuple[tuple[Language, str], ...] = (("zh", "未保存"), ("en", "not kept"))
    for language, not_kept in spoken:
        before, mark, behind = "\n".join(report.lines(language)).partition(not_kept)
        assert mark
        assert all(name in before for _, name in kept)
        assert all(name in behind for _, name in left)


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
    assert {(one.name, one.count) for one in report.left} == {("readpoint", 1), ("readpoint name", 1)}


def test_a_report_shows_foreign_text_without_its_control_characters(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(ledger, document(CATCH | {"\x1b[2Jred": 1}), party=clerk)
    assert "\x1b" not in "".join(report.lines("en"))
    assert any("\\x1b[2Jred" in line for line in report.lines("en"))


def test_a_byte_order_mark_is_passed_over_and_noted(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(ledger, b"\xef\xbb\xbf" + document(CATCH), party=clerk)
    assert len(report.recorded) == 1
    assert any("byte order mark" in one.en for one in report.notes)


@pytest.mark.parametrize(
    ("name", "gtin"),
    [
        ("urn:epc:idpat:sgtin:9520001.000001.*", "09520001000010"),
        ("https://example.com/01/09520001000010", "09520001000010"),
        ("https://id.gs1.org/01/09520001000011", None),
        ("urn:example:product:fish", None),
    ],
)
def test_a_product_that_is_named_by_a_right_gtin_keeps_it(
    ledger: Ledger, clerk: PartyId, name: str, gtin: str | None
) -> None:
    product = {
        "id": name,
        "attributes": element("x", descriptionShort="鱼丸", owning_party="urn:a:b")["attributes"],
    }
    import_document(ledger, document(CATCH, master=(vocabulary("epcclass", product),)), party=clerk)
    with ledger.book() as book:
        (said,) = [one.said for one in about(book, f"product/{product_named(name)}")]
    assert isinstance(said, Product)
    assert (None if said.gtin is None else str(said.gtin)) == gtin


def test_bytes_that_are_no_event_are_the_same_as_no_other() -> None:
    assert content_of_record(EpcisEvent(event="e30=")) is None
    assert content_of_record(EpcisEvent(event="/w==")) is None


def test_names_up_to_their_limit_are_kept_and_longer_ones_are_reported(
    ledger: Ledger, clerk: PartyId
) -> None:
    longest, place = "名" * NAME_CHARACTERS_MAX, urn("p" * (FOREIGN_NAME_MAX - len(urn(""))))
    stored = event("ObjectEvent", at=3, action="OBSERVE", quantityList=[amount("lot:a")])
    master = (
        vocabulary("party", element("party:boat", name=longest), element("party:plant", name=longest + "名")),
        vocabulary(
            "location",
            element(place, name=longest + "名", owning_party=urn("party:boat")),
            element(place + "p", owning_party=urn("party:boat")),
        ),
    )
    data = document(
        stored | {"bizLocation": {"id": place}}, stored | {"bizLocation": {"id": place + "p"}}, master=master
    )
    report = import_document(ledger, data, party=clerk)
    assert report.parties == 1
    assert {(one.name, one.count) for one in report.left} == {("party", 1), ("location", 1)}
    assert [one.hands for one in events_in(ledger)] == [(firm("boat"),) * 2, (party_at(place + "p"),) * 2]
    assert [one.name for one in events_in(ledger)[0].told.places or ()] == [None]


def test_a_context_up_to_its_limit_is_kept_with_the_event_and_a_longer_one_is_reported(
    ledger: Ledger, clerk: PartyId
) -> None:
    for extra, kept in ((0, True), (1, False)):
        body = json.loads(document(made(f"lot:{extra}", by="boat", at=extra)))
        body["@context"] = "x" * (CONTEXT_CHARACTERS_MAX - len('""') + extra)
        report = import_document(ledger, json.dumps(body).encode(), party=clerk)
        assert (events_in(ledger)[-1].told.context is not None) is kept
        assert any("was not kept" in one.en for one in report.notes) is not kept


def test_a_long_report_says_how_much_more_there_is(ledger: Ledger, clerk: PartyId) -> None:
    report = import_document(
        ledger,
        document(CATCH | {f"own:{number:03d}": 1 for number in range(NAMES_SHOWN_MAX + 5)}),
        party=clerk,
    )
    assert len(report.kept) == NAMES_SHOWN_MAX + 5
    lines = report.lines("en")
    assert lines[-1] == "  … + 5"
    assert sum("own:" in line for line in lines) == NAMES_SHOWN_MAX
