r"""GS1 element strings: what a bar code on a carton or a Data Matrix on a drug says when it is not a link.

`(01)09520001000010(10)SG-1(21)7` for the eye is `]d2010952000100001010SG-1<GS>217` for the scanner: pairs of
an application identifier (AI) and a value. They are read by GS1's own rules (`ledger/identifiers/gs1`), but for one:
what an AI asks for beside it may stand in the next code on the same carton.

>>> string = ElementString.parse("]d2010952000100001010SG-1\x1d217")
>>> str(string), str(string.link)
('(01)09520001000010(10)SG-1(21)7', 'https://id.gs1.org/01/09520001000010/10/SG-1/21/7')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Malformed, Words
from ledger.identifiers import DigitalLink, Gtin
from ledger.identifiers.gs1 import GS1Elements
from ledger.identifiers.gs1.element_strings import GS1_SYMBOLOGIES, SEPARATOR

if TYPE_CHECKING:
    from ledger.identifiers.gs1.rules import Element

__all__ = ["GS1_SYMBOLOGIES", "SEPARATOR", "ElementString"]


@dataclass(frozen=True, slots=True)
class ElementString:
    """Pairs of AI and value, in the order of the code."""

    elements: tuple[Element, ...]

    def __post_init__(self) -> None:
        GS1Elements(self.elements, whole=False)

    @classmethod
    def parse(cls, text: str, *, field: str = "element_string") -> Self:
        """The pairs in what a scanner sent or a person typed with brackets."""
        string = GS1Elements.parse(text, field=field, whole=False)
        if not string.elements or string.plain is not None:
            expected = Words(zh="GS1 要素串", en="a GS1 element string")
            raise Malformed(field=field, came=text, expected=expected)
        return cls(string.elements)

    def __str__(self) -> str:
        """For the eye: the AIs in brackets."""
        return GS1Elements(self.elements, whole=False).bracketed

    def __getitem__(self, ai: str) -> str | None:
        return next((value for one, value in self.elements if one == ai), None)

    @property
    def link(self) -> DigitalLink | None:
        """The goods it names, if it names a product (01), its batch (10) or its serial number (21)."""
        gtin = self["01"]
        return None if gtin is None else DigitalLink(Gtin(gtin), self["10"], self["21"])
