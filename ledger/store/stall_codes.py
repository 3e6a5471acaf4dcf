"""Stall codes: which stall has opened a page for everybody, since when, and until when.

To publish is an explicit act: of the stall, or of the market that enters its records. One code is good at a time; a new one ends the one
before, and an ended code opens nothing ever again, so that a card left behind by somebody else speaks for nobody. What the page shows is
not decided here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from ledger.identifiers import PartyId, StallCode
from ledger.store.engine import reading, writing
from ledger.store.tables import StallCodeRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine, Row

_RANDOM_BYTES: Final = 10
_codes = StallCodeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Opened:
    """One code: of which stall, who published it and when, and when it was withdrawn."""

    code: StallCode
    party: PartyId
    by_whom: PartyId
    made_ms: int
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class StallCodes:
    """The stall codes of one log."""

    engine: Engine
    log_id: str
    clock: Callable[[], int]

    def open(
        self, party: PartyId, *, by_whom: PartyId, random: Callable[[int], bytes] = os.urandom
    ) -> Opened:
        """A new code for a stall; the one it had opens nothing from now on."""
        code, now = StallCode.new(random(_RANDOM_BYTES)), self.clock()
        with writing(self.engine) as connection:
            self._end(connection, party, now)
            row = {
                "code": str(code),
                "log_id": self.log_id,
                "party": str(party),
                "by_whom": str(by_whom),
                "made_ms": now,
                "ended_ms": None,
            }
            connection.execute(insert(_codes), row)
        return Opened(code=code, party=party, by_whom=by_whom, made_ms=now, ended_ms=None)

    def end(self, party: PartyId) -> None:
        """The stall's code opens nothing from now on."""
        with writing(self.engine) as connection:
            self._end(connection, party, self.clock())

    def of(self, party: PartyId) -> Opened | None:
        """The code of a stall that is good now."""
        with reading(self.engine) as connection:
            row = connection.execute(
                select(_codes).where(
                    _codes.c.log_id == self.log_id,
                    _codes.c.party == str(party),
                    _codes.c.ended_ms.is_(None),
                )
            ).first()
        return None if row is None else _opened(row)

    def find(self, code: StallCode) -> Opened | None:
        """What a code opens or once opened."""
        with reading(self.engine) as connection:
            row = connection.execute(
                select(_codes).where(_codes.c.code == str(code), _codes.c.log_id == self.log_id)
            ).one_or_none()
        return None if row is None else _opened(row)

    def _end(self, connection: Connection, party: PartyId, now: int) -> None:
        connection.execute(
            update(_codes)
            .where(_codes.c.log_id == self.log_id, _codes.c.party == str(party), _codes.c.ended_ms.is_(None))
            .values(ended_ms=now)
        )


def _opened(row: Row[tuple[object, ...]]) -> Opened:
    return Opened(
        code=StallCode.parse(row.code),
        party=PartyId.parse(row.party),
        by_whom=PartyId.parse(row.by_whom),
        made_ms=int(row.made_ms),
        ended_ms=None if row.ended_ms is None else int(row.ended_ms),
    )
