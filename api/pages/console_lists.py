"""The lists of the clerk's console: rows found by their places, the newest first, paged, searched, and read to the end for a file.

A list knows the places of its rows from the index and opens records for the page it shows, and no others (`docs/decisions/0027-console.md`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.identifiers import Instant, LegalDate

if TYPE_CHECKING:
    from api.tables import Cell, Kind

#: Rows on one page.
PAGE_ROWS: Final = 25
#: Places looked at together, and for one page: what others recorded about a party lies between its own.
PORTION: Final = 50
LOOKED_MAX: Final = 400
#: How many of the newest rows are searched for words.
SEARCHED_MAX: Final = 1_000
#: Rows of one file; whoever has more narrows the list first.
EXPORTED_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in one field of a row: a text, perhaps a link, perhaps a tag beside it. `value` is what a file gets, where that is no text."""

    text: str = ""
    href: str = ""
    tag: str = ""
    tone: str = ""
    value: Cell = None

    @property
    def whole(self) -> str:
        """Text and tag, as a person reads them."""
        return " ".join(one for one in (self.text, self.tag) if one)


@dataclass(frozen=True, slots=True)
class Head:
    """One column: the key of its name (or the name itself), what stands in it, and whether the page shows it or only the file."""

    words: str | Words
    kind: Kind = "text"
    width: int = 16
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row comes from: a position in the log, and what is listed by it."""

    position: int
    thing: object = None


Row = tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list of the console. `rows` gives for each of some places its row, or None for one that does not belong into the list.

    `hits`: the positions that a search found in the index, however old.
    """

    name: str
    title: str
    heads: tuple[Head, ...]
    places: Sequence[Place]
    rows: Callable[[Sequence[Place]], Sequence[Row | None]]
    hits: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and from which position the next one goes on."""

    rows: tuple[Row, ...]
    before: int | None


def page_of(listing: Listing, *, before: int | None = None, q: str = "") -> Page:
    """The newest rows before a position. At most `LOOKED_MAX` places are looked at, or `SEARCHED_MAX` for a search."""
    places = _candidates(listing, before, q)
    found: list[tuple[Place, Row]] = []
    looked, most = 0, SEARCHED_MAX + LOOKED_MAX if q else LOOKED_MAX
    while looked < min(len(places), most) and not _full(found):
        portion = places[looked : looked + PORTION]
        found += _matching(listing, portion, q)
        looked += len(portion)
    shown = found[:PAGE_ROWS]
    # What stands at one position stands on one page.
    shown += [one for one in found[PAGE_ROWS:] if one[0].position == shown[-1][0].position]
    rows = tuple(row for _, row in shown)
    if len(found) > len(shown):
        return Page(rows, shown[-1][0].position)
    return Page(rows, places[looked - 1].position if looked < len(places) else None)


def every_row(listing: Listing, *, q: str = "") -> Iterator[Row]:
    """All rows of a list, for a file."""
    places = _candidates(listing, None, q)
    given = 0
    for start in range(0, len(places), LOOKED_MAX):
        for _, row in _matching(listing, places[start : start + LOOKED_MAX], q):
            yield row
            given += 1
            if given >= EXPORTED_MAX:
                return


def _full(found: Sequence[tuple[Place, Row]]) -> bool:
    return len(found) > PAGE_ROWS and found[-1][0].position != found[PAGE_ROWS - 1][0].position


def _candidates(listing: Listing, before: int | None, q: str) -> list[Place]:
    places = [one for one in listing.places if before is None or one.position < before]
    if not q:
        return places
    searched = {one.position for one in listing.places[:SEARCHED_MAX]} | listing.hits
    return [one for one in places if one.position in searched]


def _matching(listing: Listing, places: Sequence[Place], q: str) -> list[tuple[Place, Row]]:
    wanted = q.casefold().split()
    found = []
    for place, row in zip(places, listing.rows(places), strict=True):
        if row is None:
            continue
        text = " ".join(cell.whole for cell in row).casefold()
        if place.position in listing.hits or all(one in text for one in wanted):
            found.append((place, row))
    return found


@dataclass(frozen=True, slots=True)
class Section:
    """A small table on a sheet."""

    title: str
    heads: Sequence[tuple[int, str]]
    rows: Sequence[Row]
    none: str
    hint: str = ""
    older: str = ""


def dated(day: LegalDate | None, *, tag: str = "", tone: str = "", href: str = "") -> Shown:
    """A day in a row: a date in the file."""
    return Shown(
        str(day) if day is not None else "",
        href=href,
        tag=tag,
        tone=tone,
        value=None if day is None else day.date,
    )


def at_time(ms: int) -> Shown:
    """A moment in a row."""
    return Shown(Instant(ms).display(), value=ms)
