"""How much of the goods: a decimal amount and its unit.

Amounts travel as text, because a JSON number may be read as a binary fraction; units are UN/ECE codes.
Kilograms may be added to grams and litres to millilitres, exactly; everything else (boxes to kilograms,
bottles to boxes) asks for knowledge about the goods that is not here, and is refused with `UnitsDiffer`.

>>> str(Quantity.parse("12.50 KGM") + Quantity.parse("300 GRM"))
'12.8 KGM'
>>> Quantity.parse("1 TNE") == Quantity.parse("1000 KGM")
True
>>> Quantity.parse("3 XBX").display("zh"), Quantity.parse("3 XBX").display("en")
('3 盒', '3 boxes')

Sources: UN/ECE Recommendation 20 (units of measure) and Recommendation 21 (packages, written with an X in
front when they are used as units).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Self

from ledger.errors import Language, Malformed, TooLarge, Words

if TYPE_CHECKING:
    from ledger.canonical import Json

INTEGER_DIGITS_MAX = 15
DECIMALS_MAX = 6

_SHAPE = re.compile(rf"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{{1,{DECIMALS_MAX}}})?")

#: Wide enough for the largest tonnes beside the smallest milligrams; anything it would have to round raises.
_EXACT = Context(prec=64, traps=[Inexact])


class UnitsDiffer(Malformed):
    """Two quantities whose units cannot be brought together."""

    title = Words(zh="单位不同，不能相加或比较", en="units differ and cannot be added or compared")


class Dimension(StrEnum):
    """What a unit measures. Only units of mass convert into each other, and only units of volume."""

    MASS = "mass"
    VOLUME = "volume"
    LENGTH = "length"
    COUNT = "count"
    PACKAGE = "package"


class Unit(Enum):
    """The units we know: code, Chinese and English (one, many), dimension, and the power of ten over KGM or
    LTR.
    """

    TNE = ("吨", "t", "t", Dimension.MASS, 3)
    KGM = ("公斤", "kg", "kg", Dimension.MASS, 0)
    GRM = ("克", "g", "g", Dimension.MASS, -3)
    MGM = ("毫克", "mg", "mg", Dimension.MASS, -6)
    MTQ = ("立方米", "m³", "m³", Dimension.VOLUME, 3)
    LTR = ("升", "L", "L", Dimension.VOLUME, 0)
    MLT = ("毫升", "mL", "mL", Dimension.VOLUME, -3)
    MTR = ("米", "m", "m", Dimension.LENGTH, 0)
    H87 = ("件", "piece", "pieces", Dimension.COUNT, 0)
    EA = ("个", "unit", "units", Dimension.COUNT, 0)
    HEA = ("头", "head", "head", Dimension.COUNT, 0)
    PR = ("对", "pair", "pairs", Dimension.COUNT, 0)
    SET = ("套", "set", "sets", Dimension.COUNT, 0)
    XAM = ("安瓿", "ampoule", "ampoules", Dimension.PACKAGE, 0)
    XBE = ("捆", "bundle", "bundles", Dimension.PACKAGE, 0)
    XBG = ("袋", "bag", "bags", Dimension.PACKAGE, 0)
    XBK = ("筐", "basket", "baskets", Dimension.PACKAGE, 0)
    XBO = ("瓶", "bottle", "bottles", Dimension.PACKAGE, 0)
    XBX = ("盒", "box", "boxes", Dimension.PACKAGE, 0)
    XCR = ("板条箱", "crate", "crates", Dimension.PACKAGE, 0)
    XCS = ("箱", "case", "cases", Dimension.PACKAGE, 0)
    XCT = ("纸箱", "carton", "cartons", Dimension.PACKAGE, 0)
    XDR = ("桶", "drum", "drums", Dimension.PACKAGE, 0)
    XJR = ("罐", "jar", "jars", Dimension.PACKAGE, 0)
    XPK = ("包", "package", "packages", Dimension.PACKAGE, 0)
    XPX = ("托盘", "pallet", "pallets", Dimension.PACKAGE, 0)
    XSA = ("麻袋", "sack", "sacks", Dimension.PACKAGE, 0)
    XSH = ("小袋", "sachet", "sachets", Dimension.PACKAGE, 0)
    XTN = ("听", "tin", "tins", Dimension.PACKAGE, 0)
    XTU = ("管", "tube", "tubes", Dimension.PACKAGE, 0)
    XVI = ("西林瓶", "vial", "vials", Dimension.PACKAGE, 0)

    def __init__(self, zh: str, one: str, many: str, dimension: Dimension, power: int) -> None:
        self.words = Words(zh=zh, en=one)
        self.many = Words(zh=zh, en=many)
        self.dimension = dimension
        self.power = power

    @classmethod
    def parse(cls, text: str, *, field: str = "unit") -> Unit:
        """The unit with this code."""
        unit = cls.__members__.get(text)
        if unit is None:
            some = "KGM, GRM, TNE, LTR, MLT, H87, EA, HEA, XBX, XBO, XCT, XBG, XCS …"
            expected = Words(zh=f"UN/ECE 计量单位代码（{some}）", en=f"a UN/ECE unit code ({some})")
            raise Malformed(field=field, came=text, expected=expected)
        return unit

    def __str__(self) -> str:
        return self.name

    @property
    def base(self) -> Unit:
        """The unit that this one is counted in when amounts are brought together."""
        if self.dimension is Dimension.MASS:
            return Unit.KGM
        return Unit.LTR if self.dimension is Dimension.VOLUME else self


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An amount of at most fifteen digits and six decimals, and its unit. Equal means: the same amount of
    goods.
    """

    amount: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        # One spelling: no exponent, no trailing zeros, no minus before zero. Sums and products arrive with
        # all of them.
        object.__setattr__(self, "amount", _amount(_spelt(self.amount), field="amount"))

    @classmethod
    def parse(cls, text: str, *, field: str = "quantity") -> Self:
        """Amount, one space, unit: `12.5 KGM`."""
        amount, space, unit = text.partition(" ")
        if not space:
            expected = Words(
                zh="数量、空格、单位代码，如 12.5 KGM", en="amount, space and unit code, like 12.5 KGM"
            )
            raise Malformed(field=field, came=text, expected=expected)
        return cls(_amount(amount, field=f"{field}.amount"), Unit.parse(unit, field=f"{field}.unit"))

    @classmethod
    def from_json(cls, value: Json, *, field: str = "quantity") -> Self:
        """Read `{"amount": "12.5", "unit": "KGM"}`, with these two names and no others."""
        if isinstance(value, Mapping) and value.keys() == {"amount", "unit"}:
            amount, unit = value["amount"], value["unit"]
            if isinstance(amount, str) and isinstance(unit, str):
                return cls(_amount(amount, field=f"{field}.amount"), Unit.parse(unit, field=f"{field}.unit"))
        shape = '{"amount": "12.5", "unit": "KGM"}'
        expected = Words(
            zh=f"形如 {shape} 的数量（数字写成文字）", en=f"a quantity like {shape} (the amount as text)"
        )
        raise Malformed(field=field, came=value, expected=expected)

    def as_json(self) -> dict[str, str]:
        """The form in statements."""
        return {"amount": _spelt(self.amount), "unit": self.unit.name}

    def __str__(self) -> str:
        return f"{_spelt(self.amount)} {self.unit}"

    def display(self, language: Language) -> str:
        """For a page: `12.5 公斤`, `12.5 kg`, `3 boxes`."""
        words = self.unit.words if self.amount.copy_abs() == 1 else self.unit.many
        return f"{_spelt(self.amount)} {words.in_language(language)}"

    @property
    def is_zero(self) -> bool:
        """Nothing at all."""
        return not self.amount

    def plus(self, other: Quantity) -> Quantity:
        """The sum, in this quantity's unit, or in the other's when only that is fine enough to write it
        exactly.
        """
        total = _EXACT.add(self._in_base(), self._comparable(other))
        amount = total.scaleb(-self.unit.power, context=_EXACT)
        if _SHAPE.fullmatch(_spelt(amount)):
            return Quantity(amount, self.unit)
        return Quantity(total.scaleb(-other.unit.power, context=_EXACT), other.unit)

    def minus(self, other: Quantity) -> Quantity:
        """The difference, under the same rule."""
        return self.plus(Quantity(other.amount.copy_negate(), other.unit))

    def __add__(self, other: Quantity) -> Quantity:
        return self.plus(other)

    def __sub__(self, other: Quantity) -> Quantity:
        return self.minus(other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return self.unit.base is other.unit.base and self._in_base() == other._in_base()

    def __hash__(self) -> int:
        return hash((self.unit.base, self._in_base()))

    def __lt__(self, other: Quantity) -> bool:
        return self._in_base() < self._comparable(other)

    def __le__(self, other: Quantity) -> bool:
        return self._in_base() <= self._comparable(other)

    def __gt__(self, other: Quantity) -> bool:
        return self._in_base() > self._comparable(other)

    def __ge__(self, other: Quantity) -> bool:
        return self._in_base() >= self._comparable(other)

    def _in_base(self) -> Decimal:
        return self.amount.scaleb(self.unit.power, context=_EXACT)

    def _comparable(self, other: Quantity) -> Decimal:
        """The other's amount in the base unit that both share."""
        if other.unit.base is not self.unit.base:
            mine = self.unit
            raise UnitsDiffer(
                field="unit",
                came=other.unit.name,
                expected=Words(
                    zh=f"能换算成{mine.words.zh}（{mine}）的单位",
                    en=f"a unit that converts to {mine.words.en} ({mine})",
                ),
            )
        return other._in_base()


def _amount(text: str, *, field: str) -> Decimal:
    if not _SHAPE.fullmatch(text):
        expected = Words(
            zh=f"十进制数，最多 {DECIMALS_MAX} 位小数，不写指数、加号和多余的 0",
            en=f"a decimal of at most {DECIMALS_MAX} places, without exponent, plus sign or leading zeros",
        )
        raise Malformed(field=field, came=text, expected=expected)
    if len(text.removeprefix("-").partition(".")[0]) > INTEGER_DIGITS_MAX:
        most = INTEGER_DIGITS_MAX
        expected = Words(zh=f"整数部分最多 {most} 位", en=f"at most {most} digits before the point")
        raise TooLarge(field=field, came=text, expected=expected)
    return Decimal(text)


def _spelt(amount: Decimal) -> str:
    """The canonical text of an amount that our own code computed or parsed."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    return "0" if text == "-0" else text
