"""A year of trade by two hundred honest parties, and contradictions planted in it.

What is honest and what is not was written from the knowledge of the trade (`tests/support/year`), before the rules and without them. Here the
ledger reads that year. In every run a tenth of it; the soak tells the whole: a hundred thousand statements, a thousand contradictions.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from ledger.vocabulary.profiles import FindingKind
from tests.support.soak import soak_count, soak_scale
from tests.support.stores import fresh_store
from tests.support.year.catalogue import CATALOGUE, KINDS
from tests.support.year.checking import (
    FALSE_SHARE_MAX,
    Played,
    Verdict,
    compared,
    folded_again,
    names_of,
    played,
    reported,
)
from tests.support.year.honest import year_of_trade
from tests.support.year.planting import PLANTERS, plant
from tests.support.year.planting.innocent import LOOK_ALIKES
from tests.support.year.telling import recorded, records_of
from tests.support.year.told import DAY

YEAR = Path(__file__).resolve().parents[1] / "support" / "year"
SEED, SOAK_SEED = 1, 2
#: In every run: at least ten thousand statements, and two contradictions of every kind.
SHARE, PLANTS = 0.08, 2 * len(KINDS)
WHOLE_STATEMENTS, WHOLE_PLANTS = 100_000, 1_000


@pytest.fixture(scope="module")
def year() -> Played:
    """A tenth of the year, folded and judged."""
    return played(SEED, SHARE, PLANTS)


@pytest.fixture(scope="module")
def verdict(year: Played) -> Verdict:
    """What was found in it, and what was not."""
    return year.verdict()


def test_the_same_seed_tells_the_same_year() -> None:
    first, second = year_of_trade(7, 0.004), year_of_trade(7, 0.004)
    assert plant(first, 5) == plant(second, 5)
    assert first.told == second.told
    assert first.told != year_of_trade(8, 0.004).told


def test_the_year_is_large_enough_to_mean_something(year: Played) -> None:
    assert len(year.records) >= WHOLE_STATEMENTS // 10
    assert len(year.planted) >= WHOLE_PLANTS // 10
    assert {one.kind for one in year.planted} == set(PLANTERS)


#: Told by keys, of which the year has none (`tests/scenario/test_runbook.py` plays a key that was stolen).
BY_KEYS = {"signature_disputed"}


def test_every_kind_of_finding_is_planted() -> None:
    assert set(get_args(FindingKind)) - {name for kind in KINDS for name in names_of(kind)} == BY_KEYS


def test_honest_trade_is_hardly_ever_suspected(verdict: Verdict) -> None:
    assert verdict.false_share <= FALSE_SHARE_MAX, _summary(verdict)


def test_what_only_looks_wrong_is_left_alone(year: Played) -> None:
    assert {one.name for one in year.innocent} == {play.__name__ for play in LOOK_ALIKES}
    assert year.suspected() == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_planted_is_found_with_its_evidence(kind: str, verdict: Verdict) -> None:
    assert [one for one in verdict.missed if one.planted.kind == kind] == []


def test_folding_the_year_again_gives_the_same_book_and_the_same_findings(year: Played) -> None:
    book, findings, _ = folded_again(year)
    assert book == year.book
    assert findings == year.findings


@pytest.mark.parametrize("kind", ["oversold", "voucher_qr_broken", "licence_expired"])
def test_a_rule_that_is_switched_off_is_missed_and_nothing_else(
    kind: str, year: Played, verdict: Verdict
) -> None:
    off = set(names_of(kind))
    left = year.verdict(without=off)
    gone = {one.planted.kind for one in left.missed} - {one.planted.kind for one in verdict.missed}
    assert gone == {one for one in KINDS if set(names_of(one)) <= off}
    assert [one.kind for one in left.false if one.kind in off] == []


def test_a_finding_that_names_other_records_finds_nothing(year: Played, verdict: Verdict) -> None:
    found = next(one for one in year.planted if one not in {missed.planted for missed in verdict.missed})
    right = [one for one in year.all_findings if one.kind in names_of(found.kind)]
    seqs = {year.seq_of[statement] for group in found.evidence for statement in group}
    elsewhere = [one for one in right if not seqs & set(one.seqs)]
    assert [one.planted for one in compared([found], right, year.seq_of, 1).missed] == []
    assert [one.planted for one in compared([found], elsewhere, year.seq_of, 1).missed] == [found]


def test_who_tells_the_year_knows_no_rule() -> None:
    known = {"ledger.identifiers", "ledger.canonical"}
    for page in sorted(YEAR.rglob("*.py")):
        if page.name in {"checking.py", "telling.py"}:
            continue
        tree = ast.parse(page.read_text("utf-8"))
        names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        names |= {one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names}
        ours = {name for name in names if name.startswith(("ledger", "api", "tests"))}
        assert {name for name in ours if not name.startswith("tests.support.year")} <= known, page
        assert not {"tests.support.year.checking", "tests.support.year.telling"} & ours, page


def test_every_entry_of_the_catalogue_says_what_is_innocent_too() -> None:
    assert [one.kind for one in CATALOGUE if not (one.innocent and one.evidence and one.why)] == []


def test_the_real_recorder_takes_the_year_as_it_is_told(tmp_path: Path) -> None:
    told = year_of_trade(SEED, 0.0005)
    planted = plant(told, 1)
    store = fresh_store("sqlite", tmp_path)
    store.clock.ms = told.told[0].recorded_at_ms - DAY
    with store.create() as ledger:
        places = recorded(told.told, told.cast, ledger, store.clock)
        with ledger.book() as book:
            taken = book.records(list(places.values()))
            findings = ledger.findings()
    alone = records_of(told.told)
    assert [taken[places[one.id]].said for one in told.told] == [one.said for one in alone]
    assert compared(planted, findings, places, len(alone)).missed == ()


@pytest.mark.soak
def test_the_whole_year() -> None:
    year = played(SOAK_SEED, soak_scale(), soak_count(WHOLE_PLANTS))
    verdict = year.verdict()
    book, findings, seconds = folded_again(year)
    sys.stderr.write(reported(year, verdict, again_seconds=seconds))
    assert len(year.records) >= WHOLE_STATEMENTS * soak_scale()
    assert book == year.book
    assert findings == year.findings
    assert verdict.missed == (), Counter(one.planted.kind for one in verdict.missed)
    assert verdict.false_share <= FALSE_SHARE_MAX, _summary(verdict)


def _summary(verdict: Verdict) -> str:
    """False findings by kind, with one example of each."""
    lines = [f"{len(verdict.false)} false findings in {verdict.statements} statements"]
    counts = Counter(one.kind for one in verdict.false)
    for kind, count in counts.most_common():
        one = next(one for one in verdict.false if one.kind == kind)
        lines.append(
            f"{kind} × {count}: {one.grade}, {one.subject}, entries {list(one.seqs)}, {dict(one.figures)}"
        )
    return "\n".join(lines)
