"""The trace of some goods: where they came from, who else has them, what does not fit, every record.

The same page prints on paper for a court clerk (`?print=1`), with the log size it follows from: the same entries give the same page. Its
picture, time line and plain list are put together in `picture.py`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import Someone, needs
from api.pages.chain import Shown, holder_row, source_row
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk, Desk
from api.pages.drawing_tall import listed
from api.pages.findings_view import views_of
from api.pages.names import Names
from api.pages.picture import (
    VIEWS,
    Address,
    OpenGroups,
    View,
    drawings,
    groups_of,
    plain_list,
    steps_of,
    timeline,
    view_of,
)
from api.pages.recall_table import holders_table
from api.pages.rendering import lag, quantity
from api.parameters import MaybeText, QueryNumber
from api.scanning import named_by_text, require_known
from api.tables import table_answer
from api.tracing import FINDING_SUBJECTS_MAX
from api.withheld import from_trace
from api.words import MARKS
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.findings import contradictions, grade_order, subjects_of
from ledger.identifiers import GoodsId
from ledger.store.findings import findings_about
from ledger.trace import recall_scope, trace
from ledger.views.book import about, goods_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.findings import Finding
    from ledger.store.book import SqlBook
    from ledger.trace import Holding, Order, RecallHolder, RecallScope, Trace
    from ledger.views.book import Record

#: Records the page lists; a batch with four hundred receivers has a thousand.
RECORDS_SHOWN: Final = 300
_RECALL_FIGURES: Final = ("first_hand", "recovered", "sold", "destroyed", "lost", "taken", "used")

router = APIRouter(include_in_schema=False)


@router.get("/trace", response_class=HTMLResponse, dependencies=[needs("trace")])
def trace_page(
    desk: AtDesk,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
    print: MaybeText = None,  # noqa: A002  (the name in the address)
    view: MaybeText = None,
    groups: OpenGroups = None,
) -> Response:
    """The trace of some goods. The public is sent to the page for buyers."""
    asked = Address(code, _asked(code, goods), as_of)
    for_buyers = RedirectResponse(f"/p?{urlencode(asked.query())}", status_code=303)
    if desk.viewer.party is None:
        return for_buyers
    form = view_of(view)
    with desk.ledger.book(as_of) as book:
        shown = _shown(desk, book, asked)
        if shown is None:
            return for_buyers
        # What is opened later in this page is drawn at the log size that the page shows.
        asked = replace(asked, goods=shown.found.goods, code=None, as_of=shown.found.size)
        content = _content(desk, book, shown, code=code)
        if print is not None:
            return desk.page_of("trace_print.html", content | _on_paper(desk, shown, asked))
        return desk.page_of("trace.html", content | _form(shown, asked, form, groups_of(groups)))


@router.get("/trace/picture", response_class=HTMLResponse, dependencies=[needs("trace")])
def picture(
    desk: AtDesk,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
    groups: OpenGroups = None,
) -> Response:
    """The picture alone, with other groups open: for a script that puts it in the place of the one before."""
    asked = Address(code, _asked(code, goods), as_of)
    with desk.ledger.book(as_of) as book:
        shown = None if desk.viewer.party is None else _shown(desk, book, asked)
        if shown is None:
            return RedirectResponse(f"/p?{urlencode(asked.query())}", status_code=303)
        drawn = drawings(shown, asked, groups_of(groups))
        return desk.page_of("trace_picture.html", drawn)


@router.get("/trace/recall.{form}", dependencies=[needs("read_own")])
def recall_file(
    form: Literal["csv", "xlsx"],
    desk: AtDesk,
    caller: Someone,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
) -> Response:
    """Who has the goods, as a file for spreadsheets: quantities, contacts, the latest record, and during a recall what was answered."""
    asked = Address(code, _asked(code, goods), as_of)
    with desk.ledger.book(as_of) as book:
        shown = _shown(desk, book, asked)
        if shown is None:
            expected = Words(
                zh="执法证范围内的货物", en="goods within the scope of the officer's certificate"
            )
            raise NotAllowed(field="goods", came=goods or code or "", expected=expected)
        return table_answer(holders_table(shown, scope_of(book, shown), caller.party), form)


def _asked(code: str | None, goods: str | None) -> GoodsId | None:
    if (code is None) == (goods is None):
        raise Malformed(field="code", came="", expected=Words(zh="码或货物标识", en="a code, or goods"))
    # A name for goods typed where a code was expected is looked up as what it is.
    named = code if code is not None and code.startswith("urn:") else goods
    return None if named is None else GoodsId.parse(named)


def _shown(desk: Desk, book: SqlBook, asked: Address) -> Shown | None:
    """The trace as this reader may see it; None where nothing of it lies within his competence."""
    reading = Reading.of(desk.ledger, book, desk.viewer)
    start = asked.goods
    if start is None:
        code = asked.code or ""
        start = require_known(named_by_text(code, desk.settings.base_url, book, reading.knows), code)
    elif not reading.knows(start):
        expected = Words(zh="本台账记录过的货物", en="goods recorded on this ledger")
        raise UnknownName(field="goods", came=start, expected=expected)
    found = trace(book, start, contradictions=contradictions)
    if reading.lies_outside(found):
        return None
    return Shown.of(found, Names(book, desk.viewer, desk.language, reading))


def _form(shown: Shown, asked: Address, form: View, groups: frozenset[str]) -> dict[str, object]:
    """The picture, the time line or the list, whichever was asked for."""
    steps = [] if form == "picture" else steps_of(shown)
    return {
        "view": form,
        "views": [(one, f"{asked.at(view=one)}#chain") for one in VIEWS],
        "picture": drawings(shown, asked, groups) if form == "picture" else None,
        "timeline": timeline(steps, shown.language) if form == "time" else None,
        "plain_list": plain_list(shown, steps) if form == "list" else None,
        "print_href": asked.at(print="1"),
        "recall_file": asked.at("/trace/recall"),
    }


def _on_paper(desk: Desk, shown: Shown, asked: Address) -> dict[str, object]:
    """What only the printout shows: the chain line by line, how its records are signed, and the address as a code."""
    label = desk.say("chain_label", goods=shown.names.goods(shown.found.goods))
    records = shown.names.book.records(shown.seqs()).values()
    own = sum(one.custody == "own" for one in records)
    address = f"{desk.settings.base_url}{asked.at()}"
    return {
        "drawing_listed": listed(shown.chain(), label=label, arrow_words=desk.say("chain_from")),
        "signed": desk.say("print_signed", count=len(records), own=own, custodial=len(records) - own),
        "address": address,
        "address_code": code_svg(address, label=address),
    }


def _content(desk: Desk, book: SqlBook, shown: Shown, *, code: str | None) -> dict[str, object]:
    names, found = shown.names, shown.found
    scope = scope_of(book, shown)
    answers = {one.holding: one for one in scope.holders} if scope is not None else {}
    findings, cut = _findings(book, shown)
    records = _records(book, shown)
    head = desk.ledger.head_of(desk.ledger.checkpoint()).checkpoint
    return {
        "goods": found.goods,
        "goods_query": urlencode({"goods": str(found.goods)}, quote_via=quote),
        "sheet": {"title": names.goods(found.goods), "facts": _facts(desk, names, found, code)},
        # The recall first: it says what is to be done.
        "orders": sorted(
            (_order(one, shown) for one in shown.orders.get(found.goods, ())),
            key=lambda one: not one["recall"],
        ),
        "truncated": found.truncated or cut,
        "withheld": [one.words for one in from_trace(names.reading, shown.edges())],
        "sources": [source_row(one, shown) for one in shown.sources()],
        "holders": _holders(shown, answers),
        "recall": _recall(desk, scope, names)
        if scope is not None and names.reading.sees_everything
        else None,
        "findings": views_of(findings, names),
        "records": [_row(one, shown) for one in records[:RECORDS_SHOWN]],
        "records_left": max(len(records) - RECORDS_SHOWN, 0),
        "made_ms": desk.ledger.clock(),
        "size": found.size,
        "vkey": str(desk.ledger.vkey),
        "root": f"{head.size} {b64encode(head.root).decode('ascii')}",
    }


def _facts(desk: Desk, names: Names, found: Trace, code: str | None) -> list[tuple[str, str]]:
    sheet = names.sheet(found.goods)
    category = (
        profile_for(sheet.category).name.words.in_language(desk.language)
        if sheet.category is not None
        else ""
    )
    values = (
        ("trace_code", code or ""),
        ("maker", names.party(sheet.maker) if sheet.maker is not None else ""),
        ("batch_category", category),
        ("batch_quantity", quantity(sheet.quantity, desk.language) if sheet.quantity is not None else ""),
        ("batch_produced_on", str(sheet.produced_on or "")),
        ("batch_expires_on", str(sheet.expires_on or "")),
        ("batch_origin", sheet.origin or ""),
    )
    return [(desk.say(key), value) for key, value in values if value]


def _holders(shown: Shown, answers: Mapping[Holding, RecallHolder]) -> list[dict[str, object]]:
    return [holder_row(one, number, shown, answers) for number, one in enumerate(shown.holders())]


def scope_of(book: SqlBook, shown: Shown) -> RecallScope | None:
    """The account of the latest recall that names these goods."""
    own = [
        one for one in shown.orders.get(shown.found.goods, ()) if one.kind == "recall" and not one.inherited
    ]
    return recall_scope(book, own[-1].record) if own else None


def _recall(desk: Desk, scope: RecallScope, names: Names) -> dict[str, object]:
    for one in scope.holders:
        names.reading.shows_figures(one.holding)
    totals = scope.totals
    figures = [
        (desk.say(f"recall_{name}"), quantity(getattr(totals, name), desk.language))
        for name in _RECALL_FIGURES
    ]
    return {"figures": figures, "unaccounted": quantity(totals.unaccounted, desk.language)}


def _order(order: Order, shown: Shown) -> dict[str, object]:
    record, names = order.record, shown.names
    # A recall's reason is for everybody, a hold's for the parties it names.
    text = str(names.reading.fields(record).get("reason") or "")
    if order.inherited:
        mark = MARKS[names.language]
        text = f"{text}{mark.opened}{names.goods(order.goods)}{mark.closed}"
    return {
        "recall": order.kind == "recall",
        "text": text,
        "by": names.party(record.actor),
        "at_ms": record.at_ms,
        "seq": record.seq,
        # A hold that binds these goods themselves may be lifted from here; a recall ends by a record of its own.
        "release": None if order.inherited or order.kind == "recall" else str(record.header.id),
    }


def _findings(book: SqlBook, shown: Shown) -> tuple[list[Finding], bool]:
    """What does not fit among the records in sight, worst first, and whether there was more than one answer judges."""
    records = book.records(shown.seqs()).values()
    subjects = sorted({subject for record in records for subject in subjects_of(record)})
    judged = findings_about(book, subjects[:FINDING_SUBJECTS_MAX])
    found = {one: None for some in judged.values() for one in some}
    readable = [one for one in found if shown.names.reading.may_read_finding(one)]
    return sorted(readable, key=grade_order), len(subjects) > FINDING_SUBJECTS_MAX


def _records(book: SqlBook, shown: Shown) -> list[Record]:
    """Every record in sight and everything said about the goods themselves, in the log's order."""
    own = (node.balance for node in shown.nodes() if node.holding.goods == shown.found.goods)
    seqs = shown.seqs() | {seq for one in own for some in one.seqs.values() for seq in some}
    seqs |= {one.seq for one in about(book, goods_key(shown.found.goods))}
    found = book.records(seqs)
    return [record for _, record in sorted(found.items()) if shown.names.reading.opens(record)]


def _row(record: Record, shown: Shown) -> dict[str, object]:
    names = shown.names
    return {
        "seq": record.seq,
        "title": TYPES[record.header.type].TITLE,
        "superseded": record.superseded_by is not None,
        "party": names.party(record.actor),
        "summary": names.summary(record),
        "occurred_ms": record.occurred_ms,
        "at_ms": record.at_ms,
        "lag": lag(record.at_ms - record.occurred_ms, names.language),
    }
