"""The pages: server-rendered, whole without script, Chinese first with English beside it.

`router` serves them all, `problem_page` shows an error to a person. What may be read by whom is `api.audience`'s to say, what the records
mean `ledger.trace`'s and `ledger.findings`'; here it is laid out.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.pages import (
    account,
    answering,
    batches,
    consumer,
    counts,
    declared,
    deliveries,
    disclosing,
    duty,
    entries,
    eyes,
    front,
    granting,
    inspect,
    my,
    shipments,
    signing,
    signing_in,
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
    disclosing,
    granting,
    eyes,
    counts,
    signing,
    signing_in,
    account,
    consumer,
):
    router.include_router(module.router)
