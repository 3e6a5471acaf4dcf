"""Tiles that grow with nothing held but their right edge: the same as all of them at once."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log.errors import TileMalformed
from ledger.log.growing import GrowingTiles
from ledger.log.merkle import EMPTY_ROOT, Hash, root_of
from ledger.log.serving import headers_of
from ledger.log.sizes import Size
from ledger.log.tiles import HeldRows, Tile, grow_tiles, tiles_touched

LEAVES = [Hash(sha256(b"%d" % number).digest()) for number in range(66_100)]


def whole(size: int) -> dict[Tile, bytes]:
    rows = grow_tiles(Size(0), LEAVES[:size], HeldRows({}).read_tile)
    return {tile: rows[tile.level, tile.index] for tile in tiles_touched(Size(0), Size(size))}


def grown(steps: list[int]) -> tuple[GrowingTiles, dict[Tile, bytes]]:
    tiles, full, at = GrowingTiles.empty(), dict[Tile, bytes](), 0
    for step in steps:
        for tile, row in tiles.extend(LEAVES[at : at + step]):
            assert tile not in full
            full[tile] = row
        at += step
    return tiles, full


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=8))
def test_in_whatever_steps_the_tiles_and_the_root_are_the_same(steps: list[int]) -> None:
    tiles, full = grown(steps)
    assert full | dict(tiles.partial()) == whole(sum(steps))
    assert tiles.root() == (root_of(LEAVES[: sum(steps)]) if sum(steps) else EMPTY_ROOT)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 66_000])
def test_above_the_second_level_too(size: int) -> None:
    tiles, full = grown([65_000, size - 65_000])
    assert full | dict(tiles.partial()) == whole(size)
    assert tiles.root() == root_of(LEAVES[:size])


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_536, 65_793])
def test_it_goes_on_from_the_rows_of_a_store(size: int) -> None:
    rows = {(tile.level, tile.index): row for tile, row in whole(size).items()}
    tiles = GrowingTiles.at(Size(size), lambda level, index: rows[level, index])
    assert tiles.root() == root_of(LEAVES[:size])
    tiles.extend(LEAVES[size : size + 300])
    assert tiles.root() == root_of(LEAVES[: size + 300])


def test_a_row_that_is_too_short_is_refused() -> None:
    with pytest.raises(TileMalformed):
        GrowingTiles.at(Size(3), lambda _level, _index: bytes(64))


def test_headers_follow_from_the_path() -> None:
    brief, ever = "public, max-age=2", "public, max-age=31536000, immutable"
    for path in ("checkpoint", "vkey"):
        assert headers_of(path) == ("text/plain; charset=utf-8", brief)
    assert headers_of("register") == ("application/json", brief)
    assert headers_of("checkpoints/000000042") == ("text/plain; charset=utf-8", ever)
    for path in ("tile/0/000", "tile/1/000.p/3", "tile/entries/x001/067.p/12"):
        assert headers_of(path) == ("application/octet-stream", ever)
    assert headers_of("statements/000.p/3") == ("application/jsonl", "no-store")
