from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from ledger.findings.classes import covers_crop, crops_in, names_goods, outside_scope
from ledger.vocabulary.goods import Batch, Transformation, Use
from ledger.vocabulary.oversight import Analyte, TestResult
from ledger.vocabulary.parties import Product
from ledger.vocabulary.trade import Return, Sale, Shipment
from ledger.vocabulary.values import OutputLine
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, day, findings, goods, line

if TYPE_CHECKING:
    from ledger.findings import Finding
    from ledger.identifiers import GoodsId, PartyId, ProductId, SiteId

AT = "2026-10-02T09:00:00+08:00"
#: Banned by every list of the farm produce profile; the other not on vegetables, fruit, tea and herbs.
EVERYWHERE, LIMITED = "甲胺磷", "克百威"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _spray(
    books: BookWriter,
    *ingredients: str,
    name: str = "农药（演示）",
    product: ProductId | None = None,
    lot: str = "spray",
) -> GoodsId:
    said = Batch(
        goods=goods(lot),
        maker=books.party_id(),
        name=name,
        category="pesticide",
        product=product,
        active_ingredients=ingredients or None,
    )
    books.says(said.maker, said, at="2026-09-01T09:00:00+08:00")
    return said.goods


def _uses(
    books: BookWriter,
    grower: PartyId,
    spray: GoodsId,
    *lots: GoodsId,
    purpose: str = "防虫",
    site: SiteId | None = None,
) -> int:
    said = Use(purpose=purpose, on_goods=lots or None, site=site, lines=(line(spray, kg(1)),))
    books.says(grower, said, at=AT)
    return books.last.seq


def _found(books: BookWriter) -> list[Finding]:
    return findings(books.book, "banned_substance")


def test_a_limited_substance_on_vegetables_is_red_and_names_the_use_and_what_names_it(
    books: BookWriter,
) -> None:
    grower = books.party("合作社（演示）")
    leek = batch(books, grower, "leek", "farm_produce", called="韭菜")
    spray = _spray(books, f"{LIMITED} 3%")
    named = books.last.seq
    used = _uses(books, grower, spray, leek)

    (one,) = _found(books)
    assert (one.grade, one.party, one.seqs) == ("red", grower, (named, used))
    assert one.figures == {"substance": LIMITED}
    assert one.law is not None
    assert "食品安全法 49" in one.law


@pytest.mark.parametrize(
    ("ingredient", "crop", "expected"),
    [
        (LIMITED, "韭菜", 1),
        (LIMITED, "玉米", 0),
        (LIMITED, "棉花", 0),
        (LIMITED, "大豆", 0),
        (EVERYWHERE, "玉米", 1),
        ("40%甲胺磷乳油", "韭菜", 1),
        ("乙酰甲胺磷", "玉米", 0),
        ("丁硫克百威", "韭菜", 0),
        ("甲氰菊酯", "韭菜", 0),
        ("敌百虫", "韭菜", 0),
        ("不含甲胺磷", "韭菜", 0),
        ("甲胺磷速测卡", "韭菜", 0),
        ("不含甲胺磷；克百威", "韭菜", 1),
    ],
)
def test_a_substance_is_compared_by_its_whole_name_and_by_the_crop(
    books: BookWriter, ingredient: str, crop: str, expected: int
) -> None:
    grower = books.party("合作社（演示）")
    lot = batch(books, grower, "crop", "farm_produce", called=crop)
    _uses(books, grower, _spray(books, ingredient), lot)

    uses = [one for one in _found(books) if one.party == grower]
    assert len(uses) == expected


@pytest.mark.parametrize(("purpose", "expected"), [("韭菜蓟马", 1), ("棉花蚜虫", 0), ("防虫", 0)])
def test_without_a_lot_the_purpose_says_what_it_was_used_on(
    books: BookWriter, purpose: str, expected: int
) -> None:
    grower = books.party("合作社（演示）")
    _uses(books, grower, _spray(books, LIMITED), purpose=purpose)

    assert len(_found(books)) == expected


