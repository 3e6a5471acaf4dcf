"""A commodity that nobody had thought of: one file in a folder that a setting names, and everything asks for it, with no line of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api.app import create_app
from api.commands.console import Misuse
from api.commands.opening import open_ledger, settings_of
from ledger.keys import Vault
from ledger.service import Ledger
from ledger.vocabulary.profiles import use_folder
from tests.support.server import client_of, enrol_party, registrar_of
from tests.support.stores import audited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.support.server import Client, Enrolled

#: Invented from its first line to its last.
SOAP = r"""
category = "tea_oil_soap"
aliases = ["山茶油皂（演示）", "手工皂（演示）"]
backdating_days = 3
loss_tolerance = "0.01"
safety_interval = false
receipt_is_check = true
findings = ["licence_never_held", "licence_expired_on_day", "field_missing", "oversold"]

fields = [
    { record = "batch", field = "details.press", name = { zh = "榨油批号", en = "press run" }, law = "山茶油皂管理办法（演示） 3", missing = "refusal" },
    { record = "batch", field = "details.acidity", name = { zh = "酸碱度", en = "pH" }, law = "山茶油皂管理办法（演示） 4", missing = "nothing", pattern = '([0-9]|1[0-3])(\.[0-9])?' },
    { record = "batch", field = "specification", name = { zh = "规格", en = "specification" }, law = "山茶油皂管理办法（演示） 5", missing = "finding" },
]
codes = [
    { kind = "other", name = { zh = "皂码", en = "soap code" }, pattern = 'ZY[0-9]{8}', law = "山茶油皂管理办法（演示） 6" },
]
checklist = [
    { name = { zh = "皂化与晾置", en = "saponified and dried" }, law = "山茶油皂管理办法（演示） 7" },
]

[name]
zh = "山茶油皂"
en = "tea oil soap"

[laws]
record = "山茶油皂管理办法（演示） 5"

[licences.maker]
kinds = ["制皂证（演示）"]
law = "山茶油皂管理办法（演示） 2"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The operator's folder: one file."""
    folder = tmp_path / "categories"
    folder.mkdir()
    (folder / "tea_oil_soap.toml").write_text(SOAP, encoding="utf-8")
    return folder


