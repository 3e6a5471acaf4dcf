from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.findings import audience_of, contradictions
from ledger.vocabulary.goods import Batch, Use
from ledger.vocabulary.parties import Licence, Party
from tests.support.books import BookWriter, kg
from tests.unit.findings.judged import batch, day, findings, goods, kinds, licence, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId

GOOD, BAD = "93320682DEM0010172", "93320682DEM0010173"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def test_a_credit_code_that_fails_concerns_whoever_declared_it(books: BookWriter) -> None:
    stall = books.party("菜摊（演示）")
    books.party("供货者（演示）", credit_code=GOOD, declared_by=stall)
    assert kinds(books.book) == []

    supplier = books.party("供货者（演示）", credit_code=BAD, declared_by=stall)
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("credit_code_fails", "red", stall)
    assert one.subject == f"party/{supplier}"
    assert BAD in one.words.zh
    assert "抄错" in one.causes[0].zh


def test_a_credit_code_put_right_is_nothing(books: BookWriter) -> None:
    stall = books.party("菜摊（演示）")
    supplier = books.party("供货者（演示）", credit_code="not a code", declared_by=stall)
    assert kinds(books.book) == ["credit_code_fails"]

    right = Party(
        party=supplier,
        party_kind="company",
        name="供货者（演示）",
        credit_code=GOOD,
        correction_reason="incorrect_data",
    )
    books.says(stall, right, at="2026-08-02T08:00:00+08:00", corrects=books.last)
    assert kinds(books.book) == []


def test_a_farmer_has_no_credit_code_and_nothing_is_wrong_with_that(books: BookWriter) -> None:
    stall = books.party("菜摊（演示）")
    farmer = books.party("钱某（演示）", kind="farmer", declared_by=stall, phone="00000000001")

    assert kinds(books.book) == []
    assert contradictions(books.book, farmer, "farm_produce") == ()
    assert contradictions(books.book, farmer, "pesticide") == ()
    assert contradictions(books.book, books.party_id(), None) == ()


def test_a_source_whose_code_fails_is_contradicted_and_without_contact_a_ghost(books: BookWriter) -> None:
    stall = books.party("菜摊（演示）")
    reachable = books.party("甲（演示）", credit_code=BAD, declared_by=stall, phone="00000000001")
    ghost = books.party("乙（演示）", credit_code=BAD, declared_by=stall)

    assert len(contradictions(books.book, reachable, "farm_produce")) == 1
    code, nobody = contradictions(books.book, ghost, "farm_produce")
    assert BAD in code.zh
    assert "电话" in nobody.zh


def test_a_registered_dealer_that_never_held_the_licence_is_contradicted_and_a_declared_one_is_not(
    books: BookWriter,
) -> None:
    dealer = books.party("农资店（演示）")
    declared = books.party("外地农资店（演示）", declared_by=dealer)

    assert ["农药经营许可证" in one.zh for one in contradictions(books.book, dealer, "pesticide")] == [True]
    assert contradictions(books.book, declared, "pesticide") == ()
    licence(books, dealer, "农药经营许可证", until="2020-01-01")
    assert contradictions(books.book, dealer, "pesticide") == ()


def test_a_registered_maker_is_asked_for_the_makers_licence(books: BookWriter) -> None:
    house, farm, trader = (
        books.party("屠宰场（演示）"),
        books.party("养殖场（演示）"),
        books.party("肉摊（演示）"),
    )
    batch(books, house, "pork", "pork", called="白条")
    batch(books, farm, "pigs", "pork", called="生猪")

    assert ["生猪定点屠宰证书" in one.zh for one in contradictions(books.book, house, "pork")] == [True]
    assert contradictions(books.book, farm, "pork") == ()
    assert contradictions(books.book, trader, "pork") == ()
    assert contradictions(books.book, house, "farm_produce") == ()


def test_a_hospital_is_not_asked_for_a_pharmacys_licence(books: BookWriter) -> None:
    maker = books.party("某厂（演示）", kind="institution")
    assert (
        contradictions(books.book, maker, "drug") != ()
    )  # As a dealer it would need one; as the end of a trace it deals.
    assert contradictions(books.book, maker, "farm_produce") == ()


