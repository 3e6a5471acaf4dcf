"""Invoice numbers, and the text in the QR code of an invoice.

A fully digital invoice (数电票) has one number of twenty digits; an older VAT invoice has a code (10 or 12
digits) and a number (8). The QR text repeats number, amount and date and ends in a CRC.

That CRC finds typing errors and naive edits (somebody changed the amount and nothing else). Anyone can
compute it, so a fitting CRC proves nothing and must never be shown as 真票; only the tax office's own check
(查验平台) can say that an invoice exists. A CRC that does not fit is therefore not a malformed text but a
fact about it: `intact` is False, and the ledger keeps both.

>>> qr = InvoiceQr.parse("01,32,,26322999999900000101,3200.00,20261114,,9441")
>>> qr.number.year, qr.amount, str(qr.date), qr.intact
(2026, Decimal('3200.00'), '2026-11-14', True)

Sources: 国家税务总局公告 2024 年第 11 号 (structure of the number); printed invoices (layout of the QR
text, which is not published; the CRC is CRC-16/BUYPASS over the text up to and including the comma before
it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers._code import Code, OrderedByText
from ledger.identifiers.times import LegalDate

_E_INVOICE = re.compile("[0-9]{20}")
_VAT_INVOICE = re.compile("(?:[0-9]{10}|[0-9]{12})-[0-9]{8}")
_AMOUNT = re.compile(r"-?(?:0|[1-9][0-9]{0,12})(?:\.[0-9]{1,2})?")
_CHECK_CODE = re.compile("(?:[0-9]{20})?")
_CRC = re.compile("[0-9A-F]{4}")
_KIND = re.compile("[0-9]{2}")
_NOTHING = re.compile("")
_QR = re.compile("01,([0-9]{2}),([0-9]*),([0-9]*),([^,]*),([^,]*),([^,]*),([^,]*),?")

_KINDS = {
    "01": Words(zh="增值税专用发票（纸质）", en="special VAT invoice (paper)"),
    "04": Words(zh="增值税普通发票（纸质）", en="ordinary VAT invoice (paper)"),
    "08": Words(zh="增值税电子专用发票", en="special VAT invoice (electronic)"),
    "10": Words(zh="增值税电子普通发票", en="ordinary VAT invoice (electronic)"),
    "31": Words(zh="数电票（增值税专用发票）", en="fully digital invoice (special VAT)"),
    "32": Words(zh="数电票（普通发票）", en="fully digital invoice (ordinary)"),
}
_OTHER_KIND = Words(zh="其他票种", en="another kind of invoice")


@dataclass(frozen=True, slots=True, order=True)
class EInvoiceNumber(Code):
    """The twenty digits of a fully digital invoice. There is no check digit among them."""

    field: ClassVar[str] = "invoice_number"

    @property
    def year(self) -> int:
        """The year of issue, from its last two digits."""
        return 2000 + int(self.text[:2])

    @property
    def region(self) -> str:
        """Two digits: the province, or the city with a plan of its own, whose tax office issued it."""
        return self.text[2:4]

    @property
    def channel(self) -> str:
        """One digit: the way it was issued."""
        return self.text[4]

    @property
    def serial(self) -> str:
        """Fifteen digits."""
        return self.text[5:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _E_INVOICE.fullmatch(text):
            raise cls._malformed(text, zh="20 位数字的数电票号码", en="an e-invoice number of 20 digits")


@dataclass(frozen=True, slots=True, order=True)
class VatInvoiceNumber(Code):
    """Code and number of an older VAT invoice, with a dash between: twelve and eight digits alone look like
    an e-invoice.
    """

    field: ClassVar[str] = "invoice_number"

    @property
    def code(self) -> str:
        """发票代码, 10 or 12 digits."""
        return self.text[:-9]

    @property
    def number(self) -> str:
        """发票号码, 8 digits."""
        return self.text[-8:]

    @classmethod
    def _check(cls, text: str) -> None:
        if not _VAT_INVOICE.fullmatch(text):
            raise cls._malformed(
                text,
                zh="10 或 12 位发票代码、短横线、8 位发票号码",
                en="an invoice code of 10 or 12 digits, a dash, and a number of 8 digits",
            )


def crc16(text: str) -> str:
    """CRC-16/BUYPASS (polynomial 8005, start 0, nothing reflected) as four capital hex digits."""
    crc = 0
    for byte in text.encode("ascii"):
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005) & 0xFFFF if crc & 0x8000 else crc << 1
    return f"{crc:04X}"


@dataclass(frozen=True, slots=True)
class InvoiceQr(OrderedByText):
    """What the QR code of an invoice says. The amount's own spelling is kept, because the CRC covers it."""

    kind: str
    number: EInvoiceNumber | VatInvoiceNumber
    amount_text: str
    date: LegalDate
    check_code: str
    crc: str

    def __post_init__(self) -> None:
        if isinstance(self.number, EInvoiceNumber):
            check_code_rule, check_code = (
                _NOTHING,
                Words(zh="空（数电票无校验码）", en="nothing (e-invoices have none)"),
            )
        else:
            check_code_rule, check_code = (
                _CHECK_CODE,
                Words(zh="20 位校验码或空", en="a check code of 20 digits or none"),
            )
        for field, value, rule, expected in (
            ("kind", self.kind, _KIND, Words(zh="2 位票种代码", en="a kind of 2 digits")),
            (
                "amount",
                self.amount_text,
                _AMOUNT,
                Words(zh="金额，最多两位小数", en="an amount of at most 2 decimals"),
            ),
            ("check_code", self.check_code, check_code_rule, check_code),
            ("crc", self.crc, _CRC, Words(zh="4 位十六进制校验值", en="a CRC of 4 hex digits")),
        ):
            if not rule.fullmatch(value):
                raise Malformed(field=field, came=value, expected=expected)

    @classmethod
    def parse(cls, text: str, *, field: str = "invoice_qr") -> Self:
        """Read the QR text of a fully digital invoice or of an older VAT invoice."""
        parts = _QR.fullmatch(text)
        if not parts or not text.isascii():
            expected = Words(
                zh="发票二维码的文字（01,票种,…,校验值）",
                en="the text of an invoice's QR code (01,kind,…,CRC)",
            )
            raise Malformed(field=field, came=text, expected=expected)
        kind, code, number, amount, date, check_code, crc = parts.groups()
        try:
            return cls(
                kind,
                VatInvoiceNumber.parse(f"{code}-{number}") if code else EInvoiceNumber.parse(number),
                amount,
                LegalDate.parse(f"{date[:4]}-{date[4:6]}-{date[6:]}", field="date"),
                check_code,
                crc.upper(),
            )
        except Refusal as refusal:
            raise refusal.at(field) from None

    def __str__(self) -> str:
        # The older text ends in a comma.
        return self._covered() + self.crc + ("," if isinstance(self.number, VatInvoiceNumber) else "")

    @property
    def kind_words(self) -> Words:
        """The kind for a page."""
        return _KINDS.get(self.kind, _OTHER_KIND)

    @property
    def amount(self) -> Decimal:
        """The amount as a number."""
        return Decimal(self.amount_text)

    @property
    def amount_includes_tax(self) -> bool:
        """The QR code of a fully digital invoice gives the amount with tax, that of an older one without."""
        return isinstance(self.number, EInvoiceNumber)

    @property
    def crc_expected(self) -> str:
        """The CRC that fits the rest of the text."""
        return crc16(self._covered())

    @property
    def intact(self) -> bool:
        """Whether the CRC fits: no more than that nobody mistyped or naively edited the text."""
        return self.crc == self.crc_expected

    def _covered(self) -> str:
        if isinstance(self.number, VatInvoiceNumber):
            code, number = self.number.code, self.number.number
        else:
            code, number = "", self.number.text
        day = str(self.date).replace("-", "")
        return f"01,{self.kind},{code},{number},{self.amount_text},{day},{self.check_code},"
