"""Readings of codes from the moment they are noted until their time has run out: rows that wait, a file, an entry, findings, nothing.

    note      rows that wait for their batch
    close     what waits goes into a file; its digest becomes an entry; the rows go
    drop      files whose time has run out are removed; the entry stays
    judge     what the readings that are there come to beside the records (`ledger.findings.scans`)

A crash between any two steps loses nothing and counts nothing twice: the file is on the disk before a row says that it is in it, the entry's id
follows from the file's digest, so that said again it is the same entry, and only then do the rows go.

Findings from readings are no view of the log alone: they follow from the log and from the files that are there, and are judged again by every
`judge` as far as something new may change them. They stand in a table of their own, so that an audit of the log needs no file.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select

from ledger.canonical import canonical, read_object
from ledger.findings import RULES_VERSION, Finding
from ledger.findings.scans import judge_readings
from ledger.identifiers import GoodsId, Instant, Sha256Hex, StatementId
from ledger.store.book import SqlBook, register_of
from ledger.store.engine import reading, writing
from ledger.store.log_rows import read_size
from ledger.store.scan_files import Noted, ScanFiles, ScanFileWrong, by_code
from ledger.store.sql import Sql
from ledger.store.tables import ScanFindingRow, ScanJudgedRow, ScanReadingRow
from ledger.views.book import about, about_many, code_key, of_type
from ledger.vocabulary.oversight import SCANS_MAX, ScanBatch

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from ledger.findings.scans import Reading
    from ledger.identifiers import PartyId

_waiting = ScanReadingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_findings = ScanFindingRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_judged = ScanJudgedRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: Raised when readings are judged otherwise than before; what was found by another version is judged again.
SCAN_RULES_VERSION: Final = 1
#: Times are kept to the minute: nobody needs to know more closely when somebody looked.
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
#: No entry names a time nearer than this; it is Shanghai's.
_OFFSET_MINUTES: Final = 480
#: Codes judged at once: their records are fetched together.
PORTION: Final = 512
_ID_BYTES: Final = 10
_BATCHES: Final = f"type/{ScanBatch.TYPE}"
_KEY: Final = "code/"
_LOT: Final = "goods-sheet/"

_PUT: Final = Sql[tuple[()]].inserting(
    "scan_readings", "log_id", "id", "code", "at_ms", "reader", "region", "device", "batch"
)
_TAKE: Final = Sql[tuple[()]].of(
    "UPDATE scan_readings SET batch = {} WHERE log_id = {} AND batch = '' AND id {texts}"
)
_CHANGED: Final = Sql[tuple[str]].of(
    "SELECT DISTINCT key FROM mentions WHERE log_id = {} AND (seq >= {} OR until_seq >= {}) "
    "AND (substr(key, 1, 5) = 'code/' OR substr(key, 1, 12) = 'goods-sheet/')"
)
_FOUND: Final = Sql[tuple[()]].inserting(
    "scan_findings", "subject", "log_id", "number", "party", "since_ms", "body"
)
_GONE: Final = Sql[tuple[()]].of("DELETE FROM scan_findings WHERE subject {texts} AND log_id = {}")
_ABOUT: Final = Sql[tuple[str, bytes]].of(
    "SELECT subject, body FROM scan_findings WHERE log_id = {} AND subject {texts} ORDER BY subject, number"
)


class _TakenAlready(Exception):
    """Some of the rows are in another file by now."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch as the log tells of it. `there`: whether its file still is."""

    seq: int
    digest: Sha256Hex
    count: int
    first_ms: int
    last_ms: int
    there: bool


