"""A copy of the log that others serve and check: a folder, a bucket, a stick. It grows with the log and rewrites nothing.

The paths are those of the server under `/log/` and of `docs/formats.md`. A copy of a long log is made in slices, each of which ends at a
checkpoint that the log signed. Files that never change are written first, then the register and the keys, and the checkpoint last: whenever
the work breaks off, what lies there is a whole log of the size that its checkpoint says, and the next call goes on from there.

Every entry is hashed again on its way out and held against the tile that was stored with it. What does not fit is not published.

For members there are the statements too, as far as their items have not been erased; when an erasure took something away, the lines that held
it are written again. Whoever makes such a copy is remembered (`ledger.store.copies`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Self

from ledger.canonical import canonical, read_canonical
from ledger.errors import LedgerFault, Malformed, Words
from ledger.exchange.export import EXPORT_VERSION, statement_file
from ledger.exchange.places import KeptOtherwise
from ledger.exchange.published import published_register, published_vkeys
from ledger.log.checkpoint import open_checkpoint
from ledger.log.growing import GrowingTiles
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.sizes import Size
from ledger.log.tiles import (
    ENTRY_BYTES_MAX,
    TILE_BYTES,
    TILE_WIDTH,
    Bundle,
    Tile,
    decode_bundle,
    encode_bundle,
)
from ledger.statement import Envelope, OpenedItem
from ledger.store.book import StoreBroken, stored_entries
from ledger.store.engine import reading
from ledger.store.log_rows import read_tile_row
from ledger.store.log_slices import (
    checkpoint_reaching,
    newest_checkpoint,
    position_of,
    positions_of_types,
    read_entries,
)
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ledger.exchange.places import Keeps, Reads
    from ledger.log.checkpoint import Checkpoint
    from ledger.log.note import NoteVerifier
    from ledger.service import Ledger

#: After so many entries a long copy stands on its own.
SLICE_ENTRIES: Final = 65_536
#: So often what came in meanwhile is fetched as well.
ROUNDS_MAX: Final = 8
BUNDLE_BYTES_MAX: Final = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)
#: One statement with all of its items (`ledger.store.book.read_opened`) and its envelope.
STATEMENT_BYTES_MAX: Final = 8 * 1024 * 1024
_STATEMENT_NAMES: Final = frozenset({"v", "position", "envelope", "items"})


class CopyForMembers(LedgerFault):
    """The copy holds statements, and would fall behind without them."""


class CopyAhead(LedgerFault):
    """The copy holds more of the log than this ledger does: the database lost its tail, or an old one was put in its place."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of making a copy: from which size to which, and the SHA-256 of its checkpoint."""

    before: int
    size: int
    digest: str
    rewritten: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """One statement as a copy shows it: None where it, or an item of it, is withheld or erased."""

    position: int
    envelope: Envelope | None
    opened: tuple[OpenedItem | None, ...]

    @classmethod
    def parse(cls, line: bytes, *, position: int) -> Self:
        """Read what `statement_file` writes; it must be of this position."""
        field = f"statements[{position}]"
        body = read_canonical(line, field=field, bytes_max=STATEMENT_BYTES_MAX)
        items, at = body.get("items"), body.get("position")
        # To Python True is 1.
        is_there = at == position and not isinstance(at, bool)
        if set(body) != _STATEMENT_NAMES or body["v"] is not EXPORT_VERSION or not is_there:
            expected = f"v=1, position={position}, envelope, items"
            raise Malformed(field=field, came=line[:80], expected=Words(zh=expected, en=expected))
        if not isinstance(items, list | tuple):
            raise Malformed(
                field=f"{field}.items", came=items, expected=Words(zh="一个列表", en="a list of items")
            )
        envelope = None if body["envelope"] is None else Envelope.from_json(body["envelope"])
        if envelope is None and items:
            expected = "[]"
            raise Malformed(field=f"{field}.items", came=len(items), expected=Words(zh=expected, en=expected))
        return cls(
            position=position,
            envelope=envelope,
            opened=tuple(
                None if one is None else OpenedItem.from_json(one, field=f"{field}.items[{place}]")
                for place, one in enumerate(items)
            ),
        )


