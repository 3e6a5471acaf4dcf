"""Who acts for whom in the demo: a login for each kind of user, to be chosen at the top of the page. All invented.

A visitor comes in as one of them without a passkey, because the ledger is one whose parties are invented; what each may do and see is
decided as for anybody else. One of them also has a card and a PIN, for trying how a small trader comes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.demo.parties import DEMO, OFFICER_EXPIRED, OFFICER_OBSERVER, OFFICER_VALID, party_id, ten_bytes
from ledger.accounts.callers import Scope
from ledger.accounts.invented import enter, hand_card
from ledger.accounts.persons import Person, PersonId

if TYPE_CHECKING:
    from ledger.accounts.callers import ActingRole
    from ledger.accounts.cards import Card
    from ledger.service import Ledger


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person of the story: for which party, as what, and under which certificate."""

    key: str
    party: str
    acting: ActingRole
    name: str
    certificate: str | None = None

    @property
    def id(self) -> PersonId:
        """The person's id, the same in every demo."""
        return PersonId.new(ten_bytes(f"person {self.key}"))

    def as_person(self) -> Person:
        """As the accounts keep somebody."""
        return Person(
            id=self.id,
            party=party_id(self.party),
            acting=self.acting,
            name=self.name + DEMO,
            certificate=self.certificate,
        )


#: Whose card is printed when the demo is served.
STALL_KEEPER: Final = Somebody("stall", "F6", "stall", "摊主顾师傅")
PEOPLE: Final = (
    Somebody("accountant", "F1", "clerk", "合作社会计周姐"),
    STALL_KEEPER,
    Somebody("market", "F5", "market_operator", "市场管理员沈经理"),
    Somebody("pharmacist", "D3", "owner", "药师陆老师"),
    Somebody("shopkeeper", "P3", "owner", "店主钱老板"),
    Somebody("officer", "G1", "inspector", "执法员李", OFFICER_VALID),
    Somebody("officer_expired", "G1", "inspector", "执法员王（证已过期）", OFFICER_EXPIRED),
    Somebody("observer", "G5", "supervisor", "省级观察员何", OFFICER_OBSERVER),
)
#: The observer's province.
_PROVINCE: Final = Scope(regions=("32",))


def let_in(ledger: Ledger) -> None:
    """Enter everybody, and bound the observer to the province."""
    ledger.accounts.officials.bound(OFFICER_OBSERVER, _PROVINCE)
    enter(ledger.accounts, [one.as_person() for one in PEOPLE])


def stall_card(ledger: Ledger) -> Card:
    """A new card and PIN for the stall keeper; the one before it opens nothing any more."""
    return hand_card(ledger.accounts, STALL_KEEPER.id)
