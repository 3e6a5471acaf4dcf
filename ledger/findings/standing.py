"""Licences and approvals: which a party holds, and whether one was in force on a day.

A renewal filed in time and left undecided counts as granted (行政许可法 50). A party that was renamed is the same holder under another
name; after a merger or a split the licences of the party before count for as long as the law gives for changing them. A decision that
is recorded later judges the day again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.findings.reading import day_of, same_party, successions
from ledger.views.book import said_about, site_sheet_key
from ledger.views.sheets import party_sheet
from ledger.vocabulary.parties import Licence, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.identifiers import LegalDate, PartyId, SiteId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import LicenceDuty

Held = tuple["Record", Licence]

#: How many places a place lies within: a line, a workshop, a plant, a site.
WITHIN_MAX: Final = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """How a party stood to one licence duty on one day. `last` is the licence record that says so.

    `withdrawn`: an authority had suspended or revoked it, and that decision stood on the day.
    """

    state: Literal["in_force", "renewal_pending", "lapsed", "never"]
    last: Record | None = None
    licence: Licence | None = None
    withdrawn: bool = False

    @property
    def good(self) -> bool:
        """Whether the party could trade that day."""
        return self.state in {"in_force", "renewal_pending"}


WITHDRAWN: Final = frozenset({"suspended", "revoked"})


def licences_of(book: Book, party: PartyId) -> list[Held]:
    """Every licence recorded for this party under any of its names, in the order of facts."""
    names = same_party(book, party)
    if len(names) == 1:
        return list(party_sheet(book, party).licences)
    held = [one for name in sorted(names) for one in party_sheet(book, name).licences]
    return sorted(held, key=lambda one: one[0].order)


def licences_on(book: Book, party: PartyId, duty: LicenceDuty, day: LegalDate) -> list[Held]:
    """The licences that count for this party on this day: its own, and for a while those of the party that it took over.

    No licence passes by itself: whoever takes a business over applies for the change, and `renewal_days` is what the duty gives for it.
    """
    held = licences_of(book, party)
    names = same_party(book, party)
    for name in sorted(names) if len(names) > 1 else names:
        for _, said in successions(book, name):
            until = said.effective_on.date + dt.timedelta(days=duty.renewal_days)
            if (
                said.successor == name
                and said.how != "renamed"
                and said.effective_on.date <= day.date <= until
            ):
                held += licences_of(book, said.party)
    return held


def standing_on(held: Sequence[Held], duty: LicenceDuty, day: LegalDate) -> Standing:
    """How the holder of these licences stood to this duty on this day."""
    mine = [(record, licence) for record, licence in held if licence.licence_kind in duty.kinds]
    return standing_of(mine, renewal_days=duty.renewal_days, day=day)


def standing_of(mine: Sequence[Held], *, renewal_days: int, day: LegalDate) -> Standing:
    """Whether any of these licences was in force on this day; they are all of the kind that is asked for."""
    if not mine:
        return Standing("never")
    for record, licence in in_force(mine, day):
        return Standing("in_force", record, licence)
    withdrawn = _withdrawn_numbers(mine, day)
    for record, licence in mine:
        if licence.number not in withdrawn and _pending(mine, record, licence, renewal_days, day):
            return Standing("renewal_pending", record, licence)
    # A renewal that was filed too late has no last day of its own: the licence that ended does.
    granted = [one for one in mine if one[1].state != "renewal_filed"] or mine
    begun = [one for one in granted if _starts(*one) <= day] or granted
    if withdrawn:
        begun = [one for one in begun if one[1].state in WITHDRAWN and one[1].number in withdrawn] or begun
    last = max(begun, key=lambda one: (_ends(one[1]), one[0].order))
    decided = last[1].state in WITHDRAWN and last[1].number in withdrawn
    return Standing("lapsed", *last, withdrawn=decided)


def in_force(mine: Sequence[Held], day: LegalDate) -> Iterator[Held]:
    """Those of these licences that were granted, not withdrawn, and within their dates on this day."""
    withdrawn = _withdrawn_numbers(mine, day)
    for record, licence in mine:
        if licence.state == "granted" and licence.number not in withdrawn and covers(licence, day):
            yield record, licence


def covers(licence: Licence, day: LegalDate) -> bool:
    """Whether the day lies within the dates of the licence."""
    return (licence.valid_from is None or licence.valid_from <= day) and (
        licence.valid_to is None or day <= licence.valid_to
    )


def lies_within(book: Book, site: SiteId, other: SiteId) -> bool:
    """Whether one place is the other, or part of it, as far as anybody recorded."""
    reached, waiting = {site}, [site]
    for _ in range(WITHIN_MAX):
        if other in reached or not waiting:
            break
        sites = said_about(book, site_sheet_key(waiting.pop(0)), Site)
        parents = {said.within for _, said in sites if said.site in reached and said.within is not None}
        waiting += sorted(parents - reached)
        reached |= parents
    return other in reached


def _starts(record: Record, licence: Licence) -> LegalDate:
    return licence.valid_from or day_of(record)


def _ends(licence: Licence) -> str:
    """For ordering: a licence without an end ends last."""
    return str(licence.valid_to) if licence.valid_to else "9"


def _withdrawn_numbers(held: Sequence[Held], day: LegalDate) -> frozenset[str]:
    if all(licence.state not in WITHDRAWN for _, licence in held):
        return frozenset()
    return frozenset(licence.number for _, licence in held if _withdrawn(held, licence.number, day))


def _withdrawn(held: Sequence[Held], number: str, day: LegalDate) -> bool:
    """Whether this licence was suspended or revoked on this day, by the latest decision that had begun by then."""
    decisions = []
    for record, licence in held:
        if licence.number != number or licence.state == "renewal_filed":
            continue
        if licence.state == "granted":
            start = _granted_from(held, record, licence)
        elif licence.state == "suspended" and licence.valid_to is not None and licence.valid_to < day:
            continue
        else:
            start = str(_starts(record, licence))
        if start <= str(day):
            decisions.append((start, record.order, licence.state))
    return bool(decisions) and max(decisions)[2] != "granted"


def _granted_from(held: Sequence[Held], record: Record, licence: Licence) -> str:
    """From which day a grant speaks. One without a date was always there.

    One that follows a suspension lifts it: from its own first day if that lies after the suspension's, else from the day it was given.
    """
    before = [
        _starts(other, one)
        for other, one in held
        if one.number == licence.number and one.state in WITHDRAWN and other.order < record.order
    ]
    if before and (licence.valid_from is None or licence.valid_from <= max(before)):
        return str(day_of(record))
    return str(licence.valid_from or "")


def _pending(
    held: Sequence[Held], record: Record, licence: Licence, renewal_days: int, day: LegalDate
) -> bool:
    """行政许可法 50: whether this is a renewal, filed in time, on which nobody had decided by this day."""
    if licence.state != "renewal_filed":
        return False
    ends = [
        one.valid_to
        for _, one in held
        if one.state == "granted" and one.number == licence.number and one.valid_to
    ]
    earlier = [one for one in ends if one >= day_of(record)]
    ended = licence.valid_to or (min(earlier) if earlier else None)
    if ended is None or (ended.date - day_of(record).date).days < renewal_days or day < day_of(record):
        return False
    # The old licence may be entered after the renewal was filed; only one that goes on beyond its end decides.
    later = [
        one
        for other, one in held
        if other.order > record.order
        and one.state == "granted"
        and (one.valid_to is None or one.valid_to > ended)
    ]
    begins = [one.valid_from for one in later if one.valid_from is not None]
    # Decided: before the new licence begins the old one still counts; afterwards the new one speaks for itself.
    return not later or (bool(begins) and day < min(begins))
