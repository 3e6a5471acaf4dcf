from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.findings.travel import Place, travels_in
from ledger.identifiers import Instant, RegionCode, Sha256Hex
from ledger.vocabulary.goods import Codes
from ledger.vocabulary.oversight import Scan
from ledger.vocabulary.parties import Party, Site
from ledger.vocabulary.trade import Receipt, Sale, Shipment
from ledger.vocabulary.values import ReceivedLine
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, findings, line

if TYPE_CHECKING:
    from ledger.identifiers import PartyId

CODE = "99999919000000000047"
NANTONG, SUZHOU, YANCHENG, SHANGHAI, URUMQI, GUANGZHOU, CHENGDU = (
    "320613",
    "320500",
    "320900",
    "310151",
    "650100",
    "440100",
    "510100",
)
START_MS = Instant.parse("2026-10-05T08:00:00+08:00").ms
MINUTE_MS = 60_000


class Trip:
    """A shop in Nantong that got a pack by a named shipment."""

    def __init__(self) -> None:
        self.books = BookWriter()
        self.maker, self.shop = self.books.party("药厂（演示）"), self.books.party_id()
        said = Party(
            party=self.shop, party_kind="company", name="药店（演示）", region=RegionCode.parse(NANTONG)
        )
        self.books.says(self.books.register.registrar, said, at="2026-09-01T08:00:00+08:00")
        self.drug = batch(self.books, self.maker, "drug", "drug", pieces(1))
        issued = Codes(action="issue", goods=self.drug, codes=(CODE,), code_kind="drug")
        self.books.says(self.maker, issued, at="2026-10-01T10:00:00+08:00")
        sent = Shipment(to=self.shop, lines=(line(self.drug, pieces(1), (CODE,)),))
        self.books.says(self.maker, sent, at="2026-10-04T10:00:00+08:00")
        got = Receipt(
            supplier=self.maker, lines=(ReceivedLine(goods=self.drug, quantity=pieces(1), codes=(CODE,)),)
        )
        self.books.says(self.shop, got, at=self.at(0))
        self.received = self.books.last

    def at(self, minutes: int) -> str:
        return str(Instant(START_MS + minutes * MINUTE_MS, 480))

    def sells(self, minutes: int, region: str | None = None, *, site: Site | None = None) -> None:
        said = Sale(
            lines=(line(self.drug, pieces(1), (CODE,)),),
            region=RegionCode.parse(region) if region else None,
            site=site.site if site else None,
        )
        self.books.says(self.shop, said, at=self.at(minutes))

    def reads(
        self,
        minutes: int,
        region: str,
        *,
        device: int | None = None,
        who: Literal["consumer", "inspector"] = "consumer",
    ) -> None:
        said = Scan(
            code=CODE,
            scanned_by=who,
            region=RegionCode.parse(region),
            device=None if device is None else Sha256Hex.parse(f"{device:064x}"),
        )
        self.books.says(self.books.register.registrar, said, at=self.at(minutes))

    def counter(self, latitude: str, longitude: str) -> Site:
        said = Site(
            site=self.books.site_id(),
            party=self.shop,
            site_kind="shop",
            name="柜台",
            latitude=latitude,
            longitude=longitude,
        )
        return self.books.says(self.shop, said, at="2026-09-02T08:00:00+08:00")

    def found(self) -> list[tuple[str, str, PartyId]]:
        kinds = {"impossible_travel", "clone_suspected"}
        return [(one.kind, one.grade, one.party) for one in findings(self.books.book) if one.kind in kinds]


@pytest.fixture
def trip() -> Trip:
    return Trip()


@pytest.mark.parametrize("minutes", [0, 59, 200])
def test_a_pack_received_in_nantong_and_sold_in_urumqi_within_hours_is_amber(
    trip: Trip, minutes: int
) -> None:
    trip.sells(minutes, URUMQI)

    assert trip.found() == [("impossible_travel", "amber", trip.shop)]
    (one,) = findings(trip.books.book, "impossible_travel")
    assert one.seqs == (trip.received.seq, trip.books.last.seq)
    assert one.figures["minutes"] == str(minutes)


@pytest.mark.parametrize(
    ("minutes", "region"),
    [
        (10, SUZHOU),
        (1, YANCHENG),
        (10, SHANGHAI),
        (3 * 24 * 60, URUMQI),
        (10 * 60 + 1, URUMQI),
    ],
)
def test_neighbours_within_minutes_and_far_places_days_later_are_nothing(
    trip: Trip, minutes: int, region: str
) -> None:
    trip.sells(minutes, region)

    assert trip.found() == []


