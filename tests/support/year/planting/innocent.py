"""What only looks like a contradiction: the innocent cases that the catalogue names, played out so that nothing may be found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.year.numbers import crc, wrong_credit_code
from tests.support.year.planting.codes import FAR_REGION, chain, coded_lot, issue, new_codes
from tests.support.year.planting.standing import PESTICIDE_LICENCE
from tests.support.year.told import DAY, HOUR, MINUTE, date, kg

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Stage
    from tests.support.year.told import Told
    from tests.support.year.world import Lot


def _right(stage: Stage, wrong: Told, body: dict[str, Json], at_ms: int) -> None:
    """The same record put right."""
    whole: dict[str, Json] = {**body, "correction_reason": "incorrect_data"}
    again = stage.pen.tell(wrong.actor, wrong.type, whole, wrong.at_ms, recorded_at_ms=at_ms, corrects=wrong)
    stage.own.append(again)


def _again(stage: Stage, told: Told, recorded: int) -> None:
    """What was just told is entered later than it happened: the same record with another time of entry."""
    stage.pen.told.remove(told)
    stage.own.remove(told)
    stage.own.append(stage.pen.tell(told.actor, told.type, told.body, told.at_ms, recorded_at_ms=recorded))


def receipt_after_onward_shipment(stage: Stage) -> None:
    """A dealer enters the day's receipt that evening, after the sale to a co-op was scanned."""
    one = chain(stage, drug=False)
    buyer = stage.cast.some("co_op")
    _again(stage, one.to_here.receipt, stage.at(2, 20))
    stage.passes(one.here, buyer, one.lot, 1, stage.at(2, 15), one.here_codes[:1], checked=False)


def region_typed_wrong(stage: Stage) -> None:
    """The region of a sale put right the next day."""
    one = chain(stage)
    sold = stage.sale(one.here, one.lot, 1, stage.at(2, 13), one.here_codes[:1], region=FAR_REGION)
    _right(stage, sold, {**sold.body, "region": one.here.region}, stage.at(3))


def back_through_the_wholesaler(stage: Stage) -> None:
    """Five packs nobody bought go back and reach another shop, each step recorded."""
    one = chain(stage)
    body: dict[str, Json] = {
        "to": one.wholesaler.id,
        "reason": "滞销退货",
        "lines": [one.lot.line(5, one.here_codes)],
    }
    stage.says(one.here, "return.v1", body, stage.at(8))
    stage.passes(one.wholesaler, one.there, one.lot, 5, stage.at(10), one.here_codes)
    stage.sale(one.there, one.lot, 1, stage.at(14), one.here_codes[:1])


def sale_cancelled_and_made_again(stage: Stage) -> None:
    """Rung up by mistake, cancelled, and sold a week later."""
    one = chain(stage)
    wrong = stage.sale(one.here, one.lot, 1, stage.at(8), one.here_codes[:1])
    cancel: dict[str, Json] = {"correction_reason": "did_not_occur", "correction_note": "误扫"}
    stage.own.append(
        stage.pen.tell(
            wrong.actor,
            "correction.v1",
            cancel,
            stage.at(8, 9.2),
            recorded_at_ms=stage.at(8, 9.2),
            corrects=wrong,
        )
    )
    stage.sale(one.here, one.lot, 1, stage.at(15), one.here_codes[:1])


def sale_entered_after_the_use(stage: Stage) -> None:
    """The co-op sprays at noon and writes it down; the dealer types the morning's delivery in the evening."""
    one = chain(stage, drug=False)
    grower, code = stage.cast.some("co_op"), one.here_codes[0]
    shipped = stage.ship(one.here, grower, one.lot, 1, stage.at(6, 8), [code], offer=False)
    _again(stage, shipped, stage.at(6, 20))
    stage.receive(one.here, grower, one.lot, 1, stage.at(6, 9), [code])
    body: dict[str, Json] = {
        "purpose": "番茄蚜虫",
        "dose": "稀释 1500 倍",
        "site": grower.sites[0],
        "lines": [one.lot.line(1, [code])],
    }
    stage.says(grower, "use.v1", body, stage.at(6, 12))


