"""What readings of a code say beside its records: it was never issued, its pack had ended, it is read in more places than one pack can be.

A reading is a question, not a sale: it moves nothing and is kept outside the log (`ledger.store.scans`). Nearly all alerts of deployed
systems are scanning slips and late uploads, so these are taken out first:

    one device twice within minutes     one reading
    capitals and small letters          the code that was issued
    two fields or two codes in one      the code that was issued: a lost FNC1, a reader that sends no line end
    one slip of the finger              nobody's fault, until several devices make the same one
    codes not uploaded yet              nothing, while the lot has more packs than codes

What is left is judged by places. A pack goes one way, from its maker to whoever uses it; a photo of its code travels without it, once or
twice. So one far reading is nothing. It takes a handful of readers who find the code back where it had been again and again, in three
provinces or towns, or by the handful in each of two. Places are region codes as far as anybody gave one; readings without a place count for what needs none.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.errors import Words
from ledger.findings.answers import with_answers
from ledger.findings.codes import codes_issued, more_to_come
from ledger.findings.finding import grade_order
from ledger.findings.misread import as_issued, issued_next_to, lot_of
from ledger.findings.reading import Facts, batches, first_batch, found, moment, profile_of
from ledger.findings.sightings import CodeStory, is_serial
from ledger.findings.travel import (
    ANYWHERE_HOURS,
    HOUR_MS,
    place_of,
    province,
    town_names,
    town_of,
    travels_in,
)
from ledger.views.book import about, code_key, goods_sheet_key, of_type
from ledger.vocabulary.goods import Adjustment, Codes
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.trade import Receipt, Return

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.findings.finding import Finding, Grade
    from ledger.findings.sightings import Sighting
    from ledger.findings.travel import Place
    from ledger.identifiers import PartyId, RegionCode
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import FindingKind, Profile

#: Who read a code: anybody, somebody signed in for a trader, an official.
Reader = Literal["consumer", "trade", "inspector"]
READERS: Final[tuple[Reader, ...]] = get_args(Reader)

#: One device that reads one code again within so long has read it once.
DOUBLE_SCAN_MS: Final = 10 * 60_000
#: A sale or a destruction may be written up so long after it, or before the last pack is out of sight.
AFTER_END_MS: Final = 3 * 24 * HOUR_MS
#: A label that several people's devices read after its pack had ended lies before several people.
AFTER_END_READERS_MIN: Final = 2
#: Two devices do not send one slip of the finger by chance more often than three do.
SLIP_READERS_MIN: Final = 3
#: Readers who are more than one household with a photo of it.
READERS_MIN: Final = 5
#: A code that is read again where it was, after it was read elsewhere and so long had passed, has come back.
AWAY_MS: Final = 24 * HOUR_MS
#: A trip, or a photo of the pack at home, brings it back once.
RETURNS_MIN: Final = 2
#: A pack is bought in one province and given away to another; a handful of readers do not find it in a third.
PROVINCES_MIN: Final = 3
#: Towns lie nearer: one more reader is asked for, or that the code came back once.
TOWNS_MIN: Final = 3
TOWNS_READERS_MIN: Final = 6
#: So many readers in each of two towns are no family with a photo.
CROWD_MIN: Final = 4
#: Of a code that thousands read, the latest readings are looked at.
READINGS_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of one code, to the minute. `region`: as far as anybody said; `device` joins the readings of one address within one day.

    `batch` is the entry whose file it came from.
    """

    code: str
    at_ms: int
    by: Reader
    region: RegionCode | None
    device: str
    batch: int


@dataclass(frozen=True, slots=True)
class _Step:
    """Somewhere the code was at a time: a reading, or a record of the trade."""

    at_ms: int
    place: Place
    where: str
    entry: int
    device: str = ""


