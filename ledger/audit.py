"""The audit: everything recomputed from stored bytes, with nothing trusted but the log's public key.

Entry by entry: the leaf's bytes, its place in the chain, its time, the envelope it digests, the signatures by the register as it stood
there, every item against its commitment, every gap against an erasure. Then the tree from the leaves, every tile, every checkpoint, the head.
Then the views folded again from the log and compared row by row. The first thing that is wrong is named: the entry, or table, key and
column. What an audit does not look at, it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import Table, null, select
from sqlmodel import SQLModel

from ledger.checks import NotAsSigned, Part, admitted, check_entry, check_envelope, check_items, read_part
from ledger.errors import LedgerFault, Refusal, Words, shown
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE
from ledger.log.merkle import HASH_BYTES, Edge, Hash
from ledger.log.sizes import Size
from ledger.log.succession import LogKeys
from ledger.log.tiles import grow_tiles
from ledger.statement import Envelope, Header, OpenedItem, Statement
from ledger.store.book import custody_of, read_opened, write_opened
from ledger.store.fold import Views, folded
from ledger.store.rules import made_by, rules_in_force
from ledger.store.tables import BOUND, DERIVED, MUTABLE
from ledger.views.book import MemoryBook, Record, corrected_by
from ledger.vocabulary import said_type
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.identifiers import PartyId, StatementId
    from ledger.log.checkpoint import Checkpoint
    from ledger.log.entry import Entry
    from ledger.log.note import NoteVerifier
    from ledger.register import Register

_Value = TypeVar("_Value")

#: In these each row is one entry's.
ONE_ENTRY_A_ROW: Final = frozenset({"entries", "envelopes", "items"})
#: Rows fetched at once while reading through the log.
ROWS_AT_ONCE: Final = 500


class AuditFailed(LedgerFault):
    """The first thing that is not what it must be. `entry` is its position where it belongs to one."""

    def __init__(
        self, *, table: str, key: object, column: str, came: object, expected: str, entry: int | None = None
    ) -> None:
        self.table, self.key, self.column, self.entry = table, key, column, entry
        self.came, self.expected = shown(came), expected
        place = f"entry {entry}: " if entry is not None else ""
        super().__init__(f"{place}{table} {key} column {column}: came '{self.came}', expected {expected}")


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a passed audit looked at, and what it did not."""

    origin: str
    size: int
    root: str
    entries: int
    signatures: int
    items: int
    erased: int
    checkpoints: int
    tiles: int
    views: int
    #: The newest checkpoint, as it was signed.
    note: bytes
    #: The size of the largest checkpoint that the auditor brought, which the log continues.
    since: int | None
    not_checked: tuple[Words, ...]


@dataclass(slots=True)
class _State:
    """What the audit knows after the entries it has read."""

    register: Register | None = None
    last: bytes = NO_ENTRY_BEFORE
    at_ms: int = 0
    signatures: int = 0
    items: int = 0
    leaves: list[Hash] = field(default_factory=list)
    #: When each entry was taken.
    times: list[int] = field(default_factory=list)
    ids: dict[tuple[PartyId, StatementId], int] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    until: dict[int, int] = field(default_factory=dict)
    missing: dict[int, tuple[int, ...]] = field(default_factory=dict)
    erased: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


