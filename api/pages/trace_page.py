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
from api.pages.drawing_tall import listed as on_lines
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
from api.pages.rendering import cap, lag, quantity
from api.pages.traces import Known, traces_of
from api.parameters import MaybeText, OnPaper, QueryNumber
from api.printed import named_for
from api.scanning import require_known
from api.scans_noted import note, reader_of, region_in
from api.tables import table_answer
from api.tracing import FINDING_SUBJECTS_MAX
from api.withheld import from_trace
from api.words import MARKS
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.findings import grade_order
from ledger.identifiers import GoodsId
from ledger.store.findings import findings_about
from ledger.trace import recall_scope
from ledger.trace.coded import label_of
from ledger.views.book import first_told_ms, goods_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.background import BackgroundTask

    from ledger.findings import Finding
    from ledger.store.book import SqlBook
    from ledger.trace import Holder, Order, RecallScope, Trace
    from ledger.trace.coded import Label
    from ledger.views.book import Record

#: Records that one page lists; a batch with four hundred receivers has a thousand.
RECORDS_SHOWN: Final = 300
#: A table up to so long stands below the picture; of a longer one the first rows do, and all of it on a page of its own: the picture answers
#: before anybody has read four hundred rows.
ROWS_IN_PLACE: Final = 60
ROWS_FIRST: Final = 12
#: A printout names so many findings and counts the others.
FINDINGS_PRINTED: Final = 5
_RECALL_FIGURES: Final = ("first_hand", "recovered", "sold", "destroyed", "lost", "taken", "used")

router = APIRouter(include_in_schema=False)


@router.get("/trace", response_class=HTMLResponse, dependencies=[needs("trace")])
def trace_page(
    desk: AtDesk,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
    on_paper: OnPaper = None,
    view: MaybeText = None,
    groups: OpenGroups = None,
    region: MaybeText = None,
) -> Response:
    """The trace of some goods. The public is sent to the page for buyers. `region`: where a pack was read, for whoever wants to say."""
    asked = Address(code, _asked(code, goods), as_of)
    for_buyers = RedirectResponse(f"/p?{urlencode(asked.query())}", status_code=303)
    if desk.viewer.party is None:
        return for_buyers
    form = view_of(view)
    with desk.ledger.book(as_of) as book:
        seen = _seen(desk, book, asked)
        if seen is None:
            return for_buyers
        known, shown = seen
        # What is opened later in this page is drawn at the log size that the page shows.
        asked = replace(asked, goods=shown.found.goods, code=None, as_of=shown.found.size)
        content = _content(desk, book, known, shown, code=code, form=form)
        if on_paper is not None:
            return desk.page_of("trace_print.html", content | _on_paper(desk, book, known, shown, asked))
        content |= _records_of(book, known, shown, asked, form) | _form(shown, asked, form, groups_of(groups))
        answer = desk.page_of("trace.html", content)
        answer.background = _read(desk, book, code, region)
        return answer


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
        seen = None if desk.viewer.party is None else _seen(desk, book, asked)
        if seen is None:
            return RedirectResponse(f"/p?{urlencode(asked.query())}", status_code=303)
        _, shown = seen
        drawn = drawings(shown, asked, groups_of(groups), rows=_in_place(len(shown.holders())))
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
        seen = _seen(desk, book, asked)
        if seen is None:
            expected = Words(
                zh="执法证范围内的货物", en="goods within the scope of the officer's certificate"
            )
            raise NotAllowed(field="goods", came=goods or code or "", expected=expected)
        _, shown = seen
        _read_ahead(shown, shown.holders(), latest=True)
        return table_answer(holders_table(shown, scope_of(book, shown), caller.party), form)


def _read(desk: Desk, book: SqlBook, code: str | None, region: str | None) -> BackgroundTask | None:
    """That a trader or an official read a unit code: a question, which moves nothing."""
    if code is None or code.startswith("urn:"):
        return None
    named = named_for(code, desk.settings.base_url, Reading.of(desk.ledger, book, desk.viewer))
    return note(desk.request, named.code, reader_of(desk.viewer), region=region_in(region), book=book)


