from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch, Transformation, Use
from ledger.vocabulary.measures import Destruction, Takedown
from ledger.vocabulary.oversight import Hold, Recall
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from ledger.vocabulary.values import OutputLine, ReceivedLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, check, findings, goods, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _ordered(books: BookWriter) -> tuple[PartyId, PartyId, PartyId, GoodsId]:
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    leek = batch(books, farm, "leek", "farm_produce", kg(1000))
    books.says(farm, Shipment(to=stall, lines=(line(leek, kg(60)),)), at="2026-10-02T05:00:00+08:00")
    books.says(stall, check(farm, leek, "2026-10-02", kg(60)), at="2026-10-02T06:00:00+08:00")
    return farm, stall, books.party("监管（演示）", kind="authority"), leek


def _sale_at(
    books: BookWriter, who: PartyId, leek: GoodsId, at: str, codes: tuple[str, ...] | None = None
) -> None:
    books.says(who, Sale(lines=(line(leek, kg(1), codes),)), at=at, logged="2026-12-01T08:00:00+08:00")


def _orders(books: BookWriter) -> list[tuple[str, str]]:
    return [
        (one.grade, one.figures["went_on_at"][:10]) for one in findings(books.book, "shipped_under_order")
    ]


def test_a_recalled_batch_that_is_sold_or_shipped_is_red(books: BookWriter) -> None:
    farm, stall, office, leek = _ordered(books)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    order = books.last
    _sale_at(books, stall, leek, "2026-10-03T09:00:00+08:00")
    assert _orders(books) == []

    _sale_at(books, stall, leek, "2026-10-03T09:00:01+08:00")
    books.says(
        farm, Shipment(to=stall, lines=(line(leek, kg(1)),), offer=False), at="2026-10-04T09:00:00+08:00"
    )
    found = findings(books.book, "shipped_under_order")
    assert {(one.grade, one.party) for one in found} == {("red", stall), ("red", farm)}
    assert all(one.seqs[0] == order.seq for one in found)


def test_a_recall_that_was_ended_binds_no_more(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    ended = Recall(action="end", goods=(leek,), reason="完成", ends=books.last.header.id)
    books.says(office, ended, at="2026-10-10T09:00:00+08:00")
    _sale_at(books, stall, leek, "2026-10-09T09:00:00+08:00")
    _sale_at(books, stall, leek, "2026-10-11T09:00:00+08:00")

    assert _orders(books) == [("red", "2026-10-09")]


def test_nobody_ends_a_recall_that_somebody_else_gave(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    books.says(stall, Recall(action="end", goods=(leek,), reason="完成"), at="2026-10-04T09:00:00+08:00")
    _sale_at(books, stall, leek, "2026-10-05T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05")]

    books.says(
        books.register.registrar,
        Recall(action="end", goods=(leek,), reason="完成"),
        at="2026-10-06T09:00:00+08:00",
    )
    _sale_at(books, stall, leek, "2026-10-07T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05")]


def test_a_recall_of_certain_packs_leaves_the_others_alone(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(
        office,
        Recall(action="recall", goods=(leek,), reason="错标", codes=("code-0001",)),
        at="2026-10-03T09:00:00+08:00",
    )
    _sale_at(books, stall, leek, "2026-10-04T09:00:00+08:00", codes=("code-0002",))
    assert _orders(books) == []

    _sale_at(books, stall, leek, "2026-10-05T09:00:00+08:00", codes=("code-0001",))
    _sale_at(books, stall, leek, "2026-10-06T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05"), ("red", "2026-10-06")]


def test_goods_on_hold_that_are_sold_are_red_until_the_hold_is_released(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Hold(action="hold", goods=(leek,)), at="2026-10-03T09:00:00+08:00")
    books.says(office, Hold(action="release", goods=(leek,)), at="2026-10-05T09:00:00+08:00")
    for at in ("02", "04", "06"):
        _sale_at(books, stall, leek, f"2026-10-{at}T09:00:00+08:00")

    assert _orders(books) == [("red", "2026-10-04")]


def test_a_hold_that_never_happened_finds_nothing(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Hold(action="hold", goods=(leek,)), at="2026-10-03T09:00:00+08:00")
    wrong = books.last
    _sale_at(books, stall, leek, "2026-10-04T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-04")]

    undone = Correction(correction_reason="did_not_occur")
    books.says(office, undone, at="2026-12-02T09:00:00+08:00", corrects=wrong)
    assert _orders(books) == []


def test_a_hold_at_one_party_binds_that_party_only(books: BookWriter) -> None:
    farm, stall, office, leek = _ordered(books)
    books.says(office, Hold(action="hold", goods=(leek,), at=farm), at="2026-10-03T09:00:00+08:00")
    _sale_at(books, stall, leek, "2026-10-04T09:00:00+08:00")
    assert _orders(books) == []

    _sale_at(books, farm, leek, "2026-10-05T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05")]


