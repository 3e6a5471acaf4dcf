from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.trace import Holding, TraceLimits, trace
from ledger.vocabulary.goods import Transformation
from ledger.vocabulary.values import Line, OutputLine
from tests.support.books import BookWriter, kg, pieces
from tests.unit.trace.stories import (
    DOUBTFUL,
    LEEK,
    PESTICIDE,
    PORK_10,
    PORK_12,
    SAUSAGE,
    CountingBook,
    LeekStory,
    Story,
    between,
    boxes,
    goods,
    november,
)

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.views.book import Book

CABBAGE = goods("cabbage")


def _sausages() -> tuple[Story, PartyId, PartyId]:
    """PK-20261112 (500 kg) and PK-20261110 (300 kg) are mixed into SG-20261114 (619 kg), of which a shop gets 100 kg."""
    story = Story()
    slaughterhouse = story.books.party("屠宰场（演示）")
    factory = story.books.party("肉制品厂（演示）")
    shop = story.books.party("超市（演示）")
    for pork, date in ((PORK_10, 10), (PORK_12, 12)):
        story.batch(slaughterhouse, pork, kg(9000), at=november(date))
        story.delivers(slaughterhouse, factory, pork, kg(1000), at=november(date, "12:00"))
    story.makes(factory, {PORK_12: kg(500), PORK_10: kg(300)}, {SAUSAGE: kg(619)}, at=november(14))
    story.batch(factory, SAUSAGE, kg(619), at=november(14, "09:00"), produced_on="2026-11-14")
    story.delivers(factory, shop, SAUSAGE, kg(100), at=november(15))
    return story, factory, shop


def _chain(length: int) -> tuple[Story, list[PartyId]]:
    """A batch that goes through `length` hands after its maker's."""
    story = Story()
    hands = [story.books.party(f"第{number}手（演示）") for number in range(length + 1)]
    story.batch(hands[0], CABBAGE, kg(100), at=november(1))
    for hour, (one, other) in enumerate(pairwise(hands)):
        story.delivers(one, other, CABBAGE, kg(100), at=november(2, f"{hour:02d}:00"))
    return story, hands


def _fan(width: int, *, confirmed: bool = True) -> Story:
    """The load seed of the demonstration in any width: one lot, 15 kg to each receiver."""
    story = Story()
    farm = story.books.party("基地（演示）")
    story.batch(farm, CABBAGE, kg(15 * width), at=november(1))
    for number in range(width):
        receiver = story.books.party(f"{number}号摊（演示）")
        if confirmed:
            story.delivers(farm, receiver, CABBAGE, kg(15), at=november(2))
        else:
            story.ships(farm, receiver, CABBAGE, kg(15), at=november(2))
    return story


def _copy(story: Story) -> Book:
    """The book as it stands now, which later entries do not touch."""
    copy = BookWriter()
    for record in story.books.records:
        copy.book.add(record)
    return copy.book


def test_the_leek_at_the_stall_leads_back_to_the_plot_and_both_pesticides() -> None:
    story = LeekStory()
    found = trace(story.book, LEEK, at=story.stall)
    assert [(one.source, one.target, one.kind) for one in found.back] == [
        (Holding(story.ghost, DOUBTFUL), Holding(story.bad_shop, DOUBTFUL), "shipment"),
        (Holding(story.maker, PESTICIDE), Holding(story.shop, PESTICIDE), "shipment"),
        (Holding(story.bad_shop, DOUBTFUL), Holding(story.farm, DOUBTFUL), "shipment"),
        (Holding(story.shop, PESTICIDE), Holding(story.farm, PESTICIDE), "shipment"),
        (Holding(story.farm, PESTICIDE), Holding(story.farm, LEEK), "use"),
        (Holding(story.farm, DOUBTFUL), Holding(story.farm, LEEK), "use"),
        (Holding(story.farm, LEEK), Holding(story.wholesaler, LEEK), "shipment"),
        (Holding(story.wholesaler, LEEK), Holding(story.stall, LEEK), "shipment"),
    ]
    assert found.forward == ()
    assert [one.holding.party for one in found.holders] == [story.stall]
    assert not found.truncated
    assert found.size == story.book.size


