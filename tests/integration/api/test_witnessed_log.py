"""A server whose settings name witnesses: what strangers find at its addresses, and what its operator is told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import ValidationError

from api import cli
from api.app import create_app
from api.commands.opening import open_ledger
from api.settings import Settings
from api.witnessing import PolicyOfAnotherLog
from ledger.log.checkpoint import open_checkpoint
from ledger.log.note import NoteSigner
from ledger.log.policy import Policy, QuorumMissed
from ledger.witnesses import WitnessSilent, published
from tests.support.server import BASE_URL, client_of, enrol_party
from tests.support.serving import founded, served
from tests.support.witnesses import Street, witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from ledger.witnesses import Witnessing


@pytest.fixture
def street() -> Iterator[Street]:
    with witnesses() as street:
        yield street


def policy_file(folder: Path, policy: Policy) -> Path:
    """The policy as an operator keeps it."""
    path = folder / "policy"
    path.write_bytes(b"# \xe8\xa7\x81\xe8\xaf\x81\n" + policy.to_bytes())
    return path


def test_a_stranger_with_the_policy_takes_the_served_checkpoint_once_witnesses_have_signed(
    ledger: Ledger, street: Street, tmp_path: Path
) -> None:
    known = [street.open(name, logs={ledger.origin: ledger.vkey}) for name in ("w1", "w2")]
    path = policy_file(tmp_path, street.policy("2", *known))
    app = create_app(ledger, Settings(base_url=BASE_URL, witness_policy=path))
    policy = Policy.parse(path.read_bytes())
    witnessing: Witnessing = app.state.witnessing
    with client_of(app) as client:
        with pytest.raises(QuorumMissed):
            policy.check(client.get("/log/checkpoint").content, [ledger.vkey])
        witnessing.tick()
        answer = client.get("/log/checkpoint")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        signed = policy.check(answer.content, [ledger.vkey])
        assert signed.checkpoint.size == ledger.size()
        assert len(signed.cosignatures) == 2
        assert published(ledger.engine, ledger.origin, policy) == answer.content
        # What was recorded since has its receipt at once and is shown with the next round.
        enrol_party(ledger, "后来者（演示）")
        assert client.get("/log/checkpoint").content == answer.content
        health = client.get("/healthz").json()
        assert health["size"] == ledger.size()
        assert health["witnesses"] == {
            "size": signed.checkpoint.size,
            "behind": ["w1", "w2"],
            "of": 2,
            "quorum": True,
            "troubles": {},
            "zh": f"大小 {signed.checkpoint.size} 的检查点：2 个见证中 2 个已联署，达到策略要求",
            "en": f"checkpoint of size {signed.checkpoint.size}: witnessed by 2 of 2, as many as the policy asks for",
        }
    witnessing.close()


def test_the_operator_is_told_who_is_missing_and_strangers_not_what_it_said(
    ledger: Ledger, street: Street, tmp_path: Path
) -> None:
    path = policy_file(tmp_path, street.policy("any", street.open("w1")))
    app = create_app(ledger, Settings(base_url=BASE_URL, witness_policy=path))
    witnessing: Witnessing = app.state.witnessing
    witnessing.tick()
    with client_of(app) as client:
        told = client.get("/healthz").json()["witnesses"]
        assert (told["behind"], told["quorum"], told["troubles"]) == ([], False, {"w1": "LogNotKnown"})
        assert client.get("/log/checkpoint").content == ledger.checkpoint()
    witnessing.close()


def test_without_a_policy_nothing_is_said_of_witnesses(ledger: Ledger) -> None:
    with client_of(create_app(ledger, Settings(base_url=BASE_URL))) as client:
        assert "witnesses" not in client.get("/healthz").json()
        assert client.get("/log/checkpoint").content == ledger.checkpoint()


def test_a_policy_for_another_log_is_refused_at_start(ledger: Ledger, tmp_path: Path) -> None:
    other = NoteSigner.from_seed("log.example/other", bytes(32)).verifier
    path = tmp_path / "policy"
    path.write_text(f"log {other}\nquorum none\n", encoding="ascii")
    with pytest.raises(PolicyOfAnotherLog, match=r"names 1 logs"):
        create_app(ledger, Settings(base_url=BASE_URL, witness_policy=path))
    path.write_text(f"log {other}\nlog {ledger.vkey}\nquorum none\n", encoding="ascii")
    create_app(ledger, Settings(base_url=BASE_URL, witness_policy=path)).state.witnessing.close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("quorum all\n", "a name defined on a line before"),
        ("", "newline"),
        ("witness w1 {key} http://w.example/\nquorum w1\n", "an https address"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_by_the_settings(
    street: Street, tmp_path: Path, text: str, why: str
) -> None:
    path = tmp_path / "policy"
    path.write_text(text.format(key=street.open("w1").cosigner.verifier), encoding="ascii")
    with pytest.raises(ValidationError, match=why):
        Settings(witness_policy=path)


def test_the_command_says_who_cosigns_and_whether_it_is_enough(
    street: Street, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with founded(tmp_path) as ledger:
        known = street.open("w1", logs={ledger.origin: ledger.vkey})
        policy = street.policy("any", known, street.open("w2"))
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SUYUAN_KEY_FILE", str(tmp_path / "keys" / "ledger.key"))
    monkeypatch.setenv("SUYUAN_WITNESS_POLICY", str(policy_file(tmp_path, policy)))
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    assert cli.main(["witnesses"]) == 1
    assert "w1: has not cosigned yet" in capsys.readouterr().out
    settings = Settings()
    with open_ledger(settings) as ledger:
        witnessing: Witnessing = create_app(ledger, settings).state.witnessing
        witnessing.tick()
        witnessing.close()
        size = ledger.size()
    assert cli.main(["witnesses"]) == 0
    out = capsys.readouterr().out
    assert f"w1: cosigned up to {size}" in out
    assert "w2: has not cosigned yet, or does not show it" in out
    assert f"checkpoint of size {size}: witnessed by 1 of 2" in out
    street.shutdown()
    street.server_close()
    cli.main(["witnesses"])
    assert WitnessSilent.title.en in capsys.readouterr().out


def test_a_served_log_gets_its_cosignatures_by_itself(street: Street, tmp_path: Path) -> None:
    with founded(tmp_path) as ledger:
        known = street.open("w1", logs={ledger.origin: ledger.vkey})
        policy, vkey = street.policy("all", known), ledger.vkey
    # Asked by the fork guard when the server starts, before it is asked to cosign.
    with served(tmp_path, witness_policy=str(policy_file(tmp_path, policy))) as server:
        until, waiting = time.monotonic() + 60, threading.Event()
        while True:
            note = httpx.get(f"{server.url}/log/checkpoint", trust_env=False).content
            if len(open_checkpoint(note, [vkey], policy.witness_keys).cosignatures) == 1:
                break
            assert time.monotonic() < until
            waiting.wait(0.2)
    assert policy.check(note, [vkey]).checkpoint.size == known.seen[vkey.name].size


def test_the_command_needs_a_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUYUAN_WITNESS_POLICY", raising=False)
    assert cli.main(["witnesses"]) == 2
