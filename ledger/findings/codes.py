"""Unit codes: sold twice, in two hands, sold again after their pack had ended, never issued, on two kinds of goods, on several packs.

Most alerts of deployed systems are scanning slips, so they are taken out first: one device that scans a pack twice within minutes, a
delivery that is written up in the evening, a pack that was brought back. What is left rests on two whole records that cannot both be
true. A clone is suspected only on a second fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.findings.packing import broken_packing
from ledger.findings.reading import Facts, batches, day_of, first_batch, found, moment, profile_of
from ledger.findings.sightings import (
    CodeStory,
    is_only_issued,
    is_serial,
    lines_with_codes,
    reached,
    says_it_got,
)
from ledger.findings.travel import impossible_travel, scattered
from ledger.identifiers import Dimension
from ledger.views.book import about, goods_sheet_key, of_type
from ledger.vocabulary.goods import Adjustment, Codes, Transformation, Use
from ledger.vocabulary.oversight import Scan
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.finding import Finding, Grade
    from ledger.findings.sightings import Sighting
    from ledger.findings.travel import Journey, Scattered
    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import FindingKind, Profile

#: One party that records one pack twice within so long has scanned it twice.
DOUBLE_SCAN_MS: Final = 10 * 60_000
#: A delivery may be written up so long after the pack had already gone on.
LATE_ENTRY_MS: Final = 3 * 24 * 3_600_000
#: Facts that make a clone: one alone may be a slip.
CLONE_FACTS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Clash:
    """One sale or shipment beside what had ended the pack's way, or beside the hands it was in. `outside`: no record leads to the party."""

    one: Sighting
    ends: tuple[Sighting, ...]
    outside: bool
    held: tuple[Sighting, ...] = ()

    @property
    def records(self) -> list[Record]:
        """Everything it rests on."""
        return [*(end.record for end in (*self.ends, *self.held)), self.one.record]


def judge_code(subject: str, code: str, book: Book) -> Iterator[Finding]:
    """Everything that is odd about one unit code."""
    records = about(book, subject)
    # A pack of which nothing is known but that it got its code: of a hundred thousand codes nearly all, and there is nothing to find.
    if is_only_issued(records) or not is_serial(code):
        return
    story = CodeStory.of(subject, code, records, book)
    goods = story.goods
    if goods is None:
        return
    profile = profile_of(book, goods)
    yield from _unknown(story, profile)
    yield from _goods_differ(story, profile)
    yield from broken_packing(story, profile)
    clashes = _clashes(story)
    for clash in clashes:
        yield from _clashing(story, clash, profile)
    journey = impossible_travel(story)
    if journey is not None and profile.finds("impossible_travel"):
        yield journey.finding(story, profile)
    yield from _cloned(story, [one for one in clashes if one.outside], journey, profile)


def _unknown(story: CodeStory, profile: Profile) -> Iterator[Finding]:
    """A code traded as one of a lot whose codes were issued here, and not among them."""
    traded = next((one for one in story.traded if one.is_disposal), None) or next(iter(story.traded), None)
    if traded is None or story.issues or story.packed or not profile.finds("code_unknown"):
        return
    makers = {batch.maker for _, batch in batches(story.book, traded.goods)}
    issued = [
        (record, said)
        for record, said in of_type(about(story.book, goods_sheet_key(traded.goods)), Codes)
        if said.action == "issue" and said.goods == traded.goods and (not makers or record.actor in makers)
    ]
    if not issued:
        return
    known = codes_issued(said for _, said in issued)
    yield found(
        "code_unknown",
        "grey" if more_to_come(story.book, traded.goods, known) else "amber",
        subject=story.subject,
        party=traded.party,
        rests_on=[*(record for record, _ in issued), traded.record],
        facts=Facts(
            Words(
                zh=f"该货物在本台账共赋码 {known} 个，其中没有这个码。",
                en=f"{known} codes were issued for these goods on this ledger; this is none of them.",
            ),
            {"issued": str(known)},
            profile.laws.code,
        ),
    )


def codes_issued(issued: Iterable[Codes]) -> int:
    """How many codes these records issue. Of a run only the first part stands among what is said of its goods; it says how many there are."""
    listed: set[str] = set()
    in_runs: dict[str, int] = {}
    for said in issued:
        if said.run is None or said.run_codes is None:
            listed.update(said.codes)
        else:
            in_runs[said.run] = said.run_codes
    return len(listed) + sum(in_runs.values())