def test_what_was_used_on_a_plot_is_found_when_the_crop_is_harvested_there(books: BookWriter) -> None:
    grower, site, other = books.party("合作社（演示）"), books.site_id(), books.site_id()
    spray = _spray(books, LIMITED)
    used = _uses(books, grower, spray, site=site)
    for place, planted in ((other, None), (site, "2026-10-03"), (site, None)):
        assert _found(books) == []
        said = Batch(
            goods=goods(f"leek-{place}-{planted}"),
            maker=grower,
            name="韭菜",
            category="farm_produce",
            produced_on=day("2026-11-14"),
            planted_on=day(planted) if planted else None,
            site=place,
        )
        books.says(grower, said, at="2026-11-14T09:00:00+08:00")

    (one,) = _found(books)
    assert (one.grade, one.party) == ("red", grower)
    assert {used, books.last.seq} <= set(one.seqs)


def test_ingredients_may_stand_on_the_product_and_come_later(books: BookWriter) -> None:
    grower, product = books.party("合作社（演示）"), books.product_id()
    leek = batch(books, grower, "leek", "farm_produce", called="韭菜")
    spray = _spray(books, product=product)
    _uses(books, grower, spray, leek)
    assert _found(books) == []

    said = Product(
        product=product,
        owner=books.party_id(),
        name="颗粒剂",
        category="pesticide",
        active_ingredients=(LIMITED,),
    )
    books.says(said.owner, said, at="2026-11-02T09:00:00+08:00")
    assert [one.party for one in _found(books)] == [grower]


def test_what_is_no_food_is_found_where_it_goes_into_food(books: BookWriter) -> None:
    maker = books.party("厂（演示）")
    cake, borax, flour = (
        batch(books, maker, "cake", "packaged_food", called="米糕"),
        batch(books, maker, "borax", "generic", called="硼砂"),
        batch(books, maker, "flour", "packaged_food", called="米粉"),
    )
    for lot in (flour, borax):
        assert _found(books) == []
        made = OutputLine(goods=cake, quantity=kg(9))
        said = Transformation(process="蒸制", inputs=(line(lot),), outputs=(made,))
        books.says(maker, said, at=AT)

    (one,) = _found(books)
    assert (one.grade, one.party, one.figures) == ("red", maker, {"substance": "硼砂"})


def test_a_pesticide_that_names_a_banned_ingredient_is_amber_and_a_limited_one_nothing(
    books: BookWriter,
) -> None:
    _spray(books, LIMITED)
    assert _found(books) == []
    _spray(books, EVERYWHERE, lot="other")

    assert [one.grade for one in _found(books)] == ["amber"]


def _tested(
    books: BookWriter,
    holder: PartyId,
    lot: GoodsId,
    value: str = "0.09",
    verdict: Literal["pass", "fail", "not_judged"] = "fail",
    *,
    stage: Literal["quick", "laboratory", "retest"] = "laboratory",
    at: str = AT,
    sample: str | None = None,
) -> int:
    said = TestResult(
        goods=lot,
        taken_from=holder,
        laboratory="检测（演示）",
        stage=stage,
        overall="pass" if verdict == "pass" else "fail",
        sample_number=sample,
        results=(Analyte(analyte=LIMITED, value=value, verdict=verdict, unit="mg/kg"),),
    )
    books.says(holder, said, at=at)
    return books.last.seq


@pytest.mark.parametrize(
    ("value", "verdict", "expected"),
    [
        ("0.09", "fail", ["red"]),
        ("<0.01", "pass", []),
        ("0.003", "pass", []),
        ("未检出", "not_judged", []),
        ("<0.01", "not_judged", []),
        ("0.00", "not_judged", []),
        ("0.02", "not_judged", ["amber"]),
    ],
)
def test_a_test_speaks_where_it_failed_or_where_something_was_found_that_may_not_be_there(
    books: BookWriter, value: str, verdict: Literal["pass", "fail", "not_judged"], expected: list[str]
) -> None:
    holder = books.party("摊（演示）")
    leek = batch(books, holder, "leek", "farm_produce", called="韭菜")
    tested = _tested(books, holder, leek, value, verdict)

    found = _found(books)
    assert [one.grade for one in found] == expected
    assert all((one.party, one.seqs) == (holder, (tested,)) for one in found)


def test_a_quick_test_is_preliminary_and_a_later_look_at_the_same_sample_overturns_it(
    books: BookWriter,
) -> None:
    holder = books.party("摊（演示）")
    leek = batch(books, holder, "leek", "farm_produce", called="韭菜")
    _tested(books, holder, leek, stage="quick", sample="样-1")
    assert [one.grade for one in _found(books)] == ["amber"]

    _tested(books, holder, leek, "未检出", "pass", at="2026-10-04T09:00:00+08:00", sample="样-2")
    assert len(_found(books)) == 1
    _tested(books, holder, leek, "未检出", "pass", at="2026-10-05T09:00:00+08:00", sample="样-1")
    assert _found(books) == []


