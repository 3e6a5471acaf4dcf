"""The slip: what a market asks of a sales voucher, on paper of 58 or 80 mm or A4, and what its seller may still do with it.

食用农产品市场销售质量安全监督管理办法: seller with contact and stall, buyer, goods, weight, origin, date, and the number of the 承诺达标合格证 where there is
one. What is printed again says so and counts. A slip that was put right or taken back stays here, crossed out, and leads to what took its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.deps import Someone, needs
from api.drafting import Drafting
from api.money import in_fen
from api.pages.batches import own_record
from api.pages.code_picture import code_svg
from api.pages.counter import KEPT_MAX, last_slip, priced
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, form_id, new_id, record
from api.pages.names import Names
from api.pages.own import Own
from api.pages.rendering import ON_THE_SPOT_MS, quantity
from api.pages.selling import TERMS, receivables
from api.pages.shipments import slip_line
from api.parameters import MaybeText, PathNumber, whole_number
from api.printable import may_print, opens_only_here
from ledger.accounts.receivables import KeptSlip, Terms, read_word
from ledger.errors import Malformed, Words
from ledger.trace import balance
from ledger.views.book import about, statement_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.trade import Shipment
from scanner.codes import address_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

#: Widths of paper: rolls of thermal printers, and a sheet.
#: Prints of one slip that are counted.
PRINTS_MAX: Final = 999
PAPERS: Final = ("58", "80", "a4")
PAPER_COOKIE: Final = "slip_paper"
PAPER_SECONDS: Final = 365 * 86_400
#: A price so many times the last one, or that part of it, is looked at again before it is printed.
PRICE_TIMES: Final = 3
#: A roll is cut to lengths in steps; the style sheet names them.
_ROLL_MM: Final = (100, 400, 20)
#: About how long the head and foot of a slip, and one of its lines, are on a roll.
_HEAD_MM, _LINE_MM = {"58": 122, "80": 108}, {"58": 17, "80": 13}

router = APIRouter(include_in_schema=False)


@router.get("/my/slips/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def slip(
    position: PathNumber,
    desk: AtDesk,
    caller: Someone,
    new: MaybeText = None,
    paper: MaybeText = None,
    again: MaybeText = None,
) -> Response:
    """The slip, to be printed. Its code is left out where it would open on this machine only, unless `loopback` asks for it."""
    chosen = _paper(desk, paper)
    page = _show(desk, caller.party, position, chosen, Form({}), new=new is not None, again=again is not None)
    if paper is not None:
        page.set_cookie(PAPER_COOKIE, chosen, max_age=PAPER_SECONDS, samesite="lax", httponly=True)
    return page


@router.post(
    "/my/slips/{position}/print", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def print_again(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Count one more print, and show it. `number` is the count that the page showed, and one: sent twice, it is one print."""
    number = whole_number(posted.text("number"))
    if number is None or not 1 <= number <= PRINTS_MAX:
        expected = Words(zh=f"1 至 {PRINTS_MAX}", en=f"1 to {PRINTS_MAX}")
        raise Malformed(field="number", came=posted.text("number"), expected=expected)
    kept = _kept(desk, author.party, position)
    receivables(desk, author.party).printed_again(kept, number)
    return RedirectResponse(f"/my/slips/{position}?again=1", status_code=303)


