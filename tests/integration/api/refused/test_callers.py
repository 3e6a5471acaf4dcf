"""Who is not let in, and what nobody is shown: keys that are missing, wrong or run out, other people's pages, unknown addresses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from api.deps import DEMO_COOKIE
from ledger.accounts.callers import ACTING_BY_ROLE
from tests.support.refusals import JSON_TYPE, Asked, check_refused
from tests.support.server import BASE_URL, enrol_party

if TYPE_CHECKING:
    from ledger.register import Role
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

BATCH = {"name": "韭菜", "category": "edible_farm_produce"}


def batch(maker: Enrolled) -> bytes:
    return json.dumps({**BATCH, "maker": str(maker)}).encode()


KEYS = {
    "none": {},
    "nothing": {"authorization": ""},
    "no key": {"authorization": "Bearer"},
    "a key nobody gave": {"authorization": "Bearer suyuan_" + "A" * 43},
    "another scheme": {"authorization": "Basic YTpi"},
    "a very long key": {"authorization": "Bearer " + "A" * 10_000},
}


@pytest.mark.parametrize("headers", KEYS.values(), ids=KEYS)
def test_without_a_valid_key_nothing_is_recorded(
    client: Client, ledger: Ledger, co_op: Enrolled, headers: dict[str, str]
) -> None:
    asked = Asked("/api/v1/batches", batch(co_op), headers={**JSON_TYPE, **headers})
    check_refused(client, ledger, asked, status=401, name="KeyMissing", at="authorization")


def test_a_refused_key_is_not_repeated_back(client: Client) -> None:
    answer = client.get("/api/v1/statements", key="suyuan_secret")
    assert answer.status_code == 401
    assert "secret" not in answer.text
    assert answer.headers["www-authenticate"] == 'Bearer realm="suyuan"'


def test_a_wrong_key_is_refused_where_none_would_do(client: Client, ledger: Ledger) -> None:
    asked = Asked(
        "/api/v1/trace?goods=urn:suyuan:batch:00000000000000000",
        method="GET",
        headers={"authorization": "Bearer x"},
    )
    check_refused(client, ledger, asked, status=401, name="KeyMissing", at="authorization")


@pytest.mark.parametrize("role", ["enterprise", "operator", "authority", "laboratory"])
def test_only_the_registrar_registers(client: Client, ledger: Ledger, role: Role) -> None:
    other = enrol_party(ledger, "另一主体（演示）", role=role)
    for path in ("/api/v1/keys", "/api/v1/access-keys"):
        asked = Asked(path, b'{"role":"authority"}', key=other.key)
        acting = ACTING_BY_ROLE[role]
        if (acting, path) != ("owner", "/api/v1/access-keys"):  # An owner gives its own party keys.
            check_refused(
                client, ledger, asked, status=403, name="NotAllowed", at="authorization", came=acting
            )


def test_access_is_given_only_to_parties_of_the_register(
    client: Client, ledger: Ledger, registrar: Enrolled
) -> None:
    asked = Asked("/api/v1/access-keys", b'{"party":"pty_0000000000000000"}', key=registrar.key)
    check_refused(
        client, ledger, asked, status=422, name="UnknownName", at="party", came="pty_0000000000000000"
    )


@pytest.mark.parametrize("days", [0, 91])
def test_access_is_given_for_ninety_days_at_most(
    client: Client, ledger: Ledger, registrar: Enrolled, co_op: Enrolled, days: int
) -> None:
    body = json.dumps({"party": str(co_op), "days": days}).encode()
    asked = Asked("/api/v1/access-keys", body, key=registrar.key)
    check_refused(client, ledger, asked, status=422, name="Malformed", at="days", came=str(days))


def test_a_party_may_not_record_the_sheet_of_another(
    client: Client, ledger: Ledger, co_op: Enrolled, stall: Enrolled
) -> None:
    body = json.dumps({"party": str(co_op), "party_kind": "company", "name": "改名（演示）"}).encode()
    asked = Asked("/api/v1/parties", body, key=stall.key)
    check_refused(client, ledger, asked, status=403, name="NotAllowed", at="party", came=str(co_op))


def test_an_official_without_a_valid_certificate_may_not_inspect(
    client: Client, ledger: Ledger, co_op: Enrolled, authority: Enrolled
) -> None:
    body = json.dumps({"party": str(co_op), "officers": ["E-1"], "conclusion": "in_order"}).encode()
    asked = Asked("/api/v1/inspections", body, key=authority.key)
    check_refused(client, ledger, asked, status=403, name="CertificateNotValid", at="officer", came="E-1")


FORGED = {
    "nothing said": {},
    "another site": {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    "another site of ours": {"sec-fetch-site": "same-site", "origin": BASE_URL},
    "typed in": {"sec-fetch-site": "none"},
    "another origin": {"origin": "https://evil.example"},
    "no origin": {"origin": "null"},
    "our name in front": {"origin": BASE_URL + ".evil.example"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
def test_a_form_of_another_site_records_nothing_with_our_cookie(
    demo: Client, ledger: Ledger, co_op: Enrolled, headers: dict[str, str]
) -> None:
    cookie = {"cookie": f"{DEMO_COOKIE}={co_op}"}
    asked = Asked("/api/v1/batches", batch(co_op), headers={**JSON_TYPE, **cookie, **headers})
    check_refused(demo, ledger, asked, status=403, name="NotFromOurPages", at="origin")


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": BASE_URL}])
def test_our_own_pages_record_with_the_cookie(demo: Client, co_op: Enrolled, headers: dict[str, str]) -> None:
    sent = {**JSON_TYPE, "cookie": f"{DEMO_COOKIE}={co_op}", **headers}
    assert demo.send("POST", "/api/v1/batches", content=batch(co_op), headers=sent).status_code == 201


def test_outside_the_demo_the_cookie_means_nothing(client: Client, ledger: Ledger, co_op: Enrolled) -> None:
    sent = {**JSON_TYPE, "cookie": f"{DEMO_COOKIE}={co_op}", "sec-fetch-site": "same-origin"}
    asked = Asked("/api/v1/batches", batch(co_op), headers=sent)
    check_refused(client, ledger, asked, status=401, name="KeyMissing", at="authorization")


def test_outside_the_demo_there_is_no_switch(client: Client, ledger: Ledger) -> None:
    asked = Asked("/demo/identity", headers={"sec-fetch-site": "same-origin"})
    check_refused(client, ledger, asked, status=404, name="NoSuchPage", at="path", came="/demo/identity")


@pytest.mark.parametrize("cookie", ["pty_0000000000000000", "me", "%C3%A9", ""])
def test_in_the_demo_a_strangers_cookie_is_nobody(demo: Client, cookie: str) -> None:
    answer = demo.send("GET", "/api/v1/statements", headers={"cookie": f"{DEMO_COOKIE}={cookie}"})
    assert answer.status_code == 401


def test_in_the_demo_a_key_counts_before_the_cookie(demo: Client, co_op: Enrolled, stall: Enrolled) -> None:
    demo.post("/api/v1/batches", json={**BATCH, "maker": str(co_op)}, key=co_op.key)
    own = demo.get("/api/v1/statements", key=co_op.key, headers={"cookie": f"{DEMO_COOKIE}={stall}"})
    assert own.json()["statements"][0]["issuer"] == str(co_op)


def test_the_switch_of_the_demo_sets_and_takes_away_the_cookie(demo: Client, co_op: Enrolled) -> None:
    ours = {"sec-fetch-site": "same-origin"}
    chosen = demo.send(
        "POST", "/demo/identity", data={"identity": str(co_op), "back": "/my?x=1"}, headers=ours
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/my?x=1")
    cookie = chosen.headers["set-cookie"]
    assert cookie.startswith(f"{DEMO_COOKIE}={co_op};")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    left = demo.send("POST", "/demo/identity", data={"identity": ""}, headers=ours)
    assert "Max-Age=0" in left.headers["set-cookie"]


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/é", ""]
)
def test_the_switch_leads_to_no_other_site(demo: Client, co_op: Enrolled, back: str) -> None:
    sent = {"identity": str(co_op), "back": back}
    answer = demo.send("POST", "/demo/identity", data=sent, headers={"sec-fetch-site": "same-origin"})
    assert answer.headers["location"] == "/"


def test_the_switch_knows_only_parties_of_the_demo(demo: Client, ledger: Ledger) -> None:
    content = b"identity=pty_0000000000000000"
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    asked = Asked("/demo/identity", content, headers=form)
    check_refused(demo, ledger, asked, status=422, name="UnknownName", at="identity")


def test_another_site_cannot_turn_the_switch(demo: Client, ledger: Ledger, co_op: Enrolled) -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "origin": "https://evil.example"}
    asked = Asked("/demo/identity", f"identity={co_op}".encode(), headers=form)
    check_refused(demo, ledger, asked, status=403, name="NotFromOurPages", at="origin")


ADDRESSES = {
    "nothing there": ("GET", "/nowhere", 404, "NoSuchPage", "path"),
    "nothing there for programs": ("GET", "/api/v1/nowhere", 404, "NoSuchPage", "path"),
    "no such version": ("POST", "/api/v2/batches", 404, "NoSuchPage", "path"),
    "not by GET": ("GET", "/api/v1/batches", 405, "MethodNotAllowed", "method"),
    "not by DELETE": ("DELETE", "/log/checkpoint", 405, "MethodNotAllowed", "method"),
    "by a method nobody knows": ("BREW", "/healthz", 405, "MethodNotAllowed", "method"),
    "an entry that is not there": ("GET", "/api/v1/entries/999", 404, "UnknownName", "position"),
    "its proof": ("GET", "/api/v1/entries/999/proof", 404, "UnknownName", "position"),
    "an entry of 2 to the 63rd": ("GET", f"/api/v1/entries/{2**63}", 422, "Malformed", "position"),
    "an entry before the first": ("GET", "/api/v1/entries/-1", 422, "Malformed", "position"),
    "a number with an underscore": ("GET", "/api/v1/entries/1_0", 422, "Malformed", "position"),
    "a number in other digits": ("GET", "/api/v1/entries/%D9%A1", 422, "Malformed", "position"),
    "a number with a sign": ("GET", "/api/v1/entries/+1", 422, "Malformed", "position"),
    "a statement that is none": ("GET", "/api/v1/statements/1", 422, "Malformed", "id"),
    "a statement with U+0000": ("GET", "/api/v1/statements/%00", 422, "Malformed", "id"),
    "bytes that are no UTF-8": ("GET", "/api/v1/statements/%ff", 422, "Malformed", "id"),
    "a statement that is not there": (
        "GET",
        "/api/v1/statements/01980000-0000-7000-8000-000000000000",
        404,
        "UnknownName",
        "statement",
    ),
    "a trace of nothing": ("GET", "/api/v1/trace", 422, "Malformed", "goods"),
    "a trace of two": (
        "GET",
        "/api/v1/trace?goods=urn:suyuan:batch:00000000000000000&code=00000000000000000",
        422,
        "Malformed",
        "goods",
    ),
    "a trace of goods that are none": ("GET", "/api/v1/trace?goods=leek", 422, "Malformed", "goods"),
    "a trace of unknown goods": (
        "GET",
        "/api/v1/trace?goods=urn:suyuan:batch:00000000000000000",
        404,
        "UnknownName",
        "goods",
    ),
    "a trace of a code gone wrong": (
        "GET",
        "/api/v1/trace?code=00000000000000001",
        422,
        "CheckDigitWrong",
        "code",
    ),
    "a trace of an unknown code": ("GET", "/api/v1/trace?code=00000000000000000", 404, "UnknownName", "code"),
    "a trace of a text": ("GET", "/api/v1/trace?code=leek", 404, "UnknownName", "code"),
    "a trace of a very long text": ("GET", f"/api/v1/trace?code={'x' * 2_001}", 413, "TooLarge", "code"),
    "a size of 2 to the 63rd": ("GET", f"/api/v1/trace?goods=x:y&as_of={2**63}", 422, "Malformed", "as_of"),
    "a size beyond the log": ("GET", "/api/v1/trace?goods=x:y&as_of=999", 404, "UnknownName", "as_of"),
    "a size of nothing": ("GET", "/api/v1/trace?goods=x:y&as_of=0", 404, "UnknownName", "as_of"),
    "too deep": ("GET", "/api/v1/trace?goods=x:y&depth_max=33", 422, "Malformed", "depth_max"),
    "too wide": ("GET", "/api/v1/trace?goods=x:y&nodes_max=5001", 422, "Malformed", "nodes_max"),
    "no depth": ("GET", "/api/v1/trace?goods=x:y&depth_max=0", 422, "Malformed", "depth_max"),
    "evidence that is none": ("GET", "/api/v1/evidence/abc", 401, "KeyMissing", "authorization"),
    "a tile beyond the tree": ("GET", "/log/tile/0/001", 404, "NotInTree", "path"),
    "a tile that is none": ("GET", "/log/tile/0/1", 422, "TileMalformed", "path"),
    "a tile of level 64": ("GET", "/log/tile/64/000", 422, "TileMalformed", "level"),
    "a bundle that is none": ("GET", "/log/tile/entries/000.p/0", 422, "TileMalformed", "width"),
}


@pytest.mark.parametrize(("method", "path", "status", "name", "at"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_leads_nowhere_says_so(
    client: Client, ledger: Ledger, method: str, path: str, status: int, name: str, at: str
) -> None:
    asked = Asked(path, method=method, headers={})
    check_refused(client, ledger, asked, status=status, name=name, at=at)


LISTS = {
    "no limit": ("limit=0", "limit"),
    "too high a limit": ("limit=201", "limit"),
    "a limit of 2 to the 63rd": (f"limit={2**63}", "limit"),
    "a limit in words": ("limit=ten", "limit"),
    "a cursor of our own making": ("cursor=before", "cursor"),
    "a cursor that is no base64": ("cursor=%C3%A9", "cursor"),
    "an empty cursor": ("cursor=", "cursor"),
}


@pytest.mark.parametrize(("query", "at"), LISTS.values(), ids=LISTS)
def test_a_list_is_asked_for_within_its_limits(
    client: Client, ledger: Ledger, co_op: Enrolled, query: str, at: str
) -> None:
    asked = Asked(f"/api/v1/statements?{query}", method="GET", headers={}, key=co_op.key)
    check_refused(client, ledger, asked, status=422, name="Malformed", at=at)
