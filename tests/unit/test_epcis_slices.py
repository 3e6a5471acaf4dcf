"""Finding an event's own bytes in a document, and reading foreign JSON strictly."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import DuplicateName, NotJson
from ledger.exchange.slices import elements, member, whole
from ledger.vocabulary.foreign import FOREIGN_DEPTH_MAX, NUMBER_CHARACTERS_MAX, read_foreign

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', "\\", '\\"', "]", "}", '"],[', "{:,}", "\\\\", "é😀", "\n\t"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)
SPACES = st.text(" \t\r\n", max_size=3)


@st.composite
def spelt(draw: st.DrawFn, value: object) -> str:
    """A value in any spelling JSON allows: spaces anywhere, characters escaped or not."""

    def space() -> str:
        return draw(SPACES)

    if isinstance(value, dict):
        parts = [f"{draw(spelt(name))}{space()}:{space()}{draw(spelt(one))}" for name, one in value.items()]
        return "{" + space() + f"{space()},{space()}".join(parts) + space() + "}"
    if isinstance(value, list):
        return "[" + space() + f"{space()},{space()}".join(draw(spelt(one)) for one in value) + space() + "]"
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@given(st.data(), st.lists(VALUES, max_size=5), SPACES, SPACES)
def test_every_element_of_a_list_is_found_as_it_was_written(
    data: st.DataObject, values: list[object], before: str, behind: str
) -> None:
    written = [data.draw(spelt(one)) for one in values]
    text = before + "[" + " , ".join(written) + "]" + behind
    found = [one.of(text) for one in elements(text, whole(text))]
    assert found == written
    assert [json.loads(one) for one in found] == values


@given(st.data(), st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5))
def test_the_value_of_every_name_is_found_as_it_was_written(
    data: st.DataObject, values: dict[str, object]
) -> None:
    text = data.draw(SPACES) + data.draw(spelt(values)) + data.draw(SPACES)
    for name, value in values.items():
        found = member(text, whole(text), name)
        assert found is not None
        assert json.loads(found.of(text)) == value
    missing = member(text, whole(text), "".join(values) + "?")
    assert missing is None


@given(st.data(), VALUES)
def test_foreign_json_means_what_other_readers_take_it_for(data: st.DataObject, value: object) -> None:
    text = data.draw(spelt(value))
    assert read_foreign(text) == json.loads(text, parse_float=Decimal)


def test_a_fraction_keeps_every_digit() -> None:
    assert read_foreign("[55.7918652, 1000.0, 1e3]") == [Decimal("55.7918652"), Decimal(1000), Decimal(1000)]
    assert str(read_foreign("0.10")) == "0.10"


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", NotJson),
        ('{"a": 1', NotJson),
        ('{"a": 1} {"b": 2}', NotJson),
        ("{'a': 1}", NotJson),
        ("[NaN]", NotJson),
        ("[-Infinity]", NotJson),
        ('["\\ud800"]', NotJson),
        ('{"\\udfff": 1}', NotJson),
        ("[1e99999999999999999999]", NotJson),
        ('{"a": 1, "a": 1}', DuplicateName),
        ('[{"deep": {"a": 1, "b": 2, "a": 3}}]', DuplicateName),
    ],
)
def test_what_two_readers_could_take_differently_is_refused_by_name(
    text: str, refusal: type[NotJson]
) -> None:
    with pytest.raises(refusal):
        read_foreign(text, field="document")


def test_numbers_are_read_up_to_their_limit() -> None:
    longest = "1" * NUMBER_CHARACTERS_MAX
    assert read_foreign(longest) == int(longest)
    assert read_foreign("0." + "1" * (NUMBER_CHARACTERS_MAX - 2)) is not None
    for too_long in (longest + "1", "0." + longest, "1" * 5_000):
        with pytest.raises(NotJson, match="at most"):
            read_foreign(too_long)


def test_nesting_is_read_up_to_its_limit_and_refused_beyond_whatever_the_readers_stack_holds() -> None:
    depth = FOREIGN_DEPTH_MAX
    assert read_foreign("[" * depth + "1" + "]" * depth) is not None
    for too_deep in (depth + 1, 1_000, 200_000):
        with pytest.raises(NotJson, match="levels of nesting"):
            read_foreign("[" * too_deep + "1" + "]" * too_deep)


def test_the_place_where_reading_breaks_off_is_named() -> None:
    with pytest.raises(NotJson, match="line 3, column"):
        read_foreign('{\n"a": 1,\n"b" 2}')
