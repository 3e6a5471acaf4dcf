"""Attacks that need no force: sending again, sending elsewhere, and having the server fetch something."""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ledger.identifiers import BatchCode, GoodsId, Instant, StatementId
from ledger.keys import Ed25519Signer
from ledger.statement import sign_statement
from ledger.vocabulary.goods import Batch
from tests.support.server import MORNING_MS, Clock, enrol_party, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from ledger.statement import Statement
    from tests.support.server import Client, Enrolled

PATH = "/api/v1/statements"
REPLAYS = 50


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with make_ledger(tmp_path, Clock()) as ledger:
        yield ledger


@pytest.fixture
def client(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger) as client:
        yield client


@pytest.fixture
def signer() -> Ed25519Signer:
    return Ed25519Signer.generate()


@pytest.fixture
def farm(ledger: Ledger, signer: Ed25519Signer) -> Enrolled:
    return enrol_party(ledger, "自持密钥的农场（演示）", signer=signer)


def signed(ledger: Ledger, farm: Enrolled, signer: Ed25519Signer, name: str, *, number: int = 0) -> Statement:
    goods = GoodsId.of_batch(BatchCode.new(bytes(10)))
    batch = Batch(goods=goods, maker=farm.party, name=name, category="edible_farm_produce")
    return sign_statement(
        batch.to_items(),
        log=ledger.origin,
        statement_id=StatementId.new(MORNING_MS, number.to_bytes(10, "big")),
        type_name=batch.TYPE,
        issuer=farm.party,
        occurred_at=Instant(MORNING_MS, 480),
        signers=[signer],
    )


def test_fifty_replays_at_once_are_one_entry_and_fifty_equal_receipts(
    client: Client, ledger: Ledger, farm: Enrolled, signer: Ed25519Signer
) -> None:
    size, body = ledger.size(), signed(ledger, farm, signer, "韭菜").as_json()
    with ThreadPoolExecutor(REPLAYS) as crowd:
        answers = list(crowd.map(lambda _: client.post(PATH, json=body), range(REPLAYS)))
    assert ledger.size() == size + 1
    statuses = sorted(one.status_code for one in answers)
    assert statuses == [200] * (REPLAYS - 1) + [201]
    receipts = {json.dumps({**one.json(), "again": None}, sort_keys=True) for one in answers}
    assert len(receipts) == 1


def test_of_two_contents_under_one_id_only_the_first_stands(
    client: Client, ledger: Ledger, farm: Enrolled, signer: Ed25519Signer
) -> None:
    assert client.post(PATH, json=signed(ledger, farm, signer, "韭菜").as_json()).status_code == 201
    size = ledger.size()
    other = client.post(PATH, json=signed(ledger, farm, signer, "大葱").as_json())
    assert (other.status_code, ledger.size()) == (409, size)
    # The first one, sent again, is still the first one.
    assert client.post(PATH, json=signed(ledger, farm, signer, "韭菜").as_json()).status_code == 200


def test_a_statement_recorded_here_is_refused_by_another_log(
    client: Client, ledger: Ledger, farm: Enrolled, signer: Ed25519Signer, tmp_path: Path
) -> None:
    body = signed(ledger, farm, signer, "韭菜").as_json()
    assert client.post(PATH, json=body).status_code == 201
    (tmp_path / "elsewhere").mkdir()
    with make_ledger(tmp_path / "elsewhere", Clock()) as elsewhere, open_client(elsewhere) as other:
        elsewhere.enrol(farm.party, role="enterprise", public=signer)
        size = elsewhere.size()
        refused = other.post(PATH, json=body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["name"] == "AnotherLog"
        assert elsewhere.size() == size


def test_a_good_envelope_with_the_item_of_another_one_is_refused(
    client: Client, ledger: Ledger, farm: Enrolled, signer: Ed25519Signer
) -> None:
    one, two = (signed(ledger, farm, signer, name, number=n) for n, name in enumerate(("韭菜", "大葱")))
    size = ledger.size()
    refused = client.post(PATH, json={**one.as_json(), "items": two.as_json()["items"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["name"] == "CommitmentWrong"
    assert ledger.size() == size


LINKS = [
    "http://127.0.0.1:9/canary",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]:9/",
    "https://evil.example/logo.png",
    "file:///etc/passwd",
    "gopher://127.0.0.1:9/_x",
    "\\\\evil.example\\share",
]

#: Every attempt to reach anybody while a guard stands.
_tried: list[str] = []
_guarding = False


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if not _guarding:
        return
    if event in {
        "socket.connect",
        "socket.sendto",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "urllib.Request",
    }:
        _tried.append(f"{event} {arguments[1:]}")


sys.addaudithook(_guard)


@contextmanager
def guarded() -> Iterator[list[str]]:
    """Notes every connection and every name that is looked up."""
    global _guarding  # noqa: PLW0603  (an audit hook stays for ever; this switches it off)
    _tried.clear()
    _guarding = True
    try:
        yield _tried
    finally:
        _guarding = False


@pytest.mark.parametrize("link", LINKS)
def test_nothing_that_a_caller_names_is_fetched(
    client: Client, ledger: Ledger, farm: Enrolled, link: str
) -> None:
    trader = enrol_party(ledger, "有链接的主体（演示）")
    goods = str(GoodsId.of_batch(BatchCode.new(bytes(10))))
    sheet = {"party": str(trader), "party_kind": "company", "name": link}
    batch = {"goods": goods, "maker": str(trader), "name": link, "category": "edible_farm_produce"}
    with guarded() as tried:
        assert client.post("/api/v1/parties", json=sheet, key=trader.key).status_code in {201, 422}
        assert client.post("/api/v1/batches", json=batch, key=trader.key).status_code in {201, 422}
        client.post(
            "/api/v1/delistings", json={"url": link, "platform": str(trader), "reason": link}, key=trader.key
        )
        client.post("/api/v1/licences", json={"holder": str(trader), "number": link}, key=trader.key)
        client.post(
            "/api/v1/documents/epcis", json={"@context": [link], "schemaLocation": link}, key=trader.key
        )
        client.get("/api/v1/trace", headers={"referer": link, "origin": link, "x-forwarded-host": link})
        client.get(f"/api/v1/trace?code={link}", key=trader.key)
        client.get("/p/", headers={"host": "evil.example", "x-original-url": link})
        drawing = f'<svg xmlns:x="{link}"><image href="{link}"/></svg>'.encode()
        client.send(
            "POST",
            "/api/v1/evidence",
            content=drawing,
            key=trader.key,
            headers={"content-type": "image/svg+xml"},
        )
    assert tried == []


def test_the_guard_would_notice_a_connection() -> None:
    """The planted fault: somebody who looks."""
    with guarded() as tried, socket.socket() as one:
        one.connect_ex(("127.0.0.1", 9))
    assert len(tried) == 1