def more_to_come(book: Book, goods: GoodsId, known: int) -> bool:
    """Whether the lot has more packs than codes issued so far: the rest may simply not be uploaded."""
    first = first_batch(book, goods)
    quantity = first[1].quantity if first is not None else None
    counted = quantity is not None and quantity.unit.dimension in {Dimension.COUNT, Dimension.PACKAGE}
    return quantity is not None and counted and known < quantity.amount


def _goods_differ(story: CodeStory, profile: Profile) -> Iterator[Finding]:
    if not story.issues or not profile.finds("code_goods_differ"):
        return
    (first, codes), *others = story.issues
    again = next(
        (record for record, said in others if said.goods != codes.goods or record.actor != first.actor), None
    )
    elsewhere = [one for one in story.traded if all(one.goods != said.goods for _, said in story.issues)]
    elsewhere = [one for one in elsewhere if one.is_disposal] or elsewhere
    grade: Grade = "amber"
    if again is None and elsewhere:
        # Goods that nobody registered, or by their own words the same lot, are another name for one thing.
        if _same_lot(story.book, codes.goods, elsewhere[0].goods):
            return
        known = first_batch(story.book, elsewhere[0].goods) is not None
        grade = "red" if known and elsewhere[0].is_disposal else "grey"
    other = again or (elsewhere[0].record if elsewhere else None)
    if other is None:
        return
    yield found(
        "code_goods_differ",
        grade,
        subject=story.subject,
        party=other.actor,
        rests_on=[first, other],
        facts=Facts(
            Words(
                zh=f"第 {first.seq} 条与第 {other.seq} 条记录对同一个码的登记不一致（货物或登记方不同）。",
                en=f"Entries {first.seq} and {other.seq} declare this code differently: for other goods, or by another party.",
            ),
            {},
            profile.laws.code,
        ),
    )


def _same_lot(book: Book, one: GoodsId, other: GoodsId) -> bool:
    """Whether two identifiers are registered with one batch number and one product or name."""
    a, b = first_batch(book, one), first_batch(book, other)
    if a is None or b is None or a[1].batch_number is None or a[1].batch_number != b[1].batch_number:
        return False
    same_product = a[1].product is not None and a[1].product == b[1].product
    return same_product or (a[1].name, a[1].maker) == (b[1].name, b[1].maker)


def _clashes(story: CodeStory) -> list[Clash]:
    """What happened to a pack after its way had ended, and what happened to it in hands that it never came into.

    Where one of two records stands outside the recorded path, that one has to answer, even if it came first: the shop that sold the
    real pack is not to answer for the copy.
    """
    path = story.path
    known_ends = [one for one in story.seen if one.ends_life and path.knows(one)]
    ends: list[Sighting] = []
    clashes: list[Clash] = []
    for one in story.seen:
        if _brings_back(one, ends):
            ends = []
            continue
        if any(_double(end, one) for end in ends) or any(_double(clash.one, one) for clash in clashes):
            continue
        if one.is_disposal:
            clash = _against(story, one, ends, known_ends)
            if clash is not None:
                clashes.append(clash)
        if _counts_as_end(story, one, ends, known_ends):
            ends.append(one)
    return clashes


def _against(
    story: CodeStory, one: Sighting, ends: Sequence[Sighting], known_ends: Sequence[Sighting]
) -> Clash | None:
    """What this sale or shipment cannot be true beside; None if it can."""
    path = story.path
    if path.knows(one) or any(end.party == one.party for end in ends):
        against = tuple(ends) if not any(_late_delivery(end, one) for end in ends) else ()
        return Clash(one, against, outside=False) if against else None
    if one.party in path.passed_on:
        return None
    held = () if ends else _in_other_hands(story, one)
    if not ends:
        # The outsider came first: it conflicts with what the pack's own path says later, unless it is how the pack came there.
        after = (end for end in known_ends if end.record.order > one.record.order)
        ends = [end for end in (next(after, None),) if end is not None and not _leads_to(story, one, end)]
    if not ends and (not held or story.nest.stays):
        return None
    return Clash(one, tuple(ends), outside=True, held=held)


def _in_other_hands(story: CodeStory, one: Sighting) -> tuple[Sighting, ...]:
    """The word of whoever had got the pack and had not let it go when somebody else, who never got it, sold or shipped it."""
    arrivals: list[Sighting] = []
    for other in story.seen:
        if other.record.order >= one.record.order or other.party == one.party:
            continue
        if other.is_arrival:
            arrivals = [kept for kept in arrivals if kept.party == other.party]
            arrivals.append(other)
        elif not (isinstance(other.said, Shipment) and _double_side(other, arrivals)):
            arrivals = []
    if not arrivals or (story.issues and not any(story.path.knows(other) for other in arrivals)):
        return ()
    if any(_leads_to(story, one, other) for other in arrivals) or says_it_got(one, story.code, story.book):
        return ()
    return tuple(arrivals)


