from __future__ import annotations

import operator
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, TooLarge
from ledger.identifiers import Dimension, Quantity, Unit, UnitsDiffer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.canonical import Json


def quantity(text: str) -> Quantity:
    return Quantity.parse(text)


@pytest.mark.parametrize(
    ("came", "canonical"),
    [
        ("12.5 KGM", "12.5 KGM"),
        ("12.50 KGM", "12.5 KGM"),
        ("12.000000 KGM", "12 KGM"),
        ("100 XBX", "100 XBX"),
        ("0 EA", "0 EA"),
        ("-0 EA", "0 EA"),
        ("-0.00 LTR", "0 LTR"),
        ("-3.10 LTR", "-3.1 LTR"),
        ("0.000001 TNE", "0.000001 TNE"),
        ("999999999999999.999999 KGM", "999999999999999.999999 KGM"),
    ],
)
def test_an_amount_has_one_spelling(came: str, canonical: str) -> None:
    assert str(quantity(came)) == canonical


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "quantity"),
        ("12.5", "quantity"),
        ("12.5KGM", "quantity"),
        (" KGM", "quantity.amount"),
        ("+1 KGM", "quantity.amount"),
        ("01 KGM", "quantity.amount"),
        ("00 KGM", "quantity.amount"),
        (".5 KGM", "quantity.amount"),
        ("5. KGM", "quantity.amount"),
        ("1e3 KGM", "quantity.amount"),
        ("1,5 KGM", "quantity.amount"),
        ("１ KGM", "quantity.amount"),
        ("NaN KGM", "quantity.amount"),
        ("Infinity KGM", "quantity.amount"),
        ("0.0000001 KGM", "quantity.amount"),
        ("1.0000000 KGM", "quantity.amount"),
        ("1 ", "quantity.unit"),
        ("1  KGM", "quantity.unit"),
        ("1 kgm", "quantity.unit"),
        ("1 KGM\n", "quantity.unit"),
        ("1 公斤", "quantity.unit"),
        ("1 BX", "quantity.unit"),  # Packages are of Recommendation 21 and have an X in front.
        ("1 words", "quantity.unit"),
    ],
)
def test_each_fault_of_a_quantity_is_named(text: str, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        quantity(text)
    assert caught.value.field == field


def test_fifteen_digits_before_the_point_are_taken_and_sixteen_are_not() -> None:
    assert str(quantity(f"-{'9' * 15} KGM")) == f"-{'9' * 15} KGM"
    with pytest.raises(TooLarge):
        quantity(f"{'9' * 16} KGM")
    with pytest.raises(TooLarge):
        quantity("999999999999999 KGM").plus(quantity("1 KGM"))


def test_a_quantity_goes_into_a_statement_and_comes_back() -> None:
    value = Quantity(Decimal("12.50"), Unit.KGM).as_json()
    assert value == {"amount": "12.5", "unit": "KGM"}
    assert Quantity.from_json(value) == quantity("12.5 KGM")


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, "lines[0].quantity"),
        ("12.5 KGM", "lines[0].quantity"),
        ([], "lines[0].quantity"),
        ({"amount": "1"}, "lines[0].quantity"),
        ({"amount": "1", "unit": "KGM", "note": "x"}, "lines[0].quantity"),
        ({"amount": 1, "unit": "KGM"}, "lines[0].quantity"),
        ({"amount": "1", "unit": None}, "lines[0].quantity"),
        ({"amount": "one", "unit": "KGM"}, "lines[0].quantity.amount"),
        ({"amount": "1", "unit": "jin"}, "lines[0].quantity.unit"),
    ],
)
def test_another_shape_in_a_statement_is_refused(value: Json, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        Quantity.from_json(value, field="lines[0].quantity")
    assert caught.value.field == field


def test_computed_amounts_are_brought_to_the_one_spelling() -> None:
    assert str(Quantity(Decimal("1E+2"), Unit.KGM)) == "100 KGM"
    assert str(Quantity(Decimal("1200E-3"), Unit.KGM)) == "1.2 KGM"


@pytest.mark.parametrize("amount", ["0.1234567", "NaN", "Infinity", "-Infinity"])
def test_no_quantity_can_be_made_of_what_cannot_be_written(amount: str) -> None:
    with pytest.raises(Malformed):
        Quantity(Decimal(amount), Unit.KGM)


@pytest.mark.parametrize(
    ("left", "right", "total"),
    [
        ("800 KGM", "400 KGM", "1200 KGM"),
        ("1 TNE", "1 KGM", "1.001 TNE"),
        ("1 KGM", "1 TNE", "1001 KGM"),
        ("1.5 LTR", "250 MLT", "1.75 LTR"),
        ("1 MTQ", "1 LTR", "1.001 MTQ"),
        ("1 GRM", "1 MGM", "1.001 GRM"),
        ("3 XBX", "4 XBX", "7 XBX"),
        ("120 HEA", "-120 HEA", "0 HEA"),
        # Too fine for tonnes, so it is written in the finer unit.
        ("1 TNE", "0.5 GRM", "1000000.5 GRM"),
        ("0.5 GRM", "1 TNE", "1000000.5 GRM"),
        ("1 TNE", "500000.5 MGM", "1000500000.5 MGM"),
    ],
)
def test_sums_are_exact(left: str, right: str, total: str) -> None:
    assert str(quantity(left) + quantity(right)) == total
    assert quantity(left).plus(quantity(right)) == quantity(total)


def test_a_sum_too_long_to_write_is_refused_rather_than_rounded() -> None:
    with pytest.raises(TooLarge):
        quantity("999999999999999.999999 TNE").plus(quantity("0.000001 MGM"))


def test_sums_do_not_depend_on_the_precision_that_somebody_set() -> None:
    with localcontext() as context:
        context.prec = 3
        assert str(quantity("123456.789 KGM") - quantity("0.001 KGM")) == "123456.788 KGM"


def test_differences_may_be_negative() -> None:
    assert str(quantity("200 EA") - quantity("397 EA")) == "-197 EA"
    assert quantity("1 KGM").minus(quantity("1000 GRM")).is_zero
    assert not quantity("1 KGM").is_zero


@pytest.mark.parametrize(
    ("left", "right"),
    [("1 KGM", "1 LTR"), ("1 XBX", "1 XBO"), ("1 EA", "1 H87"), ("1 KGM", "1 XBX"), ("0 MTR", "0 KGM")],
)
@pytest.mark.parametrize(
    "operation", [operator.add, operator.sub, operator.lt, operator.le, operator.gt, operator.ge]
)
def test_units_that_do_not_convert_are_named(
    left: str, right: str, operation: Callable[[Quantity, Quantity], object]
) -> None:
    with pytest.raises(UnitsDiffer) as caught:
        operation(quantity(left), quantity(right))
    assert caught.value.came == right.split()[1]
    assert left.split()[1] in caught.value.expected.en


def test_quantities_compare_by_how_much_there_is() -> None:
    assert quantity("1 TNE") == quantity("1000 KGM")
    assert hash(quantity("1 TNE")) == hash(quantity("1000 KGM"))
    assert quantity("999 GRM") < quantity("1 KGM") <= quantity("1000 GRM")
    assert quantity("1 LTR") > quantity("999 MLT") >= quantity("0.999 LTR")
    assert quantity("1 KGM") != quantity("1 LTR")
    assert quantity("1 EA") != quantity("1 H87")
    assert quantity("1 KGM") != "1 KGM"


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ("12.5 KGM", "12.5 公斤", "12.5 kg"),
        ("1 XBX", "1 盒", "1 box"),
        ("-1 XBX", "-1 盒", "-1 box"),
        ("2 XBX", "2 盒", "2 boxes"),
        ("0 XBO", "0 瓶", "0 bottles"),
        ("120 HEA", "120 头", "120 head"),
    ],
)
def test_a_page_shows_quantities_in_words(text: str, zh: str, en: str) -> None:
    assert quantity(text).display("zh") == zh
    assert quantity(text).display("en") == en


def test_no_two_units_are_the_same_thing_under_two_codes() -> None:
    assert len(list(Unit)) == len(Unit.__members__)
    assert len({unit.words.zh for unit in Unit}) == len(list(Unit))


def test_packages_and_only_packages_have_an_x_in_front() -> None:
    for unit in Unit:
        assert (str(unit)[0] == "X") == (unit.dimension is Dimension.PACKAGE)
