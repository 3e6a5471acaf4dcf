"""The demo's clock: declared as simulated in the log's genesis, and shown as such on every page.

While the story is played it stands where the story says. Afterwards it goes on from there at the pace of a real one, so that a visitor's
own records come after the story's. It never goes back: the log would refuse.
"""

from __future__ import annotations

import time
from typing import Final

#: Where it stands when the plain story has been told.
TOLD_AT: Final = "2026-11-21T10:00:00+08:00"

_NS_PER_MS: Final = 1_000_000


class DemoClock:
    """A clock to be handed to a ledger: called, it gives milliseconds since 1970."""

    def __init__(self, ms: int) -> None:
        self._ms = ms
        self._since_ns: int | None = None

    def __call__(self) -> int:
        if self._since_ns is None:
            return self._ms
        return self._ms + (time.monotonic_ns() - self._since_ns) // _NS_PER_MS

    def stand_at(self, ms: int) -> None:
        """Stand still at this moment."""
        assert ms >= self(), f"the clock stands at {self()} ms and does not go back to {ms}"
        self._ms, self._since_ns = ms, None

    def run(self) -> None:
        """Go on from here, a second a second."""
        self._ms, self._since_ns = self(), time.monotonic_ns()
