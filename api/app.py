"""The web application: one open ledger behind HTTP.

`create_app` puts the parts together and decides nothing. It holds no ledger of its own: whoever starts it opens one and closes it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from api import links
from api.bodies import BodyLimit
from api.channels import channel_of
from api.deps import check_routes
from api.door import Door
from api.headers import Assets, SecurityHeaders
from api.kept import keep
from api.limits import Limits
from api.logs import Journal
from api.noting import NotedReads
from api.oidc import Agency
from api.openings import Openings
from api.pages import STATIC, consumer, problem_page
from api.pages import router as pages
from api.pages.lean import Kept
from api.pages.signing import hand_over
from api.problems import DOCUMENTED, add_handlers
from api.routes import (
    access,
    categories,
    demo,
    docs,
    documents,
    drafts,
    enrolling,
    erasures,
    evidence,
    health,
    labels,
    log,
    me,
    people,
    registering,
    registers,
    resolver,
    scans,
    sharing,
    sheets,
    statements,
    traces,
)
from api.routes.trade import PATHS, trade_router
from api.schemas import add_schemas
from api.sheets.jobs import Jobs
from api.unsigned import AwaitsSignature

if TYPE_CHECKING:
    from api.settings import Settings
    from ledger.service import Ledger

TITLE: Final = "溯源 Suyuan"
DESCRIPTION: Final = (
    "谁生产、谁经手、谁查验，各自记录，任何人都能核对。A ledger of who made goods, who passed them on and who checked them. "
    "A record's `id` is a UUIDv7 of the sender's choice and the key against recording twice: the same id with the same content gives "
    "the same receipt. A header `Idempotency-Key` is not read."
)


def create_app(ledger: Ledger, settings: Settings) -> FastAPI:
    """The application over this ledger."""
    app = FastAPI(
        title=TITLE,
        version=version("suyuan"),
        description=DESCRIPTION,
        # The pages that come with FastAPI load scripts from a stranger's server.
        docs_url=None,
        redoc_url=None,
        responses=DOCUMENTED,
    )
    app.state.ledger = ledger
    app.state.settings = settings
    app.state.channel = channel_of(settings.channel)
    app.state.agency = Agency.of(settings)
    app.state.sheets = Jobs(ledger)
    app.state.openings = Openings(ledger, proxies=settings.proxies)
    app.state.kept = Kept()
    # First: addresses are tried in this order, and none is asked for as often as what is printed on packs.
    app.include_router(consumer.router, include_in_schema=False)
    for router in (
        trade_router(),
        statements.router,
        sharing.router,
        drafts.router,
        enrolling.router,
        log.entries,
        traces.router,
        categories.router,
        labels.router,
        scans.router,
        sheets.router,
        evidence.router,
        registering.router,
        access.router,
        me.router,
        people.router,
        registers.router,
        documents.router,
        erasures.router,
    ):
        app.include_router(router, prefix=links.API)
    for router in (log.router, resolver.router, demo.router, docs.router, health.router):
        app.include_router(router)
    app.include_router(pages, include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    check_routes(app)
    add_schemas(app, PATHS.values())
    add_handlers(app, page=problem_page, keep=keep)
    app.add_exception_handler(AwaitsSignature, hand_over)
    # The last one added sees a request first.
    app.add_middleware(NotedReads, ledger=ledger)
    app.add_middleware(BodyLimit)
    if settings.limits:
        app.add_middleware(Limits, ledger=ledger, settings=settings, page=problem_page)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https://"))
    app.add_middleware(Journal)
    app.add_middleware(Door, at_once_max=settings.at_once_max)
    return app
