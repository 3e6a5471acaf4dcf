"""A long log for the benchmarks that read one: real statements, envelopes and signatures, a real tree, real checkpoints.

    python -m benchmarks.big_log FOLDER --entries 1000000          some ten minutes a million, and 4 GB
    python -m benchmarks.big_log FOLDER --entries 10000 --views    with all views, as the audit of a database wants them

The market town of `benchmarks.recording` says everything that stands in it. Keys are enrolled through the recorder; what follows is written by
the store's own functions below it, a thousand statements a commit: the gate judges nothing, for what it would find is known. Entries,
envelopes, items, tiles, head and checkpoints are the ones the recorder would leave. Views are made at the end, and only where they are asked
for: neither a proof nor an audit from outside looks at them. Beside the database lies a copy of the log for members.

The same folder, asked for again with as many entries, is used as it is.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.recording import COMMIT_MS, PARTIES, Clock, Trade
from ledger.exchange.mirror import make_copy
from ledger.exchange.places import Folder
from ledger.keys import Vault
from ledger.log.checkpoint import Checkpoint
from ledger.log.entry import Entry
from ledger.log.merkle import Edge, Hash
from ledger.log.sizes import Size
from ledger.service import Ledger
from ledger.store.engine import writing
from ledger.store.log_keys import Keyring
from ledger.store.log_rows import (
    HeadRow,
    lock_head,
    move_head,
    write_checkpoint,
    write_kept,
    write_tiles,
)
from ledger.store.refold import refold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.statement import Statement
    from ledger.store.log_rows import Kept

#: Statements written in one go; each commit ends with a checkpoint, as the recorder's do.
STATEMENTS_A_COMMIT: Final = 1_000
#: A batch passes through four of them.
PARTIES_MIN: Final = 8


@contextmanager
def big_log(folder: Path, entries: int, *, views: bool = False) -> Iterator[Ledger]:
    """The log of so many entries in this folder, open; built where it is not there yet. Its copy lies in `copy_of(folder, entries)`."""
    place = _place(folder, entries)
    if not (place / "finished").exists():
        _build(place, entries, views=views)
    with Ledger.open(
        _url(place), vault=Vault.open_file(_key(place)), evidence=place / "evidence", clock=Clock()
    ) as ledger:
        yield ledger


def copy_of(folder: Path, entries: int) -> Path:
    """Where the copy for members lies."""
    return _place(folder, entries) / "copy"


def database_of(folder: Path, entries: int) -> Path:
    """Where the database lies."""
    return _place(folder, entries) / "log.db"


def _place(folder: Path, entries: int) -> Path:
    return folder / f"log-{entries}"


def _url(place: Path) -> str:
    return f"sqlite:///{place}/log.db"


def _key(place: Path) -> Path:
    return place / "keys" / "bench.key"


def _build(place: Path, entries: int, *, views: bool) -> None:
    if place.exists():
        message = (
            f"{place} is not finished: another process builds it, or one was broken off; remove it first"
        )
        raise FileExistsError(message)
    place.mkdir(parents=True)
    clock = Clock()
    vault = Vault.create_file(_key(place))
    with Ledger.create(
        _url(place),
        host="bench.example",
        registrar_name="演示登记处（演示）",
        vault=vault,
        evidence=place / "evidence",
        clock=clock,
        simulated=True,
    ) as ledger:
        # A small log has few parties, so that there is room for trade.
        trade = Trade(ledger.origin, clock, max(PARTIES_MIN, min(PARTIES, entries // 25)))
        registrar = ledger.registrar
        ledger.recorder.record(
            [ledger.draft(registrar, key, also=[signer]) for key, signer in trade.enrolments()]
        )
        ledger.recorder.record(list(trade.sheets()))
        keyring = Keyring(ledger.origin, vault)
        while (left := entries - ledger.size()) > 0:
            clock.ms += COMMIT_MS
            _append(ledger, keyring, trade.statements(min(left, STATEMENTS_A_COMMIT)), at_ms=clock.ms)
            _tell(ledger.size(), entries, "written")
        if views:
            with writing(ledger.engine) as connection:
                refold(connection, ledger.origin, size=entries, progress=_progress("views"))
        make_copy(ledger, Folder(place / "copy"), members=True, progress=_progress("copied"))
    (place / "finished").touch()


def _append(ledger: Ledger, keyring: Keyring, statements: Sequence[Statement], *, at_ms: int) -> None:
    """One commit of what the gate need not see: as the recorder leaves it, but for the views."""
    origin = ledger.origin
    with ledger.book() as book:
        register = book.register
    with writing(ledger.engine) as connection:
        before = lock_head(connection, origin)
        last = before.last
        kept: list[Kept] = []
        for seq, one in enumerate(statements, start=before.size):
            entry = Entry(at_ms=at_ms, prev=last, statement=one.envelope.digest)
            last = entry.leaf_hash
            kept.append((seq, entry, one.envelope, one.header, one.opened))
        write_kept(connection, origin, kept)
        leaves = [Hash(entry.leaf_hash) for _, entry, *_ in kept]
        write_tiles(connection, origin, old_size=Size(before.size), leaves=leaves)
        edge = Edge.from_bytes(Size(before.size), before.edge).extend(leaves)
        root = edge.root()
        to = HeadRow(size=edge.size, root=bytes(root), edge=edge.to_bytes(), last=bytes(last), at_ms=at_ms)
        assert move_head(connection, origin, size=before.size, last=before.last, to=to), "nobody else writes"
        signers = keyring.signers(connection, register, size=edge.size, at_ms=at_ms)
        note = Checkpoint(origin=origin, size=edge.size, root=root).sign(signers)
        write_checkpoint(connection, origin, size=edge.size, note=note)


def _progress(what: str) -> Callable[[int, int], None]:
    return lambda done, of: _tell(done, of, what)


def _tell(done: int, of: int, what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:>9,} of {of:,} {what}", end="", file=sys.stderr)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where it is to lie, or lies")
    parser.add_argument("--entries", type=int, default=10_000, help="how long it is to be")
    parser.add_argument("--views", action="store_true", help="with all views of what is recorded")
    asked = parser.parse_args()
    with big_log(asked.folder, asked.entries, views=asked.views) as ledger:
        print(f"{ledger.size():,} entries in {database_of(asked.folder, asked.entries).parent}")


if __name__ == "__main__":
    main()
