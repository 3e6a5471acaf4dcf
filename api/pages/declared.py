"""Goods from a supplier who is not on this ledger: a farmer with a name, a village and a phone, lawful without code or licence.

One submit declares the supplier (once), registers the batch for it, and records receipt, supplier check and voucher: all or none. Goods
without a printed lot get their name from supplier, product and date; nobody invents a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.asking import read_asked
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import FIELDS as BATCH_FIELDS
from api.pages.batches import amount_of, categories, day_of, today, units
from api.pages.deliveries import AT, PAPERS, VOUCHER_KINDS, check_body, recorded, voucher_body
from api.pages.deliveries import FIELDS as DELIVERY_FIELDS
from api.pages.deliveries import LABELS as DELIVERY_LABELS
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
    keep_photo,
    new_id,
    record,
)
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import BatchCode, GoodsId, PartyId
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.parties import Party
from ledger.vocabulary.profiles import profile_for
from ledger.vocabulary.trade import Receipt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.recorder import Placed

KINDS: Final = ("farmer", "individual_business", "company", "unknown")
LABELS: Final = DELIVERY_LABELS | {
    "supplier": "farmer_who",
    "party_kind": "farmer_kind",
    "party_name": "farmer_name",
    "address": "farmer_village",
    "phone": "farmer_phone",
    "name": "batch_name",
    "category": "batch_category",
    "quantity": "farmer_quantity",
    "total": "voucher_total",
}
_FIELDS: Final = {
    "supplier.name": "party_name",
    "supplier.party_name": "party_name",
    "supplier.person_name": "party_name",
    "supplier.party_kind": "party_kind",
    "supplier.address": "address",
    "supplier.phone": "phone",
    "supplier": "supplier",
    **DELIVERY_FIELDS,
    **BATCH_FIELDS,
}

router = APIRouter(include_in_schema=False)


@router.get("/my/deliveries/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def declared_form(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """A form filled with the last supplier and the last goods from it."""
    return show(desk, caller.party, Form(fresh(desk, caller.party)))


def fresh(desk: Desk, party: PartyId) -> dict[str, str]:
    """What stands in the form at first: the last supplier of this party and the last goods from it."""
    values = {
        "id": str(new_id(desk)),
        "received_on": today(desk),
        "quantity_unit": "KGM",
        "papers": "in_order",
    }
    values |= {"party_kind": "farmer", "voucher_kind": "purchase_invoice", "category": "farm_produce"}
    with desk.ledger.book() as book:
        own = Own.of(book, party)
        last = next((batch for batch in own.batches() if batch.maker in own.declared_suppliers()), None)
    if last is not None:
        values |= {
            "supplier": str(last.maker),
            "name": last.name,
            "category": profile_for(last.category).category,
        }
        values["quantity_unit"] = str(last.quantity.unit) if last.quantity is not None else "KGM"
    return values


@router.post("/my/deliveries", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def declare(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Supplier, batch, receipt, check and voucher in one step."""
    form = Form(posted.texts)
    if placed := take(desk, author.party, posted, form):
        return RedirectResponse(f"/my/deliveries?done={recorded(placed)}", status_code=303)
    return show(desk, author.party, form, status=422)


def take(
    desk: Desk, party: PartyId, posted: Posted, form: Form, *, behalf: PartyId | None = None
) -> tuple[Placed, ...]:
    """Record a delivery of a supplier who is not on this ledger; nothing placed, with the reasons in the form, when it cannot be taken.

    `behalf`: for whom a market's operator enters it.
    """
    drafts = attempt(form, lambda: _drafts(desk, party, posted, behalf), _FIELDS, desk.language)
    return record(desk, party, drafts, form, _FIELDS) if drafts else ()


def _drafts(desk: Desk, party: PartyId, posted: Posted, behalf: PartyId | None) -> list[Draft]:
    """Every record of the delivery; all that is wrong with the supplier and the goods is said at once."""
    whose: dict[str, Json] = {} if behalf is None else {"on_behalf_of": str(behalf)}
    statement, drafting, wrong = form_id(posted), Drafting(ledger=desk.ledger, author=party), list[Refusal]()
    goods = GoodsId.of_batch(BatchCode.new(derived(statement, "goods")))
    supplier = PartyId.new(derived(statement, "party"))
    declared: Draft | None = None
    if posted.text("supplier"):
        gather(wrong, lambda: check_one_party(posted, ("party_name", "address", "phone")), at="supplier")
        supplier = gather(wrong, lambda: PartyId.parse(posted.text("supplier")), at="supplier") or supplier
    else:
        declared = gather(wrong, lambda: _supplier(drafting, posted, supplier, whose), at="supplier")
    quantity = gather(wrong, lambda: amount_of(posted, "quantity"))
    batch: dict[str, Json] = {
        **whose,
        "id": str(derived_id(statement, "batch")),
        "goods": str(goods),
        "maker": str(supplier),
        "lot_basis": "supplier_product_date",
        **({"quantity": quantity} if quantity is not None else {}),
        **posted.present("name", "category", "origin"),
    }
    registered = gather(wrong, lambda: drafting.draft(Batch, batch))
    day = gather(wrong, lambda: day_of(desk, posted, field="received_on"))
    photo = gather(wrong, lambda: keep_photo(desk, posted, "voucher_photo"))
    voucher = gather(wrong, lambda: voucher_body(posted, photo)) or {}
    if wrong or registered is None:
        raise Refusals(wrong)
    body: dict[str, Json] = {
        **whose,
        "id": str(statement),
        "supplier": str(supplier),
        "lines": [{"goods": str(goods), "quantity": quantity}],
        "check": check_body(
            posted, posted.text("papers"), category=posted.text("category"), photo=photo, voucher=voucher
        )
        | {"received_on": str(day)},
    }
    if voucher:
        body["voucher"] = voucher
    before = [registered] if declared is None else [declared, registered]
    return [*before, *read_asked(drafting, Receipt, body).drafts()]


def _supplier(drafting: Drafting, posted: Posted, party: PartyId, whose: Mapping[str, Json]) -> Draft:
    """The supplier's sheet as the buyer declares it. A farmer's name is personal data and lies in an item of its own."""
    kind, name = posted.text("party_kind"), posted.text("party_name")
    if not name:
        raise Malformed(field="name", came="", expected=Words(zh="姓名或名称", en="a name"))
    body: dict[str, Json] = {
        **whose,
        "id": str(derived_id(form_id(posted), "party")),
        "party": str(party),
        "party_kind": kind,
        "person_name" if kind == "farmer" else "name": name,
        **posted.present("phone", "address"),
    }
    return drafting.draft(Party, body)


def show(
    desk: Desk, party: PartyId, form: Form, *, status: int = 200, action: str = AT, back: str = AT
) -> HTMLResponse:
    """The form, for this party's delivery; it is sent to `action`, and left for `back`."""
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, party)
        suppliers = own.declared_suppliers()
        return desk.page(
            "delivery_new.html",
            status=status,
            who=who(names, party),
            action=action,
            back_href=back,
            form=form,
            labels={name: desk.say(key) for name, key in LABELS.items()},
            suppliers=[(str(one), names.party(one)) for one in suppliers],
            kinds=[(one, desk.say(f"party_kind_{one}")) for one in KINDS],
            categories=categories(desk.language),
            units=units(desk.language),
            products=own.products(),
            papers=[(one, desk.say(f"papers_{one}")) for one in PAPERS],
            voucher_kinds=[(one, desk.say(f"voucher_kind_{one}")) for one in VOUCHER_KINDS],
        )