def _asked(code: str | None, goods: str | None) -> GoodsId | None:
    if (code is None) == (goods is None):
        raise Malformed(field="code", came="", expected=Words(zh="码或货物标识", en="a code, or goods"))
    # A name for goods typed where a code was expected is looked up as what it is.
    named = code if code is not None and code.startswith("urn:") else goods
    return None if named is None else GoodsId.parse(named)


def _seen(desk: Desk, book: SqlBook, asked: Address) -> tuple[Known, Shown] | None:
    """The trace, and what of it this reader may see; None where nothing of it lies within his competence."""
    reading = Reading.of(desk.ledger, book, desk.viewer)
    start = asked.goods
    if start is None:
        code = asked.code or ""
        start = require_known(named_for(code, desk.settings.base_url, reading), code)
    elif not reading.knows(start):
        expected = Words(zh="本台账记录过的货物", en="goods recorded on this ledger")
        raise UnknownName(field="goods", came=start, expected=expected)
    known = traces_of(desk.ledger).of(book, start)
    if reading.lies_outside(known.found):
        return None
    names = Names(book, desk.viewer, desk.language, reading, _parties=dict(known.parties))
    return known, Shown.of(known.found, names)


def _form(shown: Shown, asked: Address, form: View, groups: frozenset[str]) -> dict[str, object]:
    """The picture, the time line or the list, whichever was asked for."""
    steps = steps_of(shown) if form in {"time", "list"} else []
    return {
        "view": form,
        "views": [(one, f"{asked.at(view=one)}#chain") for one in VIEWS],
        "holders_href": f"{asked.at(view='holders')}#holders",
        "picture": drawings(shown, asked, groups, rows=_in_place(len(shown.holders())))
        if form == "picture"
        else None,
        "timeline": timeline(steps, shown.language) if form == "time" else None,
        "plain_list": plain_list(shown, steps) if form == "list" else None,
        "print_href": asked.at(print="1"),
        "recall_file": asked.at("/trace/recall"),
    }


def _on_paper(desk: Desk, book: SqlBook, known: Known, shown: Shown, asked: Address) -> dict[str, object]:
    """What only the printout shows: the chain line by line, how its records are signed, and the address as a code."""
    label = desk.say("chain_label", goods=shown.names.goods(shown.found.goods))
    records = book.records(_behind(book, known, shown)).values()
    own = sum(one.custody == "own" for one in records)
    address = f"{desk.settings.base_url}{asked.at()}"
    return {
        "drawing_listed": on_lines(shown.chain(), label=label, arrow_words=desk.say("chain_from")),
        "signed": desk.say("print_signed", count=len(records), own=own, custodial=len(records) - own),
        "address": address,
        "findings_printed": FINDINGS_PRINTED,
        "address_code": code_svg(address, label=address),
    }


def _behind(book: SqlBook, known: Known, shown: Shown) -> set[int]:
    """Every entry that the printout rests on: the steps, the accounts of its holders, what was answered to a recall, the findings that it names."""
    seqs, scope = shown.seqs(), scope_of(book, shown)
    for node in shown.nodes():
        if shown.names.reading.may_see_figures(node.holding):
            seqs.update(seq for some in node.balance.seqs.values() for seq in some)
    if scope is not None and shown.names.reading.sees_everything:
        seqs.update(seq for one in scope.holders for seq in one.answers)
    findings, _ = _findings(book, known, shown)
    return seqs.union(*(one.seqs for one in findings[:FINDINGS_PRINTED]))


def _in_place(count: int) -> int:
    """How many rows of so many stand below the picture."""
    return count if count <= ROWS_IN_PLACE else ROWS_FIRST


