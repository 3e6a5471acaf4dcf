"""Merkle tree hashes (RFC 6962 2.1, SHA-256), and the right edge that lets a tree grow without its past.

    MTH({})      = SHA-256()
    MTH({d0})    = SHA-256(0x00 || d0)
    MTH(D[n])    = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))      k: the largest power of two smaller than n

A tree of n entries is a row of perfect subtrees, one for each one bit of n, the largest on the left:
13 = 8 + 4 + 1. Their hashes are the `Edge`. It is all one needs to know of the past to append and to tell the
new root, so the head row of the store holds it. The tree itself is kept as tiles (`ledger.log.tiles`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import Words
from ledger.log.errors import EdgeMalformed, HashMalformed
from ledger.log.sizes import SIZE_MAX, Size
from ledger.log.strict import read_base64, write_base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES = 32
#: Parts of tiles whose roots are held: at most 8 kB each, and most far less.
_ROOTS_HELD: Final = 1_024
#: Whole tiles of which every node is held, at 16 kB each: the upper tiles of a log of millions of entries, and the lower ones asked for lately.
_TILES_HELD: Final = 128


class Hash(bytes):
    """A SHA-256 hash: 32 bytes, never more or fewer. As text it is base64, as every C2SP format writes it."""

    __slots__ = ()

    def __new__(cls, raw: bytes) -> Self:
        """Take 32 bytes or refuse."""
        if len(raw) != HASH_BYTES:
            raise HashMalformed(
                field="hash", came=f"{len(raw)} B", expected=Words(zh="32 字节", en="32 bytes")
            )
        return super().__new__(cls, raw)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` writes."""
        return cls(read_base64(text, field="hash", refusal=HashMalformed))

    def __str__(self) -> str:
        """The base64 of the 32 bytes."""
        return write_base64(self)


#: The root of a tree without entries: the hash of nothing.
EMPTY_ROOT = Hash(sha256(b"").digest())


def leaf_hash(entry: bytes) -> Hash:
    """The hash of one entry, whose bytes are hashed exactly as they are stored."""
    # RFC 6962 2.1: the 0x00 here and the 0x01 below keep a leaf from ever passing for a node.
    return Hash(sha256(b"\x00" + entry).digest())


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of two subtrees side by side."""
    return Hash(sha256(b"\x01" + left + right).digest())


def root_of(leaf_hashes: Iterable[Hash]) -> Hash:
    """The root of a whole tree at once."""
    return Edge.empty().extend(leaf_hashes).root()


@lru_cache(maxsize=_ROOTS_HELD)
def root_of_perfect(row: bytes) -> Hash:
    """The root over hashes that lie side by side in `row`; their number is a power of two.

    The left half of a growing tile is asked for with every proof, so the latest are held.
    """
    while len(row) > HASH_BYTES:
        row = _nodes_over(row)
    return Hash(row)


@lru_cache(maxsize=_TILES_HELD)
def levels_over(row: bytes) -> tuple[bytes, ...]:
    """The hashes of a row that is a power of two wide, those of the nodes over each two of them, and so on up to the root.

    What a proof needs of a full tile stands in here, for every entry below it. The row itself is what it is found by: other hashes have
    other nodes.
    """
    levels = [row]
    while len(row) > HASH_BYTES:
        row = _nodes_over(row)
        levels.append(row)
    return tuple(levels)


def _nodes_over(row: bytes) -> bytes:
    """The row halved: two neighbours are 64 bytes in sequence, which is just what a node hashes."""
    pairs = range(0, len(row), 2 * HASH_BYTES)
    return b"".join([sha256(b"\x01" + row[at : at + 2 * HASH_BYTES]).digest() for at in pairs])


def join_subtrees(hashes: Sequence[Hash]) -> Hash:
    """The root over perfect subtrees side by side, largest first: the two on the right are joined first."""
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: its size, and the hashes of its perfect subtrees from left to right."""

    size: Size
    hashes: tuple[Hash, ...]

    def __post_init__(self) -> None:
        """One hash for every one bit of the size."""
        if not 0 <= self.size <= SIZE_MAX:
            expected = Words(zh=f"0 到 {SIZE_MAX}", en=f"0 to {SIZE_MAX}")
            raise EdgeMalformed(field="size", came=str(self.size), expected=expected)
        subtrees = self.size.bit_count()
        if len(self.hashes) != subtrees:
            expected = Words(
                zh=f"大小为 {self.size} 的树有 {subtrees} 个", en=f"{subtrees} for a tree of size {self.size}"
            )
            raise EdgeMalformed(field="hashes", came=str(len(self.hashes)), expected=expected)

    @classmethod
    def empty(cls) -> Self:
        """Where every log begins."""
        return cls(Size(0), ())

    def append(self, leaf_hash: Hash) -> Edge:
        """The edge after one more entry."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[Hash]) -> Edge:
        """The edge after more entries: about one node hash for each."""
        carried: bytes
        hashes, size = list[bytes](self.hashes), int(self.size)
        for node in leaf_hashes:
            # Like adding 1 in binary: each trailing one bit is a finished left neighbour; joining it carries.
            carried, carry = node, size
            while carry & 1:
                # As `node_hash`, without a value for each node that the next one takes in.
                carried = sha256(b"\x01" + hashes.pop() + carried).digest()
                carry >>= 1
            hashes.append(carried)
            size += 1
        return Edge(Size(size), tuple(map(Hash, hashes)))

    def root(self) -> Hash:
        """The root of the tree this is the edge of."""
        return join_subtrees(self.hashes) if self.hashes else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """The hashes in sequence; the size is kept beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: Size, raw: bytes) -> Self:
        """Read what `to_bytes` wrote for a tree of this size."""
        if len(raw) % HASH_BYTES:
            expected = Words(zh="32 字节的整数倍", en="a multiple of 32 bytes")
            raise EdgeMalformed(field="hashes", came=f"{len(raw)} B", expected=expected)
        return cls(size, tuple(Hash(raw[at : at + HASH_BYTES]) for at in range(0, len(raw), HASH_BYTES)))
