from __future__ import annotations

import pytest

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers import Gtin


@pytest.mark.parametrize(
    ("printed", "canonical"),
    [
        ("96385074", "00000096385074"),  # GTIN-8, the example of the EAN-8 standard
        ("614141000036", "00614141000036"),  # GTIN-12
        ("9520001000010", "09520001000010"),  # GTIN-13
        ("09521234543213", "09521234543213"),  # GTIN-14, prefix 952 for examples
        ("10614141543219", "10614141543219"),  # GTIN-14 with an indicator digit: a case of them
    ],
)
def test_each_length_becomes_fourteen_digits(printed: str, canonical: str) -> None:
    assert str(Gtin.parse(printed)) == canonical


@pytest.mark.parametrize("printed", ["9520001000010", "9520001000027", "09520002000019", "9520003000018"])
def test_the_products_of_the_demonstration_have_right_check_digits(printed: str) -> None:
    assert str(Gtin.parse(printed)).endswith(printed)


@pytest.mark.parametrize("length", [0, 1, 7, 9, 10, 11, 15, 18])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(Malformed) as caught:
        Gtin.parse("0" * length)
    assert not isinstance(caught.value, CheckDigitWrong)


def test_every_wrong_last_digit_is_found() -> None:
    for digit in "123456789":
        with pytest.raises(CheckDigitWrong):
            Gtin.parse(f"952000100001{digit}")


def test_the_constructor_wants_the_canonical_fourteen_digits() -> None:
    assert Gtin("09520001000010") == Gtin.parse("9520001000010")
    with pytest.raises(Malformed):
        Gtin("9520001000010")


@pytest.mark.parametrize("text", ["952000100001 0", "952-0001000010", "+520001000010", "9520001000010x"])
def test_signs_and_spaces_among_the_digits_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        Gtin.parse(text)
