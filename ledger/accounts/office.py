"""What every part of the accounts works with: the database, the clock, the vault, and how secrets are drawn and kept.

A secret is drawn from 256 bits (a few that people type: from 128 and more), shown once, and kept as its SHA-256: a copy of the database
signs nobody in. Names and telephones are sealed with the key file; a telephone is found again by a digest under a key of its own.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64encode
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Final

from sqlalchemy import insert, select

from ledger.canonical import canonical, read_object
from ledger.errors import LedgerFault, NotAllowed, Words
from ledger.store.engine import reading, writing
from ledger.store.tables import AccountEventRow, SealedKeyRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from ledger.canonical import JsonObject
    from ledger.keys import Vault
    from ledger.store.book import SqlBook

TOKEN_BYTES: Final = 32
#: Longer than any secret of ours: what is longer is none, and is not hashed.
SECRET_CHARACTERS_MAX: Final = 200
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

_LOOKUP: Final = "accounts lookup"
_EVENT_BYTES: Final = 10

_sealed = SealedKeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_events = AccountEventRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class SignInFailed(NotAllowed):
    """Whoever tries to come in is not let in. The same words for every reason: they do not tell whether an account exists."""

    title: ClassVar[Words] = Words(zh="登录信息不对或已失效", en="sign-in refused")


class OnceOver(NotAllowed):
    """An invite, a link or a code that was used, has run out, or never was: the same words for all three."""

    title: ClassVar[Words] = Words(zh="已使用、已过期或不存在", en="used, expired or unknown")


class SignInBusy(LedgerFault):
    """More people sign in by PIN at this moment than the machine can check. Nothing was counted; come again."""


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()


def taken(from_: set[str]) -> list[str]:
    """All that is in a set, which is empty afterwards; what others put in meanwhile is taken too, or stays."""
    out = list[str]()
    while True:
        try:
            out.append(from_.pop())
        except KeyError:
            return out


@dataclass(frozen=True, slots=True)
class Office:
    """Database, clock, vault and randomness of one log's accounts."""

    engine: Engine
    log_id: str
    clock: Callable[[], int] = field(repr=False)
    vault: Vault = field(repr=False)
    book: Callable[[], AbstractContextManager[SqlBook]] = field(repr=False)
    randomness: Callable[[int], bytes] = field(default=os.urandom, repr=False)

    def writing(self) -> AbstractContextManager[Connection]:
        """One transaction that may write."""
        return writing(self.engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """One transaction that reads."""
        return reading(self.engine)

    def book_or(self, book: SqlBook | None) -> AbstractContextManager[SqlBook]:
        """A book that somebody has open already, or one of our own."""
        return self.book() if book is None else nullcontext(book)

    def token(self, size: int = TOKEN_BYTES) -> str:
        """A new secret as text for an address or a cookie."""
        while True:
            text = urlsafe_b64encode(self.randomness(size)).decode("ascii").rstrip("=")
            # On a command line it would be taken for an option.
            if not text.startswith("-"):
                return text

    def seal(self, fields: JsonObject, *, purpose: str) -> bytes:
        """Fields that nobody reads without the key file, bound to the row they belong to."""
        return self.vault.seal(canonical(fields), purpose=f"{self.log_id} {purpose}")

    def unseal(self, sealed: bytes, *, purpose: str) -> JsonObject:
        """The fields again."""
        return read_object(self.vault.unseal(sealed, purpose=f"{self.log_id} {purpose}"))

    def keyed_digest(self, connection: Connection, text: str) -> str:
        """By what something guessable (a telephone, a subject of an agency) is found: HMAC-SHA256 under a key that lies sealed."""
        return hmac.new(
            self._lookup_key(connection), text.encode("utf-8", "surrogatepass"), sha256
        ).hexdigest()

    def _lookup_key(self, connection: Connection) -> bytes:
        found = connection.execute(
            select(_sealed.c.sealed).where(_sealed.c.log_id == self.log_id, _sealed.c.purpose == _LOOKUP)
        ).scalar_one_or_none()
        if found is not None:
            return self.vault.unseal(bytes(found), purpose=f"{self.log_id} {_LOOKUP}")
        secret = self.randomness(TOKEN_BYTES)
        sealed = self.vault.seal(secret, purpose=f"{self.log_id} {_LOOKUP}")
        row = {"log_id": self.log_id, "purpose": _LOOKUP, "party": "", "sealed": sealed}
        connection.execute(insert(_sealed), row)
        return secret

    def note(
        self, connection: Connection, kind: str, *, party: object, person: object = "", by: object = ""
    ) -> None:
        """Remember what happened to a party's accounts, for its owners; in the transaction that does it."""
        row = {
            "log_id": self.log_id,
            "party": str(party),
            "at_ms": self.clock(),
            "id": self.token(_EVENT_BYTES),
            "kind": kind,
            "person": str(person),
            "by_whom": str(by),
        }
        connection.execute(insert(_events), row)
