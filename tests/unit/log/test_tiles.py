"""Tiles, their paths, how rows grow, and bundles of entries."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ledger.errors import TooLarge
from ledger.log.errors import NotInTree, TileMalformed, TilesBehind
from ledger.log.merkle import Edge, leaf_hash
from ledger.log.sizes import Size
from ledger.log.tiles import (
    ENTRY_BYTES_MAX,
    INDEX_MAX,
    Bundle,
    HeldRows,
    RowKey,
    Tile,
    decode_bundle,
    edge_from_tiles,
    encode_bundle,
    grow_tiles,
    perfect_subtrees,
    subtree_hash,
    tiles_touched,
)
from tests.support import slow_merkle

LEAVES = [leaf_hash(b"entry %d" % at) for at in range(70_000)]


def grown(sizes: list[int]) -> dict[RowKey, bytes]:
    """The rows of a log that was at these sizes one after the other."""
    rows: dict[RowKey, bytes] = {}
    for old, new in pairwise([0, *sizes]):
        rows.update(grow_tiles(Size(old), LEAVES[old:new], HeldRows(rows).read_tile))
    return rows


class TestPaths:
    @pytest.mark.parametrize(
        ("tile", "path"),
        [
            (Tile(0, 0), "tile/0/000"),
            (Tile(0, 0, 1), "tile/0/000.p/1"),
            (Tile(0, 273, 112), "tile/0/273.p/112"),
            (Tile(1, 999, 255), "tile/1/999.p/255"),
            (Tile(2, 1000), "tile/2/x001/000"),
            (Tile(63, 1_234_067), "tile/63/x001/x234/067"),
            (Tile(0, 1_000_000_000, 17), "tile/0/x001/x000/x000/000.p/17"),
            (Tile(0, INDEX_MAX), "tile/0/x036/x028/x797/x018/x963/967"),
        ],
    )
    def test_a_tile_has_one_path(self, tile: Tile, path: str) -> None:
        assert tile.path == path
        assert Tile.parse(path) == tile

    @pytest.mark.parametrize(
        ("bundle", "path"),
        [
            (Bundle(0), "tile/entries/000"),
            (Bundle(273, 112), "tile/entries/273.p/112"),
            (Bundle(1_234_067), "tile/entries/x001/x234/067"),
        ],
    )
    def test_a_bundle_has_one_path(self, bundle: Bundle, path: str) -> None:
        assert bundle.path == path
        assert Bundle.parse(path) == bundle

    @pytest.mark.parametrize(
        "place",
        [
            "",
            "0",
            "00",
            "0000",
            "x000/000",
            "x000/x001/234",
            "001/234",
            "x001/x234",
            "X001/234",
            "x001/2340",
            "x01/234",
            "000/",
            "/000",
            "000.p",
            "000.p/",
            "000.p/0",
            "000.p/256",
            "000.p/257",
            "000.p/01",
            "000.p/+1",
            "000.p/1/2",
            "000.p/1\n",
            "000\n",
            " 000",
            "0٣0",
            "x036/x028/x797/x018/x963/968",
            "x001/x000/x000/x000/x000/x000/x000/000",
        ],
    )
    def test_a_place_with_another_spelling_is_refused(self, place: str) -> None:
        with pytest.raises(TileMalformed):
            Tile.parse(f"tile/0/{place}")
        with pytest.raises(TileMalformed):
            Bundle.parse(f"tile/entries/{place}")

    @pytest.mark.parametrize(
        "path",
        [
            "",
            "000",
            "tile/000",
            "tile/64/000",
            "tile/00/000",
            "tile/-1/000",
            "tile/8/0/000",
            "x/tile/0/000",
            "tile/entries/000",
        ],
    )
    def test_a_path_that_is_no_tile_is_refused(self, path: str) -> None:
        with pytest.raises(TileMalformed):
            Tile.parse(path)

    def test_a_hash_tile_is_no_bundle(self) -> None:
        with pytest.raises(TileMalformed, match=r"came 'tile/0/000', expected tile/entries/<N>\[\.p/<W>\]"):
            Bundle.parse("tile/0/000")


class TestPresence:
    @pytest.mark.parametrize(
        ("tile", "size"),
        [
            (Tile(0, 0, 1), 1),
            (Tile(0, 0), 256),
            (Tile(0, 1, 1), 257),
            (Tile(1, 0, 1), 256),
            (Tile(1, 0, 2), 512),
            (Tile(2, 0, 1), 65_536),
        ],
    )
    def test_a_tile_is_there_from_its_last_hash_on(self, tile: Tile, size: int) -> None:
        tile.require_in(Size(size))
        with pytest.raises(NotInTree, match=f"came '{tile.path}'"):
            tile.require_in(Size(size - 1))

    @pytest.mark.parametrize(("bundle", "size"), [(Bundle(0, 1), 1), (Bundle(0), 256), (Bundle(1, 44), 300)])
    def test_a_bundle_is_there_from_its_last_entry_on(self, bundle: Bundle, size: int) -> None:
        bundle.require_in(Size(size))
        with pytest.raises(
            NotInTree, match=f"came '{bundle.path}', expected nothing beyond number {size - 1}"
        ):
            bundle.require_in(Size(size - 1))

    def test_no_tile_is_there_in_an_empty_tree(self) -> None:
        assert tiles_touched(Size(0), Size(0)) == ()

    def test_70000_entries_have_the_tiles_of_the_standards_example(self) -> None:
        assert tiles_touched(Size(0), Size(70_000)) == (
            *(Tile(0, at) for at in range(273)),
            Tile(0, 273, 112),
            Tile(1, 0),
            Tile(1, 1, 17),
            Tile(2, 0, 1),
        )

    @pytest.mark.parametrize(
        ("old", "new", "touched"),
        [
            (255, 255, ()),
            (255, 256, (Tile(0, 0), Tile(1, 0, 1))),
            (256, 257, (Tile(0, 1, 1),)),
            (300, 513, (Tile(0, 1), Tile(0, 2, 1), Tile(1, 0, 2))),
            (65_535, 65_536, (Tile(0, 255), Tile(1, 0), Tile(2, 0, 1))),
        ],
    )
    def test_growth_touches_the_right_edge_only(self, old: int, new: int, touched: tuple[Tile, ...]) -> None:
        assert tiles_touched(Size(old), Size(new)) == touched


class TestGrowth:
    def test_rows_that_grow_leaf_by_leaf_are_the_slow_tiles_at_every_size(self) -> None:
        rows: dict[RowKey, bytes] = {}
        for size in range(520):
            changed = grow_tiles(Size(size), LEAVES[size : size + 1], HeldRows(rows).read_tile)
            rows.update(changed)
            touched = tiles_touched(Size(size), Size(size + 1))
            assert set(changed) == {(tile.level, tile.index) for tile in touched}
            for tile in touched:
                assert rows[tile.level, tile.index] == slow_merkle.tile(
                    tile.level, tile.index, LEAVES[: size + 1]
                )

    def test_rows_do_not_depend_on_the_batches_they_grew_in(self) -> None:
        assert grown([70_000]) == grown([1, 255, 256, 257, 700, 65_535, 65_537, 70_000])

    def test_the_rows_of_70000_entries_are_the_slow_tiles(self) -> None:
        rows = grown([70_000])
        for level, index in [(0, 0), (0, 272), (0, 273), (1, 0), (1, 1), (2, 0)]:
            assert rows[level, index] == slow_merkle.tile(level, index, LEAVES)

    def test_an_older_partial_tile_is_the_beginning_of_the_row(self) -> None:
        rows = grown([300])
        assert rows[0, 1][: 20 * 32] == slow_merkle.tile(0, 1, LEAVES[:276])

    @pytest.mark.parametrize(
        ("old", "new", "read"),
        [
            (0, 600, []),
            (256, 257, []),
            (256, 512, [(1, 0)]),
            (300, 301, [(0, 1)]),
            (300, 512, [(0, 1), (1, 0)]),
            (65_535, 65_536, [(0, 255), (1, 0)]),
            (65_536, 70_000, []),
        ],
    )
    def test_growing_reads_the_partial_rows_it_must_and_no_others(
        self, old: int, new: int, read: list[RowKey]
    ) -> None:
        rows, came = grown([old]), list[RowKey]()

        def read_tile(level: int, index: int) -> bytes:
            came.append((level, index))
            return rows[level, index]

        grow_tiles(Size(old), LEAVES[old:new], read_tile)
        assert came == read

    def test_nothing_new_changes_nothing(self) -> None:
        assert grow_tiles(Size(300), [], HeldRows({}).read_tile) == {}

    @pytest.mark.parametrize("width", [43, 45])
    def test_a_row_that_does_not_fit_the_size_stops_the_writer(self, width: int) -> None:
        rows = {(0, 1): bytes(32 * width)}
        with pytest.raises(TilesBehind, match=f"tile/0/1: came {32 * width} bytes, expected 1408"):
            grow_tiles(Size(300), LEAVES[:1], HeldRows(rows).read_tile)


class TestSubtrees:
    ROWS = HeldRows(grown([70_000]))

    @pytest.mark.parametrize(
        ("start", "stop", "subtrees"),
        [
            (0, 0, []),
            (0, 1, [(0, 0)]),
            (0, 13, [(3, 0), (2, 2), (0, 12)]),
            (8, 13, [(2, 2), (0, 12)]),
            (5, 8, [(0, 5), (1, 3)]),
            (256, 512, [(8, 1)]),
        ],
    )
    def test_a_range_is_covered_by_perfect_subtrees(
        self, start: int, stop: int, subtrees: list[tuple[int, int]]
    ) -> None:
        assert list(perfect_subtrees(start, stop)) == subtrees

    @pytest.mark.parametrize(
        ("height", "index"),
        [(0, 0), (0, 69_999), (1, 34_999), (7, 545), (8, 0), (8, 272), (9, 135), (15, 1), (16, 0)],
    )
    def test_the_hash_of_a_subtree_comes_from_one_row(self, height: int, index: int) -> None:
        leaves = LEAVES[index << height : (index + 1) << height]
        assert subtree_hash(height, index, self.ROWS.read_tile) == slow_merkle.root(leaves)

    @pytest.mark.parametrize(("height", "index"), [(0, 70_000), (4, 4_375), (5, 2_187), (8, 273), (16, 1)])
    def test_a_subtree_beyond_the_rows_is_refused(self, height: int, index: int) -> None:
        with pytest.raises(TileMalformed, match=r"came '\d+ B', expected at least \d+ bytes"):
            subtree_hash(height, index, self.ROWS.read_tile)

    @pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 300, 65_535, 65_536, 65_537, 70_000])
    def test_the_edge_comes_back_from_the_rows(self, size: int) -> None:
        assert edge_from_tiles(Size(size), self.ROWS.read_tile) == Edge.empty().extend(LEAVES[:size])

    def test_a_row_that_was_not_fetched_is_refused(self) -> None:
        with pytest.raises(TileMalformed, match="tile/5/7: malformed tile; came '-'"):
            self.ROWS.read_tile(5, 7)


class TestBundles:
    @pytest.mark.parametrize(
        "entries", [[], [b""], [b"one"], [b"one", b"", b"two"], [bytes(ENTRY_BYTES_MAX)]]
    )
    def test_a_bundle_goes_there_and_back(self, entries: list[bytes]) -> None:
        assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)

    def test_an_entry_stands_behind_its_length(self) -> None:
        assert encode_bundle([b"one", bytes(258)]) == b"\x00\x03one\x01\x02" + bytes(258)

    def test_an_entry_longer_than_its_length_can_say_is_refused(self) -> None:
        with pytest.raises(
            TooLarge, match=r"entries\[1\]: too large; came '65536 B', expected at most 65535 bytes"
        ):
            encode_bundle([b"", bytes(ENTRY_BYTES_MAX + 1)])

    def test_a_bundle_that_was_cut_anywhere_is_refused(self) -> None:
        raw = encode_bundle([b"one", b"two", b"three"])
        for end in range(len(raw)):
            with pytest.raises(TileMalformed, match="expected 3 entries"):
                decode_bundle(raw[:end], 3)

    @pytest.mark.parametrize("width", [2, 4])
    def test_a_bundle_of_another_width_is_refused(self, width: int) -> None:
        with pytest.raises(TileMalformed, match=f"expected {width} entries"):
            decode_bundle(encode_bundle([b"one", b"two", b"three"]), width)

    def test_bytes_behind_the_last_entry_are_refused(self) -> None:
        with pytest.raises(TileMalformed, match="came '6 B', expected 1 entries in 5 bytes"):
            decode_bundle(encode_bundle([b"one"]) + b"\x00", 1)
