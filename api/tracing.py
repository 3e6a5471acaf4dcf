"""A trace as JSON, cut to what its reader may see.

An authority sees all of it. A party on the chain sees the steps before and behind its own (`api.audience`), and of the figures its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.answers import moment
from api.audience import Sight, sight_of
from api.facts import (
    amount,
    finding_facts,
    heading,
    may_see_contact,
    order_facts,
    parties_of,
    public_record,
    words_facts,
)
from ledger.errors import NotAllowed, Words
from ledger.findings import judge_many, may_read, subjects_of
from ledger.trace import standing_orders

if TYPE_CHECKING:
    from api.deps import Viewer
    from ledger.canonical import Json
    from ledger.findings import Finding
    from ledger.identifiers import PartyId
    from ledger.trace import (
        Balance,
        CodeState,
        Edge,
        Holder,
        Holding,
        Node,
        PartyView,
        RecallHolder,
        RecallScope,
        RecallTotals,
        Source,
        Trace,
    )
    from ledger.views.book import Book

    Facts = dict[str, Json]

#: Judged for one answer; a trace that rests on more says that it is cut.
FINDING_SUBJECTS_MAX: Final = 2_000

_FIGURES: Final = (
    "opening",
    "made",
    "received",
    "returned_in",
    "gained",
    "shipped",
    "returned_out",
    "sold",
    "used",
    "lost",
    "sampled",
    "seized",
    "destroyed",
)


def trace_facts(found: Trace, book: Book, viewer: Viewer) -> Facts:
    """The trace as this reader may see it; `NotAllowed` for a party that is not on the chain."""
    sight = _sight(found, book, viewer)
    nodes = [node for node in found.nodes if sight is None or node.holding in sight.holdings]
    back = [edge for edge in found.back if sight is None or edge in sight.edges]
    forward = [edge for edge in found.forward if sight is None or edge in sight.edges]
    batches = {str(node.holding.goods): node.batch for node in nodes if node.batch is not None}
    seqs = {seq for edge in (*back, *forward) for seq in edge.seqs} | {
        batch.seq for batch in batches.values()
    }
    findings, cut = _findings(seqs, book, viewer)
    facts: Facts = {
        "goods": str(found.goods),
        "as_of": found.size,
        "truncated": found.truncated or cut,
        "batches": {goods: public_record(batch) for goods, batch in batches.items()},
        "parties": parties_of(
            book, {node.holding.party for node in nodes}, lambda view: _may_see_contact(view, viewer)
        ),
        "sources": [_source(one) for one in found.sources if sight is None or one.holding in sight.holdings],
        "holders": [
            _holder(one, viewer) for one in found.holders if sight is None or one.holding in sight.holdings
        ],
        "nodes": [_node(one, viewer) for one in nodes],
        "back": [_edge(one) for one in back],
        "forward": [_edge(one) for one in forward],
        "orders": [order_facts(one) for one in standing_orders(book, found.goods, party=_bound(viewer))],
        "findings": [finding_facts(one) for one in findings],
    }
    return facts


def balance_facts(balance: Balance) -> Facts:
    """What a party should have of some goods, figure by figure, with the entries each rests on."""
    figures: Facts = {name: amount(getattr(balance, name)) for name in _FIGURES}
    return {
        **_holding(balance.holding),
        "figures": figures,
        "expected": amount(balance.expected),
        "units_differ": balance.units_differ,
        "silent": balance.silent,
        "positions": {name: list(seqs) for name, seqs in balance.seqs.items()},
    }


def code_facts(state: CodeState, viewer: Viewer) -> Facts:
    """One pack's code: its state for everybody on the chain, the hands it passed for an authority."""
    facts: Facts = {"code": state.code, "state": state.state, "recalled": bool(state.recalls)}
    if viewer.is_official:
        facts["issued_by"] = None if state.issued_by is None else str(state.issued_by)
        facts["path"] = [
            {
                "step": step.kind,
                "holder": None if step.holder is None else str(step.holder),
                "by": str(step.record.actor),
                "position": step.record.seq,
                "occurred_at": moment(step.record.occurred_ms),
                "recorded_at": moment(step.record.at_ms),
            }
            for step in state.path
        ]
    return facts


