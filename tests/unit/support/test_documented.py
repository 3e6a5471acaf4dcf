"""An answer that the API's description does not name stops the test that got it."""

from __future__ import annotations

import httpx
import pytest

from tests.support.documented import check_documented

JSON = "application/json"


def answer(status: int, kind: str, content: bytes = b"{}") -> httpx.Response:
    return httpx.Response(status, headers={"content-type": kind}, content=content)


@pytest.mark.parametrize(
    ("method", "path", "came"),
    [
        ("POST", "/api/v1/batches", answer(201, JSON)),
        ("POST", "/api/v1/batches", answer(200, JSON)),
        ("POST", "/api/v1/batches", answer(422, "application/problem+json")),
        ("GET", "/c/0123456789abcdefg?linkType=linkset", answer(200, "application/linkset+json")),
        ("GET", "/01/09520001000027/10/JC-1", answer(404, "text/html; charset=utf-8")),
        ("GET", "/01/09520001000027/10/JC-1", answer(307, "", b"")),
        ("GET", "/my/deliveries", answer(418, "text/html")),
        ("GET", "/nowhere", answer(404, "text/html")),
    ],
)
def test_what_is_described_and_what_is_a_page_passes(method: str, path: str, came: httpx.Response) -> None:
    check_documented(method, path, came)


@pytest.mark.parametrize(
    ("method", "path", "came"),
    [
        ("POST", "/api/v1/batches", answer(202, JSON)),
        ("POST", "/api/v1/batches", answer(201, "text/html")),
        ("POST", "/api/v1/batches", answer(422, JSON)),
        ("GET", "/api/v1/codes/0123456789abcdefg/label.png", answer(200, "image/gif")),
        ("GET", "/01/09520001000027", answer(303, "", b"")),
        ("GET", "/log/tile/0/000", answer(200, "text/plain")),
    ],
)
def test_what_is_not_described_stops_the_test(method: str, path: str, came: httpx.Response) -> None:
    with pytest.raises(AssertionError, match="described are"):
        check_documented(method, path, came)
