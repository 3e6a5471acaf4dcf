"""The book in the database: the same answers as `ledger.views.book.MemoryBook`, read within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.canonical import Json, canonical, read
from ledger.errors import LedgerFault, UnknownName, Words
from ledger.identifiers import PartyId, StatementId
from ledger.log.entry import Entry
from ledger.register import Register
from ledger.statement import Envelope, Header, OpenedItem, Statement
from ledger.store.edges import reach_in, ways_in
from ledger.store.sql import Sql
from ledger.store.tables import MentionRow
from ledger.views.book import LooksUp, Mention, Record, statement_key
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.register import Custody
    from ledger.store.edges import Graph
    from ledger.trace.reach import Reach
    from ledger.trace.shelf import Direction
    from ledger.views.book import Book
    from ledger.vocabulary.said import Said

#: How many values one `IN (…)` holds.
ASKED_AT_ONCE_MAX = 500

_mentions = MentionRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

_Asked = TypeVar("_Asked")
_Thing = TypeVar("_Thing")
_Sheet = TypeVar("_Sheet")

#: What is mentioned, as of one size. `+ 0` keeps SQLite from reading through the whole log by position: it takes the index by key.
_MENTIONED: Final = Sql[tuple[str, int, int]].of(
    "SELECT key, occurred_ms, seq FROM mentions "
    "WHERE key {texts} AND log_id = {} AND seq + 0 < {} AND (until_seq IS NULL OR until_seq >= {})"
)
#: Whether anything was mentioned under some keys, or put right under them, from one size on and before another.
_CHANGED: Final = Sql[tuple[int]].of(
    "SELECT 1 FROM mentions WHERE key {texts} AND log_id = {} "
    "AND ((seq + 0 >= {} AND seq + 0 < {}) OR (until_seq >= {} AND until_seq < {})) LIMIT 1"
)
#: Few records are marked, and SQLite would rather go through all entries below the size: so marks come first (CROSS JOIN keeps the order), and
#: the size is asked of them alone (+ 0 keeps it from being asked of the entries too).
_MARKED: Final = Sql[tuple[int, str]].of(
    "SELECT marks.seq, entries.statement_id FROM marks CROSS JOIN entries "
    "WHERE entries.log_id = marks.log_id AND entries.seq = marks.by_seq "
    "AND marks.log_id = {} AND marks.seq {numbers} AND marks.by_seq + 0 < {}"
)
_STORED: Final = Sql[tuple[int, bytes, bytes, bytes]].of(
    "SELECT entries.seq, entries.raw, envelopes.raw, items.opened FROM entries "
    "JOIN envelopes ON envelopes.log_id = entries.log_id AND envelopes.seq = entries.seq "
    "JOIN items ON items.log_id = entries.log_id AND items.seq = entries.seq "
    "WHERE entries.log_id = {} AND entries.seq {numbers} ORDER BY entries.seq"
)
_POSITION: Final = Sql[tuple[int]].of(
    "SELECT seq FROM entries WHERE log_id = {} AND issuer = {} AND statement_id = {}"
)


class StoreBroken(LedgerFault):
    """Stored bytes do not read back as what was stored. `suyuan audit` names the place."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as its rows hold it: the leaf, the envelope, and the items that are left (None where erased)."""

    seq: int
    entry: Entry
    envelope: Envelope
    opened: tuple[OpenedItem | None, ...]

    @property
    def header(self) -> Header:
        """The signed header."""
        return Header.parse(self.envelope.payload)


@dataclass(slots=True)
class Memory:
    """What one reading of the book has fetched already: the book does not change under it."""

    mentions: dict[str, list[Mention]] = field(default_factory=dict)
    records: dict[int, Record] = field(default_factory=dict)
    #: What the records about a thing come to, or the book as a whole says of it, by who reads them so and by the thing.
    sheets: dict[tuple[object, object], object] = field(default_factory=dict)

    def with_what(self, other: Memory) -> Memory:
        """Both, in one of its own."""
        return Memory(
            self.mentions | other.mentions, self.records | other.records, self.sheets | other.sheets
        )


