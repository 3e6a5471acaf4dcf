"""Recalls and orders that concern a party: what stands, what it has of the goods, and its answer: found, sold, returned, destroyed, lost.

Whoever called goods back sees here who has answered; everybody else his own goods. Starting and ending a recall is `recall_start`'s.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import amount_of, today, units
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, derived_id, form_id, gather, new_id, record
from api.pages.holdings import balances_of
from api.pages.my import who
from api.pages.names import Names
from api.pages.own_lists import PAGE_ROWS, Wanted
from api.pages.recall_view import order_at, orders_for, row_of, scope_for, scope_rows, totals_of
from api.pages.rendering import quantity
from api.pages.shipment_list import suppliers_of
from api.parameters import MaybeText, PathNumber, QueryNumber
from api.problems import Refusals
from api.tables import Column, FileForm, Table, table_answer
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import GoodsId, Quantity, Unit
from ledger.trace.edges import Holding
from ledger.vocabulary.measures import OrderAnswer
from ledger.vocabulary.oversight import Hold, Recall, RecallAnswer
from ledger.vocabulary.trade import Return

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.pages.forms import Posted
    from api.tables import Cell
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

#: Holdings that one form answers for; a party with more answers again.
ANSWERED_MAX: Final = 20
#: Holders that the page of one's own recall shows; the file has them all.
HOLDERS_SHOWN: Final = 100
_FIGURES: Final = ("recovered", "sold", "destroyed", "lost")
_RESULTS: Final = ("done", "nothing_left", "disputed")

router = APIRouter(include_in_schema=False)


@router.get("/my/recalls", response_class=HTMLResponse, dependencies=[needs("read_own")])
def recalls(desk: AtDesk, caller: Someone, q: MaybeText = None, before: QueryNumber = None) -> HTMLResponse:
    """The list, newest first."""
    wanted, rows, older = Wanted.of(q, before), list[dict[str, object]](), None
    with desk.ledger.book() as book:
        names, last = Names(book, desk.viewer, desk.language), before
        for seq, found in orders_for(names, book, caller.party, before=before):
            if len(rows) == PAGE_ROWS:
                older = last
                break
            last = seq
            if found is not None:
                row = row_of(names, book, found, caller.party)
                if _fits(wanted, row):
                    rows.append(row)
        return desk.page(
            "goods_recalls.html", who=who(names, caller.party), wanted=wanted, rows=rows, older=older
        )


@router.get("/my/recalls.{form}", response_class=Response, dependencies=[needs("read_own")])
def recalls_file(form: FileForm, desk: AtDesk, caller: Someone, q: MaybeText = None) -> Response:
    """The list as a file."""
    wanted = Wanted.of(q, None)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        columns = (
            Column(desk.say("col_entry"), width=8, kind="number"),
            Column(desk.say("col_type"), width=12),
            Column(desk.say("goods_recall_by"), width=28),
            Column(desk.say("goods_batch"), width=40),
            Column(desk.say("goods_recall_reason"), width=40),
            Column(desk.say("col_recorded"), kind="time"),
            Column(desk.say("goods_recall_state"), width=12),
            Column(desk.say("goods_recall_answer"), width=14),
        )
        rows = _rows(desk, names, book, caller.party, wanted)
        return table_answer(Table("recalls", desk.say("goods_recalls"), columns, rows), form)


@router.get("/my/recalls/{position}", response_class=HTMLResponse, dependencies=[needs("read_own")])
def recall(position: PathNumber, desk: AtDesk, caller: Someone, new: MaybeText = None) -> HTMLResponse:
    """One recall or order, with one's own goods in it and the form to answer."""
    values = {"id": str(new_id(desk)), "result": "done", "done_on": today(desk)}
    return _show(desk, caller.party, position, Form(values), new=new is not None)


