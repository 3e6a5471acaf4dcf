"""Texts of the wholesaler's counter: slips, regular buyers, what they owe. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
SELLING: Final[dict[str, tuple[str, str]]] = {
}
