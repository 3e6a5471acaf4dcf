r"""GS1 element strings: what a bar code on a carton or a Data Matrix on a drug says when it is not a link.

`(01)09520001000010(10)SG-1(21)7` for the eye is `]d2010952000100001010SG-1<GS>217` for the scanner: pairs of
an application identifier (AI) and a value, each ended by a group separator unless its length is fixed. Which
pairs belong together, and what the other values mean, is left to whoever needs them.

>>> string = ElementString.parse("]d2010952000100001010SG-1\x1d217")
>>> str(string), str(string.link)
('(01)09520001000010(10)SG-1(21)7', 'https://id.gs1.org/01/09520001000010/10/SG-1/21/7')

Sources: GS1 General Specifications, 7.8 (processing; the fixed lengths are in 7.8.5); ISO/IEC 15424 (symbology
identifiers); the GS1 Syntax Dictionary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import DigitalLink, Gtin
from ledger.identifiers.digital_link import AI_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The group separator, which scanners send for FNC1.
SEPARATOR = "\x1d"

#: What scanners send before an element string: GS1-128, GS1 DataBar, GS1 DataMatrix, GS1 QR, GS1 DotCode.
GS1_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3", "]J1")

ELEMENTS_MAX = 40
VALUE_CHARACTERS_MAX = 90

#: How many digits an AI has, by its first two.
AI_DIGITS = {
    **dict.fromkeys(("00", "01", "02", "03", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22"), 2),
    **dict.fromkeys(("30", "37", "90", "91", "92", "93", "94", "95", "96", "97", "98", "99"), 2),
    **dict.fromkeys(("23", "24", "25", "40", "41", "42", "71"), 3),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"), 4),
}

#: How many digits a value has, by the first two digits of its AI, where no separator follows it.
FIXED_DIGITS = {
    "00": 18,
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys(("11", "12", "13", "15", "16", "17"), 6),
    "20": 2,
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6),
    "41": 13,
}

_BRACKETED = re.compile(r"\(([0-9]{2,4})\)")


@dataclass(frozen=True, slots=True)
class ElementString:
    """Pairs of AI and value, in the order of the code and each AI once."""

    elements: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.elements) <= ELEMENTS_MAX:
            expected = Words(zh=f"1 至 {ELEMENTS_MAX} 个要素", en=f"1 to {ELEMENTS_MAX} elements")
            raise Malformed(field="", came=len(self.elements), expected=expected)
        seen: set[str] = set()
        for ai, value in self.elements:
            _check(ai, value)
            if ai in seen:
                expected = Words(zh=f"只有一个 ({ai})", en=f"one ({ai}), not two")
                raise Malformed(field=ai, came=value, expected=expected)
            seen.add(ai)
        if "01" in seen:
            Gtin(self["01"] or "")

    @classmethod
    def parse(cls, text: str, *, field: str = "element_string") -> Self:
        """The pairs in what a scanner sent or a person typed with brackets."""
        try:
            pairs = _bracketed(text) if text.startswith("(") else _scanned(text)
            return cls(tuple(pairs))
        except Refusal as refusal:
            raise refusal.at(field) from None

    def __str__(self) -> str:
        """For the eye: the AIs in brackets."""
        return "".join(f"({ai}){value}" for ai, value in self.elements)

    def __getitem__(self, ai: str) -> str | None:
        return dict(self.elements).get(ai)

    @property
    def link(self) -> DigitalLink | None:
        """The goods it names, if it names a product (01), its batch (10) or its serial number (21)."""
        gtin = self["01"]
        return None if gtin is None else DigitalLink(Gtin(gtin), self["10"], self["21"])


def _check(ai: str, value: str) -> None:
    digits, fixed = AI_DIGITS.get(ai[:2]), FIXED_DIGITS.get(ai[:2])
    if len(ai) != digits or not (ai.isascii() and ai.isdigit()):
        raise Malformed(
            field="", came=ai, expected=Words(zh="GS1 应用标识符", en="a GS1 application identifier")
        )
    fits = len(value) == fixed and value.isdigit() if fixed else 1 <= len(value) <= VALUE_CHARACTERS_MAX
    if not fits or not set(value) <= AI_CHARACTERS:
        expected = Words(
            zh=f"{fixed} 位数字" if fixed else f"1 至 {VALUE_CHARACTERS_MAX} 个 GS1 字符",
            en=f"{fixed} digits" if fixed else f"1 to {VALUE_CHARACTERS_MAX} GS1 characters",
        )
        raise Malformed(field=ai, came=value, expected=expected)


def _bracketed(text: str) -> Iterator[tuple[str, str]]:
    # A value may hold brackets too. Where it looks like an AI in brackets we read it as one, as a person
    # would.
    parts = _BRACKETED.split(text)[1:]
    yield from zip(parts[::2], parts[1::2], strict=True)


def _scanned(text: str) -> Iterator[tuple[str, str]]:
    rest = text[3:] if text.startswith(GS1_SYMBOLOGIES) else text
    rest = rest.removeprefix(SEPARATOR).removesuffix(SEPARATOR)
    while rest:
        ai = rest[: AI_DIGITS.get(rest[:2], 2)]
        fixed = FIXED_DIGITS.get(ai[:2])
        if fixed:
            value, rest = rest[len(ai) : len(ai) + fixed], rest[len(ai) + fixed :]
            # 7.8: a separator after a value of fixed length is superfluous and forgiven.
            rest = rest.removeprefix(SEPARATOR)
        else:
            value, _, rest = rest[len(ai) :].partition(SEPARATOR)
        yield ai, value
