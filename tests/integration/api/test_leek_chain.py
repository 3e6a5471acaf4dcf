"""A morning of leeks through the API alone: the plot, the co-operative, the market, the stall, the inspector, the buyer; and a recall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ledger.canonical import Json
from ledger.log.proof import TlogProof
from tests.support.server import MORNING_MS, enrol_party

if TYPE_CHECKING:
    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

YEAR_MS = 365 * 86_400_000
JSON = {"accept": "application/json"}


def kg(amount: str) -> Json:
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
        answer = self.client.post(f"/api/v1/{path}", json=body, key=who.key)
        assert answer.status_code == 201, answer.text
        return answer

    def sends(self, sender: Enrolled, to: Enrolled, amount: str) -> str:
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
        return self.client.get(f"/api/v1/trace?goods={self.leeks}", key=None if who is None else who.key)


@pytest.fixture
def chain(client: Client, ledger: Ledger, clock: Clock, registrar: Enrolled) -> Chain:
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
    return {holder["party"] for holder in answer.json()["holders"]}


def test_the_inspector_sees_the_source_and_every_holder(chain: Chain) -> None:
    answer = chain.trace(chain.authority)
    assert answer.status_code == 200
    everybody = {chain.co_op, chain.wholesaler, chain.stall, chain.other_stall}
    assert holders(answer) == {str(one) for one in everybody}
    body = answer.json()
    assert [(one["kind"], one["party"]) for one in body["sources"]] == [("recorded", str(chain.co_op))]
    left = {one["party"]: one["left"] for one in body["holders"]}
    assert left[str(chain.stall)] == kg("15")
    assert left[str(chain.wholesaler)] == kg("10")
    assert {edge["state"] for edge in body["forward"]} == {"confirmed"}
    assert body["parties"][str(chain.stall)]["name"] == "十二号菜摊（演示）"
    assert body["truncated"] is False


def test_a_stall_sees_its_way_back_and_not_its_neighbour(chain: Chain) -> None:
    answer = chain.trace(chain.stall)
    assert answer.status_code == 200
    assert holders(answer) == {str(chain.co_op), str(chain.wholesaler), str(chain.stall)}
    assert str(chain.other_stall) not in answer.text
    assert all("left" not in one for one in answer.json()["holders"] if one["party"] != str(chain.stall))


def test_a_maker_sees_where_its_goods_went(chain: Chain) -> None:
    everybody = {chain.co_op, chain.wholesaler, chain.stall, chain.other_stall}
    assert holders(chain.trace(chain.co_op)) == {str(one) for one in everybody}


def test_whoever_never_had_the_goods_sees_no_trace(chain: Chain) -> None:
    answer = chain.trace(chain.stranger)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (403, "NotAllowed")


def test_whoever_only_says_he_got_goods_sees_nothing_beyond_his_own_word(chain: Chain) -> None:
    chain.says(
        chain.stranger,
        "receipts",
        supplier=str(chain.wholesaler),
        lines=[{"goods": chain.leeks, "quantity": kg("1")}],
    )
    answer = chain.trace(chain.stranger)
    assert answer.status_code == 200
    assert holders(answer) == {str(chain.wholesaler), str(chain.stranger)}
    for party in (chain.co_op, chain.stall, chain.other_stall):
        assert str(party) not in {
            edge[end]["party"] for edge in answer.json()["back"] for end in ("from", "to")
        }


def test_whoever_only_says_he_sent_goods_does_not_see_what_became_of_them(chain: Chain) -> None:
    chain.says(
        chain.stranger,
        "shipments",
        to=str(chain.wholesaler),
        lines=[{"goods": chain.leeks, "quantity": kg("1")}],
    )
    seen = holders(chain.trace(chain.stranger))
    assert str(chain.stall) not in seen
    assert str(chain.other_stall) not in seen


def test_goods_sent_back_do_not_open_the_suppliers_books(chain: Chain) -> None:
    lines = [{"goods": chain.leeks, "quantity": kg("1")}]
    chain.says(chain.stall, "returns", to=str(chain.wholesaler), lines=lines)
    answer = chain.trace(chain.stall)
    assert "return" in {edge["kind"] for edge in answer.json()["forward"]}
    assert str(chain.other_stall) not in answer.text


def test_the_public_gets_the_public_facts_and_no_holder(chain: Chain) -> None:
    answer = chain.trace()
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        *("goods", "page", "batch", "declared", "maker", "commitments", "recalls", "as_of"),
    }
    assert body["batch"]["origin"] == "江苏如东"
    assert body["commitments"][0]["number"] == "HGZ-1"
    assert "quantity" not in body["batch"]
    for party in (chain.wholesaler, chain.stall, chain.other_stall):
        assert str(party) not in answer.text


def test_a_trace_of_an_earlier_log_size_stays_as_it_was(chain: Chain) -> None:
    size = chain.trace(chain.authority).json()["as_of"]
    before = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&as_of={size}", key=chain.authority.key)
    chain.sends(chain.wholesaler, chain.stranger, "10")
    after = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&as_of={size}", key=chain.authority.key)
    assert after.json() == before.json()
    assert str(chain.stranger) in chain.trace(chain.authority).text


def test_a_trace_that_is_cut_says_so(chain: Chain) -> None:
    answer = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&nodes_max=2", key=chain.authority.key)
    assert answer.json()["truncated"] is True
    answer = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&depth_max=1", key=chain.authority.key)
    assert answer.json()["truncated"] is True


def test_the_code_leads_people_to_the_page_and_programs_to_the_facts(chain: Chain) -> None:
    path = "/01/09520001000010/10/JC-20261114"
    person = chain.client.get(path, headers={"accept": "text/html,*/*"})
    assert (person.status_code, person.headers["location"]) == (307, f"/p{path}")
    program = chain.client.get(path, headers=JSON)
    assert program.json() == chain.trace().json()
    traced = chain.client.get(f"/api/v1/trace?code=http://localhost:8000{path}").json()
    assert traced == program.json()


def test_every_entry_of_the_chain_proves_itself(chain: Chain, ledger: Ledger) -> None:
    for position in range(ledger.size()):
        text = chain.client.get(f"/api/v1/entries/{position}/proof").content
        leaf = chain.client.get(f"/api/v1/entries/{position}").json()
        (raw,) = ledger.entries(position, position + 1)
        TlogProof.parse(text).verify(raw, [ledger.vkey])
        assert leaf["position"] == position


def test_a_recall_reaches_everybody_at_once(chain: Chain, ledger: Ledger, clock: Clock) -> None:
    chain.says(
        chain.registrar,
        "credentials",
        number="E-320600-001",
        party=str(chain.authority),
        valid_from_ms=MORNING_MS,
        valid_to_ms=MORNING_MS + YEAR_MS,
    )
    recall = chain.says(
        chain.authority,
        "recalls",
        action="recall",
        goods=[chain.leeks],
        reason="腐霉利超标",
        grade="2",
        officer="E-320600-001",
    ).json()
    assert chain.trace().json()["recalls"][0]["reason"] == "腐霉利超标"

    # What we are asked to do is refused; what happened is recorded all the same.
    refused = chain.client.get(f"/api/v1/goods-label?goods={chain.leeks}", key=chain.co_op.key)
    assert (refused.status_code, refused.json()["errors"][0]["name"]) == (409, "Blocked")
    line = {"goods": chain.leeks, "quantity": kg("1")}
    offer = {"to": str(chain.stranger), "lines": [line]}
    blocked = chain.client.post("/api/v1/shipments", json=offer, key=chain.stall.key)
    assert (blocked.status_code, blocked.json()["field"]) == (409, "lines")
    chain.says(chain.stall, "shipments", **offer, offer=False)

    chain.says(
        chain.stall, "recall-answers", recall=recall["id"], goods=chain.leeks, recovered=kg("9"), sold=kg("5")
    )
    scope = f"/api/v1/recalls/{recall['id']}/scope"
    whole = chain.client.get(scope, key=chain.authority.key).json()
    answered = {one["party"]: one["answered"] for one in whole["holders"]}
    assert answered[str(chain.stall)] is True
    assert answered[str(chain.other_stall)] is False
    assert whole["totals"]["recovered"] == kg("9")
    own = chain.client.get(scope, key=chain.stall.key).json()
    assert {one["party"] for one in own["holders"]} == {str(chain.stall)}
    assert "totals" not in own
    assert chain.client.get(scope, key=chain.registrar.key).status_code == 403
    assert chain.client.get(scope).status_code == 401


def test_a_hold_at_one_stall_stops_its_labels_only(chain: Chain) -> None:
    label = f"/api/v1/goods-label?goods={chain.leeks}"
    chain.says(chain.stall, "holds", action="hold", goods=[chain.leeks], at=str(chain.stall))
    assert chain.client.get(label, key=chain.stall.key).status_code == 409
    assert chain.client.get(label, key=chain.co_op.key).status_code == 200
    chain.says(chain.stall, "holds", action="release", goods=[chain.leeks], at=str(chain.stall))


def test_selling_more_than_came_is_found_and_told_to_those_concerned(chain: Chain) -> None:
    chain.says(chain.stall, "sales", lines=[{"goods": chain.leeks, "quantity": kg("500")}])
    official = chain.client.get("/api/v1/findings", key=chain.authority.key).json()["findings"]
    mine = [one for one in official if one["party"] == str(chain.stall)]
    assert mine
    own = chain.client.get("/api/v1/findings", key=chain.stall.key).json()["findings"]
    assert {one["kind"] for one in own} == {one["kind"] for one in mine}
    other = chain.client.get("/api/v1/findings", key=chain.other_stall.key).json()["findings"]
    assert all(one["party"] == str(chain.other_stall) for one in other)
    asked = chain.client.get(f"/api/v1/findings?party={chain.stall}", key=chain.other_stall.key)
    assert asked.status_code == 403
    assert chain.client.get("/api/v1/findings").status_code == 401
    traced = chain.trace(chain.authority).json()["findings"]
    assert {one["kind"] for one in mine} <= {one["kind"] for one in traced}
    assert chain.trace(chain.other_stall).json()["findings"] == other


def test_a_balance_is_its_holders_and_the_authoritys(chain: Chain) -> None:
    own = chain.client.get(f"/api/v1/balance?goods={chain.leeks}", key=chain.stall.key).json()
    assert (own["expected"], own["figures"]["sold"]) == (kg("15"), kg("5"))
    path = f"/api/v1/balance?goods={chain.leeks}&party={chain.stall}"
    assert chain.client.get(path, key=chain.authority.key).json() == own
    assert chain.client.get(path, key=chain.wholesaler.key).status_code == 403
