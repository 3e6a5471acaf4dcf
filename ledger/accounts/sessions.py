"""Sessions: who has come in, and until when. Asked of the database on each request; nothing that a browser holds is believed.

A session ends 30 minutes after it was last used and 12 hours after it began, when its person is removed or acts as something else, and when
the party has been without a good key in the register at any position of the log since it began. A use is noted once a minute at
most, so that reading pages does not mean writing rows; nobody stays in longer for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from sqlalchemy import delete, func, insert, select, update

from ledger.accounts.callers import Caller, Method
from ledger.accounts.office import (
    HOUR_MS,
    MINUTE_MS,
    SECRET_CHARACTERS_MAX,
    Office,
    SignInFailed,
    digest_of,
    taken,
)
from ledger.accounts.persons import PersonId, find_person, read_acting
from ledger.errors import LedgerFault, Words
from ledger.identifiers import PartyId
from ledger.store.sql import Sql
from ledger.store.tables import SessionRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from ledger.accounts.callers import ActingRole
    from ledger.accounts.persons import Person
    from ledger.register import Enrolment, Register
    from ledger.store.book import SqlBook

IDLE_MS: Final = 30 * MINUTE_MS
WHOLE_MS: Final = 12 * HOUR_MS
#: A use is noted when the one before lies so far back.
NOTE_MS: Final = MINUTE_MS
#: Browsers of one person; with one more the one that was quiet longest goes.
SESSIONS_MAX: Final = 10
#: Enough of a digest to name a session to its owner. It opens nothing.
NAME_LETTERS: Final = 16

_sessions = SessionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class _Row(NamedTuple):
    """What is kept of a session."""

    digest: str
    person: str
    party: str
    acting: str
    method: str
    made_size: int
    made_ms: int
    used_ms: int
    until_ms: int


#: Asked on every request that brings one.
_BY_DIGEST: Final = Sql[_Row].selecting("sessions", _Row._fields, where="digest = {} AND log_id = {}")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has just come in: the secret for the browser's cookie, shown this once, and who it is."""

    token: str = field(repr=False)
    caller: Caller


