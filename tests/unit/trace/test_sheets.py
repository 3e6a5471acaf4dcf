from __future__ import annotations

from ledger.identifiers import BatchNumber
from ledger.trace import party_view, what_it_was
from ledger.trace.sheets import batch_view, party_views, party_views_in
from ledger.trace.shelf import Shelf, about_goods
from ledger.vocabulary.documents import Certificate, Commitment
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Licence, Party
from tests.support.books import kg
from tests.unit.trace.stories import LEEK, Story, day, goods, november


def test_goods_nobody_declared_have_an_empty_sheet() -> None:
    sheet = what_it_was(Story().book, LEEK)
    assert (sheet.record, sheet.name, sheet.maker, sheet.declarers, sheet.declared) == (
        None,
        None,
        None,
        (),
        False,
    )


def test_the_sheet_of_goods_shows_what_the_maker_recorded() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）")
    product = story.books.product_id()
    said = Batch(
        goods=LEEK,
        maker=farm,
        name="韭菜（演示）",
        category="edible_farm_produce",
        product=product,
        batch_number=BatchNumber.parse("JC-20261114"),
        specification="散装",
        produced_on=day("2026-11-14"),
        expires_on=day("2026-11-19"),
        origin="如皋（演示）",
        quantity=kg(1200),
    )
    story.books.says(farm, said, at=november(14))
    record = story.books.last
    paper = Certificate(
        certificate_kind="third_party_test", number="1", issued_by="检测站（演示）", goods=(LEEK, goods("x"))
    )
    story.books.says(farm, paper, at=november(14))
    certificate = story.books.last
    story.books.says(farm, Commitment(producer=farm, basis="self_test", goods=LEEK), at=november(14))
    commitment = story.books.last
    sheet = what_it_was(story.book, LEEK)
    assert (sheet.record, sheet.maker, sheet.product, sheet.quantity) == (record, farm, product, kg(1200))
    assert (sheet.name, sheet.category, sheet.specification) == (
        "韭菜（演示）",
        "edible_farm_produce",
        "散装",
    )
    assert (str(sheet.batch_number), sheet.origin) == ("JC-20261114", "如皋（演示）")
    assert (sheet.produced_on, sheet.expires_on) == (day("2026-11-14"), day("2026-11-19"))
    assert (sheet.certificates, sheet.commitments, sheet.declared) == ((certificate,), (commitment,), False)


def test_the_makers_record_is_shown_before_a_later_one_by_a_buyer() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    own = story.batch(farm, LEEK, kg(1200), at=november(14))
    story.batch(stall, LEEK, kg(60), at=november(15), maker=farm)
    sheet = what_it_was(story.book, LEEK)
    assert (sheet.record, sheet.declarers) == (own, (farm, stall))


def test_a_batch_that_only_a_buyer_recorded_is_declared() -> None:
    story = Story()
    farmer, stall = story.books.party_id(), story.books.party("菜摊（演示）")
    story.batch(stall, LEEK, kg(60), at=november(14), maker=farmer)
    later = story.batch(stall, LEEK, kg(50), at=november(15), maker=farmer)
    sheet = what_it_was(story.book, LEEK)
    assert (sheet.record, sheet.maker, sheet.declared, sheet.declarers) == (later, farmer, True, (stall,))


def test_a_party_nobody_recorded_has_an_empty_sheet() -> None:
    sheet = party_view(Story().book, Story().books.party_id())
    assert (sheet.record, sheet.name, sheet.kind, sheet.declared, sheet.seqs) == (None, None, None, True, ())


def test_a_renamed_party_shows_its_name_and_its_former_names() -> None:
    story = Story()
    factory = story.books.party("濠滨食品厂（演示）", credit_code="91320613DEM001041T", phone="0513-5550104")
    sheet = Party(
        party=factory, party_kind="company", name="濠滨肉制品有限公司（演示）", formerly="濠滨食品厂（演示）"
    )
    story.books.says(story.books.register.registrar, sheet, at="2026-10-01T08:00:00+08:00")
    found = party_view(story.book, factory)
    assert (found.name, found.former_names) == ("濠滨肉制品有限公司（演示）", ("濠滨食品厂（演示）",))
    assert (found.credit_code, found.phone) == ("91320613DEM001041T", "0513-5550104")
    assert (found.declared, found.record, len(found.seqs)) == (False, story.books.last, 2)


def test_what_the_registrar_says_comes_before_what_a_customer_declares() -> None:
    story = Story()
    shop = story.books.party("农资店（演示）")
    maker = story.books.party("绿叶农药（演示）", declared_by=shop)
    assert party_view(story.book, maker).declared
    right = Party(party=maker, party_kind="company", name="绿叶作物科学（演示）")
    story.books.says(story.books.register.registrar, right, at="2026-09-01T08:00:00+08:00")
    story.books.says(shop, Party(party=maker, party_kind="unknown", name="绿叶（演示）"), at=november(3))
    found = party_view(story.book, maker)
    assert (found.name, found.kind, found.declared) == ("绿叶作物科学（演示）", "company", False)


def test_a_party_that_recorded_its_own_sheet_is_not_only_declared() -> None:
    story = Story()
    shop = story.books.party_id()
    story.books.says(shop, Party(party=shop, party_kind="company", name="农资店（演示）"), at=november(1))
    assert not party_view(story.book, shop).declared


def test_licences_of_the_party_are_listed_and_of_others_are_not() -> None:
    story = Story()
    shop, other = story.books.party("农资店（演示）"), story.books.party("别店（演示）")
    story.books.says(
        shop, Licence(holder=shop, licence_kind="pesticide_operation", number="1"), at=november(1)
    )
    own = story.books.last
    story.books.says(
        shop, Licence(holder=other, licence_kind="pesticide_operation", number="2"), at=november(1)
    )
    assert party_view(story.book, shop).licences == (own,)


def test_off_a_shelf_the_sheets_are_the_same() -> None:
    story = Story()
    farm, shop = story.books.party("合作社（演示）"), story.books.party("农资店（演示）")
    batch = Batch(goods=LEEK, maker=farm, name="韭菜（演示）", category="edible_farm_produce")
    story.books.says(farm, batch, at=november(1))
    story.books.says(
        shop, Licence(holder=shop, licence_kind="pesticide_operation", number="1"), at=november(1)
    )
    shelf, parties = Shelf(story.book), [farm, shop, story.books.party_id()]
    shelf.look([about_goods(LEEK)])
    assert batch_view(shelf, LEEK) == what_it_was(story.book, LEEK)
    assert party_views(shelf, parties) == party_views_in(story.book, parties)
