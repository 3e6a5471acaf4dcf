"""Answering a finding (情况说明): whose duty it is and why, a cause to choose, a few words, the copy of a paper if there is one.

An answer changes no entry and no finding. Whoever reads the finding reads it beside it. The copy stays while the rest is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, needs
from api.drafting import Draft, Drafting
from api.pages.console import Counter
from api.pages.console_forms import PAPER_TYPES, sent, submit
from api.pages.desk import AtDesk
from api.pages.findings_view import views_of
from api.pages.forms import Form, PostedForm, new_id
from api.parameters import Text
from ledger.errors import UnknownName, Words
from ledger.vocabulary.answering import Answer

if TYPE_CHECKING:
    from api.pages.console_forms import Sent
    from api.pages.desk import Desk
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
_DAY_MS: Final = 86_400_000
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
    finding = _own(desk, author.party, posted.text("kind"), posted.text("subject"))
    came = sent(desk, posted, ("photo",))
    if submit(desk, author.party, came, _FIELDS, lambda: [_draft(desk, author.party, finding, came)]):
        return RedirectResponse("/my/findings", status_code=303)
    return _show(desk, author.party, finding, came.form, status=422)


def _own(desk: Desk, party: PartyId, kind: str, subject: str) -> Finding:
    """The party's finding of that kind and subject; nobody answers for somebody else, or what is not found any more."""
    found = desk.ledger.findings(party=party)
    for one in found:
        if (one.kind, one.subject) == (kind, subject):
            return one
    expected = Words(zh="与本方有关的提示", en="a finding that concerns you")
    raise UnknownName(field="subject", came=subject, expected=expected)


def _draft(desk: Desk, party: PartyId, finding: Finding, came: Sent) -> Draft:
    with desk.ledger.book() as book:
        about = [str(one.header.id) for one in book.records(finding.seqs).values()]
    body: dict[str, Json] = {
        "id": came.text("id"),
        "finding": finding.kind,
        "subject": finding.subject,
        "about": sorted(set(about)),
        **came.present("cause", "text"),
    }
    if digest := came.copy("photo"):
        body["evidence"] = [digest]
    return Drafting(ledger=desk.ledger, author=party).draft(Answer, body)


def _show(desk: Desk, party: PartyId, finding: Finding, form: Form, *, status: int = 200) -> HTMLResponse:
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, party)
        (shown,) = views_of([finding], counter.names)
        return counter.page(
            "answer.html",
            {
                "here": "/my/findings",
                "finding": shown,
                "since_ms": finding.since_ms,
                "days": (desk.ledger.clock() - finding.since_ms) // _DAY_MS,
                "form": form,
                "kind": finding.kind,
                "subject": finding.subject,
                "causes": [(one, desk.say(f"cause_{one}")) for one in CAUSES],
                "paper_types": PAPER_TYPES,
                "labels": {name: desk.say(words) for name, words in _LABELS.items()},
            },
            status=status,
        )
