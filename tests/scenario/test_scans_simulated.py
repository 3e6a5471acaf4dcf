"""Readings of a quarter, honest and of copied codes, judged by the rules: how many honest ones raise a finding, how many copies are found.

The world and the rules share no constant (`tests/support/scanning_world.py`). What came of it is told by cause in docs/scans.md.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.findings import scans as rules
from ledger.findings.misread import as_issued
from ledger.findings.scans import Reading, judge_readings
from ledger.identifiers import RegionCode
from tests.support import scanning_world
from tests.support.scanning_world import World
from tests.support.soak import soak_scale

if TYPE_CHECKING:
    from ledger.findings import Finding

HONEST_SCANS = 1_000_000
CLONES = 1_000
#: Of a hundred honest readings, so many may raise a finding, of whatever grade.
FALSE_PERCENT_MAX = 0.05
#: Copies that were read so often, in so many places, and the share of them that must be found.
CLONE_SCANS_MIN, CLONE_PLACES_MIN, FOUND_PERCENT_MIN = 5, 2, 95


@dataclass(slots=True)
class Outcome:
    """What the rules made of one world."""

    world: World
    found: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    readings: dict[str, list[Reading]] = field(default_factory=dict)

    @classmethod
    def of(cls, world: World) -> Outcome:
        """Judge every code that was read, as a server does."""
        book, known = world.books.book, dict[str, str]()
        readings: dict[str, list[Reading]] = defaultdict(list)
        for one in world.readings:
            code = known.setdefault(one.code, as_issued(book, one.code))
            region = RegionCode.parse(one.region) if one.region else None
            by = next(reader for reader in rules.READERS if reader == one.by)
            readings[code].append(Reading(code, one.at_ms, by, region, one.device, world.batch_at(one.at_ms)))
        found = {code: judge_readings(code, some, book) for code, some in readings.items()}
        return cls(world, {code: some for code, some in found.items() if some}, dict(readings))

    @property
    def false(self) -> dict[str, tuple[Finding, ...]]:
        """Findings about codes that were never copied."""
        return {code: some for code, some in self.found.items() if code not in self.world.clones}

    @property
    def false_percent(self) -> float:
        """Findings of any grade among a hundred honest readings."""
        return 100 * sum(map(len, self.false.values())) / self.world.honest

    @property
    def readings_under_suspicion_percent(self) -> float:
        """Stricter: of a hundred honest readings, those whose code carries a finding of any grade."""
        return 100 * sum(len(self.readings[code]) for code in self.false) / self.world.honest

    def copies(self) -> dict[str, bool]:
        """The copies that were read often enough in enough places; whether each was found."""
        enough = {}
        for code, clone in self.world.clones.items():
            if len(clone.read_in) >= CLONE_SCANS_MIN and len(set(clone.read_in)) >= CLONE_PLACES_MIN:
                enough[code] = any(one.kind == "clone_suspected" for one in self.found.get(code, ()))
        return enough

    def report(self) -> dict[str, object]:
        """Figures by cause."""
        copies, false = self.copies(), self.false
        size: Counter[str] = Counter()
        hit: Counter[str] = Counter()
        for code, was in copies.items():
            scans = len(self.world.clones[code].read_in)
            band = "5-6" if scans < 7 else "7-9" if scans < 10 else "10-19" if scans < 20 else "20+"
            size[band] += 1
            hit[band] += was
        return {
            "honest_scans": self.world.honest,
            "codes_read": len(self.readings),
            "findings_on_honest_codes": dict(
                Counter(f"{one.kind} {one.grade}" for some in false.values() for one in some)
            ),
            "false_percent": round(self.false_percent, 4),
            "under_suspicion_percent": round(self.readings_under_suspicion_percent, 4),
            "false_by_cause": dict(self.world.share_of(false).most_common()),
            "copies_read_enough": len(copies),
            "copies_found": sum(copies.values()),
            "found_percent": round(100 * sum(copies.values()) / max(1, len(copies)), 2),
            "found_by_readings": {band: f"{hit[band]}/{size[band]}" for band in sorted(size)},
        }


def _told(outcome: Outcome) -> None:
    """Where somebody wants the figures by cause, for the page on scans."""
    path = os.environ.get("SUYUAN_SCANS_REPORT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(outcome.report(), ensure_ascii=False, indent=1) + "\n")


def test_the_world_knows_nothing_of_the_rules_that_judge_it() -> None:
    assert "ledger.findings" not in Path(scanning_world.__file__).read_text("utf-8")


@pytest.mark.soak
def test_honest_scans_raise_few_findings_and_copied_codes_are_found() -> None:
    outcome = Outcome.of(World(seed=22, scans=round(HONEST_SCANS * soak_scale()), clones_wanted=CLONES))
    _told(outcome)
    report = outcome.report()
    assert outcome.false_percent <= FALSE_PERCENT_MAX, report
    copies = outcome.copies()
    assert len(copies) >= CLONES // 3, report
    assert 100 * sum(copies.values()) >= FOUND_PERCENT_MIN * len(copies), report
