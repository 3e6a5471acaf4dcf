"""A bit flips in the server's memory between hashing and signing: no checkpoint is signed over what is wrong.

A log once signed a leaf that had flipped in memory. Nothing could mend it, and it had to be given up. Here one bit of one leaf or node
flips at a random moment of a commit: as it is hashed, as it is written, once it has been read back, and in the tree that is kept between
commits.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Literal, get_args

import pytest

from ledger import recorder as recording
from ledger.errors import LedgerFault
from ledger.log.entry import Entry
from ledger.log.merkle import Edge, Hash, leaf_hash
from ledger.recorder import LeafChanged
from ledger.store import log_rows
from tests.support.appender import numbered
from tests.support.soak import soak_seeds
from tests.support.stores import audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.service import Ledger
    from ledger.store.page import Waiting

Moment = Literal["hashed", "written", "read back", "kept"]
FLIPS_A_STORY = 50
GROUP = 3


def flipped(raw: bytes, random: Random) -> bytes:
    """The same bytes with one bit changed."""
    changed = bytearray(raw)
    changed[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return bytes(changed)


@contextmanager
def flip(ledger: Ledger, moment: Moment, random: Random) -> Iterator[None]:
    """One bit flips once, at this moment of the next commit."""
    with pytest.MonkeyPatch.context() as patched:
        chosen = random.randrange(GROUP)
        if moment == "hashed":
            at = iter(range(GROUP))

            def hashed(entry: Entry) -> bytes:
                right = leaf_hash(entry.raw)
                return flipped(right, random) if next(at, None) == chosen else right

            patched.setattr(Entry, "leaf_hash", property(hashed))
        elif moment == "written":
            write = log_rows.write_entries

            def written(connection: Connection, log_id: str, waiting: Sequence[Waiting]) -> None:
                write(connection, log_id, waiting)
                one = waiting[chosen % len(waiting)]
                connection.exec_driver_sql("DROP TRIGGER IF EXISTS entries_never_changed")
                raw = flipped(one.entry.raw, random)
                connection.exec_driver_sql("UPDATE entries SET raw = ? WHERE seq = ?", (raw, one.record.seq))

            patched.setattr(recording, "write_entries", written)
        elif moment == "read back":
            read_back = recording._read_back

            def spoilt(connection: Connection, origin: str, *, start: int, leaves: list[Hash]) -> list[Hash]:
                right = read_back(connection, origin, start=start, leaves=leaves)
                leaves[chosen] = Hash(flipped(leaves[chosen], random))
                return right

            patched.setattr(recording, "_read_back", spoilt)
        else:
            head = ledger.recorder._head
            assert head is not None
            hashes = list(head.edge.hashes)
            which = random.randrange(len(hashes))
            hashes[which] = Hash(flipped(hashes[which], random))
            ledger.recorder._head = replace(head, edge=Edge(head.edge.size, tuple(hashes)))
        yield


def try_flips(ledger: Ledger, random: Random, count: int) -> int:
    """So many commits with a flip in each; how many were refused. What stood before is as it was, and the same goes in without a flip."""
    party = trader(ledger)
    signer, refused = ledger.custodial_signer(party), 0
    for number in range(count):
        group = [numbered(ledger.origin, signer, party, number * GROUP + one) for one in range(GROUP)]
        size, checkpoint = ledger.size(), ledger.checkpoint()
        moment = random.choice(get_args(Moment))
        with flip(ledger, moment, random):
            try:
                ledger.recorder.record(group)
            except LeafChanged:
                refused += 1
                assert (ledger.size(), ledger.checkpoint()) == (size, checkpoint)
            else:
                # What was kept is compared with what is stored, and read anew: the commit is good.
                assert moment == "kept"
        placed = ledger.recorder.record(group)
        assert [one.seq for one in placed] == list(range(size, size + GROUP))
    audited(ledger)
    return refused


@pytest.mark.soak
def test_of_a_thousand_flips_before_signing_none_is_signed(tmp_path: Path) -> None:
    for seed in soak_seeds("flips-before-signing", 1_000 // FLIPS_A_STORY):
        with fresh_store("sqlite", tmp_path / str(seed)).create() as ledger:
            assert try_flips(ledger, Random(seed), FLIPS_A_STORY) >= FLIPS_A_STORY // 2


def test_a_flip_at_each_moment_is_not_signed(tmp_path: Path) -> None:
    with fresh_store("sqlite", tmp_path).create() as ledger:
        assert try_flips(ledger, Random(2), 12) >= 4


@pytest.mark.parametrize(("moment", "check"), [("written", "_read_back"), ("read back", "_check_tree")])
def test_without_its_check_a_flip_is_signed_and_the_audit_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: Moment, check: str
) -> None:
    """The planted fault: what the recorder checks is what keeps it from signing."""
    with fresh_store("sqlite", tmp_path).create() as ledger:
        party = trader(ledger)
        signer = ledger.custodial_signer(party)
        group = [numbered(ledger.origin, signer, party, one) for one in range(GROUP)]

        def unchecked(*_: object, leaves: Sequence[Hash] = (), **__: object) -> list[Hash]:
            return list(leaves)

        monkeypatch.setattr(recording, check, unchecked)
        checkpoint = ledger.checkpoint()
        with flip(ledger, moment, Random(1)):
            ledger.recorder.record(group)
        assert ledger.checkpoint() != checkpoint
        with pytest.raises(LedgerFault):
            audited(ledger)
