"""Lists of one party's records: found by position in the index, so that a page of a long list opens only what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.identifiers import GoodsId
from ledger.store.sql import Sql
from ledger.trace.edges import Holding
from ledger.views.book import party_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook

#: CROSS JOIN keeps SQLite from beginning with the type: a party has fewer records than the log has of a type. `+ 0` as in `store.book`, and in
#: the order: or SQLite would go back through the whole log, which is in order, until it has met enough records of one small party.
_OF_KINDS: Final = Sql[tuple[int]].of(
    "SELECT thing.seq FROM mentions AS thing CROSS JOIN mentions AS kind "
    "WHERE thing.key = {} AND thing.log_id = {} AND thing.seq + 0 < {} "
    "AND (thing.until_seq IS NULL OR thing.until_seq >= {}) "
    "AND kind.key {texts} AND kind.log_id = thing.log_id "
    "AND kind.occurred_ms = thing.occurred_ms AND kind.seq = thing.seq "
    "ORDER BY thing.seq + 0 DESC LIMIT {}"
)
_OF_THING: Final = Sql[tuple[int]].of(
    "SELECT seq FROM mentions WHERE key = {} AND log_id = {} AND seq + 0 < {} "
    "AND (until_seq IS NULL OR until_seq >= {}) ORDER BY seq + 0 DESC LIMIT {}"
)
_OF_TYPES: Final = Sql[tuple[int]].of(
    "SELECT seq FROM mentions WHERE key {texts} AND log_id = {} AND seq + 0 < {} "
    "AND (until_seq IS NULL OR until_seq >= {}) ORDER BY seq + 0 DESC LIMIT {}"
)
_HOLDINGS: Final = Sql[tuple[str, int]].of(
    "SELECT key, seq FROM mentions WHERE log_id = {} AND seq {numbers} AND substr(key, 1, 8) = 'holding/' "
    "AND (until_seq IS NULL OR until_seq >= {})"
)

_GOODS: Final = Sql[tuple[str]].of(
    "SELECT DISTINCT other.key FROM mentions AS thing CROSS JOIN mentions AS other "
    "WHERE thing.key = {} AND thing.log_id = {} AND thing.seq + 0 < {} "
    "AND (thing.until_seq IS NULL OR thing.until_seq >= {}) "
    "AND other.log_id = thing.log_id AND other.seq = thing.seq AND substr(other.key, 1, 8) = 'holding/'"
)


def seqs_of_kinds(
    book: SqlBook, party: PartyId, kinds: Collection[str], *, before: int | None, limit: int
) -> list[int]:
    """The newest records of these types that mention a party, below a position."""
    below = book.size if before is None else min(before, book.size)
    types = [f"type/{one}" for one in kinds]
    rows = _OF_KINDS.rows(book.connection, party_key(party), book.log_id, below, book.size, types, limit)
    return [seq for (seq,) in rows]


def seqs_of_types(book: SqlBook, kinds: Collection[str], *, before: int | None, limit: int) -> list[int]:
    """The newest records of these types, whomever they mention, below a position. For types of which there are few."""
    below = book.size if before is None else min(before, book.size)
    types = [f"type/{one}" for one in kinds]
    rows = _OF_TYPES.rows(book.connection, types, book.log_id, below, book.size, limit)
    return [seq for (seq,) in rows]


def holdings_by_last(
    book: SqlBook, party: PartyId, *, before: int | None, portion: int
) -> Iterator[tuple[int, Sequence[tuple[int, Holding]]]]:
    """A party's holdings, the one that was spoken of last first, in portions; each with the position below which the next begins.

    A holding stands where its last record stands; so a list that is read on from a position shows none twice.
    """
    below, start = book.size if before is None else min(before, book.size), f"holding/{party}/"
    while True:
        rows = _OF_THING.rows(book.connection, party_key(party), book.log_id, below, book.size, portion)
        seqs = [seq for (seq,) in rows]
        if not seqs:
            return
        here: dict[str, int] = {}
        for key, seq in _HOLDINGS.rows(book.connection, book.log_id, seqs, book.size):
            if key.startswith(start):
                here[key] = max(seq, here.get(key, -1))
        last: dict[str, int] = {}
        for mention in book.mentions(here):
            last[mention.key] = max(mention.seq, last.get(mention.key, -1))
        found = sorted(((seq, key) for key, seq in here.items() if last[key] == seq), reverse=True)
        below = seqs[-1]
        yield below, [(seq, Holding(party, GoodsId.parse(key.removeprefix(start)))) for seq, key in found]
        if len(seqs) < portion:
            return


def goods_of(book: SqlBook, party: PartyId) -> set[GoodsId]:
    """Every kind of goods whose stock with this party some record may have changed. For questions about all of them at once."""
    start = f"holding/{party}/"
    rows = _GOODS.rows(book.connection, party_key(party), book.log_id, book.size, book.size)
    return {GoodsId.parse(key.removeprefix(start)) for (key,) in rows if key.startswith(start)}
