"""Many groups in one commit: each sees what stands before it, a refused one leaves nothing, and what is remembered is never stale."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from ledger.errors import Blocked, Malformed, NotAllowed, Refusal, SignatureWrong, UnknownName
from ledger.identifiers import GoodsId, Instant, StatementId
from ledger.keys import Ed25519Signer
from ledger.recorder import _Ahead, _Group
from ledger.statement import Envelope, Signature, Statement
from ledger.store import page as pages
from ledger.views.book import about, goods_key, statement_key
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.oversight import Hold
from ledger.vocabulary.parties import Party
from ledger.vocabulary.registering import ErasedPlace, Erasure, Key
from ledger.vocabulary.trade import Receipt, Sale, Shipment, SupplierCheck
from ledger.vocabulary.values import Line, ReceivedLine
from tests.support.books import kg
from tests.support.stores import KINDS, Kind, Store, audited, fresh_store, trader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.identifiers import PartyId
    from ledger.service import Ledger
    from ledger.vocabulary.said import Said

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/JC-20261114")
GINGER = GoodsId.parse("https://id.gs1.org/01/09520001000010/10/SG-20261113")


def sale(amount: int = 1, goods: GoodsId = LEEK) -> Sale:
    return Sale(lines=(Line(goods=goods, quantity=kg(amount)),))


def batch(maker: PartyId, goods: GoodsId = LEEK) -> Batch:
    return Batch(goods=goods, maker=maker, name="韭菜（演示）", category="食用农产品", quantity=kg(100))


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    kind: Kind = request.param
    return fresh_store(kind, tmp_path)


@pytest.fixture
def ledger(store: Store) -> Iterator[Ledger]:
    with store.create() as ledger:
        yield ledger


def ids(ledger: Ledger, start: int = 0) -> Iterator[StatementId]:
    while True:
        start += 1
        yield StatementId.new(ledger.clock(), start.to_bytes(10, "big"))


def commit(ledger: Ledger, *groups: list[Statement]) -> list[_Group]:
    """All these groups in one commit, as when they had waited for the writer together. Their own threads read ahead."""
    head = ledger.recorder._head
    register = None if head is None else head.register
    waiting = [_Group(tuple(_Ahead.of(one, register) for one in group), Future()) for group in groups]
    ledger.recorder._commit(waiting)
    return waiting


def test_a_group_refused_in_the_middle_of_a_commit_leaves_nothing_behind(ledger: Ledger) -> None:
    maker, stall = trader(ledger), trader(ledger)
    some = ids(ledger)
    made, sold = next(some), next(some)
    ledger.say(maker, batch(maker), statement_id=made)
    better = batch(maker).model_copy(update={"correction_reason": "incorrect_data", "quantity": kg(90)})
    not_its_own = Party(party=stall, party_kind="company", name="别家（演示）")
    size = ledger.size()
    first, refused, later, again = commit(
        ledger,
        [ledger.draft(maker, sale(1))],
        # Puts a stored record right, and then one of its own; all of it is taken back.
        [
            ledger.draft(maker, better, corrects=made),
            ledger.draft(maker, sale(5), statement_id=sold),
            ledger.draft(maker, Correction(correction_reason="did_not_occur"), corrects=sold),
            ledger.draft(maker, not_its_own),
        ],
        # The same id for something else: nobody has used it.
        [ledger.draft(maker, sale(7), statement_id=sold)],
        [ledger.draft(maker, better, corrects=made)],
    )
    assert isinstance(refused.refusal, NotAllowed)
    assert refused.refusal.field == "statements[3].party"
    assert [one.seq for group in (first, later, again) for one in group.placed] == [size, size + 1, size + 2]
    with ledger.book() as book:
        found = [record.said for record in about(book, goods_key(LEEK))]
        assert found == [sale(1), sale(7), better]
        assert [record.said for record in about(book, statement_key(sold))] == [sale(7)]
    # What is remembered for the next commit is the same as what is stored.
    with pytest.raises(Malformed, match="the latest record"):
        ledger.say(maker, better, corrects=made)
    ledger.say(maker, Correction(correction_reason="did_not_occur"), corrects=sold)
    audited(ledger)


def test_a_group_sees_what_the_groups_before_it_in_the_same_commit_said(ledger: Ledger) -> None:
    maker, stall = trader(ledger), trader(ledger)
    some = ids(ledger)
    held, sent = next(some), next(some)
    offer = Shipment(to=stall, lines=(Line(goods=LEEK, quantity=kg(60)),))
    held_back, blocked, lifted, shipped = commit(
        ledger,
        [ledger.draft(maker, Hold(action="hold", goods=(LEEK,), at=maker), statement_id=held)],
        [ledger.draft(maker, offer)],
        [ledger.draft(maker, Hold(action="release", goods=(LEEK,), at=maker))],
        [
            ledger.draft(maker, offer, statement_id=sent),
            ledger.draft(
                stall,
                Receipt(
                    supplier=maker,
                    shipment=sent,
                    lines=(ReceivedLine(goods=LEEK, quantity=kg(40), declared=kg(60)),),
                ),
            ),
        ],
    )
    assert (held_back.refusal, lifted.refusal, shipped.refusal) == (None, None, None)
    assert isinstance(blocked.refusal, Blocked)
    assert {finding.kind for finding in ledger.findings()} >= {"sender_receiver_differ"}
    audited(ledger)


def test_a_statement_twice_in_one_commit_is_one_entry(ledger: Ledger) -> None:
    party, size = trader(ledger), ledger.size()
    statement = ledger.draft(party, sale())
    one, two = commit(ledger, [statement, statement], [statement])
    places = [(place.seq, place.again) for place in (*one.placed, *two.placed)]
    assert places == [(size, False), (size, True), (size, True)]
    audited(ledger)


def test_an_erasure_finds_what_was_said_earlier_in_its_own_commit(ledger: Ledger) -> None:
    party, some = trader(ledger), ids(ledger)
    said = next(some)
    farmer = Party(party=party, party_kind="farmer", person_name="王大田（演示）", phone="139-0000-4711")
    places = tuple(range(len(farmer.to_items())))
    gone = Erasure(
        ground="个人信息保护法 47", erased=(ErasedPlace(issuer=party, statement=said, places=places),)
    )
    before, erased, after = commit(
        ledger,
        [ledger.draft(party, farmer, statement_id=said), ledger.draft(party, sale(1))],
        [ledger.draft(ledger.registrar, gone)],
        [ledger.draft(party, sale(2))],
    )
    assert (before.refusal, erased.refusal, after.refusal) == (None, None, None)
    with ledger.book() as book:
        assert not about(book, "phone/139-0000-4711")
        assert book.records([before.placed[0].seq])[before.placed[0].seq].said is None
    assert audited(ledger).erased == len(places)


def test_a_group_whose_second_erasure_is_refused_erases_nothing(ledger: Ledger) -> None:
    party, some = trader(ledger), ids(ledger)
    said = next(some)
    ledger.say(party, sale(3), statement_id=said)

    def erasing(statement: StatementId) -> Statement:
        gone = ErasedPlace(issuer=party, statement=statement, places=(0,))
        return ledger.draft(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))

    before, refused, after = commit(
        ledger,
        [ledger.draft(party, sale(1))],
        [ledger.draft(party, sale(5)), erasing(said), erasing(next(some))],
        [ledger.draft(party, sale(2))],
    )
    assert isinstance(refused.refusal, UnknownName)
    assert (before.refusal, after.refusal) == (None, None)
    with ledger.book() as book:
        assert [record.said for record in about(book, goods_key(LEEK))] == [sale(3), sale(1), sale(2)]
    assert audited(ledger).erased == 0


def test_nothing_that_was_erased_is_remembered(ledger: Ledger) -> None:
    party, some = trader(ledger), ids(ledger)
    said = next(some)
    ledger.say(party, sale(3), statement_id=said)
    assert ledger.recorder._recent.records
    gone = ErasedPlace(issuer=party, statement=said, places=(0,))
    ledger.say(ledger.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
    assert not ledger.recorder._recent.records
    assert not ledger.recorder._recent.about
    ledger.say(party, sale(4))
    audited(ledger)


def test_two_processes_that_write_in_turn_never_see_what_is_stale(store: Store, ledger: Ledger) -> None:
    maker, stall = trader(ledger), trader(ledger)
    some = ids(ledger)
    with store.open() as other:
        for round_ in range(3):
            made, goods = next(some), GoodsId.parse(f"urn:demo:lot:{round_}")
            ledger.say(maker, batch(maker, goods), statement_id=made)
            better = batch(maker, goods).model_copy(
                update={"correction_reason": "incorrect_data", "quantity": kg(80)}
            )
            other.say(maker, better, corrects=made)
            # This process recorded it, and remembers it as it stood.
            with pytest.raises(Malformed, match="the latest record"):
                ledger.say(maker, better, corrects=made)
            other.say(maker, Hold(action="hold", goods=(goods,), at=maker))
            with pytest.raises(Blocked):
                ledger.say(maker, Shipment(to=stall, lines=(Line(goods=goods, quantity=kg(1)),)))
            ledger.say(maker, sale(300, goods))
            other.say(stall, sale(2, goods))
            sold = next(some)
            ledger.say(maker, sale(4, goods), statement_id=sold)
            gone = ErasedPlace(issuer=maker, statement=sold, places=(0,))
            other.say(other.registrar, Erasure(ground="个人信息保护法 47", erased=(gone,)))
            ledger.say(maker, sale(5, goods))
            audited(ledger)


def test_a_signature_that_was_good_when_it_was_read_does_not_outlive_its_key(ledger: Ledger) -> None:
    party = trader(ledger)
    statement = ledger.draft(party, sale())
    keyid = ledger.custodial_signer(party).public.keyid
    revoking = ledger.draft(ledger.registrar, Key(action="revoke", keyid=keyid, reason="lost"))
    last, too_late = commit(ledger, [revoking], [ledger.draft(party, sale(2)), statement])
    assert last.refusal is None
    assert isinstance(too_late.refusal, SignatureWrong)
    audited(ledger)


def test_a_signature_of_a_known_key_over_something_else_is_refused_also_when_it_is_read_ahead(
    ledger: Ledger,
) -> None:
    party = trader(ledger)
    ledger.say(party, sale())
    statement = ledger.draft(party, sale(2))
    (signature,) = statement.envelope.signatures
    other = Ed25519Signer.generate().sign(statement.envelope.signed_bytes())
    envelope = Envelope(payload=statement.envelope.payload, signatures=(Signature(signature.keyid, other),))
    with pytest.raises(SignatureWrong):
        ledger.recorder.record([replace(statement, envelope=envelope)])
    audited(ledger)


def test_a_commit_of_many_checks_asks_the_index_as_often_as_a_commit_of_a_few(ledger: Ledger) -> None:
    """What its judges will ask (the buyers' papers, the answers to what they find) is asked for all of them together."""
    maker, asked = trader(ledger), list[int]()
    for number in (2, 12):
        goods = GoodsId.parse(f"https://id.gs1.org/01/09520001000027/10/JC-{number}")
        biscuits = batch(maker, goods).model_copy(update={"name": "饼干（演示）", "category": "预包装食品"})
        ledger.say(maker, biscuits)
        stalls = [trader(ledger) for _ in range(number)]
        said = SupplierCheck(
            supplier=maker,
            received_on=Instant(ledger.clock()).date_in_shanghai(),
            conclusion="accept",
            lines=(Line(goods=goods, quantity=kg(1)),),
        )
        drafts = [ledger.draft(stall, said) for stall in stalls]
        heard: list[str] = []

        def hear(*sentence: object, heard: list[str] = heard) -> None:
            heard.append(str(sentence[2]))

        event.listen(ledger.engine, "before_cursor_execute", hear)
        commit(ledger, drafts)
        event.remove(ledger.engine, "before_cursor_execute", hear)
        asked.append(sum("FROM mentions" in one for one in heard))
        assert all(
            "document_missing" in {one.kind for one in ledger.findings(party=stall)} for stall in stalls
        )
    assert asked[0] == asked[1]
    audited(ledger)


def test_the_receipts_of_a_group_are_those_of_its_statements(ledger: Ledger) -> None:
    party = trader(ledger)
    ledger.say(party, sale(9))
    statements = [ledger.draft(party, sale(amount)) for amount in (1, 2, 3)]
    receipts = ledger.record([*statements, statements[0]])
    assert receipts[0] == receipts[3]
    assert list(receipts[:3]) == [ledger.receipt(receipt.seq) for receipt in receipts[:3]]
    for receipt in receipts:
        receipt.proof.verify(receipt.entry, [ledger.vkey])


def test_random_commits_of_many_groups_leave_views_that_are_the_fold(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few parties and goods, so that groups meet; a memory so small that most of it is let go between commits."""
    monkeypatch.setattr(pages, "RECORDS_HELD_MAX", 12)
    monkeypatch.setattr(pages, "KEYS_HELD_MAX", 20)
    monkeypatch.setattr(pages, "RECORDS_OF_A_KEY_HELD_MAX", 3)
    chance, some = Random(5), ids(ledger)
    parties = [trader(ledger) for _ in range(3)]
    said: list[tuple[PartyId, StatementId]] = []

    def anything(issuer: PartyId) -> Said:
        goods, other = chance.choice([LEEK, GINGER]), chance.choice(parties)
        lines = (Line(goods=goods, quantity=kg(chance.randrange(1, 60))),)
        kinds: list[Said] = [
            batch(issuer, goods),
            Sale(lines=lines),
            Shipment(to=other, lines=lines),
            Receipt(
                supplier=other,
                shipment=chance.choice([None, *(one for _, one in said[-5:])]),
                lines=(ReceivedLine(goods=goods, quantity=kg(chance.randrange(1, 60))),),
            ),
            Party(party=chance.choice(parties), party_kind="company", name="某家（演示）", phone="0513-1"),
        ]
        return chance.choice(kinds)

    def group() -> list[Statement]:
        statements = []
        for _ in range(chance.randrange(1, 4)):
            issuer, name = chance.choice(parties), next(some)
            if said and chance.randrange(4) == 0:
                issuer, corrected = chance.choice(said)
                content: Said = Correction(correction_reason="did_not_occur")
                statements.append(ledger.draft(issuer, content, statement_id=name, corrects=corrected))
            else:
                statements.append(ledger.draft(issuer, anything(issuer), statement_id=name))
            said.append((issuer, name))
        return statements

    refusals: list[Refusal] = []
    for _ in range(12):
        refusals += [
            one.refusal for one in commit(ledger, *(group() for _ in range(6))) if one.refusal is not None
        ]
        audited(ledger)
    assert 5 < len(refusals) < 60
