"""Who lets whom read what, until when: the standing grants, folded from the book.

A grant opens nothing by itself. It says that one party wishes another to read certain records for a while; what the granter may read
itself, and so can show, is decided where all reading is decided. Nothing here looks further than one step: what somebody was granted he
cannot grant on, for a grant is measured by what its granter reads without any.

The log's clock decides: a grant stands through the whole of its last day in China, and one without a day never stands. A later record of the
granter ends it: one that `ends` it by its id, one that takes back the same records from the same reader, or one that puts the grant itself
right, after which the book mentions it no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.identifiers import Instant
from ledger.views.book import about, goods_key, grant_key, of_type
from ledger.vocabulary.answering import Grant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.identifiers import GoodsId, LegalDate, PartyId, StatementId
    from ledger.views.book import Book, Record

_DAY_MS: Final = 86_400_000

#: What goods that are named open: how their holder came by them. Whom he sells them to is opened one record at a time.
HOW_ONE_CAME_BY_THEM: Final = frozenset(
    {
        "batch.v1",
        "certificate.v1",
        "commitment.v1",
        "receipt.v1",
        "release.v1",
        "supplier_check.v1",
        "transformation.v1",
    }
)


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant as it was given. `until_ms` is the first moment at which it no longer stands, `ended_by` the record that ended it before."""

    record: Record
    by: PartyId
    to: PartyId
    statements: frozenset[StatementId]
    goods: frozenset[GoodsId]
    until_ms: int
    ended_by: Record | None

    def stands(self, now_ms: int) -> bool:
        """Whether it opens anything at this moment of the log's clock."""
        return self.ended_by is None and now_ms < self.until_ms

    def names(self, record: Record) -> bool:
        """Whether it speaks of a record: by its id, or as the granter's own about goods it names."""
        if record.header.id in self.statements:
            return True
        if record.actor != self.by or record.header.type not in HOW_ONE_CAME_BY_THEM:
            return False
        return any(goods_key(one) in record.keys for one in self.goods)


def grants_to(book: Book, reader: PartyId) -> tuple[Granted, ...]:
    """Every grant to a reader, standing or not, in the log's order."""
    return tuple(one for one in _grants(book, reader) if one.to == reader)


def grants_by(book: Book, granter: PartyId) -> tuple[Granted, ...]:
    """Every grant that a party gave, standing or not, in the log's order."""
    return tuple(one for one in _grants(book, granter) if one.by == granter)


def end_of(day: LegalDate) -> int:
    """The first moment after a day in China."""
    return Instant.parse(f"{day}T00:00:00+08:00").ms + _DAY_MS


def _grants(book: Book, party: PartyId) -> Iterable[Granted]:
    said = sorted(of_type(about(book, grant_key(party)), Grant), key=lambda one: one[0].seq)
    endings = [(record, one) for record, one in said if one.action == "revoke"]
    for record, one in said:
        if one.action == "grant":
            yield Granted(
                record=record,
                by=record.actor,
                to=one.to,
                statements=frozenset(one.statements or ()),
                goods=frozenset(one.goods or ()),
                # Without a last day nobody could say what was meant: it opens nothing.
                until_ms=0 if one.until is None else end_of(one.until),
                ended_by=next(
                    (later for later, ending in endings if _ends(later, ending, record, one)), None
                ),
            )


def _ends(later: Record, ending: Grant, record: Record, grant: Grant) -> bool:
    """Whether a later record takes a grant back. One that names neither grant nor records takes back all that its reader was granted."""
    if later.seq < record.seq or later.actor != record.actor or ending.to != grant.to:
        return False
    if ending.ends is not None:
        return ending.ends == record.header.id
    if ending.statements is None and ending.goods is None:
        return True
    taken = {*(ending.statements or ()), *(ending.goods or ())}
    # Whoever takes back a part of it has taken it back: what should stay open is granted anew.
    return not taken.isdisjoint({*(grant.statements or ()), *(grant.goods or ())})
