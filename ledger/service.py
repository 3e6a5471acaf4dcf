"""One open ledger: its database, its keys, its recorder. Everything that runs a ledger (API, command line, demo) holds one of these.

It puts the parts together and decides nothing: what may be said is the gate's, what is written the recorder's, what it means the
trace's and the findings'.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import delete, insert, select

from ledger.accounts.callers import ACTING_BY_ROLE, Caller
from ledger.errors import LedgerFault, NotAllowed, UnknownName, Words
from ledger.evidence import EvidenceStore
from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer, Vault
from ledger.log.checkpoint import SignedCheckpoint, open_checkpoint
from ledger.log.entry import Entry
from ledger.log.note import NoteSigner, NoteVerifier
from ledger.log.proof import TlogProof, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.recorder import Clock, Placed, Recorder, found
from ledger.statement import Statement, sign_statement
from ledger.store.book import SqlBook, Stored, register_of, stored_entries
from ledger.store.copies import Copies
from ledger.store.edges import Graph
from ledger.store.engine import create_tables, open_engine, reading, writing
from ledger.store.erasing import finish
from ledger.store.findings import findings_in
from ledger.store.log_rows import first_checkpoint_over, read_places, read_tile_row
from ledger.store.rules import keep_in_step, note_rules
from ledger.store.tables import AccessKeyRow, CheckpointRow, EntryRow, HeadRow, SealedKeyRow
from ledger.vocabulary.registering import Genesis, Key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from ledger.evidence import Shelf
    from ledger.findings import Finding
    from ledger.keys import Signer
    from ledger.register import Custody, Register, Role
    from ledger.store.erasing import Due
    from ledger.vocabulary.said import Said

SHANGHAI_MINUTES: Final = 480
#: 16 hex digits after the host make an origin nobody else has.
ORIGIN_RANDOM_BYTES: Final = 8
ACCESS_KEY_BYTES: Final = 32
#: Custodial keys that stay unsealed in memory.
SIGNERS_HELD_MAX: Final = 1_000
#: So that a scanner of leaked secrets can tell what it found.
ACCESS_KEY_PREFIX: Final = "suyuan_"

_heads = HeadRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_entries, _checkpoints = EntryRow.__table__, CheckpointRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_sealed, _access = SealedKeyRow.__table__, AccessKeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class NoLedger(LedgerFault):
    """There is no ledger here yet, or more than one where one was expected."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sender gets back and may keep for ever: where the statement stands, and the proof that it does."""

    statement: StatementId
    issuer: PartyId
    seq: int
    at_ms: int
    entry: bytes
    proof: TlogProof


def system_clock() -> int:
    """The machine's clock in ms since 1970."""
    return time.time_ns() // 1_000_000


