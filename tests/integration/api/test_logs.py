"""The operator's log: one line for each request and each act, nothing secret in it, and no way to forge a line."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.logs import LOGGING, REQUEST_ID, JsonLines, audit, close_log, open_log
from api.settings import Settings
from tests.support.server import BASE_URL, Clock, client_of, enrol_party, make_ledger, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

Line = dict[str, object]


class Log:
    """What the operator would read."""

    def __init__(self) -> None:
        self.raw: list[str] = []

    @property
    def lines(self) -> list[Line]:
        return [json.loads(one) for one in self.raw]

    def of(self, event: str) -> list[Line]:
        return [one for one in self.lines if one["event"] == event]

    @property
    def last(self) -> Line:
        return self.of("request")[-1]


@pytest.fixture
def log() -> Iterator[Log]:
    written = Log()
    open_log(write=written.raw.append)
    yield written
    close_log()


BATCH = {"name": "韭菜", "category": "edible_farm_produce"}


def test_a_request_is_one_line_with_the_template_of_its_address(
    client: Client, co_op: Enrolled, log: Log
) -> None:
    answer = client.get("/api/v1/statements/01980000-0000-7000-8000-000000000000?x=y", key=co_op.key)
    (line,) = log.lines
    assert line["request"] == answer.headers[REQUEST_ID]
    assert line == {
        **line,
        "event": "request",
        "method": "GET",
        "route": "/statements/{statement}",
        "status": 404,
        "who": str(co_op.party),
        "by": "api_key",
        "as": "owner",
        "problem": "UnknownName",
    }
    assert isinstance(line["ms"], int)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(line["at"]))
    assert "01980000" not in log.raw[0]


def test_an_act_is_one_line_more_and_reading_is_none(client: Client, co_op: Enrolled, log: Log) -> None:
    client.get("/api/v1/statements", key=co_op.key)
    assert log.of("audit") == []
    done = client.post("/api/v1/batches", json={**BATCH, "maker": str(co_op)}, key=co_op.key)
    assert done.status_code == 201
    (act,) = log.of("audit")
    assert (act["act"], act["outcome"], act["who"]) == ("post_batches", "done", str(co_op.party))
    assert act["request"] == done.headers[REQUEST_ID]
    client.post("/api/v1/batches", json={**BATCH, "maker": "me"}, key=co_op.key)
    client.post("/api/v1/batches", json=BATCH)
    assert [one["outcome"] for one in log.of("audit")] == ["done", "refused", "refused"]


def test_every_route_that_changes_something_leaves_one_act(ledger: Ledger, log: Log) -> None:
    app = create_app(ledger, Settings(base_url=BASE_URL))
    document = app.openapi()
    wanted = 0
    with client_of(app, raises=False) as client:
        for path, methods in document["paths"].items():
            for method in methods.keys() & {"post", "put", "patch", "delete"}:
                wanted += 1
                client.send(method.upper(), re.sub(r"\{[^}]*\}", "x", path), content=b"{}")
                assert len(log.of("audit")) == wanted, f"{method} {path}"
                assert log.of("audit")[-1]["act"] == methods[method]["operationId"]
    assert wanted > 20


NASTY = {
    "a new line": 'x\n{"event":"request","status":200}',
    "a carriage return": "x\r\x1b[2Kforged",
    "line separators": "x\u2028y\u2029z\x85",
    "text turned round": "x\u202etxt.exe\u2066",
    "a lone surrogate": "x\ud800y",
    "nothing to be seen": "x\x00\u200b\ufeff\x7f\x9b",
    "a quote": '","event":"audit","act":"forged',
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_no_value_can_forge_a_line_or_hide_one(log: Log, text: str) -> None:
    audit("a_test", what=text)
    (line,) = log.raw
    assert line.isprintable(), line
    assert json.loads(line)["what"] == text
    assert json.loads(line)["act"] == "a_test"


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_nor_can_it_in_the_lines_of_other_modules(text: str) -> None:
    record = logging.LogRecord(f"api.{text}", logging.ERROR, __file__, 1, "came: %s", (text,), None)
    line = JsonLines().format(record)
    assert line.isprintable(), line
    assert json.loads(line)["event"] == f"came: {text}"
    assert json.loads(line)["level"] == "error"


def test_an_error_of_ours_is_told_with_its_trace_on_one_line() -> None:
    def fail() -> None:
        secret = "suyuan_" + "k" * 43
        message = f"unforeseen with {secret}\nand more"
        raise RuntimeError(message)

    try:
        fail()
    except RuntimeError as wrong:
        record = logging.LogRecord(
            "api", logging.ERROR, __file__, 1, "wrong", (), (RuntimeError, wrong, wrong.__traceback__)
        )
    line = JsonLines().format(record)
    assert line.isprintable()
    assert "RuntimeError" in json.loads(line)["exception"]
    assert "kkkk" not in line


def test_the_servers_own_access_lines_are_off() -> None:
    loggers = LOGGING["loggers"]
    assert isinstance(loggers, dict)
    assert loggers["granian.access"]["handlers"] == []


SHAPES = {
    "an access key": "suyuan_" + "A" * 49,
    "a header": "Authorization: Bearer c2VjcmV0c2VjcmV0",
    "a session": "cookie was __Host-suyuan=c2VjcmV0c2VjcmV0; lang=zh",
    "a database's password": "postgresql+psycopg://suyuan:c2VjcmV0c2VjcmV0@db/suyuan",
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_what_looks_like_a_secret_is_blotted_out(log: Log, text: str) -> None:
    audit("a_test", what=text)
    logged = JsonLines().format(logging.LogRecord("x", logging.INFO, __file__, 1, "%s", (text,), None))
    for line in (*log.raw, logged):
        assert "c2VjcmV0" not in line
        assert "AAAA" not in line


@pytest.mark.parametrize(
    "name", ["authorization", "Cookie", "pin", "access_key", "id_token", "client_secret"]
)
def test_a_field_named_like_a_secret_is_blotted_out(log: Log, name: str) -> None:
    audit("a_test", **{name: "483920"})
    assert "483920" not in log.raw[0]


def test_nothing_that_was_sent_lies_in_the_log_of_a_whole_day(tmp_path: Path, log: Log) -> None:
    """Whatever the acts of the API send and get that is secret, or somebody's own, is searched for in every line."""
    secrets: list[str] = []
    with make_ledger(tmp_path, Clock()) as ledger:
        registrar = registrar_of(ledger)
        co_op = enrol_party(ledger, "日志里不该出现的合作社（演示）")
        secrets += [registrar.key, co_op.key, "日志里不该出现的合作社"]
        settings = Settings(base_url=BASE_URL, limits=True, demo=True, limit_reading="30/day")
        with client_of(create_app(ledger, settings), raises=False) as client:
            given = client.post(
                "/api/v1/access-keys", json={"party": str(co_op), "label": "标签不入日志"}, key=registrar.key
            )
            secrets += [given.json()["access_key"], "标签不入日志"]
            batch = {**BATCH, "name": "品名不入日志", "maker": str(co_op)}
            made = client.post("/api/v1/batches", json=batch, key=co_op.key)
            secrets += ["品名不入日志", made.json()["id"]]
            client.get(f"/api/v1/statements/{made.json()['id']}", key=co_op.key)
            client.get("/c/22222222222222222?who=pin-4839", headers={"x-forwarded-for": "203.0.113.99"})
            cookie = f"suyuan_demo_identity={co_op}; suyuan_session=c2Vzc2lvbnNlc3Npb24"
            client.get("/my", headers={"cookie": cookie, "user-agent": "device-name-77"})
            client.get("/api/v1/statements", key="suyuan_" + "Z" * 49)
            client.send("POST", "/api/v1/keys", content=b'{"pin":"483920"}', key=registrar.key)
            for _ in range(35):
                client.get("/docs")
    secrets += ["22222222222222222", "pin-4839", "203.0.113.99", "c2Vzc2lvbnNlc3Npb24", "device-name-77"]
    secrets += ["ZZZZZZ", "483920", "127.0.0.1"]
    written = "\n".join(log.raw)
    assert [one for one in secrets if one in written] == []
    # It was a day with something to tell.
    assert {"post_access_key", "post_batches", "limit_reached", "post_key"} <= {
        one["act"] for one in log.of("audit")
    }
    assert len(log.of("request")) > 40


def test_the_search_for_secrets_would_find_one(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a log that forgets to blot."""
    monkeypatch.setattr("api.logs._SECRET_SHAPES", re.compile(r"(?!)"))
    audit("a_test", what="Bearer " + "s" * 43)
    assert "s" * 43 in log.raw[0]
