"""What a seller's buyers owe: which slips stand on credit, what was paid since, and what is still open of each slip.

A slip is a record of the log and says what was sold for how much; here stands only how its seller keeps it. A slip that was put right or
taken back counts no more, from the moment the log took the correction: nothing has to be kept in step. Nobody but the seller reads any
of this (decision 0024). Payments go against the oldest open slip first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeVar, get_args

from sqlalchemy import insert, select, update

from ledger.errors import Conflict, Malformed, UnknownName, Words
from ledger.identifiers import LegalDate, PartyId, StatementId
from ledger.store.engine import reading, writing
from ledger.store.tables import MarkRow, PaymentRow, SlipAccountRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Connection, Engine, Row, Select

Terms = Literal["paid", "credit", "unsaid"]
PaymentMethod = Literal["cash", "wechat", "alipay", "bank", "other"]
METHODS: Final[tuple[PaymentMethod, ...]] = get_args(PaymentMethod)
#: More than anybody owes a stall in a market; what is more is a slip of the hand.
CENTS_MAX: Final = 10_000_000_00
NOTE_CHARACTERS_MAX: Final = 100

_Word = TypeVar("_Word", bound=str)

_slips = SlipAccountRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_payments = PaymentRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_marks = MarkRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(frozen=True, slots=True)
class KeptSlip:
    """One slip as its seller keeps it. `superseded`: the record was put right or taken back, and the slip counts no more."""

    seq: int
    buyer: PartyId
    at_ms: int
    cents: int | None
    terms: Terms
    prints: int = 0
    superseded: bool = False

    @property
    def owed_cents(self) -> int:
        """What the buyer came to owe by it."""
        return self.cents or 0 if self.terms == "credit" and not self.superseded else 0


@dataclass(frozen=True, slots=True)
class Payment:
    """What a seller says a buyer paid, apart from slips that were paid at once."""

    id: StatementId
    buyer: PartyId
    cents: int
    paid_on: LegalDate
    method: PaymentMethod
    note: str = ""
    made_ms: int = 0
    withdrawn_ms: int | None = None

    @property
    def counted_cents(self) -> int:
        """What it takes off the debt."""
        return self.cents if self.withdrawn_ms is None else 0


@dataclass(frozen=True, slots=True)
class OpenSlip:
    """A slip of which something is still to be paid."""

    slip: KeptSlip
    left_cents: int


@dataclass(frozen=True, slots=True)
class Account:
    """One buyer's account, as its seller keeps it. Below zero it holds money paid ahead."""

    buyer: PartyId
    slips: tuple[KeptSlip, ...]
    payments: tuple[Payment, ...]

    @property
    def due_cents(self) -> int:
        """What is to be paid."""
        return sum(one.owed_cents for one in self.slips) - sum(one.counted_cents for one in self.payments)

    @property
    def open_slips(self) -> tuple[OpenSlip, ...]:
        """The slips that are not paid in full, the oldest first, with what is left of each."""
        paid = sum(one.counted_cents for one in self.payments)
        left = list[OpenSlip]()
        for slip in sorted(self.slips, key=lambda one: (one.at_ms, one.seq)):
            covered = min(paid, slip.owed_cents)
            paid -= covered
            if slip.owed_cents > covered:
                left.append(OpenSlip(slip, slip.owed_cents - covered))
        return tuple(left)

    @property
    def since_ms(self) -> int | None:
        """When the oldest open slip was written."""
        return next((one.slip.at_ms for one in self.open_slips), None)


