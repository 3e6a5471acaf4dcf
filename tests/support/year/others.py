"""The smaller trades: veterinary drugs, feed, fertiliser, seed, cosmetics, fuel in bulk; and what offices do: samples, tests, holds, recalls."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from tests.support.year.sheets import label
from tests.support.year.told import DAY, HOUR, MINUTE, amount, date, kg, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from ledger.canonical import Json
    from tests.support.year.parties import Trader
    from tests.support.year.told import Told
    from tests.support.year.world import World

#: Trade of the maker, of the dealer, category, goods, unit, lots in a year, of a lot, what a dealer takes.
SMALL: Final = (
    ("vet_drug_maker", "vet_drug_dealer", "veterinary_drug", "恩诺沙星注射液", "XBO", 12, 300, 60),
    ("feed_maker", "feed_dealer", "feed", "育肥猪配合饲料", "KGM", 40, 20_000, 3_000),
    ("fertiliser_maker", "fertiliser_dealer", "fertiliser", "复合肥料", "KGM", 16, 30_000, 5_000),
    ("seed_maker", "seed_dealer", "crop_seed", "南粳9108种子", "KGM", 12, 4_000, 600),
    ("cosmetics_maker", "cosmetics_shop", "cosmetics", "保湿乳液", "XBO", 24, 400, 60),
    ("fuel_depot", "fuel_station", "fuel", "92号车用汽油", "LTR", 60, 60_000, 18_000),
)
QUICK_TESTS: Final = 160
FALSE_ALARMS: Final = 12
TRUE_ALARMS: Final = 10
RECALLS: Final = 14


@dataclass(slots=True)
class Others:
    """Small trades and oversight."""

    world: World
    gtins: dict[str, str] = field(default_factory=dict)

    def plan(self) -> None:
        """Put them into the calendar."""
        world = self.world
        for row in SMALL:
            for day in world.times(row[5]):
                maker = world.cast.some(row[0])
                world.later(moment(day, 8), partial(self.lot, maker, row))
        for day in world.times(QUICK_TESTS):
            world.later(moment(day, 6), self.quick_test)
        for day in world.times(FALSE_ALARMS):
            world.later(moment(day, 6), self.false_alarm)
        for day in world.times(TRUE_ALARMS):
            world.later(moment(day, 6), self.true_alarm)
        for day in world.times(RECALLS):
            world.later(moment(day, 9), self.recall)

    def lot(self, maker: Trader, row: tuple[str, str, str, str, str, int, int, int], now: int) -> None:
        """One lot, its release and its way to two dealers."""
        _, dealers, category, name, unit, _, size, share = row
        world, pen, random = self.world, self.world.pen, self.world.pen.random
        gtin = self.gtins.setdefault(maker.id, pen.numbers.gtin())
        goods, report = pen.goods(gtin, f"B{pen.numbers.serial()}"), pen.numbers.paper("JY")
        body: dict[str, Json] = {
            "goods": goods,
            "maker": maker.id,
            "name": name,
            "category": category,
            "batch_number": goods.rsplit("/", 1)[1],
            "produced_on": date(now),
            "expires_on": date(now + 500 * DAY),
            "quantity": amount(size, unit),
            **label(category, maker.name),
        }
        pen.at_once(maker.id, "batch.v1", body, now)
        release: dict[str, Json] = {
            "goods": goods,
            "result": "released",
            "basis": "own_test",
            "certificate_number": report,
        }
        pen.at_once(maker.id, "release.v1", release, now + 2 * HOUR)
        lot = Lot(goods, name, category, unit, maker.id, papers=(("certificate", report),))
        paper: dict[str, Json] = {
            "certificate_kind": "factory_inspection",
            "number": report,
            "issued_by": maker.name,
            "goods": [goods],
            "issued_on": date(now),
        }
        pen.at_once(maker.id, "certificate.v1", paper, now + 2 * HOUR + MINUTE)
        world.put(maker, lot, size)
        for number, dealer in enumerate(random.sample(world.cast.all(dealers), 2)):
            when = now + (1 + number) * DAY
            world.later(when, partial(world.deliver, maker, dealer, [(lot, share)], paper="delivery_note"))
            for visit in range(8):
                part = round(share * random.uniform(0.05, 0.11))
                later = when + (1 + visit) * DAY + random.randrange(9) * HOUR
                if dealers == "feed_dealer" and visit % 2:
                    farm = world.cast.some("pig_farm")
                    world.later(later, partial(world.deliver, dealer, farm, [(lot, part)], checked=False))
                    world.later(later + DAY, partial(self.feed_out, farm, lot, part))
                else:
                    world.later(later, partial(world.sell, dealer, lot, part))
            if unit == "LTR":
                world.later(
                    when + 12 * DAY, partial(world.adjust, dealer, lot, round(share * 0.002, 1), "loss")
                )

    def feed_out(self, farm: Trader, lot: Lot, quantity: float, now: int) -> None:
        """Fed to the pigs: an input without an interval."""
        taken, _ = self.world.holding(farm, lot).take(quantity)
        if taken > 0:
            body: dict[str, Json] = {
                "purpose": "育肥猪饲喂",
                "site": farm.sites[0],
                "lines": [lot.line(taken)],
            }
            self.world.say(farm, "use.v1", body, now)

    # Oversight

    def on_hand(self, trade: str, category: str, least: float) -> list[tuple[Trader, Lot]]:
        """Who of this trade has something of this category now."""
        world = self.world
        return [
            (trader, held.lot)
            for trader in world.cast.all(trade)
            for held in world.holdings[trader.id].values()
            if held.lot.category == category and held.quantity > least and held.lot.goods not in world.held
        ]

    def whole(self, least: float) -> list[tuple[Trader, Lot]]:
        """Vegetables at the market of which nothing has been made: a processor would hold its own goods too."""
        found = self.on_hand("vegetable_wholesaler", "farm_produce", least)
        return [one for one in found if one[1].goods not in self.world.processed]

    def result(
        self, lot: Lot, holder: Trader, at_ms: int, *, stage: str, overall: str, of: Told | None = None
    ) -> Told:
        """A test result of the laboratory or of the market's quick test."""
        laboratory = self.world.cast.all("laboratory")[0]
        value = "<0.01" if overall == "pass" else "0.09"
        analyte: dict[str, Json] = {
            "analyte": "毒死蜱",
            "value": value,
            "verdict": overall,
            "unit": "mg/kg",
            "limit": "0.02",
        }
        body: dict[str, Json] = {
            "goods": lot.goods,
            "taken_from": holder.id,
            "laboratory": laboratory.name,
            "stage": stage,
            "overall": overall,
            "results": [analyte],
        }
        if of is not None:
            body["retest_of"] = of.id
        return self.world.pen.at_once(laboratory.id, "test_result.v1", body, at_ms)

    def quick_test(self, now: int) -> None:
        """The market tests a lot at the gate; it passes."""
        found = self.on_hand("vegetable_wholesaler", "farm_produce", 30)
        if found:
            holder, lot = self.world.pen.random.choice(found)
            self.sample(lot, holder, now - 10 * MINUTE)
            self.result(lot, holder, now, stage="quick", overall="pass")

    def sample(self, lot: Lot, holder: Trader, at_ms: int) -> None:
        """Half a kilo leaves the stock, sealed and with two signatures."""
        world = self.world
        office = world.cast.some("authority")
        body: dict[str, Json] = {
            "goods": lot.goods,
            "taken_from": holder.id,
            "sample_number": world.pen.numbers.paper("CY"),
            "quantity": kg(0.5),
            "purpose": "quick",
            "officers": [world.cast.officers[office.id]],
        }
        world.pen.at_once(office.id, "sample.v1", body, at_ms)
        world.holding(holder, lot).take(0.5)

    def true_alarm(self, now: int) -> None:
        """A quick test fails, the laboratory agrees, the hold stays, and what is left is destroyed."""
        world = self.world
        found = self.whole(30)
        if not found:
            return
        holder, lot = world.pen.random.choice(found)
        self.result(lot, holder, now, stage="quick", overall="fail")
        self.order(holder, lot, "hold", "快检阳性", now + 5 * MINUTE)
        world.held.add(lot.goods)
        self.result(lot, holder, now + 2 * DAY, stage="laboratory", overall="fail")
        world.later(now + 3 * DAY, partial(self.destroy, holder, lot))

    def order(self, holder: Trader, lot: Lot, action: str, reason: str, at_ms: int) -> None:
        """The market stops what is sold in it; elsewhere an officer does."""
        world = self.world
        body: dict[str, Json] = {"action": action, "goods": [lot.goods], "at": holder.id, "reason": reason}
        by = holder.market
        if by is None:
            by = world.cast.all("authority")[0]
            body["officer"] = world.cast.officers[by.id]
        world.pen.at_once(by.id, "hold.v1", body, at_ms)

    def destroy(self, holder: Trader, lot: Lot, now: int) -> None:
        """All of it, under the eyes of the market."""
        self.world.adjust(holder, lot, self.world.holding(holder, lot).quantity, "destroyed", now)

    def false_alarm(self, now: int) -> None:
        """A quick test fails, the market holds the lot, the laboratory finds nothing, the hold is lifted, trade goes on."""
        world = self.world
        found = self.whole(60)
        if not found:
            return
        holder, lot = world.pen.random.choice(found)
        quick = self.result(lot, holder, now, stage="quick", overall="fail")
        self.order(holder, lot, "hold", "快检阳性，待复检", now + 5 * MINUTE)
        world.held.add(lot.goods)
        self.result(lot, holder, now + 8 * HOUR, stage="retest", overall="pass", of=quick)
        self.order(holder, lot, "release", "复检合格", now + 9 * HOUR)
        world.later(now + 9 * HOUR + 5 * MINUTE, lambda _: world.held.discard(lot.goods))
        world.later(now + 11 * HOUR, partial(world.sell, holder, lot, 20.0))
        world.later(now + 2 * DAY, partial(world.lose_rest, holder, lot))

    def recall(self, now: int) -> None:
        """A maker calls a batch back for its label; shops answer, send it back, and it is destroyed."""
        world, pen = self.world, self.world.pen
        found = [one for one in self.on_hand("shop", "packaged_food", 5) if one[1].maker in world.traders]
        if not found:
            return
        lot = pen.random.choice(found)[1]
        maker = world.traders[lot.maker]
        recall: dict[str, Json] = {
            "action": "recall",
            "goods": [lot.goods],
            "grade": "3",
            "reason": "标签未标注过敏原",
        }
        called = pen.at_once(maker.id, "recall.v1", recall, now)
        world.held.add(lot.goods)
        for holder in world.traders.values():
            if holder.id != maker.id and lot.goods in world.holdings[holder.id]:
                world.later(now + 20 * HOUR, partial(self.answer, holder, maker, lot, called))
        world.later(now + 6 * DAY, partial(self.end, maker, lot, called))

    def answer(self, holder: Trader, maker: Trader, lot: Lot, called: Told, now: int) -> None:
        """What this holder still has, and what it had sold: together what it had received."""
        world = self.world
        left, had = world.holding(holder, lot).quantity, self.received(holder, lot)
        body: dict[str, Json] = {
            "recall": called.id,
            "goods": lot.goods,
            "answered_on": date(now),
            "recovered": kg(left),
            "sold": kg(round(had - left, 1)),
        }
        world.say(holder, "recall_answer.v1", body, now)
        if left:
            world.give_back(holder, maker, lot, left, now + DAY, "召回退回")

    def received(self, holder: Trader, lot: Lot) -> float:
        """What came in, by its own books."""
        total = 0.0
        for one in self.world.pen.told:
            if one.type == "receipt.v1" and holder.id in {one.actor, one.on_behalf_of}:
                for line in one.body["lines"]:  # type: ignore[union-attr]  # made by the world
                    if line["goods"] == lot.goods:  # type: ignore[index,call-overload]  # as above
                        quantity = line["quantity"]  # type: ignore[index,call-overload]  # as above
                        total += float(quantity["amount"]) * (lot.case if quantity["unit"] == "XCS" else 1)  # type: ignore[index,call-overload,arg-type]  # as above
        return total

    def end(self, maker: Trader, lot: Lot, called: Told, now: int) -> None:
        """Destroyed before witnesses, and the recall is over."""
        world = self.world
        left, _ = world.holding(maker, lot).take(1e9)
        if left > 0:
            body: dict[str, Json] = {
                "stage": "done",
                "stock": "recalled",
                "method": "无害化处理",
                "on": date(now),
                "witnesses": ["刘见证（演示）"],
                "lines": [lot.line(left)],
            }
            world.say(maker, "destruction.v1", body, now - HOUR)
        end: dict[str, Json] = {
            "action": "end",
            "goods": [lot.goods],
            "reason": "召回完成",
            "ends": called.id,
        }
        world.pen.at_once(maker.id, "recall.v1", end, now)
