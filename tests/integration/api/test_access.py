"""API keys: how long they open, for what, and how one is changed for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.accounts.access import ACCESS_KEY_PREFIX, check_letters, is_access_key
from ledger.keys import Ed25519Signer
from ledger.vocabulary.registering import Key
from tests.support.server import enrol_party

if TYPE_CHECKING:
    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

DAY_MS = 24 * 3_600_000
KEYS = "/api/v1/access-keys"
OWN = "/api/v1/statements"
BATCH = {"name": "韭菜", "category": "edible_farm_produce"}


def given(client: Client, key: str, **asked: object) -> dict[str, object]:
    answer = client.post(KEYS, json=asked, key=key)
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def batch(client: Client, key: object) -> httpx.Response:
    return client.post("/api/v1/batches", json=BATCH, key=str(key))


def test_a_key_works_to_its_last_millisecond(
    client: Client, ledger: Ledger, clock: Clock, co_op: Enrolled
) -> None:
    clock.ms += 90 * DAY_MS - 1
    assert client.get(OWN, key=co_op.key).status_code == 200
    clock.ms += 1
    assert client.get(OWN, key=co_op.key).status_code == 401


def test_keys_that_were_taken_away_no_longer_open(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    ledger.take_access_keys(co_op.party)
    assert client.get(OWN, key=co_op.key).status_code == 401


def test_with_its_last_key_revoked_a_party_is_let_in_no_more(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    with ledger.book() as book:
        (keyid,) = [keyid for keyid, one in book.register.keys.items() if one.party == co_op.party]
    ledger.say(ledger.registrar, Key(action="revoke", keyid=keyid, reason="left"))
    assert client.get(OWN, key=co_op.key).status_code == 401
    assert batch(client, co_op.key).status_code == 401


def test_a_key_does_what_it_was_given_for_and_nothing_else(client: Client, co_op: Enrolled) -> None:
    key = given(client, co_op.key, permissions=["read_own"])["access_key"]
    assert client.get(OWN, key=str(key)).status_code == 200
    refused = batch(client, key)
    assert refused.status_code == 403
    assert "record_delivery" in refused.json()["expected"]
    assert batch(client, co_op.key).status_code == 201


def test_a_key_gives_no_permission_that_it_has_not(client: Client, co_op: Enrolled) -> None:
    key = given(client, co_op.key, permissions=["read_own", "give_access_keys"])["access_key"]
    more = client.post(KEYS, json={"permissions": ["read_own", "record_delivery"]}, key=str(key))
    assert (more.status_code, more.json()["came"]) == (403, "record_delivery")
    assert given(client, str(key), permissions=["read_own"])["permissions"] == ["read_own"]
    # With nothing said it gives what it has itself.
    assert given(client, str(key))["permissions"] == ["give_access_keys", "read_own"]


def test_a_bounded_key_does_not_renew_an_unbounded_one(client: Client, co_op: Enrolled) -> None:
    whole = given(client, co_op.key, label="whole")
    key = given(client, co_op.key, permissions=["give_access_keys"])["access_key"]
    answer = client.post(f"{KEYS}/{whole['name']}/rotation", json={}, key=str(key))
    assert answer.status_code == 403
    assert client.post(f"{KEYS}/{whole['name']}/rotation", json={}, key=co_op.key).status_code == 201


def test_an_owner_gives_keys_to_his_own_party_alone(client: Client, co_op: Enrolled, stall: Enrolled) -> None:
    answer = client.post(KEYS, json={"party": str(stall)}, key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (403, "party")
    assert given(client, co_op.key)["party"] == str(co_op)


@pytest.mark.parametrize("acting", ["inspector", "registrar", "auditor", "laboratory"])
def test_an_owner_makes_nobody_what_his_party_is_not(client: Client, co_op: Enrolled, acting: str) -> None:
    answer = client.post(KEYS, json={"acting": acting}, key=co_op.key)
    assert (answer.status_code, answer.json()["field"]) == (403, "acting")


@pytest.mark.parametrize("days", [1, 90])
def test_a_key_lasts_as_long_as_it_was_given_for(
    client: Client, clock: Clock, registrar: Enrolled, co_op: Enrolled, days: int
) -> None:
    key = str(given(client, registrar.key, party=str(co_op), days=days)["access_key"])
    clock.ms += days * DAY_MS - 1
    assert client.get(OWN, key=key).status_code == 200
    clock.ms += 1
    assert client.get(OWN, key=key).status_code == 401


def test_a_changed_key_works_on_for_the_overlap_and_not_longer(
    client: Client, clock: Clock, co_op: Enrolled
) -> None:
    old = given(client, co_op.key, permissions=["read_own"], days=30)
    answer = client.post(f"{KEYS}/{old['name']}/rotation", json={"overlap_days": 2}, key=co_op.key)
    assert answer.status_code == 201
    new = answer.json()
    assert new["permissions"] == ["read_own"]
    clock.ms += 2 * DAY_MS - 1
    keys = (str(old["access_key"]), str(new["access_key"]))
    assert [client.get(OWN, key=key).status_code for key in keys] == [200, 200]
    clock.ms += 1
    assert [client.get(OWN, key=key).status_code for key in keys] == [401, 200]


def test_an_overlap_lengthens_no_keys_life(client: Client, clock: Clock, co_op: Enrolled) -> None:
    old = given(client, co_op.key, days=1)
    client.post(f"{KEYS}/{old['name']}/rotation", json={"overlap_days": 7}, key=co_op.key)
    clock.ms += DAY_MS
    assert client.get(OWN, key=str(old["access_key"])).status_code == 401


@pytest.mark.parametrize(("overlap", "status"), [(-1, 422), (0, 201), (7, 201), (8, 422)])
def test_the_overlap_is_a_week_at_most(client: Client, co_op: Enrolled, overlap: int, status: int) -> None:
    old = given(client, co_op.key)
    answer = client.post(f"{KEYS}/{old['name']}/rotation", json={"overlap_days": overlap}, key=co_op.key)
    assert answer.status_code == status


def test_one_key_is_taken_away_and_the_others_stay(client: Client, co_op: Enrolled) -> None:
    key = given(client, co_op.key)
    taken = client.send("DELETE", f"{KEYS}/{key['name']}", key=co_op.key)
    assert taken.status_code == 204
    assert client.get(OWN, key=str(key["access_key"])).status_code == 401
    assert client.get(OWN, key=co_op.key).status_code == 200


def test_somebody_elses_key_is_as_unknown_as_none(client: Client, co_op: Enrolled, stall: Enrolled) -> None:
    name = given(client, co_op.key)["name"]
    theirs = client.send("DELETE", f"{KEYS}/{name}", key=stall.key)
    none = client.send("DELETE", f"{KEYS}/{'key_' + '0' * 16}", key=stall.key)
    assert theirs.status_code == none.status_code == 404
    assert theirs.text.replace(str(name), "…") == none.text.replace("key_" + "0" * 16, "…")


def test_a_list_shows_what_a_key_may_do_and_never_the_key(client: Client, co_op: Enrolled) -> None:
    key = given(client, co_op.key, label="ERP", permissions=["read_own"], limit_per_minute=30)
    assert client.get(OWN, key=str(key["access_key"])).status_code == 200
    answer = client.get(KEYS, key=co_op.key)
    (shown,) = [one for one in answer.json()["access_keys"] if one["name"] == key["name"]]
    assert (shown["label"], shown["permissions"], shown["limit_per_minute"]) == ("ERP", ["read_own"], 30)
    assert shown["used_on"] == "2026-11-14"
    assert str(key["access_key"]) not in answer.text


def test_a_key_names_itself_to_whoever_looks_for_leaks(client: Client, co_op: Enrolled) -> None:
    text = str(given(client, co_op.key)["access_key"])
    assert text.startswith(ACCESS_KEY_PREFIX)
    assert is_access_key(text)
    secret = text.removeprefix(ACCESS_KEY_PREFIX)[:-6]
    assert text.endswith(check_letters(secret))
    for number in range(len(ACCESS_KEY_PREFIX), len(text)):
        wrong = text[:number] + ("A" if text[number] != "A" else "B") + text[number + 1 :]
        assert not is_access_key(wrong)


def test_the_key_of_a_party_that_signs_for_itself_signs_nothing(client: Client, ledger: Ledger) -> None:
    party = enrol_party(ledger, "自持密钥者（演示）", signer=Ed25519Signer.from_secret(b"\x05" * 32))
    size = ledger.size()
    answer = batch(client, party.key)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (403, "SignsForHimself")
    assert ledger.size() == size
    assert client.get(OWN, key=party.key).status_code == 200


def test_a_party_that_takes_its_key_into_its_own_hand_is_signed_for_no_more(
    client: Client, ledger: Ledger, co_op: Enrolled
) -> None:
    assert batch(client, co_op.key).status_code == 201
    ledger.enrol(co_op.party, role="enterprise", public=Ed25519Signer.from_secret(b"\x06" * 32))
    assert batch(client, co_op.key).json()["errors"][0]["name"] == "SignsForHimself"


def test_one_learns_what_ones_key_may_do(client: Client, co_op: Enrolled) -> None:
    me = client.get("/api/v1/me", key=co_op.key).json()
    assert (me["party"], me["acting"], me["method"]) == (str(co_op), "owner", "api_key")
    assert {"record_trade", "give_access_keys"} <= set(me["permissions"])
    assert not {"inspect", "erase", "read_all_findings"} & set(me["permissions"])
