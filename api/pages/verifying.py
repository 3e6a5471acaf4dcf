"""The page that checks a proof or a disclosure in the reader's own browser, and sends nothing anywhere.

It is the work of a small script (`api/static/verify.js`); without script the page says in words what the file is, and which command checks it on
one's own machine. That nothing is sent is not only the script's promise: the page's content rules let it open no connection. Where a browser knows no
Ed25519, the small program beside the scan page checks the signatures, where it was built.
"""

from __future__ import annotations

import json
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import needs
from api.pages.desk import AtDesk
from api.pages.rendering import STATIC
from api.words_verifying import VERIFYING

#: Narrower than on other pages, and above all without `connect-src`: no request, no beacon, no socket. `worker-src` is for the signatures.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: What the script says, by the names that it has there.
SAID: Final = tuple(key.removeprefix("vf_say_") for key in VERIFYING if key.startswith("vf_say_"))

router = APIRouter(include_in_schema=False)


@router.get("/verify", response_class=HTMLResponse, dependencies=[needs("read_public")])
def verify(desk: AtDesk) -> HTMLResponse:
    """Where a file is dropped, with this log's keys filled in and the advice to bring them from elsewhere."""
    # The script fills in the blanks.
    words = {name: desk.say(f"vf_say_{name}") for name in SAID}
    page = desk.page(
        "verify.html",
        words=json.dumps(words, ensure_ascii=False),
        vkeys=[str(one) for one in desk.ledger.log_keys.all],
        noble=noble_address(),
    )
    page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return page


def noble_address() -> str:
    """Where the program lies that checks signatures for browsers which cannot; nowhere, if the scan page was not built."""
    try:
        manifest = json.loads((STATIC / "scan" / "manifest.json").read_bytes())
    except FileNotFoundError:
        return ""
    files = [file for one in manifest.values() for file in one.get("assets", ()) if "/noble-" in file]
    return f"/static/scan/{files[0]}" if files else ""
