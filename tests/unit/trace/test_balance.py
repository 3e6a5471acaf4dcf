from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pytest

from ledger.identifiers import LegalDate, ProductId, Quantity
from ledger.trace import balance
from ledger.trace.balance import In, Out
from ledger.vocabulary.goods import Adjustment, AdjustmentReason, Batch
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Sample
from ledger.vocabulary.parties import Product
from ledger.vocabulary.trade import Return, SupplierCheck
from ledger.vocabulary.values import Line, PackFactor
from tests.support.books import kg
from tests.unit.trace.stories import PESTICIDE, Story, bottles, boxes, goods, november

if TYPE_CHECKING:
    from ledger.identifiers import PartyId

NAMES: tuple[In | Out, ...] = (*get_args(In), *get_args(Out))
CABBAGE, SAUSAGE, PORK = goods("cabbage"), goods("sausage"), goods("pork")


def test_every_figure_names_the_entries_it_rests_on() -> None:
    story = Story()
    trader, farmer, stall = (story.books.party(f"{name}（演示）") for name in ("批发", "农户", "菜摊"))
    opening = story.adjusts(trader, "opening_stock", CABBAGE, kg(10), at=november(1))
    bought = story.receives(trader, farmer, CABBAGE, kg(100), at=november(2))
    sold_on = story.ships(trader, stall, CABBAGE, kg(30), at=november(3))
    came_back = story.returns(stall, trader, CABBAGE, kg(5), at=november(4))
    sent_back = story.returns(trader, farmer, CABBAGE, kg(7), at=november(4))
    retail = story.sells(trader, CABBAGE, kg(20), at=november(5))
    rotten = story.adjusts(trader, "loss", CABBAGE, kg(3), at=november(6))
    short = story.adjusts(trader, "stock_loss", CABBAGE, kg(1), at=november(6))
    found = story.adjusts(trader, "stock_gain", CABBAGE, kg(2), at=november(6))
    authority = story.books.party("市场监管局（演示）", kind="authority")
    sample = story.adjusts(authority, "sample", CABBAGE, kg(4), at=november(7), held_by=trader)
    seized = story.adjusts(authority, "seizure", CABBAGE, kg(6), at=november(8), held_by=trader)
    burnt = story.adjusts(trader, "destroyed", CABBAGE, kg(8), at=november(9))
    figures = balance(story.book, trader, CABBAGE)
    shown = {name: (figures.figure(name), figures.seqs[name]) for name in NAMES if name in figures.seqs}
    assert shown == {
        "opening": (kg(10), (opening.seq,)),
        "received": (kg(100), (bought.seq,)),
        "shipped": (kg(30), (sold_on.seq,)),
        "returned_in": (kg(5), (came_back.seq,)),
        "returned_out": (kg(7), (sent_back.seq,)),
        "sold": (kg(20), (retail.seq,)),
        "lost": (kg(4), (rotten.seq, short.seq)),
        "gained": (kg(2), (found.seq,)),
        "sampled": (kg(4), (sample.seq,)),
        "seized": (kg(6), (seized.seq,)),
        "destroyed": (kg(8), (burnt.seq,)),
    }
    assert (figures.made, figures.used) == (kg(0), kg(0))
    assert figures.came_in == kg(117)
    assert figures.expected == kg(38)
    assert not figures.overdrawn
    assert balance(story.book, authority, CABBAGE).expected is None


def test_more_out_than_ever_in_is_negative() -> None:
    story = Story()
    shop, ghost = story.books.party("农资店（演示）"), story.books.party_id()
    authority = story.books.party("农业执法（演示）", kind="authority")
    story.checks(shop, ghost, PESTICIDE, bottles(200), at=november(1))
    story.sells(shop, PESTICIDE, bottles(236), at=november(2))
    story.adjusts(authority, "seizure", PESTICIDE, bottles(161), at=november(17), held_by=shop)
    figures = balance(story.book, shop, PESTICIDE)
    assert (figures.expected, figures.overdrawn) == (bottles(-197), True)


