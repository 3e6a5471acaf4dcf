"""A batch let out of the gate, or kept: 出厂放行记录, where the law of the category asks for one, and wherever its maker keeps one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.batches import own_record, today
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.parameters import PathNumber
from ledger.vocabulary.goods import Batch, Release
from ledger.vocabulary.profiles import profile_for

if TYPE_CHECKING:
    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.identifiers import PartyId

_BASES: Final = ("own_test", "entrusted_test", "inspection", "process_control", "other")
_LABELS: Final = {
    "result": "goods_release_result",
    "basis": "goods_release_basis",
    "certificate_number": "goods_release_certificate",
    "tested_on": "goods_release_tested",
    "standard": "goods_release_standard",
    "person_name": "goods_release_person",
    "reason": "goods_note",
    "photo": "goods_release_file",
}
_FIELDS: Final = {name: name for name in _LABELS} | {"evidence": "photo"}

router = APIRouter(include_in_schema=False)


@router.get(
    "/my/batches/{position}/release", response_class=HTMLResponse, dependencies=[needs("record_trade")]
)
def release_form(position: PathNumber, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """An empty form for one batch of one's own."""
    values = {
        "id": str(new_id(desk)),
        "result": "released",
        "basis": "own_test",
        "tested_on": today(desk),
    }
    return _show(desk, caller.party, position, Form(values))


@router.post(
    "/my/batches/{position}/release", response_class=HTMLResponse, dependencies=[needs("record_trade")]
)
def release(position: PathNumber, desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the decision."""
    with desk.ledger.book() as book:
        batch, _ = own_record(book, position, author.party, Batch)
    form = Form(posted.texts)
    drafts = attempt(form, lambda: _drafts(desk, author.party, batch, posted), _FIELDS, desk.language)
    placed = record(desk, author.party, drafts, form, _FIELDS) if drafts else ()
    if not placed:
        return _show(desk, author.party, position, form, status=422)
    return RedirectResponse(f"/my/batches/{position}#release", status_code=303)


def _drafts(desk: Desk, party: PartyId, batch: Batch, posted: Posted) -> list[Draft]:
    photo = keep_photo(desk, posted, "photo")
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "goods": str(batch.goods),
        **posted.present(
            "result", "basis", "certificate_number", "tested_on", "standard", "person_name", "reason"
        ),
    }
    if photo is not None:
        body["evidence"] = str(photo.digest)
    return [Drafting(ledger=desk.ledger, author=party).draft(Release, body)]


def _show(desk: Desk, party: PartyId, position: int, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        batch, _ = own_record(book, position, party, Batch)
        names = Names(book, desk.viewer, desk.language)
        duty = profile_for(batch.category).release
        return desk.page(
            "goods_release.html",
            status=status,
            who=who(names, party),
            form=form,
            labels={name: desk.say(key) for name, key in _LABELS.items()},
            position=position,
            name=names.goods(batch.goods),
            law=None if duty is None else duty.law,
            results=[(one, desk.say(f"goods_release_{one}")) for one in ("released", "rejected")],
            bases=[(one, desk.say(f"goods_basis_{one}")) for one in _BASES],
        )
