"""The links that a maker has the resolver hand out: what stands, giving another, ending one. Each is a record like any other (`link.v1`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, get_args

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import Counter
from api.pages.desk import AtDesk
from api.pages.forms import Form, PostedForm, attempt, derived_id, form_id, new_id, record
from api.pages.rendering import cap
from api.parameters import PathNumber
from ledger.errors import UnknownName, Words
from ledger.identifiers import DigitalLink, GoodsId, Gtin
from ledger.trace.linked import links_of
from ledger.vocabulary.linking import Link, LinkType, MediaType

if TYPE_CHECKING:
    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.store.book import SqlBook
    from ledger.views.book import Record

HERE: Final = "/my/links"
#: Statements that one page looks through, the newest.
STATEMENTS_MAX: Final = 400
_FIELDS: Final = {
    name: name for name in ("goods", "link_type", "href", "link_title", "languages", "media_type", "contexts")
}
_GTIN: Final = re.compile("[0-9]{8}|[0-9]{12,14}", re.ASCII)
_BETWEEN: Final = re.compile(r"[,，、;；\s]+")

router = APIRouter(include_in_schema=False)


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_own")])
def links(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """What stands, and an empty form."""
    return _show(desk, caller.party, _empty(desk))


@router.post(HERE, response_class=HTMLResponse, dependencies=[needs("record_trade")])
def publish(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record a link."""
    form = Form(posted.texts)
    drafts = attempt(form, lambda: [_draft(desk, author.party, posted)], _FIELDS, desk.language)
    if drafts and record(desk, author.party, drafts, form, _FIELDS):
        return RedirectResponse(HERE, status_code=303)
    return _show(desk, author.party, form, status=422)


@router.post(f"{HERE}/{{position}}/end", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def withdraw(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record that a link of one's own has ended; one that has ended is left as it is."""
    with desk.ledger.book() as book:
        said = _own(book, position, author.party)
        stands = any(one.seq == position for one, _, _ in _told(book, author.party))
    if stands:
        body: dict[str, Json] = {
            "id": str(form_id(posted)),
            "action": "withdraw",
            "goods": str(said.goods),
            "link_type": said.link_type,
            "href": said.href,
        }
        draft = Drafting(ledger=desk.ledger, author=author.party).draft(Link, body)
        form = Form(posted.texts)
        if not record(desk, author.party, [draft], form, {}):
            return _show(desk, author.party, form, status=422)
    return RedirectResponse(HERE, status_code=303)


def _own(book: SqlBook, position: int, party: PartyId) -> Link:
    found = book.records([position]).get(position) if position < book.size else None
    if found is None or not isinstance(found.said, Link) or found.actor != party:
        expected = Words(zh="本方登记的链接", en="a link of your own")
        raise UnknownName(field="link", came=position, expected=expected)
    return found.said


def _draft(desk: Desk, party: PartyId, posted: Posted) -> Draft:
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "action": "publish",
        "goods": _goods(posted.text("goods")),
        **posted.present("link_type", "href", "link_title", "media_type"),
    }
    for name in ("languages", "contexts"):
        if several := [one for one in _BETWEEN.split(posted.text(name)) if one]:
            body[name] = list(several)
    return Drafting(ledger=desk.ledger, author=party).draft(Link, body)


def _goods(text: str) -> str:
    """A product is typed as its GTIN; its digits are looked at here, so that a slip is named for what it is."""
    if not _GTIN.fullmatch(text):
        return text
    return str(GoodsId.of_link(DigitalLink(Gtin.parse(text, field="goods"))))


def _told(book: SqlBook, party: PartyId) -> list[tuple[Record, Link, bool]]:
    """The links of a party that stand by its own word, the newest first, each with whether it is handed out."""
    own = {one.seq for one in book.mentions([f"party/{party}"])}
    places = [one.seq for one in book.mentions([f"type/{Link.TYPE}"]) if one.seq in own]
    standing: dict[tuple[GoodsId, str, str], tuple[Record, Link]] = {}
    # In the order in which they are resolved: by claimed time, then as the log took them.
    for one in sorted(book.records(places[-STATEMENTS_MAX:]).values(), key=lambda found: found.order):
        said = one.said
        if not isinstance(said, Link) or one.actor != party:
            continue
        standing.pop((said.goods, said.link_type, said.href), None)
        if said.action == "publish":
            standing[said.goods, said.link_type, said.href] = (one, said)
    heard = {goods: {one.record.seq for one in links_of(book, goods)} for goods, _, _ in standing}
    return [(one, said, one.seq in heard[said.goods]) for one, said in reversed(standing.values())]


def _empty(desk: Desk) -> Form:
    return Form({"id": str(new_id(desk)), "link_type": "pip", "media_type": "text/html"})


def _show(desk: Desk, party: PartyId, form: Form, *, status: int = 200) -> HTMLResponse:
    labels = {
        "goods": desk.say("links_goods"),
        "languages": desk.say("links_languages"),
        "contexts": desk.say("links_contexts"),
        **{name: _label(desk, name) for name in ("link_type", "href", "link_title", "media_type")},
    }
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, party)
        told = _told(book, party)
        rows = [
            {
                "seq": one.seq,
                "goods": counter.names.goods(said.goods),
                "goods_id": str(said.goods),
                "type": desk.say(f"link_type_{said.link_type}"),
                "title": said.link_title,
                "href": said.href,
                "languages": "、".join(said.languages or ()),
                "heard": heard,
                # Always the same: a link is ended once, however often the button is pressed.
                "form_id": derived_id(one.header.id, "end"),
            }
            for one, said, heard in told
        ]
        return counter.page(
            "links.html",
            {
                "here": HERE,
                "form": form,
                "labels": labels,
                "types": [(one, desk.say(f"link_type_{one}")) for one in get_args(LinkType)],
                "forms": [
                    ("", desk.say("links_any_form")),
                    *((one, desk.say(f"media_type_{one}")) for one in get_args(MediaType)),
                ],
                "rows": rows,
            },
            status=status,
        )


def _label(desk: Desk, name: str) -> str:
    return cap(Link.places()[name].label.in_language(desk.language))
