"""Drafts: what the trade's addresses take, given back to be signed by whoever keeps the key. Nothing is stored, and nobody signs for anybody."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from api.unsigned import read_draft, told
from ledger.errors import Malformed, Refusal
from ledger.keys import Ed25519Signer
from ledger.statement import Envelope, Signature, Statement, pre_authentication_encoding
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

BATCH = {"name": "韭菜（演示）", "category": "edible_farm_produce", "produced_on": "2026-11-14"}


class Farm:
    """A farm that keeps its own key."""

    def __init__(self, ledger: Ledger) -> None:
        self.signer = Ed25519Signer.generate()
        self.enrolled: Enrolled = enrol_party(ledger, "自持密钥的农场（演示）", signer=self.signer)

    def sign(self, draft: dict[str, Json]) -> Statement:
        """The draft with the farm's signature."""
        statement = read_draft(draft)
        message = statement.envelope.signed_bytes()
        signature = Signature(self.signer.public.keyid, self.signer.sign(message))
        return replace(statement, envelope=Envelope(statement.envelope.payload, (signature,)))


@pytest.fixture
def farm(ledger: Ledger) -> Farm:
    return Farm(ledger)


def test_a_draft_is_signed_elsewhere_and_recorded_as_it_was_drafted(
    client: Client, ledger: Ledger, farm: Farm
) -> None:
    size = ledger.size()
    answer = client.post("/api/v1/drafts/batches", json=BATCH, key=farm.enrolled.key)
    assert answer.status_code == 200
    (draft,) = answer.json()["statements"]
    assert ledger.size() == size
    payload = b64decode(draft["payload"])
    assert b64decode(draft["to_sign"]) == pre_authentication_encoding(payload)
    assert b64decode(draft["sha256"]) == sha256(pre_authentication_encoding(payload)).digest()
    recorded = client.post("/api/v1/statements", json=farm.sign(draft).as_json())
    assert recorded.status_code == 201
    assert recorded.json()["id"] == draft["id"]
    told_back = client.get(f"/api/v1/statements/{draft['id']}", key=farm.enrolled.key).json()
    assert told_back["fields"]["name"] == BATCH["name"]
    assert told_back["custody"] == "own"


def test_the_words_of_a_draft_are_read_back_from_its_items(client: Client, farm: Farm) -> None:
    answer = client.post("/api/v1/drafts/batch.v1", json=BATCH, key=farm.enrolled.key).json()
    (draft,) = answer["statements"]
    words = {line["label"]["en"]: line["value"] for line in draft["words"]}
    assert words["Record"] == {"zh": "批次登记", "en": "batch"}
    assert str(farm.enrolled.party) in words["Signed for"]["zh"]
    assert "自持密钥的农场（演示）" in words["Signed for"]["zh"]
    assert any(value["zh"] == "韭菜（演示）" for value in words.values())
    # Whoever signs offline reads the same, without the names that only the server knows.
    offline = {line.label.en: line.value.zh for line in told(read_draft(draft))}
    assert offline["Signed for"] == str(farm.enrolled.party)
    assert offline.keys() == words.keys()


def test_one_step_gives_all_its_records_to_be_signed(client: Client, farm: Farm, co_op: Enrolled) -> None:
    goods = client.post("/api/v1/batches", json=BATCH, key=co_op.key).json()["goods"]
    line = {"goods": goods, "quantity": {"amount": "60", "unit": "KGM"}}
    body = {
        "supplier": str(co_op),
        "lines": [line],
        "check": {},
        "voucher": {"voucher_kind": "sales_slip", "number": "XS-1"},
    }
    drafts = client.post("/api/v1/drafts/receipts", json=body, key=farm.enrolled.key).json()["statements"]
    assert [one["type"] for one in drafts] == ["receipt.v1", "supplier_check.v1", "voucher.v1"]
    signed = {"statements": [farm.sign(one).as_json() for one in drafts]}
    assert client.post("/api/v1/statements", json=signed).status_code == 201


def test_a_party_that_signs_for_itself_is_signed_for_by_nobody(
    client: Client, ledger: Ledger, farm: Farm
) -> None:
    size = ledger.size()
    refused = client.post("/api/v1/batches", json=BATCH, key=farm.enrolled.key)
    assert refused.status_code == 403
    assert ledger.size() == size


@pytest.mark.parametrize("kind", ["genesis", "log_key.v1", "erasures", "shipment", "nothing", "x" * 60])
def test_what_is_no_record_of_a_party_is_not_drafted(client: Client, farm: Farm, kind: str) -> None:
    refused = client.post(f"/api/v1/drafts/{kind}", json=BATCH, key=farm.enrolled.key)
    assert refused.status_code in {404, 422}


def test_a_draft_names_every_fault_and_asks_who_it_is_for(client: Client, farm: Farm) -> None:
    wrong = {"name": "", "category": "no such"}
    refused = client.post("/api/v1/drafts/batches", json=wrong, key=farm.enrolled.key)
    assert refused.status_code == 422
    assert len(refused.json()["errors"]) >= 1
    assert client.post("/api/v1/drafts/batches", json=BATCH).status_code == 401


def test_an_item_that_the_payload_does_not_hold_is_found_before_anybody_signs(
    client: Client, farm: Farm
) -> None:
    one, two = (
        client.post("/api/v1/drafts/batches", json={**BATCH, "name": name}, key=farm.enrolled.key).json()[
            "statements"
        ][0]
        for name in ("韭菜", "菠菜")
    )
    with pytest.raises(Refusal):
        read_draft({**one, "items": two["items"]})
    for salt in (bytes(31), bytes(33)):
        item = {**one["items"][0], "salt": b64encode(salt).decode()}
        with pytest.raises(Refusal):
            read_draft({**one, "items": [item, *one["items"][1:]]})
    with pytest.raises(Malformed):
        read_draft({**one, "more": 1})


def test_a_name_drawn_before_is_found_again_when_the_draft_is_asked_for_again(
    client: Client, farm: Farm
) -> None:
    (draft,) = client.post("/api/v1/drafts/batches", json=BATCH, key=farm.enrolled.key).json()["statements"]
    client.post("/api/v1/statements", json=farm.sign(draft).as_json())
    again = {**BATCH, "id": draft["id"]}
    (second,) = client.post("/api/v1/drafts/batches", json=again, key=farm.enrolled.key).json()["statements"]
    recorded = client.post("/api/v1/statements", json=farm.sign(second).as_json())
    assert (recorded.status_code, recorded.json()["again"]) == (200, True)
