"""Goods come in: offers that wait for an answer, confirmed, corrected or refused line by line, and checked in the same step.

One submit records the receipt, the supplier check and the voucher, all of them or none. For a stall it is three taps: the supplier, the
quantity that is already there, confirm. Deliveries of suppliers who are not on this ledger are in `declared.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.asking import read_asked
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, today
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, KeptPhoto, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.parameters import MaybeText
from ledger.canonical import Json
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import InvoiceQr, StatementId
from ledger.trace import what_it_was
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.pages.forms import Posted
    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

ANSWERS: Final = ("confirm", "correct", "refuse")
PAPERS: Final = ("in_order", "missing", "unread")
VOUCHER_KINDS: Final = (
    "sales_slip",
    "e_invoice",
    "vat_invoice",
    "delivery_note",
    "receipt",
    "purchase_invoice",
)
#: Checks of one's own that the page lists.
CHECKS_SHOWN: Final = 20

FIELDS: Final = {
    "reason": "reason",
    "check.received_on": "received_on",
    "check.checked_by": "checked_by",
    "voucher.number": "voucher_number",
    "voucher.qr_text": "voucher_qr",
    "voucher.total": "total",
    "voucher_qr": "voucher_qr",
    "voucher_photo": "voucher_photo",
}
LABELS: Final = {
    "received_on": "accept_received_on",
    "reason": "accept_reason",
    "papers": "accept_papers",
    "voucher_number": "voucher_number",
    "voucher_qr": "voucher_qr",
    "voucher_photo": "voucher_photo",
    "checked_by": "checked_by",
}

#: Positions of the records just made, in the address of the page that says so.
_NUMBERS: Final = re.compile("[0-9]{1,15}")

router = APIRouter(include_in_schema=False)


@router.get("/my/deliveries", response_class=HTMLResponse, dependencies=[needs("read_own")])
def deliveries(desk: AtDesk, caller: Someone, done: MaybeText = None) -> HTMLResponse:
    """What waits for an answer, and the latest checks."""
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, caller.party)
        checks = list(own.said(SupplierCheck))[:CHECKS_SHOWN]
        return desk.page(
            "deliveries.html",
            who=who(names, caller.party),
            offers=[
                {
                    "id": record_.header.id,
                    "supplier": names.party(record_.actor),
                    "occurred_ms": record_.occurred_ms,
                    "lines": names.lines(said.lines),
                }
                for record_, said in own.offers()
            ],
            checks=[
                {
                    "seq": record_.seq,
                    "day": said.received_on,
                    "supplier": names.party(said.supplier),
                    "lines": names.lines(said.lines),
                }
                for record_, said in checks
            ],
            done=[int(one) for one in _NUMBERS.findall(done or "")],
        )


@router.get("/my/deliveries/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def acceptance(shipment: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One offer, filled in as the sender declared it."""
    with desk.ledger.book() as book:
        record_, said = _offer(book, caller.party, shipment)
        voucher = said.voucher
        values = {"id": str(new_id(desk)), "received_on": today(desk), "papers": "in_order"}
        for number, line in enumerate(said.lines):
            values |= {
                f"answer_{number}": "confirm",
                f"amount_{number}": str(line.quantity).partition(" ")[0],
            }
        if voucher is not None:
            values |= {"voucher_kind": voucher.voucher_kind, "voucher_number": voucher.number}
        return _show(desk, book, (record_, said), Form(values))


