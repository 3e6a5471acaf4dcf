"""Unit codes: sold twice, seen outside their recorded path, on several packs, sold again after use, unknown, or on two kinds of goods.

Only serial codes are judged: a batch code stands on every pack of its batch. Only custody and sale count; a scan is a question, not a
sale. Most alerts of deployed systems are scanning slips, so one fact alone is amber, and a clone is suspected only on a second fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Refusal, Words
from ledger.findings.reading import Facts, found, moment, profile_of
from ledger.identifiers import BatchCode, DigitalLink, Dimension
from ledger.views.book import about, holding_key
from ledger.vocabulary.goods import Adjustment, Codes, Transformation, Use
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.findings.finding import Finding
    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Profile
    from ledger.vocabulary.values import Line

_BATCH_NAME = "urn:suyuan:batch:"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One record that carries the code: the goods it says they are, and how many packs it says carry this one code."""

    record: Record
    goods: GoodsId
    packs: int = 1

    @property
    def party(self) -> PartyId:
        """Whose record it is."""
        return self.record.actor

    @property
    def is_disposal(self) -> bool:
        """Whether the pack left the party's hands by it."""
        return isinstance(self.record.said, (Sale, Shipment))

    @property
    def ends_life(self) -> bool:
        """Whether the pack should never be traded again after it."""
        said = self.record.said
        if isinstance(said, Codes):
            return said.action == "void"
        if isinstance(said, Adjustment):
            return said.reason == "destroyed"
        return isinstance(said, (Sale, Use, Transformation))


@dataclass(frozen=True, slots=True)
class Path:
    """Who may have had the pack in hand, by the records of others: `hands` by records that name the code, `sent` by shipments of its lot.

    `passed_on`: who got it from somebody outside. They only hand on what they were given; whoever gave it to them is named.
    """

    hands: frozenset[PartyId]
    sent: frozenset[PartyId]
    passed_on: frozenset[PartyId]

    def knows(self, one: Sighting) -> bool:
        """Whether this record's party could have had the pack."""
        return one.party in self.hands or one.party in self.sent

    @classmethod
    def of(cls, code: str, records: Sequence[Record], seen: Sequence[Sighting], book: Book) -> Self:
        """The path of one code."""
        issuers = _issuers(records, code)
        hands = _reached(issuers, records, code)
        strangers = [one for one in seen if (one.is_disposal or one.ends_life) and one.party not in hands]
        sent = {one.party for one in strangers if _was_sent(one, code, book)}
        hands = _reached(issuers | sent, records, code)
        outside = [one for one in seen if one.is_disposal and one.party not in hands]
        passed_on = {one.record.said.to for one in outside if isinstance(one.record.said, Shipment)}
        return cls(frozenset(hands), frozenset(sent), frozenset(passed_on - hands))


def is_serial(code: str) -> bool:
    """Whether a code names one pack. A batch code or a link without a serial names all of them."""
    if code.startswith(_BATCH_NAME):
        return False
    try:
        return DigitalLink.parse(code).serial is not None
    except Refusal:
        pass
    try:
        BatchCode.parse(code)
    except Refusal:
        return True
    return False


def judge_code(subject: str, code: str, book: Book) -> Iterator[Finding]:
    """Everything that is odd about one unit code."""
    if not is_serial(code):
        return
    records = about(book, subject)
    issues = _issues(records, code)
    seen = [one for record in records if (one := _sighting(record, code)) is not None]
    goods = issues[0][1].goods if issues else seen[0].goods if seen else None
    if goods is None:
        return
    profile = profile_of(book, goods)
    traded = [one for one in seen if not isinstance(one.record.said, (Codes, Adjustment))]
    if traded and not issues and profile.finds("code_unknown"):
        yield _unknown(subject, traded[0], profile)
    if profile.finds("code_goods_differ"):
        yield from _goods_differ(subject, issues, traded, profile)
    yield from _after_end(subject, seen, Path.of(code, records, seen, book), profile)


def hangs_on_shipments(code: str, records: Sequence[Record]) -> bool:
    """Whether what is found about a code may depend on shipments that do not name it: two events, and a party no record leads to."""
    events = [
        one
        for record in records
        if (one := _sighting(record, code)) is not None and (one.is_disposal or one.ends_life)
    ]
    return len(events) > 1 and bool(
        {one.party for one in events} - _reached(_issuers(records, code), records, code)
    )


