"""Where an inspector begins: a field for anything, a photo or the camera for codes, and the forms of his trade.

The trace itself is `trace_page.py`'s, the search `search.py`'s, the forms `inspecting.py`'s.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import needs
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form, PostedForm
from api.pages.rendering import sentence
from api.scanning import scanned
from ledger.errors import Refusal
from scanner.photo import read_photo

_LABELS: Final = {"photo": "inspect_photo", "q": "search_label"}

router = APIRouter(include_in_schema=False)


@router.get("/inspect", response_class=HTMLResponse, dependencies=[needs("read_public")])
def inspect(desk: AtDesk) -> HTMLResponse:
    """The two ways to ask."""
    return _show(desk, Form({}))


@router.post("/inspect", response_class=HTMLResponse, dependencies=[needs("scan")])
def inspect_photo(desk: AtDesk, posted: PostedForm) -> Response:
    """Read the codes in a photo: one opens its trace, several are listed. The photo is forgotten."""
    form = Form(posted.texts)
    photo = posted.files.get("photo")
    if photo is None:
        form.errors["photo"] = desk.say("error_missing")
        return _show(desk, form, status=422)
    try:
        texts = list(dict.fromkeys(reading.text for reading in read_photo(photo)))
    except Refusal as refusal:
        form.errors["photo"] = sentence(refusal, desk.language)
        return _show(desk, form, status=422)
    if len(texts) == 1:
        return RedirectResponse(f"/trace?{urlencode({'code': texts[0]})}", status_code=303)
    readings = [
        {
            "text": text,
            "kind": scanned(text, desk.settings.base_url).kind,
            "href": f"/trace?{urlencode({'code': text})}",
        }
        for text in texts
    ]
    return _show(desk, form, readings=readings)


def _show(
    desk: Desk, form: Form, *, status: int = 200, readings: list[dict[str, str]] | None = None
) -> HTMLResponse:
    labels = {name: desk.say(key) for name, key in _LABELS.items()}
    return desk.page("inspect.html", status=status, form=form, labels=labels, readings=readings or [])
