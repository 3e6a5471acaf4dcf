"""Plants contradictions in the year: each in a corner of its own, so that none disturbs another or the honest records."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from tests.support.year.catalogue import KINDS
from tests.support.year.planting import codes, papers, quantities, safety, standing
from tests.support.year.planting.innocent import LOOK_ALIKES
from tests.support.year.planting.stage import Planted, Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.year.honest import Year

#: Every kind of the catalogue by its name, and what plants it.
PLANTERS: Final[dict[str, Callable[[Stage], Planted]]] = {
    one.__name__: one
    for one in (*codes.PLANTS, *quantities.PLANTS, *standing.PLANTS, *papers.PLANTS, *safety.PLANTS)
}
assert set(PLANTERS) == set(KINDS), set(PLANTERS) ^ set(KINDS)

#: Contradictions begin after the first month and leave themselves two months to be played out.
FIRST_DAY, LAST_DAY = 32, 300


@dataclass(frozen=True, slots=True)
class Innocent:
    """What only looks like a contradiction: its name and everything told for it."""

    name: str
    corner: frozenset[str]


def plant_innocent(year: Year, count: int) -> list[Innocent]:
    """So many cases that only look wrong, of every sort in turn."""
    days, planted = Random(f"innocent-{year.seed}"), []
    for number in range(count):
        play = LOOK_ALIKES[number % len(LOOK_ALIKES)]
        stage = Stage(year=year, day=days.randrange(FIRST_DAY, LAST_DAY), turn=number // len(LOOK_ALIKES))
        play(stage)
        planted.append(Innocent(play.__name__, frozenset(one.id for one in stage.own)))
    return planted


def plant(year: Year, count: int) -> list[Planted]:
    """So many contradictions, of every kind in turn, on days drawn from the year's seed. They are told into the year."""
    days = Random(f"plants-{year.seed}")
    kinds = list(PLANTERS)
    planted = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        stage = Stage(year=year, day=days.randrange(FIRST_DAY, LAST_DAY), turn=number // len(kinds))
        planted.append(PLANTERS[kind](stage))
    return planted