def test_a_region_that_was_put_right_the_next_day_is_nothing(trip: Trip) -> None:
    trip.sells(30, URUMQI)
    wrong = trip.books.last
    assert trip.found() != []

    right = Sale(
        lines=(line(trip.drug, pieces(1), (CODE,)),),
        region=RegionCode.parse(NANTONG),
        correction_reason="incorrect_data",
    )
    trip.books.says(trip.shop, right, at=trip.at(30), logged=trip.at(24 * 60), corrects=wrong)
    assert trip.found() == []


@pytest.mark.parametrize(("minutes", "expected"), [(60, 1), (89, 1), (90, 0)])
def test_two_counters_with_degrees_are_as_far_apart_as_the_crow_flies(
    trip: Trip, minutes: int, expected: int
) -> None:
    # 330 km lie between the two; a pack may come 30 km and 200 km in an hour.
    trip.sells(0, site=trip.counter("32.0000", "121.0000"))
    again = trip.counter("32.0000", "117.5000")
    trip.sells(minutes, site=again)

    assert len([one for one in trip.found() if one[0] == "impossible_travel"]) == expected


def test_a_site_that_is_put_right_brings_the_places_together(trip: Trip) -> None:
    far = trip.counter("43.8256", "87.6168")
    wrong = trip.books.last
    trip.sells(30, site=far)
    assert trip.found() != []

    right = far.model_copy(
        update={"latitude": "32.0", "longitude": "120.9", "correction_reason": "incorrect_data"}
    )
    trip.books.says(trip.shop, right, at=trip.at(60), corrects=wrong)
    assert trip.found() == []


def test_goods_go_by_road_for_three_hours_and_then_may_fly() -> None:
    assert (travels_in(0), travels_in(1), travels_in(3), travels_in(4)) == (30, 230, 630, 1430)


def test_places_are_as_far_apart_as_their_edges() -> None:
    one, other = Place(32.0, 121.0, 0), Place(43.8256, 87.6168, 0)
    assert one.km_to(other) == other.km_to(one) == 3182
    assert Place(32.0, 121.0, 1000).km_to(Place(43.8256, 87.6168, 500)) == 1682
    assert Place(32.0, 121.0, 3000).km_to(Place(43.8256, 87.6168, 500)) == 0


def test_an_inspectors_reading_far_away_counts_and_one_consumers_reading_is_nothing(trip: Trip) -> None:
    trip.reads(30, URUMQI, device=1)
    assert trip.found() == []

    trip.reads(40, URUMQI, who="inspector")
    assert trip.found() == [("impossible_travel", "amber", trip.shop)]


def test_two_devices_in_two_far_places_within_the_hour_are_grey_and_concern_the_issuer(trip: Trip) -> None:
    trip.reads(3000, NANTONG, device=1)
    trip.reads(3030, URUMQI, device=1)
    assert trip.found() == []

    trip.reads(3031, URUMQI, device=2)
    assert trip.found() == [("impossible_travel", "grey", trip.maker)]


@pytest.mark.parametrize(("last", "expected"), [(24 * 60, 1), (24 * 60 + 1, 0)])
def test_three_devices_in_three_far_places_within_a_day_are_amber_for_the_issuer(
    trip: Trip, last: int, expected: int
) -> None:
    trip.reads(3000, NANTONG, device=1)
    trip.reads(3000 + 11 * 60, GUANGZHOU, device=2)
    assert trip.found() == []

    trip.reads(3000 + last, CHENGDU, device=3)
    assert trip.found() == [("clone_suspected", "amber", trip.maker)] * expected


def test_one_device_again_and_again_and_near_places_do_not_add_up(trip: Trip) -> None:
    for place, region in enumerate((NANTONG, GUANGZHOU, CHENGDU)):
        trip.reads(3000 + place * 11 * 60, region, device=1)
        trip.reads(3000 + place, (NANTONG, SUZHOU, SHANGHAI)[place], device=place + 2)
    trip.reads(3100, CHENGDU)

    assert [one for one in trip.found() if one[0] == "clone_suspected"] == []


def test_impossible_travel_and_a_second_fact_make_a_clone(trip: Trip) -> None:
    trip.sells(30, URUMQI)
    trip.reads(3000, NANTONG, device=1)
    assert [kind for kind, _, _ in trip.found()] == ["impossible_travel"]

    trip.reads(3000 + 11 * 60, GUANGZHOU, device=2)
    assert ("clone_suspected", "red", trip.shop) in trip.found()
    (one,) = findings(trip.books.book, "clone_suspected")
    assert (one.figures["travel"], one.figures["scans"], one.figures["score"]) == ("1", "2", "2")
