"""The counter at three in the morning: a regular buyer, kilos, price, print.

One slip is one record: the market's sales voucher (销售凭证), the shipment, the offer to the buyer, and the prices, which only the two
sides and officials read. Beside it the seller keeps for himself whether it was paid or stands on credit (`api.pages.owing`). The total is
reckoned here; a total that was agreed otherwise is kept as it was typed.

A slip with wrong kilos is filled in again and put right by a record that takes the place of the first; both stay readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.money import PRICE_MAX, TOTAL_MAX, in_fen, line_amount, read_money
from api.pages.batches import amount_of, own_record
from api.pages.counter import (
    BUYERS_MAX,
    KEPT_MAX,
    LINES,
    Buyer,
    Offered,
    buyers,
    filled_in,
    last_slip,
    matching,
    offered,
    priced,
    read_choice,
    regular,
)
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, gather, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.pages.rendering import quantity
from api.pages.shipments import slip_number
from api.parameters import MaybeText, PathNumber
from api.problems import Refusals
from ledger.accounts.receivables import KeptSlip, Receivables, Terms, read_word, total_due
from ledger.errors import Malformed, Refusal, TooLarge, UnknownName, Words
from ledger.identifiers import Instant, PartyId, Quantity, StatementId
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.recorder import Placed
    from ledger.views.book import Book, Record

#: Nobody carries more than this from a stall in one slip; what is more is a slip of the hand.
AMOUNT_MAX: Final = Decimal(1_000_000)
TERMS: Final[tuple[Terms, ...]] = ("paid", "credit")
#: Slips of today that the counter lists.
LATEST_SHOWN: Final = 8
OK: Final = 200
_DAY_MS: Final = 86_400_000
_LOOKED_BACK_MS: Final = 60 * _DAY_MS

_FIELDS: Final = {
    **{
        f"lines[{number}].{part}": f"{name}_{number}"
        for number in range(LINES)
        for part, name in (("goods", "goods"), ("quantity", "amount"))
    },
    **{
        f"{name}_{number}": f"{name}_{number}"
        for number in range(LINES)
        for name in ("goods", "amount", "price")
    },
    "lines": "goods_0",
    "terms": "terms",
    "total": "total",
    "vehicle": "vehicle",
}

router = APIRouter(include_in_schema=False)


def receivables(desk: Desk, seller: PartyId) -> Receivables:
    """What this seller keeps for itself."""
    return Receivables(desk.ledger.engine, desk.ledger.origin, seller)


@router.get("/sell", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def counter(desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The regular buyers as buttons. A search that finds one goes on to him."""
    now, account = desk.ledger.clock(), receivables(desk, caller.party)
    kept = account.latest(since_ms=now - _LOOKED_BACK_MS, at_most=KEPT_MAX)
    accounts = account.accounts()
    with desk.ledger.book() as book:
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, caller.party)
        known = buyers(names, regular(own, kept, now_ms=now))
        shown = matching(known, q) if q else known
        if q and len(shown) == 1:
            return RedirectResponse(f"/sell/to/{shown[0].party}", status_code=303)
        return desk.page(
            "sell.html",
            who=who(names, caller.party),
            q=q or "",
            buyers=[
                _button(one, accounts[one.party].due_cents if one.party in accounts else 0)
                for one in shown[:BUYERS_MAX]
            ],
            known=len(known),
            today=_today(kept, names, now),
            due=total_due(accounts.values()),
        )


def _button(one: Buyer, due: int) -> dict[str, object]:
    return {"party": one.party, "name": one.name, "beside": one.beside, "find": one.find, "due": max(due, 0)}


def _today(kept: Sequence[KeptSlip], names: Names, now_ms: int) -> dict[str, object]:
    """How many slips since midnight, for how much, and the latest of them."""
    day = Instant(now_ms).date_in_shanghai()
    slips = [one for one in kept if not one.superseded and Instant(one.at_ms).date_in_shanghai() == day]
    return {
        "count": len(slips),
        "cents": sum(one.cents or 0 for one in slips),
        "latest": [
            {
                "seq": one.seq,
                "at_ms": one.at_ms,
                "buyer": names.party(one.buyer),
                "cents": one.cents,
                "terms": one.terms,
            }
            for one in slips[:LATEST_SHOWN]
        ],
    }


