"""Contradictions of papers: vouchers, certificates, commitments, claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.year.numbers import invoice_qr
from tests.support.year.told import DAY, date, kg

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.planting.stage import Planted, Stage
    from tests.support.year.told import Told
    from tests.support.year.world import Lot


def _invoiced(
    stage: Stage, seller: Trader, buyer: Trader, number: str, days: float, **more: Json
) -> tuple[Told, Told]:
    """A delivery of packaged food on this invoice: the check that rests on it, and the voucher as filed."""
    lot = stage.lot(seller, "酱黄瓜", "packaged_food", 200, "KGM", on=days - 1)
    shipment = stage.ship(seller, buyer, lot, 200, stage.at(days))
    stage.receive(seller, buyer, lot, 200, stage.at(days, 11), shipment=shipment)
    check = stage.check(seller, buyer, lot, 200, stage.at(days, 11.5), voucher=("e_invoice", number))
    lines: list[Json] = [{"name": lot.name, "goods": lot.goods, "quantity": kg(200)}]
    return check, stage.voucher(seller, buyer, number, stage.at(days, 14), lines=lines, **more)


def voucher_other_buyer(stage: Stage) -> Planted:
    """Issued to one buyer, filed by another too."""
    seller = stage.cast.some("food_maker")
    first, second = stage.two("food_wholesaler")
    number = stage.pen.numbers.invoice()
    filed = _invoiced(stage, seller, first, number, 1, total="3200.00")
    again = _invoiced(stage, seller, second, number, 4, total="3200.00")
    return stage.plant("voucher_other_buyer", [first, second], [filed, again], "voucher_overused")


def voucher_other_seller(stage: Stage) -> Planted:
    """One number for deliveries of two sellers."""
    first, second = stage.two("food_maker")
    buyer = stage.cast.some("food_wholesaler")
    number = stage.pen.numbers.invoice()
    filed = _invoiced(stage, first, buyer, number, 1, total="3200.00")
    again = _invoiced(stage, second, buyer, number, 4, total="3200.00")
    return stage.plant("voucher_other_seller", buyer, [filed, again], "voucher_overused")


def voucher_qr_broken(stage: Stage) -> Planted:
    """The amount in the text was changed and the CRC was not."""
    seller, buyer, number = (
        stage.cast.some("food_maker"),
        stage.cast.some("food_wholesaler"),
        stage.pen.numbers.invoice(),
    )
    day = date(stage.at(1))
    text = invoice_qr(number, "3200.00", day).replace(",3200.00,", ",9600.00,")
    _, filed = _invoiced(stage, seller, buyer, number, 1, total="9600.00", qr_text=text)
    return stage.plant("voucher_qr_broken", buyer, [filed])


def voucher_amount_differs(stage: Stage) -> Planted:
    """The text is whole; the record says more."""
    seller, buyer, number = (
        stage.cast.some("food_maker"),
        stage.cast.some("food_wholesaler"),
        stage.pen.numbers.invoice(),
    )
    text = invoice_qr(number, "3200.00", date(stage.at(1)))
    _, filed = _invoiced(stage, seller, buyer, number, 1, total="9200.00", qr_text=text)
    return stage.plant("voucher_amount_differs", buyer, [filed])


def voucher_overused(stage: Stage) -> Planted:
    """An invoice over a tonne and three deliveries of 600 kg."""
    seller, lot = stage.packaged(2000)
    buyer, number = stage.cast.some("food_wholesaler"), stage.pen.numbers.invoice()
    lines: list[Json] = [{"name": lot.name, "goods": lot.goods, "quantity": kg(1000)}]
    filed = stage.voucher(seller, buyer, number, stage.at(1), total="4000.00", lines=lines)
    checks = []
    for delivery in range(3):
        days = 1 + delivery * 2
        shipment = stage.ship(seller, buyer, lot, 600, stage.at(days, 10))
        stage.receive(seller, buyer, lot, 600, stage.at(days, 12), shipment=shipment)
        checks.append(
            stage.check(seller, buyer, lot, 600, stage.at(days, 12.5), voucher=("e_invoice", number))
        )
    return stage.plant("voucher_overused", buyer, [filed, *checks[:2]])


def _certificate(stage: Stage, maker: Trader, lot: Lot, at_ms: int, **more: Json) -> Told:
    """A third party's test report about this lot."""
    body: dict[str, Json] = {
        "certificate_kind": "third_party_test",
        "number": stage.pen.numbers.paper("BG"),
        "issued_by": "演示检测中心（演示）",
        "goods": [lot.goods],
        "issued_on": date(at_ms),
        **more,
    }
    return stage.says(maker, "certificate.v1", body, at_ms)


def _checked_with(
    stage: Stage, seller: Trader, buyer: Trader, lot: Lot, quantity: float, paper: Told, days: float
) -> Told:
    """A delivery whose check rests on this certificate."""
    shipment = stage.ship(seller, buyer, lot, quantity, stage.at(days))
    stage.receive(seller, buyer, lot, quantity, stage.at(days, 11), shipment=shipment)
    number = str(paper.body["number"])
    return stage.check(seller, buyer, lot, quantity, stage.at(days, 11.5), paper=("certificate", number))


def certificate_expired(stage: Stage) -> Planted:
    """Its last day was the week before."""
    maker, lot = stage.packaged(400)
    paper = _certificate(stage, maker, lot, stage.at(1), valid_to=date(stage.at(5)))
    days = 12 + stage.random.randrange(20)
    buyer = stage.cast.some("food_wholesaler")
    check = _checked_with(stage, maker, buyer, lot, 200, paper, days)
    return stage.plant("certificate_expired", buyer, [paper, check])


