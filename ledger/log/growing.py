"""The tiles of a tree that grows, with nothing held but its right edge: for whoever copies a log, or checks one from its first entry on.

    tiles = GrowingTiles.empty()
    for leaf_hashes in log:                       any number at a time
        for tile, row in tiles.extend(leaf_hashes):
            …                                     each tile once, when it has become full
    tiles.partial()                               the last tile of each level, as wide as it is now
    tiles.root()

A log of a million entries keeps at most three rows of 8 kB here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ledger.errors import Words
from ledger.log.errors import TileMalformed
from ledger.log.merkle import HASH_BYTES, Hash
from ledger.log.sizes import Size
from ledger.log.tiles import TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, edge_from_tiles, grow_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.log.tiles import ReadTile, RowKey

#: A tile and its hashes in sequence.
TileRow = tuple[Tile, bytes]


@dataclass(slots=True)
class GrowingTiles:
    """Where a tree stands: its size, and the one row of each level that is not full yet."""

    size: Size
    _rows: dict[RowKey, bytes]

    @classmethod
    def empty(cls) -> Self:
        """Where every log begins."""
        return cls(Size(0), {})

    @classmethod
    def at(cls, size: Size, read_tile: ReadTile) -> Self:
        """Where a tree of this size stands, from its rows. They are only as true as the root they lead to: ask `root`."""
        rows: dict[RowKey, bytes] = {}
        for level, index, width in _partial(size):
            row = read_tile(level, index)[: width * HASH_BYTES]
            if len(row) != width * HASH_BYTES:
                need = width * HASH_BYTES
                expected = Words(zh=f"至少 {need} 字节", en=f"at least {need} bytes")
                raise TileMalformed(field=f"tile/{level}/{index}", came=f"{len(row)} B", expected=expected)
            rows[level, index] = row
        return cls(size, rows)

    def extend(self, leaf_hashes: Sequence[Hash]) -> list[TileRow]:
        """Put these leaves behind the others; the tiles that are full now and were not before."""
        grown = grow_tiles(self.size, leaf_hashes, lambda level, index: self._rows[level, index])
        self.size = Size(self.size + len(leaf_hashes))
        self._rows |= grown
        full = [(Tile(*place), row) for place, row in grown.items() if len(row) == TILE_BYTES]
        for tile, _ in full:
            del self._rows[tile.level, tile.index]
        return full

    def partial(self) -> list[TileRow]:
        """The last tile of each level, where it is not full."""
        return [
            (Tile(level, index, width), self._rows[level, index])
            for level, index, width in _partial(self.size)
        ]

    def root(self) -> Hash:
        """The root of the tree as it stands."""
        return edge_from_tiles(self.size, lambda level, index: self._rows[level, index]).root()


def _partial(size: Size) -> list[tuple[int, int, int]]:
    """Level, index and width of the tiles that a tree of this size has in part."""
    places = []
    level, have = 0, int(size)
    while have:
        index, width = divmod(have, TILE_WIDTH)
        if width:
            places.append((level, index, width))
        level, have = level + 1, have >> TILE_HEIGHT
    return places
