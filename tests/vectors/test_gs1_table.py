"""The table that the ledger ships is the published dictionary's, and the other publications of GS1 do not contradict it."""

from __future__ import annotations

import json
import re

import pytest

from ledger.identifiers.gs1.table import AIS, HEADER, SEQUENCES
from tests.support.vectors import vectors
from tools.gs1_table import DICTIONARY, TABLE, table, taken_on


@pytest.mark.vectors
def test_the_table_is_made_from_the_dictionary_as_it_lies_there() -> None:
    # After a new dictionary: `python tools/gs1_table.py`.
    kept = TABLE.read_text("utf-8")
    dictionary = vectors(DICTIONARY).read_bytes()
    assert taken_on(dictionary, kept) == HEADER["taken"]
    assert table(dictionary, taken=HEADER["taken"]) == kept


@pytest.mark.vectors
def test_the_table_says_which_bytes_it_was_made_from() -> None:
    dictionary = vectors(DICTIONARY).read_bytes()
    other = dictionary.replace(b"X..20", b"X..21", 1)
    assert table(other, taken="2026-01-01") != table(dictionary, taken="2026-01-01")
    assert HEADER["sha256"] not in table(other, taken=HEADER["taken"])


@pytest.mark.vectors
def test_the_day_stays_while_the_bytes_stay_and_not_longer() -> None:
    dictionary = vectors(DICTIONARY).read_bytes()
    long_ago = table(dictionary, taken="2001-01-01")
    assert taken_on(dictionary, long_ago) == "2001-01-01"
    assert taken_on(dictionary + b"\n", long_ago) != "2001-01-01"


@pytest.mark.vectors
def test_every_ai_of_the_dictionary_is_in_the_table() -> None:
    rows = re.findall(r"(?m)^(\d{2,4})(?:-(\d{2,4}))?\s", vectors(DICTIONARY).read_text("utf-8"))
    named = {
        str(number).zfill(len(first))
        for first, last in rows
        for number in range(int(first), int(last or first) + 1)
    }
    assert len(rows) > 200
    assert named == AIS.keys()


@pytest.mark.vectors
def test_a_row_that_cannot_be_read_stops_the_tool() -> None:
    dictionary = vectors(DICTIONARY).read_bytes()
    for strange in (b"00 *? N18,csum nonsense=1 # A\n", b"00 *? Q18 # A\n", b"0 N18 # A\n"):
        with pytest.raises(SystemExit):
            table(dictionary + strange, taken="")


@pytest.mark.vectors
def test_the_keys_and_qualifiers_of_the_toolkit_are_paths_here() -> None:
    keys = json.loads(vectors("gs1/digital-link-js/src/data/identifier-list.json").read_text("utf-8"))
    assert len(keys) > 10
    for key in keys:
        assert AIS[key["code"]].is_primary_key
        assert (key["code"], *key["keyQualifiers"]) in SEQUENCES


@pytest.mark.vectors
def test_the_attributes_of_the_grammar_have_the_lengths_that_the_table_gives() -> None:
    grammar = vectors("gs1/digital-link-js/grammar/GS1_Digital_Link_Grammar_1_4.abnf").read_text("utf-8")
    rules = re.findall(r'(?m)^\w+Parameter\s*=\s*"(\d+)="\s+(1\*)?(\d+)(DIGIT|XCHAR)\s*(?:;.*)?$', grammar)
    assert len(rules) > 50
    for ai, many, most, characters in rules:
        assert (AIS[ai].least, AIS[ai].most) == (1 if many else int(most), int(most)), ai
        assert AIS[ai].parts[0].characters == ("N" if characters == "DIGIT" else "X"), ai
