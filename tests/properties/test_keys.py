"""The life of keys: enrolled, replaced, revoked, reported stolen, and used at any time by anybody, beside a plain model.

Three readers must agree after every step: the gate, which takes a statement or refuses it; the model, which says which it should be;
and the second verifier, which reads the exported log and must find in order what the gate took, and nothing that it refused. Beside
that, what is disputed is judged once for what each record touches, and once for everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from ledger.errors import Refusal
from ledger.findings import judge, subjects_touched
from ledger.gate import admit
from ledger.register import Enrolment, Register
from ledger.trace.known import KnownFrom
from ledger.views.book import MemoryBook, Record, statement_key
from ledger.vocabulary.affirming import Affirmation
from ledger.vocabulary.registering import Key
from ledger.vocabulary.trade import Sale
from ledger.vocabulary.values import Line
from tests.support.books import kg
from tests.support.memory_log import START_MS, MemoryLog, leek
from tests.support.passkeys import Es256Signer, PasskeySigner
from tests.support.second_verifier import Bad, verify_files
from tests.support.signing import fixed
from tests.support.soak import soak_seeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.identifiers import PartyId, StatementId
    from ledger.keys import Signer
    from ledger.statement import Statement
    from ledger.vocabulary.said import Said

KEYS: Final = 14
PARTIES: Final = 3
SITE: Final = "farm.example"
ACTIONS: Final = ("say", "say", "say", "affirm", "enrol", "rotate", "revoke", "compromised", "compromised")


# --- The model: fewer than eighty lines of lists


@dataclass(slots=True)
class Try:
    """What somebody attempts: parties and keys are numbers, party and key 0 the registrar's."""

    action: str
    issuer: int
    signers: frozenset[int]
    about: int = 0
    new: int = 0
    party: int = 0
    custody: str = "own"
    since_ms: int = 0
    named: tuple[int, ...] = ()


@dataclass(slots=True)
class Known:
    """A key as the model knows it."""

    party: int
    custody: str
    since: int
    until: int | None = None
    stolen_ms: int | None = None


@dataclass(slots=True)
class Plain:
    """The rules again, as plainly as they can be said."""

    keys: dict[int, Known] = field(default_factory=lambda: {0: Known(0, "own", 0)})
    #: What was taken, at which log time: entry 0 is the genesis.
    taken: list[tuple[Try, int]] = field(default_factory=list)

    def active(self, key: int) -> bool:
        return key in self.keys and self.keys[key].until is None

    def takes(self, one: Try, now: int) -> bool:
        brings = one.action in {"enrol", "rotate"}
        others = one.signers - {one.new} if brings else one.signers
        mine = {key for key in others if self.active(key) and self.keys[key].party == one.issuer}
        own = {key for key in mine if self.keys[key].custody == "own"}
        if not mine or not all(self.active(key) for key in others) or (brings and one.new in self.keys):
            return False
        if one.action == "enrol":
            shown = one.custody == "custodial" or one.new in one.signers
            itself = bool(own) and (one.party, one.custody) == (one.issuer, "own")
            return shown and (one.issuer == 0 or itself)
        if one.action == "rotate":
            return one.about in own and one.new in one.signers
        if one.action == "revoke":
            return self.active(one.about) and (one.issuer == 0 or self._other(one, own))
        if one.action == "compromised":
            known = self.keys.get(one.about)
            further = known is not None and (known.stolen_ms is None or one.since_ms < known.stolen_ms)
            return further and one.since_ms <= now and self._other(one, own)
        return all(self.taken[seq - 1][0].issuer == one.issuer for seq in one.named)

    def _other(self, one: Try, own: set[int]) -> bool:
        return bool(own - {one.about}) and (one.issuer == 0 or self.keys[one.about].party == one.issuer)

    def take(self, one: Try, now: int) -> None:
        self.taken.append((one, now))
        seq = len(self.taken)
        if one.action == "enrol":
            self.keys[one.new] = Known(one.party, one.custody, seq)
        if one.action == "rotate":
            self.keys[one.new] = Known(one.issuer, "own", seq)
        if one.action in {"rotate", "revoke", "compromised"} and self.keys[one.about].until is None:
            self.keys[one.about].until = seq
        if one.action == "compromised":
            self.keys[one.about].stolen_ms = one.since_ms

    def _in_question(self, seq: int) -> bool:
        one, at = self.taken[seq - 1]
        known = [self.keys[key] for key in one.signers if key in self.keys]
        mine = [key for key in known if key.party == one.issuer and key.since < seq]
        return all(key.stolen_ms is not None and key.stolen_ms <= at for key in mine)

    def disputed(self, seq: int) -> bool:
        said = enumerate(self.taken, start=1)
        sound = {name for at, (one, _) in said if not self._in_question(at) for name in one.named}
        return self._in_question(seq) and seq not in sound


# --- The ledger beside it


