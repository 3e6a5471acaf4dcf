"""Hashes and the right edge, beside the RFC's own definition."""

from __future__ import annotations

import pytest

from ledger.log.errors import EdgeMalformed, HashMalformed
from ledger.log.merkle import (
    EMPTY_ROOT,
    Edge,
    Hash,
    leaf_hash,
    levels_over,
    node_hash,
    root_of,
    root_of_perfect,
)
from ledger.log.sizes import SIZE_MAX, Size
from tests.support import slow_merkle

LEAVES = [leaf_hash(b"entry %d" % at) for at in range(300)]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == EMPTY_ROOT


def test_a_leaf_never_passes_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


def test_the_last_leaf_is_not_counted_twice() -> None:
    # CVE-2012-2459: a tree that fills up with copies gives two lists of entries one root.
    assert root_of(LEAVES[:3]) != root_of([*LEAVES[:3], LEAVES[2]])


def test_an_edge_that_grows_leaf_by_leaf_has_the_slow_root_at_every_size() -> None:
    edge = Edge.empty()
    for size in range(len(LEAVES)):
        assert edge.size == size
        assert edge.root() == slow_merkle.root(LEAVES[:size])
        edge = edge.append(LEAVES[size])


@pytest.mark.parametrize("start", [0, 1, 5, 127, 128, 255, 256])
@pytest.mark.parametrize("added", [0, 1, 2, 43])
def test_extending_at_once_is_the_same_as_appending_one_by_one(start: int, added: int) -> None:
    before = Edge.empty().extend(LEAVES[:start])
    one_by_one = before
    for leaf in LEAVES[start : start + added]:
        one_by_one = one_by_one.append(leaf)
    assert before.extend(LEAVES[start : start + added]) == one_by_one
    assert before.size == start


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257])
def test_an_edge_comes_back_from_its_bytes(size: int) -> None:
    edge = Edge.empty().extend(LEAVES[:size])
    assert Edge.from_bytes(edge.size, edge.to_bytes()) == edge


def test_an_edge_with_a_hash_too_few_or_too_many_is_refused() -> None:
    raw = Edge.empty().extend(LEAVES[:7]).to_bytes()
    for size in (Size(3), Size(8), Size(15)):
        with pytest.raises(
            EdgeMalformed, match=f"came '3', expected {size.bit_count()} for a tree of size {size}"
        ):
            Edge.from_bytes(size, raw)


@pytest.mark.parametrize("byte_count", [31, 33, 63, 65])
def test_an_edge_of_torn_bytes_is_refused(byte_count: int) -> None:
    with pytest.raises(EdgeMalformed, match="expected a multiple of 32 bytes"):
        Edge.from_bytes(Size(3), bytes(byte_count))


def test_an_edge_may_be_as_large_as_a_log_can_get_and_no_larger() -> None:
    Edge(SIZE_MAX, (EMPTY_ROOT,) * SIZE_MAX.bit_count())
    for size in (Size(-1), Size(SIZE_MAX + 1)):
        with pytest.raises(EdgeMalformed, match="expected 0 to 9223372036854775807"):
            Edge(size, (EMPTY_ROOT,))


@pytest.mark.parametrize("width", [1, 2, 4, 256])
def test_a_perfect_row_is_folded_to_the_slow_root(width: int) -> None:
    assert root_of_perfect(b"".join(LEAVES[:width])) == slow_merkle.root(LEAVES[:width])


@pytest.mark.parametrize("width", [1, 2, 4, 256])
def test_the_levels_over_a_row_lead_from_its_hashes_to_the_slow_root(width: int) -> None:
    levels = levels_over(b"".join(LEAVES[:width]))
    assert levels[0] == b"".join(LEAVES[:width])
    assert [len(one) for one in levels] == [32 * (width >> up) for up in range(width.bit_length())]
    assert levels[-1] == slow_merkle.root(LEAVES[:width])


def test_the_levels_that_are_held_are_those_of_this_very_row() -> None:
    """Nothing is found by a tile's place: a row in which one bit is another has another root, however often the first was asked for."""
    row = b"".join(LEAVES[:256])
    other = row[:-1] + bytes([row[-1] ^ 1])
    assert levels_over(row)[-1] == levels_over(bytes(row))[-1] != levels_over(other)[-1]
    assert levels_over(other)[-1] == root_of_perfect(other)


def test_a_hash_is_written_and_read_as_base64() -> None:
    text = str(EMPTY_ROOT)
    assert text == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert Hash.parse(text) == EMPTY_ROOT


@pytest.mark.parametrize("byte_count", [0, 31, 33])
def test_a_hash_has_32_bytes(byte_count: int) -> None:
    with pytest.raises(HashMalformed, match=f"came '{byte_count} B', expected 32 bytes"):
        Hash(bytes(byte_count))
