from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.identifiers import Quantity
from ledger.vocabulary.goods import Adjustment, AdjustmentReason, Batch, Transformation
from ledger.vocabulary.parties import Party, Succession
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import OutputLine, PackFactor, ReceivedLine
from tests.support.books import BookWriter, kg, pieces
from tests.unit.findings.judged import batch, check, day, findings, goods, kinds, licence, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _stall(books: BookWriter) -> tuple[PartyId, PartyId, GoodsId]:
    """A farm off this ledger, a stall that bought 100 kg of its leeks on 2 October, and the leeks."""
    farmer = books.party("钱某（演示）", kind="farmer", declared_by=None)
    stall = books.party("菜摊（演示）", kind="individual_business")
    leek = goods("leek")
    books.says(
        stall,
        Batch(goods=leek, maker=farmer, name="韭菜", category="farm_produce"),
        at="2026-10-02T05:00:00+08:00",
    )
    books.says(stall, check(farmer, leek, "2026-10-02", kg(100)), at="2026-10-02T06:00:00+08:00")
    return farmer, stall, leek


def _sells(
    books: BookWriter, who: PartyId, one: GoodsId, amount: str, at: str = "2026-10-02T09:00:00+08:00"
) -> None:
    books.says(who, Sale(lines=(line(one, kg(amount)),)), at=at)


