"""A ledger with one party that people act for, and a phone in its owner's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.accounts.callers import Caller
from ledger.accounts.passkeys import Site
from tests.support.authenticator import ORIGIN, Authenticator
from tests.support.server import Clock, enrol_party, make_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.accounts.accounts import Accounts
    from ledger.accounts.sessions import SignedIn
    from ledger.identifiers import PartyId
    from ledger.service import Ledger

SITE = Site.at(ORIGIN)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with make_ledger(tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def accounts(ledger: Ledger) -> Accounts:
    return ledger.accounts


@pytest.fixture
def farm(ledger: Ledger) -> PartyId:
    return enrol_party(ledger, "南通示例蔬菜专业合作社（演示）").party


@pytest.fixture
def registrar(ledger: Ledger) -> Caller:
    return Caller(
        party=ledger.registrar, role="registrar", label="test", acting="registrar", method="api_key"
    )


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


@pytest.fixture
def owner(accounts: Accounts, registrar: Caller, farm: PartyId, phone: Authenticator) -> SignedIn:
    """The party's first owner, who took up the registrar's invite with a passkey."""
    invite = accounts.invite(registrar, farm, "owner", "王示例")
    answer = phone.create(accounts.accept_options(SITE, invite.token))
    return accounts.accept_invite(invite.token, site=SITE, answer=answer).signed_in