def signer(key: int) -> Signer:
    """Every kind of key takes its turn."""
    if key % 4 == 3:
        return PasskeySigner.make(SITE, number=key)
    return Es256Signer.make(key) if key % 4 == 2 else fixed(1 + key)


class KeyMachine(RuleBasedStateMachine):
    """A log in memory, the gate before it, and the model."""

    @initialize()
    def begin(self) -> None:
        self.log = MemoryLog()
        self.now = START_MS
        self.plain = Plain()
        self.parties: list[PartyId] = [
            self.log.registrar.party,
            *(self.log.speaker().party for _ in range(2)),
        ]
        self.book = MemoryBook(Register.found(self.log.statements[0]), size=1)
        self.names: list[StatementId] = []
        self.refused: list[Statement] = []
        self.behind: dict[int, tuple[str, ...]] = {}
        self.found: dict[str, bool] = {}
        # Two keys each, so that one can speak of the other.
        for party, keys in ((0, (1,)), (1, (2, 3)), (2, (4, 5))):
            for key in keys:
                self._attempt(Try("enrol", 0, frozenset({0, key}), new=key, party=party))

    def _signer(self, key: int) -> Signer:
        return self.log.registrar.signer if key == 0 else signer(key)

    def _said(self, one: Try) -> Said:
        public = self._signer(one.new).public
        bringing = {
            "kind_of_key": public.kind,
            "public_key": str(public),
            **({"rp_id": SITE} if one.new % 4 == 3 else {}),
        }
        about = self._signer(one.about).public.keyid
        if one.action == "enrol":
            party = str(self.parties[one.party])
            role = "registrar" if one.party == 0 else "enterprise"
            body = {"party": party, "role": role, "custody": one.custody, **bringing}
            return Key.read({"action": "enrol", **body})
        if one.action == "rotate":
            return Key.read({"action": "rotate", "replaces": about, **bringing})
        if one.action == "revoke":
            return Key.read({"action": "revoke", "keyid": about, "reason": "lost"})
        if one.action == "compromised":
            known = self.plain.keys.get(one.about)
            whose = self.parties[0 if known is None else known.party]
            return Key(action="compromised", party=whose, keyid=about, since_ms=one.since_ms)
        if one.named:
            return Affirmation(statements=tuple(self.names[seq - 1] for seq in one.named))
        goods = leek(self.parties[one.issuer]).goods
        return Sale(lines=(Line(goods=goods, quantity=kg(1)),))

    def _attempt(self, one: Try) -> None:
        statement = self.log.made(
            self.log.registrar,
            self._said(one),
            issuer=self.parties[one.issuer],
            signers=[self._signer(key) for key in sorted(one.signers)],
        )
        expected = self.plain.takes(one, self.now)
        try:
            admitted = admit(
                statement, register=self.book.register, known=KnownFrom(self.book), at_ms=self.now
            )
        except Refusal:
            admitted = None
        assert (admitted is not None) == expected, one
        if admitted is None:
            self.refused.append(statement)
            return
        seq = self.log.take(statement, at_ms=self.now)
        self.plain.take(one, self.now)
        self.names.append(statement.header.id)
        self.behind[seq] = tuple(sorted(signed.key.keyid for signed in admitted.signers))
        record = Record(
            seq=seq,
            at_ms=self.now,
            header=statement.header,
            said=admitted.said,
            custody=admitted.custody,
            keyids=tuple(signature.keyid for signature in statement.envelope.signatures),
        )
        self.book.register = admitted.register
        self.book.add(record)
        for subject in subjects_touched(record, self.book):
            self.found[subject] = self._finds(subject)

    def _finds(self, subject: str) -> bool:
        return any(one.kind == "signature_disputed" for one in judge(subject, self.book))

    @rule(
        data=st.data(),
        action=st.sampled_from(ACTIONS),
        issuer=st.integers(0, PARTIES - 1),
        seconds=st.integers(0, 2),
    )
    def somebody_who_means_well(self, data: st.DataObject, action: str, issuer: int, seconds: int) -> None:
        """With keys that fit, so that much is taken; now and then with one that has ended."""
        self.now += seconds * 1000
        ever = [key for key, known in self.plain.keys.items() if known.party == issuer]
        usable = [key for key in ever if self.plain.active(key) or data.draw(st.integers(0, 9)) == 0]
        about = data.draw(st.sampled_from([*(usable if action == "rotate" else ever), 0]))
        others = [key for key in usable if action not in {"revoke", "compromised"} or key != about]
        mine = data.draw(st.sets(st.sampled_from(others), min_size=1, max_size=2)) if others else set[int]()
        new = data.draw(st.integers(1, KEYS))
        party = data.draw(st.integers(0, PARTIES - 1)) if issuer == 0 else issuer
        # Now and then the proof is forgotten.
        shows = action in {"enrol", "rotate"} and data.draw(st.integers(0, 7)) > 0
        beside = {about} if action == "rotate" else set[int]()
        self._attempt(
            Try(
                action,
                issuer,
                frozenset(mine | beside | ({new} if shows else set())),
                about=about,
                new=new,
                party=party,
                custody=data.draw(st.sampled_from(("own", "own", "custodial"))),
                since_ms=self._moment(data),
                named=self._named(data, issuer, action),
            )
        )

    @rule(data=st.data(), action=st.sampled_from(ACTIONS), issuer=st.integers(0, PARTIES - 1))
    def somebody_who_tries_anything(self, data: st.DataObject, action: str, issuer: int) -> None:
        """With any keys at all, enrolled or not."""
        key = st.integers(0, KEYS)
        self._attempt(
            Try(
                action,
                issuer,
                frozenset(data.draw(st.sets(key, min_size=1, max_size=3))),
                about=data.draw(key),
                new=data.draw(st.integers(1, KEYS)),
                party=data.draw(st.integers(0, PARTIES - 1)),
                custody=data.draw(st.sampled_from(("own", "custodial"))),
                since_ms=self._moment(data),
                named=self._named(data, issuer, action),
            )
        )

    def _moment(self, data: st.DataObject) -> int:
        """About the time of something: there the borders lie."""
        times = sorted({self.now, *(at for _, at in self.plain.taken)})
        return data.draw(st.sampled_from(times)) + data.draw(st.sampled_from((0, 0, -1, 1)))

    def _named(self, data: st.DataObject, issuer: int, action: str) -> tuple[int, ...]:
        if action != "affirm" or not self.names:
            return ()
        mine = [seq for seq, (one, _) in enumerate(self.plain.taken, start=1) if one.issuer == issuer]
        some = st.sampled_from([*mine, data.draw(st.integers(1, len(self.names)))])
        return tuple(sorted(data.draw(st.sets(some, min_size=1, max_size=4))))

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        self._every_statement_stands_as_it_was_taken()
        self._what_is_disputed_is_what_the_model_says()
        self._the_second_verifier_agrees()

    def _every_statement_stands_as_it_was_taken(self) -> None:
        for seq, keyids in self.behind.items():
            statement = self.log.statements[seq]
            if statement.header.type != Key.TYPE:
                signers = self.book.register.signed_by(statement.envelope, at=seq)
                assert tuple(sorted(one.key.keyid for one in signers)) == keyids

    def _what_is_disputed_is_what_the_model_says(self) -> None:
        for seq, name in enumerate(self.names, start=1):
            subject = statement_key(name)
            assert self._finds(subject) == self.plain.disputed(seq) == self.found.get(subject), seq

    def _the_second_verifier_agrees(self) -> None:
        report = verify_files(self.log.files(), self.log.vkey, complete=True)
        assert (report.size, report.keys) == (self.book.size, len(self.plain.keys))
        for statement in self.refused[-1:]:
            position = len(self.log.slots)
            try:
                self.book.register.admits(statement, at=position)
                self.book.register.after(statement, at=position)
            except Refusal:
                self.log.take(statement, at_ms=self.now)
                with pytest.raises(Bad) as caught:
                    verify_files(self.log.files(), self.log.vkey, complete=True)
                assert caught.value.where == position
                self.log.slots.pop()
                self.log.statements.pop()


