"""Letting go of personal data whose time is over: looked at first, then done, and only what was looked at.

    plan = Plan.of(report(ledger, on))      # nothing is removed; the plan is a file that somebody reads
    apply(ledger, plan)                     # refused unless the very same plan would be made again

个人信息保护法 19 and 47: personal data is kept for the shortest time necessary, and goes when the period that the law sets is over. What a record
says of goods stays: only items that hold a person are erased, by erasures of the registrar that name their ground. Retention is a floor,
so nothing goes by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from ledger.canonical import Json, canonical, read_canonical
from ledger.erasing import STATEMENTS_MAX, Outcome, Removed, erase_chosen
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Instant, LegalDate, PartyId, StatementId
from ledger.retention import PERSONAL_KINDS, Keeping, Kept
from ledger.store.book import stored_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.service import Ledger

PLAN_VERSION: Final = 1
PLAN_KIND: Final = "suyuan/retention-plan/v1"
PLAN_BYTES_MAX: Final = 256 * 1024 * 1024
GROUND: Final = "个人信息保护法 47：保存期限届满"
#: Records looked at in one go.
_PORTION: Final = 500


class PlanStale(Refusal):
    """The plan is not what would be planned now: records came in, rules changed, or somebody edited it. Make a new one and read it."""

    title = Words(zh="清理方案已失效，请重新试算", en="the plan no longer holds; make a new one")


@dataclass(frozen=True, slots=True)
class Line:
    """One record in the report: how long it is kept, and which items that are still there hold a person."""

    statement: StatementId
    issuer: PartyId
    type: str
    kept: Kept
    personal: Mapping[int, str]

    def as_json(self) -> dict[str, Json]:
        """As it is shown to programs."""
        until = self.kept.until
        return {
            "position": self.kept.seq,
            "statement": str(self.statement),
            "issuer": str(self.issuer),
            "type": self.type,
            "kept_until": None if until is None else str(until),
            "reason": {"zh": self.kept.reason.zh, "en": self.kept.reason.en},
            "law": self.kept.law,
            "personal": [{"place": place, "kind": kind} for place, kind in sorted(self.personal.items())],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What must be kept and what may go on one day, for the records from `start` on. `size` is the log's."""

    origin: str
    size: int
    on: LegalDate
    lines: tuple[Line, ...]

    @property
    def may_go(self) -> tuple[Line, ...]:
        """The records whose floor has passed."""
        return tuple(one for one in self.lines if one.kept.may_go(self.on))


def report(
    ledger: Ledger, on: LegalDate | None = None, *, start: int = 0, count: int | None = None
) -> Report:
    """The report on a day, by default the log's own today, of `count` records from position `start` on."""
    with ledger.book() as held:
        # Everything is read once, in order: nothing is gained by holding it.
        book = replace(held, memory=None)
        keeping = Keeping(book)
        stop = book.size if count is None else min(book.size, start + count)
        lines = list[Line]()
        for first in range(start, stop, _PORTION):
            seqs = range(first, min(stop, first + _PORTION))
            records = book.records(seqs)
            for stored in stored_entries(book.connection, book.log_id, seqs):
                header = stored.header
                personal = {
                    place: one.item.kind
                    for place, one in enumerate(stored.opened)
                    if one is not None and one.item.kind in PERSONAL_KINDS
                }
                kept = keeping.of(records[stored.seq])
                lines.append(Line(header.id, header.issuer, header.type, kept, personal))
        return Report(origin=book.log_id, size=book.size, on=on or today(ledger), lines=tuple(lines))


def today(ledger: Ledger) -> LegalDate:
    """The day it is in China, by the log's clock."""
    return Instant(ledger.clock()).date_in_shanghai()


@dataclass(frozen=True, slots=True)
class Planned:
    """One record that personal items are to be erased from."""

    seq: int
    issuer: PartyId
    statement: StatementId
    places: Mapping[int, str]
    until: LegalDate
    law: str

    def as_json(self) -> dict[str, Json]:
        """As it stands in the plan."""
        return {
            "position": self.seq,
            "issuer": str(self.issuer),
            "statement": str(self.statement),
            "items": [{"place": place, "kind": kind} for place, kind in sorted(self.places.items())],
            "kept_until": str(self.until),
            "law": self.law,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be erased, at one size of the log and on one day. Its digest is what people sign off."""

    origin: str
    size: int
    on: LegalDate
    lines: tuple[Planned, ...]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Personal items of records whose floor has passed, and nothing else."""
        lines = tuple(
            Planned(one.kept.seq, one.issuer, one.statement, one.personal, one.kept.until, one.kept.law or "")
            for one in report.may_go
            if one.personal and one.kept.until is not None
        )
        return cls(origin=report.origin, size=report.size, on=report.on, lines=lines)

    def _body(self) -> dict[str, Json]:
        return {
            "v": PLAN_VERSION,
            "kind": PLAN_KIND,
            "log": self.origin,
            "size": self.size,
            "as_of": str(self.on),
            "ground": GROUND,
            "erase": [one.as_json() for one in self.lines],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of everything else in the file."""
        return sha256(canonical(self._body())).hexdigest()

    def to_bytes(self) -> bytes:
        """The plan's file: RFC 8785 bytes, with the digest of the rest."""
        return canonical({**self._body(), "digest": self.digest})


def apply(ledger: Ledger, raw: bytes) -> list[Outcome]:
    """Erase what a plan's file says, whole or not at all, if the very same plan would be made again."""
    body = read_canonical(raw, field="plan", bytes_max=PLAN_BYTES_MAX)
    on = body.get("as_of")
    if body.get("kind") != PLAN_KIND or body.get("v") != PLAN_VERSION or not isinstance(on, str):
        known = f"v={PLAN_VERSION}, kind={PLAN_KIND}"
        raise Malformed(field="plan", came=body.get("kind", ""), expected=Words(zh=known, en=known))
    day, now = LegalDate.parse(on, field="plan.as_of"), today(ledger)
    if day > now:
        expected = Words(zh=f"不晚于今天 {now}", en=f"a day that has come, at most {now}")
        raise PlanStale(field="plan.as_of", came=on, expected=expected)
    if body.get("log") != ledger.origin:
        raise PlanStale(
            field="plan.log", came=body.get("log", ""), expected=Words(zh=ledger.origin, en=ledger.origin)
        )
    size = ledger.size()
    if body.get("size") != size:
        expected = Words(zh=f"日志大小 {size}", en=f"the log's size, {size}")
        raise PlanStale(field="plan.size", came=body.get("size", ""), expected=expected)
    plan = Plan.of(report(ledger, day))
    if plan.to_bytes() != raw:
        expected = Words(zh=f"摘要 {plan.digest}", en=f"digest {plan.digest}")
        raise PlanStale(field="plan.digest", came=body.get("digest", ""), expected=expected)
    return _erased(ledger, plan.lines)


def _erased(ledger: Ledger, lines: Sequence[Planned]) -> list[Outcome]:
    chosen = [Removed(one.seq, one.issuer, one.statement, one.places) for one in lines]
    groups = [tuple(chosen[at : at + STATEMENTS_MAX]) for at in range(0, len(chosen), STATEMENTS_MAX)]
    return erase_chosen(ledger, groups, ground=GROUND)
