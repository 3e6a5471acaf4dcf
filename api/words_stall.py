"""Texts of the stall: deliveries in three taps, today's list, the stall's code. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
STALL: Final[dict[str, tuple[str, str]]] = {
}
