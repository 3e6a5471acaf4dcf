"""Reports from the public: taking one without an account, and telling whoever has its number how far things are.

What a report says, and whose it is, only officials read. Its number shows three things: that it was taken and when, whether an official has
opened it (`ledger.accounts.reads`), and what was published about the same goods since. Whether to act is for the authority, and no date is
invented for it. The number proves itself (`ReportNumber`); guesses are paid for from the budget of codes that are not there (`api.limits`).
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import links
from api.audience import Reading
from api.deps import Viewer, needs
from api.drafting import Draft, Drafting
from api.pages.desk import AtDesk
from api.pages.forms import Form, Posted, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.names import Names
from api.pages.rendering import moment, sentence
from api.parameters import MaybeText
from api.scans_noted import is_recorded, note, region_told
from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import GoodsId
from ledger.identifiers.printed import folded
from ledger.identifiers.report_number import MARK_BYTES, ReportNumber
from ledger.views.book import goods_sheet_key, said_about
from ledger.vocabulary.oversight import Complaint, Recall

if TYPE_CHECKING:
    from starlette.background import BackgroundTask

    from api.pages.desk import Desk
    from ledger.canonical import Json
    from ledger.identifiers import StatementId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

#: A code that a report may name: `ledger.vocabulary.values.CodeText`.
_CODE_CHARACTERS: Final = range(8, 201)
#: What was published is told in so many lines at most.
PUBLISHED_SHOWN: Final = 5

#: What the form takes; the place is recorded in front of the text.
TEXT_CHARACTERS_MAX: Final = 800
PLACE_CHARACTERS_MAX: Final = 100
#: The shortest numbers that somebody answers: 12315.
PHONE_DIGITS_MIN: Final = 5

_FIELDS: Final = {
    "text": "text",
    "goods": "goods",
    "evidence": "photo",
    "photo": "photo",
    "reporter_phone": "phone",
    "phone": "phone",
    "place": "place",
}
_LABELS: Final = {
    "number": "report_number",
    "text": "report_text",
    "goods": "col_goods",
    "place": "report_place",
    "photo": "report_photo",
    "phone": "report_phone",
}

router = APIRouter(include_in_schema=False)


@router.get("/p/report", response_class=HTMLResponse, dependencies=[needs("read_public")])
def asked(
    desk: AtDesk, goods: MaybeText = None, code: MaybeText = None, number: MaybeText = None
) -> Response:
    """The form for a report, about some goods or about nothing known; beside it, where a number is typed."""
    if number is not None:
        return _followed(desk, number)
    values = {"id": str(new_id(desk)), "goods": goods or "", "code": code or ""}
    return _form_page(desk, Form(values))


@router.post("/p/report", response_class=HTMLResponse, dependencies=[needs("report")])
def take(desk: AtDesk, posted: PostedForm) -> Response:
    """Take a report. The operator signs for people who have no key; only officials can read it."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: [_complaint(desk, posted)], _FIELDS, desk.language)
    placed = record(desk, desk.ledger.registrar, drafts, form, _FIELDS) if drafts else ()
    if not placed:
        return _form_page(desk, form, status=422)
    number = number_of(desk.ledger.origin, placed[0].seq, form_id(posted))
    return RedirectResponse(f"/p/report/{number}", status_code=303, background=_read(desk, posted))


@router.get("/p/report/{number}", response_class=HTMLResponse, dependencies=[needs("read_public")])
def followed(number: str, desk: AtDesk) -> Response:
    """How far things are with one report. Whoever has its number may ask; what it says is not shown."""
    return _followed(desk, number)


def number_of(origin: str, position: int, statement: StatementId) -> ReportNumber:
    """The number of the report at this position: the same each time, so that a form that is sent twice gets one number.

    Its mark comes from the statement's id, of which 74 bits were drawn by chance, and which stands in no public part of the log.
    """
    return ReportNumber.of(
        position, sha256(f"suyuan/report/v1\n{origin}\n{statement}".encode()).digest()[:MARK_BYTES]
    )


def _read(desk: Desk, posted: Posted) -> BackgroundTask | None:
    """Whoever reports a pack has read its code, in the province that he names."""
    code = posted.text("code")
    with desk.ledger.book() as book:
        if not is_recorded(book, code):
            return None
        return note(desk.request, code, "consumer", region=region_told(posted.text("place")), book=book)


