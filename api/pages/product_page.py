"""The page behind a code that names a product and no batch of it: what the product is called here, by whom, and that its batch is still asked for, where any is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.deps import Viewer
from api.pages.names import Names
from ledger.trace.linked import called

if TYPE_CHECKING:
    from ledger.errors import Language
    from ledger.identifiers import Gtin
    from ledger.store.book import SqlBook


def product_content(book: SqlBook, gtin: Gtin, language: Language) -> dict[str, object] | None:
    """What the template shows; None where nobody recorded this product or a batch of it."""
    found = called(book, gtin)
    if found is None:
        return None
    names = Names(book, Viewer(), language)
    return {
        "title": found.name,
        "gtin": str(gtin),
        "by": names.party(found.record.actor),
        "has_batches": found.by_batch,
    }
