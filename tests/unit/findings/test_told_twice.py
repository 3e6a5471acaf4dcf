"""What two records tell of and left once accuses nobody: samples that were paid for, seized goods that were destroyed, two taps on one button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import pytest

from ledger.vocabulary.goods import Adjustment
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Sample
from ledger.vocabulary.trade import Sale, Shipment
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, findings, line

if TYPE_CHECKING:
    from ledger.findings import Finding
    from ledger.identifiers import GoodsId, PartyId
    from ledger.vocabulary.said import Said

MORNING: Final = "2026-10-02T09:00:00+08:00"
NOON: Final = "2026-10-02T12:00:00+08:00"
NEXT_DAY: Final = "2026-10-03T09:00:00+08:00"


class Shop(BookWriter):
    """A maker of a hundred kilograms that sells them itself, and an office."""

    maker: PartyId
    office: PartyId
    goods: GoodsId


@pytest.fixture
def shop() -> Shop:
    books = Shop()
    books.maker, books.office = books.party("豆腐坊（演示）"), books.party("监管（演示）", kind="authority")
    books.goods = batch(books, books.maker, "tofu", "packaged_food", kg(100))
    return books


def sells(shop: Shop, amount: str, at: str = MORNING) -> None:
    shop.says(shop.maker, Sale(lines=(line(shop.goods, kg(amount)),)), at=at)


def sampled(shop: Shop, amount: str, *, at: str = NOON, by: PartyId | None = None) -> None:
    said = Sample(
        goods=shop.goods,
        taken_from=shop.maker,
        sample_number=f"样-{amount}",
        quantity=kg(amount),
        purpose="supervision",
    )
    shop.says(by or shop.office, said, at=at)


def short(shop: Shop) -> list[Finding]:
    return findings(shop.book, "oversold")


# --- Samples (食品安全法 87)


def test_a_sample_that_was_paid_for_at_the_till_leaves_once(shop: Shop) -> None:
    sells(shop, "97")
    sells(shop, "3", NOON)
    sampled(shop, "3")
    assert short(shop) == []


def test_beyond_the_sample_the_shop_is_short(shop: Shop) -> None:
    sells(shop, "97")
    sells(shop, "5", NOON)
    sampled(shop, "3")
    (one,) = short(shop)
    assert (one.grade, one.figures["difference"]) == ("red", "-5")


def test_a_sample_is_in_no_sale_of_another_day_and_in_none_that_was_smaller(shop: Shop) -> None:
    sells(shop, "100")
    sampled(shop, "3", at=NEXT_DAY)
    assert len(short(shop)) == 1
    sells(shop, "1", NEXT_DAY)
    # One kilogram of the three may have been paid for: three too many are left.
    (one,) = short(shop)
    assert (one.grade, one.figures["difference"]) == ("red", "-4")


def test_what_the_shop_calls_its_own_sample_was_paid_for_by_nobody(shop: Shop) -> None:
    sells(shop, "100")
    sampled(shop, "3", by=shop.maker)
    assert [one.figures["difference"] for one in short(shop)] == ["-3"]


def test_officials_may_have_written_the_sample_as_an_adjustment(shop: Shop) -> None:
    sells(shop, "100")
    said = Adjustment(reason="sample", held_by=shop.maker, lines=(line(shop.goods, kg("3")),))
    shop.says(shop.office, said, at=NOON)
    assert short(shop) == []


# --- Seized, then destroyed (行政处罚法 74 and 食品安全法 63)


def seized(shop: Shop, amount: str, reason: Literal["seizure", "seizure_returned"] = "seizure") -> None:
    said = Adjustment(reason=reason, held_by=shop.maker, lines=(line(shop.goods, kg(amount)),))
    shop.says(shop.office, said, at=NOON)


def destroyed(shop: Shop, amount: str, *, at: str = NEXT_DAY, as_adjustment: bool = False) -> None:
    lines = (line(shop.goods, kg(amount)),)
    said: Said = Destruction(stage="done", stock="own_stock", method="焚烧（演示）", lines=lines)
    if as_adjustment:
        said = Adjustment(reason="destroyed", lines=lines)
    shop.says(shop.maker, said, at=at)


@pytest.mark.parametrize("as_adjustment", [False, True])
def test_seized_goods_that_their_holder_writes_down_as_destroyed_left_once(
    shop: Shop, *, as_adjustment: bool
) -> None:
    sells(shop, "40")
    seized(shop, "60")
    destroyed(shop, "60", as_adjustment=as_adjustment)
    assert short(shop) == []
    destroyed(shop, "5", as_adjustment=as_adjustment)
    assert [one.figures["difference"] for one in short(shop)] == ["-65"]


def test_what_was_destroyed_before_was_not_what_was_seized(shop: Shop) -> None:
    sells(shop, "40")
    destroyed(shop, "60", at="2026-10-01T09:00:00+08:00")
    seized(shop, "60")
    assert [one.figures["difference"] for one in short(shop)] == ["-60"]


def test_what_came_back_from_seizure_may_be_destroyed_and_then_is_gone(shop: Shop) -> None:
    sells(shop, "40")
    seized(shop, "60")
    seized(shop, "60", "seizure_returned")
    destroyed(shop, "60")
    assert short(shop) == []
    sells(shop, "20", NEXT_DAY)
    assert [one.figures["difference"] for one in short(shop)] == ["-20"]


# --- Two taps


@pytest.mark.parametrize(("seconds", "grade"), [(0, "grey"), (3, "grey"), (4, "red")])
def test_the_same_sale_within_seconds_is_most_likely_one(shop: Shop, seconds: int, grade: str) -> None:
    sells(shop, "60")
    sells(shop, "60", f"2026-10-02T09:00:{seconds:02d}+08:00")
    (one,) = short(shop)
    assert one.grade == grade
    told = [record.seq for record in shop.records[-2:]]
    assert (f"第 {told[0]} 条和第 {told[1]} 条" in one.words.zh) == (grade == "grey")
    assert (f"entries {told[0]} and {told[1]}" in one.words.en) == (grade == "grey")


def test_an_echo_of_a_delivery_counts_as_well_and_another_amount_is_no_echo(shop: Shop) -> None:
    buyer = shop.party("小店（演示）")
    for amount in ("60", "60"):
        shop.says(shop.maker, Shipment(to=buyer, offer=False, lines=(line(shop.goods, kg(amount)),)), at=NOON)
    assert [one.grade for one in short(shop)] == ["grey"]
    sells(shop, "45", NEXT_DAY)
    # The echo explains sixty of the sixty-five that are too many.
    assert [one.grade for one in short(shop)] == ["red"]


def test_three_taps_are_one_sale_and_two_echoes(shop: Shop) -> None:
    for second in (0, 1, 2):
        sells(shop, "100", f"2026-10-02T09:00:0{second}+08:00")
    assert [one.grade for one in short(shop)] == ["grey"]
