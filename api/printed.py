"""What a printed code says of itself, and what stands behind it here, in words: for pages in one language, for answers in both.

A code's digits are its printer's word. A check value that fits, a region that exists, a head that a maker declared: none of them shows that
the code was issued, and every answer here leaves that open. Candidates are lists, to be compared with the pack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.audience import goods_of, names
from api.scanning import Named, check_right, named_by, scanned
from ledger.errors import Malformed, Words
from ledger.identifiers import (
    DrugTraceCode,
    EarTag,
    InvoiceQr,
    PesticideUnitCode,
    SeedLabel,
    SeedUnitCode,
    VetDrugCode,
)
from ledger.trace.coded import candidates
from ledger.trace.sheets import party_view
from ledger.views.book import voucher_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.audience import Reading
    from ledger.identifiers import GoodsId, PrintedCode
    from ledger.trace.coded import Candidate
    from ledger.views.book import Book
    from scanner.codes import Scanned

#: Kinds of voucher that the tax office numbers; slips count from one at every seller.
INVOICE_KINDS: Final = ("e_invoice", "vat_invoice", "purchase_invoice")
#: Records behind one invoice that are looked at.
LOOKED_AT_MAX: Final = 200

_PREFIXES: Final = {
    "PD": Words(zh="PD（农药登记）", en="PD (registered in full)"),
    "WP": Words(zh="WP（卫生用农药登记）", en="WP (household)"),
    "LS": Words(
        zh="LS（临时登记，2026-11-01 起新标签不再使用）",
        en="LS (temporary; not on labels made from 2026-11-01)",
    ),
}
_MADE: Final = {
    "by_holder": Words(zh="登记证持有人生产", en="made by the holder of the registration"),
    "under_contract": Words(zh="委托加工", en="made under contract"),
    "packed_under_contract": Words(zh="委托分装", en="packed under contract"),
}


def printed(reading: Scanned) -> PrintedCode | None:
    """The unit code of a national scheme in what was read."""
    value = reading.value
    if isinstance(value, SeedLabel):
        return value.unit_code
    if isinstance(value, (DrugTraceCode, VetDrugCode, PesticideUnitCode, EarTag, SeedUnitCode)):
        return value
    return None


def says(reading: Scanned) -> list[tuple[Words, Words]]:
    """What the code says of itself, each with its name."""
    return [(name, text if isinstance(text, Words) else Words(text, text)) for name, text in _says(reading)]


def _says(reading: Scanned) -> Iterator[tuple[Words, Words | str]]:
    match reading.value:
        case DrugTraceCode() as code:
            yield Words(zh="药品标识码（前 7 位）", en="product mark (first 7 digits)"), code.product_mark
            yield Words(zh="序列号", en="serial number"), code.serial
        case PesticideUnitCode() as code:
            yield Words(zh="登记类别", en="kind of registration"), _PREFIXES[code.registration_prefix]
            yield (
                Words(zh="登记证号后六位", en="last six digits of the registration"),
                code.registration_last_six,
            )
            yield Words(zh="生产类型", en="made"), _MADE[code.made]
            yield Words(zh="规格码", en="specification code"), code.specification
        case VetDrugCode() as code:
            yield Words(zh="申请日期", en="asked for on"), str(code.asked_on)
            yield Words(zh="企业代码", en="maker's number"), code.maker_number
        case EarTag() as code:
            yield Words(zh="畜种", en="species"), code.species
            yield (
                Words(zh="首次佩戴的县（行政区划代码）", en="county of first tagging (region code)"),
                str(code.region),
            )
            yield Words(zh="个体号", en="animal"), code.serial
        case SeedLabel() as label:
            yield Words(zh="品种名称", en="variety"), label.variety
            yield Words(zh="生产经营者", en="producer"), label.operator
            yield Words(zh="单元识别代码", en="unit code"), str(label.unit_code)
            yield Words(zh="追溯网址（未打开）", en="trace address (not opened)"), label.address
        case InvoiceQr() as qr:
            yield Words(zh="票种", en="kind of invoice"), qr.kind_words
            yield Words(zh="发票号码", en="invoice number"), str(qr.number)
            yield (
                Words(zh="含税金额", en="amount with tax")
                if qr.amount_includes_tax
                else Words(zh="不含税金额", en="amount without tax"),
                qr.amount_text,
            )
            yield Words(zh="开票日期", en="date"), str(qr.date)
            yield Words(zh="校验值", en="check value"), _check_value(qr)
        case _:
            return


def _check_value(qr: InvoiceQr) -> Words:
    """Never more than it shows: anyone can compute it."""
    if qr.intact:
        return Words(
            zh=f"{qr.crc}，与内容相符。任何人都能算出校验值，票的真伪请在国家税务总局查验平台核对",
            en=f"{qr.crc}, fits the text. Anyone can compute it; whether the invoice exists, only the tax office's own check can say",
        )
    return Words(
        zh=f"{qr.crc}，按内容应为 {qr.crc_expected}：读错了，或内容被改过",
        en=f"{qr.crc}, and the text asks for {qr.crc_expected}: misread, or the text was changed",
    )


def candidates_of(reading: Scanned, book: Book) -> tuple[Candidate, ...]:
    """The products and registrations that a code may belong to. All of it stands in public items."""
    code = printed(reading)
    return () if code is None else candidates(book, code)


def holder_of(candidate: Candidate, book: Book) -> str:
    """Who holds the registration or makes the product, by name as far as one is recorded."""
    if candidate.holder_name is not None:
        return candidate.holder_name
    return (
        "" if candidate.holder is None else party_view(book, candidate.holder).name or str(candidate.holder)
    )


def named_for(text: str, base_url: str, reading: Reading) -> Named:
    """What a text names for this reader: the goods of its code, else the one goods on the invoice that it is."""
    code = scanned(text, base_url)
    named = named_by(code, base_url, reading.book, reading.knows)
    if named.known:
        return named
    goods = goods_on_invoice(reading, code)
    if len(goods) > 1:
        expected = Words(
            zh=f"一种货物；这张发票上有 {len(goods)} 种，请在搜索里选一种",
            en=f"one kind of goods; this invoice lists {len(goods)}: choose one in the search",
        )
        raise Malformed(field="code", came=text, expected=expected)
    if not goods:
        check_right(code)
        return named
    return Named(goods=goods[0], known=True)


def invoice_numbers(reading: Scanned) -> tuple[str, ...]:
    """The invoice numbers that a text may be: of the QR code, or twenty digits, which a drug has too."""
    if isinstance(reading.value, InvoiceQr):
        return (str(reading.value.number),)
    return (str(reading.value),) if isinstance(reading.value, DrugTraceCode) else ()


def goods_on_invoice(reading: Reading, code: Scanned) -> tuple[GoodsId, ...]:
    """The goods that the records behind an invoice name, as far as this reader may read the invoice's number there and has to do with them."""
    found: dict[GoodsId, None] = {}
    for number in invoice_numbers(code):
        mentions = reading.book.mentions([voucher_key(kind, number) for kind in INVOICE_KINDS])
        seqs = sorted({one.seq for one in mentions}, reverse=True)[:LOOKED_AT_MAX]
        records = reading.book.records(seqs)
        for seq in seqs:
            if names(reading.fields(records[seq]), number):
                found |= {one: None for one in goods_of(records[seq]) if reading.deals_with(one)}
    return tuple(found)