def test_an_honest_small_trader_with_a_farmer_as_its_source_has_no_finding(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    _sells(books, stall, leek, "60")
    _sells(books, stall, leek, "40")

    assert kinds(books.book) == []


def test_an_honest_small_trader_who_wrote_nothing_but_his_sales_of_delivered_leeks_ends_grey_at_most(
    books: BookWriter,
) -> None:
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）", kind="individual_business")
    leek = batch(books, farm, "leek", "farm_produce", kg(100))
    books.says(farm, Shipment(to=stall, lines=(line(leek, kg(50)),)), at="2026-10-02T05:00:00+08:00")
    _sells(books, stall, leek, "50")

    assert {one.grade for one in findings(books.book)} == {"grey"}
    assert kinds(books.book) == ["missing_check"]


@pytest.mark.parametrize(("amount", "expected"), [("105", []), ("105.001", ["oversold"])])
def test_more_out_than_in_counts_beyond_the_tolerance(
    books: BookWriter, amount: str, expected: list[str]
) -> None:
    _, stall, leek = _stall(books)
    _sells(books, stall, leek, amount)

    assert kinds(books.book) == expected


def test_oversold_shows_in_out_and_difference_in_one_unit(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    books.says(
        stall,
        Sale(lines=(line(leek, Quantity.parse("150000 GRM")),)),
        at="2026-10-02T09:00:00+08:00",
    )

    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("oversold", "red", stall)
    assert one.figures == {"in": "100", "out": "150", "difference": "-50", "unit": "KGM"}
    assert one.since_ms == books.last.at_ms


@pytest.mark.parametrize("reason", ["opening_stock", "stock_gain"])
def test_opening_stock_and_stocktaking_count_as_in(books: BookWriter, reason: AdjustmentReason) -> None:
    _, stall, leek = _stall(books)
    _sells(books, stall, leek, "150")
    assert kinds(books.book) == ["oversold"]

    books.says(
        stall,
        Adjustment(reason=reason, lines=(line(leek, kg(50)),)),
        at="2026-09-30T08:00:00+08:00",
        logged="2026-10-05T08:00:00+08:00",
    )
    assert kinds(books.book) == []


def test_a_return_from_a_customer_counts_as_in(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    canteen = books.party("食堂（演示）")
    books.says(stall, Shipment(to=canteen, lines=(line(leek, kg(100)),)), at="2026-10-02T07:00:00+08:00")
    books.says(canteen, Return(to=stall, lines=(line(leek, kg(40)),)), at="2026-10-02T08:00:00+08:00")
    _sells(books, stall, leek, "40")
    assert kinds(books.book, party=stall) == []

    _sells(books, stall, leek, "40")
    assert kinds(books.book, party=stall) == ["oversold"]


def test_boxes_and_kilograms_are_not_compared_and_the_factor_is_asked_for(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    books.says(stall, Sale(lines=(line(leek, pieces(500)),)), at="2026-10-02T09:00:00+08:00")

    assert kinds(books.book) == ["unit_mismatch"]


def test_a_supplier_who_keeps_no_account_here_cannot_be_oversold(books: BookWriter) -> None:
    farmer, _, _ = _stall(books)

    assert kinds(books.book, party=farmer) == []


def test_a_seizure_by_an_authority_counts_as_out_of_the_holders_stock(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    office = books.party("监管（演示）", kind="authority")
    _sells(books, stall, leek, "90")
    seized = Adjustment(reason="seizure", held_by=stall, lines=(line(leek, kg(60)),))
    books.says(office, seized, at="2026-10-03T09:00:00+08:00")

    (one,) = findings(books.book)
    assert (one.kind, one.party, one.figures["difference"]) == ("oversold", stall, "-50")


def test_absurd_amounts_raise_nothing(books: BookWriter) -> None:
    _, stall, leek = _stall(books)
    for _ in range(3):
        _sells(books, stall, leek, "999999999999999")
        _sells(books, stall, leek, "0.000001")

    assert set(kinds(books.book)) <= {"oversold"}


@pytest.mark.parametrize(
    ("logged", "expected"),
    [("2026-10-06T23:59:00+08:00", []), ("2026-10-07T00:01:00+08:00", ["backdated_check"])],
)
def test_a_check_may_be_written_up_within_the_days_of_the_profile(
    books: BookWriter, logged: str, expected: list[str]
) -> None:
    farmer, stall, leek = _stall(books)
    books.says(stall, check(farmer, leek, "2026-10-03"), at="2026-10-03T08:00:00+08:00", logged=logged)

    assert kinds(books.book) == expected


def test_a_late_check_is_amber_and_shows_its_reason(books: BookWriter) -> None:
    farmer, stall, leek = _stall(books)
    late = check(farmer, leek, "2026-10-03", late="住院，回来后补记")
    books.says(stall, late, at="2026-10-03T08:00:00+08:00", logged="2026-10-12T08:00:00+08:00")

    (one,) = findings(books.book)
    assert (one.grade, one.figures["days"], one.figures["days_allowed"]) == ("amber", "9", "3")
    assert "住院，回来后补记" in one.words.zh


def test_a_check_of_many_lines_is_one_late_check(books: BookWriter) -> None:
    farmer, stall, leek = _stall(books)
    said = SupplierCheck(
        supplier=farmer,
        received_on=day("2026-10-03"),
        conclusion="accept",
        lines=(line(leek), line(goods("radish")), line(goods("bean"))),
    )
    books.says(stall, said, at="2026-10-03T08:00:00+08:00", logged="2026-10-20T08:00:00+08:00")

    assert kinds(books.book) == ["backdated_check"]


def _resold_before_the_check(books: BookWriter) -> tuple[PartyId, PartyId, GoodsId]:
    farmer, stall, leek = (
        books.party("钱某（演示）", kind="farmer"),
        books.party("菜摊（演示）"),
        goods("leek"),
    )
    _sells(books, stall, leek, "5", at="2026-10-05T09:00:00+08:00")
    books.says(
        stall,
        check(farmer, leek, "2026-10-01", kg(100)),
        at="2026-10-01T08:00:00+08:00",
        logged="2026-10-12T08:00:00+08:00",
    )
    return farmer, stall, leek


def test_a_late_check_recorded_after_the_first_resale_cannot_be_true_as_dated(books: BookWriter) -> None:
    _resold_before_the_check(books)

    (one,) = findings(books.book)
    assert (one.kind, one.grade) == ("backdated_check", "red")
    assert one.seqs == (books.last.seq - 1, books.last.seq)
    assert one.figures["first_resale"] == "2026-10-05 09:00"


def test_a_check_written_up_the_same_evening_is_nothing_though_the_goods_were_sold_by_then(
    books: BookWriter,
) -> None:
    farmer, stall, leek = (
        books.party("钱某（演示）", kind="farmer"),
        books.party("菜摊（演示）"),
        goods("leek"),
    )
    _sells(books, stall, leek, "5", at="2026-10-05T06:00:00+08:00")
    books.says(
        stall,
        check(farmer, leek, "2026-10-05", kg(100)),
        at="2026-10-05T05:00:00+08:00",
        logged="2026-10-05T21:00:00+08:00",
    )

    assert kinds(books.book) == []


def test_a_late_check_of_a_second_delivery_is_amber_though_the_first_is_on_sale(books: BookWriter) -> None:
    farmer, stall, leek = _stall(books)
    _sells(books, stall, leek, "5", at="2026-10-03T09:00:00+08:00")
    books.says(
        stall,
        check(farmer, leek, "2026-10-04"),
        at="2026-10-04T08:00:00+08:00",
        logged="2026-10-20T08:00:00+08:00",
    )

    assert [(one.kind, one.grade) for one in findings(books.book)] == [("backdated_check", "amber")]


@pytest.mark.parametrize("came", ["receipt", "shipment", "opening", "batch", "return", "transformation"])
def test_goods_that_were_there_before_the_resale_leave_a_late_check_amber(
    books: BookWriter, came: str
) -> None:
    farm, stall, leek = books.party("合作社（演示）"), books.party("菜摊（演示）"), goods("leek")
    at = "2026-10-02T08:00:00+08:00"
    if came == "receipt":
        books.says(stall, Receipt(supplier=farm, lines=(ReceivedLine(goods=leek, quantity=kg(50)),)), at=at)
    elif came == "shipment":
        books.says(farm, Shipment(to=stall, lines=(line(leek, kg(50)),)), at=at)
    elif came == "opening":
        books.says(stall, Adjustment(reason="opening_stock", lines=(line(leek, kg(50)),)), at=at)
    elif came == "batch":
        books.says(
            stall,
            Batch(goods=leek, maker=stall, name="韭菜", category="farm_produce", quantity=kg(50)),
            at=at,
        )
    elif came == "return":
        books.says(farm, Return(to=stall, lines=(line(leek, kg(50)),)), at=at)
    else:
        made = Transformation(
            process="净菜",
            inputs=(line(goods("raw"), kg(60)),),
            outputs=(OutputLine(goods=leek, quantity=kg(50)),),
        )
        books.says(stall, made, at=at)
    _sells(books, stall, leek, "5", at="2026-10-05T09:00:00+08:00")
    books.says(
        stall,
        check(farm, leek, "2026-10-01"),
        at="2026-10-01T08:00:00+08:00",
        logged="2026-10-20T08:00:00+08:00",
    )

    assert [one.grade for one in findings(books.book, "backdated_check", party=stall)] == ["amber"]


def test_goods_that_only_went_into_a_process_had_not_come_in(books: BookWriter) -> None:
    farmer, stall, leek = (
        books.party("钱某（演示）", kind="farmer"),
        books.party("菜摊（演示）"),
        goods("leek"),
    )
    used = Transformation(
        process="净菜", inputs=(line(leek, kg(5)),), outputs=(OutputLine(goods=goods("cut"), quantity=kg(4)),)
    )
    books.says(stall, used, at="2026-10-04T08:00:00+08:00")
    _sells(books, stall, leek, "5", at="2026-10-05T09:00:00+08:00")
    books.says(
        stall,
        check(farmer, leek, "2026-10-01"),
        at="2026-10-01T08:00:00+08:00",
        logged="2026-10-20T08:00:00+08:00",
    )

    assert [one.grade for one in findings(books.book, "backdated_check")] == ["red"]


def _pharmacy(books: BookWriter) -> tuple[PartyId, PartyId, GoodsId]:
    maker, shop = books.party("药厂（演示）"), books.party("药店（演示）")
    licence(books, maker, "药品生产许可证")
    licence(books, shop, "药品经营许可证", "许-2")
    drug = batch(books, maker, "drug", "drug", pieces(1000))
    books.says(maker, Shipment(to=shop, lines=(line(drug, pieces(100)),)), at="2026-10-02T08:00:00+08:00")
    return maker, shop, drug


def test_goods_sold_on_without_a_check_are_amber_until_the_check_is_entered(books: BookWriter) -> None:
    maker, shop, drug = _pharmacy(books)
    assert kinds(books.book) == []

    books.says(shop, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-03T08:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party, one.law) == ("missing_check", "amber", shop, "药品管理法 57")

    books.says(
        shop,
        check(maker, drug, "2026-10-02", pieces(100)),
        at="2026-10-02T09:00:00+08:00",
        logged="2026-10-03T09:00:00+08:00",
    )
    assert kinds(books.book) == []


def test_a_receipt_is_the_check_for_leeks_and_not_for_drugs(books: BookWriter) -> None:
    maker, shop, drug = _pharmacy(books)
    farm, stall = books.party("合作社（演示）"), books.party("菜摊（演示）")
    leek = batch(books, farm, "leek", "farm_produce", kg(100))
    books.says(
        shop,
        Receipt(supplier=maker, lines=(ReceivedLine(goods=drug, quantity=pieces(100)),)),
        at="2026-10-02T09:00:00+08:00",
    )
    books.says(
        stall,
        Receipt(supplier=farm, lines=(ReceivedLine(goods=leek, quantity=kg(10)),)),
        at="2026-10-02T09:00:00+08:00",
    )
    books.says(shop, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-03T08:00:00+08:00")
    books.says(stall, Sale(lines=(line(leek, kg(1)),)), at="2026-10-03T08:00:00+08:00")

    assert [(one.kind, one.party) for one in findings(books.book)] == [("missing_check", shop)]


def test_a_maker_that_sells_its_own_goods_checks_nobody(books: BookWriter) -> None:
    maker, shop, drug = _pharmacy(books)
    books.says(shop, Return(to=maker, lines=(line(drug, pieces(5)),)), at="2026-10-04T08:00:00+08:00")

    assert kinds(books.book, party=maker) == []


@pytest.mark.parametrize("how", ["for its shops", "on its own account", "entered by the market"])
def test_a_check_of_the_headquarters_or_entered_by_the_market_is_the_shops_check(
    books: BookWriter, how: str
) -> None:
    maker, shop, drug = _pharmacy(books)
    house = books.party("连锁总部（演示）")
    said = Party(party=shop, party_kind="company", name="药店（演示）", headquarters=house)
    books.says(books.register.registrar, said, at="2026-09-01T08:00:00+08:00")
    books.says(shop, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-03T08:00:00+08:00")
    assert kinds(books.book, party=shop) == ["missing_check"]

    looked = check(maker, drug, "2026-10-02", pieces(100))
    if how == "for its shops":
        looked = looked.model_copy(update={"for_shops": (shop,)})
    if how == "entered by the market":
        books.says(house, looked, at="2026-10-02T09:00:00+08:00", on_behalf_of=shop)
    else:
        books.says(house, looked, at="2026-10-02T09:00:00+08:00")
    assert kinds(books.book, party=shop) == []


def test_a_check_for_one_shop_is_not_another_shops_check(books: BookWriter) -> None:
    maker, shop, drug = _pharmacy(books)
    house, other = books.party("连锁总部（演示）"), books.party("另一店（演示）")
    looked = check(maker, drug, "2026-10-02", pieces(100)).model_copy(update={"for_shops": (other,)})
    books.says(house, looked, at="2026-10-02T09:00:00+08:00")
    books.says(shop, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-03T08:00:00+08:00")

    assert "missing_check" in kinds(books.book, party=shop)


def test_a_late_check_of_goods_whose_receipt_was_in_time_is_amber_and_names_the_resale(
    books: BookWriter,
) -> None:
    maker, shop, drug = _pharmacy(books)
    books.says(shop, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-03T08:00:00+08:00")
    sold = books.last.seq
    late = check(maker, drug, "2026-10-02", pieces(100))
    books.says(shop, late, at="2026-10-02T10:00:00+08:00", logged="2026-10-08T10:00:00+08:00")

    (one,) = findings(books.book, "backdated_check")
    assert (one.grade, one.seqs) == ("amber", (sold, books.last.seq))
    assert "不能成立" not in one.words.zh


def _made_and_shipped(books: BookWriter) -> tuple[PartyId, PartyId, GoodsId]:
    """A maker of a hundred kilograms that sent them all to one shop."""
    maker, shop = books.party("酱厂（演示）"), books.party("超市（演示）")
    sauce = batch(books, maker, "sauce", "farm_produce", kg(100))
    books.says(maker, Shipment(to=shop, lines=(line(sauce, kg(100)),)), at="2026-10-02T05:00:00+08:00")
    return maker, shop, sauce


def test_one_strangers_word_makes_no_seller_red(books: BookWriter) -> None:
    maker, _, sauce = _made_and_shipped(books)
    stranger = books.party("冒名商行（演示）")
    books.says(stranger, check(maker, sauce, "2026-10-02", kg(1000)), at="2026-10-02T06:00:00+08:00")

    (one,) = findings(books.book, "oversold", party=maker)
    assert (one.grade, one.figures["difference"]) == ("grey", "-1000")
    assert "发货方没有记录" in one.words.zh
    # A second one who says so too, of as much again, is a reason to ask.
    other = books.party("另一商行（演示）")
    books.says(other, check(maker, sauce, "2026-10-02", kg(1000)), at="2026-10-02T07:00:00+08:00")
    assert [one.grade for one in findings(books.book, "oversold", party=maker)] == ["amber"]


def test_a_receivers_slip_of_the_pen_makes_no_sender_red(books: BookWriter) -> None:
    maker, shop, sauce = _made_and_shipped(books)
    got = Receipt(supplier=maker, lines=(ReceivedLine(goods=sauce, quantity=kg(1000)),))
    books.says(shop, got, at="2026-10-02T06:00:00+08:00")

    assert {one.grade for one in findings(books.book, "oversold", party=maker)} <= {"grey"}


def test_what_a_seller_says_itself_stays_red_whatever_others_add(books: BookWriter) -> None:
    maker, _, sauce = _made_and_shipped(books)
    second, stranger = books.party("食堂（演示）"), books.party("冒名商行（演示）")
    books.says(maker, Shipment(to=second, lines=(line(sauce, kg(60)),)), at="2026-10-02T08:00:00+08:00")
    books.says(stranger, check(maker, sauce, "2026-10-02", kg(1000)), at="2026-10-02T09:00:00+08:00")

    (one,) = findings(books.book, "oversold", party=maker)
    assert one.grade == "red"


def test_a_slip_of_the_pen_put_right_later_makes_no_check_late(books: BookWriter) -> None:
    farmer, stall, leek = _stall(books)
    first = books.last
    _sells(books, stall, leek, "50")
    books.says(
        stall,
        check(farmer, leek, "2026-10-02", kg(90)).model_copy(update={"correction_reason": "incorrect_data"}),
        at="2026-10-02T06:00:00+08:00",
        logged="2026-10-20T08:00:00+08:00",
        corrects=first,
    )
    assert findings(books.book, "backdated_check") == []


def test_other_goods_put_into_an_old_check_are_as_late_as_the_correction(books: BookWriter) -> None:
    farmer, stall, _ = _stall(books)
    first, garlic = books.last, goods("garlic")
    sheet = Batch(goods=garlic, maker=farmer, name="大蒜", category="farm_produce")
    books.says(stall, sheet, at="2026-10-02T05:00:00+08:00")
    books.says(
        stall,
        check(farmer, garlic, "2026-10-02", kg(90)).model_copy(
            update={"correction_reason": "incorrect_data"}
        ),
        at="2026-10-02T06:00:00+08:00",
        logged="2026-10-20T08:00:00+08:00",
        corrects=first,
    )
    assert [one.kind for one in findings(books.book, "backdated_check")] == ["backdated_check"]


# --- One trader under two names


def _short(books: BookWriter) -> list[PartyId]:
    return [one.party for one in findings(books.book, "oversold")]


@pytest.mark.parametrize("how", ["renamed", "merged", "split", "taken_over"])
def test_what_came_in_under_the_old_name_is_the_new_ones(
    books: BookWriter, how: Literal["renamed", "merged", "split", "taken_over"]
) -> None:
    farm, old, new = books.party("合作社（演示）"), books.party("旧名（演示）"), books.party("新名（演示）")
    leek = batch(books, farm, "leek", "packaged_food", kg(100))
    books.says(old, check(farm, leek, "2026-10-02", kg(60)), at="2026-10-02T06:00:00+08:00")
    books.says(new, Sale(lines=(line(leek, kg(60)),)), at="2026-10-04T06:00:00+08:00")
    assert _short(books) == [new]
    said = Succession(party=old, successor=new, how=how, effective_on=day("2026-10-03"))
    books.says(books.register.registrar, said, at="2026-10-03T08:00:00+08:00")
    assert _short(books) == []
    # What the old name sold as well is not there twice; and what it lacks is found again.
    books.says(old, Sale(lines=(line(leek, kg(1)),)), at="2026-10-02T09:00:00+08:00")
    assert _short(books) == [new]
    books.says(old, check(farm, leek, "2026-10-02", kg(1)), at="2026-10-02T08:00:00+08:00")
    assert _short(books) == []


def test_a_delivery_that_the_buyer_still_writes_under_the_old_name_leaves_once(books: BookWriter) -> None:
    old, new, stall = books.party("旧名（演示）"), books.party("新名（演示）"), books.party("菜摊（演示）")
    leek = batch(books, old, "leek", "packaged_food", kg(60))
    said = Succession(party=old, successor=new, how="renamed", effective_on=day("2026-10-02"))
    sent = Shipment(to=stall, offer=True, lines=(line(leek, kg(60)),))
    books.says(new, sent, at="2026-10-03T06:00:00+08:00")
    books.says(stall, check(old, leek, "2026-10-03", kg(60)), at="2026-10-03T07:00:00+08:00")
    # Two parties with sixty each out of sixty, until it is known that they are one.
    assert _short(books) == [new]
    books.says(books.register.registrar, said, at="2026-10-04T08:00:00+08:00")
    assert _short(books) == []
    books.says(new, Sale(lines=(line(leek, kg(1)),)), at="2026-10-04T09:00:00+08:00")
    assert _short(books) == [new]


def test_goods_handed_over_by_a_merger_need_no_check(books: BookWriter) -> None:
    farm, old, new = books.party("合作社（演示）"), books.party("旧（演示）"), books.party("新（演示）")
    leek = batch(books, farm, "leek", "packaged_food", kg(100))
    books.says(old, check(farm, leek, "2026-10-02", kg(60)), at="2026-10-02T06:00:00+08:00")
    handed = Shipment(to=new, offer=False, lines=(line(leek, kg(60)),))
    books.says(old, handed, at="2026-10-03T06:00:00+08:00")
    books.says(new, Sale(lines=(line(leek, kg(60)),)), at="2026-10-04T06:00:00+08:00")
    assert [one.party for one in findings(books.book, "missing_check")] == [new]
    said = Succession(party=old, successor=new, how="merged", effective_on=day("2026-10-03"))
    books.says(books.register.registrar, said, at="2026-10-03T08:00:00+08:00")
    assert findings(books.book, "missing_check") == []


def test_a_buyers_word_about_a_pack_is_none_about_what_left_the_maker(books: BookWriter) -> None:
    farm, shop = books.party("合作社（演示）"), books.party("菜摊（演示）")
    cabbage = batch(books, farm, "cabbage", "farm_produce", kg(100))
    boxes = Quantity.parse("10 XBX")
    books.says(farm, Shipment(to=shop, lines=(line(cabbage, boxes),)), at="2026-10-02T06:00:00+08:00")
    assert kinds(books.book, party=farm) == ["unit_mismatch"]
    said = Batch(
        goods=cabbage,
        maker=farm,
        name="白菜",
        category="farm_produce",
        packs=(PackFactor(unit="XBX", holds=kg(20)),),
    )
    books.says(shop, said, at="2026-10-02T07:00:00+08:00")
    assert kinds(books.book, party=farm) == ["unit_mismatch"]
    # The maker's own word opens its packs.
    books.says(farm, said, at="2026-10-02T08:00:00+08:00")
    assert kinds(books.book, party=farm) == ["oversold"]
