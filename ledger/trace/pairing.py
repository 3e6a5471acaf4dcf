"""Two hands, one delivery: bringing together what sender and receiver say about goods between them.

The rule in one sentence: nothing is counted twice. A receipt that names a shipment answers it. What arrived without naming
one (a receipt typed by hand, a supplier check) first explains shipments that nobody answered, and only what then is left over
is goods that no sender recorded. A supplier check describes a delivery that a receipt may describe too, so checks count only
beyond what receipts already say; a headquarters' check of what its shop looked over as well, only beyond the shop's own. What was
refused answers as much that nobody answered, and of what was accepted in part the rest did not move.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ledger.trace.amounts import added, exact, written
from ledger.trace.edges import Edge
from ledger.vocabulary.trade import Receipt, Shipment, SupplierCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.identifiers import Quantity, Unit
    from ledger.trace.edges import Claim, EdgeState
    from ledger.views.book import Record


@dataclass(slots=True)
class _Arrival:
    """How much is left, in the base unit, of one word about arrived goods that names no shipment."""

    claim: Claim
    left: Fraction

    @property
    def unit(self) -> Unit:
        return self.claim.quantity.unit.base

    @property
    def in_part(self) -> bool:
        """Whether the receiver says that it took only so much of what came."""
        said = self.claim.record.said
        return isinstance(said, (Receipt, SupplierCheck)) and said.conclusion == "accept_part"


@dataclass(frozen=True, slots=True)
class Answers:
    """The receipts of one sending: those of its latest version that has any, and those to earlier versions that they replaced."""

    counted: tuple[Record, ...]
    replaced: tuple[Record, ...]


def pair(
    claims: Sequence[Claim], answers_to: Callable[[Record], Answers], refused: Sequence[Claim] = ()
) -> tuple[Edge, ...]:
    """All edges from one holding to another, from every claim about the two; `answers_to` gives a sending's receipts.

    `refused`: what the receiver did not take, in answer to a shipment or without naming one.
    """
    edges: list[Edge] = []
    linked: set[int] = set()
    unanswered: list[Claim] = []
    claims = sorted(claims, key=lambda one: one.record.order)
    sendings = [
        (sent, answers_to(sent[0].record)) for sent in _by_record(one for one in claims if one.is_sending)
    ]
    replaced = {one.seq for _, answers in sendings for one in answers.replaced}
    received = [one for one in claims if one.says == "received" and one.record.seq not in replaced]
    for sent, answers in sendings:
        counted = [one for one in answers.counted if one.seq not in linked]
        if counted:
            linked.update(one.seq for one in counted)
            edges.extend(_answered(sent, counted, received))
        else:
            unanswered.extend(sent)
    unlinked = [_Arrival(one, exact(one.quantity)) for one in received if one.record.seq not in linked]
    checks = _checked([one for one in claims if one.says == "checked"], received)
    refusals = _not_taken(refused)
    # Nothing, and less than nothing, did not arrive.
    edges.extend(_settled(unanswered, _something([*unlinked, *checks]), _something(refusals)))
    return tuple(sorted(edges, key=lambda one: one.order))


def _by_record(claims: Iterable[Claim]) -> list[list[Claim]]:
    found: dict[int, list[Claim]] = defaultdict(list)
    for one in claims:
        found[one.record.seq].append(one)
    return list(found.values())


def _answered(sent: Sequence[Claim], answers: Sequence[Record], received: Sequence[Claim]) -> list[Edge]:
    """One sending beside its receipts. Goods that no receipt accepts did not move: refused, or left out of the answer."""
    seqs = {one.seq for one in answers}
    rest = [one for one in received if one.record.seq in seqs]
    edges: list[Edge] = []
    alone: list[Claim] = []
    for one in sent:
        same = [got for got in rest if got.quantity.unit.base is one.quantity.unit.base]
        if same:
            edges.append(_corrected_or_confirmed(one, same))
            rest = [got for got in rest if got not in same]
        else:
            alone.append(one)
    # Sent three boxes, received sixty kilograms: nothing to compare, and yet one delivery.
    while alone and rest:
        edges.append(_corrected_or_confirmed(alone.pop(0), [rest.pop(0)]))
    edges.extend(_edge(one, "refused", sent=one.quantity, seqs=[one.record.seq, *seqs]) for one in alone)
    edges.extend(_edge(one, "one_sided", received=one.quantity, seqs=[one.record.seq]) for one in rest)
    return edges


def _corrected_or_confirmed(sent: Claim, received: Sequence[Claim]) -> Edge:
    # A sum too large to write comes from absurd amounts; the largest of them says as much.
    total = added(one.quantity for one in received) or max(one.quantity for one in received)
    state: EdgeState = "confirmed" if total == sent.quantity else "corrected"
    seqs = [sent.record.seq, *(one.record.seq for one in received)]
    return _edge(sent, state, sent=sent.quantity, received=total, seqs=seqs)


def _beyond(checks: Sequence[Claim], receipts: Sequence[Claim]) -> list[_Arrival]:
    """What supplier checks say beyond the receipts. One that cannot be compared with any receipt adds nothing."""
    covered: dict[Unit, Fraction] = defaultdict(Fraction)
    for one in receipts:
        covered[one.quantity.unit.base] += exact(one.quantity)
    beyond = []
    for one in checks:
        unit = one.quantity.unit.base
        if covered and unit not in covered:
            continue
        arrival = _Arrival(one, exact(one.quantity))
        if covered:
            taken = min(covered[unit], arrival.left)
            covered[unit] -= taken
            arrival.left -= taken
        beyond.append(arrival)
    return beyond


def _checked(checks: Sequence[Claim], receipts: Sequence[Claim]) -> list[_Arrival]:
    """What supplier checks say beyond receipts, and those of a headquarters beyond the receiver's own."""
    own = [one for one in checks if one.record.actor == one.target.party]
    of_house = [one for one in checks if one.record.actor != one.target.party]
    return [*_beyond(own, receipts), *_beyond(of_house, [*receipts, *own])]


