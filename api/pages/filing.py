"""Filing a paper: a certificate, a promise (承诺达标合格证, 农产品质量安全法 39), a voucher. A paper that comes after the goods is filed later and counts.

A form may begin from a supplier check (`check`): then it is filled with the goods and the supplier of that delivery, and the paper says so. Who
filed it and when stands in the log; a late paper is never made to look like one that was there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import own_record
from api.pages.console import Counter
from api.pages.console_forms import (
    Ask,
    Group,
    Sheet,
    blank,
    body_after,
    finish,
    label_of,
    origin,
    sent,
    show,
)
from api.pages.desk import AtDesk
from api.pages.forms import PostedForm
from api.pages.paper_kinds import CERTIFICATE, COMMITMENT, VOUCHER, PaperForm, Start, named_goods
from api.parameters import MaybeText, QueryNumber, whole_number
from ledger.identifiers import GoodsId, PartyId
from ledger.vocabulary.documents import Certificate, Commitment, Voucher
from ledger.vocabulary.trade import SupplierCheck

if TYPE_CHECKING:
    from api.pages.console_forms import Sent
    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from ledger.views.book import Record
    from ledger.vocabulary.said import Said

router = APIRouter(include_in_schema=False)

BACK: Final = "/my/documents"


def _start(
    counter: Counter, form: PaperForm, *, of: str, check: str, goods: GoodsId | None, sent_as: str = ""
) -> Start:
    before = origin(counter, form.kind, of, form=sent_as)
    found = None
    if check:
        number = whole_number(check)
        # What is no number names no record, like a position that the log does not have.
        found = own_record(
            counter.book, counter.book.size if number is None else number, counter.party, SupplierCheck
        )
    return Start(before, found, () if goods is None else (goods,))


def _open(desk: Desk, party: PartyId, form: PaperForm, of: str, check: str, goods: str) -> HTMLResponse:
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, party)
        start = _start(counter, form, of=of, check=check, goods=desk.known_goods(book, goods))
        values = {**form.empty, "check": check}
        if start.before is not None:
            values |= {"of": of, "how": "correct", **_filled(start.before)}
        elif start.check is not None:
            values |= {"partner": str(start.check[0].supplier), "producer": str(start.check[0].supplier)}
        lots = named_goods(start.before) or start.lots
        values |= {f"goods_{one}": "1" for one in lots} | ({"one_goods": str(lots[0])} if lots else {})
        return show(counter, _sheet(counter, form, start), blank(desk, **values))


def _record(desk: Desk, party: PartyId, form: PaperForm, posted: Posted) -> Response:
    came = sent(desk, posted, ("paper",))
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, party)
        start = _start(
            counter, form, of=came.text("of"), check=came.text("check"), goods=None, sent_as=came.text("id")
        )
    check = start.check
    return finish(
        desk,
        party,
        came,
        form.fields | {"corrects": "how"},
        partial(_drafts, desk, party, form, came, start),
        to=lambda placed: (
            f"{BACK}/{placed.seq}?done={placed.seq}"
            if check is None
            else f"/my/checks/{check[1].seq}?done={placed.seq}"
        ),
        again=lambda counter: _sheet(counter, form, start),
    )


def _drafts(desk: Desk, party: PartyId, form: PaperForm, came: Sent, start: Start) -> list[Draft]:
    body = {**body_after(came, start.before, form.shown, party), **form.body(desk, party, came, start)}
    if digest := came.copy("paper"):
        body["evidence"] = digest
    return [Drafting(ledger=desk.ledger, author=party).draft(form.kind, body)]


def _sheet(counter: Counter, form: PaperForm, start: Start) -> Sheet:
    lede = counter.say(f"papers_{form.name}_lede")
    if start.check is not None:
        said, record = start.check
        lede = counter.say(
            "papers_for_check",
            supplier=counter.names.party(said.supplier),
            day=str(said.received_on),
            entry=record.seq,
        )
    return Sheet(
        title=counter.say(f"papers_{form.name}_new"),
        lede=lede,
        action=f"/my/{form.name}s",
        go=counter.say("papers_save"),
        back=BACK,
        came_from=start.before,
        hidden=("check",),
        groups=(*form.groups(counter, start), _copy(counter, form.kind)),
    )


def _copy(counter: Counter, kind: type[Said]) -> Group:
    ask = Ask("paper", label_of(kind, "evidence"), "paper", hint=counter.say("papers_copy_hint"))
    return Group("", (ask,))


def _filled(before: Record) -> dict[str, str]:
    """The form of a record that is put right."""
    said = before.said
    assert isinstance(said, (Certificate, Commitment, Voucher))
    values: dict[str, str] = {}
    for name in type(said).model_fields:
        value = getattr(said, name)
        if isinstance(value, str):
            values[name] = value
        elif value is not None and name.endswith(("_on", "_to", "_from", "producer", "seller", "buyer")):
            values[name] = str(value)
    quantity = getattr(said, "covers", None) or getattr(said, "quantity", None)
    if quantity is not None:
        values |= {"amount": str(quantity).partition(" ")[0], "amount_unit": str(quantity.unit)}
    if isinstance(said, Certificate):
        values["scope"] = "\n".join(said.scope or ())
    if isinstance(said, Commitment):
        values |= {f"promises_{one}": "1" for one in said.promises or ()}
    if isinstance(said, Voucher):
        bought = said.buyer == before.actor
        values |= {
            "side": "bought" if bought else "sold",
            "partner": str(said.seller if bought else said.buyer),
        }
    return values | {"paper_kept": str(said.evidence or "")}


@router.get("/my/certificates/new", response_class=HTMLResponse, dependencies=[needs("record_results")])
def certificate_form(
    desk: AtDesk, caller: Someone, of: MaybeText = None, check: QueryNumber = None, goods: MaybeText = None
) -> HTMLResponse:
    """A certificate about some goods, or about what one makes."""
    return _open(desk, caller.party, CERTIFICATE, of or "", _text(check), goods or "")


@router.post("/my/certificates", response_class=HTMLResponse, dependencies=[needs("record_results")])
def record_certificate(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """File it."""
    return _record(desk, author.party, CERTIFICATE, posted)


@router.get("/my/commitments/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def commitment_form(
    desk: AtDesk, caller: Someone, of: MaybeText = None, check: QueryNumber = None, goods: MaybeText = None
) -> HTMLResponse:
    """A promise: one's own, or one that came with goods."""
    return _open(desk, caller.party, COMMITMENT, of or "", _text(check), goods or "")


@router.post("/my/commitments", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def record_commitment(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """File it."""
    return _record(desk, author.party, COMMITMENT, posted)


@router.get("/my/vouchers/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def voucher_form(
    desk: AtDesk, caller: Someone, of: MaybeText = None, check: QueryNumber = None
) -> HTMLResponse:
    """A voucher: an invoice, a slip, a delivery note."""
    return _open(desk, caller.party, VOUCHER, of or "", _text(check), "")


@router.post("/my/vouchers", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def record_voucher(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """File it."""
    return _record(desk, author.party, VOUCHER, posted)


def _text(number: int | None) -> str:
    return "" if number is None else str(number)
