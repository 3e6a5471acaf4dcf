"""Contradictions of who checks whom, of licences, and of parties that are not what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.year.numbers import wrong_credit_code
from tests.support.year.planting.codes import coded_lot
from tests.support.year.told import DAY, HOUR, date

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Planted, Stage
    from tests.support.year.told import Told
    from tests.support.year.world import Lot

PESTICIDE_LICENCE, DRUG_LICENCE, FOOD_LICENCE = "农药经营许可证", "药品经营许可证", "食品经营许可证"


# ---------------------------------------------------------------------------------------------- checks


def check_after_resale(stage: Stage) -> Planted:
    """Sold on the next day, checked on paper, typed a week later."""
    maker, lot = stage.packaged(300) if stage.turn % 2 else stage.vegetables(300)
    buyer = stage.cast.some("food_wholesaler" if stage.turn % 2 else "vegetable_wholesaler")
    came = stage.passes(maker, buyer, lot, 300, stage.at(1), checked=False)
    customer = stage.cast.some("supermarket" if stage.turn % 2 else "stall")
    resale = stage.passes(buyer, customer, lot, 120, stage.at(2, 5)).shipment
    claimed = came.receipt.at_ms + HOUR
    recorded = claimed + stage.random.randrange(5, 12) * DAY
    check = stage.check(maker, buyer, lot, 300, claimed, recorded=recorded)
    return stage.plant("check_after_resale", buyer, [check, resale], "check_late")


def check_late(stage: Stage) -> Planted:
    """Typed nine days and more after the day it claims, before anything was sold."""
    maker, lot = stage.packaged(300) if stage.turn % 2 else stage.vegetables(300)
    buyer = stage.cast.some("food_wholesaler" if stage.turn % 2 else "vegetable_wholesaler")
    came = stage.passes(maker, buyer, lot, 300, stage.at(1), checked=False)
    claimed = came.receipt.at_ms + HOUR
    check = stage.check(
        maker, buyer, lot, 300, claimed, recorded=claimed + stage.random.randrange(9, 25) * DAY
    )
    return stage.plant("check_late", buyer, [check])


def check_missing(stage: Stage) -> Planted:
    """Received, sold on, never checked."""
    if stage.turn % 3 == 0:
        maker = stage.cast.some("drug_maker")
        lot = coded_lot(stage, maker, "drug")
        buyer, quantity = stage.cast.some("drug_wholesaler"), 10.0
        came = stage.passes(maker, buyer, lot, quantity, stage.at(1), checked=False)
        resale = stage.passes(buyer, stage.cast.some("pharmacy"), lot, 5, stage.at(4)).shipment
    elif stage.turn % 3 == 1:
        maker, lot = stage.packaged(200)
        buyer = stage.cast.some("food_wholesaler")
        came = stage.passes(maker, buyer, lot, 200, stage.at(1), checked=False)
        resale = stage.passes(buyer, stage.cast.some("canteen"), lot, 50, stage.at(4)).shipment
    else:
        maker = stage.cast.some("pesticide_maker")
        lot = coded_lot(stage, maker, "pesticide")
        buyer = stage.cast.some("pesticide_dealer")
        came = stage.passes(maker, buyer, lot, 10, stage.at(1), checked=False)
        resale = stage.sale(buyer, lot, 1, stage.at(4))
    return stage.plant("check_missing", buyer, [came.any, resale])


# ---------------------------------------------------------------------------------------------- licences


def _dealer(stage: Stage, *licences: dict[str, Json]) -> Trader:
    return stage.newcomer("pesticide_dealer", "individual_business", "农资店", *licences)


def _stocked(stage: Stage, seller: Trader) -> Lot:
    """Twelve bottles from a maker, checked on arrival."""
    maker = stage.cast.some("pesticide_maker")
    lot = coded_lot(stage, maker, "pesticide")
    stage.passes(maker, seller, lot, 12, stage.at(1))
    return lot


def _sells(stage: Stage, seller: Trader, lot: Lot, days: float) -> Told:
    return stage.sale(seller, lot, 1, stage.at(days))


def licence_expired(stage: Stage) -> Planted:
    """Ends on the tenth day, granted anew five weeks later from a later day; a sale between."""
    old = stage.valid(PESTICIDE_LICENCE, until=stage.day + 10)
    seller = _dealer(stage, old)
    expired = stage.own[-1]
    lot = _stocked(stage, seller)
    sold = _sells(stage, seller, lot, 20 + stage.random.randrange(20))
    new = {**old, "valid_from": date(stage.at(46)), "valid_to": date(stage.at(1800))}
    stage.licence(seller, new, stage.at(46, 15))
    return stage.plant("licence_expired", seller, [expired, sold])


def licence_out_of_scope(stage: Stage) -> Planted:
    """Sausage makers who make milk, pesticide shops that may not sell the restricted ones."""
    if stage.turn % 2:
        seller = _dealer(stage, {**stage.valid(PESTICIDE_LICENCE), "scope": ["农药（限制使用农药除外）"]})
        licence = stage.own[-1]
        maker = stage.cast.some("pesticide_maker")
        lot = stage.lot(
            maker,
            "涕灭威颗粒剂（限制使用农药）",
            "pesticide",
            12,
            "XBO",
            active_ingredients=["涕灭威"],
            specification="限制使用农药",
        )
        stage.passes(maker, seller, lot, 12, stage.at(1))
        told = _sells(stage, seller, lot, 9)
        return stage.plant("licence_out_of_scope", seller, [licence, told])
    scope = {**stage.valid("食品生产许可证", "SC104"), "scope": ["肉制品"]}
    maker = stage.newcomer("meat_maker", "company", "肉制品有限公司", scope)
    licence = stage.own[-1]
    lot = stage.lot(maker, "纯牛奶（乳制品）", "packaged_food", 400, "KGM", specification="乳制品")
    stage.passes(maker, stage.cast.some("food_wholesaler"), lot, 300, stage.at(1))
    return stage.plant("licence_out_of_scope", maker, [licence, stage.batch_told(lot)])


def licence_never_held(stage: Stage) -> Planted:
    """A shop without any licence, and what it sold."""
    if stage.turn % 2:
        seller = _dealer(stage)
        lot = _stocked(stage, seller)
        return stage.plant("licence_never_held", seller, [_sells(stage, seller, lot, 5)])
    seller = stage.newcomer("food_wholesaler", "company", "食品商行")
    maker, lot = stage.packaged(300)
    stage.passes(maker, seller, lot, 300, stage.at(1))
    sold = stage.passes(seller, stage.cast.some("supermarket"), lot, 200, stage.at(4)).shipment
    return stage.plant("licence_never_held", seller, [sold])


def licence_suspended_later(stage: Stage) -> Planted:
    """The decision is recorded a month after its first day."""
    held = stage.valid(PESTICIDE_LICENCE)
    seller = _dealer(stage, held)
    lot = _stocked(stage, seller)
    sold = _sells(stage, seller, lot, 12)
    suspended = stage.licence(
        seller,
        {**held, "state": "suspended", "valid_from": date(stage.at(8))},
        stage.at(30 + stage.random.randrange(10)),
    )
    return stage.plant("licence_suspended_later", seller, [suspended, sold])


def licence_of_two_holders(stage: Stage) -> Planted:
    """挂靠: one number, two shops."""
    held = stage.valid(PESTICIDE_LICENCE)
    lender = _dealer(stage, held)
    first = stage.own[-1]
    second = _dealer(stage, held)
    again = stage.own[-1]
    lot = _stocked(stage, second)
    _sells(stage, second, lot, 12)
    return stage.plant("licence_of_two_holders", [lender, second], [first, again])


def drug_buyer_unlicensed(stage: Stage) -> Planted:
    """A drug wholesaler's customer without a licence, or with one that ended."""
    licences = [] if stage.turn % 2 else [stage.valid(DRUG_LICENCE, "DA", until=stage.day - 10)]
    buyer = stage.newcomer("pharmacy", "individual_business", "药店", *licences)
    evidence = [stage.own[-1]] if licences else []
    maker, seller = stage.cast.some("drug_maker"), stage.cast.some("drug_wholesaler")
    lot = coded_lot(stage, maker, "drug")
    stage.passes(maker, seller, lot, 12, stage.at(1))
    shipped = stage.passes(seller, buyer, lot, 6, stage.at(5)).shipment
    return stage.plant(
        "drug_buyer_unlicensed",
        seller,
        [shipped, *evidence],
        "licence_expired" if licences else "licence_never_held",
    )