@dataclass(frozen=True, slots=True)
class Receivables:
    """The accounts of one seller."""

    engine: Engine
    log_id: str
    seller: PartyId

    def keep(self, slip: KeptSlip) -> None:
        """Keep a slip that was just recorded. Kept once: the same form sent again changes nothing."""
        with writing(self.engine) as connection:
            if self._slip(connection, slip.seq) is None:
                self._add(connection, slip)

    def say(self, slip: KeptSlip) -> None:
        """Say of a slip, kept or not, whether it was paid or stands on credit."""
        with writing(self.engine) as connection:
            if self._slip(connection, slip.seq) is None:
                self._add(connection, slip)
            else:
                changed = update(_slips).where(*self._at(slip.seq)).values(terms=slip.terms)
                connection.execute(changed)

    def printed_again(self, slip: KeptSlip, number: int) -> None:
        """The slip is printed for the `number`-th time after the first. Sent twice, it is one print."""
        with writing(self.engine) as connection:
            kept = self._slip(connection, slip.seq)
            if kept is None:
                self._add(connection, slip)
            if number == (0 if kept is None else kept.prints) + 1:
                connection.execute(update(_slips).where(*self._at(slip.seq)).values(prints=number))

    def slip(self, seq: int) -> KeptSlip | None:
        """How a slip is kept; None for one that nobody said anything about."""
        with reading(self.engine) as connection:
            return self._slip(connection, seq)

    def latest(self, *, since_ms: int, at_most: int) -> list[KeptSlip]:
        """The latest slips, the newest first."""
        asked = self._all(_slips.c.at_ms >= since_ms).order_by(_slips.c.at_ms.desc(), _slips.c.seq.desc())
        with reading(self.engine) as connection:
            return [_kept(row) for row in connection.execute(asked.limit(at_most))]

    def pay(self, payment: Payment) -> None:
        """Enter a payment. The same form sent again enters nothing; with other content it is refused."""
        with writing(self.engine) as connection:
            found = self._payment(connection, payment.id)
            if found is None:
                connection.execute(insert(_payments), self._row_of(payment))
            elif replace(found, made_ms=payment.made_ms, withdrawn_ms=None) != payment:
                expected = Words(zh="新的编号", en="a new id")
                raise Conflict(field="id", came=payment.id, expected=expected)

    def withdraw(self, payment: StatementId, buyer: PartyId, *, at_ms: int) -> None:
        """Take a payment back. It stays on the account, crossed out; a second time changes nothing."""
        with writing(self.engine) as connection:
            found = self._payment(connection, payment)
            if found is None or found.buyer != buyer:
                expected = Words(zh="这位客户的收款记录", en="a payment of this buyer's")
                raise UnknownName(field="payment", came=payment, expected=expected)
            if found.withdrawn_ms is None:
                mine = (*self._mine(_payments), _payments.c.id == str(payment))
                connection.execute(update(_payments).where(*mine).values(withdrawn_ms=at_ms))

    def account(self, buyer: PartyId) -> Account:
        """One buyer's account."""
        return self.accounts(buyer).get(buyer) or Account(buyer, (), ())

    def accounts(self, buyer: PartyId | None = None) -> Mapping[PartyId, Account]:
        """Every buyer's account, or one's. Slips of which nothing was said stand on none."""
        slips, payments = (
            defaultdict[PartyId, list[KeptSlip]](list),
            defaultdict[PartyId, list[Payment]](list),
        )
        of_slips = [_slips.c.terms != "unsaid"] + ([] if buyer is None else [_slips.c.buyer == str(buyer)])
        of_payments = self._mine(_payments) + (() if buyer is None else (_payments.c.buyer == str(buyer),))
        with reading(self.engine) as connection:
            for row in connection.execute(self._all(*of_slips).order_by(_slips.c.at_ms, _slips.c.seq)):
                slips[(slip := _kept(row)).buyer].append(slip)
            asked = select(_payments).where(*of_payments).order_by(_payments.c.made_ms, _payments.c.id)
            for row in connection.execute(asked):
                payments[(paid := _paid(row)).buyer].append(paid)
        return {
            one: Account(one, tuple(slips[one]), tuple(payments[one]))
            for one in dict.fromkeys((*slips, *payments))
        }

    def _all(self, *which: ColumnElement[bool]) -> Select[tuple[object, ...]]:
        """The slips, each beside the mark of what put its record right."""
        marked = (_marks.c.log_id == _slips.c.log_id) & (_marks.c.seq == _slips.c.seq)
        return select(_slips, _marks.c.by_seq).outerjoin(_marks, marked).where(*self._mine(_slips), *which)

    def _mine(self, table: object) -> tuple[ColumnElement[bool], ...]:
        columns = table.c  # type: ignore[attr-defined]  # a table that SQLModel made
        return (columns.log_id == self.log_id, columns.seller == str(self.seller))

    def _at(self, seq: int) -> tuple[ColumnElement[bool], ...]:
        return (*self._mine(_slips), _slips.c.seq == seq)

    def _slip(self, connection: Connection, seq: int) -> KeptSlip | None:
        row = connection.execute(self._all(_slips.c.seq == seq)).one_or_none()
        return None if row is None else _kept(row)

    def _payment(self, connection: Connection, payment: StatementId) -> Payment | None:
        asked = select(_payments).where(*self._mine(_payments), _payments.c.id == str(payment))
        row = connection.execute(asked).one_or_none()
        return None if row is None else _paid(row)

    def _add(self, connection: Connection, slip: KeptSlip) -> None:
        row = {
            "log_id": self.log_id,
            "seller": str(self.seller),
            "seq": slip.seq,
            "buyer": str(slip.buyer),
            "at_ms": slip.at_ms,
            "cents": slip.cents,
            "terms": slip.terms,
            "prints": 0,
        }
        connection.execute(insert(_slips), row)

    def _row_of(self, payment: Payment) -> dict[str, object]:
        return {
            "log_id": self.log_id,
            "seller": str(self.seller),
            "id": str(payment.id),
            "buyer": str(payment.buyer),
            "cents": payment.cents,
            "paid_on": str(payment.paid_on),
            "method": payment.method,
            "note": payment.note,
            "made_ms": payment.made_ms,
            "withdrawn_ms": None,
        }


def read_word(text: str, words: Sequence[_Word], *, field: str) -> _Word:
    """One of a few words."""
    for one in words:
        if text == one:
            return one
    expected = ", ".join(words)
    raise Malformed(field=field, came=text, expected=Words(zh=expected, en=expected))


def total_due(accounts: Iterable[Account]) -> int:
    """What all buyers together are to pay; money paid ahead by one is not another's."""
    return sum(max(one.due_cents, 0) for one in accounts)


def _kept(row: Row[tuple[object, ...]]) -> KeptSlip:
    return KeptSlip(
        seq=int(row.seq),
        buyer=PartyId.parse(row.buyer),
        at_ms=int(row.at_ms),
        cents=None if row.cents is None else int(row.cents),
        terms=read_word(row.terms, get_args(Terms), field="terms"),
        prints=int(row.prints),
        superseded=row.by_seq is not None,
    )


def _paid(row: Row[tuple[object, ...]]) -> Payment:
    return Payment(
        id=StatementId.parse(row.id),
        buyer=PartyId.parse(row.buyer),
        cents=int(row.cents),
        paid_on=LegalDate.parse(row.paid_on),
        method=read_word(row.method, METHODS, field="method"),
        note=row.note,
        made_ms=int(row.made_ms),
        withdrawn_ms=None if row.withdrawn_ms is None else int(row.withdrawn_ms),
    )
