"""The same story with other names, other amounts, on other days.

The plain story is one of many: what the ledger answers must follow from the records, never from a name, a number or a date that somebody
wrote into the program. A `Variation` renames every party, multiplies every amount and moves every day; the tests play one and ask again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.identifiers import Instant, InvoiceQr, LegalDate, Quantity
from ledger.identifiers.times import SHANGHAI_OFFSET_MINUTES
from ledger.identifiers.voucher import crc16

if TYPE_CHECKING:
    from collections.abc import Callable

_DAY_MS: Final = 86_400_000


def _as_it_is(name: str) -> str:
    return name


@dataclass(frozen=True, slots=True)
class Variation:
    """How a telling of the story differs from the plain one.

    `scale` multiplies amounts, and not codes: a pack that carries a code of its own is one pack in every telling.
    """

    rename: Callable[[str], str] = _as_it_is
    scale: int = 1
    shift_days: int = 0

    def moment(self, text: str) -> Instant:
        """`2026-11-01 09:12` on a Chinese clock, moved."""
        return self.moved(f"{text.replace(' ', 'T')}:00+08:00")

    def moved(self, text: str) -> Instant:
        """A moment in RFC 3339, moved."""
        told = Instant.parse(text)
        return Instant(told.ms + self.shift_days * _DAY_MS, SHANGHAI_OFFSET_MINUTES)

    def day(self, text: str) -> LegalDate:
        """`2026-11-01`, moved."""
        return LegalDate(LegalDate.parse(text).date + dt.timedelta(days=self.shift_days))

    def dated(self, prefix: str, day: str) -> str:
        """A number that holds its day, as makers print them: `JC-20261114`."""
        return f"{prefix}-{self.day(day).date:%Y%m%d}"

    def much(self, amount: int, unit: str) -> Quantity:
        """An amount of goods, multiplied."""
        return Quantity.parse(f"{amount * self.scale} {unit}")

    def kg(self, amount: int) -> Quantity:
        """Kilograms."""
        return self.much(amount, "KGM")

    def bottles(self, amount: int) -> Quantity:
        """Bottles."""
        return self.much(amount, "XBO")

    def boxes(self, amount: int) -> Quantity:
        """Boxes."""
        return self.much(amount, "XBX")

    def yuan(self, amount: int) -> str:
        """An amount of money: it grows with the goods."""
        return f"{amount * self.scale}.00"

    def invoice_qr(self, kind: str, number: str, amount: int, day: str, *, crc_of: int | None = None) -> str:
        """The text of an invoice's QR code. `crc_of`: the amount that its CRC was made for, where somebody changed the amount afterwards."""

        def covered(yuan: int) -> str:
            return f"01,{kind},,{number},{self.yuan(yuan)},{self.day(day).date:%Y%m%d},,"

        text = covered(amount) + crc16(covered(amount if crc_of is None else crc_of))
        return str(InvoiceQr.parse(text))
