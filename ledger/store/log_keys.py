"""The private halves of the log's own keys, sealed in the database, and the note that says a log is frozen.

Which of them sign a checkpoint is told by the register and `ledger.log.succession`; here they are found and unsealed. A log that was
frozen (its key is in somebody else's hands) is never signed again: the row that says so is asked in every commit, so that no process
of this server goes on.
"""

from __future__ import annotations

import os
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from ledger.errors import NotAllowed, Refusal, Words
from ledger.identifiers import Instant
from ledger.log.note import NoteSigner, NoteVerifier, one_of
from ledger.log.succession import KeyChange, LogKeys
from ledger.store.log_rows import lock_head
from ledger.store.sql import Sql
from ledger.store.tables import FreezeRow, SealedKeyRow
from ledger.vocabulary.registering import LogKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.keys import Vault
    from ledger.register import Register

#: The key that a log was founded with; later ones are named by themselves.
FIRST: Final = "log"
SEED_BYTES: Final = 32

_sealed = SealedKeyRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_freezes = FreezeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel

_FROZEN: Final = Sql[tuple[int]].of("SELECT since_ms FROM freezes WHERE log_id = {}")


class LogFrozen(Refusal):
    """The log's key was stolen: nothing is signed with it any more. What was recorded stays, and can be read and checked."""

    title = Words(zh="日志已冻结，不再收录", en="the log is frozen and takes nothing more")


def check_not_frozen(connection: Connection, log_id: str) -> None:
    """Raise `LogFrozen` once the log was frozen."""
    for (since_ms,) in _FROZEN.rows(connection, log_id):
        raise LogFrozen(
            field="log",
            came=f"{log_id}, {Instant(since_ms).at_shanghai()}",
            expected=Words(zh="承接它的新日志", en="the log that takes its place"),
        )


def freeze(connection: Connection, log_id: str, *, at_ms: int) -> bool:
    """Let nothing more be signed, as of this transaction; False when it was frozen before."""
    # Whoever writes is done, or waits behind us and will find the row.
    lock_head(connection, log_id)
    if _FROZEN.rows(connection, log_id):
        return False
    connection.execute(insert(_freezes), {"log_id": log_id, "since_ms": at_ms})
    return True


@dataclass(slots=True)
class Keyring:
    """The log's keys with their private halves, unsealed when they are needed."""

    origin: str
    vault: Vault
    _held: dict[str, NoteSigner] = field(default_factory=dict)

    def first(self, connection: Connection) -> NoteSigner:
        """The key that the log was founded with."""
        return self._signer(connection, FIRST)

    def keys(self, connection: Connection, register: Register) -> LogKeys:
        """All public keys of the log as of this register."""
        return LogKeys.around(self.first(connection).verifier, register.log_keys)

    def signers(
        self, connection: Connection, register: Register, *, size: int, at_ms: int
    ) -> list[NoteSigner]:
        """Whoever signs the checkpoint of this size, the newest key first."""
        if not register.log_keys:
            return [self.first(connection)]
        keys = self.keys(connection, register)
        return [
            self._signer(connection, _purpose(keys, one)) for one in keys.in_force(size=size, at_ms=at_ms)
        ]

    def change(self, connection: Connection, register: Register, *, until_ms: int) -> LogKey:
        """Draw a new key, keep it sealed, and let both say that it follows."""
        keys = self.keys(connection, register)
        old = self._signer(connection, _purpose(keys, keys.newest))
        seed = os.urandom(SEED_BYTES)
        new = NoteSigner.from_seed(self.origin, seed)
        purpose = f"{FIRST} {new.verifier}"
        # Kept first: a key in the log whose private half nobody has would be the log's end.
        connection.execute(
            insert(_sealed),
            {
                "log_id": self.origin,
                "purpose": purpose,
                "party": "",
                "sealed": self.vault.seal(seed, purpose=f"{self.origin} {purpose}"),
            },
        )
        change = KeyChange(position=register.size, old=old.verifier, new=new.verifier, until_ms=until_ms)
        return LogKey(
            old_vkey=str(change.old),
            new_vkey=str(change.new),
            until_ms=until_ms,
            old_signature=_base64(old.sign(change.text())),
            new_signature=_base64(new.sign(change.text())),
        )

    def check(self, connection: Connection, said: LogKey, register: Register) -> None:
        """Raise unless the log's key is followed by one that this server holds: any other would leave the log without a pen."""
        keys = self.keys(connection, register)
        if said.old_vkey != str(keys.newest):
            raise NotAllowed(field="old_vkey", came=said.old_vkey, expected=one_of([keys.newest]))
        held = connection.execute(
            select(_sealed.c.purpose).where(
                _sealed.c.log_id == self.origin, _sealed.c.purpose == f"{FIRST} {said.new_vkey}"
            )
        )
        if held.first() is None:
            expected = Words(
                zh="本服务保管的密钥（suyuan log-key rotate）", en="a key that this server holds"
            )
            raise NotAllowed(field="new_vkey", came=said.new_vkey, expected=expected)

    def _signer(self, connection: Connection, purpose: str) -> NoteSigner:
        if purpose not in self._held:
            sealed = connection.execute(
                select(_sealed.c.sealed).where(_sealed.c.log_id == self.origin, _sealed.c.purpose == purpose)
            ).scalar_one()
            seed = self.vault.unseal(bytes(sealed), purpose=f"{self.origin} {purpose}")
            self._held[purpose] = NoteSigner.from_seed(self.origin, seed)
        return self._held[purpose]


def _purpose(keys: LogKeys, key: NoteVerifier) -> str:
    return FIRST if key == keys.first else f"{FIRST} {key}"


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