def certificate_other_goods(stage: Stage) -> Planted:
    """About the first lot, used for the second."""
    maker, first = stage.packaged(400)
    second = stage.lot(maker, "酱黄瓜", "packaged_food", 400, "KGM", on=3)
    paper = _certificate(stage, maker, first, stage.at(1))
    buyer = stage.cast.some("food_wholesaler")
    check = _checked_with(stage, maker, buyer, second, 200, paper, 5)
    return stage.plant("certificate_other_goods", buyer, [paper, check])


def certificate_overused(stage: Stage) -> Planted:
    """Good for 500 kg, used for three times as much."""
    maker, lot = stage.packaged(1600)
    paper = _certificate(stage, maker, lot, stage.at(1), covers=kg(500))
    buyer = stage.cast.some("food_wholesaler")
    checks = [_checked_with(stage, maker, buyer, lot, 500, paper, 2 + number) for number in range(3)]
    return stage.plant("certificate_overused", [maker, buyer], [paper, *checks])


def commitment_missing_after_repack(stage: Stage) -> Planted:
    """Two lots into one, and no new promise."""
    seller = stage.cast.some("vegetable_wholesaler")
    inputs = []
    for _ in range(2):
        co_op, lot = stage.vegetables(200)
        stage.passes(co_op, seller, lot, 200, stage.at(0, 9))
        inputs.append(lot)
    new = stage.lot(seller, "青菜", "farm_produce", 395, "KGM", on=1)
    body: dict[str, Json] = {
        "process": "分装",
        "inputs": [one.line(200) for one in inputs],
        "outputs": [{**new.line(395), "role": "main"}],
    }
    repacked = stage.says(seller, "transformation.v1", body, stage.at(1, 6.3))
    shipped = stage.passes(seller, stage.cast.some("supermarket"), new, 300, stage.at(1, 9)).shipment
    return stage.plant("commitment_missing_after_repack", seller, [repacked, shipped])


def _organic(stage: Stage, holder: Trader, crop: str, *, until_ms: int) -> Told:
    """An organic certificate for one crop."""
    body: dict[str, Json] = {
        "certificate_kind": "organic",
        "number": stage.pen.numbers.paper("YJ"),
        "issued_by": "演示认证中心（演示）",
        "holder": holder.id,
        "scope": [crop],
        "valid_from": date(until_ms - 365 * DAY),
        "valid_to": date(until_ms),
    }
    return stage.says(holder, "certificate.v1", body, until_ms - 300 * DAY)


def _claimed(stage: Stage, holder: Trader, crop: str, paper: Told) -> Told:
    """A harvest sold as organic."""
    claims: list[Json] = [{"claim": "有机", "certificate_number": paper.body["number"]}]
    lot = stage.lot(holder, crop, "farm_produce", 300, "KGM", on=1, claims=claims)
    stage.papers(holder, lot, 300, stage.at(1, 7))
    stage.passes(holder, stage.cast.some("supermarket"), lot, 300, stage.at(1, 9))
    return stage.batch_told(lot)


def claim_expired(stage: Stage) -> Planted:
    """有机 under a certificate that ended before the harvest."""
    holder = stage.cast.some("co_op")
    paper = _organic(stage, holder, "番茄", until_ms=stage.at(-15 - stage.random.randrange(60)))
    return stage.plant("claim_expired", holder, [_claimed(stage, holder, "番茄", paper), paper])


def claim_out_of_scope(stage: Stage) -> Planted:
    """Certified for tomatoes, claimed for strawberries."""
    holder = stage.cast.some("co_op")
    paper = _organic(stage, holder, "番茄", until_ms=stage.at(120))
    return stage.plant("claim_out_of_scope", holder, [_claimed(stage, holder, "草莓", paper), paper])


def certificate_not_collected(stage: Stage) -> Planted:
    """From a maker who is not on the ledger; the buyer looked for the certificate, wrote that it was not there, and took the goods."""
    buyer = stage.cast.some("food_wholesaler")
    maker = stage.somebody("stranger", "company", "外省食品厂")
    stage.declare(buyer.id, maker, stage.at(-1))
    lot = stage.lot(maker, "酱黄瓜", "packaged_food", 200, "KGM", declared_by=buyer)
    stage.receive(maker, buyer, lot, 200, stage.at(1))
    body: dict[str, Json] = {
        "supplier": maker.id,
        "received_on": date(stage.at(1)),
        "conclusion": "accept",
        "checks": [
            {"what": "licence", "result": "in_order"},
            {"what": "label", "result": "in_order"},
            {"what": "certificate", "result": "missing"},
        ],
        "lines": [lot.line(200)],
    }
    checked = stage.says(buyer, "supplier_check.v1", body, stage.at(1, 9.2))
    return stage.plant("certificate_not_collected", buyer, [checked])


def purchaser_not_named(stage: Stage) -> Planted:
    """Pesticides over the counter, to nobody."""
    maker, shop = stage.cast.some("pesticide_maker"), stage.cast.some("pesticide_dealer")
    lot = stage.lot(maker, "噻虫嗪水分散粒剂", "pesticide", 100, "XBO", on=-3)
    stage.passes(maker, shop, lot, 20, stage.at(0))
    sold = stage.says(
        shop,
        "sale.v1",
        {"region": shop.region, "lines": [lot.line(2)]},
        stage.at(2 + stage.random.randrange(9)),
    )
    return stage.plant("purchaser_not_named", shop, [sold])


PLANTS = (
    voucher_other_buyer,
    voucher_other_seller,
    voucher_qr_broken,
    voucher_amount_differs,
    voucher_overused,
    certificate_expired,
    certificate_other_goods,
    certificate_overused,
    commitment_missing_after_repack,
    claim_expired,
    claim_out_of_scope,
    certificate_not_collected,
    purchaser_not_named,
)
