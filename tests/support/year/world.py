"""The year as it happens: a calendar of what comes next, what everybody holds, and the everyday dealings that all chains share.

A dealing is one delivery (shipment, receipt, supplier check, voucher), one sale, one return, one loss. All of a trader's small slips live
here too: a scale that shows a per cent less, a nought too many put right the next day, a double scan, goods refused in part, an invoice
that comes weeks later.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from tests.support.year.numbers import invoice_qr
from tests.support.year.sheets import LOOSE
from tests.support.year.told import DAY, DAYS, HOUR, MINUTE, Pen, amount, date, day_of, line, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.canonical import Json
    from tests.support.year.parties import Cast, Trader
    from tests.support.year.told import Told

#: How often something goes wrong in a way that honest people live with.
TYPED_WRONG = 0.003
REFUSED_IN_PART = 0.004
IN_TWO_CARS = 0.004
CHECK_IN_THE_EVENING = 0.03
DOUBLE_SCAN = 0.006


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot of goods. `weighed` goods come loose and are weighed again at every hand."""

    goods: str
    name: str
    category: str
    unit: str
    maker: str
    weighed: bool = False
    #: Numbers of the papers that travel with it: what is looked at on arrival, and by which number.
    papers: tuple[tuple[str, str], ...] = ()
    #: How much of its unit one case holds, where the maker declared it.
    case: float = 0.0

    def line(self, quantity: float, codes: Sequence[str] = (), *, cases: bool = False) -> dict[str, Json]:
        """One line of this lot, in its own unit or in cases."""
        if cases and self.case and quantity % self.case == 0:
            return line(self.goods, quantity / self.case, "XCS", codes)
        return line(self.goods, quantity, self.unit, codes)


@dataclass(slots=True)
class Holding:
    """What a party has of one lot, and the codes of its packs."""

    lot: Lot
    quantity: float = 0.0
    codes: list[str] = field(default_factory=list)

    def take(self, quantity: float) -> tuple[float, list[str]]:
        """So much of it, or what is there."""
        taken = round(min(quantity, self.quantity), 3)
        self.quantity = round(self.quantity - taken, 3)
        codes = self.codes[: round(taken)] if self.codes else []
        del self.codes[: len(codes)]
        return taken, codes


