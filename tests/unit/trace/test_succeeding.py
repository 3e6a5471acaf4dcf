"""The way of goods whose holder was renamed, merged, split or taken over: it leads on under the new name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.trace import Holding, balance, recall_scope, trace
from ledger.vocabulary.parties import Succession
from tests.support.books import kg
from tests.unit.trace.stories import SAUSAGE, Story, boxes, day, goods, november, ways

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.views.book import Record

CABBAGE = goods("cabbage")


class Renamed(Story):
    """A farm's cabbage, bought under one name and sold under the next."""

    def names(self, *names: str) -> list[PartyId]:
        return [self.books.party(f"{one}（演示）") for one in names]

    def goes_on(
        self,
        party: PartyId,
        successor: PartyId,
        how: Literal["renamed", "merged", "split", "taken_over"] = "renamed",
        *,
        at: str = november(3),
    ) -> Record:
        said = Succession(party=party, successor=successor, how=how, effective_on=day(at[:10]))
        self.books.says(self.books.register.registrar, said, at=at)
        return self.books.last


@pytest.mark.parametrize("how", ["renamed", "merged", "split", "taken_over"])
def test_what_was_bought_under_the_old_name_leads_back_to_its_supplier(
    how: Literal["renamed", "merged", "split", "taken_over"],
) -> None:
    story = Renamed()
    farm, old, new, stall = story.names("合作社", "旧名", "新名", "菜摊")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    said = story.goes_on(old, new, how)
    story.delivers(new, stall, CABBAGE, kg(40), at=november(4))
    found = trace(story.book, CABBAGE, at=stall)
    assert ways(found.back) == [
        (farm, old, "shipment"),
        (old, new, "succession"),
        (new, stall, "shipment"),
    ]
    step = next(one for one in found.back if one.kind == "succession")
    # Of a split nobody said how it was divided.
    divided = how == "split"
    assert (step.sent, step.received) == (None if divided else kg(60), None)
    assert (step.seqs, step.state) == ((said.seq,), "confirmed")
    assert [(one.kind, one.holding.party) for one in found.sources] == [("recorded", farm)]
    left = {one.holding.party: one.balance.expected for one in found.nodes}
    assert (left[old], left[new]) == ((kg(60), kg(-40)) if divided else (kg(0), kg(20)))
    # Nobody is called short.
    assert {one.flags for one in found.nodes} == {()}
    whole = trace(story.book, CABBAGE)
    assert [(one.holding.party, one.depth) for one in whole.holders] == [
        (farm, 0),
        (old, 1),
        (new, 2),
        (stall, 3),
    ]


def test_beyond_what_was_left_the_new_name_is_short() -> None:
    story = Renamed()
    farm, old, new, stall = story.names("合作社", "旧名", "新名", "菜摊")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    story.goes_on(old, new)
    story.delivers(new, stall, CABBAGE, kg(61), at=november(4))
    found = trace(story.book, CABBAGE, at=stall)
    assert {one.holding.party for one in found.nodes if "overdrawn" in one.flags} == {new}


def test_whoever_has_the_rest_of_a_recalled_lot_now_is_in_its_scope() -> None:
    story = Renamed()
    farm, old, new = story.names("合作社", "旧名", "新名")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    story.goes_on(old, new)
    recall = story.recalls(farm, CABBAGE, at=november(5))
    scope = recall_scope(story.book, recall)
    assert {one.holding.party: one.unaccounted for one in scope.holders} == {
        farm: kg(40),
        old: kg(0),
        new: kg(60),
    }
    assert scope.totals.unaccounted == kg(100)


def test_what_was_sold_sent_on_or_handed_over_by_a_delivery_goes_on_no_second_time() -> None:
    story = Renamed()
    farm, old, new = story.names("合作社", "旧名", "新名")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    story.sells(old, CABBAGE, kg(20), at=november(2, "12:00"))
    story.ships(old, new, CABBAGE, kg(40), at=november(3), offer=False)
    story.goes_on(old, new)
    assert "succession" not in {one.kind for one in trace(story.book, CABBAGE).forward}


def test_names_under_which_nothing_was_recorded_are_passed_through() -> None:
    story = Renamed()
    farm, first, second, third, stall = story.names("合作社", "一", "二", "三", "菜摊")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, first, CABBAGE, kg(60), at=november(2))
    story.goes_on(first, second, at=november(3))
    story.goes_on(second, third, "merged", at=november(4))
    story.delivers(third, stall, CABBAGE, kg(60), at=november(5))
    found = trace(story.book, CABBAGE, at=stall)
    assert [one[:2] for one in ways(found.back)] == [
        (farm, first),
        (first, second),
        (second, third),
        (third, stall),
    ]
    assert [one.holding.party for one in found.sources] == [farm]
    left = balance(story.book, second, CABBAGE)
    assert (left.carried_in, left.carried_out, left.expected) == (kg(60), kg(60), kg(0))


