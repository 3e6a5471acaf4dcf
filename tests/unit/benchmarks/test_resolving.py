from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.resolving import Market, run, table

if TYPE_CHECKING:
    from pathlib import Path


def test_every_way_is_asked_beside_the_bare_one(tmp_path: Path) -> None:
    found = run(tmp_path, rounds=1, products=7, scans=40)
    assert set(found) == {
        *("stream", "begins", "again", "counted"),
        *("whole", "code", "linkset", "linked", "verify"),
        "bare",
    }
    assert "x bare p99" in table(found)


def test_a_day_is_always_the_same_and_every_second_pack_is_new() -> None:
    market = Market([[f"/01/0952000100002{number}/10/A"] for number in range(9)], [])
    day = market.day(200)
    assert day == market.day(200)
    assert len({one.path for one in day}) == 101
    assert sum(one.begins for one in day) == len({one.path[:18] for one in day})
