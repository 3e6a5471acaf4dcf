"""Two published supply chains that nobody here wrote, from finished lot to catch; and every other document beside them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Refusal
from ledger.exchange.epcis import import_document
from ledger.exchange.epcis_document import EpcisDocument
from ledger.identifiers import GoodsId, Quantity
from ledger.trace import Holding, balance, party_view, trace
from ledger.views.book import about
from ledger.vocabulary.epcis import EpcisEvent, party_named
from tests.support.stores import audited, fresh_store, trader
from tests.support.vectors import each_vector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.trace import Edge, Trace

FOLDER = "gs1/opentraceability/CSharp/OpenTraceability.Tests/Data"
TUNA = "urn:gdst:example.org:product:lot:class"
REGISTER = "urn:gdst:traceregister.com:product:lot:class:tr28402"
FISHERMAN, HATCHERY, MILL, FARM, PROCESSOR, IMPORTER = (
    party_named(f"urn:gdst:example.org:party:{name}")
    for name in ("fisherman01.1u", "hatchery.1u", "feedmill.1u", "fishfarm.1u", "processor.1u", "importer.1u")
)
CATCH, FRY, FEED, FARMED, MIXED, CANS = (
    GoodsId.parse(f"{TUNA}:{name}")
    for name in (
        "fisherman01.tunau.v1-0122-2022",
        "hatchery.1u.tf12012021",
        "feedmill.1u.ff11252021",
        "fishfarm.1u.farmed-tuna-01192022",
        "processor.10u.commingle-01232022",
        "processor.2u.v1-0122-2022",
    )
)


@pytest.fixture
def canned_tuna(vectors_dir: Path) -> bytes:
    return (vectors_dir / FOLDER / "gdst_data_withmasterdata.jsonld").read_bytes()


@pytest.fixture
def mixed_tuna(vectors_dir: Path) -> bytes:
    return (vectors_dir / FOLDER / "EPCISQUERYDOCUMENT_advanced_10.jsonld").read_bytes()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        yield ledger


@pytest.fixture
def clerk(ledger: Ledger) -> PartyId:
    return trader(ledger)


def follow(ledger: Ledger, goods: GoodsId, *, at: PartyId | None = None) -> Trace:
    with ledger.book() as book:
        return trace(book, goods, at=at)


def ends(found: Trace) -> set[Holding]:
    return {one.holding for one in found.sources}


def step(found: Trace, source: Holding, target: Holding) -> Edge:
    (edge,) = [one for one in found.back if (one.source, one.target) == (source, target)]
    return edge


def events_in(ledger: Ledger) -> list[EpcisEvent]:
    with ledger.book() as book:
        records = about(book, "type/epcis_event.v1")
    return [one.said for one in records if isinstance(one.said, EpcisEvent)]


def kg(amount: str) -> Quantity:
    return Quantity.parse(f"{amount} KGM")


def test_a_can_of_tuna_is_traced_to_the_catch_the_hatchery_and_the_feed_mill(
    ledger: Ledger, clerk: PartyId, canned_tuna: bytes
) -> None:
    import_document(ledger, canned_tuna, party=clerk)
    found = follow(ledger, CANS)
    sources = {Holding(FISHERMAN, CATCH), Holding(HATCHERY, FRY), Holding(MILL, FEED)}
    assert ends(found) == sources
    assert {one.kind for one in found.sources} == {"declared"}
    assert ends(follow(ledger, CANS, at=IMPORTER)) == sources
    grown = step(found, Holding(FARM, FRY), Holding(FARM, FARMED))
    assert (grown.kind, grown.sent, grown.received) == ("transformation", kg("1000"), kg("12000"))
    sold = step(found, Holding(FARM, FARMED), Holding(PROCESSOR, FARMED))
    assert (sold.state, sold.moved) == ("confirmed", kg("12000"))
    landed = step(found, Holding(FISHERMAN, CATCH), Holding(PROCESSOR, CATCH))
    assert (landed.state, landed.moved) == ("one_sided", kg("9876"))
    mixed = step(found, Holding(PROCESSOR, CATCH), Holding(PROCESSOR, MIXED))
    assert (mixed.may_contain, mixed.share_percent) == (True, "45.5")
    with ledger.book() as book:
        names = [
            party_view(book, party).name for party in (FISHERMAN, HATCHERY, MILL, FARM, PROCESSOR, IMPORTER)
        ]
    assert names == ["Fisherman", "Hatchery", "Feedmill", "Fish Farm", "Processor", "Importer"]


def test_the_pallet_brings_the_cans_to_the_importer(
    ledger: Ledger, clerk: PartyId, canned_tuna: bytes
) -> None:
    import_document(ledger, canned_tuna, party=clerk)
    pallet = GoodsId.parse("urn:epc:id:sscc:08600031303.0004")
    ways = {(one.kind, one.source, one.target): one for one in follow(ledger, CANS).forward}
    delivery = ways["shipment", Holding(PROCESSOR, CANS), Holding(IMPORTER, CANS)]
    assert (delivery.state, delivery.moved) == ("confirmed", kg("5000"))
    assert ("aggregation", Holding(PROCESSOR, CANS), Holding(PROCESSOR, pallet)) in ways
    assert ("shipment", Holding(PROCESSOR, pallet), Holding(IMPORTER, pallet)) in ways
    assert ("aggregation", Holding(IMPORTER, pallet), Holding(IMPORTER, CANS)) in ways
    assert Holding(FISHERMAN, CATCH) in ends(follow(ledger, pallet))
    with ledger.book() as book:
        assert balance(book, IMPORTER, CANS).expected == kg("5000")
        # The document's own figures: 9,876 kg were received and 10,000 kg went into the mixing.
        assert balance(book, PROCESSOR, CATCH).expected == kg("-124")


def test_a_mixed_lot_is_traced_to_the_fishing_and_through_the_farm_to_feed_and_fry(
    ledger: Ledger, clerk: PartyId, mixed_tuna: bytes
) -> None:
    report = import_document(ledger, mixed_tuna, party=clerk)
    owner = party_named("urn:gdst:traceregister.com:party:tr28402.0")
    lots = [
        Holding(owner, GoodsId.parse(f"{REGISTER}.{name}"))
        for name in ("0tuna01.lot-02072024", "0feed1.feed-02-08-2024", "0fryling1.hatch-02-08-2024")
    ]
    farmed = Holding(owner, GoodsId.parse(f"{REGISTER}.0msc_fz_albacore_tuna_whole_round.farm-02-08-2024"))
    mixed = Holding(owner, GoodsId.parse(f"{REGISTER}.0tuna01.commingle-02-08-2024"))
    found = follow(ledger, mixed.goods)
    assert ends(found) == set(lots)
    assert step(found, lots[1], farmed).sent == Quantity.parse("55338.2728 GRM")
    assert step(found, lots[0], mixed).may_contain
    # The transshipment stands there twice: the second one is a declaration that an event nobody published was wrong.
    assert (report.events, len(report.recorded), report.twice) == (9, 9, ())
    (lone,) = [one.en for one in report.notes if one.en.startswith("error declarations of events")]
    assert lone.endswith("epcisBody.queryResults.resultsBody.eventList[8]")
    with ledger.book() as book:
        assert balance(book, owner, lots[0].goods).expected == kg("0")


def test_both_chains_stand_in_one_ledger_and_the_audit_is_content(
    ledger: Ledger, clerk: PartyId, canned_tuna: bytes, mixed_tuna: bytes
) -> None:
    reports = [import_document(ledger, data, party=clerk) for data in (canned_tuna, mixed_tuna)]
    assert [(one.events, len(one.recorded)) for one in reports] == [(17, 17), (9, 9)]
    assert [(one.parties, one.products) for one in reports] == [(6, 6), (2, 4)]
    size = ledger.size()
    assert audited(ledger).entries == size
    again = [import_document(ledger, data, party=clerk) for data in (canned_tuna, mixed_tuna)]
    assert all(one.nothing_new for one in again)
    assert [len(one.again) for one in again] == [17, 9]
    assert ledger.size() == size


def test_what_was_not_used_is_in_the_report(
    ledger: Ledger, clerk: PartyId, canned_tuna: bytes, mixed_tuna: bytes
) -> None:
    kept: dict[tuple[str, str], int] = {}
    for data in (canned_tuna, mixed_tuna):
        report = import_document(ledger, data, party=clerk)
        for one in (*report.kept, *report.left):
            kept[one.what.en, one.name] = kept.get((one.what.en, one.name), 0) + one.count
        for language in ("zh", "en"):
            lines = "\n".join(report.lines(language))
            assert all(one.name in lines for one in (*report.kept, *report.left))
    for name, count in {"ilmd": 9, "cbvmda:certificationList": 17, "transshipmentCountry": 2}.items():
        assert kept["event property", name] == count
    assert kept["header", "epcisHeader.StandardBusinessDocumentHeader"] == 1
    assert kept["master data", "location vesselID"] == 4
    assert kept["master data", "epcclass speciesForFisheryStatisticsPurposesCode"] == 6


def test_half_a_document_is_refused_and_nothing_is_written(
    ledger: Ledger, clerk: PartyId, canned_tuna: bytes
) -> None:
    size = ledger.size()
    for length in (0, 1, 1_000, len(canned_tuna) // 2, len(canned_tuna) - 10):
        with pytest.raises(Refusal):
            import_document(ledger, canned_tuna[:length], party=clerk)
    assert ledger.size() == size


@each_vector("gs1/opentraceability/**/*.jsonld")
def test_every_event_comes_out_as_it_stands_in_the_file_or_the_file_is_refused_by_name(
    vector: Path, ledger: Ledger, clerk: PartyId
) -> None:
    data, size = vector.read_bytes(), ledger.size()
    if vector.name in REFUSED:
        with pytest.raises(Refusal) as caught:
            import_document(ledger, data, party=clerk)
        assert (caught.value.name, caught.value.field) == REFUSED[vector.name]
        assert ledger.size() == size
        return
    report = import_document(ledger, data, party=clerk)
    slices = [one.raw for one in EpcisDocument.parse(data).events]
    assert all(one in data for one in slices)
    assert len(report.recorded) == len(slices) == report.events
    stored = {sha256(one.event_bytes).digest() for one in events_in(ledger)}
    assert stored == {sha256(one).digest() for one in slices}
    assert audited(ledger).entries == ledger.size()


#: Published documents that are not what they should be, and how they are refused.
REFUSED = {
    "EPCISQueryDocument_with_masterdata.jsonld": (
        "Malformed",
        "epcisBody.queryResults.resultsBody.eventList[0].eventTime",
    ),
    "events.jsonld": ("NotJson", "document"),
}
