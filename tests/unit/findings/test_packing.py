from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.vocabulary.goods import Packing
from ledger.vocabulary.trade import Receipt, Sale, Shipment
from ledger.vocabulary.values import ReceivedLine
from tests.support.books import BookWriter, pieces
from tests.unit.findings.judged import batch, findings, line

if TYPE_CHECKING:
    from ledger.identifiers import PartyId

BOX, OTHER_BOX = "99999919000000000047", "99999919000000000048"
CASE, OTHER_CASE = "99999939000000000001", "99999939000000000002"


class Cases:
    """A maker packs a box into a case; the case goes to a wholesaler."""

    def __init__(self) -> None:
        self.books = BookWriter()
        self.maker, self.wholesaler = self.books.party("药厂（演示）"), self.books.party("批发（演示）")
        self.shop, self.stranger = self.books.party("药店（演示）"), self.books.party("另一家药店（演示）")
        self.drug = batch(self.books, self.maker, "drug", "drug", pieces(1000))
        self.packs(self.maker, CASE, at="02")
        self.packed = self.books.last
        self.ships(self.maker, self.wholesaler, CASE, at="03")

    def packs(
        self,
        who: PartyId,
        case: str,
        *,
        at: str,
        action: Literal["pack", "unpack"] = "pack",
        logged: str = "",
    ) -> None:
        said = Packing(action=action, parent_code=case, codes=(BOX, OTHER_BOX), goods=self.drug)
        day = f"2026-10-{at}T08:00:00+08:00"
        self.books.says(who, said, at=day, logged=f"2026-10-{logged or at}T08:00:00+08:00")

    def ships(self, who: PartyId, to: PartyId, code: str, *, at: str) -> None:
        said = Shipment(to=to, lines=(line(self.drug, pieces(1), (code,)),), offer=False)
        self.books.says(who, said, at=f"2026-10-{at}T09:00:00+08:00")

    def sells(self, who: PartyId, *, at: str, code: str = BOX) -> None:
        said = Sale(lines=(line(self.drug, pieces(1), (code,)),))
        self.books.says(who, said, at=f"2026-10-{at}T12:00:00+08:00")

    def found(self) -> list[tuple[str, str, PartyId]]:
        kinds = {"aggregation_broken", "custody_conflict", "clone_suspected", "code_unknown"}
        return [(one.kind, one.grade, one.party) for one in findings(self.books.book) if one.kind in kinds]


@pytest.fixture
def cases() -> Cases:
    return Cases()


def test_a_box_sold_by_somebody_who_never_had_its_case_is_amber(cases: Cases) -> None:
    cases.sells(cases.stranger, at="20")

    assert cases.found() == [("aggregation_broken", "amber", cases.stranger)]
    (one,) = findings(cases.books.book, "aggregation_broken")
    assert one.seqs == (cases.packed.seq, cases.books.last.seq)


def test_whoever_got_the_case_may_open_it_without_a_word(cases: Cases) -> None:
    cases.ships(cases.wholesaler, cases.shop, CASE, at="05")
    cases.sells(cases.shop, at="20")

    assert cases.found() == []


def test_a_shipment_of_the_lot_that_could_have_held_the_box_explains_it(cases: Cases) -> None:
    cases.sells(cases.stranger, at="20")
    assert cases.found() != []

    loose = Shipment(to=cases.stranger, lines=(line(cases.drug, pieces(10)),), offer=False)
    cases.books.says(cases.wholesaler, loose, at="2026-10-06T09:00:00+08:00")
    assert cases.found() == []


def test_a_wholesaler_that_shipped_the_case_on_no_longer_has_the_box(cases: Cases) -> None:
    cases.ships(cases.wholesaler, cases.shop, CASE, at="05")
    went = cases.books.last
    cases.sells(cases.wholesaler, at="20")

    assert cases.found() == [("aggregation_broken", "amber", cases.wholesaler)]
    (one,) = findings(cases.books.book, "aggregation_broken")
    assert one.seqs == (cases.packed.seq, went.seq, cases.books.last.seq)


def test_a_box_sold_out_of_a_case_that_was_shipped_only_later_is_nothing(cases: Cases) -> None:
    cases.sells(cases.wholesaler, at="04")
    cases.ships(cases.wholesaler, cases.shop, CASE, at="05")

    assert cases.found() == []


def test_a_case_that_came_back_may_be_opened(cases: Cases) -> None:
    cases.ships(cases.wholesaler, cases.shop, CASE, at="05")
    came = Receipt(
        supplier=cases.shop, lines=(ReceivedLine(goods=cases.drug, quantity=pieces(1), codes=(CASE,)),)
    )
    cases.books.says(cases.wholesaler, came, at="2026-10-07T09:00:00+08:00")
    cases.sells(cases.wholesaler, at="20")

    assert cases.found() == []


def test_an_opening_counts_by_its_own_time_whenever_it_is_entered(cases: Cases) -> None:
    cases.sells(cases.stranger, at="20")
    assert cases.found() != []

    cases.packs(cases.wholesaler, CASE, at="06", action="unpack", logged="25")
    assert cases.found() == []

    late = Cases()
    late.sells(late.stranger, at="20")
    late.packs(late.wholesaler, CASE, at="21", action="unpack")
    assert late.found() == [("aggregation_broken", "amber", late.stranger)]


def test_a_pallet_carries_the_case_and_the_box_in_it(cases: Cases) -> None:
    onto = Packing(action="pack", parent_code=OTHER_CASE, codes=(CASE,))
    cases.books.says(cases.wholesaler, onto, at="2026-10-04T08:00:00+08:00")
    cases.ships(cases.wholesaler, cases.shop, OTHER_CASE, at="05")
    cases.sells(cases.shop, at="20")

    assert cases.found() == []


def test_a_box_in_two_cases_at_once_is_grey_for_one_packer_and_amber_for_two(cases: Cases) -> None:
    cases.packs(cases.maker, OTHER_CASE, at="04")
    assert {(kind, grade) for kind, grade, _ in cases.found()} == {("aggregation_broken", "grey")}

    other = Cases()
    other.packs(other.stranger, OTHER_CASE, at="04")
    assert set(other.found()) == {("aggregation_broken", "amber", other.stranger)}


def test_a_box_that_lies_in_itself_is_told_by_the_case_it_lies_in_now_and_not_by_one_it_left(
    cases: Cases,
) -> None:
    cases.packs(cases.wholesaler, CASE, at="04", action="unpack")
    cases.packs(cases.wholesaler, OTHER_CASE, at="05")
    packed = cases.books.last
    into = Packing(action="pack", parent_code=BOX, codes=(OTHER_CASE,))
    cases.books.says(cases.stranger, into, at="2026-10-06T08:00:00+08:00")

    (one,) = [one for one in findings(cases.books.book, "aggregation_broken") if BOX in one.subject]
    assert (one.grade, one.party, one.figures) == ("amber", cases.stranger, {"parent": OTHER_CASE})
    assert one.seqs == (packed.seq, cases.books.last.seq)


def test_a_box_taken_out_and_packed_again_is_nothing(cases: Cases) -> None:
    cases.packs(cases.wholesaler, CASE, at="04", action="unpack")
    cases.packs(cases.wholesaler, OTHER_CASE, at="05")
    cases.packs(cases.wholesaler, OTHER_CASE, at="05")

    assert cases.found() == []