def test_the_way_back_ends_in_a_maker_a_farm_and_a_ghost() -> None:
    story = LeekStory()
    found = trace(story.book, LEEK, at=story.stall)
    assert [(one.kind, one.holding.party) for one in found.sources] == [
        ("contradicted", story.ghost),
        ("recorded", story.maker),
        ("recorded", story.farm),
    ]
    ghost = found.sources[0]
    assert "92320900DEM003995Y" in ghost.reasons[0].zh
    assert ghost.record is not None
    assert ghost.record.actor == story.bad_shop


def test_all_holders_of_the_leek_are_found_with_what_each_should_have_left() -> None:
    story = LeekStory()
    story.sells(story.stall, LEEK, kg(20), at=november(14, "12:00"))
    found = trace(story.book, LEEK)
    shown = {
        one.holding.party: (one.depth, one.received, one.passed_on, one.sold, one.left)
        for one in found.holders
    }
    assert shown == {
        story.farm: (0, kg(1200), kg(1200), kg(0), kg(0)),
        story.wholesaler: (1, kg(800), kg(90), kg(0), kg(710)),
        story.supermarket: (1, kg(400), kg(0), kg(0), kg(400)),
        story.stall: (2, kg(60), kg(0), kg(20), kg(40)),
        story.school: (2, kg(30), kg(0), kg(0), kg(30)),
    }
    assert {one.target.goods for one in found.back} == {LEEK, PESTICIDE, DOUBTFUL}


def test_depth_is_negative_towards_the_sources() -> None:
    story = LeekStory()
    depths = {(one.holding.party, one.holding.goods): one.depth for one in trace(story.book, LEEK).nodes}
    assert depths[story.farm, LEEK] == 0
    assert depths[story.stall, LEEK] == 2
    assert depths[story.farm, PESTICIDE] == -1
    assert depths[story.maker, PESTICIDE] == -3


def test_every_node_carries_the_batch_record_of_its_goods() -> None:
    story = LeekStory()
    nodes = {one.holding: one for one in trace(story.book, LEEK, at=story.stall).nodes}
    leek = nodes[Holding(story.stall, LEEK)]
    assert leek.batch is not None
    assert leek.batch.actor == story.farm
    assert nodes[Holding(story.bad_shop, DOUBTFUL)].flags == ("no_batch_record",)


def test_a_batch_mixed_from_two_may_contain_each_of_them() -> None:
    story, factory, shop = _sausages()
    forward = trace(story.book, PORK_10)
    mixed = between(forward, factory, factory)
    assert [(one.source.goods, one.target.goods, one.may_contain) for one in mixed] == [
        (PORK_10, SAUSAGE, True)
    ]
    assert mixed[0].share_percent == "37.5"
    assert {one.holding: one.may_contain for one in forward.holders if one.holding.goods == SAUSAGE} == {
        Holding(factory, SAUSAGE): True,
        Holding(shop, SAUSAGE): True,
    }
    assert not any(one.may_contain for one in forward.holders if one.holding.goods == PORK_10)


def test_the_sausage_shows_its_shares_on_the_way_back() -> None:
    story, factory, shop = _sausages()
    back = trace(story.book, SAUSAGE, at=shop)
    assert {one.source.goods: one.share_percent for one in between(back, factory, factory)} == {
        PORK_12: "62.5",
        PORK_10: "37.5",
    }
    flags = {one.holding: one.flags for one in back.nodes}
    assert flags[Holding(factory, PORK_10)] == ("may_contain",)
    assert flags[Holding(factory, SAUSAGE)] == ()


def test_a_batch_made_from_one_batch_contains_it_for_certain() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.batch(factory, CABBAGE, kg(10), at=november(1))
    story.makes(factory, {CABBAGE: kg(10)}, {goods("kimchi"): kg(9)}, at=november(2))
    (edge,) = trace(story.book, CABBAGE).forward
    assert (edge.may_contain, edge.share_percent) == (False, "100.0")


def test_two_runs_into_one_batch_mix_it_as_one_run_would() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    other, kimchi = goods("other"), goods("kimchi")
    story.makes(factory, {CABBAGE: kg(30)}, {kimchi: kg(25)}, at=november(2))
    story.makes(factory, {other: kg(10)}, {kimchi: kg(9)}, at=november(3))
    shares = {
        one.source.goods: (one.may_contain, one.share_percent) for one in trace(story.book, kimchi).back
    }
    assert shares == {CABBAGE: (True, "75.0"), other: (True, "25.0")}


