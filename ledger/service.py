"""One open ledger: its database, its keys, its recorder. Everything that runs a ledger (API, command line, demo) holds one of these.

It puts the parts together and decides nothing: what may be said is the gate's, what is written the recorder's, what it means the
trace's and the findings'.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import select

from ledger.accounts.access import ACCESS_DAYS, Terms, permissions_of
from ledger.accounts.accounts import Accounts
from ledger.accounts.office import Office
from ledger.errors import LedgerFault, Malformed, NotAllowed, UnknownName, Words
from ledger.evidence import EvidenceStore
from ledger.identifiers import Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer, Vault
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint, open_checkpoint
from ledger.log.entry import Entry
from ledger.log.level import Level
from ledger.log.note import Note, NoteSigner, NoteVerifier
from ledger.log.proof import TlogProof, prove_inclusion
from ledger.log.sizes import Position, Size
from ledger.log.succession import LogKeys
from ledger.recorder import Clock, Placed, Recorder, found
from ledger.statement import Signature, Statement, sign_statement
from ledger.store.book import SqlBook, Stored, register_of, stored_entries, stored_entry
from ledger.store.copies import Copies
from ledger.store.custody import SIGNERS_HELD_MAX, Custody, custodial_purpose, keep_key
from ledger.store.edges import Graph
from ledger.store.engine import create_tables, open_engine, reading, writing
from ledger.store.erasing import finish
from ledger.store.findings import findings_in
from ledger.store.guard import Guard
from ledger.store.label_keys import kept_label_signer, label_bundle, label_purpose
from ledger.store.log_keys import FIRST, Keyring, freeze
from ledger.store.log_rows import (
    StoredTiles,
    first_checkpoint_over,
    lock_head,
    read_places,
    read_size,
    read_tile_row,
)
from ledger.store.log_slices import newest_checkpoint
from ledger.store.reached import Reached, reached, reached_at
from ledger.store.rules import keep_in_step, note_rules
from ledger.store.tables import EntryRow, HeadRow
from ledger.vocabulary.registering import Genesis, Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from ledger.accounts.callers import ActingRole, Scope
    from ledger.canonical import Json
    from ledger.evidence import Shelf
    from ledger.findings import Finding
    from ledger.keys import Signer
    from ledger.log.policy import Policy
    from ledger.log.sealed import Sealed
    from ledger.register import Enrolment, Register, Role, Use
    from ledger.store.erasing import Due
    from ledger.store.guard import Remembers, Seen
    from ledger.views.book import Book
    from ledger.vocabulary.said import Said

SHANGHAI_MINUTES: Final = 480
#: 16 hex digits after the host make an origin nobody else has.
ORIGIN_RANDOM_BYTES: Final = 8
#: An origin of sixty characters, less the digits behind the host.
HOST_MAX: Final = 60 - 1 - 2 * ORIGIN_RANDOM_BYTES
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
#: So long a bundle of label keys is handed out again, while no key is added or ended.
BUNDLE_KEPT_MS: Final = 60_000

_heads = HeadRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_entries = EntryRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

#: So long both keys sign: whoever compares checkpoints once a month learns of the new one from the old one.
LOG_KEY_OVERLAP_MS: Final = 30 * 86_400_000


class NoLedger(LedgerFault):
    """There is no ledger here yet, or more than one where one was expected."""


LOG_SIGNED: Final = Level()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a sender gets back and may keep for ever: where the statement stands, and the proof that it does."""

    statement: StatementId
    issuer: PartyId
    seq: int
    at_ms: int
    entry: bytes
    proof: TlogProof
    #: The key of the log that signed the proof's checkpoint; the newer one where two did.
    vkey: NoteVerifier
    level: Level = LOG_SIGNED


def system_clock() -> int:
    """The machine's clock in ms since 1970."""
    return time.time_ns() // 1_000_000