def judge_readings(code: str, readings: Iterable[Reading], book: Book) -> tuple[Finding, ...]:
    """Everything that the readings of one code come to beside its records, worst first. Pure: the same input, the same findings."""
    once = told_apart(readings)
    if not once or not is_serial(code):
        return ()
    subject = code_key(code)
    story = CodeStory.of(subject, code, about(book, subject), book)
    if story.issues or story.seen or story.packed:
        found_ = [*_after_end(story, once), *_elsewhere(story, once), *_cloned(story, once)]
    else:
        found_ = [*_never_issued(story, once)]
    return with_answers(subject, sorted(found_, key=grade_order), book) if found_ else ()


def told_apart(readings: Iterable[Reading]) -> list[Reading]:
    """The readings in the order of time, what one device read twice within minutes counted once."""
    last: dict[str, int] = {}
    kept: list[Reading] = []
    for one in sorted(readings, key=lambda one: (one.at_ms, one.device, one.batch)):
        before = last.get(one.device)
        last[one.device] = one.at_ms
        if before is None or one.at_ms - before > DOUBLE_SCAN_MS:
            kept.append(one)
    return kept[-READINGS_MAX:]


# Never issued


def _never_issued(story: CodeStory, readings: Sequence[Reading]) -> Iterator[Finding]:
    book, goods = story.book, lot_of(story.code)
    if goods is None:
        return
    makers = {batch.maker for _, batch in batches(book, goods)}
    issued = [
        (record, said)
        for record, said in of_type(about(book, goods_sheet_key(goods)), Codes)
        if said.action == "issue" and said.goods == goods and (not makers or record.actor in makers)
    ]
    profile = profile_of(book, goods)
    if not issued or not profile.finds("code_unknown"):
        return
    known = codes_issued(said for _, said in issued)
    # What was read wrongly or is not uploaded yet is no pack that nobody made.
    if more_to_come(book, goods, known) or as_issued(book, story.code) != story.code:
        return
    readers = len({one.device for one in readings})
    if readers < SLIP_READERS_MIN and any(True for _ in issued_next_to(book, story.code)):
        return
    grade: Grade = "amber" if readers > 1 or any(one.by != "consumer" for one in readings) else "grey"
    yield _found(
        "code_unknown",
        grade,
        story,
        readings,
        beside=[record for record, _ in issued[:1]],
        party=issued[0][0].actor,
        facts=Facts(
            Words(
                zh=f"该货物在本台账共赋码 {known} 个，其中没有这个码；它被 {readers} 台设备查询过。",
                en=f"{known} codes were issued for these goods on this ledger; this is none of them, and {readers} devices read it.",
            ),
            {"issued": str(known), "readers": str(readers)},
            profile.laws.code,
        ),
    )


# After the end


def _after_end(story: CodeStory, readings: Sequence[Reading]) -> Iterator[Finding]:
    """A code that is read although its pack was destroyed, its label made void, its container handed in."""
    goods = story.goods
    end = next((one for one in story.seen if _ends_label(one)), None)
    if goods is None or end is None:
        return
    profile = profile_of(story.book, goods)
    if not profile.finds("code_reused_packaging"):
        return
    later = [one for one in readings if one.at_ms > end.record.occurred_ms + AFTER_END_MS]
    readers = len({one.device for one in later})
    if not later:
        return
    by_hand = any(one.by != "consumer" for one in later)
    ended, at = moment(end.record.occurred_ms), moment(later[0].at_ms)
    yield _found(
        "code_reused_packaging",
        "amber" if by_hand or readers >= AFTER_END_READERS_MIN else "grey",
        story,
        later,
        beside=[end.record],
        party=None,
        facts=Facts(
            Words(
                zh=f"该码 {ended} 已登记作废、回收或销毁，{at} 起又被 {readers} 台设备查询。",
                en=f"This code was recorded as void, handed in or destroyed at {ended}; from {at} on {readers} devices read it.",
            ),
            {"ended_at": ended, "again_at": at, "readers": str(readers)},
            profile.laws.code,
        ),
    )


def _ends_label(one: Sighting) -> bool:
    """Whether nobody should have this label before him any more. What was sold or used is still looked at, by whoever has it."""
    said = one.said
    return isinstance(said, (Codes, Destruction, Adjustment)) and one.ends_life


