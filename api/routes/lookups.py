"""What a printed text is, what it says of itself, and what it leads to here: one answer for every form of code, typed or scanned.

By GET where the text fits into an address, by POST where it has several lines (a seed label) or letters that addresses mangle. Whoever asks
is told what he may know; what is not known answers 404, whatever it is, and counts as a guess.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from api import links
from api.audience import Reading
from api.bodies import JsonBody
from api.deps import Anyone, TheLedger, TheSettings, needs
from api.facts import label_facts, words_facts
from api.language import language_of
from api.parameters import Text
from api.printed import candidates_of, goods_on_invoice, holder_of, says
from api.problems import PROBLEM_TYPE, problem_of
from api.scanning import named_by, scanned
from api.schemas import json_body
from ledger.errors import Malformed, UnknownName, Words
from ledger.identifiers import InvoiceQr
from ledger.trace import code_state, standing_orders, what_it_was
from scanner.codes import SCAN_CHARACTERS_MAX

if TYPE_CHECKING:
    from api.deps import Viewer
    from api.settings import Settings
    from ledger.canonical import Json
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.trace.coded import Candidate
    from scanner.codes import Scanned

    Facts = dict[str, Json]

router = APIRouter(prefix="/lookup", tags=["codes"])

#: The name of the text in a body.
CODE: Final = "code"
_BODY: Final[dict[str, object]] = json_body(
    {
        "type": "object",
        "required": [CODE],
        "properties": {CODE: {"type": "string", "maxLength": SCAN_CHARACTERS_MAX}},
    }
)


@router.get("", operation_id="look_up_code", dependencies=[needs("scan")])
def look_up(
    request: Request, code: Text, viewer: Anyone, ledger: TheLedger, settings: TheSettings
) -> JSONResponse:
    """识码 · what a code is and what it leads to."""
    return _answer(request, code, viewer, ledger, settings)


@router.post("", operation_id="look_up_text", dependencies=[needs("scan")], openapi_extra=_BODY)
def look_up_text(
    request: Request, body: JsonBody, viewer: Anyone, ledger: TheLedger, settings: TheSettings
) -> JSONResponse:
    """识码（多行）· the same for a text of several lines. Nothing is recorded."""
    text = body.get(CODE) if isinstance(body, dict) else None
    if not isinstance(text, str):
        expected = Words(zh=f'{{"{CODE}": "码的文字"}}', en=f'{{"{CODE}": "the text of a code"}}')
        raise Malformed(field=CODE, came=text or "", expected=expected)
    return _answer(request, text, viewer, ledger, settings)


def _answer(request: Request, text: str, viewer: Viewer, ledger: Ledger, settings: Settings) -> JSONResponse:
    with ledger.book() as book:
        facts = _facts(
            scanned(text, settings.base_url), text, Reading.of(ledger, book, viewer), book, settings.base_url
        )
    found = facts["known"] or facts.get("candidates") or facts.get("claimed") or facts.get("on_invoice")
    if found:
        return JSONResponse(facts)
    # RFC 9457 3.2: what the code says of itself goes along with the refusal.
    unknown = UnknownName(
        field=CODE, came=text, expected=Words(zh="本台账记录过的码", en="a code recorded on this ledger")
    )
    problem, language = replace(problem_of(request, unknown), status=404), language_of(request)
    body = problem.as_json(language, base_url=settings.base_url) | facts
    return JSONResponse(
        body, status_code=problem.status, headers=problem.headers(language), media_type=PROBLEM_TYPE
    )


def _facts(code: Scanned, text: str, reading: Reading, book: SqlBook, base_url: str) -> Facts:
    named = named_by(code, base_url, book, reading.knows)
    facts: Facts = {
        "text": text,
        "kind": code.kind,
        "value": None if code.value is None else str(code.value),
        "host": code.host,
        "is_ours": code.is_ours,
        "says": [{"name": words_facts(name), "value": words_facts(value)} for name, value in says(code)],
        "known": named.known,
    }
    if isinstance(code.value, InvoiceQr):
        facts["intact"] = code.value.intact
    if goods := goods_on_invoice(reading, code):
        facts["on_invoice"] = [str(one) for one in goods]
    if named.goods is not None and named.known:
        facts["goods"] = str(named.goods)
        facts["page"] = links.goods_page(named.goods)
        facts["recalled"] = any(order.kind == "recall" for order in standing_orders(book, named.goods))
        if named.code is not None:
            facts["code"] = {"code": named.code, "state": code_state(book, named.code).state}
        label = label_facts(book, what_it_was(book, named.goods), named.code)
        return facts if label is None else {**facts, "label": label}
    if claimed := [str(one) for one in named.claimed if reading.knows(one)]:
        facts["claimed"] = list(claimed)
    if candidates := [candidate_facts(one, book) for one in candidates_of(code, book)]:
        facts["candidates"] = list(candidates)
    return facts


def candidate_facts(one: Candidate, book: SqlBook) -> Json:
    """Never more than that the code may belong to it."""
    facts: Facts = {
        "by": one.by,
        "name": one.name,
        "number": one.number,
        "holder": holder_of(one, book) or None,
        "product": None if one.product is None else str(one.product),
        "head": one.head,
        "level": one.level,
        "holds": one.holds,
        "position": one.record.seq,
    }
    return {name: value for name, value in facts.items() if value is not None}
