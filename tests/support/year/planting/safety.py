"""Contradictions of what must not be in goods, what must come before they leave, and what must stop them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.year.planting.codes import coded_lot
from tests.support.year.told import date

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Planted, Stage
    from tests.support.year.told import Told
    from tests.support.year.world import Lot

#: Not on vegetables, or not at all: product and active ingredient.
NOT_ON_VEGETABLES = (
    ("甲胺磷乳油", "甲胺磷"),
    ("甲拌磷颗粒剂", "甲拌磷"),
    ("克百威颗粒剂", "克百威"),
    ("氧乐果乳油", "氧乐果"),
)
#: Not in food at all.
NOT_IN_FOOD = ("硼砂", "吊白块")
#: Found by laboratories, and in what.
FOUND = (("克伦特罗", "1.2", "μg/kg"), ("孔雀石绿", "3.5", "μg/kg"), ("氟虫腈", "0.09", "mg/kg"))


def banned_input(stage: Stage) -> Planted:
    """On leeks, or in a pickle."""
    if stage.turn % 3 == 2:
        maker, lot = stage.packaged(300)
        name = NOT_IN_FOOD[stage.turn % 2]
        stranger = _stranger(stage, maker)
        powder = stage.lot(stranger, name, "generic", 5, "KGM", declared_by=maker)
        stage.old_stock(maker, powder, 5, stage.at(0, 7))
        new = stage.lot(maker, "酱黄瓜", "packaged_food", 290, "KGM", on=1)
        body: dict[str, Json] = {
            "process": "腌制",
            "inputs": [lot.line(300), powder.line(2)],
            "outputs": [{**new.line(290), "role": "main"}],
        }
        return stage.plant(
            "banned_input",
            maker,
            [stage.says(maker, "transformation.v1", body, stage.at(1, 6.2)), stage.batch_told(powder)],
        )
    grower = stage.cast.some("co_op")
    name, ingredient = NOT_ON_VEGETABLES[stage.turn % 4]
    stranger = _stranger(stage, grower)
    bottle = stage.lot(
        stranger, name, "pesticide", 10, "XBO", declared_by=grower, active_ingredients=[ingredient]
    )
    stage.old_stock(grower, bottle, 10, stage.at(0, 7))
    plot = _plot(stage, grower)
    crop = stage.lot(grower, "韭菜", "farm_produce", 300, "KGM", on=40, site=plot)
    stage.papers(grower, crop, 300, stage.at(40, 7))
    used = _sprayed(stage, grower, bottle, plot, 1, wait=21, on=[crop.goods])
    return stage.plant("banned_input", grower, [used, stage.batch_told(bottle)])


def _stranger(stage: Stage, declared_by: Trader) -> Trader:
    """A maker who is not on the ledger, as the one who has its goods describes it."""
    one = stage.somebody("stranger", "company", "外省化工厂")
    stage.declare(declared_by.id, one, stage.at(-1))
    return one


def _plot(stage: Stage, grower: Trader) -> str:
    """A field on which nothing else happens."""
    site = stage.pen.site()
    body: dict[str, Json] = {
        "site": site,
        "party": grower.id,
        "site_kind": "plot",
        "name": "新开地块",
        "region": grower.region,
    }
    stage.says(stage.pen.registrar, "site.v1", body, stage.at(-1))
    return site


def _sprayed(
    stage: Stage,
    grower: Trader,
    bottle: Lot,
    plot: str,
    days: float,
    *,
    wait: int,
    on: list[str] | None = None,
) -> Told:
    body: dict[str, Json] = {
        "purpose": "韭菜虫害",
        "dose": "稀释 1000 倍",
        "site": plot,
        "wait_days": wait,
        "lines": [bottle.line(2)],
    }
    if on:
        body["on_goods"] = list(on)
    return stage.says(grower, "use.v1", body, stage.at(days, 15))


def _tested(stage: Stage, lot: Lot, holder: Trader, days: float, analyte: tuple[str, str, str]) -> Told:
    """A laboratory's failing result."""
    laboratory = stage.cast.all("laboratory")[0]
    name, value, unit = analyte
    body: dict[str, Json] = {
        "goods": lot.goods,
        "taken_from": holder.id,
        "laboratory": laboratory.name,
        "stage": "laboratory",
        "overall": "fail",
        "notified_on": date(stage.at(days)),
        "results": [{"analyte": name, "value": value, "verdict": "fail", "unit": unit, "limit": "不得检出"}],
    }
    return stage.says(laboratory, "test_result.v1", body, stage.at(days))


