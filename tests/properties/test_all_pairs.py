"""Every inclusion proof and every consistency proof of every tree up to two full tiles and one entry, beside a second way of making them.

The second way is the definition of RFC 6962 2.1 with every range hashed once: nothing of the ledger's is called in it, no tile and no bit of
arithmetic is shared.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Final

import pytest

from ledger.log.errors import NotInTree, ProofWrong
from ledger.log.merkle import Edge, Hash, leaf_hash
from ledger.log.proof import check_consistency, check_inclusion, prove_consistency, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.tiles import HeldRows, grow_tiles
from tests.support import slow_merkle
from tests.support.soak import soak_seeds

MOST: Final = 513
LEAVES: Final = [leaf_hash(b"entry %d" % at) for at in range(MOST)]
ROWS: Final = HeldRows(grow_tiles(Size(0), LEAVES, HeldRows({}).read_tile))


@cache
def root(start: int, stop: int) -> bytes:
    """MTH(D[start:stop])."""
    if stop - start < 2:
        return LEAVES[start] if stop > start else sha256(b"").digest()
    k = slow_merkle.largest_power_of_two_below(stop - start)
    return sha256(b"\x01" + root(start, start + k) + root(start + k, stop)).digest()


def path(m: int, start: int, stop: int) -> tuple[bytes, ...]:
    """PATH(m, D[start:stop])."""
    if stop - start == 1:
        return ()
    k = slow_merkle.largest_power_of_two_below(stop - start)
    if m < k:
        return (*path(m, start, start + k), root(start + k, stop))
    return (*path(m - k, start + k, stop), root(start, start + k))


def subproof(m: int, start: int, stop: int, *, known: bool) -> tuple[bytes, ...]:
    """SUBPROOF(m, D[start:stop], known)."""
    if m == stop - start:
        return () if known else (root(start, stop),)
    k = slow_merkle.largest_power_of_two_below(stop - start)
    if m <= k:
        return (*subproof(m, start, start + k, known=known), root(start + k, stop))
    return (*subproof(m - k, start + k, stop, known=False), root(start, start + k))


ROOTS: Final = [Hash(root(0, size)) for size in range(MOST + 1)]


def test_the_root_of_every_size_is_the_one_of_the_definition() -> None:
    edge = Edge.empty()
    for size in range(MOST + 1):
        assert edge.root() == ROOTS[size]
        edge = edge.extend(LEAVES[size : size + 1])


def check_every_pair(size: int) -> None:
    """Every entry of this tree, and every smaller tree."""
    tree = Size(size)
    for at in range(size):
        proof = prove_inclusion(Position(at), tree, ROWS)
        assert proof == path(at, 0, size)
        check_inclusion(leaf=LEAVES[at], position=Position(at), size=tree, proof=proof, root=ROOTS[size])
    for old in range(1, size + 1):
        proof = prove_consistency(Size(old), tree, ROWS)
        assert proof == subproof(old, 0, size, known=True)
        check_consistency(old=Size(old), new=tree, proof=proof, old_root=ROOTS[old], new_root=ROOTS[size])


@pytest.mark.parametrize("size", [1, 2, 3, 127, 128, 129, 255, 256, 257, 511, 512, 513])
def test_every_pair_at_the_edges_of_tiles_is_proved_as_defined_and_believed(size: int) -> None:
    check_every_pair(size)


@pytest.mark.soak
def test_every_pair_of_every_size_is_proved_as_defined_and_believed() -> None:
    # 101 and 514 have no factor in common: a part of the soak is spread over all sizes, the whole has each of them.
    for seed in soak_seeds("pairs of sizes", MOST + 1):
        check_every_pair(seed * 101 % (MOST + 1))


def test_a_hash_of_a_neighbour_is_seen_at_every_pair_of_a_tree() -> None:
    size = Size(257)
    for at in range(size):
        proof = prove_inclusion(Position(at), size, ROWS)
        for place in range(len(proof)):
            broken = (*proof[:place], LEAVES[-1], *proof[place + 1 :])
            with pytest.raises(ProofWrong):
                check_inclusion(
                    leaf=LEAVES[at], position=Position(at), size=size, proof=broken, root=ROOTS[size]
                )


def test_nothing_is_proved_of_the_empty_tree_whatever_comes_after_it() -> None:
    for size in range(MOST + 1):
        with pytest.raises(NotInTree):
            prove_consistency(Size(0), Size(size), ROWS)
        with pytest.raises(ProofWrong):
            check_consistency(old=Size(0), new=Size(size), proof=(), old_root=ROOTS[0], new_root=ROOTS[size])
        with pytest.raises(NotInTree):
            prove_inclusion(Position(size), Size(size), ROWS)
