from __future__ import annotations

from typing import get_args

from ledger.identifiers import Quantity
from ledger.trace import balance
from ledger.trace.balance import In, Out
from ledger.vocabulary.goods import Adjustment
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.unit.trace.stories import PESTICIDE, Story, bottles, boxes, goods, november

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
