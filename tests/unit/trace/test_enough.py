"""The quick look at a holding against its account: what is surely enough is never overdrawn."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import GoodsId, PartyId
from ledger.trace import balance
from ledger.trace.enough import surely_enough
from ledger.views.book import about, holding_key, keys_of
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import BookWriter, kg, pieces
from tests.unit.findings.test_incremental import History, Teller

if TYPE_CHECKING:
    from ledger.views.book import Book
    from ledger.vocabulary.said import Said

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
AT = "2026-11-14T08:00:00+08:00"


class Unjudged(History):
    """Only the book is wanted."""

    def judge(self, subjects: frozenset[str]) -> None:
        pass


def enough(book: Book, party: PartyId) -> bool:
    return surely_enough(about(book, holding_key(party, LEEK)), party, LEEK)


def made(maker: PartyId, amount: int) -> Batch:
    return Batch(goods=LEEK, maker=maker, name="韭菜（演示）", category="食用农产品", quantity=kg(amount))


def lines(amount: int) -> tuple[Line, ...]:
    return (Line(goods=LEEK, quantity=kg(amount)),)


def arrived(amount: int) -> tuple[ReceivedLine, ...]:
    return (ReceivedLine(goods=LEEK, quantity=kg(amount)),)


@pytest.mark.parametrize(("sold", "plain"), [(100, True), (101, False)])
def test_what_was_made_may_be_sold_to_the_last_kilogram(sold: int, plain: bool) -> None:  # noqa: FBT001  (a case)
    books = BookWriter()
    farm = books.party("合作社（演示）")
    books.says(farm, made(farm, 100), at=AT)
    books.says(farm, Sale(lines=lines(sold)), at=AT)
    assert enough(books.book, farm) is plain


def test_of_a_delivery_that_was_answered_only_the_receipt_counts() -> None:
    books = BookWriter()
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    books.says(farm, made(farm, 100), at=AT)
    books.says(farm, Shipment(to=stall, lines=lines(120)), at=AT)
    assert not enough(books.book, farm)
    sent = books.last.header.id
    books.says(stall, Receipt(supplier=farm, shipment=sent, lines=arrived(100)), at=AT)
    books.says(stall, SupplierCheck.read(
        {"supplier": str(farm), "received_on": "2026-11-14", "conclusion": "accept",
         "lines": [{"goods": str(LEEK), "quantity": {"amount": "100", "unit": "KGM"}}]}
    ), at=AT)  # fmt: skip
    books.says(stall, Sale(lines=lines(100)), at=AT)
    assert enough(books.book, farm)
    assert enough(books.book, stall)
    books.says(stall, Sale(lines=lines(1)), at=AT)
    assert not enough(books.book, stall)


def test_goods_that_were_only_announced_have_not_surely_come() -> None:
    books = BookWriter()
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    books.says(farm, Shipment(to=stall, lines=lines(50)), at=AT)
    assert enough(books.book, stall)
    books.says(stall, Sale(lines=lines(1)), at=AT)
    assert not enough(books.book, stall)


@pytest.mark.parametrize(
    "said",
    [
        Adjustment(reason="stock_gain", lines=lines(1)),
        Return(to=PartyId.new(bytes(10)), lines=lines(1)),
        Sale(lines=(Line(goods=LEEK, quantity=pieces(1)),)),
    ],
)
def test_what_is_not_plain_is_left_to_the_account(said: Said) -> None:
    books = BookWriter()
    farm = books.party("合作社（演示）")
    books.says(farm, made(farm, 100), at=AT)
    assert enough(books.book, farm)
    books.says(farm, said, at=AT)
    assert not enough(books.book, farm)


def test_what_is_surely_enough_is_never_overdrawn_whatever_happened() -> None:
    """Random histories of a few parties who trade, confirm, check, put right and take back; every holding in them."""
    plain = overdrawn = 0
    for seed in range(150):
        teller = Teller(Unjudged(), Random(seed))
        if seed % 2:
            teller.types = [teller.shipment, teller.receipt, teller.check, teller.batch, teller.sale]
        for _ in range(25):
            teller.step()
        book = teller.history.books.book
        holdings = {
            key for record in book.records(range(book.size)).values() for key in keys_of(record)
            if key.startswith("holding/")
        }  # fmt: skip
        for key in sorted(holdings):
            _, party, goods = key.split("/", 2)
            holder, held = PartyId.parse(party), GoodsId.parse(goods)
            over = balance(book, holder, held).overdrawn
            overdrawn += over
            if surely_enough(about(book, key), holder, held):
                plain += 1
                assert not over, (seed, key)
    assert plain > 20
    assert overdrawn > 5
