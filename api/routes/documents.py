"""Papers by their number: what was filed under it, and how often it was relied on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from api.audience import Reading, names
from api.deps import Anyone, Someone, TheLedger, needs
from api.facts import amount
from ledger.errors import UnknownName, Words
from ledger.findings.uses import uses_of

if TYPE_CHECKING:
    from api.facts import Facts
    from ledger.findings.uses import Use

router = APIRouter(prefix="/documents", tags=["registers"])


@router.get("/{number:path}/uses", operation_id="document_uses", dependencies=[needs("read_own")])
def uses(number: str, caller: Someone, viewer: Anyone, ledger: TheLedger) -> dict[str, object]:
    """证件使用次数 · every reliance on one paper for an authority; for a trader its own.

    `filed` is how many records that the caller may read file a paper under this number; what they say stands in those records. Of a
    number that stands in none of them the caller is told what everybody is told of one that nobody filed.
    """
    with ledger.book() as book:
        reading, found = Reading.of(ledger, book, viewer), uses_of(book, number)
        known = {record.seq for record in found.records if names(reading.fields(record), number)}
        if not known:
            expected = Words(zh="可以查看的证件编号", en="the number of a paper that you may read")
            raise UnknownName(field="number", came=number, expected=expected)
        shown = [
            one for one in found.uses if reading.sees_everything or caller.party in {one.by, *one.for_shops}
        ]
        reading.shows(one.record.seq for one in shown)
        return {
            "number": number,
            "filed": sum(record.seq in known for record in found.papers),
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
