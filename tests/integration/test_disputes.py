"""A stolen key in a whole ledger: what it signed waits for its owner's word, stands where it stood, and the audit finds the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.errors import Malformed, SignatureWrong, UnknownName
from ledger.findings import judge
from ledger.gate import NotYetHappened
from ledger.identifiers import GoodsId, Instant, PartyId, StatementId
from ledger.keys import Ed25519Signer
from ledger.statement import sign_statement
from ledger.store.rules import make_again
from ledger.views.book import statement_key
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.correctable import Correction
from ledger.vocabulary.goods import Batch
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.stores import Store, audited, fresh_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.service import Ledger
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said

LEEK = GoodsId.parse("https://id.gs1.org/01/09520001000027/10/L1")
HOUR_MS = 3_600_000
#: The key that is stolen, the one at home, and a third one.
STOLEN, HOME, THIRD = (Ed25519Signer.from_secret(bytes(31) + bytes([one])) for one in (1, 2, 3))


class Farm:
    """A party with two keys of its own."""

    def __init__(self, store: Store, ledger: Ledger) -> None:
        self.clock, self.ledger = store.clock, ledger
        self.party = PartyId.new(b"0123456789")
        self.serial = 0
        for signer in (STOLEN, HOME):
            ledger.enrol(self.party, role="enterprise", public=signer)

    def signs(self, said: Said, *signers: Ed25519Signer, corrects: StatementId | None = None) -> Statement:
        self.serial += 1
        return sign_statement(
            said.to_items(),
            log=self.ledger.origin,
            statement_id=StatementId.new(self.clock.ms, self.serial.to_bytes(10, "big")),
            type_name=said.TYPE,
            issuer=self.party,
            occurred_at=Instant(self.clock.ms, 480),
            signers=signers,
            corrects=corrects,
        )

    def says(self, said: Said, *signers: Ed25519Signer, corrects: StatementId | None = None) -> StatementId:
        """Record it, an hour after what was said before."""
        self.clock.forward(HOUR_MS)
        statement = self.signs(said, *signers, corrects=corrects)
        self.ledger.recorder.record([statement])
        return statement.header.id

    def sells(self, *signers: Ed25519Signer) -> StatementId:
        return self.says(Sale(lines=(Line(goods=LEEK, quantity=kg(1)),)), *signers)

    def affirms(self, *names: StatementId, by: Ed25519Signer = HOME) -> StatementId:
        return self.says(Affirmation(statements=names), by)

    def reports(self, key: Ed25519Signer, since_ms: int, *, by: Ed25519Signer = HOME) -> StatementId:
        report = Key(action="compromised", party=self.party, keyid=key.public.keyid, since_ms=since_ms)
        return self.says(report, by)

    def disputed(self) -> set[str]:
        """The statements in question, as they are stored; the audit judges them all again."""
        audited(self.ledger)
        found = self.ledger.findings(party=self.party)
        return {one.subject.removeprefix("statement/") for one in found if one.kind == "signature_disputed"}


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    store = fresh_store("sqlite", tmp_path)
    with store.create() as ledger:
        yield Farm(store, ledger)


def test_what_a_stolen_key_signed_since_then_waits_for_a_word_and_what_it_signed_before_does_not(
    farm: Farm,
) -> None:
    before, since = farm.sells(STOLEN), farm.sells(STOLEN)
    stolen_ms = farm.clock.ms
    later, sound = farm.sells(STOLEN), farm.sells(HOME)
    assert farm.disputed() == set()
    farm.reports(STOLEN, stolen_ms)
    assert farm.disputed() == {str(since), str(later)}
    assert {str(before), str(sound)}.isdisjoint(farm.disputed())


def test_the_finding_states_what_the_log_says_and_accuses_nobody(farm: Farm) -> None:
    sale = farm.sells(STOLEN)
    stolen_ms = farm.clock.ms
    farm.reports(STOLEN, stolen_ms)
    (one,) = [one for one in farm.ledger.findings() if one.kind == "signature_disputed"]
    with farm.ledger.book() as book:
        seqs = (book.position(sale), book.size - 1)
    assert (one.grade, one.party, one.seqs, one.since_ms) == ("grey", farm.party, seqs, farm.clock.ms)
    assert one.figures["stolen_since"] == Instant(stolen_ms).display()
    assert "itself" in one.causes[0].en
    assert "affirm" in one.answer.en


def test_an_affirmation_with_a_sound_key_settles_it_and_one_taken_back_does_not(farm: Farm) -> None:
    stolen_ms = farm.clock.ms
    first, second = farm.sells(STOLEN), farm.sells(STOLEN)
    farm.reports(STOLEN, stolen_ms)
    word = farm.affirms(first)
    assert farm.disputed() == {str(second)}
    farm.says(Correction(correction_reason="did_not_occur"), HOME, corrects=word)
    assert farm.disputed() == {str(first), str(second)}


def test_the_thief_affirms_nothing_and_a_key_that_turns_out_stolen_has_affirmed_nothing(farm: Farm) -> None:
    farm.ledger.enrol(farm.party, role="enterprise", public=THIRD)
    stolen_ms = farm.clock.ms
    sale = farm.sells(STOLEN)
    by_the_thief = farm.affirms(sale, by=STOLEN)
    by_the_third = farm.affirms(sale, by=THIRD)
    farm.reports(STOLEN, stolen_ms)
    assert farm.disputed() == {str(by_the_thief)}
    farm.reports(THIRD, stolen_ms)
    assert farm.disputed() == {str(sale), str(by_the_thief), str(by_the_third)}
    farm.affirms(sale, by_the_third, by=HOME)
    # An affirmation that was in question and is affirmed may stand; it still says nothing for another.
    assert farm.disputed() == {str(by_the_thief)}


def test_a_later_report_reaches_further_back(farm: Farm) -> None:
    early = farm.sells(STOLEN)
    early_ms = farm.clock.ms
    late = farm.sells(STOLEN)
    farm.reports(STOLEN, farm.clock.ms)
    assert farm.disputed() == {str(late)}
    farm.reports(STOLEN, early_ms)
    assert farm.disputed() == {str(early), str(late)}
    with pytest.raises(Malformed):
        farm.reports(STOLEN, early_ms)


def test_a_second_key_of_its_issuer_under_it_keeps_a_statement_out_of_question(farm: Farm) -> None:
    stolen_ms = farm.clock.ms
    farm.sells(STOLEN, HOME)
    farm.reports(STOLEN, stolen_ms)
    assert farm.disputed() == set()


def test_what_the_thief_did_to_keys_is_in_question_too(farm: Farm) -> None:
    stolen_ms = farm.clock.ms
    brought = farm.says(
        Key(
            action="enrol",
            party=farm.party,
            role="enterprise",
            custody="own",
            kind_of_key="ed25519",
            public_key=str(THIRD.public),
        ),
        STOLEN,
        THIRD,
    )
    farm.reports(STOLEN, stolen_ms)
    assert farm.disputed() == {str(brought)}
    # It stands until it is ended by name.
    sale = farm.sells(THIRD)
    farm.reports(THIRD, stolen_ms)
    assert farm.disputed() == {str(brought), str(sale)}


def test_a_stolen_key_signs_nothing_any_more_and_its_end_counts_at_once(farm: Farm) -> None:
    record = farm.ledger.recorder.record
    report = farm.signs(
        Key(action="compromised", party=farm.party, keyid=STOLEN.public.keyid, since_ms=farm.clock.ms), HOME
    )
    sale = farm.signs(Sale(lines=(Line(goods=LEEK, quantity=kg(1)),)), STOLEN)
    with pytest.raises(SignatureWrong, match="not revoked"):
        record([report, sale])
    record([report])
    with pytest.raises(SignatureWrong, match="not revoked"):
        record([sale])
    assert farm.disputed() == set()


def test_nobody_is_robbed_in_the_future_and_nobody_affirms_what_is_not_there_or_not_his(farm: Farm) -> None:
    with pytest.raises(NotYetHappened):
        farm.reports(STOLEN, farm.clock.ms + 2 * HOUR_MS)
    farm.reports(STOLEN, farm.clock.ms + HOUR_MS)
    with farm.ledger.book() as book:
        (genesis,) = [one.header.id for one in book.records([0]).values()]
    for name in (StatementId.new(farm.clock.ms, bytes(10)), genesis):
        with pytest.raises(UnknownName, match=r"statements\[0\]"):
            farm.affirms(name)


def test_what_is_in_question_is_the_same_after_a_refold_and_as_of_before(farm: Farm) -> None:
    stolen_ms = farm.clock.ms
    goods = Batch(goods=LEEK, maker=farm.party, name="韭菜", category="edible_farm_produce")
    batch = farm.says(goods, STOLEN)
    size = farm.ledger.size()
    farm.reports(STOLEN, stolen_ms)
    assert make_again(farm.ledger.engine, farm.ledger.origin) == farm.ledger.size()
    assert farm.disputed() == {str(batch)}
    with farm.ledger.book(as_of=size) as book:
        assert not [one for one in judge(statement_key(batch), book) if one.kind == "signature_disputed"]


def test_a_record_names_the_keys_that_signed_it(farm: Farm) -> None:
    sale = farm.sells(STOLEN, HOME)
    with farm.ledger.book() as book:
        seq = book.position(sale)
        assert seq is not None
        assert book.records([seq])[seq].keyids == tuple(sorted(one.public.keyid for one in (STOLEN, HOME)))
