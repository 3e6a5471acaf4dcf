"""The buyer's page: what a phone shows that scanned a code. One small answer, without script and without an account.

Recall first; then the state of the code in the hand; what is known, by whom, and since when it is recorded; what nobody recorded, in grey; what
to compare with the pack; what this does not show. It never calls goods good, lists no holders and repeats no suspicion about a trader.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from api import links
from api.audience import Reading
from api.deps import Viewer, needs
from api.drafting import Draft, Drafting
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, Posted, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.names import Names
from api.parameters import MaybeText
from api.scanning import Named, named_by, named_by_batch, named_by_link, scanned
from api.words import MARKS
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import BatchCode, DigitalLink, GoodsId, Gtin, StatementId
from ledger.trace import code_state, standing_orders
from ledger.vocabulary.documents import Commitment
from ledger.vocabulary.oversight import Complaint, Recall
from ledger.vocabulary.parties import Licence
from scanner.codes import address_host

if TYPE_CHECKING:
    from api.scanning import Knows
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.trace import BatchView, CodeState
    from ledger.views.book import Book, Record

_METHODS: Final = ["GET", "HEAD"]
#: Codes a recall names that the page repeats.
CODES_SHOWN: Final = 5
COMMITMENTS_SHOWN: Final = 3
LICENCES_SHOWN: Final = 2
#: A code that a report may name: `ledger.vocabulary.values.CodeText`.
_CODE_CHARACTERS: Final = range(8, 201)

_FIELDS: Final = {
    "text": "text",
    "evidence": "photo",
    "photo": "photo",
    "reporter_phone": "phone",
    "place": "place",
}
_LABELS: Final = {
    "text": "report_text",
    "place": "report_place",
    "photo": "report_photo",
    "phone": "report_phone",
}

router = APIRouter(include_in_schema=False)


@router.api_route("/p", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")])
@router.api_route("/p/", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")])
def typed(desk: AtDesk, code: MaybeText = None, goods: MaybeText = None, batch: MaybeText = None) -> Response:
    """A code as it was typed or scanned. What names goods here is shown at the address that labels carry."""
    if goods is not None:
        with desk.ledger.book() as book:
            start = GoodsId.parse(goods)
            return _page(desk, book, named_by_batch(start, _knows(book)), came=goods)
    text = (code or "").strip()
    reading = scanned(text, desk.settings.base_url)
    if isinstance(reading.value, Gtin) and batch:
        reading = scanned(
            DigitalLink(reading.value, batch=batch.strip()).at(desk.settings.base_url), desk.settings.base_url
        )
    with desk.ledger.book() as book:
        named = named_by(reading, desk.settings.base_url, book, _knows(book))
        host = (
            reading.host
            if not reading.is_ours and reading.kind in {"foreign_address", "digital_link"}
            else None
        )
        path = links.code_path(named.goods) if named.goods is not None and named.code is None else None
        if path is not None and named.known and host is None:
            return RedirectResponse(f"{links.PAGE}{path}", status_code=303)
        return _page(
            desk,
            book,
            named,
            came=text,
            host=host,
            gtin=reading.value if isinstance(reading.value, Gtin) else None,
        )


@router.api_route(
    "/p/c/{code}", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")]
)
def of_code(code: str, desk: AtDesk) -> Response:
    """The page of a batch by its code."""
    try:
        goods = GoodsId.of_batch(BatchCode.parse(code))
    except Refusal:
        with desk.ledger.book() as book:
            return _page(desk, book, Named(), came=code)
    with desk.ledger.book() as book:
        return _page(desk, book, named_by_batch(goods, _knows(book)), came=code)


@router.api_route(
    "/p/01/{rest:path}", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")]
)
def of_link(rest: str, desk: AtDesk, request: Request) -> Response:
    """The page of goods by their GS1 Digital Link."""
    # The path as it came: a batch number may hold an escaped slash, which is no slash of the path.
    path = bytes(request.scope["raw_path"]).decode("latin-1").removeprefix(links.PAGE)
    with desk.ledger.book() as book:
        try:
            link = DigitalLink.parse(desk.settings.base_url + path)
        except Refusal:
            return _page(desk, book, Named(), came=f"/01/{rest}")
        gtin = link.gtin if link.batch is None and link.serial is None else None
        named = named_by_link(link, desk.settings.base_url, book, _knows(book))
        return _page(desk, book, named, came=link.path(), gtin=gtin)


@router.post("/p/report", response_class=HTMLResponse, dependencies=[needs("report")])
def report(desk: AtDesk, posted: PostedForm) -> Response:
    """Take a report. The operator signs for people who have no key; only officials can read it."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: [_complaint(desk, posted)], _FIELDS, desk.language)
    placed = record(desk, desk.ledger.registrar, drafts, form, _FIELDS) if drafts else ()
    if placed:
        return RedirectResponse(f"/p/report/{form_id(posted)}", status_code=303)
    with desk.ledger.book() as book:
        goods, code = posted.text("goods"), posted.text("code")
        start = GoodsId.parse(goods) if goods else None
        known = start is not None and _knows(book)(start)
        return _page(
            desk, book, Named(goods=start, code=code or None, known=known), came=code or goods, form=form
        )