@dataclass(frozen=True, slots=True)
class Mirror:
    """A copy of a log at the size of its checkpoint, for reading. Nothing in it is believed but that a key of the log signed the checkpoint."""

    place: Reads
    note: bytes
    checkpoint: Checkpoint

    @classmethod
    def at(cls, place: Reads, keys: Collection[NoteVerifier]) -> Self | None:
        """What lies at a place; None where no log does."""
        note = place.read("checkpoint", bytes_max=NOTE_BYTES_MAX)
        if note is None:
            return None
        return cls(place, note, open_checkpoint(note, keys).checkpoint)

    @property
    def size(self) -> Size:
        """How many entries it holds."""
        return self.checkpoint.size

    def tile(self, level: int, index: int) -> bytes:
        """A row of hashes as far as a tree of this size has it."""
        return read_tile(self.place, Tile(level, index, _width(self.size >> (8 * level), index)))

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of the entries from `start` to before `stop`."""
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            first = index * TILE_WIDTH
            bundle = read_bundle(self.place, Bundle(index, _width(self.size, index)))
            yield from bundle[max(start - first, 0) : stop - first]

    def statements(self, start: int, stop: int) -> Iterator[Shown]:
        """The statements from `start` to before `stop`; none of them where the copy is not for members."""
        for index in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            first = index * TILE_WIDTH
            for position, line in read_statements(self.place, Bundle(index, _width(self.size, index))):
                if start <= position < min(stop, first + TILE_WIDTH):
                    yield Shown.parse(line, position=position)


class Incomplete(Malformed):
    """A copy of a log lacks a file that a log of its size has."""

    title = Words(zh="缺少文件", en="a file is missing")


def statements_path(bundle: Bundle) -> str:
    """Where the statements of a bundle's entries lie."""
    return bundle.path.replace("tile/entries/", "statements/", 1)


def checkpoint_path(size: int) -> str:
    """Where a checkpoint of before lies."""
    return f"checkpoints/{size:09d}"


def read_tile(place: Reads, tile: Tile) -> bytes:
    """The hashes of a tile. c2sp.org/tlog-tiles: a partial tile may be gone once the full one is there."""
    for path in (tile.path, Tile(tile.level, tile.index).path):
        row = place.read(path, bytes_max=TILE_BYTES)
        if row is not None:
            if len(row) != TILE_BYTES and path != tile.path:
                break
            return row if path == tile.path else row[: tile.width * HASH_BYTES]
    raise _missing(tile.path)


def read_bundle(place: Reads, bundle: Bundle) -> tuple[bytes, ...]:
    """The entries of a bundle."""
    raw = place.read(bundle.path, bytes_max=BUNDLE_BYTES_MAX)
    if raw is not None:
        return decode_bundle(raw, bundle.width)
    raw = place.read(Bundle(bundle.index).path, bytes_max=BUNDLE_BYTES_MAX)
    if raw is None:
        raise _missing(bundle.path)
    return decode_bundle(raw, TILE_WIDTH)[: bundle.width]


def read_statements(place: Reads, bundle: Bundle) -> Iterator[tuple[int, bytes]]:
    """Positions and lines of the statements of a bundle, exactly as many as it is wide."""
    first = bundle.index * TILE_WIDTH
    path = statements_path(bundle)
    lines = place.lines(path, bytes_max=STATEMENT_BYTES_MAX)
    if lines is None and bundle.width < TILE_WIDTH:
        lines = place.lines(statements_path(Bundle(bundle.index)), bytes_max=STATEMENT_BYTES_MAX)
    if lines is None:
        raise _missing(path)
    count = 0
    for count, line in enumerate(lines, start=1):
        if count <= bundle.width:
            yield first + count - 1, line
    if count < bundle.width or (count > bundle.width and count != TILE_WIDTH):
        expected = Words(zh=f"{bundle.width} 行", en=f"{bundle.width} lines")
        raise Incomplete(field=path, came=f"{count}", expected=expected)


