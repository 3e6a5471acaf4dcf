from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.trace import Holding, TraceLimits, recall_scope
from ledger.vocabulary.oversight import Recall
from tests.support.books import kg
from tests.unit.trace.stories import LEEK, PESTICIDE, LeekStory, Story, boxes, goods, november

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.trace import RecallHolder, RecallScope

CABBAGE = goods("cabbage")


def _demo() -> tuple[LeekStory, RecallScope]:
    """The demonstration: 640 kg recovered, 498 sold, 30 stopped at the school, 32 lost, of 1,200."""
    story = LeekStory()
    others = [story.books.party(f"{number}号摊（演示）") for number in range(38)]
    for number, stall in enumerate(others):
        story.delivers(story.wholesaler, stall, LEEK, kg(18 if number else 34), at=november(14, "12:00"))
    story.adjusts(story.wholesaler, "loss", LEEK, kg(10), at=november(14, "18:00"))
    authority = story.books.party("农业执法（演示）", kind="authority")
    recall = story.recalls(authority, LEEK, at=november(17))
    story.answers(story.supermarket, recall, LEEK, at=november(18), recovered=kg(380), lost=kg(20))
    story.answers(story.stall, recall, LEEK, at=november(18), sold=kg(58), lost=kg(2))
    story.answers(story.school, recall, LEEK, at=november(18), recovered=kg(30))
    first, *rest = others
    story.answers(first, recall, LEEK, at=november(19), recovered=kg(26), sold=kg(8))
    for stall in rest[:13]:
        story.answers(stall, recall, LEEK, at=november(19), recovered=kg(18))
    for stall in rest[13:]:
        story.answers(stall, recall, LEEK, at=november(20), sold=kg(18))
    return story, recall_scope(story.book, recall)


def _by_party(scope: RecallScope) -> dict[PartyId, RecallHolder]:
    return {one.holding.party: one for one in scope.holders}


def test_the_totals_account_for_every_kilogram_that_was_made() -> None:
    _, scope = _demo()
    totals = scope.totals
    assert totals.first_hand == kg(1200)
    assert (totals.recovered, totals.sold, totals.lost) == (kg(640 + 30), kg(498), kg(32))
    assert (totals.destroyed, totals.taken, totals.used) == (kg(0), kg(0), kg(0))
    assert totals.unaccounted == kg(0)


def test_every_holder_is_listed_with_its_answer_and_its_contact() -> None:
    story, scope = _demo()
    holders = _by_party(scope)
    assert len(holders) == 43
    school = holders[story.school]
    assert (school.received, school.recovered, school.unaccounted) == (kg(30), kg(30), kg(0))
    assert school.answered
    (contact,) = school.contact
    assert story.book.records([contact])[contact].said is not None
    farm = holders[story.farm]
    assert (farm.received, farm.passed_on, farm.unaccounted, farm.answered) == (
        kg(1200),
        kg(1200),
        kg(0),
        False,
    )
    assert (scope.truncated, scope.size) == (False, story.book.size)


def test_what_nobody_answered_for_is_unaccounted() -> None:
    story = LeekStory()
    recall = story.recalls(story.farm, LEEK, at=november(17))
    story.answers(story.stall, recall, LEEK, at=november(18), sold=kg(50))
    scope = recall_scope(story.book, recall)
    assert scope.totals.unaccounted == kg(1150)
    assert {one.holding.party: one.unaccounted for one in scope.holders} == {
        story.farm: kg(0),
        story.wholesaler: kg(710),
        story.supermarket: kg(400),
        story.stall: kg(10),
        story.school: kg(30),
    }


def test_a_holder_who_keeps_more_than_it_ever_had_is_beyond_zero() -> None:
    story = LeekStory()
    recall = story.recalls(story.farm, LEEK, at=november(17))
    story.answers(story.stall, recall, LEEK, at=november(18), recovered=kg(70))
    assert _by_party(recall_scope(story.book, recall))[story.stall].unaccounted == kg(-10)


def test_what_was_made_from_recalled_goods_is_in_the_scope_and_not_in_their_totals() -> None:
    story = Story()
    factory, shop = story.books.party("加工厂（演示）"), story.books.party("超市（演示）")
    kimchi = goods("kimchi")
    story.batch(factory, CABBAGE, kg(100), at=november(1))
    story.makes(factory, {CABBAGE: kg(40), goods("radish"): kg(10)}, {kimchi: boxes(90)}, at=november(2))
    story.delivers(factory, shop, kimchi, boxes(50), at=november(3))
    recall = story.recalls(factory, CABBAGE, at=november(4))
    scope = recall_scope(story.book, recall)
    assert [(one.holding, one.may_contain) for one in scope.holders] == [
        (Holding(factory, CABBAGE), False),
        (Holding(factory, kimchi), True),
        (Holding(shop, kimchi), True),
    ]
    assert scope.holders[2].received == boxes(50)
    assert (scope.totals.first_hand, scope.totals.used, scope.totals.unaccounted) == (kg(100), kg(40), kg(60))


