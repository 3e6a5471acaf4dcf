"""Vet drug trace code (兽药产品追溯码): the twenty-four digits on one pack of a veterinary drug.

Eight digits are the day on which the maker asked for the code, five are the maker, eleven are random. The day is not
the day of production, and there is no check digit: whether a code was issued, only the maker's own records can say.

>>> code = VetDrugCode.parse("202611139520120000000001")
>>> str(code.asked_on), code.maker_number, code.serial
('2026-11-13', '95201', '20000000001')

Source: 农业部公告第 2210 号 (compulsory since 2016-07-01), as makers' instructions repeat its layout.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import Refusal
from ledger.identifiers._code import Code
from ledger.identifiers.times import LegalDate

_SHAPE = re.compile("20[0-9]{22}")
_DAY_DIGITS = 8
_MAKER_END = 13


@dataclass(frozen=True, slots=True, order=True)
class VetDrugCode(Code):
    """Twenty-four digits: day, maker and a random rest."""

    field: ClassVar[str] = "vet_drug_code"

    @property
    def asked_on(self) -> LegalDate:
        """The day on which the code was asked for; no day of production."""
        return LegalDate.parse(_dashed(self.text))

    @property
    def maker_number(self) -> str:
        """Positions 9 to 13: the maker, by the number that the ministry gave it."""
        return self.text[_DAY_DIGITS:_MAKER_END]

    @property
    def serial(self) -> str:
        """Positions 14 to 24."""
        return self.text[_MAKER_END:]

    @classmethod
    def _check(cls, text: str) -> None:
        if _SHAPE.fullmatch(text):
            try:
                LegalDate.parse(_dashed(text))
            except Refusal:
                pass
            else:
                return
        raise cls._malformed(
            text,
            zh="24 位数字的兽药追溯码，前 8 位是日期",
            en="a vet drug trace code of 24 digits, the first eight a date",
        )


def _dashed(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}"
