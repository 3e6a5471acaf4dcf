"""The tree, its tiles and its proofs, for trees and batches that nobody chose."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log.errors import ProofWrong
from ledger.log.merkle import Edge, Hash, leaf_hash, root_of
from ledger.log.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from ledger.log.sizes import SIZE_MAX, Position, Size
from ledger.log.tiles import (
    INDEX_MAX,
    LEVEL_MAX,
    TILE_WIDTH,
    Bundle,
    HeldRows,
    Tile,
    decode_bundle,
    edge_from_tiles,
    encode_bundle,
    grow_tiles,
    perfect_subtrees,
    tiles_touched,
)
from tests.support import slow_merkle

if TYPE_CHECKING:
    from ledger.log.tiles import RowKey

LEAVES = [leaf_hash(b"entry %d" % at) for at in range(2_000)]
ROWS = HeldRows(grow_tiles(Size(0), LEAVES, HeldRows({}).read_tile))

sizes = st.integers(1, len(LEAVES))


@st.composite
def places(draw: st.DrawFn) -> tuple[Position, Size]:
    """An entry, and a tree that has it."""
    size = draw(sizes)
    return Position(draw(st.integers(0, size - 1))), Size(size)


@st.composite
def growths(draw: st.DrawFn) -> tuple[Size, Size]:
    """A tree, and one that continues it."""
    new = draw(sizes)
    return Size(draw(st.integers(1, new))), Size(new)


def mutated(draw: st.DrawFn, proof: tuple[Hash, ...]) -> tuple[Hash, ...]:
    """The proof with one hash changed, lost, doubled or put elsewhere."""
    at = draw(st.integers(0, len(proof) - 1))
    lost = proof[:at] + proof[at + 1 :]
    other = Hash(draw(st.binary(min_size=32, max_size=32)))
    return draw(
        st.sampled_from(
            [
                (*proof[:at], other, *proof[at + 1 :]),
                lost,
                (*proof[: at + 1], *proof[at:]),
                (*lost, proof[at], proof[at]),
                tuple(reversed((*proof, other))),
            ]
        )
    )


@given(batches=st.lists(st.integers(0, 300), max_size=6))
def test_a_tree_does_not_depend_on_the_batches_it_grew_in(batches: list[int]) -> None:
    edge, rows = Edge.empty(), dict[tuple[int, int], bytes]()
    for stop in accumulate(batches):
        new = LEAVES[edge.size : stop]
        touched = {(tile.level, tile.index): tile.width for tile in tiles_touched(edge.size, Size(stop))}
        changed: dict[RowKey, bytes] = grow_tiles(edge.size, new, HeldRows(rows).read_tile)
        assert {key: len(row) // 32 for key, row in changed.items()} == touched
        rows |= changed
        edge = edge.extend(new)
    assert edge.root() == slow_merkle.root(LEAVES[: edge.size])
    assert (
        edge
        == edge_from_tiles(edge.size, HeldRows(rows).read_tile)
        == Edge.from_bytes(edge.size, edge.to_bytes())
    )
    assert rows == grow_tiles(Size(0), LEAVES[: edge.size], HeldRows({}).read_tile)


@given(place=places())
def test_an_inclusion_proof_is_the_slow_one_and_is_believed(place: tuple[Position, Size]) -> None:
    position, size = place
    proof = prove_inclusion(position, size, ROWS)
    assert list(proof) == slow_merkle.path(position, LEAVES[:size])
    root = root_of(LEAVES[:size])
    check_inclusion(leaf=LEAVES[position], position=position, size=size, proof=proof, root=root)


@given(growth=growths())
def test_a_consistency_proof_is_the_slow_one_and_is_believed(growth: tuple[Size, Size]) -> None:
    old, new = growth
    proof = prove_consistency(old, new, ROWS)
    assert list(proof) == slow_merkle.proof(old, LEAVES[:new])
    old_root, new_root = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    check_consistency(old=old, new=new, proof=proof, old_root=old_root, new_root=new_root)


@given(place=places().filter(lambda place: place[1] > 1), data=st.data())
def test_an_inclusion_proof_that_was_touched_is_refused(
    place: tuple[Position, Size], data: st.DataObject
) -> None:
    position, size = place
    proof = data.draw(st.composite(mutated)(prove_inclusion(position, size, ROWS)))
    with pytest.raises(ProofWrong):
        check_inclusion(
            leaf=LEAVES[position], position=position, size=size, proof=proof, root=root_of(LEAVES[:size])
        )


@given(growth=growths().filter(lambda growth: growth[0] < growth[1]), data=st.data())
def test_a_consistency_proof_that_was_touched_is_refused(
    growth: tuple[Size, Size], data: st.DataObject
) -> None:
    old, new = growth
    proof = data.draw(st.composite(mutated)(prove_consistency(old, new, ROWS)))
    old_root, new_root = root_of(LEAVES[:old]), root_of(LEAVES[:new])
    with pytest.raises(ProofWrong):
        check_consistency(old=old, new=new, proof=proof, old_root=old_root, new_root=new_root)


@given(place=places(), other=places())
def test_a_proof_of_one_place_proves_no_other(
    place: tuple[Position, Size], other: tuple[Position, Size]
) -> None:
    position, size = place
    proof = prove_inclusion(position, size, ROWS)
    if other[0] == position and prove_inclusion(*other, ROWS) == proof:
        # The same leaf under the same hashes leads to the same root whatever size is claimed: the checkpoint pins it.
        return
    with pytest.raises(ProofWrong):
        check_inclusion(
            leaf=LEAVES[position],
            position=other[0],
            size=other[1],
            proof=proof,
            root=root_of(LEAVES[: other[1]]),
        )


@given(start=st.integers(0, SIZE_MAX), count=st.integers(0, 2**20))
def test_perfect_subtrees_cover_a_range_without_gap_or_overlap(start: int, count: int) -> None:
    at = start
    for height, index in perfect_subtrees(start, start + count):
        assert index << height == at
        at += 1 << height
    assert at == start + count


@given(level=st.integers(0, LEVEL_MAX), index=st.integers(0, INDEX_MAX), width=st.integers(1, TILE_WIDTH))
def test_every_path_reads_back(level: int, index: int, width: int) -> None:
    assert Tile.parse(Tile(level, index, width).path) == Tile(level, index, width)
    assert Bundle.parse(Bundle(index, width).path) == Bundle(index, width)


@given(entries=st.lists(st.binary(max_size=600), max_size=TILE_WIDTH))
def test_every_bundle_reads_back(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)