@dataclass(frozen=True, slots=True)
class Session:
    """One of a person's sessions, as its owner sees it."""

    name: str
    method: Method
    made_ms: int
    used_ms: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one log's accounts."""

    office: Office
    #: Digests of sessions that were used a while after the last use that is written down.
    _used: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def begin(self, connection: Connection, person: Person, method: Method, register: Register) -> SignedIn:
        """Let somebody in. Raises `SignInFailed` where the party has no good key any more, or its owner keeps them out."""
        if person.suspended_ms is not None:
            raise SignInFailed(field="sign_in", came="…", expected=_A_GOOD_PARTY)
        self._make_room(connection, str(person.id))
        signed_in = self.open(
            connection, person.party, person.acting, method, register, person=str(person.id)
        )
        self.office.note(connection, f"in_{method}", party=person.party, person=person.id)
        return signed_in

    def open(
        self,
        connection: Connection,
        party: PartyId,
        acting: ActingRole,
        method: Method,
        register: Register,
        *,
        person: str = "",
    ) -> SignedIn:
        """A session for a party; without a person only the demo's switch opens one."""
        role = register.role_of(party) if register.speaks(party) else None
        if role is None:
            raise SignInFailed(field="sign_in", came="…", expected=_A_GOOD_PARTY)
        token, now = self.office.token(), self.office.clock()
        row = {
            "digest": digest_of(token),
            "log_id": self.office.log_id,
            "person": person,
            "party": str(party),
            "acting": acting,
            "method": method,
            "made_size": register.size,
            "made_ms": now,
            "used_ms": now,
            "until_ms": now + WHOLE_MS,
        }
        connection.execute(insert(_sessions), row)
        caller = Caller(
            party=party,
            role=role,
            label=person or method,
            acting=acting,
            method=method,
            person=person or None,
        )
        return SignedIn(token=token, caller=caller)

    def caller(self, token: str, book: SqlBook | None = None) -> Caller | None:
        """Who is signed in with this token; None when it is none, is over, or its person or party has lost the right to it.

        Whoever has a `book` open notes the use (`note_uses`) when he has closed it.
        """
        if not token or len(token) > SECRET_CHARACTERS_MAX:
            return None
        digest, now = digest_of(token), self.office.clock()
        with self.office.book_or(book) as opened:
            row = self._row(opened.connection, digest)
            if row is None or not _lasts(row, now):
                return None
            caller = self._caller(opened.connection, row, opened.register)
        if caller is not None and now - row.used_ms >= NOTE_MS:
            self._used.add(digest)
            if book is None:
                self.note_uses()
        return caller

    def note_uses(self) -> None:
        """Write down when every session was used that was used."""
        used, now = taken(self._used), self.office.clock()
        if used:
            with self.office.writing() as connection:
                connection.execute(
                    update(_sessions)
                    .where(
                        _sessions.c.digest.in_(used),
                        _sessions.c.log_id == self.office.log_id,
                        _sessions.c.used_ms < now,
                    )
                    .values(used_ms=now)
                )

    def of(self, person: PersonId, *, token: str = "") -> list[Session]:
        """A person's own sessions, the one used last first."""
        now, this = self.office.clock(), digest_of(token)
        with self.office.reading() as connection:
            rows = connection.execute(
                select(*(_sessions.c[name] for name in _Row._fields))
                .where(_sessions.c.log_id == self.office.log_id, _sessions.c.person == str(person))
                .order_by(_sessions.c.used_ms.desc(), _sessions.c.digest)
            ).all()
        return [
            Session(
                name=row.digest[:NAME_LETTERS],
                method=_method(row.method),
                made_ms=row.made_ms,
                used_ms=row.used_ms,
                is_this=row.digest == this,
            )
            for row in map(_Row._make, rows)
            if _lasts(row, now)
        ]

    def end(self, token: str) -> None:
        """Sign out: this session opens nothing any more. Ending one that is over already is no mistake."""
        with self.office.writing() as connection:
            connection.execute(
                delete(_sessions).where(
                    _sessions.c.digest == digest_of(token), _sessions.c.log_id == self.office.log_id
                )
            )

    def end_named(self, person: PersonId, name: str) -> int:
        """End one of a person's own sessions by its name; how many there were. Somebody else's name ends nothing."""
        mine = (_sessions.c.log_id == self.office.log_id) & (_sessions.c.person == str(person))
        with self.office.writing() as connection:
            digests = [
                digest
                for (digest,) in connection.execute(select(_sessions.c.digest).where(mine))
                if digest[:NAME_LETTERS] == name
            ]
            connection.execute(delete(_sessions).where(mine, _sessions.c.digest.in_(digests)))
        return len(digests)

    def end_all(self, connection: Connection, person: PersonId, *, but: str = "") -> None:
        """End every session of a person, except the one with this secret."""
        connection.execute(
            delete(_sessions).where(
                _sessions.c.log_id == self.office.log_id,
                _sessions.c.person == str(person),
                _sessions.c.digest != digest_of(but),
            )
        )

    def _row(self, connection: Connection, digest: str) -> _Row | None:
        for row in _BY_DIGEST.rows(connection, digest, self.office.log_id):
            return _Row._make(row)
        return None

    def _caller(self, connection: Connection, row: _Row, register: Register) -> Caller | None:
        party, acting, method = PartyId.parse(row.party), read_acting(row.acting), _method(row.method)
        certificate = None
        if row.person:
            person = find_person(self.office, connection, row.person)
            if (
                person is None
                or (person.party, person.acting) != (party, acting)
                or person.suspended_ms is not None
            ):
                return None
            certificate = person.certificate
        role = register.role_of(party)
        mine = register.keys_of(party)
        if role is None or not spoke_throughout(mine, since=row.made_size, until=register.size):
            return None
        return Caller(
            party=party,
            role=role,
            label=row.person or method,
            acting=acting,
            method=method,
            person=row.person or None,
            certificate=certificate,
        )

    def _make_room(self, connection: Connection, person: str) -> None:
        """What is over goes, here and for everybody; of one person no more than `SESSIONS_MAX` stay."""
        now, here = self.office.clock(), _sessions.c.log_id == self.office.log_id
        connection.execute(delete(_sessions).where(here, _sessions.c.until_ms <= now))
        mine = here & (_sessions.c.person == person)
        count = connection.execute(select(func.count()).select_from(_sessions).where(mine)).scalar_one()
        if count >= SESSIONS_MAX:
            quiet = connection.execute(
                select(_sessions.c.digest)
                .where(mine)
                .order_by(_sessions.c.used_ms)
                .limit(count - SESSIONS_MAX + 1)
            ).scalars()
            connection.execute(delete(_sessions).where(here, _sessions.c.digest.in_(list(quiet))))


def spoke_throughout(enrolments: Iterable[Enrolment], *, since: int, until: int) -> bool:
    """Whether some key was good at every position from `since` to `until`: a party that was struck off and enrolled again signs in anew."""
    keys, at = list(enrolments), since
    while at <= until:
        ends = [one.until for one in keys if one.active_at(at)]
        if not ends:
            return False
        if None in ends:
            return True
        at = max(end for end in ends if end is not None) + 1
    return True


def _lasts(row: _Row, now: int) -> bool:
    return now < row.until_ms and now - row.used_ms < IDLE_MS


def _method(text: str) -> Method:
    for one in get_args(Method):
        if text == one:
            found: Method = one
            return found
    message = f"a session by {text!r}, expected one of {get_args(Method)}"
    raise LedgerFault(message)


_A_GOOD_PARTY: Final = Words(
    zh="有效的登录信息（如多次失败，请联系本单位负责人或登记机构）",
    en="valid sign-in data (if it keeps failing, ask your party's owner or the registrar)",
)
