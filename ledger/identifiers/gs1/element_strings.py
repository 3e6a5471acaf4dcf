r"""GS1 element strings: pairs of an AI and a value, as a person types them and as a scanner sends them.

`(01)09520123456788(10)A(21)7` for the eye is `^010952012345678810A^217` where `^` stands for FNC1, and
`]d2010952012345678810A<GS>217` from a scanner that says what kind of code it saw. A code that is no GS1 data (plain text, an
EAN-13 alone) is plain: it has no elements. What follows `|` was printed as the second part of a composite code.

>>> string = GS1Elements.parse("]C1010952012345678810A\x1d217")
>>> string.bracketed, string.data_string
('(01)09520123456788(10)A(21)7', '^010952012345678810A^217')
>>> string.link.canonical
'https://id.gs1.org/01/09520123456788/10/A/21/7'

Sources: GS1 General Specifications 7.8 (processing of element strings); ISO/IEC 15424 (symbology identifiers); GS1 Barcode
Syntax Dictionary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import Refusal, TooLarge, Words
from ledger.identifiers.gs1.faults import wrong
from ledger.identifiers.gs1.links import BEGINNINGS, ELEMENTS_MAX, GS1Link
from ledger.identifiers.gs1.rules import Element, check_together
from ledger.identifiers.gs1.syntax import check_value
from ledger.identifiers.gs1.table import AI_DIGITS, AIS
from ledger.identifiers.gtin import Gtin, check_digit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ledger.identifiers.gs1.table import ApplicationIdentifier

#: The group separator, which scanners send for FNC1.
SEPARATOR: Final = "\x1d"
FNC1: Final = "^"
#: As much as GS1's engine reads.
STRING_CHARACTERS_MAX: Final = 8191

#: What scanners send before GS1 data: GS1-128, GS1 DataBar and composites, GS1 DataMatrix, GS1 QR, GS1 DotCode.
GS1_SYMBOLOGIES: Final = ("]C1", "]e0", "]d2", "]Q3", "]J1")
#: Before plain text: DataMatrix, QR, DotCode.
PLAIN_SYMBOLOGIES: Final = ("]d1", "]Q1", "]J0")
#: Before the figures of a retail bar code: EAN-13 and UPC, EAN-8.
RETAIL_SYMBOLOGIES: Final = {"]E0": 13, "]E4": 8}

_COMPOSITE: Final = "|"
_DATAMATRIX, _QR, _DATABAR = "]d2", "]Q1", "]e0"
_BRACKET: Final = re.compile(r"\((?P<ai>[^)]*)\)(?P<value>(?:\\\(|[^(])+)")


@dataclass(frozen=True, slots=True)
class GS1Elements:
    """Elements in the order of the code; the same one may stand twice, if it says the same."""

    elements: tuple[Element, ...]
    #: Where the second part of a composite code begins.
    composite_at: int | None = None
    #: The text of a code, or of its first part, that holds no elements, or holds them as a link.
    plain: str | None = None
    #: What the scanner said it saw, or what would carry this.
    symbology: str = field(default=_DATAMATRIX, compare=False)
    #: Whether this is all that the thing says; else another code on it may hold the AIs that these ask for.
    whole: bool = field(default=True, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.elements and self.plain is None:
            raise wrong("", zh="GS1 数据，不能为空", en="GS1 data, not nothing")
        if len(self.elements) > ELEMENTS_MAX:
            expected = Words(zh=f"最多 {ELEMENTS_MAX} 个要素", en=f"at most {ELEMENTS_MAX} elements")
            raise TooLarge(field="", came=len(self.elements), expected=expected)
        for ai, value in self.elements:
            check_value(_known(ai), value)
        check_together(self.elements, whole=self.whole)

    @classmethod
    def parse(cls, text: str, *, field: str = "element_string", whole: bool = True) -> Self:
        """The elements in what a person typed or a scanner sent."""
        try:
            if len(text) > STRING_CHARACTERS_MAX:
                most = STRING_CHARACTERS_MAX
                raise TooLarge(
                    field="",
                    came=text,
                    expected=Words(zh=f"最多 {most} 个字符的条码", en=f"a code of at most {most} characters"),
                )
            return cls._parse(text, whole=whole)
        except Refusal as refusal:
            raise refusal.at(field) from None

    @classmethod
    def _parse(cls, text: str, *, whole: bool) -> Self:
        if text.startswith("]"):
            return cls._scanned(text[:3], text[3:], whole=whole)
        if text.startswith(("(", FNC1)):
            return cls._composed(text, _bracketed if text.startswith("(") else _after_fnc1, whole=whole)
        if text.startswith(BEGINNINGS):
            return cls._of_link(text, _QR)
        if text.startswith(SEPARATOR) or text[:2] in AI_DIGITS:
            return cls(tuple(_split(text.removeprefix(SEPARATOR), SEPARATOR)), whole=whole)
        raise wrong(
            text,
            zh="(01) 之类带括号的要素、FNC1 或扫描枪前缀（]C1、]d2、]Q3…）开头的 GS1 数据",
            en="GS1 data that begins with an AI in brackets, FNC1, or what a scanner sends (]C1, ]d2, ]Q3 …)",
        )

    @classmethod
    def _composed(cls, text: str, read: Callable[[str], Iterator[Element]], *, whole: bool) -> Self:
        first, bar, second = text.partition(_COMPOSITE)
        elements = tuple(read(first))
        if not bar:
            return cls(elements, whole=whole)
        return cls((*elements, *read(second)), composite_at=len(elements), symbology=_DATABAR, whole=whole)

    @classmethod
    def _scanned(cls, symbology: str, data: str, *, whole: bool) -> Self:
        if symbology in GS1_SYMBOLOGIES:
            return cls(tuple(_split(data, SEPARATOR)), symbology=symbology, whole=whole)
        if symbology in PLAIN_SYMBOLOGIES:
            return (
                cls._of_link(data, symbology)
                if data.startswith(BEGINNINGS)
                else cls((), plain=data, symbology=symbology)
            )
        if symbology in RETAIL_SYMBOLOGIES:
            return cls._retail(symbology, data, whole=whole)
        raise wrong(
            symbology,
            zh="扫描枪的符号标识，如 ]C1、]d2、]Q3",
            en="a symbology that GS1 uses, such as ]C1, ]d2, ]Q3",
        )

    @classmethod
    def _of_link(cls, text: str, symbology: str) -> Self:
        link = GS1Link.parse(text, field="")
        return cls(link.elements, plain=text, symbology=symbology)

    @classmethod
    def _retail(cls, symbology: str, data: str, *, whole: bool) -> Self:
        first, bar, second = data.partition(_COMPOSITE + _DATABAR)
        digits = RETAIL_SYMBOLOGIES[symbology]
        if not re.fullmatch(f"[0-9]{{{digits}}}", first):
            raise wrong(data, zh=f"{digits} 位数字的商品条码", en=f"the {digits} digits of a retail bar code")
        if check_digit(first[:-1]) != first[-1]:
            Gtin.parse(first)
        if not bar:
            return cls((), plain=first, symbology=symbology)
        elements = tuple(_split(second, SEPARATOR))
        return cls(elements, composite_at=0, plain=first, symbology=symbology, whole=whole)

    def __str__(self) -> str:
        return self.bracketed if self.elements else self.plain or ""

    def __getitem__(self, ai: str) -> str | None:
        return next((value for one, value in self.elements if one == ai), None)

    @property
    def bracketed(self) -> str:
        """For the eye: the AIs in brackets. A bracket inside a value has a backslash before it."""
        pairs = [f"({ai}){value.replace('(', chr(92) + '(')}" for ai, value in self.elements]
        if self.composite_at:
            pairs.insert(self.composite_at, _COMPOSITE)
        return "".join(pairs)

    @property
    def hri(self) -> tuple[str, ...]:
        """The lines that are printed under a code (human readable interpretation)."""
        return tuple(f"({ai}) {value}" for ai, value in self.elements)

    @property
    def data_string(self) -> str:
        """As symbol makers take it, with `^` for FNC1; plain text as it is."""
        if self.plain is not None:
            hidden = "\\" if self.plain.lstrip("\\").startswith(FNC1) else ""
            return (
                hidden + self.plain + (_COMPOSITE + _joined(self.elements) if self.composite_at == 0 else "")
            )
        if self.composite_at is None:
            return _joined(self.elements)
        first, second = self.elements[: self.composite_at], self.elements[self.composite_at :]
        return _joined(first) + _COMPOSITE + _joined(second)

    @property
    def scan_data(self) -> str:
        """As a scanner sends it, with its symbology in front and group separators."""
        sent = _joined(self.elements).removeprefix(FNC1).replace(FNC1, SEPARATOR)
        if self.plain is None:
            return self.symbology + sent
        return self.symbology + self.plain + (_COMPOSITE + _DATABAR + sent if self.composite_at == 0 else "")

    @property
    def gtin(self) -> Gtin | None:
        """The product: (01), or the figures of a retail bar code."""
        if (named := self["01"]) is not None:
            return Gtin(named)
        return Gtin.parse(self.plain) if self.plain and self.symbology in RETAIL_SYMBOLOGIES else None

    @property
    def link(self) -> GS1Link | None:
        """The Digital Link that says the same; None where no primary key is there, or an AI that no link can hold.

        The first primary key begins the path, followed by as many qualifiers as one order allows.
        """
        there = dict(self.elements)
        key = next((ai for ai in there if AIS[ai].is_primary_key), None)
        if key is None:
            return None
        path = max(AIS[key].sequences, key=lambda sequence: sum(ai in there for ai in sequence))
        taken = [ai for ai in path if ai in there]
        rest = [ai for ai in there if ai not in taken]
        if not all(AIS[ai].attribute for ai in rest):
            return None
        return GS1Link(tuple((ai, there[ai]) for ai in (*taken, *rest)), len(taken))


def _known(ai: str) -> ApplicationIdentifier:
    if ai not in AIS:
        raise wrong(ai, zh="GS1 应用标识符", en="a GS1 application identifier")
    return AIS[ai]


def _joined(elements: tuple[Element, ...]) -> str:
    written, wanted = [], True
    for ai, value in elements:
        written.append(f"{FNC1 if wanted else ''}{ai}{value}")
        wanted = not AIS[ai].predefined
    return "".join(written)


def _bracketed(text: str) -> Iterator[Element]:
    place = 0
    while place < len(text) or not text:
        match = _BRACKET.match(text, place)
        if not match:
            raise wrong(text[place:], zh="(AI)值(AI)值…", en="(AI)value(AI)value …")
        yield _known(match["ai"]).ai, match["value"].replace("\\(", "(")
        place = match.end()


def _after_fnc1(text: str) -> Iterator[Element]:
    if not text.startswith(FNC1):
        raise wrong(text, zh="以 FNC1（^）开头的 GS1 数据", en="GS1 data that begins with FNC1 (^)")
    return _split(text.removeprefix(FNC1), FNC1)


def _split(text: str, separator: str) -> Iterator[Element]:
    """The elements of data without brackets: each up to a separator, or up to its own length."""
    if not text:
        raise wrong(text, zh="GS1 数据，不能为空", en="GS1 data, not nothing")
    while text:
        one = AIS.get(text[: AI_DIGITS.get(text[:2], 0)])
        if one is None:
            raise wrong(
                text,
                zh="以 GS1 应用标识符开头的数据",
                en="data that begins with a GS1 application identifier",
            )
        data, _, after = text[len(one.ai) :].partition(separator)
        if one.predefined and len(data) > one.most:
            yield one.ai, data[: one.most]
            text = data[one.most :] + (separator + after if after else "")
        else:
            # 7.8: a separator after a value of known length is superfluous and forgiven.
            yield one.ai, data
            text = after
