"""Where the two sides meet: what was planted, and what the ledger found.

This module alone knows both the catalogue's kinds and the names that the ledger gives its findings. A contradiction is found when a finding of
its kind, about the party it concerns, names every statement that proves it. Every other finding is false, unless the corner of a planted contradiction bears it out
too, as the planting itself declared beforehand.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.findings import judge_many, subjects_of
from tests.support.year.catalogue import CATALOGUE, KINDS
from tests.support.year.honest import year_of_trade
from tests.support.year.parties import ROWS
from tests.support.year.planting import plant, plant_innocent
from tests.support.year.telling import folded, library

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ledger.findings import Finding
    from ledger.views.book import MemoryBook, Record
    from tests.support.year.planting import Innocent
    from tests.support.year.planting.stage import Planted

#: The names under which the ledger finds each kind of the catalogue. A kind that is not here is found under its own name.
FOUND_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "resold_by_other": ("code_sold_twice",),
    "resold_by_same": ("code_reused_packaging", "code_sold_twice"),
    "impossible_travel": ("impossible_travel", "clone_suspected"),
    "code_after_use": ("code_reused_packaging",),
    "code_after_destruction": ("code_reused_packaging",),
    "code_after_void": ("code_reused_packaging",),
    "code_after_container_return": ("code_reused_packaging",),
    "code_never_issued": ("code_unknown",),
    "code_on_other_goods": ("code_goods_differ",),
    "serial_issued_twice": ("serial_issued_twice", "code_goods_differ"),
    "two_makers_of_one_lot": ("two_declarers",),
    "broken_aggregation": ("aggregation_broken",),
    "yield_too_high": ("yield_out_of_range",),
    "yield_too_low": ("yield_out_of_range",),
    "recall_answer_short": ("recall_answer_differs",),
    "seizure_unbalanced": ("seizure_unaccounted",),
    "check_after_resale": ("backdated_check",),
    "check_late": ("backdated_check",),
    "check_missing": ("missing_check",),
    "licence_expired": ("licence_expired_on_day",),
    "licence_suspended_later": ("licence_expired_on_day",),
    "licence_of_two_holders": ("licence_shared",),
    "drug_buyer_unlicensed": ("buyer_licence_not_valid",),
    "ghost_supplier": ("shared_contact",),
    "source_denies": ("source_contradicted",),
    "voucher_other_buyer": ("voucher_reused",),
    "voucher_other_seller": ("voucher_reused",),
    "voucher_qr_broken": ("voucher_edited",),
    "voucher_amount_differs": ("voucher_edited",),
    "certificate_expired": ("document_expired",),
    "certificate_other_goods": ("document_out_of_scope",),
    "certificate_overused": ("document_overused",),
    "commitment_missing_after_repack": ("commitment_missing",),
    "claim_expired": ("claim_not_covered",),
    "claim_out_of_scope": ("claim_not_covered",),
    "certificate_not_collected": ("document_missing",),
    "purchaser_not_named": ("field_missing",),
    "banned_input": ("banned_substance",),
    "banned_in_test": ("banned_substance",),
    "shipped_though_rejected": ("release_missing",),
    "moved_under_hold": ("shipped_under_order",),
    "moved_under_recall": ("shipped_under_order",),
    "interval_too_short": ("safety_interval_short",),
    "approval_lapsed": ("approval_not_recorded",),
    "approval_unknown": ("approval_not_recorded",),
    "expired_and_sold": ("sold_after_expiry",),
    "dated_ahead": ("traded_before_made",),
}
#: Subjects judged in one go: enough to share their reading, few enough to stay small.
SUBJECTS_AT_ONCE = 5_000
FALSE_SHARE_MAX = 0.0005
#: For two contradictions, one case that only looks like it.
LOOK_ALIKES_PER_PLANT = 0.5
PARTIES = sum(row[1] for row in ROWS)


def names_of(kind: str) -> tuple[str, ...]:
    """What the ledger calls this kind."""
    return FOUND_AS.get(kind, (kind,))


@dataclass(frozen=True, slots=True)
class Missed:
    """A contradiction that was not found whole: `near` are findings of its kind that do not name all of its evidence."""

    planted: Planted
    evidence: tuple[tuple[int, ...], ...]
    near: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """One kind of contradiction: planted, found with its evidence, and findings under its names that nothing bears out."""

    kind: str
    planted: int
    found: int
    false: int

    @property
    def recall(self) -> float:
        """The share of what was planted that was found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float:
        """The share of what was found that was planted."""
        return self.found / (self.found + self.false) if self.found else float(not self.false)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it."""

    statements: int
    scores: tuple[Scored, ...]
    missed: tuple[Missed, ...]
    #: Findings that nothing planted bears out.
    false: tuple[Finding, ...]

    @property
    def false_share(self) -> float:
        """False findings per statement."""
        return len(self.false) / self.statements


@dataclass(slots=True)
class Played:
    """A year with its contradictions, folded and judged, and how long that took."""

    seed: int
    planted: list[Planted]
    innocent: list[Innocent]
    records: tuple[Record, ...]
    book: MemoryBook
    seq_of: Mapping[str, int]
    findings: dict[str, tuple[Finding, ...]]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def all_findings(self) -> list[Finding]:
        """Each finding once, though several subjects may show it."""
        once = {
            (one.kind, one.grade, one.party, one.seqs, one.subject): one
            for found in self.findings.values()
            for one in found
        }
        return list(once.values())

    def suspected(self) -> dict[str, list[Finding]]:
        """Findings about what only looks wrong, by its name."""
        corners = {self.seq_of[statement]: one.name for one in self.innocent for statement in one.corner}
        found: dict[str, list[Finding]] = defaultdict(list)
        for one in self.all_findings:
            for name in {corners[seq] for seq in one.seqs if seq in corners}:
                found[name].append(one)
        return dict(found)

    def verdict(self, *, without: Collection[str] = ()) -> Verdict:
        """What was found; `without` the findings of these names, as if their rules were switched off."""
        left = [one for one in self.all_findings if one.kind not in without]
        return compared(self.planted, left, self.seq_of, len(self.records))


def judged(records: Iterable[Record], book: MemoryBook) -> dict[str, tuple[Finding, ...]]:
    """Every finding of a book, by its subject."""
    subjects = sorted({subject for record in records for subject in subjects_of(record)})
    found: dict[str, tuple[Finding, ...]] = {}
    for start in range(0, len(subjects), SUBJECTS_AT_ONCE):
        some = subjects[start : start + SUBJECTS_AT_ONCE]
        found.update({subject: these for subject, these in judge_many(some, book).items() if these})
    return found


def played(seed: int, scale: float, plants: int) -> Played:
    """Tell a year, plant contradictions in it, fold it and judge it."""
    started = time.perf_counter()
    year = year_of_trade(seed, scale)
    planted = plant(year, plants)
    innocent = plant_innocent(year, round(plants * LOOK_ALIKES_PER_PLANT))
    told = year.told
    generated = time.perf_counter()
    shelf = library(told, year.cast)
    read = time.perf_counter()
    findings = judged(shelf.records, shelf.book)
    done = time.perf_counter()
    seconds = {"generate": generated - started, "fold": read - generated, "judge": done - read}
    return Played(seed, planted, innocent, shelf.records, shelf.book, shelf.seq_of, findings, seconds)


def folded_again(year: Played) -> tuple[MemoryBook, dict[str, tuple[Finding, ...]], float]:
    """The same records folded into a new book and judged again, and the seconds it took."""
    started = time.perf_counter()
    book = folded(year.records, year.book.register)
    findings = judged(year.records, book)
    return book, findings, time.perf_counter() - started


def compared(
    planted: Sequence[Planted], findings: Collection[Finding], seq_of: Mapping[str, int], statements: int
) -> Verdict:
    """What was found of what was planted, and what was found besides."""
    corners: dict[int, int] = {
        seq_of[one]: place for place, plot in enumerate(planted) for one in plot.corner
    }
    near: dict[tuple[int, str], list[Finding]] = defaultdict(list)
    for one in findings:
        for place in {corners[seq] for seq in one.seqs if seq in corners}:
            near[place, one.kind].append(one)
    found, missed = Counter[str](), []
    for place, plot in enumerate(planted):
        evidence = tuple(tuple(seq_of[one] for one in group) for group in plot.evidence)
        close = [one for name in names_of(plot.kind) for one in near[place, name]]
        if any(str(one.party) in plot.parties and _names_all(one, evidence) for one in close):
            found[plot.kind] += 1
        else:
            missed.append(Missed(plot, evidence, tuple(one.seqs for one in close)))
    false = tuple(one for one in findings if not _borne_out(one, planted, corners))
    return Verdict(statements, _scores(planted, found, false), tuple(missed), false)


def _names_all(one: Finding, evidence: Sequence[Sequence[int]]) -> bool:
    """Whether a finding names each piece of evidence, by one of its alternatives."""
    return all(any(seq in one.seqs for seq in group) for group in evidence)


def _borne_out(one: Finding, planted: Sequence[Planted], corners: Mapping[int, int]) -> bool:
    """Whether a planted contradiction, or what its planting declared to follow from it, is what this finding says."""
    for place in {corners[seq] for seq in one.seqs if seq in corners}:
        plot = planted[place]
        if any(one.kind in names_of(kind) for kind in (plot.kind, *plot.also)):
            return True
    return False


def _scores(
    planted: Sequence[Planted], found: Mapping[str, int], false: Collection[Finding]
) -> tuple[Scored, ...]:
    """By kind, in the catalogue's order. A false finding counts against every kind that goes by its name."""
    wanted = Counter(plot.kind for plot in planted)
    wrong = Counter(str(one.kind) for one in false)
    return tuple(
        Scored(kind, wanted[kind], found.get(kind, 0), sum(wrong[name] for name in names_of(kind)))
        for kind in KINDS
    )