class Ledger:
    """One open ledger. Close it when done; it is also a context manager."""

    def __init__(
        self, engine: Engine, *, origin: str, vault: Vault, evidence: EvidenceStore, clock: Clock
    ) -> None:
        self.engine = engine
        self.origin = origin
        self.evidence = evidence
        self.clock = clock
        self._vault = vault
        self._register: Register | None = None
        self._signers: dict[PartyId, Ed25519Signer] = {}
        self.graph = Graph(self.book)
        with reading(engine) as connection:
            secret = self._unseal(connection, "log")
        self._log_signer = NoteSigner.from_seed(origin, secret)
        self.recorder = Recorder(
            engine,
            origin=origin,
            signer=self._log_signer,
            clock=clock,
            # Once readers are gone the next commit finishes it; what needs the operator waits for `finish_erasures`.
            after_erasure=lambda: {one.what for one in self.finish_erasures()} != {"wal"},
        )

    @classmethod
    def create(
        cls,
        url: str,
        *,
        host: str,
        registrar_name: str,
        vault: Vault,
        evidence: Path | Shelf,
        clock: Clock = system_clock,
        simulated: bool = False,
    ) -> Self:
        """Found a log: tables, keys, genesis. Raises `NoLedger` if the database holds one already."""
        engine = open_engine(url)
        create_tables(engine)
        origin = f"{host}/{secrets.token_hex(ORIGIN_RANDOM_BYTES)}"
        try:
            with writing(engine) as connection:
                _check_empty(connection)
                _found(
                    connection, vault, origin, registrar_name=registrar_name, now=clock(), simulated=simulated
                )
                note_rules(connection, origin)
        except NoLedger:
            engine.dispose()
            raise
        return cls(engine, origin=origin, vault=vault, evidence=EvidenceStore(evidence), clock=clock)

    @classmethod
    def open(cls, url: str, *, vault: Vault, evidence: Path | Shelf, clock: Clock = system_clock) -> Self:
        """Open the one log of this database."""
        engine = open_engine(url)
        create_tables(engine)
        with reading(engine) as connection:
            origins = [origin for (origin,) in connection.execute(select(_heads.c.log_id))]
        if len(origins) != 1:
            engine.dispose()
            message = f"{engine.url.render_as_string()} holds {len(origins)} logs, expected 1"
            raise NoLedger(message)
        # Found by other rules than today's: judged again before anybody reads or records.
        keep_in_step(engine, origins[0])
        ledger = cls(engine, origin=origins[0], vault=vault, evidence=EvidenceStore(evidence), clock=clock)
        # What a crash left behind an erasure is removed before anybody reads.
        ledger.finish_erasures()
        return ledger

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what waits and let go of the database."""
        self.graph.close()
        self.recorder.close()
        self.engine.dispose()

    # Reading

    @contextmanager
    def book(self, as_of: int | None = None) -> Iterator[SqlBook]:
        """The book as it stands, or as it stood at an earlier log size, in one consistent reading."""
        with reading(self.engine) as connection:
            size = self._size(connection)
            if as_of is not None and not 1 <= as_of <= size:
                raise UnknownName(
                    field="as_of",
                    came=as_of,
                    expected=Words(zh=f"1 至 {size}", en=f"a log size from 1 to {size}"),
                )
            at = size if as_of is None else as_of
            register = register_of(connection, self.origin, size=at, known=self._register)
            if as_of is None:
                self._register = register
            book = SqlBook(
                connection=connection, log_id=self.origin, register=register, size=at, graph=self.graph
            )
            yield book.held()

    def findings(
        self, *, party: PartyId | None = None, since_ms: int = 0, until_ms: int | None = None
    ) -> list[Finding]:
        """Findings as they stand, all of them or one party's, by the time they arose."""
        with reading(self.engine) as connection:
            return findings_in(connection, self.origin, party=party, since_ms=since_ms, until_ms=until_ms)

    def stored(self, seq: int) -> Stored:
        """One entry with its envelope and the items that are left."""
        with reading(self.engine) as connection:
            for stored in stored_entries(connection, self.origin, [seq]):
                return stored
        raise UnknownName(
            field="entry", came=seq, expected=Words(zh="已有的位置", en="a position in the log")
        )

    def stored_range(self, start: int, stop: int) -> list[Stored]:
        """The entries from `start` to before `stop`, each with its envelope and the items that are left."""
        with reading(self.engine) as connection:
            return list(stored_entries(connection, self.origin, range(start, stop)))

    def receipt(self, seq: int) -> Receipt:
        """The receipt of the entry at `seq`: always the same, with the first checkpoint that covers it."""
        (receipt,) = self.receipts([seq])
        return receipt

    def receipts(self, seqs: Sequence[int]) -> tuple[Receipt, ...]:
        """The receipts of several entries, in one reading. The same entry may be asked for twice."""
        found: dict[int, Receipt] = {}
        size, note = 0, b""
        with reading(self.engine) as connection:
            tiles = _Tiles(connection, self.origin)
            for seq, raw, issuer, statement in read_places(connection, self.origin, seqs):
                if seq >= size:
                    size, note = first_checkpoint_over(connection, self.origin, seq)
                hashes = prove_inclusion(Position(seq), Size(size), tiles)
                found[seq] = Receipt(
                    statement=StatementId.parse(statement),
                    issuer=PartyId.parse(issuer),
                    seq=seq,
                    at_ms=Entry.parse(raw).at_ms,
                    entry=raw,
                    proof=TlogProof(position=Position(seq), hashes=hashes, checkpoint=note),
                )
        return tuple(found[seq] for seq in seqs)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        with reading(self.engine) as connection:
            return bytes(
                connection.execute(
                    select(_checkpoints.c.note)
                    .where(_checkpoints.c.log_id == self.origin)
                    .order_by(_checkpoints.c.size.desc())
                    .limit(1)
                ).scalar_one()
            )

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of one tile row as far as it has grown."""
        with reading(self.engine) as connection:
            return _Tiles(connection, self.origin).read_tile(level, number)

    def entries(self, start: int, stop: int) -> list[bytes]:
        """The leaves from `start` to before `stop`."""
        with reading(self.engine) as connection:
            rows = connection.execute(
                select(_entries.c.raw)
                .where(_entries.c.log_id == self.origin, _entries.c.seq >= start, _entries.c.seq < stop)
                .order_by(_entries.c.seq)
            )
            return [bytes(raw) for (raw,) in rows]

    @property
    def vkey(self) -> NoteVerifier:
        """The log's public key: all that a stranger needs."""
        return self._log_signer.verifier

    def size(self) -> int:
        """How many entries the log has."""
        with reading(self.engine) as connection:
            return self._size(connection)

    def head_of(self, note: bytes) -> SignedCheckpoint:
        """Open a checkpoint with our own key."""
        return open_checkpoint(note, [self.vkey])

    # Saying

    def record(self, statements: Sequence[Statement]) -> tuple[Receipt, ...]:
        """Record statements that were signed elsewhere: whole or not at all."""
        return self.receipts([placed.seq for placed in self.recorder.record(statements)])

    def say(
        self, party: PartyId, *said: Said, **how: Instant | StatementId | PartyId | None
    ) -> tuple[Placed, ...]:
        """Sign with the party's custodial key and record, all or nothing. See `draft` for the keywords."""
        return self.recorder.record([self.draft(party, one, **how) for one in said])  # type: ignore[arg-type]  # same keywords

    def draft(
        self,
        party: PartyId,
        said: Said,
        *,
        occurred_at: Instant | None = None,
        statement_id: StatementId | None = None,
        on_behalf_of: PartyId | None = None,
        corrects: StatementId | None = None,
    ) -> Statement:
        """A statement signed with the key that this server holds for the party."""
        now = self.clock()
        return sign_statement(
            said.to_items(),
            log=self.origin,
            statement_id=statement_id or StatementId.new(now, os.urandom(10)),
            type_name=said.TYPE,
            issuer=party,
            occurred_at=occurred_at or Instant(now, SHANGHAI_MINUTES),
            signers=[self.custodial_signer(party)],
            on_behalf_of=on_behalf_of,
            corrects=corrects,
        )

    def custodial_signer(self, party: PartyId) -> Signer:
        """The key this server holds for a party and that is not revoked; `NotAllowed` for one who signs for himself."""
        with self.book() as book:
            # Whether it may still sign is asked of the register each time; only the unsealing is not done again.
            held = self._signers.get(party)
            if held is not None and _may_sign(held, book):
                return held
            rows = book.connection.execute(
                select(_sealed.c.purpose).where(
                    _sealed.c.log_id == self.origin, _sealed.c.party == str(party)
                )
            )
            for (purpose,) in rows:
                signer = Ed25519Signer.from_secret(self._unseal(book.connection, purpose))
                if _may_sign(signer, book):
                    if len(self._signers) >= SIGNERS_HELD_MAX:
                        self._signers.clear()
                    self._signers[party] = signer
                    return signer
        expected = Words(
            zh="本服务代管密钥的主体；自持密钥请提交已签名的记录",
            en="a party whose key this server holds; send signed statements otherwise",
        )
        raise NotAllowed(field="issuer", came=party, expected=expected)

    def enrol(self, party: PartyId, *, role: Role, public: Signer | None = None) -> Placed:
        """Enrol a key for a party: the signer's own public key, or, without one, a new key that this server keeps for it."""
        custody: Custody = "own" if public is not None else "custodial"
        signer = public or Ed25519Signer.generate()
        if isinstance(signer, Ed25519Signer) and custody == "custodial":
            # Kept first: a key in the log whose private half nobody has would be a dead end.
            with writing(self.engine) as connection:
                purpose = _purpose(party, signer.public.keyid)
                _keep(
                    connection,
                    self._vault,
                    self.origin,
                    purpose=purpose,
                    party=str(party),
                    secret=signer.secret,
                )
        key = Key(
            action="enrol",
            party=party,
            role=role,
            custody=custody,
            kind_of_key="ed25519",
            public_key=str(signer.public),
        )
        (placed,) = self.say(self.registrar, key)
        return placed

    def finish_erasures(self) -> list[Due]:
        """Remove what erasures still have to remove outside of the rows; what could not be removed now."""
        return finish(self.engine, self.origin, remove=self.evidence.remove)

    @property
    def copies(self) -> Copies:
        """The copies that left this server: remembered before they are handed out."""
        return Copies(self.engine, self.origin, self.clock)

    @property
    def registrar(self) -> PartyId:
        """The party that registers others."""
        with self.book() as book:
            return book.register.registrar

    # Who may call

    def give_access_key(self, party: PartyId, *, label: str, days: int = 90) -> str:
        """A new API key for a party, shown this once: only its digest is kept."""
        text, now = ACCESS_KEY_PREFIX + secrets.token_urlsafe(ACCESS_KEY_BYTES), self.clock()
        row = {
            "digest": sha256(text.encode()).hexdigest(),
            "log_id": self.origin,
            "party": str(party),
            "label": label,
            "made_ms": now,
            "until_ms": now + days * 86_400_000,
        }
        with writing(self.engine) as connection:
            connection.execute(insert(_access), row)
        return text

    def caller(self, text: str) -> Caller | None:
        """Whom an API key speaks for; None when it is unknown, expired, or its party has no key in the register."""
        digest = sha256(text.encode("utf-8", "replace")).hexdigest()
        with self.book() as book:
            row = book.connection.execute(
                select(_access.c.party, _access.c.label, _access.c.until_ms).where(
                    _access.c.digest == digest, _access.c.log_id == self.origin
                )
            ).one_or_none()
            if row is None or self.clock() >= row.until_ms:
                return None
            party = PartyId.parse(row.party)
            role = book.register.role_of(party) if book.register.speaks(party) else None
            if role is None:
                return None
            return Caller(
                party=party, role=role, label=row.label, acting=ACTING_BY_ROLE[role], method="api_key"
            )

    def take_access_keys(self, party: PartyId) -> None:
        """All API keys of a party stop working now."""
        with writing(self.engine) as connection:
            connection.execute(
                delete(_access).where(_access.c.log_id == self.origin, _access.c.party == str(party))
            )

    def _size(self, connection: Connection) -> int:
        return int(
            connection.execute(select(_heads.c.size).where(_heads.c.log_id == self.origin)).scalar_one()
        )

    def _unseal(self, connection: Connection, purpose: str) -> bytes:
        sealed = connection.execute(
            select(_sealed.c.sealed).where(_sealed.c.log_id == self.origin, _sealed.c.purpose == purpose)
        ).scalar_one()
        return self._vault.unseal(bytes(sealed), purpose=f"{self.origin} {purpose}")


