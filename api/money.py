"""Amounts of money as people type and read them: yuan with two decimals, exact, never rounded unsaid.

read_money("3.5", field="price_0", most=PRICE_MAX)    Decimal("3.50")
line_amount(Quantity.parse("58.5 KGM"), price)        half a fen and more is one fen, as a clerk reckons
yuan(24_000)                                          "¥240.00"
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

from ledger.errors import Malformed, TooLarge, Words

if TYPE_CHECKING:
    from ledger.identifiers import Quantity

FEN: Final = Decimal("0.01")
#: For one kilogram, case or bottle. Dearer goods are written without a price here, or it is a slip of the hand.
PRICE_MAX: Final = Decimal(100_000)
#: For one slip, or one payment.
TOTAL_MAX: Final = Decimal(10_000_000)

#: What people type beside the digits: wide ones, the sign of the yuan, a comma between thousands.
_WIDE: Final = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {
    0xFF0E: ".",
    0xFF0C: None,
    0x3002: ".",
    0xA5: None,
    0xFFE5: None,
    0x5143: None,
    0x2C: None,
    0x20: None,
}
_TYPED: Final = re.compile(r"(0|[1-9][0-9]{0,12})(\.[0-9]{1,2})?", re.ASCII)


def read_money(text: str, *, field: str, most: Decimal) -> Decimal:
    """An amount above zero, with two decimals. What is given away has no price; a price of nothing is a slip of the hand."""
    plain = text.translate(_WIDE)
    if not _TYPED.fullmatch(plain) or not Decimal(plain):
        expected = Words(
            zh="大于 0 的金额，最多两位小数，如 3.50",
            en="an amount above 0 with at most two decimals, like 3.50",
        )
        raise Malformed(field=field, came=text, expected=expected)
    amount = Decimal(plain).quantize(FEN)
    if amount > most:
        raise TooLarge(
            field=field, came=text, expected=Words(zh=f"不超过 {most:,} 元", en=f"at most {most:,} yuan")
        )
    return amount


def line_amount(quantity: Quantity, unit_price: Decimal) -> Decimal:
    """What a line comes to."""
    return (quantity.amount * unit_price).quantize(FEN, rounding=ROUND_HALF_UP)


def in_fen(amount: Decimal | str) -> int:
    """As whole fen, for adding up in a database."""
    return int(Decimal(amount).scaleb(2))


def in_yuan(fen: int) -> Decimal:
    """The other way round."""
    return Decimal(fen).scaleb(-2).quantize(FEN)


def yuan(amount: int | Decimal | str) -> str:
    """For a page. A whole number counts fen; a minus stands before the sign of the yuan."""
    value = in_yuan(amount) if isinstance(amount, int) else Decimal(amount)
    sign = "-" if value < 0 else ""
    return f"{sign}¥{abs(value):,.2f}"
