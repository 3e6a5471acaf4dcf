"""Small stories that several tests of the trace tell: short ways to write the records, the leek chain and the sausages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.identifiers import GoodsId, LegalDate, PartyId, Quantity, SiteId, StatementId
from ledger.views.book import LooksUp
from ledger.vocabulary.goods import Adjustment, Batch, Transformation, Use
from ledger.vocabulary.oversight import Recall, RecallAnswer
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, OutputLine, ReceivedLine
from tests.support.books import BookWriter, kg

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ledger.register import Register
    from ledger.trace import Edge, Trace
    from ledger.views.book import Book, Mention, Record
    from ledger.vocabulary.goods import AdjustmentReason
    from ledger.vocabulary.trade import Conclusion

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
PESTICIDE = GoodsId.parse("https://id.gs1.org/01/09520003000018/10/WY260815")
DOUBTFUL = GoodsId.parse("https://id.gs1.org/01/09520003000018/10/WY260815X")
PORK_10 = GoodsId.parse("urn:demo:pork:PK-20261110")
PORK_12 = GoodsId.parse("urn:demo:pork:PK-20261112")
SAUSAGE = GoodsId.parse("https://id.gs1.org/01/09520001000010/10/SG-20261114")


def goods(name: str) -> GoodsId:
    """Goods that some other system named."""
    return GoodsId.parse(f"urn:demo:goods:{name}")


def day(text: str) -> LegalDate:
    return LegalDate.parse(text)


def november(date: int, clock: str = "08:00") -> str:
    """A moment in November 2026, in China."""
    return f"2026-11-{date:02d}T{clock}:00+08:00"


@dataclass(slots=True)
class Story:
    """A book that is written in the words of the trade. Each method returns the record it wrote."""

    books: BookWriter = field(default_factory=BookWriter)

    @property
    def book(self) -> Book:
        return self.books.book

    def batch(  # what a batch record may say
        self,
        by: PartyId,
        what: GoodsId,
        amount: Quantity | None = None,
        *,
        at: str,
        maker: PartyId | None = None,
        site: SiteId | None = None,
        produced_on: str | None = None,
        planted_on: str | None = None,
    ) -> Record:
        said = Batch(
            goods=what,
            maker=maker or by,
            name="货物（演示）",
            category="food_generic",
            quantity=amount,
            site=site,
            produced_on=day(produced_on) if produced_on else None,
            planted_on=day(planted_on) if planted_on else None,
        )
        self.books.says(by, said, at=at)
        return self.books.last

    def ships(  # what a shipment may say
        self,
        by: PartyId,
        to: PartyId,
        what: GoodsId,
        amount: Quantity,
        *,
        at: str,
        offer: bool = True,
        corrects: Record | None = None,
    ) -> Record:
        said = Shipment(
            to=to,
            offer=offer,
            lines=(Line(goods=what, quantity=amount),),
            correction_reason="incorrect_data" if corrects else None,
        )
        self.books.says(by, said, at=at, corrects=corrects)
        return self.books.last

    def receives(
        self,
        by: PartyId,
        supplier: PartyId,
        what: GoodsId,
        amount: Quantity,
        *,
        at: str,
        answers: Record | None = None,
        conclusion: Conclusion = "accept",
    ) -> Record:
        said = Receipt(
            supplier=supplier,
            conclusion=conclusion,
            shipment=answers.header.id if answers else None,
            lines=(ReceivedLine(goods=what, quantity=amount),),
        )
        self.books.says(by, said, at=at)
        return self.books.last

    def delivers(self, by: PartyId, to: PartyId, what: GoodsId, amount: Quantity, *, at: str) -> Record:
        """A shipment that its receiver confirms; the shipment's record."""
        sent = self.ships(by, to, what, amount, at=at)
        self.receives(to, by, what, amount, at=at, answers=sent)
        return sent

    def checks(
        self,
        by: PartyId,
        supplier: PartyId,
        what: GoodsId,
        amount: Quantity,
        *,
        at: str,
        logged: str | None = None,
        conclusion: Conclusion = "accept",
    ) -> Record:
        said = SupplierCheck(
            supplier=supplier,
            received_on=day(at[:10]),
            conclusion=conclusion,
            lines=(Line(goods=what, quantity=amount),),
        )
        self.books.says(by, said, at=at, logged=logged)
        return self.books.last

    def returns(self, by: PartyId, to: PartyId, what: GoodsId, amount: Quantity, *, at: str) -> Record:
        self.books.says(by, Return(to=to, lines=(Line(goods=what, quantity=amount),)), at=at)
        return self.books.last

    def sells(self, by: PartyId, what: GoodsId, amount: Quantity, *, at: str) -> Record:
        self.books.says(by, Sale(lines=(Line(goods=what, quantity=amount),)), at=at)
        return self.books.last

    def adjusts(
        self,
        by: PartyId,
        reason: AdjustmentReason,
        what: GoodsId,
        amount: Quantity,
        *,
        at: str,
        held_by: PartyId | None = None,
    ) -> Record:
        said = Adjustment(reason=reason, held_by=held_by, lines=(Line(goods=what, quantity=amount),))
        self.books.says(by, said, at=at)
        return self.books.last

    def makes(
        self,
        by: PartyId,
        inputs: Mapping[GoodsId, Quantity],
        outputs: Mapping[GoodsId, Quantity],
        *,
        at: str,
        waste: Mapping[GoodsId, Quantity] | None = None,
    ) -> Record:
        said = Transformation(
            process="加工（演示）",
            inputs=tuple(Line(goods=one, quantity=amount) for one, amount in inputs.items()),
            outputs=(
                *(OutputLine(goods=one, quantity=amount) for one, amount in outputs.items()),
                *(
                    OutputLine(goods=one, quantity=amount, role="waste")
                    for one, amount in (waste or {}).items()
                ),
            ),
        )
        self.books.says(by, said, at=at)
        return self.books.last

    def uses(
        self,
        by: PartyId,
        what: GoodsId,
        amount: Quantity,
        *,
        at: str,
        site: SiteId | None = None,
        on: GoodsId | None = None,
    ) -> Record:
        said = Use(
            purpose="防治韭蛆（演示）",
            site=site,
            on_goods=(on,) if on else None,
            lines=(Line(goods=what, quantity=amount),),
        )
        self.books.says(by, said, at=at)
        return self.books.last

    def recalls(self, by: PartyId, what: GoodsId, *, at: str) -> Record:
        self.books.says(
            by, Recall(action="recall", goods=(what,), reason="检出农药残留（演示）", grade="1"), at=at
        )
        return self.books.last

    def answers(
        self,
        by: PartyId,
        recall: Record,
        what: GoodsId,
        *,
        at: str,
        recovered: Quantity | None = None,
        sold: Quantity | None = None,
        destroyed: Quantity | None = None,
        lost: Quantity | None = None,
    ) -> Record:
        said = RecallAnswer(
            recall=recall.header.id,
            goods=what,
            recovered=recovered,
            sold=sold,
            destroyed=destroyed,
            lost=lost,
        )
        self.books.says(by, said, at=at)
        return self.books.last


