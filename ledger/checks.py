"""What must hold of each entry of a log, whoever checks it: the server over its own rows, a stranger over what was published.

The entry follows on the one before and never stands earlier; the envelope is the one it digests and was made for this log; every item that
is there opens its commitment; the signatures are good by the register as it stood just before. Each check raises `NotAsSigned` with the part
that is wrong. Where that part lies, in which table or which file, the caller knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeVar

from ledger.errors import LedgerFault, Refusal, shown
from ledger.log.entry import Entry
from ledger.register import Register
from ledger.statement import CommitmentWrong, Envelope, Header, Statement, check_commitment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.statement import OpenedItem

Part = Literal["entry", "envelope", "items"]

_Value = TypeVar("_Value")


class NotAsSigned(LedgerFault):
    """One part of an entry is not what the log, or an issuer, signed."""

    def __init__(self, part: Part, *, came: object, expected: str) -> None:
        self.part, self.came, self.expected = part, shown(came), expected
        super().__init__(f"{part}: came '{self.came}', expected {expected}")


def check_entry(raw: bytes, *, last: bytes, at_ms: int) -> Entry:
    """The entry in these bytes, if it follows on the leaf hash `last` and does not stand before `at_ms`."""
    entry = read_part("entry", "an entry", lambda: Entry.parse(raw))
    if entry.prev != last:
        expected = f"prev = leaf hash {last.hex()} of the entry before"
        raise NotAsSigned("entry", came=entry.prev.hex(), expected=expected)
    if entry.at_ms < at_ms:
        raise NotAsSigned("entry", came=entry.at_ms, expected=f"a time not before {at_ms}")
    return entry


def check_envelope(envelope: Envelope, entry: Entry, *, origin: str) -> Header:
    """The header of an envelope, if the entry digests just this one and it was made for this log."""
    if envelope.digest != entry.statement:
        expected = f"the bytes with SHA-256 {entry.statement.hex()}"
        raise NotAsSigned("envelope", came=envelope.digest.hex(), expected=expected)
    header = read_part("envelope", "a header", lambda: Header.parse(envelope.payload))
    if header.log != origin:
        raise NotAsSigned("envelope", came=header.log, expected=origin)
    return header


def check_items(header: Header, opened: Sequence[OpenedItem | None]) -> None:
    """One place for each commitment, and what stands there opens it."""
    if len(opened) != len(header.items):
        raise NotAsSigned("items", came=f"{len(opened)} places", expected=f"{len(header.items)} places")
    for place, (one, commitment) in enumerate(zip(opened, header.items, strict=True)):
        if one is None:
            continue
        try:
            check_commitment(one, commitment, header=header, place=place)
        except CommitmentWrong as wrong:
            came, expected = f"item {place} ({one.item.kind})", "the item and salt that were committed to"
            raise NotAsSigned("items", came=came, expected=expected) from wrong


def check_signed(register: Register, statement: Statement, *, at: int) -> None:
    """Signed by keys that might sign it there."""
    try:
        register.admits(statement, at=at)
    except (Refusal, LedgerFault) as wrong:
        raise _not_signed(wrong) from wrong


def admitted(register: Register | None, statement: Statement, *, at: int) -> Register:
    """The register after this statement, if it was signed by keys that might sign it; with none before it, it must be the genesis."""
    try:
        if register is None:
            return Register.found(statement)
        register.admits(statement, at=at)
        return register.after(statement, at=at)
    except (Refusal, LedgerFault) as wrong:
        raise _not_signed(wrong) from wrong


def _not_signed(wrong: Exception) -> NotAsSigned:
    expected = "signatures by keys enrolled before this entry"
    return NotAsSigned("envelope", came=str(wrong), expected=expected)


def read_part(part: Part, expected: str, read: Callable[[], _Value]) -> _Value:
    """What `read` gives; a refusal says that this part is none."""
    try:
        return read()
    except (Refusal, LedgerFault) as wrong:
        raise NotAsSigned(part, came=str(wrong), expected=expected) from wrong
