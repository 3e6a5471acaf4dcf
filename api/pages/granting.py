"""Letting a customer see a delivery, until a day, and ending it: the grants of one party, given and got.

What is chosen here is a wish: who may read what is decided by `api.audience` each time somebody reads, and a grant opens no more than its
granter may read itself. The page says what a grant cannot do: take back what was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.audience import Reading
from api.delivery import delivery_of
from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.desk import AtDesk
from api.pages.forms import Form, PostedForm, attempt, derived_id, form_id, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.pages.own import Own
from api.parameters import PathNumber
from ledger.errors import Malformed, UnknownName, Words
from ledger.views.grants import grants_by, grants_to
from ledger.vocabulary import TYPES
from ledger.vocabulary.answering import Grant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.identifiers import PartyId
    from ledger.views.book import Book, Record
    from ledger.views.grants import Granted

_LABELS: Final = {
    "to": "grant_to",
    "party": "grant_to_other",
    "until": "grant_until",
    "records": "grant_what",
}
_FIELDS: Final = {
    "to": "party",
    "party": "party",
    "until": "until",
    "statements": "records",
    "records": "records",
}
#: The choice of somebody who is not among the customers.
OTHER: Final = "other"

router = APIRouter(include_in_schema=False)


@router.get("/my/grants", response_class=HTMLResponse, dependencies=[needs("read_own")])
def grants(desk: AtDesk, caller: Someone) -> HTMLResponse:
    """Every grant that this party gave or got."""
    now = desk.ledger.clock()
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        given, got = grants_by(book, caller.party), grants_to(book, caller.party)
        return desk.page(
            "grants.html",
            who=who(names, caller.party),
            given=[_row(one, names, now) for one in reversed(given)],
            got=[_row(one, names, now) for one in reversed(got)],
        )


@router.get("/entries/{position}/grant", response_class=HTMLResponse, dependencies=[needs("share")])
def grant_form(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """The records of a delivery, to be ticked, and whom to show them to."""
    with desk.ledger.book() as book:
        records = _records(desk, book, position)
        ticked = {f"record_{one.seq}": "1" for one in records}
        return _show(desk, book, caller.party, position, records, Form({"id": str(new_id(desk)), **ticked}))


@router.post("/entries/{position}/grant", response_class=HTMLResponse, dependencies=[needs("share")])
def grant(position: PathNumber, desk: AtDesk, caller: Someone, posted: PostedForm) -> Response:
    """Record the grant."""
    form = Form(posted.texts)
    with desk.ledger.book() as book:
        records = _records(desk, book, position)
        drafts = attempt(form, lambda: [_draft(desk, caller.party, records, posted)], _FIELDS, desk.language)
    if drafts and record(desk, caller.party, drafts, form, _FIELDS):
        return RedirectResponse("/my/grants", status_code=303)
    with desk.ledger.book() as book:
        return _show(desk, book, caller.party, position, records, form, status=422)


@router.post("/my/grants/{statement}/end", response_class=HTMLResponse, dependencies=[needs("share")])
def end(statement: str, desk: AtDesk, caller: Someone, posted: PostedForm) -> Response:
    """Record that a grant of this party has ended; one that has ended is left as it is."""
    with desk.ledger.book() as book:
        given = next(
            (one for one in grants_by(book, caller.party) if str(one.record.header.id) == statement), None
        )
    if given is None:
        expected = Words(zh="本方给出的授权", en="a grant of your own")
        raise UnknownName(field="grant", came=statement, expected=expected)
    if given.ended_by is None:
        body: dict[str, Json] = {
            "id": str(form_id(posted)),
            "action": "revoke",
            "to": str(given.to),
            "ends": str(given.record.header.id),
        }
        form = Form(posted.texts)
        drafting = Drafting(ledger=desk.ledger, author=caller.party)
        record(desk, caller.party, [drafting.draft(Grant, body)], form, {})
    return RedirectResponse("/my/grants", status_code=303)


def _draft(desk: Desk, party: PartyId, records: Sequence[Record], posted: Posted) -> Draft:
    chosen = [str(one.header.id) for one in records if posted.text(f"record_{one.seq}")]
    if not chosen:
        expected = Words(zh="请至少选一条记录", en="choose at least one record")
        raise Malformed(field="records", came="…", expected=expected)
    if not posted.text("until"):
        raise Malformed(field="until", came="", expected=Words(zh="最后一天", en="the last day"))
    to = posted.text("party") if posted.text("to") in {"", OTHER} else posted.text("to")
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "action": "grant",
        "to": to,
        "statements": list(chosen),
        "until": posted.text("until"),
    }
    return Drafting(ledger=desk.ledger, author=party).draft(Grant, body)


def _records(desk: Desk, book: Book, position: int) -> list[Record]:
    """The records of the delivery that this reader may read."""
    found = book.records([position]).get(position) if position < book.size else None
    reading = Reading(book, desk.viewer)
    records = [] if found is None else [one for one in delivery_of(book, found) if reading.opens(one)]
    if found is None or found.seq not in {one.seq for one in records}:
        expected = Words(zh="可以查看的记录", en="a record that you may read")
        raise UnknownName(field="position", came=position, expected=expected)
    return records


def _show(
    desk: Desk,
    book: Book,
    party: PartyId,
    position: int,
    records: Sequence[Record],
    form: Form,
    *,
    status: int = 200,
) -> HTMLResponse:
    names = Names(book, desk.viewer, desk.language)
    customers = [(str(one), names.party(one)) for one in Own.of(book, party).customers()]
    return desk.page(
        "grant.html",
        status=status,
        form=form,
        labels={name: desk.say(key) for name, key in _LABELS.items()},
        who=who(names, party),
        position=position,
        records=[
            {
                "seq": one.seq,
                "title": TYPES[one.header.type].TITLE,
                "summary": names.summary(one),
                "party": names.party(one.actor),
                "name": f"record_{one.seq}",
            }
            for one in records
        ],
        customers=[*customers, (OTHER, desk.say("grant_to_other"))],
    )


def _row(one: Granted, names: Names, now_ms: int) -> dict[str, object]:
    state = (
        "grant_standing"
        if one.stands(now_ms)
        else "grant_ended"
        if one.ended_by is not None
        else "grant_run_out"
    )
    positions = [names.book.position(name) for name in sorted(one.statements, key=str)]
    said = one.record.said
    return {
        "id": one.record.header.id,
        "seq": one.record.seq,
        "by": names.party(one.by),
        "to": names.party(one.to),
        "entries": [seq for seq in positions if seq is not None],
        "goods": [names.goods(goods) for goods in sorted(one.goods, key=str)],
        "until": said.until if isinstance(said, Grant) else None,
        "state": state,
        "stands": one.stands(now_ms),
        # Always the same: a grant is ended once, however often the button is pressed.
        "form_id": derived_id(one.record.header.id, "end"),
    }