def test_all_sold_is_no_overdraft_and_one_more_gram_is() -> None:
    for amount, overdrawn in (("100", False), ("100.001", True)):
        story = Story()
        farm = story.books.party("合作社（演示）")
        story.batch(farm, CABBAGE, kg(100), at=november(1))
        story.sells(farm, CABBAGE, kg(amount), at=november(2))
        assert balance(story.book, farm, CABBAGE).overdrawn is overdrawn


def test_what_a_process_gave_and_what_the_batch_record_says_are_the_same_goods() -> None:
    story = Story()
    factory = story.books.party("肉制品厂（演示）")
    story.batch(factory, SAUSAGE, kg(1230), at=november(13))
    assert balance(story.book, factory, SAUSAGE).made == kg(1230)
    run = story.makes(factory, {PORK: kg(1500)}, {SAUSAGE: kg(1225)}, at=november(13))
    figures = balance(story.book, factory, SAUSAGE)
    assert (figures.made, figures.seqs["made"]) == (kg(1225), (run.seq,))
    assert balance(story.book, factory, PORK).used == kg(1500)


def test_shipping_1400_of_1230_kilograms_is_170_too_many() -> None:
    story = Story()
    factory, shop = story.books.party("肉制品厂（演示）"), story.books.party("超市（演示）")
    story.makes(factory, {PORK: kg(1500)}, {SAUSAGE: kg(1230)}, at=november(13))
    story.delivers(factory, shop, SAUSAGE, kg(1400), at=november(14))
    assert balance(story.book, factory, SAUSAGE).expected == kg(-170)


def test_waste_is_not_stock() -> None:
    story = Story()
    factory, bones = story.books.party("肉制品厂（演示）"), goods("bones")
    story.makes(factory, {PORK: kg(10)}, {SAUSAGE: kg(8)}, at=november(13), waste={bones: kg(2)})
    assert balance(story.book, factory, bones).made is None


def test_a_batch_somebody_declared_for_its_maker_is_not_the_declarers_make() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.batch(stall, CABBAGE, kg(100), at=november(1), maker=farmer)
    figures = balance(story.book, stall, CABBAGE)
    assert "made" not in figures.seqs


def test_used_inputs_leave_the_stock() -> None:
    story = Story()
    farm, shop = story.books.party("合作社（演示）"), story.books.party("农资店（演示）")
    story.delivers(shop, farm, PESTICIDE, bottles(24), at=november(1))
    story.uses(farm, PESTICIDE, bottles(20), at=november(2))
    figures = balance(story.book, farm, PESTICIDE)
    assert (figures.used, figures.expected) == (bottles(20), bottles(4))


def test_a_farmer_who_records_nothing_owes_no_account() -> None:
    story = Story()
    farmer, stall = story.books.party("农户（演示）", kind="farmer"), story.books.party("菜摊（演示）")
    story.receives(stall, farmer, CABBAGE, kg(60), at=november(1))
    figures = balance(story.book, farmer, CABBAGE)
    assert (figures.shipped, figures.expected, figures.silent) == (kg(60), None, True)
    # What came back to him does not tell where he had it from.
    story.returns(stall, farmer, CABBAGE, kg(10), at=november(2))
    assert balance(story.book, farmer, CABBAGE).expected is None


def test_whoever_got_goods_by_anothers_word_has_an_account() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.ships(farm, stall, CABBAGE, kg(60), at=november(1))
    figures = balance(story.book, stall, CABBAGE)
    assert (figures.expected, figures.silent) == (kg(60), True)


def test_grams_kilograms_and_tonnes_add_up() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, Quantity.parse("1 TNE"), at=november(1))
    story.sells(farm, CABBAGE, kg(1), at=november(2))
    story.sells(farm, CABBAGE, Quantity.parse("500 GRM"), at=november(2))
    assert balance(story.book, farm, CABBAGE).expected == kg("998.5")


