"""Digital Links with any key: what is read, what is written, and what is refused with which words."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Malformed, Refusal, TooLarge
from ledger.identifiers.gs1 import GS1Link
from ledger.identifiers.gs1.links import ELEMENTS_MAX, LINK_CHARACTERS_MAX
from ledger.identifiers.gs1.syntax import CSET_82
from ledger.identifiers.gs1.table import AIS, SEQUENCES

ROOT = "https://id.gs1.org/01/09520123456788"


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        ("HTTP://a/00/006141411234567890", "https://id.gs1.org/00/006141411234567890"),
        (f"{ROOT}/22/V/10/A/21/7", f"{ROOT}/22/V/10/A/21/7"),
        (f"{ROOT}/235/T?10=A", f"{ROOT}/235/T?10=A"),
        ("https://a/414/9520123456788/254/x", "https://id.gs1.org/414/9520123456788/254/x"),
        ("https://a/414/9520123456788/7040/1ABC", "https://id.gs1.org/414/9520123456788/7040/1ABC"),
        ("https://a/415/1231231231232/8020/R", "https://id.gs1.org/415/1231231231232/8020/R"),
        (
            "https://a/8004/9520614141234567?01=9520123456788",
            "https://id.gs1.org/8004/9520614141234567?01=09520123456788",
        ),
        ("https://a/01/x/01/09520123456788", ROOT),
        (f"{ROOT}/10/%41%2f%25", f"{ROOT}/10/A%2F%25"),
        (f"{ROOT}/10/100%", f"{ROOT}/10/100%25"),
        (f"{ROOT}/10/A%4", f"{ROOT}/10/A%254"),
        (f"{ROOT}?", ROOT),
        (f"{ROOT}?&99=A&&", f"{ROOT}?99=A"),
        (f"{ROOT}?99=A;98=B", f"{ROOT}?99=A%3B98%3DB"),
        (f"{ROOT}?99=A%2BB&17=260228#x", f"{ROOT}?17=260228&99=A%2BB"),
    ],
)
def test_a_link_has_one_canonical_form(uri: str, canonical: str) -> None:
    link = GS1Link.parse(uri)
    assert link.canonical == str(link) == canonical
    assert GS1Link.parse(canonical) == GS1Link.parse(GS1Link.parse(canonical).canonical)


def test_the_parts_of_a_link_are_told_apart() -> None:
    link = GS1Link.parse("https://a.example/shop/01/09520123456788/10/A/21/7?utm=x&17=260228&lone&=y#part")
    assert link.primary_key == ("01", "09520123456788")
    assert link.qualifiers == (("10", "A"), ("21", "7"))
    assert link.attributes == (("17", "260228"),)
    assert link.others == ("utm=x", "lone", "=y")
    assert link.path == "/01/09520123456788/10/A/21/7"
    assert (link["21"], link["99"]) == ("7", None)
    assert link.at("https://suyuan.example/") == f"https://suyuan.example{link.path}?17=260228"


def test_what_belongs_to_others_makes_no_other_link() -> None:
    assert GS1Link.parse(f"{ROOT}?utm=x") == GS1Link.parse(ROOT)
    assert hash(GS1Link.parse(f"{ROOT}?utm=x")) == hash(GS1Link.parse(ROOT))
    assert GS1Link.parse(f"{ROOT}/10/A") > GS1Link.parse(ROOT)


@pytest.mark.parametrize(
    ("uri", "field", "says"),
    [
        ("", "link", "begins with http"),
        ("HtTp://a/01/09520123456788", "link", "all small or all capital"),
        ("https://01/09520123456788", "link", "GS1 key"),
        ("https://a?/01/09520123456788", "link", "host name"),
        ("https://a_b/01/09520123456788", "link", "host name"),
        ("https://[fe80::1%25lo]/01/09520123456788", "link", "host name"),
        ("https://me@a/01/09520123456788", "link", "user name"),
        (f"{ROOT}/", "link", "GS1 key"),
        (f"{ROOT}/10/", "link.10", "not nothing"),
        (f"{ROOT}/11/260228", "link", "qualifiers in their order"),
        (f"{ROOT}/10/A/22/V", "link", "qualifiers in their order"),
        (f"{ROOT}/235/T/10/A", "link", "qualifiers in their order"),
        ("https://a/00/006141411234567890/10/A", "link", "it has none"),
        ("https://a/8006/095201234567880102/22/V", "link.22", "together with (01)"),
        ("https://a/415/1231231231232", "link.415", "together with (8020)"),
        (f"{ROOT}?22=V", "link.22", "in the path"),
        (f"{ROOT}/235/T?21=7", "link.21", "no (21) in the query"),
        (f"{ROOT}?1=x", "link", "application identifier"),
        (f"{ROOT}?99=", "link.99", "not nothing"),
        (f"{ROOT}?99=A+B", "link.99", "not ' '"),
        (f"{ROOT}?99=%00", "link.99", "not '\\x00'"),
        (f"{ROOT}?01=9520123456788", "link.01", "not two"),
        ("https://a/8004/9520?01=9520123456789", "link.01", "a last digit 8"),
        (f"{ROOT}?3103=000100&3102=000100", "link.3102", "without (3103)"),
    ],
)
def test_each_fault_is_named(uri: str, field: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        GS1Link.parse(uri)
    assert caught.value.field == field
    assert says in caught.value.expected.en


def test_a_value_of_ninety_characters_fits_and_none_is_cut_to_fit() -> None:
    assert GS1Link.parse(f"{ROOT}?91={'A' * 90}")["91"] == "A" * 90
    with pytest.raises(TooLarge):
        GS1Link.parse(f"{ROOT}?91={'A' * 91}")


def test_the_longest_link_and_the_most_parameters_are_taken_and_one_more_is_not() -> None:
    longest = f"{ROOT}?x=" + "a" * (LINK_CHARACTERS_MAX - len(ROOT) - 3)
    assert GS1Link.parse(longest).elements == GS1Link.parse(ROOT).elements
    with pytest.raises(TooLarge):
        GS1Link.parse(longest + "a")
    many = "&".join("x" for _ in range(ELEMENTS_MAX - 1))
    assert len(GS1Link.parse(f"{ROOT}?{many}").others) == ELEMENTS_MAX - 1
    with pytest.raises(TooLarge):
        GS1Link.parse(f"{ROOT}?{many}&x")


def test_no_link_can_be_made_by_going_around_the_parser() -> None:
    for elements, length in [
        ((), 0),
        ((("10", "A"),), 1),
        ((("01", "09520123456789"),), 1),
        ((("01", "09520123456788"), ("21", "7"), ("10", "A")), 3),
        ((("01", "09520123456788"), ("10", "A")), 1),
        ((("xx", "1"),), 1),
    ]:
        with pytest.raises(Refusal):
            GS1Link(elements, length)


#: One right value for each AI that stands in a path.
_VALUES = {
    "00": "006141411234567890",
    "01": "09520123456788",
    "253": "1231231231232X",
    "255": "12312312312321",
    "401": "12345678",
    "402": "12345678901234560",
    "414": "9520123456788",
    "415": "1231231231232",
    "417": "9520123456788",
    "7040": "1ABC",
    "8003": "00012345600012X",
    "8004": "9520614141234567",
    "8006": "095201234567880102",
    "8010": "9520/#A",
    "8011": "12",
    "8013": "1987654Ad4X4bL5ttr2310c2K",
    "8017": "401234500000000074",
    "8018": "401234598765400000",
    "8019": "3",
    "8020": "R/1",
}
_X = st.text(st.sampled_from(CSET_82), min_size=1, max_size=20)


#: 22 asks for 01, which no ITIP may have beside it; a payment slip asks for its number.
_NEVER_WHOLE = {sequence for sequence in SEQUENCES if sequence[0] == "8006" and "22" in sequence} | {("415",)}


@given(st.sampled_from(sorted(SEQUENCES - _NEVER_WHOLE)), _X)
def test_every_path_that_the_table_allows_goes_to_text_and_back(
    sequence: tuple[str, ...], value: str
) -> None:
    elements = tuple((ai, _VALUES.get(ai, value)) for ai in sequence)
    link = GS1Link(elements, len(elements))
    assert GS1Link.parse(link.canonical) == link
    assert GS1Link.parse(link.at("http://a.example/x/")).canonical == link.canonical


@pytest.mark.parametrize("sequence", sorted(SEQUENCES), ids="".join)
def test_each_path_of_the_table_is_read_unless_its_ais_contradict_each_other(
    sequence: tuple[str, ...],
) -> None:
    uri = "https://a" + "".join(
        f"/{ai}/{_VALUES.get(ai, 'x').replace('/', '%2F').replace('#', '%23')}" for ai in sequence
    )
    with pytest.raises(Malformed) if sequence in _NEVER_WHOLE else contextlib.nullcontext():
        assert tuple(ai for ai, _ in GS1Link.parse(uri).elements) == sequence


@given(st.permutations(["22", "10", "21"]), st.integers(1, 3))
def test_qualifiers_in_any_other_order_are_refused(order: list[str], count: int) -> None:
    taken = order[:count]
    uri = ROOT + "".join(f"/{ai}/x" for ai in taken)
    if taken == sorted(taken, key=["22", "10", "21"].index):
        assert GS1Link.parse(uri).qualifiers == tuple((ai, "x") for ai in taken)
    else:
        with pytest.raises(Malformed):
            GS1Link.parse(uri)


@given(st.text(st.sampled_from("0123456789ABab%/?&=+.#-_:@"), max_size=60))
def test_a_strange_link_is_refused_or_has_a_canonical_form_that_stays(tail: str) -> None:
    with contextlib.suppress(Refusal):
        link = GS1Link.parse(f"https://a/01/09520123456788{tail}")
        assert GS1Link.parse(link.canonical).canonical == link.canonical
        assert all(ai in AIS for ai, _ in link.elements)
