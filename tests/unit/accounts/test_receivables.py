"""What is owed: payments cover the oldest slip first, and no fen is lost or made on the way."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts.receivables import Account, KeptSlip, Payment, total_due
from ledger.identifiers import LegalDate, PartyId, StatementId

BUYER = PartyId.new(b"the-buyer!")
DAY = LegalDate.parse("2026-11-14")


def slip(seq: int, cents: int, *, terms: str = "credit", superseded: bool = False) -> KeptSlip:
    assert terms in {"credit", "paid"}
    return KeptSlip(seq, BUYER, seq, cents, "paid" if terms == "paid" else "credit", superseded=superseded)


def payment(number: int, cents: int, *, withdrawn: bool = False) -> Payment:
    name = StatementId.new(number, number.to_bytes(10, "big"))
    return Payment(name, BUYER, cents, DAY, "cash", withdrawn_ms=1 if withdrawn else None)


def account(slips: list[KeptSlip], payments: list[Payment]) -> Account:
    return Account(BUYER, tuple(slips), tuple(payments))


def test_a_part_payment_leaves_the_rest_of_the_oldest_slip_open() -> None:
    found = account([slip(2, 100), slip(1, 50)], [payment(1, 49)])
    assert [(one.slip.seq, one.left_cents) for one in found.open_slips] == [(1, 1), (2, 100)]
    assert found.since_ms == 1


def test_the_last_fen_closes_a_slip() -> None:
    found = account([slip(1, 50), slip(2, 100)], [payment(1, 50)])
    assert [(one.slip.seq, one.left_cents) for one in found.open_slips] == [(2, 100)]
    assert account([slip(1, 50)], [payment(1, 50)]).since_ms is None


def test_slips_paid_at_once_put_right_or_taken_back_are_not_owed() -> None:
    found = account([slip(1, 50, terms="paid"), slip(2, 60, superseded=True), slip(3, 70)], [])
    assert found.due_cents == 70


def test_a_payment_taken_back_covers_nothing() -> None:
    assert account([slip(1, 50)], [payment(1, 50, withdrawn=True)]).due_cents == 50


def test_money_paid_ahead_by_one_buyer_is_not_anothers() -> None:
    ahead, behind = account([], [payment(1, 30)]), account([slip(1, 50)], [])
    assert ahead.due_cents == -30
    assert total_due([ahead, behind]) == 50


slips_made = st.lists(st.builds(slip, st.integers(1, 50), st.integers(0, 10_000), superseded=st.booleans()))
payments_made = st.lists(
    st.builds(payment, st.integers(1, 50), st.integers(1, 10_000), withdrawn=st.booleans())
)


@given(slips_made, payments_made)
def test_what_is_open_is_what_is_due(slips: list[KeptSlip], payments: list[Payment]) -> None:
    found = account(slips, payments)
    assert sum(one.left_cents for one in found.open_slips) == max(found.due_cents, 0)
    assert all(0 < one.left_cents <= one.slip.owed_cents for one in found.open_slips)
    # Only the oldest of the open ones may be covered in part.
    assert all(one.left_cents == one.slip.owed_cents for one in found.open_slips[1:])


@given(slips_made, payments_made)
def test_the_order_in_which_things_were_entered_changes_nothing(
    slips: list[KeptSlip], payments: list[Payment]
) -> None:
    numbered = [replace(one, seq=number) for number, one in enumerate(slips)]
    there, back = account(numbered, payments), account(numbered[::-1], payments[::-1])
    assert there.open_slips == back.open_slips
    assert there.due_cents == back.due_cents
