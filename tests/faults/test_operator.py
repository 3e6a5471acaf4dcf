"""An operator who holds the log's key tells a second history: no witness cosigns it, and what he signed convicts him.

Attacks on the tree itself come by the thousand, against a witness that follows its specification and receipts that others keep; those on a
real database meet the fork guard. A log that only became shorter contradicts nobody: the evidence is there as soon as it says something new.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final, Self

import pytest
from sqlalchemy import update

from api.cli import main
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.contradiction import NoContradiction, TwoEntries, TwoRoots, read_contradiction
from ledger.log.errors import Untrue
from ledger.log.merkle import Edge, Hash, leaf_hash
from ledger.log.note import Cosigner, NoteSigner
from ledger.log.proof import TlogProof, prove_consistency, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.tiles import grow_tiles
from ledger.log.witnessing import CONSISTENCY_HASHES_MAX, AddCheckpoint
from ledger.store.engine import writing
from ledger.store.guard import DatabaseBehind, DatabaseDiffers
from ledger.store.tables import HeadRow, TileRow
from tests.support.appender import numbered
from tests.support.soak import soak_seeds
from tests.support.stores import Store, fresh_store, trader
from tests.support.witnesses import Witness

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.log.note import NoteVerifier
    from ledger.service import Ledger

ORIGIN: Final = "log.example/main"
KEY: Final = NoteSigner.from_seed(ORIGIN, bytes(range(32)))
KINDS: Final = ("rollback", "truncation", "fork", "rewrite", "restored backup", "split view")
GOOD, WRONG = 0, 1
#: Enough for a full tile, so that proofs go through two levels.
ENTRIES_MAX: Final = 600

_heads, _tiles = HeadRow.__table__, TileRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(slots=True)
class Log:
    """What an operator has: entries, tiles and the key."""

    entries: list[bytes] = field(default_factory=list)
    rows: dict[tuple[int, int], bytes] = field(default_factory=dict)
    edge: Edge = field(default_factory=Edge.empty)

    def say(self, entries: Iterable[bytes]) -> Self:
        new = list(entries)
        leaves = [leaf_hash(one) for one in new]
        self.rows |= grow_tiles(self.edge.size, leaves, self.read_tile)
        self.edge = self.edge.extend(leaves)
        self.entries += new
        return self

    def read_tile(self, level: int, index: int, /) -> bytes:
        return self.rows.get((level, index), b"")

    def at(self, size: int) -> Log:
        """The same log when it was shorter."""
        return Log().say(self.entries[:size])

    @property
    def note(self) -> bytes:
        return Checkpoint(ORIGIN, self.edge.size, self.edge.root()).sign([KEY])

    def request(self, old: int) -> AddCheckpoint:
        return AddCheckpoint(Size(old), self.proof(old), self.note)

    def proof(self, old: int) -> tuple[Hash, ...]:
        return prove_consistency(Size(old), self.edge.size, self) if 0 < old <= self.edge.size else ()

    def receipt(self, position: int) -> tuple[TlogProof, Hash]:
        """What the sender of an entry keeps."""
        where = Position(position)
        hashes = prove_inclusion(where, self.edge.size, self)
        return TlogProof(where, hashes, self.note), leaf_hash(self.entries[position])


def an_honest_witness() -> Witness:
    return Witness(
        name="w",
        url="",
        cosigner=Cosigner.from_seed("witness.example/w", bytes(32)),
        logs={ORIGIN: KEY.verifier},
    )


def cosign(witness: Witness, log: Log) -> None:
    """The honest round: from what the witness saw last."""
    before = witness.seen.get(ORIGIN)
    assert witness.add(log.request(0 if before is None else before.size).to_bytes()).status == 200


@dataclass(slots=True)
class Attack:
    """A log as others saw it, and the one that the operator goes on with."""

    kind: str
    seen: Log
    told: Log
    #: Where the two part.
    since: int

    @classmethod
    def of(cls, kind: str, random: Random) -> Self:
        size = random.randrange(2, ENTRIES_MAX)
        seen = Log().say(b"entry %d" % one for one in range(size))
        since = 0 if kind == "rewrite" else random.randrange(size)
        if kind == "truncation":
            # What hurts most is at the end.
            since = max(1, size - random.randrange(1, 4))
        more = {"fork": size - since, "rewrite": random.choice([size, random.randrange(1, ENTRIES_MAX)])}
        grown = more.get(kind, random.randrange(1, ENTRIES_MAX))
        told = seen.at(since).say(b"other %d" % one for one in range(grown))
        return cls(kind, seen, told, since)

    def requests(self, random: Random) -> list[AddCheckpoint]:
        """Whatever the operator could ask a witness: the truth about the sizes, lies about them, proofs of this and that."""
        known, told = int(self.seen.edge.size), self.told
        asked = [told.request(old) for old in {0, 1, self.since, known, int(told.edge.size)}]
        noise = [Hash(random.randbytes(32)) for _ in range(random.randrange(1, CONSISTENCY_HASHES_MAX))]
        asked += [
            AddCheckpoint(Size(known), proof, told.note)
            for proof in ((), self.seen.proof(self.since), tuple(noise))
        ]
        if self.since:
            # Only shorter: nothing new in it.
            cut = self.seen.at(self.since)
            asked += [cut.request(old) for old in (0, self.since, known)]
        return asked

    def evidence(self, random: Random) -> TwoRoots | TwoEntries:
        """From what two people hold: a receipt each, or two checkpoints and the tiles of the larger tree."""
        (smaller, larger) = sorted((self.seen, self.told), key=lambda one: one.edge.size)
        if random.random() < 0.5:
            return TwoRoots.between(smaller.note, larger.note, larger)
        place = (
            random.randrange(self.since, len(smaller.entries)) if self.since < len(smaller.entries) else -1
        )
        if place < 0:
            # The second history has not yet come so far as the first receipt's place.
            return TwoRoots.between(smaller.note, larger.note, larger)
        return TwoEntries(*self.seen.receipt(place), *self.told.receipt(place))


def attack(kind: str, seed: int, folder: Path) -> None:
    """One attack: not cosigned by anybody who follows the rules, and the evidence convinces a stranger."""
    random = Random(f"{kind} {seed}")
    one, witness = Attack.of(kind, random), an_honest_witness()
    for size in sorted({1, random.randrange(1, len(one.seen.entries)), len(one.seen.entries)}):
        cosign(witness, one.seen.at(size))
    notes = dict(witness.notes)
    for asked in one.requests(random):
        answer = witness.add(asked.to_bytes())
        assert answer.status in {400, 409, 422}, f"{kind} {seed}: {answer}"
    assert witness.notes == notes
    path = folder / "evidence.json"
    path.write_bytes(one.evidence(random).to_bytes())
    assert main(["verify-evidence", str(path), "--vkey", str(KEY.verifier)]) == GOOD


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_history_is_cosigned_by_nobody_and_convicts_who_signed_it(kind: str, tmp_path: Path) -> None:
    for seed in range(2):
        attack(kind, seed, tmp_path)


@pytest.mark.soak
def test_a_thousand_attacks_leave_a_thousand_convictions(tmp_path: Path) -> None:
    for seed in soak_seeds("operator", 1_000):
        attack(KINDS[seed % len(KINDS)], seed, tmp_path)


def test_a_careless_witness_cosigns_what_these_attacks_show_it() -> None:
    """The planted fault: a witness that forgets what it saw, and one that does not look at the proof."""
    random = Random(1)
    one = Attack.of("fork", random)
    forgetful, blind = an_honest_witness(), an_honest_witness()
    for witness in (forgetful, blind):
        cosign(witness, one.seen)
    forgetful.seen.clear()
    assert 200 in {forgetful.add(asked.to_bytes()).status for asked in one.requests(random)}

    asked = one.told.request(len(one.seen.entries))
    assert blind.add(asked.to_bytes()).status == 422
    assert blind.cosign(asked, Checkpoint(ORIGIN, one.told.edge.size, one.told.edge.root())).status == 200


def test_an_honest_log_is_accused_by_nothing(tmp_path: Path) -> None:
    log = Log().say(b"entry %d" % one for one in range(300))
    path = tmp_path / "evidence.json"
    for size in (1, 2, 3, 255, 256, 257, 299, 300):
        before = log.at(size)
        found = TwoRoots.between(before.note, log.note, log)
        with pytest.raises(NoContradiction):
            found.check([KEY.verifier])
        path.write_bytes(found.to_bytes())
        assert main(["verify-evidence", str(path), "--vkey", str(KEY.verifier)]) == WRONG
        for place in {0, size - 1}:
            with pytest.raises(NoContradiction):
                TwoEntries(*before.receipt(place), *log.receipt(place)).check([KEY.verifier])
    # Two places with two entries are no contradiction either.
    with pytest.raises(NoContradiction):
        TwoEntries(*log.receipt(1), *log.receipt(2)).check([KEY.verifier])


def test_evidence_that_was_made_up_accuses_nobody(tmp_path: Path) -> None:
    """The planted fault on the other side: whoever has not the log's key cannot convict its operator."""
    one = Attack.of("fork", Random(3))
    found = TwoRoots.between(one.seen.note, one.told.note, one.told)
    assert found.check([KEY.verifier])
    stranger = NoteSigner.from_seed(ORIGIN, bytes(32))
    other = NoteSigner.from_seed("log.example/other", bytes(32))
    size, root = one.told.edge.size, one.told.edge.root()
    wrong = Hash(bytes(32))
    made_up: list[TwoRoots | TwoEntries] = [
        TwoRoots(found.smaller, Checkpoint(ORIGIN, size, root).sign([stranger]), found.root, found.proof),
        TwoRoots(found.smaller, Checkpoint(other.name, size, root).sign([other]), found.root, found.proof),
        TwoRoots(found.smaller, found.larger, wrong, found.proof),
        TwoRoots(found.smaller, found.larger, found.root, (*found.proof, wrong)),
        TwoRoots(found.larger, found.smaller, found.root, found.proof),
        TwoEntries(*one.seen.receipt(0), one.told.receipt(0)[0], wrong),
    ]
    for number, made in enumerate(made_up):
        with pytest.raises(Untrue):
            made.check([KEY.verifier, other.verifier])
        path = tmp_path / f"{number}.json"
        path.write_bytes(made.to_bytes())
        assert main(["verify-evidence", str(path), "--vkey", str(KEY.verifier)]) == WRONG


