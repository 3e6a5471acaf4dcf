"""One witness, over HTTP: its address, how long it may take, how much it may say. Nothing it says is believed here without its key."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from ledger.errors import Refusal, Words
from ledger.log.checkpoint import open_checkpoint
from ledger.log.sizes import Size
from ledger.log.witnessing import (
    ANSWER_BYTES_MAX,
    AddCheckpoint,
    AnswerMalformed,
    Cosigned,
    StandsAt,
    check_address,
    monitoring_path,
    read_answer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ledger.log.merkle import Hash
    from ledger.log.note import NoteVerifier
    from ledger.log.policy import Policy, PolicyWitness

#: One witness may take so long; then it is as good as silent.
ANSWER_SECONDS_MAX: Final = 5.0
#: At start this many are asked at the same time.
_ASKED_AT_ONCE: Final = 8

_log = logging.getLogger(__name__)


class WitnessSilent(Refusal):
    """No answer, or none in time: its machine, the network between, or its address."""

    title = Words(zh="见证没有回答", en="the witness does not answer")


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of a log that a witness says it has cosigned. Without a root where it told its size alone, which it has not signed."""

    witness: str
    size: Size
    root: Hash | None = None
    #: The checkpoint with the signatures of log and witness: evidence.
    note: bytes | None = None


class WitnessClient:
    """Speaks to one witness. Threads may share it."""

    def __init__(
        self,
        witness: PolicyWitness,
        *,
        transport: httpx.BaseTransport | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        assert witness.url is not None, "a witness without an address cannot be asked"
        self._witness = witness
        self._address = check_address(witness.url)
        self._wall = wall
        # Nothing of the environment (proxies, credentials in .netrc) and no redirect: the witness, or nobody.
        self._http = httpx.Client(
            timeout=ANSWER_SECONDS_MAX,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
            # An answer that unpacks itself could be of any length.
            headers={"Accept-Encoding": "identity", "User-Agent": "suyuan"},
        )

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def add(self, asked: AddCheckpoint) -> Cosigned | StandsAt:
        """Ask it to cosign; raise a `Refusal` that says why it did not."""
        status, kind, body = self._exchange("POST", "add-checkpoint", asked.to_bytes())
        return read_answer(
            asked,
            [self._witness.key],
            status=status,
            content_type=kind,
            body=body,
            now_seconds=int(self._wall()),
        )

    def latest(self, origin: str, log_keys: Collection[NoteVerifier]) -> Seen | None:
        """The newest checkpoint it has cosigned, checked; None where it shows none. Not every witness has this address."""
        status, _, note = self._exchange("GET", monitoring_path(origin))
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK:
            raise AnswerMalformed(
                field="status", came=status, expected=Words(zh="200 或 404", en="200 or 404")
            )
        signed = open_checkpoint(note, log_keys, [self._witness.key])
        head = signed.checkpoint
        if head.origin != origin or not signed.cosignatures:
            expected = Words(
                zh=f"它联署过的 {origin} 的检查点", en=f"a checkpoint of {origin} that it cosigned"
            )
            raise AnswerMalformed(field="checkpoint", came=head.origin, expected=expected)
        return Seen(self._witness.name, head.size, head.root, note)

    def _exchange(self, method: str, path: str, content: bytes | None = None) -> tuple[int, str, bytes]:
        """Status, type and body of an answer that came in time and is not too long."""
        until = time.monotonic() + ANSWER_SECONDS_MAX
        body = bytearray()
        try:
            with self._http.stream(method, f"{self._address}/{path}", content=content) as answer:
                for piece in answer.iter_raw():
                    body += piece
                    if len(body) > ANSWER_BYTES_MAX:
                        break
                    if time.monotonic() > until:
                        raise silent(f"> {ANSWER_SECONDS_MAX:.0f} s")
                return answer.status_code, answer.headers.get("Content-Type", ""), bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as wrong:
            # RuntimeError: the client was closed while it waited.
            raise silent(type(wrong).__name__) from wrong


def silent(came: str) -> WitnessSilent:
    """What is said of a witness that was given up."""
    expected = Words(
        zh=f"{ANSWER_SECONDS_MAX:.0f} 秒内的回答", en=f"an answer within {ANSWER_SECONDS_MAX:.0f} s"
    )
    return WitnessSilent(field="witness", came=came, expected=expected)


def latest_known(
    policy: Policy,
    origin: str,
    log_keys: Collection[NoteVerifier],
    *,
    newest: bytes | None = None,
    transport: httpx.BaseTransport | None = None,
) -> tuple[tuple[Seen, ...], tuple[tuple[str, Refusal], ...]]:
    """What each witness of the policy has seen of a log, and who did not answer or said what cannot be. For the fork guard, at start.

    A witness that shows no checkpoint is asked to cosign `newest`, from nothing: one that has seen the log answers with its size.
    """

    def ask(one: PolicyWitness) -> Seen | Refusal | None:
        client = WitnessClient(one, transport=transport)
        try:
            seen = client.latest(origin, log_keys)
            if seen is None and newest is not None:
                answer = client.add(AddCheckpoint(Size(0), (), newest))
                return Seen(one.name, answer.size) if isinstance(answer, StandsAt) else None
        except Refusal as why:
            return why
        finally:
            client.close()
        return seen

    asked = [one for one in policy.witnesses if one.url is not None]
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        came = list(zip(asked, pool.map(ask, asked), strict=True))
    seen = tuple(one for _, one in came if isinstance(one, Seen))
    return seen, tuple((witness.name, one) for witness, one in came if isinstance(one, Refusal))


def remembering(
    policy: Policy,
) -> Callable[[str, Collection[NoteVerifier], bytes], tuple[Seen, ...]]:
    """What the fork guard asks at start. Who does not answer is told to the operator and stops nobody."""

    def ask(origin: str, log_keys: Collection[NoteVerifier], newest: bytes) -> tuple[Seen, ...]:
        seen, silent = latest_known(policy, origin, log_keys, newest=newest)
        for name, why in silent:
            _log.warning("at start, witness %s: %s", name, why)
        return seen

    return ask
