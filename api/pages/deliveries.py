"""Goods come in: offers that wait for an answer, confirmed, corrected or refused line by line, and checked in the same step.

One submit records the receipt, the supplier check and the voucher, all of them or none. Deliveries of suppliers who are not on this ledger
are in `declared.py`, the stall's own page with its three taps in `stall.py`, and what its sender put right meanwhile in `corrected.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.asking import read_asked
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages import corrected
from api.pages.batches import amount_of, day_of, today
from api.pages.corrected import Sent
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, KeptPhoto, PostedForm, attempt, form_id, gather, keep_photo, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.parameters import MaybeText
from api.problems import Refusals
from ledger.canonical import Json
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import InvoiceQr
from ledger.trace import what_it_was
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.pages.forms import Posted
    from ledger.identifiers import PartyId
    from ledger.recorder import Placed
    from ledger.store.book import SqlBook
    from ledger.views.book import Book
    from ledger.vocabulary.values import Line

#: Where these forms lie.
AT: Final = "/my/deliveries"
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
    "received_on": "received_on",
    "papers": "papers",
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
            done=positions(done),
        )


@router.get("/my/deliveries/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def acceptance(shipment: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One offer, filled in as the sender declared it."""
    with desk.ledger.book() as book:
        sent = corrected.sent_to(book, caller.party, shipment)
        if sent.must_be_asked_again:
            return corrected.page(desk, book, sent, Form(again(desk, sent)), at=AT)
        answers = {f"answer_{number}": "confirm" for number in range(len(sent.said.lines))}
        return _show(desk, book, sent, Form(again(desk, sent) | answers | {"papers": "in_order"}))


@router.post(
    "/my/deliveries/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def accept(shipment: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Receipt, check and voucher in one step."""
    with desk.ledger.book() as book:
        sent = corrected.sent_to(book, author.party, shipment, form=form_id(posted))
        if sent.changed:
            return corrected.page(desk, book, sent, corrected.carried(sent, posted), at=AT, status=409)
        form = Form(posted.texts)
        placed = answer(desk, book, author.party, sent, posted, form)
    if placed:
        return RedirectResponse(f"/my/deliveries?done={recorded(placed)}", status_code=303)
    with desk.ledger.book() as book:
        if sent.must_be_asked_again:
            return corrected.page(desk, book, sent, form, at=AT, status=422)
        return _show(desk, book, sent, form, status=422)


def again(desk: Desk, sent: Sent) -> dict[str, str]:
    """What a fresh form about an offer holds: what its sender declared, and no answer yet."""
    values = {"id": str(new_id(desk)), "received_on": today(desk)}
    for number, line in enumerate(sent.said.lines):
        values[f"amount_{number}"] = str(line.quantity).partition(" ")[0]
    if (voucher := sent.said.voucher) is not None:
        values |= {"voucher_kind": voucher.voucher_kind, "voucher_number": voucher.number}
    return values


def answer(
    desk: Desk, book: SqlBook, party: PartyId, sent: Sent, posted: Posted, form: Form
) -> tuple[Placed, ...]:
    """Record an answer with its check and voucher; nothing placed, with the reasons in the form, when it cannot be taken."""
    numbers = range(len(sent.said.lines))
    fields = FIELDS | {f"{what}_{n}": f"{what}_{n}" for n in numbers for what in ("amount", "answer")}
    drafts = attempt(form, lambda: _drafts(desk, book, party, sent, posted), fields, desk.language)
    return record(desk, party, drafts, form, fields) if drafts else ()


def recorded(placed: Sequence[Placed]) -> str:
    """The positions of what was just recorded, for the address of the page that says so."""
    return ".".join(str(one.seq) for one in placed)


def positions(done: str | None) -> list[int]:
    """The positions out of such an address."""
    return [int(one) for one in _NUMBERS.findall(done or "")]


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
    posted: Posted, papers: str, *, category: str | None, photo: KeptPhoto | None, voucher: Mapping[str, Json]
) -> dict[str, Json]:
    """The supplier check beside a receipt; what the receipt says already is filled in from there."""
    checks = checked_papers(category, papers, photo=photo, number=str(voucher.get("number") or ""))
    body: dict[str, Json] = dict(posted.present("received_on", "checked_by"))
    return body | ({"checks": checks} if checks else {})


def _drafts(desk: Desk, book: Book, party: PartyId, sent: Sent, posted: Posted) -> list[Draft]:
    said, wrong = sent.said, list[Refusal]()
    answered = gather(wrong, lambda: _answered(posted, said.lines))
    day = gather(wrong, lambda: day_of(desk, posted, field="received_on"))
    papers = gather(wrong, lambda: _papers(posted, answered))
    photo = gather(wrong, lambda: keep_photo(desk, posted, "voucher_photo"))
    voucher = gather(wrong, lambda: voucher_body(posted, photo)) or {}
    if wrong or answered is None or papers is None:
        raise Refusals(wrong)
    category = what_it_was(book, said.lines[0].goods).category
    lines, conclusion = answered
    check = check_body(posted, papers, category=category, photo=photo, voucher=voucher)
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "supplier": str(sent.record.actor),
        "shipment": str(sent.record.header.id),
        "conclusion": conclusion,
        "lines": lines,
        "check": check | {"received_on": str(day)} | corrected.in_place_of(sent.checks, party),
        **posted.present("reason"),
        **corrected.in_place_of(sent.receipts, party),
    }
    if voucher:
        body["voucher"] = voucher
    asked = read_asked(Drafting(ledger=desk.ledger, author=party), Receipt, body)
    return list(asked.drafts())


def _papers(posted: Posted, answered: tuple[list[Json], str] | None) -> str:
    """That papers are in order is said by whoever looked at them, never filled in for him. Of goods that were all refused nobody asks it."""
    refused = answered is not None and answered[1] == "refuse"
    papers = posted.text("papers") or ("unread" if refused else "")
    if papers not in PAPERS:
        choices = ", ".join(PAPERS)
        raise Malformed(field="papers", came=papers, expected=Words(zh=choices, en=choices))
    return papers


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
            one["quantity"] = amount_of(posted, f"amount_{number}", str(line.quantity.unit), may_be_none=True)
        elif answer != "confirm":
            choices = ", ".join(ANSWERS)
            raise Malformed(field=f"answer_{number}", came=answer, expected=Words(zh=choices, en=choices))
        kept.append(one)
    if not kept:
        return refused, "refuse"
    return kept, "accept_part" if refused else "accept"


def _show(desk: Desk, book: Book, sent: Sent, form: Form, *, status: int = 200) -> HTMLResponse:
    record_, said = sent.record, sent.said
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
