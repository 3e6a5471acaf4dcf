from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.goods import Adjustment, Release, Transformation
from ledger.vocabulary.trade import Return, Sale, Shipment
from ledger.vocabulary.values import OutputLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, findings, goods, line
from tests.unit.findings.papers_profile import tonic

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId
    from ledger.vocabulary.parties import PartyKind

__all__ = ["tonic"]

SHIPPED = "2026-10-05T09:00:00+08:00"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _released(lot: GoodsId, result: Literal["released", "rejected"] = "released") -> Release:
    return Release(goods=lot, result=result, basis="process_control", reason="按工艺放行")


def _lot(books: BookWriter, kind: PartyKind = "company") -> tuple[PartyId, PartyId, GoodsId]:
    maker, shop = books.party("厂（演示）", kind=kind), books.party("店（演示）")
    return maker, shop, batch(books, maker, "lot", "herb_tonic", kg(100))


def _ships(books: BookWriter, maker: PartyId, shop: PartyId, lot: GoodsId, at: str = SHIPPED) -> int:
    books.says(maker, Shipment(to=shop, lines=(line(lot),)), at=at)
    return books.last.seq


@pytest.mark.usefixtures("tonic")
def test_a_batch_that_its_maker_ships_before_any_release_is_amber(books: BookWriter) -> None:
    maker, shop, lot = _lot(books)
    made = books.last.seq
    sent = _ships(books, maker, shop, lot)

    (one,) = findings(books.book, "release_missing")
    assert (one.grade, one.party, one.seqs, one.law) == ("amber", maker, (made, sent), "草本饮办法（演示） 9")

    books.says(maker, _released(lot), at="2026-10-08T09:00:00+08:00")
    (one,) = findings(books.book, "release_missing")
    assert one.seqs == (made, sent, books.last.seq)
    assert one.figures["released_at"] == "2026-10-08 09:00"


@pytest.mark.usefixtures("tonic")
@pytest.mark.parametrize(
    ("at", "logged", "expected"),
    [
        ("2026-10-04T09:00:00+08:00", "2026-10-04T09:00:00+08:00", 0),
        # Entered in the evening with its true time; or on the day of shipment, an hour later by the clock.
        ("2026-10-05T08:00:00+08:00", "2026-10-05T20:00:00+08:00", 0),
        ("2026-10-05T10:00:00+08:00", "2026-10-05T10:00:00+08:00", 0),
        # Two days of writing up are allowed, and no more; the next day is too late.
        ("2026-10-05T08:00:00+08:00", "2026-10-07T08:00:00+08:00", 0),
        ("2026-10-05T08:00:00+08:00", "2026-10-07T08:00:01+08:00", 1),
        ("2026-10-06T00:00:00+08:00", "2026-10-06T00:00:00+08:00", 1),
    ],
)
def test_a_release_counts_by_its_true_time_if_it_was_not_written_up_long_after(
    books: BookWriter, at: str, logged: str, expected: int
) -> None:
    maker, shop, lot = _lot(books)
    _ships(books, maker, shop, lot)
    books.says(maker, _released(lot), at=at, logged=logged)

    assert len(findings(books.book, "release_missing")) == expected


