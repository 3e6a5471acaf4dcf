"""What every answer carries: the headers, the language, and a description of the whole API that needs nobody else's server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.routes.docs import _refusals
from api.settings import Settings
from ledger.errors import HeadMoved, LedgerFault, Refusal
from ledger.recorder import ClockWentBack, LeafChanged, Overloaded
from ledger.room import DiskNearlyFull
from ledger.store.book import StoreBroken
from scanner.limited import ReaderBroken
from tests.support.pdfs import pdf
from tests.support.server import BASE_URL, Clock, client_of, make_ledger, open_client

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ledger.service import Ledger
    from tests.support.server import Client, Enrolled

SECRET = "/srv/secret/suyuan.db"


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/nowhere", "/api/v1/statements", "/log/checkpoint"])
def test_every_answer_forbids_strangers_scripts_frames_and_guessing(client: Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert not re.search(r"https?:|\*", policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_what_the_api_tells_one_reader_is_kept_by_nobody(client: Client, co_op: Enrolled) -> None:
    assert client.get("/api/v1/statements", key=co_op.key).headers["cache-control"] == "no-store"


LANGUAGES = {
    "nobody said": ("", {}, "zh-CN"),
    "asked in the address": ("?lang=en", {"accept-language": "zh-CN"}, "en"),
    "kept in a cookie": ("", {"cookie": "lang=en", "accept-language": "zh"}, "en"),
    "the address before the cookie": ("?lang=zh-CN", {"cookie": "lang=en"}, "zh-CN"),
    "a language we do not speak": ("?lang=fr", {"accept-language": "fr, de;q=0.5"}, "zh-CN"),
    "the browser's first choice": ("", {"accept-language": "en-GB,en;q=0.9,zh;q=0.8"}, "en"),
    "the heavier one": ("", {"accept-language": "en;q=0.1, zh;q=0.2"}, "zh-CN"),
    "one that is refused": ("", {"accept-language": "zh;q=0, en;q=0.1"}, "en"),
    "none of it well-formed": ("", {"accept-language": "en;q=2, ;;, zh-;q"}, "zh-CN"),
}


@pytest.mark.parametrize(("query", "headers", "expected"), LANGUAGES.values(), ids=LANGUAGES)
def test_a_reader_is_answered_in_his_language(
    client: Client, query: str, headers: Mapping[str, str], expected: str
) -> None:
    answer = client.get(f"/api/v1/nowhere{query}", headers=headers)
    assert answer.headers["content-language"] == expected
    assert answer.json()["title"] == {"zh-CN": "没有这个地址", "en": "no such address"}[expected]


def test_the_description_loads_nothing_from_anywhere(client: Client) -> None:
    for path in ("/docs", "/docs/problems"):
        page = client.get(path).text
        assert "<script" not in page
        assert "style=" not in page
        assert set(re.findall(r'(?:src|href)="(https?:)?//', page)) == set()


def test_the_description_names_every_field_and_every_address(client: Client) -> None:
    page, document = client.get("/docs").text, client.get("/openapi.json").json()
    for path in document["paths"]:
        assert path in page
    for field in ("late_reason", "gtin", "补记原因", "correction_reason", "sha256"):
        assert field in page
    assert "BatchRequest" in document["components"]["schemas"]
    assert document["components"]["schemas"]["BatchRequest"]["required"] == ["name", "category"]


def test_every_reference_in_the_description_leads_somewhere(client: Client) -> None:
    text = client.get("/openapi.json").text
    defined = client.get("/openapi.json").json()["components"]["schemas"]
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', text)) <= defined.keys()


def test_every_refusal_is_explained(client: Client) -> None:
    page = client.get("/docs/problems").text
    for kind in _refusals(Refusal):
        assert f'id="{kind.__name__}"' in page


FAULTS: dict[str, tuple[Exception, int, str, str | None]] = {
    "too many wait": (Overloaded(SECRET), 503, "Overloaded", "2"),
    "the disk is nearly full": (DiskNearlyFull(SECRET), 503, "DiskNearlyFull", "60"),
    "another writer was first": (HeadMoved(SECRET), 503, "HeadMoved", "1"),
    "the clock went back": (ClockWentBack(SECRET), 503, "ClockWentBack", "60"),
    "any other fault of the ledger": (LedgerFault(SECRET), 503, "LedgerFault", "5"),
    "the database does not answer": (OperationalError(SECRET, {}, OSError()), 503, "OperationalError", "5"),
    "stored bytes changed": (StoreBroken(SECRET), 500, "StoreBroken", None),
    "a leaf flipped": (LeafChanged(SECRET), 500, "LeafChanged", None),
    "the photo reader does not start": (ReaderBroken(SECRET), 500, "ReaderBroken", None),
    "a mistake of ours": (ZeroDivisionError(SECRET), 500, "Unforeseen", None),
}


@pytest.mark.parametrize(("fault", "status", "name", "retry"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_ours_is_named_and_tells_nothing_of_our_insides(
    ledger: Ledger, fault: Exception, status: int, name: str, retry: str | None
) -> None:
    app = create_app(ledger, Settings(base_url=BASE_URL))

    def fails() -> None:
        raise fault

    app.add_api_route("/api/v1/fails", fails)
    with client_of(app, raises=False) as client:
        answer = client.get("/api/v1/fails", headers={"accept-language": "en"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers.get("retry-after") == retry
    problem = answer.json()
    assert problem["type"].endswith(f"#{name}")
    assert SECRET not in answer.text
    assert ("instance" in problem) == (status == 500)


def test_evidence_that_changed_in_its_folder_is_a_named_fault_of_ours(
    client: Client, ledger: Ledger, co_op: Enrolled, tmp_path: Path
) -> None:
    sent = client.send(
        "POST",
        "/api/v1/evidence",
        content=pdf(),
        key=co_op.key,
        headers={"content-type": "application/pdf"},
    ).json()["sha256"]
    body = {"holder": str(co_op), "licence_kind": "营业执照", "number": "1", "evidence": sent}
    client.post("/api/v1/licences", json=body, key=co_op.key)
    (tmp_path / "evidence" / sent[:2] / sent).write_bytes(pdf().replace(b"1.7", b"1.6"))
    answer = client.get(f"/api/v1/evidence/{sent}", key=co_op.key)
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["type"].endswith("#EvidenceChanged")
    assert problem["instance"].startswith("urn:uuid:")
    assert sent not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.sqlite
def test_a_ledger_that_cannot_be_read_is_no_nameless_error(tmp_path: Path) -> None:
    with make_ledger(tmp_path, Clock()) as ledger, open_client(ledger) as client:
        for file in tmp_path.glob("suyuan.db*"):
            file.rename(tmp_path / f"gone-{file.name}")
        ledger.engine.dispose()
        answer = client.get("/log/checkpoint")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "暂时不能办理，什么都没有写入，请稍后再试"
    assert "sqlite" not in answer.text.lower()


class TestSettings:
    def test_the_key_file_lies_beside_the_data_and_not_in_it(self, tmp_path: Path) -> None:
        settings = Settings(data=tmp_path / "data")
        assert settings.key_path == tmp_path / ".suyuan-keys" / "data.key"
        assert settings.database == f"sqlite:///{tmp_path}/data/suyuan.db"
        assert settings.evidence_path == tmp_path / "data" / "evidence"

    def test_a_key_file_in_the_data_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="outside"):
            Settings(data=tmp_path, key_file=tmp_path / "keys" / "a.key")
        assert Settings(data=tmp_path, key_file=tmp_path.parent / "a.key").key_path.name == "a.key"

    def test_settings_come_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name, value in {
            "DATA": str(tmp_path),
            "BASE_URL": "https://suyuan.example/",
            "DEMO": "1",
        }.items():
            monkeypatch.setenv(f"SUYUAN_{name}", value)
        settings = Settings()
        assert (settings.data, settings.base_url, settings.demo) == (tmp_path, "https://suyuan.example", True)

    @pytest.mark.parametrize(
        "url",
        [
            "suyuan.example",
            "ftp://suyuan.example",
            "https://suyuan.example/app",
            "https://Suyuan.example",
            "",
        ],
    )
    def test_an_address_that_cannot_stand_on_a_label_is_refused(self, url: str) -> None:
        with pytest.raises(ValidationError, match="SUYUAN_BASE_URL"):
            Settings(base_url=url)
