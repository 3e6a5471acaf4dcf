"""What happens to a morning of leeks afterwards: false claims, returns, a recall, a hold, a sale of more than there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.leeks import holders, kg, morning_of_leeks
from tests.support.server import MORNING_MS

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.leeks import Chain
    from tests.support.server import Client, Clock, Enrolled

YEAR_MS = 365 * 86_400_000


@pytest.fixture
def chain(client: Client, ledger: Ledger, clock: Clock, registrar: Enrolled) -> Chain:
    return morning_of_leeks(client, ledger, clock, registrar)


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


def test_a_trace_of_an_earlier_log_size_stays_as_it_was(chain: Chain) -> None:
    size = chain.trace(chain.authority).json()["as_of"]
    before = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&as_of={size}", key=chain.authority.key)
    chain.sends(chain.wholesaler, chain.stranger, "10")
    after = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&as_of={size}", key=chain.authority.key)
    assert after.json() == before.json()
    assert str(chain.stranger) in chain.trace(chain.authority).text


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
