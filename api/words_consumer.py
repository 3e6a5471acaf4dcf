"""Texts of the buyer's page and reports. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
CONSUMER: Final[dict[str, tuple[str, str]]] = {
}
