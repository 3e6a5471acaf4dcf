"""A finding as pages show it: whom it concerns, figures, innocent causes first, how to answer, and the entries it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.words import WORDS
from ledger.findings import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.pages.names import Names
    from ledger.errors import Words
    from ledger.findings import Finding, Grade


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in words."""

    kind: str
    grade: Grade
    label: Words
    words: Words
    party_name: str
    figures: tuple[tuple[str, str], ...]
    causes: tuple[Words, ...]
    answer: Words
    law: str | None
    seqs: tuple[int, ...]


def views_of(findings: Iterable[Finding], names: Names) -> list[FindingView]:
    """Findings in their order, for a template."""
    return [
        FindingView(
            kind=one.kind,
            grade=one.grade,
            label=label_of(one.kind),
            words=one.words,
            party_name=names.party(one.party),
            figures=tuple((_figure(name, names), value) for name, value in one.figures.items()),
            causes=one.causes,
            answer=one.answer,
            law=one.law,
            seqs=one.seqs,
        )
        for one in findings
    ]


def _figure(name: str, names: Names) -> str:
    """The name of a figure; a new one is shown as the ledger calls it until it has words."""
    words = WORDS.get(f"figure_{name}")
    return name if words is None else words.in_language(names.language)