def test_boxes_and_kilograms_do_not_add_up_and_each_figure_stays() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.sells(farm, CABBAGE, boxes(3), at=november(2))
    figures = balance(story.book, farm, CABBAGE)
    assert (figures.made, figures.sold, figures.expected) == (kg(100), boxes(3), None)
    assert figures.units_differ


def test_one_figure_in_two_units_is_unknown() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    lines = (Line(goods=CABBAGE, quantity=kg(1)), Line(goods=CABBAGE, quantity=boxes(1)))
    story.books.says(farm, Adjustment(reason="loss", lines=lines), at=november(2))
    figures = balance(story.book, farm, CABBAGE)
    assert (figures.lost, figures.expected, figures.units_differ) == (None, None, True)


def test_a_recall_answer_tells_of_sales_that_were_recorded_before_and_counts_none_twice() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, stall, CABBAGE, kg(60), at=november(2))
    sale = story.sells(stall, CABBAGE, kg(20), at=november(3))
    recall = story.recalls(farm, CABBAGE, at=november(4))
    answer = story.answers(stall, recall, CABBAGE, at=november(5), sold=kg(45), lost=kg(1))
    figures = balance(story.book, stall, CABBAGE)
    assert (figures.sold, figures.seqs["sold"]) == (kg(45), (sale.seq, answer.seq))
    assert (figures.lost, figures.expected) == (kg(1), kg(14))


def test_a_recall_answer_that_forgets_sales_does_not_undo_them() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.sells(farm, CABBAGE, kg(20), at=november(3))
    recall = story.recalls(farm, CABBAGE, at=november(4))
    story.answers(farm, recall, CABBAGE, at=november(5), sold=kg(5))
    assert balance(story.book, farm, CABBAGE).sold == kg(20)


def test_two_answers_to_one_recall_add_up_and_two_recalls_tell_the_same_story() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    first, second = (story.recalls(farm, CABBAGE, at=november(date)) for date in (4, 5))
    story.answers(farm, first, CABBAGE, at=november(6), sold=kg(30))
    story.answers(farm, first, CABBAGE, at=november(7), sold=kg(15))
    story.answers(farm, second, CABBAGE, at=november(8), sold=kg(45))
    assert balance(story.book, farm, CABBAGE).sold == kg(45)


def test_goods_nobody_spoke_of_have_no_figures() -> None:
    figures = balance(Story().book, Story().books.party_id(), CABBAGE)
    assert (figures.expected, figures.made, figures.seqs, figures.units_differ) == (None, None, {}, False)


def _cases(amount: int) -> Quantity:
    return Quantity.parse(f"{amount} XCS")


def _declares(
    story: Story,
    by: PartyId,
    holds: str | None,
    *,
    maker: PartyId | None = None,
    product: ProductId | None = None,
    at: int = 1,
) -> None:
    """A batch of cabbage with what one case of it holds."""
    packs = None if holds is None else (PackFactor(unit="XCS", holds=Quantity.parse(holds)),)
    said = Batch(
        goods=CABBAGE, maker=maker or by, name="包菜", category="generic", packs=packs, product=product
    )
    story.books.says(by, said, at=november(at))


def test_cases_and_kilograms_add_up_where_a_factor_was_declared() -> None:
    story = Story()
    farm, trader, stall = (story.books.party(f"{name}（演示）") for name in ("合作社", "批发", "菜摊"))
    _declares(story, farm, "10 KGM")
    story.delivers(farm, trader, CABBAGE, _cases(20), at=november(2))
    story.delivers(trader, stall, CABBAGE, kg(150), at=november(3))
    figures = balance(story.book, trader, CABBAGE)
    assert (figures.received, figures.shipped, figures.expected) == (kg(200), kg(150), kg(50))
    assert not figures.units_differ
    assert figures.apart == {}