def _missing(path: str) -> Incomplete:
    return Incomplete(field=path, came="-", expected=Words(zh="此文件", en="this file"))


def _width(have: int, index: int) -> int:
    return min(TILE_WIDTH, have - index * TILE_WIDTH)


def make_copy(
    ledger: Ledger,
    place: Keeps,
    *,
    members: bool = False,
    head: Callable[[], bytes] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    slice_entries: int = SLICE_ENTRIES,
) -> Copied:
    """Bring a copy up to the newest checkpoint, from nothing or from where it stands.

    `head` gives the checkpoint that is published, with whatever cosignatures it has. `members`: with all statements and their items.
    """
    place.begin()
    published = head or ledger.checkpoint
    making = _Making(ledger, place, members=members, progress=progress)
    before, note = making.stands(), b""
    making.catch_up_statements()
    # What is recorded, and above all erased, while a copy is made belongs into it too.
    for _ in range(ROUNDS_MAX):
        newer = published()
        if newer == note:
            break
        note = newer
        of = int(ledger.head_of(note).checkpoint.size)
        while making.size < of:
            making.advance(until=min(making.size + slice_entries, of), of=of, note=note)
        if making.size == of:
            making.publish(note)
    return Copied(before, making.size, digest=sha256(note).hexdigest(), rewritten=making.rewritten)


