from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge
from ledger.identifiers import DigitalLink
from ledger.identifiers.digital_link import AI_CHARACTERS
from scanner.element_string import GS1_SYMBOLOGIES, SEPARATOR, ElementString

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
    assert ElementString.parse("]C100095200010000000010").link is None


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
        "(91)" + "~",
        "]Q1TESTING",
        "]E09520123456788",
        "https://id.gs1.org/01/09520001000010",
    ],
)
def test_what_is_no_element_string_is_refused(text: str) -> None:
    with pytest.raises((Malformed, TooLarge)) as refused:
        ElementString.parse(text)
    assert refused.value.field.startswith("element_string")


def test_a_gtin_with_a_wrong_check_digit_is_refused_as_such() -> None:
    with pytest.raises(CheckDigitWrong):
        ElementString.parse("(01)09520001000011")


def test_what_one_code_of_a_pallet_leaves_to_the_next_is_not_missed() -> None:
    assert str(ElementString.parse("]C10209520001000010375")) == "(02)09520001000010(37)5"
    assert str(ElementString.parse("(10)SG-1")) == "(10)SG-1"
    with pytest.raises(Malformed):
        ElementString.parse("(01)09520001000010(37)5")


_VALUE = st.text(st.sampled_from(sorted(AI_CHARACTERS)), min_size=1, max_size=20)


@given(st.dictionaries(st.sampled_from(["10", "21", "22", "240", "92"]), _VALUE))
def test_elements_go_to_the_scanner_s_spelling_and_back(values: dict[str, str]) -> None:
    string = ElementString((("01", "09520001000010"), *values.items()))
    sent = "]d2" + "".join(f"{ai}{value}{SEPARATOR}" for ai, value in string.elements)
    assert ElementString.parse(sent) == string
    assert ElementString.parse(str(string)) == string


@given(st.text(max_size=80))
def test_a_strange_text_is_refused_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(Refusal):
        assert str(ElementString.parse(text)).startswith("(")
