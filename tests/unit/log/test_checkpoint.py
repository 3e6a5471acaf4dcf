"""Checkpoints: strict lines, and whose word makes one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import (
    CheckpointMalformed,
    CheckpointOfAnotherLog,
    HashMalformed,
    NoteSignatureWrong,
    NoteUnsigned,
    ProofWrong,
)
from ledger.log.merkle import EMPTY_ROOT, leaf_hash
from ledger.log.note import Cosigner, NoteSignature, NoteSigner, sign_note
from ledger.log.sizes import SIZE_MAX, Size

LOG = NoteSigner.from_seed("log.example/main", bytes(32))
NEXT = NoteSigner.from_seed("log.example/main", bytes([1]) * 32)
OTHER = NoteSigner.from_seed("log.example/other", bytes([2]) * 32)
WITNESS = Cosigner.from_seed("witness.example/w1", bytes([3]) * 32)
ROOT = leaf_hash(b"one")
HEAD = Checkpoint("log.example/main", Size(1), ROOT)
TEXT = HEAD.to_bytes()
TIME = 1_763_700_000


class TestText:
    @pytest.mark.parametrize(
        "checkpoint",
        [
            HEAD,
            Checkpoint("log.example/main", Size(0), EMPTY_ROOT),
            Checkpoint("溯源.example/市场 1", SIZE_MAX, ROOT),
            replace(HEAD, extensions=("one", "— two", "3")),
        ],
    )
    def test_a_checkpoint_goes_there_and_back(self, checkpoint: Checkpoint) -> None:
        assert Checkpoint.parse(checkpoint.to_bytes()) == checkpoint

    def test_a_checkpoint_is_three_lines(self) -> None:
        assert TEXT.decode() == f"log.example/main\n1\n{ROOT}\n"

    @pytest.mark.parametrize(
        "size",
        ["", "+5", "-5", " 5", "5 ", "05", "00", "1_0", "5.0", "0x5", "٥", "9223372036854775808"],
    )
    def test_a_size_with_another_spelling_is_refused(self, size: str) -> None:
        with pytest.raises(CheckpointMalformed, match="size: malformed checkpoint"):
            Checkpoint.parse(f"log.example/main\n{size}\n{ROOT}\n".encode())

    @pytest.mark.parametrize(
        "root", ["", "AAAA", f"{ROOT}=", f" {ROOT}", f"{ROOT} ", f"{ROOT}\r", str(ROOT)[:-1], f"{ROOT}{ROOT}"]
    )
    def test_a_root_with_another_spelling_is_refused(self, root: str) -> None:
        with pytest.raises(HashMalformed):
            Checkpoint.parse(f"log.example/main\n1\n{root}\n".encode())

    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"\n",
            b"log.example/main\n",
            b"log.example/main\n1\n",
            b"\n\n\n",
            TEXT[:-1],
            b"\n" + TEXT,
            TEXT + b"\n",
            TEXT + b"one\n\n",
            TEXT + b"\none\n",
            TEXT + b"one",
            b"\xff" + TEXT,
            TEXT.replace(b"\n", b"\x85"),
            TEXT.replace(b"\n", "\u2028".encode()),
        ],
    )
    def test_a_text_with_other_lines_is_refused(self, text: bytes) -> None:
        with pytest.raises((CheckpointMalformed, HashMalformed)):
            Checkpoint.parse(text)

    def test_of_nothing_there_is_one_root(self) -> None:
        with pytest.raises(
            ProofWrong, match=f"expected the root of the empty tree, {EMPTY_ROOT}".replace("+", r"\+")
        ):
            Checkpoint("log.example/main", Size(0), ROOT)

    @pytest.mark.parametrize("size", [-1, SIZE_MAX + 1])
    def test_a_size_beyond_the_limits_is_refused(self, size: int) -> None:
        with pytest.raises(CheckpointMalformed, match=f"came '{size}', expected 0 to 9223372036854775807"):
            Checkpoint("log.example/main", Size(size), ROOT)

    @pytest.mark.parametrize("origin", ["", "log\nexample"])
    def test_an_origin_is_one_line(self, origin: str) -> None:
        with pytest.raises(CheckpointMalformed, match="expected one line that is not empty"):
            replace(HEAD, origin=origin)


class TestSigning:
    def test_a_log_signs_with_the_old_key_and_the_next_while_it_changes_them(self) -> None:
        raw = HEAD.sign([LOG, NEXT])
        for keys in ([LOG.verifier], [NEXT.verifier], [LOG.verifier, NEXT.verifier]):
            signed = open_checkpoint(raw, keys)
            assert signed.checkpoint == HEAD
            assert [verified.verifier for verified in signed.log_signatures] == keys

    def test_a_key_of_another_log_does_not_sign(self) -> None:
        with pytest.raises(
            CheckpointOfAnotherLog, match=r"came 'log\.example/other', expected log\.example/main"
        ):
            HEAD.sign([LOG, OTHER])

    def test_lines_that_no_monitor_can_check_are_not_signed(self) -> None:
        with pytest.raises(CheckpointMalformed, match="came 'trust me', expected no extension lines"):
            replace(HEAD, extensions=("trust me",)).sign([LOG])


class TestOpening:
    def test_the_extensions_of_another_log_are_kept(self) -> None:
        head = Checkpoint("log.example/other", Size(1), ROOT, extensions=("one", "two"))
        raw = sign_note(head.to_bytes(), [OTHER])
        assert open_checkpoint(raw, [OTHER.verifier]).checkpoint == head

    def test_the_witnesses_we_asked_for_are_told_with_their_time(self) -> None:
        raw = HEAD.sign([LOG]) + f"{WITNESS.cosign(TEXT, time=TIME)}\n".encode()
        signed = open_checkpoint(raw, [LOG.verifier], [WITNESS.verifier])
        assert [(verified.verifier, verified.time) for verified in signed.cosignatures] == [
            (WITNESS.verifier, TIME)
        ]
        assert open_checkpoint(raw, [LOG.verifier]).cosignatures == ()

    def test_a_witness_alone_makes_no_checkpoint(self) -> None:
        raw = TEXT + f"\n{WITNESS.cosign(TEXT, time=TIME)}\n".encode()
        with pytest.raises(
            NoteUnsigned,
            match=r"came 'witness\.example/w1', expected a signature of one of: log\.example/main",
        ):
            open_checkpoint(raw, [LOG.verifier], [WITNESS.verifier])

    def test_a_witness_that_signs_like_a_log_makes_no_checkpoint_either(self) -> None:
        raw = sign_note(TEXT, [NEXT])
        assert open_checkpoint(raw, [NEXT.verifier]).checkpoint == HEAD
        with pytest.raises(NoteUnsigned):
            open_checkpoint(raw, [LOG.verifier], [NEXT.verifier])

    def test_a_cosignature_by_the_log_itself_is_no_log_signature(self) -> None:
        cosigner = Cosigner(LOG.name, LOG.private_key)
        raw = TEXT + f"\n{cosigner.cosign(TEXT, time=TIME)}\n".encode()
        with pytest.raises(NoteUnsigned):
            open_checkpoint(raw, [cosigner.verifier])

    def test_a_wrong_cosignature_condemns_the_checkpoint(self) -> None:
        wrong = NoteSignature(WITNESS.name, WITNESS.key_id, bytes(72))
        raw = HEAD.sign([LOG]) + f"{wrong}\n".encode()
        assert open_checkpoint(raw, [LOG.verifier]).checkpoint == HEAD
        with pytest.raises(NoteSignatureWrong):
            open_checkpoint(raw, [LOG.verifier], [WITNESS.verifier])

    def test_a_checkpoint_that_names_another_log_is_refused_although_the_key_is_ours(self) -> None:
        raw = sign_note(replace(HEAD, origin="log.example/other").to_bytes(), [LOG])
        with pytest.raises(
            CheckpointOfAnotherLog, match=r"origin: .* came 'log\.example/other', expected log\.example/main"
        ):
            open_checkpoint(raw, [LOG.verifier])

    def test_a_good_note_that_is_no_checkpoint_is_refused(self) -> None:
        with pytest.raises(
            CheckpointMalformed, match="expected origin, size and root, each ended by a newline"
        ):
            open_checkpoint(sign_note(b"hello\n", [LOG]), [LOG.verifier])