def _double_side(sent: Sighting, arrivals: Sequence[Sighting]) -> bool:
    """Whether a shipment is the sender's word, written up late, for what its receiver has confirmed already."""
    return any(
        isinstance(sent.said, Shipment) and sent.said.to == other.party and _late(other, sent)
        for other in arrivals
    )


def _counts_as_end(
    story: CodeStory, one: Sighting, ends: Sequence[Sighting], known_ends: Sequence[Sighting]
) -> bool:
    """Whether the pack's way ends here. A stranger ends nothing to the harm of its holder, except what was sold to it before."""
    if not one.ends_life or one.party in story.path.passed_on:
        return False
    if story.path.knows(one) or story.book.register.role_of(one.party) == "authority":
        return True
    if ends:
        return not one.is_sale
    if isinstance(one.said, Use):
        return any(other.is_arrival and other.party == one.party for other in story.seen)
    return one.is_sale and not known_ends


def _brings_back(one: Sighting, ends: Sequence[Sighting]) -> bool:
    """Whether a pack that had only been sold came back into trade by this record."""
    if not ends or not all(end.is_sale for end in ends):
        return False
    said, sellers = one.said, {end.party for end in ends}
    if isinstance(said, Return):
        return said.to in sellers or one.party in sellers
    if isinstance(said, (Receipt, SupplierCheck)):
        return said.supplier in sellers and said.conclusion != "refuse"
    return isinstance(said, Adjustment) and said.reason == "stock_gain" and one.party in sellers


def _double(end: Sighting, one: Sighting) -> bool:
    """Whether one party scanned one pack twice."""
    return (
        end.is_disposal
        and one.is_disposal
        and end.party == one.party
        and abs(one.record.occurred_ms - end.record.occurred_ms) <= DOUBLE_SCAN_MS
    )


def _late_delivery(end: Sighting, one: Sighting) -> bool:
    """Whether this is how the pack had come to whoever ended its way, written up afterwards."""
    if end.party == one.party or not _late(end, one):
        return False
    if isinstance(one.said, Shipment):
        return end.party in reached({one.said.to}, [one]) or end.party == one.said.to
    return isinstance(end.said, Use) and day_of(end.record) == day_of(one.record)


def _late(earlier: Sighting, one: Sighting) -> bool:
    return one.record.occurred_ms - earlier.record.occurred_ms <= LATE_ENTRY_MS


def _leads_to(story: CodeStory, one: Sighting, end: Sighting) -> bool:
    """Whether the pack may have come from this shipment to that party, by the records that name it."""
    return isinstance(one.said, Shipment) and end.party in reached({one.said.to}, story.seen)


def _clashing(story: CodeStory, clash: Clash, profile: Profile) -> Iterator[Finding]:
    one, sold = clash.one, [end for end in clash.ends if end.is_sale]
    life_over = len(sold) < len(clash.ends)
    by_others = any(end.party != one.party for end in sold)
    facts = _facts(clash, profile)
    if one.is_sale and by_others and profile.finds("code_sold_twice"):
        yield _found(story, "code_sold_twice", "red", clash, facts)
    if clash.outside and not life_over and profile.finds("custody_conflict"):
        yield _found(story, "custody_conflict", "red", clash, facts)
    again = not clash.outside and not (one.is_sale and by_others)
    if (life_over or again) and profile.finds("code_reused_packaging"):
        another_day = one.is_sale and any(day_of(end.record) != day_of(one.record) for end in clash.ends)
        yield _found(
            story, "code_reused_packaging", "red" if life_over or another_day else "amber", clash, facts
        )


def _facts(clash: Clash, profile: Profile) -> Facts:
    one, last = clash.one, (*clash.ends, *clash.held)[-1]
    ended, at = moment(last.record.occurred_ms), moment(one.record.occurred_ms)
    how = _how(last)
    return Facts(
        Words(
            zh=f"该码 {ended} 有{how.zh}记录，{at} 另有销售或发货记录。",
            en=f"This code was recorded as {how.en} at {ended}, and by another record as sold or shipped at {at}.",
        ),
        {"ended_at": ended, "again_at": at, "packs": str(one.packs)},
        profile.laws.code,
    )


def _found(story: CodeStory, kind: FindingKind, grade: Grade, clash: Clash, facts: Facts) -> Finding:
    return found(
        kind, grade, subject=story.subject, party=clash.one.party, rests_on=clash.records, facts=facts
    )


