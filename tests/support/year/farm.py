"""Vegetables: sown, sprayed, cut, promised, sold before dawn, weighed at every hand, eaten or thrown away.

Ten co-ops harvest; farmers without a credit code bring what they have, and the buyer writes it down for them (收购发票). Fourteen
wholesalers sell to stalls, canteens, restaurants and shops; some repack two lots into one and promise anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.support.year.told import DAY, HOUR, MINUTE, date, day_of, kg, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.world import World

#: How often in a whole year.
HARVESTS: Final = 520
BY_FARMERS: Final = 280
REPACKED: Final = 0.05
CROPS: Final = (
    "韭菜",
    "青菜",
    "番茄",
    "黄瓜",
    "菠菜",
    "茄子",
    "辣椒",
    "萝卜",
    "豇豆",
    "芹菜",
    "生菜",
    "白菜",
)
CATEGORY: Final = "farm_produce"


@dataclass(slots=True)
class Farming:
    """What grows where. `last_cut` is the day on which a plot was last harvested."""

    world: World
    gtins: dict[tuple[str, str], str] = field(default_factory=dict)
    last_cut: dict[str, int] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    promises: dict[str, str] = field(default_factory=dict)
    #: Numbers of organic certificates by co-op and crop, each with its first and last day.
    organic: dict[tuple[str, str], list[tuple[int, int, str]]] = field(default_factory=dict)

    def plan(self) -> None:
        """Put the year's harvests into the calendar."""
        world, cast = self.world, self.world.cast
        self.certify()
        for day in sorted(world.times(HARVESTS)):
            self.grow(cast.some("co_op"), day)
        for day in world.times(BY_FARMERS):
            buyer = cast.some("vegetable_wholesaler")
            world.later(moment(day, 5), partial(self.from_farmer, buyer))

    def certify(self) -> None:
        """Three co-ops are certified organic for two crops each; the certificate ends in summer and the next one begins that day."""
        for co_op in self.world.cast.all("co_op")[:3]:
            crops = CROPS[:2]
            for first, last in ((-150, 214), (215, 580)):
                number = self.world.pen.numbers.paper("YJ")
                body: dict[str, Json] = {
                    "certificate_kind": "organic",
                    "number": number,
                    "issued_by": "演示认证中心（演示）",
                    "holder": co_op.id,
                    "scope": list(crops),
                    "valid_from": date(moment(first)),
                    "valid_to": date(moment(last)),
                }
                self.world.pen.at_once(co_op.id, "certificate.v1", body, moment(max(first - 3, -15), 14))
                for crop in crops:
                    self.organic.setdefault((co_op.id, crop), []).append((first, last, number))

    def grow(self, co_op: Trader, day: int) -> None:
        """One harvest on that day, from a plot that was sprayed long enough before, or not at all."""
        random, world = self.world.pen.random, self.world
        plot = random.choice(co_op.sites)
        crop = CROPS[co_op.sites.index(plot) % len(CROPS)]
        wait = random.choice((3, 5, 7, 10, 14))
        # On the last day of the interval it may be cut: the label counts whole days.
        sprayed = day - wait - random.randrange(6)
        if sprayed > self.last_cut.get(plot, -1) and sprayed > 0:
            world.later(moment(sprayed, 15), partial(self.spray, co_op, plot, crop, wait))
        self.last_cut[plot] = max(day, self.last_cut.get(plot, -1))
        world.later(moment(day, random.uniform(4.5, 6)), partial(self.cut, co_op, plot, crop))

    def spray(self, co_op: Trader, plot: str, crop: str, wait: int, now: int) -> None:
        """The use record of a bottle that the co-op has; some scan it, some do not."""
        world, random = self.world, self.world.pen.random
        bottles = [
            held
            for held in world.holdings[co_op.id].values()
            if held.lot.category == "pesticide" and held.quantity >= 2
        ]
        if not bottles:
            return
        held = random.choice(bottles)
        quantity, codes = held.take(2)
        body: dict[str, Json] = {
            "purpose": f"{crop}蚜虫",
            "site": plot,
            "wait_days": wait,
            "dose": "稀释 1500 倍，每亩 30 公斤药液",
            "person_name": "王师傅（演示）",
            "lines": [held.lot.line(quantity, codes)],
        }
        world.say(co_op, "use.v1", body, now)

    def cut(self, co_op: Trader, plot: str, crop: str, now: int) -> None:
        """The batch, its promise, and the first lorries."""
        world, random, pen = self.world, self.world.pen.random, self.world.pen
        quantity = float(random.randrange(200, 1600, 10))
        gtin = self.gtins.setdefault((co_op.id, crop), pen.numbers.gtin())
        lot_number = (
            f"{co_op.sites.index(plot):02d}-{date(now).replace('-', '')}-{pen.numbers.serial() % 1000}"
        )
        goods = pen.goods(gtin, lot_number) if random.random() < 0.8 else pen.goods()
        body: dict[str, Json] = {
            "goods": goods,
            "maker": co_op.id,
            "name": crop,
            "category": CATEGORY,
            "batch_number": lot_number,
            "produced_on": date(now),
            "quantity": kg(quantity),
            "site": plot,
            "planted_on": date(now - random.randrange(30, 90) * DAY),
        }
        for first, last, certificate in self.organic.get((co_op.id, crop), ()):
            if first <= day_of(now) <= last:
                body["claims"] = [{"claim": "有机", "certificate_number": certificate}]
        world.say(co_op, "batch.v1", body, now)
        number = pen.numbers.paper("HGZ")
        promise = world.say(
            co_op, "commitment.v1", self.promise(co_op, goods, number, quantity, now), now + 20 * MINUTE
        )
        self.promises[goods] = promise.id
        lot = Lot(goods, crop, CATEGORY, "KGM", co_op.id, weighed=True, papers=(("commitment", number),))
        world.put(co_op, lot, quantity)
        self.share_out(co_op, lot, now + 2 * HOUR)
        world.later(now + 3 * DAY, partial(world.lose_rest, co_op, lot))

    def promise(
        self, producer: Trader, goods: str, number: str, quantity: float, now: int
    ) -> dict[str, Json]:
        """承诺达标合格证."""
        basis = self.world.pen.random.choice(("self_test", "internal_control", "self_promise"))
        return {
            "producer": producer.id,
            "basis": basis,
            "goods": goods,
            "number": number,
            "issued_on": date(now),
            "promises": ["no_banned_substances", "residues_within_limits", "withdrawal_observed"],
            "quantity": kg(quantity),
        }

    def share_out(self, co_op: Trader, lot: Lot, at_ms: int) -> None:
        """To two wholesalers and perhaps straight to a supermarket's shop."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        quantity = world.holding(co_op, lot).quantity
        buyers = random.sample(cast.all("vegetable_wholesaler"), 2)
        if random.random() < 0.3:
            buyers.append(cast.some("shop"))
        left = quantity
        for number, buyer in enumerate(buyers):
            part = left if number == len(buyers) - 1 else float(round(left * random.uniform(0.3, 0.6)))
            left = round(left - part, 1)
            when = at_ms + number * 30 * MINUTE
            world.later(when, partial(self.first_sale, co_op, buyer, lot, part))

    def first_sale(self, co_op: Trader, buyer: Trader, lot: Lot, quantity: float, now: int) -> None:
        """The lorry, and what the buyer does with it."""
        self.world.deliver(co_op, buyer, [(lot, quantity)], now)
        follow = self.retail if buyer.trade == "shop" else self.wholesale
        self.world.later(now + 9 * HOUR, partial(follow, buyer, lot))

    def from_farmer(self, buyer: Trader, now: int) -> None:
        """A farmer brings two baskets. He has no code, keeps no books and the buyer writes the purchase invoice."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        farmer = world.cast.some("farmer")
        if farmer.id not in self.declared:
            self.declared.add(farmer.id)
            world.cast.tell_party(farmer, now - 30 * MINUTE, actor=buyer.id)
        crop, goods, quantity = random.choice(CROPS), pen.goods(), float(random.randrange(20, 160))
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": farmer.id,
            "name": crop,
            "category": CATEGORY,
            "lot_basis": "supplier_product_date",
            "produced_on": date(now),
        }
        world.say(buyer, "batch.v1", batch, now)
        lot = Lot(goods, crop, CATEGORY, "KGM", farmer.id, weighed=True)
        receipt: dict[str, Json] = {
            "supplier": farmer.id,
            "conclusion": "accept",
            "lines": [lot.line(quantity)],
        }
        world.say(buyer, "receipt.v1", receipt, now + 5 * MINUTE)
        number = pen.numbers.invoice()
        at_once = random.random() < 0.6
        voucher: dict[str, Json] | None = {"voucher_kind": "purchase_invoice", "number": number}
        world.check(farmer, buyer, [(lot, quantity, [])], voucher if at_once else None, now + 10 * MINUTE)
        paper: dict[str, Json] = {
            "voucher_kind": "purchase_invoice",
            "seller": farmer.id,
            "buyer": buyer.id,
            "number": number,
            "issued_on": date(now),
            "total": f"{quantity * 3:.0f}.00",
            "lines": [{"name": crop, "goods": goods, "quantity": kg(quantity)}],
        }
        written = now + 20 * MINUTE if at_once else now + random.randrange(3, 20) * DAY
        world.later(
            written, lambda then: world.say(buyer, "voucher.v1", {**paper, "issued_on": date(then)}, then)
        )
        world.put(buyer, lot, quantity)
        world.later(now + 3 * HOUR, partial(self.wholesale, buyer, lot))

    def wholesale(self, seller: Trader, lot: Lot, now: int) -> None:
        """Before dawn of the next day: some kilos to each regular customer."""
        world, random = self.world, self.world.pen.random
        if random.random() < REPACKED:
            lot = self.repack(seller, lot, now)
        dawn = moment(day_of(now) + 1, random.uniform(2.5, 4))
        customers = random.sample(self.customers(), random.randrange(5, 11))
        quantity = world.holding(seller, lot).quantity
        for number, buyer in enumerate(customers):
            part = float(round(quantity / len(customers) * random.uniform(0.6, 1.0)))
            when = dawn + number * 7 * MINUTE
            world.later(when, partial(self.second_sale, seller, buyer, lot, part))
        world.later(dawn + 2 * DAY, partial(self.clear, seller, lot))

    def customers(self) -> list[Trader]:
        """Who buys vegetables at the market."""
        cast = self.world.cast
        return [*cast.all("stall"), *cast.all("canteen"), *cast.all("restaurant"), *cast.all("shop")]

    def second_sale(self, seller: Trader, buyer: Trader, lot: Lot, quantity: float, now: int) -> None:
        """To the stall, which sells it in the day and the next."""
        self.world.deliver(seller, buyer, [(lot, quantity)], now, hours=0.7)
        self.world.later(now + 3 * HOUR, partial(self.retail, buyer, lot))

    def retail(self, seller: Trader, lot: Lot, now: int) -> None:
        """Sold over one to three days; what is left is thrown away, or sent back while it is good."""
        world, random = self.world, self.world.pen.random
        days = random.randrange(1, 3)
        more: dict[str, Json] = {"sale_kind": "catering"} if seller.trade in {"canteen", "restaurant"} else {}
        quantity = world.holding(seller, lot).quantity
        for number in range(days):
            part = round(quantity / days * random.uniform(0.8, 1.0), 1)
            when = max(now, moment(day_of(now) + number, random.uniform(8, 17)))
            world.later(when, partial(world.sell, seller, lot, part, more=more))
        world.later(moment(day_of(now) + days, 19), partial(world.lose_rest, seller, lot))

    def clear(self, seller: Trader, lot: Lot, now: int) -> None:
        """What a wholesaler could not sell: stocktaking shows a little more or less, the rest is lost."""
        world, random = self.world, self.world.pen.random
        held = world.holding(seller, lot)
        if lot.goods in world.held:
            return
        if random.random() < 0.1 and held.quantity > 20:
            reason = random.choice(("stock_gain", "stock_loss"))
            world.adjust(seller, lot, round(held.quantity * 0.01, 1), reason, now)
        world.lose_rest(seller, lot, now + HOUR)

    def repack(self, seller: Trader, lot: Lot, now: int) -> Lot:
        """Two lots of the same crop into one; who mixes promises anew (农产品质量安全法 39)."""
        world, pen = self.world, self.world.pen
        others = [
            held
            for held in world.holdings[seller.id].values()
            if held.lot.name == lot.name
            and held.quantity > 20
            and held.lot.category == CATEGORY
            and held.lot.goods not in world.held
        ]
        inputs = [(held.lot, held.take(held.quantity)[0]) for held in others]
        if not inputs:
            return lot
        total = sum(quantity for _, quantity in inputs)
        world.processed.update(old.goods for old, _ in inputs)
        made = round(total * 0.97, 1)
        goods = pen.goods()
        batch: dict[str, Json] = {
            "goods": goods,
            "maker": seller.id,
            "name": lot.name,
            "category": CATEGORY,
            "lot_basis": "supplier_product_date",
            "produced_on": date(now),
            "quantity": kg(made),
        }
        world.say(seller, "batch.v1", batch, now + MINUTE)
        new = Lot(goods, lot.name, CATEGORY, "KGM", seller.id, weighed=True)
        body: dict[str, Json] = {
            "process": "分装",
            "inputs": [old.line(quantity) for old, quantity in inputs],
            "outputs": [
                {**new.line(made), "role": "main"},
                {
                    **Lot(pen.goods(), "菜叶", CATEGORY, "KGM", seller.id).line(round(total - made, 1)),
                    "role": "waste",
                },
            ],
        }
        world.say(seller, "transformation.v1", body, now + 2 * MINUTE)
        rests: list[Json] = [self.promises[old.goods] for old, _ in inputs if old.goods in self.promises]
        promise = self.promise(seller, goods, pen.numbers.paper("HGZ"), made, now)
        if rests:
            promise["replaces"] = rests
        self.promises[goods] = world.say(seller, "commitment.v1", promise, now + 5 * MINUTE).id
        world.put(seller, new, made)
        return new
