"""Until when each record must be kept: the law's floor, and what keeps it longer. It says so and removes nothing.

For records of goods the floor comes from the profile of each batch they name (`ledger.vocabulary.retention_rule`), and the longest
counts: of the goods, of what several declarers say of one batch, of the periods of one rule. A party's sheet, a licence or a site is part of every
purchase record that rests on it (食品安全法 53: 供货者名称、地址、联系方式), and is kept as long as the last of these.

Kept without an end is whatever this cannot be said of: goods of no known category, official papers, the register, whoever still takes part,
and everything about goods on which a hold, a recall or a complaint stands. Periods in months end on the day of the same number, or
on the last of the month (民法典 202), and that day still belongs to them.

Pure: a book in, dates out. What may go, and only from a plan that was looked at, is erased by `ledger.retention_plan`.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, get_args

from ledger.errors import Words
from ledger.identifiers import GoodsId, Instant, LegalDate
from ledger.identifiers.times import YEARS
from ledger.register import REGISTER_TYPES
from ledger.trace import standing_orders
from ledger.views.book import (
    about,
    corrected_by,
    goods_key,
    goods_sheet_key,
    keys_of,
    party_key,
    product_key,
    said_about,
    voucher_key,
)
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Complaint
from ledger.vocabulary.parties import Licence, Party, Product, Site
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.retention_rule import INVOICE_KINDS, INVOICES, KeptRecord, Period, Retention
from ledger.vocabulary.trade import SupplierFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.said import Said

#: The items that hold a person and nothing about goods.
PERSONAL_KINDS: Final = frozenset({"person", "contact", "reporter", "buyer"})

_GOODS: Final = "goods/"
_MONTHS_A_YEAR: Final = 12

#: Records of goods; of every other type no period is known here.
_OF_GOODS: Final = frozenset(f"{one}.v1" for one in get_args(KeptRecord)) - {"supplier_file.v1", "voucher.v1"}
_SHEETS: Final = frozenset(
    {"party.v1", "licence.v1", "approval.v1", "site.v1", "product.v1", "supplier_file.v1", "succession.v1"}
)

_REGISTER: Final = Words(zh="登记簿，永久保存", en="the register is kept for ever")
_UNREADABLE: Final = Words(
    zh="剩余内容已不能读出，请人工判断", en="what is left cannot be read; decide by hand"
)
_NO_PERIOD: Final = Words(zh="没有已知的保存期限", en="no period is known")
_NO_BATCH: Final = Words(zh="货物的类别不明", en="the category of the goods is not known")
_TAKES_PART: Final = Words(zh="主体仍在本台账", en="the party still takes part")
_NOTHING_RESTS: Final = Words(
    zh="没有交易记录以它为据，请人工判断", en="no trade rests on it; decide by hand"
)
_ORDER: Final = {
    "hold": Words(zh="货物被控制，未解除", en="the goods are held"),
    "recall": Words(zh="货物被召回，未终止", en="the goods are recalled"),
}
_COMPLAINT: Final = Words(zh="货物有投诉举报", en="a complaint about the goods")


@dataclass(frozen=True, slots=True)
class Kept:
    """How long one record is kept: `until` is the last day, None where there is no end. `law` is the article of the longest floor."""

    seq: int
    until: LegalDate | None
    reason: Words
    law: str | None = None

    def may_go(self, on: LegalDate) -> bool:
        """Whether the floor has passed on that day. The last day itself still belongs to it."""
        return self.until is not None and on > self.until


def months_after(day: LegalDate, months: int) -> LegalDate | None:
    """The last day of a period of months that begins behind `day`; None beyond the years that a date may name.

    >>> str(months_after(LegalDate.parse("2026-08-31"), 6)), str(months_after(LegalDate.parse("2024-02-29"), 24))
    ('2027-02-28', '2026-02-28')
    """
    year, month = divmod(day.date.year * _MONTHS_A_YEAR + day.date.month - 1 + months, _MONTHS_A_YEAR)
    if year not in YEARS:
        return None
    # 民法典 202: where the month has no such day, the period ends on its last.
    last = calendar.monthrange(year, month + 1)[1]
    return LegalDate(dt.date(year, month + 1, min(day.date.day, last)))


@dataclass(frozen=True, slots=True)
class _Lot:
    """What one declarer says of some goods: under which rule they fall, and the last day of their shelf life."""

    rule: Retention | None
    #: None where nobody recorded a shelf life.
    expires_on: LegalDate | None = None
    #: Where only its length is known: so many days behind the record at most.
    life_days: int = 0


@dataclass(slots=True)
class Keeping:
    """Answers for one book. What was found for goods and records is remembered, so ask one `Keeping` for all of them."""

    book: Book
    _kept: dict[int, Kept] = field(default_factory=dict)
    _lots: dict[GoodsId, list[_Lot]] = field(default_factory=dict)
    _bound: dict[GoodsId, Words | None] = field(default_factory=dict)

    def of(self, record: Record) -> Kept:
        """How long this record is kept."""
        if record.seq not in self._kept:
            self._kept[record.seq] = self._judged(record)
        return self._kept[record.seq]

    def _judged(self, record: Record) -> Kept:
        said = record.said
        if record.header.type in REGISTER_TYPES or said is None:
            return Kept(record.seq, None, _UNREADABLE if said is None else _REGISTER)
        if isinstance(said, Correction):
            return self._of_correction(record)
        if isinstance(said, Voucher):
            return self._of_voucher(record, said)
        if record.header.type in _SHEETS:
            return self._of_sheet(record, said)
        if record.header.type in _OF_GOODS:
            return self._of_goods(record, _goods_in(record))
        return Kept(record.seq, None, _NO_PERIOD)

    def _of_correction(self, record: Record) -> Kept:
        """As long as the record that it annuls."""
        corrected = corrected_by(record)
        earlier = None if corrected is None else self.book.position(*corrected)
        if earlier is None:
            return Kept(record.seq, None, _NO_PERIOD)
        return _as(record, self.of(self.book.records([earlier])[earlier]))

    # Records of goods

    def _of_goods(self, record: Record, goods: Iterable[GoodsId]) -> Kept:
        """The longest floor of all goods that the record names."""
        floors = [floor for one in goods for floor in self._floors(record, one)]
        return _longest(record, floors or [Kept(record.seq, None, _NO_BATCH)])

    def _floors(self, record: Record, goods: GoodsId) -> Iterator[Kept]:
        bound = self._binding(goods)
        if bound is not None:
            yield Kept(record.seq, None, bound)
        lots = self._lots_of(goods)
        if not lots:
            yield Kept(record.seq, None, _NO_BATCH)
        for lot in lots:
            if lot.rule is None:
                yield Kept(record.seq, None, _NO_PERIOD)
            else:
                yield _floor(record, lot.rule.period_for(record.header.type), lot)

    def _binding(self, goods: GoodsId) -> Words | None:
        """The order or complaint that stands on these goods. No record says yet that a complaint is closed, so each counts as open."""
        if goods not in self._bound:
            orders = standing_orders(self.book, goods)
            complaints = said_about(self.book, goods_key(goods), Complaint)
            self._bound[goods] = _ORDER[orders[0].kind] if orders else _COMPLAINT if complaints else None
        return self._bound[goods]

    def _lots_of(self, goods: GoodsId) -> list[_Lot]:
        if goods not in self._lots:
            batches = said_about(self.book, goods_sheet_key(goods), Batch)
            self._lots[goods] = [self._lot(said) for _, said in batches if said.goods == goods]
        return self._lots[goods]

    def _lot(self, batch: Batch) -> _Lot:
        rule = profile_for(batch.category).retention
        if batch.expires_on is not None or batch.product is None:
            return _Lot(rule, batch.expires_on)
        sheets = said_about(self.book, product_key(batch.product), Product)
        lives = [said.shelf_life_days or 0 for _, said in sheets if said.product == batch.product]
        days = max(lives, default=0)
        made_on = batch.produced_on
        return _Lot(rule, _days_after(made_on, days) if made_on is not None and days else None, days)

    # Papers and sheets

    def _of_voucher(self, record: Record, said: Voucher) -> Kept:
        """An invoice has its own floor; every voucher is kept with the records of the goods it was for."""
        floors: list[Kept] = []
        if said.voucher_kind in INVOICE_KINDS:
            floors.append(_floor(record, INVOICES, _Lot(None)))
        goods = _goods_in(record)
        if goods:
            floors.append(self._of_goods(record, goods))
        if said.number is not None:
            floors += [
                self.of(one)
                for one in about(self.book, voucher_key(said.voucher_kind, said.number))
                if one.header.type in _OF_GOODS
            ]
        return _longest(record, floors or [Kept(record.seq, None, _NOTHING_RESTS)])

    def _of_sheet(self, record: Record, said: Said) -> Kept:
        """As long as the last record of the trade that rests on it."""
        key: str | None = None
        subject: PartyId | None = None
        if isinstance(said, Party):
            subject = said.party
        elif isinstance(said, Licence):
            subject = said.holder
        elif isinstance(said, SupplierFile):
            subject = said.supplier
        elif isinstance(said, Site):
            subject = said.party
        elif isinstance(said, Product):
            subject, key = said.owner, product_key(said.product)
        if subject is None:
            return Kept(record.seq, None, _NO_PERIOD)
        if any(one.party == subject and one.until is None for one in self.book.register.keys.values()):
            return Kept(record.seq, None, _TAKES_PART)
        resting = [
            self.of(one)
            for one in about(self.book, key or party_key(subject))
            if one.header.type in _OF_GOODS or one.header.type == Voucher.TYPE
        ]
        return _longest(record, resting or [Kept(record.seq, None, _NOTHING_RESTS)])


def _floor(record: Record, period: Period, lot: _Lot) -> Kept:
    """One floor as a date. Whichever clock is later counts: the issuer's claimed time or the log's."""
    day = Instant(max(record.occurred_ms, record.at_ms)).date_in_shanghai()
    expires_on = lot.expires_on
    if expires_on is None and lot.life_days:
        # It was made before it was recorded, so it expires at the latest so long after the record.
        expires_on = _days_after(day, lot.life_days)
        if expires_on is None:
            return Kept(record.seq, None, period.words, period.law)
    ends = [months_after(day, period.at_least_months)] if period.at_least_months is not None else []
    if expires_on is not None and period.after_expiry_months is not None:
        ends.append(months_after(expires_on, period.after_expiry_months))
    if expires_on is None and period.without_expiry_months is not None:
        ends.append(months_after(day, period.without_expiry_months))
    known = [end for end in ends if end is not None]
    until = max(known) if len(known) == len(ends) else None
    return Kept(record.seq, until, period.words, period.law)


def _longest(record: Record, floors: Iterable[Kept]) -> Kept:
    """The one without an end, else the latest."""
    longest = max(
        floors, key=lambda one: (one.until is None, one.until or LegalDate(dt.date(YEARS.start, 1, 1)))
    )
    return _as(record, longest)


def _as(record: Record, kept: Kept) -> Kept:
    """The same for another record that goes with it."""
    return Kept(record.seq, kept.until, kept.reason, kept.law)


def _goods_in(record: Record) -> list[GoodsId]:
    keys = (key for key in sorted(keys_of(record)) if key.startswith(_GOODS))
    return [GoodsId.parse(key.removeprefix(_GOODS)) for key in keys]


def _days_after(day: LegalDate, days: int) -> LegalDate | None:
    try:
        later = day.date + dt.timedelta(days=days)
    except OverflowError:
        return None
    return LegalDate(later) if later.year in YEARS else None