def test_a_licence_that_was_only_ever_revoked_contradicts_even_a_declared_source(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    declared = books.party("外地农资店（演示）", declared_by=shop)
    gone = Licence(holder=declared, licence_kind="农药经营许可证", number="许-1", state="revoked")
    books.says(books.register.registrar, gone, at="2026-09-01T08:00:00+08:00")

    assert ["吊销" in one.zh for one in contradictions(books.book, declared, "pesticide")] == [True]


LOT = "https://id.gs1.org/01/09520001000027/10/JC-1"


def _declares(books: BookWriter, who: PartyId, maker: PartyId, **more: str) -> None:
    one = Batch(
        goods=goods("lot"),
        maker=maker,
        name="韭菜",
        category="farm_produce",
        produced_on=day(more["made"]) if "made" in more else None,
        expires_on=day(more["expires"]) if "expires" in more else None,
    )
    books.says(who, one, at="2026-10-01T08:00:00+08:00")


def test_one_lot_with_two_makers_is_amber_and_the_second_declarer_answers(books: BookWriter) -> None:
    one, other = books.party("甲（演示）"), books.party("乙（演示）")
    _declares(books, one, one)
    first = books.last.seq
    assert kinds(books.book) == []

    _declares(books, other, other)
    (found,) = findings(books.book)
    assert (found.kind, found.grade, found.party, found.seqs) == (
        "two_declarers",
        "amber",
        other,
        (first, books.last.seq),
    )


def test_a_buyer_who_declares_the_same_lot_of_the_same_maker_is_nothing(books: BookWriter) -> None:
    maker, buyer = books.party("甲（演示）", credit_code=GOOD), books.party("店（演示）")
    declared = books.party("甲（演示）", credit_code=GOOD, declared_by=buyer)
    _declares(books, maker, maker, made="2026-09-30")
    _declares(books, buyer, maker)
    _declares(books, buyer, declared, made="2026-09-30")

    assert kinds(books.book) == []


@pytest.mark.parametrize(("name", "value"), [("made", "2026-09-29"), ("expires", "2027-01-02")])
def test_one_lot_of_one_maker_with_two_dates_is_grey(books: BookWriter, name: str, value: str) -> None:
    maker, buyer = books.party("甲（演示）"), books.party("店（演示）")
    _declares(books, maker, maker, made="2026-09-30", expires="2027-01-01")
    _declares(books, buyer, maker, **{name: value})

    (one,) = findings(books.book)
    assert (one.kind, one.grade) == ("two_declarers", "grey")
    assert value in one.words.zh


def _phone(books: BookWriter, who: PartyId, name: str, **more: str) -> PartyId:
    party = books.party_id()
    said = Party(
        party=party,
        party_kind="unknown",
        name=name,
        phone=more.get("phone"),
        address=more.get("address"),
        credit_code=more.get("code"),
    )
    books.says(who, said, at="2026-10-01T08:00:00+08:00")
    return party


def test_two_declared_suppliers_with_one_phone_are_a_grey_lead_for_officials(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    _phone(books, shop, "甲（演示）", phone="00000000001")
    assert kinds(books.book) == []

    last = _phone(books, shop, "乙（演示）", phone="00000000001")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party, one.subject) == (
        "shared_contact",
        "grey",
        last,
        "phone/00000000001",
    )
    assert audience_of(one) == "officials"


def test_three_declared_suppliers_make_an_address_a_lead_and_two_do_not(books: BookWriter) -> None:
    shop = books.party("店（演示）")
    for name, expected in (("甲（演示）", []), ("乙（演示）", []), ("丙（演示）", ["shared_contact"])):
        _phone(books, shop, name, address="某路 1 号")
        assert kinds(books.book) == expected


def test_one_supplier_declared_by_two_buyers_is_one_supplier(books: BookWriter) -> None:
    one, other = books.party("店（演示）"), books.party("另一店（演示）")
    _phone(books, one, "甲（演示）", phone="00000000001")
    _phone(books, other, "甲（演示）", phone="00000000001")
    _phone(books, one, "甲公司（演示）", phone="00000000002", code=GOOD)
    _phone(books, other, "甲有限公司（演示）", phone="00000000002", code=GOOD)

    assert kinds(books.book) == []


def test_registered_parties_in_one_market_are_no_lead(books: BookWriter) -> None:
    for number in range(4):
        _phone(
            books, books.register.registrar, f"摊位 {number}（演示）", phone="00000000001", address="某市场"
        )

    assert kinds(books.book) == []


def _sprayed(
    books: BookWriter, on: str, *, wait: int | None = 10, plot: bool = True
) -> tuple[PartyId, GoodsId]:
    """A use on 2 November and a batch of leeks harvested on the given day."""
    farm, site, leek = books.party("合作社（演示）"), books.site_id(), goods("leek")
    books.says(
        farm,
        Use(
            purpose="韭菜",
            site=site if plot else None,
            on_goods=None if plot else (leek,),
            wait_days=wait,
            lines=(line(goods("spray"), kg(1)),),
        ),
        at="2026-11-02T15:00:00+08:00",
    )
    said = Batch(
        goods=leek,
        maker=farm,
        name="韭菜",
        category="farm_produce",
        produced_on=day(on),
        site=site if plot else None,
    )
    books.says(farm, said, at=f"{on}T16:00:00+08:00")
    return farm, leek


def test_a_use_that_is_written_up_after_the_harvest_is_found_all_the_same(books: BookWriter) -> None:
    farm, leek = _sprayed(books, "2026-11-12")
    assert findings(books.book, "safety_interval_short") == []

    late = Use(purpose="韭菜", on_goods=(leek,), wait_days=10, lines=(line(goods("spray"), kg(1)),))
    books.says(farm, late, at="2026-11-03T15:00:00+08:00", logged="2026-11-20T15:00:00+08:00")
    (one,) = findings(books.book, "safety_interval_short")
    assert one.since_ms == books.last.at_ms


@pytest.mark.parametrize("plot", [True, False])
@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("2026-11-02", ["safety_interval_short"]),
        ("2026-11-11", ["safety_interval_short"]),
        ("2026-11-12", []),
    ],
)
def test_a_harvest_needs_the_days_of_the_label_after_a_use(
    books: BookWriter, on: str, expected: list[str], *, plot: bool
) -> None:
    _sprayed(books, on, plot=plot)

    assert [one.kind for one in findings(books.book) if one.kind != "oversold"] == expected


