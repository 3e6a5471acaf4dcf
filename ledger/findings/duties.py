"""Licences: whose own licence mattered for a record, whether it was in force that day, and whether it allows such goods.

A trader answers for its own licence, not for its customer's: the exception is a category whose profile makes the buyer's licence the
seller's duty (drugs). Sellers of edible farm produce need none (食品安全法 35). An ended licence is amber, because a renewal may be on its
way; one that an authority suspended or revoked is red. A licence statement that comes later judges the day again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Refusal, Words
from ledger.findings.classes import RESTRICTED_PESTICIDE, outside_scope
from ledger.findings.reading import (
    Facts,
    day_of,
    first_batch,
    found,
    kin,
    kinds_of_party,
    lines_of,
    product_of,
    profile_of,
    registered,
    same_party,
    sheets,
    traders,
)
from ledger.findings.standing import in_force, licences_on, lies_within, standing_of, standing_on
from ledger.identifiers import FoodLicence
from ledger.views.book import contact_key, of_type, party_sheet_key, said_about
from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.parties import Approval, Licence
from ledger.vocabulary.profiles import all_profiles, profile_for
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.findings.standing import Held, Standing
    from ledger.identifiers import GoodsId, LegalDate, PartyId, SiteId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import LicenceDuty, Profile, TradeRole

_WITHDRAWN = {"suspended": Words(zh="暂停", en="suspended"), "revoked": Words(zh="吊销", en="revoked")}

#: First digits after JY of those who cook: catering (2) and canteens (3).
_COOKING_FORMS = frozenset({"2", "3"})
#: A shorter number may be a local one, given out again in the next county.
_NATIONAL_NUMBER_CHARACTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Duty:
    """One licence duty that a record touches. `outgoing`: goods were made or went out by it. `batch`: the goods, where they are known."""

    licence: LicenceDuty
    profile: Profile
    outgoing: bool
    batch: Batch | None = None


def own_licence(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """The party that traded without its own valid licence that day, or outside it. Its partners' licences are not its duty here."""
    day, outside = trade_day(record), set[tuple[int, str]]()
    asked: dict[tuple[str, ...], tuple[list[Held], Standing]] = {}
    for one in _duties(record, book):
        duty, profile, first = one.licence, one.profile, one.licence.kinds not in asked
        if first:
            mine = [
                each
                for each in licences_on(book, record.actor, duty, day)
                if each[1].licence_kind in duty.kinds
            ]
            asked[duty.kinds] = mine, standing_on(mine, duty, day)
        mine, standing = asked[duty.kinds]
        if standing.state == "in_force" and one.outgoing and profile.finds("licence_out_of_scope"):
            wrong = _outside(book, one, list(in_force(mine, day)), getattr(record.said, "site", None))
            if wrong is not None and (wrong[0][0].seq, wrong[1].zh) not in outside:
                outside.add((wrong[0][0].seq, wrong[1].zh))
                yield _out_of_scope(subject, record, wrong, duty)
        if not first:
            continue
        if standing.state == "lapsed" and profile.finds("licence_expired_on_day"):
            yield _lapsed(subject, record, standing, duty, day)
        elif standing.state == "never" and one.outgoing and profile.finds("licence_never_held"):
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
        standing = standing_on(licences_on(book, said.to, duty, day), duty, day)
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
        # Whoever is not on this ledger may hold a licence that nobody recorded here.
        known = registered(book, said.to, sheets(book, said.to))
        withdrawn = standing.withdrawn or (known and standing.state == "never")
        yield found(
            "buyer_licence_not_valid",
            "red" if withdrawn else "amber" if standing.last else "grey",
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
    # Asked with every delivery: the numbers are read once for as long as nothing is said of the party.
    return any(book.sheet(_may_cook, name, party_sheet_key) for name in same_party(book, party))


def shared_licence(subject: str, number: str, book: Book) -> Iterator[Finding]:
    """One licence number in the names of two traders who are not each other's rename, chain or declared double (挂靠)."""
    if len(number) < _NATIONAL_NUMBER_CHARACTERS:
        return
    recorded: dict[str, list[Held]] = {}
    for one in sorted(said_about(book, subject, Licence), key=lambda held: held[0].seq):
        if one[1].number == number:
            recorded.setdefault(one[1].licence_kind, []).append(one)
    for kind, held in recorded.items():
        (first, licence), *others = held
        seen: set[PartyId] = {licence.holder}
        for record, other in others:
            if other.holder in seen:
                continue
            seen.add(other.holder)
            if may_be_one(book, licence.holder, other.holder):
                continue
            words = Words(
                zh=f"{kind} {number} 登记在两个主体名下，没有更名、承继或连锁关系的记录。",
                en=f"The {kind} {number} is recorded for two parties; no rename, succession or chain joins them.",
            )
            yield found(
                "licence_shared",
                "red",
                subject=subject,
                party=other.holder,
                rests_on=[first, record],
                facts=Facts(words, {"number": number}, "行政许可法 9"),
            )


def may_be_one(book: Book, one: PartyId, other: PartyId) -> bool:
    """Whether two party ids may be one trader or one chain: the same code, the same name, a recorded succession or headquarters,
    or nothing known that tells them apart.
    """
    names = traders(book, [one, other])
    if names[one] == names[other] or other in kin(book, one):
        return True
    mine, theirs = ([sheet for _, sheet in sheets(book, party)] for party in (one, other))
    if not mine or not theirs or {one, other} & {sheet.headquarters for sheet in (*mine, *theirs)}:
        return True
    if {sheet.headquarters for sheet in mine} & {sheet.headquarters for sheet in theirs} - {None}:
        return True
    called = [
        {name for sheet in some for name in (sheet.name, sheet.formerly) if name} for some in (mine, theirs)
    ]
    return bool(called[0] & called[1])


def _duties(record: Record, book: Book) -> Iterator[Duty]:
    """The licence duties that one record touches."""
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
            role: TradeRole = "retailer" if isinstance(said, Sale) else "wholesaler"
            yield from _of_sender(book, party, goods, role, trade_day(record))
    elif isinstance(said, (SupplierCheck, Receipt)) and said.conclusion != "refuse":
        for goods in dict.fromkeys(line.goods for line in lines_of(said)):
            yield from _of_receiver(book, party, profile_of(book, goods))


def _of_sender(book: Book, party: PartyId, goods: GoodsId, role: TradeRole, day: LegalDate) -> Iterator[Duty]:
    first = first_batch(book, goods)
    if first is not None and first[1].maker == party:
        yield from _of_maker(book, party, first[1])
        return
    profile = profile_for(first[1].category if first is not None else None)
    duty, batch = profile.needs(role), first[1] if first is not None else None
    if duty is not None and not (duty.not_for_holders and _holds_approval(book, party, duty, batch, day)):
        yield Duty(duty, profile, not _excused(book, party, duty), batch)


def _holds_approval(
    book: Book, party: PartyId, duty: LicenceDuty, batch: Batch | None, day: LegalDate
) -> bool:
    """Whether the approval that these goods name was the party's own and in force that day."""
    if batch is None:
        return False
    product = product_of(book, batch.product)
    number = batch.approval_number or (product[1].approval_number if product is not None else None)
    if number is None:
        return False
    mine = same_party(book, party)
    held = [
        one
        for one in said_about(book, contact_key("licence", number), Licence)
        if one[1].number == number and one[1].holder in mine
    ]
    return standing_of(held, renewal_days=duty.renewal_days, day=day).good


def _of_maker(book: Book, party: PartyId, batch: Batch) -> Iterator[Duty]:
    profile = profile_for(batch.category)
    duty = profile.needs("maker")
    if (
        batch.maker == party
        and duty is not None
        and not any(word in batch.name for word in duty.not_for_goods)
    ):
        yield Duty(duty, profile, not _excused(book, party, duty), batch)


def _of_receiver(book: Book, party: PartyId, profile: Profile) -> Iterator[Duty]:
    cooking = profile.needs("caterer")
    if cooking is not None and is_caterer(book, party, cooking):
        yield Duty(cooking, profile, outgoing=True)
        return
    # Who buys may be a user, a farm or a hospital: only one that holds a dealer's licence is known to deal.
    dealing = profile.needs("retailer") or profile.needs("wholesaler")
    if dealing is not None:
        yield Duty(dealing, profile, outgoing=False)


def _outside(
    book: Book, duty: Duty, licences: Sequence[Held], site: SiteId | None
) -> tuple[Held, Words] | None:
    """A licence in force that does not allow this, with the reason, where none of them does."""
    wrong: tuple[Held, Words] | None = None
    for record, licence in licences:
        reason = _elsewhere(book, licence, site) or _beyond(book, licence, duty)
        if reason is None:
            return None
        wrong = wrong or ((record, licence), reason)
    return wrong


def _elsewhere(book: Book, licence: Licence, site: SiteId | None) -> Words | None:
    """A licence is for its place, where it names one and the record names another that does not lie within it."""
    if licence.site is None or site is None or lies_within(book, site, licence.site):
        return None
    return Words(zh="许可地址是另一场所", en="it was given for another place")


def _beyond(book: Book, licence: Licence, duty: Duty) -> Words | None:
    """A licence is for the goods it lists. What an approval lists are crops and doses of its product: that is another question."""
    batch = duty.batch
    if batch is None or licence.scope is None or isinstance(licence, Approval):
        return None
    product = product_of(book, batch.product)
    details = (*(batch.details or ()), *((product[1].details or ()) if product is not None else ()))
    texts = [batch.name, batch.category, *(detail.value for detail in details)]
    ingredients = (batch.name, *(batch.active_ingredients or ()))
    # A pesticide that may not be used on some crops is one of limited use (农药管理条例 34, 限制使用农药名录).
    limited = [name for one in all_profiles() for entry in one.banned if entry.not_on for name in entry.names]
    if any(detail.field == "restricted" and detail.value in {"是", "yes"} for detail in details) or any(
        name in text for name in limited for text in ingredients
    ):
        texts.append(RESTRICTED_PESTICIDE)
    which = outside_scope(licence.licence_kind, licence.scope, texts)
    if which is None:
        return None
    scope = "、".join(licence.scope)
    return Words(
        zh=f"许可范围为“{scope}”，不含{which}", en=f"its scope is '{scope}' and does not hold {which}"
    )


def _excused(book: Book, party: PartyId, duty: LicenceDuty) -> bool:
    return bool(kinds_of_party(book, party) & set(duty.not_for_parties))


def trade_day(record: Record) -> LegalDate:
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
        "red" if standing.withdrawn else "amber",
        subject=subject,
        party=record.actor,
        rests_on=[record, last],
        facts=Facts(words, figures, duty.law),
    )


def _out_of_scope(subject: str, record: Record, wrong: tuple[Held, Words], duty: LicenceDuty) -> Finding:
    ((recorded, licence), reason), day = wrong, trade_day(record)
    figures = {"day": str(day), "number": licence.number, "scope": "、".join(licence.scope or ())}
    return found(
        "licence_out_of_scope",
        "amber",
        subject=subject,
        party=record.actor,
        rests_on=[recorded, record],
        facts=Facts(
            Words(
                zh=f"{day} 有经营记录；{licence.licence_kind} {licence.number} {reason.zh}。",
                en=f"Trade is recorded on {day}; of the {licence.licence_kind} {licence.number}: {reason.en}.",
            ),
            figures,
            duty.law,
        ),
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
        facts=Facts(words, {"day": str(trade_day(record))}, duty.law),
    )


def _may_cook(party: PartyId, records: Sequence[Record]) -> bool:
    """Whether a licence of this party is for catering or a canteen, whatever became of it."""
    return any(licence.holder == party and _cooks(licence.number) for _, licence in of_type(records, Licence))


def _cooks(number: str) -> bool:
    try:
        licence = FoodLicence.parse(number)
    except Refusal:
        return False
    return licence.activity == "operation" and licence.class_code in _COOKING_FORMS
