"""Answering a finding (情况说明): the finding, a cause to choose, a few words, a photo if there is one.

An answer changes no entry and no finding. Whoever reads the finding reads it beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.desk import AtDesk
from api.pages.findings_view import views_of
from api.pages.forms import Form, PostedForm, attempt, form_id, keep_photo, new_id, record
from api.pages.my import who
from api.pages.names import Names
from api.parameters import Text
from ledger.errors import UnknownName, Words
from ledger.vocabulary.answering import Answer

if TYPE_CHECKING:
    from api.pages.desk import Desk
    from api.pages.forms import Posted
    from ledger.canonical import Json
    from ledger.findings import Finding
    from ledger.identifiers import PartyId

#: As a trader would look for them: the innocent ones first.
CAUSES: Final = (
    "typing",
    "scanning",
    "network",
    "paper_late",
    "renewal_filed",
    "agreed",
    "disputed",
    "other",
)
_LABELS: Final = {"cause": "answer_cause", "text": "answer_text", "photo": "answer_photo"}
_FIELDS: Final = {"cause": "cause", "text": "text", "evidence": "photo", "photo": "photo"}

router = APIRouter(include_in_schema=False)


@router.get("/my/findings/answer", response_class=HTMLResponse, dependencies=[needs("answer_finding")])
def answer_form(desk: AtDesk, caller: Someone, kind: Text, subject: Text) -> HTMLResponse:
    """The finding, and a form below it."""
    finding = _own(desk, caller.party, kind, subject)
    return _show(desk, caller.party, finding, Form({"id": str(new_id(desk)), "cause": CAUSES[0]}))


@router.post("/my/findings/answer", response_class=HTMLResponse, dependencies=[needs("answer_finding")])
def answer(desk: AtDesk, author: Someone, posted: PostedForm) -> Response:
    """Record the answer and show the findings again."""
    form = Form(posted.texts)
    finding = _own(desk, author.party, posted.text("kind"), posted.text("subject"))
    drafts = attempt(form, lambda: [_draft(desk, author.party, finding, posted)], _FIELDS, desk.language)
    if drafts and record(desk, author.party, drafts, form, _FIELDS):
        return RedirectResponse("/my/findings", status_code=303)
    return _show(desk, author.party, finding, form, status=422)


def _own(desk: Desk, party: PartyId, kind: str, subject: str) -> Finding:
    """The party's finding of that kind and subject; nobody answers for somebody else, or what is not found any more."""
    found = desk.ledger.findings(party=party)
    for one in found:
        if (one.kind, one.subject) == (kind, subject):
            return one
    expected = Words(zh="与本方有关的提示", en="a finding that concerns you")
    raise UnknownName(field="subject", came=subject, expected=expected)


def _draft(desk: Desk, party: PartyId, finding: Finding, posted: Posted) -> Draft:
    photo = keep_photo(desk, posted, "photo")
    with desk.ledger.book() as book:
        about = [str(one.header.id) for one in book.records(finding.seqs).values()]
    body: dict[str, Json] = {
        "id": str(form_id(posted)),
        "finding": finding.kind,
        "subject": finding.subject,
        "about": sorted(set(about)),
        **posted.present("cause", "text"),
    }
    if photo is not None:
        body["evidence"] = [str(photo.digest)]
    return Drafting(ledger=desk.ledger, author=party).draft(Answer, body)


def _show(desk: Desk, party: PartyId, finding: Finding, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        (shown,) = views_of([finding], names)
        return desk.page(
            "answer.html",
            status=status,
            who=who(names, party),
            finding=shown,
            form=form,
            kind=finding.kind,
            subject=finding.subject,
            causes=[(one, desk.say(f"cause_{one}")) for one in CAUSES],
            labels={name: desk.say(words) for name, words in _LABELS.items()},
        )
