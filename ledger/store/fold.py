"""Keeping the views in step: one admitted record at a time, in the transaction that records it.

Three tables hold nothing that the log does not say: `marks` (which record was put right by which), `mentions` (the index) and `findings`.
`fold` brings them up to date for one new record; `folded` makes them again from a whole book, for the audit to compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, update

from ledger.canonical import canonical
from ledger.findings import Finding, judge, judge_many, subjects_of, subjects_touched
from ledger.store.book import SqlBook, forget_contents, portions, stored_entries, write_opened
from ledger.store.tables import FindingRow, ItemsRow, MarkRow, MentionRow
from ledger.views.book import Book, Record, keys_of, lasts
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

_items, _marks = ItemsRow.__table__, MarkRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_mentions, _findings = MentionRow.__table__, FindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Views:
    """The three view tables as sets of rows, to be compared."""

    marks: frozenset[tuple[int, int]]
    mentions: frozenset[tuple[str, int, int, int | None]]
    findings: frozenset[tuple[str, int, str, str, str, int, bytes]]


def fold(connection: Connection, book: SqlBook, record: Record) -> None:
    """Bring the views up to date for the record that was just stored; `book` already stands behind it."""
    touched = set(subjects_touched(record, book))
    corrects = record.header.corrects
    earlier = None if corrects is None else book.position(corrects, record.header.issuer)
    if earlier is not None:
        touched |= subjects_touched(book.records([earlier])[earlier], book)
        _mark(connection, book.log_id, seq=earlier, by_seq=record.seq)
    _mention(connection, book.log_id, record)
    if isinstance(record.said, Erasure):
        touched |= _erase(connection, book, record.said)
    touched |= subjects_touched(record, book)
    _judge(connection, book, touched)


def folded(book: Book, records: Iterable[Record], until: dict[int, int]) -> Views:
    """The views made again from nothing: `records` in log order, `until` the mark of each record that was put right."""
    mentions: set[tuple[str, int, int, int | None]] = set()
    subjects: set[str] = set()
    for record in records:
        end = until.get(record.seq)
        for key in keys_of(record):
            mentions.add((key, record.occurred_ms, record.seq, None if lasts(key) else end))
        # All there is to judge, not only what some change touched.
        subjects |= subjects_of(record)
    findings = {row for subject in subjects for row in _finding_rows(subject, judge(subject, book))}
    return Views(marks=frozenset(until.items()), mentions=frozenset(mentions), findings=frozenset(findings))


def _mark(connection: Connection, log_id: str, *, seq: int, by_seq: int) -> None:
    connection.execute(insert(_marks), {"log_id": log_id, "seq": seq, "by_seq": by_seq})
    connection.execute(
        update(_mentions)
        .where(_mentions.c.log_id == log_id, _mentions.c.seq == seq, _mentions.c.key.not_like("statement/%"))
        .values(until_seq=by_seq)
    )


def _mention(connection: Connection, log_id: str, record: Record) -> None:
    connection.execute(
        insert(_mentions),
        [
            {"key": key, "log_id": log_id, "occurred_ms": record.occurred_ms, "seq": record.seq}
            for key in sorted(keys_of(record))
        ],
    )


def _erase(connection: Connection, book: SqlBook, erasure: Erasure) -> set[str]:
    """Remove item bytes and salts, and every mention that only they made."""
    touched: set[str] = set()
    for one in erasure.erased:
        seq = book.position(one.statement, one.issuer)
        if seq is None:  # The gate has seen it.
            continue
        before = book.records([seq])[seq]
        touched |= subjects_touched(before, book)
        (stored,) = stored_entries(connection, book.log_id, [seq])
        left = [None if place in one.places else kept for place, kept in enumerate(stored.opened)]
        connection.execute(
            update(_items)
            .where(_items.c.log_id == book.log_id, _items.c.seq == seq)
            .values(opened=write_opened(left))
        )
        after = book.records([seq])[seq]
        gone = keys_of(before) - keys_of(after)
        if gone:
            connection.execute(
                delete(_mentions).where(
                    _mentions.c.log_id == book.log_id,
                    _mentions.c.seq == seq,
                    _mentions.c.key.in_(sorted(gone)),
                )
            )
        touched |= subjects_touched(after, book)
    forget_contents()
    return touched


def _judge(connection: Connection, book: SqlBook, subjects: Collection[str]) -> None:
    # Nothing that is judged is written from here on: every record is fetched once, and what is mentioned in one look.
    book = book.held()
    book.records({mention.seq for mention in book.mentions(subjects)})
    for some in portions(sorted(subjects)):
        connection.execute(
            delete(_findings).where(_findings.c.subject.in_(some), _findings.c.log_id == book.log_id)
        )
    judged = judge_many(subjects, book)
    rows = [row for subject, findings in judged.items() for row in _finding_rows(subject, findings)]
    if rows:
        names = ("subject", "number", "party", "kind", "grade", "since_ms", "body")
        connection.execute(
            insert(_findings), [{"log_id": book.log_id, **dict(zip(names, row, strict=True))} for row in rows]
        )


def _finding_rows(
    subject: str, findings: Iterable[Finding]
) -> list[tuple[str, int, str, str, str, int, bytes]]:
    return [
        (subject, number, str(one.party), one.kind, one.grade, one.since_ms, canonical(one.as_json()))
        for number, one in enumerate(findings)
    ]
