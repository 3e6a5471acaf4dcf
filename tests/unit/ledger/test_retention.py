"""Until when a record must be kept: each border from both sides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from ledger.identifiers import GoodsId, LegalDate
from ledger.keys import Ed25519Signer
from ledger.register import Enrolment
from ledger.retention import PERSONAL_KINDS, Keeping, months_after
from ledger.vocabulary import TYPES
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Voucher, VoucherLine
from ledger.vocabulary.goods import Batch, Transformation, Use
from ledger.vocabulary.oversight import Complaint, Hold, Inspection, Recall
from ledger.vocabulary.parties import Licence, Product
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.retention_rule import MONTHS_MAX, Period, Retention
from ledger.vocabulary.trade import Sale, Shipment, SupplierCheck, VoucherReference
from ledger.vocabulary.values import Line, OutputLine
from tests.support.books import BookWriter, kg

if TYPE_CHECKING:
    from ledger.retention import Kept
    from ledger.vocabulary.said import Said
    from ledger.vocabulary.trade import VoucherKind

BOUGHT = "2026-08-31T09:00:00+08:00"


def day(text: str) -> LegalDate:
    return LegalDate.parse(text)


def goods(number: int = 1) -> GoodsId:
    return GoodsId.parse(f"urn:demo:lot:{number}")


class Shop:
    """A shop that buys lots of one category, and what it records of them."""

    def __init__(self) -> None:
        self.books = BookWriter()
        self.maker = self.books.party("厂（演示）")
        self.shop = self.books.party("店（演示）")

    def lot(self, category: str, *, number: int = 1, **fields: object) -> GoodsId:
        batch = {
            "goods": goods(number),
            "maker": self.maker,
            "name": "货（演示）",
            "category": category,
            **fields,
        }
        self.books.says(self.maker, Batch.model_validate(batch), at="2026-08-01T08:00:00+08:00")
        return goods(number)

    def says(self, said: Said, *, at: str = BOUGHT, logged: str | None = None) -> Kept:
        """How long a record of the shop is kept."""
        self.books.says(self.shop, said, at=at, logged=logged)
        return self.last()

    def last(self) -> Kept:
        return Keeping(self.books.book).of(self.books.last)

    def check(self, *lots: GoodsId, at: str = BOUGHT, logged: str | None = None) -> Kept:
        said = SupplierCheck(
            supplier=self.maker,
            received_on=day("2026-08-31"),
            conclusion="accept",
            lines=tuple(Line(goods=one, quantity=kg(1)) for one in lots),
        )
        return self.says(said, at=at, logged=logged)


@pytest.fixture
def shop() -> Shop:
    return Shop()


# Months


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-12-31", 1, "2027-01-31"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-03-15", 24, "2028-03-15"),
        ("2999-06-30", 6, "2999-12-30"),
    ],
)
def test_a_period_ends_on_the_same_number_or_the_last_of_the_month(begin: str, months: int, end: str) -> None:
    assert str(months_after(day(begin), months)) == end


def test_a_period_beyond_the_years_of_a_date_has_no_end() -> None:
    assert months_after(day("2999-07-01"), 5) is not None
    assert months_after(day("2999-07-01"), 6) is None


# Floors


def test_the_last_day_still_belongs_to_the_period_and_the_day_after_does_not(shop: Shop) -> None:
    kept = shop.check(shop.lot("farm_produce"))
    assert (str(kept.until), kept.law) == ("2027-02-28", "食品安全法 65")
    assert [kept.may_go(day(one)) for one in ("2027-02-27", "2027-02-28", "2027-03-01")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("category", "until"),
    [("pork", "2028-08-31"), ("pesticide", "2028-08-31"), ("drug", "2031-08-31")],
)
def test_each_category_has_its_own_period(shop: Shop, category: str, until: str) -> None:
    assert str(shop.check(shop.lot(category)).until) == until


def test_food_is_kept_six_months_behind_its_shelf_life(shop: Shop) -> None:
    kept = shop.check(shop.lot("packaged_food", expires_on="2027-02-28"))
    assert (str(kept.until), kept.law) == ("2027-08-28", "食品安全法 50、53")


def test_food_without_a_shelf_life_is_kept_two_years_from_the_record(shop: Shop) -> None:
    assert str(shop.check(shop.lot("packaged_food")).until) == "2028-08-31"


def test_a_shelf_life_that_only_the_product_names_counts_from_the_day_it_was_made(shop: Shop) -> None:
    product = shop.books.product_id()
    sheet = Product(
        product=product, owner=shop.maker, name="罐头（演示）", category="packaged_food", shelf_life_days=1080
    )
    shop.books.says(shop.maker, sheet, at="2026-07-01T08:00:00+08:00")
    made = shop.lot("packaged_food", number=1, product=str(product), produced_on="2026-08-01")
    assert str(shop.check(made).until) == "2030-01-16"
    # When it was made nobody says: at the latest when it was bought.
    unknown = shop.lot("packaged_food", number=2, product=str(product))
    assert str(shop.check(unknown).until) == "2030-02-15"


def test_a_grower_keeps_the_record_of_growing_longer_than_the_stall_its_purchase(shop: Shop) -> None:
    leek = shop.lot("farm_produce")
    assert str(Keeping(shop.books.book).of(shop.books.last).until) == "2028-08-01"
    assert str(shop.check(leek).until) == "2027-02-28"


def test_the_longest_of_all_goods_counts(shop: Shop) -> None:
    leek, spray = shop.lot("farm_produce", number=1), shop.lot("drug", number=2)
    assert str(shop.check(leek, spray).until) == "2031-08-31"
    use = Use(purpose="治虫（演示）", on_goods=(leek,), lines=(Line(goods=spray, quantity=kg(1)),))
    assert str(shop.says(use).until) == "2031-08-31"


def test_the_longest_of_what_several_declarers_say_counts(shop: Shop) -> None:
    lot = shop.lot("farm_produce")
    other = Batch(goods=lot, maker=shop.maker, name="货（演示）", category="drug")
    shop.books.says(shop.shop, other, at=BOUGHT)
    assert str(shop.check(lot).until) == "2031-08-31"


def test_the_later_of_both_clocks_counts(shop: Shop) -> None:
    kept = shop.check(shop.lot("farm_produce"), at=BOUGHT, logged="2026-10-15T09:00:00+08:00")
    assert str(kept.until) == "2027-04-15"


def test_the_day_is_the_day_in_china(shop: Shop) -> None:
    lot = shop.lot("farm_produce")
    assert str(shop.check(lot, at="2026-09-30T15:59:59Z").until) == "2027-03-30"
    assert str(shop.check(lot, at="2026-09-30T16:00:00Z").until) == "2027-04-01"


def test_a_shelf_life_beyond_the_calendar_never_ends(shop: Shop) -> None:
    assert str(shop.check(shop.lot("packaged_food", number=1, expires_on="2999-06-30")).until) == "2999-12-30"
    assert shop.check(shop.lot("packaged_food", number=2, expires_on="2999-12-31")).until is None


# Kept without an end


@pytest.mark.parametrize("category", ["generic", "自行车（演示）"])
def test_goods_of_no_known_category_are_kept(shop: Shop, category: str) -> None:
    kept = shop.check(shop.lot(category))
    assert kept.until is None
    assert not kept.may_go(day("2999-12-31"))


def test_goods_that_nobody_described_are_kept_and_keep_the_others(shop: Shop) -> None:
    assert shop.check(shop.lot("farm_produce"), goods(9)).until is None


def test_goods_that_are_held_are_kept_until_they_are_released(shop: Shop) -> None:
    lot = shop.lot("farm_produce")
    shop.books.says(shop.maker, Hold(action="hold", goods=(lot,)), at=BOUGHT)
    assert shop.check(lot).until is None
    shop.books.says(shop.maker, Hold(action="release", goods=(lot,)), at="2026-09-02T08:00:00+08:00")
    assert str(shop.check(lot).until) == "2027-02-28"


def test_goods_made_from_recalled_goods_are_kept_until_the_recall_ends(shop: Shop) -> None:
    raw, made = shop.lot("packaged_food", number=1), shop.lot("packaged_food", number=2)
    turned = Transformation(
        process="混合（演示）",
        inputs=(Line(goods=raw, quantity=kg(1)),),
        outputs=(OutputLine(goods=made, quantity=kg(1)),),
    )
    shop.books.says(shop.maker, turned, at="2026-08-02T08:00:00+08:00")
    shop.books.says(shop.maker, Recall(action="recall", goods=(raw,), reason="（演示）"), at=BOUGHT)
    assert shop.check(made).until is None
    shop.books.says(
        shop.maker, Recall(action="end", goods=(raw,), reason="（演示）"), at="2026-09-02T08:00:00+08:00"
    )
    assert str(shop.check(made).until) == "2028-08-31"


def test_goods_somebody_complained_about_are_kept(shop: Shop) -> None:
    lot, other = shop.lot("farm_produce", number=1), shop.lot("farm_produce", number=2)
    shop.books.says(shop.books.register.registrar, Complaint(text="（演示）", goods=lot), at=BOUGHT)
    assert shop.check(lot).until is None
    assert shop.check(other).until is not None


def test_official_papers_are_kept(shop: Shop) -> None:
    said = Inspection(
        party=shop.maker, officers=("1",), conclusion="in_order", goods=(shop.lot("farm_produce"),)
    )
    assert shop.says(said).until is None


# What rests on others


def test_a_suppliers_sheet_is_kept_as_long_as_the_last_purchase_from_it(shop: Shop) -> None:
    sheet = shop.books.records[0]
    assert Keeping(shop.books.book).of(sheet).until is None
    shop.check(shop.lot("farm_produce"))
    # The batch that the maker recorded is a record of growing.
    assert str(Keeping(shop.books.book).of(sheet).until) == "2028-08-01"
    shop.check(goods(1), at="2028-05-05T08:00:00+08:00")
    assert str(Keeping(shop.books.book).of(sheet).until) == "2028-11-05"
    licence = Licence(holder=shop.maker, licence_kind="营业执照", number="1")
    assert str(shop.says(licence).until) == "2028-11-05"


def test_whoever_takes_part_is_kept_until_its_key_is_revoked(shop: Shop) -> None:
    shop.check(shop.lot("farm_produce"))
    sheet, book, public = shop.books.records[0], shop.books.book, Ed25519Signer.generate().public
    for until, kept in ((None, None), (3, "2028-08-01")):
        key = Enrolment(public, shop.maker, "enterprise", "own", since=1, until=until)
        book.register = replace(book.register, keys={public.keyid: key})
        found = Keeping(book).of(sheet).until
        assert (found if found is None else str(found)) == kept


def test_an_invoice_is_kept_five_years_and_a_slip_with_its_goods(shop: Shop) -> None:
    lot = shop.lot("farm_produce")
    kinds: tuple[tuple[VoucherKind, str], ...] = (("e_invoice", "2031-08-31"), ("sales_slip", "2027-02-28"))
    for kind, until in kinds:
        shop.check(lot)
        sold = Shipment(
            to=shop.maker,
            voucher=VoucherReference(voucher_kind=kind, number="7"),
            lines=(Line(goods=lot, quantity=kg(1)),),
        )
        shop.says(sold)
        paper = Voucher(voucher_kind=kind, number="7", seller=shop.shop, buyer=shop.maker)
        assert str(shop.says(paper).until) == until
    lines = (VoucherLine(name="韭菜", goods=lot),)
    paper = Voucher(voucher_kind="sales_slip", seller=shop.shop, buyer=shop.maker, lines=lines)
    assert str(shop.says(paper).until) == "2027-02-28"
    assert shop.says(Voucher(voucher_kind="sales_slip", seller=shop.shop, buyer=shop.maker)).until is None


def test_a_withdrawal_is_kept_as_long_as_what_it_withdraws(shop: Shop) -> None:
    shop.check(shop.lot("farm_produce"))
    wrong = shop.books.last
    shop.books.says(
        shop.shop,
        Correction(correction_reason="did_not_occur"),
        at="2026-09-30T08:00:00+08:00",
        corrects=wrong,
    )
    assert str(shop.last().until) == "2027-02-28"
    assert str(Keeping(shop.books.book).of(shop.books.records[-2]).until) == "2027-02-28"


def test_a_pesticide_sale_with_its_buyer_is_kept_two_years(shop: Shop) -> None:
    sale = Sale(buyer_name="王某（演示）", lines=(Line(goods=shop.lot("pesticide"), quantity=kg(1)),))
    assert str(shop.says(sale).until) == "2028-08-31"


# The rules themselves


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"after_expiry_months": 6},
        {"without_expiry_months": 24},
        {"at_least_months": 0},
        {"at_least_months": MONTHS_MAX + 1},
        {"at_least_months": 6, "years": 2},
    ],
)
def test_a_rule_that_leaves_goods_without_a_floor_is_no_rule(fields: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Period.model_validate({"law": "（演示）", **fields})


@pytest.mark.parametrize(
    "fields",
    [
        {"at_least_months": 1},
        {"at_least_months": MONTHS_MAX},
        {"after_expiry_months": 6, "without_expiry_months": 24},
        {"at_least_months": 24, "after_expiry_months": 12},
    ],
)
def test_a_rule_with_a_floor_for_all_goods_is_one(fields: dict[str, int]) -> None:
    assert Period.model_validate({"law": "（演示）", **fields}).words.zh


def test_a_rule_for_one_type_stands_instead_of_the_general_one() -> None:
    rule = Retention.model_validate(
        {"law": "一般", "at_least_months": 6, "records": {"use": {"law": "用药", "at_least_months": 24}}}
    )
    assert (rule.period_for("use.v1").law, rule.period_for("receipt.v1").law) == ("用药", "一般")
    with pytest.raises(ValidationError):
        Retention.model_validate({"law": "一般", "at_least_months": 6, "records": {"hold": {"law": "x"}}})


def test_goods_of_the_laws_named_have_a_floor_and_unknown_goods_have_none() -> None:
    assert profile_for(None).retention is None
    for category in ("farm_produce", "pork", "packaged_food", "drug", "pesticide", "feed", "cosmetics"):
        rule = profile_for(category).retention
        assert rule is not None
        assert rule.law


def test_persons_lie_in_items_of_their_own() -> None:
    """A name or a telephone number in an item of another kind would stay when its time is over."""
    names = {
        "person_name",
        "phone",
        "address",
        "buyer_name",
        "buyer_phone",
        "reporter_name",
        "reporter_phone",
        "checked_by",
    }
    for kind in TYPES.values():
        for name, place in kind.places().items():
            if name in names:
                assert place.item in PERSONAL_KINDS, (kind.TYPE, name)
