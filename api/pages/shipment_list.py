"""What a party sent: shipments and returns, what the other side answered, where the two differ, and since when an answer is waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, own_record, units
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, gather, new_id, record
from api.pages.holdings import account_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import Wanted, every, listed
from api.pages.rendering import quantity
from api.parameters import MaybeText, PathNumber, QueryNumber, Text
from api.problems import Refusals
from api.tables import Column, FileForm, Table, table_answer
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import GoodsId, PartyId
from ledger.trace.edges import Holding
from ledger.trace.shelf import Shelf
from ledger.vocabulary.trade import Receipt, Return, Shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.canonical import Json
    from ledger.identifiers import Quantity
    from ledger.store.book import SqlBook
    from ledger.trace.edges import Edge
    from ledger.views.book import Record

State = Literal["not_asked", "unanswered", "confirmed", "corrected", "refused"]
_KINDS: Final = ("shipment.v1", "return.v1")
_DAY_MS: Final = 86_400_000
_STATES: Final[tuple[State, ...]] = ("unanswered", "corrected", "refused", "confirmed", "not_asked")
_LABELS: Final = {"to": "goods_return_to", "amount": "goods_amount", "reason": "goods_return_reason"}
_FIELDS: Final = {"to": "to", "lines": "amount", "amount": "amount", "reason": "reason"}

router = APIRouter(include_in_schema=False)


@router.get("/my/shipments", response_class=HTMLResponse, dependencies=[needs("read_own")])
def shipments(
    desk: AtDesk,
    caller: Someone,
    q: MaybeText = None,
    state: MaybeText = None,
    before: QueryNumber = None,
) -> HTMLResponse:
    """The list, newest first; with `state` only what was answered so, or not yet."""
    wanted, only = Wanted.of(q, before), _state(state)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        answers = Answers(book, desk.ledger.clock())
        fits = _fits(names, caller.party, wanted, only, answers)
        ahead = _nothing_ahead if only is None else answers.look
        page = listed(book, caller.party, _KINDS, wanted, fits, ahead)
        answers.look(page.records)
        return desk.page(
            "goods_shipments.html",
            who=who(names, caller.party),
            wanted=wanted,
            only=only or "",
            states=[("", desk.say("goods_all"))]
            + [(one, desk.say(f"goods_answer_{one}")) for one in _STATES],
            older=page.older,
            rows=[_row(names, one, answers) for one in page.records],
        )


@router.get("/my/shipments.{form}", response_class=Response, dependencies=[needs("read_own")])
def shipments_file(
    form: FileForm, desk: AtDesk, caller: Someone, q: MaybeText = None, state: MaybeText = None
) -> Response:
    """The whole list as a file, a row for each kind of goods."""
    wanted, only = Wanted.of(q, None), _state(state)
    with desk.ledger.book() as book:
        names, answers = Names(book, desk.viewer, desk.language), Answers(book, desk.ledger.clock())
        fits = _fits(names, caller.party, wanted, only, answers)
        rows = _rows(desk, names, book, caller.party, fits, answers)
        columns = (
            Column(desk.say("col_entry"), width=8, kind="number"),
            Column(desk.say("col_type"), width=12),
            Column(desk.say("col_occurred"), kind="time"),
            Column(desk.say("ship_to"), width=28),
            Column(desk.say("goods_batch"), width=28),
            Column(desk.say("goods_id"), width=40),
            Column(desk.say("goods_sent"), width=12, kind="number"),
            Column(desk.say("goods_arrived"), width=12, kind="number"),
            Column(desk.say("unit"), width=8),
            Column(desk.say("goods_state"), width=14),
            Column(desk.say("goods_waiting_days"), width=10, kind="number"),
            Column(desk.say("ship_slip_number"), width=24),
        )
        return table_answer(Table("shipments", desk.say("goods_shipments"), columns, rows), form)


@router.get("/my/returns/new", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def return_form(desk: AtDesk, caller: Someone, goods: Text) -> HTMLResponse:
    """Goods go back to whom they came from."""
    values = {"id": str(new_id(desk)), "goods": str(GoodsId.parse(goods))}
    return _show(desk, caller.party, Form(values))


@router.post("/my/returns", response_class=HTMLResponse, dependencies=[needs("record_delivery")])
def send_back(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the return."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: _drafts(desk, author.party, posted), _FIELDS, desk.language)
    placed = record(desk, author.party, drafts, form, _FIELDS) if drafts else ()
    if not placed:
        return _show(desk, author.party, form, status=422)
    return RedirectResponse(f"/my/shipments/{placed[-1].seq}", status_code=303)


@router.get("/my/shipments/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def shipment(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """One shipment or return: what was sent beside what arrived, line by line, and the answers."""
    with desk.ledger.book() as book:
        said, record_ = _sending(book, position, caller.party)
        names, answers = Names(book, desk.viewer, desk.language), Answers(book, desk.ledger.clock())
        answers.look([record_])
        return desk.page(
            "goods_shipment.html",
            who=who(names, caller.party),
            row=_row(names, record_, answers),
            is_return=isinstance(said, Return),
            reason=said.reason if isinstance(said, Return) else None,
            contact=names.contact(said.to),
            superseded=record_.superseded_by is not None,
            lines=_lines(names, record_, answers),
            receipts=[
                {
                    "seq": one.seq,
                    "conclusion": f"conclusion_{receipt.conclusion}",
                    "reason": receipt.reason or "",
                    "occurred_ms": one.occurred_ms,
                    "at_ms": one.at_ms,
                }
                for one in answers.of(record_)
                if isinstance(receipt := one.said, Receipt)
            ],
        )


class Answers:
    """What was answered to many sendings, looked up together."""

    def __init__(self, book: SqlBook, now_ms: int) -> None:
        self._shelf = Shelf(book)
        self._now_ms = now_ms
        self._seen: set[int] = set()

    def look(self, records: Sequence[Record]) -> None:
        """Read what is needed to answer for these."""
        new = [one for one in records if one.seq not in self._seen]
        self._seen |= {one.seq for one in new}
        self._shelf.bring(
            {Holding(one.actor, line.goods) for one in new for line in getattr(one.said, "lines", ())}
        )

    def of(self, sending: Record) -> tuple[Record, ...]:
        """The receipts that answer it."""
        self.look([sending])
        return self._shelf.answers_to(sending).counted

    def edges(self, sending: Record) -> list[Edge]:
        """Its steps, a line each."""
        self.look([sending])
        goods = dict.fromkeys(line.goods for line in getattr(sending.said, "lines", ()))
        return [
            edge
            for one in goods
            for edge in self._shelf.edges_at(Holding(sending.actor, one))
            if sending.seq in edge.seqs
        ]

    def state(self, sending: Record) -> State:
        """How it stands: the least settled of its lines counts."""
        receipts = [one.said for one in self.of(sending) if isinstance(one.said, Receipt)]
        if any(one.conclusion == "refuse" for one in receipts):
            return "refused"
        states = {edge.state for edge in self.edges(sending)}
        if "corrected" in states or any(one.conclusion == "accept_part" for one in receipts):
            return "corrected"
        if receipts:
            return "confirmed"
        asked = isinstance(sending.said, Shipment) and sending.said.offer
        return "unanswered" if asked else "not_asked"

    def waiting_days(self, sending: Record) -> int | None:
        """For how many whole days an answer has been waited for; None where none is."""
        if self.state(sending) != "unanswered":
            return None
        return max(0, self._now_ms - sending.at_ms) // _DAY_MS


def _nothing_ahead(_: Sequence[Record]) -> None:
    """Where no answer is asked for, none is looked up for records that the page does not show."""


def _state(text: str | None) -> State | None:
    return next((one for one in _STATES if one == text), None)


def _fits(
    names: Names, party: PartyId, wanted: Wanted, only: State | None, answers: Answers
) -> Callable[[Record], bool]:
    def fits(record: Record) -> bool:
        said = record.said
        if not isinstance(said, (Shipment, Return)) or record.actor != party:
            return False
        if only is not None and answers.state(record) != only:
            return False
        if not wanted.text:
            return True
        slip = said.voucher.number if isinstance(said, Shipment) and said.voucher is not None else ""
        goods = [text for line in said.lines for text in (names.goods(line.goods), line.goods)]
        return wanted.fits(names.party(said.to), slip, *goods)

    return fits


def _sending(book: SqlBook, position: int, party: PartyId) -> tuple[Shipment | Return, Record]:
    try:
        return own_record(book, position, party, Shipment)
    except UnknownName:
        return own_record(book, position, party, Return)


def _row(names: Names, record: Record, answers: Answers) -> dict[str, object]:
    said = record.said
    assert isinstance(said, (Shipment, Return))  # What the list is of.
    slip = said.voucher.number if isinstance(said, Shipment) and said.voucher is not None else ""
    return {
        "seq": record.seq,
        "is_return": isinstance(said, Return),
        "to": names.party(said.to),
        "what": names.first_lines(said.lines),
        "slip": slip,
        "occurred_ms": record.occurred_ms,
        "state": answers.state(record),
        "days": answers.waiting_days(record),
    }


def _lines(names: Names, record: Record, answers: Answers) -> list[dict[str, object]]:
    return [
        {
            "name": names.goods(edge.source.goods),
            "goods": edge.source.goods,
            "sent": quantity(edge.sent, names.language) if edge.sent is not None else "",
            "arrived": quantity(edge.received, names.language) if edge.received is not None else "",
            "state": edge.state,
        }
        for edge in answers.edges(record)
    ]


def _rows(
    desk: Desk,
    names: Names,
    book: SqlBook,
    party: PartyId,
    fits: Callable[[Record], bool],
    answers: Answers,
) -> Iterator[list[Cell]]:
    for portion in every(book, party, _KINDS, fits, answers.look):
        for sending in portion:
            row = _row(names, sending, answers)
            days = answers.waiting_days(sending)
            for edge in answers.edges(sending):
                unit = _unit(edge.sent, edge.received)
                yield [
                    sending.seq,
                    desk.say("goods_a_return" if row["is_return"] else "goods_a_shipment"),
                    sending.occurred_ms,
                    str(row["to"]),
                    names.goods(edge.source.goods),
                    str(edge.source.goods),
                    _in_unit(edge.sent, unit, desk),
                    _in_unit(edge.received, unit, desk),
                    "" if unit is None else unit.unit.many.in_language(desk.language),
                    desk.say(f"goods_answer_{row['state']}"),
                    days,
                    str(row["slip"]),
                ]


def _unit(*amounts: Quantity | None) -> Quantity | None:
    return next((one for one in amounts if one is not None), None)


def _in_unit(amount: Quantity | None, first: Quantity | None, desk: Desk) -> Cell:
    if amount is None or first is None:
        return None
    return amount.amount if amount.unit is first.unit else quantity(amount, desk.language)


def _drafts(desk: Desk, party: PartyId, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    amount = gather(wrong, lambda: amount_of(posted, "amount"))
    body: dict[str, Json] = {"id": str(form_id(posted)), **posted.present("to", "reason")}
    if amount is not None:
        body["lines"] = [{"goods": posted.text("goods"), "quantity": dict(amount)}]
    if not posted.text("to"):
        wrong.append(Malformed(field="to", came="", expected=Words(zh="供货者", en="the supplier")))
    if wrong:
        raise Refusals(wrong)
    return [Drafting(ledger=desk.ledger, author=party).draft(Return, body)]


def _show(desk: Desk, party: PartyId, form: Form, *, status: int = 200) -> HTMLResponse:
    goods = GoodsId.parse(form.value("goods"))
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        if not names.reading.deals_with(goods):
            expected = Words(zh="本方经手的货物", en="goods that you have to do with")
            raise UnknownName(field="goods", came=goods, expected=expected)
        sources = suppliers_of(book, party, goods)
        account = account_of(names, party, goods)
        preset = {"amount_unit": str(account["unit"] or "KGM"), "to": str(sources[0]) if sources else ""}
        form.values = {**preset, **form.values}
        return desk.page(
            "goods_return.html",
            status=status,
            who=who(names, party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            name=names.goods(goods),
            account=account,
            suppliers=[(str(one), names.party(one)) for one in sources],
            units=units(desk.language),
        )


def suppliers_of(book: SqlBook, party: PartyId, goods: GoodsId) -> list[PartyId]:
    """From whom these goods came, the latest first."""
    shelf, holding = Shelf(book), Holding(party, goods)
    shelf.bring([holding])
    came = [
        one
        for one in shelf.edges_at(holding)
        if one.target == holding and one.kind == "shipment" and one.flows
    ]
    return list(dict.fromkeys(one.source.party for one in reversed(came)))