def test_where_everything_is_counted_in_cases_nothing_is_converted() -> None:
    story = Story()
    farm, trader = story.books.party("合作社（演示）"), story.books.party("批发（演示）")
    _declares(story, farm, "10 KGM")
    story.delivers(farm, trader, CABBAGE, _cases(20), at=november(2))
    assert balance(story.book, trader, CABBAGE).expected == _cases(20)


def test_the_makers_own_factor_wins_over_one_declared_before_by_somebody_else() -> None:
    story = Story()
    farm, trader = story.books.party("合作社（演示）"), story.books.party("批发（演示）")
    _declares(story, trader, "12 KGM", maker=farm)
    story.delivers(farm, trader, CABBAGE, _cases(10), at=november(2))
    story.sells(trader, CABBAGE, kg(10), at=november(3))
    assert balance(story.book, trader, CABBAGE).expected == kg(110)
    _declares(story, farm, "10 KGM", at=4)
    _declares(story, farm, "11 KGM", at=5)
    assert balance(story.book, trader, CABBAGE).expected == kg(90)


def test_a_product_tells_what_a_case_holds_where_no_batch_does() -> None:
    story = Story()
    farm, trader, product = (
        story.books.party("合作社（演示）"),
        story.books.party("批发（演示）"),
        story.books.product_id(),
    )
    for who, holds in ((trader, "9 KGM"), (farm, "8 KGM")):
        packs = (PackFactor(unit="XCS", holds=Quantity.parse(holds)),)
        said = Product(product=product, owner=farm, name="包菜", category="generic", packs=packs)
        story.books.says(who, said, at=november(1))
    _declares(story, farm, None, product=product)
    story.delivers(farm, trader, CABBAGE, _cases(10), at=november(2))
    story.sells(trader, CABBAGE, kg(10), at=november(3))
    assert balance(story.book, trader, CABBAGE).expected == kg(70)


def test_units_that_nobody_brought_together_name_their_first_entries_in_and_out() -> None:
    story = Story()
    farm, trader = story.books.party("合作社（演示）"), story.books.party("批发（演示）")
    came = story.receives(trader, farm, CABBAGE, _cases(20), at=november(2))
    sold = story.sells(trader, CABBAGE, kg(30), at=november(3))
    story.sells(trader, CABBAGE, kg(40), at=november(4))
    apart = balance(story.book, trader, CABBAGE).apart
    assert {unit.name: seqs for unit, seqs in apart.items()} == {"KGM": (sold.seq,), "XCS": (came.seq,)}


def _sampled(story: Story, holder: PartyId, amount: Quantity, *, day: int = 7) -> int:
    office = story.books.party("市场监管局（演示）", kind="authority")
    said = Sample(
        goods=CABBAGE, taken_from=holder, sample_number="样-1", quantity=amount, purpose="supervision"
    )
    story.books.says(office, said, at=november(day))
    return story.books.last.seq


def _trader(story: Story) -> PartyId:
    trader = story.books.party("批发（演示）")
    story.adjusts(trader, "opening_stock", CABBAGE, kg(100), at=november(1))
    return trader


@pytest.mark.parametrize(
    ("told", "day", "document", "left"),
    [
        (None, 7, None, "96"),
        ("4", 7, None, "96"),  # The holder wrote down the same sample.
        ("4", 8, None, "92"),  # On another day it is another one,
        ("4", 8, "样-1", "96"),  # unless it names its number.
        ("5", 7, None, "91"),
        ("5", 7, "样-1", "95"),  # One sample, and the holder's word about how much it was.
    ],
)
def test_a_sample_leaves_the_stock_once(told: str | None, day: int, document: str | None, left: str) -> None:
    story = Story()
    trader = _trader(story)
    sample = _sampled(story, trader, kg(4))
    if told is not None:
        lines = (Line(goods=CABBAGE, quantity=kg(told)),)
        story.books.says(
            trader, Adjustment(reason="sample", document=document, lines=lines), at=november(day)
        )
    figures = balance(story.book, trader, CABBAGE)
    assert figures.expected == kg(left)
    assert sample in figures.seqs["sampled"]


