"""The findings about one party: whose duty, by which article, what usually explains it, how to answer, and what was answered.

By grade and then by age. A finding is no penalty and no accusation; what mends it is a record that is added or put right, and then it is judged
again. An answer stands beside it and changes nothing (`answering.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Someone, needs
from api.pages.console import Counter, file_form
from api.pages.desk import AtDesk
from api.pages.findings_view import views_of
from api.pages.my import own_findings
from api.parameters import MaybeText, QueryNumber
from api.tables import Column, Table, table_answer
from ledger.errors import UnknownName, Words
from ledger.findings import GRADES
from ledger.identifiers import Instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from api.pages.desk import Desk
    from api.pages.findings_view import FindingView
    from api.tables import Cell
    from ledger.findings import Finding, FindingKind

router = APIRouter(include_in_schema=False)

HERE: Final = "/my/findings"
PAGE_FINDINGS: Final = 20
_DAY_MS: Final = 86_400_000

#: Where a record is added that has such a finding judged again, and the key of that place's name.
_MENDED_AT: Final[Mapping[FindingKind, tuple[str, str]]] = {
    "document_missing": ("/my/checks?show=missing", "papers_checks"),
    "document_expired": ("/my/files", "papers_files"),
    "commitment_missing": ("/my/commitments/new", "papers_commitment_new"),
    "licence_expired_on_day": ("/my/licences", "papers_licences"),
    "licence_never_held": ("/my/licences/new", "papers_licence_new"),
    "licence_out_of_scope": ("/my/licences", "papers_licences"),
    "approval_not_recorded": ("/my/licences/new", "papers_licence_new"),
    "claim_not_covered": ("/my/certificates/new", "papers_certificate_new"),
    "missing_check": ("/my/deliveries/new", "do_farmer"),
    "recall_answer_differs": ("/my/recalls", "papers_recalls"),
}


@router.get(HERE, response_class=HTMLResponse, dependencies=[needs("read_findings")])
def my_findings(
    desk: AtDesk,
    caller: Someone,
    grade: MaybeText = None,
    after: QueryNumber = None,
) -> HTMLResponse:
    """The findings that concern this party, each with how to answer."""
    only_open = _only_open(desk)
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        found = own_findings(desk.ledger, counter.names.reading)
        chosen = [one for one in found if _chosen(one, _grade(grade), only_open=only_open)]
        start = after or 0
        shown = chosen[start : start + PAGE_FINDINGS]
        narrowed = {"grade": grade or "", "open": "1" if only_open else ""}
        query = urlencode({name: value for name, value in narrowed.items() if value})
        more = start + PAGE_FINDINGS
        return counter.page(
            "my_findings.html",
            {
                "here": HERE,
                "tabs": _tabs(counter, found, grade or "", only_open=only_open),
                "findings": [
                    {
                        "view": view,
                        "since_ms": one.since_ms,
                        "days": (desk.ledger.clock() - one.since_ms) // _DAY_MS,
                        "mend": _MENDED_AT.get(one.kind),
                    }
                    for one, view in zip(shown, views_of(shown, counter.names), strict=True)
                ],
                "query": query,
                "older": f"{HERE}?{query}{'&' if query else ''}after={more}" if more < len(chosen) else None,
            },
        )


@router.get(f"{HERE}.{{form}}", dependencies=[needs("read_own")])
def findings_file(form: str, desk: AtDesk, caller: Someone, grade: MaybeText = None) -> Response:
    """The same as a file, with what was answered."""
    with desk.ledger.book() as book:
        counter = Counter.of(desk, book, caller.party)
        only_open = _only_open(desk)
        found = [
            one
            for one in own_findings(desk.ledger, counter.names.reading)
            if _chosen(one, _grade(grade), only_open=only_open)
        ]
        columns = (
            Column(desk.say("col_grade"), 20),
            Column(desk.say("col_finding"), 24),
            Column(desk.say("col_what"), 60),
            Column(desk.say("finding_law"), 24),
            Column(desk.say("papers_since"), 18, "time"),
            Column(desk.say("finding_answer"), 40),
            Column(desk.say("finding_answered"), 60),
            Column(desk.say("col_entries"), 20),
        )
        views = views_of(found, counter.names)
        rows = _rows(counter, list(zip(found, views, strict=True)))
        return table_answer(Table("findings", desk.say("my_findings_title"), columns, rows), file_form(form))


def _rows(counter: Counter, found: list[tuple[Finding, FindingView]]) -> Iterator[list[Cell]]:
    language = counter.desk.language
    for one, view in found:
        answers = "\n".join(
            f"{Instant(said.at_ms).display()} {said.cause} {said.text}" for said in view.answers
        )
        yield [
            counter.say(f"grade_{one.grade}"),
            view.label.in_language(language),
            view.words.in_language(language),
            view.law or "",
            one.since_ms,
            view.answer.in_language(language),
            answers,
            " ".join(f"#{seq}" for seq in one.seqs),
        ]


def _only_open(desk: Desk) -> bool:
    """Whether the address asks for those that nobody has answered yet."""
    return desk.request.query_params.get("open") == "1"


def _grade(text: str | None) -> str:
    if text and text not in GRADES:
        choices = ", ".join(GRADES)
        raise UnknownName(field="grade", came=text, expected=Words(zh=choices, en=choices))
    return text or ""


def _chosen(one: Finding, grade: str, *, only_open: bool) -> bool:
    return grade in {"", one.grade} and not (only_open and one.answers)


def _tabs(
    counter: Counter, found: list[Finding], grade: str, *, only_open: bool
) -> list[tuple[str, str, bool]]:
    """By what the list may be narrowed, each with how many there are."""
    unanswered = sum(not one.answers for one in found)
    return [
        (HERE, counter.say("papers_all_count", count=len(found)), not grade and not only_open),
        (f"{HERE}?open=1", counter.say("papers_open_count", count=unanswered), only_open),
        *(
            (
                f"{HERE}?grade={one}",
                counter.say(f"papers_grade_{one}", count=sum(each.grade == one for each in found)),
                grade == one,
            )
            for one in GRADES
        ),
    ]