def upload_after_the_lorry(stage: Stage) -> None:
    """The maker's codes are uploaded the day after the lorry left."""
    word = ("drug", "pesticide")[stage.turn % 2]
    maker, buyer = stage.cast.some(f"{word}_maker"), stage.cast.some(f"{word}_wholesaler")
    lot, codes = coded_lot(stage, maker, word), new_codes(stage, word, 6)
    stage.passes(maker, buyer, lot, 6, stage.at(1), codes)
    issue(stage, maker, lot, codes, word, stage.at(2, 10))


def lot_typed_wrong(stage: Stage) -> None:
    """The seller chose the wrong lot from the list and put it right the next day."""
    one = chain(stage)
    other = coded_lot(stage, one.maker, one.lot.category, on=1)
    stage.passes(one.maker, one.wholesaler, other, 5, stage.at(2, 14))
    stage.passes(one.wholesaler, one.here, other, 5, stage.at(4))
    wrong = stage.sale(one.here, other, 1, stage.at(9), one.here_codes[:1])
    _right(stage, wrong, {**wrong.body, "lines": [one.lot.line(1, one.here_codes[:1])]}, stage.at(10))


def case_opened_on_paper_that_evening(stage: Stage) -> None:
    """The case was opened at ten; somebody writes it down at eight in the evening."""
    maker, buyer = stage.cast.some("drug_maker"), stage.cast.some("drug_wholesaler")
    shop = stage.cast.some("pharmacy")
    lot, codes = coded_lot(stage, maker, "drug"), new_codes(stage, "drug", 6)
    parent = stage.pen.numbers.drug_code("9997778")
    issue(stage, maker, lot, [*codes, parent], "drug", stage.at(0, 8))
    body: dict[str, Json] = {"parent_code": parent, "codes": list(codes), "goods": lot.goods}
    stage.says(maker, "packing.v1", {"action": "pack", **body}, stage.at(0, 10))
    stage.passes(maker, buyer, lot, 6, stage.at(1, 8), [parent])
    stage.says(buyer, "packing.v1", {"action": "unpack", **body}, stage.at(2, 10), recorded=stage.at(2, 20))
    stage.passes(buyer, shop, lot, 3, stage.at(2, 14), codes[:3])


def two_buyers_of_one_unknown_maker(stage: Stage) -> None:
    """Two wholesalers declare the same printed lot of the same maker, who is not on the ledger."""
    first, second = stage.two("food_wholesaler")
    maker = stage.somebody("stranger", "company", "外省食品厂")
    stage.declare(first.id, maker, stage.at(0))
    lot = stage.lot(maker, "方便面", "packaged_food", 400, "KGM", declared_by=first)
    stage.says(second, "batch.v1", dict(stage.batch_told(lot).body), stage.at(1))
    for number, buyer in enumerate((first, second)):
        stage.receive(maker, buyer, lot, 200, stage.at(1 + number, 10))
        stage.check(maker, buyer, lot, 200, stage.at(1 + number, 10.5))


def receipt_a_day_late(stage: Stage) -> None:
    """Sold on the day it came; the receipt and check are typed the next morning with their true time."""
    maker, lot = stage.vegetables(400)
    seller, customer = stage.cast.some("vegetable_wholesaler"), stage.two("stall")[0]
    came = stage.passes(maker, seller, lot, 200, stage.at(0, 8))
    morning = stage.at(1, 7)
    _again(stage, came.receipt, morning)
    if came.check:
        _again(stage, came.check, morning + MINUTE)
    sold = stage.ship(seller, customer, lot, 190, stage.at(0, 14), offer=False)
    _again(stage, sold, morning + 2 * MINUTE)


