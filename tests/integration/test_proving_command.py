"""`suyuan verify-proof` and `verify-disclosure`: a file and a key, no ledger, no network; with a policy, the witnesses too."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from api.cli import main
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import Cosigner, Note, NoteSigner
from ledger.log.policy import Policy, PolicyGroup, PolicyWitness
from ledger.log.sizes import Position
from tests.support.server import Clock, enrol_party, make_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log.proof import TlogProof

GOOD, WRONG, MISUSED = 0, 1, 2
WITNESSES = [Cosigner.from_seed(f"witness.example/{number}", bytes([number]) * 32) for number in (1, 2, 3)]
SEEN_AT = 1_800_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """What the sender of one record keeps, and the folder it lies in."""

    folder: Path
    proof: TlogProof
    vkey: str

    def write(self, name: str, content: bytes) -> str:
        """A file to show."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def check(self, proof: TlogProof, *more: str) -> int:
        """The status of the command for this proof."""
        return main(
            ("verify-proof", self.write("one.tlog-proof", proof.to_bytes()), "--vkey", self.vkey, *more)
        )

    def cosigned(self, *witnesses: Cosigner) -> TlogProof:
        """The proof with the checkpoint as these witnesses have cosigned it."""
        note = Note.parse(self.proof.checkpoint)
        lines = tuple(one.cosign(note.text, time=SEEN_AT) for one in witnesses)
        return replace(self.proof, checkpoint=replace(note, signatures=note.signatures + lines).to_bytes())

    def policy(self, *, enough: int) -> str:
        """A policy file that asks for so many of the three witnesses."""
        named = tuple(PolicyWitness(f"w{at}", one.verifier) for at, one in enumerate(WITNESSES))
        group = PolicyGroup("county", enough, tuple(one.name for one in named))
        return self.write("policy", Policy((), named, (group,), "county").to_bytes())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    folder = tmp_path / "data"
    folder.mkdir()
    with make_ledger(folder, Clock()) as ledger:
        enrol_party(ledger, "示例农场（演示）")
        receipt = ledger.receipt(1)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return Kept(tmp_path, receipt.proof, str(receipt.vkey))


def test_a_proof_file_and_the_key_are_enough(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    assert kept.check(kept.proof) == GOOD
    said = capsys.readouterr().out
    assert "holds: entry 1 of" in said
    assert "witnessed by 0 of 0, not timestamped" in said
    assert "not checked:" in said


def test_an_altered_entry_an_altered_root_and_a_strangers_key_do_not_hold(
    kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    altered = bytearray(kept.proof.extra)
    altered[10] ^= 1
    assert kept.check(replace(kept.proof, extra=bytes(altered))) == WRONG
    other = Checkpoint.parse(Note.parse(kept.proof.checkpoint).text)
    forger = NoteSigner.from_seed(other.origin, bytes(32))
    assert kept.check(replace(kept.proof, checkpoint=other.sign([forger]))) == WRONG
    assert kept.check(replace(kept.proof, position=Position(0))) == WRONG
    assert [line[:13] for line in capsys.readouterr().out.splitlines()] == ["does not hold"] * 3


def test_a_proof_without_its_entry_needs_the_entry(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    bare = replace(kept.proof, extra=b"")
    assert kept.check(bare) == WRONG
    assert "--entry" in capsys.readouterr().out
    assert kept.check(bare, "--entry", kept.write("entry", kept.proof.extra)) == GOOD


def test_a_servers_answer_is_a_receipt_too(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = {
        "entry": b64encode(kept.proof.extra).decode(),
        "proof": kept.proof.to_bytes().decode(),
        "vkey": kept.vkey,
    }
    for number, answer in enumerate(
        [{"id": "x", "receipt": receipt}, [{"receipt": receipt}] * 2, {"statements": [{"receipt": receipt}]}]
    ):
        file = kept.write(f"{number}.receipt.json", json.dumps(answer).encode())
        assert main(("verify-proof", file, "--vkey", kept.vkey)) == GOOD
    assert capsys.readouterr().out.count("holds: entry 1") == 4
    for number, nothing in enumerate(["[]", "{}", '{"receipt": 1}', "no JSON"]):
        file = kept.write(f"{number}.json", nothing.encode())
        assert main(("verify-proof", file, "--vkey", kept.vkey)) == WRONG


@pytest.mark.parametrize("enough", [1, 2, 3])
def test_as_many_witnesses_as_the_policy_asks_for_are_enough_and_one_less_is_not(
    kept: Kept, capsys: pytest.CaptureFixture[str], enough: int
) -> None:
    policy = ("--policy", kept.policy(enough=enough))
    assert kept.check(kept.cosigned(*WITNESSES[:enough]), *policy) == GOOD
    assert f"witnessed by {enough} of 3," in capsys.readouterr().out
    assert kept.check(kept.cosigned(*WITNESSES[: enough - 1]), *policy) == WRONG
    assert "not enough witnesses" in capsys.readouterr().out


def test_a_cosignature_over_another_text_condemns_the_proof(kept: Kept) -> None:
    note = Note.parse(kept.proof.checkpoint)
    line = WITNESSES[0].cosign(note.text.replace(b"\n", b"\n1", 1), time=SEEN_AT)
    false = replace(kept.proof, checkpoint=replace(note, signatures=(*note.signatures, line)).to_bytes())
    assert kept.check(false) == GOOD
    assert kept.check(false, "--policy", kept.policy(enough=1)) == WRONG


def test_a_policy_that_cannot_be_read_is_a_wrong_call(kept: Kept) -> None:
    assert kept.check(kept.proof, "--policy", kept.write("policy", b"quorum nobody\n")) == MISUSED
    assert kept.check(kept.proof, "--policy", str(kept.folder / "nowhere")) == MISUSED
