"""What may contradict itself in the books of the trade: one entry for each kind of contradiction, in words, before any rule.

Each entry says what is planted, which records prove it, whom it concerns, how loud it should be, why it is not innocent, and what
looks like it in honest trade and must not be found. The planting itself is in `planting`; nothing here is read by the ledger.
"""

from __future__ import annotations

from typing import Final

from tests.support.year.catalogue.amounts import AMOUNTS
from tests.support.year.catalogue.entry import Contradiction, Grade
from tests.support.year.catalogue.packs import PACKS
from tests.support.year.catalogue.papers import PAPERS
from tests.support.year.catalogue.safety import SAFETY
from tests.support.year.catalogue.standing import STANDING

__all__ = ["CATALOGUE", "KINDS", "Contradiction", "Grade", "as_markdown"]

CATALOGUE: Final[tuple[Contradiction, ...]] = (*PACKS, *AMOUNTS, *STANDING, *PAPERS, *SAFETY)

KINDS: Final = tuple(one.kind for one in CATALOGUE)


def as_markdown() -> str:
    """The catalogue for people who write rules."""
    parts = ["# Contradictions planted in the year", ""]
    for one in CATALOGUE:
        parts += [
            f"## `{one.kind}`: {one.title} ({one.grade})",
            f"- Planted: {one.planted}",
            f"- Evidence that must be among `seqs`: {'; '.join(one.evidence)}",
            f"- Concerns: {one.concerns}",
            f"- Why it is not innocent: {one.why}",
            *(f"- Must NOT be found: {look}" for look in one.innocent),
            f"- Source: {one.source}",
            "",
        ]
    return "\n".join(parts)