@pytest.mark.usefixtures("tonic")
def test_what_was_refused_and_shipped_is_red_until_it_is_released_before_it_ships(books: BookWriter) -> None:
    maker, shop, lot = _lot(books)
    made = books.last.seq
    books.says(maker, _released(lot, "rejected"), at="2026-10-04T09:00:00+08:00")
    refused = books.last.seq
    books.says(maker, Return(to=shop, lines=(line(lot),)), at=SHIPPED)
    assert findings(books.book, "release_missing") == []

    sent = _ships(books, maker, shop, lot)
    (one,) = findings(books.book, "release_missing")
    assert (one.grade, one.seqs) == ("red", (made, refused, sent))

    books.says(maker, _released(lot), at="2026-10-05T08:00:00+08:00")
    assert findings(books.book, "release_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_farmer_a_trader_and_opening_stock_need_no_release(books: BookWriter) -> None:
    farmer, shop, grown = _lot(books, "farmer")
    _ships(books, farmer, shop, grown)
    books.says(shop, Sale(lines=(line(grown),)), at="2026-10-06T09:00:00+08:00")
    assert findings(books.book, "release_missing") == []

    maker = books.party("老厂（演示）")
    old = batch(books, maker, "old", "herb_tonic")
    books.says(maker, Adjustment(reason="opening_stock", lines=(line(old),)), at="2026-10-01T08:00:00+08:00")
    _ships(books, maker, shop, old)
    assert findings(books.book, "release_missing") == []


def _mixed(
    books: BookWriter, who: PartyId, process: str, *, role: Literal["main", "waste"] = "main"
) -> GoodsId:
    """Two lots of vegetables made into one."""
    made = batch(books, who, "mixed", "farm_produce")
    said = Transformation(
        process=process,
        inputs=(line(goods("one")), line(goods("two"))),
        outputs=(OutputLine(goods=made, quantity=kg(20), role=role),),
    )
    books.says(who, said, at="2026-10-03T09:00:00+08:00")
    return made


def test_what_was_mixed_and_shipped_on_needs_a_commitment_of_its_own_however_late_it_is_entered(
    books: BookWriter,
) -> None:
    trader, shop = books.party("批发（演示）", kind="individual_business"), books.party("店（演示）")
    made = _mixed(books, trader, "两批混装")
    mixing = books.last.seq
    sent = _ships(books, trader, shop, made)

    (one,) = findings(books.book, "commitment_missing")
    assert (one.grade, one.party, one.seqs, one.law) == (
        "amber",
        trader,
        (mixing, sent),
        "农产品质量安全法 39",
    )

    said = Commitment(producer=trader, basis="self_promise", goods=made)
    books.says(trader, said, at="2026-10-05T20:00:00+08:00")
    assert findings(books.book, "commitment_missing") == []


@pytest.mark.parametrize("kind", ["farmer", "institution"])
def test_a_household_issues_it_of_its_own_free_will(books: BookWriter, kind: PartyKind) -> None:
    farmer, shop = books.party("张某（演示）", kind=kind), books.party("店（演示）")
    _ships(books, farmer, shop, _mixed(books, farmer, "分装"))

    assert findings(books.book, "commitment_missing") == []


def test_washing_selling_at_the_counter_and_waste_need_none(books: BookWriter) -> None:
    trader, shop = books.party("批发（演示）"), books.party("店（演示）")
    _ships(books, trader, shop, _mixed(books, trader, "清洗"))
    assert findings(books.book, "commitment_missing") == []

    other = BookWriter()
    cut = _mixed(other, trader, "分装")
    other.says(trader, Sale(lines=(line(cut),)), at=SHIPPED)
    assert findings(other.book, "commitment_missing") == []

    third = BookWriter()
    _ships(third, trader, shop, _mixed(third, trader, "分装", role="waste"))
    assert findings(third.book, "commitment_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_release_that_is_put_right_later_was_made_when_it_was_first_told(books: BookWriter) -> None:
    maker, shop, lot = _lot(books)
    books.says(maker, _released(lot), at="2026-10-04T09:00:00+08:00")
    first = books.last
    _ships(books, maker, shop, lot)
    right = _released(lot).model_copy(update={"correction_reason": "incorrect_data", "basis": "own_test"})
    books.says(
        maker, right, at="2026-10-04T09:00:00+08:00", logged="2026-10-25T09:00:00+08:00", corrects=first
    )
    assert findings(books.book, "release_missing") == []


@pytest.mark.usefixtures("tonic")
def test_a_refusal_that_is_turned_into_a_release_later_came_too_late(books: BookWriter) -> None:
    maker, shop, lot = _lot(books)
    books.says(maker, _released(lot, "rejected"), at="2026-10-04T09:00:00+08:00")
    first = books.last
    _ships(books, maker, shop, lot)
    right = _released(lot).model_copy(update={"correction_reason": "incorrect_data"})
    books.says(
        maker, right, at="2026-10-04T09:00:00+08:00", logged="2026-10-25T09:00:00+08:00", corrects=first
    )
    assert [one.grade for one in findings(books.book, "release_missing")] == ["amber"]
