"""The only writer. What it acknowledged is in the log, durably, and in every view.

One thread owns writing. It takes all that waits as soon as the last commit has returned, so a lone sender pays for one commit and many
senders share one. Each group (the statements of one request) is recorded whole or not at all; a refused group leaves the others be.

`Recorder._commit` is the story of one such commit. At each step a comment says what is true now and what a crash here would leave.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ledger.errors import Conflict, HeadMoved, LedgerFault, Refusal, Words
from ledger.findings import subjects_touched
from ledger.gate import Admitted, ReadAhead, admit
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.merkle import Edge, Hash, leaf_hash
from ledger.log.sealed import Sealed
from ledger.log.sizes import Size
from ledger.register import Register
from ledger.room import Room
from ledger.store.book import register_of
from ledger.store.engine import folder_of, reading, writing
from ledger.store.fold import erase, fold, fold_findings
from ledger.store.guard import NotToBeSigned
from ledger.store.log_keys import LogFrozen, check_not_frozen
from ledger.store.log_rows import (
    HeadRow,
    lock_head,
    move_head,
    read_head,
    read_leaves,
    write_checkpoint,
    write_entries,
    write_first_head,
    write_tiles,
)
from ledger.store.page import Page, Recent, Waiting
from ledger.trace.known import KnownFrom
from ledger.views.book import Record, file_key, statement_key
from ledger.vocabulary import said_type
from ledger.vocabulary.registering import Erasure, LogKey
from ledger.vocabulary.trade import SupplierCheck

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.identifiers import PartyId, StatementId
    from ledger.log.note import NoteSigner
    from ledger.statement import Header, Statement
    from ledger.store.book import Stored
    from ledger.store.guard import Guard, Seen
    from ledger.store.log_keys import Keyring

#: The log's clock: milliseconds since 1970.
Clock = Callable[[], int]

#: Entries in one commit: enough to share an fsync, few enough that nobody waits long.
ENTRIES_PER_COMMIT_MAX: Final = 512
#: Groups that may wait; beyond this senders are asked to come again.
WAITING_MAX: Final = 4_096
#: A clock may be mended backwards by this much and no more.
CLOCK_BACK_MS_MAX: Final = 1_000


class Overloaded(LedgerFault):
    """More waits than the recorder will hold. Nothing was written; the sender may come again."""


class RecorderClosed(LedgerFault):
    """The ledger was closed. Nothing was written."""


class ClockWentBack(LedgerFault):
    """The clock stands before the last entry. Recording would put a false time into the log for ever."""


class LeafChanged(LedgerFault):
    """What was read back before signing is not what was written: no checkpoint is signed over a wrong leaf."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a statement stands in the log: its position and the log's time. `again` when it stood there before."""

    seq: int
    at_ms: int
    again: bool = False
    #: The commit that put it there, for whoever makes out its receipt; None where that was an earlier one.
    sealed: Sealed | None = field(default=None, repr=False, compare=False)

    def under(self, sealed: Sealed | None) -> Placed:
        """The same with its commit, if this is the one."""
        return replace(self, sealed=sealed) if sealed is not None and sealed.holds(self.seq) else self


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log stands: the tree's right edge, the last leaf and its time, and the register."""

    edge: Edge
    last: bytes
    at_ms: int
    register: Register

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self.edge.size

    @property
    def row(self) -> HeadRow:
        """As it is stored; the register is a fold of the log."""
        root = bytes(self.edge.root())
        return HeadRow(size=self.size, root=root, edge=self.edge.to_bytes(), last=self.last, at_ms=self.at_ms)


