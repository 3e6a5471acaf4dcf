"""GS1's identifiers as GS1's own engine reads them: Digital Links, element strings, and EPC names, from a table that was made
out of its syntax dictionary (`docs/decisions/0033-gs1-table.md`).

It knows what is well formed. What a number was issued for, and what goods are called in statements, stands elsewhere.
"""

from ledger.identifiers.gs1.element_strings import GS1Elements
from ledger.identifiers.gs1.links import GS1Link

__all__ = ["GS1Elements", "GS1Link"]