def test_inputs_in_units_that_do_not_add_up_have_no_share() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.makes(
        factory, {CABBAGE: kg(30), goods("jar"): pieces(60)}, {goods("kimchi"): pieces(60)}, at=november(2)
    )
    assert {one.share for one in trace(story.book, goods("kimchi")).back} == {None}


def test_waste_goes_nowhere() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.makes(
        factory, {CABBAGE: kg(30)}, {goods("kimchi"): kg(25)}, at=november(2), waste={goods("leaves"): kg(5)}
    )
    assert {one.target.goods for one in trace(story.book, CABBAGE).forward} == {goods("kimchi")}


def test_goods_that_go_into_themselves_make_no_circle() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    line = Line(goods=CABBAGE, quantity=kg(5))
    rework = Transformation(
        process="重新分装（演示）", inputs=(line,), outputs=(OutputLine(goods=CABBAGE, quantity=kg(5)),)
    )
    story.books.says(factory, rework, at=november(2))
    found = trace(story.book, CABBAGE)
    assert (found.back, found.forward) == ((), ())


def test_a_use_before_planting_or_after_harvest_does_not_touch_the_batch() -> None:
    for used, inside in (
        ("2026-10-31T23:59:59+08:00", False),
        ("2026-11-01T00:00:00+08:00", True),
        ("2026-11-14T23:59:59+08:00", True),
        ("2026-11-15T00:00:00+08:00", False),
    ):
        story = Story()
        farm, plot = story.books.party("合作社（演示）"), story.books.site_id()
        story.uses(farm, PESTICIDE, kg(1), at=used, site=plot)
        story.batch(
            farm, LEEK, kg(9), at=november(14), site=plot, planted_on="2026-11-01", produced_on="2026-11-14"
        )
        assert [one.kind for one in trace(story.book, LEEK).back] == ["use"] * inside, used
        assert [one.kind for one in trace(story.book, PESTICIDE).forward] == ["use"] * inside, used


def test_without_a_planting_date_a_year_before_harvest_counts() -> None:
    for used, inside in (("2025-11-13T23:59:59+08:00", False), ("2025-11-14T00:00:00+08:00", True)):
        story = Story()
        farm, plot = story.books.party("合作社（演示）"), story.books.site_id()
        story.uses(farm, PESTICIDE, kg(1), at=used, site=plot)
        story.batch(farm, LEEK, kg(9), at=november(14), site=plot, produced_on="2026-11-14")
        assert len(trace(story.book, LEEK).back) == inside, used


def test_a_use_on_named_goods_touches_those_and_not_the_whole_plot() -> None:
    story = Story()
    farm, plot = story.books.party("合作社（演示）"), story.books.site_id()
    story.batch(farm, LEEK, kg(9), at=november(1), site=plot, produced_on="2026-11-14")
    story.batch(farm, CABBAGE, kg(9), at=november(1), site=plot, produced_on="2026-11-14")
    story.uses(farm, PESTICIDE, kg(1), at=november(2), site=plot, on=CABBAGE)
    assert [one.target.goods for one in trace(story.book, PESTICIDE).forward] == [CABBAGE]
    assert trace(story.book, LEEK).back == ()


def test_somebody_else_may_spray_the_plot() -> None:
    story = Story()
    farm, sprayer = story.books.party("合作社（演示）"), story.books.party("飞防队（演示）")
    plot = story.books.site_id()
    story.uses(sprayer, PESTICIDE, kg(1), at=november(2), site=plot)
    story.batch(farm, LEEK, kg(9), at=november(14), site=plot, produced_on="2026-11-14")
    (edge,) = trace(story.book, LEEK).back
    assert (edge.source, edge.target) == (Holding(sprayer, PESTICIDE), Holding(farm, LEEK))


def test_entries_that_arrive_in_any_order_give_the_same_trace() -> None:
    story = LeekStory()
    turned = BookWriter()
    for record in reversed(story.books.records):
        turned.book.add(replace(record, seq=turned.book.size))
    there, here = trace(turned.book, LEEK, at=story.stall), trace(story.book, LEEK, at=story.stall)
    # Two sprayings at the same minute stand in the order of the log.
    assert {(one.source, one.target, one.state, one.moved) for one in there.back} == {
        (one.source, one.target, one.state, one.moved) for one in here.back
    }
    assert [one.holding for one in there.nodes] == [one.holding for one in here.nodes]
    assert [(one.kind, one.holding) for one in there.sources] == [
        (one.kind, one.holding) for one in here.sources
    ]


