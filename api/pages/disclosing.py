"""From an entry's page to a file: choose the items to show, say for whom, take the file along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.audience import Reading
from api.deps import Someone, check_same_origin, needs
from api.disclosing import MEDIA_TYPE, Showable, file_name
from api.pages.desk import AtDesk
from api.pages.entries import fields_in_words
from api.pages.forms import Form, PostedForm
from api.pages.names import Names
from api.parameters import PathNumber
from ledger.errors import UnknownName, Words
from ledger.vocabulary import said_type

if TYPE_CHECKING:
    from api.pages.desk import Desk
    from ledger.store.book import SqlBook

#: As the name of a party may be.
TO_CHARACTERS_MAX = 200

router = APIRouter(include_in_schema=False)


@router.get("/entries/{position}/disclose", response_class=HTMLResponse, dependencies=[needs("export_own")])
def choose(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:  # noqa: ARG001  (known)
    """The items that this reader may show."""
    with desk.ledger.book() as book:
        showable, names = _showable(desk, book, position)
        ticked = {f"place_{place}": "1" for place, one in showable.items.items() if one.audience == "public"}
        return _show(desk, showable, names, Form(ticked))


@router.post("/entries/{position}/disclose", response_class=HTMLResponse, dependencies=[needs("export_own")])
def make(position: PathNumber, desk: AtDesk, caller: Someone, posted: PostedForm) -> Response:  # noqa: ARG001  (known)
    """The file."""
    if "authorization" not in desk.request.headers:
        check_same_origin(desk.request, desk.settings)
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        showable, names = _showable(desk, book, position)
        places = [place for place in range(len(showable.stored.opened)) if posted.text(f"place_{place}")]
        if not places:
            form.errors["places"] = desk.say("disclose_nothing")
        if not posted.text("to") or len(posted.text("to")) > TO_CHARACTERS_MAX:
            form.errors["to"] = desk.say("error_missing")
        if not form.good:
            return _show(desk, showable, names, form, status=422)
        content = showable.show(desk.ledger, places, to_whom=posted.text("to"))
    disposition = f'attachment; filename="{file_name(position)}"'
    return Response(content, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


def _showable(desk: Desk, book: SqlBook, position: int) -> tuple[Showable, Names]:
    reading = Reading.of(desk.ledger, book, desk.viewer)
    if position >= book.size:
        expected = Words(zh="可以出示的记录", en="a record that you may show")
        raise UnknownName(field="statement", came=str(position), expected=expected)
    return Showable.of(book, position, reading), Names(book, desk.viewer, desk.language, reading)


def _show(desk: Desk, showable: Showable, names: Names, form: Form, *, status: int = 200) -> HTMLResponse:
    kind = said_type(showable.record.header.type)
    return desk.page(
        "disclose.html",
        status=status,
        form=form,
        labels={"places": desk.say("disclose_items"), "to": desk.say("disclose_to")},
        entry={"seq": showable.record.seq, "title": kind.TITLE},
        parts=[
            {
                "name": f"place_{place}",
                "place": place,
                "audience": one.audience,
                "fields": fields_in_words(kind, one, names),
            }
            for place, one in sorted(showable.items.items())
        ],
    )
