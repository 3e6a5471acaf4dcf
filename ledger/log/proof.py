"""Proving that an entry stands in the log, and that a larger log still contains a smaller one.

An inclusion proof leads from one leaf to the root (RFC 6962 2.1.1). A consistency proof leads from an old
root to a new one (2.1.2). `prove_…` builds them from tiles, for whoever keeps the log; `check_…` needs
nothing but the proof, so it is what everybody else runs. The two share no arithmetic: a slip in one does not
hide in the other.

`check_…` returns nothing and raises `ProofWrong`. A forgotten `if` cannot let a wrong proof pass.

Of the empty tree nothing can be proved. Every log continues it, so a consistency "proof" from size 0 would be
accepted for any root whatsoever; it is refused, and whoever sees a log for the first time must know that
there is nothing to compare it with. RFC 9162 2.1.4.1 wants 0 < m for the same reason. Equal sizes need equal
roots and an empty proof.

`TlogProof` is the file that travels with the goods (c2sp.org/tlog-proof): position, proof and signed
checkpoint in one text that a stranger checks without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol, Self

from ledger.errors import Words
from ledger.log.checkpoint import open_checkpoint
from ledger.log.errors import NotInTree, ProofMalformed, ProofWrong
from ledger.log.merkle import Hash, leaf_hash, node_hash
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.sizes import Position, Size
from ledger.log.strict import read_base64, read_decimal, write_base64
from ledger.log.tiles import range_hash, rows_under

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ledger.log.checkpoint import SignedCheckpoint
    from ledger.log.note import NoteVerifier
    from ledger.log.tiles import RowKey

TLOG_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
#: One node of a tree of `SIZE_MAX` entries has no more neighbours on its way to the root.
INCLUSION_HASHES_MAX = 63
#: A note, and as much again for the hashes and the extra data.
TLOG_PROOF_BYTES_MAX = 2 * NOTE_BYTES_MAX

#: Entries [start, stop) under one hash of a proof.
Range = tuple[int, int]


class HashReader(Protocol):
    """What a proof is built from: the rows of `ledger.log.tiles`, wherever they lie."""

    def read_tile(self, level: int, index: int, /) -> bytes:
        """The row of hashes at (level, index), as long as it has grown by now."""


def prove_inclusion(position: Position, size: Size, reader: HashReader) -> tuple[Hash, ...]:
    """The hashes that lead from an entry to the root of the tree of `size`, the leaf's neighbour first."""
    read = cache(reader.read_tile)
    return tuple(range_hash(start, stop, read) for start, stop in inclusion_ranges(position, size))


def prove_consistency(old: Size, new: Size, reader: HashReader) -> tuple[Hash, ...]:
    """The hashes that show the tree of `old` entries inside the tree of `new`. Requires 0 < old <= new."""
    read = cache(reader.read_tile)
    return tuple(range_hash(start, stop, read) for start, stop in _consistency_ranges(old, new))


def inclusion_rows(position: Position, size: Size) -> frozenset[RowKey]:
    """The rows `prove_inclusion` will read, for a store that fetches them first (`tiles.HeldRows`)."""
    return rows_under(inclusion_ranges(position, size))


def consistency_rows(old: Size, new: Size) -> frozenset[RowKey]:
    """The rows `prove_consistency` will read."""
    return rows_under(_consistency_ranges(old, new))


def check_inclusion(*, leaf: Hash, position: Position, size: Size, proof: Sequence[Hash], root: Hash) -> None:
    """Raise unless `proof` leads from the leaf at `position` to the root of the tree of `size`."""
    if not 0 <= position < size:
        raise ProofWrong(field="position", came=str(position), expected=_below(size))
    # Up to where the way meets the tree's right edge there is a neighbour on every level. From there on the
    # neighbours are the edge's subtrees to the left, one for each one bit that remains.
    inner = (position ^ (size - 1)).bit_length()
    border = (position >> inner).bit_count()
    _require_length(proof, inner + border)
    node = leaf
    for level, neighbour in enumerate(proof):
        is_right = level >= inner or position >> level & 1
        node = node_hash(neighbour, node) if is_right else node_hash(node, neighbour)
    _require_root("root", came=node, expected=root)