#: Lives that one number of a whole soak stands for.
LIVES_A_SEED: Final = 50


def run(
    *, examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase), begin: int | None = None
) -> None:
    """`begin`: the number from which all chance of the run is drawn."""

    class Machine(KeyMachine):
        """One of its own, so that the next run does not begin there too."""

    run_state_machine_as_test(
        Machine if begin is None else seed(begin)(Machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.soak
def test_keys_live_and_end_as_the_plain_rules_say() -> None:
    for begin in soak_seeds("keys", 2_000 // LIVES_A_SEED):
        run(examples=LIVES_A_SEED, steps=50, begin=begin)


def test_some_lives_of_keys_are_as_the_plain_rules_say() -> None:
    run(examples=10, steps=50)


def forget_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that forgets `until`."""
    monkeypatch.setattr(Enrolment, "active_at", lambda self, position: self.since < position)


def ask_for_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that takes a new key at somebody's word."""
    monkeypatch.setattr("ledger.register._check_possession", lambda *_: None)


def let_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A register that lets every party say anything of any key."""
    monkeypatch.setattr(Register, "_check_own_affair", lambda *_, **__: None)


def dispute_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judges to whom no key is stolen."""
    monkeypatch.setattr(Enrolment, "disputes", lambda *_: False)


def dispute_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judges who leave out the very millisecond since when a key is stolen."""
    monkeypatch.setattr(
        Enrolment,
        "disputes",
        lambda self, at_ms: self.compromised_ms is not None and self.compromised_ms < at_ms,
    )


@pytest.mark.parametrize(
    "plant", [forget_the_end, ask_for_no_proof, let_anybody, dispute_nothing, dispute_from_the_next]
)
def test_a_planted_fault_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(examples=200, steps=50, phases=(Phase.generate,))