def _not_taken(refused: Sequence[Claim]) -> list[_Arrival]:
    """Refusals that answer no shipment by name: of receipts, and of checks beyond what receipts refuse already."""
    receipts = [(one, said) for one in refused if isinstance(said := one.record.said, Receipt)]
    checks = [one for one in refused if not isinstance(one.record.said, Receipt)]
    # One that names a shipment answers that one, or binds nobody: the sender has put the shipment right since.
    unlinked = [_Arrival(one, exact(one.quantity)) for one, said in receipts if said.shipment is None]
    return [*unlinked, *_beyond(checks, [one for one, _ in receipts])]


def _something(arrivals: Iterable[_Arrival]) -> list[_Arrival]:
    return sorted((one for one in arrivals if one.left > 0), key=lambda one: one.claim.record.order)


def _settled(
    unanswered: Sequence[Claim], arrivals: Sequence[_Arrival], refusals: Sequence[_Arrival]
) -> list[Edge]:
    """Sendings without an answer beside arrivals and refusals that name none."""
    waiting: dict[Unit, deque[_Arrival]] = defaultdict(deque)
    amounts: dict[Unit, Fraction] = defaultdict(Fraction)
    for arrival in arrivals:
        waiting[arrival.unit].append(arrival)
        amounts[arrival.unit] += arrival.left
    edges: list[Edge] = []
    still_open: list[Claim] = []
    for sent in unanswered:
        unit, wanted = sent.quantity.unit.base, exact(sent.quantity)
        arrived = 0 < wanted <= amounts[unit]
        refusal = next((one for one in refusals if one.unit is unit and 0 < wanted <= one.left), None)
        # Whatever the receiver said first was said of what was sent first.
        if refusal is not None and not (arrived and _before(waiting[unit][0], refusal)):
            refusal.left -= wanted
            seqs = [sent.record.seq, refusal.claim.record.seq]
            edges.append(_edge(sent, "refused", sent=sent.quantity, seqs=seqs))
        elif arrived:
            amounts[unit] -= wanted
            seqs = [sent.record.seq, *_take(waiting[unit], wanted)]
            edges.append(_edge(sent, "confirmed", sent=sent.quantity, received=sent.quantity, seqs=seqs))
        else:
            still_open.append(sent)
    left_over = [arrival for queue in waiting.values() for arrival in queue]
    for sent in still_open:
        part = next((one for one in left_over if one.in_part and _is_part(one, sent)), None)
        if part is not None:
            edges.append(_corrected_or_confirmed(sent, [part.claim]))
            left_over.remove(part)
            continue
        # A smaller or incomparable arrival most likely is part of what was sent: it proves the way and adds nothing.
        explained = left_over if exact(sent.quantity) > 0 else []
        edges.append(_unanswered(sent, [arrival.claim.record.seq for arrival in explained]))
        left_over = [] if explained else left_over
    for arrival in left_over:
        quantity = written(arrival.left, arrival.claim.quantity.unit) or arrival.claim.quantity
        edges.append(_edge(arrival.claim, "one_sided", received=quantity, seqs=[arrival.claim.record.seq]))
    return edges


def _before(one: _Arrival, other: _Arrival) -> bool:
    return one.claim.record.order < other.claim.record.order


def _is_part(arrival: _Arrival, sent: Claim) -> bool:
    """Whether what was taken in part can be of this sending, all of it: nothing of it has explained another one."""
    whole = arrival.left == exact(arrival.claim.quantity)
    return whole and arrival.unit is sent.quantity.unit.base and arrival.left <= exact(sent.quantity)


def _take(waiting: deque[_Arrival], wanted: Fraction) -> list[int]:
    """Use up waiting arrivals, earliest first, until `wanted` is covered; the entries that were used."""
    seqs: list[int] = []
    while wanted > 0:
        first = waiting[0]
        seqs.append(first.claim.record.seq)
        taken = min(wanted, first.left)
        wanted -= taken
        first.left -= taken
        if not first.left:
            waiting.popleft()
    return seqs


def _unanswered(sent: Claim, also: Sequence[int]) -> Edge:
    said = sent.record.said
    asked = isinstance(said, Shipment) and said.offer
    return _edge(
        sent, "unanswered" if asked else "one_sided", sent=sent.quantity, seqs=[sent.record.seq, *also]
    )


def _edge(
    claim: Claim,
    state: EdgeState,
    *,
    seqs: Iterable[int],
    sent: Quantity | None = None,
    received: Quantity | None = None,
) -> Edge:
    return Edge(
        source=claim.source,
        target=claim.target,
        kind="return" if claim.says == "returned" else "shipment",
        sent=sent,
        received=received,
        state=state,
        occurred_ms=claim.record.occurred_ms,
        told_by=claim.record.seq,
        seqs=tuple(sorted(set(seqs))),
    )
