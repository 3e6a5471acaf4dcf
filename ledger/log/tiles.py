"""The tree as tiles: rows of 256 hashes that never change once they are full (c2sp.org/tlog-tiles).

    level 0    tile 0: leaf hashes 0..255        tile 1: leaf hashes 256..511      …
    level 1    tile 0: the roots of the 256 first full tiles of level 0            …
    level 2    tile 0: the roots of the 256 first full tiles of level 1            …

One stored row per (level, index) holds up to 256 hashes. A row only ever grows at its end, so the partial
tile of any older tree is the first bytes of today's row: partial tiles are served from the full row, for
ever, and none is kept apart. Appending reads the rightmost row of each level and no other.

Entries travel in bundles of 256 as well, each entry behind its length in two bytes. That is why one entry has
at most 65,535 bytes, and why documents enter the log by digest.

The rows are reached through a `ReadTile`. Where they lie, and whether they are what was signed, is not known
here: the hashes that come out are only as true as the root they lead to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from ledger.errors import TooLarge, Words
from ledger.log.errors import NotInTree, TileMalformed, TilesBehind
from ledger.log.merkle import HASH_BYTES, Edge, Hash, join_subtrees, levels_over, root_of_perfect
from ledger.log.sizes import SIZE_MAX, Size

#: A tile spans 8 levels of the tree, hence 256 hashes and 8,192 bytes.
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES

#: c2sp.org/tlog-tiles: a level is a number between 0 and 63.
LEVEL_MAX = 63
INDEX_MAX = SIZE_MAX >> TILE_HEIGHT

#: The length of an entry is a uint16.
ENTRY_BYTES_MAX = 2**16 - 1

#: Where a row is kept: (level, index).
RowKey = tuple[int, int]
#: Reads the row of (level, index), as long as it has grown by now.
ReadTile = Callable[[int, int], bytes]

_PLACE = r"(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?"
_TILE_PATH = re.compile(r"tile/(?P<level>[0-9]{1,2})/" + _PLACE)
_BUNDLE_PATH = re.compile("tile/entries/" + _PLACE)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile, full or partial, by its place in the tree."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """A tile that may exist in some tree."""
        _require_between("level", self.level, 0, LEVEL_MAX)
        _require_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where the tile is fetched, below the log's prefix: `tile/0/x001/x234/067.p/112`."""
        return f"tile/{self.level}/{_place_path(self.index, self.width)}"

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read what `path` writes, in that one spelling."""
        match = _TILE_PATH.fullmatch(path)
        tile = cls(int(match["level"]), *_read_place(match)) if match else None
        if tile is None or tile.path != path:
            raise _no_path(path, "tile/<L>/<N>[.p/<W>]")
        return tile

    def require_in(self, size: Size) -> None:
        """Refuse a tile, or a width of it, that a tree of this size does not have."""
        _require_hashes(
            self.path, have=size >> (TILE_HEIGHT * self.level), need=self.index * TILE_WIDTH + self.width
        )


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """The entries under one tile of level 0, full or partial."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """A bundle that may exist in some log."""
        _require_place(self.index, self.width)

    @property
    def path(self) -> str:
        """Where the bundle is fetched, below the log's prefix: `tile/entries/x001/x234/067`."""
        return f"tile/entries/{_place_path(self.index, self.width)}"

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read what `path` writes, in that one spelling."""
        match = _BUNDLE_PATH.fullmatch(path)
        bundle = cls(*_read_place(match)) if match else None
        if bundle is None or bundle.path != path:
            raise _no_path(path, "tile/entries/<N>[.p/<W>]")
        return bundle

    def require_in(self, size: Size) -> None:
        """Refuse a bundle, or a width of it, that a log of this size does not have."""
        _require_hashes(self.path, have=size, need=self.index * TILE_WIDTH + self.width)


def tiles_touched(old_size: Size, new_size: Size) -> tuple[Tile, ...]:
    """The tiles that are new or wider in the larger tree, each as wide as it is there. From 0: every tile."""
    touched: list[Tile] = []
    level = 0
    while (have := new_size >> (TILE_HEIGHT * level)) > (had := old_size >> (TILE_HEIGHT * level)):
        first, last = had // TILE_WIDTH, (have - 1) // TILE_WIDTH
        touched += (Tile(level, at, min(TILE_WIDTH, have - at * TILE_WIDTH)) for at in range(first, last + 1))
        level += 1
    return tuple(touched)


def grow_tiles(old_size: Size, leaf_hashes: Sequence[Hash], read_tile: ReadTile) -> dict[RowKey, bytes]:
    """The rows to store once these leaves stand behind the first `old_size`, each row whole.

    Reads only rows that are partial in the old tree: at most one a level.
    """
    rows: dict[RowKey, bytes] = {}
    level, new = 0, leaf_hashes
    while new:
        index, width = divmod(old_size >> (TILE_HEIGHT * level), TILE_WIDTH)
        row = _row_to_grow(level, index, width, read_tile) + b"".join(new)
        parents: list[Hash] = []
        for at in range(0, len(row), TILE_BYTES):
            tile = row[at : at + TILE_BYTES]
            rows[level, index] = tile
            # A partial tile is never hashed into the level above: its root would change with every entry.
            if len(tile) == TILE_BYTES:
                parents.append(root_of_perfect(tile))
            index += 1
        level, new = level + 1, parents
    return rows


def subtree_hash(height: int, index: int, read_tile: ReadTile) -> Hash:
    """The hash of the perfect subtree over the entries [index * 2^height, (index + 1) * 2^height)."""
    (level, tile_index), offset, count = _place_in_tile(height, index)
    row = read_tile(level, tile_index)
    if len(row) == TILE_BYTES:
        # Full: it never changes, and every proof for an entry below it asks for some of its nodes.
        rest = count.bit_length() - 1
        at = (offset >> rest) * HASH_BYTES
        return Hash(levels_over(row)[rest][at : at + HASH_BYTES] if rest else row[at : at + HASH_BYTES])
    hashes = row[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
    if len(hashes) != count * HASH_BYTES:
        need = (offset + count) * HASH_BYTES
        expected = Words(zh=f"至少 {need} 字节", en=f"at least {need} bytes")
        raise TileMalformed(field=f"tile/{level}/{tile_index}", came=f"{len(row)} B", expected=expected)
    return root_of_perfect(hashes)


def perfect_subtrees(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The perfect subtrees (height, index) that cover the entries [start, stop), from left to right."""
    while start < stop:
        # The subtree may be no larger than what is left, and must begin at a multiple of its own width.
        height = (stop - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        yield height, start >> height
        start += 1 << height


def range_hash(start: int, stop: int, read_tile: ReadTile) -> Hash:
    """MTH(D[start:stop]), RFC 6962 2.1, for a non-empty range that is a subtree of some tree."""
    return join_subtrees(
        [subtree_hash(height, index, read_tile) for height, index in perfect_subtrees(start, stop)]
    )


def edge_from_tiles(size: Size, read_tile: ReadTile) -> Edge:
    """The right edge, computed again from the rows: what a store compares with the edge it kept."""
    subtrees = perfect_subtrees(0, size)
    return Edge(size, tuple(subtree_hash(height, index, read_tile) for height, index in subtrees))


def rows_under(ranges: Iterable[tuple[int, int]]) -> frozenset[RowKey]:
    """The rows one needs to hash these ranges of entries: for a store that fetches them in one question."""
    return frozenset(
        _place_in_tile(height, index)[0]
        for start, stop in ranges
        for height, index in perfect_subtrees(start, stop)
    )


@dataclass(frozen=True, slots=True)
class HeldRows:
    """Rows already fetched, as a reader of tiles."""

    rows: Mapping[RowKey, bytes]

    def read_tile(self, level: int, index: int) -> bytes:
        """The row, or a refusal when it was not fetched."""
        row = self.rows.get((level, index))
        if row is None:
            expected = Words(zh="已取得的数据块", en="a tile that was fetched")
            raise TileMalformed(field=f"tile/{level}/{index}", came="-", expected=expected)
        return row


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries in sequence, each behind its length as a big-endian uint16."""
    for at, entry in enumerate(entries):
        if len(entry) > ENTRY_BYTES_MAX:
            expected = Words(zh=f"至多 {ENTRY_BYTES_MAX} 字节", en=f"at most {ENTRY_BYTES_MAX} bytes")
            raise TooLarge(field=f"entries[{at}]", came=f"{len(entry)} B", expected=expected)
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes, width: int) -> tuple[bytes, ...]:
    """The `width` entries of a bundle; not a byte may be missing or left over."""
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        entries.append(raw[start:at])
    # Slices stop at the end without a word, so a bundle that was cut has a cursor beyond its last byte.
    if at != len(raw):
        expected = Words(zh=f"{width} 条记录，共 {at} 字节", en=f"{width} entries in {at} bytes")
        raise TileMalformed(field="bundle", came=f"{len(raw)} B", expected=expected)
    return tuple(entries)


def _place_in_tile(height: int, index: int) -> tuple[RowKey, int, int]:
    """Where a perfect subtree lies: the row, the first of its hashes in that row, and how many they are."""
    level, rest = divmod(height, TILE_HEIGHT)
    tile_index, offset = divmod(index << rest, TILE_WIDTH)
    return (level, tile_index), offset, 1 << rest


def _row_to_grow(level: int, index: int, width: int, read_tile: ReadTile) -> bytes:
    """The row to grow, exactly as wide as the old tree says; otherwise somebody else has written."""
    row = read_tile(level, index) if width else b""
    if len(row) != width * HASH_BYTES:
        raise TilesBehind(f"tile/{level}/{index}: came {len(row)} bytes, expected {width * HASH_BYTES}")
    return row


def _place_path(index: int, width: int) -> str:
    """Groups of three digits, all but the last marked x, so that a folder never has a file's name."""
    last, groups = f"{index % 1000:03d}", ""
    while index := index // 1000:
        groups = f"x{index % 1000:03d}/{groups}"
    return f"{groups}{last}" if width == TILE_WIDTH else f"{groups}{last}.p/{width}"


def _read_place(match: re.Match[str]) -> tuple[int, int]:
    """Index and width. That they have no second spelling is checked by writing the path again."""
    index = int(match["index"].replace("x", "").replace("/", ""))
    return index, TILE_WIDTH if match["width"] is None else int(match["width"])


def _no_path(path: str, shape: str) -> TileMalformed:
    return TileMalformed(field="path", came=path, expected=Words(zh=shape, en=shape))


def _require_place(index: int, width: int) -> None:
    _require_between("index", index, 0, INDEX_MAX)
    _require_between("width", width, 1, TILE_WIDTH)


def _require_between(field: str, came: int, low: int, high: int) -> None:
    if not low <= came <= high:
        expected = Words(zh=f"{low} 到 {high}", en=f"{low} to {high}")
        raise TileMalformed(field=field, came=str(came), expected=expected)


def _require_hashes(path: str, *, have: int, need: int) -> None:
    if have < need:
        expected = Words(zh=f"不超过第 {have} 个", en=f"nothing beyond number {have}")
        raise NotInTree(field="path", came=path, expected=expected)
