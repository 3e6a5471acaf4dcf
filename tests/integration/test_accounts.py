"""Accounts on both databases: the same doors open, once, however many come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from ledger.accounts.callers import Caller
from ledger.accounts.cards import TRIES_MAX, CardLocked
from ledger.accounts.office import OnceOver, SignInFailed
from ledger.accounts.passkeys import PasskeySuspended, Site
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.stores import KINDS, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from tests.support.stores import Kind

SITE = Site.at(ORIGIN)
AT_ONCE = 8


@pytest.fixture(params=KINDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    kind: Kind = request.param
    with fresh_store(kind, tmp_path).create() as ledger:
        yield ledger


@pytest.fixture
def farm(ledger: Ledger) -> PartyId:
    return trader(ledger)


@pytest.fixture
def registrar(ledger: Ledger) -> Caller:
    return Caller(
        party=ledger.registrar, role="registrar", label="test", acting="registrar", method="api_key"
    )


def test_every_door_opens_and_closes(ledger: Ledger, farm: PartyId, registrar: Caller) -> None:
    accounts, phone = ledger.accounts, Authenticator()
    token = accounts.invite(registrar, farm, "owner", "王示例").token
    answer = phone.create(accounts.accept_options(SITE, token))
    owner = accounts.accept_invite(token, site=SITE, answer=answer).signed_in.caller
    assert accounts.sign_in_by_passkey(SITE, phone.get(accounts.sign_in_options(SITE))).caller == owner
    (code, *_) = accounts.new_recovery_codes(owner)
    assert accounts.sign_in_by_recovery(code).caller.person == owner.person
    card = accounts.issue_card(owner, farm, "周示例", contact="13800000000")
    assert accounts.sign_in_by_card(card.number, card.pin).caller.acting == "stall"
    by_link = accounts.sign_in_by_link(accounts.ask_link("13800000000").token)
    assert accounts.caller_by_session(by_link.token) == by_link.caller
    accounts.remove_person(owner, card.person)
    assert accounts.caller_by_session(by_link.token) is None
    copy = Authenticator(key=phone.key, user=phone.user)
    with pytest.raises(PasskeySuspended):
        accounts.sign_in_by_passkey(SITE, copy.get(accounts.sign_in_options(SITE)))
    assert {one.kind for one in accounts.events(farm)} >= {"accepted", "removed", "passkey_cloned"}
    # Accounts are no part of the truth: an audit is as content as before.
    audited(ledger)


def test_one_of_many_takes_up_an_invite(ledger: Ledger, farm: PartyId, registrar: Caller) -> None:
    accounts = ledger.accounts
    token = accounts.invite(registrar, farm, "owner", "王示例").token

    def take(_: int) -> bool:
        try:
            accounts.accept_invite(token, site=SITE)
        except OnceOver:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert sum(pool.map(take, range(AT_ONCE))) == 1
    assert len(accounts.persons(farm)) == 1


def test_a_locked_card_is_locked_for_all(ledger: Ledger, farm: PartyId, registrar: Caller) -> None:
    accounts = ledger.accounts
    card = accounts.issue_card(registrar, farm, "周示例")
    wrong = [f"{number:06}" for number in range(1, AT_ONCE + 2) if f"{number:06}" != card.pin][:AT_ONCE]

    def attempt(pin: str) -> str:
        try:
            accounts.sign_in_by_card(card.number, pin)
        except CardLocked:
            return "locked"
        except SignInFailed:
            return "checked"
        return "in"

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(attempt, wrong))
    assert sorted(said) == ["checked"] * TRIES_MAX + ["locked"] * (AT_ONCE - TRIES_MAX)
    assert attempt(card.pin) == "locked"
