"""Texts of the clerk's console: parties, supplier files, licences, products, documents. See `api.words`."""

from __future__ import annotations

from typing import Final

# fmt: off
PAPERS: Final[dict[str, tuple[str, str]]] = {
}
