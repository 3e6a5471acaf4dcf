"""A log that was frozen, from outside: every record is refused by name, in words, and all that was recorded can still be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.keys import Ed25519Signer
from tests.support.server import enrol_party

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

BATCH = {"name": "韭菜（演示）", "category": "edible_farm_produce", "produced_on": "2026-11-14"}


def test_a_frozen_log_says_so_to_whoever_records(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    before = client.post("/api/v1/batches", json=BATCH, key=co_op.key).json()
    ledger.freeze()
    refused = client.post("/api/v1/batches", json=BATCH, key=co_op.key)
    problem = refused.json()
    assert (refused.status_code, problem["type"].rpartition("#")[2]) == (503, "LogFrozen")
    assert "冻结" in problem["detail"]
    # No time to come back is named: it would be a lie.
    assert "retry-after" not in refused.headers
    assert client.get(f"/api/v1/statements/{before['id']}", key=co_op.key).status_code == 200
    assert client.get(f"/api/v1/entries/{before['position']}/proof").status_code == 200
    assert client.get("/log/checkpoint").status_code == 200


def test_a_page_shows_the_name_of_what_happened(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    ledger.freeze()
    refused = client.send(
        "POST",
        "/my/batches",
        data={
            "id": "01a1d75c-68c0-7c46-8807-43ea6e4ea632",
            "name": "韭菜",
            "category": "farm_produce",
            "quantity": "5",
            "quantity_unit": "KGM",
            "produced_on": "2026-11-14",
        },
        key=co_op.key,
        headers={"accept": "text/html", "accept-language": "zh"},
    )
    assert "冻结" in refused.text


def test_keys_are_drafted_for_their_own_party(client: Client, ledger: Ledger) -> None:
    signer, spare = Ed25519Signer.generate(), Ed25519Signer.generate()
    farm = enrol_party(ledger, "自持密钥的农场（演示）", signer=signer)
    ledger.enrol(farm.party, role="enterprise", public=spare)
    body = {"action": "revoke", "keyid": spare.public.keyid, "reason": "lost"}
    (draft,) = client.post("/api/v1/drafts/keys", json=body, key=farm.key).json()["statements"]
    assert (draft["type"], draft["issuer"]) == ("key.v1", str(farm.party))
    assert any(line["value"]["en"] == spare.public.keyid for line in draft["words"])