def audit(
    connection: Connection,
    key: NoteVerifier,
    *,
    since: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> AuditReport:
    """Recompute the log of this database with any one of its keys. Raises `AuditFailed` at the first thing that is wrong.

    `since`: checkpoints that were kept elsewhere, by the name under which the auditor brings them. The log must continue each.
    """
    origin = key.name
    _read_any_text(connection)
    _check_only_this_log(connection, origin)
    size = _size(connection, origin)
    state = _State()
    for seq, raw, envelope, opened in _stored(connection, origin):
        _check_entry(state, origin=origin, seq=seq, entry_row=raw, envelope_row=envelope, items_row=opened)
        progress(seq + 1, size)
    _check_erasures(state)
    tiles = _check_tiles(connection, origin, state.leaves)
    keys = _log_keys(key, state)
    checkpoints, note = _check_checkpoints(connection, keys, state)
    root = _check_head(connection, origin, state)
    kept = [_check_kept(name, brought, keys, state) for name, brought in (since or {}).items()]
    views = _check_views(connection, origin, state)
    return AuditReport(
        origin=origin,
        size=len(state.leaves),
        root=str(root),
        entries=len(state.leaves),
        signatures=state.signatures,
        items=state.items,
        erased=sum(map(len, state.erased.values())),
        checkpoints=checkpoints,
        tiles=tiles,
        views=views,
        note=note,
        since=max(kept, default=None),
        not_checked=NOT_CHECKED,
    )


NOT_CHECKED: Final = (
    Words(
        zh="日志时间是否真实：没有外部见证或时间戳时，只以运营者的时钟为凭",
        en="whether the log's times are true: without an outside witness or timestamp they rest on the operator's clock",
    ),
    Words(
        zh="是否另有一份内容不同的日志给别人看：要由见证人或第三方保存的检查点来比对",
        en="whether others were shown a different log: compare with checkpoints that witnesses or third parties kept",
    ),
    Words(
        zh="记录所述是否属实：签名只说明是谁说的",
        en="whether records are true: a signature says who claimed it, not that it is so",
    ),
    Words(
        zh="附件文件、见证人的副署和时间戳（cosignatures、timestamps）、封存的私钥（sealed_keys）、是否已冻结（freezes）、有无防分叉标记（guards）、签名设备的编号（signing_passkeys）、账户和 API 密钥（persons、sessions、api_keys 等）、交出的副本（exports）、删除后待清除的内容（removals）、视图所依的规则版本（rules）",
        en="evidence files, what witnesses and time stamping authorities signed (cosignatures, timestamps), sealed private keys (sealed_keys), whether the log is frozen (freezes), whether it has a fork guard (guards), which device holds which signing key (signing_passkeys), accounts and API keys (persons, sessions, api_keys and their kin), copies handed out (exports), what erasures still "
        "have to remove (removals), by which rules the views were made (rules)",
    ),
)


def _table(name: str) -> Table:  # type: ignore[explicit-any]  # SQLAlchemy's Table is generic in what nobody here asks for
    return SQLModel.metadata.tables[name]


#: One row as it is stored.
_Row = dict[str, object]


def _rows(connection: Connection, name: str) -> Iterator[_Row]:
    """All rows of a table in the order of its key. SQLite keeps whatever it is given in any column: a cell of another type is a fault."""
    table = _table(name)
    order = list(table.primary_key.columns)
    result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table).order_by(*order))
    kinds = {column.name: column.type.python_type for column in table.columns}
    for cells in result:
        row = dict(zip(kinds, cells, strict=True))
        for column, kind in kinds.items():
            if row[column] is not None and not isinstance(row[column], kind):
                raise AuditFailed(
                    table=name,
                    key=tuple(row[one.name] for one in order),
                    column=column,
                    came=f"{shown(row[column])} ({type(row[column]).__name__})",
                    expected=kind.__name__,
                    entry=_int(row["seq"]) if name in ONE_ENTRY_A_ROW else None,
                )
        yield row


def _size(connection: Connection, origin: str) -> int:
    """How many entries the head says there are: how far the reading will go."""
    rows = [row for row in _rows(connection, "heads") if row["log_id"] == origin]
    if len(rows) != 1:
        raise AuditFailed(
            table="heads", key=origin, column="log_id", came=f"{len(rows)} rows", expected="1 row"
        )
    return _int(rows[0]["size"])


def _read_any_text(connection: Connection) -> None:
    """Text that is no UTF-8 any more must be found wrong in its place, not stop the reading."""
    if connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite.Connection):
            driver.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")


def _check_only_this_log(connection: Connection, origin: str) -> None:
    for name in (*BOUND, *DERIVED, *MUTABLE):
        table = _table(name)
        # Of rows that are one entry's: which.
        seq = table.c.seq if name in ONE_ENTRY_A_ROW else null()
        strange = connection.execute(
            select(table.c.log_id, seq)
            .where(table.c.log_id != origin)
            .order_by(*table.primary_key.columns)
            .limit(1)
        ).first()
        if strange is not None:
            named, entry = strange
            raise AuditFailed(
                table=name, key=named, column="log_id", came=named, expected=origin, entry=entry
            )


