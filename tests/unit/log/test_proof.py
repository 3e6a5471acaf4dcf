"""Proofs, and every small lie they must not survive."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from ledger.log.checkpoint import Checkpoint
from ledger.log.errors import (
    HashMalformed,
    NoteSignatureWrong,
    NoteUnsigned,
    NotInTree,
    ProofMalformed,
    ProofWrong,
    TileMalformed,
    Untrue,
)
from ledger.log.merkle import EMPTY_ROOT, Hash, leaf_hash, root_of
from ledger.log.note import NoteSigner
from ledger.log.proof import (
    INCLUSION_HASHES_MAX,
    TLOG_PROOF_BYTES_MAX,
    TlogProof,
    check_consistency,
    check_inclusion,
    consistency_rows,
    inclusion_rows,
    prove_consistency,
    prove_inclusion,
)
from ledger.log.sizes import SIZE_MAX, Position, Size
from ledger.log.tiles import HeldRows, grow_tiles
from tests.support import slow_merkle

ENTRIES = [b"entry %d" % at for at in range(1000)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROWS = HeldRows(grow_tiles(Size(0), LEAVES, HeldRows({}).read_tile))
SIZES = 133


def flipped(raw: bytes, bit: int) -> bytes:
    """The same bytes with one bit turned over."""
    return bytes(byte ^ (1 << bit % 8 if at == bit // 8 else 0) for at, byte in enumerate(raw))


class TestInclusion:
    def test_every_entry_is_proved_at_every_size(self) -> None:
        for size in range(1, SIZES):
            leaves = LEAVES[:size]
            root = Hash(slow_merkle.root(leaves))
            for position in range(size):
                proof = prove_inclusion(Position(position), Size(size), ROWS)
                assert list(proof) == slow_merkle.path(position, leaves)
                check_inclusion(
                    leaf=leaves[position],
                    position=Position(position),
                    size=Size(size),
                    proof=proof,
                    root=root,
                )

    @pytest.mark.parametrize(
        ("position", "size"), [(0, 1000), (255, 256), (256, 257), (511, 1000), (999, 1000)]
    )
    def test_proofs_reach_across_tiles(self, position: int, size: int) -> None:
        assert list(prove_inclusion(Position(position), Size(size), ROWS)) == slow_merkle.path(
            position, LEAVES[:size]
        )

    @pytest.mark.parametrize(
        ("position", "size"), [(0, 1), (0, 2), (4, 5), (3, 7), (6, 7), (70, 133), (999, 1000)]
    )
    def test_every_planted_fault_is_found(self, position: int, size: int) -> None:
        leaf, root = LEAVES[position], root_of(LEAVES[:size])
        proof = prove_inclusion(Position(position), Size(size), ROWS)

        def refused(
            *,
            leaf: Hash = leaf,
            position: int = position,
            size: int = size,
            proof: tuple[Hash, ...] = proof,
            root: Hash = root,
        ) -> None:
            with pytest.raises(ProofWrong):
                check_inclusion(
                    leaf=leaf, position=Position(position), size=Size(size), proof=proof, root=root
                )

        for bit in range(256):
            refused(leaf=Hash(flipped(leaf, bit)))
            refused(root=Hash(flipped(root, bit)))
            for at, neighbour in enumerate(proof):
                refused(proof=(*proof[:at], Hash(flipped(neighbour, bit)), *proof[at + 1 :]))
        for at in range(len(proof)):
            refused(proof=proof[:at] + proof[at + 1 :])
            refused(proof=(*proof[:at], proof[at], *proof[at:]))
        for other in {*range(-1, size + 1), 2**64 - 1} - {position}:
            refused(position=other)
        refused(proof=(*proof, root))
        refused(proof=(root, *proof))
        refused(proof=(leaf, *proof))
        refused(leaf=EMPTY_ROOT)
        refused(root=EMPTY_ROOT)

    def test_a_proof_says_how_many_hashes_it_lacks(self) -> None:
        with pytest.raises(ProofWrong, match="proof: proof does not hold; came '2', expected 3 hashes"):
            check_inclusion(
                leaf=LEAVES[0], position=Position(0), size=Size(5), proof=LEAVES[:2], root=LEAVES[0]
            )

    def test_a_proof_that_leads_elsewhere_names_both_roots(self) -> None:
        with pytest.raises(ProofWrong, match=re.escape(f"came '{LEAVES[0]}', expected {LEAVES[1]}")):
            check_inclusion(leaf=LEAVES[0], position=Position(0), size=Size(1), proof=(), root=LEAVES[1])

    @pytest.mark.parametrize(("position", "size"), [(0, 0), (1, 1), (5, 5), (-1, 5)])
    def test_an_entry_that_the_tree_does_not_have_is_neither_proved_nor_believed(
        self, position: int, size: int
    ) -> None:
        with pytest.raises(NotInTree, match=f"came '{position}', expected a position below the size {size}"):
            prove_inclusion(Position(position), Size(size), ROWS)
        with pytest.raises(ProofWrong, match=f"came '{position}', expected a position below the size {size}"):
            check_inclusion(
                leaf=LEAVES[0], position=Position(position), size=Size(size), proof=(), root=LEAVES[0]
            )

    def test_a_tree_larger_than_the_rows_cannot_be_proved_from_them(self) -> None:
        with pytest.raises(TileMalformed):
            prove_inclusion(Position(999), Size(1001), ROWS)

    def test_the_longest_proof_is_as_long_as_the_limit(self) -> None:
        with pytest.raises(ProofWrong, match=f"expected {INCLUSION_HASHES_MAX} hashes"):
            check_inclusion(leaf=LEAVES[0], position=Position(0), size=SIZE_MAX, proof=(), root=LEAVES[0])

    @pytest.mark.parametrize(("position", "size"), [(0, 1), (0, 257), (300, 1000), (999, 1000)])
    def test_the_rows_named_beforehand_are_enough(self, position: int, size: int) -> None:
        rows = inclusion_rows(Position(position), Size(size))
        held = HeldRows({key: ROWS.rows[key] for key in rows})
        assert prove_inclusion(Position(position), Size(size), held) == prove_inclusion(
            Position(position), Size(size), ROWS
        )


class TestConsistency:
    def test_every_size_is_proved_to_continue_every_smaller_one(self) -> None:
        roots = [Hash(slow_merkle.root(LEAVES[:size])) for size in range(SIZES)]
        for new in range(1, SIZES):
            for old in range(1, new + 1):
                proof = prove_consistency(Size(old), Size(new), ROWS)
                assert list(proof) == slow_merkle.proof(old, LEAVES[:new])
                check_consistency(
                    old=Size(old), new=Size(new), proof=proof, old_root=roots[old], new_root=roots[new]
                )

    @pytest.mark.parametrize(
        ("old", "new"), [(1, 1000), (255, 256), (256, 257), (300, 513), (512, 1000), (999, 1000)]
    )
    def test_proofs_reach_across_tiles(self, old: int, new: int) -> None:
        assert list(prove_consistency(Size(old), Size(new), ROWS)) == slow_merkle.proof(old, LEAVES[:new])

    @pytest.mark.parametrize(
        ("old", "new"), [(1, 2), (2, 3), (3, 4), (6, 8), (6, 7), (4, 8), (70, 133), (999, 1000)]
    )
    def test_every_planted_fault_is_found(self, old: int, new: int) -> None:
        old_root, new_root = root_of(LEAVES[:old]), root_of(LEAVES[:new])
        proof = prove_consistency(Size(old), Size(new), ROWS)

        def refused(
            *,
            old: int = old,
            new: int = new,
            proof: tuple[Hash, ...] = proof,
            old_root: Hash = old_root,
            new_root: Hash = new_root,
        ) -> None:
            with pytest.raises(ProofWrong):
                check_consistency(
                    old=Size(old), new=Size(new), proof=proof, old_root=old_root, new_root=new_root
                )

        for bit in range(256):
            refused(old_root=Hash(flipped(old_root, bit)))
            refused(new_root=Hash(flipped(new_root, bit)))
            for at, neighbour in enumerate(proof):
                refused(proof=(*proof[:at], Hash(flipped(neighbour, bit)), *proof[at + 1 :]))
        for at in range(len(proof)):
            refused(proof=proof[:at] + proof[at + 1 :])
            refused(proof=(*proof[:at], proof[at], *proof[at:]))
        for other in {*range(-1, new + 2)} - {old}:
            refused(old=other)
        refused(old_root=new_root, new_root=old_root)
        refused(proof=(*proof, new_root))
        refused(proof=(old_root, *proof))

    def test_a_tree_continues_itself_with_an_empty_proof(self) -> None:
        root = root_of(LEAVES[:5])
        assert prove_consistency(Size(5), Size(5), ROWS) == ()
        check_consistency(old=Size(5), new=Size(5), proof=(), old_root=root, new_root=root)

    def test_two_roots_of_one_size_are_two_logs(self) -> None:
        one, other = root_of(LEAVES[:5]), root_of(LEAVES[1:6])
        with pytest.raises(
            ProofWrong, match=re.escape(f"new root: proof does not hold; came '{other}', expected {one}")
        ):
            check_consistency(old=Size(5), new=Size(5), proof=(), old_root=one, new_root=other)

    def test_equal_sizes_leave_nothing_to_prove(self) -> None:
        root = root_of(LEAVES[:5])
        with pytest.raises(ProofWrong, match="came '1', expected 0 hashes"):
            check_consistency(old=Size(5), new=Size(5), proof=(root,), old_root=root, new_root=root)

    @pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (0, 8), (2, 1), (-1, 8)])
    def test_nothing_continues_the_empty_tree_or_a_larger_one(self, old: int, new: int) -> None:
        with pytest.raises(NotInTree, match=f"came '{old}', expected 1 to {new}"):
            prove_consistency(Size(old), Size(new), ROWS)
        with pytest.raises(ProofWrong, match=f"came '{old}', expected 1 to {new}"):
            check_consistency(
                old=Size(old),
                new=Size(new),
                proof=(),
                old_root=EMPTY_ROOT,
                new_root=root_of(LEAVES[: max(new, 0)]),
            )

    @pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 257), (300, 1000), (512, 1000)])
    def test_the_rows_named_beforehand_are_enough(self, old: int, new: int) -> None:
        held = HeldRows({key: ROWS.rows[key] for key in consistency_rows(Size(old), Size(new))})
        assert prove_consistency(Size(old), Size(new), held) == prove_consistency(Size(old), Size(new), ROWS)


LOG = NoteSigner.from_seed("log.example/main", bytes(32))
OTHER = NoteSigner.from_seed("log.example/main", bytes([1]) * 32)


def tlog_proof(position: int = 5, size: int = 13, signer: NoteSigner = LOG) -> TlogProof:
    """A good proof for one of the entries."""
    head = Checkpoint(LOG.name, Size(size), root_of(LEAVES[:size]))
    hashes = prove_inclusion(Position(position), Size(size), ROWS)
    return TlogProof(position=Position(position), hashes=hashes, checkpoint=head.sign([signer]))


class TestTlogProof:
    def test_a_proof_file_is_checked_with_the_public_key_alone(self) -> None:
        signed = TlogProof.parse(tlog_proof().to_bytes()).verify(ENTRIES[5], [LOG.verifier])
        assert signed.checkpoint == Checkpoint(LOG.name, Size(13), root_of(LEAVES[:13]))
        assert [verified.verifier for verified in signed.log_signatures] == [LOG.verifier]

    def test_a_proof_file_reads_like_the_standards_example(self) -> None:
        lines = replace(tlog_proof(position=12), extra=b"lot A").to_bytes().decode().split("\n")
        assert lines[:4] == [
            "c2sp.org/tlog-proof@v1",
            "extra bG90IEE=",
            "index 12",
            str(root_of(LEAVES[8:12])),
        ]
        assert lines[5:8] == ["", "log.example/main", "13"]

    @pytest.mark.parametrize("extra", [b"", b"\x00", b"lot A\n\n", bytes(1000)])
    @pytest.mark.parametrize(("position", "size"), [(0, 1), (5, 13), (999, 1000)])
    def test_a_proof_file_goes_there_and_back(self, position: int, size: int, extra: bytes) -> None:
        proof = replace(tlog_proof(position, size), extra=extra)
        assert TlogProof.parse(proof.to_bytes()) == proof

    def test_every_flipped_bit_of_a_proof_file_is_found(self) -> None:
        raw = tlog_proof().to_bytes()
        for bit in range(8 * len(raw)):
            with pytest.raises(Untrue):
                TlogProof.parse(flipped(raw, bit)).verify(ENTRIES[5], [LOG.verifier])

    def test_a_proof_is_of_one_entry_only(self) -> None:
        with pytest.raises(ProofWrong):
            tlog_proof().verify(ENTRIES[6], [LOG.verifier])

    def test_a_proof_does_not_move_to_another_checkpoint(self) -> None:
        proof = replace(tlog_proof(), checkpoint=tlog_proof(size=14).checkpoint)
        with pytest.raises(ProofWrong):
            proof.verify(ENTRIES[5], [LOG.verifier])

    def test_a_good_path_under_another_key_proves_nothing(self) -> None:
        with pytest.raises(NoteUnsigned):
            tlog_proof(signer=OTHER).verify(ENTRIES[5], [LOG.verifier])

    def test_a_good_path_under_a_broken_signature_proves_nothing(self) -> None:
        proof = tlog_proof()
        with pytest.raises(NoteSignatureWrong):
            replace(proof, checkpoint=proof.checkpoint.replace(b"\n13\n", b"\n14\n")).verify(
                ENTRIES[5], [LOG.verifier]
            )

    @pytest.mark.parametrize(
        ("head", "refusal"),
        [
            ("", ProofMalformed),
            ("c2sp.org/tlog-proof@v2\nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1", ProofMalformed),
            ("c2sp.org/tlog-proof@v1 \nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\r\nindex 0", ProofMalformed),
            ("\nc2sp.org/tlog-proof@v1\nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex ", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 00", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex +5", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex  5", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 1_0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 5\r", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex ²", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 9223372036854775808", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nINDEX 5", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nextra \nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nextra QQ\nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nextra QQ==\nextra QQ==\nindex 0", ProofMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 0\nextra QQ==", HashMalformed),
            ("c2sp.org/tlog-proof@v1\nindex 0\nQQ==", HashMalformed),
            (f"c2sp.org/tlog-proof@v1\nindex 0\n{EMPTY_ROOT}\r", HashMalformed),
            (f"c2sp.org/tlog-proof@v1\nindex 0\n{EMPTY_ROOT} {EMPTY_ROOT}", HashMalformed),
            (f"c2sp.org/tlog-proof@v1\nindex 0\n{EMPTY_ROOT}\x85{EMPTY_ROOT}", HashMalformed),
        ],
    )
    def test_a_proof_file_with_another_spelling_is_refused(
        self, head: str, refusal: type[ValueError]
    ) -> None:
        with pytest.raises(refusal):
            TlogProof.parse(head.encode() + b"\n\n" + tlog_proof().checkpoint)

    @pytest.mark.parametrize("end", ["", "\n", "\n\n"])
    def test_a_proof_file_without_a_checkpoint_is_refused(self, end: str) -> None:
        raw = f"c2sp.org/tlog-proof@v1\nindex 0\n{EMPTY_ROOT}{end}".encode()
        with pytest.raises((ProofMalformed, HashMalformed)):
            TlogProof.parse(raw)

    def test_a_proof_file_may_hold_as_many_hashes_as_a_tree_is_high_and_no_more(self) -> None:
        proof = replace(tlog_proof(), hashes=(EMPTY_ROOT,) * INCLUSION_HASHES_MAX)
        assert TlogProof.parse(proof.to_bytes()) == proof
        proof = replace(proof, hashes=(*proof.hashes, EMPTY_ROOT))
        with pytest.raises(ProofMalformed, match="came '64', expected at most 63 hashes"):
            TlogProof.parse(proof.to_bytes())

    def test_a_proof_file_may_be_as_long_as_its_limit_and_no_longer(self) -> None:
        proof = tlog_proof()
        room = TLOG_PROOF_BYTES_MAX - len(proof.to_bytes())
        longest = replace(proof, checkpoint=proof.checkpoint + b"x" * room)
        assert TlogProof.parse(longest.to_bytes()) == longest
        with pytest.raises(ProofMalformed, match="came '2000001 B', expected at most 2000000 bytes"):
            TlogProof.parse(longest.to_bytes() + b"x")
