"""docs/threats.md: every test that it names exists, every threat is told, and what remains is said."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "threats.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
THREATS = 26
#: What says itself that no test shows it.
WITHOUT_A_TEST = {"A24": "There is no test of it"}


def named() -> list[tuple[str, str]]:
    return NAMED.findall(PAGE.read_text("utf-8"))


def paragraphs() -> dict[str, str]:
    text = PAGE.read_text("utf-8")
    return {match[1]: match[0] for match in re.finditer(r"\*\*(A\d+) .*?(?=\n\n)", text, re.DOTALL)}


@pytest.mark.parametrize("path", sorted({path for path, _ in named()}))
def test_every_test_that_the_page_names_exists(path: str) -> None:
    wanted = {name for where, name in named() if where == path}
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    there = {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert wanted <= there, wanted - there


def test_every_threat_is_told_with_its_test() -> None:
    told = paragraphs()
    assert list(told) == [f"A{number}" for number in range(1, THREATS + 1)]
    for name, text in told.items():
        if name in WITHOUT_A_TEST:
            assert WITHOUT_A_TEST[name].lower() in text.lower(), name
        else:
            assert NAMED.search(text), name


def test_the_page_names_tests_in_one_way_only() -> None:
    text = NAMED.sub("", PAGE.read_text("utf-8"))
    assert re.findall(r"tests/\S+::", text) == []
