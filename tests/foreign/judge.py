"""Checks a log of ours with other people's Python packages. Runs in their environment (`tools/strangers.py`), not in ours.

    .strangers/venv/bin/python tests/foreign/judge.py aics-tlog

Each line of standard input names a file with one case, as `tests/support/foreign.py` writes it; each line of standard output is the
verdict: {"size": ..., "root": ...} or {"refused": "why"}. What is ours in here is fetching and counting; every signature, hash and proof
is judged by the package.
"""

from __future__ import annotations

import importlib
import json
import sys
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    #: The JSON of a case.
    Case = dict[str, Any]
    Verdict = dict[str, object]

TILE_WIDTH = 256


class Head(Protocol):
    """The checkpoint of aics-tlog, as far as it is asked for here."""

    size: int
    root: bytes


class Verifier(Protocol):
    """Its public key."""

    name: str


class TreeHead(Protocol):
    """The checkpoint of tlog-scales."""

    size: int
    root_hash: bytes

    def verify(self, key: object) -> None:
        """Raises where this key did not sign it."""


class Reader(Protocol):
    """Its reader of tiles."""

    def mth(self, start: int, stop: int) -> bytes:
        """The root of these entries."""


class Refused(Exception):
    """The package says no without raising anything of its own."""


def require(holds: object, what: str) -> None:
    """For functions that answer with a truth value."""
    if not holds:
        raise Refused(what)


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962 2.1, for packages that leave it to their callers."""
    return sha256(b"\0" + entry).digest()


def raw_of(texts: list[str]) -> list[bytes]:
    """The hashes of a proof."""
    return [b64decode(text) for text in texts]


def aics_tlog(case: Case) -> Verdict:
    """aics-tlog: notes, tiles and bundles of the whole tree, its own proofs beside ours."""
    aics = importlib.import_module("aics_tlog")
    key = aics.parse_vkey(case["vkey"])
    head = aics_head(aics, case["note"], key)
    where = case["log"]
    over_http = where.startswith("http://")
    reader = aics.HttpTileReader([where]) if over_http else aics.FileSystemTileReader(where)
    aics.audit_tiles(reader, head.size, head.root)
    checked = aics.VerifiedTileReader(reader, head.size, head.root)
    for shown in case["receipts"]:
        at, proof = shown["position"], raw_of(shown["proof"])
        entry = b64decode(shown["entry"])
        holds = aics.verify_leaf_inclusion(entry, at, head.size, proof, head.root)
        require(holds, f"receipt of {at}")
        own = aics.inclusion_proof_from_tiles(checked, at, head.size)
        require(list(own) == proof, f"its own proof of {at} is another")
    for older in case["older"]:
        before, proof = aics_head(aics, older["note"], key), raw_of(older["proof"])
        holds = aics.verify_consistency(before.size, head.size, before.root, head.root, proof)
        require(holds, f"older size {before.size}")
        own = aics.consistency_proof_from_tiles(checked, before.size, head.size)
        require(list(own) == proof, f"its own proof from {before.size} is another")
    return {"size": head.size, "root": b64encode(head.root).decode()}


def aics_head(aics: ModuleType, note: str, key: Verifier) -> Head:
    """The checkpoint in a signed note."""
    parsed = aics.parse_note(b64decode(note))
    answer = aics.verify_checkpoint(parsed, key, expected_origin=key.name)
    require(answer.ok, f"checkpoint: {answer.error}")
    head: Head = aics.parse_checkpoint(parsed.text)
    return head


def metamorphic_log(case: Case) -> Verdict:
    """metamorphic-log (Rust): notes and our proofs. It reads no tiles."""
    rust = importlib.import_module("metamorphic_log")
    note, keys = b64decode(case["note"]).decode(), [case["vkey"]]
    rust.verify_signed_note(note, keys)
    head = rust.checkpoint_verify(note, keys)
    for shown in case["receipts"]:
        leaf = leaf_hash(b64decode(shown["entry"]))
        rust.checkpoint_verify_inclusion(note, keys, shown["position"], leaf, raw_of(shown["proof"]))
    for older in case["older"]:
        rust.checkpoint_verify_consistency(
            b64decode(older["note"]).decode(), note, keys, raw_of(older["proof"])
        )
    return {"size": head.size, "root": b64encode(bytes(head.root)).decode()}


def tlog_scales(case: Case) -> Verdict:
    """tlog-scales: notes, the root from the tiles, every entry, its own proofs beside ours."""
    tlog, signing = (importlib.import_module(f"tlog_scales.{name}") for name in ("tlog", "signing"))
    reading, backend = (importlib.import_module(f"tlog_scales.{name}") for name in ("reader", "backend"))
    leaf_hash = importlib.import_module("tlog_scales.tiles").leaf_hash
    key = signing.Vkey.from_string(case["vkey"])

    def opened(note: str) -> TreeHead:
        head: TreeHead = tlog.Checkpoint.from_text(b64decode(note).decode())
        head.verify(key)
        return head

    head = opened(case["note"])
    reader = reading.TilesReader(backend.make_backend(case["log"]))
    reader.set_size(head.size)
    require(reader.calculate_root_hash() == head.root_hash, "the tiles lead to another root")
    for start in range(0, head.size, TILE_WIDTH):
        for at in range(start, min(start + TILE_WIDTH, head.size)):
            require(reader.mth(at, at + 1) == leaf_hash(reader.get_entry(at)), f"entry {at}")
        whole = start + TILE_WIDTH <= head.size
        # `mth` of a whole tile reads the level above: the two must agree.
        require(not whole or reader.mth(start, start + TILE_WIDTH) == folded(reader, start), f"tile {start}")
    for shown in case["receipts"]:
        at, proof = shown["position"], raw_of(shown["proof"])
        tlog.InclusionProof(at, head.size, proof).check(leaf_hash(b64decode(shown["entry"])), head.root_hash)
        require(reader.get_inclusion_proof(at, head.size).node_hashes == proof, f"its own proof of {at}")
    for older in case["older"]:
        before, proof = opened(older["note"]), raw_of(older["proof"])
        tlog.ConsistencyProof(before.size, head.size, proof).check(before.root_hash, head.root_hash)
        own = reader.get_consistency_proof(before.size, head.size).node_hashes
        require(own == proof, f"its own proof from {before.size}")
    return {"size": head.size, "root": b64encode(head.root_hash).decode()}


def folded(reader: Reader, start: int) -> bytes:
    """The root of a whole tile from its two halves."""
    half = start + TILE_WIDTH // 2
    return sha256(b"\1" + reader.mth(start, half) + reader.mth(half, start + TILE_WIDTH)).digest()


JUDGES: dict[str, Callable[[Case], Verdict]] = {
    "aics-tlog": aics_tlog,
    "metamorphic-log": metamorphic_log,
    "tlog-scales": tlog_scales,
}


def main() -> None:
    """One verdict for each line."""
    judge = JUDGES[sys.argv[1]]
    for line in sys.stdin:
        case = json.loads(Path(line.rstrip("\n")).read_text("utf-8"))
        try:
            verdict = judge(case)
        except Exception as error:  # noqa: BLE001 (each package refuses with errors of its own)
            verdict = {"refused": f"{type(error).__name__}: {error}"}
        sys.stdout.write(f"{json.dumps(verdict)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
