from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.errors import Malformed
from ledger.identifiers import EInvoiceNumber, InvoiceQr, LegalDate, VatInvoiceNumber
from ledger.identifiers.voucher import crc16

LEEKS = "01,32,,26322999999900000101,3200.00,20261114,,9441"
OLDER_WITHOUT_CRC = "01,10,032002299911,99999901,217.62,20260323,99999999999999999901,"
OLDER = OLDER_WITHOUT_CRC + crc16(OLDER_WITHOUT_CRC) + ","


def test_the_crc_is_the_published_one() -> None:
    assert crc16("123456789") == "FEE8"  # The check value of CRC-16/BUYPASS.
    assert crc16("") == "0000"


@pytest.mark.parametrize(
    "text",
    [
        LEEKS,
        "01,31,,26322999999900000102,41800.00,20261112,,E1E3",
        "01,31,,26322999999900000201,36000.00,20260915,,1A71",
        "01,31,,26322999999900000202,7560.00,20261010,,BA72",
        "01,31,,26372999999900000301,96000.00,20260820,,21A8",
        "01,32,,26322999999900000302,7200.00,20261102,,7ACD",
        "01,32,,20882408051806541460,0.01,20240805,,649C",  # as printed by somebody else's software
    ],
)
def test_an_unedited_text_is_intact_and_comes_back(text: str) -> None:
    qr = InvoiceQr.parse(text)
    assert qr.intact
    assert str(qr) == text


def test_an_e_invoice_says_number_amount_and_date() -> None:
    qr = InvoiceQr.parse(LEEKS)
    assert qr.number == EInvoiceNumber("26322999999900000101")
    assert (qr.amount, qr.amount_text, qr.amount_includes_tax) == (Decimal(3200), "3200.00", True)
    assert qr.date == LegalDate.parse("2026-11-14")
    assert qr.kind_words.zh == "数电票（普通发票）"


def test_the_edited_invoice_is_read_and_is_not_intact() -> None:
    qr = InvoiceQr.parse("01,32,,26322999999900000302,9600.00,20261102,,7ACD")
    assert not qr.intact
    assert (qr.crc, qr.crc_expected) == ("7ACD", "BA45")
    assert str(qr).endswith("9600.00,20261102,,7ACD")


def test_an_older_invoice_has_code_number_and_check_code() -> None:
    qr = InvoiceQr.parse(OLDER)
    assert qr.number == VatInvoiceNumber("032002299911-99999901")
    assert isinstance(qr.number, VatInvoiceNumber)
    assert (qr.number.code, qr.number.number) == ("032002299911", "99999901")
    assert (qr.check_code, qr.amount_includes_tax, qr.intact) == ("99999999999999999901", False, True)
    assert str(qr) == OLDER


def test_a_special_invoice_of_the_older_kind_has_no_check_code() -> None:
    covered = "01,01,3200999130,99999902,-100.5,20171108,,"
    qr = InvoiceQr.parse(covered + crc16(covered))
    assert (qr.amount, qr.intact, qr.check_code) == (Decimal("-100.5"), True, "")


def test_a_last_comma_and_the_case_of_letters_do_not_matter() -> None:
    assert InvoiceQr.parse(LEEKS + ",") == InvoiceQr.parse(LEEKS)
    assert InvoiceQr.parse(OLDER.removesuffix(",")) == InvoiceQr.parse(OLDER)
    assert InvoiceQr.parse("01,31,,26322999999900000102,41800.00,20261112,,e1e3").intact


def test_an_unlisted_kind_of_invoice_is_read_all_the_same() -> None:
    assert InvoiceQr.parse(LEEKS.replace("01,32", "01,51")).kind_words.zh == "其他票种"


def test_the_spelling_of_the_amount_is_kept_because_the_crc_covers_it() -> None:
    assert str(InvoiceQr.parse(LEEKS.replace("3200.00", "3200"))) == LEEKS.replace("3200.00", "3200")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "invoice_qr"),
        ("https://a.example", "invoice_qr"),
        ("02" + LEEKS[2:], "invoice_qr"),
        (LEEKS + ",,", "invoice_qr"),
        (LEEKS.replace(",,9441", ",9441"), "invoice_qr"),
        (LEEKS.replace("01,32", "01,3２"), "invoice_qr"),
        (LEEKS.replace("9441", "ﬀﬀ"), "invoice_qr"),  # `upper` would make FFFF of these ligatures.
        (LEEKS.replace("9441", "944"), "invoice_qr.crc"),
        (LEEKS.replace("9441", "944G"), "invoice_qr.crc"),
        (LEEKS.replace("9441", "94411"), "invoice_qr.crc"),
        (LEEKS.replace(",,9441", ",1,9441"), "invoice_qr.check_code"),
        (OLDER.replace("99999999999999999901", "9999999999999999990"), "invoice_qr.check_code"),
        (LEEKS.replace("3200.00", "3200.001"), "invoice_qr.amount"),
        (LEEKS.replace("3200.00", "03200"), "invoice_qr.amount"),
        (LEEKS.replace("3200.00", "1" * 14), "invoice_qr.amount"),
        (LEEKS.replace("3200.00", "3.2e3"), "invoice_qr.amount"),
        (LEEKS.replace("3200.00", ""), "invoice_qr.amount"),
        (LEEKS.replace("20261114", "20261131"), "invoice_qr.date"),
        (LEEKS.replace("20261114", "2026111"), "invoice_qr.date"),
        (LEEKS.replace("26322999999900000101", "2632299999990000010"), "invoice_qr.invoice_number"),
        (LEEKS.replace("26322999999900000101", ""), "invoice_qr.invoice_number"),
        (OLDER.replace("032002299911", "03200229991"), "invoice_qr.invoice_number"),
        (OLDER.replace(",99999901,", ",999999010,"), "invoice_qr.invoice_number"),
    ],
)
def test_each_fault_of_an_invoice_text_is_named(text: str, field: str) -> None:
    with pytest.raises(Malformed) as caught:
        InvoiceQr.parse(text)
    assert caught.value.field == field


def test_the_constructor_judges_too() -> None:
    qr = InvoiceQr.parse(LEEKS)
    with pytest.raises(Malformed) as caught:
        InvoiceQr("3", qr.number, qr.amount_text, qr.date, "", qr.crc)
    assert caught.value.field == "kind"


def test_invoices_of_both_kinds_have_one_order() -> None:
    older, newer = InvoiceQr.parse(OLDER), InvoiceQr.parse(LEEKS)
    assert sorted([newer, older]) == [older, newer]


def test_an_e_invoice_number_says_year_region_channel_and_serial() -> None:
    number = EInvoiceNumber.parse("26322999999900000101")
    assert (number.year, number.region, number.channel, number.serial) == (2026, "32", "2", "999999900000101")


@pytest.mark.parametrize("text", ["1234567890-12345678", "123456789012-12345678"])
def test_both_lengths_of_invoice_code_are_taken(text: str) -> None:
    assert str(VatInvoiceNumber.parse(text)) == text


@pytest.mark.parametrize("text", ["12345678901-12345678", "12345678901212345678", "1234567890-1234567"])
def test_an_older_invoice_number_needs_its_dash_and_its_lengths(text: str) -> None:
    with pytest.raises(Malformed):
        VatInvoiceNumber.parse(text)
