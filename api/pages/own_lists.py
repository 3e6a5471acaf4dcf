"""Lists of a party's own records, newest first: one page of them, found by type and by a text, and all of them for a spreadsheet.

A list is read on from a position. Where a text is looked for, a page opens so many records and no more, and says where it stopped: the
reader goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from ledger.store.listed import seqs_of_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

#: Rows on one page of a list.
PAGE_ROWS: Final = 25
#: Records that one page opens at most to find its rows.
LOOKED_AT_MAX: Final = 1_000
_PORTION: Final = 100
#: What is typed to search for is no longer than this.
SEARCH_CHARACTERS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list was asked for: a text that its rows contain, and the position it goes on from."""

    text: str = ""
    before: int | None = None

    @classmethod
    def of(cls, text: str | None, before: int | None) -> Wanted:
        """As it stands in an address."""
        return cls(" ".join((text or "").split())[:SEARCH_CHARACTERS_MAX], before)

    def fits(self, *texts: object) -> bool:
        """Whether every word that was typed stands somewhere in these texts."""
        whole = " ".join(str(one) for one in texts if one).casefold()
        return all(word in whole for word in self.text.casefold().split())

    def query(self, **more: object) -> str:
        """The same request again, for a link: its text, and what else is named."""
        return urlencode({key: value for key, value in {"q": self.text, **more}.items() if value})


@dataclass(frozen=True, slots=True)
class Listed:
    """One page: its records, and the position below which the next page begins; None at the end."""

    records: tuple[Record, ...]
    older: int | None


def listed(
    book: SqlBook,
    party: PartyId,
    kinds: Collection[str],
    wanted: Wanted,
    fits: Callable[[Record], bool],
    ahead: Callable[[Sequence[Record]], None] = lambda _: None,
) -> Listed:
    """A page of the party's records of these types that fit. `ahead` may fetch what is needed to judge a portion of them."""
    found: list[Record] = []
    last, looked = wanted.before, 0
    for portion in _opened(book, party, kinds, wanted.before):
        ahead(portion)
        for record in portion:
            if len(found) == PAGE_ROWS or looked == LOOKED_AT_MAX:
                return Listed(tuple(found), last)
            looked, last = looked + 1, record.seq
            if fits(record):
                found.append(record)
    return Listed(tuple(found), None)


def every(
    book: SqlBook,
    party: PartyId,
    kinds: Collection[str],
    fits: Callable[[Record], bool],
    ahead: Callable[[Sequence[Record]], None] = lambda _: None,
) -> Iterator[list[Record]]:
    """All that fit, in portions, so that what is needed beside them is fetched for many at once."""
    for portion in _opened(book, party, kinds, None):
        ahead(portion)
        if found := [one for one in portion if fits(one)]:
            yield found


def _opened(
    book: SqlBook, party: PartyId, kinds: Collection[str], before: int | None
) -> Iterator[list[Record]]:
    while seqs := seqs_of_kinds(book, party, kinds, before=before, limit=_PORTION):
        records = book.records(seqs)
        yield [records[seq] for seq in seqs]
        before = seqs[-1]
