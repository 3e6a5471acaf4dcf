"""Every code that GS1's own engine was asked about gets the answer which it gave."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypedDict

import pytest

from ledger.errors import Refusal
from ledger.identifiers.gs1 import GS1Elements, GS1Link
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from collections.abc import Iterator


class Case(TypedDict, total=False):
    """One line of the engine's answers."""

    input: str
    valid: bool
    ai: str | None
    data_str: str
    canonical_dl: str | None
    hri: list[str]
    dl_ignored_query_params: list[str]


def _cases(kind: str, *, valid: bool) -> Iterator[Case]:
    found = 0
    for line in vectors(f"gs1/syntax-engine/{kind}.jsonl").read_text("utf-8").splitlines():
        case: Case = json.loads(line)
        if case["valid"] is valid:
            found += 1
            yield case
    assert found > 5


def _is_no_link(case: Case) -> bool:
    # `HtTp://…`: to the engine a plain text, valid as such, that holds no elements.
    return case["ai"] is None


@pytest.mark.vectors
def test_every_link_that_the_engine_takes_has_its_elements_and_its_canonical_form() -> None:
    for case in _cases("dl", valid=True):
        if _is_no_link(case):
            continue
        link = GS1Link.parse(case["input"])
        assert "".join(f"({ai}){value}" for ai, value in link.elements) == case["ai"]
        assert link.canonical == case["canonical_dl"], case
        assert list(link.others) == case["dl_ignored_query_params"], case
        assert GS1Link.parse(link.canonical).canonical == link.canonical


@pytest.mark.vectors
def test_every_link_that_the_engine_refuses_is_refused_and_so_is_what_it_calls_plain_text() -> None:
    plain = [case for case in _cases("dl", valid=True) if _is_no_link(case)]
    assert plain
    for case in (*_cases("dl", valid=False), *plain):
        with pytest.raises(Refusal):
            GS1Link.parse(case["input"])


@pytest.mark.vectors
@pytest.mark.parametrize("kind", ["bracketed", "fnc1", "scan"])
def test_every_element_string_that_the_engine_takes_reads_as_it_read_it(kind: str) -> None:
    for case in _cases(kind, valid=True):
        string = GS1Elements.parse(case["input"])
        assert (string.bracketed or None) == case["ai"], case
        assert list(string.hri) == case["hri"], case
        assert (string.link.canonical if string.link else None) == case["canonical_dl"], case
        # The engine keeps a text as it came; FNC1 at its very end separates nothing, and we leave it out.
        assert string.data_string == case["data_str"].removesuffix("^"), case


@pytest.mark.vectors
@pytest.mark.parametrize("kind", ["bracketed", "fnc1", "scan"])
def test_every_element_string_that_the_engine_refuses_is_refused(kind: str) -> None:
    for case in _cases(kind, valid=False):
        with pytest.raises(Refusal):
            GS1Elements.parse(case["input"])
