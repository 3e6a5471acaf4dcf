from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from api.words import WORDS
from ledger.findings import may_read
from ledger.findings.misread import as_issued
from ledger.findings.scans import (
    AFTER_END_MS,
    AWAY_MS,
    CROWD_MIN,
    DOUBLE_SCAN_MS,
    READERS_MIN,
    Reader,
    Reading,
    judge_readings,
    told_apart,
)
from ledger.findings.travel import town_of
from ledger.identifiers import GoodsId, Instant, RegionCode, Sha256Hex
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import ScanBatch
from ledger.vocabulary.trade import Return, Sale
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import line

if TYPE_CHECKING:
    from ledger.findings import Finding
    from ledger.identifiers import PartyId

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/L1")
SERIALS = ("K7Q2M9XW4TB6R1ZD", "9F3HN8VC5YJ0P2SA", "4TB6R1ZDK7Q2M9XW")
CODE, OTHER, THIRD = (f"{GOODS}/21/{serial}" for serial in SERIALS)
NANTONG, SUZHOU, WUXI, GUANGZHOU, CHENGDU, BEIJING = (
    "320600",
    "320500",
    "320200",
    "440100",
    "510100",
    "110105",
)
DAY_ONE = Instant.parse("2026-10-05T09:00:00+08:00").ms
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@dataclass
class Shop:
    """A maker with one lot of three packs, whose codes are issued, and a batch of readings."""

    books: BookWriter = field(default_factory=BookWriter)
    packs: int = 3

    def __post_init__(self) -> None:
        self.maker = self.books.party("演示厂（演示）")
        self.shop = self.books.party("演示店（演示）")
        at = "2026-10-01T08:00:00+08:00"
        made = Batch(
            goods=GOODS, maker=self.maker, name="货", category="packaged_food", quantity=pieces(self.packs)
        )
        self.books.says(self.maker, made, at=at)
        self.issued = Codes(action="issue", goods=GOODS, codes=(CODE, OTHER, THIRD))
        self.books.says(self.maker, self.issued, at=at)
        self.batch = self.books.book.size
        when = Instant(DAY_ONE, 480)
        kept = ScanBatch(digest=Sha256Hex.parse("0" * 64), count=1, first_at=when, last_at=when)
        self.books.says(self.books.register.registrar, kept, at=str(when))

    def read(
        self, at_ms: int, region: str = "", who: str = "a", by: Reader = "consumer", code: str = CODE
    ) -> Reading:
        """One reading, so long after the first morning."""
        where = RegionCode.parse(region) if region else None
        return Reading(code, DAY_ONE + at_ms, by, where, who, self.batch)

    def judge(self, *readings: Reading, code: str = CODE) -> list[Finding]:
        """What they come to; each with words in both languages for all it counts."""
        found = judge_readings(code, readings, self.books.book)
        assert {name for one in found for name in one.figures if f"figure_{name}" not in WORDS} == set()
        assert judge_readings(code, reversed(readings), self.books.book) == found
        return list(found)

    def kinds(self, *readings: Reading, code: str = CODE) -> list[tuple[str, str]]:
        """Kinds and grades alone."""
        return [(one.kind, one.grade) for one in self.judge(*readings, code=code)]

    def sells(self, at_ms: int, region: str = NANTONG, by: PartyId | None = None) -> None:
        """The pack is sold."""
        sold = Sale(region=RegionCode.parse(region), lines=(line(GOODS, pieces(1), (CODE,)),))
        self.books.says(by or self.shop, sold, at=str(Instant(DAY_ONE + at_ms, 480)))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def far_and_wide(shop: Shop, *towns: str, apart_ms: int = 2 * DAY) -> list[Reading]:
    """One reader after the other, each with a device of his own."""
    return [shop.read(place * apart_ms, town, f"d{place}") for place, town in enumerate(towns)]


def test_one_device_that_reads_twice_within_minutes_has_read_once(shop: Shop) -> None:
    twice = [shop.read(0), shop.read(DOUBLE_SCAN_MS)]
    assert len(told_apart(twice)) == 1
    assert len(told_apart([shop.read(0), shop.read(DOUBLE_SCAN_MS + MINUTE)])) == 2
    assert len(told_apart([shop.read(0), shop.read(0, who="b")])) == 2