@dataclass(frozen=True, slots=True)
class Scans:
    """The readings of one log on one server."""

    engine: Engine
    log_id: str
    files: ScanFiles
    book: Callable[[], AbstractContextManager[SqlBook]]
    #: Records a batch under this id, for whoever keeps the register; said again it is the same entry.
    say: Callable[[ScanBatch, StatementId], object]

    def note(self, readings: Iterable[Noted]) -> None:
        """Write down readings that wait for their batch."""
        rows = [
            (
                self.log_id,
                secrets.token_hex(_ID_BYTES),
                one.code,
                one.at_ms - one.at_ms % MINUTE_MS,
                one.reader,
                one.region,
                one.device,
                "",
            )
            for one in readings
        ]
        if rows:
            with writing(self.engine) as connection:
                _PUT.each(connection, rows)

    def waiting_since(self) -> int | None:
        """When the first of the readings that wait was made; None where none does."""
        mine = select(func.min(_waiting.c.at_ms)).where(_waiting.c.log_id == self.log_id)
        with reading(self.engine) as connection:
            found = connection.execute(mine).scalar_one_or_none()
        return None if found is None else int(found)

    def close(self) -> int:
        """Put everything that waits into batches; how many were recorded."""
        with reading(self.engine) as connection:
            begun = self._begun(connection)
        # What a crash, or another process, has left half-way comes first.
        closed = sum(self._finish(Sha256Hex.parse(digest)) for digest in sorted(begun))
        while (digest := self._begin()) is not None:
            closed += self._finish(digest)
        return closed

    def batches(self, book: SqlBook) -> list[Batch]:
        """Every batch that the log tells of, in its order."""
        return [
            Batch(
                record.seq,
                said.digest,
                said.count,
                said.first_at.ms,
                said.last_at.ms,
                self.files.has(said.digest),
            )
            for record, said in of_type(about(book, _BATCHES), ScanBatch)
        ]

    def drop(self, *, before_ms: int) -> list[Batch]:
        """Remove the files whose last reading is older, and those that no entry speaks of; the batches that went."""
        with self.book() as book:
            batches = self.batches(book)
            named = {str(one.digest) for one in batches} | self._begun(book.connection)
        old = [one for one in batches if one.there and one.last_ms < before_ms]
        for one in old:
            self.files.remove(one.digest)
        self.files.sweep(named)
        return old

    def judge(self, *, again: bool = False) -> int:
        """Judge what may have changed since the last time, or `again` everything; how many findings stand."""
        with self.book() as book:
            size, rules = _last_judged(book.connection, self.log_id)
            again = again or rules != scan_rules()
            judged = self._judge(book, 0 if again else size, again=again)
            upto = book.size
        with writing(self.engine) as connection:
            if _last_judged(connection, self.log_id) == (size, rules):
                self._put(connection, judged, upto, again=again)
            return len(connection.execute(select(_findings.c.number)).all())

    def judged(self, book: SqlBook) -> dict[str, tuple[Finding, ...]]:
        """What all readings come to in this book, made again from nothing."""
        return {subject: found for subject, found in self._judge(book, 0, again=True).items() if found}

    def check(self, book: SqlBook) -> tuple[list[Batch], list[Batch]]:
        """The batches whose file is there and digests to what the log says, and those whose file is not; `ScanFileWrong` for any other."""
        batches = self.batches(book)
        return [one for one in batches if self.files.check(one.digest)], [
            one for one in batches if not one.there
        ]

    # Closing a batch

    def _begun(self, connection: Connection) -> set[str]:
        """The files that rows are marked as being in."""
        mine = select(_waiting.c.batch).distinct().where(_waiting.c.log_id == self.log_id)
        return {str(digest) for (digest,) in connection.execute(mine.where(_waiting.c.batch != ""))}

    def _begin(self) -> Sha256Hex | None:
        """The next file, with its rows marked as being in it."""
        mine = (_waiting.c.log_id == self.log_id, _waiting.c.batch == "")
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(
                    _waiting.c.id,
                    _waiting.c.code,
                    _waiting.c.at_ms,
                    _waiting.c.reader,
                    _waiting.c.region,
                    _waiting.c.device,
                )
                .where(*mine)
                .order_by(_waiting.c.at_ms, _waiting.c.id)
                .limit(SCANS_MAX)
            ).all()
        if not rows:
            return None
        digest = self.files.write(Noted(*row[1:]) for row in rows)
        try:
            with writing(self.engine) as connection:
                _mark(connection, self.log_id, digest, [row.id for row in rows])
        except _TakenAlready:
            # Another process was first, maybe with this very file: it closes it. A file that nobody speaks of is swept away later.
            return None
        return digest

    def _finish(self, digest: Sha256Hex) -> bool:
        """Record the batch of a file, and let its rows go. A file that is lost gives its rows back."""
        mine = (_waiting.c.log_id == self.log_id, _waiting.c.batch == str(digest))
        with reading(self.engine) as connection:
            times = [at for (at,) in connection.execute(select(_waiting.c.at_ms).where(*mine))]
        if not times:
            return False
        if not self.files.has(digest):
            with writing(self.engine) as connection:
                connection.execute(_waiting.update().where(*mine).values(batch=""))
            return False
        first, last = min(times), max(times)
        said = ScanBatch(
            digest=digest,
            count=len(times),
            first_at=Instant(first, _OFFSET_MINUTES),
            last_at=Instant(last, _OFFSET_MINUTES),
        )
        self.say(said, StatementId.new(last, bytes.fromhex(str(digest))[:_ID_BYTES]))
        with writing(self.engine) as connection:
            connection.execute(delete(_waiting).where(*mine))
        return True

    # Judging

    def _judge(self, book: SqlBook, since: int, *, again: bool) -> dict[str, tuple[Finding, ...]]:
        batches = [one for one in self.batches(book) if one.there]
        codes: set[str] | None = None
        lots: set[str] = set()
        if not again:
            codes, lots = _changed(book, since)
            codes |= {subject.removeprefix(_KEY) for subject in _subjects(book.connection, self.log_id)}
            for one in batches:
                if one.seq >= since:
                    codes |= self._codes(one)
        readings = [one for batch in batches for one in self._readings(batch, codes, lots)]
        found = _judged_of(by_code(readings), book)
        # Of a code whose readings are all gone nothing is found any more.
        return {code_key(one): () for one in codes or ()} | found

    def _codes(self, batch: Batch) -> set[str]:
        with suppress(ScanFileWrong):
            return self.files.codes(batch.digest)
        return set()

    def _readings(self, batch: Batch, codes: Collection[str] | None, lots: Collection[str]) -> list[Reading]:
        # A file that is another one says nothing; the audit names it.
        with suppress(ScanFileWrong):
            return list(self.files.readings(batch.digest, batch=batch.seq, codes=codes, lots=lots))
        return []

    def _put(
        self, connection: Connection, judged: Mapping[str, Iterable[Finding]], upto: int, *, again: bool
    ) -> None:
        if again:
            connection.execute(delete(_findings).where(_findings.c.log_id == self.log_id))
        else:
            _GONE.changed(connection, sorted(judged), self.log_id)
        _FOUND.each(
            connection,
            [
                (subject, self.log_id, number, str(one.party), one.since_ms, canonical(one.as_json()))
                for subject, findings in sorted(judged.items())
                for number, one in enumerate(findings)
            ],
        )
        connection.execute(delete(_judged).where(_judged.c.log_id == self.log_id))
        connection.execute(insert(_judged), {"log_id": self.log_id, "size": upto, "rules": scan_rules()})


