"""GTIN: the number under the bar code, which says what the product is (not which pack, and not which batch).

Its last digit is a check digit, so a GTIN that was parsed was at least copied correctly; whether the number
was issued, and to whom, only GS1 can say.

>>> Gtin.parse("9520001000010")
Gtin(text='09520001000010')

Source: GS1 General Specifications, 3.3.2 (AI 01) and 7.9.1 (check digit).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from ledger.identifiers._code import Code

GTIN_DIGITS = 14
#: Check digits held, of numbers read lately: those of the same few thousand products come again and again.
NUMBERS_HELD_MAX = 8_192

_PRINTED = re.compile("[0-9]{8}|[0-9]{12,14}")
_CANONICAL = re.compile("[0-9]{14}")


@lru_cache(maxsize=NUMBERS_HELD_MAX)
def check_digit(body: str) -> str:
    """The GS1 check digit for the digits before it: weights 3, 1, 3, … from the right, up to the next ten."""
    total = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-total % 10)


@dataclass(frozen=True, slots=True, order=True)
class Gtin(Code):
    """A GTIN-8, -12, -13 or -14, kept as fourteen digits so that one product has one spelling."""

    field: ClassVar[str] = "gtin"

    @classmethod
    def _spell(cls, text: str) -> str:
        return text.zfill(GTIN_DIGITS) if _PRINTED.fullmatch(text) else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _CANONICAL.fullmatch(text):
            raise cls._malformed(text, zh="8、12、13 或 14 位数字的商品条码", en="8, 12, 13 or 14 digits")
        if check_digit(text[:-1]) != text[-1]:
            raise cls._check_wrong(text, right=check_digit(text[:-1]))
