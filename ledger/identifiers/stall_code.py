"""Stall code (摊位码): the public name of one stall's page, random, so that nobody finds stalls by counting.

It stands on a card at the stall, in a QR code and in letters beside it. Twelve random letters (60 bits) and the check letter of batch
codes; shorter than a batch code by four, so that the two cannot be taken for each other. Whose stall it is the server knows, and nothing in
the code tells; a code that was withdrawn is never given out again.

>>> StallCode.new(bytes(10)).printed
'0000-0000-00000'
>>> StallCode.parse("OOOO-0000-00000").text
'0000000000000'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from ledger.identifiers import _crockford
from ledger.identifiers._code import Code
from ledger.identifiers.batch_code import check_letter

STALL_CODE_LETTERS: Final = 13
_RANDOM_LETTERS: Final = STALL_CODE_LETTERS - 1

_CANONICAL: Final = re.compile(_crockford.LETTER + f"{{{STALL_CODE_LETTERS}}}")
_FOLDED: Final = str.maketrans({"-": None, "o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True, slots=True, order=True)
class StallCode(Code):
    """Twelve random letters and their check letter."""

    field: ClassVar[str] = "stall_code"

    @classmethod
    def new(cls, random_bytes: bytes) -> Self:
        """The code for ten random bytes, of which it uses the first sixty bits."""
        letters = _crockford.spell(random_bytes)[:_RANDOM_LETTERS]
        return cls(letters + check_letter(letters))

    @property
    def printed(self) -> str:
        """In groups, for the eye and the telephone."""
        return f"{self.text[:4]}-{self.text[4:8]}-{self.text[8:]}"

    @classmethod
    def _spell(cls, text: str) -> str:
        # Letters outside ASCII stay as they are: `lower` would turn a Kelvin sign into a k.
        return text.lower().translate(_FOLDED) if text.isascii() else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _CANONICAL.fullmatch(text):
            raise cls._malformed(
                text,
                zh="13 位摊位码（数字和字母，不含 i、l、o、u）",
                en="a stall code of 13 digits and letters (without i, l, o, u)",
            )
        if check_letter(text[:-1]) != text[-1]:
            raise cls._check_wrong(text, right=check_letter(text[:-1]))
