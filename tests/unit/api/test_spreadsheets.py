"""No cell of an exported list is read as a formula, and every one can be read back as it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.spreadsheets import cell, csv_bytes, plain

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x","y")',
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "  =1",
    "\u3000=1",
    "|calc",
    "%0A",
    "'quoted",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_marked_as_text(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert plain(cell(text)) == text


@pytest.mark.parametrize("text", ["韭菜", "12.5 公斤", "a=b", "", "2026-11-14", " 城东市场"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert cell(text) == text


@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=4), max_size=5))
def test_every_list_reads_back_as_it_was(rows: list[list[str]]) -> None:
    written = csv_bytes(rows).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert [[plain(one) for one in row] for row in read] == rows
    for row in read:
        assert not any(one.lstrip(" \u00a0\u3000").startswith(tuple("=+-@＝＋－＠\t\r\n")) for one in row)
