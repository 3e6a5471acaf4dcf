"""`suyuan verify-code` and `sign-code`: without any network, in words, and never more than a signature says."""

from __future__ import annotations

import io
import json
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from ledger.errors import Refusal
from ledger.log.label_keys import LabelKeys
from ledger.log.signed_links import sign_link
from ledger.statement import Statement
from ledger.vocabulary.registering import Key
from tests.support import cameras
from tests.support import signed_links as made

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.keys import Ed25519Signer

GOOD, WRONG, MISUSED = 0, 1, 2
VKEY = str(made.LOG.verifier)


@pytest.fixture(autouse=True)
def _without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        message = "asked for the network"
        raise AssertionError(message)

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "label-keys"
    path.write_bytes(made.NOTE)
    return path


def call(capsys: pytest.CaptureFixture[str], *words: str, language: str = "zh") -> tuple[int, str]:
    status = main(["--lang", language, *words])
    said = capsys.readouterr()
    return status, said.out + said.err


def verify(
    capsys: pytest.CaptureFixture[str], bundle: Path, *words: str, language: str = "zh"
) -> tuple[int, str]:
    return call(capsys, "verify-code", *words, "--bundle", str(bundle), "--vkey", VKEY, language=language)


def test_a_good_signature_is_told_with_its_maker_its_key_its_time_and_what_was_not_checked(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = sign_link(made.PACK, made.MAKER)
    status, said = verify(capsys, bundle, link)
    assert status == GOOD, said
    for word in (
        "绿畦示例合作社（演示）",
        "密钥有效",
        "第 42 条",
        "复制的码同样能通过",
        "是否被召回",
        "网址不在签名范围内",
    ):
        assert word in said, word
    status, said = verify(capsys, bundle, link, language="en")
    for word in (
        "issued by",
        "the key is valid",
        "log size 42",
        "a copy of the code verifies too",
        "not checked: ",
    ):
        assert word in said, word
    assert "genuine" not in said


@pytest.mark.parametrize(
    ("signer", "told", "status"),
    [(made.ENDED, "停用", GOOD), (made.LOST, "报失", GOOD), (made.STOLEN, "失窃", WRONG)],
)
def test_a_key_that_ended_is_told_and_a_stolen_one_is_no_success(
    bundle: Path,
    signer: Ed25519Signer,
    told: str,
    status: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    came, said = verify(capsys, bundle, sign_link(made.PACK, signer))
    assert told in said
    assert came == status


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (made.PACK, "链接不带签名"),
        (sign_link(made.PACK, made.STRANGER), "没有这把签名密钥"),
        (sign_link(made.PACK, made.MAKER).replace("K3", "K4"), "签名不符"),
        ("不是链接", "应为"),
    ],
)
def test_what_does_not_verify_is_told_by_its_reason(
    bundle: Path, link: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = verify(capsys, bundle, link)
    assert status == WRONG
    assert told in said
    assert "签名有效" not in said


def test_the_host_is_compared_apart_and_only_when_somebody_says_which(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = sign_link(made.PACK, made.MAKER)
    strange = link.replace("suyuan.example", "suyuan.example.evil.example")
    assert "没有比对" in verify(capsys, bundle, link)[1]
    assert "与所要的相符" in verify(capsys, bundle, link, "--host", "suyuan.example")[1]
    _, said = verify(capsys, bundle, strange, "--host", "suyuan.example")
    assert "签名有效" in said
    assert "请不要打开" in said
    _, said = verify(
        capsys, bundle, link.replace("suyuan.example", "suyuan.examp1e"), "--host", "suyuan.example"
    )
    assert "只是看上去像" in said


def test_a_photo_of_the_code_is_checked_as_its_text(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "code.jpg"
    photo.write_bytes(cameras.jpeg(cameras.one(sign_link(made.PACK, made.MAKER), side=520)))
    status, said = verify(capsys, bundle, "--photo", str(photo))
    assert status == GOOD, said
    assert "绿畦示例合作社（演示）" in said
    photo.write_bytes(cameras.jpeg(cameras.scene()))
    status, said = verify(capsys, bundle, "--photo", str(photo))
    assert (status, "没有认出码" in said) == (MISUSED, True)


def test_a_bundle_of_another_log_checks_nothing(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle.write_bytes(made.NOTE.replace(b'"size":42', b'"size":43'))
    status, said = verify(capsys, bundle, sign_link(made.PACK, made.MAKER))
    assert status == MISUSED
    assert "签名有效" not in said


def test_a_label_key_of_one_s_own_signs_codes_and_its_enrolment_is_signed_by_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, label, out = tmp_path / "key.pem", tmp_path / "label.pem", tmp_path / "label.signed.json"
    for path in (key, label):
        assert call(capsys, "key", "new", str(path))[0] == GOOD
    whose = ("--party", "pty_qmtj9z8mrnc67jj5", "--log", made.ORIGIN)
    status, said = call(
        capsys, "key", "label", "--key", str(key), "--new", str(label), "-o", str(out), *whose
    )
    assert status == GOOD, said
    (body,) = json.loads(out.read_bytes())["statements"]
    statement = Statement.from_json(body)
    enrolled = Key.from_items(statement.items)
    assert (enrolled.action, enrolled.use, enrolled.custody) == ("enrol", "label", "own")
    assert len(statement.envelope.signatures) == 2

    status, said = call(capsys, "sign-code", made.PACK, "--key", str(label))
    assert status == GOOD
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{made.PACK}\n\n{made.BATCH}\n"))
    status, many = call(capsys, "sign-code", "-", "--key", str(label))
    assert many.splitlines()[0] == said.strip()
    assert "dsig=" in many.splitlines()[1]
    status, _ = call(capsys, "sign-code", said.strip(), "--key", str(label))
    assert status == MISUSED


def test_a_bundle_in_a_file_is_the_note_as_it_was_fetched() -> None:
    with pytest.raises(Refusal):
        LabelKeys.open(made.NOTE + b"\n", [made.LOG.verifier])
