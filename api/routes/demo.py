"""The demo's switch: a visitor chooses whose eyes to look through. It exists only where every party is invented."""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.bodies import FORM_FIELDS_MAX
from api.deps import (
    DEMO_COOKIE,
    TheLedger,
    TheSettings,
    check_same_origin,
    demo_caller,
    needs,
    session_cookie,
)
from api.people import let_in, let_out
from api.problems import NoSuchPage
from api.settings import Settings
from ledger.accounts.invented import come_in
from ledger.accounts.persons import PersonId
from ledger.errors import UnknownName, Words

router = APIRouter(tags=["demo"])

#: A path of this site: one slash, and nothing that a browser reads as another host.
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")


async def _asked(request: Request, settings: TheSettings) -> dict[str, str]:
    if not settings.demo:
        raise NoSuchPage(
            field="path", came=request.url.path, expected=Words(zh="演示台账", en="a demo ledger")
        )
    check_same_origin(request, settings)
    async with request.form(max_files=0, max_fields=FORM_FIELDS_MAX) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


@router.post(
    "/demo/identity",
    operation_id="demo_identity",
    status_code=303,
    response_class=Response,
    include_in_schema=False,
    dependencies=[needs("sign_in")],
)
def be(
    request: Request,
    asked: Annotated[dict[str, str], Depends(_asked)],
    ledger: TheLedger,
    settings: TheSettings,
) -> Response:
    """演示身份 · look at the demo as one of its people or parties, or as nobody in particular."""
    identity, back = asked.get("identity", ""), asked.get("back", "/")
    answer = RedirectResponse(back if _PATH.fullmatch(back) else "/", status_code=303)
    token = request.cookies.get(session_cookie(settings))
    if identity.startswith(PersonId.prefix):
        let_in(answer, come_in(ledger.accounts, PersonId.parse(identity, field="identity")), settings)
        _take(answer)
    elif identity:
        with ledger.book() as book:
            caller = demo_caller(identity, book.register)
        if caller is None:
            expected = Words(zh="演示中的人员或主体", en="somebody or a party of the demo")
            raise UnknownName(field="identity", came=identity, expected=expected)
        _set(answer, str(caller.party), settings)
    else:
        _take(answer)
    if token:
        # The person whom the visitor was before has left.
        ledger.accounts.end_session(token)
        if not identity.startswith(PersonId.prefix):
            let_out(answer, settings)
    return answer


def _take(answer: Response) -> None:
    answer.delete_cookie(DEMO_COOKIE, path="/", httponly=True, samesite="lax")


def _set(answer: Response, party: str, settings: Settings) -> None:
    answer.set_cookie(
        DEMO_COOKIE,
        party,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.base_url.startswith("https://"),
    )
