"""How a GS1 rule says no: what came and what was expected. The AI is added by whoever knows it."""

from __future__ import annotations

from ledger.errors import Malformed, Words


def wrong(came: str, *, zh: str, en: str, field: str = "") -> Malformed:
    """A refusal in two languages."""
    return Malformed(field=field, came=came, expected=Words(zh=zh, en=en))
