from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ledger.identifiers import Quantity, Unit
from ledger.trace.amounts import Packs, added, exact, joined, larger, less, plus, share, written
from ledger.vocabulary.values import PackFactor
from tests.support.books import kg
from tests.unit.trace.stories import boxes

MOST = Quantity.parse("999999999999999 KGM")


def test_nothing_has_no_sum() -> None:
    assert added([]) is None


def test_a_part_that_is_not_known_makes_the_sum_unknown() -> None:
    assert added([kg(1), None]) is None
    assert added([kg(1), kg(2)]) == kg(3)


@given(
    st.lists(
        st.builds(
            Quantity,
            st.one_of(
                st.decimals(-1000, 1000, places=6), st.sampled_from([MOST.amount, -MOST.amount, Decimal(0)])
            ),
            st.sampled_from([Unit.KGM, Unit.KGM, Unit.KGM, Unit.GRM, Unit.XBX]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_many_come_to_what_they_come_to_one_after_the_other(parts: list[Quantity]) -> None:
    total: Quantity | None = parts[0]
    for one in parts[1:]:
        total = None if total is None else plus(total, one)
    found = added(parts)
    assert found == total
    assert str(found) == str(total)


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


def _packs(*declared: str) -> Packs:
    """Factors like `XCS 10 KGM`."""
    parts = [one.split(" ", 1) for one in declared]
    return Packs.of(PackFactor(unit=unit, holds=Quantity.parse(holds)) for unit, holds in parts)


def test_a_case_counts_as_what_it_is_declared_to_hold() -> None:
    packs = _packs("XCS 10 KGM")
    assert packs.opened(Quantity.parse("2.5 XCS")) == kg(25)
    assert packs.opened(kg(3)) == kg(3)
    assert packs.opened(boxes(3)) == boxes(3)


def test_levels_of_packing_chain_to_the_last_one() -> None:
    packs = _packs("XCS 10 XBX", "XBX 24 XBO", "XBO 500 MLT")
    assert packs.opened(Quantity.parse("2 XCS")) == Quantity.parse("240 LTR")
    assert packs.opened(Quantity.parse("1 XBO")) == Quantity.parse("0.5 LTR")


def test_levels_that_lead_in_a_circle_lead_nowhere_and_a_level_said_twice_counts_as_said_first() -> None:
    assert _packs("XCS 10 XBX", "XBX 2 XCS").ends == {}
    assert _packs("XCS 10 KGM", "XCS 12 KGM").opened(Quantity.parse("1 XCS")) == kg(10)


def test_nobody_declares_what_a_kilogram_holds_and_an_empty_pack_holds_no_answer() -> None:
    assert _packs("KGM 2 XBG", "XCS 0 KGM").ends == {}


def test_an_amount_that_cannot_be_written_is_not_known() -> None:
    assert _packs("XCS 0.000001 MGM").opened(Quantity.parse("0.1 XCS")) is None
    assert _packs("XCS 999999999999999 KGM").opened(Quantity.parse("2 XCS")) is None
