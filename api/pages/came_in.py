"""What came in at a party in some days: each delivery with its receipt, its check and its papers, and what is still missing.

The day is the one on the paper (进货日期); when it was recorded is the log's word. What a category's law asks for stands in its profile;
whether a duty was broken is judged by the findings, not here.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from api.pages.rendering import lag
from api.words import say
from ledger.identifiers import Instant, LegalDate
from ledger.views.book import first_told_ms, of_type, party_key
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from api.pages.names import Names
    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.profiles import Document, Profile
    from ledger.vocabulary.trade import CheckedDocument
    from ledger.vocabulary.values import Line

#: A delivery that is written up later than this is found by its own page, and not among those of its day.
LATE_DAYS_MAX: Final = 40
_TONES: Final = {"refused": "grey", "received": "accent", "unchecked": "amber", "checked": "accent"}
_SHANGHAI: Final = dt.timezone(dt.timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class CameIn:
    """One delivery: a supplier check with its receipt, or a receipt alone. `vouchers`: the papers that were filed for it."""

    day: LegalDate
    record: Record
    said: SupplierCheck | Receipt
    receipt: Record | None
    vouchers: tuple[Record, ...]

    @property
    def check(self) -> SupplierCheck | None:
        """The check; None where only the receipt was recorded."""
        return self.said if isinstance(self.said, SupplierCheck) else None

    @property
    def supplier(self) -> PartyId:
        """Who delivered."""
        return self.said.supplier

    @property
    def lines(self) -> tuple[Line, ...]:
        """What came."""
        return tuple(self.said.lines)

    @property
    def refused(self) -> bool:
        """Whether all of it was sent back at once."""
        return self.said.conclusion == "refuse"

    @property
    def state(self) -> Literal["checked", "unchecked", "refused"]:
        """How far it was looked over, by its own records. That for some goods a receipt is all the law asks for, `row` says."""
        return "refused" if self.refused else "unchecked" if self.check is None else "checked"

    @property
    def has_voucher(self) -> bool:
        """Whether any paper of the purchase was filed or named."""
        return bool(self.vouchers) or (self.check is not None and self.check.voucher is not None)


def came_in(book: Book, party: PartyId, first: LegalDate, last: LegalDate) -> list[CameIn]:
    """The deliveries of these days, the latest first."""
    start = midnight_ms(first) - _day_ms(1)
    end = midnight_ms(last) + _day_ms(LATE_DAYS_MAX)
    seqs = {one.seq for one in book.mentions([party_key(party)]) if start <= one.occurred_ms < end}
    own = [one for one in book.records(seqs).values() if one.actor == party]
    receipts = of_type(own, Receipt)
    filed = _filed(own)
    beside = {(one.at_ms, said.supplier): one for one, said in receipts}
    found = list[CameIn]()
    checked = set[int]()
    for record, check in of_type(own, SupplierCheck):
        receipt = beside.get((record.at_ms, check.supplier))
        if receipt is not None:
            checked.add(receipt.seq)
        if first <= check.received_on <= last:
            found.append(
                CameIn(check.received_on, record, check, receipt, tuple(_papers(filed, check, receipt)))
            )
    for record, said in receipts:
        day = record.header.occurred_at.date_in_shanghai()
        if record.seq not in checked and first <= day <= last:
            found.append(CameIn(day, record, said, record, tuple(filed[str(record.header.id)])))
    return sorted(found, key=lambda one: (one.day, one.record.seq), reverse=True)


def missing(one: CameIn, names: Names) -> list[str]:
    """What the law of these goods asks for with a delivery and nobody recorded, in words."""
    if one.refused:
        return []
    profile = profile_for(names.sheet(one.lines[0].goods).category)
    checks = () if one.check is None else one.check.checks or ()
    results = {check.what: check.result for check in checks}
    gaps = list[str]()
    for document in profile.documents:
        title = document.name.words.in_language(names.language)
        result = results.get(document.what)
        if document.what == "voucher":
            if not one.has_voucher:
                gaps.append(title)
        elif result not in {None, "in_order"} or (result is None and _asked_for(document, profile, checks)):
            gaps.append(title)
    return gaps


def words_of(one: CameIn, names: Names) -> tuple[str, str]:
    """How far a delivery was looked over, in words, and the tone of its mark."""
    state: str = one.state
    if state == "unchecked" and profile_for(names.sheet(one.lines[0].goods).category).receipt_is_check:
        # 食品安全法 65: name, quantity, date and supplier are all that is asked, and the receipt has them.
        state = "received"
    return say(f"stall_came_{state}", names.language), _TONES[state]


def _asked_for(document: Document, profile: Profile, checks: Sequence[CheckedDocument]) -> bool:
    """Whether a paper nobody spoke of is missing: where the law asks for it, or where nobody looked at any though a check is asked for."""
    return document.required or not (checks or profile.receipt_is_check)


def row(one: CameIn, names: Names) -> dict[str, object]:
    """One delivery in a list: what, from whom, checked or not, and what is missing."""
    slip = one.receipt is not None and not one.has_voucher and not one.refused
    words, tone = words_of(one, names)
    return {
        "seq": one.record.seq,
        "at_ms": one.record.at_ms,
        "day": str(one.day),
        "supplier": names.party(one.supplier),
        "lines": names.lines(one.lines),
        "words": words,
        "tone": tone,
        "missing": missing(one, names),
        "has_voucher": one.has_voucher,
        "slip": one.receipt.seq if one.receipt is not None and slip else None,
        "duty": one.record.seq if one.check is not None else None,
        "lag": lag(first_told_ms(names.book, one.record.seq) - one.record.occurred_ms, names.language),
    }


def midnight_ms(day: LegalDate) -> int:
    """When a day began in China."""
    return int(dt.datetime.combine(day.date, dt.time(), _SHANGHAI).timestamp()) * 1000


def days_before(day: LegalDate, days: int) -> LegalDate:
    """So many days earlier (later, where negative)."""
    return LegalDate(day.date - dt.timedelta(days=days))


def today_of(now_ms: int) -> LegalDate:
    """The day it is in China by the log's clock."""
    return Instant(now_ms).date_in_shanghai()


def _day_ms(days: int) -> int:
    return days * 86_400_000


def _filed(own: Iterable[Record]) -> defaultdict[str, list[Record]]:
    """Vouchers by the delivery that they name, and by kind and number."""
    filed = defaultdict[str, "list[Record]"](list)
    for record, voucher in of_type(own, Voucher):
        for delivery in voucher.deliveries or ():
            filed[str(delivery)].append(record)
        if voucher.number is not None:
            filed[f"{voucher.seller} {voucher.voucher_kind} {voucher.number}"].append(record)
        filed[f"{voucher.seller} {record.at_ms}"].append(record)
    return filed


def _papers(
    filed: defaultdict[str, list[Record]], check: SupplierCheck, receipt: Record | None
) -> list[Record]:
    keys = [] if receipt is None else [str(receipt.header.id), f"{check.supplier} {receipt.at_ms}"]
    if check.voucher is not None:
        keys.append(f"{check.supplier} {check.voucher.voucher_kind} {check.voucher.number}")
    found = {one.seq: one for key in keys for one in filed[key]}
    return [one for _, one in sorted(found.items())]
