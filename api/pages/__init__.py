"""The pages: server-rendered, whole without script, Chinese first with English beside it.

`router` serves them all, `problem_page` shows an error to a person. What may be read by whom is `api.audience`'s to say, what the records
mean `ledger.trace`'s and `ledger.findings`'; here it is laid out.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.pages import (
    answering,
    batches,
    consumer,
    counts,
    declared,
    deliveries,
    duty,
    entries,
    front,
    inspect,
    my,
    shipments,
)
from api.pages.errors import problem_page
from api.pages.rendering import STATIC

__all__ = ["STATIC", "problem_page", "router"]

router: Final = APIRouter()
# `declared` before `deliveries`: its form lies at an address that otherwise would name a shipment.
for module in (
    front,
    my,
    answering,
    batches,
    declared,
    deliveries,
    shipments,
    duty,
    inspect,
    entries,
    counts,
    consumer,
):
    router.include_router(module.router)