def test_what_one_household_reads_is_nothing(shop: Shop) -> None:
    assert shop.kinds(*(shop.read(day * DAY, NANTONG, f"d{day}") for day in range(20))) == []


def test_a_gift_to_another_province_is_nothing(shop: Shop) -> None:
    at_home = [shop.read(day * DAY, NANTONG, f"d{day}") for day in range(4)]
    assert shop.kinds(*at_home, *(shop.read((9 + day) * DAY, CHENGDU, f"c{day}") for day in range(3))) == []


def test_a_trip_and_home_again_is_nothing(shop: Shop) -> None:
    assert shop.kinds(*far_and_wide(shop, NANTONG, NANTONG, NANTONG, CHENGDU, NANTONG, NANTONG)) == []


def test_a_photo_sent_to_and_fro_within_a_day_is_nothing(shop: Shop) -> None:
    to_and_fro = [NANTONG, CHENGDU] * 3
    assert shop.kinds(*far_and_wide(shop, *to_and_fro, apart_ms=AWAY_MS // 6)) == []


def test_readers_who_find_it_back_twice_point_to_several_packs(shop: Shop) -> None:
    readings = far_and_wide(shop, NANTONG, CHENGDU, NANTONG, CHENGDU, NANTONG)
    (one,) = shop.judge(*readings)
    assert (one.kind, one.grade, one.party) == ("clone_suspected", "amber", shop.maker)
    assert one.seqs == (shop.batch,)
    assert (one.figures["readers"], one.figures["came_back"]) == ("5", "3")
    # One reader fewer, or one device throughout, is one pack on its way.
    assert shop.kinds(*readings[: READERS_MIN - 1]) == []
    assert shop.kinds(*(shop.read(day * DAY, NANTONG if day % 2 else CHENGDU) for day in range(8))) == []


def test_a_third_town_of_one_province_asks_for_one_reader_more_or_a_way_back(shop: Shop) -> None:
    near = [NANTONG, NANTONG, SUZHOU, SUZHOU, WUXI, WUXI]
    assert shop.kinds(*far_and_wide(shop, *near)) == [("clone_suspected", "amber")]
    assert shop.kinds(*far_and_wide(shop, *near[:-1])) == []
    # Or that one of five finds it back where it was: a pack that goes through three towns does not turn round.
    back = [NANTONG, SUZHOU, NANTONG, WUXI, WUXI]
    assert shop.kinds(*far_and_wide(shop, *back)) == [("clone_suspected", "amber")]
    assert shop.kinds(*far_and_wide(shop, *[NANTONG, NANTONG, SUZHOU, WUXI, WUXI])) == []
    assert shop.kinds(*far_and_wide(shop, *back[: READERS_MIN - 1])) == []


def test_a_third_province_is_more_than_one_pack_comes_to(shop: Shop) -> None:
    assert shop.kinds(*far_and_wide(shop, NANTONG, NANTONG, NANTONG, CHENGDU, GUANGZHOU)) == [
        ("clone_suspected", "amber")
    ]
    assert shop.kinds(*far_and_wide(shop, NANTONG, NANTONG, NANTONG, CHENGDU, CHENGDU)) == []


def test_a_handful_in_each_of_two_towns_is_no_family_with_a_photo(shop: Shop) -> None:
    crowds = [NANTONG] * CROWD_MIN + [CHENGDU] * CROWD_MIN
    assert shop.kinds(*far_and_wide(shop, *crowds)) == [("clone_suspected", "amber")]
    assert shop.kinds(*far_and_wide(shop, *crowds[:-1])) == []


def test_readings_without_a_place_say_nothing_of_places(shop: Shop) -> None:
    assert shop.kinds(*(shop.read(day * DAY, "", f"d{day}") for day in range(60))) == []


def test_a_province_alone_is_not_another_town_than_one_of_its_towns(shop: Shop) -> None:
    vague = [NANTONG, "320000", NANTONG, "320000", NANTONG, SUZHOU, "320000"]
    assert shop.kinds(*far_and_wide(shop, *vague)) == []


@pytest.mark.parametrize(
    ("region", "town"), [("320613", "3206"), ("320600", "3206"), ("320000", "32"), ("310115", "31")]
)
def test_the_town_of_a_region_is_its_prefecture_or_its_municipality(region: str, town: str) -> None:
    assert town_of(RegionCode.parse(region)) == town


def test_a_serial_that_was_never_issued_is_found_when_two_devices_read_it(shop: Shop) -> None:
    never = f"{GOODS}/21/Z8W5V1C6NJ3QX0RM"
    one, other = shop.read(0, code=never), shop.read(DAY, who="b", code=never)
    assert shop.kinds(one, code=never) == [("code_unknown", "grey")]
    (both,) = shop.judge(one, other, code=never)
    assert (both.kind, both.grade, both.party) == ("code_unknown", "amber", shop.maker)
    assert both.figures == {"issued": "3", "readers": "2"}
    assert shop.kinds(shop.read(0, by="inspector", code=never), code=never) == [("code_unknown", "amber")]


def test_codes_that_may_still_be_uploaded_are_no_finding() -> None:
    early, never = Shop(packs=4), f"{GOODS}/21/Z8W5V1C6NJ3QX0RM"
    assert (
        early.kinds(*(early.read(day * DAY, who=f"{day}", code=never) for day in range(9)), code=never) == []
    )
    lot = f"{GOODS}X/21/Z8W5V1C6NJ3QX0RM"
    assert early.kinds(early.read(0, code=lot), early.read(1, who="b", code=lot), code=lot) == []


@pytest.mark.parametrize(
    "read",
    [
        f"{GOODS}/21/{SERIALS[0].lower()}",
        f"{GOODS}/21/{SERIALS[0]}17271231",
        f"{GOODS}/21/{SERIALS[0]}10L1",
        f"{GOODS}/21/{SERIALS[0]}(17)271231",
        f"{GOODS}/21/{SERIALS[0]}{SERIALS[0]}",
    ],
)
def test_what_a_reader_makes_of_an_issued_code_is_that_code(shop: Shop, read: str) -> None:
    assert as_issued(shop.books.book, read) == CODE
    assert shop.kinds(*(shop.read(day * DAY, who=f"{day}", code=read) for day in range(9)), code=read) == []


def test_a_field_that_is_no_date_was_not_read_along(shop: Shop) -> None:
    assert as_issued(shop.books.book, f"{CODE}1727123") == f"{CODE}1727123"
    assert as_issued(shop.books.book, f"{CODE}99271231") == f"{CODE}99271231"


@pytest.mark.parametrize(
    "serial",
    [
        SERIALS[0][:-1] + "X",
        SERIALS[0][:-1],
        SERIALS[0] + "7",
        SERIALS[0][1] + SERIALS[0][0] + SERIALS[0][2:],
    ],
)
def test_one_slip_of_the_finger_is_a_finding_only_when_three_make_it(shop: Shop, serial: str) -> None:
    typed = f"{GOODS}/21/{serial}"
    three = [shop.read(day * DAY, who=f"{day}", code=typed) for day in range(3)]
    assert shop.kinds(*three[:2], code=typed) == []
    assert shop.kinds(*three, code=typed) == [("code_unknown", "amber")]


def test_a_code_that_is_read_after_it_was_destroyed(shop: Shop) -> None:
    gone = Destruction(
        stage="done", stock="own_stock", method="焚烧", lines=(line(GOODS, pieces(1), (CODE,)),)
    )
    shop.books.says(shop.maker, gone, at=str(Instant(DAY_ONE, 480)))
    late, later = shop.read(AFTER_END_MS + MINUTE), shop.read(AFTER_END_MS + HOUR, who="b")
    assert shop.kinds(shop.read(AFTER_END_MS)) == []
    assert shop.kinds(late) == [("code_reused_packaging", "grey")]
    assert shop.kinds(late, later) == [("code_reused_packaging", "amber")]
    assert shop.kinds(shop.read(AFTER_END_MS + MINUTE, by="trade")) == [("code_reused_packaging", "amber")]


def test_a_void_label_is_judged_again_when_it_is_made_void_later(shop: Shop) -> None:
    readings = [shop.read(9 * DAY), shop.read(10 * DAY, who="b")]
    assert shop.kinds(*readings) == []
    void = Codes(action="void", goods=GOODS, codes=(CODE,))
    shop.books.says(shop.maker, void, at=str(Instant(DAY_ONE, 480)), logged=str(Instant(DAY_ONE + 30 * DAY)))
    assert shop.kinds(*readings) == [("code_reused_packaging", "amber")]


def test_consumers_go_on_reading_what_was_sold(shop: Shop) -> None:
    shop.sells(0)
    assert shop.kinds(*(shop.read((5 + day) * DAY, NANTONG, f"{day}") for day in range(9))) == []


def test_a_trader_who_has_a_sold_pack_far_away_is_a_finding(shop: Shop) -> None:
    shop.sells(0)
    there = shop.read(AFTER_END_MS + HOUR, CHENGDU, by="trade")
    (one,) = shop.judge(there)
    assert (one.kind, one.grade, one.party) == ("code_reused_packaging", "amber", shop.maker)
    # On the spot, too soon, and by whoever only looks: nothing.
    assert shop.kinds(shop.read(AFTER_END_MS + HOUR, SUZHOU, by="trade")) == []
    assert shop.kinds(shop.read(AFTER_END_MS, CHENGDU, by="trade")) == []
    assert shop.kinds(shop.read(AFTER_END_MS + HOUR, CHENGDU)) == []


def test_a_pack_that_was_brought_back_may_lie_anywhere(shop: Shop) -> None:
    shop.sells(0)
    back = Return(to=shop.shop, lines=(line(GOODS, pieces(1), (CODE,)),))
    shop.books.says(shop.maker, back, at=str(Instant(DAY_ONE + HOUR, 480)))
    assert shop.kinds(shop.read(AFTER_END_MS + HOUR, CHENGDU, by="trade")) == []


def test_two_who_had_the_pack_before_them_too_far_apart_for_the_time(shop: Shop) -> None:
    first, second = shop.read(0, BEIJING, "a", "inspector"), shop.read(HOUR, GUANGZHOU, "b", "trade")
    (one,) = shop.judge(first, second)
    assert (one.kind, one.grade) == ("impossible_travel", "amber")
    assert one.figures["minutes"] == "60"
    assert shop.kinds(first, shop.read(9 * HOUR, GUANGZHOU, "b", "trade")) == []
    # A consumer reads what is shown to him: a photo travels faster than the pack.
    assert shop.kinds(first, shop.read(HOUR, GUANGZHOU, "b")) == []
    # One address at both ends is one clerk whose programme says another place.
    assert shop.kinds(first, shop.read(HOUR, GUANGZHOU, "a", "trade")) == []


def test_a_reading_too_far_from_a_sale_for_the_time(shop: Shop) -> None:
    shop.sells(0, BEIJING)
    (one,) = shop.judge(shop.read(HOUR, GUANGZHOU, "b", "inspector"))
    assert one.kind == "impossible_travel"
    assert len(one.seqs) == 2


def test_what_readings_come_to_is_for_officials_and_the_maker(shop: Shop) -> None:
    (one,) = shop.judge(*far_and_wide(shop, NANTONG, CHENGDU, GUANGZHOU, CHENGDU, NANTONG))
    assert may_read(one, reader=None, official=True)
    assert may_read(one, reader=shop.maker, official=False)
    assert not may_read(one, reader=shop.shop, official=False)
    assert not may_read(one, reader=None, official=False)


def test_a_batch_code_is_read_on_every_pack(shop: Shop) -> None:
    readings = far_and_wide(shop, NANTONG, CHENGDU, GUANGZHOU, CHENGDU, NANTONG)
    assert shop.kinds(*readings, code=str(GOODS)) == []
