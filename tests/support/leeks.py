"""A morning of leeks through the API alone: a co-operative, a wholesaler, two stalls, a stranger and an authority.

chain = morning_of_leeks(client, ledger, clock, registrar)
chain.trace(chain.stall).json()["holders"]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.server import enrol_party

if TYPE_CHECKING:
    import httpx

    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled


def kg(amount: str) -> Json:
    """Kilograms, as the API takes and gives them."""
    return {"amount": amount, "unit": "KGM"}


@dataclass
class Chain:
    """Everybody on the way of one batch of leeks, and beside it."""

    client: Client
    registrar: Enrolled
    co_op: Enrolled
    wholesaler: Enrolled
    stall: Enrolled
    other_stall: Enrolled
    stranger: Enrolled
    authority: Enrolled
    leeks: str = ""
    recall: str = ""

    def says(self, who: Enrolled, path: str, **body: object) -> httpx.Response:
        """Record something, which must be taken."""
        answer = self.client.post(f"/api/v1/{path}", json=body, key=who.key)
        assert answer.status_code == 201, answer.text
        return answer

    def sends(self, sender: Enrolled, to: Enrolled, amount: str) -> str:
        """Ship some, and receive it with its check and its voucher."""
        sent = self.says(
            sender, "shipments", to=str(to), lines=[{"goods": self.leeks, "quantity": kg(amount)}]
        ).json()
        self.says(
            to,
            "receipts",
            supplier=str(sender),
            shipment=sent["id"],
            lines=[{"goods": self.leeks, "quantity": kg(amount)}],
            check={"checks": [{"what": "commitment", "result": "in_order"}]},
            voucher={"voucher_kind": "sales_slip", "number": f"{sender.party}-{to.party}", "total": "80.00"},
        )
        return str(sent["id"])

    def trace(self, who: Enrolled | None = None) -> httpx.Response:
        """The trace of the leeks, for one reader."""
        return self.client.get(f"/api/v1/trace?goods={self.leeks}", key=None if who is None else who.key)


def morning_of_leeks(client: Client, ledger: Ledger, clock: Clock, registrar: Enrolled) -> Chain:
    """Sixty kilograms from the co-operative to the wholesaler, twenty and thirty on to two stalls, five sold."""
    one = Chain(
        client=client,
        registrar=registrar,
        co_op=enrol_party(ledger, "南通示例蔬菜专业合作社（演示）"),
        wholesaler=enrol_party(ledger, "城东批发行（演示）"),
        stall=enrol_party(ledger, "十二号菜摊（演示）"),
        other_stall=enrol_party(ledger, "十三号菜摊（演示）"),
        stranger=enrol_party(ledger, "城西粮店（演示）"),
        authority=enrol_party(ledger, "示例市市场监督管理局（演示）", role="authority"),
    )
    batch = one.says(
        one.co_op,
        "batches",
        maker=str(one.co_op),
        name="韭菜",
        category="edible_farm_produce",
        gtin="9520001000010",
        batch_number="JC-20261114",
        produced_on="2026-11-14",
        origin="江苏如东",
        quantity=kg("60"),
    ).json()
    one.leeks = batch["goods"]
    one.says(
        one.co_op, "commitments", producer=str(one.co_op), basis="self_test", goods=one.leeks, number="HGZ-1"
    )
    clock.forward(hours=1)
    one.sends(one.co_op, one.wholesaler, "60")
    clock.forward(hours=1)
    one.sends(one.wholesaler, one.stall, "20")
    one.sends(one.wholesaler, one.other_stall, "30")
    clock.forward(hours=1)
    one.says(one.stall, "sales", lines=[{"goods": one.leeks, "quantity": kg("5")}])
    return one


def holders(answer: httpx.Response) -> set[str]:
    """The parties among the holders of a trace."""
    return {holder["party"] for holder in answer.json()["holders"]}
