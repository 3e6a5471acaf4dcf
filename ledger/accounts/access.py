"""API keys: how machines come in. Shown once, kept as a digest, good for days and not for ever, and never for more than they were given.

    suyuan_ + 43 letters of a secret (256 bits) + 6 letters that check them

By the six a program that looks for leaked secrets tells a key from a text that looks like one, without asking anybody.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import delete, insert, select, update

from ledger.accounts.callers import ACTING_BY_ROLE, ACTING_ROLES, ActingRole, Caller
from ledger.accounts.office import DAY_MS, digest_of, taken
from ledger.errors import Malformed, UnknownName, Words
from ledger.identifiers import PartyId
from ledger.store.sql import Sql
from ledger.store.tables import AccessKeyRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection

    from ledger.accounts.office import Office
    from ledger.store.book import SqlBook

#: So that a scanner of leaked secrets can tell what it found.
ACCESS_KEY_PREFIX: Final = "suyuan_"
ACCESS_DAYS: Final = 90
#: How long, after a key was changed for a new one, the old one may go on.
OVERLAP_DAYS_MAX: Final = 7
LIMIT_PER_MINUTE: Final = 600
LIMIT_PER_MINUTE_MAX: Final = 6_000
#: Keys of one party that work at a time.
KEYS_MAX: Final = 100

_CHECK_LETTERS: Final = 6
_BASE_62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NAME_LETTERS: Final = 16
_KEY: Final = re.compile(
    rf"{ACCESS_KEY_PREFIX}([A-Za-z0-9_-]{{43}})([0-9A-Za-z]{{{_CHECK_LETTERS}}})", re.ASCII
)

_access = AccessKeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class _Row(NamedTuple):
    """What is kept of a key."""

    name: str
    party: str
    label: str
    made_ms: int
    until_ms: int
    acting: str | None
    certificate: str | None
    permissions: str | None
    limit_per_minute: int
    used_day: int | None


_ROW: Final = [_access.c[name] for name in _Row._fields]
#: Asked on every request that brings a key.
_BY_DIGEST: Final = Sql[_Row].selecting("api_keys", _Row._fields, where="digest = {} AND log_id = {}")


def check_letters(secret: str) -> str:
    """Six letters that a mistyped or invented key gets right once in four thousand million times."""
    number, letters = zlib.crc32(secret.encode("ascii")), ""
    for _ in range(_CHECK_LETTERS):
        number, digit = divmod(number, len(_BASE_62))
        letters = _BASE_62[digit] + letters
    return letters


def is_access_key(text: str) -> bool:
    """Whether a text is a key by its shape and its check letters, known here or not."""
    match = _KEY.fullmatch(text)
    return match is not None and check_letters(match[1]) == match[2]


@dataclass(frozen=True, slots=True)
class AccessKey:
    """One key as lists show it. The secret is not in here, nor anywhere else."""

    name: str
    party: PartyId
    label: str
    made_ms: int
    until_ms: int
    acting: ActingRole | None = None
    certificate: str | None = None
    permissions: frozenset[str] | None = None
    limit_per_minute: int = LIMIT_PER_MINUTE
    used_day: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a key is given for. Nothing named: what the role of its party may do, for ninety days."""

    label: str
    days: int = ACCESS_DAYS
    acting: ActingRole | None = None
    certificate: str | None = None
    permissions: frozenset[str] | None = None
    limit_per_minute: int = LIMIT_PER_MINUTE


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """The API keys of one log."""

    office: Office
    #: Digests of keys that were used today and of which that is not written down yet.
    _used: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def give(self, party: PartyId, terms: Terms) -> tuple[str, AccessKey]:
        """A new key, shown this once: only its digest is kept."""
        with self.office.writing() as connection:
            text, key = self._given(connection, party, terms)
            self.office.note(connection, "key_given", party=party, by=key.name)
        return text, key

    def _given(self, connection: Connection, party: PartyId, terms: Terms) -> tuple[str, AccessKey]:
        now = self.office.clock()
        working = connection.execute(
            select(_access.c.name).where(*self._of(party), _access.c.until_ms > now)
        ).all()
        if len(working) >= KEYS_MAX:
            expected = Words(zh=f"至多 {KEYS_MAX} 个有效密钥", en=f"at most {KEYS_MAX} keys that work")
            raise Malformed(field="party", came=len(working) + 1, expected=expected)
        secret = self.office.token()
        text = f"{ACCESS_KEY_PREFIX}{secret}{check_letters(secret)}"
        key = AccessKey(
            name=f"key_{digest_of(text)[:_NAME_LETTERS]}",
            party=party,
            label=terms.label,
            made_ms=now,
            until_ms=now + terms.days * DAY_MS,
            acting=terms.acting,
            certificate=terms.certificate,
            permissions=terms.permissions,
            limit_per_minute=terms.limit_per_minute,
        )
        row = {
            "digest": digest_of(text),
            "log_id": self.office.log_id,
            "name": key.name,
            "party": str(party),
            "label": key.label,
            "acting": key.acting,
            "certificate": key.certificate,
            "permissions": None if key.permissions is None else " ".join(sorted(key.permissions)),
            "limit_per_minute": key.limit_per_minute,
            "made_ms": key.made_ms,
            "until_ms": key.until_ms,
        }
        connection.execute(insert(_access), row)
        return text, key

    def rotate(self, party: PartyId, name: str, *, days: int, overlap_days: int) -> tuple[str, AccessKey]:
        """A new key on the same terms; the old one works on for so many days, and not longer than it would have."""
        now = self.office.clock()
        with self.office.writing() as connection:
            old = self._working(connection, party, name)
            terms = Terms(
                label=old.label,
                days=days,
                acting=old.acting,
                certificate=old.certificate,
                permissions=old.permissions,
                limit_per_minute=old.limit_per_minute,
            )
            text, key = self._given(connection, party, terms)
            until_ms = min(old.until_ms, now + overlap_days * DAY_MS)
            connection.execute(
                update(_access).where(*self._of(party), _access.c.name == name).values(until_ms=until_ms)
            )
            self.office.note(connection, "key_rotated", party=party, by=key.name)
        return text, key

    def take(self, party: PartyId, name: str | None = None) -> None:
        """One key of a party, or all of them, stop working now."""
        with self.office.writing() as connection:
            which = self._of(party)
            if name is not None:
                self._working(connection, party, name)
                which.append(_access.c.name == name)
            connection.execute(delete(_access).where(*which))
            self.office.note(connection, "key_taken", party=party, by=name or "")

    def of(self, party: PartyId) -> list[AccessKey]:
        """A party's keys that work, the newest first."""
        with self.office.reading() as connection:
            rows = connection.execute(
                select(*_ROW)
                .where(*self._of(party), _access.c.until_ms > self.office.clock())
                .order_by(_access.c.made_ms.desc(), _access.c.name)
            )
            return [_read(_Row._make(row)) for row in rows]

    def one(self, name: str) -> AccessKey:
        """A key that works, by its name."""
        with self.office.reading() as connection:
            return self._working(connection, None, name)

    def caller(self, text: str, book: SqlBook | None = None) -> Caller | None:
        """Whom an API key speaks for; None when it is unknown, expired, or its party has no key in the register.

        Whoever has a `book` open notes the use (`note_uses`) when he has closed it: no second connection is held beside the first.
        """
        if not is_access_key(text):
            return None
        digest = digest_of(text)
        with self.office.book_or(book) as opened:
            key = self._by_digest(opened.connection, digest)
            if key is None or self.office.clock() >= key.until_ms:
                return None
            register = opened.register
            role = register.role_of(key.party) if register.speaks(key.party) else None
        if role is None:
            return None
        if key.used_day is None or key.used_day < self._today():
            self._used.add(digest)
            if book is None:
                self.note_uses()
        return Caller(
            party=key.party,
            role=role,
            label=key.label,
            acting=key.acting or ACTING_BY_ROLE[role],
            method="api_key",
            certificate=key.certificate,
            permissions=key.permissions,
            key=key.name,
            limit_per_minute=key.limit_per_minute,
        )

    def note_uses(self) -> None:
        """Write down the day of the last use of every key that was used: once a day for each."""
        used = taken(self._used)
        if used:
            with self.office.writing() as connection:
                connection.execute(
                    update(_access)
                    .where(_access.c.digest.in_(used), _access.c.log_id == self.office.log_id)
                    .values(used_day=self._today())
                )

    def _today(self) -> int:
        return self.office.clock() // DAY_MS

    def _by_digest(self, connection: Connection, digest: str) -> AccessKey | None:
        for row in _BY_DIGEST.rows(connection, digest, self.office.log_id):
            return _read(_Row._make(row))
        return None

    def _of(self, party: PartyId) -> list[ColumnElement[bool]]:
        return [_access.c.log_id == self.office.log_id, _access.c.party == str(party)]

    def _working(self, connection: Connection, party: PartyId | None, name: str) -> AccessKey:
        which = [_access.c.log_id == self.office.log_id] if party is None else self._of(party)
        row = connection.execute(
            select(*_ROW).where(*which, _access.c.name == name, _access.c.until_ms > self.office.clock())
        ).one_or_none()
        if row is None:
            raise UnknownName(
                field="name", came=name, expected=Words(zh="有效的访问密钥", en="an access key that works")
            )
        return _read(_Row._make(row))


def permissions_of(names: Iterable[str] | None) -> frozenset[str] | None:
    """The permissions of a list, or None for no bounds."""
    return None if names is None else frozenset(names)


def _read(row: _Row) -> AccessKey:
    return AccessKey(
        name=row.name,
        party=PartyId.parse(row.party),
        label=row.label,
        made_ms=row.made_ms,
        until_ms=row.until_ms,
        acting=next((one for one in ACTING_ROLES if one == row.acting), None),
        certificate=row.certificate,
        permissions=permissions_of(None if row.permissions is None else row.permissions.split()),
        limit_per_minute=row.limit_per_minute,
        used_day=row.used_day,
    )