@pytest.fixture
def ledger(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """A ledger as `suyuan serve` opens it, with the folder named by the environment and by nothing else."""
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SUYUAN_CATEGORIES", str(folder))
    settings = settings_of()
    assert settings.categories == folder
    settings.data.mkdir()
    vault = Vault.create_file(settings.key_path)
    Ledger.create(
        settings.database,
        host="suyuan.example",
        registrar_name="登记处（演示）",
        vault=vault,
        evidence=settings.evidence,
    ).close()
    with open_ledger(settings) as ledger:
        yield ledger
    use_folder(None)


@pytest.fixture
def client(ledger: Ledger) -> Iterator[Client]:
    with client_of(create_app(ledger, settings_of())) as client:
        yield client


@pytest.fixture
def maker(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "天台山茶油皂坊（演示）")


@pytest.fixture
def shop(ledger: Ledger) -> Enrolled:
    return enrol_party(ledger, "城南杂货铺（演示）")


def soap(*details: tuple[str, str], **more: object) -> dict[str, object]:
    """A batch of soap as a client sends it."""
    return {
        "name": "山茶油皂",
        "category": "手工皂（演示）",
        "produced_on": "2026-03-02",
        "quantity": {"amount": "200", "unit": "KGM"},
        **({"details": [{"field": field, "value": value} for field, value in details]} if details else {}),
        **more,
    }


def post(client: Client, body: dict[str, object], by: Enrolled, *, lang: str = "zh") -> httpx.Response:
    """One batch."""
    return client.post("/api/v1/batches", json=body, key=by.key, headers={"accept-language": lang})


def found(client: Client, by: Enrolled) -> list[tuple[str, str | None]]:
    """What a party is told that does not fit: kind and article."""
    answer = client.get("/api/v1/findings", key=by.key).json()
    return sorted((one["kind"], one["law"]) for one in answer["findings"])


def test_without_the_field_it_means_nothing_without_a_batch_is_refused_in_both_languages(
    client: Client, maker: Enrolled
) -> None:
    for lang, named in (
        ("zh", "榨油批号（山茶油皂管理办法（演示） 3）"),
        ("en", "press run (山茶油皂管理办法（演示） 3)"),
    ):
        for body in (soap(), soap(("acidity", "8.5"))):
            refused = post(client, body, maker, lang=lang)
            assert (refused.status_code, refused.json()["field"]) == (422, "details.press")
            assert refused.json()["expected"] == named


@pytest.mark.parametrize(("acidity", "status"), [("0", 201), ("13.9", 201), ("14", 422), ("8,5", 422)])
def test_a_field_with_a_pattern_has_that_form(
    client: Client, maker: Enrolled, acidity: str, status: int
) -> None:
    answer = post(client, soap(("press", "ZY-7"), ("acidity", acidity)), maker)

    assert answer.status_code == status
    if status != 201:
        assert (answer.json()["field"], answer.json()["came"]) == ("details.acidity", acidity)


def test_a_field_that_the_category_does_not_have_is_refused(client: Client, maker: Enrolled) -> None:
    answer = post(client, soap(("press", "ZY-7"), ("zodiac", "兔")), maker)

    assert (answer.status_code, answer.json()["field"]) == (422, "details.zodiac")
    # The same detail on goods of a category that has it not.
    other = post(client, soap(("press", "ZY-7"), category="药品"), maker)
    assert (other.status_code, other.json()["field"]) == (422, "details.press")


def test_it_is_made_sold_and_checked_and_its_own_duties_are_found(
    client: Client, ledger: Ledger, maker: Enrolled, shop: Enrolled
) -> None:
    made = post(client, soap(("press", "ZY-7"), ("acidity", "8.5")), maker)
    assert made.status_code == 201, made.text
    goods = made.json()["goods"]
    line = {"goods": goods, "quantity": {"amount": "40", "unit": "KGM"}}

    sent = client.post("/api/v1/shipments", json={"to": str(shop), "lines": [line]}, key=maker.key)
    assert sent.status_code == 201
    check = {
        "supplier": str(maker),
        "received_on": sent.json()["recorded_at"][:10],
        "conclusion": "accept",
        "checks": [{"what": "certificate", "result": "in_order"}],
        "lines": [line],
    }
    assert client.post("/api/v1/supplier-checks", json=check, key=shop.key).status_code == 201

    kinds = found(client, maker)
    assert ("field_missing", "山茶油皂管理办法（演示） 5") in kinds
    assert ("licence_never_held", "山茶油皂管理办法（演示） 2") in kinds
    assert not [kind for kind, _ in found(client, shop) if kind.startswith("licence")]
    audited(ledger)


def test_with_the_licence_and_the_field_nothing_is_found(
    client: Client, ledger: Ledger, maker: Enrolled
) -> None:
    registrar = registrar_of(ledger)
    licence = {
        "holder": str(maker),
        "licence_kind": "制皂证（演示）",
        "number": "皂-1",
        "valid_from": "2026-01-01",
    }
    assert client.post("/api/v1/licences", json=licence, key=registrar.key).status_code == 201
    assert post(client, soap(("press", "ZY-7"), specification="100 g/块"), maker).status_code == 201

    assert found(client, maker) == []


def test_anybody_can_ask_what_the_new_category_wants(client: Client) -> None:
    listed = client.get("/api/v1/categories").json()["categories"]
    assert {"zh": "山茶油皂", "en": "tea oil soap"} in [one["name"] for one in listed]

    answer = client.get("/api/v1/categories/tea_oil_soap").json()
    press = next(one for one in answer["fields"] if one["field"] == "details.press")
    assert press == {
        "record": "batch",
        "field": "details.press",
        "name": {"zh": "榨油批号", "en": "press run"},
        "law": "山茶油皂管理办法（演示） 3",
        "missing": "refusal",
        "pattern": None,
        "not_for_parties": [],
    }
    assert answer["codes"][0]["pattern"] == "ZY[0-9]{8}"
    assert answer["licences"]["maker"]["kinds"] == ["制皂证（演示）"]
    assert client.get("/api/v1/categories/手工皂（演示）").json() == answer


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('missing = "refusal"', 'missing = "shrug"', "fields[0].missing"),
        ('zh = "山茶油皂"', 'zh = "药品"', "药品"),
        ("[laws]", "[laws", "TOML"),
    ],
)
def test_a_broken_file_stops_the_start_with_one_line_that_names_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, named: str
) -> None:
    assert old in SOAP
    (folder / "tea_oil_soap.toml").write_text(SOAP.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SUYUAN_CATEGORIES", str(folder))
    with pytest.raises(Misuse) as caught:
        settings_of()
    use_folder(None)
    assert named in caught.value.words.zh
    assert str(folder) in caught.value.words.en


def test_a_folder_that_is_not_there_is_named_by_its_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SUYUAN_CATEGORIES", str(tmp_path / "nowhere"))
    with pytest.raises(Misuse, match="SUYUAN_CATEGORIES"):
        settings_of()
