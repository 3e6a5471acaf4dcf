"""Goods stopped, and let go again: hold and takedown, with the scope shown before anything is recorded; and their release.

The form comes in two steps. First whom it concerns: every holder in sight, and how much should be left. Then the same form can be recorded,
for that very log size: if somebody received the goods meanwhile, the page comes back with the scope as it is now. A hold is no recall: it
tells the holders, not the public (食品安全法 63, 110; 农药管理条例 41).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.chain import Shown
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, gather, new_id, record
from api.pages.names import Names
from api.pages.officers import check_competence, goods_of, officers_of
from api.pages.rendering import cap, quantity
from api.parameters import MaybeText, Text
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, UnknownName, Words
from ledger.identifiers import StatementId
from ledger.trace import standing_orders, trace
from ledger.trace.amounts import added
from ledger.vocabulary import TYPES
from ledger.vocabulary.measures import Takedown
from ledger.vocabulary.oversight import Hold

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.accounts.callers import Caller
    from ledger.canonical import Json
    from ledger.identifiers import GoodsId, PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

KINDS: Final = ("hold", "off_shelf", "withdrawn")
#: Holders that the form lists; all of them are on the page of the trace.
HOLDERS_SHOWN: Final = 12
FIELDS: Final = {
    "goods": "goods",
    "at": "at",
    "party": "at",
    "officer_2": "officer_2",
    "officer": "officer",
    "reason": "reason",
    "due_on": "due_on",
    "kind": "kind",
}
_LABELS: Final = {
    "goods": "insp_goods",
    "at": "insp_hold_at",
    "officer": "insp_officer",
    "officer_2": "insp_officer_2",
    "reason": "insp_hold_reason",
    "due_on": "insp_due_on",
    "kind": "insp_hold_kind",
}

router = APIRouter(include_in_schema=False)


@router.get("/inspect/hold", response_class=HTMLResponse, dependencies=[needs("inspect")])
def hold_form(desk: AtDesk, author: Someone, goods: MaybeText = None) -> HTMLResponse:
    """Which goods; and, where they are named, whom a measure would concern."""
    values = {
        "id": str(new_id(desk)),
        "officer": author.certificate or "",
        "goods": goods or "",
        "kind": KINDS[0],
    }
    return _show(desk, Form(values))


@router.post("/inspect/hold", response_class=HTMLResponse, dependencies=[needs("inspect")])
def hold(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the measure, if the scope that was shown is the scope that it has."""
    form = Form(posted.texts)
    if posted.text("do") != "record":
        return _show(desk, form)
    with desk.ledger.book() as book:
        drafts = attempt(form, lambda: _drafts(desk, book, author, posted), FIELDS, desk.language)
        moved = bool(drafts) and _scope_of(desk, book, posted.text("goods")).key != posted.text("scope")
    if moved:
        # Somebody got the goods since the scope was shown: look again, then record.
        return _show(desk, form)
    placed = record(desk, author.party, drafts, form, FIELDS) if drafts else ()
    if not placed:
        return _show(desk, form, status=422)
    return RedirectResponse(f"/entries/{placed[0].seq}", status_code=303)


@router.get("/inspect/release", response_class=HTMLResponse, dependencies=[needs("inspect")])
def release_form(desk: AtDesk, author: Someone, order: Text) -> HTMLResponse:
    """The measure that would be lifted."""
    values = {"id": str(new_id(desk)), "order": order, "officer": author.certificate or ""}
    return _show_release(desk, Form(values))