def scope_facts(scope: RecallScope, book: Book, viewer: Viewer, *, whole: bool) -> Facts:
    """Who has recalled goods and what became of them; with `whole` false only what concerns the reader's own holdings."""
    holders = [one for one in scope.holders if whole or one.holding.party == viewer.party]
    facts: Facts = {
        "recall": public_record(scope.recall),
        "goods": [str(one) for one in scope.goods],
        "as_of": scope.size,
        "truncated": scope.truncated,
        "parties": parties_of(
            book, {one.holding.party for one in holders}, lambda view: _may_see_contact(view, viewer)
        ),
        "holders": [_recall_holder(one) for one in holders],
    }
    if whole:
        facts["totals"] = _totals(scope.totals)
        facts["by_goods"] = {str(goods): _totals(totals) for goods, totals in scope.by_goods.items()}
    return facts


def _sight(found: Trace, book: Book, viewer: Viewer) -> Sight | None:
    if viewer.is_official or viewer.party is None:
        return None
    sight = sight_of(found, viewer.party, book)
    if sight is None:
        expected = Words(zh="经手过这些货物的主体", en="a party that had these goods in its hands")
        raise NotAllowed(field="goods", came=found.goods, expected=expected)
    return sight


def _bound(viewer: Viewer) -> PartyId | None:
    """An order at one party binds that party only; an authority sees all of them."""
    return None if viewer.is_official else viewer.party


def _findings(seqs: set[int], book: Book, viewer: Viewer) -> tuple[list[Finding], bool]:
    """The findings that rest on the trace's records, and whether there was more to judge than one answer judges."""
    records = book.records(seqs).values()
    subjects = sorted({subject for record in records for subject in subjects_of(record)})
    judged = judge_many(subjects[:FINDING_SUBJECTS_MAX], book)
    readable = [
        one
        for findings in judged.values()
        for one in findings
        if may_read(one, reader=viewer.party, official=viewer.is_official)
    ]
    return readable, len(subjects) > FINDING_SUBJECTS_MAX


def _may_see_contact(view: PartyView, viewer: Viewer) -> bool:
    return viewer.is_official or may_see_contact(view, viewer.party)


def _holding(holding: Holding) -> Facts:
    return {"party": str(holding.party), "goods": str(holding.goods)}


def _edge(edge: Edge) -> Facts:
    return {
        "kind": edge.kind,
        "state": edge.state,
        "from": _holding(edge.source),
        "to": _holding(edge.target),
        "sent": amount(edge.sent),
        "received": amount(edge.received),
        "occurred_at": moment(edge.occurred_ms),
        "recorded_at": moment(edge.recorded_ms),
        "positions": list(edge.seqs),
        "may_contain": edge.may_contain,
        "share_percent": edge.share_percent,
    }


def _node(node: Node, viewer: Viewer) -> Facts:
    facts: Facts = {
        **_holding(node.holding),
        "depth": node.depth,
        "flags": list(node.flags),
    }
    if viewer.is_official or node.holding.party == viewer.party:
        facts["expected"] = amount(node.balance.expected)
    return facts


def _holder(holder: Holder, viewer: Viewer) -> Facts:
    facts: Facts = {**_holding(holder.holding), "depth": holder.depth, "may_contain": holder.may_contain}
    if viewer.is_official or holder.holding.party == viewer.party:
        facts |= {
            "received": amount(holder.received),
            "passed_on": amount(holder.passed_on),
            "sold": amount(holder.sold),
            "left": amount(holder.left),
        }
    return facts


def _source(source: Source) -> Facts:
    return {
        "kind": source.kind,
        **_holding(source.holding),
        "record": None if source.record is None else heading(source.record),
        "reasons": [words_facts(one) for one in source.reasons],
        "missing": [words_facts(one) for one in source.missing],
    }


def _recall_holder(holder: RecallHolder) -> Facts:
    return {
        **_holding(holder.holding),
        "depth": holder.depth,
        "may_contain": holder.may_contain,
        "through_use": holder.through_use,
        "received": amount(holder.received),
        "passed_on": amount(holder.passed_on),
        "recovered": amount(holder.recovered),
        "sold": amount(holder.sold),
        "destroyed": amount(holder.destroyed),
        "lost": amount(holder.lost),
        "taken": amount(holder.taken),
        "unaccounted": amount(holder.unaccounted),
        "answered": holder.answered,
        "answers": list(holder.answers),
        "contact": list(holder.contact),
    }


def _totals(totals: RecallTotals) -> Facts:
    names = ("first_hand", "recovered", "sold", "destroyed", "lost", "taken", "used", "unaccounted")
    return {name: amount(getattr(totals, name)) for name in names}