@pytest.mark.parametrize(
    "change",
    [
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":2'),
        (b'"kind":"roots"', b'"kind":"root"'),
        (b'"kind":"roots"', b'"kind":"entries"'),
        (b'"larger":"', b'"larger":1,"x":"'),
        (b'"proof":[', b'"proof":[1,'),
        (b'"root":"', b'"root":"A'),
        (b"{", b"{ "),
        (b"{", b""),
    ],
)
def test_a_file_that_is_no_evidence_is_refused(
    change: tuple[bytes, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Attack.of("fork", Random(4))
    raw = TwoRoots.between(one.seen.note, one.told.note, one.told).to_bytes()
    read_contradiction(raw).check([KEY.verifier])
    path = tmp_path / "evidence.json"
    path.write_bytes(raw.replace(*change, 1))
    assert main(["verify-evidence", str(path), "--vkey", str(KEY.verifier)]) == WRONG
    assert "Traceback" not in capsys.readouterr().err


# With a real database: the fork guard


@dataclass(frozen=True, slots=True)
class Saw:
    """What a witness of this test remembers."""

    witness: str
    size: Size
    note: bytes | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """A witness that is asked at start, in the place of the client that asks over the network."""

    seen: Sequence[Saw]

    def __call__(self, origin: str, log_keys: Collection[NoteVerifier], newest: bytes, /) -> Sequence[Saw]:
        """As a client does: only notes that the log signed."""
        assert open_checkpoint(newest, log_keys).checkpoint.origin == origin
        for one in self.seen:
            assert one.note is None or open_checkpoint(one.note, log_keys).checkpoint.size == one.size
        return self.seen


@dataclass(slots=True)
class House:
    """A guarded ledger, and the day before kept in a backup."""

    store: Store
    party: PartyId
    backup: Path
    #: The log as it was shown to everybody.
    note: bytes
    size: int

    @classmethod
    def begin(cls, folder: Path) -> Self:
        store = fresh_store("sqlite", folder / "data")
        store.guard = folder / "guard"
        with store.create() as ledger:
            party = trader(ledger)
            say(ledger, party, range(10))
        backup = folder / "backup"
        shutil.copytree(folder, backup, ignore=shutil.ignore_patterns("backup"))
        with store.open() as ledger:
            say(ledger, party, range(10, 20))
            return cls(store, party, backup, ledger.checkpoint(), ledger.size())

    def restore(self, *, guard: bool) -> None:
        """Put yesterday's database back, and yesterday's guard with it or not."""
        assert self.store.guard is not None
        for path in self.store.folder.glob("suyuan.db*"):
            path.unlink()
        shutil.copy(self.backup / "data" / "suyuan.db", self.store.folder)
        if guard:
            shutil.rmtree(self.store.guard)
            shutil.copytree(self.backup / "guard", self.store.guard)

    def go_on_unguarded(self, numbers: range) -> None:
        """The operator's own program knows no guard."""
        with Store(url=self.store.url, folder=self.store.folder).open() as ledger:
            say(ledger, self.party, numbers)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House.begin(tmp_path)


def say(ledger: Ledger, party: PartyId, numbers: range) -> None:
    signer = ledger.custodial_signer(party)
    ledger.recorder.record([numbered(ledger.origin, signer, party, number) for number in numbers])


def refused(house: House, kind: type[Exception], *seen: Saw) -> str:
    """Nothing is signed, whoever asks; why."""
    with house.store.open(remembers=Memory(seen)) as ledger:
        before, size = ledger.checkpoint(), ledger.size()
        with pytest.raises(kind) as at_start:
            ledger.check_guard()
        with pytest.raises(kind):
            say(ledger, house.party, range(500, 501))
        assert (ledger.checkpoint(), ledger.size()) == (before, size)
        return str(at_start.value)


def convicts(house: House, said: str) -> bool:
    """Whether the evidence that the guard kept is accepted with the log's key alone."""
    assert house.store.guard is not None
    (path,) = house.store.guard.glob("*.evidence-*.json")
    assert path.name in said
    with house.store.open() as ledger:
        vkey = str(ledger.vkey)
    return main(["verify-evidence", str(path), "--vkey", vkey]) == GOOD


def test_a_restored_backup_is_refused(house: House) -> None:
    house.restore(guard=False)
    assert "this database has 12" in refused(house, DatabaseBehind)


@pytest.mark.parametrize("more", [5, 10, 15])
def test_a_second_history_is_refused_when_it_comes_as_far_as_the_guard_and_convicted(
    house: House, more: int
) -> None:
    house.restore(guard=False)
    house.go_on_unguarded(range(100, 100 + more))
    if 12 + more < house.size:
        refused(house, DatabaseBehind)
    else:
        assert convicts(house, refused(house, DatabaseDiffers))


def test_database_and_guard_restored_together_are_refused_where_a_witness_answers(house: House) -> None:
    house.restore(guard=True)
    assert "the witness w knows 22 entries" in refused(house, DatabaseBehind, Saw("w", Size(22)))
    refused(house, DatabaseBehind, Saw("w", Size(22), house.note))
    # What another witness knows less of takes nothing away from that.
    refused(house, DatabaseBehind, Saw("v", Size(3)), Saw("w", Size(22), house.note))


def test_a_rewritten_log_is_convicted_by_what_a_witness_kept(house: House) -> None:
    house.restore(guard=True)
    house.go_on_unguarded(range(100, 115))
    assert convicts(house, refused(house, DatabaseDiffers, Saw("w", Size(22), house.note)))


def test_without_a_witness_database_and_guard_restored_together_go_through(house: House) -> None:
    """The limit that docs/runbook.md names, and the planted fault: it is the witness, or the guard's own place, that makes the difference."""
    house.restore(guard=True)
    with house.store.open() as ledger:
        ledger.check_guard()
        say(ledger, house.party, range(500, 501))
        assert ledger.size() == 13


def test_witnesses_that_are_silent_or_behind_stop_no_honest_log(house: House) -> None:
    with house.store.open(remembers=Memory(())) as ledger:
        ledger.check_guard()
    seen = (Saw("w", Size(22), house.note), Saw("v", Size(22)), Saw("u", Size(0)))
    with house.store.open(remembers=Memory(seen)) as ledger:
        ledger.check_guard()
        say(ledger, house.party, range(500, 505))
    with house.store.open(remembers=Memory(seen)) as ledger:
        say(ledger, house.party, range(600, 605))


def test_an_edge_that_the_tiles_do_not_lead_to_is_not_signed_over(house: House) -> None:
    with house.store.open() as ledger:
        row = ledger.tile(0, 0)
        changed = row[:64] + bytes([row[64] ^ 1]) + row[65:]
        with writing(ledger.engine) as connection:
            connection.execute(update(_tiles).values(hashes=changed))
    refused(house, DatabaseDiffers)
    with house.store.open() as ledger, writing(ledger.engine) as connection:
        connection.execute(update(_tiles).values(hashes=row))
    with house.store.open() as ledger:
        ledger.check_guard()
        with writing(ledger.engine) as connection:
            connection.execute(update(_heads).values(last=bytes(32)))
    assert "last leaf" in refused(house, DatabaseDiffers)
