"""Spreadsheets: choose what to enter, take the empty sheet along, send it filled in, see what is wrong in which cell, record it.

The work goes on by itself (`api.sheets.jobs`). The page says how far it is and asks again by itself, without script; it can be left and found
again in the list.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from api.asking import STATEMENTS_MAX
from api.bodies import check_size
from api.deps import Someone, TheCircumstances, needs
from api.files import FileAnswer
from api.pages.batches import categories
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm
from api.pages.my import who
from api.pages.names import Names
from api.pages.rendering import cap
from api.parameters import MaybeText
from api.permissions import check, to_record
from api.sheets.cells import Empty
from api.sheets.job_rows import Job
from api.sheets.jobs import Jobs
from api.sheets.kinds import KINDS, category_of, kind_of
from api.sheets.marked import sentence
from api.sheets.template import template
from api.tables import MEDIA_TYPES
from api.unsigned import AwaitsSignature, unsigned
from ledger.errors import Refusal, Words
from scanner.sheets import SHEET_LIMITS

if TYPE_CHECKING:
    from api.sheets.report import Told
    from ledger.accounts.callers import Caller
    from ledger.errors import Language

#: The field of the form, and of the API's refusals, that the file is.
FILE: Final = "file"
#: Most sheets are done so soon that the first page shows the result.
WAIT_SECONDS: Final = 2.0
#: And otherwise it is asked for again every so often.
AGAIN_SECONDS: Final = 2

router = APIRouter(include_in_schema=False)


async def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.sheets
    return jobs


TheJobs = Annotated[Jobs, Depends(_jobs)]


@router.get("/my/sheets", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def sheets(desk: AtDesk, caller: Someone, jobs: TheJobs) -> HTMLResponse:
    """What can be entered by spreadsheet, and the sheets that were sent lately."""
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        return desk.page(
            "sheets.html",
            who=who(names, caller.party),
            kinds=[
                (one.name, one.title.in_language(desk.language), one.what.in_language(desk.language))
                for one in KINDS.values()
            ],
            jobs=[_job_line(one, desk.language) for one in jobs.of(caller.party)],
        )


@router.get("/my/sheets/{kind}.xlsx", dependencies=[needs("record_trade")])
def empty_sheet(kind: str, desk: AtDesk, category: MaybeText = None) -> Response:
    """The empty sheet of one kind; for a category with the columns its law asks for."""
    chosen = kind_of(kind)
    name = category_of(category) if chosen.has_category else None
    file = template(chosen, category=name, language=desk.language)
    stem = chosen.name if name is None else f"{chosen.name}-{name}"
    return FileAnswer(file, name=f"{stem}.xlsx", media_type=MEDIA_TYPES["xlsx"])


@router.get("/my/sheets/jobs/{job}.xlsx", dependencies=[needs("record_trade")])
def marked_sheet(job: str, caller: Someone, jobs: TheJobs) -> Response:
    """The file that was sent, with what is wrong in its cells."""
    content = jobs.marked(caller.party, job)
    name = f"{jobs.find(caller.party, job).kind}-marked.xlsx"
    return FileAnswer(io.BytesIO(content), name=name, media_type=MEDIA_TYPES["xlsx"])


@router.get("/my/sheets/jobs/{job}", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def sheet_job(job: str, desk: AtDesk, caller: Someone, jobs: TheJobs) -> HTMLResponse:
    """How far the work has come, what was found, what was recorded."""
    found = jobs.find(caller.party, job)
    kind = kind_of(found.kind)
    page = desk.page(
        "sheet_job.html",
        kind=kind.name,
        title=kind.title.in_language(desk.language),
        job=found,
        report=found.report,
        faults=[_told(one, desk.language) for one in found.report.shown],
        refused=[_told(one, desk.language) for one in found.report.refused],
        stopped=[_told(one, desk.language) for one in found.report.stopped],
        step_max=STATEMENTS_MAX,
        share=100 * found.done // found.planned if found.planned else 0,
    )
    if found.at_work:
        # Without script, and only while there is something to wait for.
        page.headers["Refresh"] = str(AGAIN_SECONDS)
    return page


@router.post("/my/sheets/jobs/{job}", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def record_sheet(job: str, desk: AtDesk, author: Someone, here: TheCircumstances, jobs: TheJobs) -> Response:
    """Record what was checked. Pressed twice it is recorded once; whoever keeps his own key is handed it to be signed."""
    found = jobs.find(author.party, job)
    check(to_record(kind_of(found.kind).said.TYPE), here)
    if _signs_for_itself(desk, author):
        drafts = jobs.drafts(author.party, job, most=STATEMENTS_MAX)
        log, now = desk.ledger.origin, desk.ledger.clock()
        statements = [unsigned(one, log=log, issuer=author.party, now_ms=now) for one in drafts]
        if statements:
            raise AwaitsSignature(author.party, statements)
    else:
        jobs.record(author.party, job, holder=author.holder)
        jobs.wait(job, WAIT_SECONDS)
    return RedirectResponse(f"/my/sheets/jobs/{job}", status_code=303)


@router.get("/my/sheets/{kind}", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def sheet_form(kind: str, desk: AtDesk, caller: Someone) -> HTMLResponse:
    """Take the empty sheet along; send it filled in."""
    return _show(desk, caller, kind, Form({}))


@router.post("/my/sheets/{kind}", response_class=HTMLResponse, dependencies=[needs("record_trade")])
def send_sheet(
    kind: str, desk: AtDesk, author: Someone, here: TheCircumstances, posted: PostedForm, jobs: TheJobs
) -> Response:
    """Check a sheet. Nothing is recorded before somebody has seen what was found."""
    chosen, form = kind_of(kind), Form({})
    check(to_record(chosen.said.TYPE), here)
    try:
        content = posted.files.get(FILE, b"")
        if not content:
            raise Empty(field=FILE, came="", expected=Words(zh="表格文件", en="a spreadsheet"))
        check_size(len(content), bytes_max=SHEET_LIMITS.bytes_max, field=FILE)
    except Refusal as refusal:
        form.errors[FILE] = sentence(refusal, desk.language)
        return _show(desk, author, kind, form, status=422)
    job = jobs.add(author.party, chosen.name, content, holder=author.holder)
    jobs.wait(job, WAIT_SECONDS)
    return RedirectResponse(f"/my/sheets/jobs/{job}", status_code=303)


def _signs_for_itself(desk: Desk, author: Caller) -> bool:
    with desk.ledger.book() as book:
        return author.holder is None and book.register.signs_for_itself(author.party)


def _show(desk: Desk, caller: Caller, kind: str, form: Form, *, status: int = 200) -> HTMLResponse:
    chosen = kind_of(kind)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        return desk.page(
            "sheet.html",
            status=status,
            who=who(names, caller.party),
            kind=chosen.name,
            title=chosen.title.in_language(desk.language),
            what=chosen.what.in_language(desk.language),
            law=chosen.law,
            form=form,
            labels={FILE: desk.say("sheet_file")},
            categories=categories(desk.language) if chosen.has_category else [],
            columns=[
                (cap(one.label.in_language(desk.language)), one.asked)
                for one in chosen.template_columns(None)
            ],
            rows_max=SHEET_LIMITS.rows_max,
            megabytes_max=SHEET_LIMITS.bytes_max // 1024**2,
        )


def _job_line(job: Job, language: Language) -> dict[str, object]:
    return {
        "id": job.id,
        "title": kind_of(job.kind).title.in_language(language),
        "made_ms": job.made_ms,
        "state": job.state,
        "faulty": bool(job.report.faults or job.report.refused),
        "rows": job.report.rows,
    }


def _told(one: Told, language: Language) -> dict[str, object]:
    return {
        "cell": one.cell,
        "label": cap(one.label.in_language(language)),
        "title": cap(one.title.in_language(language)),
        "came": one.came,
        "expected": one.expected.in_language(language),
        "gap": one.gap,
    }
