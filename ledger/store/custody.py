"""The private keys that this server keeps for parties who can keep none (custodial keys), and how each key lies sealed in its row.

Whether a key may sign is asked of the register each time; only the unsealing is not done again. Enrolling one is the service's; the log's own
keys are found by `ledger.store.log_keys`, those that sign codes by `ledger.store.label_keys`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.errors import NotAllowed, Words
from ledger.keys import Ed25519Signer
from ledger.store.sql import Sql

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.identifiers import PartyId
    from ledger.keys import Signer, Vault
    from ledger.store.book import SqlBook

#: Custodial keys that stay unsealed in memory.
SIGNERS_HELD_MAX: Final = 1_000

_KEEP: Final = Sql[tuple[()]].inserting("sealed_keys", "log_id", "purpose", "party", "sealed")
_OF_PARTY: Final = Sql[tuple[str, bytes]].of(
    "SELECT purpose, sealed FROM sealed_keys WHERE log_id = {} AND party = {}"
)


def custodial_purpose(party: PartyId, keyid: str) -> str:
    """Under which name a key lies that signs statements of a party."""
    return f"custodial {party} {keyid}"


def keep_key(
    connection: Connection, vault: Vault, log_id: str, *, purpose: str, party: str, secret: bytes
) -> None:
    """Keep the secret bytes of a key, sealed for this purpose in this log and no other."""
    _KEEP.each(connection, [(log_id, purpose, party, vault.seal(secret, purpose=f"{log_id} {purpose}"))])


class Custody:
    """Signs for parties with the keys that are kept for them. Threads may share it."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._held: dict[tuple[PartyId, str | None], Ed25519Signer] = {}

    def signer(self, book: SqlBook, party: PartyId, *, holder: str | None) -> Signer:
        """The key that is kept for a party and may sign as of this book; `NotAllowed` for one who signs for himself."""
        # A party that signs for itself is signed for by nobody else, unless its key here is that of one person.
        if holder is not None or not book.register.signs_for_itself(party):
            held = self._held.get((party, holder))
            if held is not None and _may_sign(held, book, holder=holder):
                return held
            for purpose, sealed in _OF_PARTY.rows(book.connection, book.log_id, str(party)):
                secret = self._vault.unseal(bytes(sealed), purpose=f"{book.log_id} {purpose}")
                signer = Ed25519Signer.from_secret(secret)
                if _may_sign(signer, book, holder=holder):
                    if len(self._held) >= SIGNERS_HELD_MAX:
                        self._held.clear()
                    self._held[party, holder] = signer
                    return signer
        expected = Words(
            zh="本服务代管密钥的主体；自持密钥请提交已签名的记录",
            en="a party whose key this server holds; send signed statements otherwise",
        )
        raise NotAllowed(field="issuer", came=party, expected=expected)


def _may_sign(signer: Ed25519Signer, book: SqlBook, *, holder: str | None) -> bool:
    enrolment = book.register.keys.get(signer.public.keyid)
    return enrolment is not None and enrolment.active_at(book.size) and enrolment.holder == holder
