"""What the answers must be, told from the story and not from the ledger: the demo fails where the two differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from api.demo.client import Unexpected
from api.demo.parties import STALL_KEYS, party_id
from api.demo.story_leek import SAMPLE, SHARES
from ledger.identifiers import Instant
from ledger.vocabulary import TYPES

if TYPE_CHECKING:
    from api.demo.answers import Answers, HolderFacts
    from api.demo.story import Story

#: Every finding of the story, and whom it concerns. Nobody else has one.
FOUND: Final = Counter(
    {
        ("backdated_check", "P4"): 1,
        ("clone_suspected", "P4"): 1,
        ("credit_code_fails", "P4"): 1,
        ("custody_conflict", "P4"): 1,
        ("oversold", "P4"): 1,
        # Whom the shop bought from, its own record says: a party whose credit code was never given out.
        ("source_contradicted", "P4"): 1,
        # Three sales over the counter that name no buyer (农药管理条例 27).
        ("field_missing", "P4"): 3,
        ("voucher_edited", "P4"): 1,
        ("voucher_reused", "P4"): 1,
        ("shared_contact", "X1"): 1,
        # The gap between two licences: a purchase and a sale.
        ("licence_expired_on_day", "P3"): 2,
        ("licence_expired_on_day", "F9"): 1,
        # Both tests were of samples taken at the wholesaler: it is told, and the trace says whose field they came from.
        ("banned_substance", "F6"): 2,
        # The box that comes back: a second sale, out of nothing.
        ("code_sold_twice", "D4"): 1,
        ("custody_conflict", "D4"): 1,
        ("oversold", "D4"): 1,
    }
)

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class _Differences:
    """Collects what is not as expected, so that one run tells all of it."""

    found: list[str]

    def same(self, what: str, came: object, expected: object) -> None:
        if came != expected:
            self.found.append(f"{what}: came {came}, expected {expected}")


def check(story: Story, answers: Answers) -> None:
    """Raise `Unexpected` unless every answer is what the story says."""
    differ = _Differences([])
    _check_origin(answers, differ)
    _check_whereabouts(story, answers, differ)
    _check_doubts(answers, differ)
    _check_not_before(story, answers, differ)
    _check_numbers(story, answers, differ)
    if differ.found:
        raise Unexpected("; ".join(differ.found))


def _ids(*keys: str) -> tuple[str, ...]:
    return tuple(str(party_id(key)) for key in keys)


def _check_origin(answers: Answers, differ: _Differences) -> None:
    origin = answers.origin
    differ.same("the way back from the stall", origin.parties, _ids("F7", "F6", "F1"))
    branches = {branch.parties: branch.end for branch in origin.branches}
    differ.same(
        "where its inputs end",
        branches,
        {_ids("P3", "P2", "P1"): "recorded", _ids("P4", "X1"): "contradicted"},
    )


def _check_whereabouts(story: Story, answers: Answers, differ: _Differences) -> None:
    told, found = story.variation, answers.whereabouts
    bought = {"F1": 1200, "F6": 800, "F7": 60, "F8": 400, "F9": 30} | {
        share.stall: share.bought for share in SHARES
    }
    expected = {str(party_id(key)): told.kg(kilos) for key, kilos in bought.items()}
    differ.same("who has it", {one.party: one.received for one in found.holders}, expected)
    differ.same("who has not answered", [one.party for one in found.holders if not one.answered], [])
    account = {
        "first_hand": 1200,
        "recovered": 640 + 30,
        "sold": 498,
        "lost": 30,
        "taken": 2 * SAMPLE,
        "unaccounted": 0,
    }
    totals = {name: found.totals[name] for name in account}
    differ.same(
        "the account of the recall", totals, {name: told.kg(kilos) for name, kilos in account.items()}
    )


def stalls_of(holders: tuple[HolderFacts, ...]) -> tuple[HolderFacts, ...]:
    """The market's small stalls among the holders."""
    stalls = set(_ids(*STALL_KEYS))
    return tuple(one for one in holders if one.party in stalls)


def _check_doubts(answers: Answers, differ: _Differences) -> None:
    mine = Counter({kind: count for (kind, key), count in FOUND.items() if key == "P4"})
    differ.same("findings about the shop", Counter(one.kind for one in answers.doubts), mine)
    keys = {one: key for key in sorted({key for _, key in FOUND}) for one in _ids(key)}
    came = Counter((one.kind, keys.get(one.party, one.party)) for one in answers.numbers.doubts)
    differ.same("all findings", came, FOUND)


def _check_not_before(story: Story, answers: Answers, differ: _Differences) -> None:
    proved = answers.not_before
    written = next(event for event in story.events if event.id == story.late_check)
    differ.same("the day on the check", proved.received_on, story.claimed_day)
    differ.same("when the log took it", proved.recorded.ms, written.at.ms)
    if not proved.claimed.ms < proved.before.ms <= proved.recorded.ms:
        differ.found.append(f"the entry before was taken at {proved.before}, expected after {proved.claimed}")


def _check_numbers(story: Story, answers: Answers, differ: _Differences) -> None:
    start = Instant.parse(f"{story.report_from}T00:00:00+08:00").ms
    end = Instant.parse(f"{story.report_until}T00:00:00+08:00").ms + _DAY_MS
    # A record and the one that puts it right are counted once.
    put_right = {event.corrects for event in story.events}
    said = Counter(
        TYPES[event.said.TYPE].TITLE.zh
        for event in story.events
        if event.refused is None and event.id not in put_right and start <= event.at.ms < end
    )
    differ.same("records by type", dict(answers.numbers.records), dict(said))