def _issues(records: Sequence[Record], code: str) -> list[tuple[Record, Codes]]:
    """The records that issue this code, in the log's order: the first one counts, whatever day a later one claims."""
    return sorted(
        (
            (record, said)
            for record in records
            if isinstance(said := record.said, Codes) and said.action == "issue" and code in said.codes
        ),
        key=lambda one: one[0].seq,
    )


def _issuers(records: Sequence[Record], code: str) -> set[PartyId]:
    """Who issued the code. Issuing it once more does not bring anybody onto its path."""
    return {record.actor for record, _ in _issues(records, code)[:1]}


def _reached(start: set[PartyId], records: Sequence[Record], code: str) -> set[PartyId]:
    """The hands a pack may have passed through, from those who issued its code, by records that name the code."""
    hands = set(start)
    for record in records:
        one, said = _sighting(record, code), record.said
        if one is None:
            continue
        if isinstance(said, (Shipment, Return)) and one.party in hands:
            hands.add(said.to)
        elif isinstance(said, (Receipt, SupplierCheck)) and said.supplier in hands:
            hands.add(one.party)
    return hands


def _sighting(record: Record, code: str) -> Sighting | None:
    said = record.said
    if isinstance(said, Codes):
        return Sighting(record, said.goods) if said.action == "void" and code in said.codes else None
    for line in _lines(record):
        if line.codes and code in line.codes:
            return Sighting(record, line.goods, _packs(line, code))
    return None


def _lines(record: Record) -> Sequence[Line]:
    said = record.said
    if isinstance(said, (Sale, Shipment, SupplierCheck, Return, Use, Adjustment, Receipt)):
        return said.lines
    # What comes out of a process carries new codes; what went in is used up.
    return said.inputs if isinstance(said, Transformation) else ()


def _packs(line: Line, code: str) -> int:
    """On how many packs the line says this code is: repeated in the list, or one code for a counted number of packs."""
    codes = line.codes or ()
    repeated = codes.count(code)
    if set(codes) == {code} and line.quantity.unit.dimension in {Dimension.COUNT, Dimension.PACKAGE}:
        return max(repeated, int(line.quantity.amount))
    return repeated


def _unknown(subject: str, first: Sighting, profile: Profile) -> Finding:
    return found(
        "code_unknown",
        "grey",
        subject=subject,
        party=first.party,
        rests_on=[first.record],
        facts=Facts(
            Words(
                zh="该码没有在本台账登记过，来源暂无记录。",
                en="This code was never issued on this ledger; nothing is known of its origin.",
            ),
            {},
            profile.laws.code,
        ),
    )