@dataclass(slots=True)
class _Group:
    """The statements of one request, each with what was read ahead of it, and the answer that is owed to it."""

    statements: tuple[_Ahead, ...]
    answer: Future[tuple[Placed, ...]]
    refusal: Refusal | None = None
    placed: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ahead:
    """One statement with what its sender's own thread read of it: the record it will make, wherever it comes to stand, and good signatures.

    `record` is None when the items cannot be read: the gate will refuse them, in its turn and in its words.
    """

    statement: Statement
    record: Record | None
    #: Under which keys the book will be asked about it.
    keys: frozenset[str]
    good: frozenset[str]

    @classmethod
    def of(cls, statement: Statement, register: Register | None) -> Self:
        """Read what needs no place in the log."""
        header = statement.header
        try:
            said = said_type(header.type).from_items(statement.items)
        except Refusal:
            return cls(statement, None, frozenset({statement_key(header.id)}), frozenset())
        good = register.good_signatures(statement.envelope) if register is not None else frozenset()
        keyids = tuple(one.keyid for one in statement.envelope.signatures)
        record = Record(seq=-1, at_ms=0, header=header, said=said, custody="own", keyids=keyids)
        return cls(statement, record, record.keys | _asked_besides(record), good)

    @property
    def read(self) -> ReadAhead | None:
        """As the gate takes it."""
        if self.record is None or self.record.said is None:
            return None
        return ReadAhead(said=self.record.said, good=self.good)


def _asked_besides(record: Record) -> frozenset[str]:
    """What a judge asks of a record that it does not mention: the papers that the buyer keeps of a supplier."""
    said = record.said
    if not isinstance(said, SupplierCheck):
        return frozenset()
    return frozenset({file_key(record.actor, said.supplier)})


