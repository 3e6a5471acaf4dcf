from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.goods import Batch
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from ledger.vocabulary.values import ReceivedLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import check, day, findings, goods, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _lot(
    books: BookWriter, maker: PartyId, *, made: str = "2026-10-01", until: str = "2026-10-05"
) -> GoodsId:
    said = Batch(
        goods=goods("milk"),
        maker=maker,
        name="纯牛奶",
        category="packaged_food",
        quantity=kg(100),
        produced_on=day(made),
        expires_on=day(until),
    )
    books.says(maker, said, at="2026-10-01T08:00:00+08:00")
    return said.goods


def _sells(books: BookWriter, who: PartyId, milk: GoodsId, at: str) -> None:
    books.says(who, Sale(lines=(line(milk, kg(1)),)), at=at)


def _late(books: BookWriter) -> list[tuple[str, str]]:
    return [(one.grade, one.figures["sold_at"]) for one in findings(books.book, "sold_after_expiry")]


def test_goods_may_be_sold_on_their_last_day_and_not_after_it(books: BookWriter) -> None:
    maker, shop = books.party("乳品厂（演示）"), books.party("超市（演示）")
    milk = _lot(books, maker)
    _sells(books, shop, milk, "2026-10-05T23:59:59+08:00")
    assert _late(books) == []
    _sells(books, shop, milk, "2026-10-06T00:00:00+08:00")
    assert _late(books) == [("red", "2026-10-06")]
    (found,) = findings(books.book, "sold_after_expiry")
    assert (found.party, found.law, found.figures["good_until"]) == (shop, "食品安全法 34", "2026-10-05")
    assert len(found.seqs) == 2


def test_a_last_day_that_is_put_right_takes_the_finding_away(books: BookWriter) -> None:
    maker, shop = books.party("乳品厂（演示）"), books.party("超市（演示）")
    milk = _lot(books, maker)
    wrong = books.last
    _sells(books, shop, milk, "2026-10-08T08:00:00+08:00")
    assert _late(books) == [("red", "2026-10-08")]
    assert isinstance(wrong.said, Batch)
    right = wrong.said.model_copy(
        update={"expires_on": day("2026-11-05"), "correction_reason": "incorrect_data"}
    )
    books.says(maker, right, at="2026-10-01T08:00:00+08:00", corrects=wrong)
    assert _late(books) == []


def test_nobody_is_red_for_a_last_day_that_somebody_else_declared(books: BookWriter) -> None:
    maker, shop, other = (books.party(name) for name in ("乳品厂（演示）", "超市（演示）", "别家（演示）"))
    said = Batch(
        goods=goods("milk"),
        maker=maker,
        name="纯牛奶",
        category="packaged_food",
        expires_on=day("2026-10-05"),
    )
    books.says(other, said, at="2026-10-01T08:00:00+08:00")
    _sells(books, shop, said.goods, "2026-10-08T08:00:00+08:00")
    assert _late(books) == [("amber", "2026-10-08")]


def test_goods_past_their_day_go_back_and_to_nobody_else(books: BookWriter) -> None:
    maker, middle, shop = (books.party(name) for name in ("厂（演示）", "批发（演示）", "店（演示）"))
    milk = _lot(books, maker)
    books.says(shop, check(middle, milk, "2026-10-02", kg(50)), at="2026-10-02T08:00:00+08:00")
    for to in (maker, middle, shop):
        back = Shipment(to=to, offer=False, lines=(line(milk, kg(5)),))
        books.says(shop, back, at="2026-10-08T08:00:00+08:00")
        books.says(shop, Return(to=to, lines=(line(milk, kg(5)),)), at="2026-10-08T09:00:00+08:00")
    assert _late(books) == []
    on = Shipment(to=books.party("食堂（演示）"), offer=False, lines=(line(milk, kg(5)),))
    books.says(shop, on, at="2026-10-08T10:00:00+08:00")
    assert _late(books) == [("amber", "2026-10-08")]


def _early(books: BookWriter) -> list[tuple[PartyId, str]]:
    return [(one.party, one.figures["traded_on"]) for one in findings(books.book, "traded_before_made")]


def test_goods_that_came_before_they_were_made_are_asked_about(books: BookWriter) -> None:
    maker, shop = books.party("厂（演示）"), books.party("店（演示）")
    milk = _lot(books, maker, made="2026-10-20", until="2026-12-01")
    # Made in the night and dated by the next day.
    books.says(shop, check(maker, milk, "2026-10-19", kg(1)), at="2026-10-19T23:00:00+08:00")
    books.says(
        shop,
        check(maker, milk, "2026-10-18", kg(1)).model_copy(update={"conclusion": "refuse"}),
        at="2026-10-18T09:00:00+08:00",
    )
    assert _early(books) == []
    # What counts of a check is the day of the delivery, whenever it was written up.
    books.says(shop, check(maker, milk, "2026-10-18", kg(1)), at="2026-10-21T08:00:00+08:00")
    got = ReceivedLine(goods=milk, quantity=kg(1))
    for said in (
        Receipt(supplier=maker, conclusion="accept", lines=(got,)),
        Sale(lines=(line(milk, kg(1)),)),
        Shipment(to=maker, offer=False, lines=(line(milk, kg(1)),)),
    ):
        books.says(shop, said, at="2026-10-17T08:00:00+08:00")
    assert sorted(_early(books)) == [(shop, "2026-10-17")] * 3 + [(shop, "2026-10-18")]
    assert {one.grade for one in findings(books.book, "traded_before_made")} == {"amber"}
