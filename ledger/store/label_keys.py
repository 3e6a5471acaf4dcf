"""The keys that sign codes, as this server knows them: which it keeps for a maker, and the bundle that tells strangers of all of them.

Enrolling one is the service's; what it may sign the register's; the bundle's form stands in `ledger.log.label_keys`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import Words
from ledger.keys import Ed25519Signer
from ledger.log.entry import Entry
from ledger.log.errors import NoteMalformed
from ledger.log.label_keys import GOOD_FOR_MS, LabelKey, LabelKeys
from ledger.store.log_keys import check_not_frozen
from ledger.store.log_rows import read_places
from ledger.store.sql import Sql
from ledger.trace import party_view

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from ledger.identifiers import PartyId
    from ledger.keys import Vault
    from ledger.register import Enrolment, Register
    from ledger.store.book import SqlBook
    from ledger.store.log_keys import Keyring

#: A bundle is one note, of at most a million bytes: some 250 for each key.
BUNDLE_KEYS_MAX: Final = 3_000

_SEALED: Final = Sql[tuple[str, bytes]].of(
    "SELECT purpose, sealed FROM sealed_keys WHERE log_id = {} AND party = {}"
)


def label_purpose(party: PartyId, keyid: str) -> str:
    """Under which name the private half is sealed: no statement is ever signed by what lies under such a name."""
    return f"label {party} {keyid}"


def kept_label_signer(
    connection: Connection, register: Register, vault: Vault, party: PartyId
) -> Ed25519Signer | None:
    """The label key that this server keeps for a maker and that has not ended; the newest, should there be two."""
    good = {one.key.keyid: one for one in register.label_keys_of(party) if one.active_at(register.size)}
    found: list[tuple[int, Ed25519Signer]] = []
    for purpose, sealed in _SEALED.rows(connection, register.origin, str(party)):
        enrolment = good.get(purpose.rpartition(" ")[2])
        if enrolment is not None and purpose == label_purpose(party, enrolment.key.keyid):
            secret = vault.unseal(bytes(sealed), purpose=f"{register.origin} {purpose}")
            found.append((enrolment.since, Ed25519Signer.from_secret(secret)))
    return max(found, key=lambda one: one[0])[1] if found else None


def label_bundle(book: SqlBook, keyring: Keyring, *, now_ms: int, party: PartyId | None = None) -> bytes:
    """The note: every label key of the log as it stands, or those of one maker. A log that is frozen signs nothing any more."""
    check_not_frozen(book.connection, book.log_id)
    register = book.register
    known = list(register.label_keys.values()) if party is None else register.label_keys_of(party)
    if len(known) > BUNDLE_KEYS_MAX:
        expected = Words(
            zh=f"至多 {BUNDLE_KEYS_MAX} 把；请按 party 分别取",
            en=f"at most {BUNDLE_KEYS_MAX}: ask for one party's",
        )
        raise NoteMalformed(field="party", came=len(known), expected=expected)
    times = _times(
        book,
        {book.size - 1}
        | {one.since for one in known}
        | {one.until for one in known if one.until is not None},
    )
    at_ms = times[book.size - 1]
    bundle = LabelKeys(
        origin=register.origin,
        size=book.size,
        at_ms=at_ms,
        made_ms=max(now_ms, at_ms),
        until_ms=max(now_ms, at_ms) + GOOD_FOR_MS,
        keys=tuple(
            _told(book, one, times) for one in sorted(known, key=lambda one: (one.since, one.key.keyid))
        ),
    )
    signers = keyring.signers(book.connection, register, size=book.size, at_ms=at_ms)
    return bundle.signed(signers)


def _told(book: SqlBook, one: Enrolment, times: Mapping[int, int]) -> LabelKey:
    return LabelKey(
        key=one.key,
        party=one.party,
        custody=one.custody,
        since_ms=times[one.since],
        name=party_view(book, one.party).name or "",
        ended_ms=None if one.until is None else times[one.until],
        reason=one.reason,
        stolen_since_ms=one.compromised_ms,
    )


def _times(book: SqlBook, seqs: Collection[int]) -> Mapping[int, int]:
    """When the log took these entries."""
    return {seq: Entry.parse(raw).at_ms for seq, raw, _, _ in read_places(book.connection, book.log_id, seqs)}