@router.get("/p/report/{statement}", response_class=HTMLResponse, dependencies=[needs("read_public")])
def reported(statement: str, desk: AtDesk) -> HTMLResponse:
    """That a report was taken, and when. Whoever has its number may ask; what it says is not shown."""
    number = StatementId.parse(statement, field="report")
    with desk.ledger.book() as book:
        seq = book.position(number, book.register.registrar)
        found = None if seq is None else book.records([seq])[seq]
        if found is None or not isinstance(found.said, Complaint):
            raise UnknownName(
                field="report", came=statement, expected=Words(zh="举报编号", en="the number of a report")
            )
        goods = found.said.goods
        return desk.page(
            "report_done.html",
            receipt={"seq": found.seq, "at_ms": found.at_ms, "statement": found.header.id},
            back_href=links.goods_page(goods) if goods is not None else None,
        )


def _knows(book: Book) -> Knows:
    """Whoever looks, this page tells what everybody may know."""
    return Reading(book, Viewer()).knows


def _complaint(desk: Desk, posted: Posted) -> Draft:
    text, place, code = posted.text("text"), posted.text("place"), posted.text("code")
    if not text:
        raise Malformed(field="text", came="", expected=Words(zh="发生了什么", en="what happened"))
    photo = keep_photo(desk, posted, "photo")
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "text": f"{desk.say('report_place')}：{place}\n{text}" if place else text,
        **posted.present("goods"),
    }
    if len(code) in _CODE_CHARACTERS:
        body["code"] = code
    if photo is not None:
        body["evidence"] = str(photo.digest)
    if posted.text("phone"):
        body["reporter_phone"] = posted.text("phone")
    return Drafting(ledger=desk.ledger, author=desk.ledger.registrar).draft(Complaint, body)


def _page(
    desk: Desk,
    book: SqlBook,
    named: Named,
    *,
    came: str,
    host: str | None = None,
    gtin: Gtin | None = None,
    form: Form | None = None,
) -> HTMLResponse:
    """The page of what was named; for everything that nobody recorded here one and the same page, with what one can do."""
    values = {"id": str(new_id(desk)), "goods": str(named.goods or ""), "code": named.code or came}
    shown_form = form or Form(values)
    labels = {name: desk.say(key) for name, key in _LABELS.items()}
    status = 422 if form is not None else 200
    if named.goods is None or not named.known:
        why = "gtin" if gtin is not None else "text" if named.goods is None else "goods"
        return desk.page(
            "consumer_unknown.html",
            status=max(status, 404),
            text=came,
            why=why,
            gtin=str(gtin) if gtin is not None else None,
            foreign_host=host,
            form=shown_form,
            labels=labels,
        )
    # Whoever looks, this page shows what everybody may know.
    names = Names(book, Viewer(), desk.language)
    sheet = names.sheet(named.goods)
    state = code_state(book, named.code) if named.code is not None else None
    maker = names.party(sheet.maker) if sheet.maker is not None else None
    return desk.page(
        "consumer.html",
        status=status,
        title=sheet.name or names.goods(named.goods),
        batch_number=sheet.batch_number
        or (named.goods.batch_code.printed if named.goods.batch_code else None),
        recalls=_recalls(book, named, state, names),
        code=_code(desk, state, names) if state is not None else None,
        known=_known(desk, sheet, names),
        unknown=_unknown(desk, sheet),
        compare=_compare(desk, sheet, maker),
        foreign_host=host,
        form=shown_form,
        labels=labels,
    )


