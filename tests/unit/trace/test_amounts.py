from __future__ import annotations

from fractions import Fraction

from ledger.identifiers import Quantity, Unit
from ledger.trace.amounts import added, exact, joined, larger, less, plus, share, written
from tests.support.books import kg
from tests.unit.trace.stories import boxes

MOST = Quantity.parse("999999999999999 KGM")


def test_nothing_has_no_sum() -> None:
    assert added([]) is None


def test_a_part_that_is_not_known_makes_the_sum_unknown() -> None:
    assert added([kg(1), None]) is None
    assert added([kg(1), kg(2)]) == kg(3)


def test_boxes_and_kilograms_neither_add_nor_compare() -> None:
    assert added([kg(1), boxes(1)]) is None
    assert less(kg(1), boxes(1)) is None
    assert larger(kg(1), boxes(1)) is None
    assert larger(kg(1), Quantity.parse("1001 GRM")) == Quantity.parse("1001 GRM")


def test_a_sum_too_large_to_write_is_no_sum() -> None:
    assert plus(MOST, kg(0)) == MOST
    assert plus(MOST, kg(1)) is None


def test_lines_are_joined_by_unit() -> None:
    assert joined([kg(1), boxes(2), Quantity.parse("500 GRM"), boxes(1)]) == [kg("1.5"), boxes(3)]
    assert joined([MOST, kg(1)]) == [MOST, kg(1)]


def test_an_exact_amount_is_written_in_its_unit_or_a_finer_one_or_not_at_all() -> None:
    assert str(written(Fraction(3, 2), Unit.KGM)) == "1.5 KGM"
    assert str(written(Fraction(1, 10**7), Unit.TNE)) == "0.0001 GRM"
    assert written(Fraction(1, 3), Unit.KGM) is None
    assert exact(Quantity.parse("2 TNE")) == 2000


def test_a_share_needs_one_kind_of_unit_and_something_to_share() -> None:
    assert share(kg(1), [kg(1), Quantity.parse("3000 GRM")]) == Fraction(1, 4)
    assert share(kg(1), [kg(1), boxes(1)]) is None
    assert share(kg(1), [kg(1), None]) is None
    assert share(kg(0), [kg(0)]) is None
