"""Each linter lets the right value pass and names the wrong one."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import CheckDigitWrong, Malformed, Refusal, TooLarge
from ledger.identifiers.gs1.syntax import CSET_32, CSET_82, LINTERS, check_pair, check_value
from ledger.identifiers.gs1.table import AIS
from ledger.identifiers.gtin import check_digit

RIGHT = [
    ("00", "006141411234567890"),
    ("01", "09520123456788"),
    ("11", "000229"),
    ("11", "991231"),
    ("17", "270200"),
    ("253", "1231231231232"),
    ("253", "1231231231232TEST5678901234567"),
    ("423", "528"),
    ("423", "528156840276578"),
    ("3910", "1561"),
    ("3910", "924999999999999999"),
    ("426", "156"),
    ("7030", "999ABC"),
    ("4300", "A%20B%2f"),
    ("4307", "CN"),
    ("4309", "18000000003600000000"),
    ("4309", "00000000000000000000"),
    ("4321", "0"),
    ("4321", "1"),
    ("4324", "2612312359"),
    ("4324", "2612002359"),
    ("4326", "260228"),
    ("4330", "000300"),
    ("4330", "000300-"),
    ("7007", "211225211226"),
    ("7011", "2602282359"),
    ("7040", "1ABC"),
    ("7040", "1AB-"),
    ("7041", "X11"),
    ("7041", "9"),
    ("7241", "01"),
    ("7241", "80"),
    ("7250", "20000229"),
    ("7250", "00000229"),
    ("7252", "9"),
    ("7258", "2/3"),
    ("8001", "00010000100190"),
    ("8003", "00012345600012"),
    ("8003", "00012345600012X"),
    ("8004", "9520614141234567"),
    ("8006", "095201234567880102"),
    ("8006", "095201234567889999"),
    ("8007", "GB98MIDL07009312345678"),
    ("8008", "26022823"),
    ("8008", "2602282359"),
    ("8008", "260228235959"),
    ("8010", "9520#/-A"),
    ("8011", "1"),
    ("8013", "1987654Ad4X4bL5ttr2310c2K"),
    ("8014", "5207A22ZE"),
    ("8030", "A-_=b"[:3]),
    ("8030", "12="),
    ("8110", "012345612345611110123"),
    ("8112", "001234561234560123456"),
    ("99", "A" * 90),
]

WRONG = [
    ("00", "006141411234567891", "a last digit 0"),
    ("01", "0952012345678", "14 digits"),
    ("01", "095201234567881", "14 digits"),
    ("01", "0952012345678X", "not 'X'"),
    ("01", "０９５２０１２３４５６７８８", "not '０'"),
    ("10", "", "not nothing"),
    ("10", "A" * 21, "1–20 characters"),
    ("10", "A~", "not '~'"),
    ("11", "211301", "YYMMDD"),
    ("11", "210001", "YYMMDD"),
    ("11", "210229", "YYMMDD"),
    ("11", "210431", "YYMMDD"),
    ("253", "1231231231231", "a last digit 2"),
    ("253", "1231231231232TEST56789012345678", "13–30 characters"),
    ("423", "5285", "3–15 digits"),
    ("423", "528999", "a country"),
    ("3910", "0001", "a currency"),
    ("3910", "156", "4–18 digits"),
    ("426", "987", "a country"),
    ("7030", "998ABC", "or 999"),
    ("4300", "A%2", "two hex digits"),
    ("4300", "A%zz", "two hex digits"),
    ("4307", "XX", "two letters"),
    ("4307", "cn", "two letters"),
    ("4309", "18000000010000000000", "a latitude"),
    ("4309", "00000000003600000001", "a longitude"),
    ("4321", "2", "0 or 1"),
    ("4324", "2612312400", "an hour"),
    ("4324", "2612312360", "a minute"),
    ("4326", "260200", "YYMMDD"),
    ("4330", "000300X", "a hyphen"),
    ("7007", "2112252112", "6–12 digits"),
    ("7040", "1AB*", "importer index"),
    ("7041", "0", "a package type"),
    ("7241", "11", "a media type"),
    ("7250", "19000229", "YYMMDD"),
    ("7252", "3", "ISO 5218"),
    ("7258", "2/1", "1/2"),
    ("7258", "0/3", "1/2"),
    ("7258", "1/0", "1/2"),
    ("7258", "1-3", "1/2"),
    ("8001", "00000000100190", "other than zero"),
    ("8001", "00010000100191"[:12] + "20", "winding"),
    ("8003", "10012345600012", "zero"),
    ("8004", "952", "at least 4 digits"),
    ("8004", "A9520614", "at least 4 digits"),
    ("8006", "095201234567880001", "from 1 up"),
    ("8006", "095201234567880201", "from 1 up"),
    ("8006", "095201234567880100", "from 1 up"),
    ("8007", "GB99MIDL07009312345678", "check digits"),
    ("8007", "XX98MIDL07009312345678", "ISO 3166"),
    ("8007", "GB98MIDL0", "11 to 34"),
    ("8007", "GB98MIDL_7009312345678", "capital letters"),
    ("8008", "2602282359597", "8–12 digits"),
    ("8008", "260228235960", "a second"),
    ("8010", "9520_", "not '_'"),
    ("8010", "9520a", "not 'a'"),
    ("8011", "01", "zeros in front"),
    ("8011", "0", "zeros in front"),
    ("8013", "1987654Ad4X4bL5ttr2310cXK", "2K"),
    ("8013", "2", "two check characters"),
    ("8013", "22", "company prefix"),
    ("8030", "123=", "padding"),
    ("8030", "1=3", "base64url"),
    ("8030", "A+B", "not '+'"),
    ("99", "A" * 91, "1–90 characters"),
]


@pytest.mark.parametrize(("ai", "value"), RIGHT)
def test_a_right_value_passes(ai: str, value: str) -> None:
    check_value(AIS[ai], value)


@pytest.mark.parametrize(("ai", "value", "says"), WRONG)
def test_a_wrong_value_is_named_with_its_ai(ai: str, value: str, says: str) -> None:
    with pytest.raises(Refusal) as caught:
        check_value(AIS[ai], value)
    assert caught.value.field == ai
    assert says in caught.value.expected.en
    assert caught.value.expected.zh


def test_every_linter_that_the_table_names_is_here_and_was_tried_from_both_sides() -> None:
    named = {ai: {linter for part in one.parts for linter in part.linters} for ai, one in AIS.items()}
    assert set().union(*named.values()) == set(LINTERS)
    tried_right = set().union(*(named[ai] for ai, _ in RIGHT))
    tried_wrong = set().union(*(named[ai] for ai, *_ in WRONG))
    assert set(LINTERS) - tried_right == set()
    # Coupons have tests of their own; a MUDI of digits only is below.
    assert set(LINTERS) - tried_wrong == {"couponcode", "couponposoffer", "hasnondigit"}


def test_a_mudi_holds_more_than_digits() -> None:
    digits = next(
        f"5207{number}" + check_pair(f"5207{number}")
        for number in range(1_000_000)
        if check_pair(f"5207{number}").isdigit()
    )
    with pytest.raises(Malformed, match="no digit"):
        check_value(AIS["8014"], digits)


def test_too_long_and_a_wrong_check_digit_have_their_own_names() -> None:
    with pytest.raises(TooLarge):
        check_value(AIS["21"], "7" * 21)
    with pytest.raises(CheckDigitWrong):
        check_value(AIS["01"], "09520123456789")
    with pytest.raises(CheckDigitWrong):
        check_value(AIS["8013"], "1987654Ad4X4bL5ttr2310c2L")


def test_a_value_may_be_asked_for_its_shape_alone() -> None:
    check_value(AIS["01"], "09520123456789", linters=False)
    with pytest.raises(Malformed):
        check_value(AIS["01"], "0952012345678X", linters=False)


@given(st.text(st.sampled_from("0123456789"), min_size=17, max_size=17), st.sampled_from("0123456789"))
def test_of_ten_last_digits_one_is_right(body: str, last: str) -> None:
    right = check_digit(body) == last
    try:
        check_value(AIS["8018"], body + last)
    except CheckDigitWrong:
        assert not right
    else:
        assert right


@given(
    st.from_regex("[0-9]{5}", fullmatch=True),
    st.text(st.sampled_from(CSET_82), max_size=18),
    st.integers(0, 22),
    st.sampled_from(CSET_82),
)
def test_one_wrong_character_of_a_model_number_is_found(
    first: str, rest: str, place: int, other: str
) -> None:
    model = first + rest
    check_value(AIS["8013"], model + check_pair(model))
    place = place % len(model)
    changed = model[:place] + other + model[place + 1 :]
    if changed != model:
        with pytest.raises(Refusal):
            check_value(AIS["8013"], changed + check_pair(model))


def test_the_alphabets_are_as_long_as_their_names_say() -> None:
    assert len(set(CSET_82)) == 82
    assert len(set(CSET_32)) == 32


@given(st.sampled_from(sorted(AIS)), st.text(max_size=100))
def test_a_strange_value_is_refused_and_nothing_worse(ai: str, value: str) -> None:
    with contextlib.suppress(Refusal):
        check_value(AIS[ai], value)
        assert value.isascii()