# ---------------------------------------------------------------------------------------------- who is who


def _bought_from(stage: Stage, buyer: Trader, supplier: Trader) -> None:
    """Bottles from a supplier who is not on the ledger; the check names it."""
    maker = stage.cast.some("pesticide_maker")
    lot = stage.lot(maker, "甲氰菊酯乳油", "pesticide", 40, "XBO")
    stage.receive(supplier, buyer, lot, 20, stage.at(2))
    stage.check(supplier, buyer, lot, 20, stage.at(2, 9.5))


def credit_code_fails(stage: Stage) -> Planted:
    """A supplier's code with another last character."""
    buyer = stage.cast.some("pesticide_dealer")
    ghost = stage.somebody("supplier", "company", "绿盾农资贸易部")
    assert ghost.credit_code
    ghost.credit_code = wrong_credit_code(ghost.credit_code, stage.random)
    declared = stage.declare(buyer.id, ghost, stage.at(1))
    _bought_from(stage, buyer, ghost)
    return stage.plant(
        "credit_code_fails", buyer, [declared], "licence_never_held", "ghost_supplier", "source_denies"
    )


def ghost_supplier(stage: Stage) -> Planted:
    """Three names, one telephone, no licence."""
    buyers = stage.random.sample(stage.cast.all("pesticide_dealer"), 3)
    phone = stage.pen.numbers.mobile()
    ghosts = [stage.somebody("supplier", "company", name) for name in ("丰收农资", "田园植保", "沃土贸易")]
    declared = []
    for number, (buyer, ghost) in enumerate(zip(buyers, ghosts, strict=True)):
        ghost.phone, ghost.address = phone, None
        declared.append(stage.declare(buyer.id, ghost, stage.at(1 + number * 0.1)))
    _bought_from(stage, buyers[0], ghosts[0])
    return stage.plant("ghost_supplier", [*buyers, *ghosts], declared, "licence_never_held", "source_denies")


def source_denies(stage: Stage) -> Planted:
    """The named supplier is on the ledger every day and never had the lot."""
    maker, lot = stage.vegetables(800)
    real, buyer = stage.two("vegetable_wholesaler")
    named = next(
        one for one in stage.cast.all("vegetable_wholesaler") if one is not real and one is not buyer
    )
    stage.passes(maker, real, lot, 800, stage.at(0, 12))
    stage.receive(named, buyer, lot, 300, stage.at(1, 5))
    check = stage.check(named, buyer, lot, 300, stage.at(1, 5.5))
    return stage.plant("source_denies", buyer, [check])


PLANTS = (
    check_after_resale,
    check_late,
    check_missing,
    licence_expired,
    licence_out_of_scope,
    licence_never_held,
    licence_suspended_later,
    licence_of_two_holders,
    drug_buyer_unlicensed,
    credit_code_fails,
    ghost_supplier,
    source_denies,
)
