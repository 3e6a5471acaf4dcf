"""Runs of codes, and what lies in a pack: for programs that print labels and pack cases.

    POST /api/v1/codes/runs                     issue by count, by range or by list; activate, print again, make void: as many as there are
    GET  /api/v1/codes/runs/{run}               how far it has come
    GET  /api/v1/codes/runs/{run}/codes.csv     its codes, one a line; with `links=true` each with the link to print, signed
    GET  /api/v1/codes/packed?code=…            what was packed into a pack and not taken out, and where the pack itself lies

A run that takes longer than a request should is answered with 202; sent again, it goes on where it stopped, and records nothing twice. A few codes
may be posted as one record to `/api/v1/codes`, packings to `/api/v1/packings`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Query
from pydantic import Field, StrictInt, model_validator
from starlette.responses import JSONResponse, StreamingResponse

from api import links
from api.answers import file_of, on_the_way, stood_before
from api.audience import Reading
from api.bodies import JsonBody
from api.deps import Anyone, Someone, TheLedger, TheSettings, needs
from api.drafting import read_model
from api.issuing import (
    Action,
    CodeKind,
    OfRun,
    Run,
    carry_out,
    check_deals,
    counted,
    drawn_kind,
    find_run,
    listed,
    recorded_codes,
    recorded_count,
)
from api.parameters import Text
from api.printable import AskedAllTheSame, require_printable
from api.printed_links import PrintedLinks
from api.schemas import inlined, json_body
from api.spreadsheets import csv_bytes
from ledger.errors import Malformed, UnknownName, Words
from ledger.gate import may_do
from ledger.identifiers import StatementId
from ledger.identifiers.serials import COUNT_MAX, Drawn, pack_code
from ledger.trace.known import KnownFrom
from ledger.trace.nesting import lies_in, packed_in
from ledger.views.book import about, code_key
from ledger.vocabulary.said import Part
from ledger.vocabulary.values import CodeText, GoodsRef, Note, StatementRef

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.issuing import Progress, Recorded
    from api.settings import Settings
    from ledger.identifiers import PartyId
    from ledger.identifiers.serials import CodeSource
    from ledger.service import Ledger
    from ledger.store.book import SqlBook

_RANDOM_BYTES: Final = 10

router = APIRouter(prefix="/codes", tags=["codes"])


class Stretch(Part):
    """From the first code to the last, alike but for the digits they end in."""

    first: CodeText
    last: CodeText


class RunAsked(Part):
    """A run as it is asked for: the codes by exactly one of `count`, `range`, `codes` and `of_run`."""

    id: StatementRef | None = None
    action: Action = "issue"
    goods: GoodsRef
    code_kind: CodeKind = "digital_link"
    count: Annotated[StrictInt, Field(ge=1, le=COUNT_MAX)] | None = None
    range: Stretch | None = None
    codes: Annotated[tuple[CodeText, ...], Field(min_length=1, max_length=COUNT_MAX)] | None = None
    of_run: StatementRef | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _one_source(self) -> RunAsked:
        given = [one for one in (self.count, self.range, self.codes, self.of_run) if one is not None]
        if len(given) != 1 or (self.count is not None and self.action != "issue"):
            expected = Words(
                zh="count（仅赋码）、range、codes、of_run 四者之一",
                en="exactly one of count (to issue), range, codes and of_run",
            )
            raise Malformed(field="count", came=len(given), expected=expected)
        if self.of_run is not None and self.action == "issue":
            raise Malformed(
                field="of_run",
                came=str(self.of_run),
                expected=Words(zh="对已赋码的其他动作", en="another action than to issue"),
            )
        if self.action == "reprint" and self.reason is None:
            raise Malformed(
                field="reason", came="", expected=Words(zh="补打原因", en="why they are printed again")
            )
        return self


@router.post(
    "/runs",
    operation_id="post_code_run",
    responses=on_the_way("全部记入 · all of them recorded") | stood_before(dict[str, object]),
    dependencies=[needs("issue_codes")],
    openapi_extra=json_body(inlined(RunAsked)),
)
def post(author: Someone, viewer: Anyone, body: JsonBody, ledger: TheLedger) -> JSONResponse:
    """批量赋码 · codes issued by count, range or list, or activated, printed again, made void. Sent again, it goes on where it stopped."""
    asked = read_model(RunAsked, body)
    with ledger.book() as book:
        check_deals(Reading.of(ledger, book, viewer), asked.goods)
        source = _source(ledger, book, author.party, asked)
    run = Run(
        asked.id or StatementId.new(ledger.clock(), os.urandom(_RANDOM_BYTES)),
        author.party,
        asked.action,
        asked.goods,
        source,
        drawn_kind(asked.goods) if asked.count is not None else asked.code_kind,
        asked.reason,
    )
    progress = carry_out(ledger, run, holder=author.holder)
    status = 202 if not progress.done else 200 if progress.again else 201
    return JSONResponse(
        _facts(run, progress), status_code=status, headers={"Location": f"{links.API}/codes/runs/{run.id}"}
    )


@router.get("/runs/{run}", operation_id="get_code_run", dependencies=[needs("read_own")])
def progress(run: str, caller: Someone, ledger: TheLedger) -> dict[str, object]:
    """赋码进度 · how far a run has come."""
    found = own_run(ledger, run, caller.party)
    codes = recorded_count(ledger, found)
    return {
        "run": str(found.id),
        "action": found.said.action,
        "goods": str(found.said.goods),
        "code_kind": found.said.code_kind,
        "codes": codes,
        "of": found.of,
        "done": codes == found.of,
        "list": f"{links.API}/codes/runs/{found.id}/codes.csv",
    }


@router.get(
    "/runs/{run}/codes.csv",
    operation_id="get_run_codes",
    response_class=StreamingResponse,
    responses=file_of("text/csv"),
    dependencies=[needs("issue_codes")],
)
def codes(
    run: str,
    caller: Someone,
    ledger: TheLedger,
    settings: TheSettings,
    links_: Annotated[Literal["true", "false"], Query(alias="links")] = "false",
    loopback: AskedAllTheSame = None,
) -> StreamingResponse:
    """码清单 · the codes of a run as CSV; with `links=true` what is to be printed for each, refused while a hold or a recall stands."""
    found = own_run(ledger, run, caller.party)
    printed = printed_links(ledger, found, settings, loopback) if links_ == "true" else None
    heads = ["number", "code", *(["link"] if printed is not None else [])]
    return code_list(ledger, found, heads, printed)


@router.get("/packed", operation_id="get_packed", dependencies=[needs("read_own")])
def packed(viewer: Anyone, ledger: TheLedger, code: Text) -> dict[str, object]:
    """内装 · what was packed into a pack and not taken out, and the packs in which it lies itself."""
    code = pack_code(code)
    with ledger.book() as book:
        if not may_see_packing(Reading.of(ledger, book, viewer), code):
            raise UnknownName(
                field="code", came=code, expected=Words(zh="可以查看的包装", en="a pack that you may look up")
            )
        return {"code": code, "inside": list(packed_in(book, code)), "lies_in": list(lies_in(book, code))}


# Shared with the pages


def _source(ledger: Ledger, book: SqlBook, party: PartyId, asked: RunAsked) -> CodeSource:
    if asked.count is not None:
        return Drawn(asked.goods, asked.count)
    if asked.range is not None:
        return counted(asked.code_kind, asked.range.first, asked.range.last, asked.goods)
    if asked.codes is not None:
        return listed(asked.code_kind, asked.codes, asked.goods)
    assert asked.of_run is not None
    found = find_run(book, asked.of_run, party)
    if found is None or found.said.goods != asked.goods or found.said.action != "issue":
        raise unknown_run(str(asked.of_run), field="of_run")
    return OfRun(ledger, found)


def own_run(ledger: Ledger, run: str, party: PartyId) -> Recorded:
    """A run of one's own; to everybody else it does not exist."""
    with ledger.book() as book:
        found = find_run(book, StatementId.parse(run, field="run"), party)
    if found is None:
        raise unknown_run(run)
    return found