@pytest.mark.parametrize(
    ("clock", "began", "expected"),
    [
        ("14:59", None, []),
        ("15:01", None, ["red"]),
        ("14:59", "2026-11-02", []),
        ("14:59", "2026-11-01", ["red"]),
    ],
)
def test_a_use_after_the_harvest_of_the_same_day_touched_none_of_it(
    books: BookWriter, clock: str, began: str | None, expected: list[str]
) -> None:
    farm, site, leek = books.party("合作社（演示）"), books.site_id(), goods("leek")
    use = Use(
        purpose="韭菜",
        site=site,
        wait_days=10,
        started_on=day(began) if began else None,
        lines=(line(goods("spray"), kg(1)),),
    )
    books.says(farm, use, at="2026-11-02T15:00:00+08:00")
    said = Batch(
        goods=leek,
        maker=farm,
        name="韭菜",
        category="farm_produce",
        produced_on=day("2026-11-02"),
        site=site,
    )
    books.says(farm, said, at=f"2026-11-02T{clock}:00+08:00")
    assert [one.grade for one in findings(books.book, "safety_interval_short")] == expected


def test_a_short_interval_is_red_and_rests_on_the_use_and_the_harvest(books: BookWriter) -> None:
    farm, _ = _sprayed(books, "2026-11-11")

    (one,) = findings(books.book, "safety_interval_short")
    assert (one.grade, one.party, one.law) == ("red", farm, "食品安全法 49")
    assert one.figures == {"wait_days": "10", "days": "9"}
    assert one.seqs == (books.last.seq - 1, books.last.seq)


def test_a_use_without_interval_after_harvest_or_before_planting_is_nothing(books: BookWriter) -> None:
    _sprayed(books, "2026-11-05", wait=None)
    assert findings(books.book, "safety_interval_short") == []

    other = BookWriter()
    farm, site = other.party("合作社（演示）"), other.site_id()
    for number, (made, planted) in enumerate((("2026-11-01", None), ("2026-11-05", "2026-11-03"))):
        said = Batch(
            goods=goods(f"leek-{number}"),
            maker=farm,
            name="韭菜",
            category="farm_produce",
            produced_on=day(made),
            planted_on=day(planted) if planted else None,
            site=site,
        )
        other.says(farm, said, at=f"{made}T16:00:00+08:00")
    use = Use(purpose="韭菜", site=site, wait_days=10, lines=(line(goods("spray"), kg(1)),))
    other.says(farm, use, at="2026-11-02T15:00:00+08:00", logged="2026-11-06T15:00:00+08:00")
    assert findings(other.book, "safety_interval_short") == []


def test_only_profiles_with_an_interval_judge_it(books: BookWriter) -> None:
    farm, site = books.party("厂（演示）"), books.site_id()
    books.says(
        farm,
        Use(purpose="消毒", site=site, wait_days=10, lines=(line(goods("spray"), kg(1)),)),
        at="2026-11-02T15:00:00+08:00",
    )
    said = Batch(
        goods=goods("bag"),
        maker=farm,
        name="袋",
        category="generic",
        produced_on=day("2026-11-03"),
        site=site,
    )
    books.says(farm, said, at="2026-11-03T15:00:00+08:00")

    assert findings(books.book, "safety_interval_short") == []


@pytest.mark.parametrize(("ended", "expected"), [("2026-09-25", 0), ("2026-11-09", 1)])
def test_a_use_counts_by_the_day_it_ended_and_not_by_the_day_it_was_written_up(
    books: BookWriter, ended: str, expected: int
) -> None:
    farm, leek = books.party("合作社（演示）"), goods("leek")
    sprayed = Use(
        purpose="韭菜",
        on_goods=(leek,),
        wait_days=10,
        started_on=day("2026-09-25"),
        ended_on=day(ended),
        lines=(line(goods("spray"), kg(1)),),
    )
    books.says(farm, sprayed, at="2026-11-05T15:00:00+08:00")
    cut = Batch(goods=leek, maker=farm, name="韭菜", category="farm_produce", produced_on=day("2026-11-12"))
    books.says(farm, cut, at="2026-11-12T16:00:00+08:00")
    assert len(findings(books.book, "safety_interval_short")) == expected
