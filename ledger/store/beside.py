"""Which records mention one thing and also another: asked of the index alone, without opening a record.

A trader's list of certificates is the records that mention the trader *and* are certificates; ten thousand shipments beside them cost a
look at the index each and nothing more. Whether a record is for the reader's eyes is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.identifiers import PartyId
from ledger.store.book import SqlBook
from ledger.store.sql import Sql
from ledger.views.book import Mention, party_key

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.views.book import Book

#: One record mentions everything at one time, so that the second look goes straight to its row of the primary key.
_ALSO: Final = (
    "EXISTS (SELECT 1 FROM mentions AS also WHERE also.key {texts} AND also.log_id = one.log_id "
    "AND also.occurred_ms = one.occurred_ms AND also.seq = one.seq)"
)
_STANDING: Final = (
    "one.log_id = {} AND one.seq + 0 < {} AND (one.until_seq IS NULL OR one.until_seq >= {}) AND " + _ALSO
)
_BESIDE: Final = Sql[tuple[str, int, int]].of(
    "SELECT one.key, one.occurred_ms, one.seq FROM mentions AS one WHERE one.key {texts} AND " + _STANDING  # noqa: S608  (our own words)
)
#: Compared by their beginning, not by a range: databases disagree on how text sorts.
_NAMED: Final = Sql[tuple[str, int, int]].of(
    "SELECT other.key, COUNT(*), MAX(other.seq) FROM mentions AS one "  # noqa: S608  (our own words)
    "JOIN mentions AS other ON other.log_id = one.log_id AND other.seq = one.seq WHERE one.key = {} AND "
    + _STANDING
    + " AND substr(other.key, 1, {}) = {} GROUP BY other.key"
)


class Dealt(NamedTuple):
    """A party that is named in some records: in how many, and in which one last."""

    party: PartyId
    records: int
    last: int


def beside(book: Book, keys: Collection[str], among: Collection[str]) -> list[Mention]:
    """The mentions of `keys` by records that also mention one of `among`, ordered by (key, occurred_ms, seq)."""
    if isinstance(book, SqlBook):
        found = _BESIDE.rows(book.connection, sorted(keys), book.log_id, book.size, book.size, sorted(among))
        return sorted(Mention(*row) for row in found)
    others = {mention.seq for mention in book.mentions(among)}
    return [mention for mention in book.mentions(keys) if mention.seq in others]


def newest_of(book: Book, party: PartyId, among: Collection[str]) -> list[int]:
    """The positions of the records that mention a party and one of `among`, the newest first."""
    return sorted({one.seq for one in beside(book, [party_key(party)], among)}, reverse=True)


def dealt_with(book: SqlBook, party: PartyId, among: Collection[str]) -> list[Dealt]:
    """Every other party named in the records that mention this one and one of `among`; the one that was named last first."""
    return [one for one in _named(book, party, among, "party/") if one.party != party]


def filed_suppliers(book: SqlBook, keeper: PartyId, among: Collection[str]) -> list[Dealt]:
    """The suppliers of whom this party, or its headquarters for it, keeps a file; the one whose papers came last first."""
    return _named(book, keeper, among, f"file/{keeper}/")


def _named(book: SqlBook, party: PartyId, among: Collection[str], prefix: str) -> list[Dealt]:
    at = (book.log_id, book.size, book.size, sorted(among))
    rows = _NAMED.rows(book.connection, party_key(party), *at, len(prefix), prefix)
    found = [Dealt(PartyId.parse(key[len(prefix) :]), count, last) for key, count, last in rows]
    return sorted(found, key=lambda one: (-one.last, one.party))
