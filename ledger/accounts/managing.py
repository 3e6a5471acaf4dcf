"""Who may say who comes in: owners for their own party, the registrar for a party's first owner and for small traders' cards.

These are the conditions that hang on the people concerned; whether somebody may manage people at all is the permission table's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ledger.accounts.office import MINUTE_MS, Office, OnceOver
from ledger.accounts.persons import (
    ACTING_OF,
    HEADS,
    SMALL,
    Person,
    PersonId,
    add_person,
    change_person,
    find_person,
    forget_person,
    new_person_id,
    persons_of,
    read_acting,
    read_certificate,
    read_contact,
    read_name,
)
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.identifiers import PartyId

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.accounts.callers import ActingRole, Caller
    from ledger.accounts.once import Kept, Once
    from ledger.register import Register

INVITE_MS: Final = 15 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite that was just made: its secret is shown this once."""

    token: str = field(repr=False)
    until_ms: int


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invite is for, as whoever holds it may read it."""

    person: PersonId
    party: PartyId
    acting: ActingRole
    name: str = field(repr=False)
    until_ms: int
    certificate: str | None = None

    def as_person(self) -> Person:
        """Whom it makes."""
        return Person(
            id=self.person,
            party=self.party,
            acting=self.acting,
            name=self.name,
            certificate=self.certificate,
        )


@dataclass(frozen=True, slots=True)
class Managing:
    """Inviting, preparing and removing people."""

    office: Office
    once: Once

    def invite(
        self, by: Caller, party: PartyId, acting: str, name: str, *, certificate: str | None = None
    ) -> Invite:
        """Invite somebody to act for a party. The secret opens once, for 15 minutes, and only while who invited may invite."""
        role, name, token = read_acting(acting), read_name(name), self.office.token()
        number = read_certificate(certificate)
        with self.office.book() as book:
            check_fits(book.register, party, role)
        with self.office.writing() as connection:
            self.check_manages(connection, by, party, role)
            fields = {
                "person": str(new_person_id(self.office)),
                "acting": role,
                "name": name,
                "by": by.person or "",
                "certificate": number or "",
            }
            until = self.once.put(
                connection, "invite", token, about=str(party), lasts_ms=INVITE_MS, fields=fields
            )
            self.office.note(connection, "invited", party=party, person=fields["person"], by=_who(by))
        return Invite(token=token, until_ms=until)

    def invited(self, connection: Connection, token: str, *, taking: bool = False) -> Invited:
        """What an invite is for; with `taking` it is used up. Raises `OnceOver` for what is none, or none any more."""
        take = self.once.take if taking else self.once.look
        kept = take(connection, "invite", token)
        if kept is None or not self._still_stands(connection, kept):
            expected = Words(
                zh="15 分钟内发出、未用过的邀请；请邀请人重新发一份",
                en="an invite of the last 15 minutes that was not used; ask for a new one",
            )
            raise OnceOver(field="invite", came="…", expected=expected)
        return Invited(
            person=PersonId.parse(kept.text("person")),
            party=PartyId.parse(kept.about),
            acting=read_acting(kept.text("acting")),
            name=kept.text("name"),
            until_ms=kept.until_ms,
            certificate=kept.text("certificate") or None,
        )

    def prepare(
        self,
        connection: Connection,
        by: Caller,
        person: Person,
    ) -> Person:
        """Keep somebody without an invite: a small trader whose card is handed over, or an official whom the agency's own service lets in."""
        self.check_manages(connection, by, person.party, person.acting)
        add_person(self.office, connection, person)
        self.office.note(connection, "prepared", party=person.party, person=person.id, by=_who(by))
        return person

    def new_person(
        self,
        register: Register,
        party: PartyId,
        acting: ActingRole,
        name: str,
        *,
        contact: str | None = None,
        certificate: str | None = None,
    ) -> Person:
        """Somebody who fits the party, not kept yet."""
        check_fits(register, party, acting)
        return Person(
            id=new_person_id(self.office),
            party=party,
            acting=acting,
            name=read_name(name),
            contact=read_contact(contact) if contact else None,
            certificate=read_certificate(certificate),
        )

    def remove(self, by: Caller, person: PersonId) -> None:
        """Remove somebody: nothing that opened a door to them opens it any more."""
        with self.office.writing() as connection:
            gone = self.managed(connection, by, person)
            heads = [one for one in persons_of(self.office, connection, gone.party) if one.acting in HEADS]
            if [one.id for one in heads] == [person] and by.person == str(person):
                expected = Words(
                    zh="还有另一位负责人；先邀请一位再移除自己",
                    en="another owner first: invite one before you remove yourself",
                )
                raise NotAllowed(field="person", came=person, expected=expected)
            forget_person(self.office, connection, person)
            self.office.note(connection, "removed", party=gone.party, person=person, by=_who(by))

    def change(self, by: Caller, person: PersonId, acting: str) -> None:
        """Let somebody act as something else. Their sessions were opened for what they were and open nothing any more."""
        role = read_acting(acting)
        with self.office.book() as book:
            register = book.register
        with self.office.writing() as connection:
            known = self.managed(connection, by, person)
            check_fits(register, known.party, role)
            if role in SMALL or known.acting in SMALL:
                expected = Words(
                    zh="发卡的小商户和其他人员不能互换，请移除后重新邀请或发卡",
                    en="somebody of another sort: a card's holder is removed and invited anew",
                )
                raise NotAllowed(field="acting", came=role, expected=expected)
            self.check_manages(connection, by, known.party, role)
            if role not in HEADS:
                self._check_head_left(connection, known)
            change_person(self.office, connection, replace(known, acting=role))
            self.office.note(connection, "role_changed", party=known.party, person=person, by=_who(by))

    def suspend(self, by: Caller, person: PersonId) -> Person:
        """Keep somebody out for the time being: passkeys, card and codes stay and open nothing."""
        with self.office.writing() as connection:
            known = self.managed(connection, by, person)
            self._check_head_left(connection, known)
            if by.person == str(person):
                expected = Words(zh="别的人员", en="somebody else than yourself")
                raise NotAllowed(field="person", came=person, expected=expected)
            if known.suspended_ms is None:
                known = replace(known, suspended_ms=self.office.clock())
                change_person(self.office, connection, known)
                self.office.note(connection, "suspended", party=known.party, person=person, by=_who(by))
        return known

    def resume(self, by: Caller, person: PersonId) -> None:
        """Let somebody in again who was kept out."""
        with self.office.writing() as connection:
            known = self.managed(connection, by, person)
            if known.suspended_ms is not None:
                change_person(self.office, connection, replace(known, suspended_ms=None))
                self.office.note(connection, "resumed", party=known.party, person=person, by=_who(by))

    def _check_head_left(self, connection: Connection, person: Person) -> None:
        """Raise `NotAllowed` where a party would be left with nobody at its head who may come in."""
        others = [
            one
            for one in persons_of(self.office, connection, person.party)
            if one.acting in HEADS and one.suspended_ms is None and one.id != person.id
        ]
        if person.acting in HEADS and not others:
            expected = Words(zh="还有另一位可以登录的负责人", en="another owner who may come in")
            raise NotAllowed(field="person", came=person.id, expected=expected)

    def managed(self, connection: Connection, by: Caller, person: PersonId) -> Person:
        """Somebody whom this caller manages. Of others it is not said whether they exist."""
        found = find_person(self.office, connection, str(person))
        if found is None or not (
            (found.party == by.party and by.acting in HEADS) or by.acting == "registrar"
        ):
            raise UnknownName(
                field="person", came=person, expected=Words(zh="本方的人员", en="a person of your own party")
            )
        return found

    def check_manages(self, connection: Connection, by: Caller, party: PartyId, acting: ActingRole) -> None:
        """Raise `NotAllowed` unless this caller may let somebody in for that party, as that."""
        if by.acting in HEADS and by.party == party:
            return
        if by.acting == "registrar":
            if acting in SMALL:
                return
            first = not any(one.acting == "owner" for one in persons_of(self.office, connection, party))
            if acting == "owner" and first:
                return
        expected = Words(
            zh="本单位负责人；登记机构只邀请一个单位的首位负责人，并为小商户发卡",
            en="the party's own owner; the registrar invites a party's first owner, and gives small traders their cards",
        )
        raise NotAllowed(field="party", came=party, expected=expected)

    def _still_stands(self, connection: Connection, kept: Kept) -> bool:
        """Whether whoever invited is still somebody who may: with a person go the invites of that person."""
        by = kept.text("by")
        if not by:
            return True
        person = find_person(self.office, connection, by)
        return person is not None and person.acting in HEADS and person.suspended_ms is None


def check_fits(register: Register, party: PartyId, acting: ActingRole) -> None:
    """Raise unless the party has a good key in the register, and people may act for it as that."""
    role = register.role_of(party) if register.speaks(party) else None
    if role is None:
        expected = Words(zh="已登记密钥的主体", en="a party with a key in the register")
        raise UnknownName(field="party", came=party, expected=expected)
    if acting not in ACTING_OF[role]:
        allowed = ", ".join(sorted(ACTING_OF[role]))
        raise Malformed(field="acting", came=acting, expected=Words(zh=allowed, en=allowed))


def _who(by: Caller) -> str:
    return by.person or by.label
