"""Readings of codes from note to end: rows, a file, an entry, findings; on both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from api.scans_noted import scans_of
from ledger.errors import NotAllowed
from ledger.identifiers import GoodsId, Instant
from ledger.store import scan_files
from ledger.store import scans as storing
from ledger.store.engine import reading, writing
from ledger.store.findings import findings_about
from ledger.store.scan_files import Noted, ScanFiles, ScanFileWrong
from ledger.store.scans import DAY_MS, MINUTE_MS
from ledger.trace import code_state
from ledger.views.book import code_key
from ledger.vocabulary.goods import Batch, Codes
from ledger.vocabulary.oversight import ScanBatch
from tests.support.books import pieces
from tests.support.stores import KINDS, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.findings import Finding
    from ledger.identifiers import StatementId
    from ledger.service import Ledger
    from tests.support.stores import FakeClock, Kind

GOODS = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/L1")
CODE, OTHER = f"{GOODS}/21/K7Q2M9XW4TB6R1ZD", f"{GOODS}/21/9F3HN8VC5YJ0P2SA"
#: Read here and there by one after the other: more than one pack comes to.
TOWNS = ("320600", "510100", "440100", "510100", "320600")


class Scene:
    """A ledger with a maker, one lot and its codes, and the readings of its server."""

    def __init__(self, ledger: Ledger, clock: FakeClock, folder: Path) -> None:
        self.ledger, self.clock, self.folder = ledger, clock, folder
        self.maker = trader(ledger)
        made = Batch(goods=GOODS, maker=self.maker, name="货", category="packaged_food", quantity=pieces(2))
        ledger.say(self.maker, made)
        ledger.say(self.maker, Codes(action="issue", goods=GOODS, codes=(CODE, OTHER)))
        self.scans = scans_of(ledger, folder)

    def read(self, *towns: str, code: str = CODE, begin: int = 0) -> None:
        """One reading a day, each by another device."""
        for number, town in enumerate(towns, start=begin):
            self.clock.forward(DAY_MS)
            self.scans.note([Noted(code, self.clock(), "consumer", town, f"d{number}")])

    def found(self) -> list[Finding]:
        """What is found about codes, as the maker reads it."""
        return [one for one in self.ledger.findings(party=self.maker) if one.subject.startswith("code/")]

    def kinds(self) -> list[str]:
        """Of which kinds that is."""
        return [one.kind for one in self.found()]

    def waiting(self) -> int:
        """How many readings wait for a batch."""
        with reading(self.ledger.engine) as connection:
            return int(connection.execute(text("SELECT COUNT(*) FROM scan_readings")).scalar_one())

    def files(self) -> list[Path]:
        """The files of readings that lie there."""
        return sorted(self.folder.glob("??/*"))

    def batches(self) -> list[storing.Batch]:
        """What the log tells of batches."""
        with self.ledger.book() as book:
            return self.scans.batches(book)

    def again(self) -> dict[str, tuple[object, ...]]:
        """Judged from nothing, and as it stands."""
        with self.ledger.book() as book:
            scratch = self.scans.judged(book)
            stands = findings_about(book, [code_key(CODE), code_key(OTHER)])
        assert {key: found for key, found in stands.items() if found} == scratch
        return dict(scratch)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    store = fresh_store("sqlite", tmp_path)
    with store.create() as ledger:
        yield Scene(ledger, store.clock, tmp_path / "scans")


@pytest.fixture(params=KINDS)
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """The same on each database, for what the database does itself."""
    kind: Kind = request.param
    store = fresh_store(kind, tmp_path)
    with store.create() as ledger:
        yield Scene(ledger, store.clock, tmp_path / "scans")


def test_readings_become_a_file_an_entry_and_a_finding(anywhere: Scene) -> None:
    scene = anywhere
    scene.read(*TOWNS)
    assert scene.scans.close() == 1
    (batch,) = scene.batches()
    (path,) = scene.files()
    assert (batch.count, batch.there, path.name) == (5, True, str(batch.digest))
    assert batch.last_ms - batch.first_ms == 4 * DAY_MS
    assert scene.waiting() == 0
    assert scene.scans.judge() == 1
    assert scene.kinds() == ["clone_suspected"]
    (finding,) = scene.found()
    assert finding.seqs == (batch.seq,)
    assert list(scene.again()) == [code_key(CODE)]
    assert audited(scene.ledger).entries == scene.ledger.size()


def test_a_query_is_not_a_sale(scene: Scene) -> None:
    with scene.ledger.book() as book:
        before = code_state(book, CODE)
    scene.read(*TOWNS)
    scene.scans.close()
    with scene.ledger.book() as book:
        after = code_state(book, CODE)
    assert (after.state, after.sales, after.path) == (before.state, (), before.path)


def test_the_log_tells_a_digest_a_count_and_two_times(scene: Scene) -> None:
    scene.read(*TOWNS)
    scene.scans.close()
    said = scene.ledger.stored(scene.batches()[0].seq)
    kept = b"".join(one.item.raw for one in said.opened if one is not None).decode()
    assert not [one for one in (CODE, "320600", "d0", "consumer") if one in kept]
    assert sorted(ScanBatch.model_fields) == ["count", "digest", "first_at", "last_at"]


def test_times_are_kept_to_the_minute(scene: Scene) -> None:
    scene.clock.forward(MINUTE_MS - 1)
    scene.scans.note([Noted(CODE, scene.clock(), "consumer", "", "d")])
    scene.scans.close()
    (batch,) = scene.batches()
    assert batch.first_ms % MINUTE_MS == 0
    (one,) = scene.scans.files.readings(batch.digest, batch=batch.seq)
    assert (one.code, one.at_ms, one.by, one.region, one.device) == (
        CODE,
        batch.first_ms,
        "consumer",
        None,
        "d",
    )


def test_a_reading_of_another_batch_is_judged_with_those_before(scene: Scene) -> None:
    scene.read(*TOWNS[:4])
    scene.scans.close()
    assert scene.scans.judge() == 0
    scene.read(TOWNS[4], begin=4)
    scene.scans.close()
    assert scene.scans.judge() == 1
    (finding,) = scene.found()
    assert len(finding.seqs) == 2
    scene.again()


def test_a_record_that_comes_later_judges_readings_again(anywhere: Scene) -> None:
    scene = anywhere
    at = scene.clock()
    scene.read("", "", "", "", "")
    scene.scans.close()
    assert scene.scans.judge() == 0
    void = Codes(action="void", goods=GOODS, codes=(CODE,))
    scene.ledger.say(scene.maker, void, occurred_at=Instant(at, 480))
    assert scene.scans.judge() == 1
    assert scene.kinds() == ["code_reused_packaging"]
    scene.again()


def test_codes_that_are_uploaded_late_take_a_finding_back(scene: Scene) -> None:
    never = f"{GOODS}/21/Z8W5V1C6NJ3QX0RM"
    scene.read("320600", "320600", code=never)
    scene.scans.close()
    scene.scans.judge()
    assert scene.kinds() == ["code_unknown"]
    scene.ledger.say(scene.maker, Codes(action="issue", goods=GOODS, codes=(never,)))
    assert scene.scans.judge() == 0
    assert scene.again() == {}


def test_a_lot_whose_codes_come_later_judges_the_codes_that_are_not_among_them(scene: Scene) -> None:
    lot = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/L2")
    never = f"{lot}/21/Z8W5V1C6NJ3QX0RM"
    made = Batch(goods=lot, maker=scene.maker, name="货", category="packaged_food", quantity=pieces(1))
    scene.ledger.say(scene.maker, made)
    scene.read("320600", "320600", code=never)
    scene.scans.close()
    assert scene.scans.judge() == 0
    scene.ledger.say(scene.maker, Codes(action="issue", goods=lot, codes=(f"{lot}/21/4TB6R1ZDK7Q2M9XW",)))
    assert scene.scans.judge() == 1
    assert scene.kinds() == ["code_unknown"]


def test_a_file_whose_time_has_run_out_goes_and_its_entry_stays(anywhere: Scene) -> None:
    scene = anywhere
    scene.read(*TOWNS)
    scene.scans.close()
    scene.scans.judge()
    (batch,) = scene.batches()
    assert scene.scans.drop(before_ms=batch.last_ms) == []
    (gone,) = scene.scans.drop(before_ms=batch.last_ms + 1)
    assert (gone.digest, scene.files()) == (batch.digest, [])
    assert scene.scans.judge() == 0
    assert scene.kinds() == []
    (told,) = scene.batches()
    assert (told.digest, told.count, told.there) == (batch.digest, 5, False)
    with scene.ledger.book() as book:
        assert scene.scans.check(book) == ([], [told])
    assert audited(scene.ledger).entries == scene.ledger.size()


def test_a_file_that_is_another_is_named_and_says_nothing(scene: Scene) -> None:
    scene.read(*TOWNS)
    scene.scans.close()
    scene.scans.judge()
    (path,) = scene.files()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with scene.ledger.book() as book, pytest.raises(ScanFileWrong, match=path.name):
        scene.scans.check(book)
    assert scene.scans.judge(again=True) == 0


class _Crash(RuntimeError):
    pass


def _crash(*_: object) -> object:
    raise _Crash


@pytest.mark.parametrize("after", ["file", "mark", "entry"])
def test_a_crash_at_any_step_loses_no_reading_and_counts_none_twice(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    told = scene.scans.say

    def say_and_crash(batch: ScanBatch, name: StatementId) -> object:
        told(batch, name)
        raise _Crash

    scene.read(*TOWNS)
    says = {"file": told, "mark": _crash, "entry": say_and_crash}
    with monkeypatch.context() as broken:
        if after == "file":
            broken.setattr(storing, "_mark", _crash)
        with pytest.raises(_Crash):
            replace(scene.scans, say=says[after]).close()
    assert scene.scans.close() == 1
    (batch,) = scene.batches()
    assert (batch.count, scene.waiting()) == (5, 0)
    assert [path.name for path in scene.files()] == [str(batch.digest)]
    assert scene.scans.close() == 0
    assert len(scene.batches()) == 1


def test_a_file_that_a_crash_lost_gives_its_readings_back(scene: Scene) -> None:
    scene.read(*TOWNS)
    with pytest.raises(_Crash):
        replace(scene.scans, say=_crash).close()
    for path in scene.files():
        path.unlink()
    assert scene.scans.close() == 1
    assert scene.batches()[0].count == 5


def test_files_that_nobody_speaks_of_are_swept_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    orphan = scene.scans.files.write([Noted(CODE, 0, "consumer", "", "d")])
    scene.scans.drop(before_ms=0)
    assert [path.name for path in scene.files()] == [str(orphan)]
    monkeypatch.setattr(scan_files, "ORPHAN_SECONDS", -1)
    scene.read(*TOWNS)
    scene.scans.close()
    scene.scans.drop(before_ms=0)
    assert [path.name for path in scene.files()] == [str(scene.batches()[0].digest)]


def test_rows_that_another_process_took_are_left_to_it(
    anywhere: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = anywhere
    scene.read(*TOWNS)
    written = ScanFiles.write

    def late(files: ScanFiles, readings: Iterator[Noted]) -> object:
        digest = written(files, readings)
        with writing(scene.ledger.engine) as connection:
            connection.execute(text("UPDATE scan_readings SET batch = :one"), {"one": str(digest)})
        return digest

    with monkeypatch.context() as other:
        other.setattr(ScanFiles, "write", late)
        assert scene.scans.close() == 0
    assert scene.scans.close() == 1
    assert scene.batches()[0].count == 5


def test_nobody_else_may_say_that_there_is_a_batch(scene: Scene) -> None:
    scene.read(*TOWNS)
    scene.scans.close()
    seq = scene.batches()[0].seq
    with scene.ledger.book() as book:
        said = book.records([seq])[seq].said
    assert isinstance(said, ScanBatch)
    with pytest.raises(NotAllowed, match=r"scan_batch\.v1"):
        scene.ledger.say(scene.maker, said)


def test_others_read_no_finding_about_a_makers_codes(scene: Scene) -> None:
    other = trader(scene.ledger)
    scene.read(*TOWNS)
    scene.scans.close()
    scene.scans.judge()
    assert scene.ledger.findings(party=other) == []
