"""Keeping the views in step, in the transaction that records: what one commit takes is folded in one go.

Four tables hold nothing that the log does not say: `marks` (which record was put right by which), `mentions` (the index), `edges` (the
steps of goods) and `findings`. `fold` writes the first three for all entries that wait on a page, `fold_findings` judges once what all of
them touched; `folded` makes the tables again from a whole book, for the audit to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, insert, update

from ledger.canonical import canonical
from ledger.findings import Finding, judge, judge_many, subjects_of, subjects_touched
from ledger.store.book import forget_contents, write_opened
from ledger.store.edges import end_edges, erase_edges
from ledger.store.erasing import note_removals
from ledger.store.sql import Sql
from ledger.store.tables import ItemsRow, MarkRow, MentionRow
from ledger.trace.reach import ways_of
from ledger.views.book import keys_of, lasts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from ledger.store.page import Page
    from ledger.views.book import Book, Record
    from ledger.vocabulary.registering import Erasure

_items, _marks = ItemsRow.__table__, MarkRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_mentions = MentionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: As `Views.findings` holds them.
_FindingRow = tuple[str, int, str, str, str, int, bytes]

_MENTION: Final = Sql[tuple[()]].inserting("mentions", "key", "log_id", "occurred_ms", "seq")
_EDGE: Final = Sql[tuple[()]].inserting("edges", "log_id", "seq", "source", "target")
_FINDING: Final = Sql[tuple[()]].inserting(
    "findings", "subject", "log_id", "number", "party", "kind", "grade", "since_ms", "body"
)
_FOUND: Final = Sql[_FindingRow].of(
    "SELECT subject, number, party, kind, grade, since_ms, body FROM findings "
    "WHERE subject {texts} AND log_id = {}"
)
_FINDING_GONE: Final = Sql[tuple[()]].of(
    "DELETE FROM findings WHERE subject = {} AND log_id = {} AND number = {}"
)


@dataclass(frozen=True, slots=True)
class Views:
    """The four view tables as sets of rows, to be compared."""

    marks: frozenset[tuple[int, int]]
    mentions: frozenset[tuple[str, int, int, int | None]]
    edges: frozenset[tuple[int, int, int, int | None]]
    findings: frozenset[_FindingRow]


def fold(connection: Connection, page: Page) -> None:
    """Write what the waiting entries mark, mention and move. Rows go in the order of their keys: neighbours share a page of the disk."""
    log_id = page.log_id
    write_rows(connection, log_id, [one.record for one in page.waiting])
    for seq, by_seq in page.marks.items():
        connection.execute(insert(_marks), {"log_id": log_id, "seq": seq, "by_seq": by_seq})
        end_mentions(connection, log_id, seq=seq, by_seq=by_seq)
        end_edges(connection, log_id, seq=seq, by_seq=by_seq)


def write_rows(connection: Connection, log_id: str, records: Sequence[Record]) -> None:
    """Write what these records mention and move."""
    _MENTION.each(
        connection,
        sorted((key, log_id, one.occurred_ms, one.seq) for one in records for key in one.keys),
    )
    _EDGE.each(
        connection,
        [(log_id, one.seq, source, target) for one in records for source, target in sorted(ways_of(one))],
    )


def fold_findings(connection: Connection, page: Page, subjects: Collection[str]) -> None:
    """Judge these subjects by the book as it now stands, and leave in the table what is found about them and nothing else."""
    # What is mentioned is read in one look; a judge then finds nearly everything at hand.
    page.expect(subjects)
    log_id = page.log_id
    stood = set(_FOUND.rows(connection, sorted(subjects), log_id))
    judged = judge_many(subjects, page)
    found = {row for subject, findings in judged.items() for row in _finding_rows(subject, findings)}
    _FINDING_GONE.each(connection, sorted((row[0], log_id, row[1]) for row in stood - found))
    _FINDING.each(connection, sorted((row[0], log_id, *row[1:]) for row in found - stood))


def folded(book: Book, records: Iterable[Record], until: dict[int, int]) -> Views:
    """The views made again from nothing: `records` in log order, `until` the mark of each record that was put right."""
    mentions: set[tuple[str, int, int, int | None]] = set()
    edges: set[tuple[int, int, int, int | None]] = set()
    subjects: set[str] = set()
    for record in records:
        end = until.get(record.seq)
        for key in keys_of(record):
            mentions.add((key, record.occurred_ms, record.seq, None if lasts(key) else end))
        edges |= {(record.seq, source, target, end) for source, target in ways_of(record)}
        # All there is to judge, not only what some change touched.
        subjects |= subjects_of(record)
    findings = {row for subject in subjects for row in _finding_rows(subject, judge(subject, book))}
    return Views(
        marks=frozenset(until.items()),
        mentions=frozenset(mentions),
        edges=frozenset(edges),
        findings=frozenset(findings),
    )


def erase(connection: Connection, page: Page, erasure: Erasure, *, by_seq: int) -> set[str]:
    """Remove item bytes and salts, and every mention that only they made; note what is to be removed after COMMIT.

    Everything on the page must have been written. Returns what must be judged again.
    """
    touched, freed = set[str](), set[str]()
    for one in erasure.erased:
        seq = page.position(one.statement, one.issuer)
        if seq is None:  # The gate has seen it.
            continue
        before = page.records([seq])[seq]
        touched |= subjects_touched(before, page)
        left = [None if place in one.places else kept for place, kept in enumerate(page.stored(seq).opened)]
        connection.execute(
            update(_items)
            .where(_items.c.log_id == page.log_id, _items.c.seq == seq)
            .values(opened=write_opened(left))
        )
        page.forget()
        after = page.records([seq])[seq]
        erase_edges(connection, page.log_id, before=before, after=after)
        gone = keys_of(before) - keys_of(after)
        freed |= gone
        if gone:
            connection.execute(
                delete(_mentions).where(
                    _mentions.c.log_id == page.log_id,
                    _mentions.c.seq == seq,
                    _mentions.c.key.in_(sorted(gone)),
                )
            )
        page.forget()
        touched |= subjects_touched(after, page)
    note_removals(connection, page.log_id, by_seq=by_seq, keys=freed)
    forget_contents()
    return touched


def end_mentions(connection: Connection, log_id: str, *, seq: int, by_seq: int) -> None:
    """What the record at `seq` mentions counts no more from `by_seq` on; its own history stays."""
    connection.execute(
        update(_mentions)
        .where(_mentions.c.log_id == log_id, _mentions.c.seq == seq, _mentions.c.key.not_like("statement/%"))
        .values(until_seq=by_seq)
    )


def _finding_rows(subject: str, findings: Iterable[Finding]) -> list[_FindingRow]:
    return [
        (subject, number, str(one.party), one.kind, one.grade, one.since_ms, canonical(one.as_json()))
        for number, one in enumerate(findings)
    ]
