"""The server's scrubber (`ledger.scrub`): when it runs, and what `/healthz` tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from ledger.identifiers import Instant
from ledger.scrub import Scrubber

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.service import Ledger


def scrubber_of(ledger: Ledger, settings: Settings) -> Scrubber | None:
    """The scrubber as the settings want it, not started; None where they want none."""
    if not settings.scrub_seconds:
        return None
    return Scrubber(
        ledger.engine,
        ledger.origin,
        keys=lambda: ledger.log_keys,
        clock=ledger.clock,
        rest=settings.scrub_seconds,
    )


def _scrubber(request: Request) -> Scrubber | None:
    found = getattr(request.app.state, "scrubber", None)
    return found if isinstance(found, Scrubber) else None


MaybeScrubber = Annotated[Scrubber | None, Depends(_scrubber)]


def told(scrubber: Scrubber) -> dict[str, object]:
    """How far it is, and what is wrong: `fault` is null while nothing is, and `faults` only ever grows."""
    now = scrubber.standing
    passed = None if now.passed_ms is None else str(Instant(now.passed_ms).at_shanghai())
    return {
        "position": now.position,
        "of": now.of,
        "passes": now.passes,
        "passed_at": passed,
        "faults": now.faults,
        "fault": now.fault,
    }
