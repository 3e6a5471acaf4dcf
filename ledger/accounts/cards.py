"""The small trader's card: a printed number (with a QR code), and a PIN of six digits.

The number has 80 bits and only its digest is kept; the PIN is kept under scrypt together with the number, so that a copy of the
database cannot even try PINs. A try is counted before it is checked: however many are sent at once, a card takes five and is then locked until the
registrar or the party's owner unlocks it. An unknown number costs the same work and gives the same words as a wrong PIN.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from sqlalchemy import delete, insert, select, update

from ledger.accounts.office import Office, SignInBusy, SignInFailed, digest_of
from ledger.accounts.persons import PersonId, find_person
from ledger.accounts.typed import CARD_LETTERS, draw, grouped, plain
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.store.tables import CardRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

PIN_DIGITS: Final = 6
TRIES_MAX: Final = 5
SALT_BYTES: Final = 16
#: RFC 7914: some 16 MiB and a tenth of a second for each try.
SCRYPT_N: Final = 2**14
SCRYPT_R: Final = 8
SCRYPT_P: Final = 1
#: So many PINs are checked at a time, in this process; the next one waits so long and is then asked to come again.
AT_A_TIME: Final = 2
WAIT_SECONDS: Final = 5.0

_PIN: Final = re.compile(rf"[0-9]{{{PIN_DIGITS}}}", re.ASCII)
_checking: Final = threading.BoundedSemaphore(AT_A_TIME)

_cards = CardRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


class CardLocked(NotAllowed):
    """Too many wrong PINs. The card opens nothing until it is unlocked."""

    title: ClassVar[Words] = Words(zh="卡片已锁定", en="this card is locked")


@dataclass(frozen=True, slots=True)
class Card:
    """A new card: number and PIN, shown this once."""

    person: PersonId
    number: str = field(repr=False)
    pin: str = field(repr=False)

    @property
    def printed(self) -> str:
        """The number as it stands on the card."""
        return grouped(self.number)


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card is now."""

    tries_left: int
    made_ms: int

    @property
    def locked(self) -> bool:
        """Whether it has to be unlocked first."""
        return self.tries_left == 0


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards of one log's accounts."""

    office: Office

    def issue(self, connection: Connection, person: PersonId) -> Card:
        """A card for somebody, with a PIN drawn for it; the one before it opens nothing any more."""
        card = Card(person=person, number=draw(self.office, CARD_LETTERS), pin=self._draw_pin())
        salt = self.office.randomness(SALT_BYTES)
        here = _cards.c.log_id == self.office.log_id
        connection.execute(delete(_cards).where(here, _cards.c.person == str(person)))
        row = {
            "digest": digest_of(card.number),
            "log_id": self.office.log_id,
            "person": str(person),
            "salt": salt,
            "pin": _stretched(card.number, card.pin, salt),
            "tries": 0,
            "made_ms": self.office.clock(),
        }
        connection.execute(insert(_cards), row)
        return card

    def holder(self, number: str, pin: str) -> PersonId:
        """Whose card this is, when the PIN is right; else `SignInFailed`, or `CardLocked` to whoever holds a card that was tried too often."""
        number, pin = plain(number), plain(pin)
        which = (_cards.c.digest == digest_of(number[: CARD_LETTERS + 1])) & (
            _cards.c.log_id == self.office.log_id
        )
        if not _checking.acquire(timeout=WAIT_SECONDS):
            message = f"{AT_A_TIME} PINs are being checked and others wait"
            raise SignInBusy(message)
        try:
            with self.office.writing() as connection:
                # Counted before it is checked: tries that come at once are counted like those that come one by one.
                counted = connection.execute(
                    update(_cards).where(which, _cards.c.tries < TRIES_MAX).values(tries=_cards.c.tries + 1)
                ).rowcount
                row = connection.execute(select(_cards).where(which)).one_or_none()
            salt, kept = (b"\0" * SALT_BYTES, b"") if row is None else (bytes(row.salt), bytes(row.pin))
            right = hmac.compare_digest(_stretched(number, pin[: PIN_DIGITS + 1], salt), kept)
        finally:
            _checking.release()
        if row is None:
            raise _wrong()
        if not counted:
            raise CardLocked(field="card", came="…", expected=_UNLOCK)
        if not right:
            if row.tries >= TRIES_MAX:
                self._note_lock(row.person)
            raise _wrong()
        with self.office.writing() as connection:
            connection.execute(update(_cards).where(which).values(tries=0))
        return PersonId.parse(row.person)

    def set_pin(self, person: PersonId, number: str, old: str, new: str) -> None:
        """A PIN of the holder's own choice, for whoever knows number and PIN."""
        number = plain(number)
        if not _PIN.fullmatch(plain(new)) or plain(new) in _OBVIOUS:
            expected = Words(
                zh="6 位数字，不要用 123456 或同一个数字", en="six digits, not 123456 nor one digit six times"
            )
            raise Malformed(field="new_pin", came="…", expected=expected)
        if self.holder(number, old) != person:
            raise _wrong()
        salt = self.office.randomness(SALT_BYTES)
        values = {"salt": salt, "pin": _stretched(number, plain(new), salt)}
        with self.office.writing() as connection:
            connection.execute(
                update(_cards)
                .where(_cards.c.digest == digest_of(number), _cards.c.log_id == self.office.log_id)
                .values(values)
            )

    def unlock(self, connection: Connection, person: PersonId) -> None:
        """Five tries again."""
        done = connection.execute(
            update(_cards)
            .where(_cards.c.log_id == self.office.log_id, _cards.c.person == str(person))
            .values(tries=0)
        )
        if not done.rowcount:
            raise UnknownName(
                field="person", came=person, expected=Words(zh="已发卡的人员", en="a person with a card")
            )

    def state(self, connection: Connection, person: PersonId) -> CardState | None:
        """How a person's card stands; None for a person without one."""
        row = connection.execute(
            select(_cards.c.tries, _cards.c.made_ms).where(
                _cards.c.log_id == self.office.log_id, _cards.c.person == str(person)
            )
        ).one_or_none()
        return (
            None
            if row is None
            else CardState(tries_left=TRIES_MAX - int(row.tries), made_ms=int(row.made_ms))
        )

    def _note_lock(self, person: str) -> None:
        with self.office.writing() as connection:
            holder = find_person(self.office, connection, person)
            if holder is not None:
                self.office.note(connection, "card_locked", party=holder.party, person=person)

    def _draw_pin(self) -> str:
        while True:
            # 24 bits are cut evenly into a million but for a hundredth of one in a hundred; those are drawn again.
            number = int.from_bytes(self.office.randomness(3), "big")
            pin = f"{number % 10**PIN_DIGITS:0{PIN_DIGITS}}"
            if number < 16 * 10**PIN_DIGITS and pin not in _OBVIOUS:
                return pin


def _stretched(number: str, pin: str, salt: bytes) -> bytes:
    secret = f"{number} {pin}".encode("utf-8", "backslashreplace")
    return hashlib.scrypt(secret, salt=salt, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P)


def _wrong() -> SignInFailed:
    expected = Words(
        zh="卡上的号码和 6 位密码；连续错 5 次会锁卡",
        en="the number on the card and its six-digit PIN; five wrong ones lock the card",
    )
    return SignInFailed(field="card", came="…", expected=expected)


_UNLOCK: Final = Words(
    zh="先解锁：请带上卡片和证件找发卡的登记机构，或请本单位负责人解锁",
    en="unlocking first: ask the registrar who issued it, or your party's owner",
)
_OBVIOUS: Final = frozenset({"123456", "654321", *(str(digit) * PIN_DIGITS for digit in range(10))})