@dataclass(frozen=True, slots=True)
class Sale:
    """Whom a form sells to, and, where it puts a slip right, which."""

    seller: PartyId
    buyer: PartyId
    wrong: tuple[Shipment, Record] | None = None

    @property
    def action(self) -> str:
        """Where its form leads."""
        return f"/sell/to/{self.buyer}" if self.wrong is None else f"/my/slips/{self.wrong[1].seq}/correct"


@router.get("/sell/to/{party}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def sale_form(party: str, desk: AtDesk, caller: Someone, form: MaybeText = None) -> Response:
    """One line, filled in with what this buyer took last.

    The slip's id stands in the address: whoever comes back to it after a lost answer finds the slip, and no form that would make a second.
    """
    if form is None:
        return RedirectResponse(f"/sell/to/{PartyId.parse(party)}?form={new_id(desk)}", status_code=303)
    statement = StatementId.parse(form, field="form")
    account = receivables(desk, caller.party)
    with desk.ledger.book() as book:
        recorded = book.position(statement, caller.party)
        if recorded is not None:
            return RedirectResponse(f"/my/slips/{recorded}", status_code=303)
        names, own = Names(book, desk.viewer, desk.language), Own.of(book, caller.party)
        sale = Sale(caller.party, _buyer(names, caller.party, party))
        kept = account.latest(since_ms=desk.ledger.clock() - _LOOKED_BACK_MS, at_most=KEPT_MAX)
        choices, last = offered(own), last_slip(own, kept, sale.buyer)
        said = next((one.terms for one in kept if one.buyer == sale.buyer and one.terms in TERMS), "credit")
        values = {"id": str(statement), "terms": said} | filled_in(own, names, choices, last)
        return _show(desk, names, choices, sale, Form(values))


@router.post("/sell/to/{party}", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def sell(party: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the slip and open it."""
    with desk.ledger.book() as book:
        sale = Sale(author.party, _buyer(Names(book, desk.viewer, desk.language), author.party, party))
    return _recorded(desk, sale, posted)


@router.get(
    "/my/slips/{position}/correct", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def correction_form(position: PathNumber, desk: AtDesk, caller: Someone) -> Response:
    """The slip as it was written, to be put right. One that was put right already leads to what took its place."""
    with desk.ledger.book() as book:
        sale = _to_correct(book, position, caller.party)
        assert sale.wrong is not None
        said, record_ = sale.wrong
        if record_.superseded_by is not None:
            return RedirectResponse(f"/my/slips/{position}", status_code=303)
        kept = receivables(desk, caller.party).slip(position)
        values = {
            "id": str(new_id(desk)),
            "terms": kept.terms if kept is not None and kept.terms in TERMS else "credit",
            "vehicle": said.vehicle or "",
        }
        for number, (line, price, _) in enumerate(priced(said)[:LINES]):
            values |= {
                f"goods_{number}": f"{line.quantity.unit} {line.goods}",
                f"amount_{number}": str(line.quantity).partition(" ")[0],
                f"price_{number}": price,
            }
        names = Names(book, desk.viewer, desk.language)
        return _show(
            desk, names, _with_its_own(offered(Own.of(book, caller.party)), said), sale, Form(values)
        )


@router.post(
    "/my/slips/{position}/correct", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def correct(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the slip that takes the place of the wrong one."""
    with desk.ledger.book() as book:
        sale = _to_correct(book, position, author.party)
    return _recorded(desk, sale, posted)


def _to_correct(book: Book, position: int, party: PartyId) -> Sale:
    said, record_ = own_record(book, position, party, Shipment)
    if record_.actor != party:
        raise UnknownName(
            field="position", came=position, expected=Words(zh="本方开的凭证", en="a slip of your own")
        )
    return Sale(party, said.to, (said, record_))


def _with_its_own(choices: list[Offered], said: Shipment) -> list[Offered]:
    """The goods of a slip that is put right can be chosen whatever became of them since."""
    there = {one.choice for one in choices}
    own = (Offered(line.goods, line.quantity.unit, None, None, None) for line in said.lines)
    return [*(one for one in own if one.choice not in there), *choices]


def _buyer(names: Names, seller: PartyId, text: str) -> PartyId:
    """Somebody else, of whom a sheet was recorded: to whom nobody named, nobody sells by mistake."""
    party = PartyId.parse(text)
    if party == seller or names.view(party).record is None:
        raise UnknownName(
            field="party", came=text, expected=Words(zh="已登记的客户", en="a buyer who is recorded")
        )
    return party


def _recorded(desk: Desk, sale: Sale, posted: Posted) -> Response:
    form = Form(posted.texts)
    drafts = attempt(form, lambda: _drafts(desk, sale, posted), _FIELDS, desk.language)
    placed = record(desk, sale.seller, drafts, form, _FIELDS) if drafts else ()
    if placed:
        return _kept(desk, sale, placed, posted)
    with desk.ledger.book() as book:
        names, choices = Names(book, desk.viewer, desk.language), offered(Own.of(book, sale.seller))
        if sale.wrong is not None:
            choices = _with_its_own(choices, sale.wrong[0])
        return _show(desk, names, choices, sale, form, status=422)


def _kept(desk: Desk, sale: Sale, placed: Sequence[Placed], posted: Posted) -> Response:
    """Keep the slip on the seller's own account. A crash before this is mended by sending the form again."""
    seq = placed[-1].seq
    with desk.ledger.book() as book:
        record_ = book.records([seq])[seq]
    said = record_.said
    assert isinstance(said, Shipment)
    terms = read_word(posted.text("terms"), TERMS, field="terms")
    cents = None if said.total is None else in_fen(said.total)
    receivables(desk, sale.seller).keep(KeptSlip(seq, sale.buyer, record_.occurred_ms, cents, terms))
    return RedirectResponse(f"/my/slips/{seq}?new=1", status_code=303)


def _drafts(desk: Desk, sale: Sale, posted: Posted) -> list[Draft]:
    statement, wrong = form_id(posted), list[Refusal]()
    filled = [number for number in range(LINES) if number == 0 or posted.text(f"amount_{number}")]
    lines = [gather(wrong, partial(_line, posted, number)) for number in filled]
    total = gather(wrong, lambda: _total(posted, [one for one in lines if one is not None]))
    gather(wrong, lambda: _terms(posted, total))
    if wrong:
        raise Refusals(wrong)
    known = [one for one in lines if one is not None]
    prices: list[Json] = [one.price_json() for one in known if one.price is not None]
    body: dict[str, Json] = {
        "id": str(statement),
        "to": str(sale.buyer),
        "lines": [one.line_json() for one in known],
        "voucher": {"voucher_kind": "sales_slip", "number": slip_number(statement)},
        **({"total": f"{total:.2f}"} if total is not None else {}),
        **({"prices": prices} if prices else {}),
        **posted.present("vehicle"),
        **_putting_right(sale),
    }
    return [Drafting(ledger=desk.ledger, author=sale.seller).draft(Shipment, body)]


def _putting_right(sale: Sale) -> dict[str, Json]:
    """What a corrected slip takes over from the one it replaces: when it was, its number (the buyer's papers name it), and that it is one."""
    if sale.wrong is None:
        return {}
    said, record_ = sale.wrong
    again: dict[str, Json] = {
        "corrects": str(record_.header.id),
        "correction_reason": "incorrect_data",
        "occurred_at": str(record_.header.occurred_at),
        "offer": said.offer,
    }
    if said.voucher is not None:
        again["voucher"] = said.voucher.model_dump(mode="json")
    return again


@dataclass(frozen=True, slots=True)
class _Line:
    """One line as it was typed."""

    goods: str
    quantity: Quantity
    price: Decimal | None

    @property
    def amount(self) -> Decimal | None:
        """What it comes to."""
        return None if self.price is None else line_amount(self.quantity, self.price)

    def line_json(self) -> Json:
        """As the shipment's line."""
        return {"goods": self.goods, "quantity": self.quantity.as_json()}

    def price_json(self) -> Json:
        """As its price."""
        return {"goods": self.goods, "unit_price": f"{self.price:.2f}", "amount": f"{self.amount:.2f}"}


def _line(posted: Posted, number: int) -> _Line:
    wrong = list[Refusal]()
    choice = gather(wrong, lambda: read_choice(posted.text(f"goods_{number}")), at=f"goods_{number}")
    unit = "KGM" if choice is None else str(choice[1])
    amount = gather(wrong, lambda: _amount(posted, f"amount_{number}", unit))
    price = gather(wrong, lambda: _price(posted, f"price_{number}"))
    if wrong or choice is None or amount is None:
        # `goods_0.goods` is beside the same field as `goods_0`.
        raise Refusals(wrong)
    return _Line(str(choice[0]), amount, price)


def _amount(posted: Posted, name: str, unit: str) -> Quantity:
    amount = Quantity.from_json(amount_of(posted, name, unit), field=name)
    if amount.amount > AMOUNT_MAX:
        expected = Words(zh=f"不超过 {AMOUNT_MAX:,}", en=f"at most {AMOUNT_MAX:,}")
        raise TooLarge(field=name, came=posted.text(name), expected=expected)
    return amount


def _price(posted: Posted, name: str) -> Decimal | None:
    return read_money(posted.text(name), field=name, most=PRICE_MAX) if posted.text(name) else None


def _total(posted: Posted, lines: Sequence[_Line]) -> Decimal | None:
    """The total that was agreed, else the sum of the lines where each has a price."""
    if posted.text("total"):
        return read_money(posted.text("total"), field="total", most=TOTAL_MAX)
    amounts = [one.amount for one in lines if one.amount is not None]
    if not lines or len(amounts) < len(lines):
        return None
    total = sum(amounts, Decimal(0))
    if total > TOTAL_MAX:
        expected = Words(zh=f"合计不超过 {TOTAL_MAX:,} 元", en=f"at most {TOTAL_MAX:,} yuan together")
        raise TooLarge(field="total", came=total, expected=expected)
    return total


def _terms(posted: Posted, total: Decimal | None) -> None:
    if read_word(posted.text("terms"), TERMS, field="terms") == "credit" and total is None:
        expected = Words(zh="赊账要写单价或合计", en="a price or a total, to be sold on credit")
        raise Malformed(field="price_0", came="", expected=expected)


def _labels(desk: Desk) -> Mapping[str, str]:
    numbered = {
        f"{name}_{number}": desk.say(f"sell_{name}")
        for number in range(LINES)
        for name in ("goods", "amount", "price")
    }
    return numbered | {
        "terms": desk.say("sell_terms"),
        "total": desk.say("sell_total"),
        "vehicle": desk.say("ship_vehicle"),
    }


def _show(
    desk: Desk, names: Names, choices: Sequence[Offered], sale: Sale, form: Form, *, status: int = OK
) -> HTMLResponse:
    more = [
        number
        for number in range(1, LINES)
        if form.value(f"goods_{number}") or form.value(f"amount_{number}")
    ]
    wrong = sale.wrong
    # A form that a browser kept, changed and sent again: its slip is there, and can be put right.
    recorded = names.book.position(StatementId.parse(form.value("id")), sale.seller) if status != OK else None
    return desk.page(
        "sell_to.html",
        status=status,
        recorded=recorded,
        form=form,
        labels=_labels(desk),
        buyer=names.party(sale.buyer),
        beside=names.contact(sale.buyer),
        action=sale.action,
        wrong=None if wrong is None else {"seq": wrong[1].seq, "occurred_ms": wrong[1].occurred_ms},
        choices=[
            {
                "value": one.choice,
                "words": _choice_words(desk, names, one),
                "unit": one.unit.many.in_language(desk.language),
                # What a wrong slip took is not left, and not gone either: nothing is said of it.
                "left": "" if wrong else str(one.left).partition(" ")[0] if one.left else "0",
                "blocked": one.order is not None,
            }
            for one in choices
        ],
        terms=[(one, desk.say(f"sell_terms_{one}")) for one in TERMS],
        more_lines=list(range(1, LINES)),
        more_open=any(form.value(f"amount_{number}") for number in more)
        or any(name.endswith(("_1", "_2", "_3", "_4", "_5")) for name in form.errors),
        rest_open=bool(form.value("total") or form.value("vehicle"))
        or bool({"total", "vehicle"} & form.errors.keys()),
    )


def _choice_words(desk: Desk, names: Names, one: Offered) -> str:
    name = names.goods(one.goods)
    if one.order is not None:
        return f"{name} · {one.order.in_language(desk.language)}"
    if one.left is None:
        return f"{name} · {desk.say('sell_none_left', unit=one.unit.many.in_language(desk.language))}"
    return f"{name} · {desk.say('sell_left', amount=quantity(one.left, desk.language))}"
