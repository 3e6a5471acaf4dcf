"""Whatever happens in whatever order, judging only what a record touches gives the same as judging everything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Literal, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.findings import FINDING_KINDS, Finding, judge, subjects_touched
from ledger.findings.words_papers import PAPERS
from ledger.identifiers import Instant, PartyId, ProductId, Quantity, RegionCode, Sha256Hex, StatementId
from ledger.identifiers.voucher import crc16
from ledger.vocabulary.correctable import Correctable, Correction
from ledger.vocabulary.documents import Voucher, VoucherLine
from ledger.vocabulary.goods import Adjustment, AdjustmentReason, Batch, Codes, Packing, Transformation, Use
from ledger.vocabulary.measures import Destruction, OrderAnswer, Takedown
from ledger.vocabulary.oversight import Complaint, Hold, Recall, RecallAnswer, Sample, Scan
from ledger.vocabulary.parties import Licence, LicenceState, Party, PartyKind, Product, Site
from ledger.vocabulary.trade import (
    Conclusion,
    Receipt,
    Return,
    Sale,
    Shipment,
    SupplierCheck,
    VoucherKind,
    VoucherReference,
)
from ledger.vocabulary.values import Line, OutputLine, PackFactor, ReceivedLine
from tests.support.books import BookWriter
from tests.unit.findings.judged import everything, goods

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.identifiers import GoodsId, LegalDate, SiteId
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said

_Value = TypeVar("_Value")
_Said = TypeVar("_Said", bound="Said")

GOODS = tuple(goods(name) for name in ("one", "two"))
CODES = tuple(f"9999991900000000000{place}" for place in range(2))
#: Two larger packs that may lie in one another.
CASES = tuple(f"9999993900000000000{place}" for place in range(2))
PRODUCT = ProductId.new(bytes(10))
REGIONS = (RegionCode.parse("320613"), RegionCode.parse("650100"), RegionCode.parse("440100"))
NUMBERS = ("26322999999900000101", "000000012")
VOUCHER_KINDS: tuple[VoucherKind, ...] = ("e_invoice", "e_invoice", "sales_slip")
PARTY_KINDS: tuple[PartyKind, ...] = ("company", "institution", "farmer")
LICENCE_STATES: tuple[LicenceState, ...] = ("granted", "granted", "renewal_filed", "suspended", "revoked")
CONCLUSIONS: tuple[Conclusion, ...] = ("accept", "accept", "accept_part", "refuse")
ADJUSTMENTS: tuple[AdjustmentReason, ...] = (
    "opening_stock", "loss", "seizure", "seizure", "seizure_returned", "destroyed", "sample", "own_use", "stock_gain",
)  # fmt: skip
CODE_ACTIONS: tuple[Literal["issue", "void", "return_container"], ...] = (
    "issue",
    "issue",
    "void",
    "return_container",
)
PACKINGS: tuple[Literal["pack", "unpack"], ...] = ("pack", "pack", "unpack")
STOCKS: tuple[Literal["own_stock", "seized", "recalled"], ...] = ("own_stock", "seized", "recalled")
READERS: tuple[Literal["consumer", "trade", "inspector"], ...] = ("consumer", "consumer", "trade")
HOLDS: tuple[Literal["hold", "release"], ...] = ("hold", "hold", "release")
RECALLS: tuple[Literal["recall", "end"], ...] = ("recall", "recall", "end")
#: What stories of trade hold; those of papers are told in `test_incremental_papers`, stolen keys in `tests/integration/test_disputes.py`.
TRADE_KINDS = set(FINDING_KINDS) - set(PAPERS) - {"signature_disputed"}
FIRST_DAY_MS = Instant.parse("2026-10-01T00:00:00+08:00").ms
DAY_MS = 24 * 3600 * 1000


@dataclass(slots=True)
class History:
    """A book that grows, and the findings that are kept in step with it."""

    books: BookWriter = field(default_factory=BookWriter)
    kept: dict[str, tuple[Finding, ...]] = field(default_factory=dict)
    parties: list[PartyId] = field(default_factory=list)
    sites: list[SiteId] = field(default_factory=list)
    #: What lies between two records: a day, or less where it matters how fast goods travel.
    pace_ms: int = DAY_MS

    def __post_init__(self) -> None:
        self.parties = [self.books.party_id() for _ in range(3)]
        self.sites = [self.books.site_id() for _ in range(2)]

    def judge(self, subjects: frozenset[str]) -> None:
        """Judge again what was touched, and nothing else."""
        for subject in subjects:
            self.kept[subject] = judge(subject, self.books.book)

    def happens(self, who: PartyId, said: Said, *, late: int, corrects: int | None) -> None:
        """One record a day; some tell of a day that is past."""
        before = None
        if corrects is not None:
            same = [one for one in self.alive() if one.header.type == said.TYPE and one.header.issuer == who]
            before = same[corrects % len(same)] if same else None
            if before is not None and isinstance(said, Correctable):
                said = said.model_copy(update={"correction_reason": "incorrect_data"})
        now = self.now_ms()
        at, logged = str(Instant(now - late * DAY_MS, 480)), str(Instant(now, 480))
        self.books.says(who, said, at=at, logged=logged, corrects=before)
        self.judge(subjects_touched(self.books.last, self.books.book))

    def now_ms(self) -> int:
        """Eight in the morning of the day that comes after the last record, at the usual pace."""
        return FIRST_DAY_MS + self.books.book.size * self.pace_ms + 8 * 3600 * 1000

    def alive(self) -> list[Record]:
        """The records that were not put right."""
        records = self.books.book.records(range(self.books.book.size))
        return [one for one in records.values() if one.superseded_by is None]

    def undoes(self, place: int) -> None:
        """A record that never happened is taken back by its issuer."""
        alive = self.alive()
        if alive:
            wrong = alive[place % len(alive)]
            said = Correction(correction_reason="did_not_occur")
            self.books.says(wrong.header.issuer, said, at=str(Instant(self.now_ms(), 480)), corrects=wrong)
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


@dataclass(slots=True)
class Teller:
    """Tells random records about few parties, goods and codes, so that they meet. Each story knows only some types of record."""

    history: History
    chance: Random
    types: list[Callable[[PartyId], Said]] = field(default_factory=list)
    category: str = ""
    speaker: PartyId = field(default_factory=lambda: PartyId.new(bytes(10)))

    def __post_init__(self) -> None:
        categories = ["drug", "pesticide", "farm_produce", "pork", "packaged_food", "generic"]
        self.category = self.chance.choice(categories)
        self.history.pace_ms = self.chance.choice([DAY_MS, DAY_MS, DAY_MS, 20 * 60_000])
        theme: list[Callable[[PartyId], Said]] = self.chance.choice(
            [
                [self.shipment, self.receipt, self.back, self.batch, self.sale],
                [self.codes, self.shipment, self.sale, self.sale, self.use],
                [self.use, self.batch],
                [self.use, self.use, self.batch],
                [self.hold, self.recall, self.sale, self.shipment],
                [self.voucher, self.check, self.party],
                [self.voucher, self.check, self.check],
                [self.licence, self.licence, self.sale, self.check, self.batch],
                [self.licence, self.batch, self.sale, self.sale],
                [self.licence, self.batch, self.shipment],
                [self.transformation, self.batch, self.check, self.sale, self.adjustment],
                [self.party, self.batch, self.shipment, self.licence],
                [self.packing, self.packing, self.shipment, self.sale, self.codes, self.receipt],
                [self.scan, self.scan, self.sale, self.use, self.site, self.party, self.receipt],
                [self.recall, self.answer, self.answer, self.batch, self.receipt, self.sale],
                [self.adjustment, self.destruction, self.sample, self.batch],
                [self.takedown, self.transformation, self.shipment, self.batch, self.destruction],
                [self.product, self.batch, self.shipment, self.receipt, self.sale],
            ]
        )
        others = [
            self.party, self.licence, self.batch, self.check, self.shipment, self.receipt, self.back, self.sale, self.use,
            self.transformation, self.adjustment, self.codes, self.voucher, self.hold, self.recall, self.answer, self.complaint,
            self.packing, self.scan, self.takedown, self.order_answer, self.sample, self.destruction, self.product, self.site,
        ]  # fmt: skip
        self.types = [*theme, *theme, *self.chance.sample(others, self.chance.randrange(4))]

    def step(self) -> None:
        """One more thing happens."""
        what = self.chance.randrange(16)
        if what == 0:
            self.history.undoes(self.chance.randrange(100))
        elif what == 1:
            self.history.erases(self.chance.randrange(100), self.chance.randrange(10))
        else:
            who = self.chance.choice([*self.history.parties, self.history.books.register.registrar])
            corrects = self.chance.randrange(20) if what < 5 else None
            said = self.chance.choice(self.types)(who)
            self.history.happens(
                self.speaker, said, late=self.chance.choice([0, 0, 3, 12]), corrects=corrects
            )

    def perhaps(self, value: _Value) -> _Value | None:
        return self.chance.choice([value, None])

    def someone(self) -> PartyId:
        return self.chance.choice(self.history.parties)

    def some_goods(self) -> GoodsId:
        return self.chance.choice(GOODS)

    def some_day(self) -> LegalDate:
        """A day not far from today."""
        return Instant(self.history.now_ms() + self.chance.randrange(-12, 6) * DAY_MS, 480).date_in_shanghai()

    def quantity(self) -> Quantity:
        return Quantity.parse(
            self.chance.choice(["1 XBX", "1 XBX", "5 XBX", "40 XBX", "10 KGM", "12000 GRM", "0 KGM"])
        )

    def some_codes(self) -> tuple[str, ...] | None:
        return self.perhaps(
            tuple(self.chance.choices((*CODES, *CODES, *CASES), k=self.chance.randrange(1, 3)))
        )

    def lines(self) -> tuple[Line, ...]:
        some = range(self.chance.randrange(1, 3))
        return tuple(
            Line(goods=self.some_goods(), quantity=self.quantity(), codes=self.some_codes()) for _ in some
        )

    def reference(self) -> VoucherReference | None:
        return self.perhaps(
            VoucherReference(
                voucher_kind=self.chance.choice(VOUCHER_KINDS), number=self.chance.choice(NUMBERS)
            )
        )

    def statement(self) -> StatementId | None:
        wanted = (Shipment, Return, Recall)
        return self.chance.choice(
            [None, *(one.header.id for one in self.history.books.records if isinstance(one.said, wanted))]
        )

    def party(self, _: PartyId) -> Said:
        return Party(
            party=self.someone(),
            party_kind=self.chance.choice(PARTY_KINDS),
            name=self.chance.choice(["甲（演示）", "乙（演示）"]),
            credit_code=self.chance.choice(
                [None, "93320682DEM0010172", "91320682DEM0030202", "92320900DEM003995Y"]
            ),
            region=self.chance.choice([None, *REGIONS]),
            trade=self.perhaps("单位食堂"),
            phone=self.perhaps("00000000001"),
            address=self.perhaps("某路 1 号"),
        )

    def licence(self, _: PartyId) -> Said:
        return Licence(
            holder=self.chance.choice([self.speaker, self.someone()]),
            licence_kind=self.chance.choice(
                ["农药经营许可证", "药品经营许可证", "食品经营许可证", "食品生产许可证"]
            ),
            number=self.chance.choice(["许-1", "许-2", "JY33206139900023"]),
            valid_from=self.perhaps(self.some_day()),
            valid_to=self.perhaps(self.some_day()),
            state=self.chance.choice(LICENCE_STATES),
        )

    def batch(self, who: PartyId) -> Said:
        return Batch(
            goods=self.some_goods(),
            maker=self.chance.choice([who, self.someone()]),
            name=self.chance.choice(["韭菜", "生猪"]),
            category=self.chance.choice([self.category] * 4 + ["farm_produce", "drug"]),
            produced_on=self.perhaps(self.some_day()),
            quantity=self.perhaps(self.quantity()),
            site=self.perhaps(self.chance.choice(self.history.sites)),
            product=self.perhaps(PRODUCT),
            packs=self.chance.choice([None, None, self.packs()]),
        )

    def packs(self) -> tuple[PackFactor, ...]:
        return (
            PackFactor(unit="XBX", holds=Quantity.parse(self.chance.choice(["10 KGM", "500 GRM", "3 XBO"]))),
        )

    def product(self, who: PartyId) -> Said:
        owner = self.chance.choice([who, self.someone()])
        return Product(
            product=PRODUCT, owner=owner, name="货", category=self.category, packs=self.perhaps(self.packs())
        )

    def site(self, _: PartyId) -> Said:
        far = self.chance.randrange(2)
        return Site(
            site=self.chance.choice(self.history.sites),
            party=self.someone(),
            site_kind="shop",
            name="店",
            region=self.perhaps(self.chance.choice(REGIONS)),
            latitude=["31.98", "43.83"][far] if self.chance.randrange(2) else None,
            longitude=["120.89", "87.62"][far],
        )

    def packing(self, _: PartyId) -> Said:
        parent = self.chance.choice(CASES)
        inside = [one for one in (*CODES, *CASES) if one != parent]
        return Packing(
            action=self.chance.choice(PACKINGS),
            parent_code=parent,
            codes=tuple(self.chance.sample(inside, self.chance.randrange(1, 3))),
        )

    def scan(self, _: PartyId) -> Said:
        return Scan(
            code=self.chance.choice(CODES),
            scanned_by=self.chance.choice(READERS),
            region=self.perhaps(self.chance.choice(REGIONS)),
            device=self.perhaps(Sha256Hex.parse(f"{self.chance.randrange(4):064x}")),
        )

    def takedown(self, _: PartyId) -> Said:
        return Takedown(
            action=self.chance.choice(HOLDS),
            goods=(self.some_goods(),),
            at=self.perhaps(self.someone()),
            stage=self.chance.choice(["off_shelf", "withdrawn"]),
        )

    def order_answer(self, _: PartyId) -> Said:
        order = self.statement() or StatementId.new(0, bytes(10))
        return OrderAnswer(order=order, result="done", set_aside=self.perhaps(self.quantity()))

    def sample(self, _: PartyId) -> Said:
        return Sample(
            goods=self.some_goods(),
            taken_from=self.someone(),
            sample_number="样-1",
            quantity=self.quantity(),
            purpose="supervision",
        )

    def destruction(self, _: PartyId) -> Said:
        stock, seizure, lines = self.chance.choice(STOCKS), None, self.lines()
        for record in self.history.books.records:
            said = record.said
            if isinstance(said, Adjustment) and said.reason == "seizure" and self.chance.randrange(2):
                # As a rule what is destroyed is what was seized.
                stock, seizure, lines = "seized", record.header.id, self.chance.choice([lines, said.lines])
        return Destruction(
            stage=self.chance.choice(["planned", "done", "done"]),
            stock=stock,
            method="焚烧",
            held_by=self.perhaps(self.someone()),
            seizure=seizure,
            lines=lines,
        )

    def check(self, _: PartyId) -> Said:
        supplier, reference = self.someone(), self.reference()
        for said in self.said_before(Voucher):
            # As a rule the buyer of a voucher checks what came with it.
            supplier, self.speaker = said.seller, said.buyer
            reference = VoucherReference(voucher_kind=said.voucher_kind, number=said.number or NUMBERS[0])
        return SupplierCheck(
            supplier=supplier,
            received_on=self.some_day(),
            conclusion=self.chance.choice(CONCLUSIONS),
            voucher=reference,
            lines=self.lines(),
        )

    def said_before(self, kind: type[_Said]) -> list[_Said]:
        """At most one earlier record of this type."""
        some = [one.said for one in self.history.books.records if isinstance(one.said, kind)]
        return [self.chance.choice(some)] if some and self.chance.randrange(4) else []

    def shipment(self, _: PartyId) -> Said:
        return Shipment(to=self.someone(), voucher=self.reference(), lines=self.lines())

    def receipt(self, _: PartyId) -> Said:
        supplier, shipment, lines = self.someone(), self.statement(), self.lines()
        for record in self.history.books.records:
            if (
                isinstance(record.said, Shipment)
                and record.header.id == shipment
                and self.chance.randrange(4)
            ):
                supplier, self.speaker = record.actor, record.said.to
                lines = record.said.lines if self.chance.randrange(2) else lines
        got = [one.model_copy(update={"quantity": self.quantity()}) for one in lines]
        return Receipt(
            supplier=supplier,
            conclusion=self.chance.choice(CONCLUSIONS),
            shipment=shipment,
            lines=tuple(ReceivedLine(goods=one.goods, quantity=one.quantity, codes=one.codes) for one in got),
        )

    def back(self, _: PartyId) -> Said:
        return Return(to=self.someone(), lines=self.lines())

    def sale(self, _: PartyId) -> Said:
        return Sale(
            lines=self.lines(),
            site=self.chance.choice([None, None, *self.history.sites]),
            region=self.chance.choice([None, None, *REGIONS]),
        )

    def transformation(self, _: PartyId) -> Said:
        outputs = tuple(OutputLine(goods=one.goods, quantity=one.quantity) for one in self.lines())
        return Transformation(
            process=self.chance.choice(["灌肠", "净菜"]), inputs=self.lines(), outputs=outputs
        )

    def use(self, _: PartyId) -> Said:
        return Use(
            purpose="韭菜",
            site=self.perhaps(self.chance.choice(self.history.sites)),
            on_goods=self.perhaps((self.some_goods(),)),
            wait_days=self.chance.choice([None, 0, 30]),
            lines=self.lines(),
        )

    def adjustment(self, _: PartyId) -> Said:
        reason = self.chance.choice(ADJUSTMENTS)
        return Adjustment(
            reason=reason,
            held_by=self.perhaps(self.someone()),
            document=self.chance.choice([None, "文-1", "样-1"]),
            lines=self.lines(),
        )

    def codes(self, _: PartyId) -> Said:
        action = self.chance.choice(CODE_ACTIONS)
        return Codes(action=action, goods=self.some_goods(), codes=self.some_codes() or CODES)

    def voucher(self, _: PartyId) -> Said:
        lines = tuple(
            VoucherLine(
                name="货",
                goods=self.perhaps(self.some_goods()),
                quantity=self.chance.choice([self.quantity(), None]),
            )
            for _ in range(self.chance.randrange(3))
        )
        qr = f"01,32,,{NUMBERS[0]},{self.chance.choice(['100.00', '200.00'])},20261012,,"
        return Voucher(
            voucher_kind=self.chance.choice(VOUCHER_KINDS),
            seller=self.someone(),
            buyer=self.someone(),
            number=self.chance.choice([None, *NUMBERS]),
            issued_on=self.perhaps(self.some_day()),
            total=self.chance.choice([None, "100.00", "200.00"]),
            qr_text=self.perhaps(qr + self.chance.choice([crc16(qr), "0000"])),
            lines=lines or None,
        )

    def hold(self, _: PartyId) -> Said:
        return Hold(
            action=self.chance.choice(HOLDS), goods=(self.some_goods(),), at=self.perhaps(self.someone())
        )

    def recall(self, _: PartyId) -> Said:
        action = self.chance.choice(RECALLS)
        return Recall(
            action=action,
            goods=(self.some_goods(),),
            reason="超标",
            codes=self.some_codes(),
            ends=self.statement(),
        )

    def answer(self, _: PartyId) -> Said:
        recall = self.statement() or StatementId.new(0, bytes(10))
        return RecallAnswer(
            recall=recall,
            goods=self.some_goods(),
            sold=self.perhaps(self.quantity()),
            recovered=self.perhaps(self.quantity()),
        )

    def complaint(self, _: PartyId) -> Said:
        return Complaint(text="与以往不同", code=self.perhaps(CODES[0]))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_findings_kept_up_record_by_record_equal_findings_judged_from_scratch(seed: int, steps: int) -> None:
    teller = Teller(History(), Random(seed))
    for _ in range(steps):
        teller.step()

    kept = {subject: found for subject, found in teller.history.kept.items() if found}
    assert kept == everything(teller.history.books.book)


def test_the_stories_that_are_told_hold_every_kind_of_finding() -> None:
    seen = set()
    for seed in range(300):
        teller = Teller(History(), Random(seed))
        for _ in range(30):
            teller.step()
        seen |= {one.kind for found in teller.history.kept.values() for one in found}
        if seen >= TRADE_KINDS:
            return
    assert sorted(TRADE_KINDS - seen) == []
