"""The scan page: a camera that reads codes, with a photo and a field to type in beside it, and a list of what several codes are.

The camera is the work of a script (`scanner/web`), which `make` builds; without it, without script, or without a camera the page is whole: the photo is
read on the server (`POST /inspect`), the field is answered where every code is. Officials are sent to the trace, everybody else to the page for buyers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, HTMLResponse

from api import links
from api.audience import Reading
from api.deps import needs
from api.pages.desk import AtDesk, Desk
from api.pages.forms import Form
from api.pages.names import Names
from api.pages.rendering import STATIC
from api.scanning import named_by, scanned
from ledger.errors import Refusal
from ledger.trace import standing_orders
from scanner.codes import address_host

if TYPE_CHECKING:
    from ledger.store.book import SqlBook

#: Codes of one list: as many as an address carries on every server and browser between us and the phone.
CODES_MAX: Final = 30
CODE_CHARACTERS_MAX: Final = 2_000
_BUNDLE: Final = "scan"
_ENTRY: Final = "src/main.ts"
#: What the script says of a signature, under one name there and here.
_VERDICT_WORDS: Final = (
    "off_signed",
    "off_wrong",
    "off_malformed",
    "off_unknown",
    "off_no_bundle",
    "off_bundle_wrong",
    "off_cannot",
    "off_unsigned",
    "off_key_valid",
    "off_key_ended",
    "off_key_lost",
    "off_key_stolen",
    "off_custodial",
    "off_own",
    "off_as_of",
    "off_stale",
    "off_host_ours",
    "off_host_other",
    "off_copy",
    "off_not_checked",
    "off_offline",
)
#: What the script may have to say, by the name it has there (`scanner/web/src/words.ts`; a test holds the two side by side).
_SCRIPT_WORDS: Final = {
    "asking": "scan_asking",
    "looking": "scan_looking",
    "stopped": "scan_stopped",
    "found": "scan_found_one",
    "opening": "scan_opening",
    "full": "scan_full",
    "dark": "scan_dark",
    "frozen": "scan_frozen",
    "denied": "scan_denied",
    "none": "scan_none",
    "busy": "scan_busy",
    "unsupported": "scan_unsupported",
    "engine": "scan_engine",
    "no_torch": "scan_no_torch",
    "camera_number": "scan_camera_number",
    "look_up": "scan_look_up",
    **{name: name for name in _VERDICT_WORDS},
}
#: Keeps the page for where there is no network; at the top, because a service worker reaches no further than where it lies.
_KEEPER: Final = STATIC / "scan-offline.js"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One code of a list: what it is, and what it names here, as far as the reader may know."""

    #: The text as it is shown: an address of this site without the site, everything else as it was read.
    shown: str
    kind: str
    href: str
    #: What is not looked up is neither known nor unknown.
    known: bool | None = None
    goods: str = ""
    recalled: bool = False


@router.get("/scan", response_class=HTMLResponse, dependencies=[needs("scan")])
def scan(desk: AtDesk, code: Annotated[list[str] | None, Query(max_length=CODES_MAX)] = None) -> HTMLResponse:
    """The camera; and, asked about several codes at once, what each of them is."""
    texts = list(dict.fromkeys(one.strip() for one in code or () if one.strip()))
    texts = [one for one in texts if len(one) <= CODE_CHARACTERS_MAX]
    with desk.ledger.book() as book:
        clock = book.register.clock
        lines = [_line(desk, book, one) for one in texts]
    return desk.page(
        "scan.html",
        script=script_address(),
        # The script fills in the blanks.
        script_words=json.dumps(
            {name: desk.say(key) for name, key in _SCRIPT_WORDS.items()}, ensure_ascii=False
        ),
        go=_answered_at(desk),
        site=desk.settings.base_url,
        host=address_host(desk.settings.base_url),
        clock=clock,
        vkeys=" ".join(str(one) for one in desk.ledger.log_keys.all),
        most=CODES_MAX,
        lines=lines,
        form=Form({}),
    )


@router.get("/scan-offline.js", response_class=FileResponse, dependencies=[needs("read_public")])
def keeper() -> FileResponse:
    """The service worker that keeps the scan page. Asked anew each time, so that a change reaches every phone."""
    return FileResponse(_KEEPER, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def script_address() -> str | None:
    """Where the built script lies; None where it was not built. Its name changes with its content."""
    try:
        manifest = json.loads((STATIC / _BUNDLE / "manifest.json").read_bytes())
    except FileNotFoundError:
        return None
    return f"/static/{_BUNDLE}/{manifest[_ENTRY]['file']}"


def _answered_at(desk: Desk) -> str:
    return "/trace" if desk.viewer.is_official else links.PAGE


def _line(desk: Desk, book: SqlBook, text: str) -> Line:
    reading = scanned(text, desk.settings.base_url)
    href = f"{_answered_at(desk)}?{urlencode({'code': text})}"
    shown = text.removeprefix(desk.settings.base_url) if reading.is_ours else text
    if desk.viewer.party is None:
        # Somebody without an account asks for one code at a time, and is counted for each that is unknown.
        return Line(shown, reading.kind, href)
    reads = Reading.of(desk.ledger, book, desk.viewer)
    try:
        named = named_by(reading, desk.settings.base_url, book, reads.knows)
    except Refusal:
        return Line(shown, reading.kind, href, known=False)
    if named.goods is None or not named.known:
        return Line(shown, reading.kind, href, known=False)
    return Line(
        shown,
        reading.kind,
        href,
        known=True,
        goods=Names(book, desk.viewer, desk.language, reads).goods(named.goods),
        recalled=any(order.kind == "recall" for order in standing_orders(book, named.goods)),
    )
