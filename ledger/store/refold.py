"""Making the views again from the log: every one of their rows is thrown away and written anew, in one transaction.

Needed when the program indexes or judges otherwise than it did when the rows were written, and for whoever does not believe them. Entries,
envelopes and items are only read. What comes out is what `fold` wrote, entry by entry; the audit compares the two in its own way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert

from ledger.findings import subjects_of
from ledger.store.book import register_of
from ledger.store.edges import end_edges
from ledger.store.fold import end_mentions, fold_findings, write_rows
from ledger.store.page import Page, Recent
from ledger.store.tables import EdgeRow, FindingRow, MarkRow, MentionRow
from ledger.views.book import corrected_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ledger.views.book import Record

_marks, _mentions = MarkRow.__table__, MentionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_edges, _findings = EdgeRow.__table__, FindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: Records read, and subjects judged, at once.
PORTION: Final = 512


def refold(
    connection: Connection,
    log_id: str,
    *,
    size: int,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> None:
    """Make marks, mentions, edges and findings of this log again. The caller holds the head row, so that nobody appends meanwhile."""
    # Who signed what is found by what the register's own records mention: read before those rows go.
    register = register_of(connection, log_id, size=size)
    for table in (_findings, _edges, _mentions, _marks):
        connection.execute(delete(table).where(table.c.log_id == log_id))
    page = Page(connection, log_id, register=register, size=size, recent=Recent())
    subjects = set[str]()
    for seqs in _ranges(size):
        records = [record for _, record in sorted(page.records(seqs).items())]
        write_rows(connection, log_id, records)
        for record in records:
            _mark(connection, page, record)
            subjects |= subjects_of(record)
        page.forget()
        progress(seqs.stop, 2 * size)
    waiting = sorted(subjects)
    for start in range(0, len(waiting), PORTION):
        fold_findings(connection, page, waiting[start : start + PORTION])
        page.forget()
        progress(size + size * min(start + PORTION, len(waiting)) // len(waiting), 2 * size)


def _mark(connection: Connection, page: Page, record: Record) -> None:
    """What a correction or an annulment puts right counts no more from here on. It stands before, so its rows are there."""
    corrected = corrected_by(record)
    seq = None if corrected is None else page.position(*corrected)
    if seq is None:
        return
    connection.execute(insert(_marks), {"log_id": page.log_id, "seq": seq, "by_seq": record.seq})
    end_mentions(connection, page.log_id, seq=seq, by_seq=record.seq)
    end_edges(connection, page.log_id, seq=seq, by_seq=record.seq)


def _ranges(size: int) -> Iterator[range]:
    for start in range(0, size, PORTION):
        yield range(start, min(start + PORTION, size))