def reported(year: Played, verdict: Verdict, *, again_seconds: float) -> str:
    """The section of `docs/findings.md` that is made from figures: sizes, times, and a line for each kind."""
    total, found = len(year.planted), sum(one.found for one in verdict.scores)
    share, seconds = verdict.false_share, year.seconds
    lines = [
        f"Seed {year.seed}: {verdict.statements:,} statements of {PARTIES} honest parties, {total:,} planted contradictions.",
        f"Found with their evidence: {found:,} of {total:,}.",
        f"False findings: {len(verdict.false):,}, {share:.4%} of the statements (at most {FALSE_SHARE_MAX:.2%}).",
        f"Folded in {seconds['fold']:.0f} s, judged in {seconds['judge']:.0f} s.",
        f"Folded and judged again in {again_seconds:.0f} s: the same book and the same findings.",
        "",
        "| what was planted | found as | planted | found | recall | precision |",
        "|---|---|---:|---:|---:|---:|",
    ]
    titles = {one.kind: one.title for one in CATALOGUE}
    for one in verdict.scores:
        names = ", ".join(f"`{name}`" for name in names_of(one.kind))
        lines.append(
            f"| {titles[one.kind]} | {names} | {one.planted} | {one.found} | {one.recall:.1%} | {one.precision:.1%} |"
        )
    return "\n".join([*lines, ""])