@router.post(
    "/my/slips/{position}/terms", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def say_terms(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Say that a slip was paid, or put it on the buyer's account."""
    terms = read_word(posted.text("terms"), TERMS, field="terms")
    kept = _kept(desk, author.party, position, terms)
    if terms == "credit" and kept.cents is None:
        expected = Words(zh="有金额的凭证", en="a slip with a total")
        raise Malformed(field="terms", came=terms, expected=expected)
    receivables(desk, author.party).say(kept)
    return RedirectResponse(f"/my/slips/{position}", status_code=303)


@router.post("/my/slips/{position}/void", response_class=HTMLResponse, dependencies=[needs("correct")])
def void(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Take a slip back: it never happened."""
    with desk.ledger.book() as book:
        _, record_ = own_record(book, position, author.party, Shipment)
    form = Form(posted.texts)
    body = {
        "id": str(form_id(posted)),
        "corrects": str(record_.header.id),
        "correction_reason": "did_not_occur",
    }
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(Correction, dict(body))
    if record(desk, author.party, [draft], form, {}):
        return RedirectResponse(f"/my/slips/{position}", status_code=303)
    return _show(desk, author.party, position, _paper(desk, None), form, status=422)


def _kept(desk: Desk, party: PartyId, position: int, terms: Terms = "unsaid") -> KeptSlip:
    """The slip at that position for the seller's own account."""
    with desk.ledger.book() as book:
        said, record_ = own_record(book, position, party, Shipment)
    cents = None if said.total is None else in_fen(said.total)
    return KeptSlip(position, said.to, record_.occurred_ms, cents, terms)


def _paper(desk: Desk, asked: str | None) -> str:
    """The width of paper: the one asked for, else the one this browser had last."""
    if asked is not None:
        return read_word(asked, PAPERS, field="paper")
    kept = desk.request.cookies.get(PAPER_COOKIE, "")
    return kept if kept in PAPERS else "80"


@dataclass(frozen=True, slots=True)
class _Successor:
    """What took the place of a slip."""

    seq: int
    is_slip: bool


def _show(
    desk: Desk,
    party: PartyId,
    position: int,
    paper: str,
    form: Form,
    *,
    new: bool = False,
    again: bool = False,
    status: int = 200,
) -> HTMLResponse:
    account = receivables(desk, party)
    kept = account.slip(position)
    with desk.ledger.book() as book:
        said, record_ = own_record(book, position, party, Shipment)
        names, successor = Names(book, desk.viewer, desk.language), _successor(book, record_)
        # The first print is the one on the spot; a page that is opened later shows a slip that was printed before.
        first = new and successor is None and desk.ledger.clock() - record_.at_ms < ON_THE_SPOT_MS
        first = first and (kept is None or not kept.prints)
        doubts = _doubts(desk, names, said, record_) if first else []
        lines = [_line(names, *one) for one in priced(said)]
        return desk.page(
            "slip.html",
            status=status,
            new=first,
            again=again,
            prints=0 if kept is None else kept.prints,
            doubts=doubts,
            form=form,
            form_id=str(new_id(desk)),
            paper=paper,
            papers=PAPERS,
            roll="" if paper == "a4" else f"roll-{paper}-{_length(paper, len(lines))}",
            terms=None if kept is None else kept.terms,
            successor=successor,
            seller_side=record_.actor == party,
            corrects=_corrected_seq(book, record_),
            slip=_slip(desk, names, said, record_) | {"lines": lines, "sum": _sum(said)},
            coded=may_print(desk.settings, desk.request.query_params.get("loopback")),
            only_here=opens_only_here(desk.settings),
            host=address_host(desk.settings.base_url),
        )


def _slip(desk: Desk, names: Names, said: Shipment, record_: Record) -> dict[str, object]:
    goods = said.lines[0].goods
    return {
        "number": said.voucher.number if said.voucher is not None else str(record_.header.id),
        "seq": record_.seq,
        "id": record_.header.id,
        "at_ms": record_.at_ms,
        "occurred_ms": record_.occurred_ms,
        "seller": names.party(record_.actor),
        "seller_trade": names.view(record_.actor).trade or "",
        "seller_contact": names.contact(record_.actor),
        "buyer_party": said.to,
        "buyer": names.party(said.to),
        "buyer_trade": names.view(said.to).trade or "",
        "buyer_contact": names.contact(said.to),
        "vehicle": said.vehicle,
        "total": said.total,
        "code": code_svg(
            desk.settings.base_url + (links.code_path(goods) or links.goods_page(goods)),
            label=desk.say("slip_check"),
        ),
    }


def _line(names: Names, line: Line, price: str, amount: str) -> dict[str, object]:
    """One line as a voucher names it."""
    more = {
        "promises": _promises(names.sheet(line.goods).commitments),
        "quantity": line.quantity,
        "price": price,
        "amount": amount,
    }
    return slip_line(names, line.goods) | more


def _promises(records: Sequence[Record]) -> list[str]:
    """The numbers of the 承诺达标合格证 of some goods."""
    said = (one.said for one in records if one.superseded_by is None)
    return list(dict.fromkeys(one.number for one in said if isinstance(one, Commitment) and one.number))


def _sum(said: Shipment) -> str | None:
    """What the lines come to, where each has an amount and another total was agreed."""
    amounts = [amount for _, _, amount in priced(said)]
    if said.total is None or not all(amounts):
        return None
    together = sum((Decimal(one) for one in amounts), Decimal(0))
    return None if together == Decimal(said.total) else f"{together:.2f}"


def _length(paper: str, lines: int) -> int:
    """How long the roll is cut, in millimetres."""
    least, most, step = _ROLL_MM
    wanted = _HEAD_MM[paper] + lines * _LINE_MM[paper]
    return min(max(least, -(-wanted // step) * step), most)


def _doubts(desk: Desk, names: Names, said: Shipment, record_: Record) -> list[str]:
    """What to look at before this is printed: more than the records show, a price far from the last one. Nothing is stopped by it."""
    book, found = names.book, list[str]()
    for goods in dict.fromkeys(line.goods for line in said.lines):
        after = balance(book, record_.actor, goods)
        if after.overdrawn and after.expected is not None:
            missing = quantity(
                type(after.expected)(abs(after.expected.amount), after.expected.unit), desk.language
            )
            found.append(desk.say("slip_doubt_stock", goods=names.goods(goods), amount=missing))
    kept = receivables(desk, record_.actor).latest(since_ms=0, at_most=KEPT_MAX)
    last = last_slip(Own.of(book, record_.actor), kept, said.to, before=record_.seq)
    before = {_named(names, line.goods): price for line, price, _ in priced(last) if price} if last else {}
    for line, price, _ in priced(said):
        old = before.get(_named(names, line.goods))
        if old and price and not Decimal(old) < Decimal(price) * PRICE_TIMES < Decimal(old) * PRICE_TIMES**2:
            found.append(desk.say("slip_doubt_price", goods=names.goods(line.goods), price=price, last=old))
    return found


def _named(names: Names, goods: GoodsId) -> str:
    return names.sheet(goods).name or str(goods)


def _successor(book: Book, record_: Record) -> _Successor | None:
    later = record_.superseded_by
    if later is None:
        return None
    found = next(one for one in about(book, statement_key(later)) if one.header.id == later)
    return _Successor(found.seq, isinstance(found.said, Shipment))


def _corrected_seq(book: Book, record_: Record) -> int | None:
    corrects = record_.header.corrects
    return None if corrects is None else book.position(corrects, record_.header.issuer)
