from __future__ import annotations

from ledger.trace import Source, trace
from ledger.trace.sources import (
    ADDRESS,
    CERTIFICATE,
    FARMER,
    MADE_HERE,
    NAME,
    NO_RECORD,
    NOT_ON_LEDGER,
    OLDER,
    PHONE,
    PURCHASE,
)
from ledger.vocabulary.documents import Certificate, Commitment
from ledger.vocabulary.parties import Party
from tests.support.books import kg
from tests.unit.trace.stories import Story, goods, november

CABBAGE, KIMCHI = goods("cabbage"), goods("kimchi")


def _only_source(story: Story) -> Source:
    (source,) = trace(story.book, CABBAGE).sources
    return source


def test_a_batch_its_maker_recorded_is_a_recorded_source_and_misses_nothing() -> None:
    story = Story()
    farm = story.books.party("合作社（演示）", credit_code="93320682DEM0010172")
    record = story.batch(farm, CABBAGE, kg(10), at=november(1))
    source = _only_source(story)
    assert (source.kind, source.record, source.reasons, source.missing) == (
        "recorded",
        record,
        (MADE_HERE,),
        (),
    )


def test_a_farmer_without_code_and_licence_is_lawful_and_grey() -> None:
    story = Story()
    stall = story.books.party("菜摊（演示）")
    farmer = story.books.party("张三（演示）", kind="farmer", declared_by=stall)
    check = story.checks(stall, farmer, CABBAGE, kg(10), at=november(1))
    source = _only_source(story)
    assert (source.kind, source.holding.party, source.record) == ("declared", farmer, check)
    assert source.reasons == (FARMER,)
    assert source.missing == (PHONE, ADDRESS, CERTIFICATE)


def test_what_was_recorded_of_a_farmer_is_not_missing() -> None:
    story = Story()
    stall, farmer = story.books.party("菜摊（演示）"), story.books.party_id()
    sheet = Party(
        party=farmer,
        party_kind="farmer",
        person_name="张三（演示）",
        phone="0513-5550100",
        address="演示村2组",
    )
    story.books.says(stall, sheet, at=november(1))
    story.checks(stall, farmer, CABBAGE, kg(10), at=november(1))
    promise = Commitment(producer=farmer, basis="self_promise", goods=CABBAGE)
    story.books.says(stall, promise, at=november(1))
    assert _only_source(story).missing == ()


def test_a_certificate_for_the_goods_is_not_missing() -> None:
    story = Story()
    stall, farmer = story.books.party("菜摊（演示）"), story.books.party_id()
    story.checks(stall, farmer, CABBAGE, kg(10), at=november(1))
    assert _only_source(story).missing == (NAME, PHONE, ADDRESS, CERTIFICATE)
    paper = Certificate(certificate_kind="origin", number="1", issued_by="村委会（演示）", goods=(CABBAGE,))
    story.books.says(stall, paper, at=november(1))
    assert _only_source(story).missing == (NAME, PHONE, ADDRESS)


def test_a_company_that_is_not_on_this_ledger_is_declared() -> None:
    story = Story()
    shop = story.books.party("超市（演示）")
    dairy = story.books.party(
        "外地厂（演示）", declared_by=shop, credit_code="91370783DEM003012F", phone="0536-5550100"
    )
    record = story.batch(shop, CABBAGE, kg(10), at=november(1), maker=dairy)
    source = _only_source(story)
    assert (source.kind, source.holding.party, source.record) == ("declared", dairy, record)
    assert source.reasons == (NOT_ON_LEDGER,)


def test_a_failing_credit_code_is_a_contradiction_even_for_a_recorded_batch() -> None:
    story = Story()
    ghost = story.books.party("不存在的厂（演示）", credit_code="92320900DEM003995Y")
    story.batch(ghost, CABBAGE, kg(10), at=november(1))
    source = _only_source(story)
    assert source.kind == "contradicted"
    assert "92320900DEM003995Y" in source.reasons[0].en


def test_the_right_check_character_makes_the_same_source_recorded() -> None:
    story = Story()
    farm = story.books.party("厂（演示）", credit_code="92320900DEM003995F")
    story.batch(farm, CABBAGE, kg(10), at=november(1))
    assert _only_source(story).kind == "recorded"


def test_opening_stock_is_older_than_the_ledger_and_needs_no_purchase() -> None:
    story = Story()
    trader = story.books.party("批发（演示）")
    story.adjusts(trader, "opening_stock", CABBAGE, kg(10), at=november(1))
    source = _only_source(story)
    assert (source.kind, source.reasons, source.missing) == ("declared", (OLDER,), (CERTIFICATE,))


def test_a_registered_trader_without_any_purchase_misses_the_purchase() -> None:
    story = Story()
    trader = story.books.party("批发（演示）")
    story.sells(trader, CABBAGE, kg(10), at=november(1))
    source = _only_source(story)
    assert (source.reasons, source.missing) == ((NO_RECORD,), (PURCHASE, CERTIFICATE))


def test_the_batch_record_of_another_maker_is_not_shown_for_this_end() -> None:
    story = Story()
    farm, trader = story.books.party("合作社（演示）"), story.books.party("批发（演示）")
    story.batch(farm, CABBAGE, kg(10), at=november(1))
    sale = story.sells(trader, CABBAGE, kg(1), at=november(2))
    (source,) = trace(story.book, CABBAGE, at=trader).sources
    assert (source.holding.party, source.record) == (trader, sale)


def test_a_processed_batch_is_no_end_and_its_input_is() -> None:
    story = Story()
    factory = story.books.party("加工厂（演示）")
    story.batch(factory, KIMCHI, kg(9), at=november(2))
    story.makes(factory, {CABBAGE: kg(10)}, {KIMCHI: kg(9)}, at=november(2))
    (source,) = trace(story.book, KIMCHI).sources
    assert (source.kind, source.holding.goods) == ("declared", CABBAGE)


def test_a_refused_delivery_is_no_source() -> None:
    story = Story()
    farm, stall = story.books.party("合作社（演示）"), story.books.party("菜摊（演示）")
    story.batch(farm, CABBAGE, kg(10), at=november(1))
    sent = story.ships(farm, stall, CABBAGE, kg(10), at=november(2))
    story.receives(stall, farm, CABBAGE, kg(10), at=november(2), answers=sent, conclusion="refuse")
    story.sells(stall, CABBAGE, kg(1), at=november(3))
    (source,) = trace(story.book, CABBAGE, at=stall).sources
    assert (source.kind, source.holding.party) == ("declared", stall)


def test_what_comes_back_from_a_customer_does_not_make_him_a_source() -> None:
    story = Story()
    trader, stall = story.books.party("批发（演示）"), story.books.party("菜摊（演示）")
    story.delivers(trader, stall, CABBAGE, kg(10), at=november(2))
    story.returns(stall, trader, CABBAGE, kg(10), at=november(3))
    (source,) = trace(story.book, CABBAGE, at=trader).sources
    assert source.holding.party == trader
