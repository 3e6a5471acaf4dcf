"""Whatever happens in whatever order, judging only what a record touches gives the same as judging everything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.findings import Finding, judge, subjects_touched
from ledger.identifiers import Instant, LegalDate, Quantity
from ledger.identifiers.voucher import crc16
from ledger.vocabulary.correctable import Correctable, Correction
from ledger.vocabulary.documents import Voucher, VoucherLine
from ledger.vocabulary.goods import Adjustment, Batch, Codes, Transformation, Use
from ledger.vocabulary.oversight import Complaint, Hold, Recall, RecallAnswer
from ledger.vocabulary.parties import Licence, Party
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck, VoucherReference
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.support.books import BookWriter
from tests.unit.findings.judged import everything, goods

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.identifiers import PartyId, SiteId, StatementId
    from ledger.vocabulary.said import Said

GOODS = tuple(goods(name) for name in ("one", "two", "three"))
CODES = tuple(f"9999991900000000000{place}" for place in range(4))
NUMBERS = ("26322999999900000101", "26322999999900000302", "12")
FIRST_DAY_MS = Instant.parse("2026-10-01T00:00:00+08:00").ms
DAY_MS = 24 * 3600 * 1000


@dataclass(slots=True)
class History:
    """A book that grows, and the findings that are kept in step with it."""

    books: BookWriter = field(default_factory=BookWriter)
    kept: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    parties: list[PartyId] = field(default_factory=list)
    sites: list[SiteId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parties = [self.books.party_id() for _ in range(4)]
        self.sites = [self.books.site_id() for _ in range(2)]

    def judge(self, subjects: frozenset[str]) -> None:
        """Judge again what was touched, and nothing else."""
        for subject in subjects:
            self.kept[subject] = judge(subject, self.books.book)

    def happens(self, who: PartyId, said: Said, day: int, lag: int, corrects: int | None) -> None:
        """One record: on some day, recorded some days later but never before the record before it."""
        earlier = self.books.records[-1].at_ms if self.books.records else 0
        at_ms = max(earlier + 1, FIRST_DAY_MS + (day + lag) * DAY_MS)
        before = None
        if corrects is not None:
            same = [
                one
                for one in self.books.book.records(range(self.books.book.size)).values()
                if one.superseded_by is None and one.header.type == said.TYPE and one.header.issuer == who
            ]
            before = same[corrects % len(same)] if same else None
            if before is not None and isinstance(said, Correctable):
                said = said.model_copy(update={"correction_reason": "incorrect_data"})
        at = str(Instant(FIRST_DAY_MS + day * DAY_MS + 3600_000 * 8, 480))
        self.books.says(who, said, at=at, logged=str(Instant(at_ms, 480)), corrects=before)
        self.judge(subjects_touched(self.books.last, self.books.book))

    def undoes(self, place: int) -> None:
        """A record that never happened is taken back by its issuer."""
        alive = [
            one
            for one in self.books.book.records(range(self.books.book.size)).values()
            if one.superseded_by is None
        ]
        if alive:
            wrong = alive[place % len(alive)]
            at = str(Instant(self.books.records[-1].at_ms + 1, 480))
            said = Correction(correction_reason="did_not_occur")
            self.books.says(wrong.header.issuer, said, at=at, corrects=wrong)
            self.judge(subjects_touched(self.books.last, self.books.book))

    def erases(self, place: int, item: int) -> None:
        """One item of one record is removed everywhere."""
        records = list(self.books.book.records(range(self.books.book.size)).values())
        if not records:
            return
        record = records[place % len(records)]
        if record.said is None:
            return
        items = record.said.to_items()
        left = [one for number, one in enumerate(items) if number != item % len(items)]
        after = replace(record, said=type(record.said).from_remaining(left), missing=(item % len(items),))
        touched = subjects_touched(record, self.books.book)
        self.books.book.put(after)
        self.judge(touched | subjects_touched(after, self.books.book))


def _day(number: int) -> LegalDate:
    return Instant(FIRST_DAY_MS + number * DAY_MS + DAY_MS // 2, 480).date_in_shanghai()


_DAYS = st.integers(0, 40)
_QUANTITIES = st.sampled_from(["1 XBX", "5 XBX", "40 XBX", "10 KGM", "12000 GRM", "0 KGM", "-3 KGM"]).map(
    Quantity.parse
)
_CODES = st.none() | st.lists(st.sampled_from(CODES), min_size=1, max_size=3).map(tuple)
_GOODS = st.sampled_from(GOODS)
_LINES = st.lists(
    st.builds(Line, goods=_GOODS, quantity=_QUANTITIES, codes=_CODES), min_size=1, max_size=2
).map(tuple)
_CATEGORIES = st.sampled_from(["drug", "pesticide", "farm_produce", "pork", "packaged_food", "generic"])
_VOUCHERS = st.none() | st.builds(
    VoucherReference,
    voucher_kind=st.sampled_from(["e_invoice", "sales_slip"]),
    number=st.sampled_from(NUMBERS),
)
_QR = st.sampled_from(
    [None, *(f"01,32,,{NUMBERS[0]},{total},20261012,," for total in ("100.00", "200.00"))]
).map(lambda text: text and text + crc16(text))
_CREDIT = st.sampled_from([None, "93320682DEM0010172", "91320682DEM0030202", "92320900DEM003995Y"])
_LICENCE_KINDS = st.sampled_from(["农药经营许可证", "药品经营许可证", "食品经营许可证", "食品生产许可证"])


def _party(history: History) -> st.SearchStrategy[PartyId]:
    return st.sampled_from(history.parties)


def _statements(history: History) -> list[StatementId]:
    return [
        one.header.id for one in history.books.records if isinstance(one.said, (Shipment, Return, Recall))
    ]


def _facts(history: History, who: PartyId) -> st.SearchStrategy[Said]:
    """Any record this party might make."""
    party, site = _party(history), st.sampled_from(history.sites)
    statement = st.sampled_from([None, *_statements(history)])
    received = st.lists(
        st.builds(ReceivedLine, goods=_GOODS, quantity=_QUANTITIES, codes=_CODES), min_size=1, max_size=2
    )
    some_goods = st.lists(_GOODS, min_size=1, max_size=2, unique=True).map(tuple)
    kinds: list[st.SearchStrategy[Said]] = [
        st.builds(
            Party,
            party=party,
            party_kind=st.sampled_from(["company", "institution", "farmer"]),
            name=st.sampled_from(["甲（演示）", "乙（演示）", "丙（演示）"]),
            credit_code=_CREDIT,
            trade=st.sampled_from([None, "单位食堂"]),
            phone=st.sampled_from([None, "00000000001"]),
            address=st.sampled_from([None, "某路 1 号"]),
        ),
        st.builds(
            Licence,
            holder=party,
            licence_kind=_LICENCE_KINDS,
            number=st.sampled_from(["许-1", "许-2", "JY33206139900023"]),
            valid_from=st.none() | _DAYS.map(_day),
            valid_to=st.none() | _DAYS.map(_day),
            state=st.sampled_from(["granted", "renewal_filed", "suspended", "revoked"]),
        ),
        st.builds(
            Batch,
            goods=_GOODS,
            maker=party | st.just(who),
            name=st.sampled_from(["韭菜", "生猪"]),
            category=_CATEGORIES,
            produced_on=st.none() | _DAYS.map(_day),
            quantity=st.none() | _QUANTITIES,
            site=st.none() | site,
        ),
        st.builds(
            SupplierCheck,
            supplier=party,
            received_on=_DAYS.map(_day),
            conclusion=st.sampled_from(["accept", "refuse"]),
            voucher=_VOUCHERS,
            lines=_LINES,
        ),
        st.builds(Shipment, to=party, voucher=_VOUCHERS, lines=_LINES),
        st.builds(
            Receipt,
            supplier=party,
            conclusion=st.sampled_from(["accept", "accept_part", "refuse"]),
            shipment=statement,
            lines=received.map(tuple),
        ),
        st.builds(Return, to=party, lines=_LINES),
        st.builds(Sale, lines=_LINES),
        st.builds(
            Transformation,
            process=st.sampled_from(["灌肠", "净菜"]),
            inputs=_LINES,
            outputs=st.lists(
                st.builds(OutputLine, goods=_GOODS, quantity=_QUANTITIES), min_size=1, max_size=2
            ).map(tuple),
        ),
        st.builds(
            Use,
            purpose=st.just("韭菜"),
            site=st.none() | site,
            on_goods=st.none() | some_goods,
            wait_days=st.none() | st.integers(0, 20),
            lines=_LINES,
        ),
        st.builds(
            Adjustment,
            reason=st.sampled_from(["opening_stock", "loss", "seizure", "destroyed"]),
            held_by=st.none() | party,
            lines=_LINES,
        ),
        st.builds(
            Codes,
            action=st.sampled_from(["issue", "void"]),
            goods=_GOODS,
            codes=st.lists(st.sampled_from(CODES), min_size=1, max_size=3, unique=True).map(tuple),
        ),
        st.builds(
            Voucher,
            voucher_kind=st.sampled_from(["e_invoice", "sales_slip"]),
            seller=party,
            buyer=party,
            number=st.none() | st.sampled_from(NUMBERS),
            issued_on=st.none() | _DAYS.map(_day),
            total=st.sampled_from([None, "100.00", "200.00"]),
            qr_text=_QR,
            lines=st.none()
            | st.lists(
                st.builds(
                    VoucherLine,
                    name=st.just("货"),
                    goods=st.none() | _GOODS,
                    quantity=st.none() | _QUANTITIES,
                ),
                max_size=2,
            ).map(tuple),
        ),
        st.builds(Hold, action=st.sampled_from(["hold", "release"]), goods=some_goods, at=st.none() | party),
        st.builds(
            Recall,
            action=st.sampled_from(["recall", "end"]),
            goods=some_goods,
            reason=st.just("超标"),
            codes=_CODES,
            ends=statement,
        ),
        st.builds(
            RecallAnswer,
            recall=statement.map(lambda one: one or history.books.last.header.id),
            goods=_GOODS,
            sold=st.none() | _QUANTITIES,
        )
        if history.books.records
        else st.builds(Sale, lines=_LINES),
        st.builds(Complaint, text=st.just("与以往不同"), code=st.sampled_from([None, *CODES])),
    ]
    return st.one_of(kinds)


def _step(history: History, draw: Callable[[st.SearchStrategy[int]], int], data: st.DataObject) -> None:
    what = draw(st.integers(0, 11))
    if what == 0:
        history.undoes(draw(st.integers(0, 100)))
    elif what == 1:
        history.erases(draw(st.integers(0, 100)), draw(st.integers(0, 10)))
    else:
        who = data.draw(st.sampled_from([*history.parties, history.books.register.registrar]))
        said = data.draw(_facts(history, who))
        corrects = data.draw(st.none() | st.integers(0, 20)) if what < 5 else None
        history.happens(
            who, said, draw(st.integers(0, 40)), draw(st.sampled_from([0, 0, 0, 5, 30])), corrects
        )


@settings(max_examples=150)
@given(st.data())
def test_findings_kept_up_record_by_record_equal_findings_judged_from_scratch(data: st.DataObject) -> None:
    history = History()
    for _ in range(data.draw(st.integers(1, 30))):
        _step(history, data.draw, data)

    assert {subject: found for subject, found in history.kept.items() if found} == everything(
        history.books.book
    )
