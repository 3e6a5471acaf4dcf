"""Whether this server can do its work: the database answers, and the newest checkpoint is one our own key signed over it."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import TheLedger, needs

router = APIRouter(tags=["log"], dependencies=[needs("read_public")])


@router.get("/healthz", operation_id="health")
def health(ledger: TheLedger) -> dict[str, object]:
    """运行状态 · for whoever watches over the server."""
    head = ledger.head_of(ledger.checkpoint()).checkpoint
    return {"status": "ok", "origin": head.origin, "size": head.size}
