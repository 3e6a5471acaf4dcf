"""What a signed record costs when it comes by HTTP, beside a framework that does nothing with it.

    python -m benchmarks.posting
    python -m benchmarks.posting --json figures.json

A round measures, one after the other: our `POST /api/v1/statements`, alone and many at once, access key and permission looked up,
signature verified, views and findings kept, durable before it is answered; its peer, a FastAPI route that reads the same body into pydantic
models and answers; and a post of a hundred statements beside the recorder called in the same process with as many. Both applications are
called as a server would call them, without sockets, so no client is measured. Costs are processor time: of a lone post the wall
clock mostly shows the disk.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from api.app import create_app
from api.commands.serving import settle
from api.settings import Settings
from benchmarks.asking import asked
from benchmarks.recording import COMMIT_MS, STATEMENTS_A_COMMIT, Cost, begun
from benchmarks.telling import columns, keep, parser_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

    from benchmarks.recording import Bench
    from ledger.statement import Statement

ROUNDS: Final = 7
#: Entries in the log before anything is measured.
SIZE: Final = 5_000
POSTS_A_ROUND: Final = 200
AT_ONCE: Final = 32
PATH: Final = "/api/v1/statements"
CREATED: Final = 201


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Signature(_Strict):
    keyid: str
    sig: str


class _Envelope(_Strict):
    payload: str
    payloadType: str  # noqa: N815  (DSSE's own spelling)
    signatures: list[_Signature]


class _Opened(_Strict):
    item: str
    salt: str


class _Signed(_Strict):
    envelope: _Envelope
    items: list[_Opened]


def no_op() -> FastAPI:
    """An application that reads a signed record into models and does nothing with it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post(PATH, status_code=CREATED)
    async def post(body: _Signed) -> dict[str, int]:
        return {"items": len(body.items)}

    return app


@dataclass(frozen=True, slots=True)
class Round:
    """Costs of one statement, in microseconds."""

    alone: Cost
    at_once: Cost
    peer: Cost
    batch: Cost
    in_process: Cost


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians, and the ratios of processor time: a lone post and one among many to the peer, the batch's rate to the recorder's own."""

    alone: Cost
    at_once: Cost
    peer: Cost
    batch: Cost
    in_process: Cost
    ratio_alone: float
    ratio_at_once: float
    batch_rate: float

    @classmethod
    def of(cls, rounds: Sequence[Round]) -> Measured:
        """Each ratio is the median of the rounds' ratios."""
        return cls(
            alone=Cost.median(one.alone for one in rounds),
            at_once=Cost.median(one.at_once for one in rounds),
            peer=Cost.median(one.peer for one in rounds),
            batch=Cost.median(one.batch for one in rounds),
            in_process=Cost.median(one.in_process for one in rounds),
            ratio_alone=statistics.median(one.alone.cpu / one.peer.cpu for one in rounds),
            ratio_at_once=statistics.median(one.at_once.cpu / one.peer.cpu for one in rounds),
            batch_rate=statistics.median(one.in_process.cpu / one.batch.cpu for one in rounds),
        )


@dataclass(slots=True)
class Posting:
    """Both applications, and the way a server calls them."""

    bench: Bench
    ours: ASGIApp
    peer: ASGIApp
    key: str
    runner: asyncio.Runner

    def round(self) -> Round:
        """Everything once, one after the other."""
        alone, at_once = self._bodies(POSTS_A_ROUND), self._bodies(POSTS_A_ROUND)
        many, direct = self._statements(STATEMENTS_A_COMMIT), self._statements(STATEMENTS_A_COMMIT)
        batch = json.dumps([one.as_json() for one in many]).encode()
        return Round(
            alone=self._cost(self.ours, alone, at_once=1),
            peer=self._cost(self.peer, alone, at_once=1),
            at_once=self._cost(self.ours, at_once, at_once=AT_ONCE),
            batch=Cost.each([self._cost(self.ours, [batch], at_once=1)], STATEMENTS_A_COMMIT),
            in_process=Cost.each(
                [Cost.of(lambda: self.bench.ledger.recorder.record(direct))], STATEMENTS_A_COMMIT
            ),
        )

    def _statements(self, count: int) -> list[Statement]:
        self.bench.clock.ms += COMMIT_MS
        return self.bench.trade.statements(count)

    def _bodies(self, count: int) -> list[bytes]:
        return [json.dumps(one.as_json()).encode() for one in self._statements(count)]

    def _cost(self, app: ASGIApp, bodies: Sequence[bytes], *, at_once: int) -> Cost:
        """What one post costs when so many are under way at any time, sent in their order."""

        async def send_all() -> None:
            waiting = iter(bodies)

            async def sender() -> None:
                for body in waiting:
                    await _post(app, body, key=self.key)

            await asyncio.gather(*(sender() for _ in range(at_once)))

        return Cost.each([Cost.of(lambda: self.runner.run(send_all()))], len(bodies))


async def _post(app: ASGIApp, body: bytes, *, key: str) -> None:
    headers = [
        (b"host", b"localhost:8000"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"authorization", f"Bearer {key}".encode()),
    ]
    await asked(app, PATH, headers, method="POST", body=body, status=CREATED)


def run(folder: Path) -> Measured:
    """Grow a log, then measure round by round."""
    with begun(folder) as bench, asyncio.Runner() as runner:
        bench.grow(SIZE)
        party = next(iter(bench.trade.signers))
        posting = Posting(
            bench=bench,
            ours=create_app(bench.ledger, Settings(data=folder / "data", limits=False)),
            peer=no_op(),
            key=bench.ledger.give_access_key(party, label="bench"),
            runner=runner,
        )
        posting.round()  # Both sides warm.
        settle()  # As the process does that serves.
        return Measured.of([posting.round() for _ in range(ROUNDS)])


def table(found: Measured) -> str:
    """The figures for a reader: microseconds of processor time a statement, wall time in brackets."""

    def shown(cost: Cost) -> str:
        return f"{cost.cpu:.0f} ({cost.wall:.0f})"

    rows = [
        ("a no-op post of the same body", shown(found.peer), ""),
        ("a signed post, alone", shown(found.alone), f"{found.ratio_alone:.1f} x the no-op"),
        (f"a signed post, {AT_ONCE} at once", shown(found.at_once), f"{found.ratio_at_once:.1f} x the no-op"),
        (
            "one of a hundred in one post",
            shown(found.batch),
            f"{found.batch_rate:.2f} of the rate in process",
        ),
        ("one of a hundred, in process", shown(found.in_process), ""),
    ]
    return columns(rows)


def main() -> None:
    """From the command line."""
    parser = parser_of(__doc__)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder))
    print("Microseconds of processor time a statement (and by the wall clock); medians.")
    print(table(found))
    keep(found, asked.json)


if __name__ == "__main__":
    main()
