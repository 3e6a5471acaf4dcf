"""The front page: three doors, the tour of the demo, and where the log stands."""

from __future__ import annotations

from base64 import b64encode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import needs
from api.pages.desk import AtDesk
from api.pages.tour import tour
from ledger.log.entry import Entry

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse, dependencies=[needs("read_public")])
def front(desk: AtDesk) -> HTMLResponse:
    """Who are you, and how does the log stand."""
    ledger = desk.ledger
    head = ledger.head_of(ledger.checkpoint()).checkpoint
    (last,) = ledger.entries(head.size - 1, head.size)
    with ledger.book() as book:
        simulated = book.register.clock == "simulated"
        links = tour(book, ledger.findings()) if desk.settings.demo else []
    return desk.page(
        "front.html",
        demo_links=links,
        log={
            "size": head.size,
            "last_ms": Entry.parse(last).at_ms,
            "root": b64encode(head.root).decode("ascii"),
            "vkey": str(ledger.vkey),
            "simulated": simulated,
        },
    )