def test_leeks_that_were_sprayed_are_in_the_scope_of_the_pesticide_through_use() -> None:
    story = LeekStory()
    recall = story.recalls(story.maker, PESTICIDE, at=november(17))
    scope = recall_scope(story.book, recall)
    assert {one.holding.goods for one in scope.holders if one.through_use} == {LEEK}
    assert {one.holding.party for one in scope.holders if not one.through_use} == {
        story.maker,
        story.shop,
        story.farm,
    }


def test_seized_and_sampled_goods_are_accounted_for_as_taken() -> None:
    story = LeekStory()
    authority = story.books.party("农业执法（演示）", kind="authority")
    story.adjusts(authority, "sample", LEEK, kg(2), at=november(15), held_by=story.stall)
    story.adjusts(authority, "seizure", LEEK, kg(8), at=november(15), held_by=story.stall)
    recall = story.recalls(authority, LEEK, at=november(17))
    totals = recall_scope(story.book, recall).totals
    assert (totals.taken, totals.unaccounted) == (kg(10), kg(1190))


def test_what_a_silent_farmer_let_go_is_first_hand() -> None:
    story = Story()
    farmer, stall = story.books.party("农户（演示）", kind="farmer"), story.books.party("菜摊（演示）")
    story.receives(stall, farmer, CABBAGE, kg(60), at=november(1))
    story.returns(stall, farmer, CABBAGE, kg(10), at=november(2))
    recall = story.recalls(stall, CABBAGE, at=november(3))
    totals = recall_scope(story.book, recall).totals
    assert (totals.first_hand, totals.unaccounted) == (kg(50), kg(50))


def test_whoever_answers_is_a_holder_even_if_nothing_tells_how_he_got_the_goods() -> None:
    story = LeekStory()
    stranger = story.books.party("别的摊（演示）")
    recall = story.recalls(story.farm, LEEK, at=november(17))
    story.answers(stranger, recall, LEEK, at=november(18), recovered=kg(5))
    holder = _by_party(recall_scope(story.book, recall))[stranger]
    assert (holder.recovered, holder.unaccounted) == (kg(5), None)


def test_an_answer_about_other_goods_does_not_widen_the_scope() -> None:
    story = LeekStory()
    stranger = story.books.party("别的摊（演示）")
    story.batch(stranger, CABBAGE, kg(100), at=november(1))
    recall = story.recalls(story.farm, LEEK, at=november(17))
    story.answers(stranger, recall, CABBAGE, at=november(18), recovered=kg(5))
    assert stranger not in _by_party(recall_scope(story.book, recall))


def test_answers_to_an_earlier_version_of_the_recall_count() -> None:
    story = LeekStory()
    first = story.recalls(story.farm, LEEK, at=november(17))
    story.answers(story.stall, first, LEEK, at=november(18), recovered=kg(40))
    again = Recall(
        action="recall",
        goods=(LEEK,),
        reason="更正级别（演示）",
        grade="2",
        correction_reason="incorrect_data",
    )
    story.books.says(story.farm, again, at=november(17), corrects=first)
    holder = _by_party(recall_scope(story.book, story.books.last))[story.stall]
    assert (holder.recovered, holder.answered) == (kg(40), True)


def test_a_recall_of_two_batches_adds_up_what_adds_up() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.batch(farm, LEEK, kg(50), at=november(1))
    recall = Recall(action="recall", goods=(CABBAGE, LEEK), reason="检出农药残留（演示）")
    story.books.says(farm, recall, at=november(2))
    scope = recall_scope(story.book, story.books.last)
    assert scope.totals.first_hand == kg(150)
    assert {one: part.first_hand for one, part in scope.by_goods.items()} == {CABBAGE: kg(100), LEEK: kg(50)}


def test_a_recall_in_boxes_and_kilograms_has_totals_for_each_and_none_for_both() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.batch(farm, LEEK, boxes(50), at=november(1))
    recall = Recall(action="recall", goods=(CABBAGE, LEEK), reason="检出农药残留（演示）")
    story.books.says(farm, recall, at=november(2))
    scope = recall_scope(story.book, story.books.last)
    assert scope.totals.first_hand is None
    assert scope.by_goods[LEEK].unaccounted == boxes(50)


def test_a_recall_beyond_the_limits_says_so() -> None:
    story = LeekStory()
    recall = story.recalls(story.farm, LEEK, at=november(17))
    assert not recall_scope(story.book, recall, limits=TraceLimits(nodes_max=5)).truncated
    assert recall_scope(story.book, recall, limits=TraceLimits(nodes_max=4)).truncated
