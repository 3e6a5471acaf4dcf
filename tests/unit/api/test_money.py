"""Money as it is typed, reckoned and shown; and the first letters of names."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.initials import found_by, initials
from api.money import PRICE_MAX, in_fen, in_yuan, line_amount, read_money, yuan
from ledger.errors import Malformed, Refusal, TooLarge
from ledger.identifiers import Quantity


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("3", "3.00"),
        ("3.5", "3.50"),
        ("0.01", "0.01"),
        ("１２．５", "12.50"),
        ("1,234.50", "1234.50"),
        ("1，234", "1234.00"),
        ("¥4", "4.00"),
        ("￥4元", "4.00"),
        ("4。5", "4.50"),
        ("100000", "100000.00"),
    ],
)
def test_what_people_type_is_read(typed: str, read: str) -> None:
    assert str(read_money(typed, field="price", most=PRICE_MAX)) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0",
        "0.00",
        "-1",
        "+1",
        "1.234",
        "1e3",
        "01",
        ".5",
        "5.",
        "NaN",
        "Infinity",
        "四块五",
        "1_000",
        "1" * 14,
    ],
)
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Malformed):
        read_money(typed, field="price", most=PRICE_MAX)


def test_a_fen_more_than_the_most_is_too_much() -> None:
    assert read_money("100000.00", field="price", most=PRICE_MAX) == PRICE_MAX
    with pytest.raises(TooLarge):
        read_money("100000.01", field="price", most=PRICE_MAX)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(typed: str) -> None:
    try:
        amount = read_money(typed, field="price", most=PRICE_MAX)
    except Refusal:
        return
    assert 0 < amount <= PRICE_MAX
    assert amount.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [
        ("60 KGM", "4", "240.00"),
        ("0.5 KGM", "0.01", "0.01"),
        ("0.49 KGM", "0.01", "0.00"),
        ("58.5 KGM", "3.33", "194.81"),
    ],
)
def test_half_a_fen_is_a_fen(quantity: str, price: str, amount: str) -> None:
    assert str(line_amount(Quantity.parse(quantity), Decimal(price))) == amount


@given(st.integers(-(10**12), 10**12))
def test_fen_and_yuan_go_there_and_back(fen: int) -> None:
    assert in_fen(in_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "¥0.00"), (123_456_789, "¥1,234,567.89"), (-5, "-¥0.05"), ("240.00", "¥240.00")]
)
def test_an_amount_is_shown_with_its_sign_in_front(amount: int | str, shown: str) -> None:
    assert yuan(amount) == shown


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("王记示例菜摊（演示）", "wjslctys"),
        ("啊座", "az"),
        ("示例菜场 12 号摊", "slcc12ht"),
        ("Café 99", "caf99"),
        # Rare characters are not ordered by their sound; emoji have none.
        ("㐂🍅", ""),
    ],
)
def test_first_letters_are_told_by_the_place_in_gb_2312(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_name_is_found_by_itself_and_by_its_letters() -> None:
    assert found_by("王记 A") == "王记 a wja"
