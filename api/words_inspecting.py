"""Texts of inspectors: search, the picture of a trace, forms, printouts. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
INSPECTING: Final[dict[str, tuple[str, str]]] = {
}
