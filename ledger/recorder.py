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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ledger.errors import Conflict, HeadMoved, LedgerFault, Refusal, Words
from ledger.gate import Admitted, Earlier, admit
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE, Entry
from ledger.log.merkle import Edge, Hash
from ledger.log.sizes import Size
from ledger.log.tiles import grow_tiles
from ledger.register import Register
from ledger.store.book import SqlBook, Stored, record_of, register_of, stored_entries, write_opened
from ledger.store.engine import writing
from ledger.store.fold import fold
from ledger.store.tables import CheckpointRow, EntryRow, EnvelopeRow, HeadRow, ItemsRow, TileRow
from ledger.trace import standing_orders
from ledger.views.book import goods_sheet_key, party_sheet_key, said_about
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from ledger.identifiers import GoodsId, PartyId, StatementId
    from ledger.log.note import NoteSigner
    from ledger.statement import Statement

#: The log's clock: milliseconds since 1970.
Clock = Callable[[], int]

#: Entries in one commit: enough to share an fsync, few enough that nobody waits long.
ENTRIES_PER_COMMIT_MAX: Final = 512
#: Groups that may wait; beyond this senders are asked to come again.
WAITING_MAX: Final = 4_096
#: A clock may be mended backwards by this much and no more.
CLOCK_BACK_MS_MAX: Final = 1_000

_entries, _envelopes, _items = EntryRow.__table__, EnvelopeRow.__table__, ItemsRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_tiles, _heads, _checkpoints = TileRow.__table__, HeadRow.__table__, CheckpointRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


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


@dataclass(slots=True)
class _Group:
    """The statements of one request and the answer that is owed to it."""

    statements: tuple[Statement, ...]
    answer: Future[tuple[Placed, ...]]
    refusal: Refusal | None = None
    placed: tuple[Placed, ...] = ()


class Recorder:
    """Records statements in one log. Threads may share it; processes may have one each."""

    def __init__(self, engine: Engine, *, origin: str, signer: NoteSigner, clock: Clock) -> None:
        self._engine = engine
        self._origin = origin
        self._signer = signer
        self._clock = clock
        self._head: Head | None = None
        self._waiting: queue.Queue[_Group | None] = queue.Queue(WAITING_MAX)
        self._door = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def record(self, statements: Sequence[Statement]) -> tuple[Placed, ...]:
        """Record a group whole, or raise why not. Returns when it is durable."""
        group = _Group(statements=tuple(statements), answer=Future())
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
                # Whether the commit took hold is not known here: read the head again before the next one.
                self._head = None
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
        with writing(self._engine) as connection:
            # The writer's place and the head row are ours; nobody else can append until we are done.
            # A crash anywhere before COMMIT leaves the log as it was: all of this is one transaction.
            before = self._open(connection)
            at_ms = self._now(before)

            # Admit and place, one group after the other. Each sees what the groups before it said, and leaves either all of its
            # entries, envelopes, items and views, or nothing.
            head, leaves = before, list[Hash]()
            for group in groups:
                head, leaves = _place_group(
                    connection, group, head=head, leaves=leaves, at_ms=at_ms, origin=self._origin
                )

            if leaves:
                # Entries lie behind the old head, not yet in the tree. Hash what is stored, not what we remember.
                _read_back(connection, self._origin, start=before.size, leaves=leaves)
                _grow(connection, self._origin, old_size=before.size, leaves=leaves)
                _move_head(connection, self._origin, before=before, after=head)
                # The tree covers the entries. The checkpoint that says so is signed now and seen by nobody until COMMIT returns.
                _sign(connection, self._origin, head=head, signer=self._signer)
        # COMMIT has returned: the entries are durable. A crash from here on loses only our answers; the same statements sent
        # again get the same receipts.
        self._head = head
        self._acknowledge(groups)

    def _acknowledge(self, groups: list[_Group]) -> None:
        """Tell every sender what became of its group."""
        if any(_erases(group) for group in groups):
            _forget_wal(self._engine)
        for group in groups:
            if group.refusal is not None:
                group.answer.set_exception(group.refusal)
            else:
                group.answer.set_result(group.placed)

    def _open(self, connection: Connection) -> Head:
        """Lock the head row; use the head in memory if it is still the log's, read it again if another process wrote."""
        locked = select(_heads).where(_heads.c.log_id == self._origin)
        row = connection.execute(
            locked if connection.dialect.name == "sqlite" else locked.with_for_update()
        ).one()
        known = self._head
        if known is not None and known.size == row.size and known.edge.root() == bytes(row.root):
            return known
        return Head(
            edge=Edge.from_bytes(Size(row.size), bytes(row.edge)),
            last=bytes(row.last),
            at_ms=row.at_ms,
            register=register_of(
                connection, self._origin, size=row.size, known=None if known is None else known.register
            ),
        )

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
    connection.execute(
        insert(_heads),
        {
            "log_id": origin,
            "size": 0,
            "root": bytes(empty.edge.root()),
            "edge": b"",
            "last": empty.last,
            "at_ms": at_ms,
        },
    )
    entry = _store(connection, origin, genesis, head=empty, at_ms=at_ms)
    head = _next_head(empty, entry, register)
    _fold(connection, origin, genesis, entry, head)
    _grow(connection, origin, old_size=0, leaves=[Hash(entry.leaf_hash)])
    _move_head(connection, origin, before=empty, after=head)
    _sign(connection, origin, head=head, signer=signer)
    return head


