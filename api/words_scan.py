"""Texts of the scan page. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SCAN: Final[dict[str, tuple[str, str]]] = {
}
