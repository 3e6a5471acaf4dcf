"""An entry has one spelling, and the quick way of reading it takes nothing that the exact one refuses."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical
from ledger.errors import Refusal
from ledger.log.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

DIGESTS = st.binary(min_size=32, max_size=32)
ENTRIES = st.builds(Entry, at_ms=st.integers(0, 2**53 - 1), prev=DIGESTS, statement=DIGESTS)
ONE = Entry(1_794_614_520_250, bytes(range(32)), bytes(32)).raw


def read(how: Callable[[bytes], Entry], raw: bytes) -> Entry | None:
    try:
        return how(raw)
    except Refusal:
        return None


def exactly(raw: bytes) -> Entry:
    return Entry._read(raw, field="entry")


@given(ENTRIES)
def test_an_entry_reads_back_as_it_was_written(entry: Entry) -> None:
    assert Entry.parse(entry.raw) == exactly(entry.raw) == entry


@given(ENTRIES)
def test_an_entry_is_spelt_as_rfc_8785_spells_it(entry: Entry) -> None:
    prev, statement = (b64encode(one).decode() for one in (entry.prev, entry.statement))
    assert entry.raw == canonical({"v": 1, "at": entry.at_ms, "prev": prev, "statement": statement})


@pytest.mark.parametrize("at", [0, 999_999_999_999_999, 1_000_000_000_000_000, 2**53 - 1])
def test_times_on_both_sides_of_what_is_plain_to_see(at: int) -> None:
    raw = Entry(at, bytes(32), bytes(32)).raw
    assert Entry.parse(raw).at_ms == exactly(raw).at_ms == at


def test_every_byte_that_is_another_is_judged_alike() -> None:
    for place in range(len(ONE)):
        for byte in range(256):
            raw = ONE[:place] + bytes([byte]) + ONE[place + 1 :]
            assert read(Entry.parse, raw) == read(exactly, raw), raw


@pytest.mark.parametrize(
    "wrong",
    [
        ONE + b"\n",
        ONE + b" ",
        b" " + ONE,
        ONE[:-1],
        ONE.replace(b'"at":1', b'"at":01'),
        ONE.replace(b'"at":1', b'"at":+1'),
        ONE.replace(b'"at":1', b'"at":-1'),
        ONE.replace(b'"at":1794614520250', b'"at":9007199254740992'),
        ONE.replace(b'"at":1794614520250', b'"at":"1794614520250"'),
        ONE.replace(b'"v":1', b'"v":true'),
        ONE.replace(b'"v":1', b'"v":2'),
        ONE.replace(b",", b", "),
        ONE.replace(b"AAA=", b"AAB="),
        ONE.replace(b"AAA=", b"AAA"),
        ONE.replace(b'"v":1', b'"v":1,"w":1'),
    ],
)
def test_what_is_spelt_otherwise_is_refused(wrong: bytes) -> None:
    assert wrong != ONE
    assert read(Entry.parse, wrong) is None
    assert read(exactly, wrong) is None