@dataclass(slots=True)
class LeekStory(Story):
    """The leeks of 14 November: sprayed on 2 November, harvested, sold to a wholesaler and on to a stall and a school."""

    maker: PartyId = field(init=False)
    shop: PartyId = field(init=False)
    bad_shop: PartyId = field(init=False)
    ghost: PartyId = field(init=False)
    farm: PartyId = field(init=False)
    wholesaler: PartyId = field(init=False)
    supermarket: PartyId = field(init=False)
    stall: PartyId = field(init=False)
    school: PartyId = field(init=False)
    plot: SiteId = field(init=False)

    def __post_init__(self) -> None:
        books = self.books
        self.maker = books.party("农药厂（演示）", credit_code="91370783DEM003012F")
        self.shop = books.party("农资店甲（演示）", credit_code="92320682DEM003039U")
        self.bad_shop = books.party("农资店乙（演示）", credit_code="92320682DEM003047N")
        self.ghost = books.party(
            "农资贸易部（演示）", credit_code="92320900DEM003995Y", declared_by=self.bad_shop
        )
        self.farm = books.party("合作社（演示）", credit_code="93320682DEM0010172")
        self.wholesaler = books.party("蔬菜批发（演示）", credit_code="92320613DEM001068F")
        self.supermarket = books.party("超市（演示）", credit_code="91320613DEM0010848")
        self.stall = books.party("菜摊（演示）", credit_code="92320613DEM001076A")
        self.school = books.party("食堂（演示）", credit_code="12320613DEM0010928")
        self.plot = books.site_id()
        self.batch(self.maker, PESTICIDE, bottles(4800), at=november(1))
        self.delivers(self.maker, self.shop, PESTICIDE, bottles(300), at=november(1, "09:00"))
        self.delivers(self.shop, self.farm, PESTICIDE, bottles(24), at=november(2, "10:00"))
        self.checks(
            self.bad_shop, self.ghost, DOUBTFUL, bottles(200), at=november(1, "07:00"), logged=november(6)
        )
        self.delivers(self.bad_shop, self.farm, DOUBTFUL, bottles(40), at=november(1, "09:12"))
        self.uses(self.farm, PESTICIDE, bottles(24), at=november(2, "15:00"), site=self.plot)
        self.uses(self.farm, DOUBTFUL, bottles(40), at=november(2, "15:00"), site=self.plot)
        self.batch(self.farm, LEEK, kg(1200), at=november(14), site=self.plot, produced_on="2026-11-14")
        self.delivers(self.farm, self.wholesaler, LEEK, kg(800), at=november(14, "09:00"))
        self.delivers(self.farm, self.supermarket, LEEK, kg(400), at=november(14, "09:30"))
        self.delivers(self.wholesaler, self.stall, LEEK, kg(60), at=november(14, "10:00"))
        self.delivers(self.wholesaler, self.school, LEEK, kg(30), at=november(14, "11:00"))


def bottles(amount: int) -> Quantity:
    return Quantity.parse(f"{amount} XBO")


def boxes(amount: int) -> Quantity:
    return Quantity.parse(f"{amount} XBX")


@dataclass(slots=True)
class CountingBook(LooksUp):
    """A book that counts how often it is asked; nothing else about it differs."""

    inner: Book
    index_looks: int = 0
    record_looks: int = 0

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def register(self) -> Register:
        return self.inner.register

    def mentions(self, keys: Collection[str]) -> list[Mention]:
        self.index_looks += 1
        return self.inner.mentions(keys)

    def records(self, seqs: Collection[int]) -> Mapping[int, Record]:
        self.record_looks += 1
        return self.inner.records(seqs)

    def position(self, statement: StatementId, issuer: PartyId | None = None) -> int | None:
        return self.inner.position(statement, issuer)


def ways(edges: tuple[Edge, ...]) -> list[tuple[PartyId, PartyId, str]]:
    """Who to whom and how, without amounts."""
    return [(one.source.party, one.target.party, one.kind) for one in edges]


def between(found: Trace, source: PartyId, target: PartyId) -> list[Edge]:
    """The edges of a trace from one party to another, whatever the direction they were found in."""
    edges = dict.fromkeys((*found.back, *found.forward))
    return [one for one in edges if (one.source.party, one.target.party) == (source, target)]