def test_of_a_split_whose_part_was_renamed_the_way_is_known() -> None:
    story = Renamed()
    farm, first, second, third, stall = story.names("合作社", "一", "二", "三", "菜摊")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, first, CABBAGE, kg(60), at=november(2))
    story.goes_on(first, second, "split", at=november(3))
    story.goes_on(second, third, at=november(4))
    story.delivers(third, stall, CABBAGE, kg(60), at=november(5))
    found = trace(story.book, CABBAGE, at=stall)
    steps = [(one.source.party, one.target.party, one.sent) for one in found.back if one.kind == "succession"]
    assert steps == [(first, second, None), (second, third, None)]
    assert not any("overdrawn" in one.flags for one in found.nodes)


def test_two_names_into_one_bring_both_their_rests() -> None:
    story = Renamed()
    farm, one, other, new = story.names("合作社", "甲", "乙", "并后")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, one, CABBAGE, kg(30), at=november(2))
    story.delivers(farm, other, CABBAGE, kg(40), at=november(2))
    told = [story.goes_on(before, new, "merged") for before in (one, other)]
    story.sells(new, CABBAGE, kg(65), at=november(4))
    account = balance(story.book, new, CABBAGE)
    assert (account.carried_in, account.expected) == (kg(70), kg(5))
    assert account.seqs["carried_in"] == tuple(record.seq for record in told)


def test_names_that_lead_in_a_circle_end() -> None:
    story = Renamed()
    farm, one, other = story.names("合作社", "甲", "乙")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, one, CABBAGE, kg(60), at=november(2))
    story.goes_on(one, other, at=november(3))
    story.goes_on(other, one, at=november(4))
    found = trace(story.book, CABBAGE, at=other)
    assert [one.holding.party for one in found.sources] == [farm]
    assert {one.holding.party for one in trace(story.book, CABBAGE).holders} == {farm, one, other}


def test_a_supplier_known_by_others_words_alone_hands_nothing_on() -> None:
    story = Renamed()
    ghost, successor, shop = story.names("外地厂", "外地新厂", "小店")
    story.checks(shop, ghost, CABBAGE, kg(60), at=november(2))
    story.goes_on(ghost, successor)
    assert {one.holding.party for one in trace(story.book, CABBAGE).nodes} == {ghost, shop}
    # Once the new name has such goods too, nobody can say that they are others.
    story.sells(successor, CABBAGE, kg(1), at=november(5))
    edges = [one for one in trace(story.book, CABBAGE).forward if one.kind == "succession"]
    assert [(one.source, one.target, one.sent) for one in edges] == [
        (Holding(ghost, CABBAGE), Holding(successor, CABBAGE), None)
    ]


def test_what_does_not_add_up_goes_on_without_an_amount() -> None:
    story = Renamed()
    farm, old, new = story.names("合作社", "旧名", "新名")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, boxes(6), at=november(2))
    story.sells(old, CABBAGE, kg(1), at=november(2, "12:00"))
    story.goes_on(old, new)
    story.sells(new, CABBAGE, kg(5), at=november(4))
    found = trace(story.book, CABBAGE, at=new)
    assert [one.sent for one in found.back if one.kind == "succession"] == [None]
    assert [one.flags for one in found.nodes if one.holding.party == new] == [()]


def test_an_annulled_succession_leads_nowhere() -> None:
    story = Renamed()
    farm, old, new, other = story.names("合作社", "旧名", "新名", "另一家")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    said = story.goes_on(old, new)
    corrected = Succession(
        party=old,
        successor=other,
        how="renamed",
        effective_on=day("2026-11-03"),
        correction_reason="incorrect_data",
    )
    story.books.says(story.books.register.registrar, corrected, at=november(4), corrects=said)
    assert {one.holding.party for one in trace(story.book, CABBAGE).holders} == {farm, old, other}


def test_what_the_new_name_made_of_it_leads_back_too() -> None:
    story = Renamed()
    farm, old, new = story.names("合作社", "旧厂", "新厂")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.delivers(farm, old, CABBAGE, kg(60), at=november(2))
    story.goes_on(old, new)
    story.batch(new, SAUSAGE, kg(50), at=november(4))
    story.makes(new, {CABBAGE: kg(60)}, {SAUSAGE: kg(50)}, at=november(4))
    found = trace(story.book, SAUSAGE, at=new)
    assert ways(found.back) == [
        (farm, old, "shipment"),
        (old, new, "succession"),
        (new, new, "transformation"),
    ]


