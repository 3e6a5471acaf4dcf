"""The time-stamping authority that this server's settings name; nobody is asked before it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.timestamping import Authority, Timestamping

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.service import Ledger


def timestamping_of(ledger: Ledger, settings: Settings) -> Timestamping | None:
    """What has checkpoints stamped; None where the settings name no authority."""
    trusted = settings.tsa_trusted
    if settings.tsa_url is None or trusted is None:
        return None
    return Timestamping(ledger.engine, ledger.origin, Authority(settings.tsa_url, trusted))