def _stored(connection: Connection, origin: str) -> Iterator[tuple[int, _Row, _Row, _Row]]:
    """Entry, envelope and items rows side by side; a gap or an extra row in any of the three is a fault."""
    streams = [_rows(connection, name) for name in ("entries", "envelopes", "items")]
    seq = 0
    while True:
        rows = [next(stream, None) for stream in streams]
        if all(row is None for row in rows):
            return
        for name, row in zip(("entries", "envelopes", "items"), rows, strict=True):
            if row is None or row["seq"] != seq:
                came = "no row" if row is None else row["seq"]
                raise AuditFailed(
                    table=name, key=(origin, seq), column="seq", came=came, expected=str(seq), entry=seq
                )
        entries, envelopes, items = rows
        if entries is not None and envelopes is not None and items is not None:
            yield seq, entries, envelopes, items
        seq += 1


def _check_entry(
    state: _State, *, origin: str, seq: int, entry_row: _Row, envelope_row: _Row, items_row: _Row
) -> None:
    key = (origin, seq)

    def fail(table: str, column: str, came: object, expected: str) -> AuditFailed:
        return AuditFailed(table=table, key=key, column=column, came=came, expected=expected, entry=seq)

    try:
        entry = check_entry(_bytes(entry_row["raw"]), last=state.last, at_ms=state.at_ms)
        if entry_row["prev"] != entry.prev:
            raise fail("entries", "prev", _bytes(entry_row["prev"]).hex(), entry.prev.hex())
        envelope = read_part("envelope", "an envelope", lambda: Envelope.parse(_bytes(envelope_row["raw"])))
        header = check_envelope(envelope, entry, origin=origin)
        _check_names(state, header, entry_row, fail)
        opened = _check_items(header, items_row, fail)
    except NotAsSigned as wrong:
        raise fail(*_COLUMN_OF[wrong.part], wrong.came, wrong.expected) from wrong
    state.items += len(opened)
    state.last, state.at_ms = entry.leaf_hash, entry.at_ms
    state.leaves.append(Hash(entry.leaf_hash))
    state.times.append(entry.at_ms)
    state.ids[header.issuer, header.id] = seq
    _check_statement(state, seq=seq, entry=entry, envelope=envelope, header=header, opened=opened, fail=fail)


_Fail = Callable[[str, str, object, str], AuditFailed]
#: Where the parts of an entry are stored.
_COLUMN_OF: Final[dict[Part, tuple[str, str]]] = {
    "entry": ("entries", "raw"),
    "envelope": ("envelopes", "raw"),
    "items": ("items", "opened"),
}


def _check_names(state: _State, header: Header, entry_row: _Row, fail: _Fail) -> None:
    for column, value in (("issuer", str(header.issuer)), ("statement_id", str(header.id))):
        if entry_row[column] != value:
            raise fail("entries", column, entry_row[column], value)
    before = state.ids.get((header.issuer, header.id))
    if before is not None:
        raise fail("entries", "statement_id", header.id, f"an id not used before (entry {before})")


def _check_items(header: Header, items_row: _Row, fail: _Fail) -> tuple[OpenedItem | None, ...]:
    opened = _read(
        lambda: read_opened(_bytes(items_row["opened"])),
        lambda why: fail("items", "opened", why, "a list of items"),
    )
    if write_opened(opened) != items_row["opened"]:
        raise fail("items", "opened", items_row["opened"], "its RFC 8785 form")
    check_items(header, opened)
    return opened


def _check_statement(
    state: _State,
    *,
    seq: int,
    entry: Entry,
    envelope: Envelope,
    header: Header,
    opened: Sequence[OpenedItem | None],
    fail: _Fail,
) -> None:
    """Signatures by the register before this entry, the record its items make, and the register after it."""
    kept = tuple(one for one in opened if one is not None)
    statement = Statement(envelope=envelope, header=header, opened=kept)
    try:
        state.register = admitted(state.register, statement, at=seq)
    except NotAsSigned as wrong:
        raise fail(*_COLUMN_OF[wrong.part], wrong.came, wrong.expected) from wrong
    state.signatures += len(envelope.signatures)
    missing = tuple(place for place, one in enumerate(opened) if one is None)
    if missing:
        state.missing[seq] = missing
    kind = _read(lambda: said_type(header.type), lambda why: fail("envelopes", "raw", why, "a known type"))
    items = [one.item for one in kept]
    said = (
        kind.from_remaining(items)
        if missing
        else _read(
            lambda: kind.from_items(items), lambda why: fail("items", "opened", why, f"a {header.type}")
        )
    )
    if isinstance(said, Erasure):
        for one in said.erased:
            state.erased[state.ids.get((one.issuer, one.statement), -1)].update(one.places)
    keyids = tuple(one.keyid for one in envelope.signatures)
    record = Record(
        seq=seq,
        at_ms=entry.at_ms,
        header=header,
        said=said,
        custody=custody_of(keyids, state.register, at=seq),
        missing=missing,
        keyids=keyids,
    )
    corrected = corrected_by(record)
    if corrected is not None:
        name, whose = corrected
        earlier = state.ids.get((whose, name))
        if earlier is None or earlier in state.until:
            raise fail("envelopes", "raw", name, "an earlier statement not yet put right")
        state.until[earlier] = seq
    state.records.append(record)


