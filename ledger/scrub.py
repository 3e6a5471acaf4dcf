"""The scrubber: looks through the stored log from its first entry to its last, slowly and for ever, while the server works.

A disk forgets a bit years after it was written, and nobody reads what it forgot until somebody needs it. So every entry is hashed again, with its
place in the chain, its time, its envelope, the signatures as of there and the items that are left; every tile is held against the entries below
it, every checkpoint against the root it signed. What is wrong is logged as an error, stays in `standing` and is counted, until a whole pass
was without it. Nothing is mended: `suyuan audit` says what else is wrong, a copy of the log has what was lost.

It takes a few entries at a time and rests in between, so that nobody waits for it. It holds no more than the right edge of the tree.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from ledger.checks import NotAsSigned, admitted, check_entry, check_envelope, check_items, read_part
from ledger.errors import LedgerFault, Refusal
from ledger.log.entry import NO_ENTRY_BEFORE
from ledger.log.growing import GrowingTiles
from ledger.log.merkle import HASH_BYTES, leaf_hash
from ledger.log.tiles import TILE_WIDTH
from ledger.statement import Envelope, Statement
from ledger.store.book import read_opened
from ledger.store.engine import reading
from ledger.store.log_rows import read_size, read_tile_row
from ledger.store.log_slices import checkpoints_between, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from ledger.log.succession import LogKeys
    from ledger.log.tiles import Tile
    from ledger.register import Register

#: Entries looked at in one go: some ten milliseconds.
ENTRIES_AT_ONCE: Final = 32
#: After something was found wrong it is looked for again, and not all day long.
PAUSE_AFTER_FAULT: Final = 600.0
#: A pass is followed by so many rests at once, five minutes as the settings are: a small log is not looked through all day long.
RESTS_AFTER_PASS: Final = 1_200

_log = logging.getLogger(__name__)


class Decayed(LedgerFault):
    """What is stored is not what was signed. `entry` is the position it was found at."""

    def __init__(self, *, entry: int, what: str) -> None:
        self.entry = entry
        super().__init__(f"entry {entry}: {what}")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the scrubber is: entries looked at in this pass, whole passes, how often something was wrong, and what it was last."""

    position: int = 0
    of: int = 0
    passes: int = 0
    passed_ms: int | None = None
    faults: int = 0
    fault: str | None = None


@dataclass(slots=True)
class _Pass:
    """One way through the log, as long as it was when it began."""

    size: int
    tiles: GrowingTiles
    last: bytes = NO_ENTRY_BEFORE
    at_ms: int = 0
    register: Register | None = None


