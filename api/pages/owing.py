"""Who owes what since when: the accounts a seller keeps of its buyers, with each slip and each payment, to be printed or exported.

They are the seller's own and no matter of the ledger (decision 0024): no law asks for them, officials and other parties do not read them. A
payment goes against the oldest open slip first. One that was entered wrongly is taken back, stays crossed out, and is entered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.money import TOTAL_MAX, in_fen, in_yuan, read_money
from api.pages.batches import today
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, form_id, gather, new_id
from api.pages.my import who
from api.pages.names import Names
from api.pages.selling import receivables
from api.parameters import MaybeText
from api.problems import Refusals
from api.tables import Column, FileForm, Table, table_answer
from ledger.accounts.receivables import METHODS, NOTE_CHARACTERS_MAX, Payment, read_word, total_due
from ledger.errors import Conflict, Malformed, Refusal, TooLarge, UnknownName, Words
from ledger.identifiers import Instant, LegalDate, PartyId, StatementId
from ledger.vocabulary.trade import Shipment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.accounts.receivables import Account, KeptSlip
    from ledger.views.book import Book

#: Lines of an account on its page; all of them are in the file.
LINES_SHOWN: Final = 100
_LABELS: Final = {
    "amount": "owing_amount",
    "paid_on": "owing_paid_on",
    "method": "owing_method",
    "note": "owing_note",
}

router = APIRouter(include_in_schema=False)


@router.get("/sell/owed", response_class=HTMLResponse, dependencies=[needs("read_own")])
def owed(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """Every buyer with something to pay, the oldest debt first; then those who have nothing open."""
    accounts = list(receivables(desk, caller.party).accounts().values())
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        names.know(one.buyer for one in accounts)
        return desk.page(
            "sell_owed.html",
            who=who(names, caller.party),
            due=total_due(accounts),
            rows=[_row(one, names) for one in sorted(accounts, key=_oldest_first) if one.due_cents],
            settled=[
                {"party": one.buyer, "name": names.party(one.buyer)} for one in accounts if not one.due_cents
            ],
        )


@router.get("/sell/owed.{form}", dependencies=[needs("read_own")])
def owed_file(form: FileForm, desk: AtDesk, caller: Someone) -> Response:
    """The same list for a spreadsheet."""
    accounts = receivables(desk, caller.party).accounts().values()
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        rows = [_file_row(one, names) for one in sorted(accounts, key=_oldest_first) if one.due_cents]
    columns = (
        Column(desk.say("slip_buyer"), 32),
        Column(desk.say("owing_contact"), 24),
        Column(desk.say("owing_due"), 14, "number"),
        Column(desk.say("owing_since"), 14, "date"),
        Column(desk.say("owing_open"), 12, "number"),
    )
    return table_answer(Table("receivables", desk.say("owing_title"), columns, rows), form)


# Before the page of one account: `.csv` is no part of a party's name.
@router.get("/sell/owed/{party}.{form}", dependencies=[needs("read_own")])
def account_file(party: str, form: FileForm, desk: AtDesk, caller: Someone) -> Response:
    """One buyer's account for a spreadsheet, from the first line on."""
    account = _account(desk, caller.party, party)
    with desk.ledger.book() as book:
        lines = list(_lines(desk, book, account, numbered=len(account.slips)))
    columns = (
        Column(desk.say("owing_day"), 18, "time"),
        Column(desk.say("owing_what"), 44),
        Column(desk.say("owing_sold"), 12, "number"),
        Column(desk.say("owing_paid"), 12, "number"),
        Column(desk.say("owing_balance"), 12, "number"),
        Column(desk.say("owing_state"), 12),
    )
    rows = [_line_row(one) for one in lines]
    return table_answer(Table("account", desk.say("owing_account"), columns, rows), form)


