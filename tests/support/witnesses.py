"""Witnesses on this machine: honest ones that keep to c2sp.org/tlog-witness, and others that do whatever a test makes them do.

    with witnesses() as street:
        honest = street.open("w1", logs={ledger.origin: ledger.vkey})
        liar = street.open("w2", answer=lambda body: Answer(200, b"never mind"))
        policy = street.policy("any", honest, liar)

An honest one remembers one tree for each log and cosigns only what continues it; what it refused although the log had signed it stays in
`evidence`. Every request is counted.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.errors import NoteSignatureWrong, NoteUnsigned, Untrue
from ledger.log.note import Cosigner, Note
from ledger.log.policy import Policy
from ledger.log.proof import check_consistency
from ledger.log.witnessing import AddCheckpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ledger.log.note import NoteVerifier

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness says."""

    status: int
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    #: Sent one byte at a time, until the test is over: a witness that never gets to the end.
    drip: bool = False


@dataclass(slots=True)
class Witness:
    """One witness with its key and what it has seen."""

    name: str
    url: str
    cosigner: Cosigner
    logs: Mapping[str, NoteVerifier]
    #: In the place of honest answers; None from it means an honest one after all.
    answer: Callable[[bytes], Answer | None] | None = None
    shows: bool = True
    #: What its clock says; the machine's where nothing is said.
    now: int | None = None
    asked: list[bytes] = field(default_factory=list)
    seen: dict[str, Checkpoint] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    evidence: list[tuple[bytes, bytes]] = field(default_factory=list)
    door: threading.Lock = field(default_factory=threading.Lock)

    @property
    def line(self) -> str:
        """Its line in a policy."""
        return f"witness {self.name} {self.cosigner.verifier} {self.url}"

    def add(self, raw: bytes) -> Answer:
        """Answer add-checkpoint."""
        with self.door:
            self.asked.append(raw)
            mine = None if self.answer is None else self.answer(raw)
            return self._honest(raw) if mine is None else mine

    def _honest(self, raw: bytes) -> Answer:
        try:
            asked = AddCheckpoint.parse(raw)
            head = Checkpoint.parse(Note.parse(asked.checkpoint).text)
        except Untrue:
            return Answer(400)
        status = self._trusted(head, asked)
        return Answer(status) if status else self._continued(head, asked)

    def _trusted(self, head: Checkpoint, asked: AddCheckpoint) -> int:
        """The status that says no, or 0."""
        if head.origin not in self.logs:
            return 404
        try:
            open_checkpoint(asked.checkpoint, [self.logs[head.origin]])
        except (NoteUnsigned, NoteSignatureWrong):
            return 403
        return 400 if asked.old > head.size else 0

    def _continued(self, head: Checkpoint, asked: AddCheckpoint) -> Answer:
        before = self.seen.get(head.origin)
        known = 0 if before is None else before.size
        if asked.old != known:
            return Answer(409, f"{known}\n".encode(), "text/x.tlog.size")
        if before is not None:
            try:
                check_consistency(
                    old=before.size,
                    new=head.size,
                    proof=asked.proof,
                    old_root=before.root,
                    new_root=head.root,
                )
            except Untrue:
                self.evidence.append((self.notes[head.origin], asked.checkpoint))
                return Answer(422)
        return self.cosign(asked, head)

    def cosign(self, asked: AddCheckpoint, head: Checkpoint) -> Answer:
        """Remember and sign."""
        now = int(time.time()) if self.now is None else self.now
        line = f"{self.cosigner.cosign(head.to_bytes(), time=now)}\n".encode()
        self.seen[head.origin], self.notes[head.origin] = head, asked.checkpoint + line
        return Answer(200, line)

    def latest(self, hashed: str) -> Answer:
        """Answer GET <hash of the origin>/checkpoint."""
        for origin, note in self.notes.items():
            if self.shows and sha256(origin.encode()).hexdigest() == hashed:
                return Answer(200, note)
        return Answer(404)


class Street(ThreadingHTTPServer):
    """Where the witnesses of a test live, each below a path of its own."""

    daemon_threads = True

    def __init__(self, now: int | None) -> None:
        super().__init__((HOST, 0), _Door)
        self._now = now
        self.witnesses: dict[str, Witness] = {}
        self.over = threading.Event()

    def open(
        self,
        name: str,
        *,
        logs: Mapping[str, NoteVerifier] | None = None,
        answer: Callable[[bytes], Answer | None] | None = None,
    ) -> Witness:
        """One more witness."""
        seed = sha256(name.encode()).digest()
        witness = Witness(
            name=name,
            url=f"http://{HOST}:{self.server_port}/{name}/",
            cosigner=Cosigner.from_seed(f"witness.example/{name}", seed),
            logs=logs or {},
            answer=answer,
            now=self._now,
        )
        self.witnesses[name] = witness
        return witness

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever is asked something and hears no end of it hangs up: that is his right."""

    @staticmethod
    def policy(enough: str, *witnesses: Witness) -> Policy:
        """So many of these; `none` for no quorum."""
        lines = [one.line for one in witnesses]
        if enough == "none":
            lines.append("quorum none")
        else:
            lines += [f"group enough {enough} {' '.join(one.name for one in witnesses)}", "quorum enough"]
        return Policy.parse("".join(f"{line}\n" for line in lines).encode())


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Street

    def do_POST(self) -> None:
        _, name, _ = self.path.split("/", 2)
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self._say(self.server.witnesses[name].add(raw))

    def do_GET(self) -> None:
        _, name, hashed, _ = self.path.split("/", 3)
        self._say(self.server.witnesses[name].latest(hashed))

    def _say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        with suppress(OSError):
            if answer.drip:
                for at in range(len(answer.body)):
                    self.wfile.write(answer.body[at : at + 1])
                    if self.server.over.wait(0.2):
                        self.close_connection = True
                        return
            self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the signature of http.server)
        """Say nothing."""


@contextmanager
def witnesses(now: int | None = None) -> Iterator[Street]:
    """A street of witnesses, until the test is over; `now`: what their clocks say."""
    with Street(now) as street:
        thread = threading.Thread(target=street.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield street
        finally:
            street.over.set()
            street.shutdown()
            thread.join()
