"""Proofs from memory: the same as those from the tiles, whatever stood before and however many came at once."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.log.errors import NotInTree
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.proof import check_inclusion, prove_inclusion
from ledger.log.sealed import Sealed
from ledger.log.sizes import Position, Size
from ledger.log.tiles import HeldRows, edge_from_tiles, grow_tiles

LARGEST = 66_600
ENTRIES = [b"%d" % number for number in range(LARGEST)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


@cache
def rows(size: int) -> HeldRows:
    return HeldRows(grow_tiles(Size(0), HASHES[:size], HeldRows({}).read_tile))


def sealed(before: int, came: int) -> Sealed:
    edge = edge_from_tiles(Size(before), rows(before).read_tile)
    return Sealed(edge, tuple(ENTRIES[before : before + came]), b"checkpoint")


def check(before: int, came: int) -> None:
    commit, size = sealed(before, came), Size(before + came)
    root = root_of(HASHES[:size])
    assert commit.size == size
    for position in map(Position, range(before, size)):
        proof = commit.proof(position)
        assert proof.hashes == prove_inclusion(position, size, rows(size))
        assert (proof.position, proof.extra, proof.checkpoint) == (position, ENTRIES[position], b"checkpoint")
        check_inclusion(leaf=HASHES[position], position=position, size=size, proof=proof.hashes, root=root)


def test_every_small_tree_with_everything_that_could_have_come() -> None:
    for size in range(1, 40):
        for before in range(size):
            check(before, size - before)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1_100), st.integers(1, 512))
def test_a_tree_of_several_tiles(before: int, came: int) -> None:
    check(before, came)


@pytest.mark.parametrize(("before", "came"), [(65_535, 1), (65_536, 1), (65_300, 512), (66_047, 2)])
def test_above_the_second_level_too(before: int, came: int) -> None:
    check(before, came)


@pytest.mark.parametrize("position", [0, 6, 10, 99])
def test_what_stands_elsewhere_is_not_proved(position: int) -> None:
    commit = sealed(7, 3)
    assert not commit.holds(position)
    with pytest.raises(NotInTree) as refused:
        commit.proof(Position(position))
    assert refused.value.expected.en == "7 to 9"
