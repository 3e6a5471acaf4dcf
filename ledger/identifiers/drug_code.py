"""Drug trace code (药品追溯码): the twenty digits on a box, a middle pack or a case of a drug.

The first seven are the product mark (药品标识码): which drug, made by whom, at which packing level; each
level has its own. The other thirteen are the pack's serial number. There is no public check digit, so every
twenty digits have the right shape: whether a code was issued, only the holder's own records can say.

Source: NMPAB/T 1002-2019 (the scheme of twenty characters; its other scheme, GS1, is a Digital Link).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ledger.identifiers._code import Code

_SHAPE = re.compile("[0-9]{20}")
_MARK_DIGITS = 7


@dataclass(frozen=True, slots=True, order=True)
class DrugTraceCode(Code):
    """Twenty digits: product mark and serial number."""

    field: ClassVar[str] = "drug_code"

    @property
    def product_mark(self) -> str:
        """Seven digits: drug, maker and packing level."""
        return self.text[:_MARK_DIGITS]

    @property
    def serial(self) -> str:
        """Thirteen digits: this pack."""
        return self.text[_MARK_DIGITS:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise cls._malformed(text, zh="20 位数字的药品追溯码", en="a drug trace code of 20 digits")
