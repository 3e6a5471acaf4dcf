from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import Json, canonical, read_object
from ledger.errors import Malformed, Refusal, Words
from ledger.findings import FINDING_KINDS, GRADES, Finding, audience_of, grade_order, label_of, may_read
from ledger.findings.words import TEXTS
from ledger.identifiers import PartyId

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
_WORDS = st.builds(Words, zh=_TEXT, en=_TEXT)
FINDINGS = st.builds(
    Finding,
    kind=st.sampled_from(FINDING_KINDS),
    grade=st.sampled_from(GRADES),
    subject=_TEXT,
    party=st.binary(min_size=10, max_size=10).map(PartyId.new),
    seqs=st.lists(st.integers(0, 2**40), max_size=4).map(tuple),
    figures=st.dictionaries(_TEXT, _TEXT, max_size=4),
    causes=st.lists(_WORDS, max_size=3).map(tuple),
    words=_WORDS,
    law=st.none() | _TEXT,
    answer=_WORDS,
    since_ms=st.integers(0, 2**52),
    answers=st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
)


@given(FINDINGS)
def test_a_finding_comes_back_from_its_canonical_json(one: Finding) -> None:
    stored = canonical(one.as_json())

    assert Finding.from_json(read_object(stored)) == one
    assert canonical(Finding.from_json(read_object(stored)).as_json()) == stored


def _one() -> Finding:
    return Finding(
        kind="oversold",
        grade="red",
        subject="holding/x",
        party=PartyId.new(bytes(10)),
        seqs=(1, 2),
        figures={"in": "200"},
        causes=(Words(zh="因", en="cause"),),
        words=Words(zh="文", en="text"),
        law=None,
        answer=Words(zh="答", en="answer"),
        since_ms=5,
    )


def _without(name: str) -> Callable[[dict[str, Json]], dict[str, Json]]:
    return lambda body: {key: value for key, value in body.items() if key != name}


def _with(name: str, value: Json) -> Callable[[dict[str, Json]], dict[str, Json]]:
    return lambda body: {**body, name: value}


@pytest.mark.parametrize(
    "change",
    [
        _without("law"),
        _with("more", "x"),
        _with("kind", "fraud"),
        _with("grade", "green"),
        _with("party", "P4"),
        _with("seqs", "12"),
        _without("answers"),
        _with("answers", [True]),
        _with("seqs", ["1"]),
        _with("seqs", [True]),
        _with("figures", ["in"]),
        _with("figures", {"in": 200}),
        _with("causes", [{"zh": "因"}]),
        _with("words", "text"),
        _with("law", 55),
        _with("since_ms", "5"),
    ],
)
def test_json_of_any_other_shape_is_refused(change: Callable[[dict[str, Json]], dict[str, Json]]) -> None:
    body = _one().as_json()
    assert Finding.from_json(body) == _one()

    with pytest.raises(Refusal):
        Finding.from_json(change(body))


def test_a_refusal_names_what_came() -> None:
    with pytest.raises(Malformed) as caught:
        Finding.from_json(_with("kind", "fraud")(_one().as_json()))
    assert (caught.value.field, caught.value.came) == ("kind", "fraud")


def test_findings_can_be_kept_in_sets() -> None:
    assert len({_one(), _one()}) == 1


def test_red_stands_before_amber_and_amber_before_grey() -> None:
    def graded(grade: str, since_ms: int) -> Finding:
        return Finding.from_json({**_one().as_json(), "grade": grade, "since_ms": since_ms})

    mixed = [graded("grey", 1), graded("amber", 2), graded("red", 9), graded("red", 3)]
    assert [(one.grade, one.since_ms) for one in sorted(mixed, key=grade_order)] == [
        ("red", 3),
        ("red", 9),
        ("amber", 2),
        ("grey", 1),
    ]


@pytest.mark.parametrize("kind", FINDING_KINDS)
def test_the_public_never_reads_a_finding_and_officials_always_do(kind: str) -> None:
    one = Finding.from_json({**_one().as_json(), "kind": kind})
    other = PartyId.new(b"0123456789")

    assert not may_read(one, reader=None, official=False)
    assert not may_read(one, reader=other, official=False)
    assert may_read(one, reader=None, official=True)
    assert may_read(one, reader=one.party, official=False) == (audience_of(one) == "parties")


def test_every_kind_has_its_texts_and_no_text_accuses_or_vouches() -> None:
    assert set(TEXTS) == set(FINDING_KINDS)
    for kind in FINDING_KINDS:
        texts = TEXTS[kind]
        for words in (label_of(kind), texts.answer, *texts.causes):
            assert words.zh
            assert words.en
            for bad in ("假冒", "造假", "欺诈", "违法", "正品", "放心"):
                assert bad not in words.zh
            for bad in ("fraud", "fake", "counterfeit", "genuine", "illegal"):
                assert bad not in words.en.lower()
