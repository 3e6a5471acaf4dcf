"""A corner of the year in which one contradiction is planted: goods of its own, made and traded in order but for the one thing.

Whoever plays a part that is not about itself is one of the two hundred; where a party's own standing is the matter, it is somebody new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.year.parties import ENROLMENT_DAY, REGIONS, Trader
from tests.support.year.sheets import LOOSE, label
from tests.support.year.told import DAY, HOUR, MINUTE, Told, amount, date, moment
from tests.support.year.world import Lot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from ledger.canonical import Json
    from tests.support.year.honest import Year
    from tests.support.year.parties import Cast
    from tests.support.year.told import Pen


@dataclass(frozen=True, slots=True)
class Planted:
    """One contradiction in the year: its kind, whom it concerns, the statements that prove it, and what else must follow from them.

    Each member of `evidence` must be named, by any one of its alternatives: a delivery is proved by its receipt as well as by its check.
    `parties` are those whom it may be told: where two sides contradict each other, either is right.
    `corner` is everything told for it; `also` are other kinds of the catalogue that the same records bear out.
    """

    kind: str
    parties: tuple[str, ...]
    evidence: tuple[tuple[str, ...], ...]
    corner: frozenset[str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """One delivery: what the sender, the receiver and its checker said."""

    shipment: Told
    receipt: Told
    check: Told | None

    @property
    def any(self) -> tuple[Told, ...]:
        """Any of its records proves that the goods passed."""
        return tuple(one for one in (self.shipment, self.receipt, self.check) if one)


@dataclass(slots=True)
class Stage:
    """Where one contradiction is played, beginning on `day`. `turn` counts the plantings of this kind."""

    year: Year
    day: int
    turn: int
    own: list[Told] = field(default_factory=list)

    @property
    def pen(self) -> Pen:
        return self.year.pen

    @property
    def cast(self) -> Cast:
        return self.year.cast

    @property
    def random(self) -> Random:
        return self.pen.random

    def at(self, days: float, hour: float = 9) -> int:
        """A time, counted from the day on which the stage was set."""
        return moment(self.day, hour) + round(days * DAY)

    def says(
        self,
        party: Trader | str,
        type_name: str,
        body: dict[str, Json],
        at_ms: int,
        *,
        recorded: int | None = None,
    ) -> Told:
        """One statement, told at once unless `recorded` says when."""
        actor = party if isinstance(party, str) else party.id
        one = self.pen.tell(
            actor, type_name, body, at_ms, recorded_at_ms=at_ms + 20_000 if recorded is None else recorded
        )
        self.own.append(one)
        return one

    def plant(
        self,
        kind: str,
        party: Trader | Sequence[Trader],
        evidence: Sequence[Told | Sequence[Told]],
        *also: str,
    ) -> Planted:
        """What must be found. A sequence among the evidence holds alternatives."""
        ids = frozenset(one.id for one in self.own)
        parties = [party] if isinstance(party, Trader) else party
        groups = ((one,) if isinstance(one, Told) else tuple(one) for one in evidence)
        return Planted(
            kind=kind,
            parties=tuple(one.id for one in parties),
            evidence=tuple(tuple(one.id for one in group) for group in groups),
            corner=ids,
            also=also,
        )

    # Parties

    def two(self, trade: str) -> tuple[Trader, Trader]:
        """Two different parties of one trade that are open all the while."""
        days = range(self.day - 2, self.day + 60)
        open_ones = [one for one in self.cast.all(trade) if all(one.open_on(day) for day in days)]
        first, second = self.random.sample(open_ones, 2)
        return first, second

    def somebody(self, trade: str, kind: str, name: str) -> Trader:
        """A party that nobody has told of yet."""
        region = self.random.choice(REGIONS)
        code_kind = {"company": "91", "individual_business": "92", "cooperative": "93"}[kind]
        return Trader(
            id=self.pen.party(),
            name=f"{name}{self.pen.numbers.serial()}（演示）",
            trade=trade,
            kind=kind,
            region=region,
            credit_code=self.pen.numbers.credit_code(code_kind, region),
            phone=self.pen.numbers.mobile(),
            address=f"演示市演示路{self.pen.numbers.serial()}号",
        )

    def newcomer(self, trade: str, kind: str, name: str, *licences: dict[str, Json]) -> Trader:
        """Somebody new on the ledger, with these licences and no others."""
        one = self.somebody(trade, kind, name)
        self.declare(self.pen.registrar, one, moment(ENROLMENT_DAY, 9))
        for licence in licences:
            self.licence(one, licence, moment(ENROLMENT_DAY, 10))
        return one

    def declare(self, actor: str, one: Trader, at_ms: int) -> Told:
        """A party's sheet."""
        body: dict[str, Json] = {
            "party": one.id,
            "party_kind": one.kind,
            "region": one.region,
            "name": one.name,
        }
        body |= {
            name: value
            for name, value in (
                ("credit_code", one.credit_code),
                ("phone", one.phone),
                ("address", one.address),
            )
            if value
        }
        return self.says(actor, "party.v1", body, at_ms)

    def licence(self, holder: Trader, body: dict[str, Json], at_ms: int) -> Told:
        """A version of a licence."""
        return self.says(self.pen.registrar, "licence.v1", {"holder": holder.id, **body}, at_ms)

    def valid(self, licence_kind: str, shape: str = "plain", *, until: int = 900) -> dict[str, Json]:
        """A licence good until that day of the year."""
        return {
            "licence_kind": licence_kind,
            "number": self.cast.licence_number(shape, self.random.choice(REGIONS)),
            "valid_from": date(moment(-900)),
            "valid_to": date(moment(until)),
            "state": "granted",
        }

    # Goods

    def lot(
        self,
        maker: Trader,
        name: str,
        category: str,
        quantity: float,
        unit: str,
        *,
        released: bool = True,
        on: float = 0,
        declared_by: Trader | None = None,
        **more: Json,
    ) -> Lot:
        """A lot of this maker, released unless it is said not to be; declared by its holder when the maker is not on the ledger."""
        number = f"Y{self.pen.numbers.serial()}"
        goods = self.pen.goods(self.pen.numbers.gtin(), number)
        produced = self.at(on, 6)
        body: dict[str, Json] = {
            "goods": goods,
            "maker": maker.id,
            "name": name,
            "category": category,
            "batch_number": number,
            "produced_on": date(produced),
            "quantity": amount(quantity, unit),
            **label(category, maker.name),
            **more,
        }
        if category != "farm_produce":
            body.setdefault("expires_on", date(produced + 300 * DAY))
        self.says(declared_by or maker, "batch.v1", body, produced)
        if released and declared_by is None and category != "farm_produce":
            self.release(maker, goods, produced + 30 * MINUTE)
        return Lot(goods, name, category, unit, maker.id)

    def release(self, maker: Trader, goods: str, at_ms: int, result: str = "released") -> Told:
        """Let out of the gate, or kept."""
        body: dict[str, Json] = {
            "goods": goods,
            "result": result,
            "basis": "own_test",
            "person_name": "孙放行（演示）",
        }
        body["certificate_number"] = self.pen.numbers.paper("FX")
        return self.says(maker, "release.v1", body, at_ms)

    def batch_told(self, lot: Lot) -> Told:
        """The batch record of a lot of this stage."""
        return next(one for one in self.own if one.type == "batch.v1" and one.body["goods"] == lot.goods)

    def papers(self, maker: Trader, lot: Lot, quantity: float, at_ms: int) -> Told:
        """A commitment for farm produce."""
        body: dict[str, Json] = {
            "producer": maker.id,
            "basis": "self_test",
            "goods": lot.goods,
            "number": self.pen.numbers.paper("HGZ"),
            "issued_on": date(at_ms),
            "quantity": amount(quantity, lot.unit),
        }
        return self.says(maker, "commitment.v1", body, at_ms)

    def vegetables(
        self, quantity: float, *, on: float = 0, maker: Trader | None = None, name: str = "青菜"
    ) -> tuple[Trader, Lot]:
        """A co-op's harvest with its promise."""
        co_op = maker or self.cast.some("co_op")
        lot = self.lot(co_op, name, "farm_produce", quantity, "KGM", on=on)
        self.papers(co_op, lot, quantity, self.at(on, 6.5))
        return co_op, lot

    def packaged(self, quantity: float, *, released: bool = True) -> tuple[Trader, Lot]:
        """A batch of packaged food."""
        maker = self.cast.some("food_maker")
        return maker, self.lot(maker, "酱黄瓜", "packaged_food", quantity, "KGM", released=released)

    def old_stock(self, party: Trader, lot: Lot, quantity: float, at_ms: int) -> Told:
        """Stock from before."""
        body: dict[str, Json] = {"reason": "opening_stock", "lines": [lot.line(quantity)]}
        return self.says(party, "adjustment.v1", body, at_ms)

    # Trade

    def ship(
        self,
        seller: Trader,
        buyer: Trader,
        lot: Lot,
        quantity: float,
        at_ms: int,
        codes: Sequence[str] = (),
        *,
        offer: bool = True,
    ) -> Told:
        """A shipment on a slip."""
        body: dict[str, Json] = {
            "to": buyer.id,
            "offer": offer,
            "voucher": {"voucher_kind": "sales_slip", "number": seller.slip()},
            "lines": [lot.line(quantity, codes)],
        }
        return self.says(seller, "shipment.v1", body, at_ms)

    def receive(
        self,
        seller: Trader,
        buyer: Trader,
        lot: Lot,
        quantity: float,
        at_ms: int,
        codes: Sequence[str] = (),
        shipment: Told | None = None,
    ) -> Told:
        """A receipt."""
        body: dict[str, Json] = {
            "supplier": seller.id,
            "conclusion": "accept",
            "lines": [lot.line(quantity, codes)],
        }
        if shipment:
            body["shipment"] = shipment.id
        return self.says(buyer, "receipt.v1", body, at_ms)

    def check(
        self,
        seller: Trader,
        buyer: Trader,
        lot: Lot,
        quantity: float,
        at_ms: int,
        codes: Sequence[str] = (),
        *,
        recorded: int | None = None,
        voucher: tuple[str, str] | None = None,
        paper: tuple[str, str] | None = None,
    ) -> Told:
        """A supplier check, resting on a voucher and a paper where they are given."""
        checks: list[Json] = [
            {"what": "licence", "result": "in_order"},
            {"what": "label", "result": "in_order"},
        ]
        if lot.category not in LOOSE and not paper:
            checks.append({"what": "certificate", "result": "in_order"})
        if paper:
            checks.append({"what": paper[0], "result": "in_order", "reference": paper[1]})
        body: dict[str, Json] = {
            "supplier": seller.id,
            "received_on": date(at_ms),
            "conclusion": "accept",
            "checks": checks,
            "lines": [lot.line(quantity, codes)],
        }
        if voucher:
            body["voucher"] = {"voucher_kind": voucher[0], "number": voucher[1]}
        return self.says(buyer, "supplier_check.v1", body, at_ms, recorded=recorded)

    def passes(
        self,
        seller: Trader,
        buyer: Trader,
        lot: Lot,
        quantity: float,
        at_ms: int,
        codes: Sequence[str] = (),
        *,
        checked: bool = True,
    ) -> Passage:
        """A delivery as it should be."""
        shipment = self.ship(seller, buyer, lot, quantity, at_ms, codes)
        receipt = self.receive(seller, buyer, lot, quantity, at_ms + 2 * HOUR, codes, shipment)
        check = (
            self.check(seller, buyer, lot, quantity, at_ms + 2 * HOUR + 10 * MINUTE, codes)
            if checked
            else None
        )
        return Passage(shipment, receipt, check)

    def sale(
        self, seller: Trader, lot: Lot, quantity: float, at_ms: int, codes: Sequence[str] = (), **more: Json
    ) -> Told:
        """A retail sale."""
        buyer: dict[str, Json] = {"buyer_name": "周某（演示）"} if lot.category == "pesticide" else {}
        body: dict[str, Json] = {
            "region": seller.region,
            **buyer,
            "lines": [lot.line(quantity, codes)],
            **more,
        }
        return self.says(seller, "sale.v1", body, at_ms)

    def voucher(self, seller: Trader, buyer: Trader, number: str, at_ms: int, **more: Json) -> Told:
        """An e-invoice as its buyer files it."""
        body: dict[str, Json] = {
            "voucher_kind": "e_invoice",
            "seller": seller.id,
            "buyer": buyer.id,
            "number": number,
            "issued_on": date(at_ms),
            **more,
        }
        return self.says(buyer, "voucher.v1", body, at_ms)
