"""Posting in the trade's own words: what comes back, what is drawn, what happens when it is sent twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from api.routes.trade import PATHS
from ledger.identifiers import StatementId
from ledger.log.proof import TlogProof

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

JSON = dict[str, object]


def leek(maker: Enrolled, **more: object) -> JSON:
    return {
        "maker": str(maker),
        "name": "韭菜",
        "category": "edible_farm_produce",
        "produced_on": "2026-11-14",
        "quantity": {"amount": "60", "unit": "KGM"},
        **more,
    }


def line(goods: str, amount: str = "20") -> JSON:
    return {"goods": goods, "quantity": {"amount": amount, "unit": "KGM"}}


def new_id(number: int) -> str:
    return str(StatementId.new(1_794_614_400_000, number.to_bytes(10, "big")))


def test_a_batch_is_recorded_and_proved(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    answer = client.post("/api/v1/batches", json=leek(co_op), key=co_op.key)
    assert answer.status_code == 201
    body = answer.json()
    assert body["type"] == "batch.v1"
    assert body["issuer"] == str(co_op)
    assert body["recorded_at"] == "2026-11-14T08:00:00+08:00"
    assert body["goods"].startswith("urn:suyuan:batch:")
    assert body["page"].startswith("http://localhost:8000/p/c/")
    assert client.get(body["label"], key=co_op.key).headers["content-type"] == "image/png"
    proof = TlogProof.parse(body["receipt"]["proof"].encode())
    proof.verify(ledger.entries(body["position"], body["position"] + 1)[0], [ledger.vkey])
    assert body["receipt"]["vkey"] == str(ledger.vkey)


def test_a_gtin_and_a_batch_number_that_fits_make_a_digital_link(client: Client, co_op: Enrolled) -> None:
    body = leek(co_op, gtin="9520001000010", batch_number="JC-20261114")
    answer = client.post("/api/v1/batches", json=body, key=co_op.key).json()
    assert answer["goods"] == "https://id.gs1.org/01/09520001000010/10/JC-20261114"
    assert answer["page"].endswith("/p/01/09520001000010/10/JC-20261114")
    assert client.get(answer["label"], key=co_op.key).status_code == 200


def test_a_batch_number_in_chinese_gets_a_batch_code(client: Client, co_op: Enrolled) -> None:
    body = leek(co_op, gtin="9520001000010", batch_number="甲班 3 号")
    answer = client.post("/api/v1/batches", json=body, key=co_op.key)
    assert answer.status_code == 201
    assert answer.json()["goods"].startswith("urn:suyuan:batch:")


def test_a_gtin_beside_goods_is_the_one_in_their_link(client: Client, co_op: Enrolled) -> None:
    link = "https://id.gs1.org/01/09520001000010/10/A"
    answer = client.post("/api/v1/batches", json=leek(co_op, gtin="9520001000027", goods=link), key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (422, "gtin")
    same = client.post("/api/v1/batches", json=leek(co_op, gtin="9520001000010", goods=link), key=co_op.key)
    assert same.status_code == 201


@pytest.mark.parametrize("number", ["甲班 3 号", "L" * 21, None])
def test_a_gtin_that_makes_no_link_stays_with_the_batch_and_its_product_is_found(
    client: Client, co_op: Enrolled, number: str | None
) -> None:
    gtin = "09520999000023"
    assert client.get(f"/01/{gtin}").status_code == 404
    body = leek(co_op, gtin=gtin, **({} if number is None else {"batch_number": number}))
    made = client.post("/api/v1/batches", json=body, key=co_op.key)
    assert (made.status_code, made.json()["goods"].startswith("urn:suyuan:batch:")) == (201, True)
    page = client.get(f"/p/01/{gtin}")
    assert (page.status_code, str(body["name"]) in page.text) == (200, True)
    wrong = client.post("/api/v1/batches", json={**body, "gtin": "09520999000024"}, key=co_op.key)
    assert (wrong.status_code, [one["field"] for one in wrong.json()["errors"]]) == (422, ["gtin"])


@pytest.mark.parametrize(
    ("path", "body", "name", "prefix"),
    [
        ("parties", {"party_kind": "farmer", "person_name": "老王（演示）"}, "party", "pty_"),
        ("products", {"name": "韭菜", "category": "edible_farm_produce"}, "product", "prd_"),
        ("sites", {"name": "三号大棚", "site_kind": "plot"}, "site", "site_"),
    ],
)
def test_what_is_new_gets_a_name(
    client: Client, co_op: Enrolled, path: str, body: JSON, name: str, prefix: str
) -> None:
    whole = body | {"products": {"owner": str(co_op)}, "sites": {"party": str(co_op)}}.get(path, {})
    answer = client.post(f"/api/v1/{path}", json=whole, key=co_op.key)
    assert answer.status_code == 201, answer.text
    assert answer.json()[name].startswith(prefix)


def test_the_same_id_and_content_give_the_same_receipt(
    client: Client, ledger: Ledger, clock: Clock, co_op: Enrolled
) -> None:
    body = leek(co_op, id=new_id(1))
    first = client.post("/api/v1/batches", json=body, key=co_op.key)
    size = ledger.size()
    clock.forward(hours=1)
    second = client.post("/api/v1/batches", json=body, key=co_op.key)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json() | {"again": True}
    assert ledger.size() == size


def test_the_same_id_with_other_content_is_a_conflict(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    client.post("/api/v1/batches", json=leek(co_op, id=new_id(1)), key=co_op.key)
    size = ledger.size()
    answer = client.post("/api/v1/batches", json=leek(co_op, id=new_id(1), origin="如东"), key=co_op.key)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (409, "Conflict")
    assert ledger.size() == size


def test_two_parties_may_choose_the_same_id(client: Client, co_op: Enrolled, stall: Enrolled) -> None:
    first = client.post("/api/v1/batches", json=leek(co_op, id=new_id(1)), key=co_op.key)
    second = client.post("/api/v1/batches", json=leek(stall, id=new_id(1)), key=stall.key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["goods"] != second.json()["goods"]


def test_a_record_can_be_put_right(client: Client, co_op: Enrolled) -> None:
    wrong = client.post("/api/v1/batches", json=leek(co_op), key=co_op.key).json()
    right = leek(co_op, goods=wrong["goods"], origin="如东", corrects=wrong["id"])
    answer = client.post(
        "/api/v1/batches", json=right | {"correction_reason": "incorrect_data"}, key=co_op.key
    )
    assert answer.status_code == 201, answer.text
    old = client.get(f"/api/v1/statements/{wrong['id']}").json()
    assert old["superseded_by"] == answer.json()["id"]


def test_a_correction_draws_no_new_name(client: Client, co_op: Enrolled) -> None:
    wrong = client.post("/api/v1/batches", json=leek(co_op), key=co_op.key).json()
    body = leek(co_op, corrects=wrong["id"], correction_reason="incorrect_data")
    answer = client.post("/api/v1/batches", json=body, key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (422, "goods")


def test_many_records_are_recorded_together(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    size = ledger.size()
    bodies = [leek(co_op, batch_number=f"JC-{number}") for number in range(100)]
    answer = client.post("/api/v1/batches", json={"statements": bodies}, key=co_op.key)
    assert answer.status_code == 201
    assert [one["position"] for one in answer.json()["statements"]] == list(range(size, size + 100))


def test_a_hundred_and_one_records_are_too_many(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    size = ledger.size()
    answer = client.post("/api/v1/batches", json={"statements": [leek(co_op)] * 101}, key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (413, "statements")
    assert ledger.size() == size


def test_of_many_records_one_fault_refuses_all_and_every_fault_is_named(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    size = ledger.size()
    bodies = [
        leek(co_op),
        leek(co_op, name=""),
        leek(co_op) | {"maker": "nobody", "quantity": {"amount": "1"}},
    ]
    answer = client.post("/api/v1/batches", json={"statements": bodies}, key=co_op.key)
    assert answer.status_code == 422
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["statements[1].name", "statements[2].maker", "statements[2].quantity"]
    assert ledger.size() == size


def test_a_delivery_is_received_checked_and_filed_in_one_step(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    goods = client.post("/api/v1/batches", json=leek(co_op), key=co_op.key).json()["goods"]
    shipment = client.post(
        "/api/v1/shipments", json={"to": str(stall), "lines": [line(goods)]}, key=co_op.key
    ).json()
    size = ledger.size()
    body = {
        "id": new_id(7),
        "supplier": str(co_op),
        "shipment": shipment["id"],
        "lines": [line(goods, "19") | {"declared": {"amount": "20", "unit": "KGM"}}],
        "check": {"checks": [{"what": "voucher", "result": "in_order"}], "checked_by": "小李（演示）"},
        "voucher": {"voucher_kind": "sales_slip", "number": "0012"},
    }
    answer = client.post("/api/v1/receipts", json=body, key=stall.key)
    assert answer.status_code == 201, answer.text
    kinds = [answer.json()["type"], answer.json()["check"]["type"], answer.json()["voucher"]["type"]]
    assert kinds == ["receipt.v1", "supplier_check.v1", "voucher.v1"]
    assert ledger.size() == size + 3
    check = client.get(f"/api/v1/statements/{answer.json()['check']['id']}", key=stall.key).json()["fields"]
    assert check["supplier"] == str(co_op)
    assert check["received_on"] == "2026-11-14"
    assert check["voucher"] == {"voucher_kind": "sales_slip", "number": "0012"}
    assert check["lines"] == [line(goods, "19")]
    again = client.post("/api/v1/receipts", json=body, key=stall.key)
    assert (again.status_code, ledger.size()) == (200, size + 3)


def test_a_fault_in_the_check_keeps_the_receipt_out_too(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    size = ledger.size()
    goods = "urn:suyuan:batch:00000000000000000"
    body: JSON = {"supplier": str(co_op), "lines": [line(goods)], "check": {"result": "fine"}, "voucher": 1}
    answer = client.post("/api/v1/receipts", json=body, key=stall.key)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["check.result", "voucher"]
    assert ledger.size() == size


def test_a_market_operator_may_enter_a_record_for_a_stall(
    client: Client, market: Enrolled, stall: Enrolled
) -> None:
    body = leek(stall, on_behalf_of=str(stall))
    refused = client.post("/api/v1/batches", json=body, key=market.key)
    assert (refused.status_code, refused.json()["field"]) == (403, "on_behalf_of")
    sheet = {"party": str(stall), "party_kind": "individual_business", "market": str(market)}
    # Not by the market's own word.
    assert client.post("/api/v1/parties", json=sheet, key=market.key).status_code == 403
    assert client.post("/api/v1/parties", json=sheet, key=stall.key).status_code == 201
    answer = client.post("/api/v1/batches", json=body, key=market.key)
    assert answer.status_code == 201
    own = client.get("/api/v1/statements", key=stall.key).json()["statements"]
    assert own[0]["id"] == answer.json()["id"]
    assert own[0]["on_behalf_of"] == str(stall)


def test_a_stall_may_not_enter_a_record_for_another(client: Client, co_op: Enrolled, stall: Enrolled) -> None:
    answer = client.post("/api/v1/batches", json=leek(co_op, on_behalf_of=str(co_op)), key=stall.key)
    assert (answer.status_code, answer.json()["field"]) == (403, "on_behalf_of")


def test_every_type_of_the_trade_has_its_address(client: Client) -> None:
    expected = {
        *("parties", "licences", "products", "sites", "batches", "supplier-files", "supplier-checks"),
        *("certificates", "vouchers", "commitments", "shipments", "receipts", "returns", "transformations"),
        *("uses", "adjustments", "codes", "sales", "inspections", "test-results", "complaints", "holds"),
        *("recalls", "recall-answers", "corrections", "credentials", "approvals", "successions", "releases"),
        *("packings", "samples", "scans", "takedowns", "delistings", "order-answers", "destructions"),
        *("list-entries", "answers", "grants", "affirmations", "links", "code-heads", "aliases"),
    }
    assert set(PATHS) == expected
    documented = client.get("/openapi.json").json()["paths"]
    assert {f"/api/v1/{path}" for path in expected} <= documented.keys()


def test_no_register_statement_is_taken_as_trade(client: Client, registrar: Enrolled) -> None:
    for path in ("genesis", "geneses", "epcis-events"):
        assert client.post(f"/api/v1/{path}", json={}, key=registrar.key).status_code == 404


def test_the_same_record_sent_twenty_times_at_once_is_recorded_once(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    goods = client.post("/api/v1/batches", json=leek(co_op), key=co_op.key).json()["goods"]
    body = {"id": new_id(9), "to": str(stall), "lines": [line(goods)]}
    size = ledger.size()
    with ThreadPoolExecutor(20) as many:
        answers = list(
            many.map(lambda _: client.post("/api/v1/shipments", json=body, key=co_op.key), range(20))
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert ledger.size() == size + 1
    assert len({str(answer.json() | {"again": None}) for answer in answers}) == 1
