"""A trace as JSON, cut to what its reader may see.

An authority sees all of it. A party on the chain sees the steps before and behind its own (`api.audience`), and of the figures its own.
What is not there is named in `withheld` (`api.withheld`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.answers import moment
from api.facts import (
    amount,
    finding_facts,
    heading,
    order_facts,
    parties_of,
    public_record,
    words_facts,
)
from api.withheld import FROM_A_RECALL, from_trace, withheld_facts
from ledger.errors import NotAllowed, Words
from ledger.findings import judge_many, subjects_of
from ledger.views.book import first_told_ms

if TYPE_CHECKING:
    from api.audience import Reading, Sight
    from ledger.canonical import Json
    from ledger.findings import Finding
    from ledger.trace import (
        Balance,
        CodeState,
        Edge,
        Holder,
        Holding,
        Node,
        RecallHolder,
        RecallScope,
        RecallTotals,
        Source,
        Trace,
    )

    Facts = dict[str, Json]

#: Judged for one answer; a trace that rests on more says that it is cut.
FINDING_SUBJECTS_MAX: Final = 2_000

_OF_AN_ACCOUNT: Final = frozenset({"overdrawn", "units_differ", "silent"})
_FIGURES: Final = (
    "opening",
    "made",
    "received",
    "returned_in",
    "gained",
    "carried_in",
    "shipped",
    "returned_out",
    "sold",
    "used",
    "lost",
    "sampled",
    "seized",
    "destroyed",
    "carried_out",
)


def trace_facts(found: Trace, reading: Reading) -> Facts:
    """The trace as this reader may see it; `NotAllowed` for a party that is not on the chain."""
    sight = _sight(found, reading)
    nodes = [node for node in found.nodes if sight is None or node.holding in sight.holdings]
    back = [edge for edge in found.back if sight is None or edge in sight.edges]
    forward = [edge for edge in found.forward if sight is None or edge in sight.edges]
    batches = {str(node.holding.goods): node.batch for node in nodes if node.batch is not None}
    seqs = {seq for edge in (*back, *forward) for seq in edge.seqs} | {
        batch.seq for batch in batches.values()
    }
    findings, cut = _findings(seqs, reading)
    facts: Facts = {
        "goods": str(found.goods),
        "as_of": found.size,
        "truncated": found.truncated or cut,
        "batches": {goods: public_record(batch) for goods, batch in batches.items()},
        "parties": parties_of({node.holding.party for node in nodes}, reading),
        "sources": [_source(one) for one in found.sources if sight is None or one.holding in sight.holdings],
        "holders": [
            _holder(one, reading) for one in found.holders if sight is None or one.holding in sight.holdings
        ],
        "nodes": [_node(one, reading) for one in nodes],
        "back": [_edge(one, reading) for one in back],
        "forward": [_edge(one, reading) for one in forward],
        "orders": [order_facts(one) for one in reading.orders_on(found.goods)],
        "findings": [finding_facts(one) for one in findings],
        "withheld": withheld_facts(from_trace(reading, [*back, *forward])),
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


def code_facts(state: CodeState, reading: Reading) -> Facts:
    """One pack's code: its state for everybody on the chain, the hands it passed for an authority."""
    facts: Facts = {"code": state.code, "state": state.state, "recalled": bool(state.recalls)}
    if reading.sees_everything:
        reading.shows(step.record.seq for step in state.path)
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


def scope_facts(scope: RecallScope, reading: Reading, *, whole: bool) -> Facts:
    """Who has recalled goods and what became of them; with `whole` false only what concerns the reader's own holdings."""
    holders = [one for one in scope.holders if whole or one.holding.party == reading.viewer.party]
    facts: Facts = {
        "recall": public_record(scope.recall),
        "goods": [str(one) for one in scope.goods],
        "as_of": scope.size,
        "truncated": scope.truncated,
        "parties": parties_of({one.holding.party for one in holders}, reading),
        "holders": [_recall_holder(one) for one in holders],
        "withheld": [] if whole else withheld_facts(FROM_A_RECALL),
    }
    if whole:
        facts["totals"] = _totals(scope.totals)
        facts["by_goods"] = {str(goods): _totals(totals) for goods, totals in scope.by_goods.items()}
    return facts


def _sight(found: Trace, reading: Reading) -> Sight | None:
    if reading.sees_everything:
        return None
    sight = reading.sight(found)
    if sight is None:
        expected = Words(zh="经手过这些货物的主体", en="a party that had these goods in its hands")
        raise NotAllowed(field="goods", came=found.goods, expected=expected)
    return sight


def _findings(seqs: set[int], reading: Reading) -> tuple[list[Finding], bool]:
    """The findings that rest on the trace's records, and whether there was more to judge than one answer judges."""
    book = reading.book
    records = book.records(seqs).values()
    subjects = sorted({subject for record in records for subject in subjects_of(record)})
    judged = judge_many(subjects[:FINDING_SUBJECTS_MAX], book)
    readable = [one for findings in judged.values() for one in findings if reading.may_read_finding(one)]
    return readable, len(subjects) > FINDING_SUBJECTS_MAX


def _holding(holding: Holding) -> Facts:
    return {"party": str(holding.party), "goods": str(holding.goods)}


def _edge(edge: Edge, reading: Reading) -> Facts:
    facts: Facts = {
        "kind": edge.kind,
        "state": edge.state,
        "from": _holding(edge.source),
        "to": _holding(edge.target),
        "sent": amount(edge.sent),
        "received": amount(edge.received),
        "occurred_at": moment(edge.occurred_ms),
        "recorded_at": moment(first_told_ms(reading.book, edge.told_by)),
        "positions": list(edge.seqs),
        "may_contain": edge.may_contain,
        "share_percent": edge.share_percent,
    }
    if not reading.may_see_amounts(edge):
        # A share is an amount too, beside the others.
        hidden: tuple[str, ...] = ("sent", "received", "share_percent")
        facts |= dict.fromkeys(hidden) | {"withheld": list(hidden)}
    return facts


def _node(node: Node, reading: Reading) -> Facts:
    own = reading.may_see_figures(node.holding)
    facts: Facts = {
        **_holding(node.holding),
        "depth": node.depth,
        # What an account does not come to is as much its holder's as the account.
        "flags": [flag for flag in node.flags if own or flag not in _OF_AN_ACCOUNT],
    }
    if own:
        facts["expected"] = amount(node.balance.expected)
    return facts


def _holder(holder: Holder, reading: Reading) -> Facts:
    facts: Facts = {**_holding(holder.holding), "depth": holder.depth, "may_contain": holder.may_contain}
    if reading.may_see_figures(holder.holding):
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