def returns_sold_again(stage: Stage) -> None:
    """A customer sends half back; it is sold to another."""
    maker, lot = stage.packaged(300)
    seller = stage.cast.some("food_wholesaler")
    first, second = stage.two("canteen")
    stage.passes(maker, seller, lot, 200, stage.at(1))
    stage.passes(seller, first, lot, 200, stage.at(3))
    body: dict[str, Json] = {"to": seller.id, "reason": "多订", "lines": [lot.line(100)]}
    stage.says(first, "return.v1", body, stage.at(5))
    stage.passes(seller, second, lot, 100, stage.at(7))


def weight_lost_on_the_way(stage: Stage) -> None:
    """Two per cent of leeks are water."""
    maker, lot = stage.vegetables(500)
    buyer = stage.cast.some("vegetable_wholesaler")
    shipment = stage.ship(maker, buyer, lot, 500, stage.at(0, 8))
    stage.receive(maker, buyer, lot, 489, stage.at(0, 12), shipment=shipment)
    stage.check(maker, buyer, lot, 489, stage.at(0, 12.5))


def recall_answered_twice(stage: Stage) -> None:
    """What the first answer leaves open, the second completes."""
    maker, lot = stage.packaged(400)
    holder = stage.cast.some("food_wholesaler")
    stage.passes(maker, holder, lot, 200, stage.at(1))
    stage.passes(holder, stage.cast.some("canteen"), lot, 60, stage.at(3))
    called: dict[str, Json] = {"action": "recall", "goods": [lot.goods], "grade": "3", "reason": "标签错误"}
    recall = stage.says(maker, "recall.v1", called, stage.at(6))
    first: dict[str, Json] = {"recall": recall.id, "goods": lot.goods, "recovered": kg(90), "sold": kg(60)}
    answer = stage.says(holder, "recall_answer.v1", first, stage.at(8))
    _right(stage, answer, {**first, "recovered": kg(140)}, stage.at(9))


def check_after_a_long_weekend(stage: Stage) -> None:
    """Delivered on a Friday, typed on Monday morning, nothing sold between."""
    maker, lot = stage.packaged(300)
    buyer = stage.cast.some("food_wholesaler")
    came = stage.passes(maker, buyer, lot, 300, stage.at(1, 15), checked=False)
    claimed = came.receipt.at_ms + HOUR
    stage.check(maker, buyer, lot, 300, claimed, recorded=claimed + 2 * DAY + 14 * HOUR)


def _pesticide_shop(stage: Stage, licence: dict[str, Json]) -> tuple[Trader, Lot]:
    seller = stage.newcomer("pesticide_dealer", "individual_business", "农资店", licence)
    maker = stage.cast.some("pesticide_maker")
    lot = coded_lot(stage, maker, "pesticide")
    stage.passes(maker, seller, lot, 12, stage.at(1))
    return seller, lot


def renewal_recorded_late(stage: Stage) -> None:
    """The new licence begins the day after the old one; the office enters it two weeks later. A sale between."""
    old = stage.valid(PESTICIDE_LICENCE, until=stage.day + 10)
    seller, lot = _pesticide_shop(stage, old)
    stage.sale(seller, lot, 1, stage.at(15))
    new = {**old, "valid_from": date(stage.at(11)), "valid_to": date(stage.at(1800))}
    stage.licence(seller, new, stage.at(25, 15))


def suspended_after_the_sale(stage: Stage) -> None:
    """The suspension begins the day after the last sale."""
    held = stage.valid(PESTICIDE_LICENCE)
    seller, lot = _pesticide_shop(stage, held)
    stage.sale(seller, lot, 1, stage.at(12))
    stage.licence(seller, {**held, "state": "suspended", "valid_from": date(stage.at(13))}, stage.at(14))


def credit_code_typed_wrong(stage: Stage) -> None:
    """Put right the next day."""
    buyer = stage.cast.some("food_wholesaler")
    supplier = stage.somebody("stranger", "company", "外省食品厂")
    right = supplier.credit_code
    assert right
    supplier.credit_code = wrong_credit_code(right, stage.random)
    wrong = stage.declare(buyer.id, supplier, stage.at(0))
    _right(stage, wrong, {**wrong.body, "credit_code": right}, stage.at(1))


