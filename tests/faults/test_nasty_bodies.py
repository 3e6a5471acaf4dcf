"""The bodies that plain frameworks stumble over, sent to every address that takes one: never a fault of ours, always a named refusal.

What each of them means is asked of one address in `tests/integration/api/refused/test_json.py`; here nobody may have been forgotten.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

import pytest

from api.app import create_app
from api.settings import Settings
from tests.support.server import BASE_URL, Clock, client_of, enrol_party, make_ledger, registrar_of
from tests.support.soak import soak_scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from ledger.service import Ledger
    from tests.support.server import Client

T = TypeVar("T")

#: What stands in place of a value, wherever a body has one.
VALUES: dict[str, bytes] = {
    "a lone surrogate": rb'"\ud800"',
    "surrogates the wrong way round": rb'"\udc00\ud83d"',
    "U+0000": rb'"\u0000"',
    "NaN": b"NaN",
    "minus infinity": b"-Infinity",
    "1e999": b"1e999",
    "2 to the 63rd": b"9223372036854775808",
    "five thousand digits": b"9" * 5_000,
    "1_000": b"1_000",
    "a fraction": b"1.5",
    "minus nothing": b"-0",
    "a name twice": b'{"a":1,"a":2}',
    "a hundred levels": b"[" * 100 + b"]" * 100,
    "ten thousand levels": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a hundred thousand items": b"[" + b"1," * 100_000 + b"1]",
    "a megabyte of text": b'"' + b"x" * 1_000_000 + b'"',
    "the time of a comet": b'"+275760-09-13T00:00:00Z"',
    "a date that is none": b'"2026-02-30"',
    "other people's digits": '"１２٣"'.encode(),
    "letters that turn the text round": '"\u202etxt.exe"'.encode(),
    "null": b"null",
    "an object": b"{}",
}
#: Whole bodies that are none.
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b" " * 100,
    "UTF-16": '{"a":"b"}'.encode("utf-16"),
    "UTF-32": '{"a":"b"}'.encode("utf-32-le"),
    "a byte order mark": b'\xef\xbb\xbf{"a":"b"}',
    "bytes that are no UTF-8": b'{"a":"\xff\xfe"}',
    "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff",
    "a form": b"a=1&b=2",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "a pickle": b"\x80\x04\x95",
    "two megabytes and a byte": b'"' + b"x" * (2 * 1024 * 1024) + b'"',
    "an end too early": b'{"a":',
    "two values": b"{}{}",
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("nasty"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def app(ledger: Ledger) -> FastAPI:
    return create_app(ledger, Settings(base_url=BASE_URL, limits=False, demo=True))


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[Client]:
    with client_of(app, raises=False) as client:
        yield client


@pytest.fixture(scope="module")
def keys(ledger: Ledger) -> list[str]:
    # Between them they get past every permission.
    return [
        registrar_of(ledger).key,
        enrol_party(ledger, "合作社（演示）").key,
        enrol_party(ledger, "监管局（演示）", role="authority").key,
    ]


def addresses(app: FastAPI) -> list[tuple[str, str, dict[str, object]]]:
    """Every address that takes a body: path, method, and the properties of the body."""
    found = []
    document = app.openapi()
    for path, methods in document["paths"].items():
        for method in methods.keys() & {"post", "put", "patch", "delete"}:
            content = methods[method].get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            found.append((re.sub(r"\{[^}]*\}", "batch", path), method.upper(), _properties(schema, document)))
    return found


def _properties(schema: dict[str, object], document: dict[str, object]) -> dict[str, object]:
    for way in ("oneOf", "anyOf", "allOf"):
        parts = schema.get(way)
        if isinstance(parts, list):
            return {name: one for part in parts for name, one in _properties(part, document).items()}
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target: object = document
        for name in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            target = target[name]
        assert isinstance(target, dict)
        return _properties(target, document)
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def check(client: Client, ledger: Ledger, asked: tuple[str, str, bytes, str], *, types: str) -> None:
    path, method, content, key = asked
    size = ledger.size()
    answer = client.send(method, path, content=content, key=key, headers={"content-type": types})
    where = f"{method} {path} {content[:60]!r}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, where
    if answer.status_code < 400:
        # A value may be a good one for a field that asks for nothing better; then it was recorded, and can be read back.
        assert answer.status_code in {200, 201, 202, 204, 303}, where
        return
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", where
    assert problem["status"] == answer.status_code, where
    assert problem["title"], where
    assert problem["errors"][0]["expected"], where
    assert isinstance(problem["errors"][0]["field"], str), where
    assert ledger.size() == size, where
    json.dumps(problem).encode("ascii")


def share(cases: list[T]) -> list[T]:
    """All cases in a whole soak; in a share of it every tenth, so that each address and each body still comes up."""
    scale = soak_scale()
    return cases[:: max(1, round(1 / scale))] if scale else cases


@pytest.mark.soak
def test_whole_bodies_that_are_none_are_refused_everywhere(
    app: FastAPI, client: Client, ledger: Ledger, keys: list[str]
) -> None:
    cases = [(path, method, content) for content in BODIES.values() for path, method, _ in addresses(app)]
    assert len(cases) >= 300
    for number, (path, method, content) in enumerate(share(cases)):
        asked = (path, method, content, keys[number % len(keys)])
        check(client, ledger, asked, types="application/json")


@pytest.mark.soak
def test_a_value_that_is_none_is_refused_everywhere(
    app: FastAPI, client: Client, ledger: Ledger, keys: list[str]
) -> None:
    cases = [
        (path, method, name, value)
        for value in VALUES.values()
        for path, method, properties in addresses(app)
        for name in _fields(properties, salt=len(value) + len(path))
    ]
    for number, (path, method, name, value) in enumerate(share(cases)):
        content = b'{"' + name.encode() + b'":' + value + b"}"
        asked = (path, method, content, keys[number % len(keys)])
        check(client, ledger, asked, types="application/json")


def _fields(properties: dict[str, object], *, salt: int) -> list[str]:
    """Every field in a whole soak; else one, another one for each value and address."""
    names = list(properties) or ["a"]
    return names if soak_scale() == 1 else [names[salt % len(names)]]


@pytest.mark.soak
@pytest.mark.parametrize(
    "types", ["text/plain", "application/json; charset=utf-16", "a/b; c=" + "d" * 5_000, ""]
)
def test_a_body_of_another_kind_is_refused_everywhere(
    app: FastAPI, client: Client, ledger: Ledger, keys: list[str], types: str
) -> None:
    for path, method, _ in share(addresses(app)):
        check(client, ledger, (path, method, b"{}", keys[0]), types=types)


def test_a_reader_that_takes_anything_would_be_noticed(ledger: Ledger) -> None:
    """The planted fault: a route that reads its body as frameworks do."""
    app = create_app(ledger, Settings(base_url=BASE_URL, limits=False))

    @app.post("/planted")
    def planted(body: dict[str, object]) -> dict[str, object]:
        return body

    faults = 0
    with client_of(app, raises=False) as client:
        for value in VALUES.values():
            asked = ("/planted", "POST", b'{"a":' + value + b"}", "")
            try:
                check(client, ledger, asked, types="application/json")
            except AssertionError:
                faults += 1
    assert faults > 0