def _complaint(desk: Desk, posted: Posted) -> Draft:
    text, place, code = posted.text("text"), posted.text("place"), posted.text("code")
    if not text:
        raise Malformed(field="text", came="", expected=Words(zh="发生了什么", en="what happened"))
    for field, most in (("text", TEXT_CHARACTERS_MAX), ("place", PLACE_CHARACTERS_MAX)):
        if len(came := posted.text(field)) > most:
            expected = Words(zh=f"最多 {most} 个字", en=f"at most {most} characters")
            raise TooLarge(field=field, came=came, expected=expected)
    phone = folded(posted.text("phone"))
    if phone and sum(map(str.isdigit, phone)) < PHONE_DIGITS_MIN:
        raise Malformed(field="phone", came=phone, expected=Words(zh="电话号码", en="a telephone number"))
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
    if phone:
        body["reporter_phone"] = phone
    return Drafting(ledger=desk.ledger, author=desk.ledger.registrar).draft(Complaint, body)


def _form_page(desk: Desk, form: Form, *, status: int = 200) -> HTMLResponse:
    return desk.page(
        "report.html",
        status=status,
        form=form,
        labels={name: desk.say(key) for name, key in _LABELS.items()},
        about=_about(desk, form.value("goods")),
        about_code=form.value("code"),
        # Whoever comes with nothing in his hand more likely has a number than a complaint.
        number_first=not (form.value("goods") or form.value("code") or form.value("text")),
    )


def _about(desk: Desk, text: str) -> str | None:
    """The name of goods that everybody may know of. What else came with the address is not repeated as a name."""
    try:
        goods = GoodsId.parse(text)
    except Refusal:
        return None
    with desk.ledger.book() as book:
        return (
            Names(book, Viewer(), desk.language).goods(goods)
            if Reading(book, Viewer()).knows(goods)
            else None
        )


def _followed(desk: Desk, text: str) -> HTMLResponse:
    try:
        number = ReportNumber.parse(text)
    except Refusal as refusal:
        return _no_report(desk, text, sentence(refusal, desk.language), status=422)
    with desk.ledger.book() as book:
        found = _found(desk, book, number)
        if found is None:
            return _no_report(desk, text, desk.say("report_unknown"), status=404)
        answer = desk.page_of("report_state.html", _state(desk, book, number, found))
    # Told to whoever has the number, and to nobody who uses the same telephone later.
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(desk: Desk, book: SqlBook, number: ReportNumber) -> Record | None:
    """The report of this number. A wrong mark is answered like a report that is not there."""
    record = book.records([number.position]).get(number.position) if number.position < book.size else None
    if record is None or record.header.type != Complaint.TYPE:
        return None
    right = number_of(desk.ledger.origin, record.seq, record.header.id)
    return record if hmac.compare_digest(str(right), str(number)) else None


def _no_report(desk: Desk, text: str, why: str, *, status: int) -> HTMLResponse:
    form = Form({"id": str(new_id(desk)), "number": text[:40]}, {"number": why})
    return _form_page(desk, form, status=status)


def _state(desk: Desk, book: SqlBook, number: ReportNumber, found: Record) -> dict[str, object]:
    said = found.said if isinstance(found.said, Complaint) else None
    goods = said.goods if said is not None else None
    names = Names(book, Viewer(), desk.language)
    published = [] if goods is None else _published(desk, book, goods, names, since=found)
    seen_ms = desk.ledger.accounts.reads.first_ms(found.seq, whose=found.actor)
    state = "published" if published else "received" if seen_ms is None else "seen"
    known = goods is not None and Reading(book, Viewer()).knows(goods)
    return {
        "number": number.printed,
        "state": desk.say(f"report_state_{'erased' if said is None else state}"),
        "received": desk.say("report_received_what", time=moment(found.at_ms), entry=found.seq),
        "seen": None if seen_ms is None else desk.say("report_seen_what", time=moment(seen_ms)),
        "published": published[-PUBLISHED_SHOWN:],
        "about": names.goods(goods) if goods is not None and known else None,
        "back_href": links.goods_page(goods) if goods is not None and known else None,
    }


def _published(desk: Desk, book: SqlBook, goods: GoodsId, names: Names, *, since: Record) -> list[str]:
    """What everybody may read about these goods that an authority has said since."""
    return [
        desk.say(
            "report_published_recall" if said.action == "recall" else "report_published_end",
            time=moment(record.at_ms),
            name=names.party(record.actor),
            reason=said.reason,
        )
        for record, said in said_about(book, goods_sheet_key(goods), Recall)
        if goods in said.goods
        and record.seq > since.seq
        and book.register.role_of(record.header.issuer) == "authority"
    ]