def _place_group(
    connection: Connection, group: _Group, *, head: Head, leaves: list[Hash], at_ms: int, origin: str
) -> tuple[Head, list[Hash]]:
    """Place a whole group behind the head, or leave head and tables as they were and note why."""
    new_head, new_leaves, placed = head, list(leaves), list[Placed]()
    savepoint = connection.begin_nested()
    try:
        for statement in group.statements:
            new_head, where = _place(connection, statement, head=new_head, at_ms=at_ms, origin=origin)
            placed.append(where)
            if not where.again:
                new_leaves.append(Hash(new_head.last))
    except Refusal as refusal:
        savepoint.rollback()
        # Which one of several, so that the sender need not guess.
        group.refusal = refusal if len(group.statements) == 1 else refusal.at(f"statements[{len(placed)}]")
        return head, leaves
    savepoint.commit()
    group.placed = tuple(placed)
    return new_head, new_leaves


def _place(
    connection: Connection, statement: Statement, *, head: Head, at_ms: int, origin: str
) -> tuple[Head, Placed]:
    book = SqlBook(connection=connection, log_id=origin, register=head.register, size=head.size)
    stood = _stood_before(connection, book, statement)
    if stood is not None:
        return head, stood
    admitted = admit(statement, register=head.register, known=_Known(book), at_ms=at_ms)
    entry = _store(connection, origin, statement, head=head, at_ms=at_ms)
    after = _next_head(head, entry, admitted.register)
    _fold(connection, origin, statement, entry, after)
    return after, Placed(seq=head.size, at_ms=at_ms)


def _stood_before(connection: Connection, book: SqlBook, statement: Statement) -> Placed | None:
    """The receipt of a statement sent again; `Conflict` when its id was used for something else.

    Same means: same type and same item bytes, whatever the salts and signatures. Those are checked before anything is told.
    """
    header = statement.header
    if header.log != book.log_id:
        return None
    seq = book.position(header.id, header.issuer)
    if seq is None:
        return None
    (stored,) = stored_entries(connection, book.log_id, [seq])
    if stored.envelope.digest != statement.envelope.digest:
        book.register.signed_by(statement.envelope, at=book.size)
        if not _same_content(stored, statement):
            expected = Words(
                zh="新的编号，或与原记录相同的内容", en="a new id, or the content recorded under it"
            )
            raise Conflict(field="id", came=header.id, expected=expected)
    return Placed(seq=seq, at_ms=stored.entry.at_ms, again=True)


def _same_content(stored: Stored, statement: Statement) -> bool:
    if stored.header.type != statement.header.type or len(stored.opened) != len(statement.opened):
        return False
    # An erased item cannot be compared; what is left of the record decides.
    return all(
        kept is None or kept.item.raw == sent.item.raw
        for kept, sent in zip(stored.opened, statement.opened, strict=True)
    )


def _store(connection: Connection, origin: str, statement: Statement, *, head: Head, at_ms: int) -> Entry:
    entry = Entry(at_ms=at_ms, prev=head.last, statement=statement.envelope.digest)
    place = {"log_id": origin, "seq": head.size}
    header = statement.header
    connection.execute(
        insert(_entries),
        {
            **place,
            "raw": entry.raw,
            "prev": entry.prev,
            "issuer": str(header.issuer),
            "statement_id": str(header.id),
        },
    )
    connection.execute(insert(_envelopes), {**place, "raw": statement.envelope.raw})
    connection.execute(insert(_items), {**place, "opened": write_opened(statement.opened)})
    return entry


def _next_head(head: Head, entry: Entry, register: Register) -> Head:
    leaf = Hash(entry.leaf_hash)
    return replace(
        head,
        edge=head.edge.append(leaf),
        last=bytes(leaf),
        at_ms=entry.at_ms,
        register=register.at_size(head.size + 1),
    )


