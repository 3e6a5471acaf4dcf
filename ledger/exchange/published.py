"""What the log publishes beside its tree: its keys, and who may sign what since when. The same from the server and in a copy of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.identifiers import Instant
from ledger.register import REGISTER_TYPES
from ledger.store.book import stored_entries

if TYPE_CHECKING:
    from ledger.canonical import Json
    from ledger.service import Ledger


def published_vkeys(ledger: Ledger) -> bytes:
    """The log's public keys, the newest first, each on a line."""
    return "".join(f"{one}\n" for one in ledger.log_keys.all).encode()


def published_register(ledger: Ledger) -> dict[str, Json]:
    """Every register statement whole, with its position."""
    with ledger.book() as book:
        seqs = {mention.seq for mention in book.mentions([f"type/{kind}" for kind in REGISTER_TYPES])}
        whole = list(stored_entries(book.connection, ledger.origin, seqs))
        size = book.size
    statements: list[Json] = [
        {
            "position": stored.seq,
            "recorded_at": str(Instant(stored.entry.at_ms).at_shanghai()),
            "type": stored.header.type,
            "envelope": stored.envelope.as_json(),
            "items": [None if one is None else one.as_json() for one in stored.opened],
        }
        for stored in whole
    ]
    return {
        "origin": ledger.origin,
        "size": size,
        "vkey": str(ledger.vkey),
        "vkeys": [str(one) for one in ledger.log_keys.all],
        "statements": statements,
    }
