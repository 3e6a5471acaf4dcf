from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ledger.trace.nesting import inside_of, nest_of, stays_of
from ledger.views.book import about, code_key
from ledger.vocabulary.goods import Packing
from ledger.vocabulary.trade import Shipment
from ledger.vocabulary.values import Line
from tests.unit.trace.stories import Story, boxes, goods, november

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.trace.nesting import Nest
    from ledger.views.book import Record

BOX, CASE, PALLET = "box-00001", "case-0001", "pallet-01"


class Warehouse(Story):
    """One maker who packs and ships."""

    def packs(self, parent: str, *codes: str, at: str, action: Literal["pack", "unpack"] = "pack") -> Record:
        said = Packing(action=action, parent_code=parent, codes=codes)
        self.books.says(self.maker, said, at=at)
        return self.books.last

    def sends(self, code: str, *, at: str) -> Record:
        line = Line(goods=goods("drug"), quantity=boxes(1), codes=(code,))
        self.books.says(self.maker, Shipment(to=self.books.party_id(), lines=(line,)), at=at)
        return self.books.last

    @property
    def maker(self) -> PartyId:
        return self.books.register.registrar

    def nest(self, code: str) -> Nest:
        return nest_of(self.book, code, about(self.book, code_key(code)))


def test_a_box_moves_with_its_case_while_it_lies_in_it_and_not_before_or_after() -> None:
    story = Warehouse()
    story.sends(CASE, at=november(1))
    packed = story.packs(CASE, BOX, at=november(2))
    sent = story.sends(CASE, at=november(3))
    opened = story.packs(CASE, BOX, at=november(4), action="unpack")
    story.sends(CASE, at=november(5))

    nest = story.nest(BOX)
    assert [(stay.parent, stay.packed, stay.unpacked) for stay in nest.stays] == [(CASE, packed, opened)]
    assert [(way.record, way.named) for way in nest.carried] == [(sent, CASE)]


def test_a_box_moves_with_the_pallet_that_its_case_stands_on() -> None:
    story = Warehouse()
    story.packs(CASE, BOX, at=november(1))
    story.packs(PALLET, CASE, at=november(2))
    sent = story.sends(PALLET, at=november(3))
    story.packs(PALLET, CASE, at=november(4), action="unpack")
    story.sends(PALLET, at=november(5))

    assert [way.record for way in story.nest(BOX).carried] == [sent]
    assert story.nest(PALLET).carried == ()


def test_an_unpacking_that_is_entered_late_counts_by_its_own_time() -> None:
    story = Warehouse()
    story.packs(CASE, BOX, at=november(1))
    story.sends(CASE, at=november(3))
    said = Packing(action="unpack", parent_code=CASE, codes=(BOX,))
    story.books.says(story.maker, said, at=november(2), logged=november(9))

    assert story.nest(BOX).carried == ()


def test_what_was_packed_twice_into_one_case_lies_in_it_once() -> None:
    story = Warehouse()
    first = story.packs(CASE, BOX, at=november(1))
    story.packs(CASE, BOX, at=november(1, "08:01"))

    (stay,) = stays_of(BOX, about(story.book, code_key(BOX)))
    assert (stay.packed, stay.unpacked) == (first, None)


def test_cases_that_lie_in_one_another_end_somewhere() -> None:
    story = Warehouse()
    story.packs(CASE, PALLET, BOX, at=november(1))
    story.packs(PALLET, CASE, at=november(2))
    sent = story.sends(PALLET, at=november(3))

    assert [way.record for way in story.nest(BOX).carried] == [sent]
    assert inside_of(story.book, [PALLET]) == {CASE, BOX, PALLET}
