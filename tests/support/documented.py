"""Every answer that a test gets is one of which the API's own description tells: its status, and the kind of content it has.

A program is written against that description. An answer that it does not name is a fault, however right the answer is.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from fastapi import FastAPI

from api.app import all_routes
from api.problems import DOCUMENTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    #: By status, or `4XX`, or `default`.
    Answers = Mapping[str, Mapping[str, object]]

#: From here on an answer is a refusal, described once for all addresses.
REFUSED = 400


@cache
def _described() -> Mapping[str, Answers]:
    """What each operation of the API may answer, by its name."""
    app = FastAPI(title="-", responses=DOCUMENTED)
    routes, _ = all_routes()
    app.router.routes.extend(routes)
    return {
        operation["operationId"]: operation["responses"]
        for methods in app.openapi()["paths"].values()
        for operation in methods.values()
    }


def _answers_of(method: str, path: str) -> Answers | None:
    """What is described of the address that the server would take this request to; None for a page, and where there is none."""
    _, addresses = all_routes()
    meant = addresses.meant({"type": "http", "method": method, "path": unquote(path), "root_path": ""})
    if meant is None:
        return None
    return _described().get(getattr(meant[0].original_route, "operation_id", None) or "")


def check_documented(method: str, path: str, answer: httpx.Response) -> None:
    """Raise where an address of the API answers what its description does not name."""
    plain = path.partition("?")[0]
    answers = _answers_of(method, plain)
    if answers is None:
        return
    status, where = answer.status_code, f"{method} {plain} answers {answer.status_code}"
    refused = answers.get("4XX", answers["default"]) if status >= REFUSED else None
    told = answers.get(str(status), refused)
    assert told is not None, f"{where}, described are {sorted(answers)}"
    content = told.get("content", {})
    assert isinstance(content, dict)
    came = answer.headers.get("content-type", "").partition(";")[0]
    if answer.content:
        assert came in content, f"{where} with {came or 'no type'}, described are {sorted(content)}"