class Recorder:
    """Records statements in one log. Threads may share it; processes may have one each."""

    def __init__(
        self,
        engine: Engine,
        *,
        origin: str,
        keys: Keyring,
        clock: Clock,
        after_erasure: Callable[[], bool],
        guard: Guard | None = None,
        seen: Callable[[], Sequence[Seen]] = tuple,
    ) -> None:
        self._engine = engine
        self._origin = origin
        self._keys = keys
        self._clock = clock
        #: Removes what lies outside of the rows; False when readers stand in the way and it is to be tried again.
        self._after_erasure = after_erasure
        #: What was signed last, outside of the database, and what others have seen of it.
        self._guard = guard
        self._seen = seen
        #: Nothing is begun that might fill the disk.
        self.room = Room.under(folder_of(engine))
        self._unfinished = False
        self._head: Head | None = None
        #: True as long as `_head` is the log's head.
        self._recent = Recent()
        self._waiting: queue.Queue[_Group | None] = queue.Queue(WAITING_MAX)
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def record(self, statements: Sequence[Statement]) -> tuple[Placed, ...]:
        """Record a group whole, or raise why not. Returns when it is durable."""
        # What needs no place in the log is done here, by the sender's own thread, while the writer is busy with others.
        register = None if (head := self._head) is None else head.register
        if any(one.header.type == LogKey.TYPE for one in statements):
            self._check_log_keys(statements)
        group = _Group(statements=tuple(_Ahead.of(one, register) for one in statements), answer=Future())
        with self._door:
            if self._closed:
                message = "the recorder is closed"
                raise RecorderClosed(message)
            try:
                self._waiting.put_nowait(group)
            except queue.Full as full:
                message = f"{WAITING_MAX} requests are waiting to be recorded"
                raise Overloaded(message) from full
        return group.answer.result()

    def _check_log_keys(self, statements: Sequence[Statement]) -> None:
        """A log whose next key lies elsewhere could not be signed any more, and would be lost for everybody."""
        with reading(self._engine) as connection:
            size = read_head(connection, self._origin).size
            register = register_of(connection, self._origin, size=size)
            for one in statements:
                if one.header.type == LogKey.TYPE:
                    self._keys.check(connection, LogKey.from_items(one.items), register)

    def close(self) -> None:
        """Finish what waits, then stop writing."""
        with self._door:
            # Nobody waits behind the last word: a sender is either before it or refused.
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (group := self._waiting.get()) is not None:
            groups, closing = self._take(group)
            try:
                self._commit(groups)
            except Exception as fault:  # noqa: BLE001  (handed to every sender who waits; the writer itself must live on)
                # Whether the commit took hold is not known here: read the head again before the next one, and all else.
                self._head = None
                self._recent.forget()
                for one in groups:
                    if not one.answer.done():
                        one.answer.set_exception(_as_fault(fault))
            if closing:
                return

    def _take(self, first: _Group) -> tuple[list[_Group], bool]:
        """All that waits now, up to one commit's worth."""
        groups, entries = [first], len(first.statements)
        while entries < ENTRIES_PER_COMMIT_MAX:
            try:
                group = self._waiting.get_nowait()
            except queue.Empty:
                break
            if group is None:
                return groups, True
            groups.append(group)
            entries += len(group.statements)
        return groups, False

    def _commit(self, groups: list[_Group]) -> None:
        """One commit: open, admit, place, hash, sign, store; then acknowledge."""
        self.room.check()
        seen, sealed = () if self._guard is None else self._seen(), None
        with writing(self._engine) as connection:
            # The writer's place and the head row are ours; nobody else can append until we are done.
            # A crash anywhere before COMMIT leaves the log as it was: all of this is one transaction.
            before = self._open(connection, seen)
            check_not_frozen(connection, self._origin)
            at_ms = self._now(before)

            # Admit and place, one group after the other. Each sees what the groups before it said, and leaves either all of its
            # statements on the page or none. Nothing is in the tables yet, except where an item is to be erased.
            page = Page(
                connection, self._origin, register=before.register, size=before.size, recent=self._recent
            )
            page.expect(key for group in groups for one in group.statements for key in one.keys)
            draft = _Draft(page=page, last=before.last, at_ms=at_ms)
            for group in groups:
                _place_group(connection, group, draft)

            after = before
            if draft.leaves:
                _write(connection, page)
                fold_findings(connection, page, draft.touched)
                # Entries lie behind the old head, not yet in the tree. Hash what is stored, not what we remember.
                stored = _read_back(connection, self._origin, start=before.size, leaves=draft.leaves)
                write_tiles(connection, self._origin, old_size=Size(before.size), leaves=draft.leaves)
                after = draft.head(before)
                _check_tree(before, stored, after)
                _move_head(connection, self._origin, before=before, after=after)
                # The tree covers the entries. The checkpoint that says so is signed now and seen by nobody until COMMIT returns.
                signers = self._keys.signers(connection, after.register, size=after.size, at_ms=after.at_ms)
                note = _sign(connection, self._origin, head=after, signers=signers)
                sealed = Sealed(before.edge, tuple(draft.entries), note)
        # COMMIT has returned: the entries are durable. A crash from here on loses only our answers; the same statements sent
        # again get the same receipts. The guard is behind until it moves on, and an honest start goes through.
        if self._guard is not None and sealed is not None and not self._guard.advance(sealed.checkpoint):
            # Another process of this log was faster, or two databases share one guard.
            with reading(self._engine) as connection:
                head = read_head(connection, self._origin)
                self._guard.check(connection, head, at_ms=after.at_ms, seen=seen)
        self._head = after
        self._recent.trim()
        self._acknowledge(groups, sealed)

    def _acknowledge(self, groups: list[_Group], sealed: Sealed | None) -> None:
        """Tell every sender what became of its group."""
        if self._unfinished or any(group.refusal is None and _erases(group) for group in groups):
            # What was erased must not live on in memory either.
            self._recent.forget()
            # A crash before or within leaves a note of what is still to be removed (`ledger.store.erasing`).
            self._unfinished = not self._after_erasure()
        for group in groups:
            if group.refusal is not None:
                group.answer.set_exception(group.refusal)
            else:
                group.answer.set_result(tuple(one.under(sealed) for one in group.placed))

    def _open(self, connection: Connection, seen: Sequence[Seen]) -> Head:
        """Lock the head row; use the head in memory if it is still the log's, read it again if another process wrote."""
        row = lock_head(connection, self._origin)
        known = self._head
        # Also where an edge has flipped in memory: the next root would be made of it.
        if known is not None and known.row == row:
            return known
        # Another process wrote: what we remember may have been put right or erased since.
        self._recent.forget()
        if self._guard is not None:
            # After a start, a failure, or somebody else's entries: nothing is signed over what does not continue what was signed before.
            self._guard.check(connection, row, at_ms=self._clock(), seen=seen)
        register = register_of(
            connection, self._origin, size=row.size, known=None if known is None else known.register
        )
        edge = Edge.from_bytes(Size(row.size), row.edge)
        return Head(edge=edge, last=row.last, at_ms=row.at_ms, register=register)

    def _now(self, head: Head) -> int:
        """The time of the next entries: never before the last one."""
        now = self._clock()
        if now < head.at_ms - CLOCK_BACK_MS_MAX:
            message = f"the clock says {now} ms, the last entry {head.at_ms} ms; expected a clock that does not go back"
            raise ClockWentBack(message)
        return max(now, head.at_ms)


