"""Whether this server can do its work: the database answers, and the newest checkpoint is one our own key signed over it."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import TheLedger, needs
from api.scrubbing import MaybeScrubber, told
from api.witnessing import MaybeWitnesses, standing_of

router = APIRouter(tags=["log"], dependencies=[needs("read_public")])


@router.get("/healthz", operation_id="health")
def health(ledger: TheLedger, witnesses: MaybeWitnesses, scrubber: MaybeScrubber) -> dict[str, object]:
    """运行状态 · for whoever watches over the server."""
    head = ledger.head_of(ledger.checkpoint()).checkpoint
    behind = {} if witnesses is None else {"witnesses": standing_of(witnesses)}
    scrub = {} if scrubber is None else {"scrub": told(scrubber)}
    return {"status": "ok", "origin": head.origin, "size": head.size, **behind, **scrub}
