from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.canonical import (
    DEPTH_MAX,
    INTEGER_MAX,
    DuplicateName,
    Json,
    NotCanonical,
    NotJson,
    canonical,
    read,
    read_canonical,
    read_object,
)
from ledger.errors import TooLarge
from tests.support.vectors import vectors

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_was_written_reads_back_as_the_same_value_in_the_same_bytes(value: Json) -> None:
    raw = canonical(value)
    assert read(raw) == value
    assert canonical(read(raw)) == raw


#: Also what is not plain, and what sorts otherwise in UTF-8 than in UTF-16.
ODD_NAMES = st.text(
    st.sampled_from(["a", "é", "溯", "\ue000", "\uffff", "\U00010000", "\U0010ffff", '"', "\n", "\x7f"])
)
ODD_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INTEGER_MAX, INTEGER_MAX)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | ODD_NAMES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(ODD_NAMES | TEXTS, inner, max_size=5)
        | st.dictionaries(ODD_NAMES, inner, max_size=3).map(MappingProxyType)
    ),
    max_leaves=12,
)


def slowly(value: object) -> object:
    """Dicts and lists only: what rfc8785 takes."""
    if isinstance(value, Mapping):
        return {name: slowly(inner) for name, inner in value.items()}
    return [slowly(inner) for inner in value] if isinstance(value, (list, tuple)) else value


@settings(max_examples=1000)
@given(ODD_VALUES)
def test_the_bytes_are_those_of_the_reference_implementation(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(slowly(value))  # type: ignore[arg-type]  # plain by now


@pytest.mark.parametrize("character", [chr(number) for number in (*range(0x250), 0x2028, 0xFFFE, 0xFFFF)])
def test_every_character_is_escaped_as_the_reference_implementation_escapes_it(character: str) -> None:
    assert canonical({character: character}) == rfc8785.dumps({character: character})


@pytest.mark.parametrize("beyond", [INTEGER_MAX + 1, -INTEGER_MAX - 1, 2**64, 10**400])
def test_an_integer_that_two_readers_may_round_is_never_written(beyond: int) -> None:
    with pytest.raises(rfc8785.IntegerDomainError):
        canonical([beyond])


@settings(max_examples=1000)
@given(st.dictionaries(ODD_NAMES | TEXTS, ODD_VALUES, max_size=4).map(canonical), st.data())
def test_canonical_bytes_are_read_as_the_strict_reader_reads_them(raw: bytes, data: st.DataObject) -> None:
    """Also when a byte of them was changed: the fast road must not take what the slow one refuses."""
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw = raw[:place] + data.draw(st.binary(max_size=3)) + raw[place + 1 :]
    try:
        expected: object = read_object(raw)
        if canonical(expected) != raw:  # type: ignore[arg-type]  # what was read can be written
            expected = NotCanonical
    except NotJson as refusal:
        expected = type(refusal)
    try:
        came: object = read_canonical(raw)
    except (NotCanonical, NotJson) as refusal:
        came = type(refusal)
    assert came == expected
    assert repr(came) == repr(expected)  # True is not 1.


@given(VALUES)
def test_another_spelling_of_the_same_value_is_one_value_and_not_the_canonical_bytes(value: Json) -> None:
    loose = json.dumps({"value": value}, indent=1, ensure_ascii=True).encode()
    assert read(loose) == {"value": value}
    with pytest.raises(NotCanonical):
        read_canonical(loose)


@pytest.mark.parametrize(
    ("raw", "field", "why"),
    [
        (b'{"a":1,"a":2}', "a", DuplicateName),
        (b'{"a":{"b":1,"b":1}}', "b", DuplicateName),
        (b'{"a":1.5}', "", NotJson),
        (b'{"a":1e3}', "", NotJson),
        (b'{"a":1e999}', "", NotJson),
        (b'{"a":NaN}', "", NotJson),
        (b'{"a":-Infinity}', "", NotJson),
        (b'{"a":1_000}', "", NotJson),
        (b'{"a":"\\ud800"}', "a", NotJson),
        (b'{"\\udfff":1}', "", NotJson),
        (b'{"a":["x","\\u0000"]}', "a[1]", NotJson),
        (b'{"a":9007199254740992}', "", NotJson),
        (b'{"a":' + b"9" * 5000 + b"}", "", NotJson),
        ('{"a":1}'.encode("utf-16"), "", NotJson),
        (b'\xef\xbb\xbf{"a":1}', "", NotJson),
        (b'{"a":1} x', "", NotJson),
        (b"", "", NotJson),
        (b"[" * 100_000, "", NotJson),
    ],
)
def test_what_two_readers_may_read_differently_is_refused_by_name(
    raw: bytes, field: str, why: type[Exception]
) -> None:
    with pytest.raises(why) as caught:
        read(raw)
    assert isinstance(caught.value, NotJson)
    assert caught.value.field == field


def test_the_largest_safe_integer_is_read_and_the_next_is_not() -> None:
    assert read(str(INTEGER_MAX).encode()) == INTEGER_MAX
    assert read(str(-INTEGER_MAX).encode()) == -INTEGER_MAX
    with pytest.raises(NotJson):
        read(str(INTEGER_MAX + 1).encode())


def test_nesting_is_read_to_its_limit_and_refused_beyond() -> None:
    assert read(b"[" * DEPTH_MAX + b"1" + b"]" * DEPTH_MAX)
    with pytest.raises(NotJson, match="levels of nesting"):
        read(b"[" * (DEPTH_MAX + 1) + b"1" + b"]" * (DEPTH_MAX + 1))


def test_more_bytes_than_the_limit_are_refused_before_they_are_parsed() -> None:
    assert read(b'"aa"', bytes_max=4) == "aa"
    with pytest.raises(TooLarge, match="at most 3 bytes"):
        read(b'"aa"', bytes_max=3)


def test_a_value_that_is_no_object_is_refused_where_an_object_is_needed() -> None:
    with pytest.raises(NotJson, match="a JSON object"):
        read_object(b"[1]", field="body")


def test_a_refusal_says_where_in_both_languages() -> None:
    with pytest.raises(DuplicateName) as caught:
        read(b'{"quantity":1,"quantity":2}', field="body")
    assert (
        caught.value.in_language("en")
        == "body.quantity: the same name stands twice; came 'quantity', expected each name once"
    )
    assert caught.value.in_language("zh").startswith("body.quantity：同一名称出现两次；收到“quantity”")


@pytest.mark.vectors
def test_the_cases_of_the_author_of_rfc_8785_come_out_byte_for_byte() -> None:
    cases = json.loads(vectors("tlog/jcs/jcs-cases.json").read_text("utf-8"))
    for name, case in cases.items():
        assert canonical(json.loads(b64decode(case["input_b64"]))) == b64decode(case["output_b64"]).rstrip(
            b"\n"
        ), name
    assert len(cases) == 6