def test_an_order_that_is_written_up_later_could_not_be_obeyed(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    hold = Hold(action="hold", goods=(leek,))
    books.says(office, hold, at="2026-10-03T09:00:00+08:00", logged="2026-10-05T09:00:00+08:00")
    _sale_at(books, stall, leek, "2026-10-04T09:00:00+08:00")
    assert _orders(books) == []

    _sale_at(books, stall, leek, "2026-10-05T09:00:01+08:00")
    assert _orders(books) == [("red", "2026-10-05")]


@pytest.mark.parametrize("stage", ["off_shelf", "withdrawn"])
def test_goods_off_the_shelf_are_not_sold(
    books: BookWriter, stage: Literal["off_shelf", "withdrawn"]
) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Takedown(action="hold", goods=(leek,), stage=stage), at="2026-10-03T09:00:00+08:00")
    books.says(office, Takedown(action="release", goods=(leek,)), at="2026-10-05T09:00:00+08:00")
    for at in ("02", "04", "06"):
        _sale_at(books, stall, leek, f"2026-10-{at}T09:00:00+08:00")

    assert _orders(books) == [("red", "2026-10-04")]


def _pickled(books: BookWriter, who: PartyId, leek: GoodsId, *, maker: PartyId | None = None) -> GoodsId:
    """Leeks into a pickle, by whoever says so."""
    pickle = goods("pickle")
    if maker is not None:
        said = Batch(goods=pickle, maker=maker, name="腌韭菜", category="packaged_food")
        books.says(maker, said, at="2026-10-02T07:00:00+08:00")
    out = OutputLine(goods=pickle, quantity=kg(30))
    books.says(
        who,
        Transformation(process="腌制", inputs=(line(leek, kg(40)),), outputs=(out,)),
        at="2026-10-02T09:00:00+08:00",
    )
    return pickle


def test_what_was_made_of_recalled_goods_is_amber_and_names_what_it_was_made_of(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    pickle = _pickled(books, stall, leek, maker=stall)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _sale_at(books, stall, pickle, "2026-10-04T09:00:00+08:00")

    (one,) = findings(books.book, "shipped_under_order")
    assert (one.grade, one.figures["made_from"]) == ("amber", str(leek))


def test_a_process_that_comes_to_light_later_brings_the_order_with_it(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _sale_at(books, stall, goods("pickle"), "2026-10-04T09:00:00+08:00")
    assert _orders(books) == []

    _pickled(books, stall, leek)
    assert _orders(books) == [("amber", "2026-10-04")]


def test_a_stranger_cannot_say_what_a_maker_put_into_its_batch(books: BookWriter) -> None:
    farm, stall, office, leek = _ordered(books)
    pickle = _pickled(books, farm, leek, maker=stall)
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _sale_at(books, stall, pickle, "2026-10-04T09:00:00+08:00")

    assert _orders(books) == []


def _ships_at(
    books: BookWriter, who: PartyId, to: PartyId, leek: GoodsId, at: str, amount: str = "20"
) -> None:
    said = Shipment(to=to, lines=(line(leek, kg(amount)),), offer=False)
    books.says(who, said, at=at, logged="2026-12-01T08:00:00+08:00")


def test_recalled_goods_may_go_back_to_whoever_supplied_them(books: BookWriter) -> None:
    farm, stall, office, leek = _ordered(books)
    canteen = books.party("食堂（演示）")
    _ships_at(books, stall, canteen, leek, "2026-10-02T12:00:00+08:00")
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _ships_at(books, canteen, stall, leek, "2026-10-04T09:00:00+08:00")
    _ships_at(books, stall, farm, leek, "2026-10-05T09:00:00+08:00")
    assert _orders(books) == []

    _ships_at(books, stall, canteen, leek, "2026-10-06T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-06")]


def test_a_receipt_that_is_entered_later_tells_who_the_supplier_was(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    trader = books.party("批发（演示）")
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _ships_at(books, stall, trader, leek, "2026-10-05T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05")]

    came = Receipt(supplier=trader, lines=(ReceivedLine(goods=leek, quantity=kg(60)),))
    books.says(stall, came, at="2026-10-02T04:00:00+08:00", logged="2026-10-08T09:00:00+08:00")
    assert _orders(books) == []


@pytest.mark.parametrize(
    ("stage", "amount", "expected"),
    [("done", "20", []), ("planned", "20", []), ("done", "19.9", [("red", "2026-10-05")])],
)
def test_recalled_goods_may_go_to_be_destroyed_as_far_as_they_are(
    books: BookWriter, stage: Literal["planned", "done"], amount: str, expected: list[tuple[str, str]]
) -> None:
    _, stall, office, leek = _ordered(books)
    plant = books.party("无害化处理厂（演示）")
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    _ships_at(books, stall, plant, leek, "2026-10-05T09:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-05")]

    gone = Destruction(stage=stage, stock="recalled", method="深埋", lines=(line(leek, kg(amount)),))
    books.says(stall, gone, at="2026-10-06T09:00:00+08:00")
    assert _orders(books) == expected


