"""Witnesses that sign, lie, sleep and fail: what is shown, when they are asked, and that recording never waits for them."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import NoteSignatureWrong
from ledger.log.merkle import leaf_hash
from ledger.log.note import Cosigner, Note, Verified
from ledger.log.policy import QuorumMissed
from ledger.log.sizes import Size
from ledger.log.witnessing import (
    ANSWER_BYTES_MAX,
    SIZE_TYPE,
    AddCheckpoint,
    AnswerMalformed,
    Cosigned,
    HistoryDeclined,
    LogKeyNotKnown,
    LogNotKnown,
    RequestDeclined,
    StandsAt,
)
from ledger.store import cosignatures
from ledger.store.engine import writing
from ledger.store.tables import CosignatureRow, PublicationRow
from ledger.witnesses import (
    Witnessing,
    WitnessSilent,
    asking,
    client,
    latest_known,
)
from ledger.witnesses.asking import HEARTBEAT_SECONDS, ROUND_SECONDS, WitnessAhead
from tests.support.stores import KINDS, fresh_store, trader
from tests.support.witnesses import Answer, Street, Witness, witnesses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ledger.errors import Refusal
    from ledger.log.policy import Policy
    from ledger.service import Ledger
    from tests.support.stores import Kind

NOW = 1_794_614_400

_cosignatures = CosignatureRow.__table__  # type: ignore[attr-defined]  # set by SQLModel
_publications = PublicationRow.__table__  # type: ignore[attr-defined]  # set by SQLModel


@dataclass(slots=True)
class Time:
    """One clock for the server and its witnesses."""

    seconds: float = float(NOW)

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def kind() -> Kind:
    return "sqlite"


@pytest.fixture
def ledger(kind: Kind, tmp_path: Path) -> Iterator[Ledger]:
    with fresh_store(kind, tmp_path / "store").create() as ledger:
        yield ledger


@pytest.fixture
def street() -> Iterator[Street]:
    with witnesses(NOW) as street:
        yield street


@contextmanager
def witnessing(ledger: Ledger, policy: Policy, time: Time) -> Iterator[Witnessing]:
    """The client over a ledger, without its thread: a test says when it looks."""
    one = Witnessing(ledger.engine, ledger.origin, policy, monotonic=time, wall=time)
    one.begin()
    try:
        yield one
    finally:
        one.close()


def known(street: Street, ledger: Ledger, *names: str) -> list[Witness]:
    """Honest witnesses that were told of this log."""
    return [street.open(name, logs={ledger.origin: ledger.vkey}) for name in names]


def trouble(one: Witnessing) -> Refusal:
    """The one trouble there is."""
    ((_, why),) = one.standing().troubles
    return why


def shown(one: Witnessing, ledger: Ledger) -> tuple[int, int]:
    """Size of what is published, and how many cosignatures a stranger finds under it."""
    signed = open_checkpoint(one.checkpoint(), [ledger.vkey], one.policy.witness_keys)
    return signed.checkpoint.size, len(signed.cosignatures)


@pytest.mark.parametrize("kind", KINDS)
class TestSigning:
    def test_the_published_checkpoint_carries_the_witnesses_and_the_policy_takes_it(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        policy = street.policy("all", *known(street, ledger, "w1", "w2"))
        with witnessing(ledger, policy, time) as one:
            with pytest.raises(QuorumMissed):
                policy.check(one.checkpoint(), [ledger.vkey])
            one.tick()
            signed = policy.check(one.checkpoint(), [ledger.vkey])
            assert signed.checkpoint.size == ledger.size()
            assert [cosigned.time for cosigned in signed.cosignatures] == [NOW, NOW]
            assert one.standing().words.en == (
                f"checkpoint of size {ledger.size()}: witnessed by 2 of 2, as many as the policy asks for"
            )

    def test_a_grown_log_is_proved_to_continue_the_one_they_saw(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            for _ in range(4):
                one.tick()
                assert shown(one, ledger) == (ledger.size(), 1)
                trader(ledger)
                time.seconds += ROUND_SECONDS
        sizes = [AddCheckpoint.parse(raw).old for raw in witness.asked]
        assert sizes == sorted(set(sizes))
        assert len(sizes) == 4

    def test_a_server_that_starts_again_remembers_what_they_signed(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        policy = street.policy("all", witness)
        with witnessing(ledger, policy, time) as one:
            one.tick()
        with witnessing(ledger, policy, time) as again:
            assert shown(again, ledger) == (ledger.size(), 1)

    def test_an_answer_that_was_lost_on_the_way_is_made_good_with_one_more_question(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        trader(ledger)
        asked = AddCheckpoint(Size(0), (), ledger.checkpoint())
        assert witness.add(asked.to_bytes()).status == 200
        trader(ledger)
        with witnessing(ledger, street.policy("all", witness), time) as one:
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 1)
        assert len(witness.asked) == 3

    def test_a_cosignature_that_changed_on_disk_is_not_shown(
        self, ledger: Ledger, street: Street, time: Time, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, second = known(street, ledger, "w1", "w2")
        with witnessing(ledger, street.policy("any", first, second), time) as one:
            one.tick()
            other = Checkpoint(ledger.origin, Size(ledger.size()), leaf_hash(b"other")).to_bytes()
            wrong = first.cosigner.cosign(other, time=NOW)
            with pytest.raises(NoteSignatureWrong):
                open_checkpoint(
                    ledger.checkpoint() + f"{wrong}\n".encode(), [ledger.vkey], [first.cosigner.verifier]
                )
            with writing(ledger.engine) as connection:
                connection.execute(
                    update(_cosignatures)
                    .where(_cosignatures.c.witness == str(first.cosigner.verifier))
                    .values(line=str(wrong))
                )
            assert shown(one, ledger) == (ledger.size(), 1)
            assert one.standing().behind == ("w2",)
        assert "is not its own any more" in caplog.text


class TestWhen:
    def test_they_are_asked_at_most_every_ten_seconds_however_fast_the_log_grows(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            one.tick()
            for passed in (1.0, ROUND_SECONDS - 1.01):
                time.seconds += passed
                trader(ledger)
                one.tick()
            assert len(witness.asked) == 1
            # What a policy takes stays in sight until the next one that it takes.
            assert shown(one, ledger)[1] == 1
            time.seconds += 0.02
            one.tick()
            assert len(witness.asked) == 2
            assert shown(one, ledger) == (ledger.size(), 1)

    def test_a_quiet_log_is_cosigned_again_every_ten_minutes(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            one.tick()
            time.seconds += HEARTBEAT_SECONDS - 1
            one.tick()
            assert len(witness.asked) == 1
            time.seconds += 1
            witness.now = int(time.seconds)
            one.tick()
            signed = one.policy.check(one.checkpoint(), [ledger.vkey])
        assert [cosigned.time for cosigned in signed.cosignatures] == [NOW + HEARTBEAT_SECONDS]

    def test_two_servers_of_one_log_ask_in_turns(self, ledger: Ledger, street: Street, time: Time) -> None:
        (witness,) = known(street, ledger, "w1")
        policy = street.policy("all", witness)
        with witnessing(ledger, policy, time) as one, witnessing(ledger, policy, time) as other:
            one.tick()
            trader(ledger)
            other.tick()
            assert len(witness.asked) == 1
            assert one.checkpoint() == other.checkpoint()

    def test_a_time_of_asking_that_is_still_to_come_holds_nobody_up(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            with writing(ledger.engine) as connection:
                connection.execute(update(_publications).values(asked_ms=(NOW + 86_400) * 1000))
            one.tick()
            assert len(witness.asked) == 1

    def test_without_a_quorum_to_wait_for_it_is_published_once_a_second(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        with witnessing(ledger, street.policy("none", *known(street, ledger, "w1")), time) as one:
            one.tick()
            before = ledger.size()
            trader(ledger)
            time.seconds += 0.99
            one.tick()
            assert shown(one, ledger) == (before, 1)
            time.seconds += 0.02
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 0)
            assert one.standing().quorum

    def test_a_witness_that_fails_is_left_alone_for_longer_each_time_up_to_ten_minutes(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        witness = street.open("w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            moments = list[int]()
            for second in range(0, 2000, 5):
                time.seconds = NOW + second
                before = len(witness.asked)
                one.tick()
                if len(witness.asked) > before:
                    moments.append(second)
        assert moments == [0, 10, 30, 70, 150, 310, 630, 1230, 1830]


class TestWithout:
    def test_the_log_goes_on_without_them_and_says_so(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (honest,), absent = known(street, ledger, "w1"), street.open("w2")
        with witnessing(ledger, street.policy("all", honest, absent), time) as one:
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 1)
            assert isinstance(trouble(one), LogNotKnown)
            trader(ledger)
            # No quorum can be had before the absent one is asked again: nobody waits for it.
            time.seconds += 1
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 0)
            standing = one.standing()
            assert not standing.quorum
            assert standing.words.zh.endswith("2 个见证中 0 个已联署，未达策略要求")
            # It comes back, and all is well again.
            absent.logs = {ledger.origin: ledger.vkey}
            time.seconds += ROUND_SECONDS
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 2)
            assert one.standing().quorum
            assert one.standing().troubles == ()

    def test_what_was_shown_is_never_taken_back(self, ledger: Ledger, street: Street, time: Time) -> None:
        (witness,) = known(street, ledger, "w1")
        policy = street.policy("all", witness)
        with witnessing(ledger, policy, time) as one:
            one.tick()
        # For a while nobody is asked, and the newest is shown to everybody.
        trader(ledger)
        size = ledger.size()
        with witnessing(ledger, policy, time) as again:
            assert shown(again, ledger) == (size, 0)

    def test_a_published_size_that_cannot_be_shows_the_newest(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        with witnessing(ledger, street.policy("none", *known(street, ledger, "w1")), time) as one:
            with writing(ledger.engine) as connection:
                connection.execute(update(_publications).values(size=1_000_000))
            assert shown(one, ledger) == (ledger.size(), 0)

    def test_a_witness_without_an_address_is_counted_and_not_asked(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        policy = street.policy("all", witness)
        silent = replace(policy, witnesses=(replace(policy.witnesses[0], url=None),))
        with witnessing(ledger, silent, time) as one:
            one.tick()
            assert one.standing().of == 1
            assert not one.standing().quorum
        assert witness.asked == []


def _signed_by_another(text: bytes) -> bytes:
    return f"{Cosigner.from_seed('witness.example/w1', bytes(32)).cosign(text, time=NOW)}\n".encode()


def _text(raw: bytes) -> bytes:
    return Note.parse(AddCheckpoint.parse(raw).checkpoint).text


def _elsewhere(raw: bytes) -> Answer:
    """Never where it said it was."""
    return Answer(409, b"1\n" if AddCheckpoint.parse(raw).old != 1 else b"2\n", SIZE_TYPE)


#: What each of them says, and what it is called for it.
LIARS: dict[str, tuple[Callable[[bytes], Answer], type[Refusal]]] = {
    "404": (lambda _raw: Answer(404), LogNotKnown),
    "403": (lambda _raw: Answer(403), LogKeyNotKnown),
    "400": (lambda _raw: Answer(400), RequestDeclined),
    "422": (lambda _raw: Answer(422), HistoryDeclined),
    "500": (lambda _raw: Answer(500, b"oh"), AnswerMalformed),
    "moved": (lambda _raw: Answer(302), AnswerMalformed),
    "nothing": (lambda _raw: Answer(200), AnswerMalformed),
    "long": (lambda _raw: Answer(200, b"x" * ANSWER_BYTES_MAX * 4), AnswerMalformed),
    "other-key": (lambda raw: Answer(200, _signed_by_another(_text(raw))), AnswerMalformed),
    "untyped-size": (lambda _raw: Answer(409, b"1\n", "text/plain"), AnswerMalformed),
    "size-we-said": (lambda _raw: Answer(409, b"0\n", SIZE_TYPE), AnswerMalformed),
    "ahead": (lambda _raw: Answer(409, StandsAt(Size(10**9)).to_bytes(), SIZE_TYPE), WitnessAhead),
    "ever-elsewhere": (_elsewhere, AnswerMalformed),
}


class TestLies:
    def test_liars_gain_nothing_and_each_is_named(self, ledger: Ledger, street: Street, time: Time) -> None:
        trader(ledger)
        (honest,) = known(street, ledger, "honest")
        liars = [street.open(name, answer=answer) for name, (answer, _) in LIARS.items()]
        with witnessing(ledger, street.policy("any", honest, *liars), time) as one:
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 1)
            assert one.standing().behind == ("honest",)
            came = {name: type(why) for name, why in one.standing().troubles}
        assert came == {name: why for name, (_, why) in LIARS.items()}
        assert max(len(liar.asked) for liar in liars) == 2

    def test_a_cosignature_of_another_tree_with_the_right_key_is_refused(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        other = Checkpoint("log.example/other", Size(1), leaf_hash(b"other")).to_bytes()
        liar = street.open("w1")
        liar.answer = lambda _raw: Answer(200, f"{liar.cosigner.cosign(other, time=NOW)}\n".encode())
        with witnessing(ledger, street.policy("all", liar), time) as one:
            one.tick()
            assert type(trouble(one)) is NoteSignatureWrong
            assert shown(one, ledger) == (ledger.size(), 0)
        with ledger.engine.connect() as connection:
            assert connection.execute(select(_cosignatures)).all() == []

    def test_an_old_cosignature_sent_again_does_not_take_the_place_of_a_newer_one(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        with witnessing(ledger, street.policy("all", witness), time) as one:
            one.tick()
            time.seconds += HEARTBEAT_SECONDS
            witness.now = NOW - 1_000
            one.tick()
            assert len(witness.asked) == 2
            signed = one.policy.check(one.checkpoint(), [ledger.vkey])
        assert [cosigned.time for cosigned in signed.cosignatures] == [NOW]

    def test_grave_news_is_told_as_an_error_and_the_rest_as_a_warning(
        self, ledger: Ledger, street: Street, time: Time, caplog: pytest.LogCaptureFixture
    ) -> None:
        forked = street.open("w1", answer=lambda _raw: Answer(422))
        unknown = street.open("w2")
        with witnessing(ledger, street.policy("none", forked, unknown), time) as one:
            one.tick()
        levels = {one.args[0]: one.levelno for one in caplog.records if isinstance(one.args, tuple)}
        assert levels == {"w1": logging.ERROR, "w2": logging.WARNING}

    def test_planted_a_client_that_believes_what_it_is_told_shows_what_every_reader_refuses(
        self, ledger: Ledger, street: Street, time: Time, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Checkpoint("log.example/other", Size(1), leaf_hash(b"other")).to_bytes()
        liar = street.open("w1")
        line = liar.cosigner.cosign(other, time=NOW)
        liar.answer = lambda _raw: Answer(200, f"{line}\n".encode())
        believed = Verified(liar.cosigner.verifier, line, NOW)
        monkeypatch.setattr(client, "read_answer", lambda *_a, **_k: Cosigned((believed,)))
        monkeypatch.setattr(cosignatures, "check_cosignature", lambda *_a, **_k: believed)
        with witnessing(ledger, street.policy("all", liar), time) as one:
            one.tick()
            assert one.standing().quorum
            with pytest.raises(NoteSignatureWrong):
                shown(one, ledger)


def test_in_a_thread_of_its_own_it_publishes_by_itself_and_ends_with_the_server(
    ledger: Ledger, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PUBLISH_SECONDS", 0.02)
    (witness,) = known(street, ledger, "w1")
    cosigned = threading.Event()
    witness.now, witness.answer = None, lambda _raw: cosigned.set()
    one = Witnessing(ledger.engine, ledger.origin, street.policy("all", witness))
    one.start()
    assert cosigned.wait(30)
    one.close()
    assert one.standing().behind == ("w1",)


class TestSlow:
    @pytest.fixture(autouse=True)
    def _impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(asking, "ANSWER_SECONDS_MAX", 0.5)
        monkeypatch.setattr(client, "ANSWER_SECONDS_MAX", 0.5)

    def test_one_that_answers_a_byte_at_a_time_is_given_up_and_the_others_count(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        (honest,) = known(street, ledger, "w0")
        slow = street.open("w1", answer=lambda _raw: Answer(200, b"x" * 60_000, drip=True))
        with witnessing(ledger, street.policy("any", honest, slow), time) as one:
            one.tick()
            assert shown(one, ledger) == (ledger.size(), 1)
            assert isinstance(trouble(one), WitnessSilent)

    def test_one_that_says_nothing_does_not_keep_a_record_or_the_page_waiting(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        mute = street.open("w1", answer=lambda _raw: Answer(500 if street.over.wait(30) else 501))
        with witnessing(ledger, street.policy("all", mute), time) as one:
            trader(ledger)
            one.tick()
            assert isinstance(trouble(one), WitnessSilent)
            assert shown(one, ledger) == (ledger.size(), 0)

    def test_one_whose_port_is_closed_is_silent_too(self, ledger: Ledger, time: Time) -> None:
        with witnesses() as street:
            policy = street.policy("all", *known(street, ledger, "w1"))
        with witnessing(ledger, policy, time) as one:
            one.tick()
            assert isinstance(trouble(one), WitnessSilent)


class TestKnown:
    def test_what_witnesses_have_seen_is_told_with_its_evidence(
        self, ledger: Ledger, street: Street, time: Time
    ) -> None:
        first, dumb, mute = known(street, ledger, "w1", "w2", "w3")
        dumb.shows = False
        policy = street.policy("any", first, dumb, mute)
        with witnessing(ledger, policy, time) as one:
            mute.answer = lambda _raw: Answer(500)
            one.tick()
        at = ledger.size()
        trader(ledger)
        seen, silent = latest_known(policy, ledger.origin, [ledger.vkey], newest=ledger.checkpoint())
        assert [(one.witness, one.size) for one in seen] == [("w1", at), ("w2", at)]
        shown_by_first = open_checkpoint(seen[0].note or b"", [ledger.vkey], [first.cosigner.verifier])
        assert shown_by_first.checkpoint.root == seen[0].root
        assert seen[1].root is None
        assert [name for name, _ in silent] == ["w3"]

    def test_a_checkpoint_that_the_witness_did_not_sign_is_no_word_of_its(
        self, ledger: Ledger, street: Street
    ) -> None:
        (witness,) = known(street, ledger, "w1")
        witness.notes[ledger.origin] = ledger.checkpoint()
        seen, silent = latest_known(street.policy("any", witness), ledger.origin, [ledger.vkey])
        assert seen == ()
        assert isinstance(silent[0][1], AnswerMalformed)
