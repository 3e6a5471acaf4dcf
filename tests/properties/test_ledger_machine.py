"""Random histories of a whole ledger, on both databases.

Traders record, send again, put right and withdraw; the registrar erases; commits fail at random steps; the ledger is closed and opened
again. After every step the audit must be content: it recomputes the log and folds the views again. A model in plain lists says what
must be in the book.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from ledger.errors import Conflict, LedgerFault, UnknownName
from ledger.identifiers import GoodsId, Instant, LegalDate, StatementId
from ledger.views.book import about, goods_key, statement_key
from ledger.vocabulary.correctable import Correctable, Correction
from ledger.vocabulary.goods import Adjustment, Batch
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Receipt, Return, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg
from tests.support.soak import soak_count
from tests.support.stores import KINDS, Kind, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.statement import Statement

GOODS = tuple(GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/L{number}") for number in range(3))
PARTIES = 3


@dataclass(slots=True)
class Said:
    """What the model knows of one recorded statement."""

    statement: Statement
    content: Correctable | Correction | None
    goods: GoodsId
    standing: bool = True
    erased: bool = False


class LedgerMachine(RuleBasedStateMachine):
    """A ledger beside a list."""

    kind: ClassVar[Kind] = "sqlite"

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.store: Store = fresh_store(self.kind, Path(self.folder.name))
        self.ledger: Ledger = self.store.create()
        self.parties: list[PartyId] = [trader(self.ledger) for _ in range(PARTIES)]
        self.said: list[Said] = []
        self.size = 1 + PARTIES
        self.serial = 0

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    def _id(self) -> StatementId:
        self.serial += 1
        return StatementId.new(self.store.clock.ms, self.serial.to_bytes(10, "big"))

    def _content(self, what: int, party: int, goods: int, amount: int) -> Correctable:
        """One of the ways in which goods move; parties and goods are few, so that records meet."""
        me, other, lot = self.parties[party], self.parties[(party + 1) % PARTIES], GOODS[goods]
        lines = (Line(goods=lot, quantity=kg(amount)),)
        arrived = (ReceivedLine(goods=lot, quantity=kg(amount), declared=kg(amount + what % 2)),)
        day = LegalDate.parse("2026-07-20")
        kinds: tuple[Correctable, ...] = (
            Batch(goods=lot, maker=me, name="韭菜", category="farm_produce", quantity=kg(amount)),
            Shipment(to=other, lines=lines),
            Receipt(supplier=other, lines=arrived),
            SupplierCheck(
                supplier=other, received_on=day, conclusion="accept", checked_by="甲（演示）", lines=lines
            ),
            Sale(buyer_name="乙（演示）", lines=lines),
            Return(to=other, lines=lines),
            Adjustment(reason="loss", lines=lines),
        )
        return kinds[what % len(kinds)]

    @rule(
        what=st.integers(0, 6),
        party=st.integers(0, PARTIES - 1),
        goods=st.integers(0, 2),
        amount=st.integers(1, 50),
        days_ago=st.integers(0, 3),
    )
    def record(self, what: int, party: int, goods: int, amount: int, days_ago: int) -> None:
        content = self._content(what, party, goods, amount)
        at = Instant(self.store.clock.ms - days_ago * 86_400_000)
        statement = self.ledger.draft(self.parties[party], content, statement_id=self._id(), occurred_at=at)
        self._send(statement)
        self.said.append(Said(statement=statement, content=content, goods=GOODS[goods]))

    def _send(self, *statements: Statement) -> None:
        placed = self.ledger.recorder.record(statements)
        assert [one.seq for one in placed] == list(range(self.size, self.size + len(statements)))
        self.size += len(statements)

    @rule(ms=st.integers(1, 100_000_000))
    def time_passes(self, ms: int) -> None:
        self.store.clock.forward(ms)

    @precondition(lambda self: self.said)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.said))
        (placed,) = self.ledger.recorder.record([one.statement])
        assert placed.again
        assert self.ledger.size() == self.size

    @precondition(lambda self: any(not one.erased for one in self.said))
    @rule(data=st.data())
    def use_an_id_for_something_else(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.said if not one.erased]))
        header = one.statement.header
        other = Sale(region=None, lines=(Line(goods=GOODS[0], quantity=kg(77)),))
        with pytest.raises(Conflict):
            self.ledger.recorder.record([self.ledger.draft(header.issuer, other, statement_id=header.id)])
        assert self.ledger.size() == self.size

    @precondition(
        lambda self: any(one.standing and isinstance(one.content, Correctable) for one in self.said)
    )
    @rule(data=st.data(), amount=st.integers(1, 50), withdraw=st.booleans())
    def put_right(self, data: st.DataObject, amount: int, withdraw: bool) -> None:  # noqa: FBT001  (drawn)
        candidates = [one for one in self.said if one.standing and isinstance(one.content, Correctable)]
        one = data.draw(st.sampled_from(candidates))
        content: Correctable | Correction
        if withdraw or not isinstance(one.content, Correctable):
            content = Correction(correction_reason="did_not_occur")
        else:
            content = one.content.model_copy(
                update={"correction_reason": "incorrect_data", "correction_note": str(amount)}
            )
        header = one.statement.header
        statement = self.ledger.draft(header.issuer, content, statement_id=self._id(), corrects=header.id)
        self._send(statement)
        one.standing = False
        self.said.append(Said(statement=statement, content=content, goods=one.goods))

    @precondition(lambda self: any(not one.erased for one in self.said))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from([one for one in self.said if not one.erased]))
        header = one.statement.header
        places = tuple(range(len(header.items)))
        gone = ErasedPlace(issuer=header.issuer, statement=header.id, places=places)
        erasure = Erasure(ground="个人信息保护法 47", erased=(gone,))
        if isinstance(one.content, Correction):
            # What a correction takes back must stay readable: the views are made from it.
            with pytest.raises(UnknownName):
                self.ledger.say(self.ledger.registrar, erasure)
            return
        self.ledger.say(self.ledger.registrar, erasure)
        self.size += 1
        one.erased = True

    @rule(step=st.integers(0, 80), after=st.booleans(), amount=st.integers(1, 50))
    def crash_while_recording(self, step: int, after: bool, amount: int) -> None:  # noqa: FBT001  (drawn)
        content = Sale(lines=(Line(goods=GOODS[0], quantity=kg(amount)),))
        statement = self.ledger.draft(self.parties[0], content, statement_id=self._id())
        left = [step]

        def fail(*_: object) -> None:
            left[0] -= 1
            if left[0] == -1:
                raise OSError(5, "Input/output error")

        moment = "after_cursor_execute" if after else "before_cursor_execute"
        event.listen(self.ledger.engine, moment, fail)
        try:
            self.ledger.recorder.record([statement])
        except (OSError, LedgerFault):
            assert left[0] < 0
        finally:
            event.remove(self.ledger.engine, moment, fail)
        (placed,) = self.ledger.recorder.record([statement])
        assert placed.seq == self.size
        self.size += 1
        self.said.append(Said(statement=statement, content=content, goods=GOODS[0]))

    @rule()
    def reopen(self) -> None:
        self.ledger.close()
        self.ledger = self.store.open()

    @invariant()
    def the_audit_is_content_and_the_views_are_the_fold(self) -> None:
        assert audited(self.ledger).entries == self.size

    @invariant()
    def the_book_says_what_the_model_says(self) -> None:
        with self.ledger.book() as book:
            for goods in GOODS:
                expected = {
                    one.statement.header.id
                    for one in self.said
                    if one.goods == goods
                    and one.standing
                    and not one.erased
                    and not isinstance(one.content, Correction)
                }
                assert {record.header.id for record in about(book, goods_key(goods))} == expected
            for one in self.said:
                mine = about(book, statement_key(one.statement.header.id))
                assert one.statement.header.id in {record.header.id for record in mine}


@pytest.mark.parametrize("kind", KINDS)
def test_random_histories_leave_an_audited_log_and_views_that_are_its_fold(kind: Kind) -> None:
    machine = type(f"{kind.title()}Machine", (LedgerMachine,), {"kind": kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=soak_count(100),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