def found(connection: Connection, genesis: Statement, *, at_ms: int, signer: NoteSigner) -> Head:
    """Begin a log: entry 0 and the first checkpoint. A log is founded once; a second time the database refuses."""
    register = Register.found(genesis)
    origin = register.origin
    empty = Head(edge=Edge.empty(), last=NO_ENTRY_BEFORE, at_ms=at_ms, register=register.at_size(0))
    write_first_head(connection, origin, empty.row)
    page = Page(connection, origin, register=empty.register, size=0, recent=Recent())
    draft = _Draft(page=page, last=empty.last, at_ms=at_ms)
    signers = tuple(register.keys[one.keyid] for one in genesis.envelope.signatures)
    said = said_type(genesis.header.type).from_items(genesis.items)
    draft.put(Admitted(statement=genesis, said=said, signers=signers, register=register))
    _write(connection, page)
    fold_findings(connection, page, draft.touched)
    write_tiles(connection, origin, old_size=Size(0), leaves=draft.leaves)
    head = draft.head(empty)
    _move_head(connection, origin, before=empty, after=head)
    _sign(connection, origin, head=head, signers=[signer])
    return head


@dataclass(slots=True)
class _Draft:
    """What one commit is about to be: the page with its entries, their leaves, and what must be judged once all stand there."""

    page: Page
    last: bytes
    at_ms: int
    entries: list[bytes] = field(default_factory=list)
    leaves: list[Hash] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def put(self, admitted: Admitted, *, ahead: Record | None = None) -> Placed:
        """Place one statement behind the others; `ahead` is its record, if it was made before."""
        page, statement = self.page, admitted.statement
        entry = Entry(at_ms=self.at_ms, prev=self.last, statement=statement.envelope.digest)
        if ahead is None:
            keyids = tuple(one.keyid for one in statement.envelope.signatures)
            ahead = Record(
                seq=-1,
                at_ms=0,
                header=statement.header,
                said=admitted.said,
                custody="own",
                keyids=keyids,
            )
        record = ahead.placed(seq=page.size, at_ms=self.at_ms, custody=admitted.custody)
        page.register = admitted.register
        page.put(Waiting(entry, statement, record))
        self.touched |= subjects_touched(record, page)
        leaf = Hash(entry.leaf_hash)
        self.entries.append(entry.raw)
        self.leaves.append(leaf)
        self.last = bytes(leaf)
        return Placed(seq=record.seq, at_ms=self.at_ms)

    def standing(self) -> tuple[int, Register, bytes, int]:
        """Where the draft stands, to come back to."""
        return self.page.size, self.page.register, self.last, len(self.leaves)

    def back_to(self, standing: tuple[int, Register, bytes, int]) -> None:
        """Take everything off that came since. What it touched may stay: judged again, it is found as it stood."""
        size, register, self.last, leaves = standing
        self.page.back_to(size, register)
        del self.entries[leaves:], self.leaves[leaves:]

    def head(self, before: Head) -> Head:
        """Where the log stands with all of this."""
        return Head(
            edge=before.edge.extend(self.leaves),
            last=self.last,
            at_ms=self.at_ms,
            register=self.page.register,
        )


def _place_group(connection: Connection, group: _Group, draft: _Draft) -> None:
    """Place a whole group behind the others, or leave page and tables as they were and note why."""
    before, placed = draft.standing(), list[Placed]()
    try:
        if _erases(group):
            # An erasure changes rows. What waits is written first, so that a savepoint parts this group from those before it.
            _write(connection, draft.page)
            with connection.begin_nested():
                for one in group.statements:
                    placed.append(_place(one, draft))
                    _write(connection, draft.page)
                    _erase(connection, draft, placed[-1])
        else:
            for one in group.statements:
                placed.append(_place(one, draft))
    except Refusal as refusal:
        draft.back_to(before)
        # Which one of several, so that the sender need not guess.
        group.refusal = refusal if len(group.statements) == 1 else refusal.at(f"statements[{len(placed)}]")
    else:
        group.placed = tuple(placed)


def _place(one: _Ahead, draft: _Draft) -> Placed:
    page = draft.page
    stood = _stood_before(page, one.statement)
    if stood is not None:
        return stood
    admitted = admit(
        one.statement, register=page.register, known=KnownFrom(page), at_ms=draft.at_ms, ahead=one.read
    )
    return draft.put(admitted, ahead=one.record)


