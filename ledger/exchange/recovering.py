"""Putting back the tail that a database lost, from a copy for members (`ledger.exchange.mirror`): `suyuan recover`.

Nothing of the copy is believed but what the log's key signed. Every entry is hashed from its bytes and stands on the one before it, every envelope
has the digest of its entry, is signed by keys that might sign it there, and every item opens its commitment; the tree of what this database
holds and what the copy adds must have the very root of each checkpoint that is put back, so a copy of another history is refused before it is
written. It is one transaction: a crash leaves the database as it was.

What no copy holds does not come back: accounts, access keys, sealed private keys and photos that came after the backup, and the checkpoints of
sizes at which no copy was made. A receipt of such an entry is answered with the next checkpoint over it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from ledger.checks import NotAsSigned, admitted, check_entry, check_envelope, check_items
from ledger.errors import LedgerFault
from ledger.exchange.mirror import Mirror, checkpoint_path
from ledger.log.merkle import Hash
from ledger.log.note import NOTE_BYTES_MAX
from ledger.log.sizes import Size
from ledger.log.succession import LogKeys
from ledger.log.tiles import edge_from_tiles
from ledger.statement import Statement
from ledger.store.book import register_of
from ledger.store.engine import writing
from ledger.store.fold import erase, fold_findings, write_rows
from ledger.store.guard import check_edge
from ledger.store.log_rows import (
    HeadRow,
    lock_head,
    move_head,
    read_tile_row,
    write_checkpoint,
    write_kept,
    write_tiles,
)
from ledger.store.page import Page, Recent
from ledger.store.refold import refold
from ledger.store.rules import note_rules
from ledger.vocabulary.registering import Erasure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.exchange.places import Reads
    from ledger.log.note import NoteVerifier
    from ledger.register import Register
    from ledger.service import Ledger
    from ledger.store.log_rows import Kept

#: Entries written at once.
PORTION: Final = 512


class NothingToRecoverFrom(LedgerFault):
    """There is no copy of this log, or it shows no statements."""


class NotOurTail(LedgerFault):
    """The copy does not continue what this database holds. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """From which size to which."""

    before: int
    size: int


