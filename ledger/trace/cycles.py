"""Whether goods went into other goods: what a process that turns them round would contradict.

Only processes count here (加工、混批、屠宰、分装). Goods that are shipped out and come back are the same goods; goods that were made out of
what is made of them cannot be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.views.book import about_many, goods_sheet_key
from ledger.vocabulary.goods import Transformation

if TYPE_CHECKING:
    from collections.abc import Collection

    from ledger.identifiers import GoodsId, StatementId
    from ledger.views.book import Book

#: Further than this nobody looks: a recall walks further, a refusal need not.
GOODS_MAX: Final = 2_000


def goes_into(
    book: Book, goods: GoodsId, targets: Collection[GoodsId], *, without: StatementId | None = None
) -> bool:
    """Whether any of `targets` was made out of `goods`, in however many steps. `without`: a process that is being put right."""
    seen, waiting = {goods}, {goods}
    while waiting and len(seen) <= GOODS_MAX:
        made: set[GoodsId] = set()
        for records in about_many(book, [goods_sheet_key(one) for one in sorted(waiting)]).values():
            for record in records:
                said = record.said
                if isinstance(said, Transformation) and record.header.id != without:
                    if waiting.isdisjoint(line.goods for line in said.inputs):
                        continue
                    made |= {line.goods for line in said.outputs}
        if not made.isdisjoint(targets):
            return True
        waiting = made - seen
        seen |= made
    return False
