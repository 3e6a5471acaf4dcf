"""Spreadsheets for programs: the same sheets that clerks send, as the body of one request.

    POST /api/v1/sheets/batches?dry_run=true      what would be recorded, and what is wrong in which cell; nothing is written
    POST /api/v1/sheets/batches                   the same, and recorded if nothing is wrong
    GET  /api/v1/sheets/jobs/{job}                how far a long one has come

A sheet that takes longer than a request should is answered with 202 and the address to ask again at. Sent again, nothing is recorded twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from api import links
from api.answers import on_the_way
from api.bodies import media_type, read_body
from api.deps import Someone, TheCircumstances, needs
from api.language import language_of
from api.pages.sheets import TheJobs
from api.permissions import check, to_record
from api.problems import PROBLEM_PAGE, PROBLEM_TYPE, STATUSES
from api.sheets.cells import Empty
from api.sheets.job_rows import Job
from api.sheets.kinds import kind_of
from api.tables import MEDIA_TYPES
from api.words import say
from ledger.errors import Refusal, Words
from scanner.sheets import SHEET_LIMITS

if TYPE_CHECKING:
    from api.sheets.report import Report, Told
    from ledger.errors import Language

#: A request is answered within so many seconds, done or not.
WAIT_SECONDS: Final = 25.0
_TYPES: Final = (MEDIA_TYPES["xlsx"], "text/csv", "application/octet-stream")
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, object]] = {
    "requestBody": {"required": True, "content": dict.fromkeys(_TYPES, _FILE)},
}

router = APIRouter(prefix="/sheets", tags=["sheets"])


async def _content(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv":
        # A CSV may be in GB 18030, whatever the header says of it.
        media_type(request.headers, _TYPES)
    content = await read_body(request, bytes_max=SHEET_LIMITS.bytes_max)
    if not content:
        raise Empty(field="body", came="", expected=Words(zh="表格文件", en="a spreadsheet"))
    return content


@router.post(
    "/{kind}",
    operation_id="post_sheet",
    responses=on_the_way("已记入 · recorded"),
    dependencies=[needs("record_trade")],
    openapi_extra=_BODY,
)
def post(
    kind: str,
    request: Request,
    author: Someone,
    here: TheCircumstances,
    content: Annotated[bytes, Depends(_content)],
    jobs: TheJobs,
    dry_run: Annotated[
        Literal["true", "false"], Query(description="Only check: nothing is recorded.")
    ] = "false",
) -> JSONResponse:
    """表格录入 · records from a spreadsheet (.xlsx or CSV): checked as a whole, recorded if nothing is wrong."""
    chosen = kind_of(kind)
    check(to_record(chosen.said.TYPE), here)
    name = jobs.add(author.party, chosen.name, content, holder=author.holder)
    jobs.wait(name, WAIT_SECONDS)
    job = jobs.find(author.party, name)
    if dry_run == "false" and job.state == "checked":
        if not job.report.good:
            return _refused(request, job)
        if job.report.statements:
            jobs.record(author.party, name, holder=author.holder)
            jobs.wait(name, WAIT_SECONDS)
            job = jobs.find(author.party, name)
    return _answer(request, job)


@router.get("/jobs/{job}", operation_id="get_sheet_job", dependencies=[needs("record_trade")])
def job(job: str, request: Request, caller: Someone, jobs: TheJobs) -> JSONResponse:
    """表格进度 · how far the work on a spreadsheet has come."""
    return _answer(request, jobs.find(caller.party, job), looking=True)


def _answer(request: Request, job: Job, *, looking: bool = False) -> JSONResponse:
    status = 200
    if job.at_work and not looking:
        status = 202
    elif job.state == "recorded" and job.report.recorded and not looking:
        status = 201
    headers = {"Location": _address(job)} if status == 202 else {}  # noqa: PLR2004  (Accepted)
    return JSONResponse(_facts(job, language_of(request)), status_code=status, headers=headers)


def _refused(request: Request, job: Job) -> JSONResponse:
    """Why nothing was recorded (RFC 9457), with every fault that is shown and the numbers beside it."""
    language = language_of(request)
    faults = job.report.refused or [one for one in job.report.shown if not one.gap]
    first = faults[0]
    body: dict[str, object] = {
        **_fault(first, language),
        "type": f"{request.app.state.settings.base_url}{PROBLEM_PAGE}#{first.name}",
        "title": first.title.in_language(language),
        "status": STATUSES[Refusal],
        "detail": say("sheet_nothing_written", language),
        "errors": [_fault(one, language) for one in faults],
        "sheet": _facts(job, language),
    }
    return JSONResponse(body, status_code=STATUSES[Refusal], media_type=PROBLEM_TYPE)


def _facts(job: Job, language: Language) -> dict[str, object]:
    report = job.report
    return {
        "job": job.id,
        "address": _address(job),
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "planned": job.planned,
        **_numbers(report),
        "refused": [_fault(one, language) for one in report.refused],
        "stopped": [_fault(one, language) for one in report.stopped],
        "cells": [_fault(one, language) | {"row": one.row, "gap": one.gap} for one in report.shown],
    }


def _numbers(report: Report) -> dict[str, int]:
    return {
        "rows": report.rows,
        "documents": report.documents,
        "new": report.new,
        "before": report.before,
        "changed": report.changed,
        "corrected": report.corrected,
        "wrong": report.wrong,
        "faults": report.faults,
        "gaps": report.gaps,
        "statements": report.statements,
        "recorded": report.recorded,
    }


def _fault(one: Told, language: Language) -> dict[str, object]:
    return {
        "name": one.name,
        "field": one.cell,
        "column": one.column,
        "detail": one.title.in_language(language),
        "came": one.came,
        "expected": one.expected.in_language(language),
    }


def _address(job: Job) -> str:
    return f"{links.API}/sheets/jobs/{job.id}"
