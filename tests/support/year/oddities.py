"""What looks odd and is honest: goods with one side on the ledger only, stock from before it began, files kept about suppliers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.support.year.parties import ENROLMENT_DAY, Trader
from tests.support.year.sheets import label
from tests.support.year.told import DAY, HOUR, MINUTE, date, day_of, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.world import World

FROM_OUTSIDE: Final = 260
TO_OUTSIDE: Final = 160
#: Who keeps a file about whom.
FILES: Final = (
    ("pharmacy", "drug_wholesaler", "药品经营许可证"),
    ("drug_wholesaler", "drug_maker", "药品生产许可证"),
    ("supermarket", "food_maker", "食品生产许可证"),
    ("food_wholesaler", "meat_maker", "食品生产许可证"),
    ("pesticide_dealer", "pesticide_wholesaler", "农药经营许可证"),
)


@dataclass(slots=True)
class Oddities:
    """One-sided trade, opening stock, supplier files."""

    world: World

    def plan(self) -> None:
        """Put them into the calendar."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        for keeper_trade, supplier_trade, licence in FILES:
            for keeper in cast.all(keeper_trade):
                for supplier in cast.all(supplier_trade)[:2]:
                    self.file(keeper, supplier, licence)
        for trade in ("shop", "food_wholesaler"):
            for holder in cast.all(trade):
                self.old_stock(holder)
        strangers = {
            one.id: self.stranger(one, "company", "外省食品厂") for one in cast.all("food_wholesaler")
        }
        for day in world.times(FROM_OUTSIDE):
            buyer = cast.some("food_wholesaler")
            world.later(
                moment(day, random.uniform(8, 15)), partial(self.from_outside, strangers[buyer.id], buyer)
            )
        kitchens = {
            one.id: self.stranger(one, "individual_business", "外市饭店")
            for one in cast.all("food_wholesaler")
        }
        for day in world.times(TO_OUTSIDE):
            seller = cast.some("food_wholesaler")
            when = moment(day, random.uniform(8, 15))
            world.later(when, partial(self.to_outside, seller, kitchens[seller.id]))

    def file(self, keeper: Trader, supplier: Trader, licence: str) -> None:
        """供货者档案, made before the first delivery."""
        held = self.world.cast.held.get((supplier.id, licence), {})
        document: dict[str, Json] = {
            "document_kind": licence,
            "number": held.get("number"),
            "holder": supplier.id,
        }
        body: dict[str, Json] = {
            "supplier": supplier.id,
            "salesperson": "钱业务（演示）",
            "authorised_until": date(moment(500)),
            "documents": [document],
        }
        self.world.pen.at_once(keeper.id, "supplier_file.v1", body, moment(ENROLMENT_DAY + 5, 14))

    def stranger(self, declared_by: Trader, kind: str, name: str) -> Trader:
        """A party that is not on the ledger, as its partner describes it."""
        pen = self.world.pen
        one = Trader(
            id=pen.party(),
            name=f"{name}{pen.numbers.serial()}（演示）",
            trade="stranger",
            kind=kind,
            region="330100",
            credit_code=pen.numbers.credit_code("91" if kind == "company" else "92", "330100"),
            phone=pen.numbers.mobile(),
        )
        self.world.cast.tell_party(one, moment(1, 9), actor=declared_by.id)
        return one

    def outside_lot(self, holder: Trader, maker: Trader, made_on: int, at_ms: int) -> Lot:
        """A lot as its buyer declares it: the printed number, the maker's name."""
        pen = self.world.pen
        goods = pen.goods(pen.numbers.gtin(), f"W{pen.numbers.serial()}")
        body: dict[str, Json] = {
            "goods": goods,
            "maker": maker.id,
            "name": "方便面",
            "category": "packaged_food",
            "batch_number": goods.rsplit("/", 1)[1],
            "produced_on": date(made_on),
            "expires_on": date(made_on + 360 * DAY),
            **label("packaged_food", maker.name),
        }
        self.world.say(holder, "batch.v1", body, at_ms)
        return Lot(goods, "方便面", "packaged_food", "KGM", maker.id)

    def old_stock(self, holder: Trader) -> None:
        """What stood on the shelf on the first day; sold over weeks."""
        world, random = self.world, self.world.pen.random
        maker = self.stranger(holder, "company", "旧货厂家")
        begin = moment(1, 10)
        lot = self.outside_lot(holder, maker, moment(-60), begin)
        world.adjust(holder, lot, float(random.randrange(50, 200)), "opening_stock", begin + MINUTE)
        if holder.trade == "shop":
            for _ in range(max(2, round(30 * world.scale))):
                world.later(moment(random.randrange(3, 200), 14), partial(world.sell, holder, lot, 1.5))

    def from_outside(self, maker: Trader, buyer: Trader, now: int) -> None:
        """Its sender is not on the ledger: one receipt, one check, and trade goes on."""
        world, random = self.world, self.world.pen.random
        lot = self.outside_lot(buyer, maker, now - 30 * DAY, now)
        quantity = float(random.randrange(50, 300, 10))
        body: dict[str, Json] = {"supplier": maker.id, "conclusion": "accept", "lines": [lot.line(quantity)]}
        world.say(buyer, "receipt.v1", body, now + 10 * MINUTE)
        voucher: dict[str, Json] = {
            "voucher_kind": "delivery_note",
            "number": f"WS{world.pen.numbers.serial()}",
        }
        world.check(maker, buyer, [(lot, quantity, [])], voucher, now + 20 * MINUTE)
        world.put(buyer, lot, quantity)
        shop = world.cast.some("shop")
        world.later(now + DAY, partial(world.deliver, buyer, shop, [(lot, quantity / 2)]))
        for number in range(3):
            when = moment(day_of(now) + 3 + number, 15)
            world.later(when, partial(world.sell, shop, lot, round(quantity / 8, 1)))

    def to_outside(self, seller: Trader, buyer: Trader, now: int) -> None:
        """Its receiver is not on the ledger: a shipment that nobody confirms."""
        world, random = self.world, self.world.pen.random
        some = [
            one
            for one in world.holdings[seller.id].values()
            if one.quantity > 10 and world.may_go(one.lot, now + HOUR)
        ]
        if some:
            held = random.choice(some)
            taken, _ = held.take(10.0)
            body: dict[str, Json] = {"to": buyer.id, "offer": False, "lines": [held.lot.line(taken)]}
            world.say(seller, "shipment.v1", body, now + HOUR)