def test_goods_that_come_back_end_the_trace_like_any_others() -> None:
    story = Story()
    one, other = story.books.party("甲（演示）"), story.books.party("乙（演示）")
    story.batch(one, CABBAGE, kg(100), at=november(1))
    story.delivers(one, other, CABBAGE, kg(60), at=november(2))
    story.returns(other, one, CABBAGE, kg(60), at=november(3))
    story.delivers(one, other, CABBAGE, kg(40), at=november(4))
    found = trace(story.book, CABBAGE)
    assert [(edge.source.party, edge.kind, edge.moved) for edge in found.forward] == [
        (one, "shipment", kg(60)),
        (other, "return", kg(60)),
        (one, "shipment", kg(40)),
    ]
    assert {holder.holding.party: holder.left for holder in found.holders} == {one: kg(60), other: kg(40)}
    assert [(source.kind, source.holding.party) for source in found.sources] == [("recorded", one)]


def test_goods_that_only_ever_went_round_still_have_an_end() -> None:
    story = Story()
    one, other, third = (story.books.party(f"{name}（演示）") for name in "甲乙丙")
    story.delivers(one, other, CABBAGE, kg(60), at=november(2))
    story.delivers(other, third, CABBAGE, kg(60), at=november(3))
    story.delivers(third, one, CABBAGE, kg(60), at=november(4))
    for found in (trace(story.book, CABBAGE), trace(story.book, CABBAGE, at=third)):
        assert [(source.kind, source.holding.party) for source in found.sources] == [("declared", one)]
        assert {node.holding.party for node in found.nodes} == {one, other, third}


def test_a_stall_that_sold_without_any_arrival_is_a_holder_too() -> None:
    story = LeekStory()
    stranger = story.books.party("别的摊（演示）")
    story.sells(stranger, LEEK, kg(5), at=november(15))
    found = trace(story.book, LEEK)
    node = next(one for one in found.nodes if one.holding.party == stranger)
    assert (node.balance.expected, node.flags) == (kg(-5), ("overdrawn",))
    assert Holding(stranger, LEEK) in {one.holding for one in found.sources}


def test_whoever_refused_a_delivery_is_no_holder() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    sent = story.ships(farm, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stall, farm, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent, conclusion="refuse")
    found = trace(story.book, CABBAGE)
    assert [(one.state, one.moved) for one in found.forward] == [("refused", None)]
    assert [(one.holding.party, one.left) for one in found.holders] == [(farm, kg(100))]


def test_whoever_refused_and_sold_nevertheless_is_a_holder() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    sent = story.ships(farm, stall, CABBAGE, kg(60), at=november(2))
    story.receives(stall, farm, CABBAGE, kg(60), at=november(2, "09:00"), answers=sent, conclusion="refuse")
    story.sells(stall, CABBAGE, kg(5), at=november(3))
    assert {one.holding.party for one in trace(story.book, CABBAGE).holders} == {farm, stall}


def test_goods_nobody_spoke_of_give_an_empty_trace() -> None:
    found = trace(Story().book, CABBAGE)
    assert (found.nodes, found.back, found.forward, found.sources, found.truncated) == ((), (), (), (), False)


def test_a_party_that_never_had_the_goods_gives_one_node_that_says_so() -> None:
    story = LeekStory()
    found = trace(story.book, LEEK, at=story.maker)
    assert [one.holding.party for one in found.nodes] == [story.maker]
    assert found.nodes[0].balance.expected is None
    assert "silent" in found.nodes[0].flags


def test_four_hundred_receivers_cost_as_many_looks_as_four() -> None:
    looks = {}
    for width in (4, 400):
        book = CountingBook(_fan(width).book)
        assert len(trace(book, CABBAGE).holders) == width + 1
        looks[width] = (book.index_looks, book.record_looks)
    assert looks[4] == looks[400]
    # The goods; other names of whoever has them; one look for each of two levels; makers' sheets at the end.
    assert looks[400][0] <= 6


