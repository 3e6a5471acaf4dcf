"""Texts of the market operator: stalls, missing checks, entry on behalf. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
MARKET: Final[dict[str, tuple[str, str]]] = {
}
