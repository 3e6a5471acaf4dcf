"""Goods go out: choose the customer, fill in quantities, print the slip.

The general form, for any goods and any number of lines; the counter for regular buyers is `api.pages.selling`, the slip itself `api.pages.slips`.
A customer whom nobody recorded yet is declared along with the shipment, in the same step.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of
from api.pages.desk import AtDesk, Desk
from api.pages.forms import (
    Form,
    PostedForm,
    attempt,
    check_one_party,
    derived,
    derived_id,
    form_id,
    gather,
    new_id,
    record,
)
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import STOCK_MAX, Own
from api.pages.rendering import quantity
from api.parameters import MaybeText
from api.problems import Refusals
from ledger.canonical import Json
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import CreditCode, GoodsId, Instant, PartyId
from ledger.views.book import about, contact_key, of_type
from ledger.vocabulary.parties import Party
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.identifiers import StatementId
    from ledger.views.book import Book

_LABELS: Final = {
    "customer": "ship_to",
    "credit_code": "ship_credit_code",
    "party_name": "ship_name",
    "phone": "farmer_phone",
    "lines": "ship_what",
    "voucher_number": "ship_slip_number",
    "total": "ship_total",
    "vehicle": "ship_vehicle",
}
_FIELDS: Final = {
    "credit_code": "credit_code",
    "party_name": "party_name",
    "name": "party_name",
    "phone": "phone",
    "voucher": "voucher_number",
    "total": "total",
    "vehicle": "vehicle",
}
_BLOCKED: Final = {"lines": "lines"}

router = APIRouter(include_in_schema=False)


@router.get("/my/shipments/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def shipment_form(desk: AtDesk, caller: Someone, goods: MaybeText = None) -> HTMLResponse:
    """What is in stock, with a field for each; `goods` comes first."""
    with desk.ledger.book() as book:
        customers = Own.of(book, caller.party).customers()
    values = {"id": str(new_id(desk)), "customer": str(customers[0]) if customers else ""}
    return _show(desk, caller.party, Form(values), first=None if goods is None else GoodsId.parse(goods))


@router.post("/my/shipments", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def ship(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the shipment and open its slip."""
    form = Form(posted.texts)
    fields = _FIELDS | {f"amount_{number}": f"amount_{number}" for number in range(STOCK_MAX)}
    drafts = attempt(form, lambda: _drafts(desk, author.party, posted), fields | _BLOCKED, desk.language)
    placed = record(desk, author.party, drafts, form, fields | _BLOCKED) if drafts else ()
    if placed:
        return RedirectResponse(f"/my/slips/{placed[-1].seq}?new=1", status_code=303)
    return _show(desk, author.party, form, status=422)


def slip_line(names: Names, goods: GoodsId) -> dict[str, object]:
    """The goods of one line as a voucher names them."""
    sheet = names.sheet(goods)
    return {
        "name": sheet.name or names.goods(goods),
        "specification": sheet.specification or "",
        "batch_number": sheet.batch_number or (goods.batch_code.printed if goods.batch_code else ""),
        "origin": sheet.origin or "",
        "produced_on": sheet.produced_on or "",
        "expires_on": sheet.expires_on or "",
    }


def _drafts(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    statement, drafting, wrong = form_id(posted), Drafting(ledger=desk.ledger, author=party), list[Refusal]()
    found = gather(wrong, lambda: _customer(desk, drafting, posted, statement))
    filled = [number for number in range(STOCK_MAX) if posted.text(f"amount_{number}")]
    lines = [gather(wrong, partial(_line, posted, number)) for number in filled]
    if not lines:
        wrong.append(
            Malformed(
                field="lines",
                came="",
                expected=Words(zh="至少一种货物的数量", en="a quantity of at least one"),
            )
        )
    if wrong or found is None:
        raise Refusals(wrong)
    customer, declared = found
    body: dict[str, Json] = {
        "id": str(statement),
        "to": str(customer),
        "lines": lines,
        "voucher": {
            "voucher_kind": "sales_slip",
            "number": posted.text("voucher_number") or slip_number(statement),
        },
        **posted.present("total", "vehicle"),
    }
    return [*declared, drafting.draft(Shipment, body)]


def slip_number(statement: StatementId) -> str:
    """A number for a slip that has none of its own: the day and twelve digits nobody else has drawn."""
    day = str(Instant(statement.ms).date_in_shanghai()).replace("-", "")
    return f"XS{day}-{str(statement)[-12:].upper()}"


def _line(posted: Posted, number: int) -> dict[str, Json]:
    amount = amount_of(posted, f"amount_{number}", posted.text(f"unit_{number}"))
    return {"goods": posted.text(f"goods_{number}"), "quantity": amount}


def _customer(
    desk: Desk, drafting: Drafting, posted: Posted, statement: StatementId
) -> tuple[PartyId, list[Draft]]:
    """The customer: chosen, found by its credit code, or declared here."""
    if posted.text("customer"):
        check_one_party(posted, ("credit_code", "party_name", "phone"))
        return PartyId.parse(posted.text("customer")), []
    code = posted.text("credit_code").upper()
    if code:
        # A typing error here would declare a stranger; a code that fails belongs into no new sheet.
        code = str(CreditCode.parse(code))
        with desk.ledger.book() as book:
            known = _with_code(book, code)
        if known is not None:
            return known, []
    if not posted.text("party_name"):
        raise Malformed(field="party_name", came="", expected=Words(zh="客户名称", en="a name"))
    party = PartyId.new(derived(statement, "party"))
    body: dict[str, Json] = {
        "id": str(derived_id(statement, "party")),
        "party": str(party),
        "party_kind": "unknown",
        "name": posted.text("party_name"),
        **posted.present("phone"),
    }
    if code:
        body["credit_code"] = code
    return party, [drafting.draft(Party, body)]


def _with_code(book: Book, code: str) -> PartyId | None:
    """The party of that credit code: one that signs here before one that somebody declared."""
    found = [said.party for _, said in of_type(about(book, contact_key("credit_code", code)), Party)]
    enrolled = [one for one in found if book.register.role_of(one) is not None]
    return next(iter((*enrolled, *found)), None)


def _show(
    desk: Desk, party: PartyId, form: Form, *, status: int = 200, first: GoodsId | None = None
) -> HTMLResponse:
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, party)
        customers = [(str(one), names.party(one)) for one in own.customers()]
        stock = own.stock(first=first)
        offered = {str(goods) for goods, _ in stock}
        asked = [form.value(f"goods_{number}") for number in range(STOCK_MAX)]
        if any(one and one not in offered for one in asked) or form.value("goods_0"):
            # Shown again: the fields keep their order, whatever has moved since.
            by_name = {str(goods): (goods, left) for goods, left in stock}
            stock = [by_name[one] for one in asked if one in by_name]
        return desk.page(
            "shipment_new.html",
            status=status,
            who=who(names, party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()}
            | {f"amount_{number}": names.goods(goods) for number, (goods, _) in enumerate(stock)},
            customers=customers,
            stock=[
                {
                    "goods": goods,
                    "unit": str(left.unit),
                    "title": f"{names.goods(goods)} · {left.unit.many.in_language(desk.language)}",
                    "hint": desk.say("ship_stock", amount=quantity(left, desk.language)),
                }
                for goods, left in stock
            ],
        )
