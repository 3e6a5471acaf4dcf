"""Packs that left a larger pack which, by the records, was never opened, and packs that lie in two at once.

Whoever holds a case may open it without a word: a pharmacy that got the case and sells a box of it has opened it. What cannot be is a
box sold by somebody who never had the case, or by somebody who had let the case go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.findings.reading import Facts, found, moment
from ledger.findings.sightings import sighting
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.findings.finding import Finding
    from ledger.findings.sightings import CodeStory, Sighting
    from ledger.identifiers import PartyId
    from ledger.trace.nesting import Circle, Stay
    from ledger.views.book import Record
    from ledger.vocabulary.profiles import Profile


def broken_packing(story: CodeStory, profile: Profile) -> Iterator[Finding]:
    """Everything about one pack that does not fit what it was packed into."""
    stays = story.nest.stays
    if not stays or not profile.finds("aggregation_broken"):
        return
    for one in story.seen:
        stay = next((stay for stay in reversed(stays) if stay.lasts_at(one.record)), None)
        if stay is None or not one.is_disposal or one.party in story.path.passed_on:
            continue
        gone = _let_go(story, one, stay)
        if gone is not None or not story.path.knows(one):
            yield _left(story, one, stay, gone, profile)
            break
    for place, stay in enumerate(stays):
        other = next((one for one in stays[:place] if one.lasts_at(stay.packed)), None)
        if other is not None:
            yield _in_two(story, other, stay, profile)
            break
    if story.nest.itself is not None:
        yield _in_itself(story, story.nest.itself, profile)


def _let_go(story: CodeStory, one: Sighting, stay: Stay) -> Record | None:
    """The record by which this party had let the larger pack go, if neither it nor the pack itself came back since."""
    gone: Record | None = None
    steps = [(way.record, way.named) for way in story.nest.carried]
    steps += [(other.record, story.code) for other in story.seen]
    for record, named in sorted(steps, key=lambda step: step[0].order):
        if record.order >= one.record.order or record.order < stay.packed.order:
            continue
        if _arrives_at(record, one.party):
            gone = None
        elif named != story.code and record.actor == one.party and _departs(record, named):
            gone = record
    return gone


def _departs(record: Record, named: str) -> bool:
    return isinstance(record.said, (Shipment, Sale, Return)) and sighting(record, named) is not None


def _arrives_at(record: Record, party: PartyId) -> bool:
    said = record.said
    if isinstance(said, (Shipment, Return)):
        return said.to == party
    return (
        isinstance(said, (Receipt, SupplierCheck)) and record.actor == party and said.conclusion != "refuse"
    )


def _left(story: CodeStory, one: Sighting, stay: Stay, gone: Record | None, profile: Profile) -> Finding:
    packed, at = moment(stay.packed.occurred_ms), moment(one.record.occurred_ms)
    went = f"；{moment(gone.occurred_ms)} 该方已将外包装售出或发出" if gone is not None else ""
    went_en = (
        f"; this party had sold or shipped the larger pack at {moment(gone.occurred_ms)}"
        if gone is not None
        else ""
    )
    return found(
        "aggregation_broken",
        "amber",
        subject=story.subject,
        party=one.party,
        rests_on=[stay.packed, *([gone] if gone is not None else []), one.record],
        facts=Facts(
            Words(
                zh=f"该件 {packed} 装入外包装 {stay.parent}，没有拆箱记录{went}；{at} 有单件销售或发货记录。",
                en=f"Packed into {stay.parent} at {packed} and never recorded as taken out{went_en}; "
                f"sold or shipped alone at {at}.",
            ),
            {"parent": stay.parent, "packed_at": packed, "sold_at": at},
            profile.laws.code,
        ),
    )


def _in_itself(story: CodeStory, circle: Circle, profile: Profile) -> Finding:
    stay, around = circle.stay, circle.around
    return found(
        "aggregation_broken",
        "amber",
        subject=story.subject,
        party=around.actor,
        rests_on=[stay.packed, around],
        facts=Facts(
            Words(
                zh=f"按包装记录，该件装在 {stay.parent} 内，而 {stay.parent} 又（逐级）装在该件之内。",
                en=f"By the records this pack lies in {stay.parent}, which lies, level by level, in this very pack.",
            ),
            {"parent": stay.parent},
            profile.laws.code,
        ),
    )


def _in_two(story: CodeStory, one: Stay, other: Stay, profile: Profile) -> Finding:
    first, second = moment(one.packed.occurred_ms), moment(other.packed.occurred_ms)
    same = one.packed.actor == other.packed.actor
    return found(
        "aggregation_broken",
        "grey" if same else "amber",
        subject=story.subject,
        party=other.packed.actor,
        rests_on=[one.packed, other.packed],
        facts=Facts(
            Words(
                zh=f"该件 {first} 装入 {one.parent}，未拆箱，{second} 又装入 {other.parent}。",
                en=f"Packed into {one.parent} at {first} and, without being taken out, into {other.parent} at {second}.",
            ),
            {"parent": one.parent, "other_parent": other.parent},
            profile.laws.code,
        ),
    )
