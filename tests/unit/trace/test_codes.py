from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ledger.trace import code_state
from ledger.vocabulary.goods import Adjustment, Codes, Packing, Transformation, Use
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.unit.trace.stories import LEEK, PESTICIDE, Story, bottles, goods, november

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.views.book import Record

CODE = "12690011001900000000000000000217"
OTHER = "12690011001900000000000000000301"


@dataclass(slots=True)
class BottleStory(Story):
    """A bottle with a code: maker, wholesaler, shop."""

    maker: PartyId = field(init=False)
    wholesaler: PartyId = field(init=False)
    shop: PartyId = field(init=False)

    def __post_init__(self) -> None:
        self.maker, self.wholesaler, self.shop = (
            self.books.party(f"{name}（演示）") for name in ("农药厂", "农资公司", "农资店")
        )

    def codes(
        self, by: PartyId, action: Literal["issue", "activate", "void", "return_container"], *, at: str
    ) -> Record:
        self.books.says(
            by, Codes(action=action, goods=PESTICIDE, codes=(CODE, OTHER), code_kind="pesticide"), at=at
        )
        return self.books.last

    def moves(self, by: PartyId, to: PartyId, *, at: str, code: str = CODE) -> Record:
        line = Line(goods=PESTICIDE, quantity=bottles(1), codes=(code,))
        self.books.says(by, Shipment(to=to, lines=(line,)), at=at)
        return self.books.last

    def sale(self, by: PartyId, *, at: str, code: str = CODE) -> Record:
        line = Line(goods=PESTICIDE, quantity=bottles(1), codes=(code,))
        self.books.says(by, Sale(lines=(line,)), at=at)
        return self.books.last


def test_a_code_nobody_issued_is_unknown() -> None:
    found = code_state(BottleStory().book, CODE)
    assert (found.state, found.goods, found.issued_by, found.path) == ("unknown", None, None, ())
    assert found.holder is None


def test_a_code_goes_from_issued_to_active_to_sold() -> None:
    story = BottleStory()
    states = []
    story.codes(story.maker, "issue", at=november(1))
    states.append(code_state(story.book, CODE).state)
    story.codes(story.maker, "activate", at=november(2))
    states.append(code_state(story.book, CODE).state)
    story.sale(story.shop, at=november(5))
    states.append(code_state(story.book, CODE).state)
    assert states == ["issued", "active", "sold"]


def test_the_path_names_every_hand_in_order() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    sent = story.moves(story.maker, story.wholesaler, at=november(2))
    line = ReceivedLine(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,))
    receipt = Receipt(supplier=story.maker, shipment=sent.header.id, lines=(line,))
    story.books.says(story.wholesaler, receipt, at=november(3))
    story.moves(story.wholesaler, story.shop, at=november(4))
    back = Return(to=story.wholesaler, lines=(Line(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,)),))
    story.books.says(story.shop, back, at=november(5))
    found = code_state(story.book, CODE)
    assert [(one.kind, one.holder) for one in found.path] == [
        ("issued", story.maker),
        ("shipped", story.wholesaler),
        ("received", story.wholesaler),
        ("shipped", story.shop),
        ("returned", story.wholesaler),
    ]
    assert (found.goods, found.issued_by, found.holder) == (PESTICIDE, story.maker, story.wholesaler)


def test_a_second_sale_is_shown_beside_the_first() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    again = story.sale(story.wholesaler, at=november(12))
    first = story.sale(story.shop, at=november(5))
    found = code_state(story.book, CODE)
    assert found.sales == (first, again)
    assert found.first_sold == first


def test_a_sold_code_is_not_made_new_by_activating_it_later() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    story.sale(story.shop, at=november(5))
    story.codes(story.maker, "activate", at=november(6))
    assert code_state(story.book, CODE).state == "sold"


def test_a_code_on_a_used_input_is_used() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    line = Line(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,))
    story.books.says(story.shop, Use(purpose="防治韭蛆（演示）", lines=(line,)), at=november(2))
    assert code_state(story.book, CODE).state == "used"
    assert code_state(story.book, OTHER).state == "issued"


