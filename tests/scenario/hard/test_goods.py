"""Hard cases 2, 3, 4, 9 and 12: many receivers, mixed lots, more out than in, recalls, wrong entries; and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenario.hard.town import Town, line

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.server import Enrolled

FOOD = ["食品生产许可证", "食品经营许可证"]
MEAT = {
    "gtin": "09520001000010",
    "produced_on": "2026-08-13",
    "expires_on": "2027-02-11",
    "specification": "散装",
}


def _let_out(town: Town, maker: Enrolled, *goods: str) -> None:
    for one in goods:
        town.says(
            maker, "releases", goods=one, result="released", basis="own_test", certificate_number="DEMO-R-1"
        )


def _process(
    town: Town,
    maker: Enrolled,
    inputs: list[dict[str, Json]],
    outputs: list[dict[str, Json]],
    *,
    mark: str = "",
) -> None:
    town.says(maker, "transformations", mark=mark, process="灌肠", inputs=inputs, outputs=outputs)


def _kilos(quantity: Json) -> str:
    assert isinstance(quantity, dict)
    assert quantity["unit"] == "KGM"
    return str(quantity["amount"])


@pytest.fixture
def plant(town: Town) -> Enrolled:
    return town.trader("演示濠滨肉制品有限公司（演示）", licences=FOOD)


@pytest.fixture
def market(town: Town) -> Enrolled:
    return town.trader("演示通达生鲜超市（演示）", licences=FOOD)


def test_2_one_batch_to_four_hundred_stalls_is_recalled_whole(town: Town) -> None:
    co_op = town.trader("演示绿畦合作社（演示）", kind="cooperative")
    wholesaler = town.trader("演示顺和蔬菜批发部（演示）", kind="individual_business")
    leeks = town.batch(co_op, "韭菜", "食用农产品", "6010 KGM", produced_on="2026-08-21", origin="江苏如皋")
    town.says(co_op, "commitments", producer=str(co_op), basis="self_test", goods=leeks)
    town.sends(co_op, wholesaler, line(leeks, "6010 KGM"))
    stalls = [
        town.declares(
            wholesaler,
            f"菜摊 {number}（演示）",
            party_kind="individual_business",
            phone=f"1390000{number:04}",
        )
        for number in range(400)
    ]
    for some in (stalls[start : start + 100] for start in range(0, 400, 100)):
        body = {"statements": [{"to": one, "lines": [line(leeks, "15 KGM")]} for one in some]}
        answer = town.client.post("/api/v1/shipments", json=body, key=wholesaler.key)
        assert answer.status_code == 201, answer.text
    town.says(wholesaler, "adjustments", reason="loss", lines=[line(leeks, "10 KGM")])
    assert town.found() == set()
    recall = town.says(co_op, "recalls", action="recall", goods=[leeks], reason="农药残留超标", grade="1")
    scope = town.client.get(f"/api/v1/recalls/{recall}/scope", key=town.authority.key).json()
    assert not scope["truncated"]
    assert len(scope["holders"]) == 402
    assert _kilos(scope["totals"]["first_hand"]) == "6010"
    assert _kilos(scope["totals"]["lost"]) == "10"
    assert _kilos(scope["totals"]["unaccounted"]) == "6000"
    phones = {one.get("phone") for one in scope["parties"].values()}
    assert {f"1390000{number:04}" for number in range(400)} <= phones


def test_3_a_mixed_lot_shows_both_sources_and_may_contain_either(town: Town, plant: Enrolled) -> None:
    first, second = (
        town.batch(
            plant,
            "猪肉",
            "食品",
            quantity,
            number=number,
            gtin=None,
            produced_on="2026-08-12",
            expires_on="2026-12-10",
            specification="散装",
        )
        for number, quantity in (("PK-20261110", "300 KGM"), ("PK-20261112", "500 KGM"))
    )
    sausage = town.batch(plant, "香肠", "食品", "619 KGM", number="SG-20261114", **MEAT)
    _process(town, plant, [line(second, "500 KGM"), line(first, "300 KGM")], [line(sausage, "619 KGM")])
    assert town.found() == set()
    assert {first, second} <= {node["goods"] for node in town.traced(sausage, "nodes")}
    holder = next(one for one in town.traced(first, "holders") if one["goods"] == sausage)
    assert holder["may_contain"] is True


def test_4_more_out_than_was_made_is_shown_with_the_entries_of_the_sum(
    town: Town, plant: Enrolled, market: Enrolled
) -> None:
    pork = town.batch(
        plant,
        "猪肉",
        "食品",
        "1590 KGM",
        gtin=None,
        produced_on="2026-08-12",
        expires_on="2026-12-12",
        specification="散装",
    )
    sausage = town.batch(plant, "香肠", "食品", "1230 KGM", number="SG-20261113", mark="sausage", **MEAT)
    town.says(
        plant,
        "transformations",
        mark="process",
        process="灌肠",
        inputs=[line(pork, "1590 KGM")],
        outputs=[line(sausage, "1230 KGM")],
    )
    _let_out(town, plant, sausage)
    town.sends(plant, market, line(sausage, "1230 KGM"), mark="honest")
    assert town.found() == set()
    town.sends(plant, market, line(sausage, "170 KGM"), mark="too much")
    evidence = {
        "process",
        *(f"{one} {what}" for one in ("honest", "too much") for what in ("sent", "received")),
    }
    assert town.found() == {("oversold", "red", "演示濠滨肉制品有限公司（演示）", frozenset(evidence))}
    figures = next(
        one["figures"]
        for one in town.client.get("/api/v1/findings", key=plant.key).json()["findings"]
        if one["kind"] == "oversold"
    )
    assert (figures["in"], figures["out"], figures["difference"]) == ("1230", "1400", "-170")


def test_4_a_yield_nobody_can_reach_is_found_and_a_common_one_is_not(town: Town, plant: Enrolled) -> None:
    pork = town.batch(
        plant,
        "猪肉",
        "食品",
        "300 KGM",
        gtin=None,
        produced_on="2026-08-12",
        expires_on="2026-12-12",
        specification="散装",
    )
    made = [town.batch(plant, "香肠", "食品", quantity, **MEAT) for quantity in ("77 KGM", "140 KGM")]
    _process(town, plant, [line(pork, "100 KGM")], [line(made[0], "77 KGM")], mark="common")
    assert town.found() == set()
    _process(town, plant, [line(pork, "100 KGM")], [line(made[1], "140 KGM")], mark="wonder")
    assert town.found() == {
        ("yield_out_of_range", "amber", "演示濠滨肉制品有限公司（演示）", frozenset({"wonder"}))
    }


def test_9_a_recalled_pack_says_so_first_and_an_account_must_add_up(
    town: Town, plant: Enrolled, market: Enrolled
) -> None:
    sausage = town.batch(plant, "香肠", "食品", "100 KGM", **MEAT)
    _let_out(town, plant, sausage)
    town.sends(plant, market, line(sausage, "100 KGM"), mark="delivery")
    town.says(market, "sales", mark="sold", lines=[line(sausage, "60 KGM")])
    recall = town.says(
        plant,
        "recalls",
        mark="recall",
        action="recall",
        goods=[sausage],
        reason="检出李斯特菌",
        grade="1",
        advice="立即停止食用",
    )
    shown = town.client.get("/p/01/09520001000010/10/" + sausage.rpartition("/")[2]).text
    main = shown[shown.index("<main") :]
    # The notice first, with what to do; then what the goods are.
    assert main.index('role="alert"') < main.index("立即停止食用") < main.index("<h1")
    town.says(
        market,
        "recall-answers",
        mark="honest answer",
        recall=recall,
        goods=sausage,
        recovered={"amount": "40", "unit": "KGM"},
        sold={"amount": "60", "unit": "KGM"},
    )
    assert town.found() == set()
    town.says(
        market,
        "recall-answers",
        mark="too much",
        recall=recall,
        goods=sausage,
        recovered={"amount": "90", "unit": "KGM"},
    )
    evidence = {"recall", "delivery sent", "delivery received", "honest answer", "too much"}
    assert town.found() == {
        ("recall_answer_differs", "amber", "演示通达生鲜超市（演示）", frozenset(evidence))
    }


def test_12_a_wrong_entry_put_right_leaves_both_and_no_finding(town: Town, market: Enrolled) -> None:
    co_op = town.trader("演示绿畦合作社（演示）", kind="cooperative")
    leeks = town.batch(
        co_op, "韭菜", "食用农产品", "100 KGM", mark="harvest", produced_on="2026-08-21", origin="江苏如皋"
    )
    town.says(co_op, "commitments", producer=str(co_op), basis="self_test", goods=leeks)
    wrong = town.says(co_op, "shipments", mark="600 typed", to=str(market), lines=[line(leeks, "600 KGM")])
    assert town.found() == {
        ("oversold", "red", "演示绿畦合作社（演示）", frozenset({"harvest", "600 typed"}))
    }
    town.at("2026-08-22 08:00")
    better = town.says(
        co_op,
        "shipments",
        mark="60 meant",
        to=str(market),
        lines=[line(leeks, "60 KGM")],
        corrects=wrong,
        correction_reason="incorrect_data",
        correction_note="多打了一个零",
    )
    assert town.found() == set()
    for one in (wrong, better):
        shown = town.client.get(f"/api/v1/statements/{one}", key=town.authority.key)
        assert shown.status_code == 200
    assert (
        town.client.get(f"/api/v1/statements/{wrong}", key=town.authority.key).json()["superseded_by"]
        == better
    )


def test_cases_and_kilos_add_up_only_where_it_was_declared(
    town: Town, plant: Enrolled, market: Enrolled
) -> None:
    declared = town.batch(
        plant,
        "香肠",
        "食品",
        "100 KGM",
        packs=[{"unit": "XCS", "holds": {"amount": "10", "unit": "KGM"}}],
        **MEAT,
    )
    _let_out(town, plant, declared)
    town.sends(plant, market, line(declared, "10 XCS"))
    town.says(market, "sales", lines=[line(declared, "95 KGM")])
    assert town.found() == set()
    town.says(plant, "shipments", to=str(market), lines=[line(declared, "1 XCS")])
    assert "oversold" in town.kinds()


def test_cases_and_kilos_without_a_factor_are_no_accusation(
    town: Town, plant: Enrolled, market: Enrolled
) -> None:
    silent = town.batch(plant, "香肠", "食品", "100 KGM", mark="sausage", **MEAT)
    _let_out(town, plant, silent)
    town.sends(plant, market, line(silent, "10 XCS"), mark="delivery")
    assert town.found() == {
        (
            "unit_mismatch",
            "grey",
            "演示濠滨肉制品有限公司（演示）",
            frozenset({"sausage", "delivery sent", "delivery received"}),
        )
    }


def test_goods_made_out_of_themselves_are_refused_by_name(town: Town, plant: Enrolled) -> None:
    pork, mince, pate = (
        town.batch(
            plant,
            name,
            "食品",
            "10 KGM",
            gtin=None,
            produced_on="2026-08-12",
            expires_on="2026-12-12",
            specification="散装",
        )
        for name in ("猪肉", "肉糜", "肉酱")
    )
    _process(town, plant, [line(pork, "10 KGM")], [line(mince, "9 KGM")])
    _process(town, plant, [line(mince, "9 KGM")], [line(pate, "8 KGM")])
    for inputs, outputs in (((pork,), (pork,)), ((pate,), (pork,))):
        body = {
            "process": "灌肠",
            "inputs": [line(one, "1 KGM") for one in inputs],
            "outputs": [line(one, "1 KGM") for one in outputs],
        }
        answer = town.client.post("/api/v1/transformations", json=body, key=plant.key)
        assert answer.status_code == 422
        assert "outputs[0].goods" in answer.text
