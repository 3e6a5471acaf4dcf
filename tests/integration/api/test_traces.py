"""The trace of a morning of leeks, for each reader their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.log.proof import TlogProof
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck
from tests.support.leeks import holders, kg, morning_of_leeks
from tests.support.server import Clock, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.service import Ledger
    from tests.support.leeks import Chain
    from tests.support.server import Enrolled

JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("leeks"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def chain(ledger: Ledger) -> Iterator[Chain]:
    clock = ledger.clock
    assert isinstance(clock, Clock)
    with open_client(ledger) as client:
        yield morning_of_leeks(client, ledger, clock, registrar_of(ledger))


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


def test_the_public_gets_the_public_facts_and_no_holder(chain: Chain) -> None:
    answer = chain.trace()
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {
        *("goods", "page", "batch", "declared", "maker", "commitments", "recalls", "as_of", "withheld"),
    }
    assert body["batch"]["origin"] == "江苏如东"
    assert body["commitments"][0]["number"] == "HGZ-1"
    assert "quantity" not in body["batch"]
    for party in (chain.wholesaler, chain.stall, chain.other_stall):
        assert str(party) not in answer.text


def test_a_trace_that_is_cut_says_so(chain: Chain) -> None:
    answer = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&nodes_max=2", key=chain.authority.key)
    assert answer.json()["truncated"] is True
    answer = chain.client.get(f"/api/v1/trace?goods={chain.leeks}&depth_max=1", key=chain.authority.key)
    assert answer.json()["truncated"] is True


def test_the_code_leads_people_to_the_page_and_programs_to_the_facts(chain: Chain) -> None:
    path = "/01/09520001000010/10/JC-20261114"
    person = chain.client.get(path, headers={"accept": "text/html,*/*"})
    assert (person.status_code, person.headers["location"]) == (307, f"http://localhost:8000/p{path}")
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


def test_a_balance_is_its_holders_and_the_authoritys(chain: Chain) -> None:
    own = chain.client.get(f"/api/v1/balance?goods={chain.leeks}", key=chain.stall.key).json()
    assert (own["expected"], own["figures"]["sold"]) == (kg("15"), kg("5"))
    path = f"/api/v1/balance?goods={chain.leeks}&party={chain.stall}"
    assert chain.client.get(path, key=chain.authority.key).json() == own
    assert chain.client.get(path, key=chain.wholesaler.key).status_code == 403


def test_a_stall_reads_its_own_way_and_not_what_its_wholesaler_sells_to_others(
    chain: Chain, ledger: Ledger
) -> None:
    """The neighbour's delivery, receipt and check are none of its business, though it bought from the same hands."""

    def reads(who: Enrolled, seq: int) -> bool:
        answer = chain.client.get(f"/api/v1/statements/{ledger.stored(seq).header.id}", key=who.key)
        return answer.status_code == 200 and "quantity" in answer.text

    with ledger.book() as book:
        trade = {
            seq: record.said
            for seq, record in book.records(range(book.size)).items()
            if isinstance(record.said, Shipment | Receipt | SupplierCheck)
        }
        actors = {seq: record.actor for seq, record in book.records(set(trade)).items()}
    others = [
        seq for seq, said in trade.items() if chain.other_stall.party in {actors[seq], *said.named_parties()}
    ]
    own = [seq for seq, said in trade.items() if chain.stall.party in {actors[seq], *said.named_parties()}]
    assert len(others) == len(own) == 3
    assert [seq for seq in others if reads(chain.stall, seq)] == []
    assert [seq for seq in own if reads(chain.stall, seq)] == own
    assert [seq for seq in others if reads(chain.other_stall, seq)] == others


def test_a_batch_whose_maker_nobody_names_was_made_by_whoever_recorded_it(chain: Chain) -> None:
    answer = chain.says(chain.co_op, "batches", name="青菜", category="farm_produce")
    seen = chain.client.get(f"/api/v1/statements/{answer.json()['id']}", key=chain.co_op.key).text
    assert f'"maker":"{chain.co_op}"' in seen
