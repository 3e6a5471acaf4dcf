"""Whatever is sent, the answer is a good one or a named refusal: never a fault of ours, and never half of a record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.drafting import Meta
from api.routes.trade import PATHS
from tests.support.server import Clock, Enrolled, make_ledger, open_client, registrar_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ledger.service import Ledger
    from tests.support.server import Client

GOODS = "urn:suyuan:batch:00000000000000000"
PARTY = "pty_0000000000000000"
ID = "01980000-0000-7000-8000-000000000000"
TIME = "2026-11-14T08:00:00+08:00"
LINE = {"goods": GOODS, "quantity": {"amount": "1", "unit": "KGM"}}

FEW = settings(max_examples=60)

#: What a field may hold when its sender was nearly right.
NEARLY = st.sampled_from(
    (
        *(
            GOODS,
            PARTY,
            ID,
            TIME,
            "2026-11-14",
            "320682",
            "09520001000027",
            "韭菜",
            "hold",
            "recall",
            "issue",
        ),
        *(
            "accept",
            "self_test",
            "sales_slip",
            "company",
            "granted",
            "plot",
            "loss",
            "pass",
            "incorrect_data",
        ),
        *("3200.00", "", " "),
    )
)
PARTS = st.sampled_from(
    [
        LINE,
        {"amount": "1", "unit": "KGM"},
        {"amount": "-1", "unit": "KGM"},
        {"goods": GOODS},
        {},
        {"what": "label"},
    ]
)
#: RFC 8259, and then some: surrogates, numbers of any size, NaN.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
VALUE = st.one_of(
    NEARLY, PARTS, st.lists(NEARLY | PARTS, max_size=3), st.booleans(), st.integers(0, 9), ANYTHING
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with make_ledger(tmp_path_factory.mktemp("fuzz"), Clock()) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def client(ledger: Ledger) -> Iterator[Client]:
    with open_client(ledger) as client:
        yield client


@pytest.fixture(scope="module")
def registrar(ledger: Ledger) -> Enrolled:
    # The registrar may say most: what it sends gets furthest in.
    return registrar_of(ledger)


def check_named(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert all(answer.json()[name] is not None for name in ("type", "title", "field", "came", "expected"))


@pytest.mark.parametrize("path", sorted(PATHS))
@FEW
@given(data=st.data())
def test_no_record_however_odd_is_a_fault_of_ours(
    client: Client, ledger: Ledger, registrar: Enrolled, path: str, data: st.DataObject
) -> None:
    kind = PATHS[path]
    body: dict[str, object] = {}
    for name, field in kind.model_fields.items():
        if field.is_required() or data.draw(st.integers(0, 3)) == 0:
            body[name] = data.draw(VALUE, label=name)
    extra = st.sampled_from([*Meta.model_fields, "gtin", "check", "voucher", "statements", "colour"])
    body |= data.draw(st.dictionaries(extra, VALUE, max_size=1), label="beside")
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    size = ledger.size()
    answer = client.send(
        "POST",
        f"/api/v1/{path}",
        content=content,
        key=registrar.key,
        headers={"content-type": "application/json"},
    )
    check_named(answer)
    assert (ledger.size() > size) == (answer.status_code == 201)


@FEW
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_no_bytes_however_odd_are_a_fault_of_ours(
    client: Client, registrar: Enrolled, content: bytes
) -> None:
    for path, kind in (
        ("/api/v1/statements", "application/json"),
        ("/api/v1/keys", "application/json"),
        ("/api/v1/batches", "application/json"),
        ("/api/v1/scans/photo", "multipart/form-data; boundary=B"),
        ("/demo/identity", "application/x-www-form-urlencoded"),
    ):
        check_named(
            client.send("POST", path, content=content, key=registrar.key, headers={"content-type": kind})
        )


@FEW
@given(text=st.text(max_size=40) | NEARLY, number=st.integers(-1, 2**65).map(str) | st.text(max_size=5))
def test_no_address_however_odd_is_a_fault_of_ours(
    client: Client, registrar: Enrolled, text: str, number: str
) -> None:
    # What has no UTF-8 bytes has no place in an address.
    safe = "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))
    count = "".join(f"%{byte:02X}" for byte in number.encode("utf-8", "replace"))
    for path in (
        f"/api/v1/trace?goods={safe}&as_of={count}",
        f"/api/v1/trace?code={safe}&depth_max={count}&nodes_max={count}",
        f"/api/v1/balance?goods={safe}&party={safe}",
        f"/api/v1/findings?party={safe}&since={safe}&until={safe}",
        f"/api/v1/statements/{safe}",
        f"/api/v1/statements?cursor={safe}&limit={count}",
        f"/api/v1/recalls/{safe}/scope?as_of={count}",
        f"/api/v1/codes/{safe}/label.png?dpi={count}",
        f"/api/v1/goods-label?goods={safe}&form={safe}",
        f"/api/v1/evidence/{safe}?statement={safe}",
        f"/api/v1/entries/{count}/proof",
        f"/log/tile/{safe}",
        f"/01/{safe}",
        f"/c/{safe}",
    ):
        check_named(client.get(path, key=registrar.key))
