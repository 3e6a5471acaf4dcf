"""Papers by their number: what was filed under it, and how often it was relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.deps import Anyone, Someone, TheLedger
from api.facts import amount
from ledger.errors import UnknownName, Words
from ledger.findings.uses import uses_of

if TYPE_CHECKING:
    from api.facts import Facts
    from ledger.findings.uses import Use

router = APIRouter(prefix="/documents", tags=["registers"])


@router.get("/{number:path}/uses", operation_id="document_uses")
def uses(number: str, caller: Someone, viewer: Anyone, ledger: TheLedger) -> dict[str, object]:
    """证件使用次数 · every reliance on one paper for an authority; for a trader its own.

    `filed` is how many records file a paper under this number; what they say stands in those records.
    """
    with ledger.book() as book:
        found = uses_of(book, number)
        if not found.records:
            expected = Words(zh="本台账记录过的证件编号", en="the number of a paper recorded on this ledger")
            raise UnknownName(field="number", came=number, expected=expected)
        shown = [one for one in found.uses if viewer.is_official or caller.party in {one.by, *one.for_shops}]
        return {
            "number": number,
            "filed": len(found.papers),
            "uses": [_use(one) for one in shown],
            "as_of": book.size,
        }


def _use(use: Use) -> Facts:
    return {
        "by": str(use.by),
        "supplier": str(use.supplier),
        "goods": str(use.goods),
        "quantity": amount(use.quantity),
        "on": str(use.on),
        "position": use.record.seq,
    }
