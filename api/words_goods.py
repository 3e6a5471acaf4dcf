"""Texts of the clerk's console: batches, checks, shipments, labels, recalls, people. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
GOODS: Final[dict[str, tuple[str, str]]] = {
}