def test_goods_sold_on_the_day_after_a_failed_test_are_red_and_what_went_before_or_back_is_nothing(
    books: BookWriter,
) -> None:
    holder, other = books.party("摊（演示）"), books.party("店（演示）")
    leek = batch(books, holder, "leek", "farm_produce", kg(500), called="韭菜")
    tested = _tested(books, holder, leek)
    books.says(holder, Sale(lines=(line(leek),)), at="2026-10-02T23:00:00+08:00")
    books.says(holder, Return(to=other, lines=(line(leek),)), at="2026-10-04T09:00:00+08:00")
    books.says(other, Sale(lines=(line(leek),)), at="2026-10-04T10:00:00+08:00")
    assert findings(books.book, "sold_after_failed_test") == []

    books.says(holder, Shipment(to=other, lines=(line(leek),)), at="2026-10-03T00:00:00+08:00")
    sent = books.last.seq
    (one,) = findings(books.book, "sold_after_failed_test")
    assert (one.grade, one.party, one.seqs) == ("red", holder, (tested, sent))

    _tested(books, holder, leek, "未检出", "pass", stage="retest", at="2026-10-03T00:00:01+08:00")
    assert len(findings(books.book, "sold_after_failed_test")) == 1
    _tested(books, holder, leek, "未检出", "pass", stage="retest", at="2026-10-02T22:00:00+08:00")
    assert findings(books.book, "sold_after_failed_test") == []


def test_crops_are_read_by_their_longest_names() -> None:
    assert crops_in("胡萝卜") == {("蔬菜", "胡萝卜")}
    assert crops_in("杏鲍菇") == {("食用菌", "杏鲍菇")}
    assert crops_in("番茄和西红柿") == {("蔬菜", "番茄")}
    assert crops_in("保温杯") == frozenset()
    assert names_goods("蔬菜", "韭菜")
    assert not names_goods("蔬菜", "玉米")


@pytest.mark.parametrize(
    ("scope", "name", "expected"),
    [
        (("番茄",), "韭菜", False),
        (("西红柿",), "番茄", True),
        (("蔬菜",), "韭菜", True),
        (("特色作物",), "韭菜", None),
        (("番茄",), "紫背天葵", None),
    ],
)
def test_a_scope_is_compared_only_where_both_sides_are_known(
    scope: tuple[str, ...], name: str, *, expected: bool | None
) -> None:
    assert covers_crop(scope, name) is expected


@pytest.mark.parametrize(
    ("kind", "scope", "texts", "expected"),
    [
        ("食品生产许可证", ("肉制品",), ("纯牛奶",), "乳制品"),
        ("食品生产许可证", ("肉制品", "液体乳"), ("纯牛奶",), None),
        ("食品生产许可证", ("0401 酱卤肉制品",), ("酱牛肉",), None),
        ("食品生产许可证", ("肉制品",), ("牛奶饼干（盒装）",), "饼干"),
        ("食品生产许可证", ("见副本",), ("纯牛奶",), None),
        ("食品生产许可证", ("肉制品",), ("某某礼盒",), None),
        ("药品经营许可证", ("中成药", "化学药制剂"), ("胰岛素", "生物制品"), "生物制品"),
        ("药品经营许可证", ("生化药品", "抗生素"), ("阿莫西林", "化学药"), None),
        ("药品经营许可证", ("生物制品（除疫苗）",), ("疫苗", "生物制品"), None),
        ("农药经营许可证", ("农药（限制使用农药除外）",), ("限制使用农药",), "限制使用农药"),
        ("农药经营许可证", ("农药（不含限制使用农药）",), ("限制使用农药",), "限制使用农药"),
        ("农药经营许可证", ("农药",), ("限制使用农药",), None),
        ("农药经营许可证", ("农药（限制使用农药除外）",), ("噻虫嗪",), None),
    ],
)
def test_a_licence_is_read_by_the_classes_it_lists_and_excepts(
    kind: str, scope: tuple[str, ...], texts: tuple[str, ...], expected: str | None
) -> None:
    assert outside_scope(kind, scope, texts) == expected