def _goods_differ(
    subject: str, issues: Sequence[tuple[Record, Codes]], traded: Sequence[Sighting], profile: Profile
) -> Iterator[Finding]:
    if not issues:
        return
    (first, codes), *others = issues
    again = next(
        (record for record, said in others if said.goods != codes.goods or record.actor != first.actor), None
    )
    elsewhere = next((one for one in traded if all(one.goods != said.goods for _, said in issues)), None)
    other = again or (elsewhere.record if elsewhere is not None else None)
    if other is None:
        return
    yield found(
        "code_goods_differ",
        "amber" if again is not None else "grey",
        subject=subject,
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


def _after_end(subject: str, seen: Sequence[Sighting], path: Path, profile: Profile) -> Iterator[Finding]:
    """What happened to a pack after it was sold, used, voided or destroyed.

    Where one of two records stands outside the recorded path, that one has to answer, even if it came first: the shop that sold the
    real pack is not to answer for the copy.
    """
    end = next((one for one in seen if one.ends_life and path.knows(one)), None)
    end = end or next(
        (one for one in seen if isinstance(one.record.said, Sale) and one.party not in path.passed_on), None
    )
    conflicts: list[Sighting] = []
    for one in seen:
        if end is None or one is end or not one.is_disposal:
            continue
        known = path.knows(one) or one.party == end.party
        if known and one.record.order > end.record.order:
            yield from _again(subject, end, one, profile, outside=False)
        elif not known and one.party not in path.passed_on and _counts(end, one, path):
            conflicts.append(one)
            yield from _again(subject, end, one, profile, outside=True)
    yield from _cloned(subject, seen, end, conflicts, profile)


def _counts(end: Sighting, one: Sighting, path: Path) -> bool:
    """Whether an outsider's record conflicts with the end: always with one on the path, else only if it came later."""
    return path.knows(end) or one.record.order > end.record.order


def _again(
    subject: str, end: Sighting, one: Sighting, profile: Profile, *, outside: bool
) -> Iterator[Finding]:
    ended, at = moment(end.record.occurred_ms), moment(one.record.occurred_ms)
    how = _how(end)
    facts = Facts(
        Words(
            zh=f"该码 {ended} 有{how.zh}记录，{at} 另有销售或发货记录。",
            en=f"This code was recorded as {how.en} at {ended}, and by another record as sold or shipped at {at}.",
        ),
        {"ended_at": ended, "again_at": at, "packs": str(one.packs)},
        profile.laws.code,
    )
    rests_on = [end.record, one.record]
    sold_twice = (
        isinstance(end.record.said, Sale) and isinstance(one.record.said, Sale) and one.party != end.party
    )
    if sold_twice and profile.finds("code_sold_twice"):
        yield found(
            "code_sold_twice", "red", subject=subject, party=one.party, rests_on=rests_on, facts=facts
        )
    if outside and profile.finds("custody_conflict"):
        yield found(
            "custody_conflict", "amber", subject=subject, party=one.party, rests_on=rests_on, facts=facts
        )
    if not outside and not sold_twice and profile.finds("code_reused_packaging"):
        yield found(
            "code_reused_packaging", "amber", subject=subject, party=one.party, rests_on=rests_on, facts=facts
        )


def _cloned(
    subject: str,
    seen: Sequence[Sighting],
    end: Sighting | None,
    conflicts: Sequence[Sighting],
    profile: Profile,
) -> Iterator[Finding]:
    if not profile.finds("clone_suspected"):
        return
    if end is not None and conflicts and (len(conflicts) > 1 or any(one.packs > 1 for one in conflicts)):
        packs = max(one.packs for one in conflicts)
        ended = moment(end.record.occurred_ms)
        yield found(
            "clone_suspected",
            "red",
            subject=subject,
            party=conflicts[0].party,
            rests_on=[end.record, *(one.record for one in conflicts)],
            facts=Facts(
                Words(
                    zh=f"该码 {ended} 有{_how(end).zh}记录，另外还出现在 {len(conflicts)} 条记录中，一次最多 {packs} 件。",
                    en=f"This code was recorded as {_how(end).en} at {ended}; {len(conflicts)} other records carry it, "
                    f"for up to {packs} packs at once.",
                ),
                {"records": str(len(conflicts)), "packs": str(packs)},
                profile.laws.code,
            ),
        )
        return
    repeated = next((one for one in seen if one.is_disposal and _repeats(one, subject)), None)
    if repeated is not None:
        yield found(
            "clone_suspected",
            "amber",
            subject=subject,
            party=repeated.party,
            rests_on=[repeated.record],
            facts=Facts(
                Words(
                    zh=f"一条记录中同一个码出现 {repeated.packs} 次，每件应有自己的码。",
                    en=f"One record lists this code {repeated.packs} times; each pack should carry its own.",
                ),
                {"packs": str(repeated.packs)},
                profile.laws.code,
            ),
        )


def _repeats(one: Sighting, subject: str) -> bool:
    """Whether the code stands several times in one line. One code beside a larger quantity may be the only pack that was scanned."""
    code = subject.removeprefix("code/")
    return any((line.codes or ()).count(code) > 1 for line in _lines(one.record))


def _was_sent(one: Sighting, code: str, book: Book) -> bool:
    """Whether somebody else recorded sending this party goods that could have held the pack. Its own word is not enough.

    A shipment that names the code is weighed with the codes: who sends on a copy puts nobody on the path.
    """
    for record in about(book, holding_key(one.party, one.goods)):
        said = record.said
        if not isinstance(said, Shipment) or said.to != one.party or record.actor == one.party:
            continue
        if record.order <= one.record.order and any(
            line.goods == one.goods and _unnamed(line, code) for line in said.lines
        ):
            return True
    return False


def _unnamed(line: Line, code: str) -> bool:
    """Whether a line could have held the pack without naming its code: it lists fewer codes than it counts."""
    codes = set(line.codes or ())
    return code not in codes and len(codes) < line.quantity.amount


def _how(end: Sighting) -> Words:
    said = end.record.said
    if isinstance(said, Sale):
        return Words(zh="售出", en="sold")
    if isinstance(said, (Use, Transformation)):
        return Words(zh="使用", en="used")
    return Words(zh="作废", en="void") if isinstance(said, Codes) else Words(zh="销毁", en="destroyed")