@router.get("/my/recalls/{position}/scope.{form}", response_class=Response, dependencies=[needs("read_own")])
def scope_file(position: PathNumber, form: FileForm, desk: AtDesk, caller: Someone) -> Response:
    """Who has the goods, with how to reach them: for whoever called them back, all; for others, what is theirs."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        record_ = order_at(names, book, caller.party, position)
        _, _, holders = scope_for(names, record_, caller.party)
        figures = ("received", "passed_on", *_FIGURES, "unaccounted")
        columns = (
            Column(desk.say("col_party"), width=28),
            Column(desk.say("goods_contact"), width=36),
            Column(desk.say("goods_batch"), width=28),
            Column(desk.say("goods_id"), width=40),
            Column(desk.say("goods_may_contain"), width=10),
            *(Column(desk.say(f"goods_scope_{one}"), width=14) for one in figures),
            Column(desk.say("goods_recall_answer"), width=12),
        )
        rows: Iterator[list[Cell]] = (
            [
                str(one["party"]),
                str(one["contact"]),
                str(one["name"]),
                str(one["goods"]),
                desk.say("goods_yes") if one["may_contain"] else "",
                *(_cell(one[name], desk) for name in figures),
                desk.say(f"goods_answered_{one['answered']}"),
            ]
            for one in scope_rows(names, holders)
        )
        return table_answer(Table(f"recall-{position}", desk.say("goods_scope"), columns, rows), form)


@router.post(
    "/my/recalls/{position}/answer", response_class=HTMLResponse, dependencies=[needs("answer_finding")]
)
def answer(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record what became of the goods, or that one knows of the recall, or what was done about an order."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        record_ = order_at(names, book, author.party, position)
    form, fields = Form(posted.texts), _fields()
    make = _answers if isinstance(record_.said, Recall) else _order_answer
    drafts = attempt(form, lambda: make(desk, author.party, record_, posted), fields, desk.language)
    placed = record(desk, author.party, drafts, form, fields) if drafts else ()
    if not placed:
        return _show(desk, author.party, position, form, status=422)
    return RedirectResponse(f"/my/recalls/{position}?new=1#answer", status_code=303)


def _answers(desk: Desk, party: PartyId, record_: Record, posted: Posted) -> list[Draft]:
    """An answer for each kind of goods that was filled in, and a return where some went back."""
    drafting, wrong, drafts = Drafting(ledger=desk.ledger, author=party), list[Refusal](), list[Draft]()
    for number in range(ANSWERED_MAX):
        if not _filled(posted, number):
            continue
        body: dict[str, Json] = {
            "id": str(derived_id(form_id(posted), f"answer {number}")),
            "recall": str(record_.header.id),
            "goods": posted.text(f"goods_{number}"),
            "answered_on": today(desk),
            **posted.present("note"),
        }
        for name in _FIGURES:
            if posted.text(f"{name}_{number}") and not _only_seen(posted):
                amount = gather(wrong, partial(_figure, posted, name, number))
                body |= {} if amount is None else {name: dict(amount)}
        answered = gather(wrong, partial(drafting.draft, RecallAnswer, body), at=f"row{number}")
        drafts += [] if answered is None else [answered]
        if posted.text(f"returned_{number}") and not _only_seen(posted):
            sent = gather(wrong, partial(_returned, drafting, posted, number))
            drafts += [] if sent is None else [sent]
    if not drafts and not wrong:
        expected = Words(zh="至少一项数量（没有就填 0）", en="at least one amount (0 where there is none)")
        wrong.append(Malformed(field="recovered_0", came="", expected=expected))
    if wrong:
        raise Refusals(wrong)
    return drafts


def _only_seen(posted: Posted) -> bool:
    """Whether the party says no more than that it knows of the recall; figures follow."""
    return posted.text("step") == "seen"


def _filled(posted: Posted, number: int) -> bool:
    names = (*_FIGURES, "returned")
    some = _only_seen(posted) or any(posted.text(f"{name}_{number}") for name in names)
    return bool(posted.text(f"goods_{number}")) and some


def _figure(posted: Posted, name: str, number: int) -> dict[str, str]:
    return amount_of(posted, f"{name}_{number}", posted.text(f"unit_{number}"), may_be_none=True)


def _returned(drafting: Drafting, posted: Posted, number: int) -> Draft:
    """What went back to the supplier: a record of its own, as for every return."""
    to = posted.text(f"to_{number}")
    if not to:
        raise Malformed(field=f"to_{number}", came="", expected=Words(zh="退给谁", en="to whom"))
    amount, goods = _figure(posted, "returned", number), posted.text(f"goods_{number}")
    body: dict[str, Json] = {
        "id": str(derived_id(form_id(posted), f"return {number}")),
        "to": to,
        "lines": [{"goods": goods, "quantity": dict(amount)}],
        **({"reason": posted.text("note")} if posted.text("note") else {}),
    }
    return drafting.draft(Return, body)


def _order_answer(desk: Desk, party: PartyId, record_: Record, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "order": str(record_.header.id),
        **posted.present("result", "goods", "done_on", "note"),
    }
    if posted.text("set_aside"):
        amount = gather(wrong, lambda: amount_of(posted, "set_aside", may_be_none=True))
        if amount is not None:
            body["set_aside"] = dict(amount)
    if wrong:
        raise Refusals(wrong)
    return [Drafting(ledger=desk.ledger, author=party).draft(OrderAnswer, body)]


def _fields() -> dict[str, str]:
    names = {name: name for name in ("result", "goods", "done_on", "note", "set_aside")}
    for number in range(ANSWERED_MAX):
        for name in (*_FIGURES, "returned", "to"):
            names[f"{name}_{number}"] = f"{name}_{number}"
            names[f"row{number}.{name}"] = f"{name}_{number}"
        names[f"row{number}"] = f"recovered_{number}"
    return names


def _show(
    desk: Desk, party: PartyId, position: int, form: Form, *, status: int = 200, new: bool = False
) -> HTMLResponse:
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        record_ = order_at(names, book, party, position)
        said = record_.said
        assert isinstance(said, (Recall, Hold))  # `order_at` gives no others.
        scope: dict[str, object] | None = None
        if isinstance(said, Recall):
            found, whole, holders = scope_for(names, record_, party)
            own = [one.holding.goods for one in found.holders if one.holding.party == party]
            rows = scope_rows(names, holders)
            scope = {
                "whole": whole,
                "rows": [_shown_row(one, desk) for one in rows[:HOLDERS_SHOWN]],
                "count": len(rows),
                "answered": sum(one["answered"] == "answered" for one in rows),
                "totals": totals_of(found, desk.language) if whole else [],
                "truncated": found.truncated,
            }
        else:
            own = list(said.goods)
        return desk.page(
            "goods_recall.html",
            status=status,
            who=who(names, party),
            new=new,
            form=form,
            labels=_labels(desk, names, own),
            order=row_of(names, book, record_, party),
            all_goods=[names.goods(one) for one in said.goods],
            scope=scope,
            own=_own(names, book, party, own[:ANSWERED_MAX], form),
            own_more=max(0, len(own) - ANSWERED_MAX),
            is_recall=isinstance(said, Recall),
            results=[(one, desk.say(f"goods_result_{one}")) for one in _RESULTS],
            units=units(desk.language),
            end_id=new_id(desk),
        )


def _own(
    names: Names, book: SqlBook, party: PartyId, goods: list[GoodsId], form: Form
) -> list[dict[str, object]]:
    """One's own goods in an order, each with its account in short and whom it came from."""
    balances = balances_of(book, [Holding(party, one) for one in goods])
    rows = []
    for number, one in enumerate(goods):
        balance = balances[Holding(party, one)]
        unit = Unit.KGM if balance.nothing is None else balance.nothing.unit
        rows.append(
            {
                "number": number,
                "goods": one,
                "name": names.goods(one),
                "unit": form.value(f"unit_{number}") or str(unit),
                "unit_name": unit.many.in_language(names.language),
                "came": quantity(balance.came_in, names.language),
                "went": quantity(balance.passed_on, names.language),
                "sold": quantity(balance.sold, names.language) if "sold" in balance.seqs else "",
                "left": quantity(balance.expected, names.language),
                "suppliers": [(str(to), names.party(to)) for to in suppliers_of(book, party, one)],
            }
        )
    return rows


