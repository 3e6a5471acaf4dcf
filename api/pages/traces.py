"""Traces that were asked for lately, each kept for as long as nothing is recorded that it follows from.

An inspector opens the picture, then the time line, then a row, then the file: each is the same trace. It is the same for everybody; what one
reader may see of it is cut afterwards and never kept. Whether it still stands is asked of the index, as for the pages of `lean.py`: with one
look for each size of the log. An erasure lets go of all of them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from ledger.findings import contradictions, subjects_of
from ledger.store.log_rows import read_size
from ledger.trace import trace
from ledger.trace.sheets import party_views_in
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.identifiers import GoodsId, PartyId
    from ledger.register import Enrolment
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.trace import PartyView, Trace

#: Holdings of all traces that are kept, together: about two kilobytes each.
NODES_KEPT_MAX: Final = 10_000
#: What an erasure is found by.
_ERASED: Final = frozenset({f"type/{Erasure.TYPE}"})


@dataclass(frozen=True, slots=True)
class Known:
    """A trace, the sheets of the parties on it, and the subjects under which its records are judged."""

    found: Trace
    parties: Mapping[PartyId, PartyView]
    _subjects: dict[int, frozenset[str] | None] = field(default_factory=dict, repr=False, compare=False)

    def subjects(self, book: SqlBook, seqs: Iterable[int]) -> list[frozenset[str]]:
        """What these records are judged under, those that were erased left out. Each is read once."""
        wanted = set(seqs)
        new = book.records(wanted - self._subjects.keys())
        self._subjects.update(
            {seq: None if one.said is None else subjects_of(one) for seq, one in new.items()}
        )
        return [some for seq in wanted if (some := self._subjects.get(seq)) is not None]


@dataclass(slots=True)
class _Held:
    """A trace, what it follows from, and the sizes of the log, from one to another, for which it was seen to be the same."""

    known: Known
    asked: frozenset[str]
    register: Mapping[str, Enrolment]
    since: int
    until: int


class Traces:
    """The traces of one ledger, the one that was asked for longest ago first."""

    def __init__(self) -> None:
        self._held: dict[GoodsId, _Held] = {}
        #: The size of the log up to which erasures were looked for.
        self._seen = 0
        self._door = threading.Lock()

    def of(self, book: SqlBook, goods: GoodsId) -> Known:
        """The trace of some goods by this book: the one that is kept, where this book would give the same."""
        seen = self._forget_erased(book)
        kept = self._find(book, goods) if seen is not None else None
        if kept is not None:
            return kept
        found = trace(book, goods, contradictions=contradictions)
        known = Known(found, party_views_in(book, {node.holding.party for node in found.nodes}))
        if seen is not None:
            self._keep(book, goods, known, seen=seen)
        return known

    def forget(self) -> None:
        """Let go of all of them."""
        with self._door:
            self._held.clear()

    def _forget_erased(self, book: SqlBook) -> int | None:
        """Let go of everything if anything was erased since. The size of the log as this reading sees it; None where others have seen more."""
        seen = read_size(book.connection, book.log_id)
        if seen < self._seen:
            return None
        if seen > self._seen:
            erased = replace(book, size=seen).says_more_than(self._seen, _ERASED)
            with self._door:
                if erased:
                    self._held.clear()
                self._seen = max(seen, self._seen)
        return seen

    def _find(self, book: SqlBook, goods: GoodsId) -> Known | None:
        held = self._held.get(goods)
        if held is None or held.register is not book.register.keys or book.size < held.since:
            return None
        if book.size > held.until:
            if book.says_more_than(held.until, held.asked):
                return None
            held.until = book.size
        with self._door:
            if self._held.get(goods) is held:
                # Asked for just now: it goes last.
                self._held[goods] = self._held.pop(goods)
        return replace(held.known, found=replace(held.known.found, size=book.size))

    def _keep(self, book: SqlBook, goods: GoodsId, known: Known, *, seen: int) -> None:
        held = _Held(known, book.asked(), book.register.keys, book.size, book.size)
        with self._door:
            # Something may have been erased since this was read; whoever saw that has let go of the others already.
            if seen < self._seen:
                return
            self._held.pop(goods, None)
            self._held[goods] = held
            while sum(len(one.known.found.nodes) for one in self._held.values()) > NODES_KEPT_MAX:
                del self._held[next(iter(self._held))]


_OF_LEDGERS: Final[WeakKeyDictionary[Ledger, Traces]] = WeakKeyDictionary()


def traces_of(ledger: Ledger) -> Traces:
    """The traces that are kept of a ledger."""
    return _OF_LEDGERS.setdefault(ledger, Traces())