class Scrubber:
    """The scrubber of one server. `start` and `close` are its owner's; `step` is what it does."""

    def __init__(
        self,
        engine: Engine,
        origin: str,
        *,
        keys: Callable[[], LogKeys],
        clock: Callable[[], int],
        rest: float,
    ) -> None:
        self._engine, self._origin, self._keys, self._clock = engine, origin, keys, clock
        self._rest = rest
        self._pass: _Pass | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self.standing = Standing()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="scrubber", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and come back when it has."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def step(self) -> bool:
        """Look at the next few entries; whether all was as it must be. A database that does not answer is not this one's matter."""
        try:
            with reading(self._engine) as connection:
                self._look(connection)
        except Decayed as wrong:
            self._found(wrong)
        except SQLAlchemyError as wrong:
            position = 0 if self._pass is None else int(self._pass.tiles.size)
            with reading(self._engine) as connection:
                read_size(connection, self._origin)
            # It answers, and cannot read what lies here.
            self._found(Decayed(entry=position, what=f"from here on: {str(wrong).partition(chr(10))[0]}"))
        else:
            return True
        return False

    def _found(self, wrong: Decayed) -> None:
        self._pass = None
        self.standing = replace(self.standing, faults=self.standing.faults + 1, fault=str(wrong))
        _log.error("scrubber_found_damage", extra={"entry": wrong.entry, "what": str(wrong)})

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                rest = self._rest if self.step() else max(PAUSE_AFTER_FAULT, self._rest)
                if self._pass is None:
                    rest = max(rest, RESTS_AFTER_PASS * self._rest)
            except SQLAlchemyError:
                _log.warning("scrubber_waits_for_database", exc_info=True)
                rest = max(PAUSE_AFTER_FAULT, self._rest)
            self._closed.wait(rest)

    def _look(self, connection: Connection) -> None:
        now = self._pass
        if now is None:
            now = self._pass = _Pass(read_size(connection, self._origin), GrowingTiles.empty())
        start, stop = int(now.tiles.size), min(now.tiles.size + ENTRIES_AT_ONCE, now.size)
        try:
            rows = read_rows(connection, self._origin, start, stop)
        except LedgerFault as wrong:
            raise Decayed(entry=start, what=str(wrong)) from wrong
        hashes = read_tile_row(connection, self._origin, 0, start // TILE_WIDTH)
        notes = dict(checkpoints_between(connection, self._origin, start, stop))
        for position, row in enumerate(rows, start=start):
            place = position % TILE_WIDTH
            self._entry(now, position, row, hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES], connection)
            if position + 1 in notes:
                self._checkpoint(now, notes[position + 1])
        self.standing = replace(self.standing, position=stop, of=now.size)
        if stop == now.size:
            for tile, part in now.tiles.partial():
                self._tile(connection, tile, part, entry=stop - 1)
            fault = self.standing.fault
            self.standing = replace(
                self.standing, passes=self.standing.passes + 1, passed_ms=self._clock(), fault=None
            )
            if fault is not None:
                _log.warning("scrubber_found_it_mended", extra={"what": fault})
            self._pass = None

    def _entry(
        self,
        now: _Pass,
        position: int,
        row: tuple[bytes, bytes, bytes],
        stored: bytes,
        connection: Connection,
    ) -> None:
        raw, envelope_raw, items_raw = row
        try:
            entry = check_entry(raw, last=now.last, at_ms=now.at_ms)
            envelope = read_part("envelope", "an envelope", lambda: Envelope.parse(envelope_raw))
            header = check_envelope(envelope, entry, origin=self._origin)
            opened = read_part("items", "a list of items", lambda: read_opened(items_raw))
            check_items(header, opened)
            kept = tuple(one for one in opened if one is not None)
            statement = Statement(envelope=envelope, header=header, opened=kept)
            now.register = admitted(now.register, statement, at=position)
        except NotAsSigned as wrong:
            raise Decayed(entry=position, what=str(wrong)) from wrong
        leaf = leaf_hash(raw)
        if stored != leaf:
            raise Decayed(entry=position, what=f"tile/0 has another hash than the entry's, {leaf}")
        now.last, now.at_ms = leaf, entry.at_ms
        for tile, hashes in now.tiles.extend([leaf]):
            self._tile(connection, tile, hashes, entry=position)

    def _tile(self, connection: Connection, tile: Tile, hashes: bytes, *, entry: int) -> None:
        stored = read_tile_row(connection, self._origin, tile.level, tile.index)
        # What was appended since the pass began stands behind it.
        if stored[: len(hashes)] != hashes:
            raise Decayed(entry=entry, what=f"{tile.path} is not what the entries below it hash to")

    def _checkpoint(self, now: _Pass, note: bytes) -> None:
        size = int(now.tiles.size)
        try:
            head = self._keys().open(note, at_ms=now.at_ms).checkpoint
        except (Refusal, LedgerFault) as wrong:
            raise Decayed(entry=size - 1, what=f"the checkpoint of size {size}: {wrong}") from wrong
        if (head.size, head.root) != (size, now.tiles.root()):
            raise Decayed(
                entry=size - 1,
                what=f"the checkpoint of size {size} has the root {head.root}, the entries {now.tiles.root()}",
            )
