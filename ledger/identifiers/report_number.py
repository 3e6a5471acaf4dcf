"""Report number: what somebody who reported goods types to learn what became of the report.

It says where the report stands in the log, so that it stays short, and proves by eight more letters (40
bits) that whoever shows it was given it: the position alone is easily guessed, the mark is not. The check
letter, and how it is read back from a hasty note, are those of the batch code (docs/decisions/0008).

>>> ReportNumber.of(1234, bytes(5))
ReportNumber(text='16j000000003')
>>> ReportNumber.parse("I6J0-0000-0003").position
1234
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from ledger.identifiers import _crockford
from ledger.identifiers._code import Code
from ledger.identifiers.batch_code import check_letter
from ledger.identifiers.printed import joined

MARK_BYTES: Final = 5
_MARK_LETTERS: Final = 8
#: Up to 2^35 entries: seven letters.
_POSITION_LETTERS_MAX: Final = 7

_CANONICAL: Final = re.compile(
    f"(?!0){_crockford.LETTER}{{1,{_POSITION_LETTERS_MAX}}}{_crockford.LETTER}{{{_MARK_LETTERS + 1}}}"
)
_FOLDED: Final = str.maketrans({"-": None, " ": None, "o": "0", "i": "1", "l": "1"})


@dataclass(frozen=True, slots=True, order=True)
class ReportNumber(Code):
    """A position in the log, a mark that nobody guesses, and a check letter."""

    field: ClassVar[str] = "report"

    @classmethod
    def of(cls, position: int, mark: bytes) -> Self:
        """The number of the report at this position (never the first entry) with this mark."""
        assert position > 0, f"position {position}, expected one after the genesis"
        assert len(mark) == MARK_BYTES, f"{len(mark)} bytes, expected {MARK_BYTES}"
        letters = _letters(position, 1) + _letters(int.from_bytes(mark, "big"), _MARK_LETTERS)
        return cls(letters + check_letter(letters))

    @property
    def position(self) -> int:
        """Where the report stands."""
        value = 0
        for letter in self.text[: -_MARK_LETTERS - 1]:
            value = value * 32 + _crockford.ALPHABET.index(letter)
        return value

    @property
    def printed(self) -> str:
        """In groups of four, for the eye and the telephone."""
        return "-".join(self.text[start : start + 4] for start in range(0, len(self.text), 4))

    @classmethod
    def _spell(cls, text: str) -> str:
        # As `BatchCode` reads what people type; a telephone's keyboard puts spaces in as well, a Chinese one wide letters and dashes.
        plain = joined(text)
        return plain.lower().translate(_FOLDED) if plain.isascii() else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _CANONICAL.fullmatch(text):
            raise cls._malformed(
                text,
                zh="10 至 16 位的查询编号（数字和字母，不含 i、l、o、u）",
                en="a report number of 10 to 16 digits and letters (without i, l, o, u)",
            )
        if check_letter(text[:-1]) != text[-1]:
            raise cls._check_wrong(text, right=check_letter(text[:-1]))


def _letters(number: int, least: int) -> str:
    text = ""
    while number or len(text) < least:
        number, letter = divmod(number, 32)
        text = _crockford.ALPHABET[letter] + text
    return text
