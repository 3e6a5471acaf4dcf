"""By which rules the views were made, and making them again when others are in force.

The rules are data and code: the category profiles (`ledger.vocabulary.profiles`, with the operator's own folder), the judges, whose
version `ledger.findings` counts, and the index, whose version stands here. A ledger remembers their digest. Opened under other rules, it
makes everything again before anybody reads or records: entries stay as they are, views become what folding the log under today's rules
gives.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from ledger.findings import RULES_VERSION
from ledger.store.engine import reading, writing
from ledger.store.refold import refold
from ledger.store.tables import HeadRow, RulesRow
from ledger.vocabulary.profiles import rules_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_rules, _heads = RulesRow.__table__, HeadRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: Raised when records are indexed, or goods' steps are written, otherwise than before.
VIEWS_VERSION: Final = 8


def rules_in_force() -> str:
    """Today's rules as one SHA-256: what the profiles say, and which version of the judges reads them."""
    return sha256(f"{VIEWS_VERSION} {RULES_VERSION} {rules_digest()}".encode()).hexdigest()


def note_rules(connection: Connection, log_id: str) -> None:
    """Remember that all findings of this log were judged by today's rules."""
    connection.execute(delete(_rules).where(_rules.c.log_id == log_id))
    connection.execute(insert(_rules), {"log_id": log_id, "digest": rules_in_force()})


def keep_in_step(engine: Engine, log_id: str) -> bool:
    """Judge everything again if the findings were judged by other rules; whether they were.

    One transaction: a crash leaves the old findings under the old digest, and the next opening begins again. Two servers of one log
    are to run the same rules: each judges what it records by its own.
    """
    with reading(engine) as connection:
        if made_by(connection, log_id) == rules_in_force():
            return False
    with writing(engine) as connection:
        size = _locked(connection, log_id)
        # Another server may have done it while we waited.
        if made_by(connection, log_id) == rules_in_force():
            return False
        refold(connection, log_id, size=size)
        note_rules(connection, log_id)
    return True


def make_again(
    engine: Engine, log_id: str, *, progress: Callable[[int, int], None] = lambda _done, _of: None
) -> int:
    """Make every view of this log again, whatever its rules; gives the size of the log. Nobody can record meanwhile."""
    with writing(engine) as connection:
        size = _locked(connection, log_id)
        refold(connection, log_id, size=size, progress=progress)
        note_rules(connection, log_id)
    return size


def _locked(connection: Connection, log_id: str) -> int:
    """The size of the log. Nobody can append until we are done: the head row is ours, as it is the recorder's in its own commits."""
    locked = select(_heads.c.size).where(_heads.c.log_id == log_id)
    found = connection.execute(locked if connection.dialect.name == "sqlite" else locked.with_for_update())
    return int(found.scalar_one())


def made_by(connection: Connection, log_id: str) -> str | None:
    """The digest of the rules by which the views of this log were made; None where nobody noted it."""
    found = connection.execute(select(_rules.c.digest).where(_rules.c.log_id == log_id)).scalar_one_or_none()
    return None if found is None else str(found)
