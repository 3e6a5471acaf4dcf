"""Where goods came from and who else has them, what should be left of them, and what does not fit: for each reader what is theirs."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Query

from api.audience import Reading
from api.deps import Anyone, Someone, TheLedger, TheSettings, needs
from api.facts import finding_facts, label_facts, public_facts
from api.parameters import MaybeText, QueryNumber, Text
from api.printed import named_for
from api.routes.statements import unknown
from api.scanning import require_known
from api.tracing import balance_facts, code_facts, scope_facts, trace_facts
from ledger.errors import Malformed, NotAllowed, UnknownName, Words
from ledger.findings import contradictions
from ledger.identifiers import GoodsId, Instant, PartyId, StatementId
from ledger.trace import Holding, TraceLimits, balance, code_state, recall_scope, trace, what_it_was
from ledger.vocabulary.oversight import Recall

DEPTH_MAX: Final = TraceLimits().depth_max
NODES_MAX: Final = TraceLimits().nodes_max
FINDINGS_MAX: Final = 1_000

router = APIRouter(tags=["traces"])


@router.get("/trace", operation_id="trace", dependencies=[needs("trace")])
def trace_goods(
    viewer: Anyone,
    ledger: TheLedger,
    settings: TheSettings,
    code: MaybeText = None,
    goods: MaybeText = None,
    as_of: QueryNumber = None,
    depth_max: QueryNumber = None,
    nodes_max: QueryNumber = None,
) -> dict[str, object]:
    """追溯 · the chain of some goods.

    The public gets the public facts. A party on the chain sees the steps before and behind its own hands. An authority sees
    everything, with the findings. `as_of` is a log size: the same size gives the same trace for ever.
    """
    limits = TraceLimits(
        depth_max=_at_most(depth_max, DEPTH_MAX, "depth_max"),
        nodes_max=_at_most(nodes_max, NODES_MAX, "nodes_max"),
    )
    with ledger.book(as_of) as book:
        if (code is None) == (goods is None):
            expected = Words(zh="code 或 goods 之一", en="either code or goods")
            raise Malformed(field="goods", came=goods or "", expected=expected)
        pack, reading = None, Reading.of(ledger, book, viewer)
        if code is not None:
            named = named_for(code, settings.base_url, reading)
            start, pack = require_known(named, code), named.code
        else:
            start = _known_goods(GoodsId.parse(goods or ""), reading)
        if viewer.party is None:
            public = public_facts(book, start, code=pack)
            if public is None:
                raise _no_goods(start)
            return dict(public)
        found = trace(book, start, limits=limits, contradictions=contradictions)
        if viewer.is_official and not reading.sees_everything and reading.sight(found) is None:
            # Nothing of it lies within the scope of his certificate.
            return dict(public_facts(book, start, code=pack) or {})
        facts = trace_facts(found, reading)
        label = label_facts(book, what_it_was(book, start), pack)
        if label is not None:
            facts["label"] = label
        if pack is not None:
            facts["code"] = code_facts(code_state(book, pack), reading)
        return dict(facts)


@router.get("/balance", operation_id="balance", dependencies=[needs("read_own")])
def goods_balance(
    caller: Someone, viewer: Anyone, ledger: TheLedger, goods: Text, party: MaybeText = None
) -> dict[str, object]:
    """结存 · what the caller should have of some goods; an authority may ask for any `party`."""
    whose = caller.party if party is None else PartyId.parse(party)
    with ledger.book() as book:
        reading = Reading.of(ledger, book, viewer)
        start = _known_goods(GoodsId.parse(goods), reading)
        if not reading.may_see_figures(Holding(whose, start)):
            raise NotAllowed(field="party", came=whose, expected=Words(zh="本方", en="yourself"))
        return dict(balance_facts(balance(book, whose, start)))


@router.get("/recalls/{recall}/scope", operation_id="recall_scope", dependencies=[needs("read_own")])
def scope(
    recall: str, caller: Someone, viewer: Anyone, ledger: TheLedger, as_of: QueryNumber = None
) -> dict[str, object]:
    """召回范围 · who has recalled goods and what became of them.

    Authorities and whoever ordered the recall see all holders; a holder sees what concerns its own goods.
    """
    with ledger.book(as_of) as book:
        seq = book.position(StatementId.parse(recall, field="recall"))
        record = None if seq is None else book.records([seq])[seq]
        if record is None or not isinstance(record.said, Recall):
            raise unknown(recall)
        found = recall_scope(book, record)
        reading = Reading.of(ledger, book, viewer)
        whole = reading.sees_everything or caller.party in {record.actor, record.header.issuer}
        if not whole and all(one.holding.party != caller.party for one in found.holders):
            raise NotAllowed(
                field="recall",
                came=recall,
                expected=Words(zh="召回范围内的主体", en="a party within its scope"),
            )
        for one in found.holders if whole else ():
            reading.shows_figures(one.holding)
        return dict(scope_facts(found, reading, whole=whole))


@router.get("/findings", operation_id="findings", dependencies=[needs("read_findings")])
def findings(
    caller: Someone,
    viewer: Anyone,
    ledger: TheLedger,
    party: MaybeText = None,
    since: Annotated[str | None, Query(description="RFC 3339")] = None,
    until: Annotated[str | None, Query(description="RFC 3339")] = None,
) -> dict[str, object]:
    """疑点 · what does not fit: everything for an authority, what concerns it for a party. At most 1,000, the newest."""
    whose = PartyId.parse(party) if party is not None else None if viewer.is_official else caller.party
    if not viewer.is_official and whose != caller.party:
        raise NotAllowed(field="party", came=whose, expected=Words(zh="本方", en="yourself"))
    since_ms = Instant.parse(since, field="since").ms if since is not None else 0
    until_ms = Instant.parse(until, field="until").ms if until is not None else None
    found = ledger.findings(party=whose, since_ms=since_ms, until_ms=until_ms)
    with ledger.book() as book:
        reading = Reading.of(ledger, book, viewer)
        # The newest first, and no further than they are shown: what an official reads is noted.
        newest = list(
            islice((one for one in reversed(found) if reading.may_read_finding(one)), FINDINGS_MAX + 1)
        )
    return {
        "findings": [finding_facts(one) for one in reversed(newest[:FINDINGS_MAX])],
        "truncated": len(newest) > FINDINGS_MAX,
    }


def _known_goods(goods: GoodsId, reading: Reading) -> GoodsId:
    if not reading.knows(goods):
        raise _no_goods(goods)
    return goods


def _no_goods(goods: GoodsId) -> UnknownName:
    return UnknownName(
        field="goods", came=goods, expected=Words(zh="本台账记录过的货物", en="goods recorded on this ledger")
    )


def _at_most(asked: int | None, most: int, field: str) -> int:
    if asked is None:
        return most
    if not 1 <= asked <= most:
        raise Malformed(field=field, came=asked, expected=Words(zh=f"1 至 {most}", en=f"1 to {most}"))
    return asked
