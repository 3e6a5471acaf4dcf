"""What somebody typed, kept when the answer could not be given: a session that ran out, a certificate, a server that was busy.

The page of the problem carries the form's fields along and offers to send them again, so that nobody types twice. A form brings the id of its record,
so sending it again records once. Nothing is stored here: the fields travel in the page, to the browser they came from. Secrets do not.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api.deps import check_same_origin
from api.pages.forms import FIELDS_MAX, FILES_MAX, FORM_TYPES
from ledger.errors import Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

#: After these the same form may be taken a moment later.
_WORTH_ANOTHER_TRY: Final = frozenset({401, 403, 429, 500, 503})
#: Ways in, and everything about one's own account: there the fields are secrets, and typing them again is right.
_NOT_FROM: Final = ("/sign-in", "/invite", "/account", "/people", "/sign", "/demo")
_SECRETS: Final = frozenset({"pin", "password", "token"})


@dataclass(frozen=True, slots=True)
class Kept:
    """The form as it came: where it was sent, its texts, and the names of its files, which have to be chosen again."""

    action: str
    texts: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


async def keep(request: Request, status: int) -> None:
    """Put what was typed beside the request, for the page of its problem."""
    request.state.kept = await _kept(request, status)


async def _kept(request: Request, status: int) -> Kept | None:
    """What was typed, where it came from a page of ours and could be sent again."""
    path = request.url.path
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (
        request.method != "POST"
        or status not in _WORTH_ANOTHER_TRY
        or kind not in FORM_TYPES
        or path.startswith(_NOT_FROM)
    ):
        return None
    # Another site's form must not come back as one of ours, one press of a button from being sent.
    with suppress(Refusal, HTTPException):
        check_same_origin(request, request.app.state.settings)
        async with request.form(max_files=FILES_MAX, max_fields=FIELDS_MAX) as form:
            pairs = form.multi_items()
            return Kept(
                action=path,
                texts=tuple(
                    (name, value)
                    for name, value in pairs
                    if not isinstance(value, UploadFile) and name not in _SECRETS
                ),
                files=tuple(
                    dict.fromkeys(
                        name for name, value in pairs if isinstance(value, UploadFile) and value.filename
                    )
                ),
            )
    return None
