from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.errors import TooLarge
from ledger.keys import Ed25519Signer
from ledger.register import Enrolment, Register
from ledger.trace import orders, standing_orders
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.oversight import Hold, Recall
from tests.support.books import BookWriter, kg
from tests.unit.trace.stories import (
    LEEK,
    PESTICIDE,
    PORK_10,
    PORK_12,
    SAUSAGE,
    LeekStory,
    Story,
    goods,
    november,
)

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Record

CABBAGE, KIMCHI, DUMPLINGS = goods("cabbage"), goods("kimchi"), goods("dumplings")


def _hold(story: Story, by: PartyId, what: GoodsId, *, at: str, only_at: PartyId | None = None) -> Record:
    story.books.says(by, Hold(action="hold", goods=(what,), at=only_at, reason="快检阳性（演示）"), at=at)
    return story.books.last


def _release(story: Story, by: PartyId, what: GoodsId, *, at: str, only_at: PartyId | None = None) -> None:
    story.books.says(by, Hold(action="release", goods=(what,), at=only_at), at=at)


def _kinds(story: Story, what: GoodsId, party: PartyId | None = None) -> list[tuple[str, bool]]:
    return [(one.kind, one.inherited) for one in standing_orders(story.book, what, party=party)]


def test_goods_nobody_ordered_anything_about_are_free() -> None:
    assert standing_orders(LeekStory().book, LEEK) == ()


def test_a_hold_stands_until_it_is_released() -> None:
    story = Story()
    market = story.books.party("市场（演示）")
    hold = _hold(story, market, CABBAGE, at=november(15))
    (order,) = standing_orders(story.book, CABBAGE)
    assert (order.kind, order.record, order.goods, order.at) == ("hold", hold, CABBAGE, None)
    assert "2026-11-15 08:00" in order.words.zh
    _release(story, market, CABBAGE, at=november(16))
    assert standing_orders(story.book, CABBAGE) == ()


def test_a_hold_after_the_release_stands() -> None:
    story = Story()
    market = story.books.party("市场（演示）")
    _hold(story, market, CABBAGE, at=november(15))
    _release(story, market, CABBAGE, at=november(16))
    again = _hold(story, market, CABBAGE, at=november(17))
    assert [one.record for one in standing_orders(story.book, CABBAGE)] == [again]


def test_a_hold_at_one_party_binds_that_party_only() -> None:
    story = Story()
    market, stall, other = (story.books.party(f"{name}（演示）") for name in ("市场", "甲摊", "乙摊"))
    _hold(story, market, CABBAGE, at=november(15), only_at=stall)
    assert _kinds(story, CABBAGE, stall) == [("hold", False)]
    assert _kinds(story, CABBAGE, other) == []
    assert _kinds(story, CABBAGE) == [("hold", False)]


def test_a_release_at_one_party_leaves_the_hold_on_everybody_else() -> None:
    story = Story()
    market, stall = story.books.party("市场（演示）"), story.books.party("甲摊（演示）")
    _hold(story, market, CABBAGE, at=november(15))
    _release(story, market, CABBAGE, at=november(16), only_at=stall)
    assert _kinds(story, CABBAGE) == [("hold", False)]
    _release(story, market, CABBAGE, at=november(17))
    assert _kinds(story, CABBAGE) == []


def test_nobody_lifts_what_somebody_else_ordered() -> None:
    story = Story()
    market, stall = story.books.party("市场（演示）"), story.books.party("甲摊（演示）")
    _hold(story, market, CABBAGE, at=november(15))
    _release(story, stall, CABBAGE, at=november(16))
    assert _kinds(story, CABBAGE) == [("hold", False)]


def test_the_registrar_and_an_authority_lift_anybodys_order() -> None:
    story = Story()
    market = story.books.party("市场（演示）")
    _hold(story, market, CABBAGE, at=november(15))
    _release(story, story.books.register.registrar, CABBAGE, at=november(16))
    assert _kinds(story, CABBAGE) == []

    authority = BookWriter().party_id()
    enrolment = Enrolment(
        key=Ed25519Signer.generate().public, party=authority, role="authority", custody="own", since=0
    )
    register: Register = replace(story.books.register, keys={"k": enrolment})
    story = Story(BookWriter(register))
    _hold(story, market, CABBAGE, at=november(15))
    _release(story, authority, CABBAGE, at=november(16))
    assert _kinds(story, CABBAGE) == []


def test_a_recall_stands_until_it_is_ended() -> None:
    story = LeekStory()
    recall = story.recalls(story.farm, LEEK, at=november(17))
    assert _kinds(story, LEEK, story.stall) == [("recall", False)]
    end = Recall(action="end", goods=(LEEK,), reason="已处理完毕（演示）", ends=recall.header.id)
    story.books.says(story.stall, end, at=november(20))
    assert _kinds(story, LEEK) == [("recall", False)]
    story.books.says(story.farm, end, at=november(20))
    assert _kinds(story, LEEK) == []


def test_an_end_speaks_of_the_recall_it_names() -> None:
    story = LeekStory()
    first = story.recalls(story.farm, LEEK, at=november(17))
    second = story.recalls(story.farm, LEEK, at=november(18))
    end = Recall(action="end", goods=(LEEK,), reason="已处理完毕（演示）", ends=first.header.id)
    story.books.says(story.farm, end, at=november(20))
    assert [one.record for one in standing_orders(story.book, LEEK)] == [second]
    story.books.says(
        story.farm, Recall(action="end", goods=(LEEK,), reason="全部终止（演示）"), at=november(21)
    )
    assert standing_orders(story.book, LEEK) == ()


