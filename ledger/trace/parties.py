"""Parties by the names they go or went by, and who goes on as whom (更名、合并、分立、承继).

A search finds a party under its old name and its new one, and whoever it became. History stays where it was recorded: nothing is moved from
one party to another, and a licence of the one is never the other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Malformed, Words
from ledger.views.book import about_many, contact_key, name_keys, of_type, party_sheet_key
from ledger.vocabulary.parties import Licence, Party, Succession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ledger.identifiers import LegalDate, PartyId
    from ledger.views.book import Book, Record

#: A name of one character is half the register.
SEARCH_CHARACTERS_MIN: Final = 2
SEARCH_CHARACTERS_MAX: Final = 60
#: Parties that one search gives; the rest are counted.
HITS_MAX: Final = 50
#: Sheets that one search looks through, the newest first: two characters that half the register has in its names find no more than these.
SHEETS_MAX: Final = 2_000
#: A party that was renamed more often than this is followed no further.
LINEAGE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Step:
    """One party that went on as another, by the record that says so."""

    before: PartyId
    after: PartyId
    effective_on: LegalDate
    how: str
    record: Record


@dataclass(frozen=True, slots=True)
class Lineage:
    """Every party that one party was, and every one that it became, with the steps in between in the order of their days."""

    party: PartyId
    before: tuple[PartyId, ...]
    after: tuple[PartyId, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: `parties` as named, `left` how many more there are."""

    parties: tuple[PartyId, ...]
    left: int


def lineage(book: Book, party: PartyId) -> Lineage:
    """Who this party was before, and who it is now."""
    steps: dict[int, Step] = {}
    before = _followed(book, party, steps, forward=False)
    after = _followed(book, party, steps, forward=True)
    ordered = sorted(steps.values(), key=lambda one: (one.effective_on, one.record.order))
    return Lineage(party=party, before=before, after=after, steps=tuple(ordered))


def find_parties(book: Book, text: str, *, reads_phone: Callable[[Record], bool] | None = None) -> Hits:
    """The parties that this text names: a name or a former name or part of one, a credit code or a licence number in full.

    `reads_phone`: also a phone in full, from the sheets of which this reader may read it. Whoever a party was or became is found with it.
    Raises `Malformed` for a text too short or too long to search for.
    """
    wanted = text.strip()
    if not SEARCH_CHARACTERS_MIN <= len(wanted) <= SEARCH_CHARACTERS_MAX:
        least, most = SEARCH_CHARACTERS_MIN, SEARCH_CHARACTERS_MAX
        raise Malformed(
            field="q",
            came=text,
            expected=Words(zh=f"{least} 至 {most} 个字", en=f"{least} to {most} characters"),
        )
    by_phone = () if reads_phone is None else with_phone(book, wanted, reads_phone)
    found = dict.fromkeys((*_by_number(book, wanted), *by_phone, *_by_name(book, wanted)))
    for party in list(found)[:HITS_MAX]:
        line = lineage(book, party)
        found.update(dict.fromkeys((*line.before, *line.after)))
    parties = tuple(found)
    return Hits(parties[:HITS_MAX], max(len(parties) - HITS_MAX, 0))


def _by_name(book: Book, text: str) -> list[PartyId]:
    keys = sorted(name_keys(text))
    places: set[tuple[int, int]] | None = None
    by_key: dict[str, set[tuple[int, int]]] = {key: set() for key in keys}
    for mention in book.mentions(keys):
        by_key[mention.key].add((mention.occurred_ms, mention.seq))
    for some in by_key.values():
        places = some if places is None else places & some
    newest = sorted((seq for _, seq in places or ()), reverse=True)[:SHEETS_MAX]
    records = book.records(newest).values()
    sheets = [(record, said) for record, said in of_type(records, Party)]
    # Every pair of characters occurs somewhere in the name; only now the whole text must.
    hits = [
        (record.order, said.party)
        for record, said in sheets
        if any(text.casefold() in (name or "").casefold() for name in (said.name, said.formerly))
    ]
    return list(dict.fromkeys(party for _, party in sorted(hits)))


def with_phone(book: Book, text: str, reads_phone: Callable[[Record], bool]) -> list[PartyId]:
    """The parties with this phone, however its digits were grouped, as far as a reader may read that it is theirs."""
    keys = [contact_key("phone", one) for one in phone_spellings(text)]
    sheets = [one for records in about_many(book, keys).values() for one in of_type(records, Party)]
    return list(dict.fromkeys(said.party for record, said in sheets if reads_phone(record)))


def phone_spellings(text: str) -> list[str]:
    """How people write a telephone number: as it came, without dashes, and a mobile number in its usual groups."""
    digits = "".join(one for one in text if one.isascii() and one.isdigit())
    if len(digits) == _WITH_COUNTRY and digits.startswith("86"):
        digits = digits[2:]
    if len(digits) != _MOBILE or not digits.startswith("1"):
        return list(dict.fromkeys((text.strip(), digits))) if digits else []
    first, middle, last = digits[:3], digits[3:7], digits[7:]
    grouped = (f"{first}{mark}{middle}{mark}{last}" for mark in ("-", " "))
    return list(dict.fromkeys((text.strip(), digits, *grouped, f"+86{digits}", f"+86 {digits}")))


#: Digits of a Chinese mobile number, without and with the country before them.
_MOBILE: Final = 11
_WITH_COUNTRY: Final = 13


def _by_number(book: Book, text: str) -> list[PartyId]:
    keys = [contact_key(what, text) for what in ("credit_code", "licence")]
    found: list[PartyId] = []
    for records in about_many(book, keys).values():
        found += [said.party for _, said in of_type(records, Party)]
        found += [said.holder for _, said in of_type(records, Licence)]
    return found


def _followed(book: Book, party: PartyId, steps: dict[int, Step], *, forward: bool) -> tuple[PartyId, ...]:
    seen: dict[PartyId, None] = {party: None}
    waiting = [party]
    while waiting and len(seen) <= LINEAGE_MAX:
        keys = [party_sheet_key(one) for one in waiting]
        records = {one.seq: one for some in about_many(book, keys).values() for one in some}
        found = [one for one in _steps(records.values()) if (one.before if forward else one.after) in waiting]
        steps.update({one.record.seq: one for one in found})
        reached = dict.fromkeys(one.after if forward else one.before for one in found)
        waiting = [one for one in reached if one not in seen]
        seen.update(dict.fromkeys(waiting))
    return tuple(one for one in seen if one != party)


def _steps(records: Iterable[Record]) -> list[Step]:
    return [
        Step(said.party, said.successor, said.effective_on, said.how, record)
        for record, said in of_type(records, Succession)
    ]