# Elsewhere


def _elsewhere(story: CodeStory, readings: Sequence[Reading]) -> Iterator[Finding]:
    """Traders and officials who had the code before them too far from where the trade has the pack: for the time, or after it was sold.

    They read packs. A consumer reads what is shown to him.
    """
    goods = story.goods
    if goods is None:
        return
    profile = profile_of(story.book, goods)
    by_hand = [one for one in readings if one.by != "consumer"]
    steps = sorted([*_steps(by_hand), *_trade_steps(story)], key=lambda step: (step.at_ms, step.entry))
    batches_read = {one.batch for one in by_hand}
    for first, second in pairwise(steps):
        if {first.entry, second.entry}.isdisjoint(batches_read) or not _too_far(first, second):
            continue
        if profile.finds("impossible_travel"):
            yield _journey(story, by_hand, first, second, profile)
        return
    yield from _after_sale(story, by_hand, profile)


def _after_sale(story: CodeStory, by_hand: Sequence[Reading], profile: Profile) -> Iterator[Finding]:
    """A pack that was sold, and lies far from there before somebody in the trade, though nobody took it back."""
    sale = next((one for one in story.seen if one.is_sale), None)
    came_back = any(
        isinstance(one.said, (Return, Receipt)) and sale is not None and one.record.order > sale.record.order
        for one in story.seen
    )
    place = place_of(sale.record, story.book) if sale is not None else None
    if sale is None or place is None or came_back or not profile.finds("code_reused_packaging"):
        return
    later = [
        one
        for one in by_hand
        if one.at_ms > sale.record.occurred_ms + AFTER_END_MS
        and (there := province(one.region)) is not None
        and there.is_far_from(place)
    ]
    if not later:
        return
    ended, at = moment(sale.record.occurred_ms), moment(later[0].at_ms)
    yield _found(
        "code_reused_packaging",
        "amber",
        story,
        later,
        beside=[sale.record],
        party=None,
        facts=Facts(
            Words(
                zh=f"该码 {ended} 已登记售出，{at} 又在相距很远的地方被经营者或执法人员扫到。",
                en=f"This code was recorded as sold at {ended}; at {at} a trader or an official read it far from there.",
            ),
            {"ended_at": ended, "again_at": at},
            profile.laws.code,
        ),
    )


def _steps(readings: Iterable[Reading]) -> Iterator[_Step]:
    for one in readings:
        place = province(one.region)
        if place is not None and one.region is not None:
            yield _Step(one.at_ms, place, town_of(one.region), one.batch, one.device)


def _trade_steps(story: CodeStory) -> Iterator[_Step]:
    for one in story.seen:
        if not (one.is_sale or one.is_arrival):
            continue
        place = place_of(one.record, story.book)
        if place is not None:
            yield _Step(one.record.occurred_ms, place, str(place), one.record.seq, str(one.party))


def _too_far(first: _Step, second: _Step) -> bool:
    """Whether no pack can have come from the one to the other in the time between."""
    hours = (second.at_ms - first.at_ms) / HOUR_MS
    if hours > ANYWHERE_HOURS or first.device == second.device:
        return False
    return first.place.km_to(second.place) > travels_in(hours)


def _journey(
    story: CodeStory, readings: Sequence[Reading], first: _Step, second: _Step, profile: Profile
) -> Finding:
    at, then = moment(first.at_ms), moment(second.at_ms)
    km, minutes = first.place.km_to(second.place), (second.at_ms - first.at_ms) // 60_000
    entries = {first.entry, second.entry}
    return _found(
        "impossible_travel",
        "amber",
        story,
        [one for one in readings if one.batch in entries],
        beside=[one.record for one in story.seen if one.record.seq in entries],
        party=None,
        facts=Facts(
            Words(
                zh=f"同一个码 {at} 与 {then} 出现在相距至少约 {km} 公里的两地，相隔 {minutes} 分钟。",
                en=f"One code at {at} and at {then} in places at least {km} km apart, {minutes} minutes between them.",
            ),
            {"km": str(km), "minutes": str(minutes)},
            profile.laws.code,
        ),
    )