def test_shipments_without_an_answer_cost_one_look_more_in_all() -> None:
    looks = {}
    for confirmed in (True, False):
        book = CountingBook(_fan(40, confirmed=confirmed).book)
        assert len(trace(book, CABBAGE).holders) == 41
        looks[confirmed] = book.index_looks
    assert looks[False] == looks[True] + 1


def test_each_level_of_a_chain_costs_at_most_three_looks() -> None:
    looks = []
    for length in (4, 12):
        story, hands = _chain(length)
        book = CountingBook(story.book)
        found = trace(book, CABBAGE, at=hands[-1])
        assert len(found.back) == length
        looks.append(book.index_looks)
    assert looks[1] - looks[0] <= 3 * 8


def test_a_chain_as_long_as_the_limit_is_whole_and_one_longer_is_truncated() -> None:
    story, hands = _chain(5)
    whole = trace(story.book, CABBAGE, at=hands[0], limits=TraceLimits(depth_max=5))
    assert (len(whole.holders), whole.truncated) == (6, False)
    cut = trace(story.book, CABBAGE, at=hands[0], limits=TraceLimits(depth_max=4))
    assert (len(cut.holders), cut.truncated) == (5, True)
    assert [one.holding.party for one in cut.nodes if "not_followed" in one.flags] == [hands[4]]


def test_the_way_back_is_cut_at_the_same_border() -> None:
    story, hands = _chain(5)
    whole = trace(story.book, CABBAGE, at=hands[-1], limits=TraceLimits(depth_max=5))
    assert ([one.kind for one in whole.sources], whole.truncated) == (["recorded"], False)
    cut = trace(story.book, CABBAGE, at=hands[-1], limits=TraceLimits(depth_max=4))
    # Where the walk stopped is not where the goods began: no source is named.
    assert (cut.sources, cut.truncated) == ((), True)


def test_as_many_nodes_as_the_limit_are_whole_and_one_more_is_truncated() -> None:
    story = _fan(9)
    whole = trace(story.book, CABBAGE, limits=TraceLimits(nodes_max=10))
    assert (len(whole.holders), whole.truncated) == (10, False)
    cut = trace(story.book, CABBAGE, limits=TraceLimits(nodes_max=9))
    assert (len(cut.holders), cut.truncated) == (9, True)
    nodes = {one.holding for one in cut.nodes}
    assert all(one.source in nodes and one.target in nodes for one in cut.forward)


def test_as_many_edges_as_the_limit_are_whole_and_one_more_is_truncated() -> None:
    story = _fan(9)
    assert not trace(story.book, CABBAGE, limits=TraceLimits(edges_max=9)).truncated
    cut = trace(story.book, CABBAGE, limits=TraceLimits(edges_max=8))
    assert (len(cut.forward), cut.truncated) == (8, True)


def test_as_many_records_as_the_limit_are_whole_and_one_more_is_truncated() -> None:
    story = _fan(9)
    # A batch, nine shipments and nine receipts, and the farm's own sheet.
    assert not trace(story.book, CABBAGE, limits=TraceLimits(records_max=20)).truncated
    assert trace(story.book, CABBAGE, limits=TraceLimits(records_max=19)).truncated


def test_a_trace_as_of_an_earlier_size_knows_nothing_of_later_entries() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    earlier = _copy(story)
    story.delivers(farm, stall, CABBAGE, kg(60), at=november(2))
    assert [one.holding.party for one in trace(earlier, CABBAGE).holders] == [farm]
    assert [one.holding.party for one in trace(story.book, CABBAGE).holders] == [farm, stall]


def test_what_the_caller_knows_against_a_party_makes_its_source_red() -> None:
    story = LeekStory()
    ghostly = Words(zh="从未取得许可", en="never held a licence")

    def against(_book: Book, party: PartyId, category: str | None) -> tuple[Words, ...]:
        return (ghostly,) if (party, category) == (story.farm, "food_generic") else ()

    found = trace(story.book, LEEK, at=story.stall, contradictions=against)
    farm = next(one for one in found.sources if one.holding.party == story.farm)
    assert (farm.kind, farm.reasons) == ("contradicted", (ghostly,))


def test_boxes_and_kilograms_make_a_balance_without_a_sum() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(100), at=november(1))
    story.ships(farm, stall, CABBAGE, boxes(3), at=november(2))
    node = next(one for one in trace(story.book, CABBAGE).nodes if one.holding.party == farm)
    assert node.balance.expected is None
    assert node.flags == ("units_differ",)