def _fold(connection: Connection, origin: str, statement: Statement, entry: Entry, head: Head) -> None:
    """Bring the views up to date, in the same transaction."""
    book = SqlBook(connection=connection, log_id=origin, register=head.register, size=head.size)
    stored = Stored(seq=head.size - 1, entry=entry, envelope=statement.envelope, opened=statement.opened)
    fold(connection, book, record_of(stored, register=head.register, superseded_by=None))


def _read_back(connection: Connection, origin: str, *, start: int, leaves: list[Hash]) -> None:
    """A log once signed a leaf that had flipped in memory and could never be mended. Sign only what storage gives back."""
    rows = connection.execute(
        select(_entries.c.raw)
        .where(_entries.c.log_id == origin, _entries.c.seq >= start)
        .order_by(_entries.c.seq)
    )
    stored = [Entry.parse(bytes(raw)).leaf_hash for (raw,) in rows]
    if stored != [bytes(leaf) for leaf in leaves]:
        message = f"entries from {start} on do not read back as they were written"
        raise LeafChanged(message)


def _grow(connection: Connection, origin: str, *, old_size: int, leaves: Sequence[Hash]) -> None:
    """Write the tiles that the new leaves change: the right edge and what is new. Old tiles are not read."""

    def read_tile(level: int, number: int) -> bytes:
        raw = connection.execute(
            select(_tiles.c.hashes).where(
                _tiles.c.log_id == origin, _tiles.c.level == level, _tiles.c.number == number
            )
        ).scalar_one_or_none()
        return b"" if raw is None else bytes(raw)

    rows = grow_tiles(Size(old_size), leaves, read_tile)
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    written = dialect.insert(_tiles).values(
        [
            {"log_id": origin, "level": level, "number": number, "hashes": hashes}
            for (level, number), hashes in rows.items()
        ]
    )
    connection.execute(
        written.on_conflict_do_update(
            index_elements=["log_id", "level", "number"], set_={"hashes": written.excluded.hashes}
        )
    )


def _move_head(connection: Connection, origin: str, *, before: Head, after: Head) -> None:
    """Compare and swap: even where two writers hold what they think is the lock, one of them changes no row here."""
    changed = connection.execute(
        update(_heads)
        .where(_heads.c.log_id == origin, _heads.c.size == before.size, _heads.c.last == before.last)
        .values(
            size=after.size,
            root=bytes(after.edge.root()),
            edge=after.edge.to_bytes(),
            last=after.last,
            at_ms=after.at_ms,
        )
    ).rowcount
    if changed != 1:
        message = f"the head of {origin} is no longer at {before.size}"
        raise HeadMoved(message)


def _sign(connection: Connection, origin: str, *, head: Head, signer: NoteSigner) -> None:
    note = Checkpoint(origin=origin, size=Size(head.size), root=head.edge.root()).sign([signer])
    connection.execute(insert(_checkpoints), {"log_id": origin, "size": head.size, "note": note})


def _erases(group: _Group) -> bool:
    return group.refusal is None and any(one.header.type == Erasure.TYPE for one in group.statements)


def _forget_wal(engine: Engine) -> None:
    """After an erasure the old bytes must not live on in SQLite's write-ahead log."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")


def _as_fault(fault: Exception) -> Exception:
    if isinstance(fault, (Refusal, LedgerFault)):
        return fault
    if isinstance(fault, IntegrityError):
        return HeadMoved(f"another writer was first: {fault.orig}")
    if isinstance(fault, SQLAlchemyError):
        return LedgerFault(f"the database refused: {fault}")
    return fault


@dataclass(frozen=True, slots=True)
class _Known:
    """What the gate asks of the book."""

    book: SqlBook

    def earlier(self, issuer: PartyId, statement: StatementId) -> Earlier | None:
        seq = self.book.position(statement, issuer)
        if seq is None:
            return None
        record = self.book.records([seq])[seq]
        return Earlier(
            type=record.header.type,
            superseded=record.superseded_by is not None,
            items=len(record.header.items),
        )

    def first_declarer(self, party: PartyId) -> PartyId | None:
        sheets = [
            record
            for record, said in said_about(self.book, party_sheet_key(party), Party)
            if said.party == party
        ]
        return min(sheets, key=lambda record: record.seq).actor if sheets else None

    def made_by(self, goods: GoodsId, party: PartyId) -> bool:
        return any(
            record.actor == party for record, _ in said_about(self.book, goods_sheet_key(goods), Batch)
        )

    def standing_order(self, goods: GoodsId, party: PartyId) -> Words | None:
        orders = standing_orders(self.book, goods, party=party)
        return orders[0].words if orders else None


__all__ = ["Admitted", "ClockWentBack", "Head", "LeafChanged", "Overloaded", "Placed", "Recorder", "found"]
