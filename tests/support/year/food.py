"""Pigs, pork, sausage and other packaged food, edible oil in bulk: certificates that travel, processes that lose weight, cases and kilograms.

Pigs are counted in heads and pork is weighed. A processor releases each batch before the lorry leaves; a supermarket's headquarters checks
for its shops. A dryer turns ten kilograms of vegetables into one, a mill a tonne of beans into 180 kg of oil and the meal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.support.year.sheets import label
from tests.support.year.told import DAY, HOUR, MINUTE, amount, date, day_of, kg, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.world import World

SLAUGHTERS: Final = 190
SAUSAGES: Final = 110
OTHER_FOODS: Final = 130
OIL_LOTS: Final = 40
PIG_KG: Final = 112.0
CASE_KG: Final = 10.0
#: What a processor makes: name, what one kg in gives, process.
FOODS: Final = (
    ("酱黄瓜", 0.72, "腌制"),
    ("速冻青菜", 0.90, "速冻"),
    ("脱水菜", 0.10, "脱水干燥"),
    ("萝卜干", 0.30, "晒干腌制"),
)


@dataclass(slots=True)
class Foods:
    """The chains of meat and packaged food."""

    world: World
    products: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def plan(self) -> None:
        """Put the year's work into the calendar."""
        world, cast = self.world, self.world.cast
        for day in world.times(SLAUGHTERS):
            world.later(moment(day, 15), partial(self.pigs, cast.some("pig_farm"), cast.some("slaughter")))
        for day in world.times(SAUSAGES):
            world.later(moment(day, 8.5), partial(self.sausage, cast.some("meat_maker")))
        for day in world.times(OTHER_FOODS):
            world.later(moment(day, 9), partial(self.other_food, cast.some("food_maker")))
        for day in world.times(OIL_LOTS):
            world.later(moment(day, 7), partial(self.oil, cast.all("oil_mill")[0], cast.all("oil_trader")[0]))

    # Pigs and pork

    def certificate(
        self, author: Trader, kind: str, number: str, lot_goods: str, now: int, covers: dict[str, Json]
    ) -> None:
        """A paper that travels with the goods."""
        body: dict[str, Json] = {
            "certificate_kind": kind,
            "number": number,
            "issued_by": "演示市动物卫生监督所（演示）" if kind == "quarantine" else author.name,
            "goods": [lot_goods],
            "issued_on": date(now),
            "covers": covers,
        }
        if kind == "quarantine":
            body["valid_to"] = date(now + 3 * DAY)
        self.world.say(author, "certificate.v1", body, now)

    def pigs(self, farm: Trader, house: Trader, now: int) -> None:
        """A lorry of pigs in the afternoon; they are slaughtered that night."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        heads = random.randrange(15, 110)
        goods, number = pen.goods(), pen.numbers.paper("DEMO-3206")
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": farm.id,
            "name": "生猪",
            "category": "farm_produce",
            "produced_on": date(now),
            "quantity": amount(heads, "HEA"),
            "site": farm.sites[0],
        }
        world.say(farm, "batch.v1", batch, now)
        self.certificate(farm, "quarantine", number, goods, now + 10 * MINUTE, amount(heads, "HEA"))
        lot = Lot(goods, "生猪", "farm_produce", "HEA", farm.id, papers=(("quarantine", number),))
        world.put(farm, lot, heads)
        world.later(
            now + HOUR, partial(world.deliver, farm, house, [(lot, heads)], paper="delivery_note", hours=2)
        )
        world.later(now + 11 * HOUR, partial(self.slaughter, house, lot))

    def slaughter(self, house: Trader, pigs: Lot, now: int) -> None:
        """Heads go in; pork, offal and waste come out."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        heads, _ = world.holding(house, pigs).take(10_000)
        if heads <= 0:
            return
        weight = heads * PIG_KG
        made = round(weight * random.uniform(0.70, 0.76), 1)
        goods = pen.goods(
            self.gtin(house, "猪肉", "pork", now)[0],
            f"PK-{date(now).replace('-', '')}-{pen.numbers.serial() % 1000}",
        )
        quarantine, inspection = pen.numbers.paper("DEMO-32Q"), pen.numbers.paper("ROU")
        lot = Lot(
            goods,
            "猪肉",
            "pork",
            "KGM",
            house.id,
            weighed=True,
            papers=(("quarantine", quarantine), ("meat_inspection", inspection)),
        )
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": house.id,
            "name": "猪肉",
            "category": "pork",
            "batch_number": goods.rsplit("/", 1)[1],
            "produced_on": date(now),
            "expires_on": date(now + 6 * DAY),
            "quantity": kg(made),
        }
        world.say(house, "batch.v1", batch, now)
        outputs: list[Json] = [
            {**lot.line(made), "role": "main"},
            {
                **Lot(pen.goods(), "猪副产品", "pork", "KGM", house.id).line(round(weight * 0.12, 1)),
                "role": "by",
            },
            {
                **Lot(pen.goods(), "废弃物", "pork", "KGM", house.id).line(round(weight * 0.06, 1)),
                "role": "waste",
            },
        ]
        body: dict[str, Json] = {
            "process": "屠宰",
            "site": house.sites[0],
            "inputs": [pigs.line(heads)],
            "outputs": outputs,
        }
        world.say(house, "transformation.v1", body, now + 2 * MINUTE)
        self.certificate(house, "quarantine", quarantine, goods, now + 10 * MINUTE, kg(made))
        self.certificate(house, "meat_inspection", inspection, goods, now + 12 * MINUTE, kg(made))
        self.release(house, goods, now + 15 * MINUTE, "inspection", inspection)
        world.put(house, lot, made)
        world.later(now + 40 * MINUTE, partial(self.share_pork, house, lot))

    def share_pork(self, house: Trader, lot: Lot, now: int) -> None:
        """Before three in the morning to wholesalers and a meat maker."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        quantity = world.holding(house, lot).quantity
        maker = cast.some("meat_maker")
        world.deliver(
            house, maker, [(lot, float(round(quantity * 0.35)))], now, paper="delivery_note", hours=1.5
        )
        for number, buyer in enumerate(random.sample(cast.all("pork_wholesaler"), 2)):
            part = float(round(quantity * random.uniform(0.2, 0.32)))
            world.later(
                now + (number + 1) * 10 * MINUTE,
                partial(world.deliver, house, buyer, [(lot, part)], paper="delivery_note", hours=0.6),
            )
            world.later(now + 2 * HOUR, partial(self.wholesale_pork, buyer, lot))
        world.later(now + 4 * DAY, partial(world.lose_rest, house, lot))

    def wholesale_pork(self, seller: Trader, lot: Lot, now: int) -> None:
        """Half carcasses to stalls, shops, canteens and restaurants."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        buyers = [*cast.all("pork_stall"), *cast.all("canteen"), *cast.all("restaurant"), *cast.all("shop")]
        chosen = random.sample(buyers, random.randrange(4, 8))
        quantity = world.holding(seller, lot).quantity
        for number, buyer in enumerate(chosen):
            part = float(round(quantity / len(chosen) * random.uniform(0.7, 1.0)))
            world.later(now + number * 8 * MINUTE, partial(self.pork_to, seller, buyer, lot, part))
        world.later(now + 2 * DAY, partial(world.lose_rest, seller, lot))

    def pork_to(self, seller: Trader, buyer: Trader, lot: Lot, quantity: float, now: int) -> None:
        """One customer's pork; sold the same day."""
        world, random = self.world, self.world.pen.random
        world.deliver(seller, buyer, [(lot, quantity)], now, hours=0.8)
        for number in range(2):
            when = moment(day_of(now) + number, random.uniform(8, 17))
            world.later(max(when, now + 3 * HOUR), partial(world.sell, buyer, lot, round(quantity * 0.49, 1)))
        world.later(moment(day_of(now) + 2, 18), partial(world.lose_rest, buyer, lot))

    # Packaged food

    def gtin(self, maker: Trader, name: str, category: str, now: int) -> tuple[str, str]:
        """The maker's product, told once with what a case of it holds."""
        known = self.products.get((maker.id, name))
        if known:
            return known
        pen = self.world.pen
        made = pen.numbers.gtin(), pen.product()
        self.products[maker.id, name] = made
        body: dict[str, Json] = {
            "product": made[1],
            "owner": maker.id,
            "name": name,
            "category": category,
            "gtin": made[0],
            "packs": [{"unit": "XCS", "holds": kg(CASE_KG)}],
        }
        self.world.say(maker, "product.v1", body, now - HOUR)
        return made

    def release(self, maker: Trader, goods: str, at_ms: int, basis: str, number: str | None = None) -> None:
        """出厂放行: on its own test, or on a reason."""
        body: dict[str, Json] = {
            "goods": goods,
            "result": "released",
            "basis": basis,
            "person_name": "李放行（演示）",
        }
        if number:
            body["certificate_number"] = number
        else:
            body["reason"] = "上批检验合格，工艺未变，按过程控制放行"
        self.world.say(maker, "release.v1", body, at_ms)

    def food_lot(self, maker: Trader, name: str, quantity: float, now: int, days: int) -> Lot:
        """A batch of packaged food."""
        pen = self.world.pen
        gtin, product = self.gtin(maker, name, "packaged_food", now)
        number = f"{date(now).replace('-', '')}{pen.numbers.serial() % 10_000}"
        goods, report = pen.goods(gtin, number), pen.numbers.paper("CJ")
        body: dict[str, Json] = {
            "goods": goods,
            "maker": maker.id,
            "name": name,
            "category": "packaged_food",
            "product": product,
            "batch_number": number,
            "produced_on": date(now),
            "expires_on": date(now + days * DAY),
            "quantity": kg(quantity),
            "packs": [{"unit": "XCS", "holds": kg(CASE_KG)}],
            **label("packaged_food", maker.name),
        }
        self.world.say(maker, "batch.v1", body, now)
        return Lot(
            goods, name, "packaged_food", "KGM", maker.id, papers=(("certificate", report),), case=CASE_KG
        )

    def sausage(self, maker: Trader, now: int) -> None:
        """Pork of one or two lots and something out of the spice cupboard."""
        world, random = self.world, self.world.pen.random
        held = [
            one
            for one in world.holdings[maker.id].values()
            if one.lot.name == "猪肉" and one.quantity > 80 and one.lot.goods not in world.held
        ]
        if not held:
            return
        inputs = [(one.lot, one.take(one.quantity)[0]) for one in held[-2:]]
        total = sum(quantity for _, quantity in inputs)
        self.make(maker, "香肠", inputs, total * random.uniform(0.64, 0.90), "灌制", now)

    def other_food(self, maker: Trader, now: int) -> None:
        """Vegetables of the day, delivered in the morning, made into something by the evening."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        name, share, process = FOODS[cast.all("food_maker").index(maker)]
        sellers = [
            (seller, held)
            for seller in cast.all("vegetable_wholesaler")
            for held in world.holdings[seller.id].values()
            if held.quantity > 150
            and held.lot.category == "farm_produce"
            and held.lot.goods not in world.held
        ]
        if not sellers:
            return
        seller, held = random.choice(sellers)
        lot = held.lot
        world.deliver(seller, maker, [(lot, float(round(held.quantity * 0.5)))], now, hours=1)

        def cook(then: int) -> None:
            got, _ = world.holding(maker, lot).take(10_000)
            if got > 20 and lot.goods not in world.held:
                self.make(maker, name, [(lot, got)], got * share * random.uniform(0.96, 1.04), process, then)

        world.later(now + 6 * HOUR, cook)

    def make(
        self,
        maker: Trader,
        name: str,
        inputs: list[tuple[Lot, float]],
        quantity: float,
        process: str,
        now: int,
    ) -> None:
        """Inputs into whole cases of one batch, its release, and the lorries of the next days."""
        world, pen = self.world, self.world.pen
        made = float(int(quantity // CASE_KG) * CASE_KG)
        rest = round(quantity - made, 1)
        if made <= 0:
            return
        world.processed.update(old.goods for old, _ in inputs)
        lot = self.food_lot(maker, name, made, now, 180)
        outputs: list[Json] = [{**lot.line(made), "role": "main"}]
        if rest > 0:
            outputs.append(
                {**Lot(pen.goods(), "边角料", "packaged_food", "KGM", maker.id).line(rest), "role": "waste"}
            )
        body: dict[str, Json] = {
            "process": process,
            "site": maker.sites[0],
            "inputs": [old.line(taken) for old, taken in inputs],
            "outputs": outputs,
        }
        world.say(maker, "transformation.v1", body, now + 5 * MINUTE)
        tested = pen.random.random() < 0.85
        self.release(
            maker,
            lot.goods,
            now + 3 * HOUR,
            "own_test" if tested else "process_control",
            lot.papers[0][1] if tested else None,
        )
        if not tested:
            lot = Lot(lot.goods, lot.name, lot.category, lot.unit, lot.maker, case=lot.case)
        else:
            self.factory_certificate(maker, lot, made, now + 3 * HOUR + MINUTE)
        world.put(maker, lot, made)
        world.later(now + 5 * HOUR, partial(self.to_trade, maker, lot))

    def factory_certificate(self, maker: Trader, lot: Lot, quantity: float, now: int) -> None:
        """出厂检验合格证."""
        self.certificate(maker, "factory_inspection", lot.papers[0][1], lot.goods, now, kg(quantity))

    def to_trade(self, maker: Trader, lot: Lot, now: int) -> None:
        """Cases to a wholesaler and to shops; the wholesaler sells on to canteens and restaurants."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        quantity = world.holding(maker, lot).quantity
        cases = int(quantity // CASE_KG)
        wholesaler = cast.some("food_wholesaler")
        half = cases // 2 * CASE_KG
        if half:
            world.deliver(maker, wholesaler, [(lot, half)], now, paper="delivery_note")
            world.later(now + 2 * DAY, partial(self.from_wholesaler, wholesaler, lot))
        shops = random.sample(cast.all("shop"), min(5, max(1, cases - cases // 2)))
        each = (cases - cases // 2) // len(shops) * CASE_KG
        for shop in shops:
            when = now + DAY + random.randrange(4) * HOUR
            world.later(when, partial(world.deliver, maker, shop, [(lot, each)], paper="delivery_note"))
            world.later(when + DAY, partial(self.sell_off, shop, lot))
        if random.random() < 0.08:
            # A shop sends two spoiled kilos back; the maker destroys them.
            shop = shops[0]
            world.later(now + 3 * DAY, lambda then: world.give_back(shop, maker, lot, 2.0, then, "胀袋退货"))
            world.later(
                now + 5 * DAY,
                lambda then: world.adjust(
                    maker, lot, min(2.0, world.holding(maker, lot).quantity), "destroyed", then
                ),
            )

    def from_wholesaler(self, seller: Trader, lot: Lot, now: int) -> None:
        """Cases to kitchens and shops."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        buyers = random.sample([*cast.all("canteen"), *cast.all("restaurant"), *cast.all("shop")], 4)
        each = int(world.holding(seller, lot).quantity / 4 // CASE_KG) * CASE_KG
        for buyer in buyers:
            if each:
                world.later(
                    now + random.randrange(6) * HOUR, partial(world.deliver, seller, buyer, [(lot, each)])
                )
                world.later(now + DAY, partial(self.sell_off, buyer, lot))

    def sell_off(self, seller: Trader, lot: Lot, now: int) -> None:
        """By the kilo over some days; a pack may stay on the shelf."""
        world, random = self.world, self.world.pen.random
        quantity = world.holding(seller, lot).quantity
        for number in range(3):
            when = moment(day_of(now) + number * 2, random.uniform(9, 18))
            world.later(max(when, now), partial(world.sell, seller, lot, round(quantity * 0.3, 1)))

    # Oil in bulk

    def oil(self, mill: Trader, trader: Trader, now: int) -> None:
        """A tank of oil: beans from opening stock, tonnes out, kilograms on."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        beans = Lot(pen.goods(), "大豆", "farm_produce", "KGM", mill.id)
        tonnes = random.randrange(60, 200)
        bean_batch: dict[str, Json] = {
            "goods": beans.goods,
            "maker": mill.id,
            "name": "大豆",
            "category": "farm_produce",
            "produced_on": date(now - 60 * DAY),
        }
        world.say(mill, "batch.v1", bean_batch, now)
        world.adjust(mill, beans, tonnes * 1000.0, "opening_stock", now + MINUTE)
        made = round(tonnes * 1000 * random.uniform(0.17, 0.19))
        goods, report = pen.goods(), pen.numbers.paper("YZ")
        lot = Lot(
            goods, "大豆油（散装）", "edible_oil_bulk", "KGM", mill.id, papers=(("certificate", report),)
        )
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": mill.id,
            "name": lot.name,
            "category": "edible_oil_bulk",
            "produced_on": date(now),
            "quantity": kg(made),
            **label("edible_oil_bulk", mill.name),
        }
        world.say(mill, "batch.v1", batch, now + HOUR)
        outputs: list[Json] = [
            {**lot.line(made), "role": "main"},
            {
                **Lot(pen.goods(), "豆粕", "edible_oil_bulk", "KGM", mill.id).line(
                    round(tonnes * 1000 * 0.78)
                ),
                "role": "by",
            },
        ]
        used, _ = world.holding(mill, beans).take(tonnes * 1000.0)
        body: dict[str, Json] = {"process": "压榨", "inputs": [beans.line(used)], "outputs": outputs}
        world.say(mill, "transformation.v1", body, now + 2 * HOUR)
        world.put(mill, lot, made)
        self.release(mill, goods, now + 3 * HOUR, "own_test", report)
        self.factory_certificate(mill, lot, made, now + 3 * HOUR + MINUTE)
        world.later(
            now + 5 * HOUR, partial(world.deliver, mill, trader, [(lot, float(made))], paper="delivery_note")
        )
        for number in range(3):
            buyer = world.cast.some("restaurant" if number else "canteen")
            world.later(now + (2 + number) * DAY, partial(world.deliver, trader, buyer, [(lot, 200.0)]))