def _mark(connection: Connection, log_id: str, digest: Sha256Hex, names: list[str]) -> None:
    """Mark rows as being in this file: all of them or none."""
    if _TAKE.changed(connection, str(digest), log_id, names) != len(names):
        raise _TakenAlready


def scan_rules() -> str:
    """By which rules readings are judged."""
    return f"{RULES_VERSION}.{SCAN_RULES_VERSION}"


def batches_told(connection: Connection, log_id: str) -> list[Sha256Hex]:
    """The digests of all batches that a log tells of, for whoever audits it: read from the entries themselves."""
    size = read_size(connection, log_id)
    book = SqlBook(
        connection=connection, log_id=log_id, register=register_of(connection, log_id, size=size), size=size
    )
    return [said.digest for _, said in of_type(about(book, _BATCHES), ScanBatch)]


def scan_findings_in(
    connection: Connection, log_id: str, *, party: PartyId | None, since_ms: int, until_ms: int | None
) -> list[Finding]:
    """Findings from readings that arose in [since, until), all of them or one party's."""
    wanted = select(_findings.c.body).where(_findings.c.log_id == log_id, _findings.c.since_ms >= since_ms)
    if party is not None:
        wanted = wanted.where(_findings.c.party == str(party))
    if until_ms is not None:
        wanted = wanted.where(_findings.c.since_ms < until_ms)
    rows = connection.execute(wanted.order_by(_findings.c.since_ms, _findings.c.subject, _findings.c.number))
    return [Finding.from_json(read_object(bytes(body))) for (body,) in rows]


def scan_findings_about(book: SqlBook, subjects: Collection[str]) -> dict[str, tuple[Finding, ...]]:
    """Findings from readings about these subjects, as far as what they rest on is in this book."""
    found: dict[str, tuple[Finding, ...]] = {}
    for subject, body in _ABOUT.rows(book.connection, book.log_id, sorted(subjects)):
        one = Finding.from_json(read_object(bytes(body)))
        if max(one.seqs) < book.size:
            found[subject] = (*found.get(subject, ()), one)
    return found


def _judged_of(readings: Mapping[str, list[Reading]], book: SqlBook) -> dict[str, tuple[Finding, ...]]:
    codes, found = sorted(readings), dict[str, tuple[Finding, ...]]()
    for start in range(0, len(codes), PORTION):
        some = codes[start : start + PORTION]
        about_many(book, [code_key(one) for one in some])
        found |= {code_key(one): judge_readings(one, readings[one], book) for one in some}
    return found


def _changed(book: SqlBook, since: int) -> tuple[set[str], set[str]]:
    """The codes, and how the codes of those lots begin, of which something was recorded or put right since."""
    keys = {key for (key,) in _CHANGED.rows(book.connection, book.log_id, since, since)}
    codes = {key.removeprefix(_KEY) for key in keys if key.startswith(_KEY)}
    lots = {f"{_lot(key.removeprefix(_LOT))}/" for key in keys if key.startswith(_LOT)}
    return codes, lots


def _lot(text: str) -> GoodsId | str:
    with suppress(ValueError):
        return GoodsId.parse(text)
    return text


def _subjects(connection: Connection, log_id: str) -> set[str]:
    rows = connection.execute(select(_findings.c.subject).where(_findings.c.log_id == log_id))
    return {str(subject) for (subject,) in rows}


def _last_judged(connection: Connection, log_id: str) -> tuple[int, str]:
    row = connection.execute(
        select(_judged.c.size, _judged.c.rules).where(_judged.c.log_id == log_id)
    ).one_or_none()
    return (0, "") if row is None else (int(row.size), str(row.rules))


__all__ = ["Batch", "Noted", "ScanFiles", "Scans", "scan_findings_about", "scan_findings_in"]