class _Making:
    """One copy while it is made."""

    def __init__(
        self, ledger: Ledger, place: Keeps, *, members: bool, progress: Callable[[int, int], None]
    ) -> None:
        self._ledger, self._place, self._members, self._progress = ledger, place, members, progress
        self.size = 0
        self.rewritten = 0

    def stands(self) -> int:
        """How far the copy has come, if it is one of this log; raises where its history is another."""
        origin = self._ledger.origin
        mirror = Mirror.at(self._place, self._ledger.log_keys.all)
        if mirror is None:
            return 0
        with reading(self._ledger.engine) as connection:
            newest, _ = newest_checkpoint(connection, origin)
            if mirror.size > newest:
                raise CopyAhead(
                    f"{self._place.shown} has {mirror.size} entries and this ledger {newest}: its tail is missing here. "
                    "Nothing was written; see `suyuan recover`"
                )
            root = GrowingTiles.at(mirror.size, partial(read_tile_row, connection, origin)).root()
        if root != mirror.checkpoint.root:
            raise KeptOtherwise(
                f"{self._place.shown} holds another history of {origin}: at {mirror.size} entries its root is {mirror.checkpoint.root}, "
                f"this ledger's is {root}. Both are signed: keep both checkpoints, they are evidence. Nothing was written"
            )
        self.size = int(mirror.size)
        return self.size

    def catch_up_statements(self) -> None:
        """Statements of the entries that the copy holds already, where it is for members and has none yet."""
        if not self.size:
            return
        last = _bundle_at(self.size - 1, self.size)
        there = self._place.has(statements_path(last))
        if there and not self._members:
            raise CopyForMembers(
                f"{self._place.shown} holds statements: go on with --members, or make another copy"
            )
        if self._members and not there:
            for index in range(last.index + 1):
                self._write_statements(_bundle_at(index * TILE_WIDTH, self.size))
            self._place.settle()

    def advance(self, *, until: int, of: int, note: bytes) -> None:
        """One slice: to the first checkpoint that reaches so far, or to the published one."""
        origin, old = self._ledger.origin, self.size
        with reading(self._ledger.engine) as connection:
            found = checkpoint_reaching(connection, origin, until)
            tiles = GrowingTiles.at(Size(old), partial(read_tile_row, connection, origin))
        size, reached = (of, note) if found is None or found[0] >= of else found
        for index in range(old // TILE_WIDTH, -(-size // TILE_WIDTH)):
            self._copy_bundle(tiles, _bundle_at(index * TILE_WIDTH, size))
            self._progress(min(size, (index + 1) * TILE_WIDTH), of)
        root = self._ledger.head_of(reached).checkpoint.root
        if tiles.root() != root:
            raise StoreBroken(
                f"{size} entries lead to the root {tiles.root()}, and the checkpoint signed {root}; `suyuan audit` says where. It was not published"
            )
        for tile, row in tiles.partial():
            self._place.keep(tile.path, row)
        if self._members:
            self._rewrite_erased(old, size)
        self.size = size
        self.publish(reached)
        if self._members and old:
            self._remove_partial(_bundle_at(old - 1, size))

    def publish(self, note: bytes) -> None:
        """Say that the copy has come so far: register and keys first, the checkpoint last."""
        with reading(self._ledger.engine) as connection:
            found = checkpoint_reaching(connection, self._ledger.origin, self.size)
        # As the log signed it: what witnesses add to it comes and goes.
        if found is not None and found[0] == self.size:
            self._place.keep(checkpoint_path(self.size), found[1])
        self._place.replace("register", [canonical(published_register(self._ledger))])
        self._place.replace("vkey", [published_vkeys(self._ledger)])
        self._place.settle()
        self._place.replace("checkpoint", [note])
        self._place.settle()

    def _copy_bundle(self, tiles: GrowingTiles, bundle: Bundle) -> None:
        """The entries of a bundle, the hashes of all tiles that it fills, and for members the statements."""
        start, origin = bundle.index * TILE_WIDTH, self._ledger.origin
        with reading(self._ledger.engine) as connection:
            entries = read_entries(connection, origin, start, start + bundle.width)
            stored = read_tile_row(connection, origin, 0, bundle.index)
        hashes = [leaf_hash(entry) for entry in entries]
        for place, ours in enumerate(hashes):
            if stored[place * HASH_BYTES : (place + 1) * HASH_BYTES] != ours:
                raise StoreBroken(
                    f"entry {start + place} does not hash to what tile/0/{bundle.index} says; it was not published"
                )
        self._place.keep(bundle.path, encode_bundle(entries))
        for tile, row in tiles.extend(hashes[tiles.size - start :]):
            self._place.keep(tile.path, row)
        if self._members:
            self._write_statements(bundle)

    def _write_statements(self, bundle: Bundle) -> None:
        self._place.replace(statements_path(bundle), self._lines(bundle))

    def _lines(self, bundle: Bundle) -> Iterator[bytes]:
        start = bundle.index * TILE_WIDTH
        with reading(self._ledger.engine) as connection:
            for one in stored_entries(connection, self._ledger.origin, range(start, start + bundle.width)):
                yield statement_file(one, everything=True) + b"\n"

    def _rewrite_erased(self, start: int, stop: int) -> None:
        """What erasures in this slice took away from statements that were copied before it."""
        touched = set[int]()
        with reading(self._ledger.engine) as connection:
            origin = self._ledger.origin
            seqs = positions_of_types(connection, origin, [Erasure.TYPE], start=start, stop=stop)
            for stored in stored_entries(connection, origin, seqs):
                said = Erasure.from_items([one.item for one in stored.opened if one is not None])
                for one in said.erased:
                    seq = position_of(
                        connection, origin, issuer=str(one.issuer), statement=str(one.statement)
                    )
                    # What stands in this slice was read after it was erased.
                    if seq is not None and seq < start:
                        touched.add(seq // TILE_WIDTH)
        for index in sorted(touched):
            bundle = _bundle_at(index * TILE_WIDTH, stop)
            self._write_statements(bundle)
            self._remove_partial(bundle)
            self.rewritten += 1

    def _remove_partial(self, bundle: Bundle) -> None:
        """The statements of a bundle as it was when it was narrower: nobody reads them, and no erasure finds them."""
        folder = f"{statements_path(Bundle(bundle.index))}.p"
        for name in self._place.names(folder):
            if name != str(bundle.width):
                self._place.remove(f"{folder}/{name}")


def _bundle_at(position: int, size: int) -> Bundle:
    """The bundle of an entry, as wide as a log of this size has it."""
    index = position // TILE_WIDTH
    return Bundle(index, _width(size, index))
