from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import Quantity
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Recall, RecallAnswer
from ledger.vocabulary.parties import Product
from ledger.vocabulary.trade import Receipt, Sale, Shipment
from ledger.vocabulary.values import PackFactor, ReceivedLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import findings, goods, line

if TYPE_CHECKING:
    from ledger.identifiers import PartyId, StatementId

PICKLE = goods("pickle")


class Trade:
    """A maker of pickles, a wholesaler that received 200 kg, a supermarket, an office."""

    def __init__(self, *, unit: str = "KGM", amount: str = "200") -> None:
        self.books = BookWriter()
        self.maker, self.trader = self.books.party("酱菜厂（演示）"), self.books.party("批发（演示）")
        self.shop = self.books.party("超市（演示）")
        self.office = self.books.party("市场监管局（演示）", kind="authority")
        self.product = self.books.product_id()
        said = Batch(
            goods=PICKLE, maker=self.maker, name="酱黄瓜", category="packaged_food", product=self.product
        )
        self.says(self.maker, said, 1)
        came = Quantity.parse(f"{amount} {unit}")
        self.says(self.maker, Shipment(to=self.trader, lines=(line(PICKLE, came),)), 2)
        self.shipped = self.books.last
        received = Receipt(
            supplier=self.maker,
            shipment=self.shipped.header.id,
            lines=(ReceivedLine(goods=PICKLE, quantity=came),),
        )
        self.says(self.trader, received, 2)
        self.received = self.books.last

    def says(self, who: PartyId, said: object, day: int) -> None:
        self.books.says(who, said, at=f"2026-10-{day:02d}T08:00:00+08:00")  # type: ignore[type-var]  # any record

    def recall(self) -> StatementId:
        self.says(self.maker, Recall(action="recall", goods=(PICKLE,), reason="超标"), 6)
        return self.books.last.header.id

    def answers(
        self, recall: StatementId, day: int = 8, *, recovered: str | None = None, sold: str | None = None
    ) -> None:
        said = RecallAnswer(
            recall=recall,
            goods=PICKLE,
            recovered=kg(recovered) if recovered else None,
            sold=kg(sold) if sold else None,
        )
        self.says(self.trader, said, day)

    def seizure(self, amount: str = "100", *, document: str | None = "扣〔2026〕1号") -> StatementId:
        self.says(self.office, self.adjusted("seizure", amount, document), 5)
        return self.books.last.header.id

    def adjusted(self, reason: str, amount: str, document: str | None) -> Adjustment:
        return Adjustment.read(
            {
                "reason": reason,
                "held_by": str(self.trader),
                **({"document": document} if document else {}),
                "lines": [{"goods": str(PICKLE), "quantity": {"amount": amount, "unit": "KGM"}}],
            }
        )

    def burns(self, amount: str, seizure: StatementId | None, *, held: bool = True) -> None:
        said = Destruction(
            stage="done",
            stock="seized",
            method="无害化处理",
            held_by=self.trader if held else None,
            seizure=seizure,
            lines=(line(PICKLE, kg(amount)),),
        )
        self.says(self.office, said, 20)


# Units


def _sold_loose(trade: Trade) -> None:
    trade.says(trade.trader, Shipment(to=trade.shop, lines=(line(PICKLE, kg(150)),)), 3)


def test_cases_in_and_kilograms_out_ask_for_the_factor() -> None:
    trade = Trade(unit="XCS", amount="20")
    _sold_loose(trade)

    (one,) = findings(trade.books.book, "unit_mismatch")
    assert (one.grade, one.party, one.figures) == ("grey", trade.trader, {"units": "KGM, XCS"})
    assert one.seqs == (trade.shipped.seq, trade.received.seq, trade.books.last.seq)
    assert findings(trade.books.book, "oversold", party=trade.trader) == []


@pytest.mark.parametrize("by", ["batch", "product"])
def test_a_declared_factor_closes_the_account_and_what_is_too_much_is_found(by: str) -> None:
    trade = Trade(unit="XCS", amount="20")
    _sold_loose(trade)
    packs = (PackFactor(unit="XCS", holds=kg(10)),)
    if by == "batch":
        said = Batch(goods=PICKLE, maker=trade.maker, name="酱黄瓜", category="packaged_food", packs=packs)
        trade.says(trade.maker, said, 4)
    else:
        product = Product(
            product=trade.product, owner=trade.maker, name="酱黄瓜", category="packaged_food", packs=packs
        )
        trade.says(trade.maker, product, 4)
    found = findings(trade.books.book, party=trade.trader)
    assert not {one.kind for one in found} & {"unit_mismatch", "oversold"}

    trade.says(trade.trader, Sale(lines=(line(PICKLE, kg(60)),)), 5)
    (one,) = findings(trade.books.book, "oversold", party=trade.trader)
    assert one.figures["difference"] == "-10"


def test_tonnes_and_kilograms_need_no_factor() -> None:
    trade = Trade(unit="TNE", amount="0.2")
    _sold_loose(trade)

    assert findings(trade.books.book, "unit_mismatch") == []


def test_a_silent_farmer_owes_no_factor() -> None:
    trade = Trade()
    farmer = trade.books.party("农户（演示）", kind="farmer")
    for amount in ("10 XCS", "50 KGM"):
        came = Receipt(
            supplier=farmer, lines=(ReceivedLine(goods=goods("leek"), quantity=Quantity.parse(amount)),)
        )
        trade.says(trade.trader, came, 3)

    assert findings(trade.books.book, "unit_mismatch", party=farmer) == []


