"""The stall: one page for a person with wet hands. What waits for an answer on top, the same as last time, and what came in today.

A declared delivery takes three taps: open it, *all as declared, papers in order*, confirm. Nothing is ticked in advance: that papers are in
order is said by whoever looked at them. The day is the log's, in China; nothing rests on the telephone's clock. How goods are recorded is
`deliveries.py`'s and `declared.py`'s; the stall's public page is `stall_code.py`'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages import corrected
from api.pages.batches import categories, own_record, today, units
from api.pages.came_in import came_in, days_before, row, today_of
from api.pages.corrected import Sent
from api.pages.declared import KINDS, LABELS, take
from api.pages.deliveries import LABELS as DELIVERY_LABELS
from api.pages.deliveries import PAPERS, VOUCHER_KINDS, again, answer, positions, recorded, voucher_body
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, Posted, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.parameters import MaybeText, PathNumber, QueryNumber
from api.problems import Refusals
from ledger.errors import Malformed, Words
from ledger.identifiers import LegalDate, PartyId
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from ledger.store.book import SqlBook
    from ledger.vocabulary.values import Line

AT: Final = "/stall/deliveries"
#: Suppliers and goods that one tap fills in.
LAST_TIMES_MAX: Final = 6
#: What a tap says about the whole of a delivery.
WHOLE: Final = ("in_order", "missing", "differs")
_SLIP_FIELDS: Final = {
    "voucher_photo": "voucher_photo",
    "evidence": "voucher_photo",
    "number": "voucher_number",
    "voucher_number": "voucher_number",
}

router = APIRouter(include_in_schema=False)


@router.get("/stall", response_class=HTMLResponse, dependencies=[needs("read_own")])
def stall(desk: AtDesk, caller: Someone, done: MaybeText = None, day: MaybeText = None) -> HTMLResponse:
    """The page; `day` shows another day's deliveries."""
    now = today_of(desk.ledger.clock())
    shown = now if day is None else min(LegalDate.parse(day, field="day"), now)
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, caller.party)
        return desk.page(
            "stall.html",
            who=who(names, caller.party),
            done=positions(done),
            today=str(now),
            day=str(shown),
            day_before=str(days_before(shown, 1)),
            day_after=str(days_before(shown, -1)) if shown < now else None,
            offers=[
                {
                    "id": record_.header.id,
                    "supplier": names.party(record_.actor),
                    "occurred_ms": record_.occurred_ms,
                    "lines": names.lines(said.lines),
                    "corrects": record_.header.corrects is not None,
                }
                for record_, said in own.offers()
            ],
            last_times=last_times(own, names),
            came=[row(one, names) for one in came_in(book, caller.party, shown, shown)],
        )


