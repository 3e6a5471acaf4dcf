"""Crockford's base 32 in lower case: the 32 letters people do not confuse (no i, l, o, u), for the random
names we give out.
"""

from __future__ import annotations

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
#: The class of one letter, for regular expressions.
LETTER = "[0-9a-hjkmnp-tv-z]"

#: 80 bits: nobody meets one by guessing, and two given out by chance alike stay out of reach (2^40 names).
RANDOM_BYTES = 10
RANDOM_LETTERS = 16


def spell(random_bytes: bytes) -> str:
    """Ten random bytes as sixteen letters."""
    assert len(random_bytes) == RANDOM_BYTES, f"{len(random_bytes)} random bytes, expected {RANDOM_BYTES}"
    number = int.from_bytes(random_bytes, "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
