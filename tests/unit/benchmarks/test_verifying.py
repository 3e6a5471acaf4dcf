from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from benchmarks import recording
from benchmarks.verifying import run, table, ways
from ledger.errors import Refusal

if TYPE_CHECKING:
    from pathlib import Path


def test_each_way_is_taken_by_one_thread_and_by_two(tmp_path: Path) -> None:
    found = run(tmp_path, rounds=1, count=12, parties=5)
    assert set(found.alone) == set(found.shared) == {"statement", "signature", "ahead", "libsodium"}
    assert found.beside_libsodium["libsodium"] == 1
    assert "≥ 0.60" in table(found)


def test_no_way_takes_what_was_changed(tmp_path: Path) -> None:
    with recording.begun(tmp_path, parties=5) as bench, bench.ledger.book() as book:
        (statement,) = bench.trade.statements(1)
        taken = ways(book.register, [statement])
    for way in taken.values():
        (given,) = way.given
        way.verify(given)
    body = taken["statement"].given[0]
    salt, payload = b64encode(statement.opened[0].salt), b64encode(statement.envelope.payload)
    for was, becomes in ((salt, b"A" * 43 + b"="), (payload, b64encode(b"{}"))):
        assert was in body
        for name in ("statement", "ahead"):
            with pytest.raises(Refusal):
                taken[name].verify(body.replace(was, becomes))