def banned_in_test(stage: Stage) -> Planted:
    """What may not be in any food, found in this."""
    trade = "pork_wholesaler" if stage.turn % 3 == 0 else "vegetable_wholesaler"
    if stage.turn % 3 == 0:
        maker, lot = _pork(stage)
    else:
        maker, lot = stage.vegetables(400, name="鲫鱼" if stage.turn % 3 == 1 else "青菜")
    holder = stage.cast.some(trade)
    stage.passes(maker, holder, lot, 300, stage.at(1))
    result = _tested(stage, lot, holder, 4, FOUND[stage.turn % 3])
    return stage.plant("banned_in_test", holder, [result])


def _pork(stage: Stage) -> tuple[Trader, Lot]:
    house = stage.cast.some("slaughter")
    return house, stage.lot(house, "猪肉", "pork", 400, "KGM")


def sold_after_failed_test(stage: Stage) -> Planted:
    """The holder knew, and sold on."""
    maker, lot = stage.packaged(400)
    holder = stage.cast.some("food_wholesaler")
    stage.passes(maker, holder, lot, 300, stage.at(1))
    result = _tested(stage, lot, holder, 4, ("菌落总数", "110000", "CFU/g"))
    sold = stage.passes(
        holder, stage.cast.some("canteen"), lot, 100, stage.at(8 + stage.random.randrange(10))
    ).shipment
    return stage.plant("sold_after_failed_test", holder, [result, sold])


def release_missing(stage: Stage) -> Planted:
    """Gone before anybody let it go; sometimes let go afterwards."""
    trade, buyer = (("food_maker", "food_wholesaler"), ("drug_maker", "drug_wholesaler"))[stage.turn % 2]
    maker = stage.cast.some(trade)
    if trade == "food_maker":
        lot = stage.lot(maker, "酱黄瓜", "packaged_food", 300, "KGM", released=False)
    else:
        lot = stage.lot(maker, "布洛芬片", "drug", 300, "XBX", released=False)
    shipped = stage.passes(maker, stage.cast.some(buyer), lot, 200, stage.at(1)).shipment
    evidence = [stage.batch_told(lot), shipped]
    if stage.turn % 4 < 2:
        evidence.append(stage.release(maker, lot.goods, stage.at(5)))
    return stage.plant("release_missing", maker, evidence)


def shipped_though_rejected(stage: Stage) -> Planted:
    """The quality person said no."""
    maker, lot = stage.packaged(300, released=False)
    refused = stage.release(maker, lot.goods, stage.at(0, 8), "rejected")
    shipped = stage.passes(maker, stage.cast.some("food_wholesaler"), lot, 200, stage.at(2)).shipment
    return stage.plant("shipped_though_rejected", maker, [refused, shipped], "release_missing")


def moved_under_hold(stage: Stage) -> Planted:
    """Held by the market or an office, sold all the same."""
    maker, lot = stage.vegetables(400)
    holder = stage.cast.some("vegetable_wholesaler")
    stage.passes(maker, holder, lot, 300, stage.at(0, 9))
    hold: dict[str, Json] = {"action": "hold", "goods": [lot.goods], "reason": "快检阳性"}
    if stage.turn % 2:
        office = stage.cast.some("authority")
        hold |= {"officer": stage.cast.officers[office.id], "at": holder.id}
    else:
        office = stage.cast.all("market")[0]
    held = stage.says(office, "hold.v1", hold, stage.at(0, 16))
    shipped = stage.ship(holder, stage.two("stall")[0], lot, 80, stage.at(1, 4), offer=False)
    return stage.plant("moved_under_hold", holder, [held, shipped])


def moved_under_recall(stage: Stage) -> Planted:
    """Called back by its maker, sold by a shop."""
    maker, lot = stage.packaged(400)
    holder = stage.cast.some("food_wholesaler")
    stage.passes(maker, holder, lot, 300, stage.at(1))
    called: dict[str, Json] = {"action": "recall", "goods": [lot.goods], "grade": "1", "reason": "检出致病菌"}
    recall = stage.says(maker, "recall.v1", called, stage.at(5))
    sold = stage.sale(holder, lot, 40, stage.at(7 + stage.random.randrange(8)))
    return stage.plant("moved_under_recall", holder, [recall, sold])


