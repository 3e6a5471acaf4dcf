"""Packs inside packs: in which larger packs one pack lay, and which records moved it there without naming it.

A case moves with everything in it, so the way of a box is its own records and those of its case for as long as it lay inside. What
was put in and never recorded as taken out is still inside, by the records; whether that can be true is for the findings to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.views.book import about, about_many, code_key
from ledger.vocabulary.goods import Packing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.views.book import Book, Record

#: Box, case, pallet, container: nobody packs deeper.
LEVELS_MAX: Final = 6
#: What one packing may hold is looked through for packs that have a way of their own.
INSIDE_MAX: Final = 5_000

_Order = tuple[int, int]
_EVER: Final[_Order] = (1 << 62, 0)


@dataclass(frozen=True, slots=True)
class Stay:
    """One time in a larger pack: the record that put the pack in, and the one that took it out (None: it never was)."""

    parent: str
    packed: Record
    unpacked: Record | None

    @property
    def until(self) -> _Order:
        """When it ended."""
        return _EVER if self.unpacked is None else self.unpacked.order

    def lasts_at(self, record: Record) -> bool:
        """Whether the pack lay inside when this was recorded to happen."""
        return self.packed.order < record.order < self.until


@dataclass(frozen=True, slots=True)
class Carried:
    """A record that names a larger pack while the pack asked about lay in it."""

    record: Record
    named: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A pack that lies in itself: the stay in the pack that it lies in, and the record that put that one, or one around it, into the first."""

    stay: Stay
    around: Record


@dataclass(frozen=True, slots=True)
class Nest:
    """Where one pack lay, and what happened to what it lay in."""

    stays: tuple[Stay, ...]
    carried: tuple[Carried, ...]
    #: The first time that a pack around it was put into this very pack, while it lay in there.
    itself: Circle | None = None


def stays_of(code: str, records: Iterable[Record]) -> tuple[Stay, ...]:
    """Every stay of this pack in a larger one, by the records that name it, in order."""
    open_: dict[str, Record] = {}
    stays: list[Stay] = []
    for record in sorted(records, key=lambda one: one.order):
        said = record.said
        if not isinstance(said, Packing) or code not in said.codes or said.parent_code == code:
            continue
        if said.action == "pack":
            open_.setdefault(said.parent_code, record)
        elif said.parent_code in open_:
            stays.append(Stay(said.parent_code, open_.pop(said.parent_code), record))
    stays.extend(Stay(parent, packed, None) for parent, packed in open_.items())
    return tuple(sorted(stays, key=lambda one: one.packed.order))


def nest_of(book: Book, code: str, records: Sequence[Record]) -> Nest:
    """Where the pack lay, level by level; `records` are those that mention it."""
    stays = stays_of(code, records)
    carried: dict[int, Carried] = {}
    # Of each pack around it: by which of its stays it lies in there, from when, until when.
    inside = [(place, one.parent, one.packed.order, one.until) for place, one in enumerate(stays)]
    itself: Circle | None = None
    # A pack may come into one and the same pallet twice, once within a case and once by itself: each time counts for its time.
    seen: set[tuple[int, str, _Order, _Order]] = set()
    for _ in range(LEVELS_MAX):
        inside = [one for one in dict.fromkeys(inside) if one not in seen]
        if not inside:
            break
        seen.update(inside)
        by_key = about_many(book, [code_key(parent) for _, parent, _, _ in inside])
        above: list[tuple[int, str, _Order, _Order]] = []
        for place, parent, first, last in inside:
            near = by_key.get(code_key(parent), [])
            for record in near:
                if first < record.order < last and not isinstance(record.said, Packing):
                    carried.setdefault(record.seq, Carried(record, parent))
            for stay in stays_of(parent, near):
                start, end = max(first, stay.packed.order), min(last, stay.until)
                if start < end and stay.parent != code:
                    above.append((place, stay.parent, start, end))
                elif start < end and (itself is None or stay.packed.seq < itself.around.seq):
                    itself = Circle(stays[place], stay.packed)
        inside = above
    return Nest(stays, tuple(sorted(carried.values(), key=lambda one: one.record.order)), itself)


def lies_in(book: Book, code: str) -> tuple[str, ...]:
    """The packs in which this one lies by the records, the nearest first: packed and not taken out."""
    chain: dict[str, None] = {}
    waiting = [code]
    for _ in range(LEVELS_MAX):
        by_key = about_many(book, [code_key(one) for one in waiting])
        above = [
            stay.parent
            for one in waiting
            for stay in stays_of(one, by_key.get(code_key(one), ()))
            if stay.unpacked is None
        ]
        waiting = [one for one in dict.fromkeys(above) if one not in chain and one != code]
        if not waiting:
            break
        chain.update(dict.fromkeys(waiting))
    return tuple(chain)


def packed_in(book: Book, parent: str) -> tuple[str, ...]:
    """What lies in a pack by the records, without what lies in that again, in the order in which it was put in."""
    inside: dict[str, None] = {}
    for record in sorted(about(book, code_key(parent)), key=lambda one: one.order):
        said = record.said
        if not isinstance(said, Packing) or said.parent_code != parent:
            continue
        for code in said.codes:
            if said.action == "pack":
                inside.setdefault(code)
            else:
                inside.pop(code, None)
    return tuple(inside)


def inside_of(book: Book, parents: Iterable[str]) -> set[str]:
    """Every pack that ever was put into one of these, or into what was put into them."""
    found: set[str] = set()
    waiting = set(parents)
    asked: set[str] = set()
    for _ in range(LEVELS_MAX):
        asked |= waiting
        by_key = about_many(book, [code_key(one) for one in sorted(waiting)])
        new = {
            code
            for parent in waiting
            for record in by_key.get(code_key(parent), ())
            if isinstance(record.said, Packing) and record.said.parent_code == parent
            for code in record.said.codes
        }
        waiting = new - asked
        found |= new
        if not waiting or len(found) > INSIDE_MAX:
            break
    return found
