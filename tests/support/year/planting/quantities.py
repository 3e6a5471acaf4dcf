"""Contradictions of quantities: what went in and out, what a process gave, what two sides say of one delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.year.told import amount, date, kg
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Planted, Stage
    from tests.support.year.told import Told


def oversold(stage: Stage) -> Planted:
    """A third more out than in: a wholesaler of vegetables, a maker of food, a food trader."""
    if stage.turn % 3 == 0:
        maker, lot = stage.packaged(500)
        made = stage.batch_told(lot)
        stage.passes(maker, stage.cast.some("food_wholesaler"), lot, 400, stage.at(1))
        last = stage.passes(maker, stage.cast.some("supermarket"), lot, 300, stage.at(2)).shipment
        return stage.plant("oversold", maker, [made, last])
    if stage.turn % 3 == 1:
        maker, lot = stage.vegetables(900)
        trade, buyers = "vegetable_wholesaler", "stall"
    else:
        maker, lot = stage.packaged(900)
        trade, buyers = "food_wholesaler", "supermarket"
    seller = stage.cast.some(trade)
    came = stage.passes(maker, seller, lot, 200, stage.at(0, 12))
    first, second = stage.two(buyers)
    stage.passes(seller, first, lot, 130, stage.at(1, 4))
    last = stage.passes(seller, second, lot, float(140 + stage.random.randrange(60)), stage.at(1, 6)).shipment
    return stage.plant("oversold", seller, [came.any, last])


def _pork_for(stage: Stage, maker: Trader) -> Lot:
    """A tonne of pork for a meat maker."""
    house = stage.cast.some("slaughter")
    lot = stage.lot(house, "猪肉", "pork", 1000, "KGM")
    for kind in ("quarantine", "meat_inspection"):
        body: dict[str, Json] = {
            "certificate_kind": kind,
            "number": stage.pen.numbers.paper("DEMO-32P"),
            "issued_by": house.name,
            "goods": [lot.goods],
            "issued_on": date(stage.at(0)),
        }
        stage.says(house, "certificate.v1", body, stage.at(0, 7))
    stage.passes(house, maker, lot, 1000, stage.at(0, 8))
    return lot


def _process(stage: Stage, made_kg: float) -> tuple[Trader, Told]:
    """That tonne into so much sausage."""
    maker = stage.cast.some("meat_maker")
    pork = _pork_for(stage, maker)
    sausage = stage.lot(maker, "香肠", "packaged_food", made_kg, "KGM", on=1)
    body: dict[str, Json] = {
        "process": "灌制",
        "site": maker.sites[0],
        "inputs": [pork.line(1000)],
        "outputs": [{**sausage.line(made_kg), "role": "main"}],
    }
    return maker, stage.says(maker, "transformation.v1", body, stage.at(1, 6.2))


def yield_too_high(stage: Stage) -> Planted:
    """More sausage than meat."""
    maker, process = _process(stage, float(1400 + stage.random.randrange(400)))
    return stage.plant("yield_too_high", maker, [process])


def yield_too_low(stage: Stage) -> Planted:
    """A tonne of meat, a hundredweight of sausage, no waste."""
    maker, process = _process(stage, float(90 + stage.random.randrange(60)))
    return stage.plant("yield_too_low", maker, [process])


def sender_receiver_differ(stage: Stage) -> Planted:
    """500 kg on one side, 380 on the other, and nobody says why."""
    maker, lot = stage.packaged(500) if stage.turn % 2 else stage.vegetables(500)
    buyer = stage.cast.some("food_wholesaler" if stage.turn % 2 else "vegetable_wholesaler")
    shipment = stage.ship(maker, buyer, lot, 500, stage.at(1))
    got = float(330 + stage.random.randrange(60))
    receipt = stage.receive(maker, buyer, lot, got, stage.at(1, 11), shipment=shipment)
    stage.check(maker, buyer, lot, got, stage.at(1, 11.3))
    return stage.plant("sender_receiver_differ", [buyer, maker], [shipment, receipt])


def unit_mismatch(stage: Stage) -> Planted:
    """Cases in, kilograms out, and no word about what a case weighs."""
    maker = stage.cast.some("food_maker")
    lot = stage.lot(maker, "酱黄瓜", "packaged_food", 60, "XCS")
    loose = Lot(lot.goods, lot.name, lot.category, "KGM", lot.maker)
    seller = stage.cast.some("food_wholesaler")
    came = stage.passes(maker, seller, lot, 20, stage.at(1))
    gone = stage.passes(seller, stage.cast.some("supermarket"), loose, 300, stage.at(3))
    return stage.plant("unit_mismatch", seller, [came.any, gone.shipment])


def recall_answer_short(stage: Stage) -> Planted:
    """200 kg received, 80 kg accounted for."""
    maker, lot = stage.packaged(400)
    holder = stage.cast.some("food_wholesaler")
    came = stage.passes(maker, holder, lot, 200, stage.at(1))
    called: dict[str, Json] = {"action": "recall", "goods": [lot.goods], "grade": "2", "reason": "微生物超标"}
    recall = stage.says(maker, "recall.v1", called, stage.at(6))
    body: dict[str, Json] = {
        "recall": recall.id,
        "goods": lot.goods,
        "answered_on": date(stage.at(8)),
        "recovered": kg(20 + stage.random.randrange(20)),
        "sold": amount(50 + stage.random.randrange(20), "KGM"),
    }
    answer = stage.says(holder, "recall_answer.v1", body, stage.at(8))
    return stage.plant("recall_answer_short", holder, [recall, answer, came.any])


def seizure_unbalanced(stage: Stage) -> Planted:
    """100 kg seized; 80 destroyed and 60 given back."""
    maker, lot = stage.packaged(400)
    holder, office = stage.cast.some("food_wholesaler"), stage.cast.some("authority")
    stage.passes(maker, holder, lot, 300, stage.at(1))
    seized: dict[str, Json] = {
        "reason": "seizure",
        "held_by": holder.id,
        "document": "演扣〔2026〕1号",
        "lines": [lot.line(100)],
    }
    taken = stage.says(office, "adjustment.v1", seized, stage.at(5))
    burnt: dict[str, Json] = {
        "stage": "done",
        "stock": "seized",
        "method": "无害化处理",
        "held_by": holder.id,
        "on": date(stage.at(20)),
        "seizure": taken.id,
        "lines": [lot.line(80)],
    }
    destroyed = stage.says(office, "destruction.v1", burnt, stage.at(20))
    back = stage.says(
        office,
        "adjustment.v1",
        {**seized, "reason": "seizure_returned", "lines": [lot.line(60)]},
        stage.at(25),
    )
    return stage.plant("seizure_unbalanced", [office, holder], [taken, destroyed, back])


PLANTS = (
    oversold,
    yield_too_high,
    yield_too_low,
    sender_receiver_differ,
    unit_mismatch,
    recall_answer_short,
    seizure_unbalanced,
)