def _erase(connection: Connection, draft: _Draft, where: Placed) -> None:
    """If what was just placed and written is an erasure: do it."""
    said = draft.page.records([where.seq])[where.seq].said
    if isinstance(said, Erasure) and not where.again:
        draft.touched |= erase(connection, draft.page, said, by_seq=where.seq)


def _stood_before(page: Page, statement: Statement) -> Placed | None:
    """The receipt of a statement sent again; `Conflict` when its id was used for something else.

    Same means: same type, same item bytes, for the same party and putting right the same one, whatever the salts and signatures. Those are
    checked before anything is told. The time counts as it came first: whoever sends a form again after a lost answer says another one.
    """
    header = statement.header
    if header.log != page.log_id:
        return None
    seq = page.position(header.id, header.issuer)
    if seq is None:
        return None
    stored = page.stored(seq)
    if stored.envelope.digest != statement.envelope.digest:
        page.register.signed_by(statement.envelope, at=page.size)
        if not _same_content(stored, statement):
            expected = Words(
                zh="新的编号，或与原记录相同的内容", en="a new id, or the content recorded under it"
            )
            raise Conflict(field="id", came=header.id, expected=expected)
    return Placed(seq=seq, at_ms=stored.entry.at_ms, again=True)


def _about(header: Header) -> tuple[str, PartyId | None, StatementId | None]:
    return header.type, header.on_behalf_of, header.corrects


def _same_content(stored: Stored, statement: Statement) -> bool:
    if _about(stored.header) != _about(statement.header) or len(stored.opened) != len(statement.opened):
        return False
    # An erased item cannot be compared; what is left of the record decides.
    return all(
        kept is None or kept.item.raw == sent.item.raw
        for kept, sent in zip(stored.opened, statement.opened, strict=True)
    )


def _write(connection: Connection, page: Page) -> None:
    """Write what waits on the page, and the views of it."""
    write_entries(connection, page.log_id, page.waiting)
    fold(connection, page)
    page.written()


def _read_back(connection: Connection, origin: str, *, start: int, leaves: list[Hash]) -> list[Hash]:
    """A log once signed a leaf that had flipped in memory and could never be mended. Sign only what storage gives back."""
    stored = [leaf_hash(raw) for raw in read_leaves(connection, origin, start=start)]
    if stored != leaves:
        message = f"entries from {start} on do not read back as they were written"
        raise LeafChanged(message)
    return stored


def _check_tree(before: Head, stored: list[Hash], after: Head) -> None:
    """The tree is hashed twice, from two copies of the leaves: what flips in one of them is not signed."""
    if before.edge.extend(stored) != after.edge:
        message = f"two computations of the tree of {after.size} entries do not agree"
        raise LeafChanged(message)


def _move_head(connection: Connection, origin: str, *, before: Head, after: Head) -> None:
    """Compare and swap: even where two writers hold what they think is the lock, one of them changes no row here."""
    if not move_head(connection, origin, size=before.size, last=before.last, to=after.row):
        message = f"the head of {origin} is no longer at {before.size}"
        raise HeadMoved(message)


def _sign(connection: Connection, origin: str, *, head: Head, signers: Sequence[NoteSigner]) -> bytes:
    note = Checkpoint(origin=origin, size=Size(head.size), root=head.edge.root()).sign(signers)
    write_checkpoint(connection, origin, size=head.size, note=note)
    return note


def _erases(group: _Group) -> bool:
    return any(one.statement.header.type == Erasure.TYPE for one in group.statements)


def _as_fault(fault: Exception) -> Exception:
    if isinstance(fault, (Refusal, LedgerFault)):
        return fault
    if isinstance(fault, IntegrityError):
        return HeadMoved(f"another writer was first: {fault.orig}")
    if isinstance(fault, SQLAlchemyError):
        return LedgerFault(f"the database refused: {fault}")
    return fault


__all__ = [
    "Admitted",
    "ClockWentBack",
    "Head",
    "LeafChanged",
    "LogFrozen",
    "NotToBeSigned",
    "Overloaded",
    "Placed",
    "Recorder",
    "found",
]
