"""A log checked from outside, with one of its public keys and what it published: over HTTP, from a bucket, from a folder on a stick.

Entry by entry from the first: its bytes, its place in the chain, its time, its hash. The tree grows along with them, and every tile that was
published is held against it, the root against the checkpoint, the roots at earlier sizes against checkpoints that were kept. Where a register
statement stands, it must be the one that the entry digests, signed by those who might say it there. With the statements at hand (for members)
the same holds of each of them, and of every item that is shown.

Nothing is held in memory but the right edge of the tree and the register: a log may be of any length. The first thing that is wrong is named, the
entry or the file. What was not looked at is said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ledger.canonical import read_object
from ledger.checks import NotAsSigned, admitted, check_entry, check_envelope, check_items, check_signed
from ledger.exchange.mirror import (
    BUNDLE_BYTES_MAX,
    STATEMENT_BYTES_MAX,
    Shown,
    read_bundle,
    read_statements,
    read_tile,
    statements_path,
)
from ledger.exchange.outside_report import OutsideReport, OutsideWrong, wrong_in
from ledger.identifiers import Instant
from ledger.log.checkpoint import open_checkpoint
from ledger.log.entry import NO_ENTRY_BEFORE
from ledger.log.growing import GrowingTiles
from ledger.log.merkle import HASH_BYTES, Hash, leaf_hash
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.succession import LogKeys, add_change
from ledger.log.tiles import TILE_BYTES, TILE_WIDTH, Bundle, Tile, encode_bundle
from ledger.register import REGISTER_TYPES, key_change
from ledger.statement import Envelope, OpenedItem, Statement
from ledger.store.seen import Seen
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ledger.canonical import Json, JsonObject
    from ledger.exchange.places import Reads
    from ledger.log.checkpoint import Checkpoint
    from ledger.log.entry import Entry
    from ledger.log.note import NoteVerifier
    from ledger.log.succession import KeyChange
    from ledger.register import Register

#: Some hundred thousand enrolments.
REGISTER_BYTES_MAX: Final = 512 * 1024 * 1024
VKEY_BYTES_MAX: Final = 64 * 1024
_REGISTER_NAMES: Final = frozenset({"origin", "size", "vkey", "vkeys", "statements"})
_STATEMENT_NAMES: Final = frozenset({"position", "recorded_at", "type", "envelope", "items"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What an auditor wants besides: checkpoints he kept, by the name under which he brings them; what he thinks of witnesses; whether nothing may be withheld."""

    since: Mapping[str, bytes] = field(default_factory=dict)
    #: Raises a `Refusal` where a checkpoint is not cosigned by as many as he wants; else says by whom it is.
    cosigned: Callable[[bytes], Sequence[str]] | None = None
    statements: bool = True
    complete: bool = False


