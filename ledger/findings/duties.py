"""Licences: whose own licence mattered for a record, and whether it was in force that day.

A trader answers for its own licence, not for its customer's: the exception is a category whose profile makes the buyer's licence the
seller's duty (drugs). Sellers of edible farm produce need none (食品安全法 35). A renewal filed in time and left undecided counts as
granted (行政许可法 50), so an ended licence is amber, and a licence statement that comes later judges the day again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ledger.errors import Refusal, Words
from ledger.findings.reading import Facts, day_of, first_batch, found, lines_of, profile_of, sheets
from ledger.identifiers import FoodLicence
from ledger.views.book import party_sheet_key, said_about
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.parties import Licence
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, LegalDate, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import LicenceDuty, Profile, TradeRole

_Held = tuple["Record", Licence]

_WITHDRAWN = {"suspended": Words(zh="暂停", en="suspended"), "revoked": Words(zh="吊销", en="revoked")}

#: First digits after JY of those who cook: catering (2) and canteens (3).
_COOKING_FORMS = frozenset({"2", "3"})


@dataclass(frozen=True, slots=True)
class Standing:
    """How a party stood to one licence duty on one day. `last` is the licence record that says so."""

    state: Literal["in_force", "renewal_pending", "lapsed", "never"]
    last: Record | None = None
    licence: Licence | None = None

    @property
    def good(self) -> bool:
        """Whether the party could trade that day."""
        return self.state in {"in_force", "renewal_pending"}


def licences_of(book: Book, party: PartyId) -> list[_Held]:
    """Every licence recorded for this party, in the order of facts."""
    return [one for one in said_about(book, party_sheet_key(party), Licence) if one[1].holder == party]


def standing_on(held: Sequence[_Held], duty: LicenceDuty, day: LegalDate) -> Standing:
    """How the holder of these licences stood to this duty on this day."""
    mine = [(record, licence) for record, licence in held if licence.licence_kind in duty.kinds]
    if not mine:
        return Standing("never")
    withdrawn = {licence.number for _, licence in mine if _withdrawn(mine, licence.number, day)}
    for record, licence in mine:
        if licence.state == "granted" and licence.number not in withdrawn and _covers(licence, day):
            return Standing("in_force", record, licence)
    for record, licence in mine:
        if licence.number not in withdrawn and _pending(mine, record, licence, duty, day):
            return Standing("renewal_pending", record, licence)
    begun = [one for one in mine if _starts(*one) <= day] or mine
    last = max(begun, key=lambda one: (_ends(one[1]), one[0].order))
    return Standing("lapsed", *last)


def own_licence(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """The party that traded without its own valid licence that day. Its partners' licences are not its duty here."""
    asked: set[tuple[str, ...]] = set()
    for duty, profile, outgoing in _duties(record, book):
        if duty.kinds in asked:
            continue
        asked.add(duty.kinds)
        day = _trade_day(record)
        standing = standing_on(licences_of(book, record.actor), duty, day)
        if standing.state == "lapsed" and profile.finds("licence_expired_on_day"):
            yield _lapsed(subject, record, standing, duty, day)
        elif standing.state == "never" and outgoing and profile.finds("licence_never_held"):
            yield _never(subject, record, duty, profile)