def _labels(desk: Desk, names: Names, own: list[GoodsId]) -> dict[str, str]:
    labels = {
        "result": desk.say("goods_result"),
        "set_aside": desk.say("goods_set_aside"),
        "done_on": desk.say("goods_done_on"),
        "note": desk.say("goods_note"),
    }
    for number, goods in enumerate(own[:ANSWERED_MAX]):
        for name in (*_FIGURES, "returned", "to"):
            labels[f"{name}_{number}"] = f"{names.goods(goods)} {desk.say(f'goods_answer_of_{name}')}"
    return labels


def _shown_row(row: dict[str, object], desk: Desk) -> dict[str, object]:
    figures = ("received", "passed_on", *_FIGURES, "unaccounted")
    return row | {name: _cell(row[name], desk) for name in figures}


def _cell(value: object, desk: Desk) -> str:
    return quantity(value, desk.language) if isinstance(value, Quantity) else ""


def _fits(wanted: Wanted, row: dict[str, object]) -> bool:
    goods = row["goods"]
    assert isinstance(goods, list)
    return wanted.fits(row["by"], row["reason"], *goods)


def _rows(desk: Desk, names: Names, book: SqlBook, party: PartyId, wanted: Wanted) -> Iterator[list[Cell]]:
    for _, found in orders_for(names, book, party, before=None):
        if found is None:
            continue
        row = row_of(names, book, found, party)
        if _fits(wanted, row):
            goods = found.said.goods if isinstance(found.said, (Recall, Hold)) else ()
            yield [
                found.seq,
                desk.say(f"goods_order_{row['kind']}"),
                str(row["by"]),
                "\n".join(names.goods(one) for one in goods),
                str(row["reason"]),
                found.at_ms,
                desk.say("goods_order_stands" if row["stands"] else "goods_order_over"),
                desk.say(f"goods_answered_{row['answered']}"),
            ]
