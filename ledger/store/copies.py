"""Which copies left this server, and which of them hold an item: so that after an erasure their holders can be asked.

A copy is remembered before it is handed out: one that is remembered and was never made harms nobody, one that was made and is not
remembered is beyond recall. What its holder makes of it nobody here can know.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import insert, select, update

from ledger.canonical import Json, canonical, read
from ledger.store.engine import reading, writing
from ledger.store.tables import ExportRow

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: `log`: a folder with the whole log. `disclosure`: one statement in a file. The others are lists and documents made from records.
CopyKind = Literal["log", "disclosure", "sheet", "epcis", "table", "evidence_bundle"]

_NAME_BYTES: Final = 8
#: The list of a large document's items, as it is read back.
_PLACES_BYTES_MAX: Final = 64 * 1024 * 1024
_exports = ExportRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy. `places` says which items of which positions it holds; None where it holds all of them, from `lowest` to `highest`.

    `digest` is the SHA-256 of its bytes (of an exported log: of the list of its files), empty until they were made.
    """

    name: str
    made_ms: int
    kind: str
    to_whom: str
    digest: str
    lowest: int
    highest: int
    places: Mapping[int, tuple[int, ...]] | None

    def holds(self, seq: int, places: Collection[int]) -> bool:
        """Whether any of these items of the entry at `seq` are in it."""
        if not self.lowest <= seq <= self.highest:
            return False
        return self.places is None or not set(places).isdisjoint(self.places.get(seq, ()))


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one log."""

    engine: Engine
    log_id: str
    clock: Callable[[], int]

    def remember(
        self, kind: CopyKind, *, to_whom: str, places: Mapping[int, Collection[int]] | None, size: int = 0
    ) -> str:
        """Remember a copy that is about to be made: of the items at these places, or (None) of the whole log up to `size`. Its name."""
        name = secrets.token_hex(_NAME_BYTES)
        held: Json = None
        if places is not None:
            held = {str(seq): sorted(some) for seq, some in places.items()}
        seqs = range(size) if places is None else sorted(places)
        row = {
            "log_id": self.log_id,
            "name": name,
            "made_ms": self.clock(),
            "kind": kind,
            "to_whom": to_whom,
            "digest": "",
            "lowest": seqs[0] if seqs else 0,
            "highest": seqs[-1] if seqs else -1,
            "places": canonical(held),
        }
        with writing(self.engine) as connection:
            connection.execute(insert(_exports), row)
        return name

    def made(self, name: str, *, digest: str) -> None:
        """The copy was made, and this is the SHA-256 of its bytes."""
        with writing(self.engine) as connection:
            connection.execute(
                update(_exports)
                .where(_exports.c.log_id == self.log_id, _exports.c.name == name)
                .values(digest=digest)
            )

    def is_with(self, to_whom: str, kind: CopyKind, places: Mapping[int, Collection[int]]) -> bool:
        """Whether somebody was handed a copy of just these items before."""
        held = canonical({str(seq): sorted(some) for seq, some in places.items()})
        with reading(self.engine) as connection:
            found = connection.execute(
                select(_exports.c.name)
                .where(
                    _exports.c.log_id == self.log_id,
                    _exports.c.kind == kind,
                    _exports.c.to_whom == to_whom,
                    _exports.c.lowest == min(places),
                    _exports.c.highest == max(places),
                    _exports.c.places == held,
                )
                .limit(1)
            )
            return found.first() is not None

    def holding(self, items: Mapping[int, Collection[int]], *, until_ms: int) -> list[Copy]:
        """The copies made until then that hold any of these items, the oldest first. What was erased before is in no later copy."""
        with reading(self.engine) as connection:
            return _holding(connection, self.log_id, items, until_ms=until_ms)


def _holding(
    connection: Connection, log_id: str, items: Mapping[int, Collection[int]], *, until_ms: int
) -> list[Copy]:
    if not items:
        return []
    rows = connection.execute(
        select(
            _exports.c.name,
            _exports.c.made_ms,
            _exports.c.kind,
            _exports.c.to_whom,
            _exports.c.digest,
            _exports.c.lowest,
            _exports.c.highest,
            _exports.c.places,
        )
        .where(
            _exports.c.log_id == log_id,
            _exports.c.made_ms <= until_ms,
            _exports.c.lowest <= max(items),
            _exports.c.highest >= min(items),
        )
        .order_by(_exports.c.made_ms, _exports.c.name)
    )
    copies = [
        Copy(*row[:-1], places=_places(read(bytes(row.places), bytes_max=_PLACES_BYTES_MAX))) for row in rows
    ]
    return [one for one in copies if any(one.holds(seq, places) for seq, places in items.items())]


def _places(value: Json) -> dict[int, tuple[int, ...]] | None:
    if not isinstance(value, Mapping):
        return None
    return {
        int(seq): tuple(one for one in some if isinstance(one, int))
        for seq, some in value.items()
        if isinstance(some, Sequence)
    }
