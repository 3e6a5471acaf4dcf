"""The Merkle tree as RFC 6962 defines it: recursive, slow, plain to see. Quicker code is checked with it.

Each function is one formula of the RFC and calls nothing of the ledger's own.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def leaf(entry: bytes) -> bytes:
    """RFC 6962 2.1: MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return sha256(b"\x00" + entry).digest()


def largest_power_of_two_below(n: int) -> int:
    """RFC 6962 2.1: k < n <= 2k."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 2.1: MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])), over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = largest_power_of_two_below(len(leaves))
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1: PATH(m, D[n]), the inclusion proof of leaf m."""
    if len(leaves) == 1:
        return []
    k = largest_power_of_two_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def proof(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 2.1.2: PROOF(m, D[n]), the consistency proof from size m."""
    return _subproof(m, leaves, known=True)


def _subproof(m: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    """RFC 6962 2.1.2: SUBPROOF(m, D[n], b); b says that the verifier has this very root already."""
    if m == len(leaves):
        return [] if known else [root(leaves)]
    k = largest_power_of_two_below(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], known=known), root(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], known=False), root(leaves[:k])]


def tile(level: int, index: int, leaves: Sequence[bytes]) -> bytes:
    """c2sp.org/tlog-tiles: MTH(D[(n*256 + i) * 256**l : (n*256 + i + 1) * 256**l]), each i that is whole."""
    span = 256**level
    starts = range(index * 256 * span, (index + 1) * 256 * span, span)
    return b"".join(root(leaves[at : at + span]) for at in starts if at + span <= len(leaves))