def test_one_adjustment_tells_of_one_sample() -> None:
    story = Story()
    trader = _trader(story)
    _sampled(story, trader, kg(4))
    _sampled(story, trader, kg(4))
    story.adjusts(trader, "sample", CABBAGE, kg(4), at=november(7))
    assert balance(story.book, trader, CABBAGE).expected == kg(92)


def _destroys(
    story: Story,
    by: PartyId,
    amount: Quantity,
    *,
    stage: Literal["planned", "done"] = "done",
    stock: Literal["own_stock", "seized", "recalled"] = "own_stock",
    held_by: PartyId | None = None,
) -> None:
    said = Destruction(
        stage=stage,
        stock=stock,
        method="深埋",
        held_by=held_by,
        lines=(Line(goods=CABBAGE, quantity=amount),),
    )
    story.books.says(by, said, at=november(10))


def test_what_was_destroyed_left_the_stock_and_what_is_planned_did_not() -> None:
    story = Story()
    trader, office = _trader(story), story.books.party("市场监管局（演示）", kind="authority")
    _destroys(story, trader, kg(10), stage="planned")
    assert balance(story.book, trader, CABBAGE).expected == kg(100)
    _destroys(story, trader, kg(10))
    _destroys(story, office, kg(20), stock="recalled", held_by=trader)
    figures = balance(story.book, trader, CABBAGE)
    assert (figures.destroyed, figures.expected) == (kg(30), kg(70))


def test_seized_goods_leave_the_stock_once_and_come_back_when_they_are_returned() -> None:
    story = Story()
    trader, office = _trader(story), story.books.party("市场监管局（演示）", kind="authority")
    story.adjusts(office, "seizure", CABBAGE, kg(60), at=november(5), held_by=trader)
    _destroys(story, office, kg(40), stock="seized", held_by=trader)
    assert balance(story.book, trader, CABBAGE).expected == kg(40)
    story.adjusts(office, "seizure_returned", CABBAGE, kg(20), at=november(12), held_by=trader)
    figures = balance(story.book, trader, CABBAGE)
    assert (figures.seized, figures.expected, figures.came_in) == (kg(40), kg(60), kg(100))


@pytest.mark.parametrize(("day", "left"), [(7, "90"), (13, "90"), (6, "80"), (14, "80")])
def test_a_destruction_that_two_hands_wrote_down_within_three_days_is_one(day: int, left: str) -> None:
    story = Story()
    trader = _trader(story)
    _destroys(story, trader, kg(10))
    story.adjusts(trader, "destroyed", CABBAGE, kg(10), at=november(day))
    assert balance(story.book, trader, CABBAGE).expected == kg(left)


def test_what_official_and_holder_both_write_down_leaves_the_stock_once() -> None:
    reasons: tuple[AdjustmentReason, ...] = ("seizure", "sample", "destroyed")
    for reason in reasons:
        story = Story()
        trader, office = _trader(story), story.books.party("市场监管局（演示）", kind="authority")
        for by, held_by in ((office, trader), (trader, None)):
            story.adjusts(by, reason, CABBAGE, kg(60), at=november(5), held_by=held_by)
        assert balance(story.book, trader, CABBAGE).expected == kg(40), reason
        # A second one of the same day and amount is another one, and each hand may tell of it.
        story.adjusts(office, reason, CABBAGE, kg(60), at=november(5), held_by=trader)
        assert balance(story.book, trader, CABBAGE).expected == kg(-20), reason
        story.adjusts(trader, reason, CABBAGE, kg(60), at=november(5))
        assert balance(story.book, trader, CABBAGE).expected == kg(-20), reason


def test_a_destruction_that_official_and_holder_record_is_one() -> None:
    story = Story()
    trader, office = _trader(story), story.books.party("市场监管局（演示）", kind="authority")
    _destroys(story, office, kg(20), stock="recalled", held_by=trader)
    _destroys(story, trader, kg(20))
    assert balance(story.book, trader, CABBAGE).expected == kg(80)