# Answers to a recall


def test_a_recall_answer_that_leaves_most_of_the_goods_out_is_amber() -> None:
    trade = Trade()
    recall = trade.recall()
    record = trade.books.last
    trade.answers(recall, recovered="20", sold="60")

    (one,) = findings(trade.books.book, "recall_answer_differs")
    assert (one.grade, one.party) == ("amber", trade.trader)
    assert one.figures == {"had": "200", "answered": "80", "difference": "-120", "unit": "KGM"}
    assert {record.seq, trade.books.last.seq, trade.received.seq} <= set(one.seqs)


@pytest.mark.parametrize(
    ("recovered", "difference"), [("138", []), ("137.99", ["-2.01"]), ("142", []), ("142.01", ["2.01"])]
)
def test_a_recall_answer_may_differ_by_what_scales_differ(recovered: str, difference: list[str]) -> None:
    trade = Trade()
    trade.answers(trade.recall(), recovered=recovered, sold="60")

    assert [
        one.figures["difference"] for one in findings(trade.books.book, "recall_answer_differs")
    ] == difference


def test_a_second_answer_completes_the_first_and_the_answers_to_another_recall_do_not() -> None:
    trade = Trade()
    first, second = trade.recall(), trade.recall()
    trade.answers(first, recovered="20", sold="60")
    trade.answers(second, recovered="140", sold="60")
    assert len(findings(trade.books.book, "recall_answer_differs")) == 1

    trade.answers(first, 9, recovered="120")
    assert findings(trade.books.book, "recall_answer_differs") == []


def test_what_was_shipped_on_is_the_next_holders_to_answer_for() -> None:
    trade = Trade()
    trade.says(trade.trader, Shipment(to=trade.shop, lines=(line(PICKLE, kg(120)),)), 3)
    trade.answers(trade.recall(), recovered="20", sold="60")

    assert findings(trade.books.book, "recall_answer_differs") == []


def test_recovered_goods_that_go_back_afterwards_are_not_too_many() -> None:
    trade = Trade()
    trade.answers(trade.recall(), recovered="140", sold="60")
    trade.says(trade.trader, Shipment(to=trade.maker, lines=(line(PICKLE, kg(140)),)), 10)

    assert findings(trade.books.book, "recall_answer_differs") == []


def test_nobody_is_asked_who_has_not_answered() -> None:
    trade = Trade()
    trade.recall()

    assert findings(trade.books.book, "recall_answer_differs") == []


# Seized goods


@pytest.mark.parametrize(("burnt", "back", "found"), [("80", "20", 0), ("80", "20.1", 1), ("30", "20", 0)])
def test_more_returned_and_destroyed_than_was_seized_is_red(burnt: str, back: str, found: int) -> None:
    trade = Trade()
    seizure = trade.seizure()
    taken = trade.books.last
    trade.burns(burnt, seizure)
    burn = trade.books.last
    trade.says(trade.office, trade.adjusted("seizure_returned", back, "扣〔2026〕1号"), 25)

    some = findings(trade.books.book, "seizure_unaccounted")
    assert [(one.grade, one.party, one.subject) for one in some] == [
        ("red", trade.office, f"statement/{seizure}")
    ] * found
    assert all(one.seqs == (taken.seq, burn.seq, trade.books.last.seq) for one in some)


def test_two_seizures_of_one_holder_are_summed_where_papers_do_not_tell_them_apart() -> None:
    trade = Trade()
    trade.seizure(document=None)
    trade.seizure(document=None)
    trade.says(trade.office, trade.adjusted("seizure_returned", "150", None), 25)
    assert findings(trade.books.book, "seizure_unaccounted") == []

    trade.says(trade.office, trade.adjusted("seizure_returned", "51", None), 26)
    (one,) = findings(trade.books.book, "seizure_unaccounted")
    assert one.figures["difference"] == "1"


def test_a_destruction_that_names_the_seizure_counts_without_the_holder() -> None:
    trade = Trade()
    seizure = trade.seizure()
    trade.burns("101", seizure, held=False)

    (one,) = findings(trade.books.book, "seizure_unaccounted")
    assert one.figures == {
        "seized": "100",
        "destroyed": "101",
        "returned": "0",
        "difference": "1",
        "unit": "KGM",
    }


def test_a_seizure_that_was_put_right_closes_the_account() -> None:
    trade = Trade()
    seizure = trade.seizure()
    wrong = trade.books.last
    trade.burns("120", seizure)
    assert len(findings(trade.books.book, "seizure_unaccounted")) == 1

    right = trade.adjusted("seizure", "120", "扣〔2026〕1号").model_copy(
        update={"correction_reason": "incorrect_data"}
    )
    trade.books.says(trade.office, right, at="2026-10-05T08:00:00+08:00", corrects=wrong)
    assert findings(trade.books.book, "seizure_unaccounted") == []


def test_what_an_office_destroys_for_one_holder_does_not_end_what_it_seized_from_another() -> None:
    trade = Trade()
    trade.seizure("5")
    said = Destruction(
        stage="done", stock="seized", method="深埋", held_by=trade.shop, lines=(line(PICKLE, kg(10)),)
    )
    trade.says(trade.office, said, 20)
    own = trade.adjusted("seizure", "1", None).model_copy(update={"held_by": None})
    trade.says(trade.office, own, 4)

    assert findings(trade.books.book, "seizure_unaccounted") == []