def buyers_licence(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A sale to a buyer whose licence the seller had to look at and which was not in force, by the records."""
    said = record.said
    if not isinstance(said, Shipment):
        return
    for profile in {
        one.category: one for one in (profile_of(book, line.goods) for line in said.lines)
    }.values():
        duty = profile.buyer_licence
        if duty is None or not profile.finds("buyer_licence_not_valid") or _excused(book, said.to, duty):
            continue
        day = day_of(record)
        standing = standing_on(licences_of(book, said.to), duty, day)
        if standing.good:
            continue
        kinds = "、".join(duty.kinds)
        if standing.licence is None:
            words = Words(
                zh=f"{day} 销售时，购货单位没有登记{kinds}。",
                en=f"On {day} the buyer had no {kinds} on record.",
            )
        else:
            until = standing.licence.valid_to or "—"
            words = Words(
                zh=f"{day} 销售时，购货单位的{standing.licence.licence_kind}登记有效期至 {until}。",
                en=f"On {day} the buyer's {standing.licence.licence_kind} was recorded as valid until {until}.",
            )
        yield found(
            "buyer_licence_not_valid",
            "amber" if standing.last else "grey",
            subject=subject,
            party=record.actor,
            rests_on=[record, *([standing.last] if standing.last else [])],
            facts=Facts(words, {"day": str(day)}, duty.law),
        )


def is_caterer(book: Book, party: PartyId, duty: LicenceDuty) -> bool:
    """Whether a party cooks what it buys: by its trade, or by a licence for catering or a canteen."""
    trades = (sheet.trade or "" for _, sheet in sheets(book, party))
    if any(word in trade for trade in trades for word in duty.trades):
        return True
    return any(_cooks(licence.number) for _, licence in licences_of(book, party))


def _duties(record: Record, book: Book) -> Iterator[tuple[LicenceDuty, Profile, bool]]:
    """The licence duties that one record touches: each with its profile, and whether goods were made or went out by it."""
    said, party = record.said, record.actor
    if isinstance(said, Batch):
        yield from _of_maker(book, party, said)
    elif isinstance(said, Transformation):
        for line in said.outputs:
            first = first_batch(book, line.goods)
            if first is not None:
                yield from _of_maker(book, party, first[1])
    elif isinstance(said, (Shipment, Sale)):
        for goods in dict.fromkeys(line.goods for line in said.lines):
            yield from _of_sender(book, party, goods, "retailer" if isinstance(said, Sale) else "wholesaler")
    elif isinstance(said, (SupplierCheck, Receipt)) and said.conclusion != "refuse":
        for goods in dict.fromkeys(line.goods for line in lines_of(said)):
            yield from _of_receiver(book, party, profile_of(book, goods))


def _of_sender(
    book: Book, party: PartyId, goods: GoodsId, role: TradeRole
) -> Iterator[tuple[LicenceDuty, Profile, bool]]:
    first = first_batch(book, goods)
    if first is not None and first[1].maker == party:
        yield from _of_maker(book, party, first[1])
        return
    profile = profile_for(first[1].category if first is not None else None)
    duty = profile.needs(role)
    if duty is not None:
        yield duty, profile, not _excused(book, party, duty)


def _of_maker(book: Book, party: PartyId, batch: Batch) -> Iterator[tuple[LicenceDuty, Profile, bool]]:
    profile = profile_for(batch.category)
    duty = profile.needs("maker")
    if (
        batch.maker == party
        and duty is not None
        and not any(word in batch.name for word in duty.not_for_goods)
    ):
        yield duty, profile, not _excused(book, party, duty)


def _of_receiver(book: Book, party: PartyId, profile: Profile) -> Iterator[tuple[LicenceDuty, Profile, bool]]:
    cooking = profile.needs("caterer")
    if cooking is not None and is_caterer(book, party, cooking):
        yield cooking, profile, True
        return
    # Who buys may be a user, a farm or a hospital: only one that holds a dealer's licence is known to deal.
    dealing = profile.needs("retailer") or profile.needs("wholesaler")
    if dealing is not None:
        yield dealing, profile, False


def _excused(book: Book, party: PartyId, duty: LicenceDuty) -> bool:
    return any(sheet.party_kind in duty.not_for_parties for _, sheet in sheets(book, party))


def _trade_day(record: Record) -> LegalDate:
    """The day the licence had to be in force: the day on the paper for a check, the day of making for a batch."""
    said = record.said
    if isinstance(said, SupplierCheck):
        return said.received_on
    if isinstance(said, Batch) and said.produced_on is not None:
        return said.produced_on
    return day_of(record)


def _lapsed(subject: str, record: Record, standing: Standing, duty: LicenceDuty, day: LegalDate) -> Finding:
    licence, last = standing.licence, standing.last
    assert licence is not None  # A lapsed standing names its licence.
    assert last is not None
    until = str(licence.valid_to) if licence.valid_to else "—"
    figures = {"day": str(day), "number": licence.number, "valid_to": until, "state": licence.state}
    if licence.valid_from:
        figures["valid_from"] = str(licence.valid_from)
    withdrawn = _WITHDRAWN.get(licence.state)
    how = withdrawn or Words(zh=f"有效期至 {until}", en=f"valid until {until}")
    words = Words(
        zh=f"{day} 有经营记录；{licence.licence_kind} {licence.number} 登记为{how.zh}，当日没有有效的同类许可证记录。",
        en=f"Trade is recorded on {day}; the {licence.licence_kind} {licence.number} is recorded as {how.en}, "
        "and no other one was in force that day.",
    )
    return found(
        "licence_expired_on_day",
        "amber",
        subject=subject,
        party=record.actor,
        rests_on=[record, last],
        facts=Facts(words, figures, duty.law),
    )


def _never(subject: str, record: Record, duty: LicenceDuty, profile: Profile) -> Finding:
    kinds = "、".join(duty.kinds)
    words = Words(
        zh=f"经营{profile.name.zh}需要{kinds}（{duty.law}），本台账没有该主体的许可证记录。",
        en=f"Dealing in {profile.name.en} needs {kinds} ({duty.law}); none is recorded for this party.",
    )
    return found(
        "licence_never_held",
        "red",
        subject=subject,
        party=record.actor,
        rests_on=[record],
        facts=Facts(words, {"day": str(_trade_day(record))}, duty.law),
    )


def _starts(record: Record, licence: Licence) -> LegalDate:
    return licence.valid_from or day_of(record)


def _ends(licence: Licence) -> str:
    """For ordering: a licence without an end ends last."""
    return str(licence.valid_to) if licence.valid_to else "9"


def _covers(licence: Licence, day: LegalDate) -> bool:
    return (licence.valid_from is None or licence.valid_from <= day) and (
        licence.valid_to is None or day <= licence.valid_to
    )


def _withdrawn(held: Sequence[_Held], number: str, day: LegalDate) -> bool:
    """Whether this licence was suspended or revoked on this day, by the latest decision that had begun by then."""
    decisions = []
    for record, licence in held:
        if licence.number != number or licence.state == "renewal_filed":
            continue
        if licence.state == "granted":
            # A grant without a date was always there, unless it is the word that lifts an earlier suspension.
            lifts = any(
                other.order < record.order and one.state in _WITHDRAWN
                for other, one in held
                if one.number == number
            )
            start = str(licence.valid_from or day_of(record)) if licence.valid_from or lifts else ""
        elif licence.state == "suspended" and licence.valid_to is not None and licence.valid_to < day:
            continue
        else:
            start = str(_starts(record, licence))
        if start <= str(day):
            decisions.append((start, record.order, licence.state))
    return bool(decisions) and max(decisions)[2] != "granted"


def _pending(
    held: Sequence[_Held], record: Record, licence: Licence, duty: LicenceDuty, day: LegalDate
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
    if ended is None or (ended.date - day_of(record).date).days < duty.renewal_days or day < day_of(record):
        return False
    later = [one for other, one in held if other.order > record.order and one.state == "granted"]
    begins = [one.valid_from for one in later if one.valid_from is not None]
    # Decided: before the new licence begins the old one still counts; afterwards the new one speaks for itself.
    return not later or (bool(begins) and day < min(begins))


def _cooks(number: str) -> bool:
    try:
        licence = FoodLicence.parse(number)
    except Refusal:
        return False
    return licence.activity == "operation" and licence.class_code in _COOKING_FORMS
