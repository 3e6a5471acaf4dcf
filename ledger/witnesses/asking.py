"""The rounds: when witnesses are asked, what becomes of their answers, and when the published checkpoint moves on."""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Refusal, Words
from ledger.log.proof import prove_consistency
from ledger.log.sizes import Size
from ledger.log.witnessing import AddCheckpoint, AnswerMalformed, HistoryDeclined, StandsAt
from ledger.store.cosignatures import (
    asked_at,
    cosignature_lines,
    cosigned,
    publish,
    published_size,
    put_cosignatures,
    size_seen_by,
    take_turn,
)
from ledger.store.engine import reading, writing
from ledger.store.log_rows import StoredTiles
from ledger.store.log_slices import newest_checkpoint
from ledger.witnesses.client import ANSWER_SECONDS_MAX, WitnessClient, silent
from ledger.witnesses.shown import Shown, Standing, show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    import httpx
    from sqlalchemy import Connection, Engine

    from ledger.log.note import Verified
    from ledger.log.policy import Policy, PolicyWitness

    #: What came of each question of a round.
    _Answers: TypeAlias = "queue.SimpleQueue[tuple[_Desk, tuple[Verified, ...] | Refusal]]"

PUBLISH_SECONDS: Final = 1.0
ROUND_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 600.0
BACK_OFF_SECONDS_MAX: Final = 600.0

_log = logging.getLogger(__name__)


class WitnessAhead(Refusal):
    """It says that it has cosigned a larger log than the one we hold: our database was set back, or it does not tell the truth."""

    title = Words(zh="见证看到的日志比这里的长", en="the witness saw a longer log than this one")


#: What the operator must look at now, not when there is time.
GRAVE: Final = (HistoryDeclined, WitnessAhead)


@dataclass(slots=True, eq=False)
class _Desk:
    """What we remember of one witness."""

    witness: PolicyWitness
    client: WitnessClient | None
    asked: float = -HEARTBEAT_SECONDS
    failures: int = 0
    again: float = 0.0
    busy: bool = False
    trouble: Refusal | None = None

    def went_well(self) -> None:
        """It cosigned."""
        self.failures, self.again, self.trouble = 0, 0.0, None

    def went_wrong(self, why: Refusal, now: float) -> None:
        """It did not: leave it alone for a while, each time for longer."""
        self.again = now + min(ROUND_SECONDS * 2.0**self.failures, BACK_OFF_SECONDS_MAX)
        self.failures = min(self.failures + 1, 10)
        self.trouble = why
        level = logging.ERROR if isinstance(why, GRAVE) else logging.WARNING
        _log.log(level, "witness %s: %s", self.witness.name, why)