class Ledger:
    """One open ledger. Close it when done; it is also a context manager."""

    def __init__(
        self,
        engine: Engine,
        *,
        origin: str,
        vault: Vault,
        evidence: EvidenceStore,
        clock: Clock,
        guard: Path | None = None,
        remembers: Remembers | None = None,
    ) -> None:
        self.engine = engine
        self.origin = origin
        self.evidence = evidence
        self.clock = clock
        #: Whose cosignatures count when it is told how far a record has come. The server sets it.
        self.policy: Policy | None = None
        self._vault = vault
        self._register: Register | None = None
        self._custody = Custody(vault)
        self._label_signers: dict[PartyId, Ed25519Signer] = {}
        self._labelling = Lock()
        #: The bundle that was signed last, for which keys and when.
        self._bundle: tuple[Mapping[str, Enrolment], int, bytes] | None = None
        self.graph = Graph(self.book)
        self.accounts = Accounts(
            Office(engine=engine, log_id=origin, clock=clock, vault=vault, book=self.book)
        )
        self._keyring = Keyring(origin, vault)
        with reading(engine) as connection:
            self._log_keys = LogKeys(self._keyring.first(connection).verifier)
        self._guard = None if guard is None else Guard(guard, origin)
        self._remembers = remembers
        self._seen_last: tuple[Seen, ...] | None = None
        self.recorder = Recorder(
            engine,
            origin=origin,
            keys=self._keyring,
            clock=clock,
            # Once readers are gone the next commit finishes it; what needs the operator waits for `finish_erasures`.
            after_erasure=lambda: {one.what for one in self.finish_erasures()} != {"wal"},
            guard=self._guard,
            seen=self._seen,
        )

    @classmethod
    def create(  # noqa: PLR0913  (each argument is one thing that a log is founded with)
        cls,
        url: str,
        *,
        host: str,
        registrar_name: str,
        vault: Vault,
        evidence: Path | Shelf,
        clock: Clock = system_clock,
        simulated: bool = False,
        follows: Checkpoint | None = None,
        guard: Path | None = None,
    ) -> Self:
        """Found a log: tables, keys, genesis. Raises `NoLedger` if the database holds one already, and a `Refusal` for a host or a name that none can have.

        `follows`: how the log ended whose place this one takes, because its key was stolen. `guard`: the folder of its fork guard.
        """
        origin = _new_origin(host)
        registrar_key = Ed25519Signer.generate()
        # Made before anything is: what it cannot hold is refused, and leaves nothing behind.
        genesis = Genesis.read(
            {
                "origin": origin,
                "registrar_name": registrar_name,
                "clock": "simulated" if simulated else "real",
                "kind_of_key": "ed25519",
                "public_key": str(registrar_key.public),
                **({} if follows is None else _follows(follows)),
            }
        )
        engine = open_engine(url)
        create_tables(engine)
        try:
            with writing(engine) as connection:
                _check_empty(connection)
                _found(connection, vault, genesis, registrar_key, now=clock())
                note_rules(connection, origin)
        except NoLedger:
            engine.dispose()
            raise
        ledger = cls(
            engine, origin=origin, vault=vault, evidence=EvidenceStore(evidence), clock=clock, guard=guard
        )
        ledger.check_guard()
        return ledger

    @classmethod
    def open(
        cls,
        url: str,
        *,
        vault: Vault,
        evidence: Path | Shelf,
        clock: Clock = system_clock,
        guard: Path | None = None,
        remembers: Remembers | None = None,
    ) -> Self:
        """Open the one log of this database. Signing waits for the fork guard in the folder `guard` (`ledger.store.guard`), if there is one."""
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
        ledger = cls(
            engine,
            origin=origins[0],
            vault=vault,
            evidence=EvidenceStore(evidence),
            clock=clock,
            guard=guard,
            remembers=remembers,
        )
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
            size = read_size(connection, self.origin)
            if as_of is not None and not 1 <= as_of <= size:
                raise UnknownName(
                    field="as_of",
                    came=as_of,
                    expected=Words(zh=f"1 至 {size}", en=f"a log size from 1 to {size}"),
                )
            at = size if as_of is None else as_of
            register = register_of(connection, self.origin, size=at, known=self._register)
            if as_of is None:
                self._know(register)
            book = SqlBook(
                connection=connection,
                log_id=self.origin,
                register=register,
                size=at,
                newest=as_of is None,
                graph=self.graph,
            )
            yield book.held()

    def newest(self, book: Book) -> AbstractContextManager[Book]:
        """A book that stands where the log stands: the one in hand if it does, else one of its own."""
        return nullcontext(book) if isinstance(book, SqlBook) and book.newest else self.book()

    @property
    def simulated(self) -> bool:
        """Whether the log runs on a story's clock. Its first entry says so, for good."""
        if self._register is None:
            with self.book() as book:
                return book.register.clock == "simulated"
        return self._register.clock == "simulated"

    def findings(
        self, *, party: PartyId | None = None, since_ms: int = 0, until_ms: int | None = None
    ) -> list[Finding]:
        """Findings as they stand, all of them or one party's, by the time they arose."""
        with reading(self.engine) as connection:
            return findings_in(connection, self.origin, party=party, since_ms=since_ms, until_ms=until_ms)

    def stored(self, seq: int) -> Stored:
        """One entry with its envelope and the items that are left."""
        with reading(self.engine) as connection:
            return stored_entry(connection, self.origin, seq)

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
        size, note, vkey, level = 0, b"", self.vkey, self._level_at_first()
        with reading(self.engine) as connection:
            tiles = StoredTiles(connection, self.origin)
            for seq, raw, issuer, statement in read_places(connection, self.origin, seqs):
                if seq >= size:
                    size, note = first_checkpoint_over(connection, self.origin, seq)
                    vkey = self._signed_by(note, connection)
                hashes = prove_inclusion(Position(seq), Size(size), tiles)
                found[seq] = Receipt(
                    statement=StatementId.parse(statement),
                    issuer=PartyId.parse(issuer),
                    seq=seq,
                    at_ms=Entry.parse(raw).at_ms,
                    entry=raw,
                    # The entry goes along: whoever has the file and the log's key needs nothing else.
                    proof=TlogProof(position=Position(seq), hashes=hashes, checkpoint=note, extra=raw),
                    vkey=vkey,
                    level=level,
                )
        return tuple(found[seq] for seq in seqs)

    def receipts_of(self, recorded: Sequence[tuple[Statement, Placed]]) -> tuple[Receipt, ...]:
        """The receipts of what was just sent. Of what this very commit recorded the database is not asked again."""
        older = [placed.seq for _, placed in recorded if placed.sealed is None]
        stored = iter(self.receipts(older) if older else ())
        return tuple(
            next(stored) if placed.sealed is None else self._receipt_under(placed.sealed, statement, placed)
            for statement, placed in recorded
        )

    def _receipt_under(self, sealed: Sealed, statement: Statement, placed: Placed) -> Receipt:
        proof = sealed.proof(Position(placed.seq))
        return Receipt(
            statement=statement.header.id,
            issuer=statement.header.issuer,
            seq=placed.seq,
            at_ms=placed.at_ms,
            entry=proof.extra,
            proof=proof,
            vkey=self._signed_by(sealed.checkpoint),
            level=self._level_at_first(),
        )

    def _level_at_first(self) -> Level:
        """How far a record has come when its sender is answered."""
        return LOG_SIGNED if self.policy is None else Level(of=len(self.policy.witnesses))

    def furthest(self, seq: int, *, size: int | None = None) -> Receipt:
        """The receipt of the entry at `seq` with the checkpoint that shows how far it has come by now: cosigned, stamped, or signed by the log alone.

        `size`: with the checkpoint of exactly that size, such as one that was stamped.
        """
        receipt = self.receipt(seq)
        # Witnesses sign by the true time, whatever clock the log runs on.
        now_seconds = system_clock() // 1000
        with reading(self.engine) as connection:
            if size is None:
                found = reached(connection, self.origin, seq, policy=self.policy, now_seconds=now_seconds)
            else:
                found = self._reached_at(connection, seq, size, now_seconds=now_seconds)
            if found.size is None:
                return replace(receipt, level=found.level)
            hashes = prove_inclusion(Position(seq), Size(found.size), StoredTiles(connection, self.origin))
            proof = replace(receipt.proof, hashes=hashes, checkpoint=found.note)
            vkey = self._signed_by(found.note, connection)
        return replace(receipt, proof=proof, level=found.level, vkey=vkey)

    def _reached_at(self, connection: Connection, seq: int, size: int, *, now_seconds: int) -> Reached:
        found = reached_at(connection, self.origin, size, policy=self.policy, now_seconds=now_seconds)
        if found is None or size <= seq:
            expected = Words(zh=f"大于 {seq} 的一个检查点的大小", en=f"the size of a checkpoint, above {seq}")
            raise UnknownName(field="size", came=size, expected=expected)
        return found

    def _signed_by(self, note: bytes, connection: Connection | None = None) -> NoteVerifier:
        """The newest of our keys under a checkpoint of ours."""
        signed = {one.key_id for one in Note.parse(note).signatures if one.name == self.origin}
        for again in (False, True):
            if again:
                # The key was changed since we last looked.
                with reading(self.engine) if connection is None else nullcontext(connection) as asked:
                    self._know(register_of(asked, self.origin, size=read_size(asked, self.origin)))
            for key in self._log_keys.all:
                if key.key_id in signed:
                    return key
        message = f"a checkpoint of {self.origin} is signed by none of its keys"
        raise LedgerFault(message)

    def _know(self, register: Register) -> None:
        """Remember the newest register, and the log's keys that it names."""
        self._register = register
        if register.log_keys != self._log_keys.changes:
            self._log_keys = LogKeys(self._log_keys.first, register.log_keys)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        with reading(self.engine) as connection:
            return newest_checkpoint(connection, self.origin)[1]

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of one tile row as far as it has grown."""
        with reading(self.engine) as connection:
            return read_tile_row(connection, self.origin, level, number)

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
        """The log's public key: all that a stranger needs. The one that signs now, where it was changed."""
        return self._log_keys.newest

    @property
    def log_keys(self) -> LogKeys:
        """All keys of the log, and which of them sign when."""
        with self.book():
            return self._log_keys

    def size(self) -> int:
        """How many entries the log has."""
        with reading(self.engine) as connection:
            return read_size(connection, self.origin)

    def head_of(self, note: bytes) -> SignedCheckpoint:
        """Open a checkpoint of ours, signed by every key that had to sign it."""
        keys = self.log_keys
        if not keys.changes:
            return open_checkpoint(note, keys.all)
        size = Checkpoint.parse(Note.parse(note).text).size
        return keys.open(note, at_ms=self.stored(size - 1).entry.at_ms)

    # What was signed before

    def check_guard(self) -> None:
        """Raise `NotToBeSigned` where this database does not continue what was signed before. The recorder asks by itself; a server asks at its start."""
        if self._guard is not None:
            seen = self._seen()
            with writing(self.engine) as connection:
                head = lock_head(connection, self.origin)
                self._guard.check(connection, head, at_ms=self.clock(), seen=seen)

    @property
    def guard(self) -> Guard | None:
        """What was signed last, where no restore reaches it."""
        return self._guard

    def _seen(self) -> Sequence[Seen]:
        """What others know of this log, asked once: what was seen then stays seen."""
        if self._seen_last is None and self._remembers is not None:
            self._seen_last = tuple(self._remembers(self.origin, self.log_keys.all, self.checkpoint()))
        return self._seen_last or ()

    # The log's own key

    def change_log_key(self, *, overlap_ms: int = LOG_KEY_OVERLAP_MS) -> Placed:
        """Sign with a new key from now on, and with the old one beside it until the overlap ends."""
        with writing(self.engine) as connection:
            register = register_of(connection, self.origin, size=read_size(connection, self.origin))
            said = self._keyring.change(connection, register, until_ms=self.clock() + overlap_ms)
        (placed,) = self.say(self.registrar, said)
        with self.book() as book:
            self._know(book.register)
        return placed

    def freeze(self) -> bytes:
        """Sign nothing any more, ever: the log's key is in other hands. The last checkpoint, for witnesses to sign."""
        with writing(self.engine) as connection:
            freeze(connection, self.origin, at_ms=self.clock())
        return self.checkpoint()

    # Saying

    def record(self, statements: Sequence[Statement]) -> tuple[Receipt, ...]:
        """Record statements that were signed elsewhere: whole or not at all."""
        return self.receipts_of(list(zip(statements, self.recorder.record(statements), strict=True)))

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
        holder: str | None = None,
        also: Sequence[Signer] = (),
    ) -> Statement:
        """A statement signed with the key that this server holds for the party, or for one person or device there (`holder`).

        `also` sign: a new key that proves that somebody has it.
        """
        now = self.clock()
        return sign_statement(
            said.to_items(),
            log=self.origin,
            statement_id=statement_id or StatementId.new(now, os.urandom(10)),
            type_name=said.TYPE,
            issuer=party,
            occurred_at=occurred_at or Instant(now, SHANGHAI_MINUTES),
            signers=[self.custodial_signer(party, holder=holder), *also],
            on_behalf_of=on_behalf_of,
            corrects=corrects,
        )

    def custodial_signer(self, party: PartyId, *, holder: str | None = None) -> Signer:
        """The key this server holds for a party and that is not revoked; `NotAllowed` for one who signs for himself.

        A key that was enrolled for one person or device signs for that holder and no other; without a holder, only one that is for none.
        """
        with self.book() as book:
            return self._custody.signer(book, party, holder=holder)

    def enrol(
        self,
        party: PartyId,
        *,
        role: Role,
        public: Signer | None = None,
        rp_id: str | None = None,
        holder: str | None = None,
        use: Use | None = None,
    ) -> Placed:
        """Enrol a key for a party: its own, which signs that it is there, or, without one, a new key that this server keeps for it.

        `rp_id`: it is a passkey of that site. `holder`: the one person or device that it is for. `use`: `label` for one that signs codes.
        """
        signer: Signer = public or Ed25519Signer.generate()
        if isinstance(signer, Ed25519Signer) and public is None:
            # Kept first: a key in the log whose private half nobody has would be a dead end.
            with writing(self.engine) as connection:
                purpose = (label_purpose if use == "label" else custodial_purpose)(party, signer.public.keyid)
                keep_key(
                    connection,
                    self._vault,
                    self.origin,
                    purpose=purpose,
                    party=str(party),
                    secret=signer.secret,
                )
        said = Key(
            action="enrol",
            party=party,
            role=role,
            custody="custodial" if public is None else "own",
            kind_of_key=signer.public.kind,
            public_key=str(signer.public),
            rp_id=rp_id,
            use=use,
            holder=holder,
        )
        statement = self.draft(self.registrar, said, also=[] if public is None else [public])
        (placed,) = self.recorder.record([statement])
        return placed

    # Codes that verify without a network

    def label_signer(self, party: PartyId) -> Signer:
        """The key that this server signs a maker's codes with, enrolled in the log when it is first asked for.

        `NotAllowed` for one who signs for himself: whoever else could sign codes in his name would make goods of his.
        """
        with self._labelling:
            with self.book() as book:
                register = book.register
                held = self._label_signers.get(party)
                if held is None or not _may_label(held, register):
                    held = kept_label_signer(book.connection, register, self._vault, party)
                role = register.role_of(party)
            if register.signs_for_itself(party) or role is None:
                expected = Words(
                    zh="本服务代管密钥的主体；自持密钥者请自行签码（suyuan sign-code）",
                    en="a party whose keys this server holds; others sign their codes themselves (suyuan sign-code)",
                )
                raise NotAllowed(field="party", came=party, expected=expected)
            if held is None:
                self.enrol(party, role=role, use="label")
                with self.book() as book:
                    held = kept_label_signer(book.connection, book.register, self._vault, party)
                assert held is not None, "a key was enrolled and cannot be found"
            if len(self._label_signers) >= SIGNERS_HELD_MAX:
                self._label_signers.clear()
            self._label_signers[party] = held
            return held

    def label_keys(self, *, party: PartyId | None = None) -> bytes:
        """The bundle of label keys as it stands (`ledger.log.label_keys`), signed by the log's key; or one maker's part of it."""
        now_ms = self.clock()
        with self.book() as book:
            known = book.register.label_keys
            if party is None and self._bundle is not None:
                of, made_ms, note = self._bundle
                if of is known and made_ms <= now_ms < made_ms + BUNDLE_KEPT_MS:
                    return note
            note = label_bundle(book, self._keyring, now_ms=now_ms, party=party)
            if party is None:
                self._bundle = (known, now_ms, note)
            return note

    def enrol_signed(self, statement: Statement) -> tuple[Statement, Placed]:
        """Record an enrolment that was drafted for the registrar and that the new key has signed: the registrar's own signature is added."""
        header, registrar = statement.header, self.registrar
        said = Key.from_items(statement.items) if header.type == Key.TYPE else None
        if said is None or said.action != "enrol" or header.issuer != registrar:
            came = f"{header.type} by {header.issuer}"
            expected = Words(zh=f"{registrar} 的密钥登记", en=f"an enrolment by {registrar}")
            raise NotAllowed(field="envelope", came=came, expected=expected)
        signer = self.custodial_signer(registrar)
        mine = Signature(signer.public.keyid, signer.sign(statement.envelope.signed_bytes()))
        others = [one for one in statement.envelope.signatures if one.keyid != mine.keyid]
        signatures = tuple(sorted([*others, mine], key=lambda one: one.keyid))
        both = replace(statement, envelope=replace(statement.envelope, signatures=signatures))
        (placed,) = self.recorder.record([both])
        return both, placed

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

    def give_access_key(
        self,
        party: PartyId,
        *,
        label: str,
        days: int = ACCESS_DAYS,
        acting: ActingRole | None = None,
        certificate: str | None = None,
        scope: Scope | None = None,
        permissions: Iterable[str] | None = None,
    ) -> str:
        """A new API key for a party, shown this once: only its digest is kept. With nothing said its bounds are those of its role.

        An official's key does nothing without the number of a certificate; `scope` bounds whoever holds that certificate.
        """
        if certificate is not None and scope is not None:
            self.accounts.officials.bound(certificate, scope)
        terms = Terms(
            label=label,
            days=days,
            acting=acting,
            certificate=certificate,
            permissions=permissions_of(permissions),
        )
        text, _ = self.accounts.access.give(party, terms)
        return text

    def take_access_keys(self, party: PartyId) -> None:
        """All API keys of a party stop working now."""
        self.accounts.access.take(party)


