"""The book as it stands while a commit is being made: what is stored, and over it what is about to be.

A commit writes its rows once, at its end; yet each of its statements is admitted by a book that already holds the ones before it. A
`Page` is that book. It asks the database for many things at once and for nothing twice. What a refused group had put on it is taken
back, and was never in a table.

`Recent` is what the recorder keeps of it from one commit to the next: records and mentions that were read or written lately. It is
true as long as nobody else writes; whoever keeps it forgets it when somebody did, when a commit failed, and after an erasure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.store.book import Stored, mentions_in, records_in, stored_entries
from ledger.views.book import Mention, Record, corrected_by, lasts, statement_key
from ledger.vocabulary.goods import Codes, Packing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from ledger.identifiers import PartyId, StatementId
    from ledger.log.entry import Entry
    from ledger.register import Register
    from ledger.statement import Statement
    from ledger.views.book import Book

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Thing = TypeVar("_Thing")
_Sheet = TypeVar("_Sheet")

#: Records the recorder keeps in memory between commits, at some 4 kB each.
RECORDS_HELD_MAX: Final = 8_192
#: Keys whose records it keeps together, at some 200 bytes each.
KEYS_HELD_MAX: Final = 32_768
#: A record that lists more codes than this is large: with a thousand it takes a third of a megabyte.
CODES_HELD_MAX: Final = 50
#: Large records it keeps.
LARGE_HELD_MAX: Final = 32
#: Longer lists are not kept for long: few are asked for, and they are whole years of one party's trade.
RECORDS_OF_A_KEY_HELD_MAX: Final = 1_000


@dataclass(slots=True)
class Recent:
    """Records by their place, and by what they mention: for each key all of them, in order."""

    records: dict[int, Record] = field(default_factory=dict)
    about: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    #: What was read of the records under a key, by reader and thing: it counts as long as they are the same tuple.
    sheets: dict[tuple[object, object], tuple[str, tuple[Record, ...], object]] = field(default_factory=dict)
    #: Those of the records that list many codes.
    large: dict[int, Record] = field(default_factory=dict)

    def take_up(self, record: Record) -> None:
        """One more record, or one that has changed."""
        self.records[record.seq] = record
        if isinstance(record.said, (Codes, Packing)) and len(record.said.codes) > CODES_HELD_MAX:
            self.large[record.seq] = record

    def forget(self) -> None:
        """Let go of everything."""
        self.large.clear()
        self.records.clear()
        self.about.clear()
        self.sheets.clear()

    def trim(self) -> None:
        """Let go of what was taken up first, once there is too much; of what is large by itself, sooner."""
        for seq in list(self.large)[: max(0, len(self.large) - LARGE_HELD_MAX)]:
            for key in self.large.pop(seq).keys:
                self.about.pop(key, None)
            self.records.pop(seq, None)
        _trim(self.records, RECORDS_HELD_MAX)
        _trim(self.sheets, KEYS_HELD_MAX)
        if len(self.about) > KEYS_HELD_MAX:
            _trim(self.about, KEYS_HELD_MAX)
            for key in [key for key, some in self.about.items() if len(some) > RECORDS_OF_A_KEY_HELD_MAX]:
                del self.about[key]


#: Of goods and parties the gate and the judges ask who or what they are; all that was ever said of them is seldom asked, and may be long.
_SHEETS: Final = {"goods": "goods-sheet/", "party": "party-sheet/"}
_ASKED: Final = frozenset(
    {"statement", "holding", "code", "voucher", "file", "phone", "address", "goods-sheet", "party-sheet"}
)


#: Where a record stands among others.
_order = attrgetter("order")


def _likely(key: str) -> str | None:
    """The key that will be asked for when a record has this one."""
    what, _, name = key.partition("/")
    if what in _SHEETS:
        return _SHEETS[what] + name
    return key if what in _ASKED else None


def _trim(held: dict[_Key, _Value], most: int) -> None:
    if len(held) > most:
        # A quarter at a time, so that this seldom happens.
        for key in list(islice(held, len(held) - most * 3 // 4)):
            del held[key]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One entry that is about to be written: its leaf, its statement, and the record it makes."""

    entry: Entry
    statement: Statement
    record: Record


