"""The web application: one open ledger behind HTTP.

`create_app` puts the parts together and decides nothing. It holds no ledger of its own: whoever starts it opens one and closes it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI

from api import links
from api.bodies import BodyLimit
from api.headers import Assets, SecurityHeaders
from api.pages import STATIC, problem_page
from api.pages import router as pages
from api.problems import add_handlers
from api.routes import (
    categories,
    demo,
    docs,
    documents,
    erasures,
    evidence,
    health,
    labels,
    log,
    registering,
    registers,
    resolver,
    scans,
    statements,
    traces,
)
from api.routes.trade import PATHS, trade_router
from api.schemas import add_schemas

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
    )
    app.state.ledger = ledger
    app.state.settings = settings
    for router in (
        trade_router(),
        statements.router,
        log.entries,
        traces.router,
        categories.router,
        labels.router,
        scans.router,
        evidence.router,
        registering.router,
        registers.router,
        documents.router,
        erasures.router,
    ):
        app.include_router(router, prefix=links.API)
    for router in (log.router, resolver.router, demo.router, docs.router, health.router):
        app.include_router(router)
    app.include_router(pages, include_in_schema=False)
    app.mount("/static", Assets(directory=STATIC), name="static")
    add_schemas(app, PATHS.values())
    add_handlers(app, page=problem_page)
    # The last one added sees a request first.
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https://"))
    return app