def invoice_of_the_old_layout(stage: Stage) -> None:
    """A paper VAT invoice, whose QR text says the amount without tax."""
    seller, buyer = stage.cast.some("food_maker"), stage.cast.some("food_wholesaler")
    serial = stage.pen.numbers.serial()
    text = f"01,01,3200199999,{serial:08d},2831.86,{date(stage.at(1)).replace('-', '')},{serial:020d},"
    body: dict[str, Json] = {
        "voucher_kind": "vat_invoice",
        "seller": seller.id,
        "buyer": buyer.id,
        "number": f"{serial:08d}",
        "issued_on": date(stage.at(1)),
        "total": "3200.00",
        "qr_text": text + crc(text) + ",",
    }
    stage.says(buyer, "voucher.v1", body, stage.at(2))


def certificate_of_two_lots_expired_since(stage: Stage) -> None:
    """It names both lots and was good on the day of delivery."""
    maker, first = stage.packaged(300)
    second = stage.lot(maker, "酱黄瓜", "packaged_food", 300, "KGM")
    number = stage.pen.numbers.paper("BG")
    body: dict[str, Json] = {
        "certificate_kind": "third_party_test",
        "number": number,
        "issued_by": "演示检测中心（演示）",
        "goods": [first.goods, second.goods],
        "issued_on": date(stage.at(1)),
        "valid_to": date(stage.at(4)),
        "covers": kg(600),
    }
    stage.says(maker, "certificate.v1", body, stage.at(1, 8))
    buyer = stage.cast.some("food_wholesaler")
    for lot in (first, second):
        shipment = stage.ship(maker, buyer, lot, 300, stage.at(4))
        stage.receive(maker, buyer, lot, 300, stage.at(4, 11), shipment=shipment)
        stage.check(maker, buyer, lot, 300, stage.at(4, 11.5), paper=("certificate", number))
    stage.passes(buyer, stage.cast.some("canteen"), first, 100, stage.at(12))


def cut_on_the_last_day(stage: Stage) -> None:
    """Seven days of interval, cut after seven days; another plot is cut at once."""
    grower = stage.cast.some("co_op")
    bottle = coded_lot(stage, stage.cast.some("pesticide_maker"), "pesticide", on=-3)
    stage.old_stock(grower, bottle, 10, stage.at(-2))
    plots = [stage.cast.tell_site(grower, "plot", stage.at(-1)) for _ in range(2)]
    body: dict[str, Json] = {
        "purpose": "韭菜虫害",
        "dose": "稀释 1000 倍",
        "site": plots[0],
        "wait_days": 7,
        "lines": [bottle.line(2)],
    }
    stage.says(grower, "use.v1", body, stage.at(0, 8))
    for plot, days in ((plots[1], 1), (plots[0], 7)):
        lot = stage.lot(grower, "韭菜", "farm_produce", 200, "KGM", on=days, site=plot)
        stage.papers(grower, lot, 200, stage.at(days, 12))


def rejected_mended_released(stage: Stage) -> None:
    """Refused, tested again, let go, shipped."""
    maker, lot = stage.packaged(300, released=False)
    stage.release(maker, lot.goods, stage.at(0, 8), "rejected")
    stage.release(maker, lot.goods, stage.at(2, 8))
    stage.passes(maker, stage.cast.some("food_wholesaler"), lot, 200, stage.at(3))


def held_elsewhere(stage: Stage) -> None:
    """The hold is at another stall; this one sells."""
    maker, lot = stage.vegetables(600)
    first, second = stage.two("vegetable_wholesaler")
    for buyer in (first, second):
        stage.passes(maker, buyer, lot, 200, stage.at(0, 8))
    office = stage.cast.some("authority")
    hold: dict[str, Json] = {
        "action": "hold",
        "goods": [lot.goods],
        "at": first.id,
        "officer": stage.cast.officers[office.id],
        "reason": "标签核查",
    }
    stage.says(office, "hold.v1", hold, stage.at(0, 16))
    stage.passes(second, stage.two("stall")[0], lot, 80, stage.at(1, 4))


