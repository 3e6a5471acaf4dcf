"""What is declared about sources: credit codes, lots with two declarers, shared contacts, safety intervals, and contradictions.

A farmer without code and licence, or a supplier who is not on this ledger, is a lawful end of a trace: grey, with what is missing. Only
a contradiction turns it red: a credit code that fails its check, a ghost, or a licence that a party on this ledger needs and never held.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.declared import failing_sheets, ghosts
from ledger.findings.duties import may_be_one
from ledger.findings.reading import (
    Facts,
    batches,
    credit_code,
    day_of,
    found,
    live,
    sheets,
)
from ledger.findings.standing import licences_of
from ledger.views.book import about, goods_key, of_type, party_key, site_key
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.parties import Party
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import LicenceDuty, Profile

#: How many different declared suppliers make one contact a lead. Everybody in a market has the market's address.
SHARED_BY_MIN: Final = {"phone": 2, "address": 3}


def contradictions(book: Book, party: PartyId, category: str | None) -> tuple[Words, ...]:
    """What contradicts itself about this party as a source of such goods, in words; nothing for an honest farmer."""
    known = sheets(book, party)
    failing = dict.fromkeys(sheet.credit_code for _, sheet in failing_sheets(known))
    said = [
        Words(zh=f"统一社会信用代码 {code} 校验不通过。", en=f"The credit code {code} fails its check.")
        for code in failing
    ]
    if failing and not any(sheet.phone or sheet.address for _, sheet in known):
        said.append(
            Words(
                zh="代码校验不通过，又没有电话和地址，无从联系。",
                en="The code fails, and there is neither phone nor address to reach anybody.",
            )
        )
    profile = profile_for(category)
    if not said and not _on_this_ledger(book, party, known) and ghosts(book, party, profile):
        said.append(
            Words(
                zh="几个申报的供货者登记同一电话，均没有所需许可证的记录。",
                en="Several declared suppliers are recorded with one telephone, and none with the licence that is needed.",
            )
        )
    return (*said, *_licence_contradictions(book, party, profile, known))


def failing_credit_codes(subject: str, party: PartyId, book: Book) -> Iterator[Finding]:
    """A declared credit code that cannot exist. It concerns the record of whoever declared it."""
    for record, sheet in failing_sheets(sheets(book, party)):
        yield found(
            "credit_code_fails",
            "red",
            subject=subject,
            party=record.actor,
            rests_on=[record],
            facts=Facts(
                Words(
                    zh=f"登记的统一社会信用代码 {sheet.credit_code} 校验不通过，这样的代码不会被发出。",
                    en=f"The recorded credit code {sheet.credit_code} fails its check; no such code is ever issued.",
                ),
                {"credit_code": sheet.credit_code or ""},
            ),
        )


_PRODUCED_ON: Final = Words(zh="生产日期", en="made on")
_EXPIRES_ON: Final = Words(zh="保质期至", en="best before")


def two_declarers(subject: str, goods: GoodsId, book: Book) -> Iterator[Finding]:
    """One product and lot that was declared by two makers, or by two declarers with other dates."""
    declared = sorted(batches(book, goods), key=lambda one: one[0].seq)
    if len(declared) < 2:  # noqa: PLR2004  (one declaration contradicts nobody)
        return
    (first, one), *others = declared
    if not profile_for(one.category).finds("two_declarers"):
        return
    for record, other in others:
        differences = [
            (name, words, f"{a} / {b}")
            for name, words, a, b in (
                ("produced_on", _PRODUCED_ON, one.produced_on, other.produced_on),
                ("expires_on", _EXPIRES_ON, one.expires_on, other.expires_on),
            )
            if a and b and a != b
        ]
        two_makers = one.maker != other.maker and not may_be_one(book, one.maker, other.maker)
        # Two that each say of one GTIN and lot "I made it" cannot both be right, unless one holds the approval the other makes it under.
        both_own = first.actor == one.maker and record.actor == other.maker
        under_contract = one.approval_holder is not None or other.approval_holder is not None
        clear = two_makers and both_own and goods.digital_link is not None and not under_contract
        if not two_makers and not differences:
            continue
        zh = [
            *(["生产者不同"] if two_makers else []),
            *(f"{words.zh} {dates}" for _, words, dates in differences),
        ]
        en = [
            *(["different makers"] if two_makers else []),
            *(f"{words.en} {dates}" for _, words, dates in differences),
        ]
        yield found(
            "two_declarers",
            "red" if clear else "amber" if two_makers else "grey",
            subject=subject,
            party=record.actor,
            rests_on=[first, record],
            facts=Facts(
                Words(
                    zh=f"同一产品批号有两条登记，内容不同：{'；'.join(zh)}。",
                    en=f"One product and lot is declared twice and differently: {'; '.join(en)}.",
                ),
                {name: dates for name, _, dates in differences},
                profile_for(one.category).laws.trace,
            ),
        )


def shared_contact(subject: str, what: str, value: str, book: Book) -> Iterator[Finding]:
    """Several declared suppliers with one phone or address. A lead for officials, and no more than that."""
    declared: dict[str, list[Record]] = defaultdict(list)
    holders: dict[int, PartyId] = {}
    sharing = [one for one in of_type(about(book, subject), Party) if getattr(one[1], what, None) == value]
    for record, sheet in sharing:
        # A party's own sheet, or the registrar's, declares nobody else.
        if record.actor in {sheet.party, book.register.registrar}:
            continue
        name = str(credit_code(sheet.credit_code) or sheet.name or sheet.person_name or sheet.party)
        declared[name].append(record)
        holders[record.seq] = sheet.party
    if len(declared) < SHARED_BY_MIN[what]:
        return
    records = [record for group in declared.values() for record in group]
    last = max(records, key=lambda record: record.seq)
    yield found(
        "shared_contact",
        "grey",
        subject=subject,
        party=holders[last.seq],
        rests_on=records,
        facts=Facts(
            Words(
                zh=f"{len(declared)} 个申报的供货者登记了同一{'电话' if what == 'phone' else '地址'}。",
                en=f"{len(declared)} declared suppliers are recorded with one {what}.",
            ),
            {"suppliers": str(len(declared))},
        ),
    )


def short_interval(subject: str, record: Record, book: Book) -> Iterator[Finding]:
    """A batch that was harvested fewer days after a use on its plot than the label of what was used asks for."""
    batch = record.said
    if not isinstance(batch, Batch) or batch.produced_on is None:
        return
    profile = profile_for(batch.category)
    if not (profile.safety_interval and profile.finds("safety_interval_short")):
        return
    near = about(book, goods_key(batch.goods))
    if batch.site is not None:
        near = [*near, *about(book, site_key(batch.site))]
    uses = {use.seq: (use, said) for use, said in of_type(live(near), Use)}
    for use, said in (uses[seq] for seq in sorted(uses)):
        here = batch.site is not None and said.site == batch.site
        if said.wait_days is None or not (here or batch.goods in (said.on_goods or ())):
            continue
        # By the day it ended, where that is said: a use is often written up days later.
        used_on = said.ended_on or said.started_on or day_of(use)
        days = (batch.produced_on.date - used_on.date).days
        if not 0 <= days < said.wait_days or (batch.planted_on is not None and used_on < batch.planted_on):
            continue
        if days == 0 and _after_harvest(use, said, record):
            continue
        yield found(
            "safety_interval_short",
            "red",
            subject=subject,
            party=record.actor,
            rests_on=[use, record],
            facts=Facts(
                Words(
                    zh=f"{used_on} 用药，登记的安全间隔期 {said.wait_days} 天；{batch.produced_on} 采收，相隔 {days} 天。",
                    en=f"Used on {used_on} with a recorded interval of {said.wait_days} days; "
                    f"harvested on {batch.produced_on}, {days} days later.",
                ),
                {"wait_days": str(said.wait_days), "days": str(days)},
                profile.laws.interval,
            ),
        )


def _after_harvest(use: Record, said: Use, harvest: Record) -> bool:
    """Whether a use of the day of the harvest, and of that day alone, came after it by the hours that both records give: leek grows again."""
    day = day_of(harvest)
    on_one_day = day_of(use) == day and said.started_on in {None, day}
    return on_one_day and use.occurred_ms > harvest.occurred_ms


def _licence_contradictions(
    book: Book, party: PartyId, profile: Profile, known: Sequence[tuple[Record, Party]]
) -> list[Words]:
    duties = [
        duty for role in ("maker", "wholesaler", "retailer") if (duty := profile.needs(role)) is not None
    ]
    kinds = {kind for duty in duties for kind in duty.kinds}
    held = [licence for _, licence in licences_of(book, party) if licence.licence_kind in kinds]
    if held and all(licence.state == "revoked" for licence in held):
        numbers = "、".join(dict.fromkeys(licence.number for licence in held))
        return [
            Words(zh=f"许可证 {numbers} 登记为吊销。", en=f"The licence {numbers} is recorded as revoked.")
        ]
    if held or not _on_this_ledger(book, party, known):
        # What nobody recorded of a stranger is missing, not contradicted.
        return []
    duty = _duty_of_source(book, party, profile)
    if duty is None or any(sheet.party_kind in duty.not_for_parties for _, sheet in known):
        return []
    wanted = "、".join(duty.kinds)
    return [
        Words(
            zh=f"按{duty.law}需要{wanted}，从未登记过。",
            en=f"{duty.law} asks for {wanted}; none was ever recorded.",
        )
    ]


def _on_this_ledger(book: Book, party: PartyId, known: Sequence[tuple[Record, Party]]) -> bool:
    registered = any(record.header.issuer == book.register.registrar for record, _ in known)
    return registered or book.register.role_of(party) is not None


def _duty_of_source(book: Book, party: PartyId, profile: Profile) -> LicenceDuty | None:
    making, dealing = profile.needs("maker"), profile.needs("wholesaler")
    if making is None:
        return dealing
    made = [batch for _, batch in of_type(about(book, party_key(party)), Batch) if batch.maker == party]
    made = [batch for batch in made if profile_for(batch.category).category == profile.category]
    if not made:
        return dealing
    return (
        making
        if any(not any(word in batch.name for word in making.not_for_goods) for batch in made)
        else None
    )
