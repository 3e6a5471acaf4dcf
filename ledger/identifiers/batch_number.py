"""Batch number: what the maker printed on the pack as 批号 or 生产批号, in whatever script, exactly as a
buyer reads it.

It names a batch only together with who declared it and which product it is. It may hold Chinese or spaces,
which a GS1 Digital Link cannot carry; `fits_digital_link` says whether this one can travel as AI 10,
otherwise the batch code does.

>>> BatchNumber.parse("PK-20261112").fits_digital_link
True
>>> BatchNumber.parse("甲班 3 号").fits_digital_link
False
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from ledger.errors import Refusal, TooLarge, Words
from ledger.identifiers._code import Code
from ledger.identifiers.digital_link import check_ai_value

BATCH_NUMBER_CHARACTERS_MAX = 40


@dataclass(frozen=True, slots=True, order=True)
class BatchNumber(Code):
    """1 to 40 characters as printed, in Unicode's composed form (NFC) so that one printed number has one
    spelling.
    """

    field: ClassVar[str] = "batch_number"

    @property
    def fits_digital_link(self) -> bool:
        """Whether the printed number may stand in a Digital Link as it is (GS1: AI 10, X..20)."""
        try:
            check_ai_value(self.text, field=self.field)
        except Refusal:
            return False
        return True

    @classmethod
    def _spell(cls, text: str) -> str:
        return unicodedata.normalize("NFC", text)

    @classmethod
    def _check(cls, text: str) -> None:
        if len(text) > BATCH_NUMBER_CHARACTERS_MAX:
            most = BATCH_NUMBER_CHARACTERS_MAX
            expected = Words(
                zh=f"最多 {most} 个字符的批号", en=f"a batch number of at most {most} characters"
            )
            raise TooLarge(field=cls.field, came=text, expected=expected)
        if not text or text != text.strip():
            raise cls._malformed(
                text, zh="批号，首尾没有空格", en="a batch number without space before or after it"
            )
        if any(_invisible(character) for character in text):
            raise cls._malformed(
                text,
                zh="批号，不含控制符和看不见的字符",
                en="a batch number without control or invisible characters",
            )
        if not unicodedata.is_normalized("NFC", text):
            raise cls._malformed(text, zh="NFC 形式的批号", en="a batch number in Unicode form NFC")


def _invisible(character: str) -> bool:
    # C*: controls, format marks such as zero-width joiners and direction overrides (two numbers that look
    # alike must be alike), surrogates, private use and unassigned. Zl and Zp break the line.
    category = unicodedata.category(character)
    return category.startswith("C") or category in {"Zl", "Zp"}
