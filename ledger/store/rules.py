"""By which rules the stored findings were judged, and judging them again when others are in force.

The rules are data and code: the category profiles (`ledger.vocabulary.profiles`, with the operator's own folder), and the judges, whose
version `ledger.findings` counts. A ledger remembers their digest. Opened under other rules, it judges everything again before anybody
reads or records: entries stay as they are, findings become what folding the log under today's rules gives.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, select

from ledger.findings import RULES_VERSION, subjects_of
from ledger.store.book import portions, register_of
from ledger.store.engine import reading, writing
from ledger.store.fold import fold_findings
from ledger.store.page import Page, Recent
from ledger.store.tables import FindingRow, HeadRow, RulesRow
from ledger.vocabulary.profiles import rules_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_rules, _heads = RulesRow.__table__, HeadRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_findings = FindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: Records read, and subjects judged, at once.
PORTION: Final = 512


def rules_in_force() -> str:
    """Today's rules as one SHA-256: what the profiles say, and which version of the judges reads them."""
    return sha256(f"{RULES_VERSION} {rules_digest()}".encode()).hexdigest()


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
        if _judged_by(connection, log_id) == rules_in_force():
            return False
    with writing(engine) as connection:
        # Nobody can append until we are done: the head row is ours, as it is the recorder's in its own commits.
        locked = select(_heads.c.size).where(_heads.c.log_id == log_id)
        size = connection.execute(
            locked if connection.dialect.name == "sqlite" else locked.with_for_update()
        ).scalar_one()
        # Another server may have done it while we waited.
        if _judged_by(connection, log_id) == rules_in_force():
            return False
        _judge_all(connection, log_id, size=int(size))
        note_rules(connection, log_id)
    return True


def _judged_by(connection: Connection, log_id: str) -> str | None:
    found = connection.execute(select(_rules.c.digest).where(_rules.c.log_id == log_id)).scalar_one_or_none()
    return None if found is None else str(found)


def _judge_all(connection: Connection, log_id: str, *, size: int) -> None:
    recent = Recent()
    page = Page(
        connection,
        log_id,
        register=register_of(connection, log_id, size=size),
        size=size,
        recent=recent,
    )
    subjects = set[str]()
    for seqs in _ranges(size):
        for record in page.records(seqs).values():
            subjects |= subjects_of(record)
        recent.trim()
    # What earlier rules judged and today's no longer ask about.
    stood = connection.execute(select(_findings.c.subject).where(_findings.c.log_id == log_id).distinct())
    for gone in portions(sorted({subject for (subject,) in stood} - subjects)):
        connection.execute(
            delete(_findings).where(_findings.c.log_id == log_id, _findings.c.subject.in_(gone))
        )
    waiting = sorted(subjects)
    for start in range(0, len(waiting), PORTION):
        fold_findings(connection, page, waiting[start : start + PORTION])
        recent.trim()


def _ranges(size: int) -> Iterator[range]:
    for start in range(0, size, PORTION):
        yield range(start, min(start + PORTION, size))
