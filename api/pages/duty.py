"""How one supplier check was done (进货查验履行情况): what was looked at, when the log took it, and how anybody verifies it.

食品安全法 136 may spare a trader who did the check and can say where the goods came from. Whether it does is for the authority to decide; this
page lays the records out and claims nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api import links
from api.deps import Someone
from api.pages.batches import own_record
from api.pages.desk import AtDesk
from api.pages.names import Names
from api.pages.rendering import lag, short
from api.pages.shipments import slip_line
from api.parameters import PathNumber
from ledger.views.book import Book, about_many, goods_key, of_type, voucher_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.trade import Receipt, SupplierCheck

if TYPE_CHECKING:
    from api.pages.desk import Desk
    from ledger.views.book import Record
    from ledger.vocabulary.trade import CheckedDocument

router = APIRouter(include_in_schema=False)


@router.get("/my/duty/{position}", response_class=HTMLResponse)
def duty(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One check with the receipt and the voucher it belongs to."""
    with desk.ledger.book() as book:
        said, record = own_record(book, position, caller.party, SupplierCheck)
        names = Names(book, desk.viewer, desk.language)
        supplier = names.view(said.supplier)
        return desk.page(
            "duty.html",
            vkey=str(desk.ledger.vkey),
            duty={
                "buyer": names.party(record.actor),
                "supplier": names.party(said.supplier),
                "supplier_contact": names.contact(said.supplier),
                "supplier_declared": supplier.declared,
                "received_on": said.received_on,
                "conclusion": said.conclusion,
                "checked_by": said.checked_by,
                "lines": [slip_line(names, line.goods) | {"quantity": line.quantity} for line in said.lines],
                "checks": [_check(one, desk) for one in said.checks or ()],
                "records": [_row(one, desk) for one in (record, *_belonging(book, record, said))],
            },
        )


def _belonging(book: Book, record: Record, said: SupplierCheck) -> list[Record]:
    """The receipt of the same goods from the same supplier, and the voucher the check rests on."""
    keys = [goods_key(line.goods) for line in said.lines]
    voucher = None if said.voucher is None else voucher_key(said.voucher.voucher_kind, said.voucher.number)
    found = about_many(book, [*keys, *([voucher] if voucher is not None else [])])
    receipts = {
        one.seq: one
        for key in keys
        for one, receipt in of_type(found.get(key, ()), Receipt)
        if one.actor == record.actor and receipt.supplier == said.supplier
    }
    filed = {
        one.seq: one
        for one, paper in of_type(found.get(voucher, ()) if voucher is not None else (), Voucher)
        if one.actor == record.actor and paper.seller == said.supplier
    }
    return [one for _, one in sorted({**receipts, **filed}.items())]


def _check(one: CheckedDocument, desk: Desk) -> dict[str, str]:
    copy = desk.say("duty_copy", digest=short(str(one.evidence))) if one.evidence is not None else None
    return {
        "what": desk.say(f"what_{one.what}"),
        "result": desk.say(f"result_{one.result}"),
        "tone": "accent" if one.result == "in_order" else "amber",
        "reference": " · ".join(text for text in (one.reference, copy, one.note) if text),
    }


def _row(record: Record, desk: Desk) -> dict[str, object]:
    return {
        "seq": record.seq,
        "title": TYPES[record.header.type].TITLE,
        "occurred_ms": record.occurred_ms,
        "at_ms": record.at_ms,
        "lag": lag(record.at_ms - record.occurred_ms, desk.language),
        "custody": record.custody,
        "proof": f"{links.API}/entries/{record.seq}/proof",
    }