def unknown_run(came: object, *, field: str = "run") -> UnknownName:
    """No run of that id, or none of this party."""
    expected = Words(zh="本方的赋码任务", en="a run of your own")
    return UnknownName(field=field, came=came, expected=expected)


def printed_links(
    ledger: Ledger, found: Recorded, settings: Settings, loopback: str | None = None
) -> PrintedLinks:
    """What is printed for the codes of a run: refused as labels are, and signed with the maker's key where this server keeps it."""
    require_printable(settings, loopback)
    party = found.first.actor
    with ledger.book() as book:
        may_do([found.said.goods], by=party, known=KnownFrom(book))
        own_key = book.register.signs_for_itself(party)
    return PrintedLinks(settings.base_url, None if own_key else ledger.label_signer(party))


def code_list(
    ledger: Ledger, found: Recorded, heads: list[str], printed: PrintedLinks | None
) -> StreamingResponse:
    """The codes of a run as CSV. A part at a time is read and sent: a list may be as long as it likes."""

    def lines() -> Iterator[bytes]:
        yield csv_bytes([heads])
        number = 0
        for some in recorded_codes(ledger, found):
            rows = [
                (str(place), code) if printed is None else (str(place), code, printed.of(code))
                for place, code in enumerate(some, number + 1)
            ]
            number += len(some)
            # Only the file begins with the mark of its encoding.
            yield csv_bytes(rows)[3:]

    headers = {
        "Content-Disposition": f'attachment; filename="codes-{found.id}.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def may_see_packing(reading: Reading, code: str) -> bool:
    """Whether this reader may read any record of packing that names the code."""
    return any(reading.opens(one) for one in about(reading.book, code_key(code)))


def _facts(run: Run, progress: Progress) -> dict[str, object]:
    return {
        "run": str(run.id),
        "action": run.action,
        "goods": str(run.goods),
        "codes": progress.codes,
        "of": progress.of,
        "done": progress.done,
        "again": progress.again,
        "list": f"{links.API}/codes/runs/{run.id}/codes.csv",
    }
