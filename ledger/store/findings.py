"""Reading the findings table: what stands, judged when the records were added, by the rules in force (`ledger.store.rules`)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from ledger.canonical import read_object
from ledger.findings import Finding, judge_many
from ledger.store.log_rows import read_size
from ledger.store.scans import scan_findings_about, scan_findings_in
from ledger.store.sql import Sql
from ledger.store.tables import FindingRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook

_findings = FindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def findings_in(
    connection: Connection,
    log_id: str,
    *,
    party: PartyId | None = None,
    since_ms: int = 0,
    until_ms: int | None = None,
) -> list[Finding]:
    """Findings that arose in [since, until), all of them or one party's, oldest first: those from records, and those from readings of codes."""
    wanted = select(_findings.c.body).where(_findings.c.log_id == log_id, _findings.c.since_ms >= since_ms)
    if party is not None:
        wanted = wanted.where(_findings.c.party == str(party))
    if until_ms is not None:
        wanted = wanted.where(_findings.c.since_ms < until_ms)
    rows = connection.execute(wanted.order_by(_findings.c.since_ms, _findings.c.subject, _findings.c.number))
    found = [Finding.from_json(read_object(bytes(body))) for (body,) in rows]
    read = scan_findings_in(connection, log_id, party=party, since_ms=since_ms, until_ms=until_ms)
    return sorted([*found, *read], key=lambda one: (one.since_ms, one.subject)) if read else found


_ABOUT: Final = Sql[tuple[str, bytes]].of(
    "SELECT subject, body FROM findings WHERE log_id = {} AND subject {texts} ORDER BY subject, number"
)


def findings_about(book: SqlBook, subjects: Iterable[str]) -> dict[str, tuple[Finding, ...]]:
    """What `judge_many` gives for these subjects: looked up where the book stands at the log's size, judged again where it stands at an earlier one."""
    wanted = sorted(set(subjects))
    read = scan_findings_about(book, wanted)
    if book.size != read_size(book.connection, book.log_id):
        judged = judge_many(wanted, book)
        return {one: (*judged.get(one, ()), *read.get(one, ())) for one in judged.keys() | read.keys()}
    found = defaultdict[str, list[Finding]](list)
    for subject, body in _ABOUT.rows(book.connection, book.log_id, wanted):
        found[subject].append(Finding.from_json(read_object(bytes(body))))
    for subject, some in read.items():
        found[subject].extend(some)
    return {subject: tuple(some) for subject, some in found.items()}
