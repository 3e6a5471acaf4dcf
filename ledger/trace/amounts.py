"""Sums of quantities for the trace, where a sum may have no answer.

Boxes and kilograms do not add up, and an absurd amount may be too large to write. Neither is the reader's fault: here the
answer is then None ("cannot be said"), never an error and never a guess. Only exact conversions count (kilogram, gram,
tonne; litre, millilitre), as `Quantity` knows them, and what somebody declared that one pack of these goods holds (`Packs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Self

from ledger.errors import Refusal
from ledger.identifiers import Dimension, Quantity, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.vocabulary.values import PackFactor

_WIDE = Context(prec=64)


@dataclass(frozen=True, slots=True)
class Packs:
    """What one pack of some goods holds, in the unit in which the declared levels end: 1 箱 = 10 盒, 1 盒 = 24 瓶, so 1 箱 = 240 瓶."""

    ends: Mapping[Unit, tuple[Unit, Fraction]]

    @classmethod
    def of(cls, declared: Iterable[PackFactor]) -> Self:
        """The levels brought together. A unit said twice counts as said first; levels that lead in a circle lead nowhere."""
        holds: dict[Unit, Quantity] = {}
        for factor in declared:
            unit = Unit.parse(factor.unit)
            # A kilogram is a thousand grams whatever anybody declares, and an empty pack holds no answer.
            if unit.dimension in {Dimension.COUNT, Dimension.PACKAGE} and factor.holds.amount > 0:
                holds.setdefault(unit, factor.holds)
        ends: dict[Unit, tuple[Unit, Fraction]] = {}
        for unit in holds:
            end, amount, passed = unit, Fraction(1), set[Unit]()
            while end in holds and end not in passed:
                passed.add(end)
                amount *= exact(holds[end])
                end = holds[end].unit.base
            if end not in passed:
                ends[unit] = (end, amount)
        return cls(ends)

    def opened(self, quantity: Quantity) -> Quantity | None:
        """The quantity in the unit its packs end in; itself where no pack was declared, None where it cannot be written."""
        if quantity.unit not in self.ends:
            return quantity
        unit, holds = self.ends[quantity.unit]
        return written(exact(quantity) * holds, unit)


def added(quantities: Iterable[Quantity | None]) -> Quantity | None:
    """The sum; None when there is nothing to add, a part is not known, or the parts do not add up."""
    known: list[Quantity] = []
    for one in quantities:
        if one is None:
            return None
        known.append(one)
    if not known:
        return None
    unit = known[0].unit
    if all(one.unit is unit and one.amount >= 0 for one in known):
        # What four hundred hands got, all in kilos: one number, where the sums on the way to it cannot be larger.
        return _counted(sum((one.amount for one in known), Decimal(0)), unit)
    total: Quantity | None = known[0]
    for one in known[1:]:
        total = None if total is None else plus(total, one)
    return total


def _counted(amount: Decimal, unit: Unit) -> Quantity | None:
    """So much of it, or None where it is more than a quantity can be."""
    try:
        return Quantity(amount, unit)
    except Refusal:
        return None


def plus(one: Quantity, other: Quantity) -> Quantity | None:
    """The sum of two, or None."""
    try:
        return one + other
    except Refusal:
        return None


def less(one: Quantity, other: Quantity) -> Quantity | None:
    """The difference of two, or None."""
    try:
        return one - other
    except Refusal:
        return None


def larger(one: Quantity, other: Quantity) -> Quantity | None:
    """The larger of two, or None when they do not compare."""
    if one.unit.base is not other.unit.base:
        return None
    return max(one, other)


def joined(quantities: Iterable[Quantity]) -> list[Quantity]:
    """The same amounts with those that add up brought together: one for each kind of unit."""
    sums: list[Quantity] = []
    for one in quantities:
        for place, so_far in enumerate(sums):
            total = plus(so_far, one)
            if total is not None:
                sums[place] = total
                break
        else:
            sums.append(one)
    return sums


def none_of(unit: Unit) -> Quantity:
    """Nothing, counted in this unit."""
    return Quantity(Decimal(0), unit)


def exact(quantity: Quantity) -> Fraction:
    """The amount in the base unit, as a number that may be summed and divided without end."""
    return Fraction(quantity.amount) * Fraction(10) ** quantity.unit.power


def written(amount: Fraction, unit: Unit) -> Quantity | None:
    """The quantity for an amount in base units: in `unit`, or in a finer one when only that writes it exactly."""
    finer = [one for one in Unit if one.base is unit.base and one.power < unit.power]
    for one in (unit, *sorted(finer, key=lambda other: -other.power)):
        in_unit = amount / Fraction(10) ** one.power
        try:
            return Quantity(_WIDE.divide(Decimal(in_unit.numerator), Decimal(in_unit.denominator)), one)
        except Refusal:
            continue
    return None


def share(part: Quantity, whole: Iterable[Quantity | None]) -> Fraction | None:
    """Which part of the whole this is; None unless everything is counted in one kind of unit."""
    total = Fraction(0)
    for one in whole:
        if one is None or one.unit.base is not part.unit.base:
            return None
        total += exact(one)
    return exact(part) / total if total > 0 else None
