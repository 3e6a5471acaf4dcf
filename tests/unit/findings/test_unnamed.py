from __future__ import annotations

from ledger.findings import subjects_touched
from ledger.vocabulary.trade import Receipt, Shipment
from ledger.vocabulary.values import ReceivedLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, line


def _touched_by_the_last_delivery(stalls: int) -> tuple[set[str], set[str]]:
    """What a shipment to one more stall touches, and its receipt, when so many others hold the lot already."""
    books = BookWriter()
    farm, trader = books.party("合作社（演示）"), books.party("批发（演示）")
    leek = batch(books, farm, "leek", "farm_produce", kg(10_000))
    books.says(farm, Shipment(to=trader, lines=(line(leek, kg(6000)),)), at="2026-10-02T03:00:00+08:00")
    for _ in range(stalls):
        stall = books.party("菜摊（演示）")
        books.says(trader, Shipment(to=stall, lines=(line(leek, kg(15)),)), at="2026-10-02T05:00:00+08:00")
        shipped = books.last
        received = Receipt(
            supplier=trader,
            shipment=shipped.header.id,
            lines=(ReceivedLine(goods=leek, quantity=kg(15)),),
        )
        books.says(stall, received, at="2026-10-02T06:00:00+08:00")
    return set(subjects_touched(shipped, books.book)), set(subjects_touched(books.last, books.book))


def test_a_delivery_to_one_of_many_holders_touches_none_of_the_others() -> None:
    few, many = _touched_by_the_last_delivery(2), _touched_by_the_last_delivery(40)

    for some, more in zip(few, many, strict=True):
        assert len(more) <= len(some)
        assert len([one for one in more if one.startswith("holding/")]) == 2
