"""The stall code (摊位码): one printed card for all that a stall sells loose. Its page for everybody, and how a stall opens and closes it.

A stall that opens no code shows nothing to anybody. Whoever scans the card sees what `stall_facts.py` lays out; who asks with a batch's code
besides is told whether this batch is recorded there, and nothing more. When the stall changes hands its code is withdrawn and the next one
gets its own (docs/decisions/0025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Someone, Viewer, needs
from api.pages import lean
from api.pages.code_picture import code_svg
from api.pages.desk import AtDesk, Desk
from api.pages.forms import PostedForm
from api.pages.my import who
from api.pages.names import Names
from api.pages.stall_facts import Shown, has_new_hands
from api.parameters import MaybeText
from api.printable import AskedAllTheSame, opens_only_here, require_printable
from api.scanning import named_by, scanned
from ledger.errors import Malformed, Refusal, Words
from ledger.identifiers import StallCode
from ledger.store.stall_codes import StallCodes
from ledger.trace import standing_orders
from ledger.views.sheets import market_of
from scanner.codes import address_host

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.store.book import SqlBook
    from ledger.store.stall_codes import Opened

_METHODS: Final = ["GET", "HEAD"]
#: Where the cards lead.
PAGE: Final = "/s"
ACTS: Final = ("open", "renew", "end")
#: The papers that cards are printed on; the first where nobody chose.
SIZES: Final = ("a6", "a5")
#: Of what was typed for a batch the page repeats so much.
BATCH_CHARACTERS_MAX: Final = 60
GONE, NOT_FOUND = 410, 404

router = APIRouter(include_in_schema=False)


def codes_of(ledger: Ledger) -> StallCodes:
    """The stall codes of a ledger."""
    return StallCodes(ledger.engine, ledger.origin, ledger.clock)


@router.get("/stall/code", response_class=HTMLResponse, dependencies=[needs("read_own")])
def own_code(desk: AtDesk, caller: Someone, done: MaybeText = None) -> HTMLResponse:
    """Whether this stall has a page for everybody, what stands on it, and how to open or close it."""
    opened = codes_of(desk.ledger).of(caller.party)
    with desk.ledger.book() as book:
        names = Names(book, desk.viewer, desk.language)
        return desk.page(
            "stall_code.html",
            who=who(names, caller.party),
            done=done if done in ACTS else None,
            code=None if opened is None else _code(desk, opened),
            by=None if opened is None or opened.by_whom == caller.party else names.party(opened.by_whom),
        )


@router.post("/stall/code", response_class=HTMLResponse, dependencies=[needs("publish_stall")])
def change_code(desk: AtDesk, caller: Someone, posted: PostedForm) -> Response:
    """Open the page, change its code, or close it. Sent twice, done once: the form names the code that it was shown with."""
    act, codes = posted.text("act"), codes_of(desk.ledger)
    if act not in ACTS:
        choices = ", ".join(ACTS)
        raise Malformed(field="act", came=act, expected=Words(zh=choices, en=choices))
    if act != "end" and not posted.text("agreed"):
        expected = Words(zh="同意所列内容向公众公开", en="your consent to show it to everybody")
        raise Malformed(field="agreed", came="", expected=expected)
    opened = codes.of(caller.party)
    if posted.text("code") == ("" if opened is None else str(opened.code)):
        if act == "end":
            codes.end(caller.party)
        else:
            codes.open(caller.party, by_whom=caller.party)
    return RedirectResponse(f"/stall/code?done={act}", status_code=303)


@router.get("/stall/card", response_class=HTMLResponse, dependencies=[needs("read_own")])
def card(desk: AtDesk, caller: Someone, size: MaybeText = None, loopback: AskedAllTheSame = None) -> Response:
    """The card, to be printed and put up at the stall. Refused where its code would open on this machine only, unless asked for."""
    require_printable(desk.settings, loopback)
    opened = codes_of(desk.ledger).of(caller.party)
    if opened is None:
        return RedirectResponse("/stall/code", status_code=303)
    with desk.ledger.book() as book:
        return desk.page("stall_card.html", size=size if size in SIZES else SIZES[0], sizes=SIZES,
                         cards=[card_of(desk, book, opened)], back_to="/stall/code",
                         only_here=opens_only_here(desk.settings))  # fmt: skip


def card_of(desk: Desk, book: SqlBook, opened: Opened) -> dict[str, object]:
    """What stands on the card of one stall. A market prints those of all its stalls in one go."""
    names = Names(book, desk.viewer, desk.language)
    market = market_of(book, opened.party)
    return {
        # Whoever prints it, the card shows what everybody may read.
        "name": Names(book, Viewer(), desk.language).party(opened.party),
        **Shown(book, opened.party, desk.ledger.clock(), names).place(),
        "market_contact": "" if market is None else names.contact(market),
        **_code(desk, opened),
    }


@router.api_route(
    "/s/{code}", methods=_METHODS, response_class=HTMLResponse, dependencies=[needs("read_public")]
)
def stall_page(code: str, desk: AtDesk, batch: MaybeText = None) -> Response:
    """What the stall shows to everybody; with `batch`, whether that batch is recorded there."""
    opened = _find(desk, code)
    with desk.ledger.book() as book:
        names = Names(book, Viewer(), desk.language)
        if opened is None:
            return _send(desk, {"state": "unknown", "came": code}, NOT_FOUND)
        shown = Shown(book, opened.party, desk.ledger.clock(), names)
        if opened.ended_ms is not None or has_new_hands(book, opened.party, shown.today):
            return _send(desk, {"state": "ended", "came": opened.code.printed}, GONE)
        simulated = book.register.clock == "simulated"
        frame: dict[str, object] = {
            "demo_day": str(shown.today) if simulated else None,
            "path": f"{PAGE}/{opened.code}",
            "host": address_host(desk.settings.base_url),
            "report_href": _report_href(desk, opened),
        }
        if batch is not None:
            here, recalled = _asked(desk, book, shown, batch)
            content: dict[str, object] = {
                "state": "batch",
                "title": names.party(opened.party),
                "batch": batch.strip()[:BATCH_CHARACTERS_MAX],
                "here": here,
                "recalled": recalled,
            }
            # What is not there is counted among guesses.
            return _send(desk, frame | content, 200 if here else NOT_FOUND, batch=batch)
        return _send(desk, frame | {"state": "open"} | shown.content())


def _asked(desk: Desk, book: SqlBook, shown: Shown, batch: str) -> tuple[bool, bool]:
    """Whether this stall recorded the batch, and whether it is recalled: the same two words for what nobody knows and what others have."""
    base_url = desk.settings.base_url
    named = named_by(scanned(batch.strip(), base_url), base_url, book, shown.own.knows)
    if named.goods is None:
        return False, False
    recalled = any(one.kind == "recall" for one in standing_orders(book, named.goods))
    return shown.records(named.goods), recalled


def _find(desk: Desk, code: str) -> Opened | None:
    try:
        return codes_of(desk.ledger).find(StallCode.parse(code))
    except Refusal:
        return None


def _send(desk: Desk, content: dict[str, object], status: int = 200, *, batch: str | None = None) -> Response:
    other = {"lang": "en" if desk.language == "zh" else "zh"}
    query = other if batch is None else {"batch": batch, **other}
    frame = {"demo_day": None, "path": None, "report_href": "/p/report", "other_href": f"?{urlencode(query)}"}
    sheet = lean.sheet("stall_public.html", frame | content, language=desk.language, status=status)
    return lean.send(desk.request, sheet, language=desk.language)


def _code(desk: Desk, opened: Opened) -> dict[str, object]:
    address = f"{desk.settings.base_url}{PAGE}/{opened.code}"
    return {
        "text": str(opened.code),
        "printed": opened.code.printed,
        "path": f"{PAGE}/{opened.code}",
        "address": address,
        "host": address_host(desk.settings.base_url),
        "made_ms": opened.made_ms,
        "picture": code_svg(address, label=address),
    }


def _report_href(desk: Desk, opened: Opened) -> str:
    """The form for a report, with this stall's address as what was scanned."""
    return f"/p/report?{urlencode({'code': f'{desk.settings.base_url}{PAGE}/{opened.code}'})}"


def publish(ledger: Ledger, party: PartyId, *, by_whom: PartyId) -> Opened:
    """A code for a stall, by whoever may enter its records; the one it has, where it has one."""
    codes = codes_of(ledger)
    return codes.of(party) or codes.open(party, by_whom=by_whom)
