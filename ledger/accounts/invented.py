"""People of a demo: entered without an invite, and let in without a passkey. Only where the log itself says that its clock is simulated.

What each may do and see is decided as for anybody else; only the door stands open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.accounts.office import SignInFailed
from ledger.accounts.persons import add_person, find_person
from ledger.errors import LedgerFault, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.accounts.accounts import Accounts
    from ledger.accounts.cards import Card
    from ledger.accounts.persons import Person, PersonId
    from ledger.accounts.sessions import SignedIn
    from ledger.register import Register


class NotInvented(LedgerFault):
    """A ledger that is real was asked to let somebody in who has proved nothing."""


def enter(accounts: Accounts, people: Iterable[Person]) -> None:
    """Keep these people."""
    _simulated(accounts)
    with accounts.office.writing() as connection:
        for person in people:
            add_person(accounts.office, connection, person)
            accounts.office.note(connection, "prepared", party=person.party, person=person.id)


def hand_card(accounts: Accounts, person: PersonId) -> Card:
    """A card and a PIN for one of them, who is a small trader."""
    _simulated(accounts)
    with accounts.office.writing() as connection:
        return accounts.cards.issue(connection, person)


def come_in(accounts: Accounts, person: PersonId) -> SignedIn:
    """A session for one of them; `SignInFailed` where nobody of that id was entered."""
    register = _simulated(accounts)
    with accounts.office.writing() as connection:
        found = find_person(accounts.office, connection, str(person))
        if found is None:
            expected = Words(zh="演示中的人员", en="somebody of the demo")
            raise SignInFailed(field="identity", came=person, expected=expected)
        return accounts.sessions.begin(connection, found, "demo", register)


def _simulated(accounts: Accounts) -> Register:
    with accounts.office.book() as book:
        register = book.register
    if register.clock != "simulated":
        message = "a session without proof was asked for on a ledger that is real"
        raise NotInvented(message)
    return register
