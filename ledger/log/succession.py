"""How a log changes its key, and which of its keys must have signed a checkpoint.

    suyuan/log-key/v1                             a domain of its own: no checkpoint begins like this
    log.example/main                              the log's name
    log.example/main+5725c3dc+ATtqJ7z…            the key that signed so far
    log.example/main+0be1d8f2+AVy3…               the key that signs from now on
    1797206400000                                 until when the first one signs beside it (ms, the log's clock)

Both keys sign this text: the old one because nobody else may name its heir, the new one so that nobody names a key he does not hold.
Each signature carries the trust in one key over to the other, so whoever knows any key of the log finds all of them.

A checkpoint is judged by its size and by the time of its last entry. The newest key of that moment must have signed it, and every
older one whose overlap has not ended. A note that only a retired key has signed is worth nothing: that is what retiring it means.

What a change says in the log (`log_key.v1`) is the register's business. Where the secret halves lie is the operator's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from ledger.errors import Words
from ledger.log.checkpoint import open_checkpoint
from ledger.log.errors import KeyMalformed, NoteUnsigned
from ledger.log.note import NoteVerifier, SignatureKind, one_of
from ledger.log.strict import decode_base64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.log.checkpoint import SignedCheckpoint

DOMAIN: Final = "suyuan/log-key/v1"


class KeyRetired(NoteUnsigned):
    """A key of the log has signed, but not the one that had to at this size and time."""

    title = Words(zh="签名密钥已停用", en="signed by a retired key only")


class NoKeyOfThisLog(KeyMalformed):
    """The given key is none that this log ever had."""

    title = Words(zh="不是本日志的密钥", en="not a key of this log")


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One change of keys: the entry that says it, both keys, and until when the old one signs along."""

    position: int
    old: NoteVerifier
    new: NoteVerifier
    until_ms: int

    def text(self) -> bytes:
        """What both keys sign."""
        return change_text(self.old, self.new, self.until_ms)

    def check(self, *, old_signature: str, new_signature: str) -> None:
        """Raise unless both keys belong to one log, differ, and both have signed."""
        if self.old.name != self.new.name or self.old == self.new or self.new.kind is not _ED25519:
            expected = Words(zh="同一日志的另一把密钥", en="another key of the same log")
            raise KeyMalformed(field="new_vkey", came=str(self.new), expected=expected)
        for name, key, text in (
            ("old_signature", self.old, old_signature),
            ("new_signature", self.new, new_signature),
        ):
            raw = decode_base64(text)
            if raw is None:
                raise KeyMalformed(
                    field=name, came=text, expected=Words(zh="base64 签名", en="a base64 signature")
                )
            key.check(self.text(), raw)


_ED25519: Final = SignatureKind.ED25519


def change_text(old: NoteVerifier, new: NoteVerifier, until_ms: int) -> bytes:
    """What both keys sign when one follows the other."""
    return f"{DOMAIN}\n{old.name}\n{old}\n{new}\n{until_ms}\n".encode()


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log, the first one first, and the changes between them."""

    first: NoteVerifier
    changes: tuple[KeyChange, ...] = ()

    @classmethod
    def around(cls, given: NoteVerifier, changes: Sequence[KeyChange]) -> Self:
        """All keys of a log of which any one is known. The changes were checked, and form a chain (`add_change`)."""
        keys = cls(changes[0].old if changes else given, tuple(changes))
        if given not in keys.all:
            raise NoKeyOfThisLog(field="vkey", came=str(given), expected=one_of(keys.all))
        return keys

    @property
    def newest(self) -> NoteVerifier:
        """The key that signs now."""
        return self.all[0]

    @property
    def all(self) -> tuple[NoteVerifier, ...]:
        """Every key the log ever had, the newest first."""
        return (*(change.new for change in reversed(self.changes)), self.first)

    def in_force(self, *, size: int, at_ms: int) -> tuple[NoteVerifier, ...]:
        """The keys that sign a checkpoint of this size whose last entry was taken at this time, the newest first."""
        newest, beside = self.first, list[NoteVerifier]()
        for change in self.changes:
            # The entry that names the new key is the first one under its signature.
            if change.position >= size:
                break
            newest = change.new
            if at_ms <= change.until_ms:
                beside.append(change.old)
        return (newest, *reversed(beside))

    def open(self, note: bytes, *, at_ms: int) -> SignedCheckpoint:
        """The checkpoint in a note, if every key that had to has signed it. `at_ms`: when its last entry was taken."""
        opened = open_checkpoint(note, self.all)
        signed = {one.verifier for one in opened.log_signatures}
        for key in self.in_force(size=opened.checkpoint.size, at_ms=at_ms):
            if key not in signed:
                came = ", ".join(str(one) for one in self.all if one in signed)
                raise KeyRetired(field="signatures", came=came, expected=one_of([key]))
        return opened


def add_change(changes: Sequence[KeyChange], change: KeyChange) -> tuple[KeyChange, ...]:
    """The changes with one more: it follows on the newest key and brings none that was there before."""
    if changes and change.old != changes[-1].new:
        raise KeyMalformed(field="old_vkey", came=str(change.old), expected=one_of([changes[-1].new]))
    if any(change.new in {one.old, one.new} for one in changes):
        expected = Words(zh="未曾用过的密钥", en="a key that this log never had")
        raise KeyMalformed(field="new_vkey", came=str(change.new), expected=expected)
    return (*changes, change)
