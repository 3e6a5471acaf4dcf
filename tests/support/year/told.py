"""What each party tells the ledger, as plain data: who, when it happened, when it was recorded, which type, which body.

`Pen` writes it. It knows when a small trader enters things: at once, in the evening, or after a day without signal; and it gives every
statement its id. It knows nothing of what the ledger makes of it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.identifiers import BatchCode, GoodsId, PartyId, ProductId, SiteId, StatementId
from tests.support.year.numbers import Numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from ledger.canonical import Json

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: Midnight in China before the first day of trade; what is told earlier is who everybody is.
FIRST_DAY = dt.date(2026, 1, 1)
FIRST_MS = int(dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8))).timestamp() * 1000)
DAYS = 365


@dataclass(frozen=True, slots=True)
class Told:
    """One statement before it is signed. `actor` signs; `on_behalf_of` is whose record it is where that is another."""

    at_ms: int
    recorded_at_ms: int
    actor: str
    type: str
    body: Mapping[str, Json]
    id: str
    on_behalf_of: str | None = None
    corrects: str | None = None


def moment(day: int, hour: float = 0) -> int:
    """A time in China: the day of the year from 0, and its hour."""
    return FIRST_MS + day * DAY + round(hour * HOUR)


def date(at_ms: int) -> str:
    """The day it was in China."""
    return str(FIRST_DAY + dt.timedelta(days=(at_ms - FIRST_MS) // DAY))


def day_of(at_ms: int) -> int:
    """The number of that day in the year."""
    return (at_ms - FIRST_MS) // DAY


def amount(number: float, unit: str) -> dict[str, Json]:
    """A quantity as statements spell it; grams are enough for anybody."""
    text = f"{number:.3f}".rstrip("0").rstrip(".") if number else "0"
    return {"amount": text, "unit": unit}


def kg(number: float) -> dict[str, Json]:
    """Kilograms."""
    return amount(number, "KGM")


def line(goods: str, quantity: float, unit: str, codes: Sequence[str] | None = None) -> dict[str, Json]:
    """One line of goods."""
    made: dict[str, Json] = {"goods": goods, "quantity": amount(quantity, unit)}
    if codes:
        made["codes"] = list(codes)
    return made


@dataclass(slots=True)
class Pen:
    """Writes down what is told, with ids and names from one seed."""

    random: Random
    registrar: str
    numbers: Numbers = field(init=False)
    told: list[Told] = field(default_factory=list)
    #: How a party enters its records on one day: hours after midnight, or None for at once.
    _habits: dict[tuple[str, int], float | None] = field(default_factory=dict)
    #: The share of small traders' days that are entered in the evening, and of days without signal.
    evenings: float = 0.10
    silent: float = 0.02
    #: And of records whose device has a clock that is ahead.
    ahead: float = 0.003

    def __post_init__(self) -> None:
        self.numbers = Numbers(self.random)

    def _bytes(self) -> bytes:
        return self.random.randbytes(10)

    def party(self) -> str:
        """A party id."""
        return str(PartyId.new(self._bytes()))

    def product(self) -> str:
        """A product id."""
        return str(ProductId.new(self._bytes()))

    def site(self) -> str:
        """A site id."""
        return str(SiteId.new(self._bytes()))

    def goods(self, gtin: str | None = None, lot: str | None = None) -> str:
        """What a lot is called: by GTIN and lot where it has them, otherwise by a random code."""
        if gtin is None or lot is None:
            return str(GoodsId.of_batch(BatchCode.new(self._bytes())))
        return f"https://id.gs1.org/01/{gtin}/10/{lot}"

    def entered(self, actor: str, at_ms: int) -> int:
        """When this party enters what happened then: all records of one day in one way, in their order."""
        key = actor, day_of(at_ms)
        if key not in self._habits:
            draw = self.random.random()
            self._habits[key] = (
                24 + 7 + self.random.random()
                if draw < self.silent
                else 20 + self.random.random()
                if draw < self.silent + self.evenings
                else None
            )
        hour = self._habits[key]
        if hour is None:
            if self.random.random() < self.ahead:
                # The device's clock is some minutes ahead of the log's.
                return at_ms - self.random.randrange(1, 4) * MINUTE
            return at_ms + self.random.randrange(5 * SECOND, 90 * SECOND)
        # The day's notes are typed in one go: a whole day of them within half an hour, in their order.
        evening = moment(key[1], hour) + (at_ms - moment(key[1])) // 48
        return max(evening, at_ms + 10 * SECOND)

    def tell(
        self,
        actor: str,
        type_name: str,
        body: Mapping[str, Json],
        at_ms: int,
        *,
        recorded_at_ms: int | None = None,
        on_behalf_of: str | None = None,
        corrects: Told | None = None,
    ) -> Told:
        """One statement. Without `recorded_at_ms` it is entered as this party enters its day."""
        recorded = self.entered(actor, at_ms) if recorded_at_ms is None else recorded_at_ms
        one = Told(
            at_ms=at_ms,
            recorded_at_ms=recorded,
            actor=actor,
            type=type_name,
            body=body,
            id=str(StatementId.new(recorded, self._bytes())),
            on_behalf_of=on_behalf_of,
            corrects=corrects.id if corrects else None,
        )
        self.told.append(one)
        return one

    def at_once(
        self,
        actor: str,
        type_name: str,
        body: Mapping[str, Json],
        at_ms: int,
        *,
        on_behalf_of: str | None = None,
    ) -> Told:
        """One statement by somebody who sits at a computer."""
        return self.tell(
            actor, type_name, body, at_ms, recorded_at_ms=at_ms + 20 * SECOND, on_behalf_of=on_behalf_of
        )
