"""As `test_incremental`, for stories of papers, licences, fields and substances: what a paper touches is judged again, and only that."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.findings import judge_many, subjects_of
from ledger.findings.words_papers import PAPERS
from ledger.identifiers import GoodsId, PartyId, Quantity
from ledger.register import Enrolment
from ledger.vocabulary.answering import Answer
from ledger.vocabulary.documents import Certificate, Commitment, Voucher, VoucherLine
from ledger.vocabulary.goods import Batch, Import, Release, Transformation, Use
from ledger.vocabulary.oversight import Analyte, TestResult
from ledger.vocabulary.parties import Approval, Licence, Party, Product, Site, Succession
from ledger.vocabulary.trade import (
    CheckedDocument,
    FiledDocument,
    Receipt,
    Sale,
    Shipment,
    SupplierCheck,
    SupplierFile,
)
from ledger.vocabulary.values import Claim, Detail, Line, OutputLine
from tests.support.signing import fixed
from tests.unit.findings.judged import everything
from tests.unit.findings.test_incremental import PRODUCT, History, Teller

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.vocabulary.said import Said

#: A lot with a printed number, which two parties can both know, and one without.
LOTS = (
    GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-1"),
    GoodsId.parse("urn:example:lot:one"),
    GoodsId.parse("urn:example:lot:two"),
)
NUMBERS = ("证书-0001", "证书-0002")
#: Each licence with scopes that its goods are in and out of.
LICENCES = (
    ("农药经营许可证", ("农药（限制使用农药除外）",)),
    ("药品经营许可证", ("中成药",)),
    ("食品生产许可证", ("肉制品",)),
)
VERDICTS: tuple[Literal["pass", "fail", "not_judged"], ...] = ("pass", "fail", "fail", "not_judged")
INVOICE = "26322999999900000101"


class PaperTeller(Teller):
    """Tells of papers. Few numbers and lots, so that they meet."""

    lots: tuple[GoodsId, ...] = LOTS

    def __post_init__(self) -> None:
        Teller.__post_init__(self)
        register = self.history.books.register
        # The first party signs for itself: its books are here.
        key = fixed(1).public
        register.keys[key.keyid] = Enrolment(  # type: ignore[index]  # the test's own register
            key=key, party=self.history.parties[0], role="enterprise", custody="own", since=0
        )
        themes: list[list[Callable[[PartyId], Said]]] = [
            [self.paper, self.checked, self.checked, self.lot, self.file],
            [self.lot, self.papers_of_a_claim, self.succession, self.sheet, self.product],
            [self.approval, self.lot, self.product, self.file, self.sheet],
            [self.release, self.lot, self.sent, self.sold, self.tested],
            [self.spray, self.lot, self.harvest, self.product, self.tested],
            [self.mixed, self.sent, self.promise, self.lot, self.release],
            [self.mixed, self.mixed, self.sent, self.sent, self.lot],
            [self.invoice, self.sent, self.checked, self.got, self.sheet],
            [self.permit, self.permit, self.sold, self.lot, self.succession, self.place],
            [self.permit, self.sold, self.sent, self.lot, self.product],
            [self.permit, self.permit, self.sheet, self.sheet],
            [self.sheet, self.lot, self.checked, self.got, self.permit, self.sent],
            [self.sheet, self.checked, self.sold, self.lot, self.got, self.answered],
        ]
        theme = self.chance.choice(themes)
        self.lots = LOTS[self.chance.randrange(3) :]
        if self.mixed in theme:
            self.category = "farm_produce"
        self.types = [*theme, *theme, self.chance.choice(self.chance.choice(themes)), self.answered]

    def step(self) -> None:
        """One more thing happens, said by any of the parties."""
        if self.chance.randrange(14) == 0:
            self.history.undoes(self.chance.randrange(100))
        elif self.chance.randrange(14) == 0:
            self.history.erases(self.chance.randrange(100), self.chance.randrange(10))
        else:
            self.speaker = self.chance.choice([*self.history.parties, self.history.books.register.registrar])
            corrects = self.chance.randrange(20) if self.chance.randrange(4) == 0 else None
            said = self.chance.choice(self.types)(self.speaker)
            self.history.happens(
                self.speaker, said, late=self.chance.choice([0, 0, 3, 12]), corrects=corrects
            )

    def some_goods(self) -> GoodsId:
        return self.chance.choice(self.lots)

    def number(self) -> str:
        return self.chance.choice(NUMBERS)

    def amount(self) -> Quantity:
        return Quantity.parse(self.chance.choice(["10 KGM", "10 KGM", "30 KGM", "2 XBX"]))

    def goods_lines(self) -> tuple[Line, ...]:
        return tuple(
            Line(goods=self.some_goods(), quantity=self.amount()) for _ in range(self.chance.randrange(1, 3))
        )

    def sheet(self, _: PartyId) -> Said:
        place = self.chance.randrange(3)
        names = ["甲（演示）", "乙（演示）", "丙（演示）"]
        return Party(
            party=self.history.parties[place],
            party_kind=self.chance.choice(["company", "company", "farmer", "individual_business", "unknown"]),
            name=self.chance.choice([names[place], names[place], names[place], names[0]]),
            credit_code=self.chance.choice([None, None, "93320682DEM0010172", "92320900DEM003995Y"]),
            headquarters=self.chance.choice([None, None, self.someone()]),
            phone=self.chance.choice([None, "00000000001", "00000000001"]),
        )

    def succession(self, _: PartyId) -> Said:
        return Succession(
            party=self.someone(),
            successor=self.someone(),
            how=self.chance.choice(["renamed", "merged"]),
            effective_on=self.some_day(),
        )

    def permit(self, _: PartyId) -> Said:
        kind, scope = self.chance.choice(LICENCES)
        return Licence(
            holder=self.someone(),
            licence_kind=kind,
            number="苏DB320699003",
            valid_from=self.perhaps(self.some_day()),
            valid_to=self.perhaps(self.some_day()),
            state=self.chance.choice(["granted", "granted", "granted", "renewal_filed", "suspended"]),
            scope=self.chance.choice([None, scope, scope, (*scope, "乳制品、生物制品")]),
            site=self.perhaps(self.chance.choice(self.history.sites)),
        )

    def approval(self, _: PartyId) -> Said:
        return Approval(
            holder=self.someone(),
            licence_kind="农药登记证",
            number=self.number(),
            valid_to=self.perhaps(self.some_day()),
            state=self.chance.choice(["granted", "granted", "suspended"]),
            products=self.perhaps((PRODUCT,)),
        )

    def lot(self, who: PartyId) -> Said:
        return Batch(
            goods=self.some_goods(),
            maker=self.chance.choice([who, self.someone()]),
            name=self.chance.choice(["韭菜", "纯牛奶", "限制使用农药", "克百威颗粒剂", "番茄"]),
            category=self.chance.choice([self.category] * 4 + ["farm_produce", "pesticide"]),
            product=self.perhaps(PRODUCT),
            produced_on=self.perhaps(self.some_day()),
            expires_on=self.perhaps(self.some_day()),
            approval_number=self.perhaps(self.number()),
            approval_holder=self.chance.choice([None, None, "甲（演示）"]),
            specification=self.perhaps("1 kg"),
            active_ingredients=self.chance.choice([None, ("克百威",), ("甲胺磷",), ("硼砂",)]),
            claims=self.chance.choice([None, (Claim(claim="有机产品", certificate_number=self.number()),)]),
            details=self.chance.choice([None, (Detail(field="class", value="生物制品"),)]),
            imported=self.chance.choice([None, None, Import(country="NL")]),
            site=self.perhaps(self.chance.choice(self.history.sites)),
        )

    def harvest(self, who: PartyId) -> Said:
        return Batch(
            goods=LOTS[2],
            maker=who,
            name="韭菜",
            category="farm_produce",
            produced_on=self.some_day(),
            site=self.chance.choice(self.history.sites),
        )

    def product(self, who: PartyId) -> Said:
        return Product(
            product=PRODUCT,
            owner=who,
            name="3% 克百威颗粒剂",
            category=self.category,
            approval_number=self.perhaps(self.number()),
            active_ingredients=self.chance.choice([None, ("克百威",), ("噻虫嗪",)]),
            claims=self.perhaps((Claim(claim="有机产品", certificate_number=self.number()),)),
        )

    def place(self, who: PartyId) -> Said:
        one, other = self.history.sites
        site = self.chance.choice([one, other])
        within = other if site == one else one
        return Site(site=site, party=who, site_kind="shop", name="门店", within=self.perhaps(within))

    def paper(self, who: PartyId) -> Said:
        return Certificate(
            certificate_kind=self.chance.choice(["factory_inspection", "third_party_test", "quarantine"]),
            number=self.number(),
            issued_by="检测（演示）",
            goods=self.chance.choice([(), (self.some_goods(),), (self.some_goods(), self.some_goods())]),
            products=self.chance.choice([None, None, (PRODUCT,)]),
            holder=self.perhaps(who),
            covers=self.perhaps(self.amount()),
            valid_to=self.perhaps(self.some_day()),
        )

    def papers_of_a_claim(self, _: PartyId) -> Said:
        return Certificate(
            certificate_kind=self.chance.choice(["organic", "organic", "green_food"]),
            number=self.number(),
            issued_by="认证（演示）",
            goods=self.chance.choice([(), (), (self.some_goods(),)]),
            holder=self.perhaps(self.someone()),
            scope=self.chance.choice([None, ("番茄",), ("蔬菜",)]),
            valid_to=self.perhaps(self.some_day()),
        )

    def promise(self, who: PartyId) -> Said:
        return Commitment(
            producer=who,
            basis="self_test",
            goods=self.perhaps(self.some_goods()),
            products=self.perhaps((PRODUCT,)),
            number=self.perhaps(self.number()),
        )

    def file(self, _: PartyId) -> Said:
        kind = self.chance.choice(["农药经营许可证", "产品检验报告", "农药登记证", "授权书"])
        paper = FiledDocument(
            document_kind=kind, number=self.perhaps(self.number()), valid_to=self.perhaps(self.some_day())
        )
        return SupplierFile(
            supplier=self.someone(), for_shops=self.perhaps((self.someone(),)), documents=(paper,)
        )

    def checked(self, _: PartyId) -> Said:
        looked = tuple(
            CheckedDocument(
                what=self.chance.choice(["licence", "certificate", "certificate", "quarantine"]),
                result=self.chance.choice(
                    ["in_order", "in_order", "in_order", "missing", "expired", "does_not_match"]
                ),
                reference=self.perhaps(self.number()),
                goods=self.perhaps(self.some_goods()),
                quantity=self.chance.choice([None, self.amount()]),
            )
            for _ in range(self.chance.randrange(3))
        )
        return SupplierCheck(
            supplier=self.someone(),
            received_on=self.some_day(),
            conclusion=self.chance.choice(["accept", "accept", "accept", "refuse"]),
            for_shops=self.chance.choice([None, None, (self.someone(),)]),
            checks=looked or None,
            lines=self.goods_lines(),
        )

    def got(self, _: PartyId) -> Said:
        received = [one.model_dump() for one in self.goods_lines()]
        return Receipt.read(
            {
                "supplier": str(self.someone()),
                "lines": [{"goods": str(one["goods"]), "quantity": one["quantity"]} for one in received],
            }
        )

    def sent(self, _: PartyId) -> Said:
        return Shipment(to=self.someone(), lines=self.goods_lines())

    def sold(self, _: PartyId) -> Said:
        return Sale(site=self.perhaps(self.chance.choice(self.history.sites)), lines=self.goods_lines())

    def mixed(self, _: PartyId) -> Said:
        made = OutputLine(goods=self.some_goods(), quantity=self.amount())
        return Transformation(
            process=self.chance.choice(["分装", "净菜"]), inputs=self.goods_lines(), outputs=(made,)
        )

    def spray(self, _: PartyId) -> Said:
        return Use(
            purpose=self.chance.choice(["韭菜", "蓟马", "棉花"]),
            site=self.perhaps(self.chance.choice(self.history.sites)),
            on_goods=self.perhaps((self.some_goods(),)),
            lines=self.goods_lines(),
        )

    def release(self, _: PartyId) -> Said:
        return Release(
            goods=self.some_goods(),
            result=self.chance.choice(["released", "released", "rejected"]),
            basis="own_test",
        )

    def tested(self, who: PartyId) -> Said:
        before = [one.header.id for one in self.history.books.records if isinstance(one.said, TestResult)]
        verdict = self.chance.choice(VERDICTS)
        return TestResult(
            goods=self.some_goods(),
            taken_from=who,
            laboratory="检测（演示）",
            stage=self.chance.choice(["quick", "laboratory", "laboratory", "retest"]),
            overall="pass" if verdict == "pass" else "fail",
            sample_number=self.perhaps("样-1"),
            retest_of=self.chance.choice([None, None, *before]),
            results=(
                Analyte(
                    analyte=self.chance.choice(["克百威", "克伦特罗", "甲胺磷"]),
                    value=self.chance.choice(["0.09", "<0.01", "未检出"]),
                    verdict=verdict,
                ),
            ),
        )

    def invoice(self, _: PartyId) -> Said:
        kinds = (Shipment, SupplierCheck, Receipt)
        told = [one.header.id for one in self.history.books.records if isinstance(one.said, kinds)]
        listed = VoucherLine(name="货", goods=self.perhaps(self.some_goods()), quantity=self.amount())
        return Voucher(
            voucher_kind=self.chance.choice(["e_invoice", "e_invoice", "purchase_invoice"]),
            seller=self.someone(),
            buyer=self.someone(),
            number=self.chance.choice([None, INVOICE]),
            deliveries=tuple(self.chance.sample(told, min(2, len(told)))) or None,
            lines=(listed,),
        )

    def answered(self, _: PartyId) -> Said:
        found = [one for some in self.history.kept.values() for one in some]
        if not found:
            return self.sheet(self.speaker)
        one = self.chance.choice(found)
        self.speaker = self.chance.choice([one.party, self.speaker])
        return Answer(finding=one.kind, subject=one.subject, cause="typing", text="录入时选错了，随后更正。")


@settings(max_examples=80)
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 40))
def test_what_a_paper_touches_is_all_that_has_to_be_judged_again(seed: int, steps: int) -> None:
    teller = PaperTeller(History(), Random(seed))
    for _ in range(steps):
        teller.step()

    kept = {subject: found for subject, found in teller.history.kept.items() if found}
    assert kept == everything(teller.history.books.book)


def test_the_stories_of_papers_hold_every_finding_about_papers() -> None:
    seen, answered = set(), False
    for seed in range(400):
        teller = PaperTeller(History(), Random(seed))
        for _ in range(30):
            teller.step()
        found = [one for some in teller.history.kept.values() for one in some]
        seen |= {one.kind for one in found}
        answered = answered or any(one.answers for one in found)
        if seen >= set(PAPERS) and answered:
            return
    assert sorted(set(PAPERS) - seen) == []
    assert answered


def test_an_answer_stands_beside_its_finding_and_moves_nothing_in_it() -> None:
    teller = PaperTeller(History(), Random(3))
    for _ in range(30):
        teller.step()
    book = teller.history.books.book
    before = everything(book)
    subject, found = next((subject, found) for subject, found in sorted(before.items()) if found)
    one = found[0]
    stranger = teller.history.books.party_id()
    for who in (stranger, one.party):
        answer = Answer(finding=one.kind, subject=subject, cause="paper_late", text="单据已补录。")
        teller.history.happens(who, answer, late=0, corrects=None)
    mine = teller.history.books.last.seq

    again = judge_many([subject], book)[subject]
    assert [replace(each, answers=()) for each in again] == [replace(each, answers=()) for each in found]
    told = next(each for each in again if (each.kind, each.party) == (one.kind, one.party))
    assert told.answers == (*one.answers, mine)
    assert subjects_of(teller.history.books.last) == {f"statement/{teller.history.books.last.header.id}"}
