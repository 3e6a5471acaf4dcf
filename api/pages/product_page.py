"""The page behind a code that names a product and no batch of it: what the product is called here, by whom, and that its batch is still asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.deps import Viewer
from api.pages.names import Names
from ledger.trace.linked import batches_of

if TYPE_CHECKING:
    from ledger.errors import Language
    from ledger.identifiers import Gtin
    from ledger.store.book import SqlBook


def product_content(book: SqlBook, gtin: Gtin, language: Language) -> dict[str, object] | None:
    """What the template shows; None where nobody recorded a batch of this product."""
    first = next(batches_of(book, gtin), None)
    if first is None:
        return None
    record, said = first
    names = Names(book, Viewer(), language)
    return {
        "title": said.name,
        "gtin": str(gtin),
        "by": names.party(record.actor),
    }
