"""What one commit put under one checkpoint: proofs of it are made from memory, without asking for a single tile.

Of the older part of the tree only its right edge is needed: whatever stands left of a new entry on its way to the root is one of
the edge's subtrees, or was grown from them and from the new leaves. Each node is hashed once for all entries of the commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.errors import Words
from ledger.log.errors import NotInTree
from ledger.log.merkle import join_subtrees, leaf_hash, node_hash
from ledger.log.proof import TlogProof, inclusion_ranges
from ledger.log.sizes import Size
from ledger.log.tiles import perfect_subtrees

if TYPE_CHECKING:
    from ledger.log.merkle import Edge, Hash
    from ledger.log.sizes import Position


@dataclass(frozen=True, slots=True)
class Sealed:
    """The tree as it stood before, the entries that came, and the first checkpoint that covers them."""

    before: Edge
    entries: tuple[bytes, ...]
    checkpoint: bytes
    #: Hashes of perfect subtrees by (height, index), as far as a proof asked for them.
    _nodes: dict[tuple[int, int], Hash] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        old = self.before.size
        self._nodes.update(zip(perfect_subtrees(0, old), self.before.hashes, strict=True))
        self._nodes.update({(0, old + at): leaf_hash(entry) for at, entry in enumerate(self.entries)})

    @property
    def size(self) -> Size:
        """Of the tree that the checkpoint covers."""
        return Size(self.before.size + len(self.entries))

    def holds(self, position: int) -> bool:
        """Whether this is the commit of that entry."""
        return self.before.size <= position < self.size

    def proof(self, position: Position) -> TlogProof:
        """That the entry at a position of this commit stands in the tree of the checkpoint; the entry goes along."""
        if not self.holds(position):
            first, last = self.before.size, self.size - 1
            expected = Words(zh=f"{first} 到 {last}", en=f"{first} to {last}")
            raise NotInTree(field="position", came=str(position), expected=expected)
        entry = self.entries[position - self.before.size]
        hashes = tuple(self._range(start, stop) for start, stop in inclusion_ranges(position, self.size))
        return TlogProof(position=position, hashes=hashes, checkpoint=self.checkpoint, extra=entry)

    def _range(self, start: int, stop: int) -> Hash:
        return join_subtrees([self._node(height, index) for height, index in perfect_subtrees(start, stop)])

    def _node(self, height: int, index: int) -> Hash:
        known = self._nodes.get((height, index))
        if known is None:
            known = node_hash(self._node(height - 1, 2 * index), self._node(height - 1, 2 * index + 1))
            self._nodes[height, index] = known
        return known