@pytest.mark.parametrize("order", ["hold", "takedown", "recall"])
def test_an_order_whose_reason_is_put_right_bound_from_the_first(books: BookWriter, order: str) -> None:
    _, stall, office, leek = _ordered(books)

    def made(why: str) -> Hold | Recall:
        if order == "recall":
            return Recall(action="recall", goods=(leek,), reason=why)
        kind = Takedown if order == "takedown" else Hold
        return kind(action="hold", goods=(leek,), reason=why)

    books.says(office, made("超标"), at="2026-10-03T09:00:00+08:00")
    first = books.last
    _sale_at(books, stall, leek, "2026-10-05T09:00:00+08:00")
    later = "2026-12-02T09:00:00+08:00"
    books.says(office, made("毒死蜱超标"), at="2026-10-03T09:00:00+08:00", logged=later, corrects=first)
    (one,) = findings(books.book, "shipped_under_order")
    assert (one.grade, one.figures["ordered_at"][:10]) == ("red", "2026-10-03")


def test_an_order_that_came_to_name_the_goods_by_a_correction_binds_from_then(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    books.says(office, Hold(action="hold", goods=(goods("other"),)), at="2026-10-03T09:00:00+08:00")
    first = books.last
    _sale_at(books, stall, leek, "2026-10-05T09:00:00+08:00")
    hold = Hold(action="hold", goods=(leek,))
    books.says(
        office, hold, at="2026-10-03T09:00:00+08:00", logged="2026-10-06T09:00:00+08:00", corrects=first
    )
    assert _orders(books) == []
    _sale_at(books, stall, leek, "2026-10-06T09:00:01+08:00")
    assert _orders(books) == [("red", "2026-10-06")]


def _turned(leek: GoodsId, *, role: Literal["main", "waste"] = "main") -> Transformation:
    out = OutputLine(goods=goods("pickle"), quantity=kg(30), role=role)
    return Transformation(process="腌制", inputs=(line(leek, kg(40)),), outputs=(out,))


def test_goods_that_stand_still_are_not_processed_or_used(books: BookWriter) -> None:
    _, stall, office, leek = _ordered(books)
    used = Use(purpose="饲喂", lines=(line(leek, kg(1)),))
    for said in (_turned(leek, role="waste"), _turned(leek), used):
        books.says(stall, said, at="2026-10-04T09:00:00+08:00", logged="2026-12-01T09:00:00+08:00")
    assert _orders(books) == []
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    # Into waste is what an order may ask for.
    found = findings(books.book, "shipped_under_order")
    assert [(one.grade, "加工投料" in one.words.zh, "使用" in one.words.zh) for one in found] == [
        ("amber", True, False),
        ("amber", False, True),
    ]


def test_a_return_goes_back_to_a_supplier_and_to_nobody_else(books: BookWriter) -> None:
    farm, stall, office, leek = _ordered(books)
    third = books.party("另一家（演示）")
    for to in (farm, stall, third):
        back = Return(to=to, lines=(line(leek, kg(5)),))
        books.says(stall, back, at="2026-10-04T09:00:00+08:00", logged="2026-12-01T09:00:00+08:00")
    books.says(office, Hold(action="hold", goods=(leek,), at=stall), at="2026-10-03T09:00:00+08:00")
    (one,) = findings(books.book, "shipped_under_order")
    assert (one.grade, "退货" in one.words.zh) == ("red", True)
    assert books.last.seq - 1 in one.seqs, "it is the return to the third"


@pytest.mark.parametrize("way", ["itself", "headquarters", "another shop"])
def test_goods_are_put_away_in_another_house_of_the_same_trader(books: BookWriter, way: str) -> None:
    _, stall, office, leek = _ordered(books)
    head = books.party("总部（演示）")
    for shop in (stall, other := books.party("分店（演示）")):
        said = Party(party=shop, party_kind="company", name=f"分店 {shop}", headquarters=head)
        books.says(books.register.registrar, said, at="2026-08-02T08:00:00+08:00")
    books.says(office, Recall(action="recall", goods=(leek,), reason="超标"), at="2026-10-03T09:00:00+08:00")
    to = {"itself": stall, "headquarters": head, "another shop": other}[way]
    moved = Shipment(to=to, lines=(line(leek, kg(5)),), offer=False)
    books.says(stall, moved, at="2026-10-04T09:00:00+08:00")
    assert _orders(books) == []
    moved = Shipment(to=books.party("别家（演示）"), lines=(line(leek, kg(5)),), offer=False)
    books.says(stall, moved, at="2026-10-04T10:00:00+08:00")
    assert _orders(books) == [("red", "2026-10-04")]