@dataclass(frozen=True, slots=True)
class SqlBook(LooksUp):
    """See `ledger.views.book.Book`. `size` may be less than the log's: then the book stands as it stood then."""

    connection: Connection
    log_id: str
    register: Register
    size: int
    #: Whether it stands where the log stood when it was opened.
    newest: bool = False
    memory: Memory | None = None
    graph: Graph | None = None

    def held(self) -> SqlBook:
        """The same book for a stretch in which nothing is written: everything is fetched once."""
        return replace(self, memory=Memory())

    def remembering(self, memory: Memory) -> SqlBook:
        """The same book with what another reading fetched, of which nothing has changed in between (`says_more_than`)."""
        return replace(self, memory=memory.with_what(self.memory or Memory()))

    def remembered(self) -> Memory:
        """What this reading has fetched, for another one."""
        return Memory().with_what(self.memory or Memory())

    def mentions(self, keys: Collection[str]) -> list[Mention]:
        """See `Book`."""
        wanted = set(keys)
        if self.memory is None:
            return sorted(self._fetch_mentions(wanted))
        known = self.memory.mentions
        unknown = {key for key in wanted if key not in known}
        if unknown:
            known.update({key: [] for key in unknown})
            # Sorted here: databases disagree on how text sorts.
            for mention in sorted(self._fetch_mentions(unknown)):
                known[mention.key].append(mention)
        return [mention for key in sorted(wanted) for mention in known[key]]

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        """See `Book`."""
        wanted = set(seqs)
        if self.memory is None:
            return self._fetch_records(wanted)
        known = self.memory.records
        unknown = {seq for seq in wanted if seq not in known}
        if unknown:
            known.update(self._fetch_records(unknown))
        return {seq: known[seq] for seq in wanted if seq in known}

    def stored(self, seq: int) -> Stored:
        """One entry with its envelope and the items that are left."""
        return stored_entry(self.connection, self.log_id, seq)

    def asked(self) -> frozenset[str]:
        """The keys that this reading was asked for: what was computed from it follows from them."""
        assert self.memory is not None, "only a book that is held knows what it was asked"
        return frozenset(self.memory.mentions)

    def says_more_than(self, size: int, keys: Collection[str]) -> bool:
        """Whether anything under these keys is new, or was put right, since the log had that size. What was erased is not told by this."""
        between = (size, self.size)
        return bool(_CHANGED.rows(self.connection, sorted(keys), self.log_id, *between, *between))

    def sheet(
        self, of: Callable[[_Thing, Sequence[Record]], _Sheet], thing: _Thing, key: Callable[[_Thing], str]
    ) -> _Sheet:
        """See `Book`: read once for as long as the book is held."""
        return self._found((of, thing), lambda: of(thing, self.about(key(thing))))

    def once(self, of: Callable[[Book, _Thing], _Sheet], thing: _Thing) -> _Sheet:
        """See `Book`."""
        return self._found((of, thing), lambda: of(self, thing))

    def _found(self, place: tuple[object, object], find: Callable[[], _Sheet]) -> _Sheet:
        if self.memory is None:
            return find()
        known = self.memory.sheets
        if place not in known:
            known[place] = find()
        return known[place]  # type: ignore[return-value]  # what was found for this place

    def reach(self, starts: Collection[int], direction: Direction, *, nodes_max: int) -> Reach:
        """See `ledger.trace.reach.Reaching`."""
        near = None if self.graph is None else self.graph.at(self)
        if near is not None:
            return near.reach(starts, direction, size=self.size, nodes_max=nodes_max)
        return reach_in(self.connection, self.log_id, starts, direction, size=self.size, nodes_max=nodes_max)

    def ways_from(self, nodes: Collection[int], direction: Direction) -> Collection[int]:
        """See `ledger.trace.reach.Reaching`."""
        near = None if self.graph is None else self.graph.at(self)
        if near is not None:
            return near.ways_from(nodes, direction, size=self.size)
        return ways_in(self.connection, self.log_id, nodes, direction, size=self.size)

    def _fetch_mentions(self, keys: Collection[str]) -> list[Mention]:
        return mentions_in(self.connection, self.log_id, keys, size=self.size)

    def _fetch_records(self, seqs: Collection[int]) -> dict[int, Record]:
        return records_in(self.connection, self.log_id, seqs, register=self.register, size=self.size)

    def position(self, statement: StatementId, issuer: PartyId | None = None) -> int | None:
        """See `Book`."""
        if issuer is not None:
            found = _POSITION.rows(self.connection, self.log_id, str(issuer), str(statement))
            return min((seq for (seq,) in found if seq < self.size), default=None)
        records = self.records({mention.seq for mention in self.mentions([statement_key(statement)])})
        return min((seq for seq, record in records.items() if record.header.id == statement), default=None)


