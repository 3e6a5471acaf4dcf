"""Which products and batches are recorded, in the memory of one process: it is asked whenever anybody scans a code.

The list is read from the index once and then follows the log: what an entry recorded, put right or took back since is looked up again, and
after an erasure all of it is read anew. It has a bound, and goes no further than the names that were recorded last: that one is missing
from it says nothing.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import TYPE_CHECKING, Final

from ledger.store.sql import Sql
from ledger.views.book import gtin_key
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Product
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.identifiers import Gtin
    from ledger.store.book import SqlBook

#: Names that one process holds, at about 150 bytes each.
NAMES_HELD_MAX: Final = 200_000

#: A product is named by its GTIN (`gtin_key`), a batch without one by its code (`goods_sheet_key`): how their keys begin, and between what they end.
#: Digits and small letters alone follow, which every database sorts alike.
_BEGINNINGS: Final = {
    "gtin/": ("0" * 14, "9" * 14),
    "goods-sheet/urn:suyuan:batch:": ("0", "z" * 18),
}
#: What the record of a batch, or of a product, names. Others speak of batches that nobody recorded.
_BY_SHEET: Final = (
    "AND EXISTS (SELECT 1 FROM mentions AS kind "  # noqa: S608  (our own words, here and below)
    f"WHERE kind.key IN ('type/{Batch.TYPE}', 'type/{Product.TYPE}') AND kind.log_id = one.log_id "
    "AND kind.occurred_ms = one.occurred_ms AND kind.seq = one.seq) "
)
_NAMES: Final = " OR ".join(f"substr(one.key, 1, {len(begin)}) = '{begin}'" for begin in _BEGINNINGS)
_BETWEEN: Final = " OR ".join(
    f"one.key BETWEEN '{begin}{least}' AND '{begin}{most}'" for begin, (least, most) in _BEGINNINGS.items()
)
#: `|| ''`, `+ 0` and CROSS JOIN keep SQLite from reading through the whole log: it takes the index by key, and begins with the marks.
_ALL: Final = Sql[tuple[str]].of(
    f"SELECT one.key FROM mentions AS one WHERE ({_BETWEEN}) AND ({_NAMES}) "  # noqa: S608
    f"AND one.log_id || '' = {{}} AND one.until_seq IS NULL {_BY_SHEET}"
    "GROUP BY one.key ORDER BY MAX(one.seq) DESC LIMIT {}"
)
_NAMED_SINCE: Final = Sql[tuple[str]].of(
    "SELECT DISTINCT one.key FROM mentions AS one "  # noqa: S608
    f"WHERE one.log_id = {{}} AND one.seq >= {{}} AND ({_NAMES})"
)
_PUT_RIGHT_SINCE: Final = Sql[tuple[str]].of(
    "SELECT DISTINCT one.key FROM marks "  # noqa: S608
    "CROSS JOIN mentions AS one WHERE one.log_id = marks.log_id AND one.seq = marks.seq "
    f"AND marks.log_id = {{}} AND marks.by_seq >= {{}} AND ({_NAMES})"
)
_STANDING: Final = Sql[tuple[str]].of(
    "SELECT DISTINCT one.key FROM mentions AS one WHERE one.key {texts} AND one.log_id = {} "  # noqa: S608
    f"AND one.until_seq IS NULL {_BY_SHEET}"
)
_STANDS: Final = Sql[tuple[int]].of(
    "SELECT one.seq FROM mentions AS one WHERE one.key = {} AND one.log_id = {} "  # noqa: S608
    f"AND one.until_seq IS NULL {_BY_SHEET}LIMIT 1"
)
_ERASED_SINCE: Final = Sql[tuple[int]].of(
    f"SELECT seq FROM mentions WHERE key = 'type/{Erasure.TYPE}' AND log_id = {{}} AND seq + 0 >= {{}} LIMIT 1"  # noqa: S608
)


def product_stands(book: SqlBook, gtin: Gtin) -> bool:
    """Whether this product, or any batch of it, is recorded in a book as it stands now."""
    return bool(_STANDS.rows(book.connection, gtin_key(str(gtin)), book.log_id))


class Recorded:
    """The products, by their GTINs, and the batches, by their codes, of one log. Threads share it."""

    def __init__(self) -> None:
        self._size = 0
        self._names: dict[str, None] = {}
        self._changing = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def follow(self, book: SqlBook) -> bool:
        """Go as far as this book; False while somebody else does. Only for a book as it stands now."""
        if not self._changing.acquire(blocking=False):
            return False
        try:
            if self._size < book.size:
                self._catch_up(book)
                self._size = book.size
        finally:
            self._changing.release()
        return True

    def add(self, name: str, book: SqlBook) -> None:
        """It stands in this book."""
        with self._changing:
            # An older book knows nothing of what was put right since.
            if book.size >= self._size:
                self._put([name])

    def forget(self) -> None:
        """Know of none."""
        with self._changing:
            self._names.clear()
            self._size = 0

    def _catch_up(self, book: SqlBook) -> None:
        since = (book.connection, book.log_id, self._size)
        if not self._size or _ERASED_SINCE.rows(*since):
            # What an erasure took away is named nowhere any more.
            rows = _ALL.rows(book.connection, book.log_id, NAMES_HELD_MAX)
            self._names = dict.fromkeys(_name(key) for (key,) in reversed(rows))
            return
        touched = {key for (key,) in (*_NAMED_SINCE.rows(*since), *_PUT_RIGHT_SINCE.rows(*since))}
        if not touched:
            return
        standing = {key for (key,) in _STANDING.rows(book.connection, sorted(touched), book.log_id)}
        for key in touched - standing:
            self._names.pop(_name(key), None)
        self._put(map(_name, sorted(standing)))

    def _put(self, names: Iterable[str]) -> None:
        """These are the last that were recorded. Where there are too many, the first go."""
        for name in names:
            self._names.pop(name, None)
            self._names[name] = None
        for name in list(islice(self._names, max(0, len(self._names) - NAMES_HELD_MAX))):
            del self._names[name]


def _name(key: str) -> str:
    return next(key.removeprefix(begin) for begin in _BEGINNINGS if key.startswith(begin))
