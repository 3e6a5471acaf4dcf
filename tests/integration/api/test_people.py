"""Signing in over HTTP, one's own account, and who else may come in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.settings import Settings
from tests.support.authenticator import Authenticator, encoded
from tests.support.people import FROM_OUR_PAGES, Browser, colleague, first_owner, invite_of
from tests.support.server import client_of, enrol_party

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Clock, Enrolled

MINUTE_MS = 60_000


@pytest.fixture
def owner(client: Client, registrar: Enrolled, co_op: Enrolled) -> Browser:
    return first_owner(client, registrar, co_op)


def test_an_invited_owner_signs_in_and_out_by_passkey(
    client: Client, co_op: Enrolled, owner: Browser
) -> None:
    account = owner.get("/api/v1/account").json()
    assert (account["name"], account["acting"], account["party"]) == ("王示例", "owner", str(co_op))
    assert owner.post("/api/v1/sign-out").status_code == 204
    assert owner.cookies == {}
    assert owner.get("/api/v1/account").status_code == 401
    answer = owner.sign_in()
    assert answer.status_code == 200
    assert answer.json()["method"] == "passkey"
    assert owner.get("/api/v1/account").status_code == 200


def test_the_cookie_is_for_this_site_and_for_no_script(owner: Browser) -> None:
    cookie = owner.sign_in().headers["set-cookie"].lower()
    assert cookie.startswith("suyuan_session=")
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/" in cookie
    assert "domain" not in cookie
    # On a machine of one's own, without https, no browser would send a Secure cookie back.
    assert "secure" not in cookie


def test_behind_https_the_cookie_has_the_prefix_that_browsers_guard(
    ledger: Ledger, registrar: Enrolled, co_op: Enrolled
) -> None:
    settings = Settings(base_url="https://suyuan.example")
    with client_of(create_app(ledger, settings)) as client:
        asked = {"party": str(co_op), "acting": "owner", "name": "王示例"}
        headers = {"origin": "https://suyuan.example", "sec-fetch-site": "same-origin"}
        made = client.post("/api/v1/people/invites", json=asked, key=registrar.key, headers=headers)
        token, phone = invite_of(made), Authenticator()
        options = client.post(
            "/api/v1/invites/passkey/options", json={"invite": token}, headers=headers
        ).json()
        credential = phone.create(options, origin="https://suyuan.example", rp_id="suyuan.example")
        answer = client.post(
            "/api/v1/invites/passkey", json={"invite": token, "credential": credential}, headers=headers
        )
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-suyuan=")
        for part in ("secure", "httponly", "samesite=lax", "path=/"):
            assert part in cookie.lower()
        held = {"cookie": cookie.partition(";")[0]}
        assert client.get("/api/v1/account", headers=held).status_code == 200
        # The name without the prefix, which any neighbour could set, opens nothing.
        other = {"cookie": cookie.partition(";")[0].replace("__Host-suyuan", "suyuan_session")}
        assert client.get("/api/v1/account", headers=other).status_code == 401


def test_a_session_lasts_half_an_hour_over_http_too(owner: Browser, clock: Clock) -> None:
    clock.ms += 30 * MINUTE_MS - 1
    assert owner.get("/api/v1/account").status_code == 200
    clock.ms += 30 * MINUTE_MS
    assert owner.get("/api/v1/account").status_code == 401


def test_a_removed_colleague_is_out_at_once(client: Client, owner: Browser) -> None:
    clerk = colleague(client, owner, "clerk", "李示例", 2)
    assert clerk.get("/api/v1/account").status_code == 200
    (person,) = [
        one["person"] for one in owner.get("/api/v1/people").json()["people"] if one["acting"] == "clerk"
    ]
    assert owner.ask("DELETE", f"/api/v1/people/{person}").status_code == 204
    assert clerk.get("/api/v1/account").status_code == 401
    assert clerk.sign_in().status_code == 403


def test_a_signed_in_clerk_records_and_manages_nobody(
    client: Client, co_op: Enrolled, owner: Browser
) -> None:
    clerk = colleague(client, owner, "clerk", "李示例", 2)
    batch = {"name": "韭菜", "category": "edible_farm_produce", "maker": str(co_op)}
    assert clerk.post("/api/v1/batches", batch).status_code == 201
    assert clerk.get("/api/v1/people").status_code == 403
    asked = {"acting": "clerk", "name": "吴示例"}
    assert clerk.post("/api/v1/people/invites", asked).status_code == 403


def test_ones_own_account_is_looked_after_over_http(owner: Browser) -> None:
    second = Authenticator(credential=b"a second phone")
    options = owner.post("/api/v1/account/passkeys/options").json()
    assert owner.post("/api/v1/account/passkeys", {"credential": second.create(options)}).status_code == 204
    account = owner.get("/api/v1/account").json()
    assert len(account["passkeys"]) == 2
    first = encoded(owner.phone.credential)
    assert owner.ask("DELETE", f"/api/v1/account/passkeys/{first}").status_code == 204
    codes = owner.post("/api/v1/account/recovery-codes").json()["codes"]
    assert len(codes) == owner.get("/api/v1/account").json()["recovery_codes_left"]
    elsewhere = Browser(owner.client, phone=second)
    assert elsewhere.sign_in().status_code == 200
    (name,) = [one["name"] for one in owner.get("/api/v1/account").json()["sessions"] if not one["this"]]
    assert owner.ask("DELETE", f"/api/v1/account/sessions/{name}").status_code == 204
    assert elsewhere.get("/api/v1/account").status_code == 401


def test_a_small_trader_gets_a_card_from_the_registrar(
    client: Client, registrar: Enrolled, stall: Enrolled
) -> None:
    asked = {"party": str(stall), "name": "周示例", "contact": "13800000000"}
    card = client.post("/api/v1/people/cards", json=asked, key=registrar.key, headers=FROM_OUR_PAGES)
    assert card.status_code == 201, card.text
    trader = Browser(client)
    number, pin = card.json()["card"], card.json()["pin"]
    answer = trader.form("/sign-in/card", {"number": number, "pin": pin})
    assert (answer.status_code, answer.headers["location"]) == (303, "/stall")
    account = trader.get("/api/v1/account").json()
    assert (account["acting"], account["method"], account["party"]) == ("stall", "pin", str(stall))
    wrong = {"number": number, "pin": "000000"}
    said = {Browser(client).form("/sign-in/card", wrong).status_code for _ in range(5)}
    assert said == {403}
    locked = Browser(client).form("/sign-in/card", {"number": number, "pin": pin})
    assert locked.status_code == 403
    person = card.json()["person"]
    path = f"/api/v1/people/{person}/unlock"
    assert client.send("POST", path, key=registrar.key, headers=FROM_OUR_PAGES).status_code == 204
    assert Browser(client).form("/sign-in/card", {"number": number, "pin": pin}).status_code == 303
    new = client.send(
        "POST", f"/api/v1/people/{person}/card", key=registrar.key, headers=FROM_OUR_PAGES
    ).json()
    assert trader.get("/api/v1/account").status_code == 401
    assert Browser(client).form("/sign-in/card", {"number": number, "pin": pin}).status_code == 403
    good = {"number": new["card"], "pin": new["pin"]}
    assert Browser(client).form("/sign-in/card", good).status_code == 303


def test_the_owner_of_one_party_reads_nothing_of_another(
    client: Client, ledger: Ledger, registrar: Enrolled, owner: Browser, stall: Enrolled
) -> None:
    other = first_owner(client, registrar, stall, "郑示例", 2)
    assert (
        other.get(f"/api/v1/people?party={owner.get('/api/v1/account').json()['party']}").status_code == 403
    )
    names = [one["name"] for one in other.get("/api/v1/people").json()["people"]]
    assert names == ["郑示例"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"credential": None},
        {"credential": []},
        {"credential": {}},
        {"credential": {"id": "x", "rawId": "x", "type": "public-key", "response": {}}},
        {"credential": {"id": "x" * 20_000}},
        {"credential": {"a": [[[[[[[]]]]]]]}},
    ],
)
def test_what_no_browser_sends_is_refused_by_name(client: Client, body: dict[str, object]) -> None:
    answer = Browser(client).post("/api/v1/sign-in/passkey", body)
    assert answer.status_code in {403, 413, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_secret_is_written_to_the_log(
    client: Client,
    registrar: Enrolled,
    co_op: Enrolled,
    stall: Enrolled,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    owner = first_owner(client, registrar, co_op)
    codes = owner.post("/api/v1/account/recovery-codes").json()["codes"]
    token = invite_of(owner.post("/api/v1/people/invites", {"acting": "clerk", "name": "李示例"}))
    owner.get(f"/invite?token={token}")
    asked = {"party": str(stall), "name": "周示例"}
    card = client.post("/api/v1/people/cards", json=asked, key=registrar.key, headers=FROM_OUR_PAGES).json()
    Browser(client).form("/sign-in/card", {"number": card["card"], "pin": card["pin"]})
    Browser(client).form("/sign-in/recovery", {"code": codes[0]})
    Browser(client).form("/sign-in/recovery", {"code": codes[0]})
    Browser(client).post("/api/v1/invites/passkey/options", {"invite": "x" * 201})
    # Not what the client of this test says of itself.
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("httpx")]
    said = " ".join(ours) + "".join(capfd.readouterr())
    secrets = [*owner.cookies.values(), *codes, token, card["card"], card["card"].replace("-", "")]
    assert [one for one in secrets if one in said] == []
    assert "王示例" not in said


def test_every_party_sees_what_happened_to_its_accounts(
    ledger: Ledger, client: Client, owner: Browser
) -> None:
    colleague(client, owner, "clerk", "李示例", 2)
    other = enrol_party(ledger, "别家（演示）")
    party = owner.get("/api/v1/account").json()["party"]
    kinds = {one.kind for one in ledger.accounts.events(type(other.party).parse(party))}
    assert {"invited", "accepted", "in_passkey"} <= kinds
    assert {one.kind for one in ledger.accounts.events(other.party)} <= {"key_given"}
