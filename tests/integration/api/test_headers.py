"""What every answer says to the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.deps import DEMO_COOKIE
from tests.support.server import open_client

if TYPE_CHECKING:
    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

#: A page, an answer, a file of ours, the log, a refusal, and a method that is not.
ANSWERS = [
    ("GET", "/"),
    ("GET", "/api/v1/categories"),
    ("GET", "/static/site.css"),
    ("GET", "/log/checkpoint"),
    ("GET", "/c/00000000000000000"),
    ("GET", "/nowhere"),
    ("POST", "/api/v1/batches"),
    ("DELETE", "/"),
]


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_no_page_may_be_framed_or_run_a_strangers_script(client: Client, method: str, path: str) -> None:
    headers = client.send(method, path).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["style-src"] == policy["form-action"] == policy["connect-src"] == "'self'"
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=(self)" in headers["permissions-policy"]
    assert "x-powered-by" not in headers


def test_what_one_reader_may_see_is_kept_for_nobody_else(
    ledger: Ledger, client: Client, co_op: Enrolled
) -> None:
    assert client.get("/api/v1/statements", key=co_op.key).headers["cache-control"] == "no-store"
    assert client.get("/api/v1/categories").headers["cache-control"] == "no-store"
    # The health check says nothing of its own about being kept.
    cookie = {"cookie": f"{DEMO_COOKIE}={co_op}"}
    assert "cache-control" not in client.get("/healthz").headers
    assert client.get("/healthz", headers=cookie).headers["cache-control"] == "no-store"
    with open_client(ledger, demo=True) as demo:
        assert "private" in demo.get("/my", headers=cookie).headers["cache-control"]


def test_an_address_with_several_methods_names_them_all(client: Client) -> None:
    refused = client.send("DELETE", "/api/v1/statements")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/people/cards", "POST"),
        ("/api/v1/people/somebody", "DELETE"),
        # Two handlers at one address, and one whose rest is left open.
        ("/my/codes/pack", "GET, POST"),
        ("/p/c/00000000000000000", "GET, HEAD"),
        ("/log/tile/0/x001/067", "GET, HEAD"),
    ],
)
def test_an_address_names_its_own_methods_and_not_those_of_one_that_would_take_its_words(
    client: Client, path: str, methods: str
) -> None:
    refused = client.send("PATCH", path)
    assert (refused.status_code, refused.headers["allow"]) == (405, methods)