def test_an_order_that_never_happened_stands_no_more() -> None:
    story = LeekStory()
    wrong = story.recalls(story.farm, LEEK, at=november(17))
    right = Recall(
        action="recall", goods=(CABBAGE,), reason="批号更正（演示）", correction_reason="incorrect_data"
    )
    story.books.says(story.farm, right, at=november(17), corrects=wrong)
    assert _kinds(story, LEEK) == []
    assert _kinds(story, CABBAGE) == [("recall", False)]


def test_an_order_binds_what_was_made_from_the_goods_through_any_number_of_processes() -> None:
    story = Story()
    factory, cook = story.books.party("加工厂（演示）"), story.books.party("厨房（演示）")
    story.makes(factory, {CABBAGE: kg(10)}, {KIMCHI: kg(9)}, at=november(2))
    story.makes(cook, {KIMCHI: kg(9)}, {DUMPLINGS: kg(20)}, at=november(3))
    story.recalls(factory, CABBAGE, at=november(4))
    (order,) = standing_orders(story.book, DUMPLINGS)
    assert (order.goods, order.inherited) == (CABBAGE, True)
    assert str(CABBAGE) in order.words.en


def test_an_order_does_not_bind_what_the_goods_were_made_from() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.makes(factory, {CABBAGE: kg(10)}, {KIMCHI: kg(9)}, at=november(2))
    story.recalls(factory, KIMCHI, at=november(4))
    assert standing_orders(story.book, CABBAGE) == ()


def test_leeks_are_not_bound_by_the_recall_of_what_they_were_sprayed_with() -> None:
    story = LeekStory()
    story.recalls(story.maker, PESTICIDE, at=november(17))
    assert standing_orders(story.book, LEEK) == ()


def test_a_mixed_batch_is_bound_by_an_order_on_either_part() -> None:
    for pork in (PORK_10, PORK_12):
        story = Story()
        factory = story.books.party("肉制品厂（演示）")
        story.makes(factory, {PORK_12: kg(500), PORK_10: kg(300)}, {SAUSAGE: kg(619)}, at=november(14))
        story.recalls(factory, pork, at=november(15))
        assert _kinds(story, SAUSAGE) == [("recall", True)]


def test_a_strangers_process_cannot_stop_a_makers_batch() -> None:
    story = Story()
    factory, stranger = story.books.party("肉制品厂（演示）"), story.books.party("别人（演示）")
    story.batch(factory, SAUSAGE, kg(619), at=november(14))
    story.makes(stranger, {CABBAGE: kg(1)}, {SAUSAGE: kg(1)}, at=november(14))
    story.recalls(stranger, CABBAGE, at=november(15))
    assert _kinds(story, SAUSAGE) == []
    # Nor if he calls himself the maker as well: then the maker answers for its own, and everybody else is warned.
    story.batch(stranger, SAUSAGE, kg(619), at=november(15))
    assert _kinds(story, SAUSAGE, factory) == []
    assert _kinds(story, SAUSAGE) == [("recall", True)]


def test_goods_that_went_into_themselves_end_the_search() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.makes(factory, {CABBAGE: kg(10)}, {KIMCHI: kg(9)}, at=november(2))
    story.makes(factory, {KIMCHI: kg(9)}, {CABBAGE: kg(9)}, at=november(3))
    story.recalls(factory, CABBAGE, at=november(4))
    assert _kinds(story, KIMCHI) == [("recall", True)]


def test_more_ancestors_than_can_be_followed_are_refused_and_not_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.makes(
        factory, {goods(f"part{number}"): kg(1) for number in range(4)}, {KIMCHI: kg(4)}, at=november(2)
    )
    monkeypatch.setattr(orders, "ANCESTORS_MAX", 5)
    assert standing_orders(story.book, KIMCHI) == ()
    monkeypatch.setattr(orders, "ANCESTORS_MAX", 4)
    with pytest.raises(TooLarge, match="at most 4 others"):
        standing_orders(story.book, KIMCHI)


def test_goods_off_the_shelf_are_held_and_only_put_back_lifts_it() -> None:
    story = Story()
    market = story.books.party("市场（演示）")
    story.books.says(market, Takedown(action="hold", goods=(CABBAGE,)), at=november(1))
    (order,) = standing_orders(story.book, CABBAGE)
    assert (order.kind, order.words.zh) == ("hold", "2026-11-01 08:00 起下架，未恢复")
    _release(story, market, CABBAGE, at=november(2))
    assert standing_orders(story.book, CABBAGE) == (order,)
    story.books.says(market, Takedown(action="release", goods=(CABBAGE,)), at=november(3))
    assert standing_orders(story.book, CABBAGE) == ()
    story.books.says(market, Takedown(action="hold", goods=(CABBAGE,), stage="withdrawn"), at=november(4))
    (order,) = standing_orders(story.book, CABBAGE)
    assert "退市" in order.words.zh


def test_an_order_is_known_from_the_moment_after_the_log_showed_it() -> None:
    story = Story()
    market = story.books.party("市场（演示）")
    order = _hold(story, market, CABBAGE, at=november(1))
    _release(story, market, CABBAGE, at=november(3))
    second = 1000
    for at_ms, count in (
        (order.at_ms, 0),
        (order.at_ms + 1, 1),
        (story.books.last.at_ms, 1),
        (story.books.last.at_ms + second, 0),
    ):
        assert len(standing_orders(story.book, CABBAGE, shown_before_ms=at_ms)) == count
