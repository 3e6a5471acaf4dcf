"""Drugs: lots with a code on every box, cases that travel whole or opened, boxes sold once; and pesticides, whose bottles carry codes too.

A box a customer brings back goes on the shelf again after a proper return. A case is opened before its boxes go their own ways. Some lots
were on the shelf before anybody recorded anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.support.year.sheets import label
from tests.support.year.told import DAY, HOUR, MINUTE, amount, date, day_of, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.world import World

DRUG_LOTS: Final = 60
PESTICIDE_LOTS: Final = 40
#: Retail sales of a shop in a day of the whole year.
PHARMACY_SALES: Final = 1.4
DEALER_SALES: Final = 0.7
BOXES_OF_A_CASE: Final = 50
CUSTOMER_RETURNS: Final = 0.006
DRUGS: Final = ("阿莫西林胶囊", "布洛芬片", "奥美拉唑肠溶胶囊", "二甲双胍片", "氯雷他定片")
PESTICIDES: Final = ("噻虫嗪水分散粒剂", "甲氰菊酯乳油", "敌百虫可溶粉剂", "苯醚甲环唑悬浮剂")


@dataclass(slots=True)
class Coded:
    """The chains of coded packs."""

    world: World
    marks: dict[tuple[str, str], tuple[str, str, str, str]] = field(default_factory=dict)

    def plan(self) -> None:
        """Lots, and every shop's customers of every day."""
        world, cast = self.world, self.world.cast
        for day in sorted(world.times(DRUG_LOTS)):
            maker, name = cast.some("drug_maker"), world.pen.random.choice(DRUGS)
            world.later(moment(day, 8), partial(self.drug_lot, maker, name))
        for day in sorted(world.times(PESTICIDE_LOTS)):
            maker, name = cast.some("pesticide_maker"), world.pen.random.choice(PESTICIDES)
            world.later(moment(day, 9), partial(self.pesticide_lot, maker, name))
        for trade, category, a_day in (
            ("pharmacy", "drug", PHARMACY_SALES),
            ("pesticide_dealer", "pesticide", DEALER_SALES),
        ):
            for shop in cast.all(trade):
                self.old_stock(shop, category)
                for day in world.times(a_day * 365):
                    when = moment(day, world.pen.random.uniform(8, 19))
                    world.later(when, partial(self.customer, shop, category))
        for co_op in cast.all("co_op"):
            for day in world.times(40):
                world.later(moment(day, 10), partial(self.to_grower, co_op))

    def mark(self, maker: Trader, name: str, category: str, now: int) -> tuple[str, str, str, str]:
        """GTIN, product, mark of the codes, and approval number of one product, told once."""
        known = self.marks.get((maker.id, name))
        if known:
            return known
        pen = self.world.pen
        number = 9001 + len(self.marks)
        approval = f"国药准字H2026{number}" if category == "drug" else f"PD2026{number}"
        mark = f"9{999000 + len(self.marks):06d}" if category == "drug" else approval
        made = pen.numbers.gtin(), pen.product(), mark, approval
        self.marks[maker.id, name] = made
        at_ms = moment(-10, 9)
        pen.at_once(
            pen.registrar,
            "approval.v1",
            {
                "holder": maker.id,
                "licence_kind": "药品批准文号" if category == "drug" else "农药登记证",
                "number": approval,
                "valid_from": date(moment(-400)),
                "valid_to": date(moment(1400)),
                "product_name": name,
                "products": [made[1]],
            },
            at_ms,
        )
        body: dict[str, Json] = {
            "product": made[1],
            "owner": maker.id,
            "name": name,
            "category": category,
            "gtin": made[0],
            "approval_number": approval,
        }
        pen.at_once(maker.id, "product.v1", body, at_ms + HOUR)
        return made

    def batch(
        self, maker: Trader, name: str, category: str, unit: str, count: int, now: int
    ) -> tuple[Lot, str]:
        """The batch, its release on a test, its certificate."""
        pen = self.world.pen
        gtin, product, mark, approval = self.mark(maker, name, category, now)
        number = f"{name[0].encode().hex()[:2].upper()}{date(now).replace('-', '')[2:]}{pen.numbers.serial() % 1000}"
        goods, report = pen.goods(gtin, number), pen.numbers.paper("BG")
        body: dict[str, Json] = {
            "goods": goods,
            "maker": maker.id,
            "name": name,
            "category": category,
            "product": product,
            "batch_number": number,
            "approval_number": approval,
            "produced_on": date(now),
            "expires_on": date(now + 720 * DAY),
            "quantity": amount(count, unit),
            **label(category, maker.name),
        }
        pen.at_once(maker.id, "batch.v1", body, now)
        release: dict[str, Json] = {
            "goods": goods,
            "result": "released",
            "basis": "own_test",
            "certificate_number": report,
            "person_name": "赵质量（演示）",
        }
        pen.at_once(maker.id, "release.v1", release, now + DAY)
        paper: dict[str, Json] = {
            "certificate_kind": "factory_inspection",
            "number": report,
            "issued_by": maker.name,
            "goods": [goods],
            "issued_on": date(now + DAY),
            "covers": amount(count, unit),
        }
        pen.at_once(maker.id, "certificate.v1", paper, now + DAY + MINUTE)
        lot = Lot(goods, name, category, unit, maker.id, papers=(("certificate", report),))
        return lot, mark

    def issue(
        self, maker: Trader, lot: Lot, codes: list[str], kind: str, at_ms: int, *, action: str = "issue"
    ) -> None:
        """The upload of a lot's codes."""
        body: dict[str, Json] = {"action": action, "goods": lot.goods, "codes": codes, "code_kind": kind}
        self.world.pen.at_once(maker.id, "codes.v1", body, at_ms)

    def drug_lot(self, maker: Trader, name: str, now: int) -> None:
        """A lot of boxes for two wholesalers: one gets loose boxes, the other cases."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        count = random.choice((400, 600, 800))
        lot, mark = self.batch(maker, name, "drug", "XBX", count, now)
        codes = [pen.numbers.drug_code(mark) for _ in range(count)]
        uploaded = now + DAY + HOUR
        self.issue(maker, lot, codes, "drug", uploaded)
        if random.random() < 0.1:
            self.issue(maker, lot, codes, "drug", uploaded + 20_000)  # The upload was sent twice.
        spoiled = codes.pop()
        self.issue(maker, lot, [spoiled], "drug", uploaded + HOUR, action="void")
        world.adjust(maker, lot, 0, "loss", now)
        world.put(maker, lot, count - 1, codes)
        first, second = random.sample(world.cast.all("drug_wholesaler"), 2)
        half = (count // 2) // BOXES_OF_A_CASE * BOXES_OF_A_CASE
        world.later(now + 2 * DAY, partial(self.to_wholesaler, maker, first, lot, half))
        world.later(now + 3 * DAY, partial(self.in_cases, maker, second, lot, mark, half))

    def to_wholesaler(self, maker: Trader, buyer: Trader, lot: Lot, quantity: int, now: int) -> None:
        """Boxes with a 随货同行单; then to the shops."""
        self.world.deliver(maker, buyer, [(lot, quantity)], now, paper="delivery_note", hours=6)
        self.world.later(now + DAY, partial(self.to_shops, buyer, lot))

    def in_cases(self, maker: Trader, buyer: Trader, lot: Lot, mark: str, quantity: int, now: int) -> None:
        """Packed in cases of fifty; the wholesaler opens them before the boxes part."""
        world, pen = self.world, self.world.pen
        held = world.holding(maker, lot)
        for start in range(
            0, min(quantity, len(held.codes)) // BOXES_OF_A_CASE * BOXES_OF_A_CASE, BOXES_OF_A_CASE
        ):
            children = held.codes[start : start + BOXES_OF_A_CASE]
            parent = pen.numbers.drug_code(f"{int(mark) + 500:07d}")
            body: dict[str, Json] = {"parent_code": parent, "codes": list(children), "goods": lot.goods}
            pen.at_once(maker.id, "packing.v1", {"action": "pack", **body}, now - HOUR + start * 1000)
            opened = now + 9 * HOUR + start * 1000
            world.say(
                buyer, "packing.v1", {"action": "unpack", **body}, opened, recorded_at_ms=opened + MINUTE
            )
        world.deliver(maker, buyer, [(lot, quantity)], now, paper="delivery_note", hours=6)
        world.later(now + 2 * DAY, partial(self.to_shops, buyer, lot))

    def to_shops(self, seller: Trader, lot: Lot, now: int) -> None:
        """Some boxes to each of five shops, and to a hospital."""
        world, cast, random = self.world, self.world.cast, self.world.pen.random
        shops = random.sample(cast.all("pharmacy"), 5)
        for number, shop in enumerate(shops):
            boxes = random.randrange(10, 40)
            world.later(
                now + number * HOUR,
                partial(world.deliver, seller, shop, [(lot, boxes)], paper="delivery_note"),
            )
        hospital = cast.some("hospital")
        world.later(
            now + 7 * HOUR, partial(world.deliver, seller, hospital, [(lot, 60)], paper="delivery_note")
        )
        world.later(now + 3 * DAY, partial(self.dispense, hospital, lot))
        if random.random() < 0.1:
            world.later(now + 4 * DAY, partial(self.send_back, shops[0], seller, lot))

    def send_back(self, shop: Trader, seller: Trader, lot: Lot, now: int) -> None:
        """Five boxes ordered by mistake go back and are sold to another shop."""
        self.world.give_back(shop, seller, lot, 5, now, "多订")
        other = self.world.cast.some("pharmacy")
        self.world.later(
            now + 2 * DAY, partial(self.world.deliver, seller, other, [(lot, 5)], paper="delivery_note")
        )

    def dispense(self, hospital: Trader, lot: Lot, now: int) -> None:
        """To patients; never who they are."""
        for number in range(6):
            self.world.later(
                now + number * DAY,
                partial(self.world.sell, hospital, lot, 8, more={"sale_kind": "dispensed"}),
            )

    def pesticide_lot(self, maker: Trader, name: str, now: int) -> None:
        """Bottles through a wholesaler to dealers."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        count = random.choice((300, 500))
        lot, registration = self.batch(maker, name, "pesticide", "XBO", count, now)
        codes = [pen.numbers.pesticide_code(registration) for _ in range(count)]
        self.issue(maker, lot, codes, "pesticide", now + DAY + HOUR)
        world.put(maker, lot, count, codes)
        buyer = world.cast.some("pesticide_wholesaler")
        world.later(
            now + 2 * DAY, partial(world.deliver, maker, buyer, [(lot, count - 50)], paper="delivery_note")
        )
        for number, dealer in enumerate(random.sample(world.cast.all("pesticide_dealer"), 4)):
            when = now + (3 + number) * DAY
            world.later(
                when,
                partial(
                    world.deliver, buyer, dealer, [(lot, random.randrange(30, 60))], paper="delivery_note"
                ),
            )

    def to_grower(self, co_op: Trader, now: int) -> None:
        """A co-op takes a crate of bottles from a dealer."""
        world = self.world
        dealer = world.cast.some("pesticide_dealer")
        held = [
            one
            for one in world.holdings[dealer.id].values()
            if one.quantity >= 8 and one.lot.goods not in world.held
        ]
        if held:
            world.deliver(dealer, co_op, [(world.pen.random.choice(held).lot, 6)], now, checked=False)

    def old_stock(self, shop: Trader, category: str) -> None:
        """Packs that stood on the shelf before the ledger began: two lots of makers who are not on it."""
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        unit = "XBX" if category == "drug" else "XBO"
        supplier = self.unknown_maker(shop)
        for name in random.sample(DRUGS if category == "drug" else PESTICIDES, 2):
            goods, count = pen.goods(pen.numbers.gtin(), f"L{pen.numbers.serial()}"), random.randrange(20, 60)
            body: dict[str, Json] = {
                "goods": goods,
                "maker": supplier,
                "name": name,
                "category": category,
                "batch_number": goods.rsplit("/", 1)[1],
                "produced_on": date(moment(-200)),
                "expires_on": date(moment(500)),
                **label(category, "外省厂家（演示）"),
            }
            begin = moment(0, 9)
            pen.at_once(shop.id, "batch.v1", body, begin)
            lot = Lot(goods, name, category, unit, supplier)
            codes = [pen.numbers.drug_code("9998888") for _ in range(count)] if category == "drug" else []
            if random.random() < 0.5:
                codes = []
            world.put(shop, lot, count, codes)
            pen.at_once(
                shop.id,
                "adjustment.v1",
                {"reason": "opening_stock", "lines": [lot.line(count, codes)]},
                begin + MINUTE,
            )

    def unknown_maker(self, shop: Trader) -> str:
        """A maker whom the shop declares and who is not on the ledger."""
        pen = self.world.pen
        party = pen.party()
        body: dict[str, Json] = {
            "party": party,
            "party_kind": "company",
            "name": f"外省厂家{pen.numbers.serial()}有限公司（演示）",
            "credit_code": pen.numbers.credit_code("91", "370783"),
        }
        pen.at_once(shop.id, "party.v1", body, moment(0, 8.5))
        return party

    def customer(self, shop: Trader, category: str, now: int) -> None:
        """One customer buys a pack or two; pesticide buyers give their name. Now and then a pack comes back the next day."""
        world, random = self.world, self.world.pen.random
        lots = [
            one.lot
            for one in world.holdings[shop.id].values()
            if one.quantity >= 4 and one.lot.goods not in world.held
        ]
        if not lots:
            return
        lot = random.choice(lots)
        more: dict[str, Json] = {"buyer_name": "张某（演示）"} if category == "pesticide" else {}
        sale = world.sell(shop, lot, random.choice((1, 1, 2)), now, more=more)
        if sale and category == "drug" and random.random() < CUSTOMER_RETURNS:
            lines = sale.body["lines"]
            assert isinstance(lines, list)
            back = moment(day_of(now) + 1, random.uniform(9, 12))
            world.later(back, partial(self.comes_back, shop, lot, lines[0]))

    def comes_back(self, shop: Trader, lot: Lot, sold: dict[str, Json], now: int) -> None:
        """A customer returns an unopened box with its slip; the shop takes it back into stock."""
        world = self.world
        world.say(
            shop, "return.v1", {"to": shop.id, "reason": "顾客退货，未拆封，凭小票", "lines": [sold]}, now
        )
        quantity, codes = sold["quantity"], sold.get("codes", [])
        assert isinstance(quantity, dict)
        assert isinstance(codes, list)
        held = world.holding(shop, lot)
        held.quantity += float(str(quantity["amount"]))
        held.codes[:0] = [str(code) for code in codes]
