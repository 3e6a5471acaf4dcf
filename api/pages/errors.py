"""A problem as a page: the same facts as its JSON, in a frame that needs no ledger when the ledger is what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.deps import Viewer, viewer_of
from api.headers import SECURITY_HEADERS
from api.language import language_of
from api.pages.desk import Desk, Frame, answer
from api.permissions import Circumstances

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import HTMLResponse

    from api.problems import Problem
    from api.settings import Settings
    from ledger.service import Ledger

SERVER_FAULT: Final = 500

#: Which sentence stands under the title.
_FAMILIES: Final = {
    401: "unknown",
    403: "forbidden",
    404: "missing",
    413: "large",
    429: "busy",
    500: "ours",
    503: "busy",
}
#: Whoever is refused for asking too much is not answered by asking the ledger once more.
_ASKS_NOTHING: Final = frozenset({429})


def problem_page(request: Request, problem: Problem) -> HTMLResponse:
    """The page of a problem."""
    viewer, frame = Viewer(), Frame()
    if problem.status < SERVER_FAULT and problem.status not in _ASKS_NOTHING:
        viewer, frame = _around(request)
    return answer(
        request,
        "problem.html",
        {
            "problem": problem,
            "family": _FAMILIES.get(problem.status, "wrong"),
            "kept": getattr(request.state, "kept", None),
        },
        frame=frame,
        viewer=viewer,
        status=problem.status,
        headers=SECURITY_HEADERS | problem.headers(language_of(request)),
    )


def _around(request: Request) -> tuple[Viewer, Frame]:
    """Who asked, as far as that is known: the refusal may be about just that."""
    ledger: Ledger = request.app.state.ledger
    settings: Settings = request.app.state.settings
    here = getattr(request.state, "here", None)
    viewer = viewer_of(here) if isinstance(here, Circumstances) else Viewer()
    return viewer, Desk(request=request, viewer=viewer, ledger=ledger, settings=settings).frame()
