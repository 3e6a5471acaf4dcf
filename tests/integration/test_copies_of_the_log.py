"""A copy of the log: made, broken off, gone on with, and read by somebody who has nothing but the log's key."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from api.cli import main
from api.commands.sites import NoAnswer, Site
from ledger.exchange.mirror import CopyAhead, CopyForMembers, Mirror, make_copy
from ledger.exchange.outside import Asked, audit_outside
from ledger.exchange.places import BucketPlace, Folder, KeptOtherwise
from ledger.identifiers import StatementId
from ledger.keys import Vault
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import leaf_hash, root_of
from ledger.log.note import Note
from ledger.log.tiles import Tile
from ledger.service import Ledger
from ledger.store.book import StoreBroken
from ledger.store.engine import writing
from ledger.store.tables import TileRow
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import ErasedPlace, Erasure
from tests.support.copies import MemoryPlace
from tests.support.seaweed import running
from tests.support.server import Clock, enrol_party, make_ledger
from tests.support.serving import served
from tests.support.stores import KINDS, Kind, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId

ENTRIES = 530
#: What says how far a copy has come, and what erasures reach.
REPLACED = ("checkpoint", "vkey", "register", "statements/")

_tiles = TileRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


def grow(ledger: Ledger, party: PartyId, until: int) -> None:
    """So many entries, some in one commit."""
    while (missing := until - ledger.size()) > 0:
        sheets = [
            Party(
                party=party,
                party_kind="company",
                name=f"合作社{ledger.size()}-{number}（演示）",
                phone="139-0000-4711",
            )
            for number in range(min(missing, 40))
        ]
        ledger.say(party, *sheets)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    """A ledger of two full bundles and a part of a third."""
    with make_ledger(tmp_path_factory.mktemp("grown"), Clock()) as ledger:
        grow(ledger, trader(ledger), ENTRIES)
        yield ledger


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ledger]:
    with make_ledger(tmp_path, Clock()) as ledger:
        grow(ledger, trader(ledger), 12)
        yield ledger


def checked(ledger: Ledger, place: Folder | MemoryPlace, **asked: object) -> int:
    return audit_outside(place, ledger.vkey, Asked(complete=True, **asked)).size  # type: ignore[arg-type]  # as given


def test_a_copy_in_slices_passes_and_holds_what_the_ledger_holds(grown: Ledger) -> None:
    place = MemoryPlace()
    copied = make_copy(grown, place, members=True, slice_entries=100)
    assert (copied.before, copied.size) == (0, ENTRIES)
    assert checked(grown, place) == ENTRIES
    mirror = Mirror.at(place, [grown.vkey])
    assert mirror is not None
    entries = list(mirror.entries(0, ENTRIES))
    assert entries == grown.entries(0, ENTRIES)
    assert root_of(map(leaf_hash, entries)) == mirror.checkpoint.root
    assert list(mirror.entries(255, 258)) == entries[255:258]
    for shown in mirror.statements(250, 260):
        stored = grown.stored(shown.position)
        assert (shown.envelope, shown.opened) == (stored.envelope, stored.opened)
    for level, index in ((0, 0), (0, 2), (1, 0)):
        assert mirror.tile(level, index) == grown.tile(level, index)


def test_every_checkpoint_of_a_copy_comes_after_what_it_speaks_of(grown: Ledger) -> None:
    place = MemoryPlace()
    make_copy(grown, place, members=True, slice_entries=100)
    heads = [number for number, path in enumerate(place.written) if path == "checkpoint"]
    assert len(heads) > 3
    for number in heads:
        assert place.written[number - 2 : number] == ["register", "vkey"]
    assert heads[-1] == len(place.written) - 1 or all(
        "statements" not in one for one in place.written[heads[-1] :]
    )


def test_a_copy_goes_on_and_rewrites_nothing(small: Ledger) -> None:
    place = MemoryPlace()
    for until in (12, 13, 40, 300):
        grow(small, trader(small), until)
        before, place.written = dict(place.files), []
        make_copy(small, place, members=True)
        assert checked(small, place) == small.size()
        again = [path for path in place.written if path in before and not path.startswith(REPLACED)]
        assert again == []
        kept = {path: raw for path, raw in before.items() if not path.startswith(REPLACED)}
        assert kept.items() <= place.files.items()


def test_a_copy_with_nothing_new_changes_nothing(small: Ledger) -> None:
    place = MemoryPlace()
    make_copy(small, place)
    before = dict(place.files)
    copied = make_copy(small, place)
    assert (copied.before, copied.size) == (small.size(), small.size())
    assert place.files == before


class BrokenOff(Exception):
    """The power went."""


class Breaking(MemoryPlace):
    """A place that gives up after so many files, with or without having written the last one."""

    def __init__(self, files: dict[str, bytes], *, after: int, done: bool) -> None:
        super().__init__(files)
        self._left, self._done = after, done

    def _put(self, path: str, content: bytes) -> None:
        self._left -= 1
        if self._left <= 0 and not self._done:
            raise BrokenOff
        super()._put(path, content)
        if self._left <= 0:
            raise BrokenOff


@pytest.mark.parametrize("done", [False, True])
def test_a_copy_that_breaks_off_anywhere_is_whole_as_far_as_it_says_and_goes_on(
    grown: Ledger,
    done: bool,  # noqa: FBT001  (a case, not a switch)
) -> None:
    whole = MemoryPlace()
    make_copy(grown, whole, members=True, slice_entries=100)
    for after in range(1, len(whole.written) + 1, 9):
        files: dict[str, bytes] = {}
        with pytest.raises(BrokenOff):
            make_copy(grown, Breaking(files, after=after, done=done), members=True, slice_entries=100)
        place = MemoryPlace(files)
        if "checkpoint" in files and after % 3 == 0:
            checked(grown, place)
        if "checkpoint" in files:
            assert Mirror.at(place, [grown.vkey]) is not None
    make_copy(grown, place, members=True, slice_entries=100)
    assert place.files == whole.files
    assert checked(grown, place) == ENTRIES


def test_a_copy_of_another_log_is_left_alone(small: Ledger, grown: Ledger) -> None:
    place = MemoryPlace()
    make_copy(grown, place)
    before = dict(place.files)
    with pytest.raises(Exception, match="signature"):
        make_copy(small, place)
    assert place.files == before


def test_a_copy_that_is_ahead_tells_that_the_database_lost_its_tail(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    folder.mkdir()
    with make_ledger(folder, Clock()) as ledger:
        party = trader(ledger)
        grow(ledger, party, 5)
    shutil.copy(folder / "suyuan.db", tmp_path / "yesterday.db")
    place = MemoryPlace()
    key = Vault.open_file(folder / "keys" / "ledger.key")
    with Ledger.open(f"sqlite:///{folder / 'suyuan.db'}", vault=key, evidence=folder / "evidence") as ledger:
        grow(ledger, party, 9)
        make_copy(ledger, place)
    before = dict(place.files)
    with Ledger.open(
        f"sqlite:///{tmp_path / 'yesterday.db'}", vault=key, evidence=folder / "evidence"
    ) as old:
        with pytest.raises(CopyAhead, match="9 entries and this ledger 5"):
            make_copy(old, place)
        # It goes on as if nothing had been: two histories, both signed.
        grow(old, party, 10)
        with pytest.raises(KeptOtherwise, match="evidence"):
            make_copy(old, place)
    assert place.files == before


def test_what_does_not_hash_is_not_published(small: Ledger) -> None:
    place = MemoryPlace()
    with writing(small.engine) as connection:
        connection.execute(update(_tiles).values(hashes=bytes(32 * small.size())))
    with pytest.raises(StoreBroken, match="entry 0"):
        make_copy(small, place)
    assert place.files == {}


def test_erased_items_leave_a_copy_with_the_next_call(small: Ledger) -> None:
    party, place = trader(small), MemoryPlace()
    name = StatementId.new(small.clock(), bytes(10))
    small.say(
        party,
        Party(party=party, party_kind="farmer", person_name="王大田（演示）", phone="139-0000-4711"),
        statement_id=name,
    )
    grow(small, party, 270)
    make_copy(small, place, members=True)
    assert any("王大田" in raw.decode() for raw in _items(place))
    gone = ErasedPlace(issuer=party, statement=name, places=(1,))
    small.say(small.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    assert make_copy(small, place, members=True).rewritten == 1
    assert not any("王大田" in raw.decode() for raw in _items(place))
    assert sorted(path for path in place.files if path.startswith("statements/")) == [
        "statements/000",
        f"statements/001.p/{small.size() - 256}",
    ]
    assert checked(small, place) == small.size()


def _items(place: MemoryPlace) -> list[bytes]:
    mirror = Mirror(place, b"", _head(place))
    return [
        one.item.raw for shown in mirror.statements(0, mirror.size) for one in shown.opened if one is not None
    ]


def _head(place: MemoryPlace) -> Checkpoint:
    return Checkpoint.parse(Note.parse(place.files["checkpoint"]).text)


def test_a_copy_for_members_is_not_left_to_fall_behind(small: Ledger) -> None:
    place = MemoryPlace()
    make_copy(small, place)
    # A public one may get its statements later.
    make_copy(small, place, members=True)
    assert checked(small, place) == small.size()
    grow(small, trader(small), small.size() + 3)
    with pytest.raises(CopyForMembers):
        make_copy(small, place)


def test_a_log_that_changed_its_key_is_copied_and_checked_from_any_of_them(small: Ledger) -> None:
    place, first = MemoryPlace(), small.vkey
    make_copy(small, place, members=True)
    small.change_log_key(overlap_ms=1_000)
    small.clock.ms += 5_000  # type: ignore[attr-defined]  # the clock of the tests
    grow(small, trader(small), small.size() + 3)
    make_copy(small, place, members=True)
    assert small.vkey != first
    for key in small.log_keys.all:
        assert audit_outside(place, key).size == small.size()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_holds_what_was_put_and_no_half_file(kind: Kind, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with fresh_store(kind, tmp_path).create() as ledger:
        grow(ledger, trader(ledger), 20)
        make_copy(ledger, Folder(out), members=True)
        (out / ".part-0123").write_bytes(b"left by a crash")
        grow(ledger, trader(ledger), 30)
        make_copy(ledger, Folder(out), members=True)
        report = audit_outside(Folder(out), ledger.vkey, Asked(complete=True))
        assert (report.size, report.statements) == (ledger.size(), ledger.size())
    assert not list(out.glob(".part-*"))
    assert [one.name for one in (out / "statements").rglob("*") if one.is_file()] == [str(report.size)]


@pytest.mark.seaweedfs
def test_a_bucket_is_a_copy_like_a_folder(
    small: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        address = "s3://copies/of/a-log"
        for until in (12, 270):
            grow(small, trader(small), until)
            make_copy(small, BucketPlace.at(address), members=True)
        place = BucketPlace.at(address)
        assert audit_outside(place, small.vkey, Asked(complete=True)).statements == small.size()
        with pytest.raises(KeptOtherwise):
            place.keep("tile/0/000", bytes(32))
        assert place.read("tile/0/999", bytes_max=9) is None
        assert not place.has(f"statements/000.p/{12}")


# --- Over HTTP, and from the command line


def test_a_stranger_and_a_member_audit_a_running_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with make_ledger(tmp_path, Clock()) as ledger:
        co_op = enrol_party(ledger, "合作社（演示）")
        grow(ledger, co_op.party, 270)
        vkey, out = str(ledger.vkey), tmp_path / "out"
        make_copy(ledger, Folder(out))
    shutil.move(tmp_path / "suyuan.db", data / "suyuan.db")
    monkeypatch.setenv("LANG", "en")
    monkeypatch.delenv("SUYUAN_API_KEY", raising=False)
    kept = tmp_path / "kept"
    with served(tmp_path, demo="false") as server:
        assert main(["audit", server.url, "--vkey", vkey, "--keep", str(kept)]) == 0
        said = capsys.readouterr()
        assert "audit passed" in said.out
        assert "270/270" in said.err
        assert "without the members' part" in said.out
        # What the server serves and what a copy holds are the same bytes.
        with Site(server.url) as site:
            for path in ("register", "vkey", "checkpoint", "tile/entries/000", "tile/0/001.p/14"):
                assert site.read(path, bytes_max=10**7) == (out / path).read_bytes()
            assert site.read(Tile(0, 7).path, bytes_max=9_000) is None
        monkeypatch.setenv("SUYUAN_API_KEY", co_op.key)
        assert main(["audit", server.url, "--vkey", vkey, "--since", str(kept)]) == 0
        said = capsys.readouterr()
        assert "goes on from the checkpoint of last time (270 entries)" in said.out
        assert "270 statements" in said.out
        monkeypatch.setenv("SUYUAN_API_KEY", "no key of anybody")
        assert main(["audit", server.url, "--vkey", vkey]) == 2
        assert "401" in capsys.readouterr().err
    assert main(["audit", server.url, "--vkey", vkey]) == 2


def test_the_command_line_exports_goes_on_and_audits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("SUYUAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LANG", "en")
    monkeypatch.setenv("SUYUAN_DATA", str(tmp_path / "data"))
    assert main(["init", "--host", "zs.example", "--registrar", "登记处（演示）"]) == 0
    capsys.readouterr()
    out, kept, vkey = str(tmp_path / "out"), str(tmp_path / "kept"), str(tmp_path / "data" / "vkey")
    assert main(["log", "export", out, "--members", "--to", "auditor"]) == 0
    assert "0 → 1 entries" in capsys.readouterr().out
    assert main(["audit", out, "--vkey", vkey, "--keep", kept, "--complete"]) == 0
    assert main(["log", "export", out]) == 2
    assert "--members" in capsys.readouterr().err
    assert main(["log", "export", out, "--members"]) == 0
    assert main(["audit", out, "--vkey", vkey, "--since", kept]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    path = tmp_path / "out" / "tile" / "entries" / "000.p" / "1"
    path.write_bytes(path.read_bytes().replace(b'"v":1', b'"v":2'))
    assert main(["audit", out, "--vkey", vkey]) == 1
    assert "audit FAILED: entry 0: tile/entries/000.p/1" in capsys.readouterr().out
    assert main(["audit", str(tmp_path / "nothing"), "--vkey", vkey]) == 2
    assert main(["log", "export", "s3://X"]) == 2


def test_a_server_that_does_not_answer_is_no_finding() -> None:
    with Site("http://127.0.0.1:1/log") as site, pytest.raises(NoAnswer):
        site.read("checkpoint", bytes_max=10)
