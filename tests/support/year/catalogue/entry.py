"""One entry of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["red", "amber", "grey"]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One kind. `evidence` names the records by their part; the planting gives their statement ids in this order."""

    kind: str
    title: str
    planted: str
    evidence: tuple[str, ...]
    concerns: str
    grade: Grade
    why: str
    innocent: tuple[str, ...]
    source: str