@router.get("/sell/owed/{party}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def account_page(party: str, desk: AtDesk, caller: Someone, done: MaybeText = None) -> HTMLResponse:
    """One buyer's account: what is open, and everything that led to it."""
    account = _account(desk, caller.party, party)
    values = {"id": str(new_id(desk)), "paid_on": today(desk), "method": "cash"}
    if account.due_cents > 0:
        values["amount"] = f"{in_yuan(account.due_cents):.2f}"
    return _show(desk, caller.party, account, Form(values), done=done is not None)


@router.post(
    "/sell/owed/{party}/payments", response_class=HTMLResponse, dependencies=[needs("record_delivery")]
)
def pay(party: str, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Enter what this buyer paid."""
    account, form = _account(desk, author.party, party), Form(posted.texts)
    wrong = list[Refusal]()
    payment = gather(wrong, lambda: _payment(desk, account.buyer, posted))
    if payment is not None:
        try:
            receivables(desk, author.party).pay(payment)
        except Conflict:
            form.errors[""] = desk.say("error_used")
        else:
            return RedirectResponse(f"/sell/owed/{account.buyer}?done=1", status_code=303)
    form.refuse(wrong, {name: name for name in _LABELS}, desk.language)
    return _show(desk, author.party, account, form, status=422)


@router.post(
    "/sell/owed/{party}/payments/{payment}/withdraw",
    response_class=HTMLResponse,
    dependencies=[needs("record_delivery")],
)
def withdraw(party: str, payment: str, desk: AtDesk, author: Someone) -> Response:
    """Take back a payment that was entered wrongly."""
    buyer = PartyId.parse(party)
    named = StatementId.parse(payment, field="payment")
    receivables(desk, author.party).withdraw(named, buyer, at_ms=desk.ledger.clock())
    return RedirectResponse(f"/sell/owed/{buyer}", status_code=303)


def _account(desk: Desk, seller: PartyId, text: str) -> Account:
    """The account of a buyer that this seller knows; of everybody else there is none, not even an empty one."""
    buyer = PartyId.parse(text)
    account = receivables(desk, seller).account(buyer)
    if not account.slips and not account.payments:
        raise UnknownName(
            field="party", came=text, expected=Words(zh="有往来账的客户", en="a buyer with an account")
        )
    return account


def _oldest_first(account: Account) -> tuple[bool, int, PartyId]:
    return account.since_ms is None, account.since_ms or 0, account.buyer


def _row(account: Account, names: Names) -> dict[str, object]:
    return {
        "party": account.buyer,
        "name": names.party(account.buyer),
        "contact": names.contact(account.buyer),
        "due": account.due_cents,
        "since_ms": account.since_ms,
        "open": len(account.open_slips),
    }


def _file_row(account: Account, names: Names) -> tuple[Cell, ...]:
    since = account.since_ms
    return (
        names.party(account.buyer),
        names.contact(account.buyer),
        in_yuan(account.due_cents),
        None if since is None else Instant(since).date_in_shanghai().date,
        len(account.open_slips),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of an account, as both sides could have written it. A line that counts no more is crossed out."""

    at_ms: int
    what: str
    sold_cents: int | None
    paid_cents: int | None
    balance_cents: int
    gone: bool = False
    seq: int | None = None
    left_cents: int = 0
    payment: StatementId | None = None


def _lines(desk: Desk, book: Book, account: Account, *, numbered: int = LINES_SHOWN) -> Iterator[_Line]:
    """Every slip and payment in time, with the balance after each."""
    open_ = {one.slip.seq: one.left_cents for one in account.open_slips}
    numbers = _numbers(book, account.slips[-numbered:])
    events: list[tuple[int, int, KeptSlip | Payment]] = [
        *((one.at_ms, 0, one) for one in account.slips),
        *((_paid_ms(one), 1, one) for one in account.payments),
    ]
    balance = 0
    for at_ms, _, one in sorted(events, key=lambda event: event[:2]):
        if isinstance(one, Payment):
            balance -= one.counted_cents
            what = desk.say("owing_line_payment", method=desk.say(f"owing_method_{one.method}"))
            yield _Line(
                at_ms,
                f"{what} {one.note}".strip(),
                None,
                one.cents,
                balance,
                gone=one.withdrawn_ms is not None,
                payment=one.id,
            )
            continue
        at_once = one.terms == "paid"
        balance += one.owed_cents
        yield _Line(
            at_ms,
            desk.say(
                "owing_line_slip_paid" if at_once else "owing_line_slip",
                number=numbers.get(one.seq, f"#{one.seq}"),
            ),
            one.cents,
            one.cents if at_once else None,
            balance,
            gone=one.superseded,
            seq=one.seq,
            left_cents=open_.get(one.seq, 0),
        )


def _paid_ms(payment: Payment) -> int:
    """Where a payment stands among the slips: on the day it was made, at the time it was entered if that is the same day."""
    entered = Instant(payment.made_ms).date_in_shanghai()
    noon = Instant.parse(f"{payment.paid_on}T12:00:00+08:00").ms
    return payment.made_ms if payment.paid_on == entered else noon


def _numbers(book: Book, slips: Sequence[KeptSlip]) -> Mapping[int, str]:
    """The numbers of slips, as they are printed."""
    seqs = [one.seq for one in slips]
    found = book.records(seqs)
    said = {seq: found[seq].said for seq in seqs}
    return {
        seq: one.voucher.number
        for seq, one in said.items()
        if isinstance(one, Shipment) and one.voucher is not None
    }


def _line_row(line: _Line) -> tuple[Cell, ...]:
    return (
        line.at_ms,
        line.what,
        None if line.sold_cents is None else in_yuan(line.sold_cents),
        None if line.paid_cents is None else in_yuan(line.paid_cents),
        in_yuan(line.balance_cents),
        "×" if line.gone else "",
    )


def _payment(desk: Desk, buyer: PartyId, posted: Posted) -> Payment:
    wrong = list[Refusal]()
    now = desk.ledger.clock()
    amount = gather(wrong, lambda: read_money(posted.text("amount"), field="amount", most=TOTAL_MAX))
    paid_on = gather(wrong, lambda: _day(posted.text("paid_on"), now))
    method = gather(wrong, lambda: read_word(posted.text("method"), METHODS, field="method"))
    note = gather(wrong, lambda: _note(posted.text("note")))
    if wrong or amount is None or paid_on is None or method is None:
        raise Refusals(wrong)
    return Payment(form_id(posted), buyer, in_fen(amount), paid_on, method, note or "", made_ms=now)


def _day(text: str, now_ms: int) -> LegalDate:
    day = LegalDate.parse(text, field="paid_on")
    latest = Instant(now_ms).date_in_shanghai()
    if str(day) > str(latest):
        expected = Words(zh=f"不晚于今天（{latest}）", en=f"not after today ({latest})")
        raise Malformed(field="paid_on", came=text, expected=expected)
    return day


def _note(text: str) -> str:
    if len(text) > NOTE_CHARACTERS_MAX:
        most = NOTE_CHARACTERS_MAX
        raise TooLarge(
            field="note", came=text, expected=Words(zh=f"最多 {most} 个字", en=f"at most {most} letters")
        )
    if not text.isprintable():
        raise Malformed(field="note", came=text, expected=Words(zh="一行文字", en="one line"))
    return text


def _show(
    desk: Desk, seller: PartyId, account: Account, form: Form, *, done: bool = False, status: int = 200
) -> HTMLResponse:
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        lines = list(_lines(desk, book, account))
        return desk.page(
            "sell_account.html",
            status=status,
            who=who(names, seller),
            done=done,
            now_ms=desk.ledger.clock(),
            buyer={
                "party": account.buyer,
                "name": names.party(account.buyer),
                "contact": names.contact(account.buyer),
            },
            seller_contact=names.contact(seller),
            due=account.due_cents,
            since_ms=account.since_ms,
            open=[
                {"seq": one.slip.seq, "at_ms": one.slip.at_ms, "left": one.left_cents}
                for one in account.open_slips
            ],
            lines=lines[-LINES_SHOWN:][::-1],
            hidden=max(len(lines) - LINES_SHOWN, 0),
            form=form,
            labels={name: desk.say(words) for name, words in _LABELS.items()},
            methods=[(one, desk.say(f"owing_method_{one}")) for one in METHODS],
        )
