"""Officials: where the holder of a certificate is competent, and when it is time to renew it (持证上岗).

Number, agency and dates of a certificate stand in the register, for everybody to check. Where its holder is competent is this server's
own matter: it bounds what is shown, and no signature rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from ledger.accounts.callers import Scope
from ledger.accounts.office import DAY_MS
from ledger.store.tables import OfficialScopeRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.accounts.office import Office
    from ledger.register import Credential

#: So many days before its last moment the holder of a certificate is reminded.
REMINDER_DAYS: Final = (30, 7, 1)

_scopes = OfficialScopeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Reminder:
    """That a certificate ends soon: the mark that was passed, and the last moment."""

    certificate: str
    days: int
    until_ms: int


def reminder(credential: Credential, *, at_ms: int) -> Reminder | None:
    """The reminder that is due: the nearest of 30, 7 and 1 days before the end; none before that, and none when it has ended."""
    left_ms = credential.valid_to_ms - at_ms
    if left_ms < 0:
        return None
    due = [days for days in REMINDER_DAYS if left_ms <= days * DAY_MS]
    return Reminder(credential.number, min(due), credential.valid_to_ms) if due else None


@dataclass(frozen=True, slots=True)
class Officials:
    """The scopes of the certificates of one log."""

    office: Office

    def bound(self, certificate: str, scope: Scope) -> None:
        """Where the holder of this certificate is competent from now on; a scope that names nothing has no bounds."""
        with self.office.writing() as connection:
            connection.execute(
                delete(_scopes).where(
                    _scopes.c.log_id == self.office.log_id, _scopes.c.certificate == certificate
                )
            )
            row = {
                "log_id": self.office.log_id,
                "certificate": certificate,
                "regions": " ".join(scope.regions),
                "categories": " ".join(scope.categories),
            }
            connection.execute(insert(_scopes), row)

    def scope_of(self, connection: Connection, certificate: str) -> Scope:
        """Where the holder of a certificate is competent."""
        row = connection.execute(
            select(_scopes.c.regions, _scopes.c.categories).where(
                _scopes.c.log_id == self.office.log_id, _scopes.c.certificate == certificate
            )
        ).one_or_none()
        if row is None:
            return Scope()
        return Scope(regions=tuple(row.regions.split()), categories=tuple(row.categories.split()))