@dataclass(slots=True)
class World:
    """Everything that goes on. `scale` is the share of a whole year's dealings."""

    pen: Pen
    cast: Cast
    scale: float
    holdings: dict[str, dict[str, Holding]] = field(default_factory=lambda: defaultdict(dict))
    _calendar: list[tuple[int, int, Callable[[int], object]]] = field(default_factory=list)
    _turns: count[int] = field(default_factory=count)
    #: Deliveries that wait for their monthly invoice, by seller and buyer.
    _unpaid: dict[tuple[str, str], list[tuple[Told, list[tuple[Lot, float]]]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    traders: dict[str, Trader] = field(default_factory=dict)
    #: Lots under a hold or a recall now: honest traders leave them where they are.
    held: set[str] = field(default_factory=set)
    #: The last day of each lot that has one: honest traders clear away what is past it.
    last_days: dict[str, str] = field(default_factory=dict)
    #: Lots that something was made of.
    processed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.traders = {one.id: one for one in self.cast.everybody()}

    # The calendar

    def later(self, at_ms: int, what: Callable[[int], object]) -> None:
        """Let something happen then, if the year lasts that long."""
        if at_ms < moment(DAYS):
            heapq.heappush(self._calendar, (at_ms, next(self._turns), what))

    def run(self) -> None:
        """The year."""
        while self._calendar:
            at_ms, _, what = heapq.heappop(self._calendar)
            what(at_ms)

    def times(self, a_year: float) -> Iterator[int]:
        """Days, drawn evenly over the year, on which something that happens `a_year` times begins."""
        wanted = a_year * self.scale
        for _ in range(int(wanted) + (self.pen.random.random() < wanted % 1)):
            yield self.pen.random.randrange(2, DAYS - 3)

    # Who holds what

    def holding(self, party: Trader, lot: Lot) -> Holding:
        """What this party has of this lot."""
        held = self.holdings[party.id].get(lot.goods)
        if held is None:
            held = self.holdings[party.id][lot.goods] = Holding(lot)
        return held

    def may_go(self, lot: Lot, at_ms: int) -> bool:
        """Whether an honest trader would still pass this lot on."""
        return lot.goods not in self.held and date(at_ms) <= self.last_days.get(lot.goods, "9999")

    def put(self, party: Trader, lot: Lot, quantity: float, codes: Sequence[str] = ()) -> None:
        """Goods come in."""
        held = self.holding(party, lot)
        held.quantity = round(held.quantity + quantity, 3)
        held.codes.extend(codes)

    # Telling

    def say(
        self, party: Trader, type_name: str, body: dict[str, Json], at_ms: int, **how: int | None
    ) -> Told:
        """A record of this party, entered by itself or by its market's operator."""
        actor, behalf = (party.entered_by, party.id) if party.entered_by else (party.id, None)
        goods, last = body.get("goods"), body.get("expires_on")
        if isinstance(goods, str) and isinstance(last, str):
            self.last_days[goods] = last
        recorded = how.get("recorded_at_ms")
        return self.pen.tell(actor, type_name, body, at_ms, recorded_at_ms=recorded, on_behalf_of=behalf)

    def correct(self, party: Trader, wrong: Told, body: dict[str, Json], at_ms: int) -> Told:
        """Put an earlier record right, the next morning."""
        whole: dict[str, Json] = {
            **body,
            "correction_reason": "incorrect_data",
            "correction_note": "录入笔误",
        }
        return self.pen.tell(
            wrong.actor,
            wrong.type,
            whole,
            wrong.at_ms,
            recorded_at_ms=max(at_ms, wrong.recorded_at_ms + HOUR),
            on_behalf_of=wrong.on_behalf_of,
            corrects=wrong,
        )

    def cancel(self, wrong: Told, at_ms: int) -> None:
        """An earlier record never happened."""
        self.pen.tell(
            wrong.actor,
            "correction.v1",
            {"correction_reason": "did_not_occur", "correction_note": "重复扫码"},
            at_ms,
            recorded_at_ms=max(at_ms, wrong.recorded_at_ms + MINUTE),
            on_behalf_of=wrong.on_behalf_of,
            corrects=wrong,
        )

    # Dealings

    def deliver(
        self,
        seller: Trader,
        buyer: Trader,
        lots: Sequence[tuple[Lot, float]],
        at_ms: int,
        *,
        paper: str = "sales_slip",
        checked: bool = True,
        hours: float | None = None,
    ) -> None:
        """Goods go from one party on the ledger to another. What the seller does not have does not go."""
        random = self.pen.random
        if not (seller.open_on(day_of(at_ms)) and buyer.open_on(day_of(at_ms))):
            return
        lots = [(lot, quantity) for lot, quantity in lots if lot.goods not in self.held]
        taken = [(lot, *self.holding(seller, lot).take(quantity)) for lot, quantity in lots]
        taken = [(lot, quantity, codes) for lot, quantity, codes in taken if quantity > 0]
        if not taken:
            return
        cases = random.random() < 0.8
        number = f"{seller.slip()}" if paper == "sales_slip" else f"{seller.slip()}-{date(at_ms)[5:]}"
        voucher: dict[str, Json] = {"voucher_kind": paper, "number": number}
        body: dict[str, Json] = {
            "to": buyer.id,
            # What is entered in the evening has happened: nobody is asked to confirm an offer.
            "offer": self.pen.entered(seller.entered_by or seller.id, at_ms) < at_ms + HOUR,
            "voucher": voucher,
            "lines": [lot.line(quantity, codes, cases=cases) for lot, quantity, codes in taken],
        }
        shipment = self._ship(seller, body, at_ms)
        travel = random.uniform(0.4, 5) if hours is None else hours
        self._unpaid[seller.id, buyer.id].append((shipment, [(lot, quantity) for lot, quantity, _ in taken]))
        arrived = at_ms + round(travel * HOUR)
        self.later(
            arrived,
            lambda now: self._arrive(
                seller, buyer, taken, shipment, voucher, now, checked=checked, body=body
            ),
        )

    def _ship(self, seller: Trader, body: dict[str, Json], at_ms: int) -> Told:
        """The shipment; one in some hundreds has a nought too many and is put right the next day."""
        if self.pen.random.random() >= TYPED_WRONG or "codes" in body["lines"][0]:  # type: ignore[index,operator]  # made above
            return self.say(seller, "shipment.v1", body, at_ms)
        wrong_lines = [_times_ten(one) for one in body["lines"]]  # type: ignore[union-attr]  # made above
        wrong = self.say(seller, "shipment.v1", {**body, "lines": wrong_lines}, at_ms)
        self.correct(seller, wrong, body, moment(day_of(at_ms) + 1, 9))
        return wrong

    def _arrive(
        self,
        seller: Trader,
        buyer: Trader,
        taken: list[tuple[Lot, float, list[str]]],
        shipment: Told,
        voucher: dict[str, Json],
        now: int,
        *,
        checked: bool,
        body: dict[str, Json],
    ) -> None:
        """The buyer weighs, counts, confirms and checks."""
        random = self.pen.random
        got = [
            (lot, round(quantity * random.uniform(0.985, 1.002), 1) if lot.weighed else quantity, codes)
            for lot, quantity, codes in taken
        ]
        whole = len(got) == 1 and not got[0][2] and got[0][1] > 20
        told: dict[str, Json] = {"supplier": seller.id, "conclusion": "accept"}
        entered = self.pen.entered(buyer.entered_by or buyer.id, now)
        if shipment.recorded_at_ms < entered:
            told["shipment"] = shipment.id
        if whole and random.random() < REFUSED_IN_PART:
            lot, quantity, _ = got[0]
            kept = float(round(quantity * random.uniform(0.75, 0.92)))
            got = [(lot, kept, [])]
            told |= {"conclusion": "accept_part", "reason": "部分破损，当场退回"}
            self.put(seller, lot, taken[0][1] - kept)
            right = {**body, "lines": [line(lot.goods, kept, lot.unit)]}
            self.correct(seller, shipment, right, moment(day_of(now) + 1, 9.5))
        elif whole and random.random() < IN_TWO_CARS:
            lot, quantity, _ = got[0]
            first = float(round(quantity * 0.6))
            rest = round(quantity - first, 1)
            self.say(buyer, "receipt.v1", {**told, "lines": [line(lot.goods, first, lot.unit)]}, now)
            told["lines"] = [line(lot.goods, rest, lot.unit)]
            self.say(buyer, "receipt.v1", dict(told), now + 40 * MINUTE)
        if "lines" not in told:
            told["lines"] = [
                {**lot.line(quantity, codes, cases=random.random() < 0.5), "declared": amount(sent, lot.unit)}
                for (lot, quantity, codes), (_, sent, _) in zip(got, taken, strict=True)
            ]
            self.say(buyer, "receipt.v1", dict(told), now)
        for lot, quantity, codes in got:
            self.put(buyer, lot, quantity, codes)
        if checked:
            self.check(seller, buyer, got, voucher, now + random.randrange(5, 45) * MINUTE)

    def check(
        self,
        seller: Trader,
        buyer: Trader,
        got: Sequence[tuple[Lot, float, list[str]]],
        voucher: dict[str, Json] | None,
        at_ms: int,
    ) -> None:
        """The supplier check: by the buyer, or by its headquarters for the shop."""
        lines: list[Json] = [lot.line(quantity, codes) for lot, quantity, codes in got]
        papers = {paper for lot, _, _ in got for paper in lot.papers}
        checks: list[Json] = [{"what": "sensory", "result": "in_order"}]
        if not any(what == "certificate" for what, _ in papers) and any(
            lot.category not in LOOSE for lot, _, _ in got
        ):
            checks.append({"what": "certificate", "result": "in_order"})
        if seller.kind != "farmer":
            checks.append({"what": "licence", "result": "in_order"})
        checks += [
            {"what": what, "result": "in_order", "reference": number} for what, number in sorted(papers)
        ]
        body: dict[str, Json] = {
            "supplier": seller.id,
            "received_on": date(at_ms),
            "conclusion": "accept",
            "checks": checks,
            "lines": lines,
        }
        if voucher:
            body["voucher"] = voucher
        if buyer.headquarters:
            body["for_shops"] = [buyer.id]
            self.say(buyer.headquarters, "supplier_check.v1", body, at_ms)
            return
        late: int | None = None
        if self.pen.random.random() < CHECK_IN_THE_EVENING:
            late = max(moment(day_of(at_ms), 20.5), self.pen.entered(buyer.id, at_ms))
        self.say(buyer, "supplier_check.v1", body, at_ms, recorded_at_ms=late)

    def sell(
        self, seller: Trader, lot: Lot, quantity: float, at_ms: int, *, more: dict[str, Json] | None = None
    ) -> Told | None:
        """Goods to those who use or eat them. A coded pack is scanned; now and then the device scans it twice."""
        held = self.holding(seller, lot)
        if lot.goods in self.held or not seller.open_on(day_of(at_ms)):
            return None
        taken, codes = held.take(quantity)
        if taken <= 0:
            return None
        body: dict[str, Json] = {
            "region": seller.region,
            "lines": [line(lot.goods, taken, lot.unit, codes)],
            **(more or {}),
        }
        sale = self.say(seller, "sale.v1", body, at_ms)
        if codes and self.pen.random.random() < DOUBLE_SCAN:
            again = self.pen.tell(
                sale.actor,
                "sale.v1",
                body,
                at_ms + 8000,
                recorded_at_ms=sale.recorded_at_ms + 8000,
                on_behalf_of=sale.on_behalf_of,
            )
            if self.pen.random.random() < 0.5:
                self.cancel(again, moment(day_of(at_ms), 21))
            else:
                # Left as it is: the stocktaking finds one pack more than the books.
                self.adjust(seller, lot, taken, "stock_gain", moment(day_of(at_ms) + 1, 18), keep=False)
        return sale

    def adjust(
        self, party: Trader, lot: Lot, quantity: float, reason: str, at_ms: int, *, keep: bool = True
    ) -> None:
        """Stock that changed without trade. `keep` says whether the party has it in hand, or only on paper."""
        if quantity <= 0:
            return
        body: dict[str, Json] = {"reason": reason, "lines": [line(lot.goods, quantity, lot.unit)]}
        self.say(party, "adjustment.v1", body, at_ms)
        if keep:
            sign = 1 if reason in {"opening_stock", "stock_gain"} else -1
            held = self.holding(party, lot)
            held.quantity = round(held.quantity + sign * quantity, 3)

    def lose_rest(self, party: Trader, lot: Lot, at_ms: int) -> None:
        """What did not sell is thrown away."""
        if lot.goods not in self.held:
            self.adjust(party, lot, self.holding(party, lot).quantity, "loss", at_ms)

    def give_back(
        self, buyer: Trader, seller: Trader, lot: Lot, quantity: float, at_ms: int, reason: str
    ) -> None:
        """Goods sent back to whom they came from."""
        taken, codes = self.holding(buyer, lot).take(quantity)
        if taken <= 0:
            return
        lines: list[Json] = [line(lot.goods, taken, lot.unit, codes)]
        self.say(buyer, "return.v1", {"to": seller.id, "reason": reason, "lines": lines}, at_ms)
        self.put(seller, lot, taken, codes)

    def invoices(self, day: int) -> None:
        """Once a month and some weeks late: one invoice for all deliveries since the last one."""
        random, pen = self.pen.random, self.pen
        for (seller_id, buyer_id), deliveries in sorted(self._unpaid.items()):
            seller, buyer = self.traders[seller_id], self.traders[buyer_id]
            if seller.kind != "company" or not deliveries or buyer.kind == "farmer":
                deliveries.clear()
                continue
            sums: dict[str, float] = defaultdict(float)
            lots = {}
            for _, lines in deliveries:
                for lot, quantity in lines:
                    sums[lot.goods] += quantity
                    lots[lot.goods] = lot
            at_ms = moment(day + random.randrange(3, 20), random.uniform(9, 17))
            number, total = pen.numbers.invoice(), f"{sum(sums.values()) * 4:.0f}.00"
            body: dict[str, Json] = {
                "voucher_kind": "e_invoice",
                "seller": seller.id,
                "buyer": buyer.id,
                "number": number,
                "issued_on": date(at_ms - DAY),
                "total": total,
                "deliveries": [one.id for one, _ in deliveries][:400],
                "lines": [
                    {"name": lots[goods].name, "goods": goods, "quantity": amount(quantity, lots[goods].unit)}
                    for goods, quantity in list(sums.items())[:400]
                ],
            }
            if random.random() < 0.5:
                text = invoice_qr(number, total, date(at_ms - DAY))
                body["qr_text"] = text[:-4] + text[-4:].lower() if random.random() < 0.2 else text
            self.pen.at_once(buyer.id, "voucher.v1", body, at_ms)
            if random.random() < 0.15:
                self.pen.at_once(seller.id, "voucher.v1", body, at_ms + 3 * HOUR)
            deliveries.clear()


def _times_ten(one: Json) -> Json:
    """The same line with a nought too many."""
    assert isinstance(one, dict)
    quantity = one["quantity"]
    assert isinstance(quantity, dict)
    return {**one, "quantity": {**quantity, "amount": f"{float(quantity['amount']) * 10:g}"}}
