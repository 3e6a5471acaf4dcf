"""Counting how often the page of a code is opened, without noting who opens it.

    counted       a GET that was answered with the page of goods that are recorded here: once for each code, or each batch
    not counted   HEAD, pages fetched ahead by a browser, whoever says of himself that he is a robot, and a page that is opened again from
                  the same address within half an hour

By which address a repetition is known stands in memory only, as a digest under a key that is drawn at start and told to nobody. What is
counted is added to the database a few seconds later (`ledger.store.openings`); a server that is killed loses those seconds. Pages show what
was counted until yesterday: whoever sells a code cannot watch by it who comes and goes.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.background import BackgroundTask

from api.limits import Visitors
from ledger.identifiers import LegalDate
from ledger.store import openings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request

    from ledger.service import Ledger
    from ledger.store.book import SqlBook

#: So long a page that is loaded again from the same address is the same opening.
AGAIN_SECONDS: Final = 1_800.0
#: So often what was counted goes to the database.
SETTLE_SECONDS: Final = 5.0
#: Addresses and pages remembered at a time, about 10 MB; and pages whose counts wait for the database.
SEEN_MAX: Final = 50_000
WAITING_MAX: Final = 10_000
_DAY_MS: Final = 86_400_000
_SHANGHAI_MS: Final = 8 * 3_600_000
_READING: Final = frozenset({"GET"})
#: As robots name themselves; and programs that show a small picture of an address that was sent in a message. In small letters: to look for
#: both kinds at every place of every name costs thirty times as much as to make the letters small.
_ROBOT: Final = re.compile(
    rb"bot\b|crawl|spider|slurp|preview|monitor|uptime|headless|lighthouse|curl/|wget/|python|java/|okhttp|go-http"
)
_AHEAD: Final = re.compile(rb"prefetch|preview|prerender")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was counted of one page: so many openings from the first day to the last that is over."""

    count: int
    first: LegalDate
    last: LegalDate


def day_of(at_ms: int) -> int:
    """The day on a Chinese clock, counted from 1970."""
    return (at_ms + _SHANGHAI_MS) // _DAY_MS


def day_shown(day: int) -> LegalDate:
    """The same as a day of the calendar."""
    return LegalDate.parse(time.strftime("%Y-%m-%d", time.gmtime(day * 86_400)))


class Openings:
    """The counts of one server process."""

    def __init__(
        self, ledger: Ledger, *, proxies: Iterable[str] = (), now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._visitors = Visitors(ledger, proxies=proxies, now=time.time)
        self._now = now
        self._key = secrets.token_bytes(16)
        self._seen = dict[bytes, float]()
        self._waiting = Counter[tuple[str, int]]()
        self._door = threading.Lock()
        self._settled = now() - SETTLE_SECONDS

    def note(self, request: Request, subject: str) -> BackgroundTask | None:
        """One opening of the page about `subject`, if it is one; what is to be done after the answer, if anything is."""
        if request.method not in _READING or opened_by_itself(request):
            return None
        now, day, peer = self._now(), day_of(self._ledger.clock()), self._visitors.peer(request)
        mark = hashlib.blake2b(f"{peer} {subject}".encode(), key=self._key, digest_size=12).digest()
        with self._door:
            if self._seen.get(mark, now) > now:
                return None
            if len(self._seen) >= SEEN_MAX:
                self._seen.clear()
            self._seen[mark] = now + AGAIN_SECONDS
            if len(self._waiting) < WAITING_MAX or (subject, day) in self._waiting:
                self._waiting[subject, day] += 1
            if now - self._settled < SETTLE_SECONDS:
                return None
            self._settled = now
        return BackgroundTask(self.settle)

    def settle(self) -> None:
        """Tell the database. What cannot be told now is told the next time."""
        with self._door:
            told, self._waiting = self._waiting, Counter()
        try:
            openings.add(self._ledger.engine, self._ledger.origin, told, today=day_of(self._ledger.clock()))
        except SQLAlchemyError as fault:
            _log.warning("openings are not settled just now: %s", type(fault).__name__)
            with self._door:
                self._waiting.update(told)

    def told(self, book: SqlBook, subject: str) -> Opened | None:
        """What was counted until yesterday; None where nothing was."""
        today = day_of(self._ledger.clock())
        found = openings.counted(book.connection, book.log_id, subject, before=today)
        return None if found is None else Opened(found[0], day_shown(found[1]), day_shown(today - 1))


def opened_by_itself(request: Request) -> bool:
    """Whether a program says that it opens the page, and no person does."""
    for name, value in request.scope["headers"]:
        if name == b"user-agent" and _ROBOT.search(value.lower()):
            return True
        if name in {b"sec-purpose", b"purpose", b"x-purpose", b"x-moz"} and _AHEAD.search(value.lower()):
            return True
    return False
