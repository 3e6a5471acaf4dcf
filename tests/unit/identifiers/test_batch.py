from __future__ import annotations

import unicodedata

import pytest

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers import BatchCode, BatchNumber
from ledger.identifiers._crockford import ALPHABET
from ledger.identifiers.digital_link import check_ai_value

CODE = BatchCode.new(bytes.fromhex("0123456789abcdef0123"))


def test_ten_bytes_become_sixteen_letters_and_a_check_letter() -> None:
    assert str(BatchCode.new(bytes(10))) == "0" * 17
    assert str(BatchCode.new(b"\xff" * 10)).startswith("z" * 16)
    assert CODE.text[:16] == "04hmasw9nf6yy093"
    assert len(CODE.text) == 17


@pytest.mark.parametrize("count", [0, 9, 11])
def test_another_number_of_bytes_is_our_own_mistake(count: int) -> None:
    with pytest.raises(AssertionError):
        BatchCode.new(bytes(count))


def test_a_code_read_aloud_or_in_capitals_or_in_groups_is_understood() -> None:
    assert BatchCode.parse(CODE.text.upper()) == CODE
    assert BatchCode.parse(CODE.printed) == CODE
    assert CODE.printed.count("-") == 4
    ones = BatchCode.new((int("1" * 80, 2) // 31).to_bytes(10, "big"))
    assert ones.text.startswith("1" * 16)
    assert BatchCode.parse("iIlL" * 4 + ones.text[16]) == ones
    assert BatchCode.parse("oO" * 8 + "0") == BatchCode.new(bytes(10))


def test_the_letter_u_and_other_lengths_are_refused() -> None:
    for text in ("u" + CODE.text[1:], CODE.text[:-1], CODE.text + "0", "-" * 17, CODE.text[:-1] + "K"):
        with pytest.raises(Malformed):
            BatchCode.parse(text)


def test_the_constructor_takes_only_the_canonical_spelling() -> None:
    with pytest.raises(Malformed):
        BatchCode(CODE.printed)
    with pytest.raises(Malformed):
        BatchCode(CODE.text.upper())


def test_every_single_wrong_letter_is_found() -> None:
    for place in range(17):
        for letter in ALPHABET.replace(CODE.text[place], ""):
            with pytest.raises(CheckDigitWrong):
                BatchCode.parse(CODE.text[:place] + letter + CODE.text[place + 1 :])


def test_any_two_letters_exchanged_are_found() -> None:
    for first in range(17):
        for second in range(first + 1, 17):
            letters = list(CODE.text)
            letters[first], letters[second] = letters[second], letters[first]
            if letters[first] != letters[second]:
                with pytest.raises(CheckDigitWrong):
                    BatchCode.parse("".join(letters))


def test_a_batch_code_fits_a_digital_link() -> None:
    check_ai_value(CODE.text, field="batch")


@pytest.mark.parametrize(
    "number", ["1", "PK-20261112", "甲班 3 号", "Ω", "批" * 40, "A" * 40, "①", "2026.11.14/2"]
)
def test_what_is_printed_is_kept_as_printed(number: str) -> None:
    assert str(BatchNumber.parse(number)) == number


def test_one_printed_number_has_one_spelling() -> None:
    composed, decomposed = "Lot é", unicodedata.normalize("NFD", "Lot é")
    assert BatchNumber.parse(decomposed) == BatchNumber.parse(composed)
    with pytest.raises(Malformed):
        BatchNumber(decomposed)


def test_forty_characters_are_counted_after_composing() -> None:
    assert len(BatchNumber.parse(unicodedata.normalize("NFD", "é" * 40)).text) == 40


@pytest.mark.parametrize(
    "number",
    [
        " A",
        "A ",
        "\u3000A",
        "A\u00a0",
        "A\tB",
        "A\nB",
        "A\x00B",
        "A\u200bB",  # zero-width space
        "A\u202eB",  # right-to-left override
        "\ufeffA",  # byte order mark
        "A\u2028B",  # line separator
        "A\u2029B",  # paragraph separator
        "A\ue000B",  # private use
        "A\uffffB",  # no character
    ],
)
def test_what_cannot_be_seen_is_refused(number: str) -> None:
    with pytest.raises(Malformed):
        BatchNumber.parse(number)


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("PK-20261112", True),
        ("A" * 20, True),
        ("A" * 21, False),
        ("a/b%", True),
        ("A B", False),
        ("甲1", False),
        ("A#1", False),
        ("..", False),
    ],
)
def test_a_batch_number_knows_whether_a_link_can_carry_it(number: str, fits: bool) -> None:  # noqa: FBT001 (a case)
    assert BatchNumber.parse(number).fits_digital_link is fits
