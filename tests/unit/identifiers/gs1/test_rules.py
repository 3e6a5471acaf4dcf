"""Which AIs stand together: each rule from the side where it holds and from the side where it does not."""

from __future__ import annotations

import pytest

from ledger.errors import Malformed
from ledger.identifiers.gs1.rules import check_together

GTIN = ("01", "09520123456788")
SERIAL = ("21", "7")


@pytest.mark.parametrize(
    "elements",
    [
        (("10", "A"), GTIN),
        (("8020", "R"), ("415", "1231231231232")),
        (("250", "X"), GTIN, SERIAL),
        (GTIN, ("3103", "000100"), ("3922", "0299")),
        (GTIN, ("30", "5"), ("3922", "0299")),
        (("37", "1"), ("02", "09520123456788"), ("00", "006141411234567890")),
        (GTIN, SERIAL, ("8040", "123456789012345"), ("8041", "123456789012345")),
        (("400", "A"), ("99", "B"), ("400", "A")),
        (("8030", "SIG"), GTIN, SERIAL),
        (("8030", "SIG"), ("253", "1231231231232X")),
        (("253", "1231231231232"),),
    ],
)
def test_what_may_stand_together_passes(elements: tuple[tuple[str, str], ...]) -> None:
    check_together(elements)


@pytest.mark.parametrize(
    ("elements", "field", "says"),
    [
        ((("10", "A"),), "10", "(10) together with (01) or (02)"),
        ((("250", "X"), GTIN), "250", "(01)(21) or (03)(21)"),
        ((GTIN, ("3922", "0299")), "3922", "(01)(30)"),
        ((GTIN, SERIAL, ("8041", "123456789012345")), "8041", "(01)(21)(8040)"),
        ((GTIN, ("02", "09520123456788"), ("37", "1")), "01", "(01) without (37)"),
        ((GTIN, ("3103", "000100"), ("3102", "000100")), "3102", "(3102) without (3103)"),
        ((GTIN, SERIAL, ("235", "T")), "21", "(21) without (235)"),
        ((("400", "A"), ("400", "B")), "400", "one value"),
        ((("8030", "SIG"), GTIN), "8030", "(01)(21)"),
        ((("8030", "SIG"), ("255", "1231231231232")), "255", "its serial part"),
    ],
)
def test_what_may_not_stand_together_is_named(
    elements: tuple[tuple[str, str], ...], field: str, says: str
) -> None:
    with pytest.raises(Malformed) as caught:
        check_together(elements)
    assert caught.value.field == field
    assert says in caught.value.expected.en


def test_one_code_among_several_may_leave_the_rest_to_the_others() -> None:
    check_together((("10", "A"),), whole=False)
    with pytest.raises(Malformed):
        check_together((GTIN, ("37", "1")), whole=False)