def interval_too_short(stage: Stage) -> Planted:
    """Ten days on the label, four on the field."""
    grower = stage.cast.some("co_op")
    bottle = coded_lot(stage, stage.cast.some("pesticide_maker"), "pesticide", on=-3)
    stage.old_stock(grower, bottle, 10, stage.at(-2))
    plot = _plot(stage, grower)
    used = _sprayed(stage, grower, bottle, plot, 0, wait=10)
    lot = stage.lot(grower, "韭菜", "farm_produce", 300, "KGM", on=2 + stage.random.randrange(6), site=plot)
    stage.papers(grower, lot, 300, stage.at(9))
    return stage.plant("interval_too_short", grower, [used, stage.batch_told(lot)])


def approval_lapsed(stage: Stage) -> Planted:
    """The registration ended; the line went on."""
    maker = stage.newcomer("pesticide_maker", "company", "作物科学有限公司", stage.valid("农药生产许可证"))
    number = f"PD2025{stage.pen.numbers.serial() % 10_000:04d}"
    approval: dict[str, Json] = {
        "holder": maker.id,
        "licence_kind": "农药登记证",
        "number": number,
        "valid_from": date(stage.at(-1800)),
        "valid_to": date(stage.at(-20)),
        "product_name": "苯醚甲环唑悬浮剂",
    }
    lapsed = stage.says(stage.pen.registrar, "approval.v1", approval, stage.at(-28))
    lot = stage.lot(maker, "苯醚甲环唑悬浮剂", "pesticide", 100, "XBO", approval_number=number)
    stage.passes(maker, stage.cast.some("pesticide_wholesaler"), lot, 80, stage.at(2))
    return stage.plant("approval_lapsed", maker, [lapsed, stage.batch_told(lot)])


def approval_unknown(stage: Stage) -> Planted:
    """A registration number that nobody ever recorded."""
    maker = stage.newcomer("pesticide_maker", "company", "作物科学有限公司", stage.valid("农药生产许可证"))
    number = f"PD2024{stage.pen.numbers.serial() % 10_000:04d}"
    lot = stage.lot(maker, "苯醚甲环唑悬浮剂", "pesticide", 100, "XBO", approval_number=number)
    stage.passes(maker, stage.cast.some("pesticide_wholesaler"), lot, 80, stage.at(2))
    return stage.plant("approval_unknown", maker, [stage.batch_told(lot)])


def expired_and_sold(stage: Stage) -> Planted:
    """Good for ten more days when it came; sold over the counter, or sent on, when they were over."""
    last, later = date(stage.at(10)), stage.at(11 + stage.random.randrange(20))
    if stage.turn % 2:
        maker, holder = stage.cast.some("drug_maker"), stage.cast.some("drug_wholesaler")
        lot = stage.lot(maker, "布洛芬片", "drug", 300, "XBX", expires_on=last)
        stage.passes(maker, holder, lot, 200, stage.at(1))
        sold = stage.passes(holder, stage.two("pharmacy")[0], lot, 50, later).shipment
    else:
        maker, holder = stage.cast.some("food_maker"), stage.cast.some("food_wholesaler")
        lot = stage.lot(maker, "酱黄瓜", "packaged_food", 300, "KGM", expires_on=last)
        stage.passes(maker, holder, lot, 200, stage.at(1))
        sold = stage.sale(holder, lot, 20, later)
    return stage.plant("expired_and_sold", holder, [stage.batch_told(lot), sold])


def dated_ahead(stage: Stage) -> Planted:
    """早产: what is made and delivered today bears a day of next week."""
    trade, buyer, name, category = (
        ("food_maker", "food_wholesaler", "酱黄瓜", "packaged_food"),
        ("slaughter", "pork_wholesaler", "猪肉", "pork"),
    )[stage.turn % 2]
    maker, first = stage.cast.some(trade), stage.cast.some(buyer)
    printed = date(stage.at(4 + stage.random.randrange(10)))
    lot = stage.lot(maker, name, category, 300, "KGM", produced_on=printed)
    passed = stage.passes(maker, first, lot, 200, stage.at(1))
    return stage.plant("dated_ahead", [maker, first], [stage.batch_told(lot), passed.any])


PLANTS = (
    banned_input,
    banned_in_test,
    sold_after_failed_test,
    release_missing,
    shipped_though_rejected,
    moved_under_hold,
    moved_under_recall,
    interval_too_short,
    approval_lapsed,
    approval_unknown,
    expired_and_sold,
    dated_ahead,
)
