from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.vocabulary.goods import Batch, Transformation
from ledger.vocabulary.parties import Approval, Licence, LicenceState, Party, Site, Succession
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import OutputLine, ReceivedLine
from tests.support.books import BookWriter, kg, pieces
from tests.unit.findings.judged import batch, check, day, findings, goods, kinds, licence, line

if TYPE_CHECKING:
    from ledger.identifiers import GoodsId, PartyId, SiteId

DEALING = "农药经营许可证"


@pytest.fixture
def books() -> BookWriter:
    return BookWriter()


def _shop(books: BookWriter) -> tuple[PartyId, GoodsId]:
    """A pesticide shop whose licence ended on 30 September, and the spray it sells."""
    maker, shop = books.party("农药厂（演示）"), books.party("农资店（演示）", kind="individual_business")
    licence(books, maker, "农药生产许可证")
    spray = batch(books, maker, "spray", "pesticide", pieces(1000), at="2026-08-05T08:00:00+08:00")
    books.says(maker, Shipment(to=shop, lines=(line(spray, pieces(500)),)), at="2026-08-06T08:00:00+08:00")
    books.says(shop, check(maker, spray, "2026-08-06", pieces(500)), at="2026-08-06T09:00:00+08:00")
    licence(books, shop, DEALING, until="2026-09-30")
    return shop, spray


def _states(
    books: BookWriter,
    shop: PartyId,
    state: LicenceState,
    *,
    at: str,
    since: str | None = None,
    until: str | None = None,
) -> None:
    said = Licence(
        holder=shop,
        licence_kind=DEALING,
        number="许-1",
        state=state,
        valid_from=day(since) if since else None,
        valid_to=day(until) if until else None,
    )
    books.says(books.register.registrar, said, at=at)


def _sells(books: BookWriter, shop: PartyId, spray: GoodsId, at: str) -> None:
    books.says(shop, Sale(lines=(line(spray, pieces(1)),)), at=at)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-09-30T23:59:59+08:00", []),
        ("2026-10-01T00:00:00+08:00", ["licence_expired_on_day"]),
        ("2026-11-04T23:59:59+08:00", ["licence_expired_on_day"]),
        ("2026-11-05T00:00:00+08:00", []),
    ],
)
def test_a_gap_between_two_licences_is_amber_from_its_first_day_to_its_last(
    books: BookWriter, at: str, expected: list[str]
) -> None:
    shop, spray = _shop(books)
    licence(books, shop, DEALING, since="2026-11-05", until="2031-11-04")
    _sells(books, shop, spray, at)

    assert kinds(books.book) == expected