def _check_erasures(state: _State) -> None:
    """A gap without an erasure, or an erasure whose items are still there."""
    for seq in sorted({*state.missing, *state.erased}):
        gone, said = set(state.missing.get(seq, ())), state.erased.get(seq, set())
        if gone != said:
            raise AuditFailed(
                table="items",
                key=seq,
                column="opened",
                came=f"missing places {sorted(gone)}",
                expected=f"the erased places {sorted(said)}",
                entry=seq if seq >= 0 else None,
            )


def _check_tiles(connection: Connection, origin: str, leaves: Sequence[Hash]) -> int:
    expected = grow_tiles(Size(0), leaves, lambda _level, _number: b"")
    found = {
        (_int(row["level"]), _int(row["number"])): _bytes(row["hashes"]) for row in _rows(connection, "tiles")
    }
    for place in sorted({*expected, *found}):
        ours, theirs = expected.get(place, b""), found.get(place, b"")
        if ours != theirs:
            starts = range(0, max(len(ours), len(theirs)), HASH_BYTES)
            first = next(at for at in starts if ours[at : at + HASH_BYTES] != theirs[at : at + HASH_BYTES])
            raise AuditFailed(
                table="tiles",
                key=(origin, *place),
                column="hashes",
                came=f"other bytes from hash {first // HASH_BYTES} on",
                expected="the hashes of the entries below it",
            )
    return len(expected)


def _log_keys(key: NoteVerifier, state: _State) -> LogKeys:
    """The keys of the log. Its entries were checked: what they say of keys is signed by those keys themselves."""
    return _read(
        lambda: LogKeys.around(key, () if state.register is None else state.register.log_keys),
        lambda why: AuditFailed(
            table="checkpoints", key=key.name, column="note", came=why, expected=f"a log of {key}"
        ),
    )


def _check_kept(name: str, note: bytes, keys: LogKeys, state: _State) -> int:
    """One checkpoint that the auditor kept: signed by the log, and what the log began with."""

    def fail(came: object, expected: str) -> AuditFailed:
        return AuditFailed(table="heads", key=keys.first.name, column="size", came=came, expected=expected)

    signed = _read(
        lambda: open_checkpoint(note, keys.all).checkpoint,
        lambda why: fail(why, f"a checkpoint of {keys.newest} in {name}"),
    )
    if signed.size > len(state.leaves):
        # The log has shown more than it has now.
        raise fail(len(state.leaves), f"{signed.size} or more, which {name} signed before")
    root = Edge.empty().extend(state.leaves[: signed.size]).root()
    if signed.root != root:
        raise fail(f"root {root} at {signed.size} entries", f"root {signed.root}, which {name} signed before")
    return int(signed.size)


def _check_checkpoints(connection: Connection, keys: LogKeys, state: _State) -> tuple[int, bytes]:
    """How many checkpoints there are, and the newest of them."""
    leaves, edge, count, last, note = state.leaves, Edge.empty(), 0, 0, b""
    origin = keys.first.name
    for row in _rows(connection, "checkpoints"):
        size, note = _int(row["size"]), _bytes(row["note"])
        place = (origin, size)
        opened = _signed(note, keys, place, at_ms=_time_of(state, size))
        if not last < size <= len(leaves) or opened.size != size:
            raise AuditFailed(
                table="checkpoints",
                key=place,
                column="size",
                came=size,
                expected=f"{opened.size} ≤ {len(leaves)}",
            )
        edge, last, count = edge.extend(leaves[last:size]), size, count + 1
        if opened.root != edge.root():
            raise AuditFailed(
                table="checkpoints",
                key=place,
                column="note",
                came=opened.root,
                expected=f"root {edge.root()}",
            )
    if last != len(leaves):
        raise AuditFailed(
            table="checkpoints",
            key=origin,
            column="size",
            came=last,
            expected=f"a checkpoint of size {len(leaves)}",
        )
    return count, note


