"""A GS1-Conformant Resolver (version 1.2) in the same process: where the code on a pack leads.

    description.py    what this resolver is: `/.well-known/gs1resolver`, and the context that makes JSON-LD of a linkset
    asked.py          the address as it came, and what somebody wants of it
    levels.py         what is linked to goods: of the pack, of its batch, of the product
    choosing.py       which of several links of one type a reader gets
    answers.py        the answers: a redirect, a linkset, a choice, facts, GDST's list
    at_once.py        the answer that most people wait for, before anything else is done; and what any page may ask from anywhere
    verification.py   GS1 Lightweight Messaging: do these numbers match what the maker recorded

Left out, and said so: HTTPS, which a proxy gives, and compressed links, which are refused (docs/decisions/0034).
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from api.problems import DOCUMENTED_FOR_BOTH
from api.resolver.answers import router as answers
from api.resolver.description import router as description
from api.resolver.verification import router as verification

router: Final = APIRouter(tags=["codes"], responses=DOCUMENTED_FOR_BOTH)
for _module in (answers, description, verification):
    router.include_router(_module)

__all__ = ["router"]
