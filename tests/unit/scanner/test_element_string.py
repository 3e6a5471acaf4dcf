from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, Refusal
from ledger.identifiers import DigitalLink
from ledger.identifiers.digital_link import AI_CHARACTERS
from scanner.element_string import (
    AI_DIGITS,
    ELEMENTS_MAX,
    FIXED_DIGITS,
    GS1_SYMBOLOGIES,
    SEPARATOR,
    VALUE_CHARACTERS_MAX,
    ElementString,
)
from tests.support.vectors import vectors

WHOLE = ElementString((("01", "09520001000010"), ("17", "270211"), ("10", "SG-1"), ("21", "7")))


@pytest.mark.parametrize(
    "text",
    [
        "(01)09520001000010(17)270211(10)SG-1(21)7",
        "01095200010000101727021110SG-1\x1d217",
        "\x1d01095200010000101727021110SG-1\x1d217",
        "0109520001000010\x1d1727021110SG-1\x1d217\x1d",
        *(f"{symbology}01095200010000101727021110SG-1\x1d217" for symbology in GS1_SYMBOLOGIES),
    ],
)
def test_every_spelling_gives_the_same_elements(text: str) -> None:
    assert ElementString.parse(text) == WHOLE


def test_the_goods_are_named_as_a_link_names_them() -> None:
    assert WHOLE.link == DigitalLink.parse("https://id.gs1.org/01/09520001000010/10/SG-1/21/7")
    assert WHOLE["17"] == "270211"
    assert WHOLE["99"] is None


def test_a_carton_without_a_product_names_no_goods() -> None:
    assert ElementString.parse("]C100095200010000000017").link is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "]d2",
        "()",
        "(1)5",
        "(01)0952000100001",
        "(01)095200010000101",
        "(01)0952000100001A",
        "(10)",
        "(10)批",
        "(10)A(10)B",
        "(14)270211",
        "(310)000100",
        "]d21",
        "]d2010952000100001",
        "]d20109520001000010XX",
        f"(10){'A' * (VALUE_CHARACTERS_MAX + 1)}",
    ],
)
def test_what_is_no_element_string_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        ElementString.parse(text)
    assert refused.value.field.startswith("element_string")


def test_a_gtin_with_a_wrong_check_digit_is_refused_as_such() -> None:
    with pytest.raises(CheckDigitWrong):
        ElementString.parse("(01)09520001000011")


def test_the_longest_value_and_the_most_elements_are_still_taken() -> None:
    ElementString.parse(f"(10){'A' * VALUE_CHARACTERS_MAX}")
    many = tuple((str(ai), "000100") for ai in range(3100, 3100 + ELEMENTS_MAX))
    assert len(ElementString(many).elements) == ELEMENTS_MAX
    with pytest.raises(Malformed):
        ElementString((*many, ("10", "A")))


_VALUE = st.text(st.sampled_from(sorted(AI_CHARACTERS - {"("})), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(["10", "21", "22", "235", "240", "30", "7003", "92"]), _VALUE))
def test_elements_go_to_the_scanner_s_spelling_and_back(values: dict[str, str]) -> None:
    string = ElementString((("01", "09520001000010"), *values.items()))
    sent = "]d2" + "".join(f"{ai}{value}{SEPARATOR}" for ai, value in string.elements)
    assert ElementString.parse(sent) == string
    assert ElementString.parse(str(string)) == string


@given(st.text(max_size=80))
def test_a_strange_text_is_refused_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(Refusal):
        assert str(ElementString.parse(text)).startswith("(")


@pytest.mark.vectors
def test_the_lengths_are_those_of_the_published_dictionary() -> None:
    dictionary = vectors("gs1/syntax-dictionary/gs1-syntax-dictionary.txt").read_text("utf-8")
    rows = re.findall(r"(?m)^(\d{2,4})(?:-(\d{2,4}))?[ \t]+([^NXYZ\s]*)[ \t]+([NXYZ].*)$", dictionary)
    assert len(rows) > 200
    for first, last, flags, values in rows:
        for ai in range(int(first), int(last or first) + 1):
            text = str(ai).zfill(len(first))
            assert AI_DIGITS[text[:2]] == len(text)
            length = re.match(r"N(\d+)", values)
            fixed = int(length[1]) if "*" in flags and length else None
            assert FIXED_DIGITS.get(text[:2]) == fixed, text
