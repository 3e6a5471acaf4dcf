"""Secrets that people copy from paper: drawn in letters nobody confuses, read back in whatever spelling they were typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ledger.accounts.office import Office

#: Crockford's base 32, in capitals as they are printed: no I, L, O, U.
LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS_A_LETTER: Final = 5
GROUP: Final = 4
#: 26 letters, 130 bits: nobody guesses one.
CODE_LETTERS: Final = 26
#: 16 letters, 80 bits: with a PIN beside it, enough for the number of a card.
CARD_LETTERS: Final = 16
_MENDED: Final = str.maketrans("ILO", "110", " -\u2013\u3000\u00a0\t")
_WIDE: Final = {0xFF01 + offset: 0x21 + offset for offset in range(94)}


def draw(office: Office, letters: int) -> str:
    """So many random letters."""
    bits = letters * BITS_A_LETTER
    number = int.from_bytes(office.randomness((bits + 7) // 8), "big")
    return "".join(LETTERS[number >> shift & 31] for shift in range(0, bits, BITS_A_LETTER))


def grouped(letters: str) -> str:
    """As it is printed: in groups of four."""
    return "-".join(letters[start : start + GROUP] for start in range(0, len(letters), GROUP))


def plain(typed: str) -> str:
    """What was meant by what was typed: wide letters, small ones, dashes and spaces are one spelling."""
    return typed.translate(_WIDE).upper().translate(_MENDED)
