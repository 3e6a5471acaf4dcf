"""What one body asks to have recorded together: one record, many of one type, or a delivery received, checked and filed in one step.

    {record}                                    one
    {"statements": [{record}, …]}               many: all of them or none
    {receipt, "check": {…}, "voucher": {…}}     the receipt, the supplier check and the voucher of one delivery

With the one step nobody types a delivery twice: what the receipt says already (from whom, which goods, how much) stands in the check
and the voucher too, unless the body says otherwise there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from api.drafting import RANDOM_BYTES, Draft, Drafting
from api.problems import Refusals
from ledger.errors import Malformed, Refusal, TooLarge, Words
from ledger.identifiers import Instant, StatementId
from ledger.vocabulary.documents import Voucher
from ledger.vocabulary.said import Said
from ledger.vocabulary.trade import Receipt, SupplierCheck

if TYPE_CHECKING:
    from ledger.canonical import Json

#: Records in one post.
STATEMENTS_MAX: Final = 100
MANY: Final = "statements"
CHECK: Final = "check"
VOUCHER: Final = "voucher"


@dataclass(frozen=True, slots=True)
class Step:
    """One record, and those that are made along with it, by their name in the body."""

    record: Draft
    along: Mapping[str, Draft] = field(default_factory=dict, hash=False)

    def drafts(self) -> tuple[Draft, ...]:
        """All of them: the record first."""
        return (self.record, *self.along.values())


@dataclass(frozen=True, slots=True)
class Asked:
    """The steps of one body, all to be recorded or none."""

    steps: tuple[Step, ...]
    many: bool

    def drafts(self) -> tuple[Draft, ...]:
        """Every record, in the order in which it is recorded."""
        return tuple(draft for step in self.steps for draft in step.drafts())


def read_asked(drafting: Drafting, kind: type[Said], body: Json) -> Asked:
    """What a body asks for, or `Refusals` that name every fault in it."""
    if not isinstance(body, Mapping) or MANY not in body or _speaks_of_statements(kind, body[MANY]):
        return Asked(steps=(_step(drafting, kind, body),), many=False)
    bodies = body[MANY]
    if set(body) != {MANY} or not isinstance(bodies, Sequence) or isinstance(bodies, str):
        shape = '{"statements": […]}'
        raise Malformed(field=MANY, came=sorted(body), expected=Words(zh=shape, en=shape))
    if not 1 <= len(bodies) <= STATEMENTS_MAX:
        expected = Words(zh=f"1 至 {STATEMENTS_MAX} 条", en=f"1 to {STATEMENTS_MAX}")
        raise TooLarge(field=MANY, came=len(bodies), expected=expected)
    steps, wrong = list[Step](), list[Refusal]()
    for number, one in enumerate(bodies):
        try:
            steps.append(_step(drafting, kind, one))
        except Refusals as found:
            wrong += (refusal.at(f"{MANY}[{number}]") for refusal in found.refusals)
    if wrong:
        raise Refusals(wrong)
    return Asked(steps=tuple(steps), many=True)


def _speaks_of_statements(kind: type[Said], value: Json) -> bool:
    """Whether `statements` is a field of the record itself, which names others by their ids, and not a list of records."""
    if MANY not in kind.model_fields or not isinstance(value, Sequence):
        return False
    return any(not isinstance(one, Mapping) for one in value)


def _step(drafting: Drafting, kind: type[Said], body: Json) -> Step:
    if kind is not Receipt or not isinstance(body, Mapping) or not {CHECK, VOUCHER} & body.keys():
        return Step(record=drafting.draft(kind, body))
    record = drafting.draft(
        kind, {name: value for name, value in body.items() if name not in {CHECK, VOUCHER}}
    )
    along, wrong = dict[str, Draft](), list[Refusal]()
    for name, said, known in _along(drafting, record, body):
        sent = body[name]
        try:
            # What is no object is refused by the record's own reading.
            along[name] = drafting.draft(said, {**known, **sent} if isinstance(sent, Mapping) else sent)
        except Refusals as found:
            wrong += (refusal.at(name) for refusal in found.refusals)
    if wrong:
        raise Refusals(wrong)
    return Step(record=record, along=along)


def _along(
    drafting: Drafting, record: Draft, body: Mapping[str, Json]
) -> list[tuple[str, type[Said], dict[str, Json]]]:
    """The records that are asked for along with a receipt, each with what the receipt has said already."""
    receipt = record.said
    assert isinstance(receipt, Receipt)
    told: dict[str, Json] = {"occurred_at": str(record.occurred_at)} if record.occurred_at else {}
    if record.on_behalf_of is not None:
        told["on_behalf_of"] = str(record.on_behalf_of)
    asked: list[tuple[str, type[Said], dict[str, Json]]] = []
    if CHECK in body:
        happened = record.occurred_at or Instant(drafting.now())
        known = told | {
            "id": str(_id_along(record.id, CHECK)),
            "supplier": str(receipt.supplier),
            "received_on": str(happened.date_in_shanghai()),
            "conclusion": receipt.conclusion,
            "lines": [
                line.model_dump(mode="json", include={"goods", "quantity", "codes"}, exclude_none=True)
                for line in receipt.lines
            ],
        }
        asked.append((CHECK, SupplierCheck, known | _voucher_named(body.get(VOUCHER))))
    if VOUCHER in body:
        known = told | {
            "id": str(_id_along(record.id, VOUCHER)),
            "seller": str(receipt.supplier),
            "buyer": str(record.on_behalf_of or drafting.author),
        }
        asked.append((VOUCHER, Voucher, known))
    return asked


def _voucher_named(voucher: Json) -> dict[str, Json]:
    """The check rests on the voucher that comes with it, where that has a number."""
    if isinstance(voucher, Mapping) and {"voucher_kind", "number"} <= voucher.keys():
        return {"voucher": {"voucher_kind": voucher["voucher_kind"], "number": voucher["number"]}}
    return {}


def _id_along(record: StatementId, name: str) -> StatementId:
    """Always the same for one receipt, so that sending the step twice records it once."""
    return StatementId.new(record.ms, sha256(f"{record} {name}".encode()).digest()[:RANDOM_BYTES])