# --- One delivery, told under two names


def deliveries(story: Renamed) -> list[tuple[PartyId, PartyId, str, tuple[int, ...]]]:
    edges = trace(story.book, CABBAGE).forward
    return [(one.source.party, one.target.party, one.state, one.seqs) for one in edges]


def renamed_farm(how: Literal["renamed", "merged"] = "renamed") -> tuple[Renamed, PartyId, PartyId, PartyId]:
    """A farm with a hundred kilograms under its old name, its new name, and a stall."""
    story = Renamed()
    old, new, stall = story.names("旧名", "新名", "菜摊")
    story.batch(old, CABBAGE, kg(100), at=november(1))
    story.goes_on(old, new, how)
    return story, old, new, stall


def test_a_buyer_that_still_writes_the_old_name_tells_of_the_same_delivery() -> None:
    story, old, new, stall = renamed_farm()
    sent = story.ships(new, stall, CABBAGE, kg(60), at=november(4))
    got = story.checks(stall, old, CABBAGE, kg(60), at=november(4, "09:00"))
    shipped = [one for one in deliveries(story) if one[1] == stall]
    assert shipped == [(new, stall, "confirmed", (sent.seq, got.seq))]
    assert balance(story.book, stall, CABBAGE).expected == kg(60)
    left = {one: balance(story.book, one, CABBAGE).expected for one in (old, new)}
    assert left == {old: kg(0), new: kg(40)}
    # Asked of either name or of the buyer, it is the same step.
    for at in (old, new, stall):
        found = trace(story.book, CABBAGE, at=at)
        steps = [one for one in dict.fromkeys((*found.back, *found.forward)) if one.target.party == stall]
        assert [(one.source.party, one.state) for one in steps] == [(new, "confirmed")]


def test_a_sender_that_still_writes_the_old_name_tells_of_the_same_delivery() -> None:
    story = Renamed()
    farm, old, new = story.names("合作社", "旧名", "新名")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.goes_on(old, new)
    sent = story.ships(farm, old, CABBAGE, kg(60), at=november(4))
    got = story.checks(new, farm, CABBAGE, kg(60), at=november(4, "09:00"))
    shipped = [one for one in deliveries(story) if one[0] == farm]
    assert shipped == [(farm, old, "confirmed", (sent.seq, got.seq))]
    left = {one: balance(story.book, one, CABBAGE).expected for one in (farm, old, new)}
    assert left == {farm: kg(40), old: kg(0), new: kg(60)}


def test_both_sides_may_have_two_names() -> None:
    story, old, new, stall = renamed_farm()
    (company,) = story.names("菜摊公司")
    story.goes_on(stall, company)
    story.ships(new, stall, CABBAGE, kg(60), at=november(4))
    story.checks(company, old, CABBAGE, kg(60), at=november(4, "09:00"))
    assert [one[:3] for one in deliveries(story) if one[2] != "confirmed"] == []
    assert balance(story.book, company, CABBAGE).expected == kg(60)
    assert balance(story.book, new, CABBAGE).expected == kg(40)


def test_deliveries_under_both_names_are_two_where_both_are_told_of() -> None:
    story, old, new, stall = renamed_farm()
    story.ships(new, stall, CABBAGE, kg(60), at=november(4))
    story.checks(stall, old, CABBAGE, kg(60), at=november(4, "09:00"))
    story.ships(new, stall, CABBAGE, kg(20), at=november(5))
    assert [one[:3] for one in deliveries(story) if one[1] == stall] == [
        (new, stall, "confirmed"),
        (new, stall, "unanswered"),
    ]
    assert balance(story.book, stall, CABBAGE).received == kg(80)


def test_a_merger_makes_no_two_names_of_one_delivery() -> None:
    story, old, new, stall = renamed_farm("merged")
    story.ships(new, stall, CABBAGE, kg(30), at=november(4))
    story.checks(stall, old, CABBAGE, kg(30), at=november(4, "09:00"))
    assert sorted(one[:3] for one in deliveries(story) if one[1] == stall) == sorted(
        [(new, stall, "unanswered"), (old, stall, "one_sided")]
    )


def test_two_suppliers_are_two() -> None:
    story = Renamed()
    one, other, stall = story.names("甲", "乙", "菜摊")
    story.batch(one, CABBAGE, kg(100), at=november(1))
    story.ships(one, stall, CABBAGE, kg(60), at=november(4))
    story.checks(stall, other, CABBAGE, kg(60), at=november(4, "09:00"))
    assert balance(story.book, stall, CABBAGE).received == kg(120)
