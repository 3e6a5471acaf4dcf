"""The page that strangers write their verifiers from says what the code does, byte for byte."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.canonical import DEPTH_MAX, INTEGER_MAX, Json, canonical, read_canonical
from ledger.disclosure import Disclosure
from ledger.errors import Refusal
from ledger.keys import KeyKind
from ledger.log.checkpoint import open_checkpoint
from ledger.log.merkle import root_of
from ledger.register import CUSTODIES, REGISTER_TYPES, ROLES, Clock
from ledger.statement import AUDIENCES, PAYLOAD_TYPE
from ledger.vocabulary import TYPES
from ledger.vocabulary.registering import Key
from ledger.vocabulary.said import CorrectionReason
from tests.support import second_verifier
from tests.support.second_verifier import Wrong, jcs, read_json, verify_disclosure, verify_files
from tests.support.vectors import vectors
from tools.format_example import PAGE, PARTS, Example, filled

MADE = Example()


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


# --- The page


def test_the_made_parts_of_the_page_are_what_the_code_makes(page: str) -> None:
    # After a change that is meant: `python tools/format_example.py`. Bytes of a log are never meant to change.
    assert filled(page) == page


@pytest.mark.parametrize("part", PARTS)
def test_a_page_that_is_behind_is_brought_into_step(page: str, part: str) -> None:
    made = PARTS[part]()
    assert made in page
    assert filled(page.replace(made, "as it was last year")) == page


def test_the_lines_to_be_run_by_hand_run(page: str) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert lines.count("assert") == 4
    exec(compile(lines, PAGE.name, "exec"), {})  # noqa: S102  (the page's own lines are what is tested)
    with pytest.raises(AssertionError):
        exec(compile(lines.replace("13800000000", "13800000001"), PAGE.name, "exec"), {})  # noqa: S102  (as above)


def test_a_verifier_that_knows_only_the_page_is_content_with_its_example() -> None:
    report = verify_files(MADE.files(), MADE.vkey, complete=True)
    assert (report.size, report.items_erased, report.keys) == (4, 1, 2)
    shown = verify_disclosure(MADE.disclosure().to_bytes(), MADE.vkey)
    assert (shown.type, list(shown.items)) == ("party.v1", [0])


def test_the_ledger_is_content_with_its_example(page: str) -> None:
    (file,) = re.findall(r'^\{"entry":.*"kind":"suyuan/disclosure/v1".*$', page, re.MULTILINE)
    found = Disclosure.parse(file.encode()).verify([MADE.log_key.verifier])
    assert found.header.issuer == MADE.farm
    checkpoint = open_checkpoint(MADE.checkpoint, [MADE.log_key.verifier]).checkpoint
    assert checkpoint.root == root_of(MADE.leaves)
    assert str(checkpoint.root) in page


def test_the_erased_name_is_nowhere_in_the_exported_example() -> None:
    opened = MADE.statements[2].opened[1]
    for raw in MADE.files().values():
        for text in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", raw):
            assert "王小明".encode() not in b64decode(text + b"=" * (-len(text) % 4))
            assert opened.salt not in b64decode(text + b"=" * (-len(text) % 4))


def test_the_page_names_every_word_a_verifier_must_know(page: str) -> None:
    words = [
        *AUDIENCES,
        *ROLES,
        *CUSTODIES,
        *REGISTER_TYPES,
        *get_args(Clock),
        *get_args(KeyKind),
        *TYPES,
        PAYLOAD_TYPE,
    ]
    reasons = [*get_args(CorrectionReason), *_literals(Key.model_fields["reason"].annotation)]
    assert len(reasons) == 6
    for word in [*words, *reasons]:
        assert f"`{word}`" in page, word


def _literals(annotation: object) -> list[str]:
    return [
        text for one in get_args(annotation) for text in ([one] if isinstance(one, str) else _literals(one))
    ]


def test_the_second_verifier_knows_the_same_words() -> None:
    assert set(second_verifier.REGISTER_TYPES) == REGISTER_TYPES
    assert (second_verifier.ROLES, second_verifier.AUDIENCES) == (ROLES, AUDIENCES)
    assert tuple(_literals(Key.model_fields["reason"].annotation)) == second_verifier.REASONS


def test_every_link_within_the_page_leads_somewhere(page: str) -> None:
    headings = {
        re.sub("[^a-z -]", "", one.lower()).replace(" ", "-")
        for one in re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([a-z-]+)\)", page))
    assert len(links) >= 4
    assert links <= headings


# --- Canonical JSON: two readers that share no line agree

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def taken_by_the_ledger(raw: bytes) -> bool:
    try:
        read_canonical(raw)
    except Refusal:
        return False
    return True


def taken_by_the_second(raw: bytes) -> bool:
    try:
        return isinstance(read_json(raw), dict)
    except Wrong:
        return False


@given(VALUES)
@example({"\ufb33": 1, "\U0001f600": 2})
def test_both_spell_a_value_in_the_same_bytes(value: Json) -> None:
    assert canonical(value) == jcs(value)


@given(st.dictionaries(TEXT, VALUES, max_size=4), st.data())
def test_both_take_or_refuse_the_same_bytes(value: dict[str, Json], data: st.DataObject) -> None:
    raw = bytearray(canonical(value))
    assert taken_by_the_ledger(bytes(raw))
    assert taken_by_the_second(bytes(raw))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert taken_by_the_ledger(bytes(raw)) == taken_by_the_second(bytes(raw))


def nested(levels: int) -> bytes:
    """A number so many levels below the outermost object."""
    return b'{"a":' + b"[" * (levels - 1) + b"1" + b"]" * (levels - 1) + b"}"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xef\xbb\xbf{}", id="byte order mark"),
        pytest.param('{"a":1}'.encode("utf-16"), id="utf-16"),
        pytest.param(b'{"a":"\xff"}', id="not utf-8"),
        pytest.param(b'{"a":1,"a":1}', id="the same name twice"),
        pytest.param(b'{"a":1.0}', id="a fraction"),
        pytest.param(b'{"a":1e3}', id="an exponent"),
        pytest.param(b'{"a":-0}', id="minus nought"),
        pytest.param(b'{"a":01}', id="a leading nought"),
        pytest.param(b'{"a":NaN}', id="not a number"),
        pytest.param(b'{"a":-Infinity}', id="infinity"),
        pytest.param(b'{"a":9007199254740992}', id="2^53"),
        pytest.param(b'{"a":-9007199254740992}', id="-2^53"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="a very long number"),
        pytest.param(b'{"a":"\\u0000"}', id="U+0000"),
        pytest.param(b'{"\\u0000":1}', id="U+0000 in a name"),
        pytest.param(b'{"a":"\\ud800"}', id="a lone surrogate"),
        pytest.param(b'{"a":"\\u00e9"}', id="an escape that is not needed"),
        pytest.param(b'{"a":"\\u001F"}', id="a large letter in an escape"),
        pytest.param(b'{"a": 1}', id="a space"),
        pytest.param(b'{"b":1,"a":1}', id="names out of order"),
        pytest.param(b'{"a":1}\n', id="a newline at the end"),
        pytest.param(b'{"a":1}{}', id="more behind it"),
        pytest.param(b"[1]", id="an array where an object is meant"),
        pytest.param(nested(DEPTH_MAX + 1), id="33 levels"),
        pytest.param(nested(100_000), id="a hundred thousand levels"),
    ],
)
def test_what_the_page_refuses_both_refuse(raw: bytes) -> None:
    assert not taken_by_the_ledger(raw)
    assert not taken_by_the_second(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'{"a":9007199254740991,"b":-9007199254740991}', id="the largest integers"),
        pytest.param(b'{"a":"\\u001f\\b\\t\\n\\f\\r\\"\\\\/\x7f"}', id="escapes"),
        pytest.param('{"a":"€😀"}'.encode(), id="beyond ascii"),
        pytest.param('{"\U0001f600":1,"\ufb33":2}'.encode(), id="names by utf-16"),
        pytest.param(b'{"a":[true,false,null,{}]}', id="words"),
        pytest.param(nested(DEPTH_MAX), id="32 levels"),
    ],
)
def test_what_the_page_takes_both_take(raw: bytes) -> None:
    assert taken_by_the_ledger(raw)
    assert taken_by_the_second(raw)


def has_fractions(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, float) or any(map(has_fractions, inner))


@pytest.mark.vectors
def test_both_spell_the_rfc_author_s_cases_as_he_does() -> None:
    cases = json.loads(vectors("tlog/jcs/jcs-cases.json").read_text("utf-8"))
    compared = 0
    for case in cases.values():
        value, expected = json.loads(b64decode(case["input_b64"])), b64decode(case["output_b64"])
        if has_fractions(value):
            continue  # Nothing of ours may hold one.
        assert canonical(value) == jcs(value) == expected
        compared += 1
    assert compared >= 3