def test_losses_of_one_amount_and_day_are_two_losses() -> None:
    story = Story()
    trader, office = _trader(story), story.books.party("市场监管局（演示）", kind="authority")
    story.adjusts(trader, "loss", CABBAGE, kg(5), at=november(5))
    story.adjusts(office, "loss", CABBAGE, kg(5), at=november(5), held_by=trader)
    assert balance(story.book, trader, CABBAGE).expected == kg(90)


@pytest.mark.parametrize(("reason", "left"), [("own_use", "97"), ("seizure_returned", "103")])
def test_what_was_eaten_is_used_and_what_came_back_from_seizure_is_there(
    reason: AdjustmentReason, left: str
) -> None:
    story = Story()
    trader = _trader(story)
    story.adjusts(trader, reason, CABBAGE, kg(3), at=november(3))
    assert balance(story.book, trader, CABBAGE).expected == kg(left)


def test_what_a_customer_brings_back_the_shop_returns_to_itself() -> None:
    story = Story()
    trader = _trader(story)
    story.sells(trader, CABBAGE, kg(30), at=november(2))
    story.books.says(trader, Return(to=trader, lines=(Line(goods=CABBAGE, quantity=kg(2)),)), at=november(3))
    figures = balance(story.book, trader, CABBAGE)
    assert (figures.sold, figures.expected) == (kg(28), kg(72))


@pytest.mark.parametrize(
    ("sold", "back", "left"), [("30", "30", "100"), ("30", "31", "70"), (None, "1", "100")]
)
def test_no_more_comes_back_from_customers_than_went_to_them(sold: str | None, back: str, left: str) -> None:
    story = Story()
    trader = _trader(story)
    if sold is not None:
        story.sells(trader, CABBAGE, kg(sold), at=november(2))
    story.books.says(
        trader, Return(to=trader, lines=(Line(goods=CABBAGE, quantity=kg(back)),)), at=november(3)
    )
    assert balance(story.book, trader, CABBAGE).expected == kg(left)


@pytest.mark.parametrize(
    ("shipped", "sold", "left"),
    [
        ("0", "60", "40"),
        ("40", "60", "0"),
        ("40", "70", "0"),
        ("90", "90", "0"),
        ("90", "105", "-5"),
        ("0", "105", "-5"),
    ],
)
def test_what_a_wholesaler_calls_sold_may_be_what_it_shipped(shipped: str, sold: str, left: str) -> None:
    story = Story()
    trader, stall = _trader(story), story.books.party("菜摊（演示）")
    if shipped != "0":
        story.ships(trader, stall, CABBAGE, kg(shipped), at=november(2))
    recall = story.recalls(trader, CABBAGE, at=november(3))
    story.answers(trader, recall, CABBAGE, at=november(4), sold=kg(sold))
    assert balance(story.book, trader, CABBAGE).expected == kg(left)


def test_a_headquarters_that_checks_for_its_shop_gets_no_goods() -> None:
    story = Story()
    farm, chain, shop = (story.books.party(f"{name}（演示）") for name in ("合作社", "总部", "门店"))
    story.adjusts(farm, "opening_stock", CABBAGE, kg(100), at=november(1))
    story.ships(farm, shop, CABBAGE, kg(60), at=november(2))
    said = SupplierCheck(
        supplier=farm,
        received_on=LegalDate.parse("2026-11-02"),
        conclusion="accept",
        for_shops=(shop,),
        lines=(Line(goods=CABBAGE, quantity=kg(60)),),
    )
    story.books.says(chain, said, at=november(2, "12:00"))
    assert balance(story.book, farm, CABBAGE).shipped == kg(60)
    assert balance(story.book, shop, CABBAGE).received == kg(60)
    assert "received" not in balance(story.book, chain, CABBAGE).seqs