@router.post(
    "/my/deliveries/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def accept(shipment: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Receipt, check and voucher in one step."""
    with desk.ledger.book() as book:
        offer = _shipment(book, author.party, shipment)
        form = Form(posted.texts)
        fields = FIELDS | {f"amount_{number}": f"amount_{number}" for number in range(len(offer[1].lines))}
        drafts = attempt(
            form, lambda: _drafts(desk, book, author.party, offer, posted), fields, desk.language
        )
    placed = record(desk, author.party, drafts, form, fields) if drafts else ()
    if placed:
        return RedirectResponse(
            f"/my/deliveries?done={'.'.join(str(one.seq) for one in placed)}", status_code=303
        )
    with desk.ledger.book() as book:
        return _show(desk, book, offer, form, status=422)


def checked_papers(
    category: str | None, papers: str, *, photo: KeptPhoto | None, number: str
) -> list[dict[str, Json]]:
    """What was looked at, in the words of a supplier check: every paper that the goods' profile asks for."""
    if papers == "unread":
        return []
    result = "in_order" if papers == "in_order" else "missing"
    checks = list[dict[str, Json]]()
    for what in dict.fromkeys(one.what for one in profile_for(category).documents):
        check: dict[str, Json] = {"what": what, "result": result}
        if what == "voucher":
            check |= {} if photo is None else {"evidence": str(photo.digest)}
            check |= {"reference": number} if number else {}
        checks.append(check)
    return checks


def voucher_body(posted: Posted, photo: KeptPhoto | None) -> dict[str, Json]:
    """The voucher as it was typed, scanned or photographed; empty when there is none. A QR code in the photo is read from it."""
    scanned = next((one for one in photo.codes if one.startswith("01,")), "") if photo is not None else ""
    text, number = posted.text("voucher_qr") or scanned, posted.text("voucher_number")
    body: dict[str, Json] = dict(posted.present("total"))
    if text:
        try:
            qr = InvoiceQr.parse(text)
        except Refusal as wrong:
            raise Malformed(field="voucher_qr", came=text, expected=wrong.expected) from wrong
        body |= {"qr_text": text, "issued_on": str(qr.date)}
        if qr.amount_includes_tax and qr.amount >= 0:
            body.setdefault("total", f"{qr.amount:.2f}")
        number = number or str(qr.number)
    if number:
        body["number"] = number
    if photo is not None:
        body["evidence"] = str(photo.digest)
    return {"voucher_kind": posted.text("voucher_kind") or "sales_slip", **body} if body else {}


def check_body(
    posted: Posted, *, category: str | None, photo: KeptPhoto | None, voucher: Mapping[str, Json]
) -> dict[str, Json]:
    """The supplier check beside a receipt; what the receipt says already is filled in from there."""
    checks = checked_papers(
        category, posted.text("papers"), photo=photo, number=str(voucher.get("number") or "")
    )
    body: dict[str, Json] = dict(posted.present("received_on", "checked_by"))
    return body | ({"checks": checks} if checks else {})


def _drafts(
    desk: Desk, book: Book, party: PartyId, offer: tuple[Record, Shipment], posted: Posted
) -> list[Draft]:
    record_, said = offer
    lines, conclusion = _answered(posted, said.lines)
    photo = keep_photo(desk, posted, "voucher_photo")
    voucher = voucher_body(posted, photo)
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "supplier": str(record_.actor),
        "shipment": str(record_.header.id),
        "conclusion": conclusion,
        "lines": lines,
        "check": check_body(
            posted, category=what_it_was(book, said.lines[0].goods).category, photo=photo, voucher=voucher
        ),
        **posted.present("reason"),
    }
    if voucher:
        body["voucher"] = voucher
    asked = read_asked(Drafting(ledger=desk.ledger, author=party), Receipt, body)
    return list(asked.drafts())


def _answered(posted: Posted, lines: Sequence[Line]) -> tuple[list[Json], str]:
    """The lines of the receipt, and its conclusion. A line that is refused is left out; if all are, they all stand there as refused."""
    kept, refused = list[Json](), list[Json]()
    for number, line in enumerate(lines):
        answer = posted.text(f"answer_{number}")
        declared: Json = line.quantity.as_json()
        one: dict[str, Json] = {"goods": str(line.goods), "quantity": declared, "declared": declared}
        if line.codes:
            one["codes"] = list(line.codes)
        if answer == "refuse":
            refused.append(one)
            continue
        if answer == "correct":
            one["quantity"] = amount_of(posted, f"amount_{number}", str(line.quantity.unit))
        elif answer != "confirm":
            choices = ", ".join(ANSWERS)
            raise Malformed(field=f"answer_{number}", came=answer, expected=Words(zh=choices, en=choices))
        kept.append(one)
    if not kept:
        return refused, "refuse"
    return kept, "accept_part" if refused else "accept"


def _offer(book: Book, party: PartyId, shipment: str) -> tuple[Record, Shipment]:
    """An offer that still waits for this party."""
    record_, said = _shipment(book, party, shipment)
    if all(one.header.id != record_.header.id for one, _ in Own.of(book, party).offers()):
        raise _no_offer(shipment)
    return record_, said


def _shipment(book: Book, party: PartyId, shipment: str) -> tuple[Record, Shipment]:
    """A shipment to this party, answered or not: the same answer may be sent twice."""
    seq = book.position(StatementId.parse(shipment, field="shipment"))
    found = None if seq is None else book.records([seq])[seq]
    if (
        found is None
        or not isinstance(found.said, Shipment)
        or found.said.to != party
        or found.superseded_by is not None
    ):
        raise _no_offer(shipment)
    return found, found.said


def _no_offer(shipment: str) -> UnknownName:
    expected = Words(zh="等本方确认的发货", en="a shipment that waits for your answer")
    return UnknownName(field="shipment", came=shipment, expected=expected)


def _show(
    desk: Desk, book: Book, offer: tuple[Record, Shipment], form: Form, *, status: int = 200
) -> HTMLResponse:
    record_, said = offer
    names = Names(book, desk.viewer, desk.language)
    return desk.page(
        "delivery_accept.html",
        status=status,
        form=form,
        labels={name: desk.say(key) for name, key in LABELS.items()}
        | {
            f"{what}_{n}": names.goods(line.goods)
            for n, line in enumerate(said.lines)
            for what in ("answer", "amount")
        },
        offer={
            "id": record_.header.id,
            "seq": record_.seq,
            "supplier": names.party(record_.actor),
            "occurred_ms": record_.occurred_ms,
            "lines": [
                {
                    "title": names.goods(line.goods),
                    "quantity": line.quantity,
                    "unit": line.quantity.unit.many.in_language(desk.language),
                }
                for line in said.lines
            ],
        },
        answers=[(one, desk.say(f"answer_{one}")) for one in ANSWERS],
        papers=[(one, desk.say(f"papers_{one}")) for one in PAPERS],
        voucher_kinds=[(one, desk.say(f"voucher_kind_{one}")) for one in VOUCHER_KINDS],
        voucher_open=bool(form.value("voucher_number"))
        or any(name.startswith("voucher") for name in form.errors),
    )
