"""Making a disclosure for somebody: one file that shows one record, as far as the asker may read it and wishes to show it.

Whoever may read an item may show it; what he may not read he cannot put in, and is told so by name. Of a record that he may read nothing
of he is told what everybody is told of one that does not exist. The file is remembered before it is handed out: when an item in it must be
erased later, its holder can be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from ledger.disclosure import Disclosure, Logged
from ledger.errors import NotAllowed, UnknownName, Words
from ledger.log.sizes import Position

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from api.audience import Reading
    from ledger.service import Ledger
    from ledger.statement import Item
    from ledger.store.book import SqlBook, Stored
    from ledger.views.book import Record

MEDIA_TYPE: Final = "application/vnd.suyuan.disclosure+json"


class NotYoursToShow(NotAllowed):
    """Somebody wishes to show what he may not read himself."""

    title = Words(zh="不能出示自己不能查看的内容", en="nobody shows what he may not read")


@dataclass(frozen=True, slots=True)
class Showable:
    """One record as far as one reader could show it: its items that are open to him, by their places."""

    record: Record
    stored: Stored
    items: Mapping[int, Item]

    @classmethod
    def of(cls, book: SqlBook, seq: int, reading: Reading | None) -> Self:
        """What this reader may show of the entry at `seq`; `UnknownName` where that is nothing.

        None for whoever sits at the machine where all of it lies.
        """
        record, stored = book.records([seq])[seq], book.stored(seq)
        open_ = range(len(stored.opened)) if reading is None else reading.places(record, stored.opened)
        items = {
            place: one.item for place, one in enumerate(stored.opened) if one is not None and place in open_
        }
        # The genesis is in every disclosure and has none of its own.
        if seq == 0 or (reading is not None and not items):
            raise UnknownName(
                field="statement",
                came=str(seq),
                expected=Words(zh="可以出示的记录", en="a record that you may show"),
            )
        return cls(record, stored, items)

    def places_of(self, kinds: Collection[str]) -> tuple[int, ...]:
        """The places of the items of these kinds; `NotYoursToShow` for a kind that is not open to the reader, or not there."""
        there = {one.kind for one in self.items.values()}
        for kind in kinds:
            if kind not in there:
                raise _not_open("kinds", kind, sorted(there))
        return tuple(place for place, one in self.items.items() if one.kind in kinds)

    def show(self, ledger: Ledger, places: Collection[int], *, to_whom: str, once: bool = False) -> bytes:
        """The file with the items at these places, remembered as handed out to `to_whom`.

        `once`: what anybody may take as often as he likes is remembered the first time only.
        """
        wanted = sorted(set(places))
        for place in wanted:
            if place not in self.items:
                raise _not_open("places", place, sorted(self.items))
        with ledger.book() as book:
            register = book.register
        content = Disclosure.make(
            _logged(self.stored),
            places=wanted,
            register=register,
            read=lambda position: _logged(ledger.stored(position)),
            checkpoint=ledger.checkpoint(),
            reader=_Tiles(ledger),
        ).to_bytes()
        held = {self.record.seq: wanted}
        if once and ledger.copies.is_with(to_whom, "disclosure", held):
            return content
        name = ledger.copies.remember("disclosure", to_whom=to_whom, places=held)
        ledger.copies.made(name, digest=sha256(content).hexdigest())
        return content


def file_name(seq: int) -> str:
    """What the file is called."""
    return f"suyuan-{seq}.disclosure.json"


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The log's tiles, as proofs want to read them."""

    ledger: Ledger

    def read_tile(self, level: int, index: int, /) -> bytes:
        return self.ledger.tile(level, index)


def _logged(stored: Stored) -> Logged:
    return Logged(
        position=Position(stored.seq), entry=stored.entry, envelope=stored.envelope, opened=stored.opened
    )


def _not_open(field: str, came: object, there: Collection[object]) -> NotYoursToShow:
    known = ", ".join(map(str, there))
    return NotYoursToShow(
        field=field,
        came=came,
        expected=Words(zh=f"您可以查看的：{known}", en=f"what you may read: {known}"),
    )