def recover(
    ledger: Ledger,
    place: Reads,
    keys: Sequence[NoteVerifier],
    *,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Recovered:
    """Put back what the copy has and this database has not. `keys`: those of the log, from wherever they were published."""
    mirror = Mirror.at(place, keys)
    if mirror is None or mirror.checkpoint.origin != ledger.origin:
        found = "no log" if mirror is None else mirror.checkpoint.origin
        raise NothingToRecoverFrom(f"{place.shown} holds {found}, expected a copy of {ledger.origin}")
    with writing(ledger.engine) as connection:
        head = lock_head(connection, ledger.origin)
        check_edge(connection, ledger.origin, head)
        if mirror.size > head.size:
            _Tail(connection, ledger, mirror, head, progress).put_back()
        else:
            root = edge_from_tiles(mirror.size, partial(read_tile_row, connection, ledger.origin)).root()
            if root != mirror.checkpoint.root:
                raise _another(place, mirror)
    ledger.finish_erasures()
    return Recovered(before=head.size, size=max(head.size, int(mirror.size)))


@dataclass(slots=True)
class _Tail:
    """What is put back, while it is."""

    connection: Connection
    ledger: Ledger
    mirror: Mirror
    head: HeadRow
    progress: Callable[[int, int], None]
    register: Register = field(init=False)
    erasures: list[tuple[int, Erasure]] = field(default_factory=list)
    gaps: set[tuple[int, int]] = field(default_factory=set)

    def put_back(self) -> None:
        """Entries, tree, head and checkpoints; then the views of all of it, and what the tail erased."""
        connection, origin = self.connection, self.ledger.origin
        self.register = register_of(connection, origin, size=self.head.size)
        before = self.head
        sizes = self._checkpoints()
        # The tree has to have the root of each checkpoint, so what is written at once ends there.
        ends = sorted({*range(before.size, self.mirror.size, PORTION), *sizes})
        row = before
        for start, stop in pairwise(ends):
            row = self._portion(row, start, stop)
            if stop in sizes:
                self._sign(row, sizes[stop])
            self.progress(stop, int(self.mirror.size))
        if not move_head(connection, origin, size=before.size, last=before.last, to=row):
            raise NotOurTail(f"somebody else wrote to {origin} meanwhile")
        refold(connection, origin, size=row.size)
        self._erase(row.size)
        note_rules(connection, origin)

    def _checkpoints(self) -> dict[int, bytes]:
        """The checkpoints beyond our size that the copy kept, as the log signed them; the last one at any rate."""
        found = {int(self.mirror.size): self.mirror.note}
        for name in self.mirror.place.names("checkpoints"):
            if name.isascii() and name.isdecimal() and self.head.size < int(name) <= self.mirror.size:
                note = self.mirror.place.read(checkpoint_path(int(name)), bytes_max=NOTE_BYTES_MAX)
                if note is not None:
                    found[int(name)] = note
        return found

    def _portion(self, row: HeadRow, start: int, stop: int) -> HeadRow:
        connection, origin = self.connection, self.ledger.origin
        kept = list(self._read(start, stop, last=row.last, at_ms=row.at_ms))
        write_kept(connection, origin, kept)
        leaves = [Hash(entry.leaf_hash) for _, entry, *_ in kept]
        edge = edge_from_tiles(Size(start), partial(read_tile_row, connection, origin)).extend(leaves)
        write_tiles(connection, origin, old_size=Size(start), leaves=leaves)
        # The register is found by what its statements mention; `refold` makes the rest.
        page = Page(connection, origin, register=self.register, size=stop, recent=Recent())
        records = [record for _, record in sorted(page.records(range(start, stop)).items())]
        write_rows(connection, origin, records)
        for record in records:
            if isinstance(record.said, Erasure):
                self.erasures.append((record.seq, record.said))
        last = kept[-1][1]
        return HeadRow(
            size=stop,
            root=bytes(edge.root()),
            edge=edge.to_bytes(),
            last=last.leaf_hash,
            at_ms=last.at_ms,
        )

    def _read(self, start: int, stop: int, *, last: bytes, at_ms: int) -> Iterator[Kept]:
        """Entries and statements of the copy, each checked as the audit does."""
        mirror, seq = self.mirror, start
        shown = zip(mirror.entries(start, stop), mirror.statements(start, stop), strict=True)
        for seq, (raw, statement) in enumerate(shown, start=start):
            if statement.envelope is None:
                raise NothingToRecoverFrom(
                    f"{mirror.place.shown} withholds statement {seq}: a copy for members is needed (suyuan log export --members)"
                )
            try:
                entry = check_entry(raw, last=last, at_ms=at_ms)
                header = check_envelope(statement.envelope, entry, origin=self.ledger.origin)
                check_items(header, statement.opened)
                left = tuple(one for one in statement.opened if one is not None)
                signed = Statement(envelope=statement.envelope, header=header, opened=left)
                self.register = admitted(self.register, signed, at=seq)
            except NotAsSigned as wrong:
                raise NotOurTail(
                    f"{mirror.place.shown}, entry {seq}: {wrong}. Nothing was written"
                ) from wrong
            self.gaps |= {(seq, place) for place, one in enumerate(statement.opened) if one is None}
            last, at_ms = entry.leaf_hash, entry.at_ms
            yield seq, entry, statement.envelope, header, statement.opened

    def _sign(self, row: HeadRow, note: bytes) -> None:
        """Put a checkpoint back, if the log's keys of that place signed just this tree."""
        keys = LogKeys.around(self.ledger.log_keys.first, self.register.log_keys)
        checkpoint = keys.open(note, at_ms=row.at_ms).checkpoint
        if (checkpoint.origin, checkpoint.size, bytes(checkpoint.root)) != (
            self.ledger.origin,
            row.size,
            row.root,
        ):
            raise _another(self.mirror.place, self.mirror)
        write_checkpoint(self.connection, self.ledger.origin, size=row.size, note=note)

    def _erase(self, size: int) -> None:
        """What the tail erased is erased here as well, in what this database held before it too."""
        connection, origin = self.connection, self.ledger.origin
        page = Page(connection, origin, register=self.register.at_size(size), size=size, recent=Recent())
        touched = set[str]()
        for seq, said in self.erasures:
            touched |= erase(connection, page, said, by_seq=seq)
            for one in said.erased:
                at = page.position(one.statement, one.issuer)
                self.gaps -= {(at, place) for place in one.places if at is not None}
        if self.gaps:
            seq, place = min(self.gaps)
            raise NotOurTail(
                f"{self.mirror.place.shown}: item {place} of entry {seq} is missing, and no erasure took it away. Nothing was written"
            )
        if touched:
            fold_findings(connection, page, touched)


def _another(place: Reads, mirror: Mirror) -> NotOurTail:
    return NotOurTail(
        f"{place.shown} holds another history than this database: its {mirror.size} entries have root {mirror.checkpoint.root}, "
        "and what this database holds does not lead there. Both are signed: keep both, they are evidence. Nothing was written"
    )
