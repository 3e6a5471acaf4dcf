"""The numbers on papers and packs, made from the published rules and not from the ledger's own code.

Credit codes after GB 32100 and GB 11714, food licences after GB/T 17710 MOD 11,10, GTINs after GS1 mod 10, the QR text of an e-invoice with its
CRC-16/BUYPASS. All are invented: organisation codes begin DEM, invoice serials 9999999, GTINs 952, drug serials 9.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # No I, O, S, V, Z.


def credit_code(kind: str, region: str, organisation: str) -> str:
    """Two signs of kind, six of region, eight of organisation; the two check characters are made here."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(sign, 36) * weight for sign, weight in zip(organisation, weights, strict=True)) % 11
    body = kind + region + organisation + {10: "X", 11: "0"}.get(check, str(check))
    total = sum(_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + _ALPHABET[(31 - total) % 31]


def wrong_credit_code(right: str, random: Random) -> str:
    """The same code with another last character."""
    return right[:-1] + random.choice([sign for sign in _ALPHABET if sign != right[-1]])


def food_licence(letters: str, body: str) -> str:
    """SC or JY, thirteen digits and their check digit."""
    product = 10
    for digit in body:
        product = (product + int(digit)) % 10 or 10
        product = product * 2 % 11
    return f"{letters}{body}{(11 - product) % 10}"


def gtin(body: str) -> str:
    """Thirteen digits and their check digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def crc(text: str) -> str:
    """CRC-16/BUYPASS, as the last field of an e-invoice's QR text."""
    value = 0
    for byte in text.encode():
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x8005) & 0xFFFF if value & 0x8000 else value << 1 & 0xFFFF
    return f"{value:04X}"


def invoice_qr(number: str, amount: str, day: str, *, kind: str = "32") -> str:
    """What a camera reads from an e-invoice. 31 is a special invoice, 32 an ordinary one."""
    body = f"01,{kind},,{number},{amount},{day.replace('-', '')},,"
    return body + crc(body)


@dataclass(slots=True)
class Numbers:
    """Numbers that are given out once."""

    random: Random
    _organisations: Iterator[int] = field(default_factory=lambda: count(1000))
    _invoices: Iterator[int] = field(default_factory=lambda: count(1))
    _products: Iterator[int] = field(default_factory=lambda: count(1))
    _serials: Iterator[int] = field(default_factory=lambda: count(1))

    def credit_code(self, kind: str, region: str) -> str:
        """A valid code; the organisation begins DEM."""
        return credit_code(kind, region, f"DEM{next(self._organisations):05d}")

    def invoice(self) -> str:
        """An e-invoice number of 2026 and Jiangsu."""
        return f"26322{999999900000000 + next(self._invoices):015d}"

    def gtin(self) -> str:
        """A GTIN of the prefix for examples."""
        return gtin(f"0952{next(self._products):09d}")

    def serial(self) -> int:
        """A number that no other code has."""
        return next(self._serials)

    def paper(self, prefix: str) -> str:
        """A certificate number."""
        return f"{prefix}-{next(self._serials):07d}"

    def drug_code(self, mark: str) -> str:
        """Seven digits of the product and level, thirteen of the pack."""
        return f"{mark}9{next(self._serials):07d}{self.random.randrange(100_000):05d}"

    def pesticide_code(self, registration: str) -> str:
        """Thirty-two digits after 公告第 2579 号."""
        return f"1{registration[-6:]}1001{next(self._serials):09d}{self.random.randrange(10**12):012d}"

    def mobile(self) -> str:
        """A telephone number that nobody has (the prefix 100 is not given out)."""
        return f"100{next(self._serials):08d}"