def mentions_in(connection: Connection, log_id: str, keys: Collection[str], *, size: int) -> list[Mention]:
    """All mentions of these keys as of one log size, in no order: databases disagree on how text sorts."""
    return [Mention(*row) for row in _MENTIONED.rows(connection, list(keys), log_id, size, size)]


def records_in(
    connection: Connection, log_id: str, seqs: Collection[int], *, register: Register, size: int
) -> dict[int, Record]:
    """The records at these positions as of one log size."""
    marks = dict(_MARKED.rows(connection, log_id, sorted(seqs), size))
    return {
        seq: _record(
            seq,
            entry,
            _read_large(envelope, opened)
            if len(opened) > OPENED_BYTES_LARGE
            else _read_once(envelope, opened),
            register=register,
            superseded_by=StatementId.parse(marks[seq]) if seq in marks else None,
        )
        for seq, entry, envelope, opened in _stored_rows(connection, log_id, seqs)
    }


def stored_entries(connection: Connection, log_id: str, seqs: Collection[int]) -> Iterator[Stored]:
    """The entries at these positions, in order, every byte read strictly again."""
    for seq, raw, envelope, opened in _stored_rows(connection, log_id, seqs):
        yield Stored(
            seq=seq, entry=Entry.parse(raw), envelope=Envelope.parse(envelope), opened=read_opened(opened)
        )


def stored_entry(connection: Connection, log_id: str, seq: int) -> Stored:
    """The entry at this position; `UnknownName` where there is none."""
    for stored in stored_entries(connection, log_id, [seq]):
        return stored
    raise UnknownName(field="entry", came=seq, expected=Words(zh="已有的位置", en="a position in the log"))


def _stored_rows(
    connection: Connection, log_id: str, seqs: Collection[int]
) -> Iterator[tuple[int, bytes, bytes, bytes]]:
    for seq, raw, envelope, opened in _STORED.rows(connection, log_id, sorted(set(seqs))):
        yield seq, bytes(raw), bytes(envelope), bytes(opened)


@dataclass(frozen=True, slots=True)
class _Content:
    """What an envelope and its items say, whatever their place in the log."""

    header: Header
    keyids: tuple[str, ...]
    said: Said | None
    missing: tuple[int, ...]


#: The same bytes always say the same; after an erasure the bytes are others, so nothing in here can be stale.
_CONTENTS_HELD = 4_096
#: A statement that lists a thousand codes takes a third of a megabyte: few of those are held.
OPENED_BYTES_LARGE: Final = 16 * 1024
_LARGE_HELD: Final = 128


@lru_cache(maxsize=_CONTENTS_HELD)
def _read_once(envelope: bytes, opened: bytes) -> _Content:
    one = Envelope.parse(envelope)
    return _content(one, read_opened(opened))


@lru_cache(maxsize=_LARGE_HELD)
def _read_large(envelope: bytes, opened: bytes) -> _Content:
    return _read_once.__wrapped__(envelope, opened)


def forget_contents() -> None:
    """Let go of everything read so far: what was just erased must not live on in memory."""
    _read_once.cache_clear()
    _read_large.cache_clear()


