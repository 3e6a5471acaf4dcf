"""Codes of which somebody has only the end: a torn label, a number read over the telephone.

The index behind it holds printed codes and names of batches and nothing else (`MentionRow`). Candidates are given, never a match: six letters
name many packs. The newest come first, and no more than asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.store.sql import Sql
from ledger.store.tables import ENDS_WITH_A_CODE

if TYPE_CHECKING:
    from ledger.store.book import SqlBook

#: So many letters at the end of a code.
ENDING_LETTERS: Final = 6

_ENDING: Final = Sql[tuple[str, int]].of(
    f"SELECT key, seq FROM mentions WHERE log_id = {{}} AND {ENDS_WITH_A_CODE} "  # noqa: S608  (a constant)
    "AND substr(key, length(key) - 5) = {} AND seq + 0 < {} AND (until_seq IS NULL OR until_seq >= {}) "
    "ORDER BY seq + 0 DESC LIMIT {}"
)


def keys_ending(book: SqlBook, letters: str, *, most: int) -> list[tuple[str, int]]:
    """The keys of codes and of batches that end so, each with a record that mentions it, the newest first."""
    if len(letters) != ENDING_LETTERS:
        return []
    rows = _ENDING.rows(book.connection, book.log_id, letters, book.size, book.size, most)
    return [(key, seq) for key, seq in rows]
