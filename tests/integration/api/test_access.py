"""How long an access key opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.vocabulary.registering import Key

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

DAY_MS = 24 * 3_600_000
BATCH = {"name": "韭菜", "category": "edible_farm_produce"}


def test_a_key_works_to_its_last_millisecond(
    client: Client, ledger: Ledger, clock: Clock, co_op: Enrolled
) -> None:
    clock.ms += 90 * DAY_MS - 1
    assert client.get("/api/v1/statements", key=co_op.key).status_code == 200
    clock.ms += 1
    assert client.get("/api/v1/statements", key=co_op.key).status_code == 401


def test_keys_that_were_taken_away_no_longer_open(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    ledger.take_access_keys(co_op.party)
    assert client.get("/api/v1/statements", key=co_op.key).status_code == 401


def test_with_its_last_key_revoked_a_party_is_let_in_no_more(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    with ledger.book() as book:
        (keyid,) = [keyid for keyid, one in book.register.keys.items() if one.party == co_op.party]
    ledger.say(ledger.registrar, Key(action="revoke", keyid=keyid, reason="left"))
    assert client.get("/api/v1/statements", key=co_op.key).status_code == 401
    answer = client.post("/api/v1/batches", json={**BATCH, "maker": str(co_op)}, key=co_op.key)
    assert answer.status_code == 401