@dataclass(frozen=True, slots=True)
class _Tiles:
    """The stored tiles, for making proofs within one reading."""

    connection: Connection
    log_id: str
    _read: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def read_tile(self, level: int, index: int, /) -> bytes:
        held = self._read.get((level, index))
        if held is not None:
            return held
        self._read[level, index] = read_tile_row(self.connection, self.log_id, level, index)
        return self._read[level, index]


def _may_sign(signer: Ed25519Signer, book: SqlBook) -> bool:
    enrolment = book.register.keys.get(signer.public.keyid)
    return enrolment is not None and enrolment.active_at(book.size)


def _check_empty(connection: Connection) -> None:
    if connection.execute(select(_heads.c.log_id)).first() is not None:
        message = f"{connection.engine.url.render_as_string()} already holds a log"
        raise NoLedger(message)


def _found(
    connection: Connection, vault: Vault, origin: str, *, registrar_name: str, now: int, simulated: bool
) -> None:
    """Draw the registrar's and the log's keys, keep them sealed, and write entry 0."""
    registrar, registrar_key, log_secret = (
        PartyId.new(os.urandom(10)),
        Ed25519Signer.generate(),
        os.urandom(32),
    )
    genesis = Genesis(
        origin=origin,
        registrar_name=registrar_name,
        clock="simulated" if simulated else "real",
        kind_of_key="ed25519",
        public_key=str(registrar_key.public),
    )
    statement = sign_statement(
        genesis.to_items(),
        log=origin,
        statement_id=StatementId.new(now, os.urandom(10)),
        type_name=Genesis.TYPE,
        issuer=registrar,
        occurred_at=Instant(now, SHANGHAI_MINUTES),
        signers=[registrar_key],
    )
    found(connection, statement, at_ms=now, signer=NoteSigner.from_seed(origin, log_secret))
    _keep(connection, vault, origin, purpose="log", party="", secret=log_secret)
    purpose = _purpose(registrar, registrar_key.public.keyid)
    _keep(connection, vault, origin, purpose=purpose, party=str(registrar), secret=registrar_key.secret)


def _purpose(party: PartyId, keyid: str) -> str:
    return f"custodial {party} {keyid}"


def _keep(
    connection: Connection, vault: Vault, origin: str, *, purpose: str, party: str, secret: bytes
) -> None:
    sealed = vault.seal(secret, purpose=f"{origin} {purpose}")
    connection.execute(
        insert(_sealed), {"log_id": origin, "purpose": purpose, "party": party, "sealed": sealed}
    )
