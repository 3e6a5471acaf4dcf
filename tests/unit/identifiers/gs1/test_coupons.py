"""North American coupons: every field says how long the next is, and the tests leave out or break each one."""

from __future__ import annotations

import pytest

from ledger.errors import Malformed
from ledger.identifiers.gs1.coupons import coupon, positive_offer

BASE = "012345612345611110123"


@pytest.mark.parametrize(
    "more",
    [
        "",
        "1311" + "0123" + "0123456",
        "1311" + "9123" + "9",
        "2110123" + "9",
        "2512345" + "4123" + "6123456789012",
        "3260228",
        "3260228" + "4260228",
        "4260228",
        "50123456",
        "59" + "1" * 15,
        "61" + "1234567",
        "67" + "1234567890123",
        "96201",
        "1011" + "0123" + "9" + "2110123" + "9" + "3260228" + "4260101" + "50123456" + "611234567" + "90091",
    ],
)
def test_a_coupon_may_have_its_optional_fields_in_their_order(more: str) -> None:
    coupon(BASE + more)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "company prefix"),
        ("7" + "1" * 20, "company prefix"),
        ("01234", "company prefix"),
        ("0123456", "offer code"),
        ("0123456123456", "save value"),
        ("01234561234560", "save value"),
        ("01234561234566", "save value"),
        ("01234561234561", "save value"),
        ("012345612345611", "purchase requirement"),
        ("0123456123456110", "purchase requirement"),
        ("01234561234561111", "requirement code"),
        ("012345612345611115", "requirement code"),
        ("01234561234561111012", "family code"),
        ("01234561234561111012X", "digits only"),
        (BASE + "1", "additional purchase rules"),
        (BASE + "14", "additional purchase rules"),
        (BASE + "106", "purchase requirement"),
        (BASE + "1011" + "0123" + "7", "company prefix"),
        (BASE + "1011" + "0123" + "012345", "company prefix"),
        (BASE + "20", "purchase requirement"),
        (BASE + "326022", "expiration date"),
        (BASE + "3261301", "YYMMDD"),
        (BASE + "3260200", "YYMMDD"),
        (BASE + "426022", "start date"),
        (BASE + "4260230", "YYMMDD"),
        (BASE + "3260228" + "4260301", "not before the start"),
        (BASE + "5", "serial number"),
        (BASE + "5012345", "serial number"),
        (BASE + "60", "retailer"),
        (BASE + "68", "retailer"),
        (BASE + "61123456", "retailer"),
        (BASE + "93", "save value code"),
        (BASE + "903", "applies to"),
        (BASE + "900", "store coupon"),
        (BASE + "9000", "multiplying"),
        (BASE + "90002", "multiplying"),
        (BASE + "900000", "nothing after"),
        (BASE + "7", "nothing after"),
        (BASE + "4260228" + "3260228", "nothing after"),
    ],
)
def test_each_fault_of_a_coupon_is_named(value: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        coupon(value)
    assert says in caught.value.expected.en


@pytest.mark.parametrize("value", ["001234561234560123456", "161" + "2" * 11 + "123456" + "9" + "1" * 15])
def test_a_positive_offer_says_who_pays_and_which_offer(value: str) -> None:
    positive_offer(value)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "format code"),
        ("2", "format code"),
        ("0", "funder"),
        ("07", "funder"),
        ("0012345", "funder"),
        ("0012345612345", "offer code"),
        ("00123456123456", "serial number"),
        ("00123456123456012345", "serial number"),
        ("0012345612345601234567", "nothing after"),
    ],
)
def test_each_fault_of_a_positive_offer_is_named(value: str, says: str) -> None:
    with pytest.raises(Malformed) as caught:
        positive_offer(value)
    assert says in caught.value.expected.en
