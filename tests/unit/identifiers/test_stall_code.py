"""The stall code: thirteen letters, one of them a check, and never a batch code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed
from ledger.identifiers import BatchCode, StallCode
from ledger.identifiers.stall_code import STALL_CODE_LETTERS

codes = st.binary(min_size=10, max_size=10).map(StallCode.new)


@given(codes)
def test_a_code_goes_there_and_back_however_it_is_written(code: StallCode) -> None:
    for text in (
        str(code),
        code.printed,
        code.printed.upper(),
        code.text.replace("0", "o").replace("1", "L"),
    ):
        assert StallCode.parse(text) == code


@given(codes, st.integers(0, STALL_CODE_LETTERS - 1), st.integers(1, 31))
def test_one_wrong_letter_is_always_found(code: StallCode, place: int, shift: int) -> None:
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    letter = alphabet[(alphabet.index(code.text[place]) + shift) % 32]
    with pytest.raises(CheckDigitWrong):
        StallCode.parse(code.text[:place] + letter + code.text[place + 1 :])


@pytest.mark.parametrize("text", ["", "0" * 12, "0" * 14, "0" * 17, "u" * 13, "０" * 13, "\u212a" * 13])
def test_what_is_no_stall_code_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        StallCode.parse(text)


@given(st.binary(min_size=10, max_size=10))
def test_no_stall_code_is_a_batch_code(random: bytes) -> None:
    with pytest.raises(Malformed):
        BatchCode.parse(str(StallCode.new(random)))
    with pytest.raises(Malformed):
        StallCode.parse(str(BatchCode.new(random)))


def test_the_last_twenty_random_bits_are_not_used() -> None:
    assert StallCode.new(b"\xff" * 7 + b"\xf0\x00\x00") == StallCode.new(b"\xff" * 8 + b"\x00\x00")
    assert StallCode.new(b"\xff" * 7 + b"\xf0\x00\x00") != StallCode.new(b"\xff" * 7 + b"\xe0\x00\x00")
