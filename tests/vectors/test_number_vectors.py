"""Numbers in canonical JSON (RFC 8785 3.2.2.3): ours are whole, spelled in one way, and every other spelling is refused, not rounded."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Final

import pytest

from ledger.canonical import NotJson, canonical, read
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.vectors

#: RFC 8785 and every double agree on whole numbers up to here.
MOST: Final = 2**53 - 1


def doubles() -> Iterator[tuple[float, str]]:
    """A double and its one spelling, ten thousand times."""
    for line in vectors("tlog/jcs/es6-numbers-10000.txt").read_text("ascii").splitlines():
        bits, _, text = line.partition(",")
        yield struct.unpack(">d", bytes.fromhex(bits.zfill(16)))[0], text


def test_ten_thousand_numbers_are_read_if_they_are_whole_and_refused_if_not() -> None:
    whole = 0
    for number, text in doubles():
        if text.removeprefix("-").isdigit() and abs(number) <= MOST:
            assert read(text.encode()) == number
            assert canonical(int(number)) == text.encode()
            whole += 1
        else:
            with pytest.raises(NotJson):
                read(text.encode())
    assert whole == 14


def test_the_numbers_of_the_rfc_are_read_if_they_are_whole_and_refused_if_not() -> None:
    cases = json.loads(vectors("tlog/jcs/rfc8785-appendix-b-numbers.json").read_text("utf-8"))
    assert len(cases) == 26
    whole = []
    for case in cases:
        text = case["expected"]
        if text is None:
            for spelling in (b"NaN", b"Infinity", b"-Infinity"):
                with pytest.raises(NotJson):
                    read(spelling)
        elif text.removeprefix("-").isdigit() and abs(int(text)) <= MOST:
            assert canonical(read(text.encode())) == text.encode()
            whole.append(text)
        else:
            with pytest.raises(NotJson):
                read(text.encode())
    assert whole
