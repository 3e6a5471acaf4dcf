"""The web application: one open ledger behind HTTP.

`create_app` puts the parts together and decides nothing. It holds no ledger of its own: whoever starts it opens one and closes it.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from api import links
from api.addresses import Addresses, ByAddress
from api.bodies import BodyLimit
from api.channels import channel_of
from api.deps import check_routes
from api.door import Door
from api.headers import Assets, SecurityHeaders
from api.limits import Limits
from api.logs import Journal
from api.noting import NotedReads
from api.oidc import Agency
from api.openings import Openings
from api.pages import STATIC, consumer, problem_page
from api.pages import router as pages
from api.pages.kept import keep
from api.pages.lean import Kept
from api.pages.signing import hand_over
from api.problems import DOCUMENTED, add_handlers
from api.resolver import router as resolver
from api.resolver.at_once import AtOnce, Known
from api.routes import (
    access,
    categories,
    codes,
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
    lookups,
    me,
    people,
    registering,
    registers,
    scans,
    sharing,
    sheets,
    statements,
    timestamps,
    traces,
)
from api.routes.trade import PATHS, trade_router
from api.scans_noted import NotedScans
from api.schemas import add_schemas
from api.sheets.jobs import Jobs
from api.unsigned import AwaitsSignature
from api.witnessing import witnessing_of

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

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
    app.state.witnessing = witnessing_of(ledger, settings)
    app.state.openings = Openings(ledger, proxies=settings.proxies)
    app.state.scans = NotedScans(
        ledger,
        folder=settings.scans_path,
        minutes=settings.scan_minutes,
        days=settings.scan_days,
        proxies=settings.proxies,
        region_header=settings.region_header,
    )
    app.state.kept = Kept()
    app.state.known_codes = Known()
    routes, addresses = all_routes()
    app.router.routes.extend(routes)
    app.router.middleware_stack = ByAddress(app.router.middleware_stack, addresses)
    add_schemas(app, PATHS.values())
    add_handlers(app, page=problem_page, keep=keep)
    app.add_exception_handler(AwaitsSignature, hand_over)
    # The last one added sees a request first.
    app.add_middleware(NotedReads, ledger=ledger)
    app.add_middleware(BodyLimit)
    app.add_middleware(AtOnce, known=app.state.known_codes, base_url=settings.base_url)
    if settings.limits:
        app.add_middleware(Limits, ledger=ledger, settings=settings, page=problem_page)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https://"))
    app.add_middleware(Journal)
    app.add_middleware(Door, at_once_max=settings.at_once_max)
    return app


@cache
def all_routes() -> tuple[tuple[BaseRoute, ...], Addresses]:
    """Every address of ours. They follow from the code alone, so they are put together once, however many ledgers are served."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, responses=DOCUMENTED)
    # First: addresses are tried in this order, and none is asked for as often as what is printed on packs.
    app.include_router(consumer.router, include_in_schema=False)
    app.include_router(resolver)
    for router in (
        trade_router(),
        statements.router,
        sharing.router,
        drafts.router,
        enrolling.router,
        log.entries,
        traces.router,
        categories.router,
        codes.router,
        labels.router,
        scans.router,
        lookups.router,
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
    for router in (log.router, log.members, timestamps.router, demo.router, docs.router, health.router):
        app.include_router(router)
    app.include_router(pages, include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    check_routes(app)
    return tuple(app.router.routes), Addresses.of(app.router.routes)
