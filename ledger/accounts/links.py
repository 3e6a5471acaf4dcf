"""Sign-in links by a channel that the operator configures: a text message, WeChat, or, for tests and demos, a file.

Who asks for one gives a telephone and is told the same, in the same time, whether somebody has it or not: a link is made and kept in either case, and
sent, where there is somebody, after the answer has gone out.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from ledger.accounts.office import MINUTE_MS, Office, OnceOver
from ledger.accounts.persons import SMALL, find_person, person_reached, read_contact
from ledger.errors import Words

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.accounts.once import Once
    from ledger.accounts.persons import Person

LINK_MS: Final = 15 * MINUTE_MS
#: No telephone gets more than one message a minute.
LINK_EVERY_MS: Final = MINUTE_MS


class Channel(Protocol):
    """How a message reaches a person."""

    def send(self, to: str, text: str) -> None:
        """Send `text` to the telephone or address `to`."""
        ...


@dataclass(frozen=True, slots=True)
class FileChannel:
    """Appends each message to a file of its own user's, one line of JSON each: for tests, demos and trying out."""

    path: Path

    def send(self, to: str, text: str) -> None:
        """One line more."""
        line = json.dumps({"to": to, "text": text}, ensure_ascii=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(line)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that waits to be sent, or nothing, for a telephone that nobody has."""

    to: str | None = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Links:
    """The sign-in links of one log's accounts."""

    office: Office
    once: Once

    def ask(self, contact: str) -> Letter:
        """A link for whoever has this telephone. The same work is done where nobody has it."""
        contact, token = read_contact(contact), self.office.token()
        with self.office.writing() as connection:
            person = person_reached(self.office, connection, contact)
            known = person is not None and person.acting in SMALL
            about = (
                str(person.id)
                if known and person is not None
                else f"nobody {self.office.keyed_digest(connection, contact)}"
            )
            often = self.once.made_since(connection, "link", about, self.office.clock() - LINK_EVERY_MS)
            if not often:
                # The one that was sent last is the one that opens.
                self.once.drop(connection, "link", about)
                self.once.put(connection, "link", token, about=about, lasts_ms=LINK_MS)
        return Letter(to=contact if known and not often else None, token=token)

    def holder(self, connection: Connection, token: str) -> Person:
        """Whom a link lets in; it is used up."""
        kept = self.once.take(connection, "link", token)
        person = None if kept is None else find_person(self.office, connection, kept.about)
        if person is None or person.acting not in SMALL:
            expected = Words(
                zh="15 分钟内收到的、未用过的链接", en="a link that came within 15 minutes and was not used"
            )
            raise OnceOver(field="link", came="…", expected=expected)
        return person
