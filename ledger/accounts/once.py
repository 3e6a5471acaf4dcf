"""What opens once and not for long: challenges, invites, sign-in links, recovery codes, journeys to an agency's sign-in service.

The database keeps the digest of each and, sealed, what belongs to it. Taking one removes its row in the taker's transaction: of two who come
at once, one finds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import delete, insert, select

from ledger.accounts.office import SECRET_CHARACTERS_MAX, Office, digest_of
from ledger.store.tables import OnceRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from ledger.canonical import JsonObject

Kind = Literal["register", "sign_in", "invite", "link", "recovery", "journey", "key_invite"]

_NOTHING: Final[JsonObject] = MappingProxyType({})

_once = OnceRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Kept:
    """What belongs to a secret that was good."""

    about: str
    until_ms: int
    fields: JsonObject = field(repr=False)

    def text(self, name: str) -> str:
        """One of its texts; empty where there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Once:
    """The secrets of one log's accounts that open once."""

    office: Office

    def put(
        self,
        connection: Connection,
        kind: Kind,
        secret: str,
        *,
        about: str,
        lasts_ms: int,
        fields: JsonObject = _NOTHING,
    ) -> int:
        """Keep a secret's digest; until when it opens. Whatever has run out goes by the way."""
        now, digest = self.office.clock(), digest_of(secret)
        row = {
            "digest": digest,
            "log_id": self.office.log_id,
            "kind": kind,
            "about": about,
            "sealed": self.office.seal(dict(fields), purpose=f"{kind} {digest}"),
            "made_ms": now,
            "until_ms": now + lasts_ms,
        }
        here = _once.c.log_id == self.office.log_id
        connection.execute(delete(_once).where(here, _once.c.until_ms <= now))
        connection.execute(insert(_once), row)
        return now + lasts_ms

    def look(self, connection: Connection, kind: Kind, secret: str) -> Kept | None:
        """What belongs to a secret that opens now; it is not used up by that."""
        if not secret or len(secret) > SECRET_CHARACTERS_MAX:
            return None
        digest = digest_of(secret)
        row = connection.execute(
            select(_once.c.about, _once.c.until_ms, _once.c.sealed).where(
                _once.c.digest == digest, _once.c.log_id == self.office.log_id, _once.c.kind == kind
            )
        ).one_or_none()
        if row is None or self.office.clock() >= row.until_ms:
            return None
        fields = self.office.unseal(bytes(row.sealed), purpose=f"{kind} {digest}")
        return Kept(about=row.about, until_ms=int(row.until_ms), fields=fields)

    def take(self, connection: Connection, kind: Kind, secret: str) -> Kept | None:
        """The same, used up: nobody else gets it, however many come at once."""
        kept = self.look(connection, kind, secret)
        if kept is None:
            return None
        gone = connection.execute(
            delete(_once).where(_once.c.digest == digest_of(secret), _once.c.log_id == self.office.log_id)
        )
        return kept if gone.rowcount == 1 else None

    def made_since(self, connection: Connection, kind: Kind, about: str, since_ms: int) -> bool:
        """Whether one of the kind was made for this person not long ago."""
        return (
            connection.execute(
                select(_once.c.digest).where(*self._which(kind, about), _once.c.made_ms > since_ms).limit(1)
            ).first()
            is not None
        )

    def count(self, connection: Connection, kind: Kind, about: str) -> int:
        """How many of the kind are left for this person."""
        return len(connection.execute(select(_once.c.digest).where(*self._which(kind, about))).all())

    def drop(self, connection: Connection, kind: Kind, about: str) -> None:
        """None of the kind opens any more for this person."""
        connection.execute(delete(_once).where(*self._which(kind, about)))

    def _which(self, kind: Kind, about: str) -> tuple[ColumnElement[bool], ...]:
        return _once.c.log_id == self.office.log_id, _once.c.about == about, _once.c.kind == kind
