"""Two traders on one ledger for a whole module of tests: each test has batches of its own, and tells the others' records by their numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from ledger.identifiers import GoodsId
from ledger.trace import balance
from ledger.views.book import about, party_key
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, Shipment
from tests.integration.pages.browsing import Visitor
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.integration.pages.browsing import Page
    from tests.support.server import Client, Clock, Enrolled

_Said = TypeVar("_Said", bound=Said)


def kilos(amount: str) -> dict[str, Json]:
    return {"amount": amount, "unit": "KGM"}


@dataclass(frozen=True, slots=True)
class Made:
    """A batch that was registered for one test."""

    goods: GoodsId
    seq: int
    number: str

    @property
    def at(self) -> str:
        """As an address holds it."""
        return quote(str(self.goods), safe="")


@dataclass(slots=True)
class Console:
    """A co-op that makes and a stall that buys, each at its screen."""

    ledger: Ledger
    client: Client
    clock: Clock
    co_op: Enrolled
    stall: Enrolled
    farm: Visitor
    trader: Visitor
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def of(cls, ledger: Ledger, client: Client, clock: Clock) -> Console:
        """Enrol the two."""
        co_op = enrol_party(ledger, "南通示例蔬菜专业合作社（演示）", kind="cooperative")
        stall = enrol_party(ledger, "城东市场十二号菜摊（演示）", kind="individual_business")
        return cls(ledger, client, clock, co_op, stall, Visitor.of(client, co_op), Visitor.of(client, stall))

    def stranger(self, name: str = "") -> tuple[Enrolled, Visitor]:
        """Somebody who has to do with none of it."""
        who = enrol_party(self.ledger, name or f"别的单位 {next(self._numbers)}（演示）")
        return who, Visitor.of(self.client, who)

    def batch(self, amount: str = "100", **more: Json) -> Made:
        """A batch of the co-op's with a number that no other test has."""
        number = f"JC{next(self._numbers):03}"
        goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/{number}")
        body: dict[str, Json] = {
            "goods": str(goods),
            "maker": str(self.co_op.party),
            "name": "韭菜",
            "category": "farm_produce",
            "batch_number": number,
            "produced_on": "2026-11-14",
            "origin": "江苏如皋",
            "quantity": kilos(amount),
            **more,
        }
        return Made(goods, self.say(self.co_op, Batch.read(body)), number)

    def say(self, who: Enrolled, said: Said) -> int:
        """A record, and where it stands."""
        (placed,) = self.ledger.say(who.party, said)
        return placed.seq

    def sent(self, made: Made, amount: str, *, to: Enrolled | None = None, of: Enrolled | None = None) -> int:
        """Offered to the stall, with a slip."""
        body: dict[str, Json] = {
            "to": str((to or self.stall).party),
            "lines": [{"goods": str(made.goods), "quantity": kilos(amount)}],
            "voucher": {"voucher_kind": "sales_slip", "number": f"XS-{self.ledger.size()}"},
        }
        return self.say(of or self.co_op, Shipment.read(body))

    def taken(self, shipment: int, made: Made, amount: str) -> None:
        """Confirmed by the stall."""
        body: dict[str, Json] = {
            "supplier": str(self.co_op.party),
            "shipment": str(self.ledger.stored(shipment).header.id),
            "lines": [{"goods": str(made.goods), "quantity": kilos(amount)}],
        }
        self.say(self.stall, Receipt.read(body))

    def delivered(self, made: Made, amount: str) -> None:
        """Sent and confirmed."""
        self.taken(self.sent(made, amount), made, amount)

    def said(self, who: Enrolled, kind: type[_Said], goods: GoodsId | None = None) -> list[_Said]:
        """What somebody recorded of that type about those goods."""
        with self.ledger.book() as book:
            found = [one for one in about(book, party_key(who.party)) if one.actor == who.party]
            return [
                said
                for one in found
                if isinstance(said := one.said, kind) and (goods is None or f"goods/{goods}" in one.keys)
            ]

    def left(self, who: Enrolled, goods: GoodsId) -> str:
        """What should be there."""
        with self.ledger.book() as book:
            return str(balance(book, who.party, goods).expected)


def table(page: Page) -> list[dict[str, str]]:
    """The rows of a CSV file, by their headings."""
    return list(csv.DictReader(io.StringIO(page.answer.content.decode("utf-8-sig"))))