@router.get(AT + "/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def open_delivery(shipment: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One delivery with large answers, none of them chosen."""
    with desk.ledger.book() as book:
        sent = corrected.sent_to(book, caller.party, shipment)
        if sent.must_be_asked_again:
            return corrected.page(desk, book, sent, Form(again(desk, sent)), at=AT)
        return _delivery(desk, book, sent, Form(again(desk, sent)))


@router.post(AT + "/{shipment}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def answer_delivery(shipment: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Receipt, check and voucher in one step, by one tap for the whole or line by line."""
    with desk.ledger.book() as book:
        sent = corrected.sent_to(book, author.party, shipment, form=form_id(posted))
        asked_about = sent.before[1] if sent.before is not None and sent.changed else sent.said
        spelt = _spelt_out(posted, asked_about)
        if sent.changed:
            return corrected.page(desk, book, sent, corrected.carried(sent, spelt), at=AT, status=409)
        form = Form(posted.texts)
        if posted.text("whole") in WHOLE:
            placed = answer(desk, book, author.party, sent, spelt, form)
        else:
            placed, form.errors["whole"] = (), desk.say("stall_whole_choose")
    if placed:
        return RedirectResponse(f"/stall?done={recorded(placed)}", status_code=303)
    with desk.ledger.book() as book:
        if sent.must_be_asked_again:
            return corrected.page(desk, book, sent, form, at=AT, status=422)
        return _delivery(desk, book, sent, form, status=422)


@router.get("/stall/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def new_delivery(
    desk: AtDesk, caller: Someone, last: QueryNumber = None, line: QueryNumber = None
) -> HTMLResponse:
    """A delivery of somebody who is not on this ledger; with `last`, filled in as that check says, all but what is different today."""
    values = {
        "id": str(new_id(desk)),
        "received_on": today(desk),
        "quantity_unit": "KGM",
        "category": "farm_produce",
        "party_kind": "farmer",
        "voucher_kind": "purchase_invoice",
    }
    with desk.ledger.book() as book:
        if last is not None:
            check, record_ = own_record(book, last, caller.party, SupplierCheck)
            names = Names(book, desk.viewer, desk.language)
            one = check.lines[min(line or 0, len(check.lines) - 1)]
            values |= _as_last_time(names, check, one, position=record_.seq)
        return _new(desk, book, caller.party, Form(values))


@router.post("/stall/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def take_delivery(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Supplier, batch, receipt, check and voucher in one step."""
    form = Form(posted.texts)
    if posted.text("papers") not in PAPERS:
        form.errors["papers"] = desk.say("error_missing")
    elif placed := take(desk, author.party, posted, form):
        return RedirectResponse(f"/stall?done={recorded(placed)}", status_code=303)
    with desk.ledger.book() as book:
        return _new(desk, book, author.party, form, status=422)


@router.get("/stall/slips/{position}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def slip_form(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """The paper slip of a delivery that came in already, to be photographed."""
    with desk.ledger.book() as book:
        receipt, _ = own_record(book, position, caller.party, Receipt)
        values = {"id": str(new_id(desk)), "voucher_kind": "sales_slip"}
        return _slip(desk, book, receipt, position, Form(values))


@router.post("/stall/slips/{position}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def keep_slip(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """File the slip for its delivery."""
    with desk.ledger.book() as book:
        receipt, record_ = own_record(book, position, author.party, Receipt)
    form = Form(posted.texts)

    def drafts() -> list[Draft]:
        photo = keep_photo(desk, posted, "voucher_photo")
        body = voucher_body(posted, photo)
        if not body:
            expected = Words(zh="照片，或凭证号码", en="a photo, or the voucher's number")
            raise Refusals([Malformed(field="voucher_photo", came="", expected=expected)])
        body |= {
            "id": str(form_id(posted)),
            "seller": str(receipt.supplier),
            "buyer": str(author.party),
            "deliveries": [str(record_.header.id)],
        }
        return [Drafting(ledger=desk.ledger, author=author.party).draft(Voucher, body)]

    made = attempt(form, drafts, _SLIP_FIELDS, desk.language)
    placed = record(desk, author.party, made, form, _SLIP_FIELDS) if made else ()
    if placed:
        return RedirectResponse(f"/stall?done={recorded(placed)}", status_code=303)
    with desk.ledger.book() as book:
        return _slip(desk, book, receipt, position, form, status=422)


def last_times(own: Own, names: Names) -> list[dict[str, object]]:
    """Suppliers that this party declared itself, with what they brought: each kind of goods once, the latest first."""
    declared = set(own.declared_suppliers())
    found = dict[tuple[PartyId, str], dict[str, object]]()
    for record_, said in own.said(SupplierCheck):
        if said.supplier not in declared or said.conclusion == "refuse":
            continue
        for number, line in enumerate(said.lines):
            name = names.sheet(line.goods).name or names.goods(line.goods)
            found.setdefault(
                (said.supplier, name),
                {
                    "href": f"/stall/new?last={record_.seq}&line={number}",
                    "supplier": names.party(said.supplier),
                    "goods": name,
                    "quantity": line.quantity,
                    "day": str(said.received_on),
                },
            )
        if len(found) >= LAST_TIMES_MAX:
            break
    return list(found.values())[:LAST_TIMES_MAX]


def _spelt_out(posted: Posted, said: Shipment) -> Posted:
    """One tap for the whole delivery as the answers that it stands for."""
    whole = posted.text("whole")
    if whole not in {"in_order", "missing"}:
        return posted
    answers = {f"answer_{number}": "confirm" for number in range(len(said.lines))}
    return replace(posted, texts={**posted.texts, **answers, "papers": whole})


def _as_last_time(names: Names, check: SupplierCheck, line: Line, *, position: int) -> dict[str, str]:
    """A form as a check of one's own says it was: supplier, goods, papers, and how much it was then."""
    sheet = names.sheet(line.goods)
    results = {one.result for one in check.checks or ()}
    papers = "unread" if not results else "in_order" if results == {"in_order"} else "missing"
    amount, _, unit = str(line.quantity).partition(" ")
    return {
        "last": str(position),
        "supplier": str(check.supplier),
        "supplier_name": names.party(check.supplier),
        "name": sheet.name or names.goods(line.goods),
        "category": profile_for(sheet.category).category,
        "origin": sheet.origin or "",
        "quantity": amount,
        "quantity_unit": unit,
        "papers": papers,
        "voucher_kind": check.voucher.voucher_kind if check.voucher is not None else "purchase_invoice",
    }


def _delivery(desk: Desk, book: SqlBook, sent: Sent, form: Form, *, status: int = 200) -> HTMLResponse:
    names = Names(book, desk.viewer, desk.language)
    labels = {name: desk.say(key) for name, key in DELIVERY_LABELS.items()}
    by_line = {
        f"{what}_{n}": names.goods(line.goods)
        for n, line in enumerate(sent.said.lines)
        for what in ("answer", "amount")
    }
    return desk.page(
        "stall_delivery.html",
        status=status,
        form=form,
        labels=labels | by_line | {"whole": desk.say("stall_whole")},
        offer={
            "id": sent.record.header.id,
            "seq": sent.record.seq,
            "supplier": names.party(sent.record.actor),
            "occurred_ms": sent.record.occurred_ms,
            "lines": [
                {
                    "title": names.goods(line.goods),
                    "quantity": line.quantity,
                    "unit": line.quantity.unit.many.in_language(desk.language),
                }
                for line in sent.said.lines
            ],
        },
        whole=[(one, desk.say(f"stall_whole_{one}")) for one in WHOLE],
        answers=[(one, desk.say(f"answer_{one}")) for one in ("confirm", "correct", "refuse")],
        papers=[(one, desk.say(f"papers_{one}")) for one in PAPERS],
    )


def _new(desk: Desk, book: SqlBook, party: PartyId, form: Form, *, status: int = 200) -> HTMLResponse:
    names, own = Names(book, desk.viewer, desk.language), Own.of(book, party)
    unit_names = dict(units(desk.language))
    return desk.page(
        "stall_new.html",
        status=status,
        form=form,
        same=bool(form.value("last")),
        labels={name: desk.say(key) for name, key in LABELS.items()},
        unit=unit_names.get(form.value("quantity_unit"), form.value("quantity_unit")),
        suppliers=[(str(one), names.party(one)) for one in own.declared_suppliers()],
        kinds=[(one, desk.say(f"party_kind_{one}")) for one in KINDS],
        categories=categories(desk.language),
        units=units(desk.language),
        products=own.products(),
        papers=[(one, desk.say(f"papers_{one}")) for one in PAPERS],
        voucher_kinds=[(one, desk.say(f"voucher_kind_{one}")) for one in VOUCHER_KINDS],
    )


def _slip(
    desk: Desk, book: SqlBook, receipt: Receipt, position: int, form: Form, *, status: int = 200
) -> HTMLResponse:
    names = Names(book, desk.viewer, desk.language)
    return desk.page(
        "stall_slip.html",
        status=status,
        form=form,
        position=position,
        supplier=names.party(receipt.supplier),
        lines=names.lines(receipt.lines),
        labels={name: desk.say(key) for name, key in DELIVERY_LABELS.items()},
    )
