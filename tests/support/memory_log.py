"""A whole log in memory, for tests of what a stranger can check: statements, entries, tiles, exported files.

    log = MemoryLog()
    farm = log.enrol("enterprise")
    leek = log.says(farm, Batch(...))
    log.erase(leek, [1])
    files = log.files()                # an exported log, path by path
    log.export(tmp_path)               # the same in a folder

Everything is made by the ledger's own code. What is left out is the gate: whatever is said is taken, so that a
test can play an operator who takes what must not be taken, and signs it. The keys and the salts are the same each time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.canonical import Json, canonical
from ledger.disclosure import Disclosure, Logged
from ledger.identifiers import GoodsId, Instant, PartyId, Quantity, StatementId
from ledger.keys import Ed25519Signer
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.merkle import Hash, leaf_hash, root_of
from ledger.log.note import NoteSigner
from ledger.log.sizes import Position, Size
from ledger.log.tiles import TILE_WIDTH, Bundle, HeldRows, encode_bundle, grow_tiles, tiles_touched
from ledger.register import Custody, Register, Role
from ledger.statement import Envelope, OpenedItem, Statement, sign_statement
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.registering import ErasedPlace, Erasure, Genesis, Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ledger.keys import Signer
    from ledger.vocabulary.said import Said

ORIGIN = "log.example/0123456789abcdef"
START_MS = Instant.parse("2026-11-14T08:00:00+08:00").ms


@dataclass(frozen=True)
class Speaker:
    """A party with its key."""

    party: PartyId
    signer: Signer


@dataclass
class Slot:
    """One entry with its statement, as the log keeps them. Tests that lie change these."""

    entry: Entry
    envelope: Envelope | None
    items: list[OpenedItem | None]

    @property
    def signed(self) -> Envelope:
        """The envelope, where it is not withheld."""
        assert self.envelope is not None
        return self.envelope


@dataclass
class MemoryLog:
    """A log that takes whatever it is given."""

    origin: str = ORIGIN
    slots: list[Slot] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    _drawn: int = 0

    def __post_init__(self) -> None:
        self.key = NoteSigner.from_seed(self.origin, sha256(b"log key").digest())
        self.registrar = self.speaker()
        self.says(self.registrar, self.genesis(self.registrar))

    @property
    def vkey(self) -> str:
        """The log's public key."""
        return str(self.key.verifier)

    def genesis(self, registrar: Speaker, *, origin: str | None = None) -> Genesis:
        """What founds this log, or pretends to."""
        return Genesis(
            origin=origin or self.origin,
            registrar_name="登记中心（演示）",
            clock="simulated",
            kind_of_key="ed25519",
            public_key=str(registrar.signer.public),
        )

    def random(self, count: int) -> bytes:
        """Bytes that are the same in every run, and never twice the same in one."""
        self._drawn += 1
        return sha256(f"{self._drawn}".encode()).digest()[:count]

    def speaker(self) -> Speaker:
        """Somebody new, whom nobody has enrolled."""
        return Speaker(PartyId.new(self.random(10)), Ed25519Signer.generate(self.random))

    def enrol(
        self,
        role: Role,
        *,
        speaker: Speaker | None = None,
        by: Speaker | None = None,
        custody: Custody = "own",
        rp_id: str | None = None,
    ) -> Speaker:
        """Somebody (new) whose key the registrar (or `by`) enrols."""
        speaker = speaker or self.speaker()
        public = speaker.signer.public
        self.says(
            by or self.registrar,
            Key(
                action="enrol",
                party=speaker.party,
                role=role,
                custody=custody,
                kind_of_key=public.kind,
                public_key=str(public),
                rp_id=rp_id,
            ),
            # A key that its holder keeps proves that he does.
            also=[speaker.signer] if custody == "own" and by is not speaker else [],
        )
        return speaker

    def revoke(self, speaker: Speaker, *, by: Speaker | None = None) -> int:
        """A key revoked by the registrar (or `by`)."""
        key = Key(action="revoke", keyid=speaker.signer.public.keyid, reason="stolen")
        return self.says(by or self.registrar, key)

    def erase(self, position: int, places: Sequence[int]) -> int:
        """Items removed, and the statement that says so."""
        header = self.statements[position].header
        gone = ErasedPlace(issuer=header.issuer, statement=header.id, places=tuple(places))
        self.remove(position, places)
        return self.says(self.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))

    def remove(self, position: int, places: Iterable[int]) -> None:
        """Items removed without a word."""
        for place in places:
            self.slots[position].items[place] = None

    def withhold(self, position: int) -> None:
        """A statement that is not shown at all."""
        self.slots[position] = Slot(self.slots[position].entry, None, [])

    def says(
        self, speaker: Speaker, said: Said, *, at_ms: int | None = None, also: Sequence[Signer] = ()
    ) -> int:
        """What a party says, and others sign with it, becomes the next entry; its position."""
        return self.take(self.made(speaker, said, signers=[speaker.signer, *also]), at_ms=at_ms)

    def made(
        self,
        speaker: Speaker,
        said: Said,
        *,
        log: str | None = None,
        issuer: PartyId | None = None,
        signers: Sequence[Signer] | None = None,
        statement_id: StatementId | None = None,
    ) -> Statement:
        """A statement that has not been taken yet."""
        return sign_statement(
            said.to_items(),
            log=log or self.origin,
            statement_id=statement_id or StatementId.new(START_MS, self.random(10)),
            type_name=said.TYPE,
            issuer=issuer or speaker.party,
            occurred_at=Instant(START_MS, offset_minutes=8 * 60),
            signers=[speaker.signer] if signers is None else signers,
            randomness=self.random,
        )

    def take(self, statement: Statement, *, at_ms: int | None = None) -> int:
        """Append a statement, whatever it is."""
        position = len(self.slots)
        prev = leaf_hash(self.slots[-1].entry.raw) if self.slots else NO_ENTRY_BEFORE
        at_ms = START_MS + 1000 * position if at_ms is None else at_ms
        entry = Entry(at_ms=at_ms, prev=prev, statement=statement.envelope.digest)
        self.slots.append(Slot(entry, statement.envelope, list(statement.opened)))
        self.statements.append(statement)
        return position

    def put(self, position: int, statement: Statement) -> None:
        """Lays another statement in the place of one, and makes the entries fit."""
        self.slots[position] = Slot(self.slots[position].entry, statement.envelope, list(statement.opened))
        self.rechain()

    def rechain(self) -> None:
        """Makes every entry again, so that each follows from the one before: what an operator with time would do."""
        prev = NO_ENTRY_BEFORE
        for slot in self.slots:
            slot.entry = Entry(at_ms=slot.entry.at_ms, prev=prev, statement=slot.signed.digest)
            prev = leaf_hash(slot.entry.raw)

    @property
    def leaves(self) -> list[Hash]:
        """The leaf hashes."""
        return [leaf_hash(slot.entry.raw) for slot in self.slots]

    def rows(self) -> dict[tuple[int, int], bytes]:
        """The tiles, grown in one go."""
        return grow_tiles(Size(0), self.leaves, HeldRows({}).read_tile)

    def checkpoint(self, size: int | None = None) -> bytes:
        """The signed head, or the head as it was at some size."""
        leaves = self.leaves[:size]
        return Checkpoint(self.origin, Size(len(leaves)), root_of(leaves)).sign([self.key])

    def register(self) -> Register:
        """The register at the end of the log, folded by the ledger's own code."""
        register = Register.found(self.statements[0])
        for position, statement in enumerate(self.statements[1:], start=1):
            register = register.after(statement, at=position)
        return register

    def logged(self, position: int) -> Logged:
        """One statement as the store would give it."""
        slot = self.slots[position]
        return Logged(Position(position), slot.entry, slot.signed, tuple(slot.items))

    def disclose(
        self,
        position: int,
        places: Sequence[int],
        *,
        register: Register | None = None,
        checkpoint: bytes | None = None,
    ) -> Disclosure:
        """A disclosure of some of a statement's items, by default as the log stands now."""
        return Disclosure.make(
            self.logged(position),
            places=places,
            register=register or self.register(),
            read=self.logged,
            checkpoint=checkpoint or self.checkpoint(),
            reader=HeldRows(self.rows()),
        )

    def files(self) -> dict[str, bytes]:
        """The exported log: bytes by path."""
        size, rows = Size(len(self.slots)), self.rows()
        files = {"checkpoint": self.checkpoint(), "vkey": self.vkey.encode() + b"\n"}
        files |= {tile.path: rows[tile.level, tile.index] for tile in tiles_touched(Size(0), size)}
        for start in range(0, size, TILE_WIDTH):
            entries = [slot.entry.raw for slot in self.slots[start : start + TILE_WIDTH]]
            files[Bundle(start // TILE_WIDTH, len(entries)).path] = encode_bundle(entries)
        # The log was asked for its head three times, and kept what it said.
        for before in {1, size // 2 + 1, size}:
            files[f"checkpoints/{before:09d}"] = self.checkpoint(before)
        return files | {statement_path(at): statement_file(at, slot) for at, slot in enumerate(self.slots)}

    def export(self, folder: Path, files: Mapping[str, bytes] | None = None) -> Path:
        """The exported log in a folder."""
        for path, content in (self.files() if files is None else files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        return folder


def statement_path(position: int) -> str:
    """Where an exported statement lies."""
    return f"statements/{position:09d}.json"


def statement_file(position: int, slot: Slot) -> bytes:
    """One exported statement."""
    items: list[Json] = [None if one is None else one.as_json() for one in slot.items]
    envelope = None if slot.envelope is None else slot.envelope.as_json()
    return canonical({"v": 1, "position": position, "envelope": envelope, "items": items})


def leek(maker: PartyId, number: str = "JC-20261114") -> Batch:
    """A batch with a public sheet and one for the chain."""
    return Batch(
        goods=GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/{number}"),
        maker=maker,
        name="韭菜",
        category="edible_farm_produce",
        origin="江苏省如皋市（演示）",
        quantity=Quantity.parse("60 KGM"),
    )
