"""One code in two places, sooner than goods can travel. Serials only: a batch code is everywhere at once.

A place is what a site says of itself (degrees), else a region code: then all that is known is the province, as a circle that holds
all of it, and only the way between the edges of two circles counts. Neighbouring counties and provinces are never far apart here.

How fast goods may be is told generously: on roads and rails for three hours, then by air. One far reading of a consumer is nothing: a
photo of a code travels faster than the pack. It takes three devices in three far places within a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.reading import Facts, found, moment, sheets
from ledger.views.book import said_about, site_key
from ledger.vocabulary.goods import Use
from ledger.vocabulary.oversight import Scan
from ledger.vocabulary.parties import Site
from ledger.vocabulary.trade import Receipt, Sale

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.findings.finding import Finding
    from ledger.findings.sightings import CodeStory
    from ledger.identifiers import RegionCode
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile

HOUR_MS: Final = 3_600_000
#: Door to door by road or rail, as the crow flies.
GROUND_KM_PER_HOUR: Final = 200
#: No flight is shorter than this from door to door; from then on goods may be in the air.
GROUND_HOURS: Final = 3
AIR_KM_PER_HOUR: Final = 800
#: Sites are rounded, clocks are too.
GRACE_KM: Final = 30
#: After so long a pack may be anywhere in the country.
ANYWHERE_HOURS: Final = 10
#: Consumers' readings within this time are looked at together.
SCANS_HOURS: Final = 24
#: Readings so far apart are in different places; of two provinces it is enough that they do not touch.
FAR_KM: Final = 200
FAR_SCANS_MIN: Final = 3
SCATTERED_MIN: Final = 2
#: Of a code that thousands look at, the latest readings are looked at.
RECORDS_MAX: Final = 200

_EARTH_KM: Final = 6371

#: The provinces of GB/T 2260: latitude and longitude of the middle, and a radius in kilometres that reaches beyond every border.
_PROVINCES: Final[dict[str, tuple[float, float, int]]] = {
    "11": (40.2, 116.5, 120),
    "12": (39.3, 117.3, 110),
    "13": (39.2, 116.3, 430),
    "14": (37.6, 112.3, 370),
    "15": (44.0, 112.5, 1450),
    "21": (41.2, 122.6, 360),
    "22": (43.6, 126.3, 460),
    "23": (47.9, 127.8, 700),
    "31": (31.2, 121.5, 100),
    "32": (33.0, 119.4, 310),
    "33": (29.2, 120.3, 310),
    "34": (31.9, 117.2, 340),
    "35": (26.1, 118.0, 340),
    "36": (27.4, 115.9, 360),
    "37": (36.3, 118.6, 400),
    "41": (33.9, 113.6, 380),
    "42": (31.0, 112.3, 450),
    "43": (27.6, 111.7, 400),
    "44": (23.0, 113.4, 500),
    "45": (23.8, 108.6, 470),
    "46": (16.5, 111.0, 1500),
    "50": (30.1, 107.8, 350),
    "51": (30.4, 102.9, 680),
    "52": (26.8, 106.8, 390),
    "53": (25.0, 101.5, 600),
    "54": (31.5, 88.5, 1150),
    "61": (35.6, 108.9, 540),
    "62": (37.8, 100.9, 980),
    "63": (35.4, 96.0, 780),
    "64": (37.3, 106.2, 280),
    "65": (41.5, 85.0, 1150),
    "71": (23.7, 121.0, 300),
    "81": (22.4, 114.2, 60),
    "82": (22.2, 113.6, 30),
}

#: Cities without prefectures: the first two digits name all of the town.
_MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50", "81", "82"})


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere within so many kilometres of a point."""

    latitude: float
    longitude: float
    within_km: int

    def km_to(self, other: Place) -> int:
        """How far apart the two are at least, in whole kilometres: nothing where one may lie in the other."""
        a, b = math.radians(self.latitude), math.radians(other.latitude)
        turn = math.radians(other.longitude - self.longitude)
        chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
        middle = 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))
        return max(0, math.floor(middle) - self.within_km - other.within_km)

    def is_far_from(self, other: Place) -> bool:
        """Whether nobody would take the two for one neighbourhood."""
        return self.km_to(other) >= (1 if self.within_km or other.within_km else FAR_KM)


@dataclass(frozen=True, slots=True)
class Journey:
    """Two records of one code between which no pack can have travelled. `by_trade`: at least one is a record of the trade."""

    first: Record
    second: Record
    km: int
    minutes: int
    by_trade: bool

    def finding(self, story: CodeStory, profile: Profile) -> Finding:
        """What it comes to. It concerns whoever traded last, and where consumers only read the code, its issuer."""
        traders = [one.actor for one in (self.first, self.second) if not isinstance(one.said, Scan)]
        at, then = moment(self.first.occurred_ms), moment(self.second.occurred_ms)
        return found(
            "impossible_travel",
            "amber" if self.by_trade else "grey",
            subject=story.subject,
            party=traders[-1] if traders else story.issuer or story.book.register.registrar,
            rests_on=[self.first, self.second],
            facts=Facts(
                Words(
                    zh=f"同一个码 {at} 与 {then} 出现在相距至少约 {self.km} 公里的两地，相隔 {self.minutes} 分钟。",
                    en=f"One code at {at} and at {then} in places at least {self.km} km apart, {self.minutes} minutes between them.",
                ),
                {"km": str(self.km), "minutes": str(self.minutes)},
                profile.laws.code,
            ),
        )


