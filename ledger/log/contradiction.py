"""The proof that an operator told two histories: two things that the log's key signed and that cannot both be true.

    {"v":1,"kind":"roots",      two checkpoints, and the proof that the larger tree does not begin with the smaller one's
     "smaller":"…","larger":"…","root":"…","proof":["…",…]}

    {"v":1,"kind":"entries",    two `.tlog-proof` files that put different entries at one position
     "one":"…","leaf_one":"…","other":"…","leaf_other":"…"}

RFC 8785, hashes in base64. A log is append-only: of one tree the first `n` entries have one root, and one position has one leaf. `root` is what
the first entries of the larger tree come to; the proof binds it to the larger root exactly as a consistency proof does (RFC 9162 2.1.4), so
whoever reads this needs the log's public key and nothing else. It says that the key signed both; who held the key it does not say.

A log that merely became shorter, and says nothing new, contradicts nobody: it has to grow again before there is anything to prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from ledger.canonical import canonical, read_canonical
from ledger.errors import Words
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import CheckpointOfAnotherLog, ProofMalformed, Untrue
from ledger.log.merkle import Hash
from ledger.log.note import Note
from ledger.log.proof import TlogProof, check_consistency, check_inclusion, prove_consistency
from ledger.log.tiles import edge_from_tiles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from ledger.canonical import Json
    from ledger.log.note import NoteVerifier
    from ledger.log.proof import HashReader

VERSION: Final = 1
#: Two proofs with their notes, as JSON.
CONTRADICTION_BYTES_MAX: Final = 1024 * 1024
_ROOTS: Final = frozenset({"v", "kind", "smaller", "larger", "root", "proof"})
_ENTRIES: Final = frozenset({"v", "kind", "one", "leaf_one", "other", "leaf_other"})


class NoContradiction(Untrue):
    """Both can be true of one log."""

    title = Words(zh="两者并不矛盾", en="the two do not contradict each other")


@dataclass(frozen=True, slots=True)
class TwoRoots:
    """Two signed checkpoints, and why the larger tree does not begin with the smaller one."""

    smaller: bytes
    larger: bytes
    #: What as many first entries of the larger tree come to.
    root: Hash
    proof: tuple[Hash, ...]

    @classmethod
    def between(cls, smaller: bytes, larger: bytes, tiles: HashReader) -> Self:
        """Two notes of one log, and the tiles of the larger tree. Nothing is verified: see `check`."""
        size, of = (Checkpoint.parse(Note.parse(note).text).size for note in (smaller, larger))
        root = edge_from_tiles(size, tiles.read_tile).root()
        return cls(smaller, larger, root, prove_consistency(size, of, tiles))

    def check(self, keys: Collection[NoteVerifier]) -> tuple[Checkpoint, Checkpoint]:
        """The two checkpoints, if a key of one log signed both and both cannot be true; else raises."""
        one, other = (open_checkpoint(note, keys).checkpoint for note in (self.smaller, self.larger))
        _check_one_log(one, other)
        check_consistency(
            old=one.size, new=other.size, proof=self.proof, old_root=self.root, new_root=other.root
        )
        if one.root == self.root:
            raise _agree("root", str(self.root))
        return one, other

    def to_bytes(self) -> bytes:
        """The file."""
        body: dict[str, Json] = {
            "v": VERSION,
            "kind": "roots",
            "smaller": self.smaller.decode(),
            "larger": self.larger.decode(),
            "root": str(self.root),
            "proof": [str(one) for one in self.proof],
        }
        return canonical(body)


@dataclass(frozen=True, slots=True)
class TwoEntries:
    """Two proofs with the leaf hash of what each proves: at one position, and different."""

    one: TlogProof
    leaf_one: Hash
    other: TlogProof
    leaf_other: Hash

    def check(self, keys: Collection[NoteVerifier]) -> tuple[Checkpoint, Checkpoint]:
        """The checkpoints under the two proofs, if a key of one log signed both and both cannot be true; else raises."""
        trees = []
        for proof, leaf in ((self.one, self.leaf_one), (self.other, self.leaf_other)):
            tree = open_checkpoint(proof.checkpoint, keys).checkpoint
            check_inclusion(
                leaf=leaf, position=proof.position, size=tree.size, proof=proof.hashes, root=tree.root
            )
            trees.append(tree)
        one, other = trees
        _check_one_log(one, other)
        if self.one.position != self.other.position or self.leaf_one == self.leaf_other:
            raise _agree("leaf", f"{self.one.position}: {self.leaf_one}")
        return one, other

    def to_bytes(self) -> bytes:
        """The file."""
        body: dict[str, Json] = {
            "v": VERSION,
            "kind": "entries",
            "one": self.one.to_bytes().decode(),
            "leaf_one": str(self.leaf_one),
            "other": self.other.to_bytes().decode(),
            "leaf_other": str(self.leaf_other),
        }
        return canonical(body)


def read_contradiction(raw: bytes) -> TwoRoots | TwoEntries:
    """Read what `to_bytes` writes. Nothing in it is believed before `check`."""
    body = read_canonical(raw, bytes_max=CONTRADICTION_BYTES_MAX)
    text = partial(_text, body)
    match body.get("kind"):
        case "roots" if set(body) == _ROOTS and body["v"] is VERSION:
            proof = body["proof"]
            if not isinstance(proof, list | tuple):
                raise _malformed("proof", proof)
            return TwoRoots(
                smaller=text("smaller").encode(),
                larger=text("larger").encode(),
                root=Hash.parse(text("root")),
                proof=tuple(map(_hash, proof)),
            )
        case "entries" if set(body) == _ENTRIES and body["v"] is VERSION:
            return TwoEntries(
                one=TlogProof.parse(text("one").encode()),
                leaf_one=Hash.parse(text("leaf_one")),
                other=TlogProof.parse(text("other").encode()),
                leaf_other=Hash.parse(text("leaf_other")),
            )
        case kind:
            raise _malformed("kind", kind)


def _check_one_log(one: Checkpoint, other: Checkpoint) -> None:
    if one.origin != other.origin:
        raise CheckpointOfAnotherLog(
            field="origin", came=other.origin, expected=Words(zh=one.origin, en=one.origin)
        )


def _text(body: Mapping[str, Json], name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise _malformed(name, value)
    return value


def _hash(value: Json) -> Hash:
    if not isinstance(value, str):
        raise _malformed("proof", value)
    return Hash.parse(value)


def _agree(field: str, came: str) -> NoContradiction:
    return NoContradiction(
        field=field, came=came, expected=Words(zh="与之不同的另一个", en="another one than that")
    )


def _malformed(field: str, came: object) -> ProofMalformed:
    names = ", ".join(sorted(_ROOTS)), ", ".join(sorted(_ENTRIES))
    return ProofMalformed(
        field=field,
        came=came,
        expected=Words(zh=f"{names[0]} 或 {names[1]}", en=f"{names[0]}; or {names[1]}"),
    )