def _read_ahead(shown: Shown, holders: Sequence[Holder], *, latest: bool = False) -> None:
    """With one look: the sheets of these holders, and the latest record of each. A trace that was kept has read nothing yet."""
    seqs = {seq for one in holders for seq in shown.names.view(one.holding.party).seqs}
    if latest:
        seqs |= {
            max(own)
            for node in shown.nodes()
            if (own := [seq for some in node.balance.seqs.values() for seq in some])
        }
    shown.names.book.records(seqs)


def _content(
    desk: Desk, book: SqlBook, known: Known, shown: Shown, *, code: str | None, form: View
) -> dict[str, object]:
    names, found = shown.names, shown.found
    scope = scope_of(book, shown)
    answers = {one.holding: one for one in scope.holders} if scope is not None else {}
    findings, cut = _findings(book, known, shown)
    holders = shown.holders()
    in_place = len(holders) if form == "holders" else _in_place(len(holders))
    _read_ahead(shown, holders[:in_place])
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
        "holders": [holder_row(one, number, shown, answers) for number, one in enumerate(holders[:in_place])],
        "holders_left": len(holders) - in_place,
        "recall": _recall(desk, scope, names)
        if scope is not None and names.reading.sees_everything
        else None,
        "findings": views_of(findings, names),
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
    facts = [(desk.say(key), value) for key, value in values if value]
    return [*facts, *_label(desk, label_of(names.book, sheet, code))]


def _label(desk: Desk, label: Label | None) -> Iterator[tuple[str, str]]:
    """Of a pesticide: under which rule its label stands, what the new rule asks for beside the facts above, and whether the code's digits fit."""
    if label is None:
        return
    rule = label.rule.words.in_language(desk.language) if label.rule is not None else desk.say("no_record")
    yield desk.say("label_rule"), rule
    for one in label.facts:
        if one.fact in {"holder", "technical_number", "technical_maker"} and (one.asked or one.value):
            yield cap(one.words.in_language(desk.language)), one.value or desk.say("no_record")
    if label.registration_fits is not None:
        fits = desk.say("label_fits" if label.registration_fits else "label_differs")
        yield desk.say("label_digits"), fits
    if label.prefix_dropped:
        yield desk.say("label_prefix"), desk.say("label_dropped")


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


def _findings(book: SqlBook, known: Known, shown: Shown) -> tuple[list[Finding], bool]:
    """What does not fit among the records in sight, worst first, and whether there was more than one answer judges."""
    subjects = sorted(frozenset().union(*known.subjects(book, shown.seqs())))
    judged = findings_about(book, subjects[:FINDING_SUBJECTS_MAX])
    found = {one: None for some in judged.values() for one in some}
    readable = [one for one in found if shown.names.reading.may_read_finding(one)]
    return sorted(readable, key=grade_order), len(subjects) > FINDING_SUBJECTS_MAX


def _records_of(book: SqlBook, known: Known, shown: Shown, asked: Address, form: View) -> dict[str, object]:
    """Every record in sight and everything said about the goods themselves, in the log's order: on their own page where there are many."""
    reading, own = shown.names.reading, shown.found.goods
    seqs = shown.seqs() | {mention.seq for mention in book.mentions([goods_key(own)])}
    for node in shown.nodes():
        if node.holding.goods == own:
            seqs.update(seq for some in node.balance.seqs.values() for seq in some)
    apart = form != "records" and len(seqs) > ROWS_IN_PLACE
    if apart and reading.sees_everything:
        # All are open, and their number is at hand.
        count, rows = len(known.subjects(book, seqs)), []
    else:
        rows = [one for _, one in sorted(book.records(seqs).items()) if reading.opens(one)]
        count = len(rows)
        apart = apart and count > ROWS_IN_PLACE
    listed = [] if apart else rows[:RECORDS_SHOWN]
    return {
        "records": [_row(one, shown) for one in listed],
        "records_count": count,
        "records_left": 0 if apart else count - len(listed),
        "records_href": f"{asked.at(view='records')}#records" if apart else None,
    }


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
        "lag": lag(first_told_ms(names.book, record.seq) - record.occurred_ms, names.language),
    }