@router.post("/inspect/release", response_class=HTMLResponse, dependencies=[needs("inspect")])
def release(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the release."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        drafts = attempt(form, lambda: _release(desk, book, author, posted), FIELDS, desk.language)
    placed = record(desk, author.party, drafts, form, FIELDS) if drafts else ()
    if not placed:
        return _show_release(desk, form, status=422)
    return RedirectResponse(f"/entries/{placed[0].seq}", status_code=303)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whom a measure on some goods concerns."""

    goods: GoodsId
    shown: Shown

    @property
    def parties(self) -> list[PartyId]:
        """Whoever has or had them."""
        return list(dict.fromkeys(one.holding.party for one in self.shown.holders()))

    @property
    def key(self) -> str:
        """Changes when others come to hold them, and with nothing else that the log takes in."""
        return sha256(" ".join(sorted(map(str, self.parties))).encode()).hexdigest()[:16]


def _scope_of(desk: Desk, book: SqlBook, text: str) -> _Scope:
    reading = Reading.of(desk.ledger, book, desk.viewer)
    goods = goods_of(desk, reading, text)
    found = trace(book, goods)
    reading.sight(found)
    return _Scope(goods, Shown.of(found, Names(book, desk.viewer, desk.language, reading)))


def _drafts(desk: Desk, book: SqlBook, author: Caller, posted: Posted) -> list[Draft]:
    reading, wrong = Reading.of(desk.ledger, book, desk.viewer), list[Refusal]()
    officers = gather(wrong, lambda: officers_of(desk, book, author, posted))
    goods = gather(wrong, lambda: goods_of(desk, reading, posted.text("goods")))
    kind = posted.text("kind")
    if kind not in KINDS:
        wrong.append(
            Malformed(field="kind", came=kind, expected=Words(zh="、".join(KINDS), en=", ".join(KINDS)))
        )
    if kind == "hold" and (due_on := posted.text("due_on")):
        expected = Words(zh="不填：控制没有整改期限", en="nothing: a hold has no date to be mended by")
        wrong.append(Malformed(field="due_on", came=due_on, expected=expected))
    if not posted.text("reason"):
        wrong.append(Malformed(field="reason", came="", expected=Words(zh="原因", en="a reason")))
    if wrong or officers is None:
        raise Refusals(wrong)
    body: dict[str, Json] = {
        "id": posted.text("id"),
        "action": "hold",
        "goods": [str(goods)],
        "officer": officers[0],
        "reason": _reason(desk, posted, officers[1]),
        **posted.present("at"),
    }
    if kind != "hold":
        body |= {"stage": kind, **posted.present("due_on")}
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(
        Hold if kind == "hold" else Takedown, body
    )
    check_competence(book, author, draft.said)
    return [draft]


def _reason(desk: Desk, posted: Posted, second: str) -> str:
    """The reason, and the second officer: the record has a field for one certificate only."""
    line = desk.say("insp_line_officer_2", value=second)
    return f"{posted.text('reason')}\n{line}" if posted.text("reason") else line


def _release(desk: Desk, book: SqlBook, author: Caller, posted: Posted) -> list[Draft]:
    wrong = list[Refusal]()
    officers = gather(wrong, lambda: officers_of(desk, book, author, posted))
    order, said = _order(desk, book, posted.text("order"))
    if wrong or officers is None:
        raise Refusals(wrong)
    body: dict[str, Json] = {
        "id": posted.text("id"),
        "action": "release",
        "goods": [str(one) for one in said.goods],
        "officer": officers[0],
        "reason": _reason(desk, posted, officers[1]),
        **({"at": str(said.at)} if said.at is not None else {}),
        **({"stage": said.stage} if isinstance(said, Takedown) else {}),
    }
    draft = Drafting(ledger=desk.ledger, author=author.party).draft(type(said), body)
    check_competence(book, author, draft.said)
    assert order.said is said
    return [draft]


def _order(desk: Desk, book: SqlBook, text: str) -> tuple[Record, Hold]:
    """The hold or takedown of that id, which this reader may read and which stands."""
    expected = Words(zh="现行的控制或下架", en="a hold or takedown that stands")
    unknown = UnknownName(field="order", came=text, expected=expected)
    try:
        seq = book.position(StatementId.parse(text, field="order"))
    except Refusal as wrong:
        raise unknown from wrong
    record_ = None if seq is None else book.records([seq])[seq]
    reading = Reading.of(desk.ledger, book, desk.viewer)
    if record_ is None or not isinstance(record_.said, Hold) or not reading.opens(record_):
        raise unknown
    said = record_.said
    stands = {one.record.seq for goods in said.goods for one in standing_orders(book, goods)}
    if record_.seq not in stands:
        raise unknown
    return record_, said


def _show(desk: Desk, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        scope: dict[str, object] | None = None
        if form.value("goods") and "goods" not in form.errors:
            try:
                scope = _scope_words(desk, _scope_of(desk, book, form.value("goods")))
            except Refusal as refusal:
                form.refuse([refusal], FIELDS, desk.language)
                status = 422
        return desk.page(
            "hold_new.html",
            status=status,
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            kinds=[(one, desk.say(f"insp_hold_kind_{one}")) for one in KINDS],
            scope=scope,
        )


def _scope_words(desk: Desk, scope: _Scope) -> dict[str, object]:
    shown = scope.shown
    names, holders = shown.names, shown.holders()
    left = added([one.left for one in holders]) if holders else None
    return {
        "key": scope.key,
        "goods": scope.goods,
        "title": names.goods(scope.goods),
        "count": len(scope.parties),
        "amount": quantity(left, desk.language),
        "parties": [
            (str(one), desk.say("insp_hold_only", name=names.party(one)))
            for one in scope.parties[:HOLDERS_SHOWN]
        ],
        "holders": [
            {
                "party": names.party(one.holding.party),
                "goods": names.goods(one.holding.goods),
                "left": shown.figure(one.holding, one.left),
                "contact": names.contact(one.holding.party),
            }
            for one in holders[:HOLDERS_SHOWN]
        ],
        "more": max(len(holders) - HOLDERS_SHOWN, 0),
    }


def _show_release(desk: Desk, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        order, said = _order(desk, book, form.value("order"))
        reading = Reading.of(desk.ledger, book, desk.viewer)
        reading.shows([order.seq])
        names = Names(book, desk.viewer, desk.language, reading)
        title = cap(TYPES[order.header.type].TITLE.in_language(desk.language))
        return desk.page(
            "release_new.html",
            status=status,
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            order={
                "seq": order.seq,
                "title": title,
                "by": names.party(order.actor),
                "at_ms": order.at_ms,
                "goods": [names.goods(one) for one in said.goods],
                "at": names.party(said.at) if said.at is not None else desk.say("insp_hold_everywhere"),
            },
        )
