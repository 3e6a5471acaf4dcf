"""Hard cases 5, 6, 7 and 8: checks written late, licences on the day, invoices that were used before, sources that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenario.hard.town import Town, line

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.server import Enrolled

FOOD = ["食品生产许可证", "食品经营许可证"]
CAN: dict[str, str] = {
    "gtin": "09520001000010",
    "produced_on": "2026-07-01",
    "expires_on": "2028-06-30",
    "specification": "400 克",
}
CHECKS: Json = [{"what": one, "result": "in_order"} for one in ("licence", "certificate", "voucher")]
INVOICE = "26322999999900000101"


def _cans(town: Town, maker: Enrolled, quantity: str = "1000 H87") -> str:
    goods = town.batch(maker, "午餐肉罐头（演示）", "食品", quantity, **CAN)
    town.says(
        maker, "releases", goods=goods, result="released", basis="own_test", certificate_number="DEMO-R-1"
    )
    return goods


def _checks(
    town: Town,
    who: Enrolled,
    supplier: Enrolled | str,
    goods: str,
    quantity: str,
    received_on: str,
    *,
    mark: str,
    **more: Json,
) -> str:
    body: dict[str, Json] = {
        "supplier": str(supplier),
        "received_on": received_on,
        "conclusion": "accept",
        "checks": CHECKS,
        "lines": [line(goods, quantity)],
        **more,
    }
    return town.tells(who, "supplier-checks", body, mark=mark)


@pytest.fixture
def maker(town: Town) -> Enrolled:
    return town.trader("演示罐头厂（演示）", licences=FOOD)


@pytest.fixture
def shop(town: Town) -> Enrolled:
    return town.trader("演示生鲜超市（演示）", licences=FOOD)


def test_5_a_check_written_after_the_goods_were_resold_says_so(
    town: Town, maker: Enrolled, shop: Enrolled
) -> None:
    cans = _cans(town, maker)
    town.at("2026-11-01 09:12")
    town.says(shop, "sales", mark="resold", lines=[line(cans, "40 H87")])
    town.at("2026-11-06 18:40")
    _checks(town, shop, maker, cans, "200 H87", "2026-10-28", mark="late check")
    assert town.found() == {
        ("backdated_check", "red", "演示生鲜超市（演示）", frozenset({"late check", "resold"}))
    }


def test_5_a_check_written_the_same_evening_is_nothing(town: Town, maker: Enrolled, shop: Enrolled) -> None:
    cans = _cans(town, maker)
    town.at("2026-10-28 09:00")
    town.says(maker, "shipments", to=str(shop), lines=[line(cans, "200 H87")])
    town.at("2026-10-28 21:00")
    _checks(town, shop, maker, cans, "200 H87", "2026-10-28", mark="evening")
    assert town.found() == set()


def test_6_a_licence_that_had_expired_that_day_is_the_shops_own_matter(town: Town, maker: Enrolled) -> None:
    shop = town.trader("演示早点铺（演示）", kind="individual_business")
    town.licence(shop, "食品经营许可证", mark="licence", valid_from="2021-11-01", valid_to="2026-10-31")
    cans = _cans(town, maker)
    town.at("2026-10-31 09:00")
    town.sends(maker, shop, line(cans, "10 H87"), mark="last day")
    assert town.found() == set()
    town.at("2026-11-01 09:00")
    town.sends(maker, shop, line(cans, "10 H87"), mark="day after")
    assert town.found() == {
        (
            "licence_expired_on_day",
            "amber",
            "演示早点铺（演示）",
            frozenset({"licence", "day after received"}),
        ),
        (
            "licence_expired_on_day",
            "amber",
            "演示早点铺（演示）",
            frozenset({"licence", "day after received check"}),
        ),
    }


def test_6_a_renewal_filed_in_time_and_undecided_counts_as_granted(town: Town, maker: Enrolled) -> None:
    shop = town.trader("演示早点铺（演示）", kind="individual_business")
    town.licence(
        shop, "食品经营许可证", valid_from="2021-11-01", valid_to="2026-10-31", number="JY23206820000001"
    )
    town.at("2026-09-15 09:00")
    town.licence(shop, "食品经营许可证", state="renewal_filed", number="JY23206820000001")
    cans = _cans(town, maker)
    town.at("2026-11-10 09:00")
    town.sends(maker, shop, line(cans, "10 H87"))
    assert town.found() == set()


def test_6_a_suspension_that_reaches_back_judges_the_days_again_and_changes_no_entry(
    town: Town, maker: Enrolled, shop: Enrolled
) -> None:
    cans = _cans(town, maker)
    town.licence(shop, "食品经营许可证", number="JY13206820000009", valid_from="2020-01-01")
    town.at("2026-10-10 09:00")
    sent = town.sends(maker, shop, line(cans, "10 H87"), mark="delivery")
    before = town.client.get(f"/api/v1/statements/{sent}", key=town.authority.key).json()
    assert town.found() == set()
    town.at("2026-11-10 09:00")
    for number in ("JY13206820000009", "DEM-4"):
        town.licence(
            shop,
            "食品经营许可证",
            mark="suspended",
            number=number,
            state="suspended",
            valid_from="2026-10-01",
            decision="演市监停〔2026〕3号",
        )
    assert town.found() == {
        (
            "licence_expired_on_day",
            "red",
            "演示生鲜超市（演示）",
            frozenset({"suspended", "delivery received"}),
        ),
        (
            "licence_expired_on_day",
            "red",
            "演示生鲜超市（演示）",
            frozenset({"suspended", "delivery received check"}),
        ),
    }
    assert town.client.get(f"/api/v1/statements/{sent}", key=town.authority.key).json() == before


def test_7_an_invoice_filed_by_two_buyers_is_found_with_both(
    town: Town, maker: Enrolled, shop: Enrolled
) -> None:
    other = town.trader("演示便利店（演示）", licences=FOOD)
    for buyer, mark in ((shop, "first"), (other, "second")):
        town.says(
            buyer,
            "vouchers",
            mark=mark,
            voucher_kind="e_invoice",
            number=INVOICE,
            seller=str(maker),
            buyer=str(buyer),
            issued_on="2026-08-21",
            total="3200.00",
        )
    # The later of the two is asked; the evidence stands side by side.
    assert town.found() == {("voucher_reused", "red", "演示便利店（演示）", frozenset({"first", "second"}))}


def test_7_one_invoice_for_three_deliveries_and_a_month_later_is_nothing(
    town: Town, maker: Enrolled, shop: Enrolled
) -> None:
    cans = _cans(town, maker)
    for day in ("2026-08-23", "2026-08-24", "2026-08-25"):
        town.at(f"{day} 09:00")
        shipment = town.says(maker, "shipments", to=str(shop), lines=[line(cans, "100 H87")])
        town.says(
            shop,
            "receipts",
            supplier=str(maker),
            shipment=shipment,
            lines=[line(cans, "100 H87")],
            check={"checks": CHECKS, "voucher": {"voucher_kind": "e_invoice", "number": INVOICE}},
        )
    town.at("2026-09-05 09:00")
    lines: Json = [{"name": "午餐肉罐头", "goods": cans, "quantity": {"amount": "300", "unit": "H87"}}]
    town.says(
        shop,
        "vouchers",
        mark="invoice",
        voucher_kind="e_invoice",
        number=INVOICE,
        seller=str(maker),
        buyer=str(shop),
        issued_on="2026-09-01",
        total="3200.00",
        lines=lines,
    )
    assert town.found() == set()


def test_7_more_goods_than_the_invoice_lists_and_an_edited_amount_are_found(
    town: Town, maker: Enrolled, shop: Enrolled
) -> None:
    cans = _cans(town, maker)
    lines: Json = [{"name": "午餐肉罐头", "goods": cans, "quantity": {"amount": "100", "unit": "H87"}}]
    town.says(
        shop,
        "vouchers",
        mark="invoice",
        voucher_kind="e_invoice",
        number="26322999999900000302",
        seller=str(maker),
        buyer=str(shop),
        issued_on="2026-11-02",
        total="9600.00",
        qr_text="01,32,,26322999999900000302,9600.00,20261102,,7ACD",
        lines=lines,
    )
    edited = ("voucher_edited", "amber", "演示生鲜超市（演示）", frozenset({"invoice"}))
    assert town.found() == {edited}
    town.at("2026-08-22 09:00")
    _checks(
        town,
        shop,
        maker,
        cans,
        "160 H87",
        "2026-08-22",
        mark="check",
        voucher={"voucher_kind": "e_invoice", "number": "26322999999900000302"},
    )
    assert town.found() == {
        edited,
        ("voucher_overused", "red", "演示生鲜超市（演示）", frozenset({"invoice", "check"})),
    }


def test_8_a_supplier_whose_code_cannot_exist_ends_the_trace_in_red(town: Town, shop: Enrolled) -> None:
    ghost = town.declares(shop, "演示绿盾食品贸易部（演示）", credit_code="92320900DEM003995Y")
    cans = town.batch(
        shop, "午餐肉罐头（演示）", "食品", "200 H87", maker=ghost, mark="declared batch", **CAN
    )
    _checks(town, shop, ghost, cans, "200 H87", "2026-08-21", mark="check")
    ghostly = "演示绿盾食品贸易部（演示）"
    assert town.found() == {
        ("credit_code_fails", "red", "演示生鲜超市（演示）", frozenset({ghostly})),
        (
            "source_contradicted",
            "red",
            "演示生鲜超市（演示）",
            frozenset({ghostly, "declared batch", "check"}),
        ),
    }
    sources = town.traced(cans, "sources")
    assert [one["kind"] for one in sources] == ["contradicted"]


def test_8_a_farmer_without_code_or_licence_ends_it_in_grey(town: Town, shop: Enrolled) -> None:
    answer = town.client.post(
        "/api/v1/parties",
        json={
            "party_kind": "farmer",
            "person_name": "王大田（演示）",
            "phone": "13900000009",
            "address": "演示村二组",
        },
        key=shop.key,
    )
    party = answer.json()["party"]
    leeks = town.batch(
        shop,
        "韭菜",
        "食用农产品",
        "30 KGM",
        gtin=None,
        maker=party,
        lot_basis="supplier_product_date",
        produced_on="2026-08-21",
        origin="江苏如皋",
    )
    town.says(
        shop,
        "receipts",
        supplier=party,
        lines=[line(leeks, "30 KGM")],
        voucher={"voucher_kind": "purchase_invoice", "number": INVOICE, "total": "120.00"},
    )
    town.says(shop, "sales", lines=[line(leeks, "29 KGM")])
    assert town.found() == set()
    sources = town.traced(leeks, "sources")
    assert [one["kind"] for one in sources] == ["declared"]