class Witnessing:
    """Publishes one log's checkpoints with the cosignatures of a policy's witnesses."""

    def __init__(
        self,
        engine: Engine,
        origin: str,
        policy: Policy,
        *,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._engine, self._origin, self.policy = engine, origin, policy
        self._monotonic, self._wall = monotonic, wall
        self._desks = [
            _Desk(one, None if one.url is None else WitnessClient(one, transport=transport, wall=wall))
            for one in policy.witnesses
        ]
        self._published_at = -PUBLISH_SECONDS
        self._shown: Shown | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Publish what stands: what was shown while no witness was asked must not be taken back."""
        with writing(self._engine) as connection:
            publish(connection, self._origin, size=newest_checkpoint(connection, self._origin)[0])

    def start(self) -> None:
        """Publish and ask from now on, in a thread of its own."""
        self.begin()
        self._thread = threading.Thread(target=self._run, name="witnesses", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask nobody any more. A round that is under way comes to its end."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(2 * ANSWER_SECONDS_MAX)
        for desk in self._desks:
            if desk.client is not None:
                desk.client.close()

    def checkpoint(self) -> bytes:
        """The published checkpoint with all cosignatures it has by now."""
        return self._show().note

    def standing(self) -> Standing:
        """How many witnesses stand behind it."""
        troubles = [(desk.witness.name, desk.trouble) for desk in self._desks if desk.trouble is not None]
        return self._show().standing(self.policy, troubles)

    def tick(self) -> None:
        """Do what is due: a round of questions, or a publication without one."""
        now, now_ms = self._monotonic(), int(self._wall() * 1000)
        with reading(self._engine) as connection:
            size, note = newest_checkpoint(connection, self._origin)
            shown = published_size(connection, self._origin) or 0
            free = asked_at(connection, self._origin)
            due = [desk for desk in self._desks if self._is_due(desk, connection, size=size, now=now)]
        since_ms = now_ms - int(ROUND_SECONDS * 1000)
        if due and (free <= since_ms or free > now_ms):
            with writing(self._engine) as connection:
                mine = take_turn(connection, self._origin, now_ms=now_ms, since_ms=since_ms)
            if mine:
                self._round(due, size, note)
                return
        if size > shown and not self._awaits_quorum(now) and now - self._published_at >= PUBLISH_SECONDS:
            self._publish(size)

    def _is_due(self, desk: _Desk, connection: Connection, *, size: int, now: float) -> bool:
        if desk.client is None or desk.busy or now < desk.again:
            return False
        grown = size_seen_by(connection, self._origin, str(desk.witness.key)) != size
        return grown or now - desk.asked >= HEARTBEAT_SECONDS

    def _awaits_quorum(self, now: float) -> bool:
        """Whether the next round may bring what this one could not: else nobody is kept waiting for it."""
        hoped = [one.witness.key for one in self._desks if one.client is not None and now >= one.again]
        return not self.policy.is_met_by(()) and self.policy.is_met_by(hoped)

    def _round(self, due: Sequence[_Desk], size: int, note: bytes) -> None:
        """Ask all at once; publish when enough have signed, or when the time is over."""
        answers: _Answers = queue.SimpleQueue()
        for desk in due:
            desk.busy, desk.asked = True, self._monotonic()
            threading.Thread(
                target=self._ask, args=(desk, size, note, answers), name="witness", daemon=True
            ).start()
        until, waiting, published = time.monotonic() + ANSWER_SECONDS_MAX, list(due), False
        while waiting:
            try:
                desk, came = answers.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            waiting.remove(desk)
            if isinstance(came, Refusal):
                desk.went_wrong(came, self._monotonic())
                continue
            with writing(self._engine) as connection:
                put_cosignatures(connection, self._origin, size=size, signatures=came)
            desk.went_well()
            if not published and self._has_quorum(size, note):
                self._publish(size)
                published = True
        for desk in waiting:
            desk.went_wrong(silent(f"> {ANSWER_SECONDS_MAX:.0f} s"), self._monotonic())
        if not published:
            self._publish(size)

    def _ask(self, desk: _Desk, size: int, note: bytes, answers: _Answers) -> None:
        """One witness, in a thread of its own. An answer after the round's end is looked at by nobody; the witness is asked again."""
        try:
            came: tuple[Verified, ...] | Refusal = self._cosigned(desk, Size(size), note)
        except Refusal as why:
            came = why
        except SQLAlchemyError as fault:
            came = silent(f"{type(fault).__name__} (here)")
        desk.busy = False
        answers.put((desk, came))

    def _cosigned(self, desk: _Desk, size: Size, note: bytes) -> tuple[Verified, ...]:
        client = desk.client
        assert client is not None, "only witnesses with an address are asked"
        with reading(self._engine) as connection:
            known = size_seen_by(connection, self._origin, str(desk.witness.key))
            asked = _request(
                connection, self._origin, old=known if known <= size else 0, size=size, note=note
            )
        answer = client.add(asked)
        if isinstance(answer, StandsAt):
            # It cosigned since, and the answer was lost on the way; or our memory of it is an old one.
            if answer.size > size:
                raise WitnessAhead(
                    field="size", came=answer.size, expected=Words(zh=f"≤ {size}", en=f"≤ {size}")
                )
            with reading(self._engine) as connection:
                asked = _request(connection, self._origin, old=answer.size, size=size, note=note)
            answer = client.add(asked)
        if isinstance(answer, StandsAt):
            expected = Words(zh=f"它自己说的 {asked.old}", en=f"{asked.old}, as it said itself")
            raise AnswerMalformed(field="size", came=str(answer.size), expected=expected)
        return answer.signatures

    def _has_quorum(self, size: int, note: bytes) -> bool:
        with reading(self._engine) as connection:
            lines = cosignature_lines(connection, self._origin, size=size)
        _, keys = cosigned(note, lines, self.policy.witness_keys, now_seconds=int(self._wall()))
        return self.policy.is_met_by(keys)

    def _publish(self, size: int) -> None:
        with writing(self._engine) as connection:
            publish(connection, self._origin, size=size)
        self._published_at = self._monotonic()

    def _show(self) -> Shown:
        """What is published. Put together again only when a row has changed."""
        with reading(self._engine) as connection:
            self._shown = show(connection, self._origin, self.policy, now=self._wall(), held=self._shown)
            return self._shown

    def _run(self) -> None:
        while not self._ending.wait(PUBLISH_SECONDS):
            try:
                self.tick()
            except SQLAlchemyError as fault:
                # What is shown stays as it is; the next look finds the database back.
                _log.warning("witnesses are not asked just now: %s", type(fault).__name__)


def _request(connection: Connection, origin: str, *, old: int, size: Size, note: bytes) -> AddCheckpoint:
    proof = prove_consistency(Size(old), size, StoredTiles(connection, origin)) if old else ()
    return AddCheckpoint(Size(old), proof, note)
