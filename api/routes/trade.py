"""The trade's own words: one address for each type of record, all made by one factory from the vocabulary.

Whoever posts here has its key kept by this server, which signs for it. Those who keep their key post to `/api/v1/statements`.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Response

from api.answers import Recorded, RecordedAll, recorded_all, sent, stood_before
from api.asking import Asked, read_asked
from api.bodies import JsonBody
from api.competence import Competence
from api.deps import Someone, TheCircumstances, TheLedger, TheSettings, needs
from api.drafting import Drafting
from api.permissions import check, to_record
from api.schemas import request_body
from ledger.register import REGISTER_TYPES
from ledger.vocabulary import TYPES
from ledger.vocabulary.epcis import EpcisEvent
from ledger.vocabulary.oversight import ScanBatch
from ledger.vocabulary.registering import Credential
from ledger.vocabulary.said import Said

_PLURALS: Final = {
    "party": "parties",
    "batch": "batches",
    "codes": "codes",
    "alias": "aliases",
    "list_entry": "list-entries",
}
#: Read in other ways: register statements by the registrar's own tools, EPCIS by its own interface; batches of scans are said by the server that keeps them.
_ELSEWHERE: Final = (REGISTER_TYPES - {Credential.TYPE}) | {EpcisEvent.TYPE, ScanBatch.TYPE}


def path_of(type_name: str) -> str:
    """`supplier_check.v1` is posted to `supplier-checks`."""
    word = type_name.partition(".")[0]
    return _PLURALS.get(word, f"{word}s").replace("_", "-")


#: Address to type. Where a type has several versions the newest is written.
PATHS: Final[dict[str, type[Said]]] = {
    path_of(name): kind for name, kind in TYPES.items() if name not in _ELSEWHERE
}


def trade_router() -> APIRouter:
    """One POST for each type."""
    router = APIRouter(tags=["trade"])
    for path, kind in PATHS.items():
        _add(router, path, kind)
    return router


def _add(router: APIRouter, path: str, kind: type[Said]) -> None:
    def post(
        author: Someone,
        here: TheCircumstances,
        body: JsonBody,
        ledger: TheLedger,
        settings: TheSettings,
    ) -> Response:
        drafting = Drafting(ledger=ledger, author=author.party)
        asked = read_asked(drafting, kind, body)
        if any(draft.on_behalf_of is not None for draft in asked.drafts()):
            check("record_for_others", here)
        if author.is_official:
            with ledger.book() as book:
                competence = Competence(book, author.scope)
                for draft in asked.drafts():
                    competence.check_said(draft.said, by=author.party)
        statements = [
            ledger.draft(
                author.party,
                draft.said,
                occurred_at=draft.occurred_at,
                statement_id=draft.id,
                on_behalf_of=draft.on_behalf_of,
                corrects=draft.corrects,
                holder=author.holder,
            )
            for draft in asked.drafts()
        ]
        placed = ledger.recorder.record(statements)
        said = [draft.said for draft in asked.drafts()]
        answers = recorded_all(ledger, settings.base_url, list(zip(statements, placed, said, strict=True)))
        return sent(_answer(asked, answers), placed)

    router.add_api_route(
        f"/{path}",
        post,
        methods=["POST"],
        dependencies=[needs(to_record(kind.TYPE))],
        status_code=201,
        name=f"post_{path}",
        operation_id=f"post_{path.replace('-', '_')}",
        summary=f"{kind.TITLE.zh} · {kind.TITLE.en}",
        description=kind.__doc__ or "",
        response_model=Recorded | RecordedAll,
        responses=stood_before(Recorded | RecordedAll),
        response_model_exclude_none=True,
        openapi_extra=request_body(kind),
    )


def _answer(asked: Asked, answers: list[Recorded]) -> Recorded | RecordedAll:
    """The answers in the shape of the question."""
    waiting = iter(answers)
    steps = list[Recorded]()
    for step in asked.steps:
        answer = next(waiting)
        along = {name: next(waiting) for name in step.along}
        steps.append(answer.model_copy(update=along))
    return RecordedAll(statements=steps) if asked.many else steps[0]