def _may_label(signer: Ed25519Signer, register: Register) -> bool:
    enrolment = register.label_keys.get(signer.public.keyid)
    return enrolment is not None and enrolment.active_at(register.size)


def _check_empty(connection: Connection) -> None:
    if connection.execute(select(_heads.c.log_id)).first() is not None:
        message = f"{connection.engine.url.render_as_string()} already holds a log"
        raise NoLedger(message)


def _new_origin(host: str) -> str:
    """The name of a new log, for ever: its host, and digits that no other log of that host has (docs/formats.md)."""
    if len(host) > HOST_MAX or _HOST.fullmatch(host) is None:
        expected = Words(
            zh=f"小写的主机名，最多 {HOST_MAX} 个字符，如 zs.example.cn",
            en=f"a host name in small letters, at most {HOST_MAX} characters, like log.example.org",
        )
        raise Malformed(field="host", came=host, expected=expected)
    return f"{host}/{secrets.token_hex(ORIGIN_RANDOM_BYTES)}"


def _follows(ended: Checkpoint) -> dict[str, Json]:
    """What a genesis says of the log whose place the new one takes."""
    return {
        "follows_origin": ended.origin,
        "follows_size": ended.size,
        "follows_root": str(ended.root),
    }


def _found(
    connection: Connection, vault: Vault, genesis: Genesis, registrar_key: Ed25519Signer, *, now: int
) -> None:
    """Draw the log's key, keep it and the registrar's sealed, and write entry 0."""
    registrar, log_secret, origin = PartyId.new(os.urandom(10)), os.urandom(32), genesis.origin
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
    keep_key(connection, vault, origin, purpose=FIRST, party="", secret=log_secret)
    purpose = custodial_purpose(registrar, registrar_key.public.keyid)
    keep_key(connection, vault, origin, purpose=purpose, party=str(registrar), secret=registrar_key.secret)