def _recalls(book: SqlBook, named: Named, state: CodeState | None, names: Names) -> list[dict[str, object]]:
    """Standing recalls. One that names codes concerns a pack with its own code only if it is among them."""
    shown = list[dict[str, object]]()
    assert named.goods is not None
    for order in (
        state.recalls
        if state is not None and state.goods == named.goods
        else standing_orders(book, named.goods)
    ):
        said = order.record.said
        if isinstance(said, Recall):
            codes = said.codes or ()
            shown.append(
                {
                    "inherited": order.inherited,
                    "reason": said.reason,
                    "advice": said.advice,
                    "codes": MARKS[names.language].listed.join(codes[:CODES_SHOWN])
                    + (" …" if len(codes) > CODES_SHOWN else ""),
                    "by": names.party(order.record.actor),
                    "at_ms": order.record.at_ms,
                    "seq": order.record.seq,
                }
            )
    return shown


def _code(desk: Desk, state: CodeState, names: Names) -> dict[str, object]:
    """What is recorded about the code in the hand: who issued it, and whether it was sold. Never whose hands it passed."""
    lines = list[str]()
    if state.issued_by is not None:
        lines.append(desk.say("code_issued", name=names.party(state.issued_by)))
    day = str(state.first_sold.header.occurred_at.date_in_shanghai()) if state.first_sold is not None else ""
    if state.state in {"void", "used"}:
        head = desk.say(f"code_{state.state}")
        lines.append(desk.say(f"code_{state.state}_what"))
    elif len(state.sales) > 1:
        head = desk.say("code_sold_more", count=len(state.sales), day=day)
        lines.append(desk.say("code_sold_more_what"))
    elif state.first_sold is not None:
        head = desk.say("code_sold", day=day)
        lines.append(desk.say("code_sold_what"))
    elif state.issued_by is None:
        head = desk.say("code_unknown")
        lines.append(desk.say("code_unknown_what"))
    else:
        head = lines.pop()
        lines.append(desk.say("code_not_sold"))
    return {"text": state.code, "head": head, "lines": lines}


def _known(desk: Desk, sheet: BatchView, names: Names) -> list[dict[str, object]]:
    """What is recorded publicly, each with who recorded it and since when."""
    facts: dict[int, tuple[Record, list[str]]] = {}

    def add(record: Record, key: str, **values: object) -> None:
        facts.setdefault(record.seq, (record, []))[1].append(desk.say(key, **values))

    if sheet.record is not None:
        if sheet.maker is not None:
            add(sheet.record, "known_maker", value=names.party(sheet.maker))
        for key in ("produced_on", "expires_on", "origin", "specification"):
            if (value := getattr(sheet, key)) is not None:
                add(sheet.record, f"known_{key}", value=value)
    for one in sheet.commitments[-COMMITMENTS_SHOWN:]:
        if isinstance(one.said, Commitment):
            add(one, "known_commitment", number=one.said.number or "", day=one.said.issued_on or "")
    for one, licence in _licences(sheet.maker, names):
        add(
            one,
            "known_licence",
            kind=licence.licence_kind,
            number=licence.number,
            day=licence.valid_to or "—",
        )
    return [
        {"facts": said, "by": names.party(record.actor), "at_ms": record.at_ms, "seq": record.seq}
        for record, said in facts.values()
    ]


def _licences(maker: PartyId | None, names: Names) -> list[tuple[Record, Licence]]:
    """The maker's licences, the latest of each kind."""
    if maker is None:
        return []
    latest = {
        one.said.licence_kind: (one, one.said)
        for one in names.view(maker).licences
        if isinstance(one.said, Licence)
    }
    return list(latest.values())[:LICENCES_SHOWN]


def _unknown(desk: Desk, sheet: BatchView) -> list[str]:
    """What a buyer would like to know and nobody recorded."""
    if sheet.record is None:
        return [desk.say("unknown_batch")]
    missing = [
        desk.say(f"unknown_{key}")
        for key in ("produced_on", "expires_on", "origin")
        if getattr(sheet, key) is None
    ]
    return missing if sheet.commitments else [*missing, desk.say("unknown_commitment")]


def _compare(desk: Desk, sheet: BatchView, maker: str | None) -> list[str]:
    values = (
        ("compare_name", sheet.name),
        ("compare_number", sheet.batch_number),
        ("compare_day", sheet.produced_on),
        ("compare_maker", maker),
    )
    host = address_host(desk.settings.base_url)
    facts = [desk.say(key, value=value) for key, value in values if value is not None]
    return [desk.say("compare_site", host=host), *facts, desk.say("compare_seal")]


def typed_path(code: str) -> str:
    """Where a typed code is answered."""
    return f"{links.PAGE}?{urlencode({'code': code})}"