def _cloned(
    story: CodeStory, conflicts: Sequence[Clash], journey: Journey | None, profile: Profile
) -> Iterator[Finding]:
    """Several facts that point one way; or one record that lists a code again and again; or scans all over the country."""
    if not profile.finds("clone_suspected"):
        return
    packs = max((clash.one.packs for clash in conflicts), default=1)
    scans = scattered(story)
    traded = journey is not None and journey.by_trade
    facts = len(conflicts) + (packs > 1) + traded + bool(scans)
    if (conflicts or traded) and facts >= CLONE_FACTS_MIN:
        yield from _many_facts(story, conflicts, journey, scans, profile)
        return
    repeated = next((one for one in story.seen if one.is_disposal and _repeats(one, story.code)), None)
    if repeated is not None:
        words = Words(
            zh=f"一条记录中同一个码出现 {repeated.packs} 次，每件应有自己的码。",
            en=f"One record lists this code {repeated.packs} times; each pack should carry its own.",
        )
        yield _clone(story, "amber", [repeated.record], words, {"packs": str(repeated.packs)}, profile)
    elif scans and scans.alone:
        words = Words(
            zh=f"24 小时内，{len(scans.records)} 台设备在相距很远的地方查询了该码。",
            en=f"{len(scans.records)} devices read this code within 24 hours in places far apart.",
        )
        figures = {"scans": str(len(scans.records))}
        yield _clone(story, "amber", scans.records, words, figures, profile)


def _many_facts(
    story: CodeStory,
    conflicts: Sequence[Clash],
    journey: Journey | None,
    scans: Scattered,
    profile: Profile,
) -> Iterator[Finding]:
    packs = max((clash.one.packs for clash in conflicts), default=1)
    records = [record for clash in conflicts for record in clash.records]
    zh, en = [], []
    if conflicts:
        zh.append(f"流转记录之外的记录 {len(conflicts)} 条，一次最多 {packs} 件")
        en.append(
            f"records from outside its recorded path: {len(conflicts)}, for up to {packs} packs at once"
        )
    if journey is not None and journey.by_trade:
        records += [journey.first, journey.second]
        zh.append(f"{journey.minutes} 分钟内出现在相距约 {journey.km} 公里的两地")
        en.append(f"two places about {journey.km} km apart within {journey.minutes} minutes")
    if scans:
        records += scans.records
        zh.append(f"24 小时内 {len(scans.records)} 处相距很远的查询")
        en.append(f"{len(scans.records)} readings far apart within 24 hours")
    travelled = journey is not None and journey.by_trade
    figures = {
        "records": str(len(conflicts)),
        "packs": str(packs),
        "travel": str(int(travelled)),
        "scans": str(len(scans.records)),
        "score": str(len(conflicts) + (packs > 1) + travelled + bool(scans)),
    }
    words = Words(zh=f"关于该码：{'；'.join(zh)}。", en=f"About this code: {'; '.join(en)}.")
    party = conflicts[0].one.party if conflicts else None
    yield _clone(story, "red", records, words, figures, profile, party=party)


def _clone(
    story: CodeStory,
    grade: Grade,
    records: Iterable[Record],
    words: Words,
    figures: dict[str, str],
    profile: Profile,
    *,
    party: PartyId | None = None,
) -> Finding:
    records = list(records)
    traders = [record.actor for record in records if not isinstance(record.said, Scan)]
    return found(
        "clone_suspected",
        grade,
        subject=story.subject,
        # Scans alone concern nobody who traded: whoever issued the code learns of them.
        party=party or (traders[-1] if traders else story.issuer or story.book.register.registrar),
        rests_on=records,
        facts=Facts(words, figures, profile.laws.code),
    )


def _repeats(one: Sighting, code: str) -> bool:
    """Whether the code stands several times in one line. One code beside a larger quantity may be the only pack that was scanned."""
    return any((line.codes or ()).count(code) > 1 for line in lines_with_codes(one.said))


def _how(end: Sighting) -> Words:
    said = end.said
    if isinstance(said, Codes):
        if said.action == "void":
            return Words(zh="作废", en="void")
        return Words(zh="空包装回收", en="an empty pack handed in")
    if isinstance(said, Sale):
        return Words(zh="售出", en="sold")
    if end.is_arrival:
        return Words(zh="收货", en="received elsewhere")
    return (
        Words(zh="使用", en="used")
        if isinstance(said, (Use, Transformation))
        else Words(zh="销毁", en="destroyed")
    )