def _content(envelope: Envelope, opened: Sequence[OpenedItem | None]) -> _Content:
    header = Header.parse(envelope.payload)
    said = said_type(header.type).from_remaining([one.item for one in opened if one is not None])
    return _Content(
        header=header,
        keyids=tuple(one.keyid for one in envelope.signatures),
        said=said,
        missing=tuple(place for place, one in enumerate(opened) if one is None),
    )


def record_of(stored: Stored, *, register: Register, superseded_by: StatementId | None) -> Record:
    """A stored entry as a record. Its bytes were checked when they were admitted; the audit checks them again."""
    content = _content(stored.envelope, stored.opened)
    return _record(stored.seq, stored.entry.raw, content, register=register, superseded_by=superseded_by)


def _record(
    seq: int, entry: bytes, content: _Content, *, register: Register, superseded_by: StatementId | None
) -> Record:
    return Record(
        seq=seq,
        at_ms=Entry.parse(entry).at_ms,
        header=content.header,
        said=content.said,
        custody=custody_of(content.keyids, register, at=seq),
        missing=content.missing,
        superseded_by=superseded_by,
        keyids=content.keyids,
    )


def custody_of(keyids: Iterable[str], register: Register, *, at: int) -> Custody:
    """`custodial` if the operator holds any of the keys that signed the entry at `at`; one that it enrols itself signed for nobody."""
    for keyid in keyids:
        enrolment = register.keys.get(keyid)
        if enrolment is not None and enrolment.custody == "custodial" and enrolment.since < max(at, 1):
            return "custodial"
    return "own"


def read_opened(raw: bytes) -> tuple[OpenedItem | None, ...]:
    """The items row: a JSON list in which an erased place is null."""
    value = read(raw, field="items", bytes_max=4 * 1024 * 1024)
    if not isinstance(value, Sequence) or isinstance(value, str):
        message = f"an items row holds {value!r}, expected a list"
        raise StoreBroken(message)
    return tuple(
        None if one is None else OpenedItem.from_json(one, field=f"items[{place}]")
        for place, one in enumerate(value)
    )


def write_opened(opened: Iterable[OpenedItem | None]) -> bytes:
    """The inverse of `read_opened`."""
    body: list[Json] = [None if one is None else one.as_json() for one in opened]
    return canonical(body)


def register_of(connection: Connection, log_id: str, *, size: int, known: Register | None = None) -> Register:
    """The register at one log size: its own statements folded in order, from what is known of an earlier size on."""
    register = known if known is not None and known.size <= size else None
    if register is not None and register.size == size:
        return register
    start = 0 if register is None else register.size
    # From the beginning, the few register statements are found by their types; later on, what is new is found by its place.
    among = _REGISTER_SINCE if start else _REGISTER_WHOLE
    rows = among.rows(connection, list(_REGISTER_KEYS), log_id, start, size)
    for stored in stored_entries(connection, log_id, {seq for (seq,) in rows}):
        opened = tuple(one for one in stored.opened if one is not None)
        statement = Statement(envelope=stored.envelope, header=stored.header, opened=opened)
        register = Register.found(statement) if register is None else register.after(statement, at=stored.seq)
    if register is None:
        message = f"log {log_id} has no genesis"
        raise StoreBroken(message)
    return register.at_size(size)


_REGISTER_WHOLE = Sql[tuple[int]].of(
    "SELECT seq FROM mentions WHERE key {texts} AND log_id = {} AND seq + 0 >= {} AND seq + 0 < {}"
)
_REGISTER_SINCE = Sql[tuple[int]].of(
    "SELECT seq FROM mentions WHERE key {texts} AND log_id = {} AND seq >= {} AND seq < {}"
)
_REGISTER_KEYS = tuple(f"type/{kind}" for kind in ("genesis.v1", "key.v1", "credential.v1", "log_key.v1"))


def portions(values: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    """The values, as many at a time as one question may name."""
    for start in range(0, len(values), ASKED_AT_ONCE_MAX):
        yield values[start : start + ASKED_AT_ONCE_MAX]
