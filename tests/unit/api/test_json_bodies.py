"""A JSON body is read alike whether it is short, and read at once, or long, and read in a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI, Response

from api.bodies import JSON_BYTES_AT_ONCE_MAX, JSON_TYPE, JsonBody
from ledger.canonical import DuplicateName, canonical
from tests.support.server import Client, client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADERS = {"content-type": JSON_TYPE}


@pytest.fixture
def client() -> Iterator[Client]:
    """An application that says back what it read."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/")
    def say(body: JsonBody) -> Response:
        return Response(canonical(body))

    with client_of(app) as opened:
        yield opened


def padded(start: bytes, end: bytes, length: int) -> bytes:
    """A body of so many bytes."""
    return start + b"x" * (length - len(start) - len(end)) + end


@pytest.mark.parametrize("length", [JSON_BYTES_AT_ONCE_MAX, JSON_BYTES_AT_ONCE_MAX + 1])
def test_a_body_is_read_on_both_sides_of_the_border(client: Client, length: int) -> None:
    body = padded(b'{"a":"', b'"}', length)
    assert len(body) == length
    assert client.send("POST", "/", content=body, headers=HEADERS).content == body


@pytest.mark.parametrize("length", [JSON_BYTES_AT_ONCE_MAX, JSON_BYTES_AT_ONCE_MAX + 1])
def test_a_bad_body_is_refused_on_both_sides_of_the_border(client: Client, length: int) -> None:
    body = padded(b'{"a":1,"a":"', b'"}', length)
    with pytest.raises(DuplicateName):
        client.send("POST", "/", content=body, headers=HEADERS)