class Page:
    """See `ledger.views.book.Book`. Everything that was put on the page counts, written or not."""

    def __init__(
        self, connection: Connection, log_id: str, *, register: Register, size: int, recent: Recent
    ) -> None:
        self.connection = connection
        self.log_id = log_id
        self.register = register
        self.size = size
        self.waiting: list[Waiting] = []
        #: Which record was put right by which, of those that wait.
        self.marks: dict[int, int] = {}
        self._recent = recent
        #: The places of waiting records, by what they mention.
        self._unwritten: dict[str, list[int]] = defaultdict(list)

    # The book

    def about(self, key: str) -> tuple[Record, ...]:
        """See `Book`."""
        known = self._recent.about.get(key)
        if known is None:
            self._fetch([key])
            known = self._recent.about[key]
        return known

    def about_many(self, keys: Collection[str]) -> dict[str, tuple[Record, ...]]:
        """See `Book`."""
        self._fetch(keys)
        known = self._recent.about
        return {key: records for key in sorted(set(keys)) if (records := known[key])}

    def sheet(
        self, of: Callable[[_Thing, Sequence[Record]], _Sheet], thing: _Thing, key: Callable[[_Thing], str]
    ) -> _Sheet:
        """See `Book`."""
        known = self._recent.sheets.get((of, thing))
        if known is not None and self._recent.about.get(known[0]) is known[1]:
            return known[2]  # type: ignore[return-value]  # what this reader made of it
        name = key(thing)
        records = self.about(name)
        sheet = of(thing, records)
        self._recent.sheets[of, thing] = (name, records, sheet)
        return sheet

    def once(self, of: Callable[[Book, _Thing], _Sheet], thing: _Thing) -> _Sheet:
        """See `Book`. This one changes with every entry."""
        return of(self, thing)

    def mentions(self, keys: Collection[str]) -> list[Mention]:
        """See `Book`."""
        wanted = sorted(set(keys))
        self._fetch(wanted)
        return [
            Mention(key, record.occurred_ms, record.seq)
            for key in wanted
            for record in self._recent.about[key]
        ]

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        """See `Book`."""
        known = self._recent.records
        unknown = [seq for seq in seqs if seq not in known]
        if unknown:
            found = records_in(self.connection, self.log_id, unknown, register=self.register, size=self.size)
            for one in found.values():
                self._recent.take_up(one)
            for seq in self.marks.keys() & set(unknown):
                known[seq] = replace(known[seq], superseded_by=known[self.marks[seq]].header.id)
        return {seq: known[seq] for seq in seqs if seq in known}

    def position(self, statement: StatementId, issuer: PartyId | None = None) -> int | None:
        """See `Book`. A statement's own key never ends, so it can be found by that, whatever became of it."""
        return min(
            (
                one.seq
                for one in self.about(statement_key(statement))
                if one.header.id == statement and issuer in {None, one.header.issuer}
            ),
            default=None,
        )

    def expect(self, keys: Iterable[str]) -> None:
        """Read in one go what will be asked piece by piece about records or subjects with these keys."""
        self._fetch({likely for key in keys if (likely := _likely(key)) is not None})

    def stored(self, seq: int) -> Stored:
        """One entry as its rows hold it, or are going to."""
        first = self.size - len(self.waiting)
        if seq >= first:
            one = self.waiting[seq - first]
            return Stored(
                seq=seq,
                entry=one.entry,
                envelope=one.statement.envelope,
                opened=one.statement.opened,
            )
        (stored,) = stored_entries(self.connection, self.log_id, [seq])
        return stored

    def _fetch(self, keys: Iterable[str]) -> None:
        about = self._recent.about
        new = [key for key in keys if key not in about]
        if not new:
            return
        # Of a thousand new codes none was ever mentioned: nothing is made for what nobody has spoken of.
        about.update(dict.fromkeys(new, ()))
        places = {key: set(self._unwritten[key]) for key in new if key in self._unwritten}
        for key, _, seq in mentions_in(self.connection, self.log_id, new, size=self.size):
            places.setdefault(key, set()).add(seq)
        records = self.records(set().union(*places.values()))
        for key, seqs in places.items():
            # A table that does not yet know of a mark still shows what it took away.
            counting = seqs if lasts(key) else seqs - self.marks.keys()
            about[key] = tuple(sorted((records[seq] for seq in counting), key=_order))

    # Writing on it

    def put(self, one: Waiting) -> None:
        """Put one more entry on the page, behind all others."""
        record, about = one.record, self._recent.about
        earlier = self._put_right_by(record)
        if earlier is not None:
            self._mark(earlier, by=record)
        self.waiting.append(one)
        self.size = record.seq + 1
        self._recent.take_up(record)
        for key in record.keys:
            self._unwritten[key].append(record.seq)
            known = about.get(key)
            if known is not None:
                in_order = not known or _order(known[-1]) < _order(record)
                more = (*known, record)
                about[key] = more if in_order else tuple(sorted(more, key=_order))

    def _mark(self, seq: int, *, by: Record) -> None:
        """A record was put right: it stays under its own statement, and is mentioned nowhere else."""
        before = self.records([seq])[seq]
        after = replace(before, superseded_by=by.header.id)
        self.marks[seq] = by.seq
        self._recent.records[seq] = after
        for key in before.keys:
            known = self._recent.about.get(key)
            if known is not None:
                left = (after if one.seq == seq else one for one in known if lasts(key) or one.seq != seq)
                self._recent.about[key] = tuple(left)

    def back_to(self, size: int, register: Register) -> None:
        """Take everything off again that was put behind this size."""
        while self.waiting and self.size > size:
            self._take_back(self.waiting.pop())
        if self.size > size:
            # The rest had been written, and its savepoint is rolled back.
            self.size = size
            self.forget()
        self.register = register

    def _take_back(self, one: Waiting) -> None:
        self.size = one.record.seq
        for key in one.record.keys:
            self._unwritten[key].pop()
        self._let_go(one.record, one.record.keys)
        for seq in [seq for seq, by in self.marks.items() if by == one.record.seq]:
            del self.marks[seq]
            before = self._recent.records[seq]
            self._let_go(before, before.keys)
            if seq >= self.size - len(self.waiting):
                # It waits too: no table can tell what it was.
                self._recent.records[seq] = replace(before, superseded_by=None)

    def written(self) -> None:
        """Everything that waited is in the tables now."""
        self.waiting.clear()
        self.marks.clear()
        self._unwritten.clear()

    def forget(self) -> None:
        """What the tables hold has changed under us: read it again. Nothing may wait."""
        assert not self.waiting
        self._recent.forget()

    def _put_right_by(self, record: Record) -> int | None:
        corrected = corrected_by(record)
        return None if corrected is None else self.position(*corrected)

    def _let_go(self, record: Record, keys: Iterable[str]) -> None:
        self._recent.records.pop(record.seq, None)
        for key in keys:
            self._recent.about.pop(key, None)