def sold_before_the_recall_entered_after(stage: Stage) -> None:
    """The morning's sale is typed in the evening; the recall came at noon. What is left goes back."""
    maker, lot = stage.packaged(400)
    holder = stage.cast.some("food_wholesaler")
    stage.passes(maker, holder, lot, 200, stage.at(1))
    stage.says(
        holder,
        "sale.v1",
        {"region": holder.region, "lines": [lot.line(20)]},
        stage.at(5, 9),
        recorded=stage.at(5, 20),
    )
    called: dict[str, Json] = {"action": "recall", "goods": [lot.goods], "grade": "3", "reason": "标签错误"}
    stage.says(maker, "recall.v1", called, stage.at(5, 12))
    body: dict[str, Json] = {"to": maker.id, "reason": "召回退回", "lines": [lot.line(180)]}
    stage.says(holder, "return.v1", body, stage.at(6))


def made_before_the_approval_ended(stage: Stage) -> None:
    """Made in time and sold afterwards; the approval itself was recorded late."""
    maker = stage.newcomer("pesticide_maker", "company", "作物科学有限公司", stage.valid("农药生产许可证"))
    number = f"PD2023{stage.pen.numbers.serial() % 10_000:04d}"
    lot = stage.lot(maker, "苯醚甲环唑悬浮剂", "pesticide", 100, "XBO", approval_number=number)
    approval: dict[str, Json] = {
        "holder": maker.id,
        "licence_kind": "农药登记证",
        "number": number,
        "valid_from": date(stage.at(-1800)),
        "valid_to": date(stage.at(3)),
        "product_name": "苯醚甲环唑悬浮剂",
    }
    stage.says(stage.pen.registrar, "approval.v1", approval, stage.at(2))
    stage.passes(maker, stage.cast.some("pesticide_wholesaler"), lot, 80, stage.at(10))


def cleared_away_after_the_last_day(stage: Stage) -> None:
    """Some is sold on the last day; of the rest a part goes back and a part is destroyed."""
    maker = stage.cast.some("food_maker")
    lot = stage.lot(maker, "酱黄瓜", "packaged_food", 300, "KGM", expires_on=date(stage.at(10)))
    holder = stage.cast.some("food_wholesaler")
    stage.passes(maker, holder, lot, 200, stage.at(1))
    stage.sale(holder, lot, 50, stage.at(10, 11))
    back: dict[str, Json] = {"to": maker.id, "reason": "过期退回", "lines": [lot.line(100)]}
    stage.says(holder, "return.v1", back, stage.at(12))
    gone: dict[str, Json] = {"reason": "destroyed", "lines": [lot.line(50)]}
    stage.says(holder, "adjustment.v1", gone, stage.at(13))


def made_in_the_night(stage: Stage) -> None:
    """Slaughtered before midnight and dated by the day on which it is eaten."""
    house, buyer = stage.cast.some("slaughter"), stage.cast.some("pork_wholesaler")
    lot = stage.lot(house, "猪肉", "pork", 400, "KGM", produced_on=date(stage.at(1)))
    stage.passes(house, buyer, lot, 200, stage.at(0, 21))


LOOK_ALIKES = (
    receipt_after_onward_shipment,
    region_typed_wrong,
    back_through_the_wholesaler,
    sale_cancelled_and_made_again,
    sale_entered_after_the_use,
    upload_after_the_lorry,
    lot_typed_wrong,
    case_opened_on_paper_that_evening,
    two_buyers_of_one_unknown_maker,
    receipt_a_day_late,
    returns_sold_again,
    weight_lost_on_the_way,
    recall_answered_twice,
    check_after_a_long_weekend,
    renewal_recorded_late,
    suspended_after_the_sale,
    credit_code_typed_wrong,
    invoice_of_the_old_layout,
    certificate_of_two_lots_expired_since,
    cut_on_the_last_day,
    rejected_mended_released,
    held_elsewhere,
    sold_before_the_recall_entered_after,
    made_before_the_approval_ended,
    cleared_away_after_the_last_day,
    made_in_the_night,
)
