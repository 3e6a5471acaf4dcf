"""Where budgets are counted: in memory at once, and in the ledger's own database a moment later, for all processes together.

A `Storage` of the `limits` package. A request adds to a number in memory and waits for nobody. Every `SETTLE_SECONDS` in which something was
counted, one short transaction adds it all to the database and brings back what the other processes counted. What counts at once and
exactly (sign-in tries that were refused) is settled before its request is answered. What that makes exact and what not:
docs/decisions/0022-limits.md.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from limits.storage import Storage
from limits.storage.base import SlidingWindowCounterSupport
from sqlalchemy.exc import SQLAlchemyError

from ledger.store import spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import Engine

#: So often processes tell each other.
SETTLE_SECONDS: Final = 1.0
#: So often what has passed is removed.
FORGET_SECONDS: Final = 300.0
#: Callers and stretches of time held in memory: about 20 MB. More come from nobody who means well.
COUNTS_MAX: Final = 100_000

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Count:
    """One budget of one caller in one stretch of time: what all processes had settled, and what this one has not yet."""

    until: float
    settled: int = 0
    mine: int = 0

    @property
    def whole(self) -> int:
        return self.settled + self.mine


class LedgerStorage(Storage, SlidingWindowCounterSupport):
    """Counts for the strategies of `limits`, shared through a database."""

    STORAGE_SCHEME = ["suyuan"]  # noqa: RUF012  (as `limits` declares it)

    def __init__(self, engine: Engine, log_id: str, *, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._engine = engine
        self._log_id = log_id
        self._now = now
        self._counts = dict[str, _Count]()
        self._changed = set[str]()
        self._door = threading.Lock()
        #: One settlement at a time, and none in a request's own thread.
        self._settling = threading.Lock()
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="limits")
        self._called = False
        self._closing = threading.Event()
        self._forget_due = now() + FORGET_SECONDS

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the database raises."""
        return SQLAlchemyError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count within a window that begins now, or has begun."""
        with self._door:
            return self._add(key, until=self._now() + expiry, amount=amount).whole

    def get(self, key: str) -> int:
        """What was counted under this name, as far as it is known here."""
        with self._door:
            return self._whole(key)

    def get_expiry(self, key: str) -> float:
        """When this name's window ends."""
        with self._door:
            count = self._counts.get(key)
            return self._now() if count is None else count.until

    def check(self) -> bool:
        """Whether the database can be reached."""
        try:
            spent.settle(self._engine, self._log_id, {})
        except SQLAlchemyError:
            return False
        return True

    def reset(self) -> int | None:
        """Forget what this process remembers; the other processes go on."""
        with self._door:
            forgotten = len(self._counts)
            self._counts.clear()
            self._changed.clear()
        return forgotten

    def clear(self, key: str) -> None:
        """Forget one name here."""
        with self._door:
            self._counts.pop(key, None)
            self._changed.discard(key)

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count, unless this window and the fading rest of the one before it leave no room."""
        with self._door:
            now = self._now()
            _, current = _window_names(key, expiry, now)
            before, before_left, here, _ = self._window(key, expiry, now)
            if int(before * before_left / expiry + here) + amount > limit:
                return False
            # A window matters until the one after it is over.
            self._add(current, until=(now // expiry + 2) * expiry, amount=amount)
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and remaining seconds of the window before this one, and of this one."""
        with self._door:
            return self._window(key, expiry, self._now())

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget both windows here."""
        for name in _window_names(key, expiry, self._now()):
            self.clear(name)

    def settle_soon(self) -> None:
        """Let the clerk settle within `SETTLE_SECONDS`; waits for nothing."""
        with self._door:
            if self._called or self._closing.is_set():
                return
            self._called = True
            self._clerk.submit(self._settle_later)

    def settle(self, only: Iterable[str] | None = None) -> None:
        """Tell the database, and hear what others counted. What cannot be told now is told the next time."""
        with self._settling:
            with self._door:
                names = self._changed if only is None else self._changed.intersection(only)
                told = {name: self._counts[name].mine for name in names}
                rows = {name: (told[name], int(self._counts[name].until * 1000)) for name in names}
            try:
                sums = spent.settle(self._engine, self._log_id, rows) if rows else {}
                self._forget()
            except SQLAlchemyError as fault:
                _log.warning("budgets are not settled just now: %s", type(fault).__name__)
                return
            with self._door:
                for name, whole in sums.items():
                    count = self._counts.get(name)
                    if count is not None:
                        count.settled, count.mine = whole, count.mine - told[name]
                        if not count.mine:
                            self._changed.discard(name)

    def settle_window(self, key: str, expiry: int) -> None:
        """Settle one name now: for what must count exactly."""
        self.settle([_window_names(key, expiry, self._now())[1]])

    def close(self) -> None:
        """Settle what is left and stop."""
        self._closing.set()
        self._clerk.shutdown(wait=True)
        self.settle()

    def _settle_later(self) -> None:
        self._closing.wait(SETTLE_SECONDS)
        with self._door:
            self._called = False
        self.settle()

    def _forget(self) -> None:
        now = self._now()
        if now >= self._forget_due:
            self._forget_due = now + FORGET_SECONDS
            spent.forget(self._engine, self._log_id, before_ms=int(now * 1000))

    def _window(self, key: str, expiry: int, now: float) -> tuple[int, float, int, float]:
        before, current = _window_names(key, expiry, now)
        left = expiry - now % expiry
        return self._whole(before), left, self._whole(current), left + expiry

    def _whole(self, name: str) -> int:
        count = self._counts.get(name)
        return 0 if count is None or count.until <= self._now() else count.whole

    def _add(self, name: str, *, until: float, amount: int) -> _Count:
        count = self._counts.get(name)
        if count is None or count.until <= self._now():
            self._make_room()
            count = self._counts[name] = _Count(until=until)
        count.mine += amount
        self._changed.add(name)
        return count

    def _make_room(self) -> None:
        """Drop what has passed; then, if need be, what was counted longest ago and is settled: the database still knows it."""
        if len(self._counts) < COUNTS_MAX:
            return
        now = self._now()
        gone = [name for name, count in self._counts.items() if count.until <= now]
        gone += [name for name in self._counts if name not in self._changed][: COUNTS_MAX // 10]
        for name in gone or list(self._counts)[: COUNTS_MAX // 10]:
            self._counts.pop(name, None)
            self._changed.discard(name)


def _window_names(key: str, expiry: int, at: float) -> tuple[str, str]:
    """The names of the window before the current one, and of the current one."""
    number = int(at // expiry)
    return f"{key}/{number - 1}", f"{key}/{number}"