def _signed(note: bytes, keys: LogKeys, place: tuple[str, int], *, at_ms: int) -> Checkpoint:
    """A stored checkpoint, if the keys signed it that were in force when its last entry was taken."""
    return _read(
        lambda: keys.open(note, at_ms=at_ms).checkpoint,
        lambda why: AuditFailed(
            table="checkpoints",
            key=place,
            column="note",
            came=why,
            expected=f"a note signed by {', '.join(map(str, keys.all))}, each in its time",
        ),
    )


def _time_of(state: _State, size: int) -> int:
    """When the last entry of a tree of this size was taken; a size that the log does not have is found wrong by itself."""
    return state.times[size - 1] if 0 < size <= len(state.times) else 0


def _check_head(connection: Connection, origin: str, state: _State) -> Hash:
    edge = Edge.empty().extend(state.leaves)
    expected = {
        "log_id": origin,
        "size": len(state.leaves),
        "root": bytes(edge.root()),
        "edge": edge.to_bytes(),
        "last": state.last,
        "at_ms": state.at_ms,
    }
    for row in _rows(connection, "heads"):
        for column, value in expected.items():
            if row[column] != value:
                raise AuditFailed(
                    table="heads", key=origin, column=column, came=row[column], expected=shown(value)
                )
    return edge.root()


def _check_views(connection: Connection, origin: str, state: _State) -> int:
    if state.register is None:
        raise AuditFailed(
            table="entries", key=(origin, 0), column="seq", came="no entry", expected="a genesis", entry=0
        )
    book = MemoryBook(state.register)
    for record in state.records:
        book.add(record)
    expected = folded(book, state.records, state.until)
    found = stored_views(connection)
    for name in DERIVED:
        ours: frozenset[tuple[object, ...]] = getattr(expected, name)
        theirs: frozenset[tuple[object, ...]] = getattr(found, name)
        wrong = sorted(ours ^ theirs, key=repr)
        if wrong:
            _check_rules(connection, origin)
            row = wrong[0]
            why = (
                "a row that folding the log gives"
                if row in ours
                else "no such row: folding the log does not give it"
            )
            column = _differing_column(name, row, ours if row in theirs else theirs)
            raise AuditFailed(
                table=name, key=row[:2], column=column, came="missing" if row in ours else row, expected=why
            )
    return sum(len(getattr(expected, name)) for name in DERIVED)


def _check_rules(connection: Connection, origin: str) -> None:
    """Views that other rules made differ without anybody's hand in it: say so, before a row is called wrong."""
    noted = made_by(connection, origin)
    if noted != rules_in_force():
        raise AuditFailed(
            table="rules",
            key=(origin,),
            column="digest",
            came=noted or "missing",
            expected=f"{rules_in_force()}: the views were made by another program or other category profiles (SUYUAN_CATEGORIES); "
            "audit with those, or open the ledger with these first",
        )


_VIEW_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "marks": ("seq", "by_seq"),
    "mentions": ("key", "occurred_ms", "seq", "until_seq"),
    "edges": ("seq", "source", "target", "until_seq"),
    "findings": ("subject", "number", "party", "kind", "grade", "since_ms", "body"),
}


def stored_views(connection: Connection) -> Views:
    """The view tables as they are stored."""
    found = {
        name: frozenset(tuple(row[column] for column in columns) for row in _rows(connection, name))
        for name, columns in _VIEW_COLUMNS.items()
    }
    return Views(**found)  # type: ignore[arg-type]  # rows as stored


def _differing_column(name: str, row: tuple[object, ...], others: frozenset[tuple[object, ...]]) -> str:
    """The column in which a row differs from its nearest counterpart on the other side."""
    columns = _VIEW_COLUMNS[name]
    for other in others:
        differing = [column for column, one, two in zip(columns, row, other, strict=True) if one != two]
        if len(differing) == 1:
            return differing[0]
    return columns[0]


def _int(value: object) -> int:
    return value if isinstance(value, int) else -1


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _read(read: Callable[[], _Value], fail: Callable[[str], AuditFailed]) -> _Value:
    try:
        return read()
    except (Refusal, LedgerFault) as wrong:
        raise fail(str(wrong)) from wrong