@dataclass(frozen=True, slots=True)
class Scattered:
    """Consumers' readings of one code within a day, by different devices in places far from one another."""

    records: tuple[Record, ...]

    def __bool__(self) -> bool:
        return len(self.records) >= SCATTERED_MIN

    @property
    def alone(self) -> bool:
        """Whether they are enough without any other fact."""
        return len(self.records) >= FAR_SCANS_MIN


def travels_in(hours: float) -> int:
    """How far goods may have come after so long."""
    if hours <= GROUND_HOURS:
        return GRACE_KM + math.floor(GROUND_KM_PER_HOUR * hours)
    return GRACE_KM + GROUND_KM_PER_HOUR * GROUND_HOURS + math.floor(AIR_KM_PER_HOUR * (hours - GROUND_HOURS))


def impossible_travel(story: CodeStory) -> Journey | None:
    """The first two records of a code in places too far apart for the time between; those of the trade before scans alone."""
    trade = [
        record
        for record in (one.record for one in story.seen)
        if isinstance(record.said, (Sale, Use))
        or (isinstance(record.said, Receipt) and record.said.conclusion != "refuse")
    ]
    trade += [record for record, scan in story.scans if scan.scanned_by != "consumer"]
    found_ = _too_far(trade, story.book, by_trade=True)
    if found_ is not None:
        return found_
    return _too_far([record for record, _ in _readings(story)], story.book, by_trade=False)


def scattered(story: CodeStory) -> Scattered:
    """The most readings by consumers that lie far from one another within a day."""
    located = [
        (record, scan, place)
        for record, scan in _readings(story)
        if (place := place_of(record, story.book)) is not None
    ]
    most: list[Record] = []
    for start, (first, _, _) in enumerate(located):
        chosen: list[tuple[Record, Scan, Place]] = []
        for record, scan, place in located[start:]:
            if record.occurred_ms - first.occurred_ms > SCANS_HOURS * HOUR_MS:
                break
            if all(scan.device != other.device and place.is_far_from(there) for _, other, there in chosen):
                chosen.append((record, scan, place))
        if len(chosen) > len(most):
            most = [record for record, _, _ in chosen]
    return Scattered(tuple(most))


def place_of(record: Record, book: Book) -> Place | None:
    """Where a record happened, as far as anybody said."""
    said = record.said
    if isinstance(said, Scan):
        return _point(said.latitude, said.longitude) or province(said.region)
    site = getattr(said, "site", None)
    if site is not None:
        for _, sheet in reversed(said_about(book, site_key(site), Site)):
            if sheet.site == site:
                place = _point(sheet.latitude, sheet.longitude) or province(sheet.region)
                if place is not None:
                    return place
    if isinstance(said, Sale) and said.region is not None:
        return province(said.region)
    regions = [sheet.region for _, sheet in sheets(book, record.actor) if sheet.region is not None]
    return province(regions[-1]) if regions else None


def town_of(region: RegionCode) -> str:
    """The town of a region code: its prefecture, a municipality as a whole, or the province where the code says no more."""
    text = str(region)
    return text[:2] if text[:2] in _MUNICIPALITIES or text[2:4] == "00" else text[:4]


def town_names(towns: set[str]) -> Mapping[str, str]:
    """One name for each: where somebody gave the province alone, its towns are not told apart from it."""
    return {one: one[:2] if one[:2] in towns else one for one in towns}


def _readings(story: CodeStory) -> list[tuple[Record, Scan]]:
    """The readings of consumers whose devices can be told apart, in order."""
    known = [(record, scan) for record, scan in story.scans if scan.scanned_by == "consumer" and scan.device]
    return sorted(known, key=lambda one: one[0].order)[-RECORDS_MAX:]


def _too_far(records: Sequence[Record], book: Book, *, by_trade: bool) -> Journey | None:
    ordered = sorted(records, key=lambda one: one.order)[-RECORDS_MAX:]
    for place, second in enumerate(ordered):
        for first in reversed(ordered[:place]):
            between = second.occurred_ms - first.occurred_ms
            if between > ANYWHERE_HOURS * HOUR_MS:
                break
            if _said_where(first) == _said_where(second) or _one_device(first, second):
                continue
            here, there = place_of(first, book), place_of(second, book)
            if here is not None and there is not None:
                km = here.km_to(there)
                if km > travels_in(between / HOUR_MS):
                    return Journey(first, second, km, between // 60_000, by_trade)
    return None


def _said_where(record: Record) -> tuple[str, ...]:
    """What a record says of its place, to see without any look-up that two say the same."""
    said = record.said
    parts = [getattr(said, name, None) for name in ("site", "region", "latitude", "longitude")]
    if not any(part is not None for part in parts):
        return (str(record.actor),)
    return tuple(str(part) for part in parts)


def _one_device(first: Record, second: Record) -> bool:
    one, other = first.said, second.said
    return isinstance(one, Scan) and isinstance(other, Scan) and one.device == other.device


def _point(latitude: str | None, longitude: str | None) -> Place | None:
    return Place(float(latitude), float(longitude), 0) if latitude and longitude else None


def province(region: RegionCode | None) -> Place | None:
    """The province of a region, as a circle that holds all of it; None for a region that lies in none we know."""
    known = _PROVINCES.get(str(region)[:2]) if region is not None else None
    return Place(*known) if known is not None else None
