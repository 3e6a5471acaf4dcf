"""Element strings in each of their spellings."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge
from ledger.identifiers.gs1 import GS1Elements, GS1Link
from ledger.identifiers.gs1.element_strings import (
    GS1_SYMBOLOGIES,
    PLAIN_SYMBOLOGIES,
    RETAIL_SYMBOLOGIES,
    STRING_CHARACTERS_MAX,
)
from ledger.identifiers.gs1.syntax import CSET_82

GTIN = "09520123456788"
WHOLE = GS1Elements((("01", GTIN), ("17", "270211"), ("10", "SG-1"), ("21", "7")))


@pytest.mark.parametrize(
    "text",
    [
        f"(01){GTIN}(17)270211(10)SG-1(21)7",
        f"^01{GTIN}1727021110SG-1^217",
        f"^01{GTIN}^17270211^10SG-1^217^",
        f"\x1d01{GTIN}1727021110SG-1\x1d217",
        f"01{GTIN}1727021110SG-1\x1d217",
        *(f"{symbology}01{GTIN}1727021110SG-1\x1d217" for symbology in GS1_SYMBOLOGIES),
    ],
)
def test_every_spelling_gives_the_same_elements(text: str) -> None:
    assert GS1Elements.parse(text) == WHOLE


def test_a_string_is_written_for_the_eye_for_symbols_and_as_a_scanner_sends_it() -> None:
    assert str(WHOLE) == WHOLE.bracketed == f"(01){GTIN}(17)270211(10)SG-1(21)7"
    assert WHOLE.data_string == f"^01{GTIN}1727021110SG-1^217"
    assert WHOLE.scan_data == f"]d201{GTIN}1727021110SG-1\x1d217"
    assert WHOLE.hri[2] == "(10) SG-1"
    assert (WHOLE["17"], WHOLE["99"]) == ("270211", None)


def test_a_bracket_inside_a_value_has_a_backslash() -> None:
    string = GS1Elements.parse(f"(01){GTIN}(10)A\\(1)")
    assert string["10"] == "A(1)"
    assert string.bracketed == f"(01){GTIN}(10)A\\(1)"
    with pytest.raises(Malformed):
        GS1Elements.parse(f"(01){GTIN}(10)A(1)")


def test_a_composite_code_keeps_its_two_parts_apart() -> None:
    string = GS1Elements.parse(f"(01){GTIN}(10)A|(99)B")
    assert string.data_string == f"^01{GTIN}10A|^99B"
    assert string.bracketed == f"(01){GTIN}(10)A|(99)B"
    # Sent as one message, a scanner's text no longer says where the second part began.
    assert string.scan_data == f"]e001{GTIN}10A\x1d99B"
    assert GS1Elements.parse(string.scan_data).elements == string.elements


@pytest.mark.parametrize(
    "text", [f"(01){GTIN}|", f"^01{GTIN}|", f"^01{GTIN}|99B", f"|^01{GTIN}", f"(01){GTIN}|99B"]
)
def test_half_a_composite_code_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        GS1Elements.parse(text)


@pytest.mark.parametrize("symbology", PLAIN_SYMBOLOGIES)
def test_plain_text_has_no_elements_and_a_link_in_it_has(symbology: str) -> None:
    plain = GS1Elements.parse(f"{symbology}TESTING")
    assert (plain.elements, plain.plain, plain.link, plain.gtin) == ((), "TESTING", None, None)
    assert (str(plain), plain.data_string, plain.scan_data) == ("TESTING", "TESTING", f"{symbology}TESTING")
    text = f"https://a/01/{GTIN}/10/A"
    link = GS1Elements.parse(symbology + text)
    assert link.bracketed == f"(01){GTIN}(10)A"
    assert (link.data_string, link.scan_data) == (text, symbology + text)
    assert GS1Elements.parse(text).elements == link.elements


def test_a_caret_in_plain_text_is_no_fnc1() -> None:
    assert GS1Elements.parse("]Q1^A").data_string == "\\^A"
    assert GS1Elements.parse("]Q1\\^A").data_string == "\\\\^A"


def test_a_retail_bar_code_is_plain_and_names_a_product() -> None:
    for text in ("]E09520123456788", "]E402345673"):
        string = GS1Elements.parse(text)
        assert (string.elements, string.plain) == ((), text[3:])
        assert str(string.gtin) == text[3:].zfill(14)
        assert string.scan_data == text
    composite = GS1Elements.parse("]E09520123456788|]e099B")
    assert (composite.bracketed, composite.data_string) == ("(99)B", "9520123456788|^99B")
    assert composite.scan_data == "]E09520123456788|]e099B"
    assert sorted(RETAIL_SYMBOLOGIES.values()) == [8, 13]


def test_a_retail_bar_code_with_a_wrong_check_digit_is_refused_as_such() -> None:
    for text in ("]E09520123456789", "]E402345674"):
        with pytest.raises(CheckDigitWrong):
            GS1Elements.parse(text)


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("", "element_string", "brackets"),
        ("hello", "element_string", "brackets"),
        ("]", "element_string", "a symbology"),
        ("]X0ABC", "element_string", "a symbology"),
        ("]d2", "element_string", "not nothing"),
        ("^", "element_string", "not nothing"),
        ("]E0952012345678", "element_string", "13 digits"),
        ("]E095201234567880", "element_string", "13 digits"),
        ("]E0952012345678X", "element_string", "13 digits"),
        ("()5", "element_string", "application identifier"),
        ("(1)5", "element_string", "application identifier"),
        ("(89)5", "element_string", "application identifier"),
        ("(10", "element_string", "(AI)value"),
        ("(10)", "element_string", "(AI)value"),
        (f"(01){GTIN}(10)", "element_string", "(AI)value"),
        (f"(01){GTIN}x(10)A", "element_string.01", "14 digits"),
        ("^89ABC", "element_string", "begins with a GS1"),
        ("^8299ABC", "element_string", "begins with a GS1"),
        ("^01123", "element_string.01", "14 digits"),
        (f"^01{GTIN}4221560^99X", "element_string.422", "3 digits"),
        (f"^01{GTIN}10A^^21B", "element_string", "begins with a GS1"),
        ("(10)A", "element_string.10", "together with"),
        ("(01)09520123456789", "element_string.01", "a last digit 8"),
        (f"]d201{GTIN}10A^21B", "element_string.10", "not '^'"),
    ],
)
def test_each_fault_is_named(text: str, field: str, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        GS1Elements.parse(text)
    assert caught.value.field == field
    assert says in caught.value.expected.en


def test_the_longest_text_and_the_most_elements_have_a_limit() -> None:
    with pytest.raises(TooLarge):
        GS1Elements.parse("(99)" + "A" * STRING_CHARACTERS_MAX)
    assert len(GS1Elements.parse("(99)A" * 64).elements) == 64
    with pytest.raises(TooLarge):
        GS1Elements.parse("(99)A" * 65)
    with pytest.raises(Malformed):
        GS1Elements(())


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (f"(21)7(01){GTIN}(99)X(10)A", f"/01/{GTIN}/10/A/21/7?99=X"),
        (f"(99)X(8004)9520614141234567(01){GTIN}", f"/8004/9520614141234567?01={GTIN}&99=X"),
        (f"(01){GTIN}(01){GTIN}(10)A", f"/01/{GTIN}/10/A"),
        (f"(01){GTIN}(235)T", f"/01/{GTIN}/235/T"),
        (f"(01){GTIN}(235)T(10)A", None),
        (f"(01){GTIN}(7021)A(7022)B", f"/01/{GTIN}?7021=A&7022=B"),
        (f"(01){GTIN}(21)7(8040)123456789012345", None),
        ("(99)X", None),
    ],
)
def test_a_string_says_the_same_as_one_link_or_none(text: str, link: str | None) -> None:
    made = GS1Elements.parse(text).link
    assert (made.canonical if made else None) == (link and f"https://id.gs1.org{link}")


def test_one_code_of_several_on_a_pallet_is_taken_when_it_is_said_to_be_one() -> None:
    assert GS1Elements.parse("(10)A", whole=False).bracketed == "(10)A"
    for text in ("^0209520123456788375", "]C10209520123456788375"):
        assert GS1Elements.parse(text, whole=False)["37"] == "5"
        with pytest.raises(Malformed):
            GS1Elements.parse(text)


_X = st.text(st.sampled_from(CSET_82), min_size=1, max_size=20)


@given(
    st.dictionaries(st.sampled_from(["10", "21", "240", "92", "7003", "3103", "17"]), _X),
    st.sampled_from(GS1_SYMBOLOGIES),
)
def test_elements_go_to_every_spelling_and_back(values: dict[str, str], symbology: str) -> None:
    fixed = {"7003": "2602282359", "3103": "000100", "17": "270200"}
    string = GS1Elements((("01", GTIN), *((ai, fixed.get(ai, value)) for ai, value in values.items())))
    assert GS1Elements.parse(string.bracketed) == string
    assert GS1Elements.parse(string.data_string) == string
    assert GS1Elements.parse(symbology + string.scan_data[3:]) == string
    link = string.link
    assert link is not None
    assert dict(link.elements) == dict(string.elements)
    assert GS1Elements.parse(str(link)).link == GS1Link.parse(str(link))


@given(st.text(max_size=80) | st.text(st.sampled_from("()^|]dQ0123456789AB\x1d\\"), max_size=40))
def test_a_strange_text_is_refused_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(Refusal):
        string = GS1Elements.parse(text)
        assert GS1Elements.parse(string.scan_data, whole=False).elements == string.elements