def check_consistency(*, old: Size, new: Size, proof: Sequence[Hash], old_root: Hash, new_root: Hash) -> None:
    """Raise unless `proof` shows that the tree of `new` entries begins with the tree of `old`.

    Requires 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ProofWrong(field="old size", came=str(old), expected=Words(zh=f"1 到 {new}", en=f"1 to {new}"))
    if old == new:
        _require_length(proof, 0)
        _require_root("new root", came=new_root, expected=old_root)
        return
    # RFC 9162 2.1.4.2. The way starts at the last perfect subtree of the old tree, which both trees have, and
    # goes up from there: `low` is how high that subtree is. An old tree that is itself perfect is that
    # subtree, and is not repeated.
    low = (old & -old).bit_length() - 1
    whole = old == 1 << low
    inner = ((old - 1) ^ (new - 1)).bit_length() - low
    border = ((old - 1) >> (low + inner)).bit_count()
    _require_length(proof, inner + border + (0 if whole else 1))
    seed, path = (old_root, proof) if whole else (proof[0], proof[1:])
    in_old = in_new = seed
    for level, neighbour in enumerate(path):
        if level >= inner or (old - 1) >> (low + level) & 1:
            in_old, in_new = node_hash(neighbour, in_old), node_hash(neighbour, in_new)
        else:
            # What stands to the right came later: the old tree does not have it.
            in_new = node_hash(in_new, neighbour)
    _require_root("old root", came=in_old, expected=old_root)
    _require_root("new root", came=in_new, expected=new_root)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A proof that can be checked with the log's public key alone, offline, for ever."""

    position: Position
    hashes: tuple[Hash, ...]
    checkpoint: bytes
    """The signed note as it was issued. Nothing in it is believed before `verify`."""
    extra: bytes = b""
    """Whatever the maker of the file put beside it. Nobody signed this."""

    def to_bytes(self) -> bytes:
        """The text of a `.tlog-proof` file."""
        lines = [TLOG_PROOF_HEADER]
        if self.extra:
            lines.append(f"extra {write_base64(self.extra)}")
        lines.append(f"index {self.position}")
        lines += map(str, self.hashes)
        return "\n".join(lines).encode("ascii") + b"\n\n" + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read what `to_bytes` writes. The checkpoint is kept as it came and read by `verify`."""
        if len(raw) > TLOG_PROOF_BYTES_MAX:
            expected = Words(
                zh=f"至多 {TLOG_PROOF_BYTES_MAX} 字节", en=f"at most {TLOG_PROOF_BYTES_MAX} bytes"
            )
            raise ProofMalformed(field="", came=f"{len(raw)} B", expected=expected)
        head, _, checkpoint = raw.partition(b"\n\n")
        # Latin-1 makes every byte a character: one beyond ASCII reaches the strict readers and is refused there.
        lines = iter(head.decode("latin-1").split("\n"))
        header = next(lines)
        if header != TLOG_PROOF_HEADER:
            expected = Words(zh=TLOG_PROOF_HEADER, en=TLOG_PROOF_HEADER)
            raise ProofMalformed(field="line 1", came=header, expected=expected)
        line, extra = next(lines, ""), b""
        if line.startswith("extra "):
            extra = read_base64(line.removeprefix("extra "), field="extra", refusal=ProofMalformed)
            # c2sp.org/tlog-proof: without extra data there is no line, so an empty one is a second spelling.
            if not extra:
                expected = Words(zh="没有内容时不写此行", en="no such line when there is none")
                raise ProofMalformed(field="extra", came="", expected=expected)
            line = next(lines, "")
        if not line.startswith("index "):
            expected = Words(zh="“index <序号>”一行", en="a line 'index <position>'")
            raise ProofMalformed(field="index", came=line, expected=expected)
        position = Position(read_decimal(line.removeprefix("index "), field="index", refusal=ProofMalformed))
        hashes = tuple(map(Hash.parse, lines))
        if len(hashes) > INCLUSION_HASHES_MAX:
            expected = Words(
                zh=f"至多 {INCLUSION_HASHES_MAX} 个哈希", en=f"at most {INCLUSION_HASHES_MAX} hashes"
            )
            raise ProofMalformed(field="hashes", came=str(len(hashes)), expected=expected)
        if not checkpoint:
            expected = Words(zh="空行之后的检查点", en="a checkpoint after a blank line")
            raise ProofMalformed(field="checkpoint", came="", expected=expected)
        return cls(position=position, hashes=hashes, checkpoint=checkpoint, extra=extra)

    def verify(
        self, entry: bytes, log_keys: Collection[NoteVerifier], witnesses: Collection[NoteVerifier] = ()
    ) -> SignedCheckpoint:
        """Raise unless a key of the log has signed a tree that holds exactly this entry at this position.

        What comes back tells the tree, and which of the given witnesses have cosigned it.
        """
        signed = open_checkpoint(self.checkpoint, log_keys, witnesses)
        tree = signed.checkpoint
        check_inclusion(
            leaf=leaf_hash(entry), position=self.position, size=tree.size, proof=self.hashes, root=tree.root
        )
        return signed


def inclusion_ranges(position: Position, size: Size) -> list[Range]:
    """PATH(m, D[n]) of RFC 6962 2.1.1 as ranges of entries: at each split, the half without the entry."""
    if not 0 <= position < size:
        raise NotInTree(field="position", came=str(position), expected=_below(size))
    ranges: list[Range] = []
    start, stop = 0, int(size)
    while stop - start > 1:
        middle = start + _split(stop - start)
        if position < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def _consistency_ranges(old: Size, new: Size) -> list[Range]:
    """PROOF(m, D[n]) of RFC 6962 2.1.2 as ranges of entries."""
    if not 0 < old <= new:
        raise NotInTree(field="old size", came=str(old), expected=Words(zh=f"1 到 {new}", en=f"1 to {new}"))
    ranges: list[Range] = []
    start, stop = 0, int(new)
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    # SUBPROOF(m, D[m], true) is empty: who checks has the old root. Else the last old subtree is needed too.
    if start:
        ranges.append((start, stop))
    ranges.reverse()
    return ranges


def _split(count: int) -> int:
    """RFC 6962 2.1: the largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _below(size: Size) -> Words:
    return Words(zh=f"小于日志大小 {size}", en=f"a position below the size {size}")


def _require_length(proof: Sequence[Hash], expected: int) -> None:
    if len(proof) != expected:
        raise ProofWrong(
            field="proof",
            came=str(len(proof)),
            expected=Words(zh=f"{expected} 个哈希", en=f"{expected} hashes"),
        )


def _require_root(field: str, *, came: Hash, expected: Hash) -> None:
    if came != expected:
        raise ProofWrong(field=field, came=str(came), expected=Words(zh=str(expected), en=str(expected)))