def test_the_day_is_the_day_in_china(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _sells(books, shop, spray, "2026-09-30T15:59:59Z")
    _sells(books, shop, spray, "2026-09-30T16:00:00Z")

    (one,) = findings(books.book)
    assert one.figures["day"] == "2026-10-01"


def test_a_sale_in_the_gap_is_amber_names_both_entries_and_the_article(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")

    (one,) = findings(books.book)
    assert (one.grade, one.party, one.law) == ("amber", shop, "农药管理条例 55(1)")
    assert one.seqs == (books.last.seq - 1, books.last.seq)
    assert one.figures["valid_to"] == "2026-09-30"
    assert "农药经营许可证" in one.words.zh


def test_a_check_is_judged_by_the_day_on_the_paper(books: BookWriter) -> None:
    shop, spray = _shop(books)
    maker = books.records[0].actor
    books.says(shop, check(maker, spray, "2026-09-30", pieces(1)), at="2026-10-01T09:00:00+08:00")
    assert kinds(books.book) == []

    books.says(shop, check(maker, spray, "2026-10-01", pieces(1)), at="2026-10-01T09:00:00+08:00")
    assert kinds(books.book) == ["licence_expired_on_day"]


def test_a_licence_that_is_recorded_later_judges_the_day_again(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")
    assert kinds(books.book) == ["licence_expired_on_day"]

    licence(
        books, shop, DEALING, "许-2", since="2026-10-01", until="2031-09-30", at="2026-12-01T08:00:00+08:00"
    )
    assert kinds(books.book) == []


@pytest.mark.parametrize(
    ("filed", "expected"), [("2026-07-02", []), ("2026-07-03", ["licence_expired_on_day"])]
)
def test_a_renewal_filed_as_many_days_before_the_end_as_the_law_asks_counts_as_granted(
    books: BookWriter, filed: str, expected: list[str]
) -> None:
    shop, spray = _shop(books)
    _states(books, shop, "renewal_filed", at=f"{filed}T10:00:00+08:00")
    _sells(books, shop, spray, "2026-12-10T10:00:00+08:00")

    assert kinds(books.book) == expected


def test_a_renewal_that_was_filed_too_late_is_not_what_the_finding_rests_on(books: BookWriter) -> None:
    shop, spray = _shop(books)
    granted = next(one for one in books.records if isinstance(one.said, Licence) and one.said.holder == shop)
    _states(books, shop, "renewal_filed", at="2026-09-25T10:00:00+08:00")
    _sells(books, shop, spray, "2026-12-10T10:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.seqs[0]) == ("licence_expired_on_day", granted.seq)
    assert "2026-09-30" in one.words.zh


def test_a_renewal_bridges_the_gap_to_the_new_licence_and_not_beyond_its_end(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _states(books, shop, "renewal_filed", at="2026-06-20T10:00:00+08:00")
    licence(books, shop, DEALING, since="2026-11-05", until="2026-12-31", at="2026-11-05T09:00:00+08:00")
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")
    _sells(books, shop, spray, "2026-11-10T10:00:00+08:00")
    assert kinds(books.book) == []

    _sells(books, shop, spray, "2027-01-01T10:00:00+08:00")
    assert kinds(books.book) == ["licence_expired_on_day"]


def test_a_renewal_that_was_refused_counts_no_more(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _states(books, shop, "renewal_filed", at="2026-06-20T10:00:00+08:00")
    _states(books, shop, "revoked", since="2026-10-20", at="2026-10-20T10:00:00+08:00")
    _sells(books, shop, spray, "2026-10-19T10:00:00+08:00")
    assert kinds(books.book) == []

    _sells(books, shop, spray, "2026-10-20T10:00:00+08:00")
    (one,) = findings(books.book)
    assert one.figures["state"] == "revoked"
    assert "吊销" in one.words.zh


def test_a_suspension_that_is_recorded_later_reaches_back_and_ends_on_its_last_day(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _sells(books, shop, spray, "2026-09-09T10:00:00+08:00")
    _sells(books, shop, spray, "2026-09-10T10:00:00+08:00")
    _sells(books, shop, spray, "2026-09-21T10:00:00+08:00")
    assert kinds(books.book) == []

    _states(books, shop, "suspended", since="2026-09-10", until="2026-09-20", at="2026-09-25T10:00:00+08:00")
    (one,) = findings(books.book)
    assert one.figures["day"] == "2026-09-10"


def test_a_grant_without_a_date_lifts_an_earlier_suspension(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _states(books, shop, "suspended", at="2026-08-20T10:00:00+08:00")
    _states(books, shop, "granted", at="2026-08-25T10:00:00+08:00")
    _sells(books, shop, spray, "2026-08-24T10:00:00+08:00")
    _sells(books, shop, spray, "2026-08-25T10:00:00+08:00")

    (one,) = findings(books.book)
    assert one.figures["day"] == "2026-08-24"


def test_the_suppliers_licence_is_not_the_buyers_finding(books: BookWriter) -> None:
    shop, spray = _shop(books)
    other = books.party("另一家农资店（演示）")
    licence(books, other, DEALING, "许-9")
    books.says(shop, Shipment(to=other, lines=(line(spray, pieces(5)),)), at="2026-10-10T10:00:00+08:00")
    books.says(other, check(shop, spray, "2026-10-10", pieces(5)), at="2026-10-10T11:00:00+08:00")

    assert [one.party for one in findings(books.book)] == [shop]


def test_a_dealer_without_any_licence_on_record_is_red_where_the_profile_asks_for_one(
    books: BookWriter,
) -> None:
    maker, shop = books.party("农药厂（演示）"), books.party("农资店（演示）")
    licence(books, maker, "农药登记证")
    spray = batch(books, maker, "spray", "pesticide", pieces(100))
    books.says(maker, Shipment(to=shop, lines=(line(spray, pieces(50)),)), at="2026-10-02T08:00:00+08:00")
    books.says(shop, check(maker, spray, "2026-10-02", pieces(50)), at="2026-10-02T09:00:00+08:00")
    assert kinds(books.book) == []

    _sells(books, shop, spray, "2026-10-03T10:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("licence_never_held", "red", shop)
    assert "录入" in one.causes[0].zh


def test_a_farm_that_buys_and_returns_pesticide_needs_no_licence(books: BookWriter) -> None:
    shop, spray = _shop(books)
    farm = books.party("合作社（演示）", kind="cooperative")
    books.says(farm, check(shop, spray, "2026-09-10"), at="2026-09-10T10:00:00+08:00")
    books.says(
        farm,
        Receipt(supplier=shop, lines=(ReceivedLine(goods=spray, quantity=pieces(1)),)),
        at="2026-09-11T10:00:00+08:00",
    )

    assert kinds(books.book) == []


def test_sellers_of_farm_produce_need_no_licence(books: BookWriter) -> None:
    farm, stall = (
        books.party("合作社（演示）", kind="cooperative"),
        books.party("菜摊（演示）", kind="individual_business"),
    )
    leek = batch(books, farm, "leek", "farm_produce", kg(100))
    books.says(farm, Shipment(to=stall, lines=(line(leek, kg(50)),)), at="2026-10-02T05:00:00+08:00")
    books.says(stall, check(farm, leek, "2026-10-02", kg(50)), at="2026-10-02T06:00:00+08:00")
    books.says(stall, Sale(lines=(line(leek, kg(20)),)), at="2026-10-02T09:00:00+08:00")

    assert kinds(books.book) == []


def test_a_slaughterhouse_needs_its_certificate_and_a_pig_farm_does_not(books: BookWriter) -> None:
    farm, house = books.party("养殖场（演示）"), books.party("屠宰场（演示）")
    books.says(
        farm,
        Batch(goods=goods("pigs"), maker=farm, name="生猪", category="pork"),
        at="2026-10-01T05:00:00+08:00",
    )
    assert kinds(books.book) == []

    pork = batch(books, house, "pork", "pork", kg(100), called="白条猪肉")
    assert [(one.kind, one.law) for one in findings(books.book)] == [
        ("licence_never_held", "生猪屠宰管理条例 2")
    ]

    licence(books, house, "生猪定点屠宰证书", since="2026-01-01")
    made = Transformation(
        process="分割",
        inputs=(line(goods("carcass"), kg(100)),),
        outputs=(OutputLine(goods=pork, quantity=kg(90)),),
    )
    books.says(house, made, at="2026-10-01T09:00:00+08:00")
    assert kinds(books.book, party=farm) == []
    assert "licence_never_held" not in kinds(books.book)


def test_one_statement_of_many_lines_gives_one_finding_a_licence(books: BookWriter) -> None:
    shop, spray = _shop(books)
    other = batch(books, books.records[0].actor, "other", "pesticide", pieces(100))
    books.says(
        shop,
        Sale(lines=(line(spray, pieces(1)), line(spray, pieces(1)), line(other, pieces(1)))),
        at="2026-10-10T10:00:00+08:00",
    )

    assert [one.kind for one in findings(books.book, "licence_expired_on_day")] == ["licence_expired_on_day"]


@pytest.mark.parametrize(
    ("trade", "number", "expected"),
    [
        ("单位食堂", "JY13206139900012", ["licence_expired_on_day"]),
        (None, "JY33206139900023", ["licence_expired_on_day"]),
        ("零售", "JY13206139900012", []),
        (None, "JY-misread", []),
    ],
)
def test_who_cooks_answers_for_its_licence_when_it_buys_vegetables(
    books: BookWriter, trade: str | None, number: str, expected: list[str]
) -> None:
    farm, kitchen = books.party("合作社（演示）"), books.party_id()
    sheet = Party(party=kitchen, party_kind="institution", name="食堂（演示）", trade=trade)
    books.says(books.register.registrar, sheet, at="2026-08-01T08:00:00+08:00")
    licence(books, kitchen, "食品经营许可证", number, until="2026-10-31")
    leek = batch(books, farm, "leek", "farm_produce", kg(100))
    received = Receipt(supplier=farm, lines=(ReceivedLine(goods=leek, quantity=kg(5)),))
    books.says(kitchen, received, at="2026-10-31T07:00:00+08:00")
    assert kinds(books.book) == []

    books.says(kitchen, received, at="2026-11-01T07:00:00+08:00")
    assert kinds(books.book) == expected


def test_a_refused_delivery_is_no_trade(books: BookWriter) -> None:
    shop, spray = _shop(books)
    refused = SupplierCheck(
        supplier=books.records[0].actor,
        received_on=day("2026-10-10"),
        conclusion="refuse",
        lines=(line(spray, pieces(1)),),
    )
    books.says(shop, refused, at="2026-10-10T10:00:00+08:00")

    assert kinds(books.book) == []


def _drugs(books: BookWriter) -> tuple[PartyId, GoodsId]:
    maker = books.party("药厂（演示）")
    licence(books, maker, "药品生产许可证")
    return maker, batch(books, maker, "drug", "drug", pieces(1000))


def test_a_drug_seller_answers_for_a_buyer_whose_licence_had_ended(books: BookWriter) -> None:
    maker, drug = _drugs(books)
    shop = books.party("药店（演示）")
    licence(books, shop, "药品经营许可证", until="2026-10-05")
    books.says(maker, Shipment(to=shop, lines=(line(drug, pieces(5)),)), at="2026-10-05T10:00:00+08:00")
    assert kinds(books.book) == []

    books.says(maker, Shipment(to=shop, lines=(line(drug, pieces(5)),)), at="2026-10-06T10:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("buyer_licence_not_valid", "amber", maker)


def test_a_registered_drug_buyer_that_never_held_a_licence_is_red_a_declared_one_grey_and_a_hospital_nothing(
    books: BookWriter,
) -> None:
    maker, drug = _drugs(books)
    shop, hospital = books.party("药店（演示）"), books.party("医院（演示）", kind="institution")
    books.says(maker, Shipment(to=hospital, lines=(line(drug, pieces(5)),)), at="2026-10-05T10:00:00+08:00")
    assert kinds(books.book) == []

    books.says(maker, Shipment(to=shop, lines=(line(drug, pieces(5)),)), at="2026-10-05T11:00:00+08:00")
    (one,) = findings(books.book)
    assert (one.kind, one.grade, one.party) == ("buyer_licence_not_valid", "red", maker)

    declared = books.party("外地药店（演示）", declared_by=maker)
    books.says(maker, Shipment(to=declared, lines=(line(drug, pieces(5)),)), at="2026-10-05T12:00:00+08:00")
    assert [one.grade for one in findings(books.book, "buyer_licence_not_valid")] == ["red", "grey"]


def _authorised(
    books: BookWriter, *, of: str = "国药准字H20990001", until: str | None = None
) -> tuple[PartyId, GoodsId]:
    """The holder of a marketing authorisation who has its drug made by another and ships it; and the drug."""
    maker, holder = books.party("药厂（演示）"), books.party("持有人（演示）")
    buyer = books.party("医药公司（演示）")
    licence(books, maker, "药品生产许可证", "产-1")
    licence(books, buyer, "药品经营许可证", "营-1")
    said = Approval(
        holder=holder, licence_kind="药品注册证书", number=of, valid_to=day(until) if until else None
    )
    books.says(books.register.registrar, said, at="2026-08-02T08:00:00+08:00")
    pills = Batch(
        goods=goods("pills"),
        maker=maker,
        name="片剂",
        category="drug",
        quantity=pieces(1000),
        approval_number="国药准字H20990001",
        approval_holder="持有人（演示）",
    )
    books.says(maker, pills, at="2026-10-01T08:00:00+08:00")
    made_over = Shipment(to=holder, lines=(line(pills.goods, pieces(1000)),))
    books.says(maker, made_over, at="2026-10-02T08:00:00+08:00")
    books.says(holder, check(maker, pills.goods, "2026-10-02", pieces(1000)), at="2026-10-02T09:00:00+08:00")
    books.says(
        holder, Shipment(to=buyer, lines=(line(pills.goods, pieces(900)),)), at="2026-10-05T08:00:00+08:00"
    )
    return holder, pills.goods


def test_the_holder_of_an_authorisation_ships_its_own_drug_without_a_dealers_licence(
    books: BookWriter,
) -> None:
    holder, pills = _authorised(books)
    asked = ("licence_never_held", "licence_expired_on_day")
    assert [one.kind for one in findings(books.book, party=holder) if one.kind in asked] == []
    # 药品管理法 34: who sells to patients needs one.
    books.says(holder, Sale(lines=(line(pills, pieces(1)),)), at="2026-10-06T08:00:00+08:00")
    (one,) = [one for one in findings(books.book, party=holder) if one.kind in asked]
    assert (one.kind, one.law) == ("licence_never_held", "药品管理法 51")


@pytest.mark.parametrize(("of", "until"), [("国药准字H20990002", None), ("国药准字H20990001", "2026-10-04")])
def test_another_drugs_authorisation_or_one_that_had_ended_lets_nobody_deal(
    books: BookWriter, of: str, until: str | None
) -> None:
    holder, _ = _authorised(books, of=of, until=until)
    (one,) = [one for one in findings(books.book, party=holder) if one.kind == "licence_never_held"]
    assert one.grade == "red"


def test_a_hospital_that_dispenses_needs_no_pharmacy_licence(books: BookWriter) -> None:
    maker, drug = _drugs(books)
    hospital = books.party("医院（演示）", kind="institution")
    books.says(maker, Shipment(to=hospital, lines=(line(drug, pieces(5)),)), at="2026-10-05T10:00:00+08:00")
    books.says(hospital, check(maker, drug, "2026-10-05", pieces(5)), at="2026-10-05T11:00:00+08:00")
    books.says(hospital, Sale(lines=(line(drug, pieces(1)),)), at="2026-10-06T11:00:00+08:00")

    assert kinds(books.book) == []


def test_a_stranger_who_registers_the_batch_again_does_not_change_its_rules(books: BookWriter) -> None:
    shop, spray = _shop(books)
    stranger = books.party("路人（演示）")
    again = Batch(goods=spray, maker=stranger, name="别的", category="generic")
    books.says(stranger, again, at="2026-01-01T08:00:00+08:00", logged="2026-10-09T08:00:00+08:00")
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")

    assert kinds(books.book, party=shop) == ["licence_expired_on_day"]


def _scoped(
    books: BookWriter, holder: PartyId, *scope: str, number: str = "许-1", site: SiteId | None = None
) -> int:
    said = Licence(holder=holder, licence_kind=DEALING, number=number, scope=scope or None, site=site)
    books.says(books.register.registrar, said, at="2026-08-02T08:00:00+08:00")
    return books.last.seq


def _limited(books: BookWriter) -> tuple[PartyId, GoodsId]:
    """A shop and a pesticide of limited use that it got from its maker."""
    maker, shop = books.party("农药厂（演示）"), books.party("农资店（演示）", kind="individual_business")
    licence(books, maker, "农药生产许可证", "许-9")
    said = Batch(
        goods=goods("limited"), maker=maker, name="克百威颗粒剂", category="pesticide", quantity=pieces(1000)
    )
    books.says(maker, said, at="2026-08-05T08:00:00+08:00")
    books.says(
        maker, Shipment(to=shop, lines=(line(said.goods, pieces(500)),)), at="2026-08-06T08:00:00+08:00"
    )
    books.says(shop, check(maker, said.goods, "2026-08-06", pieces(500)), at="2026-08-06T09:00:00+08:00")
    return shop, said.goods


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (("农药（限制使用农药除外）",), ["amber"]),
        (("农药", "含限制使用农药"), []),
        (("农药",), []),
        ((), []),
    ],
)
def test_what_a_licence_excepts_is_outside_it_and_a_licence_without_scope_allows_its_kind(
    books: BookWriter, scope: tuple[str, ...], expected: list[str]
) -> None:
    shop, spray = _limited(books)
    permit = _scoped(books, shop, *scope)
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")

    found = findings(books.book, "licence_out_of_scope")
    assert [one.grade for one in found] == expected
    assert all((one.party, one.seqs) == (shop, (permit, books.last.seq)) for one in found)


def test_a_wider_licence_that_was_in_force_that_day_is_enough(books: BookWriter) -> None:
    shop, spray = _limited(books)
    _scoped(books, shop, "农药（限制使用农药除外）")
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")
    assert kinds(books.book) == ["licence_out_of_scope"]

    wider = Licence(
        holder=shop,
        licence_kind=DEALING,
        number="许-2",
        scope=("农药", "限制使用农药"),
        valid_from=day("2026-10-10"),
    )
    books.says(books.register.registrar, wider, at="2026-12-01T08:00:00+08:00")
    assert kinds(books.book) == []
    _sells(books, shop, spray, "2026-10-09T10:00:00+08:00")
    assert kinds(books.book) == ["licence_out_of_scope"]


def test_a_licence_for_one_place_covers_the_places_within_it_and_no_other(books: BookWriter) -> None:
    shop, spray = _limited(books)
    place, corner, elsewhere = (books.site_id() for _ in range(3))
    _scoped(books, shop, site=place)
    for site in (place, corner, elsewhere):
        sale = Sale(site=site, lines=(line(spray, pieces(1)),))
        books.says(shop, sale, at="2026-10-10T10:00:00+08:00")
    _sells(books, shop, spray, "2026-10-10T11:00:00+08:00")
    assert kinds(books.book) == ["licence_out_of_scope"] * 2

    within = Site(site=corner, party=shop, site_kind="stall", name="柜台", within=place)
    books.says(shop, within, at="2026-12-01T08:00:00+08:00")
    (one,) = findings(books.book, "licence_out_of_scope")
    assert "场所" in one.words.zh


def _succeeds(books: BookWriter, before: PartyId, after: PartyId, how: str) -> None:
    said = Succession.read(
        {"party": str(before), "successor": str(after), "how": how, "effective_on": "2026-09-01"}
    )
    books.says(books.register.registrar, said, at="2026-09-01T08:00:00+08:00")


@pytest.mark.parametrize("at", ["2026-09-01T08:00:00+08:00", "2027-06-01T08:00:00+08:00"])
def test_a_renamed_party_goes_on_under_its_old_licence_and_the_old_name_under_the_new_one(
    books: BookWriter, at: str
) -> None:
    before, spray = _limited(books)
    after = books.party("新名农资店（演示）", kind="individual_business")
    licence(books, before, DEALING)
    for party in (after, before):
        _sells(books, party, spray, at)
    assert findings(books.book, "licence_never_held", party=after) != []

    _succeeds(books, before, after, "renamed")
    licences = ("licence_never_held", "licence_expired_on_day")
    assert [one for one in findings(books.book) if one.kind in licences] == []


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-08-31T08:00:00+08:00", 1),
        ("2026-09-01T08:00:00+08:00", 0),
        ("2026-11-30T08:00:00+08:00", 0),
        ("2026-12-01T08:00:00+08:00", 1),
    ],
)
def test_after_a_merger_the_licence_before_counts_while_the_change_is_applied_for(
    books: BookWriter, at: str, expected: int
) -> None:
    before, spray = _limited(books)
    after = books.party("接手农资店（演示）", kind="individual_business")
    licence(books, before, DEALING)
    _succeeds(books, before, after, "merged")
    _sells(books, after, spray, at)

    assert len(findings(books.book, "licence_never_held", party=after)) == expected


def test_a_suspension_that_stood_that_day_is_red_and_an_ended_licence_amber(books: BookWriter) -> None:
    shop, spray = _shop(books)
    _sells(books, shop, spray, "2026-09-15T10:00:00+08:00")
    _states(books, shop, "suspended", since="2026-09-10", until="2026-09-20", at="2026-10-25T10:00:00+08:00")
    _sells(books, shop, spray, "2026-10-10T10:00:00+08:00")

    assert [one.grade for one in findings(books.book, "licence_expired_on_day")] == ["red", "amber"]


def test_a_grant_entered_with_its_old_dates_lifts_a_suspension_from_the_day_it_was_given(
    books: BookWriter,
) -> None:
    shop, spray = _limited(books)
    licence(books, shop, DEALING, since="2024-01-01", until="2029-01-01")
    _states(books, shop, "suspended", since="2026-09-01", at="2026-09-01T10:00:00+08:00")
    again = {"since": "2024-01-01", "until": "2029-01-01"}
    _states(books, shop, "granted", at="2026-09-20T10:00:00+08:00", **again)
    for at in ("2026-09-19T10:00:00+08:00", "2026-09-20T11:00:00+08:00"):
        _sells(books, shop, spray, at)

    (one,) = findings(books.book, "licence_expired_on_day")
    assert one.figures["day"] == "2026-09-19"
