"""Taking a sample: whose goods, how much out of how much, under which number and seal, by which two officers (食品安全法 87, 农产品质量安全法 50)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, units
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, gather, new_id, record
from api.pages.names import Names
from api.pages.officers import candidates, check_competence, goods_of, officers_of, party_of
from api.parameters import MaybeText
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import Quantity, Unit
from ledger.trace import Holding, balance, trace, what_it_was
from ledger.trace.balance import packs_of
from ledger.vocabulary.oversight import Sample

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.accounts.callers import Caller
    from ledger.canonical import Json
    from ledger.store.book import SqlBook
    from ledger.trace.amounts import Packs

#: What an authority takes samples for.
PURPOSES: Final = ("supervision", "quick")
FIELDS: Final = {
    "taken_from": "party",
    "party": "party",
    "goods": "goods",
    "sample_number": "sample_number",
    "quantity": "quantity",
    "base_quantity": "base",
    "base": "base",
    "seal_number": "seal_number",
    "laboratory": "laboratory",
    "purpose": "purpose",
    "officer_2": "officer_2",
    "officers": "officer",
    "officer": "officer",
}
_LABELS: Final = {
    "party": "insp_taken_from",
    "goods": "insp_goods",
    "sample_number": "insp_sample_number",
    "quantity": "insp_sample_quantity",
    "base": "insp_sample_base",
    "seal_number": "insp_sample_seal",
    "laboratory": "insp_sample_laboratory",
    "purpose": "insp_sample_purpose",
    "officer": "insp_officer",
    "officer_2": "insp_officer_2",
}

router = APIRouter(include_in_schema=False)


@router.get("/inspect/sample", response_class=HTMLResponse, dependencies=[needs("inspect")])
def sample_form(
    desk: AtDesk, author: Someone, party: MaybeText = None, goods: MaybeText = None
) -> HTMLResponse:
    """An empty form for this party or these goods."""
    unit = _usual_unit(desk, goods or "")
    values = {
        "id": str(new_id(desk)),
        "officer": author.certificate or "",
        "party": party or "",
        "goods": goods or "",
        "purpose": PURPOSES[0],
        "quantity_unit": unit.name,
        "base_unit": unit.name,
    }
    return _show(desk, Form(values))


@router.post("/inspect/sample", response_class=HTMLResponse, dependencies=[needs("inspect")])
def take_sample(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the sample."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        drafts = attempt(form, lambda: _drafts(desk, book, author, posted), FIELDS, desk.language)
    placed = record(desk, author.party, drafts, form, FIELDS) if drafts else ()
    if not placed:
        return _show(desk, form, status=422)
    return RedirectResponse(f"/entries/{placed[0].seq}", status_code=303)


def _drafts(desk: Desk, book: SqlBook, author: Caller, posted: Posted) -> list[Draft]:
    reading, wrong = Reading.of(desk.ledger, book, desk.viewer), list[Refusal]()
    officers = gather(wrong, lambda: officers_of(desk, book, author, posted))
    party = gather(wrong, lambda: party_of(desk, reading, book, posted.text("party")))
    goods = gather(wrong, lambda: goods_of(desk, reading, posted.text("goods")))
    quantity = gather(wrong, lambda: amount_of(posted, "quantity"))
    base = gather(wrong, lambda: amount_of(posted, "base")) if posted.text("base") else None
    if not wrong and party is not None and goods is not None and quantity is not None:
        gather(wrong, lambda: _check_amounts(reading, Holding(party, goods), quantity, base))
    if wrong or officers is None:
        raise Refusals(wrong)
    body: dict[str, Json] = {
        "id": posted.text("id"),
        "taken_from": str(party),
        "goods": str(goods),
        "officers": list(officers),
        **({"quantity": quantity} if quantity is not None else {}),
        **({"base_quantity": base} if base is not None else {}),
        **posted.present("sample_number", "purpose", "seal_number", "laboratory"),
    }
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(Sample, body)
    check_competence(book, author, draft.said)
    return [draft]


def _usual_unit(desk: Desk, text: str) -> Unit:
    """In what the goods are counted; kilograms where nobody said."""
    with desk.ledger.book() as book:
        try:
            goods = goods_of(desk, Reading.of(desk.ledger, book, desk.viewer), text)
        except Refusal:
            return Unit.KGM
        counted = [what_it_was(book, goods).quantity]
        if counted == [None]:
            counted = [one.balance.came_in for one in trace(book, goods).nodes if one.holding.goods == goods]
    return next((one.unit for one in counted if one is not None), Unit.KGM)


def _check_amounts(
    reading: Reading, holding: Holding, taken: dict[str, str], drawn_from: dict[str, str] | None
) -> None:
    """Raise for a sample that cannot have been taken: in a unit that does not compare, of more than it was drawn from.

    What the books say is not what lies there: more than that is taken where the stock that was found is told.
    """
    packs = packs_of(reading.book, holding.goods)
    quantity = Quantity.from_json(taken, field="quantity")
    kept = (
        balance(reading.book, holding.party, holding.goods).expected
        if reading.may_see_figures(holding)
        else None
    )
    known = kept or what_it_was(reading.book, holding.goods).quantity
    base = None if drawn_from is None else Quantity.from_json(drawn_from, field="base")
    for field, one, beside in (("quantity", quantity, known), ("base", base, quantity)):
        if one is not None and beside is not None and not _compare(packs, one, beside):
            expected = Words(
                zh=f"与{beside.unit.many.zh}可以换算的单位，这批货物按它记录",
                en=f"a unit that compares with {beside.unit.many.en}, in which these goods are recorded",
            )
            raise Malformed(field=field, came=one.display("zh"), expected=expected)
    most = base or kept
    if most is not None and _opened(packs, quantity) > _opened(packs, most):
        expected = Words(
            zh=f"不少于抽样数量（账面或填写的是 {most.display('zh')}）",
            en=f"no less than the sample (recorded or typed: {most.display('en')})",
        )
        raise Malformed(field="base", came=(base or quantity).display("zh"), expected=expected)


def _compare(packs: Packs, one: Quantity, other: Quantity) -> bool:
    return _opened(packs, one).unit.base is _opened(packs, other).unit.base


def _opened(packs: Packs, quantity: Quantity) -> Quantity:
    return packs.opened(quantity) or quantity


def _show(desk: Desk, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        names, typed = Names(book, desk.viewer, desk.language, reading), form.value("party")
        offered = candidates(desk, reading, book, typed) if typed and "party" in form.errors else []
        return desk.page(
            "sample_new.html",
            status=status,
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            parties=[(str(one), names.party(one)) for one in offered],
            units=units(desk.language),
            purposes=[(one, desk.say(f"purpose_{one}")) for one in PURPOSES],
        )
