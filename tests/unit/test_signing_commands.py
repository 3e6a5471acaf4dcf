"""`suyuan key`, `sign`, `submit`, `log-key`: what is refused before anything is signed or sent, and what a key file lets out."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from api.cli import main
from ledger.keys import Ed25519Signer
from ledger.statement import Statement

if TYPE_CHECKING:
    from pathlib import Path

GOOD, MISUSED = 0, 2
PARTY = "pty_qmtj9z8mrnc67jj5"
LOG = "log.example/0123456789abcdef"
BATCH = {"name": "青菜（演示）", "category": "edible_farm_produce", "produced_on": "2026-11-20"}


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Status, and what was said on either channel."""
    status = main(["--lang", "en", *words])
    said = capsys.readouterr()
    return status, said.out + said.err


@pytest.fixture
def key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "key.pem"
    assert call(capsys, "key", "new", str(path))[0] == GOOD
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(BATCH), encoding="utf-8")
    return path


def signing(record: Path, key: Path, *more: str) -> tuple[str, ...]:
    whose = ("--party", PARTY, "--log", LOG)
    return ("sign", str(record), "--type", "batches", "--key", str(key), *whose, *more)


def test_a_key_file_is_its_owner_s_alone_and_shows_only_its_public_half(
    key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    private = load_pem_private_key(key.read_bytes(), password=None)
    signer = Ed25519Signer.from_secret(private.private_bytes_raw())  # type: ignore[union-attr]  # an Ed25519 key
    status, said = call(capsys, "key", "show", str(key))
    assert status == GOOD
    assert str(signer.public) in said
    assert signer.public.keyid in said
    assert signer.secret.hex() not in said
    assert key.read_text().splitlines()[1] not in said


def test_a_key_file_is_never_overwritten(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = key.read_bytes()
    assert call(capsys, "key", "new", str(key))[0] == MISUSED
    assert key.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_can_read_signs_nothing(
    key: Path, record: Path, mode: int, capsys: pytest.CaptureFixture[str]
) -> None:
    key.chmod(mode)
    status, said = call(capsys, *signing(record, key))
    assert status == MISUSED
    assert "chmod 600" in said


def test_a_passphrase_opens_its_key_and_no_other_does(
    tmp_path: Path, record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad, key = tmp_path / "good", tmp_path / "bad", tmp_path / "key.pem"
    good.write_text("correct horse\n")
    bad.write_text("battery staple\n")
    assert call(capsys, "key", "new", str(key), "--passphrase-file", str(good))[0] == GOOD
    assert b"ENCRYPTED" in key.read_bytes()
    assert call(capsys, *signing(record, key, "--passphrase-file", str(bad)))[0] == MISUSED
    # Unattended, with nobody to ask.
    assert call(capsys, *signing(record, key))[0] == MISUSED
    monkeypatch.setenv("SUYUAN_KEY_PASSPHRASE_FILE", str(good))
    assert call(capsys, *signing(record, key))[0] == GOOD


def test_signing_asks_no_network_and_says_what_is_signed(
    key: Path, record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        message = "asked for the network"
        raise AssertionError(message)

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    status, said = call(capsys, *signing(record, key))
    assert status == GOOD, said
    for word in ("青菜（演示）", PARTY, LOG, "2026-11-20"):
        assert word in said
    file = record.with_name("batch.json.signed.json")
    assert file.stat().st_mode & 0o777 == 0o600
    (body,) = json.loads(file.read_bytes())["statements"]
    statement = Statement.from_json(body)
    assert (str(statement.header.issuer), statement.header.log, statement.header.type) == (
        PARTY,
        LOG,
        "batch.v1",
    )
    private = load_pem_private_key(key.read_bytes(), password=None)
    signer = Ed25519Signer.from_secret(private.private_bytes_raw())  # type: ignore[union-attr]  # an Ed25519 key
    (signature,) = statement.envelope.signatures
    signer.public.verify(signature.sig, statement.envelope.signed_bytes())


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "name"),
        ({**BATCH, "name": ""}, "name"),
        ({**BATCH, "colour": "green"}, "colour"),
        ([], "JSON object"),
    ],
)
def test_what_is_no_record_is_not_signed(
    key: Path, record: Path, body: object, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record.write_text(json.dumps(body), encoding="utf-8")
    status, said = call(capsys, *signing(record, key))
    assert status == MISUSED
    assert why in said
    assert len(said.splitlines()) == 1
    assert not record.with_name("batch.json.signed.json").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("key",),
        ("key", "show", "/nowhere.pem"),
        ("key", "rotate", "--key", "/nowhere.pem"),
        ("sign", "/nowhere.json", "--key", "/nowhere.pem"),
        ("submit", "/nowhere.json", "--url", "http://127.0.0.1:1"),
        ("log-key",),
        ("log-key", "stolen"),
    ],
)
def test_a_wrong_call_is_one_line(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    status, said = call(capsys, *words)
    assert status == MISUSED
    assert len(said.strip().splitlines()) == 1


def test_a_server_that_does_not_answer_is_named_and_nothing_is_called_recorded(
    key: Path, record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, *signing(record, key))
    file = record.with_name("batch.json.signed.json")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    status, said = call(capsys, "submit", str(file), "--url", f"http://127.0.0.1:{port}")
    assert status == MISUSED
    assert re.search(r"no answer from http://127\.0\.0\.1", said)
    assert "recorded:" not in said


def test_signing_needs_nothing_that_another_command_has_loaded() -> None:
    """In a process of its own, as whoever types it has: elsewhere in these tests the application is loaded already."""
    program = (
        "from ledger.identifiers import PartyId; from api.commands.signing import _drafts; "
        "party = PartyId.new(b'ten bytes!'); "
        "body = {'party': str(party), 'party_kind': 'company', 'name': '示例商行（演示）'}; "
        "print([one.header.type for one in _drafts(body, 'parties', party=party, log='x.test/0011223344556677')])"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "['party.v1']", ended.stderr
