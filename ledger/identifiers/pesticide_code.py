"""Pesticide unit code (农药单元识别代码): the thirty-two digits on one bottle or bag of a pesticide.

They carry the last six digits of the registration number, so a code leads to candidates among the
registrations and not to one: thousands of groups of six digits repeat, some in PD and WP alike. There is no
check digit; anyone can copy a code.

>>> code = PesticideUnitCode.parse("12690011001900000000000000000217")
>>> code.registration_prefix, code.registration_last_six, code.made
('PD', '269001', 'by_holder')

Source: 农业部公告第 2579 号 (in force since 2018-01-01); 农业农村部公告第 1049 号 (since 2026-11-01) keeps
the layout and drops temporary registrations, which stand on old stock for a while: they are read, not
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from ledger.identifiers._code import Code

_SHAPE = re.compile("[1-3][0-9]{6}[1-3][0-9]{24}")

_PREFIXES: dict[str, Literal["PD", "WP", "LS"]] = {"1": "PD", "2": "WP", "3": "LS"}
_MAKERS: dict[str, Literal["by_holder", "under_contract", "packed_under_contract"]] = {
    "1": "by_holder",
    "2": "under_contract",
    "3": "packed_under_contract",
}


@dataclass(frozen=True, slots=True, order=True)
class PesticideUnitCode(Code):
    """Thirty-two digits: registration, kind of maker, specification, and a random rest."""

    field: ClassVar[str] = "pesticide_code"

    @property
    def registration_prefix(self) -> Literal["PD", "WP", "LS"]:
        """Position 1: PD in full, WP sanitary, LS temporary."""
        return _PREFIXES[self.text[0]]

    @property
    def registration_last_six(self) -> str:
        """Positions 2 to 7: the end of the registration number; several registrations may share it."""
        return self.text[1:7]

    @property
    def made(self) -> Literal["by_holder", "under_contract", "packed_under_contract"]:
        """Position 8: who made it for the holder of the registration."""
        return _MAKERS[self.text[7]]

    @property
    def specification(self) -> str:
        """Positions 9 to 11: the company's own code for the pack."""
        return self.text[8:11]

    @property
    def random_part(self) -> str:
        """Positions 12 to 32."""
        return self.text[11:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _SHAPE.fullmatch(text):
            raise cls._malformed(
                text,
                zh="32 位数字的农药单元识别代码（第 1 位和第 8 位为 1 至 3）",
                en="a pesticide unit code of 32 digits (the 1st and the 8th are 1 to 3)",
            )
