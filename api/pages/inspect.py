"""Inspection: a photo or a typed code, and the trace page: where goods came from, who else has them, what does not fit, every record.

The same page prints on paper for a court clerk (`?print=1`), with the log size it follows from: the same entries give the same page.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import needs
from api.pages.chain import Shown, holder_row, source_row
from api.pages.desk import AtDesk, Desk
from api.pages.drawing import wide
from api.pages.drawing_tall import listed, tall
from api.pages.findings_view import views_of
from api.pages.forms import Form, PostedForm
from api.pages.names import Names
from api.pages.rendering import lag, quantity, sentence
from api.parameters import MaybeText, QueryNumber
from api.scanning import named_by_text, require_known, scanned
from api.tracing import FINDING_SUBJECTS_MAX
from api.withheld import from_trace
from api.words import MARKS
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.findings import contradictions, grade_order, judge_many, subjects_of
from ledger.identifiers import GoodsId
from ledger.trace import recall_scope, trace
from ledger.views.book import about, goods_key
from ledger.vocabulary import TYPES
from ledger.vocabulary.profiles import profile_for
from scanner.photo import read_photo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.findings import Finding
    from ledger.store.book import SqlBook
    from ledger.trace import Holding, Order, RecallHolder, RecallScope, Trace
    from ledger.views.book import Record

#: Records the page lists; a batch with four hundred receivers has a thousand.
RECORDS_SHOWN: Final = 300
_LABELS: Final = {"photo": "inspect_photo", "code": "inspect_code"}
_RECALL_FIGURES: Final = ("first_hand", "recovered", "sold", "destroyed", "lost", "taken", "used")

router = APIRouter(include_in_schema=False)


@router.get("/inspect", response_class=HTMLResponse, dependencies=[needs("read_public")])
def inspect(desk: AtDesk) -> HTMLResponse:
    """The two ways to ask."""
    return _show(desk, Form({}))


@router.post("/inspect", response_class=HTMLResponse, dependencies=[needs("scan")])
def inspect_photo(desk: AtDesk, posted: PostedForm) -> Response:
    """Read the codes in a photo: one opens its trace, several are listed. The photo is forgotten."""
    form = Form(posted.texts)
    photo = posted.files.get("photo")
    if photo is None:
        form.errors["photo"] = desk.say("error_missing")
        return _show(desk, form, status=422)
    try:
        texts = list(dict.fromkeys(reading.text for reading in read_photo(photo)))
    except Refusal as refusal:
        form.errors["photo"] = sentence(refusal, desk.language)
        return _show(desk, form, status=422)
    if len(texts) == 1:
        return RedirectResponse(f"/trace?{urlencode({'code': texts[0]})}", status_code=303)
    readings = [
        {
            "text": text,
            "kind": scanned(text, desk.settings.base_url).kind,
            "href": f"/trace?{urlencode({'code': text})}",
        }
        for text in texts
    ]
    return _show(desk, form, readings=readings)


@router.get("/trace", response_class=HTMLResponse, dependencies=[needs("trace")])
def trace_page(
    desk: AtDesk,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
    print: MaybeText = None,  # noqa: A002  (the name in the address)
) -> Response:
    """The trace of some goods. The public is sent to the page for buyers."""
    if (code is None) == (goods is None):
        raise Malformed(field="code", came="", expected=Words(zh="码或货物标识", en="a code, or goods"))
    asked = {"code": code} if code is not None else {"goods": goods}
    for_buyers = RedirectResponse(f"/p?{urlencode(asked)}", status_code=303)
    if desk.viewer.party is None:
        return for_buyers
    with desk.ledger.book(as_of) as book:
        reading = Reading.of(desk.ledger, book, desk.viewer)
        start = _goods(desk, reading, code=code, goods=goods)
        names = Names(book, desk.viewer, desk.language, reading)
        found = trace(book, start, contradictions=contradictions)
        if reading.lies_outside(found):
            return for_buyers
        shown = Shown.of(found, names)
        template = "trace.html" if print is None else "trace_print.html"
        return desk.page_of(template, _content(desk, book, shown, code=code))


def _goods(desk: Desk, reading: Reading, *, code: str | None, goods: str | None) -> GoodsId:
    if code is not None and not code.startswith("urn:"):
        return require_known(named_by_text(code, desk.settings.base_url, reading.book, reading.knows), code)
    start = GoodsId.parse(code or goods or "")
    if not reading.knows(start):
        expected = Words(zh="本台账记录过的货物", en="goods recorded on this ledger")
        raise UnknownName(field="goods", came=start, expected=expected)
    return start


def _content(desk: Desk, book: SqlBook, shown: Shown, *, code: str | None) -> dict[str, object]:
    names, found = shown.names, shown.found
    scope = _scope(book, shown)
    answers = {one.holding: one for one in scope.holders} if scope is not None else {}
    findings, cut = _findings(book, shown)
    records = _records(book, shown)
    chain, title = shown.chain(), names.goods(found.goods)
    label = desk.say("chain_label", goods=title)
    head = desk.ledger.head_of(desk.ledger.checkpoint()).checkpoint
    return {
        "goods": found.goods,
        "sheet": {"title": title, "facts": _facts(desk, names, found, code)},
        # The recall first: it says what is to be done.
        "orders": sorted(
            (_order(one, shown) for one in shown.orders.get(found.goods, ())),
            key=lambda one: not one["recall"],
        ),
        "truncated": found.truncated or cut,
        "withheld": [one.words for one in from_trace(names.reading, shown.edges())],
        "drawing_wide": wide(chain, label=label),
        "drawing_tall": tall(chain, label=label, arrow_words=desk.say("chain_from")),
        "drawing_listed": listed(chain, label=label, arrow_words=desk.say("chain_from")),
        "sources": [source_row(one, shown) for one in shown.sources()],
        "holders": _holders(shown, answers),
        "recall": _recall(desk, scope, names)
        if scope is not None and names.reading.sees_everything
        else None,
        "findings": views_of(findings, names),
        "records": [_row(one, shown) for one in records[:RECORDS_SHOWN]],
        "records_left": max(len(records) - RECORDS_SHOWN, 0),
        "print_href": f"/trace?{urlencode({'goods': str(found.goods), 'as_of': found.size, 'print': '1'}, quote_via=quote)}",
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


def _scope(book: SqlBook, shown: Shown) -> RecallScope | None:
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
    }


def _findings(book: SqlBook, shown: Shown) -> tuple[list[Finding], bool]:
    """What does not fit among the records in sight, worst first, and whether there was more than one answer judges."""
    records = book.records(shown.seqs()).values()
    subjects = sorted({subject for record in records for subject in subjects_of(record)})
    judged = judge_many(subjects[:FINDING_SUBJECTS_MAX], book)
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


def _show(
    desk: Desk, form: Form, *, status: int = 200, readings: list[dict[str, str]] | None = None
) -> HTMLResponse:
    labels = {name: desk.say(key) for name, key in _LABELS.items()}
    return desk.page("inspect.html", status=status, form=form, labels=labels, readings=readings or [])
