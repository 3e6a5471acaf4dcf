"""What the recorder promises, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from ledger.audit import AuditFailed
from ledger.errors import Conflict, LedgerFault, NotAllowed
from ledger.identifiers import GoodsId, Instant, StatementId
from ledger.log.entry import Entry
from ledger.log.merkle import leaf_hash
from ledger.recorder import CLOCK_BACK_MS_MAX, ClockWentBack, LeafChanged, Recorder, RecorderClosed
from ledger.service import Ledger, NoLedger, Receipt
from ledger.views.book import about, goods_key, statement_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import ErasedPlace, Erasure
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import KINDS, Kind, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")


def sale(amount: int = 1) -> Sale:
    return Sale(lines=(Line(goods=LEEK, quantity=kg(amount)),))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path)


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


def test_a_new_log_holds_its_genesis_and_passes_the_audit(ledger: Ledger) -> None:
    assert ledger.size() == 1
    assert audited(ledger).entries == 1


def test_a_database_holds_one_log(store: Store, ledger: Ledger) -> None:
    with pytest.raises(NoLedger, match="already holds a log"):
        store.create()


def test_an_empty_database_holds_none(store: Store) -> None:
    with pytest.raises(NoLedger, match="holds 0 logs"):
        store.open()


def test_a_closed_ledger_refuses_at_once_and_may_be_closed_twice(ledger: Ledger) -> None:
    statement = ledger.draft(trader(ledger), sale())
    ledger.close()
    with pytest.raises(RecorderClosed):
        ledger.recorder.record([statement])
    ledger.close()


def test_what_was_recorded_is_there_after_reopening_and_more_can_follow(store: Store, ledger: Ledger) -> None:
    party = trader(ledger)
    (first,) = ledger.say(party, sale())
    ledger.close()
    with store.open() as again:
        assert again.stored(first.seq).header.issuer == party
        (second,) = again.say(party, sale(2))
        assert second.seq == first.seq + 1
        assert audited(again).entries == 4


def test_the_receipt_proves_the_place_with_the_public_key_alone(ledger: Ledger) -> None:
    party = trader(ledger)
    (placed,) = ledger.say(party, sale())
    receipt = ledger.receipt(placed.seq)
    receipt.proof.verify(receipt.entry, [ledger.vkey])
    ledger.say(party, sale(2))
    assert ledger.receipt(placed.seq) == receipt


def test_a_statement_sent_again_gets_the_same_place(ledger: Ledger) -> None:
    party = trader(ledger)
    statement_id = StatementId.new(ledger.clock(), bytes(10))
    first = ledger.draft(party, sale(), statement_id=statement_id)
    with_other_salts = ledger.draft(party, sale(), statement_id=statement_id)
    assert first.envelope != with_other_salts.envelope
    (placed,) = ledger.recorder.record([first])
    size = ledger.size()
    for again in (first, with_other_salts):
        (place,) = ledger.recorder.record([again])
        assert (place.seq, place.at_ms, place.again) == (placed.seq, placed.at_ms, True)
    assert ledger.size() == size


def test_the_same_id_as_the_correction_of_another_record_is_a_conflict(ledger: Ledger) -> None:
    party, taken_back = trader(ledger), Correction(correction_reason="did_not_occur")
    first, second = (ledger.stored(placed.seq).header.id for placed in ledger.say(party, sale(1), sale(2)))
    one = ledger.draft(party, taken_back, corrects=first)
    at = one.header.occurred_at
    ledger.record([one])
    with pytest.raises(Conflict):
        ledger.say(party, taken_back, corrects=second, statement_id=one.header.id)
    # Whoever sends a form again after a lost answer says another time: the first one stands.
    earlier = Instant(at.ms - 1, at.offset_minutes)
    (placed,) = ledger.say(party, taken_back, corrects=first, statement_id=one.header.id, occurred_at=earlier)
    assert (placed.again, ledger.stored(placed.seq).header.occurred_at) == (True, at)


def test_the_same_id_for_something_else_is_a_conflict(ledger: Ledger) -> None:
    party = trader(ledger)
    statement_id = StatementId.new(ledger.clock(), bytes(10))
    ledger.say(party, sale(), statement_id=statement_id)
    size = ledger.size()
    with pytest.raises(Conflict):
        ledger.say(party, sale(2), statement_id=statement_id)
    assert ledger.size() == size
    assert ledger.say(trader(ledger), sale(2), statement_id=statement_id)


def test_a_group_is_recorded_whole_or_not_at_all(ledger: Ledger) -> None:
    party, other = trader(ledger), trader(ledger)
    size = ledger.size()
    not_its_own = Party(party=other, party_kind="company", name="别家（演示）")
    with pytest.raises(NotAllowed):
        ledger.say(party, sale(), sale(2), not_its_own)
    assert ledger.size() == size
    assert [placed.seq for placed in ledger.say(party, sale(), sale(2))] == [size, size + 1]
    audited(ledger)


def test_many_senders_at_once_leave_no_gap_and_a_refused_one_hinders_nobody(ledger: Ledger) -> None:
    parties = [trader(ledger) for _ in range(4)]
    before = ledger.size()

    def send(number: int) -> int | None:
        party = parties[number % 4]
        if number % 10 == 9:
            with pytest.raises(NotAllowed):
                ledger.say(
                    party, Party(party=parties[(number + 1) % 4], party_kind="company", name="别家（演示）")
                )
            return None
        return ledger.say(party, sale(number + 1))[0].seq

    with ThreadPoolExecutor(8) as pool:
        places = [place for place in pool.map(send, range(60)) if place is not None]
    assert sorted(places) == list(range(before, before + 54))
    assert audited(ledger).entries == before + 54


def test_a_receipt_made_out_at_once_is_the_one_that_the_database_gives_later(ledger: Ledger) -> None:
    """Whoever shared a commit with others, and whatever was sent before."""
    party = trader(ledger)
    again = ledger.draft(party, sale(1_000))
    ledger.record([again])

    def send(number: int) -> list[Receipt]:
        statements = [ledger.draft(party, sale(number * 10 + one)) for one in range(1, number % 4 + 2)]
        return list(ledger.record([again, *statements] if number % 5 == 0 else statements))

    with ThreadPoolExecutor(8) as pool:
        receipts = [one for many in pool.map(send, range(40)) for one in many]
    assert receipts == list(ledger.receipts([one.seq for one in receipts]))
    assert len({one.seq for one in receipts if one.statement == again.header.id}) == 1
    for one in receipts:
        one.proof.verify(one.entry, [ledger.vkey])


def test_two_processes_write_one_log(store: Store, ledger: Ledger) -> None:
    party = trader(ledger)
    with store.open() as other:
        for number in range(5):
            ledger.say(party, sale(number + 1))
            other.say(party, sale(number + 10))
        newcomer = trader(other)
        ledger.say(newcomer, sale())
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda n: (ledger, other)[n % 2].say(party, sale(n + 100)), range(30)))
        assert audited(other).entries == 1 + 1 + 10 + 1 + 1 + 30


def test_the_clock_may_stand_or_step_back_a_second_and_no_more(ledger: Ledger, store: Store) -> None:
    party = trader(ledger)
    (first,) = ledger.say(party, sale())
    store.clock.forward(-CLOCK_BACK_MS_MAX)
    now = Instant(store.clock.ms)
    (second,) = ledger.say(party, sale(2), occurred_at=now)
    assert second.at_ms == first.at_ms
    store.clock.forward(-1)
    with pytest.raises(ClockWentBack):
        ledger.say(party, sale(3), occurred_at=now)
    store.clock.forward(5000)
    assert ledger.say(party, sale(3))[0].seq == second.seq + 1


def test_a_record_put_right_stays_readable_and_counts_no_more(ledger: Ledger) -> None:
    party = trader(ledger)
    wrong_id = StatementId.new(ledger.clock(), bytes(10))
    ledger.say(party, sale(600), statement_id=wrong_id)
    size = ledger.size()
    better = sale(60).model_copy(update={"correction_reason": "incorrect_data"})
    ledger.say(party, better, corrects=wrong_id)
    with ledger.book() as book:
        assert [record.said for record in about(book, goods_key(LEEK))] == [better]
        assert [record.header.id == wrong_id for record in about(book, statement_key(wrong_id))] == [
            True,
            False,
        ]
    with ledger.book(as_of=size) as book:
        assert [record.said for record in about(book, goods_key(LEEK))] == [sale(600)]
    audited(ledger)


def test_a_withdrawn_record_leaves_nothing_but_its_history(ledger: Ledger) -> None:
    party = trader(ledger)
    wrong_id = StatementId.new(ledger.clock(), bytes(10))
    ledger.say(party, sale(), statement_id=wrong_id)
    ledger.say(party, Correction(correction_reason="did_not_occur"), corrects=wrong_id)
    with ledger.book() as book:
        assert not about(book, goods_key(LEEK))
        assert len(about(book, statement_key(wrong_id))) == 2
    audited(ledger)


def test_an_erased_item_is_gone_from_the_database_and_the_proofs_still_hold(
    ledger: Ledger, store: Store
) -> None:
    party, phone = trader(ledger), "139-0000-4711"
    farmer = Party(party=party, party_kind="farmer", person_name="王大田（演示）", phone=phone)
    said_id = StatementId.new(ledger.clock(), bytes(10))
    (placed,) = ledger.say(party, farmer, statement_id=said_id)
    contact = next(place for place, item in enumerate(farmer.to_items()) if item.kind == "contact")
    gone = ErasedPlace(issuer=party, statement=said_id, places=(contact,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    with ledger.book() as book:
        record = book.records([placed.seq])[placed.seq]
        assert record.missing == (contact,)
        assert isinstance(record.said, Party)
        assert (record.said.phone, record.said.party) == (None, party)
        assert not about(book, f"phone/{phone}")
    receipt = ledger.receipt(placed.seq)
    receipt.proof.verify(receipt.entry, [ledger.vkey])
    assert audited(ledger).erased == 1
    if store.url.startswith("sqlite"):
        files = [path.read_bytes() for path in store.folder.glob("suyuan.db*")]
        assert not any(phone.encode() in content or "王大田".encode() in content for content in files)


def test_an_item_missing_without_an_erasure_fails_the_audit(ledger: Ledger) -> None:
    (placed,) = ledger.say(trader(ledger), sale())
    with ledger.engine.begin() as connection:
        connection.execute(
            text("UPDATE items SET opened = :opened WHERE seq = :seq"),
            {"opened": b"[null]", "seq": placed.seq},
        )
    with pytest.raises(AuditFailed) as caught:
        audited(ledger)
    assert (caught.value.table, caught.value.entry) == ("items", placed.seq)


@pytest.mark.parametrize("table", ["entries", "checkpoints"])
@pytest.mark.parametrize("act", ["UPDATE {} SET log_id = log_id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_remove_what_is_append_only(
    ledger: Ledger, table: str, act: str
) -> None:
    with pytest.raises(DBAPIError), ledger.engine.begin() as connection:
        connection.execute(text(act.format(table)))
    audited(ledger)


def test_a_fault_at_any_step_of_a_commit_leaves_the_log_as_it_was(ledger: Ledger) -> None:
    """Every SQL statement of a commit fails once before it ran and once after it ran; then the same statement is sent again."""
    failures = 0
    for moment in ("before_cursor_execute", "after_cursor_execute"):
        step = 0
        while True:
            # A new trader with new goods each time: what is judged, and so the number of steps, stays the same.
            party, goods = trader(ledger), GoodsId.parse(f"urn:demo:{moment}:{step}")
            sold = Sale(lines=(Line(goods=goods, quantity=kg(1)),))
            statement, size = ledger.draft(party, sold), ledger.size()
            armed = [step]

            def fail(*_: object, armed: list[int] = armed) -> None:
                armed[0] -= 1
                if armed[0] == -1:
                    raise OSError(5, "Input/output error")

            event.listen(ledger.engine, moment, fail)
            try:
                ledger.recorder.record([statement])
            except (OSError, LedgerFault):
                failed = True
            else:
                failed = False
            finally:
                event.remove(ledger.engine, moment, fail)
            if not failed:
                break
            failures += 1
            assert ledger.size() == size
            (placed,) = ledger.recorder.record([statement])
            assert (placed.seq, placed.again) == (size, False)
            step += 1
    assert 20 < failures < 400
    audited(ledger)


def test_an_answer_lost_after_the_commit_is_given_when_the_statement_comes_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = trader(ledger)
    statement, size = ledger.draft(party, sale()), ledger.size()

    def lost(*_: object) -> None:
        raise ConnectionResetError("the line broke after COMMIT")

    with monkeypatch.context() as patched:
        patched.setattr(Recorder, "_acknowledge", lost)
        with pytest.raises(ConnectionResetError):
            ledger.recorder.record([statement])
    (placed,) = ledger.recorder.record([statement])
    assert (placed.seq, placed.again, ledger.size()) == (size, True, size + 1)
    audited(ledger)


def test_a_leaf_that_flips_in_memory_is_never_signed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    party = trader(ledger)
    statement, checkpoint, size = ledger.draft(party, sale()), ledger.checkpoint(), ledger.size()
    flips = iter([True])

    def leaf(entry: Entry) -> bytes:
        hashed = bytearray(leaf_hash(entry.raw))
        hashed[0] ^= next(flips, False)
        return bytes(hashed)

    with monkeypatch.context() as patched:
        patched.setattr(Entry, "leaf_hash", property(leaf))
        with pytest.raises(LeafChanged):
            ledger.recorder.record([statement])
    assert (ledger.checkpoint(), ledger.size()) == (checkpoint, size)
    ledger.recorder.record([statement])
    audited(ledger)