# On several packs


def _cloned(story: CodeStory, readings: Sequence[Reading]) -> Iterator[Finding]:
    """A code that consumers read in more places, or more to and fro, than one pack and a few photos of it can be."""
    goods = story.goods
    located = [one for one in readings if one.by == "consumer" and one.region is not None]
    if goods is None or len(located) < READERS_MIN:
        return
    profile = profile_of(story.book, goods)
    signs = Signs.of(located)
    if not signs.several_packs or not profile.finds("clone_suspected"):
        return
    yield _found(
        "clone_suspected",
        "amber",
        story,
        located,
        beside=[],
        party=None,
        facts=Facts(
            Words(
                zh=f"{signs.readers} 台设备在 {signs.towns} 个地方查询了该码，"
                f"离开一天以上又回到原地 {signs.returns} 次。",
                en=f"{signs.readers} devices read this code in {signs.towns} places; {signs.returns} times it "
                "was back where it had been, after a day and more elsewhere.",
            ),
            {
                "readers": str(signs.readers),
                "places": str(signs.towns),
                "came_back": str(signs.returns),
            },
            profile.laws.code,
        ),
    )


@dataclass(frozen=True, slots=True)
class Signs:
    """What consumers' readings with a place come to. `second_crowd`: readers in the town that has most of them but one."""

    readers: int
    towns: int
    provinces: int
    returns: int
    second_crowd: int

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> Signs:
        """Count them, in the order of time: one device is one reader in one town."""
        names = town_names({town_of(one.region) for one in readings if one.region is not None})
        seen: set[tuple[str, str]] = set()
        last: dict[str, tuple[int, int]] = {}
        returns = moves = 0
        here = ""
        crowds: dict[str, set[str]] = defaultdict(set)
        for one in readings:
            where = names[town_of(one.region)] if one.region is not None else ""
            if not where or (one.device, where) in seen:
                continue
            seen.add((one.device, where))
            crowds[where].add(one.device)
            moves += where != here
            before = last.get(where)
            if before is not None and before[1] != moves and one.at_ms - before[0] > AWAY_MS:
                returns += 1
            last[where], here = (one.at_ms, moves), where
        sizes = sorted((len(devices) for devices in crowds.values()), reverse=True)
        return cls(
            readers=len({device for device, _ in seen}),
            towns=len(crowds),
            provinces=len({one[:2] for one in crowds}),
            returns=returns,
            second_crowd=sizes[1] if len(sizes) > 1 else 0,
        )

    @property
    def several_packs(self) -> bool:
        """Whether one pack, with a gift, a trip and a photo of it on the way, does not explain them."""
        return self.readers >= READERS_MIN and (
            self.returns >= RETURNS_MIN
            or self.provinces >= PROVINCES_MIN
            or (self.towns >= TOWNS_MIN and (self.returns > 0 or self.readers >= TOWNS_READERS_MIN))
            or self.second_crowd >= CROWD_MIN
        )


# What they share


def _found(
    kind: FindingKind,
    grade: Grade,
    story: CodeStory,
    readings: Iterable[Reading],
    *,
    beside: Iterable[Record],
    party: PartyId | None,
    facts: Facts,
) -> Finding:
    """A finding that rests on batches of readings, and on records. It concerns whoever issued the code, or made the goods: nobody who traded."""
    book = story.book
    entries = sorted({one.batch for one in readings})
    records = book.records(entries)
    return found(
        kind,
        grade,
        subject=story.subject,
        party=party or story.issuer or _maker(story) or book.register.registrar,
        rests_on=[*beside, *(records[one] for one in entries)],
        facts=facts,
    )


def _maker(story: CodeStory) -> PartyId | None:
    goods = story.goods or lot_of(story.code)
    batch = first_batch(story.book, goods) if goods is not None else None
    return batch[1].maker if batch is not None else None
