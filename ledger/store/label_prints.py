"""Who printed labels: an account of this server, not a statement. What a label says is in the log; that a printer ran is nobody's claim about goods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, insert, select

from ledger.identifiers import GoodsId, PartyId
from ledger.store.tables import LabelCodeRow, LabelPrintRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row

#: Codes asked for in one question.
_ASKED_MAX: Final = 500

_prints = LabelPrintRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_codes = LabelCodeRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class LabelPrint:
    """One run of the printer."""

    id: str
    party: PartyId
    goods: GoodsId
    count: int
    width_mm: int
    height_mm: int
    person: str
    at_ms: int
    #: Why labels of these goods were printed again; empty the first time.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PrintedCode:
    """A unit code, and the text that was printed for it."""

    code: str
    printed: str


def note_print(
    connection: Connection, log_id: str, one: LabelPrint, codes: Sequence[PrintedCode] = ()
) -> LabelPrint:
    """Write it down, once for its id; what was written down under it first is what it stays."""
    known = print_of(connection, log_id, one.party, one.id)
    if known is not None:
        return known
    row = {
        "log_id": log_id,
        "party": str(one.party),
        "id": one.id,
        "goods": str(one.goods),
        "labels": one.count,
        "width_mm": one.width_mm,
        "height_mm": one.height_mm,
        "person": one.person,
        "reason": one.reason,
        "at_ms": one.at_ms,
    }
    connection.execute(insert(_prints), row)
    if codes:
        whose = {"log_id": log_id, "party": str(one.party), "id": one.id}
        rows = [
            whose | {"place": place, "code": label.code, "printed": label.printed}
            for place, label in enumerate(codes)
        ]
        connection.execute(insert(_codes), rows)
    return one


def codes_of(connection: Connection, log_id: str, party: PartyId, name: str) -> list[PrintedCode]:
    """The unit codes of a run, in the order of its labels; none where it printed labels of a whole batch."""
    asked = select(_codes).where(_codes.c.log_id == log_id, _codes.c.party == str(party), _codes.c.id == name)
    return [PrintedCode(row.code, row.printed) for row in connection.execute(asked.order_by(_codes.c.place))]


def codes_printed_before(
    connection: Connection, log_id: str, party: PartyId, codes: Sequence[str]
) -> set[str]:
    """Which of these codes a party has printed."""
    found = set[str]()
    for start in range(0, len(codes), _ASKED_MAX):
        asked = select(_codes.c.code).where(
            _codes.c.log_id == log_id,
            _codes.c.party == str(party),
            _codes.c.code.in_(codes[start : start + _ASKED_MAX]),
        )
        found |= {row.code for row in connection.execute(asked.distinct())}
    return found


def print_of(connection: Connection, log_id: str, party: PartyId, name: str) -> LabelPrint | None:
    """One run of a party's by its id."""
    row = connection.execute(select(_prints).where(*_of(log_id, party), _prints.c.id == name)).one_or_none()
    return None if row is None else _read(row)


def printed_before(connection: Connection, log_id: str, party: PartyId, goods: GoodsId) -> tuple[int, int]:
    """How many runs and how many labels a party has printed of some goods."""
    runs, labels = connection.execute(
        select(func.count(), func.coalesce(func.sum(_prints.c.labels), 0)).where(
            *_of(log_id, party), _prints.c.goods == str(goods)
        )
    ).one()
    return int(runs), int(labels)


def prints_of(
    connection: Connection, log_id: str, party: PartyId, *, start: int = 0, limit: int = -1
) -> list[LabelPrint]:
    """A party's runs, the newest first; without a limit, all of them."""
    asked = select(_prints).where(*_of(log_id, party)).order_by(_prints.c.at_ms.desc(), _prints.c.id)
    if limit >= 0:
        asked = asked.offset(start).limit(limit)
    return [_read(row) for row in connection.execute(asked)]


def _of(log_id: str, party: PartyId) -> list[ColumnElement[bool]]:
    return [_prints.c.log_id == log_id, _prints.c.party == str(party)]


def _read(row: Row[tuple[object, ...]]) -> LabelPrint:
    return LabelPrint(
        id=row.id,
        party=PartyId.parse(row.party),
        goods=GoodsId.parse(row.goods),
        count=int(row.labels),
        width_mm=int(row.width_mm),
        height_mm=int(row.height_mm),
        person=row.person,
        reason=row.reason,
        at_ms=int(row.at_ms),
    )
