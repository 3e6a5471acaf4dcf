"""Reading the findings table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger.canonical import read_object
from ledger.findings import Finding
from ledger.store.tables import FindingRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.identifiers import PartyId

_findings = FindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def findings_in(
    connection: Connection,
    log_id: str,
    *,
    party: PartyId | None = None,
    since_ms: int = 0,
    until_ms: int | None = None,
) -> list[Finding]:
    """Findings that arose in [since, until), all of them or one party's, oldest first."""
    wanted = select(_findings.c.body).where(_findings.c.log_id == log_id, _findings.c.since_ms >= since_ms)
    if party is not None:
        wanted = wanted.where(_findings.c.party == str(party))
    if until_ms is not None:
        wanted = wanted.where(_findings.c.since_ms < until_ms)
    rows = connection.execute(wanted.order_by(_findings.c.since_ms, _findings.c.subject, _findings.c.number))
    return [Finding.from_json(read_object(bytes(body))) for (body,) in rows]
