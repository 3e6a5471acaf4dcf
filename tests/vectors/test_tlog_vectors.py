"""Our proofs, tiles, notes and checkpoints beside other people's: what they take we take, what they refuse we refuse.

One test may judge many cases; it compares the names of those that went another way than their maker says, so that a
failure lists them all.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import (
    KeyMalformed,
    NoteMalformed,
    NoteSignatureWrong,
    ProofMalformed,
    ProofWrong,
    Untrue,
)
from ledger.log.merkle import Edge, Hash, leaf_hash, node_hash, root_of, root_of_perfect
from ledger.log.note import Note, NoteSignature, NoteVerifier, SignatureKind, open_note
from ledger.log.proof import TlogProof, check_consistency, check_inclusion, prove_consistency, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.tiles import Bundle, HeldRows, Tile, decode_bundle, encode_bundle, grow_tiles, tiles_touched
from tests.support import slow_merkle
from tests.support.vectors import vectors

if TYPE_CHECKING:
    from typing import Any

    from ledger.log.tiles import RowKey

pytestmark = pytest.mark.vectors


def load(path: str) -> Any:  # noqa: ANN401 (other people's JSON, in shapes of their own)
    """One file of the transparency-log vectors."""
    return json.loads(vectors(f"tlog/{path}").read_text("utf-8"))


def hashes(texts: list[str] | None) -> list[Hash]:
    """The hashes of a proof; the vectors write an empty one as null too."""
    return [Hash(b64decode(text)) for text in texts or []]


def inclusion_is_refused(case: Any) -> bool:  # noqa: ANN401 (one case of the JSON)
    """How we judge one case of transparency-dev/merkle."""
    try:
        check_inclusion(
            leaf=Hash(b64decode(case["leafHash"])),
            position=Position(case["leafIdx"]),
            size=Size(case["treeSize"]),
            proof=hashes(case["proof"]),
            root=Hash(b64decode(case["root"])),
        )
    except Untrue:
        return True
    return False


def consistency_is_refused(case: Any) -> bool:  # noqa: ANN401 (one case of the JSON)
    """How we judge one case of transparency-dev/merkle."""
    try:
        check_consistency(
            old=Size(case["size1"]),
            new=Size(case["size2"]),
            proof=hashes(case["proof"]),
            old_root=Hash(b64decode(case["root1"])),
            new_root=Hash(b64decode(case["root2"])),
        )
    except Untrue:
        return True
    return False


def test_inclusion_proofs_are_judged_as_their_maker_judged_them() -> None:
    cases = load("merkle/inclusion.json")
    assert len(cases) == 98
    assert [name for name, case in cases.items() if inclusion_is_refused(case) != case["wantErr"]] == []


def test_consistency_proofs_are_judged_as_their_maker_judged_them_but_for_roots_that_are_no_hashes() -> None:
    cases = load("merkle/consistency.json")
    assert len(cases) == 98
    # Two equal roots of 12 bytes. The maker compares and is content; to us a root is 32 bytes before it is compared.
    stricter = ["consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"]
    assert len(b64decode(cases[stricter[0]]["root1"])) == 12
    assert [
        name for name, case in cases.items() if consistency_is_refused(case) != case["wantErr"]
    ] == stricter


def test_proofs_within_a_whole_subtree_are_judged_as_their_maker_judged_them() -> None:
    """A subtree whose place is a multiple of its width is a tree of its own. Only Merkle tree certificates cut others out."""
    judged: dict[bool, int] = {True: 0, False: 0}
    for name, case in load("merkle/subtreeinclusion.json").items():
        start, width = case["start"], case["end"] - case["start"]
        if start and (width < 1 or start % (1 << (width - 1).bit_length())):
            assert case["wantErr"], name
            continue
        in_subtree = {**case, "leafIdx": case["leafIdx"] - start, "treeSize": width}
        assert inclusion_is_refused(in_subtree) == case["wantErr"], name
        judged[case["wantErr"]] += 1
    assert judged == {False: 12, True: judged[True]}
    assert judged[True] > 150


def test_proofs_that_a_tree_begins_with_a_smaller_one_are_judged_as_their_maker_judged_them() -> None:
    cases = {
        name: {**case, "size1": case["end"], "size2": case["size"]}
        for name, case in load("merkle/subtreeconsistency.json").items()
        if case["start"] == 0
    }
    assert len(cases) > 80
    # The maker lets the empty tree stand at the beginning of every other, which proves nothing (docs/decisions/0041), and
    # compares roots of 12 bytes.
    stricter = {
        "sizes-are-equal-one-and-proof-is-empty",
        "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-proof-is-empty",
        "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty",
    }
    otherwise = {name for name, case in cases.items() if consistency_is_refused(case) != case["wantErr"]}
    assert otherwise == {f"subtreeconsistency/additional/{name}.json" for name in stricter}


def test_the_proofs_in_the_receipts_of_rfc_9942_lead_to_one_root() -> None:
    """RFC 9942 carries the proofs of RFC 9162 in CBOR: size 5, leaf 3, and the tree of 3 before it."""
    files = load("cose/cose-receipts-examples.json")

    def path(name: str) -> list[Hash]:
        # 0x58 0x20 begins a string of 32 bytes.
        text = files[f"examples/{name}-receipt.cbor"].removeprefix("hex:")
        return [Hash(bytes.fromhex(one)) for one in re.findall("5820([0-9a-f]{64})", text)]

    grown, included = path("consistency"), path("inclusion")
    leaf_2, leaf_3, first_two, leaf_4 = grown
    assert included == [leaf_2, first_two, leaf_4]
    old_root = node_hash(first_two, leaf_2)
    root = node_hash(node_hash(first_two, node_hash(leaf_2, leaf_3)), leaf_4)
    check_consistency(old=Size(3), new=Size(5), proof=grown, old_root=old_root, new_root=root)
    check_inclusion(leaf=leaf_3, position=Position(3), size=Size(5), proof=included, root=root)
    with pytest.raises(ProofWrong):
        check_inclusion(leaf=leaf_2, position=Position(3), size=Size(5), proof=included, root=root)


class TestTesseraLog:
    """A real log of 15 entries: checkpoint, tile and bundle at every size."""

    def test_entries_lead_to_tile_and_checkpoint_at_every_size(self) -> None:
        log = load("tiles/tessera-testlog.json")
        key = NoteVerifier.parse(log["vkey"])
        for size in range(1, 16):
            place = Tile(0, 0, size)
            bundle = bytes.fromhex(log["entry_bundles_hex"][Bundle(0, size).path])
            entries = decode_bundle(bundle, size)
            assert encode_bundle(entries) == bundle
            leaves = [leaf_hash(entry) for entry in entries]
            assert b"".join(leaves).hex() == log["tiles_hex"][place.path]
            head = open_checkpoint(log["checkpoints"][f"checkpoint.{size}"].encode(), [key]).checkpoint
            assert (head.size, head.root) == (size, root_of(leaves))

    def test_every_checkpoint_is_signed_and_reads_back(self) -> None:
        log = load("tiles/tessera-testlog.json")
        key = NoteVerifier.parse(log["vkey"])
        for raw in log["checkpoints"].values():
            opened = open_note(raw.encode(), [key])
            assert Checkpoint.parse(opened.text).to_bytes() == opened.text

    def test_every_path_reads_back(self) -> None:
        log = load("tiles/tessera-testlog.json")
        assert [path for path in log["tiles_hex"] if Tile.parse(path).path != path] == []
        assert [path for path in log["entry_bundles_hex"] if Bundle.parse(path).path != path] == []


class TestGeneratedLog:
    """70,000 entries, written by one program and checked by two others."""

    ENTRIES = tuple(b"event %d" % at for at in range(70_000))
    LEAVES = tuple(leaf_hash(entry) for entry in ENTRIES)

    def rows(self) -> HeldRows:
        """The rows of the log, grown through every size that has a checkpoint."""
        rows: dict[RowKey, bytes] = {}
        sizes = sorted(int(size) for size in load("tiles/generated-70000.json")["sizes"])
        for old, new in pairwise(sizes):
            rows |= grow_tiles(Size(old), self.LEAVES[old:new], HeldRows(rows).read_tile)
        return HeldRows(rows)

    def test_every_checkpoint_opens_on_the_root_of_its_size(self) -> None:
        log = load("tiles/generated-70000.json")
        key, witness = NoteVerifier.parse(log["log_vkey"]), NoteVerifier.parse(log["witness_vkey"])
        edge = Edge.empty()
        for size in sorted(log["sizes"], key=int):
            edge = edge.extend(self.LEAVES[edge.size : int(size)])
            at = log["sizes"][size]
            expected = Checkpoint(log["origin"], Size(int(size)), Hash.parse(at["root_b64"]))
            assert edge.root() == expected.root
            assert open_checkpoint(at["checkpoint"].encode(), [key], [witness]).cosignatures == ()
            cosigned = open_checkpoint(at["cosigned_checkpoint"].encode(), [key], [witness])
            assert cosigned.checkpoint == expected
            assert [verified.verifier for verified in cosigned.cosignatures] == [witness]

    def test_every_proof_is_made_and_believed(self) -> None:
        log, reader = load("tiles/generated-70000.json"), self.rows()
        roots = {int(size): Hash.parse(at["root_b64"]) for size, at in log["sizes"].items()}
        for case in log["inclusion"]:
            position, size, proof = Position(case["index"]), Size(case["size"]), hashes(case["proof"])
            leaf = Hash.parse(case["leaf_hash"])
            assert leaf == self.LEAVES[position]
            assert list(prove_inclusion(position, size, reader)) == proof
            check_inclusion(leaf=leaf, position=position, size=size, proof=proof, root=roots[size])
        for case in log["consistency"]:
            old, new, proof = Size(case["old"]), Size(case["new"]), hashes(case["proof"])
            assert list(prove_consistency(old, new, reader)) == proof
            check_consistency(old=old, new=new, proof=proof, old_root=roots[old], new_root=roots[new])

    def test_tiles_and_bundles_are_theirs_byte_for_byte(self) -> None:
        log, reader = load("tiles/generated-70000.json"), self.rows()
        for path, digest in log["tile_sha256"].items():
            if path.startswith("tile/entries/"):
                bundle = Bundle.parse(path)
                start = bundle.index * 256
                raw = encode_bundle(self.ENTRIES[start : start + bundle.width])
            else:
                tile = Tile.parse(path)
                raw = reader.read_tile(tile.level, tile.index)
                assert len(raw) == tile.width * 32
            assert sha256(raw).hexdigest() == digest, path

    def test_the_tiles_are_as_many_and_called_as_theirs(self) -> None:
        log = load("tiles/generated-70000.json")
        paths = {tile.path for tile in tiles_touched(Size(0), Size(70_000))}
        assert len(paths) == log["final_tile_paths_count"]
        named = {path for path in log["final_tile_paths_sample"] if not path.startswith("tile/entries/")}
        assert len(named) == 4
        assert named <= paths


def test_production_tiles_fold_as_the_rfc_says() -> None:
    tiles = load("tiles/sunlight-navigli2025h2-level0.json")["hash_tiles_hex"]
    rows = {Tile.parse(path): bytes.fromhex(text) for path, text in tiles.items()}
    assert {tile: len(row) for tile, row in rows.items()} == {tile: tile.width * 32 for tile in rows}
    full = [(tile, row) for tile, row in rows.items() if tile.width == 256]
    assert len(full) == 4
    for tile, row in full:
        leaves = [Hash(row[at : at + 32]) for at in range(0, len(row), 32)]
        assert root_of_perfect(row) == slow_merkle.root(leaves)
        assert grow_tiles(Size(0), leaves, HeldRows({}).read_tile)[1, 0] == slow_merkle.root(leaves)
        assert row.startswith(rows.get(Tile(tile.level, tile.index, 10), b""))


class TestNotes:
    def test_the_standards_example_opens(self) -> None:
        example = load("note/c2sp-signed-note-example.json")
        opened = open_note(example["note"].encode(), [NoteVerifier.parse(example["vkey"])])
        assert opened.text == b"This is an example message.\n"

    def test_notes_open_as_they_do_in_go(self) -> None:
        for case in load("note/signed-note-go.json")["good"]:
            opened = open_note(case["note"].encode(), [NoteVerifier.parse(key) for key in case["known"]])
            assert (len(opened.verified), len(opened.unknown)) == (case["verified"], case["unverified"])

    def test_notes_that_go_refuses_are_refused(self) -> None:
        cases = load("note/signed-note-go.json")
        keys = [NoteVerifier.parse(key) for key in cases["vkeys"]]
        assert len(cases["malformed"]) == 7
        for raw in [
            *(text.encode() for text in cases["malformed"]),
            b"\xff" + cases["good"][0]["note"].encode(),
        ]:
            with pytest.raises(NoteMalformed):
                open_note(raw, keys)
        for case in cases["bad_signature"]:
            with pytest.raises(NoteSignatureWrong):
                open_note(case["note"].encode(), [NoteVerifier.parse(key) for key in case["known"]])

    def test_keys_read_as_they_do_in_go(self) -> None:
        cases = load("note/signed-note-go.json")
        assert [str(NoteVerifier.parse(text)) for text in cases["vkeys"]] == cases["vkeys"]
        for text in cases["bad_vkeys"]:
            with pytest.raises(KeyMalformed):
                NoteVerifier.parse(text)

    def test_production_checkpoints_open_with_the_keys_of_log_and_witness(self) -> None:
        cases = load("note/real-cosigned-checkpoints.json")
        texts = {text.partition("+")[0]: text for text in cases["vkeys"]}
        log = NoteVerifier.parse(texts["arche2025h1.staging.ct.transparency.dev"])
        witness = NoteVerifier.parse(texts["remora.n621.de"])
        assert (log.kind, witness.kind) == (SignatureKind.ED25519, SignatureKind.COSIGNATURE)
        signed = open_checkpoint(cases["checkpoints"][0].encode(), [log], [witness])
        assert (signed.checkpoint.origin, signed.checkpoint.size) == (log.name, 1_432_088_532)
        assert [(verified.verifier, verified.time) for verified in signed.cosignatures] == [
            (witness, 1_779_573_024)
        ]

    def test_a_key_of_a_kind_we_do_not_check_is_refused_and_not_guessed_at(self) -> None:
        text = next(text for text in load("note/real-cosigned-checkpoints.json")["vkeys"] if "+BvKb" in text)
        with pytest.raises(KeyMalformed, match="0x01 / 0x04"):
            NoteVerifier.parse(text)

    def test_witnesses_and_mirrors_of_other_makers_are_believed(self) -> None:
        files = load("tiles/sunlight-skylight-checkpoints.json")
        keys = [
            NoteVerifier.parse("witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"),
            NoteVerifier.parse("mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"),
            NoteVerifier.parse("witness2.example.org+2e55b896+BIZ7fpceQWd60IfqQeS9IAnmNOCZjMDne8lZuguz/bi9"),
        ]
        published = " ".join(text for path, text in files.items() if path.endswith(".json"))
        assert [key for key in keys if str(key) not in published] == []
        notes = {path: text for path, text in files.items() if "/000de" in path or "/88ad" in path}
        opened = [open_note(text.encode(), keys) for text in notes.values()]
        assert {verified.verifier for note in opened for verified in note.verified} == set(keys)
        assert {Checkpoint.parse(note.text).size for note in opened} == {300}


def test_every_note_of_other_makers_is_written_back_byte_for_byte() -> None:
    """Notes with keys of kinds that we do not check (0x05, 0x06) too: a witness cosigns a text as it stands."""
    notes = [
        load("note/c2sp-signed-note-example.json")["note"],
        *(case["note"] for case in load("note/signed-note-go.json")["good"]),
        *load("note/real-cosigned-checkpoints.json")["checkpoints"],
        *load("tiles/tessera-testlog.json")["checkpoints"].values(),
        *(text for path, text in load("tiles/sunlight-skylight-checkpoints.json").items() if "\n\n" in text),
    ]
    assert len(notes) > 20
    for text in notes:
        note = Note.parse(text.encode())
        assert note.to_bytes() == text.encode()
        assert all(NoteSignature.parse(str(line)) == line for line in note.signatures)


class TestProofFiles:
    def test_proof_files_are_written_as_their_maker_writes_them(self) -> None:
        cases = load("proof/tlog-proof-marshal.json")["marshal"]
        for case in cases:
            proof = TlogProof(
                position=Position(case["index"]),
                hashes=tuple(hashes(case["hashes"])),
                checkpoint=case["checkpoint"].encode(),
                extra=(case["extra"] or "").encode(),
            )
            assert proof.to_bytes() == case["want"].encode()
            assert TlogProof.parse(case["want"].encode()) == proof
        assert len(cases) == 3

    def test_proof_files_that_their_maker_refuses_are_refused(self) -> None:
        cases = load("proof/tlog-proof-marshal.json")["refuse"]
        assert len(cases) == 8
        for text in cases:
            with pytest.raises(Untrue):
                TlogProof.parse(text.encode())

    def test_every_refused_proof_file_has_its_own_fault(self) -> None:
        refused: dict[str, type[Untrue]] = {}
        for text in load("proof/tlog-proof-marshal.json")["refuse"]:
            with pytest.raises(Untrue) as why:
                TlogProof.parse(text.encode())
            refused[why.value.field] = type(why.value)
        assert refused.pop("hash").__name__ == "HashMalformed"
        assert refused == {"line 1": ProofMalformed, "extra": ProofMalformed, "index": ProofMalformed}


def test_entries_of_a_public_log_are_judged_as_its_own_tests_judge_them() -> None:
    cases = load("rekor2/sigstore-conformance-checkpoints.json")
    trusted = cases.pop("trusted_roots")
    judged: dict[str, bool] = {}
    for name, case in cases.items():
        entry = json.loads(case["bundle.sigstore.json"])["verificationMaterial"]["tlogEntries"][0]
        proof = entry.get("inclusionProof")
        if proof is None or "trusted_root" not in case:
            continue
        root = trusted[case["trusted_root"]]
        logs = (json.loads(root) if isinstance(root, str) else root)["tlogs"]
        keys = [
            # An Ed25519 key in SPKI ends in its 32 bytes (RFC 8410 4).
            NoteVerifier(log["baseUrl"].partition("://")[2], b64decode(log["publicKey"]["rawBytes"])[-32:])
            for log in logs
            if log["publicKey"]["keyDetails"] == "PKIX_ED25519"
        ]
        file = TlogProof(
            position=Position(int(proof["logIndex"])),
            hashes=tuple(hashes(proof.get("hashes"))),
            checkpoint=proof["checkpoint"]["envelope"].encode(),
        )
        try:
            file.verify(b64decode(entry["canonicalizedBody"]), keys)
        except Untrue:
            judged[name] = True
        else:
            judged[name] = False
    assert len(judged) == 12
    assert judged == {name: name.endswith("_fail") for name in judged}