def test_a_code_that_went_into_a_process_is_used_and_one_that_came_out_is_not() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    inputs = (Line(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,)),)
    outputs = (OutputLine(goods=goods("mix"), quantity=bottles(1), codes=(OTHER,)),)
    story.books.says(
        story.maker, Transformation(process="分装（演示）", inputs=inputs, outputs=outputs), at=november(2)
    )
    assert code_state(story.book, CODE).state == "used"
    assert code_state(story.book, OTHER).state == "issued"


def test_a_code_made_void_stays_void() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    story.codes(story.maker, "void", at=november(2))
    story.sale(story.shop, at=november(5))
    assert code_state(story.book, CODE).state == "void"


def test_a_stranger_cannot_void_a_code_and_its_holder_can() -> None:
    story = BottleStory()
    stranger = story.books.party("别人（演示）")
    story.codes(story.maker, "issue", at=november(1))
    story.moves(story.maker, story.shop, at=november(2))
    story.codes(stranger, "void", at=november(3))
    assert code_state(story.book, CODE).state == "issued"
    story.codes(story.shop, "void", at=november(4))
    assert code_state(story.book, CODE).state == "void"


def test_a_code_that_was_only_shipped_has_its_hands_and_no_issuer() -> None:
    story = BottleStory()
    story.moves(story.wholesaler, story.shop, at=november(2))
    found = code_state(story.book, CODE)
    assert (found.state, found.issued_by, found.goods, found.holder) == (
        "unknown",
        None,
        PESTICIDE,
        story.shop,
    )


def test_a_refused_receipt_is_no_hand() -> None:
    story = BottleStory()
    line = ReceivedLine(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,))
    story.books.says(
        story.shop, Receipt(supplier=story.maker, conclusion="refuse", lines=(line,)), at=november(2)
    )
    assert code_state(story.book, CODE).path == ()


def test_a_recall_of_the_goods_recalls_the_code_and_one_of_other_codes_does_not() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    other_goods = Recall(action="recall", goods=(LEEK,), reason="与本批无关（演示）")
    story.books.says(story.maker, other_goods, at=november(2))
    some_codes = Recall(action="recall", goods=(PESTICIDE,), reason="部分瓶号（演示）", codes=(OTHER,))
    story.books.says(story.maker, some_codes, at=november(3))
    assert code_state(story.book, CODE).recalls == ()
    assert len(code_state(story.book, OTHER).recalls) == 1
    story.recalls(story.maker, PESTICIDE, at=november(4))
    assert len(code_state(story.book, CODE).recalls) == 1


def test_a_bottle_goes_the_way_of_its_case_until_it_is_taken_out() -> None:
    story = BottleStory()
    case = "12690011001900000000000000000999"
    story.codes(story.maker, "issue", at=november(1))
    story.books.says(story.maker, Packing(action="pack", parent_code=case, codes=(CODE,)), at=november(2))
    story.moves(story.maker, story.wholesaler, at=november(3), code=case)
    assert code_state(story.book, CODE).holder == story.wholesaler
    assert code_state(story.book, OTHER).holder == story.maker
    story.books.says(
        story.wholesaler, Packing(action="unpack", parent_code=case, codes=(CODE,)), at=november(4)
    )
    story.moves(story.wholesaler, story.shop, at=november(5), code=case)
    assert code_state(story.book, CODE).holder == story.wholesaler


def test_an_empty_bottle_that_was_handed_in_is_used_and_a_destroyed_one_is_void() -> None:
    story = BottleStory()
    story.codes(story.maker, "issue", at=november(1))
    story.moves(story.maker, story.shop, at=november(2))
    story.sale(story.shop, at=november(3))
    story.codes(story.shop, "return_container", at=november(4))
    assert code_state(story.book, CODE).state == "used"
    line = Line(goods=PESTICIDE, quantity=bottles(1), codes=(CODE,))
    story.books.says(story.shop, Adjustment(reason="destroyed", lines=(line,)), at=november(5))
    assert code_state(story.book, CODE).state == "void"
