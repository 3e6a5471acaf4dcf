"""Coupon codes of North America (AI 8110 and AI 8112): digits that say of what and how long the rest is.

They come on American packs next to the codes that matter to us, and a scanner hands over both; so they are read exactly, and
nothing is done with them.

Sources: North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols; GS1 AI (8112) Coupon Data
Specification.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.identifiers.gs1.dates import day
from ledger.identifiers.gs1.faults import wrong

if TYPE_CHECKING:
    from ledger.errors import Malformed

#: Company prefixes and serial numbers give their length less six.
_LESS_SIX: Final = 6
_OFFER_DIGITS: Final = 6
_FAMILY_DIGITS: Final = 3
_DAY_DIGITS: Final = 6


class _Digits:
    """The digits of a coupon, taken off from the left."""

    def __init__(self, text: str) -> None:
        if not re.fullmatch("[0-9]*", text):
            raise wrong(text, zh="优惠券只含数字", en="a coupon of digits only")
        self.text, self.place = text, 0

    def take(self, count: int, zh: str, en: str) -> str:
        """The next digits, as many as there must be."""
        taken = self.text[self.place : self.place + count]
        if len(taken) < count:
            raise self.fault(f"{count} 位数字的{zh}", f"{count} digits for the {en}")
        self.place += count
        return taken

    def choose(self, among: str, zh: str, en: str) -> str:
        """The next digit, one of these."""
        one = self.take(1, zh, en)
        if one not in among:
            raise self.fault(f"{zh}为 {'、'.join(among)} 之一", f"one of {', '.join(among)} for the {en}")
        return one

    def measured(self, among: str, more: int, zh: str, en: str) -> str:
        """Digits whose number (less `more`) stands in front of them."""
        return self.take(int(self.choose(among, f"{zh}的长度", f"length of the {en}")) + more, zh, en)

    def has(self, digit: str) -> bool:
        """Whether an optional field begins here; its digit is taken."""
        found = self.text.startswith(digit, self.place)
        self.place += found
        return found

    def end(self) -> None:
        """Raise unless all digits were taken."""
        if self.place < len(self.text):
            raise self.fault("其后没有多余数字的优惠券", "a coupon with nothing after its fields")

    def fault(self, zh: str, en: str) -> Malformed:
        return wrong(self.text, zh=zh, en=en)


def _requirement(digits: _Digits) -> None:
    digits.measured("12345", 0, "购买要求", "purchase requirement")
    digits.choose("012349", "购买要求代码", "purchase requirement code")
    digits.take(_FAMILY_DIGITS, "系列代码", "family code")


def _other_purchase(digits: _Digits) -> None:
    _requirement(digits)
    length = digits.choose("01234569", "厂商识别代码的长度", "length of the company prefix")
    if length != "9":  # 9 says that there is none.
        digits.take(int(length) + _LESS_SIX, "厂商识别代码", "company prefix")


def _day(digits: _Digits, zh: str, en: str) -> str:
    told = digits.take(_DAY_DIGITS, zh, en)
    day(told)
    return told


def coupon(value: str) -> None:
    """AI 8110: the company, the offer, what is saved and on which purchase, and six optional fields in this order."""
    digits = _Digits(value)
    digits.measured("0123456", _LESS_SIX, "厂商识别代码", "company prefix")
    digits.take(_OFFER_DIGITS, "优惠代码", "offer code")
    digits.measured("12345", 0, "优惠金额", "save value")
    _requirement(digits)
    if digits.has("1"):
        digits.choose("0123", "附加购买规则", "additional purchase rules")
        _other_purchase(digits)
    if digits.has("2"):
        _other_purchase(digits)
    expiry = _day(digits, "截止日期", "expiration date") if digits.has("3") else None
    if digits.has("4"):
        start = _day(digits, "起始日期", "start date")
        if expiry is not None and expiry < start:
            raise digits.fault(
                "截止日期不早于起始日期", "an expiration date that is not before the start date"
            )
    if digits.has("5"):
        digits.measured("0123456789", _LESS_SIX, "序列号", "serial number")
    if digits.has("6"):
        digits.measured("1234567", _LESS_SIX, "零售商代码", "retailer's prefix or GLN")
    if digits.has("9"):
        digits.choose("01256", "优惠方式", "save value code")
        digits.choose("012", "优惠对象", "item the save value applies to")
        digits.take(1, "店铺券标志", "store coupon flag")
        digits.choose("01", "不可翻倍标志", "flag against multiplying")
    digits.end()


def positive_offer(value: str) -> None:
    """AI 8112: the format, who pays, the offer and the serial number."""
    digits = _Digits(value)
    digits.choose("01", "格式代码", "format code")
    digits.measured("0123456", _LESS_SIX, "出资方", "funder")
    digits.take(_OFFER_DIGITS, "优惠代码", "offer code")
    digits.measured("0123456789", _LESS_SIX, "序列号", "serial number")
    digits.end()
