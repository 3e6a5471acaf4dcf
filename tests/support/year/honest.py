"""The year of honest trade, whole."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from ledger.identifiers import PartyId
from tests.support.year.drugs import Coded
from tests.support.year.farm import Farming
from tests.support.year.food import Foods
from tests.support.year.oddities import Oddities
from tests.support.year.others import Others
from tests.support.year.parties import Cast, enrolled
from tests.support.year.told import DAYS, Pen, moment
from tests.support.year.world import World

if TYPE_CHECKING:
    from tests.support.year.told import Told

#: Who registers everybody.
REGISTRAR = str(PartyId.new(bytes(10)))


@dataclass(slots=True)
class Year:
    """What was told, in the order in which the log takes it, and by whom."""

    seed: int
    scale: float
    pen: Pen
    cast: Cast
    world: World

    @property
    def told(self) -> list[Told]:
        """In the order of the log: nothing is recorded after the year's end but what waits in the calendar."""
        return sorted(self.pen.told, key=lambda one: (one.recorded_at_ms, one.id))


def year_of_trade(seed: int, scale: float = 1.0) -> Year:
    """A year of two hundred honest parties; `scale` is the share of a whole year's dealings."""
    pen = Pen(Random(f"year-{seed}"), REGISTRAR)
    cast = enrolled(pen)
    world = World(pen, cast, scale)
    for chain in (Farming(world), Foods(world), Coded(world), Others(world), Oddities(world)):
        chain.plan()
    for month in range(1, 12):
        day = month * 30
        world.later(moment(day, 8), lambda _, day=day: world.invoices(day))  # type: ignore[misc]  # bound at once
    world.run()
    assert all(one.at_ms < moment(DAYS + 40) for one in pen.told)
    return Year(seed=seed, scale=scale, pen=pen, cast=cast, world=world)
