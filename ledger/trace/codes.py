"""The state of one printed unit code: who issued it, for which goods, whose hands it passed, whether it was sold or used up.

The state is what the records say together, in whatever order they came: a code once sold is not new again, and one made void
stays void, as does one whose pack was destroyed. A pack in a case goes the way of the case for as long as it lies in it. Looking at a code is not a sale: consumers' scans are not here at all. Conflicts (a second sale, a hand that was
never in the chain) are for the findings; this module only lays the records side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from ledger.trace.nesting import nest_of
from ledger.trace.orders import Order, standing_orders
from ledger.views.book import about, code_key
from ledger.vocabulary.goods import Adjustment, Codes, Transformation, Use
from ledger.vocabulary.measures import Destruction
from ledger.vocabulary.oversight import Recall
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.identifiers import GoodsId, PartyId
    from ledger.views.book import Book, Record
    from ledger.vocabulary.values import Line

CodeStateName = Literal["unknown", "issued", "active", "sold", "used", "void"]
StepKind = Literal["issued", "activated", "voided", "shipped", "received", "returned", "sold", "used"]


#: What a record of codes does to each of them. An empty pack that was handed in has been used.
_ACTIONS: Final[dict[str, StepKind]] = {
    "issue": "issued",
    "activate": "activated",
    "void": "voided",
    "return_container": "used",
}
#: What a case does with everything in it.
_MOVES: Final[frozenset[StepKind]] = frozenset({"shipped", "received", "returned", "sold"})


@dataclass(frozen=True, slots=True)
class CodeStep:
    """One record about a code. `holder`: who has the pack after it by that record; None once it left the trade."""

    record: Record
    kind: StepKind
    holder: PartyId | None
    goods: GoodsId


@dataclass(frozen=True, slots=True)
class CodeState:
    """What is recorded about one code. `path` holds every hand in order; `goods` is what it was issued for, else what it lay on."""

    code: str
    state: CodeStateName
    goods: GoodsId | None
    issued_by: PartyId | None
    path: tuple[CodeStep, ...]
    sales: tuple[Record, ...]
    first_sold: Record | None
    recalls: tuple[Order, ...]

    @property
    def holder(self) -> PartyId | None:
        """The last recorded holder."""
        return next((one.holder for one in reversed(self.path) if one.holder is not None), None)


def code_state(book: Book, code: str) -> CodeState:
    """The state of `code`, which must be spelt as the records spell it."""
    records = about(book, code_key(code))
    named = {record.seq: step for record in records for step in _steps(record, code)}
    carried = {
        way.record.seq: step
        for way in nest_of(book, code, records).carried
        for step in _steps(way.record, way.named)
        if step.kind in _MOVES
    }
    path = tuple(sorted((carried | named).values(), key=lambda one: one.record.order))
    issue = next((one for one in path if one.kind == "issued"), None)
    # Whoever never had the pack can neither activate nor void its code.
    hands = {one.holder for one in path if one.kind not in {"activated", "voided"}}
    path = tuple(one for one in path if one.kind not in {"activated", "voided"} or one.record.actor in hands)
    goods = issue.goods if issue else next((one.goods for one in path), None)
    sales = tuple(one.record for one in path if one.kind == "sold")
    return CodeState(
        code=code,
        state=_state(path),
        goods=goods,
        issued_by=issue.record.actor if issue else None,
        path=path,
        sales=sales,
        first_sold=sales[0] if sales else None,
        recalls=_orders(book, code, goods),
    )


def _state(path: Sequence[CodeStep]) -> CodeStateName:
    kinds = {one.kind for one in path}
    if "voided" in kinds:
        return "void"
    if "used" in kinds:
        return "used"
    if "sold" in kinds:
        return "sold"
    if "activated" in kinds:
        return "active"
    return "issued" if "issued" in kinds else "unknown"


def _steps(record: Record, code: str) -> Iterator[CodeStep]:
    match record.said:
        # A label printed again makes no new pack, and tells nothing of the old one.
        case Codes() as said if code in said.codes and said.action in _ACTIONS:
            kind = _ACTIONS[said.action]
            yield CodeStep(record, kind, record.actor if kind == "issued" else None, said.goods)
        case Adjustment() as said if said.reason == "destroyed":
            yield from _with_code(record, "voided", None, said.lines, code)
        case Destruction() as said if said.stage == "done":
            yield from _with_code(record, "voided", None, said.lines, code)
        case Shipment() as said:
            yield from _with_code(record, "shipped", said.to, said.lines, code)
        case Receipt() as said if said.conclusion != "refuse":
            yield from _with_code(record, "received", record.actor, said.lines, code)
        case Return() as said:
            yield from _with_code(record, "returned", said.to, said.lines, code)
        case Sale() as said:
            yield from _with_code(record, "sold", None, said.lines, code)
        case Use() as said:
            yield from _with_code(record, "used", None, said.lines, code)
        case Transformation() as said:
            yield from _with_code(record, "used", None, said.inputs, code)
        case _:
            return


def _with_code(
    record: Record, kind: StepKind, holder: PartyId | None, lines: Iterable[Line], code: str
) -> Iterator[CodeStep]:
    for line in lines:
        if code in (line.codes or ()):
            yield CodeStep(record, kind, holder, line.goods)
            return


def _orders(book: Book, code: str, goods: GoodsId | None) -> tuple[Order, ...]:
    """Standing recalls of the goods; one that names codes concerns those codes only."""
    if goods is None:
        return ()
    return tuple(
        order
        for order in standing_orders(book, goods)
        if isinstance(order.record.said, Recall)
        and (not order.record.said.codes or code in order.record.said.codes)
    )