def audit_outside(
    place: Reads,
    key: NoteVerifier,
    asked: Asked | None = None,
    *,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> OutsideReport:
    """Check everything that lies at a place. Raises `OutsideWrong` at the first thing that is wrong."""
    wanted = asked or Asked()
    note = _read(place, "checkpoint", NOTE_BYTES_MAX)
    published = _Published.at(place, key, note)
    with wrong_in("checkpoint"):
        cosigned = () if wanted.cosigned is None else tuple(wanted.cosigned(note))
    head = published.head
    report = OutsideReport(head.origin, head.size, str(head.root), note, cosigned=cosigned, near=place.near)
    with Seen() as seen:
        audit = _Audit(place, published, report, seen, complete=wanted.complete)
        audit.expect_checkpoints(wanted.since)
        first = Bundle(0, min(TILE_WIDTH, head.size)) if head.size else None
        if wanted.statements and first is not None and _has_statements(place, first):
            report.statements = 0
        for index in range(-(-head.size // TILE_WIDTH)):
            audit.bundle(Bundle(index, min(TILE_WIDTH, head.size - index * TILE_WIDTH)))
            progress(min(head.size, (index + 1) * TILE_WIDTH), head.size)
        audit.finish()
    return report


@dataclass(frozen=True, slots=True)
class _Published:
    """What the log says of its size, its keys and of who may sign, read and not yet believed."""

    head: Checkpoint
    keys: LogKeys
    register: Mapping[int, Statement]
    recorded: Mapping[int, str]
    erased: Mapping[tuple[str, str], Mapping[int, int]]

    @classmethod
    def at(cls, place: Reads, key: NoteVerifier, note: bytes) -> _Published:
        """The register, the keys that it names and the checkpoint; no signature has been checked but those of the log's keys."""
        raw = _read(place, "register", REGISTER_BYTES_MAX)
        with wrong_in("register"):
            body = read_object(raw, field="register", bytes_max=REGISTER_BYTES_MAX)
            _names("register", body, _REGISTER_NAMES)
            statements, recorded = _register_statements(body)
            changes: tuple[KeyChange, ...] = ()
            erased: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
            for position, one in statements.items():
                if one.header.type == "log_key.v1":
                    changes = add_change(changes, key_change(one, at=position))
                elif one.header.type == Erasure.TYPE:
                    for gone in Erasure.from_items(one.items).erased:
                        places = erased[str(gone.issuer), str(gone.statement)]
                        places |= dict.fromkeys(gone.places, position)
        with wrong_in("vkey"):
            keys = LogKeys.around(key, changes)
        listed = [str(one) for one in keys.all]
        vkey = _read(place, "vkey", VKEY_BYTES_MAX).decode("utf-8", "replace")
        for path, came, ours in (
            ("register", body["vkeys"], listed),
            ("vkey", vkey, "".join(f"{one}\n" for one in listed)),
        ):
            if came != ours:
                expected = (
                    f"the keys that the log's own statements name, the newest first: {', '.join(listed)}"
                )
                raise OutsideWrong(path=path, came=came, expected=expected)
        with wrong_in("checkpoint"):
            head = open_checkpoint(note, keys.all).checkpoint
        size = body["size"]
        if body["origin"] != head.origin or body["vkey"] != listed[0]:
            raise OutsideWrong(path="register", came=body["origin"], expected=f"{head.origin}, {listed[0]}")
        if not isinstance(size, int) or isinstance(size, bool) or size < head.size:
            raise OutsideWrong(path="register", came=size, expected=f"a size of {head.size} or more")
        if any(position >= size for position in statements):
            raise OutsideWrong(path="register", came=max(statements), expected=f"positions below {size}")
        return cls(head, keys, statements, recorded, erased)


class _Audit:
    """One walk through a log."""

    def __init__(
        self,
        place: Reads,
        published: _Published,
        report: OutsideReport,
        seen: Seen,
        *,
        complete: bool,
    ) -> None:
        self._place, self._published, self._head = place, published, published.head
        self._report, self._seen, self._complete = report, seen, complete
        self._tiles = GrowingTiles.empty()
        self._last, self._at_ms = NO_ENTRY_BEFORE, 0
        self._register: Register | None = None
        #: Checkpoints of before by their size: what they are called, and the note.
        self._before: dict[int, list[tuple[str, bytes]]] = defaultdict(list)

    def expect_checkpoints(self, since: Mapping[str, bytes]) -> None:
        """The roots of earlier sizes that were signed: those that lie there, those that the auditor kept, and the newest itself."""
        self._before[self._head.size].append(("checkpoint", self._report.note))
        for name in self._place.names("checkpoints"):
            path = f"checkpoints/{name}"
            self._expect(path, _read(self._place, path, NOTE_BYTES_MAX), name=name)
        if since:
            self._report.since = max(self._expect(name, note) for name, note in since.items())

    def _expect(self, path: str, note: bytes, *, name: str | None = None) -> int:
        with wrong_in(path):
            head = open_checkpoint(note, self._published.keys.all).checkpoint
        if name is not None and name != f"{head.size:09d}":
            raise OutsideWrong(path=path, came=f"a checkpoint of size {head.size}", expected=f"size {name}")
        if head.size > self._head.size:
            # The log has shown more than it shows now: both notes are signed, and together they are the proof.
            raise OutsideWrong(
                path="checkpoint",
                came=f"size {self._head.size}",
                expected=f"{head.size} or more, which {path} signed before",
            )
        self._before[head.size].append((path, note))
        return int(head.size)

    def bundle(self, bundle: Bundle) -> None:
        """The entries of one bundle, all that hangs on them, and the tiles that they fill."""
        start, path, path_shown = bundle.index * TILE_WIDTH, bundle.path, statements_path(bundle)
        with wrong_in(path):
            raws = read_bundle(self._place, bundle)
            hashes_published = read_tile(self._place, Tile(0, bundle.index, bundle.width))
        for width in self._older(Bundle(bundle.index).path, bundle.width):
            older = Bundle(bundle.index, width)
            part = _read(self._place, older.path, BUNDLE_BYTES_MAX)
            if part != encode_bundle(raws[:width]):
                raise OutsideWrong(path=older.path, came="other bytes", expected=f"the first {width} entries")
        shown_here = self._statements(bundle)
        leaves: list[Hash] = []
        for number, raw in enumerate(raws):
            position = start + number
            with wrong_in(path, entry=position):
                entry = check_entry(raw, last=self._last, at_ms=self._at_ms)
            leaf = leaf_hash(raw)
            if hashes_published[number * HASH_BYTES : (number + 1) * HASH_BYTES] != leaf:
                raise OutsideWrong(
                    path=Tile(0, bundle.index, bundle.width).path,
                    entry=position,
                    came="another hash",
                    expected=f"{leaf}, the hash of the entry",
                )
            self._last, self._at_ms = leaf, entry.at_ms
            self._check_register(position, entry)
            if shown_here is not None:
                with wrong_in(path_shown, entry=position):
                    self._check_shown(position, entry, next(shown_here))
            leaves.append(leaf)
            if position + 1 in self._before:
                self._grow(leaves)
                leaves = []
                self._check_root(position + 1)
        self._grow(leaves)
        if shown_here is not None:
            with wrong_in(path_shown):
                for _ in shown_here:
                    """To its end: a line too many is found there."""

    def _grow(self, leaves: list[Hash]) -> None:
        for tile, row in self._tiles.extend(leaves):
            self._check_tile(tile, row)

    def finish(self) -> None:
        """What stands at the end: the partial tiles, and what the register names and the log does not have."""
        for tile, row in self._tiles.partial():
            self._check_tile(tile, row)
        if self._head.size == 0:
            self._check_root(0)
        if self._register is not None and self._register.log_keys != tuple(
            one for one in self._published.keys.changes if one.position < self._head.size
        ):
            raise OutsideWrong(path="register", came="other keys", expected="the changes of the log's key")

    def _check_tile(self, tile: Tile, row: bytes) -> None:
        with wrong_in(tile.path):
            published = read_tile(self._place, tile)
        _same_hashes(tile, published, row)
        self._report.tiles += 1
        for width in self._older(Tile(tile.level, tile.index).path, tile.width):
            older = Tile(tile.level, tile.index, width)
            _same_hashes(older, _read(self._place, older.path, TILE_BYTES), row[: width * HASH_BYTES])

    def _older(self, path: str, width: int) -> Iterator[int]:
        """The widths in which a tile or bundle lies there from when the log was smaller: each is the beginning of what it is now."""
        for name in self._place.names(f"{path}.p") if self._place.near else ():
            older = int(name) if name.isascii() and name.isdecimal() else 0
            if not 0 < older < TILE_WIDTH or name != str(older):
                raise OutsideWrong(path=f"{path}.p/{name}", came=name, expected="a width from 1 to 255")
            if older <= width:
                yield older

    def _check_root(self, size: int) -> None:
        """Every checkpoint of this size: signed by those who had to, and with the root that the entries lead to."""
        root = self._tiles.root()
        for path, note in self._before[size]:
            with wrong_in(path):
                opened = self._published.keys.open(note, at_ms=self._at_ms).checkpoint
            if opened.root != root:
                raise OutsideWrong(
                    path=path,
                    came=f"root {opened.root} at size {size}",
                    expected=f"root {root}, to which the entries lead",
                )
            self._report.checkpoints += 1

    def _check_register(self, position: int, entry: Entry) -> None:
        statement = self._published.register.get(position)
        if statement is None:
            if position == 0:
                raise OutsideWrong(path="register", entry=0, came="nothing", expected="the genesis")
            return
        with wrong_in("register", entry=position):
            check_envelope(statement.envelope, entry, origin=self._head.origin)
            at = str(Instant(entry.at_ms).at_shanghai())
            if self._published.recorded[position] != at:
                raise OutsideWrong(
                    path="register", entry=position, came=self._published.recorded[position], expected=at
                )
            if statement.header.type not in REGISTER_TYPES:
                came, expected = statement.header.type, ", ".join(sorted(REGISTER_TYPES))
                raise OutsideWrong(path="register", entry=position, came=came, expected=expected)
            self._once(position, str(statement.header.issuer), str(statement.header.id))
            self._register = admitted(self._register, statement, at=position)
        self._report.register += 1
        self._report.signatures += len(statement.envelope.signatures)

    def _statements(self, bundle: Bundle) -> Iterator[Shown] | None:
        if self._report.statements is None:
            return None
        return (
            Shown.parse(line, position=position) for position, line in read_statements(self._place, bundle)
        )

    def _check_shown(self, position: int, entry: Entry, one: Shown) -> None:
        """A statement as far as it is shown: envelope, signatures as of here, items against their commitments, gaps against erasures."""
        report = self._report
        if one.envelope is None:
            if self._complete or position in self._published.register:
                raise NotAsSigned("envelope", came="nothing", expected="the envelope")
            report.statements_withheld += 1
            return
        header = check_envelope(one.envelope, entry, origin=self._head.origin)
        check_items(header, one.opened)
        if header.type in REGISTER_TYPES:
            if position not in self._published.register:
                expected = f"this {header.type}, which stands in the log"
                raise OutsideWrong(path="register", entry=position, came="nothing", expected=expected)
        else:
            self._once(position, str(header.issuer), str(header.id))
            kept = tuple(item for item in one.opened if item is not None)
            statement = Statement(envelope=one.envelope, header=header, opened=kept)
            assert self._register is not None, "entry 0 is in the register, and made this one"
            check_signed(self._register, statement, at=position)
            report.signatures += len(one.envelope.signatures)
        self._check_gaps(position, header.type, (str(header.issuer), str(header.id)), one.opened)
        report.statements = (report.statements or 0) + 1

    def _check_gaps(
        self, position: int, kind: str, name: tuple[str, str], opened: Sequence[OpenedItem | None]
    ) -> None:
        by = {} if kind in REGISTER_TYPES else self._published.erased.get(name, {})
        for place, item in enumerate(opened):
            erased = by.get(place, -1)
            covered = position < erased < self._head.size
            if item is not None:
                if covered:
                    raise NotAsSigned("items", came=f"item {place}", expected="nothing: it was erased")
                self._report.items += 1
            elif covered:
                self._report.items_erased += 1
            # One that is erased only behind this checkpoint is gone already, and this checkpoint does not say why.
            elif kind in REGISTER_TYPES or (self._complete and erased < self._head.size):
                raise NotAsSigned("items", came="nothing", expected=f"item {place}: no erasure names it")
            else:
                self._report.items_withheld += 1

    def _once(self, position: int, issuer: str, name: str) -> None:
        before = self._seen.before(issuer, name, at=position)
        if before is not None:
            raise NotAsSigned("envelope", came=name, expected=f"an id not used before (entry {before})")


def _register_statements(body: JsonObject) -> tuple[dict[int, Statement], dict[int, str]]:
    listed = body["statements"]
    statements: dict[int, Statement] = {}
    recorded: dict[int, str] = {}
    last = -1
    for number, one in enumerate(listed if isinstance(listed, list | tuple) else [None]):
        where = f"statements[{number}]"
        sheet = _names(where, one, _STATEMENT_NAMES)
        position, items, at = sheet["position"], sheet["items"], sheet["recorded_at"]
        if not isinstance(position, int) or isinstance(position, bool) or position <= last:
            raise NotAsSigned("entry", came=position, expected=f"{where}: a position above {last}")
        if not isinstance(items, list | tuple) or not isinstance(at, str):
            raise NotAsSigned("items", came=items, expected=f"{where}: all items")
        opened = [
            OpenedItem.from_json(item, field=f"{where}.items[{place}]") for place, item in enumerate(items)
        ]
        statement = Statement.open(Envelope.from_json(sheet["envelope"], field=f"{where}.envelope"), opened)
        if sheet["type"] != statement.header.type:
            raise NotAsSigned("envelope", came=sheet["type"], expected=f"{where}: {statement.header.type}")
        statements[position], recorded[position], last = statement, at, position
    return statements, recorded


def _names(where: str, value: Json, names: frozenset[str]) -> JsonObject:
    if not isinstance(value, dict) or set(value) != names:
        came = sorted(value) if isinstance(value, dict) else value
        raise NotAsSigned("entry", came=came, expected=f"{where}: {', '.join(sorted(names))}")
    return value


def _same_hashes(tile: Tile, published: bytes, ours: bytes) -> None:
    if published == ours:
        return
    starts = range(0, max(len(published), len(ours)), HASH_BYTES)
    first = next(at for at in starts if published[at : at + HASH_BYTES] != ours[at : at + HASH_BYTES])
    number = first // HASH_BYTES
    raise OutsideWrong(
        path=tile.path,
        came=f"other bytes from hash {number} on",
        expected="the hashes of the entries below it",
        entry=(tile.index * TILE_WIDTH + number) if tile.level == 0 else None,
    )


def _has_statements(place: Reads, bundle: Bundle) -> bool:
    for one in (bundle, Bundle(bundle.index)):
        path = statements_path(one)
        with wrong_in(path):
            if place.lines(path, bytes_max=STATEMENT_BYTES_MAX) is not None:
                return True
    return False


def _read(place: Reads, path: str, bytes_max: int) -> bytes:
    with wrong_in(path):
        content = place.read(path, bytes_max=bytes_max)
    if content is None:
        raise OutsideWrong(path=path, came="nothing", expected="this file")
    return content
