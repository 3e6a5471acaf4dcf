"""Packs inside packs: in which larger packs one pack lay, and which records moved it there without naming it.

A case moves with everything in it, so the way of a box is its own records and those of its case for as long as it lay inside. What
was put in and never recorded as taken out is still inside, by the records; whether that can be true is for the findings to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.views.book import about_many, code_key
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
class Nest:
    """Where one pack lay, and what happened to what it lay in."""

    stays: tuple[Stay, ...]
    carried: tuple[Carried, ...]


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
    inside = [(one.parent, one.packed.order, one.until) for one in stays]
    seen = {code}
    for _ in range(LEVELS_MAX):
        inside = [one for one in inside if one[0] not in seen]
        if not inside:
            break
        seen |= {parent for parent, _, _ in inside}
        by_key = about_many(book, [code_key(parent) for parent, _, _ in inside])
        above: list[tuple[str, _Order, _Order]] = []
        for parent, first, last in inside:
            near = by_key.get(code_key(parent), [])
            for record in near:
                if first < record.order < last and not isinstance(record.said, Packing):
                    carried.setdefault(record.seq, Carried(record, parent))
            for stay in stays_of(parent, near):
                start, end = max(first, stay.packed.order), min(last, stay.until)
                if start < end:
                    above.append((stay.parent, start, end))
        inside = above
    return Nest(stays, tuple(sorted(carried.values(), key=lambda one: one.record.order)))


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
