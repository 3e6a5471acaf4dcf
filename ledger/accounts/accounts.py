"""`Accounts`: the one door to the accounts of a log. Every way in ends in a session; every session is asked for anew on each request.

    by passkey          finger, face or PIN of one's own device (`passkeys`)
    by recovery code    from paper, for a lost device: each once
    by card and PIN     small traders (`cards`)
    by link             small traders, through the operator's channel (`links`)
    by agency           a service of the agency's own (OpenID Connect); only who was prepared for it here

All times are the ledger's clock's. What somebody may do once in is the permission table's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from ledger.accounts.access import AccessKeys
from ledger.accounts.cards import Cards
from ledger.accounts.links import Links
from ledger.accounts.managing import Managing
from ledger.accounts.office import DAY_MS, OnceOver, SignInFailed
from ledger.accounts.officials import Officials
from ledger.accounts.once import Once
from ledger.accounts.passkeys import Passkeys
from ledger.accounts.persons import (
    PASSKEY_ONLY,
    SMALL,
    PersonId,
    add_person,
    find_person,
    persons_of,
)
from ledger.accounts.reads import Reads
from ledger.accounts.sessions import Sessions, SignedIn
from ledger.accounts.typed import CODE_LETTERS, draw, grouped, plain
from ledger.errors import LedgerFault, Malformed, NotAllowed, UnknownName, Words
from ledger.store.tables import AccountEventRow, IdentityRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.accounts.callers import ActingRole, Caller, Method
    from ledger.accounts.cards import Card, CardState
    from ledger.accounts.links import Letter
    from ledger.accounts.managing import Invite, Invited
    from ledger.accounts.office import Office
    from ledger.accounts.once import Kept
    from ledger.accounts.passkeys import Passkey, Site
    from ledger.accounts.persons import Person
    from ledger.accounts.sessions import Session
    from ledger.canonical import JsonObject
    from ledger.identifiers import PartyId
    from ledger.register import Register
    from ledger.store.book import SqlBook

#: Ways in that may make new ways in for the same person.
FIRM: Final[frozenset[Method]] = frozenset({"passkey", "recovery", "oidc"})
RECOVERY_CODES: Final = 8
#: A sheet of codes in a drawer is good for two years; then it is time for a new one.
RECOVERY_MS: Final = 730 * DAY_MS
#: What the owners of a party see of its accounts.
EVENTS_SHOWN_MAX: Final = 200

_events = AccountEventRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_identities = IdentityRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody who took up an invite: signed in, and, without a passkey, with recovery codes that are shown this once."""

    signed_in: SignedIn
    codes: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the accounts of a party."""

    at_ms: int
    kind: str
    person: str
    by: str


@dataclass(frozen=True, slots=True)
class Doors:
    """By what a person can come in."""

    passkeys: tuple[Passkey, ...]
    codes_left: int
    card: CardState | None
    agency: bool


class Accounts:
    """Who may come in."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.once = Once(office)
        self.access = AccessKeys(office)
        self.officials = Officials(office)
        self.reads = Reads(office)
        self.sessions = Sessions(office)
        self.passkeys = Passkeys(office, self.once)
        self.cards = Cards(office)
        self.links = Links(office, self.once)
        self.managing = Managing(office, self.once)

    # Who is it?

    def caller_by_session(self, token: str, book: SqlBook | None = None) -> Caller | None:
        """Who holds this session now; None when it is none or over. `book`: one that is open already."""
        return self.sessions.caller(token, book)

    def caller_by_key(self, text: str, book: SqlBook | None = None) -> Caller | None:
        """Whom an API key speaks for; None when it is unknown, expired, or its party has no key in the register. `book` as above."""
        return self.access.caller(text, book)

    def note_uses(self) -> None:
        """Write down which sessions and keys were used by callers who were looked up in a book that was open. Costs nothing where none has to be."""
        self.sessions.note_uses()
        self.access.note_uses()

    # Coming in

    def sign_in_options(self, site: Site) -> JsonObject:
        """What the browser is asked, for signing in by passkey."""
        return self.passkeys.ask_to_sign_in(site)

    def sign_in_by_passkey(self, site: Site, answer: JsonObject) -> SignedIn:
        """A session for whoever holds this passkey."""
        return self._let_in(self.passkeys.answered(site, answer), "passkey")

    def sign_in_by_card(self, number: str, pin: str) -> SignedIn:
        """A session for the holder of a card who knows its PIN."""
        return self._let_in(self.cards.holder(number, pin), "pin", SMALL)

    def ask_link(self, contact: str) -> Letter:
        """A sign-in link for whoever has this telephone; the same for a telephone that nobody has."""
        return self.links.ask(contact)

    def sign_in_by_link(self, token: str) -> SignedIn:
        """A session for whom a link was sent to."""
        register = self._register()
        with self.office.writing() as connection:
            return self.sessions.begin(connection, self.links.holder(connection, token), "link", register)

    def sign_in_by_recovery(self, typed: str) -> SignedIn:
        """A session for whoever holds this recovery code; it is used up."""
        register = self._register()
        with self.office.writing() as connection:
            kept = self.once.take(connection, "recovery", plain(typed))
            person = None if kept is None else find_person(self.office, connection, kept.about)
            if person is None:
                expected = Words(zh="未用过的恢复码", en="a recovery code that was not used")
                raise SignInFailed(field="recovery", came="…", expected=expected)
            return self.sessions.begin(connection, person, "recovery", register)

    def sign_in_by_agency(self, issuer: str, subject: str) -> SignedIn:
        """A session for whom the agency's own service knows, if somebody was prepared for that here."""
        register = self._register()
        with self.office.writing() as connection:
            person = connection.execute(
                select(_identities.c.person).where(
                    _identities.c.digest == self._identity(connection, issuer, subject),
                    _identities.c.log_id == self.office.log_id,
                )
            ).scalar_one_or_none()
            known = None if person is None else find_person(self.office, connection, person)
            if known is None:
                expected = Words(
                    zh="本单位负责人已登记的人员", en="somebody your party's owner has entered here"
                )
                raise SignInFailed(field="agency", came="…", expected=expected)
            return self.sessions.begin(connection, known, "oidc", register)

    def demo_session(self, party: PartyId, acting: ActingRole) -> SignedIn:
        """A session of nobody in particular, for a ledger whose parties are invented. Raises elsewhere."""
        with self.office.book() as book:
            register = book.register
        if register.clock != "simulated":
            message = "a session without a person was asked for on a ledger that is real"
            raise LedgerFault(message)
        with self.office.writing() as connection:
            return self.sessions.open(connection, party, acting, "demo", register)

    def end_session(self, token: str) -> None:
        """Sign out."""
        self.sessions.end(token)

    # Invites

    def invite(
        self, by: Caller, party: PartyId, acting: str, name: str, *, certificate: str | None = None
    ) -> Invite:
        """Invite somebody to act for a party."""
        return self.managing.invite(by, party, acting, name, certificate=certificate)

    def invited(self, token: str) -> Invited:
        """What an invite is for."""
        with self.office.reading() as connection:
            return self.managing.invited(connection, token)

    def accept_options(self, site: Site, token: str) -> JsonObject:
        """What the browser is asked, for taking up an invite with a new passkey."""
        invited = self.invited(token)
        return self.passkeys.ask_to_register(
            site, invited.person, invited.name, about=f"invite {invited.person}"
        )

    def accept_invite(self, token: str, *, site: Site, answer: JsonObject | None = None) -> Accepted:
        """Take up an invite: with a passkey, or, where that is allowed, with recovery codes for the time being."""
        register = self._register()
        invited = self.invited(token)
        made = None
        if answer is not None:
            made = self.passkeys.registered(site, answer, about=f"invite {invited.person}", register=register)
        elif invited.acting in PASSKEY_ONLY:
            raise _by_passkey_only(invited.acting)
        with self.office.writing() as connection:
            person = self.managing.invited(connection, token, taking=True).as_person()
            add_person(self.office, connection, person)
            self.office.note(connection, "accepted", party=person.party, person=person.id)
            codes: tuple[str, ...] = ()
            if made is None:
                codes = self._new_codes(connection, person.id)
            else:
                self.passkeys.keep(connection, person.id, *made)
            method: Method = "recovery" if made is None else "passkey"
            return Accepted(self.sessions.begin(connection, person, method, register), codes)

    # One's own account

    def me(self, caller: Caller) -> Person:
        """The person behind a session."""
        with self.office.reading() as connection:
            found = None if caller.person is None else find_person(self.office, connection, caller.person)
        if found is None:
            expected = Words(zh="以个人身份登录", en="somebody who has signed in as a person")
            raise NotAllowed(field="session", came=caller.method, expected=expected)
        return found

    def doors(self, person: PersonId) -> Doors:
        """By what a person can come in."""
        with self.office.reading() as connection:
            here = (_identities.c.log_id == self.office.log_id) & (_identities.c.person == str(person))
            return Doors(
                passkeys=tuple(self.passkeys.of(connection, person)),
                codes_left=self.once.count(connection, "recovery", str(person)),
                card=self.cards.state(connection, person),
                agency=connection.execute(select(_identities.c.digest).where(here)).first() is not None,
            )

    def passkey_options(self, site: Site, caller: Caller) -> JsonObject:
        """What the browser is asked, for one more passkey of one's own."""
        me = self._firmly(caller)
        return self.passkeys.ask_to_register(site, me.id, me.name, about=str(me.id))

    def add_passkey(self, site: Site, caller: Caller, answer: JsonObject) -> None:
        """Keep one more passkey of one's own."""
        me = self._firmly(caller)
        made = self.passkeys.registered(site, answer, about=str(me.id), register=self._register())
        with self.office.writing() as connection:
            self.passkeys.keep(connection, me.id, *made)
            self.office.note(connection, "passkey_added", party=me.party, person=me.id)

    def remove_passkey(self, caller: Caller, credential: str) -> None:
        """Remove one of one's own passkeys."""
        me = self.me(caller)
        with self.office.writing() as connection:
            if not self.passkeys.remove(connection, me.id, credential):
                expected = Words(zh="自己的通行密钥", en="a passkey of your own")
                raise UnknownName(field="passkey", came=credential, expected=expected)
            self.office.note(connection, "passkey_removed", party=me.party, person=me.id)

    def new_recovery_codes(self, caller: Caller) -> tuple[str, ...]:
        """A new sheet of recovery codes, shown this once; the old sheet opens nothing any more."""
        me = self._firmly(caller)
        with self.office.writing() as connection:
            codes = self._new_codes(connection, me.id)
            self.office.note(connection, "codes_made", party=me.party, person=me.id)
        return codes

    def change_pin(self, caller: Caller, number: str, old: str, new: str) -> None:
        """A PIN of the card's holder's own choice."""
        me = self.me(caller)
        self.cards.set_pin(me.id, number, old, new)
        with self.office.writing() as connection:
            self.office.note(connection, "pin_changed", party=me.party, person=me.id)

    def own_sessions(self, caller: Caller, token: str = "") -> list[Session]:
        """Where one is signed in."""
        return self.sessions.of(self.me(caller).id, token=token)

    def end_own_session(self, caller: Caller, name: str) -> None:
        """End one of one's own sessions, by its name."""
        if not self.sessions.end_named(self.me(caller).id, name):
            expected = Words(zh="自己的登录", en="a session of your own")
            raise UnknownName(field="session", came=name, expected=expected)

    # Other people

    def persons(self, party: PartyId) -> list[Person]:
        """Everybody who may come in for a party."""
        with self.office.reading() as connection:
            return persons_of(self.office, connection, party)

    def remove_person(self, by: Caller, person: PersonId) -> None:
        """Remove somebody, and end every session of theirs."""
        self.managing.remove(by, person)

    def suspend_person(self, by: Caller, person: PersonId) -> None:
        """Keep somebody out for the time being, and end every session of theirs."""
        self.managing.suspend(by, person)
        with self.office.writing() as connection:
            self.sessions.end_all(connection, person)

    def issue_card(self, by: Caller, party: PartyId, name: str, *, contact: str | None = None) -> Card:
        """A card and a PIN for a small trader who is new here."""
        with self.office.book() as book:
            person = self.managing.new_person(book.register, party, "stall", name, contact=contact)
        with self.office.writing() as connection:
            self.managing.prepare(connection, by, person)
            return self.cards.issue(connection, person.id)

    def replace_card(self, by: Caller, person: PersonId) -> Card:
        """A new card and PIN for somebody who lost the old one, which opens nothing any more; nor do sessions that it opened."""
        with self.office.writing() as connection:
            found = self.managing.managed(connection, by, person)
            if found.acting not in SMALL:
                raise Malformed(field="acting", came=found.acting, expected=Words(zh="stall", en="stall"))
            self.sessions.end_all(connection, person)
            self.office.note(
                connection, "card_replaced", party=found.party, person=person, by=by.person or ""
            )
            return self.cards.issue(connection, person)

    def unlock_card(self, by: Caller, person: PersonId) -> None:
        """Let a card that was tried too often be tried again."""
        with self.office.writing() as connection:
            found = self.managing.managed(connection, by, person)
            self.cards.unlock(connection, person)
            self.office.note(
                connection, "card_unlocked", party=found.party, person=person, by=by.person or ""
            )

    def prepare_agency_person(
        self,
        by: Caller,
        *,
        acting: ActingRole,
        name: str,
        issuer: str,
        subject: str,
        certificate: str | None = None,
    ) -> Person:
        """Enter somebody whom the agency's own service lets in: until then its word opens nothing here."""
        with self.office.book() as book:
            person = self.managing.new_person(book.register, by.party, acting, name, certificate=certificate)
        with self.office.writing() as connection:
            digest = self._identity(connection, issuer, subject)
            here = (_identities.c.digest == digest) & (_identities.c.log_id == self.office.log_id)
            if connection.execute(select(_identities.c.person).where(here)).first() is not None:
                expected = Words(zh="尚未登记的账号", en="an account that is not entered here yet")
                raise Malformed(field="subject", came="…", expected=expected)
            self.managing.prepare(connection, by, person)
            row = {
                "digest": digest,
                "log_id": self.office.log_id,
                "person": str(person.id),
                "made_ms": self.office.clock(),
            }
            connection.execute(insert(_identities), row)
        return person

    def events(self, party: PartyId) -> list[Event]:
        """What happened to a party's accounts, the newest first."""
        with self.office.reading() as connection:
            rows = connection.execute(
                select(_events)
                .where(_events.c.log_id == self.office.log_id, _events.c.party == str(party))
                .order_by(_events.c.at_ms.desc(), _events.c.id)
                .limit(EVENTS_SHOWN_MAX)
            )
            return [
                Event(at_ms=int(row.at_ms), kind=row.kind, person=row.person, by=row.by_whom) for row in rows
            ]

    # A journey to an agency's own service and back

    def set_out(self, state: str, fields: JsonObject, *, lasts_ms: int) -> None:
        """Remember what was sent along, sealed, under a state that comes back once."""
        with self.office.writing() as connection:
            self.once.put(connection, "journey", state, about="", lasts_ms=lasts_ms, fields=fields)

    def come_back(self, state: str) -> Kept:
        """What was sent along; a second return, or one that was never set out on, is refused."""
        with self.office.writing() as connection:
            kept = self.once.take(connection, "journey", state)
        if kept is None:
            raise OnceOver(
                field="state", came="…", expected=Words(zh="刚刚从本站发起的登录", en="a sign-in begun here")
            )
        return kept

    def _firmly(self, caller: Caller) -> Person:
        """The person behind a session that may make new keys: what a borrowed card or a link opened does not outlive itself."""
        me = self.me(caller)
        if caller.method not in FIRM:
            expected = Words(
                zh="用通行密钥、恢复码或本单位账号登录",
                en="a sign-in by passkey, recovery code or your agency's service",
            )
            raise NotAllowed(field="session", came=caller.method, expected=expected)
        return me

    def _let_in(self, who: PersonId, method: Method, only: frozenset[ActingRole] | None = None) -> SignedIn:
        register = self._register()
        with self.office.writing() as connection:
            person = find_person(self.office, connection, str(who))
            if person is None or (only is not None and person.acting not in only):
                expected = Words(zh="有效的登录信息", en="valid sign-in data")
                raise SignInFailed(field=method, came="…", expected=expected)
            return self.sessions.begin(connection, person, method, register)

    def _new_codes(self, connection: Connection, person: PersonId) -> tuple[str, ...]:
        self.once.drop(connection, "recovery", str(person))
        codes = [draw(self.office, CODE_LETTERS) for _ in range(RECOVERY_CODES)]
        for code in codes:
            self.once.put(connection, "recovery", code, about=str(person), lasts_ms=RECOVERY_MS)
        return tuple(map(grouped, codes))

    def _identity(self, connection: Connection, issuer: str, subject: str) -> str:
        # A length in front: no issuer and subject can be cut in two ways.
        return self.office.keyed_digest(connection, f"{len(issuer)} {issuer} {subject}")

    def _register(self) -> Register:
        with self.office.book() as book:
            return book.register


def _by_passkey_only(acting: ActingRole) -> NotAllowed:
    expected = Words(
        zh="用通行密钥（指纹、面容或 PIN）接受邀请",
        en="a passkey (finger, face or PIN) to take up this invite",
    )
    return NotAllowed(field="acting", came=acting, expected=expected)
