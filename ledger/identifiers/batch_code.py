"""Batch code: the name we give to goods, random and safe in a link, because the printed batch number often
is neither.

A batch number may hold Chinese or spaces and two makers may use the same one; the batch code is sixteen
random letters (80 bits, so that nobody can walk through the batches of a competitor by counting) and one
check letter. It is lower case and holds no i, l, o or u; a person who reads `O` for `0` or writes it in
groups is understood.

The check letter is of the same alphabet, which ISO 7064 MOD 37,36 and Crockford's own check (modulo 37)
cannot promise: theirs may be one of the letters that reading folds away, or a `*` that a link must escape.
It is one Reed-Solomon symbol over GF(32): with x the generator, the seventeen letters are the coefficients
of a polynomial that vanishes at x. Any single wrong letter and any two letters exchanged, neighbours or
not, are always found (the powers of x differ up to length 31); a text typed at random passes one time in
32.

>>> BatchCode.new(bytes(10))
BatchCode(text='00000000000000000')
>>> BatchCode.parse("OO00-0000-0000-0000-0").printed
'0000-0000-0000-0000-0'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from ledger.identifiers import _crockford
from ledger.identifiers._code import Code

BATCH_CODE_LETTERS = 17

_CANONICAL = re.compile(_crockford.LETTER + f"{{{BATCH_CODE_LETTERS}}}")
_FOLDED = str.maketrans({"-": None, "o": "0", "i": "1", "l": "1"})


def _times_x(element: int) -> int:
    # GF(32) modulo x^5 + x^2 + 1, which is primitive: x has all 31 powers.
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def check_letter(letters: str) -> str:
    """The letter that makes the polynomial vanish at x (Horner's scheme)."""
    value = 0
    for letter in letters:
        value = _times_x(value) ^ _crockford.ALPHABET.index(letter)
    return _crockford.ALPHABET[_times_x(value)]


@dataclass(frozen=True, slots=True, order=True)
class BatchCode(Code):
    """Sixteen random letters and their check letter. Fits AI 10 and AI 21 (20 characters) as it is."""

    field: ClassVar[str] = "batch_code"

    @classmethod
    def new(cls, random_bytes: bytes) -> Self:
        """The code for ten random bytes."""
        letters = _crockford.spell(random_bytes)
        return cls(letters + check_letter(letters))

    @property
    def printed(self) -> str:
        """In groups of four, for the eye and the telephone."""
        return "-".join(self.text[start : start + 4] for start in range(0, BATCH_CODE_LETTERS, 4))

    @classmethod
    def _spell(cls, text: str) -> str:
        # Letters outside ASCII stay as they are: `lower` would turn a Kelvin sign into a k.
        return text.lower().translate(_FOLDED) if text.isascii() else text

    @classmethod
    def _check(cls, text: str) -> None:
        if not _CANONICAL.fullmatch(text):
            raise cls._malformed(
                text,
                zh="17 位批次码（数字和字母，不含 i、l、o、u）",
                en="a batch code of 17 digits and letters (without i, l, o, u)",
            )
        if check_letter(text[:-1]) != text[-1]:
            raise cls._check_wrong(text, right=check_letter(text[:-1]))
